/* SPDX-License-Identifier: MIT */

/* What is told while a transition runs: who is slow, and everything else in an order
 * that can be relied on. */

#include "test-set.h"

/* --- Slow --- */

typedef struct
{
  TestJournal *journal;
  StateTransition *transition;
} Slow;

static void
on_slow (StateUnits *units, StateTransition *transition, StateTransitionStep *step, Slow *self)
{
  g_assert_true (transition == state_units_get_current_transition (units));
  g_assert_true (self->transition == NULL || self->transition == transition);
  g_assert_cmpint (state_transition_step_get_outcome (step), ==, STATE_STEP_OUTCOME_ASKED);
  test_journal_add (self->journal, "%s:%s", state_transition_step_get_name (step),
                    state_transition_step_get_phase (step));
}

static void
slow_init (Slow *self, TestSet *set, guint ms)
{
  *self = (Slow){ test_journal_new (), NULL };
  g_signal_connect (set->units, "transition-slow", G_CALLBACK (on_slow), self);
  state_units_set_slow_time (set->units, ms);
  g_assert_cmpuint (state_units_get_slow_time (set->units), ==, ms);
}

static void
slow_clear (Slow *self, TestSet *set)
{
  g_signal_handlers_disconnect_by_data (set->units, self);
  test_journal_unref (self->journal);
}

