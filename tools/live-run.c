/* SPDX-License-Identifier: MIT */

/* The jobs that are operations on the set of a running program. */

#include "live-run.h"

#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "colours.h"
#include "live-watch.h"
#include "live.h"
#include "option-values.h"
#include "progress-bar.h"
#include "snapshot-file.h"
#include "text.h"

#define COMMON                                                                         \
  "\n"                                                                                 \
  "On a terminal, a progress bar is shown until then. Ctrl-C cancels the operation,\n" \
  "a second one leaves it alone: it then goes on without this command."
#define START_SUMMARY                                                                 \
  "Starts the units of a set that a running program exports, or the UNITs and what\n" \
  "they depend on, and waits until that is done.\n" COMMON
#define STOP_SUMMARY                                                                 \
  "Stops the units of a set that a running program exports, or the UNITs and what\n" \
  "depends on them, and waits until that is done.\n" COMMON
#define RESET_SUMMARY                                                             \
  "Resets the units of a set that a running program exports, or the UNITs, and\n" \
  "waits until that is done. They have to be stopped, unless there is --resume.\n" COMMON
#define SAVE_SUMMARY                                                                   \
  "Saves the units of a set that a running program exports, and writes the snapshot\n" \
  "to FILE. They have to be stopped, unless there is --resume.\n" COMMON
#define RESTORE_SUMMARY                                                               \
  "Restores the units of a set that a running program exports from the snapshot in\n" \
  "FILE. They have to be stopped, unless there is --resume.\n" COMMON

#define PATIENCE 10000         /* ms, after the time limit, for a program that does not answer */
#define MAX_MESSAGE 400        /* characters */
#define STATUS_INTERRUPTED 130 /* as a shell tells of Ctrl-C */

typedef struct
{
  Live live;
  StateOperation operation;
  char *policy;
  char *timeout;
  gboolean resume;
  gboolean only_stopped;
  gint64 end; /* of its time limit and PATIENCE, in µs of monotonic time; 0: there is none */

  StateRemoteUnits *units;
  ProgressBar *bar;
  GCancellable *cancellable;
  GAsyncResult *result;
} Run;

static void
run_clear (Run *self)
{
  live_clear (&self->live);
  g_clear_pointer (&self->policy, g_free);
  g_clear_pointer (&self->timeout, g_free);
  g_clear_pointer (&self->bar, progress_bar_free);
  g_clear_object (&self->units);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->result);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

/* Options */

static gboolean
takes_file (StateOperation operation)
{
  return operation == STATE_OPERATION_SAVE || operation == STATE_OPERATION_RESTORE;
}

static gboolean
parse (Run *self, const char *summary, int argc, char **argv, gboolean *help, GError **error)
{
  const char *job = state_operation_to_string (self->operation);
  gboolean is_start = self->operation == STATE_OPERATION_START;
  GOptionEntry entries[] = {
    { "policy", 0, 0, G_OPTION_ARG_STRING, &self->policy,
      "When a unit fails: skip-dependents, roll-back or keep-going", "POLICY" },
    { "timeout", 0, 0, G_OPTION_ARG_STRING, &self->timeout, "Abandon it after so many milliseconds",
      "MS" },
    { is_start ? "stopped" : "resume", 0, 0, G_OPTION_ARG_NONE,
      is_start ? &self->only_stopped : &self->resume,
      is_start ? "Only those that can start, if the set runs"
               : "Stop what runs, and start it again",
      NULL },
    { NULL },
  };
  guint64 ms = 0;

  if (self->operation == STATE_OPERATION_STOP)
    entries[2] = entries[3];
  if (!live_parse (&self->live, job, takes_file (self->operation) ? "FILE" : "[UNIT…]", summary,
                   entries, takes_file (self->operation) ? 1 : G_MAXUINT, argc, argv, help, error))
    return FALSE;
  if (*help)
    return TRUE;
  if (takes_file (self->operation) && !live_need_words (&self->live, job, 1, "FILE", error))
    return FALSE;
  return option_parse_number ("timeout", self->timeout, 0, G_MAXUINT, &ms, error);
}

static GVariant *
make_options (Run *self)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  if (!takes_file (self->operation) && *self->live.words != NULL)
    g_variant_dict_insert (&dict, "units", "^as", self->live.words);
  if (self->policy != NULL)
    g_variant_dict_insert (&dict, "failure-policy", "s", self->policy);
  if (self->timeout != NULL)
    g_variant_dict_insert (&dict, "timeout", "u",
                           (guint) g_ascii_strtoull (self->timeout, NULL, 10));
  if (self->resume)
    g_variant_dict_insert (&dict, "resume", "b", TRUE);
  return g_variant_dict_end (&dict);
}

/* Running */

static void
follow_transition (Run *self)
{
  StateRemoteTransition *current = state_remote_units_get_current_transition (self->units);

  if (current != NULL)
    progress_bar_show (self->bar, G_OBJECT (current));
  else
    progress_bar_clear (self->bar);
}

static gboolean
on_interrupt (gpointer user_data)
{
  Run *self = user_data;

  if (g_cancellable_is_cancelled (self->cancellable))
    {
      progress_bar_clear (self->bar);
      command_print_error ("left alone: it goes on in the program");
      exit (STATUS_INTERRUPTED);
    }
  progress_bar_hide (self->bar);
  command_print_error ("cancelling; once more to leave it alone");
  g_cancellable_cancel (self->cancellable);
  return G_SOURCE_CONTINUE;
}

static void
on_silent (gboolean is_silent, gpointer user_data)
{
  Run *self = user_data;

  progress_bar_hide (self->bar);
  command_print_error (is_silent ? "the program does not answer; waiting until it does"
                                 : "the program answers again");
}

