/* SPDX-License-Identifier: MIT */

/* A unit that takes its time for every answer, in the main context it is called
 * in, and has contents worth saving. */

#include "simulated-unit.h"

struct _SimulatedUnit
{
  GObject parent_instance;

  guint min_latency;
  guint max_latency;
  guint64 random;
  Fault *fault; /* nullable */

  guint32 starts;
  guint64 payload;
};

/* SplitMix64: eight bytes of state, for a machine may have a million units. */
static guint64
next_random (SimulatedUnit *self)
{
  guint64 z = (self->random += G_GUINT64_CONSTANT (0x9e3779b97f4a7c15));

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static guint
next_latency (SimulatedUnit *self)
{
  guint64 range = (guint64) self->max_latency - self->min_latency + 1;

  return self->min_latency + (guint) (next_random (self) % range);
}

static void
simulated_unit_start (StateUnit *unit, StateRequest *request)
{
  SimulatedUnit *self = SIMULATED_UNIT (unit);

  self->starts++;
  self->payload = next_random (self);
  state_request_complete (request);
}

static void
simulated_unit_reset (StateUnit *unit, StateRequest *request)
{
  SimulatedUnit *self = SIMULATED_UNIT (unit);

  self->starts = 0;
  self->payload = 0;
  state_request_complete (request);
}

static void
simulated_unit_save (StateUnit *unit, StateRequest *request)
{
  g_autoptr (GVariant) contents = simulated_unit_dup_contents (SIMULATED_UNIT (unit));

  state_request_complete_with_state (request, contents);
}

static void
simulated_unit_restore (StateUnit *unit, StateRequest *request)
{
  SimulatedUnit *self = SIMULATED_UNIT (unit);
  GVariant *state = state_request_get_state (request);

  if (g_variant_lookup (state, "starts", "u", &self->starts) &&
      g_variant_lookup (state, "payload", "t", &self->payload))
    state_request_complete (request);
  else
    state_request_fail_literal (request, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                                "not the state of a simulated unit");
}

/* Requests */

static gboolean
is_hit (SimulatedUnit *self, StateOperation operation, StateOperationFlags operations)
{
  if ((operations & (1 << operation)) == 0)
    return FALSE;
  g_atomic_int_or (&self->fault->tried, 1u << operation);
  return TRUE;
}

static gboolean
answer (gpointer user_data)
{
  StateRequest *request = user_data;
  SimulatedUnit *self = SIMULATED_UNIT (state_request_get_unit (request));
  StateOperation operation = state_request_get_operation (request);

  if (self->fault != NULL && is_hit (self, operation, self->fault->failing))
    {
      g_autofree char *message = NULL;

      message = g_strdup_printf ("simulated failure of %s", state_operation_to_string (operation));
      state_request_fail_literal (request, G_IO_ERROR, G_IO_ERROR_FAILED, message);
    }
  else
    state_request_apply (request, STATE_UNIT (self));

  return G_SOURCE_REMOVE;
}

/* A source that is never ready keeps the request for as long as there is a main
 * context, deaf to its cancellable. */
static GSource *
never_source_new (void)
{
  static GSourceFuncs funcs = { NULL };

  return g_source_new (&funcs, sizeof (GSource));
}

static void
simulated_unit_handle_request (StateUnit *unit, StateRequest *request)
{
  SimulatedUnit *self = SIMULATED_UNIT (unit);
  StateOperation operation = state_request_get_operation (request);
  g_autoptr (GSource) source = NULL;

  if (operation == STATE_OPERATION_INSPECT)
    {
      state_request_apply (request, unit);
      return;
    }

  if (self->fault != NULL && is_hit (self, operation, self->fault->hanging))
    source = never_source_new ();
  else
    source = g_timeout_source_new (next_latency (self));
  g_source_set_static_name (source, "simulated latency");
  g_source_set_callback (source, answer, g_object_ref (request), g_object_unref);
  g_source_attach (source, g_main_context_get_thread_default ());
}

static void
simulated_unit_unit_init (StateUnitInterface *iface)
{
  iface->start = simulated_unit_start;
  iface->reset = simulated_unit_reset;
  iface->save = simulated_unit_save;
  iface->restore = simulated_unit_restore;
  iface->handle_request = simulated_unit_handle_request;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (SimulatedUnit,
                               simulated_unit,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT, simulated_unit_unit_init))

static void
simulated_unit_class_init (SimulatedUnitClass *klass)
{
}

static void
simulated_unit_init (SimulatedUnit *self)
{
}

SimulatedUnit *
simulated_unit_new (guint min_latency, guint max_latency, guint64 seed)
{
  SimulatedUnit *self = g_object_new (SIMULATED_TYPE_UNIT, NULL);

  self->min_latency = min_latency;
  self->max_latency = max_latency;
  self->random = seed;
  return self;
}

/* Before it is in a set; the fault outlives what the unit does. */
void
simulated_unit_set_fault (SimulatedUnit *self, Fault *fault)
{
  self->fault = fault;
}

/* While no request is with it. */
GVariant *
simulated_unit_dup_contents (SimulatedUnit *self)
{
  return g_variant_ref_sink (
      g_variant_new_parsed ("{'starts': <%u>, 'payload': <%t>}", self->starts, self->payload));
}
