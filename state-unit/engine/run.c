/* SPDX-License-Identifier: MIT */

#include "run.h"

#include "heap.h"

StateRun *
state_run_new (StateGraph *graph, StateOperation operation)
{
  StateRun *self = g_new0 (StateRun, 1);

  self->graph = graph;
  self->operation = operation;
  self->taken = g_array_new (FALSE, FALSE, sizeof (StateRunStep));
  self->phases = g_ptr_array_new_with_free_func ((GDestroyNotify) state_phase_free);
  self->deadlines = g_array_new (FALSE, FALSE, sizeof (StateHeapItem));
  self->parked = g_array_new (FALSE, FALSE, sizeof (StateHeapItem));
  self->expired = g_array_new (FALSE, FALSE, sizeof (guint32));
  return self;
}

void
state_run_free (StateRun *self)
{
  g_clear_pointer (&self->taken, g_array_unref);
  g_ptr_array_unref (self->phases);
  g_array_unref (self->deadlines);
  g_array_unref (self->parked);
  g_array_unref (self->expired);
  g_free (self->remaining);
  g_free (self);
}

static void
take (StateRun *self, guint32 node, gboolean has_state, gboolean extra)
{
  StateRunStep step = {
    .node = node,
    .released_by = STATE_SLOT_NONE,
    .cause = STATE_SLOT_NONE,
    .has_state = has_state != FALSE,
    .extra = extra,
  };

  g_assert (self->graph->nodes[node].alive);
  g_array_append_val (self->taken, step);
}

void
state_run_take (StateRun *self, guint32 node, gboolean has_state)
{
  take (self, node, has_state, FALSE);
}

/* A unit that runs, and must not while others are stopped for the operation. */
void
state_run_take_extra (StateRun *self, guint32 node)
{
  take (self, node, FALSE, TRUE);
}

static gboolean
stops_first (const StateRun *self)
{
  return self->resume && self->operation != STATE_OPERATION_STOP;
}

/* Judging */

static StateVerdict
judge (const StateRun *self, const StateRunStep *step)
{
  StateNode node = self->graph->nodes[step->node];
  StateVerdict verdict;

  if (step->extra)
    return STATE_VERDICT_LEAVE;
  if (stops_first (self) && node.state == STATE_UNIT_STATE_RUNNING)
    node.state = STATE_UNIT_STATE_STOPPED;
  verdict = state_rules_judge (&node, self->operation, step->has_state);
  if (self->leave_rest && (verdict == STATE_VERDICT_REFUSE || verdict == STATE_VERDICT_LOST))
    return STATE_VERDICT_PASS;
  return verdict;
}

/* Judges each unit taken. Nothing is touched, but that to ask for a start, refused or
 * not, withdraws the stops that stand. Returns the slots of those in the way of the
 * operation, NULL: none. */
GArray *
state_run_judge (StateRun *self)
{
  GArray *refused = NULL;

  for (guint32 slot = 0; slot < self->taken->len; slot++)
    {
      StateRunStep *step = &g_array_index (self->taken, StateRunStep, slot);

      step->verdict = judge (self, step);
      if (self->operation == STATE_OPERATION_START)
        self->graph->nodes[step->node].stands = FALSE;
      if (step->verdict != STATE_VERDICT_REFUSE)
        continue;
      if (refused == NULL)
        refused = g_array_new (FALSE, FALSE, sizeof (guint32));
      g_array_append_val (refused, slot);
    }
  return refused;
}

guint32
state_run_slot_of (const StateRun *self, guint32 node)
{
  return self->phase != NULL ? self->graph->nodes[node].slot : STATE_SLOT_NONE;
}

/* Whether the unit is going to be stopped by the current phase anyway. */
gboolean
state_run_is_to_stop (const StateRun *self, guint32 slot)
{
  const StateRunStep *step = &self->phase->steps[slot];

  return !self->done && self->phase->operation == STATE_OPERATION_STOP && !step->settled &&
         step->verdict != STATE_VERDICT_LEAVE;
}

