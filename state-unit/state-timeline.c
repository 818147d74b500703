/* SPDX-License-Identifier: MIT */

#include "state-timeline-private.h"

#include <string.h>

/* What a transition did, over time, and the words for it. */

/* Rows */

/* Nothing is to be seen of a unit that was left alone, or had left the set before
 * the phase began. */
static gboolean
is_seen (const StateRunStep *step)
{
  switch ((StateStepOutcome) step->outcome)
    {
    case STATE_STEP_OUTCOME_UNCHANGED:
      return FALSE;
    case STATE_STEP_OUTCOME_WAITING:
      return step->verdict != STATE_VERDICT_LEAVE && step->verdict != STATE_VERDICT_PASS;
    case STATE_STEP_OUTCOME_REMOVED:
      return step->finish_time != 0;
    case STATE_STEP_OUTCOME_ASKED:
    case STATE_STEP_OUTCOME_SUCCEEDED:
    case STATE_STEP_OUTCOME_FAILED:
    case STATE_STEP_OUTCOME_SKIPPED:
    case STATE_STEP_OUTCOME_TIMED_OUT:
    case STATE_STEP_OUTCOME_DROPPED:
    case STATE_STEP_OUTCOME_LOST:
    case STATE_STEP_OUTCOME_CANCELLED:
    default:
      return TRUE;
    }
}

static gint64
time_of (const StateTimeline *self, gint64 time)
{
  return CLAMP (time - self->transition->begin_time, 0, self->length);
}

/* The first steps were ready when the phase began: it knows no time of its own. */
static gint64
begin_of_phase (const StateTimeline *self, const StateRunPhase *phase)
{
  gint64 begin = G_MAXINT64;

  for (guint32 slot = 0; slot < phase->n_steps; slot++)
    if (phase->steps[slot].ready_time != 0)
      begin = MIN (begin, phase->steps[slot].ready_time);
  return begin != G_MAXINT64 ? time_of (self, begin) : 0;
}

static void
set_times (const StateTimeline *self, const StateTimelinePhase *phase, StateTimelineRow *row)
{
  const StateRunStep *step = row->step;

  row->finish_time = step->finish_time != 0 ? time_of (self, step->finish_time) : self->length;
  row->start_time = step->start_time != 0 ? time_of (self, step->start_time) : row->finish_time;
  row->finish_time = MAX (row->start_time, row->finish_time);
  row->wait_time = step->ready_time != 0 ? time_of (self, step->ready_time) : phase->begin_time;
  row->wait_time = MIN (row->wait_time, row->start_time);
}

/* What was asked, or never will be; what could be asked now; what waits for others. */
static int
rank_of (const StateTimelineRow *row)
{
  if (row->step->outcome != STATE_STEP_OUTCOME_WAITING)
    return 0;
  return row->step->ready_time != 0 ? 1 : 2;
}

/* In order of their starts; those that still wait follow, in order of their turns. */
static int
compare_rows (gconstpointer a, gconstpointer b)
{
  const StateTimelineRow *one = a;
  const StateTimelineRow *other = b;

  if (rank_of (one) != rank_of (other))
    return rank_of (one) - rank_of (other);
  if (one->start_time != other->start_time)
    return one->start_time < other->start_time ? -1 : 1;
  if (one->wait_time != other->wait_time)
    return one->wait_time < other->wait_time ? -1 : 1;
  return one->slot < other->slot ? -1 : one->slot > other->slot;
}

static void
add_phase (StateTimeline *self, guint index)
{
  const StateRunPhase *phase = g_ptr_array_index (self->transition->run->phases, index);
  StateTimelinePhase entry = {
    .phase = phase,
    .first_row = self->rows->len,
    .begin_time = begin_of_phase (self, phase),
  };

  entry.end_time = entry.begin_time;
  for (guint32 slot = 0; slot < phase->n_steps; slot++)
    {
      StateTimelineRow row = {
        .position = index * phase->n_steps + slot,
        .phase = index,
        .slot = slot,
        .step = &phase->steps[slot],
      };

      if (!is_seen (row.step))
        continue;
      set_times (self, &entry, &row);
      entry.end_time = MAX (entry.end_time, row.finish_time);
      g_array_append_val (self->rows, row);
    }
  entry.n_rows = self->rows->len - entry.first_row;
  entry.n_left_out = phase->n_steps - entry.n_rows;
  if (entry.n_rows > 0)
    qsort (state_timeline_get_row (self, entry.first_row), entry.n_rows, sizeof (StateTimelineRow),
           compare_rows);
  g_array_append_val (self->phases, entry);
}

