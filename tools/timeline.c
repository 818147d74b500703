/* SPDX-License-Identifier: MIT */

/* The files that show one transition over time: the first that did not succeed,
 * or else the first of all, which is a start. */

#include "timeline.h"

#include "output-file.h"

struct _Timeline
{
  OutputFile svg;
  OutputFile trace;
  gboolean any;
  gboolean failed;
  char *svg_text;
  char *trace_text;
};

Timeline *
timeline_new (SimulateOptions *options, GError **error)
{
  g_autoptr (Timeline) self = g_new0 (Timeline, 1);

  if (!output_file_open (&self->svg, "svg", options->svg, error) ||
      !output_file_open (&self->trace, "trace", options->trace, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
timeline_free (Timeline *self)
{
  output_file_clear (&self->svg);
  output_file_clear (&self->trace);
  g_free (self->svg_text);
  g_free (self->trace_text);
  g_free (self);
}

/* A transition has ended. What it is drawn as is made now: the units go on. */
void
timeline_take (Timeline *self, StateTransition *transition)
{
  gboolean failed = state_transition_get_status (transition) != STATE_TRANSITION_STATUS_SUCCEEDED;

  if (self->failed || (self->any && !failed))
    return;
  self->any = TRUE;
  self->failed = failed;
  if (self->svg.file != NULL)
    {
      g_free (self->svg_text);
      self->svg_text = state_transition_to_svg (transition);
    }
  if (self->trace.file != NULL)
    {
      g_free (self->trace_text);
      self->trace_text = state_transition_to_trace_json (transition);
    }
}

gboolean
timeline_write (Timeline *self, GError **error)
{
  return (self->svg_text == NULL || output_file_write (&self->svg, self->svg_text, error)) &&
         (self->trace_text == NULL || output_file_write (&self->trace, self->trace_text, error));
}
