/* SPDX-License-Identifier: MIT */

/* A machine of simulated units: started, stopped, saved to a file, made anew
 * from it, started and stopped. */

#include "simulation.h"

#include "faults.h"
#include "report.h"
#include "runner.h"
#include "simulated-unit.h"
#include "snapshot-file.h"
#include "worker-threads.h"

struct _Simulation
{
  SimulateOptions *options;
  Graph *graph;
  Faults *faults;
  Runner *runner;
  WorkerThreads *threads;
  guint n_sets; /* that have been made */
};

/* The options and the graph outlive it. NULL when the options name a unit or an
 * operation that there is not, or a file that cannot be written. */
Simulation *
simulation_new (SimulateOptions *options, Graph *graph, GError **error)
{
  g_autoptr (Simulation) self = g_new0 (Simulation, 1);

  self->options = options;
  self->graph = graph;
  self->faults = faults_new (graph, options->failures, options->hangs, error);
  if (self->faults == NULL)
    return NULL;
  self->runner = runner_new (options, graph, error);
  if (self->runner == NULL)
    return NULL;
  self->threads = worker_threads_new (options->threads);
  return g_steal_pointer (&self);
}

void
simulation_free (Simulation *self)
{
  /* First those who may still be at work for units that were given up on. */
  g_clear_pointer (&self->threads, worker_threads_free);
  g_clear_pointer (&self->runner, runner_free);
  g_clear_pointer (&self->faults, faults_free);
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
  simulated_unit_set_fault (unit, &self->faults->units[place]);
  if (options->threads > 0)
    state_unit_builder_set_main_context (builder,
                                         worker_threads_get_context (self->threads, place));
  return STATE_UNIT (unit);
}

/* Whoever is slow is told of while he still has some of his time. */
static void
set_up (StateUnits *units, SimulateOptions *options)
{
  state_units_set_failure_policy (units, options->policy);
  state_units_set_default_timeout (units, options->timeout);
  state_units_set_max_concurrency (units, options->max_concurrency);
  if (options->timeout != 0)
    state_units_set_slow_time (units, MAX (options->timeout / 4 * 3, 1));
}

static StateUnits *
make_set (Simulation *self, GError **error)
{
  g_autoptr (StateUnits) units = state_units_new ();

  set_up (units, self->options);
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

static gboolean
run_operation (Simulation *self, StateUnits *units, StateOperation operation, GError **error)
{
  g_autoptr (StateTransition) transition = state_transition_new (units, operation);

  return runner_run (self->runner, transition, error);
}

/* What failed is rolled back already, where that is the policy. */
static void
clean_up (Simulation *self, StateUnits *units, StateOperation operation)
{
  if (self->options->policy != STATE_FAILURE_POLICY_ROLL_BACK)
    run_operation (self, units, operation, NULL);
}

static gboolean
start (Simulation *self, StateUnits *units, GError **error)
{
  if (run_operation (self, units, STATE_OPERATION_START, error))
    return TRUE;
  clean_up (self, units, STATE_OPERATION_STOP);
  return FALSE;
}

static gboolean
stop (Simulation *self, StateUnits *units, GError **error)
{
  return run_operation (self, units, STATE_OPERATION_STOP, error);
}

/* Snapshots */

static StateSnapshot *
save (Simulation *self, StateUnits *units, GError **error)
{
  g_autoptr (StateTransition) transition = state_transition_new (units, STATE_OPERATION_SAVE);

  if (!runner_run (self->runner, transition, error))
    return NULL;
  return snapshot_pass_through_file (state_transition_get_snapshot (transition), error);
}

/* Of units that run: they are stopped for it, and started again. */
static gboolean
take_live_snapshot (Simulation *self, StateUnits *units, GError **error)
{
  g_autoptr (StateTransition) transition = state_transition_new (units, STATE_OPERATION_SAVE);

  state_transition_set_resume (transition, TRUE);
  return runner_run (self->runner, transition, error) &&
         snapshot_write (state_transition_get_snapshot (transition), self->options->live_save,
                         error);
}

static gboolean
live_save (Simulation *self, StateUnits *units, GError **error)
{
  if (self->options->live_save == NULL || take_live_snapshot (self, units, error))
    return TRUE;
  run_operation (self, units, STATE_OPERATION_STOP, NULL);
  return FALSE;
}

static gboolean
restore (Simulation *self, StateUnits *units, StateSnapshot *snapshot, GError **error)
{
  g_autoptr (StateTransition) transition = state_transition_new (units, STATE_OPERATION_RESTORE);

  state_transition_set_snapshot (transition, snapshot);
  if (runner_run (self->runner, transition, error))
    return TRUE;

  /* Half old, half new: nothing may start from that. */
  clean_up (self, units, STATE_OPERATION_RESET);
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
  if (start (self, first, error) && live_save (self, first, error) && stop (self, first, error))
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
            check_contents (self, first, second, error) && start (self, second, error) &&
            stop (self, second, error);
  if (!success || self->n_sets == 2 * self->options->cycles)
    report_ending (second);
  return success;
}

static void
report_untried (Faults *faults)
{
  g_auto (GStrv) sentences = faults_list_untried (faults);

  for (char **sentence = sentences; *sentence != NULL; sentence++)
    report_line ("%s", *sentence);
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

  report_untried (self->faults);
  return success;
}

/* The files that show what was run. */
gboolean
simulation_write_files (Simulation *self, GError **error)
{
  return runner_finish (self->runner, error);
}
