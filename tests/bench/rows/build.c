/* SPDX-License-Identifier: MIT */

/* Building a set, beside making as many objects that are nothing but objects. The
 * unit objects are there before: what is counted of the library is the builders,
 * with their edges, until the last handle is there. */

#include "../library.h"
#include "../rows.h"
#include "../unit.h"

#define TYPE_PLAIN (plain_get_type ())
G_DECLARE_FINAL_TYPE (Plain, plain, BENCH, PLAIN, GObject)

struct _Plain
{
  GObject parent_instance;
};

G_DEFINE_FINAL_TYPE (Plain, plain, G_TYPE_OBJECT)

static void
plain_class_init (PlainClass *klass)
{
}

static void
plain_init (Plain *self)
{
}

static double
time_objects (guint n)
{
  g_autofree GObject **objects = g_new (GObject *, n);
  gint64 begin = now_ns ();
  gint64 end;

  for (guint i = 0; i < n; i++)
    objects[i] = g_object_new (TYPE_PLAIN, NULL);
  end = now_ns ();
  for (guint i = 0; i < n; i++)
    g_object_unref (objects[i]);
  return (double) (end - begin) / n;
}

static double
time_set (const Shape *shape, StateUnit **units)
{
  gint64 begin = now_ns ();
  g_autoptr (Library) library = library_new (shape, units, NULL, NULL);

  return (double) (now_ns () - begin) / shape->n;
}

void
row_build (const RowOptions *options, Report *report)
{
  g_autoptr (Shape) shape =
      shape_new ("layered", ROW_UNITS (options, 1000000), options->edges, NULL);
  StateUnit **units = bench_units_new (shape, BENCH_TYPE_UNIT);
  g_autoptr (Samples) objects = samples_new ();
  g_autoptr (Samples) library = samples_new ();

  shape_name_units (shape);
  time_objects (shape->n);
  for (guint i = 0; i < options->rounds; i++)
    {
      samples_add (objects, time_objects (shape->n));
      samples_add (library, time_set (shape, units));
    }
  report_begin (report, "build, layered, %u units, %u edges", shape->n, shape->n_edges);
  report_measured (report, "plain objects", "ns/unit", objects);
  report_measured (report, "library", "ns/unit", library);
  report_ratio (report, "library / plain objects", library, objects);
  report_end (report, "library / plain objects at most 10");
  bench_units_free (units, shape);
}
