/* SPDX-License-Identifier: MIT */

#pragma once

#include "run.h"

G_BEGIN_DECLS

/* Between the parts of a run. */

StateVerdict state_run_judge_step (const StateRun *self, const StateRunStep *step, guint32 slot);

void state_run_begin_phases (StateRun *self, gint64 now);
void state_run_end_phase (StateRun *self, gint64 now);

/* What runs and is in the way is stopped first. */
static inline gboolean
state_run_stops_first (const StateRun *self)
{
  return self->resume && self->operation != STATE_OPERATION_STOP;
}

/* A failure is undone. */
static inline gboolean
state_run_rolls_back (const StateRun *self)
{
  return self->policy == STATE_FAILURE_POLICY_ROLL_BACK &&
         (self->operation != STATE_OPERATION_STOP || self->own_policy);
}

G_END_DECLS
