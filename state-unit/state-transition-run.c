/* SPDX-License-Identifier: MIT */

#include "state-error.h"
#include "state-request-private.h"
#include "state-snapshot-private.h"
#include "state-transition-private.h"
#include "state-unit-handle-private.h"
#include "state-units-private.h"

/* A transition from its launch to its end, as the set drives it. */

/* Launching */

StateTransition *
state_transition_make (StateUnits *units, StateOperation operation)
{
  StateTransition *self = g_object_new (STATE_TYPE_TRANSITION, NULL);

  self->operation = operation;
  self->home = state_dispatcher_ref (units->dispatcher);
  g_weak_ref_set (&self->units, units);
  return self;
}

static void
cancel_requested (GCancellable *cancellable, gpointer transition)
{
  state_transition_cancel (transition);
}

static StateTransition *
transition_of_enqueue (StateMessage *message)
{
  return (StateTransition *) ((char *) message - G_STRUCT_OFFSET (StateTransition, enqueue));
}

static void
enqueue_arrives (StateMessage *message)
{
  g_autoptr (StateTransition) self = transition_of_enqueue (message);
  GCancellable *cancellable = g_task_get_cancellable (self->task);

  if (cancellable != NULL)
    self->cancelled_id =
        g_cancellable_connect (cancellable, G_CALLBACK (cancel_requested), self, NULL);
  if (self->status == STATE_TRANSITION_STATUS_NEW)
    state_transition_set_status (self, STATE_TRANSITION_STATUS_QUEUED);
  state_units_enqueue (self->own_units, self);
}

static void
enqueue_discarded (StateMessage *message)
{
  g_object_unref (transition_of_enqueue (message));
}

/* From any thread. The transition keeps the set alive until it has ended. */
void
state_transition_launch (StateTransition *self, StateUnits *units, GTask *task)
{
  self->own_units = g_object_ref (units);
  self->task = g_object_ref (task);
  self->enqueue.handle = enqueue_arrives;
  self->enqueue.discard = enqueue_discarded;
  if (state_dispatcher_is_here (self->home))
    state_transition_set_status (self, STATE_TRANSITION_STATUS_QUEUED);
  g_object_ref (self);
  state_dispatcher_post (self->home, &self->enqueue);
}

void
state_transition_launch_removal (StateUnits *units, StateUnitHandle *handle, GTask *task)
{
  g_autoptr (StateTransition) self = state_transition_make (units, STATE_OPERATION_STOP);

  self->removal = g_object_ref (handle);
  self->used = TRUE;
  state_transition_launch (self, units, task);
}

/* Beginning */

static void
take_all (StateTransition *self, StateUnits *units)
{
  for (guint32 node = 0; node < units->handles->len; node++)
    {
      StateUnitHandle *handle = state_units_get_handle (units, node);

      if (handle == NULL)
        continue;
      state_run_take (self->run, node, FALSE);
      g_ptr_array_add (self->handles, g_object_ref (handle));
    }
}

/* Those that are stopped before a unit is taken out: what requires it. */
static void
take_removal (StateTransition *self, StateUnits *units)
{
  g_autoptr (GArray) nodes =
      state_graph_closure (units->graph, self->removal->node, STATE_OPERATION_STOP);

  for (guint i = 0; i < nodes->len; i++)
    {
      guint32 node = g_array_index (nodes, guint32, i);

      state_run_take (self->run, node, FALSE);
      g_ptr_array_add (self->handles, g_object_ref (state_units_get_handle (units, node)));
    }
}

/* Which state of the snapshot is whose; what is wrong with it goes into problems. */
static GArray *
match_snapshot (StateTransition *self, StateUnits *units, GPtrArray *problems)
{
  guint n = self->snapshot != NULL ? state_snapshot_get_n_units (self->snapshot) : 0;
  const StateSnapshotUnit *saved = n > 0 ? state_snapshot_get_units (self->snapshot) : NULL;
  GArray *entries = g_array_sized_new (FALSE, FALSE, sizeof (guint32), units->handles->len);

  g_array_set_size (entries, units->handles->len);
  for (guint i = 0; i < entries->len; i++)
    g_array_index (entries, guint32, i) = STATE_SLOT_NONE;
  for (guint32 i = 0; i < n; i++)
    {
      StateUnitHandle *handle = state_units_find (units, saved[i].name);
      GError *problem = state_transition_check_saved (&saved[i], handle, entries);

      if (problem != NULL)
        g_ptr_array_add (problems, problem);
      else
        g_array_index (entries, guint32, handle->node) = i;
    }
  return entries;
}

