/* SPDX-License-Identifier: MIT */

#include "state-request-private.h"

#include "state-error.h"
#include "state-queue-private.h"
#include "state-request-batch-private.h"
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

/* How far the answer has come. */
enum
{
  ANSWER_NONE,
  ANSWER_CLAIMED,  /* somebody is giving it */
  ANSWER_OVERRULED /* the library gave it; the unit's own is yet to come */
};

/* How the answer gets to those who ask. */
enum
{
  DELIVERY_CALLING, /* the unit's function is being called by those who ask */
  DELIVERY_OUT,     /* it is to be sent */
  DELIVERY_READY    /* it has been given */
};

struct _StateRequest
{
  GObject parent_instance;

  StateMessage call;
  StateMessage arrival;
  StateMessage progress;
  StateMessage extension;
  StateRequestParameters parameters;

  GTypeClass *class;         /* of the unit that was called last */
  StateUnitInterface *iface; /* its */

  gboolean borrows; /* holds no references to what the parameters name */
  gint marked;      /* atomic: there is more to be forgotten than that it was answered */

  gint answer;               /* atomic: ANSWER_… */
  gint delivery;             /* atomic: DELIVERY_… */
  gint revoked;              /* atomic */
  gint held;                 /* atomic: the unit is kept from other requests by this one */
  gint cancelled;            /* atomic */
  GCancellable *cancellable; /* atomic; made when asked for */

  GVariant *answer_state;
  GError *answer_error;

  gint progress_posted;  /* atomic */
  gint extension_posted; /* atomic */
  GMutex lock;           /* for those below, and the deadline */
  double fraction;
  char *text;
  StateRequestBatch *batch; /* not a reference: it is in there, and is told of a cancel */
  guint position;
};

G_DEFINE_FINAL_TYPE (StateRequest, state_request, G_TYPE_OBJECT)

#define REQUEST_OF(message, member) \
  ((StateRequest *) ((char *) (message) -G_STRUCT_OFFSET (StateRequest, member)))

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

static void
take_answer (StateRequest *self, GVariant *state, GError *error)
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
    take_answer (self, NULL,
                 g_error_new (STATE_ERROR, STATE_ERROR_DROPPED,
                              "the %s request was dropped without an answer",
                              state_operation_to_string (self->parameters.operation)));
  G_OBJECT_CLASS (state_request_parent_class)->dispose (object);
}

static void
release_parameters (StateRequestParameters *parameters)
{
  g_clear_object (&parameters->unit);
  g_clear_object (&parameters->handle);
  g_clear_pointer (&parameters->thread, state_thread_unref);
  g_clear_pointer (&parameters->context, g_main_context_unref);
  g_clear_pointer (&parameters->home, state_dispatcher_unref);
  g_clear_pointer (&parameters->state, g_variant_unref);
  g_clear_pointer (&parameters->inspect_value, g_variant_unref);
  g_free ((char *) parameters->inspect_path);
}

static void
clear_answer (StateRequest *self)
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

  if (!self->borrows)
    release_parameters (&self->parameters);
  clear_answer (self);
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

static StateRequest *
new_borrowing (const StateRequestParameters *parameters)
{
  StateRequest *self = g_object_new (STATE_TYPE_REQUEST, NULL);

  self->parameters = *parameters;
  self->borrows = TRUE;
  self->marked = parameters->state != NULL || parameters->state_version != 0;
  return self;
}

StateRequest *
state_request_new (const StateRequestParameters *parameters)
{
  StateRequest *self = new_borrowing (parameters);

  state_request_adopt (self);
  return self;
}

/* From then on it keeps alive what it names. */
void
state_request_adopt (StateRequest *self)
{
  StateRequestParameters *own = &self->parameters;

  if (!self->borrows)
    return;
  self->borrows = FALSE;
  if (own->unit != NULL)
    g_object_ref (own->unit);
  if (own->handle != NULL)
    g_object_ref (own->handle);
  if (own->context != NULL)
    g_main_context_ref (own->context);
  if (own->thread != NULL)
    state_thread_ref (own->thread);
  if (own->home != NULL)
    state_dispatcher_ref (own->home);
  if (own->state != NULL)
    g_variant_ref (own->state);
  if (own->inspect_value != NULL)
    g_variant_ref (own->inspect_value);
  own->inspect_path = g_strdup (own->inspect_path);
}

/* Whether it has been answered, and nobody but the caller knows of it: neither by a
 * reference nor by anything that GObject keeps in its data, such as a weak one. */
static gboolean
is_reusable (StateRequest *self)
{
  GObject *object = (GObject *) self;

  return g_atomic_int_get (&object->ref_count) == 1 &&
         ((gsize) g_atomic_pointer_get (&object->qdata) & ~(gsize) G_DATALIST_FLAGS_MASK) == 0 &&
         g_atomic_int_get (&self->delivery) == DELIVERY_READY &&
         g_atomic_int_get (&self->answer) == ANSWER_CLAIMED;
}

