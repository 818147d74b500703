/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-callers-private.h"
#include "state-dbus-words-private.h"
#include "state-units-exporter.h"
#include "state-dispatcher-private.h"

G_BEGIN_DECLS

/* A unit, as it is exported. */
typedef struct
{
  StateUnitsExporter *exporter;
  StateUnitHandle *handle;
  gulong notify_id;
  char *path;
  char *node; /* within the path: its end */
  char **dependencies;
  char **dependents;
  gboolean is_changed; /* and in the list of those */
  gboolean has_new_edges;
} StateUnitsExportedUnit;

/* What of the set is to be told again. */
typedef enum /*< flags >*/
{
  STATE_UNITS_EXPORTED_RUNNING = 1 << 0,
  STATE_UNITS_EXPORTED_ALLOWED = 1 << 1,
  STATE_UNITS_EXPORTED_SETTINGS = 1 << 2,
  STATE_UNITS_EXPORTED_TRANSITION = 1 << 3,
} StateUnitsExportedFields;

struct _StateUnitsExporter
{
  GObject parent_instance;

  StateUnits *units; /* watched; NULL once it is exported no longer */
  StateDispatcher *home;
  GDBusConnection *connection;
  StateCallers *callers;
  char *object_path;
  char *units_path; /* of the folder of the units */
  guint registrations[3];
  gulong handlers[2];

  GPtrArray *rows;    /* of StateUnitsExportedUnit, as in the set */
  GHashTable *nodes;  /* of the same, by node */
  GPtrArray *changed; /* of the same, not owned */
  StateUnitsExportedFields changed_fields;
  GSource *flush;

  StateTransition *transition; /* the last that began */
  gulong transition_id;
  guint serial;         /* of the transition */
  gint64 progress_told; /* when; monotonic time */
  GSource *progress;

  GQueue calls; /* of StateUnitsExportedCall, under way */
};

void state_units_exported_emit (StateUnitsExporter *self,
                                const char *path,
                                const char *interface_name,
                                const char *name,
                                GVariant *parameters);

/* What is told, and when */
void state_units_exported_watch (StateUnitsExporter *self);
void state_units_exported_unwatch (StateUnitsExporter *self);
void state_units_exported_flush (StateUnitsExporter *self);
GVariant *state_units_exported_get_fields (StateUnitsExporter *self);
GVariant *state_units_exported_unit_get_fields (StateUnitsExportedUnit *unit);
GVariant *state_units_exported_get_objects (StateUnitsExporter *self);

/* Calls */
void state_units_exported_handle_call (StateUnitsExporter *self, GDBusMethodInvocation *invocation);
void state_units_exported_forget_calls (StateUnitsExporter *self);
char *state_units_exported_explain (StateUnits *units, const char *name, GError **error);

G_END_DECLS
