/* SPDX-License-Identifier: MIT */

/* A peer that says whatever comes to its mind, at either end: nothing of it is fatal, no
 * request hangs, and whoever is honest afterwards is served. STATE_UNIT_FUZZ_MESSAGES
 * says how many messages go each way; --seed repeats a run. */

#include "test-set.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <math.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATH "/org/example/disk"
#define INTERFACE "org.stateunit.Unit1"

/* What a request may take before it is given up on, as by a set. */
#define PATIENCE_MS 20

static guint
n_messages (void)
{
  const char *number = g_getenv ("STATE_UNIT_FUZZ_MESSAGES");

  return number != NULL ? (guint) atoi (number) : 4000;
}

/* GDBus warns of what it cannot read; everything else is a failure. */
static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  const char *domain = "", *message = "";

  for (gsize i = 0; i < n_fields; i++)
    if (strcmp (fields[i].key, "GLIB_DOMAIN") == 0)
      domain = fields[i].value;
    else if (strcmp (fields[i].key, "MESSAGE") == 0)
      message = fields[i].value;
  if ((level & G_LOG_LEVEL_WARNING) != 0 && strcmp (domain, "GLib-GIO") == 0 &&
      (strstr (message, "Error decoding D-Bus message") != NULL ||
       strstr (message, "error determining bytes needed") != NULL))
    return G_LOG_WRITER_HANDLED;
  g_log_writer_standard_streams (level, fields, n_fields, user_data);
  if ((level & (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_CRITICAL)) != 0)
    abort ();
  return G_LOG_WRITER_HANDLED;
}

/* --- Things to say --- */

static guint
roll (guint n)
{
  return (guint) g_test_rand_int_range (0, (gint32) n);
}

static const char *
any_of (const char *const *words)
{
  return words[roll (g_strv_length ((char **) words))];
}

static const char *
any_operation (void)
{
  static const char *const words[] = { "start",        "stop",    "reset",  "save", "restore",
                                       "post-restore", "inspect", "inspct", "",     NULL };

  return any_of (words);
}

static GVariant *
any_number (void)
{
  switch (roll (7))
    {
    case 0:
      return g_variant_new_uint32 (roll (2) ? 0 : G_MAXUINT32);
    case 1:
      return g_variant_new_uint32 (roll (100));
    case 2:
      return g_variant_new_uint64 (roll (2) ? G_MAXUINT64 : roll (10));
    case 3:
      return g_variant_new_double (roll (2) ? NAN : INFINITY);
    case 4:
      return g_variant_new_double (g_test_rand_double_range (-1, 2));
    case 5:
      return g_variant_new_byte ((guint8) roll (256));
    default:
      return g_variant_new_int64 (G_MININT64);
    }
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

static GVariant *any_value (guint depth);

static GVariant *
any_dictionary (guint depth)
{
  static const char *const keys[] = { "time",  "version", "state", "value", "path",
                                      "depth", "timeout", "error", "other", NULL };
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint n = roll (4); n > 0; n--)
    g_variant_builder_add (&builder, "{sv}", any_of (keys), any_value (depth));
  return g_variant_builder_end (&builder);
}

/* A value as it travels, or nearly. */
static GVariant *
any_packed (void)
{
  static const char *const types[] = { "u",  "s",   "a{sv}", "ay",  "(sv)", "v",    "*",
                                       "as", "mms", "",      "((",  "{sv}", "b",    "aaaaay",
                                       "at", "g",   "o",     "a{s", "m()",  "(vv)", NULL };

  switch (roll (4))
    {
    case 0:
      return g_variant_new ("(s@ay)", any_of (types), any_bytes ());
    case 1:
      return g_variant_new ("(sht)", any_of (types), (gint32) roll (3) - 1,
                            roll (2) ? (guint64) 4096 : G_MAXUINT64);
    case 2:
      return g_variant_new ("(ssi)", "so it is", roll (2) ? "g-io-error-quark" : "made-up",
                            (gint32) roll (50));
    default:
      {
        g_autoptr (GVariant) tree = g_variant_ref_sink (any_dictionary (2));

        return g_variant_new ("(s@ay)", "a{sv}",
                              g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE,
                                                         g_variant_get_data (tree),
                                                         g_variant_get_size (tree), 1));
      }
    }
}

