/* SPDX-License-Identifier: MIT */

/* The tree that inspecting a set gives, beside building that very tree by hand. */

#include "../library.h"
#include "../rows.h"
#include "../unit.h"

/* By hand */

static GVariant *
names_of (const Shape *shape, const Direction *way, guint32 unit)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint32 edge = way->offsets[unit]; edge < way->offsets[unit + 1]; edge++)
    g_variant_builder_add_value (&builder, g_variant_new_string (shape->names[way->targets[edge]]));
  return g_variant_builder_end (&builder);
}

static void
add_entry (GVariantBuilder *builder, const char *key, GVariant *value)
{
  g_variant_builder_add_value (builder, g_variant_new_dict_entry (g_variant_new_string (key),
                                                                  g_variant_new_variant (value)));
}

static GVariant *
build_by_hand (const Shape *shape)
{
  GVariantBuilder tree;

  g_variant_builder_init (&tree, G_VARIANT_TYPE_VARDICT);
  for (guint32 i = 0; i < shape->n; i++)
    {
      GVariantBuilder unit;

      g_variant_builder_init (&unit, G_VARIANT_TYPE_VARDICT);
      add_entry (&unit, "unit_state", g_variant_new_string ("running"));
      add_entry (&unit, "dependencies", names_of (shape, &shape->down, i));
      add_entry (&unit, "dependents", names_of (shape, &shape->up, i));
      add_entry (&tree, shape->names[i], g_variant_builder_end (&unit));
    }
  return g_variant_ref_sink (g_variant_builder_end (&tree));
}

/* By the library */

static GVariant *
inspect (Library *library)
{
  g_autoptr (GAsyncResult) result = NULL;
  GError *error = NULL;
  GVariant *tree;

  state_units_inspect_async (library->set, NULL, 0, G_MAXUINT, NULL, library_take_result, &result);
  library_wait (&result);
  tree = state_units_inspect_finish (library->set, result, &error);
  library_check (tree != NULL, error);
  return tree;
}

static gsize
check_same (GVariant *one, GVariant *other)
{
  g_autoptr (GVariant) a = g_variant_get_normal_form (one);
  g_autoptr (GVariant) b = g_variant_get_normal_form (other);

  g_assert_cmpuint (g_variant_n_children (a), ==, g_variant_n_children (b));
  g_assert_cmpuint (g_variant_get_size (a), ==, g_variant_get_size (b));
  return g_variant_get_size (a);
}

static void
measure (const RowOptions *options,
         Report *report,
         const Shape *shape,
         StateUnit **units,
         const char *detail)
{
  g_autoptr (Library) library = library_new (shape, units, NULL, NULL);
  g_autoptr (Samples) by_hand = samples_new ();
  g_autoptr (Samples) by_library = samples_new ();
  gsize size = 0;

  library_run (library, STATE_OPERATION_START);
  g_variant_unref (inspect (library));
  for (guint i = 0; i < options->rounds; i++)
    {
      g_autoptr (GVariant) built = NULL;
      g_autoptr (GVariant) told = NULL;
      gint64 begin = now_ns ();
      gint64 between;

      built = build_by_hand (shape);
      between = now_ns ();
      told = inspect (library);
      samples_add (by_hand, (double) (between - begin) / shape->n);
      samples_add (by_library, (double) (now_ns () - between) / shape->n);
      size = check_same (built, told);
    }
  report_begin (report, "inspect, layered, %u units, %s: %" G_GSIZE_FORMAT " bytes", shape->n,
                detail, size);
  report_measured (report, "by hand", "ns/unit", by_hand);
  report_measured (report, "library", "ns/unit", by_library);
  report_ratio (report, "library / by hand", by_library, by_hand);
  report_end (report, "library / by hand at most 2");
}

void
row_inspect (const RowOptions *options, Report *report)
{
  g_autoptr (Shape) shape =
      shape_new ("layered", ROW_UNITS (options, 100000), options->edges, NULL);
  StateUnit **units = bench_units_new (shape, BENCH_TYPE_UNIT);
  g_autofree StateUnit **none = g_new0 (StateUnit *, shape->n);

  shape_name_units (shape);
  measure (options, report, shape, none, "what the set knows");
  measure (options, report, shape, units, "and asking the units");
  bench_units_free (units, shape);
}
