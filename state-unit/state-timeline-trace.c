/* SPDX-License-Identifier: MIT */

#include "engine/heap.h"
#include "state-timeline-private.h"

/* The timeline in the trace event format of Chrome, which Perfetto reads. The whole
 * and its phases are on track 0; the requests are on as few more as they need. */

typedef struct
{
  const StateTimeline *timeline;
  GString *json;
  guint *tracks; /* by row */
  guint n_tracks;
} Trace;

/* Writing */

static void
append_string (GString *json, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  g_string_append_c (json, '"');
  for (const char *p = valid; *p != '\0'; p++)
    {
      if (*p == '"' || *p == '\\')
        g_string_append_c (json, '\\');
      if ((guchar) *p < 0x20)
        g_string_append_printf (json, "\\u%04x", (guint) *p);
      else
        g_string_append_c (json, *p);
    }
  g_string_append_c (json, '"');
}

static void
append_member (GString *json, const char *name, const char *text)
{
  g_string_append_printf (json, ",\"%s\":", name);
  append_string (json, text);
}

static void
append_number (GString *json, const char *name, gint64 number)
{
  g_string_append_printf (json, ",\"%s\":%" G_GINT64_FORMAT, name, number);
}

static void
begin_event (Trace *trace, const char *ph, guint track, const char *name)
{
  if (trace->json->str[trace->json->len - 1] != '[')
    g_string_append_c (trace->json, ',');
  g_string_append_printf (trace->json, "\n{\"ph\":\"%s\",\"pid\":1,\"tid\":%u", ph, track);
  append_member (trace->json, "name", name);
}

static void
end_event (Trace *trace)
{
  g_string_append_c (trace->json, '}');
}

/* Tracks */

/* Those that a unit was asked for go to a track that is free by then, and only if
 * there is none to a new one: as many as were asked at once. */
static void
assign_tracks (Trace *trace)
{
  g_auto (StateHeap) busy = { 0 };

  for (guint i = 0; i < trace->timeline->rows->len; i++)
    {
      const StateTimelineRow *row = state_timeline_get_row (trace->timeline, i);
      const StateHeapItem *first_free = state_heap_peek (&busy);

      if (!state_timeline_was_asked (row))
        continue;
      if (first_free != NULL && first_free->key <= row->start_time)
        trace->tracks[i] = state_heap_pop (&busy).slot;
      else
        trace->tracks[i] = ++trace->n_tracks;
      state_heap_push (&busy, row->finish_time, trace->tracks[i]);
    }
}

static void
append_metadata (Trace *trace, const char *what, guint track, const char *name)
{
  begin_event (trace, "M", track, what);
  g_string_append (trace->json, ",\"args\":{\"name\":");
  append_string (trace->json, name);
  g_string_append_c (trace->json, '}');
  end_event (trace);
}

static void
append_names (Trace *trace)
{
  const char *operation = state_operation_to_string (trace->timeline->transition->operation);

  append_metadata (trace, "process_name", 0, operation);
  append_metadata (trace, "thread_name", 0, "transition");
  for (guint track = 1; track <= trace->n_tracks; track++)
    {
      g_autofree char *name = g_strdup_printf ("requests %u", track);

      append_metadata (trace, "thread_name", track, name);
    }
}

/* Events */

static void
append_whole (Trace *trace)
{
  const StateTransition *transition = trace->timeline->transition;

  if (transition->begin_time == 0)
    return;
  begin_event (trace, "X", 0, state_operation_to_string (transition->operation));
  append_member (trace->json, "cat", "transition");
  append_number (trace->json, "ts", 0);
  append_number (trace->json, "dur", trace->timeline->length);
  g_string_append (trace->json, ",\"args\":{\"status\":");
  append_string (trace->json, state_transition_status_to_string (transition->status));
  append_number (trace->json, "units", state_transition_get_n_slots (trace->timeline->transition));
  if (transition->error != NULL)
    append_member (trace->json, "error", transition->error->message);
  g_string_append_c (trace->json, '}');
  end_event (trace);
}

static void
append_phase (Trace *trace, const StateTimelinePhase *phase)
{
  g_autofree char *name = state_timeline_describe_phase (phase);

  begin_event (trace, "X", 0, name);
  append_member (trace->json, "cat", "phase");
  append_number (trace->json, "ts", phase->begin_time);
  append_number (trace->json, "dur", phase->end_time - phase->begin_time);
  end_event (trace);
}