static GVariant *
any_value (guint depth)
{
  GVariant *children[3];
  guint n;

  switch (roll (depth > 0 ? 8 : 4))
    {
    case 0:
      return any_number ();
    case 1:
      return g_variant_new_string (any_operation ());
    case 2:
      return any_bytes ();
    case 3:
      return g_variant_new_boolean (TRUE);
    case 4:
      return any_packed ();
    case 5:
      return any_dictionary (depth - 1);
    case 6:
      return g_variant_new_variant (any_value (depth - 1));
    default:
      n = 1 + roll (3);
      for (guint i = 0; i < n; i++)
        children[i] = any_value (depth - 1);
      return g_variant_new_tuple (children, n);
    }
}

/* Of the request that was read last, by whoever fuzzes. */
static guint32 current_id;

static guint32
any_id (void)
{
  return roll (2) ? current_id : roll (20);
}

/* The arguments of a message: right, nearly so, or not at all. Nobody asks for much more
 * time: a unit that does gets it. */
static GVariant *
any_arguments (const char *member)
{
  if (roll (4) == 0)
    {
      GVariant *child = any_value (3);

      return g_variant_new_tuple (&child, 1);
    }
  if (strcmp (member, "Request") == 0)
    return g_variant_new ("(s@a{sv})", any_operation (), any_dictionary (3));
  if (strcmp (member, "Start") == 0 || strcmp (member, "Stop") == 0)
    return NULL;
  if (strcmp (member, "Cancel") == 0)
    return g_variant_new ("(u)", any_id ());
  if (strcmp (member, "Progress") == 0)
    return g_variant_new ("(uds)", any_id (), g_test_rand_double_range (-1, 2), "busy");
  if (strcmp (member, "Extended") == 0)
    return g_variant_new ("(uu)", any_id (), roll (5));
  if (strcmp (member, "Ended") == 0 || strcmp (member, "Answer") == 0)
    return g_variant_new ("(@a{sv})", any_dictionary (3));
  return roll (2) ? NULL : g_variant_new ("()");
}

static void
add_fds (GDBusMessage *message)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  int fd = open (roll (2) ? "/dev/null" : "/proc/self/exe", O_RDONLY | O_CLOEXEC);

  g_unix_fd_list_append (fds, fd, NULL);
  close (fd);
  g_dbus_message_set_unix_fd_list (message, fds);
}

/* GDBus reads a message that is no more than its fixed part, but does not send it. */
static gboolean
can_be_sent (GDBusMessage *message)
{
  g_autofree guint8 *blob = NULL;
  gsize size = 0;

  blob = g_dbus_message_to_blob (message, &size, G_DBUS_CAPABILITY_FLAGS_NONE, NULL);
  return blob == NULL || size > 16;
}

/* Bits that are changed on the way. NULL: it is no message any more. */
static GDBusMessage *
mutated (GDBusMessage *message, GBytes **raw)
{
  g_autofree guint8 *blob = NULL;
  GDBusMessage *again;
  gsize size;

  g_dbus_message_set_serial (message, 1 + roll (1000));
  blob = g_dbus_message_to_blob (message, &size, G_DBUS_CAPABILITY_FLAGS_NONE, NULL);
  if (blob == NULL)
    return g_object_ref (message);
  for (guint n = 1 + roll (4); n > 0; n--)
    blob[roll ((guint) size)] = (guint8) roll (256);
  again = g_dbus_message_new_from_blob (blob, size, G_DBUS_CAPABILITY_FLAGS_NONE, NULL);
  if (again != NULL && !can_be_sent (again))
    g_clear_object (&again);
  if (again == NULL && raw != NULL)
    *raw = g_bytes_new (blob, size);
  return again;
}

/* --- Against an exporter --- */

static GDBusMessage *
any_call (void)
{
  static const char *const members[] = { "Request", "Request", "Request", "Start",   "Stop",
                                         "Open",    "Close",   "Cancel",  "Nothing", NULL };
  static const char *const paths[] = { PATH, PATH, PATH, PATH, "/", "/org/example/other", NULL };
  const char *member = any_of (members);
  GDBusMessage *message = g_dbus_message_new_method_call (NULL, any_of (paths), INTERFACE, member);
  GVariant *arguments = any_arguments (member);

  if (arguments != NULL)
    g_dbus_message_set_body (message, arguments);
  if (roll (3) == 0)
    g_dbus_message_set_flags (message, G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);
  if (roll (10) == 0)
    add_fds (message);
  if (roll (50) == 0)
    g_dbus_message_set_sender (message, ":1.7");
  return message;
}

