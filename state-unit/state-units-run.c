/* SPDX-License-Identifier: MIT */

#include "state-error.h"
#include "state-listeners-private.h"
#include "state-log-private.h"
#include "state-request-private.h"
#include "state-transition-private.h"
#include "state-unit-private.h"
#include "state-units-private.h"

/* How the set runs its transitions, one after the other: it asks the units that the
 * engine names, and takes what they answer back to it. Everything that it calls may
 * call it back, so that nothing is kept in hand across a call. */

/* How long to go on without giving the rest of the program its turn, in µs. */
#define SLICE (8 * 1000)

/* The clock and the signal's handlers are looked at once, and then not again before
 * has_called_out() or message_arrives() says that somebody has been called, who may take
 * time or connect to the signal: it costs more to look than all the rest that is done for
 * a unit. */

gint64
state_units_get_now (StateUnits *self)
{
  if (self->now == 0)
    self->now = g_get_monotonic_time ();
  return self->now;
}

static gboolean
is_heard (StateUnits *self)
{
  if (!state_listeners_possible (self))
    return FALSE;
  if (!self->heard_known)
    self->heard = state_units_is_heard (self);
  self->heard_known = TRUE;
  return self->heard;
}

static void
has_called_out (StateUnits *self)
{
  self->now = 0;
  self->heard_known = FALSE;
}

/* Between two messages units may have been called, or inspected. What these took is not
 * counted for an answer that had been sent before. */
static void
message_arrives (StateUnits *self)
{
  self->heard_known = FALSE;
}

/* Telling */

static GError *
reason_of_state (StateUnits *self, StateUnitHandle *handle)
{
  StateTransition *transition = self->current;
  guint32 slot =
      transition != NULL ? state_run_slot_of (transition->run, handle->node) : STATE_SLOT_NONE;
  GError *reason = NULL;

  if (slot != STATE_SLOT_NONE)
    for (guint i = transition->run->phases->len; i > 0 && reason == NULL; i--)
      reason =
          state_transition_step_reason (transition,
                                        (i - 1) * state_transition_get_n_slots (transition) + slot);
  if (reason == NULL && transition != NULL)
    reason = g_error_new (STATE_ERROR, STATE_ERROR_TRANSITION_FAILED,
                          "its contents are undefined, since the %s did not succeed",
                          state_operation_to_string (transition->operation));
  return reason;
}

static inline void
tell_change (StateUnits *self, StateUnitHandle *handle, const StateChange *change)
{
  gboolean has_reason =
      change->new_state == STATE_UNIT_STATE_FAILED || change->new_state == STATE_UNIT_STATE_LOST;
  g_autoptr (StateUnitHandle) told = NULL;

  if (has_reason != (handle->error != NULL))
    state_unit_handle_take_error (handle, has_reason ? reason_of_state (self, handle) : NULL);
  if (state_listeners_possible (handle))
    told = state_unit_handle_notify_state (handle);
  else
    handle->error_changed = FALSE;
  if (told != NULL)
    has_called_out (self);
  if (is_heard (self))
    {
      state_units_emit_state_changed (self, handle, change->old_state, change->new_state);
      has_called_out (self);
    }
}

/* Tells of every change of state since the last time, each as if it were now. The caller
 * holds the set. */
void
state_units_tell (StateUnits *self)
{
  StateChange change;

  while (state_graph_next_change (self->graph, &change))
    {
      StateUnitHandle *handle = state_units_get_handle (self, change.node);

      if (handle != NULL)
        tell_change (self, handle, &change);
    }
}

/* Nobody listens, and there is nothing else to do about the usual change. */
static inline gboolean
is_nothing_to_tell (StateUnits *self, StateUnitHandle *handle, const StateChange *change)
{
  return !state_listeners_possible (handle) && !state_listeners_possible (self) &&
         handle->error == NULL && !handle->error_changed &&
         change->new_state < STATE_UNIT_STATE_FAILED;
}

/* The same, where as a rule there is but one change, of this unit. */
static inline void
tell_of (StateUnits *self, StateUnitHandle *handle)
{
  StateGraph *graph = self->graph;
  guint first = graph->n_changes_told;
  const StateChange *change = &graph->changes[first];

  if (graph->n_changes - first != 1 || change->node != handle->node ||
      !is_nothing_to_tell (self, handle, change))
    state_units_tell (self);
  else
    graph->n_changes = graph->n_changes_told = 0;
}

