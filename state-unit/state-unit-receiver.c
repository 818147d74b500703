/* SPDX-License-Identifier: MIT */

#include "state-unit-receiver.h"

#include "state-queue-private.h"
#include "state-task-private.h"

/**
 * SECTION:state-unit-receiver
 * @title: StateUnitReceiver
 * @short_description: takes the requests of a unit from a queue
 *
 * See #StateUnitReceiver.
 */

/**
 * StateUnitReceiver:
 *
 * Takes the requests of a unit behind which there is no object: for a thread
 * without a main loop, or for one that has a loop of another kind. It is made by
 * state_unit_builder_build_receiver().
 *
 * Requests come one at a time, but for those to inspect, which may come while
 * another is being worked on. They are answered like any request, or handed to
 * an object with state_request_apply().
 *
 * |[<!-- language="C" -->
 * StateRequest *request;
 *
 * while ((request = state_unit_receiver_receive (receiver, NULL, NULL)) != NULL)
 *   {
 *     state_request_apply (request, unit);
 *     g_object_unref (request);
 *   }
 * ]|
 *
 * When it is closed, or its last reference is dropped, the requests that have
 * not been answered fail with %STATE_ERROR_LOST, and the unit is
 * %STATE_UNIT_STATE_LOST. When the unit leaves its set, the receiver is closed.
 *
 * All functions may be called from any thread.
 *
 * Since: 1.0
 */

struct _StateUnitReceiver
{
  GObject parent_instance;

  StateQueue *queue; /* NULL for a receiver that no builder made */
};

G_DEFINE_FINAL_TYPE (StateUnitReceiver, state_unit_receiver, G_TYPE_OBJECT)

static void
state_unit_receiver_dispose (GObject *object)
{
  state_unit_receiver_close (STATE_UNIT_RECEIVER (object));
  G_OBJECT_CLASS (state_unit_receiver_parent_class)->dispose (object);
}

static void
state_unit_receiver_finalize (GObject *object)
{
  StateUnitReceiver *self = STATE_UNIT_RECEIVER (object);

  g_clear_object (&self->queue);
  G_OBJECT_CLASS (state_unit_receiver_parent_class)->finalize (object);
}

static void
state_unit_receiver_class_init (StateUnitReceiverClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = state_unit_receiver_dispose;
  object_class->finalize = state_unit_receiver_finalize;
}

static void
state_unit_receiver_init (StateUnitReceiver *self)
{
}

StateUnitReceiver *
state_unit_receiver_new (StateQueue *queue)
{
  StateUnitReceiver *self = g_object_new (STATE_TYPE_UNIT_RECEIVER, NULL);

  self->queue = g_object_ref (queue);
  return self;
}

/**
 * state_unit_receiver_receive:
 * @self: a receiver
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Takes the next request, and waits for it: not in the main context of the set,
 * which would wait for itself.
 *
 * Errors: %G_IO_ERROR_CANCELLED.
 *
 * Returns: (transfer full) (nullable): the request; %NULL without an error: the
 *   receiver is closed
 *
 * Since: 1.0
 */
StateRequest *
state_unit_receiver_receive (StateUnitReceiver *self, GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (STATE_IS_UNIT_RECEIVER (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  if (self->queue == NULL)
    return NULL;
  return state_queue_wait (self->queue, cancellable, error);
}

/**
 * state_unit_receiver_receive_async:
 * @self: a receiver
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called in the thread-default
 *   main context of the caller with the next request
 * @user_data: data for @callback
 *
 * Takes the next request without blocking. Several that wait get one each.
 *
 * Since: 1.0
 */
void
state_unit_receiver_receive_async (StateUnitReceiver *self,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (STATE_IS_UNIT_RECEIVER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  state_task_set_tag (task, state_unit_receiver_receive_async);
  g_task_set_check_cancellable (task, FALSE);
  if (self->queue == NULL)
    g_task_return_pointer (task, NULL, NULL);
  else
    state_queue_wait_async (self->queue, task);
}

/**
 * state_unit_receiver_receive_finish:
 * @self: a receiver
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_unit_receiver_receive_async().
 *
 * Errors: %G_IO_ERROR_CANCELLED.
 *
 * Returns: (transfer full) (nullable): the request; %NULL without an error: the
 *   receiver is closed
 *
 * Since: 1.0
 */
StateRequest *
state_unit_receiver_receive_finish (StateUnitReceiver *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (STATE_IS_UNIT_RECEIVER (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, state_unit_receiver_receive_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * state_unit_receiver_try_receive:
 * @self: a receiver
 *
 * Takes the next request, if there is one now.
 *
 * Returns: (transfer full) (nullable): the request; %NULL: there is none now
 *
 * Since: 1.0
 */
StateRequest *
state_unit_receiver_try_receive (StateUnitReceiver *self)
{
  g_return_val_if_fail (STATE_IS_UNIT_RECEIVER (self), NULL);

  return self->queue != NULL ? state_queue_take (self->queue) : NULL;
}

/**
 * state_unit_receiver_close:
 * @self: a receiver
 *
 * Closes the receiver: the requests that have not been answered, taken or not,
 * fail with %STATE_ERROR_LOST, and the unit is %STATE_UNIT_STATE_LOST. An answer
 * that is still given to one of them is ignored.
 *
 * Since: 1.0
 */
void
state_unit_receiver_close (StateUnitReceiver *self)
{
  g_return_if_fail (STATE_IS_UNIT_RECEIVER (self));

  if (self->queue != NULL)
    state_queue_close (self->queue);
}
