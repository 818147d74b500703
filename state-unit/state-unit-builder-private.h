/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-unit-builder.h"

G_BEGIN_DECLS

StateUnitBuilder *state_unit_builder_new (StateUnits *units, const char *name);
void state_unit_builder_keep_handles (StateUnitBuilder *self);

G_END_DECLS
