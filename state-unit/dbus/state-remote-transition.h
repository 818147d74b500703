/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-enums.h"

G_BEGIN_DECLS

#define STATE_TYPE_REMOTE_TRANSITION (state_remote_transition_get_type ())
STATE_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (StateRemoteTransition,
                      state_remote_transition,
                      STATE,
                      REMOTE_TRANSITION,
                      GObject)

STATE_AVAILABLE_IN_ALL
StateOperation state_remote_transition_get_operation (StateRemoteTransition *self);
STATE_AVAILABLE_IN_ALL
StateTransitionStatus state_remote_transition_get_status (StateRemoteTransition *self);
STATE_AVAILABLE_IN_ALL
double state_remote_transition_get_progress (StateRemoteTransition *self);
STATE_AVAILABLE_IN_ALL
guint state_remote_transition_get_n_units (StateRemoteTransition *self);
STATE_AVAILABLE_IN_ALL
guint state_remote_transition_get_n_finished (StateRemoteTransition *self);
STATE_AVAILABLE_IN_ALL
gint64 state_remote_transition_get_elapsed (StateRemoteTransition *self);
STATE_AVAILABLE_IN_ALL
const GError *state_remote_transition_get_error (StateRemoteTransition *self);

G_END_DECLS