/* What a phase does with each unit */

static gboolean
was_asked (const StateRunStep *step)
{
  return step->start_time != 0 && step->verdict == STATE_VERDICT_ASK;
}

static const StateRunPhase *
find_phase (const StateRun *self, StatePhaseKind kind, StateOperation operation)
{
  for (guint i = 0; i < self->phases->len; i++)
    {
      const StateRunPhase *phase = g_ptr_array_index (self->phases, i);

      if (phase->kind == kind && phase->operation == operation)
        return phase;
    }
  return NULL;
}

static gboolean
was_asked_in (const StateRun *self, StatePhaseKind kind, StateOperation operation, guint32 slot)
{
  const StateRunPhase *phase = find_phase (self, kind, operation);

  return phase != NULL && was_asked (&phase->steps[slot]);
}

static gboolean
succeeded_in (const StateRun *self, StatePhaseKind kind, StateOperation operation, guint32 slot)
{
  const StateRunPhase *phase = find_phase (self, kind, operation);

  return phase != NULL && was_asked (&phase->steps[slot]) &&
         phase->steps[slot].outcome == STATE_STEP_OUTCOME_SUCCEEDED;
}

/* A restore that is undone puts the saved state back into each unit that was asked
 * and had one to save. */
static gboolean
can_put_back (const StateRun *self, guint32 slot)
{
  const StateRunPhase *before = find_phase (self, STATE_PHASE_BEFORE, STATE_OPERATION_SAVE);

  return before != NULL && before->steps[slot].saved;
}

static gboolean
was_touched (const StateRun *self, guint32 slot)
{
  return was_asked_in (self, STATE_PHASE_MAIN, self->operation, slot) ||
         was_asked_in (self, STATE_PHASE_POST, STATE_OPERATION_POST_RESTORE, slot);
}

static gboolean
is_to_be_undone (const StateRun *self, const StateNode *node, guint32 slot)
{
  switch (self->operation)
    {
    case STATE_OPERATION_START:
      return was_asked_in (self, STATE_PHASE_MAIN, STATE_OPERATION_START, slot) &&
             state_rules_may_run (node);
    case STATE_OPERATION_STOP:
      return succeeded_in (self, STATE_PHASE_MAIN, STATE_OPERATION_STOP, slot) &&
             state_rules_judge (node, STATE_OPERATION_START, FALSE) == STATE_VERDICT_ASK;
    case STATE_OPERATION_RESTORE:
      return was_touched (self, slot) && can_put_back (self, slot);
    default:
      return FALSE;
    }
}

static StateVerdict
judge_resume (const StateRun *self, const StateNode *node, guint32 slot)
{
  StatePhaseKind kind =
      self->operation == STATE_OPERATION_STOP ? STATE_PHASE_MAIN : STATE_PHASE_BEFORE;

  if (!succeeded_in (self, kind, STATE_OPERATION_STOP, slot) ||
      node->state == STATE_UNIT_STATE_RUNNING)
    return STATE_VERDICT_LEAVE;
  if (state_rules_judge (node, STATE_OPERATION_START, FALSE) == STATE_VERDICT_ASK)
    return STATE_VERDICT_ASK;
  return STATE_VERDICT_PASS;
}

