/* SPDX-License-Identifier: MIT */

/* What a transition would do: it does just that when it runs, and nothing before. */

#include "test-set.h"

static StatePlan *
plan_of (StateTransition *transition)
{
  g_autoptr (GError) error = NULL;
  StatePlan *plan = state_transition_plan (transition, &error);

  g_assert_no_error (error);
  g_assert_nonnull (plan);
  return plan;
}

static char *
text_of (StateTransition *transition)
{
  g_autoptr (StatePlan) plan = plan_of (transition);

  return state_plan_to_string (plan);
}

#define assert_plan(transition, expected)               \
  G_STMT_START                                          \
  {                                                     \
    g_autofree char *plan_text_ = text_of (transition); \
    g_assert_cmpstr (plan_text_, ==, (expected));       \
  }                                                     \
  G_STMT_END

/* Of a set whose durations are not known. */
#define assert_operation(set, operation, expected)                                           \
  G_STMT_START                                                                               \
  {                                                                                          \
    g_autoptr (StateTransition) planned_ = state_transition_new ((set)->units, (operation)); \
    assert_plan (planned_, (expected));                                                      \
  }                                                                                          \
  G_STMT_END

static void
give_handle (TestSet *set, StateTransition *transition, const char *name)
{
  StateUnitHandle *handle = test_set_get (set, name);

  state_transition_set_handles (transition, &handle, 1);
}

/* A unit that nobody answers for any more. */
static void
lose (TestSet *set, const char *name)
{
  TestUnit *unit = test_set_get_unit (set, name);
  g_autoptr (StateTransition) stray = state_transition_new (set->units, STATE_OPERATION_RESET);
  g_autoptr (StateRequest) request = NULL;
  g_auto (TestCall) call = TEST_CALL_INIT;

  give_handle (set, stray, name);
  test_unit_set_answer (unit, STATE_OPERATION_RESET, TEST_ANSWER_HELD);
  state_transition_run_async (stray, NULL, test_call_done, &call);
  request = test_unit_take_request (unit);
  state_request_fail_literal (request, STATE_ERROR, STATE_ERROR_LOST, "gone");
  test_call_wait (&call);
  test_unit_set_answer (unit, STATE_OPERATION_RESET, TEST_ANSWER_AT_ONCE);
  g_assert_cmpint (state_unit_handle_get_state (test_set_get (set, name)), ==,
                   STATE_UNIT_STATE_LOST);
}

static void
test_levels (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) transition = NULL;
  g_autoptr (StatePlan) plan = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  test_set_watch (set);
  transition = state_transition_new (set->units, STATE_OPERATION_START);
  plan = plan_of (transition);
  g_assert_cmpuint (state_plan_get_n_levels (plan), ==, 3);
  test_assert_strv (state_plan_get_level (plan, 0), "a");
  test_assert_strv (state_plan_get_level (plan, 1), "b c");
  test_assert_strv (state_plan_get_level (plan, 2), "d");
  test_assert_strv (state_plan_get_skipped (plan), "");
  g_assert_null (state_plan_get_skip_reason (plan, "a"));
  g_assert_cmpint (state_plan_get_expected_duration (plan), ==, 0);
  test_assert_strv (state_plan_get_critical_path (plan), "a c d");
  assert_plan (transition, "plan: start, 4 units, 3 levels\n"
                           "  1: a\n  2: b, c\n  3: d\n"
                           "  critical path: a → c → d\n");
  assert_operation (set, STATE_OPERATION_SAVE,
                    "plan: save, 4 units, 1 level\n  1: a, b, c, d\n  critical path: d\n");
  assert_operation (set, STATE_OPERATION_STOP,
                    "plan: stop, 4 units, 0 levels\n  unchanged: a, b, c, d\n");

  test_expect_critical ("*n < self->levels->len*");
  g_assert_null (state_plan_get_level (plan, 3));
  test_assert_expected ();
}

