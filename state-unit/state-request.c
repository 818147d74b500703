/* SPDX-License-Identifier: MIT */

#include "state-request-struct-private.h"

#include "state-error.h"
#include "state-queue-private.h"
#include "state-snapshot-private.h"
#include "state-unit-handle-private.h"
#include "state-unit-private.h"

/**
 * SECTION:state-request
 * @title: StateRequest
 * @short_description: one operation put to one unit
 *
 * See #StateRequest.
 */

/**
 * StateRequest:
 *
 * One operation put to one unit, to be answered once.
 *
 * A request is lent to the functions of #StateUnitInterface: a unit that
 * answers later keeps a reference. It is answered with
 * state_request_complete(), state_request_complete_with_state(),
 * state_request_fail() or one of the other ways to fail, from any thread, now
 * or later. Answering consumes nothing.
 *
 * - The second answer is a critical, and is ignored.
 * - A request whose last reference is dropped without an answer fails with
 *   %STATE_ERROR_DROPPED, so that nobody waits for ever.
 * - The request keeps its unit alive.
 * - Blocking work goes into state_request_run_in_thread().
 *
 * |[<!-- language="C" -->
 * static void
 * disk_start (StateUnit *unit, StateRequest *request)
 * {
 *   g_autoptr (GError) error = NULL;
 *
 *   if (disk_open (DISK (unit), &error))
 *     state_request_complete (request);
 *   else
 *     state_request_fail (request, error);
 * }
 * ]|
 *
 * All functions may be called from any thread.
 *
 * Since: 1.0
 */

G_DEFINE_FINAL_TYPE (StateRequest, state_request, G_TYPE_OBJECT)

static void
arrive (StateMessage *message)
{
  StateRequest *self = REQUEST_OF (message, arrival);

  self->parameters.answered (self);
}

static void
throw_arrival_away (StateMessage *message)
{
  StateRequest *self = REQUEST_OF (message, arrival);

  if (self->parameters.discarded != NULL)
    self->parameters.discarded (self);
  else
    g_object_unref (self);
}

static void
send_answer (StateRequest *self)
{
  if (self->parameters.answered == NULL)
    return;
  g_object_ref (self);
  if (self->parameters.home == NULL)
    {
      self->parameters.answered (self);
      return;
    }
  self->arrival.handle = arrive;
  self->arrival.discard = throw_arrival_away;
  state_dispatcher_post (self->parameters.home, &self->arrival);
}

/* Gives the answer, which has been claimed. */
void
state_request_take_answer (StateRequest *self, GVariant *state, GError *error)
{
  self->answer_state = state;
  self->answer_error = error;
  if (state != NULL || error != NULL)
    g_atomic_int_set (&self->marked, TRUE);
  if (g_atomic_int_get (&self->held) &&
      g_atomic_int_compare_and_exchange (&self->held, TRUE, FALSE))
    state_unit_release (self->parameters.unit);
  if (g_atomic_int_exchange (&self->delivery, DELIVERY_READY) == DELIVERY_OUT)
    send_answer (self);
}

static gboolean
claim_answer (StateRequest *self)
{
  if (g_atomic_int_compare_and_exchange (&self->answer, ANSWER_NONE, ANSWER_CLAIMED))
    return TRUE;
  if (!g_atomic_int_compare_and_exchange (&self->answer, ANSWER_OVERRULED, ANSWER_CLAIMED))
    g_critical ("The %s request of unit %s was answered twice; the second answer is ignored",
                state_operation_to_string (self->parameters.operation),
                state_request_get_unit_name (self) != NULL ? state_request_get_unit_name (self)
                                                           : "without a name");
  return FALSE;
}

static void
state_request_dispose (GObject *object)
{
  StateRequest *self = STATE_REQUEST (object);

  /* The answer takes a reference, and so brings the request back for once. */
  if (g_atomic_int_compare_and_exchange (&self->answer, ANSWER_NONE, ANSWER_CLAIMED))
    state_request_take_answer (self, NULL,
                               g_error_new (STATE_ERROR, STATE_ERROR_DROPPED,
                                            "the %s request was dropped without an answer",
                                            state_operation_to_string (
                                                self->parameters.operation)));
  G_OBJECT_CLASS (state_request_parent_class)->dispose (object);
}

