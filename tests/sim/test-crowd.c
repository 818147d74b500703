/* SPDX-License-Identifier: MIT */

/* A set whose units live in several main contexts and are answered for by several threads, in
 * any order, while operations are asked for, cancelled and abandoned from anywhere. Nothing
 * here is replayed exactly, so that only what always holds is looked at: the order, one
 * request for each unit, one call of each callback, states that are what the answers said,
 * and that nothing is left. */

#include "../test-loop.h"

#define N_WORKERS 3
#define N_AT_ONCE 4 /* transitions */
#define TIMEOUT 5   /* ms */

/* --- Units --- */

#define CROWD_TYPE_UNIT (crowd_unit_get_type ())
G_DECLARE_FINAL_TYPE (CrowdUnit, crowd_unit, CROWD, UNIT, GObject)

typedef enum
{
  SAID_NOTHING,
  SAID_GOOD,
  SAID_BAD,
  SAID_CANCELLED
} Said;

/* All that several threads see is guarded by the lock. */
struct _CrowdUnit
{
  GObject parent_instance;

  GPtrArray *dependencies; /* of CrowdUnit */
  gboolean has_left;
  gboolean is_out;          /* its request is */
  StateOperation operation; /* the last one it was asked for */
  Said said;                /* to that */

  /* As the set told. */
  gboolean is_given_up; /* its request is out, and nobody waits for it */
  guint settled;        /* in which turn of the main loop its late answer came; 0: it did not */
  gboolean is_standing; /* a stop is with it that stood until then */
};

static GMutex lock;
static GPtrArray *everybody; /* of CrowdUnit, those that exist */
static GAsyncQueue *asked;   /* of StateRequest, for the workers */
static GPtrArray *late;      /* of StateRequest: nobody answers them for now */
static gint n_in_hand;       /* requests that workers have, or will have */
static gint n_requests, n_violations;
static gint percent_of_trouble = 6; /* atomic */
static guint turn = 1;              /* of the main loop */

/* Nobody waits for one that was given up on before this one was asked: it is uncertain then,
 * until its late answer comes. A stop that stood until that came is waited for by nobody. */
static void
assert_before (CrowdUnit *self, CrowdUnit *other, StateOperation operation)
{
  /* Another thread may not fail an assertion that it then sees overlooked. */
  if (other->is_out && !other->is_given_up && !other->is_standing && !other->has_left)
    {
      g_printerr ("asked to %s before another was done\n", state_operation_to_string (operation));
      g_atomic_int_inc (&n_violations);
    }
}

static void
check_order (CrowdUnit *self, StateOperation operation)
{
  if (operation == STATE_OPERATION_SAVE || operation == STATE_OPERATION_POST_RESTORE)
    return;
  for (guint i = 0; operation != STATE_OPERATION_STOP && i < self->dependencies->len; i++)
    assert_before (self, g_ptr_array_index (self->dependencies, i), operation);
  for (guint i = 0; operation == STATE_OPERATION_STOP && i < everybody->len; i++)
    {
      CrowdUnit *other = g_ptr_array_index (everybody, i);

      if (g_ptr_array_find (other->dependencies, self, NULL))
        assert_before (self, other, operation);
    }
}

static void
note_answer (CrowdUnit *self, Said said)
{
  g_mutex_lock (&lock);
  self->is_out = FALSE;
  self->said = said;
  g_mutex_unlock (&lock);
}

static void
answer_well (StateRequest *request)
{
  note_answer (CROWD_UNIT (state_request_get_unit (request)), SAID_GOOD);
  if (state_request_get_operation (request) == STATE_OPERATION_SAVE)
    state_request_complete_with_state (request, g_variant_new_uint32 (1));
  else
    state_request_complete (request);
}

static void
answer_in_thread (StateRequest *request, gpointer unused)
{
  answer_well (request);
}

static gboolean
gives_up (StateRequest *request)
{
  return g_cancellable_is_cancelled (state_request_get_cancellable (request)) &&
         g_random_boolean ();
}

