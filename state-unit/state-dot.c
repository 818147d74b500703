/* SPDX-License-Identifier: MIT */

#include "state-dot-private.h"

#include "state-transition-private.h"
#include "state-units-private.h"

/* Light enough for black text, and told apart by people who do not see all colours
 * by the words in the nodes. */
static const char *
colour_of_state (StateUnitState state)
{
  switch (state)
    {
    case STATE_UNIT_STATE_STOPPED:
      return "#eeeeee";
    case STATE_UNIT_STATE_RUNNING:
      return "#c3e6c3";
    case STATE_UNIT_STATE_FAILED:
      return "#f4b6b6";
    case STATE_UNIT_STATE_UNCERTAIN:
      return "#f7dca8";
    case STATE_UNIT_STATE_LOST:
      return "#d8c3e6";
    case STATE_UNIT_STATE_STARTING:
    case STATE_UNIT_STATE_STOPPING:
    case STATE_UNIT_STATE_RESETTING:
    case STATE_UNIT_STATE_SAVING:
    case STATE_UNIT_STATE_RESTORING:
    case STATE_UNIT_STATE_POST_RESTORING:
    default:
      return "#bcd8f2";
    }
}

static const char *
colour_of_outcome (StateStepOutcome outcome)
{
  switch (outcome)
    {
    case STATE_STEP_OUTCOME_WAITING:
      return "#ffffff";
    case STATE_STEP_OUTCOME_ASKED:
      return "#bcd8f2";
    case STATE_STEP_OUTCOME_SUCCEEDED:
      return "#c3e6c3";
    case STATE_STEP_OUTCOME_UNCHANGED:
    case STATE_STEP_OUTCOME_REMOVED:
      return "#eeeeee";
    case STATE_STEP_OUTCOME_SKIPPED:
    case STATE_STEP_OUTCOME_CANCELLED:
      return "#f7dca8";
    case STATE_STEP_OUTCOME_FAILED:
    case STATE_STEP_OUTCOME_TIMED_OUT:
    case STATE_STEP_OUTCOME_DROPPED:
    case STATE_STEP_OUTCOME_LOST:
    default:
      return "#f4b6b6";
    }
}

static void
append_quoted (GString *dot, const char *text)
{
  for (; *text != '\0'; text++)
    {
      if (*text == '"' || *text == '\\')
        g_string_append_c (dot, '\\');
      if (*text == '\n')
        g_string_append (dot, "\\n");
      else
        g_string_append_c (dot, *text);
    }
}

static void
append_node (GString *dot, const char *name, const char *word, const char *colour)
{
  g_string_append (dot, "  \"");
  append_quoted (dot, name);
  g_string_append (dot, "\" [label=\"");
  append_quoted (dot, name);
  g_string_append_printf (dot, "\\n%s\", fillcolor=\"%s\"];\n", word, colour);
}

static void
append_edge (GString *dot, const char *from, const char *to, const char *attributes)
{
  g_string_append (dot, "  \"");
  append_quoted (dot, from);
  g_string_append (dot, "\" -> \"");
  append_quoted (dot, to);
  g_string_append_printf (dot, "\"%s;\n", attributes);
}

static GString *
begin (const char *name)
{
  GString *dot = g_string_new ("digraph \"");

  append_quoted (dot, name);
  g_string_append (dot, "\" {\n"
                        "  rankdir=LR;\n"
                        "  node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\","
                        " fontsize=10];\n"
                        "  edge [color=\"#555555\"];\n");
  return dot;
}

static char *
end (GString *dot)
{
  g_string_append (dot, "}\n");
  return g_string_free (dot, FALSE);
}

static const char *
style_of_edge (const StateEdge *edge)
{
  return (edge->flags & STATE_DEPENDENCY_ORDER_ONLY) != 0 ? " [style=dashed]" : "";
}

char *
state_dot_of_units (StateUnits *units)
{
  GString *dot = begin ("units");

  for (guint32 node = 0; node < units->handles->len; node++)
    {
      StateUnitHandle *handle = state_units_get_handle (units, node);
      StateUnitState state = units->graph->nodes[node].state;

      if (handle != NULL)
        append_node (dot, handle->name, state_unit_state_to_string (state),
                     colour_of_state (state));
    }
  for (guint32 node = 0; node < units->handles->len; node++)
    {
      StateUnitHandle *handle = state_units_get_handle (units, node);
      guint n;
      const StateEdge *edges = state_graph_dependencies (units->graph, node, &n);

      for (guint i = 0; handle != NULL && i < n; i++)
        {
          StateUnitHandle *other = state_units_get_handle (units, edges[i].node);

          if (other != NULL)
            append_edge (dot, handle->name, other->name, style_of_edge (&edges[i]));
        }
    }
  return end (dot);
}

/* Of the phase that it is in, or was in last. */
static void
append_steps (GString *dot, StateTransition *transition)
{
  const StateRunPhase *phase = transition->run->phase;

  for (guint32 slot = 0; slot < phase->n_steps; slot++)
    {
      StateStepOutcome outcome = phase->steps[slot].outcome;

      append_node (dot, state_transition_get_slot_name (transition, slot),
                   state_step_outcome_to_string (outcome), colour_of_outcome (outcome));
    }
}

/* What a step waits for now is drawn thick. */
static const char *
style_of_wait (StateTransition *transition, const StateUnitHandle *handle, const StateEdge *edge)
{
  const StateRun *run = transition->run;
  guint32 before = edge->node;
  guint32 after = handle->node;
  guint32 slot;

  if (run->done || (edge->operations & (1u << run->phase->operation)) == 0)
    return style_of_edge (edge);
  if (run->phase->operation == STATE_OPERATION_STOP)
    {
      before = handle->node;
      after = edge->node;
    }
  slot = state_run_slot_of (run, before);
  if (slot == STATE_SLOT_NONE || run->phase->steps[slot].finished)
    return style_of_edge (edge);
  slot = state_run_slot_of (run, after);
  if (slot == STATE_SLOT_NONE || run->phase->steps[slot].finished)
    return style_of_edge (edge);
  return " [color=\"#c05000\", penwidth=2]";
}

char *
state_dot_of_transition (StateTransition *transition, StateUnits *units)
{
  GString *dot = begin (state_operation_to_string (transition->operation));
  g_autoptr (GHashTable) taken = g_hash_table_new (NULL, NULL);

  if (state_transition_get_n_slots (transition) == 0)
    return end (dot);
  append_steps (dot, transition);
  for (guint i = 0; i < transition->handles->len; i++)
    g_hash_table_add (taken, g_ptr_array_index (transition->handles, i));
  for (guint i = 0; units != NULL && i < transition->handles->len; i++)
    {
      const StateUnitHandle *handle = g_ptr_array_index (transition->handles, i);
      guint n;
      const StateEdge *edges;

      if (handle->units != units)
        continue;
      edges = state_graph_dependencies (units->graph, handle->node, &n);
      for (guint e = 0; e < n; e++)
        {
          StateUnitHandle *other = state_units_get_handle (units, edges[e].node);

          if (other != NULL && g_hash_table_contains (taken, other))
            append_edge (dot, handle->name, other->name,
                         style_of_wait (transition, handle, &edges[e]));
        }
    }
  return end (dot);
}
