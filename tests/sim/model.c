/* SPDX-License-Identifier: MIT */

#include "model.h"

#define CANCEL_TIME (10 * G_USEC_PER_SEC)
#define MAY_BE(outcome) (1u << STATE_STEP_OUTCOME_##outcome)

/* Units and edges */

static void
clear_unit (gpointer data)
{
  ModelUnit *unit = data;

  g_array_unref (unit->dependencies);
  g_array_unref (unit->dependents);
}

Model *
model_new (void)
{
  Model *model = g_new0 (Model, 1);

  model->units = g_array_new (FALSE, TRUE, sizeof (ModelUnit));
  g_array_set_clear_func (model->units, clear_unit);
  model->done = TRUE;

  return model;
}

void
model_free (Model *model)
{
  g_array_unref (model->units);
  g_free (model);
}

guint
model_add (Model *model)
{
  ModelUnit unit = { .state = STATE_UNIT_STATE_STOPPED };

  unit.dependencies = g_array_new (FALSE, FALSE, sizeof (ModelEdge));
  unit.dependents = g_array_new (FALSE, FALSE, sizeof (ModelEdge));
  g_array_append_val (model->units, unit);

  return model->units->len - 1;
}

void
model_depend (Model *model, guint unit, guint on, guint operations, gboolean required)
{
  ModelEdge there = { on, operations, required };
  ModelEdge back = { unit, operations, required };

  g_array_append_val (model_unit (model, unit)->dependencies, there);
  g_array_append_val (model_unit (model, on)->dependents, back);
}

/* A stop goes against the edges, everything else along them. The n-th edge that counts for
 * the operation, NULL: there are no more. */
static const ModelEdge *
edge_of (const Model *model, guint i, gboolean forwards, StateOperation operation, guint *n)
{
  const ModelUnit *unit = model_unit (model, i);
  gboolean against = operation == STATE_OPERATION_STOP;
  const GArray *edges = forwards == against ? unit->dependencies : unit->dependents;

  while (*n < edges->len)
    {
      const ModelEdge *edge = &g_array_index (edges, ModelEdge, (*n)++);

      if (edge->operations & 1u << operation)
        return edge;
    }

  return NULL;
}

#define for_each_before(model, i, edge) \
  for (guint _n = 0; (edge = edge_of ((model), (i), FALSE, (model)->doing, &_n)) != NULL;)
#define for_each_behind(model, i, edge) \
  for (guint _n = 0; (edge = edge_of ((model), (i), TRUE, (model)->doing, &_n)) != NULL;)

/* A start takes what the units taken require, a stop what requires them. */
void
model_take_closure (Model *model, StateOperation operation)
{
  gboolean again = operation == STATE_OPERATION_START || operation == STATE_OPERATION_STOP;
  const ModelEdge *edge;

  while (again)
    {
      again = FALSE;
      for (guint i = 0; i < model->units->len; i++)
        for (guint n = 0; (edge = edge_of (model, i, FALSE, operation, &n)) != NULL;)
          if (model_unit (model, i)->taken && edge->required &&
              !model_unit (model, edge->unit)->taken && !model_unit (model, edge->unit)->gone)
            again = model_unit (model, edge->unit)->taken = TRUE;
    }
}

/* The table of the operations */

static gboolean
may_run (const ModelUnit *unit)
{
  return unit->state == STATE_UNIT_STATE_RUNNING ||
         (unit->state == STATE_UNIT_STATE_FAILED && unit->may_run);
}

