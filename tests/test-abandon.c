/* SPDX-License-Identifier: MIT */

/* Transitions that are abandoned: at any moment, for every operation and policy,
 * they end at once. */

#include "test-set.h"

static const char *const names[] = { "a", "b", "c", "d" };

typedef struct
{
  TestSet *set; /* a diamond */
  StateTransition *transition;
  TestCall call;
  GPtrArray *requests; /* that have not been answered */
} Scene;

static void
scene_init (Scene *self, StateOperation operation, StateFailurePolicy policy)
{
  g_autoptr (GError) error = NULL;

  *self = (Scene){ .set = test_set_new () };
  self->requests = g_ptr_array_new_with_free_func (g_object_unref);
  test_set_add_diamond (self->set);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    test_unit_set_int (test_set_get_unit (self->set, names[i]), 1);
  if (operation == STATE_OPERATION_STOP)
    {
      test_start (self->set->units, &error);
      g_assert_no_error (error);
    }
  self->transition = state_transition_new (self->set->units, operation);
  state_transition_set_failure_policy (self->transition, policy);
  if (operation == STATE_OPERATION_RESTORE)
    {
      g_autoptr (StateSnapshot) snapshot = test_save (self->set->units, &error);

      g_assert_no_error (error);
      state_transition_set_snapshot (self->transition, snapshot);
    }
  test_journal_clear (self->set->journal);
  test_set_answer_all (self->set, TEST_ANSWER_HELD);
}

static void
scene_clear (Scene *self)
{
  g_ptr_array_unref (self->requests);
  test_call_clear (&self->call);
  g_clear_object (&self->transition);
  test_set_free (self->set);
}

static void
scene_run (Scene *self)
{
  state_transition_run_async (self->transition, NULL, test_call_done, &self->call);
}

static void
scene_collect (Scene *self)
{
  test_settle ();
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      TestUnit *unit = test_set_get_unit (self->set, names[i]);

      while (test_unit_has_request (unit))
        g_ptr_array_add (self->requests, test_unit_take_request (unit));
    }
}

static void
scene_answer (Scene *self)
{
  for (guint i = 0; i < self->requests->len; i++)
    test_request_answer (self->requests->pdata[i]);
  g_ptr_array_set_size (self->requests, 0);
}

/* It is over without a single answer. */
static void
scene_assert_ended (Scene *self, GError **error)
{
  test_settle ();
  g_assert_true (test_call_is_done (&self->call));
  g_assert_null (state_units_get_current_transition (self->set->units));
  state_transition_run_finish (self->transition, self->call.result, error);
}

/* Whatever happened, the set can be used again. */
static void
scene_recover (Scene *self)
{
  g_autoptr (GError) error = NULL;

  test_set_answer_all (self->set, TEST_ANSWER_AT_ONCE);
  test_stop (self->set->units, &error);
  g_assert_no_error (error);
  test_reset (self->set->units, &error);
  g_assert_no_error (error);
  test_start (self->set->units, &error);
  g_assert_no_error (error);
  test_assert_states (self->set, "a:running b:running c:running d:running");
}

/* --- At each moment --- */

/* How often all that are asked answer before, and where that leads to: once it is
 * abandoned, and once the late answers have come. */
typedef struct
{
  StateOperation operation;
  guint n_rounds;
  const char *then;
  const char *late;
} Moment;

