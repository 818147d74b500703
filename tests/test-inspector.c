/* SPDX-License-Identifier: MIT */

/* The tree of a set: what is in it, who owns what, and who may look. */

#include "test-set.h"

static GVariant *
look (StateInspector *inspector, const char *path, guint depth, guint timeout_ms)
{
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;
  GVariant *tree;

  state_inspector_inspect_async (inspector, path, depth, timeout_ms, NULL, test_call_done, &call);
  tree = state_inspector_inspect_finish (inspector, test_call_wait (&call), &error);
  g_assert_no_error (error);
  g_assert_false (g_variant_is_floating (tree));
  return tree;
}

static void
test_tree (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateInspector) inspector = state_units_get_inspector (set->units);
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GVariant) failed = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  test_unit_set_int (test_set_get_unit (set, "d"), 4);
  tree = look (inspector, NULL, 0, G_MAXUINT);
  test_assert_tree (tree, "a/unit_state", "'stopped'");
  test_assert_tree (tree, "a/dependencies", "[]");
  test_assert_tree (tree, "a/dependents", "['b', 'c']");
  test_assert_tree (tree, "d/dependencies", "['b', 'c']");
  test_assert_tree (tree, "d/value", "4");
  test_assert_tree (tree, "d/kind", "'test'");
  test_assert_tree (tree, "d/error", "nothing");
  test_assert_tree (tree, "d/waiting_on", "nothing");
  test_assert_tree (tree, "d/unresolved", "nothing");

  test_unit_fail (test_set_get_unit (set, "d"), STATE_OPERATION_START, "no power");
  g_assert_false (test_start (set->units, &error));
  failed = look (inspector, "", 0, G_MAXUINT);
  test_assert_tree (failed, "a/unit_state", "'running'");
  test_assert_tree (failed, "d/unit_state", "'failed'");
  test_assert_tree (failed, "d/error", "'no power'");
}

static void
test_paths (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GVariant) unit = NULL;
  g_autoptr (GVariant) leaf = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_int (test_set_add (set, "disk", NULL), 4);
  test_unit_set_int (test_set_add (set, "net", NULL), 5);

  unit = test_inspect (set->units, "disk", 0, &error);
  g_assert_no_error (error);
  test_assert_tree (unit, "unit_state", "'stopped'");
  test_assert_tree (unit, "value", "4");
  leaf = test_inspect (set->units, "disk/value", 0, &error);
  g_assert_no_error (error);
  test_assert_tree (leaf, "value", "4");
  g_assert_cmpuint (g_variant_n_children (leaf), ==, 1);

  g_assert_null (test_inspect (set->units, "printer", 0, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_UNKNOWN_UNIT);
  test_assert_contains (error->message, "printer");
  g_clear_error (&error);
  g_assert_null (test_inspect (set->units, "disk/paper", 0, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_cmpuint (test_unit_get_n_asked (test_set_get_unit (set, "net"), STATE_OPERATION_INSPECT),
                    ==, 0);
}

static void
test_nested_names (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GVariant) lines = NULL;
  g_autoptr (GVariant) irq = NULL;
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_int (test_set_add (set, "lines", NULL), 1);
  test_unit_set_int (test_set_add (set, "lines/irq", "lines", NULL), 2);
  test_unit_set_int (test_set_add (set, "other/deep/down", NULL), 3);

  tree = test_inspect (set->units, NULL, 0, &error);
  g_assert_no_error (error);
  test_assert_tree (tree, "lines/unit_state", "'stopped'");
  test_assert_tree (tree, "lines/value", "1");
  test_assert_tree (tree, "lines/irq/unit_state", "'stopped'");
  test_assert_tree (tree, "lines/irq/value", "2");
  test_assert_tree (tree, "lines/irq/dependencies", "['lines']");
  test_assert_tree (tree, "other/deep/down/value", "3");
  test_assert_tree (tree, "other/unit_state", "nothing");

  /* A part of a name is a place in the tree, too. */
  lines = test_inspect (set->units, "other/deep", 0, &error);
  g_assert_no_error (error);
  test_assert_tree (lines, "down/value", "3");

  /* The longest fitting name owns the path. */
  irq = test_inspect (set->units, "lines/irq", 0, &error);
  g_assert_no_error (error);
  test_assert_tree (irq, "value", "2");
  value = test_update (set->units, "lines/irq/value", g_variant_new_int32 (9), &error);
  g_assert_no_error (error);
  g_assert_cmpint (test_unit_get_int (test_set_get_unit (set, "lines/irq")), ==, 9);
  g_assert_cmpint (test_unit_get_int (test_set_get_unit (set, "lines")), ==, 1);
}

static void
test_who_wins (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *lines = test_set_add (set, "lines", NULL);
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (StateRequest) request = NULL;
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GError) error = NULL;

  /* The set's fields over units, units over a unit's own fields. */
  test_unit_set_int (test_set_add (set, "lines/irq", NULL), 2);
  test_unit_set_answer (lines, STATE_OPERATION_INSPECT, TEST_ANSWER_HELD);
  state_units_inspect_async (set->units, NULL, 0, G_MAXUINT, NULL, test_call_done, &call);
  request = test_unit_take_request (lines);
  state_request_complete_with_state (
      request, g_variant_new_parsed ("{'unit_state': <'wonderful'>, 'irq': <'mine'>, 'own': <1>}"));
  tree = state_units_inspect_finish (set->units, test_call_wait (&call), &error);
  g_assert_no_error (error);
  test_assert_tree (tree, "lines/unit_state", "'stopped'");
  test_assert_tree (tree, "lines/irq/value", "2");
  test_assert_tree (tree, "lines/own", "1");
}

