/* SPDX-License-Identifier: MIT */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

guint64 state_checksum (gconstpointer data, gsize size);

G_END_DECLS
