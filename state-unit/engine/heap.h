/* SPDX-License-Identifier: MIT */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A binary heap of slots, the one with the smallest key on top. */
typedef struct
{
  gint64 key;
  guint32 slot;
} StateHeapItem;

void state_heap_push (GArray *heap, gint64 key, guint32 slot);
StateHeapItem state_heap_pop (GArray *heap);

static inline const StateHeapItem *
state_heap_peek (const GArray *heap)
{
  return heap->len > 0 ? &g_array_index (heap, StateHeapItem, 0) : NULL;
}

G_END_DECLS
