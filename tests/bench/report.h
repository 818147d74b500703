/* SPDX-License-Identifier: MIT */

#pragma once

#include "samples.h"

G_BEGIN_DECLS

typedef struct _Report Report;

Report *report_new (gboolean json);
void report_free (Report *self);

/* A line: something measured, each thing under its name, then what they were to
 * each other and what is aimed at. The names are constant; the samples are
 * taken. */
void report_begin (Report *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
void report_measured (Report *self, const char *name, const char *unit, Samples *samples);
void report_ratio (Report *self, const char *name, Figure ratio);
void report_target (Report *self, const char *target);
void report_end (Report *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Report, report_free)

G_END_DECLS
