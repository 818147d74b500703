/* SPDX-License-Identifier: MIT */

#include "state-log-private.h"

/* Whether somebody wants them. Not asked for each message: it looks into the
 * environment. */
gboolean
state_log_is_heard (void)
{
  return !g_log_writer_default_would_drop (G_LOG_LEVEL_DEBUG, G_LOG_DOMAIN);
}

/* One unit has answered, or has been given up on. */
void
state_log_step (const char *name,
                StateOperation operation,
                StateStepOutcome outcome,
                gint64 usec,
                const GError *error)
{
  const char *word = state_operation_to_string (operation);
  g_autofree char *time = g_strdup_printf ("%" G_GINT64_FORMAT, usec);

  g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_DEBUG, "STATE_UNIT_NAME", name,
                    "STATE_UNIT_OPERATION", word, "STATE_UNIT_USEC", time, "STATE_UNIT_OUTCOME",
                    state_step_outcome_to_string (outcome), "MESSAGE",
                    "unit %s: %s %s after %s us%s%s", name, word,
                    state_step_outcome_to_string (outcome), time, error != NULL ? ": " : "",
                    error != NULL ? error->message : "");
}

/* A transition has begun (running) or ended. */
void
state_log_transition (StateOperation operation,
                      StateTransitionStatus status,
                      guint n_units,
                      gint64 usec,
                      const GError *error)
{
  const char *word = state_operation_to_string (operation);
  g_autofree char *time = g_strdup_printf ("%" G_GINT64_FORMAT, usec);
  g_autofree char *what =
      status == STATE_TRANSITION_STATUS_RUNNING
          ? g_strdup_printf ("%s of %u units begins", word, n_units)
          : g_strdup_printf ("%s of %u units %s after %s us%s%s", word, n_units,
                             state_transition_status_to_string (status), time,
                             error != NULL ? ": " : "", error != NULL ? error->message : "");

  g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_DEBUG, "STATE_UNIT_OPERATION", word,
                    "STATE_UNIT_USEC", time, "STATE_UNIT_STATUS",
                    state_transition_status_to_string (status), "MESSAGE", "%s", what);
}
