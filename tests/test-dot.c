/* SPDX-License-Identifier: MIT */

/* Graphs as pictures: each state and outcome has a colour, and each edge says what
 * it is. */

#include "test-set.h"

/* "red", for a name that is shown in that colour. */
static const char *
colour_of (const char *dot, const char *name, const char *word)
{
  const struct
  {
    const char *value;
    const char *name;
  } colours[] = {
    { "#eeeeee", "grey" },   { "#c3e6c3", "green" },  { "#f4b6b6", "red" },
    { "#f7dca8", "yellow" }, { "#d8c3e6", "purple" }, { "#bcd8f2", "blue" },
    { "#ffffff", "white" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (colours); i++)
    {
      g_autofree char *node = g_strdup_printf ("  \"%s\" [label=\"%s\\n%s\", fillcolor=\"%s\"];\n",
                                               name, name, word, colours[i].value);

      if (strstr (dot, node) != NULL)
        return colours[i].name;
    }
  g_error ("no %s that is %s in %s", name, word, dot);
}

#define assert_node(dot, name, word, colour) \
  g_assert_cmpstr (colour_of ((dot), (name), (word)), ==, (colour))

static void
hold (TestSet *set, const char *name, StateOperation operation)
{
  test_unit_set_answer (test_set_add (set, name, NULL), operation, TEST_ANSWER_HELD);
}

/* --- Sets --- */

static void
test_states (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateUnitReceiver) receiver = NULL;
  g_autofree char *stopped = NULL;
  g_autofree char *dot = NULL;
  g_auto (TestCall) call = TEST_CALL_INIT;
  TestUnit *slow;

  test_set_add (set, "good", NULL);
  test_unit_fail (test_set_add (set, "bad", NULL), STATE_OPERATION_START, "no");
  hold (set, "held", STATE_OPERATION_START);
  slow = test_set_add_timed (set, "slow", STATE_OPERATION_START, 1, NULL);
  test_unit_set_answer (slow, STATE_OPERATION_START, TEST_ANSWER_HELD);
  state_unit_builder_build_receiver (state_units_add (set->units, "lost"), &receiver, NULL);
  stopped = state_units_to_dot (set->units);
  assert_node (stopped, "good", "stopped", "grey");

  state_unit_receiver_close (receiver);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_set_wait_state (set, "slow", STATE_UNIT_STATE_UNCERTAIN);
  dot = state_units_to_dot (set->units);
  assert_node (dot, "good", "running", "green");
  assert_node (dot, "bad", "failed", "red");
  assert_node (dot, "held", "starting", "blue");
  assert_node (dot, "slow", "uncertain", "yellow");
  assert_node (dot, "lost", "lost", "purple");

  test_unit_answer_held (test_set_get_unit (set, "held"));
  test_unit_answer_held (slow);
  test_call_wait (&call);
}

static void
test_edges (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  StateUnitBuilder *builder = NULL;
  g_autofree char *dot = NULL;

  test_set_add (set, "a", NULL);
  test_set_add (set, "b", "a", NULL);
  builder = state_units_add (set->units, "c \"quoted\" \\\n");
  state_unit_builder_add_dependency (builder, test_set_get (set, "b"), STATE_DEPENDENCY_ORDER_ONLY,
                                     STATE_OPERATION_FLAGS_ALL);
  state_unit_builder_build (builder, NULL, NULL);
  dot = state_units_to_dot (set->units);
  test_assert_contains (dot, "  \"b\" -> \"a\";\n");
  test_assert_contains (dot, "  \"c \\\"quoted\\\" \\\\\\n\" -> \"b\" [style=dashed];\n");
}

/* --- Transitions --- */

#define THICK " [color=\"#c05000\", penwidth=2];\n"

static void
test_outcomes (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) start = NULL;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autofree char *during = NULL;
  g_autofree char *after = NULL;

  test_set_add (set, "good", NULL);
  test_unit_fail (test_set_add (set, "bad", NULL), STATE_OPERATION_START, "no");
  test_set_add (set, "above", "bad", NULL);
  hold (set, "held", STATE_OPERATION_START);
  test_set_add (set, "next", "held", "good", NULL);
  hold (set, "gone", STATE_OPERATION_START);
  start = state_transition_new (set->units, STATE_OPERATION_START);
  state_transition_run_async (start, NULL, test_call_done, &call);
  test_wait_until (test_unit_has_request (test_set_get_unit (set, "gone")));
  test_wait_until (state_transition_get_n_finished (start) == 3);
  during = state_transition_to_dot (start);
  assert_node (during, "held", "asked", "blue");
  assert_node (during, "next", "waiting", "white");
  test_assert_contains (during, "  \"next\" -> \"held\"" THICK);
  test_assert_contains (during, "  \"next\" -> \"good\";\n");

  test_unit_answer_held (test_set_get_unit (set, "gone"));
  state_unit_handle_discard (test_set_get (set, "gone"));
  state_transition_cancel (start);
  test_unit_cancel_held (test_set_get_unit (set, "held"));
  test_call_wait (&call);
  after = state_transition_to_dot (start);
  assert_node (after, "good", "succeeded", "green");
  assert_node (after, "bad", "failed", "red");
  assert_node (after, "above", "skipped", "yellow");
  assert_node (after, "held", "cancelled", "yellow");
  test_assert_contains (after, "  \"next\" -> \"held\";\n");
}

/* A stop waits the other way round. */
static void
test_waits_of_a_stop (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) stop = NULL;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autofree char *during = NULL;
  g_autofree char *again = NULL;
  TestUnit *top;

  test_set_add (set, "bottom", NULL);
  test_set_add (set, "beside", "bottom", NULL);
  top = test_set_add (set, "top", "bottom", NULL);
  g_assert_true (test_start (set->units, NULL));
  test_unit_set_answer (top, STATE_OPERATION_STOP, TEST_ANSWER_HELD);
  stop = state_transition_new (set->units, STATE_OPERATION_STOP);
  state_transition_run_async (stop, NULL, test_call_done, &call);
  test_wait_until (test_unit_has_request (top) &&
                   test_set_get_state (set, "beside") == STATE_UNIT_STATE_STOPPED);
  during = state_transition_to_dot (stop);
  test_assert_contains (during, "  \"top\" -> \"bottom\"" THICK);
  test_assert_contains (during, "  \"beside\" -> \"bottom\";\n");
  test_unit_answer_held (top);
  test_call_wait (&call);

  g_assert_true (test_stop (set->units, NULL));
  again = state_transition_to_dot (state_units_get_last_transition (set->units));
  assert_node (again, "top", "unchanged", "grey");
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  g_test_add_func ("/dot/states-have-colours", test_states);
  g_test_add_func ("/dot/edges-say-what-they-are", test_edges);
  g_test_add_func ("/dot/outcomes-have-colours", test_outcomes);
  g_test_add_func ("/dot/a-stop-waits-the-other-way-round", test_waits_of_a_stop);
  return g_test_run ();
}
