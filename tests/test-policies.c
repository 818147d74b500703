/* SPDX-License-Identifier: MIT */

/* What becomes of a set when its units fail: every policy, operation, place and
 * manner of failing. The driver asks nothing of the rules; it lets the units of a
 * case misbehave, round by round, and writes down what happened. */

#include "test-policies-model.h"
#include "test-set.h"

typedef struct
{
  const PolicyCase *scene;
  TestSet *set;
  StateTransition *transition;
  TestCall call;
  TestUnit *units[POLICY_N_UNITS];
  StateRequest *requests[POLICY_N_UNITS]; /* that are to be answered in this round */
  StateRequest *late[POLICY_N_UNITS];     /* that hang, or whose unit was removed */
  gboolean misbehaved[POLICY_N_UNITS];
  guint n_rounds;
  GString *text;
} Drive;

/* --- The scene --- */

static const char *const names[] = { "a", "b", "c", "d" };

static void
set_timeouts (Drive *self, guint i, StateUnitBuilder *builder)
{
  const PolicyCase *scene = self->scene;

  if (!policy_case_is_bad (scene, i) ||
      (scene->how != POLICY_HANGS && scene->how != POLICY_HANGS_A_WHILE))
    return;
  state_unit_builder_set_timeout (builder, scene->bad_operation, POLICY_DEADLINE);
  if (scene->operation == STATE_OPERATION_START && policy_case_roll_back_has_deadline (scene))
    state_unit_builder_set_timeout (builder, STATE_OPERATION_STOP, POLICY_DEADLINE);
}

static void
add_unit (Drive *self, guint i)
{
  const char *const before[POLICY_N_UNITS][3] = { { NULL }, { "a" }, { "a" }, { "b", "c" } };
  StateDependencyFlags flags =
      self->scene->order_only ? STATE_DEPENDENCY_ORDER_ONLY : STATE_DEPENDENCY_REQUIRED;
  StateOperationFlags by_default = STATE_OPERATION_FLAGS_START | STATE_OPERATION_FLAGS_STOP |
                                   STATE_OPERATION_FLAGS_RESET | STATE_OPERATION_FLAGS_RESTORE;
  StateUnitBuilder *builder = state_units_add (self->set->units, names[i]);
  g_autoptr (GError) error = NULL;

  self->units[i] = test_unit_new (names[i], self->set->journal);
  test_unit_set_int (self->units[i], 1);
  for (guint j = 0; before[i][j] != NULL; j++)
    state_unit_builder_add_dependency (builder, test_set_get (self->set, before[i][j]), flags,
                                       by_default);
  set_timeouts (self, i, builder);
  state_unit_builder_build (builder, STATE_UNIT (self->units[i]), &error);
  g_assert_no_error (error);
}

/* Restores what was 1 over what is 2 by then. */
static void
make_transition (Drive *self)
{
  const PolicyCase *scene = self->scene;
  g_autoptr (StateSnapshot) snapshot = state_snapshot_new ();

  self->transition = state_transition_new (self->set->units, scene->operation);
  if (scene->own_policy)
    state_transition_set_failure_policy (self->transition, scene->policy);
  else
    state_units_set_failure_policy (self->set->units, scene->policy);
  if (scene->operation != STATE_OPERATION_RESTORE)
    return;
  for (guint i = 0; i < POLICY_N_UNITS; i++)
    {
      g_autoptr (StateSnapshot) more =
          state_snapshot_with_unit (snapshot, names[i], 0, g_variant_new_int32 (1));

      g_set_object (&snapshot, more);
      test_unit_set_int (self->units[i], 2);
    }
  state_transition_set_snapshot (self->transition, snapshot);
}

static void
drive_init (Drive *self, const PolicyCase *scene)
{
  g_autoptr (GError) error = NULL;

  *self = (Drive){ .scene = scene, .set = test_set_new (), .text = g_string_new (NULL) };
  for (guint i = 0; i < POLICY_N_UNITS; i++)
    add_unit (self, i);
  make_transition (self);
  if (scene->operation == STATE_OPERATION_STOP)
    {
      test_start (self->set->units, &error);
      g_assert_no_error (error);
    }
  test_set_answer_all (self->set, TEST_ANSWER_HELD);
}

