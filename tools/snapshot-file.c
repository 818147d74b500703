/* SPDX-License-Identifier: MIT */

#include "snapshot-file.h"

#include <glib/gstdio.h>

#include "report.h"

static gint64
size_of (const char *filename)
{
  GStatBuf file;

  return g_stat (filename, &file) == 0 ? (gint64) file.st_size : 0;
}

/* To a file that is kept. */
gboolean
snapshot_write (StateSnapshot *snapshot, const char *filename, GError **error)
{
  if (!state_snapshot_save_to_file (snapshot, filename, error))
    return FALSE;
  report_line ("  %u saved, in %s, of %" G_GINT64_FORMAT " bytes",
               state_snapshot_get_n_units (snapshot), filename, size_of (filename));
  return TRUE;
}

static StateSnapshot *
write_and_read (StateSnapshot *snapshot, const char *filename, gint64 *size, GError **error)
{
  if (!state_snapshot_save_to_file (snapshot, filename, error))
    return NULL;
  *size = size_of (filename);
  return state_snapshot_load_from_file (filename, error);
}

/* To a temporary file, and back. */
StateSnapshot *
snapshot_pass_through_file (StateSnapshot *snapshot, GError **error)
{
  g_autofree char *folder = g_dir_make_tmp ("state-unit-XXXXXX", error);
  g_autofree char *filename = NULL;
  StateSnapshot *read_back;
  gint64 size;

  if (folder == NULL)
    return NULL;

  filename = g_build_filename (folder, "snapshot", NULL);
  read_back = write_and_read (snapshot, filename, &size, error);
  /* Before anything is printed, which may end the process. */
  g_unlink (filename);
  g_rmdir (folder);

  if (read_back != NULL)
    report_line ("  %u saved, in a file of %" G_GINT64_FORMAT " bytes",
                 state_snapshot_get_n_units (read_back), size);
  return read_back;
}
