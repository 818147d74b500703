/* SPDX-License-Identifier: MIT */

/* What it costs that a unit is in another process, against what is underneath: a bare
 * method call of GDBus over the same kind of socket, and writing and reading memory of
 * the same size. All in one run, in turns; the best times are compared, since everything
 * else that the machine does only adds to them. */

#define _GNU_SOURCE

#include <fcntl.h>
#include <libstate-unit.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATH "/org/example/bare"
#define INTERFACE "org.example.Bare"
#define N_PROCESSES 10

static int n_calls = 100;
static int n_units = 1000;
static int n_rounds = 60;
static int mebibytes = 1024;
static char *only;
static gboolean bare, serving;

static const GOptionEntry options[] = {
  { "calls", 0, 0, G_OPTION_ARG_INT, &n_calls, "calls in a round, one after the other", "N" },
  { "units", 0, 0, G_OPTION_ARG_INT, &n_units, "units in ten processes", "N" },
  { "rounds", 0, 0, G_OPTION_ARG_INT, &n_rounds, "rounds of each", "N" },
  { "mebibytes", 0, 0, G_OPTION_ARG_INT, &mebibytes, "size of the large state", "N" },
  { "only", 0, 0, G_OPTION_ARG_STRING, &only, "requests, starts or saves alone", "WHAT" },
  { "bare", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &bare, NULL, NULL },
  { "serve", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &serving, NULL, NULL },
  G_OPTION_ENTRY_NULL
};

static double
now (void)
{
  return (double) g_get_monotonic_time () / G_USEC_PER_SEC;
}

/* --- A unit that answers at once, and may save much --- */

#define BENCH_TYPE_UNIT (bench_unit_get_type ())
G_DECLARE_FINAL_TYPE (BenchUnit, bench_unit, BENCH, UNIT, GObject)

struct _BenchUnit
{
  GObject parent_instance;

  GVariant *state;
};

static void
bench_unit_save (StateUnit *unit, StateRequest *request)
{
  state_request_complete_with_state (request, BENCH_UNIT (unit)->state);
}

static void
bench_unit_iface_init (StateUnitInterface *iface)
{
  iface->save = bench_unit_save;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (BenchUnit,
                               bench_unit,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT, bench_unit_iface_init))

static void
bench_unit_class_init (BenchUnitClass *klass)
{
}

static void
bench_unit_init (BenchUnit *self)
{
}

static GVariant *
large_state (gsize size)
{
  char *data = g_malloc (size);
  g_autoptr (GBytes) bytes = NULL;

  memset (data, 'x', size);
  bytes = g_bytes_new_take (data, size);
  return g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE);
}

/* --- The other processes --- */

static int
serve (void)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) units = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < n_units; i++)
    {
      BenchUnit *unit = g_object_new (BENCH_TYPE_UNIT, NULL);

      if (i == 0 && mebibytes > 0)
        unit->state = g_variant_ref_sink (large_state ((gsize) mebibytes << 20));
      g_ptr_array_add (units, unit);
      g_ptr_array_add (names, g_strdup_printf ("unit-%d", i));
    }
  g_ptr_array_add (names, NULL);
  if (state_unit_process_serve ((const char *const *) names->pdata, (StateUnit **) units->pdata,
                                units->len, NULL, &error))
    return 0;
  g_printerr ("%s\n", error->message);
  return 1;
}

static void
bare_called (GDBusConnection *connection,
             const char *sender,
             const char *object_path,
             const char *interface,
             const char *method,
             GVariant *parameters,
             GDBusMethodInvocation *invocation,
             gpointer user_data)
{
  g_dbus_method_invocation_return_value (invocation, NULL);
}

static GDBusConnection *
connection_of (int fd, GDBusConnectionFlags flags)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, &error);
  g_autoptr (GSocketConnection) stream = g_socket_connection_factory_create_connection (socket);
  g_autofree char *guid = g_dbus_generate_guid ();
  GDBusConnection *connection;

  connection =
      g_dbus_connection_new_sync (G_IO_STREAM (stream),
                                  (flags & G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER) != 0
                                      ? guid
                                      : NULL,
                                  flags, NULL, NULL, &error);
  if (connection == NULL)
    g_error ("%s", error->message);
  return connection;
}

static int
serve_bare (void)
{
  static const GDBusInterfaceVTable vtable = { .method_call = bare_called };
  g_autoptr (GDBusNodeInfo) node =
      g_dbus_node_info_new_for_xml ("<node><interface name='" INTERFACE
                                    "'><method name='Call'/></interface></node>",
                                    NULL);
  GDBusConnection *connection =
      connection_of (0, G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER |
                            G_DBUS_CONNECTION_FLAGS_DELAY_MESSAGE_PROCESSING);

  g_dbus_connection_register_object (connection, PATH, node->interfaces[0], &vtable, NULL, NULL,
                                     NULL);
  g_dbus_connection_start_message_processing (connection);
  while (!g_dbus_connection_is_closed (connection))
    g_main_context_iteration (NULL, TRUE);
  return 0;
}