ModelTurn
model_judge (const Model *model, guint i, StateOperation operation)
{
  const ModelUnit *unit = model_unit (model, i);
  gboolean stopped = unit->state == STATE_UNIT_STATE_STOPPED;
  gboolean failed = unit->state == STATE_UNIT_STATE_FAILED && !unit->may_run;

  switch (operation)
    {
    case STATE_OPERATION_START:
      if (unit->state == STATE_UNIT_STATE_RUNNING)
        return MODEL_TURN_NONE;
      if (unit->state == STATE_UNIT_STATE_LOST)
        return MODEL_TURN_LOST;
      return stopped || (failed && !unit->undefined) ? MODEL_TURN_ASK : MODEL_TURN_REFUSE;
    case STATE_OPERATION_STOP:
      if (unit->state == STATE_UNIT_STATE_UNCERTAIN || unit->standing)
        return MODEL_TURN_AWAIT;
      return may_run (unit) ? MODEL_TURN_ASK : MODEL_TURN_NONE;
    case STATE_OPERATION_RESET:
      return stopped || failed ? MODEL_TURN_ASK : MODEL_TURN_REFUSE;
    case STATE_OPERATION_RESTORE:
      if (unit->has_state)
        return stopped || failed ? MODEL_TURN_ASK : MODEL_TURN_REFUSE;
      return stopped ? MODEL_TURN_NONE : MODEL_TURN_REFUSE;
    default:
      return stopped ? MODEL_TURN_ASK : MODEL_TURN_REFUSE;
    }
}

/* It runs and is in the way: it is stopped first, and started again. */
gboolean
model_is_to_make_way (const Model *model, guint i)
{
  return model->resume && model->operation != STATE_OPERATION_STOP &&
         model_unit (model, i)->state == STATE_UNIT_STATE_RUNNING;
}

static ModelTurn
turn_of_roll_back (const Model *model, guint i)
{
  const ModelUnit *unit = model_unit (model, i);
  gboolean restore = model->doing == STATE_OPERATION_RESTORE;

  if (model->doing == STATE_OPERATION_START)
    return unit->stopped && unit->state == STATE_UNIT_STATE_STOPPED ? MODEL_TURN_ASK
                                                                    : MODEL_TURN_NONE;
  if (!unit->was_asked || (restore && !unit->saved))
    return MODEL_TURN_NONE;
  if (restore && unit->state != STATE_UNIT_STATE_UNCERTAIN)
    return unit->state == STATE_UNIT_STATE_LOST ? MODEL_TURN_LOST : MODEL_TURN_ASK;
  return restore ? MODEL_TURN_AWAIT : model_judge (model, i, model->doing);
}

/* What a phase wants of a unit. */
static ModelTurn
turn_in_phase (const Model *model, guint i)
{
  const ModelUnit *unit = model_unit (model, i);
  ModelTurn turn = model_judge (model, i, model->doing);

  switch (model->phase)
    {
    case MODEL_PHASE_MAKE_WAY:
      return model_is_to_make_way (model, i) ? MODEL_TURN_ASK : MODEL_TURN_NONE;
    case MODEL_PHASE_KEEP:
      return turn == MODEL_TURN_ASK && !unit->extra ? MODEL_TURN_ASK : MODEL_TURN_NONE;
    case MODEL_PHASE_MAIN:
      if (unit->extra)
        return MODEL_TURN_NONE;
      if (model->leave_rest && (turn == MODEL_TURN_REFUSE || turn == MODEL_TURN_LOST))
        return MODEL_TURN_PASS;
      return turn == MODEL_TURN_REFUSE ? MODEL_TURN_LOST : turn;
    case MODEL_PHASE_POST_RESTORE:
      if (unit->extra)
        return MODEL_TURN_NONE;
      return turn == MODEL_TURN_REFUSE ? MODEL_TURN_LOST : turn;
    case MODEL_PHASE_ROLL_BACK:
      return turn_of_roll_back (model, i);
    case MODEL_PHASE_ROLL_BACK_POST:
      if (!unit->half_back)
        return MODEL_TURN_NONE;
      return turn == MODEL_TURN_REFUSE ? MODEL_TURN_LOST : turn;
    case MODEL_PHASE_RESUME:
    default:
      if (!unit->stopped || turn == MODEL_TURN_NONE)
        return MODEL_TURN_NONE;
      return unit->state == STATE_UNIT_STATE_STOPPED ? MODEL_TURN_ASK : MODEL_TURN_PASS;
    }
}

/* What a failure means in a phase. */
static StateFailurePolicy
policy_of_phase (const Model *model)
{
  gboolean rolls_back = model->policy == STATE_FAILURE_POLICY_ROLL_BACK &&
                        (model->operation != STATE_OPERATION_STOP || model->own_policy);

  if (model->phase == MODEL_PHASE_ROLL_BACK || model->phase == MODEL_PHASE_ROLL_BACK_POST)
    return STATE_FAILURE_POLICY_KEEP_GOING;
  if (model->phase == MODEL_PHASE_RESUME && model->policy == STATE_FAILURE_POLICY_ROLL_BACK)
    return STATE_FAILURE_POLICY_SKIP_DEPENDENTS;
  if (rolls_back && model->phase != MODEL_PHASE_RESUME)
    return STATE_FAILURE_POLICY_ROLL_BACK;
  return model->doing == STATE_OPERATION_STOP ? STATE_FAILURE_POLICY_KEEP_GOING : model->policy;
}