/* With a reference to the request. */
static void
answer (StateRequest *request)
{
  CrowdUnit *unit = CROWD_UNIT (state_request_get_unit (request));
  gint trouble = g_atomic_int_get (&percent_of_trouble);
  gint what = g_random_int_range (0, 100);

  if (gives_up (request))
    {
      note_answer (unit, SAID_CANCELLED);
      state_request_fail_literal (request, G_IO_ERROR, G_IO_ERROR_CANCELLED, "given up");
    }
  else if (what < trouble / 2)
    {
      note_answer (unit, SAID_BAD);
      state_request_fail_literal (request, G_IO_ERROR, G_IO_ERROR_FAILED, "broken");
    }
  else if (what < trouble / 2 + 2 && trouble > 0)
    note_answer (unit, SAID_BAD); /* and drops it */
  else if (what < trouble)
    {
      g_mutex_lock (&lock);
      g_ptr_array_add (late, g_object_ref (request));
      g_mutex_unlock (&lock);
    }
  else
    answer_well (request);
  g_object_unref (request);
}

static void
crowd_unit_handle_request (StateUnit *unit, StateRequest *request)
{
  CrowdUnit *self = CROWD_UNIT (unit);
  gint how = g_random_int_range (0, 10);

  g_mutex_lock (&lock);
  if (self->is_out)
    {
      g_printerr ("asked while another request is with it\n");
      g_atomic_int_inc (&n_violations);
    }
  self->operation = state_request_get_operation (request);
  /* A stop that stood is put to the unit whatever the others do. */
  if (!self->is_standing)
    check_order (self, self->operation);
  self->is_out = TRUE;
  g_mutex_unlock (&lock);
  g_atomic_int_inc (&n_requests);

  if (how < 2)
    answer (g_object_ref (request));
  else if (how < 3)
    state_request_run_in_thread (request, answer_in_thread, NULL, NULL);
  else
    {
      g_atomic_int_inc (&n_in_hand);
      g_async_queue_push (asked, g_object_ref (request));
    }
}

static void
crowd_unit_unit_init (StateUnitInterface *iface)
{
  iface->handle_request = crowd_unit_handle_request;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (CrowdUnit,
                               crowd_unit,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT, crowd_unit_unit_init))

static void
crowd_unit_finalize (GObject *object)
{
  CrowdUnit *self = CROWD_UNIT (object);

  g_mutex_lock (&lock);
  g_ptr_array_remove_fast (everybody, self);
  g_mutex_unlock (&lock);
  g_ptr_array_unref (self->dependencies);

  G_OBJECT_CLASS (crowd_unit_parent_class)->finalize (object);
}

static void
crowd_unit_class_init (CrowdUnitClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = crowd_unit_finalize;
}

static void
crowd_unit_init (CrowdUnit *self)
{
  self->dependencies = g_ptr_array_new_with_free_func (g_object_unref);
  g_mutex_lock (&lock);
  g_ptr_array_add (everybody, self);
  g_mutex_unlock (&lock);
}

/* --- Workers: each takes a few requests, and answers them in any order --- */

static gpointer
work (gpointer unused)
{
  g_autoptr (GPtrArray) taken = g_ptr_array_new ();
  gpointer end = everybody;
  gpointer item = NULL;

  while (item != end)
    {
      item = g_async_queue_pop (asked);
      while (item != NULL && item != end && taken->len < 3)
        {
          g_ptr_array_add (taken, item);
          item = g_async_queue_try_pop (asked);
        }
      if (item != NULL && item != end)
        g_ptr_array_add (taken, item);
      while (taken->len > 0)
        {
          guint index = (guint) g_random_int_range (0, (gint32) taken->len);

          answer (g_ptr_array_remove_index_fast (taken, index));
          g_atomic_int_add (&n_in_hand, -1);
        }
    }
  return NULL;
}

static void
answer_the_late (void)
{
  g_autoptr (GPtrArray) requests = g_ptr_array_new ();

  g_mutex_lock (&lock);
  g_ptr_array_extend_and_steal (requests, late);
  late = g_ptr_array_new ();
  g_mutex_unlock (&lock);
  for (guint i = 0; i < requests->len; i++)
    {
      g_atomic_int_inc (&n_in_hand);
      g_async_queue_push (asked, g_ptr_array_index (requests, i));
    }
}

