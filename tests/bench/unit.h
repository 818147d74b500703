/* SPDX-License-Identifier: MIT */

#pragma once

#include "shape.h"

G_BEGIN_DECLS

#define BENCH_TYPE_UNIT (bench_unit_get_type ())
G_DECLARE_DERIVABLE_TYPE (BenchUnit, bench_unit, BENCH, UNIT, GObject)

struct _BenchUnitClass
{
  GObjectClass parent_class;

  /* What a unit has without this library: a task that says when it is done. */
  void (*run_async) (BenchUnit *self, GAsyncReadyCallback callback, gpointer user_data);
};

/* The units of a shape, by their places in it. */
StateUnit **bench_units_new (const Shape *shape, GType type);
void bench_units_free (StateUnit **units, const Shape *shape);

/* Answers at once are those of BenchUnit itself. */

/* From a later iteration of the main loop. */
#define BENCH_TYPE_LATER_UNIT (bench_later_unit_get_type ())
G_DECLARE_FINAL_TYPE (BenchLaterUnit, bench_later_unit, BENCH, LATER_UNIT, BenchUnit)

/* Starts by keeping the processor busy for a millisecond. */
#define BENCH_TYPE_BUSY_UNIT (bench_busy_unit_get_type ())
G_DECLARE_FINAL_TYPE (BenchBusyUnit, bench_busy_unit, BENCH, BUSY_UNIT, BenchUnit)

gint64 bench_busy_unit_get_time (BenchBusyUnit *self);

/* Has so many bytes to save. */
#define BENCH_SAVED_SIZE 100
#define BENCH_TYPE_SAVING_UNIT (bench_saving_unit_get_type ())
G_DECLARE_FINAL_TYPE (BenchSavingUnit, bench_saving_unit, BENCH, SAVING_UNIT, BenchUnit)

GVariant *bench_saving_unit_save (BenchSavingUnit *self);
void bench_saving_unit_restore (BenchSavingUnit *self, GVariant *state);

G_END_DECLS
