/* SPDX-License-Identifier: MIT */

#include "state-unit-exporter-private.h"

#include "state-context-private.h"
#include "state-error.h"
#include "state-unit-handle-private.h"
#include "state-unit-private.h"

/* What is asked of an exported unit: one thing after the other, of one client, and
 * inspections beside it. */

/* Requests that wait for their turn, and inspections under way. */
#define WAITING_MAX 16
#define INSPECTIONS_MAX 64

/* Putting requests to the unit */

static void advance (StateUnitExporter *self);

/* What the answer of the unit says of it. */
static void
settle (StateUnitExporter *self, StateExportedCall *call)
{
  const GError *error = state_request_get_error (call->request);

  if (call->operation == STATE_OPERATION_START)
    self->may_run = error == NULL || g_error_matches (error, STATE_ERROR, STATE_ERROR_DROPPED);
  else if (call->operation == STATE_OPERATION_STOP && error == NULL)
    self->may_run = FALSE;
  if (!self->may_run)
    self->is_orphaned = FALSE;
  if (call->invocation == NULL)
    self->is_stuck = self->is_orphaned;
}

/* The call is over, whose exporter it kept. */
static void
finish (StateUnitExporter *self, StateExportedCall *call)
{
  g_autoptr (StateUnitExporter) alive = g_object_ref (self);

  if (call->operation == STATE_OPERATION_INSPECT)
    self->inspections = g_list_remove (self->inspections, call);
  else
    {
      self->current = NULL;
      settle (self, call);
      state_unit_release (self->unit);
    }
  state_exported_call_answer (call);
  state_exported_call_free (call);
  advance (self);
}

static void
request_answered (StateRequest *request)
{
  g_autoptr (StateRequest) own = request;
  StateExportedCall *call = state_request_get_owner (request);

  finish (STATE_UNIT_EXPORTER (call->exporter), call);
}

static void
request_progressed (StateRequest *request)
{
  state_exported_call_tell_progress (state_request_get_owner (request));
}

static void
request_extended (StateRequest *request)
{
  state_exported_call_tell_extension (state_request_get_owner (request));
}

static guint
own_version (StateUnitExporter *self)
{
  guint oldest;

  return STATE_UNIT_GET_IFACE (self->unit)->get_state_version (self->unit, &oldest);
}

static StateRequest *
request_of_call (StateUnitExporter *self, StateExportedCall *call, GMainContext *context)
{
  gboolean of_state =
      call->operation == STATE_OPERATION_SAVE || call->operation == STATE_OPERATION_RESTORE;
  guint version = call->has_version || !of_state ? call->version : own_version (self);

  return state_request_new (&(StateRequestParameters){
      .operation = call->operation,
      .unit = self->unit,
      .context = context,
      .home = self->dispatcher,
      .state = call->state,
      .state_version = of_state ? version : 0,
      .inspect_path = call->path,
      .inspect_depth = call->depth,
      .inspect_timeout_ms = call->timeout,
      .inspect_value = call->value,
      .deadline = call->deadline,
      .answered = request_answered,
      .progressed = request_progressed,
      .extended = request_extended,
      .owner = call,
  });
}

/* The request, if the unit has answered in its function. A unit in a set is called where
 * the set calls it. */
static StateRequest *
call_unit (StateUnitExporter *self, StateExportedCall *call)
{
  g_autoptr (StateUnitHandle) handle = state_unit_handle_of_unit (self->unit);
  StateDispatcher *dispatcher =
      handle != NULL ? state_unit_handle_get_dispatcher (handle) : self->dispatcher;
  g_autoptr (StateRequest) request = NULL;
  GMainContext *pushed;
  gboolean answered;

  request = request_of_call (self, call, state_dispatcher_get_context (dispatcher));
  call->request = request;
  call->exporter = G_OBJECT (g_object_ref (self));
  if (call->operation != STATE_OPERATION_INSPECT &&
      state_unit_hold_when_free (self->unit, request, dispatcher))
    {
      state_request_set_out (request);
      return NULL;
    }
  if (dispatcher != self->dispatcher)
    {
      state_request_post_call (request, dispatcher);
      return NULL;
    }
  pushed = state_context_push (self->context);
  answered = state_request_call (request);
  state_context_pop (pushed);
  return answered ? g_steal_pointer (&request) : NULL;
}

