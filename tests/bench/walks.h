/* SPDX-License-Identifier: MIT */

#pragma once

#include "report.h"
#include "shape.h"
#include "unit.h"

G_BEGIN_DECLS

typedef enum
{
  YARDSTICK_FLOOR = 1 << 0,
  YARDSTICK_BY_HAND = 1 << 1
} Yardsticks;

/* Operations over a shape's units, by the yardsticks and by the library, a round
 * of each in turn. */
typedef struct
{
  Shape *shape;
  AnswerKind kind;
  Yardsticks yardsticks;
  guint rounds;
} Walks;

/* ns for each unit; NULL for a yardstick that was not asked for. */
typedef struct
{
  Samples *floor;
  Samples *by_hand;
  Samples *library;
} WalkSamples;

typedef struct
{
  WalkSamples start;
  WalkSamples stop;
} WalkResult;

WalkResult walks_measure (const Walks *self);
void walk_result_clear (WalkResult *self);
void walk_samples_report (const WalkSamples *self, Report *report);

G_END_DECLS
