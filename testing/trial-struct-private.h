/* SPDX-License-Identifier: MIT */

#pragma once

#include "trial-private.h"

G_BEGIN_DECLS

/* The inside of a trial, for the files that make it up. */

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

Trial *trial_new (StateUnitConformance *conformance, const TrialCase *kind);
Trial *trial_ref (Trial *self);
void trial_unref (Trial *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Trial, trial_unref)

void trial_add_gate (Trial *self);
void trial_remove_gate (Trial *self);

/* Has trial_end() called in the context of the caller. */
void trial_tell_verdict (Trial *self);
void trial_end (Trial *self);
/* That was not done in time. */
void trial_caller_does_not_answer (Trial *self);

G_END_DECLS
