/* SPDX-License-Identifier: MIT */

#include "state-snapshot-store.h"

#include <string.h>

struct _StateSnapshotStore
{
  /* Never moves: a view reads the units before its end without the lock. */
  StateSnapshotUnit *units;
  guint capacity;

  GMutex lock;
  guint n_units;
  guint n_views;
  /* For each unit, how many views end with it. What lies behind the last view
   * is dropped, so that an old snapshot does not keep a newer one's states. */
  guint *n_views_to;
  /* Names to positions, of the first so many units. */
  GHashTable *positions;
};

/* --- Names --- */

#define ROTATE(word, bits) (((word) << (bits)) | ((word) >> (64 - (bits))))

static void
sip_round (guint64 v[4])
{
  v[0] += v[1];
  v[2] += v[3];
  v[1] = ROTATE (v[1], 13) ^ v[0];
  v[3] = ROTATE (v[3], 16) ^ v[2];
  v[0] = ROTATE (v[0], 32);
  v[2] += v[1];
  v[0] += v[3];
  v[1] = ROTATE (v[1], 17) ^ v[2];
  v[3] = ROTATE (v[3], 21) ^ v[0];
  v[2] = ROTATE (v[2], 32);
}

static guint64
random_word (void)
{
  return ((guint64) g_random_int () << 32) | g_random_int ();
}

static const guint64 *
hash_key (void)
{
  static guint64 key[2];
  static gsize chosen = 0;

  if (g_once_init_enter (&chosen))
    {
      key[0] = random_word ();
      key[1] = random_word ();
      g_once_init_leave (&chosen, 1);
    }
  return key;
}

/* SipHash-1-3 (J.-P. Aumasson and D. Bernstein). The names may come from a
 * stranger's file, made so that g_str_hash() is the same for all of them. */
static guint
name_hash (gconstpointer name)
{
  const guint64 *key = hash_key ();
  const char *at = name;
  gsize length = strlen (at);
  guint64 v[4] = {
    key[0] ^ G_GUINT64_CONSTANT (0x736f6d6570736575),
    key[1] ^ G_GUINT64_CONSTANT (0x646f72616e646f6d),
    key[0] ^ G_GUINT64_CONSTANT (0x6c7967656e657261),
    key[1] ^ G_GUINT64_CONSTANT (0x7465646279746573),
  };
  guint64 tail = (guint64) length << 56;

  for (gsize left = length; left >= 8; left -= 8, at += 8)
    {
      guint64 word;

      memcpy (&word, at, sizeof (word));
      v[3] ^= word;
      sip_round (v);
      v[0] ^= word;
    }

  for (guint i = 0; i < length % 8; i++)
    tail |= (guint64) (guchar) at[i] << (8 * i);
  v[3] ^= tail;
  sip_round (v);
  v[0] ^= tail;

  v[2] ^= 0xff;
  for (guint i = 0; i < 3; i++)
    sip_round (v);
  return (guint) (v[0] ^ v[1] ^ v[2] ^ v[3]);
}

/* Brings the positions up to date; stops at a name that is there already. */
static const char *
index_names (StateSnapshotStore *self)
{
  if (self->positions == NULL)
    self->positions = g_hash_table_new (name_hash, g_str_equal);

  for (guint i = g_hash_table_size (self->positions); i < self->n_units; i++)
    if (!g_hash_table_insert (self->positions, (gpointer) self->units[i].name,
                              GUINT_TO_POINTER (i)))
      return self->units[i].name;
  return NULL;
}

/* --- Units, before they are in a store --- */

static void
unit_clear (StateSnapshotUnit *unit)
{
  g_ref_string_release ((char *) unit->name);
  g_variant_unref (unit->state);
}

GArray *
state_snapshot_units_new (guint n_expected)
{
  GArray *units = g_array_sized_new (FALSE, FALSE, sizeof (StateSnapshotUnit), n_expected);

  g_array_set_clear_func (units, (GDestroyNotify) unit_clear);
  return units;
}

static StateSnapshotUnit
unit_init (char *name, guint version, GVariant *state)
{
  StateSnapshotUnit unit = { name, version, g_variant_ref (state) };

  return unit;
}

