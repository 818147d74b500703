/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-snapshot.h"

G_BEGIN_DECLS

/* One unit of a snapshot. */
typedef struct
{
  const char *name;
  guint version;
  GVariant *state;
} StateSnapshotUnit;

gboolean state_snapshot_can_hold (GVariant *state);

StateSnapshot *state_snapshot_new_from_units (const StateSnapshotUnit *units, guint n_units);
const StateSnapshotUnit *state_snapshot_get_units (StateSnapshot *self);

StateSnapshot *state_snapshot_new_from_variant (GVariant *saved, GError **error);
GVariant *state_snapshot_to_variant (StateSnapshot *self);

G_END_DECLS
