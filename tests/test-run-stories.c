/* SPDX-License-Identifier: MIT */

/* The run, told in small stories, in which each unit is a letter. */

#include "engine/run.h"

#define N 16
#define BY_DEFAULT                                                                          \
  (STATE_OPERATION_FLAGS_START | STATE_OPERATION_FLAGS_STOP | STATE_OPERATION_FLAGS_RESET | \
   STATE_OPERATION_FLAGS_RESTORE)

/* --- Stories --- */

#define OK STATE_STEP_OUTCOME_SUCCEEDED
#define BAD STATE_STEP_OUTCOME_FAILED

typedef struct
{
  StateGraph *graph;
  StateRun *run;
  gint64 now;
  char text[N + 1];
} Story;

static Story *
story_new (void)
{
  Story *self = g_new0 (Story, 1);

  self->graph = state_graph_new ();
  self->now = 1000;
  return self;
}

static void
story_end_run (Story *self)
{
  if (self->run != NULL)
    state_run_end (self->run);
  g_clear_pointer (&self->run, state_run_free);
}

static void
story_free (Story *self)
{
  story_end_run (self);
  state_graph_free (self->graph);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Story, story_free)

/* Adds the next letter, with edges of one kind to the letters given. */
static void
add_edges (Story *self, const char *dependencies, guint8 operations, StateDependencyFlags flags)
{
  StateEdge edges[N];
  guint n = 0;

  for (; dependencies[n] != '\0'; n++)
    edges[n] = (StateEdge){ dependencies[n] - 'a', operations, flags };
  state_graph_add (self->graph, edges, n, NULL, 0);
}

static void
add (Story *self, const char *dependencies)
{
  add_edges (self, dependencies, BY_DEFAULT, STATE_DEPENDENCY_REQUIRED);
}

static void
let_be (Story *self, char unit, StateUnitState state)
{
  state_graph_set_state (self->graph, unit - 'a', state, FALSE, FALSE);
}

/* Begins an operation over all; a restore has states for those given. */
static void
begin (Story *self, StateOperation operation, const char *with_state)
{
  story_end_run (self);
  self->run = state_run_new (self->graph, operation);
  for (guint32 node = 0; node < self->graph->n_nodes; node++)
    if (self->graph->nodes[node].alive)
      state_run_take (self->run, node, strchr (with_state, 'a' + (int) node) != NULL);
  g_assert_null (state_run_judge (self->run));
  state_run_begin (self->run, ++self->now);
}

/* Those that are asked now. */
static const char *
asked (Story *self)
{
  guint32 slot;
  guint n = 0;

  while (state_run_next (self->run, ++self->now, &slot))
    self->text[n++] = (char) ('a' + state_run_node (self->run, slot));
  self->text[n] = '\0';
  return self->text;
}

static guint32
slot_of (Story *self, char unit)
{
  return state_run_slot_of (self->run, unit - 'a');
}

static void
answer (Story *self, const char *who, StateStepOutcome outcome)
{
  for (; *who != '\0'; who++)
    state_run_answer (self->run, slot_of (self, *who), outcome, ++self->now);
}

/* ?: waiting, *: asked, +: succeeded, =: unchanged, !: failed, -: skipped, t: timed out,
 * d: dropped, l: lost, c: cancelled, r: removed. */
static const char *
outcomes (Story *self, guint phase_index)
{
  const StateRunPhase *phase = g_ptr_array_index (self->run->phases, phase_index);

  for (guint32 slot = 0; slot < phase->n_steps; slot++)
    self->text[slot] = "?*+=!-tdlcr"[phase->steps[slot].outcome];
  self->text[phase->n_steps] = '\0';
  return self->text;
}

/* s: stopped, r: running, f: failed, m: and may run, u: undefined, b: both, ?: uncertain,
 * l: lost, i: something is with it. */
static const char *
states (Story *self)
{
  guint32 n = self->graph->n_nodes;

  for (guint32 i = 0; i < n; i++)
    {
      const StateNode *node = &self->graph->nodes[i];

      self->text[i] = "siriiiiif?l"[node->state];
      if (node->state == STATE_UNIT_STATE_FAILED)
        self->text[i] = "fmub"[node->may_run + 2 * node->undefined];
    }
  self->text[n] = '\0';
  return self->text;
}

