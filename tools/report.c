/* SPDX-License-Identifier: MIT */

/* What is printed on standard output: one row for each transition, and below
 * it what there is to say about it. */

#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "figures.h"
#include "text.h"

#define MAX_COLUMNS 100
#define MAX_NAMES 50
#define INDENT 2

static guint
columns (void)
{
  return MIN (text_columns (STDOUT_FILENO), MAX_COLUMNS);
}

/* A few of many names: those at both ends. */
static char **
shorten (const char *const *names)
{
  guint n = g_strv_length ((char **) names);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; i < n; i++)
    if (n <= MAX_NAMES || i < MAX_NAMES / 2 || i >= n - MAX_NAMES / 2)
      g_strv_builder_add (builder, names[i]);
    else if (i == MAX_NAMES / 2)
      {
        g_autofree char *more = g_strdup_printf ("(%u more)", n - MAX_NAMES / 2 * 2);

        g_strv_builder_add (builder, more);
      }
  return g_strv_builder_end (builder);
}

static void
print_names (const char *first, const char *const *names, const char *separator)
{
  g_auto (GStrv) some = shorten (names);
  g_autofree char *text = NULL;

  text = text_wrap (first, (const char *const *) some, separator, INDENT, columns ());
  fputs (text, stdout);
}

void
report_line (const char *format, ...)
{
  g_autofree char *line = NULL;
  g_autofree char *printable = NULL;
  va_list args;

  va_start (args, format);
  line = g_strdup_vprintf (format, args);
  va_end (args);

  printable = text_printable (line);
  printf ("%s\n", printable);
  fflush (stdout);
}

void
report_machine (Graph *graph)
{
  g_autofree char *name = g_path_get_basename (graph->filename);
  g_autofree char *n_units = text_count (graph->units->len, "unit");
  g_autofree char *n_edges = text_count (graph->n_edges, "edge");

  report_line ("%s: %s, %s, longest chain %u", name, n_units, n_edges, graph->longest_chain);
}

void
report_settings (SimulateOptions *options)
{
  g_autofree char *threads = text_count (options->threads, "thread");
  g_autofree char *range = g_strdup_printf (" to %u", options->max_latency);

  report_line ("Each answer takes %u%s ms, on %s (seed %" G_GUINT64_FORMAT ").",
               options->min_latency, options->max_latency > options->min_latency ? range : "",
               options->threads > 0 ? threads : "the main loop", options->seed);
}

/* Transitions */

static void
print_row (const char *operation,
           const char *elapsed,
           const char *sum,
           const char *at_once,
           const char *on_path)
{
  printf ("%-8s %10s %14s %9s %15s\n", operation, elapsed, sum, at_once, on_path);
}

void
report_heading (guint cycle, guint cycles)
{
  printf ("\n");
  if (cycles > 1)
    report_line ("Cycle %u of %u", cycle, cycles);
  print_row ("", "time", "sum of units", "at once", "critical path");
}

static void
print_figures (StateTransition *transition)
{
  StateOperation operation = state_transition_get_operation (transition);
  g_autoptr (Figures) figures = figures_new (transition);
  g_autofree char *elapsed = text_duration (figures->elapsed);
  g_autofree char *sum = text_duration (figures->sum);
  g_autofree char *at_once = g_strdup_printf ("%u", figures->at_once);
  g_autofree char *on_path = text_duration (figures->on_path);

  print_row (state_operation_to_string (operation), elapsed, sum, at_once, on_path);
  if (figures->path[0] != NULL)
    print_names ("", (const char *const *) figures->path, " → ");
}

static void
print_failure (StateTransition *transition, StateTransitionStep *step)
{
  const char *operation = state_operation_to_string (state_transition_get_operation (transition));
  const char *phase = state_transition_step_get_phase (step);
  const GError *error = state_transition_step_get_error (step);
  StateStepOutcome outcome = state_transition_step_get_outcome (step);

  report_line ("  %s%s%s: %s%s%s", g_str_equal (phase, operation) ? "" : phase,
               g_str_equal (phase, operation) ? "" : " ", state_step_outcome_to_string (outcome),
               state_transition_step_get_name (step), error != NULL ? ": " : "",
               error != NULL ? error->message : "");
}

/* Skipped units, together with the others that were skipped for the same
 * reason. */
