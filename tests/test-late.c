/* SPDX-License-Identifier: MIT */

/* Messages that are still on their way when what they are for has gone: none is
 * lost, none is acted upon, and nothing is left behind. */

#include "test-set.h"

/* --- Of requests --- */

static gpointer
tell (gpointer request)
{
  state_request_set_progress (request, 0.5, "half of it");
  state_request_extend (request, 1000);
  return NULL;
}

/* The set goes before it has looked at what a unit tells. */
static void
test_progress (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (StateRequest) request = NULL;
  TestUnit *disk = test_set_add_timed (set, "disk", STATE_OPERATION_START, 60 * 1000, NULL);
  GThread *thread;

  test_unit_set_answer (disk, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  request = test_unit_take_request (disk);
  thread = g_thread_new ("tells", tell, request);
  g_thread_join (thread);
  state_unit_handle_discard (test_set_get (set, "disk"));
  test_call_wait (&call);
  state_request_complete (request);
  state_request_set_progress (request, 0.75, "too late");
  state_request_extend (request, 1000);
}

/* --- Of sets --- */

static void
assert_closed (GObject *transition, TestCall *call)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (
      state_transition_run_finish (STATE_TRANSITION (transition), test_call_wait (call), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  test_assert_contains (error->message, "start cannot begin");
}

/* A transition that was asked for, of a set that is disposed of at once. */
static void
test_run_of_a_disposed_set (void)
{
  StateUnits *units = state_units_new ();
  g_autoptr (StateTransition) start = state_transition_new (units, STATE_OPERATION_START);
  g_auto (TestCall) call = TEST_CALL_INIT;

  state_transition_run_async (start, NULL, test_call_done, &call);
  g_object_run_dispose (G_OBJECT (units));
  assert_closed (G_OBJECT (start), &call);
  g_object_unref (units);
}

static gpointer
let_go (gpointer units)
{
  g_object_unref (units);
  return NULL;
}

/* The last reference goes on another thread, while the main context is in use. */
static void
test_last_reference_elsewhere (void)
{
  StateUnits *units = state_units_new ();
  g_autoptr (TestUnit) disk = test_unit_new ("disk", NULL);
  gpointer disk_watch = disk, units_watch = units;
  GError *error = NULL;
  GThread *thread;

  state_units_add_unit (units, "disk", STATE_UNIT (disk), NULL, &error);
  g_assert_no_error (error);
  g_object_add_weak_pointer (G_OBJECT (units), &units_watch);
  g_object_add_weak_pointer (G_OBJECT (disk), &disk_watch);
  g_clear_object (&disk);

  g_assert_true (g_main_context_acquire (NULL));
  thread = g_thread_new ("lets go", let_go, units);
  g_thread_join (thread);
  g_assert_nonnull (disk_watch);
  g_main_context_release (NULL);
  test_wait_until (disk_watch == NULL && units_watch == NULL);
}

/* --- Of inspections --- */

/* Nobody is in it any more, before it is asked and after. */
static void
test_inspection_of_a_disposed_set (void)
{
  g_autoptr (StateUnits) units = state_units_new ();

  for (guint i = 0; i < 2; i++)
    {
      g_auto (TestCall) all = TEST_CALL_INIT;
      g_auto (TestCall) one = TEST_CALL_INIT;
      g_auto (TestCall) update = TEST_CALL_INIT;
      g_autoptr (GVariant) tree = NULL;
      g_autoptr (GError) error = NULL;

      state_units_inspect_async (units, NULL, 0, 0, NULL, test_call_done, &all);
      state_units_inspect_async (units, "disk", 0, 0, NULL, test_call_done, &one);
      state_units_update_async (units, "disk/heads", g_variant_new_int32 (2), NULL, test_call_done,
                                &update);
      g_assert_false (test_call_is_done (&all));
      g_object_run_dispose (G_OBJECT (units));

      tree = state_units_inspect_finish (units, test_call_wait (&all), &error);
      g_assert_no_error (error);
      g_assert_cmpuint (g_variant_n_children (tree), ==, 0);
      g_assert_null (state_units_inspect_finish (units, test_call_wait (&one), &error));
      g_assert_error (error, STATE_ERROR, STATE_ERROR_UNKNOWN_UNIT);
      g_clear_error (&error);
      g_assert_null (state_units_update_finish (units, test_call_wait (&update), &error));
      g_assert_error (error, STATE_ERROR, STATE_ERROR_UNKNOWN_UNIT);
    }
}

static void
inspect_now (TestSet *set, const char *path, guint timeout_ms, GError **error)
{
  g_auto (TestCall) call = TEST_CALL_INIT;

  state_units_inspect_async (set->units, path, 0, timeout_ms, NULL, test_call_done, &call);
  g_assert_null (state_units_inspect_finish (set->units, test_call_wait (&call), error));
}

/* What of a path only the unit could have told: its error says why it has not. */
static void
test_inspection_of_a_path (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk = test_set_add (set, "disk", NULL);
  g_autoptr (GError) error = NULL;

  test_unit_fail (disk, STATE_OPERATION_INSPECT, "no light");
  inspect_now (set, "disk/heads", 0, &error);
  test_assert_contains (error->message, "unit disk: no light");
  g_clear_error (&error);

  test_unit_set_answer (disk, STATE_OPERATION_INSPECT, TEST_ANSWER_HELD);
  inspect_now (set, "disk/heads", 1, &error);
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TIMED_OUT);
  test_assert_contains (error->message, "disk/heads");
  test_assert_contains (error->message, "unit disk has not answered in time");
  test_unit_answer_held (disk);
}

/* --- Of receivers --- */

/* Waiting with a cancellable that is never cancelled costs nothing later. */
static void
test_receiver_with_cancellable (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateUnitReceiver) receiver = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (StateRequest) request = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_auto (TestCall) received = TEST_CALL_INIT;

  state_unit_builder_build_receiver (state_units_add (set->units, "disk"), &receiver, &error);
  g_assert_no_error (error);
  state_unit_receiver_receive_async (receiver, cancellable, test_call_done, &received);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  request = state_unit_receiver_receive_finish (receiver, test_call_wait (&received), &error);
  g_assert_no_error (error);
  g_cancellable_cancel (cancellable);
  state_request_complete (request);
  g_assert_true (test_end (set->units, STATE_OPERATION_START, &call, NULL, &error));
}

