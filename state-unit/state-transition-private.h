/* SPDX-License-Identifier: MIT */

#pragma once

#include "engine/run.h"
#include "state-dispatcher-private.h"
#include "state-snapshot-private.h"
#include "state-transition-step.h"
#include "state-transition.h"

G_BEGIN_DECLS

struct _StateTransition
{
  GObject parent_instance;

  GWeakRef units;
  StateDispatcher *home; /* nullable: the set's */
  StateOperation operation;
  gboolean leave_rest;      /* start_stopped_units */
  StateUnitHandle *removal; /* nullable: the unit to be taken out at the end */
  StateUnit *removed;       /* then, until it is given back */
  GPtrArray *subset;        /* nullable: of the handles given; NULL: all */
  StateFailurePolicy policy;
  gboolean has_policy; /* its own, not the set's */
  gboolean resume;
  guint timeout;           /* for the whole of it, in ms; 0: none */
  guint default_timeout;   /* of the set, when it began, in ms */
  StateSnapshot *snapshot; /* restore: given; save: the result */

  gint used;              /* atomic */
  gint cancel_requested;  /* atomic */
  gint abandon_requested; /* atomic */
  StateMessage enqueue;
  StateUnits *own_units; /* a reference, while it is queued or running */
  GTask *task;
  gulong cancelled_id;

  StateTransitionStatus status;
  StateRun *run;       /* from when it began; the record afterwards */
  GPtrArray *handles;  /* of the units taken, by slot */
  GArray *entries;     /* restore: index in the snapshot by slot, or STATE_SLOT_NONE */
  GVariant **saved;    /* save: states by slot */
  GHashTable *errors;  /* nullable: of GError by position */
  GHashTable *told;    /* what units told of their progress, by position */
  guint n_told_phases; /* whose steps are in the list */
  GHashTable *steps;   /* nullable: of the StateTransitionStep alive, not owned, by position */
  gboolean is_refused; /* nothing has been touched */
  gboolean is_logged;  /* somebody listens */
  gint64 begin_time;
  gint64 deadline;  /* for the whole of it; 0: none */
  gint64 slow_time; /* when to tell next of units that are slow; 0: never */
  gint64 slow_told; /* when it was looked at last */
  gint64 end_time;
  GError *error;
};

/* Launching, from any thread */
StateTransition *state_transition_make (StateUnits *units, StateOperation operation);
void state_transition_launch (StateTransition *self, StateUnits *units, GTask *task);
void state_transition_launch_removal (StateUnits *units, StateUnitHandle *handle, GTask *task);

/* Running, for the set */
void state_transition_set_status (StateTransition *self, StateTransitionStatus status);
gboolean state_transition_is_cancel_requested (StateTransition *self);
void state_transition_heed (StateTransition *self);
void state_transition_tell_slow (StateTransition *self, StateUnits *units);
void state_transition_prepare (StateTransition *self, StateUnits *units, StateGraph *graph);
void state_transition_begin (StateTransition *self, StateUnits *units);
void state_transition_settle (StateTransition *self, StateUnits *units);
void state_transition_finish (StateTransition *self, StateUnits *units);
void state_transition_finish_unbegun (StateTransition *self);
void state_transition_tell (StateTransition *self);

/* Requests, for the set */
GVariant *state_transition_get_state (StateTransition *self, guint32 slot, guint *version);
void state_transition_keep_answer (StateTransition *self, guint32 slot, StateRequest *request);
void state_transition_keep_progress (StateTransition *self, guint32 slot, StateRequest *request);
void state_transition_take_error (StateTransition *self, guint32 slot, GError *error);

/* The record */
guint32 state_transition_get_n_slots (StateTransition *self);
StateRunPhase *state_transition_get_phase (StateTransition *self, guint position, guint32 *slot);
const char *state_transition_phase_to_string (const StateRunPhase *phase);
const char *state_transition_get_slot_name (StateTransition *self, guint32 slot);
const GError *state_transition_get_step_error (StateTransition *self, guint position);
double
state_transition_get_step_progress (StateTransition *self, guint position, const char **message);
double state_transition_get_told_progress (StateTransition *self);
void state_transition_forget_step (StateTransition *self, guint position);

/* Steps */
StateTransitionStep *state_transition_step_new (StateTransition *transition, guint position);
void state_transition_step_tell (StateTransitionStep *self);

/* Words */
GError *state_transition_check_saved (const StateSnapshotUnit *saved,
                                      StateUnitHandle *handle,
                                      GArray *entries);
GError *state_transition_refusal_of (const StateNode *node,
                                     StateUnitHandle *handle,
                                     StateOperation operation);
GError *state_transition_refusal (StateOperation operation, GPtrArray *problems);
GError *state_transition_failure (StateTransition *self);
GError *state_transition_step_reason (StateTransition *self, guint position);
void state_transition_insert_error (StateTransition *self, guint position, GError *error);

G_END_DECLS
