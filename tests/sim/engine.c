/* SPDX-License-Identifier: MIT */

#include "engine.h"

/* What the set does with the engine, in the fewest words. */

Engine *
engine_new (void)
{
  Engine *self = g_new0 (Engine, 1);

  self->graph = state_graph_new ();
  self->nodes = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->units = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->told = g_array_new (FALSE, TRUE, sizeof (guint32));
  self->gone = g_array_new (FALSE, FALSE, sizeof (guint32));
  return self;
}

void
engine_free (Engine *self)
{
  g_clear_pointer (&self->run, state_run_free);
  state_graph_free (self->graph);
  g_array_unref (self->nodes);
  g_array_unref (self->units);
  g_array_unref (self->told);
  g_array_unref (self->gone);
  g_free (self);
}

static guint32
node_of (const Engine *self, guint unit)
{
  return g_array_index (self->nodes, guint32, unit);
}

static StateNode *
get_node (const Engine *self, guint unit)
{
  return &self->graph->nodes[node_of (self, unit)];
}

static guint
unit_of (const Engine *self, guint32 node)
{
  return g_array_index (self->units, guint32, node);
}

static guint32
slot_of (const Engine *self, guint unit)
{
  guint32 node = node_of (self, unit);

  return self->run != NULL && node != STATE_NODE_NONE ? state_run_slot_of (self->run, node)
                                                      : STATE_SLOT_NONE;
}

/* The graph */

static StateEdge *
edges_of (const Engine *self, const ModelEdge *edges, guint n)
{
  StateEdge *copy = g_new0 (StateEdge, MAX (n, 1));

  for (guint i = 0; i < n; i++)
    copy[i] = (StateEdge){
      .node = node_of (self, edges[i].unit),
      .operations = (guint8) edges[i].operations,
      .flags = edges[i].required ? STATE_DEPENDENCY_REQUIRED : STATE_DEPENDENCY_ORDER_ONLY,
    };
  return copy;
}

gboolean
engine_finds_cycle (Engine *self,
                    const ModelEdge *dependencies,
                    guint n_dependencies,
                    const ModelEdge *dependents,
                    guint n_dependents)
{
  g_autofree StateEdge *to = edges_of (self, dependencies, n_dependencies);
  g_autofree StateEdge *from = edges_of (self, dependents, n_dependents);
  g_autoptr (GArray) cycle =
      state_graph_find_cycle (self->graph, to, n_dependencies, from, n_dependents);

  return cycle != NULL;
}

guint
engine_add (Engine *self,
            const ModelEdge *dependencies,
            guint n_dependencies,
            const ModelEdge *dependents,
            guint n_dependents)
{
  g_autofree StateEdge *to = edges_of (self, dependencies, n_dependencies);
  g_autofree StateEdge *from = edges_of (self, dependents, n_dependents);
  guint32 node = state_graph_add (self->graph, to, n_dependencies, from, n_dependents);
  guint32 unit = self->nodes->len;

  g_array_append_val (self->nodes, node);
  g_array_set_size (self->told, unit + 1);
  g_assert_cmpuint (self->units->len, ==, node);
  g_array_append_val (self->units, unit);
  return unit;
}

void
engine_set (Engine *self, guint unit, EngineUnit as)
{
  StateNode *node = get_node (self, unit);

  node->request = as.request;
  node->stands = as.stands != FALSE;
  state_graph_set_state (self->graph, node_of (self, unit), as.state, as.may_run, as.undefined);
}

EngineUnit
engine_get (const Engine *self, guint unit)
{
  const StateNode *node = get_node (self, unit);

  return (EngineUnit){
    .state = node->state,
    .may_run = node->may_run,
    .undefined = node->undefined,
    .request = node->request,
    .stands = node->stands,
    .standing = node->standing,
  };
}

