/* SPDX-License-Identifier: MIT */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define STATE_UNITS_INTERFACE "org.stateunit.Units1"
#define STATE_HANDLE_INTERFACE "org.stateunit.Handle1"
#define STATE_PROPERTIES_INTERFACE "org.freedesktop.DBus.Properties"
#define STATE_MANAGER_INTERFACE "org.freedesktop.DBus.ObjectManager"

/* What the library has as numbers, flags and names, as D-Bus has it. Words from
 * elsewhere may be anything. */

const char *state_words_of_enum (GType type, int value);
gboolean state_words_parse_enum (GType type, const char *word, int *value);

GVariant *state_words_of_flags (GType type, guint flags);
guint state_words_parse_flags (GType type, GVariant *words);

GError *state_words_parse_error (GVariant *words);

char *state_words_of_name (const char *name);

G_END_DECLS
