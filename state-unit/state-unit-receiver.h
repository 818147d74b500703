/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-enums.h"

G_BEGIN_DECLS

#define STATE_TYPE_UNIT_RECEIVER (state_unit_receiver_get_type ())
STATE_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (StateUnitReceiver, state_unit_receiver, STATE, UNIT_RECEIVER, GObject)

STATE_AVAILABLE_IN_ALL
StateRequest *
state_unit_receiver_receive (StateUnitReceiver *self, GCancellable *cancellable, GError **error);
STATE_AVAILABLE_IN_ALL
void state_unit_receiver_receive_async (StateUnitReceiver *self,
                                        GCancellable *cancellable,
                                        GAsyncReadyCallback callback,
                                        gpointer user_data);
STATE_AVAILABLE_IN_ALL
StateRequest *
state_unit_receiver_receive_finish (StateUnitReceiver *self, GAsyncResult *result, GError **error);
STATE_AVAILABLE_IN_ALL
StateRequest *state_unit_receiver_try_receive (StateUnitReceiver *self);
STATE_AVAILABLE_IN_ALL
void state_unit_receiver_close (StateUnitReceiver *self);

G_END_DECLS
