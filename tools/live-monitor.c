/* SPDX-License-Identifier: MIT */

/* The job monitor: what changes in a running program, as it changes. */

#include "live-monitor.h"

#include <glib-unix.h>
#include <json-glib/json-glib.h>
#include <stdio.h>

#include "colours.h"
#include "live-json.h"
#include "live.h"
#include "progress-bar.h"
#include "text.h"

#define SUMMARY                                                                       \
  "Prints a line for each change in a set that a running program exports, with the\n" \
  "time: a unit's state, units that come and go, transitions that begin and end.\n"   \
  "It goes on until Ctrl-C, or until the program is there no longer."

typedef struct
{
  Live live;
  StateRemoteUnits *units;
  GPtrArray *handles; /* as in the list */
  GHashTable *states; /* of each handle, as it was told last */
  ProgressBar *bar;
  GMainLoop *loop;
  CommandStatus status;
} Monitor;

/* Telling */

static char *
time_now (void)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *seconds = g_date_time_format (now, "%H:%M:%S");

  return g_strdup_printf ("%s.%03d", seconds, g_date_time_get_microsecond (now) / 1000);
}

/* Text that is fit to print. */
static void
print_line (Monitor *self, const char *text)
{
  g_autofree char *now = time_now ();

  progress_bar_hide (self->bar);
  printf ("%s%s%s  %s\n", colour_dim (), now, colour_end (), text);
  fflush (stdout);
}

/* Takes the object. */
static void
print_json (const char *event, JsonObject *object)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *time = g_date_time_format_iso8601 (now);
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  json_object_set_string_member (object, "time", time);
  json_object_set_string_member (object, "event", event);
  json_node_take_object (node, object);
  live_json_print (node, FALSE);
}

static void
tell_unit (Monitor *self, const char *event, StateRemoteHandle *handle)
{
  g_autofree char *name = text_printable (state_remote_handle_get_name (handle));
  g_autofree char *line = NULL;

  if (self->live.json)
    {
      JsonObject *object = json_object_new ();

      json_object_set_member (object, "unit", live_json_of_handle (handle));
      print_json (event, object);
      return;
    }
  line = g_strdup_printf ("%s %s", name, event);
  print_line (self, line);
}

static void
on_state (StateRemoteHandle *handle, GParamSpec *pspec, Monitor *self)
{
  StateUnitState old =
      (StateUnitState) GPOINTER_TO_UINT (g_hash_table_lookup (self->states, handle));
  StateUnitState state = state_remote_handle_get_state (handle);
  const GError *error = state_remote_handle_get_error (handle);
  g_autofree char *name = text_printable (state_remote_handle_get_name (handle));
  g_autofree char *message = text_printable (error != NULL ? error->message : "");
  g_autofree char *line = NULL;

  g_hash_table_insert (self->states, handle, GUINT_TO_POINTER (state));
  if (self->live.json)
    {
      tell_unit (self, "state", handle);
      return;
    }
  line = g_strdup_printf ("%s: %s → %s%s%s%s%s", name, state_unit_state_to_string (old),
                          colour_of_state (state), state_unit_state_to_string (state),
                          error != NULL ? ": " : "", message, colour_end ());
  print_line (self, line);
}

static void
tell_transition (Monitor *self, StateRemoteTransition *transition)
{
  StateTransitionStatus status = state_remote_transition_get_status (transition);
  const char *operation =
      state_operation_to_string (state_remote_transition_get_operation (transition));
  const GError *error = state_remote_transition_get_error (transition);
  g_autofree char *message = text_printable (error != NULL ? error->message : "");
  g_autofree char *elapsed = text_duration (state_remote_transition_get_elapsed (transition));
  g_autofree char *line = NULL;

  if (self->live.json)
    {
      JsonObject *object = json_object_new ();

      json_object_set_member (object, "transition", live_json_of_transition (transition));
      print_json ("transition", object);
      return;
    }
  if (status == STATE_TRANSITION_STATUS_RUNNING)
    line = g_strdup_printf ("%s%s begins%s, %u units", colour_bold (), operation, colour_end (),
                            state_remote_transition_get_n_units (transition));
  else if (error != NULL)
    line = g_strdup_printf ("%s%s%s after %s: %s%s%s", colour_bold (), operation, colour_end (),
                            elapsed, colour_bad (), message, colour_end ());
  else
    line = g_strdup_printf ("%s%s %s%s after %s", colour_bold (), operation,
                            state_transition_status_to_string (status), colour_end (), elapsed);
  print_line (self, line);
}

/* Following */

static void
on_transition_status (StateRemoteTransition *transition, GParamSpec *pspec, Monitor *self)
{
  if (state_remote_transition_get_status (transition) == STATE_TRANSITION_STATUS_RUNNING)
    return;
  progress_bar_clear (self->bar);
  tell_transition (self, transition);
}

