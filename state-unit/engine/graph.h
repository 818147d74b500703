/* SPDX-License-Identifier: MIT */

#pragma once

#include "../state-enums.h"
#include "node-set.h"

G_BEGIN_DECLS

/* A node is named by its index: nodes are numbered in the order in which they
 * were added, and state_graph_compact() alone renumbers them. */
#define STATE_NODE_NONE G_MAXUINT32

typedef struct
{
  guint32 node;      /* at the other end */
  guint8 operations; /* StateOperationFlags for which it counts */
  guint8 flags;      /* StateDependencyFlags */
} StateEdge;

/* A list of edges is a slice of the graph's pool of edges. */
typedef struct
{
  guint32 offset;
  guint32 length;
  guint32 capacity;
} StateEdgeList;

typedef struct
{
  StateEdgeList dependencies;
  StateEdgeList dependents;
  guint8 state;   /* StateUnitState */
  guint8 request; /* UNCERTAIN: the StateOperation that is still with the unit */
  guint16 alive : 1;
  guint16 disconnected : 1; /* dead, and no part of any order */
  guint16 may_run : 1;      /* FAILED: nobody said that it is stopped */
  guint16 undefined : 1;    /* FAILED: its contents are undefined */
  guint16 stands : 1;       /* UNCERTAIN: a stop is to follow the late answer, if it may run then */
  guint16 standing : 1;     /* STOPPING: by such a stop, which is part of no run */
} StateNode;

typedef struct
{
  guint32 node;
  guint8 old_state; /* StateUnitState */
  guint8 new_state; /* StateUnitState */
} StateChange;

/* The operations for which a dependency counts unless it says otherwise. */
#define STATE_GRAPH_ORDERED                                                                 \
  (STATE_OPERATION_FLAGS_START | STATE_OPERATION_FLAGS_STOP | STATE_OPERATION_FLAGS_RESET | \
   STATE_OPERATION_FLAGS_RESTORE)

/* One for each thing that a rule can tell apart: a state, with its facts. */
#define STATE_N_CLASSES (STATE_UNIT_STATE_LOST + 1 + 8)

typedef struct
{
  StateNode *nodes;
  guint32 *slots;  /* by node: its step in the run that has taken some, or STATE_NODE_NONE */
  guint32 n_nodes; /* dead ones included */
  guint32 n_allocated;
  guint32 n_alive;

  StateEdge *edges;
  guint32 n_edges; /* wasted ones included */
  guint32 n_edges_allocated;
  guint32 n_edges_wasted;
  guint32 free_slices[16]; /* by the logarithm of the capacity: the first + 1 */
  guint32 n_edges_stale;   /* to disconnected nodes, in long lists */
  guint32 n_edges_partial; /* that do not count for all of STATE_GRAPH_ORDERED */

  StateNodeSet idle; /* the living ones that are not RUNNING */

  guint32 n_in_class[STATE_N_CLASSES];

  guint32 *durations[STATE_OPERATION_INSPECT]; /* by operation and node, in µs; 0: not known */
  guint32 n_durations;

  StateChange *changes; /* not yet told */
  guint n_changes;
  guint n_changes_allocated;
  guint n_changes_told;
} StateGraph;

StateGraph *state_graph_new (void);
StateGraph *state_graph_copy (const StateGraph *self);
void state_graph_free (StateGraph *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StateGraph, state_graph_free)

guint32 state_graph_add (StateGraph *self,
                         const StateEdge *dependencies,
                         guint n_dependencies,
                         const StateEdge *dependents,
                         guint n_dependents);
GArray *state_graph_find_cycle (StateGraph *self,
                                const StateEdge *dependencies,
                                guint n_dependencies,
                                const StateEdge *dependents,
                                guint n_dependents);

GArray *state_graph_closure (const StateGraph *self, const GArray *given, StateOperation operation);
GArray *state_graph_idle (const StateGraph *self);

void state_graph_kill (StateGraph *self, guint32 node);
void state_graph_disconnect (StateGraph *self, guint32 node);
gboolean state_graph_is_sparse (const StateGraph *self);
guint32 *state_graph_compact (StateGraph *self);
void state_graph_compact_edges (StateGraph *self);

void state_graph_set_state (StateGraph *self,
                            guint32 node,
                            StateUnitState state,
                            gboolean may_run,
                            gboolean undefined);
void state_graph_reserve_change (StateGraph *self);
void state_graph_reserve_durations (StateGraph *self, StateOperation operation);
guint32 state_graph_get_duration (const StateGraph *self, guint32 node, StateOperation operation);

static inline void
state_graph_set_duration (StateGraph *self, guint32 node, StateOperation operation, gint64 duration)
{
  if (G_UNLIKELY (self->durations[operation] == NULL || self->n_durations < self->n_nodes))
    state_graph_reserve_durations (self, operation);
  self->durations[operation][node] = (guint32) CLAMP (duration, 1, G_MAXUINT32);
}

/* The usual change, of a node that lives: from one state without facts to another. */
static inline void
state_graph_set_plain_state (StateGraph *self, guint32 node, StateUnitState state)
{
  guint8 old_state = self->nodes[node].state;
  guint n = self->n_changes;

  self->nodes[node].state = state;
  self->n_in_class[old_state]--;
  self->n_in_class[state]++;
  if (state == STATE_UNIT_STATE_RUNNING)
    state_node_set_remove (&self->idle, node);
  else if (old_state == STATE_UNIT_STATE_RUNNING)
    state_node_set_add (&self->idle, node);
  if (G_UNLIKELY (n == self->n_changes_allocated))
    state_graph_reserve_change (self);
  self->n_changes = n + 1;
  self->changes[n] = (StateChange){ node, old_state, state };
}

/* Takes out the oldest change that has not been told. */
static inline gboolean
state_graph_next_change (StateGraph *self, StateChange *change)
{
  if (self->n_changes_told < self->n_changes)
    {
      *change = self->changes[self->n_changes_told++];
      return TRUE;
    }
  self->n_changes = self->n_changes_told = 0;
  *change = (StateChange){ STATE_NODE_NONE, 0, 0 };
  return FALSE;
}

static inline const StateEdge *
state_graph_dependencies (const StateGraph *self, guint32 node, guint *n)
{
  *n = self->nodes[node].dependencies.length;
  return self->edges + self->nodes[node].dependencies.offset;
}

static inline const StateEdge *
state_graph_dependents (const StateGraph *self, guint32 node, guint *n)
{
  *n = self->nodes[node].dependents.length;
  return self->edges + self->nodes[node].dependents.offset;
}

G_END_DECLS
