/* SPDX-License-Identifier: MIT */

#pragma once

#include "samples.h"

G_BEGIN_DECLS

typedef struct _Report Report;

Report *report_new (gboolean json);
void report_free (Report *self);
void report_set_row (Report *self, const char *row);

/* One thing that was measured: the figures under their names, then what they are
 * to each other, then what is aimed at, if anything. */
void report_begin (Report *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
void report_measured (Report *self, const char *name, const char *unit, Samples *samples);
void report_ratio (Report *self, const char *name, Samples *samples, Samples *base);
void report_end (Report *self, const char *target);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Report, report_free)

G_END_DECLS