static void
drive_clear (Drive *self)
{
  for (guint i = 0; i < POLICY_N_UNITS; i++)
    {
      g_clear_object (&self->requests[i]);
      g_clear_object (&self->late[i]);
    }
  g_clear_object (&self->transition);
  test_call_clear (&self->call);
  for (guint i = 0; i < POLICY_N_UNITS; i++)
    g_clear_object (&self->units[i]);
  test_set_free (self->set);
  g_string_free (self->text, TRUE);
}

/* --- What is done --- */

static gboolean
is_gone (Drive *self, guint i)
{
  return state_units_lookup (self->set->units, names[i]) == NULL;
}

static StateUnitState
state_of (Drive *self, guint i)
{
  return state_unit_handle_get_state (test_set_get (self->set, names[i]));
}

static gboolean
is_bad (Drive *self, guint i)
{
  return policy_case_is_bad (self->scene, i);
}

/* Takes what is asked now, and writes it down. */
static gboolean
collect (Drive *self)
{
  gboolean any = FALSE;

  test_settle ();
  for (guint i = 0; i < POLICY_N_UNITS; i++)
    if (test_unit_has_request (self->units[i]))
      {
        g_assert_null (self->requests[i]);
        self->requests[i] = test_unit_take_request (self->units[i]);
        if (!any && self->text->len > 0)
          g_string_append (self->text, " |");
        g_string_append_printf (self->text, "%s%s:%s", self->text->len > 0 ? " " : "", names[i],
                                state_operation_to_string (
                                    state_request_get_operation (self->requests[i])));
        any = TRUE;
      }
  return any;
}

static void
let_die (Drive *self)
{
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "died");

  for (guint i = 0; i < POLICY_N_UNITS; i++)
    if (is_bad (self, i) && !is_gone (self, i))
      state_unit_ended (STATE_UNIT (self->units[i]), error);
  test_settle ();
}

static void
misbehave (Drive *self, guint i)
{
  g_autoptr (StateRequest) request = NULL;

  self->misbehaved[i] = TRUE;
  switch (self->scene->how)
    {
    case POLICY_FAILS:
      request = g_steal_pointer (&self->requests[i]);
      state_request_fail_literal (request, G_IO_ERROR, G_IO_ERROR_FAILED, "broken");
      break;
    case POLICY_IS_LOST:
      request = g_steal_pointer (&self->requests[i]);
      state_request_fail_literal (request, STATE_ERROR, STATE_ERROR_LOST, "nobody is left");
      break;
    case POLICY_DROPS:
      g_clear_object (&self->requests[i]);
      break;
    case POLICY_HANGS:
    case POLICY_HANGS_A_WHILE:
      self->late[i] = g_steal_pointer (&self->requests[i]);
      break;
    case POLICY_IS_REMOVED:
      self->late[i] = g_steal_pointer (&self->requests[i]);
      state_unit_handle_discard (test_set_get (self->set, names[i]));
      break;
    case POLICY_IS_CANCELLED:
      state_transition_cancel (self->transition);
      break;
    case POLICY_DIES:
      state_unit_ended (STATE_UNIT (self->units[i]), NULL); /* ignored: it does not run */
      break;
    case POLICY_N_HOWS:
    default:
      g_assert_not_reached ();
    }
}

static void
await_deadlines (Drive *self)
{
  for (guint i = 0; i < POLICY_N_UNITS; i++)
    if (self->late[i] != NULL && !is_gone (self, i) && self->misbehaved[i])
      {
        GCancellable *cancellable = state_request_get_cancellable (self->late[i]);

        test_wait_until (state_of (self, i) == STATE_UNIT_STATE_UNCERTAIN);
        test_wait_until (g_cancellable_is_cancelled (cancellable));
      }
}

static void
answer (Drive *self, guint i)
{
  g_autoptr (StateRequest) request = g_steal_pointer (&self->requests[i]);
  gboolean is_cancelled = g_cancellable_is_cancelled (state_request_get_cancellable (request));

  if (is_cancelled && self->scene->gives_up)
    state_request_fail_literal (request, G_IO_ERROR, G_IO_ERROR_CANCELLED, "gave up");
  else
    test_request_answer (request);
}

