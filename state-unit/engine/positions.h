/* SPDX-License-Identifier: MIT */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * Where the n-th of those still there is, in a row from which some have gone: a
 * binary indexed tree (Fenwick, "A new data structure for cumulative frequency
 * tables", 1994). While nobody has gone it costs nothing.
 */
typedef struct
{
  guint32 *sums; /* 1-based; NULL while nobody has gone */
  guint32 length;
  guint32 allocated;
  guint32 n_gone;
} StatePositions;

void state_positions_init (StatePositions *self);
void state_positions_clear (StatePositions *self);
void state_positions_append (StatePositions *self);
void state_positions_remove (StatePositions *self, guint32 index);
guint32 state_positions_rank (const StatePositions *self, guint32 index);
guint32 state_positions_select (const StatePositions *self, guint32 rank);

G_END_DECLS
