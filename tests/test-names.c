/* SPDX-License-Identifier: MIT */

/* Which node has which name: always what looking through all of them says. */

#include "engine/names.h"

#include "engine/graph.h"

typedef struct
{
  StateNames names;
  GPtrArray *of_nodes; /* nullable strings */
  guint32 n;
} Model;

/* With few bits, many names have the same hash. */
static guint32
hash_of (const char *name, guint32 bits)
{
  return state_names_hash (name) & bits;
}

static const char *
name_of (guint32 node, gpointer of_nodes)
{
  const char *name = g_ptr_array_index ((GPtrArray *) of_nodes, node);

  g_assert_nonnull (name);
  return name;
}

static void
model_init (Model *self)
{
  self->names = (StateNames){ 0 };
  self->of_nodes = g_ptr_array_new_with_free_func (g_free);
  self->n = 0;
}

static void
model_clear (Model *self)
{
  state_names_clear (&self->names);
  g_ptr_array_unref (self->of_nodes);
}

static guint32
look_through (const Model *self, const char *name)
{
  for (guint32 node = 0; node < self->of_nodes->len; node++)
    if (g_strcmp0 (g_ptr_array_index (self->of_nodes, node), name) == 0)
      return node;
  return STATE_NODE_NONE;
}

static guint32
find (const Model *self, const char *name, guint32 bits)
{
  return state_names_find (&self->names, name, hash_of (name, bits), name_of, self->of_nodes);
}

static void
add (Model *self, const char *name, guint32 bits)
{
  state_names_add (&self->names, hash_of (name, bits), self->of_nodes->len);
  g_ptr_array_add (self->of_nodes, g_strdup (name));
  self->n++;
}

static void
take_away (Model *self, guint32 node, guint32 bits)
{
  char *name = g_ptr_array_index (self->of_nodes, node);

  state_names_remove (&self->names, hash_of (name, bits), node);
  g_ptr_array_index (self->of_nodes, node) = NULL;
  g_free (name);
  self->n--;
}

/* The nodes without names go, and the others close up. */
static void
renumber (Model *self)
{
  g_autofree guint32 *numbers = g_new (guint32, self->of_nodes->len + 1);
  GPtrArray *of_nodes = g_ptr_array_new_with_free_func (g_free);

  for (guint32 node = 0; node < self->of_nodes->len; node++)
    {
      numbers[node] =
          g_ptr_array_index (self->of_nodes, node) != NULL ? of_nodes->len : STATE_NODE_NONE;
      if (numbers[node] != STATE_NODE_NONE)
        g_ptr_array_add (of_nodes, g_steal_pointer (&g_ptr_array_index (self->of_nodes, node)));
    }
  state_names_renumber (&self->names, numbers);
  g_ptr_array_unref (self->of_nodes);
  self->of_nodes = of_nodes;
}

static void
test_nobody_there (void)
{
  Model model;

  model_init (&model);
  g_assert_cmpuint (find (&model, "disk", G_MAXUINT32), ==, STATE_NODE_NONE);
  add (&model, "disk", G_MAXUINT32);
  g_assert_cmpuint (find (&model, "disk", G_MAXUINT32), ==, 0);
  g_assert_cmpuint (find (&model, "clock", G_MAXUINT32), ==, STATE_NODE_NONE);
  take_away (&model, 0, G_MAXUINT32);
  g_assert_cmpuint (find (&model, "disk", G_MAXUINT32), ==, STATE_NODE_NONE);
  model_clear (&model);
}

static void
live (guint32 bits)
{
  Model model;

  model_init (&model);
  for (guint i = 0; i < 20000; i++)
    {
      g_autofree char *name = g_strdup_printf ("unit-%d", g_test_rand_int_range (0, 300));
      guint32 node = look_through (&model, name);

      g_assert_cmpuint (find (&model, name, bits), ==, node);
      if (node == STATE_NODE_NONE)
        add (&model, name, bits);
      else if (g_test_rand_int_range (0, 4000) > (int) i % 4000)
        take_away (&model, node, bits);
      if (model.of_nodes->len > 600)
        renumber (&model);
      g_assert_cmpuint (model.names.n, ==, model.n);
    }
  model_clear (&model);
}

static void
test_by_chance (void)
{
  live (G_MAXUINT32);
}

static void
test_alike (void)
{
  live (7);
  live (0);
}

/* At the end of the table, what does not fit goes on at its beginning. */
static void
test_round_the_end (void)
{
  Model model;
  const char *const names[] = { "a", "b", "c", "d", "e" };

  model_init (&model);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      state_names_add (&model.names, 14 + i / 3, i);
      g_ptr_array_add (model.of_nodes, g_strdup (names[i]));
    }
  for (guint gone = 0; gone < G_N_ELEMENTS (names); gone++)
    {
      state_names_remove (&model.names, 14 + gone / 3, gone);
      for (guint i = 0; i < G_N_ELEMENTS (names); i++)
        g_assert_cmpuint (state_names_find (&model.names, names[i], 14 + i / 3, name_of,
                                            model.of_nodes),
                          ==, i > gone ? i : STATE_NODE_NONE);
    }
  model_clear (&model);
}

/* A set that was large once does not stay so. */
static void
test_shrinks (void)
{
  Model model;

  model_init (&model);
  for (guint i = 0; i < 10000; i++)
    {
      g_autofree char *name = g_strdup_printf ("unit-%u", i);

      add (&model, name, G_MAXUINT32);
    }
  g_assert_cmpuint (model.names.n_places, >, 10000);
  g_assert_cmpuint (model.names.n_places, <=, 32768);
  for (guint i = 0; i < 10000; i++)
    take_away (&model, i, G_MAXUINT32);
  g_assert_cmpuint (model.names.n_places, <=, 16);
  model_clear (&model);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/names/nobody-there", test_nobody_there);
  g_test_add_func ("/names/by-chance", test_by_chance);
  g_test_add_func ("/names/alike", test_alike);
  g_test_add_func ("/names/round-the-end", test_round_the_end);
  g_test_add_func ("/names/shrinks", test_shrinks);
  return g_test_run ();
}
