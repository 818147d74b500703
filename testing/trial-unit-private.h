/* SPDX-License-Identifier: MIT */

#pragma once

#include "trial-private.h"

G_BEGIN_DECLS

/* A unit on trial, in a set of its own. */

typedef struct
{
  Trial *trial;
  StateUnit *unit;
  guint version; /* of the states that it saves */
  guint oldest;  /* that it restores */
  StateUnits *units;
  StateUnitHandle *handle;
} TrialUnit;

/* NULL: there is a verdict. */
TrialUnit *trial_unit_new (Trial *trial);
void trial_unit_free (TrialUnit *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TrialUnit, trial_unit_free)

/* --- What a unit answered --- */

typedef struct
{
  StateStepOutcome outcome;
  char *words;          /* NULL: it succeeded; else what it did, such as "start failed: no" */
  StateSnapshot *saved; /* for save; NULL: no state */
} TrialAnswer;

#define TRIAL_ANSWER_INIT \
  {                       \
    0, NULL, NULL         \
  }

void trial_answer_clear (TrialAnswer *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TrialAnswer, trial_answer_clear)

gboolean trial_answer_succeeded (const TrialAnswer *self);
/* It was answered, one way or the other. */
gboolean trial_answer_is_given (const TrialAnswer *self);

/* --- Asking it --- */

/* An operation that is under way: a #StateTransition. */
StateTransition *
trial_unit_begin (TrialUnit *self, StateOperation operation, StateSnapshot *snapshot);
/* Holds the unit's main context after @turns turns, or when the operation has ended
 * before; trial_let_go() lets it go on. NULL: there is a verdict. */
StateTransition *trial_unit_begin_held (TrialUnit *self,
                                        StateOperation operation,
                                        StateSnapshot *snapshot,
                                        guint turns);
gboolean trial_unit_has_ended (StateTransition *transition);
void trial_unit_end (TrialUnit *self, StateTransition *transition, TrialAnswer *answer);

/* From the beginning to the end. */
void trial_unit_ask (TrialUnit *self,
                     StateOperation operation,
                     StateSnapshot *snapshot,
                     TrialAnswer *answer);

/* What has to succeed before the case itself comes. FALSE: there is a verdict. */
gboolean trial_unit_prepare (TrialUnit *self, StateOperation operation, StateSnapshot *snapshot);
/* Saves it: NULL: there is a verdict, or it saves nothing. */
StateSnapshot *trial_unit_prepare_saved (TrialUnit *self);
/* What the case is about. FALSE: there is a verdict, with @when behind what it did. */
gboolean trial_unit_expect (TrialUnit *self,
                            StateOperation operation,
                            StateSnapshot *snapshot,
                            const char *when);

/* Its inspect tree, whose asking comes before the next turn of a context that is held.
 * NULL: there is none, and @words tell why. */
GVariant *trial_unit_inspect (TrialUnit *self, char **words);
/* Gives the fields of its inspect tree other values, as far as it takes them. */
void trial_unit_update_fields (TrialUnit *self);
/* Gives it other contents. FALSE: there is a verdict. */
gboolean trial_unit_change (TrialUnit *self);

/* --- Saved states --- */

/* The state in a snapshot; NULL: none. */
GVariant *trial_saved_dup (StateSnapshot *snapshot);
/* The same with another state. */
StateSnapshot *trial_saved_with (TrialUnit *self, GVariant *state);
StateSnapshot *trial_saved_with_version (TrialUnit *self, guint version, GVariant *state);
/* NULL: they are equal; else how they differ. */
char *trial_difference (GVariant *before, GVariant *after);
char *trial_print (GVariant *value);

G_END_DECLS
