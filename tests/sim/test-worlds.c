/* SPDX-License-Identifier: MIT */

/* Every small world: each graph, each operation under each policy, and whatever may happen to
 * a unit at each moment. What the engine does is what the model allows, all the way. */

#include <stdlib.h>

#include "play.h"

#define MAX_UNITS 5
#define USUAL                                                                               \
  (STATE_OPERATION_FLAGS_START | STATE_OPERATION_FLAGS_STOP | STATE_OPERATION_FLAGS_RESET | \
   STATE_OPERATION_FLAGS_RESTORE)

/* How much is left open in the worlds of a kind. */
typedef struct
{
  const char *name;
  guint n_units;
  gboolean any_number; /* each graph once for each way to number its units, or just once */
  guint n_faults;      /* how many things may go wrong, or come between */
  gboolean any_order;  /* of the answers */
  guint n_states;      /* that each unit may have in the beginning; 0: those that suit */
  guint n_edges;       /* kinds of edges */
  gboolean any_part;   /* of the units */
  gboolean any_limit;  /* of requests at a time, and of time */
  gboolean in_suite;
} Kind;

static const Kind kinds[] = {
  { "1", 1, TRUE, 3, TRUE, 0, 1, TRUE, TRUE, TRUE },
  { "1-states", 1, TRUE, 2, TRUE, 13, 1, FALSE, TRUE, TRUE },
  { "2", 2, TRUE, 1, TRUE, 0, 1, FALSE, FALSE, TRUE },
  { "2-states", 2, FALSE, 1, FALSE, 6, 1, FALSE, FALSE, TRUE },
  { "2-edges", 2, FALSE, 1, FALSE, 0, 6, FALSE, FALSE, TRUE },
  { "3", 3, FALSE, 1, FALSE, 0, 1, FALSE, FALSE, TRUE },
  { "2-limits", 2, TRUE, 1, TRUE, 0, 1, FALSE, TRUE, FALSE },
  { "2-twice", 2, TRUE, 2, TRUE, 0, 1, FALSE, TRUE, FALSE },
  { "2-states-twice", 2, TRUE, 2, TRUE, 13, 1, FALSE, FALSE, FALSE },
  { "3-states", 3, FALSE, 1, TRUE, 6, 1, FALSE, FALSE, FALSE },
  { "3-edges", 3, FALSE, 1, TRUE, 0, 6, FALSE, FALSE, FALSE },
  { "3-numbered", 3, TRUE, 1, TRUE, 0, 1, TRUE, TRUE, FALSE },
  { "3-twice", 3, FALSE, 2, FALSE, 0, 1, FALSE, FALSE, FALSE },
  { "4", 4, FALSE, 1, FALSE, 0, 1, FALSE, FALSE, FALSE },
  { "4-numbered", 4, TRUE, 1, FALSE, 0, 1, FALSE, FALSE, FALSE },
  { "4-any-order", 4, FALSE, 1, TRUE, 0, 1, FALSE, FALSE, FALSE },
  { "5", 5, FALSE, 1, FALSE, 0, 1, FALSE, FALSE, FALSE },
};

/* --- Graphs: bit i * n + j is set when unit i depends on unit j --- */

static gboolean
depends (guint32 graph, guint n, guint i, guint j)
{
  return graph >> (i * n + j) & 1;
}

static gboolean
is_acyclic (guint32 graph, guint n)
{
  guint left = (1u << n) - 1;
  gboolean again = TRUE;

  while (again)
    {
      again = FALSE;
      for (guint i = 0; i < n; i++)
        if (left >> i & 1 && !(graph >> (i * n) & left))
          {
            left &= ~(1u << i);
            again = TRUE;
          }
    }
  return left == 0;
}

static gboolean
next_order (guint *order, guint n)
{
  guint i = n - 1, j = n - 1, swap;

  while (i > 0 && order[i - 1] > order[i])
    i--;
  if (i == 0)
    return FALSE;
  while (order[j] < order[i - 1])
    j--;
  swap = order[i - 1], order[i - 1] = order[j], order[j] = swap;
  for (j = n - 1; i < j; i++, j--)
    swap = order[i], order[i] = order[j], order[j] = swap;
  return TRUE;
}

