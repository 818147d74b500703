/* SPDX-License-Identifier: MIT */

#include "node-set.h"

#include <string.h>

static guint32
lowest_bit (guint64 word)
{
  return (guint32) __builtin_ctzll (word);
}

static guint32
n_summary (guint32 n_words)
{
  return (n_words + 63) / 64;
}

void
state_node_set_clear (StateNodeSet *self)
{
  g_free (self->words);
  g_free (self->summary);
  *self = (StateNodeSet){ 0 };
}

void
state_node_set_copy (StateNodeSet *self, const StateNodeSet *other)
{
  self->words = g_memdup2 (other->words, other->n_words * sizeof (guint64));
  self->summary = g_memdup2 (other->summary, n_summary (other->n_words) * sizeof (guint64));
  self->n_words = other->n_words;
}

/* Makes room for nodes up to that number. */
void
state_node_set_reserve (StateNodeSet *self, guint32 n_nodes)
{
  guint32 old = self->n_words;
  guint32 n_words = MAX (n_nodes / 64 + 1, old * 2);

  if (n_nodes <= old * 64)
    return;
  self->words = g_renew (guint64, self->words, n_words);
  memset (self->words + old, 0, (n_words - old) * sizeof (guint64));
  self->summary = g_renew (guint64, self->summary, n_summary (n_words));
  memset (self->summary + n_summary (old), 0,
          (n_summary (n_words) - n_summary (old)) * sizeof (guint64));
  self->n_words = n_words;
}

static void
append_word (const StateNodeSet *self, guint32 index, GArray *nodes)
{
  for (guint64 word = self->words[index]; word != 0; word &= word - 1)
    {
      guint32 node = index * 64 + lowest_bit (word);

      g_array_append_val (nodes, node);
    }
}

/* In their order. */
void
state_node_set_append_to (const StateNodeSet *self, GArray *nodes)
{
  for (guint32 i = 0; i < n_summary (self->n_words); i++)
    for (guint64 bits = self->summary[i]; bits != 0; bits &= bits - 1)
      append_word (self, i * 64 + lowest_bit (bits), nodes);
}