static void
take_restore (StateTransition *self, StateUnits *units, GPtrArray *problems)
{
  g_autoptr (GArray) by_node = match_snapshot (self, units, problems);

  if (self->snapshot == NULL)
    g_ptr_array_add (problems, g_error_new_literal (STATE_ERROR, STATE_ERROR_NO_SAVED_STATE,
                                                    "no snapshot was given"));
  self->entries = g_array_new (FALSE, FALSE, sizeof (guint32));
  for (guint32 node = 0; node < units->handles->len; node++)
    {
      StateUnitHandle *handle = state_units_get_handle (units, node);
      guint32 entry = g_array_index (by_node, guint32, node);

      if (handle == NULL)
        continue;
      state_run_take (self->run, node, entry != STATE_SLOT_NONE);
      g_ptr_array_add (self->handles, g_object_ref (handle));
      g_array_append_val (self->entries, entry);
    }
}

static void
take_units (StateTransition *self, StateUnits *units, GPtrArray *problems)
{
  if (self->removal != NULL)
    {
      if (self->removal->units == units)
        take_removal (self, units);
      else
        g_ptr_array_add (problems, g_error_new (STATE_ERROR, STATE_ERROR_REMOVED,
                                                "unit %s has left the set", self->removal->name));
    }
  else if (self->operation == STATE_OPERATION_RESTORE)
    take_restore (self, units, problems);
  else if (!self->leave_rest || units->running)
    take_all (self, units);
}

static void
judge_units (StateTransition *self, StateUnits *units, GPtrArray *problems)
{
  g_autoptr (GArray) refused = state_run_judge (self->run);

  for (guint i = 0; refused != NULL && i < refused->len; i++)
    {
      StateUnitHandle *handle =
          g_ptr_array_index (self->handles, g_array_index (refused, guint32, i));

      g_ptr_array_add (problems, state_transition_refusal_of (&units->graph->nodes[handle->node],
                                                              handle, self->operation));
    }
}

static void
refuse (StateTransition *self, StateUnits *units, GPtrArray *problems)
{
  self->error = self->removal != NULL ? g_error_copy (g_ptr_array_index (problems, 0))
                                      : state_transition_refusal (self->operation, problems);
  state_run_free (self->run);
  self->run = state_run_new (units->graph, self->operation);
  g_ptr_array_set_size (self->handles, 0);
}

/* Everything is checked here; nothing has been touched when it is refused. */
void
state_transition_prepare (StateTransition *self, StateUnits *units)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func ((GDestroyNotify) g_error_free);
  gint64 now = g_get_monotonic_time ();

  self->run = state_run_new (units->graph, self->operation);
  self->run->leave_rest = self->leave_rest;
  take_units (self, units, problems);
  judge_units (self, units, problems);
  if (problems->len > 0)
    refuse (self, units, problems);

  self->begin_time = now;
  state_run_begin (self->run, now);
  if (self->operation == STATE_OPERATION_SAVE)
    self->saved = g_new0 (GVariant *, MAX (self->handles->len, 1));
  state_transition_set_status (self, STATE_TRANSITION_STATUS_RUNNING);
}

/* Requests */

StateRequest *
state_transition_make_request (StateTransition *self, guint32 slot)
{
  StateUnitHandle *handle = g_ptr_array_index (self->handles, slot);
  StateRequestParameters parameters = {
    .operation = self->run->phase->operation,
    .unit = handle->unit,
    .handle = handle,
    .context = state_unit_handle_get_context (handle),
    .home = self->home,
    .answered = state_units_answer_arrives,
    .progressed = state_units_progress_arrives,
  };

  if (parameters.operation == STATE_OPERATION_SAVE)
    parameters.state_version = handle->version;
  else if (parameters.operation == STATE_OPERATION_RESTORE)
    {
      const StateSnapshotUnit *saved = state_snapshot_get_units (self->snapshot);
      guint32 entry = g_array_index (self->entries, guint32, slot);

      parameters.state = saved[entry].state;
      parameters.state_version = saved[entry].version;
    }
  return state_request_new (&parameters);
}

static guint
position_of (StateTransition *self, guint32 slot)
{
  return (self->run->phases->len - 1) * state_transition_get_n_slots (self) + slot;
}

