/* SPDX-License-Identifier: MIT */

#include "state-dbus-words-private.h"
#include "state-transition.h"
#include "state-unit-handle.h"
#include "state-units-exporter-private.h"
#include "state-units.h"
#include "state-wire-private.h"

/* What a set that is exported tells of itself. Changes are collected, and told once
 * the main loop has gone round, each value once, however often it changed. */

#define PROGRESS_INTERVAL 50 /* ms: no more often is progress told of */

/* Values */

static GVariant *
flags_of (StateOperationFlags flags)
{
  return state_words_of_flags (STATE_TYPE_OPERATION_FLAGS, flags);
}

static void
add_figures (GVariantBuilder *builder, StateTransition *transition)
{
  g_variant_builder_add (builder, "{sv}", "progress",
                         g_variant_new_double (state_transition_get_progress (transition)));
  g_variant_builder_add (builder, "{sv}", "n-units",
                         g_variant_new_uint32 (state_transition_get_n_units (transition)));
  g_variant_builder_add (builder, "{sv}", "n-finished",
                         g_variant_new_uint32 (state_transition_get_n_finished (transition)));
  g_variant_builder_add (builder, "{sv}", "elapsed",
                         g_variant_new_int64 (state_transition_get_elapsed (transition)));
}

static void
add_word (GVariantBuilder *builder, const char *key, GType type, int value)
{
  g_variant_builder_add (builder, "{sv}", key,
                         g_variant_new_string (state_words_of_enum (type, value)));
}

static GVariant *
transition_value (StateUnitsExporter *self)
{
  StateTransition *transition = self->transition;
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  if (transition == NULL)
    return g_variant_builder_end (&builder);
  g_variant_builder_add (&builder, "{sv}", "serial", g_variant_new_uint32 (self->serial));
  add_word (&builder, "operation", STATE_TYPE_OPERATION,
            (int) state_transition_get_operation (transition));
  add_word (&builder, "status", STATE_TYPE_TRANSITION_STATUS,
            (int) state_transition_get_status (transition));
  add_figures (&builder, transition);
  if (state_transition_get_error (transition) != NULL)
    g_variant_builder_add (&builder, "{sv}", "error",
                           state_wire_pack_error (state_transition_get_error (transition)));
  return g_variant_builder_end (&builder);
}

static GVariant *
fields_value (StateUnitsExporter *self, StateUnitsExportedFields fields)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  if (fields & STATE_UNITS_EXPORTED_RUNNING)
    g_variant_builder_add (&builder, "{sv}", "Running",
                           g_variant_new_boolean (state_units_is_running (self->units)));
  if (fields & STATE_UNITS_EXPORTED_ALLOWED)
    g_variant_builder_add (&builder, "{sv}", "AllowedOperations",
                           flags_of (state_units_get_allowed_operations (self->units)));
  if (fields & STATE_UNITS_EXPORTED_SETTINGS)
    {
      add_word (&builder, "FailurePolicy", STATE_TYPE_FAILURE_POLICY,
                (int) state_units_get_failure_policy (self->units));
      g_variant_builder_add (&builder, "{sv}", "DefaultTimeout",
                             g_variant_new_uint32 (state_units_get_default_timeout (self->units)));
      g_variant_builder_add (&builder, "{sv}", "MaxConcurrency",
                             g_variant_new_uint32 (state_units_get_max_concurrency (self->units)));
    }
  if (fields & STATE_UNITS_EXPORTED_TRANSITION)
    g_variant_builder_add (&builder, "{sv}", "Transition", transition_value (self));
  return g_variant_builder_end (&builder);
}

/* All of the set's. */
GVariant *
state_units_exported_get_fields (StateUnitsExporter *self)
{
  return fields_value (self, STATE_UNITS_EXPORTED_RUNNING | STATE_UNITS_EXPORTED_ALLOWED |
                                 STATE_UNITS_EXPORTED_SETTINGS | STATE_UNITS_EXPORTED_TRANSITION);
}

