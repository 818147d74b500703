/* SPDX-License-Identifier: MIT */

/* The set as a collection, and what can be read from it. */

#include "test-set.h"

static void
test_lookup (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  StateUnitBuilder *builder;
  StateUnitHandle *disk;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "net", NULL);
  builder = state_units_add (set->units, "disk");
  state_unit_builder_add_alias (builder, "ide");
  disk = state_unit_builder_build (builder, NULL, &error);
  g_assert_no_error (error);

  g_assert_true (state_units_lookup (set->units, "disk") == disk);
  g_assert_cmpstr (state_unit_handle_get_name (disk), ==, "disk");
  g_assert_null (state_units_lookup (set->units, "Disk"));
  g_assert_null (state_units_lookup (set->units, ""));
  g_assert_null (state_units_lookup (set->units, "ide")); /* by name, not by alias */

  state_unit_handle_discard (disk);
  g_assert_null (state_units_lookup (set->units, "disk"));
}

static void
on_items_changed (GListModel *model,
                  guint position,
                  guint removed,
                  guint added,
                  TestJournal *journal)
{
  test_journal_add (journal, "%u-%u+%u", position, removed, added);
}

static void
test_list_model (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  GListModel *model = G_LIST_MODEL (set->units);
  const char *const names[] = { "zeta", "alpha", "mid" };
  guint n_items;
  GType item_type;

  g_assert_true (g_list_model_get_item_type (model) == STATE_TYPE_UNIT_HANDLE);
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, 0);
  g_assert_null (g_list_model_get_object (model, 0));
  g_signal_connect (model, "items-changed", G_CALLBACK (on_items_changed), set->signals);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    test_set_add (set, names[i], NULL);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (StateUnitHandle) handle = g_list_model_get_item (model, i);

      g_assert_cmpstr (state_unit_handle_get_name (handle), ==, names[i]);
      g_assert_true (handle == state_units_lookup (set->units, names[i]));
    }
  g_assert_null (g_list_model_get_object (model, 3));
  g_object_get (model, "n-items", &n_items, "item-type", &item_type, NULL);
  g_assert_cmpuint (n_items, ==, 3);
  g_assert_true (item_type == STATE_TYPE_UNIT_HANDLE);

  state_unit_handle_discard (test_set_get (set, "alpha"));
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, 2);
  test_assert_journal (set->signals, "0-0+1 1-0+1 2-0+1 1-1+0");
  g_signal_handlers_disconnect_by_data (model, set->signals);
}

static void
test_add_unit (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestSet) other_set = test_set_new ();
  g_autoptr (TestUnit) disk = test_unit_new ("disk", set->journal);
  g_autoptr (TestUnit) net = test_unit_new ("net", set->journal);
  const char *const depends_on[] = { "bus", "clock", NULL };
  const char *const depends_on_unknown[] = { "bus", "nothing", NULL };
  StateUnitHandle *handle;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "bus", NULL);
  test_set_add (set, "clock", NULL);
  handle = state_units_add_unit (set->units, "disk", STATE_UNIT (disk), depends_on, &error);
  g_assert_no_error (error);
  g_assert_true (state_unit_handle_get_unit (handle) == STATE_UNIT (disk));
  test_assert_strv (state_unit_handle_get_dependencies (handle), "bus clock");
  test_assert_strv (state_unit_handle_get_dependents (test_set_get (set, "bus")), "disk");
  test_assert_states (set, "disk:stopped");

  g_assert_null (
      state_units_add_unit (set->units, "net", STATE_UNIT (net), depends_on_unknown, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_UNKNOWN_UNIT);
  test_assert_contains (error->message, "nothing");
  g_clear_error (&error);
  g_assert_null (state_units_lookup (set->units, "net"));
  test_assert_strv (state_unit_handle_get_dependents (test_set_get (set, "bus")), "disk");

  g_assert_null (state_units_add_unit (set->units, "disk", STATE_UNIT (net), NULL, &error));
  test_assert_error (error, STATE_ERROR_NAME_IN_USE, "state unit name disk is in use");

  g_assert_null (state_units_add_unit (set->units, "disk2", STATE_UNIT (disk), NULL, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_UNIT_IN_USE);
  g_clear_error (&error);
  g_assert_null (state_units_add_unit (other_set->units, "disk", STATE_UNIT (disk), NULL, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_UNIT_IN_USE);
  g_clear_error (&error);

  /* Once it has left, it can go elsewhere. */
  state_unit_handle_discard (handle);
  test_set_add_object (other_set, "disk", disk);
  state_unit_handle_discard (test_set_get (other_set, "disk"));
}

static void
test_names (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GError) error = NULL;
  const char *const good[] = { "a",   "lines/irq", "lines", "with space", "émetteur",
                               "x,y", "a.b-c_d",   "{",     "nvme:vpci",  "unit_state" };
  const char *const bad[] = { "",
                              "/",
                              "/front",
                              "back/",
                              "mid//dle",
                              "\xff\xfe",
                              "good/\xc3",
                              "lines/unit_state",
                              "lines/dependencies",
                              "lines/dependents",
                              "lines/error",
                              "lines/waiting_on",
                              "lines/unresolved/irq",
                              "lines/inspect_error" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      test_set_add (set, good[i], NULL);
      g_assert_nonnull (state_units_lookup (set->units, good[i]));
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_test_message ("the bad name %u", i);
      g_assert_null (state_unit_builder_build (state_units_add (set->units, bad[i]), NULL, &error));
      g_assert_error (error, STATE_ERROR, STATE_ERROR_INVALID_NAME);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      g_clear_error (&error);
    }
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (set->units)), ==, G_N_ELEMENTS (good));
}

