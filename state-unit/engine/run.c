/* SPDX-License-Identifier: MIT */

#include "run.h"

static void
phase_free (StateRunPhase *phase)
{
  g_free (phase->steps);
  g_free (phase->ready);
  g_free (phase);
}

StateRun *
state_run_new (StateGraph *graph, StateOperation operation)
{
  StateRun *self = g_new0 (StateRun, 1);

  self->graph = graph;
  self->operation = operation;
  self->taken = g_array_new (FALSE, FALSE, sizeof (StateRunStep));
  self->phases = g_ptr_array_new_with_free_func ((GDestroyNotify) phase_free);
  self->n_phases = operation == STATE_OPERATION_RESTORE ? 2 : 1;
  return self;
}

void
state_run_free (StateRun *self)
{
  g_clear_pointer (&self->taken, g_array_unref);
  g_ptr_array_unref (self->phases);
  g_free (self);
}

void
state_run_take (StateRun *self, guint32 node, gboolean has_state)
{
  StateRunStep step = {
    .node = node,
    .released_by = STATE_SLOT_NONE,
    .cause = STATE_SLOT_NONE,
    .has_state = has_state != FALSE,
  };

  g_assert (self->graph->nodes[node].alive);
  g_array_append_val (self->taken, step);
}

/* Judges each unit taken; nothing is touched. Returns the slots of those in the
 * way of the operation, NULL: none. */
GArray *
state_run_judge (StateRun *self)
{
  g_autoptr (GArray) refused = NULL;

  for (guint32 slot = 0; slot < self->taken->len; slot++)
    {
      StateRunStep *step = &g_array_index (self->taken, StateRunStep, slot);

      step->verdict =
          state_rules_judge (&self->graph->nodes[step->node], self->operation, step->has_state);
      if (self->leave_rest &&
          (step->verdict == STATE_VERDICT_REFUSE || step->verdict == STATE_VERDICT_LOST))
        step->verdict = STATE_VERDICT_PASS;
      if (step->verdict != STATE_VERDICT_REFUSE)
        continue;
      if (refused == NULL)
        refused = g_array_new (FALSE, FALSE, sizeof (guint32));
      g_array_append_val (refused, slot);
    }
  return g_steal_pointer (&refused);
}

/* Edges */

static gboolean
goes_backwards (StateOperation operation)
{
  return operation == STATE_OPERATION_STOP;
}

/* Those that come before a step, of all operations and also not taken ones. */
const StateEdge *
state_run_predecessors (const StateRun *self, const StateRunPhase *phase, guint32 slot, guint *n)
{
  guint32 node = phase->steps[slot].node;

  if (goes_backwards (phase->operation))
    return state_graph_dependents (self->graph, node, n);
  return state_graph_dependencies (self->graph, node, n);
}

static const StateEdge *
successors (const StateRun *self, const StateRunPhase *phase, guint32 slot, guint *n)
{
  guint32 node = phase->steps[slot].node;

  if (goes_backwards (phase->operation))
    return state_graph_dependencies (self->graph, node, n);
  return state_graph_dependents (self->graph, node, n);
}

/* The slot at the other end of an edge; STATE_SLOT_NONE if the edge does not
 * count for the operation, or the unit has not been taken. */
static inline guint32
slot_along (const StateRun *self, const StateRunPhase *phase, const StateEdge *edge)
{
  if ((edge->operations & (1u << phase->operation)) == 0)
    return STATE_SLOT_NONE;
  return self->graph->nodes[edge->node].slot;
}

guint32
state_run_slot_of (const StateRun *self, guint32 node)
{
  return self->phase != NULL ? self->graph->nodes[node].slot : STATE_SLOT_NONE;
}

/* Phases */

static void
push_ready (StateRunPhase *phase, guint32 slot, guint32 released_by, gint64 now)
{
  guint64 tail = (guint64) phase->ready_head + phase->n_ready++;

  phase->steps[slot].ready_time = now;
  phase->steps[slot].released_by = released_by;
  phase->ready[tail < phase->n_steps ? tail : tail - phase->n_steps] = slot;
}

