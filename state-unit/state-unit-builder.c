/* SPDX-License-Identifier: MIT */

#include "state-unit-builder-private.h"

#include "state-dependencies-private.h"
#include "state-error.h"
#include "state-lifetime-private.h"
#include "state-listeners-private.h"
#include "state-name-private.h"
#include "state-queue-private.h"
#include "state-thread-private.h"
#include "state-units-private.h"

#include <string.h>

/**
 * SECTION:state-unit-builder
 * @title: StateUnitBuilder
 * @short_description: adds a unit to a set
 *
 * See #StateUnitBuilder.
 */

/**
 * StateUnitBuilder:
 *
 * Adds a unit to a #StateUnits. state_units_add() returns a builder; its setters
 * return it again, so that calls chain; state_unit_builder_build(),
 * state_unit_builder_spawn() or state_unit_builder_build_receiver() consumes it.
 *
 * Building is all or nothing: with an error, the set is as it was.
 *
 * |[<!-- language="C" -->
 * StateUnitBuilder *builder = state_units_add (units, "disk");
 *
 * state_unit_builder_depends_on (builder, clock);
 * state_unit_builder_add_alias (builder, "hd0");
 * disk = state_unit_builder_build (builder, STATE_UNIT (unit), &error);
 * ]|
 *
 * A builder belongs to the main context of its set.
 *
 * Since: 1.0
 */

/* The operations for which an ordinary dependency counts. Saving and finishing to
 * restore observe nothing of the others, and go in any order. */
#define ORDERED_OPERATIONS                                                                  \
  (STATE_OPERATION_FLAGS_START | STATE_OPERATION_FLAGS_STOP | STATE_OPERATION_FLAGS_RESET | \
   STATE_OPERATION_FLAGS_RESTORE)

struct _StateUnitBuilder
{
  GObject parent_instance;

  StateUnits *units;
  gconstpointer thread; /* that it was made on, in the context of the set */
  gint is_open;         /* atomic: the set knows that it has borrowed handles */
  char *name;
  char short_name[STATE_SHORT_NAME];
  StateNameFacts facts; /* of the name */
  StateDependencies dependencies;
  StateDependencies dependents;
  GMainContext *context;
  GPtrArray *aliases; /* nullable */
  GObject *owner;
  guint *timeouts; /* nullable: by operation, in ms; G_MAXUINT: the set's */
  gboolean has_version;
  guint version;
  guint oldest_version;
  gboolean is_built;
};

G_DEFINE_FINAL_TYPE (StateUnitBuilder, state_unit_builder, G_TYPE_OBJECT)

/* In the set's context, before a handle leaves: from now on, the builder holds those
 * that it was given, and the set needs not think of it. */
void
state_unit_builder_keep_handles (StateUnitBuilder *self)
{
  state_dependencies_keep (&self->dependencies);
  state_dependencies_keep (&self->dependents);
  self->units->open_builder = NULL;
  g_atomic_int_set (&self->is_open, FALSE);
}

typedef struct
{
  StateMessage message;
  StateUnitBuilder *builder;
} AbandonMessage;

static void
abandoned (StateMessage *message)
{
  g_object_unref (((AbandonMessage *) message)->builder);
  g_free (message);
}

/* It was never built. If the last reference goes in another thread, it ends in the set's
 * context all the same: returns whether it ends here. */
static gboolean
abandon (StateUnitBuilder *self)
{
  StateDispatcher *home = self->units->dispatcher;
  AbandonMessage *message;

  if (state_dispatcher_is_here (home))
    {
      state_unit_builder_keep_handles (self);
      return TRUE;
    }
  message = g_new0 (AbandonMessage, 1);
  message->message.handle = message->message.discard = abandoned;
  message->builder = g_object_ref (self);
  state_dispatcher_post (home, &message->message);
  return FALSE;
}

static void
state_unit_builder_dispose (GObject *object)
{
  StateUnitBuilder *self = STATE_UNIT_BUILDER (object);

  if (!g_atomic_int_get (&self->is_open) || abandon (self))
    G_OBJECT_CLASS (state_unit_builder_parent_class)->dispose (object);
}

