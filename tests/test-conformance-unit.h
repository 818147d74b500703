/* SPDX-License-Identifier: MIT */

#pragma once

#include <state-unit-testing.h>

G_BEGIN_DECLS

/* A device that keeps all the promises of a unit but one: the fault that it has. */

#define FAULTY_TYPE_DEVICE (faulty_device_get_type ())
G_DECLARE_FINAL_TYPE (FaultyDevice, faulty_device, FAULTY, DEVICE, GObject)

/* NULL: none. */
StateUnit *faulty_device_new (const char *fault);
void faulty_device_set_hidden (FaultyDevice *self, guint hidden);
guint faulty_device_get_hidden (FaultyDevice *self);

/* Ends what they do not end themselves. */
void faulty_device_unblock_all (void);
void faulty_device_drop_forgotten (void);

G_END_DECLS
