/* SPDX-License-Identifier: MIT */

#include "state-unit-handle-private.h"

#include "state-error.h"
#include "state-lifetime-private.h"
#include "state-listeners-private.h"
#include "state-queue-private.h"
#include "state-request-private.h"
#include "state-task-private.h"
#include "state-thread-private.h"
#include "state-transition-private.h"
#include "state-unit-private.h"
#include "state-units-private.h"

/**
 * SECTION:state-unit-handle
 * @title: StateUnitHandle
 * @short_description: one unit's place in a set
 *
 * See #StateUnitHandle.
 */

/**
 * StateUnitHandle:
 *
 * One unit's place in a #StateUnits: its name, its state, what it depends on.
 *
 * Handles are made by state_unit_builder_build() and its sisters, and owned by
 * the set. A handle lets go of its unit when the unit leaves the set
 * (state_unit_handle_discard(), state_unit_handle_remove_async()), or when the
 * set ends; what is left of it then is the name, and the state that the unit
 * had last.
 *
 * A handle belongs to the main context of its set: called in another thread,
 * its functions are criticals and do nothing. state_unit_handle_get_name() may
 * be called anywhere.
 *
 * Since: 1.0
 */

typedef enum
{
  PROP_NAME = 1,
  PROP_UNIT,
  PROP_UNITS,
  PROP_STATE,
  PROP_ALLOWED_OPERATIONS,
  PROP_DEPENDENCIES,
  PROP_DEPENDENTS,
  PROP_ERROR
} StateUnitHandleProps;

static GParamSpec *properties[PROP_ERROR + 1];

static const StateUnitExtras no_extras;

G_DEFINE_FINAL_TYPE (StateUnitHandle, state_unit_handle, G_TYPE_OBJECT)

static void
state_unit_handle_finalize (GObject *object)
{
  StateUnitHandle *self = STATE_UNIT_HANDLE (object);

  g_clear_object (&self->unit);
  if (self->dispatcher != self->home)
    state_dispatcher_unref (self->dispatcher);
  g_clear_pointer (&self->home, state_dispatcher_unref);
  g_clear_error (&self->error);
  if (self->extras != &no_extras)
    {
      g_strfreev (self->extras->aliases);
      g_free (self->extras->timeouts);
      g_free ((gpointer) self->extras);
    }
  if (self->name != self->short_name)
    g_free (self->name);
  G_OBJECT_CLASS (state_unit_handle_parent_class)->finalize (object);
}

