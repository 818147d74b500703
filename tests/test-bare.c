/* SPDX-License-Identifier: MIT */

/* Every class, made bare by g_object_new(), and every function called on it:
 * they may complain, and fail, and do not crash. */

#include "test-set.h"

/* A result that belongs to nobody here. */
static GAsyncResult *
foreign_result (void)
{
  return G_ASYNC_RESULT (g_task_new (NULL, NULL, NULL, NULL));
}

static void
begin (void)
{
  test_allow_criticals (TRUE);
}

static void
end (gpointer bare)
{
  test_settle ();
  g_object_unref (bare);
  test_settle ();
  test_allow_criticals (FALSE);
}

/* Reads every property that can be read. */
static void
read_properties (gpointer object)
{
  guint n_properties;
  g_autofree GParamSpec **properties =
      g_object_class_list_properties (G_OBJECT_GET_CLASS (object), &n_properties);

  for (guint i = 0; i < n_properties; i++)
    {
      g_auto (GValue) value = G_VALUE_INIT;

      if (!(properties[i]->flags & G_PARAM_READABLE))
        continue;
      g_test_message ("%s", properties[i]->name);
      g_value_init (&value, properties[i]->value_type);
      g_object_get_property (object, properties[i]->name, &value);
    }
}

static void
read_list (gpointer object)
{
  GListModel *model = G_LIST_MODEL (object);

  g_list_model_get_item_type (model);
  g_assert_cmpuint (g_list_model_get_n_items (model), ==, 0);
  g_assert_null (g_list_model_get_object (model, 0));
  g_assert_null (g_list_model_get_object (model, 17));
}

static void
do_nothing (StateRequest *request, gpointer user_data)
{
}

static StateRequest *
bare_request (void)
{
  return g_object_new (STATE_TYPE_REQUEST, NULL);
}

static void
test_request (void)
{
  StateRequest *request = bare_request ();
  g_autoptr (TestUnit) unit = test_unit_new ("unit", NULL);
  g_autoptr (GVariant) state = g_variant_ref_sink (g_variant_new_int32 (1));
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "broken");

  begin ();
  read_properties (request);
  state_request_get_operation (request);
  g_assert_null (state_request_get_unit (request));
  g_assert_null (state_request_get_unit_name (request));
  state_request_get_cancellable (request);
  g_assert_null (state_request_get_state (request));
  state_request_get_state_version (request);
  state_request_get_inspect_path (request);
  state_request_get_inspect_depth (request);
  g_assert_null (state_request_get_inspect_value (request));
  state_request_set_progress (request, 0.5, "half");
  state_request_is_answered (request);
  state_request_run_in_thread (request, do_nothing, NULL, NULL);
  state_request_complete (request);
  state_request_complete_with_state (request, state);
  state_request_fail (request, error);
  state_request_fail_literal (request, G_IO_ERROR, G_IO_ERROR_FAILED, "broken");
  state_request_take_error (request, g_error_copy (error));
  end (request);

  /* Each way to answer as the first one. */
  for (guint i = 0; i < 6; i++)
    {
      request = bare_request ();
      begin ();
      if (i == 0)
        state_request_complete_with_state (request, NULL);
      else if (i == 1)
        state_request_fail (request, error);
      else if (i == 2)
        state_request_fail_literal (request, G_IO_ERROR, G_IO_ERROR_FAILED, "broken");
      else if (i == 3)
        state_request_take_error (request, g_error_copy (error));
      else if (i == 4)
        state_request_run_in_thread (request, do_nothing, NULL, NULL);
      end (request);
    }
}

static void
test_request_batch (void)
{
  StateRequestBatch *batch = g_object_new (STATE_TYPE_REQUEST_BATCH, NULL);
  const guint positions[] = { 0 };
  g_autofree StateUnit **units = NULL;
  gsize n = 7;

  begin ();
  state_request_batch_get_operation (batch);
  g_assert_cmpuint (state_request_batch_get_n_requests (batch), ==, 0);
  units = state_request_batch_get_units (batch, &n);
  g_assert_cmpuint (n, ==, 0);
  g_assert_false (state_request_batch_is_wanted (batch, 0));
  g_assert_null (state_request_batch_steal (batch, 0));
  state_request_batch_complete (batch, positions, 1);
  state_request_batch_complete_rest (batch);
  end (batch);
}