static void
discard (Story *self, char unit)
{
  guint32 slot = slot_of (self, unit);

  state_graph_kill (self->graph, unit - 'a');
  state_run_remove (self->run, slot, ++self->now);
}

static void
die (Story *self, char unit)
{
  state_run_ended (self->run, slot_of (self, unit), BAD, ++self->now);
  let_be (self, unit, STATE_UNIT_STATE_FAILED);
}

static void
assert_done (Story *self, gboolean succeeded)
{
  g_assert_cmpstr (asked (self), ==, "");
  g_assert_true (self->run->done);
  g_assert_cmpint (self->run->succeeded, ==, succeeded);
}

static void
test_start_and_stop_go_opposite_ways (void)
{
  g_autoptr (Story) story = story_new ();

  add (story, "");
  add (story, "a");
  add (story, "a");
  add (story, "bc");
  begin (story, STATE_OPERATION_START, "");
  g_assert_cmpstr (asked (story), ==, "a");
  answer (story, "a", OK);
  g_assert_cmpstr (asked (story), ==, "bc");
  answer (story, "c", OK);
  g_assert_cmpstr (asked (story), ==, "");
  g_assert_false (story->run->done);
  answer (story, "b", OK);
  g_assert_cmpstr (asked (story), ==, "d");
  g_assert_cmpstr (states (story), ==, "rrri");
  answer (story, "d", OK);
  assert_done (story, TRUE);

  begin (story, STATE_OPERATION_STOP, "");
  g_assert_cmpstr (asked (story), ==, "d");
  answer (story, "d", OK);
  g_assert_cmpstr (asked (story), ==, "bc");
  answer (story, "bc", OK);
  g_assert_cmpstr (asked (story), ==, "a");
  answer (story, "a", OK);
  assert_done (story, TRUE);
  g_assert_cmpstr (states (story), ==, "ssss");
}

static void
test_order_goes_through_those_not_asked (void)
{
  g_autoptr (Story) story = story_new ();

  add (story, "");
  add (story, "a");
  add (story, "b");
  let_be (story, 'b', STATE_UNIT_STATE_RUNNING);
  begin (story, STATE_OPERATION_START, "");
  g_assert_cmpstr (asked (story), ==, "a");
  answer (story, "a", OK);
  g_assert_cmpstr (asked (story), ==, "c");
  answer (story, "c", OK);
  assert_done (story, TRUE);
  g_assert_cmpstr (outcomes (story, 0), ==, "+=+");
}

static void
test_failure_reaches_what_requires_it_through_those_not_asked (void)
{
  g_autoptr (Story) story = story_new ();

  add (story, "");
  add (story, "a");
  add (story, "b");
  add (story, "c");
  add_edges (story, "c", BY_DEFAULT, STATE_DEPENDENCY_ORDER_ONLY);
  add_edges (story, "c", STATE_OPERATION_FLAGS_STOP, STATE_DEPENDENCY_REQUIRED);
  let_be (story, 'b', STATE_UNIT_STATE_RUNNING);
  begin (story, STATE_OPERATION_START, "");
  g_assert_cmpstr (asked (story), ==, "af");
  answer (story, "a", BAD);
  g_assert_cmpstr (asked (story), ==, "e");
  answer (story, "ef", OK);
  assert_done (story, FALSE);
  g_assert_cmpstr (outcomes (story, 0), ==, "!=--++");
  g_assert_cmpstr (states (story), ==, "frssrr");
  g_assert_cmpuint (state_phase_cause (story->run->phase, 3), ==, 0);
  g_assert_true (state_phase_is_failure (&story->run->phase->steps[0]));
  g_assert_false (state_phase_is_failure (&story->run->phase->steps[3]));
}

static void
test_stop_goes_past_failures (void)
{
  g_autoptr (Story) story = story_new ();

  add (story, "");
  add (story, "a");
  let_be (story, 'a', STATE_UNIT_STATE_RUNNING);
  let_be (story, 'b', STATE_UNIT_STATE_RUNNING);
  begin (story, STATE_OPERATION_STOP, "");
  g_assert_cmpstr (asked (story), ==, "b");
  answer (story, "b", BAD);
  g_assert_cmpstr (asked (story), ==, "a");
  answer (story, "a", OK);
  assert_done (story, FALSE);
  g_assert_cmpstr (states (story), ==, "sm");
}

