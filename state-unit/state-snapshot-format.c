/* SPDX-License-Identifier: MIT */

#include "state-snapshot-format.h"

#include <string.h>

#include "state-checksum.h"
#include "state-error.h"
#include "state-snapshot-store.h"

/* As PNG's: not text, and a transfer that converts line ends shows. */
static const guint8 signature[8] = { 0x89, 'S', 'T', 'U', '\r', '\n', 0x1a, '\n' };

#define RECORD_SIZE 20 /* without its strings */
#define ALIGNMENT 8    /* the largest of any GVariant */
#define MAX_DEPTH 128  /* GVariant reads nothing nested deeper */

typedef struct
{
  guint64 size;
  guint64 index_size;
  guint64 index_checksum;
} Header;

typedef struct
{
  guint64 size;
  guint64 checksum;
  guint32 version;
  const char *name;
  const char *type;
} Record;

typedef struct
{
  GBytes *bytes;
  const guint8 *data;
  gsize size;
  gsize index_at;
  /* Where the next record and the next state begin. */
  gsize record_at;
  gsize state_at;
} Reader;

static void set_invalid (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
set_invalid (GError **error, const char *format, ...)
{
  g_autofree char *reason = NULL;
  va_list args;

  va_start (args, format);
  reason = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, STATE_ERROR, STATE_ERROR_INVALID_SNAPSHOT, "invalid snapshot: %s", reason);
}

/* --- Names and states --- */

/* Whether a unit may have that name: UTF-8, no empty part between slashes. */
gboolean
state_snapshot_name_is_valid (const char *name)
{
  return name[0] != '\0' && name[0] != '/' && !g_str_has_suffix (name, "/") &&
         strstr (name, "//") == NULL && g_utf8_validate (name, -1, NULL);
}

/* Any bytes are such an array in normal form, if there are no odd ones. GLib would
 * look at each number, which takes seconds for the memory of a machine. */
static gboolean
is_array_of_numbers (const char *type, gsize size)
{
  gsize number;

  if (type[0] != 'a' || type[1] == '\0' || type[2] != '\0')
    return FALSE;

  switch (type[1])
    {
    case 'y':
      number = 1;
      break;
    case 'n':
    case 'q':
      number = 2;
      break;
    case 'i':
    case 'u':
    case 'h':
      number = 4;
      break;
    case 'x':
    case 't':
    case 'd':
      number = 8;
      break;
    default:
      return FALSE;
    }
  return size % number == 0;
}

/* The value that untrusted bytes hold, sharing them; none if they are not one
 * in normal form. */
static GVariant *
parse_state (const char *type, GBytes *bytes)
{
  g_autoptr (GVariant) value = NULL;
  gboolean trusted = is_array_of_numbers (type, g_bytes_get_size (bytes));

  value =
      g_variant_ref_sink (g_variant_new_from_bytes ((const GVariantType *) type, bytes, trusted));
  return g_variant_is_normal_form (value) ? g_steal_pointer (&value) : NULL;
}

static gboolean
is_state_type (const char *type)
{
  return g_variant_type_string_is_valid (type) &&
         g_variant_type_is_definite ((const GVariantType *) type);
}

/* Whether the state can be read again once it is bytes: a value built in memory
 * can be nested deeper than that. */
gboolean
state_snapshot_can_hold (GVariant *state)
{
  const char *type = g_variant_get_type_string (state);
  gsize type_length = strlen (type);
  g_autoptr (GVariant) normal = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GVariant) read_again = NULL;

  /* Each level takes a character of the type, here or within the bytes. */
  if (type_length < MAX_DEPTH &&
      (strchr (type, 'v') == NULL || g_variant_get_size (state) < MAX_DEPTH - type_length))
    return TRUE;
  if (!is_state_type (type))
    return FALSE;

  normal = g_variant_get_normal_form (state);
  bytes = g_variant_get_data_as_bytes (normal);
  read_again = parse_state (type, bytes);
  return read_again != NULL;
}

/* The state in normal form, so that it can be shared and stored; sinks it. */
GVariant *
state_snapshot_hold_state (GVariant *state)
{
  g_autoptr (GVariant) held = g_variant_ref_sink (state);
  g_autoptr (GBytes) bytes = NULL;

  if (!is_array_of_numbers (g_variant_get_type_string (held), g_variant_get_size (held)))
    return g_variant_get_normal_form (held);

  bytes = g_variant_get_data_as_bytes (held);
  return parse_state (g_variant_get_type_string (held), bytes);
}

