/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-units-exporter-private.h"

G_BEGIN_DECLS

/* A method call, until it is replied to: which happens also when the set is exported
 * no longer. */
typedef struct
{
  StateUnitsExporter *exporter; /* not owned; NULL once it is exported no longer */
  GDBusMethodInvocation *invocation;
  StateUnits *units;
  GCancellable *cancellable;
  guint id; /* of the caller's; 0: none */
} StateUnitsExportedCall;

typedef enum /*< flags >*/
{
  STATE_UNITS_EXPORTED_OPTION_CALL = 1 << 0,
  STATE_UNITS_EXPORTED_OPTION_UNITS = 1 << 1,
  STATE_UNITS_EXPORTED_OPTION_FAILURE_POLICY = 1 << 2,
  STATE_UNITS_EXPORTED_OPTION_TIMEOUT = 1 << 3,
  STATE_UNITS_EXPORTED_OPTION_RESUME = 1 << 4,
  STATE_UNITS_EXPORTED_OPTION_SNAPSHOT = 1 << 5,
  STATE_UNITS_EXPORTED_OPTIONS_RUN = 0x1f /* those of an operation */
} StateUnitsExportedOptionFlags;

/* What the caller wants of an operation. */
typedef struct
{
  StateUnitsExportedOptionFlags given;
  guint id;
  char **units;
  StateFailurePolicy policy;
  guint timeout;
  gboolean resume;
  GVariant *snapshot;
} StateUnitsExportedOptions;

gboolean state_units_exported_options_parse (StateUnitsExportedOptions *self,
                                             GVariant *options,
                                             StateUnitsExportedOptionFlags allowed,
                                             GError **error);
void state_units_exported_options_clear (StateUnitsExportedOptions *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (StateUnitsExportedOptions, state_units_exported_options_clear)

StateUnitsExportedCall *state_units_exported_call_new (StateUnitsExporter *exporter,
                                                       GDBusMethodInvocation *invocation,
                                                       guint id,
                                                       GError **error);
void state_units_exported_call_return (StateUnitsExportedCall *self,
                                       GVariant *reply,
                                       GUnixFDList *files);
void state_units_exported_call_fail (StateUnitsExportedCall *self, GError *error);
void state_units_exported_cancel (StateUnitsExporter *exporter, const char *sender, guint id);

/* A method. FALSE: it is to be replied to with the error, nothing was done. */
typedef gboolean (*StateUnitsExportedMethod) (StateUnitsExporter *self,
                                              GDBusMethodInvocation *invocation,
                                              GVariant *parameters,
                                              GError **error);

StateUnitsExportedMethod state_units_exported_find_operation (const char *name);
StateTransition *state_units_exported_make_transition (StateUnits *units,
                                                       StateOperation operation,
                                                       const StateUnitsExportedOptions *options,
                                                       GDBusMethodInvocation *invocation,
                                                       GError **error);

G_END_DECLS
