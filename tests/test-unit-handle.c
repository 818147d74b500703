/* SPDX-License-Identifier: MIT */

/* One unit's place in a set, and how it leaves it. */

#include "test-set.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

static void
note_property (GObject *object, GParamSpec *pspec, gpointer journal)
{
  test_journal_add (journal, "%s", pspec->name);
}

static void
test_properties (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk;
  StateUnitHandle *handle;
  g_autofree char *name = NULL;
  g_autoptr (StateUnit) unit = NULL;
  g_autoptr (StateUnits) units = NULL;
  g_auto (GStrv) dependencies = NULL;
  g_auto (GStrv) dependents = NULL;
  StateUnitState state;
  g_autoptr (GError) reason = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "bus", NULL);
  disk = test_set_add (set, "disk", "bus", NULL);
  test_set_add (set, "files", "disk", NULL);
  handle = test_set_get (set, "disk");
  g_signal_connect (handle, "notify", G_CALLBACK (note_property), set->signals);
  test_unit_fail (disk, STATE_OPERATION_START, "no power");
  g_assert_false (test_start (set->units, &error));

  g_object_get (handle, "name", &name, "unit", &unit, "units", &units, "state", &state,
                "dependencies", &dependencies, "dependents", &dependents, "error", &reason, NULL);
  g_assert_cmpstr (name, ==, "disk");
  g_assert_true (unit == STATE_UNIT (disk));
  g_assert_true (units == set->units);
  g_assert_cmpint (state, ==, STATE_UNIT_STATE_FAILED);
  g_assert_cmpuint (g_strv_length (dependencies), ==, 1);
  g_assert_cmpstr (dependencies[0], ==, "bus");
  g_assert_cmpuint (g_strv_length (dependents), ==, 1);
  g_assert_cmpstr (dependents[0], ==, "files");
  g_assert_error (reason, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_cmpstr (reason->message, ==, "no power");

  g_assert_cmpuint (test_journal_count (set->signals, "state"), ==, 2); /* starting, failed */
  g_assert_cmpuint (test_journal_count (set->signals, "error"), ==, 1);
  g_signal_handlers_disconnect_by_data (handle, set->signals);
}

/* As bindings do around several changes: what is told once it is over is complete. */
static void
test_frozen (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk = test_set_add (set, "disk", NULL);
  StateUnitHandle *handle = test_set_get (set, "disk");
  g_autoptr (GError) error = NULL;

  g_signal_connect (handle, "notify", G_CALLBACK (note_property), set->signals);
  test_unit_fail (disk, STATE_OPERATION_START, "no power");
  g_object_freeze_notify (G_OBJECT (handle));
  g_assert_false (test_start (set->units, &error));
  test_assert_journal (set->signals, "");
  g_object_thaw_notify (G_OBJECT (handle));

  g_assert_cmpuint (test_journal_count (set->signals, "state"), ==, 1);
  g_assert_cmpuint (test_journal_count (set->signals, "allowed-operations"), ==, 1);
  g_assert_cmpuint (test_journal_count (set->signals, "error"), ==, 1);
  g_signal_handlers_disconnect_by_data (handle, set->signals);
}

static void
test_lets_go_when_it_leaves (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk = test_set_add (set, "disk", NULL);
  g_autoptr (StateUnitHandle) handle = g_object_ref (test_set_get (set, "disk"));
  gpointer gone = disk;

  g_object_add_weak_pointer (gone, &gone);
  g_signal_connect (handle, "notify::unit", G_CALLBACK (note_property), set->signals);
  state_unit_handle_discard (handle);
  g_assert_null (state_unit_handle_get_unit (handle));
  g_assert_null (state_unit_handle_get_units (handle));
  g_assert_cmpstr (state_unit_handle_get_name (handle), ==, "disk");
  g_assert_cmpuint (state_unit_handle_get_allowed_operations (handle), ==, 0);
  test_assert_strv (state_unit_handle_get_dependencies (handle), "");
  g_assert_cmpuint (test_journal_count (set->signals, "unit"), ==, 1);
  test_settle ();
  g_assert_null (gone);

  state_unit_handle_discard (handle); /* once more does nothing */
  g_assert_cmpuint (test_journal_count (set->signals, "unit"), ==, 1);
}