static void
set_name (StateUnitBuilder *self, const char *name)
{
  self->facts = state_name_read (name);
  self->name =
      self->facts.size <= STATE_SHORT_NAME ? self->short_name : g_malloc (self->facts.size);
  memcpy (self->name, name, self->facts.size);
  state_names_expect (&self->units->names, self->facts.hash);
}

/* Its own one. */
static void
name_handle (StateUnitBuilder *self, StateUnitHandle *handle)
{
  if (self->name == self->short_name)
    {
      memcpy (handle->short_name, self->short_name, STATE_SHORT_NAME);
      handle->name = handle->short_name;
    }
  else
    handle->name = g_strdup (self->name);
}

static void
clear_name (StateUnitBuilder *self)
{
  if (self->name != self->short_name)
    g_free (self->name);
  self->name = NULL;
}

/* As new, but for its set. */
static void
clear (StateUnitBuilder *self)
{
  clear_name (self);
  state_dependencies_clear (&self->dependencies);
  state_dependencies_clear (&self->dependents);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_pointer (&self->aliases, g_ptr_array_unref);
  g_clear_object (&self->owner);
  g_clear_pointer (&self->timeouts, g_free);
  self->has_version = FALSE;
  self->version = self->oldest_version = 0;
  self->is_built = FALSE;
}

static void
state_unit_builder_finalize (GObject *object)
{
  StateUnitBuilder *self = STATE_UNIT_BUILDER (object);

  clear (self);
  g_clear_object (&self->units);
  G_OBJECT_CLASS (state_unit_builder_parent_class)->finalize (object);
}

static void
state_unit_builder_class_init (StateUnitBuilderClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = state_unit_builder_dispose;
  G_OBJECT_CLASS (klass)->finalize = state_unit_builder_finalize;
}

static void
state_unit_builder_init (StateUnitBuilder *self)
{
}

/* Something that no other thread has: quicker to come by than the thread. */
static gconstpointer
this_thread (void)
{
  static _Thread_local char mine __attribute__ ((tls_model ("initial-exec")));

  return &mine;
}

/* Another thread that lets go of it could send no word to a set that has been disposed of:
 * nothing is borrowed from that. */
static void
open_in_set (StateUnitBuilder *self)
{
  StateUnits *units = self->units;

  if (units->open_builder != NULL)
    state_unit_builder_keep_handles (units->open_builder);
  units->open_builder = self;
  self->is_open = TRUE;
  if (state_dispatcher_is_closed (units->dispatcher))
    state_unit_builder_keep_handles (self);
}

/* In the set's context. */
StateUnitBuilder *
state_unit_builder_new (StateUnits *units, const char *name)
{
  StateUnitBuilder *self = g_steal_pointer (&units->spare_builder);

  if (self == NULL)
    self = g_object_new (STATE_TYPE_UNIT_BUILDER, NULL);
  self->units = g_object_ref (units);
  self->thread = this_thread ();
  set_name (self, name);
  open_in_set (self);
  return self;
}

/* In the set's context: it has been built, or will never be. What nobody knows of
 * serves for the next unit. */
static void
consume (StateUnitBuilder *self)
{
  StateUnits *units = self->units;

  if (self->is_open)
    units->open_builder = NULL;
  self->is_open = FALSE;
  if (units == NULL || units->spare_builder != NULL || !state_listeners_is_ours_alone (self))
    {
      state_dependencies_clear (&self->dependencies);
      state_dependencies_clear (&self->dependents);
      g_object_unref (self);
      return;
    }
  clear (self);
  self->units = NULL;
  units->spare_builder = self;
  g_object_unref (units);
}

static StateDispatcher *
get_home (StateUnitBuilder *self)
{
  return self->units != NULL ? self->units->dispatcher : NULL;
}

/* For the setters, which change the builder alone: NULL on the thread that made it,
 * which was the set's then. Only building looks again. */
static StateDispatcher *
get_home_from_elsewhere (StateUnitBuilder *self)
{
  return self->thread != this_thread () ? get_home (self) : NULL;
}

/* Setters */

