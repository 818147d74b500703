/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-unit-exporter.h"
#include "state-unit.h"

G_BEGIN_DECLS

/* Whoever is at the other end of the connection was given it, so that it need not tell
 * who it is. */
void state_unit_exporter_trust_peer (StateUnitExporter *self);
/* Nothing is with the unit, and it is not to be stopped. */
gboolean state_unit_exporter_is_idle (StateUnitExporter *self);

/* A unit stopped unasked, which may be exported. From any thread. */
void state_unit_exporter_unit_ended (StateUnit *unit, const GError *error);

G_END_DECLS
