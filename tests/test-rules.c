/* SPDX-License-Identifier: MIT */

/* The rules, one by one: each state with each of its facts, before each operation,
 * while it is with the unit, and after each answer. */

#include "engine/rules.h"

#define N_OPERATIONS (STATE_OPERATION_POST_RESTORE + 1)

/* A unit as the rules see it. */
typedef struct
{
  StateUnitState state;
  gboolean may_run;
  gboolean undefined;
  StateOperation request; /* UNCERTAIN: what is still with it */
} Unit;

#define STOPPED STATE_UNIT_STATE_STOPPED
#define RUNNING STATE_UNIT_STATE_RUNNING
#define FAILED STATE_UNIT_STATE_FAILED
#define UNCERTAIN STATE_UNIT_STATE_UNCERTAIN
#define LOST STATE_UNIT_STATE_LOST

/*
 * Before start, stop, reset, save, restore with a state and without:
 * a: it is asked, l: left alone, w: its late answer is waited for, x: it fails at once,
 * -: it is in the way. The last one says whether it may run.
 */
static const struct
{
  Unit unit;
  const char *verdicts;
  gboolean may_run;
} units[] = {
  { { STOPPED }, "alaaal", FALSE },
  { { STATE_UNIT_STATE_STARTING }, "-a----", TRUE },
  { { RUNNING }, "la----", TRUE },
  { { STATE_UNIT_STATE_STOPPING }, "-a----", TRUE },
  { { STATE_UNIT_STATE_STOPPING, FALSE, TRUE }, "-a----", TRUE },
  { { STATE_UNIT_STATE_RESETTING }, "-l----", FALSE },
  { { STATE_UNIT_STATE_SAVING }, "-l----", FALSE },
  { { STATE_UNIT_STATE_RESTORING }, "-l----", FALSE },
  { { STATE_UNIT_STATE_POST_RESTORING }, "-l----", FALSE },
  { { FAILED, FALSE, FALSE }, "ala-a-", FALSE },
  { { FAILED, TRUE, FALSE }, "-a----", TRUE },
  { { FAILED, FALSE, TRUE }, "-la-a-", FALSE },
  { { FAILED, TRUE, TRUE }, "-a----", TRUE },
  { { UNCERTAIN, FALSE, FALSE, STATE_OPERATION_START }, "-w----", TRUE },
  { { UNCERTAIN, FALSE, FALSE, STATE_OPERATION_STOP }, "-w----", TRUE },
  { { UNCERTAIN, FALSE, TRUE, STATE_OPERATION_STOP }, "-w----", TRUE },
  { { UNCERTAIN, FALSE, FALSE, STATE_OPERATION_RESET }, "-w----", FALSE },
  { { UNCERTAIN, FALSE, FALSE, STATE_OPERATION_SAVE }, "-w----", FALSE },
  { { UNCERTAIN, FALSE, FALSE, STATE_OPERATION_RESTORE }, "-w----", FALSE },
  { { UNCERTAIN, FALSE, FALSE, STATE_OPERATION_POST_RESTORE }, "-w----", FALSE },
  { { LOST }, "xl----", FALSE },
};

static char
letter_of (StateVerdict verdict)
{
  switch (verdict)
    {
    case STATE_VERDICT_ASK:
      return 'a';
    case STATE_VERDICT_LEAVE:
      return 'l';
    case STATE_VERDICT_AWAIT:
      return 'w';
    case STATE_VERDICT_LOST:
      return 'x';
    case STATE_VERDICT_REFUSE:
      return '-';
    case STATE_VERDICT_PASS:
    default:
      return '?';
    }
}

/* Adds a unit and lets it be so. */
static guint32
add (StateGraph *graph, const Unit *unit)
{
  guint32 node = state_graph_add (graph, NULL, 0, NULL, 0);

  graph->nodes[node].request = unit->request;
  state_graph_set_state (graph, node, unit->state, unit->may_run, unit->undefined);
  return node;
}

static char *
words_for (const Unit *unit)
{
  return g_strdup_printf ("%s%s%s%s%s", state_unit_state_to_string (unit->state),
                          unit->may_run ? ", may run" : "", unit->undefined ? ", undefined" : "",
                          unit->state == UNCERTAIN ? " of its " : "",
                          unit->state == UNCERTAIN ? state_operation_to_string (unit->request)
                                                   : "");
}