static void
add_edges (GVariantBuilder *builder, StateUnitsExportedUnit *unit)
{
  g_strfreev (unit->dependencies);
  g_strfreev (unit->dependents);
  unit->dependencies = state_unit_handle_get_dependencies (unit->handle);
  unit->dependents = state_unit_handle_get_dependents (unit->handle);
  g_variant_builder_add (builder, "{sv}", "Dependencies",
                         g_variant_new_strv ((const char *const *) unit->dependencies, -1));
  g_variant_builder_add (builder, "{sv}", "Dependents",
                         g_variant_new_strv ((const char *const *) unit->dependents, -1));
}

static GVariant *
error_of (StateUnitsExportedUnit *unit)
{
  const GError *error = state_unit_handle_get_error (unit->handle);

  return error != NULL ? state_wire_pack_error (error) : g_variant_new ("(ssi)", "", "", 0);
}

/* What changes of a unit. */
static void
add_state (GVariantBuilder *builder, StateUnitsExportedUnit *unit)
{
  add_word (builder, "State", STATE_TYPE_UNIT_STATE,
            (int) state_unit_handle_get_state (unit->handle));
  g_variant_builder_add (builder, "{sv}", "AllowedOperations",
                         flags_of (state_unit_handle_get_allowed_operations (unit->handle)));
  g_variant_builder_add (builder, "{sv}", "Error", error_of (unit));
}

/* All of the unit's. */
GVariant *
state_units_exported_unit_get_fields (StateUnitsExportedUnit *unit)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "Name",
                         g_variant_new_string (state_unit_handle_get_name (unit->handle)));
  add_state (&builder, unit);
  add_edges (&builder, unit);
  return g_variant_builder_end (&builder);
}

static GVariant *
interfaces_of (StateUnitsExportedUnit *unit)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{sa{sv}}"));
  g_variant_builder_add (&builder, "{s@a{sv}}", STATE_HANDLE_INTERFACE,
                         state_units_exported_unit_get_fields (unit));
  return g_variant_builder_end (&builder);
}

/* (a{oa{sa{sv}}}): the units, in the order of the set. */
GVariant *
state_units_exported_get_objects (StateUnitsExporter *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{oa{sa{sv}}}"));
  for (guint i = 0; i < self->rows->len; i++)
    {
      StateUnitsExportedUnit *unit = g_ptr_array_index (self->rows, i);

      g_variant_builder_add (&builder, "{o@a{sa{sv}}}", unit->path, interfaces_of (unit));
    }
  return g_variant_new ("(a{oa{sa{sv}}})", &builder);
}

/* Telling */

static void
tell_changed (StateUnitsExporter *self,
              const char *path,
              const char *interface_name,
              GVariant *properties)
{
  state_units_exported_emit (self, path, STATE_PROPERTIES_INTERFACE, "PropertiesChanged",
                             g_variant_new ("(s@a{sv}@as)", interface_name, properties,
                                            g_variant_new_strv (NULL, 0)));
}

static void
tell_unit (StateUnitsExporter *self, StateUnitsExportedUnit *unit)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  add_state (&builder, unit);
  if (unit->has_new_edges)
    add_edges (&builder, unit);
  unit->is_changed = FALSE;
  unit->has_new_edges = FALSE;
  tell_changed (self, unit->path, STATE_HANDLE_INTERFACE, g_variant_builder_end (&builder));
}

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
tell_units (StateUnitsExporter *self)
{
  for (guint i = 0; i < self->changed->len; i++)
    tell_unit (self, g_ptr_array_index (self->changed, i));
  g_ptr_array_set_size (self->changed, 0);
}

static void
tell_fields (StateUnitsExporter *self)
{
  StateUnitsExportedFields fields = self->changed_fields;

  self->changed_fields = 0;
  if (fields & STATE_UNITS_EXPORTED_TRANSITION)
    {
      clear_source (&self->progress);
      self->progress_told = g_get_monotonic_time ();
    }
  if (fields != 0)
    tell_changed (self, self->object_path, STATE_UNITS_INTERFACE, fields_value (self, fields));
}

/* Tells of what has changed, before the reply that follows from it: that a transition
 * has begun before what it does, that it has ended after what it did. */
void
state_units_exported_flush (StateUnitsExporter *self)
{
  clear_source (&self->flush);
  if (self->units == NULL)
    return;
  if (state_units_get_current_transition (self->units) != NULL)
    tell_fields (self);
  tell_units (self);
  tell_fields (self);
}

