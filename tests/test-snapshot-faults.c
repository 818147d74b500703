/* SPDX-License-Identifier: MIT */

/* Files of snapshots when things go wrong: whatever system call fails, and
 * whenever the process is killed, the file is the old one or the new one, whole. */

#define _GNU_SOURCE /* unshare() */

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <libstate-unit.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file-faults.h"

#define STATE_SIZE 3000
#define PIECE 700

static const char *program;

/* --- Snapshots: the old one and the new one --- */

static StateSnapshot *
make_snapshot (guint generation)
{
  g_autoptr (StateSnapshot) empty = state_snapshot_new ();
  g_autoptr (StateSnapshot) inner =
      state_snapshot_with_unit (empty, "disk", 1, g_variant_new_uint32 (generation));
  g_autoptr (GBytes) inner_bytes = state_snapshot_to_bytes (inner);
  g_autofree char *big = g_strnfill (STATE_SIZE, (char) ('a' + generation));
  g_autoptr (StateSnapshot) one = NULL;
  g_autoptr (StateSnapshot) two = NULL;
  g_autoptr (StateSnapshot) three = NULL;

  one = state_snapshot_with_unit (empty, "lines/irq", generation,
                                  g_variant_new_parsed ("{'level': <%b>}", generation > 0));
  two = state_snapshot_with_unit (one, "Gerät", 4294967295,
                                  g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, big, STATE_SIZE,
                                                             1));
  three = state_snapshot_with_unit (two, "board", 0,
                                    g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING,
                                                              inner_bytes, TRUE));
  return state_snapshot_with_metadata (three, g_variant_new_parsed ("{'disks': <%u>}", generation));
}

static gboolean
are_equal (StateSnapshot *a, StateSnapshot *b)
{
  g_autoptr (GBytes) bytes = state_snapshot_to_bytes (a);
  g_autoptr (GBytes) others = state_snapshot_to_bytes (b);

  return g_bytes_equal (bytes, others);
}

/* --- A directory with a file --- */

typedef struct
{
  char *directory;
  char *filename;
  StateSnapshot *older;
  StateSnapshot *newer;
} Place;

static void
set_up (Place *place, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  place->directory = g_dir_make_tmp ("test-snapshot-faults-XXXXXX", &error);
  g_assert_no_error (error);
  place->filename = g_build_filename (place->directory, "machine.snapshot", NULL);
  place->older = make_snapshot (0);
  place->newer = make_snapshot (1);
}

static guint
count_files (Place *place)
{
  g_autoptr (GDir) dir = g_dir_open (place->directory, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static void
remove_files (Place *place)
{
  g_autoptr (GDir) dir = g_dir_open (place->directory, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (place->directory, name, NULL);

      g_assert_cmpint (g_unlink (path), ==, 0);
    }
}

static void
tear_down (Place *place, gconstpointer data)
{
  remove_files (place);
  g_assert_cmpint (g_rmdir (place->directory), ==, 0);
  g_free (place->directory);
  g_free (place->filename);
  g_object_unref (place->older);
  g_object_unref (place->newer);
}

/* With the old file in it, or none. */
static void
prepare (Place *place, gboolean with_older)
{
  g_autoptr (GError) error = NULL;

  remove_files (place);
  if (with_older)
    state_snapshot_save_to_file (place->older, place->filename, &error);
  g_assert_no_error (error);
}

static void
assert_file_is (Place *place, StateSnapshot *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StateSnapshot) loaded = NULL;

  if (expected == NULL)
    {
      g_assert_false (g_file_test (place->filename, G_FILE_TEST_EXISTS));
      return;
    }
  loaded = state_snapshot_load_from_file (place->filename, &error);
  g_assert_no_error (error);
  g_assert_true (are_equal (loaded, expected));
}

/* TRUE: the new one. */
static gboolean
assert_file_is_old_or_new (Place *place, gboolean with_older)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StateSnapshot) loaded = NULL;

  if (!with_older && !g_file_test (place->filename, G_FILE_TEST_EXISTS))
    return FALSE;
  loaded = state_snapshot_load_from_file (place->filename, &error);
  g_assert_no_error (error);
  if (are_equal (loaded, place->newer))
    return TRUE;
  g_assert_true (with_older && are_equal (loaded, place->older));
  return FALSE;
}

/* --- Saving, both ways --- */

static void
store_result (GObject *source, GAsyncResult *result, gpointer data)
{
  *(GAsyncResult **) data = g_object_ref (result);
}

