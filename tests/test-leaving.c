/* SPDX-License-Identifier: MIT */

/* A unit that leaves the set, or comes to its own end, at each moment. */

#include "test-set.h"

/* Begins an operation and waits until a unit of that name holds its request. */
static void
begin_until_asked (TestSet *set,
                   StateOperation operation,
                   StateSnapshot *snapshot,
                   const char *name,
                   TestCall *call)
{
  TestUnit *unit = test_set_get_unit (set, name);

  test_unit_set_answer (unit, operation, TEST_ANSWER_HELD);
  test_begin (set->units, operation, snapshot, NULL, call);
  test_wait_until (test_unit_has_request (unit));
  test_settle ();
}

static void
end_well (TestSet *set, StateOperation operation, TestCall *call)
{
  g_autoptr (GError) error = NULL;

  test_end (set->units, operation, call, NULL, &error);
  g_assert_no_error (error);
}

/* --- Discarded --- */

static void
test_discard_waiting (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (StateTransitionStep) step = NULL;

  test_set_add (set, "a", NULL);
  test_set_add (set, "b", "a", NULL);
  test_set_add (set, "c", "b", NULL);
  begin_until_asked (set, STATE_OPERATION_START, NULL, "a", &call);
  state_unit_handle_discard (test_set_get (set, "b"));

  /* Its step is over at once, and the order through it holds. */
  test_assert_outcomes (set, "a:asked b:removed c:waiting");
  test_settle ();
  g_assert_cmpint (test_journal_find (set->journal, "c:start"), ==, -1);

  test_unit_answer_held (test_set_get_unit (set, "a"));
  end_well (set, STATE_OPERATION_START, &call);
  test_assert_outcomes (set, "a:succeeded b:removed c:succeeded");
  test_assert_journal (set->journal, "a:start a:start! c:start c:start!");
  step = test_find_step (state_units_get_last_transition (set->units), NULL, "b");
  g_assert_error (state_transition_step_get_error (step), STATE_ERROR, STATE_ERROR_REMOVED);
}

static void
test_discard_asked (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) a = g_object_ref (test_set_add (set, "a", NULL));
  g_autoptr (StateRequest) request = NULL;
  g_auto (TestCall) call = TEST_CALL_INIT;

  test_set_add (set, "b", "a", NULL);
  begin_until_asked (set, STATE_OPERATION_START, NULL, "a", &call);
  request = test_unit_take_request (a);
  state_unit_handle_discard (test_set_get (set, "a"));

  /* Nobody waits for it any more, and it is told so. */
  end_well (set, STATE_OPERATION_START, &call);
  test_assert_outcomes (set, "a:removed b:succeeded");
  test_assert_states (set, "a:gone b:running");
  g_assert_true (g_cancellable_is_cancelled (state_request_get_cancellable (request)));

  /* Its late answer is ignored, even in a new place. */
  test_set_add_object (set, "again", a);
  test_request_answer (request);
  test_settle ();
  test_assert_states (set, "again:stopped b:running");
  test_assert_outcomes (set, "a:removed b:succeeded again:none");
}

static void
test_discard_finished (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;

  test_set_add (set, "a", NULL);
  test_set_add (set, "b", "a", NULL);
  test_set_add (set, "c", "a", NULL);
  begin_until_asked (set, STATE_OPERATION_START, NULL, "b", &call);
  state_unit_handle_discard (test_set_get (set, "a"));
  test_assert_outcomes (set, "a:succeeded b:asked c:succeeded");
  test_unit_answer_held (test_set_get_unit (set, "b"));
  end_well (set, STATE_OPERATION_START, &call);
  test_assert_outcomes (set, "a:succeeded b:succeeded c:succeeded");
}

static void
test_discard_all (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) a = g_object_ref (test_set_add (set, "a", NULL));
  g_auto (TestCall) call = TEST_CALL_INIT;

  test_set_add (set, "b", "a", NULL);
  begin_until_asked (set, STATE_OPERATION_START, NULL, "a", &call);
  state_unit_handle_discard (test_set_get (set, "b"));
  state_unit_handle_discard (test_set_get (set, "a"));
  end_well (set, STATE_OPERATION_START, &call);
  test_assert_outcomes (set, "a:removed b:removed");
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (set->units)), ==, 0);
  test_unit_answer_held (a);
}

