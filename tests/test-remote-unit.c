/* SPDX-License-Identifier: MIT */

/* A unit at the other end of a connection: it looks like any other, and is lost when
 * nobody is there. */

#define _GNU_SOURCE

#include "test-peers.h"

#include <gio/gunixfdlist.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* Every operation */

static void
test_operations (gconstpointer passes_fds)
{
  g_autoptr (TestRemote) remote = test_remote_new_with (GPOINTER_TO_INT (passes_fds));
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GError) error = NULL;

  test_start (remote->set->units, &error);
  g_assert_no_error (error);
  test_assert_states (remote->set, "disk:running");
  test_stop (remote->set->units, &error);
  g_assert_no_error (error);
  test_assert_journal (remote->journal, "disk:start disk:start! disk:stop disk:stop!");

  test_unit_set_int (remote->unit, 7);
  snapshot = test_save (remote->set->units, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (state_snapshot_get_n_units (snapshot), ==, 1);
  test_unit_set_int (remote->unit, 8);
  test_reset (remote->set->units, &error);
  g_assert_no_error (error);
  test_restore (remote->set->units, snapshot, &error);
  g_assert_no_error (error);
  g_assert_cmpint (test_unit_get_int (remote->unit), ==, 7);
  g_assert_cmpuint (test_unit_get_n_asked (remote->unit, STATE_OPERATION_RESET), ==, 1);
  g_assert_cmpuint (test_unit_get_n_asked (remote->unit, STATE_OPERATION_POST_RESTORE), ==, 1);

  tree = test_inspect (remote->set->units, "disk", 0, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (test_unit_get_n_asked (remote->unit, STATE_OPERATION_INSPECT), ==, 1);
}

static void
test_no_state (void)
{
  g_autoptr (TestRemote) remote = test_remote_new ();
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  snapshot = test_save (remote->set->units, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (state_snapshot_get_n_units (snapshot), ==, 0);
}

/* Errors */

static void
fail_with (TestUnit *unit, StateRequest *request, gpointer error)
{
  state_request_fail (request, error);
}

static void
check_error (GQuark domain, int code)
{
  g_autoptr (TestRemote) remote = test_remote_new ();
  g_autoptr (GError) sent = g_error_new_literal (domain, code, "no such device");
  g_autoptr (StateRequest) held = NULL;
  const GError *error;

  test_unit_set_answer (remote->unit, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_unit_set_hook (remote->unit, STATE_OPERATION_START, fail_with, sent);
  test_start (remote->set->units, NULL);
  held = test_unit_take_request (remote->unit);
  error = state_unit_handle_get_error (test_set_get (remote->set, "disk"));
  g_assert_error (error, domain, code);
  g_assert_cmpstr (error->message, ==, "no such device");
}

static void
test_errors (void)
{
  check_error (G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  check_error (STATE_ERROR, STATE_ERROR_VERSION);
  check_error (G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT);
  check_error (g_quark_from_static_string ("an-error-of-the-unit's-own"), -12345);
}

static void
test_dropped (void)
{
  g_autoptr (TestRemote) remote = test_remote_new ();

  test_unit_set_answer (remote->unit, STATE_OPERATION_START, TEST_ANSWER_DROPPED);
  test_start (remote->set->units, NULL);
  test_assert_outcomes (remote->set, "disk:dropped");
  test_assert_states (remote->set, "disk:failed"); /* and may run */
  test_stop (remote->set->units, NULL);
  test_assert_states (remote->set, "disk:stopped");
}

/* What travels meanwhile */

static void
test_cancel (void)
{
  g_autoptr (TestRemote) remote = test_remote_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (StateRequest) request = NULL;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_unit_set_answer (remote->unit, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (remote->set->units, STATE_OPERATION_START, NULL, cancellable, &call);
  test_wait_until (test_unit_has_request (remote->unit));
  request = test_unit_take_request (remote->unit);
  g_cancellable_cancel (cancellable);
  test_wait_until (g_cancellable_is_cancelled (state_request_get_cancellable (request)));
  state_request_fail_literal (request, G_IO_ERROR, G_IO_ERROR_CANCELLED, "given up");
  test_end (remote->set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_assert_states (remote->set, "disk:stopped");
}

static void
test_deadline (void)
{
  g_autoptr (TestRemote) remote = test_remote_new ();
  g_autoptr (StateTransition) transition = NULL;
  g_autoptr (StateRequest) request = NULL;
  g_auto (TestCall) call = TEST_CALL_INIT;
  gint64 left;

  state_units_set_default_timeout (remote->set->units, 300);
  test_unit_set_answer (remote->unit, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (remote->set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (test_unit_has_request (remote->unit));
  request = test_unit_take_request (remote->unit);
  left = state_request_get_deadline (request) - g_get_monotonic_time ();
  g_assert_cmpint (left, <=, 300 * 1000);
  g_assert_cmpint (state_request_get_deadline (request), >, 0);

  test_end (remote->set->units, STATE_OPERATION_START, &call, NULL, NULL);
  test_assert_states (remote->set, "disk:uncertain");
  test_wait_until (g_cancellable_is_cancelled (state_request_get_cancellable (request)));
  state_request_complete (request);
  test_set_wait_state (remote->set, "disk", STATE_UNIT_STATE_RUNNING);
}

static void
test_progress_and_extension (void)
{
  g_autoptr (TestRemote) remote = test_remote_new ();
  g_autoptr (StateTransitionStep) step = NULL;
  g_autoptr (StateRequest) request = NULL;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;
  gint64 before;

  state_units_set_default_timeout (remote->set->units, 20000);
  test_unit_set_answer (remote->unit, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (remote->set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (test_unit_has_request (remote->unit));
  request = test_unit_take_request (remote->unit);
  step = test_find_step (state_units_get_current_transition (remote->set->units), NULL, "disk");

  state_request_set_progress (request, 0.5, "reads the platter");
  test_wait_until (state_transition_step_get_progress (step) == 0.5);
  g_assert_cmpstr (state_transition_step_get_message (step), ==, "reads the platter");

  before = state_request_get_deadline (request);
  state_request_extend (request, 60000);
  g_assert_cmpint (state_request_get_deadline (request) - before, ==, 60000 * 1000);
  state_request_set_progress (request, 0.75, NULL);
  test_wait_until (state_transition_step_get_progress (step) == 0.75);
  state_request_complete (request);
  test_end (remote->set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_no_error (error);
}

/* The near deadline is put off as well: else the unit would be given up on. */
static gboolean
answer_late (gpointer request)
{
  state_request_complete (request);
  return G_SOURCE_REMOVE;
}

static void
test_extension_counts (void)
{
  g_autoptr (TestRemote) remote = test_remote_new ();
  g_autoptr (StateRequest) request = NULL;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  state_units_set_default_timeout (remote->set->units, 200);
  test_unit_set_answer (remote->unit, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (remote->set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (test_unit_has_request (remote->unit));
  request = test_unit_take_request (remote->unit);
  state_request_extend (request, 60000);
  g_timeout_add (600, answer_late, request);
  test_end (remote->set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_no_error (error);
  test_assert_states (remote->set, "disk:running");
}

static void
test_ended (void)
{
  g_autoptr (TestRemote) remote = test_remote_new ();
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE, "worn out");

  test_start (remote->set->units, NULL);
  state_unit_ended (STATE_UNIT (remote->unit), error);
  test_set_wait_state (remote->set, "disk", STATE_UNIT_STATE_FAILED);
  g_assert_true (g_error_matches (state_unit_handle_get_error (test_set_get (remote->set, "disk")),
                                  G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE));

  test_start (remote->set->units, NULL);
  test_assert_states (remote->set, "disk:running");
  state_unit_ended (STATE_UNIT (remote->unit), NULL);
  test_set_wait_state (remote->set, "disk", STATE_UNIT_STATE_STOPPED);
}

static void
test_versions (void)
{
  g_autoptr (TestRemote) remote = test_remote_new ();
  g_autoptr (StateRemoteUnit) other = NULL;
  g_autoptr (GError) error = NULL;
  guint oldest = 99;

  test_reconnect (remote->remote, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (STATE_UNIT_GET_IFACE (remote->remote)
                        ->get_state_version (STATE_UNIT (remote->remote), &oldest),
                    ==, 0);
  g_assert_cmpuint (oldest, ==, 0);
  test_assert_states (remote->set, "disk:stopped");

  other = state_remote_unit_new (remote->peers->near, NULL, "/nothing/there");
  test_reconnect (other, NULL, &error);
  g_assert_error (error, STATE_ERROR, STATE_ERROR_LOST);
  test_assert_contains (error->message, "there is no unit at /nothing/there");
}

/* Large states */

static GVariant *
large_state (gsize size)
{
  guint8 *data = g_malloc (size);
  g_autoptr (GBytes) bytes = NULL;
  GVariantDict dict;

  for (gsize i = 0; i < size; i++)
    data[i] = (guint8) (i * 31 + i / 4096);
  bytes = g_bytes_new_take (data, size);
  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert_value (&dict, "contents",
                               g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE));
  return g_variant_dict_end (&dict);
}

/* Whether it lies in memory that was passed on. */
static gboolean
is_mapped (gconstpointer at)
{
  g_autofree char *maps = NULL;
  g_auto (GStrv) lines = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/maps", &maps, NULL, NULL));
  lines = g_strsplit (maps, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      guint64 from, to;

      if (sscanf (lines[i], "%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x", &from, &to) == 2 &&
          (guint64) (gsize) at >= from && (guint64) (gsize) at < to)
        return strstr (lines[i], "memfd:state-unit") != NULL;
    }
  return FALSE;
}

static void
test_large_states (gconstpointer passes_fds)
{
  g_autoptr (TestRemote) remote = test_remote_new_with (GPOINTER_TO_INT (passes_fds));
  g_autoptr (GVariant) state = g_variant_ref_sink (large_state (3 << 20));
  g_autoptr (StateSnapshot) snapshot = NULL;
  GVariant *saved;
  g_autoptr (GVariant) restored = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_value (remote->unit, state);
  snapshot = test_save (remote->set->units, &error);
  g_assert_no_error (error);
  saved = state_snapshot_lookup (snapshot, "disk");
  g_assert_true (g_variant_equal (saved, state));
  g_assert_true (is_mapped (g_variant_get_data (saved)) == (passes_fds != NULL));

  test_unit_set_value (remote->unit, NULL);
  test_restore (remote->set->units, snapshot, &error);
  g_assert_no_error (error);
  restored = test_send (remote->unit, STATE_OPERATION_SAVE, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_variant_equal (restored, state));
  g_assert_true (is_mapped (g_variant_get_data (restored)) == (passes_fds != NULL));
}

static void
test_too_large_for_pipes (void)
{
  g_autoptr (TestRemote) remote = test_remote_new_with (FALSE);
  g_autoptr (GError) error = NULL;

  test_unit_set_value (remote->unit, large_state (70 << 20));
  g_assert_null (test_save (remote->set->units, &error));
  test_assert_contains (error->message, "too large for a connection that passes no file");
  test_assert_states (remote->set, "disk:stopped");
  g_assert_false (state_remote_unit_is_lost (remote->remote));
}

/* Types that D-Bus does not know, and depths that it does not like. */
static void
test_any_state (void)
{
  g_autoptr (TestRemote) remote = test_remote_new ();
  g_autoptr (GVariant) state = g_variant_ref_sink (g_variant_new_int32 (1));
  g_autoptr (StateSnapshot) snapshot = NULL;
  GVariant *saved;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 30; i++)
    {
      g_autoptr (GVariant) inner = g_steal_pointer (&state);

      state = g_variant_ref_sink (
          g_variant_new_variant (g_variant_new_maybe (NULL, g_variant_new_variant (inner))));
    }
  test_unit_set_value (remote->unit, state);
  snapshot = test_save (remote->set->units, &error);
  g_assert_no_error (error);
  saved = state_snapshot_lookup (snapshot, "disk");
  g_assert_true (g_variant_equal (saved, state));
}

/* Loss */

static void
test_lost_in_flight (void)
{
  g_autoptr (TestRemote) remote = test_remote_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;
  const char *needs[] = { "disk", NULL };
  g_autoptr (TestUnit) shell = test_unit_new ("shell", remote->set->journal);
  g_autoptr (TestUnit) clock = test_unit_new ("clock", remote->set->journal);

  state_units_add_unit (remote->set->units, "shell", STATE_UNIT (shell), needs, NULL);
  state_units_add_unit (remote->set->units, "clock", STATE_UNIT (clock), NULL, NULL);
  test_unit_set_answer (remote->unit, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (remote->set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (test_unit_has_request (remote->unit));
  test_connection_close (remote->peers->far);
  test_end (remote->set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  test_assert_contains (error->message, "unit disk is lost: its connection");
  test_assert_outcomes (remote->set, "disk:lost shell:skipped clock:succeeded");
  test_assert_states (remote->set, "disk:lost shell:stopped clock:running");
  g_assert_true (state_remote_unit_is_lost (remote->remote));
  test_unit_answer_held (remote->unit);
}

static void
test_lost_idle (void)
{
  g_autoptr (TestRemote) remote = test_remote_new ();
  g_autoptr (GError) error = NULL;
  const GError *reason;

  test_start (remote->set->units, NULL);
  test_connection_close (remote->peers->far);
  test_set_wait_state (remote->set, "disk", STATE_UNIT_STATE_LOST);
  reason = state_unit_handle_get_error (test_set_get (remote->set, "disk"));
  g_assert_error (reason, STATE_ERROR, STATE_ERROR_LOST);
  test_assert_contains (reason->message, "unit disk is lost: its connection");
  test_start (remote->set->units, &error);
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  g_clear_error (&error);
  test_stop (remote->set->units, &error);
  g_assert_no_error (error);
}

static void
test_reconnects (void)
{
  g_autoptr (TestPeers) again = NULL;
  g_autoptr (TestRemote) remote = test_remote_new ();
  g_autoptr (StateUnitExporter) exporter = NULL;
  g_autoptr (GError) error = NULL;

  test_start (remote->set->units, NULL);
  test_connection_close (remote->peers->far);
  test_set_wait_state (remote->set, "disk", STATE_UNIT_STATE_LOST);
  test_reconnect (remote->remote, NULL, &error);
  g_assert_error (error, STATE_ERROR, STATE_ERROR_LOST);
  g_clear_error (&error);

  /* Whoever started it has gone: it was stopped. */
  test_wait_until (test_journal_count (remote->journal, "disk:stop!") == 1);
  g_clear_object (&remote->exporter);
  again = test_peers_new (TRUE);
  exporter =
      state_unit_exporter_new (again->far, TEST_REMOTE_PATH, STATE_UNIT (remote->unit), &error);
  g_assert_no_error (error);
  test_reconnect (remote->remote, again->near, &error);
  g_assert_no_error (error);
  test_set_wait_state (remote->set, "disk", STATE_UNIT_STATE_STOPPED);
  g_assert_null (state_unit_handle_get_error (test_set_get (remote->set, "disk")));
  test_start (remote->set->units, &error);
  g_assert_no_error (error);
  test_assert_states (remote->set, "disk:running");

  /* Back to the first one, of which there is no more. */
  test_reconnect (remote->remote, remote->peers->near, &error);
  g_assert_error (error, STATE_ERROR, STATE_ERROR_LOST);
  test_assert_states (remote->set, "disk:running");
  test_stop (remote->set->units, NULL);
  test_connection_close (again->far);
  test_set_wait_state (remote->set, "disk", STATE_UNIT_STATE_LOST);
}

/* What is back while a transition runs is not what it was when that began. */
static void
test_found_after_transition (void)
{
  g_autoptr (TestPeers) again = test_peers_new (TRUE);
  g_autoptr (TestRemote) remote = test_remote_new ();
  g_autoptr (TestUnit) other = test_unit_new ("other", remote->journal);
  g_autoptr (StateUnitExporter) exporter = NULL;
  g_autoptr (TestUnit) slow = test_unit_new ("slow", remote->set->journal);
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  exporter = state_unit_exporter_new (again->far, TEST_REMOTE_PATH, STATE_UNIT (other), &error);
  g_assert_no_error (error);
  state_units_add_unit (remote->set->units, "slow", STATE_UNIT (slow), NULL, NULL);
  test_unit_set_answer (slow, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (remote->set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_set_wait_state (remote->set, "disk", STATE_UNIT_STATE_RUNNING);
  test_connection_close (remote->peers->far);
  test_set_wait_state (remote->set, "disk", STATE_UNIT_STATE_LOST);
  test_reconnect (remote->remote, again->near, &error);
  g_assert_no_error (error);
  test_settle ();
  test_assert_states (remote->set, "disk:lost slow:starting");
  test_unit_answer_held (slow);
  test_end (remote->set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  test_set_wait_state (remote->set, "disk", STATE_UNIT_STATE_STOPPED);
  g_assert_cmpuint (test_unit_get_n_asked (other, STATE_OPERATION_START), ==, 0);
  test_connection_close (again->far);
  test_set_wait_state (remote->set, "disk", STATE_UNIT_STATE_LOST);
}

static void
test_reconnect_cancelled (void)
{
  g_autoptr (TestRemote) remote = test_remote_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  state_remote_unit_reconnect_async (remote->remote, NULL, cancellable, test_call_done, &call);
  g_assert_false (
      state_remote_unit_reconnect_finish (remote->remote, test_call_wait (&call), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_start (remote->set->units, NULL);
  test_assert_states (remote->set, "disk:running");
}

/* Answers that are none */

typedef struct
{
  const char *body;   /* nullable: of the reply */
  gboolean with_file; /* that is not sealed */
  int closed;         /* atomic: how often the unit was given back */
} Liar;

/* On the thread of the connection. */
static GDBusMessage *
lie (GDBusConnection *connection, GDBusMessage *message, gboolean incoming, gpointer user_data)
{
  Liar *self = user_data;
  g_autoptr (GDBusMessage) reply = NULL;

  if (!incoming || g_dbus_message_get_message_type (message) != G_DBUS_MESSAGE_TYPE_METHOD_CALL)
    return message;
  if (g_strcmp0 (g_dbus_message_get_member (message), "Close") == 0)
    {
      g_atomic_int_inc (&self->closed);
      return message;
    }
  reply = g_dbus_message_new_method_reply (message);
  if (self->body != NULL)
    g_dbus_message_set_body (reply, g_variant_new_parsed (self->body));
  if (self->with_file)
    {
      g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
      int fd = memfd_create ("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

      g_assert_cmpint (ftruncate (fd, 4096), ==, 0);
      g_unix_fd_list_append (fds, fd, NULL);
      close (fd);
      g_dbus_message_set_unix_fd_list (reply, fds);
    }
  g_dbus_connection_send_message (connection, reply, G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
  g_object_unref (message);
  return NULL;
}

/* The unit is lost and given back; another one at the same connection is not touched. */
static void
check_lie (StateOperation operation, Liar liar, const char *words)
{
  g_autoptr (TestRemote) remote = test_remote_new ();
  g_autoptr (TestUnit) honest = test_unit_new ("net", remote->journal);
  g_autoptr (StateUnitExporter) exporter =
      state_unit_exporter_new (remote->peers->far, "/net", STATE_UNIT (honest), NULL);
  g_autoptr (StateRemoteUnit) net = state_remote_unit_new (remote->peers->near, NULL, "/net");
  g_autoptr (GError) error = NULL;
  g_auto (TestCall) call = TEST_CALL_INIT;
  guint filter = g_dbus_connection_add_filter (remote->peers->far, lie, &liar, NULL);

  test_begin (remote->set->units, operation, NULL, NULL, &call);
  test_end (remote->set->units, operation, &call, NULL, &error);
  test_assert_contains (error->message, "unit disk is lost: its answer to ");
  test_assert_contains (error->message, words);
  test_assert_states (remote->set, "disk:lost");
  test_wait_until (g_atomic_int_get (&liar.closed) == 1);
  g_dbus_connection_remove_filter (remote->peers->far, filter);
  test_set_add_object (remote->set, "net", net);
  g_clear_error (&error);
  g_assert_false (state_remote_unit_is_lost (net));
  test_reconnect (remote->remote, NULL, &error);
  g_assert_no_error (error);
  test_start (remote->set->units, &error);
  g_assert_no_error (error);
  test_assert_states (remote->set, "disk:running net:running");
}

static void
test_nonsense (void)
{
  check_lie (STATE_OPERATION_START, (Liar){ "(1,)" }, "it is of type (i)");
  check_lie (STATE_OPERATION_SAVE, (Liar){ NULL }, "it is of type ()");
  check_lie (STATE_OPERATION_SAVE, (Liar){ "('state',)" }, "it is of type (s)");
  check_lie (STATE_OPERATION_SAVE, (Liar){ "({'state': <@u 1>},)" }, "a value came as type u");
  check_lie (STATE_OPERATION_SAVE, (Liar){ "({'state': <('s', @ay [1])>},)" },
             "are not a value of type s");
  check_lie (STATE_OPERATION_SAVE, (Liar){ "({'state': <('ay', handle 7, @t 4096)>},)" },
             "the file descriptor of a value is missing");
  check_lie (STATE_OPERATION_SAVE, (Liar){ "({'state': <('ay', handle 0, @t 4096)>},)", TRUE },
             "it is not sealed");
}

/* A whole set as one unit */

static void
test_whole_set (void)
{
  g_autoptr (TestPeers) peers = test_peers_new (TRUE);
  g_autoptr (TestSet) far = test_set_new ();
  g_autoptr (TestSet) near = test_set_new ();
  g_autoptr (StateUnitExporter) exporter = NULL;
  g_autoptr (StateRemoteUnit) remote = NULL;
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_int (test_set_add (far, "cpu", NULL), 1);
  test_unit_set_int (test_set_add (far, "app", "cpu", NULL), 2);
  exporter = state_unit_exporter_new (peers->far, "/guest", STATE_UNIT (far->units), &error);
  g_assert_no_error (error);
  remote = state_remote_unit_new (peers->near, NULL, "/guest");
  test_set_add_object (near, "guest", remote);

  test_start (near->units, &error);
  g_assert_no_error (error);
  test_assert_states (far, "cpu:running app:running");
  test_stop (near->units, &error);
  g_assert_no_error (error);
  snapshot = test_save (near->units, &error);
  g_assert_no_error (error);
  test_unit_set_int (test_set_get_unit (far, "cpu"), 10);
  test_restore (near->units, snapshot, &error);
  g_assert_no_error (error);
  g_assert_cmpint (test_unit_get_int (test_set_get_unit (far, "cpu")), ==, 1);

  tree = test_inspect (near->units, "", 0, &error);
  g_assert_no_error (error);
  test_assert_tree (tree, "guest/app/unit_state", "'stopped'");

  test_unit_fail (test_set_get_unit (far, "app"), STATE_OPERATION_START, "no room");
  test_start (near->units, &error);
  test_assert_contains (error->message, "start failed: {app: no room}");
  test_assert_states (far, "cpu:stopped app:failed"); /* it kept its promise */
}

/* Who has the unit */

static void
test_one_at_a_time (void)
{
  g_autoptr (TestRemote) remote = test_remote_new ();
  g_autoptr (TestUnit) unit = test_unit_new ("other", remote->journal);
  g_autoptr (StateUnitExporter) again = NULL;
  g_autoptr (TestSet) far = test_set_new ();
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GError) error = NULL;

  again = state_unit_exporter_new (remote->peers->far, "/other", STATE_UNIT (remote->unit), &error);
  g_assert_error (error, STATE_ERROR, STATE_ERROR_UNIT_IN_USE);
  g_clear_error (&error);
  again = state_unit_exporter_new (remote->peers->far, TEST_REMOTE_PATH, STATE_UNIT (unit), &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  g_clear_error (&error);

  /* What is in a set over there can be looked at, and no more. */
  test_set_add_object (far, "disk", remote->unit);
  test_start (remote->set->units, &error);
  test_assert_contains (error->message, "unit disk is in a set of the process that exports it");
  g_clear_error (&error);
  tree = test_inspect (remote->set->units, "disk", 0, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (test_unit_get_n_asked (remote->unit, STATE_OPERATION_INSPECT), ==, 1);
  g_assert_cmpuint (test_unit_get_n_asked (remote->unit, STATE_OPERATION_START), ==, 0);
}

static void
test_own_requests_wait (void)
{
  g_autoptr (TestRemote) remote = test_remote_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_auto (TestCall) own = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_unit_set_answer (remote->unit, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (remote->set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (test_unit_has_request (remote->unit));
  state_unit_send_async (STATE_UNIT (remote->unit), STATE_OPERATION_SAVE, NULL, NULL,
                         test_call_done, &own);
  test_settle ();
  g_assert_cmpuint (test_unit_get_n_asked (remote->unit, STATE_OPERATION_SAVE), ==, 0);
  test_unit_answer_held (remote->unit);
  test_end (remote->set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_no_error (error);
  test_call_wait (&own);
  g_assert_cmpuint (test_unit_get_n_asked (remote->unit, STATE_OPERATION_SAVE), ==, 1);
}

/* Whoever asked has gone. */
static void
test_caller_leaves (void)
{
  g_autoptr (TestRemote) remote = test_remote_new ();
  g_autoptr (StateRequest) request = NULL;
  g_auto (TestCall) call = TEST_CALL_INIT;

  test_unit_set_answer (remote->unit, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (remote->set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (test_unit_has_request (remote->unit));
  request = test_unit_take_request (remote->unit);
  test_connection_close (remote->peers->near);
  test_wait_until (g_cancellable_is_cancelled (state_request_get_cancellable (request)));
  state_request_complete (request); /* too late to give up */
  test_wait_until (test_journal_count (remote->journal, "disk:stop!") == 1);
  test_end (remote->set->units, STATE_OPERATION_START, &call, NULL, NULL);
  test_assert_states (remote->set, "disk:lost");
}

static void
test_given_back (void)
{
  g_autoptr (TestRemote) remote = test_remote_new ();
  g_autoptr (StateRemoteUnit) again = NULL;
  g_autoptr (GError) error = NULL;

  test_start (remote->set->units, NULL);
  state_unit_handle_discard (test_set_get (remote->set, "disk"));
  g_clear_object (&remote->remote);
  test_wait_until (test_journal_count (remote->journal, "disk:stop!") == 1);
  remote->remote = state_remote_unit_new (remote->peers->near, NULL, TEST_REMOTE_PATH);
  test_set_add_object (remote->set, "disk", remote->remote);
  test_start (remote->set->units, &error);
  g_assert_no_error (error);
}

/* It may run still: nothing is asked of it before a stop succeeds. */
static void
test_given_back_but_not_stopped (void)
{
  g_autoptr (TestRemote) remote = test_remote_new ();
  g_autoptr (GError) error = NULL;

  test_start (remote->set->units, NULL);
  test_unit_fail (remote->unit, STATE_OPERATION_STOP, "stuck");
  state_unit_handle_discard (test_set_get (remote->set, "disk"));
  g_clear_object (&remote->remote);
  test_wait_until (test_journal_count (remote->journal, "disk:stop!") == 1);
  remote->remote = state_remote_unit_new (remote->peers->near, NULL, TEST_REMOTE_PATH);

  test_send (remote->remote, STATE_OPERATION_START, NULL, &error);
  g_assert_error (error, STATE_ERROR, STATE_ERROR_WRONG_STATE);
  test_assert_contains (error->message, "the unit may still run");
  g_clear_error (&error);
  g_assert_cmpuint (test_unit_get_n_asked (remote->unit, STATE_OPERATION_START), ==, 1);

  test_unit_set_answer (remote->unit, STATE_OPERATION_STOP, TEST_ANSWER_AT_ONCE);
  test_send (remote->remote, STATE_OPERATION_STOP, NULL, &error);
  g_assert_no_error (error);
  test_send (remote->remote, STATE_OPERATION_START, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (test_unit_get_n_asked (remote->unit, STATE_OPERATION_START), ==, 2);
}

static void
test_unexported (void)
{
  g_autoptr (TestRemote) remote = test_remote_new ();
  g_autoptr (GError) error = NULL;

  test_start (remote->set->units, NULL);
  state_unit_exporter_unexport (remote->exporter);
  state_unit_exporter_unexport (remote->exporter);
  test_wait_until (test_journal_count (remote->journal, "disk:stop!") == 1);
  test_stop (remote->set->units, &error);
  test_assert_outcomes (remote->set, "disk:lost");
  test_assert_states (remote->set, "disk:lost");
}

/* Other threads */

typedef struct
{
  TestRemote *remote;
  StateUnitExporter *exporter;
} Elsewhere;

static void
export_here (gpointer data, gpointer unused)
{
  Elsewhere *elsewhere = data;
  g_autoptr (GError) error = NULL;

  elsewhere->exporter = state_unit_exporter_new (elsewhere->remote->peers->far, "/elsewhere",
                                                 STATE_UNIT (elsewhere->remote->unit), &error);
  g_assert_no_error (error);
}

static void
unexport_here (gpointer data, gpointer unused)
{
  g_clear_object (&((Elsewhere *) data)->exporter);
}

static void
test_exported_on_a_thread (void)
{
  g_autoptr (TestThread) thread = test_thread_new ();
  g_autoptr (TestRemote) remote = test_remote_new ();
  g_autoptr (StateRemoteUnit) unit = NULL;
  Elsewhere elsewhere = { remote, NULL };
  g_autoptr (GError) error = NULL;

  g_clear_object (&remote->exporter);
  test_thread_call (thread, export_here, &elsewhere, NULL);
  unit = state_remote_unit_new (remote->peers->near, NULL, "/elsewhere");
  test_set_add_object (remote->set, "net", unit);
  state_unit_handle_discard (test_set_get (remote->set, "disk"));
  for (guint i = 0; i < 20; i++)
    {
      test_start (remote->set->units, &error);
      g_assert_no_error (error);
      g_assert_true (test_unit_get_thread (remote->unit) == test_thread_get_thread (thread));
      test_stop (remote->set->units, &error);
      g_assert_no_error (error);
    }
  test_thread_call (thread, unexport_here, &elsewhere, NULL);
  test_start (remote->set->units, &error);
  test_assert_states (remote->set, "net:lost");
}

static void
test_set_on_a_thread (void)
{
  g_autoptr (TestRemote) remote = test_remote_new ();
  g_autoptr (StateRemoteUnit) unit = NULL;
  g_autoptr (TestUnit) far = test_unit_new ("net", remote->journal);
  g_autoptr (StateUnitExporter) exporter = NULL;
  g_autoptr (GError) error = NULL;

  exporter = state_unit_exporter_new (remote->peers->far, "/net", STATE_UNIT (far), &error);
  unit = state_remote_unit_new (remote->peers->near, NULL, "/net");
  state_unit_builder_spawn (state_units_add (remote->set->units, "net"), STATE_UNIT (unit), &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 20; i++)
    {
      test_start (remote->set->units, &error);
      g_assert_no_error (error);
      test_stop (remote->set->units, &error);
      g_assert_no_error (error);
    }
  test_connection_close (remote->peers->far);
  test_set_wait_state (remote->set, "net", STATE_UNIT_STATE_LOST);
}

/* Bare objects */

static void
test_bare (void)
{
  g_autoptr (StateRemoteUnit) remote = g_object_new (STATE_TYPE_REMOTE_UNIT, NULL);
  g_autoptr (StateUnitExporter) exporter = g_object_new (STATE_TYPE_UNIT_EXPORTER, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (test_send (remote, STATE_OPERATION_START, NULL, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_LOST);
  g_clear_error (&error);
  g_assert_false (test_reconnect (remote, NULL, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_LOST);
  g_assert_null (state_remote_unit_get_connection (remote));
  g_assert_null (state_remote_unit_get_object_path (remote));
  g_assert_null (state_remote_unit_get_bus_name (remote));
  g_assert_null (state_unit_exporter_get_connection (exporter));
  g_assert_null (state_unit_exporter_get_object_path (exporter));
  g_assert_null (state_unit_exporter_get_unit (exporter));
  state_unit_exporter_unexport (exporter);
}

static void
test_properties (void)
{
  TestRemote *remote = test_remote_new ();
  g_autoptr (GDBusConnection) near = NULL;
  g_autoptr (GDBusConnection) far = NULL;
  g_autofree char *bus_name = NULL;
  g_autofree char *near_path = NULL;
  g_autofree char *far_path = NULL;
  g_autoptr (StateUnit) unit = NULL;
  gboolean lost = TRUE;

  g_object_get (remote->remote, "bus-name", &bus_name, "connection", &near, "lost", &lost,
                "object-path", &near_path, NULL);
  g_assert_null (bus_name);
  g_assert_true (near == remote->peers->near);
  g_assert_false (lost);
  g_assert_cmpstr (near_path, ==, TEST_REMOTE_PATH);
  g_object_get (remote->exporter, "connection", &far, "object-path", &far_path, "unit", &unit,
                NULL);
  g_assert_true (far == remote->peers->far);
  g_assert_cmpstr (far_path, ==, TEST_REMOTE_PATH);
  g_assert_true (unit == STATE_UNIT (remote->unit));

  g_clear_object (&near);
  g_clear_object (&far);
  g_clear_object (&unit);
  test_remote_free (remote);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);

  g_test_add_data_func ("/remote-unit/operations", GINT_TO_POINTER (TRUE), test_operations);
  g_test_add_data_func ("/remote-unit/operations-over-pipes", NULL, test_operations);
  g_test_add_func ("/remote-unit/no-state", test_no_state);
  g_test_add_func ("/remote-unit/errors", test_errors);
  g_test_add_func ("/remote-unit/dropped", test_dropped);
  g_test_add_func ("/remote-unit/cancel", test_cancel);
  g_test_add_func ("/remote-unit/deadline", test_deadline);
  g_test_add_func ("/remote-unit/progress-and-extension", test_progress_and_extension);
  g_test_add_func ("/remote-unit/extension-counts", test_extension_counts);
  g_test_add_func ("/remote-unit/ended", test_ended);
  g_test_add_func ("/remote-unit/versions", test_versions);
  g_test_add_data_func ("/remote-unit/large-states", GINT_TO_POINTER (TRUE), test_large_states);
  g_test_add_data_func ("/remote-unit/large-states-over-pipes", NULL, test_large_states);
  g_test_add_func ("/remote-unit/too-large-for-pipes", test_too_large_for_pipes);
  g_test_add_func ("/remote-unit/any-state", test_any_state);
  g_test_add_func ("/remote-unit/lost-in-flight", test_lost_in_flight);
  g_test_add_func ("/remote-unit/lost-idle", test_lost_idle);
  g_test_add_func ("/remote-unit/reconnects", test_reconnects);
  g_test_add_func ("/remote-unit/found-after-transition", test_found_after_transition);
  g_test_add_func ("/remote-unit/reconnect-cancelled", test_reconnect_cancelled);
  g_test_add_func ("/remote-unit/nonsense", test_nonsense);
  g_test_add_func ("/remote-unit/whole-set", test_whole_set);
  g_test_add_func ("/remote-unit/one-at-a-time", test_one_at_a_time);
  g_test_add_func ("/remote-unit/own-requests-wait", test_own_requests_wait);
  g_test_add_func ("/remote-unit/caller-leaves", test_caller_leaves);
  g_test_add_func ("/remote-unit/given-back", test_given_back);
  g_test_add_func ("/remote-unit/given-back-but-not-stopped", test_given_back_but_not_stopped);
  g_test_add_func ("/remote-unit/unexported", test_unexported);
  g_test_add_func ("/remote-unit/exported-on-a-thread", test_exported_on_a_thread);
  g_test_add_func ("/remote-unit/set-on-a-thread", test_set_on_a_thread);
  g_test_add_func ("/remote-unit/properties", test_properties);
  g_test_add_func ("/remote-unit/bare", test_bare);

  return g_test_run ();
}
