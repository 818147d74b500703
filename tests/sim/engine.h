/* SPDX-License-Identifier: MIT */

#pragma once

#include "engine/run.h"
#include "model.h"

G_BEGIN_DECLS

/* All that the simulation knows of the engine. Units have numbers that never change. */
typedef struct
{
  StateGraph *graph;
  StateRun *run;
  GArray *nodes; /* by unit: its node; STATE_NODE_NONE once it has left */
  GArray *units; /* by node: its unit */
  GArray *told;  /* by unit: the last state that was told of */
  GArray *gone;  /* nodes that have left, and are part of the order still */
} Engine;

typedef struct
{
  StateUnitState state;
  gboolean may_run, undefined; /* FAILED */
  StateOperation request;      /* UNCERTAIN */
  gboolean stands, standing;
} EngineUnit;

Engine *engine_new (void);
void engine_free (Engine *self);

gboolean engine_finds_cycle (Engine *self,
                             const ModelEdge *dependencies,
                             guint n_dependencies,
                             const ModelEdge *dependents,
                             guint n_dependents);
guint engine_add (Engine *self,
                  const ModelEdge *dependencies,
                  guint n_dependencies,
                  const ModelEdge *dependents,
                  guint n_dependents);
void engine_set (Engine *self, guint unit, EngineUnit as);
EngineUnit engine_get (const Engine *self, guint unit);
GArray *engine_closure (Engine *self, const GArray *units, StateOperation operation);
GArray *engine_edges (const Engine *self, guint unit, gboolean dependents);
StateOperationFlags engine_allowed (const Engine *self);
gboolean engine_any_may_run (const Engine *self);

void engine_make_run (Engine *self, const Model *like);
void engine_take (Engine *self, guint unit, gboolean has_state, gboolean extra);
void engine_take_all (Engine *self);
GArray *engine_judge (Engine *self);
void engine_begin (Engine *self, gint64 now);
void engine_end (Engine *self);

gboolean engine_next (Engine *self, gint64 now, guint *unit);
StateOperation engine_doing (const Engine *self);
ModelPhase engine_phase (const Engine *self);
gboolean engine_is_done (const Engine *self);
gboolean engine_succeeded (const Engine *self);
gboolean engine_takes_cancel (Engine *self);
gboolean engine_next_expired (Engine *self, guint *unit);
gint64 engine_deadline (Engine *self);
StateStepOutcome engine_outcome (const Engine *self, guint unit);
gboolean engine_outcome_in (const Engine *self, ModelPhase phase, guint unit, StateStepOutcome *it);

void engine_answer (Engine *self, guint unit, StateStepOutcome answer, gboolean saved, gint64 now);
void engine_answer_late (Engine *self, guint unit, StateStepOutcome answer, gint64 now);
void engine_expire_standing (Engine *self, guint unit);
void engine_expire (Engine *self, gint64 now);
void engine_extend (Engine *self, guint unit, gint64 deadline);
void engine_cancel (Engine *self, gint64 now);
void engine_abandon (Engine *self, gboolean timed_out, gint64 now);
void engine_discard (Engine *self, guint unit, gint64 now);
void engine_ended (Engine *self, guint unit, StateStepOutcome how, gint64 now);
void engine_lose (Engine *self, guint unit, gint64 now);
const char *engine_check_changes (Engine *self);

G_END_DECLS
