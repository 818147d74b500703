/* SPDX-License-Identifier: MIT */

/* Operations, measured in turn by each of those that are compared: the same graph,
 * the same unit objects, one process. */

#include "walks.h"

#include "by-hand.h"
#include "floor.h"
#include "library.h"

/* So many units at least are gone through between two readings of the clock. */
#define ENOUGH_UNITS 20000

struct _Walks
{
  const Shape *shape;
  StateUnit **units;
  Floor *floor;    /* nullable */
  ByHand *by_hand; /* nullable */
  Library *library;
  WalkSamples samples[STATE_OPERATION_INSPECT];
};

static WalkSamples
walk_samples_new (Yardsticks yardsticks)
{
  return (WalkSamples){
    .floor = yardsticks & YARDSTICK_FLOOR ? samples_new () : NULL,
    .gtask = yardsticks & YARDSTICK_GTASK ? samples_new () : NULL,
    .library = samples_new (),
  };
}

static void
walk_samples_clear (WalkSamples *self)
{
  g_clear_pointer (&self->floor, g_array_unref);
  g_clear_pointer (&self->gtask, g_array_unref);
  g_clear_pointer (&self->library, g_array_unref);
}

Walks *
walks_new (const Shape *shape, GType unit_type, Yardsticks yardsticks)
{
  Walks *self = g_new0 (Walks, 1);

  self->shape = shape;
  self->units = bench_units_new (shape, unit_type);
  if (yardsticks & YARDSTICK_FLOOR)
    self->floor = floor_new (shape, self->units);
  if (yardsticks & YARDSTICK_GTASK)
    self->by_hand = by_hand_new (shape, self->units);
  self->library = library_new (shape, self->units, NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (self->samples); i++)
    self->samples[i] = walk_samples_new (yardsticks);
  return self;
}

void
walks_free (Walks *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->samples); i++)
    walk_samples_clear (&self->samples[i]);
  g_clear_pointer (&self->floor, floor_free);
  g_clear_pointer (&self->by_hand, by_hand_free);
  library_free (self->library);
  bench_units_free (self->units, self->shape);
  g_free (self);
}

/* Rounds */

typedef void (*WalkRun) (gpointer runner, StateOperation operation);

/* One operation after the other, and all of that over and over for a small graph;
 * the times of each operation are summed. */
static void
measure_one (Walks *self,
             WalkRun run,
             gpointer runner,
             const StateOperation *operations,
             guint n_operations,
             gsize offset)
{
  guint n_repeats = MAX (ENOUGH_UNITS / self->shape->n, 1);
  gint64 sums[STATE_OPERATION_INSPECT] = { 0 };

  for (guint i = 0; i < n_repeats; i++)
    for (guint j = 0; j < n_operations; j++)
      {
        gint64 begin = now_ns ();

        run (runner, operations[j]);
        sums[operations[j]] += now_ns () - begin;
      }
  for (guint j = 0; j < n_operations; j++)
    samples_add (G_STRUCT_MEMBER (Samples *, &self->samples[operations[j]], offset),
                 (double) sums[operations[j]] / n_repeats / self->shape->n);
}

void
walks_measure_round (Walks *self, const StateOperation *operations, guint n_operations)
{
  if (self->floor != NULL)
    measure_one (self, (WalkRun) floor_run, self->floor, operations, n_operations,
                 G_STRUCT_OFFSET (WalkSamples, floor));
  if (self->by_hand != NULL)
    measure_one (self, (WalkRun) by_hand_run, self->by_hand, operations, n_operations,
                 G_STRUCT_OFFSET (WalkSamples, gtask));
  measure_one (self, (WalkRun) library_run, self->library, operations, n_operations,
               G_STRUCT_OFFSET (WalkSamples, library));
}

static void
forget (Walks *self, StateOperation operation)
{
  WalkSamples *samples = &self->samples[operation];

  g_array_set_size (samples->library, 0);
  if (samples->floor != NULL)
    g_array_set_size (samples->floor, 0);
  if (samples->gtask != NULL)
    g_array_set_size (samples->gtask, 0);
}

/* All rounds, after one to get warm. */
void
walks_measure (Walks *self, const StateOperation *operations, guint n_operations, guint n_rounds)
{
  for (guint i = 0; i <= n_rounds; i++)
    {
      walks_measure_round (self, operations, n_operations);
      for (guint j = 0; i == 0 && j < n_operations; j++)
        forget (self, operations[j]);
    }
}

const WalkSamples *
walks_get_samples (Walks *self, StateOperation operation)
{
  return &self->samples[operation];
}

void
walks_report (Walks *self,
              Report *report,
              StateOperation operation,
              const char *detail,
              const char *target)
{
  const WalkSamples *samples = &self->samples[operation];
  g_autofree char *base = g_path_get_basename (self->shape->name);

  report_begin (report, "%s, %s, %u units, %u edges%s", state_operation_to_string (operation), base,
                self->shape->n, self->shape->n_edges, detail);
  if (samples->floor != NULL)
    report_measured (report, "floor", "ns/unit", samples->floor);
  if (samples->gtask != NULL)
    report_measured (report, "gtask", "ns/unit", samples->gtask);
  report_measured (report, "library", "ns/unit", samples->library);
  if (samples->floor != NULL)
    report_ratio (report, "library / floor", samples->library, samples->floor);
  if (samples->gtask != NULL)
    report_ratio (report, "gtask / library", samples->gtask, samples->library);
  report_end (report, target);
}