GArray *
engine_closure (Engine *self, const GArray *units, StateOperation operation)
{
  g_autoptr (GArray) given = g_array_new (FALSE, FALSE, sizeof (guint32));
  GArray *closure;

  for (guint i = 0; i < units->len; i++)
    {
      guint32 node = node_of (self, g_array_index (units, guint32, i));

      g_array_append_val (given, node);
    }
  closure = state_graph_closure (self->graph, given, operation);
  for (guint i = 0; i < closure->len; i++)
    g_array_index (closure, guint32, i) = unit_of (self, g_array_index (closure, guint32, i));
  return closure;
}

/* Those to units that are there, as ModelEdge. */
GArray *
engine_edges (const Engine *self, guint unit, gboolean dependents)
{
  GArray *edges = g_array_new (FALSE, TRUE, sizeof (ModelEdge));
  guint32 node = node_of (self, unit);
  guint n;
  const StateEdge *all = dependents ? state_graph_dependents (self->graph, node, &n)
                                    : state_graph_dependencies (self->graph, node, &n);

  for (guint i = 0; i < n; i++)
    {
      ModelEdge edge = { .operations = all[i].operations,
                         .required = all[i].flags == STATE_DEPENDENCY_REQUIRED };

      if (!self->graph->nodes[all[i].node].alive)
        continue;
      edge.unit = unit_of (self, all[i].node);
      g_array_append_val (edges, edge);
    }
  return edges;
}

StateOperationFlags
engine_allowed (const Engine *self)
{
  return state_rules_allowed_for_all (self->graph);
}

gboolean
engine_any_may_run (const Engine *self)
{
  return state_rules_any_may_run (self->graph);
}

/* A transition */

static guint
timeout_of (gpointer data, guint32 node, StateOperation operation)
{
  const Model *model = ((gpointer *) data)[0];
  const Engine *self = ((gpointer *) data)[1];

  return model->timeout (model->timeout_data, unit_of (self, node), operation);
}

void
engine_make_run (Engine *self, const Model *like)
{
  static gpointer both[2];

  both[0] = (gpointer) like;
  both[1] = self;
  self->run = state_run_new (self->graph, like->operation);
  self->run->policy = like->policy;
  self->run->own_policy = like->own_policy;
  self->run->leave_rest = like->leave_rest;
  self->run->resume = like->resume;
  self->run->max_asked = like->max_asked;
  self->run->get_timeout = like->timeout != NULL ? timeout_of : NULL;
  self->run->timeout_data = both;
}

void
engine_take (Engine *self, guint unit, gboolean has_state, gboolean extra)
{
  if (extra)
    state_run_take_extra (self->run, node_of (self, unit));
  else
    state_run_take (self->run, node_of (self, unit), has_state);
}

/* All that are there, none with a state. */
void
engine_take_all (Engine *self)
{
  state_run_take_all (self->run);
}

/* Those in the way; NULL: none. */
GArray *
engine_judge (Engine *self)
{
  GArray *refused = state_run_judge (self->run);

  for (guint i = 0; refused != NULL && i < refused->len; i++)
    {
      guint32 *slot = &g_array_index (refused, guint32, i);

      *slot = unit_of (self, state_run_node (self->run, *slot));
    }
  return refused;
}

void
engine_begin (Engine *self, gint64 now)
{
  state_run_begin (self->run, now);
}

static void
renumber (Engine *self)
{
  g_autofree guint32 *numbers = state_graph_compact (self->graph);
  guint n_nodes = 0;

  for (guint unit = 0; unit < self->nodes->len; unit++)
    {
      guint32 *node = &g_array_index (self->nodes, guint32, unit);

      if (*node == STATE_NODE_NONE)
        continue;
      *node = numbers[*node];
      n_nodes++;
      g_array_index (self->units, guint32, *node) = unit;
    }
  g_assert_cmpuint (self->graph->n_nodes, ==, n_nodes);
  g_array_set_size (self->units, n_nodes);
}