/* Steps */

static gboolean
passes_failure_on (const Model *model, guint i)
{
  const ModelUnit *unit = model_unit (model, i);

  return !unit->gone && (unit->failed || unit->tainted) &&
         policy_of_phase (model) != STATE_FAILURE_POLICY_KEEP_GOING;
}

/* What requires a unit that failed is not asked any more, through units that are not asked. */
static void
taint (Model *model, guint i)
{
  const ModelEdge *edge;

  for_each_behind (model, i, edge)
  {
    ModelUnit *unit = model_unit (model, edge->unit);
    gboolean was_asked = unit->out || (unit->finished && unit->turn == MODEL_TURN_ASK);

    if (!edge->required || !unit->taken || unit->gone || unit->tainted || unit->failed || was_asked)
      continue;
    unit->tainted = TRUE;
    if (unit->finished)
      taint (model, edge->unit);
  }
}

static void
finish (Model *model, guint i, guint outcomes)
{
  ModelUnit *unit = model_unit (model, i);

  unit->out = unit->awaited = FALSE;
  unit->finished = TRUE;
  unit->outcomes[model->phase] = outcomes;
  if (passes_failure_on (model, i))
    taint (model, i);
}

/* Those whose requests are out are told to give up, and get a bounded time for it. */
static void
hurry (Model *model)
{
  for (guint i = 0; i < model->units->len; i++)
    if (model_unit (model, i)->out && model_unit (model, i)->deadline == 0)
      model_unit (model, i)->deadline = model->now + CANCEL_TIME;
}

static void
halt (Model *model)
{
  model->halted = TRUE;
  hurry (model);
}

static void
fail (Model *model, guint i, guint outcomes)
{
  model_unit (model, i)->failed = model_unit (model, i)->fell_short = TRUE;
  finish (model, i, outcomes);

  if (policy_of_phase (model) == STATE_FAILURE_POLICY_ROLL_BACK)
    halt (model);
}

/* Nothing more is asked in this phase. What has begun to undo or to resume goes on. */
gboolean
model_is_over (const Model *model)
{
  return model->abandoned ||
         ((model->halted || model->cancelled) && model->phase < MODEL_PHASE_ROLL_BACK);
}

static gboolean
has_turn (const Model *model, guint i)
{
  const ModelEdge *edge;

  for_each_before (model, i, edge)
  {
    if (model_unit (model, edge->unit)->taken && !model_unit (model, edge->unit)->finished)
      return FALSE;
  }

  return TRUE;
}

static gint64
deadline_for (const Model *model, guint i, gboolean bounded)
{
  guint ms = model->timeout != NULL ? model->timeout (model->timeout_data, i, model->doing) : 0;

  if (ms != 0)
    return model->now + ms * G_GINT64_CONSTANT (1000);
  return bounded || model->cancelled ? model->now + CANCEL_TIME : 0;
}

static void
call_off (Model *model, guint i)
{
  ModelUnit *unit = model_unit (model, i);
  guint skipped = unit->tainted ? MAY_BE (SKIPPED) : 0;
  gboolean is_there = unit->turn == MODEL_TURN_NONE || unit->turn == MODEL_TURN_PASS;

  unit->fell_short = unit->fell_short || !is_there;
  finish (model, i, MAY_BE (CANCELLED) | skipped | (is_there ? MAY_BE (UNCHANGED) : 0));
}

static void
take_turn (Model *model, guint i)
{
  ModelUnit *unit = model_unit (model, i);

  if (unit->turn == MODEL_TURN_NONE || unit->turn == MODEL_TURN_PASS)
    finish (model, i, MAY_BE (UNCHANGED));
  else if (unit->tainted)
    {
      unit->fell_short = TRUE;
      finish (model, i, MAY_BE (SKIPPED));
    }
}