static void
test_discard_during_stop (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) c = NULL;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  test_set_add (set, "b", "a", NULL);
  c = g_object_ref (test_set_add (set, "c", "b", NULL));
  test_start (set->units, &error);
  g_assert_no_error (error);
  begin_until_asked (set, STATE_OPERATION_STOP, NULL, "c", &call);
  state_unit_handle_discard (test_set_get (set, "b"));
  state_unit_handle_discard (test_set_get (set, "c"));
  end_well (set, STATE_OPERATION_STOP, &call);
  test_assert_states (set, "a:stopped b:gone c:gone");
  g_assert_cmpint (test_journal_find (set->journal, "b:stop"), ==, -1);
  test_unit_answer_held (c);
}

static void
test_discard_during_reset_and_save (void)
{
  const StateOperation operations[] = { STATE_OPERATION_RESET, STATE_OPERATION_SAVE };

  for (guint i = 0; i < G_N_ELEMENTS (operations); i++)
    {
      g_autoptr (TestSet) set = test_set_new ();
      g_autoptr (TestUnit) a = g_object_ref (test_set_add (set, "a", NULL));
      g_auto (TestCall) call = TEST_CALL_INIT;
      g_autoptr (StateSnapshot) snapshot = NULL;
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", state_operation_to_string (operations[i]));
      test_unit_set_int (a, 1);
      test_unit_set_int (test_set_add (set, "b", "a", NULL), 2);
      begin_until_asked (set, operations[i], NULL, "a", &call);
      state_unit_handle_discard (test_set_get (set, "a"));
      test_end (set->units, operations[i], &call, &snapshot, &error);
      g_assert_no_error (error);
      test_assert_states (set, "a:gone b:stopped");
      if (snapshot != NULL)
        test_assert_strv (state_snapshot_list_names (snapshot), "b");
      test_unit_answer_held (a);
    }
}

static void
test_discard_during_restore (void)
{
  const StateOperation asked_for[] = { STATE_OPERATION_RESTORE, STATE_OPERATION_POST_RESTORE };

  for (guint i = 0; i < G_N_ELEMENTS (asked_for); i++)
    {
      g_autoptr (TestSet) set = test_set_new ();
      g_autoptr (TestUnit) a = g_object_ref (test_set_add (set, "a", NULL));
      g_autoptr (StateSnapshot) snapshot = NULL;
      g_auto (TestCall) call = TEST_CALL_INIT;
      g_autoptr (GError) error = NULL;

      g_test_message ("while asked to %s", state_operation_to_string (asked_for[i]));
      test_unit_set_int (a, 1);
      test_unit_set_int (test_set_add (set, "b", NULL), 2);
      snapshot = test_save (set->units, &error);
      g_assert_no_error (error);

      /* There was state for it, that is now nowhere. */
      test_unit_set_answer (a, asked_for[i], TEST_ANSWER_HELD);
      test_begin (set->units, STATE_OPERATION_RESTORE, snapshot, NULL, &call);
      test_wait_until (test_unit_has_request (a));
      test_settle ();
      state_unit_handle_discard (test_set_get (set, "a"));
      g_assert_false (test_end (set->units, STATE_OPERATION_RESTORE, &call, NULL, &error));
      g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
      test_assert_contains (error->message, "restore failed: {a: ");
      test_assert_outcomes (set, "a:removed");
      test_unit_answer_held (a);
    }
}

static void
test_discard_without_state_during_restore (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *b;
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  b = test_set_add (set, "b", NULL);
  test_unit_set_int (b, 2);
  snapshot = test_save (set->units, &error);
  g_assert_no_error (error);

  begin_until_asked (set, STATE_OPERATION_RESTORE, snapshot, "b", &call);
  state_unit_handle_discard (test_set_get (set, "a"));
  test_unit_answer_held (b);
  end_well (set, STATE_OPERATION_RESTORE, &call);
  test_assert_states (set, "a:gone b:stopped");
}

