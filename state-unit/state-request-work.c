/* SPDX-License-Identifier: MIT */

#include "state-request-struct-private.h"

#include "state-error.h"

/* What a unit may do with a request before it answers. */

static void
progress_arrives (StateMessage *message)
{
  g_autoptr (StateRequest) self = REQUEST_OF (message, progress);

  g_atomic_int_set (&self->progress_posted, FALSE);
  self->parameters.progressed (self);
}

static void
throw_progress_away (StateMessage *message)
{
  g_object_unref (REQUEST_OF (message, progress));
}

static void
extension_arrives (StateMessage *message)
{
  g_autoptr (StateRequest) self = REQUEST_OF (message, extension);

  g_atomic_int_set (&self->extension_posted, FALSE);
  self->parameters.extended (self);
}

static void
throw_extension_away (StateMessage *message)
{
  g_object_unref (REQUEST_OF (message, extension));
}

/**
 * state_request_extend:
 * @self: a request
 * @ms: how much more time, added to the deadline (not counted from now), in ms
 *
 * Puts the deadline off: for a unit that is still at work, and knows that it will
 * be. Ignored when there is none, when it has passed, and once the request is
 * answered. It does not reach the time limit of the transition.
 *
 * Since: 1.0
 */
void
state_request_extend (StateRequest *self, guint ms)
{
  g_return_if_fail (STATE_IS_REQUEST (self));

  if (state_request_is_answered (self) || self->parameters.extended == NULL)
    return;
  g_atomic_int_set (&self->marked, TRUE);
  g_mutex_lock (&self->lock);
  if (self->parameters.deadline != 0)
    self->parameters.deadline += ms * (gint64) 1000;
  g_mutex_unlock (&self->lock);

  if (!g_atomic_int_compare_and_exchange (&self->extension_posted, FALSE, TRUE))
    return;
  self->extension.handle = extension_arrives;
  self->extension.discard = throw_extension_away;
  g_object_ref (self);
  state_dispatcher_post (self->parameters.home, &self->extension);
}

/**
 * state_request_set_progress:
 * @self: a request
 * @fraction: how much of the work is done, from 0 to 1
 * @message: (nullable): what the unit is doing, for people
 *
 * Tells how far the unit has come, for #StateTransitionStep:progress,
 * #StateTransitionStep:message and #StateTransition:progress. May be called as
 * often as wanted: what the set has not yet looked at is replaced. Ignored once
 * the request is answered.
 *
 * Since: 1.0
 */
void
state_request_set_progress (StateRequest *self, double fraction, const char *message)
{
  g_return_if_fail (STATE_IS_REQUEST (self));
  g_return_if_fail (fraction >= 0 && fraction <= 1);

  if (state_request_is_answered (self) || self->parameters.progressed == NULL)
    return;

  g_atomic_int_set (&self->marked, TRUE);
  g_mutex_lock (&self->lock);
  self->fraction = fraction;
  g_free (self->text);
  self->text = g_strdup (message);
  g_mutex_unlock (&self->lock);

  if (!g_atomic_int_compare_and_exchange (&self->progress_posted, FALSE, TRUE))
    return;
  self->progress.handle = progress_arrives;
  self->progress.discard = throw_progress_away;
  g_object_ref (self);
  state_dispatcher_post (self->parameters.home, &self->progress);
}

typedef struct
{
  StateRequest *request;
  StateRequestThreadFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
} ThreadWork;

static gboolean
nothing_to_do (gpointer user_data)
{
  return G_SOURCE_REMOVE;
}

/* The notification of an idle source runs in its context, whether the source is
 * dispatched or the context goes before. */
static void
destroy_in_context (GMainContext *context, gpointer user_data, GDestroyNotify destroy)
{
  g_autoptr (GSource) source = NULL;

  if (destroy == NULL)
    return;
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "state-unit: end of a thread's work");
  g_source_set_callback (source, nothing_to_do, user_data, destroy);
  g_source_attach (source, context);
}

static void
do_thread_work (gpointer data, gpointer unused)
{
  ThreadWork *work = data;
  StateRequest *request = work->request;

  if (!g_atomic_int_get (&request->revoked) && !state_request_is_answered (request))
    work->func (request, work->user_data);
  destroy_in_context (request->parameters.context, work->user_data, work->destroy);
  if (g_atomic_int_compare_and_exchange (&request->answer, ANSWER_NONE, ANSWER_CLAIMED))
    state_request_take_answer (
        request, NULL,
        g_error_new (STATE_ERROR, STATE_ERROR_DROPPED,
                     "the function of the %s request returned without an answer",
                     state_operation_to_string (request->parameters.operation)));
  g_object_unref (request);
  g_free (work);
}

/* Without a limit, since work that waits for other work must not keep it from
 * running; threads that are idle are used again. */
static GThreadPool *
thread_pool (void)
{
  static GThreadPool *pool;

  if (g_once_init_enter (&pool))
    g_once_init_leave (&pool, g_thread_pool_new (do_thread_work, NULL, -1, FALSE, NULL));
  return pool;
}

/**
 * state_request_run_in_thread:
 * @self: a request
 * @func: (scope notified) (closure user_data) (destroy destroy): the blocking work
 * @user_data: data for @func
 * @destroy: (nullable): called with @user_data in the unit's main context, once
 *   @func has returned
 *
 * Calls @func on a thread of the library's own, where it may block, and is to
 * answer the request. If it returns without having answered, the request fails
 * with %STATE_ERROR_DROPPED. There is no limit to the number of threads;
 * #StateUnits:max-concurrency limits how many units are asked at once.
 *
 * Not for languages whose functions cannot be called from other threads, such
 * as JavaScript: GJS reports a critical and does not call @func, and the request
 * fails with %STATE_ERROR_DROPPED.
 *
 * Since: 1.0
 */
void
state_request_run_in_thread (StateRequest *self,
                             StateRequestThreadFunc func,
                             gpointer user_data,
                             GDestroyNotify destroy)
{
  g_autoptr (GError) error = NULL;
  ThreadWork *work;

  g_return_if_fail (STATE_IS_REQUEST (self));
  g_return_if_fail (func != NULL);

  g_atomic_int_set (&self->marked, TRUE);
  work = g_new (ThreadWork, 1);
  *work = (ThreadWork){ g_object_ref (self), func, user_data, destroy };
  /* Work that no thread could be made for waits for one that becomes idle. */
  if (!g_thread_pool_push (thread_pool (), work, &error) &&
      g_thread_pool_get_num_threads (thread_pool ()) == 0)
    state_request_overrule (self, g_steal_pointer (&error));
}
