/* SPDX-License-Identifier: MIT */

#include "state-error.h"
#include "state-transition-private.h"
#include "state-unit-handle-private.h"

/* What a transition says, and why: refusals, failures, and what is waited for. */

/* Refusals: nothing has been touched */

/* What is wrong with one saved state; NULL: it can be restored. The entries of the
 * nodes seen before tell of duplicates. */
GError *
state_transition_check_saved (const StateSnapshotUnit *saved,
                              StateUnitHandle *handle,
                              GArray *entries)
{
  if (handle == NULL)
    return g_error_new (STATE_ERROR, STATE_ERROR_UNKNOWN_UNIT, "%s: unknown unit name",
                        saved->name);
  if (g_array_index (entries, guint32, handle->node) != STATE_SLOT_NONE)
    return g_error_new (STATE_ERROR, STATE_ERROR_DUPLICATE_UNIT,
                        "%s: duplicate unit name, it is also saved under another name",
                        saved->name);
  if (saved->version > handle->version || saved->version < handle->oldest_version)
    return g_error_new (STATE_ERROR, STATE_ERROR_VERSION,
                        "%s: its saved state is of version %u, and versions %u to %u can be read",
                        saved->name, saved->version, handle->oldest_version, handle->version);
  return NULL;
}

static const char *
why_in_the_way (const StateNode *node)
{
  if (node->state == STATE_UNIT_STATE_RUNNING)
    return "it is running (stop it first)";
  if (node->state == STATE_UNIT_STATE_UNCERTAIN)
    return "it is uncertain (stop it first)";
  if (node->state == STATE_UNIT_STATE_LOST)
    return "it is lost (take it out first)";
  if (node->state != STATE_UNIT_STATE_FAILED)
    return NULL;
  if (node->may_run)
    return "it has failed and may still run (stop it first)";
  if (node->undefined)
    return "it has failed and its contents are undefined (reset it first, or restore it from a "
           "snapshot that has a state for it)";
  return "it has failed (reset or start it first)";
}

GError *
state_transition_refusal_of (const StateNode *node,
                             StateUnitHandle *handle,
                             StateOperation operation)
{
  const char *why = why_in_the_way (node);

  if (why != NULL)
    return g_error_new (STATE_ERROR, STATE_ERROR_WRONG_STATE, "%s: %s", handle->name, why);
  return g_error_new (STATE_ERROR, STATE_ERROR_WRONG_STATE, "%s: it is %s", handle->name,
                      state_unit_state_to_string (node->state));
}

/* All that is wrong at once, under the code of the first. */
GError *
state_transition_refusal (StateOperation operation, GPtrArray *problems)
{
  const GError *first = g_ptr_array_index (problems, 0);
  g_autoptr (GString) list = g_string_new (NULL);

  for (guint i = 0; i < problems->len; i++)
    g_string_append_printf (list, "%s%s", i > 0 ? ", " : "",
                            ((GError *) g_ptr_array_index (problems, i))->message);
  return g_error_new (first->domain, first->code, "%s refused: {%s}",
                      state_operation_to_string (operation), list->str);
}

/* Outcomes */

guint32
state_transition_get_n_slots (StateTransition *self)
{
  return self->run != NULL && self->run->phase != NULL ? self->run->phase->n_steps : 0;
}

StateRunPhase *
state_transition_get_phase (StateTransition *self, guint position, guint32 *slot)
{
  guint32 n_slots = state_transition_get_n_slots (self);

  *slot = position % n_slots;
  return g_ptr_array_index (self->run->phases, position / n_slots);
}

const char *
state_transition_get_slot_name (StateTransition *self, guint32 slot)
{
  return ((StateUnitHandle *) g_ptr_array_index (self->handles, slot))->name;
}

const char *
state_transition_phase_to_string (const StateRunPhase *phase)
{
  switch (phase->kind)
    {
    case STATE_PHASE_UNDO:
    case STATE_PHASE_UNDO_POST:
      return "roll-back";
    case STATE_PHASE_RESUME:
      return "resume";
    case STATE_PHASE_BEFORE:
    case STATE_PHASE_MAIN:
    case STATE_PHASE_POST:
    default:
      return state_operation_to_string (phase->operation);
    }
}

