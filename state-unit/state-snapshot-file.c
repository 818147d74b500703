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

/* Replaces the file by the bytes, if there was memory for them, as a whole or not
 * at all. Both the file and its directory are
 * on disk then: GLib calls fsync() on the latter too, if it is asked for a file
 * that is consistent as well as durable. */
gboolean
state_snapshot_file_write (const char *filename, GBytes *bytes, GError **error)
{
  GFileSetContentsFlags flags = G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE;

  if (bytes == NULL)
    set_file_error (error, ENOMEM);
  else if (g_file_set_contents_full (filename, g_bytes_get_data (bytes, NULL),
                                     g_bytes_get_size (bytes), flags, 0600, error))
    return TRUE;

  state_snapshot_file_prefix_error (error, filename);
  return FALSE;
}
