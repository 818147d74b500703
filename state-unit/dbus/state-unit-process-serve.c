/* SPDX-License-Identifier: MIT */

#include "state-unit-process.h"

#include "state-callers-private.h"
#include "state-child-private.h"
#include "state-dbus-interfaces.h"
#include "state-error.h"
#include "state-name-private.h"
#include "state-unit-exporter-private.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <gio/gunixoutputstream.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* How long what its units are still doing may take once nobody is there any more. */
#define LAST_WORK_USEC (10 * G_USEC_PER_SEC)

typedef struct
{
  GDBusConnection *connection;
  GPtrArray *exporters;
  GVariant *list; /* of what is served */
  guint registration;
} Served;

static void
served_clear (Served *self)
{
  if (self->registration != 0)
    g_dbus_connection_unregister_object (self->connection, self->registration);
  g_clear_pointer (&self->exporters, g_ptr_array_unref);
  g_clear_pointer (&self->list, g_variant_unref);
  if (self->connection != NULL)
    g_dbus_connection_close_sync (self->connection, NULL, NULL);
  g_clear_object (&self->connection);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Served, served_clear)

/* The way to the other process */

static gboolean
set_errno (GError **error, const char *what)
{
  int code = errno;

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", what, g_strerror (code));
  return FALSE;
}

/* The socket of the process that started this one passes file descriptors; one in
 * between, or a pipe, does not. */
static gboolean
is_own_socket (int fd)
{
  const char *inode = g_getenv (STATE_PROCESS_VARIABLE);
  struct stat status;

  return inode != NULL && fstat (fd, &status) == 0 && S_ISSOCK (status.st_mode) &&
         g_ascii_strtoull (inode, NULL, 10) == (guint64) status.st_ino;
}

/* What the program reads and prints from now on is not what is spoken here. */
static gboolean
take_standard_fds (int *input, int *output, GError **error)
{
  int nothing;

  *input = fcntl (STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
  *output = fcntl (STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  nothing = open ("/dev/null", O_RDWR | O_CLOEXEC);
  if (*input >= 0 && *output >= 0 && nothing >= 0 && dup2 (nothing, STDIN_FILENO) >= 0 &&
      dup2 (fcntl (STDERR_FILENO, F_GETFD) >= 0 ? STDERR_FILENO : nothing, STDOUT_FILENO) >= 0)
    {
      close (nothing);
      return TRUE;
    }
  set_errno (error, "cannot take over the standard input and output");
  if (*input >= 0)
    close (*input);
  if (*output >= 0)
    close (*output);
  if (nothing >= 0)
    close (nothing);
  return FALSE;
}

static GIOStream *
stream_of_socket (int fd, GError **error)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, error);

  if (socket == NULL)
    {
      close (fd);
      return NULL;
    }
  return G_IO_STREAM (g_socket_connection_factory_create_connection (socket));
}

static GIOStream *
stream_of_fds (int input, int output)
{
  g_autoptr (GInputStream) in = g_unix_input_stream_new (input, TRUE);
  g_autoptr (GOutputStream) out = g_unix_output_stream_new (output, TRUE);

  /* One thread reads and writes: a large message must not keep it from the other. */
  g_unix_set_fd_nonblocking (output, TRUE, NULL);
  /* That nobody reads any more is an error of the connection, and no reason to die. */
  signal (SIGPIPE, SIG_IGN);
  return g_simple_io_stream_new (in, out);
}

static GIOStream *
take_stream (GError **error)
{
  gboolean is_socket = is_own_socket (STDIN_FILENO) && is_own_socket (STDOUT_FILENO);
  int input, output;

  if (isatty (STDIN_FILENO) || isatty (STDOUT_FILENO))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED,
                           "the standard input and output lead to a terminal: this program is "
                           "to be started by another, with state_unit_process_spawn_async ()");
      return NULL;
    }
  if (!take_standard_fds (&input, &output, error))
    return NULL;
  g_unsetenv (STATE_PROCESS_VARIABLE);
  if (!is_socket)
    return stream_of_fds (input, output);
  close (output);
  return stream_of_socket (input, error);
}

/* Whoever holds the other end was given it: who that is need not be proved. Who proves it
 * all the same has to be of the same user. */
