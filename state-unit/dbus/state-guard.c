/* SPDX-License-Identifier: MIT */

#include "state-guard-private.h"

/* GDBus makes sure that a message has the header fields that it needs, but not that they
 * are of the right type: the path of a method call that is a string of another kind, say,
 * reads as NULL, and is followed all the same. */
static gboolean
is_sound (GDBusMessage *message)
{
  switch (g_dbus_message_get_message_type (message))
    {
    case G_DBUS_MESSAGE_TYPE_METHOD_CALL:
      return g_dbus_message_get_path (message) != NULL &&
             g_dbus_message_get_member (message) != NULL;
    case G_DBUS_MESSAGE_TYPE_SIGNAL:
      return g_dbus_message_get_path (message) != NULL &&
             g_dbus_message_get_interface (message) != NULL &&
             g_dbus_message_get_member (message) != NULL;
    case G_DBUS_MESSAGE_TYPE_ERROR:
      return g_dbus_message_get_error_name (message) != NULL &&
             g_dbus_message_get_reply_serial (message) != 0;
    case G_DBUS_MESSAGE_TYPE_METHOD_RETURN:
      return g_dbus_message_get_reply_serial (message) != 0;
    case G_DBUS_MESSAGE_TYPE_INVALID:
    default:
      return FALSE;
    }
}

static GDBusMessage *
filter (GDBusConnection *connection, GDBusMessage *message, gboolean incoming, gpointer unused)
{
  if (!incoming || is_sound (message))
    return message;
  g_object_unref (message);
  return NULL;
}

void
state_guard_connection (GDBusConnection *connection)
{
  GQuark quark = g_quark_from_static_string ("state-unit-guard");

  if (g_object_replace_qdata (G_OBJECT (connection), quark, NULL, GINT_TO_POINTER (TRUE), NULL,
                              NULL))
    g_dbus_connection_add_filter (connection, filter, NULL, NULL);
}
