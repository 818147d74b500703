/* SPDX-License-Identifier: MIT */

/* What may be done from which thread, and where units are called. */

#include "test-set.h"

/* --- Only in the set's context --- */

typedef void (*Elsewhere) (TestSet *set, StateUnitHandle *handle);

static void
add (TestSet *set, StateUnitHandle *handle)
{
  g_assert_null (state_units_add (set->units, "b"));
}

static void
lookup (TestSet *set, StateUnitHandle *handle)
{
  g_assert_null (state_units_lookup (set->units, "a"));
}

static void
is_running (TestSet *set, StateUnitHandle *handle)
{
  g_assert_false (state_units_is_running (set->units));
}

static void
allowed_operations (TestSet *set, StateUnitHandle *handle)
{
  g_assert_cmpuint (state_units_get_allowed_operations (set->units), ==, 0);
}

static void
last_transition (TestSet *set, StateUnitHandle *handle)
{
  g_assert_null (state_units_get_last_transition (set->units));
}

static void
to_dot (TestSet *set, StateUnitHandle *handle)
{
  g_assert_null (state_units_to_dot (set->units));
}

static void
n_items (TestSet *set, StateUnitHandle *handle)
{
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (set->units)), ==, 0);
}

static void
discard (TestSet *set, StateUnitHandle *handle)
{
  state_unit_handle_discard (handle);
}

static void
get_state (TestSet *set, StateUnitHandle *handle)
{
  g_assert_cmpint (state_unit_handle_get_state (handle), ==, 0);
}

static void
get_unit (TestSet *set, StateUnitHandle *handle)
{
  g_assert_null (state_unit_handle_get_unit (handle));
}

static const Elsewhere elsewhere[] = { add,       lookup,  is_running, allowed_operations,
                                       to_dot,    n_items, discard,    last_transition,
                                       get_state, get_unit };

static void
do_elsewhere (gpointer set, gpointer handle)
{
  for (guint i = 0; i < G_N_ELEMENTS (elsewhere); i++)
    {
      test_expect_critical ("*");
      elsewhere[i](set, handle);
      test_assert_expected ();
    }
}

static void
test_elsewhere_is_a_critical (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_in_thread (do_elsewhere, set, test_set_get (set, "a"));

  /* And nothing has happened. */
  test_assert_states (set, "a:running b:gone");
  g_assert_true (state_units_is_running (set->units));
}

static void
build_elsewhere (gpointer builder, gpointer unit)
{
  StateUnitReceiver *receiver = NULL;

  test_expect_critical ("*");
  g_assert_null (state_unit_builder_build (g_object_ref (builder), unit, NULL));
  test_assert_expected ();
  test_expect_critical ("*");
  g_assert_null (state_unit_builder_spawn (g_object_ref (builder), unit, NULL));
  test_assert_expected ();
  test_expect_critical ("*");
  g_assert_null (state_unit_builder_build_receiver (g_object_ref (builder), &receiver, NULL));
  test_assert_expected ();
  g_assert_null (receiver);
}

static void
test_build_elsewhere (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateUnitBuilder) builder = state_units_add (set->units, "a");
  g_autoptr (TestUnit) unit = test_unit_new ("a", set->journal);

  test_in_thread (build_elsewhere, builder, unit);
  test_assert_states (set, "a:gone");
}

/* --- From any thread --- */

static void
start_and_stop_here (gpointer user_data, gpointer thread)
{
  StateUnits *units = user_data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_auto (TestCall) start = TEST_CALL_INIT;
  g_auto (TestCall) stop = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  g_main_context_push_thread_default (context);
  state_units_start_async (units, NULL, test_call_done, &start);
  state_units_stop_async (units, NULL, test_call_done, &stop);
  state_units_stop_finish (units, test_call_wait (&stop), &error);
  g_assert_no_error (error);
  state_units_start_finish (units, test_call_wait (&start), &error);
  g_assert_no_error (error);

  /* The callback runs where it was asked for. */
  g_assert_true (start.thread == g_thread_self ());
  g_assert_true (stop.thread == g_thread_self ());
  g_assert_true (start.thread != thread);
  g_main_context_pop_thread_default (context);
}