static const Moment moments[] = {
  { STATE_OPERATION_START, 0, "a:uncertain b:stopped c:stopped d:stopped",
    "a:running b:stopped c:stopped d:stopped" },
  { STATE_OPERATION_START, 1, "a:running b:uncertain c:uncertain d:stopped",
    "a:running b:running c:running d:stopped" },
  { STATE_OPERATION_START, 2, "a:running b:running c:running d:uncertain",
    "a:running b:running c:running d:running" },
  { STATE_OPERATION_STOP, 0, "a:running b:running c:running d:uncertain",
    "a:running b:running c:running d:stopped" },
  { STATE_OPERATION_STOP, 1, "a:running b:uncertain c:uncertain d:stopped",
    "a:running b:stopped c:stopped d:stopped" },
  { STATE_OPERATION_STOP, 2, "a:uncertain b:stopped c:stopped d:stopped",
    "a:stopped b:stopped c:stopped d:stopped" },
  { STATE_OPERATION_RESET, 0, "a:uncertain b:failed c:failed d:failed",
    "a:stopped b:failed c:failed d:failed" },
  { STATE_OPERATION_RESET, 1, "a:stopped b:uncertain c:uncertain d:failed",
    "a:stopped b:stopped c:stopped d:failed" },
  { STATE_OPERATION_RESET, 2, "a:stopped b:stopped c:stopped d:uncertain",
    "a:stopped b:stopped c:stopped d:stopped" },
  { STATE_OPERATION_SAVE, 0, "a:uncertain b:uncertain c:uncertain d:uncertain",
    "a:stopped b:stopped c:stopped d:stopped" },
  { STATE_OPERATION_RESTORE, 0, "a:uncertain b:failed c:failed d:failed",
    "a:failed b:failed c:failed d:failed" },
  { STATE_OPERATION_RESTORE, 1, "a:failed b:uncertain c:uncertain d:failed",
    "a:failed b:failed c:failed d:failed" },
  { STATE_OPERATION_RESTORE, 2, "a:failed b:failed c:failed d:uncertain",
    "a:failed b:failed c:failed d:failed" },
  { STATE_OPERATION_RESTORE, 3, "a:uncertain b:uncertain c:uncertain d:uncertain",
    "a:failed b:failed c:failed d:failed" },
};

typedef void (*Abandon) (Scene *scene);

static void
abandon_here (Scene *scene)
{
  state_transition_abandon (scene->transition);
}

static void
abandon_func (gpointer transition, gpointer user_data)
{
  state_transition_abandon (transition);
}

static void
abandon_from_thread (Scene *scene)
{
  test_in_thread (abandon_func, scene->transition, NULL);
}

/* Once it has been cancelled, and waits for the answers. */
static void
abandon_after_cancel (Scene *scene)
{
  state_transition_cancel (scene->transition);
  test_settle ();
  g_assert_false (test_call_is_done (&scene->call));
  state_transition_abandon (scene->transition);
}

static void
abandon_twice (Scene *scene)
{
  state_transition_abandon (scene->transition);
  state_transition_abandon (scene->transition);
  state_transition_cancel (scene->transition);
}

static const Abandon ways[] = { abandon_here, abandon_from_thread, abandon_after_cancel,
                                abandon_twice };

static void
assert_given_up (Scene *scene)
{
  for (guint i = 0; i < scene->requests->len; i++)
    g_assert_true (
        g_cancellable_is_cancelled (state_request_get_cancellable (scene->requests->pdata[i])));
}

