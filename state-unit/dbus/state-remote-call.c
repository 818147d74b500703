/* SPDX-License-Identifier: MIT */

#include "state-remote-call-private.h"

#include "state-error.h"
#include "state-wire-private.h"

/* A request that is with a unit of another process. */
typedef struct
{
  gatomicrefcount ref_count; /* of the peer, and of the handler on the cancellable */
  StateRemotePeer *peer;
  char *object_path;
  StateRequest *request;
  gboolean is_plain; /* nothing but done or not is answered */
  guint serial;      /* atomic; 0: it is not sent yet */
  gulong handler;
  StateRemoteCallFunc func;
  gpointer user_data;
} RemoteCall;

static void
call_unref (gpointer data, GClosure *closure)
{
  RemoteCall *self = data;

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  state_remote_peer_unref (self->peer);
  g_object_unref (self->request);
  g_free (self->object_path);
  g_free (self);
}

/* What is asked */

static gboolean
add_value (GVariantBuilder *parameters,
           const char *name,
           GVariant *value,
           GUnixFDList **fds,
           GError **error)
{
  GVariant *packed;

  if (value == NULL)
    return TRUE;
  packed = state_wire_pack_value (value, fds, error);
  if (packed == NULL)
    return FALSE;
  g_variant_builder_add (parameters, "{sv}", name, packed);
  return TRUE;
}

static void
add_number (GVariantBuilder *parameters, const char *name, guint number)
{
  g_variant_builder_add (parameters, "{sv}", name, g_variant_new_uint32 (number));
}

/* In ms; 0: there is no deadline. */
static guint
time_left (StateRequest *request)
{
  gint64 deadline = state_request_get_deadline (request);

  if (deadline == 0)
    return 0;
  return (guint) CLAMP ((deadline - g_get_monotonic_time ()) / 1000, 1, G_MAXUINT32);
}

static gboolean
add_parameters (GVariantBuilder *parameters,
                StateRequest *request,
                GUnixFDList **fds,
                GError **error)
{
  StateOperation operation = state_request_get_operation (request);

  add_number (parameters, "time", time_left (request));
  if (operation == STATE_OPERATION_INSPECT)
    {
      g_variant_builder_add (parameters, "{sv}", "path",
                             g_variant_new_string (state_request_get_inspect_path (request)));
      add_number (parameters, "depth", state_request_get_inspect_depth (request));
      add_number (parameters, "timeout", state_request_get_inspect_timeout (request));
      return add_value (parameters, "value", state_request_get_inspect_value (request), fds, error);
    }
  if (operation == STATE_OPERATION_SAVE || operation == STATE_OPERATION_RESTORE)
    add_number (parameters, "version", state_request_get_state_version (request));
  return add_value (parameters, "state", state_request_get_state (request), fds, error);
}

/* Of a request that says nothing but what is to be done; NULL: it says more. */
static const char *
plain_method (StateRequest *request)
{
  if (state_request_get_deadline (request) != 0)
    return NULL;
  switch (state_request_get_operation (request))
    {
    case STATE_OPERATION_START:
      return "Start";
    case STATE_OPERATION_STOP:
      return "Stop";
    case STATE_OPERATION_RESET:
      return "Reset";
    case STATE_OPERATION_POST_RESTORE:
      return "PostRestore";
    case STATE_OPERATION_SAVE:
    case STATE_OPERATION_RESTORE:
    case STATE_OPERATION_INSPECT:
    default:
      return NULL;
    }
}

static gboolean
fill (GDBusMessage *message, RemoteCall *self, GError **error)
{
  StateOperation operation = state_request_get_operation (self->request);
  gboolean passes_fds = state_remote_peer_passes_fds (self->peer);
  g_autoptr (GUnixFDList) fds = NULL;
  GVariantBuilder parameters;

  g_variant_builder_init (&parameters, G_VARIANT_TYPE_VARDICT);
  if (!add_parameters (&parameters, self->request, passes_fds ? &fds : NULL, error))
    {
      g_variant_builder_clear (&parameters);
      return FALSE;
    }
  g_dbus_message_set_body (message,
                           g_variant_new ("(sa{sv})", state_operation_to_string (operation),
                                          &parameters));
  if (fds != NULL)
    g_dbus_message_set_unix_fd_list (message, fds);
  return TRUE;
}

