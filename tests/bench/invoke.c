/* SPDX-License-Identifier: MIT */

/* What one writes by hand for units on other threads: g_main_context_invoke() to
 * call each, and again to tell that it is done. */

#include "invoke.h"

typedef struct
{
  Invoke *owner;
  guint32 unit;
} InvokeCall;

struct _Invoke
{
  const Shape *shape;
  StateUnit **units;       /* not owned */
  GMainContext **contexts; /* by unit; not owned */
  InvokeCall *calls;       /* by unit */
  guint32 *pending;
  const Direction *way;
  StateOperation operation;
  guint n_left;
};

Invoke *
invoke_new (const Shape *shape, StateUnit **units, GMainContext **contexts)
{
  Invoke *self = g_new0 (Invoke, 1);

  self->shape = shape;
  self->units = units;
  self->contexts = contexts;
  self->pending = g_new0 (guint32, MAX (shape->n, 1));
  self->calls = g_new (InvokeCall, MAX (shape->n, 1));
  for (guint32 i = 0; i < shape->n; i++)
    self->calls[i] = (InvokeCall){ self, i };
  return self;
}

void
invoke_free (Invoke *self)
{
  g_free (self->pending);
  g_free (self->calls);
  g_free (self);
}

static void run_unit (Invoke *self, guint32 unit);

/* In the main context. */
static gboolean
done (gpointer user_data)
{
  InvokeCall *call = user_data;
  Invoke *self = call->owner;
  const Direction *way = self->way;

  self->n_left--;
  for (guint32 edge = way->offsets[call->unit]; edge < way->offsets[call->unit + 1]; edge++)
    if (--self->pending[way->targets[edge]] == 0)
      run_unit (self, way->targets[edge]);
  return G_SOURCE_REMOVE;
}

/* In the unit's. */
static gboolean
ask (gpointer user_data)
{
  InvokeCall *call = user_data;
  StateUnit *unit = call->owner->units[call->unit];

  if (call->owner->operation == STATE_OPERATION_START)
    STATE_UNIT_GET_IFACE (unit)->start (unit, NULL);
  else
    STATE_UNIT_GET_IFACE (unit)->stop (unit, NULL);
  g_main_context_invoke (NULL, done, call);
  return G_SOURCE_REMOVE;
}

static void
run_unit (Invoke *self, guint32 unit)
{
  g_main_context_invoke (self->contexts[unit], ask, &self->calls[unit]);
}

/* A start or a stop, until the last unit is done. */
void
invoke_run (Invoke *self, StateOperation operation)
{
  self->operation = operation;
  self->way = shape_get_way (self->shape, operation);
  self->n_left = self->shape->n;
  memcpy (self->pending, self->way->counts, self->shape->n * sizeof (guint32));
  for (guint i = 0; i < self->way->n_roots; i++)
    run_unit (self, self->way->roots[i]);
  while (self->n_left > 0)
    g_main_context_iteration (NULL, TRUE);
}
