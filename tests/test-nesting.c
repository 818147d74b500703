/* SPDX-License-Identifier: MIT */

/* A set that is a unit of another set. */

#include "test-set.h"

/* An outer set with the unit "host", and "guest", a set in it that depends on
 * the host. The guest is declared before, and goes after, the outer set. */
static void
nest (TestSet *outer, TestSet *guest)
{
  const char *const depends_on[] = { "host", NULL };
  g_autoptr (GError) error = NULL;

  test_set_add (outer, "host", NULL);
  state_units_add_unit (outer->units, "guest", STATE_UNIT (guest->units), depends_on, &error);
  g_assert_no_error (error);
}

static void
test_start_and_stop (void)
{
  g_autoptr (TestSet) guest = test_set_new ();
  g_autoptr (TestSet) outer = test_set_new ();
  TestUnit *host;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  nest (outer, guest);
  test_set_add (guest, "cpu", NULL);
  test_set_add (guest, "app", "cpu", NULL);
  host = test_set_get_unit (outer, "host");

  test_unit_set_answer (host, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (outer->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (test_unit_has_request (host));
  test_settle ();
  test_assert_journal (guest->journal, ""); /* it waits for its turn */
  test_unit_answer_held (host);
  test_end (outer->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_no_error (error);
  test_assert_states (outer, "host:running guest:running");
  test_assert_states (guest, "cpu:running app:running");
  g_assert_true (state_units_is_running (guest->units));
  test_assert_journal (guest->journal, "cpu:start cpu:start! app:start app:start!");

  test_stop (outer->units, &error);
  g_assert_no_error (error);
  test_assert_states (outer, "host:stopped guest:stopped");
  test_assert_states (guest, "cpu:stopped app:stopped");
  g_assert_false (state_units_is_running (guest->units));
  test_reset (outer->units, &error);
  g_assert_no_error (error);
  g_assert_cmpint (test_journal_find (guest->journal, "app:reset!"), >=, 0);
}

static void
test_snapshot_nests (void)
{
  g_autoptr (TestSet) guest = test_set_new ();
  g_autoptr (TestSet) outer = test_set_new ();
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (StateSnapshot) again = NULL;
  g_autoptr (GError) error = NULL;

  nest (outer, guest);
  test_unit_set_int (test_set_get_unit (outer, "host"), 1);
  test_unit_set_int (test_set_add (guest, "cpu", NULL), 2);
  test_unit_set_int (test_set_add (guest, "disk", "cpu", NULL), 3);
  test_set_add (guest, "empty", NULL);

  snapshot = test_save (outer->units, &error);
  g_assert_no_error (error);
  test_assert_strv (state_snapshot_list_names (snapshot), "host guest");
  bytes = state_snapshot_to_bytes (snapshot);
  again = state_snapshot_new_from_bytes (bytes, &error);
  g_assert_no_error (error);

  test_unit_set_int (test_set_get_unit (outer, "host"), 10);
  test_unit_set_int (test_set_get_unit (guest, "cpu"), 20);
  test_unit_set_int (test_set_get_unit (guest, "disk"), 30);
  test_journal_clear (guest->journal);
  test_restore (outer->units, again, &error);
  g_assert_no_error (error);
  g_assert_cmpint (test_unit_get_int (test_set_get_unit (outer, "host")), ==, 1);
  g_assert_cmpint (test_unit_get_int (test_set_get_unit (guest, "cpu")), ==, 2);
  g_assert_cmpint (test_unit_get_int (test_set_get_unit (guest, "disk")), ==, 3);

  /* Its restore includes its post-restore, which happens once. */
  g_assert_cmpuint (test_journal_count (guest->journal, "cpu:post-restore"), ==, 1);
  g_assert_cmpuint (test_journal_count (guest->journal, "empty:post-restore"), ==, 1);
  g_assert_cmpuint (test_journal_count (guest->journal, "empty:restore"), ==, 0);
  test_assert_before (guest->journal, "disk:restore!", "cpu:post-restore");
}

static void
test_a_bad_snapshot (void)
{
  g_autoptr (TestSet) guest = test_set_new ();
  g_autoptr (TestSet) outer = test_set_new ();
  g_autoptr (StateSnapshot) empty = state_snapshot_new ();
  g_autoptr (StateSnapshot) nonsense =
      state_snapshot_with_unit (empty, "guest", 0, g_variant_new_string ("nonsense"));
  g_autoptr (GError) error = NULL;

  nest (outer, guest);
  test_set_add (guest, "cpu", NULL);
  g_assert_false (test_restore (outer->units, nonsense, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  test_assert_contains (error->message, "restore failed: {guest: ");
  test_assert_journal (guest->journal, "");
}

static void
test_failed_restore (void)
{
  g_autoptr (TestSet) guest = test_set_new ();
  g_autoptr (TestSet) outer = test_set_new ();
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  nest (outer, guest);
  test_unit_set_int (test_set_add (guest, "cpu", NULL), 2);
  snapshot = test_save (outer->units, &error);
  g_assert_no_error (error);
  test_unit_fail (test_set_get_unit (guest, "cpu"), STATE_OPERATION_POST_RESTORE, "no peer");

  g_assert_false (test_restore (outer->units, snapshot, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED,
                     "restore failed: {guest: restore failed: {cpu: no peer}}");
  test_assert_states (outer, "host:stopped guest:failed");
  test_assert_states (guest, "cpu:failed");
}

static void
test_tree_nests (void)
{
  g_autoptr (TestSet) guest = test_set_new ();
  g_autoptr (TestSet) outer = test_set_new ();
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GVariant) leaf = NULL;
  g_autoptr (GVariant) changed = NULL;
  g_autoptr (GError) error = NULL;

  nest (outer, guest);
  test_unit_set_int (test_set_add (guest, "cpu", NULL), 2);
  tree = test_inspect (outer->units, NULL, 0, &error);
  g_assert_no_error (error);
  test_assert_tree (tree, "guest/unit_state", "'stopped'");
  test_assert_tree (tree, "guest/dependencies", "['host']");
  test_assert_tree (tree, "guest/cpu/unit_state", "'stopped'");
  test_assert_tree (tree, "guest/cpu/value", "2");

  leaf = test_inspect (outer->units, "guest/cpu/value", 0, &error);
  g_assert_no_error (error);
  test_assert_tree (leaf, "value", "2");
  changed = test_update (outer->units, "guest/cpu/value", g_variant_new_int32 (7), &error);
  g_assert_no_error (error);
  g_assert_cmpint (test_unit_get_int (test_set_get_unit (guest, "cpu")), ==, 7);
}

static void
test_failed_start_stops_everything (void)
{
  g_autoptr (TestSet) guest = test_set_new ();
  g_autoptr (TestSet) outer = test_set_new ();
  g_autoptr (GError) error = NULL;

  nest (outer, guest);
  test_set_add (guest, "cpu", NULL);
  test_set_add (guest, "other", NULL);
  test_unit_fail (test_set_add (guest, "app", "cpu", NULL), STATE_OPERATION_START, "broken");

  /* A unit whose start fails is stopped: so is all that is in it. */
  g_assert_false (test_start (outer->units, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED,
                     "start failed: {guest: start failed: {app: broken}}");
  test_assert_states (outer, "host:running guest:failed");
  g_assert_cmpint (test_journal_find (guest->journal, "cpu:stop!"), >=, 0);
  g_assert_cmpint (test_journal_find (guest->journal, "other:stop!"), >=, 0);
  g_assert_cmpint (test_journal_find (guest->journal, "app:stop"), ==, -1);
  g_assert_false (state_units_is_running (guest->units));

  /* And it can be started again. */
  test_unit_set_answer (test_set_get_unit (guest, "app"), STATE_OPERATION_START,
                        TEST_ANSWER_AT_ONCE);
  test_start (outer->units, &error);
  g_assert_no_error (error);
  test_assert_states (guest, "cpu:running other:running app:running");
}

static void
test_failed_start_that_cannot_stop (void)
{
  g_autoptr (TestSet) guest = test_set_new ();
  g_autoptr (TestSet) outer = test_set_new ();
  TestUnit *cpu;
  g_autoptr (GError) error = NULL;

  nest (outer, guest);
  cpu = test_set_add (guest, "cpu", NULL);
  test_unit_fail (test_set_add (guest, "app", "cpu", NULL), STATE_OPERATION_START, "broken");
  test_unit_fail (cpu, STATE_OPERATION_STOP, "stuck");

  /* Nobody can say that it is stopped. */
  g_assert_false (test_start (outer->units, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  g_clear_error (&error);
  test_assert_outcomes (outer, "host:succeeded guest:dropped");
  test_assert_states (outer, "host:running guest:failed");

  test_unit_set_answer (cpu, STATE_OPERATION_STOP, TEST_ANSWER_AT_ONCE);
  test_stop (outer->units, &error);
  g_assert_no_error (error);
  test_assert_states (outer, "host:stopped guest:stopped");
  test_assert_states (guest, "cpu:stopped");
}

static void
test_lost_inside (void)
{
  g_autoptr (TestSet) guest = test_set_new ();
  g_autoptr (TestSet) outer = test_set_new ();
  StateUnitReceiver *receiver = NULL;
  g_autoptr (GError) error = NULL;

  nest (outer, guest);
  state_unit_builder_build_receiver (state_units_add (guest->units, "queue"), &receiver, &error);
  g_assert_no_error (error);
  g_object_unref (receiver);
  test_settle ();

  g_assert_false (test_start (outer->units, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  test_assert_contains (error->message, "start failed: {guest: start failed: {queue: ");
  test_assert_outcomes (outer, "host:succeeded guest:failed");
}

static void
test_refused_inside (void)
{
  g_autoptr (TestSet) guest = test_set_new ();
  g_autoptr (TestSet) outer = test_set_new ();
  g_autoptr (GError) error = NULL;

  nest (outer, guest);
  test_set_add (guest, "cpu", NULL);
  test_start (guest->units, &error); /* on its own */
  g_assert_no_error (error);
  test_assert_states (outer, "host:stopped guest:stopped");

  g_assert_false (test_reset (outer->units, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  test_assert_contains (error->message,
                        "guest: reset refused: {cpu: it is running (stop it first)}");
  g_clear_error (&error);
  test_assert_states (guest, "cpu:running");
  test_stop (guest->units, &error);
  g_assert_no_error (error);
}

static void
test_cancel_goes_inside (void)
{
  g_autoptr (TestSet) guest = test_set_new ();
  g_autoptr (TestSet) outer = test_set_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (StateRequest) request = NULL;
  TestUnit *cpu;
  g_autoptr (GError) error = NULL;

  nest (outer, guest);
  cpu = test_set_add (guest, "cpu", NULL);
  test_set_add (guest, "app", "cpu", NULL);
  test_unit_set_answer (cpu, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (outer->units, STATE_OPERATION_START, NULL, cancellable, &call);
  request = test_unit_take_request (cpu);
  g_cancellable_cancel (cancellable);
  test_wait_until (g_cancellable_is_cancelled (state_request_get_cancellable (request)));
  state_request_fail_literal (request, G_IO_ERROR, G_IO_ERROR_CANCELLED, "gave up");

  g_assert_false (test_end (outer->units, STATE_OPERATION_START, &call, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_states (outer, "host:running guest:stopped");
  test_assert_states (guest, "cpu:stopped app:stopped");
}

/* --- Circles --- */

static void
assert_no_cycle (StateUnits *outer, const char *name, StateUnits *inner)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (state_units_add_unit (outer, name, STATE_UNIT (inner), NULL, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_CYCLE);
  g_assert_null (state_units_lookup (outer, name));
}

static void
test_inside_itself (void)
{
  g_autoptr (TestSet) c = test_set_new ();
  g_autoptr (TestSet) b = test_set_new ();
  g_autoptr (TestSet) a = test_set_new ();

  assert_no_cycle (a->units, "self", a->units);
  test_set_add_object (a, "b", b->units);
  assert_no_cycle (b->units, "a", a->units);
  test_set_add_object (b, "c", c->units);
  assert_no_cycle (c->units, "a", a->units);
  assert_no_cycle (c->units, "b", b->units);

  /* Out again, it may go the other way round. */
  state_unit_handle_discard (test_set_get (a, "b"));
  test_set_add_object (b, "a", a->units);
  state_unit_handle_discard (test_set_get (b, "a"));
}

static void
test_in_one_set_at_a_time (void)
{
  g_autoptr (TestSet) guest = test_set_new ();
  g_autoptr (TestSet) one = test_set_new ();
  g_autoptr (TestSet) other = test_set_new ();
  g_autoptr (GError) error = NULL;

  test_set_add_object (one, "guest", guest->units);
  g_assert_null (
      state_units_add_unit (other->units, "guest", STATE_UNIT (guest->units), NULL, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_UNIT_IN_USE);
}

static void
test_deep (void)
{
  StateUnits *sets[20];
  g_autoptr (TestSet) top = test_set_new ();
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (TestUnit) unit = test_unit_new ("core", top->journal);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (sets); i++)
    {
      sets[i] = state_units_new ();
      state_units_add_unit (i == 0 ? top->units : sets[i - 1], "inner", STATE_UNIT (sets[i]), NULL,
                            &error);
      g_assert_no_error (error);
    }
  state_units_add_unit (sets[G_N_ELEMENTS (sets) - 1], "core", STATE_UNIT (unit), NULL, &error);
  g_assert_no_error (error);
  test_unit_set_int (unit, 42);

  test_start (top->units, &error);
  g_assert_no_error (error);
  test_stop (top->units, &error);
  g_assert_no_error (error);
  snapshot = test_save (top->units, &error);
  g_assert_no_error (error);
  test_unit_set_int (unit, 1);
  test_restore (top->units, snapshot, &error);
  g_assert_no_error (error);
  g_assert_cmpint (test_unit_get_int (unit), ==, 42);
  for (guint i = 0; i < G_N_ELEMENTS (sets); i++)
    g_object_unref (sets[i]);
}

/* --- In a context of its own --- */

static void
make_guest (gpointer user_data, gpointer journal)
{
  StateUnits **guest = user_data;
  g_autoptr (TestUnit) cpu = test_unit_new ("cpu", journal);
  g_autoptr (GError) error = NULL;

  *guest = state_units_new ();
  state_units_add_unit (*guest, "cpu", STATE_UNIT (cpu), NULL, &error);
  g_assert_no_error (error);
}

static void
check_guest (gpointer guest, gpointer thread)
{
  StateUnitHandle *handle = state_units_lookup (guest, "cpu");
  TestUnit *cpu = TEST_UNIT (state_unit_handle_get_unit (handle));

  g_assert_true (test_unit_get_thread (cpu) == thread);
  g_assert_cmpint (state_unit_handle_get_state (handle), ==, STATE_UNIT_STATE_RUNNING);
}

static void
drop_guest (gpointer guest, gpointer user_data)
{
  g_object_unref (guest);
}

static void
test_in_its_own_context (void)
{
  g_autoptr (TestThread) thread = test_thread_new ();
  g_autoptr (TestSet) outer = test_set_new ();
  StateUnits *guest = NULL;
  g_autoptr (StateUnit) removed = NULL;
  g_autoptr (GError) error = NULL;

  test_thread_call (thread, make_guest, &guest, outer->journal);
  test_set_add_object (outer, "guest", guest);
  test_start (outer->units, &error);
  g_assert_no_error (error);
  test_thread_call (thread, check_guest, guest, test_thread_get_thread (thread));

  removed = test_remove (test_set_get (outer, "guest"), &error);
  g_assert_no_error (error);
  g_assert_true (removed == STATE_UNIT (guest));
  g_clear_object (&removed);
  test_thread_call (thread, drop_guest, guest, NULL);
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/nesting/starts-and-stops", test_start_and_stop);
  g_test_add_func ("/nesting/the-snapshot-nests", test_snapshot_nests);
  g_test_add_func ("/nesting/a-bad-snapshot", test_a_bad_snapshot);
  g_test_add_func ("/nesting/a-failed-restore", test_failed_restore);
  g_test_add_func ("/nesting/the-tree-nests", test_tree_nests);
  g_test_add_func ("/nesting/a-failed-start-stops-everything", test_failed_start_stops_everything);
  g_test_add_func ("/nesting/a-failed-start-that-cannot-stop-is-dropped",
                   test_failed_start_that_cannot_stop);
  g_test_add_func ("/nesting/one-lost-inside-is-a-failure", test_lost_inside);
  g_test_add_func ("/nesting/a-refusal-inside-is-a-failure", test_refused_inside);
  g_test_add_func ("/nesting/a-cancel-goes-inside", test_cancel_goes_inside);
  g_test_add_func ("/nesting/not-inside-itself", test_inside_itself);
  g_test_add_func ("/nesting/in-one-set-at-a-time", test_in_one_set_at_a_time);
  g_test_add_func ("/nesting/deep", test_deep);
  g_test_add_func ("/nesting/is-asked-in-its-own-context", test_in_its_own_context);
  return g_test_run ();
}
