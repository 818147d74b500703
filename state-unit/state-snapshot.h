/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-enums.h"

G_BEGIN_DECLS

#define STATE_TYPE_SNAPSHOT (state_snapshot_get_type ())
STATE_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (StateSnapshot, state_snapshot, STATE, SNAPSHOT, GObject)

STATE_AVAILABLE_IN_ALL
StateSnapshot *state_snapshot_new (void);
STATE_AVAILABLE_IN_ALL
StateSnapshot *state_snapshot_new_from_bytes (GBytes *bytes, GError **error);

STATE_AVAILABLE_IN_ALL
guint state_snapshot_get_n_units (StateSnapshot *self);
STATE_AVAILABLE_IN_ALL
char **state_snapshot_list_names (StateSnapshot *self);
STATE_AVAILABLE_IN_ALL
GVariant *state_snapshot_lookup (StateSnapshot *self, const char *name);
STATE_AVAILABLE_IN_ALL
guint state_snapshot_get_version (StateSnapshot *self, const char *name);
STATE_AVAILABLE_IN_ALL
GVariant *state_snapshot_get_metadata (StateSnapshot *self);

STATE_AVAILABLE_IN_ALL
StateSnapshot *
state_snapshot_with_unit (StateSnapshot *self, const char *name, guint version, GVariant *state);
STATE_AVAILABLE_IN_ALL
StateSnapshot *state_snapshot_without_unit (StateSnapshot *self, const char *name);
STATE_AVAILABLE_IN_ALL
StateSnapshot *state_snapshot_with_metadata (StateSnapshot *self, GVariant *metadata);

STATE_AVAILABLE_IN_ALL
GBytes *state_snapshot_to_bytes (StateSnapshot *self);

STATE_AVAILABLE_IN_ALL
gboolean state_snapshot_save_to_file (StateSnapshot *self, const char *filename, GError **error);
STATE_AVAILABLE_IN_ALL
void state_snapshot_save_to_file_async (StateSnapshot *self,
                                        const char *filename,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
STATE_AVAILABLE_IN_ALL
gboolean
state_snapshot_save_to_file_finish (StateSnapshot *self, GAsyncResult *result, GError **error);
STATE_AVAILABLE_IN_ALL
StateSnapshot *state_snapshot_load_from_file (const char *filename, GError **error);
STATE_AVAILABLE_IN_ALL
void state_snapshot_load_from_file_async (const char *filename,
                                          GCancellable *cancellable,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data);
STATE_AVAILABLE_IN_ALL
StateSnapshot *state_snapshot_load_from_file_finish (GAsyncResult *result, GError **error);

G_END_DECLS
