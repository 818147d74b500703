/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-dispatcher-private.h"
#include "state-request-batch.h"
#include "state-request.h"
#include "state-thread-private.h"

G_BEGIN_DECLS

typedef void (*StateRequestFunc) (StateRequest *request);

typedef struct
{
  StateOperation operation;
  StateUnit *unit;         /* nullable */
  StateUnitHandle *handle; /* nullable; gives the name */
  GMainContext *context;   /* the unit's */
  StateThread *thread;     /* nullable: that runs the context, if it is the unit's own */
  StateDispatcher *home;   /* nullable: the context of those who ask */
  GVariant *state;         /* nullable */
  guint state_version;
  const char *inspect_path; /* nullable */
  guint inspect_depth;
  GVariant *inspect_value; /* nullable */
  guint inspect_timeout_ms;
  gint64 deadline;             /* monotonic, in µs; 0: none */
  StateRequestFunc answered;   /* called once, with a reference to the request: at home, or
                                  if there is none in the thread that answers */
  StateRequestFunc discarded;  /* nullable; instead of that, if home has gone: in any thread */
  StateRequestFunc progressed; /* nullable; called at home */
  StateRequestFunc extended;   /* nullable; called at home */
  gpointer owner;              /* for those who ask; not looked at */
} StateRequestParameters;

StateRequest *state_request_new (const StateRequestParameters *parameters);

/* One that borrows what it names, and keeps nobody alive: it costs next to nothing to
 * put it to one unit after the other. The handle that it is for, which knows of it until
 * it is answered, keeps the unit and all the rest; it is adopted, from when on it keeps
 * them itself, before the handle lets go of them, or if it is answered and somebody else
 * still knows of it. It comes from a list of those that were done with, if there is one.
 * In the context of those who ask. */
StateRequest *state_request_take (StateRequest **list, const StateRequestParameters *parameters);
gboolean state_request_keep (StateRequest *self, StateRequest **list);
void state_request_list_free (StateRequest *list);
void state_request_adopt (StateRequest *self);
void state_request_adopt_if_shared (StateRequest *self);

/* The same for one that stays in the hand of those who ask, from one unit of their own
 * context to the next: it takes no state, and it was answered with none. */
gboolean state_request_is_as_new (StateRequest *self);
void state_request_put_on (StateRequest *self,
                           StateOperation operation,
                           StateUnitHandle *handle,
                           StateUnit *unit,
                           gint64 deadline);

gboolean state_request_call (StateRequest *self);
void state_request_set_out (StateRequest *self);
void state_request_post_call (StateRequest *self, StateDispatcher *dispatcher);

gboolean state_request_is_wanted (StateRequest *self);
void state_request_set_batch (StateRequest *self, StateRequestBatch *batch);

void state_request_cancel (StateRequest *self);
void state_request_revoke (StateRequest *self);
void state_request_let_go (StateRequest *self);
void state_request_overrule (StateRequest *self, GError *error);

StateUnitHandle *state_request_get_handle (StateRequest *self);
gpointer state_request_get_owner (StateRequest *self);
guint state_request_get_inspect_timeout (StateRequest *self);
gboolean state_request_is_cancelled (StateRequest *self);
gboolean state_request_is_success (StateRequest *self);
StateStepOutcome state_request_get_outcome (StateRequest *self);
const GError *state_request_get_error (StateRequest *self);
GVariant *state_request_get_answer (StateRequest *self);
double state_request_get_progress (StateRequest *self, char **message);

G_END_DECLS
