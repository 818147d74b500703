/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-enums.h"

G_BEGIN_DECLS

#define STATE_TYPE_UNIT (state_unit_get_type ())
STATE_AVAILABLE_IN_ALL
G_DECLARE_INTERFACE (StateUnit, state_unit, STATE, UNIT, GObject)

/**
 * StateUnitInterface:
 * @parent_iface: the parent interface
 * @start: begin to run; asked when stopped. The default completes at once. On
 *   failure the unit is stopped; one that cannot promise that leaves the
 *   request without an answer
 * @stop: cease to run; asked when it runs, or may run. The default completes
 *   at once. On failure it may still run
 * @reset: return to the initial contents; asked when stopped. The default
 *   completes at once. On failure it is stopped, its contents undefined
 * @save: hand out the contents with state_request_complete_with_state(),
 *   changing nothing that can be observed; asked when stopped. The default
 *   completes with no state. On failure it is stopped and unchanged
 * @restore: take on the contents of state_request_get_state(); asked when
 *   stopped. The default fails with %STATE_ERROR_NO_SAVED_STATE. On failure it
 *   is stopped, its contents undefined
 * @post_restore: finish restoring, now that all units have been restored;
 *   asked when stopped, also of a unit for which there was no state. The
 *   default completes at once. On failure it is stopped, its contents undefined
 * @inspect: answer with a tree of type `a{sv}`; asked at any time, also while
 *   another request is with the unit. When state_request_get_inspect_value()
 *   is not %NULL, first change the value at the path. The default answers with
 *   the readable properties of the unit's own classes that a #GVariant can hold
 * @handle_request: take any request. The default calls the function above of
 *   the request's operation; a unit that wants the raw requests (a proxy, a
 *   queue) implements this one alone
 * @get_state_version: the version of the state that @save writes and (out) the
 *   oldest one that @restore reads. The default is 0 for both. Read once, when
 *   the unit is added to a set, in the set's context
 *
 * The functions of a unit. Each is lent a #StateRequest (transfer none), which
 * it answers at once, or keeps a reference to and answers later, from any
 * thread. They are called in the unit's main context.
 *
 * Since: 1.0
 */
struct _StateUnitInterface
{
  GTypeInterface parent_iface;

  /* clang-format off */
  void  (*start)             (StateUnit *self, StateRequest *request);
  void  (*stop)              (StateUnit *self, StateRequest *request);
  void  (*reset)             (StateUnit *self, StateRequest *request);
  void  (*save)              (StateUnit *self, StateRequest *request);
  void  (*restore)           (StateUnit *self, StateRequest *request);
  void  (*post_restore)      (StateUnit *self, StateRequest *request);
  void  (*inspect)           (StateUnit *self, StateRequest *request);

  void  (*handle_request)    (StateUnit *self, StateRequest *request);

  guint (*get_state_version) (StateUnit *self, guint *oldest);
  /* clang-format on */
};

STATE_AVAILABLE_IN_ALL
void state_unit_send_async (StateUnit *self,
                            StateOperation operation,
                            GVariant *state,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
STATE_AVAILABLE_IN_ALL
GVariant *state_unit_send_finish (StateUnit *self, GAsyncResult *result, GError **error);

STATE_AVAILABLE_IN_ALL
void state_unit_ended (StateUnit *self, const GError *error);

G_END_DECLS
