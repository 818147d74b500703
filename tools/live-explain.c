/* SPDX-License-Identifier: MIT */

/* The jobs explain and plot: what a transition of a running program waits for, or has
 * been through. */

#include "live-explain.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "live.h"
#include "option-values.h"
#include "report.h"
#include "text.h"

#define EXPLAIN_SUMMARY                                                             \
  "Says what the transition that is under way in a running program waits for, or\n" \
  "what came of the last one; with a UNIT, what that unit waits for."
#define PLOT_SUMMARY                                                                  \
  "Draws the transition that is under way in a running program, or the last one:\n"   \
  "over time as a picture (FILE.svg) or as a trace for Perfetto (FILE.json), or as\n" \
  "a graph (FILE.dot)."

/* A pipe gets each line as it is. */
static void
print_wrapped (const char *line)
{
  guint indent = (guint) strspn (line, " ");
  g_auto (GStrv) words = g_strsplit (line + indent, " ", -1);
  g_autofree char *text = NULL;

  if (!isatty (STDOUT_FILENO))
    {
      report_line ("%s", line);
      return;
    }
  text = text_wrap ("", (const char *const *) words, "", indent, text_columns (STDOUT_FILENO) - 1);
  fputs (text, stdout);
}

CommandStatus
live_explain (int argc, char **argv)
{
  g_auto (Live) live = { NULL };
  g_autoptr (StateRemoteUnits) units = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  gboolean help;

  if (!live_parse (&live, "explain", "[UNIT]", EXPLAIN_SUMMARY, NULL, 1, argc, argv, &help, &error))
    return command_give_up (COMMAND_BAD_INPUT, error);
  if (help)
    return COMMAND_SUCCEEDED;
  units = live_connect (&live, &error);
  if (units == NULL)
    return live_give_up (error);
  state_remote_units_explain_async (units, live.words[0], NULL, live_keep_result, &result);
  if (live_wait_for_answer (units, &result, &error) != NULL)
    text = state_remote_units_explain_finish (units, result, &error);
  if (text == NULL)
    return live_fail (units, error);
  lines = g_strsplit (g_strchomp (text), "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    print_wrapped (*line);
  return COMMAND_SUCCEEDED;
}

/* By how the name of the file ends; NULL: by nothing known. */
static const char *
find_format (const char *filename, GError **error)
{
  if (g_str_has_suffix (filename, ".svg"))
    return "svg";
  if (g_str_has_suffix (filename, ".json"))
    return "trace-json";
  if (g_str_has_suffix (filename, ".dot"))
    return "dot";
  option_fail (error, "\"%s\" ends in none of .svg, .json and .dot", filename);
  return NULL;
}

CommandStatus
live_plot (int argc, char **argv)
{
  g_auto (Live) live = { NULL };
  g_autoptr (StateRemoteUnits) units = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  const char *format;
  gboolean help;

  if (!live_parse (&live, "plot", "FILE", PLOT_SUMMARY, NULL, 1, argc, argv, &help, &error))
    return command_give_up (COMMAND_BAD_INPUT, error);
  if (help)
    return COMMAND_SUCCEEDED;
  if (!live_need_words (&live, "plot", 1, "FILE", &error) ||
      (format = find_format (live.words[0], &error)) == NULL)
    return command_give_up (COMMAND_BAD_INPUT, error);
  units = live_connect (&live, &error);
  if (units == NULL)
    return live_give_up (error);
  state_remote_units_timeline_async (units, format, NULL, live_keep_result, &result);
  if (live_wait_for_answer (units, &result, &error) != NULL)
    text = state_remote_units_timeline_finish (units, result, &error);
  if (text == NULL || !g_file_set_contents (live.words[0], text, -1, &error))
    return live_fail (units, error);
  return COMMAND_SUCCEEDED;
}
