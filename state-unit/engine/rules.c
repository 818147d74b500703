/* SPDX-License-Identifier: MIT */

#include "rules.h"

#define FLAG(operation) (1u << (operation))

static StateNode
node_of_class (guint class)
{
  StateNode node = { .state = class, .alive = TRUE };

  if (class >= STATE_RULES_CLASS_UNCERTAIN)
    {
      node.state = STATE_UNIT_STATE_UNCERTAIN;
      node.request =
          class == STATE_RULES_CLASS_UNCERTAIN ? STATE_OPERATION_SAVE : STATE_OPERATION_START;
    }
  else if (class >= STATE_RULES_CLASS_FAILED)
    {
      node.state = STATE_UNIT_STATE_FAILED;
      node.may_run = (class - STATE_RULES_CLASS_FAILED) & 1;
      node.undefined = (class - STATE_RULES_CLASS_FAILED) >> 1;
    }
  return node;
}

gboolean
state_rules_may_run (const StateNode *node)
{
  switch ((StateUnitState) node->state)
    {
    case STATE_UNIT_STATE_STARTING:
    case STATE_UNIT_STATE_RUNNING:
    case STATE_UNIT_STATE_STOPPING:
      return TRUE;
    case STATE_UNIT_STATE_FAILED:
      return node->may_run;
    case STATE_UNIT_STATE_UNCERTAIN:
      return state_rules_request_may_run (node->request);
    case STATE_UNIT_STATE_STOPPED:
    case STATE_UNIT_STATE_RESETTING:
    case STATE_UNIT_STATE_SAVING:
    case STATE_UNIT_STATE_RESTORING:
    case STATE_UNIT_STATE_POST_RESTORING:
    case STATE_UNIT_STATE_LOST:
    default:
      return FALSE;
    }
}

static StateVerdict
judge_start (const StateNode *node)
{
  switch ((StateUnitState) node->state)
    {
    case STATE_UNIT_STATE_STOPPED:
      return STATE_VERDICT_ASK;
    case STATE_UNIT_STATE_RUNNING:
      return STATE_VERDICT_LEAVE;
    case STATE_UNIT_STATE_FAILED:
      return node->may_run || node->undefined ? STATE_VERDICT_REFUSE : STATE_VERDICT_ASK;
    case STATE_UNIT_STATE_LOST:
      return STATE_VERDICT_LOST;
    default:
      return STATE_VERDICT_REFUSE;
    }
}

static StateVerdict
judge_stop (const StateNode *node)
{
  if (node->state == STATE_UNIT_STATE_UNCERTAIN || node->standing)
    return STATE_VERDICT_AWAIT;
  return state_rules_may_run (node) ? STATE_VERDICT_ASK : STATE_VERDICT_LEAVE;
}

static StateVerdict
judge_reset (const StateNode *node)
{
  if (node->state == STATE_UNIT_STATE_STOPPED)
    return STATE_VERDICT_ASK;
  if (node->state == STATE_UNIT_STATE_FAILED && !node->may_run)
    return STATE_VERDICT_ASK;
  return STATE_VERDICT_REFUSE;
}

static StateVerdict
judge_restore (const StateNode *node, gboolean has_state)
{
  if (has_state)
    return judge_reset (node);
  return node->state == STATE_UNIT_STATE_STOPPED ? STATE_VERDICT_LEAVE : STATE_VERDICT_REFUSE;
}

StateVerdict
state_rules_judge (const StateNode *node, StateOperation operation, gboolean has_state)
{
  switch (operation)
    {
    case STATE_OPERATION_START:
      return judge_start (node);
    case STATE_OPERATION_STOP:
      return judge_stop (node);
    case STATE_OPERATION_RESET:
      return judge_reset (node);
    case STATE_OPERATION_SAVE:
    case STATE_OPERATION_POST_RESTORE:
      return node->state == STATE_UNIT_STATE_STOPPED ? STATE_VERDICT_ASK : STATE_VERDICT_REFUSE;
    case STATE_OPERATION_RESTORE:
      return judge_restore (node, has_state);
    case STATE_OPERATION_INSPECT:
    default:
      return STATE_VERDICT_ASK;
    }
}

/* What would not be refused now. A restore could have a state for the unit. */
StateOperationFlags
state_rules_allowed (const StateNode *node)
{
  StateOperationFlags allowed = STATE_OPERATION_FLAGS_INSPECT;

  for (StateOperation operation = STATE_OPERATION_START; operation <= STATE_OPERATION_RESTORE;
       operation++)
    if (state_rules_judge (node, operation, TRUE) != STATE_VERDICT_REFUSE)
      allowed |= FLAG (operation);
  return allowed;
}