static void
test_nothing_is_touched (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) transition = NULL;
  g_autoptr (StatePlan) plan = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  test_set_watch (set);
  transition = state_transition_new (set->units, STATE_OPERATION_START);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (StatePlan) again = plan_of (transition);

      test_settle ();
    }
  test_assert_journal (set->journal, "");
  test_assert_journal (set->signals, "");
  test_assert_states (set, "a:stopped b:stopped c:stopped d:stopped");
  g_assert_cmpint (state_transition_get_status (transition), ==, STATE_TRANSITION_STATUS_NEW);
  g_assert_cmpuint (state_transition_get_n_units (transition), ==, 0);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (transition)), ==, 0);
  g_assert_null (state_transition_get_error (transition));
  g_assert_null (state_units_get_last_transition (set->units));

  /* It can be changed and run all the same; then there is nothing left to plan. */
  give_handle (set, transition, "b");
  assert_plan (transition, "plan: start, 2 units, 2 levels\n  1: a\n  2: b\n"
                           "  critical path: a → b\n");
  g_assert_true (test_run (transition, &error));
  g_assert_no_error (error);
  test_assert_states (set, "a:running b:running c:stopped d:stopped");
  plan = state_transition_plan (transition, &error);
  g_assert_null (plan);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
}

static void
test_subsets (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) start = NULL;
  g_autoptr (StateTransition) stop = NULL;
  g_autoptr (StateTransition) reset = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  reset = state_transition_new (set->units, STATE_OPERATION_RESET);
  give_handle (set, reset, "d");
  assert_plan (reset, "plan: reset, 1 unit, 1 level\n  1: d\n  critical path: d\n");
  state_transition_set_handles (reset, NULL, 0);
  assert_plan (reset, "plan: reset, 0 units, 0 levels\n");

  start = state_transition_new (set->units, STATE_OPERATION_START);
  give_handle (set, start, "c");
  assert_plan (start, "plan: start, 2 units, 2 levels\n  1: a\n  2: c\n"
                      "  critical path: a → c\n");
  test_run (start, &error);
  g_assert_no_error (error);

  stop = state_transition_new (set->units, STATE_OPERATION_STOP);
  give_handle (set, stop, "c");
  test_assert_states (set, "a:running b:stopped c:running d:stopped");
  assert_plan (stop, "plan: stop, 2 units, 1 level\n  1: c\n  unchanged: d\n"
                     "  critical path: c\n");
}

/* Without the critical path, which depends on how long the units took before. */
static char *
without_path (char *text)
{
  char *path = strstr (text, "  critical path");

  if (path != NULL)
    *path = '\0';
  return text;
}

static char *
text_with (StateUnits *units,
           StateOperation operation,
           StateSnapshot *snapshot,
           StateFailurePolicy policy,
           gboolean resume)
{
  g_autoptr (StateTransition) transition = state_transition_new (units, operation);

  if (snapshot != NULL)
    state_transition_set_snapshot (transition, snapshot);
  state_transition_set_failure_policy (transition, policy);
  state_transition_set_resume (transition, resume);
  return without_path (text_of (transition));
}

#define assert_text(text, expected)          \
  G_STMT_START                               \
  {                                          \
    g_autofree char *text_ = (text);         \
    g_assert_cmpstr (text_, ==, (expected)); \
  }                                          \
  G_STMT_END

static void
test_resume (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) start = NULL;
  StateFailurePolicy policy = STATE_FAILURE_POLICY_SKIP_DEPENDENTS;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  test_set_add (set, "b", "a", NULL);
  test_set_add (set, "c", NULL);
  assert_text (text_with (set->units, STATE_OPERATION_SAVE, NULL, policy, TRUE),
               "plan: save, 3 units, 1 level\n  save 1: a, b, c\n");

  start = state_transition_new (set->units, STATE_OPERATION_START);
  give_handle (set, start, "b");
  test_run (start, &error);
  g_assert_no_error (error);
  assert_text (text_with (set->units, STATE_OPERATION_SAVE, NULL, policy, TRUE),
               "plan: save, 3 units, 5 levels\n"
               "  stop 1: b\n  stop 2: a\n  save 1: a, b, c\n  resume 1: a\n  resume 2: b\n");
  assert_text (text_with (set->units, STATE_OPERATION_START, NULL, policy, TRUE),
               "plan: start, 3 units, 4 levels\n"
               "  stop 1: b\n  stop 2: a\n  start 1: a, c\n  start 2: b\n");
}

