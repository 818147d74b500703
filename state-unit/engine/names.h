/* SPDX-License-Identifier: MIT */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Which node has which name: a table of hashes and nodes alone. What a node is called,
 * its user knows. All zero: nothing. */
typedef struct
{
  guint32 hash;
  guint32 node; /* + 1; 0: the place is free */
} StateNamesPlace;

typedef struct
{
  StateNamesPlace *places;
  guint32 n_places; /* a power of two, or 0 */
  guint32 n;
} StateNames;

/* Of a node that has the hash. */
typedef const char *(*StateNamesFunc) (guint32 node, gpointer user_data);

#define STATE_NAMES_HASH 5381 /* of no characters */

static inline guint32
state_names_hash_next (guint32 hash, char next)
{
  return hash * 33 + (guchar) next;
}

/* So that each bit depends on all characters. */
static inline guint32
state_names_hash_end (guint32 hash)
{
  hash *= 0x9e3779b1;
  return hash ^ hash >> 15;
}

guint32 state_names_hash (const char *name);
guint32 state_names_find (const StateNames *self,
                          const char *name,
                          guint32 hash,
                          StateNamesFunc name_of,
                          gpointer user_data);
void state_names_add (StateNames *self, guint32 hash, guint32 node);
void state_names_remove (StateNames *self, guint32 hash, guint32 node);
void state_names_renumber (StateNames *self, const guint32 *numbers);
void state_names_clear (StateNames *self);

/* A name with the hash will be looked for soon. */
static inline void
state_names_expect (const StateNames *self, guint32 hash)
{
#ifdef __GNUC__
  if (self->n > 0)
    __builtin_prefetch (&self->places[hash & (self->n_places - 1)], 1);
#endif
}

G_END_DECLS
