/* SPDX-License-Identifier: MIT */

/* The graph is what a plain matrix of edges says that it is, whatever comes and goes. */

#include "engine/graph.h"
#include "engine/rules.h"

#define N 40
#define BY_DEFAULT                                                                          \
  (STATE_OPERATION_FLAGS_START | STATE_OPERATION_FLAGS_STOP | STATE_OPERATION_FLAGS_RESET | \
   STATE_OPERATION_FLAGS_RESTORE)

/* edges[a][b][flags]: the operations for which a depends on b. */
typedef struct
{
  GRand *rand;
  StateGraph *graph;
  guint8 edges[N][N][2];
  guint8 states[N];
  guint32 slots[N];
  guint32 durations[N][2]; /* of a start and a stop */
  gboolean alive[N];
  gboolean connected[N];
  guint32 n;
} Model;

static void
model_init (Model *self, guint32 seed)
{
  *self = (Model){ .rand = g_rand_new_with_seed (seed), .graph = state_graph_new () };
}

static void
model_clear (Model *self)
{
  g_rand_free (self->rand);
  state_graph_free (self->graph);
}

/* --- Comparing --- */

static void
assert_list (const Model *self, guint32 node, const StateEdge *edges, guint n, gboolean dependents)
{
  guint8 seen[N][2] = { 0 };

  for (guint i = 0; i < n; i++)
    {
      g_assert_cmpuint (edges[i].node, <, self->n);
      g_assert_cmpuint (edges[i].flags, <, 2);
      g_assert_cmpuint (seen[edges[i].node][edges[i].flags], ==, 0);
      seen[edges[i].node][edges[i].flags] = edges[i].operations;
    }
  for (guint32 other = 0; other < self->n; other++)
    for (guint flags = 0; flags < 2; flags++)
      g_assert_cmpuint (seen[other][flags], ==,
                        dependents ? self->edges[other][node][flags]
                                   : self->edges[node][other][flags]);
}

/* Each is in the list of the one that depends and of the one depended on. */
static guint32
count_partial (const StateGraph *graph)
{
  guint32 count = 0;

  for (guint32 node = 0; node < graph->n_nodes; node++)
    {
      guint n;
      const StateEdge *edges = state_graph_dependencies (graph, node, &n);

      for (guint i = 0; i < n; i++)
        count += !graph->nodes[edges[i].node].disconnected &&
                 (edges[i].operations & STATE_GRAPH_ORDERED) != STATE_GRAPH_ORDERED;
    }
  return count;
}

static void
assert_same (const Model *self)
{
  guint32 n_in_class[STATE_N_CLASSES] = { 0 };
  guint32 n_alive = 0;
  guint32 n_edges = self->graph->n_edges_wasted;

  g_assert_cmpuint (self->graph->n_nodes, ==, self->n);
  for (guint32 node = 0; node < self->n; node++)
    {
      const StateNode *it = &self->graph->nodes[node];
      const StateEdge *edges;
      guint n;

      edges = state_graph_dependencies (self->graph, node, &n);
      assert_list (self, node, edges, n, FALSE);
      edges = state_graph_dependents (self->graph, node, &n);
      assert_list (self, node, edges, n, TRUE);
      g_assert_cmpuint (it->alive, ==, self->alive[node]);
      g_assert_cmpuint (it->state, ==, self->states[node]);
      g_assert_cmpuint (self->graph->slots[node], ==, self->slots[node]);
      for (guint i = 0; i < 2; i++)
        g_assert_cmpuint (state_graph_get_duration (self->graph, node, i), ==,
                          self->durations[node][i]);
      g_assert_cmpuint (state_node_set_contains (&self->graph->idle, node), ==,
                        it->alive && it->state != STATE_UNIT_STATE_RUNNING);
      n_edges += it->dependencies.capacity + it->dependents.capacity;
      n_alive += it->alive;
      n_in_class[state_rules_class (it)] += it->alive;
    }
  g_assert_cmpuint (self->graph->n_alive, ==, n_alive);
  g_assert_cmpuint (self->graph->n_edges, ==, n_edges);
  g_assert_cmpuint (self->graph->n_edges_partial, ==, count_partial (self->graph));
  for (guint class = 0; class < STATE_N_CLASSES; class ++)
    g_assert_cmpuint (self->graph->n_in_class[class], ==, n_in_class[class]);
}