static void
test_every_unit_is_asked_once_all_are_restored (void)
{
  g_autoptr (Story) story = story_new ();

  add (story, "");
  add (story, "a");
  add (story, "b");
  begin (story, STATE_OPERATION_RESTORE, "ac");
  g_assert_cmpstr (asked (story), ==, "a");
  answer (story, "a", OK);
  g_assert_cmpstr (asked (story), ==, "c");
  answer (story, "c", OK);
  g_assert_cmpstr (asked (story), ==, "abc");
  g_assert_cmpuint (story->run->phases->len, ==, 2);
  answer (story, "cba", OK);
  assert_done (story, TRUE);
  g_assert_cmpstr (outcomes (story, 0), ==, "+=+");
  g_assert_cmpstr (outcomes (story, 1), ==, "+++");
}

static void
test_half_restored_is_undefined (void)
{
  g_autoptr (Story) story = story_new ();

  add (story, "");
  add (story, "a");
  add (story, "");
  add (story, "");
  begin (story, STATE_OPERATION_RESTORE, "abc");
  g_assert_cmpstr (asked (story), ==, "ac");
  answer (story, "a", BAD);
  answer (story, "c", OK);
  assert_done (story, FALSE);
  g_assert_cmpuint (story->run->phases->len, ==, 1);
  g_assert_cmpstr (outcomes (story, 0), ==, "!-+=");
  g_assert_cmpstr (states (story), ==, "uuus");
}

static void
test_failed_post_restore_leaves_the_others (void)
{
  g_autoptr (Story) story = story_new ();

  add (story, "");
  add (story, "");
  add (story, "");
  begin (story, STATE_OPERATION_RESTORE, "ab");
  asked (story);
  answer (story, "ab", OK);
  g_assert_cmpstr (asked (story), ==, "abc");
  answer (story, "a", BAD);
  answer (story, "bc", OK);
  assert_done (story, FALSE);
  g_assert_cmpstr (states (story), ==, "uss");
}

static void
test_cancelled_before_anything_was_asked_touches_nothing (void)
{
  g_autoptr (Story) story = story_new ();

  add (story, "");
  add (story, "a");
  begin (story, STATE_OPERATION_RESET, "");
  state_run_cancel (story->run, ++story->now);
  assert_done (story, FALSE);
  g_assert_cmpstr (outcomes (story, 0), ==, "cc");
  g_assert_cmpstr (states (story), ==, "ss");
}

static void
test_cancel_waits_for_those_asked_and_not_for_ever (void)
{
  g_autoptr (Story) story = story_new ();
  gint64 cancelled;

  add (story, "");
  add (story, "");
  add (story, "a");
  begin (story, STATE_OPERATION_START, "");
  g_assert_cmpstr (asked (story), ==, "ab");
  cancelled = ++story->now;
  state_run_cancel (story->run, cancelled);
  state_run_cancel (story->run, cancelled + 5);
  answer (story, "a", STATE_STEP_OUTCOME_CANCELLED);
  g_assert_cmpstr (asked (story), ==, "");
  g_assert_false (story->run->done);
  g_assert_cmpstr (outcomes (story, 0), ==, "c*c");
  g_assert_cmpint (state_run_get_deadline (story->run), ==, cancelled + 10 * G_USEC_PER_SEC);

  g_assert_false (state_run_expire (story->run, cancelled + 10 * G_USEC_PER_SEC - 1));
  g_assert_true (state_run_expire (story->run, cancelled + 10 * G_USEC_PER_SEC));
  assert_done (story, FALSE);
  g_assert_cmpstr (outcomes (story, 0), ==, "ctc");
  g_assert_cmpstr (states (story), ==, "s?s");
}