static void
test_lets_go_when_the_set_ends (void)
{
  g_autoptr (StateUnitHandle) handle = NULL;

  {
    g_autoptr (TestSet) set = test_set_new ();

    test_set_add (set, "disk", NULL);
    handle = g_object_ref (test_set_get (set, "disk"));
  }
  g_assert_null (state_unit_handle_get_unit (handle));
  g_assert_null (state_unit_handle_get_units (handle));
  state_unit_handle_discard (handle);
}

static void
test_edges_go_along (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  state_unit_handle_discard (test_set_get (set, "b"));
  test_assert_strv (state_unit_handle_get_dependents (test_set_get (set, "a")), "c");
  test_assert_strv (state_unit_handle_get_dependencies (test_set_get (set, "d")), "c");
  test_set_add (set, "b", "a", NULL);
  test_assert_strv (state_unit_handle_get_dependents (test_set_get (set, "a")), "c b");
  test_assert_strv (state_unit_handle_get_dependencies (test_set_get (set, "d")), "c");
  test_start (set->units, &error);
  g_assert_no_error (error);
}

/* --- Removed --- */

static void
test_remove_running (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk = test_set_add (set, "disk", NULL);
  g_autoptr (StateUnit) unit = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_answers (disk, TEST_ANSWER_LATER);
  test_set_add (set, "net", NULL);
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_journal_clear (set->journal);

  unit = test_remove (test_set_get (set, "disk"), &error);
  g_assert_no_error (error);
  g_assert_true (unit == STATE_UNIT (disk));
  test_assert_journal (set->journal, "disk:stop disk:stop!");
  test_assert_states (set, "disk:gone net:running");

  /* It is free to come back. */
  test_set_add_object (set, "disk", unit);
  test_assert_states (set, "disk:stopped net:running");
}

static void
test_remove_stopped (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk = test_set_add (set, "disk", NULL);
  g_autoptr (StateUnit) unit = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "files", "disk", NULL);
  unit = test_remove (test_set_get (set, "disk"), &error);
  g_assert_no_error (error);
  g_assert_true (unit == STATE_UNIT (disk));
  test_assert_journal (set->journal, "");
  test_assert_strv (state_unit_handle_get_dependencies (test_set_get (set, "files")), "");
}

static void
test_remove_with_dependents (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) watcher = test_unit_new ("watcher", set->journal);
  StateUnitBuilder *builder;
  g_autoptr (StateUnit) unit = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  builder = state_units_add (set->units, "watcher");
  state_unit_builder_add_dependency (builder, test_set_get (set, "b"), STATE_DEPENDENCY_ORDER_ONLY,
                                     STATE_OPERATION_FLAGS_ALL);
  state_unit_builder_build (builder, STATE_UNIT (watcher), &error);
  g_assert_no_error (error);
  test_set_answer_all (set, TEST_ANSWER_LATER);
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_journal_clear (set->journal);

  /* Those that need it are stopped first; who only watches goes on. */
  unit = test_remove (test_set_get (set, "b"), &error);
  g_assert_no_error (error);
  test_assert_journal (set->journal, "d:stop d:stop! b:stop b:stop!");
  test_assert_states (set, "a:running b:gone c:running d:stopped watcher:running");
  g_assert_true (state_units_is_running (set->units));

  /* They stay stopped until somebody asks. */
  test_start_stopped (set->units, &error);
  g_assert_no_error (error);
  test_assert_states (set, "a:running c:running d:running watcher:running");
}

