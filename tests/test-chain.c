/* SPDX-License-Identifier: MIT */

/* Very long and very wide sets: nothing recurses, and nothing is quadratic.
 * 100,000 units in the ordinary suite; a million with --million or -m slow. */

#include "test-set.h"

#ifdef G_OS_UNIX
#include <sys/resource.h>
#endif

static guint n_units = 100000;

/* --- A unit as small as can be, that counts --- */

#define TEST_TYPE_LINK (test_link_get_type ())
G_DECLARE_FINAL_TYPE (TestLink, test_link, TEST, LINK, GObject)

struct _TestLink
{
  GObject parent_instance;
  guint place;
};

static guint n_links_asked;
static gboolean out_of_order;
static guint fails_at = G_MAXUINT;

static void
test_link_handle_request (StateUnit *unit, StateRequest *request)
{
  TestLink *self = TEST_LINK (unit);

  if (state_request_get_operation (request) == STATE_OPERATION_START)
    out_of_order |= self->place != n_links_asked;
  else if (state_request_get_operation (request) == STATE_OPERATION_STOP)
    out_of_order |= self->place != n_units - 1 - n_links_asked;
  n_links_asked++;

  if (self->place == fails_at)
    state_request_fail_literal (request, G_IO_ERROR, G_IO_ERROR_FAILED, "broken");
  else
    state_request_complete (request);
}

static void
test_link_iface_init (StateUnitInterface *iface)
{
  iface->handle_request = test_link_handle_request;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (TestLink,
                               test_link,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT, test_link_iface_init))

static void
test_link_class_init (TestLinkClass *klass)
{
}

static void
test_link_init (TestLink *self)
{
}

/* --- Sets of them --- */

static void
build_chain (StateUnits *units, gboolean of_objects)
{
  StateUnitHandle *last = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < n_units; i++)
    {
      g_autofree char *name = g_strdup_printf ("u%u", i);
      StateUnitBuilder *builder = state_units_add (units, name);
      g_autoptr (TestLink) link = NULL;

      if (of_objects)
        {
          link = g_object_new (TEST_TYPE_LINK, NULL);
          link->place = i;
        }
      if (last != NULL)
        state_unit_builder_depends_on (builder, last);
      last = state_unit_builder_build (builder, link != NULL ? STATE_UNIT (link) : NULL, &error);
      g_assert_no_error (error);
    }
}

static void
start (StateUnits *units)
{
  g_autoptr (GError) error = NULL;

  n_links_asked = 0;
  out_of_order = FALSE;
  test_start (units, &error);
  g_assert_no_error (error);
  g_assert_false (out_of_order);
}

static void
stop (StateUnits *units)
{
  g_autoptr (GError) error = NULL;

  n_links_asked = 0;
  out_of_order = FALSE;
  test_stop (units, &error);
  g_assert_no_error (error);
  g_assert_false (out_of_order);
}

static void
test_chain_of_units (void)
{
  g_autoptr (TestSet) set = test_set_new ();

  build_chain (set->units, TRUE);
  start (set->units);
  g_assert_cmpuint (n_links_asked, ==, n_units);
  stop (set->units);
  g_assert_cmpuint (n_links_asked, ==, n_units);
}

static void
test_chain_of_points (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autofree char *last = g_strdup_printf ("u%u", n_units - 1);
  g_autofree char *words = NULL;
  g_auto (GStrv) path = NULL;
  StateTransition *transition;
  g_autoptr (GError) error = NULL;

  build_chain (set->units, FALSE);
  start (set->units);
  transition = state_units_get_last_transition (set->units);
  path = state_transition_get_critical_path (transition);
  g_assert_cmpuint (g_strv_length (path), >, 0);
  words = state_transition_explain (transition, last);
  stop (set->units);
  test_reset (set->units, &error);
  g_assert_no_error (error);
  snapshot = test_save (set->units, &error);
  g_assert_no_error (error);
  test_restore (set->units, snapshot, &error);
  g_assert_no_error (error);
}

