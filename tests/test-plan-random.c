/* SPDX-License-Identifier: MIT */

/* A plan equals what then happens: any units, whatever happened to them before, and any
 * operation over any of them. */

#include "test-set.h"

#include <stdlib.h>

#define MAX_UNITS 14

typedef struct
{
  TestSet *set;
  GRand *rand;
  TestUnit *units[MAX_UNITS];
  guint n;
} Model;

typedef struct
{
  guint n_refused;
  guint n_run;
  guint n_skipped;
  guint n_rolled_back;
  guint n_late;
  guint n_limited;
} Tally;

static guint
dice (Model *self, guint n)
{
  return g_rand_int_range (self->rand, 0, (gint32) n);
}

static void
add_random_unit (Model *self)
{
  g_autofree char *name = g_strdup_printf ("u%u", self->n);
  g_autoptr (TestUnit) unit = test_unit_new (name, self->set->journal);
  StateUnitBuilder *builder = state_units_add (self->set->units, name);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < self->n; i++)
    {
      g_autofree char *other = g_strdup_printf ("u%u", i);
      StateOperationFlags operations = STATE_OPERATION_FLAGS_START | STATE_OPERATION_FLAGS_STOP |
                                       STATE_OPERATION_FLAGS_RESET | STATE_OPERATION_FLAGS_RESTORE;

      if (dice (self, self->n + 2) >= 2)
        continue;
      if (dice (self, 4) == 0)
        operations = 1 + dice (self, STATE_OPERATION_FLAGS_ALL);
      state_unit_builder_add_dependency (builder, test_set_get (self->set, other),
                                         dice (self, 4) == 0 ? STATE_DEPENDENCY_ORDER_ONLY
                                                             : STATE_DEPENDENCY_REQUIRED,
                                         operations);
    }
  state_unit_builder_build (builder, STATE_UNIT (unit), &error);
  g_assert_no_error (error);
  if (dice (self, 2) == 0)
    test_unit_set_int (unit, (int) self->n);
  self->units[self->n++] = unit;
}

static void
model_init (Model *self, guint32 seed)
{
  guint n;

  *self = (Model){ .set = test_set_new (), .rand = g_rand_new_with_seed (seed) };
  n = 1 + dice (self, MAX_UNITS);
  for (guint i = 0; i < n; i++)
    add_random_unit (self);
}

/* Answers everything that waits, in the order in which the units were added. */
static gboolean
answer_held (Model *self)
{
  gboolean any = FALSE;

  test_settle ();
  for (guint i = 0; i < self->n; i++)
    if (test_unit_has_request (self->units[i]))
      {
        test_unit_answer_held (self->units[i]);
        any = TRUE;
      }
  test_settle ();
  return any;
}

static void
model_clear (Model *self)
{
  while (answer_held (self))
    continue;
  test_set_free (self->set);
  g_rand_free (self->rand);
}

static void
give_random_handles (Model *self, StateTransition *transition)
{
  StateUnitHandle *handles[MAX_UNITS];
  gsize n = 0;

  for (guint i = 0; i < self->n; i++)
    if (dice (self, 2) == 0)
      handles[n++] = test_set_get (self->set, test_unit_get_name (self->units[i]));
  state_transition_set_handles (transition, handles, n);
}

static StateSnapshot *
random_snapshot (Model *self)
{
  StateSnapshot *snapshot = state_snapshot_new ();

  for (guint i = 0; i < self->n + 1; i++)
    {
      g_autoptr (StateSnapshot) old = NULL;
      g_autofree char *name = g_strdup_printf ("u%u", i);

      if (i < self->n ? dice (self, 3) == 0 : dice (self, 10) > 0)
        continue;
      old = g_steal_pointer (&snapshot);
      snapshot = state_snapshot_with_unit (old, name, dice (self, 60) == 0,
                                           g_variant_new_int32 ((gint32) i));
    }
  return snapshot;
}

static StateTransition *
random_transition (Model *self, StateOperation at_most)
{
  StateOperation operation = dice (self, 4) == 0 ? STATE_OPERATION_START : dice (self, at_most + 1);
  StateTransition *transition = state_transition_new (self->set->units, operation);

  if (dice (self, 2) == 0)
    give_random_handles (self, transition);
  if (operation == STATE_OPERATION_RESTORE)
    {
      g_autoptr (StateSnapshot) snapshot = random_snapshot (self);

      state_transition_set_snapshot (transition, snapshot);
    }
  return transition;
}

