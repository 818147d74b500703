/* SPDX-License-Identifier: MIT */

/* Units on a message bus: names that come and go, several callers, and who may call. */

#include "test-peers.h"

#include <unistd.h>

#define NAME "org.example.Devices"
#define PATH "/org/example/disk"

typedef struct
{
  GTestDBus *bus;
  GDBusConnection *near;
  GDBusConnection *far;
  TestJournal *journal;
  TestUnit *unit;
  StateUnitExporter *exporter;
} Fixture;

static GDBusConnection *
connect_to (GTestDBus *bus)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection =
      g_dbus_connection_new_for_address_sync (g_test_dbus_get_bus_address (bus),
                                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                              NULL, NULL, &error);

  g_assert_no_error (error);
  return connection;
}

static void
call_bus (GDBusConnection *connection, const char *method, GVariant *arguments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_sync (connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                   "org.freedesktop.DBus", method, arguments, NULL,
                                   G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);

  g_assert_no_error (error);
}

static Fixture *
fixture_new (void)
{
  Fixture *self = g_new0 (Fixture, 1);
  g_autoptr (GError) error = NULL;

  self->bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (self->bus);
  self->near = connect_to (self->bus);
  self->far = connect_to (self->bus);
  self->journal = test_journal_new ();
  self->unit = test_unit_new ("disk", self->journal);
  self->exporter = state_unit_exporter_new (self->far, PATH, STATE_UNIT (self->unit), &error);
  g_assert_no_error (error);
  call_bus (self->far, "RequestName", g_variant_new ("(su)", NAME, 0));
  return self;
}

static void
fixture_free (Fixture *self)
{
  g_object_unref (self->exporter);
  g_object_unref (self->unit);
  test_wait_until (test_journal_is_unused (self->journal));
  test_journal_unref (self->journal);
  test_connection_close (self->near);
  test_connection_close (self->far);
  g_object_unref (self->near);
  g_object_unref (self->far);
  test_settle ();
  g_test_dbus_down (self->bus);
  g_object_unref (self->bus);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fixture, fixture_free)

static TestSet *
set_of (GDBusConnection *connection, const char *name)
{
  g_autoptr (StateRemoteUnit) remote = state_remote_unit_new (connection, name, PATH);
  TestSet *set = test_set_new ();

  test_set_add_object (set, "disk", remote);
  return set;
}

static StateRemoteUnit *
remote_of (TestSet *set)
{
  return STATE_REMOTE_UNIT (state_unit_handle_get_unit (test_set_get (set, "disk")));
}

static void
check_works (TestSet *set)
{
  g_autoptr (GError) error = NULL;

  test_start (set->units, &error);
  g_assert_no_error (error);
  test_stop (set->units, &error);
  g_assert_no_error (error);
}

static void
test_operations (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();

  for (guint i = 0; i < 2; i++)
    {
      const char *name = i == 0 ? NAME : g_dbus_connection_get_unique_name (fixture->far);
      g_autoptr (TestSet) set = set_of (fixture->near, name);
      g_autoptr (StateSnapshot) snapshot = NULL;
      g_autoptr (GError) error = NULL;

      check_works (set);
      test_unit_set_int (fixture->unit, 5);
      snapshot = test_save (set->units, &error);
      g_assert_no_error (error);
      test_unit_set_int (fixture->unit, 6);
      test_restore (set->units, snapshot, &error);
      g_assert_no_error (error);
      g_assert_cmpint (test_unit_get_int (fixture->unit), ==, 5);
    }
}

