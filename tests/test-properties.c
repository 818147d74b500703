/* SPDX-License-Identifier: MIT */

/* What a unit tells of itself that says nothing about it: its properties, of every
 * type that a GVariant can hold, and changed by values of that type alone. */

#include "test-set.h"

/* --- A unit with properties --- */

enum
{
  PROP_BOOLEAN = 1,
  PROP_CHAR,
  PROP_UCHAR,
  PROP_INT,
  PROP_UINT,
  PROP_LONG,
  PROP_ULONG,
  PROP_INT64,
  PROP_UINT64,
  PROP_FLOAT,
  PROP_DOUBLE,
  PROP_STRING,
  PROP_ENUM,
  PROP_FLAGS,
  PROP_VARIANT,
  PROP_STRV,
  PROP_BYTES,
  PROP_OBJECT,
  PROP_ONCE,
  PROP_SECRET,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

#define PROPERTIES_TYPE_UNIT (properties_unit_get_type ())
G_DECLARE_FINAL_TYPE (PropertiesUnit, properties_unit, PROPERTIES, UNIT, GObject)

struct _PropertiesUnit
{
  GObject parent_instance;

  GValue values[N_PROPS];
};

static void
properties_unit_unit_init (StateUnitInterface *iface)
{
}

G_DEFINE_FINAL_TYPE_WITH_CODE (PropertiesUnit,
                               properties_unit,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT, properties_unit_unit_init))

static void
properties_unit_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_copy (&PROPERTIES_UNIT (object)->values[id], value);
}

static void
properties_unit_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  g_value_copy (value, &PROPERTIES_UNIT (object)->values[id]);
}

static void
properties_unit_finalize (GObject *object)
{
  for (guint id = 1; id < N_PROPS; id++)
    g_value_unset (&PROPERTIES_UNIT (object)->values[id]);
  G_OBJECT_CLASS (properties_unit_parent_class)->finalize (object);
}

#define RW G_PARAM_READWRITE

