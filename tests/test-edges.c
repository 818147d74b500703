/* SPDX-License-Identifier: MIT */

/* What an edge means: what waits for what, and how far a failure reaches. */

#include "test-set.h"

/* Adds a unit with one edge of its own kind. */
static TestUnit *
add_with_edge (TestSet *set,
               const char *name,
               const char *dependency,
               StateDependencyFlags flags,
               StateOperationFlags operations)
{
  g_autoptr (TestUnit) unit = test_unit_new (name, set->journal);
  StateUnitBuilder *builder = state_units_add (set->units, name);
  g_autoptr (GError) error = NULL;

  state_unit_builder_add_dependency (builder, test_set_get (set, dependency), flags, operations);
  state_unit_builder_build (builder, STATE_UNIT (unit), &error);
  g_assert_no_error (error);
  return unit;
}

static void
test_default_edges (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_int (test_set_add (set, "a", NULL), 1);
  test_unit_set_int (test_set_add (set, "b", "a", NULL), 2);
  test_set_answer_all (set, TEST_ANSWER_LATER);

  test_start (set->units, &error);
  g_assert_no_error (error);
  test_stop (set->units, &error);
  g_assert_no_error (error);
  test_reset (set->units, &error);
  g_assert_no_error (error);
  snapshot = test_save (set->units, &error);
  g_assert_no_error (error);
  test_restore (set->units, snapshot, &error);
  g_assert_no_error (error);

  test_assert_before (set->journal, "a:start!", "b:start");
  test_assert_before (set->journal, "b:stop!", "a:stop");
  test_assert_before (set->journal, "a:reset!", "b:reset");
  test_assert_before (set->journal, "b:save", "a:save!"); /* not for save */
  test_assert_before (set->journal, "a:restore!", "b:restore");
  test_assert_before (set->journal, "b:post-restore", "a:post-restore!");
}

static void
test_one_operation_alone (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  add_with_edge (set, "b", "a", STATE_DEPENDENCY_REQUIRED, STATE_OPERATION_FLAGS_STOP);
  test_assert_strv (state_unit_handle_get_dependencies (test_set_get (set, "b")), "a");
  test_set_answer_all (set, TEST_ANSWER_LATER);

  test_start (set->units, &error);
  g_assert_no_error (error);
  test_assert_before (set->journal, "b:start", "a:start!");
  test_stop (set->units, &error);
  g_assert_no_error (error);
  test_assert_before (set->journal, "b:stop!", "a:stop");
  test_reset (set->units, &error);
  g_assert_no_error (error);
  test_assert_before (set->journal, "b:reset", "a:reset!");
}

static void
test_both_ways_for_different_operations (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) b = test_unit_new ("b", set->journal);
  StateUnitBuilder *builder;
  g_autoptr (GError) error = NULL;

  /* A circle only if the operations are forgotten. */
  test_set_add (set, "a", NULL);
  builder = state_units_add (set->units, "b");
  state_unit_builder_add_dependency (builder, test_set_get (set, "a"), STATE_DEPENDENCY_REQUIRED,
                                     STATE_OPERATION_FLAGS_START);
  state_unit_builder_add_dependent (builder, test_set_get (set, "a"), STATE_DEPENDENCY_REQUIRED,
                                    STATE_OPERATION_FLAGS_RESET);
  state_unit_builder_build (builder, STATE_UNIT (b), &error);
  g_assert_no_error (error);
  test_set_answer_all (set, TEST_ANSWER_LATER);

  test_reset (set->units, &error);
  g_assert_no_error (error);
  test_assert_before (set->journal, "b:reset!", "a:reset");
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_assert_before (set->journal, "a:start!", "b:start");
}

