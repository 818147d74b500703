/* SPDX-License-Identifier: MIT */

/* Transitions over some of the units, those that stop and start again what runs,
 * and how many are asked at once. */

#include "test-set.h"

static StateTransition *
new_for (TestSet *set, StateOperation operation, const char *names)
{
  StateTransition *transition = state_transition_new (set->units, operation);
  g_auto (GStrv) parts = g_strsplit (names, " ", -1);
  g_autoptr (GPtrArray) handles = g_ptr_array_new ();

  for (guint i = 0; parts[i] != NULL && *parts[i] != '\0'; i++)
    g_ptr_array_add (handles, test_set_get (set, parts[i]));
  state_transition_set_handles (transition, (StateUnitHandle **) handles->pdata, handles->len);
  return transition;
}

static void
run_good (StateTransition *transition)
{
  g_autoptr (GError) error = NULL;

  test_run (transition, &error);
  g_assert_no_error (error);
}

static void
start_all (TestSet *set)
{
  g_autoptr (GError) error = NULL;

  test_start (set->units, &error);
  g_assert_no_error (error);
  test_journal_clear (set->journal);
}

static void
add_edge (TestSet *set,
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
}

/* --- Closures --- */

/* "start takes the dependencies along, stop the dependents, the others just these" */
static void
test_closures (void)
{
  const struct
  {
    StateOperation operation;
    const char *names;
    const char *taken; /* all others: none */
    const char *states;
  } table[] = {
    { STATE_OPERATION_START, "a", "a:succeeded b:none c:none d:none e:none",
      "a:running b:stopped c:stopped d:stopped e:stopped" },
    { STATE_OPERATION_START, "b", "a:succeeded b:succeeded c:none d:none e:none",
      "a:running b:running c:stopped d:stopped e:stopped" },
    { STATE_OPERATION_START, "d", "a:succeeded b:succeeded c:succeeded d:succeeded e:none",
      "a:running b:running c:running d:running e:stopped" },
    { STATE_OPERATION_START, "b e", "a:succeeded b:succeeded c:none d:none e:succeeded",
      "a:running b:running c:stopped d:stopped e:running" },
    { STATE_OPERATION_START, "b b a", "a:succeeded b:succeeded c:none d:none e:none",
      "a:running b:running c:stopped d:stopped e:stopped" },
    { STATE_OPERATION_STOP, "d", "a:none b:none c:none d:succeeded e:none",
      "a:running b:running c:running d:stopped e:running" },
    { STATE_OPERATION_STOP, "b", "a:none b:succeeded c:none d:succeeded e:none",
      "a:running b:stopped c:running d:stopped e:running" },
    { STATE_OPERATION_STOP, "a", "a:succeeded b:succeeded c:succeeded d:succeeded e:none",
      "a:stopped b:stopped c:stopped d:stopped e:running" },
    { STATE_OPERATION_RESET, "b", "a:none b:succeeded c:none d:none e:none",
      "a:stopped b:stopped c:stopped d:stopped e:stopped" },
    { STATE_OPERATION_SAVE, "d a", "a:succeeded b:none c:none d:succeeded e:none",
      "a:stopped b:stopped c:stopped d:stopped e:stopped" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autoptr (TestSet) set = test_set_new ();
      g_autoptr (StateTransition) transition = NULL;

      g_test_message ("%s %s", state_operation_to_string (table[i].operation), table[i].names);
      test_set_add_diamond (set);
      test_set_add (set, "e", NULL);
      if (table[i].operation == STATE_OPERATION_STOP)
        start_all (set);
      transition = new_for (set, table[i].operation, table[i].names);
      run_good (transition);
      test_assert_outcomes (set, table[i].taken);
      test_assert_states (set, table[i].states);
      g_clear_object (&transition);
    }
}

static void
test_restore_of_some (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) transition = NULL;
  g_autoptr (StateSnapshot) snapshot = NULL;
  const char *const names[] = { "a", "b", "c", "d" };
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    test_unit_set_int (test_set_get_unit (set, names[i]), 1);
  snapshot = test_save (set->units, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    test_unit_set_int (test_set_get_unit (set, names[i]), 2);
  test_journal_clear (set->journal);

  transition = new_for (set, STATE_OPERATION_RESTORE, "d a");
  state_transition_set_snapshot (transition, snapshot);
  run_good (transition);
  test_assert_journal (set->journal, "a:restore a:restore! d:restore d:restore! a:post-restore "
                                     "a:post-restore! d:post-restore d:post-restore!");
  g_assert_cmpint (test_unit_get_int (test_set_get_unit (set, "a")), ==, 1);
  g_assert_cmpint (test_unit_get_int (test_set_get_unit (set, "b")), ==, 2);
  g_assert_cmpint (test_unit_get_int (test_set_get_unit (set, "d")), ==, 1);
  g_clear_object (&transition);
}

/* "follows the required edges that name the operation; order holds among all units
 * taken" */
static void
test_edges (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) first = NULL;
  g_autoptr (StateTransition) second = NULL;
  g_autoptr (StateTransition) third = NULL;

  test_set_add (set, "a", NULL);
  test_set_add (set, "z", NULL);
  add_edge (set, "order", "a", STATE_DEPENDENCY_ORDER_ONLY, STATE_OPERATION_FLAGS_ALL);
  add_edge (set, "start", "a", STATE_DEPENDENCY_REQUIRED, STATE_OPERATION_FLAGS_START);
  add_edge (set, "stop", "a", STATE_DEPENDENCY_REQUIRED, STATE_OPERATION_FLAGS_STOP);

  first = new_for (set, STATE_OPERATION_START, "order stop");
  run_good (first);
  test_assert_outcomes (set, "a:none order:succeeded start:none stop:succeeded z:none");
  test_journal_clear (set->journal);
  second = new_for (set, STATE_OPERATION_START, "start order");
  run_good (second);
  test_assert_journal (set->journal, "a:start a:start! start:start start:start!");
  test_assert_outcomes (set, "a:succeeded order:unchanged start:succeeded stop:none z:none");

  test_journal_clear (set->journal);
  third = new_for (set, STATE_OPERATION_STOP, "a order");
  test_unit_set_answer (test_set_get_unit (set, "order"), STATE_OPERATION_STOP, TEST_ANSWER_LATER);
  run_good (third);
  test_assert_states (set, "a:stopped order:stopped start:running stop:stopped");
  test_assert_before (set->journal, "order:stop!", "a:stop");
  test_assert_before (set->journal, "stop:stop!", "a:stop");
  g_clear_object (&first);
  g_clear_object (&second);
  g_clear_object (&third);
}

