/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-enums.h"

G_BEGIN_DECLS

#define STATE_TYPE_REQUEST (state_request_get_type ())
STATE_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (StateRequest, state_request, STATE, REQUEST, GObject)

/**
 * StateRequestThreadFunc:
 * @request: the request to answer
 * @user_data: the data given to state_request_run_in_thread()
 *
 * Blocking work for a request. Called on a thread of the library's own; a
 * function that returns without an answer has dropped the request.
 *
 * Since: 1.0
 */
typedef void (*StateRequestThreadFunc) (StateRequest *request, gpointer user_data);

STATE_AVAILABLE_IN_ALL
StateOperation state_request_get_operation (StateRequest *self);
STATE_AVAILABLE_IN_ALL
StateUnit *state_request_get_unit (StateRequest *self);
STATE_AVAILABLE_IN_ALL
const char *state_request_get_unit_name (StateRequest *self);
STATE_AVAILABLE_IN_ALL
GCancellable *state_request_get_cancellable (StateRequest *self);
STATE_AVAILABLE_IN_ALL
gint64 state_request_get_deadline (StateRequest *self);
STATE_AVAILABLE_IN_ALL
GVariant *state_request_get_state (StateRequest *self);
STATE_AVAILABLE_IN_ALL
guint state_request_get_state_version (StateRequest *self);
STATE_AVAILABLE_IN_ALL
const char *state_request_get_inspect_path (StateRequest *self);
STATE_AVAILABLE_IN_ALL
guint state_request_get_inspect_depth (StateRequest *self);
STATE_AVAILABLE_IN_ALL
GVariant *state_request_get_inspect_value (StateRequest *self);

STATE_AVAILABLE_IN_ALL
void state_request_complete (StateRequest *self);
STATE_AVAILABLE_IN_ALL
void state_request_complete_with_state (StateRequest *self, GVariant *state);
STATE_AVAILABLE_IN_ALL
void state_request_fail (StateRequest *self, const GError *error);
STATE_AVAILABLE_IN_ALL
void state_request_fail_literal (StateRequest *self, GQuark domain, int code, const char *message);
STATE_AVAILABLE_IN_ALL
void state_request_take_error (StateRequest *self, GError *error);
STATE_AVAILABLE_IN_ALL
gboolean state_request_is_answered (StateRequest *self);

STATE_AVAILABLE_IN_ALL
void state_request_set_progress (StateRequest *self, double fraction, const char *message);

STATE_AVAILABLE_IN_ALL
void state_request_extend (StateRequest *self, guint ms);

STATE_AVAILABLE_IN_ALL
void state_request_run_in_thread (StateRequest *self,
                                  StateRequestThreadFunc func,
                                  gpointer user_data,
                                  GDestroyNotify destroy);
STATE_AVAILABLE_IN_ALL
void state_request_apply (StateRequest *self, StateUnit *unit);

G_END_DECLS
