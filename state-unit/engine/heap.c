/* SPDX-License-Identifier: MIT */

#include "heap.h"

/* Equal keys go by slot, so that the order is always the same. */
static gboolean
is_before (const StateHeapItem *one, const StateHeapItem *other)
{
  return one->key != other->key ? one->key < other->key : one->slot < other->slot;
}

void
state_heap_push (StateHeap *heap, gint64 key, guint32 slot)
{
  StateHeapItem item = { key, slot };
  StateHeapItem *items;
  guint i = heap->n++;

  if (heap->n > heap->n_allocated)
    {
      heap->n_allocated = MAX (16, heap->n_allocated * 2);
      heap->items = g_renew (StateHeapItem, heap->items, heap->n_allocated);
    }
  items = heap->items;
  for (; i > 0 && is_before (&item, &items[(i - 1) / 2]); i = (i - 1) / 2)
    items[i] = items[(i - 1) / 2];
  items[i] = item;
}

StateHeapItem
state_heap_pop (StateHeap *heap)
{
  StateHeapItem *items = heap->items;
  guint n = --heap->n;
  StateHeapItem top = items[0];
  StateHeapItem last = items[n];
  guint i = 0;

  for (guint child = 1; child < n; child = 2 * i + 1)
    {
      if (child + 1 < n && is_before (&items[child + 1], &items[child]))
        child++;
      if (!is_before (&items[child], &last))
        break;
      items[i] = items[child];
      i = child;
    }
  items[i] = last;
  return top;
}

/* Empty again, and without memory of its own. */
void
state_heap_clear (StateHeap *heap)
{
  g_free (heap->items);
  *heap = (StateHeap){ 0 };
}
