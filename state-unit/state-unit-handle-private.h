/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-dispatcher-private.h"
#include "state-unit-handle.h"

G_BEGIN_DECLS

typedef struct _StateLifetime StateLifetime;
typedef struct _StateThread StateThread;

/* One unit's place in a set. What the set's engine knows of it is in the graph,
 * under the node. */
struct _StateUnitHandle
{
  GObject parent_instance;

  char *name;
  StateUnits *units;           /* not owned; NULL once the unit has left */
  StateDispatcher *home;       /* the set's */
  StateDispatcher *dispatcher; /* where the unit is called, which may be home */
  StateUnits *container;       /* the set, for the check of nesting; under its lock */
  gboolean is_lost;            /* nobody will answer for it any more */
  gint left;                   /* atomic: the unit receives nothing more */
  StateUnit *unit;             /* nullable; let go of when the unit leaves */
  char **aliases;              /* nullable */
  guint32 node;
  guint version;
  guint oldest_version;
  StateUnitState last_state; /* when it left */
  StateRequest *request;     /* the one with the unit; not owned */
  GError *error;             /* why it is failed or lost */
  gboolean error_changed;    /* since the state was last told */
  StateLifetime *lifetime;   /* nullable */
  StateThread *thread;       /* nullable; its own */
  guint *timeouts;           /* nullable: by operation, in ms; G_MAXUINT: the set's */
  gint64 deadline;           /* of a stop that stood; 0: none */
};

GMainContext *state_unit_handle_get_context (StateUnitHandle *self);
guint state_unit_handle_get_timeout (StateUnitHandle *self,
                                     StateOperation operation,
                                     guint default_timeout);
StateRequest *state_unit_handle_make_request (StateUnitHandle *self,
                                              StateOperation operation,
                                              GVariant *state,
                                              guint state_version,
                                              gint64 deadline);
void state_unit_handle_take_error (StateUnitHandle *self, GError *error);
void state_unit_handle_notify_state (StateUnitHandle *self);
void state_unit_handle_detach (StateUnitHandle *self, StateUnitState last_state);
void state_unit_handle_leave (StateUnitHandle *self);

StateDispatcher *state_unit_handle_get_dispatcher (StateUnitHandle *self);
gboolean state_unit_handle_has_left (StateUnitHandle *self);

StateUnitHandle *state_unit_handle_of_unit (StateUnit *unit);
gboolean state_unit_handle_claim_unit (StateUnitHandle *self, StateUnits *units, GError **error);

/* Why a unit is no longer as it was, though nobody asked it. */
typedef enum
{
  STATE_EVENT_ENDED,
  STATE_EVENT_LOST,
  STATE_EVENT_FOUND, /* after it was lost */
  STATE_EVENT_DISCARD
} StateEvent;

void state_unit_handle_post_event (StateUnitHandle *self, StateEvent event, const GError *error);

G_END_DECLS
