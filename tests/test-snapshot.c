/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <glib/gstdio.h>
#include <libstate-unit.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define HEADER_SIZE 48

/* --- Snapshots to test with --- */

static GVariant *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  GVariant *value = g_variant_parse (NULL, text, NULL, NULL, &error);

  g_assert_no_error (error);
  return value;
}

/* Consumes the snapshot, so that calls chain. */
static StateSnapshot *
add (StateSnapshot *snapshot, const char *name, guint version, const char *text)
{
  g_autoptr (StateSnapshot) before = snapshot;
  g_autoptr (GVariant) state = parse (text);

  return state_snapshot_with_unit (before, name, version, state);
}

static StateSnapshot *
make_machine (void)
{
  g_autoptr (StateSnapshot) snapshot = state_snapshot_new ();

  snapshot = add (g_steal_pointer (&snapshot), "clock", 0, "uint64 1700000000");
  snapshot = add (g_steal_pointer (&snapshot), "bus/disk", 3, "{'path': <'/tmp/a'>, 'at': <7>}");
  snapshot = add (g_steal_pointer (&snapshot), "fan", 1, "@ay []");
  snapshot = add (g_steal_pointer (&snapshot), "lamp", 4294967295, "true");
  return state_snapshot_with_metadata (snapshot, g_variant_new_parsed ("{'disks': <1>}"));
}

static void
assert_equal_snapshots (StateSnapshot *a, StateSnapshot *b)
{
  g_auto (GStrv) names = state_snapshot_list_names (a);
  g_auto (GStrv) other_names = state_snapshot_list_names (b);

  g_assert_cmpstrv (names, other_names);
  g_assert_cmpuint (state_snapshot_get_n_units (a), ==, g_strv_length (names));
  g_assert_cmpuint (state_snapshot_get_n_units (b), ==, g_strv_length (names));
  g_assert_cmpvariant (state_snapshot_get_metadata (a), state_snapshot_get_metadata (b));

  for (char **name = names; *name != NULL; name++)
    {
      g_assert_cmpuint (state_snapshot_get_version (a, *name), ==,
                        state_snapshot_get_version (b, *name));
      g_assert_nonnull (state_snapshot_lookup (a, *name));
      g_assert_nonnull (state_snapshot_lookup (b, *name));
      g_assert_cmpvariant (state_snapshot_lookup (a, *name), state_snapshot_lookup (b, *name));
    }
}

static StateSnapshot *
read_bytes (GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  StateSnapshot *snapshot = state_snapshot_new_from_bytes (bytes, &error);

  g_assert_no_error (error);
  g_assert_nonnull (snapshot);
  return snapshot;
}

static void
assert_round_trip (StateSnapshot *snapshot)
{
  g_autoptr (GBytes) bytes = state_snapshot_to_bytes (snapshot);
  g_autoptr (StateSnapshot) read = read_bytes (bytes);
  g_autoptr (GBytes) again = state_snapshot_to_bytes (read);

  assert_equal_snapshots (snapshot, read);
  g_assert_true (g_bytes_equal (bytes, again));
}

/* What reading says is wrong, which must be something. */
static char *
get_flaw (GBytes *bytes, const char *what, gsize number)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StateSnapshot) snapshot = state_snapshot_new_from_bytes (bytes, &error);

  if (snapshot != NULL)
    g_error ("%s %" G_GSIZE_FORMAT ": taken for a snapshot", what, number);
  g_assert_error (error, STATE_ERROR, STATE_ERROR_INVALID_SNAPSHOT);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  return g_strdup (error->message);
}

/* Reading must fail, and say where. */
static void
assert_invalid (GBytes *bytes, const char *where)
{
  g_autofree char *flaw = get_flaw (bytes, where, 0);

  if (strstr (flaw, where) == NULL)
    g_error ("“%s” is not in “%s”", where, flaw);
}

/* --- Bytes written by hand --- */

/* The states and the index of a file whose checksums are right, whatever else. */
typedef struct
{
  GByteArray *states;
  GByteArray *index;
} Draft;

/* CRC-64/XZ, bit by bit. */
static guint64
checksum (gconstpointer data, gsize size)
{
  guint64 crc = G_MAXUINT64;

  for (const guint8 *byte = data; byte < (const guint8 *) data + size; byte++)
    {
      crc ^= *byte;
      for (int bit = 0; bit < 8; bit++)
        crc = (crc >> 1) ^ ((crc & 1) != 0 ? G_GUINT64_CONSTANT (0xc96c5795d7870f42) : 0);
    }
  return ~crc;
}

static void
add_u64 (GByteArray *array, guint64 number)
{
  number = GUINT64_TO_LE (number);
  g_byte_array_append (array, (const guint8 *) &number, sizeof (number));
}

static void
add_u32 (GByteArray *array, guint32 number)
{
  number = GUINT32_TO_LE (number);
  g_byte_array_append (array, (const guint8 *) &number, sizeof (number));
}

static void
add_string (GByteArray *array, const char *string)
{
  g_byte_array_append (array, (const guint8 *) string, strlen (string) + 1);
}

static void
draft_add_record (Draft *draft,
                  guint64 size,
                  guint64 sum,
                  guint version,
                  const char *name,
                  const char *type)
{
  add_u64 (draft->index, size);
  add_u64 (draft->index, sum);
  add_u32 (draft->index, version);
  add_string (draft->index, name);
  add_string (draft->index, type);
}

static void
draft_add (Draft *draft, const char *name, const char *type, gconstpointer state, gsize size)
{
  static const guint8 zeros[8];

  g_byte_array_append (draft->states, state, size);
  g_byte_array_append (draft->states, zeros, -size % 8);
  draft_add_record (draft, size, checksum (state, size), 1, name, type);
}

/* A draft that has the (empty) metadata. */
static void
draft_init (Draft *draft)
{
  draft->states = g_byte_array_new ();
  draft->index = g_byte_array_new ();
  draft_add_record (draft, 0, checksum (NULL, 0), 0, "", "a{sv}");
}

/* Puts the checksums of the header and of the index right. */
static void
mend (guint8 *data, gsize size)
{
  guint64 index_size;
  guint64 sum;

  memcpy (&index_size, data + 24, 8);
  index_size = GUINT64_FROM_LE (index_size);
  if (index_size <= size - HEADER_SIZE)
    {
      sum = GUINT64_TO_LE (checksum (data + size - index_size, index_size));
      memcpy (data + 32, &sum, 8);
    }
  sum = GUINT64_TO_LE (checksum (data, 40));
  memcpy (data + 40, &sum, 8);
}

static GBytes *
draft_finish (Draft *draft)
{
  GByteArray *file = g_byte_array_new ();

  g_byte_array_append (file, (const guint8 *) "\x89STU\r\n\x1a\n", 8);
  add_u32 (file, 1);
  add_u32 (file, HEADER_SIZE);
  add_u64 (file, HEADER_SIZE + draft->states->len + draft->index->len);
  add_u64 (file, draft->index->len);
  add_u64 (file, 0);
  add_u64 (file, 0);
  g_byte_array_append (file, draft->states->data, draft->states->len);
  g_byte_array_append (file, draft->index->data, draft->index->len);
  mend (file->data, file->len);

  g_byte_array_unref (draft->states);
  g_byte_array_unref (draft->index);
  return g_byte_array_free_to_bytes (file);
}

