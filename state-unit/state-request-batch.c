/* SPDX-License-Identifier: MIT */

#include "state-request-batch-private.h"

#include "state-request-private.h"

/**
 * SECTION:state-request-batch
 * @title: StateRequestBatch
 * @short_description: requests for many units at once
 *
 * See #StateRequestBatch.
 */

/**
 * StateRequestBatch:
 *
 * Requests for one operation, put to many units at the same time.
 *
 * It is what a #StateBatchUnit is given, so that an interpreted language, for
 * which each call out of the library has its price, is called once for all of
 * them. A request of the batch is answered in one of three ways: together with
 * others by state_request_batch_complete(), with all that are left by
 * state_request_batch_complete_rest(), or by itself once
 * state_request_batch_steal() has taken it out.
 *
 * A request that is still in the batch when the batch is finalized fails with
 * %STATE_ERROR_DROPPED.
 *
 * All functions may be called from any thread.
 *
 * Since: 1.0
 */
struct _StateRequestBatch
{
  GObject parent_instance;

  StateOperation operation;
  gint handed_over;     /* atomic */
  gint cancelled_early; /* atomic: a request was cancelled before that */
  StateBatchCancelledFunc cancelled;
  GMutex lock;         /* for the requests, once it has been handed over */
  GPtrArray *requests; /* of StateRequest; each is NULL once it is taken */
};

G_DEFINE_FINAL_TYPE (StateRequestBatch, state_request_batch, G_TYPE_OBJECT)

/* The request, which is from now on the caller's alone; NULL: somebody was faster. */
static StateRequest *
take (StateRequestBatch *self, guint position)
{
  StateRequest *request;

  g_mutex_lock (&self->lock);
  request = g_steal_pointer (&g_ptr_array_index (self->requests, position));
  g_mutex_unlock (&self->lock);
  if (request != NULL)
    state_request_set_batch (request, NULL, 0);
  return request;
}

/* A reference to the request, if it is still there. */
static StateRequest *
look_up (StateRequestBatch *self, guint position)
{
  StateRequest *request;

  g_mutex_lock (&self->lock);
  request = g_ptr_array_index (self->requests, position);
  if (request != NULL)
    g_object_ref (request);
  g_mutex_unlock (&self->lock);
  return request;
}

static void
complete (StateRequestBatch *self, guint position)
{
  g_autoptr (StateRequest) request = take (self, position);

  if (request != NULL)
    state_request_complete (request);
}

/* Leaves out the units that are not to be asked any more. */
static void
leave_out_unwanted (StateRequestBatch *self)
{
  guint n = 0;

  for (guint i = 0; i < self->requests->len; i++)
    {
      StateRequest *request = g_ptr_array_index (self->requests, i);

      if (!state_request_is_wanted (request))
        {
          state_request_set_batch (request, NULL, 0);
          g_object_unref (request);
          continue;
        }
      state_request_set_batch (request, self, n);
      g_ptr_array_index (self->requests, n++) = request;
    }
  g_ptr_array_set_size (self->requests, (gint) n);
}

/* From now on the answers are the business of those who have the batch. */
void
state_request_batch_hand_over (StateRequestBatch *self)
{
  g_atomic_int_set (&self->handed_over, TRUE);
  if (g_atomic_int_get (&self->cancelled_early))
    leave_out_unwanted (self);
}

/* Those who got the batch with cancelled requests in it are told now. */
void
state_request_batch_tell_cancelled (StateRequestBatch *self)
{
  if (!g_atomic_int_get (&self->cancelled_early))
    return;
  for (guint i = 0; i < self->requests->len; i++)
    {
      g_autoptr (StateRequest) request = look_up (self, i);

      if (request != NULL && state_request_is_cancelled (request))
        state_request_batch_cancelled (self, state_request_get_unit (request), i);
    }
}

gboolean
state_request_batch_is_handed_over (StateRequestBatch *self)
{
  return g_atomic_int_get (&self->handed_over);
}

void
state_request_batch_drop (StateRequestBatch *self)
{
  for (guint i = 0; i < self->requests->len; i++)
    {
      StateRequest *request = take (self, i);

      if (request != NULL)
        g_object_unref (request);
    }
}

static void
state_request_batch_dispose (GObject *object)
{
  state_request_batch_drop (STATE_REQUEST_BATCH (object));
  G_OBJECT_CLASS (state_request_batch_parent_class)->dispose (object);
}

static void
state_request_batch_finalize (GObject *object)
{
  StateRequestBatch *self = STATE_REQUEST_BATCH (object);

  g_ptr_array_unref (self->requests);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (state_request_batch_parent_class)->finalize (object);
}

static void
state_request_batch_class_init (StateRequestBatchClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = state_request_batch_dispose;
  object_class->finalize = state_request_batch_finalize;
}

static void
state_request_batch_init (StateRequestBatch *self)
{
  g_mutex_init (&self->lock);
  self->requests = g_ptr_array_new ();
}