static void
test_main_context (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (StateUnits) units = NULL;
  g_autoptr (StateUnits) default_units = state_units_new ();

  g_main_context_push_thread_default (context);
  units = state_units_new ();
  g_main_context_pop_thread_default (context);
  g_assert_true (state_units_get_main_context (units) == context);
  g_assert_true (state_units_get_main_context (default_units) == g_main_context_default ());
}

static void
test_empty_set (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_false (state_units_is_running (set->units));
  test_start (set->units, &error);
  g_assert_no_error (error);
  g_assert_true (state_units_is_running (set->units));
  test_stop (set->units, &error);
  g_assert_no_error (error);
  g_assert_false (state_units_is_running (set->units));

  snapshot = test_save (set->units, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (state_snapshot_get_n_units (snapshot), ==, 0);
  test_restore (set->units, snapshot, &error);
  g_assert_no_error (error);
  test_reset (set->units, &error);
  g_assert_no_error (error);

  tree = test_inspect (set->units, NULL, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_n_children (tree), ==, 0);
}

static void
note_running (GObject *object, GParamSpec *pspec, gpointer user_data)
{
  gboolean running;

  g_object_get (object, "running", &running, NULL);
  test_journal_add (user_data, "%s", running ? "running" : "not");
}

static void
test_running (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  TestUnit *b = test_set_add (set, "b", NULL);
  g_autoptr (GError) error = NULL;

  g_signal_connect (set->units, "notify::running", G_CALLBACK (note_running), set->signals);

  /* A start that failed, with nothing that may run. */
  test_unit_fail (a, STATE_OPERATION_START, "broken");
  test_unit_fail (b, STATE_OPERATION_START, "broken");
  g_assert_false (test_start (set->units, &error));
  g_clear_error (&error);
  g_assert_false (state_units_is_running (set->units));

  /* A start that failed, with something that runs. */
  test_unit_set_answer (b, STATE_OPERATION_START, TEST_ANSWER_AT_ONCE);
  g_assert_false (test_start (set->units, &error));
  g_clear_error (&error);
  g_assert_true (state_units_is_running (set->units));

  /* A stop that failed, with something that may run. */
  test_unit_fail (b, STATE_OPERATION_STOP, "stuck");
  g_assert_false (test_stop (set->units, &error));
  g_clear_error (&error);
  g_assert_true (state_units_is_running (set->units));

  test_unit_set_answer (b, STATE_OPERATION_STOP, TEST_ANSWER_AT_ONCE);
  test_stop (set->units, &error);
  g_assert_no_error (error);
  g_assert_false (state_units_is_running (set->units));
  test_assert_journal (set->signals, "running not");
  g_signal_handlers_disconnect_by_data (set->units, set->signals);
}

static void
test_running_is_of_the_whole_set (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  g_autoptr (GError) error = NULL;

  test_start (set->units, &error);
  g_assert_no_error (error);
  state_unit_ended (STATE_UNIT (a), NULL);
  test_settle ();
  test_assert_states (set, "a:stopped");
  g_assert_true (state_units_is_running (set->units));
}

/* "start stop reset save restore", as far as they are allowed. */
static char *
words_for (StateOperationFlags flags)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new ();

  g_assert_true (flags & STATE_OPERATION_FLAGS_INSPECT);
  for (guint i = STATE_OPERATION_START; i <= STATE_OPERATION_RESTORE; i++)
    if (flags & (1u << i))
      g_ptr_array_add (words, (char *) state_operation_to_string (i));
  g_ptr_array_add (words, NULL);
  return g_strjoinv (" ", (char **) words->pdata);
}

