/* SPDX-License-Identifier: MIT */

#include "trial-private.h"

#include "trial-log-private.h"

/* How long to wait for units to go, once all of the case is done, in ms. */
#define LINGER 250

struct _Trial
{
  gatomicrefcount ref_count;
  StateUnitConformance *conformance;
  const TrialCase *kind;
  guint limit; /* in ms; 0: none */
  gint64 begun;

  GMainContext *caller;  /* of those who run the case */
  GMainContext *context; /* where the unit is called */
  GMainContext *home;    /* of the set, on the thread of the case */
  GTask *task;           /* whose result the verdict will be */
  GThread *thread;       /* of the case */
  GSource *gate;         /* in the unit's context */
  const char *type;      /* of the unit, once there is one */
  GError *verdict;       /* NULL: passed, as far as is known */
  gint n_units;          /* atomic: that have not gone */
  gboolean is_blocked;   /* something did not come back from the unit's thread */

  GMutex lock; /* for what follows */
  GCond cond;
  guint turns;
  guint hold_at; /* after so many turns; G_MAXUINT: never */
  gboolean is_held;
  gboolean is_over;     /* the unit's own thread is to end */
  gboolean thread_runs; /* that one */
};

static Trial *
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

static Trial *
trial_ref (Trial *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

static void
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

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Trial, trial_unref)

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

/* Turns */

gboolean
trial_is_held (Trial *self)
{
  gboolean is_held;

  g_mutex_lock (&self->lock);
  is_held = self->is_held;
  g_mutex_unlock (&self->lock);
  return is_held;
}

static gboolean
is_held (gpointer trial)
{
  return trial_is_held (trial);
}

void
trial_turn (Trial *self, guint n)
{
  g_mutex_lock (&self->lock);
  self->turns = 0;
  self->hold_at = n;
  self->is_held = FALSE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

gboolean
trial_hold (Trial *self)
{
  trial_turn (self, 0);
  g_main_context_wakeup (self->context);
  self->is_blocked |= !trial_wait (self, self->limit, is_held, self);
  return !self->is_blocked;
}

void
trial_let_go (Trial *self)
{
  trial_turn (self, G_MAXUINT);
}

/* A source that is never ready, and is asked first before each turn: whoever iterates the
 * context waits there while it is held. */
typedef struct
{
  GSource source;
  Trial *trial;
} Gate;

static gboolean
gate_prepare (GSource *source, int *timeout)
{
  Trial *self = ((Gate *) source)->trial;

  g_mutex_lock (&self->lock);
  if (self->hold_at != G_MAXUINT)
    self->turns++;
  while (self->turns >= self->hold_at)
    {
      if (!self->is_held)
        g_main_context_wakeup (self->home);
      self->is_held = TRUE;
      g_cond_wait (&self->cond, &self->lock);
    }
  self->is_held = FALSE;
  g_mutex_unlock (&self->lock);
  *timeout = -1;
  return FALSE;
}

static gboolean
gate_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
gate_finalize (GSource *source)
{
  trial_unref (((Gate *) source)->trial);
}

static GSourceFuncs gate_funcs = {
  .prepare = gate_prepare,
  .dispatch = gate_dispatch,
  .finalize = gate_finalize,
};

static void
add_gate (Trial *self)
{
  self->gate = g_source_new (&gate_funcs, sizeof (Gate));
  ((Gate *) self->gate)->trial = trial_ref (self);
  g_source_set_priority (self->gate, G_MININT);
  g_source_set_static_name (self->gate, "state-unit: trial of a unit");
  g_source_attach (self->gate, self->context);
}

static void
remove_gate (Trial *self)
{
  g_source_destroy (self->gate);
  g_clear_pointer (&self->gate, g_source_unref);
}

/* Threads */

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
static void
caller_does_not_answer (Trial *self)
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

static void tell_verdict (Trial *self);

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
  tell_verdict (self);
  g_main_context_pop_thread_default (self->home);
  return NULL;
}

/* One at a time: what is logged is heard of by all. */
static gint is_running; /* atomic */

static void
begin (Trial *self)
{
  trial_log_begin (self->kind->name);
  add_gate (self);
  if (self->context != self->caller)
    {
      self->thread_runs = TRUE;
      g_thread_unref (g_thread_new ("unit on trial", run_unit_thread, trial_ref (self)));
    }
  self->thread = g_thread_new ("trial of a unit", run_case_thread, trial_ref (self));
}

/* In the context of the caller. */
static void
end (Trial *self)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->task);

  g_thread_join (self->thread);
  remove_gate (self);
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

/* What is done where the unit lives */

typedef struct _Errand Errand;

/* It may outlive the trial, if the unit does not let it be done. */
struct _Errand
{
  gatomicrefcount ref_count;
  Trial *trial;
  void (*func) (Errand *self);
  StateUnit *unit;
  guint version; /* of the states that it saves */
  guint oldest;
  StateOperation operation;
  GError *error;
  gint is_done; /* atomic */
};

