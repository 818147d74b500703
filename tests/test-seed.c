/* SPDX-License-Identifier: MIT */

/* The three tests that come with OpenVMM's state_unit crate. */

#include "test-set.h"

static void
test_state_change (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  TestUnit *b = test_set_add (set, "b", NULL);
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_int (a, 1);

  test_start (set->units, &error);
  g_assert_no_error (error);
  test_assert_states (set, "a:running b:running");

  test_set_add (set, "c", NULL);
  test_assert_states (set, "a:running b:running c:stopped");

  test_stop (set->units, &error);
  g_assert_no_error (error);
  test_assert_states (set, "a:stopped b:stopped c:stopped");
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_assert_states (set, "a:running b:running c:running");
  test_stop (set->units, &error);
  g_assert_no_error (error);
  test_assert_states (set, "a:stopped b:stopped c:stopped");

  snapshot = test_save (set->units, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (state_snapshot_get_n_units (snapshot), ==, 1);

  test_unit_set_int (a, 2);
  test_unit_set_int (b, 3);
  test_restore (set->units, snapshot, &error);
  g_assert_no_error (error);
  test_assert_states (set, "a:stopped b:stopped c:stopped");
  g_assert_cmpint (test_unit_get_int (a), ==, 1);
  g_assert_cmpint (test_unit_get_int (b), ==, 3);
}

static void
test_dependencies (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *zzz = test_set_add (set, "zzz", NULL);
  TestUnit *aaa = test_set_add (set, "aaa", "zzz", NULL);
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_int (zzz, 1);
  test_unit_set_int (aaa, 2);
  snapshot = test_save (set->units, &error);
  g_assert_no_error (error);

  test_unit_set_answers (zzz, TEST_ANSWER_LATER);
  test_unit_set_answers (aaa, TEST_ANSWER_LATER);
  test_journal_clear (set->journal);
  test_restore (set->units, snapshot, &error);
  g_assert_no_error (error);
  test_assert_before (set->journal, "zzz:restore!", "aaa:restore");
}

static void
test_dependency_without_saved_state (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *c = test_set_add (set, "c", NULL);
  TestUnit *b = test_set_add (set, "b", "c", NULL);
  TestUnit *a = test_set_add (set, "a", "b", NULL);
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_int (a, 1);
  test_unit_set_int (c, 3);
  snapshot = test_save (set->units, &error);
  g_assert_no_error (error);

  test_unit_set_delay (c, STATE_OPERATION_RESTORE, 100);
  test_restore (set->units, snapshot, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (test_unit_get_n_asked (b, STATE_OPERATION_RESTORE), ==, 0);
  test_assert_before (set->journal, "c:restore!", "a:restore");
  test_assert_phase (set, "restore", "c:succeeded b:unchanged a:succeeded");
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/seed/state-change", test_state_change);
  g_test_add_func ("/seed/dependencies", test_dependencies);
  g_test_add_func ("/seed/dependency-without-saved-state", test_dependency_without_saved_state);
  return g_test_run ();
}