/* Whether something became of a unit by itself. */
static gboolean
step_by_itself (Model *model, guint i)
{
  ModelUnit *unit = model_unit (model, i);
  gboolean waits = !unit->tainted && unit->turn != MODEL_TURN_NONE && unit->turn != MODEL_TURN_PASS;

  if (!unit->taken || unit->finished || unit->out || unit->awaited || !has_turn (model, i))
    return FALSE;

  unit->failed = unit->failed || unit->turn == MODEL_TURN_PASS;
  if (unit->gone || unit->died)
    finish (model, i, unit->outcomes[model->phase]);
  else if (model_is_over (model))
    call_off (model, i);
  else if (waits)
    return FALSE;
  else
    take_turn (model, i);

  return TRUE;
}

/* Phases */

static void settle (Model *model);

static void
heed_loss_of_state (Model *model, guint i)
{
  ModelUnit *unit = model_unit (model, i);

  if (!unit->taken || !unit->gone || !unit->has_state || model->phase >= MODEL_PHASE_ROLL_BACK)
    return;

  unit->fell_short = TRUE;
  if (policy_of_phase (model) == STATE_FAILURE_POLICY_ROLL_BACK)
    halt (model);
}

static void
begin_phase (Model *model, ModelPhase phase, StateOperation operation)
{
  model->phase = phase;
  model->doing = operation;

  for (guint i = 0; i < model->units->len; i++)
    {
      ModelUnit *unit = model_unit (model, i);

      unit->finished = unit->tainted = unit->failed = unit->fell_short = unit->died = FALSE;
      unit->turn = unit->taken && !unit->gone ? turn_in_phase (model, i) : MODEL_TURN_NONE;
      unit->outcomes[phase] = unit->gone ? MAY_BE (REMOVED) : 0;
      if (phase == MODEL_PHASE_MAIN)
        unit->to_change = unit->turn == MODEL_TURN_ASK || unit->has_state;
      heed_loss_of_state (model, i);
    }

  settle (model);
}

static gboolean
none_fell_short (const Model *model)
{
  for (guint i = 0; i < model->units->len; i++)
    if (model_unit (model, i)->taken && model_unit (model, i)->fell_short)
      return FALSE;

  return TRUE;
}

static void
note_who_got_through (Model *model)
{
  for (guint i = 0; i < model->units->len; i++)
    model_unit (model, i)->got_through = !model_unit (model, i)->fell_short;
}

static gboolean
all_is_put_back (const Model *model)
{
  for (guint i = 0; i < model->units->len; i++)
    {
      const ModelUnit *unit = model_unit (model, i);

      if (unit->taken && !unit->gone && unit->was_asked && !unit->put_back)
        return FALSE;
    }

  return model->operation == STATE_OPERATION_RESTORE &&
         model->policy == STATE_FAILURE_POLICY_ROLL_BACK;
}

/* Half old, half new must not start. */
static void
spoil (Model *model)
{
  gboolean reset = model->operation == STATE_OPERATION_RESET;
  gboolean restore = model->operation == STATE_OPERATION_RESTORE;

  if (!model->asked || (!reset && !restore) || all_is_put_back (model))
    return;

  for (guint i = 0; i < model->units->len; i++)
    {
      ModelUnit *unit = model_unit (model, i);
      gboolean at_rest = unit->state == STATE_UNIT_STATE_STOPPED ||
                         (unit->state == STATE_UNIT_STATE_FAILED && !unit->may_run);
      gboolean through = unit->got_through && !model->rolled_back &&
                         (reset || unit->outcomes[MODEL_PHASE_POST_RESTORE] != 0);

      if (unit->taken && !unit->gone && unit->to_change && !through && !unit->put_back && at_rest &&
          !(reset && unit->reset_late))
        {
          unit->state = STATE_UNIT_STATE_FAILED;
          unit->undefined = TRUE;
        }
    }
}

static void
resume (Model *model)
{
  if (!model->good)
    spoil (model);

  if (model->resume && !model->abandoned)
    begin_phase (model, MODEL_PHASE_RESUME, STATE_OPERATION_START);
  else
    model->done = TRUE;
}