/* Two ends without a word between them; @raw is the socket of the other one. */
static GDBusConnection *
half_connection (int *raw)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GSocketConnection) stream = NULL;
  GDBusConnection *connection;
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  socket = g_socket_new_from_fd (fds[0], &error);
  g_assert_no_error (error);
  stream = g_socket_connection_factory_create_connection (socket);
  connection = g_dbus_connection_new_sync (G_IO_STREAM (stream), NULL, G_DBUS_CONNECTION_FLAGS_NONE,
                                           NULL, NULL, &error);
  g_assert_no_error (error);
  *raw = fds[1];
  return connection;
}

static void
drop_connection (GDBusConnection *connection)
{
  g_dbus_connection_close_sync (connection, NULL, NULL);
  g_object_unref (connection);
}

/* Bytes that are no message end the connection, and nothing else. */
static void
fuzz_raw_export (GBytes *bytes)
{
  g_autoptr (TestUnit) unit = test_unit_new ("disk", NULL);
  g_autoptr (StateUnitExporter) exporter = NULL;
  GDBusConnection *connection;
  int raw;

  connection = half_connection (&raw);
  exporter = state_unit_exporter_new (connection, PATH, STATE_UNIT (unit), NULL);
  g_assert_nonnull (exporter);
  g_assert_cmpint (write (raw, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes)), >, 0);
  shutdown (raw, SHUT_WR);
  test_wait_until (g_dbus_connection_is_closed (connection));
  test_settle ();
  close (raw);
  g_clear_object (&exporter);
  drop_connection (connection);
}

typedef struct
{
  GDBusConnection *near;
  GDBusConnection *far;
} Pair;

static void
pair_init (Pair *self)
{
  g_autofree char *guid = g_dbus_generate_guid ();
  g_autoptr (GError) error = NULL;
  g_auto (TestCall) near_call = TEST_CALL_INIT;
  g_auto (TestCall) far_call = TEST_CALL_INIT;
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GSocket) socket = g_socket_new_from_fd (fds[i], NULL);
      g_autoptr (GSocketConnection) stream = g_socket_connection_factory_create_connection (socket);

      g_dbus_connection_new (G_IO_STREAM (stream), i == 0 ? NULL : guid,
                             i == 0 ? G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                                    : G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_SERVER,
                             NULL, NULL, test_call_done, i == 0 ? &near_call : &far_call);
    }
  self->near = g_dbus_connection_new_finish (test_call_wait (&near_call), &error);
  g_assert_no_error (error);
  self->far = g_dbus_connection_new_finish (test_call_wait (&far_call), &error);
  g_assert_no_error (error);
}

static void
pair_clear (Pair *self)
{
  drop_connection (self->near);
  drop_connection (self->far);
  test_settle ();
}

/* As often as it takes, as long as what was said before keeps the other end busy. */
static void
check_answer (StateRemoteUnit *remote, StateOperation operation)
{
  g_autoptr (TestWatchdog) watchdog = test_watchdog_new (G_STRLOC, "not too much at once");
  g_autoptr (GError) error = NULL;

  test_send (remote, operation, NULL, &error);
  while (g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED))
    {
      test_watchdog_iterate (watchdog);
      g_clear_error (&error);
      test_send (remote, operation, NULL, &error);
    }
  g_assert_no_error (error);
}

static void
check_answers (GDBusConnection *connection)
{
  g_autoptr (StateRemoteUnit) remote = state_remote_unit_new (connection, NULL, PATH);

  check_answer (remote, STATE_OPERATION_STOP);
  check_answer (remote, STATE_OPERATION_RESET);
  check_answer (remote, STATE_OPERATION_START);
}

