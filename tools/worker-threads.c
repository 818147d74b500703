/* SPDX-License-Identifier: MIT */

/* Threads that each run a main loop until they are freed. */

#include "worker-threads.h"

typedef struct
{
  GMainLoop *loop;
  GThread *thread;
} Worker;

struct _WorkerThreads
{
  GPtrArray *workers; /* of Worker */
};

static gpointer
worker_run (gpointer data)
{
  GMainLoop *loop = data;
  GMainContext *context = g_main_loop_get_context (loop);

  g_main_context_push_thread_default (context);
  g_main_loop_run (loop);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static gboolean
quit (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

static void
worker_free (Worker *worker)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  /* From inside the loop, for it may not have begun to run. */
  g_source_set_callback (source, quit, worker->loop, NULL);
  g_source_attach (source, g_main_loop_get_context (worker->loop));
  g_thread_join (worker->thread);
  g_main_loop_unref (worker->loop);
  g_free (worker);
}

WorkerThreads *
worker_threads_new (guint n)
{
  WorkerThreads *self = g_new0 (WorkerThreads, 1);

  self->workers = g_ptr_array_new_with_free_func ((GDestroyNotify) worker_free);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GMainContext) context = g_main_context_new ();
      g_autofree char *name = g_strdup_printf ("worker %u", i + 1);
      Worker *worker = g_new0 (Worker, 1);

      worker->loop = g_main_loop_new (context, FALSE);
      worker->thread = g_thread_new (name, worker_run, worker->loop);
      g_ptr_array_add (self->workers, worker);
    }
  return self;
}

void
worker_threads_free (WorkerThreads *self)
{
  g_ptr_array_unref (self->workers);
  g_free (self);
}

/* NULL when there are no threads. */
GMainContext *
worker_threads_get_context (WorkerThreads *self, guint place)
{
  Worker *worker;

  if (self->workers->len == 0)
    return NULL;
  worker = g_ptr_array_index (self->workers, place % self->workers->len);
  return g_main_loop_get_context (worker->loop);
}
