/* SPDX-License-Identifier: MIT */

/* What the steps of a transition have to say: what it did before and after the
 * operation itself, and what went wrong. */

#include "report-steps.h"

#include "reasons.h"
#include "report-names.h"
#include "report.h"

/* Phases */

typedef struct
{
  const char *name;
  guint counts[STATE_STEP_OUTCOME_REMOVED + 1];
  GPtrArray *asked; /* of StateTransitionStep */
} Phase;

static void
phase_clear (Phase *self)
{
  g_clear_pointer (&self->asked, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Phase, phase_clear)

static int
compare_start_times (gconstpointer a, gconstpointer b)
{
  gint64 first = state_transition_step_get_start_time (*(StateTransitionStep *const *) a);
  gint64 second = state_transition_step_get_start_time (*(StateTransitionStep *const *) b);

  return first < second ? -1 : first > second;
}

static void
phase_read (Phase *self, GListModel *steps, guint from, guint to)
{
  self->asked = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = from; i < to; i++)
    {
      g_autoptr (StateTransitionStep) step = g_list_model_get_item (steps, i);

      self->name = state_transition_step_get_phase (step);
      self->counts[state_transition_step_get_outcome (step)]++;
      if (state_transition_step_get_start_time (step) != 0)
        g_ptr_array_add (self->asked, g_steal_pointer (&step));
    }
  g_ptr_array_sort (self->asked, compare_start_times);
}

static char *
phase_summary (Phase *self)
{
  g_autoptr (GString) line = g_string_new (self->name);
  const char *separator = ": ";

  for (guint outcome = 0; outcome < G_N_ELEMENTS (self->counts); outcome++)
    if (self->counts[outcome] > 0)
      {
        g_string_append_printf (line, "%s%u %s", separator, self->counts[outcome],
                                state_step_outcome_to_string (outcome));
        separator = ", ";
      }
  return g_string_free (g_steal_pointer (&line), FALSE);
}

/* In the order in which they were asked, which is what undoing is about. */
static void
print_asked (Phase *self)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) names = NULL;

  for (guint i = 0; i < self->asked->len; i++)
    g_strv_builder_add (builder,
                        state_transition_step_get_name (g_ptr_array_index (self->asked, i)));
  names = g_strv_builder_end (builder);
  if (names[0] != NULL)
    report_names ("asked in this order:", (const char *const *) names, ", ");
}

static gboolean
is_named_by_its_row (const char *phase, StateOperation operation)
{
  return g_str_equal (phase, state_operation_to_string (operation)) ||
         g_str_equal (phase, state_operation_to_string (STATE_OPERATION_POST_RESTORE));
}

/* Each phase has one step for each unit. */
void
report_phases (StateTransition *transition)
{
  GListModel *steps = G_LIST_MODEL (transition);
  guint n_steps = g_list_model_get_n_items (steps);
  guint n_units = state_transition_get_n_units (transition);

  for (guint from = 0; n_units > 0 && from < n_steps; from += n_units)
    {
      g_auto (Phase) phase = { NULL };
      g_autofree char *summary = NULL;

      phase_read (&phase, steps, from, from + n_units);
      if (is_named_by_its_row (phase.name, state_transition_get_operation (transition)))
        continue;
      summary = phase_summary (&phase);
      report_line ("  %s", summary);
      if (g_str_equal (phase.name, "roll-back"))
        print_asked (&phase);
    }
}

/* Problems */

/* The phase, where the row does not say it, with a space. */
static char *
prefix_of (StateTransition *transition, StateTransitionStep *step)
{
  const char *operation = state_operation_to_string (state_transition_get_operation (transition));
  const char *phase = state_transition_step_get_phase (step);

  return g_str_equal (phase, operation) ? g_strdup ("") : g_strconcat (phase, " ", NULL);
}

static void
print_failure (StateTransition *transition, StateTransitionStep *step)
{
  const GError *error = state_transition_step_get_error (step);
  StateStepOutcome outcome = state_transition_step_get_outcome (step);
  g_autofree char *prefix = prefix_of (transition, step);

  report_line ("  %s%s: %s%s%s", prefix, state_step_outcome_to_string (outcome),
               state_transition_step_get_name (step), error != NULL ? ": " : "",
               error != NULL ? error->message : "");
}

static void
note_not_asked (Reasons *reasons, StateTransition *transition, StateTransitionStep *step)
{
  const GError *error = state_transition_step_get_error (step);
  StateStepOutcome outcome = state_transition_step_get_outcome (step);
  g_autofree char *prefix = prefix_of (transition, step);
  g_autofree char *reason = NULL;

  reason =
      g_strconcat (prefix, error != NULL ? error->message : state_step_outcome_to_string (outcome),
                   NULL);
  reasons_add (reasons, reason, state_transition_step_get_name (step));
}

static gboolean
is_not_asked (StateTransitionStep *step)
{
  StateStepOutcome outcome = state_transition_step_get_outcome (step);

  return outcome == STATE_STEP_OUTCOME_SKIPPED ||
         (outcome == STATE_STEP_OUTCOME_CANCELLED &&
          state_transition_step_get_start_time (step) == 0);
}

static gboolean
is_through (StateTransitionStep *step)
{
  StateStepOutcome outcome = state_transition_step_get_outcome (step);

  return outcome == STATE_STEP_OUTCOME_SUCCEEDED || outcome == STATE_STEP_OUTCOME_UNCHANGED;
}

/* It has no steps. */
static void
print_refusal (StateTransition *transition)
{
  const GError *error = state_transition_get_error (transition);

  if (error != NULL)
    report_line ("  %s", error->message);
}

/* What went wrong, and what did not come to pass because of it. */
void
report_problems (StateTransition *transition)
{
  GListModel *steps = G_LIST_MODEL (transition);
  g_auto (Reasons) not_asked = { NULL };

  if (g_list_model_get_n_items (steps) == 0)
    print_refusal (transition);
  reasons_init (&not_asked);
  for (guint i = 0; i < g_list_model_get_n_items (steps); i++)
    {
      g_autoptr (StateTransitionStep) step = g_list_model_get_item (steps, i);

      if (is_not_asked (step))
        note_not_asked (&not_asked, transition, step);
      else if (!is_through (step))
        print_failure (transition, step);
    }
  reasons_print (&not_asked, FALSE);
}
