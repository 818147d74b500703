/* SPDX-License-Identifier: MIT */

/* Start and stop: large graphs beside the floor, and beside a task for each unit. */

#include "../rows.h"
#include "../walks.h"

static const StateOperation start_and_stop[] = { STATE_OPERATION_START, STATE_OPERATION_STOP };

static void
measure (const RowOptions *options,
         Report *report,
         const Shape *shape,
         GType unit_type,
         Yardsticks yardsticks,
         const char *target)
{
  g_autoptr (Walks) walks = walks_new (shape, unit_type, yardsticks);
  const char *detail =
      unit_type == BENCH_TYPE_LATER_UNIT ? ", answering later" : ", answering at once";

  walks_measure (walks, start_and_stop, G_N_ELEMENTS (start_and_stop), options->rounds);
  walks_report (walks, report, STATE_OPERATION_START, detail, target);
  walks_report (walks, report, STATE_OPERATION_STOP, detail, target);
}

static void
measure_made (const RowOptions *options,
              Report *report,
              const char *shape_name,
              guint units,
              GType unit_type,
              Yardsticks yardsticks,
              const char *target)
{
  g_autoptr (Shape) shape =
      shape_new (shape_name, ROW_UNITS (options, units), options->edges, NULL);

  measure (options, report, shape, unit_type, yardsticks, target);
}

void
row_layered (const RowOptions *options, Report *report)
{
  measure_made (options, report, "layered", 1000000, BENCH_TYPE_UNIT, YARDSTICK_FLOOR,
                "library / floor at most 3");
}

void
row_wide (const RowOptions *options, Report *report)
{
  measure_made (options, report, "wide", 1000000, BENCH_TYPE_UNIT, YARDSTICK_FLOOR,
                "library / floor at most 12");
}

void
row_chain (const RowOptions *options, Report *report)
{
  measure_made (options, report, "chain", 1000000, BENCH_TYPE_UNIT, YARDSTICK_FLOOR,
                "library / floor at most 12");
}

void
row_later (const RowOptions *options, Report *report)
{
  measure_made (options, report, "layered", 100000, BENCH_TYPE_LATER_UNIT, YARDSTICK_GTASK,
                "gtask / library at least 3");
}

void
row_at_once (const RowOptions *options, Report *report)
{
  measure_made (options, report, "layered", 100000, BENCH_TYPE_UNIT, YARDSTICK_GTASK,
                "gtask / library at least 8");
}

void
row_machines (const RowOptions *options, Report *report)
{
  static const char *const files[] = { "openhcl-gen2", "openvmm-gen1-pcat", "openvmm-hclhost",
                                       "openvmm-vm" };

  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *name = g_strdup_printf ("%s/%s-graph.json", options->data, files[i]);
      g_autoptr (GError) error = NULL;
      g_autoptr (Shape) shape = shape_new (name, 0, 0, &error);

      if (shape == NULL)
        g_error ("%s: %s", name, error->message);
      measure (options, report, shape, BENCH_TYPE_UNIT, YARDSTICK_FLOOR | YARDSTICK_GTASK,
               "gtask / library at least 4");
      measure (options, report, shape, BENCH_TYPE_LATER_UNIT, YARDSTICK_GTASK, NULL);
    }
}
