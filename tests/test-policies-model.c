/* SPDX-License-Identifier: MIT */

#include "test-policies-model.h"

/* The rules of failure, as slowly and as plainly as they can be put: rounds in
 * which all whose turn has come are asked together, then those that misbehave do
 * so, and then the others answer. */

#define TIMED_OUT_TEXT "timed out after " G_STRINGIFY (POLICY_DEADLINE) " ms"

/* --- The world --- */

typedef enum
{
  WAITS,
  ASKED,
  AWAITED,    /* its late answer is */
  THROUGH,    /* also when there was nothing to ask */
  BROKEN,     /* by itself */
  SKIPPED,    /* for another's sake */
  CALLED_OFF, /* for the transition's sake */
  GONE
} Step;

typedef struct
{
  StateUnitState state;
  gboolean may_run;
  gboolean undefined;
  gboolean is_new; /* its contents are what was restored */
  gboolean out;    /* a request has been given up on, and is not answered yet */
  StateOperation out_operation;
  gboolean stands; /* so that a stop is put to it later */

  Step step;
  gboolean has_left;
  gboolean was_asked; /* for what can be undone */
  gboolean was_stopped;
  gboolean is_through; /* all of the operation */
  gboolean is_put_back;
  char *error;
  char *undo_error;
} Unit;

typedef struct
{
  const PolicyCase *scene;
  Unit units[POLICY_N_UNITS];
  gboolean halted;
  gboolean cancelled;
  gboolean undoes;
  GString *record;
} Model;

static gboolean
is_bad (Model *self, guint i)
{
  return policy_case_is_bad (self->scene, i);
}

static gboolean
may_run (const Unit *unit)
{
  switch ((int) unit->state)
    {
    case STATE_UNIT_STATE_STARTING:
    case STATE_UNIT_STATE_RUNNING:
    case STATE_UNIT_STATE_STOPPING:
      return TRUE;
    case STATE_UNIT_STATE_UNCERTAIN:
      return unit->out_operation == STATE_OPERATION_START ||
             unit->out_operation == STATE_OPERATION_STOP;
    default:
      return unit->may_run;
    }
}

static void
set_state (Unit *unit, StateUnitState state, gboolean runs_perhaps, gboolean undefined)
{
  unit->state = state;
  unit->may_run = runs_perhaps;
  unit->undefined = undefined;
}

/* --- Answers --- */

static void
settle_good (Model *self, Unit *unit, StateOperation operation)
{
  if (operation == STATE_OPERATION_START)
    set_state (unit, STATE_UNIT_STATE_RUNNING, FALSE, FALSE);
  else
    set_state (unit, STATE_UNIT_STATE_STOPPED, FALSE, FALSE);
  if (operation == STATE_OPERATION_RESTORE)
    unit->is_new = !self->undoes;
}

/* "A start that failed leaves neither. A failed save, and a cancelled start answered
 * with G_IO_ERROR_CANCELLED, leave STOPPED." */
static void
settle_bad (Unit *unit, StateOperation operation, PolicyHow how)
{
  if (how == POLICY_IS_LOST)
    set_state (unit, STATE_UNIT_STATE_LOST, FALSE, FALSE);
  else if (operation == STATE_OPERATION_SAVE)
    set_state (unit, STATE_UNIT_STATE_STOPPED, FALSE, FALSE);
  else if (operation == STATE_OPERATION_STOP)
    set_state (unit, STATE_UNIT_STATE_FAILED, TRUE, FALSE);
  else if (operation != STATE_OPERATION_START)
    set_state (unit, STATE_UNIT_STATE_FAILED, FALSE, TRUE);
  else if (how == POLICY_IS_CANCELLED)
    set_state (unit, STATE_UNIT_STATE_STOPPED, FALSE, FALSE);
  else
    set_state (unit, STATE_UNIT_STATE_FAILED, how == POLICY_DROPS, FALSE);
}

/* "What it says of a start, stop, reset or save is so; after a late restore or
 * post-restore it is failed, undefined, whatever it says" */
static void
settle_late (Model *self, Unit *unit)
{
  StateOperation operation = unit->out_operation;

  unit->out = FALSE;
  if (operation == STATE_OPERATION_RESTORE)
    unit->is_new = TRUE;
  if (operation == STATE_OPERATION_RESTORE || operation == STATE_OPERATION_POST_RESTORE)
    set_state (unit, STATE_UNIT_STATE_FAILED, FALSE, TRUE);
  else
    settle_good (self, unit, operation);
}