/* Takes references: to the state, and to a name of its own. */
void
state_snapshot_units_add (GArray *units, const char *name, guint version, GVariant *state)
{
  StateSnapshotUnit unit = unit_init (g_ref_string_new (name), version, state);

  g_array_append_val (units, unit);
}

/* Likewise, and shares the name, which is one of a unit made here. */
void
state_snapshot_units_add_shared (GArray *units, const StateSnapshotUnit *shared)
{
  StateSnapshotUnit unit =
      unit_init (g_ref_string_acquire ((char *) shared->name), shared->version, shared->state);

  g_array_append_val (units, unit);
}

/* --- Stores --- */

/* Consumes @units. The store has one view, of no units, for the caller to leave. */
StateSnapshotStore *
state_snapshot_store_new_take (GArray *units, guint n_spare)
{
  StateSnapshotStore *self = g_new0 (StateSnapshotStore, 1);
  guint n_units = units->len;

  g_mutex_init (&self->lock);
  self->n_units = n_units;
  self->capacity = n_units + MIN (n_spare, G_MAXUINT - n_units);
  self->units = (StateSnapshotUnit *) g_array_steal (units, NULL);
  self->units = g_renew (StateSnapshotUnit, self->units, self->capacity);
  self->n_views_to = g_new0 (guint, self->capacity);
  self->n_views = 1;
  g_array_unref (units);
  return self;
}

static void
store_free (StateSnapshotStore *self)
{
  g_clear_pointer (&self->positions, g_hash_table_unref);
  for (guint i = 0; i < self->n_units; i++)
    unit_clear (&self->units[i]);
  g_free (self->units);
  g_free (self->n_views_to);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* Adds a view of the first @n_units, of which the caller has a view already. */
StateSnapshotStore *
state_snapshot_store_enter (StateSnapshotStore *self, guint n_units)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  g_assert (n_units <= self->n_units);
  self->n_views++;
  if (n_units > 0)
    self->n_views_to[n_units - 1]++;
  return self;
}

static GArray *
steal_unseen_units (StateSnapshotStore *self)
{
  GArray *units = state_snapshot_units_new (0);

  while (self->n_units > 0 && self->n_views_to[self->n_units - 1] == 0)
    {
      StateSnapshotUnit *unit = &self->units[--self->n_units];

      if (self->positions != NULL)
        g_hash_table_remove (self->positions, unit->name);
      g_array_append_vals (units, unit, 1);
    }
  return units;
}

/* Ends a view. The last one to leave frees the store. */
void
state_snapshot_store_leave (StateSnapshotStore *self, guint n_units)
{
  g_autoptr (GArray) unseen = NULL;
  gboolean last;

  g_mutex_lock (&self->lock);
  last = --self->n_views == 0;
  if (n_units > 0)
    self->n_views_to[n_units - 1]--;
  if (!last && self->n_units > 0 && self->n_views_to[self->n_units - 1] == 0)
    unseen = steal_unseen_units (self);
  g_mutex_unlock (&self->lock);

  if (last)
    store_free (self);
}

/* The units, in order, of which the first are those of the caller's view. */
const StateSnapshotUnit *
state_snapshot_store_get_units (StateSnapshotStore *self)
{
  return self->units;
}

/* Whether a unit of that name is among the first @n_units, and where. */
gboolean
state_snapshot_store_find (StateSnapshotStore *self,
                           guint n_units,
                           const char *name,
                           guint *position)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  gpointer value;

  index_names (self);
  if (!g_hash_table_lookup_extended (self->positions, name, NULL, &value))
    return FALSE;
  *position = GPOINTER_TO_UINT (value);
  return *position < n_units;
}

/* For a new store of units from outside: a name that two of them have. */
const char *
state_snapshot_store_find_repeated_name (StateSnapshotStore *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return index_names (self);
}

/* Puts a unit behind the first @n_units, and adds a view of it and those. Fails
 * when there is no room, or another unit stands there. */
gboolean
state_snapshot_store_append (StateSnapshotStore *self,
                             guint n_units,
                             const char *name,
                             guint version,
                             GVariant *state)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->n_units != n_units || n_units == self->capacity)
    return FALSE;

  self->units[n_units] = unit_init (g_ref_string_new (name), version, state);
  self->n_views_to[n_units] = 1;
  self->n_views++;
  self->n_units++;
  return TRUE;
}
