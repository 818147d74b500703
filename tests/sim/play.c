/* SPDX-License-Identifier: MIT */

#include "play.h"

#include <signal.h>
#include <string.h>

static G_GNUC_PRINTF (2, 3) G_GNUC_NORETURN void fail (Play *self, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  self->reason = g_strdup_vprintf (format, args);
  va_end (args);
  siglongjmp (self->failure, 1);
}

#define check(play, condition, ...) \
  G_STMT_START                      \
  {                                 \
    if (G_UNLIKELY (!(condition)))  \
      fail ((play), __VA_ARGS__);   \
  }                                 \
  G_STMT_END

#define tell(play, ...)             \
  G_STMT_START                      \
  {                                 \
    if ((play)->is_loud)            \
      g_test_message (__VA_ARGS__); \
  }                                 \
  G_STMT_END

static guint
timeout_of (gpointer data, guint unit, StateOperation operation)
{
  Play *self = data;

  return g_array_index (self->timeouts, guint, unit);
}

Play *
play_new (Choices *choices)
{
  Play *self = g_new0 (Play, 1);

  self->choices = choices;
  self->engine = engine_new ();
  self->model = model_new ();
  self->model->timeout = timeout_of;
  self->model->timeout_data = self;
  self->now = self->model->now = 1;
  self->timeouts = g_array_new (FALSE, TRUE, sizeof (guint));
  self->heard = g_array_new (FALSE, TRUE, sizeof (gboolean));
  return self;
}

void
play_free (Play *self)
{
  engine_free (self->engine);
  model_free (self->model);
  g_array_unref (self->timeouts);
  g_array_unref (self->heard);
  g_free (self->reason);
  g_free (self);
}

/* Checking */

static const char *
state_name (StateUnitState state)
{
  return state_unit_state_to_string (state);
}

static gboolean
may_run (const ModelUnit *unit)
{
  switch ((int) unit->state)
    {
    case STATE_UNIT_STATE_STARTING:
    case STATE_UNIT_STATE_RUNNING:
    case STATE_UNIT_STATE_STOPPING:
      return TRUE;
    case STATE_UNIT_STATE_FAILED:
      return unit->may_run;
    case STATE_UNIT_STATE_UNCERTAIN:
      return unit->request == STATE_OPERATION_START || unit->request == STATE_OPERATION_STOP;
    default:
      return FALSE;
    }
}

static void
check_unit (Play *self, guint i)
{
  const ModelUnit *unit = model_unit (self->model, i);
  EngineUnit other = engine_get (self->engine, i);

  check (self, unit->state == other.state, "unit %u is %s, and should be %s", i,
         state_name (other.state), state_name (unit->state));
  if (unit->state == STATE_UNIT_STATE_FAILED)
    check (self, !unit->may_run == !other.may_run && !unit->undefined == !other.undefined,
           "unit %u is failed%s%s, and should be failed%s%s", i, other.may_run ? ", may run" : "",
           other.undefined ? ", undefined" : "", unit->may_run ? ", may run" : "",
           unit->undefined ? ", undefined" : "");
  if (unit->state == STATE_UNIT_STATE_UNCERTAIN)
    check (self, unit->request == other.request && !unit->stands == !other.stands,
           "unit %u is uncertain of %s%s, and should be of %s%s", i,
           state_operation_to_string (other.request), other.stands ? ", a stop stands" : "",
           state_operation_to_string (unit->request), unit->stands ? ", a stop stands" : "");
  check (self, !unit->standing == !other.standing, "unit %u has%s been asked a stop that stood", i,
         other.standing ? "" : " not");
}

/* While one waited for a place that it had no need of any more, it may have left, or been
 * called off. */
static gboolean
had_no_need_of_a_place (Play *self, const ModelUnit *unit, StateStepOutcome outcome, guint allowed)
{
  if (self->model->max_asked == 0)
    return FALSE;
  return (unit->gone && outcome == STATE_STEP_OUTCOME_REMOVED) ||
         (outcome == STATE_STEP_OUTCOME_CANCELLED && self->model->cancelled &&
          allowed == 1u << STATE_STEP_OUTCOME_SKIPPED);
}

