/* SPDX-License-Identifier: MIT */

#include "test-set.h"

TestSet *
test_set_new (void)
{
  TestSet *self = g_new0 (TestSet, 1);

  self->units = state_units_new ();
  self->journal = test_journal_new ();
  self->signals = test_journal_new ();
  return self;
}

void
test_set_free (TestSet *self)
{
  test_settle ();
  g_signal_handlers_disconnect_by_data (self->units, self);
  g_object_add_weak_pointer (G_OBJECT (self->units), (gpointer *) &self->units);
  g_object_unref (self->units);
  test_wait_until (self->units == NULL);
  test_wait_until (test_journal_is_unused (self->journal));

  test_journal_unref (self->journal);
  test_journal_unref (self->signals);
  g_free (self);
}

StateUnitHandle *
test_set_add_object (TestSet *self, const char *name, gpointer unit)
{
  g_autoptr (GError) error = NULL;
  StateUnitHandle *handle =
      state_units_add_unit (self->units, name, STATE_UNIT (unit), NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (handle);
  return handle;
}

TestUnit *
test_set_add (TestSet *self, const char *name, ...)
{
  g_autoptr (GPtrArray) depends_on = g_ptr_array_new ();
  g_autoptr (TestUnit) unit = test_unit_new (name, self->journal);
  g_autoptr (GError) error = NULL;
  const char *dependency;
  va_list args;

  va_start (args, name);
  while ((dependency = va_arg (args, const char *)) != NULL)
    g_ptr_array_add (depends_on, (char *) dependency);
  va_end (args);
  g_ptr_array_add (depends_on, NULL);

  state_units_add_unit (self->units, name, STATE_UNIT (unit),
                        (const char *const *) depends_on->pdata, &error);
  g_assert_no_error (error);
  return unit;
}

TestUnit *
test_set_add_timed (TestSet *self,
                    const char *name,
                    StateOperation operation,
                    guint timeout,
                    const char *dependency)
{
  g_autoptr (TestUnit) unit = test_unit_new (name, self->journal);
  StateUnitBuilder *builder = state_units_add (self->units, name);
  g_autoptr (GError) error = NULL;

  if (dependency != NULL)
    state_unit_builder_depends_on (builder, test_set_get (self, dependency));
  state_unit_builder_set_timeout (builder, operation, timeout);
  state_unit_builder_build (builder, STATE_UNIT (unit), &error);
  g_assert_no_error (error);
  return unit;
}

void
test_set_add_diamond (TestSet *self)
{
  test_set_add (self, "a", NULL);
  test_set_add (self, "b", "a", NULL);
  test_set_add (self, "c", "a", NULL);
  test_set_add (self, "d", "b", "c", NULL);
}

StateUnitHandle *
test_set_get (TestSet *self, const char *name)
{
  StateUnitHandle *handle = state_units_lookup (self->units, name);

  if (handle == NULL)
    g_error ("%s is not in the set", name);
  return handle;
}

TestUnit *
test_set_get_unit (TestSet *self, const char *name)
{
  return TEST_UNIT (state_unit_handle_get_unit (test_set_get (self, name)));
}

StateUnitState
test_set_get_state (TestSet *self, const char *name)
{
  return state_unit_handle_get_state (test_set_get (self, name));
}

void
test_set_wait_state (TestSet *self, const char *name, StateUnitState state)
{
  test_wait_until (test_set_get_state (self, name) == state);
}

void
test_set_answer_all (TestSet *self, TestAnswer answer)
{
  guint n_items = g_list_model_get_n_items (G_LIST_MODEL (self->units));

  for (guint i = 0; i < n_items; i++)
    {
      g_autoptr (StateUnitHandle) handle = g_list_model_get_item (G_LIST_MODEL (self->units), i);

      test_unit_set_answers (TEST_UNIT (state_unit_handle_get_unit (handle)), answer);
    }
}

/* --- Signals --- */

static void
on_started (StateUnits *units, StateTransition *transition, TestSet *self)
{
  test_journal_add (self->signals, "started:%s",
                    state_operation_to_string (state_transition_get_operation (transition)));
}

static void
on_state_changed (StateUnits *units,
                  StateUnitHandle *handle,
                  StateUnitState old_state,
                  StateUnitState new_state,
                  TestSet *self)
{
  test_journal_add (self->signals, "%s:%s>%s", state_unit_handle_get_name (handle),
                    state_unit_state_to_string (old_state), state_unit_state_to_string (new_state));
}

static void
on_finished (StateUnits *units, StateTransition *transition, TestSet *self)
{
  test_journal_add (self->signals, "finished:%s:%s",
                    state_operation_to_string (state_transition_get_operation (transition)),
                    state_transition_status_to_string (state_transition_get_status (transition)));
}

void
test_set_watch (TestSet *self)
{
  g_signal_connect (self->units, "transition-started", G_CALLBACK (on_started), self);
  g_signal_connect (self->units, "unit-state-changed", G_CALLBACK (on_state_changed), self);
  g_signal_connect (self->units, "transition-finished", G_CALLBACK (on_finished), self);
}

/* --- Operations --- */

void
test_begin (StateUnits *units,
            StateOperation operation,
            StateSnapshot *snapshot,
            GCancellable *cancellable,
            TestCall *call)
{
  switch (operation)
    {
    case STATE_OPERATION_START:
      state_units_start_async (units, cancellable, test_call_done, call);
      break;
    case STATE_OPERATION_STOP:
      state_units_stop_async (units, cancellable, test_call_done, call);
      break;
    case STATE_OPERATION_RESET:
      state_units_reset_async (units, cancellable, test_call_done, call);
      break;
    case STATE_OPERATION_SAVE:
      state_units_save_async (units, cancellable, test_call_done, call);
      break;
    case STATE_OPERATION_RESTORE:
      state_units_restore_async (units, snapshot, cancellable, test_call_done, call);
      break;
    default:
      g_assert_not_reached ();
    }
  /* The callback never runs before its beginning has returned. */
  g_assert_null (call->result);
}

gboolean
test_end (StateUnits *units,
          StateOperation operation,
          TestCall *call,
          StateSnapshot **snapshot,
          GError **error)
{
  g_autoptr (StateSnapshot) saved = NULL;
  GAsyncResult *result = test_call_wait (call);

  switch (operation)
    {
    case STATE_OPERATION_START:
      return state_units_start_finish (units, result, error);
    case STATE_OPERATION_STOP:
      return state_units_stop_finish (units, result, error);
    case STATE_OPERATION_RESET:
      return state_units_reset_finish (units, result, error);
    case STATE_OPERATION_RESTORE:
      return state_units_restore_finish (units, result, error);
    case STATE_OPERATION_SAVE:
      saved = state_units_save_finish (units, result, error);
      if (snapshot != NULL)
        *snapshot = saved != NULL ? g_object_ref (saved) : NULL;
      return saved != NULL;
    default:
      g_assert_not_reached ();
    }
}

static gboolean
begin_and_end (StateUnits *units,
               StateOperation operation,
               StateSnapshot *given,
               StateSnapshot **saved,
               GError **error)
{
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) local_error = NULL;
  gboolean success;

  test_begin (units, operation, given, NULL, &call);
  success = test_end (units, operation, &call, saved, &local_error);
  g_assert_true (success == (local_error == NULL));
  if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  return success;
}

