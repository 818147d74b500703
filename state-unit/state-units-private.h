/* SPDX-License-Identifier: MIT */

#pragma once

#include "engine/positions.h"
#include "engine/run.h"
#include "state-dispatcher-private.h"
#include "state-unit-handle-private.h"
#include "state-unit.h"
#include "state-units.h"

G_BEGIN_DECLS

struct _StateUnits
{
  GObject parent_instance;

  StateDispatcher *dispatcher;
  StateGraph *graph;
  StatePositions positions;
  GPtrArray *handles;      /* by node; NULL where one has left */
  GHashTable *names;       /* of names and aliases, to handles */
  GHashTable *dispatchers; /* of GMainContext, to UnitDispatcher: of units elsewhere */
  GArray *gone;            /* nodes that have left during the current transition */

  GQueue queue; /* of StateTransition, waiting */
  StateTransition *current;
  StateTransition *last;
  StateOperationFlags told_allowed; /* last told by notify */
  gboolean running;
  gboolean restored_as_unit; /* the request to restore includes what is to follow it */

  StateFailurePolicy failure_policy;
  guint default_timeout; /* ms */
  guint max_concurrency;
  guint slow_time;     /* ms */
  GPtrArray *standing; /* handles of units to which a stop was put that stood */
  GPtrArray *found;    /* handles of units that were lost, and are back while a transition runs */
};

StateGraph *state_units_get_graph (StateUnits *self);
StateUnitHandle *state_units_get_handle (StateUnits *self, guint32 node);
StateUnitHandle *state_units_find (StateUnits *self, const char *name_or_alias);
char **state_units_dup_neighbours (StateUnits *self, guint32 node, gboolean dependents);

/* Members */
void state_units_admit (StateUnits *self,
                        StateUnitHandle *handle,
                        GArray *dependencies,
                        GArray *dependents);
void state_units_discard (StateUnits *self, StateUnitHandle *handle);
void state_units_release_all (StateUnits *self);
StateDispatcher *state_units_take_dispatcher (StateUnits *self, GMainContext *context);
void state_units_drop_dispatcher (StateUnits *self, StateDispatcher *dispatcher);
void state_units_forget_the_gone (StateUnits *self);

/* Running */
void state_units_pump (gpointer units);
void state_units_enqueue (StateUnits *self, StateTransition *transition);
void state_units_tell (StateUnits *self);
void state_units_answer_arrives (StateRequest *request);
void state_units_progress_arrives (StateRequest *request);
void state_units_extension_arrives (StateRequest *request);
void state_units_handle_event (StateUnits *self,
                               StateUnitHandle *handle,
                               StateEvent event,
                               const GError *error);

/* Signals and properties */
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
void state_units_notify_allowed (StateUnits *self);

/* As a unit of another set */
void state_units_unit_iface_init (StateUnitInterface *iface);

G_END_DECLS
