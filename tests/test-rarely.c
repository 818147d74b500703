/* SPDX-License-Identifier: MIT */

/* What happens rarely, and is promised all the same. */

#include "test-set.h"

static void
assert_explained (StateTransition *transition, const char *name, const char *words)
{
  g_autofree char *why = state_transition_explain (transition, name);

  test_assert_contains (why, words);
}

/* Whatever became of it, it has finished, and why is told. */
static void
test_explains_what_has_finished (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) start = state_transition_new (set->units, STATE_OPERATION_START);
  g_auto (TestCall) call = TEST_CALL_INIT;
  TestUnit *held;

  test_set_add (set, "runs", NULL);
  g_assert_true (test_start (set->units, NULL));
  test_unit_fail (test_set_add (set, "bad", NULL), STATE_OPERATION_START, "no power");
  test_set_add (set, "above", "bad", NULL);
  held = test_set_add (set, "held", NULL);
  test_set_add (set, "turn", NULL);
  state_units_set_max_concurrency (set->units, 1);
  test_unit_set_answer (held, STATE_OPERATION_START, TEST_ANSWER_HELD);
  state_transition_run_async (start, NULL, test_call_done, &call);
  test_wait_until (test_unit_has_request (held));

  assert_explained (start, "runs", "has finished: there was nothing to start");
  assert_explained (start, "bad", "has finished: failed (no power)");
  assert_explained (start, "above", "has finished: skipped (");
  assert_explained (start, "turn", "is about to be asked");
  test_unit_answer_held (held);
  test_call_wait (&call);
}

/* A state that could not be read again is refused when it is saved. */
static void
test_saves_too_deep_a_state (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk = test_set_add (set, "disk", NULL);
  GVariant *deep = g_variant_new_boolean (TRUE);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 200; i++)
    deep = g_variant_new_variant (deep);
  test_unit_set_value (disk, deep);
  g_assert_null (test_save (set->units, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  test_assert_contains (error->message, "disk: ");
  test_assert_contains (error->message, "nested");
  test_assert_states (set, "disk:stopped");
}

/* The same dependency, for one operation and then for another, is one edge. */
static void
test_edges_to_one_unit_add_up (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) unit = test_unit_new ("b", set->journal);
  StateUnitBuilder *builder;
  StateUnitHandle *a, *b;

  test_set_add (set, "a", NULL);
  a = test_set_get (set, "a");
  builder = state_units_add (set->units, "b");
  state_unit_builder_add_dependency (builder, a, STATE_DEPENDENCY_REQUIRED,
                                     STATE_OPERATION_FLAGS_START);
  state_unit_builder_add_dependency (builder, a, STATE_DEPENDENCY_REQUIRED,
                                     STATE_OPERATION_FLAGS_STOP);
  b = state_unit_builder_build (builder, STATE_UNIT (unit), NULL);
  test_assert_strv (state_unit_handle_get_dependencies (b), "a");

  g_assert_true (test_start (set->units, NULL));
  test_assert_before (set->journal, "a:start!", "b:start");
  g_assert_true (test_stop (set->units, NULL));
  test_assert_before (set->journal, "b:stop!", "a:stop");
}

/* A unit that is discarded while it is being removed has gone, and is not given back. */
static void
test_discarded_while_removed (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk = test_set_add (set, "disk", NULL);
  StateUnitHandle *handle = test_set_get (set, "disk");
  g_autoptr (StateUnitHandle) kept = g_object_ref (handle);
  g_autoptr (TestUnit) unit = g_object_ref (disk);
  g_autoptr (GError) error = NULL;
  g_auto (TestCall) call = TEST_CALL_INIT;

  g_assert_true (test_start (set->units, NULL));
  test_unit_set_answer (disk, STATE_OPERATION_STOP, TEST_ANSWER_HELD);
  state_unit_handle_remove_async (handle, NULL, test_call_done, &call);
  test_wait_until (test_unit_has_request (disk));
  state_unit_handle_discard (handle);
  g_assert_null (state_unit_handle_remove_finish (kept, test_call_wait (&call), &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_REMOVED);
  test_assert_contains (error->message, "disk");
  test_unit_answer_held (disk);
}

/* Of more edges than are worth keeping, those of units that have left are given
 * back, and those of the others stay. */
static void
test_edges_come_and_go (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GError) error = NULL;

  test_set_add (set, "hub", NULL);
  test_set_add (set, "stays", "hub", NULL);
  for (guint i = 0; i < 3000; i++)
    {
      StateUnitHandle *handle;
      const char *needs[] = { "hub", "stays", NULL };

      handle = state_units_add_unit (set->units, "guest", NULL, needs, &error);
      g_assert_no_error (error);
      state_unit_handle_discard (handle);
    }
  test_assert_strv (state_unit_handle_get_dependents (test_set_get (set, "hub")), "stays");
  g_assert_true (test_start (set->units, NULL));
  test_assert_before (set->journal, "hub:start!", "stays:start");
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  g_test_add_func ("/rarely/explains-what-has-finished", test_explains_what_has_finished);
  g_test_add_func ("/rarely/a-saved-state-is-too-deep", test_saves_too_deep_a_state);
  g_test_add_func ("/rarely/edges-to-one-unit-add-up", test_edges_to_one_unit_add_up);
  g_test_add_func ("/rarely/discarded-while-it-is-removed", test_discarded_while_removed);
  g_test_add_func ("/rarely/edges-come-and-go", test_edges_come_and_go);
  return g_test_run ();
}