void
state_request_clear_answer (StateRequest *self)
{
  g_clear_pointer (&self->answer_state, g_variant_unref);
  g_clear_error (&self->answer_error);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->text, g_free);
}

static void
state_request_finalize (GObject *object)
{
  StateRequest *self = STATE_REQUEST (object);

  state_request_release (self);
  state_request_clear_answer (self);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (state_request_parent_class)->finalize (object);
}

static void
state_request_class_init (StateRequestClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = state_request_dispose;
  object_class->finalize = state_request_finalize;
}

static void
state_request_init (StateRequest *self)
{
  g_mutex_init (&self->lock);
}

/* For units: what is asked */

/**
 * state_request_get_operation:
 * @self: a request
 *
 * Gets what is asked of the unit.
 *
 * Returns: the operation
 *
 * Since: 1.0
 */
StateOperation
state_request_get_operation (StateRequest *self)
{
  g_return_val_if_fail (STATE_IS_REQUEST (self), STATE_OPERATION_START);

  return self->parameters.operation;
}

/**
 * state_request_get_unit:
 * @self: a request
 *
 * Gets the unit that is asked.
 *
 * Returns: (transfer none) (nullable): the unit; %NULL when the request is one
 *   for a #StateUnitReceiver, behind which there is no object
 *
 * Since: 1.0
 */
StateUnit *
state_request_get_unit (StateRequest *self)
{
  g_return_val_if_fail (STATE_IS_REQUEST (self), NULL);

  return self->parameters.unit != NULL && !STATE_IS_QUEUE (self->parameters.unit)
             ? self->parameters.unit
             : NULL;
}

/**
 * state_request_get_unit_name:
 * @self: a request
 *
 * Gets the name that the unit has in its set.
 *
 * Returns: (transfer none) (nullable): the name; %NULL outside any set
 *
 * Since: 1.0
 */
const char *
state_request_get_unit_name (StateRequest *self)
{
  g_return_val_if_fail (STATE_IS_REQUEST (self), NULL);

  return self->parameters.handle != NULL ? state_unit_handle_get_name (self->parameters.handle)
                                         : NULL;
}

/**
 * state_request_get_cancellable:
 * @self: a request
 *
 * Gets a cancellable that is cancelled when the answer is no longer waited for, or
 * is to come soon: the transition was cancelled or abandoned, another unit failed
 * and it rolls back, the deadline has passed, or the unit left the set. The request
 * is to be answered all the same; %G_IO_ERROR_CANCELLED says that the unit gave up.
 *
 * It is cancelled in the main context of the set, which is not always that of
 * the unit.
 *
 * Returns: (transfer none): the cancellable, always the same for this request
 *
 * Since: 1.0
 */
GCancellable *
state_request_get_cancellable (StateRequest *self)
{
  GCancellable *cancellable;

  g_return_val_if_fail (STATE_IS_REQUEST (self), NULL);

  g_atomic_int_set (&self->marked, TRUE);
  cancellable = g_atomic_pointer_get (&self->cancellable);
  if (cancellable == NULL)
    {
      g_autoptr (GCancellable) made = g_cancellable_new ();

      if (g_atomic_pointer_compare_and_exchange (&self->cancellable, NULL, made))
        g_steal_pointer (&made);
      cancellable = g_atomic_pointer_get (&self->cancellable);
    }
  /* It may have been cancelled just before there was something to cancel. */
  if (g_atomic_int_get (&self->cancelled) && !g_cancellable_is_cancelled (cancellable))
    g_cancellable_cancel (cancellable);
  return cancellable;
}

/**
 * state_request_get_deadline:
 * @self: a request
 *
 * Gets when the request will be given up on: it then fails with
 * %STATE_ERROR_TIMED_OUT, and its cancellable is cancelled. See
 * state_request_extend(). A transition that is cancelled, or is to be rolled back,
 * gives up on requests without one after 10 s, which is not told here.
 *
 * Returns: the time, in µs of monotonic time; 0: none
 *
 * Since: 1.0
 */
