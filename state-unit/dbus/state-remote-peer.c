/* SPDX-License-Identifier: MIT */

#include "state-remote-peer-private.h"

#include "state-dbus-interfaces.h"
#include "state-error.h"
#include "state-guard-private.h"

#include <string.h>

#define BUS "org.freedesktop.DBus"

typedef struct
{
  guint32 serial;
  gpointer owner;
  const StateRemoteCallFuncs *funcs;
  gpointer user_data;
} Call;

typedef struct
{
  GWeakRef weak;
  gpointer unit; /* not owned, to compare with */
  char *object_path;
  const StateRemotePeerFuncs *funcs;
} Unit;

struct _StateRemotePeer
{
  guint n_users;             /* under the list's lock */
  gatomicrefcount ref_count; /* of memory: the users', and those of handlers */
  GDBusConnection *connection;
  char *bus_name; /* nullable */
  guint filter;
  guint subscription;
  gulong closed_handler;

  GMutex lock;       /* for all below */
  char *owner;       /* nullable: the unique name behind the other */
  GHashTable *calls; /* of Call, by serial */
  GPtrArray *unsent; /* of Call, made when the connection was closed already */
  GPtrArray *units;  /* of Unit */
  char *lost;        /* nullable: why */
  gboolean is_deferred;
};

static GMutex list_lock; /* for the lists on connections */

static GQuark
list_quark (void)
{
  return g_quark_from_static_string ("state-unit-remote-peers");
}

static void
unit_free (gpointer data)
{
  Unit *unit = data;

  g_weak_ref_clear (&unit->weak);
  g_free (unit->object_path);
  g_free (unit);
}

/* Calls */

/* With the lock held; the caller frees it. */
static Call *
steal_call (StateRemotePeer *self, guint32 serial)
{
  Call *call = g_hash_table_lookup (self->calls, GUINT_TO_POINTER (serial));

  if (call == NULL)
    return NULL;
  g_hash_table_remove (self->calls, GUINT_TO_POINTER (serial));
  return call;
}

/* With the lock held: those of one owner, or with NULL all. */
static GPtrArray *
steal_calls (StateRemotePeer *self, gpointer owner)
{
  GPtrArray *calls = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  Call *call;

  g_hash_table_iter_init (&iter, self->calls);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &call))
    if (owner == NULL || call->owner == owner)
      {
        g_ptr_array_add (calls, call);
        g_hash_table_iter_remove (&iter);
      }
  for (guint i = self->unsent->len; i > 0; i--)
    {
      call = g_ptr_array_index (self->unsent, i - 1);
      if (owner == NULL || call->owner == owner)
        g_ptr_array_add (calls, g_ptr_array_remove_index_fast (self->unsent, i - 1));
    }
  return calls;
}

static void
fail_calls (GPtrArray *calls, const char *why)
{
  for (guint i = 0; i < calls->len; i++)
    {
      const Call *call = g_ptr_array_index (calls, i);

      call->funcs->replied (NULL, why, call->user_data);
    }
}

GDBusMessage *
state_remote_peer_make_call (StateRemotePeer *self, const char *object_path, const char *method)
{
  return g_dbus_message_new_method_call (self->bus_name, object_path,
                                         state_dbus_unit1_interface.name, method);
}

/* With the lock held, so that the reply cannot come before the call is known. What cannot
 * be sent any more fails when the peer is lost, by whoever knows why. */
static gboolean
send_locked (StateRemotePeer *self, GDBusMessage *message, Call *call, GError **error)
{
  GError *problem = NULL;

  if (self->lost != NULL)
    {
      g_set_error_literal (error, STATE_ERROR, STATE_ERROR_LOST, self->lost);
      return FALSE;
    }
  if (g_dbus_connection_send_message (self->connection, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE,
                                      (volatile guint32 *) &call->serial, &problem))
    {
      g_hash_table_insert (self->calls, GUINT_TO_POINTER (call->serial), call);
      return TRUE;
    }
  if (!g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_CLOSED))
    {
      g_propagate_error (error, problem);
      return FALSE;
    }
  g_error_free (problem);
  g_ptr_array_add (self->unsent, call);
  return TRUE;
}

