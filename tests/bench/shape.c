/* SPDX-License-Identifier: MIT */

/* The graphs that are measured: four that are made, and those of files. */

#include "shape.h"

#include "shape-file.h"
#include <math.h>

static Direction
direction_new (guint n, const guint32 *from, const guint32 *to, guint n_edges)
{
  Direction self = {
    .offsets = g_new0 (guint32, n + 1),
    .targets = g_new (guint32, MAX (n_edges, 1)),
    .counts = g_new0 (guint32, MAX (n, 1)),
    .roots = g_new (guint32, MAX (n, 1)),
  };
  g_autofree guint32 *next = g_new (guint32, n + 1);

  for (guint i = 0; i < n_edges; i++)
    {
      self.offsets[from[i] + 1]++;
      self.counts[to[i]]++;
    }
  for (guint i = 0; i < n; i++)
    {
      self.offsets[i + 1] += self.offsets[i];
      if (self.counts[i] == 0)
        self.roots[self.n_roots++] = i;
    }
  memcpy (next, self.offsets, (n + 1) * sizeof (guint32));
  for (guint i = 0; i < n_edges; i++)
    self.targets[next[from[i]]++] = to[i];
  return self;
}

static void
direction_clear (Direction *self)
{
  g_free (self->offsets);
  g_free (self->targets);
  g_free (self->counts);
  g_free (self->roots);
}

/* The edges of a shape while it is made */

typedef struct
{
  GArray *dependencies; /* of guint32 */
  GArray *dependents;
} Edges;

static void
add_edge (Edges *edges, guint32 dependent, guint32 dependency)
{
  g_array_append_val (edges->dependencies, dependency);
  g_array_append_val (edges->dependents, dependent);
}

static void
add_chain (Edges *edges, guint n)
{
  for (guint32 i = 1; i < n; i++)
    add_edge (edges, i, i - 1);
}

static void
add_tree (Edges *edges, guint n)
{
  for (guint32 i = 1; i < n; i++)
    add_edge (edges, i, (i - 1) / 2);
}

static gboolean
is_taken (const guint32 *taken, guint n, guint32 unit)
{
  for (guint i = 0; i < n; i++)
    if (taken[i] == unit)
      return TRUE;
  return FALSE;
}

/* As many layers as there are units in each; each unit depends on so many of the
 * layer before its own, anywhere in it. */
static void
add_layers (Edges *edges, guint n, guint n_dependencies)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  guint width = MAX ((guint) sqrt (n), 1);
  guint wanted = MIN (n_dependencies, width);
  g_autofree guint32 *taken = g_new (guint32, MAX (wanted, 1));

  for (guint32 i = width; i < n; i++)
    {
      guint32 before = (i / width - 1) * width;

      for (guint j = 0; j < wanted; j++)
        {
          do
            taken[j] = before + g_rand_int_range (random, 0, width);
          while (is_taken (taken, j, taken[j]));
          add_edge (edges, i, taken[j]);
        }
    }
}

static gboolean
fill (Shape *self, Edges *edges, guint n_dependencies, GError **error)
{
  if (g_str_equal (self->name, "chain"))
    add_chain (edges, self->n);
  else if (g_str_equal (self->name, "tree"))
    add_tree (edges, self->n);
  else if (g_str_equal (self->name, "layered"))
    add_layers (edges, self->n, n_dependencies);
  else if (!g_str_equal (self->name, "wide"))
    return shape_file_read (self, edges->dependents, edges->dependencies, error);
  return TRUE;
}

/* A number of units and of edges for each, where the shape leaves that open. */
Shape *
shape_new (const char *name, guint n, guint n_dependencies, GError **error)
{
  g_autoptr (Shape) self = g_new0 (Shape, 1);
  g_autoptr (GArray) dependencies = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autoptr (GArray) dependents = g_array_new (FALSE, FALSE, sizeof (guint32));
  Edges edges = { dependencies, dependents };

  self->name = g_strdup (name);
  self->n = n;
  if (!fill (self, &edges, n_dependencies, error))
    return NULL;
  self->n_edges = dependencies->len;
  self->up = direction_new (self->n, (guint32 *) (gpointer) dependencies->data,
                            (guint32 *) (gpointer) dependents->data, self->n_edges);
  self->down = direction_new (self->n, (guint32 *) (gpointer) dependents->data,
                              (guint32 *) (gpointer) dependencies->data, self->n_edges);
  self->any = direction_new (self->n, NULL, NULL, 0);
  return g_steal_pointer (&self);
}

void
shape_free (Shape *self)
{
  direction_clear (&self->up);
  direction_clear (&self->down);
  direction_clear (&self->any);
  g_strfreev (self->names);
  g_free (self->name);
  g_free (self);
}

/* The way that an operation takes. */
const Direction *
shape_get_way (const Shape *self, StateOperation operation)
{
  if (operation == STATE_OPERATION_STOP)
    return &self->down;
  if (operation == STATE_OPERATION_SAVE)
    return &self->any;
  return &self->up;
}

/* So that making up the names takes no time later. */
void
shape_name_units (Shape *self)
{
  char **names = g_new0 (char *, self->n + 1);

  for (guint i = 0; i < self->n; i++)
    {
      char buffer[SHAPE_NAME_SIZE];

      names[i] = g_strdup (shape_get_unit_name (self, i, buffer));
    }
  g_strfreev (self->names);
  self->names = names;
}

/* A name that is made up goes into the buffer. */
const char *
shape_get_unit_name (const Shape *self, guint unit, char *buffer)
{
  if (self->names != NULL)
    return self->names[unit];
  g_snprintf (buffer, SHAPE_NAME_SIZE, "u%u", unit);
  return buffer;
}
