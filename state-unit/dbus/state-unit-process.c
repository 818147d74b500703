/* SPDX-License-Identifier: MIT */

#include "state-unit-process.h"

#include "state-child-private.h"
#include "state-context-private.h"
#include "state-error.h"
#include "state-name-private.h"
#include "state-remote-unit-private.h"
#include "state-task-private.h"

#include <string.h>

/**
 * SECTION:state-unit-process
 * @title: StateUnitProcess
 * @short_description: a program that serves units, as a child process
 *
 * See #StateUnitProcess.
 */

/**
 * StateUnitProcess:
 *
 * A program that is started in order to serve units: its standard input and output are a
 * socket over which D-Bus is spoken peer to peer. The program calls
 * state_unit_process_serve(). Any command will do whose standard input and output reach
 * such a program, `ssh host program` for one.
 *
 * Each unit it serves is a #StateRemoteUnit, to be added to a set. When the process exits
 * in whatever way, all its units are lost, and their errors say how: its exit status, or
 * the signal that killed it. #StateUnitProcessOptions says whether the program is then
 * started again, and whether its units get back what they saved last; the same
 * #StateRemoteUnit stands for the unit of that name, which is stopped as soon as it is
 * back.
 *
 * |[<!-- language="C" -->
 * static void
 * devices_spawned (GObject *source, GAsyncResult *result, gpointer user_data)
 * {
 *   GError *error = NULL;
 *   StateUnitProcess *devices = state_unit_process_spawn_finish (result, &error);
 *
 *   if (devices != NULL)
 *     state_units_add_unit (units, "disk", STATE_UNIT (state_unit_process_get_unit (devices,
 *                           "disk")), NULL, &error);
 * }
 * ]|
 *
 * state_unit_process_end_async() ends it decently. Whoever drops the last reference
 * kills it. A process belongs to the main context that was thread-default when it was
 * started; its functions are to be called there.
 *
 * Since: 1.0
 */

/* Of the units that a process may serve. */
#define UNITS_MAX 65536

/* A start that failed is not tried again at once. */
#define FAILED_START_MS 100

struct _StateUnitProcess
{
  GObject parent_instance;

  char **argv;
  StateUnitProcessOptions *options;
  GMainContext *context;
  GTask *spawning;   /* nullable: the first start */
  StateChild *child; /* nullable */
  gint64 start_time; /* of the child, monotonic, in µs */
  gboolean is_running;
  guint n_restarts;
  GSource *restart_timer; /* nullable */
  GPtrArray *units;       /* of StateRemoteUnit */
  GError *error;          /* how it ended last */

  gboolean is_ending;
  GSource *stop_timer; /* nullable */
  guint n_closing;     /* units that are being stopped */
  GQueue end_tasks;
};

typedef enum
{
  PROP_ERROR = 1,
  PROP_IDENTIFIER,
  PROP_N_RESTARTS,
  PROP_RUNNING
} StateUnitProcessProps;

static GParamSpec *properties[PROP_RUNNING + 1];

G_DEFINE_FINAL_TYPE (StateUnitProcess, state_unit_process, G_TYPE_OBJECT)

static void
clear_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
state_unit_process_dispose (GObject *object)
{
  StateUnitProcess *self = STATE_UNIT_PROCESS (object);

  clear_source (&self->restart_timer);
  clear_source (&self->stop_timer);
  g_clear_pointer (&self->child, state_child_let_go);
  G_OBJECT_CLASS (state_unit_process_parent_class)->dispose (object);
}

static void
state_unit_process_finalize (GObject *object)
{
  StateUnitProcess *self = STATE_UNIT_PROCESS (object);

  g_strfreev (self->argv);
  g_clear_object (&self->options);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_ptr_array_unref (self->units);
  g_clear_error (&self->error);
  G_OBJECT_CLASS (state_unit_process_parent_class)->finalize (object);
}

