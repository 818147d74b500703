/* SPDX-License-Identifier: MIT */

/* A set that is exported, and its client: peer to peer, and over a message bus. */

#include "test-connection.h"
#include "test-set.h"

#define PATH "/org/example/Machine"

typedef struct
{
  TestConnection *connection;
  TestSet *set;
  StateUnitsExporter *exporter;
  StateRemoteUnits *remote;
  TestJournal *changes; /* of the list: "items 0 -0 +1", "a running" */
} Fixture;

/* --- From beginning to end --- */

static StateRemoteUnits *
try_connect (GDBusConnection *connection, const char *name, const char *path, GError **error)
{
  g_auto (TestCall) call = TEST_CALL_INIT;

  state_remote_units_new_async (connection, name, path, NULL, test_call_done, &call);
  return state_remote_units_new_finish (test_call_wait (&call), error);
}

static void
on_items_changed (GListModel *list, guint position, guint removed, guint added, Fixture *fixture)
{
  test_journal_add (fixture->changes, "items %u -%u +%u", position, removed, added);
}

static void
set_up (Fixture *fixture, gconstpointer on_bus)
{
  g_autoptr (GError) error = NULL;

  fixture->connection = test_connection_new (GPOINTER_TO_INT (on_bus));
  fixture->set = test_set_new ();
  fixture->changes = test_journal_new ();
  test_set_add_diamond (fixture->set);
  fixture->exporter =
      state_units_export (fixture->set->units, fixture->connection->far_end, PATH, &error);
  g_assert_no_error (error);
  fixture->remote =
      try_connect (fixture->connection->near_end, fixture->connection->far_name, PATH, &error);
  g_assert_no_error (error);
  g_signal_connect (fixture->remote, "items-changed", G_CALLBACK (on_items_changed), fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer on_bus)
{
  test_settle ();
  g_signal_handlers_disconnect_by_data (fixture->remote, fixture);
  g_assert_finalize_object (fixture->remote);
  if (fixture->exporter != NULL)
    g_assert_finalize_object (fixture->exporter);
  test_set_free (fixture->set);
  test_connection_free (fixture->connection);
  test_journal_unref (fixture->changes);
}

typedef void (*Begin) (StateRemoteUnits *, GCancellable *, GAsyncReadyCallback, gpointer);
typedef gboolean (*Finish) (StateRemoteUnits *, GAsyncResult *, GError **);

static gboolean
do_operation (StateRemoteUnits *remote, Begin begin, Finish finish, GError **error)
{
  g_auto (TestCall) call = TEST_CALL_INIT;

  begin (remote, NULL, test_call_done, &call);
  return finish (remote, test_call_wait (&call), error);
}

static gboolean
do_start (StateRemoteUnits *remote, GError **error)
{
  return do_operation (remote, state_remote_units_start_async, state_remote_units_start_finish,
                       error);
}

static gboolean
do_stop (StateRemoteUnits *remote, GError **error)
{
  return do_operation (remote, state_remote_units_stop_async, state_remote_units_stop_finish,
                       error);
}

static StateSnapshot *
do_save (StateRemoteUnits *remote, GError **error)
{
  g_auto (TestCall) call = TEST_CALL_INIT;

  state_remote_units_save_async (remote, NULL, test_call_done, &call);
  return state_remote_units_save_finish (remote, test_call_wait (&call), error);
}

static gboolean
do_restore (StateRemoteUnits *remote, StateSnapshot *snapshot, GError **error)
{
  g_auto (TestCall) call = TEST_CALL_INIT;

  state_remote_units_restore_async (remote, snapshot, NULL, test_call_done, &call);
  return state_remote_units_restore_finish (remote, test_call_wait (&call), error);
}

static gboolean
do_run (StateRemoteUnits *remote, StateOperation operation, const char *options, GError **error)
{
  g_auto (TestCall) call = TEST_CALL_INIT;

  state_remote_units_run_async (remote, operation, NULL, g_variant_new_parsed (options), NULL,
                                test_call_done, &call);
  return state_remote_units_run_finish (remote, test_call_wait (&call), NULL, error);
}

static GVariant *
do_inspect (StateRemoteUnits *remote, const char *path, GError **error)
{
  g_auto (TestCall) call = TEST_CALL_INIT;

  state_remote_units_inspect_async (remote, path, 0, G_MAXUINT, NULL, test_call_done, &call);
  return state_remote_units_inspect_finish (remote, test_call_wait (&call), error);
}

static GVariant *
do_update (StateRemoteUnits *remote, const char *path, GVariant *value, GError **error)
{
  g_auto (TestCall) call = TEST_CALL_INIT;

  state_remote_units_update_async (remote, path, value, NULL, test_call_done, &call);
  return state_remote_units_update_finish (remote, test_call_wait (&call), error);
}

static char *
do_explain (StateRemoteUnits *remote, const char *name, GError **error)
{
  g_auto (TestCall) call = TEST_CALL_INIT;

  state_remote_units_explain_async (remote, name, NULL, test_call_done, &call);
  return state_remote_units_explain_finish (remote, test_call_wait (&call), error);
}

static char *
do_timeline (StateRemoteUnits *remote, const char *format, GError **error)
{
  g_auto (TestCall) call = TEST_CALL_INIT;

  state_remote_units_timeline_async (remote, format, NULL, test_call_done, &call);
  return state_remote_units_timeline_finish (remote, test_call_wait (&call), error);
}

/* --- What the client knows --- */

/* "a:running b:stopped", in the order of the list */
static char *
states_of (StateRemoteUnits *remote)
{
  GString *text = g_string_new (NULL);
  guint n = g_list_model_get_n_items (G_LIST_MODEL (remote));

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (StateRemoteHandle) handle = g_list_model_get_item (G_LIST_MODEL (remote), i);

      g_string_append_printf (text, "%s%s:%s", i > 0 ? " " : "",
                              state_remote_handle_get_name (handle),
                              state_unit_state_to_string (state_remote_handle_get_state (handle)));
    }
  return g_string_free (text, FALSE);
}

#define assert_remote(fixture, expected)                      \
  G_STMT_START                                                \
  {                                                           \
    g_autofree char *states_ = states_of ((fixture)->remote); \
    g_assert_cmpstr (states_, ==, (expected));                \
  }                                                           \
  G_STMT_END

#define wait_remote(fixture, expected)                                           \
  G_STMT_START                                                                   \
  {                                                                              \
    g_autofree char *states_ = states_of ((fixture)->remote);                    \
    g_autoptr (TestWatchdog) watchdog_ = test_watchdog_new (G_STRLOC, expected); \
    while (!g_str_equal (states_, (expected)))                                   \
      {                                                                          \
        test_watchdog_iterate (watchdog_);                                       \
        g_free (states_);                                                        \
        states_ = states_of ((fixture)->remote);                                 \
      }                                                                          \
  }                                                                              \
  G_STMT_END

typedef char **(*GetNames) (StateRemoteHandle *);

static gboolean
has_names (Fixture *fixture, const char *unit, GetNames get, const char *expected)
{
  g_auto (GStrv) names = get (state_remote_units_lookup (fixture->remote, unit));
  g_autofree char *joined = g_strjoinv (" ", names);

  return g_str_equal (joined, expected);
}