static StateVerdict
verdict_in (const StateRun *self,
            StateOperation operation,
            StatePhaseKind kind,
            const StateRunStep *step,
            guint32 slot)
{
  const StateNode *node = &self->graph->nodes[step->node];

  switch (kind)
    {
    case STATE_PHASE_BEFORE:
      if (operation == STATE_OPERATION_STOP)
        return node->state == STATE_UNIT_STATE_RUNNING ? STATE_VERDICT_ASK : STATE_VERDICT_LEAVE;
      return node->state == STATE_UNIT_STATE_STOPPED && !step->extra ? STATE_VERDICT_ASK
                                                                     : STATE_VERDICT_LEAVE;
    case STATE_PHASE_MAIN:
      return step->verdict;
    case STATE_PHASE_POST:
      return step->extra ? STATE_VERDICT_LEAVE : STATE_VERDICT_ASK;
    case STATE_PHASE_UNDO:
      return is_to_be_undone (self, node, slot) ? STATE_VERDICT_ASK : STATE_VERDICT_LEAVE;
    case STATE_PHASE_UNDO_POST:
      return succeeded_in (self, STATE_PHASE_UNDO, STATE_OPERATION_RESTORE, slot)
                 ? STATE_VERDICT_ASK
                 : STATE_VERDICT_LEAVE;
    case STATE_PHASE_RESUME:
      return self->operation == STATE_OPERATION_START && !step->extra
                 ? STATE_VERDICT_LEAVE
                 : judge_resume (self, node, slot);
    default:
      g_assert_not_reached ();
    }
}

/* Phases */

/* The longest way from each step to the end, by the durations seen last time:
 * with a limit, those that the others wait for longest go first. */
static void
measure_remaining (StateRun *self)
{
  const StateRunPhase *phase = self->phase;
  g_autofree guint32 *n_after = g_new0 (guint32, MAX (phase->n_steps, 1));
  g_autoptr (GArray) queue = g_array_new (FALSE, FALSE, sizeof (guint32));
  guint n;

  g_free (self->remaining);
  self->remaining = g_new0 (gint64, MAX (phase->n_steps, 1));
  for (guint32 slot = 0; slot < phase->n_steps; slot++)
    {
      const StateEdge *edges = state_phase_successors (phase, slot, &n);

      for (guint i = 0; i < n; i++)
        n_after[slot] += state_phase_slot_along (phase, &edges[i]) != STATE_SLOT_NONE;
      if (n_after[slot] == 0)
        g_array_append_val (queue, slot);
    }
  for (guint head = 0; head < queue->len; head++)
    {
      guint32 slot = g_array_index (queue, guint32, head);
      const StateEdge *edges = state_phase_predecessors (phase, slot, &n);

      self->remaining[slot] +=
          1 + state_graph_get_duration (self->graph, phase->steps[slot].node, phase->operation);
      for (guint i = 0; i < n; i++)
        {
          guint32 other = state_phase_slot_along (phase, &edges[i]);

          if (other == STATE_SLOT_NONE)
            continue;
          self->remaining[other] = MAX (self->remaining[other], self->remaining[slot]);
          if (--n_after[other] == 0)
            g_array_append_val (queue, other);
        }
    }
}

static void
begin_phase (StateRun *self,
             StateOperation operation,
             StatePhaseKind kind,
             StateRunStep *steps,
             guint32 n_steps,
             gint64 now)
{
  StateRunPhase *phase = state_phase_new (self->graph, operation, kind, steps, n_steps);

  phase->goes_on = operation == STATE_OPERATION_STOP || state_phase_is_undo (phase) ||
                   self->policy == STATE_FAILURE_POLICY_KEEP_GOING;
  if (kind == STATE_PHASE_RESUME)
    phase->goes_on = self->policy == STATE_FAILURE_POLICY_KEEP_GOING;
  g_ptr_array_add (self->phases, phase);
  self->phase = phase;
  self->n_phases = MAX (self->n_phases, self->phases->len);
  g_array_set_size (self->deadlines, 0);
  if (self->max_asked > 0)
    measure_remaining (self);
  state_phase_begin (phase, now);
}

