/* SPDX-License-Identifier: MIT */

#include "trial-log-private.h"
#include "trial-struct-private.h"

/* The threads of a trial, and its end. */

static gboolean
unit_thread_is_over (Trial *self)
{
  gboolean is_over;

  g_mutex_lock (&self->lock);
  is_over = self->is_over;
  g_mutex_unlock (&self->lock);
  return is_over;
}

static gpointer
run_unit_thread (gpointer data)
{
  g_autoptr (Trial) self = data;

  g_main_context_push_thread_default (self->context);
  while (!unit_thread_is_over (self))
    g_main_context_iteration (self->context, TRUE);
  g_main_context_pop_thread_default (self->context);
  g_mutex_lock (&self->lock);
  self->thread_runs = FALSE;
  g_mutex_unlock (&self->lock);
  g_main_context_wakeup (self->home);
  return NULL;
}

static gboolean
unit_thread_has_ended (gpointer data)
{
  Trial *self = data;
  gboolean thread_runs;

  g_mutex_lock (&self->lock);
  thread_runs = self->thread_runs;
  g_mutex_unlock (&self->lock);
  return !thread_runs;
}

/* A unit that blocks its own thread is left there. */
static void
end_unit_thread (Trial *self)
{
  g_mutex_lock (&self->lock);
  self->is_over = TRUE;
  g_mutex_unlock (&self->lock);
  g_main_context_wakeup (self->context);
  if (!self->is_blocked)
    trial_wait (self, self->limit, unit_thread_has_ended, self);
}

/* Where the unit blocks the thread of the program, the program ends. It may also be that
 * nobody iterates the context any more. */
void
trial_caller_does_not_answer (Trial *self)
{
  g_autofree char *message = NULL;

  if (g_main_context_acquire (self->caller))
    {
      g_main_context_release (self->caller);
      return;
    }
  message = g_strdup_printf ("%s; it still blocks the thread that it was called on, so that the "
                             "program ends here",
                             self->verdict != NULL ? self->verdict->message : self->kind->name);
  g_assertion_message (G_LOG_DOMAIN, __FILE__, __LINE__, G_STRFUNC, message);
}

static gpointer
run_case_thread (gpointer data)
{
  g_autoptr (Trial) self = data;

  g_main_context_push_thread_default (self->home);
  self->kind->run (self);
  trial_let_go (self);
  trial_linger (self);
  if (self->context != self->caller)
    end_unit_thread (self);
  trial_tell_verdict (self);
  g_main_context_pop_thread_default (self->home);
  return NULL;
}

/* One at a time: what is logged is heard of by all. */
static gint is_running; /* atomic */

static void
begin (Trial *self)
{
  trial_log_begin (self->kind->name);
  trial_add_gate (self);
  if (self->context != self->caller)
    {
      self->thread_runs = TRUE;
      g_thread_unref (g_thread_new ("unit on trial", run_unit_thread, trial_ref (self)));
    }
  self->thread = g_thread_new ("trial of a unit", run_case_thread, trial_ref (self));
}

/* In the context of the caller. */
void
trial_end (Trial *self)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->task);

  g_thread_join (self->thread);
  trial_remove_gate (self);
  trial_log_end ();
  g_atomic_int_set (&is_running, FALSE);
  if (self->verdict != NULL)
    g_task_return_error (task, g_error_copy (self->verdict));
  else
    g_task_return_boolean (task, TRUE);
}

/* Takes the task over, whose result is whether the unit passed. */
void
trial_run (StateUnitConformance *conformance, const TrialCase *kind, GTask *task)
{
  g_autoptr (GTask) own = task;
  g_autoptr (Trial) self = NULL;

  if (!g_atomic_int_compare_and_exchange (&is_running, FALSE, TRUE))
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_BUSY,
                               "%s has to wait: another case is running", kind->name);
      return;
    }
  self = trial_new (conformance, kind);
  self->task = g_steal_pointer (&own);
  begin (self);
}
