/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-transition-private.h"

G_BEGIN_DECLS

/* What a transition did, over time: for a picture, and for a trace. Times are in µs
 * from its begin. */

/* One step of which there is something to see. */
typedef struct
{
  guint position; /* among the steps of the transition */
  guint phase;
  guint32 slot;
  const StateRunStep *step;
  gint64 wait_time; /* from when it could have been asked, or began to wait */
  gint64 start_time;
  gint64 finish_time; /* now, while it is with its unit; the start, if it was never asked */
  gboolean critical;
} StateTimelineRow;

typedef struct
{
  StateTransition *transition;
  gint64 length;
  GArray *rows;   /* of StateTimelineRow: by phase, and in each by their starts */
  GArray *phases; /* of StateTimelinePhase */
  GArray *path;   /* of indices of the rows on the critical path, in its order */
} StateTimeline;

typedef struct
{
  const StateRunPhase *phase;
  guint first_row;
  guint n_rows;
  guint n_left_out; /* units of which nothing was asked, and that are as they were */
  gint64 begin_time;
  gint64 end_time;
} StateTimelinePhase;

StateTimeline *state_timeline_new (StateTransition *transition);
void state_timeline_free (StateTimeline *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StateTimeline, state_timeline_free)

StateTimelineRow *state_timeline_get_row (const StateTimeline *self, guint index);
gboolean state_timeline_was_asked (const StateTimelineRow *row);
const char *state_timeline_get_name (const StateTimeline *self, const StateTimelineRow *row);
const char *state_timeline_get_reason (const StateTimeline *self, const StateTimelineRow *row);
char *state_timeline_outcome (StateStepOutcome outcome);
char *state_timeline_describe (const StateTimeline *self, const StateTimelineRow *row);
char *state_timeline_describe_phase (const StateTimelinePhase *phase);
char *state_timeline_describe_all (const StateTimeline *self);

/* Texts, and the room that they take */
char *state_timeline_clean (const char *text);
double state_timeline_text_width (const char *text, double size, gboolean bold);
char *state_timeline_fit (const char *text, double size, gboolean bold, double width);
GPtrArray *state_timeline_wrap (const char *text, double size, double width, guint max_lines);
char *state_timeline_duration (gint64 usec);

G_END_DECLS
