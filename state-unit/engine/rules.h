/* SPDX-License-Identifier: MIT */

#pragma once

#include "graph.h"

G_BEGIN_DECLS

/* What an operation does with a unit, judged when the operation begins. */
typedef enum
{
  STATE_VERDICT_ASK,    /* put the request to it */
  STATE_VERDICT_LEAVE,  /* it is where it should be, or there is nothing to ask */
  STATE_VERDICT_AWAIT,  /* its late answer comes first */
  STATE_VERDICT_LOST,   /* it fails at once: nobody is there */
  STATE_VERDICT_REFUSE, /* it is in the way of the operation */
  STATE_VERDICT_PASS    /* left alone, though it is not where it should be */
} StateVerdict;

/* A request of these is only put to a unit that is stopped, so that one that is
 * still with it does not mean that it may run. */
#define STATE_RULES_AT_REST                                                                   \
  (STATE_OPERATION_FLAGS_RESET | STATE_OPERATION_FLAGS_SAVE | STATE_OPERATION_FLAGS_RESTORE | \
   STATE_OPERATION_FLAGS_POST_RESTORE)

static inline gboolean
state_rules_request_may_run (StateOperation operation)
{
  return (STATE_RULES_AT_REST & (1u << operation)) == 0;
}

/* The classes above the plain states are FAILED with each of its facts, then
 * UNCERTAIN with each of its two. */
#define STATE_RULES_CLASS_FAILED (STATE_UNIT_STATE_LOST + 1)
#define STATE_RULES_CLASS_UNCERTAIN (STATE_RULES_CLASS_FAILED + 4)

static inline guint
state_rules_class (const StateNode *node)
{
  if (node->state == STATE_UNIT_STATE_FAILED)
    return STATE_RULES_CLASS_FAILED + node->may_run + 2 * node->undefined;
  if (node->state == STATE_UNIT_STATE_UNCERTAIN)
    return STATE_RULES_CLASS_UNCERTAIN + state_rules_request_may_run (node->request);
  return node->state;
}

/* The state of a unit that a request of the operation is with. */
static inline StateUnitState
state_rules_interim (StateOperation operation)
{
  static const guint8 interim[] = {
    STATE_UNIT_STATE_STARTING, STATE_UNIT_STATE_STOPPING,  STATE_UNIT_STATE_RESETTING,
    STATE_UNIT_STATE_SAVING,   STATE_UNIT_STATE_RESTORING, STATE_UNIT_STATE_POST_RESTORING,
  };

  return interim[operation];
}

gboolean state_rules_may_run (const StateNode *node);
StateVerdict
state_rules_judge (const StateNode *node, StateOperation operation, gboolean has_state);
StateOperationFlags state_rules_allowed (const StateNode *node);
guint32 state_rules_classes_of_all (const StateGraph *graph);
StateOperationFlags state_rules_allowed_for_all (const StateGraph *graph);
gboolean state_rules_any_may_run (const StateGraph *graph);
void state_rules_settle (StateGraph *graph,
                         guint32 node,
                         StateOperation operation,
                         StateStepOutcome answer);
void state_rules_give_up (StateGraph *graph, guint32 node, StateOperation operation);
void state_rules_settle_late (StateGraph *graph, guint32 node, StateStepOutcome answer);

G_END_DECLS