static void
begin_main (Model *model)
{
  if (model->operation == STATE_OPERATION_RESTORE && model->phase < MODEL_PHASE_KEEP &&
      model->policy == STATE_FAILURE_POLICY_ROLL_BACK)
    begin_phase (model, MODEL_PHASE_KEEP, STATE_OPERATION_SAVE);
  else
    begin_phase (model, MODEL_PHASE_MAIN, model->operation);
}

/* TRUE: it is on its way. */
static gboolean
begin_roll_back (Model *model)
{
  static const int undoing[] = {
    [STATE_OPERATION_START] = STATE_OPERATION_STOP,
    [STATE_OPERATION_STOP] = STATE_OPERATION_START,
    [STATE_OPERATION_RESET] = -1,
    [STATE_OPERATION_SAVE] = -1,
    [STATE_OPERATION_RESTORE] = STATE_OPERATION_RESTORE,
  };

  if (model->policy != STATE_FAILURE_POLICY_ROLL_BACK || model->abandoned ||
      undoing[model->operation] < 0 ||
      (model->operation == STATE_OPERATION_STOP && !model->own_policy))
    return FALSE;

  model->phase = MODEL_PHASE_ROLL_BACK;
  model->doing = undoing[model->operation];
  for (guint i = 0; i < model->units->len; i++)
    if (model_unit (model, i)->taken && !model_unit (model, i)->gone &&
        turn_in_phase (model, i) != MODEL_TURN_NONE)
      model->rolled_back = TRUE;
  if (model->rolled_back)
    begin_phase (model, model->phase, model->doing);

  return model->rolled_back;
}

static void
end_main (Model *model)
{
  note_who_got_through (model);
  if (model->good && model->phase == MODEL_PHASE_MAIN &&
      model->operation == STATE_OPERATION_RESTORE)
    begin_phase (model, MODEL_PHASE_POST_RESTORE, STATE_OPERATION_POST_RESTORE);
  else if (model->good || !begin_roll_back (model))
    resume (model);
}

static void
end_phase (Model *model)
{
  model->good = model->good && none_fell_short (model);

  switch (model->phase)
    {
    case MODEL_PHASE_MAKE_WAY:
    case MODEL_PHASE_KEEP:
      model->good = model->good && !model_is_over (model);
      if (model->good)
        begin_main (model);
      else
        resume (model);
      break;
    case MODEL_PHASE_MAIN:
    case MODEL_PHASE_POST_RESTORE:
      end_main (model);
      break;
    case MODEL_PHASE_ROLL_BACK:
      if (model->doing == STATE_OPERATION_RESTORE && !model->abandoned)
        begin_phase (model, MODEL_PHASE_ROLL_BACK_POST, STATE_OPERATION_POST_RESTORE);
      else
        resume (model);
      break;
    case MODEL_PHASE_ROLL_BACK_POST:
      resume (model);
      break;
    case MODEL_PHASE_RESUME:
    default:
      model->done = TRUE;
    }
}

static void
settle (Model *model)
{
  gboolean again = !model->done;
  gboolean all_finished = TRUE;

  while (again)
    {
      again = FALSE;
      for (guint i = 0; i < model->units->len; i++)
        again = step_by_itself (model, i) || again;
    }

  for (guint i = 0; i < model->units->len; i++)
    if (model_unit (model, i)->taken && !model_unit (model, i)->finished)
      all_finished = FALSE;
  if (!model->done && all_finished)
    end_phase (model);
}

/* The caller has filled in what the transition is, what it takes, and the time. */
void
model_begin (Model *model)
{
  model->asked = model->halted = model->cancelled = model->abandoned = FALSE;
  model->rolled_back = model->done = FALSE;
  model->good = TRUE;

  for (guint i = 0; i < model->units->len; i++)
    {
      ModelUnit *unit = model_unit (model, i);

      unit->was_asked = unit->saved = unit->half_back = unit->put_back = unit->stopped = FALSE;
      unit->out = unit->awaited = unit->got_through = unit->reset_late = unit->told_to_stop = FALSE;
      memset (unit->outcomes, 0, sizeof unit->outcomes);
    }

  model->phase = MODEL_PHASE_MAKE_WAY;
  if (model->resume && model->operation != STATE_OPERATION_STOP)
    begin_phase (model, MODEL_PHASE_MAKE_WAY, STATE_OPERATION_STOP);
  else
    begin_main (model);
}

