/* SPDX-License-Identifier: MIT */

#include "state-units-private.h"

#include "state-error.h"
#include "state-listeners-private.h"
#include "state-request-private.h"
#include "state-task-private.h"
#include "state-transition-private.h"
#include "state-unit-builder-private.h"

/**
 * SECTION:state-units
 * @title: StateUnits
 * @short_description: a set of units, and the operations over it
 *
 * See #StateUnits.
 */

/**
 * StateUnits:
 *
 * A set of units, which it starts, stops, resets, saves and restores together,
 * as concurrently as the dependencies between them allow.
 *
 * Units are added with state_units_add_unit(), or with the #StateUnitBuilder
 * that state_units_add() returns. Dependencies start before their dependents,
 * and stop after them. The set is a #GListModel of #StateUnitHandle, in the
 * order in which the units were added. It is a #StateUnit itself, so that sets
 * nest.
 *
 * Each operation is a #StateTransition over all units. Operations queue: a
 * second one begins when the first is done. An operation that some unit's state
 * does not allow is refused as a whole, naming every unit in the way, before
 * anything has been touched. Unless #StateUnits:failure-policy says otherwise, a
 * unit that fails does not stop the rest: what requires it is skipped, and the
 * error of the operation names it.
 *
 * A set belongs to the main context that was the thread-default one when it was
 * made. There its signals are emitted, and there its functions are to be
 * called; only the functions that end in `_async`, and
 * state_units_get_main_context(), may be called from any thread. From elsewhere
 * the others are criticals, and do nothing.
 *
 * |[<!-- language="C" -->
 * g_autoptr (StateUnits) units = state_units_new ();
 *
 * state_units_add_unit (units, "clock", clock, NULL, &error);
 * state_units_add_unit (units, "disk", disk, (const char *[]) { "clock", NULL }, &error);
 * state_units_start_async (units, NULL, started, NULL);
 * ]|
 *
 * Since: 1.0
 */

typedef enum
{
  PROP_RUNNING = 1,
  PROP_FAILURE_POLICY,
  PROP_DEFAULT_TIMEOUT,
  PROP_MAX_CONCURRENCY,
  PROP_SLOW_TIME,
  PROP_CURRENT_TRANSITION,
  PROP_LAST_TRANSITION,
  PROP_ALLOWED_OPERATIONS,
  PROP_ITEM_TYPE,
  PROP_N_ITEMS
} StateUnitsProps;

#define DEFAULT_SLOW_TIME 10000 /* ms */

static GParamSpec *properties[PROP_N_ITEMS + 1];

enum
{
  SIGNAL_UNIT_STATE_CHANGED,
  SIGNAL_TRANSITION_STARTED,
  SIGNAL_TRANSITION_FINISHED,
  SIGNAL_TRANSITION_SLOW,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void list_model_iface_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (StateUnits,
                               state_units,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_iface_init)
                                   G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT,
                                                          state_units_unit_iface_init))

typedef struct
{
  StateMessage message;
  StateUnits *units;
} EndMessage;

static void
end_arrives (StateMessage *message)
{
  g_object_unref (((EndMessage *) message)->units);
  g_free (message);
}

static void
release_everything (StateUnits *self)
{
  if (self->open_builder != NULL)
    state_unit_builder_keep_handles (self->open_builder);
  state_units_release_all (self);
  g_clear_object (&self->last);
  state_dispatcher_close (self->dispatcher);
}

/* The last reference may go in any thread; the set ends in its own context, unless
 * nobody iterates that. */
static void
state_units_dispose (GObject *object)
{
  StateUnits *self = STATE_UNITS (object);
  GMainContext *context = state_dispatcher_get_context (self->dispatcher);

  if (g_main_context_acquire (context))
    {
      release_everything (self);
      g_main_context_release (context);
    }
  else
    {
      EndMessage *message = g_new0 (EndMessage, 1);

      message->message.handle = end_arrives;
      message->message.discard = end_arrives;
      message->units = g_object_ref (self);
      state_dispatcher_post (self->dispatcher, &message->message);
    }
  G_OBJECT_CLASS (state_units_parent_class)->dispose (object);
}

