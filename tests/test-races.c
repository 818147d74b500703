/* SPDX-License-Identifier: MIT */

/* Whatever may be called from any thread is called from several at the same time,
 * while the set is at work. ThreadSanitizer looks on; without it, whatever comes
 * first must do. */

#include "test-set.h"

#define N_THREADS 4
#define N_ROUNDS 200

/* --- Several threads, until they are told that it is enough --- */

typedef struct
{
  GThread *threads[N_THREADS];
  GFunc func;
  gpointer data;
  gint is_enough; /* atomic */
  gint n_calls;   /* atomic */
  gint n_left;    /* atomic: threads that have left */
} Crowd;

static gpointer
take_part (gpointer data)
{
  Crowd *self = data;

  while (!g_atomic_int_get (&self->is_enough))
    {
      self->func (self->data, self);
      g_atomic_int_inc (&self->n_calls);
      g_thread_yield ();
    }
  g_atomic_int_inc (&self->n_left);
  g_main_context_wakeup (NULL);
  return NULL;
}

static void
crowd_begin (Crowd *self, GFunc func, gpointer data)
{
  *self = (Crowd){ .func = func, .data = data };
  for (guint i = 0; i < N_THREADS; i++)
    self->threads[i] = g_thread_new ("crowd", take_part, self);
}

/* The last calls may need the main loop. */
static void
crowd_end (Crowd *self)
{
  g_atomic_int_set (&self->is_enough, TRUE);
  test_wait_until (g_atomic_int_get (&self->n_left) == N_THREADS);
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (self->threads[i]);
  test_settle ();
}

/* The main loop, until each has called often. */
static void
crowd_wait (Crowd *self)
{
  int n = g_atomic_int_get (&self->n_calls) + N_ROUNDS;

  test_wait_until (g_atomic_int_get (&self->n_calls) >= n);
}

/* --- One request --- */

static void
work_at (gpointer request, gpointer user_data)
{
  state_request_set_progress (request, 0.25, "a quarter");
  state_request_set_progress (request, 0.5, "half of it");
  state_request_extend (request, 1);
  g_assert_cmpint (state_request_get_deadline (request), >, 0);
  g_assert_false (state_request_is_answered (request));
  g_assert_cmpstr (state_request_get_unit_name (request), ==, "disk");
}

static void
count (GObject *object, GParamSpec *pspec, gpointer counter)
{
  ++*(guint *) counter;
}

static void
test_progress (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (StateRequest) request = NULL;
  g_autoptr (StateTransitionStep) step = NULL;
  TestUnit *disk;
  Crowd crowd;
  guint n_told = 0;

  disk = test_set_add_timed (set, "disk", STATE_OPERATION_START, 600 * 1000, NULL);
  test_unit_set_answer (disk, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  request = test_unit_take_request (disk);
  step = test_find_step (state_units_get_current_transition (set->units), NULL, "disk");
  g_signal_connect (step, "notify::message", G_CALLBACK (count), &n_told);

  crowd_begin (&crowd, work_at, request);
  test_wait_until (n_told >= 20);
  crowd_wait (&crowd);
  crowd_end (&crowd);

  g_assert_cmpfloat (state_transition_step_get_progress (step), >=, 0.25);
  test_request_answer (request);
  test_call_wait (&call);
  test_assert_states (set, "disk:running");
}

/* Only one answer counts, and the others are told. */
static void
answer_it (gpointer request, gpointer crowd)
{
  if (!state_request_is_answered (request))
    state_request_complete (request);
}

static void
test_answers (void)
{
  test_allow_criticals (TRUE);
  for (guint i = 0; i < 50; i++)
    {
      g_autoptr (TestSet) set = test_set_new ();
      g_auto (TestCall) call = TEST_CALL_INIT;
      g_autoptr (StateRequest) request = NULL;
      TestUnit *disk = test_set_add (set, "disk", NULL);
      Crowd crowd;

      test_unit_set_answer (disk, STATE_OPERATION_START, TEST_ANSWER_HELD);
      test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
      request = test_unit_take_request (disk);
      crowd_begin (&crowd, answer_it, request);
      test_call_wait (&call);
      crowd_end (&crowd);
      test_assert_states (set, "disk:running");
    }
  test_allow_criticals (FALSE);
}

/* --- One receiver --- */

static void
receive (gpointer receiver, gpointer user_data)
{
  g_autoptr (StateRequest) request = state_unit_receiver_try_receive (receiver);

  if (request != NULL)
    state_request_complete (request);
}

static void
test_receiver (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateUnitReceiver) receiver = NULL;
  g_autoptr (GError) error = NULL;
  Crowd crowd;

  state_unit_builder_build_receiver (state_units_add (set->units, "disk"), &receiver, &error);
  g_assert_no_error (error);
  crowd_begin (&crowd, receive, receiver);
  for (guint i = 0; i < 50; i++)
    {
      test_start (set->units, &error);
      g_assert_no_error (error);
      test_stop (set->units, &error);
      g_assert_no_error (error);
    }
  crowd_end (&crowd);
  test_assert_states (set, "disk:stopped");
}

/* --- One unit --- */