static void
check_step (Play *self, guint i)
{
  const ModelUnit *unit = model_unit (self->model, i);
  StateStepOutcome outcome = engine_outcome (self->engine, i);
  gboolean fits;

  if (unit->finished || unit->gone || unit->died)
    fits = (unit->outcomes[self->model->phase] & 1u << outcome) != 0 ||
           had_no_need_of_a_place (self, unit, outcome, unit->outcomes[self->model->phase]);
  else if (unit->out || unit->awaited)
    fits = outcome == STATE_STEP_OUTCOME_ASKED;
  else
    fits = outcome == STATE_STEP_OUTCOME_WAITING;
  check (self, fits, "the step of unit %u is %s, and should be %s", i,
         state_step_outcome_to_string (outcome),
         unit->finished               ? "another"
         : unit->out || unit->awaited ? "asked"
                                      : "waiting");
  check (self,
         !unit->out || !model_is_over (self->model) || g_array_index (self->heard, gboolean, i),
         "the request of unit %u has not been cancelled", i);
}

static void
check_set (Play *self)
{
  guint allowed = STATE_OPERATION_FLAGS_ALL & ~STATE_OPERATION_FLAGS_POST_RESTORE;
  gboolean any = FALSE;
  const char *wrong = engine_check_changes (self->engine);

  check (self, wrong == NULL, "%s", wrong);
  for (guint i = 0; i < self->model->units->len; i++)
    {
      ModelUnit *unit = model_unit (self->model, i);
      gboolean has_state = unit->has_state;

      if (unit->gone)
        continue;
      check_unit (self, i);
      any = any || may_run (unit);
      unit->has_state = TRUE;
      for (guint o = STATE_OPERATION_START; o <= STATE_OPERATION_RESTORE; o++)
        if (allowed & 1u << o && model_judge (self->model, i, o) == MODEL_TURN_REFUSE)
          allowed &= ~(1u << o);
      unit->has_state = has_state;
    }
  check (self, allowed == engine_allowed (self->engine), "allowed are %x, and should be %x",
         engine_allowed (self->engine), allowed);
  check (self, !any == !engine_any_may_run (self->engine), "some may run, or not");
}

/* When the engine has nothing to do for now. */
static void
check_all (Play *self)
{
  gint64 deadline = model_deadline (self->model);
  /* Without a place, it is not looked at what became of those that wait for one. */
  gboolean is_loose = !model_has_place (self->model);
  gboolean somebody = FALSE;

  check_set (self);
  check (self, !engine_is_done (self->engine) == !self->model->done, "it has%s ended",
         self->model->done ? " not" : "");
  if (self->model->done)
    return;

  check (self,
         engine_phase (self->engine) == self->model->phase &&
             engine_doing (self->engine) == self->model->doing,
         "it is in phase %u, and should be in %u", engine_phase (self->engine), self->model->phase);
  for (guint i = 0; i < self->model->units->len; i++)
    {
      const ModelUnit *unit = model_unit (self->model, i);

      if (!unit->taken)
        continue;
      check (self, is_loose || !model_may_fail (self->model, i),
             "unit %u has not failed for being lost", i);
      check (self, is_loose || !model_may_await (self->model, i), "unit %u is not waited for", i);
      if (!is_loose || unit->out)
        check_step (self, i);
      somebody = somebody || unit->out || unit->awaited;
      check (self, !model_may_ask (self->model, i), "unit %u has not been asked", i);
    }
  check (self, somebody, "nobody is waited for");
  check (self, is_loose || engine_deadline (self->engine) == deadline,
         "the next deadline is %" G_GINT64_FORMAT ", and should be %" G_GINT64_FORMAT,
         engine_deadline (self->engine), deadline);
}

