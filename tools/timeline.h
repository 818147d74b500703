/* SPDX-License-Identifier: MIT */

#pragma once

#include <libstate-unit.h>

#include "simulate-options.h"

G_BEGIN_DECLS

typedef struct _Timeline Timeline;

Timeline *timeline_new (SimulateOptions *options, GError **error);
void timeline_free (Timeline *self);
void timeline_take (Timeline *self, StateTransition *transition);
gboolean timeline_write (Timeline *self, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Timeline, timeline_free)

G_END_DECLS
