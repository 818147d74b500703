/* SPDX-License-Identifier: MIT */

#include "state-unit-process-options-private.h"

#include <string.h>
#include <sys/resource.h>

/**
 * SECTION:state-unit-process-options
 * @title: StateUnitProcessOptions
 * @short_description: how a process of units is started, ended and restarted
 *
 * See #StateUnitProcessOptions.
 */

/**
 * StateUnitProcessOptions:
 *
 * How a #StateUnitProcess is started, ended, and started again. What is set once
 * state_unit_process_spawn_async() was called does not change that process.
 *
 * Not to be used by several threads at once.
 *
 * Since: 1.0
 */

#define DEFAULT_START_MS 30000
#define DEFAULT_STOP_MS 10000
#define DEFAULT_CLOSE_MS 2000
#define DEFAULT_TERMINATE_MS 2000

G_DEFINE_FINAL_TYPE (StateUnitProcessOptions, state_unit_process_options, G_TYPE_OBJECT)

G_DEFINE_ENUM_TYPE (StateRestartPolicy,
                    state_restart_policy,
                    G_DEFINE_ENUM_VALUE (STATE_RESTART_POLICY_NEVER, "never"),
                    G_DEFINE_ENUM_VALUE (STATE_RESTART_POLICY_ON_FAILURE, "on-failure"))

G_DEFINE_ENUM_TYPE (StateProcessResource,
                    state_process_resource,
                    G_DEFINE_ENUM_VALUE (STATE_PROCESS_RESOURCE_ADDRESS_SPACE, "address-space"),
                    G_DEFINE_ENUM_VALUE (STATE_PROCESS_RESOURCE_CORE_SIZE, "core-size"),
                    G_DEFINE_ENUM_VALUE (STATE_PROCESS_RESOURCE_CPU_TIME, "cpu-time"),
                    G_DEFINE_ENUM_VALUE (STATE_PROCESS_RESOURCE_DATA_SIZE, "data-size"),
                    G_DEFINE_ENUM_VALUE (STATE_PROCESS_RESOURCE_FILE_SIZE, "file-size"),
                    G_DEFINE_ENUM_VALUE (STATE_PROCESS_RESOURCE_LOCKED_MEMORY, "locked-memory"),
                    G_DEFINE_ENUM_VALUE (STATE_PROCESS_RESOURCE_OPEN_FILES, "open-files"),
                    G_DEFINE_ENUM_VALUE (STATE_PROCESS_RESOURCE_PROCESSES, "processes"),
                    G_DEFINE_ENUM_VALUE (STATE_PROCESS_RESOURCE_STACK_SIZE, "stack-size"))

static void
state_unit_process_options_finalize (GObject *object)
{
  StateUnitProcessOptions *self = STATE_UNIT_PROCESS_OPTIONS (object);

  g_strfreev (self->environment);
  g_free (self->working_directory);
  G_OBJECT_CLASS (state_unit_process_options_parent_class)->finalize (object);
}

static void
state_unit_process_options_class_init (StateUnitProcessOptionsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = state_unit_process_options_finalize;
}

static void
state_unit_process_options_init (StateUnitProcessOptions *self)
{
  self->start_ms = DEFAULT_START_MS;
  self->stop_ms = DEFAULT_STOP_MS;
  self->close_ms = DEFAULT_CLOSE_MS;
  self->terminate_ms = DEFAULT_TERMINATE_MS;
}

/**
 * state_unit_process_options_new:
 *
 * Makes options that are the defaults: the environment and the working directory of this
 * process, no limits, its standard error, no restart.
 *
 * Returns: (transfer full): new options
 *
 * Since: 1.0
 */
StateUnitProcessOptions *
state_unit_process_options_new (void)
{
  return g_object_new (STATE_TYPE_UNIT_PROCESS_OPTIONS, NULL);
}

