/* SPDX-License-Identifier: MIT */

#include "state-dbus-snapshot-private.h"
#include "state-dbus-words-private.h"
#include "state-remote-units-call-private.h"

/* The operations of a set in another process. */

static const char *
method_of (StateOperation operation)
{
  static const char *const methods[] = { "Start", "Stop", "Reset", "Save", "Restore" };

  return operation < G_N_ELEMENTS (methods) ? methods[operation] : NULL;
}

static GVariant *
pack_snapshot (StateRemoteUnits *self, StateSnapshot *snapshot, GUnixFDList **files, GError **error)
{
  if (snapshot != NULL && self->connection != NULL)
    return state_dbus_snapshot_to_value (snapshot, self->connection, files, error);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                       snapshot == NULL ? "there is nothing to restore" : "there is no connection");
  return NULL;
}

/* Takes the task. */
static void
run (GTask *task,
     StateRemoteUnits *self,
     StateOperation operation,
     StateSnapshot *snapshot,
     GVariant *options)
{
  const char *method = method_of (operation);
  g_autoptr (GVariant) given = g_variant_ref_sink (state_remote_units_call_options (task, options));
  g_autoptr (GUnixFDList) files = NULL;
  GError *error = NULL;
  GVariant *value;

  if (method == NULL)
    state_remote_units_call_fail (task, g_error_new (G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                                                     "%s is no operation of a set",
                                                     state_operation_to_string (operation)));
  else if (operation != STATE_OPERATION_RESTORE)
    state_remote_units_call_send (task, method, g_variant_new ("(@a{sv})", given), NULL);
  else if ((value = pack_snapshot (self, snapshot, &files, &error)) != NULL)
    state_remote_units_call_send (task, method, g_variant_new ("(v@a{sv})", value, given), files);
  else
    state_remote_units_call_fail (task, error);
}

static GTask *
make_run_task (StateRemoteUnits *self,
               gpointer tag,
               StateOperation operation,
               GCancellable *cancellable,
               GAsyncReadyCallback callback,
               gpointer user_data)
{
  if (operation == STATE_OPERATION_SAVE)
    return state_remote_units_call_new (self, tag, state_remote_units_take_snapshot, g_object_unref,
                                        cancellable, callback, user_data);
  return state_remote_units_call_new (self, tag, NULL, NULL, cancellable, callback, user_data);
}

/**
 * state_remote_units_start_async:
 * @self: a remote set
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called in the thread-default main
 *   context of the caller when it has ended
 * @user_data: data for @callback
 *
 * Starts all units. See state_units_start_async().
 *
 * Since: 1.0
 */
