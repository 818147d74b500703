/* SPDX-License-Identifier: MIT */

#pragma once

#include <libstate-unit.h>

G_BEGIN_DECLS

/* Strings are NULL, and numbers of ms 0, when the option was not given. */
typedef struct
{
  char *filename;

  guint min_latency;
  guint max_latency;
  guint64 seed;
  guint cycles;
  guint threads;
  char **failures; /* UNIT:OPERATION */
  char **hangs;    /* UNIT:OPERATION */

  StateFailurePolicy policy;
  guint timeout;
  guint max_concurrency; /* 0: no limit */
  guint cancel_after;
  guint abandon_after;

  char *live_save;
  char *dot;
  char *svg;
  char *trace;
} SimulateOptions;

SimulateOptions *simulate_options_new (int argc, char **argv, gboolean *help, GError **error);
void simulate_options_free (SimulateOptions *self);
const char *simulate_options_get_policy (SimulateOptions *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimulateOptions, simulate_options_free)

G_END_DECLS
