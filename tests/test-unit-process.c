/* SPDX-License-Identifier: MIT */

/* Programs that serve units, as child processes: how they start, end, and are started
 * again, and what the set hears of it. */

#include "test-peers.h"

#include <glib/gstdio.h>

#include <signal.h>
#include <stdlib.h>

/* Of the process and its set, which has a unit of each name. */
typedef struct
{
  TestSet *set;
  StateUnitProcess *process;
} Fixture;

static const char *
program (void)
{
  static char *path;

  if (path == NULL)
    path = g_test_build_filename (G_TEST_BUILT, "served", NULL);
  return path;
}

static StateUnitProcess *
spawn (const char *const *argv, StateUnitProcessOptions *options, GError **error)
{
  g_auto (TestCall) call = TEST_CALL_INIT;

  state_unit_process_spawn_async (argv, options, NULL, test_call_done, &call);
  return state_unit_process_spawn_finish (test_call_wait (&call), error);
}

/* The program with these arguments. */
static StateUnitProcess *
spawn_served (StateUnitProcessOptions *options, const char *arguments, GError **error)
{
  g_autofree char *command = g_strdup_printf ("%s %s", program (), arguments);
  g_auto (GStrv) argv = g_strsplit (command, " ", -1);

  return spawn ((const char *const *) argv, options, error);
}

static void
take_process (Fixture *self, StateUnitProcess *process)
{
  g_auto (GStrv) names = state_unit_process_list_units (process);

  self->process = process;
  self->set = test_set_new ();
  for (guint i = 0; names[i] != NULL; i++)
    test_set_add_object (self->set, names[i], state_unit_process_get_unit (process, names[i]));
}

static Fixture *
fixture_new (StateUnitProcessOptions *options, const char *arguments)
{
  Fixture *self = g_new0 (Fixture, 1);
  g_autoptr (GError) error = NULL;
  StateUnitProcess *process = spawn_served (options, arguments, &error);

  g_assert_no_error (error);
  take_process (self, process);
  return self;
}

static void
end (StateUnitProcess *process)
{
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  state_unit_process_end_async (process, NULL, test_call_done, &call);
  state_unit_process_end_finish (process, test_call_wait (&call), &error);
  g_assert_no_error (error);
  g_assert_false (state_unit_process_is_running (process));
  g_assert_null (state_unit_process_get_identifier (process));
}

static gboolean
has_process (const char *identifier)
{
  return kill ((pid_t) atoi (identifier), 0) == 0;
}

static void
fixture_free (Fixture *self)
{
  test_set_free (self->set);
  g_object_add_weak_pointer (G_OBJECT (self->process), (gpointer *) &self->process);
  g_object_unref (self->process);
  test_wait_until (self->process == NULL);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fixture, fixture_free)

static void
kill_with (StateUnitProcess *process, int number)
{
  kill ((pid_t) atoi (state_unit_process_get_identifier (process)), number);
}

static guint64
starts_of (StateSnapshot *snapshot, const char *name)
{
  guint64 starts = G_MAXUINT64;

  g_variant_lookup (state_snapshot_lookup (snapshot, name), "starts", "t", &starts);
  return starts;
}

/* Serving */

static void
check_serves (Fixture *fixture)
{
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  test_start (fixture->set->units, &error);
  g_assert_no_error (error);
  test_stop (fixture->set->units, &error);
  g_assert_no_error (error);
  snapshot = test_save (fixture->set->units, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (starts_of (snapshot, "disk"), ==, 1);
  test_start (fixture->set->units, NULL);
  test_stop (fixture->set->units, NULL);
  test_restore (fixture->set->units, snapshot, &error);
  g_assert_no_error (error);
  g_clear_object (&snapshot);
  snapshot = test_save (fixture->set->units, &error);
  g_assert_cmpuint (starts_of (snapshot, "disk"), ==, 1);
  g_assert_cmpuint (state_snapshot_get_version (snapshot, "disk"), ==, 3);
}

static void
test_serves (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL, "disk net slow");

  g_assert_true (state_unit_process_is_running (fixture->process));
  g_assert_null (state_unit_process_get_error (fixture->process));
  test_assert_strv (state_unit_process_list_units (fixture->process), "disk net slow");
  g_assert_null (state_unit_process_get_unit (fixture->process, "tape"));
  check_serves (fixture);
  end (fixture->process);
  test_assert_states (fixture->set, "disk:lost net:lost slow:lost");
  end (fixture->process);
}

