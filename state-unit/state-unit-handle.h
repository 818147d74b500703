/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-enums.h"

G_BEGIN_DECLS

#define STATE_TYPE_UNIT_HANDLE (state_unit_handle_get_type ())
STATE_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (StateUnitHandle, state_unit_handle, STATE, UNIT_HANDLE, GObject)

STATE_AVAILABLE_IN_ALL
const char *state_unit_handle_get_name (StateUnitHandle *self);
STATE_AVAILABLE_IN_ALL
StateUnit *state_unit_handle_get_unit (StateUnitHandle *self);
STATE_AVAILABLE_IN_ALL
StateUnits *state_unit_handle_get_units (StateUnitHandle *self);
STATE_AVAILABLE_IN_ALL
StateUnitState state_unit_handle_get_state (StateUnitHandle *self);
STATE_AVAILABLE_IN_ALL
StateOperationFlags state_unit_handle_get_allowed_operations (StateUnitHandle *self);
STATE_AVAILABLE_IN_ALL
char **state_unit_handle_get_dependencies (StateUnitHandle *self);
STATE_AVAILABLE_IN_ALL
char **state_unit_handle_get_dependents (StateUnitHandle *self);
STATE_AVAILABLE_IN_ALL
const GError *state_unit_handle_get_error (StateUnitHandle *self);

STATE_AVAILABLE_IN_ALL
void state_unit_handle_discard (StateUnitHandle *self);
STATE_AVAILABLE_IN_ALL
void state_unit_handle_remove_async (StateUnitHandle *self,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
STATE_AVAILABLE_IN_ALL
StateUnit *
state_unit_handle_remove_finish (StateUnitHandle *self, GAsyncResult *result, GError **error);

G_END_DECLS
