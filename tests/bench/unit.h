/* SPDX-License-Identifier: MIT */

#pragma once

#include "shape.h"

#include <libstate-unit.h>

G_BEGIN_DECLS

/* How a unit answers. */
typedef enum
{
  ANSWER_AT_ONCE,
  ANSWER_LATER /* from a later iteration of the main loop: see answers.h */
} AnswerKind;

#define BENCH_TYPE_UNIT (bench_unit_get_type ())
G_DECLARE_DERIVABLE_TYPE (BenchUnit, bench_unit, BENCH, UNIT, GObject)

struct _BenchUnitClass
{
  GObjectClass parent_class;
};

#define BENCH_TYPE_LATER_UNIT (bench_later_unit_get_type ())
G_DECLARE_FINAL_TYPE (BenchLaterUnit, bench_later_unit, BENCH, LATER_UNIT, BenchUnit)

/* The units of a shape, by their places in it. */
StateUnit **bench_units_new (const Shape *shape, AnswerKind kind);
void bench_units_free (StateUnit **units, const Shape *shape);

G_END_DECLS
