/* SPDX-License-Identifier: MIT */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What is called in a context starts its own asynchronous work there: whoever iterates
 * it need not have made it the thread's default. To be called by its owner. */
static inline GMainContext *
state_context_push (GMainContext *context)
{
  GMainContext *now = g_main_context_get_thread_default ();

  if (now == context || (now == NULL && context == g_main_context_default ()))
    return NULL;
  g_main_context_push_thread_default (context);
  return context;
}

static inline void
state_context_pop (GMainContext *pushed)
{
  if (pushed != NULL)
    g_main_context_pop_thread_default (pushed);
}

/* Calls @func in the context: at once when this thread runs it, else later. */
static inline void
state_context_call (GMainContext *context,
                    GSourceFunc func,
                    gpointer user_data,
                    GDestroyNotify destroy)
{
  g_main_context_invoke_full (context, G_PRIORITY_DEFAULT, func, user_data, destroy);
}

G_END_DECLS