static void
add_phase (StateRun *self, StateOperation operation, StatePhaseKind kind, gint64 now)
{
  const StateRunStep *base =
      self->phase != NULL ? self->phase->steps : (StateRunStep *) (gpointer) self->taken->data;
  guint32 n_steps = self->phase != NULL ? self->phase->n_steps : self->taken->len;
  StateRunStep *steps = g_new (StateRunStep, MAX (n_steps, 1));

  for (guint32 slot = 0; slot < n_steps; slot++)
    {
      gboolean alive = self->graph->nodes[base[slot].node].alive;

      steps[slot] = (StateRunStep){
        .node = base[slot].node,
        .released_by = STATE_SLOT_NONE,
        .cause = STATE_SLOT_NONE,
        /* Whoever left before what was done is undone is no failure of that. */
        .has_state = base[slot].has_state && (alive || kind < STATE_PHASE_UNDO),
        .extra = base[slot].extra,
        .outcome = alive ? STATE_STEP_OUTCOME_WAITING : STATE_STEP_OUTCOME_REMOVED,
        .settled = !alive,
      };
      steps[slot].verdict = kind == STATE_PHASE_MAIN
                                ? judge (self, &steps[slot])
                                : verdict_in (self, operation, kind, &steps[slot], slot);
    }
  begin_phase (self, operation, kind, steps, n_steps, now);
}

/* The main phase alone needs no copy of the steps. */
static void
begin_main (StateRun *self, gint64 now)
{
  guint32 n_steps;

  if (self->phase != NULL)
    {
      add_phase (self, self->operation, STATE_PHASE_MAIN, now);
      return;
    }
  n_steps = self->taken->len;
  begin_phase (self, self->operation, STATE_PHASE_MAIN,
               (StateRunStep *) (gpointer) g_array_free (g_steal_pointer (&self->taken), FALSE),
               n_steps, now);
}

static gboolean
rolls_back (const StateRun *self)
{
  return self->policy == STATE_FAILURE_POLICY_ROLL_BACK &&
         (self->operation != STATE_OPERATION_STOP || self->own_policy);
}

static gboolean
saves_first (const StateRun *self)
{
  return self->operation == STATE_OPERATION_RESTORE && rolls_back (self);
}

static void
begin_save_or_main (StateRun *self, gint64 now)
{
  if (saves_first (self))
    add_phase (self, STATE_OPERATION_SAVE, STATE_PHASE_BEFORE, now);
  else
    begin_main (self, now);
}

void
state_run_begin (StateRun *self, gint64 now)
{
  if (self->graph->n_edges_wasted > self->graph->n_edges / 4)
    state_graph_compact_edges (self->graph);
  for (guint32 slot = 0; slot < self->taken->len; slot++)
    self->graph->nodes[g_array_index (self->taken, StateRunStep, slot).node].slot = slot;

  self->n_phases = 1 + stops_first (self) + saves_first (self) +
                   (self->operation == STATE_OPERATION_RESTORE) +
                   (self->resume && self->operation != STATE_OPERATION_START);
  if (stops_first (self))
    add_phase (self, STATE_OPERATION_STOP, STATE_PHASE_BEFORE, now);
  else
    begin_save_or_main (self, now);
}

/* What follows a phase */

static gboolean
is_through (const StateRunPhase *phase)
{
  return phase->n_through == phase->n_steps;
}

/* Half old and half new must not start: what was to get new contents and did not
 * get through all of it is failed, its contents undefined, unless all that was
 * touched has been put back. */
static gboolean
is_put_back (const StateRun *self, guint32 slot)
{
  return succeeded_in (self, STATE_PHASE_UNDO, STATE_OPERATION_RESTORE, slot) &&
         succeeded_in (self, STATE_PHASE_UNDO_POST, STATE_OPERATION_POST_RESTORE, slot);
}

static gboolean
all_is_put_back (const StateRun *self)
{
  for (guint32 slot = 0; slot < self->phase->n_steps; slot++)
    if (self->graph->nodes[self->phase->steps[slot].node].alive && was_touched (self, slot) &&
        !is_put_back (self, slot))
      return FALSE;
  return TRUE;
}

