/* SPDX-License-Identifier: MIT */

#include "state-dbus-words-private.h"
#include "state-remote-units-private.h"

/* What a set in another process is known to be. */

/**
 * state_remote_units_get_connection:
 * @self: a remote set
 *
 * Gets #StateRemoteUnits:connection.
 *
 * Returns: (transfer none) (nullable): the connection
 *
 * Since: 1.0
 */
GDBusConnection *
state_remote_units_get_connection (StateRemoteUnits *self)
{
  g_return_val_if_fail (STATE_IS_REMOTE_UNITS (self), NULL);

  return self->connection;
}

/**
 * state_remote_units_get_bus_name:
 * @self: a remote set
 *
 * Gets #StateRemoteUnits:bus-name.
 *
 * Returns: (transfer none) (nullable): the name; %NULL: peer to peer
 *
 * Since: 1.0
 */
const char *
state_remote_units_get_bus_name (StateRemoteUnits *self)
{
  g_return_val_if_fail (STATE_IS_REMOTE_UNITS (self), NULL);

  return self->bus_name;
}

/**
 * state_remote_units_get_object_path:
 * @self: a remote set
 *
 * Gets #StateRemoteUnits:object-path.
 *
 * Returns: (transfer none) (nullable): the path
 *
 * Since: 1.0
 */
const char *
state_remote_units_get_object_path (StateRemoteUnits *self)
{
  g_return_val_if_fail (STATE_IS_REMOTE_UNITS (self), NULL);

  return self->object_path;
}

/**
 * state_remote_units_is_connected:
 * @self: a remote set
 *
 * Gets #StateRemoteUnits:connected.
 *
 * Returns: whether the set is there
 *
 * Since: 1.0
 */
gboolean
state_remote_units_is_connected (StateRemoteUnits *self)
{
  g_return_val_if_fail (STATE_IS_REMOTE_UNITS (self), FALSE);

  return self->connected;
}

/**
 * state_remote_units_is_running:
 * @self: a remote set
 *
 * Gets #StateRemoteUnits:running.
 *
 * Returns: whether the set as a whole runs
 *
 * Since: 1.0
 */
gboolean
state_remote_units_is_running (StateRemoteUnits *self)
{
  g_return_val_if_fail (STATE_IS_REMOTE_UNITS (self), FALSE);

  return self->running;
}

/**
 * state_remote_units_get_allowed_operations:
 * @self: a remote set
 *
 * Gets #StateRemoteUnits:allowed-operations.
 *
 * Returns: the operations
 *
 * Since: 1.0
 */
StateOperationFlags
state_remote_units_get_allowed_operations (StateRemoteUnits *self)
{
  g_return_val_if_fail (STATE_IS_REMOTE_UNITS (self), STATE_OPERATION_FLAGS_NONE);

  return self->allowed;
}

/**
 * state_remote_units_get_failure_policy:
 * @self: a remote set
 *
 * Gets #StateRemoteUnits:failure-policy.
 *
 * Returns: the policy
 *
 * Since: 1.0
 */
StateFailurePolicy
state_remote_units_get_failure_policy (StateRemoteUnits *self)
{
  g_return_val_if_fail (STATE_IS_REMOTE_UNITS (self), STATE_FAILURE_POLICY_SKIP_DEPENDENTS);

  return self->policy;
}

/**
 * state_remote_units_get_default_timeout:
 * @self: a remote set
 *
 * Gets #StateRemoteUnits:default-timeout.
 *
 * Returns: the time in ms; 0: none
 *
 * Since: 1.0
 */
guint
state_remote_units_get_default_timeout (StateRemoteUnits *self)
{
  g_return_val_if_fail (STATE_IS_REMOTE_UNITS (self), 0);

  return self->default_timeout;
}

/**
 * state_remote_units_get_max_concurrency:
 * @self: a remote set
 *
 * Gets #StateRemoteUnits:max-concurrency.
 *
 * Returns: the number; 0: no limit
 *
 * Since: 1.0
 */
guint
state_remote_units_get_max_concurrency (StateRemoteUnits *self)
{
  g_return_val_if_fail (STATE_IS_REMOTE_UNITS (self), 0);

  return self->max_concurrency;
}

/**
 * state_remote_units_get_last_transition:
 * @self: a remote set
 *
 * Gets #StateRemoteUnits:last-transition.
 *
 * Returns: (transfer none) (nullable): the transition; %NULL: there was none
 *
 * Since: 1.0
 */
StateRemoteTransition *
state_remote_units_get_last_transition (StateRemoteUnits *self)
{
  g_return_val_if_fail (STATE_IS_REMOTE_UNITS (self), NULL);

  return self->last;
}

/**
 * state_remote_units_get_current_transition:
 * @self: a remote set
 *
 * Gets #StateRemoteUnits:current-transition.
 *
 * Returns: (transfer none) (nullable): the transition; %NULL: none is under way
 *
 * Since: 1.0
 */
StateRemoteTransition *
state_remote_units_get_current_transition (StateRemoteUnits *self)
{
  g_return_val_if_fail (STATE_IS_REMOTE_UNITS (self), NULL);

  return self->last != NULL && state_remote_transition_is_current (self->last) ? self->last : NULL;
}

/**
 * state_remote_units_lookup:
 * @self: a remote set
 * @name: a name
 *
 * Finds a unit by its name.
 *
 * Returns: (transfer none) (nullable): the handle; %NULL: none
 *
 * Since: 1.0
 */
StateRemoteHandle *
state_remote_units_lookup (StateRemoteUnits *self, const char *name)
{
  g_autofree char *node = NULL;
  g_autofree char *path = NULL;
  StateRemoteHandle *handle;

  g_return_val_if_fail (STATE_IS_REMOTE_UNITS (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  if (self->object_path == NULL)
    return NULL;
  node = state_words_of_name (name);
  path = g_strconcat (g_str_equal (self->object_path, "/") ? "" : self->object_path, "/unit/", node,
                      NULL);
  handle = g_hash_table_lookup (self->paths, path);
  return handle != NULL && g_str_equal (state_remote_handle_get_name (handle), name) ? handle
                                                                                     : NULL;
}