/* --- Cycles, by brute force --- */

static gboolean
reaches (const Model *self, guint32 from, guint32 to, guint operation, gboolean *seen)
{
  if (from == to)
    return TRUE;
  if (seen[from])
    return FALSE;
  seen[from] = TRUE;
  for (guint32 next = 0; next < self->n; next++)
    if (self->alive[next] &&
        (((self->edges[from][next][0] | self->edges[from][next][1]) >> operation) & 1) &&
        reaches (self, next, to, operation, seen))
      return TRUE;
  return FALSE;
}

static gboolean
would_circle (const Model *self, GArray *dependencies, GArray *dependents)
{
  for (guint operation = 0; operation <= STATE_OPERATION_INSPECT; operation++)
    for (guint i = 0; i < dependencies->len; i++)
      for (guint j = 0; j < dependents->len; j++)
        {
          const StateEdge *from = &g_array_index (dependencies, StateEdge, i);
          const StateEdge *to = &g_array_index (dependents, StateEdge, j);
          gboolean seen[N] = { FALSE };

          if (((from->operations & to->operations) >> operation) & 1)
            if (reaches (self, from->node, to->node, operation, seen))
              return TRUE;
        }
  return FALSE;
}

static guint8
operations_to (GArray *edges, guint32 node)
{
  guint8 operations = 0;

  for (guint i = 0; i < edges->len; i++)
    if (g_array_index (edges, StateEdge, i).node == node)
      operations |= g_array_index (edges, StateEdge, i).operations;
  return operations;
}

/* A real circle: all of its edges count for one and the same operation. */
static void
assert_circle (const Model *self, GArray *cycle, GArray *dependencies, GArray *dependents)
{
  guint32 first = g_array_index (cycle, guint32, 0);
  guint32 last = g_array_index (cycle, guint32, cycle->len - 1);
  guint8 common = operations_to (dependencies, first) & operations_to (dependents, last);

  for (guint i = 0; i + 1 < cycle->len; i++)
    {
      guint32 from = g_array_index (cycle, guint32, i);
      guint32 to = g_array_index (cycle, guint32, i + 1);

      g_assert_true (self->alive[from] && self->alive[to]);
      common &= self->edges[from][to][0] | self->edges[from][to][1];
    }
  g_assert_cmpuint (common, !=, 0);
}

static GArray *
find_cycle (Model *self, GArray *dependencies, GArray *dependents)
{
  return state_graph_find_cycle (self->graph, (const StateEdge *) (gpointer) dependencies->data,
                                 dependencies->len, (const StateEdge *) (gpointer) dependents->data,
                                 dependents->len);
}

/* --- Doing --- */

static GArray *
random_edges (Model *self, guint at_most)
{
  GArray *edges = g_array_new (FALSE, FALSE, sizeof (StateEdge));
  guint n = g_rand_int_range (self->rand, 0, (gint32) at_most + 1);
  gboolean used[N][2] = { 0 };

  for (guint i = 0; i < n && self->n > 0; i++)
    {
      StateEdge edge = { .node = g_rand_int_range (self->rand, 0, (gint32) self->n),
                         .flags = g_rand_int_range (self->rand, 0, 2),
                         .operations = BY_DEFAULT };

      if (g_rand_int_range (self->rand, 0, 3) > 0)
        edge.operations = g_rand_int_range (self->rand, 1, STATE_OPERATION_FLAGS_ALL + 1);
      if (g_rand_int_range (self->rand, 0, 3) == 0)
        edge.operations = 1 << g_rand_int_range (self->rand, 0, 7);
      if (!self->alive[edge.node] || used[edge.node][edge.flags])
        continue;
      used[edge.node][edge.flags] = TRUE;
      g_array_append_val (edges, edge);
    }
  return edges;
}

