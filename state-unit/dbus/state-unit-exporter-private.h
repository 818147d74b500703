/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-callers-private.h"
#include "state-dispatcher-private.h"
#include "state-exported-call-private.h"
#include "state-unit-exporter.h"
#include "state-unit.h"

G_BEGIN_DECLS

struct _StateUnitExporter
{
  GObject parent_instance;

  GDBusConnection *connection;
  char *object_path;
  StateUnit *unit;
  GMainContext *context;
  StateDispatcher *dispatcher;
  StateCallers *callers;
  guint registration; /* 0: it is not exported any more */
  gboolean is_bus;
  gboolean trusts_peer;
  GHashTable *verdicts; /* by sender: whether it may call */

  char *client;               /* nullable: who has the unit */
  gboolean may_run;           /* as far as is known here */
  gboolean is_orphaned;       /* whoever started it has gone */
  gboolean is_stuck;          /* it could not be stopped then */
  StateExportedCall *current; /* with the unit */
  GQueue waiting;             /* of StateExportedCall */
  GList *inspections;         /* of StateExportedCall, with the unit */
};

/* Whoever is at the other end of the connection was given it, so that it need not tell
 * who it is. */
void state_unit_exporter_trust_peer (StateUnitExporter *self);
/* Nothing is with the unit, and it is not to be stopped. */
gboolean state_unit_exporter_is_idle (StateUnitExporter *self);

/* A unit stopped unasked, which may be exported. From any thread. */
void state_unit_exporter_unit_ended (StateUnit *unit, const GError *error);

/* What is asked */
gboolean state_unit_exporter_check_free (StateUnitExporter *self, GError **error);
/* Takes the call over. */
void state_unit_exporter_take_call (StateUnitExporter *self, StateExportedCall *call);
void state_unit_exporter_cancel (StateUnitExporter *self, const char *sender, guint32 serial);
/* Of one sender, or with NULL of all. */
void state_unit_exporter_cancel_inspections (StateUnitExporter *self, const char *sender);
void state_unit_exporter_drop_waiting (StateUnitExporter *self, const char *sender);
/* Nobody has the unit any more. */
void state_unit_exporter_let_go (StateUnitExporter *self);

G_END_DECLS