static void
state_unit_handle_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StateUnitHandle *self = STATE_UNIT_HANDLE (object);

  switch ((StateUnitHandleProps) id)
    {
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_UNIT:
      g_value_set_object (value, state_unit_handle_get_unit (self));
      break;
    case PROP_UNITS:
      g_value_set_object (value, state_unit_handle_get_units (self));
      break;
    case PROP_STATE:
      g_value_set_enum (value, state_unit_handle_get_state (self));
      break;
    case PROP_ALLOWED_OPERATIONS:
      g_value_set_flags (value, state_unit_handle_get_allowed_operations (self));
      break;
    case PROP_DEPENDENCIES:
      g_value_take_boxed (value, state_unit_handle_get_dependencies (self));
      break;
    case PROP_DEPENDENTS:
      g_value_take_boxed (value, state_unit_handle_get_dependents (self));
      break;
    case PROP_ERROR:
      g_value_set_boxed (value, state_unit_handle_get_error (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

/* GObject calls this only when there are handlers, of whatever property, and before
 * them. Not the class's own notify (), for the sake of which it would always go the long
 * way. */
static void
state_unit_handle_notified (StateUnitHandle *self, GParamSpec *pspec)
{
  StateUnitHandle **heard = self->units != NULL ? self->units->heard_handle : NULL;

  if (heard != NULL && *heard == NULL)
    *heard = g_object_ref (self);
}

static void
state_unit_handle_class_init (StateUnitHandleClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  state_listeners_learn ();
  object_class->finalize = state_unit_handle_finalize;
  object_class->get_property = state_unit_handle_get_property;

  /**
   * StateUnitHandle:name:
   *
   * The name of the unit in the set; it never changes.
   *
   * Since: 1.0
   */
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags);

  /**
   * StateUnitHandle:unit:
   *
   * The unit; %NULL for a point of order or a receiver, and once it has left.
   *
   * Since: 1.0
   */
  properties[PROP_UNIT] = g_param_spec_object ("unit", NULL, NULL, STATE_TYPE_UNIT, flags);

  /**
   * StateUnitHandle:units:
   *
   * The set, held weakly; %NULL once the unit has left it.
   *
   * Since: 1.0
   */
  properties[PROP_UNITS] = g_param_spec_object ("units", NULL, NULL, STATE_TYPE_UNITS, flags);

  /**
   * StateUnitHandle:state:
   *
   * The state of the unit.
   *
   * Since: 1.0
   */
  properties[PROP_STATE] = g_param_spec_enum ("state", NULL, NULL, STATE_TYPE_UNIT_STATE,
                                              STATE_UNIT_STATE_STOPPED, flags);

  /**
   * StateUnitHandle:allowed-operations:
   *
   * The operations that would not be refused now because of this unit.
   *
   * Since: 1.0
   */
  properties[PROP_ALLOWED_OPERATIONS] =
      g_param_spec_flags ("allowed-operations", NULL, NULL, STATE_TYPE_OPERATION_FLAGS,
                          STATE_OPERATION_FLAGS_NONE, flags);

  /**
   * StateUnitHandle:dependencies:
   *
   * The names of the units that this one depends on, in the order in which they
   * were added.
   *
   * Since: 1.0
   */
  properties[PROP_DEPENDENCIES] =
      g_param_spec_boxed ("dependencies", NULL, NULL, G_TYPE_STRV, flags);

  /**
   * StateUnitHandle:dependents:
   *
   * The names of the units that depend on this one, in the order in which they
   * were added.
   *
   * Since: 1.0
   */
  properties[PROP_DEPENDENTS] = g_param_spec_boxed ("dependents", NULL, NULL, G_TYPE_STRV, flags);

  /**
   * StateUnitHandle:error:
   *
   * Why the unit is failed or lost; %NULL in the other states.
   *
   * Since: 1.0
   */
  properties[PROP_ERROR] = g_param_spec_boxed ("error", NULL, NULL, G_TYPE_ERROR, flags);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
  g_signal_override_class_handler ("notify", STATE_TYPE_UNIT_HANDLE,
                                   G_CALLBACK (state_unit_handle_notified));
}

static void
state_unit_handle_init (StateUnitHandle *self)
{
  self->node = STATE_NODE_NONE;
  self->extras = &no_extras;
}

/* For the set */

/* To be written. */
StateUnitExtras *
state_unit_handle_own_extras (StateUnitHandle *self)
{
  if (self->extras == &no_extras)
    self->extras = g_new0 (StateUnitExtras, 1);
  return (StateUnitExtras *) self->extras;
}

static GQuark
handle_quark (void)
{
  return g_quark_from_static_string ("state-unit-handle");
}

static gpointer
ref_handle (gpointer handle, gpointer unused)
{
  return handle != NULL ? g_object_ref (handle) : NULL;
}

/* The handle of the set that the unit is in, from any thread. */
StateUnitHandle *
state_unit_handle_of_unit (StateUnit *unit)
{
  return g_object_dup_qdata (G_OBJECT (unit), handle_quark (), ref_handle, NULL);
}

/* Which set is in which one: a set that another thread puts into the first must not
 * slip through the check. */
static GMutex nesting_lock;

/* With the lock held: a container has not ended as long as the handle names it. */
static gboolean
is_within (StateUnits *units, gpointer other)
{
  while (units != NULL && (gpointer) units != other)
    {
      g_autoptr (StateUnitHandle) handle = state_unit_handle_of_unit (STATE_UNIT (units));

      units = handle != NULL ? handle->extras->container : NULL;
    }
  return units != NULL;
}

static gboolean
claim (StateUnitHandle *self, GError **error)
{
  GObject *object = (GObject *) self->unit;

  if (g_datalist_id_replace_data (&object->qdata, handle_quark (), NULL, self, NULL, NULL))
    return TRUE;
  g_set_error (error, STATE_ERROR, STATE_ERROR_UNIT_IN_USE,
               "unit %s is in use: it is in a set already", self->name);
  return FALSE;
}

static gboolean
claim_set_locked (StateUnitHandle *self, StateUnits *units, GError **error)
{
  if (is_within (units, self->unit))
    {
      g_set_error (error, STATE_ERROR, STATE_ERROR_CYCLE,
                   "unit %s: a set cannot be a unit inside itself", self->name);
      return FALSE;
    }
  state_unit_handle_own_extras (self)->container = units;
  if (claim (self, error))
    return TRUE;
  state_unit_handle_own_extras (self)->container = NULL;
  return FALSE;
}

static void
unclaim (StateUnitHandle *self, StateUnit *unit)
{
  GObject *object = (GObject *) unit;

  g_datalist_id_replace_data (&object->qdata, handle_quark (), self, NULL, NULL, NULL);
}

static void
unclaim_unit (StateUnitHandle *self, StateUnit *unit)
{
  if (!state_unit_is_set (unit))
    {
      unclaim (self, unit);
      return;
    }
  g_mutex_lock (&nesting_lock);
  state_unit_handle_own_extras (self)->container = NULL;
  unclaim (self, unit);
  g_mutex_unlock (&nesting_lock);
}

/* A unit is in one set at a time, and a set is not in itself. From then on other
 * threads may find the handle. */
gboolean
state_unit_handle_claim_unit (StateUnitHandle *self, StateUnits *units, GError **error)
{
  gboolean claimed;

  if (!state_unit_is_set (self->unit))
    return claim (self, error);
  g_mutex_lock (&nesting_lock);
  claimed = claim_set_locked (self, units, error);
  g_mutex_unlock (&nesting_lock);
  return claimed;
}

/* Where the unit's functions are called; from any thread. */
StateDispatcher *
state_unit_handle_get_dispatcher (StateUnitHandle *self)
{
  return self->dispatcher;
}

gboolean
state_unit_handle_has_left (StateUnitHandle *self)
{
  return g_atomic_int_get (&self->left);
}

/* Where the unit's functions are called. */
GMainContext *
state_unit_handle_get_context (StateUnitHandle *self)
{
  return state_dispatcher_get_context (self->dispatcher);
}

/* How long the unit may take, in ms; 0: as long as it wants. */
guint
state_unit_handle_get_timeout (StateUnitHandle *self,
                               StateOperation operation,
                               guint default_timeout)
{
  if (self->extras->timeouts != NULL && self->extras->timeouts[operation] != G_MAXUINT)
    return self->extras->timeouts[operation];
  return default_timeout;
}

/* Heard of with the state that it belongs to. */
void
state_unit_handle_take_error (StateUnitHandle *self, GError *error)
{
  self->error_changed |= self->error != error;
  g_clear_error (&self->error);
  self->error = error;
}

/* Returns: (nullable): the handle, held, if somebody listens, who has been called; else
 * nobody has, and it is as it was. As long as notifications are frozen, those who listen
 * are called later, and of all that has changed. The caller holds the set. */
StateUnitHandle *
state_unit_handle_notify_state (StateUnitHandle *self)
{
  StateUnits *units = self->units;
  StateUnitHandle **outer = units->heard_handle;
  StateUnitHandle *heard = NULL;

  units->heard_handle = &heard;
  g_object_notify_by_pspec ((GObject *) self, properties[PROP_STATE]);
  units->heard_handle = outer;
  g_object_notify_by_pspec ((GObject *) self, properties[PROP_ALLOWED_OPERATIONS]);
  if (self->error_changed)
    g_object_notify_by_pspec ((GObject *) self, properties[PROP_ERROR]);
  self->error_changed = FALSE;
  return heard;
}

/* It is in the set no more; nobody has been told. */
void
state_unit_handle_detach (StateUnitHandle *self, StateUnitState last_state)
{
  g_atomic_int_set (&self->left, TRUE);
  self->units = NULL;
  self->node = STATE_NODE_NONE;
  self->last_state = last_state;
}

/* Lets go of the unit, and tells. */
void
state_unit_handle_leave (StateUnitHandle *self)
{
  g_autoptr (StateUnit) unit = g_steal_pointer (&self->unit);

  self->request = NULL;
  if (self->extras != &no_extras)
    {
      StateUnitExtras *extras = state_unit_handle_own_extras (self);

      g_clear_pointer (&extras->lifetime, state_lifetime_free);
      g_clear_pointer (&extras->thread, state_thread_unref);
    }
  if (unit != NULL)
    unclaim_unit (self, unit);
  if (unit != NULL && G_TYPE_FROM_INSTANCE (unit) == STATE_TYPE_QUEUE)
    state_queue_close (STATE_QUEUE (unit));

  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_UNIT]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_UNITS]);
}