static void
check_end (Play *self)
{
  check (self, !engine_succeeded (self->engine) == !self->model->good, "it %s",
         self->model->good ? "should have succeeded" : "should not have succeeded");

  for (guint i = 0; i < self->model->units->len; i++)
    for (ModelPhase phase = 0; phase < MODEL_N_PHASES; phase++)
      {
        const ModelUnit *unit = model_unit (self->model, i);
        guint allowed = unit->outcomes[phase];
        StateStepOutcome outcome;

        if (!unit->taken || !engine_outcome_in (self->engine, phase, i, &outcome))
          continue;
        if (had_no_need_of_a_place (self, unit, outcome, allowed))
          continue;
        check (self,
               allowed != 0 ? (allowed & 1u << outcome) != 0
                            : outcome != STATE_STEP_OUTCOME_SUCCEEDED,
               "the outcome of unit %u in phase %u is %s, and should be of %x", i, phase,
               state_step_outcome_to_string (outcome), allowed);
      }
}

static int
compare_edges (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (ModelEdge));
}

/* Between transitions: the edges are those that were made, to those that are still there. */
static void
check_edges (Play *self)
{
  for (guint i = 0; i < self->model->units->len; i++)
    for (guint backwards = 0; backwards < 2 && !model_unit (self->model, i)->gone; backwards++)
      {
        const ModelUnit *unit = model_unit (self->model, i);
        GArray *all = backwards ? unit->dependents : unit->dependencies;
        g_autoptr (GArray) edges = engine_edges (self->engine, i, backwards);
        guint n = 0;

        for (guint j = 0; j < all->len; j++)
          if (!model_unit (self->model, g_array_index (all, ModelEdge, j).unit)->gone)
            g_array_index (all, ModelEdge, n++) = g_array_index (all, ModelEdge, j);
        g_array_set_size (all, n);
        check (self, edges->len == n, "unit %u has %u edges, and should have %u", i, edges->len, n);
        g_array_sort (edges, compare_edges);
        g_array_sort (all, compare_edges);
        check (self, n == 0 || memcmp (edges->data, all->data, n * sizeof (ModelEdge)) == 0,
               "the edges of unit %u are not those that were made", i);
      }
}

/* Building */

/* Whether one can be reached from another along the edges that count for one operation. */
static gboolean
leads_to (Play *self, guint from, guint to, guint operation, GArray *seen)
{
  const GArray *edges = model_unit (self->model, from)->dependencies;

  if (from == to)
    return TRUE;
  if (g_array_index (seen, gboolean, from))
    return FALSE;
  g_array_index (seen, gboolean, from) = TRUE;
  for (guint i = 0; i < edges->len; i++)
    {
      const ModelEdge *edge = &g_array_index (edges, ModelEdge, i);

      if (edge->operations & operation && !model_unit (self->model, edge->unit)->gone &&
          leads_to (self, edge->unit, to, operation, seen))
        return TRUE;
    }
  return FALSE;
}

static gboolean
closes_circle (Play *self,
               const ModelEdge *dependencies,
               guint n_dependencies,
               const ModelEdge *dependents,
               guint n_dependents)
{
  for (guint operation = 1; n_dependents > 0 && operation < STATE_OPERATION_FLAGS_INSPECT;
       operation <<= 1)
    for (guint i = 0; i < n_dependencies; i++)
      for (guint j = 0; j < n_dependents; j++)
        {
          g_autoptr (GArray) seen = g_array_new (FALSE, TRUE, sizeof (gboolean));

          g_array_set_size (seen, self->model->units->len);
          if (dependencies[i].operations & operation && dependents[j].operations & operation &&
              leads_to (self, dependencies[i].unit, dependents[j].unit, operation, seen))
            return TRUE;
        }
  return FALSE;
}

/* FALSE: it would have closed a circle. */
gboolean
play_add (Play *self,
          const ModelEdge *dependencies,
          guint n_dependencies,
          const ModelEdge *dependents,
          guint n_dependents)
{
  gboolean circle = closes_circle (self, dependencies, n_dependencies, dependents, n_dependents);
  guint unit;

  check (self,
         !circle == !engine_finds_cycle (self->engine, dependencies, n_dependencies, dependents,
                                         n_dependents),
         "a circle has%s been found", circle ? " not" : "");
  if (circle)
    return FALSE;

  unit = model_add (self->model);
  check (self,
         engine_add (self->engine, dependencies, n_dependencies, dependents, n_dependents) == unit,
         "the numbers differ");
  for (guint i = 0; i < n_dependencies; i++)
    model_depend (self->model, unit, dependencies[i].unit, dependencies[i].operations,
                  dependencies[i].required);
  for (guint i = 0; i < n_dependents; i++)
    model_depend (self->model, dependents[i].unit, unit, dependents[i].operations,
                  dependents[i].required);
  g_array_set_size (self->timeouts, unit + 1);
  g_array_set_size (self->heard, unit + 1);
  return TRUE;
}