/* Answers */

/* Of the step of a unit that has just answered, or been given up on. */
static void
log_step (StateTransition *transition, const StateRunPhase *phase, guint32 slot)
{
  const StateRunStep *step = &phase->steps[slot];
  guint n_slots = state_transition_get_n_slots (transition);
  guint index = 0;

  while (g_ptr_array_index (transition->run->phases, index) != phase)
    index++;
  state_log_step (state_transition_get_slot_name (transition, slot), phase->operation,
                  step->outcome, step->finish_time - step->start_time,
                  state_transition_get_step_error (transition, index * n_slots + slot));
}

static guint32
current_slot (StateUnits *self, StateUnitHandle *handle)
{
  return self->current != NULL ? state_run_slot_of (self->current->run, handle->node)
                               : STATE_SLOT_NONE;
}

/* How many requests are kept while a transition goes on, and from one to the next. */
#define MAX_SPARE 4096
#define MAX_SPARE_AT_REST 64

/* Takes over a request. One that is done with is put to another unit, if nobody else
 * has kept it. */
static void
keep_spare (StateUnits *self, StateRequest *request)
{
  if (self->n_spare < MAX_SPARE && state_request_keep (request, &self->spare))
    self->n_spare++;
  else
    g_object_unref (request);
}

static void
drop_spares (StateUnits *self)
{
  g_clear_object (&self->hand);
  if (self->n_spare <= MAX_SPARE_AT_REST)
    return;
  state_request_list_free (g_steal_pointer (&self->spare));
  self->n_spare = 0;
}

static void lose_unit (StateUnits *self, StateUnitHandle *handle, const GError *error);
static void put_standing_stop (StateUnits *self, StateUnitHandle *handle);

/* A late answer settles a unit that was given up on; so does that to a stop which
 * stood until then. */
static void
take_late_answer (StateUnits *self, StateUnitHandle *handle, StateRequest *request)
{
  StateNode *node = &self->graph->nodes[handle->node];
  StateStepOutcome outcome = state_request_get_outcome (request);
  const GError *error = state_request_get_error (request);
  guint32 slot = current_slot (self, handle);

  if (error != NULL)
    state_unit_handle_take_error (handle, g_error_copy (error));
  if (error == NULL &&
      (node->request == STATE_OPERATION_RESTORE || node->request == STATE_OPERATION_POST_RESTORE))
    state_unit_handle_take_error (handle, g_error_new (STATE_ERROR, STATE_ERROR_TIMED_OUT,
                                                       "its contents are undefined, since it "
                                                       "answered %s too late",
                                                       state_operation_to_string (node->request)));
  if (node->state == STATE_UNIT_STATE_UNCERTAIN)
    state_rules_settle_late (self->graph, handle->node, outcome);
  else
    state_rules_settle (self->graph, handle->node, STATE_OPERATION_STOP, outcome);
  node->standing = FALSE;
  if (slot != STATE_SLOT_NONE)
    state_run_answer_late (self->current->run, slot, state_units_get_now (self));
  if (node->stands)
    put_standing_stop (self, handle);
}

/* In the set's context. Ignored if the unit has left since. */
static void
take_answer (StateUnits *self, StateUnitHandle *handle, StateRequest *request)
{
  const GError *error = state_request_get_error (request);
  StateTransition *transition = self->current;
  const StateRunPhase *phase;
  guint32 slot;

  handle->request = NULL;
  if (self->graph->nodes[handle->node].state == STATE_UNIT_STATE_UNCERTAIN ||
      self->graph->nodes[handle->node].standing)
    {
      take_late_answer (self, handle, request);
      return;
    }

  slot = state_run_slot_of (transition->run, handle->node);
  if (error != NULL)
    {
      state_unit_handle_take_error (handle, g_error_copy (error));
      state_transition_take_error (transition, slot, g_error_copy (error));
    }
  phase = transition->run->phase;
  state_transition_keep_answer (transition, slot, request);
  state_run_answer (transition->run, slot, state_request_get_outcome (request),
                    state_units_get_now (self));
  if (transition->is_logged)
    log_step (transition, phase, slot);
  if (handle->is_lost)
    lose_unit (self, handle, NULL);
}