/* A handle that is not of the set is held, for the sake of its name. */
static inline StateUnitBuilder *
add (StateUnitBuilder *self,
     StateDependencies *dependencies,
     StateUnitHandle *handle,
     StateDependencyFlags flags,
     StateOperationFlags operations)
{
  if (G_UNLIKELY (self->is_open && handle->units != self->units))
    state_unit_builder_keep_handles (self);
  state_dependencies_add (dependencies, handle, flags, operations);
  return self;
}

/**
 * state_unit_builder_depends_on:
 * @self: a builder
 * @handle: a unit of the same set
 *
 * Makes the new unit require another: it starts, resets and restores after that
 * one, stops before it, and is skipped when it fails (not for a stop, which goes
 * on past failures).
 *
 * Returns: (transfer none): @self
 *
 * Since: 1.0
 */
StateUnitBuilder *
state_unit_builder_depends_on (StateUnitBuilder *self, StateUnitHandle *handle)
{
  g_return_val_if_fail (STATE_IS_UNIT_BUILDER (self), NULL);
  g_return_val_if_fail (STATE_IS_UNIT_HANDLE (handle), self);
  state_return_val_if_not_here (get_home_from_elsewhere (self), self);

  return add (self, &self->dependencies, handle, STATE_DEPENDENCY_REQUIRED, ORDERED_OPERATIONS);
}

/**
 * state_unit_builder_dependency_of:
 * @self: a builder
 * @handle: a unit of the same set
 *
 * Makes another unit require the new one: state_unit_builder_depends_on() the
 * other way round.
 *
 * Returns: (transfer none): @self
 *
 * Since: 1.0
 */
StateUnitBuilder *
state_unit_builder_dependency_of (StateUnitBuilder *self, StateUnitHandle *handle)
{
  g_return_val_if_fail (STATE_IS_UNIT_BUILDER (self), NULL);
  g_return_val_if_fail (STATE_IS_UNIT_HANDLE (handle), self);
  state_return_val_if_not_here (get_home_from_elsewhere (self), self);

  return add (self, &self->dependents, handle, STATE_DEPENDENCY_REQUIRED, ORDERED_OPERATIONS);
}

/**
 * state_unit_builder_add_dependency:
 * @self: a builder
 * @handle: a unit of the same set
 * @flags: what the dependency means
 * @operations: for which operations it counts; for a stop it works the other way
 *   round: the dependent stops first; none: the call has no effect; inspect has no
 *   order
 *
 * Makes the new unit depend on another.
 *
 * Returns: (transfer none): @self
 *
 * Since: 1.0
 */
StateUnitBuilder *
state_unit_builder_add_dependency (StateUnitBuilder *self,
                                   StateUnitHandle *handle,
                                   StateDependencyFlags flags,
                                   StateOperationFlags operations)
{
  g_return_val_if_fail (STATE_IS_UNIT_BUILDER (self), NULL);
  g_return_val_if_fail (STATE_IS_UNIT_HANDLE (handle), self);
  state_return_val_if_not_here (get_home_from_elsewhere (self), self);

  return add (self, &self->dependencies, handle, flags, operations);
}

/**
 * state_unit_builder_add_dependent:
 * @self: a builder
 * @handle: a unit of the same set
 * @flags: what the dependency means
 * @operations: for which operations it counts; for a stop it works the other way
 *   round: the dependent stops first; none: the call has no effect; inspect has no
 *   order
 *
 * Makes another unit depend on the new one.
 *
 * Returns: (transfer none): @self
 *
 * Since: 1.0
 */
StateUnitBuilder *
state_unit_builder_add_dependent (StateUnitBuilder *self,
                                  StateUnitHandle *handle,
                                  StateDependencyFlags flags,
                                  StateOperationFlags operations)
{
  g_return_val_if_fail (STATE_IS_UNIT_BUILDER (self), NULL);
  g_return_val_if_fail (STATE_IS_UNIT_HANDLE (handle), self);
  state_return_val_if_not_here (get_home_from_elsewhere (self), self);

  return add (self, &self->dependents, handle, flags, operations);
}

/**
 * state_unit_builder_set_main_context:
 * @self: a builder
 * @context: (nullable): a main context; %NULL = that of the set
 *
 * Sets where the functions of the unit are called. Somebody must iterate the
 * context. A set that is a unit is always asked in its own.
 * state_unit_builder_spawn() and state_unit_builder_build_receiver() ignore it.
 *
 * Returns: (transfer none): @self
 *
 * Since: 1.0
 */
