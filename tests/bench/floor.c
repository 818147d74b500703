/* SPDX-License-Identifier: MIT */

/* The floor: a bare walk in the order of the dependencies.
 *
 * What is counted: setting the counters and the first of the queue (copied from
 * those of the graph), and for each unit its place in the queue, looking up the
 * interface, the call of its function, and counting down those that wait for it.
 * The arrays are there before; there is no state, no request, no error, no clock
 * and no main loop. */

#include "floor.h"

struct _Floor
{
  const Shape *shape;
  StateUnit **units; /* not owned */
  guint32 *pending;  /* by unit: how many it still waits for */
  guint32 *queue;    /* each unit enters it once */
};

Floor *
floor_new (const Shape *shape, StateUnit **units)
{
  Floor *self = g_new0 (Floor, 1);

  self->shape = shape;
  self->units = units;
  self->pending = g_new0 (guint32, MAX (shape->n, 1));
  self->queue = g_new0 (guint32, MAX (shape->n, 1));
  return self;
}

void
floor_free (Floor *self)
{
  g_free (self->pending);
  g_free (self->queue);
  g_free (self);
}

static inline void
ask (StateUnit *unit, StateOperation operation)
{
  StateUnitInterface *iface = STATE_UNIT_GET_IFACE (unit);

  switch (operation)
    {
    case STATE_OPERATION_START:
      iface->start (unit, NULL);
      break;
    case STATE_OPERATION_STOP:
      iface->stop (unit, NULL);
      break;
    case STATE_OPERATION_RESET:
      iface->reset (unit, NULL);
      break;
    case STATE_OPERATION_SAVE:
      iface->save (unit, NULL);
      break;
    case STATE_OPERATION_RESTORE:
      iface->restore (unit, NULL);
      break;
    case STATE_OPERATION_POST_RESTORE:
    case STATE_OPERATION_INSPECT:
    default:
      g_assert_not_reached ();
    }
}

void
floor_run (Floor *self, StateOperation operation)
{
  const Shape *shape = self->shape;
  const Direction *way = shape_get_way (shape, operation);
  guint32 *pending = self->pending;
  guint32 *queue = self->queue;
  guint n_queued = way->n_roots;

  memcpy (pending, way->counts, shape->n * sizeof (guint32));
  memcpy (queue, way->roots, way->n_roots * sizeof (guint32));

  for (guint i = 0; i < n_queued; i++)
    {
      guint32 unit = queue[i];

      ask (self->units[unit], operation);
      for (guint32 edge = way->offsets[unit]; edge < way->offsets[unit + 1]; edge++)
        if (--pending[way->targets[edge]] == 0)
          queue[n_queued++] = way->targets[edge];
    }

  g_assert (n_queued == shape->n);
}
