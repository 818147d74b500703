/* SPDX-License-Identifier: MIT */

#pragma once

#include "report.h"

G_BEGIN_DECLS

typedef struct
{
  guint rounds;
  guint units; /* 0: as the row has it */
  guint edges; /* for each unit of a layered graph */
  char *data;  /* the folder with the graphs of real machines */
} RowOptions;

typedef struct
{
  const char *name;
  const char *what;
  void (*run) (const RowOptions *options, Report *report);
} Row;

/* One row of the table "What it costs", or a few of one kind. */
void row_layered (const RowOptions *options, Report *report);
void row_wide (const RowOptions *options, Report *report);
void row_chain (const RowOptions *options, Report *report);

G_END_DECLS