static void
test_batch_unit (void)
{
  StateBatchUnit *unit = g_object_new (STATE_TYPE_BATCH_UNIT, NULL);
  g_autoptr (StateRequestBatch) batch = g_object_new (STATE_TYPE_REQUEST_BATCH, NULL);
  g_autoptr (StateRequest) request = bare_request ();

  begin ();
  STATE_BATCH_UNIT_GET_CLASS (unit)->handle_batch (unit, batch);
  STATE_BATCH_UNIT_GET_CLASS (unit)->request_cancelled (unit, batch, 0);
  STATE_UNIT_GET_IFACE (unit)->handle_request (STATE_UNIT (unit), request);
  end (unit);
}

static void
test_units (void)
{
  StateUnits *units = g_object_new (STATE_TYPE_UNITS, NULL);
  g_autoptr (TestUnit) unit = test_unit_new ("unit", NULL);
  g_autoptr (StateSnapshot) snapshot = state_snapshot_new ();
  g_autoptr (GAsyncResult) result = foreign_result ();
  g_autoptr (StateUnitBuilder) builder = NULL;
  g_autoptr (StateInspector) inspector = NULL;
  g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_int32 (1));
  g_autofree char *dot = NULL;

  begin ();
  read_properties (units);
  read_list (units);
  state_units_is_running (units);
  state_units_get_main_context (units);
  g_assert_null (state_units_lookup (units, "unit"));
  g_assert_null (state_units_get_current_transition (units));
  g_assert_null (state_units_get_last_transition (units));
  state_units_get_allowed_operations (units);
  inspector = state_units_get_inspector (units);
  dot = state_units_to_dot (units);
  builder = state_units_add (units, "other");

  state_units_start_async (units, NULL, NULL, NULL);
  state_units_start_stopped_units_async (units, NULL, NULL, NULL);
  state_units_stop_async (units, NULL, NULL, NULL);
  state_units_reset_async (units, NULL, NULL, NULL);
  state_units_save_async (units, NULL, NULL, NULL);
  state_units_restore_async (units, snapshot, NULL, NULL, NULL);
  state_units_restore_async (units, NULL, NULL, NULL, NULL);
  state_units_inspect_async (units, NULL, 0, 0, NULL, NULL, NULL);
  state_units_update_async (units, "a/b", value, NULL, NULL, NULL);
  g_assert_false (state_units_start_finish (units, result, NULL));
  g_assert_false (state_units_start_stopped_units_finish (units, result, NULL));
  g_assert_false (state_units_stop_finish (units, result, NULL));
  g_assert_false (state_units_reset_finish (units, result, NULL));
  g_assert_null (state_units_save_finish (units, result, NULL));
  g_assert_false (state_units_restore_finish (units, result, NULL));
  g_assert_null (state_units_inspect_finish (units, result, NULL));
  g_assert_null (state_units_update_finish (units, result, NULL));
  test_settle ();
  state_units_add_unit (units, "unit", STATE_UNIT (unit), NULL, NULL);
  end (units);
}

static void
test_unit_builder (void)
{
  StateUnitBuilder *builder = g_object_new (STATE_TYPE_UNIT_BUILDER, NULL);
  g_autoptr (StateUnits) units = state_units_new ();
  g_autoptr (TestUnit) unit = test_unit_new ("unit", NULL);
  g_autoptr (StateUnitReceiver) receiver = NULL;
  StateUnitHandle *handle = state_units_add_unit (units, "a", STATE_UNIT (unit), NULL, NULL);
  g_autoptr (StateUnitHandle) bare_handle = g_object_new (STATE_TYPE_UNIT_HANDLE, NULL);
  g_autoptr (GObject) owner = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GError) error = NULL;

  begin ();
  read_properties (builder);
  state_unit_builder_depends_on (builder, handle);
  state_unit_builder_depends_on (builder, bare_handle);
  state_unit_builder_dependency_of (builder, handle);
  state_unit_builder_add_dependency (builder, handle, STATE_DEPENDENCY_ORDER_ONLY,
                                     STATE_OPERATION_FLAGS_START);
  state_unit_builder_add_dependent (builder, bare_handle, STATE_DEPENDENCY_REQUIRED,
                                    STATE_OPERATION_FLAGS_ALL);
  state_unit_builder_set_main_context (builder, g_main_context_default ());
  state_unit_builder_set_state_version (builder, 2, 1);
  state_unit_builder_add_alias (builder, "old");
  state_unit_builder_set_lifetime (builder, owner);
  g_assert_null (state_unit_builder_build (g_object_ref (builder), NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_INITIALIZED);
  g_assert_null (state_unit_builder_build (g_object_new (STATE_TYPE_UNIT_BUILDER, NULL),
                                           STATE_UNIT (unit), NULL));
  g_assert_null (state_unit_builder_spawn (g_object_new (STATE_TYPE_UNIT_BUILDER, NULL),
                                           STATE_UNIT (unit), NULL));
  g_assert_null (state_unit_builder_build_receiver (g_object_new (STATE_TYPE_UNIT_BUILDER, NULL),
                                                    &receiver, NULL));
  g_assert_null (receiver);
  end (builder);
}

