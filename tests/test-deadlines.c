/* SPDX-License-Identifier: MIT */

/* Units that do not answer in time: what is made of them, and of the answer that
 * comes late. */

#include "test-set.h"

#define DEADLINE 20 /* ms; nothing that is good is ever measured by it */

/* Begins the operation; whoever of the units holds its request lets it time out. */
typedef struct
{
  TestSet *set;
  TestUnit *a;
  StateRequest *request; /* that is out with a */
} Scene;

static const StateOperation operations[] = {
  STATE_OPERATION_START, STATE_OPERATION_STOP,    STATE_OPERATION_RESET,
  STATE_OPERATION_SAVE,  STATE_OPERATION_RESTORE, STATE_OPERATION_POST_RESTORE,
};

static StateOperation
whole_of (StateOperation operation)
{
  return operation == STATE_OPERATION_POST_RESTORE ? STATE_OPERATION_RESTORE : operation;
}

static void
take_request (TestUnit *unit, StateRequest *request, gpointer place)
{
  g_set_object ((StateRequest **) place, request);
}

/* a takes its time over the operation; b knows nothing of it */
static void
scene_init (Scene *self, StateOperation operation, guint timeout)
{
  g_autoptr (GError) error = NULL;

  *self = (Scene){ .set = test_set_new () };
  self->a = test_set_add_timed (self->set, "a", operation, timeout, NULL);
  test_unit_set_int (self->a, 1);
  test_unit_set_int (test_set_add (self->set, "b", NULL), 2);
  if (operation == STATE_OPERATION_STOP)
    {
      test_start (self->set->units, &error);
      g_assert_no_error (error);
    }
  test_journal_clear (self->set->journal);
  test_unit_set_answer (self->a, operation, TEST_ANSWER_HELD);
}

static gboolean
scene_run (Scene *self, StateOperation operation, GError **error)
{
  StateOperation whole = whole_of (operation);
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_auto (TestCall) call = TEST_CALL_INIT;

  if (whole == STATE_OPERATION_RESTORE)
    {
      snapshot = test_save (self->set->units, error);
      g_assert_no_error (*error);
    }
  test_begin (self->set->units, whole, snapshot, NULL, &call);
  return test_end (self->set->units, whole, &call, NULL, error);
}

static void
scene_clear (Scene *self)
{
  test_settle ();
  g_clear_object (&self->request);
  test_set_free (self->set);
}

