/* SPDX-License-Identifier: MIT */

#define _GNU_SOURCE

#include "test-peers.h"

#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <gio/gunixoutputstream.h>
#include <sys/socket.h>
#include <unistd.h>

static GIOStream *
socket_stream (int fd)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, &error);

  g_assert_no_error (error);
  return G_IO_STREAM (g_socket_connection_factory_create_connection (socket));
}

static GIOStream *
pipe_stream (int input, int output)
{
  g_autoptr (GInputStream) in = g_unix_input_stream_new (input, TRUE);
  g_autoptr (GOutputStream) out = g_unix_output_stream_new (output, TRUE);

  return g_simple_io_stream_new (in, out);
}

static void
make_streams (gboolean passes_fds, GIOStream **near, GIOStream **far)
{
  int fds[2], back[2];

  if (passes_fds)
    {
      g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
      *near = socket_stream (fds[0]);
      *far = socket_stream (fds[1]);
    }
  else
    {
      /* One thread does the work of both ends: neither may block. */
      g_assert_cmpint (pipe2 (fds, O_CLOEXEC | O_NONBLOCK), ==, 0);
      g_assert_cmpint (pipe2 (back, O_CLOEXEC | O_NONBLOCK), ==, 0);
      *near = pipe_stream (back[0], fds[1]);
      *far = pipe_stream (fds[0], back[1]);
    }
}

TestPeers *
test_peers_new (gboolean passes_fds)
{
  TestPeers *self = g_new0 (TestPeers, 1);
  g_autofree char *guid = g_dbus_generate_guid ();
  g_autoptr (GIOStream) near = NULL;
  g_autoptr (GIOStream) far = NULL;
  g_auto (TestCall) near_call = TEST_CALL_INIT;
  g_auto (TestCall) far_call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  make_streams (passes_fds, &near, &far);
  g_dbus_connection_new (far, guid,
                         G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER |
                             G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_ALLOW_ANONYMOUS,
                         NULL, NULL, test_call_done, &far_call);
  g_dbus_connection_new (near, NULL, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL, NULL,
                         test_call_done, &near_call);
  self->far = g_dbus_connection_new_finish (test_call_wait (&far_call), &error);
  g_assert_no_error (error);
  self->near = g_dbus_connection_new_finish (test_call_wait (&near_call), &error);
  g_assert_no_error (error);
  return self;
}

void
test_connection_close (GDBusConnection *connection)
{
  g_auto (TestCall) call = TEST_CALL_INIT;

  g_dbus_connection_close (connection, NULL, test_call_done, &call);
  g_dbus_connection_close_finish (connection, test_call_wait (&call), NULL);
}

static void
connection_free (GDBusConnection *connection)
{
  test_connection_close (connection);
  g_object_add_weak_pointer (G_OBJECT (connection), (gpointer *) &connection);
  g_object_unref (connection);
  test_wait_until (connection == NULL);
}

void
test_peers_free (TestPeers *self)
{
  connection_free (self->near);
  connection_free (self->far);
  g_free (self);
}

/* Who is at the other end of a pipe is not known. */
static gboolean
allow_unknown (StateUnitExporter *exporter, GCredentials *credentials, gpointer user_data)
{
  return credentials == NULL;
}

TestRemote *
test_remote_new_with (gboolean passes_fds)
{
  TestRemote *self = g_new0 (TestRemote, 1);
  g_autoptr (GError) error = NULL;

  self->peers = test_peers_new (passes_fds);
  self->journal = test_journal_new ();
  self->unit = test_unit_new ("disk", self->journal);
  self->exporter =
      state_unit_exporter_new (self->peers->far, TEST_REMOTE_PATH, STATE_UNIT (self->unit), &error);
  g_assert_no_error (error);
  if (!passes_fds)
    g_signal_connect (self->exporter, "authorize", G_CALLBACK (allow_unknown), NULL);
  self->remote = state_remote_unit_new (self->peers->near, NULL, TEST_REMOTE_PATH);
  self->set = test_set_new ();
  test_set_add_object (self->set, "disk", self->remote);
  return self;
}

TestRemote *
test_remote_new (void)
{
  return test_remote_new_with (TRUE);
}

void
test_remote_free (TestRemote *self)
{
  test_set_free (self->set);
  g_object_add_weak_pointer (G_OBJECT (self->remote), (gpointer *) &self->remote);
  g_object_unref (self->remote);
  test_wait_until (self->remote == NULL);
  g_clear_object (&self->unit);
  if (self->exporter != NULL)
    {
      g_object_add_weak_pointer (G_OBJECT (self->exporter), (gpointer *) &self->exporter);
      g_object_unref (self->exporter);
      test_wait_until (self->exporter == NULL);
    }
  test_wait_until (test_journal_is_unused (self->journal));
  test_journal_unref (self->journal);
  test_peers_free (self->peers);
  g_free (self);
}

gboolean
test_reconnect (StateRemoteUnit *unit, GDBusConnection *connection, GError **error)
{
  g_auto (TestCall) call = TEST_CALL_INIT;

  state_remote_unit_reconnect_async (unit, connection, NULL, test_call_done, &call);
  return state_remote_unit_reconnect_finish (unit, test_call_wait (&call), error);
}
