/* SPDX-License-Identifier: MIT */

#include "state-transition-private.h"

#include "state-dot-private.h"
#include "state-error.h"
#include "state-listeners-private.h"
#include "state-task-private.h"
#include "state-units-private.h"

/**
 * SECTION:state-transition
 * @title: StateTransition
 * @short_description: one run of one operation over a set, and its record
 *
 * See #StateTransition.
 */

/**
 * StateTransition:
 *
 * One run of one operation over a #StateUnits, and its record.
 *
 * The operations of a set make a transition and run it; who wants to give it a
 * snapshot, cancel it or look at it makes it with state_transition_new(). A
 * transition runs once. Transitions of one set queue: a second one begins when
 * the first is done.
 *
 * A transition is a #GListModel of #StateTransitionStep: one for each unit taken
 * and phase, in the order in which the units were added. Those of the restore
 * operation have two phases, `restore` and `post-restore`. Before what an operation
 * is about may come `stop`, see state_transition_set_resume(), and `save`, of a
 * restore that rolls back; after it `roll-back` and `resume`. The steps of a phase
 * are added when it begins.
 *
 * When the operation ends, every unit where it should be is success. Otherwise
 * the error names each unit that failed, in the order in which they were
 * added: `start failed: {disk: no such device, net: timed out after 5000 ms}`.
 * What was skipped because of them is in the steps. An operation that is
 * refused has no steps, and has touched nothing.
 *
 * state_transition_run_async(), state_transition_cancel(),
 * state_transition_abandon() and state_transition_get_operation() may be called
 * from any thread; everything else belongs to the main context of the set.
 *
 * Since: 1.0
 */

typedef enum
{
  PROP_UNITS = 1,
  PROP_OPERATION,
  PROP_STATUS,
  PROP_PROGRESS,
  PROP_N_UNITS,
  PROP_N_FINISHED,
  PROP_ELAPSED,
  PROP_ERROR,
  PROP_ITEM_TYPE,
  PROP_N_ITEMS
} StateTransitionProps;

static GParamSpec *properties[PROP_N_ITEMS + 1];

static void list_model_iface_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (StateTransition,
                               state_transition,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_iface_init))

static void
free_saved (StateTransition *self)
{
  guint32 n = state_transition_get_n_slots (self);

  for (guint32 slot = 0; self->saved != NULL && slot < n; slot++)
    g_clear_pointer (&self->saved[slot], g_variant_unref);
  g_clear_pointer (&self->saved, g_free);
}

static void
state_transition_finalize (GObject *object)
{
  StateTransition *self = STATE_TRANSITION (object);

  free_saved (self);
  g_weak_ref_clear (&self->units);
  g_clear_pointer (&self->home, state_dispatcher_unref);
  g_clear_object (&self->removal);
  g_clear_object (&self->removed);
  g_clear_pointer (&self->subset, g_ptr_array_unref);
  g_clear_object (&self->snapshot);
  g_clear_object (&self->own_units);
  g_clear_object (&self->task);
  g_clear_pointer (&self->run, state_run_free);
  g_clear_pointer (&self->handles, g_ptr_array_unref);
  g_clear_pointer (&self->entries, g_array_unref);
  g_clear_pointer (&self->errors, g_hash_table_unref);
  g_clear_pointer (&self->told, g_hash_table_unref);
  g_clear_pointer (&self->steps, g_hash_table_unref);
  g_clear_error (&self->error);
  G_OBJECT_CLASS (state_transition_parent_class)->finalize (object);
}

