/* SPDX-License-Identifier: MIT */

#include "state-property-private.h"

#include <string.h>

static GVariant *
enum_to_variant (const GValue *value)
{
  g_autoptr (GEnumClass) enum_class = g_type_class_ref (G_VALUE_TYPE (value));
  const GEnumValue *entry = g_enum_get_value (enum_class, g_value_get_enum (value));

  return entry != NULL ? g_variant_new_string (entry->value_nick)
                       : g_variant_new_int32 (g_value_get_enum (value));
}

static GVariant *
flags_to_variant (const GValue *value)
{
  g_autoptr (GFlagsClass) flags_class = g_type_class_ref (G_VALUE_TYPE (value));
  GVariantBuilder builder;
  guint flags = g_value_get_flags (value);

  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint i = 0; i < flags_class->n_values; i++)
    {
      const GFlagsValue *entry = &flags_class->values[i];

      if (entry->value != 0 && (flags & entry->value) == entry->value)
        g_variant_builder_add (&builder, "s", entry->value_nick);
    }
  return g_variant_builder_end (&builder);
}

static GVariant *
string_to_variant (const GValue *value)
{
  const char *string = g_value_get_string (value);

  return string != NULL && g_utf8_validate (string, -1, NULL) ? g_variant_new_string (string)
                                                              : NULL;
}

static GVariant *
boxed_to_variant (const GValue *value)
{
  const char *const *strv = g_value_get_boxed (value);

  if (!G_VALUE_HOLDS (value, G_TYPE_STRV) || strv == NULL)
    return NULL;
  for (gsize i = 0; strv[i] != NULL; i++)
    if (!g_utf8_validate (strv[i], -1, NULL))
      return NULL;
  return g_variant_new_strv (strv, -1);
}

/* NULL: a GVariant cannot hold it. */
static GVariant *
value_to_variant (const GValue *value)
{
  switch (G_TYPE_FUNDAMENTAL (G_VALUE_TYPE (value)))
    {
    case G_TYPE_BOOLEAN:
      return g_variant_new_boolean (g_value_get_boolean (value));
    case G_TYPE_CHAR:
      return g_variant_new_int32 (g_value_get_schar (value));
    case G_TYPE_UCHAR:
      return g_variant_new_byte (g_value_get_uchar (value));
    case G_TYPE_INT:
      return g_variant_new_int32 (g_value_get_int (value));
    case G_TYPE_UINT:
      return g_variant_new_uint32 (g_value_get_uint (value));
    case G_TYPE_LONG:
      return g_variant_new_int64 (g_value_get_long (value));
    case G_TYPE_ULONG:
      return g_variant_new_uint64 (g_value_get_ulong (value));
    case G_TYPE_INT64:
      return g_variant_new_int64 (g_value_get_int64 (value));
    case G_TYPE_UINT64:
      return g_variant_new_uint64 (g_value_get_uint64 (value));
    case G_TYPE_FLOAT:
      return g_variant_new_double (g_value_get_float (value));
    case G_TYPE_DOUBLE:
      return g_variant_new_double (g_value_get_double (value));
    case G_TYPE_STRING:
      return string_to_variant (value);
    case G_TYPE_ENUM:
      return enum_to_variant (value);
    case G_TYPE_FLAGS:
      return flags_to_variant (value);
    case G_TYPE_VARIANT:
      return g_value_dup_variant (value);
    case G_TYPE_BOXED:
      return boxed_to_variant (value);
    default:
      return NULL;
    }
}

/* The value of one property; NULL: there is none that a GVariant can hold. */
GVariant *
state_property_dup (GObject *object, const char *name)
{
  GParamSpec *pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (object), name);
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GVariant) variant = NULL;

  if (pspec == NULL || (pspec->flags & G_PARAM_READABLE) == 0)
    return NULL;
  g_object_get_property (object, pspec->name, &value);
  variant = value_to_variant (&value);
  return variant != NULL ? g_variant_take_ref (g_steal_pointer (&variant)) : NULL;
}

/* A tree of all properties that a GVariant can hold. */
GVariant *
state_property_dup_all (GObject *object)
{
  g_autofree GParamSpec **pspecs = NULL;
  GVariantBuilder builder;
  guint n;

  pspecs = g_object_class_list_properties (G_OBJECT_GET_CLASS (object), &n);
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GVariant) variant = state_property_dup (object, pspecs[i]->name);

      if (variant != NULL)
        g_variant_builder_add (&builder, "{sv}", pspecs[i]->name, variant);
    }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/* Setting */

static gboolean
integer_of (GVariant *value, gint64 *number)
{
  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_BYTE:
      *number = g_variant_get_byte (value);
      return TRUE;
    case G_VARIANT_CLASS_INT16:
      *number = g_variant_get_int16 (value);
      return TRUE;
    case G_VARIANT_CLASS_UINT16:
      *number = g_variant_get_uint16 (value);
      return TRUE;
    case G_VARIANT_CLASS_INT32:
      *number = g_variant_get_int32 (value);
      return TRUE;
    case G_VARIANT_CLASS_UINT32:
      *number = g_variant_get_uint32 (value);
      return TRUE;
    case G_VARIANT_CLASS_INT64:
      *number = g_variant_get_int64 (value);
      return TRUE;
    default:
      return FALSE;
    }
}

