/* SPDX-License-Identifier: MIT */

#include "cases-private.h"

/* A request is cancelled after each turn of the unit's main context: before the unit has
 * been called, right after that, and so on until it is done by then. */

/* FALSE: it ended before it could be cancelled, or there is a verdict. */
static gboolean
ask_and_cancel (TrialUnit *unit,
                StateOperation operation,
                StateSnapshot *snapshot,
                guint turns,
                TrialAnswer *answer)
{
  g_autoptr (StateTransition) transition = trial_unit_begin_held (unit, operation, snapshot, turns);
  gboolean is_under_way;

  if (transition == NULL)
    return FALSE;
  is_under_way = !trial_unit_has_ended (transition);
  if (is_under_way)
    {
      state_transition_cancel (transition);
      trial_settle (unit->trial);
    }
  trial_let_go (unit->trial);
  trial_unit_end (unit, transition, answer);
  return is_under_way;
}

static char *
when_cancelled (guint turns)
{
  return turns == 0 ? g_strdup (" when it was cancelled before the unit was asked")
                    : g_strdup_printf (" when it was cancelled after turn %u", turns);
}

static char *
after_cancel (StateOperation operation, const TrialAnswer *answer)
{
  return g_strdup_printf (" after a %s that was cancelled had %s",
                          state_operation_to_string (operation),
                          trial_answer_succeeded (answer) ? "succeeded" : "failed");
}

/* A dropped start says that the unit may run. */
static gboolean
check_answered (TrialUnit *unit, StateOperation operation, const TrialAnswer *answer, guint turns)
{
  g_autofree char *when = when_cancelled (turns);
  gboolean may_drop = operation == STATE_OPERATION_START;

  if (trial_answer_is_given (answer) || (may_drop && answer->outcome == STATE_STEP_OUTCOME_DROPPED))
    return TRUE;
  trial_fail (unit->trial, "%s%s", answer->words, when);
  return FALSE;
}

/* What is done before the operation, and what has to hold after it. FALSE: there is a
 * verdict. */
typedef gboolean (*PrepareFunc) (TrialUnit *unit);
typedef gboolean (*CheckFunc) (TrialUnit *unit,
                               StateSnapshot *saved,
                               const TrialAnswer *answer,
                               const char *when);

static void
cancel_at_each_turn (TrialUnit *unit,
                     StateOperation operation,
                     StateSnapshot *saved,
                     PrepareFunc prepare,
                     CheckFunc check)
{
  gboolean goes_on = TRUE;

  for (guint turns = 0; goes_on && turns < TRIAL_MAX_TURNS; turns++)
    {
      g_auto (TrialAnswer) answer = TRIAL_ANSWER_INIT;
      StateSnapshot *given = operation == STATE_OPERATION_RESTORE ? saved : NULL;
      g_autofree char *when = NULL;

      if (prepare != NULL && !prepare (unit))
        return;
      goes_on = ask_and_cancel (unit, operation, given, turns, &answer);
      when = after_cancel (operation, &answer);
      if (trial_is_over (unit->trial) || !goes_on)
        {
          if (!trial_is_over (unit->trial) && !trial_answer_succeeded (&answer))
            trial_skip (unit->trial, "%s", answer.words);
          return;
        }
      if (!check_answered (unit, operation, &answer, turns) ||
          !check (unit, saved, &answer, when) || !trial_has_time (unit->trial))
        return;
    }
}

/* What is expected after a cancellation has to succeed without one. */
static gboolean
runs_at_all (TrialUnit *unit)
{
  return trial_unit_prepare (unit, STATE_OPERATION_START, NULL) &&
         trial_unit_prepare (unit, STATE_OPERATION_STOP, NULL);
}

/* cancel-start */

static gboolean
check_start (TrialUnit *unit, StateSnapshot *saved, const TrialAnswer *answer, const char *when)
{
  gboolean may_run =
      trial_answer_succeeded (answer) || answer->outcome == STATE_STEP_OUTCOME_DROPPED;

  if (!may_run && !trial_unit_expect (unit, STATE_OPERATION_START, NULL, when))
    return FALSE;
  return trial_unit_expect (unit, STATE_OPERATION_STOP, NULL, when);
}

void
case_cancel_start (Trial *trial)
{
  g_autoptr (TrialUnit) unit = trial_unit_new (trial);

  if (unit != NULL && runs_at_all (unit))
    cancel_at_each_turn (unit, STATE_OPERATION_START, NULL, NULL, check_start);
}

/* cancel-stop */

static gboolean
prepare_stop (TrialUnit *unit)
{
  return trial_unit_prepare (unit, STATE_OPERATION_START, NULL);
}

static gboolean
check_stop (TrialUnit *unit, StateSnapshot *saved, const TrialAnswer *answer, const char *when)
{
  return trial_unit_expect (unit, STATE_OPERATION_STOP, NULL, when);
}