#define assert_allowed(object, expected)                          \
  G_STMT_START                                                    \
  {                                                               \
    StateOperationFlags flags_;                                   \
    g_autofree char *words_ = NULL;                               \
    g_object_get ((object), "allowed-operations", &flags_, NULL); \
    words_ = words_for (flags_);                                  \
    g_assert_cmpstr (words_, ==, (expected));                     \
  }                                                               \
  G_STMT_END

static void
test_allowed_operations (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk = test_set_add (set, "disk", NULL);
  StateUnitHandle *handle = test_set_get (set, "disk");
  g_autoptr (GError) error = NULL;

  assert_allowed (handle, "start stop reset save restore");
  assert_allowed (set->units, "start stop reset save restore");
  g_assert_cmpuint (state_units_get_allowed_operations (set->units), ==,
                    state_unit_handle_get_allowed_operations (handle));

  test_start (set->units, &error);
  g_assert_no_error (error);
  assert_allowed (handle, "start stop");
  assert_allowed (set->units, "start stop");

  /* Another one that is stopped allows no more, for the set. */
  test_set_add (set, "net", NULL);
  assert_allowed (test_set_get (set, "net"), "start stop reset save restore");
  assert_allowed (set->units, "start stop");
  state_unit_handle_discard (test_set_get (set, "net"));

  /* It may run. */
  test_unit_fail (disk, STATE_OPERATION_STOP, "stuck");
  g_assert_false (test_stop (set->units, &error));
  g_clear_error (&error);
  assert_allowed (handle, "stop");
  assert_allowed (set->units, "stop");

  /* Its contents are undefined. */
  test_unit_set_answer (disk, STATE_OPERATION_STOP, TEST_ANSWER_AT_ONCE);
  test_stop (set->units, &error);
  g_assert_no_error (error);
  test_unit_fail (disk, STATE_OPERATION_RESET, "half done");
  g_assert_false (test_reset (set->units, &error));
  g_clear_error (&error);
  assert_allowed (handle, "stop reset restore");

  /* It did not start. */
  test_unit_set_answer (disk, STATE_OPERATION_RESET, TEST_ANSWER_AT_ONCE);
  test_reset (set->units, &error);
  g_assert_no_error (error);
  test_unit_fail (disk, STATE_OPERATION_START, "no power");
  g_assert_false (test_start (set->units, &error));
  g_clear_error (&error);
  assert_allowed (handle, "start stop reset restore");
}

static void
note_allowed (GObject *object, GParamSpec *pspec, gpointer count)
{
  ++*(guint *) count;
}

static void
test_allowed_operations_notify (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  guint n_of_handle = 0;
  guint n_of_set = 0;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "disk", NULL);
  g_signal_connect (test_set_get (set, "disk"), "notify::allowed-operations",
                    G_CALLBACK (note_allowed), &n_of_handle);
  g_signal_connect (set->units, "notify::allowed-operations", G_CALLBACK (note_allowed), &n_of_set);
  test_start (set->units, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n_of_handle, >, 0);
  g_assert_cmpuint (n_of_set, >, 0);
  g_signal_handlers_disconnect_by_data (set->units, &n_of_set);
}

