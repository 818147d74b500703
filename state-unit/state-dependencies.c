/* SPDX-License-Identifier: MIT */

#include "state-dependencies-private.h"

#include <stdlib.h>
#include <string.h>

static const StateDependency *
get_all (const StateDependencies *self)
{
  return self->more != NULL ? self->more : self->few;
}

StateDependency *
state_dependencies_add_room (StateDependencies *self)
{
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

/* From now on the handles live as long as this does. */
void
state_dependencies_keep (StateDependencies *self)
{
  const StateDependency *all = get_all (self);

  for (guint i = 0; i < self->n && !self->is_kept; i++)
    g_object_ref (all[i].handle);
  self->is_kept = TRUE;
}

void
state_dependencies_let_go (StateDependencies *self)
{
  const StateDependency *all = get_all (self);

  for (guint i = 0; i < self->n && self->is_kept; i++)
    g_object_unref (all[i].handle);
  g_free (self->more);
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

/* Edges: sorted as one number each, which has the node first, then the kind. */

static guint64
pack (const StateDependency *dependency)
{
  return (guint64) dependency->handle->node << 16 | dependency->flags << 8 | dependency->operations;
}

static StateEdge
unpack (guint64 number)
{
  return (StateEdge){ (guint32) (number >> 16), number & 0xff, number >> 8 & 0xff };
}

static int
compare_numbers (gconstpointer a, gconstpointer b)
{
  guint64 one = *(const guint64 *) a;
  guint64 other = *(const guint64 *) b;

  return one < other ? -1 : one > other;
}

/* Sorted as they come. */
static guint
collect_few (const StateDependencies *dependencies, guint64 *numbers)
{
  guint n = 0;

  for (guint i = 0; i < dependencies->n; i++)
    {
      guint64 number = pack (&dependencies->few[i]);
      guint j = n;

      if (dependencies->few[i].operations == 0)
        continue;
      for (; j > 0 && numbers[j - 1] > number; j--)
        numbers[j] = numbers[j - 1];
      numbers[j] = number;
      n++;
    }
  return n;
}

static guint
collect_many (const StateDependencies *dependencies, guint64 *numbers)
{
  guint n = 0;

  for (guint i = 0; i < dependencies->n; i++)
    if (dependencies->more[i].operations != 0)
      numbers[n++] = pack (&dependencies->more[i]);
  qsort (numbers, n, sizeof *numbers, compare_numbers);
  return n;
}

static void
unite (StateEdges *self, const guint64 *numbers, guint n)
{
  StateEdge *edges = self->edges;
  guint n_edges = 0;

  for (guint i = 0; i < n; i++)
    if (i > 0 && numbers[i] >> 8 == numbers[i - 1] >> 8)
      edges[n_edges - 1].operations |= numbers[i] & 0xff;
    else
      edges[n_edges++] = unpack (numbers[i]);
  self->n = n_edges;
}

void
state_edges_init (StateEdges *self, const StateDependencies *dependencies)
{
  guint64 few[STATE_FEW_DEPENDENCIES];
  g_autofree guint64 *numbers = NULL;

  self->edges = self->few;
  self->n = 0;
  if (dependencies->n == 0)
    return;
  if (dependencies->more == NULL)
    {
      unite (self, few, collect_few (dependencies, few));
      return;
    }
  self->edges = g_new (StateEdge, dependencies->n);
  numbers = g_new (guint64, dependencies->n);
  unite (self, numbers, collect_many (dependencies, numbers));
}

void
state_edges_clear (StateEdges *self)
{
  if (self->edges != self->few)
    g_free (self->edges);
}
