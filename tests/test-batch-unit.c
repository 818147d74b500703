/* SPDX-License-Identifier: MIT */

/* Units that are given their requests in batches. */

#include "test-set.h"

#define TEST_TYPE_CROWD (test_crowd_get_type ())
G_DECLARE_FINAL_TYPE (TestCrowd, test_crowd, TEST, CROWD, StateBatchUnit)

struct _TestCrowd
{
  StateBatchUnit parent_instance;
};

G_DEFINE_FINAL_TYPE (TestCrowd, test_crowd, STATE_TYPE_BATCH_UNIT)

/* What the units were given. */
static GPtrArray *batches;
static GArray *cancelled; /* of positions */
static gboolean completes;

static void
test_crowd_handle_batch (StateBatchUnit *unit, StateRequestBatch *batch)
{
  g_ptr_array_add (batches, g_object_ref (batch));
  if (completes)
    state_request_batch_complete_rest (batch);
}

static void
test_crowd_request_cancelled (StateBatchUnit *unit, StateRequestBatch *batch, guint position)
{
  g_array_append_val (cancelled, position);
}

static void
test_crowd_class_init (TestCrowdClass *klass)
{
  StateBatchUnitClass *batch_class = STATE_BATCH_UNIT_CLASS (klass);

  batch_class->handle_batch = test_crowd_handle_batch;
  batch_class->request_cancelled = test_crowd_request_cancelled;
}

static void
test_crowd_init (TestCrowd *self)
{
}

typedef struct
{
  StateUnits *units;
  GAsyncResult *result;
} Fixture;

static void
fixture_set_up (Fixture *fixture, gconstpointer data)
{
  fixture->units = state_units_new ();
  batches = g_ptr_array_new_with_free_func (g_object_unref);
  cancelled = g_array_new (FALSE, FALSE, sizeof (guint));
  completes = FALSE;
}

static void
fixture_tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->result);
  g_clear_object (&fixture->units);
  g_clear_pointer (&batches, g_ptr_array_unref);
  g_clear_pointer (&cancelled, g_array_unref);
  test_settle ();
}

static StateUnitHandle *
add (Fixture *fixture, guint i)
{
  g_autoptr (StateUnit) unit = g_object_new (TEST_TYPE_CROWD, NULL);
  g_autofree char *name = g_strdup_printf ("unit-%u", i);
  GError *error = NULL;
  StateUnitHandle *handle = state_units_add_unit (fixture->units, name, unit, NULL, &error);

  g_assert_no_error (error);
  return handle;
}

static void
add_many (Fixture *fixture, guint n)
{
  for (guint i = 0; i < n; i++)
    add (fixture, i);
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->result = g_object_ref (result);
}

static void
wait_for_batches (guint n)
{
  while (batches->len < n)
    g_main_context_iteration (NULL, TRUE);
}

