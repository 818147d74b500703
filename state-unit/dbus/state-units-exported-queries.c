/* SPDX-License-Identifier: MIT */

#include "state-dbus-value-private.h"
#include "state-dbus-words-private.h"
#include "state-error.h"
#include "state-units-exported-call-private.h"
#include "state-plan.h"
#include "state-transition.h"
#include "state-units.h"

/* The methods that ask. */

/* Inspecting */

static void
return_value (StateUnitsExportedCall *call, const char *format, GVariant *value)
{
  GError *error = NULL;

  if (state_dbus_check_size (g_variant_get_size (value), &error))
    state_units_exported_call_return (call, g_variant_new (format, state_dbus_value_fit (value)),
                                      NULL);
  else
    state_units_exported_call_fail (call, error);
}

static void
on_inspected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  StateUnitsExportedCall *call = user_data;
  GError *error = NULL;
  g_autoptr (GVariant) tree = state_units_inspect_finish (STATE_UNITS (source), result, &error);

  if (tree != NULL)
    return_value (call, "(@a{sv})", tree);
  else
    state_units_exported_call_fail (call, error);
}

static gboolean
inspect (StateUnitsExporter *self,
         GDBusMethodInvocation *invocation,
         GVariant *parameters,
         GError **error)
{
  g_auto (StateUnitsExportedOptions) options = { 0 };
  g_autoptr (GVariant) given = NULL;
  const char *path;
  guint depth;
  guint timeout;
  StateUnitsExportedCall *call;

  g_variant_get (parameters, "(&suu@a{sv})", &path, &depth, &timeout, &given);
  if (!state_units_exported_options_parse (&options, given, STATE_UNITS_EXPORTED_OPTION_CALL,
                                           error))
    return FALSE;
  call = state_units_exported_call_new (self, invocation, options.id, error);
  if (call == NULL)
    return FALSE;
  state_units_inspect_async (self->units, path, depth, timeout, call->cancellable, on_inspected,
                             call);
  return TRUE;
}

static void
on_updated (GObject *source, GAsyncResult *result, gpointer user_data)
{
  StateUnitsExportedCall *call = user_data;
  GError *error = NULL;
  g_autoptr (GVariant) value = state_units_update_finish (STATE_UNITS (source), result, &error);

  if (value != NULL)
    return_value (call, "(v)", value);
  else
    state_units_exported_call_fail (call, error);
}

static gboolean
update (StateUnitsExporter *self,
        GDBusMethodInvocation *invocation,
        GVariant *parameters,
        GError **error)
{
  g_auto (StateUnitsExportedOptions) options = { 0 };
  g_autoptr (GVariant) given = NULL;
  g_autoptr (GVariant) value = NULL;
  const char *path;
  StateUnitsExportedCall *call;

  g_variant_get (parameters, "(&sv@a{sv})", &path, &value, &given);
  if (!state_units_exported_options_parse (&options, given, STATE_UNITS_EXPORTED_OPTION_CALL,
                                           error))
    return FALSE;
  if (!state_dbus_value_fits (value))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   "a value of type %s cannot be set from another process",
                   g_variant_get_type_string (value));
      return FALSE;
    }
  call = state_units_exported_call_new (self, invocation, options.id, error);
  if (call == NULL)
    return FALSE;
  state_units_update_async (self->units, path, value, call->cancellable, on_updated, call);
  return TRUE;
}

/* Plans */

static GVariant *
levels_of (StatePlan *plan)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aas"));
  for (guint i = 0; i < state_plan_get_n_levels (plan); i++)
    {
      g_auto (GStrv) names = state_plan_get_level (plan, i);

      g_variant_builder_add (&builder, "^as", names);
    }
  return g_variant_builder_end (&builder);
}

static GVariant *
skipped_of (StatePlan *plan)
{
  g_auto (GStrv) names = state_plan_get_skipped (plan);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{ss}"));
  for (char **name = names; *name != NULL; name++)
    {
      const char *reason = state_plan_get_skip_reason (plan, *name);
      g_autofree char *valid = g_utf8_make_valid (reason != NULL ? reason : "", -1);

      g_variant_builder_add (&builder, "{ss}", *name, valid);
    }
  return g_variant_builder_end (&builder);
}