/* --- Reading --- */

static guint64
read_u64 (const guint8 *from)
{
  guint64 number;

  memcpy (&number, from, sizeof (number));
  return GUINT64_FROM_LE (number);
}

static guint32
read_u32 (const guint8 *from)
{
  guint32 number;

  memcpy (&number, from, sizeof (number));
  return GUINT32_FROM_LE (number);
}

/* What can be said of bytes that are too few for a header, or too different. */
static gboolean
check_signature (const guint8 *header, guint64 size, GError **error)
{
  if (size == 0)
    set_invalid (error, "it is empty");
  else if (memcmp (header, signature, MIN (size, 4)) != 0)
    set_invalid (error, "it does not begin as a snapshot does");
  else if (memcmp (header, signature, MIN (size, sizeof (signature))) != 0)
    set_invalid (error, "its line ends were converted, or bytes 4 to 7 altered");
  else if (size >= 12 && read_u32 (header + 8) != STATE_SNAPSHOT_FORMAT)
    set_invalid (error, "it is of format %u; the newest known here is %u", read_u32 (header + 8),
                 STATE_SNAPSHOT_FORMAT);
  else if (size < STATE_SNAPSHOT_HEADER_SIZE)
    set_invalid (error, "it ends at byte %" G_GUINT64_FORMAT " of the header's %u", size,
                 STATE_SNAPSHOT_HEADER_SIZE);
  else
    return TRUE;
  return FALSE;
}

static gboolean
read_header (const guint8 *from, guint64 size, Header *header, GError **error)
{
  if (!check_signature (from, size, error))
    return FALSE;

  header->size = read_u64 (from + 16);
  header->index_size = read_u64 (from + 24);
  header->index_checksum = read_u64 (from + 32);

  if (read_u64 (from + 40) != state_checksum (from, 40) ||
      read_u32 (from + 12) != STATE_SNAPSHOT_HEADER_SIZE)
    set_invalid (error, "the header, bytes 0 to 47, was altered");
  else if (header->size != size)
    set_invalid (error,
                 "it has %" G_GUINT64_FORMAT " bytes, and had %" G_GUINT64_FORMAT
                 " when it was saved",
                 size, header->size);
  else if (header->index_size > size - STATE_SNAPSHOT_HEADER_SIZE ||
           (size - header->index_size) % ALIGNMENT != 0)
    set_invalid (error, "an index of %" G_GUINT64_FORMAT " bytes is not possible",
                 header->index_size);
  else
    return TRUE;
  return FALSE;
}

/* Judges the first bytes of @size ones: as many as there are, up to the size of
 * the header. */
gboolean
state_snapshot_format_check_header (gconstpointer header, guint64 size, GError **error)
{
  Header ignored;

  return read_header (header, size, &ignored, error);
}

static gboolean
reader_init (Reader *reader, GBytes *bytes, GError **error)
{
  Header header;

  reader->bytes = bytes;
  reader->data = g_bytes_get_data (bytes, &reader->size);
  if (!read_header (reader->data, reader->size, &header, error))
    return FALSE;

  reader->index_at = reader->size - header.index_size;
  reader->record_at = reader->index_at;
  reader->state_at = STATE_SNAPSHOT_HEADER_SIZE;
  if (state_checksum (reader->data + reader->index_at, header.index_size) != header.index_checksum)
    {
      set_invalid (error, "the index, from byte %" G_GSIZE_FORMAT " on, was altered",
                   reader->index_at);
      return FALSE;
    }
  return TRUE;
}

/* A string of a record: up to a zero, which must be there. */
static const char *
read_string (const guint8 **at, const guint8 *end)
{
  const guint8 *string = *at;
  const guint8 *zero = memchr (string, '\0', end - string);

  if (zero == NULL)
    return NULL;
  *at = zero + 1;
  return (const char *) string;
}

static gboolean
read_record (Reader *reader, Record *record, GError **error)
{
  const guint8 *at = reader->data + reader->record_at;
  const guint8 *end = reader->data + reader->size;

  if (end - at > RECORD_SIZE)
    {
      record->size = read_u64 (at);
      record->checksum = read_u64 (at + 8);
      record->version = read_u32 (at + 16);
      at += RECORD_SIZE;
      record->name = read_string (&at, end);
      record->type = record->name != NULL ? read_string (&at, end) : NULL;
      if (record->type != NULL)
        {
          reader->record_at = at - reader->data;
          return TRUE;
        }
    }

  set_invalid (error, "the record at byte %" G_GSIZE_FORMAT " is cut off", reader->record_at);
  return FALSE;
}

