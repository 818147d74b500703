/* SPDX-License-Identifier: MIT */

#pragma once

#include <glib.h>
#include <stdio.h>

G_BEGIN_DECLS

/* A file that an option names. */
typedef struct
{
  const char *option;
  const char *filename;
  FILE *file; /* NULL when the option was not given, or it has been written */
} OutputFile;

gboolean
output_file_open (OutputFile *self, const char *option, const char *filename, GError **error);
gboolean output_file_write (OutputFile *self, const char *text, GError **error);
void output_file_clear (OutputFile *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OutputFile, output_file_clear)

G_END_DECLS