static GDBusMessage *
message_of_request (RemoteCall *self, GError **error)
{
  const char *plain = plain_method (self->request);
  g_autoptr (GDBusMessage) message =
      state_remote_peer_make_call (self->peer, self->object_path,
                                   plain != NULL ? plain : "Request");

  self->is_plain = plain != NULL;
  if (!self->is_plain && !fill (message, self, error))
    return NULL;
  return g_steal_pointer (&message);
}

/* What is answered */

static gboolean
is_gone (const GError *error)
{
  if (error->domain != G_DBUS_ERROR)
    return FALSE;
  switch (error->code)
    {
    case G_DBUS_ERROR_SERVICE_UNKNOWN:
    case G_DBUS_ERROR_NAME_HAS_NO_OWNER:
    case G_DBUS_ERROR_NO_REPLY:
    case G_DBUS_ERROR_DISCONNECTED:
    case G_DBUS_ERROR_UNKNOWN_OBJECT:
    case G_DBUS_ERROR_UNKNOWN_INTERFACE:
    case G_DBUS_ERROR_UNKNOWN_METHOD:
    case G_DBUS_ERROR_SPAWN_CHILD_EXITED:
    case G_DBUS_ERROR_SPAWN_CHILD_SIGNALED:
    case G_DBUS_ERROR_SPAWN_FAILED:
    case G_DBUS_ERROR_SPAWN_EXEC_FAILED:
      return TRUE;
    default:
      return FALSE;
    }
}

/* Names of other errors than D-Bus's own are not made domains: there is no end of them. */
GError *
state_remote_call_reply_error (GDBusMessage *reply, gboolean *lost)
{
  const char *name = g_dbus_message_get_error_name (reply);
  const char *text = g_dbus_message_get_arg0 (reply);
  GVariant *body = g_dbus_message_get_body (reply);
  GError *error;

  *lost = FALSE;
  if (g_dbus_message_get_message_type (reply) != G_DBUS_MESSAGE_TYPE_ERROR)
    return NULL;
  if (g_strcmp0 (name, STATE_WIRE_ERROR) == 0 && body != NULL)
    {
      error = state_wire_unpack_error (body);
      if (error != NULL)
        return error;
    }
  if (text == NULL)
    text = "nothing was said about it";
  if (name == NULL || !g_str_has_prefix (name, "org.freedesktop.DBus.Error."))
    return g_error_new (G_IO_ERROR, G_IO_ERROR_DBUS_ERROR, "%s: %s",
                        name != NULL ? name : "an error without a name", text);
  error = g_dbus_error_new_for_dbus_error (name, text);
  g_dbus_error_strip_remote_error (error);
  *lost = is_gone (error);
  return error;
}

static gboolean
check_type (GVariant *value, const char *what, const char *type, GError **error)
{
  if (value != NULL && g_variant_is_of_type (value, G_VARIANT_TYPE (type)))
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s is of type %s", what,
               value != NULL ? g_variant_get_type_string (value) : "()");
  return FALSE;
}

/* FALSE with an error: it makes no sense. */
static gboolean
unpack_answer (RemoteCall *self, GDBusMessage *reply, GVariant **state, GError **error)
{
  StateOperation operation = state_request_get_operation (self->request);
  GVariant *body = g_dbus_message_get_body (reply);
  g_autoptr (GVariant) answer = NULL;
  g_autoptr (GVariant) packed = NULL;

  if (self->is_plain)
    return body == NULL || check_type (body, "it", "()", error);
  if (!check_type (body, "it", "(a{sv})", error))
    return FALSE;
  answer = g_variant_get_child_value (body, 0);
  packed = g_variant_lookup_value (answer, "state", NULL);
  if (packed == NULL)
    return TRUE;
  if (operation != STATE_OPERATION_SAVE && operation != STATE_OPERATION_INSPECT)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "it has a state");
      return FALSE;
    }
  *state = state_wire_unpack_value (packed, g_dbus_message_get_unix_fd_list (reply), error);
  if (*state == NULL)
    return FALSE;
  return operation == STATE_OPERATION_SAVE || check_type (*state, "its tree", "a{sv}", error);
}

static void
take_reply (RemoteCall *self, GDBusMessage *reply)
{
  g_autoptr (GVariant) state = NULL;
  g_autoptr (GError) nonsense = NULL;
  g_autofree char *lost = NULL;
  GError *failure = NULL;
  gboolean is_lost;

  failure = state_remote_call_reply_error (reply, &is_lost);
  if (is_lost)
    lost = g_strdup (failure->message);
  else if (failure == NULL && !unpack_answer (self, reply, &state, &nonsense))
    lost = g_strdup_printf ("its answer to %s makes no sense: %s",
                            state_operation_to_string (state_request_get_operation (self->request)),
                            nonsense->message);
  if (lost != NULL)
    g_clear_error (&failure);
  self->func (self->request, lost, failure, lost == NULL ? state : NULL, self->user_data);
}