static GVariant *
value_of_plan (StatePlan *plan)
{
  g_auto (GStrv) path = state_plan_get_critical_path (plan);
  g_autofree char *text = state_plan_to_string (plan);
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "levels", levels_of (plan));
  g_variant_builder_add (&builder, "{sv}", "skipped", skipped_of (plan));
  g_variant_builder_add (&builder, "{sv}", "critical-path",
                         g_variant_new_strv ((const char *const *) path, -1));
  g_variant_builder_add (&builder, "{sv}", "expected-duration",
                         g_variant_new_int64 (state_plan_get_expected_duration (plan)));
  g_variant_builder_add (&builder, "{sv}", "text", g_variant_new_string (valid));
  return g_variant_builder_end (&builder);
}

static gboolean
parse_operation (const char *word, StateOperation *operation, GError **error)
{
  int value = 0;

  if (!state_words_parse_enum (STATE_TYPE_OPERATION, word, &value) ||
      value > STATE_OPERATION_RESTORE)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   "there is no operation %s: only start, stop, reset, save and restore", word);
      return FALSE;
    }
  *operation = value;
  return TRUE;
}

static gboolean
plan (StateUnitsExporter *self,
      GDBusMethodInvocation *invocation,
      GVariant *parameters,
      GError **error)
{
  g_auto (StateUnitsExportedOptions) options = { 0 };
  g_autoptr (GVariant) given = NULL;
  g_autoptr (StateTransition) transition = NULL;
  g_autoptr (StatePlan) made = NULL;
  const char *word;
  StateOperation operation = STATE_OPERATION_START;
  StateUnitsExportedOptionFlags allowed = STATE_UNITS_EXPORTED_OPTIONS_RUN;

  g_variant_get (parameters, "(&s@a{sv})", &word, &given);
  if (!parse_operation (word, &operation, error))
    return FALSE;
  if (operation == STATE_OPERATION_RESTORE)
    allowed |= STATE_UNITS_EXPORTED_OPTION_SNAPSHOT;
  if (!state_units_exported_options_parse (&options, given, allowed, error))
    return FALSE;
  transition =
      state_units_exported_make_transition (self->units, operation, &options, invocation, error);
  if (transition == NULL)
    return FALSE;
  made = state_transition_plan (transition, error);
  if (made != NULL)
    g_dbus_method_invocation_return_value (invocation,
                                           g_variant_new ("(@a{sv})", value_of_plan (made)));
  return made != NULL;
}

/* Texts */

/* Takes the text, if there is one. */
static gboolean
return_text (GDBusMethodInvocation *invocation, char *text, GError **error)
{
  g_autofree char *own = text;
  g_autofree char *valid = NULL;

  if (own == NULL || !state_dbus_check_size (strlen (own), error))
    return FALSE;
  valid = g_utf8_make_valid (own, -1);
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(s)", valid));
  return TRUE;
}

static gboolean
explain (StateUnitsExporter *self,
         GDBusMethodInvocation *invocation,
         GVariant *parameters,
         GError **error)
{
  const char *name;

  g_variant_get (parameters, "(&s)", &name);
  return return_text (invocation, state_units_exported_explain (self->units, name, error), error);
}

static char *
draw (StateUnits *units, const char *format, GError **error)
{
  StateTransition *transition = state_units_get_last_transition (units);
  gboolean is_dot = g_str_equal (format, "dot");
  gboolean is_svg = g_str_equal (format, "svg");

  if (!is_dot && !is_svg && !g_str_equal (format, "trace-json"))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 "there is no format %s: only svg, trace-json and dot", format);
  else if (transition == NULL && is_dot)
    return state_units_to_dot (units);
  else if (transition == NULL)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                         "there has been no transition that could be drawn");
  else if (is_dot)
    return state_transition_to_dot (transition);
  else
    return is_svg ? state_transition_to_svg (transition)
                  : state_transition_to_trace_json (transition);
  return NULL;
}

static gboolean
timeline (StateUnitsExporter *self,
          GDBusMethodInvocation *invocation,
          GVariant *parameters,
          GError **error)
{
  const char *format;

  g_variant_get (parameters, "(&s)", &format);
  return return_text (invocation, draw (self->units, format, error), error);
}

