/* SPDX-License-Identifier: MIT */

#include "state-unit-exporter-private.h"

#include "state-callers-private.h"
#include "state-dbus-interfaces.h"
#include "state-error.h"
#include "state-exported-call-private.h"
#include "state-guard-private.h"
#include "state-wire-private.h"

/**
 * SECTION:state-unit-exporter
 * @title: StateUnitExporter
 * @short_description: lets another process ask a unit
 *
 * See #StateUnitExporter.
 */

/**
 * StateUnitExporter:
 *
 * Exports a unit over D-Bus, on a message bus or peer to peer, with the interface
 * `org.stateunit.Unit1`. In the other process, a #StateRemoteUnit stands for it.
 *
 * The unit is asked in the main context that was thread-default when the exporter was
 * made. It gets a request like any other: with the deadline and the cancellation of the
 * process that asks; what it says with state_request_set_progress(),
 * state_request_extend() and state_unit_ended() goes there, and its errors arrive with
 * their domain, code and message. Saved states of any type and size travel; large ones
 * without being copied, where the connection passes file descriptors.
 *
 * One caller at a time has the unit: the first to ask it anything but inspect, until it
 * gives the unit back or leaves. Then a request that is with the unit is cancelled, and
 * the unit is stopped if it runs. Others get %STATE_ERROR_UNIT_IN_USE in the meantime.
 * A whole set is exported like any unit.
 *
 * Who may call: peer to peer, and on a bus, processes of the same user, and others if a
 * handler of #StateUnitExporter::authorize says so.
 *
 * The unit must not be in a set: the one that asks it is in the other process. If it is,
 * it can be inspected only.
 *
 * An exporter belongs to the main context that it was made in.
 *
 * Since: 1.0
 */

typedef enum
{
  PROP_CONNECTION = 1,
  PROP_OBJECT_PATH,
  PROP_UNIT
} StateUnitExporterProps;

static GParamSpec *properties[PROP_UNIT + 1];

typedef enum
{
  SIGNAL_AUTHORIZE
} StateUnitExporterSignals;

static guint signals[SIGNAL_AUTHORIZE + 1];

G_DEFINE_FINAL_TYPE (StateUnitExporter, state_unit_exporter, G_TYPE_OBJECT)

static GQuark
exporter_quark (void)
{
  return g_quark_from_static_string ("state-unit-exporter");
}

static void
state_unit_exporter_dispose (GObject *object)
{
  state_unit_exporter_unexport (STATE_UNIT_EXPORTER (object));
  G_OBJECT_CLASS (state_unit_exporter_parent_class)->dispose (object);
}