static GSource *
attach (StateUnitsExporter *self, GSource *source, GSourceFunc func)
{
  g_source_set_callback (source, func, self, NULL);
  g_source_attach (source, state_dispatcher_get_context (self->home));
  return source;
}

static gboolean
on_flush (gpointer user_data)
{
  state_units_exported_flush (user_data);
  return G_SOURCE_REMOVE;
}

static void
flush_soon (StateUnitsExporter *self)
{
  GSource *source;

  if (self->flush != NULL)
    return;
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  self->flush = attach (self, source, on_flush);
}

static void
change_fields (StateUnitsExporter *self, StateUnitsExportedFields fields)
{
  self->changed_fields |= fields;
  flush_soon (self);
}

static void
change_unit (StateUnitsExportedUnit *unit)
{
  if (!unit->is_changed)
    g_ptr_array_add (unit->exporter->changed, unit);
  unit->is_changed = TRUE;
  flush_soon (unit->exporter);
}

/* The transition */

static gboolean
on_progress_due (gpointer user_data)
{
  StateUnitsExporter *self = user_data;

  clear_source (&self->progress);
  change_fields (self, STATE_UNITS_EXPORTED_TRANSITION);
  return G_SOURCE_REMOVE;
}

static void
progress_soon (StateUnitsExporter *self)
{
  gint64 next = self->progress_told + PROGRESS_INTERVAL * 1000;
  gint64 now = g_get_monotonic_time ();

  if (self->progress != NULL)
    return;
  if (next <= now)
    change_fields (self, STATE_UNITS_EXPORTED_TRANSITION);
  else
    self->progress =
        attach (self, g_timeout_source_new ((guint) ((next - now) / 1000 + 1)), on_progress_due);
}

static void
on_transition_notify (StateTransition *transition, GParamSpec *pspec, StateUnitsExporter *self)
{
  if (g_str_equal (pspec->name, "status") || g_str_equal (pspec->name, "error"))
    change_fields (self, STATE_UNITS_EXPORTED_TRANSITION);
  else
    progress_soon (self);
}

static void
watch_transition (StateUnitsExporter *self, StateTransition *transition)
{
  if (transition == self->transition)
    return;
  if (self->transition != NULL)
    g_signal_handler_disconnect (self->transition, self->transition_id);
  g_set_object (&self->transition, transition);
  if (transition == NULL)
    return;
  self->serial++;
  self->transition_id =
      g_signal_connect (transition, "notify", G_CALLBACK (on_transition_notify), self);
  change_fields (self, STATE_UNITS_EXPORTED_TRANSITION);
}

/* Units */

static void
on_handle_notify (StateUnitHandle *handle, GParamSpec *pspec, StateUnitsExportedUnit *unit)
{
  change_unit (unit);
}

static StateUnitsExportedUnit *
unit_new (StateUnitsExporter *self, StateUnitHandle *handle)
{
  StateUnitsExportedUnit *unit = g_new0 (StateUnitsExportedUnit, 1);
  g_autofree char *node = state_words_of_name (state_unit_handle_get_name (handle));

  unit->exporter = self;
  unit->handle = g_object_ref (handle);
  unit->path = g_strconcat (self->units_path, "/", node, NULL);
  unit->node = unit->path + strlen (self->units_path) + 1;
  unit->dependencies = state_unit_handle_get_dependencies (handle);
  unit->dependents = state_unit_handle_get_dependents (handle);
  unit->notify_id = g_signal_connect (handle, "notify", G_CALLBACK (on_handle_notify), unit);
  return unit;
}

static void
unit_free (gpointer data)
{
  StateUnitsExportedUnit *unit = data;

  g_signal_handler_disconnect (unit->handle, unit->notify_id);
  g_object_unref (unit->handle);
  g_strfreev (unit->dependencies);
  g_strfreev (unit->dependents);
  g_free (unit->path);
  g_free (unit);
}

