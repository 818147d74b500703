/* SPDX-License-Identifier: MIT */

/* The job: tells of all that is wrong with a graph. */

#include "verify.h"

#include "graph-reader.h"
#include "report.h"
#include "text.h"

#define SUMMARY                                                            \
  "Reads a graph and prints each problem on a line of its own: unknown\n"  \
  "units, names that are taken or not valid, cycles, and what is not of\n" \
  "the right type. The status is 2 when there is any."

static gboolean
parse (int argc, char **argv, char ***filenames, gboolean *help, GError **error)
{
  const GOptionEntry entries[] = {
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, filenames, NULL, NULL },
    { NULL },
  };

  if (!command_parse_options ("verify", "GRAPH.json", SUMMARY, entries, &argc, &argv, help, error))
    return FALSE;
  return *help || command_check_one_graph ("verify", *filenames, error);
}

static CommandStatus
report_problems_of (Graph *graph, GPtrArray *problems)
{
  g_autofree char *count = text_count (problems->len, "problem");

  for (guint i = 0; i < problems->len; i++)
    report_line ("%s: %s", graph->filename, (const char *) g_ptr_array_index (problems, i));
  report_line ("%s", count);
  return COMMAND_BAD_INPUT;
}

static CommandStatus
report_none (Graph *graph)
{
  g_autofree char *n_units = text_count (graph->units->len, "unit");
  g_autofree char *n_edges = text_count (graph->n_edges, "edge");

  report_line ("%s, %s, longest chain %u: no problems", n_units, n_edges, graph->longest_chain);
  return COMMAND_SUCCEEDED;
}

CommandStatus
verify (int argc, char **argv)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (Graph) graph = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) filenames = NULL;
  gboolean help;

  if (!parse (argc, argv, &filenames, &help, &error))
    return command_give_up (COMMAND_BAD_INPUT, error);
  if (help)
    return COMMAND_SUCCEEDED;

  graph = graph_check (filenames[0], problems, &error);
  if (graph == NULL)
    return command_give_up (COMMAND_BAD_INPUT, error);
  return problems->len > 0 ? report_problems_of (graph, problems) : report_none (graph);
}
