/* SPDX-License-Identifier: MIT */

/* How the time for a unit grows with the number of units: what grows for the floor,
 * too, is the machine's. */

#include "../rows.h"
#include "../walks.h"

#define N_SIZES 4

static const StateOperation start_and_stop[] = { STATE_OPERATION_START, STATE_OPERATION_STOP };
static const guint sizes[N_SIZES] = { 1000, 10000, 100000, 1000000 };

static void
report_sizes (Report *report, Walks **walks, StateOperation operation)
{
  report_begin (report, "%s, layered, by the number of units",
                state_operation_to_string (operation));
  for (guint i = 0; i < N_SIZES; i++)
    {
      const WalkSamples *samples = walks_get_samples (walks[i], operation);
      g_autofree char *floor = g_strdup_printf ("floor, %u", sizes[i]);
      g_autofree char *gtask = g_strdup_printf ("gtask, %u", sizes[i]);
      g_autofree char *library = g_strdup_printf ("library, %u", sizes[i]);

      report_measured (report, floor, "ns/unit", samples->floor);
      report_measured (report, gtask, "ns/unit", samples->gtask);
      report_measured (report, library, "ns/unit", samples->library);
    }
  report_end (report, NULL);
}

static void
report_growth (Report *report, Walks *small, Walks *large, StateOperation operation)
{
  const WalkSamples *before = walks_get_samples (small, operation);
  const WalkSamples *after = walks_get_samples (large, operation);
  g_autoptr (Samples) floor = samples_divide (after->floor, before->floor);
  g_autoptr (Samples) gtask = samples_divide (after->gtask, before->gtask);
  g_autoptr (Samples) library = samples_divide (after->library, before->library);

  report_begin (report, "%s, layered, a unit among 1,000,000 / a unit among 10,000",
                state_operation_to_string (operation));
  report_measured (report, "floor", "×", floor);
  report_measured (report, "gtask", "×", gtask);
  report_measured (report, "library", "×", library);
  report_ratio (report, "library / floor", library, floor);
  report_end (report, "library / floor at most 1.3");
}

/* A round goes through all sizes. */
void
row_growth (const RowOptions *options, Report *report)
{
  Shape *shapes[N_SIZES];
  Walks *walks[N_SIZES];

  for (guint i = 0; i < N_SIZES; i++)
    {
      shapes[i] = shape_new ("layered", sizes[i], options->edges, NULL);
      walks[i] = walks_new (shapes[i], BENCH_TYPE_UNIT, YARDSTICK_FLOOR | YARDSTICK_GTASK);
      walks_measure (walks[i], start_and_stop, G_N_ELEMENTS (start_and_stop), 0);
    }
  for (guint round = 0; round < options->rounds; round++)
    for (guint i = 0; i < N_SIZES; i++)
      walks_measure_round (walks[i], start_and_stop, G_N_ELEMENTS (start_and_stop));

  for (guint i = 0; i < G_N_ELEMENTS (start_and_stop); i++)
    {
      report_sizes (report, walks, start_and_stop[i]);
      report_growth (report, walks[1], walks[3], start_and_stop[i]);
    }

  for (guint i = 0; i < N_SIZES; i++)
    {
      walks_free (walks[i]);
      shape_free (shapes[i]);
    }
}