/* Something happened before, in which one unit may have gone wrong. */
static void
disturb (Model *self)
{
  static const TestAnswer answers[] = {
    TEST_ANSWER_AT_ONCE,          TEST_ANSWER_FAILS, TEST_ANSWER_DROPPED, TEST_ANSWER_HELD,
    /* lost: */ TEST_ANSWER_HELD, TEST_ANSWER_HELD,  TEST_ANSWER_HELD
  };
  g_autoptr (StateTransition) transition = random_transition (self, STATE_OPERATION_RESET);
  TestUnit *victim = self->units[dice (self, self->n)];
  guint how = dice (self, G_N_ELEMENTS (answers));
  g_auto (TestCall) call = TEST_CALL_INIT;

  test_set_answer_all (self->set, TEST_ANSWER_AT_ONCE);
  test_unit_set_answers (victim, answers[how]);
  state_transition_run_async (transition, NULL, test_call_done, &call);
  test_settle ();
  if (how >= 4 && test_unit_has_request (victim))
    {
      g_autoptr (StateRequest) request = test_unit_take_request (victim);

      state_request_fail_literal (request, STATE_ERROR, STATE_ERROR_LOST, "gone");
      test_settle ();
    }
  if (!test_call_is_done (&call))
    state_transition_abandon (transition);
  test_call_wait (&call);
  test_settle ();
}

static char *
describe (Model *self)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < self->n; i++)
    {
      StateUnitHandle *handle = test_set_get (self->set, test_unit_get_name (self->units[i]));

      g_string_append_printf (text, "%s:%s:%u ", state_unit_handle_get_name (handle),
                              state_unit_state_to_string (state_unit_handle_get_state (handle)),
                              state_unit_handle_get_allowed_operations (handle));
    }
  return g_string_free (text, FALSE);
}

static gboolean
is_skip (StateStepOutcome outcome)
{
  return outcome == STATE_STEP_OUTCOME_SKIPPED || outcome == STATE_STEP_OUTCOME_LOST ||
         outcome == STATE_STEP_OUTCOME_CANCELLED;
}

static gboolean
is_asked (StateStepOutcome outcome)
{
  return outcome == STATE_STEP_OUTCOME_ASKED;
}

static gboolean
has_succeeded (StateStepOutcome outcome)
{
  return outcome == STATE_STEP_OUTCOME_SUCCEEDED;
}

/* The names of the units one of whose steps is so, once for each unit, or else for
 * each step; in the order in which the units were added. */
static char *
names_of (Model *self,
          StateTransition *transition,
          gboolean (*filter) (StateStepOutcome),
          gboolean once)
{
  guint n_items = g_list_model_get_n_items (G_LIST_MODEL (transition));
  guint n_slots = state_transition_get_n_units (transition);
  GString *names = g_string_new (NULL);

  for (guint slot = 0; slot < n_slots; slot++)
    for (guint position = slot; position < n_items; position += n_slots)
      {
        g_autoptr (StateTransitionStep) step =
            g_list_model_get_item (G_LIST_MODEL (transition), position);

        if (!filter (state_transition_step_get_outcome (step)))
          continue;
        g_string_append_printf (names, "%s%s", names->len > 0 ? " " : "",
                                state_transition_step_get_name (step));
        if (once)
          break;
      }
  return g_string_free (names, FALSE);
}

static int
compare_names (gconstpointer one, gconstpointer other)
{
  return atoi (*(const char *const *) one + 1) - atoi (*(const char *const *) other + 1);
}

/* All those in levels, as names_of() has them. */
static char *
names_in_levels (StatePlan *plan)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < state_plan_get_n_levels (plan); i++)
    {
      g_autofree char **level = state_plan_get_level (plan, i);

      for (guint j = 0; level[j] != NULL; j++)
        g_ptr_array_add (names, level[j]);
    }
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  return g_strjoinv (" ", (char **) names->pdata);
}

/* Answers those that were given up on before, then one level after the other. */
static void
play (Model *self,
      StateTransition *transition,
      StatePlan *plan,
      gboolean limited,
      TestCall *call,
      Tally *tally)
{
  gboolean late[MAX_UNITS];
  guint level = 0;

  for (guint i = 0; i < self->n; i++)
    late[i] = test_unit_has_request (self->units[i]);
  state_transition_run_async (transition, NULL, test_call_done, call);
  test_settle ();
  for (guint i = 0; i < self->n; i++)
    if (late[i])
      {
        test_unit_answer_held (self->units[i]);
        tally->n_late++;
      }
  test_settle ();

  for (; !test_call_is_done (call); level++)
    {
      g_autofree char *asked = names_of (self, transition, is_asked, FALSE);

      g_assert_cmpstr (asked, !=, "");
      if (!limited)
        test_assert_strv (state_plan_get_level (plan, level), asked);
      answer_held (self);
    }
  if (!limited)
    g_assert_cmpuint (state_plan_get_n_levels (plan), ==, level);
}

