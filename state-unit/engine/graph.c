/* SPDX-License-Identifier: MIT */

#include "graph.h"

#include <string.h>

#include "rules.h"

StateGraph *
state_graph_new (void)
{
  return g_new0 (StateGraph, 1);
}

/* The same nodes, by the same numbers, to be tried out: no run has taken any of
 * them, and there is nothing to tell. */
StateGraph *
state_graph_copy (const StateGraph *self)
{
  StateGraph *copy = g_memdup2 (self, sizeof *self);

  copy->nodes = g_memdup2 (self->nodes, self->n_nodes * sizeof (StateNode));
  copy->slots = g_new (guint32, MAX (self->n_nodes, 1));
  copy->n_allocated = self->n_nodes;
  for (guint32 node = 0; node < copy->n_nodes; node++)
    copy->slots[node] = STATE_NODE_NONE;
  state_node_set_copy (&copy->idle, &self->idle);
  copy->edges = g_memdup2 (self->edges, self->n_edges * sizeof (StateEdge));
  copy->n_edges_allocated = self->n_edges;
  copy->n_durations = MIN (self->n_durations, self->n_nodes);
  for (guint i = 0; i < G_N_ELEMENTS (self->durations); i++)
    copy->durations[i] = g_memdup2 (self->durations[i], copy->n_durations * sizeof (guint32));
  copy->changes = NULL;
  copy->n_changes = copy->n_changes_allocated = copy->n_changes_told = 0;
  return copy;
}

void
state_graph_free (StateGraph *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->durations); i++)
    g_free (self->durations[i]);
  g_free (self->nodes);
  g_free (self->slots);
  g_free (self->edges);
  state_node_set_clear (&self->idle);
  g_free (self->changes);
  g_free (self);
}

/* Edges */

/* Slices that lists have left are kept by their capacity, if that is a power of two:
 * the first of their edges names the next. Those of others are wasted until all are
 * packed again. */
static guint32 *
free_slices_of (StateGraph *self, guint32 capacity)
{
  guint place = g_bit_storage (capacity) - 1;

  if (capacity == 0 || (capacity & (capacity - 1)) != 0 ||
      place >= G_N_ELEMENTS (self->free_slices))
    return NULL;
  return &self->free_slices[place];
}

static void
release_slice (StateGraph *self, const StateEdgeList *list)
{
  guint32 *slices = free_slices_of (self, list->capacity);

  self->n_edges_wasted += list->capacity;
  if (slices == NULL)
    return;
  self->edges[list->offset].node = *slices;
  *slices = list->offset + 1;
}

static guint32
take_slice (StateGraph *self, guint32 capacity)
{
  guint32 *slices = free_slices_of (self, capacity);
  guint32 offset = self->n_edges;

  if (slices != NULL && *slices != 0)
    {
      offset = *slices - 1;
      *slices = self->edges[offset].node;
      self->n_edges_wasted -= capacity;
      return offset;
    }
  if (capacity > self->n_edges_allocated - self->n_edges)
    {
      self->n_edges_allocated =
          MAX (self->n_edges + capacity, self->n_edges_allocated + self->n_edges_allocated / 4);
      self->edges = g_renew (StateEdge, self->edges, self->n_edges_allocated);
    }
  self->n_edges += capacity;
  return offset;
}

static guint32
rounded_up (guint32 n)
{
  return n > 1 ? 1u << g_bit_storage (n - 1) : n;
}

/* Where there are many edges, a first one will not be the last. */
static guint32
next_capacity (const StateGraph *self, guint32 capacity)
{
  if (capacity == 0)
    return self->n_edges / 4 > self->n_nodes ? 4 : 1;
  return MAX (4, rounded_up (capacity + 1));
}

static void
grow_list (StateGraph *self, StateEdgeList *list)
{
  guint32 capacity = next_capacity (self, list->capacity);
  guint32 offset = take_slice (self, capacity);

  for (guint32 i = 0; i < list->length; i++)
    self->edges[offset + i] = self->edges[list->offset + i];
  if (list->capacity > 0)
    release_slice (self, list);
  list->offset = offset;
  list->capacity = capacity;
}

static inline void
append_edge (StateGraph *self, StateEdgeList *list, StateEdge edge)
{
  if (list->length == list->capacity)
    grow_list (self, list);
  self->edges[list->offset + list->length++] = edge;
}