gboolean
state_remote_peer_call (StateRemotePeer *self,
                        GDBusMessage *message,
                        gpointer owner,
                        const StateRemoteCallFuncs *funcs,
                        gpointer user_data,
                        GError **error)
{
  Call *call = g_new (Call, 1);
  gboolean sent;

  *call = (Call){ 0, owner, funcs, user_data };
  g_mutex_lock (&self->lock);
  sent = send_locked (self, message, call, error);
  g_mutex_unlock (&self->lock);
  if (!sent)
    g_free (call);
  return sent;
}

void
state_remote_peer_tell (StateRemotePeer *self,
                        const char *object_path,
                        const char *method,
                        GVariant *arguments)
{
  g_autoptr (GDBusMessage) message = state_remote_peer_make_call (self, object_path, method);

  g_dbus_message_set_flags (message, G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED |
                                         G_DBUS_MESSAGE_FLAGS_NO_AUTO_START);
  if (arguments != NULL)
    g_dbus_message_set_body (message, arguments);
  g_dbus_connection_send_message (self->connection, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL,
                                  NULL);
}

void
state_remote_peer_fail_calls (StateRemotePeer *self, gpointer owner, const char *why)
{
  g_autoptr (GPtrArray) calls = NULL;

  g_mutex_lock (&self->lock);
  calls = steal_calls (self, owner);
  g_mutex_unlock (&self->lock);
  fail_calls (calls, why);
}

/* Loss */

typedef struct
{
  GObject *unit;
  const StateRemotePeerFuncs *funcs;
} Told;

/* With the lock held: those at the path, or with NULL all. */
static GArray *
collect_units (StateRemotePeer *self, const char *object_path)
{
  GArray *units = g_array_new (FALSE, FALSE, sizeof (Told));

  for (guint i = 0; i < self->units->len; i++)
    {
      Unit *unit = g_ptr_array_index (self->units, i);
      Told told = { NULL, unit->funcs };

      if (object_path != NULL && !g_str_equal (unit->object_path, object_path))
        continue;
      told.unit = g_weak_ref_get (&unit->weak);
      if (told.unit != NULL)
        g_array_append_val (units, told);
    }
  return units;
}

void
state_remote_peer_lose (StateRemotePeer *self, const char *why)
{
  g_autoptr (StateRemotePeer) alive = state_remote_peer_ref (self);
  g_autofree char *own = g_strdup (why);
  g_autoptr (GPtrArray) calls = NULL;
  g_autoptr (GArray) units = NULL;

  g_mutex_lock (&self->lock);
  if (self->lost != NULL)
    {
      g_mutex_unlock (&self->lock);
      return;
    }
  self->lost = g_strdup (own);
  calls = steal_calls (self, NULL);
  units = collect_units (self, NULL);
  g_mutex_unlock (&self->lock);

  fail_calls (calls, own);
  for (guint i = 0; i < units->len; i++)
    {
      Told *told = &g_array_index (units, Told, i);

      told->funcs->lost (told->unit, self, own);
      g_object_unref (told->unit);
    }
}

static void
closed (GDBusConnection *connection, gboolean by_peer, GError *error, gpointer data)
{
  StateRemotePeer *self = data;
  g_autofree char *why = NULL;
  gboolean is_deferred;

  g_mutex_lock (&self->lock);
  is_deferred = self->is_deferred;
  g_mutex_unlock (&self->lock);
  if (is_deferred)
    return;
  why = error != NULL ? g_strdup_printf ("its connection broke: %s", error->message)
                      : g_strdup_printf ("its connection was closed%s", by_peer ? " by it" : "");
  state_remote_peer_lose (self, why);
}

void
state_remote_peer_set_deferred (StateRemotePeer *self, gboolean deferred)
{
  g_mutex_lock (&self->lock);
  self->is_deferred = deferred;
  g_mutex_unlock (&self->lock);
}

/* What arrives, on the thread of the connection */

