/* SPDX-License-Identifier: MIT */

#pragma once

#include "graph.h"
#include "simulate-options.h"

G_BEGIN_DECLS

typedef struct _Simulation Simulation;

Simulation *simulation_new (SimulateOptions *options, Graph *graph, GError **error);
void simulation_free (Simulation *self);
gboolean simulation_run (Simulation *self, GError **error);
gboolean simulation_write_files (Simulation *self, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Simulation, simulation_free)

G_END_DECLS