static void
remove_edges_to (StateGraph *self, StateEdgeList *list, guint32 node)
{
  StateEdge *edges = self->edges + list->offset;
  guint32 n = 0;

  for (guint32 i = 0; i < list->length; i++)
    if (edges[i].node != node)
      edges[n++] = edges[i];
  list->length = n;
}

static void
pack_list (StateGraph *self, StateEdgeList *list, StateEdge *edges, guint32 *end)
{
  if (list->length > 0)
    memcpy (edges + *end, self->edges + list->offset, list->length * sizeof (StateEdge));
  list->offset = *end;
  list->capacity = list->length;
  *end += list->length;
}

/* All lists in the order of the nodes and without gaps: first what each depends
 * on, then what depends on each, since a run walks along one of the two. */
void
state_graph_compact_edges (StateGraph *self)
{
  guint32 n = self->n_edges;
  StateEdge *edges = g_new (StateEdge, MAX (n, 1));
  guint32 end = 0;

  for (guint32 i = 0; i < self->n_nodes; i++)
    pack_list (self, &self->nodes[i].dependencies, edges, &end);
  for (guint32 i = 0; i < self->n_nodes; i++)
    pack_list (self, &self->nodes[i].dependents, edges, &end);

  g_free (self->edges);
  self->edges = g_renew (StateEdge, edges, MAX (end, 1));
  self->n_edges = end;
  self->n_edges_allocated = MAX (end, 1);
  self->n_edges_wasted = 0;
  memset (self->free_slices, 0, sizeof self->free_slices);
}

/* Nodes */

static StateEdge
edge_back (const StateEdge *edge, guint32 node)
{
  StateEdge back = *edge;

  back.node = node;
  return back;
}

/* Counted once for both of its directions. */
static gboolean
is_partial (const StateEdge *edge)
{
  return (edge->operations & STATE_GRAPH_ORDERED) != STATE_GRAPH_ORDERED;
}

/* To a new node, which has none of that kind. */
static void
add_edges (StateGraph *self, guint32 node, gboolean are_dependents, const StateEdge *edges, guint n)
{
  StateEdgeList *list =
      are_dependents ? &self->nodes[node].dependents : &self->nodes[node].dependencies;

  if (n == 0)
    return;
  list->capacity = rounded_up (n);
  list->offset = take_slice (self, list->capacity);
  list->length = n;
  for (guint i = 0; i < n; i++)
    {
      StateNode *other = &self->nodes[edges[i].node];

      self->edges[list->offset + i] = edges[i];
      self->n_edges_partial += is_partial (&edges[i]);
      append_edge (self, are_dependents ? &other->dependencies : &other->dependents,
                   edge_back (&edges[i], node));
    }
}

/* The caller has looked for cycles, and names each pair of nodes and flags once. */
guint32
state_graph_add (StateGraph *self,
                 const StateEdge *dependencies,
                 guint n_dependencies,
                 const StateEdge *dependents,
                 guint n_dependents)
{
  guint32 node = self->n_nodes++;

  if (self->n_nodes > self->n_allocated)
    {
      self->n_allocated = MAX (16, self->n_allocated * 2);
      self->nodes = g_renew (StateNode, self->nodes, self->n_allocated);
      self->slots = g_renew (guint32, self->slots, self->n_allocated);
      state_node_set_reserve (&self->idle, self->n_allocated);
    }
  self->nodes[node] = (StateNode){ .alive = TRUE };
  self->slots[node] = STATE_NODE_NONE;
  state_node_set_add (&self->idle, node);
  for (guint i = 0; node < self->n_durations && i < G_N_ELEMENTS (self->durations); i++)
    if (self->durations[i] != NULL)
      self->durations[i][node] = 0;
  self->n_alive++;
  self->n_in_class[STATE_UNIT_STATE_STOPPED]++;

  add_edges (self, node, FALSE, dependencies, n_dependencies);
  add_edges (self, node, TRUE, dependents, n_dependents);
  return node;
}

/* A dead node is part of nothing new. Its edges stay until it is disconnected:
 * a run goes on to keep the order through it. */
void
state_graph_kill (StateGraph *self, guint32 node)
{
  StateNode *it = &self->nodes[node];

  g_assert (it->alive);
  self->n_in_class[state_rules_class (it)]--;
  self->n_alive--;
  it->alive = FALSE;
  state_node_set_remove (&self->idle, node);
}

