/* SPDX-License-Identifier: MIT */

#include "state-timeline-private.h"

#include <string.h>

/* Texts in a picture, whose font is not known. */

/* What cannot be drawn, is not allowed in XML, or turns the text around it is
 * replaced; line breaks become spaces. */
static gboolean
is_drawn (gunichar c)
{
  if (g_unichar_iscntrl (c) || c == 0xfffe || c == 0xffff)
    return FALSE;
  return !(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069);
}

char *
state_timeline_clean (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *clean = g_string_sized_new (strlen (valid));

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (c == '\n' || c == '\t' || c == '\r')
        c = ' ';
      g_string_append_unichar (clean, is_drawn (c) ? c : 0xfffd);
    }
  return g_string_free (clean, FALSE);
}

/* The widths of the wider sans-serif fonts, in units of the size. */
static double
width_of_character (gunichar c)
{
  if (c >= 0x80)
    {
      if (g_unichar_iszerowidth (c))
        return 0;
      if (c >= 0x1f000)
        return 1.4;
      return g_unichar_iswide (c) ? 1.05 : c < 0x370 ? 0.75 : 1;
    }
  if (strchr (" !'(),-./:;I[\\]`fijlrt|", c) != NULL)
    return 0.42;
  if (strchr ("MW@m%", c) != NULL)
    return 1;
  if (g_ascii_isupper (c) || strchr ("#+<=>^_~w&", c) != NULL)
    return 0.84;
  return 0.66;
}

double
state_timeline_text_width (const char *text, double size, gboolean bold)
{
  double width = 0;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    width += width_of_character (g_utf8_get_char (p));
  return width * size * (bold ? 1.12 : 1);
}

/* How many bytes of the text fit. */
static gsize
length_that_fits (const char *text, double size, gboolean bold, double width)
{
  double used = 0;
  const char *p = text;

  for (; *p != '\0'; p = g_utf8_next_char (p))
    {
      used += width_of_character (g_utf8_get_char (p)) * size * (bold ? 1.12 : 1);
      if (used > width)
        break;
    }
  return p - text;
}

/* The text, its end cut off if it is too long. */
char *
state_timeline_fit (const char *text, double size, gboolean bold, double width)
{
  g_autofree char *begin = NULL;

  if (state_timeline_text_width (text, size, bold) <= width)
    return g_strdup (text);
  begin = g_strndup (text, length_that_fits (text, size, bold, width - size));
  return g_strconcat (g_strchomp (begin), "…", NULL);
}

/* Lines, broken at spaces where there are any. */
GPtrArray *
state_timeline_wrap (const char *text, double size, double width, guint max_lines)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_free);

  while (*text != '\0')
    {
      gsize length = length_that_fits (text, size, FALSE, width);
      const char *space;

      if (lines->len + 1 == max_lines)
        {
          g_ptr_array_add (lines, state_timeline_fit (text, size, FALSE, width));
          break;
        }
      space = text[length] != '\0' ? g_strrstr_len (text, length + 1, " ") : NULL;
      if (space != NULL && space > text)
        length = space - text;
      if (length == 0)
        length = g_utf8_next_char (text) - text;
      g_ptr_array_add (lines, g_strndup (text, length));
      text += length;
      while (*text == ' ')
        text++;
    }
  return lines;
}

/* Three digits, whatever the locale: "850 µs", "12.3 ms", "1.20 s". */
char *
state_timeline_duration (gint64 usec)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE];
  gboolean is_seconds = usec >= 999500;
  double value = usec / (is_seconds ? 1e6 : 1e3);

  if (usec < 1000)
    return g_strdup_printf ("%d µs", (int) usec);
  g_ascii_formatd (digits, sizeof digits,
                   value < 9.995   ? "%.2f"
                   : value < 99.95 ? "%.1f"
                                   : "%.0f",
                   value);
  return g_strdup_printf ("%s %s", digits, is_seconds ? "s" : "ms");
}
