/* SPDX-License-Identifier: MIT */

#pragma once

#include "engine/graph.h"
#include "state-unit-handle-private.h"

G_BEGIN_DECLS

/* Most units have no more, and then nothing is allocated for them. */
#define STATE_FEW_DEPENDENCIES 6

typedef struct
{
  StateUnitHandle *handle;
  guint8 operations; /* StateOperationFlags */
  guint8 flags;      /* StateDependencyFlags */
} StateDependency;

/* What a unit that is being built is to depend on, or what is to depend on it. All
 * zero: nothing, and what is added is borrowed from the set, until it is kept. */
typedef struct
{
  StateDependency few[STATE_FEW_DEPENDENCIES];
  StateDependency *more; /* in place of the few */
  guint n;
  guint n_allocated; /* of more */
  gboolean is_kept;  /* there is a reference to each handle */
} StateDependencies;

StateDependency *state_dependencies_add_room (StateDependencies *self);
void state_dependencies_keep (StateDependencies *self);
void state_dependencies_let_go (StateDependencies *self);
const StateUnitHandle *
state_dependencies_find_stranger (const StateDependencies *self, const StateUnits *units);

/* From a binding, flags may have any bit set. Seven of eight bits: whoever counts them
 * through in a byte comes to an end. */
#define STATE_DEPENDENCY_OPERATIONS 0x7f

static inline void
state_dependencies_add (StateDependencies *self,
                        StateUnitHandle *handle,
                        StateDependencyFlags flags,
                        StateOperationFlags operations)
{
  StateDependency *place = self->more == NULL && self->n < STATE_FEW_DEPENDENCIES
                               ? &self->few[self->n++]
                               : state_dependencies_add_room (self);

  place->handle = self->is_kept ? g_object_ref (handle) : handle;
  place->operations = operations & STATE_DEPENDENCY_OPERATIONS;
  place->flags = flags & STATE_DEPENDENCY_ORDER_ONLY;
}

/* As new. */
static inline void
state_dependencies_clear (StateDependencies *self)
{
  if (self->is_kept || self->more != NULL)
    state_dependencies_let_go (self);
  self->more = NULL;
  self->n = 0;
  self->is_kept = FALSE;
}

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