/* Also when it never began. */
void
engine_end (Engine *self)
{
  if (self->run != NULL)
    state_run_end (self->run);
  g_clear_pointer (&self->run, state_run_free);
  for (guint i = 0; i < self->gone->len; i++)
    {
      guint32 node = g_array_index (self->gone, guint32, i);

      g_array_index (self->nodes, guint32, unit_of (self, node)) = STATE_NODE_NONE;
      state_graph_disconnect (self->graph, node);
    }
  g_array_set_size (self->gone, 0);
  if (state_graph_is_sparse (self->graph))
    renumber (self);
}

gboolean
engine_next (Engine *self, gint64 now, guint *unit)
{
  guint32 slot;

  if (!state_run_next (self->run, now, &slot))
    return FALSE;
  *unit = unit_of (self, state_run_node (self->run, slot));
  return TRUE;
}

StateOperation
engine_doing (const Engine *self)
{
  return self->run->phase->operation;
}

static ModelPhase
name_of (const StateRunPhase *phase)
{
  switch (phase->kind)
    {
    case STATE_PHASE_BEFORE:
      return phase->operation == STATE_OPERATION_STOP ? MODEL_PHASE_MAKE_WAY : MODEL_PHASE_KEEP;
    case STATE_PHASE_MAIN:
      return MODEL_PHASE_MAIN;
    case STATE_PHASE_POST:
      return MODEL_PHASE_POST_RESTORE;
    case STATE_PHASE_UNDO:
      return MODEL_PHASE_ROLL_BACK;
    case STATE_PHASE_UNDO_POST:
      return MODEL_PHASE_ROLL_BACK_POST;
    case STATE_PHASE_RESUME:
    default:
      return MODEL_PHASE_RESUME;
    }
}

ModelPhase
engine_phase (const Engine *self)
{
  return name_of (self->run->phase);
}

gboolean
engine_is_done (const Engine *self)
{
  return self->run->done;
}

gboolean
engine_succeeded (const Engine *self)
{
  return self->run->succeeded;
}

/* Whether the requests that are out are to be cancelled, since the last time. */
gboolean
engine_takes_cancel (Engine *self)
{
  gboolean wants = self->run->wants_cancel;

  self->run->wants_cancel = FALSE;
  return wants;
}

gboolean
engine_next_expired (Engine *self, guint *unit)
{
  guint32 slot;

  if (!state_run_next_expired (self->run, &slot))
    return FALSE;
  *unit = unit_of (self, state_run_node (self->run, slot));
  return TRUE;
}

gint64
engine_deadline (Engine *self)
{
  return state_run_get_deadline (self->run);
}

StateStepOutcome
engine_outcome (const Engine *self, guint unit)
{
  return self->run->phase->steps[slot_of (self, unit)].outcome;
}

/* FALSE: there was no such phase. */
gboolean
engine_outcome_in (const Engine *self, ModelPhase phase, guint unit, StateStepOutcome *outcome)
{
  for (guint i = 0; i < self->run->phases->len; i++)
    {
      const StateRunPhase *it = g_ptr_array_index (self->run->phases, i);

      if (name_of (it) != phase)
        continue;
      *outcome = it->steps[slot_of (self, unit)].outcome;
      return TRUE;
    }
  return FALSE;
}

/* What happens */

void
engine_answer (Engine *self, guint unit, StateStepOutcome answer, gboolean saved, gint64 now)
{
  guint32 slot = slot_of (self, unit);

  if (saved)
    state_run_set_saved (self->run, slot);
  if (answer != STATE_STEP_OUTCOME_SUCCEEDED || !state_run_succeed (self->run, slot, now))
    state_run_answer (self->run, slot, answer, now);
}

static void
put_standing_stop (Engine *self, guint unit)
{
  StateNode *node = get_node (self, unit);
  guint32 slot = slot_of (self, unit);

  node->stands = FALSE;
  if (!state_rules_may_run (node) ||
      (slot != STATE_SLOT_NONE && state_run_is_to_stop (self->run, slot)))
    return;
  node->standing = TRUE;
  state_graph_set_state (self->graph, node_of (self, unit), STATE_UNIT_STATE_STOPPING, FALSE,
                         node->undefined);
}

