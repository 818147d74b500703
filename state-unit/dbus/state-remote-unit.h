/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-types.h"

G_BEGIN_DECLS

#define STATE_TYPE_REMOTE_UNIT (state_remote_unit_get_type ())
STATE_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (StateRemoteUnit, state_remote_unit, STATE, REMOTE_UNIT, GObject)

STATE_AVAILABLE_IN_ALL
StateRemoteUnit *
state_remote_unit_new (GDBusConnection *connection, const char *bus_name, const char *object_path);

STATE_AVAILABLE_IN_ALL
GDBusConnection *state_remote_unit_get_connection (StateRemoteUnit *self);
STATE_AVAILABLE_IN_ALL
const char *state_remote_unit_get_bus_name (StateRemoteUnit *self);
STATE_AVAILABLE_IN_ALL
const char *state_remote_unit_get_object_path (StateRemoteUnit *self);
STATE_AVAILABLE_IN_ALL
gboolean state_remote_unit_is_lost (StateRemoteUnit *self);

STATE_AVAILABLE_IN_ALL
void state_remote_unit_reconnect_async (StateRemoteUnit *self,
                                        GDBusConnection *connection,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
STATE_AVAILABLE_IN_ALL
gboolean
state_remote_unit_reconnect_finish (StateRemoteUnit *self, GAsyncResult *result, GError **error);

G_END_DECLS
