/* SPDX-License-Identifier: MIT */

#include "graph.h"

static void
graph_unit_free (GraphUnit *unit)
{
  g_free (unit->name);
  g_array_unref (unit->dependencies);
  g_array_unref (unit->dependents);
  g_free (unit);
}

Graph *
graph_new (const char *filename)
{
  Graph *self = g_new0 (Graph, 1);

  self->filename = g_strdup (filename);
  self->units = g_ptr_array_new_with_free_func ((GDestroyNotify) graph_unit_free);
  self->places = g_hash_table_new (g_str_hash, g_str_equal);
  return self;
}

void
graph_free (Graph *self)
{
  g_hash_table_unref (self->places);
  g_ptr_array_unref (self->units);
  g_free (self->filename);
  g_free (self);
}

GraphUnit *
graph_get_unit (Graph *self, guint place)
{
  return g_ptr_array_index (self->units, place);
}

gboolean
graph_find (Graph *self, const char *name, guint *place)
{
  guint found = GPOINTER_TO_UINT (g_hash_table_lookup (self->places, name));

  if (found == 0)
    return FALSE;
  *place = found - 1;
  return TRUE;
}

/* FALSE when another unit, at *place, has the name: that one is found by it. A
 * unit without a name is found by none. */
gboolean
graph_add_unit (Graph *self, const char *name, guint *place)
{
  GraphUnit *unit = g_new0 (GraphUnit, 1);

  unit->name = g_strdup (name);
  unit->dependencies = g_array_new (FALSE, FALSE, sizeof (guint));
  unit->dependents = g_array_new (FALSE, FALSE, sizeof (guint));
  g_ptr_array_add (self->units, unit);
  if (name == NULL)
    return TRUE;
  if (graph_find (self, name, place))
    return FALSE;
  g_hash_table_insert (self->places, unit->name, GUINT_TO_POINTER (self->units->len));
  return TRUE;
}

/* FALSE when there is that edge. */
gboolean
graph_add_edge (Graph *self, guint dependent, guint dependency)
{
  GArray *dependents = graph_get_unit (self, dependency)->dependents;

  /* A file gives the edges of one dependent after the other. */
  if (dependents->len > 0 && g_array_index (dependents, guint, dependents->len - 1) == dependent)
    return FALSE;

  g_array_append_val (dependents, dependent);
  g_array_append_val (graph_get_unit (self, dependent)->dependencies, dependency);
  self->n_edges++;
  return TRUE;
}

/* Sets */

/* A unit may depend on one that comes later: the later one makes that edge. */
static void
add_edges (Graph *self, StateUnitBuilder *builder, StateUnitHandle **handles, guint place)
{
  GraphUnit *unit = graph_get_unit (self, place);

  for (guint i = 0; i < unit->dependencies->len; i++)
    {
      guint other = g_array_index (unit->dependencies, guint, i);

      if (other < place)
        state_unit_builder_depends_on (builder, handles[other]);
    }

  for (guint i = 0; i < unit->dependents->len; i++)
    {
      guint other = g_array_index (unit->dependents, guint, i);

      if (other < place)
        state_unit_builder_dependency_of (builder, handles[other]);
    }
}

/* Adds the units of the graph to a set, in the order of the file; points of order,
 * when nobody makes them. */
gboolean
graph_build (Graph *self,
             StateUnits *units,
             GraphMakeUnit make_unit,
             gpointer user_data,
             GError **error)
{
  g_autofree StateUnitHandle **handles = g_new0 (StateUnitHandle *, MAX (self->units->len, 1));

  for (guint place = 0; place < self->units->len; place++)
    {
      StateUnitBuilder *builder = state_units_add (units, graph_get_unit (self, place)->name);
      g_autoptr (StateUnit) unit = NULL;

      if (make_unit != NULL)
        unit = make_unit (builder, place, user_data);
      add_edges (self, builder, handles, place);
      handles[place] = state_unit_builder_build (builder, unit, error);
      if (handles[place] == NULL)
        {
          g_prefix_error (error, "%s: [%u]: ", self->filename, place);
          return FALSE;
        }
    }

  return TRUE;
}
