/* SPDX-License-Identifier: MIT */

#include "state-callers-private.h"
#include "state-error.h"
#include "state-guard-private.h"
#include "state-units-exporter-private.h"
#include "state-dbus-interfaces.h"
#include "state-units-private.h"

/**
 * SECTION:state-units-exporter
 * @title: StateUnitsExporter
 * @short_description: a set of units on D-Bus, for tools
 *
 * See #StateUnitsExporter.
 */

/**
 * StateUnitsExporter:
 *
 * Makes a #StateUnits known on a #GDBusConnection, a message bus or a connection
 * between two programs, where a #StateRemoteUnits or the command `state-unit` of
 * another process shows and drives it. Made by state_units_export().
 *
 * The set is exported as long as the exporter, and the set, are there: whoever
 * exports a set keeps the exporter. It does not keep the set alive. It belongs to
 * the set's main context, where calls are handled and its functions are to be
 * called.
 *
 * On the connection the set is an object with the interface
 * `org.stateunit.Units1`, and an object manager of one object for each unit, with
 * the interface `org.stateunit.Handle1`. A method that is an operation replies when
 * the operation has ended. The operation goes on when its caller goes away: a tool
 * that crashes leaves no machine half started.
 *
 * Who runs as the same user is let in; for others there is
 * #StateUnitsExporter::authorize.
 *
 * Since: 1.0
 */

enum
{
  PROP_UNITS = 1,
  PROP_CONNECTION,
  PROP_OBJECT_PATH,
  N_PROPERTIES
};

static GParamSpec *properties[N_PROPERTIES];

enum
{
  SIGNAL_AUTHORIZE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (StateUnitsExporter, state_units_exporter, G_TYPE_OBJECT)

/* Unregistering */

static void
unregister (StateUnitsExporter *self)
{
  for (guint i = 0; i < 2; i++)
    if (self->registrations[i] != 0)
      g_dbus_connection_unregister_object (self->connection, self->registrations[i]);
  if (self->registrations[2] != 0)
    g_dbus_connection_unregister_subtree (self->connection, self->registrations[2]);
  memset (self->registrations, 0, sizeof self->registrations);
}

static void on_units_gone (gpointer data, GObject *where_the_units_were);

static void
unexport (StateUnitsExporter *self)
{
  gboolean was_exported = self->registrations[0] != 0;

  if (self->home == NULL)
    return;
  unregister (self);
  state_units_exported_unwatch (self);
  state_units_exported_forget_calls (self);
  if (self->units != NULL)
    g_object_weak_unref (G_OBJECT (self->units), on_units_gone, self);
  self->units = NULL;
  state_callers_forget (self->callers, self);
  g_clear_pointer (&self->callers, state_callers_unref);
  g_clear_pointer (&self->home, state_dispatcher_unref);
  if (was_exported)
    state_units_exported_emit (self, self->object_path, STATE_UNITS_INTERFACE, "Unexported", NULL);
}

static void
on_units_gone (gpointer data, GObject *where_the_units_were)
{
  StateUnitsExporter *self = data;

  self->units = NULL;
  unexport (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_UNITS]);
}

static void
state_units_exporter_dispose (GObject *object)
{
  unexport (STATE_UNITS_EXPORTER (object));
  G_OBJECT_CLASS (state_units_exporter_parent_class)->dispose (object);
}

static void
state_units_exporter_finalize (GObject *object)
{
  StateUnitsExporter *self = STATE_UNITS_EXPORTER (object);

  g_clear_object (&self->connection);
  g_free (self->object_path);
  g_free (self->units_path);
  G_OBJECT_CLASS (state_units_exporter_parent_class)->finalize (object);
}