static void
properties_unit_class_init (PropertiesUnitClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = properties_unit_get_property;
  object_class->set_property = properties_unit_set_property;
  object_class->finalize = properties_unit_finalize;
  properties[PROP_BOOLEAN] = g_param_spec_boolean ("boolean", NULL, NULL, TRUE, RW);
  properties[PROP_CHAR] = g_param_spec_char ("char", NULL, NULL, -100, 100, -1, RW);
  properties[PROP_UCHAR] = g_param_spec_uchar ("uchar", NULL, NULL, 0, 200, 1, RW);
  properties[PROP_INT] = g_param_spec_int ("int", NULL, NULL, -1000, 1000, -2, RW);
  properties[PROP_UINT] = g_param_spec_uint ("uint", NULL, NULL, 0, G_MAXUINT, 2, RW);
  properties[PROP_LONG] = g_param_spec_long ("long", NULL, NULL, G_MINLONG, G_MAXLONG, -3, RW);
  properties[PROP_ULONG] = g_param_spec_ulong ("ulong", NULL, NULL, 0, G_MAXULONG, 3, RW);
  properties[PROP_INT64] = g_param_spec_int64 ("int64", NULL, NULL, G_MININT64, G_MAXINT64, -4, RW);
  properties[PROP_UINT64] = g_param_spec_uint64 ("uint64", NULL, NULL, 0, G_MAXUINT64, 4, RW);
  properties[PROP_FLOAT] = g_param_spec_float ("float", NULL, NULL, -1, 10, 0.5, RW);
  properties[PROP_DOUBLE] = g_param_spec_double ("double", NULL, NULL, -1, 10, 0.25, RW);
  properties[PROP_STRING] = g_param_spec_string ("string", NULL, NULL, "text", RW);
  properties[PROP_ENUM] = g_param_spec_enum ("enum", NULL, NULL, STATE_TYPE_OPERATION,
                                             STATE_OPERATION_POST_RESTORE, RW);
  properties[PROP_FLAGS] =
      g_param_spec_flags ("flags", NULL, NULL, STATE_TYPE_OPERATION_FLAGS,
                          STATE_OPERATION_FLAGS_START | STATE_OPERATION_FLAGS_STOP, RW);
  properties[PROP_VARIANT] = g_param_spec_variant ("variant", NULL, NULL, G_VARIANT_TYPE_ANY,
                                                   g_variant_new_string ("any"), RW);
  properties[PROP_STRV] = g_param_spec_boxed ("strv", NULL, NULL, G_TYPE_STRV, RW);
  properties[PROP_BYTES] = g_param_spec_boxed ("bytes", NULL, NULL, G_TYPE_BYTES, RW);
  properties[PROP_OBJECT] = g_param_spec_object ("object", NULL, NULL, G_TYPE_OBJECT, RW);
  properties[PROP_ONCE] =
      g_param_spec_int ("once", NULL, NULL, 0, 9, 0, RW | G_PARAM_CONSTRUCT_ONLY);
  properties[PROP_SECRET] = g_param_spec_int ("secret", NULL, NULL, 0, 9, 0, G_PARAM_WRITABLE);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
properties_unit_init (PropertiesUnit *self)
{
  for (guint id = 1; id < N_PROPS; id++)
    g_param_value_set_default (properties[id],
                               g_value_init (&self->values[id], properties[id]->value_type));
}

/* --- Telling --- */

static GVariant *
inspect_unit (TestSet *set)
{
  g_autoptr (GError) error = NULL;
  GVariant *tree = test_inspect (set->units, "unit", 0, &error);

  g_assert_no_error (error);
  return tree;
}

static void
test_every_type_is_told (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (PropertiesUnit) unit = g_object_new (PROPERTIES_TYPE_UNIT, NULL);
  const char *names[] = { "disk", "net", NULL };
  g_autoptr (GVariant) tree = NULL;

  g_object_set (unit, "strv", names, NULL);
  test_set_add_object (set, "unit", unit);
  tree = inspect_unit (set);
  test_assert_tree (tree, "boolean", "true");
  test_assert_tree (tree, "char", "-1");
  test_assert_tree (tree, "uchar", "0x01");
  test_assert_tree (tree, "int", "-2");
  test_assert_tree (tree, "uint", "2");
  test_assert_tree (tree, "long", "-3");
  test_assert_tree (tree, "ulong", "3");
  test_assert_tree (tree, "int64", "-4");
  test_assert_tree (tree, "uint64", "4");
  test_assert_tree (tree, "float", "0.5");
  test_assert_tree (tree, "double", "0.25");
  test_assert_tree (tree, "string", "'text'");
  test_assert_tree (tree, "enum", "'post-restore'");
  test_assert_tree (tree, "flags", "['start', 'stop']");
  test_assert_tree (tree, "variant", "'any'");
  test_assert_tree (tree, "strv", "['disk', 'net']");
  test_assert_tree (tree, "once", "0");
}

/* One that cannot be told is left out, and hides no other. */
static void
test_what_cannot_be_told (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (PropertiesUnit) unit = g_object_new (PROPERTIES_TYPE_UNIT, NULL);
  const char *names[] = { "disk", "\xff", NULL };
  g_autoptr (GVariant) tree = NULL;

  g_object_set (unit, "strv", names, "string", "\xff", NULL);
  g_value_reset (&unit->values[PROP_VARIANT]);
  g_value_set_enum (&unit->values[PROP_ENUM], 4711);
  test_set_add_object (set, "unit", unit);
  tree = inspect_unit (set);
  test_assert_tree (tree, "strv", "nothing");
  test_assert_tree (tree, "string", "nothing");
  test_assert_tree (tree, "variant", "nothing");
  test_assert_tree (tree, "bytes", "nothing");
  test_assert_tree (tree, "object", "nothing");
  test_assert_tree (tree, "secret", "nothing");
  test_assert_tree (tree, "enum", "4711");
  test_assert_tree (tree, "int", "-2");
}

/* --- Changing --- */

typedef struct
{
  const char *name;
  const char *value;
  const char *becomes; /* NULL: it is refused */
} Change;

static const Change changes[] = {
  { "boolean", "false", "false" },
  { "boolean", "0", NULL },
  { "char", "int16 -7", "-7" },
  { "char", "101", NULL },
  { "char", "300", NULL },
  { "uchar", "byte 7", "0x07" },
  { "uchar", "uint16 201", NULL },
  { "uchar", "-1", NULL },
  { "int", "int64 1000", "1000" },
  { "int", "1001", NULL },
  { "int", "'one'", NULL },
  { "uint", "uint32 4294967295", "4294967295" },
  { "uint", "-1", NULL },
  { "long", "-5", "-5" },
  { "long", "uint64 18446744073709551615", NULL },
  { "ulong", "uint32 5", "5" },
  { "int64", "int64 -9223372036854775808", "-9223372036854775808" },
  { "int64", "uint64 5", "5" },
  { "int64", "1.5", NULL },
  { "uint64", "uint64 18446744073709551615", "18446744073709551615" },
  { "uint64", "6", "6" },
  { "uint64", "-6", NULL },
  { "float", "1.5", "1.5" },
  { "float", "2", "2.0" },
  { "float", "11.0", NULL },
  { "double", "1.25", "1.25" },
  { "double", "byte 3", "3.0" },
  { "double", "true", NULL },
  { "string", "'other'", "'other'" },
  { "string", "1", NULL },
  { "enum", "'reset'", "'reset'" },
  { "enum", "'explode'", NULL },
  { "enum", "1", NULL },
  { "flags", "['save']", "['save']" },
  { "flags", "@as []", "[]" },
  { "flags", "['save', 'explode']", NULL },
  { "flags", "1", NULL },
  { "variant", "{'a': <1>}", "{'a': <1>}" },
  { "strv", "['x']", "['x']" },
  { "strv", "'x'", NULL },
  { "bytes", "b'x'", NULL },
  { "object", "1", NULL },
};

static void
test_changes (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (PropertiesUnit) unit = g_object_new (PROPERTIES_TYPE_UNIT, NULL);

  test_set_add_object (set, "unit", unit);
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      const Change *change = &changes[i];
      g_autofree char *path = g_strdup_printf ("unit/%s", change->name);
      g_autoptr (GVariant) before = inspect_unit (set);
      g_autoptr (GVariant) after = NULL;
      g_autoptr (GVariant) told = NULL;
      g_autoptr (GError) error = NULL;
      g_autofree char *printed = NULL;

      told = test_update (set->units, path, g_variant_new_parsed (change->value), &error);
      after = inspect_unit (set);
      if (change->becomes == NULL)
        {
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
          test_assert_contains (error->message, change->name);
          g_assert_true (g_variant_equal (before, after));
          continue;
        }
      g_assert_no_error (error);
      printed = g_variant_print (told, FALSE);
      g_assert_cmpstr (printed, ==, change->becomes);
    }
}

static void
test_what_cannot_be_changed (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (PropertiesUnit) unit = g_object_new (PROPERTIES_TYPE_UNIT, NULL);
  g_autoptr (GVariant) told = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add_object (set, "unit", unit);
  g_assert_null (test_update (set->units, "unit/once", g_variant_new_int32 (1), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_READ_ONLY);
  g_clear_error (&error);
  g_assert_null (test_update (set->units, "unit/nothing", g_variant_new_int32 (1), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);

  /* What is written and never read is taken as it was given. */
  told = test_update (set->units, "unit/secret", g_variant_new_int32 (5), &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_variant_get_int32 (told), ==, 5);
  g_assert_cmpint (g_value_get_int (&unit->values[PROP_SECRET]), ==, 5);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  g_test_add_func ("/properties/of-every-type-are-told", test_every_type_is_told);
  g_test_add_func ("/properties/that-cannot-be-told-are-left-out", test_what_cannot_be_told);
  g_test_add_func ("/properties/are-changed-by-values-of-their-type", test_changes);
  g_test_add_func ("/properties/that-cannot-be-changed", test_what_cannot_be_changed);
  return g_test_run ();
}
