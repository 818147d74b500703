/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-enums.h"

G_BEGIN_DECLS

#define STATE_TYPE_UNIT_BUILDER (state_unit_builder_get_type ())
STATE_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (StateUnitBuilder, state_unit_builder, STATE, UNIT_BUILDER, GObject)

STATE_AVAILABLE_IN_ALL
StateUnitBuilder *state_unit_builder_depends_on (StateUnitBuilder *self, StateUnitHandle *handle);
STATE_AVAILABLE_IN_ALL
StateUnitBuilder *
state_unit_builder_dependency_of (StateUnitBuilder *self, StateUnitHandle *handle);
STATE_AVAILABLE_IN_ALL
StateUnitBuilder *state_unit_builder_add_dependency (StateUnitBuilder *self,
                                                     StateUnitHandle *handle,
                                                     StateDependencyFlags flags,
                                                     StateOperationFlags operations);
STATE_AVAILABLE_IN_ALL
StateUnitBuilder *state_unit_builder_add_dependent (StateUnitBuilder *self,
                                                    StateUnitHandle *handle,
                                                    StateDependencyFlags flags,
                                                    StateOperationFlags operations);
STATE_AVAILABLE_IN_ALL
StateUnitBuilder *
state_unit_builder_set_main_context (StateUnitBuilder *self, GMainContext *context);
STATE_AVAILABLE_IN_ALL
StateUnitBuilder *
state_unit_builder_set_timeout (StateUnitBuilder *self, StateOperation operation, guint ms);
STATE_AVAILABLE_IN_ALL
StateUnitBuilder *
state_unit_builder_set_state_version (StateUnitBuilder *self, guint version, guint oldest);
STATE_AVAILABLE_IN_ALL
StateUnitBuilder *state_unit_builder_add_alias (StateUnitBuilder *self, const char *old_name);
STATE_AVAILABLE_IN_ALL
StateUnitBuilder *state_unit_builder_set_lifetime (StateUnitBuilder *self, GObject *owner);

STATE_AVAILABLE_IN_ALL
StateUnitHandle *state_unit_builder_build (StateUnitBuilder *self, StateUnit *unit, GError **error);
STATE_AVAILABLE_IN_ALL
StateUnitHandle *state_unit_builder_spawn (StateUnitBuilder *self, StateUnit *unit, GError **error);
STATE_AVAILABLE_IN_ALL
StateUnitHandle *state_unit_builder_build_receiver (StateUnitBuilder *self,
                                                    StateUnitReceiver **receiver,
                                                    GError **error);

G_END_DECLS