static void
state_units_exporter_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StateUnitsExporter *self = STATE_UNITS_EXPORTER (object);

  switch (id)
    {
    case PROP_UNITS:
      g_value_set_object (value, self->units);
      break;
    case PROP_CONNECTION:
      g_value_set_object (value, self->connection);
      break;
    case PROP_OBJECT_PATH:
      g_value_set_string (value, self->object_path);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

/* Unless somebody says otherwise. */
static gboolean
authorize_own_user (StateUnitsExporter *self, GCredentials *credentials)
{
  return state_credentials_are_own (credentials);
}

static void
install_signals (GType type)
{
  /**
   * StateUnitsExporter::authorize:
   * @self: the exporter
   * @credentials: (nullable): of the process that calls; %NULL when nothing is known
   *   of it
   *
   * Emitted for each call, reading included. Whoever runs as the same user as this
   * process is let in when no handler is connected, or none returns %TRUE; nobody
   * else. The signals that tell of changes go to the connection, and on a message bus
   * its policy decides who may listen.
   *
   * Returns: %TRUE to let the caller in
   *
   * Since: 1.0
   */
  signals[SIGNAL_AUTHORIZE] =
      g_signal_new_class_handler ("authorize", type, G_SIGNAL_RUN_LAST,
                                  G_CALLBACK (authorize_own_user),
                                  g_signal_accumulator_true_handled, NULL, NULL, G_TYPE_BOOLEAN, 1,
                                  G_TYPE_CREDENTIALS);
}

static void
state_units_exporter_class_init (StateUnitsExporterClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->dispose = state_units_exporter_dispose;
  object_class->finalize = state_units_exporter_finalize;
  object_class->get_property = state_units_exporter_get_property;

  /**
   * StateUnitsExporter:units:
   *
   * The set, held weakly; %NULL, and notified, when it is exported no longer.
   *
   * Since: 1.0
   */
  properties[PROP_UNITS] = g_param_spec_object ("units", NULL, NULL, STATE_TYPE_UNITS, flags);

  /**
   * StateUnitsExporter:connection:
   *
   * The connection that the set is exported on.
   *
   * Since: 1.0
   */
  properties[PROP_CONNECTION] =
      g_param_spec_object ("connection", NULL, NULL, G_TYPE_DBUS_CONNECTION, flags);

  /**
   * StateUnitsExporter:object-path:
   *
   * Where on the connection the set is exported.
   *
   * Since: 1.0
   */
  properties[PROP_OBJECT_PATH] = g_param_spec_string ("object-path", NULL, NULL, NULL, flags);

  g_object_class_install_properties (object_class, N_PROPERTIES, properties);
  install_signals (G_TYPE_FROM_CLASS (klass));
}

static void
state_units_exporter_init (StateUnitsExporter *self)
{
  g_queue_init (&self->calls);
}

/* Registering */

void
state_units_exported_emit (StateUnitsExporter *self,
                           const char *path,
                           const char *interface_name,
                           const char *name,
                           GVariant *parameters)
{
  /* When the connection is closed there is nobody to be told. */
  g_dbus_connection_emit_signal (self->connection, NULL, path, interface_name, name, parameters,
                                 NULL);
}

/* Letting in */

static gboolean
is_authorized (StateUnitsExporter *self, GCredentials *credentials)
{
  gboolean authorized = FALSE;

  g_signal_emit (self, signals[SIGNAL_AUTHORIZE], 0, credentials, &authorized);
  return authorized;
}

static void
on_identified (GDBusMethodInvocation *invocation, GCredentials *credentials, gpointer user_data)
{
  g_autoptr (StateUnitsExporter) self = g_object_ref (user_data);

  if (is_authorized (self, credentials))
    state_units_exported_handle_call (self, invocation);
  else
    g_dbus_method_invocation_return_error (invocation, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED,
                                           "the set at %s answers its own user alone",
                                           self->object_path);
}

/* What it asked for goes on. */
static void
on_caller_gone (const char *sender, gpointer user_data)
{
}

static void
on_method_call (GDBusConnection *connection,
                const char *sender,
                const char *object_path,
                const char *interface_name,
                const char *method_name,
                GVariant *parameters,
                GDBusMethodInvocation *invocation,
                gpointer user_data)
{
  StateUnitsExporter *self = user_data;

  state_callers_identify (self->callers, invocation, on_identified, self);
}

/* Properties are read by method calls, too. */
static const GDBusInterfaceVTable vtable = { .method_call = on_method_call };

/* Nobody is told of the units without having been let in. */
static char **
enumerate (GDBusConnection *connection,
           const char *sender,
           const char *object_path,
           gpointer user_data)
{
  return NULL;
}

static GDBusInterfaceInfo **
introspect (GDBusConnection *connection,
            const char *sender,
            const char *object_path,
            const char *node,
            gpointer user_data)
{
  GDBusInterfaceInfo **infos = g_new0 (GDBusInterfaceInfo *, 2);

  if (node != NULL)
    infos[0] = (GDBusInterfaceInfo *) &state_dbus_handle1_interface;
  return infos;
}

static const GDBusInterfaceVTable *
dispatch (GDBusConnection *connection,
          const char *sender,
          const char *object_path,
          const char *interface_name,
          const char *node,
          gpointer *out_user_data,
          gpointer user_data)
{
  *out_user_data = user_data;
  return node != NULL ? &vtable : NULL;
}

static const GDBusSubtreeVTable subtree_vtable = {
  .enumerate = enumerate,
  .introspect = introspect,
  .dispatch = dispatch,
};

static guint
register_interface (StateUnitsExporter *self, const GDBusInterfaceInfo *info, GError **error)
{
  return g_dbus_connection_register_object (self->connection, self->object_path,
                                            (GDBusInterfaceInfo *) info, &vtable, self, NULL,
                                            error);
}

static gboolean
register_everything (StateUnitsExporter *self, GError **error)
{
  self->registrations[0] = register_interface (self, &state_dbus_units1_interface, error);
  if (self->registrations[0] == 0)
    return FALSE;
  self->registrations[1] =
      register_interface (self, &state_dbus_org_freedesktop_dbus_object_manager_interface, error);
  if (self->registrations[1] == 0)
    return FALSE;
  self->registrations[2] =
      g_dbus_connection_register_subtree (self->connection, self->units_path, &subtree_vtable,
                                          G_DBUS_SUBTREE_FLAGS_DISPATCH_TO_UNENUMERATED_NODES, self,
                                          NULL, error);
  return self->registrations[2] != 0;
}

/* Calls come in the context that was thread-default at the time. */
static gboolean
register_in_context (StateUnitsExporter *self, GError **error)
{
  GMainContext *context = state_dispatcher_get_context (self->home);
  gboolean registered;

  g_main_context_push_thread_default (context);
  self->callers = state_callers_get (self->connection);
  state_callers_follow (self->callers, on_caller_gone, self);
  registered = register_everything (self, error);
  g_main_context_pop_thread_default (context);
  if (!registered)
    unregister (self);
  return registered;
}

/**
 * state_units_export:
 * @units: a set
 * @connection: a connection
 * @object_path: where on the connection the set is to be
 * @error: return location for an error
 *
 * Exports the set, until the exporter goes, or the set, or
 * state_units_exporter_unexport() is called. A set can be exported any number of
 * times, on one connection or several. On a bus, own the name by which others are to
 * find the set only afterwards.
 *
 * To be called in the set's context, since that is where calls are handled.
 *
 * Errors: %G_IO_ERROR_EXISTS when there is an object with such an interface at the
 * path already.
 *
 * Returns: (transfer full) (nullable): the exporter, to be kept; %NULL with an error
 *
 * Since: 1.0
 */
StateUnitsExporter *
state_units_export (StateUnits *units,
                    GDBusConnection *connection,
                    const char *object_path,
                    GError **error)
{
  g_autoptr (StateUnitsExporter) self = NULL;

  g_return_val_if_fail (STATE_IS_UNITS (units), NULL);
  g_return_val_if_fail (G_IS_DBUS_CONNECTION (connection), NULL);
  g_return_val_if_fail (object_path != NULL && g_variant_is_object_path (object_path), NULL);
  state_return_val_if_not_here (units->dispatcher, NULL);

  self = g_object_new (STATE_TYPE_UNITS_EXPORTER, NULL);
  self->home = state_dispatcher_ref (units->dispatcher);
  self->connection = g_object_ref (connection);
  self->object_path = g_strdup (object_path);
  self->units_path = g_strconcat (g_str_equal (object_path, "/") ? "" : object_path, "/unit", NULL);
  state_guard_connection (connection);
  self->units = units;
  g_object_weak_ref (G_OBJECT (units), on_units_gone, self);
  state_units_exported_watch (self);
  return register_in_context (self, error) ? g_steal_pointer (&self) : NULL;
}

/**
 * state_units_exporter_unexport:
 * @self: an exporter
 *
 * Takes the set off the connection. Operations that were asked for go on, and are
 * replied to. Once is enough.
 *
 * Since: 1.0
 */
void
state_units_exporter_unexport (StateUnitsExporter *self)
{
  g_return_if_fail (STATE_IS_UNITS_EXPORTER (self));
  state_return_if_not_here (self->home);

  if (self->home == NULL)
    return;
  unexport (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_UNITS]);
}

