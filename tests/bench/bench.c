/* SPDX-License-Identifier: MIT */

/* What a set costs, beside what the same would cost without it. This judges
 * nothing: it prints what was measured, and what is aimed at. */

#include "answers.h"
#include "heap.h"
#include "rows.h"
#include "walks.h"

#include <locale.h>
#include <stdlib.h>

typedef struct
{
  const char *name;
  const char *what;
  void (*run) (const RowOptions *options, Report *report);
} Row;

static const Row rows[] = {
  { "layered", "start and stop, 1,000,000 units in layers, beside the floor", row_layered },
  { "wide", "the same without edges", row_wide },
  { "chain", "the same in one chain", row_chain },
  { "later", "100,000 units that answer later, beside a task for each", row_later },
  { "at-once", "100,000 units that answer at once, beside a task for each", row_at_once },
  { "machines", "the graphs of four real machines, beside a task for each unit", row_machines },
  { "growth", "how the time for a unit grows up to 1,000,000 units", row_growth },
  { "heap", "the heap for each unit", row_heap },
  { "build", "building 1,000,000 units, beside as many objects", row_build },
  { "hot-add", "a unit that comes and goes in a running set", row_hot_add },
  { "threads", "units on two threads, beside g_main_context_invoke() for each", row_threads },
  { "work", "400 units of 1 ms of work on two threads", row_work },
  { "inspect", "inspecting 100,000 units, beside building that tree", row_inspect },
  { "snapshot", "saving and restoring 100,000 units, beside one GVariant", row_snapshot },
};

static int n_units;
static int n_edges = 4;
static int n_rounds = 5;
static gboolean as_json;
static gboolean list_rows;
static gboolean processor_time;
static gboolean heap_alone;
static char *shape_name;
static char *data = (char *) BENCH_DATA;
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
  { "processor-time", 0, 0, G_OPTION_ARG_NONE, &processor_time,
    "Leave out what others use of the machine (not where threads are measured)", NULL },
  { "data", 0, 0, G_OPTION_ARG_FILENAME, &data, "The folder of the machines' graphs", "FOLDER" },
  { "json", 0, 0, G_OPTION_ARG_NONE, &as_json, "Print JSON", NULL },
  { "heap", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &heap_alone, NULL, NULL },
  { NULL },
};

static int
print_rows (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_print ("%-10s %s\n", rows[i].name, rows[i].what);
  return EXIT_SUCCESS;
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

static int
measure_rows (const RowOptions *options)
{
  g_autoptr (Report) report = report_new (as_json);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (row_names == NULL || g_strv_contains ((const char *const *) row_names, rows[i].name))
      {
        report_set_row (report, rows[i].name);
        rows[i].run (options, report);
      }
  return EXIT_SUCCESS;
}

/* One graph */

static void
report_heap (Report *report, const Shape *shape, const RowOptions *options)
{
  Heap heap = heap_measure_in_child (shape->name, shape->n, options->edges);
  g_autoptr (Samples) built = samples_new ();
  g_autoptr (Samples) started = samples_new ();

  samples_add (built, heap.built);
  samples_add (started, heap.started);
  report_begin (report, "heap, beyond the unit objects and their names");
  report_measured (report, "built", "bytes/unit", built);
  report_measured (report, "started", "bytes/unit", started);
  report_end (report, NULL);
}

static void
measure_shape (const RowOptions *options, const Shape *shape)
{
  static const StateOperation operations[] = { STATE_OPERATION_START, STATE_OPERATION_STOP,
                                               STATE_OPERATION_RESET, STATE_OPERATION_SAVE,
                                               STATE_OPERATION_RESTORE };
  g_autoptr (Report) report = report_new (as_json);
  g_autoptr (Walks) walks = walks_new (shape, BENCH_TYPE_UNIT, YARDSTICK_FLOOR | YARDSTICK_GTASK);

  report_set_row (report, "shape");
  walks_measure (walks, operations, G_N_ELEMENTS (operations), options->rounds);
  for (guint i = 0; i < G_N_ELEMENTS (operations); i++)
    walks_report (walks, report, operations[i], "", NULL);
  report_heap (report, shape, options);
}

static int
measure_one_graph (const RowOptions *options)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Shape) shape = shape_new (shape_name != NULL ? shape_name : "layered",
                                       ROW_UNITS (options, 100000), options->edges, &error);

  if (shape == NULL)
    {
      g_printerr ("%s: %s\n", shape_name, error->message);
      return EXIT_FAILURE;
    }
  if (heap_alone)
    heap_print (shape);
  else
    measure_shape (options, shape);
  return EXIT_SUCCESS;
}

int
main (int argc, char *argv[])
{
  g_autoptr (GOptionContext) context = g_option_context_new ("- measure what a set costs");
  g_autoptr (GError) error = NULL;
  RowOptions options;
  int status;

  setlocale (LC_ALL, "C.UTF-8");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return EXIT_FAILURE;
    }
  if (list_rows)
    return print_rows ();
  if (!check_row_names ())
    return EXIT_FAILURE;
  if (processor_time)
    clock_count_processor_time ();

  /* As in a program whose main loop runs: what is called has been called by it. */
  g_main_context_acquire (NULL);
  options = (RowOptions){ MAX (n_rounds, 1), MAX (n_units, 0), MAX (n_edges, 0), data };
  answers_attach ();
  if (row_names == NULL && (shape_name != NULL || n_units > 0))
    status = measure_one_graph (&options);
  else
    status = measure_rows (&options);
  answers_detach ();
  g_main_context_release (NULL);
  return status;
}
