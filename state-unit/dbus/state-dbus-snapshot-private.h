/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-snapshot.h"

#include <gio/gunixfdlist.h>

G_BEGIN_DECLS

/* A snapshot in a message: its bytes (ay), or, when they are many and the connection
 * takes files along, a sealed memfd with them (h). */

GVariant *state_dbus_snapshot_to_value (StateSnapshot *snapshot,
                                        GDBusConnection *connection,
                                        GUnixFDList **files,
                                        GError **error);
StateSnapshot *state_dbus_snapshot_from_value (GVariant *value, GUnixFDList *files, GError **error);

G_END_DECLS
