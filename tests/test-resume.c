/* SPDX-License-Identifier: MIT */

/* What is left of a transition of several phases that does not go as planned: what was
 * stopped runs again, and what is half restored does not start. */

#include "test-set.h"

typedef struct
{
  StateTransition *transition;
  TestCall call;
} Going;

static void
start_all (TestSet *set)
{
  g_autoptr (GError) error = NULL;

  test_start (set->units, &error);
  g_assert_no_error (error);
  test_journal_clear (set->journal);
}

static void
set_ints (TestSet *set, const char *names, int value)
{
  for (; *names != '\0'; names++)
    test_unit_set_int (test_set_get_unit (set, (char[]){ *names, '\0' }), value);
}

static StateSnapshot *
save_with (TestSet *set, const char *names, int value)
{
  g_autoptr (GError) error = NULL;
  StateSnapshot *snapshot;

  set_ints (set, names, value);
  snapshot = test_save (set->units, &error);
  g_assert_no_error (error);
  return snapshot;
}

static void
begin (Going *going, TestSet *set, StateOperation operation, StateSnapshot *snapshot)
{
  going->transition = state_transition_new (set->units, operation);
  if (snapshot != NULL)
    state_transition_set_snapshot (going->transition, snapshot);
}

static void
run (Going *going)
{
  state_transition_run_async (going->transition, NULL, test_call_done, &going->call);
}

static gboolean
end (Going *going, GError **error)
{
  gboolean success =
      state_transition_run_finish (going->transition, test_call_wait (&going->call), error);

  test_call_clear (&going->call);
  g_clear_object (&going->transition);
  return success;
}

static void
hold (TestSet *set, const char *name, StateOperation operation)
{
  test_unit_set_answer (test_set_get_unit (set, name), operation, TEST_ANSWER_HELD);
}

static void
let_go (TestSet *set, const char *name)
{
  TestUnit *unit = test_set_get_unit (set, name);

  test_wait_until (test_unit_has_request (unit));
  test_settle ();
  test_unit_answer_held (unit);
  test_settle ();
}

/* --- Running again --- */

