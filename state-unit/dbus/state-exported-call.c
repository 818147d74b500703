/* SPDX-License-Identifier: MIT */

#include "state-exported-call-private.h"

#include "state-dbus-interfaces.h"
#include "state-error.h"
#include "state-wire-private.h"

/* Reading the call */

static gboolean
wrong_parameter (const char *name, GError **error)
{
  g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS, "parameter %s is of another type",
               name);
  return FALSE;
}

/* FALSE with an error: it is of another type. 0 when it is not there. */
static gboolean
take_number (GVariant *parameters, const char *name, guint *number, gboolean *found, GError **error)
{
  g_autoptr (GVariant) value = g_variant_lookup_value (parameters, name, NULL);

  *number = 0;
  if (found != NULL)
    *found = value != NULL;
  if (value == NULL)
    return TRUE;
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_UINT32))
    return wrong_parameter (name, error);
  *number = g_variant_get_uint32 (value);
  return TRUE;
}

static gboolean
take_path (StateExportedCall *self, GVariant *parameters, GError **error)
{
  g_autoptr (GVariant) value = g_variant_lookup_value (parameters, "path", NULL);

  if (value != NULL && !g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return wrong_parameter ("path", error);
  self->path = value != NULL ? g_variant_dup_string (value, NULL) : g_strdup ("");
  return TRUE;
}

static gboolean
take_value (StateExportedCall *self,
            GVariant *parameters,
            const char *name,
            GVariant **value,
            GError **error)
{
  GDBusMessage *message = g_dbus_method_invocation_get_message (self->invocation);
  g_autoptr (GVariant) packed = g_variant_lookup_value (parameters, name, NULL);

  if (packed == NULL)
    return TRUE;
  *value = state_wire_unpack_value (packed, g_dbus_message_get_unix_fd_list (message), error);
  return *value != NULL;
}

static gboolean
take_parameters (StateExportedCall *self, GVariant *parameters, GError **error)
{
  guint time;

  if (!take_number (parameters, "time", &time, NULL, error) ||
      !take_number (parameters, "version", &self->version, &self->has_version, error))
    return FALSE;
  if (time != 0)
    self->deadline = g_get_monotonic_time () + time * (gint64) 1000;
  self->told_deadline = self->deadline;

  if (self->operation == STATE_OPERATION_INSPECT)
    return take_path (self, parameters, error) &&
           take_number (parameters, "depth", &self->depth, NULL, error) &&
           take_number (parameters, "timeout", &self->timeout, NULL, error) &&
           take_value (self, parameters, "value", &self->value, error);
  if (self->operation != STATE_OPERATION_RESTORE)
    return TRUE;
  if (!take_value (self, parameters, "state", &self->state, error))
    return FALSE;
  if (self->state == NULL)
    g_set_error_literal (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS, "restore needs a state");
  return self->state != NULL;
}

static gboolean
take_operation (StateExportedCall *self, const char *name, GError **error)
{
  for (StateOperation operation = STATE_OPERATION_START; operation <= STATE_OPERATION_INSPECT;
       operation++)
    if (g_str_equal (name, state_operation_to_string (operation)))
      {
        self->operation = operation;
        return TRUE;
      }
  g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS, "there is no operation %s", name);
  return FALSE;
}

/* By the name of the method; FALSE: it is the one for all. */
static gboolean
take_plain (StateExportedCall *self)
{
  const char *method = g_dbus_method_invocation_get_method_name (self->invocation);

  if (g_str_equal (method, "Start"))
    self->operation = STATE_OPERATION_START;
  else if (g_str_equal (method, "Stop"))
    self->operation = STATE_OPERATION_STOP;
  else if (g_str_equal (method, "Reset"))
    self->operation = STATE_OPERATION_RESET;
  else if (g_str_equal (method, "PostRestore"))
    self->operation = STATE_OPERATION_POST_RESTORE;
  else
    return FALSE;
  self->is_plain = TRUE;
  return TRUE;
}

static gboolean
take_request (StateExportedCall *self, GError **error)
{
  GVariant *arguments = g_dbus_method_invocation_get_parameters (self->invocation);
  g_autoptr (GVariant) parameters = NULL;
  const char *name;

  if (take_plain (self))
    return TRUE;
  g_variant_get (arguments, "(&s@a{sv})", &name, &parameters);
  return take_operation (self, name, error) && take_parameters (self, parameters, error);
}

StateExportedCall *
state_exported_call_new (StateExportedKind kind,
                         GDBusMethodInvocation *invocation,
                         const char *sender,
                         GError **error)
{
  StateExportedCall *self = g_new0 (StateExportedCall, 1);

  self->kind = kind;
  self->invocation = invocation;
  self->sender = g_strdup (sender);
  self->serial = g_dbus_message_get_serial (g_dbus_method_invocation_get_message (invocation));
  if (kind != STATE_EXPORTED_REQUEST || take_request (self, error))
    return self;
  self->invocation = NULL;
  state_exported_call_free (self);
  return NULL;
}