static void
test_cancel_waits_for_a_roll_back_and_not_for_ever (void)
{
  g_autoptr (Story) story = story_new ();
  gint64 deadline;

  add (story, "");
  add (story, "a");
  begin (story, STATE_OPERATION_START, "");
  story->run->policy = STATE_FAILURE_POLICY_ROLL_BACK;
  g_assert_cmpstr (asked (story), ==, "a");
  answer (story, "a", OK);
  g_assert_cmpstr (asked (story), ==, "b");
  state_run_cancel (story->run, ++story->now);
  answer (story, "b", STATE_STEP_OUTCOME_CANCELLED);

  /* The stop of a, which hangs. */
  g_assert_cmpstr (asked (story), ==, "a");
  g_assert_true (state_phase_is_undo (story->run->phase));
  deadline = state_run_get_deadline (story->run);
  g_assert_cmpint (deadline, ==, story->run->phase->steps[0].start_time + 10 * G_USEC_PER_SEC);
  g_assert_true (state_run_expire (story->run, deadline));
  g_assert_cmpstr (asked (story), ==, "");
  g_assert_true (story->run->done);
  g_assert_cmpint (story->graph->nodes[0].state, ==, STATE_UNIT_STATE_UNCERTAIN);
}

/* One that was stopped for the sake of another, and dies once it has been resumed. */
static void
test_death_while_resuming_is_a_failure (void)
{
  g_autoptr (Story) story = story_new ();

  add (story, "");
  add (story, "a");
  add (story, "b");
  for (char unit = 'a'; unit <= 'c'; unit++)
    let_be (story, unit, STATE_UNIT_STATE_RUNNING);
  story->run = state_run_new (story->graph, STATE_OPERATION_SAVE);
  story->run->resume = TRUE;
  state_run_take (story->run, 0, FALSE);
  state_run_take_extra (story->run, 1);
  state_run_take_extra (story->run, 2);
  g_assert_null (state_run_judge (story->run));
  state_run_begin (story->run, ++story->now);
  for (const char *unit = "cbaa"; *unit != '\0'; unit++)
    {
      g_assert_cmpint (*asked (story), ==, *unit);
      answer (story, (char[]){ *unit, '\0' }, OK);
    }

  g_assert_cmpstr (asked (story), ==, "a");
  answer (story, "a", OK);
  g_assert_cmpstr (asked (story), ==, "b");
  answer (story, "b", OK);
  g_assert_cmpstr (asked (story), ==, "c");
  die (story, 'b');
  answer (story, "c", OK);
  g_assert_cmpstr (asked (story), ==, "");
  g_assert_true (story->run->done);
  g_assert_true (story->run->main_succeeded);
  g_assert_false (story->run->succeeded);
}

/* One that was left alone runs by the time that the others have been stopped: it is not asked
 * to start. */
static void
test_who_runs_by_then_is_not_started (void)
{
  g_autoptr (Story) story = story_new ();

  add (story, "");
  add (story, "");
  story->graph->nodes[0].request = STATE_OPERATION_START;
  let_be (story, 'a', STATE_UNIT_STATE_UNCERTAIN);
  let_be (story, 'b', STATE_UNIT_STATE_RUNNING);
  story->run = state_run_new (story->graph, STATE_OPERATION_START);
  story->run->resume = TRUE;
  story->run->leave_rest = TRUE;
  state_run_take (story->run, 0, FALSE);
  state_run_take (story->run, 1, FALSE);
  g_assert_null (state_run_judge (story->run));
  state_run_begin (story->run, ++story->now);
  g_assert_cmpstr (asked (story), ==, "b");
  let_be (story, 'a', STATE_UNIT_STATE_RUNNING);
  state_run_answer_late (story->run, slot_of (story, 'a'), ++story->now);
  answer (story, "b", OK);
  g_assert_cmpstr (asked (story), ==, "b");
  answer (story, "b", OK);
  g_assert_cmpstr (asked (story), ==, "");
  assert_done (story, TRUE);
}

static void
test_success_stays_one_though_cancelled (void)
{
  g_autoptr (Story) story = story_new ();

  add (story, "");
  begin (story, STATE_OPERATION_START, "");
  g_assert_cmpstr (asked (story), ==, "a");
  state_run_cancel (story->run, ++story->now);
  answer (story, "a", OK);
  assert_done (story, TRUE);
}

