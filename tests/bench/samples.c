/* SPDX-License-Identifier: MIT */

/* Rounds of a measurement, their median and their spread. */

#include "samples.h"

#include <time.h>

static clockid_t chosen_clock = CLOCK_MONOTONIC;

static gint64
read_clock (clockid_t id)
{
  struct timespec now;

  clock_gettime (id, &now);
  return (gint64) now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

/* From now on, now_ns() counts what this process has used of the processors: on a
 * machine that has other things to do, the time of the others is left out. */
void
clock_count_processor_time (void)
{
  chosen_clock = CLOCK_PROCESS_CPUTIME_ID;
}

gint64
now_ns (void)
{
  return read_clock (chosen_clock);
}

/* For what several threads do, or wait for. */
gint64
wall_ns (void)
{
  return read_clock (CLOCK_MONOTONIC);
}

Samples *
samples_new (void)
{
  return g_array_new (FALSE, FALSE, sizeof (double));
}

void
samples_add (Samples *self, double value)
{
  g_array_append_val (self, value);
}

static int
compare_values (gconstpointer a, gconstpointer b)
{
  double one = *(const double *) a;
  double other = *(const double *) b;

  return (one > other) - (one < other);
}

Figure
samples_get_figure (Samples *self)
{
  g_autoptr (Samples) sorted = g_array_copy (self);
  guint n = sorted->len;
  const double *values;

  g_assert (n > 0);
  g_array_sort (sorted, compare_values);
  values = (const double *) (gpointer) sorted->data;
  return (Figure){
    .median = (values[(n - 1) / 2] + values[n / 2]) / 2,
    .least = values[0],
    .most = values[n - 1],
  };
}

/* Round by round, because the rounds of the two were taken in turn and a machine
 * that drifts takes both along. */
Samples *
samples_divide (Samples *self, Samples *other)
{
  Samples *ratios = samples_new ();

  g_assert (self->len == other->len);
  for (guint i = 0; i < self->len; i++)
    samples_add (ratios, g_array_index (self, double, i) / g_array_index (other, double, i));
  return ratios;
}
