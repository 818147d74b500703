/* SPDX-License-Identifier: MIT */

#pragma once

#include "graph.h"
#include "rules.h"

G_BEGIN_DECLS

#define STATE_SLOT_NONE G_MAXUINT32

/* What becomes of one unit in one phase. Times are 0 until they come. Two fit into a
 * line of the cache, and what few steps have is kept apart. */
typedef struct
{
  gint64 ready_time;
  gint64 start_time;
  gint64 finish_time;
  guint32 released_by;   /* once it is ready: slot of the last one it waited for */
  guint8 outcome;        /* StateStepOutcome */
  guint8 verdict;        /* StateVerdict */
  guint16 has_state : 1; /* restore: the snapshot has a state for it */
  guint16 settled : 1;   /* its outcome is known, though others still wait for its turn */
  guint16 finished : 1;
  guint16 extra : 1; /* taken for the sake of resuming alone */
  guint16 saved : 1; /* before a restore: it can be put back */
} StateRunStep;

G_STATIC_ASSERT (sizeof (StateRunStep) == 32);

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

  const guint32 *nodes; /* by slot, not owned; NULL: the slot is the node */
  StateRunStep *steps;
  guint32 n_steps;
  guint32 n_finished;
  guint32 n_asked;   /* requests that are with units now */
  guint32 n_awaited; /* units whose late answer is waited for */
  guint32 n_through; /* that did what was asked, or had nothing to do */
  guint32 last;      /* slot of the step that finished last */

  guint32 *pending;  /* by slot: steps it still waits for; until all have finished */
  guint32 *causes;   /* by slot: that of the first failure it suffers from; NULL: none */
  gint64 *deadlines; /* by slot, 0: none; NULL: none at all */

  guint32 *ready; /* a ring: slots whose turn has come; until all have finished */
  guint32 n_ready;
  guint32 ready_head;
} StateRunPhase;

StateRunPhase *state_phase_new (StateGraph *graph,
                                StateOperation operation,
                                StatePhaseKind kind,
                                const guint32 *nodes,
                                StateRunStep *steps,
                                guint32 n_steps);
void state_phase_free (StateRunPhase *self);

void state_phase_begin (StateRunPhase *self, gint64 now);
void state_phase_end (StateRunPhase *self);
void state_phase_push_ready (StateRunPhase *self, guint32 slot);
void
state_phase_finish_step (StateRunPhase *self, guint32 slot, StateStepOutcome outcome, gint64 now);
void state_phase_succeed (StateRunPhase *self, guint32 slot, gint64 now);
void state_phase_blame (StateRunPhase *self, guint32 cause);
void state_phase_set_cause (StateRunPhase *self, guint32 slot, guint32 cause);
void state_phase_set_deadline (StateRunPhase *self, guint32 slot, gint64 deadline);

gboolean state_phase_got_through (const StateRunStep *step);
gboolean state_phase_is_failure (const StateRunStep *step);

static inline guint32
state_phase_node (const StateRunPhase *self, guint32 slot)
{
  return self->nodes != NULL ? self->nodes[slot] : slot;
}

/* Those that come before a step, of all operations and also not taken ones. */
static inline const StateEdge *
state_phase_predecessors (const StateRunPhase *self, guint32 slot, guint *n)
{
  guint32 node = state_phase_node (self, slot);

  return self->operation == STATE_OPERATION_STOP ? state_graph_dependents (self->graph, node, n)
                                                 : state_graph_dependencies (self->graph, node, n);
}

static inline const StateEdge *
state_phase_successors (const StateRunPhase *self, guint32 slot, guint *n)
{
  guint32 node = state_phase_node (self, slot);

  return self->operation == STATE_OPERATION_STOP ? state_graph_dependencies (self->graph, node, n)
                                                 : state_graph_dependents (self->graph, node, n);
}

static inline guint32
state_phase_slot_of (const StateRunPhase *self, guint32 node)
{
  if (self->nodes != NULL)
    return self->graph->slots[node];
  return node < self->n_steps ? node : STATE_SLOT_NONE;
}

/* The slot of the failure that a step suffers from, STATE_SLOT_NONE: none. */
static inline guint32
state_phase_cause (const StateRunPhase *self, guint32 slot)
{
  return self->causes != NULL ? self->causes[slot] : STATE_SLOT_NONE;
}

/* 0: none. */
static inline gint64
state_phase_deadline (const StateRunPhase *self, guint32 slot)
{
  return self->deadlines != NULL ? self->deadlines[slot] : 0;
}

/* The slot at the other end of an edge; STATE_SLOT_NONE if the edge does not
 * count for the operation, or the unit has not been taken. */
static inline guint32
state_phase_slot_along (const StateRunPhase *self, const StateEdge *edge)
{
  if ((edge->operations & (1u << self->operation)) == 0)
    return STATE_SLOT_NONE;
  return state_phase_slot_of (self, edge->node);
}

static inline guint32
state_phase_pop_ready (StateRunPhase *self)
{
  guint32 slot = self->ready[self->ready_head];

  self->n_ready--;
  if (++self->ready_head == self->n_steps)
    self->ready_head = 0;
  return slot;
}

/* The turn of the one that many places behind the first of those that are ready. */
static inline guint32
state_phase_peek_ready (const StateRunPhase *self, guint32 place)
{
  guint32 index = self->ready_head + place;

  return self->ready[index < self->n_steps ? index : index - self->n_steps];
}

static inline gboolean
state_phase_is_undo (const StateRunPhase *self)
{
  return self->kind >= STATE_PHASE_UNDO;
}

G_END_DECLS
