/* SPDX-License-Identifier: MIT */

#include "state-unit.h"

#include "state-error.h"
#include "state-property-private.h"
#include "state-request-private.h"
#include "state-task-private.h"
#include "state-unit-handle-private.h"

/**
 * SECTION:state-unit
 * @title: StateUnit
 * @short_description: the interface of a unit
 *
 * See #StateUnit.
 */

/**
 * StateUnit:
 *
 * One component that is started, stopped, reset, saved and restored together
 * with others, by a #StateUnits.
 *
 * A unit implements those of the functions of #StateUnitInterface that it has
 * something to do for, each of which is given a #StateRequest to answer. Apart
 * from inspect, a unit has at most one request at a time.
 *
 * What the operations ask of a unit, and what its failure means:
 *
 * - start: asked when stopped. On failure the unit is stopped; one that cannot
 *   promise that does not answer, since a dropped start means that it may run.
 * - stop: asked when running, or when it may run. On failure it may still run,
 *   and can be stopped again.
 * - reset: asked when stopped. On failure its contents are undefined: it can be
 *   reset or restored, and not started.
 * - save: asked when stopped; changes nothing that can be observed. On failure
 *   it is as it was.
 * - restore, post-restore: asked when stopped. On failure its contents are
 *   undefined, as with reset.
 * - inspect: asked at any time, also while another request is with it. On
 *   failure nothing happened.
 *
 * A unit is in at most one set at a time.
 *
 * |[<!-- language="C" -->
 * static void
 * disk_start (StateUnit *unit, StateRequest *request)
 * {
 *   DISK (unit)->open = TRUE;
 *   state_request_complete (request);
 * }
 *
 * static void
 * disk_unit_iface_init (StateUnitInterface *iface)
 * {
 *   iface->start = disk_start;
 * }
 *
 * G_DEFINE_TYPE_WITH_CODE (Disk, disk, G_TYPE_OBJECT,
 *                          G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT, disk_unit_iface_init))
 * ]|
 *
 * Since: 1.0
 */

G_DEFINE_INTERFACE (StateUnit, state_unit, G_TYPE_OBJECT)

/* Defaults */

static void
state_unit_default_complete (StateUnit *self, StateRequest *request)
{
  state_request_complete (request);
}

static void
state_unit_default_restore (StateUnit *self, StateRequest *request)
{
  state_request_fail_literal (request, STATE_ERROR, STATE_ERROR_NO_SAVED_STATE,
                              "unexpected saved state: the unit does not restore");
}

static void
state_unit_default_inspect (StateUnit *self, StateRequest *request)
{
  GVariant *value = state_request_get_inspect_value (request);
  GError *error = NULL;

  if (value != NULL &&
      !state_property_set (G_OBJECT (self), state_request_get_inspect_path (request), value,
                           &error))
    {
      state_request_take_error (request, error);
      return;
    }
  {
    g_autoptr (GVariant) tree = state_property_dup_all (G_OBJECT (self));

    state_request_complete_with_state (request, tree);
  }
}

static void
state_unit_default_handle_request (StateUnit *self, StateRequest *request)
{
  state_request_apply (request, self);
}

static guint
state_unit_default_get_state_version (StateUnit *self, guint *oldest)
{
  *oldest = 0;
  return 0;
}

static void
state_unit_default_init (StateUnitInterface *iface)
{
  iface->start = state_unit_default_complete;
  iface->stop = state_unit_default_complete;
  iface->reset = state_unit_default_complete;
  iface->save = state_unit_default_complete;
  iface->restore = state_unit_default_restore;
  iface->post_restore = state_unit_default_complete;
  iface->inspect = state_unit_default_inspect;
  iface->handle_request = state_unit_default_handle_request;
  iface->get_state_version = state_unit_default_get_state_version;
}

/* One unit, outside any set */

/* The tasks that wait until the request that is with the unit has been answered. */
typedef struct
{
  GQueue waiting;
  gboolean busy;
} SendQueue;

static GMutex send_lock;

static void
send_queue_free (gpointer data)
{
  SendQueue *queue = data;

  g_queue_clear_full (&queue->waiting, g_object_unref);
  g_free (queue);
}

static GQuark
send_queue_quark (void)
{
  return g_quark_from_static_string ("state-unit-send-queue");
}

