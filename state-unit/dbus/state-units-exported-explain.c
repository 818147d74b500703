/* SPDX-License-Identifier: MIT */

#include "state-error.h"
#include "state-transition-step.h"
#include "state-transition.h"
#include "state-units-exporter-private.h"
#include "state-units.h"

/* What the last transition waits for, or what came of it, in lines for people. */

#define MAX_LINES 20 /* of units that are waited for */

static char *
seconds (gint64 microseconds)
{
  return g_strdup_printf ("%.3f s", microseconds / (double) G_USEC_PER_SEC);
}

static StateTransitionStep *
get_step (StateTransition *transition, guint position)
{
  return g_list_model_get_item (G_LIST_MODEL (transition), position);
}

/* Those who have a request. */
static void
add_waits (GString *text, StateTransition *transition)
{
  guint n_steps = g_list_model_get_n_items (G_LIST_MODEL (transition));
  guint n_asked = 0;

  for (guint i = 0; i < n_steps; i++)
    {
      g_autoptr (StateTransitionStep) step = get_step (transition, i);
      g_autofree char *words = NULL;

      if (state_transition_step_get_outcome (step) != STATE_STEP_OUTCOME_ASKED)
        continue;
      if (n_asked++ >= MAX_LINES)
        continue;
      words = state_transition_explain (transition, state_transition_step_get_name (step));
      g_string_append_printf (text, "  %s", words);
      if (state_transition_step_get_message (step) != NULL)
        g_string_append_printf (text, " (%s)", state_transition_step_get_message (step));
      g_string_append_c (text, '\n');
    }
  if (n_asked > MAX_LINES)
    g_string_append_printf (text, "  and %u more have not answered\n", n_asked - MAX_LINES);
}

static gboolean
is_failure (StateStepOutcome outcome)
{
  return outcome == STATE_STEP_OUTCOME_FAILED || outcome == STATE_STEP_OUTCOME_TIMED_OUT ||
         outcome == STATE_STEP_OUTCOME_DROPPED || outcome == STATE_STEP_OUTCOME_LOST;
}

/* The causes, one on a line. */
static void
add_failures (GString *text, StateTransition *transition)
{
  guint n_steps = g_list_model_get_n_items (G_LIST_MODEL (transition));
  guint n_skipped = 0;

  for (guint i = 0; i < n_steps; i++)
    {
      g_autoptr (StateTransitionStep) step = get_step (transition, i);
      StateStepOutcome outcome = state_transition_step_get_outcome (step);
      const GError *error = state_transition_step_get_error (step);

      if (outcome == STATE_STEP_OUTCOME_SKIPPED)
        n_skipped++;
      if (is_failure (outcome))
        g_string_append_printf (text, "  %s: %s: %s\n", state_transition_step_get_name (step),
                                state_step_outcome_to_string (outcome),
                                error != NULL ? error->message : "");
    }
  if (n_skipped > 0)
    g_string_append_printf (text, "  and %u skipped because of them\n", n_skipped);
}

static void
add_critical_path (GString *text, StateTransition *transition)
{
  g_auto (GStrv) names = state_transition_get_critical_path (transition);
  g_autofree char *path = g_strjoinv (" → ", names);

  if (*path != '\0')
    g_string_append_printf (text, "  its time went into %s\n", path);
}

static char *
explain_whole (StateTransition *transition)
{
  GString *text = g_string_new (NULL);
  g_autofree char *elapsed = seconds (state_transition_get_elapsed (transition));
  StateTransitionStatus status = state_transition_get_status (transition);
  const char *operation = state_operation_to_string (state_transition_get_operation (transition));

  if (status == STATE_TRANSITION_STATUS_RUNNING)
    {
      g_string_append_printf (text, "%s has been under way for %s, %u of %u units are done\n",
                              operation, elapsed, state_transition_get_n_finished (transition),
                              state_transition_get_n_units (transition));
      add_waits (text, transition);
      return g_string_free (text, FALSE);
    }
  if (status == STATE_TRANSITION_STATUS_CANCELLED)
    g_string_append_printf (text, "%s was cancelled, and ended after %s\n", operation, elapsed);
  else
    g_string_append_printf (text, "%s %s after %s\n", operation,
                            state_transition_status_to_string (status), elapsed);
  add_failures (text, transition);
  add_critical_path (text, transition);
  return g_string_free (text, FALSE);
}

/* An empty name: the transition as a whole. */
char *
state_units_exported_explain (StateUnits *units, const char *name, GError **error)
{
  StateTransition *transition = state_units_get_last_transition (units);

  if (*name != '\0' && state_units_lookup (units, name) == NULL)
    {
      g_set_error (error, STATE_ERROR, STATE_ERROR_UNKNOWN_UNIT,
                   "unknown unit name %s: there is no such unit in the set", name);
      return NULL;
    }
  if (transition == NULL)
    return g_strdup ("nothing is under way, and nothing has been yet\n");
  if (*name == '\0')
    return explain_whole (transition);
  return state_transition_explain (transition, name);
}
