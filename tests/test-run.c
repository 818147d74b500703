/* SPDX-License-Identifier: MIT */

/* Any operations over any units with any answers, and whatever happens meanwhile: the run
 * does what the rules say, step by step; and it does so for very many on a small stack. */

#include <pthread.h>

#include "engine/run.h"

#define N 16
#define BY_DEFAULT                                                                          \
  (STATE_OPERATION_FLAGS_START | STATE_OPERATION_FLAGS_STOP | STATE_OPERATION_FLAGS_RESET | \
   STATE_OPERATION_FLAGS_RESTORE)

typedef struct
{
  StateVerdict verdict;
  StateStepOutcome outcome;
  gboolean settled;
  gboolean finished;
  gboolean awaiting;  /* asked, but its late answer comes first */
  gint64 deadline;    /* 0: none */
  gboolean disturbed; /* settled by itself: its times are no part of a chain */
} Step;

/* A set, its operations, and what they should come to. Nobody waits for a count: what may
 * happen to a unit is read off the matrix of edges and the outcomes each time. */
typedef struct
{
  guint32 seed;
  GRand *rand;
  gint64 now;
  guint n_failures; /* in a hundred answers */
  guint n_events;   /* in a hundred moments */

  StateGraph *graph;
  StateRun *run;

  StateGraph *units; /* the same, without edges: for the states alone */
  guint8 edges[N][N][2];
  guint32 taken[N];
  gboolean has_state[N];
  Step steps[2][N];
  guint timeouts[N]; /* of each unit for anything, in ms */
  guint n_taken;
  guint n_phases;
  gboolean any_asked;
  gboolean cancelled;
} World;

/* How often each thing happened, so that nothing is promised in vain. */
static struct
{
  guint refused, succeeded, failed, post_restored, skipped, awaited, timed_out, removed, died;
} seen;

