/* SPDX-License-Identifier: MIT */

#include "state-units-exported-call-private.h"

#include "state-dbus-words-private.h"
#include "state-transition.h"
#include "state-units.h"

/* Options */

static const struct
{
  const char *key;
  const char *type;
} keys[] = {
  { "call", "u" },    { "units", "as" }, { "failure-policy", "s" },
  { "timeout", "u" }, { "resume", "b" }, { "snapshot", "v" },
};

static gboolean
find_key (const char *key,
          GVariant *value,
          StateUnitsExportedOptionFlags allowed,
          StateUnitsExportedOptionFlags *found,
          GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      if (!g_str_equal (keys[i].key, key) || (allowed & (1u << i)) == 0)
        continue;
      *found = 1u << i;
      if (g_variant_is_of_type (value, G_VARIANT_TYPE (keys[i].type)))
        return TRUE;
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   "the option %s is of type %s, not %s", key, keys[i].type,
                   g_variant_get_type_string (value));
      return FALSE;
    }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "there is no option %s here", key);
  return FALSE;
}

static gboolean
take_policy (StateUnitsExportedOptions *self, const char *word, GError **error)
{
  int policy = 0;

  if (!state_words_parse_enum (STATE_TYPE_FAILURE_POLICY, word, &policy))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   "there is no failure policy %s: only skip-dependents, roll-back and keep-going",
                   word);
      return FALSE;
    }
  self->policy = policy;
  return TRUE;
}

static gboolean
take_value (StateUnitsExportedOptions *self,
            StateUnitsExportedOptionFlags key,
            GVariant *value,
            GError **error)
{
  self->given |= key;
  switch (key)
    {
    case STATE_UNITS_EXPORTED_OPTION_CALL:
      self->id = g_variant_get_uint32 (value);
      break;
    case STATE_UNITS_EXPORTED_OPTION_UNITS:
      g_strfreev (self->units);
      self->units = g_variant_dup_strv (value, NULL);
      break;
    case STATE_UNITS_EXPORTED_OPTION_FAILURE_POLICY:
      return take_policy (self, g_variant_get_string (value, NULL), error);
    case STATE_UNITS_EXPORTED_OPTION_TIMEOUT:
      self->timeout = g_variant_get_uint32 (value);
      break;
    case STATE_UNITS_EXPORTED_OPTION_RESUME:
      self->resume = g_variant_get_boolean (value);
      break;
    case STATE_UNITS_EXPORTED_OPTION_SNAPSHOT:
      g_clear_pointer (&self->snapshot, g_variant_unref);
      self->snapshot = g_variant_get_variant (value);
      break;
    case STATE_UNITS_EXPORTED_OPTIONS_RUN:
    default:
      g_assert_not_reached ();
    }
  return TRUE;
}

/* Strictly: an option that is not understood is not left out. */
gboolean
state_units_exported_options_parse (StateUnitsExportedOptions *self,
                                    GVariant *options,
                                    StateUnitsExportedOptionFlags allowed,
                                    GError **error)
{
  GVariantIter iter;
  const char *key;
  GVariant *value;
  gboolean understood = TRUE;

  g_variant_iter_init (&iter, options);
  while (understood && g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      StateUnitsExportedOptionFlags found = 0;

      understood =
          find_key (key, value, allowed, &found, error) && take_value (self, found, value, error);
      g_variant_unref (value);
    }
  return understood;
}

void
state_units_exported_options_clear (StateUnitsExportedOptions *self)
{
  g_clear_pointer (&self->units, g_strfreev);
  g_clear_pointer (&self->snapshot, g_variant_unref);
}

/* Calls */

static StateUnitsExportedCall *
find_call (StateUnitsExporter *exporter, const char *sender, guint id)
{
  for (GList *link = exporter->calls.head; link != NULL; link = link->next)
    {
      StateUnitsExportedCall *call = link->data;

      if (call->id == id &&
          g_strcmp0 (g_dbus_method_invocation_get_sender (call->invocation), sender) == 0)
        return call;
    }
  return NULL;
}

/* NULL: the caller has another call of this number under way. */
StateUnitsExportedCall *
state_units_exported_call_new (StateUnitsExporter *exporter,
                               GDBusMethodInvocation *invocation,
                               guint id,
                               GError **error)
{
  const char *sender = g_dbus_method_invocation_get_sender (invocation);
  StateUnitsExportedCall *self;

  if (id != 0 && find_call (exporter, sender, id) != NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "call %u is under way already",
                   id);
      return NULL;
    }
  self = g_new0 (StateUnitsExportedCall, 1);
  self->exporter = exporter;
  self->invocation = invocation;
  self->units = g_object_ref (exporter->units);
  self->cancellable = g_cancellable_new ();
  self->id = id;
  g_queue_push_tail (&exporter->calls, self);
  return self;
}

/* What has changed is told before the reply. */
static void
end_call (StateUnitsExportedCall *self)
{
  if (self->exporter != NULL)
    {
      g_queue_remove (&self->exporter->calls, self);
      state_units_exported_flush (self->exporter);
    }
}

static void
call_free (StateUnitsExportedCall *self)
{
  g_object_unref (self->units);
  g_object_unref (self->cancellable);
  g_free (self);
}

/* The files are nullable. */
void
state_units_exported_call_return (StateUnitsExportedCall *self, GVariant *reply, GUnixFDList *files)
{
  end_call (self);
  g_dbus_method_invocation_return_value_with_unix_fd_list (self->invocation, reply, files);
  call_free (self);
}

/* Takes the error. */
void
state_units_exported_call_fail (StateUnitsExportedCall *self, GError *error)
{
  end_call (self);
  g_dbus_method_invocation_take_error (self->invocation, error);
  call_free (self);
}

/* Whoever asked is told in the end all the same. */
void
state_units_exported_forget_calls (StateUnitsExporter *self)
{
  StateUnitsExportedCall *call;

  while ((call = g_queue_pop_head (&self->calls)) != NULL)
    call->exporter = NULL;
}

void
state_units_exported_cancel (StateUnitsExporter *exporter, const char *sender, guint id)
{
  StateTransition *current = state_units_get_current_transition (exporter->units);
  StateUnitsExportedCall *call = id != 0 ? find_call (exporter, sender, id) : NULL;

  if (call != NULL)
    g_cancellable_cancel (call->cancellable);
  else if (id == 0 && current != NULL)
    state_transition_cancel (current);
}