/* The least of the numbers of all graphs that differ in the order of the units alone. */
static guint32
canonical (guint32 graph, guint n)
{
  guint order[MAX_UNITS] = { 0, 1, 2, 3, 4 };
  guint32 least = G_MAXUINT32;

  do
    {
      guint32 other = 0;

      for (guint i = 0; i < n; i++)
        for (guint j = 0; j < n; j++)
          if (depends (graph, n, i, j))
            other |= 1u << (order[i] * n + order[j]);
      least = MIN (least, other);
    }
  while (next_order (order, n));
  return least;
}

static GArray *
all_graphs (guint n, gboolean any_number)
{
  GArray *graphs = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  guint n_pairs = any_number ? n * (n - 1) : n * (n - 1) / 2;

  for (guint32 bits = 0; bits < 1u << n_pairs; bits++)
    {
      guint32 graph = 0;
      guint bit = 0;

      for (guint i = 0; i < n; i++)
        for (guint j = 0; j < (any_number ? n : i); j++)
          if (i != j && bits >> bit++ & 1)
            graph |= 1u << (i * n + j);
      if (!is_acyclic (graph, n) ||
          (!any_number && !g_hash_table_add (seen, GUINT_TO_POINTER (canonical (graph, n)))))
        continue;
      g_array_append_val (graphs, graph);
    }
  return graphs;
}

static void
test_graphs (void)
{
  static const guint numbered[] = { 1, 3, 25, 543 };
  static const guint shapes[] = { 1, 2, 6, 31, 302 };

  for (guint n = 1; n <= 5; n++)
    {
      g_autoptr (GArray) plain = all_graphs (n, FALSE);
      g_autoptr (GArray) all = n < 5 ? all_graphs (n, TRUE) : NULL;

      g_assert_cmpuint (plain->len, ==, shapes[n - 1]);
      if (n < 5)
        g_assert_cmpuint (all->len, ==, numbered[n - 1]);
    }
}

/* --- A world --- */

typedef struct
{
  const Kind *kind;
  GArray *graphs;
  guint n_open; /* choices that make the world; those after them make its history */
  guint64 n_requests;
  guint n_faults; /* left */
} World;

static void
build (Play *play, World *world)
{
  static const struct
  {
    guint operations;
    gboolean required;
  } edges[] = {
    { USUAL, TRUE },
    { USUAL, FALSE },
    { STATE_OPERATION_FLAGS_ALL, TRUE },
    { STATE_OPERATION_FLAGS_ALL, FALSE },
    { STATE_OPERATION_FLAGS_START | STATE_OPERATION_FLAGS_SAVE, TRUE },
    { STATE_OPERATION_FLAGS_STOP | STATE_OPERATION_FLAGS_POST_RESTORE, TRUE },
  };
  guint n = world->kind->n_units;
  guint32 graph =
      g_array_index (world->graphs, guint32, choose (play->choices, world->graphs->len));

  for (guint i = 0; i < n; i++)
    {
      ModelEdge to[MAX_UNITS], from[MAX_UNITS];
      guint n_to = 0, n_from = 0;

      for (guint j = 0; j < i; j++)
        {
          ModelEdge edge = { .unit = j };
          guint what = depends (graph, n, i, j) || depends (graph, n, j, i)
                           ? choose (play->choices, world->kind->n_edges)
                           : 0;

          edge.operations = edges[what].operations;
          edge.required = edges[what].required;
          if (depends (graph, n, i, j))
            to[n_to++] = edge;
          if (depends (graph, n, j, i))
            from[n_from++] = edge;
        }
      g_assert_true (play_add (play, to, n_to, from, n_from));
    }
}