/* What may happen now */

static gboolean
is_ready (const Model *model, guint i, ModelTurn turn)
{
  const ModelUnit *unit = model_unit (model, i);

  return !model->done && unit->taken && !unit->gone && !unit->died && !unit->finished &&
         !unit->out && unit->turn == turn && !unit->tainted && !model_is_over (model) &&
         has_turn (model, i);
}

gboolean
model_has_place (const Model *model)
{
  guint n_out = 0;

  for (guint i = 0; model->max_asked != 0 && i < model->units->len; i++)
    n_out += model_unit (model, i)->out != FALSE;
  return model->max_asked == 0 || n_out < model->max_asked;
}

/* Whether it waits for a place alone. */
gboolean
model_waits_for_place (const Model *model, guint i)
{
  return is_ready (model, i, MODEL_TURN_ASK) && !model_has_place (model);
}

/* Whether it is to fail for a unit that is lost, or failed while others made way: those whose turn comes at the same time
 * have it in any order. */
gboolean
model_may_fail (const Model *model, guint i)
{
  return is_ready (model, i, MODEL_TURN_LOST);
}

gboolean
model_may_ask (const Model *model, guint i)
{
  return is_ready (model, i, MODEL_TURN_ASK) && model_has_place (model);
}

/* When the next of those that are waited for is given up on; 0: never. */
gint64
model_deadline (const Model *model)
{
  gint64 first = 0;

  for (guint i = 0; !model->done && i < model->units->len; i++)
    {
      const ModelUnit *unit = model_unit (model, i);

      if ((unit->out || unit->awaited) && unit->deadline != 0 &&
          (first == 0 || unit->deadline < first))
        first = unit->deadline;
    }

  return first;
}

/* What happens */

void
model_ask (Model *model, guint i)
{
  static const StateUnitState going[] = {
    [STATE_OPERATION_START] = STATE_UNIT_STATE_STARTING,
    [STATE_OPERATION_STOP] = STATE_UNIT_STATE_STOPPING,
    [STATE_OPERATION_RESET] = STATE_UNIT_STATE_RESETTING,
    [STATE_OPERATION_SAVE] = STATE_UNIT_STATE_SAVING,
    [STATE_OPERATION_RESTORE] = STATE_UNIT_STATE_RESTORING,
    [STATE_OPERATION_POST_RESTORE] = STATE_UNIT_STATE_POST_RESTORING,
  };
  ModelUnit *unit = model_unit (model, i);

  unit->out = TRUE;
  unit->state = going[model->doing];
  unit->deadline = deadline_for (model, i, FALSE);
  if (model->phase == MODEL_PHASE_MAIN || model->phase == MODEL_PHASE_POST_RESTORE)
    unit->was_asked = TRUE;
  if (model->phase == MODEL_PHASE_MAIN)
    model->asked = TRUE;
  if (model->doing == STATE_OPERATION_STOP && model->phase < MODEL_PHASE_ROLL_BACK)
    unit->told_to_stop = TRUE;
}

/* Whether its late answer is to be waited for from now on. */
gboolean
model_may_await (const Model *model, guint i)
{
  return is_ready (model, i, MODEL_TURN_AWAIT) && !model_unit (model, i)->awaited;
}

void
model_await (Model *model, guint i)
{
  model_unit (model, i)->awaited = TRUE;
  model_unit (model, i)->deadline = deadline_for (model, i, model->phase >= MODEL_PHASE_ROLL_BACK);
}

void
model_fail_lost (Model *model, guint i)
{
  gboolean lost = model_unit (model, i)->state == STATE_UNIT_STATE_LOST;

  fail (model, i, lost ? MAY_BE (LOST) : MAY_BE (FAILED));
  settle (model);
}

