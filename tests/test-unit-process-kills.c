/* SPDX-License-Identifier: MIT */

/* A process of units is killed at some moment of some operation, again and again: the
 * operation ends and names who was lost, nobody else is touched, the units come back, and
 * nothing is left behind. STATE_UNIT_KILLS says how often; --seed repeats a run. */

#include "test-set.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define N_PROCESSES 2

/* "clock" is here. "slow" needs it, and "disk" that; both are in one process. "net" is in
 * the other one and needs "disk"; "shell", which needs "net", is here again. */
typedef struct
{
  TestSet *set;
  StateUnitProcess *processes[N_PROCESSES];
} Fixture;

static const char *const served[N_PROCESSES][3] = { { "slow", "disk", NULL }, { "net", NULL } };

static guint
n_kills (void)
{
  const char *number = g_getenv ("STATE_UNIT_KILLS");

  return number != NULL ? (guint) atoi (number) : 40;
}

static StateUnitProcess *
spawn (const char *const *names)
{
  g_autoptr (StateUnitProcessOptions) options = state_unit_process_options_new ();
  g_autofree char *program = g_test_build_filename (G_TEST_BUILT, "served", NULL);
  const char *argv[4] = { program, names[0], names[1], NULL };
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;
  StateUnitProcess *process;

  state_unit_process_options_set_restart (options, STATE_RESTART_POLICY_ON_FAILURE, 0, 0);
  state_unit_process_spawn_async (argv, options, NULL, test_call_done, &call);
  process = state_unit_process_spawn_finish (test_call_wait (&call), &error);
  g_assert_no_error (error);
  return process;
}

static void
add (Fixture *self, const char *name, guint process, const char *needs)
{
  const char *const depends_on[] = { needs, NULL };
  StateRemoteUnit *unit = state_unit_process_get_unit (self->processes[process], name);

  state_units_add_unit (self->set->units, name, STATE_UNIT (unit), depends_on, NULL);
}

static Fixture *
fixture_new (void)
{
  Fixture *self = g_new0 (Fixture, 1);

  self->set = test_set_new ();
  for (guint i = 0; i < N_PROCESSES; i++)
    self->processes[i] = spawn (served[i]);
  test_set_add (self->set, "clock", NULL);
  add (self, "slow", 0, "clock");
  add (self, "disk", 0, "slow");
  add (self, "net", 1, "disk");
  test_set_add (self->set, "shell", "net", NULL);
  return self;
}

static void
end (StateUnitProcess *process)
{
  g_auto (TestCall) call = TEST_CALL_INIT;

  state_unit_process_end_async (process, NULL, test_call_done, &call);
  state_unit_process_end_finish (process, test_call_wait (&call), NULL);
  g_object_add_weak_pointer (G_OBJECT (process), (gpointer *) &process);
  test_call_clear (&call);
  g_object_unref (process);
  test_wait_until (process == NULL);
}

static void
fixture_free (Fixture *self)
{
  test_set_free (self->set);
  for (guint i = 0; i < N_PROCESSES; i++)
    end (self->processes[i]);
  g_free (self);
}

/* What a process may leave behind */

static guint
count_entries (const char *directory)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static guint
count_children (void)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/task/%d/children", getpid ());
  g_autofree char *text = NULL;
  g_auto (GStrv) words = NULL;

  /* Of all threads: a process is the child of the one that made it. */
  if (!g_file_get_contents (path, &text, NULL, NULL))
    return 0;
  words = g_strsplit (g_strstrip (text), " ", -1);
  return words[0] == NULL || words[0][0] == '\0' ? 0 : g_strv_length (words);
}

/* In KiB */
static guint64
resident_memory (void)
{
  g_autofree char *text = NULL;

  g_file_get_contents ("/proc/self/status", &text, NULL, NULL);
  return g_ascii_strtoull (strstr (text, "VmRSS:") + 6, NULL, 10);
}

/* One kill */

typedef struct
{
  Fixture *fixture;
  guint victim;
  gboolean done;
} Kill;

static gboolean
strike (gpointer data)
{
  Kill *self = data;
  const char *identifier =
      state_unit_process_get_identifier (self->fixture->processes[self->victim]);

  g_assert_nonnull (identifier);
  kill ((pid_t) atoi (identifier), SIGKILL);
  self->done = TRUE;
  return G_SOURCE_REMOVE;
}

static gboolean
is_victim (const Kill *self, const char *name)
{
  return g_strv_contains (served[self->victim], name);
}