static const struct
{
  StateOperation operation;
  gboolean leave_rest, resume;
} tasks[] = {
  { STATE_OPERATION_START, FALSE, FALSE },  { STATE_OPERATION_START, TRUE, FALSE },
  { STATE_OPERATION_STOP, FALSE, FALSE },   { STATE_OPERATION_RESET, FALSE, FALSE },
  { STATE_OPERATION_SAVE, FALSE, FALSE },   { STATE_OPERATION_RESTORE, FALSE, FALSE },
  { STATE_OPERATION_START, FALSE, TRUE },   { STATE_OPERATION_STOP, FALSE, TRUE },
  { STATE_OPERATION_RESET, FALSE, TRUE },   { STATE_OPERATION_SAVE, FALSE, TRUE },
  { STATE_OPERATION_RESTORE, FALSE, TRUE },
};

static const EngineUnit states[] = {
  { .state = STATE_UNIT_STATE_STOPPED },
  { .state = STATE_UNIT_STATE_RUNNING },
  { .state = STATE_UNIT_STATE_FAILED },
  { .state = STATE_UNIT_STATE_UNCERTAIN, .request = STATE_OPERATION_START },
  { .state = STATE_UNIT_STATE_FAILED, .may_run = TRUE },
  { .state = STATE_UNIT_STATE_LOST },
  { .state = STATE_UNIT_STATE_FAILED, .undefined = TRUE },
  { .state = STATE_UNIT_STATE_FAILED, .may_run = TRUE, .undefined = TRUE },
  { .state = STATE_UNIT_STATE_UNCERTAIN, .request = STATE_OPERATION_STOP },
  { .state = STATE_UNIT_STATE_UNCERTAIN, .request = STATE_OPERATION_START, .stands = TRUE },
  { .state = STATE_UNIT_STATE_UNCERTAIN, .request = STATE_OPERATION_RESET },
  { .state = STATE_UNIT_STATE_UNCERTAIN, .request = STATE_OPERATION_SAVE },
  { .state = STATE_UNIT_STATE_UNCERTAIN, .request = STATE_OPERATION_RESTORE },
};

static void
set_up_units (Play *play, World *world, PlayTransition transition)
{
  const Kind *kind = world->kind;
  gboolean runs = transition.operation == STATE_OPERATION_STOP || transition.resume;
  gboolean has_limit = !kind->any_limit || choose (play->choices, 2) == 0;

  for (guint i = 0; i < kind->n_units; i++)
    {
      guint state = kind->n_states > 0 ? choose (play->choices, kind->n_states) : (guint) runs;

      play_set (play, i, states[state]);
      g_array_index (play->timeouts, guint, i) = has_limit ? 1000 + i : 0;
    }
}

/* Which units there is a state for, and whether the last of them has something to save. */
static void
set_up_restore (Play *play, const Kind *kind, PlayTransition transition, gboolean *has_state)
{
  guint n = kind->n_units;
  guint lacks = 0;

  if (transition.operation != STATE_OPERATION_RESTORE)
    return;
  lacks = n < 3 ? choose (play->choices, 1u << n) : choose (play->choices, 3);
  for (guint i = 0; i < n; i++)
    has_state[i] = !(lacks >> i & 1);
  if (transition.policy == STATE_FAILURE_POLICY_ROLL_BACK)
    model_unit (play->model, n - 1)->keeps_nothing = choose (play->choices, 2);
}

static gboolean
begin (Play *play, World *world)
{
  const Kind *kind = world->kind;
  g_autoptr (GArray) given = g_array_new (FALSE, FALSE, sizeof (guint32));
  gboolean has_state[MAX_UNITS] = { FALSE };
  guint task = choose (play->choices, G_N_ELEMENTS (tasks));
  PlayTransition transition = {
    .operation = tasks[task].operation,
    .leave_rest = tasks[task].leave_rest,
    .resume = tasks[task].resume,
  };
  guint left_out = 0;

  build (play, world);
  transition.policy = choose (play->choices, 3);
  if (transition.operation == STATE_OPERATION_STOP &&
      transition.policy == STATE_FAILURE_POLICY_ROLL_BACK)
    transition.own_policy = choose (play->choices, 2);
  set_up_units (play, world, transition);
  set_up_restore (play, kind, transition, has_state);
  if (kind->any_limit)
    {
      transition.max_asked = choose (play->choices, 2);
      play->at_once = choose (play->choices, 2);
      play->max_at_once = 4;
    }
  if (kind->any_part)
    left_out = choose (play->choices, 1u << kind->n_units);
  for (guint32 i = 0; i < kind->n_units; i++)
    if (!(left_out >> i & 1))
      g_array_append_val (given, i);

  world->n_open = play->choices->position;
  return play_begin (play, transition, given, has_state);
}

