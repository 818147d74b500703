/* SPDX-License-Identifier: MIT */

/* The jobs list and status: the units of a running program, and how it is with them. */

#include "live-list.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "colours.h"
#include "live-json.h"
#include "live.h"
#include "text.h"

#define LIST_SUMMARY                                                               \
  "Lists the units of a set that a running program exports, in the order of the\n" \
  "set, with their states, and what they depend on; of those that failed, why."
#define STATUS_SUMMARY                                                            \
  "Says in a few lines how it is with the set of a running program: whether it\n" \
  "runs, what is under way or was last, and which units have failed, and why."
#define N_STATES (STATE_UNIT_STATE_LOST + 1)

static StateRemoteHandle *
get_handle (StateRemoteUnits *units, guint i)
{
  return g_list_model_get_item (G_LIST_MODEL (units), i);
}

static guint
count_units (StateRemoteUnits *units)
{
  return g_list_model_get_n_items (G_LIST_MODEL (units));
}

/* The list */

static guint
widest_name (StateRemoteUnits *units)
{
  guint width = 4;

  for (guint i = 0; i < count_units (units); i++)
    {
      g_autoptr (StateRemoteHandle) handle = get_handle (units, i);
      g_autofree char *name = text_printable (state_remote_handle_get_name (handle));

      width = MAX (width, text_width (name));
    }
  return width;
}

/* As many names as there is room for, and the number of the others. */
static char *
fit_names (char **names, guint columns)
{
  GString *text = g_string_new (NULL);
  guint n = g_strv_length (names);

  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = text_printable (names[i]);
      g_autofree char *more =
          i + 1 < n ? g_strdup_printf (" and %u more", n - i - 1) : g_strdup ("");

      if (i > 0 && text_width (text->str) + 2 + text_width (name) + text_width (more) > columns)
        {
          g_string_append_printf (text, " and %u more", n - i);
          break;
        }
      g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", name);
    }
  return g_string_free (text, FALSE);
}

static char *
remark_of (StateRemoteHandle *handle, guint columns)
{
  g_auto (GStrv) names = state_remote_handle_get_dependencies (handle);
  const GError *error = state_remote_handle_get_error (handle);

  return error != NULL ? text_printable (error->message) : fit_names (names, columns);
}

static void
print_row (StateRemoteHandle *handle, guint width, guint columns)
{
  g_autofree char *name = text_printable (state_remote_handle_get_name (handle));
  StateUnitState state = state_remote_handle_get_state (handle);
  guint used = width + 2 + 14 + 2;
  g_autofree char *remark = remark_of (handle, columns > used + 20 ? columns - used : 20);
  gboolean has_error = state_remote_handle_get_error (handle) != NULL;

  printf ("%s%*s  %s%s%s", name, (int) (width - text_width (name)), "", colour_of_state (state),
          state_unit_state_to_string (state), colour_end ());
  if (*remark != '\0')
    printf ("%*s  %s%s%s", 14 - (int) strlen (state_unit_state_to_string (state)), "",
            has_error ? colour_bad () : colour_dim (), remark, colour_end ());
  putchar ('\n');
}

static void
print_list (StateRemoteUnits *units)
{
  guint width = widest_name (units);
  guint columns = isatty (STDOUT_FILENO) ? text_columns (STDOUT_FILENO) : G_MAXINT;

  printf ("%s%-*s  %-14s  %s%s\n", colour_bold (), (int) width, "UNIT", "STATE", "DEPENDS ON",
          colour_end ());
  for (guint i = 0; i < count_units (units); i++)
    {
      g_autoptr (StateRemoteHandle) handle = get_handle (units, i);

      print_row (handle, width, columns);
    }
}

static void
print_list_as_json (StateRemoteUnits *units)
{
  JsonArray *array = json_array_new ();
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);

  for (guint i = 0; i < count_units (units); i++)
    {
      g_autoptr (StateRemoteHandle) handle = get_handle (units, i);

      json_array_add_element (array, live_json_of_handle (handle));
    }
  json_node_take_array (node, array);
  live_json_print (node, TRUE);
}

/* The status */

static void
count_states (StateRemoteUnits *units, guint *counts)
{
  for (guint i = 0; i < count_units (units); i++)
    {
      g_autoptr (StateRemoteHandle) handle = get_handle (units, i);

      counts[state_remote_handle_get_state (handle)]++;
    }
}

static void
print_counts (StateRemoteUnits *units)
{
  g_autofree char *total = text_count (count_units (units), "unit");
  guint counts[N_STATES] = { 0 };
  const char *separator = ": ";

  count_states (units, counts);
  printf ("%s", total);
  for (guint state = 0; state < N_STATES; state++)
    if (counts[state] > 0)
      {
        printf ("%s%s%u %s%s", separator, colour_of_state (state), counts[state],
                state_unit_state_to_string (state), colour_end ());
        separator = ", ";
      }
  putchar ('\n');
}

