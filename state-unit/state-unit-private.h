/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-dispatcher-private.h"
#include "state-unit.h"

G_BEGIN_DECLS

void state_unit_default_handle_request (StateUnit *self, StateRequest *request);

/* Atomic: how many units are kept from other requests. */
extern gint state_unit_n_held;

/* A unit that a request is with, which no set knows of any more: other requests
 * wait. From any thread. */
void state_unit_hold (StateUnit *self);
void state_unit_release (StateUnit *self);
gboolean
state_unit_call_when_free (StateUnit *self, StateRequest *request, StateDispatcher *dispatcher);
gboolean
state_unit_hold_when_free (StateUnit *self, StateRequest *request, StateDispatcher *dispatcher);

G_END_DECLS
