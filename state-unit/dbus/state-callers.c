/* SPDX-License-Identifier: MIT */

#define _GNU_SOURCE

#include "state-callers-private.h"

#include "state-context-private.h"

#include <sys/socket.h>
#include <unistd.h>

/* Of one caller, until the bus has said who it is. */
#define WAITING_MAX 1024

typedef struct
{
  GDBusMethodInvocation *invocation;
  StateCallerFunc func;
  gpointer user_data;
} Waiting;

typedef struct
{
  StateCallers *callers; /* not owned */
  char *name;
  GCredentials *credentials; /* nullable */
  gboolean is_known;
  GQueue waiting; /* of Waiting */
  guint subscription;
} Caller;

typedef struct
{
  StateCallerGoneFunc gone;
  gpointer user_data;
} Follower;

struct _StateCallers
{
  guint ref_count; /* under the lock */
  GDBusConnection *connection;
  GMainContext *context;
  gboolean is_bus;
  gulong closed_handler;
  GHashTable *callers; /* of Caller, by name; peer to peer none */
  GCredentials *peer;  /* nullable */
  GArray *followers;   /* of Follower */
};

static GMutex callers_lock; /* for the lists on connections, and the counts of references */

static GQuark
callers_quark (void)
{
  return g_quark_from_static_string ("state-unit-callers");
}

/* One caller */

static void
waiting_refuse (Waiting *waiting, const char *why)
{
  g_dbus_method_invocation_return_error_literal (waiting->invocation, G_DBUS_ERROR,
                                                 G_DBUS_ERROR_FAILED, why);
  g_free (waiting);
}

static void
caller_free (gpointer data)
{
  Caller *caller = data;
  Waiting *waiting;

  while ((waiting = g_queue_pop_head (&caller->waiting)) != NULL)
    waiting_refuse (waiting, "the caller has gone");
  if (caller->subscription != 0)
    g_dbus_connection_signal_unsubscribe (caller->callers->connection, caller->subscription);
  g_clear_object (&caller->credentials);
  g_free (caller->name);
  g_free (caller);
}

/* Credentials without a group or a process are not valid to GLib: these stand for those
 * that the bus does not tell. */
#define NO_GROUP 65534
#define NO_PROCESS -1

/* What the bus tells of a caller; NULL: not even the user. */
static GCredentials *
credentials_of_details (GVariant *details)
{
  g_autoptr (GVariant) groups = NULL;
  GCredentials *credentials;
  guint32 user, process, group;
  struct ucred native = { NO_PROCESS, 0, NO_GROUP };

  if (!g_variant_lookup (details, "UnixUserID", "u", &user))
    return NULL;
  native.uid = user;
  if (g_variant_lookup (details, "ProcessID", "u", &process) && process != 0)
    native.pid = (pid_t) process;
  groups = g_variant_lookup_value (details, "UnixGroupIDs", G_VARIANT_TYPE ("au"));
  if (groups != NULL && g_variant_n_children (groups) > 0)
    {
      g_variant_get_child (groups, 0, "u", &group);
      native.gid = group;
    }
  credentials = g_credentials_new ();
  g_credentials_set_native (credentials, G_CREDENTIALS_TYPE_LINUX_UCRED, &native);
  return credentials;
}

static gboolean
is_following (StateCallers *self, const Follower *follower)
{
  for (guint i = 0; i < self->followers->len; i++)
    if (g_array_index (self->followers, Follower, i).user_data == follower->user_data)
      return TRUE;
  return FALSE;
}

/* Each of the followers may let go of the others. */
static void
tell_gone (StateCallers *self, const char *name)
{
  g_autoptr (GArray) followers = g_array_copy (self->followers);

  for (guint i = 0; i < followers->len; i++)
    {
      Follower *follower = &g_array_index (followers, Follower, i);

      if (is_following (self, follower))
        follower->gone (name, follower->user_data);
    }
}

static void
caller_left (StateCallers *self, const char *name)
{
  g_autofree char *own = g_strdup (name);

  if (g_hash_table_remove (self->callers, own))
    tell_gone (self, own);
}

/* What one caller sent while it was not known yet; each may let go of the others. */
static void
serve_waiting (StateCallers *self, const char *name)
{
  Caller *caller;
  Waiting *waiting;

  while ((caller = g_hash_table_lookup (self->callers, name)) != NULL &&
         (waiting = g_queue_pop_head (&caller->waiting)) != NULL)
    {
      g_autoptr (GCredentials) credentials = NULL;

      g_set_object (&credentials, caller->credentials);
      waiting->func (waiting->invocation, credentials, waiting->user_data);
      g_free (waiting);
    }
}