static void
state_unit_process_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StateUnitProcess *self = STATE_UNIT_PROCESS (object);

  switch ((StateUnitProcessProps) id)
    {
    case PROP_ERROR:
      g_value_set_boxed (value, self->error);
      break;
    case PROP_IDENTIFIER:
      g_value_set_string (value, state_unit_process_get_identifier (self));
      break;
    case PROP_N_RESTARTS:
      g_value_set_uint (value, self->n_restarts);
      break;
    case PROP_RUNNING:
      g_value_set_boolean (value, self->is_running);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
state_unit_process_class_init (StateUnitProcessClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->dispose = state_unit_process_dispose;
  object_class->finalize = state_unit_process_finalize;
  object_class->get_property = state_unit_process_get_property;

  /**
   * StateUnitProcess:error:
   *
   * How the process ended, when it did so without having been asked to, or how its last
   * start failed; %NULL while it runs.
   *
   * Since: 1.0
   */
  properties[PROP_ERROR] = g_param_spec_boxed ("error", NULL, NULL, G_TYPE_ERROR, flags);

  /**
   * StateUnitProcess:identifier:
   *
   * The process identifier; %NULL when there is no process.
   *
   * Since: 1.0
   */
  properties[PROP_IDENTIFIER] = g_param_spec_string ("identifier", NULL, NULL, NULL, flags);

  /**
   * StateUnitProcess:n-restarts:
   *
   * How often the program was started again.
   *
   * Since: 1.0
   */
  properties[PROP_N_RESTARTS] =
      g_param_spec_uint ("n-restarts", NULL, NULL, 0, G_MAXUINT, 0, flags);

  /**
   * StateUnitProcess:running:
   *
   * Whether the process serves its units.
   *
   * Since: 1.0
   */
  properties[PROP_RUNNING] = g_param_spec_boolean ("running", NULL, NULL, FALSE, flags);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
state_unit_process_init (StateUnitProcess *self)
{
  self->units = g_ptr_array_new_with_free_func (g_object_unref);
  g_queue_init (&self->end_tasks);
}

/* Its units */

static StateRemoteUnit *
find_unit (StateUnitProcess *self, const char *name)
{
  for (guint i = 0; i < self->units->len; i++)
    {
      StateRemoteUnit *unit = g_ptr_array_index (self->units, i);

      if (g_str_equal (state_remote_unit_get_served_name (unit), name))
        return unit;
    }
  return NULL;
}

static gboolean
check_units (GVariant *units, GError **error)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);
  GVariantIter iter;
  const char *name;

  if (g_variant_n_children (units) > UNITS_MAX)
    {
      g_set_error (error, STATE_ERROR, STATE_ERROR_INVALID_ANSWER, "it serves more than %d units",
                   UNITS_MAX);
      return FALSE;
    }
  g_variant_iter_init (&iter, units);
  while (g_variant_iter_next (&iter, "(&s&ouu)", &name, NULL, NULL, NULL))
    {
      if (!state_name_check (name, error))
        return FALSE;
      if (!g_hash_table_add (names, (char *) name))
        {
          g_set_error (error, STATE_ERROR, STATE_ERROR_DUPLICATE_UNIT,
                       "it serves two units called %s", name);
          return FALSE;
        }
    }
  return TRUE;
}

static void
take_up (StateUnitProcess *self, const char *name, const char *path, guint version, guint oldest)
{
  StateRemotePeer *peer = state_child_get_peer (self->child);
  StateRemoteUnit *unit = find_unit (self, name);

  if (unit != NULL)
    {
      /* Who waits for it sees it in the unit's state. */
      state_remote_unit_reopen (unit, peer, path, self->options->restore_saved,
                                g_task_new (unit, NULL, NULL, NULL));
      return;
    }
  unit = state_remote_unit_new_served (peer, path, name, version, MIN (oldest, version));
  state_remote_unit_set_keeps_state (unit, self->options->restore_saved);
  g_ptr_array_add (self->units, unit);
}

static void
set_running (StateUnitProcess *self, gboolean running)
{
  if (self->is_running == running)
    return;
  self->is_running = running;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_RUNNING]);
}

static void
set_error (StateUnitProcess *self, GError *error)
{
  gboolean changes = error != NULL || self->error != NULL;

  g_clear_error (&self->error);
  self->error = error;
  if (changes)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ERROR]);
}

/* Start, end, and start again */

static void start_again (StateUnitProcess *self);

static void
child_serves (gpointer owner, GVariant *units)
{
  g_autoptr (StateUnitProcess) self = g_object_ref (owner);
  g_autoptr (GTask) spawning = NULL;
  GError *error = NULL;
  GVariantIter iter;
  const char *name, *path;
  guint version, oldest;

  if (!check_units (units, &error))
    {
      set_error (self, error);
      state_child_kill (self->child);
      return;
    }
  g_variant_iter_init (&iter, units);
  while (g_variant_iter_next (&iter, "(&s&ouu)", &name, &path, &version, &oldest))
    take_up (self, name, path, version, oldest);
  spawning = g_steal_pointer (&self->spawning);
  set_error (self, NULL);
  set_running (self, TRUE);
  if (spawning != NULL && !g_task_return_error_if_cancelled (spawning))
    g_task_return_pointer (spawning, g_object_ref (self), g_object_unref);
}

