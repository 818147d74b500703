/* SPDX-License-Identifier: MIT */

#include "heap.h"

/* Equal keys go by slot, so that the order is always the same. */
static gboolean
is_before (const StateHeapItem *one, const StateHeapItem *other)
{
  return one->key != other->key ? one->key < other->key : one->slot < other->slot;
}

void
state_heap_push (GArray *heap, gint64 key, guint32 slot)
{
  StateHeapItem item = { key, slot };
  StateHeapItem *items;
  guint i = heap->len;

  g_array_append_val (heap, item);
  items = (StateHeapItem *) (gpointer) heap->data;
  for (; i > 0 && is_before (&item, &items[(i - 1) / 2]); i = (i - 1) / 2)
    items[i] = items[(i - 1) / 2];
  items[i] = item;
}

StateHeapItem
state_heap_pop (GArray *heap)
{
  StateHeapItem *items = (StateHeapItem *) (gpointer) heap->data;
  StateHeapItem top = items[0];
  StateHeapItem last = items[heap->len - 1];
  guint n = heap->len - 1;
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
  g_array_set_size (heap, n);
  return top;
}