/* Whether it is the task's turn; if not, it has been put in the queue. */
static gboolean
send_queue_enter (StateUnit *unit, GTask *task)
{
  gboolean is_turn;
  SendQueue *queue;

  g_mutex_lock (&send_lock);
  queue = g_object_get_qdata (G_OBJECT (unit), send_queue_quark ());
  if (queue == NULL)
    {
      queue = g_new0 (SendQueue, 1);
      g_queue_init (&queue->waiting);
      g_object_set_qdata_full (G_OBJECT (unit), send_queue_quark (), queue, send_queue_free);
    }
  is_turn = !queue->busy;
  queue->busy = TRUE;
  if (!is_turn)
    g_queue_push_tail (&queue->waiting, g_object_ref (task));
  g_mutex_unlock (&send_lock);
  return is_turn;
}

static gboolean send_now (gpointer task);

static void
send_queue_leave (StateUnit *unit)
{
  g_autoptr (GTask) next = NULL;
  SendQueue *queue;

  g_mutex_lock (&send_lock);
  queue = g_object_get_qdata (G_OBJECT (unit), send_queue_quark ());
  next = g_queue_pop_head (&queue->waiting);
  queue->busy = next != NULL;
  g_mutex_unlock (&send_lock);

  if (next != NULL)
    {
      g_autoptr (GSource) source = g_idle_source_new ();

      g_source_set_priority (source, G_PRIORITY_DEFAULT);
      g_source_set_static_name (source, "state-unit: next request");
      g_source_set_callback (source, send_now, g_object_ref (next), g_object_unref);
      g_source_attach (source, g_task_get_context (next));
    }
}

typedef struct
{
  StateOperation operation;
  GVariant *state;
  gulong cancelled_id;
} Send;

static void
send_free (gpointer data)
{
  Send *send = data;

  g_clear_pointer (&send->state, g_variant_unref);
  g_free (send);
}