/* --- Of nested sets --- */

static void
test_nested_save (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestSet) board = test_set_new ();
  g_autoptr (StateSnapshot) nothing = NULL;
  g_autoptr (StateSnapshot) failed = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add (board, "disk", NULL);
  test_set_add_object (set, "board", board->units);

  /* What saved nothing is not in the snapshot. */
  nothing = test_save (set->units, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (state_snapshot_get_n_units (nothing), ==, 0);

  test_unit_fail (test_set_get_unit (board, "disk"), STATE_OPERATION_SAVE, "no room");
  failed = test_save (set->units, &error);
  g_assert_null (failed);
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED,
                     "save failed: {board: save failed: {disk: no room}}");
  state_unit_handle_discard (test_set_get (set, "board"));
}

/* --- Of sets by their properties --- */

static void
test_properties (void)
{
  g_autoptr (StateUnits) units =
      g_object_new (STATE_TYPE_UNITS, "failure-policy", STATE_FAILURE_POLICY_KEEP_GOING,
                    "default-timeout", 5, "max-concurrency", 3, "slow-time", 7, NULL);

  g_assert_cmpint (state_units_get_failure_policy (units), ==, STATE_FAILURE_POLICY_KEEP_GOING);
  g_assert_cmpuint (state_units_get_default_timeout (units), ==, 5);
  g_assert_cmpuint (state_units_get_max_concurrency (units), ==, 3);
  g_assert_cmpuint (state_units_get_slow_time (units), ==, 7);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  g_test_add_func ("/late/progress-of-one-who-left", test_progress);
  g_test_add_func ("/late/a-run-of-a-set-disposed-of", test_run_of_a_disposed_set);
  g_test_add_func ("/late/the-last-reference-goes-elsewhere", test_last_reference_elsewhere);
  g_test_add_func ("/late/an-inspection-of-a-set-disposed-of", test_inspection_of_a_disposed_set);
  g_test_add_func ("/late/an-inspection-says-why-there-is-nothing", test_inspection_of_a_path);
  g_test_add_func ("/late/a-receiver-is-cancelled-afterwards", test_receiver_with_cancellable);
  g_test_add_func ("/late/a-nested-set-saves-nothing-or-fails", test_nested_save);
  g_test_add_func ("/late/a-set-by-its-properties", test_properties);
  return g_test_run ();
}
