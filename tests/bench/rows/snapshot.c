/* SPDX-License-Identifier: MIT */

/* Saving to bytes and restoring from them, beside one GVariant that is built and read
 * by hand: a dictionary of the units' names and states, without checksums,
 * versions or checks. */

#include "../library.h"
#include "../rows.h"
#include "../unit.h"

/* By hand */

static GBytes *
save_by_hand (const Shape *shape, StateUnit **units)
{
  GVariantBuilder builder;
  g_autoptr (GVariant) saved = NULL;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint32 i = 0; i < shape->n; i++)
    {
      GVariant *state = bench_saving_unit_save ((BenchSavingUnit *) units[i]);

      g_variant_builder_add_value (&builder,
                                   g_variant_new_dict_entry (g_variant_new_string (shape->names[i]),
                                                             g_variant_new_variant (state)));
    }
  saved = g_variant_ref_sink (g_variant_builder_end (&builder));
  return g_variant_get_data_as_bytes (saved);
}

/* The units are found by their names: a program need not have them in that order.
 * The bytes are taken on trust: GLib reads a large dictionary that is not trusted in
 * a time that nothing else would be seen beside. */
static void
restore_by_hand (GHashTable *units, GBytes *bytes)
{
  g_autoptr (GVariant) saved =
      g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_VARDICT, bytes, TRUE));
  GVariantIter iter;
  const char *name;
  GVariant *state;

  g_variant_iter_init (&iter, saved);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &state))
    {
      bench_saving_unit_restore (g_hash_table_lookup (units, name), state);
      g_variant_unref (state);
    }
}

/* By the library */

static GBytes *
save (Library *library)
{
  library_run (library, STATE_OPERATION_SAVE);
  return state_snapshot_to_bytes (library->saved);
}

static void
restore (Library *library, GBytes *bytes)
{
  GError *error = NULL;

  g_clear_object (&library->saved);
  library->saved = state_snapshot_new_from_bytes (bytes, &error);
  library_check (library->saved != NULL, error);
  library_run (library, STATE_OPERATION_RESTORE);
}

typedef struct
{
  Samples *saving; /* ns for each unit, like the others */
  Samples *restoring;
  Samples *both;
} Times;

static void
times_init (Times *self)
{
  self->saving = samples_new ();
  self->restoring = samples_new ();
  self->both = samples_new ();
}

static void
times_clear (Times *self)
{
  g_array_unref (self->saving);
  g_array_unref (self->restoring);
  g_array_unref (self->both);
}

static void
times_add (Times *self, gint64 begin, gint64 between, gint64 end, guint n)
{
  samples_add (self->saving, (double) (between - begin) / n);
  samples_add (self->restoring, (double) (end - between) / n);
  samples_add (self->both, (double) (end - begin) / n);
}

static void
measure_by_hand (const Shape *shape, StateUnit **units, GHashTable *by_name, Times *times)
{
  g_autoptr (GBytes) bytes = NULL;
  gint64 begin = now_ns ();
  gint64 between;

  bytes = save_by_hand (shape, units);
  between = now_ns ();
  restore_by_hand (by_name, bytes);
  times_add (times, begin, between, now_ns (), shape->n);
}

static void
measure_library (const Shape *shape, Library *library, Times *times)
{
  g_autoptr (GBytes) bytes = NULL;
  gint64 begin = now_ns ();
  gint64 between;

  bytes = save (library);
  between = now_ns ();
  restore (library, bytes);
  times_add (times, begin, between, now_ns (), shape->n);
}

static void
report_times (Report *report,
              const Shape *shape,
              const char *what,
              Samples *by_hand,
              Samples *library,
              const char *target)
{
  report_begin (report, "%s, %u units of %u bytes", what, shape->n, BENCH_SAVED_SIZE);
  report_measured (report, "by hand", "ns/unit", by_hand);
  report_measured (report, "library", "ns/unit", library);
  report_ratio (report, "library / by hand", library, by_hand);
  report_end (report, target);
}

void
row_snapshot (const RowOptions *options, Report *report)
{
  g_autoptr (Shape) shape = shape_new ("wide", ROW_UNITS (options, 100000), 0, NULL);
  StateUnit **units = bench_units_new (shape, BENCH_TYPE_SAVING_UNIT);
  g_autoptr (Library) library = library_new (shape, units, NULL, NULL);
  g_autoptr (GHashTable) by_name = g_hash_table_new (g_str_hash, g_str_equal);
  Times by_hand;
  Times by_library;

  times_init (&by_hand);
  times_init (&by_library);
  shape_name_units (shape);
  for (guint32 i = 0; i < shape->n; i++)
    g_hash_table_insert (by_name, shape->names[i], units[i]);
  for (guint i = 0; i < options->rounds; i++)
    {
      measure_by_hand (shape, units, by_name, &by_hand);
      measure_library (shape, library, &by_library);
    }
  report_times (report, shape, "save to bytes", by_hand.saving, by_library.saving, NULL);
  report_times (report, shape, "restore from bytes", by_hand.restoring, by_library.restoring, NULL);
  report_times (report, shape, "save to bytes and restore", by_hand.both, by_library.both,
                "library / by hand at most 3");
  times_clear (&by_hand);
  times_clear (&by_library);
  g_clear_pointer (&library, library_free);
  bench_units_free (units, shape);
}