StateUnitBuilder *
state_unit_builder_set_main_context (StateUnitBuilder *self, GMainContext *context)
{
  g_return_val_if_fail (STATE_IS_UNIT_BUILDER (self), NULL);
  state_return_val_if_not_here (get_home_from_elsewhere (self), self);

  g_clear_pointer (&self->context, g_main_context_unref);
  self->context = context != NULL ? g_main_context_ref (context) : NULL;
  return self;
}

/**
 * state_unit_builder_set_timeout:
 * @self: a builder
 * @operation: an operation other than inspect
 * @ms: how long the unit may take for it, in ms; 0 = as long as it wants
 *
 * Sets the time that the unit has for an operation, from when it is asked, in place
 * of #StateUnits:default-timeout. A request that is not answered by then fails with
 * %STATE_ERROR_TIMED_OUT, and the unit is %STATE_UNIT_STATE_UNCERTAIN until it
 * answers.
 *
 * Returns: (transfer none): @self
 *
 * Since: 1.0
 */
StateUnitBuilder *
state_unit_builder_set_timeout (StateUnitBuilder *self, StateOperation operation, guint ms)
{
  g_return_val_if_fail (STATE_IS_UNIT_BUILDER (self), NULL);
  g_return_val_if_fail (operation <= STATE_OPERATION_POST_RESTORE, self);
  state_return_val_if_not_here (get_home_from_elsewhere (self), self);

  if (self->timeouts == NULL)
    {
      self->timeouts = g_new (guint, STATE_OPERATION_INSPECT);
      for (guint i = 0; i < STATE_OPERATION_INSPECT; i++)
        self->timeouts[i] = G_MAXUINT;
    }
  self->timeouts[operation] = MIN (ms, G_MAXUINT - 1);
  return self;
}

/**
 * state_unit_builder_set_state_version:
 * @self: a builder
 * @version: the version of the state that the unit saves
 * @oldest: the oldest version that it restores, @version at most
 *
 * Sets the versions of the unit's saved state, in place of what its own
 * `get_state_version` says.
 *
 * Returns: (transfer none): @self
 *
 * Since: 1.0
 */
StateUnitBuilder *
state_unit_builder_set_state_version (StateUnitBuilder *self, guint version, guint oldest)
{
  g_return_val_if_fail (STATE_IS_UNIT_BUILDER (self), NULL);
  g_return_val_if_fail (oldest <= version, self);
  state_return_val_if_not_here (get_home_from_elsewhere (self), self);

  self->has_version = TRUE;
  self->version = version;
  self->oldest_version = oldest;
  return self;
}

/**
 * state_unit_builder_add_alias:
 * @self: a builder
 * @old_name: a name that the unit had in older snapshots
 *
 * Lets snapshots that have the unit under another name be restored. Names and
 * aliases share one namespace.
 *
 * Returns: (transfer none): @self
 *
 * Since: 1.0
 */
StateUnitBuilder *
state_unit_builder_add_alias (StateUnitBuilder *self, const char *old_name)
{
  g_return_val_if_fail (STATE_IS_UNIT_BUILDER (self), NULL);
  g_return_val_if_fail (old_name != NULL, self);
  state_return_val_if_not_here (get_home_from_elsewhere (self), self);

  if (self->aliases == NULL)
    self->aliases = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (self->aliases, g_strdup (old_name));
  return self;
}

/**
 * state_unit_builder_set_lifetime:
 * @self: a builder
 * @owner: an object
 *
 * Lets the unit leave the set when @owner is finalized, on whatever thread: as
 * with state_unit_handle_discard(), in the main context of the set. The builder
 * keeps the owner until the unit is built, the set does not.
 *
 * Returns: (transfer none): @self
 *
 * Since: 1.0
 */
StateUnitBuilder *
state_unit_builder_set_lifetime (StateUnitBuilder *self, GObject *owner)
{
  g_return_val_if_fail (STATE_IS_UNIT_BUILDER (self), NULL);
  g_return_val_if_fail (G_IS_OBJECT (owner), self);
  state_return_val_if_not_here (get_home_from_elsewhere (self), self);

  g_set_object (&self->owner, owner);
  return self;
}