/* Events from any thread */

typedef struct
{
  StateMessage message;
  StateUnitHandle *handle;
  StateEvent event;
  GError *error;
} EventMessage;

static void
event_free (StateMessage *message)
{
  EventMessage *event = (EventMessage *) message;

  g_object_unref (event->handle);
  g_clear_error (&event->error);
  g_free (event);
}

static void
event_arrives (StateMessage *message)
{
  EventMessage *event = (EventMessage *) message;

  if (event->handle->units != NULL)
    state_units_handle_event (event->handle->units, event->handle, event->event, event->error);
  event_free (message);
}

void
state_unit_handle_post_event (StateUnitHandle *self, StateEvent event, const GError *error)
{
  EventMessage *message = g_new0 (EventMessage, 1);

  message->message.handle = event_arrives;
  message->message.discard = event_free;
  message->handle = g_object_ref (self);
  message->event = event;
  message->error = error != NULL ? g_error_copy (error) : NULL;
  if (state_dispatcher_is_here (self->home) && state_dispatcher_is_idle (self->home))
    event_arrives (&message->message);
  else
    state_dispatcher_post (self->home, &message->message);
}

/* Properties */

/**
 * state_unit_handle_get_name:
 * @self: a handle
 *
 * Gets #StateUnitHandle:name. Any thread.
 *
 * Returns: (transfer none) (nullable): the name; %NULL for a handle that no set
 *   made
 *
 * Since: 1.0
 */
