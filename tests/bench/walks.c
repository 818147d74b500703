/* SPDX-License-Identifier: MIT */

/* Start and stop, measured in turn by each of those that are compared: the same
 * graph, the same unit objects, one process. */

#include "walks.h"

#include "answers.h"
#include "by-hand.h"
#include "floor.h"
#include "library.h"

static WalkSamples
walk_samples_new (Yardsticks yardsticks)
{
  return (WalkSamples){
    .floor = yardsticks & YARDSTICK_FLOOR ? samples_new () : NULL,
    .by_hand = yardsticks & YARDSTICK_BY_HAND ? samples_new () : NULL,
    .library = samples_new (),
  };
}

static void
walk_samples_clear (WalkSamples *self)
{
  g_clear_pointer (&self->floor, g_array_unref);
  g_clear_pointer (&self->by_hand, g_array_unref);
  g_clear_pointer (&self->library, g_array_unref);
}

void
walk_result_clear (WalkResult *self)
{
  walk_samples_clear (&self->start);
  walk_samples_clear (&self->stop);
}

typedef void (*WalkRun) (gpointer runner, StateOperation operation);

typedef struct
{
  const Walks *walks;
  StateUnits *set;
  Floor *floor;
  ByHand *by_hand;
  guint repeats; /* so that a small graph takes long enough to be measured */
} Measuring;

/* A start and a stop, over and over: the time of each goes to its own sum. */
static void
measure_pair (Measuring *self, WalkRun run, gpointer runner, Samples *start, Samples *stop)
{
  double divisor = (double) self->repeats * self->walks->shape->n;
  gint64 starting = 0;
  gint64 stopping = 0;

  for (guint i = 0; i < self->repeats; i++)
    {
      gint64 before = now_ns ();
      gint64 between;

      run (runner, STATE_OPERATION_START);
      between = now_ns ();
      run (runner, STATE_OPERATION_STOP);
      starting += between - before;
      stopping += now_ns () - between;
    }
  samples_add (start, starting / divisor);
  samples_add (stop, stopping / divisor);
}

static void
measure_round (Measuring *self, WalkResult *result)
{
  if (self->floor != NULL)
    measure_pair (self, (WalkRun) floor_run, self->floor, result->start.floor, result->stop.floor);
  if (self->by_hand != NULL)
    measure_pair (self, (WalkRun) by_hand_run, self->by_hand, result->start.by_hand,
                  result->stop.by_hand);
  measure_pair (self, (WalkRun) library_run, self->set, result->start.library,
                result->stop.library);
}

WalkResult
walks_measure (const Walks *walks)
{
  StateUnit **units = bench_units_new (walks->shape, walks->kind);
  g_autoptr (StateUnits) set = library_build (walks->shape, units);
  g_autoptr (Floor) floor = NULL;
  g_autoptr (ByHand) by_hand = NULL;
  WalkResult result = { walk_samples_new (walks->yardsticks),
                        walk_samples_new (walks->yardsticks) };
  WalkResult warming = { walk_samples_new (walks->yardsticks),
                         walk_samples_new (walks->yardsticks) };
  Measuring self = { walks, set, NULL, NULL, MAX (10000 / walks->shape->n, 1) };

  answers_attach ();
  if (walks->yardsticks & YARDSTICK_FLOOR)
    self.floor = floor = floor_new (walks->shape, units);
  if (walks->yardsticks & YARDSTICK_BY_HAND)
    self.by_hand = by_hand = by_hand_new (walks->shape, units, walks->kind);

  measure_round (&self, &warming);
  for (guint i = 0; i < walks->rounds; i++)
    measure_round (&self, &result);

  walk_result_clear (&warming);
  answers_detach ();
  g_clear_object (&set);
  bench_units_free (units, walks->shape);
  return result;
}

void
walk_samples_report (const WalkSamples *self, Report *report)
{
  if (self->floor != NULL)
    report_measured (report, "floor", "ns/unit", self->floor);
  if (self->by_hand != NULL)
    report_measured (report, "gtask", "ns/unit", self->by_hand);
  report_measured (report, "library", "ns/unit", self->library);
  if (self->floor != NULL)
    report_ratio (report, "library / floor", samples_compare (self->library, self->floor));
  if (self->by_hand != NULL)
    report_ratio (report, "gtask / library", samples_compare (self->by_hand, self->library));
}