static void
test_unit_handle (void)
{
  StateUnitHandle *handle = g_object_new (STATE_TYPE_UNIT_HANDLE, NULL);
  g_autoptr (GAsyncResult) result = foreign_result ();
  g_auto (GStrv) dependencies = NULL;
  g_auto (GStrv) dependents = NULL;

  begin ();
  read_properties (handle);
  g_assert_null (state_unit_handle_get_name (handle));
  g_assert_null (state_unit_handle_get_unit (handle));
  g_assert_null (state_unit_handle_get_units (handle));
  state_unit_handle_get_state (handle);
  g_assert_cmpuint (state_unit_handle_get_allowed_operations (handle), ==, 0);
  dependencies = state_unit_handle_get_dependencies (handle);
  dependents = state_unit_handle_get_dependents (handle);
  g_assert_null (state_unit_handle_get_error (handle));
  state_unit_handle_remove_async (handle, NULL, NULL, NULL);
  g_assert_null (state_unit_handle_remove_finish (handle, result, NULL));
  state_unit_handle_discard (handle);
  end (handle);
}

static void
test_unit_receiver (void)
{
  StateUnitReceiver *receiver = g_object_new (STATE_TYPE_UNIT_RECEIVER, NULL);
  g_autoptr (GAsyncResult) result = foreign_result ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  g_cancellable_cancel (cancellable);
  begin ();
  read_properties (receiver);
  g_assert_null (state_unit_receiver_try_receive (receiver));
  g_assert_null (state_unit_receiver_receive (receiver, cancellable, NULL));
  g_assert_null (state_unit_receiver_receive (receiver, NULL, NULL));
  state_unit_receiver_receive_async (receiver, NULL, NULL, NULL);
  g_assert_null (state_unit_receiver_receive_finish (receiver, result, NULL));
  state_unit_receiver_close (receiver);
  state_unit_receiver_close (receiver);
  end (receiver);
}

static void
test_inspector (void)
{
  StateInspector *inspector = g_object_new (STATE_TYPE_INSPECTOR, NULL);
  g_autoptr (GAsyncResult) result = foreign_result ();

  begin ();
  read_properties (inspector);
  state_inspector_inspect_async (inspector, NULL, 0, 0, NULL, NULL, NULL);
  state_inspector_inspect_async (inspector, "a/b", 3, 10, NULL, NULL, NULL);
  g_assert_null (state_inspector_inspect_finish (inspector, result, NULL));
  end (inspector);
}

static void
test_snapshot (void)
{
  StateSnapshot *snapshot = g_object_new (STATE_TYPE_SNAPSHOT, NULL);
  g_autoptr (GAsyncResult) result = foreign_result ();
  g_autoptr (StateSnapshot) with_unit = NULL;
  g_autoptr (StateSnapshot) without_unit = NULL;
  g_autoptr (StateSnapshot) with_metadata = NULL;
  g_autoptr (GVariant) state = g_variant_ref_sink (g_variant_new_int32 (1));
  g_autoptr (GVariant) metadata = g_variant_ref_sink (g_variant_new ("a{sv}", NULL));
  g_autoptr (GBytes) bytes = NULL;
  g_auto (GStrv) names = NULL;

  begin ();
  read_properties (snapshot);
  g_assert_cmpuint (state_snapshot_get_n_units (snapshot), ==, 0);
  names = state_snapshot_list_names (snapshot);
  g_assert_null (state_snapshot_lookup (snapshot, "a"));
  g_assert_cmpuint (state_snapshot_get_version (snapshot, "a"), ==, 0);
  state_snapshot_get_metadata (snapshot);
  with_unit = state_snapshot_with_unit (snapshot, "a", 0, state);
  without_unit = state_snapshot_without_unit (snapshot, "a");
  with_metadata = state_snapshot_with_metadata (snapshot, metadata);
  bytes = state_snapshot_to_bytes (snapshot);
  g_assert_false (state_snapshot_save_to_file (snapshot, "/nowhere/at/all", NULL));
  state_snapshot_save_to_file_async (snapshot, "/nowhere/at/all", NULL, NULL, NULL);
  g_assert_false (state_snapshot_save_to_file_finish (snapshot, result, NULL));
  g_assert_null (state_snapshot_load_from_file ("/nowhere/at/all", NULL));
  state_snapshot_load_from_file_async ("/nowhere/at/all", NULL, NULL, NULL);
  g_assert_null (state_snapshot_load_from_file_finish (result, NULL));
  end (snapshot);
}