static void
note_failure (Model *self, Unit *unit, const char *reason)
{
  unit->step = BROKEN;
  if (self->undoes)
    unit->undo_error = g_strdup (reason);
  else
    unit->error = g_strdup (reason);
  if (policy_case_rolls_back (self->scene))
    self->halted = TRUE;
}

static const char *
dropped_text (StateOperation operation)
{
  static char text[64];

  g_snprintf (text, sizeof text, "the %s request was dropped without an answer",
              state_operation_to_string (operation));
  return text;
}

static void
misbehave (Model *self, Unit *unit, StateOperation operation)
{
  PolicyHow how = self->scene->how;

  switch (how)
    {
    case POLICY_FAILS:
    case POLICY_DROPS:
    case POLICY_IS_LOST:
      settle_bad (unit, operation, how);
      note_failure (self, unit,
                    how == POLICY_FAILS     ? "broken"
                    : how == POLICY_IS_LOST ? "nobody is left"
                                            : dropped_text (operation));
      break;
    case POLICY_HANGS:
    case POLICY_HANGS_A_WHILE:
      set_state (unit, STATE_UNIT_STATE_UNCERTAIN, FALSE, FALSE);
      unit->out = TRUE;
      unit->out_operation = operation;
      note_failure (self, unit, TIMED_OUT_TEXT);
      break;
    case POLICY_IS_REMOVED:
      /* "no failure, except in a restore that had state for it": one, once. It is no
       * failure of the roll-back, which has nothing to ask of it any more. */
      if (self->scene->operation == STATE_OPERATION_RESTORE)
        note_failure (self, unit, "the unit left the set, and its saved state was not restored");
      unit->step = GONE;
      unit->has_left = TRUE;
      break;
    case POLICY_IS_CANCELLED:
      self->cancelled = TRUE;
      break;
    case POLICY_DIES:
    case POLICY_N_HOWS:
    default:
      break;
    }
}

/* "Ignored unless it is running." In a start it is asked for once it runs; then it
 * is a failure of the start. In a stop, of those that are not asked yet. */
static void
let_die (Model *self, gboolean of_start)
{
  for (guint i = 0; i < POLICY_N_UNITS; i++)
    if (is_bad (self, i) && self->units[i].state == STATE_UNIT_STATE_RUNNING)
      {
        set_state (&self->units[i], STATE_UNIT_STATE_FAILED, FALSE, FALSE);
        if (of_start)
          note_failure (self, &self->units[i], "died");
      }
}

/* --- Phases --- */

static gboolean
depends_on (guint one, guint other)
{
  return (one == 1 && other == 0) || (one == 2 && other == 0) || (one == 3 && other == 1) ||
         (one == 3 && other == 2);
}

/* "depends_on counts for start, stop, reset and restore"; save and post-restore go in
 * any order. */
static gboolean
comes_before (guint first, guint second, StateOperation operation)
{
  if (operation == STATE_OPERATION_SAVE || operation == STATE_OPERATION_POST_RESTORE)
    return FALSE;
  return operation == STATE_OPERATION_STOP ? depends_on (first, second)
                                           : depends_on (second, first);
}

static gboolean
is_over (Step step)
{
  return step != WAITS && step != ASKED && step != AWAITED;
}

static gboolean
is_its_turn (Model *self, guint i, StateOperation operation)
{
  for (guint j = 0; j < POLICY_N_UNITS; j++)
    if (comes_before (j, i, operation) && !is_over (self->units[j].step))
      return FALSE;
  return TRUE;
}

/* "what requires a failed unit is skipped" */
static gboolean
is_to_be_skipped (Model *self, guint i, StateOperation operation)
{
  if (self->undoes || self->scene->order_only || operation == STATE_OPERATION_STOP ||
      self->scene->policy == STATE_FAILURE_POLICY_KEEP_GOING)
    return FALSE;
  for (guint j = 0; j < POLICY_N_UNITS; j++)
    if (comes_before (j, i, operation) &&
        (self->units[j].step == BROKEN || self->units[j].step == SKIPPED))
      return TRUE;
  return FALSE;
}

static Step
take_turn (Model *self, guint i, StateOperation operation, gboolean wanted)
{
  Unit *unit = &self->units[i];

  /* "the order through it holds until the transition ends" */
  if (unit->has_left)
    return GONE;
  if (!wanted)
    return THROUGH;
  if (operation == STATE_OPERATION_STOP && !may_run (unit))
    return THROUGH;
  if ((self->halted || self->cancelled) && !self->undoes)
    return CALLED_OFF;
  if (is_to_be_skipped (self, i, operation))
    return SKIPPED;
  if (unit->state == STATE_UNIT_STATE_LOST)
    {
      /* As it was told when it was lost. */
      note_failure (self, unit, "nobody is left");
      return BROKEN;
    }
  return unit->state == STATE_UNIT_STATE_UNCERTAIN ? AWAITED : ASKED;
}

