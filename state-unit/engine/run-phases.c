/* SPDX-License-Identifier: MIT */

#include "run-private.h"

/* The phases of a run: what each does with each unit, and what follows it. */

static const StateNode *
node_of (const StateRun *self, guint32 slot)
{
  return &self->graph->nodes[state_run_node (self, slot)];
}

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
      return was_asked_in (self, STATE_PHASE_MAIN, STATE_OPERATION_STOP, slot) &&
             node->state == STATE_UNIT_STATE_STOPPED;
    case STATE_OPERATION_RESTORE:
      return was_touched (self, slot) && can_put_back (self, slot);
    default:
      return FALSE;
    }
}

/* What has been stopped is started again; that which did not stop runs, or may. An answer
 * that came late counts, too. */
static StateVerdict
judge_resume (const StateRun *self, const StateNode *node, guint32 slot)
{
  StatePhaseKind kind =
      self->operation == STATE_OPERATION_STOP ? STATE_PHASE_MAIN : STATE_PHASE_BEFORE;

  if (was_asked_in (self, kind, STATE_OPERATION_STOP, slot) &&
      node->state == STATE_UNIT_STATE_STOPPED)
    return STATE_VERDICT_ASK;
  if (!succeeded_in (self, kind, STATE_OPERATION_STOP, slot) ||
      node->state == STATE_UNIT_STATE_RUNNING)
    return STATE_VERDICT_LEAVE;
  return STATE_VERDICT_PASS;
}

