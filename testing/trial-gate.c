/* SPDX-License-Identifier: MIT */

#include "trial-struct-private.h"

/* The turns of the main context of a unit, one by one. */

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

void
trial_add_gate (Trial *self)
{
  self->gate = g_source_new (&gate_funcs, sizeof (Gate));
  ((Gate *) self->gate)->trial = trial_ref (self);
  g_source_set_priority (self->gate, G_MININT);
  g_source_set_static_name (self->gate, "state-unit: trial of a unit");
  g_source_attach (self->gate, self->context);
}

void
trial_remove_gate (Trial *self)
{
  g_source_destroy (self->gate);
  g_clear_pointer (&self->gate, g_source_unref);
}
