/* SPDX-License-Identifier: MIT */

/* What a run would do, found out on a copy of its graph. */

#include "engine/forecast.h"

#define BY_DEFAULT                                                                          \
  (STATE_OPERATION_FLAGS_START | STATE_OPERATION_FLAGS_STOP | STATE_OPERATION_FLAGS_RESET | \
   STATE_OPERATION_FLAGS_RESTORE)

/* A unit that depends on another. */
static guint32
add_after (StateGraph *graph, guint32 dependency)
{
  StateEdge edge = { .node = dependency, .operations = BY_DEFAULT };

  return state_graph_add (graph, &edge, 1, NULL, 0);
}

static StateGraph *
new_chain (guint32 n)
{
  StateGraph *graph = state_graph_new ();

  state_graph_add (graph, NULL, 0, NULL, 0);
  for (guint32 i = 1; i < n; i++)
    add_after (graph, i - 1);
  return graph;
}

static StateRun *
new_run (StateGraph *graph, StateOperation operation)
{
  StateRun *run = state_run_new (graph, operation);

  for (guint32 node = 0; node < graph->n_nodes; node++)
    if (graph->nodes[node].alive)
      state_run_take (run, node, FALSE);
  g_assert_null (state_run_judge (run));
  return run;
}

static void
assert_level (const StateForecast *forecast, guint index, guint phase, guint32 slot)
{
  const StateForecastLevel *level = g_ptr_array_index (forecast->levels, index);

  g_assert_cmpuint (level->phase, ==, phase);
  g_assert_cmpuint (level->slots->len, ==, 1);
  g_assert_cmpuint (g_array_index (level->slots, guint32, 0), ==, slot);
}

static void
test_copy (void)
{
  g_autoptr (StateGraph) graph = new_chain (3);
  g_autoptr (StateRun) run = new_run (graph, STATE_OPERATION_START);
  g_autoptr (StateGraph) copy = NULL;
  StateChange change;
  guint n;

  state_run_begin (run, 1);
  state_graph_set_duration (graph, 1, STATE_OPERATION_START, 7);
  state_graph_set_state (graph, 2, STATE_UNIT_STATE_RUNNING, FALSE, FALSE);
  copy = state_graph_copy (graph);
  g_assert_cmpuint (copy->n_nodes, ==, 3);
  g_assert_cmpuint (copy->slots[0], ==, STATE_NODE_NONE);
  g_assert_cmpuint (state_run_slot_of (run, 0), ==, 0);
  g_assert_cmpuint (copy->nodes[2].state, ==, STATE_UNIT_STATE_RUNNING);
  g_assert_cmpuint (state_graph_get_duration (copy, 1, STATE_OPERATION_START), ==, 7);
  g_assert_false (state_graph_next_change (copy, &change));

  /* Each goes its own way from here. */
  state_graph_set_state (copy, 0, STATE_UNIT_STATE_LOST, FALSE, FALSE);
  add_after (copy, add_after (copy, 0));
  state_graph_set_duration (copy, 4, STATE_OPERATION_START, 9);
  g_assert_cmpuint (state_graph_get_duration (copy, 4, STATE_OPERATION_START), ==, 9);
  state_graph_dependents (copy, 0, &n);
  g_assert_cmpuint (n, ==, 2);
  state_graph_dependents (graph, 0, &n);
  g_assert_cmpuint (n, ==, 1);
  g_assert_cmpuint (graph->n_nodes, ==, 3);
  g_assert_cmpuint (graph->nodes[0].state, ==, STATE_UNIT_STATE_STOPPED);
  g_assert_true (state_graph_next_change (graph, &change));
  g_assert_cmpuint (change.node, ==, 2);
  g_assert_false (state_graph_next_change (graph, &change));
  state_run_end (run);
}

static void
test_copy_of_nothing (void)
{
  g_autoptr (StateGraph) graph = state_graph_new ();
  g_autoptr (StateGraph) copy = state_graph_copy (graph);
  g_autoptr (StateRun) run = new_run (copy, STATE_OPERATION_STOP);
  g_autoptr (StateForecast) forecast = state_forecast_new (run);

  g_assert_cmpuint (forecast->levels->len, ==, 0);
  g_assert_true (forecast->run->succeeded);
  add_after (copy, state_graph_add (copy, NULL, 0, NULL, 0));
  g_assert_cmpuint (copy->n_alive, ==, 2);
  g_assert_cmpuint (graph->n_alive, ==, 0);
}