static void
test_removed_while_waiting_is_not_asked_and_keeps_the_order (void)
{
  g_autoptr (Story) story = story_new ();

  add (story, "");
  add (story, "a");
  add (story, "b");
  begin (story, STATE_OPERATION_START, "");
  g_assert_cmpstr (asked (story), ==, "a");
  discard (story, 'b');
  g_assert_cmpstr (asked (story), ==, "");
  answer (story, "a", BAD);
  g_assert_cmpstr (asked (story), ==, "c");
  answer (story, "c", OK);
  assert_done (story, FALSE);
  g_assert_cmpstr (outcomes (story, 0), ==, "!r+");
}

static void
test_removed_in_restore_is_a_failure_if_it_had_state (void)
{
  for (guint with_state = 0; with_state < 2; with_state++)
    {
      g_autoptr (Story) story = story_new ();

      add (story, "");
      add (story, "");
      begin (story, STATE_OPERATION_RESTORE, with_state ? "ab" : "a");
      g_assert_cmpstr (asked (story), ==, with_state ? "ab" : "a");
      if (with_state)
        discard (story, 'b');
      answer (story, "a", OK);
      if (!with_state)
        {
          g_assert_cmpstr (asked (story), ==, "ab");
          discard (story, 'b');
          answer (story, "a", OK);
        }
      assert_done (story, !with_state);
      g_assert_cmpint (states (story)[0], ==, with_state ? 'u' : 's');
    }
}

static void
test_death_reaches_those_that_still_wait (void)
{
  g_autoptr (Story) story = story_new ();

  add (story, "");
  add (story, "a");
  add (story, "");
  add (story, "bc");
  add (story, "c");
  let_be (story, 'b', STATE_UNIT_STATE_RUNNING);
  begin (story, STATE_OPERATION_START, "");
  g_assert_cmpstr (asked (story), ==, "ac");
  answer (story, "a", OK);
  g_assert_cmpstr (asked (story), ==, "");
  die (story, 'a');
  answer (story, "c", OK);
  g_assert_cmpstr (asked (story), ==, "e");
  answer (story, "e", OK);
  assert_done (story, FALSE);
  g_assert_cmpstr (outcomes (story, 0), ==, "!=+-+");
}

/* What requires the dead one and came up all the same shields what requires that. */
static void
test_death_stops_at_one_that_was_asked (void)
{
  g_autoptr (Story) story = story_new ();

  add (story, "");
  add (story, "a");
  add (story, "b");
  begin (story, STATE_OPERATION_START, "");
  g_assert_cmpstr (asked (story), ==, "a");
  answer (story, "a", OK);
  g_assert_cmpstr (asked (story), ==, "b");
  die (story, 'a');
  answer (story, "b", OK);
  g_assert_cmpstr (asked (story), ==, "c");
  answer (story, "c", OK);
  assert_done (story, FALSE);
  g_assert_cmpstr (outcomes (story, 0), ==, "!++");
}

static void
test_stop_waits_for_the_late_answer (void)
{
  g_autoptr (Story) story = story_new ();

  add (story, "");
  add (story, "a");
  let_be (story, 'a', STATE_UNIT_STATE_RUNNING);
  let_be (story, 'b', STATE_UNIT_STATE_STARTING);
  state_rules_give_up (story->graph, 1, STATE_OPERATION_START);
  begin (story, STATE_OPERATION_STOP, "");
  g_assert_cmpstr (asked (story), ==, "");
  state_rules_settle_late (story->graph, 1, OK);
  state_run_answer_late (story->run, 1, ++story->now);
  g_assert_cmpstr (asked (story), ==, "b");
  answer (story, "b", OK);
  g_assert_cmpstr (asked (story), ==, "a");
  answer (story, "a", OK);
  assert_done (story, TRUE);
}

