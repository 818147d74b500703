/* SPDX-License-Identifier: MIT */

/* A unit without an object: a queue of requests. */

#include "test-set.h"

static StateUnitReceiver *
add_receiver (TestSet *set, const char *name)
{
  StateUnitReceiver *receiver = NULL;
  StateUnitHandle *handle;
  g_autoptr (GError) error = NULL;

  handle =
      state_unit_builder_build_receiver (state_units_add (set->units, name), &receiver, &error);
  g_assert_no_error (error);
  g_assert_nonnull (receiver);
  g_assert_true (state_units_lookup (set->units, name) == handle);
  g_assert_null (state_unit_handle_get_unit (handle));
  return receiver;
}

static StateRequest *
receive (StateUnitReceiver *receiver)
{
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;
  StateRequest *request;

  state_unit_receiver_receive_async (receiver, NULL, test_call_done, &call);
  request = state_unit_receiver_receive_finish (receiver, test_call_wait (&call), &error);
  g_assert_no_error (error);
  return request;
}

static void
test_receive_async (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateUnitReceiver) receiver = add_receiver (set, "queue");
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (StateRequest) request = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "behind", "queue", NULL);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  request = receive (receiver);
  g_assert_cmpint (state_request_get_operation (request), ==, STATE_OPERATION_START);
  g_assert_null (state_request_get_unit (request));
  g_assert_cmpstr (state_request_get_unit_name (request), ==, "queue");
  test_assert_states (set, "queue:starting behind:stopped");

  state_request_complete (request);
  test_end (set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_no_error (error);
  test_assert_states (set, "queue:running behind:running");
}

static void
test_receive_before_there_is_one (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateUnitReceiver) receiver = add_receiver (set, "queue");
  g_auto (TestCall) first = TEST_CALL_INIT;
  g_auto (TestCall) start = TEST_CALL_INIT;
  g_autoptr (StateRequest) request = NULL;
  g_autoptr (GError) error = NULL;

  state_unit_receiver_receive_async (receiver, NULL, test_call_done, &first);
  test_settle ();
  g_assert_false (test_call_is_done (&first));
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &start);
  request = state_unit_receiver_receive_finish (receiver, test_call_wait (&first), &error);
  g_assert_no_error (error);
  state_request_complete (request);
  test_end (set->units, STATE_OPERATION_START, &start, NULL, &error);
  g_assert_no_error (error);
}

static void
test_try_receive (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateUnitReceiver) receiver = add_receiver (set, "queue");
  g_autoptr (StateRequest) request = NULL;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  g_assert_null (state_unit_receiver_try_receive (receiver));
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until ((request = state_unit_receiver_try_receive (receiver)) != NULL);
  g_assert_null (state_unit_receiver_try_receive (receiver));
  state_request_complete (request);
  test_end (set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_no_error (error);
}

/* A thread without a main loop, that serves until the receiver is closed. */
static void
serve (gpointer user_data, gpointer journal)
{
  StateUnitReceiver *receiver = user_data;
  StateRequest *request;
  g_autoptr (GError) error = NULL;

  while ((request = state_unit_receiver_receive (receiver, NULL, &error)) != NULL)
    {
      StateOperation operation = state_request_get_operation (request);

      test_journal_add (journal, "%s", state_operation_to_string (operation));
      if (operation == STATE_OPERATION_SAVE)
        state_request_complete_with_state (request, g_variant_new_int32 (3));
      else
        state_request_complete (request);
      g_object_unref (request);
    }
  g_assert_no_error (error);
  test_journal_add (journal, "closed");
}

typedef struct
{
  StateUnitReceiver *receiver;
  TestJournal *journal;
} Server;

static gpointer
run_server (gpointer user_data)
{
  Server *server = user_data;

  serve (server->receiver, server->journal);
  return NULL;
}

static void
test_thread_without_main_loop (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateUnitReceiver) receiver = add_receiver (set, "queue");
  Server server = { receiver, set->journal };
  GThread *thread = g_thread_new ("server", run_server, &server);
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  test_start (set->units, &error);
  g_assert_no_error (error);
  test_stop (set->units, &error);
  g_assert_no_error (error);
  snapshot = test_save (set->units, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_variant_get_int32 (state_snapshot_lookup (snapshot, "queue")), ==, 3);
  test_restore (set->units, snapshot, &error);
  g_assert_no_error (error);

  state_unit_receiver_close (receiver);
  g_thread_join (thread);
  test_assert_journal (set->journal, "start stop save restore post-restore closed");
  test_settle ();
  test_assert_states (set, "queue:lost");
}

static void
cancel_it (gpointer cancellable, gpointer user_data)
{
  g_cancellable_cancel (cancellable);
}

