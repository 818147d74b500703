/* SPDX-License-Identifier: MIT */

#include "state-dbus-snapshot-private.h"

#include "state-wire-private.h"
#include "state-error.h"

static gboolean
passes_files (GDBusConnection *connection)
{
  return (g_dbus_connection_get_capabilities (connection) &
          G_DBUS_CAPABILITY_FLAGS_UNIX_FD_PASSING) != 0;
}

/* Floating; NULL with an error. The list of files is made when it is needed. */
GVariant *
state_dbus_snapshot_to_value (StateSnapshot *snapshot,
                              GDBusConnection *connection,
                              GUnixFDList **files,
                              GError **error)
{
  g_autoptr (GBytes) bytes = state_snapshot_to_bytes (snapshot);
  g_autoptr (GVariant) value =
      g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE));

  return state_wire_pack_value (value, passes_files (connection) ? files : NULL, error);
}

/* The value may be anything. */
StateSnapshot *
state_dbus_snapshot_from_value (GVariant *value, GUnixFDList *files, GError **error)
{
  g_autoptr (GVariant) unpacked = state_wire_unpack_value (value, files, error);
  g_autoptr (GBytes) bytes = NULL;

  if (unpacked == NULL)
    return NULL;
  if (!g_variant_is_of_type (unpacked, G_VARIANT_TYPE_BYTESTRING))
    {
      g_set_error (error, STATE_ERROR, STATE_ERROR_INVALID_SNAPSHOT,
                   "a snapshot is bytes, not a value of type %s",
                   g_variant_get_type_string (unpacked));
      return NULL;
    }
  bytes = g_variant_get_data_as_bytes (unpacked);
  return state_snapshot_new_from_bytes (bytes, error);
}
