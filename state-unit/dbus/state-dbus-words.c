/* SPDX-License-Identifier: MIT */

#include "state-dbus-words-private.h"

#include "state-wire-private.h"

#include <string.h>

const char *
state_words_of_enum (GType type, int value)
{
  g_autoptr (GEnumClass) klass = g_type_class_ref (type);
  const GEnumValue *found = g_enum_get_value (klass, value);

  return found != NULL ? found->value_nick : "";
}

gboolean
state_words_parse_enum (GType type, const char *word, int *value)
{
  g_autoptr (GEnumClass) klass = g_type_class_ref (type);
  const GEnumValue *found = g_enum_get_value_by_nick (klass, word);

  if (found != NULL)
    *value = found->value;
  return found != NULL;
}

static gboolean
is_single_flag (guint value)
{
  return value != 0 && (value & (value - 1)) == 0;
}

GVariant *
state_words_of_flags (GType type, guint flags)
{
  g_autoptr (GFlagsClass) klass = g_type_class_ref (type);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint i = 0; i < klass->n_values; i++)
    if (is_single_flag (klass->values[i].value) && (flags & klass->values[i].value) != 0)
      g_variant_builder_add (&builder, "s", klass->values[i].value_nick);
  return g_variant_builder_end (&builder);
}

/* Words that are no flags, of a newer library perhaps, are left out. */
guint
state_words_parse_flags (GType type, GVariant *words)
{
  g_autoptr (GFlagsClass) klass = g_type_class_ref (type);
  GVariantIter iter;
  const char *word;
  guint flags = 0;

  g_variant_iter_init (&iter, words);
  while (g_variant_iter_next (&iter, "&s", &word))
    {
      const GFlagsValue *found = g_flags_get_value_by_nick (klass, word);

      if (found != NULL)
        flags |= found->value;
    }
  return flags;
}

/* (ssi): three times nothing is no error, and NULL. */
GError *
state_words_parse_error (GVariant *words)
{
  const char *domain;
  const char *message;
  GError *error;

  g_variant_get (words, "(&s&si)", &message, &domain, NULL);
  if (*domain == '\0' && *message == '\0')
    return NULL;
  error = state_wire_unpack_error (words);
  return error != NULL ? error : g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, message);
}

/* As an element of an object path. */
char *
state_words_of_name (const char *name)
{
  GString *element = g_string_sized_new (strlen (name));

  for (const char *p = name; *p != '\0'; p++)
    if (g_ascii_isalnum (*p))
      g_string_append_c (element, *p);
    else
      g_string_append_printf (element, "_%02x", (guchar) *p);
  return g_string_free (element, FALSE);
}