/* Checks */

static gboolean
check_name (StateUnitBuilder *self, const char *name, const StateNameFacts *facts, GError **error)
{
  if (!facts->is_plain && !state_name_check (name, error))
    return FALSE;
  if (state_units_find_hashed (self->units, name, facts->hash) == NULL)
    return TRUE;
  g_set_error (error, STATE_ERROR, STATE_ERROR_NAME_IN_USE, "state unit name %s is in use", name);
  return FALSE;
}

static gboolean
check_aliases (StateUnitBuilder *self, GError **error)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  g_hash_table_add (seen, self->name);
  for (guint i = 0; i < self->aliases->len; i++)
    {
      char *alias = g_ptr_array_index (self->aliases, i);
      StateNameFacts facts = state_name_read (alias);

      if (!check_name (self, alias, &facts, error))
        return FALSE;
      if (g_hash_table_add (seen, alias))
        continue;
      g_set_error (error, STATE_ERROR, STATE_ERROR_NAME_IN_USE,
                   "state unit name %s is in use by this unit already", alias);
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_names (StateUnitBuilder *self, GError **error)
{
  return check_name (self, self->name, &self->facts, error) &&
         (self->aliases == NULL || check_aliases (self, error));
}

static gboolean
check_handles (StateUnitBuilder *self, const StateDependencies *dependencies, GError **error)
{
  const StateUnitHandle *handle = NULL;

  /* What is borrowed is of the set, and has not left. */
  if (dependencies->is_kept)
    handle = state_dependencies_find_stranger (dependencies, self->units);
  if (handle == NULL)
    return TRUE;
  g_set_error (error, STATE_ERROR, STATE_ERROR_FOREIGN_HANDLE,
               "unit %s: the handle of %s is of another set, or has left this one", self->name,
               handle->name != NULL ? handle->name : "a unit without a name");
  return FALSE;
}

static gboolean
check_cycle (StateUnitBuilder *self,
             const StateEdges *dependencies,
             const StateEdges *dependents,
             GError **error)
{
  g_autoptr (GArray) cycle =
      state_graph_find_cycle (self->units->graph, dependencies->edges, dependencies->n,
                              dependents->edges, dependents->n);
  g_autoptr (GString) path = NULL;

  if (cycle == NULL)
    return TRUE;
  path = g_string_new (self->name);
  for (guint i = 0; i < cycle->len; i++)
    g_string_append_printf (path, " → %s",
                            state_units_get_handle (self->units, g_array_index (cycle, guint32, i))
                                ->name);
  g_set_error (error, STATE_ERROR, STATE_ERROR_CYCLE, "dependency cycle: %s → %s", path->str,
               self->name);
  return FALSE;
}

static gboolean
check_usable (StateUnitBuilder *self, GError **error)
{
  if (self->units == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_INITIALIZED,
                           "the builder has no set: get one from state_units_add()");
      return FALSE;
    }
  if (self->is_built)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED,
                   "unit %s: the builder has been used before, get another one", self->name);
      return FALSE;
    }
  return TRUE;
}

/* Building */

/* Calls the unit, and so comes before all checks. */
static void
read_version (StateUnitBuilder *self, StateUnit *unit, const StateUnitInterface *iface)
{
  if (!self->has_version && unit != NULL)
    self->version = iface->get_state_version (unit, &self->oldest_version);
}

static GMainContext *
context_of_unit (StateUnitBuilder *self, StateUnit *unit, StateThread *thread)
{
  if (unit != NULL && state_unit_is_set (unit))
    return state_units_get_main_context (STATE_UNITS (unit));
  return thread != NULL ? state_thread_get_context (thread) : self->context;
}

/* Complete but for its place in the set: once the unit is claimed, other threads may
 * find the handle. */