static gboolean
save (StateSnapshot *snapshot, const char *filename, gboolean async, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  if (!async)
    return state_snapshot_save_to_file (snapshot, filename, error);

  state_snapshot_save_to_file_async (snapshot, filename, NULL, store_result, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return state_snapshot_save_to_file_finish (snapshot, result, error);
}

/* --- Killed --- */

/* The program itself, called to save and be killed at one call. */
static int
save_and_be_killed (char **arguments)
{
  guint generation = arguments[4] != NULL ? (guint) g_ascii_strtoull (arguments[4], NULL, 10) : 1;
  g_autoptr (StateSnapshot) snapshot = make_snapshot (generation);
  g_autofree char *directory = g_path_get_dirname (arguments[0]);
  FileFaults faults = {
    .directory = directory,
    .fault = FILE_FAULT_KILLED,
    .at = (guint) g_ascii_strtoull (arguments[1], NULL, 10),
    .piece = g_ascii_strtoull (arguments[2], NULL, 10),
  };
  g_autoptr (GError) error = NULL;

  file_faults_set (&faults);
  save (snapshot, arguments[0], g_str_equal (arguments[3], "async"), &error);
  g_assert_no_error (error);
  return 0;
}

/* TRUE: it was; FALSE: it saved before it came to that call. */
static gboolean
is_killed_at (Place *place, guint at, gsize piece, gboolean async)
{
  g_autofree char *number = g_strdup_printf ("%u", at);
  g_autofree char *size = g_strdup_printf ("%" G_GSIZE_FORMAT, piece);
  const char *argv[] = { program, "--killed", place->filename,
                         number,  size,       async ? "async" : "sync",
                         NULL };
  g_autoptr (GError) error = NULL;
  int status;

  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, &status,
                &error);
  g_assert_no_error (error);
  if (WIFSIGNALED (status))
    {
      g_assert_cmpint (WTERMSIG (status), ==, SIGKILL);
      return TRUE;
    }
  g_assert_true (g_spawn_check_wait_status (status, NULL));
  return FALSE;
}

/* Returns how often. */
static guint
kill_at_every_call (Place *place, gboolean with_older, gsize piece, gboolean async)
{
  gboolean was_new = FALSE;
  guint at = 1;

  for (prepare (place, with_older); is_killed_at (place, at, piece, async); at++)
    {
      gboolean is_new = assert_file_is_old_or_new (place, with_older);

      /* Once it is the new one, it stays that. */
      g_assert_true (is_new || !was_new);
      was_new = is_new;
      prepare (place, with_older);
    }

  assert_file_is (place, place->newer);
  g_assert_true (was_new);
  return at - 1;
}

static void
test_killed (Place *place, gconstpointer data)
{
  guint n_kills = 0;

  for (guint async = 0; async < 2; async++)
    for (guint with_older = 0; with_older < 2; with_older++)
      {
        guint n = kill_at_every_call (place, with_older, 0, async);
        guint n_in_pieces = kill_at_every_call (place, with_older, PIECE, async);

        /* Killed in the middle of the contents, too. */
        g_assert_cmpuint (n_in_pieces, >=, n + STATE_SIZE / PIECE);
        n_kills += n + n_in_pieces;
      }
  g_test_message ("%u kills survived", n_kills);
  g_assert_cmpuint (n_kills, >=, 50);
}

/* --- Calls that fail --- */

#define MAY_BE_LOST "the file was replaced, but may not be on disk"

/* Returns whether it saved nevertheless, having checked what it left. */
static gboolean
save_with (Place *place, gboolean with_older, gboolean async, const FileFaults *faults)
{
  g_autoptr (GError) error = NULL;
  gboolean saved, is_replaced;

  prepare (place, with_older);
  file_faults_set (faults);
  saved = save (place->newer, place->filename, async, &error);
  file_faults_set (NULL);

  if (!saved)
    {
      g_assert_true (error != NULL && error->domain == G_FILE_ERROR);
      g_assert_true (g_str_has_prefix (error->message, place->filename));
    }
  is_replaced = saved || strstr (error->message, MAY_BE_LOST) != NULL;
  assert_file_is (place, is_replaced ? place->newer : with_older ? place->older : NULL);
  g_assert_cmpuint (count_files (place), ==, is_replaced || with_older);
  return saved;
}

