/* SPDX-License-Identifier: MIT */

/* One line at the bottom of a terminal that follows a transition and leaves
 * nothing behind. */

#include "progress-bar.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "text.h"

#define TICK_MS 50
#define MIN_CELLS 10
#define MAX_CELLS 40

struct _ProgressBar
{
  FILE *terminal; /* NULL when there is none */
  GObject *transition;
  guint tick;
};

static gboolean
is_terminal (FILE *stream)
{
  return isatty (fileno (stream)) && g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;
}

ProgressBar *
progress_bar_new (void)
{
  ProgressBar *self = g_new0 (ProgressBar, 1);

  if (is_terminal (stderr))
    self->terminal = stderr;
  else if (is_terminal (stdout))
    self->terminal = stdout;
  return self;
}

void
progress_bar_free (ProgressBar *self)
{
  progress_bar_clear (self);
  g_free (self);
}

static void
append_cells (GString *line, guint n_cells, double progress)
{
  guint n_full = (guint) (CLAMP (progress, 0.0, 1.0) * n_cells);

  for (guint i = 0; i < n_cells; i++)
    g_string_append (line, i < n_full ? "█" : "░");
}

static void
draw (ProgressBar *self)
{
  g_autoptr (GString) line = g_string_new (NULL);
  g_autofree char *elapsed_words = NULL;
  g_autofree char *figures = NULL;
  guint columns = text_columns (fileno (self->terminal));
  StateOperation operation;
  double progress;
  gint64 elapsed;
  guint used;

  g_object_get (self->transition, "operation", &operation, "progress", &progress, "elapsed",
                &elapsed, NULL);
  elapsed_words = text_duration (elapsed);
  figures = g_strdup_printf ("%3.0f %%  %s", 100 * progress, elapsed_words);
  g_string_printf (line, "%-7s  ", state_operation_to_string (operation));

  /* The last column stays free, where terminals would wrap. */
  used = line->len + strlen (figures) + 2;
  if (columns > used + MIN_CELLS)
    {
      append_cells (line, MIN (columns - used - 1, MAX_CELLS), progress);
      g_string_append (line, "  ");
    }
  else if (columns <= line->len + strlen (figures))
    g_string_truncate (line, 0);
  if (columns > strlen (figures))
    g_string_append (line, figures);

  fprintf (self->terminal, "\r%s\033[K", line->str);
  fflush (self->terminal);
}

static gboolean
on_tick (gpointer user_data)
{
  draw (user_data);
  return G_SOURCE_CONTINUE;
}

/* Follows the transition until it is cleared. */
void
progress_bar_show (ProgressBar *self, GObject *transition)
{
  if (self->terminal == NULL)
    return;

  progress_bar_clear (self);
  self->transition = g_object_ref (transition);
  self->tick = g_timeout_add (TICK_MS, on_tick, self);
  draw (self);
}

/* Makes room for a line; it comes back by itself. */
void
progress_bar_hide (ProgressBar *self)
{
  if (self->transition == NULL)
    return;

  fputs ("\r\033[K", self->terminal);
  fflush (self->terminal);
}

void
progress_bar_clear (ProgressBar *self)
{
  if (self->transition == NULL)
    return;

  progress_bar_hide (self);
  g_clear_handle_id (&self->tick, g_source_remove);
  g_clear_object (&self->transition);
}