static void
state_transition_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StateTransition *self = STATE_TRANSITION (object);

  switch ((StateTransitionProps) id)
    {
    case PROP_UNITS:
      g_value_take_object (value, g_weak_ref_get (&self->units));
      break;
    case PROP_OPERATION:
      g_value_set_enum (value, self->operation);
      break;
    case PROP_STATUS:
      g_value_set_enum (value, state_transition_get_status (self));
      break;
    case PROP_PROGRESS:
      g_value_set_double (value, state_transition_get_progress (self));
      break;
    case PROP_N_UNITS:
      g_value_set_uint (value, state_transition_get_n_units (self));
      break;
    case PROP_N_FINISHED:
      g_value_set_uint (value, state_transition_get_n_finished (self));
      break;
    case PROP_ELAPSED:
      g_value_set_int64 (value, state_transition_get_elapsed (self));
      break;
    case PROP_ERROR:
      g_value_set_boxed (value, state_transition_get_error (self));
      break;
    case PROP_ITEM_TYPE:
      g_value_set_gtype (value, STATE_TYPE_TRANSITION_STEP);
      break;
    case PROP_N_ITEMS:
      g_value_set_uint (value, g_list_model_get_n_items (G_LIST_MODEL (self)));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
state_transition_class_init (StateTransitionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->finalize = state_transition_finalize;
  object_class->get_property = state_transition_get_property;

  /**
   * StateTransition:units:
   *
   * The set; %NULL once it is gone.
   *
   * Since: 1.0
   */
  properties[PROP_UNITS] = g_param_spec_object ("units", NULL, NULL, STATE_TYPE_UNITS, flags);

  /**
   * StateTransition:operation:
   *
   * The operation.
   *
   * Since: 1.0
   */
  properties[PROP_OPERATION] = g_param_spec_enum ("operation", NULL, NULL, STATE_TYPE_OPERATION,
                                                  STATE_OPERATION_START, flags);

  /**
   * StateTransition:status:
   *
   * How far it has come.
   *
   * Since: 1.0
   */
  properties[PROP_STATUS] = g_param_spec_enum ("status", NULL, NULL, STATE_TYPE_TRANSITION_STATUS,
                                               STATE_TRANSITION_STATUS_NEW, flags);

  /**
   * StateTransition:progress:
   *
   * How much of the work is done, from 0 to 1: each step counts the same, and
   * one that is under way counts for what its unit has told with
   * state_request_set_progress(). 1 when it has ended.
   *
   * Since: 1.0
   */
  properties[PROP_PROGRESS] = g_param_spec_double ("progress", NULL, NULL, 0, 1, 0, flags);

  /**
   * StateTransition:n-units:
   *
   * How many units it takes; 0 before it begins, and when it was refused.
   *
   * Since: 1.0
   */
  properties[PROP_N_UNITS] = g_param_spec_uint ("n-units", NULL, NULL, 0, G_MAXUINT, 0, flags);

  /**
   * StateTransition:n-finished:
   *
   * How many of the units have finished with the last of its phases.
   *
   * Since: 1.0
   */
  properties[PROP_N_FINISHED] =
      g_param_spec_uint ("n-finished", NULL, NULL, 0, G_MAXUINT, 0, flags);

  /**
   * StateTransition:elapsed:
   *
   * How long it took, or has taken until now, in µs; 0 before it begins. Changes
   * all the time without notification.
   *
   * Since: 1.0
   */
  properties[PROP_ELAPSED] = g_param_spec_int64 ("elapsed", NULL, NULL, 0, G_MAXINT64, 0, flags);

  /**
   * StateTransition:error:
   *
   * Why it failed, was cancelled or was refused; %NULL unless it was.
   *
   * Since: 1.0
   */
  properties[PROP_ERROR] = g_param_spec_boxed ("error", NULL, NULL, G_TYPE_ERROR, flags);

  /**
   * StateTransition:item-type:
   *
   * The type of the items: #StateTransitionStep.
   *
   * Since: 1.0
   */
  properties[PROP_ITEM_TYPE] = g_param_spec_gtype ("item-type", NULL, NULL, G_TYPE_OBJECT, flags);

  /**
   * StateTransition:n-items:
   *
   * The number of steps.
   *
   * Since: 1.0
   */
  properties[PROP_N_ITEMS] = g_param_spec_uint ("n-items", NULL, NULL, 0, G_MAXUINT, 0, flags);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
state_transition_init (StateTransition *self)
{
  g_weak_ref_init (&self->units, NULL);
  self->handles = g_ptr_array_new_with_free_func (g_object_unref);
}

/* Steps */

static GType
get_item_type (GListModel *list)
{
  return STATE_TYPE_TRANSITION_STEP;
}

static guint
get_n_items (GListModel *list)
{
  StateTransition *self = STATE_TRANSITION (list);

  state_return_val_if_not_here (self->home, 0);

  return self->n_told_phases * state_transition_get_n_slots (self);
}

static gpointer
get_item (GListModel *list, guint position)
{
  StateTransition *self = STATE_TRANSITION (list);
  StateTransitionStep *step;

  state_return_val_if_not_here (self->home, NULL);

  if (position >= get_n_items (list))
    return NULL;
  if (self->steps == NULL)
    self->steps = g_hash_table_new (NULL, NULL);
  step = g_hash_table_lookup (self->steps, GUINT_TO_POINTER (position));
  if (step != NULL)
    return g_object_ref (step);
  step = state_transition_step_new (self, position);
  g_hash_table_insert (self->steps, GUINT_TO_POINTER (position), step);
  return step;
}

static void
list_model_iface_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

/* The step is being finalized. */
void
state_transition_forget_step (StateTransition *self, guint position)
{
  g_hash_table_remove (self->steps, GUINT_TO_POINTER (position));
}

/* Lets everybody know what has become of it since the last time. */
void
state_transition_tell (StateTransition *self)
{
  guint n_slots = state_transition_get_n_slots (self);
  guint n_new = self->run != NULL ? self->run->phases->len - self->n_told_phases : 0;

  if (n_new > 0)
    {
      guint position = self->n_told_phases * n_slots;

      self->n_told_phases += n_new;
      if (n_slots > 0)
        {
          state_listeners_items_changed (self, position, 0, n_new * n_slots);
          state_listeners_notify (self, properties[PROP_N_ITEMS]);
        }
    }
  if (self->steps != NULL && g_hash_table_size (self->steps) > 0)
    {
      g_autoptr (GList) steps = g_hash_table_get_values (self->steps);

      g_list_foreach (steps, (GFunc) g_object_ref, NULL);
      for (GList *l = steps; l != NULL; l = l->next)
        state_transition_step_tell (l->data);
      g_list_free_full (g_steal_pointer (&steps), g_object_unref);
    }
  state_listeners_notify (self, properties[PROP_PROGRESS]);
  state_listeners_notify (self, properties[PROP_N_FINISHED]);
}

void
state_transition_set_status (StateTransition *self, StateTransitionStatus status)
{
  self->status = status;
  state_listeners_notify (self, properties[PROP_STATUS]);
  if (status == STATE_TRANSITION_STATUS_RUNNING)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_N_UNITS]);
  if (self->error != NULL)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ERROR]);
}

