/* SPDX-License-Identifier: MIT */

#include "state-error.h"
#include "state-inspection-private.h"
#include "state-request-private.h"
#include "state-snapshot-private.h"
#include "state-task-private.h"
#include "state-units-private.h"

/* A set as a unit of another set. It keeps the promises of a unit: each request is an
 * operation over the whole set, and a start that fails leaves nothing running. */

static void
answer (StateRequest *request, GError *error)
{
  if (error == NULL)
    state_request_complete (request);
  else
    state_request_take_error (request, error);
}

/* A start that failed, while what it had started is being stopped again. */
typedef struct
{
  StateRequest *request;
  GError *error;
} FailedStart;

/* If something may still run, it is as if the start had been dropped. */
static void
stopped_again (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree FailedStart *failed = data;
  g_autoptr (StateRequest) request = failed->request;
  g_autoptr (GError) error = failed->error;

  if (state_units_stop_finish (STATE_UNITS (source), result, NULL))
    state_request_fail (request, error);
  else
    state_request_fail_literal (request, STATE_ERROR, STATE_ERROR_DROPPED, error->message);
}

static void
started (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (StateRequest) request = data;
  GError *error = NULL;
  FailedStart *failed;

  if (state_units_start_finish (STATE_UNITS (source), result, &error))
    {
      state_request_complete (request);
      return;
    }
  failed = g_new (FailedStart, 1);
  *failed = (FailedStart){ g_steal_pointer (&request), error };
  state_units_stop_async (STATE_UNITS (source), NULL, stopped_again, failed);
}

static void
stopped (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (StateRequest) request = data;
  GError *error = NULL;

  state_units_stop_finish (STATE_UNITS (source), result, &error);
  answer (request, error);
}

static void
was_reset (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (StateRequest) request = data;
  GError *error = NULL;

  state_units_reset_finish (STATE_UNITS (source), result, &error);
  answer (request, error);
}

static void
saved (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (StateRequest) request = data;
  g_autoptr (StateSnapshot) snapshot = NULL;
  GError *error = NULL;

  snapshot = state_units_save_finish (STATE_UNITS (source), result, &error);
  if (snapshot == NULL)
    state_request_take_error (request, error);
  else if (state_snapshot_get_n_units (snapshot) == 0)
    state_request_complete (request);
  else
    {
      g_autoptr (GVariant) state = g_variant_take_ref (state_snapshot_to_variant (snapshot));

      state_request_complete_with_state (request, state);
    }
}

static void
restored (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (StateRequest) request = data;
  GError *error = NULL;

  state_units_restore_finish (STATE_UNITS (source), result, &error);
  answer (request, error);
}

static void
inspected (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (StateRequest) request = data;
  g_autoptr (GVariant) tree = NULL;
  GError *error = NULL;

  tree = g_task_propagate_pointer (G_TASK (result), &error);
  if (tree == NULL)
    state_request_take_error (request, error);
  else
    state_request_complete_with_state (request, tree);
}

static void
updated (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (StateRequest) request = data;
  g_autoptr (GVariant) value = NULL;
  GError *error = NULL;

  value = state_units_update_finish (STATE_UNITS (source), result, &error);
  if (value == NULL)
    {
      state_request_take_error (request, error);
      return;
    }
  {
    g_autoptr (GVariant) tree =
        state_inspection_tree_of (state_request_get_inspect_path (request), value);

    state_request_complete_with_state (request, tree);
  }
}

/* A restore of the set includes it. Where the set had nothing to restore, its units
 * are asked to finish all the same. */
static void
post_restore (StateUnits *self, StateRequest *request)
{
  g_autoptr (StateSnapshot) nothing = state_snapshot_new ();

  if (self->restored_as_unit)
    state_request_complete (request);
  else
    state_units_restore_async (self, nothing, state_request_get_cancellable (request), restored,
                               g_object_ref (request));
  self->restored_as_unit = FALSE;
}

static void
restore (StateUnits *self, StateRequest *request)
{
  g_autoptr (StateSnapshot) snapshot = NULL;
  GError *error = NULL;

  self->restored_as_unit = TRUE;
  if (state_request_get_state (request) == NULL)
    {
      state_request_fail_literal (request, STATE_ERROR, STATE_ERROR_NO_SAVED_STATE,
                                  "there is no state to restore");
      return;
    }
  snapshot = state_snapshot_new_from_variant (state_request_get_state (request), &error);
  if (snapshot == NULL)
    state_request_take_error (request, error);
  else
    state_units_restore_async (self, snapshot, state_request_get_cancellable (request), restored,
                               g_object_ref (request));
}

/* The set of the request gives up after its time: this one before it, so that what
 * has been gathered by then is not lost. */
static guint
own_timeout (StateRequest *request)
{
  guint timeout = state_request_get_inspect_timeout (request);

  return timeout == G_MAXUINT || timeout == 0 ? timeout : MAX (timeout - timeout / 4, 1);
}

static void
inspect (StateUnits *self, StateRequest *request)
{
  GVariant *value = state_request_get_inspect_value (request);
  const char *path = state_request_get_inspect_path (request);
  g_autoptr (GTask) task = NULL;

  if (value != NULL)
    {
      state_units_update_async (self, path, value, NULL, updated, g_object_ref (request));
      return;
    }
  task = g_task_new (self, NULL, inspected, g_object_ref (request));
  state_task_set_tag (task, inspect);
  state_inspection_launch_rooted (self, path, state_request_get_inspect_depth (request),
                                  own_timeout (request), task);
}

static void
state_units_handle_request (StateUnit *unit, StateRequest *request)
{
  StateUnits *self = STATE_UNITS (unit);
  GCancellable *cancellable = state_request_get_cancellable (request);

  switch (state_request_get_operation (request))
    {
    case STATE_OPERATION_START:
      state_units_start_async (self, cancellable, started, g_object_ref (request));
      break;
    case STATE_OPERATION_STOP:
      state_units_stop_async (self, cancellable, stopped, g_object_ref (request));
      break;
    case STATE_OPERATION_RESET:
      state_units_reset_async (self, cancellable, was_reset, g_object_ref (request));
      break;
    case STATE_OPERATION_SAVE:
      state_units_save_async (self, cancellable, saved, g_object_ref (request));
      break;
    case STATE_OPERATION_RESTORE:
      restore (self, request);
      break;
    case STATE_OPERATION_POST_RESTORE:
      post_restore (self, request);
      break;
    case STATE_OPERATION_INSPECT:
      inspect (self, request);
      break;
    default:
      g_assert_not_reached ();
    }
}

/* Each function for itself as well: state_request_apply() calls them. */
void
state_units_unit_iface_init (StateUnitInterface *iface)
{
  iface->start = state_units_handle_request;
  iface->stop = state_units_handle_request;
  iface->reset = state_units_handle_request;
  iface->save = state_units_handle_request;
  iface->restore = state_units_handle_request;
  iface->post_restore = state_units_handle_request;
  iface->inspect = state_units_handle_request;
  iface->handle_request = state_units_handle_request;
}