#define wait_names(fixture, unit, which, expected) \
  test_wait_until (has_names ((fixture), (unit), state_remote_handle_get_##which, (expected)))

/* --- The list --- */

static void
test_list (Fixture *fixture, gconstpointer on_bus)
{
  StateRemoteHandle *d = state_remote_units_lookup (fixture->remote, "d");

  assert_remote (fixture, "a:stopped b:stopped c:stopped d:stopped");
  test_assert_strv (state_remote_handle_get_dependencies (d), "b c");
  test_assert_strv (state_remote_handle_get_dependents (d), "");
  g_assert_cmpuint (state_remote_handle_get_allowed_operations (d), ==,
                    state_unit_handle_get_allowed_operations (test_set_get (fixture->set, "d")));
  g_assert_null (state_remote_handle_get_error (d));
  g_assert_null (state_remote_units_lookup (fixture->remote, "e"));
  g_assert_true (state_remote_units_is_connected (fixture->remote));
  g_assert_false (state_remote_units_is_running (fixture->remote));
  g_assert_cmpuint (state_remote_units_get_allowed_operations (fixture->remote), ==,
                    state_units_get_allowed_operations (fixture->set->units));
  g_assert_null (state_remote_units_get_last_transition (fixture->remote));
}

static void
test_membership (Fixture *fixture, gconstpointer on_bus)
{
  g_autoptr (StateRemoteHandle) b = NULL;

  test_set_add (fixture->set, "e", "d", NULL);
  wait_remote (fixture, "a:stopped b:stopped c:stopped d:stopped e:stopped");
  test_assert_journal (fixture->changes, "items 4 -0 +1");
  wait_names (fixture, "d", dependents, "e");

  test_journal_clear (fixture->changes);
  b = g_object_ref (state_remote_units_lookup (fixture->remote, "b"));
  state_unit_handle_discard (test_set_get (fixture->set, "b"));
  wait_remote (fixture, "a:stopped c:stopped d:stopped e:stopped");
  test_assert_journal (fixture->changes, "items 1 -1 +0");
  wait_names (fixture, "a", dependents, "c");
  wait_names (fixture, "d", dependencies, "c");
  g_assert_cmpstr (state_remote_handle_get_name (b), ==, "b");

  /* One of the same name is another one. */
  test_set_add (fixture->set, "b", "a", NULL);
  wait_remote (fixture, "a:stopped c:stopped d:stopped e:stopped b:stopped");
  g_assert_true (state_remote_units_lookup (fixture->remote, "b") != b);
}

static void
test_names (Fixture *fixture, gconstpointer on_bus)
{
  const char *names[] = { "lines/irq", "lines_2firq", "x", "X", "ärger 木", "a.b-c:d", "_", "__" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    test_set_add (fixture->set, names[i], NULL);
  test_wait_until (g_list_model_get_n_items (G_LIST_MODEL (fixture->remote)) ==
                   4 + G_N_ELEMENTS (names));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      StateRemoteHandle *handle = state_remote_units_lookup (fixture->remote, names[i]);

      g_assert_nonnull (handle);
      g_assert_cmpstr (state_remote_handle_get_name (handle), ==, names[i]);
    }
}

/* --- Operations --- */

static void
test_operations (Fixture *fixture, gconstpointer on_bus)
{
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_int (test_set_get_unit (fixture->set, "a"), 1);
  do_start (fixture->remote, &error);
  g_assert_no_error (error);
  /* Not later: with the callback. */
  assert_remote (fixture, "a:running b:running c:running d:running");
  g_assert_true (state_remote_units_is_running (fixture->remote));

  do_stop (fixture->remote, &error);
  g_assert_no_error (error);
  assert_remote (fixture, "a:stopped b:stopped c:stopped d:stopped");
  g_assert_false (state_remote_units_is_running (fixture->remote));

  snapshot = do_save (fixture->remote, &error);
  g_assert_no_error (error);
  test_assert_strv (state_snapshot_list_names (snapshot), "a");
  test_unit_set_int (test_set_get_unit (fixture->set, "a"), 2);
  do_restore (fixture->remote, snapshot, &error);
  g_assert_no_error (error);
  g_assert_cmpint (test_unit_get_int (test_set_get_unit (fixture->set, "a")), ==, 1);

  do_operation (fixture->remote, state_remote_units_reset_async, state_remote_units_reset_finish,
                &error);
  g_assert_no_error (error);
  g_assert_cmpuint (test_unit_get_n_asked (test_set_get_unit (fixture->set, "a"),
                                           STATE_OPERATION_RESET),
                    ==, 1);
}

static void
test_start_stopped_units (Fixture *fixture, gconstpointer on_bus)
{
  g_autoptr (GError) error = NULL;

  do_start (fixture->remote, &error);
  g_assert_no_error (error);
  test_set_add (fixture->set, "e", NULL);
  do_operation (fixture->remote, state_remote_units_start_stopped_units_async,
                state_remote_units_start_stopped_units_finish, &error);
  g_assert_no_error (error);
  assert_remote (fixture, "a:running b:running c:running d:running e:running");
}

static void
test_options (Fixture *fixture, gconstpointer on_bus)
{
  g_autoptr (GError) error = NULL;

  do_run (fixture->remote, STATE_OPERATION_START, "{'units': <['b']>}", &error);
  g_assert_no_error (error);
  assert_remote (fixture, "a:running b:running c:stopped d:stopped");

  do_run (fixture->remote, STATE_OPERATION_START, "{'units': <['b', 'x']>}", &error);
  test_assert_error (error, STATE_ERROR_UNKNOWN_UNIT,
                     "unknown unit name x: there is no such unit in the set");

  test_unit_fail (test_set_get_unit (fixture->set, "c"), STATE_OPERATION_START, "broken");
  do_run (fixture->remote, STATE_OPERATION_START, "{'failure-policy': <'roll-back'>}", &error);
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  g_clear_error (&error);
  assert_remote (fixture, "a:running b:running c:failed d:stopped");

  test_unit_set_answer (test_set_get_unit (fixture->set, "c"), STATE_OPERATION_START,
                        TEST_ANSWER_HELD);
  do_run (fixture->remote, STATE_OPERATION_START, "{'timeout': <uint32 10>}", &error);
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TIMED_OUT);
  g_clear_error (&error);
  assert_remote (fixture, "a:running b:running c:uncertain d:stopped");
  test_unit_answer_held (test_set_get_unit (fixture->set, "c"));
  test_set_wait_state (fixture->set, "c", STATE_UNIT_STATE_RUNNING);
  test_set_answer_all (fixture->set, TEST_ANSWER_AT_ONCE);

  do_run (fixture->remote, STATE_OPERATION_RESET, "{'resume': <true>}", &error);
  g_assert_no_error (error);
  assert_remote (fixture, "a:running b:running c:running d:stopped");
}

static void
test_bad_options (Fixture *fixture, gconstpointer on_bus)
{
  const struct
  {
    const char *options;
    const char *message;
  } rows[] = {
    { "{'unit': <'a'>}", "there is no option unit here" },
    { "{'snapshot': <<1>>}", "there is no option snapshot here" },
    { "{'units': <'a'>}", "the option units is of type as, not s" },
    { "{'timeout': <1>}", "the option timeout is of type u, not i" },
    { "{'failure-policy': <'panic'>}",
      "there is no failure policy panic: only skip-dependents, roll-back and keep-going" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;

      do_run (fixture->remote, STATE_OPERATION_START, rows[i].options, &error);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_assert_cmpstr (error->message, ==, rows[i].message);
    }
  test_assert_journal (fixture->set->journal, "");
}

static void
test_errors (Fixture *fixture, gconstpointer on_bus)
{
  StateRemoteHandle *b = state_remote_units_lookup (fixture->remote, "b");
  StateRemoteTransition *transition;
  g_autoptr (GError) error = NULL;

  test_unit_fail (test_set_get_unit (fixture->set, "b"), STATE_OPERATION_RESET, "no power");
  do_operation (fixture->remote, state_remote_units_reset_async, state_remote_units_reset_finish,
                &error);
  transition = state_remote_units_get_last_transition (fixture->remote);
  g_assert_cmpint (state_remote_transition_get_status (transition), ==,
                   STATE_TRANSITION_STATUS_FAILED);
  g_assert_error (state_remote_transition_get_error (transition), STATE_ERROR,
                  STATE_ERROR_TRANSITION_FAILED);
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED, "reset failed: {b: no power}");
  g_assert_cmpint (state_remote_handle_get_state (b), ==, STATE_UNIT_STATE_FAILED);
  g_assert_error (state_remote_handle_get_error (b), G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_cmpstr (state_remote_handle_get_error (b)->message, ==, "no power");

  do_run (fixture->remote, STATE_OPERATION_START, "{'units': <['b']>}", &error);
  g_assert_error (error, STATE_ERROR, STATE_ERROR_WRONG_STATE);
  g_clear_error (&error);

  test_unit_set_answer (test_set_get_unit (fixture->set, "b"), STATE_OPERATION_RESET,
                        TEST_ANSWER_AT_ONCE);
  do_operation (fixture->remote, state_remote_units_reset_async, state_remote_units_reset_finish,
                &error);
  g_assert_no_error (error);
  g_assert_null (state_remote_handle_get_error (b));

  do_run (fixture->remote, STATE_OPERATION_POST_RESTORE, "@a{sv} {}", &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  do_run (fixture->remote, STATE_OPERATION_RESTORE, "@a{sv} {}", &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

static void
test_progress (Fixture *fixture, gconstpointer on_bus)
{
  TestUnit *a = test_set_get_unit (fixture->set, "a");
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;
  StateRemoteTransition *transition;

  test_unit_set_answer (a, STATE_OPERATION_START, TEST_ANSWER_HELD);
  state_remote_units_start_async (fixture->remote, NULL, test_call_done, &call);
  test_wait_until (state_remote_units_get_current_transition (fixture->remote) != NULL);
  transition = state_remote_units_get_current_transition (fixture->remote);
  g_assert_cmpint (state_remote_transition_get_operation (transition), ==, STATE_OPERATION_START);
  g_assert_cmpint (state_remote_transition_get_status (transition), ==,
                   STATE_TRANSITION_STATUS_RUNNING);
  g_assert_cmpuint (state_remote_transition_get_n_units (transition), ==, 4);
  g_assert_cmpuint (state_remote_transition_get_n_finished (transition), ==, 0);
  wait_remote (fixture, "a:starting b:stopped c:stopped d:stopped");

  test_wait_until (test_unit_has_request (a));
  {
    g_autoptr (StateRequest) request = test_unit_take_request (a);

    state_request_set_progress (request, 0.5, NULL);
    test_wait_until (state_remote_transition_get_progress (transition) > 0.12);
    state_request_complete (request);
  }
  g_assert_true (state_remote_units_start_finish (fixture->remote, test_call_wait (&call), &error));
  g_assert_null (state_remote_units_get_current_transition (fixture->remote));
  g_assert_true (state_remote_units_get_last_transition (fixture->remote) == transition);
  g_assert_cmpint (state_remote_transition_get_status (transition), ==,
                   STATE_TRANSITION_STATUS_SUCCEEDED);
  g_assert_cmpuint (state_remote_transition_get_n_finished (transition), ==, 4);
  g_assert_cmpint (state_remote_transition_get_elapsed (transition), ==,
                   state_transition_get_elapsed (
                       state_units_get_last_transition (fixture->set->units)));
}

static GDBusMessage *
count_changes (GDBusConnection *connection,
               GDBusMessage *message,
               gboolean incoming,
               gpointer user_data)
{
  const char *path = g_dbus_message_get_path (message);

  if (!incoming && g_strcmp0 (g_dbus_message_get_member (message), "PropertiesChanged") == 0 &&
      g_str_equal (path, PATH "/unit/a"))
    g_atomic_int_inc ((int *) user_data);
  return message;
}

/* What changes again and again while the main loop goes round once is told once. */
static void
test_coalescing (Fixture *fixture, gconstpointer on_bus)
{
  g_autoptr (GError) error = NULL;
  guint filter;
  int n_changes = 0;

  filter =
      g_dbus_connection_add_filter (fixture->connection->far_end, count_changes, &n_changes, NULL);
  do_start (fixture->remote, &error);
  g_assert_no_error (error);
  /* Starting, running: in one turn of the loop, since it answers at once. */
  assert_remote (fixture, "a:running b:running c:running d:running");
  g_assert_cmpint (g_atomic_int_get (&n_changes), ==, 1);
  g_dbus_connection_remove_filter (fixture->connection->far_end, filter);
}

/* Once it has been cancelled. */
static void
answer_cancelled (TestUnit *unit)
{
  g_autoptr (StateRequest) request = test_unit_take_request (unit);

  test_wait_until (g_cancellable_is_cancelled (state_request_get_cancellable (request)));
  state_request_fail_literal (request, G_IO_ERROR, G_IO_ERROR_CANCELLED, "it was cancelled");
}

static void
test_cancel (Fixture *fixture, gconstpointer on_bus)
{
  TestUnit *a = test_set_get_unit (fixture->set, "a");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 2; i++)
    {
      g_auto (TestCall) call = TEST_CALL_INIT;

      test_unit_set_answer (a, STATE_OPERATION_START, TEST_ANSWER_HELD);
      g_cancellable_reset (cancellable);
      state_remote_units_start_async (fixture->remote, cancellable, test_call_done, &call);
      test_wait_until (test_unit_has_request (a));
      if (i == 0)
        g_cancellable_cancel (cancellable);
      else
        state_remote_units_cancel (fixture->remote);
      answer_cancelled (a);
      g_assert_false (
          state_remote_units_start_finish (fixture->remote, test_call_wait (&call), &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_error (&error);
      assert_remote (fixture, "a:stopped b:stopped c:stopped d:stopped");
    }

  /* One that is cancelled before is not asked for. */
  {
    g_auto (TestCall) call = TEST_CALL_INIT;

    test_journal_clear (fixture->set->journal);
    g_cancellable_cancel (cancellable);
    state_remote_units_start_async (fixture->remote, cancellable, test_call_done, &call);
    g_assert_false (
        state_remote_units_start_finish (fixture->remote, test_call_wait (&call), &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    test_assert_journal (fixture->set->journal, "");
  }
}

static GDBusMessage *
swallow (GDBusConnection *connection,
         GDBusMessage *message,
         gboolean is_incoming,
         gpointer user_data)
{
  if (!is_incoming)
    return message;
  g_object_unref (message);
  return NULL;
}

/* "for 10 seconds, since it is stuck", and no reply that comes after all does any harm */
static void
test_cancel_when_stuck (Fixture *fixture, gconstpointer on_bus)
{
  TestUnit *a = test_set_get_unit (fixture->set, "a");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (StateRequest) request = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (TestCall) call = TEST_CALL_INIT;
  guint filter;

  test_unit_set_answer (a, STATE_OPERATION_START, TEST_ANSWER_HELD);
  state_remote_units_start_async (fixture->remote, cancellable, test_call_done, &call);
  test_wait_until (test_unit_has_request (a));
  filter = g_dbus_connection_add_filter (fixture->connection->far_end, swallow, NULL, NULL);
  g_cancellable_cancel (cancellable);
  g_assert_false (
      state_remote_units_start_finish (fixture->remote, test_call_wait (&call), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_nonnull (strstr (error->message, "does not answer"));

  g_dbus_connection_remove_filter (fixture->connection->far_end, filter);
  request = test_unit_take_request (a);
  state_request_complete (request);
  test_wait_until (state_units_is_running (fixture->set->units));
  wait_remote (fixture, "a:running b:running c:running d:running");
}

/* The operation goes on when its caller has gone. */
static void
test_caller_leaves (Fixture *fixture, gconstpointer on_bus)
{
  TestUnit *a = test_set_get_unit (fixture->set, "a");
  g_auto (TestCall) call = TEST_CALL_INIT;

  test_unit_set_answer (a, STATE_OPERATION_START, TEST_ANSWER_HELD);
  state_remote_units_start_async (fixture->remote, NULL, test_call_done, &call);
  test_wait_until (test_unit_has_request (a));
  g_dbus_connection_close_sync (fixture->connection->near_end, NULL, NULL);
  {
    g_autoptr (GError) error = NULL;

    g_assert_false (
        state_remote_units_start_finish (fixture->remote, test_call_wait (&call), &error));
    g_assert_error (error, STATE_ERROR, STATE_ERROR_LOST);
  }
  test_unit_answer_held (a);
  test_set_wait_state (fixture->set, "d", STATE_UNIT_STATE_RUNNING);
}

/* --- Questions --- */

static void
test_inspect_and_update (Fixture *fixture, gconstpointer on_bus)
{
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_int (test_set_get_unit (fixture->set, "d"), 4);
  tree = do_inspect (fixture->remote, NULL, &error);
  g_assert_no_error (error);
  test_assert_tree (tree, "d/unit_state", "'stopped'");
  test_assert_tree (tree, "d/value", "4");

  value = do_update (fixture->remote, "d/value", g_variant_new_int32 (5), &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_variant_get_int32 (value), ==, 5);
  g_assert_cmpint (test_unit_get_int (test_set_get_unit (fixture->set, "d")), ==, 5);

  g_assert_null (do_inspect (fixture->remote, "nothing/here", &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_UNKNOWN_UNIT);
  g_clear_error (&error);
  g_assert_null (do_update (fixture->remote, "d/value",
                            g_variant_new_maybe (NULL, g_variant_new_int32 (1)), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

static GVariant *
nested (guint depth)
{
  GVariant *value = g_variant_new_int32 (7);

  for (guint i = 0; i < depth; i++)
    {
      GVariantBuilder builder;

      g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
      g_variant_builder_add (&builder, "{sv}", "in", value);
      value = g_variant_builder_end (&builder);
    }
  return value;
}

/* A unit answers with what it likes; what D-Bus has no room for hides nothing else. */
static void
test_odd_values (Fixture *fixture, gconstpointer on_bus)
{
  GVariant *values[] = {
    g_variant_new_maybe (G_VARIANT_TYPE_STRING, NULL),
    g_variant_new_handle (0),
    nested (20),
    g_variant_new_parsed (
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[['deep']]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
    g_variant_new_parsed ("{'maybe': <just 1>, 'plain': <2>}"),
    g_variant_new_bytestring ("\xff\xfe"),
  };
  const char *texts[] = { "'@ms nothing'", "'handle 0'", NULL, NULL, NULL, "b'\\377\\376'" };

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autoptr (GVariant) tree = NULL;
      g_autoptr (GError) error = NULL;

      test_unit_set_value (test_set_get_unit (fixture->set, "d"), values[i]);
      tree = do_inspect (fixture->remote, NULL, &error);
      g_assert_no_error (error);
      test_assert_tree (tree, "d/unit_state", "'stopped'");
      if (texts[i] != NULL)
        {
          g_autofree char *expected = g_strconcat ("d/value: ", texts[i], NULL);
          g_autofree char *text = test_tree_print (tree, "d/value");

          g_assert_cmpstr (text, ==, expected);
        }
      if (i == 4)
        test_assert_tree (tree, "d/value/plain", "2");
    }
}

static void
test_plan (Fixture *fixture, gconstpointer on_bus)
{
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_auto (TestCall) second_call = TEST_CALL_INIT;
  g_autoptr (GVariant) plan = NULL;
  g_autoptr (GVariant) second_plan = NULL;
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;
  const char *text;

  state_remote_units_plan_async (fixture->remote, STATE_OPERATION_START, NULL,
                                 g_variant_new_parsed ("{'units': <['c']>}"), NULL, test_call_done,
                                 &call);
  plan = state_remote_units_plan_finish (fixture->remote, test_call_wait (&call), &error);
  g_assert_no_error (error);
  test_assert_tree (plan, "levels", "[['a'], ['c']]");
  test_assert_tree (plan, "skipped", "{}");
  test_assert_tree (plan, "critical-path", "['a', 'c']");
  test_assert_tree (plan, "expected-duration", "0");
  g_assert_true (g_variant_lookup (plan, "text", "&s", &text));
  test_assert_contains (text, "plan: start, 2 units, 2 levels");
  test_assert_journal (fixture->set->journal, "");

  test_unit_set_int (test_set_get_unit (fixture->set, "b"), 4);
  snapshot = do_save (fixture->remote, &error);
  state_remote_units_plan_async (fixture->remote, STATE_OPERATION_RESTORE, snapshot, NULL, NULL,
                                 test_call_done, &second_call);
  second_plan =
      state_remote_units_plan_finish (fixture->remote, test_call_wait (&second_call), &error);
  g_assert_no_error (error);
  g_assert_true (g_variant_lookup (second_plan, "text", "&s", &text));
  test_assert_contains (text, "plan: restore");
}

static void
test_words (Fixture *fixture, gconstpointer on_bus)
{
  TestUnit *a = test_set_get_unit (fixture->set, "a");
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;
  g_autofree char *nothing = do_explain (fixture->remote, NULL, NULL);
  g_autofree char *d = NULL;
  g_autofree char *whole = NULL;
  g_autofree char *after = NULL;
  g_autofree char *dot = do_timeline (fixture->remote, "dot", NULL);
  g_autofree char *svg = NULL;
  g_autofree char *trace = NULL;

  g_assert_cmpstr (nothing, ==, "nothing is under way, and nothing has been yet\n");
  test_assert_contains (dot, "digraph");
  g_assert_null (do_timeline (fixture->remote, "svg", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (do_timeline (fixture->remote, "gif", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (do_explain (fixture->remote, "x", &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_UNKNOWN_UNIT);
  g_clear_error (&error);

  test_unit_set_answer (a, STATE_OPERATION_START, TEST_ANSWER_HELD);
  state_remote_units_start_async (fixture->remote, NULL, test_call_done, &call);
  test_wait_until (test_unit_has_request (a));
  d = do_explain (fixture->remote, "d", &error);
  test_assert_contains (d,
                        "d waits for b (and 1 more), which waits for a, which was asked to start");
  whole = do_explain (fixture->remote, NULL, &error);
  test_assert_contains (whole, "start has been under way for ");
  test_assert_contains (whole, ", 0 of 4 units are done\n  a was asked to start ");

  test_unit_fail_held (a, "no power");
  g_assert_false (
      state_remote_units_start_finish (fixture->remote, test_call_wait (&call), &error));
  after = do_explain (fixture->remote, NULL, NULL);
  test_assert_contains (after, "start failed after ");
  test_assert_contains (after, "\n  a: failed: no power\n  and 3 skipped because of them\n");
  svg = do_timeline (fixture->remote, "svg", NULL);
  test_assert_contains (svg, "<svg");
  trace = do_timeline (fixture->remote, "trace-json", NULL);
  test_assert_contains (trace, "traceEvents");
}

/* --- Large snapshots --- */

static void
test_large_snapshot (Fixture *fixture, gconstpointer on_bus)
{
  g_autofree guint8 *bytes = g_malloc0 (3 * 1024 * 1024);
  TestUnit *a = test_set_get_unit (fixture->set, "a");
  g_autoptr (GVariant) value = g_variant_ref_sink (
      g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, bytes, 3 * 1024 * 1024, 1));
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;
  GVariant *saved;

  test_unit_set_value (a, value);
  snapshot = do_save (fixture->remote, &error);
  g_assert_no_error (error);
  saved = state_snapshot_lookup (snapshot, "a");
  g_assert_cmpuint (g_variant_get_size (saved), >=, g_variant_get_size (value));
  do_restore (fixture->remote, snapshot, &error);
  g_assert_no_error (error);
}

/* --- Going --- */

static void
test_set_goes (Fixture *fixture, gconstpointer on_bus)
{
  g_autoptr (GError) error = NULL;
  StateRemoteUnits *again;

  test_set_free (fixture->set);
  g_assert_null (state_units_exporter_get_units (fixture->exporter));
  test_wait_until (!state_remote_units_is_connected (fixture->remote));
  test_assert_journal (fixture->changes, "items 0 -4 +0");
  assert_remote (fixture, "");
  g_assert_cmpuint (state_remote_units_get_allowed_operations (fixture->remote), ==, 0);
  do_start (fixture->remote, &error);
  g_assert_error (error, STATE_ERROR, STATE_ERROR_LOST);
  g_clear_error (&error);
  again = try_connect (fixture->connection->near_end, fixture->connection->far_name, PATH, &error);
  g_assert_null (again);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);

  fixture->set = test_set_new ();
}

static void
test_unexport (Fixture *fixture, gconstpointer on_bus)
{
  TestUnit *a = test_set_get_unit (fixture->set, "a");
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  /* Whoever asked before is told all the same. */
  test_unit_set_answer (a, STATE_OPERATION_START, TEST_ANSWER_HELD);
  state_remote_units_start_async (fixture->remote, NULL, test_call_done, &call);
  test_wait_until (test_unit_has_request (a));
  g_assert_finalize_object (g_steal_pointer (&fixture->exporter));
  test_wait_until (!state_remote_units_is_connected (fixture->remote));
  test_unit_answer_held (a);
  g_assert_true (state_remote_units_start_finish (fixture->remote, test_call_wait (&call), &error));
  g_assert_no_error (error);
}

static void
test_export_twice (Fixture *fixture, gconstpointer on_bus)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StateUnitsExporter) second = NULL;
  g_autoptr (StateRemoteUnits) remote = NULL;

  g_assert_null (
      state_units_export (fixture->set->units, fixture->connection->far_end, PATH, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  g_clear_error (&error);
  /* The first one still works. */
  do_start (fixture->remote, &error);
  g_assert_no_error (error);

  second = state_units_export (fixture->set->units, fixture->connection->far_end, "/", &error);
  g_assert_no_error (error);
  remote = try_connect (fixture->connection->near_end, fixture->connection->far_name, "/", &error);
  g_assert_no_error (error);
  g_assert_nonnull (state_remote_units_lookup (remote, "a"));
  g_assert_cmpstr (state_units_exporter_get_object_path (second), ==, "/");
  g_assert_true (state_units_exporter_get_connection (second) == fixture->connection->far_end);
  g_assert_true (state_units_exporter_get_units (second) == fixture->set->units);
}

static void
test_process_goes (Fixture *fixture, gconstpointer on_bus)
{
  TestUnit *a = test_set_get_unit (fixture->set, "a");
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;
  StateRemoteTransition *transition;

  test_unit_set_answer (a, STATE_OPERATION_START, TEST_ANSWER_HELD);
  state_remote_units_start_async (fixture->remote, NULL, test_call_done, &call);
  test_wait_until (test_unit_has_request (a));
  test_wait_until (state_remote_units_get_current_transition (fixture->remote) != NULL);
  test_connection_close_far_end (fixture->connection);
  g_assert_false (
      state_remote_units_start_finish (fixture->remote, test_call_wait (&call), &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_LOST);
  test_wait_until (!state_remote_units_is_connected (fixture->remote));
  assert_remote (fixture, "");
  transition = state_remote_units_get_last_transition (fixture->remote);
  g_assert_error (state_remote_transition_get_error (transition), STATE_ERROR, STATE_ERROR_LOST);
  g_assert_null (state_remote_units_get_current_transition (fixture->remote));
  test_unit_answer_held (a);
  test_set_wait_state (fixture->set, "d", STATE_UNIT_STATE_RUNNING);
}

/* --- The bus alone --- */

static void
own_name (GDBusConnection *connection, const char *method)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_sync (connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                   "org.freedesktop.DBus", method,
                                   g_str_equal (method, "RequestName")
                                       ? g_variant_new ("(su)", "org.example.Machine", 0)
                                       : g_variant_new ("(s)", "org.example.Machine"),
                                   NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);

  g_assert_no_error (error);
}

static void
test_name_comes_back (Fixture *fixture, gconstpointer on_bus)
{
  g_autoptr (StateRemoteUnits) remote = NULL;
  g_autoptr (GError) error = NULL;

  remote = try_connect (fixture->connection->near_end, "org.example.Machine", PATH, &error);
  g_assert_null (remote);
  test_assert_error (error, STATE_ERROR_LOST, "nobody has the name org.example.Machine on the bus");

  own_name (fixture->connection->far_end, "RequestName");
  remote = try_connect (fixture->connection->near_end, "org.example.Machine", PATH, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (remote)), ==, 4);

  own_name (fixture->connection->far_end, "ReleaseName");
  test_wait_until (!state_remote_units_is_connected (remote));
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (remote)), ==, 0);
  test_set_add (fixture->set, "e", NULL);
  own_name (fixture->connection->far_end, "RequestName");
  test_wait_until (state_remote_units_is_connected (remote));
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (remote)), ==, 5);
  do_start (remote, &error);
  g_assert_no_error (error);
}

/* --- Who is let in --- */

static GCredentials *
foreign_credentials (void)
{
  struct
  {
    int pid, uid, gid;
  } native = { 1, 12345, 12345 };
  GCredentials *credentials = g_credentials_new ();

  g_credentials_set_native (credentials, G_CREDENTIALS_TYPE_LINUX_UCRED, &native);
  return credentials;
}

static gboolean
is_let_in (StateUnitsExporter *exporter, GCredentials *credentials)
{
  gboolean answer = FALSE;

  g_signal_emit_by_name (exporter, "authorize", credentials, &answer);
  return answer;
}

static gboolean
let_in (StateUnitsExporter *exporter, GCredentials *credentials, gpointer user_data)
{
  return TRUE;
}

static gboolean
do_not_care (StateUnitsExporter *exporter, GCredentials *credentials, gpointer user_data)
{
  return FALSE;
}

static void
test_authorize (Fixture *fixture, gconstpointer on_bus)
{
  g_autoptr (GCredentials) own = g_credentials_new ();
  g_autoptr (GCredentials) foreign = foreign_credentials ();

  g_assert_true (is_let_in (fixture->exporter, own));
  g_assert_false (is_let_in (fixture->exporter, foreign));
  g_assert_false (is_let_in (fixture->exporter, NULL));
  g_signal_connect (fixture->exporter, "authorize", G_CALLBACK (do_not_care), NULL);
  g_assert_true (is_let_in (fixture->exporter, own));
  g_assert_false (is_let_in (fixture->exporter, foreign));
  g_signal_connect (fixture->exporter, "authorize", G_CALLBACK (let_in), NULL);
  g_assert_true (is_let_in (fixture->exporter, foreign));
  g_assert_true (is_let_in (fixture->exporter, NULL));
}

static void
refuse (StateUnitsExporter *exporter, GCredentials *credentials, gpointer user_data)
{
  g_signal_stop_emission_by_name (exporter, "authorize");
}

/* Whoever is not let in neither reads nor does anything. */
static void
test_refused (Fixture *fixture, gconstpointer on_bus)
{
  const char *calls[][3] = {
    { "org.stateunit.Units1", "Start", "(@a{sv} {},)" },
    { "org.stateunit.Units1", "Cancel", "(uint32 0,)" },
    { "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", "()" },
    { "org.freedesktop.DBus.Properties", "GetAll", "('org.stateunit.Units1',)" },
    { "org.freedesktop.DBus.Properties", "Get", "('org.stateunit.Units1', 'Running')" },
  };
  g_autoptr (GError) error = NULL;

  g_signal_connect (fixture->exporter, "authorize", G_CALLBACK (refuse), NULL);
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      g_auto (TestCall) call = TEST_CALL_INIT;

      g_dbus_connection_call (fixture->connection->near_end, fixture->connection->far_name, PATH,
                              calls[i][0], calls[i][1], g_variant_new_parsed (calls[i][2]), NULL,
                              G_DBUS_CALL_FLAGS_NONE, -1, NULL, test_call_done, &call);
      g_assert_null (g_dbus_connection_call_finish (fixture->connection->near_end,
                                                    test_call_wait (&call), &error));
      g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED);
      g_clear_error (&error);
    }
  g_assert_null (
      try_connect (fixture->connection->near_end, fixture->connection->far_name, PATH, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  test_assert_journal (fixture->set->journal, "");
}

/* --- Other clients --- */

static GVariant *
call_by_hand (Fixture *fixture,
              const char *path,
              const char *interface_name,
              const char *method,
              const char *parameters,
              GError **error)
{
  g_auto (TestCall) call = TEST_CALL_INIT;

  g_dbus_connection_call (fixture->connection->near_end, fixture->connection->far_name, path,
                          interface_name, method, g_variant_new_parsed (parameters), NULL,
                          G_DBUS_CALL_FLAGS_NONE, -1, NULL, test_call_done, &call);
  return g_dbus_connection_call_finish (fixture->connection->near_end, test_call_wait (&call),
                                        error);
}

static void
test_properties (Fixture *fixture, gconstpointer on_bus)
{
  g_autoptr (GVariant) running = call_by_hand (fixture, PATH, "org.freedesktop.DBus.Properties",
                                               "Get", "('org.stateunit.Units1', 'Running')", NULL);
  g_autoptr (GVariant) name =
      call_by_hand (fixture, PATH "/unit/a", "org.freedesktop.DBus.Properties", "Get",
                    "('org.stateunit.Handle1', 'Name')", NULL);
  g_autoptr (GVariant) all =
      call_by_hand (fixture, PATH "/unit/a", "org.freedesktop.DBus.Properties", "GetAll",
                    "('org.stateunit.Handle1',)", NULL);
  g_autofree char *text = g_variant_print (running, FALSE);
  g_autofree char *name_text = g_variant_print (name, FALSE);

  g_assert_cmpstr (text, ==, "(<false>,)");
  g_assert_cmpstr (name_text, ==, "(<'a'>,)");
  g_assert_nonnull (all);
}

/* What was set there is known here. */
static void
test_settings (Fixture *fixture, gconstpointer on_bus)
{
  StateFailurePolicy policy;
  guint timeout, max_concurrency;

  state_units_set_failure_policy (fixture->set->units, STATE_FAILURE_POLICY_KEEP_GOING);
  state_units_set_default_timeout (fixture->set->units, 5000);
  state_units_set_max_concurrency (fixture->set->units, 3);
  test_wait_until (state_remote_units_get_max_concurrency (fixture->remote) == 3);
  g_assert_cmpuint (state_remote_units_get_default_timeout (fixture->remote), ==, 5000);
  g_assert_cmpint (state_remote_units_get_failure_policy (fixture->remote), ==,
                   STATE_FAILURE_POLICY_KEEP_GOING);
  g_object_get (fixture->remote, "failure-policy", &policy, "default-timeout", &timeout,
                "max-concurrency", &max_concurrency, NULL);
  g_assert_cmpint (policy, ==, STATE_FAILURE_POLICY_KEEP_GOING);
  g_assert_cmpuint (timeout, ==, 5000);
  g_assert_cmpuint (max_concurrency, ==, 3);
}

/* What nobody should send. */
static void
test_nonsense_from_clients (Fixture *fixture, gconstpointer on_bus)
{
  const char *calls[][4] = {
    { PATH, "org.stateunit.Units1", "Start", "()" },
    { PATH, "org.stateunit.Units1", "Start", "(1, 2)" },
    { PATH, "org.stateunit.Units1", "Fly", "()" },
    { PATH, "org.stateunit.Units1", "Restore", "(<1>, @a{sv} {})" },
    { PATH, "org.stateunit.Units1", "Restore", "(<@ay [1, 2, 3]>, @a{sv} {})" },
    { PATH, "org.stateunit.Units1", "Restore", "(<('ay', @ay [1, 2, 3])>, @a{sv} {})" },
    { PATH, "org.stateunit.Units1", "Restore", "(<('s', @ay [65, 0])>, @a{sv} {})" },
    { PATH, "org.stateunit.Units1", "Restore", "(<('((((', @ay [65, 0])>, @a{sv} {})" },
    { PATH, "org.stateunit.Units1", "Restore", "(<('ay', handle 7, uint64 9)>, @a{sv} {})" },
    { PATH, "org.stateunit.Units1", "Plan", "('inspect', @a{sv} {})" },
    { PATH, "org.stateunit.Units1", "Plan", "('', @a{sv} {})" },
    { PATH, "org.stateunit.Units1", "Plan", "('start', {'snapshot': <<1>>})" },
    { PATH, "org.stateunit.Units1", "Update", "('', <1>, @a{sv} {})" },
    { PATH, "org.stateunit.Units1", "Update", "('a', <handle 0>, @a{sv} {})" },
    { PATH, "org.stateunit.Units1", "Inspect", "('//', uint32 0, uint32 0, @a{sv} {})" },
    { PATH, "org.stateunit.Units1", "Explain", "('nobody',)" },
    { PATH, "org.stateunit.Handle1", "Start", "()" },
    { PATH, "org.freedesktop.DBus.Properties", "Get", "('org.stateunit.Units1', 'Colour')" },
    { PATH, "org.freedesktop.DBus.Properties", "Get", "('org.example', 'Running')" },
    { PATH, "org.freedesktop.DBus.Properties", "Set",
      "('org.stateunit.Units1', 'Running', <true>)" },
    { PATH "/unit", "org.freedesktop.DBus.Properties", "GetAll", "('org.stateunit.Handle1',)" },
    { PATH "/unit/zzz", "org.freedesktop.DBus.Properties", "GetAll", "('org.stateunit.Handle1',)" },
    { PATH "/unit/a/b", "org.freedesktop.DBus.Properties", "GetAll", "('org.stateunit.Handle1',)" },
    { PATH "/unit/a", "org.stateunit.Units1", "Start", "(@a{sv} {},)" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GVariant) reply =
          call_by_hand (fixture, calls[i][0], calls[i][1], calls[i][2], calls[i][3], &error);
      g_autofree char *text = reply != NULL ? g_variant_print (reply, TRUE) : NULL;

      g_test_message ("%s %s: %s", calls[i][2], calls[i][3], text != NULL ? text : error->message);
      g_assert_cmpstr (text, ==, NULL);
    }
  test_assert_journal (fixture->set->journal, "");
}

/* Of the same number, there is one call at a time. */
static void
test_call_numbers (Fixture *fixture, gconstpointer on_bus)
{
  TestUnit *a = test_set_get_unit (fixture->set, "a");
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) cancelled = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_answer (a, STATE_OPERATION_START, TEST_ANSWER_HELD);
  g_dbus_connection_call (fixture->connection->near_end, fixture->connection->far_name, PATH,
                          "org.stateunit.Units1", "Start",
                          g_variant_new_parsed ("({'call': <uint32 7>},)"), NULL,
                          G_DBUS_CALL_FLAGS_NONE, -1, NULL, test_call_done, &call);
  test_wait_until (test_unit_has_request (a));
  g_assert_null (call_by_hand (fixture, PATH, "org.stateunit.Units1", "Stop",
                               "({'call': <uint32 7>},)", &error));
  test_assert_contains (error->message, "call 7 is under way already");
  g_clear_error (&error);
  cancelled = call_by_hand (fixture, PATH, "org.stateunit.Units1", "Cancel", "(uint32 8,)", &error);
  g_assert_no_error (error);
  test_unit_answer_held (a);
  reply =
      g_dbus_connection_call_finish (fixture->connection->near_end, test_call_wait (&call), &error);
  g_assert_no_error (error);
}

/* --- Another set than it should be --- */

typedef struct
{
  GVariant *fields;
  GVariant *objects;
  GVariant *reply; /* to everything else; NULL: none */
} Impostor;

/* As it is not checked what goes out, by a filter and not by an object. */
static GDBusMessage *
filter_impostor (GDBusConnection *connection,
                 GDBusMessage *message,
                 gboolean incoming,
                 gpointer user_data)
{
  Impostor *impostor = user_data;
  const char *member = g_dbus_message_get_member (message);
  g_autoptr (GDBusMessage) reply = NULL;
  GVariant *body;

  if (!incoming || g_dbus_message_get_message_type (message) != G_DBUS_MESSAGE_TYPE_METHOD_CALL)
    return message;
  body = g_str_equal (member, "GetAll")              ? impostor->fields
         : g_str_equal (member, "GetManagedObjects") ? impostor->objects
                                                     : impostor->reply;
  reply = g_dbus_message_new_method_reply (message);
  if (body != NULL)
    g_dbus_message_set_body (reply, body);
  g_dbus_connection_send_message (connection, reply, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
  g_object_unref (message);
  return NULL;
}

static StateRemoteUnits *
meet_impostor (TestConnection *connection, Impostor *impostor, GError **error)
{
  g_dbus_connection_add_filter (connection->far_end, filter_impostor, impostor, NULL);
  return try_connect (connection->near_end, connection->far_name, PATH, error);
}

static void
impostor_clear (Impostor *impostor)
{
  g_clear_pointer (&impostor->fields, g_variant_unref);
  g_clear_pointer (&impostor->objects, g_variant_unref);
  g_clear_pointer (&impostor->reply, g_variant_unref);
}

static GVariant *
parse (const char *text)
{
  return g_variant_ref_sink (g_variant_new_parsed (text));
}

#define ODD_OBJECTS                                                                     \
  "({objectpath '/x': {'org.stateunit.Handle1': {'Name': <'x'>, 'State': <'flying'>, "  \
  "'Error': <('sick', 'org-example', 3)>, 'AllowedOperations': <['fly', 'stop']>}}, "   \
  "'/x': {'org.stateunit.Handle1': {'Name': <'y'>}}, "                                  \
  "'/z': {'org.stateunit.Handle1': {'Name': <5>, 'State': <[1, 2]>, 'Error': <'bad'>, " \
  "'Dependencies': <{'a': 1}>}}, '/w': {'org.example': {'Name': <'w'>}}},)"

static void
test_impostor (void)
{
  g_autoptr (TestConnection) connection = test_connection_new (FALSE);
  Impostor impostor = { 0 };
  g_autoptr (StateRemoteUnits) remote = NULL;
  g_autoptr (GError) error = NULL;
  StateRemoteHandle *x;
  const char *emitted[][4] = {
    { "/x", "org.freedesktop.DBus.Properties", "PropertiesChanged", "(1, 2)" },
    { "/x", "org.freedesktop.DBus.Properties", "PropertiesChanged",
      "('org.stateunit.Handle1', {'State': <5>}, @as [])" },
    { "/no", "org.freedesktop.DBus.Properties", "PropertiesChanged",
      "('org.stateunit.Handle1', {'State': <'running'>}, @as [])" },
    { PATH, "org.freedesktop.DBus.Properties", "PropertiesChanged",
      "('org.stateunit.Units1', {'Transition': <{'serial': <uint32 1>, 'operation': <'fly'>, "
      "'progress': <9.5>, 'elapsed': <int64 -4>, 'error': <1>}>, 'Running': <'yes'>}, @as [])" },
    { PATH, "org.freedesktop.DBus.ObjectManager", "InterfacesAdded", "('nonsense',)" },
    { PATH, "org.freedesktop.DBus.ObjectManager", "InterfacesAdded",
      "(objectpath '/x', {'org.stateunit.Handle1': {'Name': <'again'>}})" },
    { PATH, "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved",
      "(objectpath '/never', ['org.stateunit.Handle1'])" },
    { PATH, "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved",
      "(objectpath '/x', @as [])" },
    { PATH, "org.freedesktop.DBus.ObjectManager", "Fly", "()" },
  };

  impostor.fields = parse ("({'Running': <1>, 'AllowedOperations': <true>, 'Transition': <7>, "
                           "'FailurePolicy': <'panic'>},)");
  impostor.objects = parse (ODD_OBJECTS);
  impostor.reply = parse ("(1, 'nonsense')");
  remote = meet_impostor (connection, &impostor, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (remote)), ==, 2);
  {
    g_autoptr (StateRemoteHandle) first = g_list_model_get_item (G_LIST_MODEL (remote), 0);

    x = first;
  }
  g_assert_cmpint (state_remote_handle_get_state (x), ==, STATE_UNIT_STATE_UNCERTAIN);
  g_assert_cmpuint (state_remote_handle_get_allowed_operations (x), ==, STATE_OPERATION_FLAGS_STOP);
  g_assert_cmpstr (state_remote_handle_get_error (x)->message, ==, "sick");

  for (guint i = 0; i < G_N_ELEMENTS (emitted); i++)
    g_dbus_connection_emit_signal (connection->far_end, NULL, emitted[i][0], emitted[i][1],
                                   emitted[i][2], g_variant_new_parsed (emitted[i][3]), NULL);
  test_wait_until (state_remote_units_get_last_transition (remote) != NULL);
  /* An operation would succeed without an answer; what answers has to. */
  g_assert_null (do_inspect (remote, NULL, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_INVALID_ANSWER);
  g_clear_error (&error);
  g_assert_null (do_explain (remote, NULL, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_INVALID_ANSWER);
  g_clear_error (&error);
  g_assert_null (do_save (remote, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_INVALID_ANSWER);
  g_clear_error (&error);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (remote)), ==, 2);
  g_assert_finalize_object (g_steal_pointer (&remote));
  impostor_clear (&impostor);
}

static void
test_impostor_from_the_start (void)
{
  const char *objects[] = { "(1,)", "('a', 'b')", "({'/a': 1},)", "()" };

  for (guint i = 0; i < G_N_ELEMENTS (objects); i++)
    {
      g_autoptr (TestConnection) connection = test_connection_new (FALSE);
      Impostor impostor = { 0 };
      g_autoptr (GError) error = NULL;

      impostor.fields = parse (i % 2 == 0 ? "(@a{sv} {},)" : "(17,)");
      impostor.objects = parse (objects[i]);
      g_assert_null (meet_impostor (connection, &impostor, &error));
      g_assert_nonnull (error);
      impostor_clear (&impostor);
    }
}

static void
test_nobody (Fixture *fixture, gconstpointer on_bus)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (try_connect (fixture->connection->near_end, fixture->connection->far_name,
                              "/elsewhere", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  test_assert_contains (error->message, "exports no set at /elsewhere");
  g_clear_error (&error);
  g_assert_null (try_connect (fixture->connection->near_end, fixture->connection->far_name,
                              "no path", &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (try_connect (fixture->connection->near_end, "no name", PATH, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

static void
test_cancel_connect (Fixture *fixture, gconstpointer on_bus)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  for (guint i = 0; i < 2; i++)
    {
      g_auto (TestCall) call = TEST_CALL_INIT;
      g_autoptr (GError) error = NULL;

      if (i == 1)
        g_cancellable_cancel (cancellable);
      state_remote_units_new_async (fixture->connection->near_end, fixture->connection->far_name,
                                    PATH, cancellable, test_call_done, &call);
      g_cancellable_cancel (cancellable);
      g_assert_null (state_remote_units_new_finish (test_call_wait (&call), &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_cancellable_reset (cancellable);
    }
}

static void
add (const char *name, void (*func) (Fixture *, gconstpointer), gboolean on_bus)
{
  g_autofree char *path = g_strconcat ("/remote-units/", on_bus ? "bus/" : "peer/", name, NULL);

  g_test_add (path, Fixture, GINT_TO_POINTER (on_bus), set_up, func, tear_down);
}

int
main (int argc, char **argv)
{
  const struct
  {
    const char *name;
    void (*func) (Fixture *, gconstpointer);
  } tests[] = {
    { "list", test_list },
    { "membership", test_membership },
    { "names", test_names },
    { "operations", test_operations },
    { "start-stopped-units", test_start_stopped_units },
    { "options", test_options },
    { "bad-options", test_bad_options },
    { "errors", test_errors },
    { "progress", test_progress },
    { "coalescing", test_coalescing },
    { "cancel", test_cancel },
    { "caller-leaves", test_caller_leaves },
    { "inspect", test_inspect_and_update },
    { "odd-values", test_odd_values },
    { "plan", test_plan },
    { "words", test_words },
    { "large-snapshot", test_large_snapshot },
    { "set-goes", test_set_goes },
    { "unexport", test_unexport },
    { "export-twice", test_export_twice },
    { "process-goes", test_process_goes },
    { "authorize", test_authorize },
    { "refused", test_refused },
    { "properties", test_properties },
    { "settings", test_settings },
    { "nonsense-from-clients", test_nonsense_from_clients },
    { "call-numbers", test_call_numbers },
    { "nobody", test_nobody },
    { "cancel-connect", test_cancel_connect },
  };

  test_init (&argc, &argv);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      add (tests[i].name, tests[i].func, FALSE);
      add (tests[i].name, tests[i].func, TRUE);
    }
  add ("name-comes-back", test_name_comes_back, TRUE);
  add ("cancel-when-stuck", test_cancel_when_stuck, FALSE);
  g_test_add_func ("/remote-units/impostor", test_impostor);
  g_test_add_func ("/remote-units/impostor-from-the-start", test_impostor_from_the_start);
  return g_test_run ();
}
