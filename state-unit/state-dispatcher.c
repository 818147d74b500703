/* SPDX-License-Identifier: MIT */

#include "state-dispatcher-private.h"

typedef struct
{
  GSource source;
  StateDispatcher *dispatcher; /* a reference, until the source is finalized */
} DispatcherSource;

struct _StateDispatcher
{
  gatomicrefcount ref_count;
  GMainContext *context;
  GThread *creator;
  GSource *source; /* until it is closed */

  StateMessage *inbox; /* atomic: posted by any thread, newest first */
  gint closed;         /* atomic */

  /* In the context alone: */
  StateMessage *messages; /* taken from the inbox, oldest first */
  gint64 deadline;        /* 0: none */
  guint depth;            /* of dispatches within dispatches */
  gboolean again;
  StateDispatcherFunc func;
  gpointer owner;
};

/* The source */

static gboolean
is_due (StateDispatcher *self, gint64 now)
{
  return g_atomic_pointer_get (&self->inbox) != NULL || self->messages != NULL || self->again ||
         (self->deadline != 0 && self->deadline <= now);
}

static gboolean
source_prepare (GSource *source, int *timeout)
{
  StateDispatcher *self = ((DispatcherSource *) source)->dispatcher;
  gint64 now = self->deadline != 0 ? g_source_get_time (source) : 0;

  *timeout = -1;
  if (is_due (self, now))
    return TRUE;
  if (self->deadline != 0)
    *timeout = (int) MIN ((self->deadline - now) / 1000 + 1, G_MAXINT);
  return FALSE;
}

static gboolean
source_check (GSource *source)
{
  StateDispatcher *self = ((DispatcherSource *) source)->dispatcher;

  return is_due (self, self->deadline != 0 ? g_source_get_time (source) : 0);
}

static StateMessage *
reversed (StateMessage *newest)
{
  StateMessage *oldest = NULL;

  while (newest != NULL)
    {
      StateMessage *next = newest->next;

      newest->next = oldest;
      oldest = newest;
      newest = next;
    }
  return oldest;
}

static StateMessage *
take_message (StateDispatcher *self)
{
  StateMessage *message;

  if (self->messages == NULL)
    self->messages = reversed (g_atomic_pointer_exchange (&self->inbox, NULL));
  message = self->messages;
  if (message != NULL)
    self->messages = message->next;
  return message;
}

/* What waits now, and no more: a message that posts itself again must not keep the
 * main loop from the rest of the program. */
static void
handle_messages (StateDispatcher *self)
{
  StateMessage *message = take_message (self);

  while (message != NULL)
    {
      gboolean was_last = self->messages == NULL;

      message->next = NULL;
      if (g_atomic_int_get (&self->closed))
        message->discard (message);
      else
        message->handle (message);
      message = was_last && self->messages == NULL ? NULL : take_message (self);
    }
}

/* What is called in a context starts its own asynchronous work there. */
static gboolean
push_context (GMainContext *context)
{
  GMainContext *now = g_main_context_get_thread_default ();

  if (now == context || (now == NULL && context == g_main_context_default ()))
    return FALSE;
  g_main_context_push_thread_default (context);
  return TRUE;
}

static gboolean
source_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  StateDispatcher *self = ((DispatcherSource *) source)->dispatcher;

  gboolean pushed = push_context (self->context);
  g_autoptr (GObject) owner = NULL;

  if (self->owner != NULL && !g_atomic_int_get (&self->closed))
    owner = g_object_ref (self->owner);
  self->depth++;
  self->again = FALSE;
  handle_messages (self);
  if (self->func != NULL && !g_atomic_int_get (&self->closed))
    self->func (self->owner);
  self->depth--;
  if (pushed)
    g_main_context_pop_thread_default (self->context);
  return G_SOURCE_CONTINUE;
}

static void
source_finalize (GSource *source)
{
  state_dispatcher_unref (((DispatcherSource *) source)->dispatcher);
}

