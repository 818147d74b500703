/* SPDX-License-Identifier: MIT */

#include "run-private.h"

/* One transition, as the engine sees it: what it takes, what it may do, and the
 * record in the end. */

StateRun *
state_run_new (StateGraph *graph, StateOperation operation)
{
  StateRun *self = g_new0 (StateRun, 1);

  self->graph = graph;
  self->operation = operation;
  self->phases = g_ptr_array_new_with_free_func ((GDestroyNotify) state_phase_free);
  return self;
}

void
state_run_free (StateRun *self)
{
  g_free (self->taken);
  g_ptr_array_unref (self->phases);
  g_free (self->nodes);
  state_heap_clear (&self->deadlines);
  state_heap_clear (&self->parked);
  g_clear_pointer (&self->expired, g_array_unref);
  g_free (self->remaining);
  g_free (self);
}

/* Taking */

/* As long as each node is its own slot, nothing is written down about it. */
static void
set_node (StateRun *self, guint32 slot, guint32 node)
{
  if (self->nodes == NULL && node == slot)
    return;
  if (self->nodes == NULL)
    {
      self->nodes = g_new (guint32, self->n_taken_allocated);
      for (guint32 i = 0; i < slot; i++)
        self->nodes[i] = i;
    }
  self->nodes[slot] = node;
}

static void
reserve_taken (StateRun *self, guint32 n)
{
  if (n <= self->n_taken_allocated)
    return;
  self->n_taken_allocated = MAX (n, MAX (8, self->n_taken_allocated * 2));
  self->taken = g_renew (StateRunStep, self->taken, self->n_taken_allocated);
  if (self->nodes != NULL)
    self->nodes = g_renew (guint32, self->nodes, self->n_taken_allocated);
}

static void
take (StateRun *self, guint32 node, StateRunStep step)
{
  guint32 slot = self->n_taken;

  g_assert (self->graph->nodes[node].alive);
  reserve_taken (self, slot + 1);
  self->taken[slot] = step;
  set_node (self, slot, node);
  self->n_taken++;
}

void
state_run_take (StateRun *self, guint32 node, gboolean has_state)
{
  take (self, node, (StateRunStep){ .has_state = has_state != FALSE });
}

/* A unit that runs, and must not while others are stopped for the operation. */
void
state_run_take_extra (StateRun *self, guint32 node)
{
  self->judged = TRUE;
  take (self, node, (StateRunStep){ .extra = TRUE });
}

/* All that live, none with a state. */
void
state_run_take_all (StateRun *self)
{
  const StateGraph *graph = self->graph;

  g_assert (self->n_taken == 0);
  if (graph->n_alive == graph->n_nodes)
    {
      self->n_taken = self->n_taken_allocated = graph->n_nodes;
      self->taken = g_new0 (StateRunStep, MAX (graph->n_nodes, 1));
      return;
    }
  reserve_taken (self, graph->n_alive);
  for (guint32 node = 0; node < graph->n_nodes; node++)
    if (graph->nodes[node].alive)
      state_run_take (self, node, FALSE);
}

/* One that has been judged and has not begun, to be tried out on a graph with the
 * same nodes. */
StateRun *
state_run_copy (const StateRun *self, StateGraph *graph)
{
  StateRun *copy = state_run_new (graph, self->operation);

  copy->policy = self->policy;
  copy->own_policy = self->own_policy;
  copy->leave_rest = self->leave_rest;
  copy->resume = self->resume;
  for (guint32 slot = 0; slot < self->n_taken; slot++)
    take (copy, state_run_node (self, slot), self->taken[slot]);
  return copy;
}

/* Judging */

StateVerdict
state_run_judge_step (const StateRun *self, const StateRunStep *step, guint32 slot)
{
  StateNode node = self->graph->nodes[state_run_node (self, slot)];
  StateVerdict verdict;

  if (step->extra)
    return STATE_VERDICT_LEAVE;
  if (state_run_stops_first (self) && self->phase == NULL && node.state == STATE_UNIT_STATE_RUNNING)
    node.state = STATE_UNIT_STATE_STOPPED;
  verdict = state_rules_judge (&node, self->operation, step->has_state);
  if (self->leave_rest && (verdict == STATE_VERDICT_REFUSE || verdict == STATE_VERDICT_LOST))
    return STATE_VERDICT_PASS;
  return verdict;
}