const char *
state_unit_handle_get_name (StateUnitHandle *self)
{
  g_return_val_if_fail (STATE_IS_UNIT_HANDLE (self), NULL);

  return self->name;
}

/**
 * state_unit_handle_get_unit:
 * @self: a handle
 *
 * Gets #StateUnitHandle:unit.
 *
 * Returns: (transfer none) (nullable): the unit
 *
 * Since: 1.0
 */
StateUnit *
state_unit_handle_get_unit (StateUnitHandle *self)
{
  g_return_val_if_fail (STATE_IS_UNIT_HANDLE (self), NULL);
  state_return_val_if_not_here (self->home, NULL);

  return self->unit != NULL && !STATE_IS_QUEUE (self->unit) ? self->unit : NULL;
}

/**
 * state_unit_handle_get_units:
 * @self: a handle
 *
 * Gets #StateUnitHandle:units.
 *
 * Returns: (transfer none) (nullable): the set
 *
 * Since: 1.0
 */
StateUnits *
state_unit_handle_get_units (StateUnitHandle *self)
{
  g_return_val_if_fail (STATE_IS_UNIT_HANDLE (self), NULL);
  state_return_val_if_not_here (self->home, NULL);

  return self->units;
}

/**
 * state_unit_handle_get_state:
 * @self: a handle
 *
 * Gets #StateUnitHandle:state. Once the unit has left the set it is the state
 * that the unit had last.
 *
 * Returns: the state
 *
 * Since: 1.0
 */
StateUnitState
state_unit_handle_get_state (StateUnitHandle *self)
{
  g_return_val_if_fail (STATE_IS_UNIT_HANDLE (self), STATE_UNIT_STATE_STOPPED);
  state_return_val_if_not_here (self->home, STATE_UNIT_STATE_STOPPED);

  if (self->units == NULL)
    return self->last_state;
  return state_units_get_graph (self->units)->nodes[self->node].state;
}

/**
 * state_unit_handle_get_allowed_operations:
 * @self: a handle
 *
 * Gets #StateUnitHandle:allowed-operations.
 *
 * Returns: the operations; none once the unit has left the set
 *
 * Since: 1.0
 */
StateOperationFlags
state_unit_handle_get_allowed_operations (StateUnitHandle *self)
{
  g_return_val_if_fail (STATE_IS_UNIT_HANDLE (self), STATE_OPERATION_FLAGS_NONE);
  state_return_val_if_not_here (self->home, STATE_OPERATION_FLAGS_NONE);

  if (self->units == NULL)
    return STATE_OPERATION_FLAGS_NONE;
  return state_rules_allowed (&state_units_get_graph (self->units)->nodes[self->node]);
}

