/* SPDX-License-Identifier: MIT */

/* Saved states on their way back into a set. */

#include "test-set.h"

/* Adds a unit with a value, that is saved. */
static TestUnit *
add_with_value (TestSet *set, const char *name, const char *depends_on, int value)
{
  TestUnit *unit = test_set_add (set, name, depends_on, NULL);

  test_unit_set_int (unit, value);
  return unit;
}

static StateSnapshot *
save (TestSet *set)
{
  g_autoptr (GError) error = NULL;
  StateSnapshot *snapshot = test_save (set->units, &error);

  g_assert_no_error (error);
  test_journal_clear (set->journal);
  return snapshot;
}

static void
test_what_saved_nothing_is_left_out (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = add_with_value (set, "a", NULL, 1);
  TestUnit *b = test_set_add (set, "b", NULL);
  g_autoptr (StateSnapshot) snapshot = save (set);
  g_autoptr (GError) error = NULL;

  test_assert_strv (state_snapshot_list_names (snapshot), "a");
  g_assert_null (state_snapshot_lookup (snapshot, "b"));

  /* What the snapshot lacks stays as it is, and is asked to post-restore. */
  test_unit_set_int (a, 10);
  test_unit_set_int (b, 20);
  test_restore (set->units, snapshot, &error);
  g_assert_no_error (error);
  g_assert_cmpint (test_unit_get_int (a), ==, 1);
  g_assert_cmpint (test_unit_get_int (b), ==, 20);
  g_assert_cmpuint (test_unit_get_n_asked (b, STATE_OPERATION_RESTORE), ==, 0);
  g_assert_cmpuint (test_unit_get_n_asked (a, STATE_OPERATION_POST_RESTORE), ==, 1);
  g_assert_cmpuint (test_unit_get_n_asked (b, STATE_OPERATION_POST_RESTORE), ==, 1);
  test_assert_phase (set, "restore", "a:succeeded b:unchanged");
  test_assert_phase (set, "post-restore", "a:succeeded b:succeeded");
}

static void
test_into_a_set_made_anew (void)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  {
    g_autoptr (TestSet) set = test_set_new ();
    g_autoptr (StateSnapshot) snapshot = NULL;

    add_with_value (set, "a", NULL, 1);
    add_with_value (set, "b", "a", 2);
    snapshot = save (set);
    bytes = state_snapshot_to_bytes (snapshot);
  }

  {
    g_autoptr (TestSet) set = test_set_new ();
    g_autoptr (StateSnapshot) snapshot = state_snapshot_new_from_bytes (bytes, &error);

    g_assert_no_error (error);
    test_set_add (set, "a", NULL);
    test_set_add (set, "b", "a", NULL);
    test_restore (set->units, snapshot, &error);
    g_assert_no_error (error);
    g_assert_cmpint (test_unit_get_int (test_set_get_unit (set, "a")), ==, 1);
    g_assert_cmpint (test_unit_get_int (test_set_get_unit (set, "b")), ==, 2);
    test_start (set->units, &error);
    g_assert_no_error (error);
    test_assert_states (set, "a:running b:running");
  }
}

static void
test_states_during_restore (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = add_with_value (set, "a", NULL, 1);
  g_autoptr (StateSnapshot) snapshot = save (set);
  g_autoptr (GError) error = NULL;

  test_set_watch (set);
  test_unit_set_answers (a, TEST_ANSWER_LATER);
  test_restore (set->units, snapshot, &error);
  g_assert_no_error (error);
  g_assert_cmpint (test_journal_find (set->signals, "started:restore"), ==, 0);
  test_assert_before (set->signals, "started:restore", "a:stopped>restoring");
  g_assert_cmpuint (test_journal_count (set->signals, "finished:restore:succeeded"), ==, 1);
  test_assert_journal (set->journal, "a:restore a:restore! a:post-restore a:post-restore!");
}

