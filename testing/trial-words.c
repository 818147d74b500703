/* SPDX-License-Identifier: MIT */

#include "trial-unit-private.h"

#include <string.h>

/* States side by side. The order of the entries of a dictionary says nothing. */

#define MAX_PRINTED 160

static int
compare_entries (gconstpointer a, gconstpointer b)
{
  g_autoptr (GVariant) one = g_variant_get_child_value (*(GVariant *const *) a, 0);
  g_autoptr (GVariant) other = g_variant_get_child_value (*(GVariant *const *) b, 0);

  return g_variant_compare (one, other);
}

/* The same with the entries of all dictionaries sorted. */
static GVariant *
sorted (GVariant *value)
{
  g_autoptr (GPtrArray) children = NULL;
  GVariantBuilder builder;

  if (!g_variant_is_container (value) || g_variant_n_children (value) == 0)
    return g_variant_ref (value);
  children = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  for (gsize i = 0; i < g_variant_n_children (value); i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (value, i);

      g_ptr_array_add (children, sorted (child));
    }
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_DICTIONARY))
    g_ptr_array_sort (children, compare_entries);
  g_variant_builder_init (&builder, g_variant_get_type (value));
  for (guint i = 0; i < children->len; i++)
    g_variant_builder_add_value (&builder, g_ptr_array_index (children, i));
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static gboolean
is_equal (GVariant *a, GVariant *b)
{
  g_autoptr (GVariant) one = NULL;
  g_autoptr (GVariant) other = NULL;

  if (a == NULL || b == NULL)
    return a == b;
  one = sorted (a);
  other = sorted (b);
  return g_variant_equal (one, other);
}

char *
trial_print (GVariant *value)
{
  char *text = value != NULL ? g_variant_print (value, TRUE) : g_strdup ("nothing");
  char *end = text;

  if (g_utf8_strlen (text, -1) <= MAX_PRINTED)
    return text;
  end = g_utf8_offset_to_pointer (text, MAX_PRINTED);
  *end = '\0';
  end = g_strconcat (text, "…", NULL);
  g_free (text);
  return end;
}

static char *
describe (const char *name, GVariant *before, GVariant *after)
{
  g_autofree char *was = trial_print (before);
  g_autofree char *is = trial_print (after);

  return g_strdup_printf ("%s%sfrom %s to %s", name, *name != '\0' ? " " : "", was, is);
}

/* The first field that is not the same in both. */
static char *
describe_field (GVariant *before, GVariant *after)
{
  GVariant *dictionaries[] = { before, after };

  for (guint i = 0; i < G_N_ELEMENTS (dictionaries); i++)
    {
      g_autoptr (GVariantIter) iter = g_variant_iter_new (dictionaries[i]);
      const char *name;

      while (g_variant_iter_next (iter, "{&sv}", &name, NULL))
        {
          g_autoptr (GVariant) was = g_variant_lookup_value (before, name, NULL);
          g_autoptr (GVariant) is = g_variant_lookup_value (after, name, NULL);

          if (!is_equal (was, is))
            return describe (name, was, is);
        }
    }
  return describe ("", before, after);
}

char *
trial_difference (GVariant *before, GVariant *after)
{
  if (is_equal (before, after))
    return NULL;
  if (before != NULL && after != NULL && g_variant_is_of_type (before, G_VARIANT_TYPE_VARDICT) &&
      g_variant_is_of_type (after, G_VARIANT_TYPE_VARDICT))
    return describe_field (before, after);
  return describe ("", before, after);
}