/* Of the last transition. */
static void
print_transition (StateRemoteTransition *transition)
{
  const char *operation;
  g_autofree char *elapsed = NULL;
  const GError *error;

  if (transition == NULL)
    {
      puts ("nothing has been done yet");
      return;
    }
  operation = state_operation_to_string (state_remote_transition_get_operation (transition));
  elapsed = text_duration (state_remote_transition_get_elapsed (transition));
  error = state_remote_transition_get_error (transition);
  if (state_remote_transition_get_status (transition) == STATE_TRANSITION_STATUS_RUNNING)
    printf ("%s is under way for %s: %.0f %%, %u of %u units are done\n", operation, elapsed,
            100 * state_remote_transition_get_progress (transition),
            state_remote_transition_get_n_finished (transition),
            state_remote_transition_get_n_units (transition));
  else
    printf ("last: %s %s%s%s after %s\n", operation, error != NULL ? colour_bad () : "",
            state_transition_status_to_string (state_remote_transition_get_status (transition)),
            colour_end (), elapsed);
}

static gboolean
is_bad (StateUnitState state)
{
  return state == STATE_UNIT_STATE_FAILED || state == STATE_UNIT_STATE_UNCERTAIN ||
         state == STATE_UNIT_STATE_LOST;
}

static void
print_bad_units (StateRemoteUnits *units)
{
  for (guint i = 0; i < count_units (units); i++)
    {
      g_autoptr (StateRemoteHandle) handle = get_handle (units, i);
      g_autofree char *name = text_printable (state_remote_handle_get_name (handle));
      const GError *error = state_remote_handle_get_error (handle);
      g_autofree char *message = text_printable (error != NULL ? error->message : "");
      StateUnitState state = state_remote_handle_get_state (handle);

      if (is_bad (state))
        printf ("  %s: %s%s%s%s%s\n", name, colour_bad (), state_unit_state_to_string (state),
                colour_end (), error != NULL ? ": " : "", message);
    }
}

static void
print_status (StateRemoteUnits *units)
{
  gboolean running = state_remote_units_is_running (units);

  printf ("%sthe set %s%s\n", colour_bold (), running ? "runs" : "does not run", colour_end ());
  print_counts (units);
  print_bad_units (units);
  print_transition (state_remote_units_get_last_transition (units));
}

static void
print_status_as_json (StateRemoteUnits *units)
{
  JsonObject *object = json_object_new ();
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);
  JsonArray *bad = json_array_new ();

  for (guint i = 0; i < count_units (units); i++)
    {
      g_autoptr (StateRemoteHandle) handle = get_handle (units, i);

      if (is_bad (state_remote_handle_get_state (handle)))
        json_array_add_element (bad, live_json_of_handle (handle));
    }
  json_object_set_boolean_member (object, "running", state_remote_units_is_running (units));
  json_object_set_int_member (object, "n-units", count_units (units));
  json_object_set_member (object, "allowed-operations",
                          live_json_of_flags (state_remote_units_get_allowed_operations (units)));
  json_object_set_member (object, "current-transition",
                          live_json_of_transition (
                              state_remote_units_get_current_transition (units)));
  json_object_set_member (object, "last-transition",
                          live_json_of_transition (state_remote_units_get_last_transition (units)));
  json_object_set_array_member (object, "failed", bad);
  json_node_take_object (node, object);
  live_json_print (node, TRUE);
}

/* The jobs */

static CommandStatus
show (const char *job,
      const char *summary,
      void (*print) (StateRemoteUnits *),
      void (*print_as_json) (StateRemoteUnits *),
      int argc,
      char **argv)
{
  g_auto (Live) live = { NULL };
  g_autoptr (StateRemoteUnits) units = NULL;
  g_autoptr (GError) error = NULL;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &live.json, "Print JSON", NULL },
    { NULL },
  };
  gboolean help;

  if (!live_parse (&live, job, NULL, summary, entries, 0, argc, argv, &help, &error))
    return command_give_up (COMMAND_BAD_INPUT, error);
  if (help)
    return COMMAND_SUCCEEDED;
  units = live_connect (&live, &error);
  if (units == NULL)
    return live_give_up (error);
  if (live.json)
    print_as_json (units);
  else
    print (units);
  return COMMAND_SUCCEEDED;
}

CommandStatus
live_list (int argc, char **argv)
{
  return show ("list", LIST_SUMMARY, print_list, print_list_as_json, argc, argv);
}

CommandStatus
live_status (int argc, char **argv)
{
  return show ("status", STATUS_SUMMARY, print_status, print_status_as_json, argc, argv);
}