/* Says of whom it is that something is not so. */
#define assert_of(words, expression)                                                    \
  G_STMT_START                                                                          \
  {                                                                                     \
    if (!(expression))                                                                  \
      g_error ("%s:%d: a unit that is %s: %s", __FILE__, __LINE__, words, #expression); \
  }                                                                                     \
  G_STMT_END

/* --- Before --- */

static void
test_verdicts (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    {
      g_autoptr (StateGraph) graph = state_graph_new ();
      const StateNode *node;
      g_autofree char *words = words_for (&units[i].unit);
      char verdicts[7] = "";
      guint n = 0;

      add (graph, &units[i].unit);
      node = graph->nodes;
      for (StateOperation operation = 0; operation <= STATE_OPERATION_SAVE; operation++)
        {
          char letter = letter_of (state_rules_judge (node, operation, FALSE));

          verdicts[n++] = letter;
          assert_of (words, letter == letter_of (state_rules_judge (node, operation, TRUE)));
        }
      verdicts[n++] = letter_of (state_rules_judge (node, STATE_OPERATION_RESTORE, TRUE));
      verdicts[n++] = letter_of (state_rules_judge (node, STATE_OPERATION_RESTORE, FALSE));
      g_test_message ("%s: %s", words, verdicts);
      g_assert_cmpstr (verdicts, ==, units[i].verdicts);
      assert_of (words,
                 state_rules_judge (node, STATE_OPERATION_INSPECT, FALSE) == STATE_VERDICT_ASK);
    }
}

/* The operations that the table does not refuse; post-restore is never asked for. */
static StateOperationFlags
allowed_by (const char *verdicts)
{
  StateOperationFlags allowed = STATE_OPERATION_FLAGS_INSPECT;

  for (guint operation = 0; operation <= STATE_OPERATION_RESTORE; operation++)
    if (verdicts[operation] != '-')
      allowed |= 1u << operation;
  return allowed;
}

static void
test_allowed_is_what_is_not_refused (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    {
      g_autoptr (StateGraph) graph = state_graph_new ();
      g_autofree char *words = words_for (&units[i].unit);
      guint32 node = add (graph, &units[i].unit);
      StateOperationFlags allowed = allowed_by (units[i].verdicts);

      assert_of (words, state_rules_allowed (&graph->nodes[node]) == allowed);
      assert_of (words, state_rules_allowed_for_all (graph) == allowed);
      assert_of (words, state_rules_may_run (&graph->nodes[node]) == units[i].may_run);
      assert_of (words, state_rules_any_may_run (graph) == units[i].may_run);

      state_graph_kill (graph, node);
      assert_of (words, !state_rules_any_may_run (graph));
    }
}

static void
test_empty_set_refuses_nothing (void)
{
  g_autoptr (StateGraph) graph = state_graph_new ();

  g_assert_cmpuint (state_rules_allowed_for_all (graph), ==,
                    STATE_OPERATION_FLAGS_ALL & ~STATE_OPERATION_FLAGS_POST_RESTORE);
  g_assert_false (state_rules_any_may_run (graph));
}

/* A class stands for every unit in it: same verdicts, and it may run or not. */
static void
test_class_tells_apart_what_the_rules_do (void)
{
  const char *verdicts[STATE_N_CLASSES] = { NULL };
  gboolean may_run[STATE_N_CLASSES] = { FALSE };

  for (guint i = 0; i < G_N_ELEMENTS (units); i++)
    {
      g_autoptr (StateGraph) graph = state_graph_new ();
      g_autofree char *words = words_for (&units[i].unit);
      guint32 node = add (graph, &units[i].unit);
      guint class = state_rules_class (&graph->nodes[node]);

      assert_of (words, class < STATE_N_CLASSES);
      assert_of (words, graph->n_in_class[class] == 1);
      if (verdicts[class] == NULL)
        {
          verdicts[class] = units[i].verdicts;
          may_run[class] = units[i].may_run;
        }
      g_assert_cmpstr (verdicts[class], ==, units[i].verdicts);
      assert_of (words, may_run[class] == units[i].may_run);
    }
}

static void
test_set_allows_what_each_unit_allows (void)
{
  for (guint32 seed = 1; seed <= 300; seed++)
    {
      g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
      g_autoptr (StateGraph) graph = state_graph_new ();
      StateOperationFlags allowed = STATE_OPERATION_FLAGS_ALL & ~STATE_OPERATION_FLAGS_POST_RESTORE;
      guint n = g_rand_int_range (rand, 1, 8);
      gboolean may_run = FALSE;

      for (guint i = 0; i < n; i++)
        {
          guint which = g_rand_int_range (rand, 0, G_N_ELEMENTS (units));
          guint32 node = add (graph, &units[which].unit);

          if (g_rand_int_range (rand, 0, 4) == 0)
            {
              state_graph_kill (graph, node);
              continue;
            }
          allowed &= allowed_by (units[which].verdicts);
          may_run |= units[which].may_run;
        }
      g_assert_cmpuint (state_rules_allowed_for_all (graph), ==, allowed);
      g_assert_cmpint (state_rules_any_may_run (graph), ==, may_run);
    }
}

/* --- While it is with the unit --- */

static const StateUnitState interims[N_OPERATIONS] = {
  [STATE_OPERATION_START] = STATE_UNIT_STATE_STARTING,
  [STATE_OPERATION_STOP] = STATE_UNIT_STATE_STOPPING,
  [STATE_OPERATION_RESET] = STATE_UNIT_STATE_RESETTING,
  [STATE_OPERATION_SAVE] = STATE_UNIT_STATE_SAVING,
  [STATE_OPERATION_RESTORE] = STATE_UNIT_STATE_RESTORING,
  [STATE_OPERATION_POST_RESTORE] = STATE_UNIT_STATE_POST_RESTORING,
};

static void
test_interim (void)
{
  for (StateOperation operation = 0; operation < N_OPERATIONS; operation++)
    g_assert_cmpint (state_rules_interim (operation), ==, interims[operation]);
}

/* --- After --- */

/*
 * What the answers succeeded, failed, dropped, lost and cancelled leave, in that order:
 * s: stopped, r: running, f: failed, m: failed and may run, u: failed and undefined,
 * b: both, l: lost.
 */
static const struct
{
  StateOperation operation;
  gboolean undefined; /* before */
  const char *after;
  const char *after_late;
} answers[] = {
  { STATE_OPERATION_START, FALSE, "rfmls", "rfmls" },
  { STATE_OPERATION_STOP, FALSE, "smmlm", "smmlm" },
  { STATE_OPERATION_STOP, TRUE, "ubblb", "ubblb" },
  { STATE_OPERATION_RESET, FALSE, "suulu", "suulu" },
  { STATE_OPERATION_SAVE, FALSE, "sssls", "sssls" },
  { STATE_OPERATION_RESTORE, FALSE, "suulu", "uuulu" },
  { STATE_OPERATION_POST_RESTORE, FALSE, "suulu", "uuulu" },
};

static const StateStepOutcome given[] = {
  STATE_STEP_OUTCOME_SUCCEEDED, STATE_STEP_OUTCOME_FAILED,    STATE_STEP_OUTCOME_DROPPED,
  STATE_STEP_OUTCOME_LOST,      STATE_STEP_OUTCOME_CANCELLED,
};

static char
state_of (const StateNode *node)
{
  g_assert_true (node->state == FAILED || (!node->may_run && !node->undefined));
  switch ((StateUnitState) node->state)
    {
    case STATE_UNIT_STATE_STOPPED:
      return 's';
    case STATE_UNIT_STATE_RUNNING:
      return 'r';
    case STATE_UNIT_STATE_LOST:
      return 'l';
    case STATE_UNIT_STATE_FAILED:
      return "fmub"[node->may_run + 2 * node->undefined];
    default:
      return '?';
    }
}

static void
test_answers_settle (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    for (guint j = 0; j < G_N_ELEMENTS (given); j++)
      {
        g_autoptr (StateGraph) graph = state_graph_new ();
        StateOperation operation = answers[i].operation;
        Unit asked = { interims[operation], FALSE, answers[i].undefined };
        guint32 node = add (graph, &asked);

        state_rules_settle (graph, node, operation, given[j]);
        g_test_message ("%s, %s", state_operation_to_string (operation),
                        state_step_outcome_to_string (given[j]));
        g_assert_cmpint (state_of (&graph->nodes[node]), ==, answers[i].after[j]);
        g_assert_cmpuint (graph->n_in_class[state_rules_class (&graph->nodes[node])], ==, 1);
      }
}

static void
test_late_answers_settle (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    for (guint j = 0; j < G_N_ELEMENTS (given); j++)
      {
        g_autoptr (StateGraph) graph = state_graph_new ();
        StateOperation operation = answers[i].operation;
        Unit asked = { interims[operation], FALSE, answers[i].undefined };
        guint32 node = add (graph, &asked);

        state_rules_give_up (graph, node, operation);
        g_assert_cmpint (graph->nodes[node].state, ==, UNCERTAIN);
        g_assert_cmpint (state_rules_may_run (&graph->nodes[node]), ==,
                         operation == STATE_OPERATION_START || operation == STATE_OPERATION_STOP);
        g_assert_cmpint (state_rules_judge (&graph->nodes[node], STATE_OPERATION_STOP, FALSE), ==,
                         STATE_VERDICT_AWAIT);

        state_rules_settle_late (graph, node, given[j]);
        g_test_message ("%s, late, %s", state_operation_to_string (operation),
                        state_step_outcome_to_string (given[j]));
        g_assert_cmpint (state_of (&graph->nodes[node]), ==, answers[i].after_late[j]);
        g_assert_cmpuint (graph->n_in_class[state_rules_class (&graph->nodes[node])], ==, 1);
      }
}

/* --- One fact after the other --- */

static char
judge (StateGraph *graph, StateOperation operation)
{
  return letter_of (state_rules_judge (graph->nodes, operation, TRUE));
}

/* The request is put to the unit, and answered. */
static char
put (StateGraph *graph, StateOperation operation, StateStepOutcome answer)
{
  gboolean undefined = operation == STATE_OPERATION_STOP && graph->nodes->undefined;

  g_assert_cmpint (judge (graph, operation), ==, 'a');
  state_graph_set_state (graph, 0, interims[operation], FALSE, undefined);
  state_rules_settle (graph, 0, operation, answer);
  return state_of (graph->nodes);
}

static void
test_good_stop_ends_may_run_alone (void)
{
  g_autoptr (StateGraph) graph = state_graph_new ();

  add (graph, &(Unit){ FAILED, TRUE, TRUE });
  g_assert_cmpint (put (graph, STATE_OPERATION_STOP, STATE_STEP_OUTCOME_FAILED), ==, 'b');
  g_assert_cmpint (put (graph, STATE_OPERATION_STOP, STATE_STEP_OUTCOME_SUCCEEDED), ==, 'u');
  g_assert_cmpint (judge (graph, STATE_OPERATION_START), ==, '-');
  g_assert_cmpint (put (graph, STATE_OPERATION_RESET, STATE_STEP_OUTCOME_SUCCEEDED), ==, 's');
}

static void
test_good_restore_ends_undefined (void)
{
  g_autoptr (StateGraph) graph = state_graph_new ();

  add (graph, &(Unit){ STOPPED });
  g_assert_cmpint (put (graph, STATE_OPERATION_RESET, STATE_STEP_OUTCOME_FAILED), ==, 'u');
  g_assert_cmpint (judge (graph, STATE_OPERATION_START), ==, '-');
  g_assert_cmpint (judge (graph, STATE_OPERATION_SAVE), ==, '-');
  g_assert_cmpint (put (graph, STATE_OPERATION_RESTORE, STATE_STEP_OUTCOME_SUCCEEDED), ==, 's');
  g_assert_cmpint (put (graph, STATE_OPERATION_START, STATE_STEP_OUTCOME_SUCCEEDED), ==, 'r');
}

static void
test_failed_start_can_be_asked_again (void)
{
  g_autoptr (StateGraph) graph = state_graph_new ();

  add (graph, &(Unit){ STOPPED });
  g_assert_cmpint (put (graph, STATE_OPERATION_START, STATE_STEP_OUTCOME_FAILED), ==, 'f');
  g_assert_cmpint (put (graph, STATE_OPERATION_START, STATE_STEP_OUTCOME_DROPPED), ==, 'm');
  g_assert_cmpint (judge (graph, STATE_OPERATION_START), ==, '-');
  g_assert_cmpint (put (graph, STATE_OPERATION_STOP, STATE_STEP_OUTCOME_SUCCEEDED), ==, 's');
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/rules/verdicts", test_verdicts);
  g_test_add_func ("/rules/allowed-is-what-is-not-refused", test_allowed_is_what_is_not_refused);
  g_test_add_func ("/rules/empty-set-refuses-nothing", test_empty_set_refuses_nothing);
  g_test_add_func ("/rules/class-tells-apart-what-the-rules-do",
                   test_class_tells_apart_what_the_rules_do);
  g_test_add_func ("/rules/set-allows-what-each-unit-allows",
                   test_set_allows_what_each_unit_allows);
  g_test_add_func ("/rules/interim", test_interim);
  g_test_add_func ("/rules/answers-settle", test_answers_settle);
  g_test_add_func ("/rules/late-answers-settle", test_late_answers_settle);
  g_test_add_func ("/rules/good-stop-ends-may-run-alone", test_good_stop_ends_may_run_alone);
  g_test_add_func ("/rules/good-restore-ends-undefined", test_good_restore_ends_undefined);
  g_test_add_func ("/rules/failed-start-can-be-asked-again", test_failed_start_can_be_asked_again);
  return g_test_run ();
}
