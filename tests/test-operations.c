/* SPDX-License-Identifier: MIT */

/* What each operation does to the units of a set, and in which order. */

#include "test-set.h"

/* --- Order --- */

static void
test_start_and_stop_order (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  test_set_answer_all (set, TEST_ANSWER_LATER);

  test_start (set->units, &error);
  g_assert_no_error (error);
  test_assert_before (set->journal, "a:start!", "b:start");
  test_assert_before (set->journal, "a:start!", "c:start");
  test_assert_before (set->journal, "c:start", "b:start!"); /* side by side */
  test_assert_before (set->journal, "b:start", "c:start!");
  test_assert_before (set->journal, "b:start!", "d:start");
  test_assert_before (set->journal, "c:start!", "d:start");

  test_stop (set->units, &error);
  g_assert_no_error (error);
  test_assert_before (set->journal, "d:stop!", "b:stop");
  test_assert_before (set->journal, "d:stop!", "c:stop");
  test_assert_before (set->journal, "c:stop", "b:stop!");
  test_assert_before (set->journal, "b:stop!", "a:stop");
  test_assert_before (set->journal, "c:stop!", "a:stop");
}

static void
test_reset_and_restore_order (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  TestUnit *b = test_set_add (set, "b", "a", NULL);
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_int (a, 1);
  test_unit_set_int (b, 2);
  test_unit_set_answers (a, TEST_ANSWER_LATER);
  test_unit_set_answers (b, TEST_ANSWER_LATER);

  test_reset (set->units, &error);
  g_assert_no_error (error);
  test_assert_before (set->journal, "a:reset!", "b:reset");

  /* Save is in any order: all are asked before the first has answered. */
  snapshot = test_save (set->units, &error);
  g_assert_no_error (error);
  test_assert_before (set->journal, "b:save", "a:save!");
  test_assert_before (set->journal, "a:save", "b:save!");

  /* So is post-restore, once every restore has succeeded. */
  test_restore (set->units, snapshot, &error);
  g_assert_no_error (error);
  test_assert_before (set->journal, "a:restore!", "b:restore");
  test_assert_before (set->journal, "b:restore!", "a:post-restore");
  test_assert_before (set->journal, "a:post-restore", "b:post-restore!");
  test_assert_before (set->journal, "b:post-restore", "a:post-restore!");
}

static void
test_as_concurrent_as_the_edges_allow (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GPtrArray) units = g_ptr_array_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  guint n_rounds = 0;
  g_autoptr (GError) error = NULL;

  /* 8 levels of 5, each unit depending on two of the level before. */
  for (guint i = 0; i < 40; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u.%u", i / 5, i % 5);
      g_autofree char *above = g_strdup_printf ("%u.%u", i / 5 - 1, i % 5);
      g_autofree char *beside = g_strdup_printf ("%u.%u", i / 5 - 1, (i + 1) % 5);
      TestUnit *unit =
          i < 5 ? test_set_add (set, name, NULL) : test_set_add (set, name, above, beside, NULL);

      test_unit_set_answer (unit, STATE_OPERATION_START, TEST_ANSWER_HELD);
      g_ptr_array_add (units, unit);
    }

  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  while (!test_call_is_done (&call))
    {
      guint n_asked = 0;

      test_settle ();
      for (guint i = 0; i < units->len; i++)
        n_asked += test_unit_has_request (units->pdata[i]);
      if (n_asked == 0)
        continue;
      g_assert_cmpuint (n_asked, ==, 5); /* the whole level at once */
      for (guint i = 0; i < units->len; i++)
        if (test_unit_has_request (units->pdata[i]))
          test_unit_answer_held (units->pdata[i]);
      n_rounds++;
    }
  test_end (set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n_rounds, ==, 8);
}

/* --- Answers of every manner --- */

