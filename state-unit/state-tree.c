/* SPDX-License-Identifier: MIT */

#include "state-tree-private.h"

struct _StateTree
{
  GVariant *value;      /* of a leaf */
  GPtrArray *names;     /* of a branch: owned by the table */
  GHashTable *children; /* of StateTree by name */
};

StateTree *
state_tree_new (void)
{
  return g_new0 (StateTree, 1);
}

void
state_tree_free (StateTree *self)
{
  g_clear_pointer (&self->value, g_variant_unref);
  g_clear_pointer (&self->names, g_ptr_array_unref);
  g_clear_pointer (&self->children, g_hash_table_unref);
  g_free (self);
}

static StateTree *
get_child (StateTree *self, const char *name)
{
  return self->children != NULL ? g_hash_table_lookup (self->children, name) : NULL;
}

static StateTree *
add_child (StateTree *self, const char *name)
{
  StateTree *child = state_tree_new ();
  char *key = g_strdup (name);

  if (self->children == NULL)
    {
      self->children =
          g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) state_tree_free);
      self->names = g_ptr_array_new ();
    }
  g_hash_table_insert (self->children, key, child);
  g_ptr_array_add (self->names, key);
  return child;
}

/* The branch at a path, made where it is missing. A leaf in the way gives way. */
StateTree *
state_tree_branch (StateTree *self, const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);

  for (gsize i = 0; parts[i] != NULL; i++)
    {
      StateTree *child = get_child (self, parts[i]);

      if (child == NULL)
        child = add_child (self, parts[i]);
      g_clear_pointer (&child->value, g_variant_unref);
      self = child;
    }
  return self;
}

/* Takes over a floating value. */
void
state_tree_set (StateTree *self, const char *key, GVariant *value)
{
  StateTree *child = get_child (self, key);

  if (child == NULL)
    child = add_child (self, key);
  g_clear_pointer (&child->value, g_variant_unref);
  child->value = g_variant_ref_sink (value);
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

/* As an a{sv} that goes so many levels down; 0: all of them. What is deeper is an
 * empty dictionary. Floating. */
GVariant *
state_tree_to_variant (StateTree *self, guint depth)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; self->names != NULL && i < self->names->len; i++)
    {
      const char *name = g_ptr_array_index (self->names, i);
      StateTree *child = get_child (self, name);

      if (child->value != NULL)
        g_variant_builder_add (&builder, "{sv}", name, cut (child->value, depth));
      else if (depth == 1)
        g_variant_builder_add (&builder, "{sv}", name,
                               g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0));
      else
        g_variant_builder_add (&builder, "{sv}", name,
                               state_tree_to_variant (child, depth == 0 ? 0 : depth - 1));
    }
  return g_variant_builder_end (&builder);
}
