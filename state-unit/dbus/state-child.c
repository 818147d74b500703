/* SPDX-License-Identifier: MIT */

#include "state-child-private.h"

#include "state-context-private.h"
#include "state-dbus-interfaces.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* How long it may take from the end of the connection to that of the process, or the
 * other way round, until they are two different things. */
#define GRACE_MS 1000

/* How far the end has come. */
typedef enum
{
  STAGE_RUNNING,
  STAGE_CLOSED,     /* the connection, by this side */
  STAGE_TERMINATED, /* it got SIGTERM */
  STAGE_KILLED
} Stage;

struct _StateChild
{
  guint ref_count;
  GMainContext *context;
  StateUnitProcessOptions *options;
  const StateChildFuncs *funcs;
  gpointer owner; /* NULL: it let go */

  char *name;
  char *identifier;
  GSubprocess *subprocess;
  GCancellable *connecting;
  GDBusConnection *connection; /* nullable */
  gulong closed_handler;
  StateRemotePeer *peer; /* nullable */

  Stage stage;
  GSource *timer;     /* nullable: of the stage, or of the start */
  GSource *grace;     /* nullable */
  char *trouble;      /* nullable: why it is being killed */
  char *suspicion;    /* nullable: why it will be, unless it exits by itself */
  gboolean is_closed; /* the connection, or there is none */
  gboolean has_exited;
  gboolean failed;
  char *exit_words;
  gboolean is_finished;
};

static StateChild *
child_ref (StateChild *self)
{
  self->ref_count++;
  return self;
}

static void
clear_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
child_unref (gpointer data)
{
  StateChild *self = data;

  if (--self->ref_count > 0)
    return;
  clear_source (&self->timer);
  clear_source (&self->grace);
  if (self->connection != NULL && self->closed_handler != 0)
    g_signal_handler_disconnect (self->connection, self->closed_handler);
  g_clear_pointer (&self->peer, state_remote_peer_unref);
  g_clear_object (&self->connection);
  g_clear_object (&self->connecting);
  g_clear_object (&self->subprocess);
  g_clear_object (&self->options);
  g_main_context_unref (self->context);
  g_free (self->name);
  g_free (self->identifier);
  g_free (self->trouble);
  g_free (self->suspicion);
  g_free (self->exit_words);
  g_free (self);
}

static GSource *
add_timer (StateChild *self, guint ms, GSourceFunc func)
{
  GSource *source = g_timeout_source_new (ms);

  g_source_set_static_name (source, "state-unit: process");
  g_source_set_callback (source, func, child_ref (self), child_unref);
  g_source_attach (source, self->context);
  return source;
}

/* The end */

static void
finish (StateChild *self)
{
  const char *why = self->trouble != NULL ? self->trouble : self->exit_words;
  g_autofree char *words =
      g_strdup_printf ("process %s (%s) %s", self->name, self->identifier, why);
  gpointer owner = g_steal_pointer (&self->owner);

  self->is_finished = TRUE;
  clear_source (&self->timer);
  if (self->peer != NULL)
    state_remote_peer_lose (self->peer, words);
  if (self->connection != NULL)
    g_dbus_connection_close (self->connection, NULL, NULL, NULL);
  if (owner != NULL)
    self->funcs->ended (owner, words, self->failed || self->trouble != NULL);
  child_unref (self);
}

static void escalate (StateChild *self);
static void give_up (StateChild *self, const char *trouble);

/* The connection has ended and the process has not. */
static void
lose_alive (StateChild *self)
{
  gboolean is_its_own = self->stage == STAGE_RUNNING;
  g_autofree char *words = g_strdup_printf ("process %s (%s) %s", self->name, self->identifier,
                                            is_its_own ? "closed its connection" : "was ended");

  if (self->peer != NULL)
    state_remote_peer_lose (self->peer, words);
  if (!is_its_own)
    return;
  if (self->trouble == NULL)
    self->trouble = g_strdup ("closed its connection");
  self->stage = STAGE_CLOSED;
  escalate (self);
}

static gboolean
grace_is_over (gpointer data)
{
  g_autoptr (GSource) source = NULL;
  StateChild *self = data;

  source = g_steal_pointer (&self->grace);
  if (self->has_exited)
    finish (self);
  else if (self->suspicion != NULL)
    give_up (self, self->suspicion);
  else
    lose_alive (self);
  return G_SOURCE_REMOVE;
}

/* Both ends are waited for: how it exited says why, and what it sent before that counts. */
static void
check (StateChild *self)
{
  if (self->is_finished)
    return;
  if (self->has_exited && self->is_closed)
    {
      clear_source (&self->grace);
      finish (self);
    }
  else if (self->grace == NULL)
    self->grace = add_timer (self, GRACE_MS, grace_is_over);
}

