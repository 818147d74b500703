/* SPDX-License-Identifier: MIT */

#include "state-error.h"
#include "state-request-private.h"
#include "state-task-private.h"
#include "state-unit-handle-private.h"
#include "state-unit-private.h"

/* Requests to one unit, outside any set. They wait for each other, and for one that
 * the unit has taken along out of a set. */

/* What waits until the unit is free: a task, or a request of a set. */
typedef struct
{
  GTask *task;
  StateRequest *request;
  StateDispatcher *dispatcher;
  gboolean holds; /* the request: others wait for it in turn */
} Waiting;

typedef struct
{
  GQueue waiting;
  gboolean busy;
} SendQueue;

typedef struct
{
  StateOperation operation;
  GVariant *state;
  GCancellable *cancellable; /* of the request, once it is put */
  gulong handler;            /* on the cancellable of the task */
} Send;

static GMutex send_lock; /* for all queues, and what of Send changes */
gint state_unit_n_held;  /* changed with the lock held */

static void
send_free (gpointer data)
{
  Send *send = data;

  g_clear_pointer (&send->state, g_variant_unref);
  g_clear_object (&send->cancellable);
  g_free (send);
}

/* The queue */

static void
waiting_free (gpointer data)
{
  Waiting *waiting = data;

  g_clear_object (&waiting->task);
  g_clear_object (&waiting->request);
  g_clear_pointer (&waiting->dispatcher, state_dispatcher_unref);
  g_free (waiting);
}

static void
send_queue_free (gpointer data)
{
  SendQueue *queue = data;

  if (queue->busy)
    g_atomic_int_add (&state_unit_n_held, -1);
  g_queue_clear_full (&queue->waiting, waiting_free);
  g_free (queue);
}

static GQuark
send_queue_quark (void)
{
  return g_quark_from_static_string ("state-unit-send-queue");
}

/* With the lock held. */
static SendQueue *
get_queue (StateUnit *unit)
{
  SendQueue *queue = g_object_get_qdata (G_OBJECT (unit), send_queue_quark ());

  if (queue == NULL)
    {
      queue = g_new0 (SendQueue, 1);
      g_queue_init (&queue->waiting);
      g_object_set_qdata_full (G_OBJECT (unit), send_queue_quark (), queue, send_queue_free);
    }
  return queue;
}

/* With the lock held. */
static void
set_busy (SendQueue *queue, gboolean busy)
{
  if (queue->busy == busy)
    return;
  queue->busy = busy;
  g_atomic_int_add (&state_unit_n_held, busy ? 1 : -1);
}

static gboolean send_now (gpointer task);

/* Never from inside state_unit_send_async (): what the unit does must not come back
 * to a caller who is not done yet. */
static void
schedule (GTask *task)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "state-unit: request");
  g_source_set_callback (source, send_now, g_object_ref (task), g_object_unref);
  g_source_attach (source, g_task_get_context (task));
}

static void
enter_queue (StateUnit *unit, GTask *task)
{
  SendQueue *queue;
  gboolean is_turn;

  g_mutex_lock (&send_lock);
  queue = get_queue (unit);
  is_turn = !queue->busy;
  set_busy (queue, TRUE);
  if (!is_turn)
    {
      Waiting *waiting = g_new0 (Waiting, 1);

      waiting->task = g_object_ref (task);
      g_queue_push_tail (&queue->waiting, waiting);
    }
  g_mutex_unlock (&send_lock);

  if (is_turn)
    schedule (task);
}

/* With the lock held. */
static void
let_wait (SendQueue *queue, StateRequest *request, StateDispatcher *dispatcher, gboolean holds)
{
  Waiting *waiting = g_new0 (Waiting, 1);

  waiting->request = g_object_ref (request);
  waiting->dispatcher = state_dispatcher_ref (dispatcher);
  waiting->holds = holds;
  g_queue_push_tail (&queue->waiting, waiting);
}

/* TRUE: the unit is held, and will be called when it is free. */
gboolean
state_unit_call_when_free (StateUnit *self, StateRequest *request, StateDispatcher *dispatcher)
{
  SendQueue *queue;
  gboolean waits;

  if (g_atomic_int_get (&state_unit_n_held) == 0)
    return FALSE;
  g_mutex_lock (&send_lock);
  queue = g_object_get_qdata (G_OBJECT (self), send_queue_quark ());
  waits = queue != NULL && queue->busy;
  if (waits)
    let_wait (queue, request, dispatcher, FALSE);
  g_mutex_unlock (&send_lock);
  return waits;
}

/* The same for those who have no set to keep count: the unit is held for the request,
 * and whoever gets its answer releases it. */
