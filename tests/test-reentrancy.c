/* SPDX-License-Identifier: MIT */

/* Handlers and units that call the library from inside it: that change the set,
 * iterate the main loop, or let go of what is in use. */

#include "test-set.h"

/* A unit that changes its set when it is asked for its version. */
typedef void (*VersionFunc) (TestSet *set, const char *name);

typedef struct
{
  TestUnit parent_instance;
  VersionFunc func;
  TestSet *set;
  const char *name;
} VersionUnit;

typedef TestUnitClass VersionUnitClass;

static GType version_unit_get_type (void);
static void version_unit_iface_init (StateUnitInterface *iface);

G_DEFINE_TYPE_WITH_CODE (VersionUnit,
                         version_unit,
                         TEST_TYPE_UNIT,
                         G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT, version_unit_iface_init))

static guint
version_unit_get_state_version (StateUnit *unit, guint *oldest)
{
  VersionUnit *self = (VersionUnit *) unit;
  VersionFunc func = self->func;

  self->func = NULL;
  if (func != NULL)
    func (self->set, self->name);
  *oldest = 0;
  return 0;
}

static void
version_unit_iface_init (StateUnitInterface *iface)
{
  iface->get_state_version = version_unit_get_state_version;
}

static void
version_unit_class_init (VersionUnitClass *klass)
{
}

static void
version_unit_init (VersionUnit *self)
{
}

static TestUnit *
version_unit_new (VersionFunc func, TestSet *set, const char *name)
{
  VersionUnit *self = g_object_new (version_unit_get_type (), NULL);

  self->func = func;
  self->set = set;
  self->name = name;
  return TEST_UNIT (self);
}

/* --- The status and the progress of a transition --- */

static void
discard_once_running (StateTransition *transition, GParamSpec *pspec, TestSet *set)
{
  if (state_transition_get_status (transition) == STATE_TRANSITION_STATUS_RUNNING)
    state_unit_handle_discard (test_set_get (set, "a"));
}

static void
test_status_handler_discards (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) transition = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  test_set_add (set, "b", "a", NULL);
  transition = state_transition_new (set->units, STATE_OPERATION_START);
  g_signal_connect (transition, "notify::status", G_CALLBACK (discard_once_running), set);
  test_run (transition, &error);
  test_assert_states (set, "a:gone b:running");
  test_assert_journal (set->journal, "b:start b:start!");
}

static void
settle_once_running (StateTransition *transition, GParamSpec *pspec, gpointer user_data)
{
  if (state_transition_get_status (transition) == STATE_TRANSITION_STATUS_RUNNING)
    test_settle ();
}

static void
test_status_handler_iterates (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) transition = NULL;
  g_auto (TestCall) start = TEST_CALL_INIT;
  g_auto (TestCall) stop = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  test_set_add (set, "b", "a", NULL);
  transition = state_transition_new (set->units, STATE_OPERATION_START);
  g_signal_connect (transition, "notify::status", G_CALLBACK (settle_once_running), NULL);
  state_transition_run_async (transition, NULL, test_call_done, &start);
  test_begin (set->units, STATE_OPERATION_STOP, NULL, NULL, &stop);

  state_transition_run_finish (transition, test_call_wait (&start), &error);
  g_assert_no_error (error);
  test_end (set->units, STATE_OPERATION_STOP, &stop, NULL, &error);
  g_assert_no_error (error);
  test_assert_states (set, "a:stopped b:stopped");
  test_assert_journal (set->journal, "a:start a:start! b:start b:start! "
                                     "b:stop b:stop! a:stop a:stop!");
}

typedef struct
{
  guint n_ended;
  gboolean waited;
} Calls;

/* Holds nothing, so that the transition is gone once the next one has begun. */
static void
count_ended (GObject *source, GAsyncResult *result, gpointer calls)
{
  ((Calls *) calls)->n_ended++;
}

static void
wait_for_both (StateTransition *transition, GParamSpec *pspec, Calls *calls)
{
  if (calls->waited || state_transition_get_n_finished (transition) > 0)
    return;
  calls->waited = TRUE;
  test_wait_until (calls->n_ended == 2);
}