void
play_set (Play *self, guint i, EngineUnit as)
{
  ModelUnit *unit = model_unit (self->model, i);

  engine_set (self->engine, i, as);
  unit->state = as.state;
  unit->may_run = as.may_run;
  unit->undefined = as.undefined;
  unit->request = as.request;
  unit->stands = as.stands;
}

/* Asking */

static gboolean
saves (const Play *self, guint unit)
{
  return self->model->doing == STATE_OPERATION_SAVE &&
         !model_unit (self->model, unit)->keeps_nothing;
}

static void
answer (Play *self, guint unit, StateStepOutcome how)
{
  gboolean saved = how == STATE_STEP_OUTCOME_SUCCEEDED && saves (self, unit);

  tell (self, "  unit %u answers: %s", unit, state_step_outcome_to_string (how));
  engine_answer (self->engine, unit, how, saved, self->now);
  model_answer (self->model, unit, how);
}

static void
hear (Play *self)
{
  if (!engine_takes_cancel (self->engine))
    return;
  for (guint i = 0; i < self->model->units->len; i++)
    if (model_unit (self->model, i)->out)
      g_array_index (self->heard, gboolean, i) = TRUE;
}

/* The lost, and the late, whose turn the engine has taken: among those whose turn comes at
 * the same time it may take any first. TRUE: it did something. */
static gboolean
note_turn (Play *self, guint i)
{
  StateStepOutcome outcome;

  if ((!model_may_fail (self->model, i) && !model_may_await (self->model, i)) ||
      !engine_outcome_in (self->engine, self->model->phase, i, &outcome))
    return FALSE;

  if (model_may_await (self->model, i) && outcome == STATE_STEP_OUTCOME_ASKED)
    {
      tell (self, "  the late answer of unit %u is waited for", i);
      model_await (self->model, i);
      return TRUE;
    }
  if (model_may_fail (self->model, i) &&
      (outcome == STATE_STEP_OUTCOME_LOST || outcome == STATE_STEP_OUTCOME_FAILED))
    {
      tell (self, "  unit %u is not asked, since it is lost or failed", i);
      model_fail_lost (self->model, i);
      return TRUE;
    }
  return FALSE;
}

static void
note_turns (Play *self)
{
  gboolean again = TRUE;

  while (again && !self->model->done)
    {
      again = FALSE;
      for (guint i = 0; i < self->model->units->len; i++)
        again = note_turn (self, i) || again;
    }
}

static void
advance (Play *self)
{
  static const StateStepOutcome answers[] = { STATE_STEP_OUTCOME_SUCCEEDED,
                                              STATE_STEP_OUTCOME_FAILED, STATE_STEP_OUTCOME_DROPPED,
                                              STATE_STEP_OUTCOME_LOST };
  guint unit;

  hear (self);
  while (engine_next (self->engine, self->now, &unit))
    {
      note_turns (self);
      hear (self);
      tell (self, "  unit %u is asked to %s", unit,
            state_operation_to_string (engine_doing (self->engine)));
      check (self, model_may_ask (self->model, unit), "unit %u was not to be asked to %s", unit,
             state_operation_to_string (engine_doing (self->engine)));
      check (self, engine_doing (self->engine) == self->model->doing,
             "unit %u was asked to %s, and not to %s", unit,
             state_operation_to_string (engine_doing (self->engine)),
             state_operation_to_string (self->model->doing));
      model_ask (self->model, unit);
      self->n_requests++;
      g_array_index (self->heard, gboolean, unit) = FALSE;
      if (!self->at_once)
        continue;
      answer (self, unit, answers[choose (self->choices, MAX (self->max_at_once, 1))]);
      hear (self);
    }
  note_turns (self);
  hear (self);
  check_all (self);
}

