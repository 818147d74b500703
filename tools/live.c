/* SPDX-License-Identifier: MIT */

/* What the jobs on a set of a running program have in common: where it is, and
 * whether anybody is there. */

#include "live.h"

#include "option-values.h"

#define DEFAULT_PATH "/org/stateunit/Units"
#define ADDRESS_VARIABLE "STATE_UNIT_ADDRESS"
#define MAX_ENTRIES 16

void
live_clear (Live *self)
{
  g_clear_pointer (&self->address, g_free);
  g_clear_pointer (&self->bus, g_free);
  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->object_path, g_free);
  g_clear_pointer (&self->words, g_strfreev);
}

/* Options */

static gboolean
check_place (Live *self, const char *job, GError **error)
{
  if (self->bus != NULL && !g_str_equal (self->bus, "session") &&
      !g_str_equal (self->bus, "system"))
    return option_fail (error, "--bus: \"%s\" is neither session nor system", self->bus);
  if (self->address == NULL && self->name == NULL && self->bus == NULL)
    self->address = g_strdup (g_getenv (ADDRESS_VARIABLE));
  if (self->bus != NULL && self->name == NULL)
    return option_fail (error, "--bus needs --name");
  if (self->address == NULL && self->name == NULL)
    return option_fail (error,
                        "where is the set? Give --address or --name; see state-unit %s --help",
                        job);
  if (self->bus != NULL && self->address != NULL)
    return option_fail (error, "--bus and --address are two places; give one");
  if (self->name != NULL && !g_dbus_is_name (self->name))
    return option_fail (error, "--name: \"%s\" is not a name on a bus", self->name);
  if (self->object_path == NULL)
    self->object_path = g_strdup (DEFAULT_PATH);
  if (!g_variant_is_object_path (self->object_path))
    return option_fail (error, "--object-path: \"%s\" is not an object path", self->object_path);
  return TRUE;
}

static gboolean
check_words (Live *self, const char *job, guint max_words, GError **error)
{
  if (self->words == NULL)
    self->words = g_new0 (char *, 1);
  for (char **word = self->words; *word != NULL; word++)
    if (!g_utf8_validate (*word, -1, NULL))
      return option_fail (error, "\"%s\" is not UTF-8", *word);
  if (g_strv_length (self->words) > max_words)
    return option_fail (error, "\"%s\" is too much; see state-unit %s --help",
                        self->words[max_words], job);
  return TRUE;
}

static guint
append (GOptionEntry *entries, guint n, const GOptionEntry *more)
{
  for (; more != NULL && more->long_name != NULL; more++)
    {
      g_assert (n + 1 < MAX_ENTRIES);
      entries[n++] = *more;
    }
  return n;
}

/* Takes the options of the job, which may be NULL, and those of all. */
gboolean
live_parse (Live *self,
            const char *job,
            const char *parameters,
            const char *summary,
            const GOptionEntry *entries,
            guint max_words,
            int argc,
            char **argv,
            gboolean *help,
            GError **error)
{
  const GOptionEntry common[] = {
    { "address", 0, 0, G_OPTION_ARG_STRING, &self->address,
      "D-Bus address of the program; with --name, of a message bus", "ADDRESS" },
    { "bus", 0, 0, G_OPTION_ARG_STRING, &self->bus, "Message bus: session (the default) or system",
      "BUS" },
    { "name", 0, 0, G_OPTION_ARG_STRING, &self->name, "Name of the program on the bus", "NAME" },
    { "object-path", 0, 0, G_OPTION_ARG_STRING, &self->object_path,
      "Where the set is there (" DEFAULT_PATH ")", "PATH" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &self->words, NULL, NULL },
    { NULL },
  };
  GOptionEntry all[MAX_ENTRIES] = { { NULL } };
  guint n = append (all, 0, entries);

  for (guint i = 0; i < G_N_ELEMENTS (common); i++)
    all[n++] = common[i];
  if (!command_parse_options (job, parameters, summary, all, &argc, &argv, help, error))
    return FALSE;
  return *help || (check_words (self, job, max_words, error) && check_place (self, job, error));
}

gboolean
live_need_words (Live *self, const char *job, guint n, const char *what, GError **error)
{
  if (g_strv_length (self->words) >= n)
    return TRUE;
  return option_fail (error, "no %s given; see state-unit %s --help", what, job);
}

/* Waiting */

void
live_keep_result (GObject *source, GAsyncResult *result, gpointer result_out)
{
  GAsyncResult **out = result_out;

  *out = g_object_ref (result);
}

GAsyncResult *
live_wait (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *result;
}

/* Connecting */

static GDBusConnection *
connect_to_address (Live *self, GError **error)
{
  GDBusConnectionFlags flags = G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT;

  if (self->name != NULL)
    flags |= G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION;
  return g_dbus_connection_new_for_address_sync (self->address, flags, NULL, NULL, error);
}

static GDBusConnection *
connect_to_bus (Live *self, GError **error)
{
  GDBusConnection *connection =
      g_bus_get_sync (g_strcmp0 (self->bus, "system") == 0 ? G_BUS_TYPE_SYSTEM : G_BUS_TYPE_SESSION,
                      NULL, error);

  if (connection != NULL)
    g_dbus_connection_set_exit_on_close (connection, FALSE);
  return connection;
}

static StateRemoteUnits *
find_set (Live *self, GDBusConnection *connection, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  state_remote_units_new_async (connection, self->name, self->object_path, NULL, live_keep_result,
                                &result);
  return state_remote_units_new_finish (live_wait (&result), error);
}

StateRemoteUnits *
live_connect (Live *self, GError **error)
{
  g_autoptr (GDBusConnection) connection = NULL;
  StateRemoteUnits *units;

  connection =
      self->address != NULL ? connect_to_address (self, error) : connect_to_bus (self, error);
  if (connection == NULL)
    {
      g_prefix_error (error, "nobody is there: %s: ",
                      self->address != NULL ? self->address
                      : self->bus != NULL   ? self->bus
                                            : "session bus");
      return NULL;
    }
  units = find_set (self, connection, error);
  if (units == NULL && !g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
    g_prefix_error (error, "there is no set: ");
  return units;
}

CommandStatus
live_give_up (GError *error)
{
  return command_give_up (COMMAND_NOBODY, error);
}
