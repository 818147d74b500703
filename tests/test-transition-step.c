/* SPDX-License-Identifier: MIT */

/* What is told of one unit in one transition. */

#include "test-set.h"

static void
note_property (GObject *object, GParamSpec *pspec, gpointer journal)
{
  test_journal_add (journal, "%s", pspec->name);
}

/* Starts a (held) ← b, and waits until a has been asked. */
static void
begin_start (TestSet *set, TestCall *call)
{
  TestUnit *a = test_set_add (set, "a", NULL);

  test_set_add (set, "b", "a", NULL);
  test_unit_set_answer (a, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, call);
  test_wait_until (test_unit_has_request (a));
}

static void
test_same_object (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  GListModel *model;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (StateTransitionStep) step = NULL;
  g_autoptr (StateTransitionStep) again = NULL;
  g_autoptr (StateTransitionStep) anew = NULL;
  gpointer gone;

  begin_start (set, &call);
  model = G_LIST_MODEL (state_units_get_current_transition (set->units));
  step = g_list_model_get_item (model, 0);
  again = g_list_model_get_item (model, 0);
  g_assert_true (step == again);

  /* Nobody holds it any more: it is gone, and made again when asked for. */
  g_clear_object (&again);
  gone = step;
  g_object_add_weak_pointer (gone, &gone);
  g_clear_object (&step);
  g_assert_null (gone);
  anew = g_list_model_get_item (model, 0);
  g_assert_cmpstr (state_transition_step_get_name (anew), ==, "a");
  g_assert_cmpint (state_transition_step_get_outcome (anew), ==, STATE_STEP_OUTCOME_ASKED);

  test_unit_answer_held (test_set_get_unit (set, "a"));
  test_call_wait (&call);
  again = g_list_model_get_item (model, 0);
  g_assert_true (again == anew);
}

static void
test_times_and_outcome (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  StateTransition *current;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (StateTransitionStep) a = NULL;
  g_autoptr (StateTransitionStep) b = NULL;
  gint64 before = g_get_monotonic_time ();
  gint64 after;

  begin_start (set, &call);
  current = state_units_get_current_transition (set->units);
  a = test_find_step (current, NULL, "a");
  b = test_find_step (current, NULL, "b");
  g_signal_connect (a, "notify", G_CALLBACK (note_property), set->journal);
  test_journal_clear (set->journal);

  g_assert_cmpstr (state_transition_step_get_phase (a), ==, "start");
  g_assert_cmpint (state_transition_step_get_outcome (a), ==, STATE_STEP_OUTCOME_ASKED);
  g_assert_cmpint (state_transition_step_get_ready_time (a), >=, before);
  g_assert_cmpint (state_transition_step_get_start_time (a), >=, before);
  g_assert_cmpint (state_transition_step_get_finish_time (a), ==, 0);
  g_assert_cmpint (state_transition_step_get_outcome (b), ==, STATE_STEP_OUTCOME_WAITING);
  g_assert_cmpint (state_transition_step_get_ready_time (b), ==, 0);
  g_assert_cmpint (state_transition_step_get_start_time (b), ==, 0);

  test_unit_answer_held (test_set_get_unit (set, "a"));
  test_call_wait (&call);
  after = g_get_monotonic_time ();
  g_assert_cmpint (state_transition_step_get_outcome (a), ==, STATE_STEP_OUTCOME_SUCCEEDED);
  g_assert_cmpint (state_transition_step_get_finish_time (a), <=, after);
  g_assert_cmpint (state_transition_step_get_start_time (a), <=,
                   state_transition_step_get_finish_time (a));
  g_assert_cmpint (state_transition_step_get_ready_time (b), >=,
                   state_transition_step_get_finish_time (a));
  g_assert_cmpfloat (state_transition_step_get_progress (a), ==, 1);
  g_assert_no_error (state_transition_step_get_error (a));

  /* It was held, and so it has told. */
  g_assert_cmpuint (test_journal_count (set->journal, "outcome"), ==, 1);
  g_assert_cmpuint (test_journal_count (set->journal, "finish-time"), ==, 1);
}

