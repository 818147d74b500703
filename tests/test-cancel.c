/* SPDX-License-Identifier: MIT */

/* A transition that is called off: at each moment, for each operation. */

#include "test-set.h"

/* How the unit that was asked first answers once it is cancelled. */
typedef enum
{
  GIVES_UP,
  GOES_THROUGH,
  BREAKS
} Manner;

static const char *const manners[] = { "gives up", "goes through", "breaks" };

/* Two units with an edge for every operation, about to be asked for one. */
typedef struct
{
  TestSet *set;
  StateTransition *transition;
  TestUnit *first; /* the one that is asked first */
  TestUnit *second;
  TestCall call;
} Scene;

static void
scene_init (Scene *self, StateOperation operation)
{
  g_autoptr (TestUnit) b = NULL;
  g_autoptr (StateSnapshot) snapshot = NULL;
  TestUnit *a;
  StateUnitBuilder *builder;
  g_autoptr (GError) error = NULL;

  *self = (Scene){ .set = test_set_new () };
  a = test_set_add (self->set, "a", NULL);
  b = test_unit_new ("b", self->set->journal);
  builder = state_units_add (self->set->units, "b");
  state_unit_builder_add_dependency (builder, test_set_get (self->set, "a"),
                                     STATE_DEPENDENCY_REQUIRED, STATE_OPERATION_FLAGS_ALL);
  state_unit_builder_build (builder, STATE_UNIT (b), &error);
  g_assert_no_error (error);
  test_unit_set_int (a, 1);
  test_unit_set_int (b, 2);

  if (operation == STATE_OPERATION_STOP)
    test_start (self->set->units, &error);
  else if (operation == STATE_OPERATION_RESTORE)
    snapshot = test_save (self->set->units, &error);
  g_assert_no_error (error);
  test_journal_clear (self->set->journal);

  self->first = operation == STATE_OPERATION_STOP ? b : a;
  self->second = operation == STATE_OPERATION_STOP ? a : b;
  self->transition = state_transition_new (self->set->units, operation);
  if (snapshot != NULL)
    state_transition_set_snapshot (self->transition, snapshot);
}

static void
scene_clear (Scene *self)
{
  test_call_clear (&self->call);
  g_object_unref (self->transition);
  test_set_free (self->set);
}

static void
scene_run (Scene *self)
{
  state_transition_run_async (self->transition, NULL, test_call_done, &self->call);
}

/* Cancels while a unit is asked, which then answers. */
static void
scene_cancel (Scene *self, TestUnit *asked, Manner manner)
{
  g_autoptr (StateRequest) request = test_unit_take_request (asked);
  GCancellable *cancellable = state_request_get_cancellable (request);

  g_assert_false (g_cancellable_is_cancelled (cancellable));
  state_transition_cancel (self->transition);
  test_wait_until (g_cancellable_is_cancelled (cancellable));
  test_settle ();
  g_assert_false (test_call_is_done (&self->call)); /* it waits for the answer */

  if (manner == GIVES_UP)
    state_request_fail_literal (request, G_IO_ERROR, G_IO_ERROR_CANCELLED, "gave up");
  else if (manner == BREAKS)
    state_request_fail_literal (request, G_IO_ERROR, G_IO_ERROR_FAILED, "broke");
  else
    test_request_answer (request);
}

static gboolean
scene_finish (Scene *self, GError **error)
{
  return state_transition_run_finish (self->transition, test_call_wait (&self->call), error);
}

typedef struct
{
  StateOperation operation;
  Manner manner;
  const char *states;
} Expected;

