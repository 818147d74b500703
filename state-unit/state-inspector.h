/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-enums.h"

G_BEGIN_DECLS

#define STATE_TYPE_INSPECTOR (state_inspector_get_type ())
STATE_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (StateInspector, state_inspector, STATE, INSPECTOR, GObject)

STATE_AVAILABLE_IN_ALL
void state_inspector_inspect_async (StateInspector *self,
                                    const char *path,
                                    guint depth,
                                    guint timeout_ms,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
STATE_AVAILABLE_IN_ALL
GVariant *
state_inspector_inspect_finish (StateInspector *self, GAsyncResult *result, GError **error);

G_END_DECLS