/* The usual answer. FALSE: it is another, and has not been taken. */
static gboolean
take_success (StateUnits *self,
              StateTransition *transition,
              guint32 slot,
              StateUnitHandle *handle,
              StateRequest *request)
{
  if (self->current != transition || !state_request_is_as_new (request) || handle->is_lost ||
      transition->is_logged ||
      !state_run_succeed (transition->run, slot, state_units_get_now (self)))
    return FALSE;
  handle->request = NULL;
  return TRUE;
}

/* With a reference to the request, and the set held. */
static void
take_arrived (StateUnits *self, StateUnitHandle *handle, StateRequest *request)
{
  guint32 slot = current_slot (self, handle);

  if (slot != STATE_SLOT_NONE && take_success (self, self->current, slot, handle, request))
    {
      keep_spare (self, request);
      tell_of (self, handle);
      return;
    }
  state_request_adopt_if_shared (request);
  take_answer (self, handle, request);
  state_units_tell (self);
  if (self->current == NULL)
    state_units_notify_allowed (self);
  keep_spare (self, request);
}

/* An answer that was sent; with a reference to the request. The dispatcher holds the
 * set. */
void
state_units_answer_arrives (StateRequest *request)
{
  StateUnitHandle *handle = state_request_get_handle (request);

  if (handle->units == NULL || handle->request != request)
    {
      g_object_unref (request);
      return;
    }
  message_arrives (handle->units);
  take_arrived (handle->units, handle, request);
}

void
state_units_progress_arrives (StateRequest *request)
{
  StateUnitHandle *handle = state_request_get_handle (request);
  StateUnits *self = handle->units;

  if (self != NULL && handle->request == request && self->current != NULL)
    {
      guint32 slot = state_run_slot_of (self->current->run, handle->node);

      if (slot != STATE_SLOT_NONE)
        state_transition_keep_progress (self->current, slot, request);
    }
}

void
state_units_extension_arrives (StateRequest *request)
{
  StateUnitHandle *handle = state_request_get_handle (request);
  StateUnits *self = handle->units;
  gint64 deadline = state_request_get_deadline (request);
  guint32 slot;

  if (self == NULL || handle->request != request)
    return;
  if (self->graph->nodes[handle->node].standing)
    state_unit_handle_own_extras (handle)->deadline = MAX (handle->extras->deadline, deadline);
  slot = current_slot (self, handle);
  if (slot != STATE_SLOT_NONE)
    state_run_extend (self->current->run, slot, deadline);
}

/* Asking */

static StateRequest *
make_request (StateUnits *self,
              StateUnitHandle *handle,
              StateOperation operation,
              GVariant *state,
              guint state_version,
              gint64 deadline)
{
  const StateRequestParameters parameters = {
    .operation = operation,
    .unit = handle->unit,
    .handle = handle,
    .context = state_unit_handle_get_context (handle),
    .thread = handle->extras->thread,
    .home = self->dispatcher,
    .state = state,
    .state_version = state_version,
    .deadline = deadline,
    .answered = state_units_answer_arrives,
    .progressed = state_units_progress_arrives,
    .extended = state_units_extension_arrives,
  };

  self->n_spare -= self->spare != NULL;
  return state_request_take (&self->spare, &parameters);
}

/* A point of order, at which there is nobody to ask. */
static gboolean
is_nobody (StateUnitHandle *handle)
{
  return handle->unit == NULL;
}

/* In the unit's context, with the request that the handle knows of, which it takes
 * over. TRUE: it has been answered, and the answer is to be taken. */
