/* SPDX-License-Identifier: MIT */

/* What a program calls of libc it looks for in itself first: these stand before
 * libc's own, also for GLib. Only the calls count that are about files in the
 * directory, by name or by descriptor, on whatever thread. */

#define _GNU_SOURCE      /* RTLD_NEXT */
#undef _FILE_OFFSET_BITS /* would make open() and open64() the same name */

#include "file-faults.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define MAX_DESCRIPTOR 1024

/* A thread of GLib's may still be writing when the next test begins. */
static GMutex lock;
static FileFaults faults;
static gboolean armed;
static guint n_calls;
static GString *calls;
static gboolean is_ours[MAX_DESCRIPTOR];

#define NEXT(name) ((__typeof__ (&(name))) (gsize) dlsym (RTLD_NEXT, #name))

void
file_faults_set (const FileFaults *new_faults)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);

  armed = FALSE;
  if (new_faults == NULL)
    return;

  if (calls == NULL)
    calls = g_string_new (NULL);
  g_string_set_size (calls, 0);
  memset (is_ours, 0, sizeof (is_ours));
  n_calls = 0;
  faults = *new_faults;
  armed = TRUE;
}

guint
file_faults_get_n_calls (void)
{
  return n_calls;
}

char *
file_faults_dup_calls (void)
{
  return g_strdup (calls->str);
}

/* --- Whether a call counts, and fails --- */

static gboolean
is_path_ours (const char *path)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);

  return armed && g_str_has_prefix (path, faults.directory);
}

static gboolean
is_descriptor_ours (int fd)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);

  return armed && fd >= 0 && fd < MAX_DESCRIPTOR && is_ours[fd];
}

/* Counts it. FALSE: it does not happen, and errno says why. */
static gboolean
may_go (const char *call)
{
  n_calls++;
  g_string_append_printf (calls, calls->len > 0 ? " %s" : "%s", call);
  if (n_calls < faults.at || (n_calls > faults.at && faults.fault != FILE_FAULT_FAILS_ON))
    return TRUE;

  switch (faults.fault)
    {
    case FILE_FAULT_KILLED:
      kill (getpid (), SIGKILL);
      pause ();
      return FALSE;
    case FILE_FAULT_FAILS:
    case FILE_FAULT_FAILS_ON:
      errno = faults.code;
      return FALSE;
    case FILE_FAULT_NONE:
    default:
      return TRUE;
    }
}

static int
set_ours (int fd, gboolean ours)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&lock);

  if (fd >= 0 && fd < MAX_DESCRIPTOR)
    is_ours[fd] = ours;
  return fd;
}

static gsize
piece_of (gsize size)
{
  return faults.piece != 0 ? MIN (size, faults.piece) : size;
}

/* --- The calls --- */

/* A full disk lets a file be deleted and closed, and whoever deletes after an
 * error is not told of another: these two count, and do not fail on. */
static gboolean
may_clean_up (const char *call)
{
  FileFault fault = faults.fault;
  gboolean may;

  if (fault == FILE_FAULT_FAILS_ON && n_calls + 1 > faults.at)
    faults.fault = FILE_FAULT_NONE;
  may = may_go (call);
  faults.fault = fault;
  return may;
}

#define OPEN(name)                                           \
  int name (const char *path, int flags, ...)                \
  {                                                          \
    int mode = 0;                                            \
    va_list args;                                            \
                                                             \
    va_start (args, flags);                                  \
    if ((flags & (O_CREAT | O_TMPFILE)) != 0)                \
      mode = va_arg (args, int);                             \
    va_end (args);                                           \
    if (!is_path_ours (path))                                \
      return NEXT (name) (path, flags, mode);                \
    if (!may_go ("open"))                                    \
      return -1;                                             \
    return set_ours (NEXT (name) (path, flags, mode), TRUE); \
  }

OPEN (open)
OPEN (open64)

ssize_t
write (int fd, const void *data, size_t size)
{
  if (!is_descriptor_ours (fd))
    return NEXT (write) (fd, data, size);
  return may_go ("write") ? NEXT (write) (fd, data, piece_of (size)) : -1;
}

ssize_t
read (int fd, void *data, size_t size)
{
  if (!is_descriptor_ours (fd))
    return NEXT (read) (fd, data, size);
  return may_go ("read") ? NEXT (read) (fd, data, piece_of (size)) : -1;
}

int
fsync (int fd)
{
  return is_descriptor_ours (fd) && !may_go ("fsync") ? -1 : NEXT (fsync) (fd);
}

int
fallocate (int fd, int mode, off_t offset, off_t size)
{
  if (is_descriptor_ours (fd) && !may_go ("fallocate"))
    return -1;
  return NEXT (fallocate) (fd, mode, offset, size);
}

int
fallocate64 (int fd, int mode, off64_t offset, off64_t size)
{
  if (is_descriptor_ours (fd) && !may_go ("fallocate"))
    return -1;
  return NEXT (fallocate64) (fd, mode, offset, size);
}

/* Closed it is, whatever it says. */
int
close (int fd)
{
  gboolean may = TRUE;
  int code = 0;

  if (is_descriptor_ours (fd))
    {
      may = may_clean_up ("close");
      code = errno;
      set_ours (fd, FALSE);
    }
  if (NEXT (close) (fd) != 0)
    return -1;
  errno = may ? errno : code;
  return may ? 0 : -1;
}

int
rename (const char *from, const char *to)
{
  return is_path_ours (from) && !may_go ("rename") ? -1 : NEXT (rename) (from, to);
}

int
unlink (const char *path)
{
  return is_path_ours (path) && !may_clean_up ("unlink") ? -1 : NEXT (unlink) (path);
}