/* Beginning */

static void
take_closure (Play *self, const GArray *given, StateOperation operation)
{
  g_autoptr (GArray) closure = engine_closure (self->engine, given, operation);
  guint n = 0;

  for (guint i = 0; i < self->model->units->len; i++)
    model_unit (self->model, i)->taken = FALSE;
  for (guint i = 0; i < given->len; i++)
    model_unit (self->model, g_array_index (given, guint32, i))->taken = TRUE;
  model_take_closure (self->model, operation);

  for (guint i = 0; i < self->model->units->len; i++)
    if (model_unit (self->model, i)->taken)
      check (self, n < closure->len && g_array_index (closure, guint32, n++) == i,
             "unit %u was not taken along", i);
  check (self, n == closure->len, "too many were taken along");
}

/* What is stopped along with those that run is taken, too. */
static void
take_extras (Play *self)
{
  g_autoptr (GArray) running = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autoptr (GArray) taken = g_array_new (FALSE, TRUE, sizeof (gboolean));

  g_array_set_size (taken, self->model->units->len);
  for (guint32 i = 0; i < self->model->units->len; i++)
    {
      const ModelUnit *unit = model_unit (self->model, i);

      g_array_index (taken, gboolean, i) = unit->taken;
      if (unit->taken && unit->state == STATE_UNIT_STATE_RUNNING)
        g_array_append_val (running, i);
    }
  take_closure (self, running, STATE_OPERATION_STOP);
  for (guint i = 0; i < taken->len; i++)
    {
      ModelUnit *unit = model_unit (self->model, i);

      unit->extra = unit->taken && !g_array_index (taken, gboolean, i);
      unit->taken = unit->taken || g_array_index (taken, gboolean, i);
    }
}

static gboolean
is_refused (Play *self)
{
  g_autoptr (GArray) refused = engine_judge (self->engine);
  guint n = 0;

  for (guint i = 0; i < self->model->units->len; i++)
    {
      ModelUnit *unit = model_unit (self->model, i);

      if (!unit->taken)
        continue;
      if (self->model->operation == STATE_OPERATION_START)
        unit->stands = FALSE;
      if (unit->extra || model_is_to_make_way (self->model, i) || self->model->leave_rest ||
          model_judge (self->model, i, self->model->operation) != MODEL_TURN_REFUSE)
        continue;
      check (self,
             refused != NULL && n < refused->len && g_array_index (refused, guint32, n++) == i,
             "unit %u was not refused", i);
    }
  check (self, n == (refused != NULL ? refused->len : 0), "too many were refused");
  return n > 0;
}

/* What is the same for all, and usual, goes a shorter way in the engine. */
static void
take (Play *self)
{
  Model *model = self->model;
  gboolean all = TRUE;

  model->timeout = NULL;
  for (guint i = 0; i < model->units->len; i++)
    {
      ModelUnit *unit = model_unit (model, i);

      unit->has_state = unit->has_state && unit->taken && !unit->extra;
      all = all && (unit->taken || unit->gone) && !unit->extra && !unit->has_state;
      if (g_array_index (self->timeouts, guint, i) != 0)
        model->timeout = timeout_of;
      g_array_index (self->heard, gboolean, i) = FALSE;
    }

  engine_make_run (self->engine, model);
  if (all)
    engine_take_all (self->engine);
  for (guint i = 0; !all && i < model->units->len; i++)
    if (model_unit (model, i)->taken)
      engine_take (self->engine, i, model_unit (model, i)->has_state, model_unit (model, i)->extra);
}