/* A restart is a start of what was stopped for it, "whatever came of it". */
static void
test_restart_cancelled (void)
{
  for (guint i = 0; i < 2; i++)
    {
      StateOperation operation = i == 0 ? STATE_OPERATION_STOP : STATE_OPERATION_START;
      g_autoptr (TestSet) set = test_set_new ();
      g_autoptr (GError) error = NULL;
      Going going = { 0 };

      test_set_add_diamond (set);
      start_all (set);
      hold (set, "b", operation);
      begin (&going, set, STATE_OPERATION_START, NULL);
      state_transition_set_resume (going.transition, TRUE);
      run (&going);
      test_wait_until (test_unit_has_request (test_set_get_unit (set, "b")));
      state_transition_cancel (going.transition);
      let_go (set, "b");
      g_assert_false (end (&going, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      test_assert_states (set, "a:running b:running c:running d:running");
    }
}

static void
test_restart_rolled_back (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GError) error = NULL;
  Going going = { 0 };

  test_set_add (set, "a", NULL);
  test_set_add (set, "b", "a", NULL);
  start_all (set);
  test_unit_fail (test_set_get_unit (set, "b"), STATE_OPERATION_START, "worn out");
  begin (&going, set, STATE_OPERATION_START, NULL);
  state_transition_set_resume (going.transition, TRUE);
  state_transition_set_failure_policy (going.transition, STATE_FAILURE_POLICY_ROLL_BACK);
  run (&going);
  g_assert_false (end (&going, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED, "start failed: {b: worn out}");
  test_assert_journal (set->journal,
                       "b:stop b:stop! a:stop a:stop! a:start a:start! b:start b:start! a:stop "
                       "a:stop! a:start a:start!");
  test_assert_states (set, "a:running b:failed");
}

/* It was given up on, and did stop: it runs again with the others. */
static void
test_late_stop_is_resumed (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GError) error = NULL;
  Going going = { 0 };

  test_set_add_timed (set, "a", STATE_OPERATION_STOP, 20, NULL);
  test_set_add (set, "b", NULL);
  start_all (set);
  hold (set, "a", STATE_OPERATION_STOP);
  hold (set, "b", STATE_OPERATION_STOP);
  begin (&going, set, STATE_OPERATION_SAVE, NULL);
  state_transition_set_resume (going.transition, TRUE);
  run (&going);
  test_set_wait_state (set, "a", STATE_UNIT_STATE_UNCERTAIN);
  let_go (set, "a");
  test_assert_states (set, "a:stopped b:stopping");
  let_go (set, "b");
  g_assert_false (end (&going, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  test_assert_states (set, "a:running b:running");
  g_assert_cmpuint (test_unit_get_n_asked (test_set_get_unit (set, "b"), STATE_OPERATION_SAVE), ==,
                    0);
}

/* The same when a stop is rolled back. */
static void
test_late_stop_is_rolled_back (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GError) error = NULL;
  Going going = { 0 };

  test_set_add_timed (set, "a", STATE_OPERATION_STOP, 20, NULL);
  test_set_add (set, "b", NULL);
  start_all (set);
  hold (set, "a", STATE_OPERATION_STOP);
  hold (set, "b", STATE_OPERATION_STOP);
  begin (&going, set, STATE_OPERATION_STOP, NULL);
  state_transition_set_failure_policy (going.transition, STATE_FAILURE_POLICY_ROLL_BACK);
  run (&going);
  test_set_wait_state (set, "a", STATE_UNIT_STATE_UNCERTAIN);
  let_go (set, "a");
  let_go (set, "b");
  g_assert_false (end (&going, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  test_assert_states (set, "a:running b:running");
}

/* b dies while a, which needs it, is stopped for a restore that has no state for b. */
static void
test_dies_before_it_is_stopped (void)
{
  const StateOperation operations[] = { STATE_OPERATION_RESTORE, STATE_OPERATION_SAVE };

  for (guint i = 0; i < G_N_ELEMENTS (operations); i++)
    {
      g_autoptr (TestSet) set = test_set_new ();
      g_autoptr (StateSnapshot) snapshot = NULL;
      g_autoptr (GError) broken = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "gone");
      g_autoptr (GError) error = NULL;
      g_autofree char *words = NULL;
      Going going = { 0 };

      test_set_add (set, "b", NULL);
      test_set_add (set, "a", "b", NULL);
      snapshot = save_with (set, "a", 1);
      start_all (set);
      hold (set, "a", STATE_OPERATION_STOP);
      begin (&going, set, operations[i],
             operations[i] == STATE_OPERATION_RESTORE ? snapshot : NULL);
      state_transition_set_resume (going.transition, TRUE);
      run (&going);
      test_wait_until (test_unit_has_request (test_set_get_unit (set, "a")));
      state_unit_ended (STATE_UNIT (test_set_get_unit (set, "b")), broken);
      test_set_wait_state (set, "b", STATE_UNIT_STATE_FAILED);
      let_go (set, "a");
      g_assert_false (end (&going, &error));
      words = g_strdup_printf ("%s failed: {b: it failed before it could be asked to %s}",
                               state_operation_to_string (operations[i]),
                               state_operation_to_string (operations[i]));
      test_assert_error (error, STATE_ERROR_TRANSITION_FAILED, words);
      g_assert_cmpuint (test_unit_get_n_asked (test_set_get_unit (set, "b"), operations[i]), ==, i);
      test_assert_states (set, "a:running b:failed");
    }
}

/* Whoever leaves once all is restored takes nothing along. */
static void
test_leaves_while_it_is_resumed (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;
  Going going = { 0 };

  test_set_add (set, "a", NULL);
  test_set_add (set, "b", NULL);
  snapshot = save_with (set, "ab", 1);
  start_all (set);
  hold (set, "a", STATE_OPERATION_START);
  begin (&going, set, STATE_OPERATION_RESTORE, snapshot);
  state_transition_set_resume (going.transition, TRUE);
  run (&going);
  test_wait_until (test_unit_has_request (test_set_get_unit (set, "a")));
  g_object_unref (test_unit_take_request (test_set_get_unit (set, "a")));
  state_unit_handle_discard (test_set_get (set, "a"));
  g_assert_true (end (&going, &error));
  g_assert_no_error (error);
  test_assert_states (set, "b:running");
}

/* --- Half restored --- */

/* "what it says of a reset is so", also when the reset of the others goes on */
static void
test_late_reset_stays (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GError) error = NULL;
  Going going = { 0 };

  test_set_add_timed (set, "a", STATE_OPERATION_RESET, 20, NULL);
  test_set_add (set, "b", NULL);
  hold (set, "a", STATE_OPERATION_RESET);
  hold (set, "b", STATE_OPERATION_RESET);
  begin (&going, set, STATE_OPERATION_RESET, NULL);
  run (&going);
  test_set_wait_state (set, "a", STATE_UNIT_STATE_UNCERTAIN);
  let_go (set, "a");
  let_go (set, "b");
  g_assert_false (end (&going, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED,
                     "reset failed: {a: timed out after 20 ms}");
  test_assert_states (set, "a:stopped b:stopped");
}

/* a has got its old contents back, but not been post-restored, when all is abandoned. */
static void
test_roll_back_abandoned_half_way (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;
  Going going = { 0 };

  test_set_add (set, "a", NULL);
  test_set_add (set, "b", NULL);
  snapshot = save_with (set, "ab", 1);
  set_ints (set, "ab", 2);
  hold (set, "b", STATE_OPERATION_POST_RESTORE);
  begin (&going, set, STATE_OPERATION_RESTORE, snapshot);
  state_transition_set_failure_policy (going.transition, STATE_FAILURE_POLICY_ROLL_BACK);
  run (&going);
  test_wait_until (test_unit_has_request (test_set_get_unit (set, "b")));
  hold (set, "b", STATE_OPERATION_RESTORE);
  test_unit_fail_held (test_set_get_unit (set, "b"), "broken");
  test_wait_until (test_unit_has_request (test_set_get_unit (set, "b")));
  test_settle ();
  g_assert_cmpint (test_unit_get_int (test_set_get_unit (set, "a")), ==, 2);
  state_transition_abandon (going.transition);
  g_assert_false (end (&going, &error));
  test_assert_states (set, "a:failed b:uncertain");
  let_go (set, "b");
  test_assert_states (set, "a:failed b:failed");
}

/* b had saved nothing, and so keeps what the others do not have any more. */
static void
test_what_cannot_be_put_back (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;
  Going going = { 0 };

  test_set_add (set, "a", NULL);
  test_set_add (set, "b", NULL);
  test_set_add (set, "c", NULL);
  snapshot = save_with (set, "abc", 1);
  set_ints (set, "ac", 2);
  test_unit_set_value (test_set_get_unit (set, "b"), NULL);
  hold (set, "c", STATE_OPERATION_POST_RESTORE);
  begin (&going, set, STATE_OPERATION_RESTORE, snapshot);
  state_transition_set_failure_policy (going.transition, STATE_FAILURE_POLICY_ROLL_BACK);
  run (&going);
  test_wait_until (test_unit_has_request (test_set_get_unit (set, "c")));
  test_unit_set_answer (test_set_get_unit (set, "c"), STATE_OPERATION_POST_RESTORE,
                        TEST_ANSWER_AT_ONCE);
  test_unit_fail_held (test_set_get_unit (set, "c"), "broken");
  g_assert_false (end (&going, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED, "restore failed: {c: broken}");
  test_assert_states (set, "a:stopped b:failed c:stopped");
}

/* It is known before anybody is asked for post-restore that b has left with its state. */
static void
test_leaves_with_its_state (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;
  Going going = { 0 };

  test_set_add (set, "a", NULL);
  test_set_add (set, "b", NULL);
  snapshot = save_with (set, "ab", 1);
  set_ints (set, "ab", 2);
  hold (set, "a", STATE_OPERATION_RESTORE);
  begin (&going, set, STATE_OPERATION_RESTORE, snapshot);
  state_transition_set_failure_policy (going.transition, STATE_FAILURE_POLICY_ROLL_BACK);
  run (&going);
  test_wait_until (test_unit_has_request (test_set_get_unit (set, "a")));
  test_settle ();
  state_unit_handle_discard (test_set_get (set, "b"));
  test_unit_answer_held (test_set_get_unit (set, "a"));
  let_go (set, "a");
  g_assert_false (end (&going, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  /* Once, when it has been put back. */
  g_assert_cmpint (test_journal_count (set->journal, "a:post-restore"), ==, 1);
  g_assert_cmpint (test_unit_get_int (test_set_get_unit (set, "a")), ==, 2);
  test_assert_states (set, "a:stopped");
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/resume/restart-cancelled", test_restart_cancelled);
  g_test_add_func ("/resume/restart-rolled-back", test_restart_rolled_back);
  g_test_add_func ("/resume/late-stop", test_late_stop_is_resumed);
  g_test_add_func ("/roll-back/late-stop", test_late_stop_is_rolled_back);
  g_test_add_func ("/resume/dies-before-it-is-stopped", test_dies_before_it_is_stopped);
  g_test_add_func ("/resume/leaves-while-it-is-resumed", test_leaves_while_it_is_resumed);
  g_test_add_func ("/half/late-reset-stays", test_late_reset_stays);
  g_test_add_func ("/half/roll-back-abandoned", test_roll_back_abandoned_half_way);
  g_test_add_func ("/half/what-cannot-be-put-back", test_what_cannot_be_put_back);
  g_test_add_func ("/half/leaves-with-its-state", test_leaves_with_its_state);
  return g_test_run ();
}
