/* SPDX-License-Identifier: MIT */

#pragma once

#include "graph.h"

G_BEGIN_DECLS

Graph *graph_check (const char *filename, GPtrArray *problems, GError **error);
Graph *graph_read (const char *filename, GError **error);

G_END_DECLS
