/* SPDX-License-Identifier: MIT */

/* Lives of sets, by chance: units come and go, operations follow each other, and in their
 * midst anything happens. What the engine does is what the model allows, all the way. */

#include <stdlib.h>

#include "play.h"

#define MAX_EDGES 4
#define USUAL                                                                               \
  (STATE_OPERATION_FLAGS_START | STATE_OPERATION_FLAGS_STOP | STATE_OPERATION_FLAGS_RESET | \
   STATE_OPERATION_FLAGS_RESTORE)

/* How often each thing was seen, so that nothing is promised in vain. */
typedef struct
{
  guint64 n_transitions, n_refused, n_succeeded, n_requests, n_events;
  guint64 n_of[PLAY_N_KINDS];
  guint n_most_units;
  gboolean has_limits; /* of time, in this set */
} Seen;

static gboolean
chance (Play *play, guint percent)
{
  return choose (play->choices, 100) >= 100 - percent;
}

/* --- Units --- */

static guint
choose_edges (Play *play, ModelEdge *edges, guint n, gboolean *used)
{
  guint n_units = play->model->units->len;
  guint n_chosen = 0;

  for (guint i = 0; i < n && n_units > 0; i++)
    {
      guint unit = choose (play->choices, n_units);
      ModelEdge edge = { .unit = unit, .operations = USUAL, .required = TRUE };

      if (chance (play, 25))
        edge.operations = 1 + choose (play->choices, STATE_OPERATION_FLAGS_INSPECT - 1);
      if (chance (play, 25))
        edge.required = FALSE;
      if (used[unit] || model_unit (play->model, unit)->gone)
        continue;
      used[unit] = TRUE;
      edges[n_chosen++] = edge;
    }
  return n_chosen;
}

static void
add_unit (Play *play, const Seen *seen)
{
  static const guint timeouts[] = { 0, 0, 1000, 3000 };
  ModelEdge to[MAX_EDGES], from[MAX_EDGES];
  g_autofree gboolean *used = g_new0 (gboolean, play->model->units->len + 1);
  guint n_to = choose_edges (play, to, choose (play->choices, MAX_EDGES), used);
  guint n_from = chance (play, 20) ? choose_edges (play, from, 2, used) : 0;
  guint unit = play->model->units->len;

  if (!play_add (play, to, n_to, from, n_from) && !play_add (play, to, n_to, NULL, 0))
    g_assert_not_reached ();
  g_array_index (play->timeouts, guint, unit) =
      seen->has_limits ? timeouts[choose (play->choices, 4)] : 0;
  model_unit (play->model, unit)->keeps_nothing = chance (play, 20);
}

static guint
count_units (const Play *play)
{
  guint n = 0;

  for (guint i = 0; i < play->model->units->len; i++)
    n += !model_unit (play->model, i)->gone;
  return n;
}

/* --- What happens --- */

static gboolean
do_if_possible (Play *play, Seen *seen, PlayEvent event)
{
  if (!play_is_possible (play, event))
    return FALSE;
  play_do (play, event);
  seen->n_events++;
  seen->n_of[event.kind]++;
  return TRUE;
}

/* To any unit, beginning with one that is chosen. */
static gboolean
do_to_any (Play *play, Seen *seen, PlayKind kind, StateStepOutcome answer)
{
  guint n = play->model->units->len;
  guint first = choose (play->choices, MAX (n, 1));

  for (guint i = 0; i < n; i++)
    if (do_if_possible (play, seen, (PlayEvent){ kind, (first + i) % n, answer }))
      return TRUE;
  return FALSE;
}

static StateStepOutcome
choose_answer (Play *play)
{
  static const StateStepOutcome answers[] = { STATE_STEP_OUTCOME_SUCCEEDED,
                                              STATE_STEP_OUTCOME_FAILED, STATE_STEP_OUTCOME_DROPPED,
                                              STATE_STEP_OUTCOME_CANCELLED,
                                              STATE_STEP_OUTCOME_LOST };

  return answers[choose (play->choices, G_N_ELEMENTS (answers))];
}

/* Something that is not to be hoped for. FALSE: it could not be. */
static gboolean
disturb (Play *play, Seen *seen)
{
  static const PlayKind kinds[] = { PLAY_ANSWER,         PLAY_ANSWER,  PLAY_ANSWER,  PLAY_EXPIRE,
                                    PLAY_ANSWER_LATE,    PLAY_DISCARD, PLAY_ENDED,   PLAY_LOSE,
                                    PLAY_CANCEL,         PLAY_EXTEND,  PLAY_ABANDON, PLAY_TIME_OUT,
                                    PLAY_EXPIRE_STANDING };
  PlayKind kind = kinds[choose (play->choices, G_N_ELEMENTS (kinds))];
  StateStepOutcome answer =
      kind == PLAY_ENDED && chance (play, 50) ? STATE_STEP_OUTCOME_FAILED : choose_answer (play);

  if (kind == PLAY_ENDED && answer != STATE_STEP_OUTCOME_FAILED)
    answer = STATE_STEP_OUTCOME_SUCCEEDED;
  /* It would be over too soon, most of the time. */
  if ((kind == PLAY_CANCEL || kind >= PLAY_ABANDON) && chance (play, 70))
    return FALSE;
  return do_to_any (play, seen, kind, answer);
}