static StateUnitHandle *
make_handle (StateUnitBuilder *self, StateUnit *unit, StateThread *thread)
{
  StateUnitHandle *handle = g_object_new (STATE_TYPE_UNIT_HANDLE, NULL);

  name_handle (self, handle);
  handle->home = state_dispatcher_ref (self->units->dispatcher);
  handle->dispatcher =
      state_units_take_dispatcher (self->units, context_of_unit (self, unit, thread));
  handle->unit = unit != NULL ? g_object_ref (unit) : NULL;
  if (thread != NULL)
    state_unit_handle_own_extras (handle)->thread = thread;
  handle->version = self->version;
  handle->oldest_version = self->oldest_version;
  if (self->timeouts != NULL)
    state_unit_handle_own_extras (handle)->timeouts = g_steal_pointer (&self->timeouts);
  if (self->aliases != NULL)
    {
      g_ptr_array_add (self->aliases, NULL);
      state_unit_handle_own_extras (handle)->aliases =
          (char **) g_ptr_array_steal (self->aliases, NULL);
    }
  return handle;
}

/* Everything has been checked but what concerns the unit alone. */
static StateUnitHandle *
admit (StateUnitBuilder *self,
       StateUnit *unit,
       StateThread *thread,
       const StateEdges *dependencies,
       const StateEdges *dependents,
       GError **error)
{
  StateUnitHandle *handle = make_handle (self, unit, thread);

  if (unit != NULL && !state_unit_handle_claim_unit (handle, self->units, error))
    {
      state_units_drop_dispatcher (self->units, handle->dispatcher);
      if (thread != NULL)
        g_clear_pointer (&state_unit_handle_own_extras (handle)->thread, state_thread_unref);
      g_object_unref (handle);
      return NULL;
    }
  if (self->owner != NULL)
    state_unit_handle_own_extras (handle)->lifetime = state_lifetime_new (handle, self->owner);
  if (state_units_admit (self->units, handle, self->facts.hash, dependencies, dependents))
    return handle;
  g_set_error (error, STATE_ERROR, STATE_ERROR_REMOVED, "unit %s left the set at once", self->name);
  return NULL;
}

/* The names and the handles have been checked. */
static StateUnitHandle *
build_with_edges (StateUnitBuilder *self,
                  StateUnit *unit,
                  gboolean own_thread,
                  const StateEdges *dependencies,
                  const StateEdges *dependents,
                  GError **error)
{
  StateThread *thread = NULL;

  if (!check_cycle (self, dependencies, dependents, error))
    return NULL;
  if (own_thread && (thread = state_thread_new (self->name, error)) == NULL)
    {
      g_prefix_error (error, "unit %s: ", self->name);
      return NULL;
    }
  return admit (self, unit, thread, dependencies, dependents, error);
}

static StateUnitHandle *
build_checked (StateUnitBuilder *self,
               StateUnit *unit,
               const StateUnitInterface *iface,
               gboolean own_thread,
               GError **error)
{
  StateEdges dependencies;
  StateEdges dependents;
  StateUnitHandle *handle;

  if (!check_usable (self, error))
    return NULL;
  self->is_built = TRUE;
  read_version (self, unit, iface);
  if (!check_names (self, error) || !check_handles (self, &self->dependencies, error) ||
      !check_handles (self, &self->dependents, error))
    return NULL;
  state_edges_init (&dependencies, &self->dependencies);
  state_edges_init (&dependents, &self->dependents);
  handle = build_with_edges (self, unit, own_thread, &dependencies, &dependents, error);
  state_edges_clear (&dependencies);
  state_edges_clear (&dependents);
  return handle;
}

/* Consumes the builder. */
static StateUnitHandle *
build (StateUnitBuilder *self,
       StateUnit *unit,
       const StateUnitInterface *iface,
       gboolean own_thread,
       GError **error)
{
  StateUnitHandle *handle = build_checked (self, unit, iface, own_thread, error);

  consume (self);
  return handle;
}

/* NULL: it is no unit, or there is none. */
static const StateUnitInterface *
interface_of (StateUnit *unit)
{
  return unit != NULL ? STATE_UNIT_GET_IFACE (unit) : NULL;
}

