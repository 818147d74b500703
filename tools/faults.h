/* SPDX-License-Identifier: MIT */

#pragma once

#include "graph.h"

G_BEGIN_DECLS

/* What of a unit is to go wrong. */
typedef struct
{
  StateOperationFlags failing;
  StateOperationFlags hanging;
  guint tried; /* flags of those that did go wrong; atomic */
} Fault;

/* Of all units of a graph. */
typedef struct
{
  Graph *graph;
  Fault *units; /* by place */
} Faults;

Faults *faults_new (Graph *graph, char **failures, char **hangs, GError **error);
void faults_free (Faults *self);
char **faults_list_untried (Faults *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Faults, faults_free)

G_END_DECLS