/* The list goes through the messages, of which none is on its way. */
#define NEXT_OF(request) ((request)->call.next)

/* Takes the caller's reference over into the list, and forgets all that the request
 * held on to. FALSE: somebody still knows of it. */
gboolean
state_request_keep (StateRequest *self, StateRequest **list)
{
  if (!is_reusable (self))
    return FALSE;
  if (!self->borrows)
    release_parameters (&self->parameters);
  if (self->answer_state != NULL || self->answer_error != NULL || self->cancellable != NULL ||
      self->text != NULL)
    clear_answer (self);
  NEXT_OF (self) = (StateMessage *) *list;
  *list = self;
  return TRUE;
}

StateRequest *
state_request_take (StateRequest **list, const StateRequestParameters *parameters)
{
  StateRequest *self = *list;

  if (self == NULL)
    return new_borrowing (parameters);
  *list = (StateRequest *) NEXT_OF (self);
  self->parameters = *parameters;
  self->borrows = TRUE;
  self->marked = parameters->state != NULL || parameters->state_version != 0;
  self->answer = ANSWER_NONE;
  self->delivery = DELIVERY_CALLING;
  self->revoked = self->held = self->cancelled = FALSE;
  self->progress_posted = self->extension_posted = FALSE;
  self->fraction = 0;
  return self;
}

gboolean
state_request_is_as_new (StateRequest *self)
{
  return self->borrows && !g_atomic_int_get (&self->marked) && is_reusable (self);
}

void
state_request_put_on (StateRequest *self,
                      StateOperation operation,
                      StateUnitHandle *handle,
                      StateUnit *unit,
                      gint64 deadline)
{
  self->parameters.operation = operation;
  self->parameters.handle = handle;
  self->parameters.unit = unit;
  self->parameters.deadline = deadline;
  self->answer = ANSWER_NONE;
  self->delivery = DELIVERY_CALLING;
}

void
state_request_list_free (StateRequest *list)
{
  while (list != NULL)
    {
      StateRequest *self = list;

      list = (StateRequest *) NEXT_OF (self);
      self->parameters = (StateRequestParameters){ 0 };
      g_object_unref (self);
    }
}

/* The way to the unit, and back */

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
  state_request_adopt (self);
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
  g_atomic_int_set (&self->marked, TRUE);
  state_request_adopt (self);
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
    take_answer (self, NULL, error);
  else
    g_error_free (error);
}

/* The batch that the request is in from now on; NULL: none. */
void
state_request_set_batch (StateRequest *self, StateRequestBatch *batch, guint position)
{
  g_mutex_lock (&self->lock);
  self->batch = batch;
  self->position = position;
  g_mutex_unlock (&self->lock);
}