/* The first unit has been asked, and the second one waits. */
static void
test_first_asked (void)
{
  const Expected table[] = {
    { STATE_OPERATION_START, GIVES_UP, "a:stopped b:stopped" },
    { STATE_OPERATION_START, GOES_THROUGH, "a:running b:stopped" },
    { STATE_OPERATION_START, BREAKS, "a:failed b:stopped" },
    { STATE_OPERATION_STOP, GIVES_UP, "a:running b:failed" },
    { STATE_OPERATION_STOP, GOES_THROUGH, "a:running b:stopped" },
    { STATE_OPERATION_STOP, BREAKS, "a:running b:failed" },
    { STATE_OPERATION_RESET, GIVES_UP, "a:failed b:failed" },
    { STATE_OPERATION_RESET, GOES_THROUGH, "a:stopped b:failed" },
    { STATE_OPERATION_RESET, BREAKS, "a:failed b:failed" },
    { STATE_OPERATION_SAVE, GIVES_UP, "a:stopped b:stopped" },
    { STATE_OPERATION_SAVE, GOES_THROUGH, "a:stopped b:stopped" },
    { STATE_OPERATION_SAVE, BREAKS, "a:stopped b:stopped" },
    { STATE_OPERATION_RESTORE, GIVES_UP, "a:failed b:failed" },
    { STATE_OPERATION_RESTORE, GOES_THROUGH, "a:failed b:failed" },
    { STATE_OPERATION_RESTORE, BREAKS, "a:failed b:failed" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      Scene scene;
      const char *outcome;
      g_autofree char *outcomes = NULL;
      g_autofree char *expected = NULL;
      g_autoptr (GError) error = NULL;

      g_test_message ("%s: the unit that is asked %s",
                      state_operation_to_string (table[i].operation), manners[table[i].manner]);
      scene_init (&scene, table[i].operation);
      test_unit_set_answer (scene.first, table[i].operation, TEST_ANSWER_HELD);
      scene_run (&scene);
      scene_cancel (&scene, scene.first, table[i].manner);

      g_assert_false (scene_finish (&scene, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      if (table[i].manner == BREAKS)
        test_assert_contains (error->message, "broke");
      g_assert_cmpint (state_transition_get_status (scene.transition), ==,
                       STATE_TRANSITION_STATUS_CANCELLED);
      g_assert_cmpuint (test_unit_get_n_asked (scene.second, table[i].operation), ==, 0);
      test_assert_states (scene.set, table[i].states);

      outcome = table[i].manner == GIVES_UP       ? "cancelled"
                : table[i].manner == GOES_THROUGH ? "succeeded"
                                                  : "failed";
      expected = g_strdup_printf ("%s:%s %s:cancelled", test_unit_get_name (scene.first), outcome,
                                  test_unit_get_name (scene.second));
      outcomes = test_outcomes_like (scene.transition, NULL, expected);
      g_assert_cmpstr (outcomes, ==, expected);
      scene_clear (&scene);
    }
}

/* Nobody waits any more: when the last one goes through, all is well. */
static void
test_last_asked (void)
{
  const Expected table[] = {
    { STATE_OPERATION_START, GOES_THROUGH, "a:running b:running" },
    { STATE_OPERATION_START, GIVES_UP, "a:running b:stopped" },
    { STATE_OPERATION_STOP, GOES_THROUGH, "a:stopped b:stopped" },
    { STATE_OPERATION_STOP, GIVES_UP, "a:failed b:stopped" },
    { STATE_OPERATION_RESET, GOES_THROUGH, "a:stopped b:stopped" },
    { STATE_OPERATION_RESET, GIVES_UP, "a:stopped b:failed" },
    { STATE_OPERATION_SAVE, GOES_THROUGH, "a:stopped b:stopped" },
    { STATE_OPERATION_SAVE, GIVES_UP, "a:stopped b:stopped" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      Scene scene;
      g_autoptr (GError) error = NULL;

      g_test_message ("%s: the unit that is asked last %s",
                      state_operation_to_string (table[i].operation), manners[table[i].manner]);
      scene_init (&scene, table[i].operation);
      test_unit_set_answer (scene.second, table[i].operation, TEST_ANSWER_HELD);
      scene_run (&scene);
      scene_cancel (&scene, scene.second, table[i].manner);

      if (table[i].manner == GOES_THROUGH)
        {
          g_assert_true (scene_finish (&scene, &error));
          g_assert_no_error (error);
          g_assert_cmpint (state_transition_get_status (scene.transition), ==,
                           STATE_TRANSITION_STATUS_SUCCEEDED);
        }
      else
        {
          g_assert_false (scene_finish (&scene, &error));
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
        }
      test_assert_states (scene.set, table[i].states);
      scene_clear (&scene);
    }
}

/* All have been restored, and the second phase is under way. */
static void
test_during_post_restore (void)
{
  const Expected table[] = {
    { STATE_OPERATION_RESTORE, GIVES_UP, "a:failed b:failed" },
    { STATE_OPERATION_RESTORE, GOES_THROUGH, "a:stopped b:failed" },
    { STATE_OPERATION_RESTORE, BREAKS, "a:failed b:failed" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    {
      Scene scene;
      g_autoptr (GError) error = NULL;

      g_test_message ("post-restore: the unit that is asked %s", manners[table[i].manner]);
      scene_init (&scene, STATE_OPERATION_RESTORE);
      test_unit_set_answer (scene.first, STATE_OPERATION_POST_RESTORE, TEST_ANSWER_HELD);
      scene_run (&scene);
      scene_cancel (&scene, scene.first, table[i].manner);
      g_assert_false (scene_finish (&scene, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_cmpuint (test_unit_get_n_asked (scene.second, STATE_OPERATION_POST_RESTORE), ==, 0);
      test_assert_states (scene.set, table[i].states);
      scene_clear (&scene);
    }
}

static void
test_last_post_restore (void)
{
  Scene scene;
  g_autoptr (GError) error = NULL;

  scene_init (&scene, STATE_OPERATION_RESTORE);
  test_unit_set_answer (scene.second, STATE_OPERATION_POST_RESTORE, TEST_ANSWER_HELD);
  scene_run (&scene);
  scene_cancel (&scene, scene.second, GOES_THROUGH);
  g_assert_true (scene_finish (&scene, &error));
  g_assert_no_error (error);
  test_assert_states (scene.set, "a:stopped b:stopped");
  scene_clear (&scene);
}

static void
test_queued (void)
{
  const StateOperation operations[] = { STATE_OPERATION_START, STATE_OPERATION_STOP,
                                        STATE_OPERATION_RESET, STATE_OPERATION_SAVE,
                                        STATE_OPERATION_RESTORE };

  for (guint i = 0; i < G_N_ELEMENTS (operations); i++)
    {
      Scene scene;
      g_auto (TestCall) first_call = TEST_CALL_INIT;
      g_autoptr (GError) error = NULL;

      g_test_message ("%s in the queue", state_operation_to_string (operations[i]));
      scene_init (&scene, operations[i]);
      test_set_add (scene.set, "c", NULL);
      test_unit_set_answer (test_set_get_unit (scene.set, "c"), STATE_OPERATION_START,
                            TEST_ANSWER_HELD);
      test_begin (scene.set->units, STATE_OPERATION_START, NULL, NULL, &first_call);
      test_wait_until (test_unit_has_request (test_set_get_unit (scene.set, "c")));
      test_settle ();
      test_journal_clear (scene.set->journal);

      scene_run (&scene);
      test_settle ();
      g_assert_cmpint (state_transition_get_status (scene.transition), ==,
                       STATE_TRANSITION_STATUS_QUEUED);
      state_transition_cancel (scene.transition);
      test_unit_answer_held (test_set_get_unit (scene.set, "c"));
      test_call_wait (&first_call);
      test_set_watch (scene.set);
      g_assert_false (scene_finish (&scene, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      test_settle ();

      /* It has never begun. */
      g_assert_cmpint (state_transition_get_status (scene.transition), ==,
                       STATE_TRANSITION_STATUS_CANCELLED);
      g_assert_true (state_units_get_last_transition (scene.set->units) != scene.transition);
      test_assert_journal (scene.set->signals, "");
      test_assert_journal (scene.set->journal, "c:start!");
      test_assert_states (scene.set, "a:running b:running c:running");
      test_call_clear (&first_call);
      scene_clear (&scene);
    }
}

static void
test_after_the_end (void)
{
  Scene scene;
  g_autoptr (GError) error = NULL;

  scene_init (&scene, STATE_OPERATION_START);
  scene_run (&scene);
  g_assert_true (scene_finish (&scene, &error));
  g_assert_no_error (error);
  state_transition_cancel (scene.transition);
  test_settle ();
  g_assert_cmpint (state_transition_get_status (scene.transition), ==,
                   STATE_TRANSITION_STATUS_SUCCEEDED);
  test_assert_states (scene.set, "a:running b:running");
  scene_clear (&scene);
}

static void
test_cancellable (void)
{
  Scene scene;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  scene_init (&scene, STATE_OPERATION_START);
  test_unit_set_answer (scene.first, STATE_OPERATION_START, TEST_ANSWER_HELD);
  state_transition_run_async (scene.transition, cancellable, test_call_done, &scene.call);
  test_wait_until (test_unit_has_request (scene.first));
  g_cancellable_cancel (cancellable);
  test_unit_cancel_held (scene.first);
  g_assert_false (scene_finish (&scene, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_states (scene.set, "a:stopped b:stopped");
  scene_clear (&scene);
}

static void
test_cancelled_beforehand (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  g_cancellable_cancel (cancellable);
  test_set_watch (set);
  test_begin (set->units, STATE_OPERATION_START, NULL, cancellable, &call);
  g_assert_false (test_end (set->units, STATE_OPERATION_START, &call, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_journal (set->journal, "");
  test_assert_journal (set->signals, "");
}

static void
cancel_it (gpointer transition, gpointer user_data)
{
  state_transition_cancel (transition);
}

static void
test_from_another_thread (void)
{
  Scene scene;
  g_autoptr (GError) error = NULL;

  scene_init (&scene, STATE_OPERATION_START);
  test_unit_set_answer (scene.first, STATE_OPERATION_START, TEST_ANSWER_HELD);
  scene_run (&scene);
  test_wait_until (test_unit_has_request (scene.first));
  test_in_thread (cancel_it, scene.transition, NULL);
  test_unit_cancel_held (scene.first);
  g_assert_false (scene_finish (&scene, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  scene_clear (&scene);
}

static void
cancel_from_unit (TestUnit *unit, StateRequest *request, gpointer transition)
{
  state_transition_cancel (transition);
}

static void
test_from_a_unit (void)
{
  Scene scene;
  g_autoptr (GError) error = NULL;

  scene_init (&scene, STATE_OPERATION_START);
  test_unit_set_hook (scene.first, STATE_OPERATION_START, cancel_from_unit, scene.transition);
  scene_run (&scene);
  g_assert_false (scene_finish (&scene, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_states (scene.set, "a:running b:stopped");
  scene_clear (&scene);
}

static void
test_save_keeps_what_was_saved (void)
{
  Scene scene;
  g_autoptr (GError) error = NULL;

  scene_init (&scene, STATE_OPERATION_SAVE);
  test_unit_set_answer (scene.second, STATE_OPERATION_SAVE, TEST_ANSWER_HELD);
  scene_run (&scene);
  scene_cancel (&scene, scene.second, GIVES_UP);
  g_assert_false (scene_finish (&scene, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_strv (state_snapshot_list_names (state_transition_get_snapshot (scene.transition)),
                    "a");
  scene_clear (&scene);
}

static void
test_next_ones_go_on (void)
{
  Scene scene;
  g_auto (TestCall) next = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  scene_init (&scene, STATE_OPERATION_START);
  test_unit_set_answer (scene.first, STATE_OPERATION_START, TEST_ANSWER_HELD);
  scene_run (&scene);
  test_wait_until (test_unit_has_request (scene.first));
  test_begin (scene.set->units, STATE_OPERATION_SAVE, NULL, NULL, &next);
  scene_cancel (&scene, scene.first, GIVES_UP);
  g_assert_false (scene_finish (&scene, &error));
  g_clear_error (&error);
  test_end (scene.set->units, STATE_OPERATION_SAVE, &next, NULL, &error);
  g_assert_no_error (error);
  test_call_clear (&next);
  scene_clear (&scene);
}

/* One that never answers gets 10 s, and is then given up on. */
static void
test_never_answered (void)
{
  Scene scene;
  g_autoptr (StateRequest) request = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_test_slow ())
    {
      g_test_skip ("takes 10 s");
      return;
    }
  scene_init (&scene, STATE_OPERATION_START);
  test_unit_set_answer (scene.first, STATE_OPERATION_START, TEST_ANSWER_HELD);
  scene_run (&scene);
  request = test_unit_take_request (scene.first);
  state_transition_cancel (scene.transition);
  g_assert_false (scene_finish (&scene, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  test_assert_states (scene.set, "a:uncertain b:stopped");
  test_assert_outcomes (scene.set, "a:timed-out b:cancelled");

  g_assert_false (test_start (scene.set->units, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_WRONG_STATE);
  g_clear_error (&error);

  /* What the late answer says is so. */
  test_request_answer (request);
  test_settle ();
  test_assert_states (scene.set, "a:running b:stopped");
  test_stop (scene.set->units, &error);
  g_assert_no_error (error);
  test_assert_states (scene.set, "a:stopped b:stopped");
  g_clear_object (&request);
  scene_clear (&scene);
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/cancel/while-the-first-is-asked", test_first_asked);
  g_test_add_func ("/cancel/while-the-last-is-asked", test_last_asked);
  g_test_add_func ("/cancel/during-post-restore", test_during_post_restore);
  g_test_add_func ("/cancel/too-late-to-matter-for-restore", test_last_post_restore);
  g_test_add_func ("/cancel/in-the-queue-it-never-begins", test_queued);
  g_test_add_func ("/cancel/after-the-end-nothing-happens", test_after_the_end);
  g_test_add_func ("/cancel/by-the-cancellable", test_cancellable);
  g_test_add_func ("/cancel/beforehand", test_cancelled_beforehand);
  g_test_add_func ("/cancel/from-another-thread", test_from_another_thread);
  g_test_add_func ("/cancel/from-a-unit", test_from_a_unit);
  g_test_add_func ("/cancel/a-save-keeps-what-was-saved", test_save_keeps_what_was_saved);
  g_test_add_func ("/cancel/the-next-ones-go-on", test_next_ones_go_on);
  g_test_add_func ("/cancel/one-that-never-answers-is-given-up-on", test_never_answered);
  return g_test_run ();
}
