/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-enums.h"

G_BEGIN_DECLS

#define STATE_TYPE_REQUEST_BATCH (state_request_batch_get_type ())
STATE_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (StateRequestBatch, state_request_batch, STATE, REQUEST_BATCH, GObject)

STATE_AVAILABLE_IN_ALL
StateOperation state_request_batch_get_operation (StateRequestBatch *self);
STATE_AVAILABLE_IN_ALL
guint state_request_batch_get_n_requests (StateRequestBatch *self);
STATE_AVAILABLE_IN_ALL
StateUnit **state_request_batch_get_units (StateRequestBatch *self, gsize *n);

STATE_AVAILABLE_IN_ALL
gboolean state_request_batch_is_wanted (StateRequestBatch *self, guint position);
STATE_AVAILABLE_IN_ALL
StateRequest *state_request_batch_steal (StateRequestBatch *self, guint position);
STATE_AVAILABLE_IN_ALL
void state_request_batch_complete (StateRequestBatch *self, const guint *positions, gsize n);
STATE_AVAILABLE_IN_ALL
void state_request_batch_complete_rest (StateRequestBatch *self);

G_END_DECLS