/* Consumes what is in the draft. */
static void
assert_invalid_draft (Draft *draft, const char *where)
{
  g_autoptr (GBytes) bytes = draft_finish (draft);

  assert_invalid (bytes, where);
}

/* --- What a snapshot is --- */

static void
test_empty (void)
{
  g_autoptr (StateSnapshot) snapshot = state_snapshot_new ();
  g_autoptr (StateSnapshot) bare = g_object_new (STATE_TYPE_SNAPSHOT, NULL);
  g_autoptr (StateSnapshot) without = state_snapshot_without_unit (bare, "disk");
  g_auto (GStrv) names = state_snapshot_list_names (snapshot);

  g_assert_cmpuint (state_snapshot_get_n_units (snapshot), ==, 0);
  g_assert_nonnull (names);
  g_assert_null (names[0]);
  g_assert_null (state_snapshot_lookup (snapshot, "disk"));
  g_assert_cmpuint (state_snapshot_get_version (snapshot, "disk"), ==, 0);
  g_assert_cmpstr (g_variant_get_type_string (state_snapshot_get_metadata (snapshot)), ==, "a{sv}");
  g_assert_cmpuint (g_variant_n_children (state_snapshot_get_metadata (snapshot)), ==, 0);
  assert_equal_snapshots (snapshot, bare);
  assert_equal_snapshots (snapshot, without);
  assert_round_trip (snapshot);
}

static void
test_properties (void)
{
  g_autoptr (StateSnapshot) snapshot = make_machine ();
  g_autoptr (GVariant) metadata = NULL;
  guint n_units;

  g_object_get (snapshot, "n-units", &n_units, "metadata", &metadata, NULL);

  g_assert_cmpuint (n_units, ==, 4);
  g_assert_true (metadata == state_snapshot_get_metadata (snapshot));
}

static void
test_order (void)
{
  g_autoptr (StateSnapshot) snapshot = state_snapshot_new ();
  g_auto (GStrv) names = NULL;
  const char *expected[] = { "zebra", "ant", "mouse", NULL };

  for (const char **name = expected; *name != NULL; name++)
    snapshot = add (g_steal_pointer (&snapshot), *name, 1, "1");

  names = state_snapshot_list_names (snapshot);
  g_assert_cmpstrv (names, expected);
  assert_round_trip (snapshot);
}

static void
test_replace (void)
{
  g_autoptr (StateSnapshot) snapshot = make_machine ();
  g_autoptr (StateSnapshot) changed =
      state_snapshot_with_unit (snapshot, "bus/disk", 4, g_variant_new_string ("new"));
  g_auto (GStrv) names = state_snapshot_list_names (snapshot);
  g_auto (GStrv) changed_names = state_snapshot_list_names (changed);

  g_assert_cmpstrv (names, changed_names);
  g_assert_cmpstr (g_variant_get_string (state_snapshot_lookup (changed, "bus/disk"), NULL), ==,
                   "new");
  g_assert_cmpuint (state_snapshot_get_version (changed, "bus/disk"), ==, 4);
  g_assert_cmpuint (state_snapshot_get_version (snapshot, "bus/disk"), ==, 3);
  g_assert_cmpvariant (state_snapshot_get_metadata (snapshot),
                       state_snapshot_get_metadata (changed));
}

static void
test_without (void)
{
  g_autoptr (StateSnapshot) snapshot = make_machine ();
  g_autoptr (StateSnapshot) fewer = state_snapshot_without_unit (snapshot, "bus/disk");
  g_autoptr (StateSnapshot) same = state_snapshot_without_unit (snapshot, "no such unit");
  g_auto (GStrv) names = state_snapshot_list_names (fewer);
  const char *expected[] = { "clock", "fan", "lamp", NULL };

  g_assert_cmpstrv (names, expected);
  g_assert_null (state_snapshot_lookup (fewer, "bus/disk"));
  g_assert_nonnull (state_snapshot_lookup (fewer, "lamp"));
  g_assert_nonnull (state_snapshot_lookup (snapshot, "bus/disk"));
  assert_equal_snapshots (snapshot, same);

  for (const char **name = expected; *name != NULL; name++)
    {
      g_autoptr (StateSnapshot) before = g_steal_pointer (&fewer);

      fewer = state_snapshot_without_unit (before, *name);
    }
  g_assert_cmpuint (state_snapshot_get_n_units (fewer), ==, 0);
  assert_round_trip (fewer);
}

static void
test_metadata (void)
{
  g_autoptr (StateSnapshot) snapshot = make_machine ();
  g_autoptr (StateSnapshot) labelled =
      state_snapshot_with_metadata (snapshot, g_variant_new_parsed ("{'disks': <2>}"));
  g_autoptr (GVariant) disks =
      g_variant_lookup_value (state_snapshot_get_metadata (labelled), "disks", NULL);

  g_assert_cmpint (g_variant_get_int32 (disks), ==, 2);
  g_assert_cmpuint (state_snapshot_get_n_units (labelled), ==, 4);
  assert_round_trip (labelled);
}

/* Two snapshots grow out of one, each in its own way, and it stays as it was. */
static void
test_immutable (void)
{
  g_autoptr (StateSnapshot) base = make_machine ();
  g_autoptr (GBytes) before = state_snapshot_to_bytes (base);
  g_autoptr (GBytes) after = NULL;
  g_autoptr (StateSnapshot) left = add (g_object_ref (base), "door", 1, "'left'");
  g_autoptr (StateSnapshot) right = add (g_object_ref (base), "door", 2, "'right'");
  g_autoptr (StateSnapshot) more = add (g_object_ref (left), "bell", 1, "1");
  g_autoptr (StateSnapshot) fewer = state_snapshot_without_unit (left, "clock");

  after = state_snapshot_to_bytes (base);
  g_assert_true (g_bytes_equal (before, after));
  g_assert_null (state_snapshot_lookup (base, "door"));
  g_assert_cmpuint (state_snapshot_get_version (left, "door"), ==, 1);
  g_assert_cmpuint (state_snapshot_get_version (right, "door"), ==, 2);
  g_assert_cmpuint (state_snapshot_get_version (more, "door"), ==, 1);
  g_assert_null (state_snapshot_lookup (left, "bell"));
  g_assert_cmpuint (state_snapshot_get_n_units (left), ==, 5);
  g_assert_cmpuint (state_snapshot_get_n_units (fewer), ==, 4);

  /* The place behind the base is free again once nobody sees what stood there. */
  g_clear_object (&fewer);
  g_clear_object (&more);
  g_clear_object (&left);
  left = add (g_object_ref (base), "window", 3, "'left'");
  g_assert_null (state_snapshot_lookup (left, "door"));
  g_assert_cmpuint (state_snapshot_get_version (left, "window"), ==, 3);
}

static void
set_flag (gpointer flag)
{
  *(gboolean *) flag = TRUE;
}

static void
test_lets_go (void)
{
  g_autoptr (StateSnapshot) base = make_machine ();
  g_autoptr (StateSnapshot) bigger = NULL;
  static const guint8 data[64];
  gboolean freed = FALSE;
  g_autoptr (GBytes) bytes = g_bytes_new_with_free_func (data, sizeof (data), set_flag, &freed);

  bigger =
      state_snapshot_with_unit (base, "memory", 1,
                                g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, FALSE));
  g_clear_pointer (&bytes, g_bytes_unref);
  g_assert_nonnull (state_snapshot_lookup (bigger, "memory"));
  g_assert_false (freed);

  g_clear_object (&bigger);
  g_assert_true (freed);
  g_assert_null (state_snapshot_lookup (base, "memory"));
  g_assert_nonnull (state_snapshot_lookup (base, "lamp"));
}

