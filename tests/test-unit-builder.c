/* SPDX-License-Identifier: MIT */

/* How a unit gets into a set: all or nothing. */

#include "test-set.h"

static void
test_chains (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) unit = test_unit_new ("unit", set->journal);
  g_autoptr (GObject) owner = g_object_new (G_TYPE_OBJECT, NULL);
  StateUnitBuilder *builder = state_units_add (set->units, "unit");
  StateUnitHandle *a;
  StateUnitHandle *b;
  StateUnitHandle *handle;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  test_set_add (set, "b", NULL);
  a = test_set_get (set, "a");
  b = test_set_get (set, "b");
  g_assert_true (state_unit_builder_depends_on (builder, a) == builder);
  g_assert_true (state_unit_builder_dependency_of (builder, b) == builder);
  g_assert_true (state_unit_builder_add_dependency (builder, a, STATE_DEPENDENCY_ORDER_ONLY,
                                                    STATE_OPERATION_FLAGS_SAVE) == builder);
  g_assert_true (state_unit_builder_add_dependent (builder, b, STATE_DEPENDENCY_ORDER_ONLY,
                                                   STATE_OPERATION_FLAGS_SAVE) == builder);
  g_assert_true (state_unit_builder_set_main_context (builder, g_main_context_default ()) ==
                 builder);
  g_assert_true (state_unit_builder_set_state_version (builder, 2, 1) == builder);
  g_assert_true (state_unit_builder_add_alias (builder, "old") == builder);
  g_assert_true (state_unit_builder_set_lifetime (builder, owner) == builder);
  handle = state_unit_builder_build (builder, STATE_UNIT (unit), &error);
  g_assert_no_error (error);
  g_assert_true (state_units_lookup (set->units, "unit") == handle);
  test_assert_strv (state_unit_handle_get_dependencies (handle), "a");
  test_assert_strv (state_unit_handle_get_dependents (handle), "b");
  test_assert_strv (state_unit_handle_get_dependencies (b), "unit");
}

/* A set uses a builder again that nobody knows of any more; one that somebody watches
 * ends when it is consumed. */
static void
test_next_builder_is_as_new (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GError) error = NULL;
  StateUnitBuilder *builder;
  StateUnitHandle *handle;

  test_set_add (set, "a", NULL);
  builder = state_units_add (set->units, "b");
  state_unit_builder_depends_on (builder, test_set_get (set, "a"));
  state_unit_builder_add_alias (builder, "old");
  state_unit_builder_build (builder, NULL, &error);
  g_assert_no_error (error);

  builder = state_units_add (set->units, "c");
  g_object_add_weak_pointer (G_OBJECT (builder), (gpointer *) &builder);
  handle = state_unit_builder_build (builder, NULL, &error);
  g_assert_no_error (error);
  g_assert_null (builder);
  test_assert_strv (state_unit_handle_get_dependencies (handle), "");
}

static void
test_new_unit_is_stopped (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_set_add (set, "b", "a", NULL);
  test_assert_states (set, "a:running b:stopped");
}

/* --- What cannot be built --- */

/* Builds, is refused, and checks that nothing at all has changed. */
static void
assert_refused (TestSet *set, StateUnitBuilder *builder, TestUnit *unit, int code)
{
  guint n_items = g_list_model_get_n_items (G_LIST_MODEL (set->units));
  guint n_refs = G_OBJECT (unit)->ref_count;
  g_autofree char *dot = state_units_to_dot (set->units);
  g_autofree char *dot_after = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (state_unit_builder_build (builder, STATE_UNIT (unit), &error));
  g_assert_error (error, STATE_ERROR, code);
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (set->units)), ==, n_items);
  g_assert_cmpuint (G_OBJECT (unit)->ref_count, ==, n_refs);
  dot_after = state_units_to_dot (set->units);
  g_assert_cmpstr (dot, ==, dot_after);
}

