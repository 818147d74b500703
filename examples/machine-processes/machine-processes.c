/* SPDX-License-Identifier: MIT */

/* A virtual machine of which some devices are in processes of their own, for the
 * command state-unit to talk to: see README.md.
 *
 * The same program is the machine and, with --serve, a process of devices. */

#include <glib-unix.h>
#include <json-glib/json-glib.h>
#include <libstate-unit.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"

#define OBJECT_PATH "/org/stateunit/Units"

/* Which devices are in which process: those whose names begin so. */
static const struct
{
  const char *process;
  const char *prefixes[4];
} divisions[] = {
  { "storage", { "nvme:", "scsi:", "pcie:rp0-nvme" } },
  { "network", { "net:", "pcie:sw0-downstream-0-virtio" } },
  { "console", { "video:", "keyboard:", "mouse:", "fb" } },
};

typedef struct
{
  const char *program;
  char *address;
  char *name;
  int latency;
  gboolean is_process;
  char **words;

  GMainLoop *loop;
  StateUnits *units;
  JsonArray *graph;
  StateUnitProcess *processes[G_N_ELEMENTS (divisions)];
  guint n_spawning;
  GDBusServer *server;
  GPtrArray *exporters;
  GError *error;
} Machine;

static void
fail (Machine *machine, GError *error)
{
  if (machine->error == NULL)
    machine->error = error;
  else
    g_error_free (error);
  g_main_loop_quit (machine->loop);
}

/* The graph */

static const char *
name_at (JsonArray *graph, guint i)
{
  return json_object_get_string_member (json_array_get_object_element (graph, i), "name");
}

static gboolean
depends_on (JsonArray *graph, guint i, const char *name)
{
  JsonObject *unit = json_array_get_object_element (graph, i);
  JsonArray *names = json_object_has_member (unit, "depends_on")
                         ? json_object_get_array_member (unit, "depends_on")
                         : NULL;

  for (guint j = 0; names != NULL && j < json_array_get_length (names); j++)
    if (g_str_equal (json_array_get_string_element (names, j), name))
      return TRUE;
  return FALSE;
}

/* The process that a device is in; -1: that of the machine. */
static int
find_division (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (divisions); i++)
    for (guint j = 0; j < G_N_ELEMENTS (divisions[i].prefixes); j++)
      if (divisions[i].prefixes[j] != NULL && g_str_has_prefix (name, divisions[i].prefixes[j]))
        return (int) i;
  return -1;
}

/* The set */

static StateUnit *
get_unit (Machine *machine, const char *name)
{
  int division = find_division (name);

  if (division < 0)
    return device_new (machine->latency);
  return g_object_ref (
      STATE_UNIT (state_unit_process_get_unit (machine->processes[division], name)));
}

/* With its edges to those that were added before, in both directions. */
static void
add_unit (Machine *machine, guint i)
{
  const char *name = name_at (machine->graph, i);
  StateUnitBuilder *builder = state_units_add (machine->units, name);
  g_autoptr (StateUnit) unit = get_unit (machine, name);
  GError *error = NULL;

  for (guint j = 0; j < i; j++)
    {
      const char *other = name_at (machine->graph, j);
      StateUnitHandle *handle = state_units_lookup (machine->units, other);

      if (depends_on (machine->graph, i, other))
        state_unit_builder_depends_on (builder, handle);
      if (depends_on (machine->graph, j, name))
        state_unit_builder_dependency_of (builder, handle);
    }
  if (state_unit_builder_build (builder, unit, &error) == NULL)
    fail (machine, error);
}

/* Exporting */

static void
export_on (Machine *machine, GDBusConnection *connection)
{
  GError *error = NULL;
  StateUnitsExporter *exporter =
      state_units_export (machine->units, connection, OBJECT_PATH, &error);

  if (exporter != NULL)
    g_ptr_array_add (machine->exporters, exporter);
  else
    fail (machine, error);
}

static void
on_closed (GDBusConnection *connection,
           gboolean remote_peer_vanished,
           GError *error,
           gpointer user_data)
{
  Machine *machine = user_data;

  for (guint i = 0; i < machine->exporters->len; i++)
    if (state_units_exporter_get_connection (g_ptr_array_index (machine->exporters, i)) ==
        connection)
      {
        g_ptr_array_remove_index (machine->exporters, i);
        break;
      }
}

static gboolean
on_new_connection (GDBusServer *server, GDBusConnection *connection, gpointer user_data)
{
  g_signal_connect (connection, "closed", G_CALLBACK (on_closed), user_data);
  export_on (user_data, connection);
  return TRUE;
}

static void
listen_on_address (Machine *machine)
{
  g_autofree char *guid = g_dbus_generate_guid ();
  GError *error = NULL;

  machine->server = g_dbus_server_new_sync (machine->address,
                                            G_DBUS_SERVER_FLAGS_AUTHENTICATION_REQUIRE_SAME_USER,
                                            guid, NULL, NULL, &error);
  if (machine->server == NULL)
    {
      fail (machine, error);
      return;
    }
  g_signal_connect (machine->server, "new-connection", G_CALLBACK (on_new_connection), machine);
  g_dbus_server_start (machine->server);
  g_print ("The machine listens on %s\n", g_dbus_server_get_client_address (machine->server));
}

static void
on_bus_acquired (GDBusConnection *connection, const char *name, gpointer user_data)
{
  export_on (user_data, connection);
}

static void
on_name_acquired (GDBusConnection *connection, const char *name, gpointer user_data)
{
  g_print ("The machine has the name %s on the session bus\n", name);
}

