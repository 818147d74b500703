/* SPDX-License-Identifier: MIT */

#pragma once

#include "../state-enums.h"

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
  guint32 slot;   /* its step in the run that has taken it, or STATE_NODE_NONE */
  guint8 state;   /* StateUnitState */
  guint8 request; /* UNCERTAIN: the StateOperation that is still with the unit */
  guint alive : 1;
  guint disconnected : 1; /* dead, and no part of any order */
  guint may_run : 1;      /* FAILED: nobody said that it is stopped */
  guint undefined : 1;    /* FAILED: its contents are undefined */
  guint stands : 1;       /* UNCERTAIN: a stop is to follow the late answer, if it may run then */
  guint standing : 1;     /* STOPPING: by such a stop, which is part of no run */
} StateNode;

typedef struct
{
  guint32 node;
  StateUnitState old_state;
  StateUnitState new_state;
} StateChange;

/* One for each thing that a rule can tell apart: a state, with its facts. */
#define STATE_N_CLASSES (STATE_UNIT_STATE_LOST + 1 + 8)

typedef struct
{
  StateNode *nodes;
  guint32 n_nodes; /* dead ones included */
  guint32 n_allocated;
  guint32 n_alive;

  StateEdge *edges;
  guint32 n_edges; /* wasted ones included */
  guint32 n_edges_allocated;
  guint32 n_edges_wasted;
  guint32 n_edges_stale; /* to disconnected nodes, in long lists */

  guint32 n_in_class[STATE_N_CLASSES];

  guint32 *durations[STATE_OPERATION_INSPECT]; /* by operation and node, in µs; 0: not known */
  guint32 n_durations;

  GArray *changes; /* of StateChange, not yet told */
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
void state_graph_set_duration (StateGraph *self,
                               guint32 node,
                               StateOperation operation,
                               gint64 duration);
guint32 state_graph_get_duration (const StateGraph *self, guint32 node, StateOperation operation);
gboolean state_graph_next_change (StateGraph *self, StateChange *change);

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
