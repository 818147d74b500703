/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-inspector.h"
#include "state-units.h"

G_BEGIN_DECLS

#define STATE_INSPECTION_TIMEOUT 1000 /* ms */

/* One look at a set: puts a request to inspect to each unit concerned, gathers what
 * they answer, and returns it to the task. From any thread. */
void state_inspection_launch (StateUnits *units,
                              const char *path,
                              guint depth,
                              guint timeout_ms,
                              GVariant *value,
                              GTask *task);
void state_inspection_launch_rooted (StateUnits *units,
                                     const char *path,
                                     guint depth,
                                     guint timeout_ms,
                                     GTask *task);

GVariant *state_inspection_tree_of (const char *path, GVariant *value);

StateInspector *state_inspector_new (StateUnits *units);

G_END_DECLS