void
case_cancel_stop (Trial *trial)
{
  g_autoptr (TrialUnit) unit = trial_unit_new (trial);

  if (unit != NULL && runs_at_all (unit))
    cancel_at_each_turn (unit, STATE_OPERATION_STOP, NULL, prepare_stop, check_stop);
}

/* cancel-reset */

static gboolean
check_reset (TrialUnit *unit, StateSnapshot *saved, const TrialAnswer *answer, const char *when)
{
  return trial_unit_expect (unit, STATE_OPERATION_RESET, NULL, when) &&
         trial_unit_expect (unit, STATE_OPERATION_START, NULL, when) &&
         trial_unit_expect (unit, STATE_OPERATION_STOP, NULL, when);
}

void
case_cancel_reset (Trial *trial)
{
  g_autoptr (TrialUnit) unit = trial_unit_new (trial);

  if (unit != NULL && runs_at_all (unit) && trial_unit_prepare (unit, STATE_OPERATION_RESET, NULL))
    cancel_at_each_turn (unit, STATE_OPERATION_RESET, NULL, NULL, check_reset);
}

/* How what it saves differs from what was saved before; NULL: it does not, or there is a
 * verdict. */
static char *
difference_to (TrialUnit *unit, StateSnapshot *saved)
{
  g_autoptr (StateSnapshot) again = trial_unit_prepare_saved (unit);
  g_autoptr (GVariant) before = trial_saved_dup (saved);
  g_autoptr (GVariant) after = trial_saved_dup (again);

  return trial_is_over (unit->trial) ? NULL : trial_difference (before, after);
}

/* cancel-save */

static gboolean
check_save (TrialUnit *unit, StateSnapshot *saved, const TrialAnswer *answer, const char *when)
{
  g_autofree char *difference = NULL;

  if (!trial_unit_expect (unit, STATE_OPERATION_SAVE, NULL, when))
    return FALSE;
  difference = difference_to (unit, saved);
  if (difference != NULL)
    trial_fail (unit->trial, "what it saves went %s%s", difference, when);
  return !trial_is_over (unit->trial);
}

/* What every save changes is not for this case to say. */
static gboolean
is_steady (TrialUnit *unit, StateSnapshot *saved)
{
  g_autofree char *difference = difference_to (unit, saved);

  if (difference != NULL)
    trial_skip (unit->trial, "what it saves went %s by a save", difference);
  return !trial_is_over (unit->trial);
}

void
case_cancel_save (Trial *trial)
{
  g_autoptr (TrialUnit) unit = trial_unit_new (trial);
  g_autoptr (StateSnapshot) saved = NULL;

  if (unit == NULL || !trial_unit_change (unit))
    return;
  saved = trial_unit_prepare_saved (unit);
  if (!trial_is_over (trial) && is_steady (unit, saved))
    cancel_at_each_turn (unit, STATE_OPERATION_SAVE, saved, NULL, check_save);
}

/* cancel-restore */

static gboolean
prepare_restore (TrialUnit *unit)
{
  return trial_unit_change (unit);
}

static gboolean
check_restore (TrialUnit *unit, StateSnapshot *saved, const TrialAnswer *answer, const char *when)
{
  g_autofree char *difference = NULL;

  if (!trial_unit_expect (unit, STATE_OPERATION_RESTORE, saved, when))
    return FALSE;
  difference = difference_to (unit, saved);
  if (difference != NULL)
    trial_fail (unit->trial, "what it saves went %s by a restore%s", difference, when);
  return !trial_is_over (unit->trial);
}

/* What a restore that nobody cancels does not bring back is not for this case to say. */
static gboolean
restores_at_all (TrialUnit *unit, StateSnapshot *saved)
{
  g_autofree char *difference = NULL;

  if (!trial_unit_change (unit) || !trial_unit_prepare (unit, STATE_OPERATION_RESTORE, saved))
    return FALSE;
  difference = difference_to (unit, saved);
  if (difference != NULL)
    trial_skip (unit->trial, "what it saves went %s by a restore", difference);
  return !trial_is_over (unit->trial);
}

void
case_cancel_restore (Trial *trial)
{
  g_autoptr (TrialUnit) unit = trial_unit_new (trial);
  g_autoptr (StateSnapshot) saved = NULL;

  if (unit == NULL || !trial_unit_change (unit))
    return;
  saved = trial_unit_prepare_saved (unit);
  if (saved == NULL)
    trial_skip (trial, "it saves nothing; if that is as it should be, leave the case out");
  if (!trial_is_over (trial) && restores_at_all (unit, saved))
    cancel_at_each_turn (unit, STATE_OPERATION_RESTORE, saved, prepare_restore, check_restore);
}
