/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-types.h"

G_BEGIN_DECLS

#define STATE_TYPE_UNIT_EXPORTER (state_unit_exporter_get_type ())
STATE_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (StateUnitExporter, state_unit_exporter, STATE, UNIT_EXPORTER, GObject)

STATE_AVAILABLE_IN_ALL
StateUnitExporter *state_unit_exporter_new (GDBusConnection *connection,
                                            const char *object_path,
                                            StateUnit *unit,
                                            GError **error);

STATE_AVAILABLE_IN_ALL
GDBusConnection *state_unit_exporter_get_connection (StateUnitExporter *self);
STATE_AVAILABLE_IN_ALL
const char *state_unit_exporter_get_object_path (StateUnitExporter *self);
STATE_AVAILABLE_IN_ALL
StateUnit *state_unit_exporter_get_unit (StateUnitExporter *self);

STATE_AVAILABLE_IN_ALL
void state_unit_exporter_unexport (StateUnitExporter *self);

G_END_DECLS
