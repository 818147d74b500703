/* SPDX-License-Identifier: MIT */

#include "state-dbus-snapshot-private.h"
#include "state-error.h"
#include "state-units-exported-call-private.h"
#include "state-transition.h"
#include "state-units.h"

/* The methods that are operations of the set: each replies when it has ended. */

static GUnixFDList *
get_files (GDBusMethodInvocation *invocation)
{
  return g_dbus_message_get_unix_fd_list (g_dbus_method_invocation_get_message (invocation));
}

static gboolean
set_units (StateTransition *transition, StateUnits *units, char **names, GError **error)
{
  g_autoptr (GPtrArray) handles = g_ptr_array_new ();

  for (char **name = names; *name != NULL; name++)
    {
      StateUnitHandle *handle = state_units_lookup (units, *name);

      if (handle == NULL)
        {
          g_set_error (error, STATE_ERROR, STATE_ERROR_UNKNOWN_UNIT,
                       "unknown unit name %s: there is no such unit in the set", *name);
          return FALSE;
        }
      g_ptr_array_add (handles, handle);
    }
  state_transition_set_handles (transition, (StateUnitHandle **) handles->pdata, handles->len);
  return TRUE;
}

static gboolean
set_snapshot (StateTransition *transition,
              GVariant *value,
              GDBusMethodInvocation *invocation,
              GError **error)
{
  g_autoptr (StateSnapshot) snapshot =
      state_dbus_snapshot_from_value (value, get_files (invocation), error);

  if (snapshot != NULL)
    state_transition_set_snapshot (transition, snapshot);
  return snapshot != NULL;
}

StateTransition *
state_units_exported_make_transition (StateUnits *units,
                                      StateOperation operation,
                                      const StateUnitsExportedOptions *options,
                                      GDBusMethodInvocation *invocation,
                                      GError **error)
{
  g_autoptr (StateTransition) transition = state_transition_new (units, operation);

  if (options->units != NULL && !set_units (transition, units, options->units, error))
    return NULL;
  if (options->snapshot != NULL && !set_snapshot (transition, options->snapshot, invocation, error))
    return NULL;
  if (options->given & STATE_UNITS_EXPORTED_OPTION_FAILURE_POLICY)
    state_transition_set_failure_policy (transition, options->policy);
  if (options->given & STATE_UNITS_EXPORTED_OPTION_TIMEOUT)
    state_transition_set_timeout (transition, options->timeout);
  state_transition_set_resume (transition, options->resume);
  return g_steal_pointer (&transition);
}

static void
return_snapshot (StateUnitsExportedCall *call, StateTransition *transition)
{
  GDBusConnection *connection = g_dbus_method_invocation_get_connection (call->invocation);
  g_autoptr (GUnixFDList) files = NULL;
  GError *error = NULL;
  GVariant *value = state_dbus_snapshot_to_value (state_transition_get_snapshot (transition),
                                                  connection, &files, &error);

  if (value != NULL)
    state_units_exported_call_return (call, g_variant_new ("(v)", value), files);
  else
    state_units_exported_call_fail (call, error);
}

static void
on_run (GObject *source, GAsyncResult *result, gpointer user_data)
{
  StateTransition *transition = STATE_TRANSITION (source);
  StateUnitsExportedCall *call = user_data;
  GError *error = NULL;

  if (!state_transition_run_finish (transition, result, &error))
    state_units_exported_call_fail (call, error);
  else if (state_transition_get_operation (transition) == STATE_OPERATION_SAVE)
    return_snapshot (call, transition);
  else
    state_units_exported_call_return (call, NULL, NULL);
}

