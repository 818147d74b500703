/* SPDX-License-Identifier: MIT */

#include "state-queue-private.h"

#include "state-error.h"
#include "state-request-private.h"
#include "state-unit-handle-private.h"

struct _StateQueue
{
  GObject parent_instance;

  GMutex lock;
  GCond changed;
  GQueue requests;  /* of StateRequest, not yet taken */
  GPtrArray *taken; /* of GWeakRef to StateRequest */
  GQueue waits;     /* of Wait */
  gboolean closed;
};

static void state_queue_unit_iface_init (StateUnitInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (StateQueue,
                               state_queue,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT, state_queue_unit_iface_init))

static void
weak_ref_free (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

static void
state_queue_finalize (GObject *object)
{
  StateQueue *self = STATE_QUEUE (object);

  g_queue_clear_full (&self->requests, g_object_unref);
  g_ptr_array_unref (self->taken);
  g_cond_clear (&self->changed);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (state_queue_parent_class)->finalize (object);
}

static void
state_queue_class_init (StateQueueClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = state_queue_finalize;
}

static void
state_queue_init (StateQueue *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  g_queue_init (&self->requests);
  g_queue_init (&self->waits);
  self->taken = g_ptr_array_new_with_free_func (weak_ref_free);
}

StateQueue *
state_queue_new (void)
{
  return g_object_new (STATE_TYPE_QUEUE, NULL);
}

/* Taking */

/* Whoever has taken a request may close the queue without having answered it. */
static void
remember (StateQueue *self, StateRequest *request)
{
  GWeakRef *weak = g_new0 (GWeakRef, 1);

  for (guint i = self->taken->len; i > 0; i--)
    {
      g_autoptr (StateRequest) other = g_weak_ref_get (g_ptr_array_index (self->taken, i - 1));

      if (other == NULL || state_request_is_answered (other))
        g_ptr_array_remove_index_fast (self->taken, i - 1);
    }
  g_weak_ref_init (weak, request);
  g_ptr_array_add (self->taken, weak);
}

/* With the lock held. */
static StateRequest *
take_locked (StateQueue *self)
{
  StateRequest *request = g_queue_pop_head (&self->requests);

  if (request != NULL)
    remember (self, request);
  return request;
}

/* NULL: there is none now. */
StateRequest *
state_queue_take (StateQueue *self)
{
  StateRequest *request;

  g_mutex_lock (&self->lock);
  request = take_locked (self);
  g_mutex_unlock (&self->lock);
  return request;
}

static void
wake_waiting (GCancellable *cancellable, gpointer data)
{
  StateQueue *self = data;

  g_mutex_lock (&self->lock);
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

/* NULL without an error: it is closed. */
StateRequest *
state_queue_wait (StateQueue *self, GCancellable *cancellable, GError **error)
{
  StateRequest *request = NULL;
  gulong id = 0;

  if (cancellable != NULL)
    id = g_cancellable_connect (cancellable, G_CALLBACK (wake_waiting), self, NULL);
  g_mutex_lock (&self->lock);
  while (!g_cancellable_is_cancelled (cancellable) && (request = take_locked (self)) == NULL &&
         !self->closed)
    g_cond_wait (&self->changed, &self->lock);
  g_mutex_unlock (&self->lock);
  if (cancellable != NULL)
    g_cancellable_disconnect (cancellable, id);

  if (request == NULL)
    g_cancellable_set_error_if_cancelled (cancellable, error);
  return request;
}

/* Waiting without blocking */

/* A task, and its handler on its cancellable. */
typedef struct
{
  gatomicrefcount ref_count; /* for the queue, the handler, and who works on it */
  StateQueue *queue;
  GTask *task;
  gulong handler; /* 0: none */
} Wait;

static void
wait_unref (gpointer data, GClosure *closure)
{
  Wait *wait = data;

  if (!g_atomic_ref_count_dec (&wait->ref_count))
    return;
  g_object_unref (wait->queue);
  g_object_unref (wait->task);
  g_free (wait);
}

/* Takes a wait out of the queue; FALSE: somebody else has. */
static gboolean
claim_wait (Wait *wait)
{
  gboolean claimed;

  g_mutex_lock (&wait->queue->lock);
  claimed = g_queue_remove (&wait->queue->waits, wait);
  g_mutex_unlock (&wait->queue->lock);
  return claimed;
}

static void
stop_waiting (GCancellable *cancellable, gpointer data)
{
  Wait *wait = data;

  if (!claim_wait (wait))
    return;
  g_signal_handler_disconnect (cancellable, wait->handler);
  g_task_return_error_if_cancelled (wait->task);
  wait_unref (wait, NULL);
}

/* Of a wait that has been taken out of the queue. Not g_cancellable_disconnect (),
 * which waits for a handler that is running, and may be this one. */
static void
end_wait (Wait *wait, StateRequest *request)
{
  if (wait->handler != 0)
    g_signal_handler_disconnect (g_task_get_cancellable (wait->task), wait->handler);
  g_task_return_pointer (wait->task, request, g_object_unref);
  wait_unref (wait, NULL);
}

static Wait *
wait_new (StateQueue *self, GTask *task)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  Wait *wait = g_new0 (Wait, 1);

  g_atomic_ref_count_init (&wait->ref_count);
  wait->queue = g_object_ref (self);
  wait->task = g_object_ref (task);
  if (cancellable != NULL)
    {
      g_atomic_ref_count_inc (&wait->ref_count);
      wait->handler = g_signal_connect_data (cancellable, "cancelled", G_CALLBACK (stop_waiting),
                                             wait, wait_unref, 0);
    }
  return wait;
}

/* A request may be lost to a cancellation that comes after it: it is dropped then. */
void
state_queue_wait_async (StateQueue *self, GTask *task)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  Wait *wait = wait_new (self, task);
  StateRequest *request;
  gboolean waits;

  g_atomic_ref_count_inc (&wait->ref_count);
  g_mutex_lock (&self->lock);
  request = g_cancellable_is_cancelled (cancellable) ? NULL : take_locked (self);
  waits = request == NULL && !self->closed;
  if (waits)
    g_queue_push_tail (&self->waits, wait);
  g_mutex_unlock (&self->lock);

  if (!waits)
    end_wait (wait, request);
  else if (g_cancellable_is_cancelled (cancellable))
    stop_waiting (cancellable, wait);
  wait_unref (wait, NULL);
}