static gboolean
call (StateUnits *self, StateUnitHandle *handle, StateRequest *request)
{
  gboolean answered;

  if (handle->request == request && handle->dispatcher == self->dispatcher &&
      (g_atomic_int_get (&state_unit_n_held) == 0 ||
       !state_unit_call_when_free (handle->unit, request, handle->dispatcher)))
    {
      answered = state_request_call (request);
      has_called_out (self);
      return answered && handle->request == request;
    }

  /* Whoever was told of the new state may have taken the unit out. */
  if (handle->request != request)
    state_request_overrule (request, g_error_new_literal (STATE_ERROR, STATE_ERROR_REMOVED,
                                                          "the unit left the set"));
  else if (handle->dispatcher == self->dispatcher ||
           state_unit_call_when_free (handle->unit, request, handle->dispatcher))
    state_request_set_out (request);
  else
    state_request_post_call (request, handle->dispatcher);
  return FALSE;
}

static StateRequest *
request_of_step (StateUnits *self, StateTransition *transition, guint32 slot)
{
  const StateRunPhase *phase = transition->run->phase;
  GVariant *state = NULL;
  guint version = 0;

  if (phase->operation == STATE_OPERATION_SAVE || phase->operation == STATE_OPERATION_RESTORE)
    state = state_transition_get_state (transition, slot, &version);
  return make_request (self, g_ptr_array_index (transition->handles, slot), phase->operation, state,
                       version, state_phase_deadline (phase, slot));
}

/* Has the processor fetch what will be needed soon. GCC takes a function that does nothing
 * else for one without effects, and drops the call, unless it is inlined first. */
static inline G_ALWAYS_INLINE void
fetch_ahead (StateTransition *transition)
{
  const StateRunPhase *phase = transition->run->phase;
  gpointer *handles = transition->handles->pdata;
  const StateUnitHandle *later, *soon;

  if (phase->n_ready <= STATE_RUN_AHEAD)
    return;
  __builtin_prefetch (&handles[state_phase_peek_ready (phase, STATE_RUN_AHEAD)]);
  later = handles[state_phase_peek_ready (phase, STATE_RUN_AHEAD / 2)];
  __builtin_prefetch (later, 1);
  __builtin_prefetch ((const char *) later + 64, 1);
  soon = handles[state_phase_peek_ready (phase, STATE_RUN_AHEAD / 4)];
  if (soon->unit != NULL)
    __builtin_prefetch (soon->unit, 1);
}

/* The request that is in hand, if it will do; or another. */
static StateRequest *
request_for (StateUnits *self, StateTransition *transition, guint32 slot, StateUnitHandle *handle)
{
  const StateRunPhase *phase = transition->run->phase;
  StateRequest *request = self->hand;

  if (request == NULL || handle->dispatcher != self->dispatcher ||
      phase->operation == STATE_OPERATION_SAVE || phase->operation == STATE_OPERATION_RESTORE)
    return request_of_step (self, transition, slot);
  self->hand = NULL;
  state_request_put_on (request, phase->operation, handle, handle->unit,
                        state_phase_deadline (phase, slot));
  return request;
}

static void
ask_nobody (StateUnits *self, StateTransition *transition, guint32 slot)
{
  state_run_answer (transition->run, slot, STATE_STEP_OUTCOME_SUCCEEDED,
                    state_units_get_now (self));
  state_units_tell (self);
}

/* The transition, which keeps the handle, is held by the caller. */
static void
ask (StateUnits *self, StateTransition *transition, guint32 slot)
{
  StateUnitHandle *handle = g_ptr_array_index (transition->handles, slot);
  StateRequest *request;

  fetch_ahead (transition);
  if (is_nobody (handle))
    {
      ask_nobody (self, transition, slot);
      return;
    }

  handle->request = request = request_for (self, transition, slot, handle);
  tell_of (self, handle);
  if (!call (self, handle, request))
    keep_spare (self, request);
  else if (take_success (self, transition, slot, handle, request))
    {
      if (self->hand == NULL)
        self->hand = request;
      else
        keep_spare (self, request);
      tell_of (self, handle);
    }
  else
    {
      state_request_adopt_if_shared (request);
      take_answer (self, handle, request);
      state_units_tell (self);
      keep_spare (self, request);
    }
}

/* A stop or a roll-back had no time left to wait for a late answer. It is put to the
 * unit once this has come, unless the unit does not run then, or is being stopped
 * anyway. */