static GError *
skipped_reason (StateTransition *self, const StateRunPhase *phase, guint32 slot)
{
  guint32 cause_slot = state_phase_cause (phase, slot);
  const StateRunStep *cause = &phase->steps[cause_slot];
  const char *name = state_transition_get_slot_name (self, cause_slot);

  if (cause->verdict == STATE_VERDICT_PASS)
    return g_error_new (STATE_ERROR, STATE_ERROR_DEPENDENCY_FAILED,
                        "skipped because %s cannot start", name);
  return g_error_new (STATE_ERROR, STATE_ERROR_DEPENDENCY_FAILED, "skipped because %s %s", name,
                      cause->outcome == STATE_STEP_OUTCOME_TIMED_OUT ? "timed out"
                      : cause->outcome == STATE_STEP_OUTCOME_LOST    ? "is lost"
                                                                     : "failed");
}

/* Past its deadline, or treated so when the transition was abandoned. */
static GError *
timed_out_reason (const StateRunPhase *phase, guint32 slot)
{
  const StateRunStep *step = &phase->steps[slot];
  gint64 deadline = state_phase_deadline (phase, slot);
  gboolean abandoned = deadline == 0 || step->finish_time < deadline;
  gint64 end = abandoned ? step->finish_time : deadline;

  return g_error_new (STATE_ERROR, STATE_ERROR_TIMED_OUT, "%s after %" G_GINT64_FORMAT " ms",
                      abandoned ? "given up on" : "timed out", (end - step->start_time) / 1000);
}

/* As it was told when the unit was lost. */
static GError *
lost_reason (StateTransition *self, guint32 slot)
{
  const StateUnitHandle *handle = g_ptr_array_index (self->handles, slot);

  if (g_error_matches (handle->error, STATE_ERROR, STATE_ERROR_LOST))
    return g_error_copy (handle->error);
  return g_error_new_literal (STATE_ERROR, STATE_ERROR_LOST, "nobody is there to answer");
}

static const GError *
find_error (StateTransition *self, guint position)
{
  if (self->errors == NULL)
    return NULL;
  return g_hash_table_lookup (self->errors, GUINT_TO_POINTER (position));
}

/* Takes over the error of a step, in the place of an earlier one. */
void
state_transition_insert_error (StateTransition *self, guint position, GError *error)
{
  if (self->errors == NULL)
    self->errors = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_error_free);
  g_hash_table_insert (self->errors, GUINT_TO_POINTER (position), error);
}

/* Why a step did not succeed, where the unit did not say so itself; NULL: it did
 * succeed, or there is nothing to say yet. */
GError *
state_transition_step_reason (StateTransition *self, guint position)
{
  guint32 slot;
  const StateRunPhase *phase = state_transition_get_phase (self, position, &slot);
  const StateRunStep *step = &phase->steps[slot];
  const GError *own = find_error (self, position);

  if (own != NULL)
    return g_error_copy (own);
  switch ((StateStepOutcome) step->outcome)
    {
    case STATE_STEP_OUTCOME_SKIPPED:
      return skipped_reason (self, phase, slot);
    case STATE_STEP_OUTCOME_TIMED_OUT:
      return timed_out_reason (phase, slot);
    case STATE_STEP_OUTCOME_LOST:
      return lost_reason (self, slot);
    case STATE_STEP_OUTCOME_CANCELLED:
      return g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED, "not asked, since the %s %s",
                          state_operation_to_string (self->operation),
                          self->run->timed_out   ? "timed out"
                          : self->run->cancelled ? "was cancelled"
                                                 : "is rolled back");
    case STATE_STEP_OUTCOME_REMOVED:
      return g_error_new (STATE_ERROR, STATE_ERROR_REMOVED, "the unit left the set%s",
                          step->has_state ? ", and its saved state was not restored" : "");
    case STATE_STEP_OUTCOME_FAILED:
      if (step->verdict != STATE_VERDICT_REFUSE)
        return NULL;
      return g_error_new (STATE_ERROR, STATE_ERROR_WRONG_STATE,
                          "it failed before it could be asked to %s",
                          state_operation_to_string (phase->operation));
    case STATE_STEP_OUTCOME_WAITING:
    case STATE_STEP_OUTCOME_ASKED:
    case STATE_STEP_OUTCOME_SUCCEEDED:
    case STATE_STEP_OUTCOME_UNCHANGED:
    case STATE_STEP_OUTCOME_DROPPED:
    default:
      return NULL;
    }
}

