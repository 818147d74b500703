/* SPDX-License-Identifier: MIT */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  gint64 key;
  guint32 slot;
} StateHeapItem;

/* A binary heap of slots, the one with the smallest key on top; all zero: an empty one. */
typedef struct
{
  StateHeapItem *items;
  guint n;
  guint n_allocated;
} StateHeap;

void state_heap_push (StateHeap *heap, gint64 key, guint32 slot);
StateHeapItem state_heap_pop (StateHeap *heap);
void state_heap_clear (StateHeap *heap);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (StateHeap, state_heap_clear)

static inline const StateHeapItem *
state_heap_peek (const StateHeap *heap)
{
  return heap->n > 0 ? heap->items : NULL;
}

G_END_DECLS