static void
mark_critical_path (StateTimeline *self)
{
  g_autoptr (GArray) pairs = state_run_critical_path (self->transition->run);
  g_autoptr (GHashTable) by_position = g_hash_table_new (NULL, NULL);
  guint32 n_slots = state_transition_get_n_slots (self->transition);

  for (guint i = 0; i < self->rows->len; i++)
    g_hash_table_insert (by_position, GUINT_TO_POINTER (state_timeline_get_row (self, i)->position),
                         GUINT_TO_POINTER (i + 1));
  for (guint i = 0; i + 1 < pairs->len; i += 2)
    {
      guint position =
          g_array_index (pairs, guint32, i) * n_slots + g_array_index (pairs, guint32, i + 1);
      guint index =
          GPOINTER_TO_UINT (g_hash_table_lookup (by_position, GUINT_TO_POINTER (position)));

      if (index-- == 0 || !state_timeline_was_asked (state_timeline_get_row (self, index)))
        continue;
      state_timeline_get_row (self, index)->critical = TRUE;
      g_array_append_val (self->path, index);
    }
}

/* Is to be drawn at once: what runs goes on. */
StateTimeline *
state_timeline_new (StateTransition *transition)
{
  StateTimeline *self = g_new0 (StateTimeline, 1);

  self->transition = g_object_ref (transition);
  self->length = state_transition_get_elapsed (transition);
  self->rows = g_array_new (FALSE, FALSE, sizeof (StateTimelineRow));
  self->phases = g_array_new (FALSE, FALSE, sizeof (StateTimelinePhase));
  self->path = g_array_new (FALSE, FALSE, sizeof (guint));
  if (state_transition_get_n_slots (transition) == 0)
    return self;
  for (guint i = 0; i < transition->run->phases->len; i++)
    add_phase (self, i);
  mark_critical_path (self);
  return self;
}

void
state_timeline_free (StateTimeline *self)
{
  g_object_unref (self->transition);
  g_array_unref (self->rows);
  g_array_unref (self->phases);
  g_array_unref (self->path);
  g_free (self);
}

StateTimelineRow *
state_timeline_get_row (const StateTimeline *self, guint index)
{
  return &g_array_index (self->rows, StateTimelineRow, index);
}

gboolean
state_timeline_was_asked (const StateTimelineRow *row)
{
  return row->step->start_time != 0;
}

const char *
state_timeline_get_name (const StateTimeline *self, const StateTimelineRow *row)
{
  return state_transition_get_slot_name (self->transition, row->slot);
}

/* Why it did not succeed; NULL: it did, or there is nothing to say yet. */
const char *
state_timeline_get_reason (const StateTimeline *self, const StateTimelineRow *row)
{
  const GError *error = state_transition_get_step_error (self->transition, row->position);

  return error != NULL ? error->message : NULL;
}

/* Words */

/* The word for an outcome, to be read in a sentence. */
char *
state_timeline_outcome (StateStepOutcome outcome)
{
  return g_strdelimit (g_strdup (state_step_outcome_to_string (outcome)), "-", ' ');
}

static char *
describe_waiting (const StateTimeline *self, const StateTimelineRow *row)
{
  const StateRun *run = self->transition->run;
  g_autoptr (GArray) waiting_on = NULL;
  const char *name;

  if (run->done || run->graph == NULL)
    return g_strdup ("never asked");
  waiting_on = state_run_waiting_on (run, row->slot);
  if (waiting_on->len == 0)
    return g_strdup ("waits for its turn");
  name = state_transition_get_slot_name (self->transition, g_array_index (waiting_on, guint32, 0));
  if (waiting_on->len == 1)
    return g_strdup_printf ("waits for %s", name);
  return g_strdup_printf ("waits for %s and %u more", name, waiting_on->len - 1);
}