static void
send_done (GTask *task, GVariant *state, const GError *error)
{
  const Send *send = g_task_get_task_data (task);

  /* Not g_cancellable_disconnect (): a unit may answer from inside the handler. */
  if (send->cancelled_id != 0)
    g_signal_handler_disconnect (g_task_get_cancellable (task), send->cancelled_id);
  if (send->operation != STATE_OPERATION_INSPECT)
    send_queue_leave (g_task_get_source_object (task));

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

static void
pass_on_cancellation (GCancellable *cancellable, gpointer request_cancellable)
{
  g_cancellable_cancel (request_cancellable);
}

static StateRequest *
request_of_task (GTask *task)
{
  StateUnit *unit = g_task_get_source_object (task);
  const Send *send = g_task_get_task_data (task);
  guint oldest = 0;
  guint version = 0;

  if (send->operation == STATE_OPERATION_SAVE || send->operation == STATE_OPERATION_RESTORE)
    version = STATE_UNIT_GET_IFACE (unit)->get_state_version (unit, &oldest);
  return state_request_new (&(StateRequestParameters){
      .operation = send->operation,
      .unit = unit,
      .context = g_task_get_context (task),
      .state = send->state,
      .state_version = version,
      .inspect_path = send->operation == STATE_OPERATION_INSPECT ? "" : NULL,
      .answered = sent_request_answered,
      .owner = g_object_ref (task),
  });
}

/* In the context of the task, which is where the unit is called. */
static gboolean
send_now (gpointer data)
{
  GTask *task = data;
  Send *send = g_task_get_task_data (task);
  StateUnit *unit = g_task_get_source_object (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  g_autoptr (StateRequest) request = NULL;
  g_autoptr (GError) error = NULL;

  if (g_cancellable_set_error_if_cancelled (cancellable, &error))
    {
      send_done (task, NULL, error);
      return G_SOURCE_REMOVE;
    }
  request = request_of_task (task);
  if (cancellable != NULL)
    {
      GCancellable *own = state_request_get_cancellable (request);

      send->cancelled_id =
          g_signal_connect_data (cancellable, "cancelled", G_CALLBACK (pass_on_cancellation),
                                 g_object_ref (own), (GClosureNotify) g_object_unref, 0);
      if (g_cancellable_is_cancelled (cancellable))
        g_cancellable_cancel (own);
    }
  state_request_set_out (request);
  STATE_UNIT_GET_IFACE (unit)->handle_request (unit, request);
  return G_SOURCE_REMOVE;
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
 * Puts one request to a unit that is in no set, in the thread-default main
 * context of the caller. Requests that would overlap wait for each other;
 * inspect does not wait. Nobody checks whether the unit is in the state to be
 * asked.
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
  if (operation == STATE_OPERATION_INSPECT || send_queue_enter (self, task))
    send_now (task);
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

/**
 * state_unit_ended:
 * @self: a unit
 * @error: (nullable): why it does not run any more; %NULL: it came to its end
 *
 * Says that a running unit stopped without having been asked: a guest powered
 * off, a process exited. In its set it becomes %STATE_UNIT_STATE_STOPPED, or
 * %STATE_UNIT_STATE_FAILED with the error. What depends on it is not stopped:
 * #StateUnits::unit-state-changed tells. A start that is under way fails, naming
 * the unit, and skips those still waiting that require it.
 *
 * Ignored unless the unit is running, and outside a set. Any thread; it takes
 * effect in the main context of the set, at once when called there while the
 * set is at rest.
 *
 * Since: 1.0
 */
void
state_unit_ended (StateUnit *self, const GError *error)
{
  g_autoptr (StateUnitHandle) handle = NULL;

  g_return_if_fail (STATE_IS_UNIT (self));

  handle = state_unit_handle_of_unit (self);
  if (handle != NULL)
    state_unit_handle_post_event (handle, STATE_EVENT_ENDED, error);
}
/**
 * StateUnitInterface::start:
 * @self: a unit
 * @request: the request to answer
 *
 * Begins to run. Asked when stopped. On failure the unit is stopped; one that
 * cannot promise that leaves the request without an answer. The default
 * completes at once.
 *
 * Since: 1.0
 */

/**
 * StateUnitInterface::stop:
 * @self: a unit
 * @request: the request to answer
 *
 * Ceases to run. Asked when it runs, or may run. On failure it may still run.
 * The default completes at once.
 *
 * Since: 1.0
 */

/**
 * StateUnitInterface::reset:
 * @self: a unit
 * @request: the request to answer
 *
 * Returns to the initial contents. Asked when stopped. On failure it is
 * stopped, its contents undefined. The default completes at once.
 *
 * Since: 1.0
 */

/**
 * StateUnitInterface::save:
 * @self: a unit
 * @request: the request to answer
 *
 * Hands out the contents with state_request_complete_with_state(), changing
 * nothing that can be observed. Asked when stopped. On failure it is stopped
 * and unchanged. The default completes with no state.
 *
 * Since: 1.0
 */

/**
 * StateUnitInterface::restore:
 * @self: a unit
 * @request: the request to answer
 *
 * Takes on the contents of state_request_get_state(). Asked when stopped. On
 * failure it is stopped, its contents undefined. The default fails with
 * %STATE_ERROR_NO_SAVED_STATE.
 *
 * Since: 1.0
 */

/**
 * StateUnitInterface::post_restore:
 * @self: a unit
 * @request: the request to answer
 *
 * Finishes restoring, now that all units have been restored. Asked when
 * stopped, also of a unit for which there was no state. On failure it is
 * stopped, its contents undefined. The default completes at once.
 *
 * Since: 1.0
 */

/**
 * StateUnitInterface::inspect:
 * @self: a unit
 * @request: the request to answer
 *
 * Answers with a tree of type `a{sv}`. Asked at any time, also while another
 * request is with the unit. When state_request_get_inspect_value() is not
 * %NULL, first changes the value at the path. The default answers with the
 * readable properties of the unit's own classes that a #GVariant can hold.
 *
 * Since: 1.0
 */

/**
 * StateUnitInterface::handle_request:
 * @self: a unit
 * @request: the request to answer
 *
 * Takes any request. The default calls the function of the request's
 * operation; a unit that wants the raw requests implements this one alone.
 *
 * Since: 1.0
 */

/**
 * StateUnitInterface::get_state_version:
 * @self: a unit
 * @oldest: (out): the oldest version that the unit can restore
 *
 * Tells the version of the unit's saved state. Read once, when the unit is
 * added to a set, in the set's context. The default is 0 for both.
 *
 * Returns: the version of the state that the unit saves
 *
 * Since: 1.0
 */