/* --- The set --- */

typedef struct
{
  StateUnits *units;
  TestThread *threads[2];
  guint n_named;
  guint n_going; /* transitions */
  guint n_done;
  StateSnapshot *snapshot;
} Crowd;

static StateUnitHandle *
any_handle (Crowd *crowd)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (crowd->units));
  g_autoptr (StateUnitHandle) handle = NULL;

  if (n > 0)
    handle = g_list_model_get_item (G_LIST_MODEL (crowd->units),
                                    (guint) g_random_int_range (0, (gint32) n));
  return handle;
}

static void
add_unit (Crowd *crowd)
{
  g_autofree char *name = g_strdup_printf ("unit-%u", crowd->n_named++);
  g_autoptr (CrowdUnit) unit = g_object_new (CROWD_TYPE_UNIT, NULL);
  StateUnitBuilder *builder = state_units_add (crowd->units, name);
  gint where = g_random_int_range (0, 4);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 3; i++)
    {
      StateUnitHandle *handle = any_handle (crowd);
      gpointer other = handle != NULL ? state_unit_handle_get_unit (handle) : NULL;

      if (other == NULL || g_ptr_array_find (unit->dependencies, other, NULL))
        continue;
      state_unit_builder_depends_on (builder, handle);
      g_mutex_lock (&lock);
      g_ptr_array_add (unit->dependencies, g_object_ref (other));
      g_mutex_unlock (&lock);
    }
  if (g_random_boolean ())
    for (StateOperation o = STATE_OPERATION_START; o < STATE_OPERATION_INSPECT; o++)
      state_unit_builder_set_timeout (builder, o, TIMEOUT);
  if (where < 2)
    state_unit_builder_set_main_context (builder, test_thread_get_context (crowd->threads[where]));
  if (g_random_int_range (0, 20) == 0)
    state_unit_builder_spawn (builder, STATE_UNIT (unit), &error);
  else
    state_unit_builder_build (builder, STATE_UNIT (unit), &error);
  g_assert_no_error (error);
}

static void
discard (StateUnitHandle *handle)
{
  CrowdUnit *unit = CROWD_UNIT (state_unit_handle_get_unit (handle));

  g_mutex_lock (&lock);
  unit->has_left = TRUE;
  g_mutex_unlock (&lock);
  state_unit_handle_discard (handle);
}

/* What stood is put to the unit as soon as its late answer has come. */
static void
note_state (StateUnits *units,
            StateUnitHandle *handle,
            StateUnitState old_state,
            StateUnitState new_state,
            gpointer unused)
{
  CrowdUnit *unit = CROWD_UNIT (state_unit_handle_get_unit (handle));

  g_mutex_lock (&lock);
  unit->is_given_up = new_state == STATE_UNIT_STATE_UNCERTAIN;
  if (old_state == STATE_UNIT_STATE_UNCERTAIN)
    unit->settled = turn;
  unit->is_standing = new_state == STATE_UNIT_STATE_STOPPING && unit->settled == turn;
  g_mutex_unlock (&lock);
}

/* Whoever was put down as failed by a reset or restore that did not succeed may have been
 * stopped before. */
static gboolean
agrees (StateUnitHandle *handle)
{
  CrowdUnit *unit = CROWD_UNIT (state_unit_handle_get_unit (handle));
  StateUnitState state = state_unit_handle_get_state (handle);
  gboolean is_out;
  StateOperation operation;
  Said said;

  g_mutex_lock (&lock);
  is_out = unit->is_out;
  operation = unit->operation;
  said = unit->said;
  g_mutex_unlock (&lock);

  if (is_out)
    return state == STATE_UNIT_STATE_UNCERTAIN || state == STATE_UNIT_STATE_STOPPING;
  if (operation == STATE_OPERATION_START && said == SAID_GOOD)
    return state == STATE_UNIT_STATE_RUNNING;
  if (operation == STATE_OPERATION_STOP && (said == SAID_BAD || said == SAID_CANCELLED))
    return state == STATE_UNIT_STATE_FAILED;
  return state == STATE_UNIT_STATE_STOPPED || state == STATE_UNIT_STATE_FAILED;
}

