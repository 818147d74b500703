/* SPDX-License-Identifier: MIT */

#include "cases-private.h"

#include "trial-log-private.h"

/* requests-answered-once */

/* Whether it is answered; a start or stop has to succeed, for nothing goes without. */
static gboolean
is_answered (TrialUnit *unit, StateOperation operation, StateSnapshot *snapshot)
{
  g_auto (TrialAnswer) answer = TRIAL_ANSWER_INIT;
  gboolean is_needed = operation == STATE_OPERATION_START || operation == STATE_OPERATION_STOP;

  trial_unit_ask (unit, operation, snapshot, &answer);
  if (!trial_answer_is_given (&answer))
    trial_fail (unit->trial, "%s", answer.words);
  else if (is_needed && !trial_answer_succeeded (&answer))
    trial_fail (unit->trial, "%s; units to be tried have to start and stop", answer.words);
  return !trial_is_over (unit->trial);
}

static gboolean
save_and_restore_are_answered (TrialUnit *unit)
{
  StateUnitConformanceFlags flags = trial_get_flags (unit->trial);
  g_auto (TrialAnswer) saved = TRIAL_ANSWER_INIT;

  trial_unit_ask (unit, STATE_OPERATION_SAVE, NULL, &saved);
  if (!trial_answer_is_given (&saved))
    {
      trial_fail (unit->trial, "%s", saved.words);
      return FALSE;
    }
  return saved.saved == NULL || (flags & STATE_UNIT_CONFORMANCE_FLAGS_NO_RESTORE) != 0 ||
         is_answered (unit, STATE_OPERATION_RESTORE, saved.saved);
}

/* All its requests. */
static void
ask_plainly (TrialUnit *unit)
{
  StateUnitConformanceFlags flags = trial_get_flags (unit->trial);

  if (!is_answered (unit, STATE_OPERATION_START, NULL) ||
      !is_answered (unit, STATE_OPERATION_STOP, NULL) ||
      ((flags & STATE_UNIT_CONFORMANCE_FLAGS_NO_SAVE) == 0 &&
       !save_and_restore_are_answered (unit)))
    return;
  if ((flags & STATE_UNIT_CONFORMANCE_FLAGS_NO_RESET) == 0)
    is_answered (unit, STATE_OPERATION_RESET, NULL);
}

/* Whatever the answer is. FALSE: there is none, which other cases tell of. */
static gboolean
ask_and_cancel (TrialUnit *unit, StateOperation operation, StateSnapshot *snapshot)
{
  g_auto (TrialAnswer) answer = TRIAL_ANSWER_INIT;
  g_autoptr (StateTransition) transition = trial_unit_begin_held (unit, operation, snapshot, 1);

  if (transition == NULL)
    return FALSE;
  state_transition_cancel (transition);
  trial_settle (unit->trial);
  trial_let_go (unit->trial);
  trial_unit_end (unit, transition, &answer);
  return trial_answer_is_given (&answer);
}

/* What does not succeed after a cancellation is for other cases to tell. */
static gboolean
succeeds (TrialUnit *unit, StateOperation operation)
{
  g_auto (TrialAnswer) answer = TRIAL_ANSWER_INIT;

  trial_unit_ask (unit, operation, NULL, &answer);
  return trial_answer_succeeded (&answer);
}

/* All its requests, each with a cancellation. */
static void
ask_and_cancel_all (TrialUnit *unit)
{
  g_auto (TrialAnswer) saved = TRIAL_ANSWER_INIT;
  StateUnitConformanceFlags flags = trial_get_flags (unit->trial);

  if (!succeeds (unit, STATE_OPERATION_START) ||
      !ask_and_cancel (unit, STATE_OPERATION_STOP, NULL) ||
      !succeeds (unit, STATE_OPERATION_STOP) ||
      !ask_and_cancel (unit, STATE_OPERATION_START, NULL) || !succeeds (unit, STATE_OPERATION_STOP))
    return;
  if ((flags & STATE_UNIT_CONFORMANCE_FLAGS_NO_SAVE) == 0)
    {
      if (!ask_and_cancel (unit, STATE_OPERATION_SAVE, NULL))
        return;
      trial_unit_ask (unit, STATE_OPERATION_SAVE, NULL, &saved);
    }
  if (saved.saved != NULL && (flags & STATE_UNIT_CONFORMANCE_FLAGS_NO_RESTORE) == 0 &&
      !ask_and_cancel (unit, STATE_OPERATION_RESTORE, saved.saved))
    return;
  if ((flags & STATE_UNIT_CONFORMANCE_FLAGS_NO_RESET) == 0)
    ask_and_cancel (unit, STATE_OPERATION_RESET, NULL);
}

static void
with_new_unit (Trial *trial, void (*ask) (TrialUnit *unit))
{
  g_autoptr (TrialUnit) unit = trial_unit_new (trial);

  if (unit != NULL)
    ask (unit);
}

void
case_requests_answered_once (Trial *trial)
{
  g_auto (GStrv) twice = NULL;

  with_new_unit (trial, ask_plainly);
  if (!trial_is_over (trial))
    with_new_unit (trial, ask_and_cancel_all);
  if (trial_is_over (trial))
    return;
  trial_linger (trial);
  twice = trial_log_dup_twice ();
  if (twice[0] != NULL)
    trial_fail (trial, "%s was answered twice", twice[0]);
}

/* stop-is-idempotent */

/* What has to succeed before the case itself comes. */
static gboolean
prepare (Trial *trial, StateUnit *unit, StateOperation operation)
{
  g_autofree char *words = trial_send (trial, unit, operation);

  if (words != NULL)
    trial_skip (trial, "%s %s", state_operation_to_string (operation), words);
  return words == NULL;
}

static gboolean
expect (Trial *trial, StateUnit *unit, StateOperation operation, const char *what)
{
  g_autofree char *words = trial_send (trial, unit, operation);

  if (words != NULL)
    trial_fail (trial, "%s %s", what, words);
  return words == NULL;
}

/* In no set: one does not ask a unit to stop that is stopped as far as it knows. */
static void
stop_started_unit (Trial *trial, StateUnit *unit)
{
  if (prepare (trial, unit, STATE_OPERATION_START) && prepare (trial, unit, STATE_OPERATION_STOP) &&
      expect (trial, unit, STATE_OPERATION_STOP, "a second stop") &&
      expect (trial, unit, STATE_OPERATION_STOP, "a third stop") &&
      expect (trial, unit, STATE_OPERATION_START, "the start after these"))
    expect (trial, unit, STATE_OPERATION_STOP, "the stop after another start");
}

void
case_stop_is_idempotent (Trial *trial)
{
  guint version;
  guint oldest;
  StateUnit *unit = trial_make_unit (trial, &version, &oldest);

  if (unit == NULL)
    return;
  stop_started_unit (trial, unit);
  trial_release_unit (trial, unit);
  if (trial_is_over (trial))
    return;

  unit = trial_make_unit (trial, &version, &oldest);
  if (unit == NULL)
    return;
  expect (trial, unit, STATE_OPERATION_STOP, "a stop before it was ever started");
  trial_release_unit (trial, unit);
}