static void
test_sinks (void)
{
  g_autoptr (StateSnapshot) empty = state_snapshot_new ();
  g_autoptr (GVariant) owned = g_variant_ref_sink (g_variant_new_int32 (5));
  g_autoptr (StateSnapshot) snapshot = state_snapshot_with_unit (empty, "a", 1, owned);
  g_autoptr (StateSnapshot) more =
      state_snapshot_with_unit (snapshot, "b", 1, g_variant_new_int32 (6));

  g_assert_false (g_variant_is_floating (state_snapshot_lookup (more, "a")));
  g_assert_false (g_variant_is_floating (state_snapshot_lookup (more, "b")));
}

/* A state from another process may be in no normal form. */
static void
test_abnormal_state (void)
{
  static const guint8 not_a_boolean[1] = { 2 };
  g_autoptr (StateSnapshot) empty = state_snapshot_new ();
  g_autoptr (StateSnapshot) snapshot =
      state_snapshot_with_unit (empty, "lamp", 1,
                                g_variant_new_from_data (G_VARIANT_TYPE_BOOLEAN, not_a_boolean, 1,
                                                         FALSE, NULL, NULL));

  g_assert_true (g_variant_is_normal_form (state_snapshot_lookup (snapshot, "lamp")));
  assert_round_trip (snapshot);
}

static GVariant *
nest (guint levels)
{
  GVariant *value = g_variant_new_int32 (1);

  for (guint i = 0; i < levels; i++)
    value = g_variant_new_variant (value);
  return value;
}

/* Else it would be saved, and could not be read again. */
static void
test_too_deep (void)
{
  g_autoptr (StateSnapshot) empty = state_snapshot_new ();
  g_autoptr (GVariant) deep = g_variant_ref_sink (nest (127));
  g_autoptr (GVariant) too_deep = g_variant_ref_sink (nest (128));
  g_autoptr (StateSnapshot) snapshot = state_snapshot_with_unit (empty, "well", 1, deep);

  assert_round_trip (snapshot);

  g_test_expect_message ("state-unit", G_LOG_LEVEL_CRITICAL, "*can_hold*");
  g_assert_null (state_snapshot_with_unit (empty, "well", 1, too_deep));
  g_test_assert_expected_messages ();
}

static void
test_invalid_names (void)
{
  const char *names[] = { "", "/", "a/", "/a", "a//b", "\xff", "a/\xc3" };
  g_autoptr (StateSnapshot) empty = state_snapshot_new ();
  g_autoptr (GVariant) state = g_variant_ref_sink (g_variant_new_int32 (5));

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_test_expect_message ("state-unit", G_LOG_LEVEL_CRITICAL, "*name_is_valid*");
      g_assert_null (state_snapshot_with_unit (empty, names[i], 1, state));
      g_test_assert_expected_messages ();
      g_assert_null (state_snapshot_lookup (empty, names[i]));
    }
}

static void
test_many_units (void)
{
  const guint n_units = 50000;
  g_autoptr (StateSnapshot) snapshot = state_snapshot_new ();
  char name[32];

  for (guint i = 0; i < n_units; i++)
    {
      g_autoptr (StateSnapshot) before = g_steal_pointer (&snapshot);

      g_snprintf (name, sizeof (name), "unit-%u", i);
      snapshot = state_snapshot_with_unit (before, name, i, g_variant_new_uint32 (i));
    }

  g_assert_cmpuint (state_snapshot_get_n_units (snapshot), ==, n_units);
  for (guint i = 0; i < n_units; i++)
    {
      g_snprintf (name, sizeof (name), "unit-%u", i);
      g_assert_cmpuint (state_snapshot_get_version (snapshot, name), ==, i);
      g_assert_cmpuint (g_variant_get_uint32 (state_snapshot_lookup (snapshot, name)), ==, i);
    }
  assert_round_trip (snapshot);
}

static gpointer
use_snapshot (gpointer data)
{
  StateSnapshot *snapshot = data;

  for (guint i = 0; i < 2000; i++)
    {
      g_autoptr (StateSnapshot) grown =
          state_snapshot_with_unit (snapshot, "mine", i, g_variant_new_uint32 (i));
      g_autoptr (StateSnapshot) grown_more =
          state_snapshot_with_unit (grown, "another", i, g_variant_new_uint32 (i));

      g_assert_nonnull (state_snapshot_lookup (snapshot, "bus/disk"));
      g_assert_null (state_snapshot_lookup (snapshot, "mine"));
      g_assert_cmpuint (state_snapshot_get_version (grown, "mine"), ==, i);
      g_assert_null (state_snapshot_lookup (grown, "another"));
      g_assert_cmpuint (state_snapshot_get_version (grown_more, "another"), ==, i);
      if (i % 100 == 0)
        assert_round_trip (grown_more);
    }
  return NULL;
}

static void
test_threads (void)
{
  g_autoptr (StateSnapshot) snapshot = make_machine ();
  g_autoptr (StateSnapshot) same = make_machine ();
  GThread *threads[8];

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("user", use_snapshot, snapshot);
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  assert_equal_snapshots (snapshot, same);
}

/* --- Bytes --- */

static const char *const states_of_every_type[] = {
  "true",
  "byte 255",
  "int16 -2",
  "uint16 2",
  "int32 -3",
  "uint32 3",
  "int64 -4",
  "uint64 18446744073709551615",
  "handle 5",
  "6.25",
  "'text'",
  "'Ærøskøbing 🙂'",
  "''",
  "objectpath '/a/b'",
  "signature 'a{sv}'",
  "<'within'>",
  "<<<()>>>",
  "()",
  "(1, 'two', 3.0)",
  "(byte 1,)",
  "(uint64 1, byte 1, uint64 2)",
  "@mi 7",
  "@mi nothing",
  "@ms 'maybe'",
  "@ms nothing",
  "@mms just nothing",
  "@m() just ()",
  "@ay []",
  "b'bytes'",
  "[int16 1, 2, 3]",
  "[uint64 1, 2]",
  "[1.5, 2.5]",
  "[true, false]",
  "@ah [handle 1]",
  "@as []",
  "['a', '', 'ccc']",
  "[['a'], @as []]",
  "[(), ()]",
  "@a() []",
  "[@mi 1, nothing]",
  "@a{sv} {}",
  "{'a': <1>, 'b': <{'c': <'d'>}>}",
  "{uint32 1: 'one', 2: 'two'}",
  "@a{s(iu)} {'x': (1, 2)}",
  "@{sv} {'a', <1>}",
  "[<1>, <'two'>, <[3.0]>]",
  "(@ay [], @as [], <@mv nothing>)",
};

static void
test_every_type (void)
{
  g_autoptr (StateSnapshot) all = state_snapshot_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (states_of_every_type); i++)
    {
      const char *text = states_of_every_type[i];
      g_autoptr (StateSnapshot) one = NULL;
      g_autofree char *name = g_strdup_printf ("unit-%" G_GSIZE_FORMAT, i);

      one = add (state_snapshot_new (), "one", i, text);
      assert_round_trip (one);
      all = add (g_steal_pointer (&all), name, i, text);
    }
  assert_round_trip (all);
}