gint64
state_request_get_deadline (StateRequest *self)
{
  gint64 deadline;

  g_return_val_if_fail (STATE_IS_REQUEST (self), 0);

  g_mutex_lock (&self->lock);
  deadline = self->parameters.deadline;
  g_mutex_unlock (&self->lock);
  return deadline;
}

/**
 * state_request_get_state:
 * @self: a request
 *
 * Gets the saved state that a unit is asked to restore. It is what the unit
 * gave to state_request_complete_with_state() when it was saved, or what
 * somebody else put in a snapshot: untrusted input.
 *
 * Returns: (transfer none) (nullable): the state, of any type; %NULL for other
 *   operations than restore
 *
 * Since: 1.0
 */
GVariant *
state_request_get_state (StateRequest *self)
{
  g_return_val_if_fail (STATE_IS_REQUEST (self), NULL);

  return self->parameters.state;
}

/**
 * state_request_get_state_version:
 * @self: a request
 *
 * Gets the version of the saved state: when saving, the one to write; when
 * restoring, the one that state_request_get_state() has.
 *
 * Returns: the version; 0 for other operations
 *
 * Since: 1.0
 */
guint
state_request_get_state_version (StateRequest *self)
{
  g_return_val_if_fail (STATE_IS_REQUEST (self), 0);

  return self->parameters.state_version;
}

/**
 * state_request_get_inspect_path:
 * @self: a request
 *
 * Gets what of the unit is looked at, as a path relative to the unit: parts
 * joined by `/`. The answer to an inspection is the tree of the whole unit all
 * the same; what is not on the path may be left out of it.
 *
 * Returns: (transfer none) (nullable): the path; "" for the whole unit; %NULL
 *   for other operations than inspect
 *
 * Since: 1.0
 */
const char *
state_request_get_inspect_path (StateRequest *self)
{
  g_return_val_if_fail (STATE_IS_REQUEST (self), NULL);

  return self->parameters.inspect_path;
}

/**
 * state_request_get_inspect_depth:
 * @self: a request
 *
 * Gets how many levels of the tree below the path are wanted. What is deeper
 * may be left out of the answer.
 *
 * Returns: the number of levels; 0 = no limit
 *
 * Since: 1.0
 */
guint
state_request_get_inspect_depth (StateRequest *self)
{
  g_return_val_if_fail (STATE_IS_REQUEST (self), 0);

  return self->parameters.inspect_depth;
}

/**
 * state_request_get_inspect_value:
 * @self: a request
 *
 * Gets the value that is to be put in place of the one at the path, before the
 * unit answers. state_request_complete() says that it was taken as it is;
 * state_request_complete_with_state() with a tree tells the one taken instead.
 *
 * Returns: (transfer none) (nullable): the value; %NULL when the unit is only
 *   looked at, and for other operations than inspect
 *
 * Since: 1.0
 */
GVariant *
state_request_get_inspect_value (StateRequest *self)
{
  g_return_val_if_fail (STATE_IS_REQUEST (self), NULL);

  return self->parameters.inspect_value;
}

/* For units: the answer */

/**
 * state_request_complete:
 * @self: a request
 *
 * Answers that the unit did what was asked: for save, that there is no state
 * to save; for inspect, that there is nothing to tell, or that the new value
 * was taken.
 *
 * Since: 1.0
 */
void
state_request_complete (StateRequest *self)
{
  g_return_if_fail (STATE_IS_REQUEST (self));

  if (claim_answer (self))
    state_request_take_answer (self, NULL, NULL);
}

/* Why the state is no answer to the request; NULL: it is one. */
static GError *
check_state (StateRequest *self, GVariant *state)
{
  StateOperation operation = self->parameters.operation;

  if (state == NULL)
    return NULL;
  if (operation == STATE_OPERATION_SAVE)
    {
      if (state_snapshot_can_hold (state))
        return NULL;
      return g_error_new_literal (STATE_ERROR, STATE_ERROR_INVALID_ANSWER,
                                  "save was answered with a state that is nested too deeply");
    }
  if (operation == STATE_OPERATION_INSPECT)
    {
      if (g_variant_is_of_type (state, G_VARIANT_TYPE_VARDICT))
        return NULL;
      return g_error_new (STATE_ERROR, STATE_ERROR_INVALID_ANSWER,
                          "inspect was answered with type %s; answer with a{sv}",
                          g_variant_get_type_string (state));
    }
  return g_error_new (STATE_ERROR, STATE_ERROR_INVALID_ANSWER,
                      "%s was answered with a state; answer without one",
                      state_operation_to_string (operation));
}

