/* SPDX-License-Identifier: MIT */

/* A unit that is plugged into a running set and pulled out again: that must not
 * depend on how many others there are. */

#include "../library.h"
#include "../rows.h"
#include "../unit.h"

#define N_CYCLES 50

typedef struct
{
  Shape *shape;
  StateUnit **units;
  Library *library;
  StateUnit *unit; /* that comes and goes */
  Samples *adding; /* µs, like the others */
  Samples *starting;
  Samples *removing;
  Samples *starting_nothing;
  Samples *all;
} Machine;

static void
machine_init (Machine *self, guint n, guint edges)
{
  self->shape = shape_new ("layered", n, edges, NULL);
  self->units = bench_units_new (self->shape, BENCH_TYPE_UNIT);
  self->library = library_new (self->shape, self->units, NULL, NULL);
  self->unit = g_object_new (BENCH_TYPE_UNIT, NULL);
  self->adding = samples_new ();
  self->starting = samples_new ();
  self->removing = samples_new ();
  self->starting_nothing = samples_new ();
  self->all = samples_new ();
  library_run (self->library, STATE_OPERATION_START);
}

static void
machine_clear (Machine *self)
{
  g_array_unref (self->adding);
  g_array_unref (self->starting);
  g_array_unref (self->removing);
  g_array_unref (self->starting_nothing);
  g_array_unref (self->all);
  g_object_unref (self->unit);
  library_free (self->library);
  bench_units_free (self->units, self->shape);
  shape_free (self->shape);
}

static StateUnitHandle *
add (Machine *self)
{
  static const char *const needs[] = { "u0", "u1", NULL };
  GError *error = NULL;
  StateUnitHandle *handle =
      state_units_add_unit (self->library->set, "hot", self->unit, needs, &error);

  library_check (handle != NULL, error);
  return handle;
}

static void
start_stopped (Machine *self)
{
  g_autoptr (GAsyncResult) result = NULL;
  GError *error = NULL;

  state_units_start_stopped_units_async (self->library->set, NULL, library_take_result, &result);
  library_wait (&result);
  library_check (state_units_start_stopped_units_finish (self->library->set, result, &error),
                 error);
}

static void
remove_unit (StateUnitHandle *handle)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (StateUnit) unit = NULL;
  GError *error = NULL;

  g_object_ref (handle);
  state_unit_handle_remove_async (handle, NULL, library_take_result, &result);
  library_wait (&result);
  unit = state_unit_handle_remove_finish (handle, result, &error);
  library_check (unit != NULL, error);
  g_object_unref (handle);
}

static void
measure_cycles (Machine *self, guint n)
{
  gint64 sums[4] = { 0 };

  for (guint i = 0; i < n; i++)
    {
      gint64 times[5];
      StateUnitHandle *handle;

      times[0] = now_ns ();
      handle = add (self);
      times[1] = now_ns ();
      start_stopped (self);
      times[2] = now_ns ();
      remove_unit (handle);
      times[3] = now_ns ();
      start_stopped (self);
      times[4] = now_ns ();
      for (guint j = 0; j < G_N_ELEMENTS (sums); j++)
        sums[j] += times[j + 1] - times[j];
    }
  samples_add (self->adding, sums[0] / 1000.0 / n);
  samples_add (self->starting, sums[1] / 1000.0 / n);
  samples_add (self->removing, sums[2] / 1000.0 / n);
  samples_add (self->starting_nothing, sums[3] / 1000.0 / n);
  samples_add (self->all, (sums[0] + sums[1] + sums[2] + sums[3]) / 1000.0 / n);
}

static void
report_machine (Report *report, const Machine *self)
{
  report_begin (report, "hot add and remove, a running set of %u", self->shape->n);
  report_measured (report, "add", "µs", self->adding);
  report_measured (report, "start stopped units", "µs", self->starting);
  report_measured (report, "remove", "µs", self->removing);
  report_measured (report, "start stopped units: none", "µs", self->starting_nothing);
  report_measured (report, "all", "µs", self->all);
  report_end (report, NULL);
}

void
row_hot_add (const RowOptions *options, Report *report)
{
  Machine small;
  Machine large;

  machine_init (&small, 1000, options->edges);
  machine_init (&large, ROW_UNITS (options, 100000), options->edges);
  for (guint i = 0; i < options->rounds; i++)
    {
      measure_cycles (&small, N_CYCLES);
      measure_cycles (&large, N_CYCLES);
    }
  report_machine (report, &small);
  report_machine (report, &large);
  report_begin (report, "hot add and remove, a set of %u / a set of %u", large.shape->n,
                small.shape->n);
  report_ratio (report, "library", large.all, small.all);
  report_end (report, "library at most 1.5");
  machine_clear (&small);
  machine_clear (&large);
}