static void
on_name_lost (GDBusConnection *connection, const char *name, gpointer user_data)
{
  fail (user_data, g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED, "cannot have the name %s", name));
}

/* Processes */

static void
assemble (Machine *machine)
{
  for (guint i = 0; i < json_array_get_length (machine->graph) && machine->error == NULL; i++)
    add_unit (machine, i);
  if (machine->error != NULL)
    return;
  if (machine->name != NULL)
    g_bus_own_name (G_BUS_TYPE_SESSION, machine->name, G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE,
                    on_bus_acquired, on_name_acquired, on_name_lost, machine, NULL);
  else
    listen_on_address (machine);
}

typedef struct
{
  Machine *machine;
  guint division;
} Spawn;

static void
on_spawned (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Spawn *spawn = user_data;
  Machine *machine = spawn->machine;
  GError *error = NULL;
  StateUnitProcess *process = state_unit_process_spawn_finish (result, &error);

  machine->n_spawning--;
  if (process == NULL)
    {
      fail (machine, error);
      return;
    }
  machine->processes[spawn->division] = process;
  g_print ("%s: process %s\n", divisions[spawn->division].process,
           state_unit_process_get_identifier (process));
  if (machine->n_spawning == 0)
    assemble (machine);
}

/* machine-processes --serve --latency=20 NAME… */
static void
spawn_division (Machine *machine, guint division)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autofree char *latency = g_strdup_printf ("--latency=%d", machine->latency);
  Spawn *spawn = g_new0 (Spawn, 1);

  g_ptr_array_add (argv, (char *) machine->program);
  g_ptr_array_add (argv, (char *) "--serve");
  g_ptr_array_add (argv, latency);
  for (guint i = 0; i < json_array_get_length (machine->graph); i++)
    if (find_division (name_at (machine->graph, i)) == (int) division)
      g_ptr_array_add (argv, (char *) name_at (machine->graph, i));
  g_ptr_array_add (argv, NULL);

  spawn->machine = machine;
  spawn->division = division;
  machine->n_spawning++;
  state_unit_process_spawn_async ((const char *const *) argv->pdata, NULL, NULL, on_spawned, spawn);
}

static void
on_process_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  guint *n_running = user_data;

  state_unit_process_end_finish (STATE_UNIT_PROCESS (source), result, NULL);
  (*n_running)--;
}

static void
end_processes (Machine *machine)
{
  guint n_running = 0;

  for (guint i = 0; i < G_N_ELEMENTS (divisions); i++)
    if (machine->processes[i] != NULL)
      {
        n_running++;
        state_unit_process_end_async (machine->processes[i], NULL, on_process_ended, &n_running);
      }
  while (n_running > 0)
    g_main_context_iteration (NULL, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (divisions); i++)
    g_clear_object (&machine->processes[i]);
}

/* The two programs */

static gboolean
on_asked_to_end (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_REMOVE;
}

static void
be_machine (Machine *machine)
{
  g_autoptr (JsonParser) parser = json_parser_new ();

  if (!json_parser_load_from_file (parser, machine->words[0], &machine->error))
    return;
  machine->graph = json_node_get_array (json_parser_get_root (parser));
  machine->loop = g_main_loop_new (NULL, FALSE);
  machine->units = state_units_new ();
  machine->exporters = g_ptr_array_new_with_free_func (g_object_unref);
  g_unix_signal_add (SIGTERM, on_asked_to_end, machine->loop);
  g_unix_signal_add (SIGINT, on_asked_to_end, machine->loop);

  for (guint i = 0; i < G_N_ELEMENTS (divisions); i++)
    spawn_division (machine, i);
  g_main_loop_run (machine->loop);

  if (machine->server != NULL)
    g_dbus_server_stop (machine->server);
  g_clear_object (&machine->server);
  g_ptr_array_unref (machine->exporters);
  g_object_unref (machine->units);
  end_processes (machine);
  g_main_loop_unref (machine->loop);
}

static void
be_process (Machine *machine)
{
  guint n = g_strv_length (machine->words);
  g_autoptr (GPtrArray) units = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (units, device_new (machine->latency));
  state_unit_process_serve ((const char *const *) machine->words, (StateUnit **) units->pdata, n,
                            NULL, &machine->error);
}

int
main (int argc, char **argv)
{
  Machine machine = { .program = argv[0], .latency = 20 };
  const GOptionEntry entries[] = {
    { "address", 0, 0, G_OPTION_ARG_STRING, &machine.address, "Listen on ADDRESS", "ADDRESS" },
    { "name", 0, 0, G_OPTION_ARG_STRING, &machine.name, "Have NAME on the session bus", "NAME" },
    { "latency", 0, 0, G_OPTION_ARG_INT, &machine.latency, "What starting takes, in ms", "MS" },
    { "serve", 0, 0, G_OPTION_ARG_NONE, &machine.is_process, "Be a process of devices", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &machine.words, NULL, "GRAPH.json" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  GError *error = NULL;
  int status;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    machine.error = error;
  else if (machine.words != NULL && machine.is_process)
    be_process (&machine);
  else if (machine.words != NULL && (machine.address != NULL || machine.name != NULL))
    be_machine (&machine);
  else
    g_set_error_literal (&machine.error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
                         "GRAPH.json, and --address or --name, are needed: see --help");

  if (machine.error != NULL)
    g_printerr ("%s\n", machine.error->message);
  status = machine.error != NULL ? EXIT_FAILURE : EXIT_SUCCESS;
  g_clear_error (&machine.error);
  g_strfreev (machine.words);
  g_free (machine.address);
  g_free (machine.name);
  return status;
}