/* Those at the other ends of the edges have one more or less. */
static void
change_neighbours (StateUnitsExporter *self, char **names)
{
  for (char **name = names; *name != NULL; name++)
    {
      g_autofree char *node = state_words_of_name (*name);
      StateUnitsExportedUnit *unit = g_hash_table_lookup (self->nodes, node);

      if (unit == NULL)
        continue;
      unit->has_new_edges = TRUE;
      change_unit (unit);
    }
}

static void
remove_unit (StateUnitsExporter *self, guint position)
{
  StateUnitsExportedUnit *unit = g_ptr_array_steal_index (self->rows, position);
  const char *interfaces[] = { STATE_HANDLE_INTERFACE, NULL };

  g_hash_table_remove (self->nodes, unit->node);
  if (unit->is_changed)
    g_ptr_array_remove (self->changed, unit);
  change_neighbours (self, unit->dependencies);
  change_neighbours (self, unit->dependents);
  state_units_exported_emit (self, self->object_path, STATE_MANAGER_INTERFACE, "InterfacesRemoved",
                             g_variant_new ("(o^as)", unit->path, interfaces));
  unit_free (unit);
}

static StateUnitsExportedUnit *
insert_unit (StateUnitsExporter *self, guint position)
{
  g_autoptr (StateUnitHandle) handle = g_list_model_get_item (G_LIST_MODEL (self->units), position);
  StateUnitsExportedUnit *unit = unit_new (self, handle);

  g_ptr_array_insert (self->rows, (int) position, unit);
  g_hash_table_insert (self->nodes, unit->node, unit);
  return unit;
}

static void
add_unit (StateUnitsExporter *self, guint position)
{
  StateUnitsExportedUnit *unit = insert_unit (self, position);

  change_neighbours (self, unit->dependencies);
  change_neighbours (self, unit->dependents);
  state_units_exported_emit (self, self->object_path, STATE_MANAGER_INTERFACE, "InterfacesAdded",
                             g_variant_new ("(o@a{sa{sv}})", unit->path, interfaces_of (unit)));
}

static void
on_items_changed (StateUnits *units,
                  guint position,
                  guint removed,
                  guint added,
                  StateUnitsExporter *self)
{
  for (guint i = 0; i < removed; i++)
    remove_unit (self, position);
  for (guint i = 0; i < added; i++)
    add_unit (self, position + i);
}

static void
on_units_notify (StateUnits *units, GParamSpec *pspec, StateUnitsExporter *self)
{
  if (g_str_equal (pspec->name, "running"))
    change_fields (self, STATE_UNITS_EXPORTED_RUNNING);
  else if (g_str_equal (pspec->name, "allowed-operations"))
    change_fields (self, STATE_UNITS_EXPORTED_ALLOWED);
  else if (g_str_equal (pspec->name, "last-transition"))
    watch_transition (self, state_units_get_last_transition (units));
  else if (!g_str_equal (pspec->name, "current-transition") &&
           !g_str_equal (pspec->name, "n-items"))
    change_fields (self, STATE_UNITS_EXPORTED_SETTINGS);
}

void
state_units_exported_watch (StateUnitsExporter *self)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->units));

  self->rows = g_ptr_array_new_with_free_func (unit_free);
  self->nodes = g_hash_table_new (g_str_hash, g_str_equal);
  self->changed = g_ptr_array_new ();
  for (guint i = 0; i < n; i++)
    insert_unit (self, i);
  watch_transition (self, state_units_get_last_transition (self->units));
  self->handlers[0] =
      g_signal_connect (self->units, "items-changed", G_CALLBACK (on_items_changed), self);
  self->handlers[1] = g_signal_connect (self->units, "notify", G_CALLBACK (on_units_notify), self);
}

/* The set may have gone already. */
void
state_units_exported_unwatch (StateUnitsExporter *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->handlers); i++)
    if (self->units != NULL && self->handlers[i] != 0)
      g_signal_handler_disconnect (self->units, self->handlers[i]);
  if (self->transition != NULL)
    g_signal_handler_disconnect (self->transition, self->transition_id);
  g_clear_object (&self->transition);
  clear_source (&self->flush);
  clear_source (&self->progress);
  g_clear_pointer (&self->changed, g_ptr_array_unref);
  g_clear_pointer (&self->nodes, g_hash_table_unref);
  g_clear_pointer (&self->rows, g_ptr_array_unref);
}