/* Whether the unit is none of those concerned, or is done with all of it. */
static gboolean
is_whole (const StateRun *self, const StateRunPhase *main, guint32 slot)
{
  const StateRunPhase *last =
      self->operation == STATE_OPERATION_RESET
          ? main
          : find_phase (self, STATE_PHASE_POST, STATE_OPERATION_POST_RESTORE);

  if (main->steps[slot].extra ||
      (self->operation == STATE_OPERATION_RESTORE && !main->steps[slot].has_state))
    return TRUE;
  return last != NULL && state_phase_got_through (&last->steps[slot]);
}

static void
mark_undefined (StateRun *self)
{
  const StateRunPhase *main = find_phase (self, STATE_PHASE_MAIN, self->operation);
  gboolean reset = self->operation == STATE_OPERATION_RESET;

  if (!self->any_asked || main == NULL || (rolls_back (self) && !reset && all_is_put_back (self)))
    return;
  for (guint32 slot = 0; slot < main->n_steps; slot++)
    {
      const StateRunStep *step = &main->steps[slot];
      const StateNode *node = &self->graph->nodes[step->node];

      if (!node->alive || is_whole (self, main, slot) || is_put_back (self, slot))
        continue;
      if (node->state == STATE_UNIT_STATE_STOPPED || node->state == STATE_UNIT_STATE_FAILED)
        state_graph_set_state (self->graph, step->node, STATE_UNIT_STATE_FAILED, node->may_run,
                               TRUE);
    }
}

static void
conclude (StateRun *self)
{
  gboolean resumed = self->phase->kind != STATE_PHASE_RESUME || is_through (self->phase);

  self->succeeded = self->main_succeeded && resumed;
  self->done = TRUE;
}

/* A start brings up again most of what was stopped for it; what it did not take
 * along, or could not start, is left. */
static gboolean
is_resumed (const StateRun *self)
{
  if (self->operation != STATE_OPERATION_START)
    return FALSE;
  for (guint32 slot = 0; slot < self->phase->n_steps; slot++)
    {
      const StateRunStep *step = &self->phase->steps[slot];

      if (step->extra &&
          judge_resume (self, &self->graph->nodes[step->node], slot) == STATE_VERDICT_ASK)
        return FALSE;
    }
  return TRUE;
}

static void
after_undo (StateRun *self, gint64 now)
{
  if (!self->main_succeeded &&
      (self->operation == STATE_OPERATION_RESET || self->operation == STATE_OPERATION_RESTORE))
    mark_undefined (self);
  if (self->resume && !self->abandoned && !is_resumed (self))
    add_phase (self, STATE_OPERATION_START, STATE_PHASE_RESUME, now);
  else
    conclude (self);
}

static StateOperation
undo_operation (const StateRun *self)
{
  if (self->operation == STATE_OPERATION_START)
    return STATE_OPERATION_STOP;
  return self->operation == STATE_OPERATION_STOP ? STATE_OPERATION_START : STATE_OPERATION_RESTORE;
}

static gboolean
has_something_to_undo (const StateRun *self)
{
  for (guint32 slot = 0; slot < self->phase->n_steps; slot++)
    {
      const StateNode *node = &self->graph->nodes[self->phase->steps[slot].node];

      if (node->alive && is_to_be_undone (self, node, slot))
        return TRUE;
    }
  return FALSE;
}

static void
after_main (StateRun *self, gint64 now)
{
  if (!self->main_succeeded && rolls_back (self) && !self->abandoned &&
      has_something_to_undo (self))
    add_phase (self, undo_operation (self), STATE_PHASE_UNDO, now);
  else
    after_undo (self, now);
}