gboolean
test_start (StateUnits *units, GError **error)
{
  return begin_and_end (units, STATE_OPERATION_START, NULL, NULL, error);
}

gboolean
test_stop (StateUnits *units, GError **error)
{
  return begin_and_end (units, STATE_OPERATION_STOP, NULL, NULL, error);
}

gboolean
test_reset (StateUnits *units, GError **error)
{
  return begin_and_end (units, STATE_OPERATION_RESET, NULL, NULL, error);
}

gboolean
test_restore (StateUnits *units, StateSnapshot *snapshot, GError **error)
{
  return begin_and_end (units, STATE_OPERATION_RESTORE, snapshot, NULL, error);
}

StateSnapshot *
test_save (StateUnits *units, GError **error)
{
  StateSnapshot *snapshot = NULL;

  begin_and_end (units, STATE_OPERATION_SAVE, NULL, &snapshot, error);
  return snapshot;
}

gboolean
test_start_stopped (StateUnits *units, GError **error)
{
  g_auto (TestCall) call = TEST_CALL_INIT;

  state_units_start_stopped_units_async (units, NULL, test_call_done, &call);
  g_assert_null (call.result);
  return state_units_start_stopped_units_finish (units, test_call_wait (&call), error);
}

gboolean
test_run (StateTransition *transition, GError **error)
{
  g_auto (TestCall) call = TEST_CALL_INIT;

  state_transition_run_async (transition, NULL, test_call_done, &call);
  g_assert_null (call.result);
  return state_transition_run_finish (transition, test_call_wait (&call), error);
}