static void
test_every_name (void)
{
  const char *names[] = { "a", "a/b/c",     "with space", "Ærø/🙂",
                          ".", "new\nline", "{brace",     "\x7f" };
  g_autoptr (StateSnapshot) snapshot = state_snapshot_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    snapshot = add (g_steal_pointer (&snapshot), names[i], i, "1");
  assert_round_trip (snapshot);
}

static void
test_large_state (void)
{
  const gsize size = 16 * 1024 * 1024 + 3;
  guint8 *data = g_malloc (size);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (StateSnapshot) empty = state_snapshot_new ();
  g_autoptr (StateSnapshot) snapshot = NULL;

  for (gsize i = 0; i < size; i++)
    data[i] = i * 7 + (i >> 8);
  bytes = g_bytes_new_take (data, size);
  snapshot =
      state_snapshot_with_unit (empty, "memory", 1,
                                g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, FALSE));
  assert_round_trip (snapshot);
}

static GBytes *
bytes_from_hex (const char *text)
{
  GByteArray *array = g_byte_array_new ();

  for (; text[0] != '\0'; text += 2)
    {
      guint8 byte = g_ascii_xdigit_value (text[0]) << 4 | g_ascii_xdigit_value (text[1]);

      g_byte_array_append (array, &byte, 1);
    }
  return g_byte_array_free_to_bytes (array);
}

/* Bytes that were not written by this library. */
static void
test_format_1 (void)
{
  const char *saved = "895354550d0a1a0a010000003000000010010000000000009000000000000000"
                      "7c2c0938e8299ea32b10f3f8a342d4726469736b73000000010000000069060f"
                      "00f153650000000070617468000000002f746d702f6100007305000000000000"
                      "6174000000000000070000000069031227000000000000000100000000000000"
                      "1000000000000000c71034a1d2a6afe90000000000617b73767d000800000000"
                      "000000ee073eb03d09161100000000636c6f636b00740029000000000000005a"
                      "ba74a38d7a61b8030000006275732f6469736b00617b73767d00000000000000"
                      "000000000000000000000100000066616e0061790001000000000000003660c0"
                      "67cded83acffffffff6c616d70006200";
  g_autoptr (GBytes) bytes = bytes_from_hex (saved);
  g_autoptr (StateSnapshot) machine = make_machine ();
  g_autoptr (GBytes) written = state_snapshot_to_bytes (machine);
  g_autoptr (StateSnapshot) snapshot = read_bytes (bytes);

  assert_equal_snapshots (snapshot, machine);
  g_assert_true (g_bytes_equal (written, bytes));
}

static gboolean
lies_within (GVariant *value, GBytes *bytes)
{
  const char *begin = g_bytes_get_data (bytes, NULL);
  const char *data = g_variant_get_data (value);

  return data >= begin && data + g_variant_get_size (value) <= begin + g_bytes_get_size (bytes);
}

static void
test_no_copies (void)
{
  g_autoptr (StateSnapshot) machine = make_machine ();
  g_autoptr (GBytes) bytes = state_snapshot_to_bytes (machine);
  g_autoptr (StateSnapshot) snapshot = read_bytes (bytes);

#if G_BYTE_ORDER == G_LITTLE_ENDIAN
  g_assert_true (lies_within (state_snapshot_lookup (snapshot, "clock"), bytes));
  g_assert_true (lies_within (state_snapshot_lookup (snapshot, "bus/disk"), bytes));
  g_assert_true (lies_within (state_snapshot_get_metadata (snapshot), bytes));
#else
  g_test_skip ("numbers are converted here");
#endif
}

static void
test_outlives_bytes (void)
{
  g_autoptr (StateSnapshot) machine = make_machine ();
  g_autoptr (GBytes) bytes = state_snapshot_to_bytes (machine);
  g_autoptr (StateSnapshot) snapshot = read_bytes (bytes);

  g_clear_pointer (&bytes, g_bytes_unref);
  assert_equal_snapshots (machine, snapshot);
}

static void
test_unaligned (void)
{
  g_autoptr (StateSnapshot) machine = make_machine ();
  g_autoptr (GBytes) bytes = state_snapshot_to_bytes (machine);
  gsize size = g_bytes_get_size (bytes);

  for (gsize shift = 1; shift < 8; shift++)
    {
      g_autofree guint8 *memory = g_malloc (size + shift);
      g_autoptr (GBytes) shifted = NULL;
      g_autoptr (StateSnapshot) snapshot = NULL;

      memcpy (memory + shift, g_bytes_get_data (bytes, NULL), size);
      shifted = g_bytes_new_static (memory + shift, size);
      snapshot = read_bytes (shifted);
      assert_equal_snapshots (machine, snapshot);
      assert_round_trip (snapshot);
    }
}

/* What the others trust: a draft without a flaw is read. */
static void
test_draft (void)
{
  Draft draft;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (StateSnapshot) snapshot = NULL;

  draft_init (&draft);
  draft_add (&draft, "disk", "s", "abc", 4);
  draft_add (&draft, "bus/disk", "ay", "12345678", 8);
  bytes = draft_finish (&draft);
  snapshot = read_bytes (bytes);

  g_assert_cmpuint (state_snapshot_get_n_units (snapshot), ==, 2);
  g_assert_cmpstr (g_variant_get_string (state_snapshot_lookup (snapshot, "disk"), NULL), ==,
                   "abc");
  assert_round_trip (snapshot);
}

/* --- Altered bytes --- */

static void
test_bit_flips (void)
{
  g_autoptr (StateSnapshot) machine = make_machine ();
  g_autoptr (GBytes) bytes = state_snapshot_to_bytes (machine);
  gsize size = g_bytes_get_size (bytes);
  g_autofree guint8 *data = g_memdup2 (g_bytes_get_data (bytes, NULL), size);

  for (gsize bit = 0; bit < size * 8; bit++)
    {
      g_autoptr (GBytes) altered = NULL;

      data[bit / 8] ^= 1 << (bit % 8);
      altered = g_bytes_new (data, size);
      g_free (get_flaw (altered, "bit", bit));
      data[bit / 8] ^= 1 << (bit % 8);
    }
}

static void
test_truncations (void)
{
  g_autoptr (StateSnapshot) machine = make_machine ();
  g_autoptr (GBytes) bytes = state_snapshot_to_bytes (machine);

  for (gsize size = 0; size < g_bytes_get_size (bytes); size++)
    {
      /* In memory of that size, so that reading beyond it shows. */
      g_autoptr (GBytes) shorter = g_bytes_new (g_bytes_get_data (bytes, NULL), size);

      assert_invalid (shorter, size == 0 ? "empty" : size < HEADER_SIZE ? "ends at byte" : "bytes");
    }
}

static void
test_appended (void)
{
  g_autoptr (StateSnapshot) machine = make_machine ();
  g_autoptr (GBytes) bytes = state_snapshot_to_bytes (machine);
  gsize size = g_bytes_get_size (bytes);

  for (gsize more = 1; more <= 64; more++)
    for (int byte = 0; byte < 256; byte += 85)
      {
        guint8 *data = g_malloc (size + more);
        g_autoptr (GBytes) longer = g_bytes_new_take (data, size + more);

        memcpy (data, g_bytes_get_data (bytes, NULL), size);
        memset (data + size, byte, more);
        assert_invalid (longer, "bytes");
      }
}