static void
test_depth (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GVariant) names = NULL;
  g_autoptr (GVariant) fields = NULL;
  g_autoptr (GVariant) empty = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_int (test_set_add (set, "disk", NULL), 4);
  test_set_add (set, "lines/irq", NULL);

  names = test_inspect (set->units, NULL, 1, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_n_children (names), ==, 2);
  empty = test_tree_get (names, "disk");
  g_assert_cmpuint (g_variant_n_children (empty), ==, 0);

  fields = test_inspect (set->units, NULL, 2, &error);
  g_assert_no_error (error);
  test_assert_tree (fields, "disk/value", "4");
  test_assert_tree (fields, "disk/unit_state", "'stopped'");
  test_assert_tree (fields, "lines/irq/unit_state", "nothing");
}

static void
test_update_changes_a_value (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk = test_set_add (set, "disk", NULL);
  g_autoptr (GVariant) value = NULL;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (StateRequest) request = NULL;
  g_autoptr (GVariant) rounded = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_int (disk, 4);
  value = test_update (set->units, "disk/value", g_variant_new_int32 (5), &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_variant_get_int32 (value), ==, 5);
  g_assert_cmpint (test_unit_get_int (disk), ==, 5);

  /* The unit may say what came of it. */
  test_unit_set_answer (disk, STATE_OPERATION_INSPECT, TEST_ANSWER_HELD);
  state_units_update_async (set->units, "disk/value", g_variant_new_int32 (99), NULL,
                            test_call_done, &call);
  request = test_unit_take_request (disk);
  state_request_complete_with_state (request, g_variant_new_parsed ("{'value': <90>}"));
  rounded = state_units_update_finish (set->units, test_call_wait (&call), &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_variant_get_int32 (rounded), ==, 90);

  test_unit_set_answer (disk, STATE_OPERATION_INSPECT, TEST_ANSWER_AT_ONCE);
  g_assert_null (test_update (set->units, "disk/kind", g_variant_new_string ("x"), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  g_clear_error (&error);
  g_assert_null (test_update (set->units, "printer/value", g_variant_new_int32 (1), &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_UNKNOWN_UNIT);
  g_clear_error (&error);

  /* What the set says of a unit is not the unit's to change. */
  g_assert_null (
      test_update (set->units, "disk/unit_state", g_variant_new_string ("running"), &error));
  g_assert_nonnull (error);
  test_assert_states (set, "disk:stopped");
}

/* As what has come through a socket or a file is: a new value each time one is taken
 * out of it. */
static void
answer_in_bytes (TestUnit *unit, StateRequest *request, gpointer user_data)
{
  g_autoptr (GVariant) tree = g_variant_ref_sink (g_variant_new_parsed ("{'value': <'changed'>}"));
  g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (tree);

  state_request_complete_with_state (request, g_variant_new_from_bytes (G_VARIANT_TYPE_VARDICT,
                                                                        bytes, TRUE));
}

static void
test_update_answered_in_bytes (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk = test_set_add (set, "disk", NULL);
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_hook (disk, STATE_OPERATION_INSPECT, answer_in_bytes, NULL);
  test_unit_set_answer (disk, STATE_OPERATION_INSPECT, TEST_ANSWER_DROPPED);
  value = test_update (set->units, "disk/value", g_variant_new_string ("given"), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (g_variant_get_string (value, NULL), ==, "changed");
}

static void
test_late_answers (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *hung = test_set_add (set, "hung", NULL);
  g_autoptr (StateInspector) inspector = state_units_get_inspector (set->units);
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GVariant) later = NULL;

  test_unit_set_answer (hung, STATE_OPERATION_INSPECT, TEST_ANSWER_HELD);
  tree = look (inspector, NULL, 0, 10);
  test_assert_tree (tree, "hung/unit_state", "'stopped'");
  test_assert_tree (tree, "hung/unresolved", "true");
  test_unit_answer_held (hung);

  /* The next one finds it well. */
  test_unit_set_answer (hung, STATE_OPERATION_INSPECT, TEST_ANSWER_AT_ONCE);
  later = look (inspector, NULL, 0, G_MAXUINT);
  test_assert_tree (later, "hung/unresolved", "nothing");
  test_assert_tree (later, "hung/kind", "'test'");
}

static void
test_dropped_and_wrong_answers (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *dropper = test_set_add (set, "dropper", NULL);
  TestUnit *liar = test_set_add (set, "liar", NULL);
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (StateRequest) request = NULL;
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GVariant) of_dropper = NULL;
  g_autoptr (GVariant) of_liar = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_answer (dropper, STATE_OPERATION_INSPECT, TEST_ANSWER_DROPPED);
  test_unit_set_answer (liar, STATE_OPERATION_INSPECT, TEST_ANSWER_HELD);
  state_units_inspect_async (set->units, NULL, 0, G_MAXUINT, NULL, test_call_done, &call);
  request = test_unit_take_request (liar);
  test_allow_criticals (TRUE);
  state_request_complete_with_state (request, g_variant_new_int32 (7));
  test_allow_criticals (FALSE);
  tree = state_units_inspect_finish (set->units, test_call_wait (&call), &error);
  g_assert_no_error (error);
  test_assert_tree (tree, "dropper/unit_state", "'stopped'");
  test_assert_tree (tree, "liar/unit_state", "'stopped'");
  of_dropper = test_tree_get (tree, "dropper/inspect_error");
  of_liar = test_tree_get (tree, "liar/inspect_error");
  g_assert_nonnull (of_dropper);
  g_assert_nonnull (of_liar);
}

static void
test_outlives_the_set (void)
{
  g_autoptr (StateInspector) inspector = NULL;
  g_autoptr (GVariant) tree = NULL;

  {
    g_autoptr (TestSet) set = test_set_new ();

    test_set_add (set, "disk", NULL);
    inspector = state_units_get_inspector (set->units); /* holds it weakly */
  }
  tree = look (inspector, NULL, 0, 0);
  g_assert_cmpuint (g_variant_n_children (tree), ==, 0);
  g_assert_true (g_variant_is_of_type (tree, G_VARIANT_TYPE_VARDICT));
}

static void
look_from_thread (gpointer inspector, gpointer user_data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GVariant) tree = NULL;

  g_main_context_push_thread_default (context);
  tree = look (inspector, NULL, 0, G_MAXUINT);
  test_assert_tree (tree, "disk/value", "4");
  g_main_context_pop_thread_default (context);
}

static void
test_from_another_thread (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateInspector) inspector = state_units_get_inspector (set->units);

  test_unit_set_int (test_set_add (set, "disk", NULL), 4);
  test_in_thread (look_from_thread, inspector, NULL);
}

