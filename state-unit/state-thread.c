/* SPDX-License-Identifier: MIT */

#include "state-thread-private.h"

struct _StateThread
{
  gatomicrefcount ref_count;
  GMainContext *context;
  GMainLoop *loop;
};

static gpointer
iterate (gpointer data)
{
  g_autoptr (GMainLoop) loop = data;
  GMainContext *context = g_main_loop_get_context (loop);

  g_main_context_push_thread_default (context);
  g_main_loop_run (loop);
  g_main_context_pop_thread_default (context);
  return NULL;
}

StateThread *
state_thread_new (const char *name, GError **error)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (context, FALSE);
  g_autoptr (GThread) thread = NULL;
  StateThread *self;

  thread = g_thread_try_new (name, iterate, g_main_loop_ref (loop), error);
  if (thread == NULL)
    {
      g_main_loop_unref (loop);
      return NULL;
    }
  self = g_new (StateThread, 1);
  g_atomic_ref_count_init (&self->ref_count);
  self->context = g_steal_pointer (&context);
  self->loop = g_steal_pointer (&loop);
  return self;
}

GMainContext *
state_thread_get_context (StateThread *self)
{
  return self->context;
}

static gboolean
quit_loop (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

StateThread *
state_thread_ref (StateThread *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/* Does not wait: the thread ends after what it is doing. Quitting from a source
 * rather than from here, since the thread may not have reached its loop yet. */
void
state_thread_unref (StateThread *self)
{
  GSource *source;

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  source = g_idle_source_new ();
  g_source_set_callback (source, quit_loop, g_main_loop_ref (self->loop),
                         (GDestroyNotify) g_main_loop_unref);
  g_source_attach (source, self->context);
  /* While the context is held: the source looks into it, and the thread may end. */
  g_source_unref (source);
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
  g_free (self);
}