static void
test_none (void)
{
  const StateOperation operations[] = { STATE_OPERATION_START, STATE_OPERATION_STOP,
                                        STATE_OPERATION_RESET, STATE_OPERATION_SAVE };
  g_autoptr (TestSet) set = test_set_new ();

  test_set_add_diamond (set);
  for (guint i = 0; i < G_N_ELEMENTS (operations); i++)
    {
      g_autoptr (StateTransition) transition = state_transition_new (set->units, operations[i]);

      state_transition_set_handles (transition, NULL, 0);
      run_good (transition);
      g_assert_cmpuint (state_transition_get_n_units (transition), ==, 0);
      g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (transition)), ==, 0);
      g_assert_cmpfloat (state_transition_get_progress (transition), ==, 1);
      test_assert_journal (set->journal, "");
      g_assert_false (state_units_is_running (set->units));
    }
}

static void
test_foreign (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestSet) other = test_set_new ();
  g_autoptr (StateTransition) foreign = NULL;
  g_autoptr (StateTransition) left = NULL;
  g_autoptr (StateUnitHandle) gone = NULL;
  StateUnitHandle *handles[2];
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  test_set_add (set, "b", NULL);
  test_set_add (other, "theirs", NULL);
  handles[0] = test_set_get (set, "a");
  handles[1] = test_set_get (other, "theirs");
  foreign = state_transition_new (set->units, STATE_OPERATION_START);
  state_transition_set_handles (foreign, handles, 2);
  g_assert_false (test_run (foreign, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_FOREIGN_HANDLE);
  test_assert_contains (error->message, "start refused: {theirs: ");
  g_clear_error (&error);

  /* One that leaves while it waits in the queue */
  gone = g_object_ref (test_set_get (set, "b"));
  left = new_for (set, STATE_OPERATION_START, "a b");
  state_unit_handle_discard (gone);
  g_assert_false (test_run (left, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_FOREIGN_HANDLE);
  test_assert_contains (error->message, "start refused: {b: ");
  g_clear_error (&error);
  test_assert_journal (set->journal, "");
  test_assert_states (set, "a:stopped");
  g_clear_object (&foreign);
  g_clear_object (&left);
  g_clear_object (&gone);
}

/* A failure reaches what requires it among those that are taken; others may be in
 * any state. */
static void
test_failures_and_refusals (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) start = NULL;
  g_autoptr (StateTransition) save = NULL;
  g_autoptr (StateTransition) reset = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  test_set_add (set, "e", NULL);
  start = new_for (set, STATE_OPERATION_START, "e");
  run_good (start);
  g_clear_object (&start);
  test_unit_fail (test_set_get_unit (set, "a"), STATE_OPERATION_START, "broken");
  start = new_for (set, STATE_OPERATION_START, "b");
  g_assert_false (test_run (start, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED, "start failed: {a: broken}");
  test_assert_outcomes (set, "a:failed b:skipped c:none d:none e:none");

  save = new_for (set, STATE_OPERATION_SAVE, "a b e");
  g_assert_false (test_run (save, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_WRONG_STATE);
  test_assert_contains (error->message, "save refused: {a: it has failed");
  test_assert_contains (error->message, "e: it is running");
  g_clear_error (&error);
  reset = new_for (set, STATE_OPERATION_RESET, "a b");
  run_good (reset);
  test_assert_states (set, "a:stopped b:stopped e:running");
  g_clear_object (&start);
  g_clear_object (&save);
  g_clear_object (&reset);
}

/* "what this start asked": units that ran before go on */
static void
test_roll_back_of_some (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) before = NULL;
  g_autoptr (StateTransition) transition = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  before = new_for (set, STATE_OPERATION_START, "b");
  run_good (before);
  test_unit_fail (test_set_get_unit (set, "d"), STATE_OPERATION_START, "broken");
  test_journal_clear (set->journal);
  transition = new_for (set, STATE_OPERATION_START, "d");
  state_transition_set_failure_policy (transition, STATE_FAILURE_POLICY_ROLL_BACK);
  g_assert_false (test_run (transition, &error));
  test_assert_journal (set->journal, "c:start c:start! d:start d:start! c:stop c:stop!");
  test_assert_states (set, "a:running b:running c:stopped d:failed");
  g_clear_object (&before);
  g_clear_object (&transition);
}

/* --- Resume --- */

/* A live snapshot: those that run are stopped, and exactly those started again. */
static void
test_live_save (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) some = NULL;
  g_autoptr (StateTransition) transition = NULL;
  g_autoptr (StateSnapshot) snapshot = NULL;

  test_set_add_diamond (set);
  test_unit_set_int (test_set_get_unit (set, "a"), 1);
  test_unit_set_int (test_set_get_unit (set, "d"), 4);
  some = new_for (set, STATE_OPERATION_START, "b"); /* c and d do not run */
  run_good (some);
  test_journal_clear (set->journal);
  transition = state_transition_new (set->units, STATE_OPERATION_SAVE);
  state_transition_set_resume (transition, TRUE);
  run_good (transition);
  test_assert_journal (set->journal,
                       "b:stop b:stop! a:stop a:stop! a:save a:save! b:save b:save! c:save c:save! "
                       "d:save d:save! a:start a:start! b:start b:start!");
  test_assert_states (set, "a:running b:running c:stopped d:stopped");
  test_assert_phase (set, "stop", "a:succeeded b:succeeded c:unchanged d:unchanged");
  test_assert_phase (set, "save", "a:succeeded b:succeeded c:succeeded d:succeeded");
  test_assert_phase (set, "resume", "a:succeeded b:succeeded c:unchanged d:unchanged");
  g_set_object (&snapshot, state_transition_get_snapshot (transition));
  test_assert_strv (state_snapshot_list_names (snapshot), "a d");
  g_clear_object (&some);
  g_clear_object (&transition);
}