static void
test_name_is_free_at_once (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) old = g_object_ref (test_set_add (set, "a", NULL));
  TestUnit *new_unit;
  g_auto (TestCall) call = TEST_CALL_INIT;

  begin_until_asked (set, STATE_OPERATION_START, NULL, "a", &call);
  state_unit_handle_discard (test_set_get (set, "a"));
  new_unit = test_set_add (set, "a", NULL);
  end_well (set, STATE_OPERATION_START, &call);
  test_unit_answer_held (old);
  test_settle ();
  g_assert_cmpuint (test_unit_get_n_asked (new_unit, STATE_OPERATION_START), ==, 0);
  test_assert_states (set, "a:stopped");
}

/* --- Come to its own end --- */

static void
test_ended_at_rest (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  StateUnitHandle *handle = test_set_get (set, "a");
  g_autoptr (GError) reason = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE, "snap");
  g_autoptr (GError) error = NULL;

  test_set_add (set, "b", "a", NULL);
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_journal_clear (set->journal);
  test_set_watch (set);

  state_unit_ended (STATE_UNIT (a), NULL);
  test_settle ();
  test_assert_states (set, "a:stopped b:running");
  g_assert_no_error (state_unit_handle_get_error (handle));

  test_start_stopped (set->units, &error);
  g_assert_no_error (error);
  state_unit_ended (STATE_UNIT (a), reason);
  test_settle ();
  test_assert_states (set, "a:failed b:running");
  g_assert_error (state_unit_handle_get_error (handle), G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);

  /* What depends on it is told by the signal alone. */
  g_assert_cmpuint (test_journal_count (set->signals, "a:running>stopped"), ==, 1);
  g_assert_cmpuint (test_journal_count (set->signals, "a:running>failed"), ==, 1);
  g_assert_cmpint (test_journal_find (set->journal, "b:stop"), ==, -1);

  /* It can be started again. */
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_assert_states (set, "a:running b:running");
}

static void
test_ended_is_ignored_unless_running (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) stranger = test_unit_new ("stranger", set->journal);
  TestUnit *a = test_set_add (set, "a", NULL);
  g_auto (TestCall) start = TEST_CALL_INIT;
  g_auto (TestCall) stop = TEST_CALL_INIT;
  g_autoptr (GError) reason = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "gone");

  state_unit_ended (STATE_UNIT (stranger), reason);
  state_unit_ended (STATE_UNIT (a), reason);
  test_settle ();
  test_assert_states (set, "a:stopped");

  begin_until_asked (set, STATE_OPERATION_START, NULL, "a", &start);
  state_unit_ended (STATE_UNIT (a), reason);
  test_settle ();
  test_assert_states (set, "a:starting");
  test_unit_answer_held (a);
  end_well (set, STATE_OPERATION_START, &start);
  test_assert_states (set, "a:running");

  begin_until_asked (set, STATE_OPERATION_STOP, NULL, "a", &stop);
  state_unit_ended (STATE_UNIT (a), reason);
  test_settle ();
  test_assert_states (set, "a:stopping");
  test_unit_answer_held (a);
  end_well (set, STATE_OPERATION_STOP, &stop);
  test_assert_states (set, "a:stopped");
}

static void
test_ended_during_the_start (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) reason = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "blew a fuse");
  g_autoptr (GError) error = NULL;

  /* a ← b ← c, and d that needs nobody; b is being asked. */
  test_set_add (set, "a", NULL);
  test_set_add (set, "b", "a", NULL);
  test_set_add (set, "c", "b", NULL);
  test_set_add (set, "d", NULL);
  begin_until_asked (set, STATE_OPERATION_START, NULL, "b", &call);
  state_unit_ended (STATE_UNIT (test_set_get_unit (set, "a")), reason);
  test_settle ();
  test_assert_states (set, "a:failed b:starting c:stopped d:running");

  test_unit_answer_held (test_set_get_unit (set, "b"));
  g_assert_false (test_end (set->units, STATE_OPERATION_START, &call, NULL, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED, "start failed: {a: blew a fuse}");
  /* c requires b, which was asked before a died, and runs. */
  test_assert_outcomes (set, "a:failed b:succeeded c:succeeded d:succeeded");
  test_assert_states (set, "a:failed b:running c:running d:running");
}

