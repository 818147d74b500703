/* SPDX-License-Identifier: MIT */

#include "state-request-private.h"
#include "state-transition-private.h"
#include "state-units-private.h"

/* Who is in a set: joining, leaving, and finding. */

StateGraph *
state_units_get_graph (StateUnits *self)
{
  return self->graph;
}

/* NULL: the unit has left. */
StateUnitHandle *
state_units_get_handle (StateUnits *self, guint32 node)
{
  return g_ptr_array_index (self->handles, node);
}

StateUnitHandle *
state_units_find (StateUnits *self, const char *name_or_alias)
{
  return g_hash_table_lookup (self->names, name_or_alias);
}

/* The names at the other ends of a unit's edges, each once. */
char **
state_units_dup_neighbours (StateUnits *self, guint32 node, gboolean dependents)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  guint n;
  const StateEdge *edges = dependents ? state_graph_dependents (self->graph, node, &n)
                                      : state_graph_dependencies (self->graph, node, &n);

  for (guint i = 0; i < n; i++)
    {
      StateUnitHandle *handle = state_units_get_handle (self, edges[i].node);

      if (handle != NULL && g_hash_table_add (seen, handle))
        g_strv_builder_add (builder, handle->name);
    }
  return g_strv_builder_end (builder);
}

/* Dispatchers of the contexts of units that are called elsewhere */

typedef struct
{
  StateDispatcher *dispatcher;
  guint n_units;
} UnitDispatcher;

static StateDispatcher *
take_dispatcher (StateUnits *self, GMainContext *context)
{
  UnitDispatcher *entry;

  if (context == state_dispatcher_get_context (self->dispatcher))
    return NULL;
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

static void
release_dispatcher (StateUnits *self, StateUnitHandle *handle)
{
  g_autoptr (StateDispatcher) dispatcher = g_steal_pointer (&handle->dispatcher);
  GMainContext *context;
  UnitDispatcher *entry;

  if (dispatcher == NULL)
    return;
  context = state_dispatcher_get_context (dispatcher);
  entry = g_hash_table_lookup (self->dispatchers, context);
  if (--entry->n_units > 0)
    return;
  g_hash_table_remove (self->dispatchers, context);
  state_dispatcher_close (entry->dispatcher);
  state_dispatcher_unref (entry->dispatcher);
  g_free (entry);
}

/* Joining and leaving */

/* Everything has been checked: the set takes over the handle. */
void
state_units_admit (StateUnits *self,
                   StateUnitHandle *handle,
                   GMainContext *context,
                   GArray *dependencies,
                   GArray *dependents)
{
  guint position = self->graph->n_alive;

  handle->units = self;
  handle->home = state_dispatcher_ref (self->dispatcher);
  handle->dispatcher = context != NULL ? take_dispatcher (self, context) : NULL;
  handle->node = state_graph_add (self->graph, (const StateEdge *) (gpointer) dependencies->data,
                                  dependencies->len,
                                  (const StateEdge *) (gpointer) dependents->data, dependents->len);
  g_ptr_array_add (self->handles, handle);
  state_positions_append (&self->positions);

  g_hash_table_insert (self->names, handle->name, handle);
  for (guint i = 0; handle->aliases != NULL && handle->aliases[i] != NULL; i++)
    g_hash_table_insert (self->names, handle->aliases[i], handle);

  g_list_model_items_changed (G_LIST_MODEL (self), position, 0, 1);
  g_object_notify (G_OBJECT (self), "n-items");
  state_units_notify_allowed (self);
}

static void
forget_names (StateUnits *self, StateUnitHandle *handle)
{
  g_hash_table_remove (self->names, handle->name);
  for (guint i = 0; handle->aliases != NULL && handle->aliases[i] != NULL; i++)
    g_hash_table_remove (self->names, handle->aliases[i]);
}

/* The unit receives nothing more, and what it still answers is ignored. Returns the
 * request that is with it, to be cancelled once all is in order. */
static StateRequest *
withdraw (StateUnits *self, StateUnitHandle *handle)
{
  StateRequest *request = g_steal_pointer (&handle->request);

  if (self->current != NULL)
    {
      guint32 slot = state_run_slot_of (self->current->run, handle->node);

      if (slot != STATE_SLOT_NONE)
        state_run_remove (self->current->run, slot, g_get_monotonic_time ());
    }
  if (request != NULL)
    state_request_revoke (g_object_ref (request));
  return request;
}

void
state_units_discard (StateUnits *self, StateUnitHandle *handle)
{
  g_autoptr (StateUnits) alive = g_object_ref (self);
  g_autoptr (StateUnitHandle) own = handle;
  g_autoptr (StateRequest) request = NULL;
  guint32 node = handle->node;
  guint32 position = state_positions_rank (&self->positions, node);
  StateUnitState last_state = self->graph->nodes[node].state;

  state_graph_kill (self->graph, node);
  state_positions_remove (&self->positions, node);
  g_ptr_array_index (self->handles, node) = NULL;
  forget_names (self, handle);
  g_array_append_val (self->gone, node);
  request = withdraw (self, handle);
  release_dispatcher (self, handle);
  if (self->current == NULL)
    state_units_forget_the_gone (self);

  state_unit_handle_leave (handle, last_state);
  g_list_model_items_changed (G_LIST_MODEL (self), position, 1, 0);
  g_object_notify (G_OBJECT (self), "n-items");
  state_units_notify_allowed (self);
  if (request != NULL)
    state_request_cancel (request);
  state_dispatcher_again (self->dispatcher);
}

/* The set ends: it lets go of a unit without a word to anybody. */
void
state_units_release (StateUnits *self, StateUnitHandle *handle)
{
  StateUnitState last_state = self->graph->nodes[handle->node].state;
  g_autoptr (StateRequest) request = g_steal_pointer (&handle->request);

  if (request != NULL)
    state_request_revoke (g_object_ref (request));
  state_graph_kill (self->graph, handle->node);
  release_dispatcher (self, handle);
  state_unit_handle_leave (handle, last_state);
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
