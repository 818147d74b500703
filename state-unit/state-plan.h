/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-enums.h"

G_BEGIN_DECLS

#define STATE_TYPE_PLAN (state_plan_get_type ())
STATE_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (StatePlan, state_plan, STATE, PLAN, GObject)

STATE_AVAILABLE_IN_ALL
guint state_plan_get_n_levels (StatePlan *self);
STATE_AVAILABLE_IN_ALL
char **state_plan_get_level (StatePlan *self, guint n);
STATE_AVAILABLE_IN_ALL
char **state_plan_get_skipped (StatePlan *self);
STATE_AVAILABLE_IN_ALL
const char *state_plan_get_skip_reason (StatePlan *self, const char *name);
STATE_AVAILABLE_IN_ALL
char **state_plan_get_critical_path (StatePlan *self);
STATE_AVAILABLE_IN_ALL
gint64 state_plan_get_expected_duration (StatePlan *self);

STATE_AVAILABLE_IN_ALL
char *state_plan_to_string (StatePlan *self);

G_END_DECLS