static void
test_cancelled (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *hung = test_set_add (set, "hung", NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_unit_set_answer (hung, STATE_OPERATION_INSPECT, TEST_ANSWER_HELD);
  state_units_inspect_async (set->units, NULL, 0, G_MAXUINT, cancellable, test_call_done, &call);
  test_wait_until (test_unit_has_request (hung));
  g_cancellable_cancel (cancellable);
  g_assert_null (state_units_inspect_finish (set->units, test_call_wait (&call), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_unit_answer_held (hung);
}

static void
test_discarded_meanwhile (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) hung = g_object_ref (test_set_add (set, "hung", NULL));
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_answer (hung, STATE_OPERATION_INSPECT, TEST_ANSWER_HELD);
  state_units_inspect_async (set->units, NULL, 0, G_MAXUINT, NULL, test_call_done, &call);
  test_wait_until (test_unit_has_request (hung));
  state_unit_handle_discard (test_set_get (set, "hung"));
  test_unit_answer_held (hung);
  tree = state_units_inspect_finish (set->units, test_call_wait (&call), &error);
  g_assert_no_error (error);
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/inspector/shows-the-set-and-its-units", test_tree);
  g_test_add_func ("/inspector/follows-paths", test_paths);
  g_test_add_func ("/inspector/nests-names", test_nested_names);
  g_test_add_func ("/inspector/the-fields-of-the-set-win", test_who_wins);
  g_test_add_func ("/inspector/goes-as-deep-as-asked", test_depth);
  g_test_add_func ("/inspector/changes-a-value", test_update_changes_a_value);
  g_test_add_func ("/inspector/changes-a-value-that-is-told-in-bytes",
                   test_update_answered_in_bytes);
  g_test_add_func ("/inspector/does-not-wait-for-the-hung", test_late_answers);
  g_test_add_func ("/inspector/shows-errors-in-their-place", test_dropped_and_wrong_answers);
  g_test_add_func ("/inspector/outlives-the-set", test_outlives_the_set);
  g_test_add_func ("/inspector/looks-from-another-thread", test_from_another_thread);
  g_test_add_func ("/inspector/can-be-cancelled", test_cancelled);
  g_test_add_func ("/inspector/bears-a-unit-that-leaves", test_discarded_meanwhile);
  return g_test_run ();
}