/* A long list is not searched for each of its nodes that goes: what is stale in it
 * leads to nobody, and is swept out once there is much of it. */
#define LONG_LIST 64

static void
drop_edges_to (StateGraph *self, StateEdgeList *list, guint32 node)
{
  if (list->length > LONG_LIST)
    self->n_edges_stale++;
  else
    remove_edges_to (self, list, node);
}

static void
sweep_list (StateGraph *self, StateEdgeList *list)
{
  StateEdge *edges = self->edges + list->offset;
  guint32 n = 0;

  for (guint32 i = 0; i < list->length; i++)
    if (!self->nodes[edges[i].node].disconnected)
      edges[n++] = edges[i];
  list->length = n;
}

static void
sweep_edges (StateGraph *self)
{
  for (guint32 i = 0; i < self->n_nodes; i++)
    {
      sweep_list (self, &self->nodes[i].dependencies);
      sweep_list (self, &self->nodes[i].dependents);
    }
  self->n_edges_stale = 0;
}

static void
disconnect_edge (StateGraph *self, const StateEdge *edge, gboolean is_dependent, guint32 node)
{
  StateNode *other = &self->nodes[edge->node];

  if (other->disconnected)
    return; /* stale: what it counted for was taken off with the other */
  self->n_edges_partial -= is_partial (edge);
  drop_edges_to (self, is_dependent ? &other->dependencies : &other->dependents, node);
}

void
state_graph_disconnect (StateGraph *self, guint32 node)
{
  StateNode *it = &self->nodes[node];

  g_assert (!it->alive);
  it->disconnected = TRUE;
  for (guint32 i = 0; i < it->dependencies.length; i++)
    disconnect_edge (self, &self->edges[it->dependencies.offset + i], FALSE, node);
  for (guint32 i = 0; i < it->dependents.length; i++)
    disconnect_edge (self, &self->edges[it->dependents.offset + i], TRUE, node);
  release_slice (self, &it->dependencies);
  release_slice (self, &it->dependents);
  it->dependencies = it->dependents = (StateEdgeList){ 0 };

  if (self->n_edges_stale > 1024 && self->n_edges_stale > self->n_edges / 8)
    sweep_edges (self);
  if (self->n_edges_wasted > 1024 && self->n_edges_wasted > self->n_edges / 2)
    state_graph_compact_edges (self);
}

/* Whether so many have gone that it is worth renumbering the rest. */
gboolean
state_graph_is_sparse (const StateGraph *self)
{
  guint32 n_dead = self->n_nodes - self->n_alive;

  return n_dead > 64 && n_dead > self->n_nodes / 2;
}

static void
renumber_idle (StateGraph *self)
{
  state_node_set_clear (&self->idle);
  state_node_set_reserve (&self->idle, self->n_allocated);
  for (guint32 i = 0; i < self->n_nodes; i++)
    if (self->nodes[i].state != STATE_UNIT_STATE_RUNNING)
      state_node_set_add (&self->idle, i);
}

/* Renumbers the living nodes; all dead ones must be disconnected. Returns the
 * new number of each old one, STATE_NODE_NONE for the dead. */
guint32 *
state_graph_compact (StateGraph *self)
{
  guint32 *numbers = g_new (guint32, MAX (self->n_nodes, 1));
  guint32 n = 0;

  if (self->n_edges_stale > 0)
    sweep_edges (self);
  for (guint32 i = 0; i < self->n_nodes; i++)
    {
      numbers[i] = self->nodes[i].alive ? n : STATE_NODE_NONE;
      if (!self->nodes[i].alive)
        continue;
      for (guint o = 0; o < G_N_ELEMENTS (self->durations); o++)
        if (self->durations[o] != NULL && n < self->n_durations)
          self->durations[o][n] = state_graph_get_duration (self, i, o);
      self->slots[n] = self->slots[i];
      self->nodes[n++] = self->nodes[i];
    }
  self->n_nodes = n;
  renumber_idle (self);

  state_graph_compact_edges (self);
  for (guint32 i = 0; i < self->n_edges; i++)
    self->edges[i].node = numbers[self->edges[i].node];
  return numbers;
}

/* States */

