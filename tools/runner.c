/* SPDX-License-Identifier: MIT */

/* Runs one transition after the other: with a progress bar, within the limits that
 * the options set, to a report. */

#include "runner.h"

#include "progress-bar.h"
#include "report.h"
#include "run-transition.h"
#include "timeline.h"
#include "waits.h"

/* A transition has ended within 10 s of its cancellation, but for a roll-back that
 * waits for a unit, which a cancellation does not end. */
#define CANCEL_MS 15000

/* When it was that units were waited for. */
typedef enum
{
  SLOW,
  CANCELLED,
  ABANDONED
} Moment;

static const char *const moments[] = {
  [SLOW] = "shortly before its deadline",
  [CANCELLED] = "when it was cancelled",
  [ABANDONED] = "when it was abandoned",
};

struct _Runner
{
  SimulateOptions *options;
  Graph *graph;
  ProgressBar *bar;
  Timeline *timeline;

  /* Of the transition that is under way */
  StateTransition *transition;
  guint cancel;
  guint abandon;
  Waits *waits; /* nullable */
  Moment moment;
  StateTransitionStep *slow; /* nullable: the one whose waits they are */
};

/* The options and the graph outlive it. */
Runner *
runner_new (SimulateOptions *options, Graph *graph, GError **error)
{
  g_autoptr (Runner) self = g_new0 (Runner, 1);

  self->options = options;
  self->graph = graph;
  self->bar = progress_bar_new ();
  self->timeline = timeline_new (options, error);
  if (self->timeline == NULL)
    return NULL;
  return g_steal_pointer (&self);
}

void
runner_free (Runner *self)
{
  progress_bar_free (self->bar);
  g_clear_pointer (&self->timeline, timeline_free);
  g_free (self);
}

/* Limits */

static void
clear_waits (Runner *self)
{
  g_clear_pointer (&self->waits, waits_free);
  g_clear_object (&self->slow);
}

static void
take_waits (Runner *self, Moment moment, StateTransitionStep *slow)
{
  clear_waits (self);
  if (slow != NULL)
    self->slow = g_object_ref (slow);
  self->moment = moment;
  self->waits = waits_new (self->transition, self->graph,
                           slow != NULL ? state_transition_step_get_name (slow) : NULL);
}

static void
abandon (Runner *self)
{
  take_waits (self, ABANDONED, NULL);
  state_transition_abandon (self->transition);
}

static gboolean
on_abandon (gpointer user_data)
{
  Runner *self = user_data;

  self->abandon = 0;
  abandon (self);
  return G_SOURCE_REMOVE;
}

static gboolean
on_cancel_over (gpointer user_data)
{
  Runner *self = user_data;

  self->cancel = 0;
  abandon (self);
  return G_SOURCE_REMOVE;
}

static gboolean
on_cancel (gpointer user_data)
{
  Runner *self = user_data;

  take_waits (self, CANCELLED, NULL);
  state_transition_cancel (self->transition);
  self->cancel = g_timeout_add (CANCEL_MS, on_cancel_over, self);
  return G_SOURCE_REMOVE;
}

static gboolean
has_timed_out (StateTransitionStep *step)
{
  return state_transition_step_get_outcome (step) == STATE_STEP_OUTCOME_TIMED_OUT;
}

static void
tell_of_slow (Runner *self, StateTransitionStep *step)
{
  g_autoptr (Waits) waits = NULL;

  waits = waits_new (self->transition, self->graph, state_transition_step_get_name (step));
  if (waits == NULL)
    return;
  progress_bar_hide (self->bar);
  report_slow (self->transition, waits);
}

/* A unit has been silent for a while. If it has a deadline, that is near, and what
 * it holds up is kept until it is known whether it answers in time. */
static void
on_slow (StateUnits *units, StateTransition *transition, StateTransitionStep *step, Runner *self)
{
  if (transition != self->transition)
    return;
  if (self->options->timeout == 0)
    tell_of_slow (self, step);
  else if (self->waits == NULL || (self->slow != NULL && !has_timed_out (self->slow)))
    take_waits (self, SLOW, step);
}

static void
set_limits (Runner *self, StateTransition *transition)
{
  self->transition = transition;
  if (self->options->cancel_after != 0)
    self->cancel = g_timeout_add (self->options->cancel_after, on_cancel, self);
  if (self->options->abandon_after != 0)
    self->abandon = g_timeout_add (self->options->abandon_after, on_abandon, self);
}

static void
clear_limits (Runner *self)
{
  g_clear_handle_id (&self->cancel, g_source_remove);
  g_clear_handle_id (&self->abandon, g_source_remove);
  self->transition = NULL;
}

/* Running */

/* What it was waited for, when it is worth telling: a slow unit may have answered in
 * time after all. */
static Waits *
get_waits (Runner *self, StateTransition *transition)
{
  if (state_transition_get_status (transition) == STATE_TRANSITION_STATUS_SUCCEEDED ||
      (self->moment == SLOW && self->slow != NULL && !has_timed_out (self->slow)))
    return NULL;
  return self->waits;
}

/* Runs the transition to its end, and reports it. */
gboolean
runner_run (Runner *self, StateTransition *transition, GError **error)
{
  StateUnits *units = state_transition_get_units (transition);
  gulong slow = g_signal_connect (units, "transition-slow", G_CALLBACK (on_slow), self);
  gboolean success;

  set_limits (self, transition);
  progress_bar_show (self->bar, G_OBJECT (transition));
  success = run_transition (transition, error);
  progress_bar_clear (self->bar);
  clear_limits (self);
  g_signal_handler_disconnect (units, slow);

  report_transition (transition, moments[self->moment], get_waits (self, transition));
  clear_waits (self);
  timeline_take (self->timeline, transition);
  return success;
}

/* After the last one. */
gboolean
runner_finish (Runner *self, GError **error)
{
  return timeline_write (self->timeline, error);
}