typedef struct
{
  StateCallers *callers;
  char *name;
} Question;

static StateCallers *callers_ref (StateCallers *self);

static void
answered (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree Question *question = data;
  g_autoptr (StateCallers) self = question->callers;
  g_autofree char *name = question->name;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) details = NULL;
  Caller *caller = g_hash_table_lookup (self->callers, name);

  reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);
  if (caller == NULL)
    return;
  if (reply == NULL)
    {
      caller_left (self, name);
      return;
    }
  details = g_variant_get_child_value (reply, 0);
  caller->credentials = credentials_of_details (details);
  caller->is_known = TRUE;
  serve_waiting (self, name);
}

static void
name_changed (GDBusConnection *connection,
              const char *sender,
              const char *object_path,
              const char *interface,
              const char *signal,
              GVariant *parameters,
              gpointer user_data)
{
  StateCallers *self = user_data;
  const char *name, *owner;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(sss)")))
    return;
  g_variant_get (parameters, "(&s&s&s)", &name, NULL, &owner);
  if (owner[0] == '\0')
    caller_left (self, name);
}

/* The bus heeds the subscription before it answers: a caller that has left by then is
 * not known to it, and one that leaves later is heard of. */
static Caller *
add_caller (StateCallers *self, const char *name)
{
  GMainContext *pushed = state_context_push (self->context);
  Caller *caller = g_new0 (Caller, 1);
  Question *question = g_new (Question, 1);

  caller->callers = self;
  caller->name = g_strdup (name);
  g_queue_init (&caller->waiting);
  g_hash_table_insert (self->callers, caller->name, caller);
  caller->subscription =
      g_dbus_connection_signal_subscribe (self->connection, "org.freedesktop.DBus",
                                          "org.freedesktop.DBus", "NameOwnerChanged",
                                          "/org/freedesktop/DBus", name, G_DBUS_SIGNAL_FLAGS_NONE,
                                          name_changed, callers_ref (self),
                                          (GDestroyNotify) state_callers_unref);
  *question = (Question){ callers_ref (self), g_strdup (name) };
  g_dbus_connection_call (self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                          "org.freedesktop.DBus", "GetConnectionCredentials",
                          g_variant_new ("(s)", name), G_VARIANT_TYPE ("(a{sv})"),
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, G_MAXINT, NULL, answered, question);
  state_context_pop (pushed);
  return caller;
}

void
state_callers_identify (StateCallers *self,
                        GDBusMethodInvocation *invocation,
                        StateCallerFunc func,
                        gpointer user_data)
{
  const char *sender = g_dbus_method_invocation_get_sender (invocation);
  Caller *caller;
  Waiting *waiting;

  if (!self->is_bus)
    {
      func (invocation, self->peer, user_data);
      return;
    }
  caller = sender != NULL ? g_hash_table_lookup (self->callers, sender) : NULL;
  if (caller != NULL && caller->is_known)
    {
      g_autoptr (GCredentials) credentials = NULL;

      g_set_object (&credentials, caller->credentials);
      func (invocation, credentials, user_data);
      return;
    }
  if (caller == NULL && sender != NULL)
    caller = add_caller (self, sender);
  waiting = g_new (Waiting, 1);
  *waiting = (Waiting){ invocation, func, user_data };
  if (caller != NULL && caller->waiting.length < WAITING_MAX)
    g_queue_push_tail (&caller->waiting, waiting);
  else
    waiting_refuse (waiting, "too much at once");
}

/* All callers of a connection */

static gboolean
all_left (gpointer data)
{
  StateCallers *self = data;
  GHashTableIter iter;
  const char *name;

  if (!self->is_bus)
    tell_gone (self, NULL);
  for (;;)
    {
      g_hash_table_iter_init (&iter, self->callers);
      if (!g_hash_table_iter_next (&iter, (gpointer *) &name, NULL))
        return G_SOURCE_REMOVE;
      caller_left (self, name);
    }
}

/* In the context that the connection was made in. */
static void
closed (GDBusConnection *connection, gboolean by_peer, GError *error, gpointer data)
{
  StateCallers *self = data;

  state_context_call (self->context, all_left, callers_ref (self),
                      (GDestroyNotify) state_callers_unref);
}