static char *
words_of_exit (GSubprocess *subprocess)
{
  if (g_subprocess_get_if_signaled (subprocess))
    {
      int number = g_subprocess_get_term_sig (subprocess);

      return g_strdup_printf ("was killed by signal %d (%s)", number, g_strsignal (number));
    }
  return g_strdup_printf ("exited with status %d", g_subprocess_get_exit_status (subprocess));
}

static void
exited (GObject *source, GAsyncResult *result, gpointer data)
{
  StateChild *self = data;

  g_subprocess_wait_finish (self->subprocess, result, NULL);
  self->has_exited = TRUE;
  self->exit_words = words_of_exit (self->subprocess);
  self->failed = !g_subprocess_get_if_exited (self->subprocess) ||
                 g_subprocess_get_exit_status (self->subprocess) != 0;
  clear_source (&self->timer);
  g_cancellable_cancel (self->connecting);
  check (self);
  child_unref (self);
}

static void
closed (GDBusConnection *connection, gboolean by_peer, GError *error, gpointer data)
{
  StateChild *self = data;

  if (self->is_closed)
    return;
  self->is_closed = TRUE;
  check (self);
}

/* Ending it, step by step */

static gboolean
stage_is_over (gpointer data)
{
  g_autoptr (GSource) source = NULL;
  StateChild *self = data;

  source = g_steal_pointer (&self->timer);
  escalate (self);
  return G_SOURCE_REMOVE;
}

/* From one stage to the next. */
static void
escalate (StateChild *self)
{
  clear_source (&self->timer);
  if (self->has_exited)
    return;
  switch (self->stage)
    {
    case STAGE_RUNNING:
      self->stage = STAGE_CLOSED;
      if (self->connection != NULL)
        g_dbus_connection_close (self->connection, NULL, NULL, NULL);
      self->timer = add_timer (self, self->options->close_ms, stage_is_over);
      break;
    case STAGE_CLOSED:
      self->stage = STAGE_TERMINATED;
      g_subprocess_send_signal (self->subprocess, SIGTERM);
      self->timer = add_timer (self, self->options->terminate_ms, stage_is_over);
      break;
    case STAGE_TERMINATED:
    case STAGE_KILLED:
    default:
      self->stage = STAGE_KILLED;
      g_subprocess_force_exit (self->subprocess);
      break;
    }
}

void
state_child_end (StateChild *self)
{
  g_cancellable_cancel (self->connecting);
  if (self->stage == STAGE_RUNNING)
    escalate (self);
}

void
state_child_kill (StateChild *self)
{
  g_cancellable_cancel (self->connecting);
  self->stage = STAGE_KILLED;
  escalate (self);
}

void
state_child_let_go (StateChild *self)
{
  self->owner = NULL;
  if (!self->has_exited)
    state_child_kill (self);
  child_unref (self);
}

/* The start */

/* It does not serve its units. */
static void
give_up (StateChild *self, const char *trouble)
{
  if (self->trouble == NULL && !self->has_exited)
    self->trouble = g_strdup (trouble);
  if (self->connection == NULL)
    self->is_closed = TRUE;
  if (self->has_exited)
    check (self);
  else
    state_child_kill (self);
}

static gboolean
start_is_late (gpointer data)
{
  g_autofree char *trouble = NULL;
  g_autoptr (GSource) source = NULL;
  StateChild *self = data;

  source = g_steal_pointer (&self->timer);
  trouble = g_strdup_printf ("did not serve its units within %u ms", self->options->start_ms);
  give_up (self, trouble);
  return G_SOURCE_REMOVE;
}

static void
listed (GObject *source, GAsyncResult *result, gpointer data)
{
  StateChild *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;

  reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  if (reply != NULL && self->owner != NULL && self->stage == STAGE_RUNNING && !self->has_exited)
    {
      g_autoptr (GVariant) units = g_variant_get_child_value (reply, 0);

      clear_source (&self->timer);
      self->funcs->serves (self->owner, units);
    }
  else if (reply == NULL && !g_dbus_connection_is_closed (G_DBUS_CONNECTION (source)))
    {
      g_autofree char *trouble = NULL;

      g_dbus_error_strip_remote_error (error);
      trouble = g_strdup_printf ("does not tell what it serves: %s", error->message);
      give_up (self, trouble);
    }
  child_unref (self);
}

static void
ask_for_units (StateChild *self)
{
  GMainContext *pushed = state_context_push (self->context);

  self->peer = state_remote_peer_get (self->connection, NULL);
  state_remote_peer_set_deferred (self->peer, TRUE);
  self->closed_handler = g_signal_connect (self->connection, "closed", G_CALLBACK (closed), self);
  if (g_dbus_connection_is_closed (self->connection))
    closed (self->connection, TRUE, NULL, self);
  g_dbus_connection_call (self->connection, NULL, STATE_PROCESS_PATH,
                          state_dbus_process1_interface.name, "ListUnits", NULL,
                          G_VARIANT_TYPE ("(a(souu))"), G_DBUS_CALL_FLAGS_NONE, G_MAXINT,
                          self->connecting, listed, child_ref (self));
  state_context_pop (pushed);
}