static void
append_arguments (Trace *trace, const StateTimelineRow *row)
{
  const StateTimelinePhase *phase =
      &g_array_index (trace->timeline->phases, StateTimelinePhase, row->phase);
  const char *reason = state_timeline_get_reason (trace->timeline, row);

  g_string_append (trace->json, ",\"args\":{\"outcome\":");
  append_string (trace->json, state_step_outcome_to_string (row->step->outcome));
  append_member (trace->json, "phase", state_transition_phase_to_string (phase->phase));
  append_member (trace->json, "operation", state_operation_to_string (phase->phase->operation));
  append_number (trace->json, "phase_index", row->phase);
  if (reason != NULL)
    append_member (trace->json, "error", reason);
  append_number (trace->json, "waited_for_others", row->wait_time - phase->begin_time);
  append_number (trace->json, "waited_for_turn", row->start_time - row->wait_time);
  g_string_append_printf (trace->json, ",\"critical\":%s}", row->critical ? "true" : "false");
}

/* What was never asked is a moment: when that was settled. */
static void
append_row (Trace *trace, guint index)
{
  const StateTimelineRow *row = state_timeline_get_row (trace->timeline, index);
  const char *name = state_timeline_get_name (trace->timeline, row);
  const char *outcome = state_step_outcome_to_string (row->step->outcome);

  if (row->step->outcome == STATE_STEP_OUTCOME_WAITING)
    return;
  if (state_timeline_was_asked (row))
    {
      begin_event (trace, "X", trace->tracks[index], name);
      append_member (trace->json, "cat", "request");
      append_number (trace->json, "dur", row->finish_time - row->start_time);
    }
  else
    {
      begin_event (trace, "i", 0, name);
      append_member (trace->json, "cat", outcome);
      append_member (trace->json, "s", "t");
    }
  append_number (trace->json, "ts", row->start_time);
  append_arguments (trace, row);
  end_event (trace);
}

/* An arrow is tied to the request that encloses its end in time. */
static void
append_arrow (Trace *trace, guint id, guint from, guint to)
{
  const StateTimelineRow *before = state_timeline_get_row (trace->timeline, from);
  const StateTimelineRow *after = state_timeline_get_row (trace->timeline, to);

  begin_event (trace, "s", trace->tracks[from], "critical path");
  append_member (trace->json, "cat", "critical-path");
  append_number (trace->json, "id", id);
  append_number (trace->json, "ts", MAX (before->finish_time - 1, before->start_time));
  end_event (trace);
  begin_event (trace, "f", trace->tracks[to], "critical path");
  append_member (trace->json, "cat", "critical-path");
  append_member (trace->json, "bp", "e");
  append_number (trace->json, "id", id);
  append_number (trace->json, "ts", after->start_time);
  end_event (trace);
}

static void
append_events (Trace *trace)
{
  const StateTimeline *timeline = trace->timeline;

  append_names (trace);
  append_whole (trace);
  for (guint i = 0; i < timeline->phases->len; i++)
    append_phase (trace, &g_array_index (timeline->phases, StateTimelinePhase, i));
  for (guint i = 0; i < timeline->rows->len; i++)
    append_row (trace, i);
  for (guint i = 1; i < timeline->path->len; i++)
    append_arrow (trace, i, g_array_index (timeline->path, guint, i - 1),
                  g_array_index (timeline->path, guint, i));
}

/**
 * state_transition_to_trace_json:
 * @self: a transition
 *
 * Writes down what has happened over time in the trace event format of Chrome,
 * which Perfetto and other viewers open: an event for each request, packed on as
 * few tracks as they need, with its outcome, error and waits; one for what was
 * never asked; arrows along the critical path. Times are in µs from the begin of
 * the transition. While the transition runs, what is with units ends now.
 *
 * Returns: (transfer full): the trace, a JSON object; free with g_free()
 *
 * Since: 1.0
 */
char *
state_transition_to_trace_json (StateTransition *self)
{
  g_autoptr (StateTimeline) timeline = NULL;
  g_autofree guint *tracks = NULL;
  Trace trace;

  g_return_val_if_fail (STATE_IS_TRANSITION (self), NULL);
  state_return_val_if_not_here (self->home, NULL);

  timeline = state_timeline_new (self);
  tracks = g_new0 (guint, MAX (timeline->rows->len, 1));
  trace = (Trace){ timeline, g_string_new ("{\"displayTimeUnit\":\"ms\",\"traceEvents\":["), tracks,
                   0 };
  assign_tracks (&trace);
  append_events (&trace);
  g_string_append (trace.json, "\n]}\n");
  return g_string_free (trace.json, FALSE);
}
