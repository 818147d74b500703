/* SPDX-License-Identifier: MIT */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The GObject properties of an object as a tree of values, for units that do not
 * tell of themselves in another way. */
GVariant *state_property_dup_all (GObject *object);
GVariant *state_property_dup (GObject *object, const char *name);
gboolean state_property_set (GObject *object, const char *name, GVariant *value, GError **error);

G_END_DECLS
