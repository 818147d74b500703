/* SPDX-License-Identifier: MIT */

/* What is printed on standard output: one row for each transition, and below
 * it what there is to say about it. */

#include "report.h"

#include <stdarg.h>
#include <stdio.h>

#include "figures.h"
#include "reasons.h"
#include "report-names.h"
#include "report-steps.h"
#include "text.h"

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
  g_autofree char *timeout = g_strdup_printf (", timeout %u ms", options->timeout);
  g_autofree char *limit = g_strdup_printf (", %u at once", options->max_concurrency);

  report_line ("Each answer takes %u%s ms, on %s (seed %" G_GUINT64_FORMAT ").",
               options->min_latency, options->max_latency > options->min_latency ? range : "",
               options->threads > 0 ? threads : "the main loop", options->seed);
  if (options->policy != STATE_FAILURE_POLICY_SKIP_DEPENDENTS || options->timeout != 0 ||
      options->max_concurrency != 0)
    report_line ("Policy %s%s%s.", simulate_options_get_policy (options),
                 options->timeout != 0 ? timeout : "", options->max_concurrency != 0 ? limit : "");
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
    report_names ("", (const char *const *) figures->path, " → ");
}

/* Waiting */

static void
print_chain (const char *chain)
{
  g_auto (GStrv) words = g_strsplit (chain, " ", -1);
  g_autofree char *text = NULL;

  text = text_wrap ("", (const char *const *) words, "", 2 * REPORT_INDENT, report_columns ());
  fputs (text, stdout);
}

/* Who waited for whom, and when that was. */
static void
print_waits (const char *when, Waits *waits)
{
  report_line ("  %s:", when);
  for (guint i = 0; i < waits->chains->len; i++)
    print_chain (g_ptr_array_index (waits->chains, i));
  if (waits->n_more > 0)
    report_line ("    and %u more", waits->n_more);
}

/* The transition goes on, and somebody may want to know why. */
void
report_slow (StateTransition *transition, Waits *waits)
{
  g_autofree char *elapsed = text_duration (state_transition_get_elapsed (transition));
  g_autofree char *when = NULL;

  when = g_strdup_printf ("%s, after %s",
                          state_operation_to_string (state_transition_get_operation (transition)),
                          elapsed);
  print_waits (when, waits);
  fflush (stdout);
}

/* A transition that has ended; with who was waited for at some moment before, unless
 * that is NULL. */
void
report_transition (StateTransition *transition, const char *when, Waits *waits)
{
  print_figures (transition);
  if (state_transition_get_status (transition) != STATE_TRANSITION_STATUS_SUCCEEDED)
    report_problems (transition);
  if (waits != NULL)
    print_waits (when, waits);
  report_phases (transition);
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

static void
print_those_in (GListModel *handles, StateUnitState state, const char *what)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) names = NULL;

  for (guint i = 0; i < g_list_model_get_n_items (handles); i++)
    {
      g_autoptr (StateUnitHandle) handle = g_list_model_get_item (handles, i);

      if (state_unit_handle_get_state (handle) == state)
        g_strv_builder_add (builder, state_unit_handle_get_name (handle));
    }
  names = g_strv_builder_end (builder);
  if (names[0] != NULL)
    report_names (what, (const char *const *) names, ", ");
}

static void
print_errors (GListModel *handles)
{
  g_auto (Reasons) reasons = { NULL };

  reasons_init (&reasons);
  for (guint i = 0; i < g_list_model_get_n_items (handles); i++)
    {
      g_autoptr (StateUnitHandle) handle = g_list_model_get_item (handles, i);
      const GError *error = state_unit_handle_get_error (handle);

      if (error != NULL)
        reasons_add (&reasons, error->message, state_unit_handle_get_name (handle));
    }
  reasons_print (&reasons, TRUE);
}

/* How many units are in which state, and what became of those that are not where
 * they should be. */
void
report_ending (StateUnits *units)
{
  GListModel *handles = G_LIST_MODEL (units);
  guint counts[STATE_UNIT_STATE_LOST + 1] = { 0 };

  for (guint i = 0; i < g_list_model_get_n_items (handles); i++)
    {
      g_autoptr (StateUnitHandle) handle = g_list_model_get_item (handles, i);

      counts[state_unit_handle_get_state (handle)]++;
    }

  print_states (counts, G_N_ELEMENTS (counts));
  print_those_in (handles, STATE_UNIT_STATE_RUNNING, "still running:");
  print_those_in (handles, STATE_UNIT_STATE_UNCERTAIN, "given up on, and yet to answer:");
  print_errors (handles);
  fflush (stdout);
}
