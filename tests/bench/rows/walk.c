/* SPDX-License-Identifier: MIT */

/* Units that answer at once, a million of them. */

#include "../rows.h"
#include "../walks.h"

static void
report_operation (Report *report,
                  const Walks *walks,
                  const WalkSamples *samples,
                  const char *operation,
                  const char *target)
{
  report_begin (report, "%s, %s, %u units, %u edges", operation, walks->shape->name,
                walks->shape->n, walks->shape->n_edges);
  walk_samples_report (samples, report);
  report_target (report, target);
  report_end (report);
}

static void
measure (const RowOptions *options, Report *report, const char *name, const char *target)
{
  g_autoptr (Shape) shape =
      shape_new (name, options->units > 0 ? options->units : 1000000, options->edges, NULL);
  Walks walks = { shape, ANSWER_AT_ONCE, YARDSTICK_FLOOR, options->rounds };
  WalkResult result = walks_measure (&walks);

  report_operation (report, &walks, &result.start, "start", target);
  report_operation (report, &walks, &result.stop, "stop", target);
  walk_result_clear (&result);
}

void
row_layered (const RowOptions *options, Report *report)
{
  measure (options, report, "layered", "library at most 3 × floor");
}

void
row_wide (const RowOptions *options, Report *report)
{
  measure (options, report, "wide", "library at most 12 × floor");
}

void
row_chain (const RowOptions *options, Report *report)
{
  measure (options, report, "chain", "library at most 12 × floor");
}