static gboolean
flags_from_variant (GVariant *variant, GValue *value)
{
  g_autoptr (GFlagsClass) flags_class = g_type_class_ref (G_VALUE_TYPE (value));
  g_autofree const char **nicks = NULL;
  guint flags = 0;

  if (!g_variant_is_of_type (variant, G_VARIANT_TYPE_STRING_ARRAY))
    return FALSE;
  nicks = g_variant_get_strv (variant, NULL);
  for (gsize i = 0; nicks[i] != NULL; i++)
    {
      const GFlagsValue *entry = g_flags_get_value_by_nick (flags_class, nicks[i]);

      if (entry == NULL)
        return FALSE;
      flags |= entry->value;
    }
  g_value_set_flags (value, flags);
  return TRUE;
}

static gboolean
enum_from_variant (GVariant *variant, GValue *value)
{
  g_autoptr (GEnumClass) enum_class = g_type_class_ref (G_VALUE_TYPE (value));
  const GEnumValue *entry = NULL;

  if (g_variant_is_of_type (variant, G_VARIANT_TYPE_STRING))
    entry = g_enum_get_value_by_nick (enum_class, g_variant_get_string (variant, NULL));
  if (entry != NULL)
    g_value_set_enum (value, entry->value);
  return entry != NULL;
}

/* Any integer will do for an integer property, as long as it fits. */
static gboolean
number_from_variant (GVariant *variant, GValue *value)
{
  g_auto (GValue) number = G_VALUE_INIT;
  g_auto (GValue) back = G_VALUE_INIT;
  gint64 integer;

  if (g_variant_is_of_type (variant, G_VARIANT_TYPE_DOUBLE))
    {
      if (!G_VALUE_HOLDS_DOUBLE (value) && !G_VALUE_HOLDS_FLOAT (value))
        return FALSE;
      g_value_init (&number, G_TYPE_DOUBLE);
      g_value_set_double (&number, g_variant_get_double (variant));
      return g_value_transform (&number, value);
    }
  if (g_variant_is_of_type (variant, G_VARIANT_TYPE_UINT64))
    {
      guint64 large = g_variant_get_uint64 (variant);

      if (G_VALUE_HOLDS_UINT64 (value))
        {
          g_value_set_uint64 (value, large);
          return TRUE;
        }
      if (large > G_MAXINT64)
        return FALSE;
      integer = (gint64) large;
    }
  else if (!integer_of (variant, &integer))
    return FALSE;

  g_value_init (&number, G_TYPE_INT64);
  g_value_init (&back, G_TYPE_INT64);
  g_value_set_int64 (&number, integer);
  return g_value_transform (&number, value) && g_value_transform (value, &back) &&
         g_value_get_int64 (&back) == integer && (integer >= 0 || !G_VALUE_HOLDS_UINT64 (value));
}

static gboolean
boxed_from_variant (GVariant *variant, GValue *value)
{
  if (!G_VALUE_HOLDS (value, G_TYPE_STRV) ||
      !g_variant_is_of_type (variant, G_VARIANT_TYPE_STRING_ARRAY))
    return FALSE;
  g_value_take_boxed (value, g_variant_dup_strv (variant, NULL));
  return TRUE;
}

static gboolean
value_from_variant (GVariant *variant, GValue *value)
{
  switch (G_TYPE_FUNDAMENTAL (G_VALUE_TYPE (value)))
    {
    case G_TYPE_BOOLEAN:
      if (!g_variant_is_of_type (variant, G_VARIANT_TYPE_BOOLEAN))
        return FALSE;
      g_value_set_boolean (value, g_variant_get_boolean (variant));
      return TRUE;
    case G_TYPE_STRING:
      if (!g_variant_is_of_type (variant, G_VARIANT_TYPE_STRING))
        return FALSE;
      g_value_set_string (value, g_variant_get_string (variant, NULL));
      return TRUE;
    case G_TYPE_ENUM:
      return enum_from_variant (variant, value);
    case G_TYPE_FLAGS:
      return flags_from_variant (variant, value);
    case G_TYPE_VARIANT:
      g_value_set_variant (value, variant);
      return TRUE;
    case G_TYPE_BOXED:
      return boxed_from_variant (variant, value);
    default:
      return number_from_variant (variant, value);
    }
}

/* Errors: G_IO_ERROR_NOT_FOUND, G_IO_ERROR_READ_ONLY, G_IO_ERROR_INVALID_ARGUMENT. */
gboolean
state_property_set (GObject *object, const char *name, GVariant *value, GError **error)
{
  GParamSpec *pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (object), name);
  g_auto (GValue) own = G_VALUE_INIT;

  if (pspec == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "there is no property %s", name);
      return FALSE;
    }
  if ((pspec->flags & G_PARAM_WRITABLE) == 0 || (pspec->flags & G_PARAM_CONSTRUCT_ONLY) != 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_READ_ONLY, "property %s cannot be set", name);
      return FALSE;
    }
  g_value_init (&own, pspec->value_type);
  if (!value_from_variant (value, &own) || g_param_value_validate (pspec, &own))
    {
      g_autofree char *printed = g_variant_print (value, TRUE);

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "property %s does not take %s",
                   name, printed);
      return FALSE;
    }
  g_object_set_property (object, pspec->name, &own);
  return TRUE;
}
