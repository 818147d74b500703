/* SPDX-License-Identifier: MIT */

#pragma once

#include "heap.h"
#include "phase.h"

G_BEGIN_DECLS

/* How long those asked may take to answer a cancellation, if they have no deadline
 * of their own, in µs. */
#define STATE_RUN_CANCEL_TIME (10 * G_USEC_PER_SEC)

/* How far ahead of its turn what is known of a unit is fetched into the cache. */
#define STATE_RUN_AHEAD 16

/* How long a unit may take for an operation, in ms; 0: as long as it wants. */
typedef guint (*StateRunTimeoutFunc) (gpointer data, guint32 node, StateOperation operation);

/* The engine's side of one transition. The caller takes nodes, judges, begins, and
 * then asks each unit that state_run_next() names, tells what it answered, and
 * tells what else happens, until the run is done. */
typedef struct
{
  StateGraph *graph;
  StateOperation operation;
  StateFailurePolicy policy;
  gboolean own_policy;             /* not the set's: a stop is rolled back then, too */
  gboolean leave_rest;             /* take what can start, and leave the rest alone */
  gboolean resume;                 /* stop what is in the way first, and start it again */
  guint max_asked;                 /* how many may be asked at once; 0: no limit */
  guint timeout;                   /* of each request, in ms; 0: as long as it wants */
  StateRunTimeoutFunc get_timeout; /* nullable: instead, where they differ */
  gpointer timeout_data;

  guint32 n_taken;
  guint32 n_taken_allocated;
  StateRunStep *taken; /* until it begins; the main phase may take them over */
  guint32 *nodes;      /* by slot; NULL: the slot is the node */

  GPtrArray *phases;    /* of StateRunPhase */
  StateRunPhase *phase; /* the current one */
  guint n_phases;       /* planned */

  StateHeap deadlines; /* of the requests that are out */
  StateHeap parked;    /* that wait for a place */
  gint64 *remaining;   /* by slot: the longest way to the end; while there is a limit */
  GArray *expired;     /* nullable: slots whose requests have been given up on, not yet told */

  gboolean judged;       /* before, or needs a look at each */
  gboolean any_asked;    /* in the main phase */
  gboolean halted;       /* nothing new begins, since it is to be undone */
  gboolean cancelled;    /* nothing new begins, since nobody wants it */
  gboolean abandoned;    /* it ends now */
  gboolean timed_out;    /* abandoned for its own time */
  gboolean wants_cancel; /* the requests that are out are to be cancelled */
  gboolean main_succeeded;
  gboolean done;
  gboolean succeeded;
} StateRun;

StateRun *state_run_new (StateGraph *graph, StateOperation operation);
void state_run_free (StateRun *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StateRun, state_run_free)

void state_run_take (StateRun *self, guint32 node, gboolean has_state);
void state_run_take_extra (StateRun *self, guint32 node);
void state_run_take_all (StateRun *self);
StateRun *state_run_copy (const StateRun *self, StateGraph *graph);
GArray *state_run_judge (StateRun *self);
void state_run_begin (StateRun *self, gint64 now);
void state_run_end (StateRun *self);

gboolean state_run_next (StateRun *self, gint64 now, guint32 *slot);
void state_run_answer (StateRun *self, guint32 slot, StateStepOutcome answer, gint64 now);
gboolean state_run_succeed (StateRun *self, guint32 slot, gint64 now);
void state_run_answer_late (StateRun *self, guint32 slot, gint64 now);
void state_run_set_saved (StateRun *self, guint32 slot);
void state_run_extend (StateRun *self, guint32 slot, gint64 deadline);

void state_run_cancel (StateRun *self, gint64 now);
void state_run_abandon (StateRun *self, gint64 now);
gboolean state_run_expire (StateRun *self, gint64 now);
gboolean state_run_next_expired (StateRun *self, guint32 *slot);
gint64 state_run_get_deadline (StateRun *self);
void state_run_remove (StateRun *self, guint32 slot, gint64 now);
void state_run_ended (StateRun *self, guint32 slot, StateStepOutcome outcome, gint64 now);

guint32 state_run_slot_of (const StateRun *self, guint32 node);
gboolean state_run_is_to_stop (const StateRun *self, guint32 slot);
GArray *state_run_waiting_on (const StateRun *self, guint32 slot);
GArray *state_run_critical_path (const StateRun *self);

static inline gboolean
state_run_has_expired (const StateRun *self)
{
  return self->expired != NULL && self->expired->len > 0;
}

static inline guint32
state_run_node (const StateRun *self, guint32 slot)
{
  return self->nodes != NULL ? self->nodes[slot] : slot;
}

G_END_DECLS