/* What depends on those saved has to be stopped as well, though it is not saved. */
static void
test_live_save_of_some (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) transition = NULL;

  test_set_add_diamond (set);
  test_set_add (set, "e", NULL);
  start_all (set);
  transition = new_for (set, STATE_OPERATION_SAVE, "b");
  state_transition_set_resume (transition, TRUE);
  run_good (transition);
  test_assert_journal (set->journal, "d:stop d:stop! b:stop b:stop! b:save b:save! b:start "
                                     "b:start! d:start d:start!");
  test_assert_states (set, "a:running b:running c:running d:running e:running");
  g_clear_object (&transition);
}

static void
test_restart (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) reset = NULL;

  test_set_add_diamond (set);
  start_all (set);
  reset = state_transition_new (set->units, STATE_OPERATION_RESET);
  state_transition_set_resume (reset, TRUE);
  run_good (reset);
  test_assert_phase (set, "stop", "a:succeeded b:succeeded c:succeeded d:succeeded");
  test_assert_phase (set, "reset", "a:succeeded b:succeeded c:succeeded d:succeeded");
  test_assert_phase (set, "resume", "a:succeeded b:succeeded c:succeeded d:succeeded");
  test_assert_before (set->journal, "a:stop!", "a:reset");
  test_assert_before (set->journal, "d:reset!", "a:start");
  g_assert_true (state_units_is_running (set->units));
  g_clear_object (&reset);
}