static void
test_who_is_waited_for (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  Slow slow;
  TestUnit *b, *c;
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  b = test_set_get_unit (set, "b");
  c = test_set_get_unit (set, "c");
  test_unit_set_answer (b, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_unit_set_answer (c, STATE_OPERATION_START, TEST_ANSWER_HELD);
  slow_init (&slow, set, 20);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (test_journal_count (slow.journal, "b:start") > 0);
  test_wait_until (test_journal_count (slow.journal, "c:start") > 0);
  slow.transition = state_units_get_current_transition (set->units);

  /* Again and again, as long as it lasts; d, which waits for them, is not slow. */
  test_unit_answer_held (b);
  test_set_wait_state (set, "b", STATE_UNIT_STATE_RUNNING);
  test_journal_clear (slow.journal);
  test_wait_until (test_journal_count (slow.journal, "c:start") > 1);
  g_assert_cmpuint (test_journal_count (slow.journal, "b:start"), ==, 0);
  g_assert_cmpuint (test_journal_count (slow.journal, "d:start"), ==, 0);
  test_unit_answer_held (c);
  test_end (set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_no_error (error);
  slow_clear (&slow, set);
  test_call_clear (&call);
}

/* Other phases too: what a roll-back waits for. */
static void
test_slow_roll_back (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  Slow slow;
  TestUnit *a;
  g_autoptr (GError) error = NULL;

  a = test_set_add (set, "a", NULL);
  test_unit_fail (test_set_add (set, "b", "a", NULL), STATE_OPERATION_START, "broken");
  test_unit_set_answer (a, STATE_OPERATION_STOP, TEST_ANSWER_HELD);
  state_units_set_failure_policy (set->units, STATE_FAILURE_POLICY_ROLL_BACK);
  slow_init (&slow, set, 20);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (test_journal_count (slow.journal, "a:roll-back") > 0);
  test_unit_answer_held (a);
  g_assert_false (test_end (set->units, STATE_OPERATION_START, &call, NULL, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED, "start failed: {b: broken}");
  slow_clear (&slow, set);
  test_call_clear (&call);
}

static gboolean
set_flag (gpointer flag)
{
  *(gboolean *) flag = TRUE;
  return G_SOURCE_REMOVE;
}

static void
test_never_told (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  Slow slow;
  gboolean passed = FALSE;
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (state_units_get_slow_time (set->units), ==, 10 * 1000);
  test_unit_set_answer (test_set_add (set, "a", NULL), STATE_OPERATION_START, TEST_ANSWER_HELD);
  slow_init (&slow, set, 0);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  g_timeout_add (50, set_flag, &passed);
  test_wait_until (passed);
  test_assert_journal (slow.journal, "");
  test_unit_answer_held (test_set_get_unit (set, "a"));
  test_end (set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_no_error (error);
  slow_clear (&slow, set);
  test_call_clear (&call);
}

/* Whoever is told may do anything. */
static void
abandon_slow (StateUnits *units,
              StateTransition *transition,
              StateTransitionStep *step,
              gpointer user_data)
{
  state_transition_abandon (transition);
}

static void
discard_slow (StateUnits *units,
              StateTransition *transition,
              StateTransitionStep *step,
              gpointer user_data)
{
  StateUnitHandle *handle = state_units_lookup (units, state_transition_step_get_name (step));

  if (handle != NULL)
    state_unit_handle_discard (handle);
}

static void
test_from_the_handler (void)
{
  const GCallback handlers[] = { G_CALLBACK (abandon_slow), G_CALLBACK (discard_slow) };

  for (guint i = 0; i < G_N_ELEMENTS (handlers); i++)
    {
      g_autoptr (TestSet) set = test_set_new ();
      TestUnit *a = test_set_add (set, "a", NULL);
      g_autoptr (StateRequest) request_a = NULL;
      g_autoptr (StateRequest) request_b = NULL;
      g_autoptr (TestUnit) own_a = g_object_ref (a);
      g_autoptr (TestUnit) own_b = g_object_ref (test_set_add (set, "b", NULL));
      g_autoptr (GError) error = NULL;

      test_set_answer_all (set, TEST_ANSWER_HELD);
      state_units_set_slow_time (set->units, 10);
      g_signal_connect (set->units, "transition-slow", handlers[i], NULL);
      if (i == 0)
        {
          g_assert_false (test_start (set->units, &error));
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
          test_assert_states (set, "a:uncertain b:uncertain");
        }
      else
        {
          test_start (set->units, &error);
          g_assert_no_error (error);
          test_assert_states (set, "a:gone b:gone");
        }
      request_a = test_unit_take_request (own_a);
      request_b = test_unit_take_request (own_b);
      test_request_answer (request_a);
      test_request_answer (request_b);
      test_settle ();
      g_clear_object (&request_a);
      g_clear_object (&request_b);
      g_clear_object (&own_a);
      g_clear_object (&own_b);
    }
}

/* --- Order --- */

static void
on_notify_state (StateUnitHandle *handle, GParamSpec *pspec, TestSet *set)
{
  test_journal_add (set->signals, "%s=%s", state_unit_handle_get_name (handle),
                    state_unit_state_to_string (state_unit_handle_get_state (handle)));
}

static void
on_notify_status (StateTransition *transition, GParamSpec *pspec, TestSet *set)
{
  test_journal_add (set->signals, "status=%s",
                    state_transition_status_to_string (state_transition_get_status (transition)));
}

static void
watch_all (TestSet *set, StateTransition *transition)
{
  guint n_items = g_list_model_get_n_items (G_LIST_MODEL (set->units));

  test_set_watch (set);
  for (guint i = 0; i < n_items; i++)
    {
      g_autoptr (StateUnitHandle) handle = g_list_model_get_item (G_LIST_MODEL (set->units), i);

      g_signal_connect (handle, "notify::state", G_CALLBACK (on_notify_state), set);
    }
  g_signal_connect (transition, "notify::status", G_CALLBACK (on_notify_status), set);
}

static void
test_order (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) transition = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  test_set_add (set, "b", "a", NULL);
  transition = state_transition_new (set->units, STATE_OPERATION_START);
  watch_all (set, transition);
  test_run (transition, &error);
  g_assert_no_error (error);
  test_assert_journal (set->signals,
                       "status=queued status=running started:start a=starting a:stopped>starting "
                       "a=running a:starting>running b=starting b:stopped>starting b=running "
                       "b:starting>running status=succeeded finished:start:succeeded");
  g_clear_object (&transition);
}

static void
test_order_with_roll_back (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) transition = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  test_unit_fail (test_set_add (set, "b", "a", NULL), STATE_OPERATION_START, "broken");
  transition = state_transition_new (set->units, STATE_OPERATION_START);
  state_transition_set_failure_policy (transition, STATE_FAILURE_POLICY_ROLL_BACK);
  watch_all (set, transition);
  g_assert_false (test_run (transition, &error));
  test_assert_journal (set->signals,
                       "status=queued status=running started:start a=starting a:stopped>starting "
                       "a=running a:starting>running b=starting b:stopped>starting b=failed "
                       "b:starting>failed a=stopping a:running>stopping a=stopped "
                       "a:stopping>stopped status=failed finished:start:failed");
  g_clear_object (&transition);
}

/* A late answer is told of, though no transition runs. */
static void
test_order_of_the_late (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) transition = NULL;
  TestUnit *a = test_set_add_timed (set, "a", STATE_OPERATION_START, 20, NULL);
  g_autoptr (GError) error = NULL;

  test_unit_set_answer (a, STATE_OPERATION_START, TEST_ANSWER_HELD);
  transition = state_transition_new (set->units, STATE_OPERATION_START);
  watch_all (set, transition);
  g_assert_false (test_run (transition, &error));
  test_unit_answer_held (a);
  test_settle ();
  test_assert_journal (set->signals,
                       "status=queued status=running started:start a=starting a:stopped>starting "
                       "a=uncertain a:starting>uncertain status=failed finished:start:failed "
                       "a=running a:uncertain>running");
  g_clear_object (&transition);
}

/* --- Consistent --- */

typedef struct
{
  TestSet *set;
  double progress;
  guint n_told;
  StateTransitionStatus status;
} Watch;

/* Whoever is told sees what is so, and sees it everywhere. */
static void
check (Watch *self, StateTransition *transition)
{
  double progress = state_transition_get_progress (transition);
  guint n_units = state_transition_get_n_units (transition);
  StateTransitionStatus status = state_transition_get_status (transition);

  self->n_told++;
  g_assert_cmpfloat (progress, >=, self->progress); /* it never goes back */
  g_assert_cmpfloat (progress, <=, 1);
  g_assert_cmpuint (state_transition_get_n_finished (transition), <=, n_units);
  g_assert_cmpint (status, >=, self->status);
  if (status >= STATE_TRANSITION_STATUS_SUCCEEDED)
    {
      g_assert_cmpuint (state_transition_get_n_finished (transition), ==, n_units);
      g_assert_null (state_units_get_current_transition (self->set->units));
      g_assert_true ((state_transition_get_error (transition) == NULL) ==
                     (status == STATE_TRANSITION_STATUS_SUCCEEDED));
    }
  else if (status == STATE_TRANSITION_STATUS_RUNNING)
    g_assert_true (state_units_get_current_transition (self->set->units) == transition);
  self->progress = progress;
  self->status = status;
}

static void
on_told (StateTransition *transition, GParamSpec *pspec, Watch *self)
{
  check (self, transition);
}

static void
on_set_told (StateUnits *units, StateTransition *transition, Watch *self)
{
  check (self, transition);
  if (self->status == STATE_TRANSITION_STATUS_SUCCEEDED)
    g_assert_cmpfloat (self->progress, ==, 1);
}

static void
on_unit_told (StateUnits *units,
              StateUnitHandle *handle,
              StateUnitState old_state,
              StateUnitState new_state,
              Watch *self)
{
  g_assert_cmpint (old_state, !=, new_state);
  g_assert_cmpint (state_unit_handle_get_state (handle), ==, new_state);
  g_assert_true ((state_unit_handle_get_error (handle) != NULL) ==
                 (new_state == STATE_UNIT_STATE_FAILED || new_state == STATE_UNIT_STATE_LOST));
}

static void
tell_progress (TestUnit *unit, StateRequest *request, gpointer user_data)
{
  state_request_set_progress (request, 0.25, "a quarter");
  state_request_set_progress (request, 0.5, NULL);
}

static void
test_consistent (void)
{
  const StateOperation operations[] = { STATE_OPERATION_START, STATE_OPERATION_STOP,
                                        STATE_OPERATION_RESET, STATE_OPERATION_SAVE,
                                        STATE_OPERATION_RESTORE };

  for (guint i = 0; i < G_N_ELEMENTS (operations) * 6; i++)
    {
      StateOperation operation = operations[i / 6];
      StateFailurePolicy policy = i % 3;
      gboolean resume = i % 6 > 2;
      g_autoptr (TestSet) set = test_set_new ();
      g_autoptr (StateTransition) transition = NULL;
      g_autoptr (StateSnapshot) snapshot = NULL;
      Watch watch = { .set = set };
      g_autoptr (GError) error = NULL;

      g_test_message ("%s, policy %d, %s", state_operation_to_string (operation), policy,
                      resume ? "resumes" : "does not resume");
      test_set_add_diamond (set);
      test_unit_set_int (test_set_get_unit (set, "a"), 1);
      snapshot = test_save (set->units, &error);
      g_assert_no_error (error);
      if (resume || operation == STATE_OPERATION_STOP)
        {
          test_start (set->units, &error);
          g_assert_no_error (error);
        }
      test_set_answer_all (set, TEST_ANSWER_LATER);
      test_unit_fail (test_set_get_unit (set, "b"), operation, "broken");
      test_unit_set_hook (test_set_get_unit (set, "c"), operation, tell_progress, NULL);
      transition = state_transition_new (set->units, operation);
      state_transition_set_failure_policy (transition, policy);
      state_transition_set_resume (transition, resume);
      if (operation == STATE_OPERATION_RESTORE)
        state_transition_set_snapshot (transition, snapshot);
      g_signal_connect (transition, "notify::progress", G_CALLBACK (on_told), &watch);
      g_signal_connect (transition, "notify::status", G_CALLBACK (on_told), &watch);
      g_signal_connect (set->units, "transition-started", G_CALLBACK (on_set_told), &watch);
      g_signal_connect (set->units, "transition-finished", G_CALLBACK (on_set_told), &watch);
      g_signal_connect (set->units, "unit-state-changed", G_CALLBACK (on_unit_told), &watch);
      test_run (transition, &error);
      g_assert_cmpuint (watch.n_told, >, 4);
      g_assert_cmpint (watch.status, >=, STATE_TRANSITION_STATUS_SUCCEEDED);
      g_signal_handlers_disconnect_by_data (set->units, &watch);
      g_signal_handlers_disconnect_by_data (transition, &watch);
      g_clear_object (&transition);
    }
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/slow/who-is-waited-for", test_who_is_waited_for);
  g_test_add_func ("/slow/roll-back", test_slow_roll_back);
  g_test_add_func ("/slow/never-told", test_never_told);
  g_test_add_func ("/slow/from-the-handler", test_from_the_handler);
  g_test_add_func ("/telling/order", test_order);
  g_test_add_func ("/telling/order-with-roll-back", test_order_with_roll_back);
  g_test_add_func ("/telling/order-of-the-late", test_order_of_the_late);
  g_test_add_func ("/telling/consistent", test_consistent);
  return g_test_run ();
}
