/* SPDX-License-Identifier: MIT */

#pragma once

#include "report.h"

G_BEGIN_DECLS

typedef struct
{
  guint rounds;
  guint units;      /* 0: as the row has it */
  guint edges;      /* for each unit of a layered graph */
  const char *data; /* the folder with the graphs of real machines */
} RowOptions;

#define ROW_UNITS(options, units_of_row) ((options)->units > 0 ? (options)->units : (units_of_row))

/* The rows of the table "What it costs". */
void row_at_once (const RowOptions *options, Report *report);
void row_build (const RowOptions *options, Report *report);
void row_chain (const RowOptions *options, Report *report);
void row_growth (const RowOptions *options, Report *report);
void row_heap (const RowOptions *options, Report *report);
void row_hot_add (const RowOptions *options, Report *report);
void row_inspect (const RowOptions *options, Report *report);
void row_later (const RowOptions *options, Report *report);
void row_layered (const RowOptions *options, Report *report);
void row_machines (const RowOptions *options, Report *report);
void row_snapshot (const RowOptions *options, Report *report);
void row_threads (const RowOptions *options, Report *report);
void row_wide (const RowOptions *options, Report *report);
void row_work (const RowOptions *options, Report *report);

G_END_DECLS
