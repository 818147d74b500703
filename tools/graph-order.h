/* SPDX-License-Identifier: MIT */

#pragma once

#include "graph.h"

G_BEGIN_DECLS

void graph_measure (Graph *graph, GPtrArray *problems);

G_END_DECLS