static void
offer (Play *play, GArray *events, PlayKind kind, guint unit, StateStepOutcome answer)
{
  PlayEvent event = { kind, unit, answer };

  if (play_is_possible (play, event))
    g_array_append_val (events, event);
}

static void
offer_answers (Play *play, World *world, GArray *events)
{
  for (guint i = 0; i < world->kind->n_units; i++)
    {
      guint n_before = events->len;

      offer (play, events, PLAY_ANSWER, i, STATE_STEP_OUTCOME_SUCCEEDED);
      offer (play, events, PLAY_ANSWER, i, STATE_STEP_OUTCOME_CANCELLED);
      if (events->len > n_before && !world->kind->any_order)
        break;
    }
  for (guint i = 0; i < world->kind->n_units; i++)
    {
      offer (play, events, PLAY_ANSWER_LATE, i, STATE_STEP_OUTCOME_SUCCEEDED);
      offer (play, events, PLAY_ANSWER_LATE, i, STATE_STEP_OUTCOME_FAILED);
    }
}

static void
offer_faults (Play *play, World *world, GArray *events)
{
  offer (play, events, PLAY_EXPIRE, 0, 0);
  offer (play, events, PLAY_CANCEL, 0, 0);
  offer (play, events, PLAY_ABANDON, 0, 0);
  offer (play, events, PLAY_TIME_OUT, 0, 0);
  for (guint i = 0; i < world->kind->n_units; i++)
    {
      offer (play, events, PLAY_ANSWER, i, STATE_STEP_OUTCOME_FAILED);
      offer (play, events, PLAY_ANSWER, i, STATE_STEP_OUTCOME_DROPPED);
      offer (play, events, PLAY_ANSWER, i, STATE_STEP_OUTCOME_LOST);
      offer (play, events, PLAY_DISCARD, i, 0);
      offer (play, events, PLAY_ENDED, i, STATE_STEP_OUTCOME_SUCCEEDED);
      offer (play, events, PLAY_ENDED, i, STATE_STEP_OUTCOME_FAILED);
      offer (play, events, PLAY_LOSE, i, 0);
      offer (play, events, PLAY_ANSWER_LATE, i, STATE_STEP_OUTCOME_DROPPED);
      offer (play, events, PLAY_ANSWER_LATE, i, STATE_STEP_OUTCOME_LOST);
      offer (play, events, PLAY_ANSWER_LATE, i, STATE_STEP_OUTCOME_CANCELLED);
      offer (play, events, PLAY_EXPIRE_STANDING, i, 0);
    }
}

static void
let_happen (Play *play, World *world, GArray *events)
{
  guint n_answers;
  guint choice;

  g_array_set_size (events, 0);
  offer_answers (play, world, events);
  n_answers = events->len;
  if (world->n_faults > 0)
    offer_faults (play, world, events);
  /* Whoever hangs is given up on in the end. */
  else if (n_answers == 0)
    offer (play, events, PLAY_EXPIRE, 0, 0);
  if (events->len == 0)
    offer (play, events, PLAY_ABANDON, 0, 0);
  choice = choose (play->choices, events->len);
  if (choice >= n_answers && world->n_faults > 0)
    world->n_faults--;
  play_do (play, g_array_index (events, PlayEvent, choice));
}