/* What an answer says of the unit. */
static void
take_word (ModelUnit *unit, StateOperation operation, StateStepOutcome answer)
{
  gboolean good = answer == STATE_STEP_OUTCOME_SUCCEEDED;
  gboolean start = operation == STATE_OPERATION_START;

  if (start)
    unit->may_run = answer == STATE_STEP_OUTCOME_DROPPED;
  else if (operation == STATE_OPERATION_STOP)
    unit->may_run = !good;
  else if (operation != STATE_OPERATION_SAVE)
    unit->undefined = !good;

  if (answer == STATE_STEP_OUTCOME_LOST)
    {
      unit->state = STATE_UNIT_STATE_LOST;
      unit->may_run = unit->undefined = FALSE;
    }
  else if (start && good)
    unit->state = STATE_UNIT_STATE_RUNNING;
  else if (unit->may_run || unit->undefined || (start && answer != STATE_STEP_OUTCOME_CANCELLED))
    unit->state = STATE_UNIT_STATE_FAILED;
  else
    unit->state = STATE_UNIT_STATE_STOPPED;
}

void
model_answer (Model *model, guint i, StateStepOutcome answer)
{
  ModelUnit *unit = model_unit (model, i);
  gboolean good = answer == STATE_STEP_OUTCOME_SUCCEEDED;

  take_word (unit, model->doing, answer);
  if (good && unit->told_to_stop)
    unit->stopped = TRUE;
  if (good && model->phase == MODEL_PHASE_KEEP)
    unit->saved = !unit->keeps_nothing;
  if (good && model->phase == MODEL_PHASE_ROLL_BACK)
    unit->half_back = TRUE;
  if (good && model->phase == MODEL_PHASE_ROLL_BACK_POST)
    unit->put_back = TRUE;

  if (good)
    finish (model, i, MAY_BE (SUCCEEDED));
  else if (answer == STATE_STEP_OUTCOME_CANCELLED)
    {
      unit->fell_short = TRUE;
      finish (model, i, MAY_BE (CANCELLED));
    }
  else
    fail (model, i, 1u << answer);
  settle (model);
}

/* The stop that stood is put to a unit that may run, unless it is about to be stopped anyway. */
static void
put_standing_stop (Model *model, guint i)
{
  ModelUnit *unit = model_unit (model, i);
  gboolean will_be = !model->done && model->doing == STATE_OPERATION_STOP && unit->taken &&
                     !unit->finished && unit->turn != MODEL_TURN_NONE;

  unit->stands = FALSE;
  if (will_be || !may_run (unit))
    return;

  unit->state = STATE_UNIT_STATE_STOPPING;
  unit->standing = TRUE;
}

/* The answer of a unit that was given up on, or whose stop stood: it settles the unit, not
 * its step. */
void
model_answer_late (Model *model, guint i, StateStepOutcome answer)
{
  ModelUnit *unit = model_unit (model, i);
  StateOperation operation = unit->standing ? STATE_OPERATION_STOP : unit->request;
  gboolean restore =
      operation == STATE_OPERATION_RESTORE || operation == STATE_OPERATION_POST_RESTORE;
  gboolean good = answer == STATE_STEP_OUTCOME_SUCCEEDED;

  unit->standing = FALSE;
  take_word (unit, operation, restore && good ? STATE_STEP_OUTCOME_FAILED : answer);
  if (good && operation == STATE_OPERATION_STOP && unit->told_to_stop)
    unit->stopped = TRUE;
  if (good && operation == STATE_OPERATION_RESET)
    unit->reset_late = TRUE;

  if (!model->done && unit->taken && !unit->finished && unit->turn == MODEL_TURN_AWAIT)
    {
      unit->awaited = FALSE;
      unit->turn = turn_in_phase (model, i);
    }
  if (unit->stands)
    put_standing_stop (model, i);
  settle (model);
}

static void
give_up (Model *model, guint i)
{
  ModelUnit *unit = model_unit (model, i);

  if (unit->awaited)
    unit->stands = model->doing == STATE_OPERATION_STOP;
  else
    {
      unit->state = STATE_UNIT_STATE_UNCERTAIN;
      unit->request = model->doing;
    }
  fail (model, i, MAY_BE (TIMED_OUT));
}

void
model_expire (Model *model)
{
  for (guint i = 0; !model->done && i < model->units->len; i++)
    {
      ModelUnit *unit = model_unit (model, i);

      if ((unit->out || unit->awaited) && unit->deadline != 0 && unit->deadline <= model->now)
        give_up (model, i);
    }
  settle (model);
}