/* The time went into an earlier request, whose late answer comes first. */
static const char *
describe_await (const StateTimelineRow *row)
{
  gboolean awaited = row->step->verdict == STATE_VERDICT_AWAIT && state_timeline_was_asked (row);

  return awaited ? ", behind an earlier request" : "";
}

/* What the reason says itself is not said twice. */
static char *
describe_failure (const StateTimeline *self, const StateTimelineRow *row)
{
  const char *reason = state_timeline_get_reason (self, row);
  g_autofree char *word = state_timeline_outcome (row->step->outcome);

  if (reason == NULL)
    return g_steal_pointer (&word);
  if (strstr (reason, word) != NULL)
    return g_strdup (reason);
  return g_strdup_printf ("%s: %s", word, reason);
}

/* What became of the step, beside its name: "12.3 ms, failed: no such device". */
char *
state_timeline_describe (const StateTimeline *self, const StateTimelineRow *row)
{
  g_autofree char *duration = state_timeline_duration (row->finish_time - row->start_time);
  g_autofree char *failure = NULL;

  if (row->step->outcome == STATE_STEP_OUTCOME_WAITING)
    return describe_waiting (self, row);
  if (row->step->outcome == STATE_STEP_OUTCOME_ASKED)
    return g_strdup_printf ("%s so far%s", duration, describe_await (row));
  if (row->step->outcome == STATE_STEP_OUTCOME_SUCCEEDED)
    return g_steal_pointer (&duration);
  failure = describe_failure (self, row);
  if (!state_timeline_was_asked (row))
    return g_steal_pointer (&failure);
  if (row->step->outcome == STATE_STEP_OUTCOME_TIMED_OUT)
    return g_strdup_printf ("%s%s", failure, describe_await (row));
  return g_strdup_printf ("%s, %s%s", duration, failure, describe_await (row));
}

char *
state_timeline_describe_phase (const StateTimelinePhase *phase)
{
  const char *operation = state_operation_to_string (phase->phase->operation);

  switch (phase->phase->kind)
    {
    case STATE_PHASE_BEFORE:
      return g_strdup_printf ("first, %s", operation);
    case STATE_PHASE_UNDO:
    case STATE_PHASE_UNDO_POST:
      return g_strdup_printf ("roll-back: %s", operation);
    case STATE_PHASE_RESUME:
      return g_strdup_printf ("resume: %s", operation);
    case STATE_PHASE_MAIN:
    case STATE_PHASE_POST:
    default:
      return g_strdup (operation);
    }
}

static const char *
words_for_status (const StateTransition *transition)
{
  gboolean begun = transition->begin_time != 0;

  switch (transition->status)
    {
    case STATE_TRANSITION_STATUS_NEW:
      return "has not been run";
    case STATE_TRANSITION_STATUS_QUEUED:
      return "waits for those that were asked for before it";
    case STATE_TRANSITION_STATUS_RUNNING:
      return "has been running for";
    case STATE_TRANSITION_STATUS_SUCCEEDED:
      return "succeeded in";
    case STATE_TRANSITION_STATUS_CANCELLED:
      return begun ? "cancelled after" : "was cancelled before it began";
    case STATE_TRANSITION_STATUS_FAILED:
    default:
      return begun ? "failed after" : "failed before it began";
    }
}

/* "start failed after 1.20 s, 41 units" */
char *
state_timeline_describe_all (const StateTimeline *self)
{
  const StateTransition *transition = self->transition;
  guint n_units = state_transition_get_n_slots (self->transition);
  const char *operation = state_operation_to_string (transition->operation);
  const char *words = words_for_status (transition);
  g_autofree char *duration = state_timeline_duration (self->length);

  if (transition->begin_time == 0)
    return g_strdup_printf ("%s %s", operation, words);
  if (n_units == 1)
    return g_strdup_printf ("%s %s %s, 1 unit", operation, words, duration);
  return g_strdup_printf ("%s %s %s, %u units", operation, words, duration, n_units);
}