static void
test_names_unit (void)
{
  g_autoptr (StateSnapshot) machine = make_machine ();
  g_autoptr (GBytes) bytes = state_snapshot_to_bytes (machine);
  gsize size = g_bytes_get_size (bytes);
  g_autofree char *data = g_memdup2 (g_bytes_get_data (bytes, NULL), size);
  g_autoptr (GBytes) altered = NULL;
  gsize at = 0;

  while (memcmp (data + at, "/tmp/a", 6) != 0)
    at++;
  data[at + 5] = 'b';
  altered = g_bytes_new (data, size);
  assert_invalid (altered, "unit bus/disk: ");
}

static void
test_foreign (void)
{
  const char *foreign[] = {
    "x",
    "\x7f"
    "ELF, and then some more that is as long as a header is, or longer",
    "{\"units\": []}",
    "\x89PNG\r\n\x1a\n................................................................",
  };
  g_autoptr (GBytes) zeros = g_bytes_new_take (g_malloc0 (4096), 4096);

  for (gsize i = 0; i < G_N_ELEMENTS (foreign); i++)
    {
      g_autoptr (GBytes) bytes = g_bytes_new_static (foreign[i], strlen (foreign[i]));

      assert_invalid (bytes, "does not begin as a snapshot");
    }
  assert_invalid (zeros, "does not begin as a snapshot");
}

static void
test_line_ends (void)
{
  g_autoptr (StateSnapshot) machine = make_machine ();
  g_autoptr (GBytes) bytes = state_snapshot_to_bytes (machine);
  gsize size = g_bytes_get_size (bytes);
  g_autofree char *data = g_memdup2 (g_bytes_get_data (bytes, NULL), size);
  g_autoptr (GBytes) converted = NULL;

  memmove (data + 4, data + 5, size - 5);
  converted = g_bytes_new (data, size - 1);
  assert_invalid (converted, "line ends were converted");
}

static void
test_newer_format (void)
{
  Draft draft;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) newer = NULL;
  g_autofree guint8 *data = NULL;
  gsize size;

  draft_init (&draft);
  bytes = draft_finish (&draft);
  size = g_bytes_get_size (bytes);
  data = g_memdup2 (g_bytes_get_data (bytes, NULL), size);
  data[8] = 2;
  mend (data, size);
  newer = g_bytes_new (data, size);
  assert_invalid (newer, "format 2; the newest known here is 1");
}

/* --- Bytes that lie, with checksums that are right --- */

static void
test_hostile_sizes (void)
{
  const guint64 sizes[] = { 9,
                            16,
                            17,
                            G_MAXUINT32,
                            G_MAXINT64,
                            G_MAXUINT64,
                            G_MAXUINT64 - 7,
                            G_MAXUINT64 - 8,
                            G_MAXUINT64 - HEADER_SIZE + 1 };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      Draft draft;

      draft_init (&draft);
      g_byte_array_append (draft.states, (const guint8 *) "12345678", 8);
      draft_add_record (&draft, sizes[i], checksum ("12345678", 8), 1, "disk", "ay");
      assert_invalid_draft (&draft, "unit disk: ");
    }
}

/* Two records for the bytes of one state: there is no way to say that. */
static void
test_overlap (void)
{
  Draft draft;

  draft_init (&draft);
  draft_add (&draft, "disk", "ay", "12345678", 8);
  draft_add_record (&draft, 8, checksum ("12345678", 8), 1, "other", "ay");
  assert_invalid_draft (&draft, "unit other: ");
}

static void
test_gap (void)
{
  static const guint8 zeros[8];
  Draft draft;

  draft_init (&draft);
  draft_add (&draft, "disk", "ay", "12345678", 8);
  g_byte_array_append (draft.states, zeros, 8);
  assert_invalid_draft (&draft, "bytes from 56 to 63 are no unit's");

  draft_init (&draft);
  g_byte_array_append (draft.states, zeros, 8);
  draft_add (&draft, "disk", "ay", "12345678", 8);
  assert_invalid_draft (&draft, "unit disk: ");

  draft_init (&draft);
  g_byte_array_append (draft.states, zeros, 3);
  assert_invalid_draft (&draft, "index");
}

static void
test_padding (void)
{
  for (gsize byte = 3; byte < 8; byte++)
    {
      Draft draft;

      draft_init (&draft);
      draft_add (&draft, "disk", "ay", "123", 3);
      draft.states->data[byte] = 1;
      assert_invalid_draft (&draft, "unit disk: ");
    }
}

static void
test_duplicates (void)
{
  Draft draft;

  draft_init (&draft);
  draft_add (&draft, "disk", "y", "1", 1);
  draft_add (&draft, "other", "y", "2", 1);
  draft_add (&draft, "disk", "y", "3", 1);
  assert_invalid_draft (&draft, "two units disk");
}

static void
test_hostile_names (void)
{
  const char *names[] = { "", "/", "a/", "/a", "a//b", "\xff", "a/\xc3", "\xed\xa0\x80" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      Draft draft;

      draft_init (&draft);
      draft_add (&draft, names[i], "y", "1", 1);
      assert_invalid_draft (&draft, "has no valid name");
    }
}

/* Names that g_str_hash() cannot tell apart: reading them must not take minutes. */
static void
test_colliding_names (void)
{
  const guint n_bits = 16;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (StateSnapshot) snapshot = NULL;
  Draft draft;

  draft_init (&draft);
  for (guint i = 0; i < 1u << n_bits; i++)
    {
      char name[2 * 16 + 1] = "";

      for (guint bit = 0; bit < n_bits; bit++)
        memcpy (name + 2 * bit, (i >> bit & 1) != 0 ? "Ez" : "FY", 2);
      draft_add (&draft, name, "y", "1", 1);
    }
  bytes = draft_finish (&draft);
  snapshot = read_bytes (bytes);
  g_assert_cmpuint (state_snapshot_get_n_units (snapshot), ==, 1u << n_bits);
  g_assert_nonnull (state_snapshot_lookup (snapshot, "EzEzEzEzEzEzEzEzEzEzEzEzEzEzEzEz"));
}

static void
test_hostile_types (void)
{
  const char *types[] = { "",   "z",  "a",     "uu", "(",    "(y",  ")",   "{sv}}", "{vs}", "r",
                          "*",  "?",  "a*",    "m",  "(y?)", "a{}", "yy",  "y ",    "\xff", "\x01",
                          "@y", "&s", "a{?*}", "ab", "b",    "s",   "(b)", "u",     "v",    "mb" };
  g_autofree char *deep = g_strnfill (200, 'a');
  Draft draft;

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    {
      draft_init (&draft);
      draft_add (&draft, "disk", types[i], "\x02", 1);
      assert_invalid_draft (&draft, "unit disk: ");
    }

  deep[199] = 'y';
  draft_init (&draft);
  draft_add (&draft, "disk", deep, "", 0);
  assert_invalid_draft (&draft, "unit disk: ");
}