/* TRUE: it was for one of the calls here. */
static gboolean
take_reply (StateRemotePeer *self, GDBusMessage *message)
{
  g_autofree Call *call = NULL;

  g_mutex_lock (&self->lock);
  call = steal_call (self, g_dbus_message_get_reply_serial (message));
  g_mutex_unlock (&self->lock);
  if (call == NULL)
    return FALSE;
  call->funcs->replied (message, NULL, call->user_data);
  return TRUE;
}

static void
take_owner (StateRemotePeer *self, const char *owner)
{
  g_mutex_lock (&self->lock);
  g_free (self->owner);
  self->owner = g_strdup (owner);
  g_mutex_unlock (&self->lock);
}

static void
name_changed (StateRemotePeer *self, GVariant *arguments)
{
  const char *name, *old_owner, *new_owner;

  if (arguments == NULL || !g_variant_is_of_type (arguments, G_VARIANT_TYPE ("(sss)")))
    return;
  g_variant_get (arguments, "(&s&s&s)", &name, &old_owner, &new_owner);
  if (!g_str_equal (name, self->bus_name))
    return;
  if (old_owner[0] != '\0')
    {
      g_autofree char *why =
          g_strdup_printf (new_owner[0] == '\0' ? "%s left the bus"
                                                : "%s was taken over by another process",
                           name);

      state_remote_peer_lose (self, why);
    }
  else if (new_owner[0] != '\0')
    take_owner (self, new_owner);
}

static gboolean
is_from_peer (StateRemotePeer *self, GDBusMessage *message)
{
  const char *sender = g_dbus_message_get_sender (message);
  gboolean is_from;

  if (self->bus_name == NULL)
    return TRUE;
  g_mutex_lock (&self->lock);
  is_from = sender != NULL && self->owner != NULL && g_str_equal (sender, self->owner);
  g_mutex_unlock (&self->lock);
  return is_from;
}

/* About a call, which its first argument names. */
static void
tell_call (StateRemotePeer *self, const char *signal, GVariant *arguments)
{
  g_autoptr (GVariant) first = NULL;
  Call *call;

  if (arguments == NULL || g_variant_n_children (arguments) == 0)
    return;
  first = g_variant_get_child_value (arguments, 0);
  if (!g_variant_is_of_type (first, G_VARIANT_TYPE_UINT32))
    return;
  /* Called with the lock: the call must not end meanwhile. */
  g_mutex_lock (&self->lock);
  call = g_hash_table_lookup (self->calls, GUINT_TO_POINTER (g_variant_get_uint32 (first)));
  if (call != NULL && call->funcs->signalled != NULL)
    call->funcs->signalled (signal, arguments, call->user_data);
  g_mutex_unlock (&self->lock);
}

static void
tell_units (StateRemotePeer *self, GDBusMessage *message, const char *signal)
{
  g_autoptr (GArray) units = NULL;

  g_mutex_lock (&self->lock);
  units = collect_units (self, g_dbus_message_get_path (message));
  g_mutex_unlock (&self->lock);
  for (guint i = 0; i < units->len; i++)
    {
      Told *told = &g_array_index (units, Told, i);

      told->funcs->signalled (told->unit, signal, g_dbus_message_get_body (message));
      g_object_unref (told->unit);
    }
}

static void
take_signal (StateRemotePeer *self, GDBusMessage *message)
{
  const char *interface = g_dbus_message_get_interface (message);
  const char *signal = g_dbus_message_get_member (message);

  if (self->bus_name != NULL && g_strcmp0 (interface, BUS) == 0 &&
      g_strcmp0 (g_dbus_message_get_sender (message), BUS) == 0 &&
      g_strcmp0 (signal, "NameOwnerChanged") == 0)
    name_changed (self, g_dbus_message_get_body (message));
  else if (signal != NULL && g_strcmp0 (interface, state_dbus_unit1_interface.name) == 0 &&
           is_from_peer (self, message))
    {
      if (g_str_equal (signal, "Ended"))
        tell_units (self, message, signal);
      else
        tell_call (self, signal, g_dbus_message_get_body (message));
    }
}

