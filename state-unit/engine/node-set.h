/* SPDX-License-Identifier: MIT */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Some of the nodes, as bits; a bit above each word tells whether there are any in
 * it, so that to find a few among a million takes no longer than to find them among
 * a thousand, or nearly so. */
typedef struct
{
  guint64 *words;
  guint64 *summary;
  guint32 n_words; /* allocated */
} StateNodeSet;

void state_node_set_clear (StateNodeSet *self);
void state_node_set_copy (StateNodeSet *self, const StateNodeSet *other);
void state_node_set_reserve (StateNodeSet *self, guint32 n_nodes);
void state_node_set_append_to (const StateNodeSet *self, GArray *nodes);

/* Room for the node has been reserved. */
static inline void
state_node_set_add (StateNodeSet *self, guint32 node)
{
  self->words[node / 64] |= G_GUINT64_CONSTANT (1) << (node % 64);
  self->summary[node / 4096] |= G_GUINT64_CONSTANT (1) << (node / 64 % 64);
}

static inline void
state_node_set_remove (StateNodeSet *self, guint32 node)
{
  self->words[node / 64] &= ~(G_GUINT64_CONSTANT (1) << (node % 64));
  if (self->words[node / 64] == 0)
    self->summary[node / 4096] &= ~(G_GUINT64_CONSTANT (1) << (node / 64 % 64));
}

static inline gboolean
state_node_set_contains (const StateNodeSet *self, guint32 node)
{
  return (self->words[node / 64] >> (node % 64)) & 1;
}

G_END_DECLS