/* Whatever happened: those that hang answer at last, and the set can be stopped. */
static void
come_to_rest (Play *play, World *world)
{
  g_autoptr (GArray) all = g_array_new (FALSE, FALSE, sizeof (guint32));
  PlayTransition stop = { .operation = STATE_OPERATION_STOP };
  gboolean nothing[MAX_UNITS] = { FALSE };

  for (guint32 i = 0; i < world->kind->n_units; i++)
    {
      PlayEvent late = { PLAY_ANSWER_LATE, i, STATE_STEP_OUTCOME_SUCCEEDED };

      if (play_is_possible (play, late) && choose (play->choices, 2))
        play_do (play, (PlayEvent){ PLAY_ANSWER_LATE, i, STATE_STEP_OUTCOME_FAILED });
      while (play_is_possible (play, late))
        play_do (play, late);
      if (!model_unit (play->model, i)->gone)
        g_array_append_val (all, i);
    }
  play->at_once = TRUE;
  play->max_at_once = 1;
  g_assert_true (play_begin (play, stop, all, nothing));
  g_assert_true (play->model->done && play->model->good);
  play_end (play);
}

static void
go_through (Play *play, gpointer data)
{
  World *world = data;
  g_autoptr (GArray) events = g_array_new (FALSE, FALSE, sizeof (PlayEvent));

  world->n_faults = world->kind->n_faults;
  if (begin (play, world))
    {
      for (guint i = 0; !play->model->done; i++)
        {
          g_assert_cmpuint (i, <, 1000);
          let_happen (play, world, events);
        }
      play_end (play);
    }
  come_to_rest (play, world);
  world->n_requests += play->n_requests;
}

/* --- All of them --- */

static const char *case_to_replay;
static gboolean all;

static void
test_kind (gconstpointer data)
{
  const Kind *kind = data;
  g_autoptr (Choices) choices = choices_new ();
  World world = { .kind = kind };
  g_autofree char *reason = NULL;
  guint64 n_worlds = 0, n_histories = 0;
  guint changed = 0;

  if (!kind->in_suite && !all)
    {
      g_test_skip ("only with --all");
      return;
    }
  world.graphs = all_graphs (kind->n_units, kind->any_number);
  do
    {
      n_worlds += n_histories == 0 || changed < world.n_open;
      n_histories++;
      reason = play_case (choices, go_through, &world, FALSE);
    }
  while (reason == NULL && choices_next (choices, &changed));

  g_test_message ("%" G_GUINT64_FORMAT " worlds, %" G_GUINT64_FORMAT
                  " histories, %" G_GUINT64_FORMAT " requests",
                  n_worlds, n_histories, world.n_requests);
  if (reason != NULL)
    {
      g_autofree char *string = choices_to_string (choices);
      g_autofree char *again = NULL;

      g_test_message ("%s: replay with --case %s:%s", reason, kind->name, string);
      choices_again (choices);
      again = play_case (choices, go_through, &world, TRUE);
      g_error ("%s: replay with --case %s:%s", reason, kind->name, string);
    }
  g_array_unref (world.graphs);
}

static int
replay (void)
{
  g_auto (GStrv) parts = g_strsplit (case_to_replay, ":", 2);
  g_autoptr (Choices) choices = choices_new ();

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      World world = { .kind = &kinds[i] };
      g_autofree char *reason = NULL;

      if (g_strcmp0 (parts[0], kinds[i].name) != 0 || parts[1] == NULL ||
          !choices_from_string (choices, parts[1]))
        continue;
      play_lets_crash = TRUE;
      world.graphs = all_graphs (kinds[i].n_units, kinds[i].any_number);
      reason = play_case (choices, go_through, &world, TRUE);
      g_print ("%s\n", reason != NULL ? reason : "as it should be");
      g_array_unref (world.graphs);
      return reason != NULL;
    }
  g_printerr ("no such case: %s\n", case_to_replay);
  return 2;
}

int
main (int argc, char **argv)
{
  const GOptionEntry options[] = {
    { "all", 0, 0, G_OPTION_ARG_NONE, &all, "go through all worlds, which takes a long time",
      NULL },
    { "case", 0, 0, G_OPTION_ARG_STRING, &case_to_replay, "go through one case alone", "CASE" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_test_init (&argc, &argv, NULL);
  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, NULL))
    return 2;
  if (case_to_replay != NULL)
    return replay ();

  g_test_add_func ("/worlds/graphs", test_graphs);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *path = g_strconcat ("/worlds/", kinds[i].name, NULL);

      g_test_add_data_func (path, &kinds[i], test_kind);
    }
  return g_test_run ();
}
