/* SPDX-License-Identifier: MIT */

#include "run-private.h"

/* Whose turn it is in the current phase, and what happens meanwhile. */

/* Turns */

static StateNode *
node_of (const StateRun *self, guint32 slot)
{
  return &self->graph->nodes[state_run_node (self, slot)];
}

/* Whether an earlier request is still with the unit, and comes first. */
static gboolean
is_busy (const StateNode *node)
{
  return node->state == STATE_UNIT_STATE_UNCERTAIN || node->standing;
}

static gboolean
nothing_new (const StateRun *self)
{
  return self->abandoned ||
         ((self->cancelled || self->halted) && !state_phase_is_undo (self->phase));
}

/* What to do with a step whose turn has come: its outcome, or ASKED. The unit
 * may have changed by itself since it was judged. */
static StateStepOutcome
turn_of (const StateRun *self, guint32 slot)
{
  const StateRunStep *step = &self->phase->steps[slot];
  const StateNode *node = node_of (self, slot);
  gboolean has_cause = state_phase_cause (self->phase, slot) != STATE_SLOT_NONE;
  gboolean stop = self->phase->operation == STATE_OPERATION_STOP;

  if (step->settled)
    return step->outcome;
  if (step->verdict == STATE_VERDICT_LEAVE || step->verdict == STATE_VERDICT_PASS)
    return STATE_STEP_OUTCOME_UNCHANGED;
  if (stop && !state_rules_may_run (node) && !is_busy (node))
    return STATE_STEP_OUTCOME_UNCHANGED;
  if (nothing_new (self) && !(self->halted && !self->cancelled && has_cause))
    return STATE_STEP_OUTCOME_CANCELLED;
  if (has_cause)
    return STATE_STEP_OUTCOME_SKIPPED;
  if (step->verdict == STATE_VERDICT_LOST || (node->state == STATE_UNIT_STATE_LOST && !stop))
    return STATE_STEP_OUTCOME_LOST;
  /* It came to its end while others were stopped, and has nothing to save, or to keep. */
  if (step->verdict == STATE_VERDICT_REFUSE)
    return STATE_STEP_OUTCOME_FAILED;
  return STATE_STEP_OUTCOME_ASKED;
}

static void
set_deadline (StateRun *self, guint32 slot, gint64 deadline)
{
  state_phase_set_deadline (self->phase, slot, deadline);
  if (deadline != 0)
    state_heap_push (&self->deadlines, deadline, slot);
}

/* Whoever cancels waits for a roll-back no longer than for the rest. */
static gint64
deadline_of (const StateRun *self, guint32 slot, gint64 now)
{
  guint timeout = self->timeout;

  if (self->get_timeout != NULL)
    timeout =
        self->get_timeout (self->timeout_data, state_run_node (self, slot), self->phase->operation);

  if (timeout != 0)
    return now + timeout * (gint64) 1000;
  return self->cancelled ? now + STATE_RUN_CANCEL_TIME : 0;
}

static void
ask (StateRun *self, guint32 slot, gint64 now)
{
  StateRunStep *step = &self->phase->steps[slot];
  StateOperation operation = self->phase->operation;
  guint32 node = state_run_node (self, slot);
  gboolean undefined = self->graph->nodes[node].undefined;

  step->outcome = STATE_STEP_OUTCOME_ASKED;
  step->verdict = STATE_VERDICT_ASK;
  step->start_time = now;
  self->phase->n_asked++;
  self->any_asked |= self->phase->kind == STATE_PHASE_MAIN;
  set_deadline (self, slot, deadline_of (self, slot, now));
  state_graph_set_state (self->graph, node, state_rules_interim (operation), FALSE,
                         operation == STATE_OPERATION_STOP && undefined);
}

/* The unit's late answer to an earlier request comes first. */
static void
await (StateRun *self, guint32 slot, gint64 now)
{
  StateRunStep *step = &self->phase->steps[slot];

  step->outcome = STATE_STEP_OUTCOME_ASKED;
  step->verdict = STATE_VERDICT_AWAIT;
  step->start_time = now;
  self->phase->n_awaited++;
  if (state_phase_deadline (self->phase, slot) == 0)
    set_deadline (self, slot, deadline_of (self, slot, now));
  if (state_phase_deadline (self->phase, slot) == 0 && state_phase_is_undo (self->phase))
    set_deadline (self, slot, now + STATE_RUN_CANCEL_TIME);
}