static GDBusConnection *
spawn_bare (const char *program)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  const char *argv[] = { program, "--bare", NULL };
  g_autoptr (GSubprocess) process = NULL;
  int fds[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
    g_error ("no sockets");
  g_subprocess_launcher_take_stdin_fd (launcher, fds[1]);
  process = g_subprocess_launcher_spawnv (launcher, argv, NULL);
  if (process == NULL)
    g_error ("cannot start %s", program);
  return connection_of (fds[0], G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT);
}

static void
take_result (GObject *source, GAsyncResult *result, gpointer place)
{
  *(GAsyncResult **) place = g_object_ref (result);
}

static GAsyncResult *
wait_for (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *result;
}

static StateUnitProcess *
spawn_units (const char *program, int units, int size)
{
  g_autofree char *units_option = g_strdup_printf ("--units=%d", units);
  g_autofree char *size_option = g_strdup_printf ("--mebibytes=%d", size);
  const char *argv[] = { program, "--serve", units_option, size_option, NULL };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  StateUnitProcess *process;

  state_unit_process_spawn_async (argv, NULL, NULL, take_result, &result);
  process = state_unit_process_spawn_finish (wait_for (&result), &error);
  if (process == NULL)
    g_error ("%s", error->message);
  return process;
}

/* --- Comparing --- */

static double
best (GArray *times)
{
  double least = G_MAXDOUBLE;

  for (guint i = 0; i < times->len; i++)
    least = MIN (least, g_array_index (times, double, i));
  return least;
}

/* Whether it is within the bound. */
static gboolean
report (const char *what,
        GArray *ours,
        GArray *theirs,
        double unit,
        const char *unit_name,
        double bound)
{
  double one = best (ours) / unit, other = best (theirs) / unit;

  g_print ("%-36s %9.2f %s   against %9.2f %s   %.2f times (at most %.1f)\n", what, one, unit_name,
           other, unit_name, one / other, bound);
  return one / other <= bound;
}

static GArray *
times_new (void)
{
  return g_array_new (FALSE, FALSE, sizeof (double));
}

static void
note (GArray *times, double begin, int n)
{
  double time = (now () - begin) / n;

  g_array_append_val (times, time);
}

/* --- One request after the other --- */

static void
call_bare (GDBusConnection *connection)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GVariant) reply = NULL;

  g_dbus_connection_call (connection, NULL, PATH, INTERFACE, "Call", NULL, NULL,
                          G_DBUS_CALL_FLAGS_NONE, -1, NULL, take_result, &result);
  reply = g_dbus_connection_call_finish (connection, wait_for (&result), NULL);
  g_assert_nonnull (reply);
}

static void
send_request (StateUnit *unit)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  state_unit_send_async (unit, STATE_OPERATION_STOP, NULL, NULL, take_result, &result);
  state_unit_send_finish (unit, wait_for (&result), &error);
  g_assert_no_error (error);
}

static gboolean
compare_requests (const char *program)
{
  g_autoptr (StateUnitProcess) process = spawn_units (program, 1, 0);
  g_autoptr (GDBusConnection) connection = spawn_bare (program);
  StateUnit *unit = STATE_UNIT (state_unit_process_get_unit (process, "unit-0"));
  g_autoptr (GArray) ours = times_new ();
  g_autoptr (GArray) theirs = times_new ();

  for (int round = 0; round < n_rounds; round++)
    {
      double begin = now ();

      for (int i = 0; i < n_calls; i++)
        call_bare (connection);
      note (theirs, begin, n_calls);
      begin = now ();
      for (int i = 0; i < n_calls; i++)
        send_request (unit);
      note (ours, begin, n_calls);
    }
  g_dbus_connection_close_sync (connection, NULL, NULL);
  return report ("a request", ours, theirs, 1e-6, "us", 1.5);
}

/* --- Many at once --- */

typedef struct
{
  int n_left;
} Flight;

static void
landed (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);

  g_assert_nonnull (reply);
  ((Flight *) data)->n_left--;
}

static void
call_all (GDBusConnection **connections)
{
  Flight flight = { n_units };

  for (int i = 0; i < n_units; i++)
    g_dbus_connection_call (connections[i % N_PROCESSES], NULL, PATH, INTERFACE, "Call", NULL, NULL,
                            G_DBUS_CALL_FLAGS_NONE, -1, NULL, landed, &flight);
  while (flight.n_left > 0)
    g_main_context_iteration (NULL, TRUE);
}