/**
 * state_unit_builder_build:
 * @self: (transfer full): a builder
 * @unit: (nullable): the unit; %NULL = a point of order that answers at once
 * @error: return location for an error
 *
 * Adds the unit to the set. It is stopped, whatever the others are, and no part
 * of a transition that is under way.
 *
 * Errors: %STATE_ERROR_NAME_IN_USE, %STATE_ERROR_INVALID_NAME (for the name and
 * the aliases); %STATE_ERROR_FOREIGN_HANDLE for a handle of another set;
 * %STATE_ERROR_UNIT_IN_USE for a unit that is in a set; %STATE_ERROR_CYCLE, with the whole path in the message: `a → b → c → a`;
 * %STATE_ERROR_REMOVED when somebody who was told of the new unit took it out;
 * %G_IO_ERROR_CLOSED when the builder has been used
 * before; %G_IO_ERROR_NOT_INITIALIZED when it has no set.
 *
 * Returns: (transfer none) (nullable): the handle, owned by the set; %NULL with
 *   an error, and then nothing has changed
 *
 * Since: 1.0
 */
StateUnitHandle *
state_unit_builder_build (StateUnitBuilder *self, StateUnit *unit, GError **error)
{
  g_autoptr (StateUnitBuilder) own = self;
  const StateUnitInterface *iface = interface_of (unit);

  g_return_val_if_fail (STATE_IS_UNIT_BUILDER (self), NULL);
  g_return_val_if_fail (unit == NULL || iface != NULL, NULL);
  state_return_val_if_not_here (get_home (self), NULL);

  return build (g_steal_pointer (&own), unit, iface, FALSE, error);
}

/**
 * state_unit_builder_spawn:
 * @self: (transfer full): a builder
 * @unit: the unit
 * @error: return location for an error
 *
 * Adds the unit to the set, and has its functions called on a thread of its own,
 * which iterates a main context of its own (the thread-default one there) until
 * the unit leaves the set. A set gets no thread: it is asked in its own context.
 *
 * Not for units in languages whose functions cannot be called from other threads,
 * such as JavaScript: GJS reports a critical and does not call the unit, whose
 * requests fail with %STATE_ERROR_DROPPED.
 *
 * Errors: those of state_unit_builder_build(), and #GThreadError.
 *
 * Returns: (transfer none) (nullable): the handle, owned by the set; %NULL with
 *   an error, and then nothing has changed
 *
 * Since: 1.0
 */
StateUnitHandle *
state_unit_builder_spawn (StateUnitBuilder *self, StateUnit *unit, GError **error)
{
  g_autoptr (StateUnitBuilder) own = self;
  const StateUnitInterface *iface = interface_of (unit);

  g_return_val_if_fail (STATE_IS_UNIT_BUILDER (self), NULL);
  g_return_val_if_fail (iface != NULL, NULL);
  state_return_val_if_not_here (get_home (self), NULL);

  return build (g_steal_pointer (&own), unit, iface, !state_unit_is_set (unit), error);
}

/**
 * state_unit_builder_build_receiver:
 * @self: (transfer full): a builder
 * @receiver: (out) (transfer full): the receiver of the unit's requests
 * @error: return location for an error
 *
 * Adds a unit to the set behind which there is no object, but a queue of
 * requests, which somebody takes from the receiver and answers.
 *
 * Errors: those of state_unit_builder_build().
 *
 * Returns: (transfer none) (nullable): the handle, owned by the set; %NULL with
 *   an error, and then nothing has changed
 *
 * Since: 1.0
 */
StateUnitHandle *
state_unit_builder_build_receiver (StateUnitBuilder *self,
                                   StateUnitReceiver **receiver,
                                   GError **error)
{
  g_autoptr (StateUnitBuilder) own = self;
  g_autoptr (StateQueue) queue = NULL;
  StateUnitHandle *handle;

  g_return_val_if_fail (receiver != NULL, NULL);
  *receiver = NULL;
  g_return_val_if_fail (STATE_IS_UNIT_BUILDER (self), NULL);
  state_return_val_if_not_here (get_home (self), NULL);

  g_clear_pointer (&self->context, g_main_context_unref);
  queue = state_queue_new ();
  handle = build (g_steal_pointer (&own), STATE_UNIT (queue), interface_of (STATE_UNIT (queue)),
                  FALSE, error);
  if (handle != NULL)
    *receiver = state_unit_receiver_new (queue);
  return handle;
}
