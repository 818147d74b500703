/* SPDX-License-Identifier: MIT */

#include "state-remote-units-call-private.h"

#include "state-dbus-snapshot-private.h"
#include "state-dbus-words-private.h"
#include "state-error.h"

#define NO_TIMEOUT G_MAXINT

/* How long whoever is to cancel a call may take to say that it has heard, in ms: as long
 * as a unit may take to answer a cancellation. */
#define CANCEL_TIME (10 * 1000)

typedef struct
{
  guint id; /* 0: it cannot be cancelled once it has been sent */
  StateRemoteUnitsTake take;
  GDestroyNotify destroy;
  GSource *cancelled;
  GCancellable *pending; /* ends the wait for the reply */
  gboolean is_stuck;     /* the other end */
} Call;

static void
call_free (gpointer data)
{
  Call *self = data;

  if (self->cancelled != NULL)
    g_source_destroy (self->cancelled);
  g_clear_pointer (&self->cancelled, g_source_unref);
  g_clear_object (&self->pending);
  g_free (self);
}

/* Errors */

static gboolean
is_nobody (const GError *error)
{
  return g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_DISCONNECTED) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);
}

static gboolean
is_no_set (const GError *error)
{
  return g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_INTERFACE) ||
         g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT);
}

static GError *
put (GError *error, GQuark domain, int code, char *words)
{
  g_autofree char *message = words;

  g_clear_error (&error);
  return g_error_new (domain, code, "%s", message);
}

static const char *
where_it_is (StateRemoteUnits *self)
{
  return self->bus_name != NULL ? self->bus_name : "the other end";
}

/* Takes the error, and makes it that of the set where it came from there. */
GError *
state_remote_units_explain_error (StateRemoteUnits *self, GError *error)
{
  const char *where = where_it_is (self);

  g_dbus_error_strip_remote_error (error);
  if (is_nobody (error))
    return put (error, STATE_ERROR, STATE_ERROR_LOST,
                g_strdup_printf ("%s is there no longer: %s", where, error->message));
  if (is_no_set (error))
    return put (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                g_strdup_printf ("%s exports no set at %s", where, self->object_path));
  if (g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED))
    return put (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, g_strdup (error->message));
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    return put (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                g_strdup_printf ("%s does not answer", where));
  return error;
}

/* Calling */

static void
on_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  StateRemoteUnits *self = g_task_get_source_object (task);
  Call *call = g_task_get_task_data (task);
  g_autoptr (GUnixFDList) files = NULL;
  GError *error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_with_unix_fd_list_finish (G_DBUS_CONNECTION (source), &files, result,
                                                       &error);
  gpointer taken = NULL;

  if (reply == NULL && call->is_stuck)
    error = put (error, G_IO_ERROR, G_IO_ERROR_CANCELLED,
                 g_strdup_printf ("%s does not answer: what was cancelled may go on there",
                                  where_it_is (self)));
  else if (reply == NULL)
    error = state_remote_units_explain_error (self, error);
  else if (call->take != NULL)
    taken = call->take (reply, files, &error);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, taken, call->destroy);
}

static void
weak_ref_free (GWeakRef *ref)
{
  g_weak_ref_clear (ref);
  g_free (ref);
}

/* Whoever does not even say so is stuck, or has been stopped. The call may have come back
 * meanwhile. */
static void
on_cancel_heard (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GWeakRef *ref = user_data;
  g_autoptr (GTask) task = g_weak_ref_get (ref);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  if (task != NULL && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    {
      Call *call = g_task_get_task_data (task);

      call->is_stuck = TRUE;
      g_cancellable_cancel (call->pending);
    }
  weak_ref_free (ref);
}

static gboolean
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  GTask *task = user_data;
  StateRemoteUnits *self = g_task_get_source_object (task);
  const Call *call = g_task_get_task_data (task);
  GWeakRef *ref = g_new0 (GWeakRef, 1);

  g_weak_ref_init (ref, task);
  /* How it ends is told by the reply to the call itself. */
  g_dbus_connection_call (self->connection, self->owner, self->object_path, STATE_UNITS_INTERFACE,
                          "Cancel", g_variant_new ("(u)", call->id), NULL, G_DBUS_CALL_FLAGS_NONE,
                          CANCEL_TIME, NULL, on_cancel_heard, ref);
  return G_SOURCE_REMOVE;
}

/* The call ends when the other side has ended it: the task keeps to that. */
static void
watch_cancellable (GTask *task, Call *call)
{
  GCancellable *cancellable = g_task_get_cancellable (task);

  if (cancellable == NULL)
    return;
  if (call->id == 0)
    {
      call->pending = g_object_ref (cancellable);
      return;
    }
  call->pending = g_cancellable_new ();
  call->cancelled = g_cancellable_source_new (cancellable);
  g_source_set_callback (call->cancelled, G_SOURCE_FUNC (on_cancelled), task, NULL);
  g_source_attach (call->cancelled, g_task_get_context (task));
}

