/* SPDX-License-Identifier: MIT */

/* One test for each thing that OpenVMM's state_unit crate is known to get
 * wrong, by its number in the list of them. */

#include "test-set.h"

static void
test_01 (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateUnitReceiver) receiver = NULL;
  g_autoptr (GError) error = NULL;

  state_unit_builder_build_receiver (state_units_add (set->units, "disk"), &receiver, &error);
  g_assert_no_error (error);
  test_set_add (set, "net", NULL);

  g_clear_object (&receiver);
  test_settle ();
  test_assert_states (set, "disk:lost net:stopped");

  g_assert_false (test_start (set->units, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  test_assert_contains (error->message, "start failed: {disk: ");
  g_clear_error (&error);
  test_assert_outcomes (set, "disk:lost net:succeeded");
  test_assert_states (set, "disk:lost net:running");

  test_stop (set->units, &error);
  g_assert_no_error (error);
  state_unit_handle_discard (test_set_get (set, "disk"));
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_assert_states (set, "disk:gone net:running");
}

static void
test_02 (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  g_autoptr (StateTransitionStep) step = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "b", "a", NULL);
  test_set_add (set, "c", "b", NULL);
  test_set_add (set, "other", NULL);
  test_unit_fail (a, STATE_OPERATION_START, "no such device");

  g_assert_false (test_start (set->units, &error));
  /* The cause, and not its consequences. */
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED, "start failed: {a: no such device}");
  test_assert_outcomes (set, "a:failed b:skipped c:skipped other:succeeded");
  test_assert_states (set, "a:failed b:stopped c:stopped other:running");
  g_assert_cmpint (test_journal_find (set->journal, "b:start"), ==, -1);
  g_assert_cmpint (test_journal_find (set->journal, "c:start"), ==, -1);

  step = test_find_step (state_units_get_last_transition (set->units), NULL, "c");
  g_assert_error (state_transition_step_get_error (step), STATE_ERROR,
                  STATE_ERROR_DEPENDENCY_FAILED);
}

