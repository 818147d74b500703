/* SPDX-License-Identifier: MIT */

#include "phase.h"

#include <string.h>

/* Takes over the steps, in which the verdicts are set. */
StateRunPhase *
state_phase_new (StateGraph *graph,
                 StateOperation operation,
                 StatePhaseKind kind,
                 const guint32 *nodes,
                 StateRunStep *steps,
                 guint32 n_steps)
{
  StateRunPhase *self = g_new0 (StateRunPhase, 1);

  self->graph = graph;
  self->operation = operation;
  self->kind = kind;
  self->nodes = nodes;
  self->steps = steps;
  self->n_steps = n_steps;
  self->last = STATE_SLOT_NONE;
  return self;
}

void
state_phase_free (StateRunPhase *self)
{
  state_phase_end (self);
  g_free (self->steps);
  g_free (self->causes);
  g_free (self->deadlines);
  g_free (self);
}

/* All steps have finished, or never will: what remains is the record. */
void
state_phase_end (StateRunPhase *self)
{
  g_clear_pointer (&self->pending, g_free);
  g_clear_pointer (&self->ready, g_free);
  self->n_ready = 0;
}

/* What few steps have */

void
state_phase_set_cause (StateRunPhase *self, guint32 slot, guint32 cause)
{
  if (self->causes == NULL && cause == STATE_SLOT_NONE)
    return;
  if (self->causes == NULL)
    {
      self->causes = g_new (guint32, self->n_steps);
      memset (self->causes, 0xff, self->n_steps * sizeof (guint32));
    }
  self->causes[slot] = cause;
}

void
state_phase_set_deadline (StateRunPhase *self, guint32 slot, gint64 deadline)
{
  if (self->deadlines == NULL && deadline == 0)
    return;
  if (self->deadlines == NULL)
    self->deadlines = g_new0 (gint64, self->n_steps);
  self->deadlines[slot] = deadline;
}

/* Edges */

static gboolean
is_required (const StateEdge *edge)
{
  return (edge->flags & STATE_DEPENDENCY_ORDER_ONLY) == 0;
}

/* Turns */

void
state_phase_push_ready (StateRunPhase *self, guint32 slot)
{
  guint64 tail = (guint64) self->ready_head + self->n_ready++;

  self->ready[tail < self->n_steps ? tail : tail - self->n_steps] = slot;
}

static void
release (StateRunPhase *self, guint32 slot, guint32 released_by, gint64 now)
{
  self->steps[slot].ready_time = now;
  self->steps[slot].released_by = released_by;
  state_phase_push_ready (self, slot);
}

/* Every edge leads to a step and counts, as can be told without a look at each. */
static gboolean
all_edges_count (const StateRunPhase *self)
{
  const StateGraph *graph = self->graph;

  return self->nodes == NULL && self->n_steps == graph->n_nodes &&
         graph->n_edges_partial + graph->n_edges_stale == 0 &&
         (STATE_GRAPH_ORDERED & (1u << self->operation)) != 0;
}

static guint32
count_predecessors (const StateRunPhase *self, guint32 slot, gboolean all)
{
  guint32 count = 0;
  guint n;
  const StateEdge *edges = state_phase_predecessors (self, slot, &n);

  if (all)
    return n;
  for (guint i = 0; i < n; i++)
    count += state_phase_slot_along (self, &edges[i]) != STATE_SLOT_NONE;
  return count;
}

void
state_phase_begin (StateRunPhase *self, gint64 now)
{
  gboolean all = all_edges_count (self);

  self->ready = g_new (guint32, MAX (self->n_steps, 1));
  self->pending = g_new (guint32, MAX (self->n_steps, 1));
  for (guint32 slot = 0; slot < self->n_steps; slot++)
    {
      self->pending[slot] = count_predecessors (self, slot, all);
      if (self->pending[slot] == 0)
        release (self, slot, STATE_SLOT_NONE, now);
    }
}

/* Outcomes */

/* Whether the step is a failure of its own, not a consequence of another. */
gboolean
state_phase_is_failure (const StateRunStep *step)
{
  switch ((StateStepOutcome) step->outcome)
    {
    case STATE_STEP_OUTCOME_FAILED:
    case STATE_STEP_OUTCOME_TIMED_OUT:
    case STATE_STEP_OUTCOME_DROPPED:
    case STATE_STEP_OUTCOME_LOST:
      return TRUE;
    case STATE_STEP_OUTCOME_REMOVED:
      return step->has_state;
    case STATE_STEP_OUTCOME_WAITING:
    case STATE_STEP_OUTCOME_ASKED:
    case STATE_STEP_OUTCOME_SUCCEEDED:
    case STATE_STEP_OUTCOME_UNCHANGED:
    case STATE_STEP_OUTCOME_SKIPPED:
    case STATE_STEP_OUTCOME_CANCELLED:
    default:
      return FALSE;
    }
}