/* A batch that is being disposed of takes its requests out first, under the lock. */
static void
tell_batch (StateRequest *self)
{
  g_autoptr (StateRequestBatch) batch = NULL;
  guint position;

  g_mutex_lock (&self->lock);
  batch = self->batch != NULL ? g_object_ref (self->batch) : NULL;
  position = self->position;
  g_mutex_unlock (&self->lock);
  if (batch != NULL)
    state_request_batch_cancelled (batch, self->parameters.unit, position);
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
    take_answer (self, NULL, NULL);
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
  take_answer (self, error == NULL ? g_steal_pointer (&own) : NULL, error);
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
    take_answer (self, NULL, no_error_given (self));
  else
    take_answer (self, NULL, g_steal_pointer (&own));
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

/* For units: meanwhile */

static void
progress_arrives (StateMessage *message)
{
  g_autoptr (StateRequest) self = REQUEST_OF (message, progress);

  g_atomic_int_set (&self->progress_posted, FALSE);
  self->parameters.progressed (self);
}

static void
throw_progress_away (StateMessage *message)
{
  g_object_unref (REQUEST_OF (message, progress));
}

static void
extension_arrives (StateMessage *message)
{
  g_autoptr (StateRequest) self = REQUEST_OF (message, extension);

  g_atomic_int_set (&self->extension_posted, FALSE);
  self->parameters.extended (self);
}

static void
throw_extension_away (StateMessage *message)
{
  g_object_unref (REQUEST_OF (message, extension));
}

/**
 * state_request_extend:
 * @self: a request
 * @ms: how much more time, added to the deadline (not counted from now), in ms
 *
 * Puts the deadline off: for a unit that is still at work, and knows that it will
 * be. Ignored when there is none, when it has passed, and once the request is
 * answered. It does not reach the time limit of the transition.
 *
 * Since: 1.0
 */
void
state_request_extend (StateRequest *self, guint ms)
{
  g_return_if_fail (STATE_IS_REQUEST (self));

  if (state_request_is_answered (self) || self->parameters.extended == NULL)
    return;
  g_atomic_int_set (&self->marked, TRUE);
  g_mutex_lock (&self->lock);
  if (self->parameters.deadline != 0)
    self->parameters.deadline += ms * (gint64) 1000;
  g_mutex_unlock (&self->lock);

  if (!g_atomic_int_compare_and_exchange (&self->extension_posted, FALSE, TRUE))
    return;
  self->extension.handle = extension_arrives;
  self->extension.discard = throw_extension_away;
  g_object_ref (self);
  state_dispatcher_post (self->parameters.home, &self->extension);
}

/**
 * state_request_set_progress:
 * @self: a request
 * @fraction: how much of the work is done, from 0 to 1
 * @message: (nullable): what the unit is doing, for people
 *
 * Tells how far the unit has come, for #StateTransitionStep:progress,
 * #StateTransitionStep:message and #StateTransition:progress. May be called as
 * often as wanted: what the set has not yet looked at is replaced. Ignored once
 * the request is answered.
 *
 * Since: 1.0
 */
void
state_request_set_progress (StateRequest *self, double fraction, const char *message)
{
  g_return_if_fail (STATE_IS_REQUEST (self));
  g_return_if_fail (fraction >= 0 && fraction <= 1);

  if (state_request_is_answered (self) || self->parameters.progressed == NULL)
    return;

  g_atomic_int_set (&self->marked, TRUE);
  g_mutex_lock (&self->lock);
  self->fraction = fraction;
  g_free (self->text);
  self->text = g_strdup (message);
  g_mutex_unlock (&self->lock);

  if (!g_atomic_int_compare_and_exchange (&self->progress_posted, FALSE, TRUE))
    return;
  self->progress.handle = progress_arrives;
  self->progress.discard = throw_progress_away;
  g_object_ref (self);
  state_dispatcher_post (self->parameters.home, &self->progress);
}

typedef struct
{
  StateRequest *request;
  StateRequestThreadFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
} ThreadWork;

static gboolean
nothing_to_do (gpointer user_data)
{
  return G_SOURCE_REMOVE;
}

/* The notification of an idle source runs in its context, whether the source is
 * dispatched or the context goes before. */
static void
destroy_in_context (GMainContext *context, gpointer user_data, GDestroyNotify destroy)
{
  g_autoptr (GSource) source = NULL;

  if (destroy == NULL)
    return;
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "state-unit: end of a thread's work");
  g_source_set_callback (source, nothing_to_do, user_data, destroy);
  g_source_attach (source, context);
}

static void
do_thread_work (gpointer data, gpointer unused)
{
  ThreadWork *work = data;
  StateRequest *request = work->request;

  if (!g_atomic_int_get (&request->revoked) && !state_request_is_answered (request))
    work->func (request, work->user_data);
  destroy_in_context (request->parameters.context, work->user_data, work->destroy);
  if (g_atomic_int_compare_and_exchange (&request->answer, ANSWER_NONE, ANSWER_CLAIMED))
    take_answer (request, NULL,
                 g_error_new (STATE_ERROR, STATE_ERROR_DROPPED,
                              "the function of the %s request returned without an answer",
                              state_operation_to_string (request->parameters.operation)));
  g_object_unref (request);
  g_free (work);
}

/* Without a limit, since work that waits for other work must not keep it from
 * running; threads that are idle are used again. */
static GThreadPool *
thread_pool (void)
{
  static GThreadPool *pool;

  if (g_once_init_enter (&pool))
    g_once_init_leave (&pool, g_thread_pool_new (do_thread_work, NULL, -1, FALSE, NULL));
  return pool;
}

/**
 * state_request_run_in_thread:
 * @self: a request
 * @func: (scope notified) (closure user_data) (destroy destroy): the blocking work
 * @user_data: data for @func
 * @destroy: (nullable): called with @user_data in the unit's main context, once
 *   @func has returned
 *
 * Calls @func on a thread of the library's own, where it may block, and is to
 * answer the request. If it returns without having answered, the request fails
 * with %STATE_ERROR_DROPPED. There is no limit to the number of threads;
 * #StateUnits:max-concurrency limits how many units are asked at once.
 *
 * Not for languages whose functions cannot be called from other threads, such
 * as JavaScript: GJS reports a critical and does not call @func, and the request
 * fails with %STATE_ERROR_DROPPED.
 *
 * Since: 1.0
 */
void
state_request_run_in_thread (StateRequest *self,
                             StateRequestThreadFunc func,
                             gpointer user_data,
                             GDestroyNotify destroy)
{
  g_autoptr (GError) error = NULL;
  ThreadWork *work;

  g_return_if_fail (STATE_IS_REQUEST (self));
  g_return_if_fail (func != NULL);

  g_atomic_int_set (&self->marked, TRUE);
  work = g_new (ThreadWork, 1);
  *work = (ThreadWork){ g_object_ref (self), func, user_data, destroy };
  /* Work that no thread could be made for waits for one that becomes idle. */
  if (!g_thread_pool_push (thread_pool (), work, &error) &&
      g_thread_pool_get_num_threads (thread_pool ()) == 0)
    state_request_overrule (self, g_steal_pointer (&error));
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