static StateVerdict
verdict_in (const StateRun *self,
            StateOperation operation,
            StatePhaseKind kind,
            const StateRunStep *step,
            guint32 slot)
{
  const StateNode *node = node_of (self, slot);

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
      return judge_resume (self, node, slot);
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
          1 +
          state_graph_get_duration (self->graph, state_phase_node (phase, slot), phase->operation);
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

/* What follows a roll-back, which nobody had planned. */
static guint
n_phases_after (const StateRun *self, StatePhaseKind kind)
{
  if (kind != STATE_PHASE_UNDO && kind != STATE_PHASE_UNDO_POST)
    return 0;
  return self->resume + (kind == STATE_PHASE_UNDO && self->operation == STATE_OPERATION_RESTORE);
}

static void
begin_phase (StateRun *self,
             StateOperation operation,
             StatePhaseKind kind,
             StateRunStep *steps,
             guint32 n_steps,
             gint64 now)
{
  StateRunPhase *phase =
      state_phase_new (self->graph, operation, kind, self->nodes, steps, n_steps);

  phase->goes_on = operation == STATE_OPERATION_STOP || state_phase_is_undo (phase) ||
                   self->policy == STATE_FAILURE_POLICY_KEEP_GOING;
  if (kind == STATE_PHASE_RESUME)
    phase->goes_on = self->policy == STATE_FAILURE_POLICY_KEEP_GOING;
  g_ptr_array_add (self->phases, phase);
  self->phase = phase;
  self->n_phases = MAX (self->n_phases, self->phases->len + n_phases_after (self, kind));
  self->deadlines.n = 0;
  if (self->max_asked > 0)
    measure_remaining (self);
  state_phase_begin (phase, now);
}

static void
add_phase (StateRun *self, StateOperation operation, StatePhaseKind kind, gint64 now)
{
  const StateRunStep *base = self->phase != NULL ? self->phase->steps : self->taken;
  guint32 n_steps = self->n_taken;
  StateRunStep *steps = g_new (StateRunStep, MAX (n_steps, 1));

  for (guint32 slot = 0; slot < n_steps; slot++)
    {
      gboolean alive = node_of (self, slot)->alive;

      steps[slot] = (StateRunStep){
        /* Whoever leaves when the restore itself is over is no failure of it. */
        .has_state = base[slot].has_state && kind < STATE_PHASE_UNDO,
        .extra = base[slot].extra,
        .outcome = alive ? STATE_STEP_OUTCOME_WAITING : STATE_STEP_OUTCOME_REMOVED,
        .settled = !alive,
      };
      steps[slot].verdict = kind == STATE_PHASE_MAIN
                                ? state_run_judge_step (self, &steps[slot], slot)
                                : verdict_in (self, operation, kind, &steps[slot], slot);
    }
  begin_phase (self, operation, kind, steps, n_steps, now);
  /* Who has left with what was to be restored: nothing is asked before that is known. */
  for (guint32 slot = 0; slot < n_steps; slot++)
    if (steps[slot].settled)
      state_run_heed_failure (self, &steps[slot], now);
}

/* The main phase alone needs no copy of the steps. */
static void
begin_main (StateRun *self, gint64 now)
{
  if (self->phase != NULL)
    add_phase (self, self->operation, STATE_PHASE_MAIN, now);
  else
    begin_phase (self, self->operation, STATE_PHASE_MAIN, g_steal_pointer (&self->taken),
                 self->n_taken, now);
}

static gboolean
saves_first (const StateRun *self)
{
  return self->operation == STATE_OPERATION_RESTORE && state_run_rolls_back (self);
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
state_run_begin_phases (StateRun *self, gint64 now)
{
  self->n_phases = 1 + state_run_stops_first (self) + saves_first (self) +
                   (self->operation == STATE_OPERATION_RESTORE) + self->resume;
  if (state_run_stops_first (self))
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
    if (node_of (self, slot)->alive && was_touched (self, slot) && !is_put_back (self, slot))
      return FALSE;
  return TRUE;
}

/* Whether the unit is none of those concerned, or is done with all of it. A reset that came
 * late did what it says; a restore that is undone leaves nobody with what it brought. */
static gboolean
is_whole (const StateRun *self, const StateRunPhase *main, guint32 slot)
{
  const StateRunStep *step = &main->steps[slot];
  const StateRunPhase *post = find_phase (self, STATE_PHASE_POST, STATE_OPERATION_POST_RESTORE);

  if (step->extra)
    return TRUE;
  if (self->operation == STATE_OPERATION_RESET)
    return state_phase_got_through (step) ||
           (was_asked (step) && node_of (self, slot)->state == STATE_UNIT_STATE_STOPPED);
  return !step->has_state || (post != NULL && state_phase_got_through (&post->steps[slot]) &&
                              find_phase (self, STATE_PHASE_UNDO, STATE_OPERATION_RESTORE) == NULL);
}

static void
mark_undefined (StateRun *self)
{
  const StateRunPhase *main = find_phase (self, STATE_PHASE_MAIN, self->operation);
  gboolean reset = self->operation == STATE_OPERATION_RESET;

  if (!self->any_asked || main == NULL ||
      (state_run_rolls_back (self) && !reset && all_is_put_back (self)))
    return;
  for (guint32 slot = 0; slot < main->n_steps; slot++)
    {
      const StateNode *node = node_of (self, slot);

      if (!node->alive || is_whole (self, main, slot) || is_put_back (self, slot))
        continue;
      if (node->state == STATE_UNIT_STATE_STOPPED || node->state == STATE_UNIT_STATE_FAILED)
        state_graph_set_state (self->graph, state_run_node (self, slot), STATE_UNIT_STATE_FAILED,
                               node->may_run, TRUE);
    }
}

static void
conclude (StateRun *self)
{
  gboolean resumed = self->phase->kind != STATE_PHASE_RESUME || is_through (self->phase);

  self->succeeded = self->main_succeeded && resumed;
  self->done = TRUE;
}

/* A start that goes well brings up again what was stopped for it, but for those that it did
 * not take along. */
static gboolean
is_resumed (const StateRun *self)
{
  if (self->operation != STATE_OPERATION_START)
    return FALSE;
  for (guint32 slot = 0; slot < self->phase->n_steps; slot++)
    if (judge_resume (self, node_of (self, slot), slot) == STATE_VERDICT_ASK)
      return FALSE;
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
      const StateNode *node = node_of (self, slot);

      if (node->alive && is_to_be_undone (self, node, slot))
        return TRUE;
    }
  return FALSE;
}

static void
after_main (StateRun *self, gint64 now)
{
  if (!self->main_succeeded && state_run_rolls_back (self) && !self->abandoned &&
      has_something_to_undo (self))
    add_phase (self, undo_operation (self), STATE_PHASE_UNDO, now);
  else
    after_undo (self, now);
}

void
state_run_end_phase (StateRun *self, gint64 now)
{
  gboolean goes_on = is_through (self->phase) && !self->cancelled && !self->halted;

  state_phase_end (self->phase);
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
