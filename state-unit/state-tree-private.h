/* SPDX-License-Identifier: MIT */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A tree of values by name, as an inspection gathers it: a branch has other trees
 * below it, in the order in which they were added, a leaf has a value. */
typedef struct _StateTree StateTree;

StateTree *state_tree_new (void);
void state_tree_free (StateTree *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StateTree, state_tree_free)

StateTree *state_tree_branch (StateTree *self, const char *path);
void state_tree_set (StateTree *self, const char *key, GVariant *value);
StateTree *state_tree_branch_at (StateTree *self, GVariant *path);
void state_tree_set_at (StateTree *self, GVariant *key, GVariant *value);
void state_tree_merge (StateTree *self, GVariant *dictionary);
StateTree *state_tree_find (StateTree *self, const char *path);
GVariant *state_tree_get_value (StateTree *self);
GVariant *state_tree_to_variant (StateTree *self, guint depth);

G_END_DECLS