static void
note_thread (StateUnits *units, StateTransition *transition, gpointer thread)
{
  g_assert_true (thread == g_thread_self ());
}

static void
test_asked_for_from_a_thread (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);

  /* Units and signals stay in the context of the set. */
  g_signal_connect (set->units, "transition-finished", G_CALLBACK (note_thread), g_thread_self ());
  test_in_thread (start_and_stop_here, set->units, g_thread_self ());
  g_assert_true (test_unit_get_thread (a) == g_thread_self ());
  test_assert_journal (set->journal, "a:start a:start! a:stop a:stop!");
  g_signal_handlers_disconnect_by_data (set->units, g_thread_self ());
}

static gpointer
start_and_stop_many_times (gpointer units)
{
  for (guint i = 0; i < 50; i++)
    start_and_stop_here (units, NULL);
  return NULL;
}

static void
ask_from_four_threads (gpointer units, gpointer user_data)
{
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("asks", start_and_stop_many_times, units);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

static void
test_many_threads (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *name = g_strdup_printf ("spawned%u", i);
      g_autoptr (TestUnit) unit = test_unit_new (name, set->journal);

      test_unit_set_answers (unit, i % 2 ? TEST_ANSWER_FROM_THREAD : TEST_ANSWER_LATER);
      state_unit_builder_spawn (state_units_add (set->units, name), STATE_UNIT (unit), &error);
      g_assert_no_error (error);
    }
  test_unit_set_answers (test_set_get_unit (set, "a"), TEST_ANSWER_FROM_THREAD);
  test_unit_set_answers (test_set_get_unit (set, "b"), TEST_ANSWER_LATER);

  test_in_thread (ask_from_four_threads, set->units, NULL);
  test_stop (set->units, &error);
  g_assert_no_error (error);
  test_assert_states (set, "a:stopped d:stopped spawned0:stopped spawned3:stopped");
}

static void
run_here (gpointer user_data, gpointer unused)
{
  StateTransition *transition = user_data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  g_main_context_push_thread_default (context);
  state_transition_run_async (transition, NULL, test_call_done, &call);
  state_transition_run_finish (transition, test_call_wait (&call), &error);
  g_assert_no_error (error);
  g_assert_true (call.thread == g_thread_self ());
  g_main_context_pop_thread_default (context);
}

static void
test_transition_run_from_a_thread (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) start = state_transition_new (set->units, STATE_OPERATION_START);

  test_set_add (set, "a", NULL);
  test_in_thread (run_here, start, NULL);
  test_assert_states (set, "a:running");
}

static void
report_progress (gpointer request, gpointer user_data)
{
  for (guint i = 1; i <= 100; i++)
    state_request_set_progress (request, i / 200.0, "from afar");
}

static void
test_progress_from_a_thread (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (StateRequest) request = NULL;
  StateTransition *current;

  test_unit_set_answer (a, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  request = test_unit_take_request (a);
  current = state_units_get_current_transition (set->units);
  test_in_thread (report_progress, request, NULL);
  test_wait_until (state_transition_get_progress (current) == 0.5);
  test_request_answer (request);
  test_call_wait (&call);
}

/* --- Where units are called --- */

static void
test_main_context_of_another_thread (void)
{
  g_autoptr (TestThread) thread = test_thread_new ();
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) far = test_unit_new ("far", set->journal);
  StateUnitBuilder *builder = state_units_add (set->units, "far");
  TestUnit *near;
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GError) error = NULL;

  state_unit_builder_set_main_context (builder, test_thread_get_context (thread));
  state_unit_builder_build (builder, STATE_UNIT (far), &error);
  g_assert_no_error (error);
  near = test_set_add (set, "near", "far", NULL);
  test_unit_set_int (far, 1);
  test_unit_set_answers (far, TEST_ANSWER_LATER);

  test_start (set->units, &error);
  g_assert_no_error (error);
  g_assert_true (test_unit_get_thread (far) == test_thread_get_thread (thread));
  g_assert_true (test_unit_get_thread (near) == g_thread_self ());
  test_assert_before (set->journal, "far:start!", "near:start");

  tree = test_inspect (set->units, NULL, 0, &error);
  g_assert_no_error (error);
  test_assert_tree (tree, "far/value", "1");
  g_assert_true (test_unit_get_thread (far) == test_thread_get_thread (thread));
  test_stop (set->units, &error);
  g_assert_no_error (error);
  snapshot = test_save (set->units, &error);
  g_assert_no_error (error);
  test_restore (set->units, snapshot, &error);
  g_assert_no_error (error);
  g_assert_true (test_unit_get_thread (far) == test_thread_get_thread (thread));
}