static guint
take_turns (Model *self, StateOperation operation, const gboolean *wanted)
{
  guint asked = 0;
  gboolean goes_on = TRUE;

  while (goes_on)
    {
      goes_on = FALSE;
      for (guint i = 0; i < POLICY_N_UNITS; i++)
        if (self->units[i].step == WAITS && is_its_turn (self, i, operation))
          {
            self->units[i].step = take_turn (self, i, operation, wanted[i]);
            if (self->units[i].step == ASKED)
              {
                self->units[i].was_asked |= !self->undoes && operation != STATE_OPERATION_SAVE;
                asked |= 1u << i;
              }
            goes_on = TRUE;
          }
    }
  return asked;
}

static void
answer_well (Model *self, guint i, StateOperation operation)
{
  Unit *unit = &self->units[i];
  gboolean called_back = (self->halted || self->cancelled) && !self->undoes;

  if (called_back && self->scene->gives_up)
    {
      settle_bad (unit, operation, POLICY_IS_CANCELLED);
      unit->step = CALLED_OFF;
      return;
    }
  settle_good (self, unit, operation);
  unit->step = THROUGH;
  unit->was_stopped |= operation == STATE_OPERATION_STOP && !self->undoes;
}

/* A roll-back waits for late answers, until its own deadline if it has one. */
static gboolean
wait_for_the_late (Model *self)
{
  gboolean any = FALSE;

  for (guint i = 0; i < POLICY_N_UNITS; i++)
    {
      Unit *unit = &self->units[i];

      if (unit->step != AWAITED)
        continue;
      any = TRUE;
      if (policy_case_roll_back_has_deadline (self->scene))
        {
          note_failure (self, unit, TIMED_OUT_TEXT);
          unit->stands = self->scene->operation == STATE_OPERATION_START;
        }
      else
        {
          settle_late (self, unit);
          unit->step = WAITS;
        }
    }
  return any;
}

static void
append_asked (Model *self, guint asked, StateOperation operation)
{
  if (self->record->len > 0)
    g_string_append (self->record, " |");
  for (guint i = 0; i < POLICY_N_UNITS; i++)
    if (asked & (1u << i))
      g_string_append_printf (self->record, "%s%c:%s", self->record->len > 0 ? " " : "", 'a' + i,
                              state_operation_to_string (operation));
}

static gboolean
run_phase (Model *self, StateOperation operation, const gboolean *wanted)
{
  gboolean first = TRUE;

  for (guint i = 0; i < POLICY_N_UNITS; i++)
    self->units[i].step = WAITS;
  for (;;)
    {
      guint asked = take_turns (self, operation, wanted);

      if (asked == 0 && !wait_for_the_late (self))
        break;
      if (asked == 0)
        continue;
      append_asked (self, asked, operation);
      for (guint i = 0; i < POLICY_N_UNITS; i++)
        if (asked & (1u << i))
          self->units[i].state = operation == STATE_OPERATION_STOP ? STATE_UNIT_STATE_STOPPING
                                                                   : STATE_UNIT_STATE_SAVING;

      if (!self->undoes && self->scene->how == POLICY_DIES &&
          (operation == STATE_OPERATION_START || (operation == STATE_OPERATION_STOP && first)))
        let_die (self, operation == STATE_OPERATION_START);
      for (guint i = 0; i < POLICY_N_UNITS; i++)
        if ((asked & (1u << i)) && is_bad (self, i) && !self->undoes &&
            operation == self->scene->bad_operation)
          misbehave (self, &self->units[i], operation);
      for (guint i = 0; i < POLICY_N_UNITS; i++)
        if ((asked & (1u << i)) && self->units[i].step == ASKED)
          answer_well (self, i, operation);
      first = FALSE;
    }
  for (guint i = 0; i < POLICY_N_UNITS; i++)
    if (self->units[i].step != THROUGH && self->units[i].step != GONE)
      return FALSE;
  return TRUE;
}

/* --- Operations --- */

static const gboolean all[POLICY_N_UNITS] = { TRUE, TRUE, TRUE, TRUE };

static gboolean
any_error (Model *self)
{
  for (guint i = 0; i < POLICY_N_UNITS; i++)
    if (self->units[i].error != NULL)
      return TRUE;
  return FALSE;
}