static void
test_remove_that_does_not_stop (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk = test_set_add (set, "disk", NULL);
  TestUnit *files = test_set_add (set, "files", "disk", NULL);
  g_autoptr (StateUnit) unit = NULL;
  g_autoptr (GError) error = NULL;

  test_start (set->units, &error);
  g_assert_no_error (error);

  test_unit_fail (disk, STATE_OPERATION_STOP, "stuck");
  g_assert_null (test_remove (test_set_get (set, "disk"), &error));
  g_assert_nonnull (error);
  test_assert_contains (error->message, "stuck");
  g_clear_error (&error);
  test_assert_states (set, "disk:failed files:stopped");
  g_assert_true (state_unit_handle_get_unit (test_set_get (set, "disk")) == STATE_UNIT (disk));

  test_unit_set_answer (disk, STATE_OPERATION_STOP, TEST_ANSWER_AT_ONCE);
  test_stop (set->units, &error);
  g_assert_no_error (error);
  test_start (set->units, &error);
  g_assert_no_error (error);

  /* Nor does it leave while one that needs it may run. */
  test_unit_fail (files, STATE_OPERATION_STOP, "busy");
  g_assert_null (test_remove (test_set_get (set, "disk"), &error));
  g_assert_nonnull (error);
  test_assert_contains (error->message, "busy");
  g_clear_error (&error);
  g_assert_nonnull (state_units_lookup (set->units, "disk"));

  test_unit_set_answer (files, STATE_OPERATION_STOP, TEST_ANSWER_AT_ONCE);
  unit = test_remove (test_set_get (set, "disk"), &error);
  g_assert_no_error (error);
  g_assert_true (unit == STATE_UNIT (disk));
}

static void
test_remove_queues (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk = test_set_add (set, "disk", NULL);
  g_autoptr (StateUnitHandle) handle = g_object_ref (test_set_get (set, "disk"));
  g_autoptr (StateUnit) unit = NULL;
  g_auto (TestCall) start = TEST_CALL_INIT;
  g_auto (TestCall) removal = TEST_CALL_INIT;
  g_auto (TestCall) save = TEST_CALL_INIT;
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_answer (disk, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &start);
  state_unit_handle_remove_async (handle, NULL, test_call_done, &removal);
  test_begin (set->units, STATE_OPERATION_SAVE, NULL, NULL, &save);
  test_wait_until (test_unit_has_request (disk));
  test_settle ();
  test_assert_journal (set->journal, "disk:start");

  test_unit_answer_held (disk);
  test_end (set->units, STATE_OPERATION_START, &start, NULL, &error);
  g_assert_no_error (error);
  unit = state_unit_handle_remove_finish (handle, test_call_wait (&removal), &error);
  g_assert_no_error (error);
  g_assert_true (unit == STATE_UNIT (disk));
  test_end (set->units, STATE_OPERATION_SAVE, &save, &snapshot, &error);
  g_assert_no_error (error);
  test_assert_journal (set->journal, "disk:start disk:start! disk:stop disk:stop!");
}

static void
test_remove_of_one_that_left (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *busy = test_set_add (set, "busy", NULL);
  g_autoptr (StateUnitHandle) handle = NULL;
  g_auto (TestCall) start = TEST_CALL_INIT;
  g_auto (TestCall) removal = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "disk", NULL);
  handle = g_object_ref (test_set_get (set, "disk"));

  /* It leaves while its removal is in the queue. */
  test_unit_set_answer (busy, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &start);
  state_unit_handle_remove_async (handle, NULL, test_call_done, &removal);
  test_wait_until (test_unit_has_request (busy));
  state_unit_handle_discard (handle);
  test_unit_answer_held (busy);
  test_call_wait (&start);
  g_assert_null (state_unit_handle_remove_finish (handle, test_call_wait (&removal), &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_REMOVED);
  g_clear_error (&error);

  /* It has left long ago. */
  g_assert_null (test_remove (handle, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_REMOVED);
}

static void
test_remove_cancelled (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk = test_set_add (set, "disk", NULL);
  StateUnitHandle *handle = test_set_get (set, "disk");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (TestCall) start = TEST_CALL_INIT;
  g_auto (TestCall) removal = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_unit_set_answer (disk, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &start);
  state_unit_handle_remove_async (handle, cancellable, test_call_done, &removal);
  test_wait_until (test_unit_has_request (disk));
  g_cancellable_cancel (cancellable);
  test_unit_answer_held (disk);
  test_call_wait (&start);
  g_assert_null (state_unit_handle_remove_finish (handle, test_call_wait (&removal), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_states (set, "disk:running");
}

static void
test_remove_without_an_object (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateUnitReceiver) receiver = NULL;
  g_autoptr (GError) error = NULL;

  state_unit_builder_build (state_units_add (set->units, "point"), NULL, &error);
  g_assert_no_error (error);
  state_unit_builder_build_receiver (state_units_add (set->units, "queue"), &receiver, &error);
  g_assert_no_error (error);

  g_assert_null (test_remove (test_set_get (set, "point"), &error));
  g_assert_no_error (error);
  g_assert_null (test_remove (test_set_get (set, "queue"), &error));
  g_assert_no_error (error);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (set->units)), ==, 0);
}

