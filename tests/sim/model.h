/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-enums.h"

G_BEGIN_DECLS

/*
 * What the chapter "How operations go" promises, as a machine that is small, slow
 * and plain: it looks at every unit again after every event. It knows nothing of
 * the engine. What happens is told to it, and it says whether that may be:
 * model_may_ask() which units may be asked now, and the fields what has become of
 * each. Where the chapter leaves room, a step may have one of several outcomes.
 */

/* The phases that a transition may have, in the order in which they come. */
typedef enum
{
  MODEL_PHASE_MAKE_WAY, /* stop, to resume afterwards */
  MODEL_PHASE_KEEP,     /* save, to roll back to */
  MODEL_PHASE_MAIN,
  MODEL_PHASE_POST_RESTORE,
  MODEL_PHASE_ROLL_BACK,
  MODEL_PHASE_ROLL_BACK_POST,
  MODEL_PHASE_RESUME,
  MODEL_N_PHASES
} ModelPhase;

/* What is to be done with a unit when its turn comes. */
typedef enum
{
  MODEL_TURN_NONE, /* it is where it should be */
  MODEL_TURN_ASK,
  MODEL_TURN_AWAIT, /* a late answer comes first */
  MODEL_TURN_LOST,  /* it fails, unasked */
  MODEL_TURN_PASS,  /* left alone, where it should not be */
  MODEL_TURN_REFUSE
} ModelTurn;

typedef struct
{
  guint unit;
  guint operations; /* StateOperationFlags */
  gboolean required;
} ModelEdge;

typedef struct
{
  GArray *dependencies; /* of ModelEdge */
  GArray *dependents;
  gboolean gone;
  StateUnitState state;
  gboolean may_run, undefined; /* FAILED */
  StateOperation request;      /* UNCERTAIN: what it has not answered */
  gboolean stands;             /* UNCERTAIN: a stop is to follow the answer */
  gboolean standing;           /* STOPPING: by such a stop, which is part of no transition */
  gboolean keeps_nothing;      /* its saves have no state */

  /* In the transition. */
  gboolean taken;
  gboolean extra;                 /* for the sake of resuming alone */
  gboolean has_state;             /* restore: in the snapshot */
  gboolean to_change;             /* a reset or restore was to give it new contents */
  gboolean was_asked;             /* for the operation itself, post-restore included */
  gboolean got_through;           /* of that, nothing was left out */
  gboolean reset_late;            /* a reset that was given up on succeeded after all */
  gboolean saved;                 /* it has something to be put back to */
  gboolean half_back;             /* that was restored */
  gboolean put_back;              /* and post-restored */
  gboolean told_to_stop;          /* other than to roll back */
  gboolean stopped;               /* then, or late */
  gboolean fell_short;            /* of what the phase wanted of it */
  guint outcomes[MODEL_N_PHASES]; /* those allowed: 1 << StateStepOutcome */

  /* In the phase. */
  ModelTurn turn;
  gboolean out;      /* its request is */
  gboolean awaited;  /* its late answer is */
  gboolean failed;   /* of itself */
  gboolean died;     /* while it waited for its turn */
  gboolean tainted;  /* it requires what failed */
  gboolean finished; /* those behind it need not wait for it */
  gint64 deadline;   /* while out or awaited; 0: none */
} ModelUnit;

typedef guint (*ModelTimeout) (gpointer data, guint unit, StateOperation operation);

typedef struct
{
  GArray *units; /* of ModelUnit */
  gint64 now;
  ModelTimeout timeout; /* nullable; in ms, 0: none */
  gpointer timeout_data;

  /* The transition. */
  StateOperation operation;
  StateFailurePolicy policy;
  gboolean own_policy;
  gboolean leave_rest;
  gboolean resume;
  guint max_asked;
  gboolean asked; /* for the operation itself */
  gboolean halted, cancelled, abandoned;
  gboolean rolled_back;
  gboolean good; /* so far; at the end: it succeeded */
  gboolean done;

  ModelPhase phase;
  StateOperation doing; /* the operation of the phase */
} Model;

#define model_unit(model, i) (&g_array_index ((model)->units, ModelUnit, i))

Model *model_new (void);
void model_free (Model *model);
guint model_add (Model *model);
void model_depend (Model *model, guint unit, guint on, guint operations, gboolean required);
void model_take_closure (Model *model, StateOperation operation);

ModelTurn model_judge (const Model *model, guint unit, StateOperation operation);
gboolean model_is_to_make_way (const Model *model, guint unit);
void model_begin (Model *model);

gboolean model_may_ask (const Model *model, guint unit);
gboolean model_may_fail (const Model *model, guint unit);
gboolean model_has_place (const Model *model);
gboolean model_waits_for_place (const Model *model, guint unit);
gboolean model_is_over (const Model *model);
gint64 model_deadline (const Model *model);

void model_ask (Model *model, guint unit);
gboolean model_may_await (const Model *model, guint unit);
void model_await (Model *model, guint unit);
void model_fail_lost (Model *model, guint unit);
void model_answer (Model *model, guint unit, StateStepOutcome answer);
void model_answer_late (Model *model, guint unit, StateStepOutcome answer);
void model_expire (Model *model);
void model_expire_standing (Model *model, guint unit);
void model_cancel (Model *model);
void model_abandon (Model *model, gboolean timed_out);
void model_extend (Model *model, guint unit, gint64 deadline);
void model_discard (Model *model, guint unit);
void model_ended (Model *model, guint unit, StateStepOutcome how);
void model_lose (Model *model, guint unit);

G_END_DECLS