static gboolean
may_restart (StateUnitProcess *self)
{
  return !self->is_ending && self->options->restart_policy == STATE_RESTART_POLICY_ON_FAILURE &&
         (self->options->max_restarts == 0 || self->n_restarts < self->options->max_restarts);
}

static gboolean
restart_is_due (gpointer data)
{
  StateUnitProcess *self = data;

  clear_source (&self->restart_timer);
  start_again (self);
  return G_SOURCE_REMOVE;
}

static void
schedule_restart (StateUnitProcess *self, gboolean was_running)
{
  gint64 passed = (g_get_monotonic_time () - self->start_time) / 1000;
  gint64 wait =
      MAX ((gint64) self->options->restart_interval_ms - passed, was_running ? 0 : FAILED_START_MS);

  self->restart_timer = g_timeout_source_new ((guint) wait);
  g_source_set_static_name (self->restart_timer, "state-unit: restart of a process");
  g_source_set_callback (self->restart_timer, restart_is_due, self, NULL);
  g_source_attach (self->restart_timer, self->context);
}

static void
finish_ending (StateUnitProcess *self)
{
  GTask *task;

  clear_source (&self->stop_timer);
  while ((task = g_queue_pop_head (&self->end_tasks)) != NULL)
    {
      if (!g_task_return_error_if_cancelled (task))
        g_task_return_boolean (task, TRUE);
      g_object_unref (task);
    }
}

static void
child_ended (gpointer owner, const char *why, gboolean failed)
{
  g_autoptr (StateUnitProcess) self = g_object_ref (owner);
  g_autoptr (GTask) spawning = g_steal_pointer (&self->spawning);
  gboolean was_running = self->is_running;
  GError *error = NULL;

  g_clear_pointer (&self->child, state_child_let_go);
  error = g_error_new (STATE_ERROR, STATE_ERROR_LOST, "%s%s%s%s", why,
                       was_running ? "" : " before its units could be used",
                       self->error != NULL ? ": " : "",
                       self->error != NULL ? self->error->message : "");
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_IDENTIFIER]);
  if (spawning != NULL)
    {
      if (!g_task_return_error_if_cancelled (spawning))
        g_task_return_error (spawning, g_error_copy (error));
    }
  else if ((failed || !was_running) && may_restart (self))
    schedule_restart (self, was_running);
  set_error (self, error);
  set_running (self, FALSE);
  finish_ending (self);
}

static const StateChildFuncs child_funcs = { child_serves, child_ended };

static gboolean
start (StateUnitProcess *self, GError **error)
{
  GMainContext *pushed = state_context_push (self->context);

  self->start_time = g_get_monotonic_time ();
  self->child = state_child_start ((const char *const *) self->argv, self->options, &child_funcs,
                                   self, error);
  state_context_pop (pushed);
  if (self->child != NULL)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_IDENTIFIER]);
  return self->child != NULL;
}

static void
start_again (StateUnitProcess *self)
{
  g_autoptr (StateUnitProcess) alive = g_object_ref (self);
  GError *error = NULL;

  self->n_restarts++;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_RESTARTS]);
  if (self->is_ending || start (self, &error))
    return;
  set_error (self, error);
  if (may_restart (self))
    schedule_restart (self, FALSE);
}

static gboolean
spawn_is_cancelled (gpointer data)
{
  StateUnitProcess *self = data;

  self->is_ending = TRUE;
  if (self->spawning != NULL && self->child != NULL)
    state_child_kill (self->child);
  return G_SOURCE_REMOVE;
}

/* In any thread. */
static void
spawn_cancelled (GCancellable *cancellable, gpointer data)
{
  StateUnitProcess *self = data;
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_callback (source, spawn_is_cancelled, g_object_ref (self), g_object_unref);
  g_source_attach (source, self->context);
}

static void
follow_spawn (StateUnitProcess *self, GCancellable *cancellable)
{
  if (cancellable == NULL)
    return;
  g_signal_connect_object (cancellable, "cancelled", G_CALLBACK (spawn_cancelled), self, 0);
  if (g_cancellable_is_cancelled (cancellable))
    spawn_cancelled (cancellable, self);
}

