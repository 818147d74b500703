/* SPDX-License-Identifier: MIT */

#include "state-guard-private.h"

/* GDBus makes sure that a message has the header fields that it needs, but neither that
 * they are of the right type (the path of a method call that is a string of another kind
 * reads as NULL, and is followed all the same), nor that they are names of the right
 * form, which it takes for granted further on. */
static gboolean
has_names (GDBusMessage *message, gboolean needs_interface)
{
  const char *sender = g_dbus_message_get_sender (message);
  const char *path = g_dbus_message_get_path (message);
  const char *interface = g_dbus_message_get_interface (message);
  const char *member = g_dbus_message_get_member (message);

  return (sender == NULL || g_dbus_is_name (sender)) && path != NULL &&
         g_variant_is_object_path (path) && member != NULL && g_dbus_is_member_name (member) &&
         (interface != NULL ? g_dbus_is_interface_name (interface) : !needs_interface);
}

static gboolean
is_sound (GDBusMessage *message)
{
  const char *error_name;

  switch (g_dbus_message_get_message_type (message))
    {
    case G_DBUS_MESSAGE_TYPE_METHOD_CALL:
      return has_names (message, FALSE);
    case G_DBUS_MESSAGE_TYPE_SIGNAL:
      return has_names (message, TRUE);
    case G_DBUS_MESSAGE_TYPE_ERROR:
      error_name = g_dbus_message_get_error_name (message);
      return error_name != NULL && g_dbus_is_interface_name (error_name) &&
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
