/* SPDX-License-Identifier: MIT */

/* Reads [{"name": "…", "depends_on": ["…", …]}, …], and finds all that is wrong
 * with it. */

#include "graph-reader.h"

#include "graph-order.h"
#include "graph-text.h"

typedef struct
{
  Graph *graph;
  GPtrArray *problems;
  GraphText *text;
  StateUnits *units; /* knows which names there can be */
} Reader;

static void G_GNUC_PRINTF (2, 3) add_problem (Reader *self, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (self->problems, g_strdup_vprintf (format, args));
  va_end (args);
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

/* Names: all of them are known before the first edge is read */

/* NULL: the element has none. */
static const char *
name_of (JsonNode *element)
{
  JsonNode *name = NULL;

  if (JSON_NODE_HOLDS_OBJECT (element))
    name = json_object_get_member (json_node_get_object (element), "name");
  return name != NULL && is_string (name) ? json_node_get_string (name) : NULL;
}

static void
add_units (Reader *self, JsonArray *array)
{
  guint twin;

  for (guint i = 0; i < json_array_get_length (array); i++)
    graph_add_unit (self->graph, name_of (json_array_get_element (array, i)), &twin);
}

static void
check_valid (Reader *self, guint place, const char *name)
{
  g_autoptr (GError) error = NULL;

  if (state_unit_builder_build (state_units_add (self->units, name), NULL, &error) == NULL)
    add_problem (self, "[%u].name: %s", place, error->message);
}

static void
check_name (Reader *self, guint place, JsonObject *object)
{
  JsonNode *name = json_object_get_member (object, "name");
  guint first;

  if (name == NULL)
    add_problem (self, "[%u]: there is no \"name\"", place);
  else if (!is_string (name))
    add_problem (self, "[%u].name: expected a string, found %s", place, describe_node (name));
  else if (graph_find (self->graph, json_node_get_string (name), &first) && first != place)
    add_problem (self, "[%u].name: \"%s\" is the name of [%u] already", place,
                 json_node_get_string (name), first);
  else
    check_valid (self, place, json_node_get_string (name));
}

/* Members: a misspelt "depends_on" would lose edges without a word, and so would
 * a second one */

static void
check_members (Reader *self, guint place, JsonObject *object)
{
  JsonObjectIter iter;
  const char *member;

  if (g_hash_table_contains (self->text->repeating, object))
    add_problem (self, "[%u]: a member is given twice", place);
  json_object_iter_init_ordered (&iter, object);
  while (json_object_iter_next_ordered (&iter, &member, NULL))
    if (!g_str_equal (member, "name") && !g_str_equal (member, "depends_on"))
      add_problem (self, "[%u]: unknown member \"%s\" (known: \"name\", \"depends_on\")", place,
                   member);
}

/* Edges */

static void
read_dependency (Reader *self, guint place, guint index, JsonNode *node)
{
  GraphUnit *unit = graph_get_unit (self->graph, place);
  const char *name = unit->name != NULL ? unit->name : "";
  const char *dependency;
  guint dependency_place;

  if (!is_string (node))
    {
      add_problem (self, "[%u].depends_on[%u]: expected a name, found %s", place, index,
                   describe_node (node));
      return;
    }

  dependency = json_node_get_string (node);
  if (!graph_find (self->graph, dependency, &dependency_place))
    add_problem (self, "[%u].depends_on[%u]: \"%s\" depends on \"%s\", and there is no such unit",
                 place, index, name, dependency);
  else if (dependency_place == place)
    add_problem (self, "[%u].depends_on[%u]: \"%s\" depends on itself", place, index, name);
  else if (!graph_add_edge (self->graph, place, dependency_place))
    add_problem (self, "[%u].depends_on[%u]: \"%s\" depends on \"%s\" twice", place, index, name,
                 dependency);
}

static void
read_dependencies (Reader *self, guint place, JsonObject *object)
{
  JsonNode *member = json_object_get_member (object, "depends_on");
  JsonArray *array;

  if (member == NULL)
    return;
  if (!JSON_NODE_HOLDS_ARRAY (member))
    {
      add_problem (self, "[%u].depends_on: expected an array of names, found %s", place,
                   describe_node (member));
      return;
    }

  array = json_node_get_array (member);
  for (guint i = 0; i < json_array_get_length (array); i++)
    read_dependency (self, place, i, json_array_get_element (array, i));
}

/* Files */

static void
read_unit (Reader *self, guint place, JsonNode *element)
{
  JsonObject *object;

  if (!JSON_NODE_HOLDS_OBJECT (element))
    {
      add_problem (self, "[%u]: expected an object, found %s", place, describe_node (element));
      return;
    }

  object = json_node_get_object (element);
  check_name (self, place, object);
  check_members (self, place, object);
  read_dependencies (self, place, object);
}

static void
read_root (Reader *self, JsonNode *root)
{
  JsonArray *array;

  if (!JSON_NODE_HOLDS_ARRAY (root))
    {
      add_problem (self, "expected an array of units, found %s", describe_node (root));
      return;
    }

  array = json_node_get_array (root);
  add_units (self, array);
  for (guint place = 0; place < json_array_get_length (array); place++)
    read_unit (self, place, json_array_get_element (array, place));
  graph_measure (self->graph, self->problems);
}

/* Adds all that is wrong to the problems, each with its line or its element, in the
 * order of the file. An error: the file could not be read. The graph is good for
 * nothing unless there are no problems. */
Graph *
graph_check (const char *filename, GPtrArray *problems, GError **error)
{
  g_autoptr (Graph) graph = graph_new (filename);
  g_autoptr (GraphText) json = NULL;
  g_autoptr (StateUnits) units = state_units_new ();
  g_autoptr (GError) text_error = NULL;
  g_autofree char *text = NULL;
  gsize length;

  if (!g_file_get_contents (filename, &text, &length, error))
    return NULL;

  json = graph_text_new (text, length, &text_error);
  if (json != NULL)
    read_root (&(Reader){ graph, problems, json, units }, json_parser_get_root (json->parser));
  else
    g_ptr_array_add (problems, g_strdup (text_error->message));
  return g_steal_pointer (&graph);
}

/* Any problem is an error, and the first one is told of. */
Graph *
graph_read (const char *filename, GError **error)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (Graph) graph = graph_check (filename, problems, error);

  if (graph == NULL || problems->len == 0)
    return g_steal_pointer (&graph);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: %s", filename,
               (const char *) g_ptr_array_index (problems, 0));
  return NULL;
}
