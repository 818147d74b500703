/* SPDX-License-Identifier: MIT */

#pragma once

#include "engine/names.h"
#include "engine/positions.h"
#include "engine/run.h"
#include "state-dependencies-private.h"
#include "state-dispatcher-private.h"
#include "state-unit-handle-private.h"
#include "state-unit.h"
#include "state-units.h"

G_BEGIN_DECLS

/* One that has joined, while others are told of it. */
typedef struct _StateNewcomer StateNewcomer;

struct _StateNewcomer
{
  StateUnitHandle *handle; /* not owned; NULL: it has left */
  StateNewcomer *outer;    /* nullable: one of which others are being told as well */
};

struct _StateUnits
{
  GObject parent_instance;

  StateDispatcher *dispatcher;
  StateGraph *graph;
  StatePositions positions;
  GPtrArray *handles;    /* by node; NULL where one has left */
  GPtrArray *roster;     /* those, without gaps and with references; NULL: to be made */
  guint n_with_timeouts; /* units that have time limits of their own */
  StateNames names;
  GHashTable *aliases;     /* nullable: to handles */
  GHashTable *dispatchers; /* of GMainContext, to UnitDispatcher: of units elsewhere */
  GArray *gone;            /* nodes that have left during the current transition */

  GQueue queue; /* of StateTransition, waiting */
  StateTransition *current;
  StateTransition *last;
  guint32 told_classes;             /* which the units were of then: see rules.h */
  StateOperationFlags told_allowed; /* last told by notify */
  gboolean running;
  gboolean restored_as_unit; /* the request to restore includes what is to follow it */

  StateFailurePolicy failure_policy;
  guint default_timeout; /* ms */
  guint max_concurrency;
  guint slow_time;     /* ms */
  GPtrArray *standing; /* handles of units to which a stop was put that stood */
  GPtrArray *found;    /* handles of units that were lost, and are back while a transition runs */

  gint64 now;                     /* when it was looked at since anybody was called last; 0: not */
  StateUnitHandle **heard_handle; /* nullable: where to tell that one is listened to */
  guint heard : 1;                /* whether anybody hears of changes of state, if that is known */
  guint heard_known : 1;
  StateRequest *hand;  /* nullable: the one that was put to the last unit */
  StateRequest *spare; /* a list of those done with, for the next units */
  guint n_spare;
  StateUnitBuilder *spare_builder; /* nullable: consumed, and known to nobody else */
  StateNewcomer *newcomer;         /* nullable */
  StateUnitBuilder *open_builder;  /* nullable, not owned: has borrowed handles from the set */
};

StateGraph *state_units_get_graph (StateUnits *self);
StateUnitHandle *state_units_find (StateUnits *self, const char *name_or_alias);
StateUnitHandle *
state_units_find_hashed (StateUnits *self, const char *name_or_alias, guint32 hash);
char **state_units_dup_neighbours (StateUnits *self, guint32 node, gboolean dependents);

/* NULL: the unit has left. */
static inline StateUnitHandle *
state_units_get_handle (StateUnits *self, guint32 node)
{
  return g_ptr_array_index (self->handles, node);
}

/* Sets are of a type that is final. */
static inline gboolean
state_unit_is_set (StateUnit *unit)
{
  return G_TYPE_FROM_INSTANCE (unit) == STATE_TYPE_UNITS;
}

/* Members */
gboolean state_units_admit (StateUnits *self,
                            StateUnitHandle *handle,
                            guint32 name_hash,
                            const StateEdges *dependencies,
                            const StateEdges *dependents);
void state_units_discard (StateUnits *self, StateUnitHandle *handle);
void state_units_release_all (StateUnits *self);
StateDispatcher *state_units_take_dispatcher (StateUnits *self, GMainContext *context);
void state_units_drop_dispatcher (StateUnits *self, StateDispatcher *dispatcher);
void state_units_forget_the_gone (StateUnits *self);
GPtrArray *state_units_get_roster (StateUnits *self);

/* Running */
void state_units_pump (gpointer units);
void state_units_enqueue (StateUnits *self, StateTransition *transition);
void state_units_tell (StateUnits *self);
gint64 state_units_get_now (StateUnits *self);
void state_units_answer_arrives (StateRequest *request);
void state_units_progress_arrives (StateRequest *request);
void state_units_extension_arrives (StateRequest *request);
void state_units_handle_event (StateUnits *self,
                               StateUnitHandle *handle,
                               StateEvent event,
                               const GError *error);

/* Signals and properties */
gboolean state_units_is_heard (StateUnits *self);
void state_units_emit_state_changed (StateUnits *self,
                                     StateUnitHandle *handle,
                                     StateUnitState old_state,
                                     StateUnitState new_state);
void state_units_emit_started (StateUnits *self, StateTransition *transition);
void
state_units_emit_slow (StateUnits *self, StateTransition *transition, StateTransitionStep *step);
void state_units_emit_finished (StateUnits *self, StateTransition *transition);
void state_units_set_running (StateUnits *self, gboolean running);
void state_units_notify_transitions (StateUnits *self);
void state_units_notify_n_items (StateUnits *self);
void state_units_notify_allowed (StateUnits *self);

/* As a unit of another set */
void state_units_unit_iface_init (StateUnitInterface *iface);

G_END_DECLS
