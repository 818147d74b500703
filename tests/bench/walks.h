/* SPDX-License-Identifier: MIT */

#pragma once

#include "report.h"
#include "shape.h"
#include "unit.h"

G_BEGIN_DECLS

typedef enum
{
  YARDSTICK_FLOOR = 1 << 0,
  YARDSTICK_GTASK = 1 << 1
} Yardsticks;

/* Operations over the units of a shape, by the library and by what it is compared
 * with, a round of each in turn. */
typedef struct _Walks Walks;

/* ns for each unit, by round; NULL for a yardstick that was not asked for. */
typedef struct
{
  Samples *floor;
  Samples *gtask;
  Samples *library;
} WalkSamples;

Walks *walks_new (const Shape *shape, GType unit_type, Yardsticks yardsticks);
void walks_free (Walks *self);
void walks_measure_round (Walks *self, const StateOperation *operations, guint n_operations);
void
walks_measure (Walks *self, const StateOperation *operations, guint n_operations, guint n_rounds);
const WalkSamples *walks_get_samples (Walks *self, StateOperation operation);
void walks_report (Walks *self,
                   Report *report,
                   StateOperation operation,
                   const char *detail,
                   const char *target);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Walks, walks_free)

G_END_DECLS
