/* SPDX-License-Identifier: MIT */

#pragma once

#include <libstate-unit.h>

G_BEGIN_DECLS

/* One way along the edges. */
typedef struct
{
  guint32 *offsets; /* of each unit's edges among the targets, and one more: the end */
  guint32 *targets;
  guint32 *counts; /* for each unit, how many edges lead to it */
  guint32 *roots;  /* the units that none leads to */
  guint n_roots;
} Direction;

/* A graph of units. */
typedef struct
{
  char *name;
  char **names;          /* nullable: of the units */
  gboolean in_any_order; /* a unit may come before one that it depends on */
  guint n;
  guint n_edges;
  Direction up;   /* from a dependency to its dependents, as a start goes */
  Direction down; /* from a dependent to its dependencies, as a stop goes */
  Direction any;  /* without edges, as a save goes */
} Shape;

#define SHAPE_NAME_SIZE 16

Shape *shape_new (const char *name, guint n, guint edges, GError **error);
void shape_free (Shape *self);
const Direction *shape_get_way (const Shape *self, StateOperation operation);
void shape_name_units (Shape *self);
const char *shape_get_unit_name (const Shape *self, guint unit, char *buffer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Shape, shape_free)

G_END_DECLS
