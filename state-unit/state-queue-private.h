/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-request.h"
#include "state-unit-receiver.h"
#include "state-unit.h"

G_BEGIN_DECLS

/* The unit behind a receiver: it keeps its requests until somebody takes them, on
 * whatever thread. */
#define STATE_TYPE_QUEUE (state_queue_get_type ())
G_DECLARE_FINAL_TYPE (StateQueue, state_queue, STATE, QUEUE, GObject)

StateQueue *state_queue_new (void);
StateRequest *state_queue_take (StateQueue *self);
StateRequest *state_queue_wait (StateQueue *self, GCancellable *cancellable, GError **error);
void state_queue_wait_async (StateQueue *self, GTask *task);
void state_queue_close (StateQueue *self);

StateUnitReceiver *state_unit_receiver_new (StateQueue *queue);

G_END_DECLS