/* All are to be asked, as can be told without a look at each: the usual case. */
static gboolean
all_are_to_be_asked (const StateRun *self)
{
  const StateGraph *graph = self->graph;
  StateUnitState state =
      self->operation == STATE_OPERATION_STOP ? STATE_UNIT_STATE_RUNNING : STATE_UNIT_STATE_STOPPED;

  G_STATIC_ASSERT (STATE_VERDICT_ASK == 0);
  return !self->judged && self->operation <= STATE_OPERATION_SAVE && self->nodes == NULL &&
         graph->n_in_class[state] == graph->n_nodes;
}

/* Judges each unit taken. Nothing is touched, but that to ask for a start, refused or
 * not, withdraws the stops that stand. Returns the slots of those in the way of the
 * operation, NULL: none. */
GArray *
state_run_judge (StateRun *self)
{
  GArray *refused = NULL;

  if (all_are_to_be_asked (self))
    return NULL;
  self->judged = TRUE;
  for (guint32 slot = 0; slot < self->n_taken; slot++)
    {
      StateRunStep *step = &self->taken[slot];

      step->verdict = state_run_judge_step (self, step, slot);
      if (self->operation == STATE_OPERATION_START)
        self->graph->nodes[state_run_node (self, slot)].stands = FALSE;
      if (step->verdict != STATE_VERDICT_REFUSE)
        continue;
      if (refused == NULL)
        refused = g_array_new (FALSE, FALSE, sizeof (guint32));
      g_array_append_val (refused, slot);
    }
  return refused;
}

/* Beginning and ending */

void
state_run_begin (StateRun *self, gint64 now)
{
  if (self->graph->n_edges_wasted > self->graph->n_edges / 4)
    state_graph_compact_edges (self->graph);
  for (guint32 slot = 0; self->nodes != NULL && slot < self->n_taken; slot++)
    self->graph->slots[self->nodes[slot]] = slot;

  state_run_begin_phases (self, now);
}

guint32
state_run_slot_of (const StateRun *self, guint32 node)
{
  return self->phase != NULL ? state_phase_slot_of (self->phase, node) : STATE_SLOT_NONE;
}

/* Whether the unit is going to be stopped by the current phase anyway. */
gboolean
state_run_is_to_stop (const StateRun *self, guint32 slot)
{
  const StateRunStep *step = &self->phase->steps[slot];

  return !self->done && self->phase->operation == STATE_OPERATION_STOP && !step->settled &&
         step->verdict != STATE_VERDICT_LEAVE;
}

/* The nodes are free for the next run; the steps stay as a record. */
void
state_run_end (StateRun *self)
{
  for (guint32 slot = 0; self->nodes != NULL && slot < self->n_taken; slot++)
    self->graph->slots[self->nodes[slot]] = STATE_NODE_NONE;
  g_clear_pointer (&self->remaining, g_free);
  self->graph = NULL;
}

/* Accounts */

/* The slots of those that a step still waits for. */
GArray *
state_run_waiting_on (const StateRun *self, guint32 slot)
{
  GArray *slots = g_array_new (FALSE, FALSE, sizeof (guint32));
  const StateRunPhase *phase = self->phase;
  guint n;
  const StateEdge *edges = state_phase_predecessors (phase, slot, &n);
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < n; i++)
    {
      guint32 other = state_phase_slot_along (phase, &edges[i]);

      if (other != STATE_SLOT_NONE && !phase->steps[other].finished &&
          g_hash_table_add (seen, GUINT_TO_POINTER (other)))
        g_array_append_val (slots, other);
    }
  return slots;
}

static void
reverse (GArray *array)
{
  for (guint a = 0, b = array->len; a + 1 < b; a++)
    {
      guint32 swap = g_array_index (array, guint32, a);

      g_array_index (array, guint32, a) = g_array_index (array, guint32, --b);
      g_array_index (array, guint32, b) = swap;
    }
}

/* The chain of steps, each of which released the next, that ends with the one that
 * finished last: pairs of phase and slot, one after the other. */
GArray *
state_run_critical_path (const StateRun *self)
{
  GArray *path = g_array_new (FALSE, FALSE, sizeof (guint32));

  for (guint32 i = self->phases->len; i > 0; i--)
    {
      const StateRunPhase *phase = g_ptr_array_index (self->phases, i - 1);
      guint32 index = i - 1;

      for (guint32 slot = phase->last; slot != STATE_SLOT_NONE;
           slot = phase->steps[slot].released_by)
        {
          g_array_append_val (path, slot);
          g_array_append_val (path, index);
        }
    }
  reverse (path);
  return path;
}