/* "exactly those are started again at the end": what it stops itself, too */
static void
test_restart_by_stop (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) stop = NULL;

  test_set_add_diamond (set);
  start_all (set);
  stop = new_for (set, STATE_OPERATION_STOP, "c");
  state_transition_set_resume (stop, TRUE);
  run_good (stop);
  test_assert_journal (set->journal, "d:stop d:stop! c:stop c:stop! c:start c:start! d:start "
                                     "d:start!");
  test_assert_states (set, "a:running b:running c:running d:running");
  g_clear_object (&stop);
}

/* "exactly those are started again at the end": b, which had to be stopped for a's
 * sake, too */
static void
test_restart_by_start (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) start = NULL;

  test_set_add (set, "a", NULL);
  test_set_add (set, "b", "a", NULL);
  start_all (set);
  start = new_for (set, STATE_OPERATION_START, "a");
  state_transition_set_resume (start, TRUE);
  run_good (start);
  test_assert_journal (set->journal, "b:stop b:stop! a:stop a:stop! a:start a:start! b:start "
                                     "b:start!");
  test_assert_states (set, "a:running b:running");
  g_clear_object (&start);
}

/* A revert: restore with resume. */
static void
test_revert (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (StateTransition) transition = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  test_set_add (set, "b", "a", NULL);
  test_unit_set_int (test_set_get_unit (set, "a"), 1);
  snapshot = test_save (set->units, &error);
  g_assert_no_error (error);
  start_all (set);
  test_unit_set_int (test_set_get_unit (set, "a"), 2);
  transition = state_transition_new (set->units, STATE_OPERATION_RESTORE);
  state_transition_set_snapshot (transition, snapshot);
  state_transition_set_resume (transition, TRUE);
  run_good (transition);
  test_assert_journal (set->journal,
                       "b:stop b:stop! a:stop a:stop! a:restore a:restore! a:post-restore "
                       "a:post-restore! b:post-restore b:post-restore! a:start a:start! b:start "
                       "b:start!");
  g_assert_cmpint (test_unit_get_int (test_set_get_unit (set, "a")), ==, 1);
  g_clear_object (&transition);
}

/* "whatever came of it" */
static void
test_resume_after_failure (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) transition = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  start_all (set);
  test_unit_fail (test_set_get_unit (set, "c"), STATE_OPERATION_SAVE, "no room");
  transition = state_transition_new (set->units, STATE_OPERATION_SAVE);
  state_transition_set_resume (transition, TRUE);
  g_assert_false (test_run (transition, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED, "save failed: {c: no room}");
  test_assert_states (set, "a:running b:running c:running d:running");
  g_assert_true (state_units_is_running (set->units));
  g_clear_object (&transition);
}

