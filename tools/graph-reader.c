/* SPDX-License-Identifier: MIT */

/* Reads [{"name": "…", "depends_on": ["…", …]}, …]. */

#include "graph.h"

#include <json-glib/json-glib.h>
#include <stdio.h>

#define MAX_DEPTH 100

static gboolean G_GNUC_PRINTF (2, 3) fail (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_propagate_error (error, g_error_new_valist (G_IO_ERROR, G_IO_ERROR_INVALID_DATA, format, args));
  va_end (args);
  return FALSE;
}

static const char *
describe_node (JsonNode *node)
{
  switch (json_node_get_node_type (node))
    {
    case JSON_NODE_OBJECT:
      return "an object";
    case JSON_NODE_ARRAY:
      return "an array";
    case JSON_NODE_NULL:
      return "null";
    case JSON_NODE_VALUE:
    default:
      break;
    }

  switch (json_node_get_value_type (node))
    {
    case G_TYPE_STRING:
      return "a string";
    case G_TYPE_BOOLEAN:
      return json_node_get_boolean (node) ? "true" : "false";
    default:
      return "a number";
    }
}

static gboolean
is_string (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING;
}

/* The text */

/* The parser recurses into arrays and objects, and of several documents in a
 * file it keeps the last: neither is a graph. */
static gboolean
check_text (const char *text, gsize length, GError **error)
{
  gboolean in_string = FALSE;
  gboolean ended = FALSE;
  guint depth = 0;
  guint line = 1;

  for (gsize i = 0; i < length; i++)
    {
      char c = text[i];

      if (c == '\n')
        line++;
      if (in_string)
        {
          if (c == '\\')
            i++;
          else if (c == '"')
            in_string = FALSE;
          continue;
        }
      if (ended && !g_ascii_isspace (c))
        return fail (error, "line %u: there is more after the end of the array", line);
      if (c == '"')
        in_string = TRUE;
      else if ((c == '[' || c == '{') && ++depth > MAX_DEPTH)
        return fail (error, "line %u: nested too deeply", line);
      else if ((c == ']' || c == '}') && depth > 0)
        ended = --depth == 0;
    }

  return TRUE;
}

static gboolean
parse_text (JsonParser *parser, const char *text, gsize length, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  guint line, column;
  int start = 0;

  if (!check_text (text, length, error))
    return FALSE;

  if (json_parser_load_from_data (parser, text, length, &local_error))
    return json_parser_get_root (parser) != NULL || fail (error, "the file is empty");

  if (sscanf (local_error->message, "<data>:%u:%u: %n", &line, &column, &start) == 2 && start > 0)
    return fail (error, "line %u, column %u: %s", line, column, local_error->message + start);
  return fail (error, "%s", local_error->message);
}

/* The units */

static gboolean
read_name (Graph *graph, JsonNode *node, guint index, GError **error)
{
  JsonObject *object;
  JsonNode *name;
  guint place;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return fail (error, "[%u]: expected an object, found %s", index, describe_node (node));

  object = json_node_get_object (node);
  name = json_object_get_member (object, "name");
  if (name == NULL)
    return fail (error, "[%u]: there is no \"name\"", index);
  if (!is_string (name))
    return fail (error, "[%u].name: expected a string, found %s", index, describe_node (name));
  if (!graph_add_unit (graph, json_node_get_string (name), &place))
    return fail (error, "[%u].name: \"%s\" is the name of [%u] already", index,
                 json_node_get_string (name), place);
  return TRUE;
}

/* A misspelt "depends_on" would lose edges without a word. */
static gboolean
check_members (JsonNode *node, guint index, GError **error)
{
  JsonObjectIter iter;
  const char *member;

  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &member, NULL))
    if (!g_str_equal (member, "name") && !g_str_equal (member, "depends_on"))
      return fail (error, "[%u]: unknown member \"%s\" (known: \"name\", \"depends_on\")", index,
                   member);
  return TRUE;
}

static gboolean
read_dependency (Graph *graph, JsonNode *node, guint place, guint index, GError **error)
{
  const char *name = graph_get_unit (graph, place)->name;
  const char *dependency;
  guint dependency_place;

  if (!is_string (node))
    return fail (error, "[%u].depends_on[%u]: expected a name, found %s", place, index,
                 describe_node (node));

  dependency = json_node_get_string (node);
  if (!graph_find (graph, dependency, &dependency_place))
    return fail (error, "[%u].depends_on[%u]: \"%s\" depends on \"%s\", and there is no such unit",
                 place, index, name, dependency);
  if (!graph_add_edge (graph, place, dependency_place))
    return fail (error, "[%u].depends_on[%u]: \"%s\" depends on \"%s\" twice", place, index, name,
                 dependency);
  return TRUE;
}

static gboolean
read_dependencies (Graph *graph, JsonNode *node, guint place, GError **error)
{
  JsonNode *member = json_object_get_member (json_node_get_object (node), "depends_on");
  JsonArray *array;

  if (member == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_ARRAY (member))
    return fail (error, "[%u].depends_on: expected an array of names, found %s", place,
                 describe_node (member));

  array = json_node_get_array (member);
  for (guint i = 0; i < json_array_get_length (array); i++)
    if (!read_dependency (graph, json_array_get_element (array, i), place, i, error))
      return FALSE;
  return TRUE;
}

static gboolean
read_units (Graph *graph, JsonNode *root, GError **error)
{
  JsonArray *array;
  guint n;

  if (!JSON_NODE_HOLDS_ARRAY (root))
    return fail (error, "expected an array of units, found %s", describe_node (root));

  array = json_node_get_array (root);
  n = json_array_get_length (array);
  for (guint i = 0; i < n; i++)
    {
      JsonNode *node = json_array_get_element (array, i);

      if (!read_name (graph, node, i, error) || !check_members (node, i, error))
        return FALSE;
    }
  for (guint i = 0; i < n; i++)
    if (!read_dependencies (graph, json_array_get_element (array, i), i, error))
      return FALSE;
  return TRUE;
}

/* Every error names the file, and the line or the element. */
Graph *
graph_read (const char *filename, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (Graph) graph = graph_new (filename);
  g_autofree char *text = NULL;
  gsize length;

  if (!g_file_get_contents (filename, &text, &length, error))
    return NULL;

  if (!parse_text (parser, text, length, error) ||
      !read_units (graph, json_parser_get_root (parser), error))
    {
      g_prefix_error (error, "%s: ", filename);
      return NULL;
    }

  if (!graph_measure (graph, error))
    return NULL;
  return g_steal_pointer (&graph);
}
