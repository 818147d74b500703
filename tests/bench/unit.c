/* SPDX-License-Identifier: MIT */

/* A unit that does nothing, so that what is left is what it costs to ask it. */

#include "unit.h"

typedef struct
{
  guint n_calls;
} BenchUnitPrivate;

static void bench_unit_iface_init (StateUnitInterface *iface);

G_DEFINE_TYPE_WITH_CODE (BenchUnit,
                         bench_unit,
                         G_TYPE_OBJECT,
                         G_ADD_PRIVATE (BenchUnit)
                             G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT, bench_unit_iface_init))

/* The floor asks without a request: its answer is that the function returns. */
static void
bench_unit_answer (StateUnit *unit, StateRequest *request)
{
  BenchUnitPrivate *priv = bench_unit_get_instance_private ((BenchUnit *) unit);

  priv->n_calls++;
  if (request != NULL)
    state_request_complete (request);
}

/* All save the same value: what a value costs is measured elsewhere. */
static void
bench_unit_save (StateUnit *unit, StateRequest *request)
{
  static GVariant *state;
  BenchUnitPrivate *priv = bench_unit_get_instance_private ((BenchUnit *) unit);

  if (state == NULL)
    state = g_variant_ref_sink (g_variant_new_uint32 (1));
  priv->n_calls++;
  if (request != NULL)
    state_request_complete_with_state (request, state);
}

static void
bench_unit_iface_init (StateUnitInterface *iface)
{
  iface->start = bench_unit_answer;
  iface->stop = bench_unit_answer;
  iface->reset = bench_unit_answer;
  iface->save = bench_unit_save;
  iface->restore = bench_unit_answer;
}

static void
bench_unit_run_async (BenchUnit *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static void
bench_unit_class_init (BenchUnitClass *klass)
{
  klass->run_async = bench_unit_run_async;
}

static void
bench_unit_init (BenchUnit *self)
{
}

StateUnit **
bench_units_new (const Shape *shape, GType type)
{
  StateUnit **units = g_new (StateUnit *, shape->n);

  for (guint i = 0; i < shape->n; i++)
    units[i] = g_object_new (type, NULL);
  return units;
}

void
bench_units_free (StateUnit **units, const Shape *shape)
{
  for (guint i = 0; i < shape->n; i++)
    g_object_unref (units[i]);
  g_free (units);
}
