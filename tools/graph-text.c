/* SPDX-License-Identifier: MIT */

/* JSON, more strictly than the parser has it. */

#include "graph-text.h"

#include <gio/gio.h>
#include <stdio.h>

#define MAX_DEPTH 100

static gboolean G_GNUC_PRINTF (2, 3) fail (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_propagate_error (error, g_error_new_valist (G_IO_ERROR, G_IO_ERROR_INVALID_DATA, format, args));
  va_end (args);
  return FALSE;
}

/* The parser recurses into arrays and objects, and of several documents in a
 * file it keeps the last: neither is a graph. */
static gboolean
check_text (const char *text, gsize length, GError **error)
{
  gboolean in_string = FALSE;
  gboolean ended = FALSE;
  guint depth = 0;
  guint line = 1;

  for (gsize i = 0; i < length; i++)
    {
      char c = text[i];

      if (c == '\n')
        line++;
      if (in_string)
        {
          if (c == '\\')
            i++;
          else if (c == '"')
            in_string = FALSE;
          continue;
        }
      if (ended && !g_ascii_isspace (c))
        return fail (error, "line %u: there is more after the end of the array", line);
      if (c == '"')
        in_string = TRUE;
      else if ((c == '[' || c == '{') && ++depth > MAX_DEPTH)
        return fail (error, "line %u: nested too deeply", line);
      else if ((c == ']' || c == '}') && depth > 0)
        ended = --depth == 0;
    }

  return TRUE;
}

/* Of members with the same name, the parser keeps one: they are counted. */

static void
on_object_start (JsonParser *parser, GraphText *self)
{
  guint none = 0;

  g_array_append_val (self->n_members, none);
}

static void
on_object_member (JsonParser *parser, JsonObject *object, const char *name, GraphText *self)
{
  g_array_index (self->n_members, guint, self->n_members->len - 1)++;
}

static void
on_object_end (JsonParser *parser, JsonObject *object, GraphText *self)
{
  guint last = self->n_members->len - 1;

  if (g_array_index (self->n_members, guint, last) != json_object_get_size (object))
    g_hash_table_add (self->repeating, object);
  g_array_set_size (self->n_members, last);
}

static gboolean
parse (GraphText *self, const char *text, gsize length, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  guint line, column;
  int start = 0;

  if (json_parser_load_from_data (self->parser, text, length, &local_error))
    return json_parser_get_root (self->parser) != NULL || fail (error, "the file is empty");

  if (sscanf (local_error->message, "<data>:%u:%u: %n", &line, &column, &start) == 2 && start > 0)
    return fail (error, "line %u, column %u: %s", line, column, local_error->message + start);
  return fail (error, "%s", local_error->message);
}

GraphText *
graph_text_new (const char *text, gsize length, GError **error)
{
  g_autoptr (GraphText) self = g_new0 (GraphText, 1);

  self->parser = json_parser_new_immutable ();
  self->repeating = g_hash_table_new (NULL, NULL);
  self->n_members = g_array_new (FALSE, FALSE, sizeof (guint));
  g_signal_connect (self->parser, "object-start", G_CALLBACK (on_object_start), self);
  g_signal_connect (self->parser, "object-member", G_CALLBACK (on_object_member), self);
  g_signal_connect (self->parser, "object-end", G_CALLBACK (on_object_end), self);

  if (!check_text (text, length, error) || !parse (self, text, length, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
graph_text_free (GraphText *self)
{
  g_object_unref (self->parser);
  g_hash_table_unref (self->repeating);
  g_array_unref (self->n_members);
  g_free (self);
}