static void
test_hostile_states (void)
{
  const struct
  {
    const char *type;
    const char *data;
    gsize size;
  } states[] = {
    { "b", "\x02", 1 },
    { "b", "", 0 },
    { "b", "\x01\x00", 2 },
    { "u", "123", 3 },
    { "u", "12345", 5 },
    { "s", "abc", 3 },
    { "s", "", 0 },
    { "s", "a\0b", 4 },
    { "s", "\xff", 2 },
    { "o", "a/b", 4 },
    { "g", "zz", 3 },
    { "()", "", 0 },
    { "()", "\x01", 1 },
    { "aq", "123", 3 },
    { "at", "1234567", 7 },
    { "as", "a\0\x07", 3 },
    { "as", "a\0b\0\x04", 5 },
    { "v", "", 0 },
    { "v", "\x01", 1 },
    { "v", "\x01\x00z", 3 },
    { "v", "\x02\x00\x62", 3 },
    { "mb", "\x02", 1 },
    { "ms", "a", 1 },
    { "(yu)", "\x01\x02\x00\x00\x01\x00\x00\x00", 8 },
    { "(ss)", "a\0b\0\x01", 5 },
    { "a{sv}", "a", 1 },
    { "ab", "\x01\x02", 2 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (states); i++)
    {
      Draft draft;

      draft_init (&draft);
      draft_add (&draft, "disk", states[i].type, states[i].data, states[i].size);
      assert_invalid_draft (&draft, "unit disk: ");
    }
}

static void
test_hostile_records (void)
{
  Draft draft;

  for (gsize cut = 1; cut < 27; cut++)
    {
      draft_init (&draft);
      draft_add (&draft, "disk", "y", "1", 1);
      g_byte_array_set_size (draft.index, draft.index->len - cut);
      assert_invalid_draft (&draft, "cut off");
    }

  draft_init (&draft);
  g_byte_array_append (draft.index, (const guint8 *) "\0\0\0\0\0\0\0\0", 8);
  assert_invalid_draft (&draft, "cut off");

  draft_init (&draft);
  g_byte_array_set_size (draft.index, 0);
  assert_invalid_draft (&draft, "cut off");
}

static void
test_hostile_metadata (void)
{
  const char *names[] = { "", "", "disk" };
  const char *types[] = { "a{si}", "ay", "a{sv}" };
  Draft draft;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      draft_init (&draft);
      g_byte_array_set_size (draft.index, 0);
      draft_add_record (&draft, 0, checksum (NULL, 0), 0, names[i], types[i]);
      assert_invalid_draft (&draft, "not that of the metadata");
    }

  draft_init (&draft);
  g_byte_array_set_size (draft.index, 0);
  draft_add_record (&draft, 0, checksum (NULL, 0), 1, "", "a{sv}");
  assert_invalid_draft (&draft, "not that of the metadata");

  draft_init (&draft);
  g_byte_array_set_size (draft.index, 0);
  g_byte_array_append (draft.states, (const guint8 *) "12345678", 8);
  draft_add_record (&draft, 8, checksum ("12345678", 8), 0, "", "a{sv}");
  assert_invalid_draft (&draft, "the metadata: ");
}

static void
test_hostile_headers (void)
{
  const struct
  {
    gsize at;
    guint64 number;
  } changes[] = {
    { 8, 0 },
    { 8, G_GUINT64_CONSTANT (40) << 32 | 1 },
    { 8, G_GUINT64_CONSTANT (56) << 32 | 1 },
    { 8, G_GUINT64_CONSTANT (0xffffffff) << 32 | 1 },
    { 16, 0 },
    { 16, HEADER_SIZE },
    { 16, G_MAXUINT64 },
    { 24, 0 },
    { 24, 8 },
    { 24, 9 },
    { 24, 1000 },
    { 24, G_MAXINT64 },
    { 24, G_MAXUINT64 },
    { 24, G_MAXUINT64 - HEADER_SIZE },
    { 24, G_MAXUINT64 - 7 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      g_autoptr (StateSnapshot) machine = make_machine ();
      g_autoptr (GBytes) bytes = state_snapshot_to_bytes (machine);
      gsize size = g_bytes_get_size (bytes);
      guint8 *data = g_memdup2 (g_bytes_get_data (bytes, NULL), size);
      g_autoptr (GBytes) altered = g_bytes_new_take (data, size);
      guint64 number = GUINT64_TO_LE (changes[i].number);

      memcpy (data + changes[i].at, &number, 8);
      mend (data, size);
      g_free (get_flaw (altered, "header", i));
    }
}

/* --- Random bytes --- */

static void
mutate (GRand *rand, guint8 *data, gsize size)
{
  static const guint8 likely[] = { 0x00, 0x01, 0x07, 0x08, 0x7f, 0x80, 0xff, 'a', 'v', '(', '/' };
  guint n = g_rand_int_range (rand, 1, 5);

  for (guint i = 0; size > 0 && i < n; i++)
    {
      gsize at = g_rand_int_range (rand, 0, size);

      if (g_rand_boolean (rand))
        data[at] = likely[g_rand_int_range (rand, 0, G_N_ELEMENTS (likely))];
      else
        data[at] ^= 1 << g_rand_int_range (rand, 0, 8);
    }
}

/* What is read after all must be a snapshot like any other. */
static gboolean
try_bytes (GBytes *bytes)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StateSnapshot) snapshot = state_snapshot_new_from_bytes (bytes, &error);

  if (snapshot == NULL)
    g_assert_error (error, STATE_ERROR, STATE_ERROR_INVALID_SNAPSHOT);
  else
    assert_round_trip (snapshot);
  return snapshot != NULL;
}

static void
test_random_mutations (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (20);
  g_autoptr (StateSnapshot) machine = make_machine ();
  g_autoptr (GBytes) bytes = state_snapshot_to_bytes (machine);
  gsize size = g_bytes_get_size (bytes);

  for (guint i = 0; i < 20000; i++)
    {
      guint8 *data = g_memdup2 (g_bytes_get_data (bytes, NULL), size);
      g_autoptr (GBytes) altered = g_bytes_new_take (data, size);

      mutate (rand, data, size);
      if (i % 4 != 0)
        mend (data, size);
      try_bytes (altered);
    }
}

/* The same, where the checksums cannot tell. */
static void
test_random_units (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (21);
  guint n_read = 0;

  for (guint i = 0; i < 20000; i++)
    {
      const char *text =
          states_of_every_type[g_rand_int_range (rand, 0, G_N_ELEMENTS (states_of_every_type))];
      g_autoptr (GVariant) state = parse (text);
      gsize size = g_variant_get_size (state);
      g_autofree guint8 *data = g_memdup2 (g_variant_get_data (state), size);
      g_autofree char *type = g_strdup (g_variant_get_type_string (state));
      g_autoptr (GBytes) bytes = NULL;
      Draft draft;

      if (g_rand_boolean (rand))
        mutate (rand, data, size);
      if (g_rand_int_range (rand, 0, 4) == 0)
        mutate (rand, (guint8 *) type, strlen (type));
      draft_init (&draft);
      draft_add (&draft, "disk", type, data, size);
      bytes = draft_finish (&draft);
      n_read += try_bytes (bytes);
    }
  g_assert_cmpuint (n_read, >, 5000);
  g_assert_cmpuint (n_read, <, 19000);
}

/* --- Files --- */

typedef struct
{
  char *directory;
  char *filename;
} Place;

