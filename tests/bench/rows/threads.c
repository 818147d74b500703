/* SPDX-License-Identifier: MIT */

/* Units on two threads with main contexts of their own: what it costs to reach
 * them, and whether both threads are kept at work. */

#include "../invoke.h"
#include "../library.h"
#include "../rows.h"
#include "../unit.h"
#include "../worker.h"

#define N_WORKERS 2

/* A set whose units are called on the workers, in turn. */
typedef struct
{
  Shape *shape;
  Worker workers[N_WORKERS];
  GMainContext **contexts; /* by unit */
  StateUnit **units;
  Library *library;
} Workshop;

static void
set_context (StateUnitBuilder *builder, guint32 place, gpointer contexts)
{
  state_unit_builder_set_main_context (builder, ((GMainContext **) contexts)[place]);
}

static void
workshop_init (Workshop *self, guint n, guint edges, GType unit_type)
{
  self->shape = shape_new ("layered", n, edges, NULL);
  self->contexts = g_new (GMainContext *, n);
  for (guint i = 0; i < N_WORKERS; i++)
    worker_init (&self->workers[i]);
  for (guint i = 0; i < n; i++)
    self->contexts[i] = self->workers[i % N_WORKERS].context;
  self->units = bench_units_new (self->shape, unit_type);
  self->library = library_new (self->shape, self->units, set_context, self->contexts);
}

static void
workshop_clear (Workshop *self)
{
  library_free (self->library);
  for (guint i = 0; i < N_WORKERS; i++)
    worker_clear (&self->workers[i]);
  bench_units_free (self->units, self->shape);
  g_free (self->contexts);
  shape_free (self->shape);
}

typedef void (*PairRun) (gpointer runner, StateOperation operation);

static void
measure_pair (PairRun run, gpointer runner, guint n, Samples *start, Samples *stop)
{
  gint64 begin = wall_ns ();
  gint64 between;

  run (runner, STATE_OPERATION_START);
  between = wall_ns ();
  run (runner, STATE_OPERATION_STOP);
  samples_add (start, (double) (between - begin) / n);
  samples_add (stop, (double) (wall_ns () - between) / n);
}

static void
report_operation (Report *report,
                  const Shape *shape,
                  const char *operation,
                  Samples *invoke,
                  Samples *library)
{
  report_begin (report, "%s, layered, %u units on two threads", operation, shape->n);
  report_measured (report, "invoke", "ns/unit", invoke);
  report_measured (report, "library", "ns/unit", library);
  report_ratio (report, "invoke / library", invoke, library);
  report_end (report, "invoke / library at least 3");
}

void
row_threads (const RowOptions *options, Report *report)
{
  Workshop workshop;
  g_autoptr (Invoke) invoke = NULL;
  g_autoptr (Samples) invoke_start = samples_new ();
  g_autoptr (Samples) invoke_stop = samples_new ();
  g_autoptr (Samples) start = samples_new ();
  g_autoptr (Samples) stop = samples_new ();

  workshop_init (&workshop, ROW_UNITS (options, 100000), options->edges, BENCH_TYPE_UNIT);
  invoke = invoke_new (workshop.shape, workshop.units, workshop.contexts);
  library_run (workshop.library, STATE_OPERATION_START);
  library_run (workshop.library, STATE_OPERATION_STOP);
  for (guint i = 0; i < options->rounds; i++)
    {
      measure_pair ((PairRun) invoke_run, invoke, workshop.shape->n, invoke_start, invoke_stop);
      measure_pair ((PairRun) library_run, workshop.library, workshop.shape->n, start, stop);
    }
  report_operation (report, workshop.shape, "start", invoke_start, start);
  report_operation (report, workshop.shape, "stop", invoke_stop, stop);
  workshop_clear (&workshop);
}

/* Work */

/* The least time that it could have taken, in ns: what the units worked, shared out
 * evenly, or the longest chain of work. */
static gint64
least_time (const Workshop *self)
{
  g_autofree gint64 *ends = g_new0 (gint64, self->shape->n);
  gint64 work = 0;
  gint64 longest = 0;

  for (guint32 i = 0; i < self->shape->n; i++)
    {
      const Direction *down = &self->shape->down;
      gint64 time = bench_busy_unit_get_time (BENCH_BUSY_UNIT (self->units[i]));

      for (guint32 edge = down->offsets[i]; edge < down->offsets[i + 1]; edge++)
        ends[i] = MAX (ends[i], ends[down->targets[edge]]);
      ends[i] += time;
      work += time;
      longest = MAX (longest, ends[i]);
    }
  return MAX (work / N_WORKERS, longest);
}

void
row_work (const RowOptions *options, Report *report)
{
  Workshop workshop;
  g_autoptr (Samples) least = samples_new ();
  g_autoptr (Samples) library = samples_new ();

  workshop_init (&workshop, ROW_UNITS (options, 400), options->edges, BENCH_TYPE_BUSY_UNIT);
  for (guint i = 0; i < options->rounds; i++)
    {
      gint64 begin = wall_ns ();

      library_run (workshop.library, STATE_OPERATION_START);
      samples_add (library, (wall_ns () - begin) / 1e6);
      samples_add (least, least_time (&workshop) / 1e6);
      library_run (workshop.library, STATE_OPERATION_STOP);
    }
  report_begin (report, "start, layered, %u units of 1 ms of work on two threads",
                workshop.shape->n);
  report_measured (report, "work / 2 or longest chain", "ms", least);
  report_measured (report, "library", "ms", library);
  report_ratio (report, "library / least", library, least);
  report_end (report, "library / least at most 1.05");
  workshop_clear (&workshop);
}
