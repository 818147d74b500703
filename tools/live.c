/* SPDX-License-Identifier: MIT */

/* What the jobs on a set of a running program have in common: where it is, and
 * whether anybody is there. */

#include "live.h"

#include "live-watch.h"
#include "option-values.h"

#define DEFAULT_PATH "/org/stateunit/Units"
#define ADDRESS_VARIABLE "STATE_UNIT_ADDRESS"
#define MAX_ENTRIES 16
#define CONNECT_TIME 10000 /* ms */

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

static GQuark
silent_error_quark (void)
{
  return g_quark_from_static_string ("state-unit-silent-error");
}

void
live_set_silent_error (GError **error)
{
  g_set_error_literal (error, silent_error_quark (), 0, "the program does not answer");
}

/* @error: nullable */
gboolean
live_is_silent_error (const GError *error)
{
  return error != NULL && error->domain == silent_error_quark ();
}

/* Waits as long as the program answers anything at all. NULL: it does not; then nothing
 * more may be waited for, for @result is gone when the caller returns. */
GAsyncResult *
live_wait_for_answer (StateRemoteUnits *units, GAsyncResult **result, GError **error)
{
  g_autoptr (LiveWatch) watch = live_watch_new (units, NULL, NULL);

  while (*result == NULL && !live_watch_is_silent (watch))
    g_main_context_iteration (NULL, TRUE);
  if (*result == NULL)
    live_set_silent_error (error);
  return *result;
}

/* Connecting */

static gboolean
on_too_late (gpointer cancellable)
{
  g_cancellable_cancel (cancellable);
  return G_SOURCE_CONTINUE;
}

/* Whoever does not even say hello within the time is not there. */
static GAsyncResult *
wait_for_hello (GAsyncResult **result, GCancellable *cancellable)
{
  guint timer = g_timeout_add (CONNECT_TIME, on_too_late, cancellable);

  live_wait (result);
  g_source_remove (timer);
  return *result;
}

static void
explain_too_late (GError **error, GCancellable *cancellable)
{
  if (!g_cancellable_is_cancelled (cancellable) || *error == NULL)
    return;
  g_clear_error (error);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "it does not answer");
}

static GDBusConnection *
connect_to_address (Live *self, GError **error)
{
  GDBusConnectionFlags flags = G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  GDBusConnection *connection;

  if (self->name != NULL)
    flags |= G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION;
  g_dbus_connection_new_for_address (self->address, flags, NULL, cancellable, live_keep_result,
                                     &result);
  connection =
      g_dbus_connection_new_for_address_finish (wait_for_hello (&result, cancellable), error);
  explain_too_late (error, cancellable);
  return connection;
}

static GDBusConnection *
connect_to_bus (Live *self, GError **error)
{
  GBusType type = g_strcmp0 (self->bus, "system") == 0 ? G_BUS_TYPE_SYSTEM : G_BUS_TYPE_SESSION;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  GDBusConnection *connection;

  g_bus_get (type, cancellable, live_keep_result, &result);
  connection = g_bus_get_finish (wait_for_hello (&result, cancellable), error);
  explain_too_late (error, cancellable);
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
  if (units == NULL && !g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED) &&
      !g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    g_prefix_error (error, "there is no set: ");
  return units;
}

/* There is no set to ask. */
CommandStatus
live_give_up (GError *error)
{
  return command_give_up (COMMAND_NOBODY, error);
}

/* Whether nobody is there any more: a unit of the set's that is lost is none of that. */
static gboolean
is_gone (StateRemoteUnits *units, const GError *error)
{
  return live_is_silent_error (error) ||
         (g_error_matches (error, STATE_ERROR, STATE_ERROR_LOST) && !live_is_there (units));
}

/* There was one, and it did not do what was asked. */
CommandStatus
live_fail (StateRemoteUnits *units, GError *error)
{
  return command_give_up (is_gone (units, error) ? COMMAND_NOBODY : COMMAND_FAILED, error);
}