gboolean
state_unit_hold_when_free (StateUnit *self, StateRequest *request, StateDispatcher *dispatcher)
{
  SendQueue *queue;
  gboolean waits;

  g_mutex_lock (&send_lock);
  queue = get_queue (self);
  waits = queue->busy;
  set_busy (queue, TRUE);
  if (waits)
    let_wait (queue, request, dispatcher, TRUE);
  g_mutex_unlock (&send_lock);
  return waits;
}

void
state_unit_hold (StateUnit *self)
{
  g_mutex_lock (&send_lock);
  set_busy (get_queue (self), TRUE);
  g_mutex_unlock (&send_lock);
}

/* A set keeps count of its own requests; the others go one by one. */
void
state_unit_release (StateUnit *self)
{
  gboolean holds;

  do
    {
      SendQueue *queue;
      Waiting *next;

      g_mutex_lock (&send_lock);
      queue = get_queue (self);
      next = g_queue_pop_head (&queue->waiting);
      holds = next != NULL && (next->task != NULL || next->holds);
      set_busy (queue, holds);
      g_mutex_unlock (&send_lock);

      if (next == NULL)
        return;
      if (next->task != NULL)
        schedule (next->task);
      else
        state_request_post_call (next->request, next->dispatcher);
      waiting_free (next);
    }
  while (!holds);
}

/* Sending */

static void
forget_handler (GTask *task)
{
  Send *send = g_task_get_task_data (task);
  gulong handler;

  g_mutex_lock (&send_lock);
  handler = send->handler;
  send->handler = 0;
  g_mutex_unlock (&send_lock);

  /* Not g_cancellable_disconnect (): a unit may answer from inside the handler. */
  if (handler != 0)
    g_signal_handler_disconnect (g_task_get_cancellable (task), handler);
}

/* It was its turn, which is over now. */
static void
send_done (GTask *task, GVariant *state, const GError *error)
{
  const Send *send = g_task_get_task_data (task);

  forget_handler (task);
  if (send->operation != STATE_OPERATION_INSPECT)
    state_unit_release (g_task_get_source_object (task));
  if (error != NULL)
    g_task_return_error (task, g_error_copy (error));
  else
    g_task_return_pointer (task, state != NULL ? g_variant_ref (state) : NULL,
                           (GDestroyNotify) g_variant_unref);
}

/* In the thread that answers. */
static void
sent_request_answered (StateRequest *request)
{
  g_autoptr (StateRequest) own = request;
  g_autoptr (GTask) task = state_request_get_owner (request);

  send_done (task, state_request_get_answer (request), state_request_get_error (request));
}

/* With the lock held. FALSE: it does not wait. */
static gboolean
take_waiting (SendQueue *queue, GTask *task)
{
  for (GList *l = queue->waiting.head; l != NULL; l = l->next)
    if (((Waiting *) l->data)->task == task)
      {
        waiting_free (l->data);
        g_queue_delete_link (&queue->waiting, l);
        return TRUE;
      }
  return FALSE;
}

/* One that waits ends; the request of one whose turn it is, is cancelled. */
static void
task_cancelled (GCancellable *cancellable, gpointer data)
{
  GTask *task = data;
  const Send *send = g_task_get_task_data (task);
  g_autoptr (GCancellable) of_request = NULL;
  gboolean waited;

  g_mutex_lock (&send_lock);
  waited = take_waiting (get_queue (g_task_get_source_object (task)), task);
  g_set_object (&of_request, send->cancellable);
  g_mutex_unlock (&send_lock);

  if (of_request != NULL)
    g_cancellable_cancel (of_request);
  if (!waited)
    return;
  forget_handler (task);
  g_task_return_error_if_cancelled (task);
}

static void
unref_task (gpointer task, GClosure *closure)
{
  g_object_unref (task);
}

static void
follow_cancellable (GTask *task)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  Send *send = g_task_get_task_data (task);

  if (cancellable == NULL)
    return;
  g_mutex_lock (&send_lock);
  send->handler = g_signal_connect_data (cancellable, "cancelled", G_CALLBACK (task_cancelled),
                                         g_object_ref (task), unref_task, 0);
  g_mutex_unlock (&send_lock);
}