/* Such a stop is given up on, too. */
void
model_expire_standing (Model *model, guint i)
{
  ModelUnit *unit = model_unit (model, i);

  unit->standing = FALSE;
  unit->state = STATE_UNIT_STATE_UNCERTAIN;
  unit->request = STATE_OPERATION_STOP;
}

void
model_extend (Model *model, guint i, gint64 deadline)
{
  ModelUnit *unit = model_unit (model, i);

  if (unit->out && unit->deadline != 0)
    unit->deadline = MAX (unit->deadline, deadline);
}

/* The stops that wait for late answers, or stand, are withdrawn. */
static void
withdraw (Model *model)
{
  for (guint i = 0; i < model->units->len; i++)
    {
      ModelUnit *unit = model_unit (model, i);

      if (!unit->taken)
        continue;
      unit->stands = FALSE;
      if (!unit->awaited)
        continue;
      unit->fell_short = TRUE;
      finish (model, i, MAY_BE (CANCELLED));
    }
}

/* What is undone or resumed already is not to be cancelled. */
void
model_cancel (Model *model)
{
  if (model->done || model->cancelled || model->phase >= MODEL_PHASE_ROLL_BACK)
    return;

  model->cancelled = TRUE;
  hurry (model);
  if (model->doing == STATE_OPERATION_STOP)
    withdraw (model);
  settle (model);
}

void
model_abandon (Model *model, gboolean timed_out)
{
  if (model->done)
    return;

  model->abandoned = TRUE;
  if (!timed_out && !model->cancelled && model->phase < MODEL_PHASE_ROLL_BACK &&
      model->doing == STATE_OPERATION_STOP)
    withdraw (model);
  model->cancelled = TRUE;
  for (guint i = 0; i < model->units->len; i++)
    if (model_unit (model, i)->out || model_unit (model, i)->awaited)
      give_up (model, i);
  settle (model);
}

/* It is no failure that a unit leaves, unless its restored state goes with it. */
void
model_discard (Model *model, guint i)
{
  ModelUnit *unit = model_unit (model, i);
  gboolean was_waited_for = unit->out || unit->awaited;

  unit->gone = TRUE;
  /* What has come to its end by itself has failed before. */
  if (model->done || !unit->taken || unit->finished || unit->died)
    return;

  unit->out = unit->awaited = FALSE;
  unit->outcomes[model->phase] = MAY_BE (REMOVED);
  if (was_waited_for)
    finish (model, i, MAY_BE (REMOVED));
  heed_loss_of_state (model, i);
  settle (model);
}

/* A unit that ran does so no longer, unasked. */
void
model_ended (Model *model, guint i, StateStepOutcome how)
{
  ModelUnit *unit = model_unit (model, i);

  if (how == STATE_STEP_OUTCOME_LOST)
    unit->state = STATE_UNIT_STATE_LOST;
  else
    unit->state =
        how == STATE_STEP_OUTCOME_FAILED ? STATE_UNIT_STATE_FAILED : STATE_UNIT_STATE_STOPPED;

  if (model->done || !unit->taken)
    return;

  if (model->doing == STATE_OPERATION_START)
    {
      unit->outcomes[model->phase] =
          how == STATE_STEP_OUTCOME_LOST ? MAY_BE (LOST) : MAY_BE (FAILED);
      unit->died = unit->failed = unit->fell_short = TRUE;
      unit->tainted = FALSE;
      if (unit->finished)
        fail (model, i, unit->outcomes[model->phase]);
      else if (policy_of_phase (model) == STATE_FAILURE_POLICY_ROLL_BACK)
        halt (model);
    }
  else if (!unit->finished && model->doing == STATE_OPERATION_STOP)
    unit->turn = MODEL_TURN_NONE;
  settle (model);
}

/* Nobody is there any more for a unit that has no request. */
void
model_lose (Model *model, guint i)
{
  ModelUnit *unit = model_unit (model, i);

  unit->state = STATE_UNIT_STATE_LOST;
  unit->may_run = unit->undefined = FALSE;
  if (!model->done && unit->taken && !unit->finished && unit->turn == MODEL_TURN_ASK)
    unit->turn = model->doing == STATE_OPERATION_STOP ? MODEL_TURN_NONE : MODEL_TURN_LOST;
  settle (model);
}
