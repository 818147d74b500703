/* SPDX-License-Identifier: MIT */

/* Puts each file of a corpus to a fuzz target, without a fuzzer: replay CORPUS. */

#include "fuzz.h"

static void
replay (gconstpointer filename)
{
  g_autofree char *contents = NULL;
  g_autofree uint8_t *data = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;

  g_file_get_contents (filename, &contents, &size, &error);
  g_assert_no_error (error);
  /* Without the zero that GLib puts behind it: what reads too far shows. */
  data = g_memdup2 (contents, size);
  LLVMFuzzerTestOneInput (data, size);
}

static void
add_cases (const char *corpus)
{
  g_autofree char *target = g_path_get_basename (corpus);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (corpus, 0, &error);
  const char *name;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_strdup_printf ("/fuzz/%s/%s", target, name);

      g_test_add_data_func_full (path, g_build_filename (corpus, name, NULL), replay, g_free);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (argc, ==, 2);
  add_cases (argv[1]);
  return g_test_run ();
}