/* Both ways to restart: what ran is stopped and started once, and runs again. */
static void
assert_restarted (StateOperation operation, const char *name)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) transition = NULL;
  g_autoptr (StatePlan) plan = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  test_set_add (set, "b", "a", NULL);
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_journal_clear (set->journal);

  transition = state_transition_new (set->units, operation);
  give_handle (set, transition, name);
  state_transition_set_resume (transition, TRUE);
  plan = plan_of (transition);
  g_assert_cmpuint (state_plan_get_n_levels (plan), ==, 4);
  test_assert_strv (state_plan_get_level (plan, 0), "b");
  test_assert_strv (state_plan_get_level (plan, 1), "a");
  test_assert_strv (state_plan_get_level (plan, 2), "a");
  test_assert_strv (state_plan_get_level (plan, 3), "b");
  test_run (transition, &error);
  g_assert_no_error (error);
  test_assert_journal (set->journal, "b:stop b:stop! a:stop a:stop! "
                                     "a:start a:start! b:start b:start!");
  test_assert_states (set, "a:running b:running");
}

static void
test_restart (void)
{
  assert_restarted (STATE_OPERATION_STOP, "a");
  assert_restarted (STATE_OPERATION_START, "a");
}

static void
test_restore_phases (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_int (test_set_add (set, "a", NULL), 1);
  test_set_add (set, "b", "a", NULL);
  test_unit_set_int (test_set_add (set, "c", "b", NULL), 3);
  snapshot = test_save (set->units, &error);
  g_assert_no_error (error);

  assert_text (text_with (set->units, STATE_OPERATION_RESTORE, snapshot,
                          STATE_FAILURE_POLICY_SKIP_DEPENDENTS, FALSE),
               "plan: restore, 3 units, 3 levels\n"
               "  restore 1: a\n  restore 2: c\n  post-restore 1: a, b, c\n");
  assert_text (text_with (set->units, STATE_OPERATION_RESTORE, snapshot,
                          STATE_FAILURE_POLICY_ROLL_BACK, FALSE),
               "plan: restore, 3 units, 4 levels\n"
               "  save 1: a, b, c\n  restore 1: a\n  restore 2: c\n  post-restore 1: a, b, c\n");
}

static void
test_restore_what_runs (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_int (test_set_add (set, "a", NULL), 1);
  test_set_add (set, "b", "a", NULL);
  snapshot = test_save (set->units, &error);
  g_assert_no_error (error);
  test_start (set->units, &error);
  g_assert_no_error (error);
  assert_text (text_with (set->units, STATE_OPERATION_RESTORE, snapshot,
                          STATE_FAILURE_POLICY_ROLL_BACK, TRUE),
               "plan: restore, 2 units, 7 levels\n"
               "  stop 1: b\n  stop 2: a\n  save 1: a, b\n  restore 1: a\n"
               "  post-restore 1: a, b\n  resume 1: a\n  resume 2: b\n");
}

/* --- Refusals --- */

/* It is planned as it is refused, and with the same words. */
static void
assert_refused (StateTransition *transition, GQuark domain, int code)
{
  g_autoptr (GError) planned = NULL;
  g_autoptr (GError) run = NULL;

  g_assert_null (state_transition_plan (transition, &planned));
  g_assert_error (planned, domain, code);
  g_assert_null (state_transition_get_error (transition));
  g_assert_null (state_transition_plan (transition, NULL));
  g_assert_false (test_run (transition, &run));
  g_assert_error (run, domain, code);
  g_assert_cmpstr (planned->message, ==, run->message);
}

static void
assert_snapshot_refused (TestSet *set, const char *name, guint version, int code)
{
  g_autoptr (StateTransition) transition =
      state_transition_new (set->units, STATE_OPERATION_RESTORE);
  g_autoptr (StateSnapshot) empty = state_snapshot_new ();
  g_autoptr (StateSnapshot) snapshot =
      state_snapshot_with_unit (empty, name, version, g_variant_new_int32 (1));

  state_transition_set_snapshot (transition, snapshot);
  assert_refused (transition, STATE_ERROR, code);
}

