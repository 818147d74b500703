/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-remote-transition.h"

G_BEGIN_DECLS

#define STATE_TYPE_REMOTE_UNITS (state_remote_units_get_type ())
STATE_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (StateRemoteUnits, state_remote_units, STATE, REMOTE_UNITS, GObject)

STATE_AVAILABLE_IN_ALL
void state_remote_units_new_async (GDBusConnection *connection,
                                   const char *bus_name,
                                   const char *object_path,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
STATE_AVAILABLE_IN_ALL
StateRemoteUnits *state_remote_units_new_finish (GAsyncResult *result, GError **error);

STATE_AVAILABLE_IN_ALL
GDBusConnection *state_remote_units_get_connection (StateRemoteUnits *self);
STATE_AVAILABLE_IN_ALL
const char *state_remote_units_get_bus_name (StateRemoteUnits *self);
STATE_AVAILABLE_IN_ALL
const char *state_remote_units_get_object_path (StateRemoteUnits *self);
STATE_AVAILABLE_IN_ALL
gboolean state_remote_units_is_connected (StateRemoteUnits *self);
STATE_AVAILABLE_IN_ALL
gboolean state_remote_units_is_running (StateRemoteUnits *self);
STATE_AVAILABLE_IN_ALL
StateOperationFlags state_remote_units_get_allowed_operations (StateRemoteUnits *self);
STATE_AVAILABLE_IN_ALL
StateFailurePolicy state_remote_units_get_failure_policy (StateRemoteUnits *self);
STATE_AVAILABLE_IN_ALL
guint state_remote_units_get_default_timeout (StateRemoteUnits *self);
STATE_AVAILABLE_IN_ALL
guint state_remote_units_get_max_concurrency (StateRemoteUnits *self);
STATE_AVAILABLE_IN_ALL
StateRemoteTransition *state_remote_units_get_current_transition (StateRemoteUnits *self);
STATE_AVAILABLE_IN_ALL
StateRemoteTransition *state_remote_units_get_last_transition (StateRemoteUnits *self);
STATE_AVAILABLE_IN_ALL
StateRemoteHandle *state_remote_units_lookup (StateRemoteUnits *self, const char *name);

STATE_AVAILABLE_IN_ALL
void state_remote_units_start_async (StateRemoteUnits *self,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
STATE_AVAILABLE_IN_ALL
gboolean
state_remote_units_start_finish (StateRemoteUnits *self, GAsyncResult *result, GError **error);

STATE_AVAILABLE_IN_ALL
void state_remote_units_start_stopped_units_async (StateRemoteUnits *self,
                                                   GCancellable *cancellable,
                                                   GAsyncReadyCallback callback,
                                                   gpointer user_data);
STATE_AVAILABLE_IN_ALL
gboolean state_remote_units_start_stopped_units_finish (StateRemoteUnits *self,
                                                        GAsyncResult *result,
                                                        GError **error);

STATE_AVAILABLE_IN_ALL
void state_remote_units_stop_async (StateRemoteUnits *self,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
STATE_AVAILABLE_IN_ALL
gboolean
state_remote_units_stop_finish (StateRemoteUnits *self, GAsyncResult *result, GError **error);

STATE_AVAILABLE_IN_ALL
void state_remote_units_reset_async (StateRemoteUnits *self,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
STATE_AVAILABLE_IN_ALL
gboolean
state_remote_units_reset_finish (StateRemoteUnits *self, GAsyncResult *result, GError **error);

STATE_AVAILABLE_IN_ALL
void state_remote_units_save_async (StateRemoteUnits *self,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
STATE_AVAILABLE_IN_ALL
StateSnapshot *
state_remote_units_save_finish (StateRemoteUnits *self, GAsyncResult *result, GError **error);

STATE_AVAILABLE_IN_ALL
void state_remote_units_restore_async (StateRemoteUnits *self,
                                       StateSnapshot *snapshot,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
STATE_AVAILABLE_IN_ALL
gboolean
state_remote_units_restore_finish (StateRemoteUnits *self, GAsyncResult *result, GError **error);

STATE_AVAILABLE_IN_ALL
void state_remote_units_run_async (StateRemoteUnits *self,
                                   StateOperation operation,
                                   StateSnapshot *snapshot,
                                   GVariant *options,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
STATE_AVAILABLE_IN_ALL
gboolean state_remote_units_run_finish (StateRemoteUnits *self,
                                        GAsyncResult *result,
                                        StateSnapshot **snapshot,
                                        GError **error);

STATE_AVAILABLE_IN_ALL
void state_remote_units_plan_async (StateRemoteUnits *self,
                                    StateOperation operation,
                                    StateSnapshot *snapshot,
                                    GVariant *options,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
STATE_AVAILABLE_IN_ALL
GVariant *
state_remote_units_plan_finish (StateRemoteUnits *self, GAsyncResult *result, GError **error);

STATE_AVAILABLE_IN_ALL
void state_remote_units_inspect_async (StateRemoteUnits *self,
                                       const char *path,
                                       guint depth,
                                       guint timeout_ms,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
STATE_AVAILABLE_IN_ALL
GVariant *
state_remote_units_inspect_finish (StateRemoteUnits *self, GAsyncResult *result, GError **error);

STATE_AVAILABLE_IN_ALL
void state_remote_units_update_async (StateRemoteUnits *self,
                                      const char *path,
                                      GVariant *value,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
STATE_AVAILABLE_IN_ALL
GVariant *
state_remote_units_update_finish (StateRemoteUnits *self, GAsyncResult *result, GError **error);

STATE_AVAILABLE_IN_ALL
void state_remote_units_explain_async (StateRemoteUnits *self,
                                       const char *name,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
STATE_AVAILABLE_IN_ALL
char *
state_remote_units_explain_finish (StateRemoteUnits *self, GAsyncResult *result, GError **error);

STATE_AVAILABLE_IN_ALL
void state_remote_units_timeline_async (StateRemoteUnits *self,
                                        const char *format,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
STATE_AVAILABLE_IN_ALL
char *
state_remote_units_timeline_finish (StateRemoteUnits *self, GAsyncResult *result, GError **error);

STATE_AVAILABLE_IN_ALL
void state_remote_units_cancel (StateRemoteUnits *self);

G_END_DECLS
