/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-request-private.h"

G_BEGIN_DECLS

/* What a request is, for the files of the request alone. */

/* How far the answer has come. */
enum
{
  ANSWER_NONE,
  ANSWER_CLAIMED,  /* somebody is giving it */
  ANSWER_OVERRULED /* the library gave it; the unit's own is yet to come */
};

/* How the answer gets to those who ask. */
enum
{
  DELIVERY_CALLING, /* the unit's function is being called by those who ask */
  DELIVERY_OUT,     /* it is to be sent */
  DELIVERY_READY    /* it has been given */
};

struct _StateRequest
{
  GObject parent_instance;

  StateMessage call;
  StateMessage arrival;
  StateMessage progress;
  StateMessage extension;
  StateRequestParameters parameters;

  GTypeClass *class;         /* of the unit that was called last */
  StateUnitInterface *iface; /* its */

  gboolean borrows;     /* holds no references to what the parameters name */
  gboolean holds_state; /* but for one to the state */
  gint marked;          /* atomic: there is more to be forgotten than that it was answered */

  gint answer;               /* atomic: ANSWER_… */
  gint delivery;             /* atomic: DELIVERY_… */
  gint revoked;              /* atomic */
  gint held;                 /* atomic: the unit is kept from other requests by this one */
  gint cancelled;            /* atomic */
  GCancellable *cancellable; /* atomic; made when asked for */

  GVariant *answer_state;
  GError *answer_error;

  gint progress_posted;  /* atomic */
  gint extension_posted; /* atomic */
  GMutex lock;           /* for those below, and the deadline */
  double fraction;
  char *text;
  StateRequestBatch *batch; /* not a reference: it is in there, and is told of a cancel */
};

#define REQUEST_OF(message, member) \
  ((StateRequest *) ((char *) (message) -G_STRUCT_OFFSET (StateRequest, member)))

/* Gives the answer, which has been claimed; takes over what it is given. */
void state_request_take_answer (StateRequest *self, GVariant *state, GError *error);

/* Lets go of what it names. */
void state_request_release (StateRequest *self);
void state_request_clear_answer (StateRequest *self);

G_END_DECLS