/* As a unit */

static GError *
lost_error (void)
{
  return g_error_new_literal (STATE_ERROR, STATE_ERROR_LOST,
                              "nobody is there to answer: the receiver is closed");
}

static void
state_queue_handle_request (StateUnit *unit, StateRequest *request)
{
  StateQueue *self = STATE_QUEUE (unit);
  Wait *wait = NULL;
  gboolean closed;

  g_mutex_lock (&self->lock);
  closed = self->closed;
  if (!closed)
    wait = g_queue_pop_head (&self->waits);
  if (wait != NULL)
    remember (self, request);
  else if (!closed)
    {
      g_queue_push_tail (&self->requests, g_object_ref (request));
      g_cond_signal (&self->changed);
    }
  g_mutex_unlock (&self->lock);

  if (closed)
    state_request_overrule (request, lost_error ());
  else if (wait != NULL)
    end_wait (wait, g_object_ref (request));
}

static void
state_queue_unit_iface_init (StateUnitInterface *iface)
{
  iface->handle_request = state_queue_handle_request;
}

/* Closing */

static void
fail_taken (GPtrArray *taken)
{
  for (guint i = 0; i < taken->len; i++)
    {
      g_autoptr (StateRequest) request = g_weak_ref_get (g_ptr_array_index (taken, i));

      if (request != NULL)
        state_request_overrule (request, lost_error ());
    }
}

/* Nobody takes requests any more: those that have not been answered fail, and the
 * set hears of it. */
void
state_queue_close (StateQueue *self)
{
  g_autoptr (StateUnitHandle) handle = state_unit_handle_of_unit (STATE_UNIT (self));
  g_autoptr (GPtrArray) taken = NULL;
  GQueue requests, waits;
  StateRequest *request;
  Wait *wait;

  g_mutex_lock (&self->lock);
  if (self->closed)
    {
      g_mutex_unlock (&self->lock);
      return;
    }
  self->closed = TRUE;
  taken = g_steal_pointer (&self->taken);
  self->taken = g_ptr_array_new_with_free_func (weak_ref_free);
  requests = self->requests;
  waits = self->waits;
  g_queue_init (&self->requests);
  g_queue_init (&self->waits);
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);

  while ((request = g_queue_pop_head (&requests)) != NULL)
    {
      state_request_overrule (request, lost_error ());
      g_object_unref (request);
    }
  while ((wait = g_queue_pop_head (&waits)) != NULL)
    end_wait (wait, NULL);
  fail_taken (taken);
  if (handle != NULL)
    state_unit_handle_post_event (handle, STATE_EVENT_LOST, NULL);
}
