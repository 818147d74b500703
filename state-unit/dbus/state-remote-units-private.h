/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-remote-handle.h"
#include "state-remote-transition.h"
#include "state-remote-units.h"

G_BEGIN_DECLS

/* Handles and transitions, as they are told; what is told is not trusted. */

StateRemoteHandle *state_remote_handle_new (const char *path, GVariant *fields);
const char *state_remote_handle_get_path (StateRemoteHandle *self);
void state_remote_handle_update (StateRemoteHandle *self, GVariant *fields);

StateRemoteTransition *state_remote_transition_new (guint serial);
guint state_remote_transition_get_serial (StateRemoteTransition *self);
gboolean state_remote_transition_is_current (StateRemoteTransition *self);
void state_remote_transition_update (StateRemoteTransition *self, GVariant *fields);
void state_remote_transition_lose (StateRemoteTransition *self);

/* The set */

struct _StateRemoteUnits
{
  GObject parent_instance;

  GMainContext *context;
  GDBusConnection *connection;
  char *bus_name; /* nullable: peer to peer */
  char *object_path;

  guint subscriptions[3];
  guint watch;            /* of the name */
  gulong closed_id;       /* of the connection's signal */
  char *owner;            /* nullable: the unique name behind the name */
  GCancellable *fetching; /* nullable: of the last look at everything */
  GTask *init;            /* nullable: until it is known whether anybody is there */
  GSource *cancelled;     /* nullable: of that */

  gboolean connected;
  GPtrArray *handles; /* of StateRemoteHandle */
  GHashTable *paths;  /* of the same, by path */
  gboolean running;
  StateOperationFlags allowed;
  StateFailurePolicy policy;
  guint default_timeout; /* ms */
  guint max_concurrency;
  StateRemoteTransition *last;
  gboolean is_current; /* the last */

  guint last_call; /* the number of the last operation that was asked for */
};

/* Upkeep */
void state_remote_units_connect (StateRemoteUnits *self, GTask *init);
void state_remote_units_disconnect (StateRemoteUnits *self);
void state_remote_units_cancel_connect (StateRemoteUnits *self);
void state_remote_units_lose (StateRemoteUnits *self);

/* What is known */
void state_remote_units_take_fields (StateRemoteUnits *self, GVariant *fields);
void state_remote_units_forget_fields (StateRemoteUnits *self);
void state_remote_units_set_connected (StateRemoteUnits *self, gboolean connected);

GError *state_remote_units_explain_error (StateRemoteUnits *self, GError *error);

G_END_DECLS
