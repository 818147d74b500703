/* SPDX-License-Identifier: MIT */

/* The tests of somebody's unit. */

#include <state-unit-testing.h>

#define FAN_TYPE (fan_get_type ())
G_DECLARE_FINAL_TYPE (Fan, fan, CONSUMER, FAN, GObject)

struct _Fan
{
  GObject parent_instance;
};

G_DEFINE_FINAL_TYPE_WITH_CODE (Fan,
                               fan,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT, NULL))

static void
fan_class_init (FanClass *klass)
{
}

static void
fan_init (Fan *self)
{
}

static StateUnit *
make_fan (gpointer user_data)
{
  return g_object_new (FAN_TYPE, NULL);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  state_unit_conformance_add ("/fan/conformance", STATE_UNIT_CONFORMANCE_FLAGS_NO_SAVE, make_fan,
                              NULL, NULL);
  return g_test_run ();
}