/* The calls of a save where all goes well. */
static char **
list_calls (Place *place, gboolean async, gsize piece)
{
  g_autofree char *calls = NULL;

  g_assert_true (save_with (place, TRUE, async,
                            &(FileFaults){ .directory = place->directory, .piece = piece }));
  calls = file_faults_dup_calls ();
  return g_strsplit (calls, " ", -1);
}

/* What the others rest on: the calls are seen. */
static void
test_calls (Place *place, gconstpointer data)
{
  for (guint async = 0; async < 2; async++)
    {
      g_auto (GStrv) calls = list_calls (place, async, 0);
      g_autofree char *joined = g_strjoinv (" ", calls);

      g_assert_cmpstr (joined, ==, "open open write fsync close rename fsync close");
    }
}

/* Who may not read a directory can write to it; what is on disk already is not
 * lost when its directory is not closed well. */
static gboolean
is_harmless (char **calls, const FileFaults *faults)
{
  return calls[faults->at] == NULL ||
         (faults->at == 1 && faults->code == EACCES && faults->fault == FILE_FAULT_FAILS);
}

static guint
fail_at_every_call (Place *place, gboolean with_older, gboolean async, FileFaults faults)
{
  g_auto (GStrv) calls = list_calls (place, async, PIECE);
  guint n_calls = g_strv_length (calls);

  for (faults.at = 1; faults.at <= n_calls; faults.at++)
    if (save_with (place, with_older, async, &faults) != is_harmless (calls, &faults))
      g_error ("call %u, %s, with %s", faults.at, calls[faults.at - 1], g_strerror (faults.code));
  return n_calls;
}

static void
test_fails (Place *place, gconstpointer data)
{
  const int codes[] = { ENOSPC, EIO, EDQUOT, EROFS, EMFILE, EACCES };
  const FileFault kinds[] = { FILE_FAULT_FAILS, FILE_FAULT_FAILS_ON };
  guint n_faults = 0;

  for (guint async = 0; async < 2; async++)
    for (guint with_older = 0; with_older < 2; with_older++)
      for (guint kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
        for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
          {
            FileFaults faults = { place->directory, kinds[kind], 0, codes[i], PIECE };

            n_faults += fail_at_every_call (place, with_older, async, faults);
          }
  g_test_message ("%u faults survived", n_faults);
}

static void
test_disk_cannot_sync_directory (Place *place, gconstpointer data)
{
  g_auto (GStrv) calls = list_calls (place, FALSE, 0);
  guint at = g_strv_length (calls) - 1;
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (calls[at - 1], ==, "fsync");
  file_faults_set (&(FileFaults){ place->directory, FILE_FAULT_FAILS, at, EIO, 0 });
  g_assert_false (save (place->newer, place->filename, FALSE, &error));
  file_faults_set (NULL);
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_IO);
  g_assert_nonnull (strstr (error->message, MAY_BE_LOST));

  /* A file system that cannot do it at all is no failure. */
  g_assert_true (save_with (place, TRUE, FALSE,
                            &(FileFaults){ place->directory, FILE_FAULT_FAILS, at, EINVAL, 0 }));
}

static void
test_interrupted (Place *place, gconstpointer data)
{
  g_auto (GStrv) calls = list_calls (place, FALSE, PIECE);
  guint n_calls = g_strv_length (calls);

  for (guint at = 1; at <= n_calls; at++)
    {
      FileFaults faults = { place->directory, FILE_FAULT_FAILS, at, EINTR, PIECE };
      gboolean saved = save_with (place, TRUE, FALSE, &faults);

      if (!g_str_equal (calls[at - 1], "open") && !g_str_equal (calls[at - 1], "rename"))
        g_assert_true (saved);
    }
}

static void
test_short_writes (Place *place, gconstpointer data)
{
  for (gsize piece = 1; piece < 2 * STATE_SIZE; piece = piece * 3 + 1)
    g_assert_true (save_with (place, TRUE, FALSE,
                              &(FileFaults){ .directory = place->directory, .piece = piece }));
}

/* --- Reading --- */

static gboolean
load_with (Place *place, const FileFaults *faults)
{
  g_autoptr (StateSnapshot) loaded = NULL;
  g_autoptr (GError) error = NULL;

  file_faults_set (faults);
  loaded = state_snapshot_load_from_file (place->filename, &error);
  file_faults_set (NULL);
  if (loaded != NULL)
    {
      g_assert_true (are_equal (loaded, place->older));
      return TRUE;
    }
  g_assert_true (error != NULL && error->domain == G_FILE_ERROR);
  g_assert_true (g_str_has_prefix (error->message, place->filename));
  return FALSE;
}