#define check(world, expression)                                                      \
  G_STMT_START                                                                        \
  {                                                                                   \
    if (!(expression))                                                                \
      g_error ("%s:%d: seed %u: %s", __FILE__, __LINE__, (world)->seed, #expression); \
  }                                                                                   \
  G_STMT_END

static guint
roll (World *self, guint n)
{
  return g_rand_int_range (self->rand, 0, (gint32) n);
}

static StateOperation
operation_of (const World *self, guint phase)
{
  return phase == 1 ? STATE_OPERATION_POST_RESTORE : self->run->operation;
}

static gboolean
is_before (const World *self, guint phase, guint32 one, guint32 other, StateDependencyFlags flags)
{
  StateOperation operation = operation_of (self, phase);
  gboolean stop = operation == STATE_OPERATION_STOP;
  guint32 from = self->taken[stop ? one : other];
  guint32 to = self->taken[stop ? other : one];

  return (self->edges[from][to][flags] >> operation) & 1;
}

static gboolean
may_have_its_turn (const World *self, guint phase, guint32 slot)
{
  for (guint32 other = 0; other < self->n_taken; other++)
    if (!self->steps[phase][other].finished &&
        (is_before (self, phase, other, slot, STATE_DEPENDENCY_REQUIRED) ||
         is_before (self, phase, other, slot, STATE_DEPENDENCY_ORDER_ONLY)))
      return FALSE;
  return TRUE;
}

static gboolean
is_bad (const World *self, guint phase, guint32 slot)
{
  StateStepOutcome outcome = self->steps[phase][slot].outcome;

  if (outcome == STATE_STEP_OUTCOME_REMOVED)
    return self->run->operation == STATE_OPERATION_RESTORE && self->has_state[slot];
  return outcome == STATE_STEP_OUTCOME_FAILED || outcome == STATE_STEP_OUTCOME_TIMED_OUT ||
         outcome == STATE_STEP_OUTCOME_DROPPED || outcome == STATE_STEP_OUTCOME_LOST;
}

/* Whether something that it requires has failed or cannot be. */
static gboolean
is_doomed (const World *self, guint phase, guint32 slot)
{
  for (guint32 other = 0; other < self->n_taken; other++)
    {
      const Step *step = &self->steps[phase][other];

      if (operation_of (self, phase) == STATE_OPERATION_STOP ||
          self->run->policy == STATE_FAILURE_POLICY_KEEP_GOING ||
          !is_before (self, phase, other, slot, STATE_DEPENDENCY_REQUIRED) ||
          step->outcome == STATE_STEP_OUTCOME_REMOVED)
        continue;
      if (is_bad (self, phase, other) || step->verdict == STATE_VERDICT_PASS ||
          step->outcome == STATE_STEP_OUTCOME_SKIPPED)
        return TRUE;
      if (step->outcome == STATE_STEP_OUTCOME_UNCHANGED && is_doomed (self, phase, other))
        return TRUE;
    }
  return FALSE;
}

static StateStepOutcome
turn_of (const World *self, guint phase, guint32 slot)
{
  const Step *step = &self->steps[phase][slot];
  const StateNode *unit = &self->units->nodes[self->taken[slot]];
  gboolean stop = operation_of (self, phase) == STATE_OPERATION_STOP;

  if (step->settled)
    return step->outcome;
  if (step->verdict == STATE_VERDICT_LEAVE || step->verdict == STATE_VERDICT_PASS)
    return STATE_STEP_OUTCOME_UNCHANGED;
  if (stop && unit->state != STATE_UNIT_STATE_UNCERTAIN && !state_rules_may_run (unit))
    return STATE_STEP_OUTCOME_UNCHANGED;
  if (self->cancelled)
    return STATE_STEP_OUTCOME_CANCELLED;
  if (is_doomed (self, phase, slot))
    return STATE_STEP_OUTCOME_SKIPPED;
  return unit->state == STATE_UNIT_STATE_LOST ? STATE_STEP_OUTCOME_LOST : STATE_STEP_OUTCOME_ASKED;
}

static gboolean
all_is_well (const World *self, guint phase)
{
  for (guint32 slot = 0; slot < self->n_taken; slot++)
    {
      StateStepOutcome outcome = self->steps[phase][slot].outcome;

      if (is_bad (self, phase, slot) || outcome == STATE_STEP_OUTCOME_SKIPPED ||
          outcome == STATE_STEP_OUTCOME_CANCELLED || !self->steps[phase][slot].finished)
        return FALSE;
    }
  return TRUE;
}

static void
finish (World *self, guint phase, guint32 slot, StateStepOutcome outcome)
{
  self->steps[phase][slot].outcome = outcome;
  self->steps[phase][slot].settled = self->steps[phase][slot].finished = TRUE;
}

/* --- Following the run --- */

static void
begin_phase (World *self, guint phase)
{
  if (phase == 1)
    check (self, all_is_well (self, 0) && !self->cancelled);
  for (guint32 slot = 0; phase == 1 && slot < self->n_taken; slot++)
    {
      gboolean alive = self->units->nodes[self->taken[slot]].alive;

      self->steps[1][slot] = (Step){ .verdict = STATE_VERDICT_ASK };
      if (!alive)
        self->steps[1][slot] =
            (Step){ .outcome = STATE_STEP_OUTCOME_REMOVED, .settled = TRUE, .disturbed = TRUE };
    }
  self->n_phases = phase + 1;
  seen.post_restored += phase;
}

/* Takes over what the run has made of a step since, if its turn can have come. */
static gboolean
follow_step (World *self, guint phase, guint32 slot)
{
  const StateRunPhase *theirs = g_ptr_array_index (self->run->phases, phase);
  StateStepOutcome outcome = theirs->steps[slot].outcome;
  gboolean is_asked = outcome == STATE_STEP_OUTCOME_ASKED;
  guint32 node = self->taken[slot];
  Step *step = &self->steps[phase][slot];

  if (step->finished || step->outcome == STATE_STEP_OUTCOME_ASKED ||
      (!theirs->steps[slot].finished && !is_asked) || !may_have_its_turn (self, phase, slot))
    return FALSE;
  check (self, outcome == turn_of (self, phase, slot));
  if (!is_asked)
    {
      seen.skipped += outcome == STATE_STEP_OUTCOME_SKIPPED;
      finish (self, phase, slot, outcome);
      return TRUE;
    }
  step->outcome = STATE_STEP_OUTCOME_ASKED;
  step->deadline = self->timeouts[node] != 0 ? self->now + self->timeouts[node] * 1000 : 0;
  step->awaiting = self->units->nodes[node].state == STATE_UNIT_STATE_UNCERTAIN;
  seen.awaited += step->awaiting;
  self->any_asked |= !step->awaiting;
  if (!step->awaiting)
    state_graph_set_state (self->units, node, state_rules_interim (operation_of (self, phase)),
                           FALSE,
                           self->units->nodes[node].undefined &&
                               operation_of (self, phase) == STATE_OPERATION_STOP);
  return TRUE;
}

/* How many are asked, and do not wait for their late answer. */
static guint
count_asked (const World *self)
{
  guint n = 0;

  for (guint32 slot = 0; slot < self->n_taken; slot++)
    n += self->steps[self->n_phases - 1][slot].outcome == STATE_STEP_OUTCOME_ASKED &&
         !self->steps[self->n_phases - 1][slot].awaiting;
  return n;
}

static gint64
next_deadline (const World *self)
{
  gint64 next = 0;

  for (guint32 slot = 0; slot < self->n_taken; slot++)
    {
      const Step *step = &self->steps[self->n_phases - 1][slot];

      if (step->outcome == STATE_STEP_OUTCOME_ASKED && step->deadline != 0 &&
          (next == 0 || step->deadline < next))
        next = step->deadline;
    }
  return next;
}

static void
assert_same_units (World *self)
{
  for (guint32 node = 0; node < self->graph->n_nodes; node++)
    {
      const StateNode *theirs = &self->graph->nodes[node];
      const StateNode *mine = &self->units->nodes[node];

      check (self, theirs->alive == mine->alive);
      check (self, !mine->alive || state_rules_class (theirs) == state_rules_class (mine));
    }
}

static void
assert_same (World *self)
{
  assert_same_units (self);
  check (self, state_run_get_deadline (self->run) == next_deadline (self));
  check (self, self->run->phases->len == self->n_phases);
  for (guint phase = 0; phase < self->n_phases; phase++)
    for (guint32 slot = 0; slot < self->n_taken; slot++)
      {
        const StateRunPhase *theirs = g_ptr_array_index (self->run->phases, phase);

        check (self, theirs->steps[slot].finished == self->steps[phase][slot].finished);
        check (self, theirs->steps[slot].outcome == self->steps[phase][slot].outcome);
      }
}

/* What must not start again is undefined, if anything had been asked at all. */
static void
conclude (World *self)
{
  StateOperation operation = self->run->operation;
  guint last = operation == STATE_OPERATION_RESTORE ? 1 : 0;
  gboolean succeeded = self->n_phases == last + 1 && all_is_well (self, last);

  check (self, self->run->succeeded == succeeded);
  check (self, self->n_phases == last + 1 || !all_is_well (self, 0) || self->cancelled);
  seen.succeeded += succeeded;
  seen.failed += !succeeded;
  for (guint32 slot = 0; slot < self->n_taken; slot++)
    {
      StateNode *unit = &self->units->nodes[self->taken[slot]];
      StateStepOutcome outcome = self->steps[self->n_phases - 1][slot].outcome;
      gboolean through = self->n_phases == last + 1 && (outcome == STATE_STEP_OUTCOME_SUCCEEDED ||
                                                        outcome == STATE_STEP_OUTCOME_UNCHANGED);

      /* A reset that was given up on, and succeeded after all, did what it says. */
      if (operation == STATE_OPERATION_RESET && outcome == STATE_STEP_OUTCOME_TIMED_OUT &&
          unit->state == STATE_UNIT_STATE_STOPPED)
        continue;
      if (succeeded || !self->any_asked || through || !unit->alive)
        continue;
      if (operation != STATE_OPERATION_RESET &&
          !(operation == STATE_OPERATION_RESTORE && self->has_state[slot]))
        continue;
      if (unit->state == STATE_UNIT_STATE_STOPPED || unit->state == STATE_UNIT_STATE_FAILED)
        state_graph_set_state (self->units, self->taken[slot], STATE_UNIT_STATE_FAILED,
                               unit->may_run, TRUE);
    }
}

/* TRUE: there is no more to ask for now. */
static gboolean
advance (World *self)
{
  guint32 slot = STATE_SLOT_NONE;
  gboolean any = state_run_next (self->run, self->now, &slot);
  guint limit = self->run->max_asked;
  gboolean is_full;

  for (guint phase = 0; phase < self->run->phases->len; phase++)
    {
      gboolean moved = TRUE;

      if (phase == self->n_phases)
        begin_phase (self, phase);
      while (moved)
        {
          moved = FALSE;
          for (guint32 other = 0; other < self->n_taken; other++)
            moved |= follow_step (self, phase, other);
        }
    }
  is_full = limit > 0 && count_asked (self) >= limit && !self->cancelled;
  if (any)
    check (self, self->run->phase->steps[slot].outcome == STATE_STEP_OUTCOME_ASKED &&
                     (limit == 0 || count_asked (self) <= limit));
  for (guint32 other = 0; !any && other < self->n_taken; other++)
    {
      const Step *step = &self->steps[self->n_phases - 1][other];

      check (self, step->finished || step->outcome == STATE_STEP_OUTCOME_ASKED || is_full ||
                       !may_have_its_turn (self, self->n_phases - 1, other));
      check (self, step->finished || !self->run->done);
    }
  if (self->run->done)
    conclude (self);
  assert_same (self);
  return !any;
}

/* --- What happens --- */

static Step *
step_of (World *self, guint32 node, guint32 *slot)
{
  for (*slot = 0; *slot < self->n_taken; ++*slot)
    if (self->taken[*slot] == node)
      return &self->steps[self->n_phases - 1][*slot];
  return NULL;
}

static void
answer_any (World *self, guint32 slot)
{
  static const StateStepOutcome bad[] = { STATE_STEP_OUTCOME_FAILED, STATE_STEP_OUTCOME_DROPPED,
                                          STATE_STEP_OUTCOME_LOST, STATE_STEP_OUTCOME_CANCELLED };
  guint phase = self->n_phases - 1;
  StateStepOutcome outcome = STATE_STEP_OUTCOME_SUCCEEDED;

  if (roll (self, 100) < self->n_failures)
    outcome = bad[roll (self, self->cancelled ? 4 : 3)];
  state_run_answer (self->run, slot, outcome, self->now);
  state_rules_settle (self->units, self->taken[slot], operation_of (self, phase), outcome);
  finish (self, phase, slot, outcome);
}

static void
answer_late (World *self, guint32 node)
{
  StateStepOutcome outcome = roll (self, 2) ? STATE_STEP_OUTCOME_SUCCEEDED
                                            : STATE_STEP_OUTCOME_FAILED + 2 * roll (self, 2);
  guint32 slot;
  Step *step = step_of (self, node, &slot);

  state_rules_settle_late (self->graph, node, outcome);
  state_rules_settle_late (self->units, node, outcome);
  if (step == NULL)
    return;
  state_run_answer_late (self->run, slot, self->now);
  if (step->awaiting && !step->finished)
    {
      step->outcome = STATE_STEP_OUTCOME_WAITING;
      step->awaiting = FALSE;
    }
}

static void
remove_any (World *self, guint32 node)
{
  guint32 slot;
  Step *step = step_of (self, node, &slot);

  check (self, state_run_slot_of (self->run, node) == (step ? slot : STATE_SLOT_NONE));
  state_graph_kill (self->graph, node);
  state_graph_kill (self->units, node);
  seen.removed++;
  if (step == NULL)
    return;
  state_run_remove (self->run, slot, self->now);
  if (step->settled)
    return;
  step->finished = step->outcome == STATE_STEP_OUTCOME_ASKED;
  step->outcome = STATE_STEP_OUTCOME_REMOVED;
  step->settled = step->disturbed = TRUE;
}

/* It ends by itself, or nobody is there for it any more. */
static void
lose_any (World *self, guint32 node)
{
  gboolean ran = self->units->nodes[node].state == STATE_UNIT_STATE_RUNNING;
  gboolean lost = !ran || roll (self, 2);
  StateStepOutcome outcome = lost ? STATE_STEP_OUTCOME_LOST : STATE_STEP_OUTCOME_FAILED;
  StateUnitState state =
      lost ? STATE_UNIT_STATE_LOST
           : (roll (self, 2) ? STATE_UNIT_STATE_FAILED : STATE_UNIT_STATE_STOPPED);
  guint32 slot;
  Step *step = step_of (self, node, &slot);

  if (ran && step != NULL && self->run->operation == STATE_OPERATION_START)
    {
      state_run_ended (self->run, slot, outcome, self->now);
      step->outcome = outcome;
      step->settled = step->disturbed = TRUE;
      seen.died++;
    }
  state_graph_set_state (self->graph, node, state, FALSE, FALSE);
  state_graph_set_state (self->units, node, state, FALSE, FALSE);
}

/* A stop that waits for a late answer is withdrawn; who may take as long as it wants may
 * not any more. */
static void
cancelled (World *self)
{
  guint phase = self->n_phases - 1;

  for (guint32 slot = 0; slot < self->n_taken; slot++)
    {
      Step *step = &self->steps[phase][slot];

      if (step->outcome == STATE_STEP_OUTCOME_ASKED && step->awaiting)
        finish (self, phase, slot, STATE_STEP_OUTCOME_CANCELLED);
      else if (!self->cancelled && step->deadline == 0)
        step->deadline = self->now + 10 * G_USEC_PER_SEC;
    }
  self->cancelled = TRUE;
}

/* Time is over for those whose deadline it is, or, if all is given up, for everybody. That
 * is a cancellation, too, unless it is the time of the whole that is over. */
static void
expire_any (World *self, gboolean abandon)
{
  guint phase = self->n_phases - 1;
  guint n_late = 0;
  guint32 slot;

  if (abandon)
    {
      self->run->timed_out = roll (self, 2);
      state_run_abandon (self->run, self->now);
      if (!self->run->timed_out)
        cancelled (self);
    }
  else
    {
      self->now = MAX (self->now, next_deadline (self));
      check (self, state_run_expire (self->run, self->now) == (next_deadline (self) != 0));
    }
  self->cancelled |= abandon;
  for (slot = 0; slot < self->n_taken; slot++)
    {
      Step *step = &self->steps[phase][slot];

      if (step->outcome != STATE_STEP_OUTCOME_ASKED ||
          (!abandon && (step->deadline == 0 || step->deadline > self->now)))
        continue;
      if (!step->awaiting)
        state_rules_give_up (self->units, self->taken[slot], operation_of (self, phase));
      n_late += !step->awaiting;
      finish (self, phase, slot, STATE_STEP_OUTCOME_TIMED_OUT);
      seen.timed_out++;
    }
  while (state_run_next_expired (self->run, &slot))
    {
      check (self, self->steps[phase][slot].outcome == STATE_STEP_OUTCOME_TIMED_OUT);
      n_late--;
    }
  check (self, n_late == 0);
}

/* Adds a unit with any edges that close no circle, also while something runs. */
static void
add_any (World *self)
{
  StateEdge edges[2][N * 2];
  guint n[2] = { 0 };
  g_autoptr (GArray) cycle = NULL;
  guint32 node = self->graph->n_nodes;

  for (guint32 other = 0; other < node; other++)
    for (guint flags = 0; flags < 2; flags++)
      {
        guint kind = roll (self, 20);
        StateEdge edge = { other, roll (self, 3) ? BY_DEFAULT : 1 + roll (self, 0x7f), flags };

        if (self->units->nodes[other].alive && kind < 5 - 2 * flags)
          edges[kind == 0][n[kind == 0]++] = edge;
      }
  cycle = state_graph_find_cycle (self->graph, edges[0], n[0], edges[1], n[1]);
  if (cycle != NULL)
    n[1] = 0;
  state_graph_add (self->graph, edges[0], n[0], edges[1], n[1]);
  state_graph_add (self->units, NULL, 0, NULL, 0);
  for (guint i = 0; i < n[0]; i++)
    self->edges[node][edges[0][i].node][edges[0][i].flags] = edges[0][i].operations;
  for (guint i = 0; i < n[1]; i++)
    self->edges[edges[1][i].node][node][edges[1][i].flags] = edges[1][i].operations;
}

static void
happen (World *self)
{
  guint32 node = roll (self, self->graph->n_nodes);
  const StateNode *unit = &self->units->nodes[node];
  guint32 slot;
  Step *step = step_of (self, node, &slot);
  gboolean is_asked = step != NULL && step->outcome == STATE_STEP_OUTCOME_ASKED;

  switch (roll (self, 8))
    {
    case 0:
      if (roll (self, 4) == 0)
        {
          expire_any (self, TRUE);
          break;
        }
      state_run_cancel (self->run, self->now);
      cancelled (self);
      break;
    case 1:
      if (next_deadline (self) != 0)
        expire_any (self, FALSE);
      break;
    case 2:
      if (unit->alive)
        remove_any (self, node);
      break;
    case 3:
      if (self->graph->n_nodes < N)
        add_any (self);
      break;
    case 4:
    case 5:
      if (unit->alive && unit->state == STATE_UNIT_STATE_UNCERTAIN)
        answer_late (self, node);
      break;
    default:
      if (unit->alive && !is_asked && unit->state != STATE_UNIT_STATE_UNCERTAIN &&
          (unit->state == STATE_UNIT_STATE_RUNNING || roll (self, 4) == 0))
        lose_any (self, node);
      break;
    }
  assert_same (self);
}

/* --- Accounts --- */

static void
assert_waiting_on (World *self)
{
  guint phase = self->n_phases - 1;

  for (guint32 slot = 0; slot < self->n_taken; slot++)
    {
      g_autoptr (GArray) slots = state_run_waiting_on (self->run, slot);
      gboolean named[N] = { FALSE };

      for (guint i = 0; i < slots->len; i++)
        named[g_array_index (slots, guint32, i)] = TRUE;
      for (guint32 other = 0; other < self->n_taken; other++)
        check (self, named[other] ==
                         (!self->steps[phase][other].finished &&
                          (is_before (self, phase, other, slot, STATE_DEPENDENCY_REQUIRED) ||
                           is_before (self, phase, other, slot, STATE_DEPENDENCY_ORDER_ONLY))));
    }
}

/* From one that waited for nobody, along edges, each released by the one before. */
static void
assert_critical_path (World *self)
{
  g_autoptr (GArray) path = state_run_critical_path (self->run);
  const guint32 *pairs = (const guint32 *) (gpointer) path->data;
  guint n = path->len / 2;

  check (self, path->len % 2 == 0 && (n > 0) == (self->n_taken > 0));
  check (self, n == 0 || pairs[2 * n - 2] == self->n_phases - 1);
  for (guint i = 0; i < n; i++)
    {
      guint phase = pairs[2 * i];
      guint32 slot = pairs[2 * i + 1];
      guint32 before = i > 0 ? pairs[2 * i - 1] : STATE_SLOT_NONE;
      gboolean is_last = i + 1 == n || pairs[2 * i + 2] != phase;
      const StateRunPhase *theirs = g_ptr_array_index (self->run->phases, phase);
      const StateRunStep *step = &theirs->steps[slot];

      if (i == 0 || pairs[2 * i - 2] != phase)
        {
          check (self, phase == (i == 0 ? 0 : pairs[2 * i - 2] + 1));
          for (guint32 other = 0; other < self->n_taken; other++)
            check (self, !is_before (self, phase, other, slot, STATE_DEPENDENCY_REQUIRED) &&
                             !is_before (self, phase, other, slot, STATE_DEPENDENCY_ORDER_ONLY));
        }
      else
        {
          check (self, is_before (self, phase, before, slot, STATE_DEPENDENCY_REQUIRED) ||
                           is_before (self, phase, before, slot, STATE_DEPENDENCY_ORDER_ONLY));
          check (self, self->steps[phase][before].disturbed ||
                           step->ready_time == theirs->steps[before].finish_time);
        }
      if (self->steps[phase][slot].disturbed)
        continue;
      check (self, step->start_time == 0 || step->start_time >= step->ready_time);
      check (self, step->finish_time >= MAX (step->ready_time, step->start_time));
      for (guint32 other = 0; is_last && other < self->n_taken; other++)
        check (self, self->steps[phase][other].disturbed ||
                         theirs->steps[other].finish_time <= step->finish_time);
    }
}

/* Who is skipped is told of a unit that failed, or of one that was left. */
static void
assert_causes (World *self)
{
  for (guint32 slot = 0; slot < self->n_taken; slot++)
    {
      guint phase = self->n_phases - 1;
      const StateRunStep *step = &self->run->phase->steps[slot];
      guint32 cause = state_phase_cause (self->run->phase, slot);

      check (self, state_phase_is_failure (step) == is_bad (self, phase, slot));
      if (step->outcome == STATE_STEP_OUTCOME_SKIPPED)
        check (self,
               cause < self->n_taken && (is_bad (self, phase, cause) ||
                                         self->steps[phase][cause].verdict == STATE_VERDICT_PASS));
    }
}

/* --- An operation --- */

static guint
timeout_of (gpointer world, guint32 node, StateOperation operation)
{
  return ((World *) world)->timeouts[node];
}

static gboolean
take_any (World *self)
{
  g_autoptr (GArray) refused = NULL;
  guint all = roll (self, 2);
  guint n_refused = 0;

  self->n_taken = self->n_phases = 0;
  self->any_asked = self->cancelled = FALSE;
  memset (self->steps, 0, sizeof self->steps);
  self->run->policy =
      roll (self, 4) ? STATE_FAILURE_POLICY_SKIP_DEPENDENTS : STATE_FAILURE_POLICY_KEEP_GOING;
  self->run->max_asked = roll (self, 4) ? 0 : 1 + roll (self, 3);
  self->run->get_timeout = timeout_of;
  self->run->timeout_data = self;
  self->run->leave_rest = self->run->operation == STATE_OPERATION_START && roll (self, 3) == 0;
  for (guint32 node = 0; node < N; node++)
    self->timeouts[node] = roll (self, 3) ? 0 : 1 + roll (self, 3);
  for (guint32 node = 0; node < self->graph->n_nodes; node++)
    {
      guint32 slot = self->n_taken;
      StateVerdict verdict;

      if (!self->units->nodes[node].alive || !(all || roll (self, 5)))
        continue;
      self->taken[self->n_taken++] = node;
      self->has_state[slot] = self->run->operation == STATE_OPERATION_RESTORE && roll (self, 3);
      state_run_take (self->run, node, self->has_state[slot]);
      verdict = state_rules_judge (&self->units->nodes[node], self->run->operation,
                                   self->has_state[slot]);
      if (self->run->leave_rest &&
          (verdict == STATE_VERDICT_REFUSE || verdict == STATE_VERDICT_LOST))
        verdict = STATE_VERDICT_PASS;
      self->steps[0][slot].verdict = verdict;
      n_refused += verdict == STATE_VERDICT_REFUSE;
    }
  refused = state_run_judge (self->run);
  check (self, (refused != NULL ? refused->len : 0) == n_refused);
  for (guint i = 0; i < n_refused; i++)
    check (self,
           self->steps[0][g_array_index (refused, guint32, i)].verdict == STATE_VERDICT_REFUSE);
  assert_same_units (self);
  seen.refused += n_refused > 0;
  return n_refused == 0;
}

/* Lets one thing happen that somebody waits for; FALSE: nobody waits for anything. */
static gboolean
answer_one (World *self)
{
  guint32 first = roll (self, MAX (self->n_taken, 1));

  for (guint32 i = 0; i < self->n_taken; i++)
    {
      guint32 slot = (first + i) % self->n_taken;
      const Step *step = &self->steps[self->n_phases - 1][slot];

      if (step->outcome != STATE_STEP_OUTCOME_ASKED)
        continue;
      if (step->awaiting)
        answer_late (self, self->taken[slot]);
      else
        answer_any (self, slot);
      assert_same (self);
      return TRUE;
    }
  return FALSE;
}

static void
operate (World *self)
{
  guint moment = 0;

  state_run_begin (self->run, self->now);
  begin_phase (self, 0);
  while (!self->run->done)
    {
      guint what = roll (self, 100);

      check (self, moment++ < 1000);
      self->now += roll (self, 4);
      if (what < self->n_events)
        happen (self);
      else if (what % 2 || !answer_one (self))
        if (advance (self) && !self->run->done)
          check (self, answer_one (self));
      assert_waiting_on (self);
    }
  assert_critical_path (self);
  assert_causes (self);
  state_run_end (self->run);
}

static void
test_anything_goes_as_the_rules_say (void)
{
  static const guint likely[] = { 0, 0, 10, 40 };

  for (guint32 seed = 1; seed <= 6000; seed++)
    {
      World world = { .seed = seed, .rand = g_rand_new_with_seed (seed), .now = 1 };
      guint n = 1 + roll (&world, 12);

      world.graph = state_graph_new ();
      world.units = state_graph_new ();
      world.n_failures = likely[roll (&world, 4)];
      world.n_events = likely[roll (&world, 4)];
      while (world.graph->n_nodes < n)
        add_any (&world);
      for (guint i = 0; i < 12; i++)
        {
          g_autoptr (StateRun) run = state_run_new (world.graph, roll (&world, 5));

          world.run = run;
          if (take_any (&world))
            operate (&world);
        }
      state_graph_free (world.graph);
      state_graph_free (world.units);
      g_rand_free (world.rand);
    }
  g_test_message ("%u refused, %u succeeded, %u failed, %u post-restored, %u skipped, %u awaited, "
                  "%u timed out, %u removed, %u died",
                  seen.refused, seen.succeeded, seen.failed, seen.post_restored, seen.skipped,
                  seen.awaited, seen.timed_out, seen.removed, seen.died);
  g_assert_cmpuint (MIN (MIN (seen.refused, seen.succeeded), MIN (seen.failed, seen.skipped)), >,
                    1000);
  g_assert_cmpuint (MIN (MIN (seen.post_restored, seen.awaited), seen.timed_out), >, 100);
  g_assert_cmpuint (MIN (seen.removed, seen.died), >, 100);
}

/* --- One by one --- */

static guint32
add (StateGraph *graph, const StateEdge *edges, guint n)
{
  return state_graph_add (graph, edges, n, NULL, 0);
}

static void
begin_start (StateRun *run)
{
  for (guint32 node = 0; node < run->graph->n_nodes; node++)
    state_run_take (run, node, FALSE);
  g_assert_null (state_run_judge (run));
  state_run_begin (run, 1);
}

static void
assert_asked_and_answer (StateRun *run, guint32 slot, gint64 now)
{
  guint32 asked;

  g_assert_true (state_run_next (run, now, &asked));
  g_assert_cmpuint (asked, ==, slot);
  state_run_answer (run, slot, STATE_STEP_OUTCOME_SUCCEEDED, now);
}

/* One that was with a unit when what it requires died, and came up all the same, stands
 * between the dead one and what requires it: it makes no odds which of the two was first. */
static void
test_death_stops_at_one_that_came_up (void)
{
  for (guint dies_first = 0; dies_first < 2; dies_first++)
    {
      g_autoptr (StateGraph) graph = state_graph_new ();
      g_autoptr (StateRun) run = state_run_new (graph, STATE_OPERATION_START);
      guint32 a = add (graph, NULL, 0);
      guint32 b = add (graph, &(StateEdge){ a, BY_DEFAULT, 0 }, 1);
      guint32 c = add (graph, &(StateEdge){ b, BY_DEFAULT, 0 }, 1);
      guint32 slot;

      begin_start (run);
      assert_asked_and_answer (run, a, 2);
      g_assert_true (state_run_next (run, 3, &slot));
      g_assert_cmpuint (slot, ==, b);
      if (!dies_first)
        state_run_answer (run, b, STATE_STEP_OUTCOME_SUCCEEDED, 4);
      state_run_ended (run, a, STATE_STEP_OUTCOME_FAILED, 5);
      state_graph_set_state (graph, a, STATE_UNIT_STATE_FAILED, FALSE, FALSE);
      if (dies_first)
        state_run_answer (run, b, STATE_STEP_OUTCOME_SUCCEEDED, 6);
      assert_asked_and_answer (run, c, 7);
      g_assert_false (state_run_next (run, 8, &slot));
      g_assert_true (run->done && !run->succeeded);
      g_assert_cmpint (run->phase->steps[a].outcome, ==, STATE_STEP_OUTCOME_FAILED);
      state_run_end (run);
    }
}

/* However many edges there are to it. */
static void
test_waits_for_each_once (void)
{
  g_autoptr (StateGraph) graph = state_graph_new ();
  g_autoptr (StateRun) run = state_run_new (graph, STATE_OPERATION_START);
  g_autoptr (GArray) waiting_on = NULL;
  guint32 a = add (graph, NULL, 0);
  StateEdge edges[] = { { a, BY_DEFAULT, STATE_DEPENDENCY_REQUIRED },
                        { a, STATE_OPERATION_FLAGS_START, STATE_DEPENDENCY_ORDER_ONLY } };
  guint32 b = add (graph, edges, 2);

  begin_start (run);
  waiting_on = state_run_waiting_on (run, b);
  g_assert_cmpuint (g_array_index (waiting_on, guint32, 0), ==, a);
  g_assert_cmpuint (waiting_on->len, ==, 1);
  assert_asked_and_answer (run, a, 2);
  assert_asked_and_answer (run, b, 3);
  state_run_end (run);
}

/* Turns come in the order in which they were given, also once they have gone round. */
static void
test_turns_come_in_their_order (void)
{
  const guint32 n = 5;
  g_autoptr (StateGraph) graph = state_graph_new ();
  g_autoptr (GArray) expected = g_array_new (FALSE, FALSE, sizeof (guint32));
  StateRunPhase *phase;

  for (guint32 slot = 0; slot < n; slot++)
    {
      add (graph, NULL, 0);
      g_array_append_val (expected, slot);
    }
  phase = state_phase_new (graph, STATE_OPERATION_STOP, STATE_PHASE_MAIN, NULL,
                           g_new0 (StateRunStep, n), n);
  state_phase_begin (phase, 1);
  for (guint round = 0; round < 100; round++)
    {
      guint32 two[2];

      g_assert_cmpuint (phase->n_ready, ==, n);
      for (guint32 place = 0; place < n; place++)
        g_assert_cmpuint (state_phase_peek_ready (phase, place), ==,
                          g_array_index (expected, guint32, place));
      for (guint i = 0; i < 2; i++)
        {
          two[1 - i] = state_phase_pop_ready (phase);
          g_assert_cmpuint (two[1 - i], ==, g_array_index (expected, guint32, i));
        }
      g_array_remove_range (expected, 0, 2);
      g_array_append_vals (expected, two, 2);
      for (guint i = 0; i < 2; i++)
        state_phase_push_ready (phase, two[i]);
    }
  state_phase_free (phase);
}

/* --- A long chain on a small stack --- */

#define LONG (1000 * 1000)
#define STACK (64 * 1024)

/* Each has to be asked after the one before it. */
static gboolean
go_along (StateGraph *graph, StateOperation operation, gboolean fail)
{
  g_autoptr (StateRun) run = state_run_new (graph, operation);
  g_autoptr (GArray) path = NULL;
  gboolean backwards = operation == STATE_OPERATION_STOP;
  guint32 slot;
  guint32 n = 0;

  for (guint32 node = 0; node < LONG; node++)
    state_run_take (run, node, FALSE);
  if (state_run_judge (run) != NULL)
    return FALSE;
  state_run_begin (run, 1);
  for (; state_run_next (run, 1 + n, &slot); n++)
    {
      if (slot != (backwards ? LONG - 1 - n : n))
        return FALSE;
      state_run_answer (run, slot, fail ? STATE_STEP_OUTCOME_FAILED : STATE_STEP_OUTCOME_SUCCEEDED,
                        2 + n);
    }
  path = state_run_critical_path (run);
  state_run_end (run);
  return run->done && run->succeeded == !fail && n == (fail ? 1 : LONG) && path->len == 2 * LONG;
}

static gpointer
run_a_long_chain (gpointer unused)
{
  g_autoptr (StateGraph) graph = state_graph_new ();
  g_autoptr (GArray) first = g_array_new (FALSE, TRUE, sizeof (guint32));
  g_autoptr (GArray) closure = NULL;
  StateEdge edge = { 0, BY_DEFAULT, STATE_DEPENDENCY_REQUIRED };
  gboolean good = TRUE;

  state_graph_add (graph, NULL, 0, NULL, 0);
  for (edge.node = 0; edge.node < LONG - 1; edge.node++)
    state_graph_add (graph, &edge, 1, NULL, 0);
  good &= go_along (graph, STATE_OPERATION_START, FALSE);
  g_array_set_size (first, 1);
  closure = state_graph_closure (graph, first, STATE_OPERATION_STOP);
  good &= closure->len == LONG;
  good &= go_along (graph, STATE_OPERATION_STOP, FALSE);
  good &= go_along (graph, STATE_OPERATION_RESET, TRUE);
  return GINT_TO_POINTER (good);
}

static void
test_million_in_a_chain_on_a_small_stack (void)
{
  pthread_attr_t attributes;
  pthread_t thread;
  gpointer good = NULL;

  g_assert_cmpint (pthread_attr_init (&attributes), ==, 0);
  g_assert_cmpint (pthread_attr_setstacksize (&attributes, STACK), ==, 0);
  g_assert_cmpint (pthread_create (&thread, &attributes, run_a_long_chain, NULL), ==, 0);
  g_assert_cmpint (pthread_join (thread, &good), ==, 0);
  pthread_attr_destroy (&attributes);
  g_assert_nonnull (good);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/run/anything-goes-as-the-rules-say", test_anything_goes_as_the_rules_say);
  g_test_add_func ("/run/death-stops-at-one-that-came-up", test_death_stops_at_one_that_came_up);
  g_test_add_func ("/run/waits-for-each-once", test_waits_for_each_once);
  g_test_add_func ("/run/turns-come-in-their-order", test_turns_come_in_their_order);
  g_test_add_func ("/run/million-in-a-chain-on-a-small-stack",
                   test_million_in_a_chain_on_a_small_stack);
  return g_test_run ();
}
