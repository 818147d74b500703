/* SPDX-License-Identifier: MIT */

/* The words in the picture of a transition: what it was, and what became of each. */

#include "test-set.h"

static char *
draw (StateTransition *transition)
{
  return state_transition_to_svg (transition);
}

static void
run (StateTransition *transition)
{
  test_run (transition, NULL);
}

static void
test_roll_back (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) start = state_transition_new (set->units, STATE_OPERATION_START);
  g_autofree char *svg = NULL;

  test_set_add (set, "clock", NULL);
  test_unit_fail (test_set_add (set, "disk", "clock", NULL), STATE_OPERATION_START, "no power");
  state_transition_set_failure_policy (start, STATE_FAILURE_POLICY_ROLL_BACK);
  run (start);
  svg = draw (start);
  test_assert_contains (svg, "roll-back: stop");
  test_assert_contains (svg, "start failed after");
}

static void
test_live_save (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) save = state_transition_new (set->units, STATE_OPERATION_SAVE);
  g_autofree char *svg = NULL;

  test_unit_set_int (test_set_add (set, "disk", NULL), 1);
  g_assert_true (test_start (set->units, NULL));
  state_transition_set_resume (save, TRUE);
  run (save);
  svg = draw (save);
  test_assert_contains (svg, "first, stop");
  test_assert_contains (svg, "resume: start");
  test_assert_contains (svg, "save succeeded in");
  test_assert_contains (svg, ", 1 unit");
  g_assert_null (strstr (svg, "1 units"));
}

static void
test_cancelled (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) start = state_transition_new (set->units, STATE_OPERATION_START);
  g_autoptr (StateTransition) queued = state_transition_new (set->units, STATE_OPERATION_STOP);
  TestUnit *disk = test_set_add (set, "disk", NULL);
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_auto (TestCall) queued_call = TEST_CALL_INIT;
  g_autofree char *svg = NULL;
  g_autofree char *never = NULL;

  test_unit_set_answer (disk, STATE_OPERATION_START, TEST_ANSWER_HELD);
  state_transition_run_async (start, NULL, test_call_done, &call);
  state_transition_run_async (queued, NULL, test_call_done, &queued_call);
  test_wait_until (test_unit_has_request (disk));
  state_transition_cancel (queued);
  test_call_wait (&queued_call);
  state_transition_cancel (start);
  test_unit_cancel_held (disk);
  test_call_wait (&call);
  svg = draw (start);
  test_assert_contains (svg, "start cancelled after");
  never = draw (queued);
  test_assert_contains (never, "stop was cancelled before it began");
}

static void
test_waiting (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) start = state_transition_new (set->units, STATE_OPERATION_START);
  TestUnit *clock = test_set_add (set, "clock", NULL);
  TestUnit *disk = test_set_add (set, "disk", NULL);
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autofree char *svg = NULL;

  test_set_add (set, "net", "clock", NULL);
  test_set_add (set, "shell", "clock", "disk", NULL);
  state_units_set_max_concurrency (set->units, 1);
  test_unit_set_answer (clock, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_unit_set_answer (disk, STATE_OPERATION_START, TEST_ANSWER_HELD);
  state_transition_run_async (start, NULL, test_call_done, &call);
  test_wait_until (test_unit_has_request (clock));
  svg = draw (start);
  test_assert_contains (svg, "waits for clock<");
  test_assert_contains (svg, "and 1 more");
  test_assert_contains (svg, "waits for its turn");
  test_assert_contains (svg, "start has been running for");
  test_unit_answer_held (clock);
  test_unit_answer_held (disk);
  test_call_wait (&call);
}

/* One that leaves after it has been asked is shown, and one where it should be is not. */
static void
test_left_and_unchanged (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) start = NULL;
  TestUnit *gone;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autofree char *svg = NULL;

  test_set_add (set, "runs", NULL);
  g_assert_true (test_start (set->units, NULL));
  gone = g_object_ref (test_set_add (set, "gone", NULL));
  test_unit_set_answer (gone, STATE_OPERATION_START, TEST_ANSWER_HELD);
  start = state_transition_new (set->units, STATE_OPERATION_START);
  state_transition_run_async (start, NULL, test_call_done, &call);
  test_wait_until (test_unit_has_request (gone));
  state_unit_handle_discard (test_set_get (set, "gone"));
  test_call_wait (&call);
  svg = draw (start);
  test_assert_contains (svg, "removed");
  test_unit_answer_held (gone);
  g_object_unref (gone);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  g_test_add_func ("/timeline-words/a-roll-back", test_roll_back);
  g_test_add_func ("/timeline-words/a-live-save", test_live_save);
  g_test_add_func ("/timeline-words/a-cancelled-one", test_cancelled);
  g_test_add_func ("/timeline-words/who-waits-for-whom", test_waiting);
  g_test_add_func ("/timeline-words/who-left", test_left_and_unchanged);
  return g_test_run ();
}