static void
place_set_up (Place *place, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  place->directory = g_dir_make_tmp ("test-snapshot-XXXXXX", &error);
  g_assert_no_error (error);
  place->filename = g_build_filename (place->directory, "machine.snapshot", NULL);
}

static guint
count_files (Place *place)
{
  g_autoptr (GDir) dir = g_dir_open (place->directory, 0, NULL);
  guint n_files = 0;

  while (g_dir_read_name (dir) != NULL)
    n_files++;
  return n_files;
}

static void
place_tear_down (Place *place, gconstpointer data)
{
  g_remove (place->filename);
  g_assert_cmpint (g_rmdir (place->directory), ==, 0);
  g_free (place->directory);
  g_free (place->filename);
}

static void
save (StateSnapshot *snapshot, const char *filename)
{
  g_autoptr (GError) error = NULL;
  gboolean saved = state_snapshot_save_to_file (snapshot, filename, &error);

  g_assert_no_error (error);
  g_assert_true (saved);
}

static void
assert_file_is (const char *filename, StateSnapshot *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StateSnapshot) loaded = state_snapshot_load_from_file (filename, &error);

  g_assert_no_error (error);
  assert_equal_snapshots (loaded, expected);
}

static void
write_file (const char *filename, gconstpointer data, gsize size)
{
  g_autoptr (GError) error = NULL;

  g_file_set_contents (filename, data, size, &error);
  g_assert_no_error (error);
}

static void
assert_file_is_invalid (const char *filename)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StateSnapshot) loaded = state_snapshot_load_from_file (filename, &error);

  g_assert_error (error, STATE_ERROR, STATE_ERROR_INVALID_SNAPSHOT);
  g_assert_null (loaded);
  g_assert_nonnull (strstr (error->message, "machine.snapshot: "));
}

static void
test_save_and_load (Place *place, gconstpointer data)
{
  g_autoptr (StateSnapshot) machine = make_machine ();
  g_autoptr (StateSnapshot) smaller = state_snapshot_without_unit (machine, "bus/disk");
  GStatBuf info;

  save (machine, place->filename);
  assert_file_is (place->filename, machine);
  save (smaller, place->filename);
  assert_file_is (place->filename, smaller);

  g_assert_cmpint (g_stat (place->filename, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 0777, ==, 0600);
  g_assert_cmpuint (count_files (place), ==, 1);
}

static void
test_relative_name (Place *place, gconstpointer data)
{
  g_autoptr (StateSnapshot) machine = make_machine ();
  g_autofree char *before = g_get_current_dir ();

  g_assert_cmpint (g_chdir (place->directory), ==, 0);
  save (machine, "machine.snapshot");
  assert_file_is ("machine.snapshot", machine);
  g_assert_cmpint (g_chdir (before), ==, 0);
  assert_file_is (place->filename, machine);
}

/* The file may go, or change, once it has been loaded. */
static void
test_loaded_is_apart (Place *place, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StateSnapshot) machine = make_machine ();
  g_autoptr (StateSnapshot) loaded = NULL;
  FILE *file;

  save (machine, place->filename);
  loaded = state_snapshot_load_from_file (place->filename, &error);
  g_assert_no_error (error);

  file = g_fopen (place->filename, "w");
  g_assert_nonnull (file);
  fclose (file);
  assert_equal_snapshots (loaded, machine);
  assert_file_is_invalid (place->filename);
}

static void
test_altered_file (Place *place, gconstpointer data)
{
  g_autoptr (StateSnapshot) machine = make_machine ();
  g_autofree char *contents = NULL;
  gsize size;

  save (machine, place->filename);
  g_assert_true (g_file_get_contents (place->filename, &contents, &size, NULL));

  for (gsize shorter = 0; shorter < size; shorter += 5)
    {
      write_file (place->filename, contents, shorter);
      assert_file_is_invalid (place->filename);
    }

  contents[HEADER_SIZE + 1] ^= 4;
  write_file (place->filename, contents, size);
  assert_file_is_invalid (place->filename);
}

static void
test_foreign_file (Place *place, gconstpointer data)
{
  FILE *file;

  write_file (place->filename, "#!/bin/sh\necho hello\n", 21);
  assert_file_is_invalid (place->filename);

  /* Half a terabyte of nothing is not read, nor is there memory for it. */
  file = g_fopen (place->filename, "w");
  g_assert_nonnull (file);
  if (fseeko (file, (off_t) 1 << 39, SEEK_SET) == 0)
    fputc ('x', file);
  fclose (file);
  assert_file_is_invalid (place->filename);
}

static void
assert_cannot_load (const char *filename, int code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StateSnapshot) loaded = state_snapshot_load_from_file (filename, &error);

  g_assert_error (error, G_FILE_ERROR, code);
  g_assert_null (loaded);
  g_assert_true (g_str_has_prefix (error->message, filename));
}

static void
test_unreadable (Place *place, gconstpointer data)
{
  assert_cannot_load (place->filename, G_FILE_ERROR_NOENT);
  assert_cannot_load (place->directory, G_FILE_ERROR_ISDIR);
  assert_cannot_load ("/dev/null", G_FILE_ERROR_INVAL);

  g_assert_cmpint (mkfifo (place->filename, 0600), ==, 0);
  assert_cannot_load (place->filename, G_FILE_ERROR_INVAL);
}