/* What is between must only carry bytes. */
static void
test_serves_through_pipes (void)
{
  g_autofree char *line = g_strdup_printf ("cat | %s disk | cat", program ());
  const char *argv[] = { "sh", "-c", line, NULL };
  g_autoptr (Fixture) fixture = g_new0 (Fixture, 1);
  g_autoptr (StateSnapshot) large = state_snapshot_new ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (StateSnapshot) with = NULL;
  g_autoptr (StateSnapshot) saved = NULL;
  g_autoptr (GError) error = NULL;
  StateUnitProcess *process;
  GVariant *state;

  process = spawn (argv, NULL, &error);
  g_assert_no_error (error);
  take_process (fixture, process);
  check_serves (fixture);

  bytes = g_bytes_new_take (g_malloc0 (5 << 20), 5 << 20);
  state = g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE);
  with = state_snapshot_with_unit (large, "disk", 3, state);
  test_restore (fixture->set->units, with, &error);
  g_assert_no_error (error);
  saved = test_save (fixture->set->units, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_get_size (state_snapshot_lookup (saved, "disk")), ==, 5 << 20);
  end (fixture->process);
}

static void
test_nothing_served (void)
{
  const char *argv[] = { program (), NULL };
  g_autoptr (Fixture) fixture = g_new0 (Fixture, 1);

  take_process (fixture, spawn (argv, NULL, NULL));
  test_assert_strv (state_unit_process_list_units (fixture->process), "");
  end (fixture->process);
}

/* Options */

static void
test_surroundings (void)
{
  g_autoptr (StateUnitProcessOptions) options = state_unit_process_options_new ();
  g_auto (GStrv) environment =
      g_environ_setenv (g_get_environ (), "STATE_UNIT_TEST_WORD", "xyz", TRUE);
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (Fixture) fixture = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *printed = NULL;

  state_unit_process_options_set_environment (options, (const char *const *) environment);
  state_unit_process_options_set_working_directory (options, "/");
  state_unit_process_options_set_resource_limit (options, STATE_PROCESS_RESOURCE_OPEN_FILES, 99,
                                                 100);
  fixture = fixture_new (options, "where");
  snapshot = test_save (fixture->set->units, &error);
  g_assert_no_error (error);
  printed = g_variant_print (state_snapshot_lookup (snapshot, "where"), FALSE);
  test_assert_contains (printed, "'directory': <'/'>");
  test_assert_contains (printed, "'word': <'xyz'>");
  test_assert_contains (printed, "'files': <uint64 99>");
  test_assert_contains (printed, "'socket': <false>"); /* its own children are not served */
  end (fixture->process);
}

/* Starts that fail */