const GError *
state_transition_get_step_error (StateTransition *self, guint position)
{
  GError *reason;

  if (find_error (self, position) == NULL)
    {
      reason = state_transition_step_reason (self, position);
      if (reason != NULL)
        state_transition_insert_error (self, position, reason);
    }
  return find_error (self, position);
}

static void
append_step (StateTransition *self, GString *list, guint phase_index, guint32 slot)
{
  g_autoptr (GError) reason =
      state_transition_step_reason (self, phase_index * state_transition_get_n_slots (self) + slot);

  g_string_append_printf (list, "%s%s: %s", list->len > 0 ? ", " : "",
                          state_transition_get_slot_name (self, slot),
                          reason != NULL ? reason->message : "failed");
}

/* Which part of a transition a phase belongs to. */
typedef enum
{
  PART_OPERATION,
  PART_ROLL_BACK,
  PART_RESUME
} Part;

static Part
part_of (const StateRunPhase *phase)
{
  if (phase->kind == STATE_PHASE_RESUME)
    return PART_RESUME;
  return state_phase_is_undo (phase) ? PART_ROLL_BACK : PART_OPERATION;
}

typedef gboolean (*StepFilter) (const StateRunStep *step);

static gboolean
is_skipped (const StateRunStep *step)
{
  return step->outcome == STATE_STEP_OUTCOME_SKIPPED;
}

/* In the order in which the units were added. */
static char *
list_steps (StateTransition *self, Part part, StepFilter filter)
{
  g_autoptr (GString) list = g_string_new (NULL);

  for (guint32 slot = 0; slot < state_transition_get_n_slots (self); slot++)
    for (guint i = 0; i < self->run->phases->len; i++)
      {
        const StateRunPhase *phase = g_ptr_array_index (self->run->phases, i);

        if (part_of (phase) == part && filter (&phase->steps[slot]))
          append_step (self, list, i, slot);
      }
  return g_string_free (g_steal_pointer (&list), FALSE);
}

static void
append_part (StateTransition *self, GString *message, Part part, const char *what)
{
  g_autofree char *list = list_steps (self, part, state_phase_is_failure);

  if (*list == '\0' && part == PART_RESUME)
    {
      g_free (list);
      list = list_steps (self, part, is_skipped);
    }
  if (*list != '\0')
    g_string_append_printf (message, "%s%s: {%s}", message->len > 0 ? "; " : "", what, list);
}

static const char *
word_of_end (StateTransition *self)
{
  if (self->run->timed_out)
    return "timed out";
  return self->run->cancelled ? "cancelled" : "failed";
}

static int
code_of_end (StateTransition *self, GQuark *domain)
{
  gboolean cancelled = self->run->cancelled && !self->run->timed_out;

  *domain = cancelled ? G_IO_ERROR : STATE_ERROR;
  if (cancelled)
    return G_IO_ERROR_CANCELLED;
  return self->run->timed_out ? STATE_ERROR_TIMED_OUT : STATE_ERROR_TRANSITION_FAILED;
}

/* The first causes; where there are none, what was skipped because of units that
 * were left alone. Then what went wrong with undoing it. */
GError *
state_transition_failure (StateTransition *self)
{
  const char *operation = state_operation_to_string (self->operation);
  g_autofree char *end = g_strdup_printf ("%s %s", operation, word_of_end (self));
  g_autofree char *skipped = list_steps (self, PART_OPERATION, is_skipped);
  g_autoptr (GString) message = g_string_new (NULL);
  GQuark domain;
  int code = code_of_end (self, &domain);

  append_part (self, message, PART_OPERATION, end);
  if (message->len == 0 && *skipped != '\0' && !self->run->cancelled)
    g_string_append_printf (message, "%s: {%s}", end, skipped);
  else if (message->len == 0 && !self->run->main_succeeded)
    g_string_append (message, end);
  append_part (self, message, PART_ROLL_BACK, "roll-back failed");
  append_part (self, message, PART_RESUME, "resume failed");
  return g_error_new_literal (domain, code, message->len > 0 ? message->str : end);
}

/* Explaining */

static guint
find_slot (StateTransition *self, const char *name)
{
  for (guint slot = 0; slot < self->handles->len; slot++)
    if (g_str_equal (state_transition_get_slot_name (self, slot), name))
      return slot;
  return STATE_SLOT_NONE;
}

