/* SPDX-License-Identifier: MIT */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What was measured in each round of one thing: a time, or a number of bytes. */
typedef GArray Samples; /* of double */

typedef struct
{
  double median;
  double least;
  double most;
} Figure;

Samples *samples_new (void);
void samples_add (Samples *self, double value);
Figure samples_get_figure (Samples *self);
Samples *samples_divide (Samples *self, Samples *other);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Samples, g_array_unref)

void clock_count_processor_time (void);
gint64 now_ns (void);
gint64 wall_ns (void);

G_END_DECLS
