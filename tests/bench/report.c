/* SPDX-License-Identifier: MIT */

/* What was measured, for people line by line as it comes, or for programs as JSON
 * at the end. */

#include "report.h"

#include <json-glib/json-glib.h>

struct _Report
{
  JsonBuilder *json; /* nullable */
  const char *row;
};

Report *
report_new (gboolean json)
{
  Report *self = g_new0 (Report, 1);

  if (json)
    {
      self->json = json_builder_new ();
      json_builder_begin_array (self->json);
    }
  return self;
}

static void
print_json (JsonBuilder *builder)
{
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *text = NULL;

  json_builder_end_array (builder);
  root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  json_generator_set_pretty (generator, TRUE);
  text = json_generator_to_data (generator, NULL);
  g_print ("%s\n", text);
}

void
report_free (Report *self)
{
  if (self->json != NULL)
    print_json (self->json);
  g_clear_object (&self->json);
  g_free (self);
}

/* Of which row the next things are; constant. */
void
report_set_row (Report *self, const char *row)
{
  self->row = row;
}

void
report_begin (Report *self, const char *format, ...)
{
  g_autofree char *title = NULL;
  va_list args;

  va_start (args, format);
  title = g_strdup_vprintf (format, args);
  va_end (args);

  if (self->json == NULL)
    {
      g_print ("%s\n", title);
      return;
    }
  json_builder_begin_object (self->json);
  json_builder_set_member_name (self->json, "row");
  json_builder_add_string_value (self->json, self->row);
  json_builder_set_member_name (self->json, "what");
  json_builder_add_string_value (self->json, title);
}

/* Text with three digits at least, and no more than are of use. */
static const char *
format_number (char *text, gsize size, double value)
{
  g_snprintf (text, size, "%.*f", value >= 100 ? 0 : value >= 10 ? 1 : 2, value);
  return text;
}

void
report_measured (Report *self, const char *name, const char *unit, Samples *samples)
{
  Figure figure = samples_get_figure (samples);
  char median[32];
  char least[32];
  char most[32];

  if (self->json == NULL)
    {
      g_print ("  %-28s %8s %s (%s – %s)\n", name,
               format_number (median, sizeof median, figure.median), unit,
               format_number (least, sizeof least, figure.least),
               format_number (most, sizeof most, figure.most));
      return;
    }
  json_builder_set_member_name (self->json, name);
  json_builder_begin_object (self->json);
  json_builder_set_member_name (self->json, "unit");
  json_builder_add_string_value (self->json, unit);
  json_builder_set_member_name (self->json, "median");
  json_builder_add_double_value (self->json, figure.median);
  json_builder_set_member_name (self->json, "least");
  json_builder_add_double_value (self->json, figure.least);
  json_builder_set_member_name (self->json, "most");
  json_builder_add_double_value (self->json, figure.most);
  json_builder_end_object (self->json);
}

/* How many times the base. */
void
report_ratio (Report *self, const char *name, Samples *samples, Samples *base)
{
  g_autoptr (Samples) ratios = samples_divide (samples, base);

  report_measured (self, name, "×", ratios);
}

/* The target is nullable. */
void
report_end (Report *self, const char *target)
{
  if (self->json == NULL)
    {
      if (target != NULL)
        g_print ("  %-28s %s\n", "target", target);
      return;
    }
  if (target != NULL)
    {
      json_builder_set_member_name (self->json, "target");
      json_builder_add_string_value (self->json, target);
    }
  json_builder_end_object (self->json);
}