static guint32
pop_ready (StateRunPhase *phase)
{
  guint32 slot = phase->ready[phase->ready_head];

  phase->n_ready--;
  if (++phase->ready_head == phase->n_steps)
    phase->ready_head = 0;
  return slot;
}

static void
begin_phase (StateRun *self, StateRunPhase *phase, gint64 now)
{
  phase->ready = g_new (guint32, MAX (phase->n_steps, 1));
  phase->last = STATE_SLOT_NONE;
  g_ptr_array_add (self->phases, phase);
  self->phase = phase;

  for (guint32 slot = 0; slot < phase->n_steps; slot++)
    {
      StateRunStep *step = &phase->steps[slot];
      guint n;
      const StateEdge *edges = state_run_predecessors (self, phase, slot, &n);

      for (guint i = 0; i < n; i++)
        if (slot_along (self, phase, &edges[i]) != STATE_SLOT_NONE)
          step->n_pending++;
      if (step->n_pending == 0)
        push_ready (phase, slot, STATE_SLOT_NONE, now);
    }
}

void
state_run_begin (StateRun *self, gint64 now)
{
  StateRunPhase *phase = g_new0 (StateRunPhase, 1);

  if (self->graph->n_edges_wasted > self->graph->n_edges / 4)
    state_graph_compact_edges (self->graph);

  phase->operation = self->operation;
  phase->n_steps = self->taken->len;
  phase->steps = (StateRunStep *) g_array_free (g_steal_pointer (&self->taken), FALSE);
  for (guint32 slot = 0; slot < phase->n_steps; slot++)
    self->graph->nodes[phase->steps[slot].node].slot = slot;
  begin_phase (self, phase, now);
}

/* Once all are restored, every unit is asked to finish, also one for which there
 * was no state. */
static void
begin_post_restore (StateRun *self, gint64 now)
{
  const StateRunPhase *restore = self->phase;
  StateRunPhase *phase = g_new0 (StateRunPhase, 1);

  phase->operation = STATE_OPERATION_POST_RESTORE;
  phase->n_steps = restore->n_steps;
  phase->steps = g_new (StateRunStep, MAX (restore->n_steps, 1));
  for (guint32 slot = 0; slot < phase->n_steps; slot++)
    {
      const StateRunStep *restored = &restore->steps[slot];
      gboolean alive = self->graph->nodes[restored->node].alive;

      phase->steps[slot] = (StateRunStep){
        .node = restored->node,
        .released_by = STATE_SLOT_NONE,
        .cause = STATE_SLOT_NONE,
        .verdict = STATE_VERDICT_ASK,
        .has_state = restored->has_state,
        .outcome = alive ? STATE_STEP_OUTCOME_WAITING : STATE_STEP_OUTCOME_REMOVED,
        .settled = !alive,
      };
    }
  begin_phase (self, phase, now);
}

/* Outcomes */

