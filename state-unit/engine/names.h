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

G_END_DECLS