static double
seconds (gint64 from, gint64 to)
{
  return (to - from) / (double) G_USEC_PER_SEC;
}

static void
explain_finished (StateTransition *self, GString *words, const StateRunPhase *phase, guint32 slot)
{
  const StateRunStep *step = &phase->steps[slot];
  const char *operation = state_operation_to_string (phase->operation);
  g_autoptr (GError) reason =
      state_transition_step_reason (self, (self->run->phases->len - 1) * phase->n_steps + slot);

  if (step->outcome == STATE_STEP_OUTCOME_UNCHANGED)
    g_string_append_printf (words, "has finished: there was nothing to %s", operation);
  else if (step->outcome == STATE_STEP_OUTCOME_SUCCEEDED)
    g_string_append_printf (words, "has finished: its %s took %.3f s", operation,
                            seconds (step->start_time, step->finish_time));
  else
    g_string_append_printf (words, "has finished: %s (%s)",
                            state_step_outcome_to_string (step->outcome),
                            reason != NULL ? reason->message : operation);
}

static void
explain_asked (GString *words, const StateRunPhase *phase, const StateRunStep *step)
{
  double time = seconds (step->start_time, g_get_monotonic_time ());

  if (step->verdict == STATE_VERDICT_AWAIT)
    g_string_append_printf (words, "has a request from before to answer first, for %.3f s", time);
  else
    g_string_append_printf (words, "was asked to %s %.3f s ago and has not answered",
                            state_operation_to_string (phase->operation), time);
}

/* Goes down one step; the rest of what it waits for is counted. */
static guint32
explain_waiting (StateTransition *self, GString *words, guint32 slot)
{
  g_autoptr (GArray) waiting_on = state_run_waiting_on (self->run, slot);
  guint32 next;

  if (waiting_on->len == 0)
    {
      g_string_append (words, "is about to be asked");
      return STATE_SLOT_NONE;
    }
  next = g_array_index (waiting_on, guint32, 0);
  g_string_append_printf (words, "waits for %s", state_transition_get_slot_name (self, next));
  if (waiting_on->len > 1)
    g_string_append_printf (words, " (and %u more)", waiting_on->len - 1);
  g_string_append (words, ", which ");
  return next;
}

static char *
explain_slot (StateTransition *self, guint32 slot)
{
  const StateRunPhase *phase = self->run->phase;
  g_autoptr (GString) words = g_string_new (state_transition_get_slot_name (self, slot));

  g_string_append_c (words, ' ');
  while (slot != STATE_SLOT_NONE)
    {
      const StateRunStep *step = &phase->steps[slot];

      if (step->settled || self->run->done)
        {
          explain_finished (self, words, phase, slot);
          break;
        }
      if (step->outcome == STATE_STEP_OUTCOME_ASKED)
        {
          explain_asked (words, phase, step);
          break;
        }
      slot = explain_waiting (self, words, slot);
    }
  return g_string_free (g_steal_pointer (&words), FALSE);
}

/**
 * state_transition_explain:
 * @self: a transition
 * @name: the name of a unit
 *
 * Explains, in words for people, why the unit has not finished: what it waits
 * for, what that waits for, and so on to one that was asked and has not
 * answered. `chipset waits for pm (and 3 more), which waits for ioapic, which
 * was asked to start 1.204 s ago and has not answered`. Of a unit that has
 * finished it says how.
 *
 * Returns: (transfer full): the explanation, in one line
 *
 * Since: 1.0
 */
char *
state_transition_explain (StateTransition *self, const char *name)
{
  guint32 slot;

  g_return_val_if_fail (STATE_IS_TRANSITION (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);
  state_return_val_if_not_here (self->home, NULL);

  if (self->run == NULL)
    return g_strdup_printf ("%s: the transition %s", name,
                            self->status == STATE_TRANSITION_STATUS_QUEUED
                                ? "waits for those that were asked for before it"
                            : self->status == STATE_TRANSITION_STATUS_NEW
                                ? "has not been run"
                                : "was cancelled before it began");
  slot = find_slot (self, name);
  if (slot == STATE_SLOT_NONE)
    return g_strdup_printf ("%s takes no part in this %s", name,
                            state_operation_to_string (self->operation));
  return explain_slot (self, slot);
}
