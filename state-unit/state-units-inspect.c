/* SPDX-License-Identifier: MIT */

#include "state-dot-private.h"
#include "state-inspection-private.h"
#include "state-inspector.h"
#include "state-task-private.h"
#include "state-units-private.h"

/* What a set looks like, for those who look into it. */

/**
 * state_units_inspect_async:
 * @self: a set
 * @path: (nullable): what to look at: the name of a unit, and below it fields of
 *   the unit, joined by `/`; "" or %NULL = everything
 * @depth: how many levels of the tree to go down from there; 0 = no limit
 * @timeout_ms: how long to wait for the units' own answers, in ms; 0 = 1,000,
 *   %G_MAXUINT = for ever
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called in the thread-default
 *   main context of the caller with the tree
 * @user_data: data for @callback
 *
 * Looks at the set, at any time, also while an operation is under way. The tree
 * is of type `a{sv}`, one entry for each unit, which is a tree again:
 *
 * - `unit_state` (`s`): the state, such as "running"
 * - `dependencies`, `dependents` (`as`): names
 * - `error` (`s`): why it is failed or lost, if it is
 * - `waiting_on` (`as`): while it waits for its turn, those it waits for
 * - what the unit itself answers to the inspect request
 * - `unresolved` (`b`): %TRUE: the unit has not answered in time
 * - `inspect_error` (`s`): the unit failed the inspect request, and why
 *
 * A name with `/` is a path in the tree: `lines/irq` is `irq` in `lines`. The
 * fields of the set's win over units, and units over a unit's own fields.
 *
 * Any thread.
 *
 * Since: 1.0
 */
void
state_units_inspect_async (StateUnits *self,
                           const char *path,
                           guint depth,
                           guint timeout_ms,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (STATE_IS_UNITS (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  state_task_set_tag (task, state_units_inspect_async);
  state_inspection_launch (self, path, depth, timeout_ms, NULL, task);
}

/**
 * state_units_inspect_finish:
 * @self: a set
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_units_inspect_async().
 *
 * Errors: %STATE_ERROR_UNKNOWN_UNIT when no unit owns the path;
 * %G_IO_ERROR_NOT_FOUND when its unit has nothing there;
 * %G_IO_ERROR_CANCELLED. A unit that fails to answer is no error: it is told
 * in the tree.
 *
 * Returns: (transfer full): the tree at the path, of type `a{sv}`; when the path
 *   names a single value, with this value alone under the last part of the path;
 *   %NULL with an error
 *
 * Since: 1.0
 */
GVariant *
state_units_inspect_finish (StateUnits *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (STATE_IS_UNITS (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, state_units_inspect_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * state_units_update_async:
 * @self: a set
 * @path: which value: the name of a unit, and below it a field of the unit
 * @value: the new value; a floating reference is sunk
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called in the thread-default
 *   main context of the caller when the unit has answered
 * @user_data: data for @callback
 *
 * Asks a unit to change one of its values: a request to inspect with a value.
 * It may be asked at any time, and waits for the unit's answer as long as that
 * takes. The fields of the set's cannot be changed. Any thread.
 *
 * Since: 1.0
 */
void
state_units_update_async (StateUnits *self,
                          const char *path,
                          GVariant *value,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_autoptr (GVariant) own = value != NULL ? g_variant_ref_sink (value) : NULL;
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (STATE_IS_UNITS (self));
  g_return_if_fail (path != NULL);
  g_return_if_fail (value != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  state_task_set_tag (task, state_units_update_async);
  state_inspection_launch (self, path, 0, G_MAXUINT, own, task);
}

/**
 * state_units_update_finish:
 * @self: a set
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_units_update_async().
 *
 * Errors: those that the unit answers with, such as %G_IO_ERROR_NOT_FOUND,
 * %G_IO_ERROR_READ_ONLY or %G_IO_ERROR_INVALID_ARGUMENT; %STATE_ERROR_UNKNOWN_UNIT
 * when no unit owns the path; %G_IO_ERROR_CANCELLED.
 *
 * Returns: (transfer full): the new value, as the unit has taken it; %NULL with
 *   an error
 *
 * Since: 1.0
 */
GVariant *
state_units_update_finish (StateUnits *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (STATE_IS_UNITS (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, state_units_update_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * state_units_get_inspector:
 * @self: a set
 *
 * Makes an object that can look at the set without keeping it alive.
 *
 * Returns: (transfer full): an inspector
 *
 * Since: 1.0
 */
StateInspector *
state_units_get_inspector (StateUnits *self)
{
  g_return_val_if_fail (STATE_IS_UNITS (self), NULL);
  state_return_val_if_not_here (self->dispatcher, NULL);

  return state_inspector_new (self);
}

/**
 * state_units_to_dot:
 * @self: a set
 *
 * Draws the graph of the set in the language of Graphviz: an arrow from each
 * unit to what it depends on, dashed when it is of order only, the states as
 * colours.
 *
 * Returns: (transfer full): the text; free with g_free()
 *
 * Since: 1.0
 */
char *
state_units_to_dot (StateUnits *self)
{
  g_return_val_if_fail (STATE_IS_UNITS (self), NULL);
  state_return_val_if_not_here (self->dispatcher, NULL);

  return state_dot_of_units (self);
}
