/* SPDX-License-Identifier: MIT */

#include "state-remote-unit-private.h"

#include "state-error.h"
#include "state-remote-call-private.h"
#include "state-task-private.h"

/* Taking up a unit: it is opened, what it saved last may be restored, and then it is
 * there again. All of it on whatever thread the answers come. */
typedef struct
{
  StateRemotePeer *peer;
  char *object_path;
  gboolean restore;
  guint version;
  guint oldest;
  gulong handler;
} Reopening;

static void
reopening_free (gpointer data)
{
  Reopening *self = data;

  state_remote_peer_unref (self->peer);
  g_free (self->object_path);
  g_free (self);
}

/* Takes over the error, and the reference to the task. */
static void
end (GTask *task, GError *error)
{
  Reopening *self = g_task_get_task_data (task);

  if (self->handler != 0)
    g_signal_handler_disconnect (g_task_get_cancellable (task), self->handler);
  if (g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    {
      g_clear_error (&error);
      g_task_return_error_if_cancelled (task);
    }
  else if (error != NULL)
    g_task_return_error (task, error);
  else
    {
      state_remote_unit_take_up (g_task_get_source_object (task), self->peer, self->object_path,
                                 self->version, self->oldest);
      g_task_return_boolean (task, TRUE);
    }
  g_object_unref (task);
}

static void
end_lost (GTask *task, const char *why)
{
  const Reopening *self = g_task_get_task_data (task);

  end (task, g_error_new (STATE_ERROR, STATE_ERROR_LOST, "there is no unit at %s: %s",
                          self->object_path, why));
}

static void restore (GTask *task, StateOperation operation);

static void
restored (StateRequest *request,
          const char *lost,
          GError *error,
          GVariant *state,
          gpointer user_data)
{
  GTask *task = user_data;

  state_request_complete (request);
  if (lost != NULL)
    end_lost (task, lost);
  else if (error != NULL)
    {
      g_prefix_error (&error, "its last saved state was not restored: ");
      end (task, error);
    }
  else if (state_request_get_operation (request) == STATE_OPERATION_RESTORE)
    restore (task, STATE_OPERATION_POST_RESTORE);
  else
    end (task, NULL);
}

static void
restore (GTask *task, StateOperation operation)
{
  Reopening *self = g_task_get_task_data (task);
  g_autoptr (GVariant) saved = NULL;
  g_autoptr (StateRequest) request = NULL;
  GError *error = NULL;
  guint version;

  saved = state_remote_unit_ref_saved (g_task_get_source_object (task), &version);
  if (saved == NULL)
    {
      end (task, NULL);
      return;
    }
  request = state_request_new (&(StateRequestParameters){
      .operation = operation,
      .state = operation == STATE_OPERATION_RESTORE ? saved : NULL,
      .state_version = version,
  });
  if (!state_remote_call_send (self->peer, self->object_path, task, request, restored, task,
                               &error))
    {
      state_request_complete (request);
      end (task, error);
    }
}

static gboolean
take_details (Reopening *self, GVariant *body, GError **error)
{
  g_autoptr (GVariant) details = NULL;

  if (body == NULL || !g_variant_is_of_type (body, G_VARIANT_TYPE ("(a{sv})")))
    {
      g_set_error_literal (error, STATE_ERROR, STATE_ERROR_LOST,
                           "what is there answers nonsense to being opened");
      return FALSE;
    }
  details = g_variant_get_child_value (body, 0);
  if (!g_variant_lookup (details, "version", "u", &self->version))
    self->version = 0;
  if (!g_variant_lookup (details, "oldest-version", "u", &self->oldest))
    self->oldest = 0;
  self->oldest = MIN (self->oldest, self->version);
  return TRUE;
}

static void
opened (GDBusMessage *reply, const char *lost, gpointer user_data)
{
  GTask *task = user_data;
  Reopening *self = g_task_get_task_data (task);
  GError *error = NULL;
  gboolean is_lost = FALSE;

  if (reply != NULL)
    error = state_remote_call_reply_error (reply, &is_lost);
  if (reply == NULL)
    end_lost (task, lost);
  else if (is_lost)
    {
      g_autoptr (GError) own = error;

      end_lost (task, own->message);
    }
  else if (error != NULL || !take_details (self, g_dbus_message_get_body (reply), &error))
    end (task, error);
  else if (self->restore)
    restore (task, STATE_OPERATION_RESTORE);
  else
    end (task, NULL);
}

static const StateRemoteCallFuncs open_funcs = { opened, NULL };

static void
cancelled (GCancellable *cancellable, gpointer data)
{
  GTask *task = data;
  const Reopening *self = g_task_get_task_data (task);

  state_remote_peer_fail_calls (self->peer, task, "it was cancelled");
}

static void
unref_task (gpointer task, GClosure *closure)
{
  g_object_unref (task);
}

static void
follow_cancellable (GTask *task)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  Reopening *self = g_task_get_task_data (task);

  if (cancellable != NULL)
    self->handler = g_signal_connect_data (cancellable, "cancelled", G_CALLBACK (cancelled),
                                           g_object_ref (task), unref_task, 0);
}