/**
 * state_unit_handle_get_dependencies:
 * @self: a handle
 *
 * Gets #StateUnitHandle:dependencies.
 *
 * Returns: (transfer full) (array zero-terminated=1): the names; free with
 *   g_strfreev()
 *
 * Since: 1.0
 */
char **
state_unit_handle_get_dependencies (StateUnitHandle *self)
{
  g_return_val_if_fail (STATE_IS_UNIT_HANDLE (self), NULL);
  state_return_val_if_not_here (self->home, NULL);

  if (self->units == NULL)
    return g_new0 (char *, 1);
  return state_units_dup_neighbours (self->units, self->node, FALSE);
}

/**
 * state_unit_handle_get_dependents:
 * @self: a handle
 *
 * Gets #StateUnitHandle:dependents.
 *
 * Returns: (transfer full) (array zero-terminated=1): the names; free with
 *   g_strfreev()
 *
 * Since: 1.0
 */
char **
state_unit_handle_get_dependents (StateUnitHandle *self)
{
  g_return_val_if_fail (STATE_IS_UNIT_HANDLE (self), NULL);
  state_return_val_if_not_here (self->home, NULL);

  if (self->units == NULL)
    return g_new0 (char *, 1);
  return state_units_dup_neighbours (self->units, self->node, TRUE);
}

/**
 * state_unit_handle_get_error:
 * @self: a handle
 *
 * Gets #StateUnitHandle:error.
 *
 * Returns: (transfer none) (nullable): the error, until the state changes
 *
 * Since: 1.0
 */
const GError *
state_unit_handle_get_error (StateUnitHandle *self)
{
  g_return_val_if_fail (STATE_IS_UNIT_HANDLE (self), NULL);
  state_return_val_if_not_here (self->home, NULL);

  return self->error;
}

/* Leaving the set */

/**
 * state_unit_handle_discard:
 * @self: a handle
 *
 * Takes the unit out of the set at once, without asking it: it is not stopped.
 * Its edges go with it. If a transition is under way, the unit's step ends with
 * %STATE_STEP_OUTCOME_REMOVED, it receives nothing more, and an answer that
 * comes later is ignored; a restore that had a state for it fails. Does nothing
 * if the unit has left.
 *
 * Since: 1.0
 */
void
state_unit_handle_discard (StateUnitHandle *self)
{
  g_return_if_fail (STATE_IS_UNIT_HANDLE (self));
  state_return_if_not_here (self->home);

  if (self->units != NULL)
    state_units_discard (self->units, self);
}

/**
 * state_unit_handle_remove_async:
 * @self: a handle
 * @cancellable: (nullable): a cancellable; cancelling it before the unit has stopped
 *   leaves the unit in the set, unless it stops all the same
 * @callback: (scope async) (closure user_data): called in the thread-default
 *   main context of the caller when the unit has left, or stays
 * @user_data: data for @callback
 *
 * Stops the unit, and the units that require it before it, if they run; then
 * takes it out of the set. This waits for the operations asked for before it.
 * The dependents stay in the set, and stay stopped:
 * state_units_start_stopped_units_async() brings back those that can do
 * without it.
 *
 * Since: 1.0
 */
void
state_unit_handle_remove_async (StateUnitHandle *self,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (STATE_IS_UNIT_HANDLE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));
  state_return_if_not_here (self->home);

  task = g_task_new (self, cancellable, callback, user_data);
  state_task_set_tag (task, state_unit_handle_remove_async);
  g_task_set_check_cancellable (task, FALSE);
  if (self->units == NULL)
    g_task_return_new_error (task, STATE_ERROR, STATE_ERROR_REMOVED,
                             "unit %s is not in a set any more",
                             self->name != NULL ? self->name : "without a name");
  else
    state_transition_launch_removal (self->units, self, task);
}

/**
 * state_unit_handle_remove_finish:
 * @self: a handle
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_unit_handle_remove_async().
 *
 * Errors: %STATE_ERROR_TRANSITION_FAILED when a unit did not stop, and
 * %G_IO_ERROR_CANCELLED when it was cancelled: the unit stays in the set;
 * %STATE_ERROR_REMOVED when the unit had left already.
 *
 * Returns: (transfer full) (nullable): the unit; %NULL without an error for a
 *   handle that had none
 *
 * Since: 1.0
 */
StateUnit *
state_unit_handle_remove_finish (StateUnitHandle *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (STATE_IS_UNIT_HANDLE (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, state_unit_handle_remove_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
