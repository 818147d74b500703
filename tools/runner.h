/* SPDX-License-Identifier: MIT */

#pragma once

#include "graph.h"
#include "simulate-options.h"

G_BEGIN_DECLS

typedef struct _Runner Runner;

Runner *runner_new (SimulateOptions *options, Graph *graph, GError **error);
void runner_free (Runner *self);
gboolean runner_run (Runner *self, StateTransition *transition, GError **error);
gboolean runner_finish (Runner *self, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Runner, runner_free)

G_END_DECLS