static void
test_run_is_not_touched (void)
{
  g_autoptr (StateGraph) graph = new_chain (4);
  g_autoptr (StateRun) run = new_run (graph, STATE_OPERATION_START);
  StateChange change;

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (StateForecast) forecast = state_forecast_new (run);

      g_assert_cmpuint (forecast->levels->len, ==, 4);
      for (guint32 slot = 0; slot < 4; slot++)
        assert_level (forecast, slot, 0, slot);
      g_assert_cmpint (forecast->duration, ==, 0);
      g_assert_true (forecast->run->succeeded);
    }
  g_assert_false (state_graph_next_change (graph, &change));
  g_assert_cmpuint (run->phases->len, ==, 0);
  g_assert_cmpuint (run->n_taken, ==, 4);
  g_assert_cmpuint (state_graph_get_duration (graph, 0, STATE_OPERATION_START), ==, 0);
}

/* 0 is followed by 1; 2 and 3 stand alone. Each takes 10, and 1 takes 5. */
static void
test_limit (void)
{
  static const gint64 expected[] = { 15, 35, 20, 15, 15 };
  g_autoptr (StateGraph) graph = new_chain (2);

  state_graph_add (graph, NULL, 0, NULL, 0);
  state_graph_add (graph, NULL, 0, NULL, 0);
  for (guint32 node = 0; node < 4; node++)
    state_graph_set_duration (graph, node, STATE_OPERATION_RESET, node == 1 ? 5 : 10);
  for (guint limit = 0; limit < G_N_ELEMENTS (expected); limit++)
    {
      g_autoptr (StateRun) run = new_run (graph, STATE_OPERATION_RESET);
      g_autoptr (StateForecast) forecast = NULL;

      run->max_asked = limit;
      forecast = state_forecast_new (run);
      g_assert_cmpint (forecast->duration, ==, expected[limit]);
      g_assert_cmpuint (forecast->levels->len, ==, 2);
    }
}

/* Those that a stop waits for: a start and a save that were given up on, and a stop
 * that stood and is with the unit. */
static void
test_late_answers (void)
{
  g_autoptr (StateGraph) graph = new_chain (3);
  g_autoptr (StateRun) run = NULL;
  g_autoptr (StateForecast) forecast = NULL;

  state_graph_set_state (graph, 0, STATE_UNIT_STATE_STARTING, FALSE, FALSE);
  state_rules_give_up (graph, 0, STATE_OPERATION_START);
  state_graph_set_state (graph, 1, STATE_UNIT_STATE_SAVING, FALSE, FALSE);
  state_rules_give_up (graph, 1, STATE_OPERATION_SAVE);
  state_graph_set_state (graph, 2, STATE_UNIT_STATE_STOPPING, FALSE, FALSE);
  graph->nodes[2].standing = TRUE;
  run = new_run (graph, STATE_OPERATION_STOP);
  forecast = state_forecast_new (run);
  g_assert_cmpuint (forecast->levels->len, ==, 1);
  assert_level (forecast, 0, 0, 0);
  g_assert_true (forecast->run->succeeded);
  g_assert_cmpuint (graph->nodes[0].state, ==, STATE_UNIT_STATE_UNCERTAIN);
  g_assert_true (graph->nodes[2].standing);
}

static void
test_many_in_a_chain (void)
{
  guint32 n = g_test_slow () ? 1000000 : 100000;
  g_autoptr (StateGraph) graph = new_chain (n);
  g_autoptr (StateRun) run = new_run (graph, STATE_OPERATION_STOP);
  g_autoptr (StateForecast) forecast = NULL;

  for (guint32 node = 0; node < n; node++)
    state_graph_set_state (graph, node, STATE_UNIT_STATE_RUNNING, FALSE, FALSE);
  g_assert_null (state_run_judge (run));
  run->resume = TRUE;
  forecast = state_forecast_new (run);
  g_assert_cmpuint (forecast->levels->len, ==, 2 * n);
  assert_level (forecast, 0, 0, n - 1);
  assert_level (forecast, n - 1, 0, 0);
  assert_level (forecast, n, 1, 0);
  g_assert_cmpuint (forecast->critical_path->len, ==, 2 * n);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/forecast/copy", test_copy);
  g_test_add_func ("/forecast/copy-of-nothing", test_copy_of_nothing);
  g_test_add_func ("/forecast/run-is-not-touched", test_run_is_not_touched);
  g_test_add_func ("/forecast/limit", test_limit);
  g_test_add_func ("/forecast/late-answers", test_late_answers);
  g_test_add_func ("/forecast/many-in-a-chain", test_many_in_a_chain);
  return g_test_run ();
}
