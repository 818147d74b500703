/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-request-batch.h"

G_BEGIN_DECLS

#define STATE_REQUEST_BATCH_MAX 1024

typedef void (*StateBatchCancelledFunc) (StateRequestBatch *batch, StateUnit *unit, guint position);

StateRequestBatch *
state_request_batch_new (StateOperation operation, StateBatchCancelledFunc cancelled);
void state_request_batch_add (StateRequestBatch *self, StateRequest *request);
void state_request_batch_hand_over (StateRequestBatch *self);
void state_request_batch_tell_cancelled (StateRequestBatch *self);
gboolean state_request_batch_is_handed_over (StateRequestBatch *self);
void state_request_batch_drop (StateRequestBatch *self);
void state_request_batch_cancelled (StateRequestBatch *self, StateUnit *unit, guint position);

G_END_DECLS