StateUnit *
test_remove (StateUnitHandle *handle, GError **error)
{
  g_autoptr (StateUnitHandle) held = g_object_ref (handle);
  g_auto (TestCall) call = TEST_CALL_INIT;

  state_unit_handle_remove_async (held, NULL, test_call_done, &call);
  g_assert_null (call.result);
  return state_unit_handle_remove_finish (held, test_call_wait (&call), error);
}

GVariant *
test_send (gpointer unit, StateOperation operation, GVariant *state, GError **error)
{
  g_auto (TestCall) call = TEST_CALL_INIT;

  state_unit_send_async (STATE_UNIT (unit), operation, state, NULL, test_call_done, &call);
  g_assert_null (call.result);
  return state_unit_send_finish (STATE_UNIT (unit), test_call_wait (&call), error);
}

/* --- Trees --- */

GVariant *
test_inspect (StateUnits *units, const char *path, guint depth, GError **error)
{
  g_auto (TestCall) call = TEST_CALL_INIT;

  state_units_inspect_async (units, path, depth, G_MAXUINT, NULL, test_call_done, &call);
  g_assert_null (call.result);
  return state_units_inspect_finish (units, test_call_wait (&call), error);
}

GVariant *
test_update (StateUnits *units, const char *path, GVariant *value, GError **error)
{
  g_auto (TestCall) call = TEST_CALL_INIT;

  state_units_update_async (units, path, value, NULL, test_call_done, &call);
  g_assert_null (call.result);
  return state_units_update_finish (units, test_call_wait (&call), error);
}

GVariant *
test_tree_get (GVariant *tree, const char *path)
{
  g_autoptr (GVariant) value = NULL;
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);

  g_assert_true (g_variant_is_of_type (tree, G_VARIANT_TYPE_VARDICT));
  value = g_variant_ref (tree);
  for (guint i = 0; parts[i] != NULL && value != NULL; i++)
    {
      g_autoptr (GVariant) parent = g_steal_pointer (&value);

      if (g_variant_is_of_type (parent, G_VARIANT_TYPE_VARDICT))
        value = g_variant_lookup_value (parent, parts[i], NULL);
    }
  return g_steal_pointer (&value);
}

char *
test_tree_print (GVariant *tree, const char *path)
{
  g_autoptr (GVariant) value = test_tree_get (tree, path);
  g_autofree char *text = value != NULL ? g_variant_print (value, FALSE) : g_strdup ("nothing");

  return g_strdup_printf ("%s: %s", path, text);
}

/* --- What became of it --- */

typedef char *(*Word) (gpointer of, const char *phase, const char *name);

/* Says for each name in @expected what it is, in the same order. */
static char *
words_like (const char *expected, Word word, gpointer of, const char *phase)
{
  g_auto (GStrv) entries = g_strsplit (expected, " ", -1);
  GString *text = g_string_new (NULL);

  for (guint i = 0; entries[i] != NULL; i++)
    {
      g_autofree char *name = g_strndup (entries[i], strcspn (entries[i], ":"));
      g_autofree char *is = word (of, phase, name);

      g_string_append_printf (text, "%s%s:%s", i > 0 ? " " : "", name, is);
    }
  return g_string_free (text, FALSE);
}

static char *
state_word (gpointer units, const char *phase, const char *name)
{
  StateUnitHandle *handle = state_units_lookup (units, name);

  if (handle == NULL)
    return g_strdup ("gone");
  return g_strdup (state_unit_state_to_string (state_unit_handle_get_state (handle)));
}

char *
test_states_like (StateUnits *units, const char *expected)
{
  return words_like (expected, state_word, units, NULL);
}

StateTransitionStep *
test_find_step (StateTransition *transition, const char *phase, const char *name)
{
  guint n_items = g_list_model_get_n_items (G_LIST_MODEL (transition));

  for (guint i = n_items; i > 0; i--)
    {
      g_autoptr (StateTransitionStep) step =
          g_list_model_get_item (G_LIST_MODEL (transition), i - 1);

      if (strcmp (state_transition_step_get_name (step), name) == 0 &&
          (phase == NULL || strcmp (state_transition_step_get_phase (step), phase) == 0))
        return g_steal_pointer (&step);
    }
  return NULL;
}

static char *
outcome_word (gpointer transition, const char *phase, const char *name)
{
  g_autoptr (StateTransitionStep) step = test_find_step (transition, phase, name);

  if (step == NULL)
    return g_strdup ("none");
  return g_strdup (state_step_outcome_to_string (state_transition_step_get_outcome (step)));
}

char *
test_outcomes_like (StateTransition *transition, const char *phase, const char *expected)
{
  return words_like (expected, outcome_word, transition, phase);
}