static gboolean
is_to_misbehave (Drive *self, guint i)
{
  return self->requests[i] != NULL && is_bad (self, i) && !self->misbehaved[i] &&
         state_request_get_operation (self->requests[i]) == self->scene->bad_operation;
}

static void
play_round (Drive *self)
{
  gboolean any_late = FALSE;

  if (self->scene->how == POLICY_DIES &&
      (self->scene->operation == STATE_OPERATION_START ||
       (self->scene->operation == STATE_OPERATION_STOP && self->n_rounds == 0)))
    let_die (self);
  for (guint i = 0; i < POLICY_N_UNITS; i++)
    if (is_to_misbehave (self, i))
      {
        misbehave (self, i);
        any_late |= self->late[i] != NULL;
      }
  test_settle ();
  if (any_late)
    await_deadlines (self);
  for (guint i = 0; i < POLICY_N_UNITS; i++)
    if (self->requests[i] != NULL)
      answer (self, i);
  self->n_rounds++;
}

static void
answer_late (Drive *self)
{
  for (guint i = 0; i < POLICY_N_UNITS; i++)
    if (self->late[i] != NULL)
      test_request_answer (self->late[i]);
  for (guint i = 0; i < POLICY_N_UNITS; i++)
    g_clear_object (&self->late[i]);
}

static gboolean
any_request (Drive *self)
{
  for (guint i = 0; i < POLICY_N_UNITS; i++)
    if (test_unit_has_request (self->units[i]))
      return TRUE;
  return FALSE;
}

/* --- What has become of it --- */

static void
append_result (Drive *self)
{
  g_autoptr (GError) error = NULL;

  if (state_transition_run_finish (self->transition, test_call_wait (&self->call), &error))
    {
      g_assert_no_error (error);
      g_string_append (self->text, "\nsucceeded");
    }
  else
    {
      const char *word = "?";

      if (g_error_matches (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED))
        word = "failed";
      else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        word = "cancelled";
      g_string_append_printf (self->text, "\n%s: %s", word, error->message);
    }
  if (state_units_is_running (self->set->units))
    g_string_append (self->text, ", runs");
}

/* What a failed unit may be asked tells which of its facts it has. */
static const char *
facts_of (StateUnitHandle *handle)
{
  StateOperationFlags allowed = state_unit_handle_get_allowed_operations (handle);

  if (state_unit_handle_get_state (handle) != STATE_UNIT_STATE_FAILED ||
      (allowed & STATE_OPERATION_FLAGS_START))
    return "";
  return allowed & STATE_OPERATION_FLAGS_RESET ? "+undefined" : "+may-run";
}

static void
append_states (Drive *self, const char *when)
{
  g_string_append_printf (self->text, "\n%s:", when);
  for (guint i = 0; i < POLICY_N_UNITS; i++)
    {
      StateUnitHandle *handle = state_units_lookup (self->set->units, names[i]);

      if (handle == NULL)
        continue;
      g_string_append_printf (self->text, " %s:%s%s", names[i],
                              state_unit_state_to_string (state_unit_handle_get_state (handle)),
                              facts_of (handle));
      if (self->scene->operation == STATE_OPERATION_RESTORE)
        g_string_append (self->text, test_unit_get_int (self->units[i]) == 1 ? "/new" : "/old");
    }
}

static void
run_to_the_end (Drive *self)
{
  state_transition_run_async (self->transition, NULL, test_call_done, &self->call);
  for (;;)
    {
      if (collect (self))
        {
          play_round (self);
          continue;
        }
      if (test_call_is_done (&self->call))
        break;
      /* A roll-back waits for a late answer. */
      if (policy_case_roll_back_has_deadline (self->scene))
        test_wait_until (test_call_is_done (&self->call) || any_request (self));
      else
        answer_late (self);
    }
}

static void
run_afterwards (Drive *self)
{
  if (self->scene->how == POLICY_DIES && self->scene->operation == STATE_OPERATION_START)
    let_die (self);
  answer_late (self);
  if (collect (self))
    play_round (self);
  test_settle ();
}

static char *
drive (const PolicyCase *scene)
{
  Drive self;
  char *text;

  drive_init (&self, scene);
  run_to_the_end (&self);
  append_result (&self);
  append_states (&self, "then");
  run_afterwards (&self);
  append_states (&self, "late");
  text = g_strdup (self.text->str);
  drive_clear (&self);
  return text;
}