static void
test_unwritable (Place *place, gconstpointer data)
{
  g_autoptr (StateSnapshot) machine = make_machine ();
  g_autoptr (GError) error = NULL;
  g_autofree char *elsewhere = g_build_filename (place->directory, "none", "machine", NULL);

  g_assert_false (state_snapshot_save_to_file (machine, elsewhere, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_assert_true (g_str_has_prefix (error->message, elsewhere));
  g_clear_error (&error);

  g_assert_cmpint (g_mkdir (place->filename, 0700), ==, 0);
  g_assert_false (state_snapshot_save_to_file (machine, place->filename, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_ISDIR);
  g_assert_true (g_str_has_prefix (error->message, place->filename));
  g_assert_cmpuint (count_files (place), ==, 1);
}

/* As if the disk were full after 256 bytes. */
static void
fill_disk (void)
{
  struct rlimit limit = { 256, 256 };

  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

static void
test_failed_save (Place *place, gconstpointer data)
{
  g_autoptr (StateSnapshot) empty = state_snapshot_new ();
  g_autoptr (GVariant) big =
      g_variant_ref_sink (g_variant_new_take_string (g_strnfill (10000, 'x')));
  g_autoptr (StateSnapshot) bigger = state_snapshot_with_unit (empty, "big", 1, big);
  g_autoptr (GError) error = NULL;

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
      g_test_trap_assert_passed ();
      return;
    }

  save (empty, place->filename);
  fill_disk ();
  g_assert_false (state_snapshot_save_to_file (bigger, place->filename, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED);
  g_assert_true (g_str_has_prefix (error->message, place->filename));
  assert_file_is (place->filename, empty);
  g_assert_cmpuint (count_files (place), ==, 1);
}

/* --- Pairs --- */

static void
store_result (GObject *source, GAsyncResult *result, gpointer data)
{
  GAsyncResult **stored = data;

  g_assert_null (*stored);
  *stored = g_object_ref (result);
}

static GAsyncResult *
wait_for (GAsyncResult **stored)
{
  /* Never before the call has returned. */
  g_assert_null (*stored);
  while (*stored == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *stored;
}

static void
test_pairs (Place *place, gconstpointer data)
{
  g_autoptr (StateSnapshot) machine = make_machine ();
  g_autoptr (StateSnapshot) loaded = NULL;
  g_autoptr (GAsyncResult) saving = NULL;
  g_autoptr (GAsyncResult) loading = NULL;
  g_autoptr (GError) error = NULL;

  state_snapshot_save_to_file_async (machine, place->filename, NULL, store_result, &saving);
  g_assert_true (state_snapshot_save_to_file_finish (machine, wait_for (&saving), &error));
  g_assert_no_error (error);

  state_snapshot_load_from_file_async (place->filename, NULL, store_result, &loading);
  loaded = state_snapshot_load_from_file_finish (wait_for (&loading), &error);
  g_assert_no_error (error);
  assert_equal_snapshots (machine, loaded);
}

static void
test_pairs_fail (Place *place, gconstpointer data)
{
  g_autoptr (StateSnapshot) machine = make_machine ();
  g_autofree char *elsewhere = g_build_filename (place->directory, "none", "machine", NULL);
  g_autoptr (GAsyncResult) saving = NULL;
  g_autoptr (GAsyncResult) loading = NULL;
  g_autoptr (GAsyncResult) reading = NULL;
  g_autoptr (GError) error = NULL;

  state_snapshot_save_to_file_async (machine, elsewhere, NULL, store_result, &saving);
  g_assert_false (state_snapshot_save_to_file_finish (machine, wait_for (&saving), &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_clear_error (&error);

  state_snapshot_load_from_file_async (elsewhere, NULL, store_result, &loading);
  g_assert_null (state_snapshot_load_from_file_finish (wait_for (&loading), &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_clear_error (&error);

  write_file (place->filename, "foreign", 7);
  state_snapshot_load_from_file_async (place->filename, NULL, store_result, &reading);
  g_assert_null (state_snapshot_load_from_file_finish (wait_for (&reading), &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_INVALID_SNAPSHOT);
}

static void
test_pairs_cancelled (Place *place, gconstpointer data)
{
  g_autoptr (StateSnapshot) machine = make_machine ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) saving = NULL;
  g_autoptr (GAsyncResult) loading = NULL;
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  state_snapshot_save_to_file_async (machine, place->filename, cancellable, store_result, &saving);
  g_assert_false (state_snapshot_save_to_file_finish (machine, wait_for (&saving), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_cmpuint (count_files (place), ==, 0);

  state_snapshot_load_from_file_async (place->filename, cancellable, store_result, &loading);
  g_assert_null (state_snapshot_load_from_file_finish (wait_for (&loading), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
add_file_test (const char *path, void (*test) (Place *, gconstpointer))
{
  g_test_add (path, Place, NULL, place_set_up, test, place_tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/snapshot/a-new-one-is-empty", test_empty);
  g_test_add_func ("/snapshot/properties", test_properties);
  g_test_add_func ("/snapshot/units-keep-their-order", test_order);
  g_test_add_func ("/snapshot/with-unit-replaces-in-its-place", test_replace);
  g_test_add_func ("/snapshot/without-unit", test_without);
  g_test_add_func ("/snapshot/with-metadata", test_metadata);
  g_test_add_func ("/snapshot/immutable", test_immutable);
  g_test_add_func ("/snapshot/lets-go-of-what-only-a-dropped-one-had", test_lets_go);
  g_test_add_func ("/snapshot/sinks-floating-states", test_sinks);
  g_test_add_func ("/snapshot/makes-abnormal-states-normal", test_abnormal_state);
  g_test_add_func ("/snapshot/refuses-what-is-nested-too-deep", test_too_deep);
  g_test_add_func ("/snapshot/refuses-invalid-names", test_invalid_names);
  g_test_add_func ("/snapshot/many-units-added-one-by-one", test_many_units);
  g_test_add_func ("/snapshot/many-threads-use-one", test_threads);

  g_test_add_func ("/snapshot/round-trip/every-type", test_every_type);
  g_test_add_func ("/snapshot/round-trip/every-name", test_every_name);
  g_test_add_func ("/snapshot/round-trip/large-state", test_large_state);
  g_test_add_func ("/snapshot/bytes/format-1-stays-as-it-is", test_format_1);
  g_test_add_func ("/snapshot/bytes/states-are-not-copied", test_no_copies);
  g_test_add_func ("/snapshot/bytes/states-outlive-them", test_outlives_bytes);
  g_test_add_func ("/snapshot/bytes/unaligned-ones-are-read", test_unaligned);
  g_test_add_func ("/snapshot/bytes/written-by-hand-are-read", test_draft);

  g_test_add_func ("/snapshot/every-single-bit-flip-is-detected", test_bit_flips);
  g_test_add_func ("/snapshot/every-truncation-is-detected", test_truncations);
  g_test_add_func ("/snapshot/every-appended-byte-is-detected", test_appended);
  g_test_add_func ("/snapshot/an-altered-state-names-its-unit", test_names_unit);
  g_test_add_func ("/snapshot/foreign-bytes-are-detected", test_foreign);
  g_test_add_func ("/snapshot/converted-line-ends-are-detected", test_line_ends);
  g_test_add_func ("/snapshot/newer-format-is-named", test_newer_format);

  g_test_add_func ("/snapshot/hostile/sizes", test_hostile_sizes);
  g_test_add_func ("/snapshot/hostile/overlap", test_overlap);
  g_test_add_func ("/snapshot/hostile/gap", test_gap);
  g_test_add_func ("/snapshot/hostile/padding", test_padding);
  g_test_add_func ("/snapshot/hostile/duplicates", test_duplicates);
  g_test_add_func ("/snapshot/hostile/names", test_hostile_names);
  g_test_add_func ("/snapshot/hostile/names-that-collide", test_colliding_names);
  g_test_add_func ("/snapshot/hostile/types", test_hostile_types);
  g_test_add_func ("/snapshot/hostile/states", test_hostile_states);
  g_test_add_func ("/snapshot/hostile/records", test_hostile_records);
  g_test_add_func ("/snapshot/hostile/metadata", test_hostile_metadata);
  g_test_add_func ("/snapshot/hostile/headers", test_hostile_headers);
  g_test_add_func ("/snapshot/random/mutations-never-crash", test_random_mutations);
  g_test_add_func ("/snapshot/random/units-never-crash", test_random_units);

  add_file_test ("/snapshot/file/save-and-load", test_save_and_load);
  add_file_test ("/snapshot/file/relative-name", test_relative_name);
  add_file_test ("/snapshot/file/may-change-once-loaded", test_loaded_is_apart);
  add_file_test ("/snapshot/file/altered-one-is-detected-and-named", test_altered_file);
  add_file_test ("/snapshot/file/foreign-one-is-detected-and-named", test_foreign_file);
  add_file_test ("/snapshot/file/unreadable-one-is-named", test_unreadable);
  add_file_test ("/snapshot/file/unwritable-one-is-named", test_unwritable);
  add_file_test ("/snapshot/file/failed-save-keeps-the-old-file", test_failed_save);
  add_file_test ("/snapshot/async/pairs", test_pairs);
  add_file_test ("/snapshot/async/pairs-fail", test_pairs_fail);
  add_file_test ("/snapshot/async/cancelled-before-they-begin", test_pairs_cancelled);

  return g_test_run ();
}
