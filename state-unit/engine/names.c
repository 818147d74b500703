/* SPDX-License-Identifier: MIT */

#include "names.h"

#include "graph.h"

#define FEWEST_PLACES 16

/* Never more than three quarters full; what does not fit into its own place is in one
 * of those behind it, without a gap between. */

guint32
state_names_hash (const char *name)
{
  guint32 hash = STATE_NAMES_HASH;

  for (; *name != '\0'; name++)
    hash = state_names_hash_next (hash, *name);
  return state_names_hash_end (hash);
}

/* STATE_NODE_NONE: nobody has the name. */
guint32
state_names_find (const StateNames *self,
                  const char *name,
                  guint32 hash,
                  StateNamesFunc name_of,
                  gpointer user_data)
{
  guint32 mask = self->n_places - 1;

  if (self->n == 0)
    return STATE_NODE_NONE;
  for (guint32 i = hash & mask; self->places[i].node != 0; i = (i + 1) & mask)
    if (self->places[i].hash == hash &&
        g_str_equal (name_of (self->places[i].node - 1, user_data), name))
      return self->places[i].node - 1;
  return STATE_NODE_NONE;
}

static void
put (StateNames *self, StateNamesPlace entry)
{
  guint32 mask = self->n_places - 1;
  guint32 i = entry.hash & mask;

  while (self->places[i].node != 0)
    i = (i + 1) & mask;
  self->places[i] = entry;
}

static void
resize (StateNames *self, guint32 n_places)
{
  g_autofree StateNamesPlace *old = g_steal_pointer (&self->places);
  guint32 n_old = self->n_places;

  self->places = g_new0 (StateNamesPlace, n_places);
  self->n_places = n_places;
  for (guint32 i = 0; i < n_old; i++)
    if (old[i].node != 0)
      put (self, old[i]);
}

/* Nobody has the name. */
void
state_names_add (StateNames *self, guint32 hash, guint32 node)
{
  if (self->n_places == 0)
    resize (self, FEWEST_PLACES);
  else if (self->n >= self->n_places / 4 * 3)
    resize (self, self->n_places * 2);
  put (self, (StateNamesPlace){ hash, node + 1 });
  self->n++;
}

/* Takes out what is in a place. Those behind it that would not be found any more move
 * up. */
static void
empty (StateNames *self, guint32 gap)
{
  guint32 mask = self->n_places - 1;

  for (guint32 i = (gap + 1) & mask; self->places[i].node != 0; i = (i + 1) & mask)
    {
      guint32 from_own = (i - self->places[i].hash) & mask;

      if (from_own < ((i - gap) & mask))
        continue;
      self->places[gap] = self->places[i];
      gap = i;
    }
  self->places[gap] = (StateNamesPlace){ 0 };
}

/* It is there. */
void
state_names_remove (StateNames *self, guint32 hash, guint32 node)
{
  guint32 mask = self->n_places - 1;
  guint32 i = hash & mask;

  while (self->places[i].node != node + 1)
    i = (i + 1) & mask;
  empty (self, i);
  self->n--;
  if (self->n_places > FEWEST_PLACES && self->n < self->n_places / 8)
    resize (self, self->n_places / 2);
}

/* By their old numbers, the new ones. */
void
state_names_renumber (StateNames *self, const guint32 *numbers)
{
  for (guint32 i = 0; i < self->n_places; i++)
    if (self->places[i].node != 0)
      self->places[i].node = numbers[self->places[i].node - 1] + 1;
}

void
state_names_clear (StateNames *self)
{
  g_clear_pointer (&self->places, g_free);
  *self = (StateNames){ 0 };
}
