/* SPDX-License-Identifier: MIT */

/* What is allocated while an operation goes on: some arrays for the transition, and
 * nothing for each unit that answers at once. */

#include "test-loop.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* --- Every call that gets memory passes by here, on whatever thread --- */

static gint n_calls; /* atomic */

void *__libc_malloc (size_t size);
void *__libc_calloc (size_t n, size_t size);
void *__libc_realloc (void *memory, size_t size);
void *__libc_memalign (size_t alignment, size_t size);

void *
malloc (size_t size)
{
  g_atomic_int_inc (&n_calls);
  return __libc_malloc (size);
}

void *
calloc (size_t n, size_t size)
{
  g_atomic_int_inc (&n_calls);
  return __libc_calloc (n, size);
}

void *
realloc (void *memory, size_t size)
{
  g_atomic_int_inc (&n_calls);
  return __libc_realloc (memory, size);
}

int
posix_memalign (void **memory, size_t alignment, size_t size)
{
  g_atomic_int_inc (&n_calls);
  *memory = __libc_memalign (alignment, size);
  return *memory != NULL ? 0 : ENOMEM;
}

/* Valgrind has functions of its own in their place. */
static gboolean
can_count (void)
{
  gint before = n_calls;
  void *volatile memory = g_malloc (1);

  g_free (memory);
  return n_calls > before;
}

/* --- A unit that answers at once, and needs nothing for it --- */

#define TEST_TYPE_QUICK_UNIT (test_quick_unit_get_type ())
G_DECLARE_FINAL_TYPE (TestQuickUnit, test_quick_unit, TEST, QUICK_UNIT, GObject)

struct _TestQuickUnit
{
  GObject parent_instance;
};

static guint n_asked;

static void
test_quick_unit_handle_request (StateUnit *unit, StateRequest *request)
{
  n_asked++;
  state_request_complete (request);
}

static void
test_quick_unit_unit_init (StateUnitInterface *iface)
{
  iface->handle_request = test_quick_unit_handle_request;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (TestQuickUnit,
                               test_quick_unit,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT, test_quick_unit_unit_init))

static void
test_quick_unit_class_init (TestQuickUnitClass *klass)
{
}

static void
test_quick_unit_init (TestQuickUnit *self)
{
}

/* --- Counting --- */

typedef enum
{
  SHAPE_LOOSE, /* no edges */
  SHAPE_CHAIN, /* each depends on the one before */
  SHAPE_TREE,  /* each depends on the one with half its number */
  N_SHAPES
} Shape;

static int
dependency_of (Shape shape, int i)
{
  if (i == 0 || shape == SHAPE_LOOSE)
    return -1;
  return shape == SHAPE_CHAIN ? i - 1 : i / 2;
}

static StateUnits *
build (Shape shape, guint n_units)
{
  StateUnits *units = state_units_new ();
  g_autoptr (GPtrArray) handles = g_ptr_array_new ();

  for (guint i = 0; i < n_units; i++)
    {
      g_autofree char *name = g_strdup_printf ("unit-%u", i);
      g_autoptr (TestQuickUnit) unit = g_object_new (TEST_TYPE_QUICK_UNIT, NULL);
      StateUnitBuilder *builder = state_units_add (units, name);
      int dependency = dependency_of (shape, (int) i);
      g_autoptr (GError) error = NULL;

      if (dependency >= 0)
        state_unit_builder_depends_on (builder, g_ptr_array_index (handles, dependency));
      g_ptr_array_add (handles, state_unit_builder_build (builder, STATE_UNIT (unit), &error));
      g_assert_no_error (error);
    }
  return units;
}

/* How many calls it takes from when it is asked for to when it is done. */
static gint
count (StateUnits *units, StateOperation operation)
{
  guint n_units = g_list_model_get_n_items (G_LIST_MODEL (units));
  g_autoptr (StateTransition) transition = state_transition_new (units, operation);
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;
  gint before = g_atomic_int_get (&n_calls);
  gint calls;

  n_asked = 0;
  state_transition_run_async (transition, NULL, test_call_done, &call);
  test_call_wait (&call);
  calls = g_atomic_int_get (&n_calls) - before;
  state_transition_run_finish (transition, call.result, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n_asked, ==, n_units);
  return calls;
}

typedef struct
{
  gint calls[STATE_OPERATION_SAVE + 1];
} Counts;

static Counts
count_all (Shape shape, guint n_units, guint timeout, guint max_concurrency)
{
  g_autoptr (StateUnits) units = build (shape, n_units);
  Counts counts = { { 0 } };

  state_units_set_default_timeout (units, timeout);
  state_units_set_max_concurrency (units, max_concurrency);
  for (StateOperation operation = 0; operation <= STATE_OPERATION_SAVE; operation++)
    {
      counts.calls[operation] = count (units, operation);
      g_test_message ("shape %d, %u units, %s: %d calls", shape, n_units,
                      state_operation_to_string (operation), counts.calls[operation]);
    }
  return counts;
}

/* Room for arrays that grow, and for what the main loop does now and then. */
#define TOLERANCE 50

static void
compare (Shape shape, guint timeout, guint max_concurrency)
{
  Counts few, many;

  if (!can_count ())
    {
      g_test_skip ("the calls to malloc() do not pass by here");
      return;
    }
  /* The first time, classes and the like are made. */
  count_all (shape, 10, timeout, max_concurrency);
  few = count_all (shape, 1000, timeout, max_concurrency);
  many = count_all (shape, 2000, timeout, max_concurrency);
  for (StateOperation operation = 0; operation <= STATE_OPERATION_SAVE; operation++)
    g_assert_cmpint (many.calls[operation], <=, few.calls[operation] + TOLERANCE);
}

static void
test_nothing_for_each_unit (gconstpointer shape)
{
  compare ((Shape) GPOINTER_TO_INT (shape), 0, 0);
}

static void
test_nothing_for_each_unit_with_limits (gconstpointer shape)
{
  compare ((Shape) GPOINTER_TO_INT (shape), 60 * 1000, 3);
}

/* GLib's slices get their memory in pieces of their own. */
static void
do_without_slices (char *argv[])
{
  if (g_getenv ("G_SLICE") != NULL)
    return;
  g_setenv ("G_SLICE", "always-malloc", TRUE);
  execv ("/proc/self/exe", argv);
}

int
main (int argc, char *argv[])
{
  const char *names[N_SHAPES] = { "loose", "chain", "tree" };

  do_without_slices (argv);
  test_init (&argc, &argv);
  for (Shape shape = 0; shape < N_SHAPES; shape++)
    {
      g_autofree char *plain =
          g_strconcat ("/allocations/nothing-for-each-unit/", names[shape], NULL);
      g_autofree char *limited = g_strconcat (plain, "/with-limits", NULL);

      g_test_add_data_func (plain, GINT_TO_POINTER (shape), test_nothing_for_each_unit);
      g_test_add_data_func (limited, GINT_TO_POINTER (shape),
                            test_nothing_for_each_unit_with_limits);
    }
  return g_test_run ();
}
