/* SPDX-License-Identifier: MIT */

#include "state-snapshot-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state-snapshot-format.h"

static void
set_file_error (GError **error, int code)
{
  g_set_error_literal (error, G_FILE_ERROR, g_file_error_from_errno (code), g_strerror (code));
}

/* Makes the message name the file. */
void
state_snapshot_file_prefix_error (GError **error, const char *filename)
{
  g_autofree char *name = g_filename_display_name (filename);

  g_prefix_error (error, "%s: ", name);
}

/* --- Reading --- */

/* Reads up to @size bytes; fewer only where the file ends. */
static gboolean
read_up_to (int fd, guint8 *to, gsize size, gsize *n_read, GError **error)
{
  *n_read = 0;
  while (*n_read < size)
    {
      gssize n = read (fd, to + *n_read, size - *n_read);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          set_file_error (error, errno);
          return FALSE;
        }
      if (n == 0)
        break;
      *n_read += n;
    }
  return TRUE;
}

static gboolean
check_file (int fd, guint64 *size, GError **error)
{
  struct stat info;

  if (fstat (fd, &info) != 0)
    set_file_error (error, errno);
  else if (S_ISDIR (info.st_mode))
    set_file_error (error, EISDIR);
  else if (!S_ISREG (info.st_mode))
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "not a regular file");
  else
    {
      *size = info.st_size;
      return TRUE;
    }
  return FALSE;
}

/* A foreign file may be huge: its header is judged before the rest is read. */
static GBytes *
read_snapshot (int fd, GError **error)
{
  guint8 header[STATE_SNAPSHOT_HEADER_SIZE];
  g_autofree guint8 *data = NULL;
  gsize n_header, n_rest;
  guint64 size;

  if (!check_file (fd, &size, error) || !read_up_to (fd, header, sizeof (header), &n_header, error))
    return NULL;

  if (n_header < sizeof (header))
    size = n_header;
  if (!state_snapshot_format_check_header (header, size, error))
    return NULL;

  if (size <= G_MAXSSIZE)
    data = g_try_malloc (size);
  if (data == NULL)
    {
      set_file_error (error, ENOMEM);
      return NULL;
    }
  memcpy (data, header, sizeof (header));
  if (!read_up_to (fd, data + sizeof (header), size - sizeof (header), &n_rest, error))
    return NULL;
  return g_bytes_new_take (g_steal_pointer (&data), sizeof (header) + n_rest);
}

/* The bytes of a file that may be a snapshot. They are read, not mapped: whoever
 * truncates a mapped file ends the process. */
GBytes *
state_snapshot_file_read (const char *filename, GError **error)
{
  /* Without O_NONBLOCK, a FIFO would wait for somebody to write. */
  int fd = g_open (filename, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
  GBytes *bytes = NULL;

  if (fd < 0)
    set_file_error (error, errno);
  else
    bytes = read_snapshot (fd, error);

  if (fd >= 0)
    close (fd);
  if (bytes == NULL)
    state_snapshot_file_prefix_error (error, filename);
  return bytes;
}

/* --- Writing --- */

static gboolean
write_all (int fd, const guint8 *from, gsize size, GError **error)
{
  while (size > 0)
    {
      gssize n = write (fd, from, size);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        {
          set_file_error (error, n < 0 ? errno : EIO);
          return FALSE;
        }
      from += n;
      size -= n;
    }
  return TRUE;
}

static gboolean
sync_to_disk (int fd, GError **error)
{
  int result;

  do
    result = fsync (fd);
  while (result != 0 && errno == EINTR);

  if (result != 0)
    set_file_error (error, errno);
  return result == 0;
}

/* FALSE, and the file is gone, unless all of it is on disk. */
static gboolean
write_new_file (char *template, GBytes *bytes, GError **error)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);
  int fd = g_mkstemp_full (template, O_WRONLY | O_CLOEXEC, 0600);
  gboolean written;

  if (fd < 0)
    {
      set_file_error (error, errno);
      return FALSE;
    }

  written = write_all (fd, data, size, error) && sync_to_disk (fd, error);
  if (close (fd) != 0 && errno != EINTR && written)
    {
      set_file_error (error, errno);
      written = FALSE;
    }
  if (!written)
    g_unlink (template);
  return written;
}

/* So that the name is on disk as well. Not every file system can, and says so. */
static gboolean
sync_directory (int fd, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (fd < 0 || sync_to_disk (fd, &local_error) ||
      g_error_matches (local_error, G_FILE_ERROR, G_FILE_ERROR_INVAL))
    return TRUE;

  g_propagate_prefixed_error (error, g_steal_pointer (&local_error),
                              "the file was replaced, but may not be on disk: ");
  return FALSE;
}

static gboolean
replace_file (const char *filename, int directory, GBytes *bytes, GError **error)
{
  g_autofree char *temporary = g_strconcat (filename, ".XXXXXX", NULL);

  if (!write_new_file (temporary, bytes, error))
    return FALSE;
  if (g_rename (temporary, filename) != 0)
    {
      set_file_error (error, errno);
      g_unlink (temporary);
      return FALSE;
    }
  return sync_directory (directory, error);
}

/* Replaces the file by the bytes, if there was memory for them, as a whole or not at
 * all. g_file_set_contents_full() does as much, and does not tell when the directory
 * could not be written to disk. It is opened first: what cannot be done afterwards
 * is not begun. */
gboolean
state_snapshot_file_write (const char *filename, GBytes *bytes, GError **error)
{
  g_autofree char *dirname = g_path_get_dirname (filename);
  int directory = g_open (dirname, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  gboolean replaced = FALSE;

  /* Who may write to a directory need not be allowed to read it. */
  if (directory < 0 && errno != EACCES)
    set_file_error (error, errno);
  else if (bytes == NULL)
    set_file_error (error, ENOMEM);
  else
    replaced = replace_file (filename, directory, bytes, error);

  if (directory >= 0)
    close (directory);
  if (!replaced)
    state_snapshot_file_prefix_error (error, filename);
  return replaced;
}