void
state_transition_keep_answer (StateTransition *self, guint32 slot, StateRequest *request)
{
  GVariant *state = state_request_get_answer (request);

  if (self->operation == STATE_OPERATION_SAVE && state != NULL)
    self->saved[slot] = g_variant_ref (state);
}

void
state_transition_take_error (StateTransition *self, guint32 slot, GError *error)
{
  g_hash_table_insert (self->errors, GUINT_TO_POINTER (position_of (self, slot)), error);
}

/* What units tell of their progress */

typedef struct
{
  double fraction;
  char *message;
} Told;

static void
told_free (gpointer data)
{
  Told *told = data;

  g_free (told->message);
  g_free (told);
}

void
state_transition_keep_progress (StateTransition *self, guint32 slot, StateRequest *request)
{
  Told *told = g_new0 (Told, 1);

  if (self->told == NULL)
    self->told = g_hash_table_new_full (NULL, NULL, NULL, told_free);
  told->fraction = state_request_get_progress (request, &told->message);
  g_hash_table_insert (self->told, GUINT_TO_POINTER (position_of (self, slot)), told);
}

static gboolean
is_finished (const StateRunStep *step)
{
  return step->outcome > STATE_STEP_OUTCOME_ASKED;
}

double
state_transition_get_step_progress (StateTransition *self, guint position, const char **message)
{
  guint32 slot;
  const StateRunPhase *phase = state_transition_get_phase (self, position, &slot);
  const Told *told =
      self->told != NULL ? g_hash_table_lookup (self->told, GUINT_TO_POINTER (position)) : NULL;

  *message = told != NULL ? told->message : NULL;
  if (is_finished (&phase->steps[slot]))
    return 1;
  return told != NULL ? told->fraction : 0;
}

/* The sum of what those have told that are still at work. */
double
state_transition_get_told_progress (StateTransition *self)
{
  GHashTableIter iter;
  gpointer position, value;
  double sum = 0;

  if (self->told == NULL)
    return 0;
  g_hash_table_iter_init (&iter, self->told);
  while (g_hash_table_iter_next (&iter, &position, &value))
    {
      guint32 slot;
      const StateRunPhase *phase =
          state_transition_get_phase (self, GPOINTER_TO_UINT (position), &slot);

      if (!is_finished (&phase->steps[slot]))
        sum += ((Told *) value)->fraction;
    }
  return sum;
}

/* Cancelling */

gboolean
state_transition_is_cancel_requested (StateTransition *self)
{
  return g_atomic_int_get (&self->cancel_requested) ||
         g_cancellable_is_cancelled (g_task_get_cancellable (self->task));
}

/* The requests are held on to, since a cancelled unit may do anything. */
static void
cancel_requests (StateTransition *self)
{
  g_autoptr (GPtrArray) requests = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < self->handles->len; i++)
    {
      StateUnitHandle *handle = g_ptr_array_index (self->handles, i);

      if (handle->request != NULL && self->run->phase->steps[i].outcome == STATE_STEP_OUTCOME_ASKED)
        g_ptr_array_add (requests, g_object_ref (handle->request));
    }
  for (guint i = 0; i < requests->len; i++)
    state_request_cancel (g_ptr_array_index (requests, i));
}

/* The one that is under way: whoever cancelled it, from wherever, no more units are
 * asked from then on. */
void
state_transition_heed_cancellation (StateTransition *self)
{
  if (self->run->cancelled || self->run->done || !g_atomic_int_get (&self->cancel_requested))
    return;
  state_run_cancel (self->run, g_get_monotonic_time ());
  cancel_requests (self);
}

static void
cancel_now (StateTransition *self, StateUnits *units)
{
  if (units->current == self)
    state_transition_heed_cancellation (self);
  else if (g_queue_remove (&units->queue, self))
    {
      state_transition_finish_unbegun (self);
      g_object_unref (self);
    }
}

typedef struct
{
  StateMessage message;
  StateTransition *transition;
} CancelMessage;

static void
cancel_discarded (StateMessage *message)
{
  g_object_unref (((CancelMessage *) message)->transition);
  g_free (message);
}

static void
cancel_arrives (StateMessage *message)
{
  StateTransition *self = ((CancelMessage *) message)->transition;
  g_autoptr (StateUnits) units = g_weak_ref_get (&self->units);

  if (units != NULL)
    cancel_now (self, units);
  cancel_discarded (message);
}

