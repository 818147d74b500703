/* SPDX-License-Identifier: MIT */

#include "state-listeners-private.h"
#include "state-request-private.h"
#include "state-transition-private.h"
#include "state-unit-builder-private.h"
#include "state-units-private.h"

/* Who is in a set: joining, leaving, and finding. */

StateGraph *
state_units_get_graph (StateUnits *self)
{
  return self->graph;
}

/* Names: aliases have a table of their own, as few have any. */

static const char *
name_of_node (guint32 node, gpointer units)
{
  return state_units_get_handle (units, node)->name;
}

/* By a name whose hash is known. */
StateUnitHandle *
state_units_find_hashed (StateUnits *self, const char *name_or_alias, guint32 hash)
{
  guint32 node = state_names_find (&self->names, name_or_alias, hash, name_of_node, self);

  if (node != STATE_NODE_NONE)
    return state_units_get_handle (self, node);
  return self->aliases != NULL ? g_hash_table_lookup (self->aliases, name_or_alias) : NULL;
}

StateUnitHandle *
state_units_find (StateUnits *self, const char *name_or_alias)
{
  return state_units_find_hashed (self, name_or_alias, state_names_hash (name_or_alias));
}

static void
remember_names (StateUnits *self, StateUnitHandle *handle, guint32 hash)
{
  state_names_add (&self->names, hash, handle->node);
  if (handle->extras->aliases == NULL)
    return;
  if (self->aliases == NULL)
    self->aliases = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; handle->extras->aliases[i] != NULL; i++)
    g_hash_table_insert (self->aliases, handle->extras->aliases[i], handle);
}

static void
forget_names (StateUnits *self, StateUnitHandle *handle)
{
  state_names_remove (&self->names, state_names_hash (handle->name), handle->node);
  for (guint i = 0; handle->extras->aliases != NULL && handle->extras->aliases[i] != NULL; i++)
    g_hash_table_remove (self->aliases, handle->extras->aliases[i]);
}

/* The names at the other ends of a unit's edges, each once: edges to one unit stand
 * side by side. */
char **
state_units_dup_neighbours (StateUnits *self, guint32 node, gboolean dependents)
{
  guint n;
  const StateEdge *edges = dependents ? state_graph_dependents (self->graph, node, &n)
                                      : state_graph_dependencies (self->graph, node, &n);
  char **names = g_new (char *, n + 1);
  guint n_names = 0;

  for (guint i = 0; i < n; i++)
    {
      StateUnitHandle *handle = state_units_get_handle (self, edges[i].node);

      if (handle != NULL && (i == 0 || edges[i].node != edges[i - 1].node))
        names[n_names++] = g_strdup (handle->name);
    }
  names[n_names] = NULL;
  return names;
}

/* All handles, in the order of their nodes: shared by the transitions over all units,
 * as long as nobody joins or leaves. */
GPtrArray *
state_units_get_roster (StateUnits *self)
{
  if (self->roster == NULL)
    {
      self->roster = g_ptr_array_new_full (self->graph->n_alive, g_object_unref);
      for (guint i = 0; i < self->handles->len; i++)
        if (g_ptr_array_index (self->handles, i) != NULL)
          g_ptr_array_add (self->roster, g_object_ref (g_ptr_array_index (self->handles, i)));
    }
  return self->roster;
}

/* Dispatchers of the contexts of units that are called elsewhere */

typedef struct
{
  StateDispatcher *dispatcher;
  guint n_units;
} UnitDispatcher;

/* The dispatcher of the context that a new unit is called in: NULL: the set's. With a
 * reference, unless it is the set's. */
StateDispatcher *
state_units_take_dispatcher (StateUnits *self, GMainContext *context)
{
  UnitDispatcher *entry;

  if (context == NULL || context == state_dispatcher_get_context (self->dispatcher))
    return self->dispatcher;
  entry = g_hash_table_lookup (self->dispatchers, context);
  if (entry == NULL)
    {
      entry = g_new0 (UnitDispatcher, 1);
      entry->dispatcher = state_dispatcher_new (context, NULL, NULL);
      g_hash_table_insert (self->dispatchers, context, entry);
    }
  entry->n_units++;
  return state_dispatcher_ref (entry->dispatcher);
}

/* One unit less that is called there; its handle keeps the dispatcher. */
void
state_units_drop_dispatcher (StateUnits *self, StateDispatcher *dispatcher)
{
  GMainContext *context = state_dispatcher_get_context (dispatcher);
  UnitDispatcher *entry;

  if (dispatcher == self->dispatcher)
    return;
  entry = g_hash_table_lookup (self->dispatchers, context);
  if (--entry->n_units > 0)
    return;
  g_hash_table_remove (self->dispatchers, context);
  state_dispatcher_close (entry->dispatcher);
  state_dispatcher_unref (entry->dispatcher);
  g_free (entry);
}

/* Joining and leaving */

static void
tell_of_newcomer (StateUnits *self, guint position, gboolean is_first_stopped)
{
  state_listeners_items_changed (self, position, 0, 1);
  state_units_notify_n_items (self);
  if (is_first_stopped)
    state_units_notify_allowed (self);
}