/* The exporter's own, which nobody waits for. */
StateExportedCall *
state_exported_call_new_stop (void)
{
  StateExportedCall *self = g_new0 (StateExportedCall, 1);

  self->kind = STATE_EXPORTED_REQUEST;
  self->operation = STATE_OPERATION_STOP;
  self->sender = g_strdup ("");
  return self;
}

void
state_exported_call_free (StateExportedCall *self)
{
  if (self->invocation != NULL)
    g_dbus_method_invocation_return_error_literal (g_steal_pointer (&self->invocation),
                                                   G_DBUS_ERROR, G_DBUS_ERROR_FAILED,
                                                   "nobody answered");
  g_clear_pointer (&self->state, g_variant_unref);
  g_clear_pointer (&self->value, g_variant_unref);
  g_clear_object (&self->exporter);
  g_free (self->path);
  g_free (self->sender);
  g_free (self);
}

/* The request */

void
state_exported_call_cancel (StateExportedCall *self)
{
  g_autoptr (StateRequest) request = NULL;

  if (g_set_object (&request, self->request))
    state_request_cancel (request);
}

/* Answering */

static void
reply_with (StateExportedCall *self, GVariant *reply, GUnixFDList *fds)
{
  if (self->invocation != NULL)
    g_dbus_method_invocation_return_value_with_unix_fd_list (g_steal_pointer (&self->invocation),
                                                             reply, fds);
  else if (reply != NULL)
    g_variant_unref (g_variant_ref_sink (reply));
}

void
state_exported_call_reply (StateExportedCall *self, GVariant *reply)
{
  reply_with (self, reply, NULL);
}

void
state_exported_call_fail (StateExportedCall *self, const GError *error)
{
  g_autoptr (GDBusMethodInvocation) invocation = g_steal_pointer (&self->invocation);
  GDBusMessage *call;
  g_autoptr (GDBusMessage) reply = NULL;

  if (invocation == NULL)
    return;
  call = g_dbus_method_invocation_get_message (invocation);
  if ((g_dbus_message_get_flags (call) & G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED) != 0)
    return;
  reply = g_dbus_message_new_method_error_literal (call, STATE_WIRE_ERROR, "");
  g_dbus_message_set_body (reply, state_wire_pack_error (error));
  g_dbus_connection_send_message (g_dbus_method_invocation_get_connection (invocation), reply,
                                  G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL);
}

static gboolean
passes_fds (GDBusConnection *connection)
{
  return (g_dbus_connection_get_capabilities (connection) &
          G_DBUS_CAPABILITY_FLAGS_UNIX_FD_PASSING) != 0;
}

static void
answer_with_state (StateExportedCall *self, GVariant *state)
{
  GDBusConnection *connection = g_dbus_method_invocation_get_connection (self->invocation);
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GError) error = NULL;
  GVariantBuilder answer;
  GVariant *packed;

  packed = state_wire_pack_value (state, passes_fds (connection) ? &fds : NULL, &error);
  if (packed == NULL)
    {
      state_exported_call_fail (self, error);
      return;
    }
  g_variant_builder_init (&answer, G_VARIANT_TYPE ("(a{sv})"));
  g_variant_builder_open (&answer, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&answer, "{sv}", "state", packed);
  g_variant_builder_close (&answer);
  reply_with (self, g_variant_builder_end (&answer), fds);
}

/* As the unit did. */
void
state_exported_call_answer (StateExportedCall *self)
{
  const GError *error = state_request_get_error (self->request);
  GVariant *state = state_request_get_answer (self->request);

  if (self->invocation == NULL)
    return;
  if (error != NULL)
    state_exported_call_fail (self, error);
  else if (state != NULL)
    answer_with_state (self, state);
  else
    reply_with (self, self->is_plain ? NULL : g_variant_new ("(a{sv})", NULL), NULL);
}

/* Meanwhile */

static void
emit (StateExportedCall *self, const char *signal, GVariant *arguments)
{
  GDBusConnection *connection;

  if (self->invocation == NULL)
    {
      g_variant_unref (g_variant_ref_sink (arguments));
      return;
    }
  connection = g_dbus_method_invocation_get_connection (self->invocation);
  g_dbus_connection_emit_signal (connection, self->sender[0] != '\0' ? self->sender : NULL,
                                 g_dbus_method_invocation_get_object_path (self->invocation),
                                 state_dbus_unit1_interface.name, signal, arguments, NULL);
}

void
state_exported_call_tell_progress (StateExportedCall *self)
{
  g_autofree char *message = NULL;
  g_autofree char *valid = NULL;
  double fraction = state_request_get_progress (self->request, &message);

  valid = g_utf8_make_valid (message != NULL ? message : "", -1);
  emit (self, "Progress", g_variant_new ("(uds)", self->serial, fraction, valid));
}

void
state_exported_call_tell_extension (StateExportedCall *self)
{
  gint64 deadline = state_request_get_deadline (self->request);
  gint64 ms = (deadline - self->told_deadline) / 1000;

  if (ms <= 0)
    return;
  self->told_deadline = deadline;
  emit (self, "Extended", g_variant_new ("(uu)", self->serial, (guint32) MIN (ms, G_MAXUINT32)));
}