GTask *
state_remote_units_call_new (StateRemoteUnits *self,
                             gpointer tag,
                             StateRemoteUnitsTake take,
                             GDestroyNotify destroy,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  Call *call = g_new0 (Call, 1);

  g_task_set_source_tag (task, tag);
  g_task_set_check_cancellable (task, FALSE);
  call->take = take;
  call->destroy = destroy;
  g_task_set_task_data (task, call, call_free);
  return task;
}

/* A dictionary with what is given, and a number by which the call can be cancelled. */
GVariant *
state_remote_units_call_options (GTask *task, GVariant *given)
{
  StateRemoteUnits *self = g_task_get_source_object (task);
  Call *call = g_task_get_task_data (task);
  GVariantDict dict;

  if (++self->last_call == 0)
    self->last_call = 1;
  call->id = self->last_call;
  g_variant_dict_init (&dict, given);
  g_variant_dict_insert (&dict, "call", "u", call->id);
  return g_variant_dict_end (&dict);
}

/* Takes the task, and the error. */
void
state_remote_units_call_fail (GTask *task, GError *error)
{
  g_task_return_error (task, error);
  g_object_unref (task);
}

/* Takes the task. */
void
state_remote_units_call_send (GTask *own,
                              const char *method,
                              GVariant *parameters,
                              GUnixFDList *files)
{
  g_autoptr (GTask) task = own;
  g_autoptr (GVariant) sunk = parameters != NULL ? g_variant_ref_sink (parameters) : NULL;
  StateRemoteUnits *self = g_task_get_source_object (task);
  Call *call = g_task_get_task_data (task);

  if (g_task_return_error_if_cancelled (task))
    return;
  if (!self->connected)
    {
      g_task_return_new_error (task, STATE_ERROR, STATE_ERROR_LOST, "there is no set at %s of %s",
                               self->object_path != NULL ? self->object_path : "nowhere",
                               where_it_is (self));
      return;
    }
  watch_cancellable (task, call);
  g_dbus_connection_call_with_unix_fd_list (self->connection, self->owner, self->object_path,
                                            STATE_UNITS_INTERFACE, method, sunk, NULL,
                                            G_DBUS_CALL_FLAGS_NONE, NO_TIMEOUT, files,
                                            call->pending, on_reply, g_object_ref (task));
}

/* Replies. Their type is not what it should be when the other side is not what it
 * should be. */

static GVariant *
take_child (GVariant *reply, const char *type, GError **error)
{
  if (g_variant_is_of_type (reply, G_VARIANT_TYPE (type)))
    return g_variant_get_child_value (reply, 0);
  g_set_error (error, STATE_ERROR, STATE_ERROR_INVALID_ANSWER, "the answer is of type %s, not %s",
               g_variant_get_type_string (reply), type);
  return NULL;
}

gpointer
state_remote_units_take_tree (GVariant *reply, GUnixFDList *files, GError **error)
{
  return take_child (reply, "(a{sv})", error);
}

gpointer
state_remote_units_take_value (GVariant *reply, GUnixFDList *files, GError **error)
{
  g_autoptr (GVariant) value = take_child (reply, "(v)", error);

  return value != NULL ? g_variant_get_variant (value) : NULL;
}

gpointer
state_remote_units_take_snapshot (GVariant *reply, GUnixFDList *files, GError **error)
{
  g_autoptr (GVariant) value = state_remote_units_take_value (reply, files, error);

  return value != NULL ? state_dbus_snapshot_from_value (value, files, error) : NULL;
}

gpointer
state_remote_units_take_text (GVariant *reply, GUnixFDList *files, GError **error)
{
  g_autoptr (GVariant) text = take_child (reply, "(s)", error);

  return text != NULL ? g_variant_dup_string (text, NULL) : NULL;
}

/* Finishing */

/* Those without a result. */
gboolean
state_remote_units_call_finish_done (StateRemoteUnits *self,
                                     GAsyncResult *result,
                                     gpointer tag,
                                     GError **error)
{
  GError *local_error = NULL;

  g_return_val_if_fail (STATE_IS_REMOTE_UNITS (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, tag), FALSE);

  g_task_propagate_pointer (G_TASK (result), &local_error);
  if (local_error != NULL)
    g_propagate_error (error, local_error);
  return local_error == NULL;
}

gpointer
state_remote_units_call_finish (StateRemoteUnits *self,
                                GAsyncResult *result,
                                gpointer tag,
                                GError **error)
{
  g_return_val_if_fail (STATE_IS_REMOTE_UNITS (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, tag), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
