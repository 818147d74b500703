/* SPDX-License-Identifier: MIT */

#include "trial-struct-private.h"

/* What is done where the unit, or the caller, lives. */

/* How long to wait for units to go, once all of the case is done, in ms. */
#define LINGER 250

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
  trial_end (self->trial);
}

void
trial_tell_verdict (Trial *self)
{
  g_autoptr (Errand) errand = errand_new (self, take_verdict, NULL);

  if (!errand_send (errand, self->caller))
    trial_caller_does_not_answer (self);
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
