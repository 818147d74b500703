/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-dispatcher-private.h"
#include "state-unit-handle.h"

G_BEGIN_DECLS

typedef struct _StateLifetime StateLifetime;
typedef struct _StateThread StateThread;

/* What few units have. */
typedef struct
{
  char **aliases;
  StateLifetime *lifetime;
  StateThread *thread;   /* its own */
  guint *timeouts;       /* by operation, in ms; G_MAXUINT: the set's */
  StateUnits *container; /* of a set: the one that it is in; under the lock of nesting */
  gint64 deadline;       /* of a stop that stood; 0: none */
} StateUnitExtras;

/* Most names take no more, with the zero at their end. */
#define STATE_SHORT_NAME 16

/* One unit's place in a set. What the set's engine knows of it is in the graph,
 * under the node. */
struct _StateUnitHandle
{
  GObject parent_instance;

  /* What is looked at whenever the unit is asked, in the same line of the cache. */
  StateUnit *unit;             /* nullable; let go of when the unit leaves */
  StateRequest *request;       /* the one with the unit; not owned */
  StateDispatcher *dispatcher; /* where the unit is called; held if it is not the set's */
  GError *error;               /* why it is failed or lost */
  guint32 node;
  guint error_changed : 1; /* since the state was last told */
  guint is_lost : 1;       /* nobody will answer for it any more */

  StateUnits *units; /* not owned; NULL once the unit has left */
  char *name;
  StateDispatcher *home;         /* the set's */
  const StateUnitExtras *extras; /* most units share one, which says that they have none */
  guint version;
  guint oldest_version;
  gint left;                         /* atomic: the unit receives nothing more */
  StateUnitState last_state;         /* when it left */
  char short_name[STATE_SHORT_NAME]; /* where the name is, if there is room for it */
};

StateUnitExtras *state_unit_handle_own_extras (StateUnitHandle *self);
GMainContext *state_unit_handle_get_context (StateUnitHandle *self);
guint state_unit_handle_get_timeout (StateUnitHandle *self,
                                     StateOperation operation,
                                     guint default_timeout);
void state_unit_handle_take_error (StateUnitHandle *self, GError *error);
StateUnitHandle *state_unit_handle_notify_state (StateUnitHandle *self);
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