static void
test_ended_well_during_the_start (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  test_set_add (set, "b", NULL);
  test_set_add (set, "c", "a", "b", NULL);
  begin_until_asked (set, STATE_OPERATION_START, NULL, "b", &call);
  state_unit_ended (STATE_UNIT (test_set_get_unit (set, "a")), NULL);
  test_settle ();
  test_unit_answer_held (test_set_get_unit (set, "b"));

  g_assert_false (test_end (set->units, STATE_OPERATION_START, &call, NULL, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  test_assert_contains (error->message, "start failed: {a: ");
  test_assert_outcomes (set, "a:failed b:succeeded c:skipped");
  test_assert_states (set, "a:stopped b:running c:stopped");
}

static void
test_ended_before_it_is_stopped (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "b", "a", NULL);
  test_start (set->units, &error);
  g_assert_no_error (error);
  begin_until_asked (set, STATE_OPERATION_STOP, NULL, "b", &call);
  state_unit_ended (STATE_UNIT (a), NULL);
  test_settle ();
  test_assert_states (set, "a:stopped b:stopping");

  test_unit_answer_held (test_set_get_unit (set, "b"));
  end_well (set, STATE_OPERATION_STOP, &call);
  g_assert_cmpuint (test_unit_get_n_asked (a, STATE_OPERATION_STOP), ==, 0);
  test_assert_states (set, "a:stopped b:stopped");
}

static void
say_ended (gpointer unit, gpointer error)
{
  state_unit_ended (STATE_UNIT (unit), error);
}

static void
test_ended_from_another_thread (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  g_autoptr (GError) reason = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "exit 1");
  g_autoptr (GError) error = NULL;

  test_start (set->units, &error);
  g_assert_no_error (error);
  test_in_thread (say_ended, a, reason);
  test_wait_until (state_unit_handle_get_state (test_set_get (set, "a")) ==
                   STATE_UNIT_STATE_FAILED);
  g_assert_cmpstr (state_unit_handle_get_error (test_set_get (set, "a"))->message, ==, "exit 1");
}

static void
end_at_once (TestUnit *unit, StateRequest *request, gpointer user_data)
{
  state_request_complete (request);
  state_unit_ended (STATE_UNIT (unit), NULL);
}

/* What it says after its answer comes after its answer. */
static void
test_ended_right_after_its_answer (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  g_autoptr (GError) error = NULL;

  test_unit_set_hook (a, STATE_OPERATION_START, end_at_once, NULL);
  test_unit_set_answer (a, STATE_OPERATION_START, TEST_ANSWER_DROPPED); /* it has answered */
  test_start (set->units, &error);
  test_settle ();
  test_assert_states (set, "a:stopped");
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/leaving/discarded-while-it-waits", test_discard_waiting);
  g_test_add_func ("/leaving/discarded-while-it-is-asked", test_discard_asked);
  g_test_add_func ("/leaving/discarded-when-it-is-finished", test_discard_finished);
  g_test_add_func ("/leaving/all-discarded", test_discard_all);
  g_test_add_func ("/leaving/discarded-during-stop", test_discard_during_stop);
  g_test_add_func ("/leaving/discarded-during-reset-and-save", test_discard_during_reset_and_save);
  g_test_add_func ("/leaving/discarded-with-state-to-restore", test_discard_during_restore);
  g_test_add_func ("/leaving/discarded-with-nothing-to-restore",
                   test_discard_without_state_during_restore);
  g_test_add_func ("/leaving/the-name-is-free-at-once", test_name_is_free_at_once);
  g_test_add_func ("/leaving/ended-at-rest", test_ended_at_rest);
  g_test_add_func ("/leaving/ended-counts-only-when-running", test_ended_is_ignored_unless_running);
  g_test_add_func ("/leaving/ended-during-the-start", test_ended_during_the_start);
  g_test_add_func ("/leaving/ended-well-during-the-start", test_ended_well_during_the_start);
  g_test_add_func ("/leaving/ended-before-it-is-stopped", test_ended_before_it_is_stopped);
  g_test_add_func ("/leaving/ended-from-another-thread", test_ended_from_another_thread);
  g_test_add_func ("/leaving/ended-right-after-its-answer", test_ended_right_after_its_answer);
  return g_test_run ();
}
