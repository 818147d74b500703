/* SPDX-License-Identifier: MIT */

/* A client, and an exported set, that say whatever comes to their minds: nothing of it is
 * fatal, no call hangs, and whoever is honest afterwards is served.
 * STATE_UNIT_FUZZ_MESSAGES says how many messages go each way; --seed repeats a run. */

#include "test-connection.h"
#include "test-set.h"

#include <stdlib.h>

#define PATH "/org/example/Machine"
#define UNITS "org.stateunit.Units1"
#define PROPERTIES "org.freedesktop.DBus.Properties"
#define MANAGER "org.freedesktop.DBus.ObjectManager"

static guint
n_messages (void)
{
  const char *number = g_getenv ("STATE_UNIT_FUZZ_MESSAGES");

  return number != NULL ? (guint) atoi (number) : 3000;
}

/* --- Things to say --- */

/* Also from the threads that connections have of their own. */
static guint
roll (guint n)
{
  static GMutex lock;
  guint rolled;

  g_mutex_lock (&lock);
  rolled = (guint) g_test_rand_int_range (0, (gint32) n);
  g_mutex_unlock (&lock);
  return rolled;
}

static const char *
any_of (const char *const *words)
{
  return words[roll (g_strv_length ((char **) words))];
}

static const char *
any_word (void)
{
  static const char *const words[] = {
    "",        "a",       "d",         "d/value", "nosuch", "//",         "start",
    "stop",    "restore", "inspect",   "svg",     "dot",    "trace-json", "roll-back",
    "running", "failed",  "flying",    "ärger",   UNITS,    "Running",    "org.stateunit.Handle1",
    "Name",    "State",   "succeeded", NULL
  };

  return any_of (words);
}

static GVariant *any_value (guint depth);

static GVariant *
any_dictionary (guint depth)
{
  static const char *const keys[] = {
    "call",     "units",   "failure-policy", "timeout",      "resume",
    "snapshot", "serial",  "operation",      "status",       "progress",
    "elapsed",  "error",   "n-units",        "Name",         "State",
    "Error",    "Running", "Transition",     "Dependencies", "AllowedOperations",
    "other",    NULL
  };
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint n = roll (4); n > 0; n--)
    g_variant_builder_add (&builder, "{sv}", any_of (keys), any_value (depth));
  return g_variant_builder_end (&builder);
}

static GVariant *
any_bytes (void)
{
  guint8 bytes[64];
  guint size = roll (sizeof bytes);

  for (guint i = 0; i < size; i++)
    bytes[i] = (guint8) roll (256);
  return g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, bytes, size, 1);
}

static GVariant *
any_names (void)
{
  const char *names[] = { any_word (), any_word () };

  return g_variant_new_strv (names, roll (3));
}

static GVariant *
any_objects (void)
{
  static const char *const paths[] = { "/", PATH, PATH "/unit/a", PATH "/unit/x", "/x/y", NULL };
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{oa{sa{sv}}}"));
  for (guint n = roll (5); n > 0; n--)
    {
      GVariantBuilder interfaces;

      g_variant_builder_init (&interfaces, G_VARIANT_TYPE ("a{sa{sv}}"));
      g_variant_builder_add (&interfaces, "{s@a{sv}}",
                             roll (4) ? "org.stateunit.Handle1" : any_word (), any_dictionary (1));
      g_variant_builder_add (&builder, "{oa{sa{sv}}}", any_of (paths), &interfaces);
    }
  return g_variant_builder_end (&builder);
}

static GVariant *
any_value (guint depth)
{
  switch (roll (depth > 3 ? 8 : 11))
    {
    case 0:
      return g_variant_new_string (any_word ());
    case 1:
      return g_variant_new_uint32 (roll (2) ? roll (10) : G_MAXUINT32);
    case 2:
      return g_variant_new_int64 (roll (2) ? G_MININT64 : (gint64) roll (100));
    case 3:
      return g_variant_new_double (roll (30) / 10.0 - 1);
    case 4:
      return g_variant_new_boolean ((gboolean) roll (2));
    case 5:
      return any_bytes ();
    case 6:
      return any_names ();
    case 7:
      return g_variant_new ("(ssi)", any_word (), any_word (), (gint32) roll (50));
    case 8:
      return any_dictionary (depth + 1);
    case 9:
      return g_variant_new ("(s@ay)", roll (2) ? "ay" : any_word (), any_bytes ());
    default:
      return g_variant_new_variant (any_value (depth + 1));
    }
}

static GVariant *
any_tuple (void)
{
  GVariant *values[] = { any_value (0), any_value (0) };
  guint n = roll (3);

  for (guint i = n; i < G_N_ELEMENTS (values); i++)
    g_variant_unref (g_variant_ref_sink (values[i]));
  return g_variant_new_tuple (values, n);
}

