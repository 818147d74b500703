/* SPDX-License-Identifier: MIT */

#pragma once

#include "shape.h"

#include <libstate-unit.h>

G_BEGIN_DECLS

typedef struct _Floor Floor;

Floor *floor_new (const Shape *shape, StateUnit **units);
void floor_free (Floor *self);
void floor_run (Floor *self, StateOperation operation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Floor, floor_free)

G_END_DECLS