static void
go_through_life (TestAnswer answer, gboolean raw)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  g_test_message ("answers of manner %d, %s", answer, raw ? "raw" : "whole");
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *name = g_strdup_printf ("unit%u", i);
      g_autoptr (TestUnit) unit =
          raw ? test_unit_new_raw (name, set->journal) : test_unit_new (name, set->journal);

      test_unit_set_int (unit, i);
      test_unit_set_answers (unit, answer);
      test_set_add_object (set, name, unit);
    }

  test_start (set->units, &error);
  g_assert_no_error (error);
  test_assert_states (set, "unit0:running unit1:running unit2:running");
  test_stop (set->units, &error);
  g_assert_no_error (error);
  snapshot = test_save (set->units, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (state_snapshot_get_n_units (snapshot), ==, 3);
  test_reset (set->units, &error);
  g_assert_no_error (error);
  test_unit_set_int (test_set_get_unit (set, "unit2"), 77);
  test_restore (set->units, snapshot, &error);
  g_assert_no_error (error);
  g_assert_cmpint (test_unit_get_int (test_set_get_unit (set, "unit2")), ==, 2);
  test_assert_states (set, "unit0:stopped unit1:stopped unit2:stopped");
  g_assert_cmpint (test_journal_find (set->journal, "unit0:post-restore!"), >=, 0);
}

static void
test_every_manner (void)
{
  const TestAnswer answers[] = { TEST_ANSWER_AT_ONCE, TEST_ANSWER_LATER, TEST_ANSWER_FROM_THREAD };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      go_through_life (answers[i], FALSE);
      go_through_life (answers[i], TRUE);
    }
}

/* --- Failures --- */

