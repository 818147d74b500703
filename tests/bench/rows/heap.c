/* SPDX-License-Identifier: MIT */

/* The heap of a set, for each of its units. It is the same in each round. */

#include "../heap.h"

#include "../rows.h"

static void
measure (const RowOptions *options, Report *report, guint units, const char *target)
{
  Heap heap = heap_measure_in_child ("layered", units, options->edges);
  g_autoptr (Samples) built = samples_new ();
  g_autoptr (Samples) started = samples_new ();

  samples_add (built, heap.built);
  samples_add (started, heap.started);
  report_begin (report, "heap, layered, %u units, %u edges each", units, options->edges);
  report_measured (report, "built", "bytes/unit", built);
  report_measured (report, "started", "bytes/unit", started);
  report_end (report, target);
}

void
row_heap (const RowOptions *options, Report *report)
{
  static const guint sizes[] = { 1000, 10000, 100000, 1000000 };

  if (options->units > 0)
    measure (options, report, options->units, "at most 400 bytes/unit");
  else
    for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
      measure (options, report, sizes[i], "at most 400 bytes/unit");
}