static void
let_something_happen (Play *play, Seen *seen, guint trouble)
{
  if (chance (play, trouble) && disturb (play, seen))
    return;
  if (chance (play, 2))
    {
      add_unit (play, seen);
      return;
    }
  if (do_to_any (play, seen, PLAY_ANSWER, STATE_STEP_OUTCOME_SUCCEEDED))
    return;
  /* The late are waited for, and nobody else. */
  if (chance (play, 50) &&
      do_to_any (play, seen, PLAY_ANSWER_LATE,
                 chance (play, 30) ? STATE_STEP_OUTCOME_FAILED : STATE_STEP_OUTCOME_SUCCEEDED))
    return;
  if (do_if_possible (play, seen, (PlayEvent){ PLAY_EXPIRE, 0, 0 }))
    return;
  if (do_to_any (play, seen, PLAY_ANSWER_LATE, STATE_STEP_OUTCOME_SUCCEEDED))
    return;
  g_assert_true (do_if_possible (play, seen, (PlayEvent){ PLAY_ABANDON, 0, 0 }));
}

/* --- Operations --- */

static gboolean
is_allowed (const Play *play, StateOperation operation)
{
  for (guint i = 0; i < play->model->units->len; i++)
    if (!model_unit (play->model, i)->gone &&
        model_judge (play->model, i, operation) == MODEL_TURN_REFUSE)
      return FALSE;
  return TRUE;
}

/* One that is likely to do something. */
static PlayTransition
choose_transition (Play *play)
{
  static const StateOperation operations[] = { STATE_OPERATION_START, STATE_OPERATION_STOP,
                                               STATE_OPERATION_RESTORE, STATE_OPERATION_RESET,
                                               STATE_OPERATION_SAVE };
  static const guint limits[] = { 0, 0, 0, 1, 2, 5 };
  PlayTransition transition = { .operation = operations[choose (play->choices, 5)] };

  if (!is_allowed (play, transition.operation) && chance (play, 80))
    transition.operation = is_allowed (play, STATE_OPERATION_START)   ? STATE_OPERATION_START
                           : is_allowed (play, STATE_OPERATION_RESET) ? STATE_OPERATION_RESET
                                                                      : STATE_OPERATION_STOP;
  transition.policy = choose (play->choices, 3);
  transition.own_policy = chance (play, 50);
  transition.resume = chance (play, 25);
  transition.leave_rest = transition.operation == STATE_OPERATION_START && chance (play, 25);
  transition.max_asked = limits[choose (play->choices, G_N_ELEMENTS (limits))];
  return transition;
}

static gboolean
begin (Play *play)
{
  guint n = play->model->units->len;
  g_autoptr (GArray) given = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autofree gboolean *has_state = g_new0 (gboolean, MAX (n, 1));
  PlayTransition transition = choose_transition (play);
  gboolean is_part = chance (play, 25);
  gboolean is_restore = transition.operation == STATE_OPERATION_RESTORE;

  for (guint32 i = 0; i < n; i++)
    {
      if (model_unit (play->model, i)->gone || (is_part && chance (play, 60)))
        continue;
      has_state[i] = is_restore && !chance (play, 20);
      g_array_append_val (given, i);
    }
  play->at_once = chance (play, 10);
  play->max_at_once = chance (play, 50) ? 4 : 1;
  return play_begin (play, transition, given, has_state);
}

static void
operate (Play *play, Seen *seen)
{
  static const guint troubles[] = { 0, 2, 10, 40 };
  guint trouble = troubles[choose (play->choices, G_N_ELEMENTS (troubles))];
  guint n_moments = 0;

  seen->n_transitions++;
  if (!begin (play))
    {
      seen->n_refused++;
      return;
    }
  while (!play->model->done)
    {
      /* However much comes between, it comes to its end. */
      g_assert_cmpuint (n_moments++, <, 10000);
      let_something_happen (play, seen, n_moments > 3000 ? 0 : trouble);
    }
  play_end (play);
  seen->n_succeeded += play->model->good != FALSE;
}

/* Between operations. */
static void
pass_time (Play *play, Seen *seen)
{
  static const PlayKind kinds[] = { PLAY_ANSWER_LATE,    PLAY_ANSWER_LATE, PLAY_ANSWER_LATE,
                                    PLAY_DISCARD,        PLAY_ENDED,       PLAY_LOSE,
                                    PLAY_EXPIRE_STANDING };

  while (chance (play, 60))
    {
      PlayKind kind = kinds[choose (play->choices, G_N_ELEMENTS (kinds))];

      if (chance (play, 40))
        add_unit (play, seen);
      else if (kind == PLAY_ENDED)
        do_to_any (play, seen, kind, STATE_STEP_OUTCOME_FAILED);
      else
        do_to_any (play, seen, kind, choose_answer (play));
    }
}