StateUnitProcessOptions *
state_unit_process_options_copy (StateUnitProcessOptions *self)
{
  StateUnitProcessOptions *copy = state_unit_process_options_new ();

  if (self == NULL)
    return copy;
  copy->environment = g_strdupv (self->environment);
  copy->working_directory = g_strdup (self->working_directory);
  memcpy (copy->limits, self->limits, sizeof self->limits);
  copy->log_stderr = self->log_stderr;
  copy->start_ms = self->start_ms;
  copy->stop_ms = self->stop_ms;
  copy->close_ms = self->close_ms;
  copy->terminate_ms = self->terminate_ms;
  copy->restart_policy = self->restart_policy;
  copy->max_restarts = self->max_restarts;
  copy->restart_interval_ms = self->restart_interval_ms;
  copy->restore_saved = self->restore_saved;
  return copy;
}

/**
 * state_unit_process_options_set_environment:
 * @self: options
 * @environment: (nullable) (array zero-terminated=1) (element-type filename): the whole
 *   environment, as `NAME=value`; %NULL: that of this process. See g_get_environ() and
 *   g_environ_setenv()
 *
 * Sets the environment of the process.
 *
 * Since: 1.0
 */
void
state_unit_process_options_set_environment (StateUnitProcessOptions *self,
                                            const char *const *environment)
{
  char **copy;

  g_return_if_fail (STATE_IS_UNIT_PROCESS_OPTIONS (self));

  copy = g_strdupv ((char **) environment);
  g_strfreev (self->environment);
  self->environment = copy;
}

/**
 * state_unit_process_options_set_working_directory:
 * @self: options
 * @working_directory: (nullable) (type filename): the directory; %NULL: that of this
 *   process
 *
 * Sets the working directory of the process.
 *
 * Since: 1.0
 */
void
state_unit_process_options_set_working_directory (StateUnitProcessOptions *self,
                                                  const char *working_directory)
{
  char *copy;

  g_return_if_fail (STATE_IS_UNIT_PROCESS_OPTIONS (self));

  copy = g_strdup (working_directory);
  g_free (self->working_directory);
  self->working_directory = copy;
}

/**
 * state_unit_process_options_set_resource_limit:
 * @self: options
 * @resource: of what
 * @soft: the limit; %G_MAXUINT64: none
 * @hard: what the process can raise it to; %G_MAXUINT64: no end
 *
 * Limits what the process may use. A limit that this process may not set makes the start
 * fail.
 *
 * Since: 1.0
 */
void
state_unit_process_options_set_resource_limit (StateUnitProcessOptions *self,
                                               StateProcessResource resource,
                                               guint64 soft,
                                               guint64 hard)
{
  g_return_if_fail (STATE_IS_UNIT_PROCESS_OPTIONS (self));
  g_return_if_fail (resource < STATE_PROCESS_N_RESOURCES);
  g_return_if_fail (soft <= hard);

  self->limits[resource] = (StateProcessLimit){ TRUE, soft, hard };
}

/**
 * state_unit_process_options_set_log_stderr:
 * @self: options
 * @log_stderr: whether to log it
 *
 * Sets whether what the process writes to its standard error is logged line by line, as
 * messages with the level %G_LOG_LEVEL_INFO, the log domain of the library, and the
 * process in the field `STATE_UNIT_PROCESS`. By default it goes where the standard error
 * of this process goes.
 *
 * Since: 1.0
 */
void
state_unit_process_options_set_log_stderr (StateUnitProcessOptions *self, gboolean log_stderr)
{
  g_return_if_fail (STATE_IS_UNIT_PROCESS_OPTIONS (self));

  self->log_stderr = log_stderr;
}

/**
 * state_unit_process_options_set_start_time:
 * @self: options
 * @ms: the time, in ms; 0: none. 30,000 by default
 *
 * Sets how long the program may take until it serves its units. One that takes longer is
 * killed, and its start fails with %STATE_ERROR_TIMED_OUT.
 *
 * Since: 1.0
 */
void
state_unit_process_options_set_start_time (StateUnitProcessOptions *self, guint ms)
{
  g_return_if_fail (STATE_IS_UNIT_PROCESS_OPTIONS (self));

  self->start_ms = ms;
}

