/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-types.h"

G_BEGIN_DECLS

/**
 * StateRestartPolicy:
 * @STATE_RESTART_POLICY_NEVER: a process that has ended stays so
 * @STATE_RESTART_POLICY_ON_FAILURE: it is started again when it ended without having
 *   been asked to, in whatever way but with the exit status 0
 *
 * When a #StateUnitProcess starts its program again.
 *
 * Since: 1.0
 */
typedef enum
{
  STATE_RESTART_POLICY_NEVER,
  STATE_RESTART_POLICY_ON_FAILURE
} StateRestartPolicy;

#define STATE_TYPE_RESTART_POLICY (state_restart_policy_get_type ())
STATE_AVAILABLE_IN_ALL
GType state_restart_policy_get_type (void) G_GNUC_CONST;

/**
 * StateProcessResource:
 * @STATE_PROCESS_RESOURCE_ADDRESS_SPACE: its address space, in bytes
 * @STATE_PROCESS_RESOURCE_CORE_SIZE: the size of a core file, in bytes
 * @STATE_PROCESS_RESOURCE_CPU_TIME: the processor time that it may use, in seconds
 * @STATE_PROCESS_RESOURCE_DATA_SIZE: its data segment, in bytes
 * @STATE_PROCESS_RESOURCE_FILE_SIZE: the size of a file that it writes, in bytes
 * @STATE_PROCESS_RESOURCE_LOCKED_MEMORY: what it may lock into memory, in bytes
 * @STATE_PROCESS_RESOURCE_OPEN_FILES: the files that it may have open
 * @STATE_PROCESS_RESOURCE_PROCESSES: the processes and threads of its user
 * @STATE_PROCESS_RESOURCE_STACK_SIZE: its stack, in bytes
 *
 * What a process can be given a limit of, see getrlimit(2).
 *
 * Since: 1.0
 */
typedef enum
{
  STATE_PROCESS_RESOURCE_ADDRESS_SPACE,
  STATE_PROCESS_RESOURCE_CORE_SIZE,
  STATE_PROCESS_RESOURCE_CPU_TIME,
  STATE_PROCESS_RESOURCE_DATA_SIZE,
  STATE_PROCESS_RESOURCE_FILE_SIZE,
  STATE_PROCESS_RESOURCE_LOCKED_MEMORY,
  STATE_PROCESS_RESOURCE_OPEN_FILES,
  STATE_PROCESS_RESOURCE_PROCESSES,
  STATE_PROCESS_RESOURCE_STACK_SIZE
} StateProcessResource;

#define STATE_TYPE_PROCESS_RESOURCE (state_process_resource_get_type ())
STATE_AVAILABLE_IN_ALL
GType state_process_resource_get_type (void) G_GNUC_CONST;

#define STATE_TYPE_UNIT_PROCESS_OPTIONS (state_unit_process_options_get_type ())
STATE_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (StateUnitProcessOptions,
                      state_unit_process_options,
                      STATE,
                      UNIT_PROCESS_OPTIONS,
                      GObject)

STATE_AVAILABLE_IN_ALL
StateUnitProcessOptions *state_unit_process_options_new (void);

STATE_AVAILABLE_IN_ALL
void state_unit_process_options_set_environment (StateUnitProcessOptions *self,
                                                 const char *const *environment);
STATE_AVAILABLE_IN_ALL
void state_unit_process_options_set_working_directory (StateUnitProcessOptions *self,
                                                       const char *working_directory);
STATE_AVAILABLE_IN_ALL
void state_unit_process_options_set_resource_limit (StateUnitProcessOptions *self,
                                                    StateProcessResource resource,
                                                    guint64 soft,
                                                    guint64 hard);
STATE_AVAILABLE_IN_ALL
void state_unit_process_options_set_log_stderr (StateUnitProcessOptions *self, gboolean log_stderr);
STATE_AVAILABLE_IN_ALL
void state_unit_process_options_set_start_time (StateUnitProcessOptions *self, guint ms);
STATE_AVAILABLE_IN_ALL
void state_unit_process_options_set_end_times (StateUnitProcessOptions *self,
                                               guint stop_ms,
                                               guint close_ms,
                                               guint terminate_ms);
STATE_AVAILABLE_IN_ALL
void state_unit_process_options_set_restart (StateUnitProcessOptions *self,
                                             StateRestartPolicy policy,
                                             guint max_restarts,
                                             guint interval_ms);
STATE_AVAILABLE_IN_ALL
void state_unit_process_options_set_restore_saved (StateUnitProcessOptions *self,
                                                   gboolean restore_saved);

G_END_DECLS