static void
test_failed_start_can_be_tried_again (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk = test_set_add (set, "disk", NULL);
  StateUnitHandle *handle = test_set_get (set, "disk");
  g_autoptr (GError) error = NULL;

  test_unit_fail (disk, STATE_OPERATION_START, "no power");
  g_assert_false (test_start (set->units, &error));
  g_clear_error (&error);
  test_assert_states (set, "disk:failed");
  g_assert_error (state_unit_handle_get_error (handle), G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_cmpstr (state_unit_handle_get_error (handle)->message, ==, "no power");

  test_unit_set_answer (disk, STATE_OPERATION_START, TEST_ANSWER_AT_ONCE);
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_assert_states (set, "disk:running");
  g_assert_no_error (state_unit_handle_get_error (handle));
}

static void
test_stop_goes_on_past_failures (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *d;
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  d = test_set_get_unit (set, "d");
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_unit_fail (d, STATE_OPERATION_STOP, "stuck");

  g_assert_false (test_stop (set->units, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED, "stop failed: {d: stuck}");
  test_assert_states (set, "a:stopped b:stopped c:stopped d:failed");

  /* It may still run: a start is refused, and a stop asks it again. */
  g_assert_false (test_start (set->units, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_WRONG_STATE);
  test_assert_contains (error->message, "start refused: {d: ");
  g_clear_error (&error);
  g_assert_false (test_reset (set->units, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_WRONG_STATE);
  g_clear_error (&error);

  test_unit_set_answer (d, STATE_OPERATION_STOP, TEST_ANSWER_AT_ONCE);
  test_journal_clear (set->journal);
  test_stop (set->units, &error);
  g_assert_no_error (error);
  test_assert_journal (set->journal, "d:stop d:stop!");
  test_assert_states (set, "d:stopped");
}

static void
test_failed_reset (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  g_autoptr (GError) error = NULL;

  test_set_add (set, "b", "a", NULL);
  test_set_add (set, "c", "b", NULL);
  test_set_add (set, "other", NULL);
  test_unit_fail (a, STATE_OPERATION_RESET, "half done");
  g_assert_false (test_reset (set->units, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED, "reset failed: {a: half done}");
  test_assert_outcomes (set, "a:failed b:skipped c:skipped other:succeeded");
  /* Half new, half old must not start. */
  test_assert_states (set, "a:failed b:failed c:failed other:stopped");
  g_assert_error (state_unit_handle_get_error (test_set_get (set, "a")), G_IO_ERROR,
                  G_IO_ERROR_FAILED);
  g_assert_error (state_unit_handle_get_error (test_set_get (set, "c")), STATE_ERROR,
                  STATE_ERROR_DEPENDENCY_FAILED);

  /* None of them can run, so that a stop asks nobody. */
  test_journal_clear (set->journal);
  test_stop (set->units, &error);
  g_assert_no_error (error);
  test_assert_journal (set->journal, "");
  test_assert_states (set, "a:failed b:failed c:failed other:stopped");

  test_unit_set_answer (a, STATE_OPERATION_RESET, TEST_ANSWER_AT_ONCE);
  test_reset (set->units, &error);
  g_assert_no_error (error);
  test_assert_states (set, "a:stopped b:stopped c:stopped other:stopped");
}

static void
test_failed_save_changes_nothing (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk = test_set_add (set, "disk", NULL);
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_fail (disk, STATE_OPERATION_SAVE, "no room");
  g_assert_null (test_save (set->units, &error));
  g_clear_error (&error);
  test_assert_states (set, "disk:stopped");

  test_unit_set_answer (disk, STATE_OPERATION_SAVE, TEST_ANSWER_DROPPED);
  g_assert_null (test_save (set->units, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  g_clear_error (&error);
  test_assert_outcomes (set, "disk:dropped");
  test_assert_states (set, "disk:stopped");

  test_unit_set_answer (disk, STATE_OPERATION_SAVE, TEST_ANSWER_AT_ONCE);
  snapshot = test_save (set->units, &error);
  g_assert_no_error (error);
}

static void
test_dropped (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk = test_set_add (set, "disk", NULL);
  g_autoptr (GError) error = NULL;

  test_unit_set_answer (disk, STATE_OPERATION_START, TEST_ANSWER_DROPPED);
  g_assert_false (test_start (set->units, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  test_assert_contains (error->message, "start failed: {disk: ");
  g_clear_error (&error);
  test_assert_outcomes (set, "disk:dropped");
  test_assert_states (set, "disk:failed");
  g_assert_error (state_unit_handle_get_error (test_set_get (set, "disk")), STATE_ERROR,
                  STATE_ERROR_DROPPED);

  /* Nobody said that it is stopped: a reset is refused, and a stop asks it. */
  g_assert_false (test_reset (set->units, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_WRONG_STATE);
  g_clear_error (&error);
  test_stop (set->units, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (test_unit_get_n_asked (disk, STATE_OPERATION_STOP), ==, 1);
  test_assert_states (set, "disk:stopped");

  test_unit_set_answer (disk, STATE_OPERATION_RESET, TEST_ANSWER_DROPPED);
  g_assert_false (test_reset (set->units, &error));
  g_clear_error (&error);
  test_assert_states (set, "disk:failed");
}

/* --- Refusals: before anything has been touched --- */

static void
test_refusals_name_every_unit (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateSnapshot) empty = state_snapshot_new ();
  g_autoptr (GError) error = NULL;

  test_set_add (set, "zeta", NULL);
  test_set_add (set, "alpha", NULL);
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_set_add (set, "late", NULL);
  test_journal_clear (set->journal);

  g_assert_null (test_save (set->units, &error));
  test_assert_error (error, STATE_ERROR_WRONG_STATE,
                     "save refused: {zeta: it is running (stop it first), alpha: it is running "
                     "(stop it first)}");
  g_assert_false (test_reset (set->units, &error));
  test_assert_error (error, STATE_ERROR_WRONG_STATE,
                     "reset refused: {zeta: it is running (stop it first), alpha: it is running "
                     "(stop it first)}");
  g_assert_false (test_restore (set->units, empty, &error));
  test_assert_error (error, STATE_ERROR_WRONG_STATE,
                     "restore refused: {zeta: it is running (stop it first), alpha: it is running "
                     "(stop it first)}");
  test_assert_journal (set->journal, "");
  test_assert_states (set, "zeta:running alpha:running late:stopped");
  g_assert_true (state_units_is_running (set->units));
}

static void
test_judged_when_it_begins (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk = test_set_add (set, "disk", NULL);
  g_auto (TestCall) stop = TEST_CALL_INIT;
  g_auto (TestCall) save = TEST_CALL_INIT;
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_int (disk, 1);
  test_start (set->units, &error);
  g_assert_no_error (error);

  /* A save of a running set would be refused; after the stop it is not. */
  test_unit_set_answer (disk, STATE_OPERATION_STOP, TEST_ANSWER_LATER);
  test_begin (set->units, STATE_OPERATION_STOP, NULL, NULL, &stop);
  test_begin (set->units, STATE_OPERATION_SAVE, NULL, NULL, &save);
  test_end (set->units, STATE_OPERATION_STOP, &stop, NULL, &error);
  g_assert_no_error (error);
  test_end (set->units, STATE_OPERATION_SAVE, &save, &snapshot, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (state_snapshot_get_n_units (snapshot), ==, 1);
}

static void
test_many_in_a_row (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestCall calls[20] = { TEST_CALL_INIT };
  g_autoptr (GError) error = NULL;

  test_unit_set_answers (test_set_add (set, "a", NULL), TEST_ANSWER_LATER);
  test_set_watch (set);
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    test_begin (set->units, i % 2 == 0 ? STATE_OPERATION_START : STATE_OPERATION_STOP, NULL, NULL,
                &calls[i]);
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      /* Each is done when it has its turn, and none before. */
      test_end (set->units, i % 2 == 0 ? STATE_OPERATION_START : STATE_OPERATION_STOP, &calls[i],
                NULL, &error);
      g_assert_no_error (error);
      test_call_clear (&calls[i]);
    }
  g_assert_cmpuint (test_journal_count (set->journal, "a:start"), ==, 10);
  g_assert_cmpuint (test_journal_count (set->journal, "a:stop"), ==, 10);
  g_assert_cmpuint (test_journal_count (set->signals, "finished:stop:succeeded"), ==, 10);
}

/* --- Operations asked for from inside --- */

static void
ask_for_stop (TestUnit *unit, StateRequest *request, gpointer call)
{
  StateUnitHandle *handle;
  StateUnits *units = g_object_get_data (G_OBJECT (unit), "units");

  handle = state_units_lookup (units, test_unit_get_name (unit));
  g_assert_cmpint (state_unit_handle_get_state (handle), ==, STATE_UNIT_STATE_STARTING);
  test_begin (units, STATE_OPERATION_STOP, NULL, NULL, call);
}

static void
test_from_a_unit (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  g_auto (TestCall) stop = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "b", "a", NULL);
  g_object_set_data (G_OBJECT (a), "units", set->units);
  test_unit_set_hook (a, STATE_OPERATION_START, ask_for_stop, &stop);
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_end (set->units, STATE_OPERATION_STOP, &stop, NULL, &error);
  g_assert_no_error (error);
  test_assert_before (set->journal, "b:start!", "b:stop");
  test_assert_states (set, "a:stopped b:stopped");
}

typedef struct
{
  TestSet *set;
  TestCall call;
  StateTransition *transition;
} FromSignal;

static void
save_when_stopped (StateUnits *units, StateTransition *transition, gpointer user_data)
{
  FromSignal *from = user_data;

  if (state_transition_get_operation (transition) == STATE_OPERATION_STOP)
    test_begin (units, STATE_OPERATION_SAVE, NULL, NULL, &from->call);
}

static void
test_from_transition_finished (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  FromSignal from = { set, TEST_CALL_INIT, NULL };
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_int (test_set_add (set, "a", NULL), 1);
  test_start (set->units, &error);
  g_assert_no_error (error);
  g_signal_connect (set->units, "transition-finished", G_CALLBACK (save_when_stopped), &from);
  test_stop (set->units, &error);
  g_assert_no_error (error);
  test_end (set->units, STATE_OPERATION_SAVE, &from.call, &snapshot, &error);
  g_assert_no_error (error);
  g_assert_nonnull (state_snapshot_lookup (snapshot, "a"));
  g_signal_handlers_disconnect_by_data (set->units, &from);
  test_call_clear (&from.call);
}

static void
stop_when_running (StateUnits *units,
                   StateUnitHandle *handle,
                   StateUnitState old_state,
                   StateUnitState new_state,
                   gpointer user_data)
{
  FromSignal *from = user_data;

  if (new_state != STATE_UNIT_STATE_RUNNING ||
      strcmp (state_unit_handle_get_name (handle), "a") != 0)
    return;
  from->transition = g_object_ref (state_units_get_current_transition (units));
  test_begin (units, STATE_OPERATION_STOP, NULL, NULL, &from->call);
  state_unit_handle_discard (test_set_get (from->set, "victim"));
  test_set_add (from->set, "newcomer", NULL);
}

static void
test_from_state_changed (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  FromSignal from = { set, TEST_CALL_INIT, NULL };
  g_autofree char *outcomes = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  test_set_add (set, "victim", "a", NULL);
  test_set_add (set, "b", "a", NULL);
  g_signal_connect (set->units, "unit-state-changed", G_CALLBACK (stop_when_running), &from);
  test_start (set->units, &error);
  g_assert_no_error (error);
  /* The stop may have begun: it is the last one then. */
  outcomes = test_outcomes_like (from.transition, NULL, "a victim b newcomer");
  g_assert_cmpstr (outcomes, ==, "a:succeeded victim:removed b:succeeded newcomer:none");
  test_end (set->units, STATE_OPERATION_STOP, &from.call, NULL, &error);
  g_assert_no_error (error);
  test_assert_states (set, "a:stopped victim:gone b:stopped newcomer:stopped");
  g_assert_cmpint (test_journal_find (set->journal, "victim:start"), ==, -1);
  g_signal_handlers_disconnect_by_data (set->units, &from);
  g_object_unref (from.transition);
  test_call_clear (&from.call);
}

static void
begin_stop (GObject *source, GAsyncResult *result, gpointer call)
{
  g_autoptr (GError) error = NULL;

  state_units_start_finish (STATE_UNITS (source), result, &error);
  g_assert_no_error (error);
  test_begin (STATE_UNITS (source), STATE_OPERATION_STOP, NULL, NULL, call);
}

static void
test_from_a_callback (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  state_units_start_async (set->units, NULL, begin_stop, &call);
  test_end (set->units, STATE_OPERATION_STOP, &call, NULL, &error);
  g_assert_no_error (error);
  test_assert_journal (set->journal, "a:start a:start! a:stop a:stop!");
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/operations/start-and-stop-go-along-the-edges", test_start_and_stop_order);
  g_test_add_func ("/operations/reset-and-restore-go-along-the-edges",
                   test_reset_and_restore_order);
  g_test_add_func ("/operations/as-concurrent-as-the-edges-allow",
                   test_as_concurrent_as_the_edges_allow);
  g_test_add_func ("/operations/units-may-answer-in-every-manner", test_every_manner);
  g_test_add_func ("/operations/a-failed-start-can-be-tried-again",
                   test_failed_start_can_be_tried_again);
  g_test_add_func ("/operations/a-stop-goes-on-past-failures", test_stop_goes_on_past_failures);
  g_test_add_func ("/operations/a-failed-reset-leaves-nothing-half-old", test_failed_reset);
  g_test_add_func ("/operations/a-failed-save-changes-nothing", test_failed_save_changes_nothing);
  g_test_add_func ("/operations/a-dropped-request-fails", test_dropped);
  g_test_add_func ("/operations/refusals-name-every-unit", test_refusals_name_every_unit);
  g_test_add_func ("/operations/judged-when-it-begins", test_judged_when_it_begins);
  g_test_add_func ("/operations/many-in-a-row", test_many_in_a_row);
  g_test_add_func ("/operations/asked-for-from-a-unit", test_from_a_unit);
  g_test_add_func ("/operations/asked-for-when-one-is-finished", test_from_transition_finished);
  g_test_add_func ("/operations/asked-for-when-a-state-changes", test_from_state_changed);
  g_test_add_func ("/operations/asked-for-from-a-callback", test_from_a_callback);
  return g_test_run ();
}