static void
state_units_finalize (GObject *object)
{
  StateUnits *self = STATE_UNITS (object);

  g_queue_clear_full (&self->queue, g_object_unref);
  state_dispatcher_unref (self->dispatcher);
  state_graph_free (self->graph);
  state_positions_clear (&self->positions);
  g_ptr_array_unref (self->handles);
  g_clear_pointer (&self->roster, g_ptr_array_unref);
  g_clear_object (&self->hand);
  state_request_list_free (self->spare);
  g_clear_object (&self->spare_builder);
  state_names_clear (&self->names);
  g_clear_pointer (&self->aliases, g_hash_table_unref);
  g_hash_table_unref (self->dispatchers);
  g_array_unref (self->gone);
  g_ptr_array_unref (self->standing);
  g_ptr_array_unref (self->found);
  G_OBJECT_CLASS (state_units_parent_class)->finalize (object);
}

static void
state_units_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StateUnits *self = STATE_UNITS (object);

  switch ((StateUnitsProps) id)
    {
    case PROP_RUNNING:
      g_value_set_boolean (value, state_units_is_running (self));
      break;
    case PROP_FAILURE_POLICY:
      g_value_set_enum (value, state_units_get_failure_policy (self));
      break;
    case PROP_DEFAULT_TIMEOUT:
      g_value_set_uint (value, state_units_get_default_timeout (self));
      break;
    case PROP_MAX_CONCURRENCY:
      g_value_set_uint (value, state_units_get_max_concurrency (self));
      break;
    case PROP_SLOW_TIME:
      g_value_set_uint (value, state_units_get_slow_time (self));
      break;
    case PROP_CURRENT_TRANSITION:
      g_value_set_object (value, state_units_get_current_transition (self));
      break;
    case PROP_LAST_TRANSITION:
      g_value_set_object (value, state_units_get_last_transition (self));
      break;
    case PROP_ALLOWED_OPERATIONS:
      g_value_set_flags (value, state_units_get_allowed_operations (self));
      break;
    case PROP_ITEM_TYPE:
      g_value_set_gtype (value, STATE_TYPE_UNIT_HANDLE);
      break;
    case PROP_N_ITEMS:
      g_value_set_uint (value, g_list_model_get_n_items (G_LIST_MODEL (self)));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
state_units_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  StateUnits *self = STATE_UNITS (object);

  switch ((StateUnitsProps) id)
    {
    case PROP_FAILURE_POLICY:
      state_units_set_failure_policy (self, g_value_get_enum (value));
      break;
    case PROP_DEFAULT_TIMEOUT:
      state_units_set_default_timeout (self, g_value_get_uint (value));
      break;
    case PROP_MAX_CONCURRENCY:
      state_units_set_max_concurrency (self, g_value_get_uint (value));
      break;
    case PROP_SLOW_TIME:
      state_units_set_slow_time (self, g_value_get_uint (value));
      break;
    case PROP_RUNNING:
    case PROP_CURRENT_TRANSITION:
    case PROP_LAST_TRANSITION:
    case PROP_ALLOWED_OPERATIONS:
    case PROP_ITEM_TYPE:
    case PROP_N_ITEMS:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
install_settings (GParamFlags flags)
{
  /**
   * StateUnits:failure-policy:
   *
   * What an operation does when a unit fails, unless its transition has a policy
   * of its own. A stop goes on past failures all the same.
   *
   * Since: 1.0
   */
  properties[PROP_FAILURE_POLICY] =
      g_param_spec_enum ("failure-policy", NULL, NULL, STATE_TYPE_FAILURE_POLICY,
                         STATE_FAILURE_POLICY_SKIP_DEPENDENTS, flags);

  /**
   * StateUnits:default-timeout:
   *
   * How long a unit may take to answer a request, in ms, from when it is asked;
   * 0 = as long as it wants. state_unit_builder_set_timeout() sets another time
   * for one unit. Not for inspect, and not for the operation as a whole:
   * state_transition_set_timeout().
   *
   * Since: 1.0
   */
  properties[PROP_DEFAULT_TIMEOUT] =
      g_param_spec_uint ("default-timeout", NULL, NULL, 0, G_MAXUINT, 0, flags);

  /**
   * StateUnits:max-concurrency:
   *
   * How many units may have a request at once; 0 = no limit. Places go first to
   * units on the longest way to the end, by the times that they took last. Not
   * counted: inspect, units given up on, and what units of a nested set are asked.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_CONCURRENCY] =
      g_param_spec_uint ("max-concurrency", NULL, NULL, 0, G_MAXUINT, 0, flags);

  /**
   * StateUnits:slow-time:
   *
   * How long a unit may be at work before #StateUnits::transition-slow tells of
   * it, and then again and again, in ms; 0 = for ever.
   *
   * Since: 1.0
   */
  properties[PROP_SLOW_TIME] =
      g_param_spec_uint ("slow-time", NULL, NULL, 0, G_MAXUINT, DEFAULT_SLOW_TIME, flags);
}

static void
install_properties (GObjectClass *object_class)
{
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  /**
   * StateUnits:running:
   *
   * Whether the set as a whole runs. It changes when a start or stop of the
   * whole set ends: %TRUE after a start, unless it did not succeed and nothing
   * may run; %FALSE after a stop, unless something may.
   *
   * Since: 1.0
   */
  properties[PROP_RUNNING] = g_param_spec_boolean ("running", NULL, NULL, FALSE, flags);

  /**
   * StateUnits:current-transition:
   *
   * The transition that is under way; %NULL when the set is at rest.
   *
   * Since: 1.0
   */
  properties[PROP_CURRENT_TRANSITION] =
      g_param_spec_object ("current-transition", NULL, NULL, STATE_TYPE_TRANSITION, flags);

  /**
   * StateUnits:last-transition:
   *
   * The last transition that began; it stays when it has ended.
   *
   * Since: 1.0
   */
  properties[PROP_LAST_TRANSITION] =
      g_param_spec_object ("last-transition", NULL, NULL, STATE_TYPE_TRANSITION, flags);

  /**
   * StateUnits:allowed-operations:
   *
   * The operations that would not be refused now.
   *
   * Since: 1.0
   */
  properties[PROP_ALLOWED_OPERATIONS] =
      g_param_spec_flags ("allowed-operations", NULL, NULL, STATE_TYPE_OPERATION_FLAGS,
                          STATE_OPERATION_FLAGS_NONE, flags);

  /**
   * StateUnits:item-type:
   *
   * The type of the items: #StateUnitHandle.
   *
   * Since: 1.0
   */
  properties[PROP_ITEM_TYPE] = g_param_spec_gtype ("item-type", NULL, NULL, G_TYPE_OBJECT, flags);

  /**
   * StateUnits:n-items:
   *
   * The number of units.
   *
   * Since: 1.0
   */
  properties[PROP_N_ITEMS] = g_param_spec_uint ("n-items", NULL, NULL, 0, G_MAXUINT, 0, flags);

  install_settings (flags | G_PARAM_READWRITE);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
install_signals (GType type)
{
  /**
   * StateUnits::unit-state-changed:
   * @self: the set
   * @handle: the unit's handle
   * @old_state: the state before
   * @new_state: the state now
   *
   * Emitted when the state of a unit has changed, after the notification of
   * #StateUnitHandle:state. It is not emitted as long as no handler is connected:
   * emission hooks alone (g_signal_add_emission_hook()) hear nothing of it.
   *
   * Since: 1.0
   */
  signals[SIGNAL_UNIT_STATE_CHANGED] =
      g_signal_new ("unit-state-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                    3, STATE_TYPE_UNIT_HANDLE, STATE_TYPE_UNIT_STATE, STATE_TYPE_UNIT_STATE);

  /**
   * StateUnits::transition-started:
   * @self: the set
   * @transition: the transition
   *
   * Emitted when a transition has begun, before any unit is asked. One that is
   * refused begins too, and ends at once. One that is cancelled in the queue is
   * not told of by this signal or #StateUnits::transition-finished.
   *
   * Since: 1.0
   */
  signals[SIGNAL_TRANSITION_STARTED] =
      g_signal_new ("transition-started", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                    1, STATE_TYPE_TRANSITION);

  /**
   * StateUnits::transition-finished:
   * @self: the set
   * @transition: the transition
   *
   * Emitted when a transition has ended, before its caller is called back.
   * #StateUnits:current-transition is %NULL by then.
   *
   * Since: 1.0
   */
  signals[SIGNAL_TRANSITION_FINISHED] =
      g_signal_new ("transition-finished", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 1, STATE_TYPE_TRANSITION);
}

static void
install_slow_signal (GType type)
{
  /**
   * StateUnits::transition-slow:
   * @self: the set
   * @transition: the transition
   * @step: the step of a unit that is waited for
   *
   * Emitted when a unit has been at work for #StateUnits:slow-time, and again each
   * time that much time has gone by.
   *
   * Since: 1.0
   */
  signals[SIGNAL_TRANSITION_SLOW] =
      g_signal_new ("transition-slow", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                    STATE_TYPE_TRANSITION, STATE_TYPE_TRANSITION_STEP);
}

static void
state_units_class_init (StateUnitsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  state_listeners_learn ();
  object_class->dispose = state_units_dispose;
  object_class->finalize = state_units_finalize;
  object_class->get_property = state_units_get_property;
  object_class->set_property = state_units_set_property;
  install_properties (object_class);
  install_signals (G_TYPE_FROM_CLASS (klass));
  install_slow_signal (G_TYPE_FROM_CLASS (klass));
}

static void
state_units_init (StateUnits *self)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();

  self->dispatcher = state_dispatcher_new (context, state_units_pump, self);
  self->graph = state_graph_new ();
  state_positions_init (&self->positions);
  self->handles = g_ptr_array_new ();
  self->dispatchers = g_hash_table_new (NULL, NULL);
  self->gone = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_queue_init (&self->queue);
  self->slow_time = DEFAULT_SLOW_TIME;
  self->standing = g_ptr_array_new_with_free_func (g_object_unref);
  self->found = g_ptr_array_new_with_free_func (g_object_unref);
  self->told_allowed = state_rules_allowed_for_all (self->graph);
}

/* The list */

static GType
get_item_type (GListModel *list)
{
  return STATE_TYPE_UNIT_HANDLE;
}

static guint
get_n_items (GListModel *list)
{
  StateUnits *self = STATE_UNITS (list);

  state_return_val_if_not_here (self->dispatcher, 0);

  return self->graph->n_alive;
}

static gpointer
get_item (GListModel *list, guint position)
{
  StateUnits *self = STATE_UNITS (list);

  state_return_val_if_not_here (self->dispatcher, NULL);

  if (position >= self->graph->n_alive)
    return NULL;
  return g_object_ref (
      state_units_get_handle (self, state_positions_select (&self->positions, position)));
}

static void
list_model_iface_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

/* Telling, for the other parts of the set */

/* Whether anybody listens to what state_units_emit_state_changed() emits. */
gboolean
state_units_is_heard (StateUnits *self)
{
  return g_signal_has_handler_pending (self, signals[SIGNAL_UNIT_STATE_CHANGED], 0, FALSE);
}

void
state_units_emit_state_changed (StateUnits *self,
                                StateUnitHandle *handle,
                                StateUnitState old_state,
                                StateUnitState new_state)
{
  g_signal_emit (self, signals[SIGNAL_UNIT_STATE_CHANGED], 0, handle, old_state, new_state);
}

void
state_units_emit_started (StateUnits *self, StateTransition *transition)
{
  g_signal_emit (self, signals[SIGNAL_TRANSITION_STARTED], 0, transition);
}

void
state_units_emit_finished (StateUnits *self, StateTransition *transition)
{
  g_signal_emit (self, signals[SIGNAL_TRANSITION_FINISHED], 0, transition);
}

void
state_units_emit_slow (StateUnits *self, StateTransition *transition, StateTransitionStep *step)
{
  g_signal_emit (self, signals[SIGNAL_TRANSITION_SLOW], 0, transition, step);
}

void
state_units_set_running (StateUnits *self, gboolean running)
{
  if (self->running == running)
    return;
  self->running = running;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_RUNNING]);
}

/* The current transition has begun or ended. */
void
state_units_notify_transitions (StateUnits *self)
{
  state_listeners_notify (self, properties[PROP_CURRENT_TRANSITION]);
  if (self->current != NULL)
    state_listeners_notify (self, properties[PROP_LAST_TRANSITION]);
}

void
state_units_notify_n_items (StateUnits *self)
{
  state_listeners_notify (self, properties[PROP_N_ITEMS]);
}

/* Units that are like those there were before change nothing. */
void
state_units_notify_allowed (StateUnits *self)
{
  guint32 classes = state_rules_classes_of_all (self->graph);
  StateOperationFlags allowed;

  if (self->told_classes == classes)
    return;
  self->told_classes = classes;
  allowed = state_rules_allowed_for_all (self->graph);
  if (self->told_allowed == allowed)
    return;
  self->told_allowed = allowed;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ALLOWED_OPERATIONS]);
}

