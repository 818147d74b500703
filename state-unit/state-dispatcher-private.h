/* SPDX-License-Identifier: MIT */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Something to be done in a main context. Whoever posts it keeps it alive until it
 * has been handled or thrown away, and posts it once at a time. */
typedef struct _StateMessage StateMessage;

struct _StateMessage
{
  StateMessage *next;
  void (*handle) (StateMessage *self);
  void (*discard) (StateMessage *self); /* instead, once the dispatcher is closed */
};

/* Hands messages from any thread over to a main context, in the order in which they
 * were posted, all that wait with one wake-up. */
typedef struct _StateDispatcher StateDispatcher;

/* Called once the messages that waited have been handled, and at the deadline. The
 * owner, an object, is held for as long as messages are handled. */
typedef void (*StateDispatcherFunc) (gpointer owner);

StateDispatcher *
state_dispatcher_new (GMainContext *context, StateDispatcherFunc func, gpointer owner);
StateDispatcher *state_dispatcher_ref (StateDispatcher *self);
void state_dispatcher_unref (StateDispatcher *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StateDispatcher, state_dispatcher_unref)

GMainContext *state_dispatcher_get_context (StateDispatcher *self);
gboolean state_dispatcher_is_here (StateDispatcher *self);
gboolean state_dispatcher_is_idle (StateDispatcher *self);
gboolean state_dispatcher_is_closed (StateDispatcher *self);

void state_dispatcher_post (StateDispatcher *self, StateMessage *message);
void state_dispatcher_again (StateDispatcher *self);
void state_dispatcher_set_deadline (StateDispatcher *self, gint64 deadline);
void state_dispatcher_close (StateDispatcher *self);

/* For public functions that belong to the set's context. */
#define state_return_if_not_here(dispatcher)                                      \
  G_STMT_START                                                                    \
  {                                                                               \
    if ((dispatcher) != NULL && !state_dispatcher_is_here (dispatcher))           \
      {                                                                           \
        g_critical ("%s: called outside the main context of the set", G_STRFUNC); \
        return;                                                                   \
      }                                                                           \
  }                                                                               \
  G_STMT_END

#define state_return_val_if_not_here(dispatcher, value)                           \
  G_STMT_START                                                                    \
  {                                                                               \
    if ((dispatcher) != NULL && !state_dispatcher_is_here (dispatcher))           \
      {                                                                           \
        g_critical ("%s: called outside the main context of the set", G_STRFUNC); \
        return (value);                                                           \
      }                                                                           \
  }                                                                               \
  G_STMT_END

G_END_DECLS