static void
test_refusals (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestSet) other = test_set_new ();
  g_autoptr (StateTransition) foreign = NULL;
  g_autoptr (StateTransition) nothing = NULL;
  g_autoptr (StateTransition) save = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  test_set_add (other, "a", NULL);
  foreign = state_transition_new (set->units, STATE_OPERATION_STOP);
  give_handle (other, foreign, "a");
  assert_refused (foreign, STATE_ERROR, STATE_ERROR_FOREIGN_HANDLE);
  nothing = state_transition_new (set->units, STATE_OPERATION_RESTORE);
  assert_refused (nothing, STATE_ERROR, STATE_ERROR_NO_SAVED_STATE);
  assert_snapshot_refused (set, "z", 0, STATE_ERROR_UNKNOWN_UNIT);
  assert_snapshot_refused (set, "a", 9, STATE_ERROR_VERSION);

  test_start (set->units, &error);
  g_assert_no_error (error);
  save = state_transition_new (set->units, STATE_OPERATION_SAVE);
  assert_refused (save, STATE_ERROR, STATE_ERROR_WRONG_STATE);
}

static void
test_cannot_run (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) cancelled = NULL;
  g_autoptr (StateTransition) orphan = NULL;
  StateUnits *units = state_units_new ();

  cancelled = state_transition_new (set->units, STATE_OPERATION_START);
  state_transition_cancel (cancelled);
  test_settle ();
  assert_refused (cancelled, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  orphan = state_transition_new (units, STATE_OPERATION_START);
  g_object_unref (units);
  test_settle ();
  assert_refused (orphan, G_IO_ERROR, G_IO_ERROR_NOT_INITIALIZED);
}

/* By the states in which the units are now. */
static void
test_while_another_runs (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  g_autoptr (StateTransition) start = NULL;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "b", "a", NULL);
  test_unit_set_answer (a, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (test_unit_has_request (a));

  start = state_transition_new (set->units, STATE_OPERATION_START);
  g_assert_null (state_transition_plan (start, &error));
  test_assert_error (error, STATE_ERROR_WRONG_STATE, "start refused: {a: it is starting}");
  assert_operation (set, STATE_OPERATION_STOP,
                    "plan: stop, 2 units, 1 level\n  1: a\n  unchanged: b\n"
                    "  critical path: a\n");
  test_unit_answer_held (a);
  test_end (set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_no_error (error);
  test_assert_states (set, "a:running b:running");
}

static void
plan_elsewhere (gpointer transition, gpointer unused)
{
  g_assert_null (state_transition_plan (transition, NULL));
}

static void
read_elsewhere (gpointer plan, gpointer unused)
{
  g_autofree char *text = state_plan_to_string (plan);

  test_assert_strv (state_plan_get_level (plan, 0), "a");
  g_assert_cmpstr (text, ==, "plan: start, 1 unit, 1 level\n  1: a\n  critical path: a\n");
}

static void
test_threads (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) transition = NULL;
  g_autoptr (StatePlan) plan = NULL;

  test_set_add (set, "a", NULL);
  transition = state_transition_new (set->units, STATE_OPERATION_START);
  plan = plan_of (transition);
  test_in_thread (read_elsewhere, plan, NULL);
  test_expect_critical ("*state_transition_plan: called outside the main context of the set*");
  test_in_thread (plan_elsewhere, transition, NULL);
  test_assert_expected ();
}

/* --- Skipped --- */

