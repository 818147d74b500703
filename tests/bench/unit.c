/* SPDX-License-Identifier: MIT */

/* The units that are measured: they do nothing, so that what is left is what it
 * costs to ask them. */

#include "unit.h"

#include "answers.h"

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

static void
bench_unit_iface_init (StateUnitInterface *iface)
{
  iface->start = bench_unit_answer;
  iface->stop = bench_unit_answer;
  iface->reset = bench_unit_answer;
}

static void
bench_unit_class_init (BenchUnitClass *klass)
{
}

static void
bench_unit_init (BenchUnit *self)
{
}

/* Answers later */

struct _BenchLaterUnit
{
  BenchUnit parent_instance;
};

static void bench_later_unit_iface_init (StateUnitInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BenchLaterUnit,
                               bench_later_unit,
                               BENCH_TYPE_UNIT,
                               G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT, bench_later_unit_iface_init))

static void
complete (gpointer request)
{
  state_request_complete (request);
  g_object_unref (request);
}

static void
bench_later_unit_answer (StateUnit *unit, StateRequest *request)
{
  answers_push (complete, g_object_ref (request));
}

static void
bench_later_unit_iface_init (StateUnitInterface *iface)
{
  iface->start = bench_later_unit_answer;
  iface->stop = bench_later_unit_answer;
  iface->reset = bench_later_unit_answer;
}

static void
bench_later_unit_class_init (BenchLaterUnitClass *klass)
{
}

static void
bench_later_unit_init (BenchLaterUnit *self)
{
}

/* Of a shape */

StateUnit **
bench_units_new (const Shape *shape, AnswerKind kind)
{
  StateUnit **units = g_new (StateUnit *, shape->n);
  GType type = kind == ANSWER_LATER ? BENCH_TYPE_LATER_UNIT : BENCH_TYPE_UNIT;

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
