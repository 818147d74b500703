/* SPDX-License-Identifier: MIT */

#include "state-batch-unit.h"

#include "state-request-batch-private.h"
#include "state-request.h"
#include "state-unit.h"

/**
 * SECTION:state-batch-unit
 * @title: StateBatchUnit
 * @short_description: a base for units whose requests come many at once
 *
 * See #StateBatchUnit.
 */

/**
 * StateBatchUnit:
 *
 * A base class for units that are given their requests in a #StateRequestBatch,
 * together with those of other units that are asked the same at the same time.
 *
 * It is for the bindings of interpreted languages, for which one call with a
 * thousand requests costs much less than a thousand calls: `BaseUnit` in Python
 * derives from it. Other units implement #StateUnit by themselves.
 *
 * A batch is put together in the main context of its units and handed over when
 * the context is iterated next. The deadlines of its requests have begun by then.
 *
 * Since: 1.0
 */

typedef void (*HandleBatchFunc) (StateBatchUnit *self, StateRequestBatch *batch);

/* What is being put together by this thread. */
typedef struct
{
  GMainContext *context; /* not looked at but to compare */
  GSource *source;
  HandleBatchFunc handle_batch;
  StateRequestBatch *batch;
} Gathering;

static void
gathering_clear (gpointer data)
{
  Gathering *self = data;

  g_clear_object (&self->batch);
  g_clear_pointer (&self->source, g_source_unref);
}

static void
gathering_free (gpointer data)
{
  gathering_clear (data);
  g_free (data);
}

static GPrivate gathering_private = G_PRIVATE_INIT (gathering_free);

static Gathering *
gathering_get (void)
{
  Gathering *self = g_private_get (&gathering_private);

  if (self == NULL)
    {
      self = g_new0 (Gathering, 1);
      g_private_set (&gathering_private, self);
    }
  return self;
}

/* In the context of the units. */
static gboolean
dispatch_batch (gpointer data)
{
  StateRequestBatch *batch = data;
  Gathering *gathering = gathering_get ();
  g_autofree StateUnit **units = NULL;
  g_autoptr (StateBatchUnit) first = NULL;
  gsize n;

  if (gathering->batch == batch)
    gathering_clear (gathering);
  state_request_batch_hand_over (batch);
  if (state_request_batch_get_n_requests (batch) == 0)
    return G_SOURCE_REMOVE;
  units = state_request_batch_get_units (batch, &n);
  first = STATE_BATCH_UNIT (g_object_ref (units[0]));
  STATE_BATCH_UNIT_GET_CLASS (first)->handle_batch (first, batch);
  state_request_batch_tell_cancelled (batch);
  return G_SOURCE_REMOVE;
}

static void
end_batch (gpointer data)
{
  StateRequestBatch *batch = data;

  /* The context went before the batch had its turn. */
  if (!state_request_batch_is_handed_over (batch))
    state_request_batch_drop (batch);
  g_object_unref (batch);
}

static void
request_cancelled (StateRequestBatch *batch, StateUnit *unit, guint position)
{
  StateBatchUnit *self = STATE_BATCH_UNIT (unit);

  STATE_BATCH_UNIT_GET_CLASS (self)->request_cancelled (self, batch, position);
}

static void
gathering_begin (Gathering *self,
                 GMainContext *context,
                 HandleBatchFunc handle_batch,
                 StateOperation operation)
{
  gathering_clear (self);
  self->context = context;
  self->handle_batch = handle_batch;
  self->batch = state_request_batch_new (operation, request_cancelled);

  self->source = g_idle_source_new ();
  g_source_set_priority (self->source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (self->source, "state-unit batch");
  g_source_set_callback (self->source, dispatch_batch, g_object_ref (self->batch), end_batch);
  g_source_attach (self->source, context);
}

static void
state_batch_unit_handle_request (StateUnit *unit, StateRequest *request)
{
  HandleBatchFunc handle_batch = STATE_BATCH_UNIT_GET_CLASS (unit)->handle_batch;
  StateOperation operation = state_request_get_operation (request);
  GMainContext *context = g_main_context_get_thread_default ();
  Gathering *gathering = gathering_get ();

  if (gathering->batch == NULL || gathering->context != context ||
      g_source_is_destroyed (gathering->source) || gathering->handle_batch != handle_batch ||
      state_request_batch_get_operation (gathering->batch) != operation ||
      state_request_batch_get_n_requests (gathering->batch) == STATE_REQUEST_BATCH_MAX)
    gathering_begin (gathering, context, handle_batch, operation);
  state_request_batch_add (gathering->batch, request);
}

/* Defaults */

static void
state_batch_unit_handle_batch (StateBatchUnit *self, StateRequestBatch *batch)
{
  guint n = state_request_batch_get_n_requests (batch);

  for (guint i = 0; i < n; i++)
    {
      gboolean wanted = state_request_batch_is_wanted (batch, i);
      g_autoptr (StateRequest) request = state_request_batch_steal (batch, i);

      if (wanted && request != NULL)
        state_request_apply (request, state_request_get_unit (request));
    }
}

static void
state_batch_unit_request_cancelled (StateBatchUnit *self, StateRequestBatch *batch, guint position)
{
}

static void
state_batch_unit_iface_init (StateUnitInterface *iface)
{
  iface->handle_request = state_batch_unit_handle_request;
}

G_DEFINE_TYPE_WITH_CODE (StateBatchUnit,
                         state_batch_unit,
                         G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT, state_batch_unit_iface_init))

static void
state_batch_unit_class_init (StateBatchUnitClass *klass)
{
  klass->handle_batch = state_batch_unit_handle_batch;
  klass->request_cancelled = state_batch_unit_request_cancelled;
}

static void
state_batch_unit_init (StateBatchUnit *self)
{
}

/**
 * StateBatchUnit::handle_batch:
 * @self: the unit of the first request
 * @batch: the requests
 *
 * Takes requests for @self and other units, in the main context of all of them.
 *
 * Since: 1.0
 */

/**
 * StateBatchUnit::request_cancelled:
 * @self: a unit
 * @batch: the batch with its request
 * @position: which request
 *
 * Tells that the request, which is still in the batch, has been cancelled: see
 * state_request_get_cancellable(). Called in the main context of the set.
 *
 * Since: 1.0
 */