/* Adds a node, unless that closes a circle; TRUE: it would have. */
static gboolean
try_to_add (Model *self)
{
  g_autoptr (GArray) dependencies = random_edges (self, 4);
  g_autoptr (GArray) dependents = random_edges (self, 3);
  g_autoptr (GArray) cycle = find_cycle (self, dependencies, dependents);
  guint32 node;

  assert_same (self);
  g_assert_cmpint (cycle != NULL, ==, would_circle (self, dependencies, dependents));
  if (cycle != NULL)
    {
      assert_circle (self, cycle, dependencies, dependents);
      return TRUE;
    }

  node = state_graph_add (self->graph, (const StateEdge *) (gpointer) dependencies->data,
                          dependencies->len, (const StateEdge *) (gpointer) dependents->data,
                          dependents->len);
  g_assert_cmpuint (node, ==, self->n);
  self->n++;
  self->alive[node] = self->connected[node] = TRUE;
  self->states[node] = STATE_UNIT_STATE_STOPPED;
  self->slots[node] = STATE_NODE_NONE;
  self->durations[node][0] = self->durations[node][1] = 0;
  for (guint i = 0; i < dependencies->len; i++)
    {
      const StateEdge *edge = &g_array_index (dependencies, StateEdge, i);
      self->edges[node][edge->node][edge->flags] = edge->operations;
    }
  for (guint i = 0; i < dependents->len; i++)
    {
      const StateEdge *edge = &g_array_index (dependents, StateEdge, i);
      self->edges[edge->node][node][edge->flags] = edge->operations;
    }
  return FALSE;
}

static void
disconnect (Model *self, guint32 node)
{
  state_graph_disconnect (self->graph, node);
  self->connected[node] = FALSE;
  for (guint32 other = 0; other < self->n; other++)
    for (guint flags = 0; flags < 2; flags++)
      self->edges[node][other][flags] = self->edges[other][node][flags] = 0;
}

/* Copies the matrix to where each node has gone. */
static void
compact (Model *self)
{
  g_autofree guint32 *numbers = NULL;
  Model old;
  guint32 n = 0;

  for (guint32 node = 0; node < self->n; node++)
    if (!self->alive[node] && self->connected[node])
      disconnect (self, node);
  old = *self;
  numbers = state_graph_compact (self->graph);

  for (guint32 node = 0; node < old.n; node++)
    {
      g_assert_cmpuint (numbers[node], ==, old.alive[node] ? n : STATE_NODE_NONE);
      n += old.alive[node];
    }
  memset (self->edges, 0, sizeof self->edges);
  self->n = n;
  for (guint32 a = 0; a < old.n; a++)
    {
      if (!old.alive[a])
        continue;
      self->alive[numbers[a]] = self->connected[numbers[a]] = TRUE;
      self->states[numbers[a]] = old.states[a];
      self->slots[numbers[a]] = old.slots[a];
      memcpy (self->durations[numbers[a]], old.durations[a], sizeof old.durations[a]);
      for (guint32 b = 0; b < old.n; b++)
        if (old.alive[b])
          memcpy (self->edges[numbers[a]][numbers[b]], old.edges[a][b], 2);
    }
  g_assert_cmpuint (self->graph->n_edges_wasted, ==, 0);
}

static void
set_state (Model *self, guint32 node)
{
  StateUnitState state = g_rand_int_range (self->rand, 0, STATE_UNIT_STATE_LOST + 1);

  state_graph_set_state (self->graph, node, state, g_rand_boolean (self->rand),
                         g_rand_boolean (self->rand));
  self->states[node] = state;
  self->slots[node] = g_rand_int (self->rand);
  self->graph->slots[node] = self->slots[node];
  self->durations[node][state % 2] = 1 + state;
  state_graph_set_duration (self->graph, node, state % 2, 1 + state);
}

/* A copy is the same, and goes its own way. */
static void
try_out (Model *self)
{
  Model copy = *self;

  copy.graph = state_graph_copy (self->graph);
  for (guint32 node = 0; node < copy.n; node++)
    copy.slots[node] = STATE_NODE_NONE;
  assert_same (&copy);
  if (copy.n < N)
    try_to_add (&copy);
  compact (&copy);
  assert_same (&copy);
  state_graph_free (copy.graph);
}