static gboolean
all_agree (Crowd *crowd)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (crowd->units));

  g_assert_cmpint (g_atomic_int_get (&n_violations), ==, 0);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (StateUnitHandle) handle = g_list_model_get_item (G_LIST_MODEL (crowd->units), i);

      if (!agrees (handle))
        return FALSE;
    }
  return g_atomic_int_get (&n_in_hand) == 0;
}

static void
tell_states (Crowd *crowd)
{
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (crowd->units)); i++)
    {
      g_autoptr (StateUnitHandle) handle = g_list_model_get_item (G_LIST_MODEL (crowd->units), i);

      if (!agrees (handle))
        g_printerr ("%s should not be %s\n", state_unit_handle_get_name (handle),
                    state_unit_state_to_string (state_unit_handle_get_state (handle)));
    }
}

/* A request of a transition that was abandoned may not have reached its unit yet, and an
 * answer not the set: that comes. */
static void
assert_all (Crowd *crowd)
{
  gint64 end = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;
  g_autoptr (TestWatchdog) watchdog = test_watchdog_new (G_STRLOC, "all agree");

  test_settle ();
  while (!all_agree (crowd))
    {
      turn++;
      test_watchdog_iterate (watchdog);
      if (g_get_monotonic_time () > end)
        tell_states (crowd);
    }
}

/* --- Transitions --- */

typedef struct
{
  Crowd *crowd;
  gint n_called;
} Going;

static void
ended (GObject *source, GAsyncResult *result, gpointer data)
{
  StateTransition *transition = STATE_TRANSITION (source);
  Going *going = data;
  g_autoptr (GError) error = NULL;
  gboolean success = state_transition_run_finish (transition, result, &error);

  g_assert_cmpint (going->n_called++, ==, 0);
  g_assert_true (success == (error == NULL));
  if (success && state_transition_get_operation (transition) == STATE_OPERATION_SAVE)
    {
      g_clear_object (&going->crowd->snapshot);
      g_set_object (&going->crowd->snapshot, state_transition_get_snapshot (transition));
    }
  going->crowd->n_going--;
  going->crowd->n_done++;
}

static void
cancel (gpointer transition, gpointer unused)
{
  state_transition_cancel (transition);
}

static void
abandon (gpointer transition, gpointer unused)
{
  state_transition_abandon (transition);
}

static void
begin (Crowd *crowd, Going *going, StateOperation operation)
{
  g_autoptr (StateTransition) transition = state_transition_new (crowd->units, operation);
  gint what = g_random_int_range (0, 12);

  if (operation == STATE_OPERATION_RESTORE)
    state_transition_set_snapshot (transition, crowd->snapshot);
  state_transition_set_failure_policy (transition, (StateFailurePolicy) g_random_int_range (0, 3));
  state_transition_set_resume (transition, g_random_int_range (0, 4) == 0);
  if (g_random_int_range (0, 10) == 0)
    state_transition_set_timeout (transition, TIMEOUT);
  *going = (Going){ .crowd = crowd };
  crowd->n_going++;
  state_transition_run_async (transition, NULL, ended, going);
  if (what == 0 && percent_of_trouble > 0)
    test_thread_call (crowd->threads[0], cancel, transition, NULL);
  else if (what == 1 && percent_of_trouble > 0)
    test_thread_call (crowd->threads[1], abandon, transition, NULL);
}

/* One that is likely not to be refused. */
static StateOperation
choose_operation (Crowd *crowd)
{
  const StateOperation likely[] = { STATE_OPERATION_START, STATE_OPERATION_STOP,
                                    STATE_OPERATION_START, STATE_OPERATION_RESET,
                                    STATE_OPERATION_SAVE,  STATE_OPERATION_RESTORE };
  StateOperationFlags allowed = state_units_get_allowed_operations (crowd->units);
  StateOperation operation = STATE_OPERATION_START;

  for (guint i = 0; i < 5; i++)
    {
      operation = likely[g_random_int_range (0, G_N_ELEMENTS (likely))];
      if (operation == STATE_OPERATION_RESTORE && crowd->snapshot == NULL)
        operation = STATE_OPERATION_SAVE;
      if (allowed & 1u << operation)
        break;
    }
  return operation;
}