/* Making and filling */

/**
 * state_units_new:
 *
 * Makes a set without units, which belongs to the thread-default main context.
 *
 * Returns: (transfer full): the set
 *
 * Since: 1.0
 */
StateUnits *
state_units_new (void)
{
  return g_object_new (STATE_TYPE_UNITS, NULL);
}

/**
 * state_units_add:
 * @self: a set
 * @name: the name of the unit: UTF-8, not empty, without empty parts between `/`
 *
 * Begins to add a unit: nothing changes until state_unit_builder_build(), which
 * also checks the name.
 *
 * Returns: (transfer full): a builder
 *
 * Since: 1.0
 */
StateUnitBuilder *
state_units_add (StateUnits *self, const char *name)
{
  g_return_val_if_fail (STATE_IS_UNITS (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);
  state_return_val_if_not_here (self->dispatcher, NULL);

  return state_unit_builder_new (self, name);
}

/**
 * state_units_add_unit:
 * @self: a set
 * @name: the name of the unit
 * @unit: (nullable): the unit; %NULL = a point of order that answers at once
 * @depends_on: (nullable) (array zero-terminated=1): the names of the units that
 *   it depends on
 * @error: return location for an error
 *
 * Adds a unit in one call. A new unit is stopped, whatever the others are.
 *
 * Errors: %STATE_ERROR_UNKNOWN_UNIT when there is no unit of a name in
 * @depends_on, and those of state_unit_builder_build().
 *
 * Returns: (transfer none) (nullable): the handle, owned by the set; %NULL with
 *   an error, and then nothing has changed
 *
 * Since: 1.0
 */
StateUnitHandle *
state_units_add_unit (StateUnits *self,
                      const char *name,
                      StateUnit *unit,
                      const char *const *depends_on,
                      GError **error)
{
  g_autoptr (StateUnitBuilder) builder = NULL;

  g_return_val_if_fail (STATE_IS_UNITS (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (unit == NULL || STATE_IS_UNIT (unit), NULL);
  state_return_val_if_not_here (self->dispatcher, NULL);

  builder = state_unit_builder_new (self, name);
  for (gsize i = 0; depends_on != NULL && depends_on[i] != NULL; i++)
    {
      StateUnitHandle *handle = state_units_lookup (self, depends_on[i]);

      if (handle == NULL)
        {
          g_set_error (error, STATE_ERROR, STATE_ERROR_UNKNOWN_UNIT,
                       "unit %s depends on %s: unknown unit name; add that one first", name,
                       depends_on[i]);
          return NULL;
        }
      state_unit_builder_depends_on (builder, handle);
    }
  return state_unit_builder_build (g_steal_pointer (&builder), unit, error);
}

/**
 * state_units_lookup:
 * @self: a set
 * @name: a name; aliases do not count
 *
 * Finds a unit by its name.
 *
 * Returns: (transfer none) (nullable): the handle, owned by the set; %NULL: none
 *
 * Since: 1.0
 */
StateUnitHandle *
state_units_lookup (StateUnits *self, const char *name)
{
  StateUnitHandle *handle;

  g_return_val_if_fail (STATE_IS_UNITS (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);
  state_return_val_if_not_here (self->dispatcher, NULL);

  handle = state_units_find (self, name);
  return handle != NULL && g_str_equal (handle->name, name) ? handle : NULL;
}

/* Properties */

/**
 * state_units_is_running:
 * @self: a set
 *
 * Gets #StateUnits:running.
 *
 * Returns: whether the set as a whole runs
 *
 * Since: 1.0
 */
gboolean
state_units_is_running (StateUnits *self)
{
  g_return_val_if_fail (STATE_IS_UNITS (self), FALSE);
  state_return_val_if_not_here (self->dispatcher, FALSE);

  return self->running;
}

/**
 * state_units_get_main_context:
 * @self: a set
 *
 * Gets the main context that the set belongs to. Any thread.
 *
 * Returns: (transfer none): the context
 *
 * Since: 1.0
 */
GMainContext *
state_units_get_main_context (StateUnits *self)
{
  g_return_val_if_fail (STATE_IS_UNITS (self), NULL);

  return state_dispatcher_get_context (self->dispatcher);
}

/**
 * state_units_get_failure_policy:
 * @self: a set
 *
 * Gets #StateUnits:failure-policy.
 *
 * Returns: the policy
 *
 * Since: 1.0
 */
StateFailurePolicy
state_units_get_failure_policy (StateUnits *self)
{
  g_return_val_if_fail (STATE_IS_UNITS (self), STATE_FAILURE_POLICY_SKIP_DEPENDENTS);
  state_return_val_if_not_here (self->dispatcher, STATE_FAILURE_POLICY_SKIP_DEPENDENTS);

  return self->failure_policy;
}

/**
 * state_units_set_failure_policy:
 * @self: a set
 * @policy: what to do when a unit fails
 *
 * Sets #StateUnits:failure-policy. A transition that has begun goes on with what was set
 * when it began.
 *
 * Since: 1.0
 */
void
state_units_set_failure_policy (StateUnits *self, StateFailurePolicy policy)
{
  g_return_if_fail (STATE_IS_UNITS (self));
  g_return_if_fail (policy <= STATE_FAILURE_POLICY_KEEP_GOING);
  state_return_if_not_here (self->dispatcher);

  if (self->failure_policy == policy)
    return;
  self->failure_policy = policy;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FAILURE_POLICY]);
}

/**
 * state_units_get_default_timeout:
 * @self: a set
 *
 * Gets #StateUnits:default-timeout.
 *
 * Returns: the time, in ms; 0: none
 *
 * Since: 1.0
 */
guint
state_units_get_default_timeout (StateUnits *self)
{
  g_return_val_if_fail (STATE_IS_UNITS (self), 0);
  state_return_val_if_not_here (self->dispatcher, 0);

  return self->default_timeout;
}

/**
 * state_units_set_default_timeout:
 * @self: a set
 * @ms: the time, in ms; 0 = none
 *
 * Sets #StateUnits:default-timeout. A transition that has begun goes on with what was set
 * when it began.
 *
 * Since: 1.0
 */
void
state_units_set_default_timeout (StateUnits *self, guint ms)
{
  g_return_if_fail (STATE_IS_UNITS (self));
  state_return_if_not_here (self->dispatcher);

  if (self->default_timeout == ms)
    return;
  self->default_timeout = ms;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DEFAULT_TIMEOUT]);
}