void
engine_answer_late (Engine *self, guint unit, StateStepOutcome answer, gint64 now)
{
  guint32 slot = slot_of (self, unit);

  if (get_node (self, unit)->state == STATE_UNIT_STATE_UNCERTAIN)
    state_rules_settle_late (self->graph, node_of (self, unit), answer);
  else
    state_rules_settle (self->graph, node_of (self, unit), STATE_OPERATION_STOP, answer);
  get_node (self, unit)->standing = FALSE;
  if (slot != STATE_SLOT_NONE)
    state_run_answer_late (self->run, slot, now);
  if (get_node (self, unit)->stands)
    put_standing_stop (self, unit);
}

void
engine_expire_standing (Engine *self, guint unit)
{
  get_node (self, unit)->standing = FALSE;
  state_rules_give_up (self->graph, node_of (self, unit), STATE_OPERATION_STOP);
}

void
engine_expire (Engine *self, gint64 now)
{
  state_run_expire (self->run, now);
}

void
engine_extend (Engine *self, guint unit, gint64 deadline)
{
  state_run_extend (self->run, slot_of (self, unit), deadline);
}

void
engine_cancel (Engine *self, gint64 now)
{
  state_run_cancel (self->run, now);
}

void
engine_abandon (Engine *self, gboolean timed_out, gint64 now)
{
  self->run->timed_out = timed_out;
  state_run_abandon (self->run, now);
}

void
engine_discard (Engine *self, guint unit, gint64 now)
{
  guint32 node = node_of (self, unit);
  guint32 slot = slot_of (self, unit);

  state_graph_kill (self->graph, node);
  g_array_append_val (self->gone, node);
  if (slot != STATE_SLOT_NONE)
    state_run_remove (self->run, slot, now);
}

/* Of one that runs. */
void
engine_ended (Engine *self, guint unit, StateStepOutcome how, gint64 now)
{
  guint32 slot = slot_of (self, unit);
  StateUnitState state = how == STATE_STEP_OUTCOME_LOST     ? STATE_UNIT_STATE_LOST
                         : how == STATE_STEP_OUTCOME_FAILED ? STATE_UNIT_STATE_FAILED
                                                            : STATE_UNIT_STATE_STOPPED;

  if (slot != STATE_SLOT_NONE && engine_doing (self) == STATE_OPERATION_START)
    state_run_ended (self->run, slot,
                     how == STATE_STEP_OUTCOME_LOST ? how : STATE_STEP_OUTCOME_FAILED, now);
  state_graph_set_state (self->graph, node_of (self, unit), state, FALSE, FALSE);
}

/* Of one that has no request. */
void
engine_lose (Engine *self, guint unit, gint64 now)
{
  if (get_node (self, unit)->state == STATE_UNIT_STATE_RUNNING)
    engine_ended (self, unit, STATE_STEP_OUTCOME_LOST, now);
  else
    state_graph_set_state (self->graph, node_of (self, unit), STATE_UNIT_STATE_LOST, FALSE, FALSE);
}

/* What is told of changes leads from one state to the next. NULL: all is well. */
const char *
engine_check_changes (Engine *self)
{
  StateChange change;

  while (state_graph_next_change (self->graph, &change))
    {
      guint32 *told = &g_array_index (self->told, guint32, unit_of (self, change.node));

      if (*told != change.old_state)
        return "a change begins at a state that was not told of";
      *told = change.new_state;
    }
  for (guint32 node = 0; node < self->graph->n_nodes; node++)
    if (self->graph->nodes[node].alive &&
        g_array_index (self->told, guint32, unit_of (self, node)) != self->graph->nodes[node].state)
      return "a change was not told of";
  return NULL;
}
