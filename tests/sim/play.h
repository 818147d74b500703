/* SPDX-License-Identifier: MIT */

#pragma once

#include <setjmp.h>

#include "choices.h"
#include "engine.h"

G_BEGIN_DECLS

/* The engine and the model, to which the same happens at the same time. Whenever the two are
 * not of one mind, the play has failed. */
typedef struct
{
  Choices *choices;
  Engine *engine;
  Model *model;
  gint64 now;
  gboolean is_loud;  /* tells what happens */
  gboolean at_once;  /* units answer within the call that asks them */
  guint max_at_once; /* how many kinds of answer they give then */
  GArray *timeouts;  /* by unit, of guint: in ms, for whatever it is asked */
  GArray *heard;     /* by unit, of gboolean: its request has been cancelled */

  guint n_requests;

  sigjmp_buf failure;
  char *reason;
} Play;

typedef enum
{
  PLAY_ANSWER,
  PLAY_ANSWER_LATE,
  PLAY_EXPIRE,
  PLAY_EXPIRE_STANDING,
  PLAY_EXTEND,
  PLAY_CANCEL,
  PLAY_ABANDON,
  PLAY_TIME_OUT,
  PLAY_DISCARD,
  PLAY_ENDED,
  PLAY_LOSE,
  PLAY_N_KINDS
} PlayKind;

typedef struct
{
  PlayKind kind;
  guint unit;
  StateStepOutcome answer;
} PlayEvent;

typedef struct
{
  StateOperation operation;
  StateFailurePolicy policy;
  gboolean own_policy;
  gboolean leave_rest;
  gboolean resume;
  guint max_asked;
} PlayTransition;

Play *play_new (Choices *choices);
void play_free (Play *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Play, play_free)

gboolean play_add (Play *self,
                   const ModelEdge *dependencies,
                   guint n_dependencies,
                   const ModelEdge *dependents,
                   guint n_dependents);
void play_set (Play *self, guint unit, EngineUnit as);
gboolean
play_begin (Play *self, PlayTransition transition, const GArray *given, const gboolean *has_state);
gboolean play_is_possible (const Play *self, PlayEvent event);
void play_do (Play *self, PlayEvent event);
void play_end (Play *self);

/* Plays a whole case, and tells what went wrong, NULL: nothing. That the engine aborts or
 * crashes is one more way to go wrong, unless it is to be looked at in a debugger. */
extern gboolean play_lets_crash;

typedef void (*PlayFunc) (Play *play, gpointer data);
char *play_case (Choices *choices, PlayFunc func, gpointer data, gboolean is_loud);

G_END_DECLS