/**
 * state_units_get_max_concurrency:
 * @self: a set
 *
 * Gets #StateUnits:max-concurrency.
 *
 * Returns: the number; 0: no limit
 *
 * Since: 1.0
 */
guint
state_units_get_max_concurrency (StateUnits *self)
{
  g_return_val_if_fail (STATE_IS_UNITS (self), 0);
  state_return_val_if_not_here (self->dispatcher, 0);

  return self->max_concurrency;
}

/**
 * state_units_set_max_concurrency:
 * @self: a set
 * @n: how many; 0 = no limit
 *
 * Sets #StateUnits:max-concurrency. A transition that has begun goes on with what was set
 * when it began.
 *
 * Since: 1.0
 */
void
state_units_set_max_concurrency (StateUnits *self, guint n)
{
  g_return_if_fail (STATE_IS_UNITS (self));
  state_return_if_not_here (self->dispatcher);

  if (self->max_concurrency == n)
    return;
  self->max_concurrency = n;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_CONCURRENCY]);
}

/**
 * state_units_get_slow_time:
 * @self: a set
 *
 * Gets #StateUnits:slow-time.
 *
 * Returns: the time, in ms; 0: never
 *
 * Since: 1.0
 */
guint
state_units_get_slow_time (StateUnits *self)
{
  g_return_val_if_fail (STATE_IS_UNITS (self), 0);
  state_return_val_if_not_here (self->dispatcher, 0);

  return self->slow_time;
}