void
state_remote_units_start_async (StateRemoteUnits *self,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  GTask *task;

  g_return_if_fail (STATE_IS_REMOTE_UNITS (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = make_run_task (self, STATE_REMOTE_UNITS_TAG (state_remote_units_start_async),
                        STATE_OPERATION_START, cancellable, callback, user_data);
  run (task, self, STATE_OPERATION_START, NULL, NULL);
}

/**
 * state_remote_units_start_finish:
 * @self: a remote set
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_remote_units_start_async().
 *
 * Errors: those of state_units_start_finish(), and those of
 * state_remote_units_run_finish().
 *
 * Returns: %TRUE when it succeeded; %FALSE with an error
 *
 * Since: 1.0
 */
gboolean
state_remote_units_start_finish (StateRemoteUnits *self, GAsyncResult *result, GError **error)
{
  return state_remote_units_call_finish_done (self, result,
                                              STATE_REMOTE_UNITS_TAG (
                                                  state_remote_units_start_async),
                                              error);
}

/**
 * state_remote_units_start_stopped_units_async:
 * @self: a remote set
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called in the thread-default main
 *   context of the caller when it has ended
 * @user_data: data for @callback
 *
 * Starts the units that can start, and leaves the others alone. See state_units_start_stopped_units_async().
 *
 * Since: 1.0
 */
void
state_remote_units_start_stopped_units_async (StateRemoteUnits *self,
                                              GCancellable *cancellable,
                                              GAsyncReadyCallback callback,
                                              gpointer user_data)
{
  GTask *task;

  g_return_if_fail (STATE_IS_REMOTE_UNITS (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = state_remote_units_call_new (self,
                                      STATE_REMOTE_UNITS_TAG (
                                          state_remote_units_start_stopped_units_async),
                                      NULL, NULL, cancellable, callback, user_data);
  state_remote_units_call_send (task, "StartStoppedUnits",
                                g_variant_new ("(@a{sv})",
                                               state_remote_units_call_options (task, NULL)),
                                NULL);
}

/**
 * state_remote_units_start_stopped_units_finish:
 * @self: a remote set
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_remote_units_start_stopped_units_async().
 *
 * Errors: those of state_units_start_stopped_units_finish(), and those of
 * state_remote_units_run_finish().
 *
 * Returns: %TRUE when it succeeded; %FALSE with an error
 *
 * Since: 1.0
 */
gboolean
state_remote_units_start_stopped_units_finish (StateRemoteUnits *self,
                                               GAsyncResult *result,
                                               GError **error)
{
  return state_remote_units_call_finish_done (self, result,
                                              STATE_REMOTE_UNITS_TAG (
                                                  state_remote_units_start_stopped_units_async),
                                              error);
}

/**
 * state_remote_units_stop_async:
 * @self: a remote set
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called in the thread-default main
 *   context of the caller when it has ended
 * @user_data: data for @callback
 *
 * Stops all units. See state_units_stop_async().
 *
 * Since: 1.0
 */
void
state_remote_units_stop_async (StateRemoteUnits *self,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  GTask *task;

  g_return_if_fail (STATE_IS_REMOTE_UNITS (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = make_run_task (self, STATE_REMOTE_UNITS_TAG (state_remote_units_stop_async),
                        STATE_OPERATION_STOP, cancellable, callback, user_data);
  run (task, self, STATE_OPERATION_STOP, NULL, NULL);
}

/**
 * state_remote_units_stop_finish:
 * @self: a remote set
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_remote_units_stop_async().
 *
 * Errors: those of state_units_stop_finish(), and those of
 * state_remote_units_run_finish().
 *
 * Returns: %TRUE when it succeeded; %FALSE with an error
 *
 * Since: 1.0
 */
gboolean
state_remote_units_stop_finish (StateRemoteUnits *self, GAsyncResult *result, GError **error)
{
  return state_remote_units_call_finish_done (self, result,
                                              STATE_REMOTE_UNITS_TAG (
                                                  state_remote_units_stop_async),
                                              error);
}

/**
 * state_remote_units_reset_async:
 * @self: a remote set
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called in the thread-default main
 *   context of the caller when it has ended
 * @user_data: data for @callback
 *
 * Resets all units. See state_units_reset_async().
 *
 * Since: 1.0
 */
void
state_remote_units_reset_async (StateRemoteUnits *self,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  GTask *task;

  g_return_if_fail (STATE_IS_REMOTE_UNITS (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = make_run_task (self, STATE_REMOTE_UNITS_TAG (state_remote_units_reset_async),
                        STATE_OPERATION_RESET, cancellable, callback, user_data);
  run (task, self, STATE_OPERATION_RESET, NULL, NULL);
}

/**
 * state_remote_units_reset_finish:
 * @self: a remote set
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_remote_units_reset_async().
 *
 * Errors: those of state_units_reset_finish(), and those of
 * state_remote_units_run_finish().
 *
 * Returns: %TRUE when it succeeded; %FALSE with an error
 *
 * Since: 1.0
 */
gboolean
state_remote_units_reset_finish (StateRemoteUnits *self, GAsyncResult *result, GError **error)
{
  return state_remote_units_call_finish_done (self, result,
                                              STATE_REMOTE_UNITS_TAG (
                                                  state_remote_units_reset_async),
                                              error);
}

/**
 * state_remote_units_save_async:
 * @self: a remote set
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called in the thread-default main
 *   context of the caller when it has ended
 * @user_data: data for @callback
 *
 * Saves all units. See state_units_save_async().
 *
 * Since: 1.0
 */
void
state_remote_units_save_async (StateRemoteUnits *self,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  GTask *task;

  g_return_if_fail (STATE_IS_REMOTE_UNITS (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = make_run_task (self, STATE_REMOTE_UNITS_TAG (state_remote_units_save_async),
                        STATE_OPERATION_SAVE, cancellable, callback, user_data);
  run (task, self, STATE_OPERATION_SAVE, NULL, NULL);
}

/**
 * state_remote_units_save_finish:
 * @self: a remote set
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_remote_units_save_async().
 *
 * Errors: those of state_units_save_finish(), and those of
 * state_remote_units_run_finish().
 *
 * Returns: (transfer full): the snapshot; %NULL with an error
 *
 * Since: 1.0
 */
StateSnapshot *
state_remote_units_save_finish (StateRemoteUnits *self, GAsyncResult *result, GError **error)
{
  return state_remote_units_call_finish (self, result,
                                         STATE_REMOTE_UNITS_TAG (state_remote_units_save_async),
                                         error);
}

/**
 * state_remote_units_restore_async:
 * @self: a remote set
 * @snapshot: what to restore
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called in the thread-default main
 *   context of the caller when it has ended
 * @user_data: data for @callback
 *
 * Restores the units that are in the snapshot. See state_units_restore_async().
 *
 * Since: 1.0
 */
void
state_remote_units_restore_async (StateRemoteUnits *self,
                                  StateSnapshot *snapshot,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  GTask *task;

  g_return_if_fail (STATE_IS_REMOTE_UNITS (self));
  g_return_if_fail (STATE_IS_SNAPSHOT (snapshot));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = make_run_task (self, STATE_REMOTE_UNITS_TAG (state_remote_units_restore_async),
                        STATE_OPERATION_RESTORE, cancellable, callback, user_data);
  run (task, self, STATE_OPERATION_RESTORE, snapshot, NULL);
}

/**
 * state_remote_units_restore_finish:
 * @self: a remote set
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_remote_units_restore_async().
 *
 * Errors: those of state_units_restore_finish(), and those of
 * state_remote_units_run_finish().
 *
 * Returns: %TRUE when it succeeded; %FALSE with an error
 *
 * Since: 1.0
 */
gboolean
state_remote_units_restore_finish (StateRemoteUnits *self, GAsyncResult *result, GError **error)
{
  return state_remote_units_call_finish_done (self, result,
                                              STATE_REMOTE_UNITS_TAG (
                                                  state_remote_units_restore_async),
                                              error);
}

/**
 * state_remote_units_run_async:
 * @self: a remote set
 * @operation: start, stop, reset, save or restore
 * @snapshot: (nullable): for restore: what to restore
 * @options: (nullable): a dictionary of type `a{sv}`
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called in the thread-default main
 *   context of the caller when it has ended
 * @user_data: data for @callback
 *
 * Runs an operation in the way that the options say. They may be
 *
 * - `units` (`as`): the names of the units to be asked, as
 *   state_transition_set_handles() takes them
 * - `failure-policy` (`s`): `skip-dependents`, `roll-back` or `keep-going`
 * - `timeout` (`u`): for the whole of it, in ms
 * - `resume` (`b`): see state_transition_set_resume()
 *
 * and no others. A floating dictionary is sunk.
 *
 * Since: 1.0
 */
void
state_remote_units_run_async (StateRemoteUnits *self,
                              StateOperation operation,
                              StateSnapshot *snapshot,
                              GVariant *options,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr (GVariant) own = options != NULL ? g_variant_ref_sink (options) : NULL;

  g_return_if_fail (STATE_IS_REMOTE_UNITS (self));
  g_return_if_fail (snapshot == NULL || STATE_IS_SNAPSHOT (snapshot));
  g_return_if_fail (options == NULL || g_variant_is_of_type (options, G_VARIANT_TYPE_VARDICT));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  run (make_run_task (self, STATE_REMOTE_UNITS_TAG (state_remote_units_run_async), operation,
                      cancellable, callback, user_data),
       self, operation, snapshot, own);
}

/**
 * state_remote_units_run_finish:
 * @self: a remote set
 * @result: the result given to the callback
 * @snapshot: (out) (optional) (nullable) (transfer full): of save: what was saved
 * @error: return location for an error
 *
 * Finishes state_remote_units_run_async().
 *
 * Errors: those of the operation in the other process, with their domains, codes and
 * messages; %G_IO_ERROR_INVALID_ARGUMENT when an option is not understood;
 * %STATE_ERROR_UNKNOWN_UNIT when there is no unit of a name; %STATE_ERROR_LOST when
 * the set is there no longer, and nobody knows what came of it;
 * %STATE_ERROR_INVALID_ANSWER when the answer is none.
 *
 * Returns: %TRUE when it succeeded; %FALSE with an error
 *
 * Since: 1.0
 */
gboolean
state_remote_units_run_finish (StateRemoteUnits *self,
                               GAsyncResult *result,
                               StateSnapshot **snapshot,
                               GError **error)
{
  g_autoptr (StateSnapshot) saved = NULL;
  GError *local_error = NULL;

  if (snapshot != NULL)
    *snapshot = NULL;
  g_return_val_if_fail (STATE_IS_REMOTE_UNITS (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, STATE_REMOTE_UNITS_TAG (
                                                              state_remote_units_run_async)),
                        FALSE);

  saved = g_task_propagate_pointer (G_TASK (result), &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, local_error);
      return FALSE;
    }
  if (snapshot != NULL)
    *snapshot = g_steal_pointer (&saved);
  return TRUE;
}

/**
 * state_remote_units_cancel:
 * @self: a remote set
 *
 * Cancels the transition that is under way there, whoever asked for it, as
 * state_transition_cancel() does. Nothing happens when there is none.
 *
 * Since: 1.0
 */
void
state_remote_units_cancel (StateRemoteUnits *self)
{
  g_return_if_fail (STATE_IS_REMOTE_UNITS (self));

  if (self->connected)
    g_dbus_connection_call (self->connection, self->owner, self->object_path, STATE_UNITS_INTERFACE,
                            "Cancel", g_variant_new ("(u)", 0), NULL, G_DBUS_CALL_FLAGS_NONE, -1,
                            NULL, NULL, NULL);
}