static GDBusMessage *
filter (GDBusConnection *connection, GDBusMessage *message, gboolean incoming, gpointer data)
{
  StateRemotePeer *self = data;

  if (!incoming)
    return message;
  switch (g_dbus_message_get_message_type (message))
    {
    case G_DBUS_MESSAGE_TYPE_METHOD_RETURN:
    case G_DBUS_MESSAGE_TYPE_ERROR:
      if (!take_reply (self, message))
        return message;
      g_object_unref (message);
      return NULL;
    case G_DBUS_MESSAGE_TYPE_SIGNAL:
      take_signal (self, message);
      return message;
    case G_DBUS_MESSAGE_TYPE_METHOD_CALL:
    case G_DBUS_MESSAGE_TYPE_INVALID:
    default:
      return message;
    }
}

/* The name on the bus */

/* Only asks the bus to send what the filter takes. */
static void
ignore_signal (GDBusConnection *connection,
               const char *sender,
               const char *object_path,
               const char *interface,
               const char *signal,
               GVariant *parameters,
               gpointer user_data)
{
}

static void
owner_told (GDBusMessage *reply, const char *lost, gpointer user_data)
{
  g_autoptr (StateRemotePeer) self = user_data;
  GVariant *body = reply != NULL ? g_dbus_message_get_body (reply) : NULL;
  const char *owner;

  if (body == NULL ||
      g_dbus_message_get_message_type (reply) != G_DBUS_MESSAGE_TYPE_METHOD_RETURN ||
      !g_variant_is_of_type (body, G_VARIANT_TYPE ("(s)")))
    return;
  g_variant_get (body, "(&s)", &owner);
  take_owner (self, owner);
}

static const StateRemoteCallFuncs owner_funcs = { owner_told, NULL };

static void
follow_name (StateRemotePeer *self)
{
  g_autoptr (GDBusMessage) message = NULL;

  self->subscription =
      g_dbus_connection_signal_subscribe (self->connection, BUS, BUS, "NameOwnerChanged",
                                          "/org/freedesktop/DBus", self->bus_name,
                                          G_DBUS_SIGNAL_FLAGS_NONE, ignore_signal, NULL, NULL);
  if (self->bus_name[0] == ':')
    {
      take_owner (self, self->bus_name);
      return;
    }
  message = g_dbus_message_new_method_call (BUS, "/org/freedesktop/DBus", BUS, "GetNameOwner");
  g_dbus_message_set_body (message, g_variant_new ("(s)", self->bus_name));
  if (!state_remote_peer_call (self, message, self, &owner_funcs, state_remote_peer_ref (self),
                               NULL))
    state_remote_peer_unref (self);
}

/* Getting and letting go */

static void
memory_unref (gpointer data)
{
  StateRemotePeer *self = data;

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_hash_table_unref (self->calls);
  g_ptr_array_unref (self->unsent);
  g_ptr_array_unref (self->units);
  g_object_unref (self->connection);
  g_mutex_clear (&self->lock);
  g_free (self->bus_name);
  g_free (self->owner);
  g_free (self->lost);
  g_free (self);
}

