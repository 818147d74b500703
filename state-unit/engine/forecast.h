/* SPDX-License-Identifier: MIT */

#pragma once

#include "run.h"

G_BEGIN_DECLS

/* The steps of a phase that are asked at the same time, if every request takes
 * equally long and there is no limit. */
typedef struct
{
  guint phase;   /* index in the run */
  GArray *slots; /* of guint32, in order */
} StateForecastLevel;

/* What a run would do if every unit did what it is asked. */
typedef struct
{
  StateRun *run;         /* the record of how it went, level by level */
  GPtrArray *levels;     /* of StateForecastLevel, phase after phase */
  GArray *critical_path; /* of slots that are asked */
  gint64 duration;       /* in µs, by the durations seen last time; 0: none was */
} StateForecast;

StateForecast *state_forecast_new (const StateRun *run);
void state_forecast_free (StateForecast *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StateForecast, state_forecast_free)

G_END_DECLS
