/* SPDX-License-Identifier: MIT */

/* Changes that get past the checksums: a fuzzer that flips bits alone would try
 * nothing behind them. The bytes are taken apart into records, one of these is
 * altered, and all of it is put together with sums that fit. */

#include "fuzz.h"

#include <string.h>

#include "state-checksum.h"

#define HEADER_SIZE 48
#define RECORD_SIZE 20
#define MAX_RECORDS 64
#define MAX_STRING 300

typedef struct
{
  const uint8_t *state;
  gsize size;
  guint32 version;
  char name[MAX_STRING];
  char type[MAX_STRING];
} Record;

typedef struct
{
  Record records[MAX_RECORDS];
  guint n_records;
} Parts;

static guint64
read_number (const uint8_t *from, gsize n_bytes)
{
  guint64 number = 0;

  for (gsize i = n_bytes; i > 0; i--)
    number = number << 8 | from[i - 1];
  return number;
}

static uint8_t *
write_number (uint8_t *to, guint64 number, gsize n_bytes)
{
  for (gsize i = 0; i < n_bytes; i++)
    *to++ = (uint8_t) (number >> (8 * i));
  return to;
}

/* --- Apart --- */

static const uint8_t *
take_string (const uint8_t *at, const uint8_t *end, char string[MAX_STRING])
{
  const uint8_t *zero = at != NULL ? memchr (at, '\0', end - at) : NULL;

  if (zero == NULL || zero - at >= MAX_STRING)
    return NULL;
  memcpy (string, at, zero - at + 1);
  return zero + 1;
}

/* FALSE: there is not one record in it. */
static gboolean
take_apart (const uint8_t *data, gsize size, Parts *parts)
{
  const uint8_t *state = data + HEADER_SIZE;
  const uint8_t *end = data + size;
  guint64 index_size = size >= HEADER_SIZE ? read_number (data + 24, 8) : 0;
  const uint8_t *index, *at;

  parts->n_records = 0;
  if (index_size == 0 || index_size > size - HEADER_SIZE)
    return FALSE;

  index = at = end - index_size;
  while (parts->n_records < MAX_RECORDS && end - at > RECORD_SIZE)
    {
      Record *record = &parts->records[parts->n_records];
      guint64 state_size = read_number (at, 8);

      record->state = state;
      record->size = MIN (state_size, (gsize) (index - state));
      record->version = read_number (at + 16, 4);
      at = take_string (at + RECORD_SIZE, end, record->name);
      at = take_string (at, end, record->type);
      if (at == NULL)
        break;
      state += MIN (record->size + -record->size % 8, (gsize) (index - state));
      parts->n_records++;
    }
  return parts->n_records > 0;
}

/* --- Altered --- */

static void
alter_string (char string[MAX_STRING])
{
  gsize size = LLVMFuzzerMutate ((uint8_t *) string, strlen (string), MAX_STRING - 1);

  string[size] = '\0';
}

static void
alter_state (Record *record, uint8_t *room, gsize room_size)
{
  gsize size = MIN (record->size, room_size);

  memcpy (room, record->state, size);
  record->size = LLVMFuzzerMutate (room, size, room_size);
  record->state = room;
}

static void
alter (Parts *parts, uint8_t *room, gsize room_size, GRand *random)
{
  guint which = g_rand_int_range (random, 0, parts->n_records);
  guint other = g_rand_int_range (random, 0, parts->n_records);
  Record *record = &parts->records[which];
  Record twin = *record;

  switch (g_rand_int_range (random, 0, 8))
    {
    case 0:
      alter_string (record->name);
      break;
    case 1:
      alter_string (record->type);
      break;
    case 2:
      record->version = g_rand_int (random);
      break;
    case 3:
      parts->records[which] = parts->records[other];
      parts->records[other] = twin;
      break;
    case 4:
      if (parts->n_records < MAX_RECORDS)
        parts->records[parts->n_records++] = twin;
      break;
    case 5:
      parts->records[which] = parts->records[--parts->n_records];
      break;
    default:
      alter_state (record, room, room_size);
    }
}

/* --- Together --- */

static void
put_header (uint8_t *to, gsize size, gsize index_size)
{
  static const uint8_t signature[8] = { 0x89, 'S', 'T', 'U', '\r', '\n', 0x1a, '\n' };

  memcpy (to, signature, sizeof (signature));
  write_number (to + 8, 1, 4);
  write_number (to + 12, HEADER_SIZE, 4);
  write_number (to + 16, size, 8);
  write_number (to + 24, index_size, 8);
  write_number (to + 32, state_checksum (to + size - index_size, index_size), 8);
  write_number (to + 40, state_checksum (to, 40), 8);
}

/* 0: there is no room. */
static gsize
put_together (const Parts *parts, uint8_t *to, gsize max_size)
{
  gsize states_size = HEADER_SIZE;
  gsize size;
  uint8_t *state_at = to + HEADER_SIZE;
  uint8_t *index_at;

  for (guint i = 0; i < parts->n_records; i++)
    states_size += parts->records[i].size + -parts->records[i].size % 8;
  size = states_size;
  for (guint i = 0; i < parts->n_records; i++)
    size += RECORD_SIZE + strlen (parts->records[i].name) + strlen (parts->records[i].type) + 2;
  if (size > max_size)
    return 0;

  memset (to, 0, size);
  index_at = to + states_size;
  for (guint i = 0; i < parts->n_records; i++)
    {
      const Record *record = &parts->records[i];

      memcpy (state_at, record->state, record->size);
      index_at = write_number (index_at, record->size, 8);
      index_at = write_number (index_at, state_checksum (state_at, record->size), 8);
      index_at = write_number (index_at, record->version, 4);
      index_at = (uint8_t *) g_stpcpy ((char *) index_at, record->name) + 1;
      index_at = (uint8_t *) g_stpcpy ((char *) index_at, record->type) + 1;
      state_at += record->size + -record->size % 8;
    }
  put_header (to, size, size - states_size);
  return size;
}

size_t
LLVMFuzzerCustomMutator (uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  g_autofree uint8_t *old = g_memdup2 (data, size);
  g_autofree uint8_t *room = g_malloc (max_size);
  g_autofree Parts *parts = g_new (Parts, 1);
  gsize new_size = 0;

  /* Some changes are for the checksums to find. */
  if (g_rand_int_range (random, 0, 16) == 0 || !take_apart (old, size, parts))
    return LLVMFuzzerMutate (data, size, max_size);

  alter (parts, room, max_size, random);
  if (parts->n_records > 0)
    new_size = put_together (parts, data, max_size);
  if (new_size > 0)
    return new_size;

  memcpy (data, old, size);
  return LLVMFuzzerMutate (data, size, max_size);
}