/* What the messages call the owner of a state. */
static char *
describe (const Record *record)
{
  return record->name[0] != '\0' ? g_strdup_printf ("unit %s", record->name)
                                 : g_strdup ("the metadata");
}

static gboolean
is_zero (const guint8 *bytes, gsize size)
{
  for (gsize i = 0; i < size; i++)
    if (bytes[i] != 0)
      return FALSE;
  return TRUE;
}

/* Whether the bytes that the record speaks of are there, and are those saved. */
static gboolean
check_state (Reader *reader, const Record *record, gsize *padding, GError **error)
{
  const guint8 *state = reader->data + reader->state_at;
  g_autofree char *owner = NULL;

  /* Both ends are aligned, so that what fits, fits with its padding. */
  if (record->size > reader->index_at - reader->state_at)
    {
      owner = describe (record);
      set_invalid (error,
                   "%s: its state, %" G_GUINT64_FORMAT " bytes from byte %" G_GSIZE_FORMAT
                   " on, would reach beyond byte %" G_GSIZE_FORMAT ", where the index begins",
                   owner, record->size, reader->state_at, reader->index_at);
      return FALSE;
    }

  *padding = -record->size % ALIGNMENT;
  if (state_checksum (state, record->size) != record->checksum ||
      !is_zero (state + record->size, *padding))
    {
      owner = describe (record);
      set_invalid (error,
                   "%s: its state, %" G_GUINT64_FORMAT " bytes from byte %" G_GSIZE_FORMAT
                   " on, was altered",
                   owner, record->size, reader->state_at);
      return FALSE;
    }
  return TRUE;
}

static GVariant *
take_state (Reader *reader, const Record *record, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GVariant) state = NULL;
  gsize padding;

  if (!check_state (reader, record, &padding, error))
    return NULL;

  if (is_state_type (record->type))
    {
      bytes = g_bytes_new_from_bytes (reader->bytes, reader->state_at, record->size);
      state = parse_state (record->type, bytes);
    }
  if (state == NULL)
    {
      g_autofree char *owner = describe (record);
      g_autofree char *type = g_strescape (record->type, NULL);

      set_invalid (error,
                   "%s: its state, %" G_GUINT64_FORMAT " bytes from byte %" G_GSIZE_FORMAT
                   " on, is not a value of type %s",
                   owner, record->size, reader->state_at, type);
      return NULL;
    }

  reader->state_at += record->size + padding;
  if (G_BYTE_ORDER == G_BIG_ENDIAN)
    return g_variant_byteswap (state);
  return g_steal_pointer (&state);
}

static GVariant *
read_metadata (Reader *reader, GError **error)
{
  Record record;

  if (!read_record (reader, &record, error))
    return NULL;

  if (record.name[0] != '\0' || record.version != 0 ||
      !g_str_equal (record.type, (const char *) G_VARIANT_TYPE_VARDICT))
    {
      set_invalid (error, "the record at byte %" G_GSIZE_FORMAT " is not that of the metadata",
                   reader->index_at);
      return NULL;
    }
  return take_state (reader, &record, error);
}

static gboolean
read_unit (Reader *reader, GArray *units, GError **error)
{
  gsize record_at = reader->record_at;
  Record record;
  g_autoptr (GVariant) state = NULL;

  if (!read_record (reader, &record, error))
    return FALSE;

  if (units->len == G_MAXUINT)
    {
      set_invalid (error, "it has more than %u units", G_MAXUINT);
      return FALSE;
    }
  if (!state_snapshot_name_is_valid (record.name))
    {
      set_invalid (error, "the record at byte %" G_GSIZE_FORMAT " has no valid name", record_at);
      return FALSE;
    }

  state = take_state (reader, &record, error);
  if (state == NULL)
    return FALSE;
  state_snapshot_units_add (units, record.name, record.version, state);
  return TRUE;
}

/* The units, whose names may repeat, and the metadata. They share @bytes, which
 * begin at a multiple of 8. */