static gboolean
cancel (StateUnitsExporter *self,
        GDBusMethodInvocation *invocation,
        GVariant *parameters,
        GError **error)
{
  guint id;

  g_variant_get (parameters, "(u)", &id);
  state_units_exported_cancel (self, g_dbus_method_invocation_get_sender (invocation), id);
  g_dbus_method_invocation_return_value (invocation, NULL);
  return TRUE;
}

static const struct
{
  const char *name;
  StateUnitsExportedMethod method;
} methods[] = {
  { "Inspect", inspect }, { "Update", update },     { "Plan", plan },
  { "Explain", explain }, { "Timeline", timeline }, { "Cancel", cancel },
};

static StateUnitsExportedMethod
find_method (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    if (g_str_equal (methods[i].name, name))
      return methods[i].method;
  return state_units_exported_find_operation (name);
}

/* Standard interfaces */

/* What the object at the path has; NULL: there is no such object. */
static GVariant *
fields_of_object (StateUnitsExporter *self, const char *path, const char *interface_name)
{
  StateUnitsExportedUnit *unit;

  if (g_str_equal (path, self->object_path))
    return g_str_equal (interface_name, STATE_UNITS_INTERFACE)
               ? state_units_exported_get_fields (self)
               : g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0);
  unit = g_hash_table_lookup (self->nodes, strrchr (path, '/') + 1);
  return unit != NULL && g_str_equal (unit->path, path)
             ? state_units_exported_unit_get_fields (unit)
             : NULL;
}

static gboolean
return_properties (StateUnitsExporter *self,
                   GDBusMethodInvocation *invocation,
                   const char *method,
                   GVariant *parameters,
                   GError **error)
{
  const char *path = g_dbus_method_invocation_get_object_path (invocation);
  g_autoptr (GVariant) interface_name = g_variant_get_child_value (parameters, 0);
  GVariant *fields = fields_of_object (self, path, g_variant_get_string (interface_name, NULL));
  g_autoptr (GVariant) owned = fields != NULL ? g_variant_ref_sink (fields) : NULL;
  g_autoptr (GVariant) value = NULL;
  const char *name;

  if (owned == NULL)
    {
      g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT, "there is no unit at %s",
                   path);
      return FALSE;
    }
  if (g_str_equal (method, "GetAll"))
    {
      g_dbus_method_invocation_return_value (invocation, g_variant_new ("(@a{sv})", owned));
      return TRUE;
    }
  g_variant_get_child (parameters, 1, "&s", &name);
  value = g_variant_lookup_value (owned, name, NULL);
  if (value == NULL || !g_str_equal (method, "Get"))
    {
      g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_PROPERTY,
                   "there is no property %s that could be read or set", name);
      return FALSE;
    }
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(v)", value));
  return TRUE;
}

static gboolean
return_objects (StateUnitsExporter *self, GDBusMethodInvocation *invocation, GError **error)
{
  g_autoptr (GVariant) objects = g_variant_ref_sink (state_units_exported_get_objects (self));

  if (!state_dbus_check_size (g_variant_get_size (objects), error))
    return FALSE;
  g_dbus_method_invocation_return_value (invocation, objects);
  return TRUE;
}

static gboolean
handle (StateUnitsExporter *self, GDBusMethodInvocation *invocation, GError **error)
{
  const char *interface_name = g_dbus_method_invocation_get_interface_name (invocation);
  const char *name = g_dbus_method_invocation_get_method_name (invocation);
  GVariant *parameters = g_dbus_method_invocation_get_parameters (invocation);

  if (g_str_equal (interface_name, STATE_PROPERTIES_INTERFACE))
    return return_properties (self, invocation, name, parameters, error);
  if (g_str_equal (interface_name, STATE_MANAGER_INTERFACE))
    return return_objects (self, invocation, error);
  return find_method (name) (self, invocation, parameters, error);
}

/* The caller has been let in. */
void
state_units_exported_handle_call (StateUnitsExporter *self, GDBusMethodInvocation *invocation)
{
  GError *error = NULL;

  if (self->units == NULL)
    error =
        g_error_new_literal (STATE_ERROR, STATE_ERROR_LOST, "the set is exported here no longer");
  else
    /* What is read is as it is now, and what was told before is, too. */
    state_units_exported_flush (self);
  if (error != NULL || !handle (self, invocation, &error))
    g_dbus_method_invocation_take_error (invocation, error);
}