static void
test_skipped (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) transition = NULL;
  g_autoptr (StatePlan) plan = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "nas", NULL);
  test_set_add (set, "clock", NULL);
  test_set_add (set, "fs", "nas", NULL);
  test_set_add (set, "shell", "clock", "fs", NULL);
  lose (set, "nas");
  transition = state_transition_new (set->units, STATE_OPERATION_START);
  plan = plan_of (transition);
  test_assert_strv (state_plan_get_skipped (plan), "nas fs shell");
  g_assert_cmpstr (state_plan_get_skip_reason (plan, "nas"), ==, "nas is lost");
  g_assert_cmpstr (state_plan_get_skip_reason (plan, "fs"), ==, "skipped because nas is lost");
  g_assert_null (state_plan_get_skip_reason (plan, "clock"));
  g_assert_null (state_plan_get_skip_reason (plan, "nobody"));
  assert_plan (transition, "plan: start, 4 units, 1 level\n  1: clock\n"
                           "  skipped: nas (nas is lost), fs (skipped because nas is lost), "
                           "shell (skipped because nas is lost)\n"
                           "  critical path: clock\n");

  g_assert_false (test_run (transition, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  test_assert_outcomes (set, "nas:lost clock:succeeded fs:skipped shell:skipped");
}

static void
test_policies (void)
{
  g_autoptr (TestSet) set = test_set_new ();

  test_set_add (set, "clock", NULL);
  test_set_add (set, "nas", NULL);
  test_set_add (set, "fs", "nas", "clock", NULL);
  lose (set, "nas");
  assert_text (text_with (set->units, STATE_OPERATION_START, NULL, STATE_FAILURE_POLICY_KEEP_GOING,
                          FALSE),
               "plan: start, 3 units, 2 levels\n  1: clock\n  2: fs\n"
               "  skipped: nas (nas is lost)\n");
  assert_text (text_with (set->units, STATE_OPERATION_START, NULL, STATE_FAILURE_POLICY_ROLL_BACK,
                          FALSE),
               "plan: start, 3 units, 2 levels\n  start 1: clock\n  roll-back 1: clock\n"
               "  skipped: nas (nas is lost), fs (skipped because nas is lost)\n");
}

static void
abandon (TestSet *set, StateOperation operation)
{
  g_autoptr (StateTransition) transition = state_transition_new (set->units, operation);
  g_auto (TestCall) call = TEST_CALL_INIT;

  state_transition_run_async (transition, NULL, test_call_done, &call);
  test_settle ();
  state_transition_abandon (transition);
  test_call_wait (&call);
}

/* A unit that was given up on is to be stopped once it has answered. */
static void
test_late_answers (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  g_autoptr (StateTransition) reset = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "b", NULL);
  test_unit_set_answer (a, STATE_OPERATION_START, TEST_ANSWER_HELD);
  abandon (set, STATE_OPERATION_START);
  test_assert_states (set, "a:uncertain b:running");

  reset = state_transition_new (set->units, STATE_OPERATION_RESET);
  assert_refused (reset, STATE_ERROR, STATE_ERROR_WRONG_STATE);
  assert_text (text_with (set->units, STATE_OPERATION_STOP, NULL,
                          STATE_FAILURE_POLICY_SKIP_DEPENDENTS, FALSE),
               "plan: stop, 2 units, 1 level\n  1: a, b\n");
  test_assert_states (set, "a:uncertain b:running");
  test_unit_answer_held (a);
  test_stop (set->units, &error);
  g_assert_no_error (error);
}

