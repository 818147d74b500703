/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-remote-unit.h"
#include "state-unit-process-options.h"

G_BEGIN_DECLS

#define STATE_TYPE_UNIT_PROCESS (state_unit_process_get_type ())
STATE_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (StateUnitProcess, state_unit_process, STATE, UNIT_PROCESS, GObject)

STATE_AVAILABLE_IN_ALL
void state_unit_process_spawn_async (const char *const *argv,
                                     StateUnitProcessOptions *options,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data);
STATE_AVAILABLE_IN_ALL
StateUnitProcess *state_unit_process_spawn_finish (GAsyncResult *result, GError **error);

STATE_AVAILABLE_IN_ALL
char **state_unit_process_list_units (StateUnitProcess *self);
STATE_AVAILABLE_IN_ALL
StateRemoteUnit *state_unit_process_get_unit (StateUnitProcess *self, const char *name);
STATE_AVAILABLE_IN_ALL
const char *state_unit_process_get_identifier (StateUnitProcess *self);
STATE_AVAILABLE_IN_ALL
gboolean state_unit_process_is_running (StateUnitProcess *self);
STATE_AVAILABLE_IN_ALL
guint state_unit_process_get_n_restarts (StateUnitProcess *self);
STATE_AVAILABLE_IN_ALL
const GError *state_unit_process_get_error (StateUnitProcess *self);

STATE_AVAILABLE_IN_ALL
void state_unit_process_end_async (StateUnitProcess *self,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
STATE_AVAILABLE_IN_ALL
gboolean
state_unit_process_end_finish (StateUnitProcess *self, GAsyncResult *result, GError **error);
STATE_AVAILABLE_IN_ALL
void state_unit_process_kill (StateUnitProcess *self);

STATE_AVAILABLE_IN_ALL
gboolean state_unit_process_serve (const char *const *names,
                                   StateUnit **units,
                                   gsize n_units,
                                   GCancellable *cancellable,
                                   GError **error);

G_END_DECLS
