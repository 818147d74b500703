/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-enums.h"

G_BEGIN_DECLS

#define STATE_TYPE_UNITS_EXPORTER (state_units_exporter_get_type ())
STATE_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (StateUnitsExporter, state_units_exporter, STATE, UNITS_EXPORTER, GObject)

STATE_AVAILABLE_IN_ALL
StateUnitsExporter *state_units_export (StateUnits *units,
                                        GDBusConnection *connection,
                                        const char *object_path,
                                        GError **error);
STATE_AVAILABLE_IN_ALL
void state_units_exporter_unexport (StateUnitsExporter *self);

STATE_AVAILABLE_IN_ALL
StateUnits *state_units_exporter_get_units (StateUnitsExporter *self);
STATE_AVAILABLE_IN_ALL
GDBusConnection *state_units_exporter_get_connection (StateUnitsExporter *self);
STATE_AVAILABLE_IN_ALL
const char *state_units_exporter_get_object_path (StateUnitsExporter *self);

G_END_DECLS
