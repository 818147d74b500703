/* SPDX-License-Identifier: MIT */

#pragma once

#include <libstate-unit.h>

G_BEGIN_DECLS

typedef struct
{
  char *name;           /* NULL only while the graph is being read */
  GArray *dependencies; /* of guint: places in the graph */
  GArray *dependents;   /* of guint */
} GraphUnit;

/* The units of a file and what they depend on, free of cycles. */
typedef struct
{
  char *filename;
  GPtrArray *units;   /* of GraphUnit, in the order of the file */
  GHashTable *places; /* of name to place + 1 */
  guint n_edges;
  guint longest_chain; /* units in it */
} Graph;

/* Makes the unit at a place of the graph; may set up its builder. */
typedef StateUnit *(*GraphMakeUnit) (StateUnitBuilder *builder, guint place, gpointer user_data);

Graph *graph_new (const char *filename);
void graph_free (Graph *self);
GraphUnit *graph_get_unit (Graph *self, guint place);
gboolean graph_find (Graph *self, const char *name, guint *place);
gboolean graph_add_unit (Graph *self, const char *name, guint *place);
gboolean graph_add_edge (Graph *self, guint dependent, guint dependency);
gboolean graph_build (Graph *self,
                      StateUnits *units,
                      GraphMakeUnit make_unit,
                      gpointer user_data,
                      GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Graph, graph_free)

G_END_DECLS