static void
wait_on_progress (StateUnits *units, StateTransition *transition, Calls *calls)
{
  if (state_transition_get_operation (transition) == STATE_OPERATION_START)
    g_signal_connect (transition, "notify::progress", G_CALLBACK (wait_for_both), calls);
}

static void
test_progress_handler_waits (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  Calls calls = { 0, FALSE };
  gulong handler;

  test_unit_set_answers (test_set_add (set, "a", NULL), TEST_ANSWER_LATER);
  handler =
      g_signal_connect (set->units, "transition-started", G_CALLBACK (wait_on_progress), &calls);
  state_units_start_async (set->units, NULL, count_ended, &calls);
  state_units_stop_async (set->units, NULL, count_ended, &calls);
  test_wait_until (calls.n_ended == 2);
  g_assert_true (calls.waited);
  test_settle ();
  test_assert_journal (set->journal, "a:start a:start! a:stop a:stop!");
  test_assert_states (set, "a:stopped");
  g_signal_handler_disconnect (set->units, handler);
}

/* --- Units that come and go meanwhile --- */

static void
settle_after_stop (StateUnits *units, StateTransition *transition, gpointer user_data)
{
  if (state_transition_get_operation (transition) == STATE_OPERATION_STOP)
    test_settle ();
}

static void
test_removed_is_not_started (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateUnitHandle) handle = NULL;
  g_auto (TestCall) removal = TEST_CALL_INIT;
  g_auto (TestCall) start = TEST_CALL_INIT;
  g_autoptr (StateUnit) unit = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  handle = g_object_ref (test_set_get (set, "a"));
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_journal_clear (set->journal);

  g_signal_connect (set->units, "transition-finished", G_CALLBACK (settle_after_stop), NULL);
  state_unit_handle_remove_async (handle, NULL, test_call_done, &removal);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &start);
  unit = state_unit_handle_remove_finish (handle, test_call_wait (&removal), &error);
  g_assert_no_error (error);
  test_end (set->units, STATE_OPERATION_START, &start, NULL, &error);
  g_assert_no_error (error);
  test_assert_journal (set->journal, "a:stop a:stop!");
  test_assert_states (set, "a:gone");
}

static void
discard_new (GListModel *model, guint position, guint removed, guint added, gpointer user_data)
{
  if (added > 0)
    {
      g_autoptr (StateUnitHandle) handle = g_list_model_get_item (model, position);

      state_unit_handle_discard (handle);
    }
}

static void
test_discarded_while_built (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) unit = test_unit_new ("a", set->journal);
  g_autoptr (GError) error = NULL;

  g_signal_connect (set->units, "items-changed", G_CALLBACK (discard_new), NULL);
  g_assert_null (state_units_add_unit (set->units, "a", STATE_UNIT (unit), NULL, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_REMOVED);
  test_assert_states (set, "a:gone");
}

static StateUnitHandle *
add_with_lifetime (TestSet *set, const char *name, GObject *owner)
{
  g_autoptr (TestUnit) unit = test_unit_new (name, set->journal);
  StateUnitBuilder *builder = state_units_add (set->units, name);
  StateUnitHandle *handle;
  g_autoptr (GError) error = NULL;

  state_unit_builder_set_lifetime (builder, owner);
  handle = state_unit_builder_build (builder, STATE_UNIT (unit), &error);
  g_assert_no_error (error);
  return handle;
}

static void
test_owner_disposed_of (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GObject) owner = g_object_new (G_TYPE_OBJECT, NULL);

  add_with_lifetime (set, "a", owner);
  g_object_run_dispose (owner);
  test_settle ();
  test_assert_states (set, "a:gone");
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (set->units)), ==, 0);
}

/* The unit has the only reference to the owner. */
static void
give_owner (TestUnit *unit, GObject *owner)
{
  g_object_set_data_full (G_OBJECT (unit), "owner", owner, g_object_unref);
}