static gboolean
is_settled (StateUnitState state)
{
  return state == STATE_UNIT_STATE_STOPPED || state == STATE_UNIT_STATE_RUNNING ||
         state == STATE_UNIT_STATE_FAILED || state == STATE_UNIT_STATE_LOST;
}

/* Only who was killed is lost; the rest is what it can be after the operation. */
static void
check_states (const Kill *self)
{
  static const char *const names[] = { "clock", "slow", "disk", "net", "shell", NULL };

  for (guint i = 0; names[i] != NULL; i++)
    {
      StateUnitState state = test_set_get_state (self->fixture->set, names[i]);

      if (!is_settled (state) || (state == STATE_UNIT_STATE_LOST && !is_victim (self, names[i])))
        g_error ("unit %s is %s", names[i], state_unit_state_to_string (state));
    }
}

static void
check_error (const Kill *self, const GError *error)
{
  static const char *const others[] = { "clock", "slow", "disk", "net", "shell", NULL };

  if (error == NULL)
    return;
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  test_assert_contains (error->message, "was killed by signal 9 (Killed)");
  for (guint i = 0; others[i] != NULL; i++)
    {
      g_autofree char *words = g_strdup_printf ("unit %s is lost: process served", others[i]);

      g_assert_true (strstr (error->message, words) == NULL || is_victim (self, others[i]));
    }
}

/* The units are there again, and everything can go on. */
static void
recover (const Kill *self, guint n_restarts)
{
  Fixture *fixture = self->fixture;
  StateUnitProcess *process = fixture->processes[self->victim];
  g_autoptr (GError) error = NULL;

  test_wait_until (state_unit_process_get_n_restarts (process) == n_restarts + 1 &&
                   state_unit_process_is_running (process));
  for (guint i = 0; served[self->victim][i] != NULL; i++)
    test_set_wait_state (fixture->set, served[self->victim][i], STATE_UNIT_STATE_STOPPED);
  test_stop (fixture->set->units, &error);
  g_assert_no_error (error);
  test_reset (fixture->set->units, &error);
  g_assert_no_error (error);
  test_assert_states (fixture->set,
                      "clock:stopped slow:stopped disk:stopped net:stopped shell:stopped");
}

static void
kill_once (Fixture *fixture, StateSnapshot *snapshot)
{
  static const StateOperation operations[] = { STATE_OPERATION_START, STATE_OPERATION_STOP,
                                               STATE_OPERATION_RESET, STATE_OPERATION_SAVE,
                                               STATE_OPERATION_RESTORE };
  StateOperation operation = operations[g_test_rand_int_range (0, G_N_ELEMENTS (operations))];
  Kill kill_data = { fixture, (guint) g_test_rand_int_range (0, N_PROCESSES), FALSE };
  guint n_restarts = state_unit_process_get_n_restarts (fixture->processes[kill_data.victim]);
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  if (operation == STATE_OPERATION_STOP)
    {
      test_start (fixture->set->units, &error);
      g_assert_no_error (error);
    }
  g_timeout_add ((guint) g_test_rand_int_range (0, 50), strike, &kill_data);
  test_begin (fixture->set->units, operation,
              operation == STATE_OPERATION_RESTORE ? snapshot : NULL, NULL, &call);
  test_end (fixture->set->units, operation, &call, NULL, &error);
  check_error (&kill_data, error);
  check_states (&kill_data);
  test_wait_until (kill_data.done);
  recover (&kill_data, n_restarts);
}

static void
test_kills (void)
{
  Fixture *fixture = fixture_new ();
  g_autoptr (StateSnapshot) snapshot = test_save (fixture->set->units, NULL);
  guint64 memory = 0;
  guint n_fds = 0;

  for (guint i = 0; i < n_kills (); i++)
    {
      kill_once (fixture, snapshot);
      test_journal_clear (fixture->set->journal);
      /* Once everything has been used that is used at all. */
      if (i == 19)
        {
          memory = resident_memory ();
          n_fds = count_entries ("/proc/self/fd");
        }
    }
  if (n_kills () > 20)
    {
      g_test_message ("files: %u, then %u; memory: %" G_GUINT64_FORMAT
                      " KiB, then %" G_GUINT64_FORMAT " KiB; children: %u",
                      n_fds, count_entries ("/proc/self/fd"), memory, resident_memory (),
                      count_children ());
      test_wait_until (count_entries ("/proc/self/fd") <= n_fds);
      g_assert_cmpuint (resident_memory (), <, memory + 16 * 1024);
    }
  fixture_free (fixture);
  test_wait_until (count_children () == 0);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);

  g_test_add_func ("/unit-process-kills/kills", test_kills);

  return g_test_run ();
}
