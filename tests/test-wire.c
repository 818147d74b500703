/* SPDX-License-Identifier: MIT */

/* Values and errors on their way to another process, and what is refused that comes from
 * there. */

#define _GNU_SOURCE

#include "dbus/state-memory-private.h"
#include "dbus/state-wire-private.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* A file of memory, with that much in it. */
static int
make_memory (gsize size, int seals)
{
  g_autofree char *data = g_malloc0 (size);
  int fd = memfd_create ("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

  g_assert_cmpint (write (fd, data, size), ==, (gssize) size);
  g_assert_cmpint (fcntl (fd, F_ADD_SEALS, seals), ==, 0);
  return fd;
}

static void
check_refused (int fd, guint64 size, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (state_memory_map (fd, size, &error));
  g_assert_nonnull (error);
  if (strstr (error->message, words) == NULL)
    g_error ("\"%s\" is not in \"%s\"", words, error->message);
  close (fd);
}

static void
test_memory (void)
{
  g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_parsed ("('disk', <@u 7>)"));
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GVariant) again = NULL;
  int fd = state_memory_store (value, &error);

  g_assert_no_error (error);
  g_assert_cmpint (fcntl (fd, F_GET_SEALS) & SEALS, ==, SEALS);
  bytes = state_memory_map (fd, g_variant_get_size (value), &error);
  g_assert_no_error (error);
  close (fd);
  again = g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE ("(sv)"), bytes, FALSE));
  g_assert_true (g_variant_equal (value, again));
}

static void
test_memory_refused (void)
{
  int fds[2];
  int fd;

  check_refused (make_memory (100, SEALS), 101, "not of the size that was told");
  check_refused (make_memory (100, SEALS), 99, "not of the size that was told");
  check_refused (make_memory (100, SEALS), G_MAXUINT64, "not of the size that was told");
  check_refused (make_memory (100, SEALS), 0, "not of the size that was told");
  check_refused (make_memory (100, 0), 100, "not sealed");
  check_refused (make_memory (100, F_SEAL_WRITE | F_SEAL_GROW), 100, "not sealed");
  check_refused (make_memory (100, F_SEAL_SHRINK | F_SEAL_GROW), 100, "not sealed");
  check_refused (open ("/dev/zero", O_RDONLY | O_CLOEXEC), 100, "no memory that can be sealed");
  check_refused (open ("/proc/self/exe", O_RDONLY | O_CLOEXEC), 100,
                 "no memory that can be sealed");
  g_assert_cmpint (pipe (fds), ==, 0);
  close (fds[1]);
  check_refused (fds[0], 100, "no memory that can be sealed");
  check_refused (-1, 100, "cannot look at");

  /* What is not there would be made when it is looked at, of memory that may not be. */
  fd = memfd_create ("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  g_assert_cmpint (ftruncate (fd, (off_t) 1 << 40), ==, 0);
  g_assert_cmpint (fcntl (fd, F_ADD_SEALS, SEALS), ==, 0);
  check_refused (fd, (guint64) 1 << 40, "has holes");
}

static GVariant *
pass_on (GVariant *value, gboolean passes_fds)
{
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GVariant) packed = NULL;
  g_autoptr (GError) error = NULL;
  GVariant *again;

  packed = state_wire_pack_value (value, passes_fds ? &fds : NULL, &error);
  g_assert_no_error (error);
  g_variant_ref_sink (packed);
  again = state_wire_unpack_value (packed, fds, &error);
  g_assert_no_error (error);
  return again;
}

static void
test_values (void)
{
  static const char *const texts[] = { "()",
                                       "@mi nothing",
                                       "<<<@u 7>>>",
                                       "{'a': <@mv just <1>>}",
                                       "[b'abc', b'']",
                                       "(1, 'x', true, @ay [])",
                                       "''" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_parsed (texts[i]));
      g_autoptr (GVariant) again = pass_on (value, FALSE);

      g_assert_true (g_variant_equal (value, again));
    }
}

static void
test_sizes (void)
{
  for (int around = -2; around <= 2; around++)
    for (int passes_fds = FALSE; passes_fds <= TRUE; passes_fds++)
      {
        gsize size = (gsize) (STATE_WIRE_INLINE_MAX + around);
        g_autoptr (GBytes) bytes = g_bytes_new_take (g_malloc0 (size), size);
        g_autoptr (GVariant) value =
            g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE));
        g_autoptr (GVariant) again = pass_on (value, passes_fds);

        g_assert_true (g_variant_equal (value, again));
      }
}