/* Of which classes there are units: a bit for each. */
guint32
state_rules_classes_of_all (const StateGraph *graph)
{
  guint32 classes = 0;

  for (guint class = 0; class < STATE_N_CLASSES; class ++)
    classes |= (guint32) (graph->n_in_class[class] > 0) << class;
  return classes;
}

StateOperationFlags
state_rules_allowed_for_all (const StateGraph *graph)
{
  StateOperationFlags allowed = STATE_OPERATION_FLAGS_ALL & ~STATE_OPERATION_FLAGS_POST_RESTORE;

  for (guint class = 0; class < STATE_N_CLASSES; class ++)
    if (graph->n_in_class[class] > 0)
      {
        StateNode node = node_of_class (class);

        allowed &= state_rules_allowed (&node);
      }
  return allowed;
}

gboolean
state_rules_any_may_run (const StateGraph *graph)
{
  for (guint class = 0; class < STATE_N_CLASSES; class ++)
    if (graph->n_in_class[class] > 0)
      {
        StateNode node = node_of_class (class);

        if (state_rules_may_run (&node))
          return TRUE;
      }
  return FALSE;
}

static void
set_failed (StateGraph *graph, guint32 node, gboolean may_run, gboolean undefined)
{
  state_graph_set_state (graph, node, STATE_UNIT_STATE_FAILED, may_run, undefined);
}

static void
settle_start (StateGraph *graph, guint32 node, StateStepOutcome answer)
{
  if (answer == STATE_STEP_OUTCOME_SUCCEEDED)
    state_graph_set_state (graph, node, STATE_UNIT_STATE_RUNNING, FALSE, FALSE);
  else if (answer == STATE_STEP_OUTCOME_CANCELLED)
    state_graph_set_state (graph, node, STATE_UNIT_STATE_STOPPED, FALSE, FALSE);
  else
    set_failed (graph, node, answer == STATE_STEP_OUTCOME_DROPPED, FALSE);
}

static void
settle_stop (StateGraph *graph, guint32 node, StateStepOutcome answer)
{
  gboolean undefined = graph->nodes[node].undefined;

  if (answer != STATE_STEP_OUTCOME_SUCCEEDED)
    set_failed (graph, node, TRUE, undefined);
  else if (undefined)
    set_failed (graph, node, FALSE, TRUE);
  else
    state_graph_set_state (graph, node, STATE_UNIT_STATE_STOPPED, FALSE, FALSE);
}

/* The state that an answer to a request of the operation leaves the unit in. */
void
state_rules_settle (StateGraph *graph,
                    guint32 node,
                    StateOperation operation,
                    StateStepOutcome answer)
{
  if (answer == STATE_STEP_OUTCOME_LOST)
    state_graph_set_state (graph, node, STATE_UNIT_STATE_LOST, FALSE, FALSE);
  else if (operation == STATE_OPERATION_START)
    settle_start (graph, node, answer);
  else if (operation == STATE_OPERATION_STOP)
    settle_stop (graph, node, answer);
  else if (operation == STATE_OPERATION_SAVE || answer == STATE_STEP_OUTCOME_SUCCEEDED)
    state_graph_set_state (graph, node, STATE_UNIT_STATE_STOPPED, FALSE, FALSE);
  else
    set_failed (graph, node, FALSE, TRUE);
}

/* The set goes on without the answer to a request that is with the unit. */
void
state_rules_give_up (StateGraph *graph, guint32 node, StateOperation operation)
{
  gboolean undefined = graph->nodes[node].undefined;

  g_assert (graph->nodes[node].state == state_rules_interim (operation));
  graph->nodes[node].request = operation;
  state_graph_set_state (graph, node, STATE_UNIT_STATE_UNCERTAIN, FALSE, undefined);
}

/* After a late restore it is failed whatever it says: the others went on
 * without it, so that its contents are of another time than theirs. */
void
state_rules_settle_late (StateGraph *graph, guint32 node, StateStepOutcome answer)
{
  StateOperation operation = graph->nodes[node].request;
  gboolean of_restore =
      operation == STATE_OPERATION_RESTORE || operation == STATE_OPERATION_POST_RESTORE;

  g_assert (graph->nodes[node].state == STATE_UNIT_STATE_UNCERTAIN);
  if (of_restore && answer != STATE_STEP_OUTCOME_LOST)
    set_failed (graph, node, FALSE, TRUE);
  else
    state_rules_settle (graph, node, operation, answer);
}
