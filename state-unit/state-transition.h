/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-enums.h"

G_BEGIN_DECLS

#define STATE_TYPE_TRANSITION (state_transition_get_type ())
STATE_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (StateTransition, state_transition, STATE, TRANSITION, GObject)

STATE_AVAILABLE_IN_ALL
StateTransition *state_transition_new (StateUnits *units, StateOperation operation);

STATE_AVAILABLE_IN_ALL
void state_transition_set_handles (StateTransition *self, StateUnitHandle **handles, gsize n);
STATE_AVAILABLE_IN_ALL
void state_transition_set_snapshot (StateTransition *self, StateSnapshot *snapshot);
STATE_AVAILABLE_IN_ALL
void state_transition_set_failure_policy (StateTransition *self, StateFailurePolicy policy);
STATE_AVAILABLE_IN_ALL
void state_transition_set_timeout (StateTransition *self, guint ms);
STATE_AVAILABLE_IN_ALL
void state_transition_set_resume (StateTransition *self, gboolean resume);

STATE_AVAILABLE_IN_ALL
StatePlan *state_transition_plan (StateTransition *self, GError **error);

STATE_AVAILABLE_IN_ALL
void state_transition_run_async (StateTransition *self,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data);
STATE_AVAILABLE_IN_ALL
gboolean state_transition_run_finish (StateTransition *self, GAsyncResult *result, GError **error);

STATE_AVAILABLE_IN_ALL
void state_transition_cancel (StateTransition *self);
STATE_AVAILABLE_IN_ALL
void state_transition_abandon (StateTransition *self);

STATE_AVAILABLE_IN_ALL
StateUnits *state_transition_get_units (StateTransition *self);
STATE_AVAILABLE_IN_ALL
StateOperation state_transition_get_operation (StateTransition *self);
STATE_AVAILABLE_IN_ALL
StateTransitionStatus state_transition_get_status (StateTransition *self);
STATE_AVAILABLE_IN_ALL
double state_transition_get_progress (StateTransition *self);
STATE_AVAILABLE_IN_ALL
guint state_transition_get_n_units (StateTransition *self);
STATE_AVAILABLE_IN_ALL
guint state_transition_get_n_finished (StateTransition *self);
STATE_AVAILABLE_IN_ALL
gint64 state_transition_get_elapsed (StateTransition *self);
STATE_AVAILABLE_IN_ALL
const GError *state_transition_get_error (StateTransition *self);
STATE_AVAILABLE_IN_ALL
StateSnapshot *state_transition_get_snapshot (StateTransition *self);

STATE_AVAILABLE_IN_ALL
char **state_transition_get_critical_path (StateTransition *self);
STATE_AVAILABLE_IN_ALL
char *state_transition_explain (StateTransition *self, const char *name);
STATE_AVAILABLE_IN_ALL
char *state_transition_to_dot (StateTransition *self);
STATE_AVAILABLE_IN_ALL
char *state_transition_to_svg (StateTransition *self);
STATE_AVAILABLE_IN_ALL
char *state_transition_to_trace_json (StateTransition *self);

G_END_DECLS