static void
test_as_a_matrix_says (void)
{
  guint n_circles = 0;
  guint n_compacted = 0;

  for (guint32 seed = 1; seed <= 120; seed++)
    {
      Model model;

      model_init (&model, seed);
      for (guint round = 0; round < 150; round++)
        {
          guint32 node = model.n > 0 ? g_rand_int_range (model.rand, 0, (gint32) model.n) : 0;
          int dice = g_rand_int_range (model.rand, 0, 20);

          if (model.n == 0 || (dice < 10 && model.n < N))
            n_circles += try_to_add (&model);
          else if (dice < 13 && model.alive[node])
            {
              state_graph_kill (model.graph, node);
              model.alive[node] = FALSE;
            }
          else if (dice < 15 && !model.alive[node] && model.connected[node])
            disconnect (&model, node);
          else if (dice < 18)
            set_state (&model, node);
          else if (dice < 19)
            {
              state_graph_compact_edges (model.graph);
              try_out (&model);
            }
          else
            {
              compact (&model);
              n_compacted++;
            }
          assert_same (&model);
        }
      model_clear (&model);
    }
  g_assert_cmpuint (n_circles, >, 500);
  g_assert_cmpuint (n_compacted, >, 500);
}

/* --- Closure, by brute force --- */

static gboolean
goes_along (const Model *self, guint32 node, guint32 with, StateOperation operation)
{
  guint8 operations = 0;

  if (operation == STATE_OPERATION_START)
    operations = self->edges[with][node][STATE_DEPENDENCY_REQUIRED];
  else if (operation == STATE_OPERATION_STOP)
    operations = self->edges[node][with][STATE_DEPENDENCY_REQUIRED];
  return self->alive[node] && (operations & (1 << operation));
}

static void
assert_closure (const Model *self, GArray *given, StateOperation operation)
{
  g_autoptr (GArray) closure = state_graph_closure (self->graph, given, operation);
  gboolean within[N] = { FALSE };
  guint n = 0;

  for (guint i = 0; i < given->len; i++)
    within[g_array_index (given, guint32, i)] = TRUE;
  for (guint round = 0; round < self->n; round++)
    for (guint32 a = 0; a < self->n; a++)
      for (guint32 b = 0; b < self->n; b++)
        within[a] |= within[b] && goes_along (self, a, b, operation);
  for (guint32 i = 0; i < self->n; i++)
    if (within[i])
      {
        g_assert_cmpuint (n, <, closure->len);
        g_assert_cmpuint (g_array_index (closure, guint32, n++), ==, i);
      }
  g_assert_cmpuint (n, ==, closure->len);
}

/* Some that are alive; one may be there twice. */
static GArray *
random_nodes (Model *self, guint at_most)
{
  GArray *nodes = g_array_new (FALSE, FALSE, sizeof (guint32));
  guint n = g_rand_int_range (self->rand, 0, (gint32) at_most + 1);

  for (guint i = 0; i < n; i++)
    {
      guint32 node = g_rand_int_range (self->rand, 0, (gint32) self->n);

      if (self->alive[node])
        g_array_append_val (nodes, node);
    }
  return nodes;
}

static void
test_closure_follows_the_required (void)
{
  for (guint32 seed = 1; seed <= 60; seed++)
    {
      Model model;

      model_init (&model, seed);
      for (guint round = 0; round < 60 && model.n < N; round++)
        try_to_add (&model);
      for (guint32 node = 0; node < model.n; node++)
        if (g_rand_int_range (model.rand, 0, 8) == 0)
          {
            state_graph_kill (model.graph, node);
            model.alive[node] = FALSE;
          }
      for (guint round = 0; round < 20; round++)
        {
          g_autoptr (GArray) given = random_nodes (&model, 4);

          for (StateOperation operation = 0; operation < STATE_OPERATION_INSPECT; operation++)
            assert_closure (&model, given, operation);
        }
      model_clear (&model);
    }
}

/* --- Durations --- */

static void
test_new_node_takes_over_no_duration (void)
{
  g_autoptr (StateGraph) graph = state_graph_new ();

  for (guint i = 0; i < 3; i++)
    state_graph_add (graph, NULL, 0, NULL, 0);
  state_graph_set_duration (graph, 0, STATE_OPERATION_START, 10);
  state_graph_set_duration (graph, 1, STATE_OPERATION_START, 20);
  state_graph_set_duration (graph, 2, STATE_OPERATION_START, 30);
  state_graph_kill (graph, 0);
  state_graph_disconnect (graph, 0);
  g_free (state_graph_compact (graph));
  g_assert_cmpuint (state_graph_get_duration (graph, 0, STATE_OPERATION_START), ==, 20);
  g_assert_cmpuint (state_graph_get_duration (graph, 1, STATE_OPERATION_START), ==, 30);
  state_graph_add (graph, NULL, 0, NULL, 0);
  g_assert_cmpuint (state_graph_get_duration (graph, 2, STATE_OPERATION_START), ==, 0);
  g_assert_cmpuint (state_graph_get_duration (graph, 1, STATE_OPERATION_STOP), ==, 0);
}