static void
test_progress_and_message (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  StateTransition *current;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (StateTransitionStep) step = NULL;
  g_autoptr (StateRequest) request = NULL;

  begin_start (set, &call);
  current = state_units_get_current_transition (set->units);
  step = test_find_step (current, NULL, "a");
  g_signal_connect (step, "notify", G_CALLBACK (note_property), set->signals);
  g_assert_cmpfloat (state_transition_step_get_progress (step), ==, 0);
  g_assert_null (state_transition_step_get_message (step));

  request = test_unit_take_request (test_set_get_unit (set, "a"));
  state_request_set_progress (request, 0.25, "spinning up");
  test_wait_until (state_transition_step_get_progress (step) > 0);
  g_assert_cmpfloat (state_transition_step_get_progress (step), ==, 0.25);
  g_assert_cmpstr (state_transition_step_get_message (step), ==, "spinning up");
  g_assert_cmpuint (test_journal_count (set->signals, "progress"), >, 0);
  g_assert_cmpuint (test_journal_count (set->signals, "message"), >, 0);

  /* Only the last word counts. */
  for (guint i = 1; i <= 1000; i++)
    state_request_set_progress (request, 0.25 + i / 2000.0, i < 1000 ? "on its way" : NULL);
  test_wait_until (state_transition_step_get_progress (step) >= 0.75);
  g_assert_cmpfloat (state_transition_step_get_progress (step), ==, 0.75);
  g_assert_null (state_transition_step_get_message (step));

  test_request_answer (request);
  test_call_wait (&call);
  state_request_set_progress (request, 0.1, "too late");
  test_settle ();
  g_assert_cmpfloat (state_transition_step_get_progress (step), ==, 1);
  g_assert_cmpstr (state_transition_step_get_message (step), !=, "too late");
}

static void
test_error (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  StateTransition *last;
  g_autoptr (StateTransitionStep) a = NULL;
  g_autoptr (StateTransitionStep) b = NULL;
  g_autoptr (GError) of_a = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_fail (test_set_add (set, "a", NULL), STATE_OPERATION_START, "no such device");
  test_set_add (set, "b", "a", NULL);
  g_assert_false (test_start (set->units, &error));
  last = state_units_get_last_transition (set->units);
  a = test_find_step (last, NULL, "a");
  b = test_find_step (last, NULL, "b");

  g_object_get (a, "error", &of_a, NULL);
  g_assert_error (of_a, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_cmpstr (of_a->message, ==, "no such device");
  g_assert_error (state_transition_step_get_error (b), STATE_ERROR, STATE_ERROR_DEPENDENCY_FAILED);
  g_assert_cmpstr (state_transition_step_get_error (b)->message, ==, "skipped because a failed");
  g_assert_cmpint (state_transition_step_get_start_time (b), ==, 0); /* it was not asked */
}

static void
test_properties (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransitionStep) step = NULL;
  g_autofree char *name = NULL;
  g_autofree char *phase = NULL;
  g_autofree char *message = NULL;
  StateStepOutcome outcome;
  gint64 ready_time;
  gint64 start_time;
  gint64 finish_time;
  double progress;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  test_start (set->units, &error);
  g_assert_no_error (error);
  step = test_find_step (state_units_get_last_transition (set->units), NULL, "a");
  g_object_get (step, "name", &name, "phase", &phase, "message", &message, "outcome", &outcome,
                "ready-time", &ready_time, "start-time", &start_time, "finish-time", &finish_time,
                "progress", &progress, NULL);
  g_assert_cmpstr (name, ==, "a");
  g_assert_cmpstr (phase, ==, "start");
  g_assert_cmpstr (message, ==, NULL);
  g_assert_cmpint (outcome, ==, STATE_STEP_OUTCOME_SUCCEEDED);
  g_assert_cmpint (ready_time, ==, state_transition_step_get_ready_time (step));
  g_assert_cmpint (start_time, ==, state_transition_step_get_start_time (step));
  g_assert_cmpint (finish_time, ==, state_transition_step_get_finish_time (step));
  g_assert_cmpfloat (progress, ==, 1);
}

