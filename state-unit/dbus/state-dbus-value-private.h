/* SPDX-License-Identifier: MIT */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* D-Bus carries less than a GVariant can hold: no maybes, no deep nesting, and
 * handles only with the files that they stand for. */

gboolean state_dbus_value_fits (GVariant *value);
GVariant *state_dbus_value_fit (GVariant *value);
gboolean state_dbus_check_size (gsize size, GError **error);

G_END_DECLS
