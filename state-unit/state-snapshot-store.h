/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-snapshot-private.h"

G_BEGIN_DECLS

/* The units of one or more snapshots, in order. A snapshot looks at the first so
 * many units of a store (its view), and the units in a view never change. So
 * the next snapshot may be the same store with one unit more: snapshots that
 * are built up unit by unit share one store. Any thread may use a store. */
typedef struct _StateSnapshotStore StateSnapshotStore;

GArray *state_snapshot_units_new (guint n_expected);
void state_snapshot_units_add (GArray *units, const char *name, guint version, GVariant *state);
void state_snapshot_units_add_shared (GArray *units, const StateSnapshotUnit *shared);

StateSnapshotStore *state_snapshot_store_new_take (GArray *units, guint n_spare);
StateSnapshotStore *state_snapshot_store_enter (StateSnapshotStore *self, guint n_units);
void state_snapshot_store_leave (StateSnapshotStore *self, guint n_units);

const StateSnapshotUnit *state_snapshot_store_get_units (StateSnapshotStore *self);
gboolean state_snapshot_store_find (StateSnapshotStore *self,
                                    guint n_units,
                                    const char *name,
                                    guint *position);
const char *state_snapshot_store_find_repeated_name (StateSnapshotStore *self);
gboolean state_snapshot_store_append (StateSnapshotStore *self,
                                      guint n_units,
                                      const char *name,
                                      guint version,
                                      GVariant *state);

G_END_DECLS
