/* SPDX-License-Identifier: MIT */

#include "state-dependencies-private.h"

#include <stdlib.h>
#include <string.h>

/* From a binding, flags may have any bit set. */
#define ALL_OPERATIONS 0x7f

static const StateDependency *
get_all (const StateDependencies *self)
{
  return self->more != NULL ? self->more : self->few;
}

static StateDependency *
add_room (StateDependencies *self)
{
  if (self->more == NULL && self->n < STATE_FEW_DEPENDENCIES)
    return &self->few[self->n++];
  if (self->more == NULL)
    {
      self->n_allocated = 4 * STATE_FEW_DEPENDENCIES;
      self->more = g_new (StateDependency, self->n_allocated);
      memcpy (self->more, self->few, sizeof self->few);
    }
  else if (self->n == self->n_allocated)
    {
      self->n_allocated *= 2;
      self->more = g_renew (StateDependency, self->more, self->n_allocated);
    }
  return &self->more[self->n++];
}

void
state_dependencies_add (StateDependencies *self,
                        StateUnitHandle *handle,
                        StateDependencyFlags flags,
                        StateOperationFlags operations)
{
  *add_room (self) = (StateDependency){
    g_object_ref (handle),
    operations & ALL_OPERATIONS,
    flags & STATE_DEPENDENCY_ORDER_ONLY,
  };
}

void
state_dependencies_clear (StateDependencies *self)
{
  const StateDependency *all = get_all (self);

  for (guint i = 0; i < self->n; i++)
    g_object_unref (all[i].handle);
  g_clear_pointer (&self->more, g_free);
  self->n = 0;
}

/* The first that is not a unit of the set; NULL: all are. */
const StateUnitHandle *
state_dependencies_find_stranger (const StateDependencies *self, const StateUnits *units)
{
  const StateDependency *all = get_all (self);

  for (guint i = 0; i < self->n; i++)
    if (all[i].handle->units != units)
      return all[i].handle;
  return NULL;
}

/* Edges */

static guint64
rank (const StateEdge *edge)
{
  return (guint64) edge->node << 8 | edge->flags;
}

static int
compare_edges (gconstpointer a, gconstpointer b)
{
  return rank (a) < rank (b) ? -1 : rank (a) > rank (b);
}

static void
sort (StateEdge *edges, guint n)
{
  if (n > STATE_FEW_DEPENDENCIES)
    {
      qsort (edges, n, sizeof *edges, compare_edges);
      return;
    }
  for (guint i = 1; i < n; i++)
    {
      StateEdge edge = edges[i];
      guint j = i;

      for (; j > 0 && rank (&edges[j - 1]) > rank (&edge); j--)
        edges[j] = edges[j - 1];
      edges[j] = edge;
    }
}

static void
unite (StateEdges *self)
{
  guint n = 0;

  for (guint i = 0; i < self->n; i++)
    {
      StateEdge *edge = &self->edges[i];

      if (n > 0 && rank (&self->edges[n - 1]) == rank (edge))
        self->edges[n - 1].operations |= edge->operations;
      else
        self->edges[n++] = *edge;
    }
  self->n = n;
}

void
state_edges_init (StateEdges *self, const StateDependencies *dependencies)
{
  const StateDependency *all = get_all (dependencies);

  self->n = 0;
  self->edges =
      dependencies->n > G_N_ELEMENTS (self->few) ? g_new (StateEdge, dependencies->n) : self->few;
  for (guint i = 0; i < dependencies->n; i++)
    if (all[i].operations != 0)
      self->edges[self->n++] = (StateEdge){ all[i].handle->node, all[i].operations, all[i].flags };
  sort (self->edges, self->n);
  unite (self);
}

void
state_edges_clear (StateEdges *self)
{
  if (self->edges != self->few)
    g_free (self->edges);
}