static void
test_start_stopped_units (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  g_autoptr (GError) error = NULL;

  /* The set is not to run: nothing is done. */
  g_assert_true (test_start_stopped (set->units, &error));
  g_assert_no_error (error);
  test_assert_journal (set->journal, "");

  test_start (set->units, &error);
  g_assert_no_error (error);
  state_unit_ended (STATE_UNIT (a), NULL);
  test_settle ();
  test_set_add (set, "b", "a", NULL);
  test_assert_states (set, "a:stopped b:stopped");

  test_journal_clear (set->journal);
  g_assert_true (test_start_stopped (set->units, &error));
  g_assert_no_error (error);
  test_assert_journal (set->journal, "a:start a:start! b:start b:start!");

  /* Those that run are left alone. */
  test_journal_clear (set->journal);
  test_set_add (set, "c", "b", NULL);
  g_assert_true (test_start_stopped (set->units, &error));
  g_assert_no_error (error);
  test_assert_journal (set->journal, "c:start c:start!");
}

static void
test_start_stopped_units_skips (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *stuck = test_set_add (set, "stuck", NULL);
  g_autoptr (GError) error = NULL;

  test_set_add (set, "user", "stuck", NULL);
  test_set_add (set, "free", NULL);
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_unit_fail (stuck, STATE_OPERATION_STOP, "stuck");
  g_assert_false (test_stop (set->units, &error));
  g_clear_error (&error);
  test_assert_states (set, "stuck:failed user:stopped free:stopped");
  g_assert_true (state_units_is_running (set->units)); /* something may run */

  /* What cannot start is left alone, and what requires it is skipped. */
  test_journal_clear (set->journal);
  g_assert_false (test_start_stopped (set->units, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  test_assert_contains (error->message, "user");
  g_clear_error (&error);
  test_assert_journal (set->journal, "free:start free:start!");
  test_assert_outcomes (set, "user:skipped free:succeeded");
  test_assert_states (set, "stuck:failed user:stopped free:running");

  /* Without anybody to skip, it succeeds. */
  state_unit_handle_discard (test_set_get (set, "user"));
  g_assert_true (test_start_stopped (set->units, &error));
  g_assert_no_error (error);
  test_assert_states (set, "stuck:failed free:running");
}

static void
note_callback (GObject *source, GAsyncResult *result, gpointer signals)
{
  g_autoptr (GError) error = NULL;

  state_units_start_finish (STATE_UNITS (source), result, &error);
  g_assert_no_error (error);
  test_journal_add (signals, "callback");
}

static void
test_order_of_signals (void)
{
  g_autoptr (TestSet) set = test_set_new ();

  test_set_add (set, "a", NULL);
  test_set_add (set, "b", "a", NULL);
  test_set_watch (set);
  state_units_start_async (set->units, NULL, note_callback, set->signals);
  test_wait_until (test_journal_find (set->signals, "callback") >= 0);
  test_assert_journal (set->signals, "started:start "
                                     "a:stopped>starting a:starting>running "
                                     "b:stopped>starting b:starting>running "
                                     "finished:start:succeeded callback");
}

static void
check_state (StateUnits *units,
             StateUnitHandle *handle,
             StateUnitState old_state,
             StateUnitState new_state,
             gpointer user_data)
{
  g_assert_cmpint (state_unit_handle_get_state (handle), ==, new_state);
  g_assert_cmpint (old_state, !=, new_state);
}

static void
check_current (StateUnits *units, StateTransition *transition, gpointer user_data)
{
  g_assert_true (state_units_get_current_transition (units) == transition);
  g_assert_true (state_units_get_last_transition (units) == transition);
  g_assert_cmpint (state_transition_get_status (transition), ==, STATE_TRANSITION_STATUS_RUNNING);
}

static void
check_last (StateUnits *units, StateTransition *transition, gpointer user_data)
{
  g_assert_true (state_units_get_last_transition (units) == transition);
  g_assert_cmpint (state_transition_get_status (transition), ==, STATE_TRANSITION_STATUS_SUCCEEDED);
  g_assert_true (state_units_is_running (units));
}

static void
note_property (GObject *object, GParamSpec *pspec, gpointer signals)
{
  test_journal_add (signals, "%s", pspec->name);
}

static void
test_changes_are_complete_when_told (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  StateTransition *last;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  g_assert_null (state_units_get_current_transition (set->units));
  g_assert_null (state_units_get_last_transition (set->units));
  g_signal_connect (set->units, "unit-state-changed", G_CALLBACK (check_state), set);
  g_signal_connect (set->units, "transition-started", G_CALLBACK (check_current), set);
  g_signal_connect (set->units, "transition-finished", G_CALLBACK (check_last), set);
  g_signal_connect (set->units, "notify::current-transition", G_CALLBACK (note_property),
                    set->signals);
  g_signal_connect (set->units, "notify::last-transition", G_CALLBACK (note_property),
                    set->signals);

  test_start (set->units, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (test_journal_count (set->signals, "current-transition"), ==, 2);
  g_assert_cmpuint (test_journal_count (set->signals, "last-transition"), ==, 1);

  g_assert_null (state_units_get_current_transition (set->units));
  last = state_units_get_last_transition (set->units);
  g_assert_nonnull (last);
  test_assert_outcomes (set, "a:succeeded");
  g_signal_handlers_disconnect_by_data (set->units, set->signals);
}

static void
test_to_dot (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autofree char *dot = NULL;

  test_set_add_diamond (set);
  test_set_add (set, "the \"quoted\" one", "d", NULL);
  dot = state_units_to_dot (set->units);
  test_assert_contains (dot, "digraph");
  test_assert_contains (dot, "\"a\"");
  test_assert_contains (dot, "->");
  test_assert_contains (dot, "\\\"quoted\\\"");
  g_assert_cmpint (dot[strlen (dot) - 1], ==, '\n');
}

/* Whoever lets go of a set in the middle of things leaves nothing behind. */
static void
test_let_go_of_while_running (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_assert_states (set, "a:running b:running c:running d:running");
}

static void
test_let_go_of_during_an_operation (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *b;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  b = test_set_get_unit (set, "b");
  test_unit_set_answer (b, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (test_unit_has_request (b));

  /* The operation goes on, and then the set is gone. */
  g_object_unref (set->units);
  test_unit_answer_held (b);
  test_call_wait (&call);
  g_object_ref (set->units);
  test_end (set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_no_error (error);
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/units/looks-up-by-name", test_lookup);
  g_test_add_func ("/units/is-a-list-in-order-of-addition", test_list_model);
  g_test_add_func ("/units/add-unit-adds-all-or-nothing", test_add_unit);
  g_test_add_func ("/units/checks-names", test_names);
  g_test_add_func ("/units/belongs-to-the-context-it-was-made-in", test_main_context);
  g_test_add_func ("/units/an-empty-set-can-do-everything", test_empty_set);
  g_test_add_func ("/units/running-follows-start-and-stop", test_running);
  g_test_add_func ("/units/running-is-of-the-whole-set", test_running_is_of_the_whole_set);
  g_test_add_func ("/units/tells-what-would-not-be-refused", test_allowed_operations);
  g_test_add_func ("/units/allowed-operations-notify", test_allowed_operations_notify);
  g_test_add_func ("/units/start-stopped-units-starts-the-stopped", test_start_stopped_units);
  g_test_add_func ("/units/start-stopped-units-leaves-alone-and-skips",
                   test_start_stopped_units_skips);
  g_test_add_func ("/units/signals-come-in-order", test_order_of_signals);
  g_test_add_func ("/units/changes-are-complete-when-told", test_changes_are_complete_when_told);
  g_test_add_func ("/units/draws-itself", test_to_dot);
  g_test_add_func ("/units/let-go-of-while-running", test_let_go_of_while_running);
  g_test_add_func ("/units/let-go-of-during-an-operation", test_let_go_of_during_an_operation);
  return g_test_run ();
}