void
state_graph_reserve_change (StateGraph *self)
{
  self->n_changes_allocated = MAX (16, self->n_changes_allocated * 2);
  self->changes = g_renew (StateChange, self->changes, self->n_changes_allocated);
}

void
state_graph_set_state (StateGraph *self,
                       guint32 node,
                       StateUnitState state,
                       gboolean may_run,
                       gboolean undefined)
{
  StateNode *it = &self->nodes[node];
  guint8 old_state = it->state;

  if (it->alive)
    self->n_in_class[state_rules_class (it)]--;
  it->state = state;
  it->may_run = may_run;
  it->undefined = undefined;
  if (!it->alive)
    return;

  self->n_in_class[state_rules_class (it)]++;
  if (old_state == state)
    return;
  if (state == STATE_UNIT_STATE_RUNNING)
    state_node_set_remove (&self->idle, node);
  else if (old_state == STATE_UNIT_STATE_RUNNING)
    state_node_set_add (&self->idle, node);
  if (self->n_changes == self->n_changes_allocated)
    state_graph_reserve_change (self);
  self->changes[self->n_changes++] = (StateChange){ node, old_state, state };
}

/* The durations of an operation are kept from the first one on. */
void
state_graph_reserve_durations (StateGraph *self, StateOperation operation)
{
  if (self->n_durations < self->n_nodes)
    {
      for (guint o = 0; o < G_N_ELEMENTS (self->durations); o++)
        if (self->durations[o] != NULL)
          {
            self->durations[o] = g_renew (guint32, self->durations[o], self->n_allocated);
            memset (self->durations[o] + self->n_durations, 0,
                    (self->n_allocated - self->n_durations) * sizeof (guint32));
          }
      self->n_durations = self->n_allocated;
    }
  if (self->durations[operation] == NULL)
    self->durations[operation] = g_new0 (guint32, self->n_durations);
}

/* In µs; 0: it has not been seen. */
guint32
state_graph_get_duration (const StateGraph *self, guint32 node, StateOperation operation)
{
  return self->durations[operation] != NULL && node < self->n_durations
             ? self->durations[operation][node]
             : 0;
}

/* Cycles */

static guint8
operations_of (const StateEdge *edges, guint n)
{
  guint8 operations = 0;

  for (guint i = 0; i < n; i++)
    operations |= edges[i].operations;
  return operations;
}

static GArray *
path_to (GHashTable *came_from, guint32 last)
{
  GArray *path = g_array_new (FALSE, FALSE, sizeof (guint32));
  guint32 node = last;

  while (node != STATE_NODE_NONE)
    {
      g_array_append_val (path, node);
      node = GPOINTER_TO_UINT (g_hash_table_lookup (came_from, GUINT_TO_POINTER (node)));
    }
  for (guint a = 0, b = path->len; a + 1 < b; a++)
    {
      node = g_array_index (path, guint32, a);
      g_array_index (path, guint32, a) = g_array_index (path, guint32, --b);
      g_array_index (path, guint32, b) = node;
    }
  return path;
}

static void
reach (GHashTable *came_from, GQueue *queue, guint32 node, guint32 from)
{
  if (g_hash_table_contains (came_from, GUINT_TO_POINTER (node)))
    return;
  g_hash_table_insert (came_from, GUINT_TO_POINTER (node), GUINT_TO_POINTER (from));
  g_queue_push_tail (queue, GUINT_TO_POINTER (node));
}

/* Looks for a way from one of the dependencies, along edges that count for one
 * of the operations, to one of the dependents. */
static GArray *
find_path (StateGraph *self,
           const StateEdge *dependencies,
           guint n_dependencies,
           const StateEdge *dependents,
           guint n_dependents,
           guint8 operations)
{
  g_autoptr (GHashTable) came_from = g_hash_table_new (NULL, NULL);
  g_autoptr (GHashTable) ends = g_hash_table_new (NULL, NULL);
  GQueue queue = G_QUEUE_INIT;
  GArray *path = NULL;

  for (guint i = 0; i < n_dependents; i++)
    if (dependents[i].operations & operations)
      g_hash_table_add (ends, GUINT_TO_POINTER (dependents[i].node));
  for (guint i = 0; i < n_dependencies; i++)
    if (dependencies[i].operations & operations)
      reach (came_from, &queue, dependencies[i].node, STATE_NODE_NONE);

  while (path == NULL && !g_queue_is_empty (&queue))
    {
      guint32 node = GPOINTER_TO_UINT (g_queue_pop_head (&queue));
      guint n;
      const StateEdge *edges = state_graph_dependencies (self, node, &n);

      if (g_hash_table_contains (ends, GUINT_TO_POINTER (node)))
        path = path_to (came_from, node);
      for (guint i = 0; i < n; i++)
        if ((edges[i].operations & operations) && self->nodes[edges[i].node].alive)
          reach (came_from, &queue, edges[i].node, node);
    }
  g_queue_clear (&queue);
  return path;
}