static void
put_standing_stop (StateUnits *self, StateUnitHandle *handle)
{
  StateNode *node = &self->graph->nodes[handle->node];
  guint32 slot = current_slot (self, handle);
  guint timeout =
      state_unit_handle_get_timeout (handle, STATE_OPERATION_STOP, self->default_timeout);
  StateRequest *request;

  node->stands = FALSE;
  if (!state_rules_may_run (node) ||
      (slot != STATE_SLOT_NONE && state_run_is_to_stop (self->current->run, slot)))
    return;
  state_unit_handle_own_extras (handle)->deadline =
      timeout != 0 ? state_units_get_now (self) + timeout * (gint64) 1000 : 0;
  node->standing = TRUE;
  state_graph_set_state (self->graph, handle->node, STATE_UNIT_STATE_STOPPING, FALSE,
                         node->undefined);
  request = make_request (self, handle, STATE_OPERATION_STOP, NULL, 0, handle->extras->deadline);
  handle->request = request;
  if (handle->extras->deadline != 0)
    g_ptr_array_add (self->standing, g_object_ref (handle));
  state_units_tell (self);
  if (call (self, handle, request))
    {
      state_request_adopt_if_shared (request);
      take_answer (self, handle, request);
      state_units_tell (self);
    }
  keep_spare (self, request);
}

/* Deadlines */

static gboolean
is_standing (StateUnits *self, StateUnitHandle *handle)
{
  return handle->units == self && self->graph->nodes[handle->node].standing &&
         handle->extras->deadline != 0;
}

/* Gives up on stops that stood and are not answered in time either. */
static void
expire_standing (StateUnits *self)
{
  for (guint i = self->standing->len; i > 0; i--)
    {
      g_autoptr (StateUnitHandle) handle = g_object_ref (g_ptr_array_index (self->standing, i - 1));

      if (is_standing (self, handle) && handle->extras->deadline > state_units_get_now (self))
        continue;
      g_ptr_array_remove_index_fast (self->standing, i - 1);
      if (!is_standing (self, handle))
        continue;
      self->graph->nodes[handle->node].standing = FALSE;
      state_rules_give_up (self->graph, handle->node, STATE_OPERATION_STOP);
      state_units_tell (self);
      if (handle->request != NULL)
        {
          g_autoptr (StateRequest) request = g_object_ref (handle->request);

          state_request_cancel (request);
          has_called_out (self);
        }
    }
}

/* Their requests are cancelled, though nobody waits for the answer. */
static void
cancel_expired (StateUnits *self, StateTransition *transition)
{
  g_autoptr (GPtrArray) requests = g_ptr_array_new_with_free_func (g_object_unref);
  guint32 slot;

  while (state_run_next_expired (transition->run, &slot))
    {
      StateUnitHandle *handle = g_ptr_array_index (transition->handles, slot);

      if (handle->request != NULL)
        g_ptr_array_add (requests, g_object_ref (handle->request));
      if (transition->is_logged)
        log_step (transition, transition->run->phase, slot);
    }
  state_units_tell (self);
  for (guint i = 0; i < requests->len; i++)
    state_request_cancel (g_ptr_array_index (requests, i));
  has_called_out (self);
}

static void
expire (StateUnits *self)
{
  StateTransition *transition = self->current;

  if (self->standing->len > 0)
    expire_standing (self);
  if (transition == NULL)
    return;
  if (transition->deadline != 0 && transition->deadline <= state_units_get_now (self))
    {
      transition->run->timed_out = !transition->run->done;
      state_run_abandon (transition->run, state_units_get_now (self));
    }
  else
    state_run_expire (transition->run, state_units_get_now (self));
  if (transition->slow_time != 0 && transition->slow_time <= state_units_get_now (self))
    {
      state_transition_tell_slow (transition, self);
      has_called_out (self);
    }
  if (state_run_has_expired (transition->run))
    cancel_expired (self, transition);
}

static gint64
earlier (gint64 one, gint64 other)
{
  return one == 0 || (other != 0 && other < one) ? other : one;
}

static gint64
next_deadline (StateUnits *self)
{
  gint64 deadline = 0;

  for (guint i = 0; i < self->standing->len; i++)
    deadline =
        earlier (deadline,
                 ((StateUnitHandle *) g_ptr_array_index (self->standing, i))->extras->deadline);
  if (self->current != NULL)
    {
      deadline = earlier (deadline, self->current->deadline);
      deadline = earlier (deadline, self->current->slow_time);
      deadline = earlier (deadline, state_run_get_deadline (self->current->run));
    }
  return deadline;
}

