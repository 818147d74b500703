/* SPDX-License-Identifier: MIT */

#include "state-dbus-words-private.h"
#include "state-error.h"
#include "state-guard-private.h"
#include "state-remote-units-private.h"

/* How the list of units, and what is known of the set, follow what is told. Whoever
 * tells is not trusted: what is of another type than it should be is passed over. */

#define FETCH_TIMEOUT 10000 /* ms */

/* The list */

static StateRemoteHandle *
make_handle (const char *path, GVariant *interfaces)
{
  g_autoptr (GVariant) fields =
      g_variant_lookup_value (interfaces, STATE_HANDLE_INTERFACE, G_VARIANT_TYPE_VARDICT);

  return fields != NULL ? state_remote_handle_new (path, fields) : NULL;
}

/* Takes the handle, unless there is one of its path. */
static gboolean
append_handle (StateRemoteUnits *self, StateRemoteHandle *handle)
{
  char *path = (char *) state_remote_handle_get_path (handle);

  if (g_hash_table_contains (self->paths, path))
    {
      g_object_unref (handle);
      return FALSE;
    }
  g_ptr_array_add (self->handles, handle);
  g_hash_table_insert (self->paths, path, handle);
  return TRUE;
}

/* Lets go of those that were only once nobody sees them any more. */
static void
replace_handles (StateRemoteUnits *self, GVariant *objects)
{
  g_autoptr (GPtrArray) old = g_steal_pointer (&self->handles);
  GVariantIter iter;
  const char *path;
  GVariant *interfaces;

  self->handles = g_ptr_array_new_with_free_func (g_object_unref);
  g_hash_table_remove_all (self->paths);
  g_variant_iter_init (&iter, objects);
  while (g_variant_iter_next (&iter, "{&o@a{sa{sv}}}", &path, &interfaces))
    {
      StateRemoteHandle *handle = make_handle (path, interfaces);

      if (handle != NULL)
        append_handle (self, handle);
      g_variant_unref (interfaces);
    }
  if (old->len + self->handles->len > 0)
    g_list_model_items_changed (G_LIST_MODEL (self), 0, old->len, self->handles->len);
}

static void
take_added (StateRemoteUnits *self, GVariant *parameters)
{
  g_autoptr (GVariant) interfaces = NULL;
  g_autoptr (StateRemoteHandle) handle = NULL;
  const char *path;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(oa{sa{sv}})")))
    return;
  g_variant_get (parameters, "(&o@a{sa{sv}})", &path, &interfaces);
  handle = make_handle (path, interfaces);
  if (handle != NULL && append_handle (self, g_object_ref (handle)))
    g_list_model_items_changed (G_LIST_MODEL (self), self->handles->len - 1, 0, 1);
}

static void
take_removed (StateRemoteUnits *self, GVariant *parameters)
{
  g_autofree const char **interfaces = NULL;
  g_autoptr (StateRemoteHandle) handle = NULL;
  const char *path;
  guint position;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(oas)")))
    return;
  g_variant_get (parameters, "(&o^a&s)", &path, &interfaces);
  if (!g_strv_contains (interfaces, STATE_HANDLE_INTERFACE) ||
      !g_set_object (&handle, g_hash_table_lookup (self->paths, path)) ||
      !g_ptr_array_find (self->handles, handle, &position))
    return;
  g_hash_table_remove (self->paths, path);
  g_ptr_array_remove_index (self->handles, position);
  g_list_model_items_changed (G_LIST_MODEL (self), position, 1, 0);
}

/* What is told */

static void
take_properties (StateRemoteUnits *self, const char *path, GVariant *parameters)
{
  g_autoptr (GVariant) fields = NULL;
  const char *interface_name;
  StateRemoteHandle *handle;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(sa{sv}as)")))
    return;
  g_variant_get (parameters, "(&s@a{sv}@as)", &interface_name, &fields, NULL);
  if (g_str_equal (path, self->object_path) && g_str_equal (interface_name, STATE_UNITS_INTERFACE))
    state_remote_units_take_fields (self, fields);
  handle = g_hash_table_lookup (self->paths, path);
  if (handle != NULL && g_str_equal (interface_name, STATE_HANDLE_INTERFACE))
    {
      g_autoptr (StateRemoteHandle) own = g_object_ref (handle);

      state_remote_handle_update (own, fields);
    }
}

