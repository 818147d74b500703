/* SPDX-License-Identifier: MIT */

#include "forecast.h"

#include "heap.h"

/* A run is tried out on copies of its graph: once with requests that all take
 * equally long, for its levels, and once with those that take as long as they took
 * last time, for its length. The clock shows 1 when it begins, since 0 means never. */

/* A stop waits for the late answers of those that were given up on: they come
 * first, and are good. */
static void
answer_late (StateRun *run)
{
  for (guint32 slot = 0; slot < run->n_taken; slot++)
    {
      guint32 number = state_run_node (run, slot);
      StateNode *node = &run->graph->nodes[number];

      if (run->taken[slot].verdict != STATE_VERDICT_AWAIT)
        continue;
      if (node->state == STATE_UNIT_STATE_UNCERTAIN)
        state_rules_settle_late (run->graph, number, STATE_STEP_OUTCOME_SUCCEEDED);
      else
        state_rules_settle (run->graph, number, STATE_OPERATION_STOP, STATE_STEP_OUTCOME_SUCCEEDED);
      node->standing = FALSE;
    }
}

/* How long the unit needs for its request. */
typedef gint64 (*DurationFunc) (const StateRun *run, guint32 slot);

static gint64
always_the_same (const StateRun *run, guint32 slot)
{
  return 1;
}

static gint64
as_last_time (const StateRun *run, guint32 slot)
{
  return state_graph_get_duration (run->graph, state_run_node (run, slot), run->phase->operation);
}

static void
ask_all (StateRun *run, StateHeap *due, DurationFunc duration, gint64 now)
{
  guint32 slot;

  while (state_run_next (run, now, &slot))
    state_heap_push (due, now + duration (run, slot), slot);
}

static void
answer_all (StateRun *run, StateHeap *due, gint64 now)
{
  while (due->n > 0 && state_heap_peek (due)->key == now)
    state_run_answer (run, state_heap_pop (due).slot, STATE_STEP_OUTCOME_SUCCEEDED, now);
}

/* Returns how long it took. The answers of one moment all come before anything
 * new is asked. */
static gint64
drive (StateRun *run, DurationFunc duration)
{
  g_auto (StateHeap) due = { 0 };
  gint64 now = 1;

  answer_late (run);
  state_run_begin (run, now);
  ask_all (run, &due, duration, now);
  while (due.n > 0)
    {
      now = state_heap_peek (&due)->key;
      answer_all (run, &due, now);
      ask_all (run, &due, duration, now);
    }
  state_run_end (run);
  return now - 1;
}

/* Levels */

static void
level_free (gpointer data)
{
  StateForecastLevel *level = data;

  g_array_unref (level->slots);
  g_free (level);
}

static void
add_level (StateForecast *self, guint phase)
{
  StateForecastLevel *level = g_new0 (StateForecastLevel, 1);

  level->phase = phase;
  level->slots = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_ptr_array_add (self->levels, level);
}

static gint64
begin_of (const StateRunPhase *phase)
{
  gint64 begin = G_MAXINT64;

  for (guint32 slot = 0; slot < phase->n_steps; slot++)
    if (phase->steps[slot].start_time != 0)
      begin = MIN (begin, phase->steps[slot].start_time);
  return begin;
}

/* Each round takes 1, and in none of a phase, from the first that asks somebody to
 * the last, nobody is asked. */
static void
add_levels (StateForecast *self, guint index)
{
  const StateRunPhase *phase = g_ptr_array_index (self->run->phases, index);
  guint first = self->levels->len;
  gint64 begin = begin_of (phase);

  for (guint32 slot = 0; slot < phase->n_steps; slot++)
    {
      const StateRunStep *step = &phase->steps[slot];
      const StateForecastLevel *level;

      if (step->start_time == 0)
        continue;
      while (self->levels->len <= first + (step->start_time - begin))
        add_level (self, index);
      level = g_ptr_array_index (self->levels, first + (step->start_time - begin));
      g_array_append_val (level->slots, slot);
    }
}

static void
forecast_levels (StateForecast *self, const StateRun *run)
{
  g_autoptr (StateGraph) graph = state_graph_copy (run->graph);

  self->run = state_run_copy (run, graph);
  drive (self->run, always_the_same);
  for (guint i = 0; i < self->run->phases->len; i++)
    add_levels (self, i);
}

/* Times */

static void
forecast_times (StateForecast *self, const StateRun *run)
{
  g_autoptr (StateGraph) graph = state_graph_copy (run->graph);
  g_autoptr (StateRun) timed = state_run_copy (run, graph);
  g_autoptr (GArray) path = NULL;

  timed->max_asked = run->max_asked;
  self->duration = drive (timed, as_last_time);
  path = state_run_critical_path (timed);
  for (guint i = 0; i + 1 < path->len; i += 2)
    {
      const StateRunPhase *phase =
          g_ptr_array_index (timed->phases, g_array_index (path, guint32, i));
      guint32 slot = g_array_index (path, guint32, i + 1);

      if (phase->steps[slot].start_time != 0)
        g_array_append_val (self->critical_path, slot);
    }
}

/* Of a run that has been judged and has not begun: it is not touched. */
StateForecast *
state_forecast_new (const StateRun *run)
{
  StateForecast *self = g_new0 (StateForecast, 1);

  self->levels = g_ptr_array_new_with_free_func (level_free);
  self->critical_path = g_array_new (FALSE, FALSE, sizeof (guint32));
  forecast_levels (self, run);
  forecast_times (self, run);
  return self;
}

void
state_forecast_free (StateForecast *self)
{
  g_clear_pointer (&self->run, state_run_free);
  g_ptr_array_unref (self->levels);
  g_array_unref (self->critical_path);
  g_free (self);
}