static GCredentials *
credentials_of_peer (GDBusConnection *connection)
{
  GCredentials *credentials = g_dbus_connection_get_peer_credentials (connection);
  GIOStream *stream = g_dbus_connection_get_stream (connection);

  if (credentials != NULL)
    return g_object_ref (credentials);
  if (!G_IS_SOCKET_CONNECTION (stream))
    return NULL;
  return g_socket_get_credentials (g_socket_connection_get_socket (G_SOCKET_CONNECTION (stream)),
                                   NULL);
}

static void
unref_closure (gpointer data, GClosure *closure)
{
  state_callers_unref (data);
}

/* With the lock held. */
static StateCallers *
callers_new (GDBusConnection *connection, GMainContext *context)
{
  StateCallers *self = g_new0 (StateCallers, 1);

  self->ref_count = 1;
  self->connection = g_object_ref (connection);
  self->context = g_main_context_ref (context);
  self->is_bus = (g_dbus_connection_get_flags (connection) &
                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION) != 0;
  self->callers = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, caller_free);
  self->peer = self->is_bus ? NULL : credentials_of_peer (connection);
  self->followers = g_array_new (FALSE, FALSE, sizeof (Follower));
  return self;
}

/* With the lock held. */
static GPtrArray *
list_of (GDBusConnection *connection)
{
  GPtrArray *list = g_object_get_qdata (G_OBJECT (connection), callers_quark ());

  if (list == NULL)
    {
      list = g_ptr_array_new ();
      g_object_set_qdata_full (G_OBJECT (connection), callers_quark (), list,
                               (GDestroyNotify) g_ptr_array_unref);
    }
  return list;
}

StateCallers *
state_callers_get (GDBusConnection *connection)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  StateCallers *self = NULL;
  GPtrArray *list;

  g_mutex_lock (&callers_lock);
  list = list_of (connection);
  for (guint i = 0; i < list->len && self == NULL; i++)
    if (((StateCallers *) g_ptr_array_index (list, i))->context == context)
      self = g_ptr_array_index (list, i);
  if (self != NULL)
    self->ref_count++;
  else
    {
      self = callers_new (connection, context);
      g_ptr_array_add (list, self);
    }
  g_mutex_unlock (&callers_lock);
  return self;
}

static StateCallers *
callers_ref (StateCallers *self)
{
  g_mutex_lock (&callers_lock);
  self->ref_count++;
  g_mutex_unlock (&callers_lock);
  return self;
}

void
state_callers_unref (StateCallers *self)
{
  gboolean is_last;

  g_mutex_lock (&callers_lock);
  is_last = --self->ref_count == 0;
  if (is_last)
    g_ptr_array_remove_fast (list_of (self->connection), self);
  g_mutex_unlock (&callers_lock);
  if (!is_last)
    return;
  g_hash_table_unref (self->callers);
  g_array_unref (self->followers);
  g_clear_object (&self->peer);
  g_main_context_unref (self->context);
  g_object_unref (self->connection);
  g_free (self);
}

/* Followers. As long as there are some, the bus is listened to. */

void
state_callers_follow (StateCallers *self, StateCallerGoneFunc gone, gpointer user_data)
{
  Follower follower = { gone, user_data };

  if (self->followers->len == 0)
    self->closed_handler = g_signal_connect_data (self->connection, "closed", G_CALLBACK (closed),
                                                  callers_ref (self), unref_closure, 0);
  g_array_append_val (self->followers, follower);
}

static void
refuse_waiting_of (Caller *caller, gpointer user_data)
{
  for (GList *l = caller->waiting.head, *next; l != NULL; l = next)
    {
      Waiting *waiting = l->data;

      next = l->next;
      if (waiting->user_data != user_data)
        continue;
      g_queue_delete_link (&caller->waiting, l);
      waiting_refuse (waiting, "the object has gone");
    }
}

void
state_callers_forget (StateCallers *self, gpointer user_data)
{
  GHashTableIter iter;
  Caller *caller;

  for (guint i = self->followers->len; i > 0; i--)
    if (g_array_index (self->followers, Follower, i - 1).user_data == user_data)
      g_array_remove_index (self->followers, i - 1);
  g_hash_table_iter_init (&iter, self->callers);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &caller))
    refuse_waiting_of (caller, user_data);
  if (self->followers->len > 0 || self->closed_handler == 0)
    return;
  g_signal_handler_disconnect (self->connection, self->closed_handler);
  self->closed_handler = 0;
  g_hash_table_remove_all (self->callers);
}

gboolean
state_credentials_are_own (GCredentials *credentials)
{
  return credentials != NULL && g_credentials_get_unix_user (credentials, NULL) == geteuid ();
}