static void
begin (Run *self, StateSnapshot *snapshot)
{
  guint64 timeout = self->timeout != NULL ? g_ascii_strtoull (self->timeout, NULL, 10) : 0;

  if (timeout > 0)
    self->end = g_get_monotonic_time () + (gint64) (timeout + PATIENCE) * 1000;
  if (self->only_stopped)
    state_remote_units_start_stopped_units_async (self->units, self->cancellable, live_keep_result,
                                                  &self->result);
  else
    state_remote_units_run_async (self->units, self->operation, snapshot, make_options (self),
                                  self->cancellable, live_keep_result, &self->result);
}

static gboolean
finish (Run *self, StateSnapshot **snapshot, GError **error)
{
  if (self->only_stopped)
    return state_remote_units_start_stopped_units_finish (self->units, self->result, error);
  return state_remote_units_run_finish (self->units, self->result, snapshot, error);
}

/* An operation takes as long as it takes. A program that cannot keep to the time limit
 * that it was given is not waited for any longer: FALSE. */
static gboolean
wait_for_end (Run *self, GError **error)
{
  g_autoptr (LiveWatch) watch = live_watch_new (self->units, on_silent, self);

  while (self->result == NULL &&
         !(live_watch_is_silent (watch) && self->end != 0 && g_get_monotonic_time () >= self->end))
    g_main_context_iteration (NULL, TRUE);
  if (self->result == NULL)
    live_set_silent_error (error);
  return self->result != NULL;
}

static gboolean
run (Run *self, StateSnapshot **snapshot, GError **error)
{
  guint interrupt = g_unix_signal_add (SIGINT, on_interrupt, self);
  gulong follow = g_signal_connect_swapped (self->units, "notify::current-transition",
                                            G_CALLBACK (follow_transition), self);
  gboolean has_ended;

  self->bar = progress_bar_new ();
  self->cancellable = g_cancellable_new ();
  begin (self, *snapshot);
  follow_transition (self);
  has_ended = wait_for_end (self, error);
  progress_bar_clear (self->bar);
  g_signal_handler_disconnect (self->units, follow);
  g_source_remove (interrupt);

  g_clear_object (snapshot);
  return has_ended && finish (self, snapshot, error);
}

static void
print_success (Run *self, StateSnapshot *snapshot)
{
  StateRemoteTransition *last = state_remote_units_get_last_transition (self->units);
  const char *operation = state_operation_to_string (self->operation);
  g_autofree char *elapsed = NULL;
  g_autofree char *count = NULL;

  if (last == NULL || state_remote_transition_get_operation (last) != self->operation)
    {
      printf ("%s succeeded\n", operation);
      return;
    }
  elapsed = text_duration (state_remote_transition_get_elapsed (last));
  count = text_count (snapshot != NULL ? state_snapshot_get_n_units (snapshot)
                                       : state_remote_transition_get_n_units (last),
                      "unit");
  printf ("%s of %s %ssucceeded%s after %s\n", operation, count, colour_good (), colour_end (),
          elapsed);
}

/* A set can have very many units, each of which has something to say. */
static void
shorten (GError *error)
{
  g_autofree char *text = g_utf8_make_valid (error->message, -1);
  char *end;

  if (g_utf8_strlen (text, -1) <= MAX_MESSAGE)
    return;
  *g_utf8_offset_to_pointer (text, MAX_MESSAGE) = '\0';
  end = strrchr (text, ',');
  if (end != NULL)
    *end = '\0';
  g_free (error->message);
  error->message = g_strconcat (text, " and more; see state-unit status and explain", NULL);
}

static CommandStatus
give_up (Run *self, GError *error)
{
  shorten (error);
  return live_fail (self->units, error);
}

static CommandStatus
run_and_report (Run *self)
{
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  if (self->operation == STATE_OPERATION_RESTORE)
    {
      snapshot = state_snapshot_load_from_file (self->live.words[0], &error);
      if (snapshot == NULL)
        return command_give_up (COMMAND_BAD_INPUT, error);
    }
  self->units = live_connect (&self->live, &error);
  if (self->units == NULL)
    return live_give_up (error);
  if (!run (self, &snapshot, &error))
    return give_up (self, error);
  if (snapshot != NULL && !state_snapshot_save_to_file (snapshot, self->live.words[0], &error))
    return command_give_up (COMMAND_FAILED, error);
  print_success (self, snapshot);
  return COMMAND_SUCCEEDED;
}

static CommandStatus
run_job (StateOperation operation, const char *summary, int argc, char **argv)
{
  g_auto (Run) self = { .operation = operation };
  g_autoptr (GError) error = NULL;
  gboolean help;

  if (!parse (&self, summary, argc, argv, &help, &error))
    return command_give_up (COMMAND_BAD_INPUT, error);
  return help ? COMMAND_SUCCEEDED : run_and_report (&self);
}

/* The jobs */

CommandStatus
live_start (int argc, char **argv)
{
  return run_job (STATE_OPERATION_START, START_SUMMARY, argc, argv);
}

CommandStatus
live_stop (int argc, char **argv)
{
  return run_job (STATE_OPERATION_STOP, STOP_SUMMARY, argc, argv);
}

CommandStatus
live_reset (int argc, char **argv)
{
  return run_job (STATE_OPERATION_RESET, RESET_SUMMARY, argc, argv);
}

CommandStatus
live_save (int argc, char **argv)
{
  return run_job (STATE_OPERATION_SAVE, SAVE_SUMMARY, argc, argv);
}

CommandStatus
live_restore (int argc, char **argv)
{
  return run_job (STATE_OPERATION_RESTORE, RESTORE_SUMMARY, argc, argv);
}