static void
test_set_disposed_of (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  GObject *owner = g_object_new (G_TYPE_OBJECT, NULL);

  for (guint i = 0; i < 200; i++)
    {
      g_autofree char *name = g_strdup_printf ("u%u", i);

      if (i % 50 == 10)
        add_with_lifetime (set, name, owner);
      else
        test_set_add (set, name, NULL);
    }
  give_owner (test_set_get_unit (set, "u100"), owner);
}

static void
mirror_items (GListModel *model, guint position, guint removed, guint added, GPtrArray *mirror)
{
  for (guint i = 0; i < removed; i++)
    g_ptr_array_remove_index (mirror, position);
  for (guint i = 0; i < added; i++)
    {
      gpointer item = g_list_model_get_item (model, position + i);

      g_assert_nonnull (item);
      g_ptr_array_insert (mirror, position + i, item);
    }

  g_assert_cmpuint (mirror->len, ==, g_list_model_get_n_items (model));
  for (guint i = 0; i < mirror->len; i++)
    {
      g_autoptr (GObject) item = g_list_model_get_item (model, i);

      g_assert_true (item == mirror->pdata[i]);
    }
}

static void
test_items_changed_mirrors (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GPtrArray) mirror = g_ptr_array_new_with_free_func (g_object_unref);
  GObject *owner = g_object_new (G_TYPE_OBJECT, NULL);
  gulong handler;

  handler = g_signal_connect (set->units, "items-changed", G_CALLBACK (mirror_items), mirror);
  give_owner (test_set_add (set, "a", NULL), owner);
  test_set_add (set, "b", NULL);
  add_with_lifetime (set, "c", owner);
  test_set_add (set, "d", NULL);
  g_assert_cmpuint (mirror->len, ==, 4);

  /* With a goes the owner, and c with that. */
  state_unit_handle_discard (test_set_get (set, "a"));
  test_settle ();
  test_assert_states (set, "a:gone b:stopped c:gone d:stopped");
  g_assert_cmpuint (mirror->len, ==, 2);
  g_assert_true (mirror->pdata[0] == test_set_get (set, "b"));
  g_assert_true (mirror->pdata[1] == test_set_get (set, "d"));
  g_signal_handler_disconnect (set->units, handler);
}

static void
discard_named (TestSet *set, const char *name)
{
  state_unit_handle_discard (test_set_get (set, name));
}

static void
test_version_discards_dependency (void)
{
  const char *const depends_on[] = { "dep", NULL };
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) unit = version_unit_new (discard_named, set, "dep");
  g_autoptr (GError) error = NULL;

  test_set_add (set, "dep", NULL);
  g_assert_null (state_units_add_unit (set->units, "a", STATE_UNIT (unit), depends_on, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_FOREIGN_HANDLE);
  g_clear_error (&error);
  test_assert_states (set, "dep:gone a:gone");

  test_set_add (set, "b", NULL);
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_assert_states (set, "b:running");
}

static void
add_named (TestSet *set, const char *name)
{
  test_set_add (set, name, NULL);
}

static void
test_version_takes_name (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) unit = version_unit_new (add_named, set, "a");
  g_autoptr (GError) error = NULL;

  g_assert_null (state_units_add_unit (set->units, "a", STATE_UNIT (unit), NULL, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_NAME_IN_USE);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (set->units)), ==, 1);
  g_assert_false (test_set_get_unit (set, "a") == unit);
}

static void
test_second_build_names_unit (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateUnitBuilder) builder = state_units_add (set->units, "disk");
  g_autoptr (GError) error = NULL;

  /* Each build takes a reference. */
  g_assert_nonnull (state_unit_builder_build (g_object_ref (builder), NULL, &error));
  g_assert_no_error (error);
  g_assert_null (state_unit_builder_build (g_object_ref (builder), NULL, &error));
  g_assert_nonnull (error);
  test_assert_contains (error->message, "unit disk: ");
}

/* --- One request at a time --- */

