/* SPDX-License-Identifier: MIT */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The names of units, which are paths in the tree of an inspection. */
gboolean state_name_check (const char *name, GError **error);
gboolean state_name_is_field (const char *part);

/* The fields that the set tells of each unit. */
#define STATE_FIELD_UNIT_STATE "unit_state"
#define STATE_FIELD_DEPENDENCIES "dependencies"
#define STATE_FIELD_DEPENDENTS "dependents"
#define STATE_FIELD_ERROR "error"
#define STATE_FIELD_WAITING_ON "waiting_on"
#define STATE_FIELD_UNRESOLVED "unresolved"
#define STATE_FIELD_INSPECT_ERROR "inspect_error"

G_END_DECLS