/* Once its late answer has come, it is asked as any other, and cancelled as any other. */
static void
test_cancel_waits_for_one_whose_late_answer_came_before_its_turn (void)
{
  g_autoptr (Story) story = story_new ();

  add (story, "");
  add (story, "a");
  let_be (story, 'a', STATE_UNIT_STATE_STARTING);
  state_rules_give_up (story->graph, 0, STATE_OPERATION_START);
  let_be (story, 'b', STATE_UNIT_STATE_RUNNING);
  begin (story, STATE_OPERATION_STOP, "");
  g_assert_cmpstr (asked (story), ==, "b");
  state_rules_settle_late (story->graph, 0, OK);
  state_run_answer_late (story->run, 0, ++story->now);
  answer (story, "b", OK);
  g_assert_cmpstr (asked (story), ==, "a");

  state_run_cancel (story->run, ++story->now);
  g_assert_cmpstr (outcomes (story, 0), ==, "*+");
  answer (story, "a", OK);
  assert_done (story, TRUE);
  g_assert_cmpstr (states (story), ==, "ss");
}

/* However many edges there are between two units, it is one that is waited for. */
static void
test_waits_for_each_once (void)
{
  g_autoptr (Story) story = story_new ();
  g_autoptr (GArray) waiting_on = NULL;

  add (story, "");
  state_graph_add (story->graph,
                   (StateEdge[]){ { 0, BY_DEFAULT, STATE_DEPENDENCY_REQUIRED },
                                  { 0, STATE_OPERATION_FLAGS_START, STATE_DEPENDENCY_ORDER_ONLY } },
                   2, NULL, 0);
  begin (story, STATE_OPERATION_START, "");
  g_assert_cmpstr (asked (story), ==, "a");
  waiting_on = state_run_waiting_on (story->run, 1);
  g_assert_cmpuint (waiting_on->len, ==, 1);
  g_assert_cmpuint (g_array_index (waiting_on, guint32, 0), ==, 0);
}

static void
test_refused_before_anything_is_touched (void)
{
  g_autoptr (Story) story = story_new ();
  g_autoptr (StateRun) run = state_run_new (story->graph, STATE_OPERATION_START);
  g_autoptr (GArray) refused = NULL;
  StateChange change;

  for (guint i = 0; i < 4; i++)
    add (story, "");
  state_graph_set_state (story->graph, 1, STATE_UNIT_STATE_FAILED, TRUE, FALSE);
  state_graph_set_state (story->graph, 3, STATE_UNIT_STATE_FAILED, FALSE, TRUE);
  while (state_graph_next_change (story->graph, &change))
    continue;
  for (guint32 node = 0; node < 4; node++)
    state_run_take (run, node, FALSE);
  refused = state_run_judge (run);
  g_assert_cmpmem (refused->data, refused->len * 4, ((guint32[]){ 1, 3 }), 8);
  g_assert_false (state_graph_next_change (story->graph, &change));
  g_assert_cmpstr (states (story), ==, "smsu");
  g_assert_cmpuint (state_run_slot_of (run, 0), ==, STATE_SLOT_NONE);
}

static void
test_what_can_start_starts_and_the_rest_is_left (void)
{
  g_autoptr (Story) story = story_new ();

  add (story, "");
  add (story, "");
  add (story, "b");
  add (story, "");
  state_graph_set_state (story->graph, 1, STATE_UNIT_STATE_FAILED, FALSE, TRUE);
  let_be (story, 'd', STATE_UNIT_STATE_LOST);
  story->run = state_run_new (story->graph, STATE_OPERATION_START);
  story->run->leave_rest = TRUE;
  for (guint32 node = 0; node < 4; node++)
    state_run_take (story->run, node, FALSE);
  g_assert_null (state_run_judge (story->run));
  state_run_begin (story->run, ++story->now);
  g_assert_cmpstr (asked (story), ==, "a");
  answer (story, "a", OK);
  assert_done (story, FALSE);
  g_assert_cmpstr (outcomes (story, 0), ==, "+=-=");
  g_assert_cmpstr (states (story), ==, "rusl");
}

static void
assert_idle (Story *self, const char *expected)
{
  g_autoptr (GArray) idle = state_graph_idle (self->graph);

  for (guint i = 0; i < idle->len; i++)
    self->text[i] = (char) ('a' + g_array_index (idle, guint32, i));
  self->text[idle->len] = '\0';
  g_assert_cmpstr (self->text, ==, expected);
}

