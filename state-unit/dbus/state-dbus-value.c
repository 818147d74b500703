/* SPDX-License-Identifier: MIT */

#include "state-dbus-value-private.h"

#include <string.h>

#define MAX_TYPE_DEPTH 30           /* D-Bus has 32 */
#define MAX_DEPTH 60                /* D-Bus has 64, some of which go to the message */
#define MAX_SIZE (48 * 1024 * 1024) /* bytes: D-Bus has 64 MiB for an array */
#define MAX_SIGNATURE 255           /* bytes */

/* Containers within each other, as far as the type alone says. */
static guint
depth_of_type (const GVariantType *type)
{
  guint depth = 0;

  if (!g_variant_type_is_container (type) || g_variant_type_is_variant (type))
    return 0;
  if (g_variant_type_is_array (type))
    return 1 + depth_of_type (g_variant_type_element (type));
  for (const GVariantType *item = g_variant_type_first (type); item != NULL;
       item = g_variant_type_next (item))
    depth = MAX (depth, depth_of_type (item));
  return 1 + depth;
}

static gboolean fits (GVariant *value, guint depth);

static gboolean
children_fit (GVariant *value, guint depth)
{
  gsize n = g_variant_n_children (value);

  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (value, i);

      if (!fits (child, depth + 1))
        return FALSE;
    }
  return TRUE;
}

/* Only below a variant is there more to be found than the type says. */
static gboolean
fits (GVariant *value, guint depth)
{
  const char *type = g_variant_get_type_string (value);

  guint below;

  if (strpbrk (type, "mh") != NULL || strlen (type) > MAX_SIGNATURE)
    return FALSE;
  below = depth_of_type (g_variant_get_type (value));
  if (below > MAX_TYPE_DEPTH || depth + below > MAX_DEPTH)
    return FALSE;
  return strchr (type, 'v') == NULL || children_fit (value, depth);
}

gboolean
state_dbus_value_fits (GVariant *value)
{
  return fits (value, 0);
}

static GVariant *fit (GVariant *value, guint depth);

/* A dictionary of variants keeps its shape, so that what does not fit hides nothing
 * else. */
static GVariant *
fit_dictionary (GVariant *value, guint depth)
{
  GVariantBuilder builder;
  GVariantIter iter;
  const char *key;
  GVariant *child;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_iter_init (&iter, value);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &child))
    {
      g_variant_builder_add (&builder, "{sv}", key, fit (child, depth + 3));
      g_variant_unref (child);
    }
  return g_variant_builder_end (&builder);
}

static GVariant *
fit (GVariant *value, guint depth)
{
  g_autofree char *text = NULL;

  if (fits (value, depth))
    return value;
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT) && depth + 3 < MAX_DEPTH)
    return fit_dictionary (value, depth);
  text = g_variant_print (value, TRUE);
  return g_variant_new_string (text);
}

/* What does not fit comes as text instead. May be floating. */
GVariant *
state_dbus_value_fit (GVariant *value)
{
  return fit (value, 0);
}

gboolean
state_dbus_check_size (gsize size, GError **error)
{
  if (size <= MAX_SIZE)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
               "%" G_GSIZE_FORMAT " bytes are more than a message can hold; ask for less at once",
               size);
  return FALSE;
}