/* Making and running */

/**
 * state_transition_new:
 * @units: a set
 * @operation: start, stop, reset, save or restore
 *
 * Makes a transition, which is then run with state_transition_run_async(). It
 * does not keep the set alive until then.
 *
 * Returns: (transfer full): the transition
 *
 * Since: 1.0
 */
StateTransition *
state_transition_new (StateUnits *units, StateOperation operation)
{
  g_return_val_if_fail (STATE_IS_UNITS (units), NULL);
  g_return_val_if_fail (operation <= STATE_OPERATION_RESTORE, NULL);
  state_return_val_if_not_here (units->dispatcher, NULL);

  return state_transition_make (units, operation);
}

static gboolean
can_be_set (StateTransition *self)
{
  return g_atomic_int_get (&self->used) == FALSE;
}

/**
 * state_transition_set_snapshot:
 * @self: a transition
 * @snapshot: (nullable): the snapshot to restore
 *
 * Sets what the restore operation restores, before it runs. Without a snapshot it
 * is refused.
 *
 * Since: 1.0
 */
void
state_transition_set_snapshot (StateTransition *self, StateSnapshot *snapshot)
{
  g_return_if_fail (STATE_IS_TRANSITION (self));
  g_return_if_fail (snapshot == NULL || STATE_IS_SNAPSHOT (snapshot));
  state_return_if_not_here (self->home);
  g_return_if_fail (can_be_set (self));
  g_return_if_fail (self->operation == STATE_OPERATION_RESTORE);

  g_set_object (&self->snapshot, snapshot);
}