static void
test_failure_at_the_root (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autofree char *last = g_strdup_printf ("u%u", n_units - 1);
  g_autoptr (StateTransitionStep) step = NULL;
  g_autofree char *words = NULL;
  StateTransition *transition;
  g_autoptr (GError) error = NULL;

  build_chain (set->units, TRUE);
  fails_at = 0;
  n_links_asked = 0;
  g_assert_false (test_start (set->units, &error));
  fails_at = G_MAXUINT;
  test_assert_error (error, STATE_ERROR_TRANSITION_FAILED, "start failed: {u0: broken}");
  g_assert_cmpuint (n_links_asked, ==, 1);

  transition = state_units_get_last_transition (set->units);
  step = g_list_model_get_item (G_LIST_MODEL (transition), n_units - 1);
  g_assert_cmpstr (state_transition_step_get_name (step), ==, last);
  g_assert_cmpint (state_transition_step_get_outcome (step), ==, STATE_STEP_OUTCOME_SKIPPED);
  g_assert_cmpstr (state_transition_step_get_error (step)->message, ==,
                   "skipped because u0 failed");
}

static void
test_explained_while_it_waits (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autofree char *last_name = g_strdup_printf ("u%u", n_units - 1);
  TestUnit *root = test_set_add (set, "root", NULL);
  StateUnitHandle *last = test_set_get (set, "root");
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autofree char *words = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < n_units; i++)
    {
      g_autofree char *name = g_strdup_printf ("u%u", i);
      StateUnitBuilder *builder = state_units_add (set->units, name);

      state_unit_builder_depends_on (builder, last);
      last = state_unit_builder_build (builder, NULL, &error);
      g_assert_no_error (error);
    }
  test_unit_set_answer (root, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  test_wait_until (test_unit_has_request (root));
  words = state_transition_explain (state_units_get_current_transition (set->units), last_name);
  test_assert_contains (words, "root");

  test_unit_answer_held (root);
  test_end (set->units, STATE_OPERATION_START, &call, NULL, &error);
  g_assert_no_error (error);
}

/* One that all depend on, and one that depends on all. */
static void
test_fan (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  StateUnitBuilder *all = state_units_add (set->units, "all");
  StateUnitHandle *bus;
  TestUnit *last;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "bus", NULL);
  bus = test_set_get (set, "bus");
  for (guint i = 0; i < n_units; i++)
    {
      g_autofree char *name = g_strdup_printf ("u%u", i);
      StateUnitBuilder *builder = state_units_add (set->units, name);
      StateUnitHandle *handle;

      state_unit_builder_depends_on (builder, bus);
      handle = state_unit_builder_build (builder, NULL, &error);
      g_assert_no_error (error);
      state_unit_builder_depends_on (all, handle);
    }
  state_unit_builder_build (all, NULL, &error);
  g_assert_no_error (error);
  last = test_set_add (set, "last", "all", NULL);

  test_start (set->units, &error);
  g_assert_no_error (error);
  test_assert_journal (set->journal, "bus:start bus:start! last:start last:start!");
  test_stop (set->units, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (test_unit_get_n_asked (last, STATE_OPERATION_STOP), ==, 1);

  /* Leaving one by one, the last ones first. */
  for (guint i = 0; i < n_units; i++)
    {
      g_autofree char *name = g_strdup_printf ("u%u", n_units - 1 - i);

      state_unit_handle_discard (state_units_lookup (set->units, name));
    }
  g_assert_cmpuint (g_list_model_get_n_items (G_LIST_MODEL (set->units)), ==, 3);
  test_start (set->units, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (test_unit_get_n_asked (last, STATE_OPERATION_START), ==, 2);
}

/* Everybody has the same stack. */
static void
limit_stack (void)
{
#ifdef G_OS_UNIX
  const rlim_t size = 8 * 1024 * 1024;
  struct rlimit limit;

  if (getrlimit (RLIMIT_STACK, &limit) != 0)
    return;
  if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > size)
    {
      limit.rlim_cur = size;
      setrlimit (RLIMIT_STACK, &limit);
    }
#endif
}

int
main (int argc, char *argv[])
{
  limit_stack ();
  test_init (&argc, &argv);
  if (g_test_slow () || (argc > 1 && strcmp (argv[1], "--million") == 0))
    n_units = 1000000;
  g_test_add_func ("/chain/of-units-starts-and-stops", test_chain_of_units);
  g_test_add_func ("/chain/of-points-does-everything", test_chain_of_points);
  g_test_add_func ("/chain/fails-at-its-root", test_failure_at_the_root);
  g_test_add_func ("/chain/is-explained", test_explained_while_it_waits);
  g_test_add_func ("/chain/fans-out-and-in", test_fan);
  return g_test_run ();
}