/* Everything has been checked: the set takes over the handle. Whoever is told of it may
 * take it out again; returns whether it is still there. */
gboolean
state_units_admit (StateUnits *self,
                   StateUnitHandle *handle,
                   guint32 name_hash,
                   const StateEdges *dependencies,
                   const StateEdges *dependents)
{
  guint position = self->graph->n_alive;
  gboolean is_first_stopped = self->graph->n_in_class[STATE_UNIT_STATE_STOPPED] == 0;
  StateNewcomer newcomer = { handle, self->newcomer };

  handle->units = self;
  handle->node = state_graph_add (self->graph, dependencies->edges, dependencies->n,
                                  dependents->edges, dependents->n);
  g_ptr_array_add (self->handles, handle);
  g_clear_pointer (&self->roster, g_ptr_array_unref);
  self->n_with_timeouts += handle->extras->timeouts != NULL;
  state_positions_append (&self->positions);

  remember_names (self, handle, name_hash);

  self->newcomer = &newcomer;
  tell_of_newcomer (self, position, is_first_stopped);
  self->newcomer = newcomer.outer;
  return newcomer.handle != NULL;
}

/* Takes the handle out of all that the set knows, without a word to anybody. Returns
 * the request that is with the unit: nobody waits for its answer any more. */
static StateRequest *
take_out (StateUnits *self, StateUnitHandle *handle)
{
  StateRequest *request = g_steal_pointer (&handle->request);
  guint32 node = handle->node;

  if (self->open_builder != NULL)
    state_unit_builder_keep_handles (self->open_builder);
  for (StateNewcomer *newcomer = self->newcomer; newcomer != NULL; newcomer = newcomer->outer)
    if (newcomer->handle == handle)
      newcomer->handle = NULL;
  state_graph_kill (self->graph, node);
  state_positions_remove (&self->positions, node);
  forget_names (self, handle);
  g_ptr_array_index (self->handles, node) = NULL;
  g_clear_pointer (&self->roster, g_ptr_array_unref);
  self->n_with_timeouts -= handle->extras->timeouts != NULL;
  g_array_append_val (self->gone, node);
  state_units_drop_dispatcher (self, handle->dispatcher);
  if (request != NULL)
    state_request_let_go (g_object_ref (request));
  return request;
}

void
state_units_discard (StateUnits *self, StateUnitHandle *handle)
{
  g_autoptr (StateUnits) alive = g_object_ref (self);
  g_autoptr (StateUnitHandle) own = handle;
  g_autoptr (StateRequest) request = NULL;
  StateUnitState last_state = self->graph->nodes[handle->node].state;
  guint32 position = state_positions_rank (&self->positions, handle->node);
  guint32 slot = STATE_SLOT_NONE;

  if (self->current != NULL)
    slot = state_run_slot_of (self->current->run, handle->node);
  request = take_out (self, handle);
  state_unit_handle_detach (handle, last_state);
  if (slot != STATE_SLOT_NONE)
    state_run_remove (self->current->run, slot, g_get_monotonic_time ());
  if (self->current == NULL)
    state_units_forget_the_gone (self);

  state_listeners_items_changed (self, position, 1, 0);
  state_unit_handle_leave (handle);
  state_units_notify_n_items (self);
  state_units_notify_allowed (self);
  if (request != NULL)
    state_request_cancel (request);
  state_dispatcher_again (self->dispatcher);
}

/* The set ends. From the last to the first, so that no unit outlives what it stands
 * on; nothing that a unit does when it goes finds the set any more. */
void
state_units_release_all (StateUnits *self)
{
  g_autoptr (GPtrArray) handles = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = self->handles->len; i > 0; i--)
    {
      StateUnitHandle *handle = g_ptr_array_index (self->handles, i - 1);
      g_autoptr (StateRequest) request = NULL;
      StateUnitState last_state;

      if (handle == NULL)
        continue;
      last_state = self->graph->nodes[handle->node].state;
      request = take_out (self, handle);
      state_unit_handle_detach (handle, last_state);
      g_ptr_array_add (handles, handle);
    }
  for (guint i = 0; i < handles->len; i++)
    state_unit_handle_leave (g_ptr_array_index (handles, i));
}

static void
renumber (StateUnits *self)
{
  g_autofree guint32 *numbers = state_graph_compact (self->graph);

  for (guint i = 0; i < self->handles->len; i++)
    {
      StateUnitHandle *handle = g_ptr_array_index (self->handles, i);

      if (handle == NULL)
        continue;
      handle->node = numbers[i];
      g_ptr_array_index (self->handles, numbers[i]) = handle;
    }
  g_ptr_array_set_size (self->handles, self->graph->n_nodes);
  state_names_renumber (&self->names, numbers);
  state_positions_clear (&self->positions);
  self->positions.length = self->graph->n_nodes;
}

/* Between transitions: the edges of those that have left go with them. */
void
state_units_forget_the_gone (StateUnits *self)
{
  for (guint i = 0; i < self->gone->len; i++)
    state_graph_disconnect (self->graph, g_array_index (self->gone, guint32, i));
  g_array_set_size (self->gone, 0);
  if (state_graph_is_sparse (self->graph))
    renumber (self);
}