static void
replied (GDBusMessage *reply, const char *lost, gpointer user_data)
{
  RemoteCall *self = user_data;

  /* Not g_cancellable_disconnect (), which waits for a handler that may be this one. */
  g_signal_handler_disconnect (state_request_get_cancellable (self->request), self->handler);
  if (reply != NULL)
    take_reply (self, reply);
  else
    self->func (self->request, lost, NULL, NULL, self->user_data);
  call_unref (self, NULL);
}

/* Meanwhile */

/* A peer that asks for more time again and again cannot wind the clock round. */
#define EXTENSION_MAX_MS (7 * 24 * 60 * 60 * 1000)

static void
signalled (const char *signal, GVariant *arguments, gpointer user_data)
{
  RemoteCall *self = user_data;

  if (g_str_equal (signal, "Progress") &&
      g_variant_is_of_type (arguments, G_VARIANT_TYPE ("(uds)")))
    {
      const char *message;
      double fraction;

      g_variant_get (arguments, "(ud&s)", NULL, &fraction, &message);
      if (fraction >= 0 && fraction <= 1)
        state_request_set_progress (self->request, fraction, message[0] != '\0' ? message : NULL);
    }
  else if (g_str_equal (signal, "Extended") &&
           g_variant_is_of_type (arguments, G_VARIANT_TYPE ("(uu)")))
    {
      gint64 left = state_request_get_deadline (self->request) - g_get_monotonic_time ();
      guint32 ms;

      g_variant_get (arguments, "(uu)", NULL, &ms);
      if (left / 1000 < EXTENSION_MAX_MS)
        state_request_extend (self->request, MIN (ms, EXTENSION_MAX_MS));
    }
}

static const StateRemoteCallFuncs funcs = { replied, signalled };

/* Before it is sent there is nothing to cancel over there. */
static void
tell_cancelled (RemoteCall *self)
{
  guint serial = (guint) g_atomic_int_get (&self->serial);

  if (serial != 0)
    state_remote_peer_tell (self->peer, self->object_path, "Cancel", g_variant_new ("(u)", serial));
}

static void
cancelled (GCancellable *cancellable, gpointer data)
{
  tell_cancelled (data);
}

static RemoteCall *
call_new (StateRemotePeer *peer,
          const char *object_path,
          StateRequest *request,
          StateRemoteCallFunc func,
          gpointer user_data)
{
  RemoteCall *self = g_new0 (RemoteCall, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->peer = state_remote_peer_ref (peer);
  self->object_path = g_strdup (object_path);
  self->request = g_object_ref (request);
  self->func = func;
  self->user_data = user_data;
  return self;
}

gboolean
state_remote_call_send (StateRemotePeer *peer,
                        const char *object_path,
                        gpointer owner,
                        StateRequest *request,
                        StateRemoteCallFunc func,
                        gpointer user_data,
                        GError **error)
{
  RemoteCall *self = call_new (peer, object_path, request, func, user_data);
  GCancellable *cancellable = state_request_get_cancellable (request);
  g_autoptr (GDBusMessage) message = message_of_request (self, error);
  g_autoptr (StateRequest) alive = g_object_ref (request);

  if (message == NULL)
    {
      call_unref (self, NULL);
      return FALSE;
    }
  /* Before it is sent, and with a reference for what follows: it may be answered then. */
  g_atomic_ref_count_inc (&self->ref_count);
  g_atomic_ref_count_inc (&self->ref_count);
  self->handler =
      g_signal_connect_data (cancellable, "cancelled", G_CALLBACK (cancelled), self, call_unref, 0);
  if (!state_remote_peer_call (peer, message, owner, &funcs, self, error))
    {
      g_signal_handler_disconnect (cancellable, self->handler);
      call_unref (self, NULL);
      call_unref (self, NULL);
      return FALSE;
    }
  g_atomic_int_set (&self->serial, g_dbus_message_get_serial (message));
  if (g_cancellable_is_cancelled (cancellable))
    tell_cancelled (self);
  call_unref (self, NULL);
  return TRUE;
}