static void
check_nonsense (GVariant *packed)
{
  g_autoptr (GVariant) own = g_variant_ref_sink (packed);
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  g_autoptr (GError) error = NULL;

  g_assert_null (state_wire_unpack_value (own, NULL, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_null (state_wire_unpack_value (own, fds, &error));
  g_assert_nonnull (error);
}

static void
test_nonsense (void)
{
  check_nonsense (g_variant_new_parsed ("@u 7"));
  check_nonsense (g_variant_new_parsed ("('ay', <1>)"));
  check_nonsense (g_variant_new_parsed ("('', b'')"));
  check_nonsense (g_variant_new_parsed ("('*', b'abc')"));
  check_nonsense (g_variant_new_parsed ("('r', b'abc')"));
  check_nonsense (g_variant_new_parsed ("('a?', b'abc')"));
  check_nonsense (g_variant_new_parsed ("('(((((', b'abc')"));
  check_nonsense (g_variant_new_parsed ("('uu', b'abc')"));
  check_nonsense (g_variant_new_parsed ("('u', @ay [1])"));
  check_nonsense (g_variant_new_parsed ("('s', @ay [1])"));
  check_nonsense (g_variant_new_parsed ("('b', @ay [2])"));
  check_nonsense (g_variant_new_parsed ("('a{sv}', @ay [1, 2, 3, 255, 255])"));
  check_nonsense (g_variant_new_parsed ("('ay', handle 0, @t 100)"));
  check_nonsense (g_variant_new_parsed ("('ay', handle -1, @t 100)"));
  check_nonsense (g_variant_new_parsed ("('ay', handle 2147483647, @t 18446744073709551615)"));
}

static void
test_lying_memory (void)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  g_autoptr (GVariant) packed = NULL;
  g_autoptr (GError) error = NULL;
  int fd = make_memory (100, SEALS);

  g_unix_fd_list_append (fds, fd, NULL);
  close (fd);
  packed = g_variant_ref_sink (g_variant_new_parsed ("('at', handle 0, @t 100)"));
  g_assert_null (state_wire_unpack_value (packed, fds, &error)); /* no 12.5 of them */
  g_clear_error (&error);
  g_variant_unref (packed);
  packed = g_variant_ref_sink (g_variant_new_parsed ("('ay', handle 0, @t 1000000)"));
  g_assert_null (state_wire_unpack_value (packed, fds, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
}

static void
test_errors (void)
{
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NO_SPACE, "no room");
  g_autoptr (GVariant) packed = g_variant_ref_sink (state_wire_pack_error (error));
  g_autoptr (GVariant) number = g_variant_ref_sink (g_variant_new_uint32 (1));
  g_autoptr (GError) again = state_wire_unpack_error (packed);

  g_assert_error (again, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_assert_cmpstr (again->message, ==, "no room");
  g_assert_null (state_wire_unpack_error (number));
}

/* Domains are kept for ever: of those that others make up there is an end. */
static void
test_many_domains (void)
{
  guint n_kept = 0;

  for (guint i = 0; i < 10000; i++)
    {
      g_autofree char *name = g_strdup_printf ("made-up-%u", i);
      g_autoptr (GVariant) packed = g_variant_ref_sink (g_variant_new ("(ssi)", "why", name, 1));
      g_autoptr (GError) error = state_wire_unpack_error (packed);

      g_assert_cmpstr (error->message, ==, "why");
      n_kept += g_quark_try_string (name) != 0;
    }
  g_assert_cmpuint (n_kept, >, 0);
  g_assert_cmpuint (n_kept, <=, 256);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/wire/memory", test_memory);
  g_test_add_func ("/wire/memory-refused", test_memory_refused);
  g_test_add_func ("/wire/values", test_values);
  g_test_add_func ("/wire/sizes", test_sizes);
  g_test_add_func ("/wire/nonsense", test_nonsense);
  g_test_add_func ("/wire/lying-memory", test_lying_memory);
  g_test_add_func ("/wire/errors", test_errors);
  g_test_add_func ("/wire/many-domains", test_many_domains);

  return g_test_run ();
}
