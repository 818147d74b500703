/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-unit-conformance.h"

G_BEGIN_DECLS

StateUnit *state_unit_conformance_make_unit (StateUnitConformance *self);
gboolean state_unit_conformance_has_change_func (StateUnitConformance *self);
void state_unit_conformance_change_unit (StateUnitConformance *self, StateUnit *unit);

G_END_DECLS