static void
test_exporter (void)
{
  g_autoptr (TestUnit) unit = test_unit_new ("disk", NULL);
  g_autoptr (StateUnitExporter) exporter = NULL;
  Pair pair;

  pair_init (&pair);
  exporter = state_unit_exporter_new (pair.far, PATH, STATE_UNIT (unit), NULL);
  test_unit_set_answer (unit, STATE_OPERATION_SAVE, TEST_ANSWER_LATER);
  for (guint i = 0; i < n_messages (); i++)
    {
      g_autoptr (GDBusMessage) call = any_call ();
      g_autoptr (GDBusMessage) message = NULL;
      g_autoptr (GBytes) raw = NULL;

      message = roll (3) == 0 ? mutated (call, roll (10) == 0 ? &raw : NULL) : g_object_ref (call);
      if (raw != NULL)
        fuzz_raw_export (raw);
      if (message != NULL)
        {
          g_dbus_message_set_serial (message, 0);
          g_dbus_connection_send_message (pair.near, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL,
                                          NULL);
        }
      if (roll (20) == 0)
        test_settle ();
      if (g_dbus_connection_is_closed (pair.far))
        {
          /* GDBus ends it when a message is not what it may be. */
          g_clear_object (&exporter);
          pair_clear (&pair);
          pair_init (&pair);
          exporter = state_unit_exporter_new (pair.far, PATH, STATE_UNIT (unit), NULL);
          g_assert_nonnull (exporter);
        }
      if (i % 1000 == 999)
        check_answers (pair.near);
    }
  check_answers (pair.near);
  g_clear_object (&exporter);
  pair_clear (&pair);
}

/* --- Against a remote unit --- */

typedef struct
{
  Pair pair;
  guint n_said; /* atomic */
} Liar;

static void
say (Liar *self, GDBusMessage *message)
{
  g_atomic_int_inc (&self->n_said);
  g_dbus_connection_send_message (self->pair.far, message, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL,
                                  NULL);
}

static void
say_signal (Liar *self)
{
  static const char *const members[] = { "Progress", "Extended", "Ended", "Nothing", NULL };
  const char *member = any_of (members);
  g_autoptr (GDBusMessage) message = g_dbus_message_new_signal (PATH, INTERFACE, member);
  GVariant *arguments = any_arguments (member);

  if (arguments != NULL)
    g_dbus_message_set_body (message, arguments);
  say (self, message);
}

static GDBusMessage *
any_reply (GDBusMessage *call)
{
  static const char *const names[] = { "org.freedesktop.DBus.Error.Failed",
                                       "org.freedesktop.DBus.Error.UnknownMethod",
                                       "org.gtk.GDBus.UnmappedGError.Quark._x.Code1",
                                       "org.stateunit.Error",
                                       "x.y",
                                       NULL };
  GDBusMessage *reply;
  GVariant *arguments;

  if (roll (8) == 0)
    {
      reply = g_dbus_message_new_method_error_literal (call, any_of (names), "no");
      if (roll (2))
        g_dbus_message_set_body (reply, any_arguments ("Answer"));
      return reply;
    }
  if (roll (3) == 0)
    return g_dbus_message_new_method_reply (call);
  reply = g_dbus_message_new_method_reply (call);
  arguments = any_arguments ("Answer");
  if (arguments != NULL)
    g_dbus_message_set_body (reply, arguments);
  if (roll (10) == 0)
    add_fds (reply);
  return reply;
}

/* On the thread of the connection. */
static GDBusMessage *
answer (GDBusConnection *connection, GDBusMessage *message, gboolean incoming, gpointer user_data)
{
  Liar *self = user_data;
  g_autoptr (GDBusMessage) reply = NULL;

  if (!incoming || g_dbus_message_get_message_type (message) != G_DBUS_MESSAGE_TYPE_METHOD_CALL)
    return message;
  current_id = g_dbus_message_get_serial (message);
  for (guint n = roll (4); n > 0; n--)
    say_signal (self);
  if (strcmp (g_dbus_message_get_member (message), "Open") == 0)
    {
      reply = g_dbus_message_new_method_reply (message);
      g_dbus_message_set_body (reply, g_variant_new_parsed ("(@a{sv} {},)"));
    }
  else if (roll (20) != 0)
    reply = any_reply (message);
  if (reply != NULL && roll (4) == 0)
    {
      g_autoptr (GDBusMessage) other = mutated (reply, NULL);
      guint32 serial = g_dbus_message_get_reply_serial (reply);

      if (other != NULL)
        {
          g_dbus_message_set_reply_serial (other, serial);
          g_set_object (&reply, other);
        }
    }
  if (reply != NULL)
    {
      g_dbus_message_set_serial (reply, 0);
      say (self, reply);
    }
  g_object_unref (message);
  return NULL;
}