/* FALSE: it was refused. */
gboolean
play_begin (Play *self, PlayTransition transition, const GArray *given, const gboolean *has_state)
{
  Model *model = self->model;

  model->operation = transition.operation;
  model->policy = transition.policy;
  model->own_policy = transition.own_policy;
  model->leave_rest = transition.leave_rest;
  model->resume = transition.resume;
  model->max_asked = transition.max_asked;
  for (guint i = 0; i < model->units->len; i++)
    {
      ModelUnit *unit = model_unit (model, i);

      unit->extra = FALSE;
      unit->has_state = model->operation == STATE_OPERATION_RESTORE && has_state[i] && !unit->gone;
    }
  take_closure (self, given, transition.operation);
  if (transition.resume)
    take_extras (self);

  take (self);
  tell (self, "%s%s, policy %u%s%s, at most %u at once",
        state_operation_to_string (model->operation), model->leave_rest ? " what can be" : "",
        model->policy, model->own_policy ? " of its own" : "", model->resume ? ", resuming" : "",
        model->max_asked);
  if (is_refused (self))
    {
      tell (self, "  is refused");
      check_set (self);
      engine_end (self->engine);
      return FALSE;
    }
  engine_begin (self->engine, self->now);
  model_begin (model);
  advance (self);
  return TRUE;
}

/* What happens */

gboolean
play_is_possible (const Play *self, PlayEvent event)
{
  const Model *model = self->model;
  const ModelUnit *unit = model_unit (model, event.unit);
  gboolean late = unit->state == STATE_UNIT_STATE_UNCERTAIN || unit->standing;
  gboolean gives_up = event.answer == STATE_STEP_OUTCOME_CANCELLED;

  switch (event.kind)
    {
    case PLAY_ANSWER:
      return unit->out && (!gives_up || g_array_index (self->heard, gboolean, event.unit));
    case PLAY_ANSWER_LATE:
      return !unit->gone && late;
    case PLAY_EXPIRE:
      return model_deadline (model) != 0;
    case PLAY_EXPIRE_STANDING:
      return !unit->gone && unit->standing;
    case PLAY_EXTEND:
      return unit->out && unit->deadline != 0;
    case PLAY_CANCEL:
      return !model->done && !model->cancelled;
    case PLAY_ABANDON:
    case PLAY_TIME_OUT:
      return !model->done;
    case PLAY_DISCARD:
      return !unit->gone;
    case PLAY_ENDED:
      return !unit->gone && unit->state == STATE_UNIT_STATE_RUNNING &&
             !model_waits_for_place (model, event.unit);
    case PLAY_LOSE:
      return !unit->gone && !unit->out && !late && unit->state != STATE_UNIT_STATE_LOST &&
             !model_waits_for_place (model, event.unit);
    case PLAY_N_KINDS:
    default:
      return FALSE;
    }
}

static void
expire (Play *self)
{
  g_autoptr (GArray) expired = g_array_new (FALSE, TRUE, sizeof (gboolean));
  guint unit;

  self->now = self->model->now = MAX (self->now, model_deadline (self->model));
  tell (self, "  the next deadline has come");
  g_array_set_size (expired, self->model->units->len);
  for (guint i = 0; i < expired->len; i++)
    g_array_index (expired, gboolean, i) = model_unit (self->model, i)->out;
  engine_expire (self->engine, self->now);
  model_expire (self->model);
  while (engine_next_expired (self->engine, &unit))
    {
      check (self, g_array_index (expired, gboolean, unit) && !model_unit (self->model, unit)->out,
             "unit %u was given up on", unit);
      g_array_index (expired, gboolean, unit) = FALSE;
    }
  for (guint i = 0; i < expired->len; i++)
    check (self, !g_array_index (expired, gboolean, i) || model_unit (self->model, i)->out,
           "the late request of unit %u is not cancelled", i);
}

static void
abandon (Play *self, gboolean timed_out)
{
  guint unit;

  tell (self, "  it is abandoned%s", timed_out ? " for its time" : "");
  engine_abandon (self->engine, timed_out, self->now);
  model_abandon (self->model, timed_out);
  while (engine_next_expired (self->engine, &unit))
    check (self, model_unit (self->model, unit)->state == STATE_UNIT_STATE_UNCERTAIN,
           "unit %u was given up on", unit);
  check (self, self->model->done, "the model has not ended");
}