static void
on_last_transition (StateRemoteUnits *units, GParamSpec *pspec, Monitor *self)
{
  StateRemoteTransition *transition = state_remote_units_get_last_transition (units);

  if (transition == NULL)
    return;
  tell_transition (self, transition);
  if (state_remote_transition_get_status (transition) != STATE_TRANSITION_STATUS_RUNNING)
    return;
  g_signal_connect (transition, "notify::status", G_CALLBACK (on_transition_status), self);
  if (!self->live.json)
    progress_bar_show (self->bar, G_OBJECT (transition));
}

static void
remove_handle (Monitor *self, guint position)
{
  g_autoptr (StateRemoteHandle) handle = g_ptr_array_steal_index (self->handles, position);

  g_signal_handlers_disconnect_by_data (handle, self);
  g_hash_table_remove (self->states, handle);
  if (state_remote_units_is_connected (self->units))
    tell_unit (self, "has left", handle);
}

static void
add_handle (Monitor *self, guint position, gboolean tell)
{
  StateRemoteHandle *handle = g_list_model_get_item (G_LIST_MODEL (self->units), position);

  g_ptr_array_insert (self->handles, (int) position, handle);
  g_hash_table_insert (self->states, handle,
                       GUINT_TO_POINTER (state_remote_handle_get_state (handle)));
  g_signal_connect (handle, "notify::state", G_CALLBACK (on_state), self);
  if (tell)
    tell_unit (self, "has joined", handle);
}

static void
on_items_changed (GListModel *list, guint position, guint removed, guint added, Monitor *self)
{
  for (guint i = 0; i < removed; i++)
    remove_handle (self, position);
  for (guint i = 0; i < added; i++)
    add_handle (self, position + i, state_remote_units_is_connected (self->units));
}

/* On a bus, somebody may take the name again. */
static void
on_connected (StateRemoteUnits *units, GParamSpec *pspec, Monitor *self)
{
  gboolean connected = state_remote_units_is_connected (units);

  if (self->live.json)
    print_json (connected ? "there" : "gone", json_object_new ());
  else
    print_line (self, connected ? "the set is there again" : "the set is there no longer");
  if (connected || self->live.name != NULL)
    return;
  self->status = COMMAND_NOBODY;
  g_main_loop_quit (self->loop);
}

static gboolean
on_interrupt (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_CONTINUE;
}

static void
follow (Monitor *self)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->units));
  guint interrupt;

  for (guint i = 0; i < n; i++)
    add_handle (self, i, FALSE);
  g_signal_connect (self->units, "items-changed", G_CALLBACK (on_items_changed), self);
  g_signal_connect (self->units, "notify::last-transition", G_CALLBACK (on_last_transition), self);
  g_signal_connect (self->units, "notify::connected", G_CALLBACK (on_connected), self);
  if (state_remote_units_get_current_transition (self->units) != NULL)
    on_last_transition (self->units, NULL, self);

  interrupt = g_unix_signal_add (SIGINT, on_interrupt, self->loop);
  g_main_loop_run (self->loop);
  g_source_remove (interrupt);
  progress_bar_clear (self->bar);
  g_signal_handlers_disconnect_by_data (self->units, self);
  while (self->handles->len > 0)
    {
      g_autoptr (StateRemoteHandle) handle = g_ptr_array_steal_index (self->handles, 0);

      g_signal_handlers_disconnect_by_data (handle, self);
    }
}

static void
monitor_clear (Monitor *self)
{
  live_clear (&self->live);
  g_clear_pointer (&self->handles, g_ptr_array_unref);
  g_clear_pointer (&self->states, g_hash_table_unref);
  g_clear_pointer (&self->bar, progress_bar_free);
  g_clear_pointer (&self->loop, g_main_loop_unref);
  g_clear_object (&self->units);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Monitor, monitor_clear)

CommandStatus
live_monitor (int argc, char **argv)
{
  g_auto (Monitor) self = { .status = COMMAND_SUCCEEDED };
  g_autoptr (GError) error = NULL;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &self.live.json, "Print JSON, one object for each change",
      NULL },
    { NULL },
  };
  gboolean help;

  if (!live_parse (&self.live, "monitor", NULL, SUMMARY, entries, 0, argc, argv, &help, &error))
    return command_give_up (COMMAND_BAD_INPUT, error);
  if (help)
    return COMMAND_SUCCEEDED;
  self.units = live_connect (&self.live, &error);
  if (self.units == NULL)
    return live_give_up (error);
  self.handles = g_ptr_array_new_with_free_func (g_object_unref);
  self.states = g_hash_table_new (NULL, NULL);
  self.bar = progress_bar_new ();
  self.loop = g_main_loop_new (NULL, FALSE);
  follow (&self);
  return self.status;
}