static void
finish_step (StateRun *self, guint32 slot, StateStepOutcome outcome, gint64 now)
{
  StateRunPhase *phase = self->phase;

  state_phase_finish_step (phase, slot, outcome, now);
  state_run_heed_failure (self, &phase->steps[slot], now);
}

static gboolean
has_place (const StateRun *self)
{
  return self->phase->n_asked < self->max_asked || nothing_new (self);
}

/* Puts the step through whose turn has come; TRUE: its unit is to be asked. */
static gboolean
take_turn (StateRun *self, guint32 slot, gboolean was_parked, gint64 now)
{
  StateStepOutcome turn = turn_of (self, slot);

  if (turn != STATE_STEP_OUTCOME_ASKED)
    finish_step (self, slot, turn, now);
  else if (is_busy (node_of (self, slot)))
    await (self, slot, now);
  else if (self->max_asked > 0 && !was_parked)
    state_heap_push (&self->parked, -self->remaining[slot], slot);
  else
    {
      ask (self, slot, now);
      return TRUE;
    }
  return FALSE;
}

/* The usual turn goes the short way, past all that seldom happens. */

/* Nothing has gone wrong, and there are no limits. */
static gboolean
is_plain (const StateRun *self)
{
  return self->phase->causes == NULL && self->timeout == 0 && self->get_timeout == NULL &&
         self->max_asked == 0 && !(self->cancelled | self->halted | self->abandoned);
}

/* The unit is where everybody expects it to be before it is asked. */
static gboolean
is_as_expected (const StateNode *node, StateOperation operation)
{
  return operation == STATE_OPERATION_STOP ? node->state == STATE_UNIT_STATE_RUNNING
                                           : node->state == STATE_UNIT_STATE_STOPPED;
}

/* Has the processor fetch what will be needed soon: the step and the node of one, and
 * the edges of another, whose node has been fetched by now. Inlined, since GCC drops the
 * call of a function that does nothing else. */
static inline G_ALWAYS_INLINE void
fetch_ahead (const StateRun *self, const StateRunPhase *phase)
{
  const StateEdge *edges;
  guint32 later, soon;
  guint n;

  if (phase->n_ready <= STATE_RUN_AHEAD)
    return;
  later = state_phase_peek_ready (phase, STATE_RUN_AHEAD);
  __builtin_prefetch (&phase->steps[later], 1);
  __builtin_prefetch (&self->graph->nodes[state_run_node (self, later)], 1);
  soon = state_phase_peek_ready (phase, STATE_RUN_AHEAD / 2);
  edges = state_phase_successors (phase, soon, &n);
  __builtin_prefetch (edges);
}

static gboolean
next_plainly (StateRun *self, gint64 now, guint32 *slot)
{
  StateRunPhase *phase = self->phase;
  StateGraph *graph = self->graph;
  StateOperation operation = phase->operation;
  guint32 first = phase->ready[phase->ready_head];
  guint32 number = state_run_node (self, first);
  const StateNode *node = &graph->nodes[number];
  StateRunStep *step = &phase->steps[first];

  if (step->settled || step->verdict != STATE_VERDICT_ASK || !node->alive ||
      !is_as_expected (node, operation))
    return FALSE;
  fetch_ahead (self, phase);
  *slot = state_phase_pop_ready (phase);
  step->outcome = STATE_STEP_OUTCOME_ASKED;
  step->start_time = now;
  phase->n_asked++;
  self->any_asked |= phase->kind == STATE_PHASE_MAIN;
  state_graph_set_plain_state (graph, number, state_rules_interim (operation));
  return TRUE;
}

/* The next unit to ask: its request is of the current phase's operation. FALSE:
 * none for now; or, once self->done is set, never again. */
gboolean
state_run_next (StateRun *self, gint64 now, guint32 *slot)
{
  if (!self->done && self->phase->n_ready > 0 && is_plain (self) && next_plainly (self, now, slot))
    return TRUE;

  while (!self->done)
    {
      StateRunPhase *phase = self->phase;
      gboolean is_ready = phase->n_ready > 0;

      if (!is_ready && self->parked.n > 0 && has_place (self))
        *slot = state_heap_pop (&self->parked).slot;
      else if (is_ready)
        *slot = state_phase_pop_ready (phase);
      else if (phase->n_finished < phase->n_steps)
        return FALSE;
      else
        {
          state_run_end_phase (self, now);
          continue;
        }
      if (take_turn (self, *slot, !is_ready, now))
        return TRUE;
    }
  return FALSE;
}

/* What happens */