static void
receive_cancelled (gpointer receiver, gpointer cancellable)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (state_unit_receiver_receive (receiver, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static gboolean
cancel_later (gpointer cancellable)
{
  cancel_it (cancellable, NULL);
  return G_SOURCE_REMOVE;
}

static void
test_receive_can_be_cancelled (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateUnitReceiver) receiver = add_receiver (set, "queue");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_auto (TestCall) start = TEST_CALL_INIT;
  g_autoptr (StateRequest) request = NULL;
  g_autoptr (GError) error = NULL;

  g_idle_add (cancel_later, cancellable);
  test_in_thread (receive_cancelled, receiver, cancellable);

  state_unit_receiver_receive_async (receiver, cancellable, test_call_done, &call);
  g_assert_null (state_unit_receiver_receive_finish (receiver, test_call_wait (&call), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  /* Nothing was lost by it. */
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &start);
  request = receive (receiver);
  state_request_complete (request);
  test_end (set->units, STATE_OPERATION_START, &start, NULL, &error);
  g_assert_no_error (error);
}

static void
test_close (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateUnitReceiver) receiver = add_receiver (set, "queue");
  g_auto (TestCall) waiting = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  state_unit_receiver_receive_async (receiver, NULL, test_call_done, &waiting);
  state_unit_receiver_close (receiver);
  g_assert_null (state_unit_receiver_receive_finish (receiver, test_call_wait (&waiting), &error));
  g_assert_no_error (error); /* NULL without an error: closed */
  g_assert_null (state_unit_receiver_receive (receiver, NULL, &error));
  g_assert_no_error (error);
  g_assert_null (state_unit_receiver_try_receive (receiver));
  test_settle ();
  test_assert_states (set, "queue:lost");
  g_assert_error (state_unit_handle_get_error (test_set_get (set, "queue")), STATE_ERROR,
                  STATE_ERROR_LOST);
  state_unit_receiver_close (receiver); /* once more does nothing */
}

/* What is with the receiver when it closes, or is let go of, fails. */
static void
close_in_flight (gboolean received, gboolean let_go)
{
  g_autoptr (TestSet) set = test_set_new ();
  StateUnitReceiver *receiver = add_receiver (set, "queue");
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (StateRequest) request = NULL;
  g_autoptr (GError) error = NULL;

  g_test_message ("%s, %s", received ? "received" : "queued", let_go ? "let go of" : "closed");
  test_set_add (set, "behind", "queue", NULL);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (state_unit_handle_get_state (test_set_get (set, "queue")) ==
                   STATE_UNIT_STATE_STARTING);
  test_settle ();
  if (received)
    request = receive (receiver);
  if (!let_go)
    state_unit_receiver_close (receiver);
  g_object_unref (receiver);

  g_assert_false (test_end (set->units, STATE_OPERATION_START, &call, NULL, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  test_assert_contains (error->message, "start failed: {queue: ");
  test_assert_outcomes (set, "queue:lost behind:skipped");
  test_assert_states (set, "queue:lost behind:stopped");
  g_assert_error (state_unit_handle_get_error (test_set_get (set, "queue")), STATE_ERROR,
                  STATE_ERROR_LOST);

  /* The one who had received it does not know yet. */
  if (received)
    state_request_complete (request);
  test_settle ();
  test_assert_states (set, "queue:lost behind:stopped");
}

static void
test_close_in_flight (void)
{
  close_in_flight (FALSE, FALSE);
  close_in_flight (TRUE, FALSE);
  close_in_flight (FALSE, TRUE);
}

static void
test_lost_while_running (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  StateUnitReceiver *receiver = add_receiver (set, "queue");
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (StateRequest) request = NULL;
  g_autoptr (GError) error = NULL;

  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  request = receive (receiver);
  state_request_complete (request);
  test_end (set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_no_error (error);

  test_set_watch (set);
  g_object_unref (receiver);
  test_settle ();
  test_assert_journal (set->signals, "queue:running>lost");

  /* It does not run: a stop has nothing to ask of it. */
  test_stop (set->units, &error);
  g_assert_no_error (error);
  g_assert_null (test_save (set->units, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_WRONG_STATE);
}

static void
test_request_dropped (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateUnitReceiver) receiver = add_receiver (set, "queue");
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  g_object_unref (receive (receiver));
  g_assert_false (test_end (set->units, STATE_OPERATION_START, &call, NULL, &error));
  test_assert_outcomes (set, "queue:dropped");
}

static void
test_leaves (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateUnitReceiver) receiver = add_receiver (set, "queue");
  g_auto (TestCall) waiting = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  /* Nobody will ask anything any more, and the receiver knows. */
  state_unit_receiver_receive_async (receiver, NULL, test_call_done, &waiting);
  test_settle ();
  state_unit_handle_discard (test_set_get (set, "queue"));
  g_assert_null (state_unit_receiver_receive_finish (receiver, test_call_wait (&waiting), &error));
  g_assert_no_error (error);
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/unit-receiver/receives", test_receive_async);
  g_test_add_func ("/unit-receiver/waits", test_receive_before_there_is_one);
  g_test_add_func ("/unit-receiver/tries", test_try_receive);
  g_test_add_func ("/unit-receiver/serves-a-thread-without-main-loop",
                   test_thread_without_main_loop);
  g_test_add_func ("/unit-receiver/can-be-cancelled", test_receive_can_be_cancelled);
  g_test_add_func ("/unit-receiver/closes", test_close);
  g_test_add_func ("/unit-receiver/fails-its-requests-when-closed", test_close_in_flight);
  g_test_add_func ("/unit-receiver/lost-while-running", test_lost_while_running);
  g_test_add_func ("/unit-receiver/drops-a-request", test_request_dropped);
  g_test_add_func ("/unit-receiver/closes-when-its-unit-leaves", test_leaves);
  return g_test_run ();
}