static void
run_set (StateUnits *units, gboolean start)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  if (start)
    {
      state_units_start_async (units, NULL, take_result, &result);
      state_units_start_finish (units, wait_for (&result), &error);
    }
  else
    {
      state_units_stop_async (units, NULL, take_result, &result);
      state_units_stop_finish (units, wait_for (&result), &error);
    }
  g_assert_no_error (error);
}

static void
add_units (StateUnits *units, StateUnitProcess *process, int number)
{
  g_auto (GStrv) names = state_unit_process_list_units (process);

  for (int i = 0; names[i] != NULL; i++)
    {
      g_autofree char *name = g_strdup_printf ("process-%d-%s", number, names[i]);

      state_units_add_unit (units, name,
                            STATE_UNIT (state_unit_process_get_unit (process, names[i])), NULL,
                            NULL);
    }
}

static gboolean
compare_starts (const char *program)
{
  StateUnitProcess *processes[N_PROCESSES];
  GDBusConnection *connections[N_PROCESSES];
  g_autoptr (StateUnits) units = state_units_new ();
  g_autoptr (GArray) ours = times_new ();
  g_autoptr (GArray) theirs = times_new ();

  for (int i = 0; i < N_PROCESSES; i++)
    {
      processes[i] = spawn_units (program, n_units / N_PROCESSES, 0);
      connections[i] = spawn_bare (program);
      add_units (units, processes[i], i);
    }
  for (int round = 0; round < n_rounds; round++)
    {
      double begin = now ();

      call_all (connections);
      note (theirs, begin, 1);
      begin = now ();
      run_set (units, TRUE);
      note (ours, begin, 1);
      run_set (units, FALSE);
    }
  for (int i = 0; i < N_PROCESSES; i++)
    {
      g_dbus_connection_close_sync (connections[i], NULL, NULL);
      g_object_unref (connections[i]);
    }
  g_clear_object (&units);
  for (int i = 0; i < N_PROCESSES; i++)
    g_object_unref (processes[i]);
  return report ("a start of all units", ours, theirs, 1e-3, "ms", 1.3);
}

/* --- Much to save --- */

static void
write_and_read (const char *from, gsize size)
{
  int fd = memfd_create ("bench", MFD_CLOEXEC);
  char *to = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  gsize done = 0;
  gssize n;

  while (done < size && (n = write (fd, from + done, size - done)) > 0)
    done += (gsize) n;
  g_assert_cmpuint (done, ==, size);
  for (done = 0; done < size && (n = pread (fd, to + done, size - done, (off_t) done)) > 0;)
    done += (gsize) n;
  g_assert_cmpuint (done, ==, size);
  munmap (to, size);
  close (fd);
}

/* Each page of it is looked at. */
static void
save (StateUnit *unit, gsize size)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GVariant) state = NULL;
  g_autoptr (GError) error = NULL;
  const volatile char *data;

  state_unit_send_async (unit, STATE_OPERATION_SAVE, NULL, NULL, take_result, &result);
  state = state_unit_send_finish (unit, wait_for (&result), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_get_size (state), >=, size);
  data = g_variant_get_data (state);
  for (gsize i = 0; i < size; i += 4096)
    (void) data[i];
}

static gboolean
compare_saves (const char *program)
{
  gsize size = (gsize) mebibytes << 20;
  g_autoptr (StateUnitProcess) process = spawn_units (program, 1, mebibytes);
  StateUnit *unit = STATE_UNIT (state_unit_process_get_unit (process, "unit-0"));
  g_autoptr (GArray) ours = times_new ();
  g_autoptr (GArray) theirs = times_new ();
  g_autofree char *from = g_malloc (size);
  int rounds = MIN (n_rounds, 5);

  memset (from, 'x', size);
  for (int round = 0; round < rounds; round++)
    {
      double begin = now ();

      write_and_read (from, size);
      note (theirs, begin, 1);
      begin = now ();
      save (unit, size);
      note (ours, begin, 1);
    }
  return report ("a save of much", ours, theirs, 1e-3, "ms", 1.3);
}

static gboolean
is_wanted (const char *what)
{
  return only == NULL || g_str_equal (only, what);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  gboolean within = TRUE;

  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }
  if (bare)
    return serve_bare ();
  if (serving)
    return serve ();

  if (is_wanted ("requests"))
    within &= compare_requests (argv[0]);
  if (is_wanted ("starts"))
    within &= compare_starts (argv[0]);
  if (is_wanted ("saves"))
    within &= compare_saves (argv[0]);
  return within ? 0 : 1;
}
