/* SPDX-License-Identifier: MIT */

#include "trial-struct-private.h"

Trial *
trial_new (StateUnitConformance *conformance, const TrialCase *kind)
{
  Trial *self = g_new0 (Trial, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->conformance = g_object_ref (conformance);
  self->kind = kind;
  self->limit = state_unit_conformance_get_time_limit (conformance);
  self->begun = g_get_monotonic_time ();
  self->caller = g_main_context_ref_thread_default ();
  self->context = (trial_get_flags (self) & STATE_UNIT_CONFORMANCE_FLAGS_THREADED) != 0
                      ? g_main_context_new ()
                      : g_main_context_ref (self->caller);
  self->home = g_main_context_new ();
  self->hold_at = G_MAXUINT;
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  return self;
}

Trial *
trial_ref (Trial *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
trial_unref (Trial *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_object_unref (self->conformance);
  g_main_context_unref (self->caller);
  g_main_context_unref (self->context);
  g_main_context_unref (self->home);
  g_clear_object (&self->task);
  g_clear_error (&self->verdict);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

StateUnitConformanceFlags
trial_get_flags (Trial *self)
{
  return state_unit_conformance_get_flags (self->conformance);
}

guint
trial_get_limit (Trial *self)
{
  return self->limit;
}

GMainContext *
trial_get_context (Trial *self)
{
  return self->context;
}

GMainContext *
trial_get_home (Trial *self)
{
  return self->home;
}

/* The verdict */

static void
give_verdict (Trial *self, StateUnitConformanceError code, const char *message)
{
  if (self->verdict == NULL)
    self->verdict = g_error_new (STATE_UNIT_CONFORMANCE_ERROR, code, "%s", message);
}

void
trial_fail (Trial *self, const char *format, ...)
{
  g_autofree char *done = NULL;
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  done = g_strdup_vprintf (format, args);
  va_end (args);
  message = g_strdup_printf ("%s fails %s: a unit promises that %s, but %s",
                             self->type != NULL ? self->type : "what the factory made",
                             self->kind->name, self->kind->promise, done);
  give_verdict (self, STATE_UNIT_CONFORMANCE_ERROR_FAILED, message);
}

void
trial_skip (Trial *self, const char *format, ...)
{
  g_autofree char *reason = NULL;
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  reason = g_strdup_vprintf (format, args);
  va_end (args);
  message = g_strdup_printf ("%s could not be tried for %s: %s",
                             self->type != NULL ? self->type : "what the factory made",
                             self->kind->name, reason);
  give_verdict (self, STATE_UNIT_CONFORMANCE_ERROR_SKIPPED, message);
}

gboolean
trial_is_over (Trial *self)
{
  return self->verdict != NULL;
}

/* Time */

gboolean
trial_has_time (Trial *self)
{
  return self->limit == 0 || g_get_monotonic_time () - self->begun < self->limit * (gint64) 1000;
}

static gboolean
go_on (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

gboolean
trial_wait (Trial *self, guint ms, TrialCondition condition, gpointer data)
{
  gint64 end = g_get_monotonic_time () + ms * (gint64) 1000;
  g_autoptr (GSource) alarm = NULL;

  if (ms != 0)
    {
      alarm = g_timeout_source_new (ms + 1);
      g_source_set_callback (alarm, go_on, NULL, NULL);
      g_source_attach (alarm, self->home);
    }
  while (!condition (data) && (ms == 0 || g_get_monotonic_time () < end))
    g_main_context_iteration (self->home, TRUE);
  if (alarm != NULL)
    g_source_destroy (alarm);
  return condition (data);
}

void
trial_settle (Trial *self)
{
  while (g_main_context_iteration (self->home, FALSE))
    ;
}