static void
do_to_unit (Play *self, PlayEvent event)
{
  gint64 deadline = model_unit (self->model, event.unit)->deadline + 5 * G_USEC_PER_SEC;

  switch (event.kind)
    {
    case PLAY_ANSWER_LATE:
      tell (self, "  unit %u answers late: %s", event.unit,
            state_step_outcome_to_string (event.answer));
      engine_answer_late (self->engine, event.unit, event.answer, self->now);
      model_answer_late (self->model, event.unit, event.answer);
      break;
    case PLAY_EXPIRE_STANDING:
      tell (self, "  the stop of unit %u that stood is given up on", event.unit);
      engine_expire_standing (self->engine, event.unit);
      model_expire_standing (self->model, event.unit);
      break;
    case PLAY_EXTEND:
      tell (self, "  unit %u wants more time", event.unit);
      engine_extend (self->engine, event.unit, deadline);
      model_extend (self->model, event.unit, deadline);
      break;
    case PLAY_DISCARD:
      tell (self, "  unit %u is discarded", event.unit);
      engine_discard (self->engine, event.unit, self->now);
      model_discard (self->model, event.unit);
      break;
    case PLAY_ENDED:
      tell (self, "  unit %u comes to its end: %s", event.unit,
            state_step_outcome_to_string (event.answer));
      engine_ended (self->engine, event.unit, event.answer, self->now);
      model_ended (self->model, event.unit, event.answer);
      break;
    case PLAY_LOSE:
    default:
      tell (self, "  unit %u is lost", event.unit);
      engine_lose (self->engine, event.unit, self->now);
      if (model_unit (self->model, event.unit)->state == STATE_UNIT_STATE_RUNNING)
        model_ended (self->model, event.unit, STATE_STEP_OUTCOME_LOST);
      else
        model_lose (self->model, event.unit);
    }
}

/* An event that is possible. */
void
play_do (Play *self, PlayEvent event)
{
  self->now = self->model->now = self->now + 1;

  if (event.kind == PLAY_ANSWER)
    answer (self, event.unit, event.answer);
  else if (event.kind == PLAY_EXPIRE)
    expire (self);
  else if (event.kind == PLAY_CANCEL)
    {
      tell (self, "  it is cancelled");
      engine_cancel (self->engine, self->now);
      model_cancel (self->model);
    }
  else if (event.kind == PLAY_ABANDON || event.kind == PLAY_TIME_OUT)
    abandon (self, event.kind == PLAY_TIME_OUT);
  else
    do_to_unit (self, event);

  if (self->engine->run != NULL)
    advance (self);
  else
    {
      engine_end (self->engine);
      check_set (self);
    }
}

/* Once it is done. */
void
play_end (Play *self)
{
  tell (self, "  it has %s", self->model->good ? "succeeded" : "not succeeded");
  check_end (self);
  engine_end (self->engine);
  check_set (self);
  check_edges (self);
}

/* Whole cases */

static Play *playing;

gboolean play_lets_crash;

/* An assertion of the engine's own, or worse. */
static void
on_signal (int number)
{
  playing->reason = g_strdup_printf ("signal %d", number);
  siglongjmp (playing->failure, 1);
}

static void
heed_signals (gboolean heed)
{
  static struct sigaction old[2];
  struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_NODEFER };

  sigaction (SIGABRT, heed ? &action : &old[0], heed ? &old[0] : NULL);
  sigaction (SIGSEGV, heed ? &action : &old[1], heed ? &old[1] : NULL);
}

/* What went wrong, NULL: nothing. Memory of a play that failed may be lost. */
char *
play_case (Choices *choices, PlayFunc func, gpointer data, gboolean is_loud)
{
  Play *self = play_new (choices);
  char *reason = NULL;

  self->is_loud = is_loud;
  playing = self;
  if (!play_lets_crash)
    heed_signals (TRUE);
  if (sigsetjmp (self->failure, 1) == 0)
    func (self, data);
  if (!play_lets_crash)
    heed_signals (FALSE);
  if (self->reason != NULL)
    reason = g_strdup (self->reason);
  else
    play_free (self);
  return reason;
}