static gboolean
run_start (Model *self)
{
  gboolean wanted[POLICY_N_UNITS];

  if (run_phase (self, STATE_OPERATION_START, all))
    return TRUE;
  if (policy_case_rolls_back (self->scene))
    {
      /* "in stop's order, what this start asked and may run is stopped, UNCERTAIN
       * included" */
      self->undoes = TRUE;
      for (guint i = 0; i < POLICY_N_UNITS; i++)
        wanted[i] = self->units[i].was_asked && may_run (&self->units[i]);
      run_phase (self, STATE_OPERATION_STOP, wanted);
    }
  return FALSE;
}

static gboolean
run_stop (Model *self)
{
  gboolean wanted[POLICY_N_UNITS];

  if (run_phase (self, STATE_OPERATION_STOP, all))
    return TRUE;
  if (policy_case_rolls_back (self->scene))
    {
      /* "what had been stopped is started again" */
      self->undoes = TRUE;
      for (guint i = 0; i < POLICY_N_UNITS; i++)
        wanted[i] = self->units[i].was_stopped;
      run_phase (self, STATE_OPERATION_START, wanted);
    }
  return FALSE;
}

/* "A reset or restore that does not succeed leaves FAILED, undefined, every unit it
 * was to reset or had state for that did not get through all of it, unless put back,
 * or nothing had been asked yet." */
static void
mark_undefined (Model *self)
{
  gboolean any_asked = FALSE;

  for (guint i = 0; i < POLICY_N_UNITS; i++)
    any_asked |= self->units[i].was_asked;
  for (guint i = 0; i < POLICY_N_UNITS; i++)
    {
      Unit *unit = &self->units[i];

      if (any_asked && !unit->is_through && !unit->is_put_back &&
          (unit->state == STATE_UNIT_STATE_STOPPED || unit->state == STATE_UNIT_STATE_FAILED))
        set_state (unit, STATE_UNIT_STATE_FAILED, FALSE, TRUE);
    }
}

static gboolean
run_reset (Model *self)
{
  if (run_phase (self, STATE_OPERATION_RESET, all))
    return TRUE;
  for (guint i = 0; i < POLICY_N_UNITS; i++)
    self->units[i].is_through = self->units[i].step == THROUGH;
  mark_undefined (self);
  return FALSE;
}

static void
put_back (Model *self)
{
  gboolean wanted[POLICY_N_UNITS];
  gboolean all_put_back = TRUE;

  self->undoes = TRUE;
  for (guint i = 0; i < POLICY_N_UNITS; i++)
    wanted[i] = self->units[i].was_asked && self->units[i].step != GONE;
  run_phase (self, STATE_OPERATION_RESTORE, wanted);
  for (guint i = 0; i < POLICY_N_UNITS; i++)
    wanted[i] = wanted[i] && self->units[i].step == THROUGH;
  run_phase (self, STATE_OPERATION_POST_RESTORE, wanted);
  for (guint i = 0; i < POLICY_N_UNITS; i++)
    {
      self->units[i].is_put_back = wanted[i] && self->units[i].step == THROUGH;
      if (self->units[i].was_asked && self->units[i].step != GONE)
        all_put_back &= self->units[i].is_put_back;
    }
  /* "unless put back": who has not been asked is what it was, and so are all the
   * others that are still in the set. */
  for (guint i = 0; i < POLICY_N_UNITS; i++)
    self->units[i].is_put_back |= all_put_back;
}

static gboolean
run_restore (Model *self)
{
  gboolean rolls_back = policy_case_rolls_back (self->scene);
  gboolean goes_on = TRUE;

  /* "saves the STOPPED units first, touches nothing if that fails" */
  if (rolls_back)
    goes_on = run_phase (self, STATE_OPERATION_SAVE, all) && !any_error (self) && !self->cancelled;
  if (!goes_on)
    return FALSE;
  if (run_phase (self, STATE_OPERATION_RESTORE, all) && !any_error (self) && !self->cancelled)
    {
      gboolean through = run_phase (self, STATE_OPERATION_POST_RESTORE, all) && !any_error (self);

      for (guint i = 0; i < POLICY_N_UNITS; i++)
        self->units[i].is_through = self->units[i].step == THROUGH;
      if (through)
        return TRUE;
    }
  if (rolls_back)
    {
      for (guint i = 0; i < POLICY_N_UNITS; i++)
        self->units[i].is_through = FALSE;
      put_back (self);
    }
  mark_undefined (self);
  return FALSE;
}