static void
connected (GObject *source, GAsyncResult *result, gpointer data)
{
  StateChild *self = data;
  g_autoptr (GError) error = NULL;

  self->connection = g_dbus_connection_new_finish (result, &error);
  if (self->connection != NULL)
    ask_for_units (self);
  else
    {
      /* That it exits says more than that it does not answer. */
      if (self->stage == STAGE_RUNNING)
        self->suspicion =
            g_strdup_printf ("does not speak D-Bus on its standard input and output: %s",
                             error->message);
      self->is_closed = TRUE;
      check (self);
    }
  child_unref (self);
}

static void
connect_child (StateChild *self, int fd)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, NULL);
  g_autoptr (GSocketConnection) stream = NULL;

  if (socket == NULL)
    {
      close (fd);
      give_up (self, "cannot be talked to");
      return;
    }
  stream = g_socket_connection_factory_create_connection (socket);
  g_dbus_connection_new (G_IO_STREAM (stream), NULL, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT,
                         NULL, self->connecting, connected, child_ref (self));
}

static void
set_up_child (gpointer options)
{
  if (!state_unit_process_options_apply_limits (options))
    _exit (126);
}

static gboolean
has_limits (StateUnitProcessOptions *options)
{
  for (guint i = 0; i < STATE_PROCESS_N_RESOURCES; i++)
    if (options->limits[i].is_set)
      return TRUE;
  return FALSE;
}

/* Takes over the socket, which becomes the standard input and output. */
static GSubprocess *
launch (const char *const *argv, StateUnitProcessOptions *options, int fd, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      options->log_stderr ? G_SUBPROCESS_FLAGS_STDERR_PIPE : G_SUBPROCESS_FLAGS_NONE);
  g_autofree char *inode = NULL;
  struct stat status;
  int other = fcntl (fd, F_DUPFD_CLOEXEC, 3);

  if (other < 0 || fstat (fd, &status) != 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "cannot start %s: %s", argv[0],
                   g_strerror (errno));
      close (fd);
      if (other >= 0)
        close (other);
      return NULL;
    }
  inode = g_strdup_printf ("%" G_GUINT64_FORMAT, (guint64) status.st_ino);
  g_subprocess_launcher_take_stdin_fd (launcher, fd);
  g_subprocess_launcher_take_stdout_fd (launcher, other);
  if (options->environment != NULL)
    g_subprocess_launcher_set_environ (launcher, options->environment);
  g_subprocess_launcher_setenv (launcher, STATE_PROCESS_VARIABLE, inode, TRUE);
  if (options->working_directory != NULL)
    g_subprocess_launcher_set_cwd (launcher, options->working_directory);
  if (has_limits (options))
    g_subprocess_launcher_set_child_setup (launcher, set_up_child, options, NULL);
  return g_subprocess_launcher_spawnv (launcher, argv, error);
}

static StateChild *
child_new (const char *const *argv,
           StateUnitProcessOptions *options,
           const StateChildFuncs *funcs,
           gpointer owner,
           GSubprocess *subprocess)
{
  StateChild *self = g_new0 (StateChild, 1);

  self->ref_count = 1;
  self->context = g_main_context_ref_thread_default ();
  self->options = g_object_ref (options);
  self->funcs = funcs;
  self->owner = owner;
  self->subprocess = subprocess;
  self->name = g_path_get_basename (argv[0]);
  self->identifier = g_strdup (g_subprocess_get_identifier (subprocess));
  if (self->identifier == NULL)
    self->identifier = g_strdup ("gone");
  self->connecting = g_cancellable_new ();
  return self;
}

StateChild *
state_child_start (const char *const *argv,
                   StateUnitProcessOptions *options,
                   const StateChildFuncs *funcs,
                   gpointer owner,
                   GError **error)
{
  GSubprocess *subprocess;
  StateChild *self;
  int fds[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "cannot start %s: %s", argv[0],
                   g_strerror (errno));
      return NULL;
    }
  subprocess = launch (argv, options, fds[1], error);
  if (subprocess == NULL)
    {
      close (fds[0]);
      return NULL;
    }
  self = child_new (argv, options, funcs, owner, subprocess);
  /* Until it has exited it lives on: one reference for finish (). */
  child_ref (self);
  g_subprocess_wait_async (subprocess, NULL, exited, child_ref (self));
  if (options->log_stderr)
    state_child_log_lines (g_subprocess_get_stderr_pipe (subprocess), self->name);
  if (options->start_ms != 0)
    self->timer = add_timer (self, options->start_ms, start_is_late);
  connect_child (self, fds[0]);
  return self;
}

const char *
state_child_get_identifier (StateChild *self)
{
  return self->identifier;
}

StateRemotePeer *
state_child_get_peer (StateChild *self)
{
  return self->peer;
}