static GSourceFuncs source_funcs = {
  .prepare = source_prepare,
  .check = source_check,
  .dispatch = source_dispatch,
  .finalize = source_finalize,
};

/* The dispatcher */

StateDispatcher *
state_dispatcher_new (GMainContext *context, StateDispatcherFunc func, gpointer owner)
{
  StateDispatcher *self = g_new0 (StateDispatcher, 1);
  GSource *source = g_source_new (&source_funcs, sizeof (DispatcherSource));

  g_atomic_ref_count_init (&self->ref_count);
  self->context = g_main_context_ref (context);
  self->creator = g_thread_self ();
  self->func = func;
  self->owner = owner;
  self->source = source;
  ((DispatcherSource *) source)->dispatcher = state_dispatcher_ref (self);

  g_source_set_static_name (source, "state-unit");
  g_source_set_can_recurse (source, TRUE);
  g_source_attach (source, context);
  return self;
}

StateDispatcher *
state_dispatcher_ref (StateDispatcher *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

static void
discard_inbox (StateDispatcher *self)
{
  StateMessage *message = reversed (g_atomic_pointer_exchange (&self->inbox, NULL));

  while (message != NULL)
    {
      StateMessage *next = message->next;

      message->next = NULL;
      message->discard (message);
      message = next;
    }
}

void
state_dispatcher_unref (StateDispatcher *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_main_context_unref (self->context);
  g_free (self);
}

GMainContext *
state_dispatcher_get_context (StateDispatcher *self)
{
  return self->context;
}

/* Whether this thread runs the context, or may: the one that made the dispatcher
 * does, as long as no other thread iterates the context. */
gboolean
state_dispatcher_is_here (StateDispatcher *self)
{
  if (g_main_context_is_owner (self->context))
    return TRUE;
  if (g_thread_self () != self->creator || !g_main_context_acquire (self->context))
    return FALSE;
  g_main_context_release (self->context);
  return TRUE;
}

/* In the context alone: whether nothing waits, and nothing is being handled. */
gboolean
state_dispatcher_is_idle (StateDispatcher *self)
{
  return self->depth == 0 && self->messages == NULL && g_atomic_pointer_get (&self->inbox) == NULL;
}

/* From any thread. */
gboolean
state_dispatcher_is_closed (StateDispatcher *self)
{
  return g_atomic_int_get (&self->closed);
}

/* From any thread. */
void
state_dispatcher_post (StateDispatcher *self, StateMessage *message)
{
  StateMessage *newest;

  do
    {
      newest = g_atomic_pointer_get (&self->inbox);
      message->next = newest;
    }
  while (!g_atomic_pointer_compare_and_exchange (&self->inbox, newest, message));

  if (g_atomic_int_get (&self->closed))
    {
      discard_inbox (self);
      return;
    }

  /* Only the first one needs to wake the context, and none from inside it. */
  if (newest == NULL && !g_main_context_is_owner (self->context))
    g_main_context_wakeup (self->context);
}

/* In the context alone: func is to be called once more, after the others in the
 * main loop have had their turn. */
void
state_dispatcher_again (StateDispatcher *self)
{
  self->again = TRUE;
  if (!g_main_context_is_owner (self->context))
    g_main_context_wakeup (self->context);
}

/* In the context alone: func is to be called at that monotonic time; 0: never. */
void
state_dispatcher_set_deadline (StateDispatcher *self, gint64 deadline)
{
  self->deadline = deadline;
}

/* Its owner goes: what waits is thrown away, and so is what is posted later. From
 * any thread; a dispatch that is under way in the context throws away the rest. */
void
state_dispatcher_close (StateDispatcher *self)
{
  GSource *source = g_steal_pointer (&self->source);

  if (source == NULL)
    return;
  g_atomic_int_set (&self->closed, TRUE);
  discard_inbox (self);
  g_source_destroy (source);
  g_source_unref (source);
}
