/* SPDX-License-Identifier: MIT */

#include "state-timeline-private.h"

/* The timeline as a picture: a row for each step, with its bar and, beside it, its
 * name and what became of it. All lengths are in pixels. */

#define MARGIN 20.0
#define CHART_WIDTH 1000.0
#define PICTURE_WIDTH 1240.0
#define MIN_BAR_WIDTH 4.0
#define GAP 6.0

#define TITLE_SIZE 18.0
#define TEXT_SIZE 12.0
#define AXIS_SIZE 10.0
#define AXIS_HEIGHT 22.0
#define ROWS_PER_AXIS 40
#define MIN_TICK_WIDTH 80.0

#define MAX_NAME_WIDTH 720.0
#define MAX_DETAIL_WIDTH 460.0
#define MAX_ERROR_LINES 8

#define CRITICAL_COLOUR "#333333"

/* What is written beside a bar. */
typedef struct
{
  char *name;
  char *detail;
  double width;
} Label;

typedef struct
{
  const StateTimeline *timeline;
  GString *back;  /* the grid */
  GString *links; /* the critical path */
  GString *front; /* bars and texts */
  double width;
  double y; /* where the next thing goes */
  double row_height;
  double size;   /* of the texts in rows */
  Label *labels; /* by row */
  double *row_y; /* their middles, by row */
} Picture;

/* Writing */

/* Puts the numbers in for each "@", whatever the locale. */
static void
append (GString *svg, const char *pattern, ...)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE];
  va_list numbers;

  va_start (numbers, pattern);
  for (; *pattern != '\0'; pattern++)
    if (*pattern == '@')
      g_string_append (svg,
                       g_ascii_formatd (digits, sizeof digits, "%.1f", va_arg (numbers, double)));
    else
      g_string_append_c (svg, *pattern);
  va_end (numbers);
}

static void
append_escaped (GString *svg, const char *text)
{
  g_autofree char *clean = state_timeline_clean (text);
  g_autofree char *escaped = g_markup_escape_text (clean, -1);

  g_string_append (svg, escaped);
}

static void
append_text (GString *svg,
             double x,
             double y,
             double size,
             const char *attributes,
             const char *text)
{
  append (svg, "<text x=\"@\" y=\"@\" font-size=\"@\"", x, y, size);
  g_string_append_printf (svg, "%s>", attributes);
  append_escaped (svg, text);
  g_string_append (svg, "</text>\n");
}

/* Where a text goes: lines behind it would make it hard to read. */
static void
append_clearing (GString *svg, double x, double y, double width, double size)
{
  append (svg,
          "<rect x=\"@\" y=\"@\" width=\"@\" height=\"@\" fill=\"#ffffff\" "
          "fill-opacity=\"0.9\"/>\n",
          x, y - size * 0.86, width, size);
}

/* Colours: those of the drawings of the graph, with darker lines */

typedef struct
{
  const char *fill;
  const char *line;
} Colours;

static Colours
colours_of (StateStepOutcome outcome)
{
  switch (outcome)
    {
    case STATE_STEP_OUTCOME_WAITING:
      return (Colours){ "#ffffff", "#999999" };
    case STATE_STEP_OUTCOME_ASKED:
      return (Colours){ "#bcd8f2", "#4a7fb0" };
    case STATE_STEP_OUTCOME_SUCCEEDED:
      return (Colours){ "#c3e6c3", "#5c9a5c" };
    case STATE_STEP_OUTCOME_UNCHANGED:
    case STATE_STEP_OUTCOME_REMOVED:
      return (Colours){ "#eeeeee", "#777777" };
    case STATE_STEP_OUTCOME_SKIPPED:
    case STATE_STEP_OUTCOME_CANCELLED:
      return (Colours){ "#f7dca8", "#b8862b" };
    case STATE_STEP_OUTCOME_FAILED:
    case STATE_STEP_OUTCOME_TIMED_OUT:
    case STATE_STEP_OUTCOME_DROPPED:
    case STATE_STEP_OUTCOME_LOST:
    default:
      return (Colours){ "#f4b6b6", "#b84040" };
    }
}

/* Time */

static double
x_of (const Picture *picture, gint64 time)
{
  return MARGIN + CHART_WIDTH * time / MAX (picture->timeline->length, 1);
}