static gboolean
run (StateUnitsExporter *self,
     GDBusMethodInvocation *invocation,
     StateOperation operation,
     const StateUnitsExportedOptions *options,
     GError **error)
{
  g_autoptr (StateTransition) transition =
      state_units_exported_make_transition (self->units, operation, options, invocation, error);
  StateUnitsExportedCall *call;

  if (transition == NULL)
    return FALSE;
  call = state_units_exported_call_new (self, invocation, options->id, error);
  if (call == NULL)
    return FALSE;
  state_transition_run_async (transition, call->cancellable, on_run, call);
  return TRUE;
}

static gboolean
run_plain (StateUnitsExporter *self,
           GDBusMethodInvocation *invocation,
           StateOperation operation,
           GVariant *parameters,
           GError **error)
{
  g_auto (StateUnitsExportedOptions) options = { 0 };
  g_autoptr (GVariant) given = g_variant_get_child_value (parameters, 0);

  return state_units_exported_options_parse (&options, given, STATE_UNITS_EXPORTED_OPTIONS_RUN,
                                             error) &&
         run (self, invocation, operation, &options, error);
}

/* Methods */

static gboolean
start (StateUnitsExporter *self,
       GDBusMethodInvocation *invocation,
       GVariant *parameters,
       GError **error)
{
  return run_plain (self, invocation, STATE_OPERATION_START, parameters, error);
}

static gboolean
stop (StateUnitsExporter *self,
      GDBusMethodInvocation *invocation,
      GVariant *parameters,
      GError **error)
{
  return run_plain (self, invocation, STATE_OPERATION_STOP, parameters, error);
}

static gboolean
reset (StateUnitsExporter *self,
       GDBusMethodInvocation *invocation,
       GVariant *parameters,
       GError **error)
{
  return run_plain (self, invocation, STATE_OPERATION_RESET, parameters, error);
}

static gboolean
save (StateUnitsExporter *self,
      GDBusMethodInvocation *invocation,
      GVariant *parameters,
      GError **error)
{
  return run_plain (self, invocation, STATE_OPERATION_SAVE, parameters, error);
}

static gboolean
restore (StateUnitsExporter *self,
         GDBusMethodInvocation *invocation,
         GVariant *parameters,
         GError **error)
{
  g_auto (StateUnitsExportedOptions) options = { 0 };
  g_autoptr (GVariant) given = NULL;

  g_variant_get (parameters, "(v@a{sv})", &options.snapshot, &given);
  return state_units_exported_options_parse (&options, given, STATE_UNITS_EXPORTED_OPTIONS_RUN,
                                             error) &&
         run (self, invocation, STATE_OPERATION_RESTORE, &options, error);
}

static void
on_started_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  StateUnitsExportedCall *call = user_data;
  GError *error = NULL;

  if (state_units_start_stopped_units_finish (STATE_UNITS (source), result, &error))
    state_units_exported_call_return (call, NULL, NULL);
  else
    state_units_exported_call_fail (call, error);
}

static gboolean
start_stopped_units (StateUnitsExporter *self,
                     GDBusMethodInvocation *invocation,
                     GVariant *parameters,
                     GError **error)
{
  g_auto (StateUnitsExportedOptions) options = { 0 };
  g_autoptr (GVariant) given = g_variant_get_child_value (parameters, 0);
  StateUnitsExportedCall *call;

  if (!state_units_exported_options_parse (&options, given, STATE_UNITS_EXPORTED_OPTION_CALL,
                                           error))
    return FALSE;
  call = state_units_exported_call_new (self, invocation, options.id, error);
  if (call == NULL)
    return FALSE;
  state_units_start_stopped_units_async (self->units, call->cancellable, on_started_stopped, call);
  return TRUE;
}

static const struct
{
  const char *name;
  StateUnitsExportedMethod method;
} methods[] = {
  { "Start", start }, { "StartStoppedUnits", start_stopped_units },
  { "Stop", stop },   { "Reset", reset },
  { "Save", save },   { "Restore", restore },
};

StateUnitsExportedMethod
state_units_exported_find_operation (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    if (g_str_equal (methods[i].name, name))
      return methods[i].method;
  return NULL;
}