static void
answer_and_settle (TestUnit *unit, StateRequest *request, gpointer user_data)
{
  test_request_answer (request);
  test_settle ();
}

static void
test_send_calls_back_later (void)
{
  g_autoptr (TestUnit) unit = test_unit_new ("a", NULL);
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_unit_set_answer (unit, STATE_OPERATION_START, TEST_ANSWER_DROPPED);
  test_unit_set_hook (unit, STATE_OPERATION_START, answer_and_settle, NULL);
  state_unit_send_async (STATE_UNIT (unit), STATE_OPERATION_START, NULL, NULL, test_call_done,
                         &call);
  g_assert_false (test_call_is_done (&call));
  state_unit_send_finish (STATE_UNIT (unit), test_call_wait (&call), &error);
  g_assert_no_error (error);
}

static void
test_sent_then_added (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) unit = test_unit_new ("a", set->journal);
  g_auto (TestCall) sent = TEST_CALL_INIT;
  g_auto (TestCall) queued = TEST_CALL_INIT;
  g_auto (TestCall) start = TEST_CALL_INIT;
  g_autoptr (StateRequest) first = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_answer (unit, STATE_OPERATION_START, TEST_ANSWER_HELD);
  state_unit_send_async (STATE_UNIT (unit), STATE_OPERATION_START, NULL, NULL, test_call_done,
                         &sent);
  state_unit_send_async (STATE_UNIT (unit), STATE_OPERATION_STOP, NULL, NULL, test_call_done,
                         &queued);
  first = test_unit_take_request (unit);
  test_set_add_object (set, "a", unit);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &start);
  test_settle ();
  test_assert_journal (set->journal, "a:start");

  test_request_answer (first);
  state_unit_send_finish (STATE_UNIT (unit), test_call_wait (&sent), &error);
  g_assert_no_error (error);
  test_unit_answer_held (unit);
  test_end (set->units, STATE_OPERATION_START, &start, NULL, &error);
  g_assert_no_error (error);

  /* The other is not put to it behind the back of the set. */
  g_assert_null (state_unit_send_finish (STATE_UNIT (unit), test_call_wait (&queued), &error));
  g_assert_nonnull (error);
  test_assert_journal (set->journal, "a:start a:start! a:start a:start!");
  test_assert_states (set, "a:running");
}

static void
test_discarded_then_added (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) unit = test_unit_new ("a", set->journal);
  g_auto (TestCall) start = TEST_CALL_INIT;
  g_auto (TestCall) again = TEST_CALL_INIT;
  g_autoptr (StateRequest) first = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_answer (unit, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_set_add_object (set, "a", unit);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &start);
  first = test_unit_take_request (unit);
  state_unit_handle_discard (test_set_get (set, "a"));
  test_end (set->units, STATE_OPERATION_START, &start, NULL, &error);
  g_clear_error (&error);

  test_set_add_object (set, "a", unit);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &again);
  test_settle ();
  test_assert_journal (set->journal, "a:start");

  test_request_answer (first);
  test_unit_answer_held (unit);
  test_end (set->units, STATE_OPERATION_START, &again, NULL, &error);
  g_assert_no_error (error);
  test_assert_journal (set->journal, "a:start a:start! a:start a:start!");
  test_assert_states (set, "a:running");
}