static void
test_reading (Place *place, gconstpointer data)
{
  g_auto (GStrv) calls = NULL;
  g_autofree char *joined = NULL;
  guint n_calls;

  prepare (place, TRUE);
  g_assert_true (load_with (place, &(FileFaults){ .directory = place->directory, .piece = PIECE }));
  joined = file_faults_dup_calls ();
  calls = g_strsplit (joined, " ", -1);
  n_calls = g_strv_length (calls);
  g_assert_cmpuint (n_calls, >, STATE_SIZE / PIECE);

  for (guint at = 1; at < n_calls; at++)
    {
      FileFaults faults = { place->directory, FILE_FAULT_FAILS, at, EIO, PIECE };

      g_assert_false (load_with (place, &faults));
      faults.code = EINTR;
      g_assert_cmpint (load_with (place, &faults), ==, g_str_equal (calls[at - 1], "read"));
    }
  for (gsize piece = 1; piece < 100; piece += 7)
    g_assert_true (
        load_with (place, &(FileFaults){ .directory = place->directory, .piece = piece }));
}

/* --- A disk that is full in earnest --- */

/* The directory is a file system of 16 pages, which nobody else sees. */
static void
test_full_disk (Place *place, gconstpointer data)
{
  g_autoptr (StateSnapshot) bigger = NULL;
  g_autofree char *big = g_strnfill (200000, 'x');
  g_autoptr (GError) error = NULL;

  if (unshare (CLONE_NEWNS) != 0 || mount ("none", "/", "", MS_REC | MS_PRIVATE, NULL) != 0 ||
      mount ("none", place->directory, "tmpfs", 0, "size=64k") != 0)
    {
      g_test_skip ("a file system cannot be mounted here");
      return;
    }

  prepare (place, TRUE);
  bigger = state_snapshot_with_unit (place->newer, "big", 1, g_variant_new_string (big));
  g_assert_false (save (bigger, place->filename, FALSE, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
  g_assert_true (g_str_has_prefix (error->message, place->filename));
  assert_file_is (place, place->older);
  g_assert_cmpuint (count_files (place), ==, 1);
  g_assert_true (save (place->newer, place->filename, FALSE, NULL));
  remove_files (place);
  g_assert_cmpint (umount (place->directory), ==, 0);
}

/* --- Bits that flip --- */

/* In the header, names, states of both kinds, a set's own, the padding, the index. */
static void
test_flips (void)
{
  g_autoptr (StateSnapshot) snapshot = make_snapshot (1);
  g_autoptr (GBytes) bytes = state_snapshot_to_bytes (snapshot);
  gsize size = g_bytes_get_size (bytes);
  g_autofree guint8 *data = g_memdup2 (g_bytes_get_data (bytes, NULL), size);

  for (gsize bit = 0; bit < size * 8; bit++)
    {
      g_autoptr (GBytes) flipped = g_bytes_new_static (data, size);
      g_autoptr (StateSnapshot) read = NULL;
      g_autoptr (GError) error = NULL;

      data[bit / 8] ^= 1 << (bit % 8);
      read = state_snapshot_new_from_bytes (flipped, &error);
      g_assert_error (error, STATE_ERROR, STATE_ERROR_INVALID_SNAPSHOT);
      g_assert_null (read);
      data[bit / 8] ^= 1 << (bit % 8);
    }
  g_test_message ("%" G_GSIZE_FORMAT " flips detected", size * 8);
}

static void
add (const char *path, void (*test) (Place *, gconstpointer))
{
  g_test_add (path, Place, NULL, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  program = argv[0];
  if (argc >= 6 && g_str_equal (argv[1], "--killed"))
    return save_and_be_killed (argv + 2);

  g_test_init (&argc, &argv, NULL);
  add ("/snapshot-faults/the-calls-are-seen", test_calls);
  add ("/snapshot-faults/killed-at-every-call", test_killed);
  add ("/snapshot-faults/every-call-fails", test_fails);
  add ("/snapshot-faults/the-directory-cannot-be-synced", test_disk_cannot_sync_directory);
  add ("/snapshot-faults/interrupted-at-every-call", test_interrupted);
  add ("/snapshot-faults/short-writes", test_short_writes);
  add ("/snapshot-faults/reading-fails-or-is-interrupted", test_reading);
  add ("/snapshot-faults/full-disk", test_full_disk);
  g_test_add_func ("/snapshot-faults/every-bit-flip-is-detected", test_flips);
  return g_test_run ();
}