static gboolean
is_asked (const StateRunStep *step)
{
  return step->outcome == STATE_STEP_OUTCOME_ASKED && step->verdict != STATE_VERDICT_AWAIT;
}

static gboolean
is_awaited (const StateRunStep *step)
{
  return step->outcome == STATE_STEP_OUTCOME_ASKED && step->verdict == STATE_VERDICT_AWAIT;
}

void
state_run_answer (StateRun *self, guint32 slot, StateStepOutcome answer, gint64 now)
{
  const StateRunStep *step = &self->phase->steps[slot];
  guint32 node = state_run_node (self, slot);

  g_assert (is_asked (step));
  self->phase->n_asked--;
  if (answer == STATE_STEP_OUTCOME_SUCCEEDED)
    state_graph_set_duration (self->graph, node, self->phase->operation, now - step->start_time);
  state_rules_settle (self->graph, node, self->phase->operation, answer);
  finish_step (self, slot, answer, now);
}

/* The same as state_run_answer() with a success, for a run in which nothing else has
 * happened and a unit that is in the state in which it was asked. FALSE: it is not so,
 * and nothing has been done. */
gboolean
state_run_succeed (StateRun *self, guint32 slot, gint64 now)
{
  StateRunPhase *phase = self->phase;
  StateGraph *graph = self->graph;
  StateOperation operation = phase->operation;
  const StateRunStep *step = &phase->steps[slot];
  guint32 number = state_run_node (self, slot);
  const StateNode *node = &graph->nodes[number];

  if (!is_plain (self) || !is_asked (step) || step->settled || !node->alive || node->undefined ||
      node->state != state_rules_interim (operation))
    return FALSE;
  phase->n_asked--;
  state_graph_set_duration (graph, number, operation, now - step->start_time);
  state_graph_set_plain_state (graph, number,
                               operation == STATE_OPERATION_START ? STATE_UNIT_STATE_RUNNING
                                                                  : STATE_UNIT_STATE_STOPPED);
  state_phase_succeed (phase, slot, now);
  return TRUE;
}

/* The late answer of a unit has been settled: a stop or a roll-back may have waited
 * for it. Its turn comes again, and with it its own deadline. */
void
state_run_answer_late (StateRun *self, guint32 slot, gint64 now)
{
  StateRunStep *step = &self->phase->steps[slot];

  if (self->done || !is_awaited (step))
    return;
  self->phase->n_awaited--;
  step->verdict = STATE_VERDICT_ASK;
  step->outcome = STATE_STEP_OUTCOME_WAITING;
  step->start_time = 0;
  state_phase_set_deadline (self->phase, slot, 0);
  state_phase_push_ready (self->phase, slot);
}

/* The unit saved something that it can be put back to. */
void
state_run_set_saved (StateRun *self, guint32 slot)
{
  self->phase->steps[slot].saved = TRUE;
}

void
state_run_extend (StateRun *self, guint32 slot, gint64 deadline)
{
  gint64 before = state_phase_deadline (self->phase, slot);

  if (!self->done && is_asked (&self->phase->steps[slot]) && before != 0 && before < deadline)
    set_deadline (self, slot, deadline);
}

/* The requests that are out are to be cancelled; one that may take as long as it
 * wants may not any more. */
static void
call_back (StateRun *self, gint64 now)
{
  StateRunPhase *phase = self->phase;

  self->wants_cancel = phase->n_asked > 0;
  for (guint32 slot = 0; slot < phase->n_steps && phase->n_asked > 0; slot++)
    if (is_asked (&phase->steps[slot]) && state_phase_deadline (phase, slot) == 0)
      set_deadline (self, slot, now + STATE_RUN_CANCEL_TIME);
}

/* A failure means that nothing new begins, if it is to be undone. */
void
state_run_heed_failure (StateRun *self, const StateRunStep *step, gint64 now)
{
  if (self->halted || !state_phase_is_failure (step) || !state_run_rolls_back (self) ||
      state_phase_is_undo (self->phase))
    return;
  self->halted = TRUE;
  if (!self->cancelled)
    call_back (self, now);
}

/* A stop that waits for a late answer is withdrawn. */
static void
withdraw_awaited (StateRun *self, gint64 now)
{
  StateRunPhase *phase = self->phase;

  for (guint32 slot = 0; slot < phase->n_steps; slot++)
    {
      node_of (self, slot)->stands = FALSE;
      if (!is_awaited (&phase->steps[slot]))
        continue;
      phase->n_awaited--;
      finish_step (self, slot, STATE_STEP_OUTCOME_CANCELLED, now);
    }
}