/* Mostly what belongs there. */
static GVariant *
any_body (const char *method)
{
  if (roll (6) == 0)
    return any_tuple ();
  if (g_str_equal (method, "Restore"))
    return g_variant_new ("(v@a{sv})", any_value (0), any_dictionary (0));
  if (g_str_equal (method, "Cancel"))
    return g_variant_new ("(u)", roll (4));
  if (g_str_equal (method, "Inspect"))
    return g_variant_new ("(suu@a{sv})", any_word (), roll (4), roll (3), any_dictionary (0));
  if (g_str_equal (method, "Update"))
    return g_variant_new ("(sv@a{sv})", any_word (), any_value (0), any_dictionary (0));
  if (g_str_equal (method, "Plan"))
    return g_variant_new ("(s@a{sv})", any_word (), any_dictionary (0));
  if (g_str_equal (method, "Explain") || g_str_equal (method, "Timeline") ||
      g_str_equal (method, "GetAll"))
    return g_variant_new ("(s)", any_word ());
  if (g_str_equal (method, "Get"))
    return g_variant_new ("(ss)", any_word (), any_word ());
  if (g_str_equal (method, "GetManagedObjects"))
    return NULL;
  return g_variant_new ("(@a{sv})",
                        roll (3) ? any_dictionary (0) : g_variant_new_parsed ("@a{sv} {}"));
}

static GDBusMessage *
any_call (void)
{
  static const char *const paths[] = { PATH,         PATH,           PATH, PATH "/unit/a",
                                       PATH "/unit", PATH "/unit/_", "/",  NULL };
  static const char *const methods[] = { "Start",  "Stop",    "StartStoppedUnits",
                                         "Reset",  "Save",    "Restore",
                                         "Cancel", "Inspect", "Update",
                                         "Plan",   "Explain", "Timeline",
                                         "Get",    "GetAll",  "GetManagedObjects",
                                         "Fly",    NULL };
  const char *method = any_of (methods);
  const char *interface_name = g_str_equal (method, "GetManagedObjects") ? MANAGER
                               : g_str_has_prefix (method, "Get")        ? PROPERTIES
                                                                         : UNITS;
  GDBusMessage *message =
      g_dbus_message_new_method_call (NULL, any_of (paths), interface_name, method);
  GVariant *body = any_body (method);

  if (body != NULL)
    g_dbus_message_set_body (message, body);
  return message;
}

/* --- A client --- */

static void
on_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GDBusMessage) reply =
      g_dbus_connection_send_message_with_reply_finish (G_DBUS_CONNECTION (source), result, NULL);

  g_assert_nonnull (reply);
  (*(guint *) user_data)--;
}

static void
test_client (void)
{
  g_autoptr (TestConnection) connection = test_connection_new (FALSE);
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateUnitsExporter) exporter = NULL;
  g_autoptr (GError) error = NULL;
  guint n_waiting = 0;

  test_set_add_diamond (set);
  exporter = state_units_export (set->units, connection->far_end, PATH, &error);
  g_assert_no_error (error);
  for (guint i = n_messages (); i > 0; i--)
    {
      g_autoptr (GDBusMessage) message = any_call ();

      n_waiting++;
      g_dbus_connection_send_message_with_reply (connection->near_end, message,
                                                 G_DBUS_SEND_MESSAGE_FLAGS_NONE, G_MAXINT, NULL,
                                                 NULL, on_reply, &n_waiting);
      if (state_units_lookup (set->units, "x") != NULL)
        state_unit_handle_discard (test_set_get (set, "x"));
      else if (roll (20) == 0)
        test_set_add (set, "x", NULL);
      if (n_waiting > 30)
        test_wait_until (n_waiting == 0);
    }
  /* Every one of them is replied to. */
  test_wait_until (n_waiting == 0);
  g_assert_true (test_stop (set->units, &error));
  g_assert_no_error (error);
  test_assert_states (set, "a:stopped b:stopped c:stopped d:stopped");
  g_assert_finalize_object (g_steal_pointer (&exporter));
}

/* --- A set --- */

static GVariant *
any_answer (const char *method)
{
  if (roll (5) == 0)
    return any_tuple ();
  if (g_str_equal (method, "GetAll") || g_str_equal (method, "Inspect") ||
      g_str_equal (method, "Plan"))
    return g_variant_new ("(@a{sv})", any_dictionary (0));
  if (g_str_equal (method, "GetManagedObjects"))
    return g_variant_new ("(@a{oa{sa{sv}}})", any_objects ());
  if (g_str_equal (method, "Save") || g_str_equal (method, "Update"))
    return g_variant_new ("(v)", any_value (0));
  return roll (2) ? g_variant_new ("(s)", any_word ()) : NULL;
}

