/* SPDX-License-Identifier: MIT */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The names of units, which are paths in the tree of an inspection. */
gboolean state_name_check (const char *name, GError **error);

/* What is to be known of a name, found out in one go. */
typedef struct
{
  guint32 hash;      /* for the table of names */
  guint32 size;      /* with the zero at its end */
  gboolean is_plain; /* it needs no further check: one part, in ASCII, as most names are */
} StateNameFacts;

StateNameFacts state_name_read (const char *name);
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
