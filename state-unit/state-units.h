/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-enums.h"

G_BEGIN_DECLS

#define STATE_TYPE_UNITS (state_units_get_type ())
STATE_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (StateUnits, state_units, STATE, UNITS, GObject)

STATE_AVAILABLE_IN_ALL
StateUnits *state_units_new (void);

STATE_AVAILABLE_IN_ALL
StateUnitBuilder *state_units_add (StateUnits *self, const char *name);
STATE_AVAILABLE_IN_ALL
StateUnitHandle *state_units_add_unit (StateUnits *self,
                                       const char *name,
                                       StateUnit *unit,
                                       const char *const *depends_on,
                                       GError **error);
STATE_AVAILABLE_IN_ALL
StateUnitHandle *state_units_lookup (StateUnits *self, const char *name);

STATE_AVAILABLE_IN_ALL
gboolean state_units_is_running (StateUnits *self);
STATE_AVAILABLE_IN_ALL
GMainContext *state_units_get_main_context (StateUnits *self);
STATE_AVAILABLE_IN_ALL
StateFailurePolicy state_units_get_failure_policy (StateUnits *self);
STATE_AVAILABLE_IN_ALL
void state_units_set_failure_policy (StateUnits *self, StateFailurePolicy policy);
STATE_AVAILABLE_IN_ALL
guint state_units_get_default_timeout (StateUnits *self);
STATE_AVAILABLE_IN_ALL
void state_units_set_default_timeout (StateUnits *self, guint ms);
STATE_AVAILABLE_IN_ALL
guint state_units_get_max_concurrency (StateUnits *self);
STATE_AVAILABLE_IN_ALL
void state_units_set_max_concurrency (StateUnits *self, guint n);
STATE_AVAILABLE_IN_ALL
guint state_units_get_slow_time (StateUnits *self);
STATE_AVAILABLE_IN_ALL
void state_units_set_slow_time (StateUnits *self, guint ms);
STATE_AVAILABLE_IN_ALL
StateTransition *state_units_get_current_transition (StateUnits *self);
STATE_AVAILABLE_IN_ALL
StateTransition *state_units_get_last_transition (StateUnits *self);
STATE_AVAILABLE_IN_ALL
StateOperationFlags state_units_get_allowed_operations (StateUnits *self);

STATE_AVAILABLE_IN_ALL
void state_units_start_async (StateUnits *self,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
STATE_AVAILABLE_IN_ALL
gboolean state_units_start_finish (StateUnits *self, GAsyncResult *result, GError **error);

STATE_AVAILABLE_IN_ALL
void state_units_start_stopped_units_async (StateUnits *self,
                                            GCancellable *cancellable,
                                            GAsyncReadyCallback callback,
                                            gpointer user_data);
STATE_AVAILABLE_IN_ALL
gboolean
state_units_start_stopped_units_finish (StateUnits *self, GAsyncResult *result, GError **error);

STATE_AVAILABLE_IN_ALL
void state_units_stop_async (StateUnits *self,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
STATE_AVAILABLE_IN_ALL
gboolean state_units_stop_finish (StateUnits *self, GAsyncResult *result, GError **error);

STATE_AVAILABLE_IN_ALL
void state_units_reset_async (StateUnits *self,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
STATE_AVAILABLE_IN_ALL
gboolean state_units_reset_finish (StateUnits *self, GAsyncResult *result, GError **error);

STATE_AVAILABLE_IN_ALL
void state_units_save_async (StateUnits *self,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
STATE_AVAILABLE_IN_ALL
StateSnapshot *state_units_save_finish (StateUnits *self, GAsyncResult *result, GError **error);

STATE_AVAILABLE_IN_ALL
void state_units_restore_async (StateUnits *self,
                                StateSnapshot *snapshot,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
STATE_AVAILABLE_IN_ALL
gboolean state_units_restore_finish (StateUnits *self, GAsyncResult *result, GError **error);

STATE_AVAILABLE_IN_ALL
void state_units_inspect_async (StateUnits *self,
                                const char *path,
                                guint depth,
                                guint timeout_ms,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
STATE_AVAILABLE_IN_ALL
GVariant *state_units_inspect_finish (StateUnits *self, GAsyncResult *result, GError **error);

STATE_AVAILABLE_IN_ALL
void state_units_update_async (StateUnits *self,
                               const char *path,
                               GVariant *value,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
STATE_AVAILABLE_IN_ALL
GVariant *state_units_update_finish (StateUnits *self, GAsyncResult *result, GError **error);

STATE_AVAILABLE_IN_ALL
StateInspector *state_units_get_inspector (StateUnits *self);
STATE_AVAILABLE_IN_ALL
char *state_units_to_dot (StateUnits *self);

G_END_DECLS