StateRequestBatch *
state_request_batch_new (StateOperation operation, StateBatchCancelledFunc cancelled)
{
  StateRequestBatch *self = g_object_new (STATE_TYPE_REQUEST_BATCH, NULL);

  self->operation = operation;
  self->cancelled = cancelled;
  return self;
}

/* Before anybody else has the batch. */
void
state_request_batch_add (StateRequestBatch *self, StateRequest *request)
{
  state_request_set_batch (request, self, self->requests->len);
  g_ptr_array_add (self->requests, g_object_ref (request));
}

/* In the context of those who ask. */
void
state_request_batch_cancelled (StateRequestBatch *self, StateUnit *unit, guint position)
{
  if (!g_atomic_int_get (&self->handed_over))
    g_atomic_int_set (&self->cancelled_early, TRUE);
  else
    self->cancelled (self, unit, position);
}

/**
 * state_request_batch_get_operation:
 * @self: a batch
 *
 * Gets what is asked of the units.
 *
 * Returns: the operation
 *
 * Since: 1.0
 */
StateOperation
state_request_batch_get_operation (StateRequestBatch *self)
{
  g_return_val_if_fail (STATE_IS_REQUEST_BATCH (self), STATE_OPERATION_START);

  return self->operation;
}

/**
 * state_request_batch_get_n_requests:
 * @self: a batch
 *
 * Gets the number of requests that the batch was made with.
 *
 * Returns: a number of requests
 *
 * Since: 1.0
 */
guint
state_request_batch_get_n_requests (StateRequestBatch *self)
{
  g_return_val_if_fail (STATE_IS_REQUEST_BATCH (self), 0);

  return self->requests->len;
}

/**
 * state_request_batch_get_units:
 * @self: a batch
 * @n: (out): return location for the number of units
 *
 * Gets the units that are asked, in the order of the requests: the unit at a
 * position is that of the request at the same position, and %NULL if that has been
 * answered or stolen.
 *
 * The units are alive as long as their requests.
 *
 * Returns: (transfer container) (array length=n) (element-type StateUnit): the units
 *
 * Since: 1.0
 */
StateUnit **
state_request_batch_get_units (StateRequestBatch *self, gsize *n)
{
  StateUnit **units;

  *n = 0;
  g_return_val_if_fail (STATE_IS_REQUEST_BATCH (self), NULL);

  *n = self->requests->len;
  units = g_new0 (StateUnit *, *n + 1);
  g_mutex_lock (&self->lock);
  for (gsize i = 0; i < *n; i++)
    {
      StateRequest *request = g_ptr_array_index (self->requests, i);

      units[i] = request != NULL ? state_request_get_unit (request) : NULL;
    }
  g_mutex_unlock (&self->lock);
  return units;
}

/**
 * state_request_batch_is_wanted:
 * @self: a batch
 * @position: which request
 *
 * Checks whether the unit is still to be asked: the request is in the batch, the
 * unit in its set, and the deadline not past.
 *
 * Returns: %TRUE if it is
 *
 * Since: 1.0
 */
gboolean
state_request_batch_is_wanted (StateRequestBatch *self, guint position)
{
  g_autoptr (StateRequest) request = NULL;

  g_return_val_if_fail (STATE_IS_REQUEST_BATCH (self), FALSE);
  g_return_val_if_fail (position < self->requests->len, FALSE);

  request = look_up (self, position);
  return request != NULL && state_request_is_wanted (request);
}

/**
 * state_request_batch_steal:
 * @self: a batch
 * @position: which request
 *
 * Takes a request out of the batch, to be answered by itself.
 *
 * Returns: (transfer full) (nullable): the request; %NULL if it has been answered
 *   or stolen
 *
 * Since: 1.0
 */
StateRequest *
state_request_batch_steal (StateRequestBatch *self, guint position)
{
  g_return_val_if_fail (STATE_IS_REQUEST_BATCH (self), NULL);
  g_return_val_if_fail (position < self->requests->len, NULL);

  return take (self, position);
}

/**
 * state_request_batch_complete:
 * @self: a batch
 * @positions: (array length=n): which requests
 * @n: the number of them
 *
 * Completes some of the requests, as state_request_complete() does. Those that have
 * been answered or stolen are left alone.
 *
 * Since: 1.0
 */
void
state_request_batch_complete (StateRequestBatch *self, const guint *positions, gsize n)
{
  g_return_if_fail (STATE_IS_REQUEST_BATCH (self));
  g_return_if_fail (positions != NULL || n == 0);

  for (gsize i = 0; i < n; i++)
    {
      g_return_if_fail (positions[i] < self->requests->len);
      complete (self, positions[i]);
    }
}

/**
 * state_request_batch_complete_rest:
 * @self: a batch
 *
 * Completes all requests that have been neither answered nor stolen.
 *
 * Since: 1.0
 */
void
state_request_batch_complete_rest (StateRequestBatch *self)
{
  g_return_if_fail (STATE_IS_REQUEST_BATCH (self));

  for (guint i = 0; i < self->requests->len; i++)
    complete (self, i);
}