/* --- Nothing stays behind --- */

static gsize
bytes_in_use (void)
{
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
  return mallinfo2 ().uordblks;
#else
  return 0;
#endif
}

static void
test_rounds (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) unit = test_unit_new ("stick", NULL);
  gsize bytes_before = 0;
  gsize bytes_after;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "bus", NULL);
  test_set_add (set, "user", NULL);
  for (guint i = 0; i < 100000; i++)
    {
      StateUnitBuilder *builder = state_units_add (set->units, i % 2 ? "stick" : "other stick");

      state_unit_builder_depends_on (builder, test_set_get (set, "bus"));
      state_unit_builder_dependency_of (builder, test_set_get (set, "user"));
      state_unit_builder_add_alias (builder, "old stick");
      state_unit_handle_discard (state_unit_builder_build (builder, STATE_UNIT (unit), &error));
      g_assert_no_error (error);
      if (i == 1000)
        bytes_before = bytes_in_use ();
    }
  bytes_after = bytes_in_use ();

  g_test_message ("%" G_GSIZE_FORMAT " bytes before, %" G_GSIZE_FORMAT " after", bytes_before,
                  bytes_after);
  g_assert_cmpuint (bytes_after, <, bytes_before + 1024 * 1024);
  g_assert_cmpuint (G_OBJECT (unit)->ref_count, ==, 1);
  test_assert_strv (state_unit_handle_get_dependents (test_set_get (set, "bus")), "");
  test_assert_strv (state_unit_handle_get_dependencies (test_set_get (set, "user")), "");
  test_start (set->units, &error);
  g_assert_no_error (error);
}

static void
test_rounds_of_removal (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) unit = test_unit_new ("stick", NULL);
  g_autoptr (GError) error = NULL;

  test_set_add (set, "bus", NULL);
  test_start (set->units, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 1000; i++)
    {
      StateUnitBuilder *builder = state_units_add (set->units, "stick");
      g_autoptr (StateUnit) removed = NULL;

      state_unit_builder_depends_on (builder, test_set_get (set, "bus"));
      state_unit_builder_build (builder, STATE_UNIT (unit), &error);
      g_assert_no_error (error);
      test_start_stopped (set->units, &error);
      g_assert_no_error (error);
      removed = test_remove (test_set_get (set, "stick"), &error);
      g_assert_no_error (error);
    }
  g_assert_cmpuint (test_unit_get_n_asked (unit, STATE_OPERATION_STOP), ==, 1000);
  test_assert_strv (state_unit_handle_get_dependents (test_set_get (set, "bus")), "");
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/unit-handle/has-properties", test_properties);
  g_test_add_func ("/unit-handle/tells-when-thawed-what-changed-while-frozen", test_frozen);
  g_test_add_func ("/unit-handle/lets-go-of-its-unit-when-it-leaves", test_lets_go_when_it_leaves);
  g_test_add_func ("/unit-handle/lets-go-of-its-unit-when-the-set-ends",
                   test_lets_go_when_the_set_ends);
  g_test_add_func ("/unit-handle/takes-its-edges-along", test_edges_go_along);
  g_test_add_func ("/unit-handle/removed-while-running", test_remove_running);
  g_test_add_func ("/unit-handle/removed-while-stopped", test_remove_stopped);
  g_test_add_func ("/unit-handle/removed-with-dependents", test_remove_with_dependents);
  g_test_add_func ("/unit-handle/stays-if-it-does-not-stop", test_remove_that_does_not_stop);
  g_test_add_func ("/unit-handle/removal-queues", test_remove_queues);
  g_test_add_func ("/unit-handle/removed-when-it-has-left", test_remove_of_one_that_left);
  g_test_add_func ("/unit-handle/removal-cancelled-in-the-queue", test_remove_cancelled);
  g_test_add_func ("/unit-handle/removed-without-an-object", test_remove_without_an_object);
  g_test_add_func ("/unit-handle/rounds-leave-nothing-behind", test_rounds);
  g_test_add_func ("/unit-handle/rounds-of-removal-leave-nothing-behind", test_rounds_of_removal);
  return g_test_run ();
}