/* What was reset half is not started, nor what requires it; both are told. */
static void
test_resume_after_failed_reset (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) transition = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  start_all (set);
  test_unit_fail (test_set_get_unit (set, "b"), STATE_OPERATION_RESET, "broken");
  transition = state_transition_new (set->units, STATE_OPERATION_RESET);
  state_transition_set_resume (transition, TRUE);
  g_assert_false (test_run (transition, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  test_assert_contains (error->message, "reset failed: {b: broken}");
  test_assert_states (set, "a:running b:failed c:running d:failed");
  g_clear_object (&transition);
}

/* One that cannot be stopped: nothing is saved, and the others run again. */
static void
test_resume_after_failed_stop (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) transition = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  start_all (set);
  test_unit_fail (test_set_get_unit (set, "b"), STATE_OPERATION_STOP, "stuck");
  transition = state_transition_new (set->units, STATE_OPERATION_SAVE);
  state_transition_set_resume (transition, TRUE);
  g_assert_false (test_run (transition, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  test_assert_contains (error->message, "save failed: {b: stuck}");
  g_assert_cmpint (test_journal_find (set->journal, "a:save"), ==, -1);
  test_assert_states (set, "a:running b:failed c:running");
  g_clear_object (&transition);
}

static void
test_resume_fails (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) transition = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  start_all (set);
  test_unit_fail (test_set_get_unit (set, "c"), STATE_OPERATION_SAVE, "no room");
  test_unit_fail (test_set_get_unit (set, "b"), STATE_OPERATION_START, "worn out");
  transition = state_transition_new (set->units, STATE_OPERATION_SAVE);
  state_transition_set_resume (transition, TRUE);
  g_assert_false (test_run (transition, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED,
                     "save failed: {c: no room}; resume failed: {b: worn out}");
  test_assert_states (set, "a:running b:failed c:running d:stopped");

  /* The save is there, though not all run again. */
  g_clear_object (&transition);
  test_unit_set_answer (test_set_get_unit (set, "b"), STATE_OPERATION_START, TEST_ANSWER_AT_ONCE);
  test_unit_set_answer (test_set_get_unit (set, "c"), STATE_OPERATION_SAVE, TEST_ANSWER_AT_ONCE);
  start_all (set);
  test_unit_fail (test_set_get_unit (set, "d"), STATE_OPERATION_START, "worn out");
  test_unit_set_int (test_set_get_unit (set, "a"), 1);
  transition = state_transition_new (set->units, STATE_OPERATION_SAVE);
  state_transition_set_resume (transition, TRUE);
  g_assert_false (test_run (transition, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED, "resume failed: {d: worn out}");
  test_assert_strv (state_snapshot_list_names (state_transition_get_snapshot (transition)), "a");
  g_clear_object (&transition);
}

/* While it stops, while it saves, and while it starts again. */
static void
test_resume_after_cancel (void)
{
  const struct
  {
    const char *unit;
    StateOperation operation;
    gboolean success;
  } table[] = {
    { "d", STATE_OPERATION_STOP, FALSE },
    { "a", STATE_OPERATION_STOP, FALSE },
    { "b", STATE_OPERATION_SAVE, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autoptr (TestSet) set = test_set_new ();
      g_autoptr (StateTransition) transition = NULL;
      g_auto (TestCall) call = TEST_CALL_INIT;
      TestUnit *held;
      g_autoptr (GError) error = NULL;

      g_test_message ("while %s is asked to %s", table[i].unit,
                      state_operation_to_string (table[i].operation));
      test_set_add_diamond (set);
      start_all (set);
      held = test_set_get_unit (set, table[i].unit);
      test_unit_set_answer (held, table[i].operation, TEST_ANSWER_HELD);
      transition = state_transition_new (set->units, STATE_OPERATION_SAVE);
      state_transition_set_resume (transition, TRUE);
      state_transition_run_async (transition, NULL, test_call_done, &call);
      test_wait_until (test_unit_has_request (held));
      test_settle ();
      state_transition_cancel (transition);
      test_settle ();
      if (table[i].operation == STATE_OPERATION_SAVE)
        test_unit_cancel_held (held);
      else
        test_unit_answer_held (held);
      g_assert_false (state_transition_run_finish (transition, test_call_wait (&call), &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      /* Exactly those that ran run again. */
      test_assert_states (set, "a:running b:running c:running d:running");
      test_call_clear (&call);
      g_clear_object (&transition);
    }
}

static void
test_resume_of_what_stands_still (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) transition = NULL;

  test_set_add_diamond (set);
  transition = state_transition_new (set->units, STATE_OPERATION_SAVE);
  state_transition_set_resume (transition, TRUE);
  run_good (transition);
  test_assert_states (set, "a:stopped b:stopped c:stopped d:stopped");
  g_assert_cmpuint (test_unit_get_n_asked (test_set_get_unit (set, "a"), STATE_OPERATION_START), ==,
                    0);
  g_assert_cmpfloat (state_transition_get_progress (transition), ==, 1);
  g_clear_object (&transition);
}

/* Nothing has been touched when it is refused: a failed unit is in the way. */
static void
test_resume_refused (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) transition = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  test_unit_fail (test_set_get_unit (set, "d"), STATE_OPERATION_START, "broken");
  g_assert_false (test_start (set->units, &error));
  g_clear_error (&error);
  test_journal_clear (set->journal);
  transition = state_transition_new (set->units, STATE_OPERATION_SAVE);
  state_transition_set_resume (transition, TRUE);
  g_assert_false (test_run (transition, &error));
  test_assert_error (error, STATE_ERROR_WRONG_STATE,
                     "save refused: {d: it has failed (reset or start it first)}");
  test_assert_journal (set->journal, "");
  test_assert_states (set, "a:running b:running c:running d:failed");
  g_clear_object (&transition);
}

/* A revert that fails is rolled back, and goes on from where it was. */
static void
test_revert_rolled_back (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (StateTransition) transition = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  test_set_add (set, "b", "a", NULL);
  test_unit_set_int (test_set_get_unit (set, "a"), 1);
  test_unit_set_int (test_set_get_unit (set, "b"), 1);
  snapshot = test_save (set->units, &error);
  g_assert_no_error (error);
  start_all (set);
  test_unit_set_int (test_set_get_unit (set, "a"), 2);
  test_unit_set_int (test_set_get_unit (set, "b"), 2);
  test_unit_fail (test_set_get_unit (set, "b"), STATE_OPERATION_POST_RESTORE, "garbled");
  transition = state_transition_new (set->units, STATE_OPERATION_RESTORE);
  state_transition_set_snapshot (transition, snapshot);
  state_transition_set_failure_policy (transition, STATE_FAILURE_POLICY_ROLL_BACK);
  state_transition_set_resume (transition, TRUE);
  g_assert_false (test_run (transition, &error));
  /* b's post-restore is broken for good, so that it is not put back. */
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED,
                     "restore failed: {b: garbled}; roll-back failed: {b: garbled}");
  test_assert_states (set, "a:running b:failed");
  g_assert_cmpint (test_unit_get_int (test_set_get_unit (set, "a")), ==, 2);
  g_clear_object (&transition);
}

/* --- Max-concurrency --- */

typedef struct
{
  guint n_now;
  guint n_most;
} Count;

static void
count_asked (TestUnit *unit, StateRequest *request, gpointer user_data)
{
  Count *count = user_data;

  count->n_now++;
  count->n_most = MAX (count->n_most, count->n_now);
}

static void
count_changed (StateUnits *units,
               StateUnitHandle *handle,
               StateUnitState old_state,
               StateUnitState new_state,
               Count *count)
{
  if (old_state == STATE_UNIT_STATE_STARTING || old_state == STATE_UNIT_STATE_STOPPING)
    count->n_now--;
}

static void
test_never_more_at_once (void)
{
  for (guint limit = 1; limit <= 4; limit++)
    {
      g_autoptr (TestSet) set = test_set_new ();
      Count count = { 0, 0 };
      g_autoptr (GError) error = NULL;

      state_units_set_max_concurrency (set->units, limit);
      g_assert_cmpuint (state_units_get_max_concurrency (set->units), ==, limit);
      for (guint i = 0; i < 40; i++)
        {
          g_autofree char *name = g_strdup_printf ("u%u", i);
          g_autofree char *before = g_strdup_printf ("u%u", i / 4);
          TestUnit *unit = test_set_add (set, name, i >= 8 ? before : NULL, NULL);

          test_unit_set_hook (unit, STATE_OPERATION_START, count_asked, &count);
          test_unit_set_hook (unit, STATE_OPERATION_STOP, count_asked, &count);
        }
      test_set_answer_all (set, TEST_ANSWER_LATER);
      g_signal_connect (set->units, "unit-state-changed", G_CALLBACK (count_changed), &count);
      test_start (set->units, &error);
      g_assert_no_error (error);
      test_stop (set->units, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (count.n_now, ==, 0);
      g_assert_cmpuint (count.n_most, ==, limit);
      g_signal_handlers_disconnect_by_data (set->units, &count);
    }
}

/* "giving places first to units on the longest remaining path (by the durations seen
 * last time)" */
static void
test_longest_path_first (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GError) error = NULL;

  test_set_add (set, "quick", NULL);
  test_set_add (set, "slow", NULL);
  test_set_add (set, "head", NULL);
  test_set_add (set, "tail", "head", NULL);
  test_unit_set_delay (test_set_get_unit (set, "slow"), STATE_OPERATION_START, 30);
  test_unit_set_delay (test_set_get_unit (set, "tail"), STATE_OPERATION_START, 100);
  state_units_set_max_concurrency (set->units, 1);
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_stop (set->units, &error);
  g_assert_no_error (error);

  test_journal_clear (set->journal);
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_assert_journal (set->journal, "head:start head:start! tail:start tail:start! slow:start "
                                     "slow:start! quick:start quick:start!");
}

/* "it holds no place in max-concurrency" */
static void
test_uncertain_holds_no_place (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *hung;
  g_autoptr (GError) error = NULL;

  state_units_set_max_concurrency (set->units, 1);
  hung = test_set_add_timed (set, "hung", STATE_OPERATION_START, 20, NULL);
  test_set_add (set, "a", NULL);
  test_set_add (set, "b", "hung", NULL);
  state_units_set_failure_policy (set->units, STATE_FAILURE_POLICY_KEEP_GOING);
  test_unit_set_answer (hung, STATE_OPERATION_START, TEST_ANSWER_HELD);
  g_assert_false (test_start (set->units, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED,
                     "start failed: {hung: timed out after 20 ms}");
  test_assert_states (set, "hung:uncertain a:running b:running");
  test_unit_answer_held (hung);
  test_settle ();
}

/* A stop that waits for a late answer holds none either. */
static void
test_waiting_holds_no_place (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  TestUnit *hung;
  g_autoptr (GError) error = NULL;

  hung = test_set_add_timed (set, "hung", STATE_OPERATION_START, 20, NULL);
  test_set_add (set, "a", NULL);
  test_set_add (set, "b", NULL);
  test_unit_set_answer (hung, STATE_OPERATION_START, TEST_ANSWER_HELD);
  g_assert_false (test_start (set->units, &error));
  g_clear_error (&error);
  state_units_set_max_concurrency (set->units, 1);
  test_begin (set->units, STATE_OPERATION_STOP, NULL, NULL, &call);
  test_set_wait_state (set, "a", STATE_UNIT_STATE_STOPPED);
  test_set_wait_state (set, "b", STATE_UNIT_STATE_STOPPED);
  test_unit_answer_held (hung);
  test_end (set->units, STATE_OPERATION_STOP, &call, NULL, &error);
  g_assert_no_error (error);
  test_assert_states (set, "hung:stopped a:stopped b:stopped");
  test_call_clear (&call);
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/subsets/closures", test_closures);
  g_test_add_func ("/subsets/restore", test_restore_of_some);
  g_test_add_func ("/subsets/edges", test_edges);
  g_test_add_func ("/subsets/none", test_none);
  g_test_add_func ("/subsets/foreign", test_foreign);
  g_test_add_func ("/subsets/failures-and-refusals", test_failures_and_refusals);
  g_test_add_func ("/subsets/roll-back", test_roll_back_of_some);
  g_test_add_func ("/resume/live-save", test_live_save);
  g_test_add_func ("/resume/live-save-of-some", test_live_save_of_some);
  g_test_add_func ("/resume/restart", test_restart);
  g_test_add_func ("/resume/restart-by-stop", test_restart_by_stop);
  g_test_add_func ("/resume/restart-by-start", test_restart_by_start);
  g_test_add_func ("/resume/revert", test_revert);
  g_test_add_func ("/resume/after-failure", test_resume_after_failure);
  g_test_add_func ("/resume/after-failed-reset", test_resume_after_failed_reset);
  g_test_add_func ("/resume/after-failed-stop", test_resume_after_failed_stop);
  g_test_add_func ("/resume/fails", test_resume_fails);
  g_test_add_func ("/resume/after-cancel", test_resume_after_cancel);
  g_test_add_func ("/resume/of-what-stands-still", test_resume_of_what_stands_still);
  g_test_add_func ("/resume/refused", test_resume_refused);
  g_test_add_func ("/resume/revert-rolled-back", test_revert_rolled_back);
  g_test_add_func ("/max-concurrency/never-more", test_never_more_at_once);
  g_test_add_func ("/max-concurrency/longest-path-first", test_longest_path_first);
  g_test_add_func ("/max-concurrency/uncertain-holds-no-place", test_uncertain_holds_no_place);
  g_test_add_func ("/max-concurrency/waiting-holds-no-place", test_waiting_holds_no_place);
  return g_test_run ();
}
