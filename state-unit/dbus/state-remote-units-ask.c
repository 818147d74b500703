/* SPDX-License-Identifier: MIT */

#include "state-dbus-snapshot-private.h"
#include "state-dbus-value-private.h"
#include "state-remote-units-call-private.h"

/* What is asked of a set in another process without running anything. */

/**
 * state_remote_units_plan_async:
 * @self: a remote set
 * @operation: start, stop, reset, save or restore
 * @snapshot: (nullable): for restore: what would be restored
 * @options: (nullable): as for state_remote_units_run_async()
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called in the thread-default main
 *   context of the caller with the plan
 * @user_data: data for @callback
 *
 * Asks what an operation would do, of which nothing is done. See
 * state_transition_plan().
 *
 * Since: 1.0
 */
void
state_remote_units_plan_async (StateRemoteUnits *self,
                               StateOperation operation,
                               StateSnapshot *snapshot,
                               GVariant *options,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (GVariant) given = options != NULL ? g_variant_ref_sink (options) : NULL;
  g_autoptr (GUnixFDList) files = NULL;
  GVariant *value = NULL;
  GError *error = NULL;
  GVariantDict dict;
  GTask *task;

  g_return_if_fail (STATE_IS_REMOTE_UNITS (self));
  g_return_if_fail (snapshot == NULL || STATE_IS_SNAPSHOT (snapshot));
  g_return_if_fail (options == NULL || g_variant_is_of_type (options, G_VARIANT_TYPE_VARDICT));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task =
      state_remote_units_call_new (self, STATE_REMOTE_UNITS_TAG (state_remote_units_plan_async),
                                   state_remote_units_take_tree, (GDestroyNotify) g_variant_unref,
                                   cancellable, callback, user_data);
  if (snapshot != NULL && self->connection != NULL)
    {
      value = state_dbus_snapshot_to_value (snapshot, self->connection, &files, &error);
      if (value == NULL)
        {
          state_remote_units_call_fail (task, error);
          return;
        }
    }
  g_variant_dict_init (&dict, given);
  if (value != NULL)
    g_variant_dict_insert_value (&dict, "snapshot", g_variant_new_variant (value));
  state_remote_units_call_send (task, "Plan",
                                g_variant_new ("(s@a{sv})", state_operation_to_string (operation),
                                               g_variant_dict_end (&dict)),
                                files);
}

/**
 * state_remote_units_plan_finish:
 * @self: a remote set
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_remote_units_plan_async(). The plan is a dictionary with `levels`
 * (`aas`), `skipped` (`a{ss}`, with the reasons), `critical-path` (`as`),
 * `expected-duration` (`x`, in µs), and all of it in words, as
 * state_plan_to_string() has it, as `text` (`s`).
 *
 * Errors: those of state_transition_plan() and state_remote_units_run_finish().
 *
 * Returns: (transfer full): the plan, of type `a{sv}`; %NULL with an error
 *
 * Since: 1.0
 */
GVariant *
state_remote_units_plan_finish (StateRemoteUnits *self, GAsyncResult *result, GError **error)
{
  return state_remote_units_call_finish (self, result,
                                         STATE_REMOTE_UNITS_TAG (state_remote_units_plan_async),
                                         error);
}

/**
 * state_remote_units_inspect_async:
 * @self: a remote set
 * @path: (nullable): what to look at; "" or %NULL = everything
 * @depth: how many levels of the tree to go down from there; 0 = no limit
 * @timeout_ms: how long to wait for the units' own answers, in ms; 0 = 1,000,
 *   %G_MAXUINT = for ever
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called in the thread-default main
 *   context of the caller with the tree
 * @user_data: data for @callback
 *
 * Looks at the set and its units. See state_units_inspect_async(). A value that
 * cannot be carried over comes as text.
 *
 * Since: 1.0
 */
void
state_remote_units_inspect_async (StateRemoteUnits *self,
                                  const char *path,
                                  guint depth,
                                  guint timeout_ms,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  GTask *task;

  g_return_if_fail (STATE_IS_REMOTE_UNITS (self));
  g_return_if_fail (path == NULL || g_utf8_validate (path, -1, NULL));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task =
      state_remote_units_call_new (self, STATE_REMOTE_UNITS_TAG (state_remote_units_inspect_async),
                                   state_remote_units_take_tree, (GDestroyNotify) g_variant_unref,
                                   cancellable, callback, user_data);
  state_remote_units_call_send (task, "Inspect",
                                g_variant_new ("(suu@a{sv})", path != NULL ? path : "", depth,
                                               timeout_ms,
                                               state_remote_units_call_options (task, NULL)),
                                NULL);
}

/**
 * state_remote_units_inspect_finish:
 * @self: a remote set
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_remote_units_inspect_async().
 *
 * Errors: those of state_units_inspect_finish(), %G_IO_ERROR_MESSAGE_TOO_LARGE when
 * the tree has more than 48 MiB, %STATE_ERROR_LOST when the set is there no longer.
 *
 * Returns: (transfer full): the tree, of type `a{sv}`; %NULL with an error
 *
 * Since: 1.0
 */
GVariant *
state_remote_units_inspect_finish (StateRemoteUnits *self, GAsyncResult *result, GError **error)
{
  return state_remote_units_call_finish (self, result,
                                         STATE_REMOTE_UNITS_TAG (state_remote_units_inspect_async),
                                         error);
}