/* No more units are asked, but for those that a roll-back puts right. */
void
state_run_cancel (StateRun *self, gint64 now)
{
  if (self->cancelled || self->done || state_phase_is_undo (self->phase))
    return;
  self->cancelled = TRUE;
  if (!self->halted)
    call_back (self, now);
  if (self->phase->operation == STATE_OPERATION_STOP)
    withdraw_awaited (self, now);
}

/* The run goes on without the answer. A stop that did not get to the unit stands. */
static void
give_up (StateRun *self, guint32 slot, gint64 now)
{
  StateRunPhase *phase = self->phase;
  StateRunStep *step = &phase->steps[slot];

  if (is_awaited (step))
    {
      phase->n_awaited--;
      node_of (self, slot)->stands = phase->operation == STATE_OPERATION_STOP;
    }
  else
    {
      phase->n_asked--;
      state_rules_give_up (self->graph, state_run_node (self, slot), phase->operation);
      if (self->expired == NULL)
        self->expired = g_array_new (FALSE, FALSE, sizeof (guint32));
      g_array_append_val (self->expired, slot);
    }
  finish_step (self, slot, STATE_STEP_OUTCOME_TIMED_OUT, now);
}

/* It ends at once: nothing is waited for any more, and nothing new begins. */
void
state_run_abandon (StateRun *self, gint64 now)
{
  StateRunPhase *phase = self->phase;

  if (self->done)
    return;
  if (!self->timed_out)
    state_run_cancel (self, now);
  self->cancelled = self->abandoned = TRUE;
  for (guint32 slot = 0; slot < phase->n_steps && phase->n_asked + phase->n_awaited > 0; slot++)
    if (phase->steps[slot].outcome == STATE_STEP_OUTCOME_ASKED)
      give_up (self, slot, now);
}

/* Drops the deadlines on top that mean nothing any more. */
static const StateHeapItem *
peek_deadline (StateRun *self)
{
  const StateHeapItem *top;

  while ((top = state_heap_peek (&self->deadlines)) != NULL)
    {
      const StateRunStep *step = &self->phase->steps[top->slot];

      if (step->outcome == STATE_STEP_OUTCOME_ASKED &&
          state_phase_deadline (self->phase, top->slot) == top->key)
        return top;
      state_heap_pop (&self->deadlines);
    }
  return NULL;
}

/* When state_run_expire() has something to do next; 0: never. */
gint64
state_run_get_deadline (StateRun *self)
{
  const StateHeapItem *top = self->done ? NULL : peek_deadline (self);

  return top != NULL ? top->key : 0;
}

/* Gives up on those whose time is over; state_run_next_expired() names those whose
 * requests are to be cancelled. */
gboolean
state_run_expire (StateRun *self, gint64 now)
{
  const StateHeapItem *top;
  gboolean any = FALSE;

  while (!self->done && (top = peek_deadline (self)) != NULL && top->key <= now)
    {
      give_up (self, state_heap_pop (&self->deadlines).slot, now);
      any = TRUE;
    }
  return any;
}

gboolean
state_run_next_expired (StateRun *self, guint32 *slot)
{
  if (!state_run_has_expired (self))
    return FALSE;
  *slot = g_array_index (self->expired, guint32, self->expired->len - 1);
  g_array_set_size (self->expired, self->expired->len - 1);
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
  if (step->outcome != STATE_STEP_OUTCOME_ASKED)
    {
      settle_step (step, STATE_STEP_OUTCOME_REMOVED, now);
      state_run_heed_failure (self, step, now);
      return;
    }
  if (is_awaited (step))
    phase->n_awaited--;
  else
    phase->n_asked--;
  finish_step (self, slot, STATE_STEP_OUTCOME_REMOVED, now);
}

/* A unit that this start had brought up, or found running, no longer runs. */
void
state_run_ended (StateRun *self, guint32 slot, StateStepOutcome outcome, gint64 now)
{
  StateRunPhase *phase = self->phase;
  StateRunStep *step = &phase->steps[slot];

  if (self->done || phase->operation != STATE_OPERATION_START ||
      step->outcome == STATE_STEP_OUTCOME_REMOVED)
    return;
  if (step->finished)
    phase->n_through -= state_phase_got_through (step);
  settle_step (step, outcome, now);
  state_phase_set_cause (phase, slot, STATE_SLOT_NONE);
  if (step->finished)
    state_phase_blame (phase, slot);
  state_run_heed_failure (self, step, now);
}
