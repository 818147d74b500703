/* SPDX-License-Identifier: MIT */

/* What one writes by hand: a GTask for each unit, and its callback counts down
 * and starts those that wait for it.
 *
 * What is counted: setting the counters, and for each unit its task, the answer,
 * and the callback in the main context. There is no state, no deadline and no
 * record; an error would end the process. */

#include "by-hand.h"

struct _ByHand
{
  const Shape *shape;
  StateUnit **units; /* not owned */
  guint32 *pending;
  const Direction *way;
  guint n_left;
};

typedef struct
{
  ByHand *owner;
  guint32 unit;
} Call;

ByHand *
by_hand_new (const Shape *shape, StateUnit **units)
{
  ByHand *self = g_new0 (ByHand, 1);

  self->shape = shape;
  self->units = units;
  self->pending = g_new0 (guint32, MAX (shape->n, 1));
  return self;
}

void
by_hand_free (ByHand *self)
{
  g_free (self->pending);
  g_free (self);
}

static void run_unit (ByHand *self, guint32 unit);

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *call = user_data;
  ByHand *self = call->owner;
  const Direction *way = self->way;
  g_autoptr (GError) error = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error))
    g_error ("unit %u: %s", call->unit, error->message);

  self->n_left--;
  for (guint32 edge = way->offsets[call->unit]; edge < way->offsets[call->unit + 1]; edge++)
    if (--self->pending[way->targets[edge]] == 0)
      run_unit (self, way->targets[edge]);
  g_free (call);
}

static void
run_unit (ByHand *self, guint32 unit)
{
  Call *call = g_new (Call, 1);

  *call = (Call){ self, unit };
  BENCH_UNIT_GET_CLASS (self->units[unit])
      ->run_async ((BenchUnit *) self->units[unit], on_done, call);
}

/* Until the last callback. */
void
by_hand_run (ByHand *self, StateOperation operation)
{
  const Direction *way = shape_get_way (self->shape, operation);

  self->way = way;
  self->n_left = self->shape->n;
  memcpy (self->pending, way->counts, self->shape->n * sizeof (guint32));
  for (guint i = 0; i < way->n_roots; i++)
    run_unit (self, way->roots[i]);
  while (self->n_left > 0)
    g_main_context_iteration (NULL, TRUE);
}