static void
note_context (TestUnit *unit, StateRequest *request, gpointer context)
{
  *(GMainContext **) context = g_main_context_get_thread_default ();
}

static void
test_spawn (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) one = test_unit_new ("one", set->journal);
  g_autoptr (TestUnit) two = test_unit_new ("two", set->journal);
  GMainContext *context = NULL;
  GThread *thread;
  g_autoptr (GError) error = NULL;

  test_unit_set_answers (one, TEST_ANSWER_LATER);
  test_unit_set_hook (one, STATE_OPERATION_START, note_context, &context);
  state_unit_builder_spawn (state_units_add (set->units, "one"), STATE_UNIT (one), &error);
  g_assert_no_error (error);
  state_unit_builder_spawn (state_units_add (set->units, "two"), STATE_UNIT (two), &error);
  g_assert_no_error (error);

  test_start (set->units, &error);
  g_assert_no_error (error);
  thread = test_unit_get_thread (one);
  g_assert_true (thread != g_thread_self ());
  g_assert_true (thread != test_unit_get_thread (two));
  g_assert_nonnull (context); /* one of its own */
  g_assert_true (context != state_units_get_main_context (set->units));

  test_stop (set->units, &error);
  g_assert_no_error (error);
  g_assert_true (test_unit_get_thread (one) == thread); /* the same all its life */
  test_assert_states (set, "one:stopped two:stopped");
}

static GMutex meeting_lock;
static GCond meeting_cond;
static guint meeting_size;

static void
meet (TestUnit *unit, StateRequest *request, gpointer user_data)
{
  g_mutex_lock (&meeting_lock);
  meeting_size++;
  g_cond_broadcast (&meeting_cond);
  while (meeting_size < 2)
    g_cond_wait (&meeting_cond, &meeting_lock);
  g_mutex_unlock (&meeting_lock);
}

/* Two that block until the other one is there. */
static void
test_spawned_may_block (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *name = g_strdup_printf ("unit%u", i);
      g_autoptr (TestUnit) unit = test_unit_new (name, set->journal);

      test_unit_set_hook (unit, STATE_OPERATION_START, meet, NULL);
      state_unit_builder_spawn (state_units_add (set->units, name), STATE_UNIT (unit), &error);
      g_assert_no_error (error);
    }
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_assert_states (set, "unit0:running unit1:running");
}

/* What a unit has left to do on its thread is done, though nobody waits for it: or the
 * unit would never be gone, which freeing the set waits for. */
static void
test_spawned_leaves_while_it_works (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) unit = test_unit_new ("unit", set->journal);
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  state_unit_builder_spawn (state_units_add (set->units, "unit"), STATE_UNIT (unit), &error);
  g_assert_no_error (error);
  test_unit_set_answer (unit, STATE_OPERATION_START, TEST_ANSWER_DELAYED);
  test_unit_set_delay (unit, STATE_OPERATION_START, 20);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (test_unit_get_n_asked (unit, STATE_OPERATION_START) == 1);
  state_unit_handle_discard (test_set_get (set, "unit"));
  test_end (set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_no_error (error);
  test_call_clear (&call);
  g_clear_object (&unit);
}

