/* SPDX-License-Identifier: MIT */

/* A unit that answers from a later iteration of the main loop, its requests and
 * its tasks alike. */

#include "answers.h"
#include "unit.h"

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
return_true (gpointer task)
{
  g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static void
bench_later_unit_run_async (BenchUnit *self, GAsyncReadyCallback callback, gpointer user_data)
{
  answers_push (return_true, g_task_new (self, NULL, callback, user_data));
}

static void
bench_later_unit_class_init (BenchLaterUnitClass *klass)
{
  BENCH_UNIT_CLASS (klass)->run_async = bench_later_unit_run_async;
}

static void
bench_later_unit_init (BenchLaterUnit *self)
{
}