/**
 * state_remote_units_update_async:
 * @self: a remote set
 * @path: the path of a value in the tree
 * @value: what it is to be; a floating one is sunk
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called in the thread-default main
 *   context of the caller with the new value
 * @user_data: data for @callback
 *
 * Changes a value of a unit. See state_units_update_async().
 *
 * Since: 1.0
 */
void
state_remote_units_update_async (StateRemoteUnits *self,
                                 const char *path,
                                 GVariant *value,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  g_autoptr (GVariant) own = value != NULL ? g_variant_ref_sink (value) : NULL;
  GTask *task;

  g_return_if_fail (STATE_IS_REMOTE_UNITS (self));
  g_return_if_fail (path != NULL && g_utf8_validate (path, -1, NULL));
  g_return_if_fail (value != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task =
      state_remote_units_call_new (self, STATE_REMOTE_UNITS_TAG (state_remote_units_update_async),
                                   state_remote_units_take_value, (GDestroyNotify) g_variant_unref,
                                   cancellable, callback, user_data);
  if (!state_dbus_value_fits (own))
    state_remote_units_call_fail (task,
                                  g_error_new (G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                                               "a value of type %s cannot be set from another "
                                               "process",
                                               g_variant_get_type_string (own)));
  else
    state_remote_units_call_send (task, "Update",
                                  g_variant_new ("(sv@a{sv})", path, own,
                                                 state_remote_units_call_options (task, NULL)),
                                  NULL);
}

/**
 * state_remote_units_update_finish:
 * @self: a remote set
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_remote_units_update_async().
 *
 * Errors: those of state_units_update_finish(); %G_IO_ERROR_INVALID_ARGUMENT when
 * D-Bus cannot carry the value; %STATE_ERROR_LOST when the set is there no longer.
 *
 * Returns: (transfer full): the new value; %NULL with an error
 *
 * Since: 1.0
 */
GVariant *
state_remote_units_update_finish (StateRemoteUnits *self, GAsyncResult *result, GError **error)
{
  return state_remote_units_call_finish (self, result,
                                         STATE_REMOTE_UNITS_TAG (state_remote_units_update_async),
                                         error);
}

/**
 * state_remote_units_explain_async:
 * @self: a remote set
 * @name: (nullable): the name of a unit; %NULL: the transition as a whole
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called in the thread-default main
 *   context of the caller with the explanation
 * @user_data: data for @callback
 *
 * Asks what the transition that is under way waits for, or what came of the last one.
 * See state_transition_explain().
 *
 * Since: 1.0
 */
void
state_remote_units_explain_async (StateRemoteUnits *self,
                                  const char *name,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_return_if_fail (STATE_IS_REMOTE_UNITS (self));
  g_return_if_fail (name == NULL || g_utf8_validate (name, -1, NULL));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  state_remote_units_call_send (state_remote_units_call_new (self,
                                                             STATE_REMOTE_UNITS_TAG (
                                                                 state_remote_units_explain_async),
                                                             state_remote_units_take_text, g_free,
                                                             cancellable, callback, user_data),
                                "Explain", g_variant_new ("(s)", name != NULL ? name : ""), NULL);
}

/**
 * state_remote_units_explain_finish:
 * @self: a remote set
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_remote_units_explain_async().
 *
 * Errors: %STATE_ERROR_UNKNOWN_UNIT when there is no unit of the name,
 * %STATE_ERROR_LOST when the set is there no longer.
 *
 * Returns: (transfer full): the explanation, of a unit in one line, of the whole in
 *   several; %NULL with an error
 *
 * Since: 1.0
 */
char *
state_remote_units_explain_finish (StateRemoteUnits *self, GAsyncResult *result, GError **error)
{
  return state_remote_units_call_finish (self, result,
                                         STATE_REMOTE_UNITS_TAG (state_remote_units_explain_async),
                                         error);
}

/**
 * state_remote_units_timeline_async:
 * @self: a remote set
 * @format: `svg`, `trace-json` or `dot`
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called in the thread-default main
 *   context of the caller with the text
 * @user_data: data for @callback
 *
 * Draws the last transition: see state_transition_to_svg(),
 * state_transition_to_trace_json() and state_transition_to_dot(). When there was none,
 * `dot` draws the set: see state_units_to_dot().
 *
 * Since: 1.0
 */
void
state_remote_units_timeline_async (StateRemoteUnits *self,
                                   const char *format,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_return_if_fail (STATE_IS_REMOTE_UNITS (self));
  g_return_if_fail (format != NULL && g_utf8_validate (format, -1, NULL));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  state_remote_units_call_send (state_remote_units_call_new (self,
                                                             STATE_REMOTE_UNITS_TAG (
                                                                 state_remote_units_timeline_async),
                                                             state_remote_units_take_text, g_free,
                                                             cancellable, callback, user_data),
                                "Timeline", g_variant_new ("(s)", format), NULL);
}

/**
 * state_remote_units_timeline_finish:
 * @self: a remote set
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_remote_units_timeline_async().
 *
 * Errors: %G_IO_ERROR_INVALID_ARGUMENT when there is no such format,
 * %G_IO_ERROR_NOT_FOUND when there was no transition, %STATE_ERROR_LOST when the set
 * is there no longer.
 *
 * Returns: (transfer full): the text of a file; %NULL with an error
 *
 * Since: 1.0
 */
char *
state_remote_units_timeline_finish (StateRemoteUnits *self, GAsyncResult *result, GError **error)
{
  return state_remote_units_call_finish (self, result,
                                         STATE_REMOTE_UNITS_TAG (state_remote_units_timeline_async),
                                         error);
}