/**
 * state_transition_cancel:
 * @self: a transition
 *
 * Cancels the transition. No more units are asked, the requests that are with
 * units are cancelled, and their answers are waited for, 10 seconds at most: a
 * unit that has not answered by then becomes %STATE_UNIT_STATE_UNCERTAIN. One
 * that waits in the queue ends at once, and never begins.
 *
 * It then ends as %G_IO_ERROR_CANCELLED, unless every unit is where it should be
 * all the same. Any thread; once is enough, and one that has ended is not
 * touched.
 *
 * Since: 1.0
 */
void
state_transition_cancel (StateTransition *self)
{
  CancelMessage *message;

  g_return_if_fail (STATE_IS_TRANSITION (self));

  if (!g_atomic_int_compare_and_exchange (&self->cancel_requested, FALSE, TRUE) ||
      self->home == NULL)
    return;
  message = g_new0 (CancelMessage, 1);
  message->message.handle = cancel_arrives;
  message->message.discard = cancel_discarded;
  message->transition = g_object_ref (self);
  state_dispatcher_post (self->home, &message->message);
}

/* Ending */

static void
make_snapshot (StateTransition *self)
{
  guint32 n_slots = state_transition_get_n_slots (self);
  g_autofree StateSnapshotUnit *units = g_new (StateSnapshotUnit, MAX (n_slots, 1));
  guint n = 0;

  for (guint32 slot = 0; slot < n_slots; slot++)
    {
      const StateUnitHandle *handle = g_ptr_array_index (self->handles, slot);

      if (self->saved[slot] != NULL)
        units[n++] = (StateSnapshotUnit){ handle->name, handle->version, self->saved[slot] };
    }
  self->snapshot = state_snapshot_new_from_units (units, n);
}

static StateTransitionStatus
final_status (StateTransition *self)
{
  if (self->error == NULL && self->run->succeeded)
    return STATE_TRANSITION_STATUS_SUCCEEDED;
  return self->run->cancelled ? STATE_TRANSITION_STATUS_CANCELLED : STATE_TRANSITION_STATUS_FAILED;
}

/* Gives the unit that was to be taken out back to its caller. */
static void
return_removed (StateTransition *self, StateUnits *units, GTask *task)
{
  g_autoptr (StateUnit) unit = NULL;

  if (self->error != NULL)
    {
      g_task_return_error (task, g_error_copy (self->error));
      return;
    }
  if (self->removal->units != units)
    {
      g_task_return_new_error (task, STATE_ERROR, STATE_ERROR_REMOVED,
                               "unit %s left the set while it was being stopped",
                               self->removal->name);
      return;
    }
  g_set_object (&unit, state_unit_handle_get_unit (self->removal));
  state_units_discard (units, self->removal);
  g_task_return_pointer (task, g_steal_pointer (&unit), g_object_unref);
}

static void
disconnect_cancellable (StateTransition *self, GTask *task)
{
  if (self->cancelled_id != 0)
    g_cancellable_disconnect (g_task_get_cancellable (task), self->cancelled_id);
  self->cancelled_id = 0;
}

/* The run is done, and the set is ready for the next one: tells, and returns. */
void
state_transition_finish (StateTransition *self, StateUnits *units)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->task);

  self->end_time = g_get_monotonic_time ();
  if (self->error == NULL && !self->run->succeeded)
    self->error = state_transition_failure (self);
  if (self->operation == STATE_OPERATION_SAVE)
    make_snapshot (self);
  disconnect_cancellable (self, task);

  state_transition_set_status (self, final_status (self));
  state_transition_tell (self);
  state_units_notify_transitions (units);
  state_units_notify_allowed (units);
  state_units_emit_finished (units, self);

  if (self->removal != NULL)
    return_removed (self, units, task);
  else if (self->error != NULL)
    g_task_return_error (task, g_error_copy (self->error));
  else
    g_task_return_boolean (task, TRUE);
  g_clear_object (&self->own_units);
}

/* Cancelled in the queue: it never begins. */
void
state_transition_finish_unbegun (StateTransition *self)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->task);

  disconnect_cancellable (self, task);
  self->error = g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED, "%s cancelled before it began",
                             state_operation_to_string (self->operation));
  state_transition_set_status (self, STATE_TRANSITION_STATUS_CANCELLED);
  g_task_return_error (task, g_error_copy (self->error));
  g_clear_object (&self->own_units);
}