/**
 * state_unit_process_spawn_async:
 * @argv: (array zero-terminated=1) (element-type filename): the program, which is looked
 *   for in `PATH`, and its arguments
 * @options: (nullable): how to start and end it; %NULL: the defaults
 * @cancellable: (nullable): a cancellable; while the program starts, cancelling it kills
 *   the process
 * @callback: (scope async) (closure user_data): called in the thread-default main
 *   context of the caller when the program serves its units, or will not
 * @user_data: data for @callback
 *
 * Starts a program that serves units.
 *
 * Since: 1.0
 */
void
state_unit_process_spawn_async (const char *const *argv,
                                StateUnitProcessOptions *options,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_autoptr (StateUnitProcess) self = NULL;
  g_autoptr (GTask) task = NULL;
  GError *error = NULL;

  g_return_if_fail (argv != NULL && argv[0] != NULL);
  g_return_if_fail (options == NULL || STATE_IS_UNIT_PROCESS_OPTIONS (options));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (NULL, cancellable, callback, user_data);
  state_task_set_tag (task, state_unit_process_spawn_async);
  g_task_set_check_cancellable (task, FALSE);
  if (g_task_return_error_if_cancelled (task))
    return;
  self = g_object_new (STATE_TYPE_UNIT_PROCESS, NULL);
  self->argv = g_strdupv ((char **) argv);
  self->options = state_unit_process_options_copy (options);
  self->context = g_main_context_ref_thread_default ();
  if (!start (self, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  /* Until it has started, the task keeps it. */
  g_task_set_task_data (task, g_object_ref (self), g_object_unref);
  self->spawning = g_object_ref (task);
  follow_spawn (self, cancellable);
}

/**
 * state_unit_process_spawn_finish:
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_unit_process_spawn_async().
 *
 * Errors: those of g_subprocess_newv() when the program cannot be started;
 * %STATE_ERROR_LOST when it ended, or was killed, before it served its units, with words
 * that say how; %G_IO_ERROR_CANCELLED.
 *
 * Returns: (transfer full): the process
 *
 * Since: 1.0
 */
StateUnitProcess *
state_unit_process_spawn_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, state_unit_process_spawn_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* Ending it */

static gboolean
units_are_late (gpointer data)
{
  StateUnitProcess *self = data;

  clear_source (&self->stop_timer);
  if (self->child != NULL)
    state_child_end (self->child);
  return G_SOURCE_REMOVE;
}

static gboolean
unit_is_closed (gpointer data)
{
  StateUnitProcess *self = data;

  self->n_closing--;
  if (self->n_closing == 0 && self->child != NULL)
    {
      clear_source (&self->stop_timer);
      state_child_end (self->child);
    }
  return G_SOURCE_REMOVE;
}

/* In any thread. */
static void
unit_closed (gpointer data)
{
  StateUnitProcess *self = data;
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, unit_is_closed, self, g_object_unref);
  g_source_attach (source, self->context);
}

static void
begin_ending (StateUnitProcess *self)
{
  self->is_ending = TRUE;
  clear_source (&self->restart_timer);
  if (self->child == NULL)
    return;
  if (!self->is_running || self->units->len == 0)
    {
      state_child_end (self->child);
      return;
    }
  self->stop_timer = g_timeout_source_new (self->options->stop_ms);
  g_source_set_callback (self->stop_timer, units_are_late, self, NULL);
  g_source_attach (self->stop_timer, self->context);
  self->n_closing = self->units->len;
  for (guint i = 0; i < self->units->len; i++)
    state_remote_unit_close (g_ptr_array_index (self->units, i), unit_closed, g_object_ref (self));
}

static gboolean
end_is_cancelled (gpointer data)
{
  state_unit_process_kill (data);
  return G_SOURCE_REMOVE;
}

static void
end_cancelled (GCancellable *cancellable, gpointer data)
{
  StateUnitProcess *self = data;
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_callback (source, end_is_cancelled, g_object_ref (self), g_object_unref);
  g_source_attach (source, self->context);
}

/**
 * state_unit_process_end_async:
 * @self: a process
 * @cancellable: (nullable): a cancellable; cancelling it kills the process at once
 * @callback: (scope async) (closure user_data): called in the thread-default main
 *   context of the caller when the process has exited
 * @user_data: data for @callback
 *
 * Ends the process: its units are stopped, the connection is closed, it gets `SIGTERM`, it
 * is killed, each when the time of the one before is over; see
 * state_unit_process_options_set_end_times(). It is not started again. Its units are lost:
 * take them out of their set first, or stop the set.
 *
 * Since: 1.0
 */
void
state_unit_process_end_async (StateUnitProcess *self,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (STATE_IS_UNIT_PROCESS (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  state_task_set_tag (task, state_unit_process_end_async);
  g_task_set_check_cancellable (task, FALSE);
  if (!self->is_ending)
    begin_ending (self);
  if (self->child == NULL)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  g_queue_push_tail (&self->end_tasks, g_steal_pointer (&task));
  if (cancellable == NULL)
    return;
  g_signal_connect_object (cancellable, "cancelled", G_CALLBACK (end_cancelled), self, 0);
  if (g_cancellable_is_cancelled (cancellable))
    end_cancelled (cancellable, self);
}

/**
 * state_unit_process_end_finish:
 * @self: a process
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_unit_process_end_async(). The process has exited in any case;
 * #StateUnitProcess:error says how.
 *
 * Errors: %G_IO_ERROR_CANCELLED.
 *
 * Returns: %TRUE; %FALSE when it was cancelled, and the process killed
 *
 * Since: 1.0
 */
gboolean
state_unit_process_end_finish (StateUnitProcess *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (STATE_IS_UNIT_PROCESS (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, state_unit_process_end_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * state_unit_process_kill:
 * @self: a process
 *
 * Kills the process, without stopping its units. It is not started again.
 *
 * Since: 1.0
 */
void
state_unit_process_kill (StateUnitProcess *self)
{
  g_return_if_fail (STATE_IS_UNIT_PROCESS (self));

  self->is_ending = TRUE;
  clear_source (&self->restart_timer);
  clear_source (&self->stop_timer);
  if (self->child != NULL)
    state_child_kill (self->child);
}

/* Properties */

/**
 * state_unit_process_list_units:
 * @self: a process
 *
 * Gets the names of the units that the process serves, in the order in which it lists
 * them. Those that a restarted program serves no more are still among them, and lost.
 *
 * Returns: (transfer full) (array zero-terminated=1): the names; free with g_strfreev()
 *
 * Since: 1.0
 */
char **
state_unit_process_list_units (StateUnitProcess *self)
{
  char **names;

  g_return_val_if_fail (STATE_IS_UNIT_PROCESS (self), NULL);

  names = g_new0 (char *, self->units->len + 1);
  for (guint i = 0; i < self->units->len; i++)
    names[i] = g_strdup (state_remote_unit_get_served_name (g_ptr_array_index (self->units, i)));
  return names;
}

/**
 * state_unit_process_get_unit:
 * @self: a process
 * @name: the name of a unit that it serves
 *
 * Gets a unit of the process.
 *
 * Returns: (transfer none) (nullable): the unit, always the same for that name; %NULL:
 *   there is none
 *
 * Since: 1.0
 */
StateRemoteUnit *
state_unit_process_get_unit (StateUnitProcess *self, const char *name)
{
  g_return_val_if_fail (STATE_IS_UNIT_PROCESS (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return find_unit (self, name);
}

/**
 * state_unit_process_get_identifier:
 * @self: a process
 *
 * Gets #StateUnitProcess:identifier.
 *
 * Returns: (transfer none) (nullable): the process identifier
 *
 * Since: 1.0
 */
const char *
state_unit_process_get_identifier (StateUnitProcess *self)
{
  g_return_val_if_fail (STATE_IS_UNIT_PROCESS (self), NULL);

  return self->child != NULL ? state_child_get_identifier (self->child) : NULL;
}

/**
 * state_unit_process_is_running:
 * @self: a process
 *
 * Gets #StateUnitProcess:running.
 *
 * Returns: whether it serves its units
 *
 * Since: 1.0
 */
gboolean
state_unit_process_is_running (StateUnitProcess *self)
{
  g_return_val_if_fail (STATE_IS_UNIT_PROCESS (self), FALSE);

  return self->is_running;
}

/**
 * state_unit_process_get_n_restarts:
 * @self: a process
 *
 * Gets #StateUnitProcess:n-restarts.
 *
 * Returns: how often the program was started again
 *
 * Since: 1.0
 */
guint
state_unit_process_get_n_restarts (StateUnitProcess *self)
{
  g_return_val_if_fail (STATE_IS_UNIT_PROCESS (self), 0);

  return self->n_restarts;
}

/**
 * state_unit_process_get_error:
 * @self: a process
 *
 * Gets #StateUnitProcess:error.
 *
 * Returns: (transfer none) (nullable): the error
 *
 * Since: 1.0
 */
const GError *
state_unit_process_get_error (StateUnitProcess *self)
{
  g_return_val_if_fail (STATE_IS_UNIT_PROCESS (self), NULL);

  return self->error;
}
