/* SPDX-License-Identifier: MIT */

#include "state-unit.h"

#include "state-error.h"
#include "state-property-private.h"
#include "state-request.h"
#include "state-unit-exporter-private.h"
#include "state-unit-handle-private.h"
#include "state-unit-private.h"

/**
 * SECTION:state-unit
 * @title: StateUnit
 * @short_description: the interface of a unit
 *
 * See #StateUnit.
 */

/**
 * StateUnit:
 *
 * One component that is started, stopped, reset, saved and restored together
 * with others, by a #StateUnits.
 *
 * A unit implements those of the functions of #StateUnitInterface that it has
 * something to do for, each of which is given a #StateRequest to answer. Apart
 * from inspect, a unit has at most one request at a time.
 *
 * What the operations ask of a unit, and what its failure means:
 *
 * - start: asked when stopped. On failure the unit is stopped; one that cannot
 *   promise that does not answer, since a dropped start means that it may run.
 * - stop: asked when running, or when it may run. On failure it may still run,
 *   and can be stopped again.
 * - reset: asked when stopped. On failure its contents are undefined: it can be
 *   reset or restored, and not started.
 * - save: asked when stopped; changes nothing that can be observed. On failure
 *   it is as it was.
 * - restore, post-restore: asked when stopped. On failure its contents are
 *   undefined, as with reset.
 * - inspect: asked at any time, also while another request is with it. On
 *   failure nothing happened.
 *
 * A unit is in at most one set at a time.
 *
 * |[<!-- language="C" -->
 * static void
 * disk_start (StateUnit *unit, StateRequest *request)
 * {
 *   DISK (unit)->open = TRUE;
 *   state_request_complete (request);
 * }
 *
 * static void
 * disk_unit_iface_init (StateUnitInterface *iface)
 * {
 *   iface->start = disk_start;
 * }
 *
 * G_DEFINE_TYPE_WITH_CODE (Disk, disk, G_TYPE_OBJECT,
 *                          G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT, disk_unit_iface_init))
 * ]|
 *
 * Since: 1.0
 */

G_DEFINE_INTERFACE (StateUnit, state_unit, G_TYPE_OBJECT)

/* Defaults */

static void
state_unit_default_complete (StateUnit *self, StateRequest *request)
{
  state_request_complete (request);
}

static void
state_unit_default_restore (StateUnit *self, StateRequest *request)
{
  state_request_fail_literal (request, STATE_ERROR, STATE_ERROR_NO_SAVED_STATE,
                              "unexpected saved state: the unit does not restore");
}

static void
state_unit_default_inspect (StateUnit *self, StateRequest *request)
{
  GVariant *value = state_request_get_inspect_value (request);
  GError *error = NULL;

  if (value != NULL &&
      !state_property_set (G_OBJECT (self), state_request_get_inspect_path (request), value,
                           &error))
    {
      state_request_take_error (request, error);
      return;
    }
  {
    g_autoptr (GVariant) tree = state_property_dup_all (G_OBJECT (self));

    state_request_complete_with_state (request, tree);
  }
}

void
state_unit_default_handle_request (StateUnit *self, StateRequest *request)
{
  state_request_apply (request, self);
}

static guint
state_unit_default_get_state_version (StateUnit *self, guint *oldest)
{
  *oldest = 0;
  return 0;
}

static void
state_unit_default_init (StateUnitInterface *iface)
{
  iface->start = state_unit_default_complete;
  iface->stop = state_unit_default_complete;
  iface->reset = state_unit_default_complete;
  iface->save = state_unit_default_complete;
  iface->restore = state_unit_default_restore;
  iface->post_restore = state_unit_default_complete;
  iface->inspect = state_unit_default_inspect;
  iface->handle_request = state_unit_default_handle_request;
  iface->get_state_version = state_unit_default_get_state_version;
}