/* As it is not checked what goes out, by a filter and not by an object. */
static GDBusMessage *
answer_anything (GDBusConnection *connection,
                 GDBusMessage *message,
                 gboolean incoming,
                 gpointer user_data)
{
  g_autoptr (GDBusMessage) reply = NULL;
  GVariant *body;

  if (!incoming || g_dbus_message_get_message_type (message) != G_DBUS_MESSAGE_TYPE_METHOD_CALL)
    return message;
  if (roll (10) == 0)
    reply = g_dbus_message_new_method_error_literal (message, "org.example.Error.Any", any_word ());
  else
    {
      reply = g_dbus_message_new_method_reply (message);
      body = any_answer (g_dbus_message_get_member (message));
      if (body != NULL)
        g_dbus_message_set_body (reply, body);
    }
  g_dbus_connection_send_message (connection, reply, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
  g_object_unref (message);
  return NULL;
}

static void
tell_anything (GDBusConnection *connection)
{
  static const char *const paths[] = { PATH, PATH "/unit/a", PATH "/unit/x", "/x", NULL };
  GVariant *body;

  switch (roll (5))
    {
    case 0:
      g_dbus_connection_emit_signal (connection, NULL, any_of (paths), PROPERTIES,
                                     "PropertiesChanged",
                                     g_variant_new ("(s@a{sv}@as)",
                                                    roll (2) ? UNITS : "org.stateunit.Handle1",
                                                    any_dictionary (0), any_names ()),
                                     NULL);
      break;
    case 1:
      body = any_objects ();
      g_dbus_connection_emit_signal (connection, NULL, PATH, MANAGER, "InterfacesAdded",
                                     g_variant_n_children (body) > 0
                                         ? g_variant_new ("(o@a{sa{sv}})", any_of (paths),
                                                          g_variant_new_parsed ("@a{sa{sv}} {}"))
                                         : g_variant_new ("(s)", any_word ()),
                                     NULL);
      g_variant_unref (g_variant_ref_sink (body));
      break;
    case 2:
      g_dbus_connection_emit_signal (connection, NULL, PATH, MANAGER, "InterfacesRemoved",
                                     g_variant_new ("(o@as)", any_of (paths), any_names ()), NULL);
      break;
    default:
      g_dbus_connection_emit_signal (connection, NULL, PATH, roll (2) ? MANAGER : PROPERTIES,
                                     "PropertiesChanged", any_body ("Update"), NULL);
    }
}

static void
ask_anything (StateRemoteUnits *remote, TestCall *call)
{
  g_autoptr (GVariant) options = g_variant_ref_sink (any_dictionary (0));

  switch (roll (5))
    {
    case 0:
      state_remote_units_inspect_async (remote, any_word (), 0, 0, NULL, test_call_done, call);
      break;
    case 1:
      state_remote_units_explain_async (remote, any_word (), NULL, test_call_done, call);
      break;
    case 2:
      state_remote_units_update_async (remote, any_word (), any_value (0), NULL, test_call_done,
                                       call);
      break;
    case 3:
      state_remote_units_plan_async (remote, STATE_OPERATION_START, NULL, NULL, NULL,
                                     test_call_done, call);
      break;
    default:
      state_remote_units_run_async (remote, roll (4), NULL, options, NULL, test_call_done, call);
    }
  test_call_wait (call);
}

static void
read_list (StateRemoteUnits *remote)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (remote));

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (StateRemoteHandle) handle = g_list_model_get_item (G_LIST_MODEL (remote), i);

      g_assert_nonnull (state_remote_handle_get_name (handle));
      g_assert_cmpint (state_remote_handle_get_state (handle), <=, STATE_UNIT_STATE_LOST);
    }
}

static void
test_set (void)
{
  g_autoptr (TestConnection) connection = test_connection_new (FALSE);
  guint n_left = n_messages ();

  g_dbus_connection_add_filter (connection->far_end, answer_anything, NULL, NULL);
  while (n_left > 0)
    {
      g_auto (TestCall) made = TEST_CALL_INIT;
      g_autoptr (StateRemoteUnits) remote = NULL;

      n_left--;
      state_remote_units_new_async (connection->near_end, NULL, PATH, NULL, test_call_done, &made);
      remote = state_remote_units_new_finish (test_call_wait (&made), NULL);
      for (guint i = 0; remote != NULL && i < 20 && n_left > 0; i++)
        {
          g_auto (TestCall) call = TEST_CALL_INIT;

          n_left--;
          tell_anything (connection->far_end);
          ask_anything (remote, &call);
          read_list (remote);
        }
    }
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  g_test_add_func ("/remote-units-fuzz/a-client-that-says-anything", test_client);
  g_test_add_func ("/remote-units-fuzz/a-set-that-says-anything", test_set);
  return g_test_run ();
}