/**
 * state_transition_set_handles:
 * @self: a transition
 * @handles: (array length=n) (transfer none) (nullable): handles of units of the set
 * @n: how many; 0 = none
 *
 * Sets which units the operation is over, before it runs; without it, all. A start
 * takes the units along that these require, and what those require in turn, a stop
 * those that require these, and so on, the others just these: along required edges
 * that count for the operation, as they are when the transition begins. Elements
 * that are %NULL do not count.
 *
 * The transition keeps references. A handle of another set, or of a unit that has
 * left, makes it fail with %STATE_ERROR_FOREIGN_HANDLE.
 *
 * Since: 1.0
 */
void
state_transition_set_handles (StateTransition *self, StateUnitHandle **handles, gsize n)
{
  g_return_if_fail (STATE_IS_TRANSITION (self));
  g_return_if_fail (handles != NULL || n == 0);
  state_return_if_not_here (self->home);
  g_return_if_fail (can_be_set (self));

  g_clear_pointer (&self->subset, g_ptr_array_unref);
  self->subset = g_ptr_array_new_with_free_func (g_object_unref);
  for (gsize i = 0; i < n; i++)
    if (handles[i] != NULL)
      g_ptr_array_add (self->subset, g_object_ref (handles[i]));
}

/**
 * state_transition_set_failure_policy:
 * @self: a transition
 * @policy: what to do when a unit fails
 *
 * Sets the policy of this transition, before it runs, in place of
 * #StateUnits:failure-policy. A stop goes on past failures, unless
 * %STATE_FAILURE_POLICY_ROLL_BACK is set here: then nothing is stopped beneath a
 * unit that may still run, and what had been stopped is started again.
 *
 * Since: 1.0
 */
void
state_transition_set_failure_policy (StateTransition *self, StateFailurePolicy policy)
{
  g_return_if_fail (STATE_IS_TRANSITION (self));
  g_return_if_fail (policy <= STATE_FAILURE_POLICY_KEEP_GOING);
  state_return_if_not_here (self->home);
  g_return_if_fail (can_be_set (self));

  self->policy = policy;
  self->has_policy = TRUE;
}

/**
 * state_transition_set_timeout:
 * @self: a transition
 * @ms: how long the whole of it may take from when it begins, in ms; 0 = as long as
 *   it wants
 *
 * Sets a time after which the transition is abandoned, before it runs. See
 * state_transition_abandon(): it then ends as %STATE_ERROR_TIMED_OUT. Nothing is
 * rolled back or started again then.
 *
 * Since: 1.0
 */
void
state_transition_set_timeout (StateTransition *self, guint ms)
{
  g_return_if_fail (STATE_IS_TRANSITION (self));
  state_return_if_not_here (self->home);
  g_return_if_fail (can_be_set (self));

  self->timeout = ms;
}

/**
 * state_transition_set_resume:
 * @self: a transition
 * @resume: whether to stop and start again what is in the way
 *
 * Sets, before it runs, that units that run and are in the way are stopped first,
 * with those that require them, and that exactly those are started again at the
 * end, whatever came of it. With save it takes a snapshot of a running set; with
 * start or stop it restarts; with restore it goes back to a snapshot. A start over
 * a subset also starts again what was stopped along with it.
 *
 * Units that cannot start, since their contents are undefined, stay as they are. A
 * transition that is abandoned starts nothing again.
 *
 * Since: 1.0
 */
void
state_transition_set_resume (StateTransition *self, gboolean resume)
{
  g_return_if_fail (STATE_IS_TRANSITION (self));
  state_return_if_not_here (self->home);
  g_return_if_fail (can_be_set (self));

  self->resume = resume;
}

/**
 * state_transition_run_async:
 * @self: a transition
 * @cancellable: (nullable): cancelling it does what state_transition_cancel() does
 * @callback: (scope async) (closure user_data): called in the thread-default
 *   main context of the caller when the transition has ended
 * @user_data: data for @callback
 *
 * Runs the transition, once those asked for before it have ended. It keeps the
 * set alive meanwhile. Any thread.
 *
 * Since: 1.0
 */
