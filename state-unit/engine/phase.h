/* SPDX-License-Identifier: MIT */

#pragma once

#include "graph.h"
#include "rules.h"

G_BEGIN_DECLS

#define STATE_SLOT_NONE G_MAXUINT32

/* What becomes of one unit in one phase. Times are 0 until they come. */
typedef struct
{
  guint32 node;
  guint32 n_pending;   /* steps it still waits for */
  guint32 released_by; /* slot of the last one it waited for */
  guint32 cause;       /* slot of the first failure it suffers from */
  gint64 ready_time;
  gint64 start_time;
  gint64 finish_time;
  gint64 deadline;     /* 0: none */
  guint8 outcome;      /* StateStepOutcome */
  guint8 verdict;      /* StateVerdict */
  guint has_state : 1; /* restore: the snapshot has a state for it */
  guint settled : 1;   /* its outcome is known, though others still wait for its turn */
  guint finished : 1;
  guint extra : 1; /* taken for the sake of resuming alone */
  guint saved : 1; /* before a restore: it can be put back */
} StateRunStep;

/* What a phase is for in its run. */
typedef enum
{
  STATE_PHASE_BEFORE, /* makes the main phase possible, or its undoing */
  STATE_PHASE_MAIN,
  STATE_PHASE_POST, /* the second half of the main phase */
  STATE_PHASE_UNDO,
  STATE_PHASE_UNDO_POST,
  STATE_PHASE_RESUME
} StatePhaseKind;

/* One operation over the units taken. All phases of a run have the same slots. */
typedef struct
{
  StateGraph *graph;
  StateOperation operation;
  StatePhaseKind kind;
  gboolean goes_on; /* past failures */

  StateRunStep *steps;
  guint32 n_steps;
  guint32 n_finished;
  guint32 n_asked;   /* requests that are with units now */
  guint32 n_awaited; /* units whose late answer is waited for */
  guint32 n_through; /* that did what was asked, or had nothing to do */
  guint32 last;      /* slot of the step that finished last */

  guint32 *ready; /* a ring: slots whose turn has come */
  guint32 n_ready;
  guint32 ready_head;
} StateRunPhase;

StateRunPhase *state_phase_new (StateGraph *graph,
                                StateOperation operation,
                                StatePhaseKind kind,
                                StateRunStep *steps,
                                guint32 n_steps);
void state_phase_free (StateRunPhase *self);

void state_phase_begin (StateRunPhase *self, gint64 now);
guint32 state_phase_pop_ready (StateRunPhase *self);
void state_phase_push_ready (StateRunPhase *self, guint32 slot);
void
state_phase_finish_step (StateRunPhase *self, guint32 slot, StateStepOutcome outcome, gint64 now);
void state_phase_blame (StateRunPhase *self, guint32 cause);

gboolean state_phase_got_through (const StateRunStep *step);
gboolean state_phase_is_failure (const StateRunStep *step);
const StateEdge *state_phase_predecessors (const StateRunPhase *self, guint32 slot, guint *n);
const StateEdge *state_phase_successors (const StateRunPhase *self, guint32 slot, guint *n);

/* The slot at the other end of an edge; STATE_SLOT_NONE if the edge does not
 * count for the operation, or the unit has not been taken. */
static inline guint32
state_phase_slot_along (const StateRunPhase *self, const StateEdge *edge)
{
  if ((edge->operations & (1u << self->operation)) == 0)
    return STATE_SLOT_NONE;
  return self->graph->nodes[edge->node].slot;
}

static inline gboolean
state_phase_is_undo (const StateRunPhase *self)
{
  return self->kind >= STATE_PHASE_UNDO;
}

G_END_DECLS