static void
test_all_or_nothing (void)
{
  g_autoptr (TestSet) other_set = test_set_new ();
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) unit = test_unit_new ("unit", set->journal);
  g_autoptr (StateUnitHandle) gone = NULL;
  StateUnitHandle *stranger;
  StateUnitHandle *bus;
  StateUnitHandle *disk;
  StateUnitBuilder *builder;

  test_set_add (other_set, "stranger", NULL);
  stranger = test_set_get (other_set, "stranger");
  test_set_add (set, "bus", NULL);
  test_set_add (set, "disk", "bus", NULL);
  test_set_add (set, "gone", NULL);
  bus = test_set_get (set, "bus");
  disk = test_set_get (set, "disk");
  gone = g_object_ref (test_set_get (set, "gone"));
  state_unit_handle_discard (gone);

  /* A name in use. */
  builder = state_units_add (set->units, "disk");
  state_unit_builder_depends_on (builder, bus);
  assert_refused (set, builder, unit, STATE_ERROR_NAME_IN_USE);

  /* An alias in use. */
  builder = state_units_add (set->units, "unit");
  state_unit_builder_depends_on (builder, bus);
  state_unit_builder_add_alias (builder, "old");
  state_unit_builder_add_alias (builder, "disk");
  assert_refused (set, builder, unit, STATE_ERROR_NAME_IN_USE);

  /* A name that is no name. */
  builder = state_units_add (set->units, "unit/");
  state_unit_builder_depends_on (builder, bus);
  assert_refused (set, builder, unit, STATE_ERROR_INVALID_NAME);

  /* An alias that is no name. */
  builder = state_units_add (set->units, "unit");
  state_unit_builder_depends_on (builder, bus);
  state_unit_builder_add_alias (builder, "");
  assert_refused (set, builder, unit, STATE_ERROR_INVALID_NAME);

  /* An alias that is its own name, or that it has already. */
  builder = state_units_add (set->units, "unit");
  state_unit_builder_add_alias (builder, "unit");
  assert_refused (set, builder, unit, STATE_ERROR_NAME_IN_USE);
  builder = state_units_add (set->units, "unit");
  state_unit_builder_add_alias (builder, "old");
  state_unit_builder_add_alias (builder, "old");
  assert_refused (set, builder, unit, STATE_ERROR_NAME_IN_USE);

  /* A handle of another set, and one that has left. */
  builder = state_units_add (set->units, "unit");
  state_unit_builder_depends_on (builder, bus);
  state_unit_builder_depends_on (builder, stranger);
  assert_refused (set, builder, unit, STATE_ERROR_FOREIGN_HANDLE);
  builder = state_units_add (set->units, "unit");
  state_unit_builder_depends_on (builder, bus);
  state_unit_builder_dependency_of (builder, gone);
  assert_refused (set, builder, unit, STATE_ERROR_FOREIGN_HANDLE);

  /* A circle. */
  builder = state_units_add (set->units, "unit");
  state_unit_builder_depends_on (builder, disk);
  state_unit_builder_dependency_of (builder, bus);
  assert_refused (set, builder, unit, STATE_ERROR_CYCLE);

  /* A unit that is in a set. */
  test_set_add_object (other_set, "unit", unit);
  builder = state_units_add (set->units, "unit");
  state_unit_builder_depends_on (builder, bus);
  assert_refused (set, builder, unit, STATE_ERROR_UNIT_IN_USE);
  state_unit_handle_discard (test_set_get (other_set, "unit"));

  /* After all that, it can still be built. */
  builder = state_units_add (set->units, "unit");
  state_unit_builder_depends_on (builder, disk);
  state_unit_builder_add_alias (builder, "old");
  g_assert_nonnull (state_unit_builder_build (builder, STATE_UNIT (unit), NULL));
}