static void
test_outlives_the_transition (void)
{
  g_autoptr (StateTransitionStep) step = NULL;
  g_autoptr (GError) error = NULL;

  {
    g_autoptr (TestSet) set = test_set_new ();

    test_set_add (set, "a", NULL);
    test_start (set->units, &error);
    g_assert_no_error (error);
    step = test_find_step (state_units_get_last_transition (set->units), NULL, "a");
  }
  g_assert_cmpstr (state_transition_step_get_name (step), ==, "a");
  g_assert_cmpstr (state_transition_step_get_phase (step), ==, "start");
  g_assert_cmpint (state_transition_step_get_outcome (step), ==, STATE_STEP_OUTCOME_SUCCEEDED);
  g_assert_cmpint (state_transition_step_get_finish_time (step), >, 0);
}

/* --- What a handler of a signal costs is not the time of the next unit --- */

#define DAWDLE 2000 /* µs */

typedef struct
{
  gint64 last_end; /* when a handler returned last */
  guint n_called;
} Dawdler;

static void
dawdle (StateUnits *units,
        StateUnitHandle *handle,
        StateUnitState old_state,
        StateUnitState new_state,
        gpointer user_data)
{
  Dawdler *dawdler = user_data;
  gint64 end = g_get_monotonic_time () + DAWDLE;

  if (new_state != STATE_UNIT_STATE_RUNNING)
    return;
  while (g_get_monotonic_time () < end)
    continue;
  dawdler->last_end = g_get_monotonic_time ();
  dawdler->n_called++;
}

static void
dawdle_over_property (StateUnitHandle *handle, GParamSpec *pspec, gpointer user_data)
{
  dawdle (NULL, handle, STATE_UNIT_STATE_STOPPED, state_unit_handle_get_state (handle), user_data);
}

/* When the handler of the one before had returned. */
static void
note_when_asked (TestUnit *unit, StateRequest *request, gpointer user_data)
{
  Dawdler *dawdler = user_data;
  StateUnits *units =
      STATE_UNITS (g_object_get_data (G_OBJECT (state_request_get_unit (request)), "units"));
  StateTransition *current = state_units_get_current_transition (units);
  g_autoptr (StateTransitionStep) step = test_find_step (current, NULL, test_unit_get_name (unit));

  g_assert_cmpint (state_transition_step_get_start_time (step), >=, dawdler->last_end);
}

/* One unit after the other, and those that could start at the same time. */
static void
check_dawdling (gboolean of_handles, gboolean chained)
{
  g_autoptr (TestSet) set = test_set_new ();
  const char *names[] = { "a", "b", "c", "d" };
  Dawdler dawdler = { 0, 0 };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      TestUnit *unit = test_set_add (set, names[i], i > 0 && chained ? names[i - 1] : NULL, NULL);

      g_object_set_data (G_OBJECT (unit), "units", set->units);
      test_unit_set_hook (unit, STATE_OPERATION_START, note_when_asked, &dawdler);
      if (of_handles)
        g_signal_connect (test_set_get (set, names[i]), "notify::state",
                          G_CALLBACK (dawdle_over_property), &dawdler);
    }
  if (!of_handles)
    g_signal_connect (set->units, "unit-state-changed", G_CALLBACK (dawdle), &dawdler);
  test_start (set->units, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (dawdler.n_called, ==, G_N_ELEMENTS (names));
  g_signal_handlers_disconnect_by_data (set->units, &dawdler);
}

static void
test_handlers_take_no_time_of_others (void)
{
  for (guint i = 0; i < 4; i++)
    check_dawdling (i % 2 == 1, i / 2 == 1);
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/transition-step/is-the-same-object-while-held", test_same_object);
  g_test_add_func ("/transition-step/tells-when-and-what", test_times_and_outcome);
  g_test_add_func ("/transition-step/tells-how-far-it-is", test_progress_and_message);
  g_test_add_func ("/transition-step/tells-why", test_error);
  g_test_add_func ("/transition-step/has-properties", test_properties);
  g_test_add_func ("/transition-step/outlives-the-transition", test_outlives_the_transition);
  g_test_add_func ("/transition-step/handlers-take-no-time-of-others",
                   test_handlers_take_no_time_of_others);
  return g_test_run ();
}