static gboolean
finish (Fixture *fixture, GError **error)
{
  while (fixture->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return state_units_start_finish (fixture->units, fixture->result, error);
}

static StateRequestBatch *
nth_batch (guint n)
{
  return g_ptr_array_index (batches, n);
}

static StateUnitState
nth_state (Fixture *fixture, guint n)
{
  g_autoptr (StateUnitHandle) handle = g_list_model_get_item (G_LIST_MODEL (fixture->units), n);

  return state_unit_handle_get_state (handle);
}

/* Ends the start, and stops all again. */
static void
undo (Fixture *fixture)
{
  completes = TRUE;
  for (guint i = 0; i < batches->len; i++)
    state_request_batch_complete_rest (nth_batch (i));
  finish (fixture, NULL);
  g_clear_object (&fixture->result);
  state_units_stop_async (fixture->units, NULL, on_done, fixture);
  while (fixture->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_clear_object (&fixture->result);
  g_ptr_array_set_size (batches, 0);
  completes = FALSE;
}

/* Begins a start, until all have been asked, and the batch is there or just not yet. The
 * set takes its turns by the clock: if the machine had other things to do in the midst of
 * that, it is begun anew. */
static void
start_together (Fixture *fixture, GCancellable *cancellable, guint n, gboolean handed_over)
{
  gboolean together = FALSE;

  while (!together)
    {
      state_units_start_async (fixture->units, cancellable, on_done, fixture);
      if (handed_over)
        wait_for_batches (1);
      while (nth_state (fixture, 0) != STATE_UNIT_STATE_STARTING)
        g_main_context_iteration (NULL, TRUE);
      together = nth_state (fixture, n - 1) == STATE_UNIT_STATE_STARTING &&
                 batches->len == (handed_over ? 1 : 0) &&
                 (!handed_over || state_request_batch_get_n_requests (nth_batch (0)) == n);
      if (!together)
        undo (fixture);
    }
}

/* What is asked in one turn of the main loop comes in one batch; more than 1,000, in as
 * many as it takes. How many turns there are depends on how fast the machine is. */
static void
test_one_batch (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  guint n_turns = 0;
  guint n = 0;

  completes = TRUE;
  add_many (fixture, 2500);
  state_units_start_async (fixture->units, NULL, on_done, fixture);
  for (; fixture->result == NULL; n_turns++)
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (finish (fixture, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (batches->len, >=, 3);
  g_assert_cmpuint (batches->len, <=, n_turns + 2);
  for (guint i = 0; i < batches->len; i++)
    {
      g_assert_cmpint (state_request_batch_get_operation (nth_batch (i)), ==,
                       STATE_OPERATION_START);
      n += state_request_batch_get_n_requests (nth_batch (i));
    }
  g_assert_cmpuint (n, ==, 2500);
  g_assert_cmpint (nth_state (fixture, 2499), ==, STATE_UNIT_STATE_RUNNING);
}

/* In parts, by itself, and not at all. */
static void
test_answers (Fixture *fixture, gconstpointer data)
{
  const guint some[] = { 3, 0, 3 };
  g_autofree StateUnit **units = NULL;
  g_autoptr (StateRequest) stolen = NULL;
  g_autoptr (GError) error = NULL;
  gsize n;

  add_many (fixture, 5);
  start_together (fixture, NULL, 5, TRUE);
  units = state_request_batch_get_units (nth_batch (0), &n);
  g_assert_cmpuint (n, ==, 5);

  stolen = state_request_batch_steal (nth_batch (0), 1);
  g_assert_true (state_request_get_unit (stolen) == units[1]);
  g_assert_null (state_request_batch_steal (nth_batch (0), 1));
  g_assert_false (state_request_batch_is_wanted (nth_batch (0), 1));
  g_assert_true (state_request_batch_is_wanted (nth_batch (0), 0));

  state_request_batch_complete (nth_batch (0), some, G_N_ELEMENTS (some));
  g_assert_null (state_request_batch_steal (nth_batch (0), 3));
  state_request_fail_literal (stolen, G_IO_ERROR, G_IO_ERROR_FAILED, "broken");
  g_clear_object (&stolen);
  test_settle ();
  g_assert_null (fixture->result);

  /* What is left is dropped with the batch. */
  g_ptr_array_set_size (batches, 0);
  g_assert_false (finish (fixture, &error));
  g_assert_nonnull (strstr (error->message, "unit-1: broken, unit-2: the start request was"));
  g_assert_cmpint (nth_state (fixture, 0), ==, STATE_UNIT_STATE_RUNNING);
  g_assert_cmpint (nth_state (fixture, 3), ==, STATE_UNIT_STATE_RUNNING);
  g_assert_cmpint (nth_state (fixture, 4), ==, STATE_UNIT_STATE_FAILED);
}

/* Who has the batch hears of a cancel, unless the request is out of it. */
static void
test_cancelled (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  const guint first = 0;

  add_many (fixture, 3);
  start_together (fixture, cancellable, 3, TRUE);
  state_request_batch_complete (nth_batch (0), &first, 1);
  g_cancellable_cancel (cancellable);
  test_settle ();
  g_assert_cmpuint (cancelled->len, ==, 2);
  g_assert_cmpuint (g_array_index (cancelled, guint, 0), ==, 1);
  g_assert_cmpuint (g_array_index (cancelled, guint, 1), ==, 2);
  state_request_batch_complete_rest (nth_batch (0));
  g_assert_true (finish (fixture, &error));
}

/* A unit that leaves before the batch is handed over is not in it; a request that is
 * cancelled before is told of at once. */
static void
test_before_it_is_handed_over (Fixture *fixture, gconstpointer data)
{
  StateTransition *transition;
  g_autofree StateUnit **units = NULL;
  g_autoptr (GError) error = NULL;
  StateUnitHandle *handle;
  gsize n;

  handle = add (fixture, 0);
  add (fixture, 1);
  start_together (fixture, NULL, 2, FALSE);
  transition = state_units_get_current_transition (fixture->units);
  state_unit_handle_discard (handle);
  state_transition_cancel (transition);

  wait_for_batches (1);
  units = state_request_batch_get_units (nth_batch (0), &n);
  g_assert_cmpuint (n, ==, 1);
  handle = state_units_lookup (fixture->units, "unit-1");
  g_assert_true (units[0] == state_unit_handle_get_unit (handle));
  g_assert_cmpuint (cancelled->len, ==, 1);
  state_request_batch_complete_rest (nth_batch (0));
  finish (fixture, &error);
}

/* The base class itself has the functions of the interface called. */
static void
test_base (Fixture *fixture, gconstpointer data)
{
  g_autoptr (StateUnit) unit = g_object_new (STATE_TYPE_BATCH_UNIT, NULL);
  g_autoptr (GError) error = NULL;
  StateUnitHandle *handle = state_units_add_unit (fixture->units, "base", unit, NULL, &error);

  g_assert_nonnull (handle);
  state_units_start_async (fixture->units, NULL, on_done, fixture);
  g_assert_true (finish (fixture, &error));
  g_assert_cmpint (state_unit_handle_get_state (handle), ==, STATE_UNIT_STATE_RUNNING);
}

/* A context that goes before the batch was handed over drops its requests. */
static void
test_lost_context (Fixture *fixture, gconstpointer data)
{
  GMainContext *context = g_main_context_new ();
  StateUnitBuilder *builder = state_units_add (fixture->units, "unit-0");
  g_autoptr (StateUnit) unit = g_object_new (TEST_TYPE_CROWD, NULL);
  g_autoptr (GError) error = NULL;
  StateUnitHandle *handle;

  state_unit_builder_set_main_context (builder, context);
  handle = state_unit_builder_build (builder, unit, &error);
  g_assert_nonnull (handle);
  state_units_start_async (fixture->units, NULL, on_done, fixture);
  while (state_unit_handle_get_state (handle) != STATE_UNIT_STATE_STARTING)
    g_main_context_iteration (NULL, TRUE);
  g_main_context_iteration (context, FALSE);
  g_assert_cmpuint (batches->len, ==, 0);
  state_unit_handle_discard (handle);
  g_main_context_unref (context);
  finish (fixture, &error);
  g_assert_cmpuint (batches->len, ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) \
  g_test_add ("/batch-unit/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("one-batch", test_one_batch);
  ADD ("answers", test_answers);
  ADD ("cancelled", test_cancelled);
  ADD ("before-it-is-handed-over", test_before_it_is_handed_over);
  ADD ("base", test_base);
  ADD ("lost-context", test_lost_context);

  return g_test_run ();
}