/* Transitions */

static void
begin (StateUnits *self, StateTransition *transition)
{
  state_transition_begin (transition, self);
  self->current = g_object_ref (transition);
  g_set_object (&self->last, transition);
  state_transition_set_status (transition, STATE_TRANSITION_STATUS_RUNNING);
  state_units_notify_transitions (self);
  state_transition_tell (transition);
  state_units_emit_started (self, transition);
}

static void
update_running (StateUnits *self, StateTransition *transition)
{
  gboolean may_run = state_rules_any_may_run (self->graph);
  gboolean whole = transition->removal == NULL && transition->subset == NULL &&
                   !transition->leave_rest && !transition->is_refused;

  if (whole && transition->operation == STATE_OPERATION_START)
    state_units_set_running (self, transition->run->succeeded || may_run);
  else if (whole && transition->operation == STATE_OPERATION_STOP)
    state_units_set_running (self, may_run);
}

/* One that was lost is stopped. */
static void
take_back (StateUnits *self, StateUnitHandle *handle)
{
  if (handle->units != self || handle->is_lost ||
      self->graph->nodes[handle->node].state != STATE_UNIT_STATE_LOST)
    return;
  state_graph_set_state (self->graph, handle->node, STATE_UNIT_STATE_STOPPED, FALSE, FALSE);
  state_units_tell (self);
  state_units_notify_allowed (self);
}

static void
take_back_found (StateUnits *self)
{
  while (self->current == NULL && self->found->len > 0)
    {
      g_autoptr (StateUnitHandle) handle = g_ptr_array_steal_index (self->found, 0);

      take_back (self, handle);
    }
}

static void
end (StateUnits *self)
{
  g_autoptr (StateTransition) transition = g_steal_pointer (&self->current);

  state_run_end (transition->run);
  state_units_forget_the_gone (self);
  state_transition_settle (transition, self);
  drop_spares (self);
  update_running (self, transition);
  state_transition_finish (transition, self);
  take_back_found (self);
  has_called_out (self);
}

/* The next one in the queue, if the set is at rest. */
static gboolean
begin_next (StateUnits *self)
{
  g_autoptr (StateTransition) next = g_queue_pop_head (&self->queue);

  if (next == NULL)
    return FALSE;
  if (state_transition_is_cancel_requested (next))
    state_transition_finish_unbegun (next);
  else
    begin (self, next);
  return TRUE;
}

/* Does one thing for the current transition, which the caller holds; FALSE: there is
 * nothing to do for now. */
static gboolean
advance (StateUnits *self, StateTransition *transition)
{
  guint32 slot;

  if (g_atomic_int_get (&transition->cancel_requested) || transition->run->wants_cancel)
    {
      state_transition_heed (transition);
      has_called_out (self);
    }
  if (state_run_has_expired (transition->run))
    cancel_expired (self, transition);
  if (self->current != transition)
    return TRUE;
  if (state_run_next (transition->run, state_units_get_now (self), &slot))
    {
      ask (self, transition, slot);
      return TRUE;
    }
  state_units_tell (self);
  if (self->current != transition || !transition->run->done)
    return FALSE;
  end (self);
  return TRUE;
}

/* As long as there is something to do, and the others in the main loop need not have
 * their turn. */
static void
advance_all (StateUnits *self)
{
  gint64 end_of_slice = state_units_get_now (self) + SLICE;
  gboolean goes_on = TRUE;

  while (goes_on)
    {
      g_autoptr (StateTransition) transition = NULL;

      if (!g_set_object (&transition, self->current))
        {
          goes_on = begin_next (self);
          has_called_out (self);
        }
      while (goes_on && transition != NULL && self->current == transition)
        {
          if (state_units_get_now (self) >= end_of_slice)
            {
              state_dispatcher_again (self->dispatcher);
              return;
            }
          goes_on = advance (self, transition);
        }
    }
}

