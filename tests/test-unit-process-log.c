/* SPDX-License-Identifier: MIT */

/* What a process writes to its standard error, in the log: which has one writer in a
 * program, so that this is one of its own. */

#include <libstate-unit.h>
#include <string.h>

static GString *logged;
static GMainLoop *loop;

static GLogWriterOutput
hear_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer unused)
{
  const char *message = NULL, *process = NULL;

  for (gsize i = 0; i < n_fields; i++)
    if (strcmp (fields[i].key, "MESSAGE") == 0)
      message = fields[i].value;
    else if (strcmp (fields[i].key, "STATE_UNIT_PROCESS") == 0)
      process = fields[i].value;
  if (process == NULL)
    return g_log_writer_default (level, fields, n_fields, NULL);
  g_assert_cmpint (level, ==, G_LOG_LEVEL_INFO);
  g_assert_cmpstr (process, ==, "served");
  g_string_append_printf (logged, "[%s]", message);
  if (strstr (message, "no end of line") != NULL)
    g_main_loop_quit (loop);
  return G_LOG_WRITER_HANDLED;
}

static void
ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  state_unit_process_end_finish (STATE_UNIT_PROCESS (source), result, NULL);
  g_object_unref (source);
}

static void
started (GObject *source, GAsyncResult *result, gpointer process)
{
  g_autoptr (GError) error = NULL;

  state_unit_send_finish (STATE_UNIT (source), result, &error);
  g_assert_no_error (error);
  state_unit_process_end_async (process, NULL, ended, NULL);
}

static void
spawned (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  StateUnitProcess *process = state_unit_process_spawn_finish (result, &error);

  g_assert_no_error (error);
  state_unit_send_async (STATE_UNIT (state_unit_process_get_unit (process, "talk")),
                         STATE_OPERATION_START, NULL, NULL, started, process);
}

static void
test_lines (void)
{
  g_autoptr (StateUnitProcessOptions) options = state_unit_process_options_new ();
  g_autofree char *program = g_test_build_filename (G_TEST_BUILT, "served", NULL);
  const char *argv[] = { program, "talk", NULL };

  logged = g_string_new (NULL);
  loop = g_main_loop_new (NULL, FALSE);
  state_unit_process_options_set_log_stderr (options, TRUE);
  state_unit_process_spawn_async (argv, options, NULL, spawned, NULL);
  g_main_loop_run (loop);
  g_assert_cmpstr (logged->str, ==,
                   "[served: this does not disturb][served: first line][served: second line]"
                   "[served: no end of line]");
  g_string_free (logged, TRUE);
  g_main_loop_unref (loop);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (hear_log, NULL, NULL);
  g_test_add_func ("/unit-process-log/lines", test_lines);

  return g_test_run ();
}