static StateRequest *
request_of_task (GTask *task)
{
  StateUnit *unit = g_task_get_source_object (task);
  Send *send = g_task_get_task_data (task);
  StateRequest *request;
  guint oldest = 0;
  guint version = 0;

  if (send->operation == STATE_OPERATION_SAVE || send->operation == STATE_OPERATION_RESTORE)
    version = STATE_UNIT_GET_IFACE (unit)->get_state_version (unit, &oldest);
  request = state_request_new (&(StateRequestParameters){
      .operation = send->operation,
      .unit = unit,
      .context = g_task_get_context (task),
      .state = send->state,
      .state_version = version,
      .inspect_path = send->operation == STATE_OPERATION_INSPECT ? "" : NULL,
      .answered = sent_request_answered,
      .owner = g_object_ref (task),
  });
  g_mutex_lock (&send_lock);
  send->cancellable = g_object_ref (state_request_get_cancellable (request));
  g_mutex_unlock (&send_lock);
  return request;
}

/* A set asks its units itself; anybody may look at them. */
static gboolean
check_free (StateUnit *self, StateOperation operation, GError **error)
{
  g_autoptr (StateUnitHandle) handle = state_unit_handle_of_unit (self);

  if (handle == NULL || operation == STATE_OPERATION_INSPECT)
    return TRUE;
  g_set_error (error, STATE_ERROR, STATE_ERROR_UNIT_IN_USE,
               "unit %s is in a set: ask the set to %s it, or take it out first",
               state_unit_handle_get_name (handle), state_operation_to_string (operation));
  return FALSE;
}

/* A unit that is in a set is called where the set calls it. */
static void
put (StateUnit *unit, StateRequest *request)
{
  g_autoptr (StateUnitHandle) handle = state_unit_handle_of_unit (unit);

  if (handle != NULL)
    state_request_post_call (request, state_unit_handle_get_dispatcher (handle));
  else
    {
      state_request_set_out (request);
      STATE_UNIT_GET_IFACE (unit)->handle_request (unit, request);
    }
}

/* In the context of the task. */
static gboolean
send_now (gpointer data)
{
  GTask *task = data;
  Send *send = g_task_get_task_data (task);
  StateUnit *unit = g_task_get_source_object (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  g_autoptr (StateRequest) request = NULL;
  g_autoptr (GError) error = NULL;

  if (g_cancellable_set_error_if_cancelled (cancellable, &error) ||
      !check_free (unit, send->operation, &error))
    {
      send_done (task, NULL, error);
      return G_SOURCE_REMOVE;
    }
  request = request_of_task (task);
  if (g_cancellable_is_cancelled (cancellable))
    g_cancellable_cancel (state_request_get_cancellable (request));
  put (unit, request);
  return G_SOURCE_REMOVE;
}

/**
 * state_unit_send_async:
 * @self: a unit
 * @operation: what to ask
 * @state: (nullable): for restore, the saved state; a floating reference is sunk
 * @cancellable: (nullable): a cancellable; that of the request follows it
 * @callback: (scope async) (closure user_data): called in the thread-default
 *   main context of the caller when the unit has answered
 * @user_data: data for @callback
 *
 * Puts one request to a unit that is in no set. Any thread whose thread-default
 * main context is iterated: the unit is called there, from a later iteration. A
 * unit that is in a set may only be inspected, and is called where the set calls
 * it.
 *
 * Requests that would overlap wait for each other; inspect does not wait. There is
 * no deadline, and nobody checks whether the unit is in the state to be asked.
 *
 * Since: 1.0
 */
void
state_unit_send_async (StateUnit *self,
                       StateOperation operation,
                       GVariant *state,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  g_autoptr (GVariant) own = state != NULL ? g_variant_ref_sink (state) : NULL;
  g_autoptr (GTask) task = NULL;
  GError *error = NULL;
  Send *send;

  g_return_if_fail (STATE_IS_UNIT (self));
  g_return_if_fail (operation <= STATE_OPERATION_INSPECT);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  state_task_set_tag (task, state_unit_send_async);
  g_task_set_check_cancellable (task, FALSE);
  if (!check_free (self, operation, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  send = g_new0 (Send, 1);
  send->operation = operation;
  send->state = g_steal_pointer (&own);
  g_task_set_task_data (task, send, send_free);
  follow_cancellable (task);
  if (operation == STATE_OPERATION_INSPECT)
    schedule (task);
  else
    enter_queue (self, task);
}

/**
 * state_unit_send_finish:
 * @self: a unit
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_unit_send_async().
 *
 * Errors: those that the unit answers with; %STATE_ERROR_DROPPED when it dropped
 * the request; %STATE_ERROR_INVALID_ANSWER; %STATE_ERROR_UNIT_IN_USE when it is
 * in a set; %G_IO_ERROR_CANCELLED.
 *
 * Returns: (transfer full) (nullable): for save, the state; for inspect, the
 *   tree, of type `a{sv}`; %NULL without an error when there is none
 *
 * Since: 1.0
 */
GVariant *
state_unit_send_finish (StateUnit *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (STATE_IS_UNIT (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, state_unit_send_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