static void
note_skipped (GPtrArray *reasons, GHashTable *names_by_reason, StateTransitionStep *step)
{
  const GError *error = state_transition_step_get_error (step);
  const char *reason = error != NULL ? error->message : "skipped";
  GPtrArray *names = g_hash_table_lookup (names_by_reason, reason);

  if (names == NULL)
    {
      char *key = g_strdup (reason);

      names = g_ptr_array_new_with_free_func (g_free);
      g_hash_table_insert (names_by_reason, key, names);
      g_ptr_array_add (reasons, key);
    }
  g_ptr_array_add (names, g_strdup (state_transition_step_get_name (step)));
}

static void
print_skipped (GPtrArray *reasons, GHashTable *names_by_reason)
{
  for (guint i = 0; i < reasons->len; i++)
    {
      const char *reason = g_ptr_array_index (reasons, i);
      g_autofree char *printable = text_printable (reason);
      g_autofree char *first = g_strconcat (printable, ":", NULL);
      GPtrArray *names = g_hash_table_lookup (names_by_reason, reason);

      g_ptr_array_add (names, NULL);
      print_names (first, (const char *const *) names->pdata, ", ");
    }
}

static void
print_problems (StateTransition *transition)
{
  GListModel *steps = G_LIST_MODEL (transition);
  g_autoptr (GPtrArray) reasons = g_ptr_array_new ();
  g_autoptr (GHashTable) names_by_reason = NULL;

  names_by_reason =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);

  for (guint i = 0; i < g_list_model_get_n_items (steps); i++)
    {
      g_autoptr (StateTransitionStep) step = g_list_model_get_item (steps, i);

      switch (state_transition_step_get_outcome (step))
        {
        case STATE_STEP_OUTCOME_SUCCEEDED:
        case STATE_STEP_OUTCOME_UNCHANGED:
          break;
        case STATE_STEP_OUTCOME_SKIPPED:
          note_skipped (reasons, names_by_reason, step);
          break;
        case STATE_STEP_OUTCOME_WAITING:
        case STATE_STEP_OUTCOME_ASKED:
        case STATE_STEP_OUTCOME_FAILED:
        case STATE_STEP_OUTCOME_TIMED_OUT:
        case STATE_STEP_OUTCOME_DROPPED:
        case STATE_STEP_OUTCOME_LOST:
        case STATE_STEP_OUTCOME_CANCELLED:
        case STATE_STEP_OUTCOME_REMOVED:
        default:
          print_failure (transition, step);
          break;
        }
    }

  print_skipped (reasons, names_by_reason);
}

/* A transition that has ended. */
void
report_transition (StateTransition *transition)
{
  print_figures (transition);
  if (state_transition_get_status (transition) != STATE_TRANSITION_STATUS_SUCCEEDED)
    print_problems (transition);
  fflush (stdout);
}

/* The end */

static void
print_states (const guint *counts, guint n_states)
{
  g_autoptr (GString) line = g_string_new ("In the end:");
  const char *separator = " ";

  for (guint state = 0; state < n_states; state++)
    if (counts[state] > 0)
      {
        g_string_append_printf (line, "%s%u %s", separator, counts[state],
                                state_unit_state_to_string (state));
        separator = ", ";
      }
  printf ("\n");
  report_line ("%s", line->str);
}

/* How many units are in which state, and what became of those that failed. */
void
report_ending (StateUnits *units)
{
  GListModel *handles = G_LIST_MODEL (units);
  guint counts[STATE_UNIT_STATE_LOST + 1] = { 0 };
  g_autoptr (GPtrArray) failed = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < g_list_model_get_n_items (handles); i++)
    {
      g_autoptr (StateUnitHandle) handle = g_list_model_get_item (handles, i);

      counts[state_unit_handle_get_state (handle)]++;
      if (state_unit_handle_get_error (handle) != NULL)
        g_ptr_array_add (failed, g_steal_pointer (&handle));
    }

  print_states (counts, G_N_ELEMENTS (counts));
  for (guint i = 0; i < failed->len; i++)
    {
      StateUnitHandle *handle = g_ptr_array_index (failed, i);

      report_line ("  %s: %s", state_unit_handle_get_name (handle),
                   state_unit_handle_get_error (handle)->message);
    }
}
