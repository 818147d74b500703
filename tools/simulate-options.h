/* SPDX-License-Identifier: MIT */

#pragma once

#include "graph.h"

G_BEGIN_DECLS

typedef struct
{
  char *filename;
  char *dot; /* nullable */
  guint min_latency;
  guint max_latency;
  guint64 seed;
  guint cycles;
  guint threads;
  char **failures; /* nullable; UNIT:OPERATION */
} SimulateOptions;

SimulateOptions *simulate_options_new (int argc, char **argv, gboolean *help, GError **error);
void simulate_options_free (SimulateOptions *self);
gboolean simulate_options_get_failing (SimulateOptions *self,
                                       Graph *graph,
                                       StateOperationFlags *failing,
                                       GError **error);
gboolean simulate_parse_operation (const char *word, StateOperation *operation);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimulateOptions, simulate_options_free)

G_END_DECLS