/* 1, 2 or 5 times a power of ten, in µs */
static gint64
tick_step (gint64 length)
{
  gint64 at_least = MAX (length / (CHART_WIDTH / MIN_TICK_WIDTH), 1);
  gint64 step = 1;

  while (step * 10 <= at_least)
    step *= 10;
  if (step >= at_least)
    return step;
  if (step * 2 >= at_least)
    return step * 2;
  return step * (step * 5 >= at_least ? 5 : 10);
}

/* Exactly, in the unit that the whole length is best read in. */
static char *
tick_label (gint64 time, gint64 length)
{
  gint64 unit = length >= G_USEC_PER_SEC ? G_USEC_PER_SEC : length >= 1000 ? 1000 : 1;
  char digits[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (digits, sizeof digits, "%.12g", time / (double) unit);
  return g_strconcat (digits, unit == 1 ? " µs" : unit == 1000 ? " ms" : " s", NULL);
}

static void
append_axis (Picture *picture, double height)
{
  gint64 length = picture->timeline->length;
  gint64 step = tick_step (length);
  double y = picture->y + AXIS_HEIGHT;

  append (picture->back, "<path d=\"M @ @ H @\" stroke=\"#aaaaaa\"/>\n", MARGIN, y,
          MARGIN + CHART_WIDTH);
  for (gint64 time = 0; time <= length; time += step)
    {
      g_autofree char *label = tick_label (time, length);
      double width = state_timeline_text_width (label, AXIS_SIZE, FALSE);
      double x = x_of (picture, time);
      double middle = MAX (x, MARGIN + 8);

      append (picture->back, "<path d=\"M @ @ V @\" stroke=\"#e4e4e4\"/>\n", x, y - 4, y + height);
      append_clearing (picture->front, middle - width / 2, y - 7, width, AXIS_SIZE);
      append_text (picture->front, middle, y - 7, AXIS_SIZE,
                   " text-anchor=\"middle\" fill=\"#666666\"", label);
    }
  picture->y = y;
}

/* Rows */

typedef struct
{
  double wait; /* where something is drawn first */
  double left;
  double right;
} Span;

static double
mark_radius (const Picture *picture)
{
  return picture->row_height * 0.3;
}

static Span
span_of (const Picture *picture, const StateTimelineRow *row)
{
  Span span;

  span.left = x_of (picture, row->start_time);
  span.right = MAX (x_of (picture, row->finish_time), span.left + MIN_BAR_WIDTH);
  span.wait = x_of (picture, row->wait_time);
  if (!state_timeline_was_asked (row))
    {
      span.right = span.left + mark_radius (picture);
      span.wait = MIN (span.wait, span.left - mark_radius (picture));
    }
  return span;
}

static Label
make_label (const Picture *picture, const StateTimelineRow *row)
{
  g_autofree char *name = state_timeline_clean (state_timeline_get_name (picture->timeline, row));
  g_autofree char *words = state_timeline_describe (picture->timeline, row);
  g_autofree char *detail = state_timeline_clean (words);
  Label label = {
    .name = state_timeline_fit (name, picture->size, row->critical, MAX_NAME_WIDTH),
    .detail = state_timeline_fit (detail, picture->size, FALSE, MAX_DETAIL_WIDTH),
  };

  label.width = state_timeline_text_width (label.name, picture->size, row->critical) + GAP +
                state_timeline_text_width (label.detail, picture->size, FALSE);
  return label;
}

static gboolean
has_room_left (const Label *label, Span span)
{
  return MARGIN + label->width + GAP <= span.wait;
}

/* The picture becomes wider for those that have no room left of their bars either. */
static void
make_labels (Picture *picture)
{
  for (guint i = 0; i < picture->timeline->rows->len; i++)
    {
      const StateTimelineRow *row = state_timeline_get_row (picture->timeline, i);
      Label *label = &picture->labels[i];
      Span span = span_of (picture, row);

      *label = make_label (picture, row);
      if (!has_room_left (label, span))
        picture->width =
            MAX (picture->width, (gint64) (span.right + GAP + label->width + MARGIN) + 1);
    }
}

/* Right of the bar if there is room for it, else left. */
static void
append_label (Picture *picture, const StateTimelineRow *row, const Label *label, Span span)
{
  gboolean is_right =
      span.right + GAP + label->width + MARGIN <= picture->width || !has_room_left (label, span);
  double x = is_right ? span.right + GAP : span.wait - GAP;
  double y = picture->y + picture->row_height / 2 + picture->size * 0.36;

  append_clearing (picture->front, is_right ? x - 2 : x - label->width, y, label->width + 2,
                   picture->size);
  append (picture->front, "<text x=\"@\" y=\"@\" font-size=\"@\"", x, y, picture->size);
  g_string_append_printf (picture->front, "%s><tspan%s>", is_right ? "" : " text-anchor=\"end\"",
                          row->critical ? " font-weight=\"bold\"" : "");
  append_escaped (picture->front, label->name);
  append (picture->front, "</tspan><tspan dx=\"@\" fill=\"#666666\">", GAP);
  append_escaped (picture->front, label->detail);
  g_string_append (picture->front, "</tspan></text>\n");
}

/* Too short to be seen, it is no wait. */
static gboolean
has_waited (const Picture *picture, const StateTimelineRow *row)
{
  return x_of (picture, row->start_time) - x_of (picture, row->wait_time) >= 1;
}

static void
append_wait (Picture *picture, const StateTimelineRow *row)
{
  double x = x_of (picture, row->wait_time);
  double height = picture->row_height / 5;

  append (picture->front, "<rect x=\"@\" y=\"@\" width=\"@\" height=\"@\" fill=\"#d4d4d4\"/>\n", x,
          picture->y + (picture->row_height - height) / 2, x_of (picture, row->start_time) - x,
          height);
}

/* What was never asked has a diamond where its fate was settled. */
static void
append_mark (Picture *picture, double x, Colours colours)
{
  double r = mark_radius (picture);

  append (picture->front, "<path d=\"M @ @ l @ @ l @ @ l @ @ z\"", x,
          picture->y + picture->row_height / 2 - r, r, r, -r, r, -r, -r);
  g_string_append_printf (picture->front, " fill=\"%s\" stroke=\"%s\"/>\n", colours.fill,
                          colours.line);
}

static void
append_bar (Picture *picture, const StateTimelineRow *row, Span span)
{
  Colours colours = colours_of (row->step->outcome);

  append (picture->front, "<rect x=\"@\" y=\"@\" width=\"@\" height=\"@\"", span.left,
          picture->y + picture->row_height * 0.14, span.right - span.left,
          picture->row_height * 0.72);
  g_string_append_printf (picture->front, " fill=\"%s\" stroke=\"%s\"%s/>\n", colours.fill,
                          row->critical ? CRITICAL_COLOUR : colours.line,
                          row->critical ? " stroke-width=\"2\"" : "");
}

/* What a pointer on the row tells. */
static void
append_tooltip (Picture *picture, const StateTimelineRow *row)
{
  g_autofree char *detail = state_timeline_describe (picture->timeline, row);
  g_autofree char *start = state_timeline_duration (row->start_time);

  g_string_append (picture->front, "<title>");
  append_escaped (picture->front, state_timeline_get_name (picture->timeline, row));
  g_string_append (picture->front, ": ");
  append_escaped (picture->front, detail);
  if (state_timeline_was_asked (row))
    g_string_append_printf (picture->front, " (asked at %s)", start);
  g_string_append (picture->front, "</title>\n");
}

static void
append_row (Picture *picture, guint index)
{
  const StateTimelineRow *row = state_timeline_get_row (picture->timeline, index);
  Span span = span_of (picture, row);

  g_string_append (picture->front, "<g>");
  append_tooltip (picture, row);
  if (has_waited (picture, row))
    append_wait (picture, row);
  if (state_timeline_was_asked (row))
    append_bar (picture, row, span);
  else if (row->step->outcome != STATE_STEP_OUTCOME_WAITING)
    append_mark (picture, span.left, colours_of (row->step->outcome));
  append_label (picture, row, &picture->labels[index], span);
  g_string_append (picture->front, "</g>\n");
  picture->row_y[index] = picture->y + picture->row_height / 2;
  picture->y += picture->row_height;
}

static void
append_heading (Picture *picture, const StateTimelinePhase *phase)
{
  g_autofree char *words = state_timeline_describe_phase (phase);
  g_autofree char *duration = state_timeline_duration (phase->end_time - phase->begin_time);

  picture->y += 26;
  append (picture->front, "<text x=\"@\" y=\"@\" font-size=\"14.0\"><tspan font-weight=\"bold\">",
          MARGIN, picture->y);
  append_escaped (picture->front, words);
  append (picture->front, "</tspan><tspan dx=\"@\" fill=\"#666666\">", GAP);
  append_escaped (picture->front, duration);
  if (phase->n_left_out > 0)
    g_string_append_printf (picture->front, ", not shown: %u of which nothing was asked",
                            phase->n_left_out);
  g_string_append (picture->front, "</tspan></text>\n");
}

/* The axis is there again after every so many rows, and below many. */
static void
append_phase (Picture *picture, const StateTimelinePhase *phase)
{
  guint n_axes = MAX ((phase->n_rows + ROWS_PER_AXIS / 2) / ROWS_PER_AXIS, 1);

  append_heading (picture, phase);
  for (guint i = 0, axis = 0; i < phase->n_rows; i++)
    {
      if (i == axis * phase->n_rows / n_axes)
        {
          guint next = ++axis * phase->n_rows / n_axes;

          append_axis (picture, picture->row_height * (next - i));
        }
      append_row (picture, phase->first_row + i);
    }
  if (phase->n_rows > ROWS_PER_AXIS / 2)
    append_axis (picture, 0);
}

/* From the end of each step to the one that it released. */
static void
append_critical_path (Picture *picture)
{
  const GArray *path = picture->timeline->path;

  for (guint i = 1; i < path->len; i++)
    {
      guint from = g_array_index (path, guint, i - 1);
      guint to = g_array_index (path, guint, i);

      append (picture->links,
              "<path d=\"M @ @ V @ H @\" fill=\"none\" stroke=\"" CRITICAL_COLOUR "\"/>\n",
              x_of (picture, state_timeline_get_row (picture->timeline, from)->finish_time),
              picture->row_y[from], picture->row_y[to],
              x_of (picture, state_timeline_get_row (picture->timeline, to)->start_time));
    }
}

/* Head */

static void
append_head (Picture *picture)
{
  const StateTransition *transition = picture->timeline->transition;
  g_autofree char *title = state_timeline_describe_all (picture->timeline);
  g_autofree char *error = NULL;
  g_autoptr (GPtrArray) lines = NULL;

  picture->y = MARGIN + TITLE_SIZE;
  append_text (picture->front, MARGIN, picture->y, TITLE_SIZE, " font-weight=\"bold\"", title);
  if (transition->error == NULL)
    return;
  error = state_timeline_clean (transition->error->message);
  lines = state_timeline_wrap (error, TEXT_SIZE, PICTURE_WIDTH - 2 * MARGIN, MAX_ERROR_LINES);
  picture->y += 6;
  for (guint i = 0; i < lines->len; i++)
    {
      picture->y += TEXT_SIZE * 1.4;
      append_text (picture->front, MARGIN, picture->y, TEXT_SIZE, " fill=\"#a02020\"",
                   g_ptr_array_index (lines, i));
    }
}

static void
append_legend_entry (Picture *picture, double *x, Colours colours, const char *text)
{
  double width = state_timeline_text_width (text, TEXT_SIZE, FALSE) + 40;

  if (*x + width > PICTURE_WIDTH - MARGIN)
    {
      *x = MARGIN;
      picture->y += TEXT_SIZE * 1.6;
    }
  append (picture->front, "<rect x=\"@\" y=\"@\" width=\"14.0\" height=\"10.0\"", *x,
          picture->y - 9);
  g_string_append_printf (picture->front, " fill=\"%s\" stroke=\"%s\"/>\n", colours.fill,
                          colours.line);
  append_text (picture->front, *x + 20, picture->y, TEXT_SIZE, "", text);
  *x += width;
}

/* The colours that are there, each with the number of its steps. */
static void
append_legend (Picture *picture)
{
  guint n_of[STATE_STEP_OUTCOME_REMOVED + 1] = { 0 };
  gboolean any_waited = FALSE;
  double x = MARGIN;

  picture->y += 26;
  for (guint i = 0; i < picture->timeline->rows->len; i++)
    {
      const StateTimelineRow *row = state_timeline_get_row (picture->timeline, i);

      n_of[row->step->outcome]++;
      any_waited |= has_waited (picture, row);
    }
  for (guint outcome = 0; outcome < G_N_ELEMENTS (n_of); outcome++)
    {
      g_autofree char *word = state_timeline_outcome (outcome);
      g_autofree char *text = g_strdup_printf ("%u %s", n_of[outcome], word);

      if (n_of[outcome] > 0)
        append_legend_entry (picture, &x, colours_of (outcome), text);
    }
  if (any_waited)
    append_legend_entry (picture, &x, (Colours){ "#d4d4d4", "none" }, "waited for its turn");
  if (picture->timeline->path->len > 0)
    append_legend_entry (picture, &x, (Colours){ "#ffffff", CRITICAL_COLOUR },
                         "critical path: what the time went into");
}

/* All together */

static void
picture_init (Picture *picture, const StateTimeline *timeline)
{
  guint n_rows = timeline->rows->len;
  gboolean is_long = n_rows > 100;

  *picture = (Picture){
    .timeline = timeline,
    .back = g_string_new (NULL),
    .links = g_string_new (NULL),
    .front = g_string_new (NULL),
    .width = PICTURE_WIDTH,
    .row_height = is_long ? 14 : 20,
    .size = is_long ? 10 : TEXT_SIZE,
    .labels = g_new0 (Label, MAX (n_rows, 1)),
    .row_y = g_new0 (double, MAX (n_rows, 1)),
  };
  make_labels (picture);
}

static void
picture_clear (Picture *picture)
{
  for (guint i = 0; i < picture->timeline->rows->len; i++)
    {
      g_free (picture->labels[i].name);
      g_free (picture->labels[i].detail);
    }
  g_free (picture->labels);
  g_free (picture->row_y);
  g_string_free (picture->back, TRUE);
  g_string_free (picture->links, TRUE);
  g_string_free (picture->front, TRUE);
}

/* The parts, one over the other. */
static char *
picture_to_string (const Picture *picture)
{
  GString *svg = g_string_new ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
  g_autofree char *title = state_timeline_describe_all (picture->timeline);
  double height = picture->y + MARGIN;

  append (svg,
          "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"@\" height=\"@\""
          " viewBox=\"0 0 @ @\" font-family=\"sans-serif\">\n",
          picture->width, height, picture->width, height);
  g_string_append (svg, "<title>");
  append_escaped (svg, title);
  append (svg, "</title>\n<rect width=\"@\" height=\"@\" fill=\"#ffffff\"/>\n", picture->width,
          height);
  g_string_append (svg, picture->back->str);
  g_string_append (svg, picture->links->str);
  g_string_append (svg, picture->front->str);
  g_string_append (svg, "</svg>\n");
  return g_string_free (svg, FALSE);
}

/**
 * state_transition_to_svg:
 * @self: a transition
 *
 * Draws what has happened over time as a picture for people, in SVG: under each
 * phase a row for each unit that was asked, skipped, removed or still waits, in
 * order of their starts, with a bar from when it was asked to when it answered,
 * coloured by the outcome. The critical path, see
 * state_transition_get_critical_path(), has a bold outline. Units of which
 * nothing was asked are left out. While the transition runs, the picture ends
 * now.
 *
 * Returns: (transfer full): the picture, an XML document; free with g_free()
 *
 * Since: 1.0
 */
char *
state_transition_to_svg (StateTransition *self)
{
  g_autoptr (StateTimeline) timeline = NULL;
  Picture picture;
  char *svg;

  g_return_val_if_fail (STATE_IS_TRANSITION (self), NULL);
  state_return_val_if_not_here (self->home, NULL);

  timeline = state_timeline_new (self);
  picture_init (&picture, timeline);
  append_head (&picture);
  if (timeline->rows->len > 0)
    append_legend (&picture);
  for (guint i = 0; i < timeline->phases->len; i++)
    append_phase (&picture, &g_array_index (timeline->phases, StateTimelinePhase, i));
  append_critical_path (&picture);
  svg = picture_to_string (&picture);
  picture_clear (&picture);
  return svg;
}
