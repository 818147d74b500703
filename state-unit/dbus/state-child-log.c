/* SPDX-License-Identifier: MIT */

#include "state-child-private.h"

#include <string.h>

/* A line that is longer is broken. */
#define LINE_MAX_LENGTH 4096

typedef struct
{
  GInputStream *stream;
  char *name;
  GByteArray *line;
} Lines;

static void
lines_free (Lines *self)
{
  g_object_unref (self->stream);
  g_byte_array_unref (self->line);
  g_free (self->name);
  g_free (self);
}

static void
log_line (Lines *self)
{
  g_autofree char *text = g_utf8_make_valid ((const char *) self->line->data, self->line->len);

  g_byte_array_set_size (self->line, 0);
  g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_INFO, "STATE_UNIT_PROCESS", self->name, "MESSAGE",
                    "%s: %s", self->name, text);
}

static void
take_bytes (Lines *self, const char *data, gsize size)
{
  for (gsize i = 0; i < size; i++)
    {
      if (data[i] != '\n')
        g_byte_array_append (self->line, (const guint8 *) &data[i], 1);
      if (data[i] == '\n' || self->line->len == LINE_MAX_LENGTH)
        log_line (self);
    }
}

static void read_on (Lines *self);

static void
were_read (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GBytes) bytes =
      g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, NULL);
  Lines *self = data;

  if (bytes != NULL && g_bytes_get_size (bytes) > 0)
    {
      take_bytes (self, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
      read_on (self);
      return;
    }
  if (self->line->len > 0)
    log_line (self);
  lines_free (self);
}

static void
read_on (Lines *self)
{
  g_input_stream_read_bytes_async (self->stream, LINE_MAX_LENGTH, G_PRIORITY_DEFAULT, NULL,
                                   were_read, self);
}

void
state_child_log_lines (GInputStream *stream, const char *name)
{
  Lines *self = g_new0 (Lines, 1);

  self->stream = g_object_ref (stream);
  self->name = g_strdup (name);
  self->line = g_byte_array_new ();
  read_on (self);
}
