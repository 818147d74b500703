/* SPDX-License-Identifier: MIT */

#include "positions.h"

void
state_positions_init (StatePositions *self)
{
  *self = (StatePositions){ 0 };
}

void
state_positions_clear (StatePositions *self)
{
  g_free (self->sums);
  state_positions_init (self);
}

static guint32
lowest_bit (guint32 i)
{
  return i & (~i + 1);
}

static void
reserve (StatePositions *self, guint32 length)
{
  if (length < self->allocated)
    return;
  self->allocated = MAX (length + 1, self->allocated * 2);
  self->sums = g_renew (guint32, self->sums, self->allocated);
}

/* As long as nobody has gone, each sum is the length of its own range. */
static void
build (StatePositions *self)
{
  reserve (self, self->length);
  for (guint32 i = 1; i <= self->length; i++)
    self->sums[i] = lowest_bit (i);
}

void
state_positions_append (StatePositions *self)
{
  guint32 i = ++self->length;
  guint32 sum = 1;

  if (self->sums == NULL)
    return;
  reserve (self, i);
  for (guint32 step = 1; step < lowest_bit (i); step <<= 1)
    sum += self->sums[i - step];
  self->sums[i] = sum;
}

void
state_positions_remove (StatePositions *self, guint32 index)
{
  g_assert (index < self->length);

  if (self->sums == NULL)
    build (self);
  self->n_gone++;
  for (guint32 i = index + 1; i <= self->length; i += lowest_bit (i))
    self->sums[i]--;
}

/* How many of those before index are still there. */
guint32
state_positions_rank (const StatePositions *self, guint32 index)
{
  guint32 rank = 0;

  if (self->sums == NULL)
    return index;
  for (guint32 i = index; i > 0; i -= lowest_bit (i))
    rank += self->sums[i];
  return rank;
}

/* The index of the one with that many before it; the length if there is none. */
guint32
state_positions_select (const StatePositions *self, guint32 rank)
{
  guint32 index = 0;
  guint32 step = 1;

  if (rank >= self->length - self->n_gone)
    return self->length;
  if (self->sums == NULL)
    return rank;

  while (step <= self->length / 2)
    step <<= 1;
  for (; step > 0; step >>= 1)
    {
      guint32 next = index + step;

      if (next <= self->length && self->sums[next] <= rank)
        {
          index = next;
          rank -= self->sums[next];
        }
    }
  return index;
}
