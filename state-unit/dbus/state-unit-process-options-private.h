/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-unit-process-options.h"

G_BEGIN_DECLS

#define STATE_PROCESS_N_RESOURCES (STATE_PROCESS_RESOURCE_STACK_SIZE + 1)

typedef struct
{
  gboolean is_set;
  guint64 soft;
  guint64 hard;
} StateProcessLimit;

struct _StateUnitProcessOptions
{
  GObject parent_instance;

  char **environment;      /* nullable: that of this process */
  char *working_directory; /* nullable: that of this process */
  StateProcessLimit limits[STATE_PROCESS_N_RESOURCES];
  gboolean log_stderr;
  guint start_ms;
  guint stop_ms;
  guint close_ms;
  guint terminate_ms;
  StateRestartPolicy restart_policy;
  guint max_restarts;
  guint restart_interval_ms;
  gboolean restore_saved;
};

/* @self: nullable: the defaults */
StateUnitProcessOptions *state_unit_process_options_copy (StateUnitProcessOptions *self);

/* In the child, between fork and exec. FALSE with errno. */
gboolean state_unit_process_options_apply_limits (StateUnitProcessOptions *self);

G_END_DECLS
