/* SPDX-License-Identifier: MIT */

#include "state-request-struct-private.h"

#include "state-listeners-private.h"
#include "state-unit-handle.h"

/* How a request is lent to one unit after the other, and what it keeps alive. */

static void
release_parameters (StateRequestParameters *parameters)
{
  g_clear_object (&parameters->unit);
  g_clear_object (&parameters->handle);
  g_clear_pointer (&parameters->thread, state_thread_unref);
  g_clear_pointer (&parameters->context, g_main_context_unref);
  g_clear_pointer (&parameters->home, state_dispatcher_unref);
  g_clear_pointer (&parameters->state, g_variant_unref);
  g_clear_pointer (&parameters->inspect_value, g_variant_unref);
  g_free ((char *) parameters->inspect_path);
}

void
state_request_release (StateRequest *self)
{
  if (!self->borrows)
    release_parameters (&self->parameters);
  else if (self->holds_state)
    g_variant_unref (self->parameters.state);
  self->borrows = TRUE;
  self->holds_state = FALSE;
}

static StateRequest *
new_borrowing (const StateRequestParameters *parameters)
{
  StateRequest *self = g_object_new (STATE_TYPE_REQUEST, NULL);

  self->parameters = *parameters;
  self->borrows = TRUE;
  self->marked = parameters->state != NULL || parameters->state_version != 0;
  return self;
}

StateRequest *
state_request_new (const StateRequestParameters *parameters)
{
  StateRequest *self = new_borrowing (parameters);

  state_request_adopt (self);
  return self;
}

/* From then on it keeps alive what it names. */
void
state_request_adopt (StateRequest *self)
{
  StateRequestParameters *own = &self->parameters;

  if (!self->borrows)
    return;
  self->borrows = FALSE;
  if (own->unit != NULL)
    g_object_ref (own->unit);
  if (own->handle != NULL)
    g_object_ref (own->handle);
  if (own->context != NULL)
    g_main_context_ref (own->context);
  if (own->thread != NULL)
    state_thread_ref (own->thread);
  if (own->home != NULL)
    state_dispatcher_ref (own->home);
  if (own->state != NULL && !self->holds_state)
    g_variant_ref (own->state);
  if (own->inspect_value != NULL)
    g_variant_ref (own->inspect_value);
  own->inspect_path = g_strdup (own->inspect_path);
}

/* Whether it has been answered, and nobody but the caller knows of it. */
static gboolean
is_reusable (StateRequest *self)
{
  return state_listeners_is_ours_alone (self) &&
         g_atomic_int_get (&self->delivery) == DELIVERY_READY &&
         g_atomic_int_get (&self->answer) == ANSWER_CLAIMED;
}

void
state_request_adopt_if_shared (StateRequest *self)
{
  if (!is_reusable (self))
    state_request_adopt (self);
}

/* The list goes through the messages, of which none is on its way. */
#define NEXT_OF(request) ((request)->call.next)

/* Takes the caller's reference over into the list, and forgets all that the request
 * held on to. FALSE: somebody still knows of it. */
gboolean
state_request_keep (StateRequest *self, StateRequest **list)
{
  if (!is_reusable (self))
    return FALSE;
  state_request_release (self);
  if (self->answer_state != NULL || self->answer_error != NULL || self->cancellable != NULL ||
      self->text != NULL)
    state_request_clear_answer (self);
  NEXT_OF (self) = (StateMessage *) *list;
  *list = self;
  return TRUE;
}

StateRequest *
state_request_take (StateRequest **list, const StateRequestParameters *parameters)
{
  StateRequest *self = *list;

  if (self == NULL)
    return new_borrowing (parameters);
  *list = (StateRequest *) NEXT_OF (self);
  self->parameters = *parameters;
  self->borrows = TRUE;
  self->marked = parameters->state != NULL || parameters->state_version != 0;
  self->answer = ANSWER_NONE;
  self->delivery = DELIVERY_CALLING;
  self->revoked = self->held = self->cancelled = FALSE;
  self->progress_posted = self->extension_posted = FALSE;
  self->fraction = 0;
  return self;
}

gboolean
state_request_is_as_new (StateRequest *self)
{
  return self->borrows && !g_atomic_int_get (&self->marked) && is_reusable (self);
}

void
state_request_put_on (StateRequest *self,
                      StateOperation operation,
                      StateUnitHandle *handle,
                      StateUnit *unit,
                      gint64 deadline)
{
  self->parameters.operation = operation;
  self->parameters.handle = handle;
  self->parameters.unit = unit;
  self->parameters.deadline = deadline;
  self->answer = ANSWER_NONE;
  self->delivery = DELIVERY_CALLING;
}

void
state_request_list_free (StateRequest *list)
{
  while (list != NULL)
    {
      StateRequest *self = list;

      list = (StateRequest *) NEXT_OF (self);
      self->parameters = (StateRequestParameters){ 0 };
      g_object_unref (self);
    }
}