static void
liar_init (Liar *self)
{
  pair_init (&self->pair);
  g_dbus_connection_add_filter (self->pair.far, answer, self, NULL);
}

/* What does not come in time is marked as such. */
static void
look (StateUnits *units)
{
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GError) error = NULL;

  state_units_inspect_async (units, "disk", 0, PATIENCE_MS, NULL, test_call_done, &call);
  tree = state_units_inspect_finish (units, test_call_wait (&call), &error);
  g_assert_no_error (error);
}

static void
test_remote (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  StateRemoteUnit *remote;
  Liar liar = { 0 };

  liar_init (&liar);
  state_units_set_default_timeout (set->units, PATIENCE_MS);
  remote = state_remote_unit_new (liar.pair.near, NULL, PATH);
  test_set_add_object (set, "disk", remote);
  test_set_add (set, "clock", NULL);
  while ((guint) g_atomic_int_get (&liar.n_said) < n_messages ())
    {
      StateOperation operation = roll (STATE_OPERATION_RESTORE);
      g_auto (TestCall) call = TEST_CALL_INIT;

      test_begin (set->units, operation, NULL, NULL, &call);
      test_end (set->units, operation, &call, NULL, NULL);
      look (set->units);
      test_stop (set->units, NULL);
      g_assert_cmpint (test_set_get_state (set, "clock"), ==, STATE_UNIT_STATE_STOPPED);
      if (g_dbus_connection_is_closed (liar.pair.near))
        {
          Pair old = liar.pair;

          liar_init (&liar);
          g_clear_object (&remote);
          state_unit_handle_discard (test_set_get (set, "disk"));
          remote = state_remote_unit_new (liar.pair.near, NULL, PATH);
          test_set_add_object (set, "disk", remote);
          pair_clear (&old);
        }
      else if (test_set_get_state (set, "disk") == STATE_UNIT_STATE_LOST ||
               test_set_get_state (set, "disk") == STATE_UNIT_STATE_UNCERTAIN)
        {
          g_clear_object (&remote);
          state_unit_handle_discard (test_set_get (set, "disk"));
          remote = state_remote_unit_new (liar.pair.near, NULL, PATH);
          test_set_add_object (set, "disk", remote);
        }
    }
  state_unit_handle_discard (test_set_get (set, "disk"));
  g_object_unref (remote);
  pair_clear (&liar.pair);
}

/* Replies that are no messages: the unit is lost, once. */
static void
test_raw_replies (void)
{
  for (guint i = 0; i < n_messages () / 50; i++)
    {
      g_autoptr (StateRemoteUnit) remote = NULL;
      g_autoptr (GDBusMessage) call = g_dbus_message_new_method_call (NULL, PATH, INTERFACE, "X");
      g_autoptr (GDBusMessage) reply = NULL;
      g_autoptr (GDBusMessage) message = NULL;
      g_autoptr (GBytes) raw = NULL;
      g_auto (TestCall) sent = TEST_CALL_INIT;
      GDBusConnection *connection;
      int fd;

      connection = half_connection (&fd);
      remote = state_remote_unit_new (connection, NULL, PATH);
      state_unit_send_async (STATE_UNIT (remote), STATE_OPERATION_SAVE, NULL, NULL, test_call_done,
                             &sent);
      test_settle ();
      g_dbus_message_set_serial (call, 1 + roll (4));
      reply = any_reply (call);
      message = mutated (reply, &raw);
      if (raw == NULL)
        raw = g_bytes_new ("l\2\1\1\377\377\377\377", 8);
      g_assert_cmpint (write (fd, g_bytes_get_data (raw, NULL), g_bytes_get_size (raw)), >, 0);
      shutdown (fd, SHUT_WR);
      test_call_wait (&sent);
      close (fd);
      drop_connection (connection);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (write_log, NULL, NULL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK);

  g_test_add_func ("/remote-fuzz/exporter", test_exporter);
  g_test_add_func ("/remote-fuzz/remote", test_remote);
  g_test_add_func ("/remote-fuzz/raw-replies", test_raw_replies);

  return g_test_run ();
}