/* Its start has timed out, and the answer is still to come. */
static void
scene_init_uncertain (Scene *self)
{
  g_autoptr (GError) error = NULL;

  scene_init (self, STATE_OPERATION_START, DEADLINE);
  g_assert_false (test_start (self->set->units, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED,
                     "start failed: {a: timed out after 20 ms}");
  test_assert_states (self->set, "a:uncertain b:running");
  self->request = test_unit_take_request (self->a);
  test_unit_set_answer (self->a, STATE_OPERATION_START, TEST_ANSWER_AT_ONCE);
  test_journal_clear (self->set->journal);
}

/* --- Late answers --- */

typedef enum
{
  GOOD,
  FAILS,
  DROPS,
  GIVES_UP,
  LOST,
  N_ANSWERS
} Late;

static const char *const lates[] = { "good", "fails", "drops", "gives up", "lost" };

static void
answer_late (StateRequest **request, Late late)
{
  g_autoptr (StateRequest) own = g_steal_pointer (request);

  if (late == GOOD)
    test_request_answer (own);
  else if (late == FAILS)
    state_request_fail_literal (own, G_IO_ERROR, G_IO_ERROR_FAILED, "broken");
  else if (late == GIVES_UP)
    state_request_fail_literal (own, G_IO_ERROR, G_IO_ERROR_CANCELLED, "gave up");
  else if (late == LOST)
    state_request_fail_literal (own, STATE_ERROR, STATE_ERROR_LOST, "nobody is left");
  g_clear_object (&own);
  test_settle ();
}

/* "What it says of a start, stop, reset or save is so; after a late restore or
 * post-restore it is failed, undefined" */
static void
test_late_answers (void)
{
  const char *const table[][N_ANSWERS] = {
    { "running", "failed", "may run", "stopped", "lost" },
    { "stopped", "may run", "may run", "may run", "lost" },
    { "stopped", "undefined", "undefined", "undefined", "lost" },
    { "stopped", "stopped", "stopped", "stopped", "lost" },
    { "undefined", "undefined", "undefined", "undefined", "lost" },
    { "undefined", "undefined", "undefined", "undefined", "lost" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (operations); i++)
    for (Late late = 0; late < N_ANSWERS; late++)
      {
        Scene scene;
        const char *word;
        StateUnitHandle *handle;
        StateOperationFlags allowed;
        g_autofree char *message = NULL;
        g_autoptr (GError) error = NULL;

        g_test_message ("%s, late: %s", state_operation_to_string (operations[i]), lates[late]);
        scene_init (&scene, operations[i], DEADLINE);
        g_assert_false (scene_run (&scene, operations[i], &error));
        message = g_strdup_printf ("%s failed: {a: timed out after 20 ms}",
                                   state_operation_to_string (whole_of (operations[i])));
        test_assert_error (error, STATE_ERROR_TRANSITION_FAILED, message);
        test_assert_outcomes (scene.set, "a:timed-out");
        test_assert_states (scene.set, "a:uncertain");
        scene.request = test_unit_take_request (scene.a);
        g_assert_true (g_cancellable_is_cancelled (state_request_get_cancellable (scene.request)));

        answer_late (&scene.request, late);
        handle = test_set_get (scene.set, "a");
        allowed = state_unit_handle_get_allowed_operations (handle);
        word = state_unit_state_to_string (state_unit_handle_get_state (handle));
        if (strcmp (word, "failed") == 0 && !(allowed & STATE_OPERATION_FLAGS_START))
          word = allowed & STATE_OPERATION_FLAGS_RESET ? "undefined" : "may run";
        g_assert_cmpstr (word, ==, table[i][late]);
        if (strcmp (word, "failed") == 0 || strcmp (word, "lost") == 0)
          g_assert_nonnull (state_unit_handle_get_error (handle));
        test_assert_outcomes (scene.set, "a:timed-out");
        scene_clear (&scene);
      }
}

/* What comes too late is not in the snapshot. */
static void
test_late_save (void)
{
  Scene scene;
  g_autoptr (GError) error = NULL;

  scene_init (&scene, STATE_OPERATION_SAVE, DEADLINE);
  g_assert_false (scene_run (&scene, STATE_OPERATION_SAVE, &error));
  test_unit_answer_held (scene.a);
  test_settle ();
  test_assert_strv (state_snapshot_list_names (state_transition_get_snapshot (
                        state_units_get_last_transition (scene.set->units))),
                    "b");
  scene_clear (&scene);
}

/* A unit is told that its time is over, and may give up by itself. */
static void
give_up (GCancellable *cancellable, gpointer place)
{
  StateRequest **request = place;

  answer_late (request, GIVES_UP);
}

static void
test_gives_up_when_told (void)
{
  Scene scene;
  g_autoptr (GError) error = NULL;

  scene_init (&scene, STATE_OPERATION_START, DEADLINE);
  test_unit_set_hook (scene.a, STATE_OPERATION_START, take_request, &scene.request);
  test_unit_set_answer (scene.a, STATE_OPERATION_START, TEST_ANSWER_DROPPED);
  {
    g_auto (TestCall) call = TEST_CALL_INIT;

    test_begin (scene.set->units, STATE_OPERATION_START, NULL, NULL, &call);
    test_wait_until (scene.request != NULL);
    g_signal_connect (state_request_get_cancellable (scene.request), "cancelled",
                      G_CALLBACK (give_up), &scene.request);
    g_assert_false (test_end (scene.set->units, STATE_OPERATION_START, &call, NULL, &error));
  }
  /* It has timed out all the same. */
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED,
                     "start failed: {a: timed out after 20 ms}");
  test_settle ();
  test_assert_states (scene.set, "a:stopped b:running");
  scene_clear (&scene);
}

static void
test_late_after_discard (void)
{
  Scene scene;

  scene_init_uncertain (&scene);
  state_unit_handle_discard (test_set_get (scene.set, "a"));
  test_set_watch (scene.set);
  answer_late (&scene.request, FAILS);
  test_assert_states (scene.set, "a:gone b:running");
  test_assert_journal (scene.set->signals, "");
  scene_clear (&scene);
}

/* --- Which deadline --- */

static gint64
deadline_of_start (TestSet *set, const char *name)
{
  TestUnit *unit = test_set_get_unit (set, name);
  StateTransition *transition = state_units_get_current_transition (set->units);
  g_autoptr (StateTransitionStep) step = test_find_step (transition, "start", name);
  g_autoptr (StateRequest) request = test_unit_take_request (unit);
  gint64 deadline = state_request_get_deadline (request);

  test_request_answer (request);
  /* "Deadlines run from when the unit is asked." */
  return deadline != 0 ? deadline - state_transition_step_get_start_time (step) : 0;
}

static void
test_own_and_default (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  state_units_set_default_timeout (set->units, 60 * 1000);
  g_assert_cmpuint (state_units_get_default_timeout (set->units), ==, 60 * 1000);
  test_set_add_timed (set, "own", STATE_OPERATION_START, 90 * 1000, NULL);
  test_set_add_timed (set, "none", STATE_OPERATION_START, 0, NULL);
  test_set_add_timed (set, "other", STATE_OPERATION_STOP, 90 * 1000, NULL);
  test_set_add (set, "plain", "own", NULL);
  test_set_answer_all (set, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (test_unit_has_request (test_set_get_unit (set, "own")));
  g_assert_cmpint (deadline_of_start (set, "none"), ==, 0);
  g_assert_cmpint (deadline_of_start (set, "other"), ==, 60 * G_USEC_PER_SEC);
  g_assert_cmpint (deadline_of_start (set, "own"), ==, 90 * G_USEC_PER_SEC);
  g_assert_cmpint (deadline_of_start (set, "plain"), ==, 60 * G_USEC_PER_SEC);
  test_end (set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_no_error (error);
}

/* state_units_set_default_timeout(): "A transition that has begun goes on with what was
 * set when it began." */
static void
test_default_is_fixed_at_the_beginning (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  test_set_add (set, "b", "a", NULL);
  test_set_answer_all (set, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (test_unit_has_request (test_set_get_unit (set, "a")));
  state_units_set_default_timeout (set->units, 60 * 1000);
  g_assert_cmpint (deadline_of_start (set, "a"), ==, 0);
  g_assert_cmpint (deadline_of_start (set, "b"), ==, 0);
  test_end (set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_no_error (error);
}

static void
test_default_for_each_operation (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (operations); i++)
    {
      Scene scene;
      g_autoptr (StateTransitionStep) step = NULL;
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", state_operation_to_string (operations[i]));
      scene_init (&scene, STATE_OPERATION_START, 0);
      if (operations[i] == STATE_OPERATION_STOP)
        {
          test_unit_set_answer (scene.a, STATE_OPERATION_START, TEST_ANSWER_AT_ONCE);
          test_start (scene.set->units, &error);
          g_assert_no_error (error);
        }
      else if (operations[i] == STATE_OPERATION_START)
        {
          state_unit_handle_discard (test_set_get (scene.set, "a"));
          scene.a = test_set_add (scene.set, "a", NULL);
        }
      test_unit_set_answer (scene.a, operations[i], TEST_ANSWER_HELD);
      if (operations[i] == STATE_OPERATION_RESTORE)
        test_unit_set_value (test_set_get_unit (scene.set, "b"), NULL);
      /* b is as quick as can be; should it ever be late, this is no verdict on it. */
      state_units_set_default_timeout (scene.set->units, DEADLINE);
      g_assert_false (scene_run (&scene, operations[i], &error));
      test_assert_contains (error->message, "a: timed out after 20 ms");
      step = test_find_step (state_units_get_last_transition (scene.set->units),
                             state_operation_to_string (operations[i]), "a");
      g_assert_cmpint (state_transition_step_get_outcome (step), ==, STATE_STEP_OUTCOME_TIMED_OUT);
      g_assert_error (state_transition_step_get_error (step), STATE_ERROR, STATE_ERROR_TIMED_OUT);
      test_assert_states (scene.set, "a:uncertain");
      test_unit_answer_held (scene.a);
      scene_clear (&scene);
    }
}

/* In a context that nobody runs, it is never even called. */
static void
test_deaf_context (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) unit = test_unit_new ("deaf", set->journal);
  g_autoptr (GMainContext) context = g_main_context_new ();
  StateUnitBuilder *builder = state_units_add (set->units, "deaf");
  g_autoptr (GError) error = NULL;

  state_unit_builder_set_main_context (builder, context);
  state_unit_builder_set_timeout (builder, STATE_OPERATION_START, DEADLINE);
  state_unit_builder_build (builder, STATE_UNIT (unit), &error);
  g_assert_no_error (error);
  g_assert_false (test_start (set->units, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED,
                     "start failed: {deaf: timed out after 20 ms}");
  test_assert_states (set, "deaf:uncertain");
  test_assert_journal (set->journal, "");

  while (g_main_context_iteration (context, FALSE))
    ;
  test_settle ();
  test_assert_journal (set->journal, "deaf:start deaf:start!");
  test_assert_states (set, "deaf:running");
  g_clear_object (&unit);
  while (g_main_context_iteration (context, FALSE))
    ;
}

/* --- More time --- */

static gboolean
set_flag (gpointer flag)
{
  *(gboolean *) flag = TRUE;
  return G_SOURCE_REMOVE;
}

static void
let_pass (guint ms)
{
  gboolean passed = FALSE;

  g_timeout_add (ms, set_flag, &passed);
  test_wait_until (passed);
}

static void
extend_it (gpointer request, gpointer user_data)
{
  state_request_extend (request, 60 * 1000);
}

static void
extend_at_once (TestUnit *unit, StateRequest *request, gpointer from_thread)
{
  gint64 before = state_request_get_deadline (request);

  g_assert_cmpint (before, >, 0);
  if (from_thread != NULL)
    test_in_thread (extend_it, request, NULL);
  else
    extend_it (request, NULL);
  g_assert_cmpint (state_request_get_deadline (request), ==, before + 60 * G_USEC_PER_SEC);
}

static void
test_extend (void)
{
  for (guint from_thread = 0; from_thread < 2; from_thread++)
    {
      Scene scene;
      g_auto (TestCall) call = TEST_CALL_INIT;
      g_autoptr (GError) error = NULL;

      scene_init (&scene, STATE_OPERATION_START, 2 * 1000);
      test_unit_set_hook (scene.a, STATE_OPERATION_START, extend_at_once,
                          GUINT_TO_POINTER (from_thread));
      test_begin (scene.set->units, STATE_OPERATION_START, NULL, NULL, &call);
      test_wait_until (test_unit_has_request (scene.a));
      let_pass (2 * 1000 + 50);
      test_assert_states (scene.set, "a:starting b:running");
      test_unit_answer_held (scene.a);
      test_end (scene.set->units, STATE_OPERATION_START, &call, NULL, &error);
      g_assert_no_error (error);
      test_call_clear (&call);
      scene_clear (&scene);
    }
}

static void
test_extend_for_nothing (void)
{
  Scene scene;
  g_autoptr (GError) error = NULL;

  /* Too late */
  scene_init_uncertain (&scene);
  state_request_extend (scene.request, 60 * 1000);
  test_settle ();
  test_assert_states (scene.set, "a:uncertain b:running");
  answer_late (&scene.request, GOOD);
  state_units_stop_async (scene.set->units, NULL, NULL, NULL);
  test_set_wait_state (scene.set, "a", STATE_UNIT_STATE_STOPPED);

  /* Without a deadline it has all the time there is. */
  test_settle ();
  test_unit_set_answer (scene.a, STATE_OPERATION_RESET, TEST_ANSWER_HELD);
  state_units_reset_async (scene.set->units, NULL, NULL, NULL);
  scene.request = test_unit_take_request (scene.a);
  g_assert_cmpint (state_request_get_deadline (scene.request), ==, 0);
  state_request_extend (scene.request, 1);
  g_assert_cmpint (state_request_get_deadline (scene.request), ==, 0);
  let_pass (10);
  test_assert_states (scene.set, "a:resetting");
  answer_late (&scene.request, GOOD);
  test_assert_states (scene.set, "a:stopped b:stopped");
  scene_clear (&scene);
}

/* --- A stop behind a request that is not answered --- */

/* Without a deadline it waits. */
static void
test_stop_waits (void)
{
  const char *const journals[N_ANSWERS] = { "b:stop b:stop! a:start! a:stop a:stop!",
                                            "b:stop b:stop!", "b:stop b:stop! a:stop a:stop!",
                                            "b:stop b:stop!", "b:stop b:stop!" };
  const char *const states[N_ANSWERS] = { "a:stopped b:stopped", "a:failed b:stopped",
                                          "a:stopped b:stopped", "a:stopped b:stopped",
                                          "a:lost b:stopped" };

  for (Late late = 0; late < N_ANSWERS; late++)
    {
      Scene scene;
      g_auto (TestCall) call = TEST_CALL_INIT;
      g_autofree char *why = NULL;
      g_autoptr (GError) error = NULL;

      g_test_message ("late: %s", lates[late]);
      scene_init_uncertain (&scene);
      test_begin (scene.set->units, STATE_OPERATION_STOP, NULL, NULL, &call);
      test_set_wait_state (scene.set, "b", STATE_UNIT_STATE_STOPPED);
      test_settle ();
      g_assert_false (test_call_is_done (&call));
      test_assert_states (scene.set, "a:uncertain b:stopped");
      why = state_transition_explain (state_units_get_current_transition (scene.set->units), "a");
      test_assert_contains (why, "a has a request from before to answer first");

      answer_late (&scene.request, late);
      test_end (scene.set->units, STATE_OPERATION_STOP, &call, NULL, &error);
      g_assert_no_error (error);
      test_assert_journal (scene.set->journal, journals[late]);
      test_assert_states (scene.set, states[late]);
      g_assert_false (state_units_is_running (scene.set->units));
      test_call_clear (&call);
      scene_clear (&scene);
    }
}

/* What is beneath the uncertain one waits, too. */
static void
test_stop_waits_in_order (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  TestUnit *b;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  b = test_set_add_timed (set, "b", STATE_OPERATION_START, DEADLINE, "a");
  test_unit_set_answer (b, STATE_OPERATION_START, TEST_ANSWER_HELD);
  g_assert_false (test_start (set->units, &error));
  g_clear_error (&error);
  test_journal_clear (set->journal);
  test_begin (set->units, STATE_OPERATION_STOP, NULL, NULL, &call);
  test_settle ();
  test_assert_journal (set->journal, "");
  test_assert_states (set, "a:running b:uncertain");
  test_unit_answer_held (b);
  test_end (set->units, STATE_OPERATION_STOP, &call, NULL, &error);
  g_assert_no_error (error);
  test_assert_journal (set->journal, "b:start! b:stop b:stop! a:stop a:stop!");
}

/* With a deadline it goes on, and stands. */
static void
scene_init_standing (Scene *self)
{
  g_autoptr (GError) error = NULL;

  *self = (Scene){ .set = test_set_new () };
  state_units_set_default_timeout (self->set->units, DEADLINE);
  self->a = test_set_add (self->set, "a", NULL);
  test_unit_set_answer (self->a, STATE_OPERATION_START, TEST_ANSWER_HELD);
  g_assert_false (test_start (self->set->units, &error));
  g_clear_error (&error);
  self->request = test_unit_take_request (self->a);
  test_journal_clear (self->set->journal);
  g_assert_false (test_stop (self->set->units, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED,
                     "stop failed: {a: timed out after 20 ms}");
  test_assert_outcomes (self->set, "a:timed-out");
  test_assert_states (self->set, "a:uncertain");
  g_assert_true (state_units_is_running (self->set->units)); /* something may run */
  test_assert_journal (self->set->journal, "");
  /* What comes from now on is not measured. */
  state_units_set_default_timeout (self->set->units, 0);
}

static void
test_standing_stop (void)
{
  const char *const journals[N_ANSWERS] = { "a:start! a:stop a:stop!", "", "a:stop a:stop!", "",
                                            "" };
  const char *const states[N_ANSWERS] = { "a:stopped", "a:failed", "a:stopped", "a:stopped",
                                          "a:lost" };

  for (Late late = 0; late < N_ANSWERS; late++)
    {
      Scene scene;

      g_test_message ("late: %s", lates[late]);
      scene_init_standing (&scene);
      answer_late (&scene.request, late);
      test_assert_journal (scene.set->journal, journals[late]);
      test_assert_states (scene.set, states[late]);
      scene_clear (&scene);
    }
}

/* Of a stop that was not answered, too. */
static void
test_standing_stop_behind_a_stop (void)
{
  const char *const journals[N_ANSWERS] = { "a:stop!", "a:stop a:stop!", "a:stop a:stop!",
                                            "a:stop a:stop!", "" };

  for (Late late = 0; late < N_ANSWERS; late++)
    {
      Scene scene;
      g_autoptr (GError) error = NULL;

      g_test_message ("late: %s", lates[late]);
      scene_init (&scene, STATE_OPERATION_STOP, DEADLINE);
      g_assert_false (test_stop (scene.set->units, &error));
      g_clear_error (&error);
      scene.request = test_unit_take_request (scene.a);
      test_unit_set_answer (scene.a, STATE_OPERATION_STOP, TEST_ANSWER_AT_ONCE);
      g_assert_false (test_stop (scene.set->units, &error));
      test_assert_error (error, STATE_ERROR_TRANSITION_FAILED,
                         "stop failed: {a: timed out after 20 ms}");
      test_journal_clear (scene.set->journal);
      answer_late (&scene.request, late);
      test_assert_journal (scene.set->journal, journals[late]);
      test_assert_states (scene.set, late == LOST ? "a:lost" : "a:stopped");
      scene_clear (&scene);
    }
}

/* "asking for a start withdraws it", though the start is refused */
static void
test_withdrawn_by_a_start (void)
{
  Scene scene;
  g_autoptr (GError) error = NULL;

  scene_init_standing (&scene);
  g_assert_false (test_start (scene.set->units, &error));
  test_assert_error (error, STATE_ERROR_WRONG_STATE,
                     "start refused: {a: it is uncertain (stop it first)}");
  answer_late (&scene.request, GOOD);
  test_assert_journal (scene.set->journal, "a:start!");
  test_assert_states (scene.set, "a:running");
  scene_clear (&scene);
}

static void
test_withdrawn_by_cancelling (void)
{
  Scene scene;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  scene_init_uncertain (&scene);
  test_begin (scene.set->units, STATE_OPERATION_STOP, NULL, cancellable, &call);
  test_set_wait_state (scene.set, "b", STATE_UNIT_STATE_STOPPED);
  g_cancellable_cancel (cancellable);
  g_assert_false (test_end (scene.set->units, STATE_OPERATION_STOP, &call, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_states (scene.set, "a:uncertain b:stopped");
  answer_late (&scene.request, GOOD);
  test_assert_journal (scene.set->journal, "b:stop b:stop! a:start!");
  test_assert_states (scene.set, "a:running b:stopped");
  test_call_clear (&call);
  scene_clear (&scene);
}

/* The standing stop may hang as well; and another stop waits for it. */
static void
test_standing_stop_hangs (void)
{
  Scene scene;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  scene_init_standing (&scene);
  test_unit_set_answer (scene.a, STATE_OPERATION_STOP, TEST_ANSWER_HELD);
  state_units_set_default_timeout (scene.set->units, DEADLINE);
  answer_late (&scene.request, GOOD);
  test_assert_journal (scene.set->journal, "a:start! a:stop");
  test_set_wait_state (scene.set, "a", STATE_UNIT_STATE_UNCERTAIN);
  scene.request = test_unit_take_request (scene.a);
  g_assert_true (g_cancellable_is_cancelled (state_request_get_cancellable (scene.request)));
  state_units_set_default_timeout (scene.set->units, 0);

  test_begin (scene.set->units, STATE_OPERATION_STOP, NULL, NULL, &call);
  test_settle ();
  g_assert_false (test_call_is_done (&call));
  answer_late (&scene.request, GOOD);
  test_end (scene.set->units, STATE_OPERATION_STOP, &call, NULL, &error);
  g_assert_no_error (error);
  test_assert_journal (scene.set->journal, "a:start! a:stop a:stop!");
  test_assert_states (scene.set, "a:stopped");
  test_call_clear (&call);
  scene_clear (&scene);
}

static void
test_stop_while_a_standing_one_is_out (void)
{
  Scene scene;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  scene_init_standing (&scene);
  test_unit_set_answer (scene.a, STATE_OPERATION_STOP, TEST_ANSWER_HELD);
  answer_late (&scene.request, GOOD);
  test_assert_states (scene.set, "a:stopping");
  test_begin (scene.set->units, STATE_OPERATION_STOP, NULL, NULL, &call);
  test_settle ();
  g_assert_false (test_call_is_done (&call));
  test_unit_answer_held (scene.a);
  test_end (scene.set->units, STATE_OPERATION_STOP, &call, NULL, &error);
  g_assert_no_error (error);
  test_assert_journal (scene.set->journal, "a:start! a:stop a:stop!");
  test_assert_states (scene.set, "a:stopped");
  test_call_clear (&call);
  scene_clear (&scene);
}

/* --- Other operations, removal, cancelling --- */

static void
test_others_are_refused (void)
{
  Scene scene;
  StateUnitHandle *a;
  g_autoptr (GError) error = NULL;

  scene_init_uncertain (&scene);
  a = test_set_get (scene.set, "a");
  g_assert_cmpint (state_unit_handle_get_allowed_operations (a), ==,
                   STATE_OPERATION_FLAGS_STOP | STATE_OPERATION_FLAGS_INSPECT);
  g_assert_false (test_reset (scene.set->units, &error));
  test_assert_error (error, STATE_ERROR_WRONG_STATE,
                     "reset refused: {a: it is uncertain (stop it first), b: it is running (stop "
                     "it first)}");
  g_assert_false (test_start (scene.set->units, &error));
  test_assert_error (error, STATE_ERROR_WRONG_STATE,
                     "start refused: {a: it is uncertain (stop it first)}");
  /* Once it is settled, all is as ever. */
  answer_late (&scene.request, GOOD);
  test_start (scene.set->units, &error);
  g_assert_no_error (error);
  scene_clear (&scene);
}

/* "waits for its request in flight, stops it if it runs, takes it out" */
static void
test_removal_waits (void)
{
  Scene scene;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (StateUnitHandle) handle = NULL;
  g_autoptr (StateUnit) unit = NULL;
  g_autoptr (GError) error = NULL;

  scene_init_uncertain (&scene);
  handle = g_object_ref (test_set_get (scene.set, "a"));
  state_unit_handle_remove_async (handle, NULL, test_call_done, &call);
  test_settle ();
  g_assert_false (test_call_is_done (&call));
  answer_late (&scene.request, GOOD);
  unit = state_unit_handle_remove_finish (handle, test_call_wait (&call), &error);
  g_assert_no_error (error);
  g_assert_true (unit == STATE_UNIT (scene.a));
  test_assert_journal (scene.set->journal, "a:start! a:stop a:stop!");
  test_assert_states (scene.set, "a:gone b:running");
  g_clear_object (&unit);
  test_call_clear (&call);
  scene_clear (&scene);
}

static void
test_removal_fails_and_the_unit_stays (void)
{
  Scene scene;
  g_autoptr (GError) error = NULL;

  scene_init_uncertain (&scene);
  state_units_set_default_timeout (scene.set->units, DEADLINE);
  g_assert_null (test_remove (test_set_get (scene.set, "a"), &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  test_assert_contains (error->message, "a: timed out after 20 ms");
  test_assert_states (scene.set, "a:uncertain b:running");
  state_units_set_default_timeout (scene.set->units, 0);
  answer_late (&scene.request, GOOD);
  test_assert_journal (scene.set->journal, "a:start! a:stop a:stop!");
  test_assert_states (scene.set, "a:stopped b:running");
  scene_clear (&scene);
}

/* "cancels the requests in flight and waits for their answers", by their deadlines */
static void
test_cancelled_waits_until_the_deadline (void)
{
  Scene scene;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  scene_init (&scene, STATE_OPERATION_START, 200);
  test_begin (scene.set->units, STATE_OPERATION_START, NULL, NULL, &call);
  scene.request = test_unit_take_request (scene.a);
  test_set_wait_state (scene.set, "b", STATE_UNIT_STATE_RUNNING);
  state_transition_cancel (state_units_get_current_transition (scene.set->units));
  test_settle ();
  g_assert_true (g_cancellable_is_cancelled (state_request_get_cancellable (scene.request)));
  g_assert_false (test_end (scene.set->units, STATE_OPERATION_START, &call, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpstr (error->message, ==, "start cancelled: {a: timed out after 200 ms}");
  test_assert_states (scene.set, "a:uncertain b:running");
  answer_late (&scene.request, GIVES_UP);
  test_assert_states (scene.set, "a:stopped b:running");
  test_call_clear (&call);
  scene_clear (&scene);
}

/* --- A time for the whole of it --- */

static void
test_own_timeout (void)
{
  Scene scene;
  g_autoptr (StateTransition) transition = NULL;
  g_autoptr (GError) error = NULL;

  scene_init (&scene, STATE_OPERATION_RESET, 0);
  test_set_add (scene.set, "c", "a", NULL);
  test_unit_set_answer (scene.a, STATE_OPERATION_START, TEST_ANSWER_HELD);
  transition = state_transition_new (scene.set->units, STATE_OPERATION_START);
  state_transition_set_timeout (transition, 50);
  state_transition_set_failure_policy (transition, STATE_FAILURE_POLICY_ROLL_BACK);
  g_assert_false (test_run (transition, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TIMED_OUT);
  g_assert_true (g_str_has_prefix (error->message, "start timed out: {a: "));
  g_assert_cmpint (state_transition_get_status (transition), ==, STATE_TRANSITION_STATUS_FAILED);
  /* It is abandoned: not even rolled back. */
  test_assert_states (scene.set, "a:uncertain b:running c:stopped");
  test_assert_outcomes (scene.set, "a:timed-out b:succeeded c:cancelled");
  test_unit_answer_held (scene.a);
  test_settle ();
  test_assert_states (scene.set, "a:running b:running c:stopped");
  scene_clear (&scene);
}

static void
test_own_timeout_is_not_reached (void)
{
  Scene scene;
  g_autoptr (StateTransition) transition = NULL;
  g_autoptr (GError) error = NULL;

  scene_init (&scene, STATE_OPERATION_RESET, 0);
  transition = state_transition_new (scene.set->units, STATE_OPERATION_START);
  state_transition_set_timeout (transition, G_MAXUINT);
  test_run (transition, &error);
  g_assert_no_error (error);
  let_pass (30);
  g_assert_cmpint (state_transition_get_status (transition), ==, STATE_TRANSITION_STATUS_SUCCEEDED);
  scene_clear (&scene);
}

/* --- One among a thousand --- */

#define N_UNITS 1000
#define HUNG 500

static void
test_one_among_a_thousand (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  StateTransition *transition;
  TestUnit *hung = NULL;
  g_autofree char *why = NULL;
  g_autoptr (GVariant) tree = NULL;
  guint n_running = 0;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < N_UNITS; i++)
    {
      g_autofree char *name = g_strdup_printf ("u%u", i);
      g_autofree char *before = g_strdup_printf ("u%u", i - 1);

      if (i == HUNG)
        hung = test_set_add_timed (set, name, STATE_OPERATION_START, 3000, "u0");
      else if (i == HUNG + 1 || i == HUNG + 2)
        test_set_add (set, name, before, NULL);
      else
        test_set_add (set, name, i > 0 ? "u0" : NULL, NULL);
    }
  test_unit_set_answer (hung, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (state_units_get_current_transition (set->units) != NULL);
  transition = state_units_get_current_transition (set->units);
  test_wait_until (state_transition_get_n_finished (transition) == N_UNITS - 3);

  /* Meanwhile it says what is going on. */
  why = state_transition_explain (transition, "u502");
  test_assert_contains (why, "u502 waits for u501, which waits for u500, "
                             "which was asked to start ");
  tree = test_inspect (set->units, NULL, 0, &error);
  g_assert_no_error (error);
  test_assert_tree (tree, "u500/unit_state", "'starting'");
  test_assert_tree (tree, "u502/waiting_on", "['u501']");
  test_assert_tree (tree, "u999/unit_state", "'running'");
  test_assert_tree (tree, "u999/kind", "'test'");
  g_assert_false (test_call_is_done (&call));

  g_assert_false (test_end (set->units, STATE_OPERATION_START, &call, NULL, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED,
                     "start failed: {u500: timed out after 3000 ms}");
  test_assert_states (set, "u499:running u500:uncertain u501:stopped u502:stopped u503:running");
  test_assert_outcomes (set, "u500:timed-out u501:skipped u502:skipped u999:succeeded");
  for (guint i = 0; i < N_UNITS; i++)
    {
      g_autofree char *name = g_strdup_printf ("u%u", i);

      n_running += test_set_get_state (set, name) == STATE_UNIT_STATE_RUNNING;
    }
  g_assert_cmpuint (n_running, ==, N_UNITS - 3);

  test_unit_answer_held (hung);
  test_start_stopped (set->units, &error);
  g_assert_no_error (error);
  test_assert_states (set, "u500:running u501:running u502:running");
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/deadlines/late-answers", test_late_answers);
  g_test_add_func ("/deadlines/a-late-save-is-not-kept", test_late_save);
  g_test_add_func ("/deadlines/gives-up-when-told", test_gives_up_when_told);
  g_test_add_func ("/deadlines/late-after-discard", test_late_after_discard);
  g_test_add_func ("/deadlines/own-and-default", test_own_and_default);
  g_test_add_func ("/deadlines/default-is-fixed-at-the-beginning",
                   test_default_is_fixed_at_the_beginning);
  g_test_add_func ("/deadlines/default-for-each-operation", test_default_for_each_operation);
  g_test_add_func ("/deadlines/in-a-context-that-nobody-runs", test_deaf_context);
  g_test_add_func ("/deadlines/extend", test_extend);
  g_test_add_func ("/deadlines/extend-for-nothing", test_extend_for_nothing);
  g_test_add_func ("/deadlines/stop/waits", test_stop_waits);
  g_test_add_func ("/deadlines/stop/waits-in-order", test_stop_waits_in_order);
  g_test_add_func ("/deadlines/stop/stands", test_standing_stop);
  g_test_add_func ("/deadlines/stop/stands-behind-a-stop", test_standing_stop_behind_a_stop);
  g_test_add_func ("/deadlines/stop/withdrawn-by-a-start", test_withdrawn_by_a_start);
  g_test_add_func ("/deadlines/stop/withdrawn-by-cancelling", test_withdrawn_by_cancelling);
  g_test_add_func ("/deadlines/stop/stands-and-hangs", test_standing_stop_hangs);
  g_test_add_func ("/deadlines/stop/while-a-standing-one-is-out",
                   test_stop_while_a_standing_one_is_out);
  g_test_add_func ("/deadlines/uncertain-is-in-the-way", test_others_are_refused);
  g_test_add_func ("/deadlines/removal-waits", test_removal_waits);
  g_test_add_func ("/deadlines/removal-fails", test_removal_fails_and_the_unit_stays);
  g_test_add_func ("/deadlines/cancelled-waits-until-the-deadline",
                   test_cancelled_waits_until_the_deadline);
  g_test_add_func ("/deadlines/of-the-whole", test_own_timeout);
  g_test_add_func ("/deadlines/of-the-whole-is-not-reached", test_own_timeout_is_not_reached);
  g_test_add_func ("/deadlines/one-among-a-thousand", test_one_among_a_thousand);
  return g_test_run ();
}