static gboolean
is_failure (const StateRun *self, const StateRunStep *step)
{
  switch ((StateStepOutcome) step->outcome)
    {
    case STATE_STEP_OUTCOME_FAILED:
    case STATE_STEP_OUTCOME_TIMED_OUT:
    case STATE_STEP_OUTCOME_DROPPED:
    case STATE_STEP_OUTCOME_LOST:
      return TRUE;
    case STATE_STEP_OUTCOME_REMOVED:
      return self->operation == STATE_OPERATION_RESTORE && step->has_state;
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

/* Whether the step is a failure of its own, not a consequence of another. */
gboolean
state_run_is_cause (const StateRun *self, const StateRunStep *step)
{
  return is_failure (self, step);
}

/* The failure that those who require this one suffer from. A unit that is not
 * asked passes on what stands before it; one that left the set, nothing. */
static guint32
cause_for_dependents (const StateRun *self, const StateRunPhase *phase, guint32 slot)
{
  const StateRunStep *step = &phase->steps[slot];

  if (goes_backwards (phase->operation) || step->outcome == STATE_STEP_OUTCOME_REMOVED)
    return STATE_SLOT_NONE;
  if (step->cause != STATE_SLOT_NONE)
    return step->cause;
  if (is_failure (self, step) || step->verdict == STATE_VERDICT_PASS)
    return slot;
  return STATE_SLOT_NONE;
}

static gboolean
is_required (const StateEdge *edge)
{
  return (edge->flags & STATE_DEPENDENCY_ORDER_ONLY) == 0;
}

static void
finish_step (StateRun *self, guint32 slot, StateStepOutcome outcome, gint64 now)
{
  StateRunPhase *phase = self->phase;
  StateRunStep *step = &phase->steps[slot];
  guint32 cause;
  guint n;
  const StateEdge *edges = successors (self, phase, slot, &n);

  g_assert (!step->finished);
  if (!step->settled)
    {
      step->outcome = outcome;
      step->finish_time = now;
    }
  step->settled = step->finished = TRUE;
  phase->n_finished++;
  phase->last = slot;

  cause = cause_for_dependents (self, phase, slot);
  for (guint i = 0; i < n; i++)
    {
      guint32 other = slot_along (self, phase, &edges[i]);

      if (other == STATE_SLOT_NONE)
        continue;
      if (cause != STATE_SLOT_NONE && phase->steps[other].cause == STATE_SLOT_NONE &&
          is_required (&edges[i]))
        phase->steps[other].cause = cause;
      if (--phase->steps[other].n_pending == 0)
        push_ready (phase, other, slot, now);
    }
}

/* What to do with a step whose turn has come: its outcome, or ASKED. The unit
 * may have changed by itself since it was judged. */
static StateStepOutcome
turn_of (StateRun *self, const StateRunStep *step)
{
  const StateNode *node = &self->graph->nodes[step->node];
  gboolean stop = self->phase->operation == STATE_OPERATION_STOP;

  if (step->settled)
    return step->outcome;
  if (step->verdict == STATE_VERDICT_LEAVE || step->verdict == STATE_VERDICT_PASS)
    return STATE_STEP_OUTCOME_UNCHANGED;
  if (stop && !state_rules_may_run (node) && node->state != STATE_UNIT_STATE_UNCERTAIN)
    return STATE_STEP_OUTCOME_UNCHANGED;
  if (self->cancelled)
    return STATE_STEP_OUTCOME_CANCELLED;
  if (step->cause != STATE_SLOT_NONE)
    return STATE_STEP_OUTCOME_SKIPPED;
  if (step->verdict == STATE_VERDICT_LOST || (node->state == STATE_UNIT_STATE_LOST && !stop))
    return STATE_STEP_OUTCOME_LOST;
  return STATE_STEP_OUTCOME_ASKED;
}

static void
ask (StateRun *self, StateRunStep *step, gint64 now)
{
  StateOperation operation = self->phase->operation;
  gboolean undefined = self->graph->nodes[step->node].undefined;

  step->outcome = STATE_STEP_OUTCOME_ASKED;
  step->start_time = now;
  self->phase->n_asked++;
  self->any_asked = TRUE;
  state_graph_set_state (self->graph, step->node, state_rules_interim (operation), FALSE,
                         operation == STATE_OPERATION_STOP && undefined);
}

static gboolean
got_through (const StateRun *self, const StateRunStep *step)
{
  return step->outcome == STATE_STEP_OUTCOME_SUCCEEDED ||
         step->outcome == STATE_STEP_OUTCOME_UNCHANGED ||
         (step->outcome == STATE_STEP_OUTCOME_REMOVED && !is_failure (self, step));
}

static gboolean
all_got_through (const StateRun *self, const StateRunPhase *phase)
{
  for (guint32 slot = 0; slot < phase->n_steps; slot++)
    if (!got_through (self, &phase->steps[slot]))
      return FALSE;
  return TRUE;
}

/* Half old and half new must not start: what was to get new contents and did not
 * get through all of it is failed, its contents undefined. */
static void
mark_undefined (StateRun *self)
{
  for (guint32 slot = 0; slot < self->phase->n_steps; slot++)
    {
      const StateRunStep *step = &self->phase->steps[slot];
      const StateNode *node = &self->graph->nodes[step->node];
      gboolean concerned = self->operation == STATE_OPERATION_RESET || step->has_state;
      gboolean through = self->phases->len == self->n_phases && got_through (self, step);

      if (concerned && !through && node->alive &&
          (node->state == STATE_UNIT_STATE_STOPPED || node->state == STATE_UNIT_STATE_FAILED))
        state_graph_set_state (self->graph, step->node, STATE_UNIT_STATE_FAILED, node->may_run,
                               TRUE);
    }
}

static void
conclude (StateRun *self)
{
  gboolean renews =
      self->operation == STATE_OPERATION_RESET || self->operation == STATE_OPERATION_RESTORE;

  self->succeeded = self->phases->len == self->n_phases && all_got_through (self, self->phase);
  if (renews && self->any_asked && !self->succeeded)
    mark_undefined (self);
  self->done = TRUE;
}

static void
end_phase (StateRun *self, gint64 now)
{
  if (self->phases->len < self->n_phases && !self->cancelled && all_got_through (self, self->phase))
    begin_post_restore (self, now);
  else
    conclude (self);
}

/* The next unit to ask: its request is of the current phase's operation. FALSE:
 * none for now; or, once self->done is set, never again. */
gboolean
state_run_next (StateRun *self, gint64 now, guint32 *slot)
{
  while (!self->done)
    {
      StateRunPhase *phase = self->phase;
      StateStepOutcome turn;

      if (phase->n_ready == 0)
        {
          if (phase->n_finished < phase->n_steps)
            return FALSE;
          end_phase (self, now);
          continue;
        }

      *slot = pop_ready (phase);
      turn = turn_of (self, &phase->steps[*slot]);
      if (turn != STATE_STEP_OUTCOME_ASKED)
        {
          finish_step (self, *slot, turn, now);
          continue;
        }
      if (self->graph->nodes[phase->steps[*slot].node].state == STATE_UNIT_STATE_UNCERTAIN)
        {
          /* Its late answer is awaited: state_run_answer_late(). */
          phase->steps[*slot].outcome = STATE_STEP_OUTCOME_ASKED;
          phase->steps[*slot].verdict = STATE_VERDICT_AWAIT;
          phase->steps[*slot].start_time = now;
          phase->n_asked++;
          continue;
        }
      ask (self, &phase->steps[*slot], now);
      return TRUE;
    }
  return FALSE;
}

/* What happens */

void
state_run_answer (StateRun *self, guint32 slot, StateStepOutcome answer, gint64 now)
{
  StateRunStep *step = &self->phase->steps[slot];

  g_assert (step->outcome == STATE_STEP_OUTCOME_ASKED);
  self->phase->n_asked--;
  state_rules_settle (self->graph, step->node, self->phase->operation, answer);
  finish_step (self, slot, answer, now);
}

/* The late answer of a unit has been settled: a stop may have waited for it. */
void
state_run_answer_late (StateRun *self, guint32 slot, gint64 now)
{
  StateRunStep *step = &self->phase->steps[slot];

  if (self->done || step->verdict != STATE_VERDICT_AWAIT ||
      step->outcome != STATE_STEP_OUTCOME_ASKED)
    return;
  self->phase->n_asked--;
  step->verdict = STATE_VERDICT_ASK;
  step->outcome = STATE_STEP_OUTCOME_WAITING;
  push_ready (self->phase, slot, step->released_by, step->ready_time);
}

/* No more units are asked. The caller cancels the requests that are with units. */
void
state_run_cancel (StateRun *self, gint64 now)
{
  StateRunPhase *phase = self->phase;

  if (self->cancelled || self->done)
    return;
  self->cancelled = TRUE;
  self->give_up_time = now + STATE_RUN_CANCEL_TIME;
  for (guint32 slot = 0; slot < phase->n_steps && phase->n_asked > 0; slot++)
    if (phase->steps[slot].outcome == STATE_STEP_OUTCOME_ASKED &&
        phase->steps[slot].verdict == STATE_VERDICT_AWAIT)
      {
        phase->n_asked--;
        finish_step (self, slot, STATE_STEP_OUTCOME_CANCELLED, now);
      }
}

/* Gives up on those who have not answered a cancellation in time. */
gboolean
state_run_expire (StateRun *self, gint64 now)
{
  StateRunPhase *phase = self->phase;

  if (self->done || !self->cancelled || now < self->give_up_time)
    return FALSE;
  for (guint32 slot = 0; slot < phase->n_steps && phase->n_asked > 0; slot++)
    {
      StateRunStep *step = &phase->steps[slot];

      if (step->outcome != STATE_STEP_OUTCOME_ASKED)
        continue;
      phase->n_asked--;
      state_rules_give_up (self->graph, step->node, phase->operation);
      finish_step (self, slot, STATE_STEP_OUTCOME_TIMED_OUT, now);
    }
  return TRUE;
}

/* The outcome of a step is known before its turn; it keeps its place in the order. */
static void
settle_step (StateRunStep *step, StateStepOutcome outcome, gint64 now)
{
  step->outcome = outcome;
  step->finish_time = now;
  step->settled = TRUE;
}

/* The unit has left the set: its node is dead. */
void
state_run_remove (StateRun *self, guint32 slot, gint64 now)
{
  StateRunPhase *phase = self->phase;
  StateRunStep *step = &phase->steps[slot];

  if (self->done || step->settled)
    return;
  if (step->outcome == STATE_STEP_OUTCOME_ASKED)
    {
      phase->n_asked--;
      finish_step (self, slot, STATE_STEP_OUTCOME_REMOVED, now);
    }
  else
    settle_step (step, STATE_STEP_OUTCOME_REMOVED, now);
}

/* Those who still wait and require a unit that has died, directly or through
 * units that were not asked, suffer from it. */
static void
blame (StateRun *self, guint32 cause)
{
  StateRunPhase *phase = self->phase;
  g_autoptr (GArray) queue = g_array_new (FALSE, FALSE, sizeof (guint32));

  g_array_append_val (queue, cause);
  for (guint head = 0; head < queue->len; head++)
    {
      guint n;
      const StateEdge *edges = successors (self, phase, g_array_index (queue, guint32, head), &n);

      for (guint i = 0; i < n; i++)
        {
          guint32 other = slot_along (self, phase, &edges[i]);
          StateRunStep *step = other != STATE_SLOT_NONE ? &phase->steps[other] : NULL;

          if (step == NULL || !is_required (&edges[i]) || step->cause != STATE_SLOT_NONE ||
              step->outcome == STATE_STEP_OUTCOME_REMOVED)
            continue;
          if (!step->finished)
            step->cause = cause;
          else if (step->outcome == STATE_STEP_OUTCOME_UNCHANGED)
            {
              step->cause = cause;
              g_array_append_val (queue, other);
            }
        }
    }
}

/* A unit that this start had brought up, or found running, no longer runs. */
void
state_run_ended (StateRun *self, guint32 slot, StateStepOutcome outcome, gint64 now)
{
  StateRunStep *step = &self->phase->steps[slot];

  if (self->done || self->operation != STATE_OPERATION_START ||
      step->outcome == STATE_STEP_OUTCOME_REMOVED)
    return;
  settle_step (step, outcome, now);
  step->cause = STATE_SLOT_NONE;
  if (step->finished)
    blame (self, slot);
}

/* The nodes are free for the next run; the steps stay as a record. */
void
state_run_end (StateRun *self)
{
  const StateRunPhase *phase = self->phase;

  for (guint32 slot = 0; phase != NULL && slot < phase->n_steps; slot++)
    self->graph->nodes[phase->steps[slot].node].slot = STATE_NODE_NONE;
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
  const StateEdge *edges = state_run_predecessors (self, phase, slot, &n);

  for (guint i = 0; i < n; i++)
    {
      guint32 other = slot_along (self, phase, &edges[i]);

      if (other != STATE_SLOT_NONE && !phase->steps[other].finished)
        g_array_append_val (slots, other);
    }
  return slots;
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
  for (guint a = 0, b = path->len; a + 1 < b; a++)
    {
      guint32 swap = g_array_index (path, guint32, a);

      g_array_index (path, guint32, a) = g_array_index (path, guint32, --b);
      g_array_index (path, guint32, b) = swap;
    }
  return path;
}