static void
live (Play *play, gpointer data)
{
  static const guint sizes[] = { 3, 6, 6, 12, 12, 30, 30, 60, 60 };
  Seen *seen = data;
  guint size = choose (play->choices, 100) >= 97 ? 200 : sizes[choose (play->choices, 9)];
  guint n_units = choose (play->choices, size) + 1;
  guint n_operations = choose (play->choices, 30) + 1;

  seen->has_limits = chance (play, 60);
  while (play->model->units->len < n_units)
    add_unit (play, seen);
  for (guint i = 0; i < n_operations; i++)
    {
      if (count_units (play) < n_units && chance (play, 50))
        add_unit (play, seen);
      pass_time (play, seen);
      operate (play, seen);
    }
  seen->n_most_units = MAX (seen->n_most_units, n_units);
  seen->n_requests += play->n_requests;
}

/* --- Many of them --- */

static int n_transitions = 20000;
static int first_seed = 1;
static int only_seed;
static const char *case_to_replay;

static gboolean
goes_wrong (Choices *choices, gpointer reason)
{
  Seen seen = { 0 };
  g_autofree char *other = play_case (choices, live, &seen, FALSE);

  /* The same, but for the numbers in it. */
  return other != NULL && strncmp (other, reason, strcspn (reason, "0123456789")) == 0;
}

static void
tell_failure (Choices *choices, guint seed, const char *reason)
{
  Seen seen = { 0 };
  g_autofree char *string = NULL;
  g_autofree char *again = NULL;

  g_test_message ("%s: replay with --replay %u", reason, seed);
  choices_again (choices);
  choices_shrink (choices, goes_wrong, (gpointer) reason);
  again = play_case (choices, live, &seen, TRUE);
  string = choices_to_string (choices);
  g_test_message ("shrunk to --case %s", string);
  g_error ("%s: replay with --replay %u", reason, seed);
}

static char *
live_once (Choices *choices, guint seed, Seen *seen, gboolean is_loud)
{
  choices->rand = g_rand_new_with_seed (seed);
  return play_case (choices, live, seen, is_loud);
}

static void
test_lives (void)
{
  Seen seen = { 0 };
  guint seed = (guint) first_seed;

  for (; seen.n_transitions < (guint64) n_transitions; seed++)
    {
      g_autoptr (Choices) choices = choices_new ();
      g_autofree char *reason = live_once (choices, seed, &seen, FALSE);

      if (reason != NULL)
        tell_failure (choices, seed, reason);
    }
  g_test_message ("%" G_GUINT64_FORMAT " transitions (%" G_GUINT64_FORMAT
                  " refused, %" G_GUINT64_FORMAT
                  " good) in %u sets of up to %u units, %" G_GUINT64_FORMAT
                  " requests, %" G_GUINT64_FORMAT " events",
                  seen.n_transitions, seen.n_refused, seen.n_succeeded, seed - (guint) first_seed,
                  seen.n_most_units, seen.n_requests, seen.n_events);
  g_assert_cmpuint (seen.n_succeeded, >, seen.n_transitions / 10);
  for (PlayKind kind = 0; kind < PLAY_N_KINDS; kind++)
    g_assert_cmpuint (seen.n_of[kind], >, seen.n_transitions / 5000);
}

static int
replay (void)
{
  g_autoptr (Choices) choices = choices_new ();
  g_autofree char *reason = NULL;
  Seen seen = { 0 };

  play_lets_crash = TRUE;
  if (only_seed != 0)
    reason = live_once (choices, (guint) only_seed, &seen, TRUE);
  else if (choices_from_string (choices, case_to_replay))
    reason = play_case (choices, live, &seen, TRUE);
  else
    return 2;
  g_print ("%s\n", reason != NULL ? reason : "as it should be");
  return reason != NULL;
}

int
main (int argc, char **argv)
{
  const GOptionEntry options[] = {
    { "transitions", 0, 0, G_OPTION_ARG_INT, &n_transitions, "how many", "N" },
    { "first-seed", 0, 0, G_OPTION_ARG_INT, &first_seed, "begin with another seed", "SEED" },
    { "replay", 0, 0, G_OPTION_ARG_INT, &only_seed, "replay one set", "SEED" },
    { "case", 0, 0, G_OPTION_ARG_STRING, &case_to_replay, "replay one case", "CASE" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_test_init (&argc, &argv, NULL);
  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, NULL))
    return 2;
  if (only_seed != 0 || case_to_replay != NULL)
    return replay ();

  g_test_add_func ("/simulation/lives", test_lives);
  return g_test_run ();
}