/**
 * state_units_set_slow_time:
 * @self: a set
 * @ms: the time, in ms; 0 = never
 *
 * Sets #StateUnits:slow-time. A transition that has begun takes the new time when it
 * next looks, once the old one is over: never, when that was 0.
 *
 * Since: 1.0
 */
void
state_units_set_slow_time (StateUnits *self, guint ms)
{
  g_return_if_fail (STATE_IS_UNITS (self));
  state_return_if_not_here (self->dispatcher);

  if (self->slow_time == ms)
    return;
  self->slow_time = ms;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SLOW_TIME]);
}

/**
 * state_units_get_current_transition:
 * @self: a set
 *
 * Gets #StateUnits:current-transition.
 *
 * Returns: (transfer none) (nullable): the transition
 *
 * Since: 1.0
 */
StateTransition *
state_units_get_current_transition (StateUnits *self)
{
  g_return_val_if_fail (STATE_IS_UNITS (self), NULL);
  state_return_val_if_not_here (self->dispatcher, NULL);

  return self->current;
}

/**
 * state_units_get_last_transition:
 * @self: a set
 *
 * Gets #StateUnits:last-transition.
 *
 * Returns: (transfer none) (nullable): the transition
 *
 * Since: 1.0
 */
StateTransition *
state_units_get_last_transition (StateUnits *self)
{
  g_return_val_if_fail (STATE_IS_UNITS (self), NULL);
  state_return_val_if_not_here (self->dispatcher, NULL);

  return self->last;
}

/**
 * state_units_get_allowed_operations:
 * @self: a set
 *
 * Gets #StateUnits:allowed-operations.
 *
 * Returns: the operations
 *
 * Since: 1.0
 */
StateOperationFlags
state_units_get_allowed_operations (StateUnits *self)
{
  g_return_val_if_fail (STATE_IS_UNITS (self), STATE_OPERATION_FLAGS_NONE);
  state_return_val_if_not_here (self->dispatcher, STATE_OPERATION_FLAGS_NONE);

  return state_rules_allowed_for_all (self->graph);
}
