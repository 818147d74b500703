/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-enums.h"

G_BEGIN_DECLS

#define STATE_TYPE_REMOTE_HANDLE (state_remote_handle_get_type ())
STATE_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (StateRemoteHandle, state_remote_handle, STATE, REMOTE_HANDLE, GObject)

STATE_AVAILABLE_IN_ALL
const char *state_remote_handle_get_name (StateRemoteHandle *self);
STATE_AVAILABLE_IN_ALL
StateUnitState state_remote_handle_get_state (StateRemoteHandle *self);
STATE_AVAILABLE_IN_ALL
StateOperationFlags state_remote_handle_get_allowed_operations (StateRemoteHandle *self);
STATE_AVAILABLE_IN_ALL
char **state_remote_handle_get_dependencies (StateRemoteHandle *self);
STATE_AVAILABLE_IN_ALL
char **state_remote_handle_get_dependents (StateRemoteHandle *self);
STATE_AVAILABLE_IN_ALL
const GError *state_remote_handle_get_error (StateRemoteHandle *self);

G_END_DECLS
