/* SPDX-License-Identifier: MIT */

#include "test-connection.h"

#include <gio/gunixfdlist.h>
#include <sys/socket.h>

static GIOStream *
make_stream (int fd)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, &error);

  g_assert_no_error (error);
  return G_IO_STREAM (g_socket_connection_factory_create_connection (socket));
}

static GDBusConnection *
finish (TestCall *call)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection = g_dbus_connection_new_finish (test_call_wait (call), &error);

  g_assert_no_error (error);
  return connection;
}

static void
connect_peers (TestConnection *self)
{
  g_autofree char *guid = g_dbus_generate_guid ();
  g_auto (TestCall) near_call = TEST_CALL_INIT;
  g_auto (TestCall) far_call = TEST_CALL_INIT;
  g_autoptr (GIOStream) near_stream = NULL;
  g_autoptr (GIOStream) far_stream = NULL;
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  near_stream = make_stream (fds[0]);
  far_stream = make_stream (fds[1]);
  g_dbus_connection_new (far_stream, guid, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER, NULL,
                         NULL, test_call_done, &far_call);
  g_dbus_connection_new (near_stream, NULL, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT, NULL,
                         NULL, test_call_done, &near_call);
  self->far_end = finish (&far_call);
  self->near_end = finish (&near_call);
}

GDBusConnection *
test_connection_connect (TestConnection *self)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection =
      g_dbus_connection_new_for_address_sync (g_test_dbus_get_bus_address (self->bus),
                                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                              NULL, NULL, &error);

  g_assert_no_error (error);
  return connection;
}

TestConnection *
test_connection_new (gboolean on_bus)
{
  TestConnection *self = g_new0 (TestConnection, 1);

  if (!on_bus)
    {
      connect_peers (self);
      return self;
    }
  self->bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (self->bus);
  self->near_end = test_connection_connect (self);
  self->far_end = test_connection_connect (self);
  self->far_name = g_strdup (g_dbus_connection_get_unique_name (self->far_end));
  return self;
}

static void
close_end (GDBusConnection *connection)
{
  g_auto (TestCall) call = TEST_CALL_INIT;

  g_dbus_connection_close (connection, NULL, test_call_done, &call);
  g_dbus_connection_close_finish (connection, test_call_wait (&call), NULL);
}

void
test_connection_close_far_end (TestConnection *self)
{
  close_end (self->far_end);
}

/* Its thread may be the last to let go of it. */
static void
end (GDBusConnection **connection)
{
  g_object_add_weak_pointer (G_OBJECT (*connection), (gpointer *) connection);
  g_object_unref (*connection);
  test_wait_until (*connection == NULL);
}

void
test_connection_free (TestConnection *self)
{
  close_end (self->near_end);
  close_end (self->far_end);
  end (&self->near_end);
  end (&self->far_end);
  if (self->bus != NULL)
    {
      g_test_dbus_down (self->bus);
      g_object_unref (self->bus);
    }
  g_free (self->far_name);
  g_free (self);
}