static void
state_unit_exporter_finalize (GObject *object)
{
  StateUnitExporter *self = STATE_UNIT_EXPORTER (object);

  if (self->dispatcher != NULL)
    state_dispatcher_close (self->dispatcher);
  g_clear_pointer (&self->dispatcher, state_dispatcher_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_pointer (&self->callers, state_callers_unref);
  g_clear_object (&self->connection);
  g_clear_object (&self->unit);
  g_hash_table_unref (self->verdicts);
  g_free (self->object_path);
  g_free (self->client);
  G_OBJECT_CLASS (state_unit_exporter_parent_class)->finalize (object);
}

static void
state_unit_exporter_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StateUnitExporter *self = STATE_UNIT_EXPORTER (object);

  switch ((StateUnitExporterProps) id)
    {
    case PROP_CONNECTION:
      g_value_set_object (value, self->connection);
      break;
    case PROP_OBJECT_PATH:
      g_value_set_string (value, self->object_path);
      break;
    case PROP_UNIT:
      g_value_set_object (value, self->unit);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static gboolean
state_unit_exporter_authorize (StateUnitExporter *self, GCredentials *credentials)
{
  return state_credentials_are_own (credentials);
}

static void
state_unit_exporter_class_init (StateUnitExporterClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->dispose = state_unit_exporter_dispose;
  object_class->finalize = state_unit_exporter_finalize;
  object_class->get_property = state_unit_exporter_get_property;

  /**
   * StateUnitExporter:connection:
   *
   * The connection that the unit is exported on.
   *
   * Since: 1.0
   */
  properties[PROP_CONNECTION] =
      g_param_spec_object ("connection", NULL, NULL, G_TYPE_DBUS_CONNECTION, flags);

  /**
   * StateUnitExporter:object-path:
   *
   * Where it is exported.
   *
   * Since: 1.0
   */
  properties[PROP_OBJECT_PATH] = g_param_spec_string ("object-path", NULL, NULL, NULL, flags);

  /**
   * StateUnitExporter:unit:
   *
   * The unit.
   *
   * Since: 1.0
   */
  properties[PROP_UNIT] = g_param_spec_object ("unit", NULL, NULL, STATE_TYPE_UNIT, flags);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);

  /**
   * StateUnitExporter::authorize:
   * @self: an exporter
   * @credentials: (nullable): who calls; %NULL when that is not known
   *
   * Emitted in the main context of the exporter when somebody calls for the first time.
   * The first handler that returns %TRUE ends it; without one, processes of the same
   * user may call, and nobody else.
   *
   * Returns: whether the caller may ask the unit
   *
   * Since: 1.0
   */
  signals[SIGNAL_AUTHORIZE] =
      g_signal_new_class_handler ("authorize", G_OBJECT_CLASS_TYPE (klass), G_SIGNAL_RUN_LAST,
                                  G_CALLBACK (state_unit_exporter_authorize),
                                  g_signal_accumulator_true_handled, NULL, NULL, G_TYPE_BOOLEAN, 1,
                                  G_TYPE_CREDENTIALS);
}

static void
state_unit_exporter_init (StateUnitExporter *self)
{
  self->verdicts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_queue_init (&self->waiting);
}

/* Callers */

static const char *
name_of_sender (StateUnitExporter *self, const char *sender)
{
  return self->is_bus && sender != NULL ? sender : "";
}

static void
caller_gone (const char *sender, gpointer user_data)
{
  g_autoptr (StateUnitExporter) self = g_object_ref (user_data);
  const char *name = name_of_sender (self, sender);

  g_hash_table_remove (self->verdicts, name);
  state_unit_exporter_drop_waiting (self, name);
  state_unit_exporter_cancel_inspections (self, name);
  if (g_strcmp0 (self->client, name) == 0)
    state_unit_exporter_let_go (self);
}

/* The methods */

static gboolean
is_allowed (StateUnitExporter *self, const char *sender, GCredentials *credentials)
{
  gpointer known;
  gboolean verdict = FALSE;

  if (self->trusts_peer)
    return TRUE;
  if (g_hash_table_lookup_extended (self->verdicts, sender, NULL, &known))
    return GPOINTER_TO_INT (known);
  g_signal_emit (self, signals[SIGNAL_AUTHORIZE], 0, credentials, &verdict);
  g_hash_table_insert (self->verdicts, g_strdup (sender), GINT_TO_POINTER (verdict));
  return verdict;
}

/* FALSE: it has been answered. */
static gboolean
admit (StateUnitExporter *self,
       GDBusMethodInvocation *invocation,
       const char *sender,
       GCredentials *credentials)
{
  if (is_allowed (self, sender, credentials) && self->registration != 0)
    return TRUE;
  g_dbus_method_invocation_return_error (invocation, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED,
                                         "the unit at %s is not for this caller: it is for the "
                                         "user of its process",
                                         self->object_path);
  return FALSE;
}

static void
take (StateUnitExporter *self,
      StateExportedKind kind,
      GDBusMethodInvocation *invocation,
      GCredentials *credentials)
{
  g_autoptr (StateUnitExporter) alive = g_object_ref (self);
  const char *sender = name_of_sender (self, g_dbus_method_invocation_get_sender (invocation));
  g_autoptr (GError) error = NULL;
  StateExportedCall *call;

  if (!admit (self, invocation, sender, credentials))
    return;
  call = state_exported_call_new (kind, invocation, sender, &error);
  if (call == NULL)
    g_dbus_method_invocation_return_gerror (invocation, error);
  else
    state_unit_exporter_take_call (self, call);
}

static void
open_called (GDBusMethodInvocation *invocation, GCredentials *credentials, gpointer user_data)
{
  take (user_data, STATE_EXPORTED_OPEN, invocation, credentials);
}

static void
close_called (GDBusMethodInvocation *invocation, GCredentials *credentials, gpointer user_data)
{
  take (user_data, STATE_EXPORTED_CLOSE, invocation, credentials);
}

static void
request_called (GDBusMethodInvocation *invocation, GCredentials *credentials, gpointer user_data)
{
  take (user_data, STATE_EXPORTED_REQUEST, invocation, credentials);
}

static void
cancel_called (GDBusMethodInvocation *invocation, GCredentials *credentials, gpointer user_data)
{
  g_autoptr (StateUnitExporter) self = g_object_ref (user_data);
  g_autofree char *sender =
      g_strdup (name_of_sender (self, g_dbus_method_invocation_get_sender (invocation)));
  guint32 serial;

  if (!admit (self, invocation, sender, credentials))
    return;
  g_variant_get (g_dbus_method_invocation_get_parameters (invocation), "(u)", &serial);
  g_dbus_method_invocation_return_value (invocation, NULL);
  state_unit_exporter_cancel (self, sender, serial);
}

static void
method_called (GDBusConnection *connection,
               const char *sender,
               const char *object_path,
               const char *interface,
               const char *method,
               GVariant *parameters,
               GDBusMethodInvocation *invocation,
               gpointer user_data)
{
  g_autoptr (StateUnitExporter) self = g_object_ref (user_data);
  StateCallerFunc func = request_called;

  if (g_str_equal (method, "Cancel"))
    func = cancel_called;
  else if (g_str_equal (method, "Open"))
    func = open_called;
  else if (g_str_equal (method, "Close"))
    func = close_called;
  state_callers_identify (self->callers, invocation, func, self);
}

static const GDBusInterfaceVTable vtable = { .method_call = method_called };

/* A unit that ended by itself */

typedef struct
{
  StateMessage message;
  StateUnitExporter *exporter;
  GError *error;
} EndedMessage;

static void
ended_free (StateMessage *message)
{
  EndedMessage *ended = (EndedMessage *) message;

  g_object_unref (ended->exporter);
  g_clear_error (&ended->error);
  g_free (ended);
}

static void
ended_arrives (StateMessage *message)
{
  EndedMessage *ended = (EndedMessage *) message;
  StateUnitExporter *self = ended->exporter;
  GVariantBuilder details;

  if (self->may_run && self->client != NULL && self->registration != 0)
    {
      g_variant_builder_init (&details, G_VARIANT_TYPE ("(a{sv})"));
      g_variant_builder_open (&details, G_VARIANT_TYPE_VARDICT);
      if (ended->error != NULL)
        g_variant_builder_add (&details, "{sv}", "error", state_wire_pack_error (ended->error));
      g_variant_builder_close (&details);
      g_dbus_connection_emit_signal (self->connection, self->is_bus ? self->client : NULL,
                                     self->object_path, state_dbus_unit1_interface.name, "Ended",
                                     g_variant_builder_end (&details), NULL);
    }
  if (self->current == NULL)
    self->may_run = FALSE;
  ended_free (message);
}

static gpointer
ref_exporter (gpointer exporter, gpointer unused)
{
  return exporter != NULL ? g_object_ref (exporter) : NULL;
}

/* Told behind the answers that were given before. The reference goes along, so that
 * the last one is not dropped here. */
void
state_unit_exporter_unit_ended (StateUnit *unit, const GError *error)
{
  StateUnitExporter *self =
      g_object_dup_qdata (G_OBJECT (unit), exporter_quark (), ref_exporter, NULL);
  EndedMessage *message;

  if (self == NULL)
    return;
  message = g_new0 (EndedMessage, 1);
  message->message.handle = ended_arrives;
  message->message.discard = ended_free;
  message->exporter = self;
  message->error = error != NULL ? g_error_copy (error) : NULL;
  state_dispatcher_post (self->dispatcher, &message->message);
}

/* Exporting */

static gboolean
claim_unit (StateUnitExporter *self, GError **error)
{
  if (!state_unit_exporter_check_free (self, error))
    return FALSE;
  if (g_object_replace_qdata (G_OBJECT (self->unit), exporter_quark (), NULL, self, NULL, NULL))
    return TRUE;
  g_set_error (error, STATE_ERROR, STATE_ERROR_UNIT_IN_USE, "the unit at %s is exported already",
               self->object_path);
  return FALSE;
}

/**
 * state_unit_exporter_new:
 * @connection: a connection, to a message bus or to a peer
 * @object_path: where to export the unit
 * @unit: a unit that is in no set
 * @error: return location for an error
 *
 * Exports a unit as long as the exporter exists, or until
 * state_unit_exporter_unexport().
 *
 * Errors: %STATE_ERROR_UNIT_IN_USE when the unit is in a set, or exported already;
 * %G_IO_ERROR_CLOSED when the connection is closed; %G_IO_ERROR_EXISTS when there is an
 * object at that path.
 *
 * Returns: (transfer full): a new exporter
 *
 * Since: 1.0
 */
StateUnitExporter *
state_unit_exporter_new (GDBusConnection *connection,
                         const char *object_path,
                         StateUnit *unit,
                         GError **error)
{
  g_autoptr (StateUnitExporter) self = NULL;

  g_return_val_if_fail (G_IS_DBUS_CONNECTION (connection), NULL);
  g_return_val_if_fail (object_path != NULL && g_variant_is_object_path (object_path), NULL);
  g_return_val_if_fail (STATE_IS_UNIT (unit), NULL);

  if (g_dbus_connection_is_closed (connection))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "the connection is closed");
      return NULL;
    }
  self = g_object_new (STATE_TYPE_UNIT_EXPORTER, NULL);
  self->connection = g_object_ref (connection);
  self->object_path = g_strdup (object_path);
  self->unit = g_object_ref (unit);
  self->is_bus = (g_dbus_connection_get_flags (connection) &
                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION) != 0;
  self->context = g_main_context_ref_thread_default ();
  self->dispatcher = state_dispatcher_new (self->context, NULL, NULL);
  if (!claim_unit (self, error))
    return NULL;
  state_guard_connection (connection);
  self->registration =
      g_dbus_connection_register_object (connection, object_path,
                                         (GDBusInterfaceInfo *) &state_dbus_unit1_interface,
                                         &vtable, self, NULL, error);
  if (self->registration == 0)
    {
      g_object_replace_qdata (G_OBJECT (unit), exporter_quark (), self, NULL, NULL, NULL);
      return NULL;
    }
  self->callers = state_callers_get (connection);
  state_callers_follow (self->callers, caller_gone, self);
  return g_steal_pointer (&self);
}