void
state_transition_run_async (StateTransition *self,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (StateUnits) units = NULL;

  g_return_if_fail (STATE_IS_TRANSITION (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  state_task_set_tag (task, state_transition_run_async);
  g_task_set_check_cancellable (task, FALSE);
  units = g_weak_ref_get (&self->units);
  if (units == NULL)
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_NOT_INITIALIZED,
                             "the transition has no set: make it with state_transition_new(), "
                             "and keep the set");
  else if (!g_atomic_int_compare_and_exchange (&self->used, FALSE, TRUE))
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_PENDING,
                             "the transition has been run before: make another one");
  else
    state_transition_launch (self, units, task);
}

/**
 * state_transition_run_finish:
 * @self: a transition
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_transition_run_async().
 *
 * Errors: %STATE_ERROR_TRANSITION_FAILED when some unit is not where it should
 * be; %G_IO_ERROR_CANCELLED when that is so and the transition was cancelled;
 * %STATE_ERROR_TIMED_OUT when its own time was over;
 * %STATE_ERROR_FOREIGN_HANDLE for a handle that is not of the set;
 * %STATE_ERROR_WRONG_STATE, or for restore %STATE_ERROR_UNKNOWN_UNIT,
 * %STATE_ERROR_DUPLICATE_UNIT, %STATE_ERROR_VERSION or (without a snapshot)
 * %STATE_ERROR_NO_SAVED_STATE, when it was refused and nothing was touched; %G_IO_ERROR_NOT_INITIALIZED without a set;
 * %G_IO_ERROR_PENDING when it had been run before.
 *
 * Returns: whether every unit is where it should be
 *
 * Since: 1.0
 */
