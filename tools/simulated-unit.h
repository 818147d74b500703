/* SPDX-License-Identifier: MIT */

#pragma once

#include "faults.h"

G_BEGIN_DECLS

#define SIMULATED_TYPE_UNIT (simulated_unit_get_type ())
G_DECLARE_FINAL_TYPE (SimulatedUnit, simulated_unit, SIMULATED, UNIT, GObject)

SimulatedUnit *simulated_unit_new (guint min_latency, guint max_latency, guint64 seed);
void simulated_unit_set_fault (SimulatedUnit *self, Fault *fault);
GVariant *simulated_unit_dup_contents (SimulatedUnit *self);

G_END_DECLS