/* --- The table --- */

/* All that differ are told of, and not the first one alone. */
static guint
compare (const PolicyCase *scene, const char *expected)
{
  g_autofree char *text = drive (scene);
  g_autofree char *name = policy_case_to_string (scene);

  if (strcmp (text, expected) == 0)
    return 0;
  g_printerr ("# %s\n# EXPECTED %s\n# GOT      %s\n", name, expected, text);
  return 1;
}

typedef struct
{
  StateFailurePolicy policy;
  StateOperation operation;
  StateOperation bad_operation;
} Field;

static const struct
{
  gboolean own_policy;
  gboolean gives_up;
  gboolean order_only;
} manners[] = {
  { FALSE, FALSE, FALSE }, { FALSE, TRUE, FALSE }, { TRUE, FALSE, FALSE },
  { TRUE, TRUE, FALSE },   { FALSE, FALSE, TRUE }, { TRUE, TRUE, TRUE },
};

/* source, each middle, sink; two at once beside and above each other */
static const char *const places[] = { "a", "b", "c", "d", "bc", "ad" };

static void
test_field (gconstpointer data)
{
  const Field *field = data;
  guint n_wrong = 0;

  for (guint how = 0; how < POLICY_N_HOWS; how++)
    for (guint i = 0; i < G_N_ELEMENTS (places); i++)
      for (guint j = 0; j < G_N_ELEMENTS (manners); j++)
        {
          const PolicyCase scene = {
            .policy = field->policy,
            .own_policy = manners[j].own_policy,
            .operation = field->operation,
            .bad_operation = field->bad_operation,
            .where = places[i],
            .how = how,
            .gives_up = manners[j].gives_up,
            .order_only = manners[j].order_only,
          };
          g_autofree char *expected = policy_model_run (&scene);

          n_wrong += compare (&scene, expected);
        }
  if (n_wrong > 0)
    g_test_fail_printf ("%u cases differ", n_wrong);
}

static void
test_rows (void)
{
  guint n_wrong = 0;

  for (guint i = 0; i < policy_n_rows; i++)
    n_wrong += compare (&policy_rows[i].scene, policy_rows[i].expected);
  if (n_wrong > 0)
    g_test_fail_printf ("%u cases differ", n_wrong);
}

static const Field fields[] = {
#define FIELDS(policy)                                              \
  { policy, STATE_OPERATION_START, STATE_OPERATION_START },         \
      { policy, STATE_OPERATION_STOP, STATE_OPERATION_STOP },       \
      { policy, STATE_OPERATION_RESET, STATE_OPERATION_RESET },     \
      { policy, STATE_OPERATION_SAVE, STATE_OPERATION_SAVE },       \
      { policy, STATE_OPERATION_RESTORE, STATE_OPERATION_RESTORE }, \
  {                                                                 \
    policy, STATE_OPERATION_RESTORE, STATE_OPERATION_POST_RESTORE   \
  }
  FIELDS (STATE_FAILURE_POLICY_SKIP_DEPENDENTS),
  FIELDS (STATE_FAILURE_POLICY_ROLL_BACK),
  FIELDS (STATE_FAILURE_POLICY_KEEP_GOING),
  /* A restore that is rolled back saves first. */
  { STATE_FAILURE_POLICY_ROLL_BACK, STATE_OPERATION_RESTORE, STATE_OPERATION_SAVE },
};

/* --- A roll-back that fails itself --- */