/* The circle that a new node with these edges would close, from one that it
 * depends on to one that depends on it; NULL: none. A circle is one of a single
 * operation: edges that count for different ones do not meet. */
GArray *
state_graph_find_cycle (StateGraph *self,
                        const StateEdge *dependencies,
                        guint n_dependencies,
                        const StateEdge *dependents,
                        guint n_dependents)
{
  guint8 common;
  g_autoptr (GArray) path = NULL;

  if (n_dependencies == 0 || n_dependents == 0)
    return NULL;
  common = operations_of (dependencies, n_dependencies) & operations_of (dependents, n_dependents);
  if (common == 0)
    return NULL;

  path = find_path (self, dependencies, n_dependencies, dependents, n_dependents, common);
  if (path == NULL)
    return NULL;

  for (guint8 operation = 1; operation <= common; operation <<= 1)
    {
      GArray *cycle = NULL;

      if (operation & common)
        cycle = find_path (self, dependencies, n_dependencies, dependents, n_dependents, operation);
      if (cycle != NULL)
        return cycle;
    }
  return NULL;
}

static int
compare_nodes (gconstpointer a, gconstpointer b)
{
  guint32 one = *(const guint32 *) a;
  guint32 other = *(const guint32 *) b;

  return one < other ? -1 : one > other;
}

static gboolean
takes_along (StateOperation operation)
{
  return operation == STATE_OPERATION_START || operation == STATE_OPERATION_STOP;
}

/* Nodes with all that has to go with them, in order and each once: a start takes
 * what they require along, a stop what requires them. */
GArray *
state_graph_closure (const StateGraph *self, const GArray *given, StateOperation operation)
{
  GArray *nodes = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < given->len; i++)
    {
      guint32 node = g_array_index (given, guint32, i);

      if (g_hash_table_add (seen, GUINT_TO_POINTER (node)))
        g_array_append_val (nodes, node);
    }
  for (guint head = 0; head < nodes->len && takes_along (operation); head++)
    {
      guint32 from = g_array_index (nodes, guint32, head);
      guint n;
      const StateEdge *edges = operation == STATE_OPERATION_STOP
                                   ? state_graph_dependents (self, from, &n)
                                   : state_graph_dependencies (self, from, &n);

      for (guint i = 0; i < n; i++)
        if ((edges[i].operations & (1u << operation)) &&
            !(edges[i].flags & STATE_DEPENDENCY_ORDER_ONLY) && self->nodes[edges[i].node].alive &&
            g_hash_table_add (seen, GUINT_TO_POINTER (edges[i].node)))
          g_array_append_val (nodes, edges[i].node);
    }
  g_array_sort (nodes, compare_nodes);
  return nodes;
}

/* In order: those that do not run, and those that do but stand behind one of these,
 * so that what is to start behind them keeps its place. */
GArray *
state_graph_idle (const StateGraph *self)
{
  GArray *nodes = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  guint n_idle;

  state_node_set_append_to (&self->idle, nodes);
  n_idle = nodes->len;
  for (guint head = 0; head < nodes->len; head++)
    {
      guint n;
      const StateEdge *edges =
          state_graph_dependents (self, g_array_index (nodes, guint32, head), &n);

      for (guint i = 0; i < n; i++)
        if ((edges[i].operations & STATE_OPERATION_FLAGS_START) &&
            self->nodes[edges[i].node].alive &&
            self->nodes[edges[i].node].state == STATE_UNIT_STATE_RUNNING &&
            g_hash_table_add (seen, GUINT_TO_POINTER (edges[i].node)))
          g_array_append_val (nodes, edges[i].node);
    }
  if (nodes->len > n_idle)
    g_array_sort (nodes, compare_nodes);
  return nodes;
}