/* Called whenever something may have happened. */
void
state_units_pump (gpointer units)
{
  g_autoptr (StateUnits) self = g_object_ref (STATE_UNITS (units));
  g_autoptr (StateTransition) current = NULL;

  expire (self);
  state_units_tell (self);
  advance_all (self);
  if (g_set_object (&current, self->current))
    state_transition_tell (current);
  state_dispatcher_set_deadline (self->dispatcher, next_deadline (self));
  /* Others in the main loop come next. */
  has_called_out (self);
}

void
state_units_enqueue (StateUnits *self, StateTransition *transition)
{
  g_queue_push_tail (&self->queue, g_object_ref (transition));
  state_dispatcher_again (self->dispatcher);
}

/* Events */

/* A unit that ran runs no longer. */
static void
settle_ended (StateUnits *self,
              StateUnitHandle *handle,
              StateUnitState state,
              StateStepOutcome outcome,
              GError *reason)
{
  guint32 slot = self->current != NULL ? state_run_slot_of (self->current->run, handle->node)
                                       : STATE_SLOT_NONE;

  if (slot != STATE_SLOT_NONE && self->current->run->phase->operation == STATE_OPERATION_START)
    {
      state_transition_take_error (self->current, slot, g_error_copy (reason));
      state_run_ended (self->current->run, slot, outcome, state_units_get_now (self));
    }
  state_unit_handle_take_error (handle, g_steal_pointer (&reason));
  state_graph_set_state (self->graph, handle->node, state, FALSE, FALSE);
  state_units_tell (self);
  state_units_notify_allowed (self);
  state_dispatcher_again (self->dispatcher);
}

static void
end_unit (StateUnits *self, StateUnitHandle *handle, const GError *error)
{
  GError *reason;

  if (self->graph->nodes[handle->node].state != STATE_UNIT_STATE_RUNNING)
    return;
  reason = error != NULL ? g_error_copy (error)
                         : g_error_new_literal (STATE_ERROR, STATE_ERROR_TRANSITION_FAILED,
                                                "it came to its end by itself");
  settle_ended (self, handle, error != NULL ? STATE_UNIT_STATE_FAILED : STATE_UNIT_STATE_STOPPED,
                STATE_STEP_OUTCOME_FAILED, reason);
}

/* Nobody is there for it any more. A request that is with it fails as its answer.
 * @error: nullable */
static void
lose_unit (StateUnits *self, StateUnitHandle *handle, const GError *error)
{
  GError *reason;

  handle->is_lost = TRUE;
  if (handle->request != NULL || self->graph->nodes[handle->node].state == STATE_UNIT_STATE_LOST)
    return;
  reason = error != NULL
               ? g_error_copy (error)
               : g_error_new_literal (STATE_ERROR, STATE_ERROR_LOST, "nobody is there to answer");
  if (self->graph->nodes[handle->node].state == STATE_UNIT_STATE_RUNNING)
    settle_ended (self, handle, STATE_UNIT_STATE_LOST, STATE_STEP_OUTCOME_LOST, reason);
  else
    {
      state_unit_handle_take_error (handle, reason);
      state_graph_set_state (self->graph, handle->node, STATE_UNIT_STATE_LOST, FALSE, FALSE);
      state_units_tell (self);
      state_units_notify_allowed (self);
    }
}

/* Somebody is there again, as new: a transition that is under way still counts it as
 * lost, since the unit is no longer what it was when this began. */
static void
find_unit (StateUnits *self, StateUnitHandle *handle)
{
  handle->is_lost = FALSE;
  if (self->current != NULL)
    g_ptr_array_add (self->found, g_object_ref (handle));
  else
    take_back (self, handle);
}

void
state_units_handle_event (StateUnits *self,
                          StateUnitHandle *handle,
                          StateEvent event,
                          const GError *error)
{
  g_autoptr (StateUnits) alive = g_object_ref (self);

  message_arrives (self);
  switch (event)
    {
    case STATE_EVENT_ENDED:
      end_unit (self, handle, error);
      break;
    case STATE_EVENT_LOST:
      lose_unit (self, handle, error);
      break;
    case STATE_EVENT_FOUND:
      find_unit (self, handle);
      break;
    case STATE_EVENT_DISCARD:
      state_units_discard (self, handle);
      break;
    default:
      g_assert_not_reached ();
    }
  has_called_out (self);
}