/**
 * state_unit_ended:
 * @self: a unit
 * @error: (nullable): why it does not run any more; %NULL: it came to its end
 *
 * Says that a running unit stopped without having been asked: a guest powered
 * off, a process exited. In its set it becomes %STATE_UNIT_STATE_STOPPED, or
 * %STATE_UNIT_STATE_FAILED with the error. What depends on it is not stopped:
 * #StateUnits::unit-state-changed tells. A start that is under way fails, naming
 * the unit, and skips those still waiting that require it.
 *
 * Ignored unless the unit is running, and outside a set, unless a
 * #StateUnitExporter exports it to one in another process. Any thread; it takes
 * effect in the main context of the set, at once when called there while the
 * set is at rest.
 *
 * Since: 1.0
 */
void
state_unit_ended (StateUnit *self, const GError *error)
{
  g_autoptr (StateUnitHandle) handle = NULL;

  g_return_if_fail (STATE_IS_UNIT (self));

  handle = state_unit_handle_of_unit (self);
  if (handle != NULL)
    state_unit_handle_post_event (handle, STATE_EVENT_ENDED, error);
  else
    state_unit_exporter_unit_ended (self, error);
}
/**
 * StateUnitInterface::start:
 * @self: a unit
 * @request: the request to answer
 *
 * Begins to run. Asked when stopped. On failure the unit is stopped; one that
 * cannot promise that leaves the request without an answer. The default
 * completes at once.
 *
 * Since: 1.0
 */

/**
 * StateUnitInterface::stop:
 * @self: a unit
 * @request: the request to answer
 *
 * Ceases to run. Asked when it runs, or may run. On failure it may still run.
 * The default completes at once.
 *
 * Since: 1.0
 */

/**
 * StateUnitInterface::reset:
 * @self: a unit
 * @request: the request to answer
 *
 * Returns to the initial contents. Asked when stopped. On failure it is
 * stopped, its contents undefined. The default completes at once.
 *
 * Since: 1.0
 */

/**
 * StateUnitInterface::save:
 * @self: a unit
 * @request: the request to answer
 *
 * Hands out the contents with state_request_complete_with_state(), changing
 * nothing that can be observed. Asked when stopped. On failure it is stopped
 * and unchanged. The default completes with no state.
 *
 * Since: 1.0
 */

/**
 * StateUnitInterface::restore:
 * @self: a unit
 * @request: the request to answer
 *
 * Takes on the contents of state_request_get_state(). Asked when stopped. On
 * failure it is stopped, its contents undefined. The default fails with
 * %STATE_ERROR_NO_SAVED_STATE.
 *
 * Since: 1.0
 */

/**
 * StateUnitInterface::post_restore:
 * @self: a unit
 * @request: the request to answer
 *
 * Finishes restoring, now that all units have been restored. Asked when
 * stopped, also of a unit for which there was no state. On failure it is
 * stopped, its contents undefined. The default completes at once.
 *
 * Since: 1.0
 */

/**
 * StateUnitInterface::inspect:
 * @self: a unit
 * @request: the request to answer
 *
 * Answers with a tree of type `a{sv}`. Asked at any time, also while another
 * request is with the unit. When state_request_get_inspect_value() is not
 * %NULL, first changes the value at the path. The default answers with the
 * readable properties of the unit's own classes that a #GVariant can hold.
 *
 * Since: 1.0
 */

/**
 * StateUnitInterface::handle_request:
 * @self: a unit
 * @request: the request to answer
 *
 * Takes any request. The default calls the function of the request's
 * operation; a unit that wants the raw requests implements this one alone.
 *
 * Since: 1.0
 */

/**
 * StateUnitInterface::get_state_version:
 * @self: a unit
 * @oldest: (out): the oldest version that the unit can restore
 *
 * Tells the version of the unit's saved state. Read once, when the unit is
 * added to a set, in the set's context. The default is 0 for both.
 *
 * Returns: the version of the state that the unit saves
 *
 * Since: 1.0
 */