static Errand *
errand_new (Trial *trial, void (*func) (Errand *self), StateUnit *unit)
{
  Errand *self = g_new0 (Errand, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->trial = trial_ref (trial);
  self->func = func;
  g_set_object (&self->unit, unit);
  return self;
}

static void
errand_unref (gpointer data)
{
  Errand *self = data;

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_clear_object (&self->unit);
  g_clear_error (&self->error);
  trial_unref (self->trial);
  g_free (self);
}

static Errand *
errand_ref (Errand *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Errand, errand_unref)

static void
errand_done (Errand *self)
{
  g_atomic_int_set (&self->is_done, TRUE);
  g_main_context_wakeup (self->trial->home);
}

static gboolean
errand_is_done (gpointer errand)
{
  return g_atomic_int_get (&((Errand *) errand)->is_done);
}

static gboolean
errand_run (gpointer data)
{
  Errand *self = data;

  self->func (self);
  return G_SOURCE_REMOVE;
}

/* FALSE: it was not done in time. */
static gboolean
errand_send (Errand *self, GMainContext *context)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "state-unit: trial of a unit");
  g_source_set_callback (source, errand_run, errand_ref (self), errand_unref);
  g_source_attach (source, context);
  return trial_wait (self->trial, self->trial->limit, errand_is_done, self);
}

static void
take_verdict (Errand *self)
{
  errand_done (self);
  end (self->trial);
}

static void
tell_verdict (Trial *self)
{
  g_autoptr (Errand) errand = errand_new (self, take_verdict, NULL);

  if (!errand_send (errand, self->caller))
    caller_does_not_answer (self);
}

static void
make_unit (Errand *self)
{
  self->unit = state_unit_conformance_make_unit (self->trial->conformance);
  if (self->unit != NULL)
    self->version =
        STATE_UNIT_GET_IFACE (self->unit)->get_state_version (self->unit, &self->oldest);
  errand_done (self);
}

static void
unit_gone (gpointer data, GObject *where_it_was)
{
  g_autoptr (Trial) self = data;

  g_atomic_int_add (&self->n_units, -1);
  g_main_context_wakeup (self->home);
}

static gboolean
all_have_gone (gpointer trial)
{
  return g_atomic_int_get (&((Trial *) trial)->n_units) == 0;
}

void
trial_linger (Trial *self)
{
  gboolean is_slow = (trial_get_flags (self) & STATE_UNIT_CONFORMANCE_FLAGS_SLOW) != 0;

  trial_wait (self, is_slow ? 10 * LINGER : LINGER, all_have_gone, self);
}

/* NULL: there is a verdict. */
StateUnit *
trial_make_unit (Trial *self, guint *version, guint *oldest)
{
  g_autoptr (Errand) errand = errand_new (self, make_unit, NULL);

  if (!errand_send (errand, self->caller))
    {
      self->is_blocked = TRUE;
      trial_fail (self, "the factory did not return within %u ms", self->limit);
      return NULL;
    }
  if (errand->unit == NULL)
    {
      trial_fail (self, "the factory made no unit");
      return NULL;
    }
  self->type = G_OBJECT_TYPE_NAME (errand->unit);
  g_atomic_int_inc (&self->n_units);
  g_object_weak_ref (G_OBJECT (errand->unit), unit_gone, trial_ref (self));
  *version = errand->version;
  *oldest = errand->oldest;
  return g_steal_pointer (&errand->unit);
}

static void
release_unit (Errand *self)
{
  g_clear_object (&self->unit);
  errand_done (self);
}

/* Takes the reference over. */
void
trial_release_unit (Trial *self, StateUnit *unit)
{
  g_autoptr (Errand) errand = errand_new (self, release_unit, unit);

  g_object_unref (unit);
  self->is_blocked |= !errand_send (errand, self->context);
}

static void
change_unit (Errand *self)
{
  state_unit_conformance_change_unit (self->trial->conformance, self->unit);
  errand_done (self);
}

/* FALSE: there is a verdict. */
gboolean
trial_change_unit (Trial *self, StateUnit *unit)
{
  g_autoptr (Errand) errand = NULL;

  if (!state_unit_conformance_has_change_func (self->conformance))
    return TRUE;
  errand = errand_new (self, change_unit, unit);
  if (errand_send (errand, self->context))
    return TRUE;
  self->is_blocked = TRUE;
  trial_fail (self, "the function that changes it did not return within %u ms", self->limit);
  return FALSE;
}

static void
sent (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Errand) self = data;
  g_autoptr (GVariant) state = state_unit_send_finish (STATE_UNIT (source), result, &self->error);

  errand_done (self);
}

static void
send (Errand *self)
{
  state_unit_send_async (self->unit, self->operation, NULL, NULL, sent, errand_ref (self));
}

char *
trial_send (Trial *self, StateUnit *unit, StateOperation operation)
{
  g_autoptr (Errand) errand = errand_new (self, send, unit);

  errand->operation = operation;
  if (!errand_send (errand, self->context))
    return g_strdup_printf ("was not answered within %u ms", self->limit);
  if (g_error_matches (errand->error, STATE_ERROR, STATE_ERROR_DROPPED))
    return g_strdup ("was dropped without an answer");
  return errand->error != NULL ? g_strdup_printf ("failed: %s", errand->error->message) : NULL;
}