static StateRemotePeer *
memory_ref (StateRemotePeer *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

static void
unref_closure (gpointer data, GClosure *closure)
{
  memory_unref (data);
}

static StateRemotePeer *
peer_new (GDBusConnection *connection, const char *bus_name)
{
  StateRemotePeer *self = g_new0 (StateRemotePeer, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->n_users = 1;
  self->connection = g_object_ref (connection);
  self->bus_name = g_strdup (bus_name);
  g_mutex_init (&self->lock);
  self->calls = g_hash_table_new (NULL, NULL);
  self->unsent = g_ptr_array_new ();
  self->units = g_ptr_array_new_with_free_func (unit_free);
  return self;
}

static void
listen (StateRemotePeer *self)
{
  state_guard_connection (self->connection);
  self->filter =
      g_dbus_connection_add_filter (self->connection, filter, memory_ref (self), memory_unref);
  self->closed_handler = g_signal_connect_data (self->connection, "closed", G_CALLBACK (closed),
                                                memory_ref (self), unref_closure, 0);
  if (self->bus_name != NULL)
    follow_name (self);
  if (g_dbus_connection_is_closed (self->connection))
    state_remote_peer_lose (self, "its connection is closed");
}

/* With the list's lock held. */
static GPtrArray *
list_of (GDBusConnection *connection)
{
  GPtrArray *list = g_object_get_qdata (G_OBJECT (connection), list_quark ());

  if (list == NULL)
    {
      list = g_ptr_array_new ();
      g_object_set_qdata_full (G_OBJECT (connection), list_quark (), list,
                               (GDestroyNotify) g_ptr_array_unref);
    }
  return list;
}

static gboolean
is_lost (StateRemotePeer *self)
{
  gboolean lost;

  g_mutex_lock (&self->lock);
  lost = self->lost != NULL;
  g_mutex_unlock (&self->lock);
  return lost;
}

/* With the list's lock held. */
static StateRemotePeer *
find (GPtrArray *list, const char *bus_name)
{
  for (guint i = 0; i < list->len; i++)
    {
      StateRemotePeer *peer = g_ptr_array_index (list, i);

      if (g_strcmp0 (peer->bus_name, bus_name) == 0 && !is_lost (peer))
        return peer;
    }
  return NULL;
}

StateRemotePeer *
state_remote_peer_get (GDBusConnection *connection, const char *bus_name)
{
  StateRemotePeer *self;
  GPtrArray *list;
  gboolean is_new;

  g_mutex_lock (&list_lock);
  list = list_of (connection);
  self = find (list, bus_name);
  is_new = self == NULL;
  if (is_new)
    {
      self = peer_new (connection, bus_name);
      g_ptr_array_add (list, self);
    }
  else
    self->n_users++;
  g_mutex_unlock (&list_lock);
  if (is_new)
    listen (self);
  return self;
}

StateRemotePeer *
state_remote_peer_ref (StateRemotePeer *self)
{
  g_mutex_lock (&list_lock);
  self->n_users++;
  g_mutex_unlock (&list_lock);
  return self;
}

/* The filter and the handlers keep its memory, but do not count as users. */
void
state_remote_peer_unref (StateRemotePeer *self)
{
  gboolean is_last;

  g_mutex_lock (&list_lock);
  is_last = --self->n_users == 0;
  if (is_last)
    g_ptr_array_remove_fast (list_of (self->connection), self);
  g_mutex_unlock (&list_lock);
  if (!is_last)
    return;
  g_dbus_connection_remove_filter (self->connection, self->filter);
  g_signal_handler_disconnect (self->connection, self->closed_handler);
  if (self->subscription != 0)
    g_dbus_connection_signal_unsubscribe (self->connection, self->subscription);
  memory_unref (self);
}

GDBusConnection *
state_remote_peer_get_connection (StateRemotePeer *self)
{
  return self->connection;
}

gboolean
state_remote_peer_passes_fds (StateRemotePeer *self)
{
  return (g_dbus_connection_get_capabilities (self->connection) &
          G_DBUS_CAPABILITY_FLAGS_UNIX_FD_PASSING) != 0;
}

/* Units */

void
state_remote_peer_attach (StateRemotePeer *self,
                          GObject *object,
                          const char *object_path,
                          const StateRemotePeerFuncs *funcs)
{
  Unit *unit = g_new0 (Unit, 1);
  g_autofree char *lost = NULL;

  g_weak_ref_init (&unit->weak, object);
  unit->unit = object;
  unit->object_path = g_strdup (object_path);
  unit->funcs = funcs;
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->units, unit);
  lost = g_strdup (self->lost);
  g_mutex_unlock (&self->lock);
  if (lost != NULL)
    funcs->lost (object, self, lost);
}

void
state_remote_peer_detach (StateRemotePeer *self, GObject *object)
{
  g_mutex_lock (&self->lock);
  for (guint i = self->units->len; i > 0; i--)
    if (((Unit *) g_ptr_array_index (self->units, i - 1))->unit == object)
      g_ptr_array_remove_index_fast (self->units, i - 1);
  g_mutex_unlock (&self->lock);
}