static void
test_queued_send_is_cancelled (void)
{
  g_autoptr (TestUnit) unit = test_unit_new ("a", NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (TestCall) sent = TEST_CALL_INIT;
  g_auto (TestCall) queued = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_unit_set_answer (unit, STATE_OPERATION_START, TEST_ANSWER_HELD);
  state_unit_send_async (STATE_UNIT (unit), STATE_OPERATION_START, NULL, NULL, test_call_done,
                         &sent);
  state_unit_send_async (STATE_UNIT (unit), STATE_OPERATION_STOP, NULL, cancellable, test_call_done,
                         &queued);
  test_wait_until (test_unit_has_request (unit));
  g_cancellable_cancel (cancellable);
  g_assert_null (state_unit_send_finish (STATE_UNIT (unit), test_call_wait (&queued), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  g_assert_false (test_call_is_done (&sent));
  test_unit_answer_held (unit);
  state_unit_send_finish (STATE_UNIT (unit), test_call_wait (&sent), &error);
  g_assert_no_error (error);
  test_settle ();
  g_assert_cmpuint (test_unit_get_n_asked (unit, STATE_OPERATION_STOP), ==, 0);
}

static void
count_notify (GObject *object, GParamSpec *pspec, guint *count)
{
  ++*count;
}

static void
test_late_answer_notifies (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *a = test_set_add (set, "a", NULL);
  g_auto (TestCall) call = TEST_CALL_INIT;
  StateOperationFlags before;
  gulong handler;
  guint count = 0;
  g_autoptr (GError) error = NULL;

  test_unit_set_answer (a, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (test_unit_has_request (a));
  state_transition_abandon (state_units_get_current_transition (set->units));
  g_assert_false (test_end (set->units, STATE_OPERATION_START, &call, NULL, &error));
  test_settle ();
  test_assert_states (set, "a:uncertain");

  before = state_units_get_allowed_operations (set->units);
  handler = g_signal_connect (set->units, "notify::allowed-operations", G_CALLBACK (count_notify),
                              &count);
  test_unit_fail_held (a, "late");
  test_settle ();
  g_assert_cmpuint (state_units_get_allowed_operations (set->units), !=, before);
  g_assert_cmpuint (count, >, 0);
  g_signal_handler_disconnect (set->units, handler);
}

/* --- Inspect and update --- */

static void
test_update_needs_a_path (void)
{
  g_autoptr (TestSet) inner = test_set_new ();
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  test_set_add_object (set, "inner", inner->units);
  g_assert_null (test_update (set->units, "", g_variant_new_int32 (1), &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_null (test_update (set->units, "inner", g_variant_new_int32 (1), &error));
  g_assert_nonnull (error);
}

static void
test_inspect_lets_go (void)
{
  StateUnits *units = state_units_new ();
  g_autoptr (TestUnit) unit = test_unit_new ("a", NULL);
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_answer (unit, STATE_OPERATION_INSPECT, TEST_ANSWER_HELD);
  state_units_add_unit (units, "a", STATE_UNIT (unit), NULL, &error);
  g_assert_no_error (error);
  state_units_inspect_async (units, NULL, 0, 200, NULL, test_call_done, &call);
  test_wait_until (test_unit_has_request (unit));
  tree = state_units_inspect_finish (units, test_call_wait (&call), &error);
  g_assert_no_error (error);
  test_call_clear (&call);
  test_settle ();

  /* The request is still out, and nobody but the test holds the set. */
  g_assert_cmpuint (G_OBJECT (units)->ref_count, ==, 1);
  g_object_add_weak_pointer (G_OBJECT (units), (gpointer *) &units);
  g_object_unref (units);
  test_wait_until (units == NULL);

  /* Nobody hears it. */
  test_unit_answer_held (unit);
  test_settle ();
}

static void
discard_self (TestUnit *unit, StateRequest *request, gpointer handle)
{
  state_unit_handle_discard (handle);
}

static void
test_inspect_that_leaves (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) disk = g_object_ref (test_set_add (set, "disk", NULL));
  g_autoptr (GError) error = NULL;

  test_unit_set_hook (disk, STATE_OPERATION_INSPECT, discard_self, test_set_get (set, "disk"));
  g_assert_null (test_inspect (set->units, "disk", 0, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_REMOVED);
  test_assert_contains (error->message, "disk");
  test_assert_states (set, "disk:gone");
}

static TestUnit *
add_in_thread (TestSet *set, const char *name, TestThread *thread)
{
  g_autoptr (TestUnit) unit = test_unit_new (name, set->journal);
  StateUnitBuilder *builder = state_units_add (set->units, name);
  g_autoptr (GError) error = NULL;

  state_unit_builder_set_main_context (builder, test_thread_get_context (thread));
  state_unit_builder_build (builder, STATE_UNIT (unit), &error);
  g_assert_no_error (error);
  return unit;
}

static gboolean
block (gpointer queue)
{
  g_async_queue_pop (queue);
  return G_SOURCE_REMOVE;
}

static void
test_inspect_misses_who_left (void)
{
  g_autoptr (TestThread) thread = test_thread_new ();
  g_autoptr (GAsyncQueue) queue = g_async_queue_new ();
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) leaving = g_object_ref (add_in_thread (set, "leaving", thread));
  TestUnit *staying = add_in_thread (set, "staying", thread);
  g_autoptr (GSource) source = g_idle_source_new ();
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GError) error = NULL;

  g_source_set_priority (source, G_PRIORITY_HIGH);
  g_source_set_callback (source, block, queue, NULL);
  g_source_attach (source, test_thread_get_context (thread));

  /* Asked for while the thread is busy. */
  state_units_inspect_async (set->units, NULL, 0, G_MAXUINT, NULL, test_call_done, &call);
  test_settle ();
  state_unit_handle_discard (test_set_get (set, "leaving"));
  g_async_queue_push (queue, set);
  tree = state_units_inspect_finish (set->units, test_call_wait (&call), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (test_unit_get_n_asked (leaving, STATE_OPERATION_INSPECT), ==, 0);
  g_assert_cmpuint (test_unit_get_n_asked (staying, STATE_OPERATION_INSPECT), ==, 1);
}

static void
test_inspect_is_sent_there (void)
{
  g_autoptr (TestThread) thread = test_thread_new ();
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *unit = add_in_thread (set, "a", thread);
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GError) error = NULL;

  tree = test_send (unit, STATE_OPERATION_INSPECT, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (test_unit_get_thread (unit) == test_thread_get_thread (thread));
}

/* --- A set that is asked as a unit --- */

static void
test_set_without_state_to_restore (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  g_assert_null (test_send (set->units, STATE_OPERATION_RESTORE, NULL, &error));
  g_assert_nonnull (error);
  g_assert_cmpstr (error->message, ==, "there is no state to restore");
  test_assert_journal (set->journal, "");
}

static void
pass_on (TestUnit *unit, StateRequest *request, gpointer units)
{
  state_request_apply (request, units);
}

static void
test_applied_to_set (void)
{
  g_autoptr (TestSet) inner = test_set_new ();
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *wrapper = test_set_add (set, "wrapper", NULL);
  g_autoptr (GError) error = NULL;

  test_set_add (inner, "x", NULL);
  test_unit_set_answers (wrapper, TEST_ANSWER_DROPPED);
  test_unit_set_hook (wrapper, STATE_OPERATION_START, pass_on, inner->units);
  test_unit_set_hook (wrapper, STATE_OPERATION_STOP, pass_on, inner->units);
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_assert_states (set, "wrapper:running");
  test_assert_states (inner, "x:running");
  test_stop (set->units, &error);
  g_assert_no_error (error);
  test_assert_states (inner, "x:stopped");
}

static void
test_post_restore_goes_inside (void)
{
  g_autoptr (TestSet) inner = test_set_new ();
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateSnapshot) empty = state_snapshot_new ();
  g_autoptr (GError) error = NULL;

  test_set_add (inner, "x", NULL);
  test_set_add_object (set, "inner", inner->units);
  test_set_add (set, "flat", NULL);
  test_restore (set->units, empty, &error);
  g_assert_no_error (error);
  test_assert_journal (set->journal, "flat:post-restore flat:post-restore!");
  test_assert_journal (inner->journal, "x:post-restore x:post-restore!");
}

/* --- Whoever begins to listen in the midst of a turn --- */

static void
note_change (StateUnits *units,
             StateUnitHandle *handle,
             StateUnitState old_state,
             StateUnitState new_state,
             gpointer journal)
{
  test_journal_add (journal, "%s>%s", state_unit_handle_get_name (handle),
                    state_unit_state_to_string (new_state));
}

static void
note_state (StateUnitHandle *handle, GParamSpec *pspec, gpointer journal)
{
  test_journal_add (journal, "%s=%s", state_unit_handle_get_name (handle),
                    state_unit_state_to_string (state_unit_handle_get_state (handle)));
}

static void
listen_to_the_set (TestUnit *unit, StateRequest *request, gpointer user_data)
{
  TestSet *set = user_data;

  g_signal_connect (set->units, "unit-state-changed", G_CALLBACK (note_change), set->signals);
}

static void
listen_to_handles (TestUnit *unit, StateRequest *request, gpointer user_data)
{
  TestSet *set = user_data;

  g_signal_connect (test_set_get (set, "b"), "notify::state", G_CALLBACK (note_state),
                    set->signals);
  g_signal_connect (test_set_get (set, "c"), "notify::state", G_CALLBACK (note_state),
                    set->signals);
}

static void
stop_listening (TestUnit *unit, StateRequest *request, gpointer user_data)
{
  TestSet *set = user_data;

  g_signal_handlers_disconnect_by_data (set->units, set->signals);
}

/* All of them start in one turn, in this order, with nobody listening at first. */
static void
start_with_hook (TestSet *set, TestHook hook)
{
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  test_set_add (set, "b", NULL);
  test_set_add (set, "c", NULL);
  test_set_add (set, "d", "c", NULL);
  test_unit_set_hook (test_set_get_unit (set, "b"), STATE_OPERATION_START, hook, set);
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_assert_journal (set->journal, "a:start a:start! b:start b:start! "
                                     "c:start c:start! d:start d:start!");
}

static void
test_listens_to_the_set_from_then_on (void)
{
  g_autoptr (TestSet) set = test_set_new ();

  start_with_hook (set, listen_to_the_set);
  test_assert_journal (set->signals, "b>running c>starting c>running d>starting d>running");
  stop_listening (NULL, NULL, set);
}

static void
test_listens_to_handles_from_then_on (void)
{
  g_autoptr (TestSet) set = test_set_new ();

  start_with_hook (set, listen_to_handles);
  test_assert_journal (set->signals, "b=running c=starting c=running");
}

/* A handler of one signal is somebody who may connect to the other, too. */
static void
listen_when_told (StateUnitHandle *handle, GParamSpec *pspec, TestSet *set)
{
  g_signal_handlers_disconnect_by_data (handle, set);
  listen_to_the_set (NULL, NULL, set);
}

static void
test_listens_once_told_of_a_state (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  test_set_add (set, "b", NULL);
  g_signal_connect (test_set_get (set, "b"), "notify::state", G_CALLBACK (listen_when_told), set);
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_assert_journal (set->signals, "b>starting b>running");
  stop_listening (NULL, NULL, set);
}

static void
test_does_not_hear_once_it_stopped_listening (void)
{
  g_autoptr (TestSet) set = test_set_new ();

  listen_to_the_set (NULL, NULL, set);
  start_with_hook (set, stop_listening);
  test_assert_journal (set->signals, "a>starting a>running b>starting");
}

/* One unit has taken a request along from another set, and is called only when that has
 * been answered: between the answers of the others, which arrive in one turn. */
static void
test_listens_between_two_answers (void)
{
  g_autoptr (TestSet) other = test_set_new ();
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) late = g_object_ref (test_set_add (other, "late", NULL));
  g_autoptr (StateRequest) taken_along = NULL;
  g_auto (TestCall) other_call = TEST_CALL_INIT;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_set_answer_all (other, TEST_ANSWER_HELD);
  test_begin (other->units, STATE_OPERATION_START, NULL, NULL, &other_call);
  test_wait_until (test_unit_has_request (late));
  taken_along = test_unit_take_request (late);
  state_unit_handle_discard (test_set_get (other, "late"));
  test_end (other->units, STATE_OPERATION_START, &other_call, NULL, &error);
  g_assert_no_error (error);

  test_set_add (set, "a", NULL);
  test_set_add (set, "b", NULL);
  test_set_answer_all (set, TEST_ANSWER_HELD);
  test_unit_set_answers (late, TEST_ANSWER_AT_ONCE);
  test_unit_set_hook (late, STATE_OPERATION_START, listen_to_the_set, set);
  test_set_add_object (set, "late", late);
  listen_to_the_set (NULL, NULL, set);
  stop_listening (NULL, NULL, set);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (test_unit_has_request (test_set_get_unit (set, "b")));
  test_settle ();

  test_unit_answer_held (test_set_get_unit (set, "a"));
  state_request_complete (taken_along);
  test_unit_answer_held (test_set_get_unit (set, "b"));
  test_end (set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_no_error (error);
  test_assert_journal (set->signals, "b>running late>running");
  stop_listening (NULL, NULL, set);
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/reentrancy/a-status-handler-discards-a-unit", test_status_handler_discards);
  g_test_add_func ("/reentrancy/a-status-handler-iterates", test_status_handler_iterates);
  g_test_add_func ("/reentrancy/a-progress-handler-waits", test_progress_handler_waits);
  g_test_add_func ("/reentrancy/a-removed-unit-is-not-started", test_removed_is_not_started);
  g_test_add_func ("/reentrancy/discarded-while-it-is-built", test_discarded_while_built);
  g_test_add_func ("/reentrancy/an-owner-disposed-of-early", test_owner_disposed_of);
  g_test_add_func ("/reentrancy/a-set-disposed-of-with-the-owner-in-it", test_set_disposed_of);
  g_test_add_func ("/reentrancy/items-changed-mirrors-the-model", test_items_changed_mirrors);
  g_test_add_func ("/reentrancy/the-version-discards-a-dependency",
                   test_version_discards_dependency);
  g_test_add_func ("/reentrancy/the-version-takes-the-name", test_version_takes_name);
  g_test_add_func ("/reentrancy/a-second-build-names-the-unit", test_second_build_names_unit);
  g_test_add_func ("/reentrancy/send-calls-back-later", test_send_calls_back_later);
  g_test_add_func ("/reentrancy/one-request-when-sent-and-added", test_sent_then_added);
  g_test_add_func ("/reentrancy/one-request-when-discarded-and-added", test_discarded_then_added);
  g_test_add_func ("/reentrancy/a-queued-send-is-cancelled", test_queued_send_is_cancelled);
  g_test_add_func ("/reentrancy/a-late-answer-notifies", test_late_answer_notifies);
  g_test_add_func ("/reentrancy/update-needs-a-path", test_update_needs_a_path);
  g_test_add_func ("/reentrancy/inspect-lets-go-of-the-set", test_inspect_lets_go);
  g_test_add_func ("/reentrancy/inspect-of-a-unit-that-leaves", test_inspect_that_leaves);
  g_test_add_func ("/reentrancy/inspect-misses-who-has-left", test_inspect_misses_who_left);
  g_test_add_func ("/reentrancy/inspect-is-sent-to-its-context", test_inspect_is_sent_there);
  g_test_add_func ("/reentrancy/a-set-without-state-to-restore", test_set_without_state_to_restore);
  g_test_add_func ("/reentrancy/a-request-applied-to-a-set", test_applied_to_set);
  g_test_add_func ("/reentrancy/post-restore-goes-inside", test_post_restore_goes_inside);
  g_test_add_func ("/reentrancy/a-start-listens-to-the-set-from-then-on",
                   test_listens_to_the_set_from_then_on);
  g_test_add_func ("/reentrancy/a-start-listens-to-handles-from-then-on",
                   test_listens_to_handles_from_then_on);
  g_test_add_func ("/reentrancy/a-state-handler-listens-from-then-on",
                   test_listens_once_told_of_a_state);
  g_test_add_func ("/reentrancy/a-start-that-stops-listening-hears-no-more",
                   test_does_not_hear_once_it_stopped_listening);
  g_test_add_func ("/reentrancy/a-start-between-two-answers-listens-from-then-on",
                   test_listens_between_two_answers);
  return g_test_run ();
}