/* --- Circles, told --- */

static guint32
add (StateGraph *graph, guint n, const StateEdge *dependencies)
{
  return state_graph_add (graph, dependencies, n, NULL, 0);
}

static void
test_circle_is_named_from_end_to_end (void)
{
  g_autoptr (StateGraph) graph = state_graph_new ();
  guint32 c = add (graph, 0, NULL);
  guint32 b = add (graph, 1, (StateEdge[]){ { c, BY_DEFAULT, 0 } });
  guint32 a = add (graph, 1, (StateEdge[]){ { b, BY_DEFAULT, 0 } });
  g_autoptr (GArray) cycle = state_graph_find_cycle (graph, &(StateEdge){ a, BY_DEFAULT, 0 }, 1,
                                                     &(StateEdge){ c, BY_DEFAULT, 0 }, 1);
  g_autoptr (GArray) short_one = state_graph_find_cycle (graph, &(StateEdge){ b, BY_DEFAULT, 0 }, 1,
                                                         &(StateEdge){ b, BY_DEFAULT, 1 }, 1);

  g_assert_nonnull (cycle);
  g_assert_cmpmem (cycle->data, cycle->len * sizeof (guint32), ((guint32[]){ a, b, c }), 12);
  g_assert_nonnull (short_one);
  g_assert_cmpmem (short_one->data, short_one->len * sizeof (guint32), &b, 4);
}

static void
test_circle_is_one_of_a_single_operation (void)
{
  g_autoptr (StateGraph) graph = state_graph_new ();
  guint32 b = add (graph, 0, NULL);
  guint32 a = add (graph, 1, (StateEdge[]){ { b, STATE_OPERATION_FLAGS_STOP, 0 } });

  /* New depends on a, and b on new, for more than a depends on b for. */
  g_assert_null (state_graph_find_cycle (graph, &(StateEdge){ a, STATE_OPERATION_FLAGS_START, 0 },
                                         1, &(StateEdge){ b, STATE_OPERATION_FLAGS_START, 0 }, 1));
  g_assert_null (state_graph_find_cycle (graph, &(StateEdge){ a, STATE_OPERATION_FLAGS_STOP, 0 }, 1,
                                         &(StateEdge){ b, STATE_OPERATION_FLAGS_START, 0 }, 1));
}

/* It takes no longer than the way is long. */
static void
test_circle_of_many_is_found_at_once (void)
{
  g_autoptr (StateGraph) graph = state_graph_new ();
  g_autoptr (GArray) cycle = NULL;
  StateEdge edge = { add (graph, 0, NULL), BY_DEFAULT, 0 };

  while (graph->n_nodes < 500 * 1000)
    edge.node = add (graph, 1, &edge);
  cycle = state_graph_find_cycle (graph, &edge, 1, &(StateEdge){ 0, BY_DEFAULT, 0 }, 1);

  g_assert_nonnull (cycle);
  g_assert_cmpuint (cycle->len, ==, graph->n_nodes);
  for (guint32 i = 0; i < cycle->len; i++)
    g_assert_cmpuint (g_array_index (cycle, guint32, i), ==, cycle->len - 1 - i);
}

/* --- Changes --- */

