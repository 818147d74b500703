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

guint state_rules_class (const StateNode *node);
gboolean state_rules_may_run (const StateNode *node);
StateVerdict
state_rules_judge (const StateNode *node, StateOperation operation, gboolean has_state);
StateOperationFlags state_rules_allowed (const StateNode *node);
StateOperationFlags state_rules_allowed_for_all (const StateGraph *graph);
gboolean state_rules_any_may_run (const StateGraph *graph);
StateUnitState state_rules_interim (StateOperation operation);
void state_rules_settle (StateGraph *graph,
                         guint32 node,
                         StateOperation operation,
                         StateStepOutcome answer);
void state_rules_give_up (StateGraph *graph, guint32 node, StateOperation operation);
void state_rules_settle_late (StateGraph *graph, guint32 node, StateStepOutcome answer);

G_END_DECLS
