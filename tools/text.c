/* SPDX-License-Identifier: MIT */

/* Text for people: names made fit to print, numbers, wrapped lists. */

#include "text.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEFAULT_COLUMNS 80

/* A name may be any UTF-8. What would move the cursor or break a line is
 * written as an escape. */
char *
text_printable (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *printable = g_string_new (NULL);

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (c == '\n')
        g_string_append (printable, "\\n");
      else if (c == '\t')
        g_string_append (printable, "\\t");
      else if (g_unichar_isprint (c))
        g_string_append_unichar (printable, c);
      else
        g_string_append_printf (printable, "\\u%04x", c);
    }

  return g_string_free (printable, FALSE);
}

/* The columns that the text takes on a terminal. */
guint
text_width (const char *text)
{
  guint width = 0;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (g_unichar_iswide (c))
        width += 2;
      else if (!g_unichar_iszerowidth (c))
        width += 1;
    }

  return width;
}

/* The width of the terminal behind the file descriptor; 80 when it is none. */
guint
text_columns (int fd)
{
  struct winsize size;

  if (isatty (fd) && ioctl (fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return size.ws_col;
  return DEFAULT_COLUMNS;
}

char *
text_count (guint n, const char *noun)
{
  return g_strdup_printf ("%u %s%s", n, noun, n == 1 ? "" : "s");
}

char *
text_duration (gint64 microseconds)
{
  if (microseconds < 100 * G_USEC_PER_SEC)
    return g_strdup_printf ("%.1f ms", microseconds / 1000.0);
  return g_strdup_printf ("%.1f s", microseconds / (double) G_USEC_PER_SEC);
}

/* The first text and the words, with the separator between words, broken into
 * indented lines that keep to the width where the words allow it. */
char *
text_wrap (const char *first,
           const char *const *words,
           const char *separator,
           guint indent,
           guint columns)
{
  GString *text = g_string_new (NULL);
  guint column = indent + text_width (first);

  g_string_append_printf (text, "%*s%s", (int) indent, "", first);
  for (guint i = 0; words[i] != NULL; i++)
    {
      g_autofree char *printable = text_printable (words[i]);
      g_autofree char *word = NULL;
      guint width;

      word = g_strconcat (printable, words[i + 1] != NULL ? separator : "", NULL);
      width = text_width (g_strchomp (word));
      if (i > 0 || *first != '\0')
        column++;
      if ((i > 0 || *first != '\0') && column + width > columns)
        {
          g_string_append_printf (text, "\n%*s", (int) indent + 2, "");
          column = indent + 2;
        }
      else if (i > 0 || *first != '\0')
        g_string_append_c (text, ' ');
      g_string_append (text, word);
      column += width;
    }
  g_string_append_c (text, '\n');

  return g_string_free (text, FALSE);
}