gboolean
state_transition_run_finish (StateTransition *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (STATE_IS_TRANSITION (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, state_transition_run_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* Accounts */

/**
 * state_transition_get_units:
 * @self: a transition
 *
 * Gets #StateTransition:units.
 *
 * Returns: (transfer none) (nullable): the set
 *
 * Since: 1.0
 */
StateUnits *
state_transition_get_units (StateTransition *self)
{
  g_autoptr (StateUnits) units = NULL;

  g_return_val_if_fail (STATE_IS_TRANSITION (self), NULL);
  state_return_val_if_not_here (self->home, NULL);

  units = g_weak_ref_get (&self->units);
  return units;
}

/**
 * state_transition_get_operation:
 * @self: a transition
 *
 * Gets #StateTransition:operation. Any thread.
 *
 * Returns: the operation
 *
 * Since: 1.0
 */
StateOperation
state_transition_get_operation (StateTransition *self)
{
  g_return_val_if_fail (STATE_IS_TRANSITION (self), STATE_OPERATION_START);

  return self->operation;
}

/**
 * state_transition_get_status:
 * @self: a transition
 *
 * Gets #StateTransition:status.
 *
 * Returns: the status
 *
 * Since: 1.0
 */
StateTransitionStatus
state_transition_get_status (StateTransition *self)
{
  g_return_val_if_fail (STATE_IS_TRANSITION (self), STATE_TRANSITION_STATUS_NEW);
  state_return_val_if_not_here (self->home, STATE_TRANSITION_STATUS_NEW);

  return self->status;
}

/**
 * state_transition_get_progress:
 * @self: a transition
 *
 * Gets #StateTransition:progress.
 *
 * Returns: the progress, from 0 to 1
 *
 * Since: 1.0
 */
double
state_transition_get_progress (StateTransition *self)
{
  guint n_slots;
  double done;

  g_return_val_if_fail (STATE_IS_TRANSITION (self), 0);
  state_return_val_if_not_here (self->home, 0);

  if (self->status > STATE_TRANSITION_STATUS_RUNNING)
    return 1;
  n_slots = state_transition_get_n_slots (self);
  if (n_slots == 0)
    return 0;
  done = (self->run->phases->len - 1.0) * n_slots + self->run->phase->n_finished +
         state_transition_get_told_progress (self);
  return CLAMP (done / ((double) self->run->n_phases * n_slots), 0, 1);
}

/**
 * state_transition_get_n_units:
 * @self: a transition
 *
 * Gets #StateTransition:n-units.
 *
 * Returns: the number of units
 *
 * Since: 1.0
 */
guint
state_transition_get_n_units (StateTransition *self)
{
  g_return_val_if_fail (STATE_IS_TRANSITION (self), 0);
  state_return_val_if_not_here (self->home, 0);

  return state_transition_get_n_slots (self);
}

/**
 * state_transition_get_n_finished:
 * @self: a transition
 *
 * Gets #StateTransition:n-finished.
 *
 * Returns: the number of units
 *
 * Since: 1.0
 */
guint
state_transition_get_n_finished (StateTransition *self)
{
  g_return_val_if_fail (STATE_IS_TRANSITION (self), 0);
  state_return_val_if_not_here (self->home, 0);

  if (self->run == NULL || (!self->run->done && self->run->phases->len < self->run->n_phases))
    return 0;
  return self->run->phase->n_finished;
}

/**
 * state_transition_get_elapsed:
 * @self: a transition
 *
 * Gets #StateTransition:elapsed.
 *
 * Returns: the time, in µs
 *
 * Since: 1.0
 */
gint64
state_transition_get_elapsed (StateTransition *self)
{
  g_return_val_if_fail (STATE_IS_TRANSITION (self), 0);
  state_return_val_if_not_here (self->home, 0);

  if (self->begin_time == 0)
    return 0;
  return (self->end_time != 0 ? self->end_time : g_get_monotonic_time ()) - self->begin_time;
}

/**
 * state_transition_get_error:
 * @self: a transition
 *
 * Gets #StateTransition:error.
 *
 * Returns: (transfer none) (nullable): the error
 *
 * Since: 1.0
 */
const GError *
state_transition_get_error (StateTransition *self)
{
  g_return_val_if_fail (STATE_IS_TRANSITION (self), NULL);
  state_return_val_if_not_here (self->home, NULL);

  return self->error;
}

/**
 * state_transition_get_snapshot:
 * @self: a transition
 *
 * Gets the snapshot: of the save operation, once it has ended, the states of all
 * units that saved one, also when others failed; of the restore operation, the
 * one to restore.
 *
 * Returns: (transfer none) (nullable): the snapshot; %NULL when there is none
 *
 * Since: 1.0
 */
StateSnapshot *
state_transition_get_snapshot (StateTransition *self)
{
  g_return_val_if_fail (STATE_IS_TRANSITION (self), NULL);
  state_return_val_if_not_here (self->home, NULL);

  return self->snapshot;
}

/**
 * state_transition_get_critical_path:
 * @self: a transition
 *
 * Gets the chain of units that the time went into: the one that finished last,
 * before it the one that it waited for last, and so on to the one that waited
 * for nobody, each of which was asked. It goes through all phases, saving,
 * roll-back and resuming too, so that a unit may be there more than once.
 *
 * Returns: (transfer full) (array zero-terminated=1): the names, first to last;
 *   free with g_strfreev()
 *
 * Since: 1.0
 */
char **
state_transition_get_critical_path (StateTransition *self)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GArray) path = NULL;

  g_return_val_if_fail (STATE_IS_TRANSITION (self), NULL);
  state_return_val_if_not_here (self->home, NULL);

  path = self->run != NULL ? state_run_critical_path (self->run)
                           : g_array_new (FALSE, FALSE, sizeof (guint32));
  for (guint i = 0; i + 1 < path->len; i += 2)
    {
      const StateRunPhase *phase =
          g_ptr_array_index (self->run->phases, g_array_index (path, guint32, i));
      guint32 slot = g_array_index (path, guint32, i + 1);

      if (phase->steps[slot].start_time != 0)
        g_strv_builder_add (builder, state_transition_get_slot_name (self, slot));
    }
  return g_strv_builder_end (builder);
}

/**
 * state_transition_to_dot:
 * @self: a transition
 *
 * Draws the units taken in the language of Graphviz, the outcomes of their
 * steps (of the phase that it has come to) as colours and words: an arrow from
 * each unit to what it depends on, thick where it is waited for.
 *
 * Returns: (transfer full): the text; free with g_free()
 *
 * Since: 1.0
 */
char *
state_transition_to_dot (StateTransition *self)
{
  g_autoptr (StateUnits) units = NULL;

  g_return_val_if_fail (STATE_IS_TRANSITION (self), NULL);
  state_return_val_if_not_here (self->home, NULL);

  units = g_weak_ref_get (&self->units);
  return state_dot_of_transition (self, units);
}
