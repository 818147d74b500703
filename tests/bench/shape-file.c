/* SPDX-License-Identifier: MIT */

/* Reads [{"name": "…", "depends_on": ["…", …]}, …]. The command's own reader says
 * what is wrong with such a file; this one takes it to be right. */

#include "shape-file.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>

static gboolean
read_edges (JsonArray *array,
            GHashTable *places,
            GArray *dependents,
            GArray *dependencies,
            GError **error)
{
  for (guint32 i = 0; i < json_array_get_length (array); i++)
    {
      JsonObject *unit = json_array_get_object_element (array, i);
      JsonArray *needs = json_object_get_array_member (unit, "depends_on");

      for (guint j = 0; j < json_array_get_length (needs); j++)
        {
          const char *name = json_array_get_string_element (needs, j);
          guint32 place = GPOINTER_TO_UINT (g_hash_table_lookup (places, name));

          if (place == 0)
            {
              g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "there is no unit %s", name);
              return FALSE;
            }
          place--;
          g_array_append_val (dependents, i);
          g_array_append_val (dependencies, place);
        }
    }
  return TRUE;
}

/* Sets the number and the names of the units. */
gboolean
shape_file_read (Shape *shape, GArray *dependents, GArray *dependencies, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GHashTable) places = g_hash_table_new (g_str_hash, g_str_equal);
  JsonArray *array;

  if (!json_parser_load_from_file (parser, shape->name, error))
    return FALSE;
  array = json_node_get_array (json_parser_get_root (parser));
  shape->n = json_array_get_length (array);
  shape->in_any_order = TRUE;
  shape->names = g_new0 (char *, shape->n + 1);
  for (guint i = 0; i < shape->n; i++)
    {
      JsonObject *unit = json_array_get_object_element (array, i);

      shape->names[i] = g_strdup (json_object_get_string_member (unit, "name"));
      g_hash_table_insert (places, shape->names[i], GUINT_TO_POINTER (i + 1));
    }
  return read_edges (array, places, dependents, dependencies, error);
}
