/* SPDX-License-Identifier: MIT */

#include "run-transition.h"

static void
on_run (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **pending = user_data;

  *pending = g_object_ref (result);
}

/* Runs the main loop until the transition has ended. */
gboolean
run_transition (StateTransition *transition, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  state_transition_run_async (transition, NULL, on_run, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return state_transition_run_finish (transition, result, error);
}
