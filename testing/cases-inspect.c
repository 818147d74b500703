/* SPDX-License-Identifier: MIT */

#include "cases-private.h"

/* inspect-at-any-time */

static gboolean
inspect (TrialUnit *unit, const char *when)
{
  g_autofree char *words = NULL;
  g_autoptr (GVariant) tree = trial_unit_inspect (unit, &words);

  if (tree == NULL)
    trial_fail (unit->trial, "%s %s", words, when);
  return tree != NULL;
}

/* FALSE: it could not be saved, and there is a verdict. */
static gboolean
save (TrialUnit *unit, GVariant **state)
{
  g_autoptr (StateSnapshot) saved = trial_unit_prepare_saved (unit);

  *state = trial_saved_dup (saved);
  return !trial_is_over (unit->trial);
}

/* What every save changes is not for this case to say. */
static void
look_at_stopped_unit (TrialUnit *unit)
{
  g_autoptr (GVariant) first = NULL;
  g_autoptr (GVariant) second = NULL;
  g_autoptr (GVariant) third = NULL;
  g_autofree char *by_itself = NULL;
  g_autofree char *difference = NULL;

  if ((trial_get_flags (unit->trial) & STATE_UNIT_CONFORMANCE_FLAGS_NO_SAVE) != 0)
    {
      inspect (unit, "when it was stopped");
      return;
    }
  if (!save (unit, &first) || !save (unit, &second) || !inspect (unit, "when it was stopped") ||
      !save (unit, &third))
    return;
  by_itself = trial_difference (first, second);
  difference = trial_difference (second, third);
  if (by_itself == NULL && difference != NULL)
    trial_fail (unit->trial, "what it saves went %s by an inspection", difference);
}

/* FALSE: the operation ended before the turn, or there is a verdict. */
static gboolean
look_after_turn (TrialUnit *unit, StateOperation operation, StateSnapshot *snapshot, guint turns)
{
  g_auto (TrialAnswer) answer = TRIAL_ANSWER_INIT;
  g_autoptr (StateTransition) transition = trial_unit_begin_held (unit, operation, snapshot, turns);
  const char *word = state_operation_to_string (operation);
  g_autofree char *when = turns == 0 ? g_strdup_printf ("right behind a %s", word)
                                     : g_strdup_printf ("after turn %u of a %s", turns, word);
  gboolean is_under_way;

  if (transition == NULL)
    return FALSE;
  is_under_way = !trial_unit_has_ended (transition);
  if (is_under_way)
    inspect (unit, when);
  trial_let_go (unit->trial);
  trial_unit_end (unit, transition, &answer);
  if (!trial_answer_succeeded (&answer))
    trial_fail (unit->trial, "%s when it was inspected meanwhile", answer.words);
  return is_under_way && !trial_is_over (unit->trial);
}

/* The operation succeeds without an inspection, and so it has to with one. */
static gboolean
look_during (TrialUnit *unit,
             StateOperation operation,
             StateSnapshot *snapshot,
             gboolean is_about_running)
{
  StateOperation back =
      operation == STATE_OPERATION_START ? STATE_OPERATION_STOP : STATE_OPERATION_START;
  Trial *trial = unit->trial;
  gboolean goes_on = TRUE;

  if (!trial_unit_prepare (unit, operation, snapshot))
    return FALSE;
  for (guint turns = 0; goes_on && turns < TRIAL_MAX_TURNS; turns++)
    {
      if (is_about_running && !trial_unit_prepare (unit, back, NULL))
        return FALSE;
      goes_on = look_after_turn (unit, operation, snapshot, turns) && trial_has_time (trial);
    }
  return !trial_is_over (trial);
}

void
case_inspect_at_any_time (Trial *trial)
{
  g_autoptr (TrialUnit) unit = trial_unit_new (trial);
  StateUnitConformanceFlags flags = trial_get_flags (trial);
  g_autoptr (StateSnapshot) saved = NULL;

  if (unit == NULL)
    return;
  look_at_stopped_unit (unit);
  if (trial_is_over (trial) || !look_during (unit, STATE_OPERATION_START, NULL, TRUE) ||
      !inspect (unit, "when it ran") || !look_during (unit, STATE_OPERATION_STOP, NULL, TRUE))
    return;
  if ((flags & STATE_UNIT_CONFORMANCE_FLAGS_NO_SAVE) == 0)
    {
      if (!look_during (unit, STATE_OPERATION_SAVE, NULL, FALSE))
        return;
      saved = trial_unit_prepare_saved (unit);
    }
  if (trial_is_over (trial))
    return;
  if (saved != NULL && (flags & STATE_UNIT_CONFORMANCE_FLAGS_NO_RESTORE) == 0 &&
      !look_during (unit, STATE_OPERATION_RESTORE, saved, FALSE))
    return;
  if ((flags & STATE_UNIT_CONFORMANCE_FLAGS_NO_RESET) == 0)
    look_during (unit, STATE_OPERATION_RESET, NULL, FALSE);
}