/* Signals go to who asked, and come from whom it asked. */
static void
test_signals (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (TestSet) set = set_of (fixture->near, NAME);
  g_autoptr (StateTransitionStep) step = NULL;
  g_autoptr (StateRequest) request = NULL;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_unit_set_answer (fixture->unit, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (test_unit_has_request (fixture->unit));
  request = test_unit_take_request (fixture->unit);
  step = test_find_step (state_units_get_current_transition (set->units), NULL, "disk");
  state_request_set_progress (request, 0.5, "spins up");
  test_wait_until (state_transition_step_get_progress (step) == 0.5);
  state_request_complete (request);
  test_end (set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_no_error (error);

  /* Somebody else says that it ended: it runs all the same. */
  {
    g_autoptr (GDBusConnection) other = connect_to (fixture->bus);

    g_dbus_connection_emit_signal (other, g_dbus_connection_get_unique_name (fixture->near), PATH,
                                   "org.stateunit.Unit1", "Ended",
                                   g_variant_new_parsed ("(@a{sv} {},)"), NULL);
    call_bus (other, "GetId", NULL);
    call_bus (fixture->near, "GetId", NULL);
    test_settle ();
    test_assert_states (set, "disk:running");
    test_connection_close (other);
  }
  state_unit_ended (STATE_UNIT (fixture->unit), NULL);
  test_set_wait_state (set, "disk", STATE_UNIT_STATE_STOPPED);
}

static void
test_nobody (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (TestSet) set = set_of (fixture->near, "org.example.Nobody");
  g_autoptr (GError) error = NULL;

  test_start (set->units, &error);
  test_assert_contains (error->message, "unit disk is lost: ");
  test_assert_contains (error->message, "org.example.Nobody");
  test_assert_states (set, "disk:lost");
}

static void
test_name_leaves (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (TestSet) set = set_of (fixture->near, NAME);
  const GError *reason;
  g_autoptr (GError) error = NULL;

  test_start (set->units, NULL);
  call_bus (fixture->far, "ReleaseName", g_variant_new ("(s)", NAME));
  test_set_wait_state (set, "disk", STATE_UNIT_STATE_LOST);
  reason = state_unit_handle_get_error (test_set_get (set, "disk"));
  g_assert_cmpstr (reason->message, ==, "unit disk is lost: " NAME " left the bus");

  call_bus (fixture->far, "RequestName", g_variant_new ("(su)", NAME, 0));
  test_reconnect (remote_of (set), NULL, &error);
  g_assert_no_error (error);
  test_set_wait_state (set, "disk", STATE_UNIT_STATE_STOPPED);
  check_works (set);
}

static void
test_process_leaves (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (TestSet) set = set_of (fixture->near, NAME);
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_unit_set_answer (fixture->unit, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (test_unit_has_request (fixture->unit));
  test_connection_close (fixture->far);
  test_end (set->units, STATE_OPERATION_START, &call, NULL, &error);
  test_assert_contains (error->message, "unit disk is lost: ");
  test_assert_states (set, "disk:lost");
  test_unit_answer_held (fixture->unit);
}

/* The second one waits until the first has gone. */
static void
test_two_callers (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (TestSet) set = set_of (fixture->near, NAME);
  GDBusConnection *other = connect_to (fixture->bus);
  g_autoptr (TestSet) second = set_of (other, NAME);
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GError) error = NULL;

  test_start (set->units, &error);
  g_assert_no_error (error);
  test_start (second->units, &error);
  test_assert_contains (error->message, "is in use by another process");
  test_assert_states (second, "disk:failed");
  g_clear_error (&error);
  tree = test_inspect (second->units, "disk", 0, &error);
  g_assert_no_error (error);
  g_assert_false (test_reconnect (remote_of (second), NULL, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_UNIT_IN_USE);
  g_clear_error (&error);

  /* The first one gives it back: it is stopped before the second gets it. */
  state_unit_handle_discard (test_set_get (set, "disk"));
  test_wait_until (test_journal_count (fixture->journal, "disk:stop!") == 1);
  test_start (second->units, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (test_journal_count (fixture->journal, "disk:start!"), ==, 2);

  /* And the second one dies. */
  test_connection_close (other);
  g_object_unref (other);
  test_wait_until (test_journal_count (fixture->journal, "disk:stop!") == 2);
}

/* Who may call */

typedef struct
{
  gboolean verdict;
  guint n_asked;
  guint user;
} Guard;

static gboolean
judge (StateUnitExporter *exporter, GCredentials *credentials, gpointer data)
{
  Guard *guard = data;

  guard->n_asked++;
  guard->user = g_credentials_get_unix_user (credentials, NULL);
  return guard->verdict;
}

static void
test_authorize (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (TestSet) set = set_of (fixture->near, NAME);
  Guard guard = { FALSE, 0, G_MAXUINT };

  /* It says no, and the user is the same: it may call. */
  g_signal_connect (fixture->exporter, "authorize", G_CALLBACK (judge), &guard);
  check_works (set);
  g_assert_cmpuint (guard.n_asked, ==, 1); /* once for each caller */
  g_assert_cmpuint (guard.user, ==, geteuid ());
}

/* Of another user, as far as the exporter can tell. */
static gboolean
nobody_may (GSignalInvocationHint *hint, guint n, const GValue *values, gpointer data)
{
  GCredentials *credentials = g_value_get_object (&values[1]);
  struct
  {
    gint32 process;
    guint32 user;
    guint32 group;
  } stranger = { 1, geteuid () + 1, 0 };

  g_credentials_set_native (credentials, G_CREDENTIALS_TYPE_LINUX_UCRED, &stranger);
  return TRUE;
}

static void
test_stranger (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (TestSet) set = set_of (fixture->near, NAME);
  g_autoptr (GError) error = NULL;
  guint signal = g_signal_lookup ("authorize", STATE_TYPE_UNIT_EXPORTER);
  gulong hook = g_signal_add_emission_hook (signal, 0, nobody_may, NULL, NULL);
  Guard guard = { TRUE, 0, 0 };

  test_start (set->units, &error);
  test_assert_contains (error->message, "is not for this caller");
  test_assert_states (set, "disk:failed");
  g_assert_false (state_remote_unit_is_lost (remote_of (set)));
  test_assert_journal (fixture->journal, "");
  g_clear_error (&error);
  g_assert_false (test_reconnect (remote_of (set), NULL, &error));
  g_assert_error (error, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED);
  g_clear_error (&error);

  /* A caller that is told otherwise. */
  {
    GDBusConnection *other = connect_to (fixture->bus);
    TestSet *second = set_of (other, NAME);

    g_signal_connect (fixture->exporter, "authorize", G_CALLBACK (judge), &guard);
    check_works (second);
    g_assert_cmpuint (guard.user, ==, geteuid () + 1);
    test_set_free (second);
    test_connection_close (other);
    g_object_unref (other);
  }
  g_signal_remove_emission_hook (signal, hook);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/remote-bus/operations", test_operations);
  g_test_add_func ("/remote-bus/signals", test_signals);
  g_test_add_func ("/remote-bus/nobody", test_nobody);
  g_test_add_func ("/remote-bus/name-leaves", test_name_leaves);
  g_test_add_func ("/remote-bus/process-leaves", test_process_leaves);
  g_test_add_func ("/remote-bus/two-callers", test_two_callers);
  g_test_add_func ("/remote-bus/authorize", test_authorize);
  g_test_add_func ("/remote-bus/stranger", test_stranger);

  return g_test_run ();
}