/* Also where all goes well, and nobody takes a closer look. */
static void
test_idle_are_those_that_do_not_run (void)
{
  g_autoptr (Story) story = story_new ();

  add (story, "");
  add (story, "");
  begin (story, STATE_OPERATION_START, "");
  g_assert_cmpstr (asked (story), ==, "ab");
  assert_idle (story, "ab");
  g_assert_true (state_run_succeed (story->run, 0, ++story->now));
  assert_idle (story, "b");
  g_assert_true (state_run_succeed (story->run, 1, ++story->now));
  assert_idle (story, "");
  assert_done (story, TRUE);

  begin (story, STATE_OPERATION_STOP, "");
  g_assert_cmpstr (asked (story), ==, "ab");
  assert_idle (story, "ab");
  g_assert_true (state_run_succeed (story->run, 0, ++story->now));
  assert_idle (story, "ab");
}

static void
test_nothing_to_do_is_done (void)
{
  g_autoptr (Story) story = story_new ();
  g_autoptr (GArray) path = NULL;

  begin (story, STATE_OPERATION_RESTORE, "");
  assert_done (story, TRUE);
  path = state_run_critical_path (story->run);
  g_assert_cmpuint (path->len, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/stories/start-and-stop-go-opposite-ways",
                   test_start_and_stop_go_opposite_ways);
  g_test_add_func ("/stories/order-goes-through-those-not-asked",
                   test_order_goes_through_those_not_asked);
  g_test_add_func ("/stories/failure-reaches-what-requires-it-through-those-not-asked",
                   test_failure_reaches_what_requires_it_through_those_not_asked);
  g_test_add_func ("/stories/stop-goes-past-failures", test_stop_goes_past_failures);
  g_test_add_func ("/stories/every-unit-is-asked-once-all-are-restored",
                   test_every_unit_is_asked_once_all_are_restored);
  g_test_add_func ("/stories/half-restored-is-undefined", test_half_restored_is_undefined);
  g_test_add_func ("/stories/failed-post-restore-leaves-the-others",
                   test_failed_post_restore_leaves_the_others);
  g_test_add_func ("/stories/cancelled-before-anything-was-asked-touches-nothing",
                   test_cancelled_before_anything_was_asked_touches_nothing);
  g_test_add_func ("/stories/cancel-waits-for-those-asked-and-not-for-ever",
                   test_cancel_waits_for_those_asked_and_not_for_ever);
  g_test_add_func ("/stories/death-while-resuming-is-a-failure",
                   test_death_while_resuming_is_a_failure);
  g_test_add_func ("/stories/cancel-waits-for-a-roll-back-and-not-for-ever",
                   test_cancel_waits_for_a_roll_back_and_not_for_ever);
  g_test_add_func ("/stories/who-runs-by-then-is-not-started",
                   test_who_runs_by_then_is_not_started);
  g_test_add_func ("/stories/success-stays-one-though-cancelled",
                   test_success_stays_one_though_cancelled);
  g_test_add_func ("/stories/removed-while-waiting-is-not-asked-and-keeps-the-order",
                   test_removed_while_waiting_is_not_asked_and_keeps_the_order);
  g_test_add_func ("/stories/removed-in-restore-is-a-failure-if-it-had-state",
                   test_removed_in_restore_is_a_failure_if_it_had_state);
  g_test_add_func ("/stories/death-reaches-those-that-still-wait",
                   test_death_reaches_those_that_still_wait);
  g_test_add_func ("/stories/death-stops-at-one-that-was-asked",
                   test_death_stops_at_one_that_was_asked);
  g_test_add_func ("/stories/stop-waits-for-the-late-answer", test_stop_waits_for_the_late_answer);
  g_test_add_func ("/stories/cancel-waits-for-one-whose-late-answer-came-before-its-turn",
                   test_cancel_waits_for_one_whose_late_answer_came_before_its_turn);
  g_test_add_func ("/stories/waits-for-each-once", test_waits_for_each_once);
  g_test_add_func ("/stories/refused-before-anything-is-touched",
                   test_refused_before_anything_is_touched);
  g_test_add_func ("/stories/what-can-start-starts-and-the-rest-is-left",
                   test_what_can_start_starts_and_the_rest_is_left);
  g_test_add_func ("/stories/idle-are-those-that-do-not-run", test_idle_are_those_that_do_not_run);
  g_test_add_func ("/stories/nothing-to-do-is-done", test_nothing_to_do_is_done);
  return g_test_run ();
}