/**
 * state_request_complete_with_state:
 * @self: a request
 * @state: (transfer none) (nullable): for save, the saved state, of any type
 *   (`a{sv}` is advised, since it can grow), %NULL = no state; for inspect,
 *   the tree, of type `a{sv}`. A floating reference is sunk
 *
 * Answers that the unit did what was asked, and hands over its state. A state
 * of another type than that, or one for another operation, fails the request
 * with %STATE_ERROR_INVALID_ANSWER.
 *
 * Since: 1.0
 */
void
state_request_complete_with_state (StateRequest *self, GVariant *state)
{
  g_autoptr (GVariant) own = state != NULL ? g_variant_ref_sink (state) : NULL;
  GError *error;

  g_return_if_fail (STATE_IS_REQUEST (self));

  if (!claim_answer (self))
    return;
  error = check_state (self, own);
  state_request_take_answer (self, error == NULL ? g_steal_pointer (&own) : NULL, error);
}

static GError *
no_error_given (StateRequest *self)
{
  return g_error_new (STATE_ERROR, STATE_ERROR_INVALID_ANSWER,
                      "%s failed, and the unit did not say why: an error with a domain is needed",
                      state_operation_to_string (self->parameters.operation));
}

/**
 * state_request_fail:
 * @self: a request
 * @error: (transfer none): why the unit did not do what was asked
 *
 * Answers that the unit did not do what was asked. What the unit then
 * guarantees is said at #StateUnitInterface. %G_IO_ERROR_CANCELLED after the
 * cancellable was cancelled says that the unit gave up.
 *
 * Without an error, or with one that has no domain, the request fails with
 * %STATE_ERROR_INVALID_ANSWER.
 *
 * Since: 1.0
 */
void
state_request_fail (StateRequest *self, const GError *error)
{
  g_return_if_fail (STATE_IS_REQUEST (self));

  state_request_take_error (self,
                            error != NULL && error->domain != 0 ? g_error_copy (error) : NULL);
}

/**
 * state_request_fail_literal:
 * @self: a request
 * @domain: the error domain
 * @code: the error code
 * @message: (nullable): the message
 *
 * state_request_fail() with an error made of these. Without a domain or a
 * message, the request fails with %STATE_ERROR_INVALID_ANSWER.
 *
 * Since: 1.0
 */
void
state_request_fail_literal (StateRequest *self, GQuark domain, int code, const char *message)
{
  g_return_if_fail (STATE_IS_REQUEST (self));

  state_request_take_error (self, domain != 0 && message != NULL
                                      ? g_error_new_literal (domain, code, message)
                                      : NULL);
}

/**
 * state_request_take_error:
 * @self: a request
 * @error: (transfer full): why the unit did not do what was asked
 *
 * state_request_fail() that takes over the error.
 *
 * Since: 1.0
 */
void
state_request_take_error (StateRequest *self, GError *error)
{
  g_autoptr (GError) own = error;

  g_return_if_fail (STATE_IS_REQUEST (self));

  if (!claim_answer (self))
    return;
  if (own == NULL || own->domain == 0)
    state_request_take_answer (self, NULL, no_error_given (self));
  else
    state_request_take_answer (self, NULL, g_steal_pointer (&own));
}

/**
 * state_request_is_answered:
 * @self: a request
 *
 * Gets whether the request has been answered, by the unit or in its place.
 *
 * Returns: whether it has
 *
 * Since: 1.0
 */
gboolean
state_request_is_answered (StateRequest *self)
{
  g_return_val_if_fail (STATE_IS_REQUEST (self), FALSE);

  return g_atomic_int_get (&self->answer) != ANSWER_NONE;
}