static void
test_start_fails (void)
{
  const char *nothing[] = { "/nowhere/to/be/found", NULL };
  g_autoptr (StateUnitProcessOptions) options = state_unit_process_options_new ();
  g_autoptr (GError) error = NULL;

  g_assert_null (spawn (nothing, NULL, &error));
  g_assert_error (error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
  g_clear_error (&error);

  g_assert_null (spawn_served (NULL, "--status=7", &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_LOST);
  test_assert_contains (error->message, "exited with status 7 before its units could be used");
  g_clear_error (&error);

  state_unit_process_options_set_start_time (options, 100);
  g_assert_null (spawn_served (options, "--mute", &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_LOST);
  test_assert_contains (error->message, "did not serve its units within 100 ms");
  g_clear_error (&error);

  g_assert_null (spawn_served (NULL, "--garbage", &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_LOST);
  test_assert_contains (error->message, "does not speak D-Bus on its standard input and output");
  g_clear_error (&error);

  g_assert_null (spawn_served (NULL, "disk a//b", &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_LOST);
  test_assert_contains (error->message, "exited with status 1");
}

static void
test_start_cancelled (void)
{
  const char *argv[] = { program (), "--mute", NULL };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  state_unit_process_spawn_async (argv, NULL, cancellable, test_call_done, &call);
  test_settle ();
  g_cancellable_cancel (cancellable);
  g_assert_null (state_unit_process_spawn_finish (test_call_wait (&call), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* How it ended */

static void
check_end (const char *arguments, const char *start_words, const char *states)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL, arguments);
  g_autoptr (GError) error = NULL;

  test_start (fixture->set->units, &error);
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  test_assert_contains (error->message, start_words);
  test_assert_states (fixture->set, states);
  test_wait_until (!state_unit_process_is_running (fixture->process));
  test_assert_contains (state_unit_process_get_error (fixture->process)->message, "process served");
}

static void
test_ends (void)
{
  check_end ("crash", "unit crash is lost: process served", "crash:lost");
  check_end ("crash", "was killed by signal 6 (Aborted)", "crash:lost");
  check_end ("exit", "exited with status 3", "exit:lost");
}

static void
test_killed_in_flight (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL, "hang disk");
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (TestUnit) clock = test_unit_new ("clock", fixture->set->journal);
  g_autoptr (GError) error = NULL;

  test_set_add_object (fixture->set, "clock", clock);
  test_begin (fixture->set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_set_wait_state (fixture->set, "disk", STATE_UNIT_STATE_RUNNING);
  kill_with (fixture->process, SIGKILL);
  test_end (fixture->set->units, STATE_OPERATION_START, &call, NULL, &error);
  test_assert_contains (error->message, "was killed by signal 9 (Killed)");
  test_assert_contains (error->message, "hang: unit hang is lost");
  test_set_wait_state (fixture->set, "disk", STATE_UNIT_STATE_LOST);
  test_assert_states (fixture->set, "hang:lost disk:lost clock:running");
}

/* Asserts that its properties are what its functions say. */
static void
check_properties (StateUnitProcess *process)
{
  g_autofree char *identifier = NULL;
  g_autoptr (GError) error = NULL;
  gboolean is_running;
  guint n_restarts;

  g_object_get (process, "error", &error, "identifier", &identifier, "n-restarts", &n_restarts,
                "running", &is_running, NULL);
  g_assert_cmpstr (identifier, ==, state_unit_process_get_identifier (process));
  g_assert_cmpuint (n_restarts, ==, 0);
  g_assert_cmpint (is_running, ==, state_unit_process_is_running (process));
  g_assert_cmpint (is_running, ==, error == NULL);
  g_assert_true ((state_unit_process_get_error (process) != NULL) == (error != NULL));
}

static void
test_killed_idle (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL, "disk");
  const GError *error;

  check_properties (fixture->process);

  test_start (fixture->set->units, NULL);
  kill_with (fixture->process, SIGKILL);
  test_set_wait_state (fixture->set, "disk", STATE_UNIT_STATE_LOST);
  error = state_unit_handle_get_error (test_set_get (fixture->set, "disk"));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_LOST);
  test_assert_contains (error->message, "unit disk is lost: process served (");
  test_assert_contains (error->message, ") was killed by signal 9 (Killed)");
  test_wait_until (!state_unit_process_is_running (fixture->process));
  check_properties (fixture->process);
}

static void
test_ended_unit (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL, "die");

  test_start (fixture->set->units, NULL);
  test_set_wait_state (fixture->set, "die", STATE_UNIT_STATE_STOPPED);
  end (fixture->process);
}

/* Ending it */

static void
test_end_steps (void)
{
  g_autoptr (StateUnitProcessOptions) options = state_unit_process_options_new ();
  const char *const commands[] = { "disk stuck", "--linger disk", "--stubborn disk stuck" };

  state_unit_process_options_set_end_times (options, 50, 50, 50);
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      g_autoptr (Fixture) fixture = fixture_new (options, commands[i]);
      g_autofree char *identifier = NULL;

      test_start (fixture->set->units, NULL);
      identifier = g_strdup (state_unit_process_get_identifier (fixture->process));
      end (fixture->process);
      g_assert_false (has_process (identifier));
      test_set_wait_state (fixture->set, "disk", STATE_UNIT_STATE_LOST);
    }
}

static void
test_end_cancelled (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL, "stuck");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_start (fixture->set->units, NULL);
  state_unit_process_end_async (fixture->process, cancellable, test_call_done, &call);
  test_settle ();
  g_cancellable_cancel (cancellable);
  g_assert_false (state_unit_process_end_finish (fixture->process, test_call_wait (&call), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_null (state_unit_process_get_identifier (fixture->process));
}

static void
test_let_go (void)
{
  g_autofree char *identifier = NULL;
  Fixture *fixture = fixture_new (NULL, "disk");

  identifier = g_strdup (state_unit_process_get_identifier (fixture->process));
  g_assert_true (has_process (identifier));
  fixture_free (fixture);
  test_wait_until (!has_process (identifier));
}

/* Starting it again */

static void
test_restarts (void)
{
  g_autoptr (StateUnitProcessOptions) options = state_unit_process_options_new ();
  g_autoptr (Fixture) fixture = NULL;
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  state_unit_process_options_set_restart (options, STATE_RESTART_POLICY_ON_FAILURE, 2, 0);
  fixture = fixture_new (options, "disk net");
  for (guint i = 1; i <= 2; i++)
    {
      test_start (fixture->set->units, &error);
      g_assert_no_error (error);
      kill_with (fixture->process, SIGKILL);
      test_set_wait_state (fixture->set, "disk", STATE_UNIT_STATE_LOST);
      test_set_wait_state (fixture->set, "disk", STATE_UNIT_STATE_STOPPED);
      test_set_wait_state (fixture->set, "net", STATE_UNIT_STATE_STOPPED);
      g_assert_true (state_unit_process_is_running (fixture->process));
      g_assert_cmpuint (state_unit_process_get_n_restarts (fixture->process), ==, i);
      g_clear_object (&snapshot);
      snapshot = test_save (fixture->set->units, &error);
      g_assert_cmpuint (starts_of (snapshot, "disk"), ==, 0); /* as new */
    }
  kill_with (fixture->process, SIGKILL);
  test_set_wait_state (fixture->set, "disk", STATE_UNIT_STATE_LOST);
  test_wait_until (state_unit_process_get_identifier (fixture->process) == NULL);
  test_settle ();
  g_assert_cmpuint (state_unit_process_get_n_restarts (fixture->process), ==, 2);
  test_assert_contains (state_unit_process_get_error (fixture->process)->message, "signal 9");
}

/* One that goes by itself, or never comes up, is not a failure, or is one for ever. */
static void
test_restart_policy (void)
{
  g_autoptr (StateUnitProcessOptions) options = state_unit_process_options_new ();
  g_autofree char *line = NULL;
  g_autofree char *directory = g_dir_make_tmp (NULL, NULL);
  g_autofree char *flag = g_build_filename (directory, "flag", NULL);
  const char *argv[] = { "sh", "-c", NULL, NULL };
  g_autoptr (Fixture) fixture = g_new0 (Fixture, 1);
  g_autoptr (GError) error = NULL;
  StateUnitProcess *process;

  state_unit_process_options_set_restart (options, STATE_RESTART_POLICY_ON_FAILURE, 3, 0);
  line = g_strdup_printf ("if test -e %s; then exit 9; fi; touch %s; exec %s disk", flag, flag,
                          program ());
  argv[2] = line;
  process = spawn (argv, options, &error);
  g_assert_no_error (error);
  take_process (fixture, process);
  kill_with (process, SIGKILL);
  test_wait_until (state_unit_process_get_n_restarts (process) == 3);
  test_wait_until (state_unit_process_get_error (process) != NULL &&
                   state_unit_process_get_identifier (process) == NULL);
  test_assert_contains (state_unit_process_get_error (process)->message, "exited with status 9");
  test_assert_states (fixture->set, "disk:lost");
  g_unlink (flag);
  g_rmdir (directory);
}

static void
test_restores_saved (void)
{
  g_autoptr (StateUnitProcessOptions) options = state_unit_process_options_new ();
  g_autoptr (Fixture) fixture = NULL;
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  state_unit_process_options_set_restart (options, STATE_RESTART_POLICY_ON_FAILURE, 0, 0);
  state_unit_process_options_set_restore_saved (options, TRUE);
  fixture = fixture_new (options, "disk net");
  test_start (fixture->set->units, NULL);
  test_stop (fixture->set->units, NULL);
  snapshot = test_save (fixture->set->units, NULL);
  test_start (fixture->set->units, NULL);
  kill_with (fixture->process, SIGKILL);
  test_set_wait_state (fixture->set, "disk", STATE_UNIT_STATE_LOST);
  test_set_wait_state (fixture->set, "disk", STATE_UNIT_STATE_STOPPED);
  test_set_wait_state (fixture->set, "net", STATE_UNIT_STATE_STOPPED);
  g_clear_object (&snapshot);
  snapshot = test_save (fixture->set->units, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (starts_of (snapshot, "disk"), ==, 1);
  g_assert_cmpuint (starts_of (snapshot, "net"), ==, 1);
  end (fixture->process);
}

static void
test_bare (void)
{
  g_autoptr (StateUnitProcess) process = g_object_new (STATE_TYPE_UNIT_PROCESS, NULL);
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;
  const char *names[] = { "disk", "disk", NULL };
  g_autoptr (TestUnit) disk = test_unit_new ("disk", NULL);
  StateUnit *units[] = { STATE_UNIT (disk), STATE_UNIT (disk) };

  g_assert_false (state_unit_process_is_running (process));
  g_assert_null (state_unit_process_get_identifier (process));
  g_assert_null (state_unit_process_get_error (process));
  g_assert_null (state_unit_process_get_unit (process, "disk"));
  test_assert_strv (state_unit_process_list_units (process), "");
  state_unit_process_kill (process);
  state_unit_process_end_async (process, NULL, test_call_done, &call);
  g_assert_true (state_unit_process_end_finish (process, test_call_wait (&call), &error));

  g_assert_false (state_unit_process_serve (names, units, 2, NULL, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_NAME_IN_USE);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/unit-process/serves", test_serves);
  g_test_add_func ("/unit-process/serves-through-pipes", test_serves_through_pipes);
  g_test_add_func ("/unit-process/nothing-served", test_nothing_served);
  g_test_add_func ("/unit-process/surroundings", test_surroundings);
  g_test_add_func ("/unit-process/start-fails", test_start_fails);
  g_test_add_func ("/unit-process/start-cancelled", test_start_cancelled);
  g_test_add_func ("/unit-process/ends", test_ends);
  g_test_add_func ("/unit-process/killed-in-flight", test_killed_in_flight);
  g_test_add_func ("/unit-process/killed-idle", test_killed_idle);
  g_test_add_func ("/unit-process/ended-unit", test_ended_unit);
  g_test_add_func ("/unit-process/end-steps", test_end_steps);
  g_test_add_func ("/unit-process/end-cancelled", test_end_cancelled);
  g_test_add_func ("/unit-process/let-go", test_let_go);
  g_test_add_func ("/unit-process/restarts", test_restarts);
  g_test_add_func ("/unit-process/restart-policy", test_restart_policy);
  g_test_add_func ("/unit-process/restores-saved", test_restores_saved);
  g_test_add_func ("/unit-process/bare", test_bare);

  return g_test_run ();
}