static void
test_left_after_it_was_named (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) unit = test_unit_new ("unit", set->journal);
  StateUnitBuilder *builder = state_units_add (set->units, "unit");

  test_set_add (set, "bus", NULL);
  state_unit_builder_depends_on (builder, test_set_get (set, "bus"));
  state_unit_handle_discard (test_set_get (set, "bus"));
  assert_refused (set, builder, unit, STATE_ERROR_FOREIGN_HANDLE);
}

/* The same when no other builder has come between. */
static void
test_left_right_after_it_was_named (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) unit = test_unit_new ("unit", set->journal);
  StateUnitBuilder *builder;

  test_set_add (set, "bus", NULL);
  test_set_add (set, "disk", NULL);
  builder = state_units_add (set->units, "unit");
  state_unit_builder_depends_on (builder, test_set_get (set, "disk"));
  state_unit_builder_dependency_of (builder, test_set_get (set, "bus"));
  state_unit_handle_discard (test_set_get (set, "bus"));
  assert_refused (set, builder, unit, STATE_ERROR_FOREIGN_HANDLE);
}

static void
test_names_and_aliases (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) disk = test_unit_new ("disk", set->journal);
  g_autoptr (TestUnit) ide = test_unit_new ("ide", set->journal);
  StateUnitBuilder *builder = state_units_add (set->units, "disk");
  g_autoptr (GError) error = NULL;

  state_unit_builder_add_alias (builder, "ide");
  state_unit_builder_build (builder, STATE_UNIT (disk), &error);
  g_assert_no_error (error);

  assert_refused (set, state_units_add (set->units, "ide"), ide, STATE_ERROR_NAME_IN_USE);
  builder = state_units_add (set->units, "other");
  state_unit_builder_add_alias (builder, "ide");
  assert_refused (set, builder, ide, STATE_ERROR_NAME_IN_USE);

  /* Both are free again when the unit has left. */
  state_unit_handle_discard (test_set_get (set, "disk"));
  test_set_add (set, "disk", NULL);
  test_set_add (set, "ide", NULL);
}

static void
test_names_are_taken_when_built (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) unit = test_unit_new ("unit", set->journal);
  StateUnitBuilder *first = state_units_add (set->units, "unit");
  StateUnitBuilder *second = state_units_add (set->units, "unit");
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (state_unit_builder_build (second, NULL, &error));
  g_assert_no_error (error);
  assert_refused (set, first, unit, STATE_ERROR_NAME_IN_USE);
}

/* --- Circles --- */

/* Each step of the path, wherever it begins. */
static void
assert_path (GError *error, const char *const *steps)
{
  g_assert_error (error, STATE_ERROR, STATE_ERROR_CYCLE);
  for (guint i = 0; steps[i] != NULL; i++)
    test_assert_contains (error->message, steps[i]);
}

