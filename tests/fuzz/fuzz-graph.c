/* SPDX-License-Identifier: MIT */

/* Text as a file of the command's: problems are told of, and where there are
 * none, the set can be built, and is as deep as the reader says. */

#define _GNU_SOURCE /* memfd_create() */

#include "fuzz.h"

#include <glib/gstdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "graph-reader.h"
#include "text.h"

/* A file that is never on disk. */
static char *
write_file (const uint8_t *data, gsize size, int *fd)
{
  *fd = memfd_create ("graph", MFD_CLOEXEC);
  g_assert_cmpint (*fd, >=, 0);
  g_assert_cmpint (write (*fd, data, size), ==, (gssize) size);
  return g_strdup_printf ("/proc/self/fd/%d", *fd);
}

/* As the command prints it, a problem is one line, and plays no tricks. */
static void
assert_is_line (const char *problem)
{
  g_autofree char *line = text_printable (problem);

  for (const char *at = line; *at != '\0'; at = g_utf8_next_char (at))
    g_assert_true (g_unichar_isprint (g_utf8_get_char (at)));
}

static void
build (Graph *graph)
{
  g_autoptr (StateUnits) units = state_units_new ();
  g_autoptr (StateTransition) start = state_transition_new (units, STATE_OPERATION_START);
  g_autoptr (StatePlan) plan = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *dot = NULL;
  g_autofree char *words = NULL;

  graph_build (graph, units, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (units)), ==, graph->units->len);

  dot = state_units_to_dot (units);
  g_assert_true (g_utf8_validate (dot, -1, NULL));
  plan = state_transition_plan (start, &error);
  g_assert_no_error (error);
  words = state_plan_to_string (plan);
  g_assert_true (g_utf8_validate (words, -1, NULL));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (Graph) graph = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *filename = NULL;
  int fd;

  filename = write_file (data, size, &fd);
  graph = graph_check (filename, problems, &error);
  g_assert_no_error (error);

  for (guint i = 0; i < problems->len; i++)
    assert_is_line (g_ptr_array_index (problems, i));
  if (problems->len == 0)
    build (graph);
  g_close (fd, NULL);
  return 0;
}