static gboolean
allow_mechanism (GDBusAuthObserver *observer, const char *mechanism, gpointer user_data)
{
  return g_str_equal (mechanism, "EXTERNAL") || g_str_equal (mechanism, "ANONYMOUS");
}

static gboolean
allow_peer (GDBusAuthObserver *observer,
            GIOStream *stream,
            GCredentials *credentials,
            gpointer user_data)
{
  return credentials == NULL ? !G_IS_SOCKET_CONNECTION (stream)
                             : state_credentials_are_own (credentials);
}

static GDBusConnection *
connect_to_peer (GIOStream *stream, GCancellable *cancellable, GError **error)
{
  g_autoptr (GDBusAuthObserver) observer = g_dbus_auth_observer_new ();
  g_autofree char *guid = g_dbus_generate_guid ();

  g_signal_connect (observer, "allow-mechanism", G_CALLBACK (allow_mechanism), NULL);
  g_signal_connect (observer, "authorize-authenticated-peer", G_CALLBACK (allow_peer), NULL);
  return g_dbus_connection_new_sync (stream, guid,
                                     G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER |
                                         G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_ALLOW_ANONYMOUS |
                                         G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING,
                                     observer, cancellable, error);
}

/* What is served */

static void
method_called (GDBusConnection *connection,
               const char *sender,
               const char *object_path,
               const char *interface,
               const char *method,
               GVariant *parameters,
               GDBusMethodInvocation *invocation,
               gpointer user_data)
{
  const Served *self = user_data;

  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(@a(souu))", self->list));
}

static const GDBusInterfaceVTable vtable = { .method_call = method_called };

static gboolean
export_unit (Served *self, const char *name, StateUnit *unit, GVariantBuilder *list, GError **error)
{
  g_autofree char *path = g_strdup_printf ("/org/stateunit/unit/%u", self->exporters->len);
  StateUnitExporter *exporter = state_unit_exporter_new (self->connection, path, unit, error);
  guint oldest = 0;
  guint version;

  if (exporter == NULL)
    {
      g_prefix_error (error, "unit %s: ", name);
      return FALSE;
    }
  state_unit_exporter_trust_peer (exporter);
  g_ptr_array_add (self->exporters, exporter);
  version = STATE_UNIT_GET_IFACE (unit)->get_state_version (unit, &oldest);
  g_variant_builder_add (list, "(souu)", name, path, version, oldest);
  return TRUE;
}

static gboolean
export_all (Served *self, const char *const *names, StateUnit **units, gsize n, GError **error)
{
  GVariantBuilder list;

  self->exporters = g_ptr_array_new_with_free_func (g_object_unref);
  g_variant_builder_init (&list, G_VARIANT_TYPE ("a(souu)"));
  for (gsize i = 0; i < n; i++)
    if (!export_unit (self, names[i], units[i], &list, error))
      {
        g_variant_builder_clear (&list);
        return FALSE;
      }
  self->list = g_variant_ref_sink (g_variant_builder_end (&list));
  self->registration =
      g_dbus_connection_register_object (self->connection, STATE_PROCESS_PATH,
                                         (GDBusInterfaceInfo *) &state_dbus_process1_interface,
                                         &vtable, self, NULL, error);
  return self->registration != 0;
}

static gboolean
are_idle (Served *self)
{
  for (guint i = 0; i < self->exporters->len; i++)
    if (!state_unit_exporter_is_idle (g_ptr_array_index (self->exporters, i)))
      return FALSE;
  return TRUE;
}

