/* SPDX-License-Identifier: MIT */

/* A unit whose start is real work: it keeps a processor busy for a millisecond. */

#include "samples.h"
#include "unit.h"

struct _BenchBusyUnit
{
  BenchUnit parent_instance;

  gint64 time;
};

static void bench_busy_unit_iface_init (StateUnitInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BenchBusyUnit,
                               bench_busy_unit,
                               BENCH_TYPE_UNIT,
                               G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT, bench_busy_unit_iface_init))

static void
bench_busy_unit_start (StateUnit *unit, StateRequest *request)
{
  BenchBusyUnit *self = BENCH_BUSY_UNIT (unit);
  gint64 begin = wall_ns ();

  do
    self->time = wall_ns () - begin;
  while (self->time < 1000000);
  state_request_complete (request);
}

static void
bench_busy_unit_iface_init (StateUnitInterface *iface)
{
  iface->start = bench_busy_unit_start;
}

static void
bench_busy_unit_class_init (BenchBusyUnitClass *klass)
{
}

static void
bench_busy_unit_init (BenchBusyUnit *self)
{
}

/* What its last start took, in ns: more than it wanted when the machine had
 * something else to do. */
gint64
bench_busy_unit_get_time (BenchBusyUnit *self)
{
  return self->time;
}
