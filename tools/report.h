/* SPDX-License-Identifier: MIT */

#pragma once

#include <libstate-unit.h>

#include "graph.h"
#include "simulate-options.h"
#include "waits.h"

G_BEGIN_DECLS

void report_machine (Graph *graph);
void report_settings (SimulateOptions *options);
void report_line (const char *format, ...) G_GNUC_PRINTF (1, 2);
void report_heading (guint cycle, guint cycles);
void report_transition (StateTransition *transition, const char *when, Waits *waits);
void report_slow (StateTransition *transition, Waits *waits);
void report_ending (StateUnits *units);

G_END_DECLS
