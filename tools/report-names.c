/* SPDX-License-Identifier: MIT */

#include "report-names.h"

#include <stdio.h>
#include <unistd.h>

#include "text.h"

#define MAX_COLUMNS 100
#define MAX_NAMES 50

/* How wide the report is. */
guint
report_columns (void)
{
  return MIN (text_columns (STDOUT_FILENO), MAX_COLUMNS);
}

/* A few of many names: those at both ends. */
static char **
shorten (const char *const *names)
{
  guint n = g_strv_length ((char **) names);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; i < n; i++)
    if (n <= MAX_NAMES || i < MAX_NAMES / 2 || i >= n - MAX_NAMES / 2)
      g_strv_builder_add (builder, names[i]);
    else if (i == MAX_NAMES / 2)
      {
        g_autofree char *more = g_strdup_printf ("(%u more)", n - MAX_NAMES / 2 * 2);

        g_strv_builder_add (builder, more);
      }
  return g_strv_builder_end (builder);
}

/* The first text and the names, below a row. */
void
report_names (const char *first, const char *const *names, const char *separator)
{
  g_auto (GStrv) some = shorten (names);
  g_autofree char *text = NULL;

  text = text_wrap (first, (const char *const *) some, separator, REPORT_INDENT, report_columns ());
  fputs (text, stdout);
}
