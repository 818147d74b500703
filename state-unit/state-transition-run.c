/* SPDX-License-Identifier: MIT */

#include "state-error.h"
#include "state-log-private.h"
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

static void
unref_transition (gpointer transition, GClosure *closure)
{
  g_object_unref (transition);
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
        g_signal_connect_data (cancellable, "cancelled", G_CALLBACK (cancel_requested),
                               g_object_ref (self), unref_transition, 0);
  if (self->status == STATE_TRANSITION_STATUS_NEW)
    state_transition_set_status (self, STATE_TRANSITION_STATUS_QUEUED);
  state_units_enqueue (self->own_units, self);
}

/* The set has been disposed of. */
static void
enqueue_discarded (StateMessage *message)
{
  g_autoptr (StateTransition) self = transition_of_enqueue (message);
  g_autoptr (GTask) task = g_steal_pointer (&self->task);

  g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CLOSED,
                           "%s cannot begin: the set has been disposed of",
                           state_operation_to_string (self->operation));
  g_clear_object (&self->own_units);
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

/* The nodes of those that are asked for: all; or those given, with what has to go
 * with them. Handles that have left, or are of another set, are problems. */
static GArray *
nodes_of_subset (StateTransition *self, StateUnits *units, GPtrArray *problems)
{
  g_autoptr (GArray) given = g_array_new (FALSE, FALSE, sizeof (guint32));

  for (guint i = 0; i < self->subset->len; i++)
    {
      const StateUnitHandle *handle = g_ptr_array_index (self->subset, i);

      if (handle->units == units)
        g_array_append_val (given, handle->node);
      else
        g_ptr_array_add (problems,
                         g_error_new (STATE_ERROR, STATE_ERROR_FOREIGN_HANDLE,
                                      "%s: its handle is of another set, or has left this one",
                                      handle->name != NULL ? handle->name : "a unit"));
    }
  return state_graph_closure (units->graph, given, self->operation);
}

static GArray *
nodes_of_removal (StateTransition *self, StateUnits *units, GPtrArray *problems)
{
  g_autoptr (GArray) given = g_array_new (FALSE, FALSE, sizeof (guint32));

  if (self->removal->units == units)
    g_array_append_val (given, self->removal->node);
  else
    g_ptr_array_add (problems, g_error_new (STATE_ERROR, STATE_ERROR_REMOVED,
                                            "unit %s has left the set", self->removal->name));
  return state_graph_closure (units->graph, given, STATE_OPERATION_STOP);
}

static GArray *
nodes_of_all (StateUnits *units)
{
  GArray *nodes = g_array_sized_new (FALSE, FALSE, sizeof (guint32), units->handles->len);

  for (guint32 node = 0; node < units->handles->len; node++)
    if (state_units_get_handle (units, node) != NULL)
      g_array_append_val (nodes, node);
  return nodes;
}

static GArray *
nodes_taken (StateTransition *self, StateUnits *units, GPtrArray *problems)
{
  if (self->removal != NULL)
    return nodes_of_removal (self, units, problems);
  if (self->subset != NULL)
    return nodes_of_subset (self, units, problems);
  if (self->leave_rest)
    return units->running ? state_graph_idle (units->graph)
                          : g_array_new (FALSE, FALSE, sizeof (guint32));
  return nodes_of_all (units);
}

/* What is stopped along with those that run and are in the way. */
static GArray *
nodes_to_stop (StateUnits *units, GArray *taken)
{
  g_autoptr (GArray) running = g_array_new (FALSE, FALSE, sizeof (guint32));

  for (guint i = 0; i < taken->len; i++)
    {
      guint32 node = g_array_index (taken, guint32, i);

      if (units->graph->nodes[node].state == STATE_UNIT_STATE_RUNNING)
        g_array_append_val (running, node);
    }
  return state_graph_closure (units->graph, running, STATE_OPERATION_STOP);
}

