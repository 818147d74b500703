/* SPDX-License-Identifier: MIT */

#pragma once

#include "engine/graph.h"
#include "state-unit-handle-private.h"

G_BEGIN_DECLS

/* Most units have no more, and then nothing is allocated for them. */
#define STATE_FEW_DEPENDENCIES 6

typedef struct
{
  StateUnitHandle *handle; /* a reference */
  guint8 operations;       /* StateOperationFlags */
  guint8 flags;            /* StateDependencyFlags */
} StateDependency;

/* What a unit that is being built is to depend on, or what is to depend on it. All
 * zero: nothing. */
typedef struct
{
  StateDependency few[STATE_FEW_DEPENDENCIES];
  StateDependency *more; /* in place of the few */
  guint n;
  guint n_allocated; /* of more */
} StateDependencies;

void state_dependencies_add (StateDependencies *self,
                             StateUnitHandle *handle,
                             StateDependencyFlags flags,
                             StateOperationFlags operations);
void state_dependencies_clear (StateDependencies *self);
const StateUnitHandle *
state_dependencies_find_stranger (const StateDependencies *self, const StateUnits *units);

/* The same for the graph: in the order in which the units were added, each pair of
 * unit and kind once. */
typedef struct
{
  StateEdge few[STATE_FEW_DEPENDENCIES];
  StateEdge *edges; /* the few, or more */
  guint n;
} StateEdges;

void state_edges_init (StateEdges *self, const StateDependencies *dependencies);
void state_edges_clear (StateEdges *self);

G_END_DECLS