static void
test_cycles (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  const char *const steps[] = { "new → c", "c → b", "b → a", "a → new", NULL };
  StateUnitBuilder *builder;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  test_set_add (set, "b", "a", NULL);
  test_set_add (set, "c", "b", NULL);
  test_set_add (set, "bystander", "b", NULL);

  builder = state_units_add (set->units, "new");
  state_unit_builder_depends_on (builder, test_set_get (set, "c"));
  state_unit_builder_dependency_of (builder, test_set_get (set, "a"));
  g_assert_null (state_unit_builder_build (builder, NULL, &error));
  assert_path (error, steps);
  g_assert_null (strstr (error->message, "bystander"));
  g_clear_error (&error);

  /* One that is both before and after another. */
  builder = state_units_add (set->units, "new");
  state_unit_builder_depends_on (builder, test_set_get (set, "a"));
  state_unit_builder_dependency_of (builder, test_set_get (set, "a"));
  g_assert_null (state_unit_builder_build (builder, NULL, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_CYCLE);
  test_assert_contains (error->message, "a → new");
  test_assert_contains (error->message, "new → a");
}

static void
test_cycles_of_order (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  StateUnitBuilder *builder = NULL;
  g_autoptr (GError) error = NULL;

  /* Order alone makes a circle, too: nobody could go first. */
  test_set_add (set, "a", NULL);
  builder = state_units_add (set->units, "b");
  state_unit_builder_add_dependency (builder, test_set_get (set, "a"), STATE_DEPENDENCY_ORDER_ONLY,
                                     STATE_OPERATION_FLAGS_START | STATE_OPERATION_FLAGS_STOP);
  state_unit_builder_add_dependent (builder, test_set_get (set, "a"), STATE_DEPENDENCY_ORDER_ONLY,
                                    STATE_OPERATION_FLAGS_STOP | STATE_OPERATION_FLAGS_RESET);
  g_assert_null (state_unit_builder_build (builder, NULL, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_CYCLE);
  g_clear_error (&error);

  /* Without an operation in common there is none. */
  builder = state_units_add (set->units, "b");
  state_unit_builder_add_dependency (builder, test_set_get (set, "a"), STATE_DEPENDENCY_ORDER_ONLY,
                                     STATE_OPERATION_FLAGS_START);
  state_unit_builder_add_dependent (builder, test_set_get (set, "a"), STATE_DEPENDENCY_ORDER_ONLY,
                                    STATE_OPERATION_FLAGS_STOP | STATE_OPERATION_FLAGS_RESET);
  g_assert_nonnull (state_unit_builder_build (builder, NULL, &error));
  g_assert_no_error (error);
}

static void
test_long_cycle (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  StateUnitHandle *first = NULL;
  StateUnitHandle *last = NULL;
  StateUnitBuilder *builder;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 100000; i++)
    {
      g_autofree char *name = g_strdup_printf ("u%u", i);

      builder = state_units_add (set->units, name);
      if (last != NULL)
        state_unit_builder_depends_on (builder, last);
      last = state_unit_builder_build (builder, NULL, &error);
      g_assert_no_error (error);
      if (first == NULL)
        first = last;
    }
  builder = state_units_add (set->units, "closing");
  state_unit_builder_depends_on (builder, last);
  state_unit_builder_dependency_of (builder, first);
  g_assert_null (state_unit_builder_build (builder, NULL, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_CYCLE);
  test_assert_contains (error->message, "u500 → u499");
}

/* --- A builder is used once --- */

static void
test_used_twice (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateUnitBuilder) builder = state_units_add (set->units, "a");
  g_autoptr (StateUnitReceiver) receiver = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (state_unit_builder_build (g_object_ref (builder), NULL, &error));
  g_assert_no_error (error);
  g_assert_null (state_unit_builder_build (g_object_ref (builder), NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_null (state_unit_builder_build_receiver (g_object_ref (builder), &receiver, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_assert_null (receiver);
}

static void
test_consumed (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  StateUnitBuilder *good = state_units_add (set->units, "a");
  StateUnitBuilder *bad = state_units_add (set->units, "a");
  gpointer good_gone = good;
  gpointer bad_gone = bad;
  g_autoptr (GError) error = NULL;

  g_object_add_weak_pointer (good_gone, &good_gone);
  g_object_add_weak_pointer (bad_gone, &bad_gone);
  g_assert_nonnull (state_unit_builder_build (good, NULL, &error));
  g_assert_null (state_unit_builder_build (bad, NULL, &error));
  g_assert_null (good_gone);
  g_assert_null (bad_gone);
}

/* --- Handles that a builder was given --- */

/* It names them, whoever has gone. */
static void
assert_foreign (StateUnitBuilder *builder, const char *name)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (state_unit_builder_build (builder, NULL, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_FOREIGN_HANDLE);
  g_assert_nonnull (strstr (error->message, name));
}

static void
test_several_open (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  StateUnitBuilder *first = state_units_add (set->units, "first");
  StateUnitBuilder *second;
  StateUnitBuilder *third;

  test_set_add (set, "clock", NULL);
  test_set_add (set, "disk", NULL);
  state_unit_builder_depends_on (first, test_set_get (set, "clock"));
  second = state_units_add (set->units, "second");
  state_unit_builder_dependency_of (second, test_set_get (set, "clock"));
  third = state_units_add (set->units, "third");
  state_unit_builder_depends_on (third, test_set_get (set, "disk"));

  state_unit_handle_discard (test_set_get (set, "clock"));
  assert_foreign (first, "clock");
  assert_foreign (second, "clock");
  g_assert_nonnull (state_unit_builder_build (third, NULL, NULL));
  test_assert_states (set, "disk:stopped third:stopped");
}

/* Those that were named before one of them leaves, and those after. */
static void
test_named_before_and_after (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  StateUnitBuilder *builder;
  StateUnitHandle *handle;

  test_set_add (set, "clock", NULL);
  test_set_add (set, "disk", NULL);
  test_set_add (set, "bus", NULL);
  builder = state_units_add (set->units, "unit");
  state_unit_builder_depends_on (builder, test_set_get (set, "disk"));
  state_unit_handle_discard (test_set_get (set, "clock"));
  state_unit_builder_depends_on (builder, test_set_get (set, "bus"));
  handle = state_unit_builder_build (builder, NULL, NULL);
  g_assert_nonnull (handle);
  test_assert_strv (state_unit_handle_get_dependencies (handle), "disk bus");
}

static void
test_other_set_has_ended (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  StateUnitBuilder *builder = state_units_add (set->units, "unit");

  {
    g_autoptr (TestSet) other = test_set_new ();

    test_set_add (other, "stranger", NULL);
    state_unit_builder_depends_on (builder, test_set_get (other, "stranger"));
  }
  assert_foreign (builder, "stranger");
}

static void
test_abandoned (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  gpointer builder = state_units_add (set->units, "unit");

  test_set_add (set, "clock", NULL);
  state_unit_builder_depends_on (builder, test_set_get (set, "clock"));
  g_object_unref (builder);
  state_unit_handle_discard (test_set_get (set, "clock"));
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (set->units)), ==, 0);
}

static void
drop (gpointer object, gpointer user_data)
{
  g_object_unref (object);
}

static void
test_abandoned_on_another_thread (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  gpointer builder = state_units_add (set->units, "unit");
  gpointer watched = builder;

  test_set_add (set, "clock", NULL);
  state_unit_builder_depends_on (builder, test_set_get (set, "clock"));
  g_object_add_weak_pointer (builder, &watched);
  test_in_thread (drop, builder, NULL);
  state_unit_handle_discard (test_set_get (set, "clock"));
  test_wait_until (watched == NULL);
  test_set_add (set, "disk", NULL);
  test_assert_states (set, "disk:stopped");
}

/* There is nobody left who could be told of it. */
static void
test_abandoned_after_the_set (void)
{
  g_autoptr (StateUnits) units = state_units_new ();
  g_autoptr (GError) error = NULL;

  g_object_run_dispose (G_OBJECT (units));
  test_in_thread (drop, state_units_add (units, "one"), NULL);
  state_unit_builder_build (state_units_add (units, "other"), NULL, &error);
  g_assert_no_error (error);
}

/* --- Lifetime --- */

static void
test_lifetime (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) unit = test_unit_new ("disk", set->journal);
  GObject *owner = g_object_new (G_TYPE_OBJECT, NULL);
  StateUnitBuilder *builder = state_units_add (set->units, "disk");
  g_autoptr (GError) error = NULL;

  state_unit_builder_set_lifetime (builder, owner);
  state_unit_builder_build (builder, STATE_UNIT (unit), &error);
  g_assert_no_error (error);
  g_object_unref (owner);
  test_wait_until (state_units_lookup (set->units, "disk") == NULL);
}

static void
test_lifetime_on_another_thread (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) unit = test_unit_new ("disk", set->journal);
  GObject *owner = g_object_new (G_TYPE_OBJECT, NULL);
  StateUnitBuilder *builder = state_units_add (set->units, "disk");
  g_autoptr (GError) error = NULL;

  state_unit_builder_set_lifetime (builder, owner);
  state_unit_builder_build (builder, STATE_UNIT (unit), &error);
  g_assert_no_error (error);
  test_in_thread (drop, owner, NULL);
  test_wait_until (state_units_lookup (set->units, "disk") == NULL);
}

static void
test_owner_outlives (void)
{
  g_autoptr (GObject) owner = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GError) error = NULL;

  {
    g_autoptr (TestSet) set = test_set_new ();
    g_autoptr (TestUnit) unit = test_unit_new ("disk", set->journal);
    StateUnitBuilder *builder = state_units_add (set->units, "disk");

    state_unit_builder_set_lifetime (builder, owner);
    state_unit_builder_build (builder, STATE_UNIT (unit), &error);
    g_assert_no_error (error);
    state_unit_handle_discard (test_set_get (set, "disk"));

    /* Another unit of that name is nothing to the owner. */
    test_set_add (set, "disk", NULL);
    g_clear_object (&owner);
    test_settle ();
    test_assert_states (set, "disk:stopped");

    owner = g_object_new (G_TYPE_OBJECT, NULL);
    builder = state_units_add (set->units, "net");
    state_unit_builder_set_lifetime (builder, owner);
    state_unit_builder_build (builder, NULL, &error);
    g_assert_no_error (error);
  }
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/unit-builder/chains", test_chains);
  g_test_add_func ("/unit-builder/a-new-unit-is-stopped", test_new_unit_is_stopped);
  g_test_add_func ("/unit-builder/all-or-nothing", test_all_or_nothing);
  g_test_add_func ("/unit-builder/a-dependency-that-has-left", test_left_after_it_was_named);
  g_test_add_func ("/unit-builder/a-dependency-that-has-left-right-after",
                   test_left_right_after_it_was_named);
  g_test_add_func ("/unit-builder/names-and-aliases-share-one-space", test_names_and_aliases);
  g_test_add_func ("/unit-builder/a-name-is-taken-when-built", test_names_are_taken_when_built);
  g_test_add_func ("/unit-builder/cycles-are-named", test_cycles);
  g_test_add_func ("/unit-builder/cycles-are-of-an-operation", test_cycles_of_order);
  g_test_add_func ("/unit-builder/a-cycle-of-100000", test_long_cycle);
  g_test_add_func ("/unit-builder/is-used-once", test_used_twice);
  g_test_add_func ("/unit-builder/is-consumed", test_consumed);
  g_test_add_func ("/unit-builder/the-next-builder-is-as-new", test_next_builder_is_as_new);
  g_test_add_func ("/unit-builder/several-at-once", test_several_open);
  g_test_add_func ("/unit-builder/names-units-before-and-after-one-leaves",
                   test_named_before_and_after);
  g_test_add_func ("/unit-builder/a-unit-of-a-set-that-has-ended", test_other_set_has_ended);
  g_test_add_func ("/unit-builder/is-abandoned", test_abandoned);
  g_test_add_func ("/unit-builder/is-abandoned-on-another-thread",
                   test_abandoned_on_another_thread);
  g_test_add_func ("/unit-builder/is-abandoned-after-the-set", test_abandoned_after_the_set);
  g_test_add_func ("/unit-builder/the-unit-leaves-with-its-owner", test_lifetime);
  g_test_add_func ("/unit-builder/the-unit-leaves-with-its-owner-on-another-thread",
                   test_lifetime_on_another_thread);
  g_test_add_func ("/unit-builder/the-unit-leaves-before-its-owner", test_owner_outlives);
  return g_test_run ();
}
