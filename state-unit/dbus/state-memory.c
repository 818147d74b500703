/* SPDX-License-Identifier: MIT */

#define _GNU_SOURCE

#include "state-memory-private.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Without all of these the other side could change what is being read, or take it away
 * from under the reader. */
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static void
set_error_from_errno (GError **error, int code, const char *what)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "cannot %s: %s", what,
               g_strerror (code));
}

/* Writing */

static gboolean
store_mapped (int fd, GVariant *value, gsize size, GError **error)
{
  gpointer memory = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);

  if (memory == MAP_FAILED)
    {
      set_error_from_errno (error, errno, "map the memory for a value");
      return FALSE;
    }
  g_variant_store (value, memory);
  munmap (memory, size);
  return TRUE;
}

int
state_memory_store (GVariant *value, GError **error)
{
  gsize size = g_variant_get_size (value);
  int fd = memfd_create ("state-unit", MFD_CLOEXEC | MFD_ALLOW_SEALING);

  if (fd < 0)
    {
      set_error_from_errno (error, errno, "make memory for a value");
      return -1;
    }
  /* Allocated before it is mapped: without memory this is an error, not a signal. */
  if (size > G_MAXINT64 || fallocate (fd, 0, 0, (off_t) MAX (size, 1)) != 0)
    set_error_from_errno (error, size > G_MAXINT64 ? EFBIG : errno, "make memory for a value");
  else if (store_mapped (fd, value, size, error))
    {
      if (fcntl (fd, F_ADD_SEALS, SEALS | F_SEAL_SEAL) == 0)
        return fd;
      set_error_from_errno (error, errno, "seal the memory of a value");
    }
  close (fd);
  return -1;
}

/* Reading */

static gboolean
check (int fd, guint64 size, GError **error)
{
  int seals = fcntl (fd, F_GET_SEALS);
  const char *problem = NULL;
  struct stat status;

  if (fstat (fd, &status) != 0)
    {
      set_error_from_errno (error, errno, "look at the memory of a value");
      return FALSE;
    }
  if (seals < 0 || !S_ISREG (status.st_mode))
    problem = "it is no memory that can be sealed";
  else if ((seals & SEALS) != SEALS)
    problem = "it is not sealed";
  else if (size == 0 || size > G_MAXSIZE || (guint64) status.st_size != size)
    problem = "it is not of the size that was told";
  else if ((guint64) status.st_blocks * 512 < size)
    problem = "it has holes";
  if (problem != NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "memory was refused: %s", problem);
  return problem == NULL;
}

typedef struct
{
  gpointer memory;
  gsize size;
} Mapping;

static void
mapping_free (gpointer data)
{
  Mapping *mapping = data;

  munmap (mapping->memory, mapping->size);
  g_free (mapping);
}

GBytes *
state_memory_map (int fd, guint64 size, GError **error)
{
  gpointer memory;
  Mapping *mapping;

  if (!check (fd, size, error))
    return NULL;
  memory = mmap (NULL, (gsize) size, PROT_READ, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED)
    {
      set_error_from_errno (error, errno, "map the memory of a value");
      return NULL;
    }
  mapping = g_new (Mapping, 1);
  *mapping = (Mapping){ memory, (gsize) size };
  return g_bytes_new_with_free_func (memory, (gsize) size, mapping_free, mapping);
}