static void
try_moment (const Moment *moment, StateFailurePolicy policy, Abandon way)
{
  Scene scene;
  gboolean saves_first =
      moment->operation == STATE_OPERATION_RESTORE && policy == STATE_FAILURE_POLICY_ROLL_BACK;
  g_autofree char *asked = NULL;
  g_autofree char *now = NULL;
  g_autoptr (GError) error = NULL;

  scene_init (&scene, moment->operation, policy);
  scene_run (&scene);
  for (guint i = 0; i < moment->n_rounds + saves_first; i++)
    {
      scene_collect (&scene);
      scene_answer (&scene);
    }
  scene_collect (&scene);
  g_assert_cmpuint (scene.requests->len, >, 0);
  asked = test_journal_to_string (scene.set->journal);

  way (&scene);
  scene_assert_ended (&scene, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_contains (error->message, "given up on after");
  g_assert_cmpint (state_transition_get_status (scene.transition), ==,
                   STATE_TRANSITION_STATUS_CANCELLED);
  assert_given_up (&scene);
  /* Nothing is undone, and nobody is asked any more. */
  now = test_journal_to_string (scene.set->journal);
  g_assert_cmpstr (now, ==, asked);
  test_assert_states (scene.set, moment->then);
  for (guint i = 0; i < scene.requests->len; i++)
    {
      const char *name = state_request_get_unit_name (scene.requests->pdata[i]);
      g_autoptr (StateTransitionStep) step = test_find_step (scene.transition, NULL, name);

      g_assert_cmpint (state_transition_step_get_outcome (step), ==, STATE_STEP_OUTCOME_TIMED_OUT);
    }

  scene_answer (&scene);
  test_settle ();
  test_assert_states (scene.set, moment->late);
  scene_recover (&scene);
  scene_clear (&scene);
}

static void
test_any_moment (gconstpointer way)
{
  for (guint i = 0; i < G_N_ELEMENTS (moments); i++)
    for (StateFailurePolicy policy = STATE_FAILURE_POLICY_SKIP_DEPENDENTS;
         policy <= STATE_FAILURE_POLICY_KEEP_GOING; policy++)
      {
        g_test_message ("%s after %u rounds, policy %d",
                        state_operation_to_string (moments[i].operation), moments[i].n_rounds,
                        policy);
        try_moment (&moments[i], policy, *(const Abandon *) way);
      }
}

/* The save that comes before a restore which can be rolled back touches nothing. */
static void
test_while_saving_before_a_restore (void)
{
  Scene scene;
  g_autoptr (GError) error = NULL;

  scene_init (&scene, STATE_OPERATION_RESTORE, STATE_FAILURE_POLICY_ROLL_BACK);
  scene_run (&scene);
  scene_collect (&scene);
  state_transition_abandon (scene.transition);
  scene_assert_ended (&scene, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_states (scene.set, "a:uncertain b:uncertain c:uncertain d:uncertain");
  scene_answer (&scene);
  test_settle ();
  test_assert_states (scene.set, "a:stopped b:stopped c:stopped d:stopped");
  scene_recover (&scene);
  scene_clear (&scene);
}

/* --- Before it begins, and after its end --- */

static void
test_in_the_queue (void)
{
  const StateOperation operations[] = { STATE_OPERATION_START, STATE_OPERATION_STOP,
                                        STATE_OPERATION_RESET, STATE_OPERATION_SAVE,
                                        STATE_OPERATION_RESTORE };

  for (guint i = 0; i < G_N_ELEMENTS (operations); i++)
    {
      Scene scene;
      g_auto (TestCall) first = TEST_CALL_INIT;
      g_autoptr (GError) error = NULL;

      scene_init (&scene, operations[i], STATE_FAILURE_POLICY_ROLL_BACK);
      test_begin (scene.set->units,
                  operations[i] == STATE_OPERATION_STOP ? STATE_OPERATION_STOP
                                                        : STATE_OPERATION_START,
                  NULL, NULL, &first);
      scene_collect (&scene);
      test_journal_clear (scene.set->journal);
      scene_run (&scene);
      test_settle ();
      test_set_watch (scene.set);
      state_transition_abandon (scene.transition);
      test_settle ();

      /* The one before it is not disturbed. */
      g_assert_true (test_call_is_done (&scene.call));
      g_assert_false (test_call_is_done (&first));
      g_assert_false (state_transition_run_finish (scene.transition, scene.call.result, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      test_assert_journal (scene.set->journal, "");
      test_assert_journal (scene.set->signals, "");
      state_transition_abandon (state_units_get_current_transition (scene.set->units));
      test_call_wait (&first);
      scene_answer (&scene);
      test_call_clear (&first);
      scene_clear (&scene);
    }
}

static void
test_before_it_is_run (void)
{
  Scene scene;
  g_autoptr (GError) error = NULL;

  scene_init (&scene, STATE_OPERATION_START, STATE_FAILURE_POLICY_SKIP_DEPENDENTS);
  state_transition_abandon (scene.transition);
  test_settle ();
  scene_run (&scene);
  scene_assert_ended (&scene, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_journal (scene.set->journal, "");
  scene_clear (&scene);
}

static void
test_after_the_end (void)
{
  Scene scene;
  g_autoptr (GError) error = NULL;

  scene_init (&scene, STATE_OPERATION_START, STATE_FAILURE_POLICY_ROLL_BACK);
  test_set_answer_all (scene.set, TEST_ANSWER_AT_ONCE);
  scene_run (&scene);
  test_call_wait (&scene.call);
  state_transition_abandon (scene.transition);
  test_settle ();
  g_assert_true (state_transition_run_finish (scene.transition, scene.call.result, &error));
  g_assert_no_error (error);
  g_assert_cmpint (state_transition_get_status (scene.transition), ==,
                   STATE_TRANSITION_STATUS_SUCCEEDED);
  test_assert_states (scene.set, "a:running b:running c:running d:running");
  scene_clear (&scene);
}

/* --- During a roll-back --- */

static void
scene_init_roll_back (Scene *self)
{
  scene_init (self, STATE_OPERATION_START, STATE_FAILURE_POLICY_ROLL_BACK);
  test_set_answer_all (self->set, TEST_ANSWER_AT_ONCE);
  test_unit_fail (test_set_get_unit (self->set, "d"), STATE_OPERATION_START, "broken");
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    test_unit_set_answer (test_set_get_unit (self->set, names[i]), STATE_OPERATION_STOP,
                          TEST_ANSWER_HELD);
  scene_run (self);
  scene_collect (self);
  test_assert_states (self->set, "a:running b:stopping c:stopping d:failed");
  test_journal_clear (self->set->journal);
}

/* "It does not end a roll-back" */
static void
test_cancel_does_not_end_a_roll_back (void)
{
  Scene scene;
  g_autoptr (GError) error = NULL;

  scene_init_roll_back (&scene);
  state_transition_cancel (scene.transition);
  test_settle ();
  g_assert_false (test_call_is_done (&scene.call));
  for (guint i = 0; i < scene.requests->len; i++)
    g_assert_false (
        g_cancellable_is_cancelled (state_request_get_cancellable (scene.requests->pdata[i])));
  scene_answer (&scene);
  scene_collect (&scene);
  scene_answer (&scene);
  scene_assert_ended (&scene, &error);
  g_assert_nonnull (error);
  test_assert_contains (error->message, "{d: broken}");
  test_assert_journal (scene.set->journal, "b:stop! c:stop! a:stop a:stop!");
  test_assert_states (scene.set, "a:stopped b:stopped c:stopped d:failed");
  scene_clear (&scene);
}

static void
test_during_a_roll_back (gconstpointer way)
{
  Scene scene;
  g_autoptr (GError) error = NULL;

  scene_init_roll_back (&scene);
  (*(const Abandon *) way) (&scene);
  scene_assert_ended (&scene, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_contains (error->message, "start cancelled: {d: broken}; roll-back failed: {");
  test_assert_contains (error->message, "b: given up on after");
  test_assert_contains (error->message, "c: given up on after");
  assert_given_up (&scene);
  test_assert_journal (scene.set->journal, "");
  test_assert_states (scene.set, "a:running b:uncertain c:uncertain d:failed");
  scene_answer (&scene);
  test_settle ();
  test_assert_states (scene.set, "a:running b:stopped c:stopped d:failed");
  scene_recover (&scene);
  scene_clear (&scene);
}

/* Its stop of one that hangs stands, as if its time were over. */
static void
test_roll_back_that_waits (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) transition = NULL;
  g_auto (TestCall) call = TEST_CALL_INIT;
  TestUnit *b;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  b = test_set_add_timed (set, "b", STATE_OPERATION_START, 20, "a");
  test_unit_set_answer (b, STATE_OPERATION_START, TEST_ANSWER_HELD);
  transition = state_transition_new (set->units, STATE_OPERATION_START);
  state_transition_set_failure_policy (transition, STATE_FAILURE_POLICY_ROLL_BACK);
  state_transition_run_async (transition, NULL, test_call_done, &call);
  test_set_wait_state (set, "b", STATE_UNIT_STATE_UNCERTAIN);
  test_settle ();
  g_assert_false (test_call_is_done (&call));

  state_transition_abandon (transition);
  test_settle ();
  g_assert_true (test_call_is_done (&call));
  g_assert_false (state_transition_run_finish (transition, call.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_states (set, "a:running b:uncertain");
  test_journal_clear (set->journal);
  test_unit_answer_held (b);
  test_settle ();
  test_assert_journal (set->journal, "b:start! b:stop b:stop!");
  test_assert_states (set, "a:running b:stopped");
  test_call_clear (&call);
  g_clear_object (&transition);
}

/* "abandon cancels", and "cancelling the stop withdraws it": nobody wants it any more. */
static void
test_stop_that_waits (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) transition = NULL;
  TestUnit *a = test_set_add_timed (set, "a", STATE_OPERATION_START, 20, NULL);
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_unit_set_answer (a, STATE_OPERATION_START, TEST_ANSWER_HELD);
  g_assert_false (test_start (set->units, &error));
  g_clear_error (&error);
  transition = state_transition_new (set->units, STATE_OPERATION_STOP);
  state_transition_run_async (transition, NULL, test_call_done, &call);
  test_settle ();
  g_assert_false (test_call_is_done (&call));
  state_transition_abandon (transition);
  test_settle ();
  g_assert_true (test_call_is_done (&call));
  g_assert_false (state_transition_run_finish (transition, call.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_states (set, "a:uncertain");
  test_journal_clear (set->journal);
  test_unit_answer_held (a);
  test_settle ();
  test_assert_journal (set->journal, "a:start!");
  test_assert_states (set, "a:running");
  test_call_clear (&call);
  g_clear_object (&transition);
}

static void
test_roll_back_of_a_restore (void)
{
  Scene scene;
  g_autoptr (GError) error = NULL;

  scene_init (&scene, STATE_OPERATION_RESTORE, STATE_FAILURE_POLICY_ROLL_BACK);
  test_unit_set_answer (test_set_get_unit (scene.set, "a"), STATE_OPERATION_POST_RESTORE,
                        TEST_ANSWER_FAILS);
  scene_run (&scene);
  for (guint i = 0; i < 4; i++) /* save, three of restore */
    {
      scene_collect (&scene);
      scene_answer (&scene);
    }
  scene_collect (&scene);
  test_assert_states (scene.set, "a:restoring");
  state_transition_abandon (scene.transition);
  scene_assert_ended (&scene, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_contains (error->message,
                        "restore cancelled: {a: broken}; roll-back failed: {a: given up on");
  test_assert_states (scene.set, "a:uncertain b:failed c:failed d:failed");
  scene_answer (&scene);
  test_settle ();
  test_assert_states (scene.set, "a:failed b:failed c:failed d:failed");
  scene_recover (&scene);
  scene_clear (&scene);
}

/* --- While it brings back what ran, and while it stops it --- */

static void
test_during_resume (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) transition = NULL;
  g_auto (TestCall) call = TEST_CALL_INIT;
  const char *const states[] = { "a:running b:running c:running d:uncertain",
                                 "a:uncertain b:stopped c:stopped d:stopped" };
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  for (guint i = 0; i < 2; i++)
    {
      TestUnit *held = test_set_get_unit (set, i == 0 ? "d" : "a");
      StateOperation operation = i == 0 ? STATE_OPERATION_STOP : STATE_OPERATION_START;

      test_start (set->units, &error);
      g_assert_no_error (error);
      test_unit_set_answer (held, operation, TEST_ANSWER_HELD);
      transition = state_transition_new (set->units, STATE_OPERATION_SAVE);
      state_transition_set_resume (transition, TRUE);
      state_transition_run_async (transition, NULL, test_call_done, &call);
      test_wait_until (test_unit_has_request (held));
      state_transition_abandon (transition);
      test_settle ();
      g_assert_true (test_call_is_done (&call));
      g_assert_false (state_transition_run_finish (transition, call.result, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_error (&error);
      test_assert_states (set, states[i]);
      test_unit_answer_held (held);
      test_unit_set_answer (held, operation, TEST_ANSWER_AT_ONCE);
      test_settle ();
      test_call_clear (&call);
      g_clear_object (&transition);
    }
}

/* --- From within --- */

static void
abandon_from_unit (TestUnit *unit, StateRequest *request, gpointer transition)
{
  state_transition_abandon (transition);
}

static void
test_from_a_unit (void)
{
  Scene scene;
  g_autoptr (GError) error = NULL;

  scene_init (&scene, STATE_OPERATION_START, STATE_FAILURE_POLICY_ROLL_BACK);
  test_unit_set_hook (test_set_get_unit (scene.set, "b"), STATE_OPERATION_START, abandon_from_unit,
                      scene.transition);
  test_unit_set_answer (test_set_get_unit (scene.set, "a"), STATE_OPERATION_START,
                        TEST_ANSWER_AT_ONCE);
  scene_run (&scene);
  scene_assert_ended (&scene, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  /* Whether c was asked is a matter of chance. */
  test_assert_states (scene.set, "a:running b:uncertain d:stopped");
  scene_collect (&scene);
  scene_answer (&scene);
  test_settle ();
  scene_recover (&scene);
  scene_clear (&scene);
}

static void
abandon_on_change (StateUnits *units,
                   StateUnitHandle *handle,
                   StateUnitState old_state,
                   StateUnitState new_state,
                   Scene *scene)
{
  state_transition_abandon (scene->transition);
}

static void
test_from_a_signal (void)
{
  Scene scene;
  g_autoptr (GError) error = NULL;

  scene_init (&scene, STATE_OPERATION_START, STATE_FAILURE_POLICY_SKIP_DEPENDENTS);
  g_signal_connect (scene.set->units, "unit-state-changed", G_CALLBACK (abandon_on_change), &scene);
  scene_run (&scene);
  scene_assert_ended (&scene, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_states (scene.set, "b:stopped c:stopped d:stopped");
  g_signal_handlers_disconnect_by_data (scene.set->units, &scene);
  scene_collect (&scene);
  scene_answer (&scene);
  test_settle ();
  scene_recover (&scene);
  scene_clear (&scene);
}

/* The next one in the queue begins, and judges what it finds. */
static void
test_next_ones_go_on (void)
{
  Scene scene;
  g_auto (TestCall) refused = TEST_CALL_INIT;
  g_auto (TestCall) stop = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  scene_init (&scene, STATE_OPERATION_START, STATE_FAILURE_POLICY_SKIP_DEPENDENTS);
  scene_run (&scene);
  scene_collect (&scene);
  test_begin (scene.set->units, STATE_OPERATION_SAVE, NULL, NULL, &refused);
  test_begin (scene.set->units, STATE_OPERATION_STOP, NULL, NULL, &stop);
  state_transition_abandon (scene.transition);
  g_assert_false (test_end (scene.set->units, STATE_OPERATION_SAVE, &refused, NULL, &error));
  test_assert_error (error, STATE_ERROR_WRONG_STATE,
                     "save refused: {a: it is uncertain (stop it first)}");
  test_settle ();
  g_assert_false (test_call_is_done (&stop)); /* it waits for the late answer */
  test_set_answer_all (scene.set, TEST_ANSWER_AT_ONCE);
  scene_answer (&scene);
  test_end (scene.set->units, STATE_OPERATION_STOP, &stop, NULL, &error);
  g_assert_no_error (error);
  test_assert_states (scene.set, "a:stopped b:stopped c:stopped d:stopped");
  test_call_clear (&refused);
  test_call_clear (&stop);
  scene_clear (&scene);
}

int
main (int argc, char *argv[])
{
  const char *const words[] = { "here", "from-a-thread", "after-cancel", "twice" };

  test_init (&argc, &argv);
  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_autofree char *any = g_strdup_printf ("/abandon/at-any-moment/%s", words[i]);
      g_autofree char *roll_back = g_strdup_printf ("/abandon/during-a-roll-back/%s", words[i]);

      g_test_add_data_func (any, &ways[i], test_any_moment);
      g_test_add_data_func (roll_back, &ways[i], test_during_a_roll_back);
    }
  g_test_add_func ("/abandon/while-saving-before-a-restore", test_while_saving_before_a_restore);
  g_test_add_func ("/abandon/in-the-queue", test_in_the_queue);
  g_test_add_func ("/abandon/before-it-is-run", test_before_it_is_run);
  g_test_add_func ("/abandon/after-the-end", test_after_the_end);
  g_test_add_func ("/abandon/cancel-does-not-end-a-roll-back",
                   test_cancel_does_not_end_a_roll_back);
  g_test_add_func ("/abandon/a-roll-back-that-waits", test_roll_back_that_waits);
  g_test_add_func ("/abandon/a-stop-that-waits", test_stop_that_waits);
  g_test_add_func ("/abandon/a-roll-back-of-a-restore", test_roll_back_of_a_restore);
  g_test_add_func ("/abandon/during-resume", test_during_resume);
  g_test_add_func ("/abandon/from-a-unit", test_from_a_unit);
  g_test_add_func ("/abandon/from-a-signal", test_from_a_signal);
  g_test_add_func ("/abandon/the-next-ones-go-on", test_next_ones_go_on);
  return g_test_run ();
}