static void
on_signal (GDBusConnection *connection,
           const char *sender,
           const char *path,
           const char *interface_name,
           const char *name,
           GVariant *parameters,
           gpointer user_data)
{
  g_autoptr (StateRemoteUnits) self = g_object_ref (user_data);

  if (g_str_equal (interface_name, STATE_PROPERTIES_INTERFACE))
    take_properties (self, path, parameters);
  else if (g_str_equal (name, "InterfacesAdded"))
    take_added (self, parameters);
  else if (g_str_equal (name, "InterfacesRemoved"))
    take_removed (self, parameters);
  else if (g_str_equal (name, "Unexported"))
    state_remote_units_lose (self);
}

static guint
subscribe (StateRemoteUnits *self,
           const char *interface_name,
           const char *name,
           const char *object_path)
{
  return g_dbus_connection_signal_subscribe (self->connection, self->owner, interface_name, name,
                                             object_path, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_signal,
                                             self, NULL);
}

static void
unsubscribe (StateRemoteUnits *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->subscriptions); i++)
    if (self->subscriptions[i] != 0)
      g_dbus_connection_signal_unsubscribe (self->connection, self->subscriptions[i]);
  memset (self->subscriptions, 0, sizeof self->subscriptions);
}

/* Finding out all of it */

typedef struct
{
  GWeakRef units;
  GCancellable *cancellable;
} Fetch;

static Fetch *
fetch_new (StateRemoteUnits *units)
{
  Fetch *self = g_new0 (Fetch, 1);

  g_weak_ref_init (&self->units, units);
  self->cancellable = g_object_ref (units->fetching);
  return self;
}

/* The units, unless they are gone or have begun anew since; frees the rest. */
static StateRemoteUnits *
fetch_end (Fetch *self)
{
  StateRemoteUnits *units = g_weak_ref_get (&self->units);

  if (units != NULL && units->fetching != self->cancellable)
    g_clear_object (&units);
  g_weak_ref_clear (&self->units);
  g_object_unref (self->cancellable);
  g_free (self);
  return units;
}

/* Whoever waits for the first answer is told. Takes the error. */
static void
return_init (StateRemoteUnits *self, GError *error)
{
  g_autoptr (GTask) init = g_steal_pointer (&self->init);

  if (init == NULL)
    g_clear_error (&error);
  else if (error != NULL)
    g_task_return_error (init, error);
  else
    g_task_return_boolean (init, TRUE);
}

static void
fail_fetch (StateRemoteUnits *self, GError *error)
{
  GError *explained = state_remote_units_explain_error (self, error);

  state_remote_units_lose (self);
  return_init (self, explained);
}

static void
on_fields (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (StateRemoteUnits) self = fetch_end (user_data);
  GError *error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autoptr (GVariant) fields = NULL;

  if (self == NULL)
    {
      g_clear_error (&error);
      return;
    }
  if (reply == NULL)
    {
      fail_fetch (self, error);
      return;
    }
  fields = g_variant_get_child_value (reply, 0);
  state_remote_units_take_fields (self, fields);
}

static void
on_objects (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (StateRemoteUnits) self = fetch_end (user_data);
  GError *error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autoptr (GVariant) objects = NULL;

  if (self == NULL)
    {
      g_clear_error (&error);
      return;
    }
  if (reply == NULL)
    {
      fail_fetch (self, error);
      return;
    }
  objects = g_variant_get_child_value (reply, 0);
  replace_handles (self, objects);
  state_remote_units_set_connected (self, TRUE);
  return_init (self, NULL);
}

