/* SPDX-License-Identifier: MIT */

#include "state-request-struct-private.h"

#include "state-error.h"
#include "state-queue-private.h"
#include "state-request-batch-private.h"
#include "state-unit-handle-private.h"
#include "state-unit-private.h"

/* The way to the unit, and back */

/* The transition that the state comes from may end before the answer. */
static inline void
hold_state (StateRequest *self)
{
  if (!self->borrows || self->holds_state || self->parameters.state == NULL)
    return;
  g_variant_ref (self->parameters.state);
  self->holds_state = TRUE;
}

static inline void
apply (StateUnitInterface *iface, StateUnit *unit, StateRequest *self)
{
  switch (self->parameters.operation)
    {
    case STATE_OPERATION_START:
      iface->start (unit, self);
      break;
    case STATE_OPERATION_STOP:
      iface->stop (unit, self);
      break;
    case STATE_OPERATION_RESET:
      iface->reset (unit, self);
      break;
    case STATE_OPERATION_SAVE:
      iface->save (unit, self);
      break;
    case STATE_OPERATION_RESTORE:
      iface->restore (unit, self);
      break;
    case STATE_OPERATION_POST_RESTORE:
      iface->post_restore (unit, self);
      break;
    case STATE_OPERATION_INSPECT:
      iface->inspect (unit, self);
      break;
    default:
      g_assert_not_reached ();
    }
}

/* The interface is looked up once for units of the same class that come one after the
 * other. */
static inline void
call_function (StateUnit *unit, StateRequest *self)
{
  GTypeClass *class = ((GTypeInstance *) unit)->g_class;
  StateUnitInterface *iface = self->iface;

  if (class != self->class)
    {
      iface = self->iface = STATE_UNIT_GET_IFACE (unit);
      self->class = class;
    }

  if (iface->handle_request == state_unit_default_handle_request)
    apply (iface, unit, self);
  else
    iface->handle_request (unit, self);
}

/* Calls the unit in its context. TRUE: it has answered, and nothing is sent. */
gboolean
state_request_call (StateRequest *self)
{
  StateUnit *unit = self->parameters.unit;

  call_function (unit, self);
  if (g_atomic_int_get (&self->delivery) == DELIVERY_READY)
    return TRUE;
  hold_state (self);
  return !g_atomic_int_compare_and_exchange (&self->delivery, DELIVERY_CALLING, DELIVERY_OUT);
}

/* Whether the unit is still to be called. */
gboolean
state_request_is_wanted (StateRequest *self)
{
  return !g_atomic_int_get (&self->revoked) && g_atomic_int_get (&self->answer) == ANSWER_NONE &&
         (self->parameters.handle == NULL || !state_unit_handle_has_left (self->parameters.handle));
}

static void
call_unit (StateMessage *message)
{
  g_autoptr (StateRequest) self = REQUEST_OF (message, call);
  StateUnit *unit = self->parameters.unit;

  if (state_request_is_wanted (self))
    call_function (unit, self);
}

static void
throw_call_away (StateMessage *message)
{
  g_object_unref (REQUEST_OF (message, call));
}

/* Has the unit called in the context of the dispatcher. */
void
state_request_post_call (StateRequest *self, StateDispatcher *dispatcher)
{
  state_request_set_out (self);
  self->call.handle = call_unit;
  self->call.discard = throw_call_away;
  g_object_ref (self);
  state_dispatcher_post (dispatcher, &self->call);
}

/* The answer is to be sent: nobody waits for the unit's function to return. */
void
state_request_set_out (StateRequest *self)
{
  hold_state (self);
  g_atomic_int_set (&self->delivery, DELIVERY_OUT);
}

/* The unit is not to be called any more, if it has not been. */
void
state_request_revoke (StateRequest *self)
{
  g_atomic_int_set (&self->marked, TRUE);
  g_atomic_int_set (&self->revoked, TRUE);
}

/* The unit leaves the set with the request: until it has been answered, no other
 * request is put to it. */
void
state_request_let_go (StateRequest *self)
{
  g_atomic_int_set (&self->marked, TRUE);
  state_request_adopt (self);
  state_unit_hold (self->parameters.unit);
  g_atomic_int_set (&self->held, TRUE);
  state_request_revoke (self);
  if (g_atomic_int_get (&self->delivery) == DELIVERY_READY &&
      g_atomic_int_compare_and_exchange (&self->held, TRUE, FALSE))
    state_unit_release (self->parameters.unit);
}