gboolean
state_unit_exporter_check_free (StateUnitExporter *self, GError **error)
{
  g_autoptr (StateUnitHandle) handle = state_unit_handle_of_unit (self->unit);

  if (handle == NULL)
    return TRUE;
  g_set_error (error, STATE_ERROR, STATE_ERROR_UNIT_IN_USE,
               "unit %s is in a set of the process that exports it: it can only be inspected",
               state_unit_handle_get_name (handle));
  return FALSE;
}

static void
put (StateUnitExporter *self, StateExportedCall *call)
{
  g_autoptr (StateRequest) answered = NULL;
  g_autoptr (GError) error = NULL;

  if (call->operation == STATE_OPERATION_INSPECT)
    self->inspections = g_list_prepend (self->inspections, call);
  else if (state_unit_exporter_check_free (self, &error))
    self->current = call;
  else
    {
      self->is_stuck = self->is_orphaned;
      state_exported_call_fail (call, error);
      state_exported_call_free (call);
      return;
    }
  answered = call_unit (self, call);
  if (answered != NULL)
    finish (self, call);
}

static void
reply_opened (StateUnitExporter *self, StateExportedCall *call)
{
  GVariantBuilder details;
  guint oldest = 0;
  guint version;

  version = STATE_UNIT_GET_IFACE (self->unit)->get_state_version (self->unit, &oldest);
  g_variant_builder_init (&details, G_VARIANT_TYPE ("(a{sv})"));
  g_variant_builder_open (&details, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&details, "{sv}", "version", g_variant_new_uint32 (version));
  g_variant_builder_add (&details, "{sv}", "oldest-version", g_variant_new_uint32 (oldest));
  g_variant_builder_close (&details);
  state_exported_call_reply (call, g_variant_builder_end (&details));
}

static void
fail_stuck (StateExportedCall *call)
{
  g_autoptr (GError) error =
      g_error_new_literal (STATE_ERROR, STATE_ERROR_WRONG_STATE,
                           "the unit may still run: whoever started it has gone, and it could "
                           "not be stopped");

  state_exported_call_fail (call, error);
  state_exported_call_free (call);
}

/* One that waited, whose turn it is. */
static void
serve (StateUnitExporter *self, StateExportedCall *call)
{
  if (self->is_stuck && call->operation != STATE_OPERATION_STOP)
    {
      fail_stuck (call);
      return;
    }
  if (call->kind == STATE_EXPORTED_REQUEST)
    {
      put (self, call);
      return;
    }
  if (call->kind == STATE_EXPORTED_OPEN)
    reply_opened (self, call);
  else
    state_exported_call_reply (call, NULL);
  state_exported_call_free (call);
}

/* Goes on with what is to be done, while nothing is with the unit. First of all it is
 * stopped when whoever started it has gone. */
static void
advance (StateUnitExporter *self)
{
  g_autoptr (StateUnitExporter) alive = g_object_ref (self);

  while (self->current == NULL)
    {
      StateExportedCall *call = NULL;

      if (!self->is_orphaned || self->is_stuck)
        call = g_queue_pop_head (&self->waiting);
      else
        call = state_exported_call_new_stop ();
      if (call == NULL)
        return;
      if (call->invocation == NULL)
        put (self, call);
      else
        serve (self, call);
    }
}

/* Clients */

static GList *
find_by_sender (GList *calls, const char *sender)
{
  while (calls != NULL &&
         (sender != NULL && !g_str_equal (((StateExportedCall *) calls->data)->sender, sender)))
    calls = calls->next;
  return calls;
}

/* Of one sender, or with NULL of all. */
void
state_unit_exporter_cancel_inspections (StateUnitExporter *self, const char *sender)
{
  g_autoptr (GList) calls = NULL;

  for (GList *l = find_by_sender (self->inspections, sender); l != NULL;
       l = find_by_sender (l->next, sender))
    calls = g_list_prepend (calls, l->data);
  /* To cancel one may end it, and others. */
  for (GList *l = calls; l != NULL; l = l->next)
    if (g_list_find (self->inspections, l->data) != NULL)
      state_exported_call_cancel (l->data);
}

void
state_unit_exporter_drop_waiting (StateUnitExporter *self, const char *sender)
{
  GList *l;

  while ((l = find_by_sender (self->waiting.head, sender)) != NULL)
    {
      StateExportedCall *call = l->data;

      g_queue_delete_link (&self->waiting, l);
      state_exported_call_free (call);
    }
}

