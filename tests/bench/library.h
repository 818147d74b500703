/* SPDX-License-Identifier: MIT */

#pragma once

#include "shape.h"

#include <libstate-unit.h>

G_BEGIN_DECLS

StateUnits *library_build (const Shape *shape, StateUnit **units);
void library_run (StateUnits *set, StateOperation operation);

G_END_DECLS