void
state_unit_exporter_trust_peer (StateUnitExporter *self)
{
  self->trusts_peer = TRUE;
}

gboolean
state_unit_exporter_is_idle (StateUnitExporter *self)
{
  return self->current == NULL && g_queue_is_empty (&self->waiting) &&
         (!self->is_orphaned || self->is_stuck);
}

/**
 * state_unit_exporter_unexport:
 * @self: an exporter
 *
 * Ends the export: the unit is not there any more for the other process, and lost to
 * it. A request that is with the unit is cancelled, and the unit is stopped if it runs.
 * Does nothing the second time.
 *
 * Since: 1.0
 */
void
state_unit_exporter_unexport (StateUnitExporter *self)
{
  g_return_if_fail (STATE_IS_UNIT_EXPORTER (self));

  if (self->registration == 0)
    return;
  g_dbus_connection_unregister_object (self->connection, self->registration);
  self->registration = 0;
  state_callers_forget (self->callers, self);
  g_object_replace_qdata (G_OBJECT (self->unit), exporter_quark (), self, NULL, NULL, NULL);
  state_unit_exporter_drop_waiting (self, NULL);
  state_unit_exporter_cancel_inspections (self, NULL);
  state_unit_exporter_let_go (self);
}

/* Properties */

/**
 * state_unit_exporter_get_connection:
 * @self: an exporter
 *
 * Gets #StateUnitExporter:connection.
 *
 * Returns: (transfer none) (nullable): the connection; %NULL for an exporter that
 *   state_unit_exporter_new() did not make
 *
 * Since: 1.0
 */
GDBusConnection *
state_unit_exporter_get_connection (StateUnitExporter *self)
{
  g_return_val_if_fail (STATE_IS_UNIT_EXPORTER (self), NULL);

  return self->connection;
}

/**
 * state_unit_exporter_get_object_path:
 * @self: an exporter
 *
 * Gets #StateUnitExporter:object-path.
 *
 * Returns: (transfer none) (nullable): the path; %NULL for an exporter that
 *   state_unit_exporter_new() did not make
 *
 * Since: 1.0
 */
const char *
state_unit_exporter_get_object_path (StateUnitExporter *self)
{
  g_return_val_if_fail (STATE_IS_UNIT_EXPORTER (self), NULL);

  return self->object_path;
}

/**
 * state_unit_exporter_get_unit:
 * @self: an exporter
 *
 * Gets #StateUnitExporter:unit.
 *
 * Returns: (transfer none) (nullable): the unit; %NULL for an exporter that
 *   state_unit_exporter_new() did not make
 *
 * Since: 1.0
 */
StateUnit *
state_unit_exporter_get_unit (StateUnitExporter *self)
{
  g_return_val_if_fail (STATE_IS_UNIT_EXPORTER (self), NULL);

  return self->unit;
}
