/* SPDX-License-Identifier: MIT */

#include "state-tree-private.h"

#include <string.h>

/* A branch with so many is searched by way of a table. */
#define MANY 8

struct _StateTree
{
  GVariant *name;      /* a string; NULL: the top */
  GVariant *value;     /* of a leaf */
  GPtrArray *children; /* nullable: of StateTree, in the order of the branch */
  GHashTable *table;   /* of the same by name, once there are many */
};

StateTree *
state_tree_new (void)
{
  return g_slice_new0 (StateTree);
}

void
state_tree_free (StateTree *self)
{
  g_clear_pointer (&self->table, g_hash_table_unref);
  g_clear_pointer (&self->children, g_ptr_array_unref);
  g_clear_pointer (&self->value, g_variant_unref);
  g_clear_pointer (&self->name, g_variant_unref);
  g_slice_free (StateTree, self);
}

static const char *
name_of (const StateTree *self)
{
  return g_variant_get_string (self->name, NULL);
}

static StateTree *
get_child (StateTree *self, const char *name)
{
  if (self->table != NULL)
    return g_hash_table_lookup (self->table, name);
  for (guint i = 0; self->children != NULL && i < self->children->len; i++)
    {
      StateTree *child = g_ptr_array_index (self->children, i);

      if (g_str_equal (name_of (child), name))
        return child;
    }
  return NULL;
}

static void
add_to_table (gpointer child, gpointer table)
{
  g_hash_table_insert (table, (gpointer) name_of (child), child);
}

/* Takes over a floating name. */
static StateTree *
add_child (StateTree *self, GVariant *name)
{
  StateTree *child = state_tree_new ();

  child->name = g_variant_ref_sink (name);
  if (self->children == NULL)
    self->children = g_ptr_array_new_full (4, (GDestroyNotify) state_tree_free);
  g_ptr_array_add (self->children, child);
  if (self->table != NULL)
    add_to_table (child, self->table);
  else if (self->children->len == MANY)
    {
      self->table = g_hash_table_new (g_str_hash, g_str_equal);
      g_ptr_array_foreach (self->children, add_to_table, self->table);
    }
  return child;
}

/* The branch of that name, made where it is missing. A leaf in the way gives way. */
static StateTree *
sub_branch (StateTree *self, const char *name, GVariant *variant)
{
  StateTree *child = get_child (self, name);

  if (child == NULL)
    child = add_child (self, variant != NULL ? variant : g_variant_new_string (name));
  g_clear_pointer (&child->value, g_variant_unref);
  return child;
}

/* The branch at a path, made where it is missing. A leaf in the way gives way. */
StateTree *
state_tree_branch (StateTree *self, const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);

  for (gsize i = 0; parts[i] != NULL; i++)
    self = sub_branch (self, parts[i], NULL);
  return self;
}

/* The same for a path that is there as a value. */
StateTree *
state_tree_branch_at (StateTree *self, GVariant *path)
{
  const char *text = g_variant_get_string (path, NULL);

  return strchr (text, '/') != NULL ? state_tree_branch (self, text)
                                    : sub_branch (self, text, path);
}

/* Takes over floating ones. */
void
state_tree_set_at (StateTree *self, GVariant *key, GVariant *value)
{
  StateTree *child = get_child (self, g_variant_get_string (key, NULL));

  if (child == NULL)
    child = add_child (self, key);
  else
    g_variant_unref (g_variant_ref_sink (key));
  g_clear_pointer (&child->value, g_variant_unref);
  child->value = g_variant_ref_sink (value);
}

/* Takes over a floating value. */
void
state_tree_set (StateTree *self, const char *key, GVariant *value)
{
  state_tree_set_at (self, g_variant_new_string (key), value);
}

/* Adds what an a{sv} has; what the tree has already wins. */
void
state_tree_merge (StateTree *self, GVariant *dictionary)
{
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_iter_init (&iter, dictionary);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      g_autoptr (GVariant) own = value;
      StateTree *child = get_child (self, key);

      if (child == NULL)
        state_tree_set (self, key, own);
      else if (child->value == NULL && g_variant_is_of_type (own, G_VARIANT_TYPE_VARDICT))
        state_tree_merge (child, own);
    }
}

/* NULL: there is nothing at the path. Goes into leaves that are dictionaries. */
StateTree *
state_tree_find (StateTree *self, const char *path)
{
  g_auto (GStrv) parts = NULL;

  if (*path == '\0')
    return self;
  parts = g_strsplit (path, "/", -1);
  for (gsize i = 0; parts[i] != NULL && self != NULL; i++)
    {
      if (self->value != NULL && g_variant_is_of_type (self->value, G_VARIANT_TYPE_VARDICT))
        {
          g_autoptr (GVariant) dictionary = g_steal_pointer (&self->value);

          state_tree_merge (self, dictionary);
        }
      self = get_child (self, parts[i]);
    }
  return self;
}

/* NULL: it is a branch. */
GVariant *
state_tree_get_value (StateTree *self)
{
  return self->value;
}

static GVariant *
cut (GVariant *value, guint depth)
{
  GVariantBuilder builder;
  GVariantIter iter;
  const char *key;
  GVariant *child;

  if (depth == 0 || !g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT))
    return value;
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_iter_init (&iter, value);
  while (depth > 1 && g_variant_iter_next (&iter, "{&sv}", &key, &child))
    {
      g_variant_builder_add (&builder, "{sv}", key, cut (child, depth - 1));
      g_variant_unref (child);
    }
  return g_variant_builder_end (&builder);
}

static GVariant *
child_to_variant (StateTree *child, guint depth)
{
  if (child->value != NULL)
    return cut (child->value, depth);
  if (depth == 1)
    return g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0);
  return state_tree_to_variant (child, depth == 0 ? 0 : depth - 1);
}

/* As an a{sv} that goes so many levels down; 0: all of them. What is deeper is an
 * empty dictionary. Floating. */
GVariant *
state_tree_to_variant (StateTree *self, guint depth)
{
  guint n = self->children != NULL ? self->children->len : 0;
  g_autofree GVariant **entries = g_new (GVariant *, MAX (n, 1));

  for (guint i = 0; i < n; i++)
    {
      StateTree *child = g_ptr_array_index (self->children, i);

      entries[i] =
          g_variant_new_dict_entry (child->name,
                                    g_variant_new_variant (child_to_variant (child, depth)));
    }
  return g_variant_new_array (G_VARIANT_TYPE ("{sv}"), entries, n);
}