static void
end_phase (StateRun *self, gint64 now)
{
  gboolean goes_on = is_through (self->phase) && !self->cancelled && !self->halted;

  switch (self->phase->kind)
    {
    case STATE_PHASE_BEFORE:
      if (!goes_on)
        after_main (self, now);
      else if (self->phase->operation == STATE_OPERATION_STOP)
        begin_save_or_main (self, now);
      else
        begin_main (self, now);
      break;
    case STATE_PHASE_MAIN:
      if (self->operation == STATE_OPERATION_RESTORE && goes_on)
        {
          add_phase (self, STATE_OPERATION_POST_RESTORE, STATE_PHASE_POST, now);
          break;
        }
      self->main_succeeded = self->operation != STATE_OPERATION_RESTORE && is_through (self->phase);
      after_main (self, now);
      break;
    case STATE_PHASE_POST:
      self->main_succeeded = is_through (self->phase);
      after_main (self, now);
      break;
    case STATE_PHASE_UNDO:
      if (self->operation == STATE_OPERATION_RESTORE && !self->abandoned)
        add_phase (self, STATE_OPERATION_POST_RESTORE, STATE_PHASE_UNDO_POST, now);
      else
        after_undo (self, now);
      break;
    case STATE_PHASE_UNDO_POST:
      after_undo (self, now);
      break;
    case STATE_PHASE_RESUME:
      conclude (self);
      break;
    default:
      g_assert_not_reached ();
    }
}

/* Turns */