/**
 * state_unit_process_options_set_end_times:
 * @self: options
 * @stop_ms: how long its units may take to stop, in ms. 10,000 by default
 * @close_ms: how long it may take to exit once the connection is closed, in ms. 2,000 by
 *   default
 * @terminate_ms: how long it may take to exit once it got `SIGTERM`, in ms. 2,000 by
 *   default
 *
 * Sets how the process is ended: its units are stopped; the connection is closed, upon
 * which state_unit_process_serve() returns; it gets `SIGTERM`; it is killed. Each of these
 * comes when the time of the one before is over, and it has not exited.
 *
 * Since: 1.0
 */
void
state_unit_process_options_set_end_times (StateUnitProcessOptions *self,
                                          guint stop_ms,
                                          guint close_ms,
                                          guint terminate_ms)
{
  g_return_if_fail (STATE_IS_UNIT_PROCESS_OPTIONS (self));

  self->stop_ms = stop_ms;
  self->close_ms = close_ms;
  self->terminate_ms = terminate_ms;
}

/**
 * state_unit_process_options_set_restart:
 * @self: options
 * @policy: when the program is started again. %STATE_RESTART_POLICY_NEVER by default
 * @max_restarts: how often at most; 0: as often as it takes
 * @interval_ms: how long after a start the next one is at the earliest, in ms
 *
 * Sets what becomes of a process that ended without having been asked to. When its
 * program runs again, its units are as new: stopped, see
 * state_remote_unit_reconnect_async(). A start that fails counts, and is tried again.
 *
 * Since: 1.0
 */
void
state_unit_process_options_set_restart (StateUnitProcessOptions *self,
                                        StateRestartPolicy policy,
                                        guint max_restarts,
                                        guint interval_ms)
{
  g_return_if_fail (STATE_IS_UNIT_PROCESS_OPTIONS (self));
  g_return_if_fail (policy <= STATE_RESTART_POLICY_ON_FAILURE);

  self->restart_policy = policy;
  self->max_restarts = max_restarts;
  self->restart_interval_ms = interval_ms;
}

/**
 * state_unit_process_options_set_restore_saved:
 * @self: options
 * @restore_saved: whether to restore it
 *
 * Sets whether, when the program has been started again, each unit is given the state
 * that it saved or was asked to restore last, before it counts as there. Such states are
 * kept in memory then. A unit that does not restore its state stays lost.
 *
 * Since: 1.0
 */
void
state_unit_process_options_set_restore_saved (StateUnitProcessOptions *self, gboolean restore_saved)
{
  g_return_if_fail (STATE_IS_UNIT_PROCESS_OPTIONS (self));

  self->restore_saved = restore_saved;
}

/* Limits */

static const int resources[STATE_PROCESS_N_RESOURCES] = {
  [STATE_PROCESS_RESOURCE_ADDRESS_SPACE] = RLIMIT_AS,
  [STATE_PROCESS_RESOURCE_CORE_SIZE] = RLIMIT_CORE,
  [STATE_PROCESS_RESOURCE_CPU_TIME] = RLIMIT_CPU,
  [STATE_PROCESS_RESOURCE_DATA_SIZE] = RLIMIT_DATA,
  [STATE_PROCESS_RESOURCE_FILE_SIZE] = RLIMIT_FSIZE,
  [STATE_PROCESS_RESOURCE_LOCKED_MEMORY] = RLIMIT_MEMLOCK,
  [STATE_PROCESS_RESOURCE_OPEN_FILES] = RLIMIT_NOFILE,
  [STATE_PROCESS_RESOURCE_PROCESSES] = RLIMIT_NPROC,
  [STATE_PROCESS_RESOURCE_STACK_SIZE] = RLIMIT_STACK,
};

static rlim_t
to_native (guint64 limit)
{
  return limit == G_MAXUINT64 ? RLIM_INFINITY : (rlim_t) limit;
}

gboolean
state_unit_process_options_apply_limits (StateUnitProcessOptions *self)
{
  for (guint i = 0; i < STATE_PROCESS_N_RESOURCES; i++)
    {
      const StateProcessLimit *limit = &self->limits[i];
      struct rlimit native = { to_native (limit->soft), to_native (limit->hard) };

      if (limit->is_set && setrlimit (resources[i], &native) != 0)
        return FALSE;
    }
  return TRUE;
}