static void
go_on (Crowd *crowd)
{
  Going going[N_AT_ONCE];
  guint n = 1 + (guint) g_random_int_range (0, N_AT_ONCE);
  g_autoptr (TestWatchdog) watchdog = test_watchdog_new (G_STRLOC, "all have ended");

  for (guint i = 0; i < n; i++)
    begin (crowd, &going[i], choose_operation (crowd));
  while (crowd->n_going > 0)
    {
      if (g_random_int_range (0, 20) == 0)
        answer_the_late ();
      if (g_random_int_range (0, 400) == 0 && any_handle (crowd) != NULL)
        {
          discard (any_handle (crowd));
          add_unit (crowd);
        }
      turn++;
      test_watchdog_iterate (watchdog);
    }
  assert_all (crowd);
  for (guint i = 0; i < n; i++)
    g_assert_cmpint (going[i].n_called, ==, 1);
  if (g_random_boolean ())
    answer_the_late ();
}

/* Nobody makes trouble any more, and the set can be stopped. */
static void
come_to_rest (Crowd *crowd)
{
  g_autoptr (StateTransition) stop = NULL;
  TestCall call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  g_atomic_int_set (&percent_of_trouble, 0);
  answer_the_late ();
  assert_all (crowd);
  /* Stops that stood may have come late, too. */
  answer_the_late ();
  assert_all (crowd);
  stop = state_transition_new (crowd->units, STATE_OPERATION_STOP);
  state_transition_run_async (stop, NULL, test_call_done, &call);
  g_assert_true (state_transition_run_finish (stop, test_call_wait (&call), &error));
  g_assert_no_error (error);
  g_assert_false (state_units_is_running (crowd->units));
  assert_all (crowd);
  test_call_clear (&call);
}

static int n_transitions = 2000;

static void
live (guint n_units, guint n)
{
  Crowd crowd = { .units = state_units_new () };

  g_signal_connect (crowd.units, "unit-state-changed", G_CALLBACK (note_state), NULL);
  for (guint i = 0; i < 2; i++)
    crowd.threads[i] = test_thread_new ();
  g_atomic_int_set (&percent_of_trouble, 6);
  state_units_set_max_concurrency (crowd.units, g_random_int_range (0, 3) == 0 ? 3 : 0);
  for (guint i = 0; i < n_units; i++)
    add_unit (&crowd);
  while (crowd.n_done < n)
    go_on (&crowd);
  come_to_rest (&crowd);

  g_clear_object (&crowd.snapshot);
  g_assert_finalize_object (crowd.units);
  for (guint i = 0; i < 2; i++)
    test_thread_free (crowd.threads[i]);
  test_wait_until (everybody->len == 0);
}

static void
test_crowd (void)
{
  GThread *workers[N_WORKERS];
  guint n_done = 0;

  everybody = g_ptr_array_new ();
  late = g_ptr_array_new ();
  asked = g_async_queue_new ();
  for (guint i = 0; i < N_WORKERS; i++)
    workers[i] = g_thread_new ("worker", work, NULL);

  for (; n_done < (guint) n_transitions; n_done += 100)
    live (3 + (guint) g_random_int_range (0, 30), 100);
  g_test_message ("%u transitions, %d requests", n_done, n_requests);

  for (guint i = 0; i < N_WORKERS; i++)
    g_async_queue_push (asked, everybody);
  for (guint i = 0; i < N_WORKERS; i++)
    g_thread_join (workers[i]);
  g_async_queue_unref (asked);
  g_ptr_array_unref (late);
  g_ptr_array_unref (everybody);
}

int
main (int argc, char **argv)
{
  const GOptionEntry options[] = {
    { "transitions", 0, 0, G_OPTION_ARG_INT, &n_transitions, "how many", "N" },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  test_init (&argc, &argv);
  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, NULL))
    return 2;
  g_test_add_func ("/crowd/lives", test_crowd);
  return g_test_run ();
}