/* Whether an earlier request is still with the unit, and comes first. */
static gboolean
is_busy (const StateRun *self, const StateRunStep *step)
{
  const StateNode *node = &self->graph->nodes[step->node];

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
turn_of (const StateRun *self, const StateRunStep *step)
{
  const StateNode *node = &self->graph->nodes[step->node];
  gboolean stop = self->phase->operation == STATE_OPERATION_STOP;

  if (step->settled)
    return step->outcome;
  if (step->verdict == STATE_VERDICT_LEAVE || step->verdict == STATE_VERDICT_PASS)
    return STATE_STEP_OUTCOME_UNCHANGED;
  if (stop && !state_rules_may_run (node) && !is_busy (self, step))
    return STATE_STEP_OUTCOME_UNCHANGED;
  if (nothing_new (self) && !(self->halted && !self->cancelled && step->cause != STATE_SLOT_NONE))
    return STATE_STEP_OUTCOME_CANCELLED;
  if (step->cause != STATE_SLOT_NONE)
    return STATE_STEP_OUTCOME_SKIPPED;
  if (step->verdict == STATE_VERDICT_LOST || (node->state == STATE_UNIT_STATE_LOST && !stop))
    return STATE_STEP_OUTCOME_LOST;
  return STATE_STEP_OUTCOME_ASKED;
}

static void
set_deadline (StateRun *self, guint32 slot, gint64 deadline)
{
  self->phase->steps[slot].deadline = deadline;
  if (deadline != 0)
    state_heap_push (self->deadlines, deadline, slot);
}

/* Whoever cancels waits for a roll-back no longer than for the rest. */
static gint64
deadline_of (const StateRun *self, const StateRunStep *step, gint64 now)
{
  guint timeout = self->get_timeout != NULL
                      ? self->get_timeout (self->timeout_data, step->node, self->phase->operation)
                      : 0;

  if (timeout != 0)
    return now + timeout * (gint64) 1000;
  return self->cancelled ? now + STATE_RUN_CANCEL_TIME : 0;
}

static void
ask (StateRun *self, guint32 slot, gint64 now)
{
  StateRunStep *step = &self->phase->steps[slot];
  StateOperation operation = self->phase->operation;
  gboolean undefined = self->graph->nodes[step->node].undefined;

  step->outcome = STATE_STEP_OUTCOME_ASKED;
  step->verdict = STATE_VERDICT_ASK;
  step->start_time = now;
  self->phase->n_asked++;
  self->any_asked |= self->phase->kind == STATE_PHASE_MAIN;
  set_deadline (self, slot, deadline_of (self, step, now));
  state_graph_set_state (self->graph, step->node, state_rules_interim (operation), FALSE,
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
  if (step->deadline == 0)
    set_deadline (self, slot, deadline_of (self, step, now));
  if (step->deadline == 0 && state_phase_is_undo (self->phase))
    set_deadline (self, slot, now + STATE_RUN_CANCEL_TIME);
}

/* A failure means that nothing new begins, if it is to be undone. */
static void heed_failure (StateRun *self, const StateRunStep *step, gint64 now);

static void
finish_step (StateRun *self, guint32 slot, StateStepOutcome outcome, gint64 now)
{
  StateRunPhase *phase = self->phase;

  state_phase_finish_step (phase, slot, outcome, now);
  heed_failure (self, &phase->steps[slot], now);
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
  StateRunStep *step = &self->phase->steps[slot];
  StateStepOutcome turn = turn_of (self, step);

  if (turn != STATE_STEP_OUTCOME_ASKED)
    finish_step (self, slot, turn, now);
  else if (is_busy (self, step))
    await (self, slot, now);
  else if (self->max_asked > 0 && !was_parked)
    state_heap_push (self->parked, -self->remaining[slot], slot);
  else
    {
      ask (self, slot, now);
      return TRUE;
    }
  return FALSE;
}

/* The next unit to ask: its request is of the current phase's operation. FALSE:
 * none for now; or, once self->done is set, never again. */
gboolean
state_run_next (StateRun *self, gint64 now, guint32 *slot)
{
  while (!self->done)
    {
      StateRunPhase *phase = self->phase;
      gboolean is_ready = phase->n_ready > 0;

      if (!is_ready && self->parked->len > 0 && has_place (self))
        *slot = state_heap_pop (self->parked).slot;
      else if (is_ready)
        *slot = state_phase_pop_ready (phase);
      else if (phase->n_finished < phase->n_steps)
        return FALSE;
      else
        {
          end_phase (self, now);
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
  StateRunStep *step = &self->phase->steps[slot];

  g_assert (is_asked (step));
  self->phase->n_asked--;
  if (answer == STATE_STEP_OUTCOME_SUCCEEDED)
    state_graph_set_duration (self->graph, step->node, self->phase->operation,
                              now - step->start_time);
  state_rules_settle (self->graph, step->node, self->phase->operation, answer);
  finish_step (self, slot, answer, now);
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
  step->deadline = 0;
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
  StateRunStep *step = &self->phase->steps[slot];

  if (!self->done && is_asked (step) && step->deadline != 0 && step->deadline < deadline)
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
    if (is_asked (&phase->steps[slot]) && phase->steps[slot].deadline == 0)
      set_deadline (self, slot, now + STATE_RUN_CANCEL_TIME);
}

static void
heed_failure (StateRun *self, const StateRunStep *step, gint64 now)
{
  if (self->halted || !state_phase_is_failure (step) || !rolls_back (self) ||
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
      self->graph->nodes[phase->steps[slot].node].stands = FALSE;
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
      self->graph->nodes[step->node].stands = phase->operation == STATE_OPERATION_STOP;
    }
  else
    {
      phase->n_asked--;
      state_rules_give_up (self->graph, step->node, phase->operation);
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

  while ((top = state_heap_peek (self->deadlines)) != NULL)
    {
      const StateRunStep *step = &self->phase->steps[top->slot];

      if (step->outcome == STATE_STEP_OUTCOME_ASKED && step->deadline == top->key)
        return top;
      state_heap_pop (self->deadlines);
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
      give_up (self, state_heap_pop (self->deadlines).slot, now);
      any = TRUE;
    }
  return any;
}

gboolean
state_run_next_expired (StateRun *self, guint32 *slot)
{
  if (self->expired->len == 0)
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
      heed_failure (self, step, now);
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
  step->cause = STATE_SLOT_NONE;
  if (step->finished)
    state_phase_blame (phase, slot);
  heed_failure (self, step, now);
}

/* The nodes are free for the next run; the steps stay as a record. */
void
state_run_end (StateRun *self)
{
  const StateRunPhase *phase = self->phase;

  for (guint32 slot = 0; phase != NULL && slot < phase->n_steps; slot++)
    self->graph->nodes[phase->steps[slot].node].slot = STATE_NODE_NONE;
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
