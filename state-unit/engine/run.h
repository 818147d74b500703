/* SPDX-License-Identifier: MIT */

#pragma once

#include "graph.h"
#include "rules.h"

G_BEGIN_DECLS

#define STATE_SLOT_NONE G_MAXUINT32

/* How long those asked may take to answer a cancellation, in µs. */
#define STATE_RUN_CANCEL_TIME (10 * G_USEC_PER_SEC)

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
  guint8 outcome;      /* StateStepOutcome */
  guint8 verdict;      /* StateVerdict */
  guint has_state : 1; /* restore: the snapshot has a state for it */
  guint settled : 1;   /* its outcome is known, though others still wait for its turn */
  guint finished : 1;
} StateRunStep;

/* One operation over the units taken. All phases of a run have the same slots. */
typedef struct
{
  StateOperation operation;
  StateRunStep *steps;
  guint32 n_steps;
  guint32 n_finished;
  guint32 n_asked; /* requests that are with units now */
  guint32 last;    /* slot of the step that finished last */

  guint32 *ready; /* a ring: slots whose turn has come */
  guint32 n_ready;
  guint32 ready_head;
} StateRunPhase;

/* The engine's side of one transition. The caller takes nodes, judges, begins, and
 * then asks each unit that state_run_next() names, tells what it answered, and
 * tells what else happens, until the run is done. */
typedef struct
{
  StateGraph *graph;
  StateOperation operation;
  gboolean leave_rest; /* take what can start, and leave the rest alone */

  GArray *taken;        /* of StateRunStep, until it begins */
  GPtrArray *phases;    /* of StateRunPhase */
  StateRunPhase *phase; /* the current one */
  guint n_phases;       /* planned */

  gboolean any_asked;
  gboolean cancelled;
  gboolean done;
  gboolean succeeded;
  gint64 give_up_time; /* when a cancelled run waits no longer */
} StateRun;

StateRun *state_run_new (StateGraph *graph, StateOperation operation);
void state_run_free (StateRun *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StateRun, state_run_free)

void state_run_take (StateRun *self, guint32 node, gboolean has_state);
GArray *state_run_judge (StateRun *self);
void state_run_begin (StateRun *self, gint64 now);
void state_run_end (StateRun *self);

gboolean state_run_next (StateRun *self, gint64 now, guint32 *slot);
void state_run_answer (StateRun *self, guint32 slot, StateStepOutcome answer, gint64 now);
void state_run_answer_late (StateRun *self, guint32 slot, gint64 now);

void state_run_cancel (StateRun *self, gint64 now);
gboolean state_run_expire (StateRun *self, gint64 now);
void state_run_remove (StateRun *self, guint32 slot, gint64 now);
void state_run_ended (StateRun *self, guint32 slot, StateStepOutcome outcome, gint64 now);

guint32 state_run_slot_of (const StateRun *self, guint32 node);
gboolean state_run_is_cause (const StateRun *self, const StateRunStep *step);
const StateEdge *
state_run_predecessors (const StateRun *self, const StateRunPhase *phase, guint32 slot, guint *n);
GArray *state_run_waiting_on (const StateRun *self, guint32 slot);
GArray *state_run_critical_path (const StateRun *self);

G_END_DECLS
