/* SPDX-License-Identifier: MIT */

/* Bytes as a snapshot: refused with an error, or a snapshot that can be looked
 * at, changed, and turned into the very same bytes again. */

#include "fuzz.h"

#include <libstate-unit.h>

/* All of a value is read, down to the last string. */
static void
walk (GVariant *value)
{
  gsize n = g_variant_is_container (value) ? g_variant_n_children (value) : 0;

  g_assert_true (g_variant_is_normal_form (value));
  for (gsize i = 0; i < MIN (n, 1000); i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (value, i);

      walk (child);
    }
}

static void
assert_same_bytes (StateSnapshot *snapshot, GBytes *expected)
{
  g_autoptr (GBytes) bytes = state_snapshot_to_bytes (snapshot);

  g_assert_true (g_bytes_equal (bytes, expected));
}

/* Every unit is found by its name, and none twice. */
static void
walk_units (StateSnapshot *snapshot)
{
  g_auto (GStrv) names = state_snapshot_list_names (snapshot);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  g_assert_cmpuint (g_strv_length (names), ==, state_snapshot_get_n_units (snapshot));
  for (guint i = 0; names[i] != NULL; i++)
    {
      g_assert_true (g_utf8_validate (names[i], -1, NULL));
      g_assert_true (g_hash_table_add (seen, names[i]));
      walk (state_snapshot_lookup (snapshot, names[i]));
    }
}

/* What was read can be put together again, unit by unit. */
static void
rebuild (StateSnapshot *snapshot, GBytes *bytes)
{
  g_auto (GStrv) names = state_snapshot_list_names (snapshot);
  g_autoptr (StateSnapshot) empty = state_snapshot_new ();
  g_autoptr (StateSnapshot) copy =
      state_snapshot_with_metadata (empty, state_snapshot_get_metadata (snapshot));

  for (guint i = 0; names[i] != NULL; i++)
    {
      StateSnapshot *next =
          state_snapshot_with_unit (copy, names[i], state_snapshot_get_version (snapshot, names[i]),
                                    state_snapshot_lookup (snapshot, names[i]));

      g_object_unref (copy);
      copy = next;
    }
  assert_same_bytes (copy, bytes);

  if (names[0] != NULL)
    {
      g_autoptr (StateSnapshot) less = state_snapshot_without_unit (copy, names[0]);

      g_assert_null (state_snapshot_lookup (less, names[0]));
      g_assert_cmpuint (state_snapshot_get_n_units (less), ==, g_strv_length (names) - 1);
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (StateSnapshot) snapshot = state_snapshot_new_from_bytes (bytes, &error);

  if (snapshot == NULL)
    {
      g_assert_error (error, STATE_ERROR, STATE_ERROR_INVALID_SNAPSHOT);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      return 0;
    }

  walk (state_snapshot_get_metadata (snapshot));
  walk_units (snapshot);
  assert_same_bytes (snapshot, bytes);
  rebuild (snapshot, bytes);
  return 0;
}
