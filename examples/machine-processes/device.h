/* SPDX-License-Identifier: MIT */

#pragma once

#include <libstate-unit.h>

G_BEGIN_DECLS

/* A device that takes its time for what it is asked, counts, and has contents. */
#define DEVICE_TYPE (device_get_type ())
G_DECLARE_FINAL_TYPE (Device, device, EXAMPLE, DEVICE, GObject)

StateUnit *device_new (guint latency);

G_END_DECLS
