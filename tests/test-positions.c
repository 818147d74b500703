/* SPDX-License-Identifier: MIT */

/* Positions among those still there: always what counting them one by one says. */

#include "engine/positions.h"

static guint32
count_before (const GArray *there, guint32 index)
{
  guint32 n = 0;

  for (guint32 i = 0; i < index; i++)
    n += g_array_index (there, gboolean, i) ? 1 : 0;
  return n;
}

static void
append (StatePositions *positions, GArray *there)
{
  gboolean yes = TRUE;

  state_positions_append (positions);
  g_array_append_val (there, yes);
}

static void
take_away (StatePositions *positions, GArray *there, guint32 index)
{
  state_positions_remove (positions, index);
  g_array_index (there, gboolean, index) = FALSE;
}

static void
assert_same (const StatePositions *positions, const GArray *there)
{
  guint32 rank = 0;

  g_assert_cmpuint (positions->length, ==, there->len);
  for (guint32 i = 0; i < there->len; i++)
    {
      g_assert_cmpuint (state_positions_rank (positions, i), ==, rank);
      if (!g_array_index (there, gboolean, i))
        continue;
      g_assert_cmpuint (state_positions_select (positions, rank), ==, i);
      rank++;
    }
  g_assert_cmpuint (state_positions_rank (positions, there->len), ==, rank);
  g_assert_cmpuint (positions->length - positions->n_gone, ==, rank);
  for (guint32 beyond = 0; beyond < 3; beyond++)
    g_assert_cmpuint (state_positions_select (positions, rank + beyond), ==, there->len);
}

static void
test_nobody_there (void)
{
  StatePositions positions;

  state_positions_init (&positions);
  g_assert_cmpuint (state_positions_rank (&positions, 0), ==, 0);
  g_assert_cmpuint (state_positions_select (&positions, 0), ==, 0);
  g_assert_cmpuint (state_positions_select (&positions, 7), ==, 0);
  state_positions_clear (&positions);
  state_positions_clear (&positions);
}

/* The set counts on this when it has renumbered its units. */
static void
test_free_while_nobody_has_gone (void)
{
  StatePositions positions;

  state_positions_init (&positions);
  for (guint i = 0; i < 1000; i++)
    state_positions_append (&positions);
  g_assert_null (positions.sums);
  g_assert_cmpuint (state_positions_rank (&positions, 999), ==, 999);
  g_assert_cmpuint (state_positions_select (&positions, 999), ==, 999);
  g_assert_cmpuint (state_positions_select (&positions, 1000), ==, 1000);

  state_positions_remove (&positions, 999);
  state_positions_clear (&positions);
  g_assert_cmpuint (positions.length, ==, 0);
  g_assert_cmpuint (positions.n_gone, ==, 0);
  positions.length = 500;
  state_positions_append (&positions);
  g_assert_null (positions.sums);
  state_positions_remove (&positions, 250);
  g_assert_cmpuint (state_positions_rank (&positions, 500), ==, 499);
  g_assert_cmpuint (state_positions_select (&positions, 250), ==, 251);
  state_positions_clear (&positions);
}

static void
test_every_length_and_every_one (void)
{
  for (guint32 length = 1; length <= 70; length++)
    for (guint32 gone = 0; gone < length; gone++)
      {
        g_autoptr (GArray) there = g_array_new (FALSE, FALSE, sizeof (gboolean));
        StatePositions positions;

        state_positions_init (&positions);
        while (there->len < length)
          append (&positions, there);
        take_away (&positions, there, gone);
        assert_same (&positions, there);
        append (&positions, there);
        assert_same (&positions, there);
        state_positions_clear (&positions);
      }
}

static void
test_until_all_have_gone (void)
{
  g_autoptr (GArray) there = g_array_new (FALSE, FALSE, sizeof (gboolean));
  StatePositions positions;

  state_positions_init (&positions);
  while (there->len < 100)
    append (&positions, there);
  for (guint32 i = 0; i < 100; i++)
    take_away (&positions, there, i * 37 % 100);
  assert_same (&positions, there);
  append (&positions, there);
  g_assert_cmpuint (state_positions_select (&positions, 0), ==, 100);
  assert_same (&positions, there);
  state_positions_clear (&positions);
}

static void
test_as_counted_one_by_one (void)
{
  for (guint32 seed = 1; seed <= 60; seed++)
    {
      g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
      g_autoptr (GArray) there = g_array_new (FALSE, FALSE, sizeof (gboolean));
      StatePositions positions;
      int appended = g_rand_int_range (rand, 1, 10);

      state_positions_init (&positions);
      for (guint round = 0; round < 400; round++)
        {
          guint32 n_left = count_before (there, there->len);

          if (n_left == 0 || g_rand_int_range (rand, 0, 10) < appended)
            append (&positions, there);
          else
            take_away (&positions, there,
                       state_positions_select (&positions,
                                               g_rand_int_range (rand, 0, (gint32) n_left)));
          g_assert_cmpuint (there->len - positions.n_gone, ==, count_before (there, there->len));
          if (round % 7 == 0)
            assert_same (&positions, there);
        }
      assert_same (&positions, there);
      state_positions_clear (&positions);
    }
}

static void
test_many (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (4);
  g_autoptr (GArray) there = g_array_new (FALSE, FALSE, sizeof (gboolean));
  StatePositions positions;

  state_positions_init (&positions);
  while (there->len < 200 * 1000)
    append (&positions, there);
  for (guint round = 0; round < 150 * 1000; round++)
    {
      guint32 index = g_rand_int_range (rand, 0, (gint32) there->len);

      if (g_array_index (there, gboolean, index))
        take_away (&positions, there, index);
      append (&positions, there);
    }
  assert_same (&positions, there);
  state_positions_clear (&positions);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/positions/nobody-there", test_nobody_there);
  g_test_add_func ("/positions/free-while-nobody-has-gone", test_free_while_nobody_has_gone);
  g_test_add_func ("/positions/every-length-and-every-one", test_every_length_and_every_one);
  g_test_add_func ("/positions/until-all-have-gone", test_until_all_have_gone);
  g_test_add_func ("/positions/as-counted-one-by-one", test_as_counted_one_by_one);
  g_test_add_func ("/positions/many", test_many);
  return g_test_run ();
}
