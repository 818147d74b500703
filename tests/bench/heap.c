/* SPDX-License-Identifier: MIT */

/* What malloc() and what GLib keeps in its slices, which come from malloc(), too.
 * GLib keeps slices that were freed for the next who wants one, so that each
 * measurement needs a process that has not done anything else. */

#include "heap.h"

#include "library.h"
#include "unit.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

static gsize
heap_in_use (void)
{
  struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd;
}

/* The characters alone: where a set keeps them, and what that takes, is its own affair. */
static gsize
size_of_names (const Shape *shape)
{
  gsize size = 0;

  for (guint32 i = 0; i < shape->n; i++)
    {
      char buffer[SHAPE_NAME_SIZE];

      size += strlen (shape_get_unit_name (shape, i, buffer)) + 1;
    }
  return size;
}

/* In a process that has built no set before. */
static Heap
heap_measure (const Shape *shape)
{
  gsize names = size_of_names (shape);
  StateUnit **units = bench_units_new (shape, BENCH_TYPE_UNIT);
  gsize before = heap_in_use ();
  g_autoptr (Library) library = library_new (shape, units, NULL, NULL);
  Heap heap;

  heap.built = ((double) heap_in_use () - before - names) / shape->n;
  library_run (library, STATE_OPERATION_START);
  heap.started = ((double) heap_in_use () - before - names) / shape->n;

  g_clear_pointer (&library, library_free);
  bench_units_free (units, shape);
  return heap;
}

/* What heap_measure_in_child() reads. */
void
heap_print (const Shape *shape)
{
  Heap heap = heap_measure (shape);

  g_print ("%f %f\n", heap.built, heap.started);
}

Heap
heap_measure_in_child (const char *shape_name, guint units, guint edges)
{
  g_autofree char *units_option = g_strdup_printf ("--units=%u", units);
  g_autofree char *edges_option = g_strdup_printf ("--edges=%u", edges);
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) child =
      g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, "/proc/self/exe", "--heap",
                        "--shape", shape_name, units_option, edges_option, NULL);
  g_autofree char *output = NULL;
  Heap heap;

  if (child == NULL || !g_subprocess_communicate_utf8 (child, NULL, NULL, &output, NULL, &error))
    g_error ("%s", error->message);
  if (sscanf (output, "%lf %lf", &heap.built, &heap.started) != 2)
    g_error ("the child for the heap told nothing: \"%s\"", output);
  return heap;
}