/* The answers come in the order of the questions, the units last. */
static void
fetch (StateRemoteUnits *self)
{
  self->subscriptions[0] = subscribe (self, STATE_PROPERTIES_INTERFACE, "PropertiesChanged", NULL);
  self->subscriptions[1] = subscribe (self, STATE_MANAGER_INTERFACE, NULL, self->object_path);
  self->subscriptions[2] = subscribe (self, STATE_UNITS_INTERFACE, "Unexported", self->object_path);
  self->fetching = g_cancellable_new ();
  g_dbus_connection_call (self->connection, self->owner, self->object_path,
                          STATE_PROPERTIES_INTERFACE, "GetAll",
                          g_variant_new ("(s)", STATE_UNITS_INTERFACE), G_VARIANT_TYPE ("(a{sv})"),
                          G_DBUS_CALL_FLAGS_NONE, FETCH_TIMEOUT, self->fetching, on_fields,
                          fetch_new (self));
  g_dbus_connection_call (self->connection, self->owner, self->object_path, STATE_MANAGER_INTERFACE,
                          "GetManagedObjects", NULL, G_VARIANT_TYPE ("(a{oa{sa{sv}}})"),
                          G_DBUS_CALL_FLAGS_NONE, FETCH_TIMEOUT, self->fetching, on_objects,
                          fetch_new (self));
}

/* Nobody is there any more, or yet. */
void
state_remote_units_lose (StateRemoteUnits *self)
{
  g_autoptr (GVariant) nothing =
      g_variant_ref_sink (g_variant_new_array (G_VARIANT_TYPE ("{oa{sa{sv}}}"), NULL, 0));

  unsubscribe (self);
  if (self->fetching != NULL)
    g_cancellable_cancel (self->fetching);
  g_clear_object (&self->fetching);
  g_clear_pointer (&self->owner, g_free);
  if (!self->connected)
    return;
  state_remote_units_forget_fields (self);
  replace_handles (self, nothing);
  state_remote_units_set_connected (self, FALSE);
}

static void
on_appeared (GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
  g_autoptr (StateRemoteUnits) self = g_object_ref (user_data);

  state_remote_units_lose (self);
  self->owner = g_strdup (owner);
  g_main_context_push_thread_default (self->context);
  fetch (self);
  g_main_context_pop_thread_default (self->context);
}

static void
on_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  g_autoptr (StateRemoteUnits) self = g_object_ref (user_data);

  fail_fetch (self, g_error_new (STATE_ERROR, STATE_ERROR_LOST, "nobody has the name %s on the bus",
                                 self->bus_name));
}

static gboolean
close_here (gpointer user_data)
{
  StateRemoteUnits *self = user_data;

  fail_fetch (self, g_error_new (STATE_ERROR, STATE_ERROR_LOST,
                                 "the connection to the set at %s is closed", self->object_path));
  return G_SOURCE_REMOVE;
}

/* Told in the context that the connection was made in. */
static void
on_closed (GDBusConnection *connection,
           gboolean remote_peer_vanished,
           GError *error,
           gpointer user_data)
{
  StateRemoteUnits *self = user_data;

  g_main_context_invoke_full (self->context, G_PRIORITY_DEFAULT, close_here, g_object_ref (self),
                              g_object_unref);
}

/* Takes the task, which is returned to once it is known whether anybody is there. */
void
state_remote_units_connect (StateRemoteUnits *self, GTask *init)
{
  self->init = init;
  state_guard_connection (self->connection);
  if (self->bus_name != NULL)
    self->watch = g_bus_watch_name_on_connection (self->connection, self->bus_name,
                                                  G_BUS_NAME_WATCHER_FLAGS_AUTO_START, on_appeared,
                                                  on_vanished, self, NULL);
  else
    {
      self->closed_id = g_signal_connect (self->connection, "closed", G_CALLBACK (on_closed), self);
      fetch (self);
    }
}

/* For good. */
void
state_remote_units_disconnect (StateRemoteUnits *self)
{
  if (self->connection == NULL)
    return;
  if (self->closed_id != 0)
    g_signal_handler_disconnect (self->connection, self->closed_id);
  if (self->watch != 0)
    g_bus_unwatch_name (self->watch);
  self->closed_id = 0;
  self->watch = 0;
  unsubscribe (self);
  if (self->fetching != NULL)
    g_cancellable_cancel (self->fetching);
  g_clear_object (&self->fetching);
}

/* The one who waits for the first answer does so no longer. */
void
state_remote_units_cancel_connect (StateRemoteUnits *self)
{
  state_remote_units_disconnect (self);
  return_init (self, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled"));
}
