/* SPDX-License-Identifier: MIT */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *text_printable (const char *text);
guint text_width (const char *text);
guint text_columns (int fd);
char *text_count (guint n, const char *noun);
char *text_duration (gint64 microseconds);
char *text_wrap (const char *first,
                 const char *const *words,
                 const char *separator,
                 guint indent,
                 guint columns);

G_END_DECLS