/* To ask for a start withdraws a stop that stands; to plan one does not. */
static void
test_standing_stop (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  g_autoptr (StateTransition) start = NULL;
  g_autoptr (StateTransition) stop = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_answers (a, TEST_ANSWER_HELD);
  abandon (set, STATE_OPERATION_START);
  stop = state_transition_new (set->units, STATE_OPERATION_STOP);
  state_transition_set_timeout (stop, 10);
  g_assert_false (test_run (stop, NULL));
  g_clear_object (&stop);
  start = state_transition_new (set->units, STATE_OPERATION_START);
  g_assert_null (state_transition_plan (start, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_WRONG_STATE);
  g_clear_error (&error);
  test_unit_answer_held (a);
  test_wait_until (test_unit_has_request (a));
  test_assert_states (set, "a:stopping");

  /* It is with the unit now, and another stop waits for it. */
  stop = state_transition_new (set->units, STATE_OPERATION_STOP);
  assert_plan (stop, "plan: stop, 1 unit, 0 levels\n  unchanged: a\n");
  test_unit_answer_held (a);
  test_settle ();
  test_assert_states (set, "a:stopped");
}

/* --- Durations --- */

static gint64
duration_of (StateUnits *units, const char *name)
{
  g_autoptr (StateTransitionStep) step =
      test_find_step (state_units_get_last_transition (units), NULL, name);
  gint64 time =
      state_transition_step_get_finish_time (step) - state_transition_step_get_start_time (step);

  return MAX (time, 1);
}

static gint64
expected_duration (StateUnits *units, guint max_concurrency)
{
  g_autoptr (StateTransition) transition = state_transition_new (units, STATE_OPERATION_RESET);
  g_autoptr (StatePlan) plan = NULL;

  state_units_set_max_concurrency (units, max_concurrency);
  plan = plan_of (transition);
  return state_plan_get_expected_duration (plan);
}

static void
test_durations (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) reset = NULL;
  g_autoptr (StatePlan) plan = NULL;
  g_autofree char *text = NULL;
  gint64 a, b, c, d;
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  test_unit_set_delay (test_set_get_unit (set, "b"), STATE_OPERATION_RESET, 5);
  test_reset (set->units, &error);
  g_assert_no_error (error);
  a = duration_of (set->units, "a");
  b = duration_of (set->units, "b");
  c = duration_of (set->units, "c");
  d = duration_of (set->units, "d");

  reset = state_transition_new (set->units, STATE_OPERATION_RESET);
  plan = plan_of (reset);
  test_assert_strv (state_plan_get_critical_path (plan), "a b d");
  g_assert_cmpint (state_plan_get_expected_duration (plan), ==, a + b + d);
  g_assert_cmpuint (state_plan_get_n_levels (plan), ==, 3);
  text = state_plan_to_string (plan);
  test_assert_contains (text, "critical path: a → b → d, ");
  test_assert_contains (text, " ms expected\n");
  g_assert_cmpint (expected_duration (set->units, 1), ==, a + b + c + d);
  g_assert_cmpint (expected_duration (set->units, 2), ==, a + b + d);

  /* What was never seen counts for nothing. */
  test_set_add (set, "e", "d", NULL);
  g_assert_cmpint (expected_duration (set->units, 0), ==, a + b + d);
  assert_operation (set, STATE_OPERATION_SAVE,
                    "plan: save, 5 units, 1 level\n  1: a, b, c, d, e\n  critical path: e\n");
}

/* The limit is about times, and not about levels. */
static void
test_max_concurrency (void)
{
  g_autoptr (TestSet) set = test_set_new ();

  test_set_add_diamond (set);
  state_units_set_max_concurrency (set->units, 1);
  assert_operation (set, STATE_OPERATION_START,
                    "plan: start, 4 units, 3 levels\n  1: a\n  2: b, c\n  3: d\n"
                    "  critical path: a → c → d\n");
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/plan/levels", test_levels);
  g_test_add_func ("/plan/nothing-is-touched", test_nothing_is_touched);
  g_test_add_func ("/plan/subsets", test_subsets);
  g_test_add_func ("/plan/resume", test_resume);
  g_test_add_func ("/plan/restart", test_restart);
  g_test_add_func ("/plan/restore", test_restore_phases);
  g_test_add_func ("/plan/restore-what-runs", test_restore_what_runs);
  g_test_add_func ("/plan/refusals", test_refusals);
  g_test_add_func ("/plan/cannot-run", test_cannot_run);
  g_test_add_func ("/plan/while-another-runs", test_while_another_runs);
  g_test_add_func ("/plan/threads", test_threads);
  g_test_add_func ("/plan/skipped", test_skipped);
  g_test_add_func ("/plan/policies", test_policies);
  g_test_add_func ("/plan/late-answers", test_late_answers);
  g_test_add_func ("/plan/standing-stop", test_standing_stop);
  g_test_add_func ("/plan/durations", test_durations);
  g_test_add_func ("/plan/max-concurrency", test_max_concurrency);
  return g_test_run ();
}
