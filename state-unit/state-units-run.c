/* SPDX-License-Identifier: MIT */

#include "state-error.h"
#include "state-request-private.h"
#include "state-transition-private.h"
#include "state-units-private.h"

/* How the set runs its transitions, one after the other: it asks the units that the
 * engine names, and takes what they answer back to it. Everything that it calls may
 * call it back, so that nothing is kept in hand across a call. */

/* How long to go on without giving the rest of the program its turn, in µs. */
#define SLICE (8 * 1000)

static gint64
now (void)
{
  return g_get_monotonic_time ();
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

/* Tells of every change of state since the last time, each as if it were now. */
void
state_units_tell (StateUnits *self)
{
  StateChange change;

  while (state_graph_next_change (self->graph, &change))
    {
      g_autoptr (StateUnitHandle) handle = NULL;
      gboolean has_reason =
          change.new_state == STATE_UNIT_STATE_FAILED || change.new_state == STATE_UNIT_STATE_LOST;

      if (!g_set_object (&handle, state_units_get_handle (self, change.node)))
        continue;
      if (!has_reason)
        state_unit_handle_take_error (handle, NULL);
      else if (handle->error == NULL)
        state_unit_handle_take_error (handle, reason_of_state (self, handle));
      state_unit_handle_notify_state (handle);
      state_units_emit_state_changed (self, handle, change.old_state, change.new_state);
    }
}

/* Answers */

/* A late answer settles a unit that was given up on. */
static void
take_late_answer (StateUnits *self, StateUnitHandle *handle, StateRequest *request)
{
  guint32 slot = self->current != NULL ? state_run_slot_of (self->current->run, handle->node)
                                       : STATE_SLOT_NONE;
  const GError *error = state_request_get_error (request);

  if (error != NULL)
    state_unit_handle_take_error (handle, g_error_copy (error));
  state_rules_settle_late (self->graph, handle->node, state_request_get_outcome (request));
  if (slot != STATE_SLOT_NONE)
    state_run_answer_late (self->current->run, slot, now ());
}

/* In the set's context. Ignored if the unit has left since. */
static void
take_answer (StateUnits *self, StateUnitHandle *handle, StateRequest *request)
{
  const GError *error = state_request_get_error (request);
  StateTransition *transition = self->current;
  guint32 slot;

  handle->request = NULL;
  if (self->graph->nodes[handle->node].state == STATE_UNIT_STATE_UNCERTAIN)
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
  state_transition_keep_answer (transition, slot, request);
  state_run_answer (transition->run, slot, state_request_get_outcome (request), now ());
}

/* An answer that was sent; with a reference to the request. */
void
state_units_answer_arrives (StateRequest *request)
{
  g_autoptr (StateRequest) own = request;
  StateUnitHandle *handle = state_request_get_handle (request);

  if (handle->units != NULL && handle->request == request)
    {
      take_answer (handle->units, handle, request);
      state_units_tell (handle->units);
    }
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

/* Asking */

/* A point of order, at which there is nobody to ask. */
static gboolean
is_nobody (StateUnitHandle *handle)
{
  return handle->unit == NULL;
}

static void
ask (StateUnits *self, guint32 slot)
{
  StateTransition *transition = self->current;
  g_autoptr (StateUnitHandle) handle = g_object_ref (g_ptr_array_index (transition->handles, slot));
  g_autoptr (StateRequest) request = NULL;

  if (is_nobody (handle))
    {
      state_units_tell (self);
      if (handle->units != NULL)
        state_run_answer (transition->run, slot, STATE_STEP_OUTCOME_SUCCEEDED, now ());
      state_units_tell (self);
      return;
    }

  request = state_transition_make_request (transition, slot);
  handle->request = request;
  state_units_tell (self);

  /* Whoever was told may have taken the unit out. */
  if (handle->request != request)
    state_request_overrule (request, g_error_new_literal (STATE_ERROR, STATE_ERROR_REMOVED,
                                                          "the unit left the set"));
  else if (handle->dispatcher != NULL)
    state_request_post_call (request, handle->dispatcher);
  else if (state_request_call (request) && handle->request == request)
    {
      take_answer (self, handle, request);
      state_units_tell (self);
    }
}

/* Transitions */

static void
begin (StateUnits *self, StateTransition *transition)
{
  state_transition_prepare (transition, self);
  self->current = g_object_ref (transition);
  g_set_object (&self->last, transition);
  state_units_notify_transitions (self);
  state_transition_tell (transition);
  state_units_emit_started (self, transition);
}

static void
update_running (StateUnits *self, StateTransition *transition)
{
  gboolean may_run = state_rules_any_may_run (self->graph);
  gboolean whole =
      transition->removal == NULL && !transition->leave_rest && transition->error == NULL;

  if (whole && transition->operation == STATE_OPERATION_START)
    state_units_set_running (self, transition->run->succeeded || may_run);
  else if (whole && transition->operation == STATE_OPERATION_STOP)
    state_units_set_running (self, may_run);
}

static void
end (StateUnits *self)
{
  g_autoptr (StateTransition) transition = g_steal_pointer (&self->current);

  state_run_end (transition->run);
  state_units_forget_the_gone (self);
  update_running (self, transition);
  state_dispatcher_set_deadline (self->dispatcher, 0);
  state_transition_finish (transition, self);
}

/* Does one thing; FALSE: there is nothing to do for now. */
static gboolean
advance (StateUnits *self)
{
  StateTransition *transition = self->current;
  guint32 slot;

  if (transition == NULL)
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

  state_transition_heed_cancellation (transition);
  if (self->current != transition)
    return TRUE;
  if (state_run_next (transition->run, now (), &slot))
    {
      ask (self, slot);
      return TRUE;
    }
  state_units_tell (self);
  if (self->current == transition && transition->run->done)
    {
      end (self);
      return TRUE;
    }
  return FALSE;
}

/* Called whenever something may have happened. */
void
state_units_pump (gpointer units)
{
  g_autoptr (StateUnits) self = g_object_ref (STATE_UNITS (units));
  gint64 end_of_slice = now () + SLICE;

  if (self->current != NULL)
    state_run_expire (self->current->run, now ());
  state_units_tell (self);
  while (advance (self))
    if (now () >= end_of_slice)
      {
        state_dispatcher_again (self->dispatcher);
        break;
      }
  if (self->current != NULL)
    {
      state_dispatcher_set_deadline (self->dispatcher, self->current->run->cancelled
                                                           ? self->current->run->give_up_time
                                                           : 0);
      state_transition_tell (self->current);
    }
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

  if (slot != STATE_SLOT_NONE && self->current->operation == STATE_OPERATION_START)
    {
      state_transition_take_error (self->current, slot, g_error_copy (reason));
      state_run_ended (self->current->run, slot, outcome, now ());
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

/* Nobody is there for it any more. A request that is with it fails as its answer. */
static void
lose_unit (StateUnits *self, StateUnitHandle *handle)
{
  GError *reason;

  if (handle->request != NULL || self->graph->nodes[handle->node].state == STATE_UNIT_STATE_LOST)
    return;
  reason = g_error_new_literal (STATE_ERROR, STATE_ERROR_LOST, "nobody is there to answer");
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

void
state_units_handle_event (StateUnits *self,
                          StateUnitHandle *handle,
                          StateEvent event,
                          const GError *error)
{
  g_autoptr (StateUnits) alive = g_object_ref (self);

  switch (event)
    {
    case STATE_EVENT_ENDED:
      end_unit (self, handle, error);
      break;
    case STATE_EVENT_LOST:
      lose_unit (self, handle);
      break;
    case STATE_EVENT_DISCARD:
      state_units_discard (self, handle);
      break;
    default:
      g_assert_not_reached ();
    }
}