gboolean
state_phase_got_through (const StateRunStep *step)
{
  return step->outcome == STATE_STEP_OUTCOME_SUCCEEDED ||
         step->outcome == STATE_STEP_OUTCOME_UNCHANGED ||
         (step->outcome == STATE_STEP_OUTCOME_REMOVED && !step->has_state);
}

/* The failure that those who require this one suffer from. A unit that is not
 * asked passes on what stands before it; one that left the set, nothing. */
static guint32
cause_for_dependents (const StateRunPhase *self, guint32 slot)
{
  const StateRunStep *step = &self->steps[slot];

  if (self->goes_on || step->outcome == STATE_STEP_OUTCOME_REMOVED)
    return STATE_SLOT_NONE;
  if (state_phase_cause (self, slot) != STATE_SLOT_NONE)
    return state_phase_cause (self, slot);
  if (state_phase_is_failure (step) || step->verdict == STATE_VERDICT_PASS)
    return slot;
  return STATE_SLOT_NONE;
}

/* A step that was settled before its turn keeps its outcome. */
void
state_phase_finish_step (StateRunPhase *self, guint32 slot, StateStepOutcome outcome, gint64 now)
{
  StateRunStep *step = &self->steps[slot];
  guint32 cause;
  guint n;
  const StateEdge *edges = state_phase_successors (self, slot, &n);

  g_assert (!step->finished);
  if (!step->settled)
    {
      step->outcome = outcome;
      step->finish_time = now;
    }
  step->settled = step->finished = TRUE;
  self->n_finished++;
  self->n_through += state_phase_got_through (step);
  self->last = slot;

  cause = cause_for_dependents (self, slot);
  for (guint i = 0; i < n; i++)
    {
      guint32 other = state_phase_slot_along (self, &edges[i]);

      if (other == STATE_SLOT_NONE)
        continue;
      if (cause != STATE_SLOT_NONE && is_required (&edges[i]) &&
          state_phase_cause (self, other) == STATE_SLOT_NONE)
        state_phase_set_cause (self, other, cause);
      if (--self->pending[other] == 0)
        release (self, other, slot, now);
    }
}

/* Counts one step down. */
static inline void
count_down (StateRunPhase *self, guint32 *pending, guint32 slot, guint32 by, gint64 now)
{
  if (slot < self->n_steps && --pending[slot] == 0)
    release (self, slot, by, now);
}

/* The same for one that has done what was asked, while nobody suffers from anybody. */
void
state_phase_succeed (StateRunPhase *self, guint32 slot, gint64 now)
{
  StateRunStep *step = &self->steps[slot];
  guint32 *pending = self->pending;
  const guint32 *slots = self->nodes != NULL ? self->graph->slots : NULL;
  guint8 flag = 1u << self->operation;
  guint n;
  const StateEdge *edge = state_phase_successors (self, slot, &n);

  step->outcome = STATE_STEP_OUTCOME_SUCCEEDED;
  step->finish_time = now;
  step->settled = step->finished = TRUE;
  self->n_finished++;
  self->n_through++;
  self->last = slot;

  for (const StateEdge *end = edge + n; edge < end; edge++)
    if (edge->operations & flag)
      count_down (self, pending, slots != NULL ? slots[edge->node] : edge->node, slot, now);
}

/* Those who still wait and require a unit that has died, directly or through
 * units that were not asked, suffer from it. */
void
state_phase_blame (StateRunPhase *self, guint32 cause)
{
  g_autoptr (GArray) queue = g_array_new (FALSE, FALSE, sizeof (guint32));

  if (self->goes_on)
    return;
  g_array_append_val (queue, cause);
  for (guint head = 0; head < queue->len; head++)
    {
      guint n;
      const StateEdge *edges =
          state_phase_successors (self, g_array_index (queue, guint32, head), &n);

      for (guint i = 0; i < n; i++)
        {
          guint32 other = state_phase_slot_along (self, &edges[i]);
          StateStepOutcome outcome;

          if (other == STATE_SLOT_NONE || !is_required (&edges[i]) ||
              state_phase_cause (self, other) != STATE_SLOT_NONE)
            continue;
          outcome = self->steps[other].outcome;
          if (outcome == STATE_STEP_OUTCOME_WAITING || outcome == STATE_STEP_OUTCOME_UNCHANGED)
            state_phase_set_cause (self, other, cause);
          if (outcome == STATE_STEP_OUTCOME_UNCHANGED)
            g_array_append_val (queue, other);
        }
    }
}