static void
test_discard_of_spawned (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *unit = test_unit_new ("unit", set->journal);
  g_auto (TestCall) call = TEST_CALL_INIT;
  StateRequest *request;
  g_autoptr (GError) error = NULL;

  state_unit_builder_spawn (state_units_add (set->units, "unit"), STATE_UNIT (unit), &error);
  g_assert_no_error (error);
  test_unit_set_answer (unit, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  request = test_unit_take_request (unit);
  g_object_unref (unit);
  state_unit_handle_discard (test_set_get (set, "unit"));
  test_end (set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_no_error (error);

  test_request_answer (request);
  g_object_unref (request);
  test_wait_until (test_journal_is_unused (set->journal));
}

static void
nothing (gpointer a, gpointer b)
{
}

static GMutex gate_lock;

static gboolean
wait_at_the_gate (gpointer waits)
{
  g_atomic_int_set ((int *) waits, TRUE);
  g_mutex_lock (&gate_lock);
  g_mutex_unlock (&gate_lock);
  return G_SOURCE_REMOVE;
}

/* Its thread is busy: what has not reached it when it leaves never does. */
static void
test_discard_before_it_is_reached (void)
{
  g_autoptr (TestThread) thread = test_thread_new ();
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) far = test_unit_new ("far", set->journal);
  StateUnitBuilder *builder = state_units_add (set->units, "far");
  g_autoptr (GSource) gate = g_idle_source_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  int waits = FALSE;
  g_autoptr (GError) error = NULL;

  state_unit_builder_set_main_context (builder, test_thread_get_context (thread));
  state_unit_builder_build (builder, STATE_UNIT (far), &error);
  g_assert_no_error (error);
  test_set_add (set, "near", "far", NULL);

  g_mutex_lock (&gate_lock);
  g_source_set_callback (gate, wait_at_the_gate, &waits, NULL);
  g_source_attach (gate, test_thread_get_context (thread));
  test_wait_until (g_atomic_int_get (&waits));
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_settle ();
  test_assert_states (set, "far:starting near:stopped");
  state_unit_handle_discard (test_set_get (set, "far"));
  test_end (set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_no_error (error);
  test_assert_states (set, "far:gone near:running");

  g_mutex_unlock (&gate_lock);
  test_thread_call (thread, nothing, NULL, NULL);
  g_assert_cmpuint (test_unit_get_n_asked (far, STATE_OPERATION_START), ==, 0);
}

static void
run_a_life (gpointer user_data, gpointer unused)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  test_set_answer_all (set, TEST_ANSWER_LATER);
  g_assert_true (state_units_get_main_context (set->units) == g_main_context_get_thread_default ());
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_stop (set->units, &error);
  g_assert_no_error (error);
  g_assert_true (test_unit_get_thread (test_set_get_unit (set, "d")) == g_thread_self ());
}

static void
run_a_life_here (gpointer user_data, gpointer unused)
{
  g_autoptr (GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  run_a_life (NULL, NULL);
  g_main_context_pop_thread_default (context);
}

static void
test_a_set_of_another_thread (void)
{
  test_in_thread (run_a_life_here, NULL, NULL);
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/threads/elsewhere-is-a-critical", test_elsewhere_is_a_critical);
  g_test_add_func ("/threads/building-elsewhere-is-a-critical", test_build_elsewhere);
  g_test_add_func ("/threads/operations-from-any-thread", test_asked_for_from_a_thread);
  g_test_add_func ("/threads/operations-from-many-threads", test_many_threads);
  g_test_add_func ("/threads/transitions-from-any-thread", test_transition_run_from_a_thread);
  g_test_add_func ("/threads/progress-from-any-thread", test_progress_from_a_thread);
  g_test_add_func ("/threads/a-unit-in-another-context", test_main_context_of_another_thread);
  g_test_add_func ("/threads/a-unit-on-a-thread-of-its-own", test_spawn);
  g_test_add_func ("/threads/units-on-threads-of-their-own-may-block", test_spawned_may_block);
  g_test_add_func ("/threads/a-unit-on-a-thread-of-its-own-leaves", test_discard_of_spawned);
  g_test_add_func ("/threads/a-unit-on-a-thread-of-its-own-leaves-while-it-works",
                   test_spawned_leaves_while_it_works);
  g_test_add_func ("/threads/a-unit-leaves-before-it-is-reached",
                   test_discard_before_it_is_reached);
  g_test_add_func ("/threads/a-set-of-another-thread", test_a_set_of_another_thread);
  return g_test_run ();
}