static void
test_changes_are_told_in_order_and_once (void)
{
  g_autoptr (StateGraph) graph = state_graph_new ();
  guint32 a = add (graph, 0, NULL);
  guint32 b = add (graph, 0, NULL);
  StateChange change;

  state_graph_set_state (graph, a, STATE_UNIT_STATE_STARTING, FALSE, FALSE);
  state_graph_set_state (graph, b, STATE_UNIT_STATE_FAILED, TRUE, FALSE);
  state_graph_set_state (graph, b, STATE_UNIT_STATE_FAILED, TRUE, TRUE);
  g_assert_true (state_graph_next_change (graph, &change));
  g_assert_cmpuint (change.node, ==, a);
  g_assert_cmpint (change.old_state, ==, STATE_UNIT_STATE_STOPPED);
  g_assert_cmpint (change.new_state, ==, STATE_UNIT_STATE_STARTING);

  /* One that comes while they are told is told after them; the dead tell nothing. */
  state_graph_set_state (graph, a, STATE_UNIT_STATE_RUNNING, FALSE, FALSE);
  state_graph_kill (graph, b);
  state_graph_set_state (graph, b, STATE_UNIT_STATE_STOPPED, FALSE, FALSE);
  g_assert_true (state_graph_next_change (graph, &change));
  g_assert_cmpuint (change.node, ==, b);
  g_assert_cmpint (change.new_state, ==, STATE_UNIT_STATE_FAILED);
  g_assert_true (state_graph_next_change (graph, &change));
  g_assert_cmpuint (change.node, ==, a);
  g_assert_cmpint (change.old_state, ==, STATE_UNIT_STATE_STARTING);
  g_assert_cmpint (change.new_state, ==, STATE_UNIT_STATE_RUNNING);
  g_assert_false (state_graph_next_change (graph, &change));
  g_assert_false (state_graph_next_change (graph, &change));
  g_assert_cmpuint (graph->n_changes, ==, 0);
}

/* --- Nothing is left behind --- */

/* Adds that many between a hub and a leaf, and takes them out again. */
static void
come_and_go (StateGraph *graph, guint32 hub, guint32 leaf, guint n)
{
  guint32 first = graph->n_nodes;

  for (guint i = 0; i < n; i++)
    state_graph_add (graph, &(StateEdge){ hub, BY_DEFAULT, 0 }, 1,
                     &(StateEdge){ leaf, BY_DEFAULT, 1 }, 1);
  for (guint i = 0; i < n; i++)
    state_graph_kill (graph, first + i);
  for (guint i = 0; i < n; i++)
    state_graph_disconnect (graph, first + i);
  if (state_graph_is_sparse (graph))
    g_free (state_graph_compact (graph));
}

static void
assert_nothing_left (guint rounds, guint n_at_once)
{
  g_autoptr (StateGraph) graph = state_graph_new ();
  guint32 hub = add (graph, 0, NULL);
  guint32 leaf = add (graph, 1, (StateEdge[]){ { hub, BY_DEFAULT, 0 } });
  guint n;

  for (guint round = 0; round < rounds; round++)
    {
      come_and_go (graph, hub, leaf, n_at_once);
      g_assert_cmpuint (graph->n_alive, ==, 2);
      g_assert_cmpuint (graph->n_nodes, <=, 2 + 64 + n_at_once);
      g_assert_cmpuint (graph->n_allocated, <=, 4 * (2 + 64 + n_at_once));
      g_assert_cmpuint (graph->n_edges, <=, 4096 + 16 * n_at_once);
      g_assert_cmpuint (graph->n_edges_allocated, <=, 2 * (4096 + 16 * n_at_once));
    }
  g_assert_cmpuint (state_graph_dependents (graph, hub, &n)->node, ==, leaf);
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpuint (state_graph_dependencies (graph, leaf, &n)->node, ==, hub);
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpuint (graph->n_in_class[STATE_UNIT_STATE_STOPPED], ==, 2);

  state_graph_compact_edges (graph);
  g_assert_cmpuint (graph->n_edges, ==, 2);
}

static void
test_million_rounds_leave_nothing_behind (void)
{
  assert_nothing_left (1000 * 1000, 1);
  assert_nothing_left (10 * 1000, 100);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/graph/as-a-matrix-says", test_as_a_matrix_says);
  g_test_add_func ("/graph/closure-follows-the-required", test_closure_follows_the_required);
  g_test_add_func ("/graph/new-node-takes-over-no-duration", test_new_node_takes_over_no_duration);
  g_test_add_func ("/graph/circle-is-named-from-end-to-end", test_circle_is_named_from_end_to_end);
  g_test_add_func ("/graph/circle-is-one-of-a-single-operation",
                   test_circle_is_one_of_a_single_operation);
  g_test_add_func ("/graph/circle-of-many-is-found", test_circle_of_many_is_found_at_once);
  g_test_add_func ("/graph/changes-are-told-in-order-and-once",
                   test_changes_are_told_in_order_and_once);
  g_test_add_func ("/graph/million-rounds-leave-nothing-behind",
                   test_million_rounds_leave_nothing_behind);
  return g_test_run ();
}
