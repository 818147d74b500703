/* SPDX-License-Identifier: MIT */

/* A transition as a record of what is going on and of what happened. */

#include "test-set.h"

static void
note_status (GObject *object, GParamSpec *pspec, gpointer journal)
{
  StateTransitionStatus status;

  g_object_get (object, "status", &status, NULL);
  test_journal_add (journal, "%s", state_transition_status_to_string (status));
}

static void
test_status (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  g_autoptr (StateTransition) start = state_transition_new (set->units, STATE_OPERATION_START);
  g_autoptr (StateTransition) stop = state_transition_new (set->units, STATE_OPERATION_STOP);
  g_auto (TestCall) start_call = TEST_CALL_INIT;
  g_auto (TestCall) stop_call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (state_transition_get_status (start), ==, STATE_TRANSITION_STATUS_NEW);
  g_assert_cmpint (state_transition_get_operation (start), ==, STATE_OPERATION_START);
  g_assert_true (state_transition_get_units (start) == set->units);
  g_signal_connect (stop, "notify::status", G_CALLBACK (note_status), set->signals);

  test_unit_set_answers (a, TEST_ANSWER_HELD);
  state_transition_run_async (start, NULL, test_call_done, &start_call);
  state_transition_run_async (stop, NULL, test_call_done, &stop_call);
  test_wait_until (test_unit_has_request (a));
  g_assert_cmpint (state_transition_get_status (start), ==, STATE_TRANSITION_STATUS_RUNNING);
  g_assert_cmpint (state_transition_get_status (stop), ==, STATE_TRANSITION_STATUS_QUEUED);
  g_assert_true (state_units_get_current_transition (set->units) == start);

  test_unit_answer_held (a);
  state_transition_run_finish (start, test_call_wait (&start_call), &error);
  g_assert_no_error (error);
  g_assert_cmpint (state_transition_get_status (start), ==, STATE_TRANSITION_STATUS_SUCCEEDED);
  test_wait_until (test_unit_has_request (a));
  g_assert_cmpint (state_transition_get_status (stop), ==, STATE_TRANSITION_STATUS_RUNNING);
  g_assert_true (state_units_get_current_transition (set->units) == stop);

  test_unit_fail_held (a, "stuck");
  g_assert_false (state_transition_run_finish (stop, test_call_wait (&stop_call), &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  g_assert_cmpint (state_transition_get_status (stop), ==, STATE_TRANSITION_STATUS_FAILED);
  test_assert_journal (set->signals, "queued running failed");
  g_assert_cmpstr (state_transition_get_error (stop)->message, ==, error->message);
  g_assert_no_error (state_transition_get_error (start));
}

static void
test_runs_once (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) start = state_transition_new (set->units, STATE_OPERATION_START);
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  test_run (start, &error);
  g_assert_no_error (error);
  g_assert_false (test_run (start, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_assert_cmpint (state_transition_get_status (start), ==, STATE_TRANSITION_STATUS_SUCCEEDED);
  test_assert_journal (set->journal, "a:start a:start!");
}

static void
test_only_of_whole_operations (void)
{
  g_autoptr (TestSet) set = test_set_new ();

  test_expect_critical ("*");
  g_assert_null (state_transition_new (set->units, STATE_OPERATION_POST_RESTORE));
  test_assert_expected ();
  test_expect_critical ("*");
  g_assert_null (state_transition_new (set->units, STATE_OPERATION_INSPECT));
  test_assert_expected ();
}

static void
test_restore_takes_a_snapshot (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  g_autoptr (StateTransition) save = state_transition_new (set->units, STATE_OPERATION_SAVE);
  g_autoptr (StateTransition) blank = state_transition_new (set->units, STATE_OPERATION_RESTORE);
  g_autoptr (StateTransition) restore = state_transition_new (set->units, STATE_OPERATION_RESTORE);
  g_autoptr (GError) error = NULL;

  test_unit_set_int (a, 1);
  test_run (save, &error);
  g_assert_no_error (error);
  test_unit_set_int (a, 2);

  /* Without a snapshot there is nothing to restore. */
  g_assert_false (test_run (blank, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_cmpint (state_transition_get_status (blank), ==, STATE_TRANSITION_STATUS_FAILED);

  state_transition_set_snapshot (restore, state_transition_get_snapshot (save));
  test_run (restore, &error);
  g_assert_no_error (error);
  g_assert_cmpint (test_unit_get_int (a), ==, 1);
}

static void
test_refused (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) save = state_transition_new (set->units, STATE_OPERATION_SAVE);
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_set_watch (set);
  g_assert_false (test_run (save, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_WRONG_STATE);
  g_assert_cmpint (state_transition_get_status (save), ==, STATE_TRANSITION_STATUS_FAILED);
  g_assert_true (
      g_error_matches (state_transition_get_error (save), STATE_ERROR, STATE_ERROR_WRONG_STATE));
  g_assert_true (state_units_get_last_transition (set->units) == save);
  test_assert_journal (set->signals, "started:save finished:save:failed");
}

static void
note_progress (GObject *object, GParamSpec *pspec, gpointer last)
{
  double progress = state_transition_get_progress (STATE_TRANSITION (object));

  g_assert_cmpfloat (progress, >=, *(double *) last);
  g_assert_cmpfloat (progress, <=, 1);
  *(double *) last = progress;
}

static void
test_counts_and_progress (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) start = state_transition_new (set->units, STATE_OPERATION_START);
  g_auto (TestCall) call = TEST_CALL_INIT;
  double last = 0;
  double before;
  StateRequest *request;
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  test_set_answer_all (set, TEST_ANSWER_HELD);
  g_signal_connect (start, "notify::progress", G_CALLBACK (note_progress), &last);
  g_assert_cmpfloat (state_transition_get_progress (start), ==, 0);
  g_assert_cmpint (state_transition_get_elapsed (start), ==, 0);

  state_transition_run_async (start, NULL, test_call_done, &call);
  request = test_unit_take_request (test_set_get_unit (set, "a"));
  g_assert_cmpuint (state_transition_get_n_units (start), ==, 4);
  g_assert_cmpuint (state_transition_get_n_finished (start), ==, 0);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (start)), ==, 4);

  /* What the unit itself says counts, too. */
  state_request_set_progress (request, 0.5, "spinning up");
  test_wait_until (state_transition_get_progress (start) > 0);
  before = state_transition_get_progress (start);
  g_assert_cmpfloat (before, <, 0.25);
  test_request_answer (request);
  g_object_unref (request);

  test_wait_until (test_unit_has_request (test_set_get_unit (set, "b")));
  g_assert_cmpuint (state_transition_get_n_finished (start), ==, 1);
  g_assert_cmpfloat (state_transition_get_progress (start), >, before);
  test_unit_answer_held (test_set_get_unit (set, "b"));
  test_unit_answer_held (test_set_get_unit (set, "c"));
  test_wait_until (test_unit_has_request (test_set_get_unit (set, "d")));
  g_assert_cmpuint (state_transition_get_n_finished (start), ==, 3);
  test_unit_answer_held (test_set_get_unit (set, "d"));

  state_transition_run_finish (start, test_call_wait (&call), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (state_transition_get_n_finished (start), ==, 4);
  g_assert_cmpfloat (state_transition_get_progress (start), ==, 1);
  g_assert_cmpfloat (last, ==, 1);
}

static void
test_elapsed (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  g_autoptr (StateTransition) start = state_transition_new (set->units, STATE_OPERATION_START);
  g_auto (TestCall) call = TEST_CALL_INIT;
  gint64 elapsed;
  gint64 now;

  test_unit_set_answers (a, TEST_ANSWER_HELD);
  state_transition_run_async (start, NULL, test_call_done, &call);
  test_wait_until (state_transition_get_elapsed (start) > 0 && test_unit_has_request (a));
  elapsed = state_transition_get_elapsed (start);
  test_wait_until (state_transition_get_elapsed (start) > elapsed);

  test_unit_answer_held (a);
  test_call_wait (&call);
  elapsed = state_transition_get_elapsed (start);
  now = g_get_monotonic_time ();
  test_wait_until (g_get_monotonic_time () > now + 1000);
  g_assert_cmpint (state_transition_get_elapsed (start), ==, elapsed);
}

static void
test_critical_path (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  StateTransition *last;
  g_auto (TestCall) call = TEST_CALL_INIT;
  gint64 now;
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  test_set_add (set, "beside", NULL);
  test_unit_set_answer (test_set_get_unit (set, "c"), STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (test_journal_find (set->journal, "b:start!") >= 0 &&
                   test_journal_find (set->journal, "c:start") >= 0);
  now = g_get_monotonic_time ();
  test_wait_until (g_get_monotonic_time () > now + 1000); /* so that c is the later one */
  test_unit_answer_held (test_set_get_unit (set, "c"));
  test_end (set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_no_error (error);

  last = state_units_get_last_transition (set->units);
  test_assert_strv (state_transition_get_critical_path (last), "a c d");

  /* A stop goes the other way. */
  test_unit_set_answer (test_set_get_unit (set, "b"), STATE_OPERATION_STOP, TEST_ANSWER_LATER);
  test_unit_set_answer (test_set_get_unit (set, "a"), STATE_OPERATION_STOP, TEST_ANSWER_LATER);
  test_stop (set->units, &error);
  g_assert_no_error (error);
  last = state_units_get_last_transition (set->units);
  test_assert_strv (state_transition_get_critical_path (last), "d b a");
}

static void
test_explain (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  StateTransition *current;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autofree char *why_asked = NULL;
  g_autofree char *why_waiting = NULL;
  g_autofree char *why_finished = NULL;
  g_autofree char *why_unknown = NULL;
  g_autofree char *why_before = NULL;
  g_autoptr (StateTransition) idle = state_transition_new (set->units, STATE_OPERATION_STOP);

  test_set_add (set, "root", NULL);
  test_set_add (set, "left", "root", NULL);
  test_set_add (set, "right", "root", NULL);
  test_set_add (set, "leaf", "left", "right", NULL);
  test_unit_set_answer (test_set_get_unit (set, "left"), STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (test_unit_has_request (test_set_get_unit (set, "left")) &&
                   test_journal_find (set->journal, "right:start!") >= 0);
  test_settle ();

  current = state_units_get_current_transition (set->units);
  why_waiting = state_transition_explain (current, "leaf");
  test_assert_contains (why_waiting, "leaf");
  test_assert_contains (why_waiting, "left");
  g_assert_null (strstr (why_waiting, "right")); /* that one is done */
  why_asked = state_transition_explain (current, "left");
  test_assert_contains (why_asked, "left");
  why_finished = state_transition_explain (current, "right");
  why_unknown = state_transition_explain (current, "no such unit");
  why_before = state_transition_explain (idle, "left");

  test_unit_answer_held (test_set_get_unit (set, "left"));
  test_call_wait (&call);
}

static void
test_to_dot (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autofree char *dot = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  test_set_add (set, "say \"hello\"", "d", NULL);
  test_unit_fail (test_set_get_unit (set, "b"), STATE_OPERATION_START, "broken");
  g_assert_false (test_start (set->units, &error));

  dot = state_transition_to_dot (state_units_get_last_transition (set->units));
  test_assert_contains (dot, "digraph");
  test_assert_contains (dot, "->");
  test_assert_contains (dot, "failed");
  test_assert_contains (dot, "skipped");
  test_assert_contains (dot, "\\\"hello\\\"");
}

static void
test_snapshot (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  TestUnit *b = test_set_add (set, "b", NULL);
  g_autoptr (StateTransition) good = state_transition_new (set->units, STATE_OPERATION_SAVE);
  g_autoptr (StateTransition) bad = state_transition_new (set->units, STATE_OPERATION_SAVE);
  g_autoptr (StateTransition) reset = state_transition_new (set->units, STATE_OPERATION_RESET);
  g_autoptr (GError) error = NULL;

  test_unit_set_int (a, 1);
  test_unit_set_int (b, 2);
  g_assert_null (state_transition_get_snapshot (good));
  test_run (good, &error);
  g_assert_no_error (error);
  test_assert_strv (state_snapshot_list_names (state_transition_get_snapshot (good)), "a b");

  test_unit_fail (b, STATE_OPERATION_SAVE, "no room");
  g_assert_false (test_run (bad, &error));
  g_clear_error (&error);
  test_assert_strv (state_snapshot_list_names (state_transition_get_snapshot (bad)), "a");
  g_assert_cmpint (g_variant_get_int32 (
                       state_snapshot_lookup (state_transition_get_snapshot (bad), "a")),
                   ==, 1);

  test_run (reset, &error);
  g_assert_no_error (error);
  g_assert_null (state_transition_get_snapshot (reset));
}

static void
test_stays_when_it_ends (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  StateTransition *last;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  test_start (set->units, &error);
  g_assert_no_error (error);

  last = state_units_get_last_transition (set->units);
  g_assert_cmpint (state_transition_get_operation (last), ==, STATE_OPERATION_START);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (last)), ==, 1);

  /* What happens to the set later does not change the record. */
  state_unit_handle_discard (test_set_get (set, "a"));
  test_set_add (set, "b", NULL);
  test_assert_outcomes (set, "a:succeeded b:none");
  g_assert_cmpuint (state_transition_get_n_units (last), ==, 1);
}

static void
test_outlives_the_set (void)
{
  g_autoptr (StateTransition) transition = NULL;
  g_autofree char *dot = NULL;
  g_autofree char *words = NULL;
  g_auto (GStrv) path = NULL;
  g_autofree char *outcomes = NULL;
  g_autoptr (GError) error = NULL;

  {
    g_autoptr (TestSet) set = test_set_new ();

    test_set_add_diamond (set);
    test_start (set->units, &error);
    g_assert_no_error (error);
    transition = g_object_ref (state_units_get_last_transition (set->units));
  }

  g_assert_null (state_transition_get_units (transition));
  g_assert_cmpuint (state_transition_get_n_finished (transition), ==, 4);
  outcomes = test_outcomes_like (transition, NULL, "a:succeeded d:succeeded");
  g_assert_cmpstr (outcomes, ==, "a:succeeded d:succeeded");
  dot = state_transition_to_dot (transition);
  words = state_transition_explain (transition, "d");
  path = state_transition_get_critical_path (transition);
  g_assert_cmpuint (g_strv_length (path), ==, 3);
}

static void
note_items (GListModel *model, guint position, guint removed, guint added, TestJournal *journal)
{
  test_journal_add (journal, "%u-%u+%u", position, removed, added);
}

static void
test_list_of_steps (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) restore = state_transition_new (set->units, STATE_OPERATION_RESTORE);
  GListModel *model = G_LIST_MODEL (restore);
  g_autoptr (StateSnapshot) snapshot = NULL;
  const char *const names[] = { "zeta", "alpha", "mid" };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 3; i++)
    test_unit_set_int (test_set_add (set, names[i], NULL), i);
  snapshot = test_save (set->units, &error);
  g_assert_no_error (error);

  g_assert_true (g_list_model_get_item_type (model) == STATE_TYPE_TRANSITION_STEP);
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, 0);
  g_signal_connect (model, "items-changed", G_CALLBACK (note_items), set->signals);
  state_transition_set_snapshot (restore, snapshot);
  test_run (restore, &error);
  g_assert_no_error (error);

  g_assert_cmpuint (g_list_model_get_n_items (model), ==, 6);
  test_assert_journal (set->signals, "0-0+3 3-0+3");
  for (guint i = 0; i < 6; i++)
    {
      g_autoptr (StateTransitionStep) step = g_list_model_get_item (model, i);

      g_assert_cmpstr (state_transition_step_get_name (step), ==, names[i % 3]);
      g_assert_cmpstr (state_transition_step_get_phase (step), ==,
                       i < 3 ? "restore" : "post-restore");
    }
  g_assert_null (g_list_model_get_object (model, 6));
  g_assert_cmpuint (state_transition_get_n_units (restore), ==, 3);
}

static void
test_properties (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) start = state_transition_new (set->units, STATE_OPERATION_START);
  g_autoptr (StateUnits) units = NULL;
  StateOperation operation;
  StateTransitionStatus status;
  double progress;
  guint n_units;
  guint n_finished;
  gint64 elapsed;
  g_autoptr (GError) failure = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "good", NULL);
  test_unit_fail (test_set_add (set, "bad", NULL), STATE_OPERATION_START, "broken");
  g_assert_false (test_run (start, &error));
  g_object_get (start, "units", &units, "operation", &operation, "status", &status, "progress",
                &progress, "n-units", &n_units, "n-finished", &n_finished, "elapsed", &elapsed,
                "error", &failure, NULL);
  g_assert_true (units == set->units);
  g_assert_cmpint (operation, ==, STATE_OPERATION_START);
  g_assert_cmpint (status, ==, STATE_TRANSITION_STATUS_FAILED);
  g_assert_cmpfloat (progress, ==, state_transition_get_progress (start));
  g_assert_cmpuint (n_units, ==, 2);
  g_assert_cmpuint (n_finished, ==, 2);
  g_assert_cmpint (elapsed, ==, state_transition_get_elapsed (start));
  g_assert_error (failure, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  g_assert_cmpstr (failure->message, ==, error->message);
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/transition/goes-from-new-to-its-end", test_status);
  g_test_add_func ("/transition/runs-once", test_runs_once);
  g_test_add_func ("/transition/is-of-a-whole-operation", test_only_of_whole_operations);
  g_test_add_func ("/transition/restore-takes-a-snapshot", test_restore_takes_a_snapshot);
  g_test_add_func ("/transition/one-refused-is-a-failed-one", test_refused);
  g_test_add_func ("/transition/counts-units-and-progress", test_counts_and_progress);
  g_test_add_func ("/transition/elapsed-stands-still-at-the-end", test_elapsed);
  g_test_add_func ("/transition/critical-path", test_critical_path);
  g_test_add_func ("/transition/explains-the-whole-chain", test_explain);
  g_test_add_func ("/transition/draws-itself", test_to_dot);
  g_test_add_func ("/transition/keeps-what-was-saved", test_snapshot);
  g_test_add_func ("/transition/the-last-one-stays", test_stays_when_it_ends);
  g_test_add_func ("/transition/outlives-the-set", test_outlives_the_set);
  g_test_add_func ("/transition/is-a-list-of-steps", test_list_of_steps);
  g_test_add_func ("/transition/has-properties", test_properties);
  return g_test_run ();
}
