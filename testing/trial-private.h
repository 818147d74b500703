/* SPDX-License-Identifier: MIT */

#pragma once

#include "conformance-private.h"

G_BEGIN_DECLS

/* One run of one case. The case itself runs on a thread of its own, which has the set
 * that the unit is in, and waits for nothing without end. The unit is called on the
 * thread of those who run the case, or on one made for it, whose main context goes on
 * from turn to turn as the case lets it. */

typedef struct _Trial Trial;

typedef struct
{
  const char *name;
  const char *promise; /* follows on "a unit promises that" */
  void (*run) (Trial *trial);
  StateUnitConformanceFlags left_out_by;
} TrialCase;

/* The cases, the last one without a name. */
extern const TrialCase trial_cases[];

void trial_run (StateUnitConformance *conformance, const TrialCase *kind, GTask *task);

/* --- The verdict: the first one stands --- */

void trial_fail (Trial *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
void trial_skip (Trial *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
gboolean trial_is_over (Trial *self);

/* --- Time --- */

guint trial_get_limit (Trial *self);
/* For another round of what is tried again and again: whether there is time for it. */
gboolean trial_has_time (Trial *self);
StateUnitConformanceFlags trial_get_flags (Trial *self);

typedef gboolean (*TrialCondition) (gpointer data);

/* Until it is so, for @ms at most (0: no limit). FALSE: it is not. */
gboolean trial_wait (Trial *self, guint ms, TrialCondition condition, gpointer data);
/* Does all that can be done now on this side. */
void trial_settle (Trial *self);

/* --- Turns of the unit's main context --- */

#define TRIAL_MAX_TURNS 16

/* Holds the context before its next turn; FALSE: the unit blocks it. */
gboolean trial_hold (Trial *self);
/* Lets a context that is held turn @n times; it is held again then. A turn is an iteration,
 * even if nothing was to be done in it. */
void trial_turn (Trial *self, guint n);
gboolean trial_is_held (Trial *self);
void trial_let_go (Trial *self);

GMainContext *trial_get_context (Trial *self);
GMainContext *trial_get_home (Trial *self);

/* --- What is done where the unit lives --- */

/* NULL: there is a verdict. The versions are those that the unit names. */
StateUnit *trial_make_unit (Trial *self, guint *version, guint *oldest);
void trial_release_unit (Trial *self, StateUnit *unit);
gboolean trial_change_unit (Trial *self, StateUnit *unit);
/* A second answer may come late. The request that it is given to keeps its unit alive:
 * waits until all units have gone, or for some time if they do not go. */
void trial_linger (Trial *self);
/* Puts one request to a unit that is in no set. NULL: it was answered; else why not. */
char *trial_send (Trial *self, StateUnit *unit, StateOperation operation);

G_END_DECLS