/* Which state of the snapshot is whose; what is wrong with it goes into problems. */
static GArray *
match_snapshot (StateTransition *self, StateUnits *units, GPtrArray *problems)
{
  guint n = self->snapshot != NULL ? state_snapshot_get_n_units (self->snapshot) : 0;
  const StateSnapshotUnit *saved = n > 0 ? state_snapshot_get_units (self->snapshot) : NULL;
  GArray *entries = g_array_sized_new (FALSE, FALSE, sizeof (guint32), units->handles->len);

  if (self->snapshot == NULL)
    g_ptr_array_add (problems, g_error_new_literal (STATE_ERROR, STATE_ERROR_NO_SAVED_STATE,
                                                    "no snapshot was given"));
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
take_one (StateTransition *self, StateUnits *units, guint32 node, GArray *by_node, gboolean extra)
{
  guint32 entry = STATE_SLOT_NONE;

  if (by_node != NULL && !extra)
    entry = g_array_index (by_node, guint32, node);
  if (extra)
    state_run_take_extra (self->run, node);
  else
    state_run_take (self->run, node, entry != STATE_SLOT_NONE);
  if (self->entries != NULL)
    g_array_append_val (self->entries, entry);
  g_ptr_array_add (self->handles, g_object_ref (state_units_get_handle (units, node)));
}

/* Both lists are in order; who is in the second alone runs, and is stopped for the
 * sake of the others. */
static void
take_both (StateTransition *self,
           StateUnits *units,
           const GArray *taken,
           const GArray *stopped,
           GArray *by_node)
{
  guint t = 0;
  guint s = 0;

  while (t < taken->len || (stopped != NULL && s < stopped->len))
    {
      guint32 one = t < taken->len ? g_array_index (taken, guint32, t) : STATE_NODE_NONE;
      guint32 other = stopped != NULL && s < stopped->len ? g_array_index (stopped, guint32, s)
                                                          : STATE_NODE_NONE;

      take_one (self, units, MIN (one, other), by_node, other < one);
      t += one <= other;
      s += other <= one;
    }
}

static gboolean
takes_just_all (StateTransition *self)
{
  return self->removal == NULL && self->subset == NULL && !self->leave_rest && !self->resume &&
         self->operation != STATE_OPERATION_RESTORE;
}

static void
take_all (StateTransition *self, StateUnits *units)
{
  state_run_take_all (self->run);
  g_ptr_array_unref (self->handles);
  self->handles = g_ptr_array_ref (state_units_get_roster (units));
}

static void
take_units (StateTransition *self, StateUnits *units, GPtrArray *problems)
{
  g_autoptr (GArray) taken = NULL;
  g_autoptr (GArray) stopped = NULL;
  g_autoptr (GArray) by_node = NULL;

  if (takes_just_all (self))
    {
      take_all (self, units);
      return;
    }
  taken = nodes_taken (self, units, problems);
  if (self->resume)
    stopped = nodes_to_stop (units, taken);

  if (self->operation == STATE_OPERATION_RESTORE)
    {
      by_node = match_snapshot (self, units, problems);
      self->entries = g_array_new (FALSE, FALSE, sizeof (guint32));
    }
  take_both (self, units, taken, stopped, by_node);
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
refuse (StateTransition *self, StateGraph *graph, GPtrArray *problems)
{
  self->error = self->removal != NULL ? g_error_copy (g_ptr_array_index (problems, 0))
                                      : state_transition_refusal (self->operation, problems);
  self->is_refused = TRUE;
  state_run_free (self->run);
  self->run = state_run_new (graph, self->operation);
  g_ptr_array_unref (self->handles);
  self->handles = g_ptr_array_new_with_free_func (g_object_unref);
}

static guint
timeout_of (gpointer data, guint32 node, StateOperation operation)
{
  StateTransition *self = data;
  guint32 slot = state_run_slot_of (self->run, node);

  return state_unit_handle_get_timeout (g_ptr_array_index (self->handles, slot), operation,
                                        self->default_timeout);
}

/* On the set's graph, or on a copy of it that is tried out. */
static void
make_run (StateTransition *self, StateUnits *units, StateGraph *graph)
{
  self->run = state_run_new (graph, self->operation);
  self->run->policy = self->has_policy ? self->policy : units->failure_policy;
  self->run->own_policy = self->has_policy;
  self->run->leave_rest = self->leave_rest;
  self->run->resume = self->resume;
  self->run->max_asked = units->max_concurrency;
  self->run->timeout = units->default_timeout;
  self->run->get_timeout = units->n_with_timeouts > 0 ? timeout_of : NULL;
  self->run->timeout_data = self;
  self->default_timeout = units->default_timeout;
}

/* Everything is checked here; nothing has been touched when it is refused, which
 * self->error tells. */
void
state_transition_prepare (StateTransition *self, StateUnits *units, StateGraph *graph)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func ((GDestroyNotify) g_error_free);

  make_run (self, units, graph);
  take_units (self, units, problems);
  judge_units (self, units, problems);
  if (problems->len > 0)
    refuse (self, graph, problems);
}

void
state_transition_begin (StateTransition *self, StateUnits *units)
{
  gint64 now = g_get_monotonic_time ();
  gboolean saves =
      self->operation == STATE_OPERATION_SAVE || self->operation == STATE_OPERATION_RESTORE;

  state_transition_prepare (self, units, units->graph);
  self->begin_time = now;
  self->deadline = self->timeout != 0 ? now + self->timeout * (gint64) 1000 : 0;
  self->slow_time = units->slow_time != 0 ? now + units->slow_time * (gint64) 1000 : 0;
  if (saves)
    self->saved = g_new0 (GVariant *, MAX (self->handles->len, 1));
  state_run_begin (self->run, now);
  self->is_logged = state_log_is_heard ();
  if (self->is_logged)
    state_log_transition (self->operation, STATE_TRANSITION_STATUS_RUNNING,
                          state_transition_get_n_slots (self), 0, NULL);
}

/* Requests */

/* The state that a request comes with, and its version. What a roll-back puts back is
 * what was saved before. */
GVariant *
state_transition_get_state (StateTransition *self, guint32 slot, guint *version)
{
  const StateUnitHandle *handle = g_ptr_array_index (self->handles, slot);
  const StateRunPhase *phase = self->run->phase;
  const StateSnapshotUnit *saved;

  *version = handle->version;
  if (phase->operation == STATE_OPERATION_SAVE)
    return NULL;
  if (phase->kind == STATE_PHASE_UNDO)
    return self->saved[slot];

  saved = state_snapshot_get_units (self->snapshot) + g_array_index (self->entries, guint32, slot);
  *version = saved->version;
  return saved->state;
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

  if (self->run->phase->operation != STATE_OPERATION_SAVE || state == NULL)
    return;
  self->saved[slot] = g_variant_ref (state);
  state_run_set_saved (self->run, slot);
}

void
state_transition_take_error (StateTransition *self, guint32 slot, GError *error)
{
  state_transition_insert_error (self, position_of (self, slot), error);
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
state_transition_heed (StateTransition *self)
{
  StateRun *run = self->run;

  if (run->done)
    return;
  if (!run->abandoned && g_atomic_int_get (&self->abandon_requested))
    state_run_abandon (run, g_get_monotonic_time ());
  else if (!run->cancelled && g_atomic_int_get (&self->cancel_requested))
    state_run_cancel (run, g_get_monotonic_time ());
  if (run->wants_cancel)
    {
      run->wants_cancel = FALSE;
      cancel_requests (self);
    }
}

static void
cancel_now (StateTransition *self, StateUnits *units)
{
  if (units->current == self)
    state_transition_heed (self);
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

static void
post_cancel (StateTransition *self)
{
  CancelMessage *message;

  if (self->home == NULL)
    return;
  message = g_new0 (CancelMessage, 1);
  message->message.handle = cancel_arrives;
  message->message.discard = cancel_discarded;
  message->transition = g_object_ref (self);
  state_dispatcher_post (self->home, &message->message);
}

/**
 * state_transition_cancel:
 * @self: a transition
 *
 * Cancels the transition. No more units are asked, the requests that are with
 * units are cancelled, and their answers are waited for, until their deadlines, or
 * 10 seconds for those that have none: a unit that has not answered by then becomes
 * %STATE_UNIT_STATE_UNCERTAIN. With %STATE_FAILURE_POLICY_ROLL_BACK, what was done
 * is then undone, which cannot be cancelled, and in which a request without a
 * deadline gets 10 seconds, too. What was stopped for
 * state_transition_set_resume() is started again; that cannot be cancelled either.
 * One that waits in the queue ends at once, and never begins.
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
  g_return_if_fail (STATE_IS_TRANSITION (self));

  if (g_atomic_int_compare_and_exchange (&self->cancel_requested, FALSE, TRUE))
    post_cancel (self);
}

/**
 * state_transition_abandon:
 * @self: a transition
 *
 * Cancels the transition, and does not wait: every request that is with a unit is
 * treated as past its deadline, those of a roll-back too. Its unit becomes
 * %STATE_UNIT_STATE_UNCERTAIN until it answers. Nothing is rolled back or started
 * again. The transition ends at once, always.
 *
 * It ends as %G_IO_ERROR_CANCELLED, unless every unit is where it should be all
 * the same. Any thread; one that has ended is not touched.
 *
 * Since: 1.0
 */
void
state_transition_abandon (StateTransition *self)
{
  g_return_if_fail (STATE_IS_TRANSITION (self));

  g_atomic_int_set (&self->cancel_requested, TRUE);
  if (g_atomic_int_compare_and_exchange (&self->abandon_requested, FALSE, TRUE))
    post_cancel (self);
}

/* Slow units */

static gint64
next_slow_time (const StateRunStep *step, gint64 slow, gint64 now)
{
  return step->start_time + ((now - step->start_time) / slow + 1) * slow;
}

/* Whether its time, or a multiple of that, has come since it was looked at last. */
static gboolean
is_slow_now (const StateRunStep *step, gint64 slow, gint64 last, gint64 now)
{
  return next_slow_time (step, slow, MAX (last, step->start_time)) <= now;
}

/* Tells of each unit that has been at work for so long that somebody may want to
 * know, and finds out when to look again. */
void
state_transition_tell_slow (StateTransition *self, StateUnits *units)
{
  const StateRunPhase *phase = self->run->phase;
  gint64 now = g_get_monotonic_time ();
  gint64 slow = units->slow_time * (gint64) 1000;
  g_autoptr (GPtrArray) steps = g_ptr_array_new_with_free_func (g_object_unref);
  gint64 next = now + slow;

  self->slow_time = 0;
  if (slow == 0)
    return;
  for (guint32 slot = 0; slot < phase->n_steps; slot++)
    {
      const StateRunStep *step = &phase->steps[slot];

      if (step->outcome != STATE_STEP_OUTCOME_ASKED)
        continue;
      if (is_slow_now (step, slow, self->slow_told, now))
        g_ptr_array_add (steps,
                         g_list_model_get_item (G_LIST_MODEL (self), position_of (self, slot)));
      next = MIN (next, next_slow_time (step, slow, now));
    }
  self->slow_told = now;
  self->slow_time = next;
  for (guint i = 0; i < steps->len; i++)
    state_units_emit_slow (units, self, g_ptr_array_index (steps, i));
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
  return self->run->cancelled && !self->run->timed_out ? STATE_TRANSITION_STATUS_CANCELLED
                                                       : STATE_TRANSITION_STATUS_FAILED;
}

/* Gives the unit that was to be taken out back to its caller. */
static void
return_removed (StateTransition *self, GTask *task)
{
  if (self->error != NULL)
    g_task_return_error (task, g_error_copy (self->error));
  else
    g_task_return_pointer (task, g_steal_pointer (&self->removed), g_object_unref);
}

/* A unit that has been stopped leaves before anybody can start it again. */
static void
take_removed_out (StateTransition *self, StateUnits *units)
{
  if (self->error != NULL)
    return;
  if (self->removal->units != units)
    {
      self->error =
          g_error_new (STATE_ERROR, STATE_ERROR_REMOVED,
                       "unit %s left the set while it was being stopped", self->removal->name);
      return;
    }
  g_set_object (&self->removed, state_unit_handle_get_unit (self->removal));
  state_units_discard (units, self->removal);
}

/* Not g_cancellable_disconnect (), which waits for handlers of the program's own. */
static void
disconnect_cancellable (StateTransition *self, GTask *task)
{
  if (self->cancelled_id != 0)
    g_signal_handler_disconnect (g_task_get_cancellable (task), self->cancelled_id);
  self->cancelled_id = 0;
}

/* The run is done: what came of it is certain before anybody is told. */
void
state_transition_settle (StateTransition *self, StateUnits *units)
{
  self->end_time = g_get_monotonic_time ();
  if (self->error == NULL && !self->run->succeeded)
    self->error = state_transition_failure (self);
  if (self->operation == STATE_OPERATION_SAVE && !self->is_refused)
    make_snapshot (self);
  self->status = final_status (self);
  if (self->is_logged)
    state_log_transition (self->operation, self->status, state_transition_get_n_slots (self),
                          self->end_time - self->begin_time, self->error);
}

/* The set is ready for the next one: tells, and returns. */
void
state_transition_finish (StateTransition *self, StateUnits *units)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->task);

  disconnect_cancellable (self, task);
  if (self->removal != NULL)
    take_removed_out (self, units);
  state_transition_set_status (self, self->status);
  state_transition_tell (self);
  state_units_notify_transitions (units);
  state_units_notify_allowed (units);
  state_units_emit_finished (units, self);

  if (self->removal != NULL)
    return_removed (self, task);
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
