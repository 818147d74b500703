/* SPDX-License-Identifier: MIT */

#pragma once

#include "shape.h"

G_BEGIN_DECLS

/* Bytes of the heap for each unit, beyond the unit's object and its name. */
typedef struct
{
  double built;   /* in a set that was built and did nothing */
  double started; /* once it has started: with the record of that start */
} Heap;

Heap heap_measure_in_child (const char *shape_name, guint units, guint edges);
void heap_print (const Shape *shape);

G_END_DECLS