static void
test_save_and_post_restore (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *b;
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_int (test_set_add (set, "a", NULL), 1);
  b = add_with_edge (set, "b", "a", STATE_DEPENDENCY_REQUIRED,
                     STATE_OPERATION_FLAGS_SAVE | STATE_OPERATION_FLAGS_POST_RESTORE);
  test_unit_set_int (b, 2);
  test_set_answer_all (set, TEST_ANSWER_LATER);

  snapshot = test_save (set->units, &error);
  g_assert_no_error (error);
  test_assert_before (set->journal, "a:save!", "b:save");
  test_restore (set->units, snapshot, &error);
  g_assert_no_error (error);
  test_assert_before (set->journal, "b:restore", "a:restore!");
  test_assert_before (set->journal, "a:post-restore!", "b:post-restore");

  test_unit_fail (test_set_get_unit (set, "a"), STATE_OPERATION_SAVE, "no room");
  g_assert_null (test_save (set->units, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED, "save failed: {a: no room}");
  test_assert_outcomes (set, "a:failed b:skipped");
  test_assert_states (set, "a:stopped b:stopped");
}

static void
test_order_only (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  TestUnit *b;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  b = add_with_edge (set, "b", "a", STATE_DEPENDENCY_ORDER_ONLY, STATE_OPERATION_FLAGS_ALL);
  test_set_add (set, "c", "b", NULL);
  test_unit_set_answer (a, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (test_unit_has_request (a));
  test_settle ();
  g_assert_cmpuint (test_unit_get_n_asked (b, STATE_OPERATION_START), ==, 0);

  /* It waits for its turn, and goes on whatever became of the other. */
  test_unit_fail_held (a, "broken");
  g_assert_false (test_end (set->units, STATE_OPERATION_START, &call, NULL, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED, "start failed: {a: broken}");
  test_assert_outcomes (set, "a:failed b:succeeded c:succeeded");
  test_assert_states (set, "a:failed b:running c:running");
}

static void
test_failure_goes_through_units_not_asked (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  g_autoptr (GError) error = NULL;

  test_set_add (set, "b", "a", NULL);
  test_start (set->units, &error);
  g_assert_no_error (error);
  state_unit_ended (STATE_UNIT (a), NULL);
  test_settle ();
  test_set_add (set, "c", "b", NULL);
  add_with_edge (set, "d", "b", STATE_DEPENDENCY_ORDER_ONLY, STATE_OPERATION_FLAGS_ALL);
  test_assert_states (set, "a:stopped b:running c:stopped d:stopped");

  test_unit_fail (a, STATE_OPERATION_START, "broken");
  g_assert_false (test_start (set->units, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED, "start failed: {a: broken}");
  test_assert_outcomes (set, "a:failed c:skipped d:succeeded");
  test_assert_states (set, "a:failed b:running c:stopped d:running");
}

static void
test_skipped_for_the_first_cause (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  StateTransition *transition;
  g_autoptr (StateTransitionStep) step = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  test_set_add (set, "e", "d", NULL);
  test_unit_fail (test_set_get_unit (set, "b"), STATE_OPERATION_START, "broken");
  g_assert_false (test_start (set->units, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED, "start failed: {b: broken}");
  test_assert_outcomes (set, "a:succeeded b:failed c:succeeded d:skipped e:skipped");

  transition = state_units_get_last_transition (set->units);
  step = test_find_step (transition, NULL, "e");
  g_assert_error (state_transition_step_get_error (step), STATE_ERROR,
                  STATE_ERROR_DEPENDENCY_FAILED);
  g_assert_cmpstr (state_transition_step_get_error (step)->message, ==, "skipped because b failed");
}

static void
test_two_failures (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GError) error = NULL;

  /* In the order of addition, whichever came first. */
  test_set_add_diamond (set);
  test_unit_fail (test_set_get_unit (set, "c"), STATE_OPERATION_START, "no link");
  test_unit_set_answer (test_set_get_unit (set, "b"), STATE_OPERATION_START, TEST_ANSWER_DROPPED);
  g_assert_false (test_start (set->units, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  test_assert_contains (error->message, "start failed: {b: ");
  test_assert_contains (error->message, ", c: no link}");
  test_assert_outcomes (set, "a:succeeded b:dropped c:failed d:skipped");
}

static void
test_a_point_of_order (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  TestUnit *b;
  StateUnitBuilder *builder = state_units_add (set->units, "buses up");
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  state_unit_builder_depends_on (builder, test_set_get (set, "a"));
  g_assert_nonnull (state_unit_builder_build (builder, NULL, &error));
  g_assert_no_error (error);
  g_assert_null (state_unit_handle_get_unit (test_set_get (set, "buses up")));
  b = test_set_add (set, "b", "buses up", NULL);
  test_unit_set_answers (a, TEST_ANSWER_LATER);
  test_unit_set_answers (b, TEST_ANSWER_LATER);

  test_start (set->units, &error);
  g_assert_no_error (error);
  test_assert_before (set->journal, "a:start!", "b:start");
  test_assert_states (set, "a:running b:running");
  g_assert_cmpint (state_unit_handle_get_state (test_set_get (set, "buses up")), ==,
                   STATE_UNIT_STATE_RUNNING);
  test_stop (set->units, &error);
  g_assert_no_error (error);
  test_assert_before (set->journal, "b:stop!", "a:stop");
  snapshot = test_save (set->units, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (state_snapshot_get_n_units (snapshot), ==, 0);
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/edges/count-for-start-stop-reset-and-restore", test_default_edges);
  g_test_add_func ("/edges/count-for-one-operation-alone", test_one_operation_alone);
  g_test_add_func ("/edges/go-both-ways-for-different-operations",
                   test_both_ways_for_different_operations);
  g_test_add_func ("/edges/may-name-save-and-post-restore", test_save_and_post_restore);
  g_test_add_func ("/edges/of-order-only-carry-no-failure", test_order_only);
  g_test_add_func ("/edges/carry-failure-through-units-not-asked",
                   test_failure_goes_through_units_not_asked);
  g_test_add_func ("/edges/name-the-first-cause", test_skipped_for_the_first_cause);
  g_test_add_func ("/edges/failures-in-the-order-of-addition", test_two_failures);
  g_test_add_func ("/edges/meet-in-a-point-of-order", test_a_point_of_order);
  return g_test_run ();
}
