/* SPDX-License-Identifier: MIT */

#include "state-task-private.h"
#include "state-transition-private.h"
#include "state-units-private.h"

/* The operations of a set, each a transition that nobody had to make. */

static void
run_operation (StateUnits *self,
               StateOperation operation,
               gboolean leave_rest,
               StateSnapshot *snapshot,
               GTask *task)
{
  g_autoptr (StateTransition) transition = state_transition_make (self, operation);

  transition->used = TRUE;
  transition->leave_rest = leave_rest;
  g_set_object (&transition->snapshot, snapshot);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, g_object_ref (transition), g_object_unref);
  state_transition_launch (transition, self, task);
}

/**
 * state_units_start_async:
 * @self: a set
 * @cancellable: (nullable): cancelling it does what state_transition_cancel() does
 * @callback: (scope async) (closure user_data): called in the thread-default
 *   main context of the caller when the operation has ended
 * @user_data: data for @callback
 *
 * Starts all units, dependencies first. Units that run are left alone; those that
 * are failed or uncertain refuse the operation, unless they failed to start; a
 * unit that is lost fails in its turn, without being asked.
 *
 * Any thread.
 *
 * Since: 1.0
 */
void
state_units_start_async (StateUnits *self,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (STATE_IS_UNITS (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  state_task_set_tag (task, state_units_start_async);
  run_operation (self, STATE_OPERATION_START, FALSE, NULL, task);
}

/**
 * state_units_start_finish:
 * @self: a set
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_units_start_async().
 *
 * Errors: %STATE_ERROR_TRANSITION_FAILED, naming each unit that did not start;
 * %STATE_ERROR_WRONG_STATE when it was refused; %G_IO_ERROR_CANCELLED.
 *
 * Returns: whether every unit runs
 *
 * Since: 1.0
 */
gboolean
state_units_start_finish (StateUnits *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (STATE_IS_UNITS (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, state_units_start_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * state_units_start_stopped_units_async:
 * @self: a set
 * @cancellable: (nullable): cancelling it does what state_transition_cancel() does
 * @callback: (scope async) (closure user_data): called in the thread-default
 *   main context of the caller when the operation has ended
 * @user_data: data for @callback
 *
 * Starts the units that can start, if #StateUnits:running is %TRUE, and does nothing
 * otherwise: for units that were added to a set that runs. Units that cannot
 * start are left alone; what requires them is skipped, and named in the error.
 *
 * Any thread.
 *
 * Since: 1.0
 */
void
state_units_start_stopped_units_async (StateUnits *self,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (STATE_IS_UNITS (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  state_task_set_tag (task, state_units_start_stopped_units_async);
  run_operation (self, STATE_OPERATION_START, TRUE, NULL, task);
}

/**
 * state_units_start_stopped_units_finish:
 * @self: a set
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_units_start_stopped_units_async().
 *
 * Errors: %STATE_ERROR_TRANSITION_FAILED, naming each unit that did not start;
 * %G_IO_ERROR_CANCELLED.
 *
 * Returns: whether every unit that can start runs
 *
 * Since: 1.0
 */
gboolean
state_units_start_stopped_units_finish (StateUnits *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (STATE_IS_UNITS (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, state_units_start_stopped_units_async),
                        FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * state_units_stop_async:
 * @self: a set
 * @cancellable: (nullable): cancelling it does what state_transition_cancel() does
 * @callback: (scope async) (closure user_data): called in the thread-default
 *   main context of the caller when the operation has ended
 * @user_data: data for @callback
 *
 * Stops all units that run or may run, dependents first. It is never refused, and
 * goes on past units that fail. A stopped set is success.
 *
 * Any thread.
 *
 * Since: 1.0
 */
void
state_units_stop_async (StateUnits *self,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (STATE_IS_UNITS (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  state_task_set_tag (task, state_units_stop_async);
  run_operation (self, STATE_OPERATION_STOP, FALSE, NULL, task);
}

/**
 * state_units_stop_finish:
 * @self: a set
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_units_stop_async().
 *
 * Errors: %STATE_ERROR_TRANSITION_FAILED, naming each unit that did not stop;
 * %G_IO_ERROR_CANCELLED.
 *
 * Returns: whether no unit may run
 *
 * Since: 1.0
 */
gboolean
state_units_stop_finish (StateUnits *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (STATE_IS_UNITS (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, state_units_stop_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * state_units_reset_async:
 * @self: a set
 * @cancellable: (nullable): cancelling it does what state_transition_cancel() does
 * @callback: (scope async) (closure user_data): called in the thread-default
 *   main context of the caller when the operation has ended
 * @user_data: data for @callback
 *
 * Resets all units, dependencies first. They must be stopped, or failed and
 * certainly not running.
 *
 * Any thread.
 *
 * Since: 1.0
 */
void
state_units_reset_async (StateUnits *self,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (STATE_IS_UNITS (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  state_task_set_tag (task, state_units_reset_async);
  run_operation (self, STATE_OPERATION_RESET, FALSE, NULL, task);
}

/**
 * state_units_reset_finish:
 * @self: a set
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_units_reset_async().
 *
 * Errors: %STATE_ERROR_TRANSITION_FAILED, naming each unit that was not reset;
 * %STATE_ERROR_WRONG_STATE when it was refused; %G_IO_ERROR_CANCELLED.
 *
 * Returns: whether every unit was reset
 *
 * Since: 1.0
 */
gboolean
state_units_reset_finish (StateUnits *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (STATE_IS_UNITS (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, state_units_reset_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * state_units_save_async:
 * @self: a set
 * @cancellable: (nullable): cancelling it does what state_transition_cancel() does
 * @callback: (scope async) (closure user_data): called in the thread-default
 *   main context of the caller when the operation has ended
 * @user_data: data for @callback
 *
 * Saves the states of all units, in any order. They must be stopped; nothing that
 * can be observed changes. Units that save nothing are not in the snapshot.
 *
 * Any thread.
 *
 * Since: 1.0
 */
void
state_units_save_async (StateUnits *self,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (STATE_IS_UNITS (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  state_task_set_tag (task, state_units_save_async);
  run_operation (self, STATE_OPERATION_SAVE, FALSE, NULL, task);
}

/**
 * state_units_save_finish:
 * @self: a set
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_units_save_async().
 *
 * Errors: %STATE_ERROR_TRANSITION_FAILED, naming each unit that was not saved (what the
 * others saved is in the snapshot of #StateUnits:last-transition);
 * %STATE_ERROR_WRONG_STATE when it was refused; %G_IO_ERROR_CANCELLED.
 *
 * Returns: (transfer full): the snapshot; %NULL with an error
 *
 * Since: 1.0
 */
StateSnapshot *
state_units_save_finish (StateUnits *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (STATE_IS_UNITS (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, state_units_save_async), NULL);

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return NULL;
  return g_object_ref (STATE_TRANSITION (g_task_get_task_data (G_TASK (result)))->snapshot);
}

/**
 * state_units_restore_async:
 * @self: a set
 * @snapshot: what to restore
 * @cancellable: (nullable): cancelling it does what state_transition_cancel() does
 * @callback: (scope async) (closure user_data): called in the thread-default
 *   main context of the caller when the operation has ended
 * @user_data: data for @callback
 *
 * Restores the units that have a state in the snapshot, dependencies first; once
 * all are restored, asks every unit to finish restoring. Units that the
 * snapshot lacks stay as they are. All units must be stopped, or failed,
 * certainly not running and in the snapshot.
 *
 * Names (aliases included) and versions are checked before any unit is touched.
 * When it does not succeed, each unit that had a state in the snapshot and did not
 * get through all of it is failed until it is reset or restored, unless it is
 * rolled back (%STATE_FAILURE_POLICY_ROLL_BACK) or nobody had been asked yet: half
 * old, half new must not start.
 *
 * Any thread.
 *
 * Since: 1.0
 */
void
state_units_restore_async (StateUnits *self,
                           StateSnapshot *snapshot,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (STATE_IS_UNITS (self));
  g_return_if_fail (STATE_IS_SNAPSHOT (snapshot));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  state_task_set_tag (task, state_units_restore_async);
  run_operation (self, STATE_OPERATION_RESTORE, FALSE, snapshot, task);
}

/**
 * state_units_restore_finish:
 * @self: a set
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_units_restore_async().
 *
 * Errors: %STATE_ERROR_TRANSITION_FAILED, naming each unit that was not restored;
 * %STATE_ERROR_UNKNOWN_UNIT, %STATE_ERROR_DUPLICATE_UNIT and
 * %STATE_ERROR_VERSION for what is wrong with the snapshot, when nothing was
 * touched;
 * %STATE_ERROR_WRONG_STATE when it was refused; %G_IO_ERROR_CANCELLED.
 *
 * Returns: whether every unit was restored
 *
 * Since: 1.0
 */
gboolean
state_units_restore_finish (StateUnits *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (STATE_IS_UNITS (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, state_units_restore_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