static void
test_transition (void)
{
  StateTransition *transition = g_object_new (STATE_TYPE_TRANSITION, NULL);
  g_autoptr (StateTransition) running = g_object_new (STATE_TYPE_TRANSITION, NULL);
  g_autoptr (StateSnapshot) snapshot = state_snapshot_new ();
  g_autoptr (GAsyncResult) result = foreign_result ();
  g_auto (GStrv) path = NULL;
  g_autofree char *words = NULL;
  g_autofree char *dot = NULL;
  g_autoptr (GError) error = NULL;

  begin ();
  read_properties (transition);
  read_list (transition);
  g_assert_null (state_transition_get_units (transition));
  state_transition_get_operation (transition);
  g_assert_cmpint (state_transition_get_status (transition), ==, STATE_TRANSITION_STATUS_NEW);
  state_transition_get_progress (transition);
  g_assert_cmpuint (state_transition_get_n_units (transition), ==, 0);
  g_assert_cmpuint (state_transition_get_n_finished (transition), ==, 0);
  state_transition_get_elapsed (transition);
  g_assert_null (state_transition_get_error (transition));
  g_assert_null (state_transition_get_snapshot (transition));
  path = state_transition_get_critical_path (transition);
  words = state_transition_explain (transition, "a");
  dot = state_transition_to_dot (transition);
  g_assert_null (state_transition_plan (transition, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_INITIALIZED);
  g_clear_error (&error);
  state_transition_set_snapshot (transition, snapshot);
  state_transition_cancel (transition);
  g_assert_false (state_transition_run_finish (transition, result, NULL));
  state_transition_run_async (transition, NULL, NULL, NULL);

  g_assert_false (test_run (running, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_INITIALIZED);
  end (transition);
}

static void
test_plan (void)
{
  StatePlan *plan = g_object_new (STATE_TYPE_PLAN, NULL);
  g_autofree char *text = NULL;

  begin ();
  read_properties (plan);
  g_assert_cmpuint (state_plan_get_n_levels (plan), ==, 0);
  g_assert_null (state_plan_get_level (plan, 0));
  test_assert_strv (state_plan_get_skipped (plan), "");
  g_assert_null (state_plan_get_skip_reason (plan, "a"));
  test_assert_strv (state_plan_get_critical_path (plan), "");
  g_assert_cmpint (state_plan_get_expected_duration (plan), ==, 0);
  text = state_plan_to_string (plan);
  g_assert_cmpstr (text, ==, "plan: start, 0 units, 0 levels\n");
  end (plan);
}

static void
test_transition_step (void)
{
  StateTransitionStep *step = g_object_new (STATE_TYPE_TRANSITION_STEP, NULL);

  begin ();
  read_properties (step);
  g_assert_null (state_transition_step_get_name (step));
  state_transition_step_get_phase (step);
  state_transition_step_get_outcome (step);
  state_transition_step_get_ready_time (step);
  state_transition_step_get_start_time (step);
  state_transition_step_get_finish_time (step);
  g_assert_null (state_transition_step_get_error (step));
  state_transition_step_get_progress (step);
  g_assert_null (state_transition_step_get_message (step));
  end (step);
}

static void
test_units_exporter (void)
{
  StateUnitsExporter *exporter = g_object_new (STATE_TYPE_UNITS_EXPORTER, NULL);

  begin ();
  read_properties (exporter);
  g_assert_null (state_units_exporter_get_units (exporter));
  g_assert_null (state_units_exporter_get_connection (exporter));
  g_assert_null (state_units_exporter_get_object_path (exporter));
  state_units_exporter_unexport (exporter);
  g_assert_null (state_units_export (NULL, NULL, "/", NULL));
  end (exporter);
}

static void
assert_lost (StateRemoteUnits *units, TestCall *call)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (g_task_propagate_pointer (G_TASK (test_call_wait (call)), &error));
  g_assert_nonnull (error);
  test_call_clear (call);
}

static void
test_remote_units (void)
{
  g_autoptr (GAsyncResult) result = foreign_result ();
  StateRemoteUnits *units = g_object_new (STATE_TYPE_REMOTE_UNITS, NULL);
  g_autoptr (StateSnapshot) snapshot = state_snapshot_new ();
  TestCall call = TEST_CALL_INIT;

  begin ();
  read_properties (units);
  read_list (units);
  g_assert_null (state_remote_units_get_connection (units));
  g_assert_null (state_remote_units_get_bus_name (units));
  g_assert_null (state_remote_units_get_object_path (units));
  g_assert_false (state_remote_units_is_connected (units));
  g_assert_false (state_remote_units_is_running (units));
  g_assert_null (state_remote_units_get_current_transition (units));
  g_assert_null (state_remote_units_get_last_transition (units));
  g_assert_null (state_remote_units_lookup (units, "unit"));
  state_remote_units_cancel (units);

  state_remote_units_start_async (units, NULL, test_call_done, &call);
  assert_lost (units, &call);
  state_remote_units_start_stopped_units_async (units, NULL, test_call_done, &call);
  assert_lost (units, &call);
  state_remote_units_save_async (units, NULL, test_call_done, &call);
  assert_lost (units, &call);
  state_remote_units_restore_async (units, snapshot, NULL, test_call_done, &call);
  assert_lost (units, &call);
  state_remote_units_plan_async (units, STATE_OPERATION_RESTORE, snapshot, NULL, NULL,
                                 test_call_done, &call);
  assert_lost (units, &call);
  state_remote_units_inspect_async (units, NULL, 0, 0, NULL, test_call_done, &call);
  assert_lost (units, &call);
  state_remote_units_update_async (units, "a", g_variant_new_int32 (1), NULL, test_call_done,
                                   &call);
  assert_lost (units, &call);
  state_remote_units_explain_async (units, NULL, NULL, test_call_done, &call);
  assert_lost (units, &call);
  state_remote_units_timeline_async (units, "svg", NULL, test_call_done, &call);
  assert_lost (units, &call);
  g_assert_false (state_remote_units_start_finish (units, result, NULL));
  g_assert_null (state_remote_units_save_finish (units, result, NULL));
  g_assert_false (state_remote_units_run_finish (units, result, NULL, NULL));
  end (units);
}

static void
test_remote_handle (void)
{
  StateRemoteHandle *handle = g_object_new (STATE_TYPE_REMOTE_HANDLE, NULL);

  begin ();
  read_properties (handle);
  g_assert_cmpstr (state_remote_handle_get_name (handle), ==, "");
  test_assert_strv (state_remote_handle_get_dependencies (handle), "");
  test_assert_strv (state_remote_handle_get_dependents (handle), "");
  g_assert_null (state_remote_handle_get_error (handle));
  end (handle);
}

static void
test_remote_transition (void)
{
  StateRemoteTransition *transition = g_object_new (STATE_TYPE_REMOTE_TRANSITION, NULL);

  begin ();
  read_properties (transition);
  g_assert_cmpint (state_remote_transition_get_elapsed (transition), ==, 0);
  g_assert_null (state_remote_transition_get_error (transition));
  end (transition);
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/bare/request", test_request);
  g_test_add_func ("/bare/request-batch", test_request_batch);
  g_test_add_func ("/bare/batch-unit", test_batch_unit);
  g_test_add_func ("/bare/units", test_units);
  g_test_add_func ("/bare/unit-builder", test_unit_builder);
  g_test_add_func ("/bare/unit-handle", test_unit_handle);
  g_test_add_func ("/bare/unit-receiver", test_unit_receiver);
  g_test_add_func ("/bare/inspector", test_inspector);
  g_test_add_func ("/bare/snapshot", test_snapshot);
  g_test_add_func ("/bare/transition", test_transition);
  g_test_add_func ("/bare/plan", test_plan);
  g_test_add_func ("/bare/transition-step", test_transition_step);
  g_test_add_func ("/bare/units-exporter", test_units_exporter);
  g_test_add_func ("/bare/remote-units", test_remote_units);
  g_test_add_func ("/bare/remote-handle", test_remote_handle);
  g_test_add_func ("/bare/remote-transition", test_remote_transition);
  return g_test_run ();
}