GArray *
state_snapshot_format_read (GBytes *bytes, GVariant **metadata, GError **error)
{
  g_autoptr (GArray) units = state_snapshot_units_new (0);
  g_autoptr (GVariant) dictionary = NULL;
  Reader reader;

  if (!reader_init (&reader, bytes, error))
    return NULL;

  dictionary = read_metadata (&reader, error);
  if (dictionary == NULL)
    return NULL;
  while (reader.record_at < reader.size)
    if (!read_unit (&reader, units, error))
      return NULL;

  if (reader.state_at != reader.index_at)
    {
      set_invalid (error, "the bytes from %" G_GSIZE_FORMAT " to %" G_GSIZE_FORMAT " are no unit's",
                   reader.state_at, reader.index_at - 1);
      return NULL;
    }
  *metadata = g_steal_pointer (&dictionary);
  return g_steal_pointer (&units);
}

/* --- Writing --- */

static guint8 *
write_u64 (guint8 *to, guint64 number)
{
  number = GUINT64_TO_LE (number);
  memcpy (to, &number, sizeof (number));
  return to + sizeof (number);
}

static guint8 *
write_u32 (guint8 *to, guint32 number)
{
  number = GUINT32_TO_LE (number);
  memcpy (to, &number, sizeof (number));
  return to + sizeof (number);
}

static guint8 *
write_string (guint8 *to, const char *string)
{
  return (guint8 *) g_stpcpy ((char *) to, string) + 1;
}

static gboolean
add_sizes (const StateSnapshotUnit *unit, gsize *states_size, gsize *index_size)
{
  gsize size = g_variant_get_size (unit->state);

  return g_size_checked_add (states_size, *states_size, size) &&
         g_size_checked_add (states_size, *states_size, -size % ALIGNMENT) &&
         g_size_checked_add (index_size, *index_size, RECORD_SIZE) &&
         g_size_checked_add (index_size, *index_size, strlen (unit->name) + 1) &&
         g_size_checked_add (index_size, *index_size,
                             strlen (g_variant_get_type_string (unit->state)) + 1);
}

/* Writes a state and its record, and moves on behind both. */
static void
write_unit (const StateSnapshotUnit *unit, guint8 **state_at, guint8 **record_at)
{
  g_autoptr (GVariant) state = NULL;
  gsize size = g_variant_get_size (unit->state);
  gsize padding = -size % ALIGNMENT;
  guint8 *record = *record_at;

  state =
      G_BYTE_ORDER == G_BIG_ENDIAN ? g_variant_byteswap (unit->state) : g_variant_ref (unit->state);
  g_variant_store (state, *state_at);
  memset (*state_at + size, 0, padding);

  record = write_u64 (record, size);
  record = write_u64 (record, state_checksum (*state_at, size));
  record = write_u32 (record, unit->version);
  record = write_string (record, unit->name);
  record = write_string (record, g_variant_get_type_string (unit->state));

  *state_at += size + padding;
  *record_at = record;
}

static void
write_header (guint8 *to, const Header *header)
{
  guint8 *at = to;

  memcpy (at, signature, sizeof (signature));
  at = write_u32 (at + sizeof (signature), STATE_SNAPSHOT_FORMAT);
  at = write_u32 (at, STATE_SNAPSHOT_HEADER_SIZE);
  at = write_u64 (at, header->size);
  at = write_u64 (at, header->index_size);
  at = write_u64 (at, header->index_checksum);
  write_u64 (at, state_checksum (to, at - to));
}

/* None if there is not enough memory. */
GBytes *
state_snapshot_format_write (const StateSnapshotUnit *units, guint n_units, GVariant *metadata)
{
  StateSnapshotUnit first = { "", 0, metadata };
  gsize states_size = STATE_SNAPSHOT_HEADER_SIZE;
  gsize index_size = 0;
  gsize size;
  guint8 *data = NULL;
  guint8 *state_at, *index_at, *record_at;
  gboolean fits = add_sizes (&first, &states_size, &index_size);

  for (guint i = 0; fits && i < n_units; i++)
    fits = add_sizes (&units[i], &states_size, &index_size);
  if (fits && g_size_checked_add (&size, states_size, index_size))
    data = g_try_malloc (size);
  if (data == NULL)
    return NULL;

  state_at = data + STATE_SNAPSHOT_HEADER_SIZE;
  index_at = record_at = data + states_size;
  write_unit (&first, &state_at, &record_at);
  for (guint i = 0; i < n_units; i++)
    write_unit (&units[i], &state_at, &record_at);
  g_assert (state_at == index_at && record_at == data + size);

  write_header (data, &(Header){ size, index_size, state_checksum (index_at, index_size) });
  return g_bytes_new_take (data, size);
}