/* Gives the answer in the unit's place; the unit's own is ignored, and no error. */
void
state_request_overrule (StateRequest *self, GError *error)
{
  if (g_atomic_int_compare_and_exchange (&self->answer, ANSWER_NONE, ANSWER_OVERRULED))
    state_request_take_answer (self, NULL, error);
  else
    g_error_free (error);
}

/* The batch that the request is in from now on; NULL: none. */
void
state_request_set_batch (StateRequest *self, StateRequestBatch *batch)
{
  g_mutex_lock (&self->lock);
  self->batch = batch;
  g_mutex_unlock (&self->lock);
}

/* A batch that is being disposed of takes its requests out first, under the lock. */
static void
tell_batch (StateRequest *self)
{
  g_autoptr (StateRequestBatch) batch = NULL;

  g_mutex_lock (&self->lock);
  batch = self->batch != NULL ? g_object_ref (self->batch) : NULL;
  g_mutex_unlock (&self->lock);
  if (batch != NULL)
    state_request_batch_cancelled (batch, self);
}

/* In the context of those who ask. */
void
state_request_cancel (StateRequest *self)
{
  GCancellable *cancellable;

  g_atomic_int_set (&self->marked, TRUE);
  g_atomic_int_set (&self->cancelled, TRUE);
  cancellable = g_atomic_pointer_get (&self->cancellable);
  if (cancellable != NULL)
    g_cancellable_cancel (cancellable);
  tell_batch (self);
}

/**
 * state_request_apply:
 * @self: a request
 * @unit: a unit
 *
 * Calls the function of @unit that the request's operation names, such as
 * `start`. This is what the default `handle_request` does; for those who take
 * requests from a #StateUnitReceiver, or pass them on to another unit.
 *
 * Since: 1.0
 */
void
state_request_apply (StateRequest *self, StateUnit *unit)
{
  g_return_if_fail (STATE_IS_REQUEST (self));
  g_return_if_fail (STATE_IS_UNIT (unit));

  apply (STATE_UNIT_GET_IFACE (unit), unit, self);
}

/* For those who ask */

StateUnitHandle *
state_request_get_handle (StateRequest *self)
{
  return self->parameters.handle;
}

gpointer
state_request_get_owner (StateRequest *self)
{
  return self->parameters.owner;
}

/* In ms; G_MAXUINT: none. */
guint
state_request_get_inspect_timeout (StateRequest *self)
{
  return self->parameters.inspect_timeout_ms;
}

gboolean
state_request_is_cancelled (StateRequest *self)
{
  return g_atomic_int_get (&self->cancelled);
}

/* Whether it succeeded, and the answer is nothing but that. */
gboolean
state_request_is_success (StateRequest *self)
{
  return self->answer_error == NULL && self->answer_state == NULL;
}

/* What the answer means: a cancellation that nobody asked for is a failure. */
StateStepOutcome
state_request_get_outcome (StateRequest *self)
{
  const GError *error = self->answer_error;

  if (error == NULL)
    return STATE_STEP_OUTCOME_SUCCEEDED;
  if (g_error_matches (error, STATE_ERROR, STATE_ERROR_DROPPED))
    return STATE_STEP_OUTCOME_DROPPED;
  if (g_error_matches (error, STATE_ERROR, STATE_ERROR_LOST))
    return STATE_STEP_OUTCOME_LOST;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) &&
      state_request_is_cancelled (self))
    return STATE_STEP_OUTCOME_CANCELLED;
  return STATE_STEP_OUTCOME_FAILED;
}

/* NULL: it succeeded. */
const GError *
state_request_get_error (StateRequest *self)
{
  return self->answer_error;
}

GVariant *
state_request_get_answer (StateRequest *self)
{
  return self->answer_state;
}

/* The progress last told; the message is a copy. */
double
state_request_get_progress (StateRequest *self, char **message)
{
  double fraction;

  g_mutex_lock (&self->lock);
  fraction = self->fraction;
  *message = g_strdup (self->text);
  g_mutex_unlock (&self->lock);
  return fraction;
}
