/* SPDX-License-Identifier: MIT */

/* A file that is opened early, so that a wrong name is known before anything is
 * run, and written late. */

#include "output-file.h"

#include <errno.h>

/* Not g_file_set_contents(): the file may be a pipe or a terminal. */

static gboolean
fail (OutputFile *self, GError **error)
{
  int saved_errno = errno;

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (saved_errno), "--%s %s: %s",
               self->option, self->filename, g_strerror (saved_errno));
  return FALSE;
}

/* Nothing is opened, and later written, when the filename is NULL. */
gboolean
output_file_open (OutputFile *self, const char *option, const char *filename, GError **error)
{
  self->option = option;
  self->filename = filename;
  if (filename == NULL)
    return TRUE;
  self->file = fopen (filename, "w");
  return self->file != NULL || fail (self, error);
}

/* Once. */
gboolean
output_file_write (OutputFile *self, const char *text, GError **error)
{
  FILE *file = g_steal_pointer (&self->file);
  gboolean written;

  if (file == NULL)
    return TRUE;
  written = fputs (text, file) >= 0;
  written = fclose (file) == 0 && written;
  return written || fail (self, error);
}

void
output_file_clear (OutputFile *self)
{
  g_clear_pointer (&self->file, fclose);
}
