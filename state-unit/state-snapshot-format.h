/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-snapshot-private.h"

G_BEGIN_DECLS

/* Snapshots as bytes. All numbers are little-endian; a checksum is that of
 * state_checksum().
 *
 * The header:
 *
 *    0  8 bytes  the signature
 *    8  u32      the format, 1
 *   12  u32      the size of the header, 48
 *   16  u64      the size of the whole
 *   24  u64      the size of the index
 *   32  u64      the checksum of the index
 *   40  u64      the checksum of the header up to here
 *
 * The states, each as a serialized GVariant, each followed by zeros up to a
 * multiple of 8: first the metadata, then one for each unit, in order.
 *
 * The index, up to the end: one record for each state, in the same order:
 *
 *        u64     the size of the state, without the zeros
 *        u64     the checksum of the state
 *        u32     the version of the state
 *        string  the name of the unit, and a zero; none for the metadata
 *        string  the type of the state, and a zero; a{sv} for the metadata
 *
 * Where a state lies follows from the sizes of those before it, so that states
 * cannot overlap, or leave a gap. */

#define STATE_SNAPSHOT_FORMAT 1
#define STATE_SNAPSHOT_HEADER_SIZE 48

gboolean state_snapshot_format_check_header (gconstpointer header, guint64 size, GError **error);
GArray *state_snapshot_format_read (GBytes *bytes, GVariant **metadata, GError **error);
GBytes *
state_snapshot_format_write (const StateSnapshotUnit *units, guint n_units, GVariant *metadata);

gboolean state_snapshot_name_is_valid (const char *name);
GVariant *state_snapshot_hold_state (GVariant *state);

G_END_DECLS