/* Properties */

/**
 * state_units_exporter_get_units:
 * @self: an exporter
 *
 * Gets #StateUnitsExporter:units.
 *
 * Returns: (transfer none) (nullable): the set; %NULL when it is exported no longer
 *
 * Since: 1.0
 */
StateUnits *
state_units_exporter_get_units (StateUnitsExporter *self)
{
  g_return_val_if_fail (STATE_IS_UNITS_EXPORTER (self), NULL);

  return self->units;
}

/**
 * state_units_exporter_get_connection:
 * @self: an exporter
 *
 * Gets #StateUnitsExporter:connection.
 *
 * Returns: (transfer none) (nullable): the connection; %NULL when the exporter was
 *   not made by state_units_export()
 *
 * Since: 1.0
 */
GDBusConnection *
state_units_exporter_get_connection (StateUnitsExporter *self)
{
  g_return_val_if_fail (STATE_IS_UNITS_EXPORTER (self), NULL);

  return self->connection;
}

/**
 * state_units_exporter_get_object_path:
 * @self: an exporter
 *
 * Gets #StateUnitsExporter:object-path.
 *
 * Returns: (transfer none) (nullable): the path; %NULL when the exporter was not
 *   made by state_units_export()
 *
 * Since: 1.0
 */
const char *
state_units_exporter_get_object_path (StateUnitsExporter *self)
{
  g_return_val_if_fail (STATE_IS_UNITS_EXPORTER (self), NULL);

  return self->object_path;
}