static void
test_failing_roll_back_of_start (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  state_units_set_failure_policy (set->units, STATE_FAILURE_POLICY_ROLL_BACK);
  test_unit_fail (test_set_get_unit (set, "d"), STATE_OPERATION_START, "no such device");
  test_unit_fail (test_set_get_unit (set, "b"), STATE_OPERATION_STOP, "stuck");
  test_unit_set_answer (test_set_get_unit (set, "c"), STATE_OPERATION_STOP, TEST_ANSWER_DROPPED);

  g_assert_false (test_start (set->units, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED,
                     "start failed: {d: no such device}; roll-back failed: {b: stuck, "
                     "c: the stop request was dropped without an answer}");
  test_assert_states (set, "a:stopped b:failed c:failed d:failed");
  test_assert_before (set->journal, "b:stop", "a:stop");
  test_assert_before (set->journal, "c:stop", "a:stop");
  test_assert_phase (set, "start", "a:succeeded b:succeeded c:succeeded d:failed");
  test_assert_phase (set, "roll-back", "a:succeeded b:failed c:dropped d:unchanged");
}

static void
fail_second (TestUnit *unit, StateRequest *request, gpointer user_data)
{
  if (test_unit_get_n_asked (unit, STATE_OPERATION_RESTORE) == 1)
    test_request_answer (request);
  else
    state_request_fail_literal (request, G_IO_ERROR, G_IO_ERROR_FAILED, "worn out");
}

/* b is not put back: it is failed, and so is d, which was not asked; c and a are. */
static void
test_failing_roll_back_of_restore (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  for (guint i = 0; i < POLICY_N_UNITS; i++)
    test_unit_set_int (test_set_get_unit (set, names[i]), 1);
  snapshot = test_save (set->units, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < POLICY_N_UNITS; i++)
    test_unit_set_int (test_set_get_unit (set, names[i]), 2);
  state_units_set_failure_policy (set->units, STATE_FAILURE_POLICY_ROLL_BACK);
  test_unit_set_hook (test_set_get_unit (set, "b"), STATE_OPERATION_RESTORE, fail_second, NULL);
  test_unit_set_answer (test_set_get_unit (set, "b"), STATE_OPERATION_RESTORE, TEST_ANSWER_DROPPED);
  test_unit_fail (test_set_get_unit (set, "c"), STATE_OPERATION_RESTORE, "garbled");

  g_assert_false (test_restore (set->units, snapshot, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED,
                     "restore failed: {c: garbled}; roll-back failed: {b: worn out, c: garbled}");
  test_assert_states (set, "a:stopped b:failed c:failed d:failed");
  g_assert_cmpint (test_unit_get_int (test_set_get_unit (set, "a")), ==, 2);
  g_assert_cmpuint (test_unit_get_n_asked (test_set_get_unit (set, "a"),
                                           STATE_OPERATION_POST_RESTORE),
                    ==, 1);
  g_assert_cmpuint (test_unit_get_n_asked (test_set_get_unit (set, "b"),
                                           STATE_OPERATION_POST_RESTORE),
                    ==, 0);

  /* A good restore ends it. */
  test_unit_set_hook (test_set_get_unit (set, "b"), STATE_OPERATION_RESTORE, NULL, NULL);
  test_set_answer_all (set, TEST_ANSWER_AT_ONCE);
  test_restore (set->units, snapshot, &error);
  g_assert_no_error (error);
  test_assert_states (set, "a:stopped b:stopped c:stopped d:stopped");
}

static void
test_failing_roll_back_of_stop (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) transition = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_unit_fail (test_set_get_unit (set, "a"), STATE_OPERATION_STOP, "stuck");
  test_unit_fail (test_set_get_unit (set, "b"), STATE_OPERATION_START, "worn out");
  transition = state_transition_new (set->units, STATE_OPERATION_STOP);
  state_transition_set_failure_policy (transition, STATE_FAILURE_POLICY_ROLL_BACK);

  g_assert_false (test_run (transition, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED,
                     "stop failed: {a: stuck}; roll-back failed: {b: worn out}");
  test_assert_states (set, "a:failed b:failed c:running d:running");
}

int
main (int argc, char *argv[])
{
  const char *const policies[] = { "skip-dependents", "roll-back", "keep-going" };

  test_init (&argc, &argv);
  g_test_add_func ("/policies/in-so-many-words", test_rows);
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      g_autofree char *path = g_strdup_printf ("/policies/%s/%s/at-%s", policies[fields[i].policy],
                                               state_operation_to_string (fields[i].operation),
                                               state_operation_to_string (fields[i].bad_operation));

      g_test_add_data_func (path, &fields[i], test_field);
    }
  g_test_add_func ("/policies/a-roll-back-fails/start", test_failing_roll_back_of_start);
  g_test_add_func ("/policies/a-roll-back-fails/stop", test_failing_roll_back_of_stop);
  g_test_add_func ("/policies/a-roll-back-fails/restore", test_failing_roll_back_of_restore);
  return g_test_run ();
}