static gboolean
wake (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* Units that run are being stopped now. */
static void
finish_work (Served *self, GMainContext *context)
{
  gint64 end = g_get_monotonic_time () + LAST_WORK_USEC;
  g_autoptr (GSource) source = g_timeout_source_new (100);

  for (guint i = 0; i < self->exporters->len; i++)
    state_unit_exporter_unexport (g_ptr_array_index (self->exporters, i));
  g_source_set_callback (source, wake, NULL, NULL);
  g_source_attach (source, context);
  while (!are_idle (self) && g_get_monotonic_time () < end)
    g_main_context_iteration (context, TRUE);
  g_source_destroy (source);
}

static void
wake_up (gpointer object, gpointer context)
{
  g_main_context_wakeup (context);
}

static void
closed (GDBusConnection *connection, gboolean by_peer, GError *error, gpointer flag)
{
  *(gboolean *) flag = TRUE;
}

static void
serve (Served *self, GCancellable *cancellable)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  gboolean is_closed = FALSE;
  gulong closed_handler, cancel_handler = 0;

  closed_handler = g_signal_connect (self->connection, "closed", G_CALLBACK (closed), &is_closed);
  if (cancellable != NULL)
    cancel_handler = g_signal_connect (cancellable, "cancelled", G_CALLBACK (wake_up), context);
  g_dbus_connection_start_message_processing (self->connection);
  while (!is_closed && !g_dbus_connection_is_closed (self->connection) &&
         !g_cancellable_is_cancelled (cancellable))
    g_main_context_iteration (context, TRUE);
  g_signal_handler_disconnect (self->connection, closed_handler);
  if (cancel_handler != 0)
    g_signal_handler_disconnect (cancellable, cancel_handler);
  finish_work (self, context);
}

static gboolean
check_names (const char *const *names, gsize n, GError **error)
{
  for (gsize i = 0; i < n; i++)
    {
      if (!state_name_check (names[i], error))
        return FALSE;
      for (gsize j = 0; j < i; j++)
        if (g_str_equal (names[i], names[j]))
          {
            g_set_error (error, STATE_ERROR, STATE_ERROR_NAME_IN_USE,
                         "unit name %s is in use by another one that is served", names[i]);
            return FALSE;
          }
    }
  return TRUE;
}

/**
 * state_unit_process_serve:
 * @names: (array zero-terminated=1): the names of the units
 * @units: (array length=n_units): the units, one for each name; each in no set
 * @n_units: how many there are
 * @cancellable: (nullable): a cancellable
 * @error: return location for an error
 *
 * Serves units to the process that started this one with
 * state_unit_process_spawn_async(), over the standard input and output. Returns when that
 * process has closed the connection or is gone, or when it is cancelled; units that run
 * have been stopped then, if they take no more than 10 s. To be called early: what is
 * printed before to the standard output disturbs, and what is printed afterwards goes to
 * the standard error.
 *
 * The units are called in the thread-default main context, which is iterated meanwhile.
 *
 * |[<!-- language="C" -->
 * int
 * main (void)
 * {
 *   g_autoptr (StateUnit) disk = disk_new ();
 *   const char *names[] = { "disk", NULL };
 *   g_autoptr (GError) error = NULL;
 *
 *   if (!state_unit_process_serve (names, &disk, 1, NULL, &error))
 *     g_printerr ("%s\n", error->message);
 *   return error != NULL;
 * }
 * ]|
 *
 * In Python it is `StateUnit.UnitProcess.serve(["disk"], [Disk()])`.
 *
 * Errors: %G_IO_ERROR_NOT_CONNECTED when the standard input or output is a terminal;
 * %STATE_ERROR_INVALID_NAME, %STATE_ERROR_NAME_IN_USE, %STATE_ERROR_UNIT_IN_USE; those of
 * g_dbus_connection_new() when the other side does not speak D-Bus.
 *
 * Returns: whether they were served
 *
 * Since: 1.0
 */
gboolean
state_unit_process_serve (const char *const *names,
                          StateUnit **units,
                          gsize n_units,
                          GCancellable *cancellable,
                          GError **error)
{
  g_auto (Served) served = { 0 };
  g_autoptr (GIOStream) stream = NULL;

  g_return_val_if_fail (n_units == 0 || (names != NULL && units != NULL), FALSE);
  g_return_val_if_fail (names == NULL || g_strv_length ((char **) names) == n_units, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);
  for (gsize i = 0; i < n_units; i++)
    g_return_val_if_fail (STATE_IS_UNIT (units[i]), FALSE);

  if (!check_names (names, n_units, error))
    return FALSE;
  stream = take_stream (error);
  if (stream == NULL)
    return FALSE;
  served.connection = connect_to_peer (stream, cancellable, error);
  if (served.connection == NULL || !export_all (&served, names, units, n_units, error))
    return FALSE;
  serve (&served, cancellable);
  return TRUE;
}
