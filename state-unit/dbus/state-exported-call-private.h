/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-request-private.h"

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  STATE_EXPORTED_OPEN,
  STATE_EXPORTED_CLOSE,
  STATE_EXPORTED_REQUEST
} StateExportedKind;

/* One call of a method of org.stateunit.Unit1, until it is answered. */
typedef struct
{
  StateExportedKind kind;
  GDBusMethodInvocation *invocation; /* until answered; NULL: the exporter's own */
  char *sender;                      /* "" peer to peer */
  guint32 serial;
  StateOperation operation;
  gboolean is_plain; /* nothing but done or not is answered */
  GVariant *state;
  GVariant *value;
  char *path;
  guint depth;
  guint timeout;
  guint version;
  gboolean has_version;
  gint64 deadline; /* monotonic, in µs; 0: none */
  gint64 told_deadline;
  StateRequest *request; /* once it is put to the unit, which alone keeps it */
  GObject *exporter;     /* with a reference, as long as the request is with the unit */
} StateExportedCall;

/* Takes over the invocation, unless there is an error. */
StateExportedCall *state_exported_call_new (StateExportedKind kind,
                                            GDBusMethodInvocation *invocation,
                                            const char *sender,
                                            GError **error);
StateExportedCall *state_exported_call_new_stop (void);
void state_exported_call_free (StateExportedCall *self);

void state_exported_call_cancel (StateExportedCall *self);

/* Each does nothing after the first. */
void state_exported_call_answer (StateExportedCall *self);
void state_exported_call_fail (StateExportedCall *self, const GError *error);
void state_exported_call_reply (StateExportedCall *self, GVariant *reply);

void state_exported_call_tell_progress (StateExportedCall *self);
void state_exported_call_tell_extension (StateExportedCall *self);

G_END_DECLS