/* Nobody has the unit any more. A start that is under way may make it run. */
void
state_unit_exporter_let_go (StateUnitExporter *self)
{
  g_clear_pointer (&self->client, g_free);
  self->is_stuck = FALSE;
  self->is_orphaned =
      self->may_run || (self->current != NULL && self->current->operation == STATE_OPERATION_START);
  if (self->current != NULL)
    state_exported_call_cancel (self->current);
  advance (self);
}

static gboolean
claim (StateUnitExporter *self, const char *sender, GError **error)
{
  if (self->client == NULL)
    self->client = g_strdup (sender);
  if (g_str_equal (self->client, sender))
    return TRUE;
  g_set_error (error, STATE_ERROR, STATE_ERROR_UNIT_IN_USE,
               "the unit at %s is in use by another process%s%s", self->object_path,
               self->is_bus ? ": " : "", self->client);
  return FALSE;
}

/* What is called, in the order in which it comes */

static gboolean
is_known (StateUnitExporter *self, const char *sender, guint32 serial)
{
  const StateExportedCall *current = self->current;

  if (current != NULL && current->serial == serial && g_str_equal (current->sender, sender))
    return TRUE;
  for (GList *l = find_by_sender (self->waiting.head, sender); l != NULL;
       l = find_by_sender (l->next, sender))
    if (((StateExportedCall *) l->data)->serial == serial)
      return TRUE;
  for (GList *l = find_by_sender (self->inspections, sender); l != NULL;
       l = find_by_sender (l->next, sender))
    if (((StateExportedCall *) l->data)->serial == serial)
      return TRUE;
  return FALSE;
}

static gboolean
check_call (StateUnitExporter *self, const StateExportedCall *call, GError **error)
{
  gboolean is_inspect = call->operation == STATE_OPERATION_INSPECT;

  if (call->kind == STATE_EXPORTED_REQUEST && is_known (self, call->sender, call->serial))
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS, "there is a request %u already",
                 call->serial);
  else if (is_inspect ? g_list_length (self->inspections) >= INSPECTIONS_MAX
                      : self->waiting.length >= WAITING_MAX)
    g_set_error_literal (error, G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED, "too much at once");
  else
    return TRUE;
  return FALSE;
}

/* In the order in which they come. */
void
state_unit_exporter_take_call (StateUnitExporter *self, StateExportedCall *call)
{
  g_autoptr (GError) error = NULL;

  if (!check_call (self, call, &error))
    {
      g_dbus_method_invocation_return_gerror (g_steal_pointer (&call->invocation), error);
      state_exported_call_free (call);
    }
  else if (call->operation == STATE_OPERATION_INSPECT)
    put (self, call);
  else if (call->kind != STATE_EXPORTED_CLOSE && !claim (self, call->sender, &error))
    {
      state_exported_call_fail (call, error);
      state_exported_call_free (call);
    }
  else
    {
      self->is_stuck = FALSE;
      g_queue_push_tail (&self->waiting, call);
      if (call->kind == STATE_EXPORTED_CLOSE && g_strcmp0 (self->client, call->sender) == 0)
        state_unit_exporter_let_go (self);
      else
        advance (self);
    }
}

static void
cancel_waiting (StateUnitExporter *self, GList *link)
{
  StateExportedCall *call = link->data;
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED,
                                                  "it was cancelled before the unit was asked");

  g_queue_delete_link (&self->waiting, link);
  state_exported_call_fail (call, error);
  state_exported_call_free (call);
}

void
state_unit_exporter_cancel (StateUnitExporter *self, const char *sender, guint32 serial)
{
  for (GList *l = find_by_sender (self->waiting.head, sender); l != NULL;
       l = find_by_sender (l->next, sender))
    {
      const StateExportedCall *call = l->data;

      if (call->kind == STATE_EXPORTED_REQUEST && call->serial == serial)
        {
          cancel_waiting (self, l);
          return;
        }
    }
  for (GList *l = find_by_sender (self->inspections, sender); l != NULL;
       l = find_by_sender (l->next, sender))
    if (((StateExportedCall *) l->data)->serial == serial)
      {
        state_exported_call_cancel (l->data);
        return;
      }
  if (self->current != NULL && self->current->invocation != NULL &&
      self->current->serial == serial && g_str_equal (self->current->sender, sender))
    state_exported_call_cancel (self->current);
}
