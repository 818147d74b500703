/* SPDX-License-Identifier: MIT */

/* What a set costs, beside what the same would cost without it. This judges
 * nothing: it prints what was measured, and what is aimed at. */

#include "rows.h"
#include "walks.h"

#include <locale.h>
#include <stdlib.h>

static const Row rows[] = {
  { "layered", "start and stop of 1,000,000 units in layers", row_layered },
  { "wide", "start and stop of 1,000,000 units without edges", row_wide },
  { "chain", "start and stop of a chain of 1,000,000 units", row_chain },
};

static int n_units;
static int n_edges = 4;
static int n_rounds = 5;
static gboolean as_json;
static gboolean list_rows;
static char *shape_name;
static char **row_names;

static const GOptionEntry entries[] = {
  { "row", 0, 0, G_OPTION_ARG_STRING_ARRAY, &row_names, "Measure this row alone", "NAME" },
  { "list", 0, 0, G_OPTION_ARG_NONE, &list_rows, "List the rows", NULL },
  { "shape", 0, 0, G_OPTION_ARG_STRING, &shape_name, "Measure the operations of such a graph",
    "wide|chain|layered|tree|FILE.json" },
  { "units", 0, 0, G_OPTION_ARG_INT, &n_units, "How many units (of a row: in place of its own)",
    "N" },
  { "edges", 0, 0, G_OPTION_ARG_INT, &n_edges, "How many dependencies each unit of a layer has",
    "K" },
  { "rounds", 0, 0, G_OPTION_ARG_INT, &n_rounds, "How many rounds to take the median of", "N" },
  { "json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL },
  { NULL },
};

static void
print_rows (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_print ("%-12s %s\n", rows[i].name, rows[i].what);
}

static gboolean
check_row_names (void)
{
  for (guint i = 0; row_names != NULL && row_names[i] != NULL; i++)
    {
      gboolean found = FALSE;

      for (guint j = 0; j < G_N_ELEMENTS (rows); j++)
        found |= g_str_equal (rows[j].name, row_names[i]);
      if (found)
        continue;
      g_printerr ("There is no row \"%s\": see --list\n", row_names[i]);
      return FALSE;
    }
  return TRUE;
}

static void
measure_rows (const RowOptions *options, Report *report)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (row_names == NULL || g_strv_contains ((const char *const *) row_names, rows[i].name))
      rows[i].run (options, report);
}

static gboolean
measure_shape (const RowOptions *options, Report *report)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Shape) shape =
      shape_new (shape_name != NULL ? shape_name : "layered",
                 options->units > 0 ? options->units : 100000, options->edges, &error);
  Walks walks = { shape, ANSWER_AT_ONCE, YARDSTICK_FLOOR | YARDSTICK_BY_HAND, options->rounds };
  WalkResult result;

  if (shape == NULL)
    {
      g_printerr ("%s: %s\n", shape_name, error->message);
      return FALSE;
    }
  result = walks_measure (&walks);
  report_begin (report, "start, %s, %u units, %u edges", shape->name, shape->n, shape->n_edges);
  walk_samples_report (&result.start, report);
  report_end (report);
  report_begin (report, "stop, %s, %u units, %u edges", shape->name, shape->n, shape->n_edges);
  walk_samples_report (&result.stop, report);
  report_end (report);
  walk_result_clear (&result);
  return TRUE;
}

int
main (int argc, char *argv[])
{
  g_autoptr (GOptionContext) context = g_option_context_new ("- measure what a set costs");
  g_autoptr (GError) error = NULL;
  g_autoptr (Report) report = NULL;
  RowOptions options;

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return EXIT_FAILURE;
    }
  if (list_rows)
    {
      print_rows ();
      return EXIT_SUCCESS;
    }
  if (!check_row_names ())
    return EXIT_FAILURE;

  options = (RowOptions){ MAX (n_rounds, 1), MAX (n_units, 0), MAX (n_edges, 0), NULL };
  report = report_new (as_json);
  if (row_names == NULL && (shape_name != NULL || n_units > 0))
    return measure_shape (&options, report) ? EXIT_SUCCESS : EXIT_FAILURE;
  measure_rows (&options, report);
  return EXIT_SUCCESS;
}
