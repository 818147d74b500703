/* SPDX-License-Identifier: MIT */

/* A program that uses the library as others do: with its header, its flags
 * and nothing of its sources. */

#include <libstate-unit.h>

#if !STATE_CHECK_VERSION(1, 0, 0)
#error "The headers do not know their version."
#endif

static void
on_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!state_units_start_finish (STATE_UNITS (source), result, &error))
    g_error ("%s", error->message);

  g_main_loop_quit (user_data);
}

int
main (void)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (StateUnits) units = state_units_new ();
  StateUnitHandle *handle = state_units_add_unit (units, "power", NULL, NULL, NULL);

  state_units_start_async (units, NULL, on_started, loop);
  g_main_loop_run (loop);
  g_print ("%s is %s\n", state_unit_handle_get_name (handle),
           state_unit_state_to_string (state_unit_handle_get_state (handle)));

  return 0;
}