static void
test_03 (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk = test_set_add (set, "disk", NULL);
  g_autoptr (GError) error = NULL;

  test_unit_fail (disk, STATE_OPERATION_START, "no power");
  g_assert_false (test_start (set->units, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED, "start failed: {disk: no power}");

  test_unit_set_answer (disk, STATE_OPERATION_START, TEST_ANSWER_AT_ONCE);
  test_start (set->units, &error);
  g_assert_no_error (error);

  test_unit_fail (disk, STATE_OPERATION_STOP, "stuck");
  g_assert_false (test_stop (set->units, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED, "stop failed: {disk: stuck}");
  test_assert_states (set, "disk:failed");
}

static void
test_04 (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk = test_set_add (set, "disk", NULL);
  g_autoptr (GError) error = NULL;

  test_unit_fail (disk, STATE_OPERATION_RESET, "half done");
  g_assert_false (test_reset (set->units, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED, "reset failed: {disk: half done}");
  test_assert_states (set, "disk:failed");

  g_assert_false (test_start (set->units, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_WRONG_STATE);
  test_assert_contains (error->message, "disk");
  g_clear_error (&error);
  g_assert_cmpuint (test_unit_get_n_asked (disk, STATE_OPERATION_START), ==, 0);

  test_unit_set_answer (disk, STATE_OPERATION_RESET, TEST_ANSWER_AT_ONCE);
  test_reset (set->units, &error);
  g_assert_no_error (error);
  test_assert_states (set, "disk:stopped");
  test_start (set->units, &error);
  g_assert_no_error (error);
}

static void
test_05 (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  TestUnit *b = test_set_add (set, "b", "a", NULL);
  StateTransition *transition;
  g_autoptr (StateTransitionStep) step_a = NULL;
  g_autoptr (StateTransitionStep) step_b = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_answer (a, STATE_OPERATION_START, TEST_ANSWER_LATER);
  test_unit_fail (b, STATE_OPERATION_START, "no link");
  g_assert_false (test_start (set->units, &error));

  transition = state_units_get_last_transition (set->units);
  step_a = test_find_step (transition, NULL, "a");
  step_b = test_find_step (transition, NULL, "b");
  test_assert_outcomes (set, "a:succeeded b:failed");
  g_assert_no_error (state_transition_step_get_error (step_a));
  g_assert_error (state_transition_step_get_error (step_b), G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_cmpstr (state_transition_step_get_error (step_b)->message, ==, "no link");

  g_assert_cmpint (state_transition_step_get_ready_time (step_a), >, 0);
  g_assert_cmpint (state_transition_step_get_start_time (step_a), >=,
                   state_transition_step_get_ready_time (step_a));
  g_assert_cmpint (state_transition_step_get_finish_time (step_a), >=,
                   state_transition_step_get_start_time (step_a));
  g_assert_cmpint (state_transition_step_get_ready_time (step_b), >=,
                   state_transition_step_get_finish_time (step_a));
}

static void
test_06 (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  StateSnapshot *saved;
  g_autoptr (GError) error = NULL;

  test_unit_set_int (test_set_add (set, "good", NULL), 1);
  test_unit_fail (test_set_add (set, "bad", NULL), STATE_OPERATION_SAVE, "no room");
  test_unit_fail (test_set_add (set, "ugly", NULL), STATE_OPERATION_SAVE, "no paper");

  g_assert_null (test_save (set->units, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED,
                     "save failed: {bad: no room, ugly: no paper}");
  test_assert_outcomes (set, "good:succeeded bad:failed ugly:failed");

  saved = state_transition_get_snapshot (state_units_get_last_transition (set->units));
  g_assert_nonnull (saved);
  test_assert_strv (state_snapshot_list_names (saved), "good");
}

static void
test_07 (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;
  const char *const names[] = { "zeta", "alpha", "mid" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      TestUnit *unit = test_set_add (set, names[i], NULL);

      test_unit_set_int (unit, i);
      test_unit_fail (unit, STATE_OPERATION_RESTORE, "garbled");
    }
  snapshot = test_save (set->units, &error);
  g_assert_no_error (error);

  g_assert_false (test_restore (set->units, snapshot, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED,
                     "restore failed: {zeta: garbled, alpha: garbled, mid: garbled}");
}

static void
test_08 (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GError) error = NULL;

  test_set_add (set, "disk", NULL);
  test_start (set->units, &error);
  g_assert_no_error (error);

  g_assert_null (test_save (set->units, &error));
  test_assert_error (error, STATE_ERROR_WRONG_STATE,
                     "save refused: {disk: it is running (stop it first)}");
  g_assert_false (test_reset (set->units, &error));
  test_assert_error (error, STATE_ERROR_WRONG_STATE,
                     "reset refused: {disk: it is running (stop it first)}");
  test_assert_states (set, "disk:running");
}

static void
test_09 (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  g_autoptr (GError) error = NULL;

  test_set_add (set, "b", NULL);
  test_start (set->units, &error);
  g_assert_no_error (error);
  state_unit_ended (STATE_UNIT (a), NULL);
  test_settle ();
  test_assert_states (set, "a:stopped b:running");

  test_journal_clear (set->journal);
  test_set_watch (set);
  g_assert_false (test_reset (set->units, &error));
  test_assert_error (error, STATE_ERROR_WRONG_STATE,
                     "reset refused: {b: it is running (stop it first)}");
  test_assert_journal (set->journal, "");
  test_assert_journal (set->signals, "started:reset finished:reset:failed");
  test_assert_states (set, "a:stopped b:running");
}

static void
test_10 (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "b", "a", NULL);
  test_unit_set_answer (a, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, cancellable, &call);
  test_wait_until (test_unit_has_request (a));
  test_assert_states (set, "a:starting b:stopped");

  g_cancellable_cancel (cancellable);
  test_settle ();
  g_assert_false (test_call_is_done (&call)); /* it settles once a has answered */
  test_unit_cancel_held (a);
  g_assert_false (test_end (set->units, STATE_OPERATION_START, &call, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  test_assert_states (set, "a:stopped b:stopped");

  test_unit_set_answer (a, STATE_OPERATION_START, TEST_ANSWER_AT_ONCE);
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_assert_states (set, "a:running b:running");
}

static void
test_11 (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *hung = test_set_add (set, "hung", NULL);
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autofree char *words = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "middle", "hung", NULL);
  test_set_add (set, "last", "middle", NULL);
  test_unit_set_answer (hung, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (test_unit_has_request (hung));

  words = state_transition_explain (state_units_get_current_transition (set->units), "last");
  test_assert_contains (words, "last");
  test_assert_contains (words, "middle");
  test_assert_contains (words, "hung");

  test_unit_answer_held (hung);
  test_end (set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_no_error (error);
}

static void
test_12 (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GError) error = NULL;
  StateUnitBuilder *builder;

  test_set_add (set, "a", NULL);
  test_set_add (set, "b", "a", NULL);

  builder = state_units_add (set->units, "c");
  state_unit_builder_depends_on (builder, test_set_get (set, "b"));
  state_unit_builder_dependency_of (builder, test_set_get (set, "a"));
  g_assert_null (state_unit_builder_build (builder, NULL, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_CYCLE);
  test_assert_contains (error->message, "c → b");
  test_assert_contains (error->message, "b → a");
  test_assert_contains (error->message, "a → c");
  g_clear_error (&error);

  test_start (set->units, &error);
  g_assert_no_error (error);
}

static void
test_13 (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GVariant) later = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "b", "a", NULL);
  test_set_add (set, "c", "b", NULL);
  test_unit_set_answer (a, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (test_unit_has_request (a));

  tree = test_inspect (set->units, NULL, 0, &error);
  g_assert_no_error (error);
  test_assert_tree (tree, "a/unit_state", "'starting'");
  test_assert_tree (tree, "a/waiting_on", "nothing");
  test_assert_tree (tree, "b/unit_state", "'stopped'");
  test_assert_tree (tree, "b/waiting_on", "['a']");
  test_assert_tree (tree, "c/waiting_on", "['b']");

  test_unit_answer_held (a);
  test_end (set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_no_error (error);
  later = test_inspect (set->units, NULL, 0, &error);
  g_assert_no_error (error);
  test_assert_tree (later, "c/waiting_on", "nothing");
}

static void
test_14 (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  guint n_rounds = g_test_slow () ? 1000000 : 10000;
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "bus", NULL);
  test_set_add (set, "cpu", NULL);
  for (guint i = 0; i < n_rounds; i++)
    {
      StateUnitBuilder *builder = state_units_add (set->units, "stick");
      StateUnitHandle *stick;

      state_unit_builder_depends_on (builder, test_set_get (set, "bus"));
      state_unit_builder_dependency_of (builder, test_set_get (set, "cpu"));
      stick = state_unit_builder_build (builder, NULL, &error);
      g_assert_no_error (error);
      state_unit_handle_discard (stick);
    }
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (set->units)), ==, 2);
  test_assert_strv (state_unit_handle_get_dependents (test_set_get (set, "bus")), "");
  test_assert_strv (state_unit_handle_get_dependencies (test_set_get (set, "cpu")), "");

  tree = test_inspect (set->units, NULL, 0, &error);
  g_assert_no_error (error);
  test_assert_tree (tree, "bus/unit_state", "'stopped'");
  test_assert_tree (tree, "stick", "nothing");
}

static void
test_15 (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  TestUnit *b = test_set_add (set, "b", "a", NULL);
  TestUnit *c;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_start (set->units, &error);
  g_assert_no_error (error);
  state_unit_ended (STATE_UNIT (a), NULL);
  test_settle ();
  c = test_set_add (set, "c", "b", NULL);
  test_assert_states (set, "a:stopped b:running c:stopped");

  test_unit_set_answer (a, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (test_unit_has_request (a));
  test_settle ();
  g_assert_cmpuint (test_unit_get_n_asked (c, STATE_OPERATION_START), ==, 0);

  test_unit_answer_held (a);
  test_end (set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (test_unit_get_n_asked (b, STATE_OPERATION_START), ==, 1);
  g_assert_cmpuint (test_unit_get_n_asked (c, STATE_OPERATION_START), ==, 1);
  test_assert_outcomes (set, "a:succeeded b:unchanged c:succeeded");
}

static void
test_16 (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestSet) other_set = test_set_new ();
  StateUnitBuilder *builder;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "bus", NULL);
  test_set_add (other_set, "stranger", NULL);

  builder = state_units_add (set->units, "disk");
  state_unit_builder_depends_on (builder, test_set_get (set, "bus"));
  state_unit_builder_depends_on (builder, test_set_get (other_set, "stranger"));
  g_assert_null (state_unit_builder_build (builder, NULL, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_FOREIGN_HANDLE);
  g_clear_error (&error);
  g_assert_null (state_units_lookup (set->units, "disk"));
  test_assert_strv (state_unit_handle_get_dependents (test_set_get (set, "bus")), "");

  /* A builder let go of leaves nothing, either. */
  builder = state_units_add (set->units, "disk");
  state_unit_builder_depends_on (builder, test_set_get (set, "bus"));
  g_object_unref (builder);

  test_set_add (set, "disk", "bus", NULL);
  test_start (set->units, &error);
  g_assert_no_error (error);
}

static void
test_17 (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  g_autoptr (TestUnit) b = g_object_ref (test_set_add (set, "b", "a", NULL));
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_unit_set_answer (a, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (test_unit_has_request (a));

  state_unit_handle_discard (test_set_get (set, "b"));
  test_unit_answer_held (a);
  test_end (set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_no_error (error);
  test_settle ();
  g_assert_cmpuint (test_unit_get_n_asked (b, STATE_OPERATION_START), ==, 0);
  test_assert_outcomes (set, "a:succeeded b:removed");
}

static void
test_18 (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  g_autoptr (TestUnit) b = g_object_ref (test_set_add (set, "b", NULL));
  g_autoptr (StateUnit) removed = NULL;
  g_autoptr (GError) error = NULL;

  test_start (set->units, &error);
  g_assert_no_error (error);

  removed = test_remove (test_set_get (set, "a"), &error);
  g_assert_no_error (error);
  g_assert_true (removed == STATE_UNIT (a));
  g_assert_cmpuint (test_unit_get_n_asked (a, STATE_OPERATION_STOP), ==, 1);

  state_unit_handle_discard (test_set_get (set, "b"));
  test_settle ();
  g_assert_cmpuint (test_unit_get_n_asked (b, STATE_OPERATION_STOP), ==, 0);
  test_assert_states (set, "a:gone b:gone");
}

static void
test_19 (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  TestUnit *b = test_set_add (set, "b", "a", NULL);
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_unit_set_int (a, 1);
  test_unit_set_int (b, 2);
  snapshot = test_save (set->units, &error);
  g_assert_no_error (error);

  test_unit_set_answer (a, STATE_OPERATION_RESTORE, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_RESTORE, snapshot, NULL, &call);
  test_wait_until (test_unit_has_request (a));
  state_unit_handle_discard (test_set_get (set, "b"));
  test_unit_answer_held (a);

  g_assert_false (test_end (set->units, STATE_OPERATION_RESTORE, &call, NULL, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  test_assert_contains (error->message, "restore failed: {b: ");
  test_assert_phase (set, "restore", "a:succeeded b:removed");
}

static void
test_20 (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  g_auto (TestCall) start = TEST_CALL_INIT;
  g_auto (TestCall) stop = TEST_CALL_INIT;
  g_auto (TestCall) save = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_unit_set_answer (a, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_unit_set_answer (a, STATE_OPERATION_STOP, TEST_ANSWER_LATER);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &start);
  test_begin (set->units, STATE_OPERATION_STOP, NULL, NULL, &stop);
  test_begin (set->units, STATE_OPERATION_SAVE, NULL, NULL, &save);
  test_wait_until (test_unit_has_request (a));
  test_settle ();
  test_assert_journal (set->journal, "a:start");

  /* One that comes during an operation is no part of it. */
  test_set_add (set, "late", NULL);
  test_unit_answer_held (a);
  test_end (set->units, STATE_OPERATION_START, &start, NULL, &error);
  g_assert_no_error (error);
  test_end (set->units, STATE_OPERATION_STOP, &stop, NULL, &error);
  g_assert_no_error (error);
  test_end (set->units, STATE_OPERATION_SAVE, &save, NULL, &error);
  g_assert_no_error (error);
  test_assert_before (set->journal, "a:start!", "a:stop");
  test_assert_before (set->journal, "a:stop!", "a:save");
  g_assert_cmpint (test_journal_find (set->journal, "late:start"), ==, -1);
  g_assert_cmpint (test_journal_find (set->journal, "late:save"), >=, 0);
}

static void
test_21 (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) disk = test_unit_new ("disk", set->journal);
  g_autoptr (StateSnapshot) empty = state_snapshot_new ();
  g_autoptr (StateSnapshot) old =
      state_snapshot_with_unit (empty, "ide", 0, g_variant_new_int32 (7));
  g_autoptr (StateSnapshot) ghost =
      state_snapshot_with_unit (old, "ghost", 0, g_variant_new_int32 (8));
  g_autoptr (StateSnapshot) ghosts =
      state_snapshot_with_unit (ghost, "phantom", 0, g_variant_new_int32 (9));
  StateUnitBuilder *builder = state_units_add (set->units, "disk");
  g_autoptr (GError) error = NULL;

  state_unit_builder_add_alias (builder, "ide");
  state_unit_builder_build (builder, STATE_UNIT (disk), &error);
  g_assert_no_error (error);

  g_assert_false (test_restore (set->units, ghosts, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_UNKNOWN_UNIT);
  test_assert_contains (error->message, "ghost");
  test_assert_contains (error->message, "phantom");
  g_clear_error (&error);
  test_assert_journal (set->journal, "");
  test_assert_states (set, "disk:stopped");

  test_restore (set->units, old, &error);
  g_assert_no_error (error);
  g_assert_cmpint (test_unit_get_int (disk), ==, 7);
}

static void
test_22 (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *hung = test_set_add (set, "hung", NULL);
  TestUnit *broken = test_set_add (set, "broken", NULL);
  TestUnit *fine = test_set_add (set, "fine", NULL);
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_answer (hung, STATE_OPERATION_INSPECT, TEST_ANSWER_HELD);
  test_unit_fail (broken, STATE_OPERATION_INSPECT, "confused");
  test_unit_set_int (fine, 3);
  state_units_inspect_async (set->units, NULL, 0, 100, NULL, test_call_done, &call);
  tree = state_units_inspect_finish (set->units, test_call_wait (&call), &error);
  g_assert_no_error (error);

  test_assert_tree (tree, "hung/unit_state", "'stopped'");
  test_assert_tree (tree, "hung/unresolved", "true");
  test_assert_tree (tree, "broken/unit_state", "'stopped'");
  test_assert_tree (tree, "broken/inspect_error", "'confused'");
  test_assert_tree (tree, "fine/value", "3");
  test_assert_tree (tree, "fine/unresolved", "nothing");

  test_unit_answer_held (hung); /* too late for anybody to care */
  test_settle ();
}

static void
test_23 (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *busy = test_set_add (set, "busy", NULL);
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_int (busy, 5);
  test_unit_set_answer (busy, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (test_unit_has_request (busy));

  tree = test_inspect (set->units, NULL, 0, &error);
  g_assert_no_error (error);
  test_assert_tree (tree, "busy/unit_state", "'starting'");
  test_assert_tree (tree, "busy/value", "5");

  test_unit_answer_held (busy);
  test_end (set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_no_error (error);
}

static void
test_24 (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *liar = test_set_add (set, "liar, and, more", NULL);
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (StateRequest) request = NULL;
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GError) error = NULL;
  const char *const bad_names[] = { "", "/", "/a", "a/", "a//b" };

  for (guint i = 0; i < G_N_ELEMENTS (bad_names); i++)
    {
      StateUnitBuilder *builder = state_units_add (set->units, bad_names[i]);

      g_test_message ("the name \"%s\"", bad_names[i]);
      g_assert_null (state_unit_builder_build (builder, NULL, &error));
      g_assert_error (error, STATE_ERROR, STATE_ERROR_INVALID_NAME);
      g_clear_error (&error);
    }

  test_set_add (set, "user", "liar, and, more", NULL);
  test_unit_set_answer (liar, STATE_OPERATION_INSPECT, TEST_ANSWER_HELD);
  state_units_inspect_async (set->units, NULL, 0, G_MAXUINT, NULL, test_call_done, &call);
  request = test_unit_take_request (liar);
  state_request_complete_with_state (request, g_variant_new_parsed (
                                                  "{'unit_state': <'wonderful'>, 'own': <true>}"));
  tree = state_units_inspect_finish (set->units, test_call_wait (&call), &error);
  g_assert_no_error (error);
  test_assert_tree (tree, "liar, and, more/unit_state", "'stopped'");
  test_assert_tree (tree, "liar, and, more/own", "true");
  test_assert_tree (tree, "user/dependencies", "['liar, and, more']");
}

static void
test_25 (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  test_set_watch (set);
  test_stop (set->units, &error);
  g_assert_no_error (error);
  test_assert_journal (set->journal, "");

  test_start (set->units, &error);
  g_assert_no_error (error);
  test_journal_clear (set->journal);
  test_journal_clear (set->signals);
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_assert_journal (set->journal, "");
  test_assert_journal (set->signals, "started:start finished:start:succeeded");
  test_assert_outcomes (set, "a:unchanged b:unchanged c:unchanged d:unchanged");
}

static void
call_the_set (TestUnit *unit, StateRequest *request, gpointer user_data)
{
  TestSet *set = user_data;
  g_autofree char *dot = state_units_to_dot (set->units);
  g_autoptr (StateInspector) inspector = state_units_get_inspector (set->units);
  g_autofree char *name = g_strdup_printf ("made by %s", test_unit_get_name (unit));

  g_assert_nonnull (dot);
  g_assert_nonnull (state_units_get_current_transition (set->units));
  test_assert_states (set, "a:starting");
  test_set_add (set, name, NULL);
  state_unit_handle_discard (test_set_get (set, "victim"));
  state_units_stop_async (set->units, NULL, NULL, NULL);
}

static void
test_26 (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  g_autoptr (GError) error = NULL;

  test_set_add (set, "victim", "a", NULL);
  test_unit_set_hook (a, STATE_OPERATION_START, call_the_set, set);
  test_start (set->units, &error);
  g_assert_no_error (error);

  test_wait_until (test_journal_find (set->journal, "a:stop!") >= 0);
  test_settle ();
  test_assert_states (set, "a:stopped victim:gone");
  g_assert_nonnull (state_units_lookup (set->units, "made by a"));
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/mended/01-a-lost-unit-fails-by-name-and-the-set-stays-usable", test_01);
  g_test_add_func ("/mended/02-dependents-of-a-failed-unit-are-skipped", test_02);
  g_test_add_func ("/mended/03-start-and-stop-can-fail", test_03);
  g_test_add_func ("/mended/04-no-start-on-mixed-state-after-a-failed-reset", test_04);
  g_test_add_func ("/mended/05-steps-have-outcomes-errors-and-times", test_05);
  g_test_add_func ("/mended/06-a-failed-save-names-all-and-keeps-the-rest", test_06);
  g_test_add_func ("/mended/07-all-restore-errors-in-the-order-of-addition", test_07);
  g_test_add_func ("/mended/08-wrong-state-is-an-error", test_08);
  g_test_add_func ("/mended/09-checked-first-then-changed", test_09);
  g_test_add_func ("/mended/10-a-cancelled-operation-settles", test_10);
  g_test_add_func ("/mended/11-a-hung-unit-is-explained", test_11);
  g_test_add_func ("/mended/12-a-cycle-through-dependency-of-is-refused", test_12);
  g_test_add_func ("/mended/13-who-waits-for-whom-can-be-seen", test_13);
  g_test_add_func ("/mended/14-removal-takes-the-edges-along", test_14);
  g_test_add_func ("/mended/15-order-holds-through-a-unit-that-is-not-asked", test_15);
  g_test_add_func ("/mended/16-build-is-all-or-nothing", test_16);
  g_test_add_func ("/mended/17-a-unit-removed-while-waiting-receives-nothing-more", test_17);
  g_test_add_func ("/mended/18-removal-stops-first", test_18);
  g_test_add_func ("/mended/19-a-unit-removed-during-restore-is-named", test_19);
  g_test_add_func ("/mended/20-operations-queue", test_20);
  g_test_add_func ("/mended/21-aliases-restore-and-all-unknown-names-are-listed", test_21);
  g_test_add_func ("/mended/22-a-hung-unit-hides-nothing-from-inspect", test_22);
  g_test_add_func ("/mended/23-a-busy-unit-can-be-inspected", test_23);
  g_test_add_func ("/mended/24-names-are-checked-and-the-fields-of-the-set-win", test_24);
  g_test_add_func ("/mended/25-nobody-is-asked-when-nothing-is-to-be-done", test_25);
  g_test_add_func ("/mended/26-units-may-call-the-set-that-asks-them", test_26);
  return g_test_run ();
}
