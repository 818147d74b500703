/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-enums.h"

G_BEGIN_DECLS

#define STATE_TYPE_TRANSITION_STEP (state_transition_step_get_type ())
STATE_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (StateTransitionStep, state_transition_step, STATE, TRANSITION_STEP, GObject)

STATE_AVAILABLE_IN_ALL
const char *state_transition_step_get_name (StateTransitionStep *self);
STATE_AVAILABLE_IN_ALL
const char *state_transition_step_get_phase (StateTransitionStep *self);
STATE_AVAILABLE_IN_ALL
StateStepOutcome state_transition_step_get_outcome (StateTransitionStep *self);
STATE_AVAILABLE_IN_ALL
gint64 state_transition_step_get_ready_time (StateTransitionStep *self);
STATE_AVAILABLE_IN_ALL
gint64 state_transition_step_get_start_time (StateTransitionStep *self);
STATE_AVAILABLE_IN_ALL
gint64 state_transition_step_get_finish_time (StateTransitionStep *self);
STATE_AVAILABLE_IN_ALL
const GError *state_transition_step_get_error (StateTransitionStep *self);
STATE_AVAILABLE_IN_ALL
double state_transition_step_get_progress (StateTransitionStep *self);
STATE_AVAILABLE_IN_ALL
const char *state_transition_step_get_message (StateTransitionStep *self);

G_END_DECLS