void
state_remote_unit_reopen (StateRemoteUnit *unit,
                          StateRemotePeer *peer,
                          const char *object_path,
                          gboolean restore_saved,
                          GTask *task)
{
  g_autoptr (GDBusMessage) message = state_remote_peer_make_call (peer, object_path, "Open");
  g_autoptr (GTask) alive = g_object_ref (task);
  Reopening *self = g_new0 (Reopening, 1);
  GError *error = NULL;

  self->peer = state_remote_peer_ref (peer);
  self->object_path = g_strdup (object_path);
  self->restore = restore_saved;
  g_task_set_task_data (task, self, reopening_free);
  g_task_set_check_cancellable (task, FALSE);
  follow_cancellable (task);
  if (!state_remote_peer_call (peer, message, task, &open_funcs, task, &error))
    {
      g_autoptr (GError) own = error;

      end_lost (task, own->message);
    }
  else if (g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    cancelled (NULL, task);
}

/**
 * state_remote_unit_reconnect_async:
 * @self: a remote unit
 * @connection: (nullable): a new connection; %NULL: the one that it has
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called in the thread-default main
 *   context of the caller when the unit is there, or is not
 * @user_data: data for @callback
 *
 * Takes up a unit that was lost, once its process is there again. It is as new then: in
 * its set it becomes %STATE_UNIT_STATE_STOPPED, though not before a transition that is
 * under way has ended.
 *
 * For a unit that is not lost, this takes the unit before the first request does, and
 * learns the version of its states: before it is added to a set, say. With another
 * connection it is lost first.
 *
 * There is no time limit: cancel it when it takes too long.
 *
 * Since: 1.0
 */
void
state_remote_unit_reconnect_async (StateRemoteUnit *self,
                                   GDBusConnection *connection,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_autoptr (StateRemotePeer) peer = NULL;
  g_autoptr (GTask) task = NULL;
  GDBusConnection *used;

  g_return_if_fail (STATE_IS_REMOTE_UNIT (self));
  g_return_if_fail (connection == NULL || G_IS_DBUS_CONNECTION (connection));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  used = connection != NULL ? connection : state_remote_unit_get_connection (self);
  task = g_task_new (self, cancellable, callback, user_data);
  state_task_set_tag (task, state_remote_unit_reconnect_async);
  if (used == NULL)
    {
      g_task_return_new_error (task, STATE_ERROR, STATE_ERROR_LOST,
                               "a remote unit that was made without a connection needs one");
      return;
    }
  peer = state_remote_peer_get (used, state_remote_unit_get_bus_name (self));
  state_remote_unit_reopen (self, peer, state_remote_unit_get_object_path (self), FALSE,
                            g_steal_pointer (&task));
}

/**
 * state_remote_unit_reconnect_finish:
 * @self: a remote unit
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_remote_unit_reconnect_async().
 *
 * Errors: %STATE_ERROR_LOST when nobody is there; %STATE_ERROR_UNIT_IN_USE when another
 * process has the unit; %G_DBUS_ERROR_ACCESS_DENIED when it is not for this process;
 * %G_IO_ERROR_CANCELLED.
 *
 * Returns: whether the unit is there
 *
 * Since: 1.0
 */
gboolean
state_remote_unit_reconnect_finish (StateRemoteUnit *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (STATE_IS_REMOTE_UNIT (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, state_remote_unit_reconnect_async),
                        FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* Giving back */

typedef struct
{
  GDestroyNotify func;
  gpointer user_data;
} Closing;

static void
close_replied (GDBusMessage *reply, const char *lost, gpointer user_data)
{
  g_autofree Closing *closing = user_data;

  closing->func (closing->user_data);
}

static const StateRemoteCallFuncs close_funcs = { close_replied, NULL };

void
state_remote_unit_close (StateRemoteUnit *self, GDestroyNotify func, gpointer user_data)
{
  g_autofree char *object_path = NULL;
  g_autoptr (StateRemotePeer) peer = state_remote_unit_ref_peer (self, &object_path);
  g_autoptr (GDBusMessage) message = NULL;
  Closing *closing;

  if (peer == NULL)
    {
      func (user_data);
      return;
    }
  closing = g_new (Closing, 1);
  *closing = (Closing){ func, user_data };
  message = state_remote_peer_make_call (peer, object_path, "Close");
  if (!state_remote_peer_call (peer, message, closing, &close_funcs, closing, NULL))
    close_replied (NULL, NULL, closing);
}
