/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-unit-builder.h"

G_BEGIN_DECLS

StateUnitBuilder *state_unit_builder_new (StateUnits *units, const char *name);

G_END_DECLS
