/* SPDX-License-Identifier: MIT */

/* A machine of simulated units: started, stopped, saved to a file, made anew
 * from it, started and stopped. */

#include "simulation.h"

#include <glib/gstdio.h>

#include "progress-bar.h"
#include "report.h"
#include "simulated-unit.h"
#include "worker-threads.h"

struct _Simulation
{
  SimulateOptions *options;
  Graph *graph;
  StateOperationFlags *failing; /* of each unit of the graph: what is to fail */
  StateOperationFlags *failed;  /* of each unit: what did */
  WorkerThreads *threads;
  ProgressBar *bar;
  guint n_sets; /* that have been made */
};

/* The options and the graph outlive it. NULL when the options name a unit or an
 * operation that there is not. */
Simulation *
simulation_new (SimulateOptions *options, Graph *graph, GError **error)
{
  g_autoptr (Simulation) self = g_new0 (Simulation, 1);

  self->options = options;
  self->graph = graph;
  self->failing = g_new0 (StateOperationFlags, MAX (graph->units->len, 1));
  self->failed = g_new0 (StateOperationFlags, MAX (graph->units->len, 1));
  self->threads = worker_threads_new (options->threads);
  self->bar = progress_bar_new ();
  if (!simulate_options_get_failing (options, graph, self->failing, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
simulation_free (Simulation *self)
{
  progress_bar_free (self->bar);
  worker_threads_free (self->threads);
  g_free (self->failing);
  g_free (self->failed);
  g_free (self);
}

/* Sets */

static StateUnit *
make_unit (StateUnitBuilder *builder, guint place, gpointer user_data)
{
  Simulation *self = user_data;
  SimulateOptions *options = self->options;
  guint64 seed = options->seed + (((guint64) self->n_sets << 32) | place);
  SimulatedUnit *unit;

  unit = simulated_unit_new (options->min_latency, options->max_latency, seed);
  simulated_unit_set_failing (unit, self->failing[place]);
  if (options->threads > 0)
    state_unit_builder_set_main_context (builder,
                                         worker_threads_get_context (self->threads, place));
  return STATE_UNIT (unit);
}

static StateUnits *
make_set (Simulation *self, GError **error)
{
  g_autoptr (StateUnits) units = state_units_new ();

  if (!graph_build (self->graph, units, make_unit, self, error))
    return NULL;
  self->n_sets++;
  return g_steal_pointer (&units);
}

static SimulatedUnit *
get_unit (StateUnits *units, const char *name)
{
  return SIMULATED_UNIT (state_unit_handle_get_unit (state_units_lookup (units, name)));
}

/* Transitions */

static void
note_failures (Simulation *self, StateTransition *transition)
{
  GListModel *steps = G_LIST_MODEL (transition);

  for (guint i = 0; i < g_list_model_get_n_items (steps); i++)
    {
      g_autoptr (StateTransitionStep) step = g_list_model_get_item (steps, i);
      StateOperation operation;
      guint place;

      if (state_transition_step_get_outcome (step) == STATE_STEP_OUTCOME_FAILED &&
          simulate_parse_operation (state_transition_step_get_phase (step), &operation) &&
          graph_find (self->graph, state_transition_step_get_name (step), &place))
        self->failed[place] |= 1 << operation;
    }
}

static void
on_run (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **pending = user_data;

  *pending = g_object_ref (result);
}

/* Runs the transition to its end, and reports it. */
static gboolean
run (Simulation *self, StateTransition *transition, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  progress_bar_show (self->bar, transition);
  state_transition_run_async (transition, NULL, on_run, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  progress_bar_clear (self->bar);

  report_transition (transition);
  if (state_transition_run_finish (transition, result, error))
    return TRUE;
  note_failures (self, transition);
  return FALSE;
}

static gboolean
run_operation (Simulation *self, StateUnits *units, StateOperation operation, GError **error)
{
  g_autoptr (StateTransition) transition = state_transition_new (units, operation);

  return run (self, transition, error);
}

static gboolean
start_and_stop (Simulation *self, StateUnits *units, GError **error)
{
  if (!run_operation (self, units, STATE_OPERATION_START, error))
    {
      run_operation (self, units, STATE_OPERATION_STOP, NULL);
      return FALSE;
    }
  return run_operation (self, units, STATE_OPERATION_STOP, error);
}

/* Snapshots */

static StateSnapshot *
write_and_read (StateSnapshot *snapshot, const char *filename, gint64 *size, GError **error)
{
  GStatBuf file;

  if (!state_snapshot_save_to_file (snapshot, filename, error))
    return NULL;
  *size = g_stat (filename, &file) == 0 ? (gint64) file.st_size : 0;
  return state_snapshot_load_from_file (filename, error);
}

static StateSnapshot *
pass_through_file (StateSnapshot *snapshot, GError **error)
{
  g_autofree char *folder = g_dir_make_tmp ("state-unit-XXXXXX", error);
  g_autofree char *filename = NULL;
  StateSnapshot *read_back;
  gint64 size;

  if (folder == NULL)
    return NULL;

  filename = g_build_filename (folder, "snapshot", NULL);
  read_back = write_and_read (snapshot, filename, &size, error);
  /* Before anything is printed, which may end the process. */
  g_unlink (filename);
  g_rmdir (folder);

  if (read_back != NULL)
    report_line ("  %u saved, in a file of %" G_GINT64_FORMAT " bytes",
                 state_snapshot_get_n_units (read_back), size);
  return read_back;
}

static StateSnapshot *
save (Simulation *self, StateUnits *units, GError **error)
{
  g_autoptr (StateTransition) transition = state_transition_new (units, STATE_OPERATION_SAVE);

  if (!run (self, transition, error))
    return NULL;
  return pass_through_file (state_transition_get_snapshot (transition), error);
}

static gboolean
restore (Simulation *self, StateUnits *units, StateSnapshot *snapshot, GError **error)
{
  g_autoptr (StateTransition) transition = state_transition_new (units, STATE_OPERATION_RESTORE);

  state_transition_set_snapshot (transition, snapshot);
  if (run (self, transition, error))
    return TRUE;

  /* Half old, half new: nothing may start from that. */
  run_operation (self, units, STATE_OPERATION_RESET, NULL);
  return FALSE;
}

static gboolean
check_contents (Simulation *self, StateUnits *saved, StateUnits *restored, GError **error)
{
  for (guint place = 0; place < self->graph->units->len; place++)
    {
      const char *name = graph_get_unit (self->graph, place)->name;
      g_autoptr (GVariant) before = simulated_unit_dup_contents (get_unit (saved, name));
      g_autoptr (GVariant) after = simulated_unit_dup_contents (get_unit (restored, name));

      if (!g_variant_equal (before, after))
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                       "the restored contents of %s are not the saved ones", name);
          return FALSE;
        }
    }

  report_line ("  %u restored, with the contents that were saved", self->graph->units->len);
  return TRUE;
}

/* The run */

static gboolean
run_cycle (Simulation *self, GError **error)
{
  g_autoptr (StateUnits) first = NULL;
  g_autoptr (StateUnits) second = NULL;
  g_autoptr (StateSnapshot) snapshot = NULL;
  gboolean success;

  first = make_set (self, error);
  if (first == NULL)
    return FALSE;
  if (start_and_stop (self, first, error))
    snapshot = save (self, first, error);
  if (snapshot == NULL)
    {
      report_ending (first);
      return FALSE;
    }

  second = make_set (self, error);
  if (second == NULL)
    return FALSE;
  success = restore (self, second, snapshot, error) &&
            check_contents (self, first, second, error) && start_and_stop (self, second, error);
  if (!success || self->n_sets == 2 * self->options->cycles)
    report_ending (second);
  return success;
}

/* What was to fail and did not get that far. */
static void
report_untried_failures (Simulation *self)
{
  for (guint place = 0; place < self->graph->units->len; place++)
    for (guint operation = 0; operation < STATE_OPERATION_INSPECT; operation++)
      if ((self->failing[place] & ~self->failed[place]) & (1 << operation))
        report_line ("%s was never asked to %s.", graph_get_unit (self->graph, place)->name,
                     state_operation_to_string (operation));
}

/* FALSE when a transition failed, and nothing was run after it. */
gboolean
simulation_run (Simulation *self, GError **error)
{
  SimulateOptions *options = self->options;
  gboolean success = TRUE;

  report_machine (self->graph);
  report_settings (options);

  for (guint cycle = 1; success && cycle <= options->cycles; cycle++)
    {
      report_heading (cycle, options->cycles);
      success = run_cycle (self, error);
    }

  report_untried_failures (self);
  return success;
}