static void
test_post_restoring (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = add_with_value (set, "a", NULL, 1);
  TestUnit *b = test_set_add (set, "b", NULL);
  g_autoptr (StateSnapshot) snapshot = save (set);
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_unit_set_answers (a, TEST_ANSWER_HELD);
  test_unit_set_answers (b, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_RESTORE, snapshot, NULL, &call);
  test_wait_until (test_unit_has_request (a));
  test_settle ();
  test_assert_states (set, "a:restoring b:stopped");
  g_assert_false (test_unit_has_request (b));

  test_unit_answer_held (a);
  test_wait_until (test_unit_has_request (a) && test_unit_has_request (b));
  test_assert_states (set, "a:post-restoring b:post-restoring");
  test_unit_answer_held (a);
  test_unit_answer_held (b);
  test_end (set->units, STATE_OPERATION_RESTORE, &call, NULL, &error);
  g_assert_no_error (error);
  test_assert_states (set, "a:stopped b:stopped");
}

static void
test_failed_restore (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *bad;
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  add_with_value (set, "good", NULL, 1);
  bad = add_with_value (set, "bad", NULL, 2);
  add_with_value (set, "behind", "bad", 3);
  test_set_add (set, "empty", NULL);
  snapshot = save (set);
  test_unit_fail (bad, STATE_OPERATION_RESTORE, "garbled");

  g_assert_false (test_restore (set->units, snapshot, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED, "restore failed: {bad: garbled}");
  test_assert_phase (set, "restore", "good:succeeded bad:failed behind:skipped empty:unchanged");
  g_assert_cmpint (test_journal_find (set->journal, "good:post-restore"), ==, -1);

  /* Half old, half new must not start. What had no state is as it was. */
  test_assert_states (set, "good:failed bad:failed behind:failed empty:stopped");
  g_assert_cmpstr (state_unit_handle_get_error (test_set_get (set, "bad"))->message, ==, "garbled");
  g_assert_nonnull (state_unit_handle_get_error (test_set_get (set, "good")));
  g_assert_error (state_unit_handle_get_error (test_set_get (set, "behind")), STATE_ERROR,
                  STATE_ERROR_DEPENDENCY_FAILED);
  g_assert_no_error (state_unit_handle_get_error (test_set_get (set, "empty")));
  g_assert_false (test_start (set->units, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_WRONG_STATE);
  test_assert_contains (error->message, "start refused: {good: ");
  test_assert_contains (error->message, "behind: ");
  g_clear_error (&error);

  /* The same snapshot, once the unit can read it, puts all of it right. */
  test_unit_set_answer (bad, STATE_OPERATION_RESTORE, TEST_ANSWER_AT_ONCE);
  test_restore (set->units, snapshot, &error);
  g_assert_no_error (error);
  test_assert_states (set, "good:stopped bad:stopped behind:stopped empty:stopped");
}

static void
test_failed_post_restore (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *bad;
  TestUnit *empty;
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  add_with_value (set, "good", NULL, 1);
  bad = add_with_value (set, "bad", NULL, 2);
  empty = test_set_add (set, "empty", NULL);
  snapshot = save (set);
  test_unit_fail (bad, STATE_OPERATION_POST_RESTORE, "no peer");
  test_unit_fail (empty, STATE_OPERATION_POST_RESTORE, "no clue");

  g_assert_false (test_restore (set->units, snapshot, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED,
                     "restore failed: {bad: no peer, empty: no clue}");
  test_assert_phase (set, "restore", "good:succeeded bad:succeeded empty:unchanged");
  test_assert_phase (set, "post-restore", "good:succeeded bad:failed empty:failed");
  test_assert_states (set, "good:stopped bad:failed empty:failed");
}

static void
test_failed_needs_a_state (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = add_with_value (set, "a", NULL, 1);
  g_autoptr (StateSnapshot) snapshot = save (set);
  g_autoptr (StateSnapshot) without = state_snapshot_without_unit (snapshot, "a");
  g_autoptr (GError) error = NULL;

  test_unit_fail (a, STATE_OPERATION_RESET, "half done");
  g_assert_false (test_reset (set->units, &error));
  g_clear_error (&error);
  test_assert_states (set, "a:failed");

  g_assert_false (test_restore (set->units, without, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_WRONG_STATE);
  test_assert_contains (error->message, "restore refused: {a: ");
  g_clear_error (&error);
  g_assert_cmpuint (test_unit_get_n_asked (a, STATE_OPERATION_POST_RESTORE), ==, 0);

  test_restore (set->units, snapshot, &error);
  g_assert_no_error (error);
  test_assert_states (set, "a:stopped");
}

static void
test_unknown_names (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (StateSnapshot) one = NULL;
  g_autoptr (StateSnapshot) two = NULL;
  g_autoptr (GError) error = NULL;

  add_with_value (set, "a", NULL, 1);
  snapshot = save (set);
  one = state_snapshot_with_unit (snapshot, "ghost", 0, g_variant_new_int32 (1));
  two = state_snapshot_with_unit (one, "phantom", 0, g_variant_new_int32 (2));

  g_assert_false (test_restore (set->units, two, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_UNKNOWN_UNIT);
  test_assert_contains (error->message, "unknown unit name");
  test_assert_contains (error->message, "ghost");
  test_assert_contains (error->message, "phantom");
  test_assert_journal (set->journal, "");
  test_assert_states (set, "a:stopped");
}

static TestUnit *
add_disk_once_called_ide (TestSet *set)
{
  g_autoptr (TestUnit) disk = test_unit_new ("disk", set->journal);
  StateUnitBuilder *builder = state_units_add (set->units, "disk");
  g_autoptr (GError) error = NULL;

  state_unit_builder_add_alias (builder, "ide");
  state_unit_builder_add_alias (builder, "mfm");
  state_unit_builder_build (builder, STATE_UNIT (disk), &error);
  g_assert_no_error (error);
  return disk;
}

static void
test_aliases (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk = add_disk_once_called_ide (set);
  g_autoptr (StateSnapshot) empty = state_snapshot_new ();
  g_autoptr (StateSnapshot) ide =
      state_snapshot_with_unit (empty, "ide", 0, g_variant_new_int32 (1));
  g_autoptr (StateSnapshot) mfm =
      state_snapshot_with_unit (empty, "mfm", 0, g_variant_new_int32 (2));
  g_autoptr (StateSnapshot) saved = NULL;
  g_autoptr (GError) error = NULL;

  test_restore (set->units, ide, &error);
  g_assert_no_error (error);
  g_assert_cmpint (test_unit_get_int (disk), ==, 1);
  test_restore (set->units, mfm, &error);
  g_assert_no_error (error);
  g_assert_cmpint (test_unit_get_int (disk), ==, 2);

  saved = save (set);
  test_assert_strv (state_snapshot_list_names (saved), "disk");
}

static void
test_name_and_alias (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateSnapshot) empty = state_snapshot_new ();
  g_autoptr (StateSnapshot) ide =
      state_snapshot_with_unit (empty, "ide", 0, g_variant_new_int32 (1));
  g_autoptr (StateSnapshot) both =
      state_snapshot_with_unit (ide, "disk", 0, g_variant_new_int32 (2));
  g_autoptr (StateSnapshot) two_aliases =
      state_snapshot_with_unit (ide, "mfm", 0, g_variant_new_int32 (3));
  g_autoptr (GError) error = NULL;

  add_disk_once_called_ide (set);
  g_assert_false (test_restore (set->units, both, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_DUPLICATE_UNIT);
  test_assert_contains (error->message, "disk");
  g_clear_error (&error);
  g_assert_false (test_restore (set->units, two_aliases, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_DUPLICATE_UNIT);
  g_clear_error (&error);
  test_assert_journal (set->journal, "");
}

static void
note_version (TestUnit *unit, StateRequest *request, gpointer version)
{
  *(guint *) version = state_request_get_state_version (request);
}

static void
test_versions (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) disk = test_unit_new ("disk", set->journal);
  StateUnitBuilder *builder = state_units_add (set->units, "disk");
  guint version = G_MAXUINT;
  g_autoptr (StateSnapshot) saved = NULL;
  g_autoptr (GError) error = NULL;

  add_with_value (set, "other", NULL, 9);
  state_unit_builder_set_state_version (builder, 5, 3);
  state_unit_builder_build (builder, STATE_UNIT (disk), &error);
  g_assert_no_error (error);
  test_unit_set_int (disk, 1);
  test_unit_set_hook (disk, STATE_OPERATION_SAVE, note_version, &version);
  saved = save (set);
  g_assert_cmpuint (version, ==, 5);
  g_assert_cmpuint (state_snapshot_get_version (saved, "disk"), ==, 5);
  g_assert_cmpuint (state_snapshot_get_version (saved, "other"), ==, 0);

  test_unit_set_hook (disk, STATE_OPERATION_RESTORE, note_version, &version);
  for (guint old = 2; old <= 6; old++)
    {
      g_autoptr (StateSnapshot) snapshot =
          state_snapshot_with_unit (saved, "disk", old, g_variant_new_int32 (old));

      g_test_message ("a state of version %u", old);
      test_journal_clear (set->journal);
      version = G_MAXUINT;
      test_restore (set->units, snapshot, &error);
      if (old >= 3 && old <= 5)
        {
          g_assert_no_error (error);
          g_assert_cmpuint (version, ==, old);
          g_assert_cmpint (test_unit_get_int (disk), ==, (int) old);
        }
      else
        {
          g_assert_error (error, STATE_ERROR, STATE_ERROR_VERSION);
          test_assert_contains (error->message, "disk");
          g_clear_error (&error);
          test_assert_journal (set->journal, "");
          test_assert_states (set, "disk:stopped other:stopped");
        }
    }
}

static void
test_order_through_a_unit_without_state (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = add_with_value (set, "a", NULL, 1);
  TestUnit *c;
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "b", "a", NULL);
  c = add_with_value (set, "c", "b", 3);
  snapshot = save (set);

  test_unit_set_answers (a, TEST_ANSWER_LATER);
  test_restore (set->units, snapshot, &error);
  g_assert_no_error (error);
  test_assert_before (set->journal, "a:restore!", "c:restore");

  /* A failure goes the same way. */
  test_journal_clear (set->journal);
  test_unit_fail (a, STATE_OPERATION_RESTORE, "garbled");
  g_assert_false (test_restore (set->units, snapshot, &error));
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED, "restore failed: {a: garbled}");
  test_assert_phase (set, "restore", "a:failed c:skipped");
  g_assert_cmpuint (test_unit_get_n_asked (c, STATE_OPERATION_RESTORE), ==, 1);
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/restore/what-saved-nothing-stays-as-it-is",
                   test_what_saved_nothing_is_left_out);
  g_test_add_func ("/restore/into-a-set-made-anew", test_into_a_set_made_anew);
  g_test_add_func ("/restore/one-transition-of-two-phases", test_states_during_restore);
  g_test_add_func ("/restore/post-restore-asks-all-once-all-are-restored", test_post_restoring);
  g_test_add_func ("/restore/a-failure-leaves-nothing-half-old", test_failed_restore);
  g_test_add_func ("/restore/a-failed-post-restore-leaves-failed", test_failed_post_restore);
  g_test_add_func ("/restore/a-failed-unit-needs-a-state", test_failed_needs_a_state);
  g_test_add_func ("/restore/unknown-names-are-refused", test_unknown_names);
  g_test_add_func ("/restore/old-names-restore", test_aliases);
  g_test_add_func ("/restore/a-name-and-its-alias-are-refused", test_name_and_alias);
  g_test_add_func ("/restore/versions-are-checked-first", test_versions);
  g_test_add_func ("/restore/order-and-failure-go-through-a-unit-without-state",
                   test_order_through_a_unit_without_state);
  return g_test_run ();
}