/* As often as there are units in the queue: the set is not to be flooded. */
static void
end (gpointer endings, gpointer user_data)
{
  g_autoptr (StateUnit) unit = g_async_queue_try_pop (endings);
  g_autoptr (GError) error = g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED, "power cut");

  if (unit == NULL)
    return;
  state_unit_ended (unit, NULL);
  state_unit_ended (unit, error);
}

/* It may end whenever it runs, and is then started again. */
static void
test_ended (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GAsyncQueue) endings = g_async_queue_new ();
  TestUnit *disk = test_set_add (set, "disk", NULL);
  Crowd crowd;

  crowd_begin (&crowd, end, endings);
  for (guint i = 0; i < 50; i++)
    {
      for (guint n = 0; n < 2 * N_THREADS; n++)
        g_async_queue_push (endings, g_object_ref (disk));
      test_start (set->units, NULL);
      test_stop (set->units, NULL);
    }
  test_wait_until (g_async_queue_length (endings) <= 0);
  crowd_end (&crowd);
  g_assert_cmpuint (test_unit_get_n_asked (disk, STATE_OPERATION_START), ==, 50);
}

typedef struct
{
  GMainContext *context;
  GAsyncResult *result;
} Sending;

static void
sent (GObject *source, GAsyncResult *result, gpointer data)
{
  ((Sending *) data)->result = g_object_ref (result);
}

/* Outside of any set, and from a context of the thread's own. */
static void
send_to (gpointer unit, gpointer user_data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  Sending sending = { context, NULL };
  g_autoptr (GError) error = NULL;

  g_main_context_push_thread_default (context);
  state_unit_send_async (unit, STATE_OPERATION_INSPECT, NULL, NULL, sent, &sending);
  while (sending.result == NULL)
    g_main_context_iteration (context, TRUE);
  g_variant_unref (state_unit_send_finish (unit, sending.result, &error));
  g_assert_no_error (error);
  g_object_unref (sending.result);
  g_main_context_pop_thread_default (context);
}

static void
test_sending (void)
{
  g_autoptr (StateUnits) board = state_units_new ();
  Crowd crowd;

  crowd_begin (&crowd, send_to, board);
  crowd_wait (&crowd);
  crowd_end (&crowd);
}

/* --- One set --- */

static void
owner_dies (gpointer owners, gpointer user_data)
{
  g_autoptr (GObject) owner = g_async_queue_try_pop (owners);
}

/* Units whose owners are finalized on other threads, while the set starts and stops. */
static void
test_lifetimes (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GAsyncQueue) owners = g_async_queue_new ();
  g_autoptr (GError) error = NULL;
  Crowd crowd;

  test_set_add (set, "stays", NULL);
  crowd_begin (&crowd, owner_dies, owners);
  for (guint i = 0; i < 50; i++)
    {
      g_autofree char *name = g_strdup_printf ("unit%u", i);
      StateUnitBuilder *builder = state_units_add (set->units, name);
      GObject *owner = g_object_new (G_TYPE_OBJECT, NULL);

      state_unit_builder_set_lifetime (builder, owner);
      state_unit_builder_build (builder, NULL, &error);
      g_assert_no_error (error);
      g_async_queue_push (owners, owner);
      test_start (set->units, &error);
      g_assert_no_error (error);
      test_stop (set->units, &error);
      g_assert_no_error (error);
    }
  test_wait_until (g_list_model_get_n_items (G_LIST_MODEL (set->units)) == 1);
  crowd_end (&crowd);
}

static void
cancel_or_not (gpointer transitions, gpointer user_data)
{
  g_autoptr (StateTransition) transition = g_async_queue_try_pop (transitions);

  if (transition != NULL)
    state_transition_cancel (transition);
}

static void
test_cancels (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GAsyncQueue) transitions = g_async_queue_new ();
  Crowd crowd;

  test_set_add_diamond (set);
  test_set_answer_all (set, TEST_ANSWER_LATER);
  crowd_begin (&crowd, cancel_or_not, transitions);
  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (StateTransition) transition =
          state_transition_new (set->units,
                                i % 2 == 0 ? STATE_OPERATION_START : STATE_OPERATION_STOP);
      g_auto (TestCall) call = TEST_CALL_INIT;

      state_transition_run_async (transition, NULL, test_call_done, &call);
      g_async_queue_push (transitions, g_object_ref (transition));
      g_async_queue_push (transitions, g_object_ref (transition));
      test_call_wait (&call);
      if (!state_transition_run_finish (transition, call.result, NULL))
        g_assert_cmpint (state_transition_get_status (transition), ==,
                         STATE_TRANSITION_STATUS_CANCELLED);
    }
  test_wait_until (g_async_queue_length (transitions) <= 0);
  crowd_end (&crowd);
  g_assert_true (test_stop (set->units, NULL));
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  g_test_add_func ("/races/a-request-is-worked-at", test_progress);
  g_test_add_func ("/races/a-request-is-answered", test_answers);
  g_test_add_func ("/races/a-receiver-is-emptied", test_receiver);
  g_test_add_func ("/races/a-unit-ends", test_ended);
  g_test_add_func ("/races/a-set-is-sent-requests", test_sending);
  g_test_add_func ("/races/owners-die", test_lifetimes);
  g_test_add_func ("/races/transitions-are-cancelled", test_cancels);
  return g_test_run ();
}