static void
compare (Model *self, StateTransition *transition, StatePlan *plan, gboolean limited, Tally *tally)
{
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autofree char *in_levels = names_in_levels (plan);
  g_autofree char *text = state_plan_to_string (plan);
  g_autofree char *asked = NULL;
  g_autofree char *skipped = NULL;

  play (self, transition, plan, limited, &call, tally);
  asked = names_of (self, transition, has_succeeded, FALSE);
  g_assert_cmpstr (in_levels, ==, asked);
  skipped = names_of (self, transition, is_skip, TRUE);
  test_assert_strv (state_plan_get_skipped (plan), skipped);
  g_assert_true ((*skipped != '\0') != state_transition_run_finish (transition, call.result, NULL));

  tally->n_run++;
  tally->n_skipped += *skipped != '\0';
  tally->n_limited += limited;
  tally->n_rolled_back += strstr (text, "  roll-back 1: ") != NULL;
}

static StatePlan *
plan_and_touch_nothing (Model *self, StateTransition *transition, GError **error)
{
  g_autofree char *before = describe (self);
  g_autofree char *after = NULL;
  StatePlan *plan;

  test_journal_clear (self->set->journal);
  plan = state_transition_plan (transition, error);
  test_settle ();
  after = describe (self);
  g_assert_cmpstr (before, ==, after);
  test_assert_journal (self->set->journal, "");
  return plan;
}

/* It is planned as it is refused, and with the same words. */
static void
assert_refused (StateTransition *transition, const GError *planned)
{
  g_autoptr (GError) run = NULL;

  g_assert_false (test_run (transition, &run));
  g_assert_error (run, planned->domain, planned->code);
  g_assert_cmpstr (planned->message, ==, run->message);
}

static void
one_case (guint32 seed, Tally *tally)
{
  Model model;
  g_autoptr (StateTransition) transition = NULL;
  g_autoptr (StatePlan) plan = NULL;
  g_autoptr (GError) error = NULL;
  StateFailurePolicy policy;
  guint limit;

  model_init (&model, seed);
  for (guint i = dice (&model, 5); i > 0; i--)
    disturb (&model);
  test_set_answer_all (model.set, TEST_ANSWER_HELD);

  transition = random_transition (&model, STATE_OPERATION_RESTORE);
  policy = dice (&model, STATE_FAILURE_POLICY_KEEP_GOING + 1);
  state_transition_set_failure_policy (transition, policy);
  state_transition_set_resume (transition, dice (&model, 2));
  /* Who comes before a roll-back under a limit is a matter of time. */
  limit =
      policy != STATE_FAILURE_POLICY_ROLL_BACK && dice (&model, 4) == 0 ? 1 + dice (&model, 3) : 0;
  state_units_set_max_concurrency (model.set->units, limit);

  plan = plan_and_touch_nothing (&model, transition, &error);
  if (plan != NULL)
    compare (&model, transition, plan, limit != 0, tally);
  else
    {
      assert_refused (transition, error);
      tally->n_refused++;
    }
  model_clear (&model);
}

static void
test_equals_what_happens (void)
{
  Tally tally = { 0 };

  for (guint32 seed = 1; seed <= 600; seed++)
    {
      g_test_message ("seed %u", seed);
      one_case (seed, &tally);
    }
  g_test_message ("%u refused, %u run: %u with some skipped, %u rolled back, %u late answers, "
                  "%u limited",
                  tally.n_refused, tally.n_run, tally.n_skipped, tally.n_rolled_back, tally.n_late,
                  tally.n_limited);
  g_assert_cmpuint (tally.n_refused, >, 60);
  g_assert_cmpuint (tally.n_run, >, 300);
  g_assert_cmpuint (tally.n_skipped, >, 10);
  g_assert_cmpuint (tally.n_rolled_back, >, 2);
  g_assert_cmpuint (tally.n_late, >, 5);
  g_assert_cmpuint (tally.n_limited, >, 20);
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/plan-random/equals-what-happens", test_equals_what_happens);
  return g_test_run ();
}
