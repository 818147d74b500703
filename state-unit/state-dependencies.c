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

/* Each as it comes takes its place in a row that is sorted, without branches that the
 * processor would have to predict. */
static guint
collect_few (const StateDependencies *dependencies, guint64 *numbers)
{
  guint n = dependencies->n;

  for (guint i = 0; i < n; i++)
    {
      guint64 number = pack (&dependencies->few[i]);

      for (guint j = 0; j < i; j++)
        {
          guint64 other = numbers[j];

          numbers[j] = MIN (number, other);
          number = MAX (number, other);
        }
      numbers[i] = number;
    }
  return n;
}

static guint
collect_many (const StateDependencies *dependencies, guint64 *numbers)
{
  guint n = 0;

  for (guint i = 0; i < dependencies->n; i++)
    numbers[n++] = pack (&dependencies->more[i]);
  qsort (numbers, n, sizeof *numbers, compare_numbers);
  return n;
}

/* What counts for no operation is left out. */
static void
unite (StateEdges *self, const guint64 *numbers, guint n)
{
  StateEdge *edge = self->edges;
  guint64 last = G_MAXUINT64;

  for (guint i = 0; i < n; i++)
    {
      if ((numbers[i] & 0xff) == 0)
        continue;
      if (numbers[i] >> 8 == last)
        edge[-1].operations |= numbers[i] & 0xff;
      else
        *edge++ = unpack (numbers[i]);
      last = numbers[i] >> 8;
    }
  self->n = edge - self->edges;
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