static gboolean
run_operation (Model *self)
{
  switch ((int) self->scene->operation)
    {
    case STATE_OPERATION_START:
      return run_start (self) && !any_error (self);
    case STATE_OPERATION_STOP:
      return run_stop (self);
    case STATE_OPERATION_RESET:
      return run_reset (self);
    case STATE_OPERATION_SAVE:
      return run_phase (self, STATE_OPERATION_SAVE, all);
    case STATE_OPERATION_RESTORE:
      return run_restore (self);
    default:
      g_assert_not_reached ();
    }
}

/* --- The account --- */

static void
append_errors (Model *self, GString *text, gboolean of_undoing, const char *what)
{
  const char *separator = "{";

  for (guint i = 0; i < POLICY_N_UNITS; i++)
    {
      const char *error = of_undoing ? self->units[i].undo_error : self->units[i].error;

      if (error == NULL)
        continue;
      if (*separator == '{')
        g_string_append (text, what);
      g_string_append_printf (text, "%s%c: %s", separator, 'a' + i, error);
      separator = ", ";
    }
  if (*separator != '{')
    g_string_append_c (text, '}');
}

static void
append_result (Model *self, GString *text, gboolean success)
{
  const char *word = self->cancelled ? "cancelled" : "failed";

  if (success)
    {
      g_string_append (text, "\nsucceeded");
      return;
    }
  g_string_append_printf (text, "\n%s: %s %s", word,
                          state_operation_to_string (self->scene->operation), word);
  append_errors (self, text, FALSE, ": ");
  append_errors (self, text, TRUE, "; roll-back failed: ");
}

static void
append_states (Model *self, GString *text, const char *when)
{
  g_string_append_printf (text, "\n%s:", when);
  for (guint i = 0; i < POLICY_N_UNITS; i++)
    {
      const Unit *unit = &self->units[i];
      const char *facts = "";

      if (unit->step == GONE)
        continue;
      if (unit->state == STATE_UNIT_STATE_FAILED && (unit->may_run || unit->undefined))
        facts = unit->may_run ? "+may-run" : "+undefined";
      g_string_append_printf (text, " %c:%s%s", 'a' + i, state_unit_state_to_string (unit->state),
                              facts);
      if (self->scene->operation == STATE_OPERATION_RESTORE)
        g_string_append (text, unit->is_new ? "/new" : "/old");
    }
}

/* "TRUE after a start, unless it failed and nothing may run; FALSE after a stop,
 * unless something may" */
static gboolean
set_runs (Model *self, gboolean success)
{
  gboolean any = FALSE;

  for (guint i = 0; i < POLICY_N_UNITS; i++)
    any |= self->units[i].step != GONE && may_run (&self->units[i]);
  if (self->scene->operation == STATE_OPERATION_START)
    return success || any;
  return self->scene->operation == STATE_OPERATION_STOP && any;
}

/* After the end, who hangs answers, and who was to die dies. */
static void
run_afterwards (Model *self)
{
  guint asked = 0;

  if (self->scene->operation == STATE_OPERATION_START && self->scene->how == POLICY_DIES)
    {
      self->undoes = TRUE;
      let_die (self, FALSE);
    }
  for (guint i = 0; i < POLICY_N_UNITS; i++)
    {
      Unit *unit = &self->units[i];

      if (!unit->out)
        continue;
      settle_late (self, unit);
      if (unit->stands && may_run (unit))
        {
          asked |= 1u << i;
          set_state (unit, STATE_UNIT_STATE_STOPPED, FALSE, FALSE);
        }
    }
  if (asked != 0)
    append_asked (self, asked, STATE_OPERATION_STOP);
}

char *
policy_model_run (const PolicyCase *scene)
{
  Model model = { .scene = scene, .record = g_string_new (NULL) };
  g_autoptr (GString) text = g_string_new (NULL);
  gboolean success;

  for (guint i = 0; i < POLICY_N_UNITS; i++)
    model.units[i].state = scene->operation == STATE_OPERATION_STOP ? STATE_UNIT_STATE_RUNNING
                                                                    : STATE_UNIT_STATE_STOPPED;
  success = run_operation (&model);
  append_result (&model, text, success);
  g_string_append (text, set_runs (&model, success) ? ", runs" : "");
  append_states (&model, text, "then");
  g_string_prepend (text, model.record->str);
  g_string_free (model.record, TRUE);
  model.record = text;
  run_afterwards (&model);
  append_states (&model, text, "late");

  for (guint i = 0; i < POLICY_N_UNITS; i++)
    {
      g_free (model.units[i].error);
      g_free (model.units[i].undo_error);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}
