/* SPDX-License-Identifier: MIT */

/* One operation put to one unit, and every way to answer it. */

#include "test-set.h"

/* Puts a request to a unit outside any set, that holds it. */
static StateRequest *
ask (TestUnit *unit, StateOperation operation, GVariant *state, TestCall *call)
{
  test_unit_set_answer (unit, operation, TEST_ANSWER_HELD);
  state_unit_send_async (STATE_UNIT (unit), operation, state, NULL, test_call_done, call);
  return test_unit_take_request (unit);
}

static GVariant *
answer_of (TestUnit *unit, TestCall *call, GError **error)
{
  return state_unit_send_finish (STATE_UNIT (unit), test_call_wait (call), error);
}

static void
test_answers_once (void)
{
  g_autoptr (TestUnit) unit = test_unit_new ("unit", NULL);
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (StateRequest) request = ask (unit, STATE_OPERATION_START, NULL, &call);
  g_autoptr (GError) late = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "late");
  g_autoptr (GError) error = NULL;

  g_assert_false (state_request_is_answered (request));
  state_request_complete (request);
  g_assert_true (state_request_is_answered (request));

  test_expect_critical ("*");
  state_request_complete (request);
  test_assert_expected ();
  test_expect_critical ("*");
  state_request_complete_with_state (request, NULL);
  test_assert_expected ();
  test_expect_critical ("*");
  state_request_fail (request, late);
  test_assert_expected ();
  test_expect_critical ("*");
  state_request_fail_literal (request, G_IO_ERROR, G_IO_ERROR_FAILED, "late");
  test_assert_expected ();
  test_expect_critical ("*");
  state_request_take_error (request, g_error_copy (late));
  test_assert_expected ();

  g_assert_null (answer_of (unit, &call, &error));
  g_assert_no_error (error);
}

static void
test_failures (void)
{
  g_autoptr (TestUnit) unit = test_unit_new ("unit", NULL);
  g_autoptr (GError) reason = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_BUSY, "not now");

  for (guint i = 0; i < 3; i++)
    {
      g_auto (TestCall) call = TEST_CALL_INIT;
      g_autoptr (StateRequest) request = ask (unit, STATE_OPERATION_START, NULL, &call);
      g_autoptr (GError) error = NULL;

      if (i == 0)
        state_request_fail (request, reason);
      else if (i == 1)
        state_request_fail_literal (request, G_IO_ERROR, G_IO_ERROR_BUSY, "not now");
      else
        state_request_take_error (request, g_error_copy (reason));
      g_assert_true (state_request_is_answered (request));
      g_assert_null (answer_of (unit, &call, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
      g_assert_cmpstr (error->message, ==, "not now");
    }
}

static void
test_dropped (void)
{
  g_autoptr (TestUnit) unit = test_unit_new ("unit", NULL);
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  g_object_unref (ask (unit, STATE_OPERATION_START, NULL, &call));
  g_assert_null (answer_of (unit, &call, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_DROPPED);
}

static void
answer_it (gpointer request, gpointer user_data)
{
  test_request_answer (request);
}

static void
drop_it (gpointer request, gpointer user_data)
{
  g_object_unref (request);
}

static void
test_from_another_thread (void)
{
  g_autoptr (TestUnit) unit = test_unit_new ("unit", NULL);
  g_auto (TestCall) save = TEST_CALL_INIT;
  g_auto (TestCall) start = TEST_CALL_INIT;
  g_autoptr (StateRequest) request = NULL;
  g_autoptr (GVariant) state = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_int (unit, 7);
  request = ask (unit, STATE_OPERATION_SAVE, NULL, &save);
  test_in_thread (answer_it, request, NULL);
  state = answer_of (unit, &save, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_variant_get_int32 (state), ==, 7);
  g_assert_true (save.thread == g_thread_self ());

  test_in_thread (drop_it, ask (unit, STATE_OPERATION_START, NULL, &start), NULL);
  g_assert_null (answer_of (unit, &start, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_DROPPED);
  g_assert_true (start.thread == g_thread_self ());
}

static void
test_bad_answers (void)
{
  g_autoptr (TestUnit) unit = test_unit_new ("unit", NULL);
  g_autoptr (GError) no_domain = g_error_new_literal (G_IO_ERROR, 0, "of no domain");

  no_domain->domain = 0;
  for (guint i = 0; i < 7; i++)
    {
      StateOperation operation = i == 5 ? STATE_OPERATION_INSPECT : STATE_OPERATION_START;
      g_auto (TestCall) call = TEST_CALL_INIT;
      g_autoptr (StateRequest) request = NULL;
      g_autoptr (GError) error = NULL;

      g_test_message ("the bad answer %u", i);
      request = ask (unit, operation, NULL, &call);
      test_allow_criticals (TRUE);
      switch (i)
        {
        case 0:
          state_request_fail (request, NULL);
          break;
        case 1:
          state_request_fail (request, no_domain);
          break;
        case 2:
          state_request_take_error (request, NULL);
          break;
        case 3:
          state_request_take_error (request, g_error_copy (no_domain));
          break;
        case 4:
          state_request_fail_literal (request, 0, 0, "of no domain");
          break;
        case 5:
          state_request_complete_with_state (request, g_variant_new_int32 (1));
          break;
        default:
          state_request_complete_with_state (request, g_variant_new_int32 (1));
          break;
        }
      test_allow_criticals (FALSE);

      g_assert_true (state_request_is_answered (request));
      g_assert_null (answer_of (unit, &call, &error));
      g_assert_error (error, STATE_ERROR, STATE_ERROR_INVALID_ANSWER);
    }
}

static void
test_state (void)
{
  g_autoptr (TestUnit) unit = test_unit_new ("unit", NULL);
  g_autoptr (GVariant) full = g_variant_ref_sink (g_variant_new_string ("full"));
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 4; i++)
    {
      g_auto (TestCall) call = TEST_CALL_INIT;
      g_autoptr (StateRequest) request = ask (unit, STATE_OPERATION_SAVE, NULL, &call);
      g_autoptr (GVariant) state = NULL;

      if (i == 0)
        state_request_complete_with_state (request, g_variant_new_string ("floating"));
      else if (i == 1)
        state_request_complete_with_state (request, full);
      else if (i == 2)
        state_request_complete_with_state (request, NULL);
      else
        state_request_complete (request);
      state = answer_of (unit, &call, &error);
      g_assert_no_error (error);
      if (i < 2)
        g_assert_cmpstr (g_variant_get_string (state, NULL), ==, i == 0 ? "floating" : "full");
      else
        g_assert_null (state);
    }
}

static void
test_what_it_says (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk = test_set_add (set, "disk", NULL);
  g_autoptr (TestUnit) alone = test_unit_new ("alone", NULL);
  g_auto (TestCall) start = TEST_CALL_INIT;
  g_auto (TestCall) restore = TEST_CALL_INIT;
  g_auto (TestCall) inspect = TEST_CALL_INIT;
  g_auto (TestCall) update = TEST_CALL_INIT;
  g_autoptr (StateRequest) of_start = NULL;
  g_autoptr (StateRequest) of_restore = NULL;
  g_autoptr (StateRequest) of_inspect = NULL;
  g_autoptr (StateRequest) of_update = NULL;

  test_unit_set_answer (disk, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &start);
  of_start = test_unit_take_request (disk);
  g_assert_cmpint (state_request_get_operation (of_start), ==, STATE_OPERATION_START);
  g_assert_true (state_request_get_unit (of_start) == STATE_UNIT (disk));
  g_assert_cmpstr (state_request_get_unit_name (of_start), ==, "disk");
  g_assert_null (state_request_get_state (of_start));
  g_assert_null (state_request_get_inspect_value (of_start));

  test_unit_set_answer (disk, STATE_OPERATION_INSPECT, TEST_ANSWER_HELD);
  state_units_inspect_async (set->units, "disk/heads/0", 3, G_MAXUINT, NULL, test_call_done,
                             &inspect);
  of_inspect = test_unit_take_request (disk);
  g_assert_cmpint (state_request_get_operation (of_inspect), ==, STATE_OPERATION_INSPECT);
  g_assert_cmpstr (state_request_get_inspect_path (of_inspect), ==, "heads/0");
  g_assert_cmpuint (state_request_get_inspect_depth (of_inspect), ==, 3);
  g_assert_null (state_request_get_inspect_value (of_inspect));

  state_units_update_async (set->units, "disk/value", g_variant_new_int32 (9), NULL, test_call_done,
                            &update);
  of_update = test_unit_take_request (disk);
  g_assert_cmpint (state_request_get_operation (of_update), ==, STATE_OPERATION_INSPECT);
  g_assert_cmpstr (state_request_get_inspect_path (of_update), ==, "value");
  g_assert_cmpint (g_variant_get_int32 (state_request_get_inspect_value (of_update)), ==, 9);

  test_request_answer (of_inspect);
  test_request_answer (of_update);
  test_request_answer (of_start);
  test_call_wait (&inspect);
  test_call_wait (&update);
  test_call_wait (&start);

  of_restore = ask (alone, STATE_OPERATION_RESTORE, g_variant_new_int32 (4), &restore);
  g_assert_null (state_request_get_unit_name (of_restore)); /* it is in no set */
  g_assert_cmpint (g_variant_get_int32 (state_request_get_state (of_restore)), ==, 4);
  test_request_answer (of_restore);
  test_call_wait (&restore);
  g_assert_cmpint (test_unit_get_int (alone), ==, 4);
}

static void
test_keeps_its_unit_alive (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk = test_set_add (set, "disk", NULL);
  StateRequest *request;
  gpointer gone = disk;
  g_auto (TestCall) call = TEST_CALL_INIT;

  g_object_add_weak_pointer (gone, &gone);
  test_unit_set_answer (disk, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  request = test_unit_take_request (disk);
  state_unit_handle_discard (test_set_get (set, "disk"));
  test_call_wait (&call);
  test_settle ();

  g_assert_nonnull (gone);
  g_assert_true (state_request_get_unit (request) == STATE_UNIT (gone));
  g_assert_cmpstr (state_request_get_unit_name (request), ==, "disk");
  test_request_answer (request);
  g_object_unref (request);
  test_settle ();
  g_assert_null (gone);
}

/* --- Its cancellable --- */

static void
note_thread (GCancellable *cancellable, gpointer thread)
{
  g_atomic_pointer_set ((GThread **) thread, g_thread_self ());
}

static void
test_cancellable (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) disk = test_unit_new ("disk", set->journal);
  g_autoptr (StateTransition) start = state_transition_new (set->units, STATE_OPERATION_START);
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (StateRequest) request = NULL;
  GCancellable *cancellable;
  GThread *thread = NULL;
  g_autoptr (GError) error = NULL;

  /* The unit has a thread of its own; the set is this one's. */
  test_unit_set_answer (disk, STATE_OPERATION_START, TEST_ANSWER_HELD);
  state_unit_builder_spawn (state_units_add (set->units, "disk"), STATE_UNIT (disk), &error);
  g_assert_no_error (error);
  state_transition_run_async (start, NULL, test_call_done, &call);
  request = test_unit_take_request (disk);

  cancellable = state_request_get_cancellable (request);
  g_assert_true (G_IS_CANCELLABLE (cancellable));
  g_assert_true (state_request_get_cancellable (request) == cancellable);
  g_assert_false (g_cancellable_is_cancelled (cancellable));
  g_signal_connect (cancellable, "cancelled", G_CALLBACK (note_thread), &thread);

  state_transition_cancel (start);
  test_wait_until (g_atomic_pointer_get (&thread) != NULL);
  g_assert_true (thread == g_thread_self ());
  test_request_answer (request);
  test_call_wait (&call);
}

static void
test_cancellable_made_late (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk = test_set_add (set, "disk", NULL);
  g_autoptr (StateTransition) start = state_transition_new (set->units, STATE_OPERATION_START);
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (StateRequest) request = NULL;

  test_unit_set_answer (disk, STATE_OPERATION_START, TEST_ANSWER_HELD);
  state_transition_run_async (start, NULL, test_call_done, &call);
  request = test_unit_take_request (disk);
  state_transition_cancel (start);
  test_settle ();

  /* Who asks for it only now finds it cancelled. */
  g_assert_true (g_cancellable_is_cancelled (state_request_get_cancellable (request)));
  test_request_answer (request);
  test_call_wait (&call);
}

/* --- Blocking work --- */

typedef struct
{
  GThread *worker;
  GThread *destroyer;
  gboolean drops;
} Work;

static void
do_work (StateRequest *request, gpointer user_data)
{
  Work *work = user_data;

  work->worker = g_thread_self ();
  if (!work->drops)
    test_request_answer (request);
}

static void
destroy_work (gpointer user_data)
{
  Work *work = user_data;

  g_assert_nonnull (work->worker); /* only after the work */
  g_atomic_pointer_set (&work->destroyer, g_thread_self ());
  g_main_context_wakeup (NULL);
}

static void
work_in_thread (TestUnit *unit, StateRequest *request, gpointer work)
{
  state_request_run_in_thread (request, do_work, work, destroy_work);
}

static void
test_run_in_thread (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk = test_set_add (set, "disk", NULL);
  Work work = { NULL, NULL, FALSE };
  Work drops = { NULL, NULL, TRUE };
  g_autoptr (GError) error = NULL;

  test_unit_set_answers (disk, TEST_ANSWER_DROPPED); /* the hook sees to it */
  test_unit_set_hook (disk, STATE_OPERATION_START, work_in_thread, &work);
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_wait_until (g_atomic_pointer_get (&work.destroyer) != NULL);
  g_assert_true (work.worker != g_thread_self ());
  g_assert_true (work.destroyer == g_thread_self ());

  /* A function that returns without an answer has dropped it. */
  test_unit_set_hook (disk, STATE_OPERATION_STOP, work_in_thread, &drops);
  g_assert_false (test_stop (set->units, &error));
  test_assert_outcomes (set, "disk:dropped");
  test_assert_states (set, "disk:failed");
  test_wait_until (g_atomic_pointer_get (&drops.destroyer) != NULL);
  g_assert_true (drops.destroyer == g_thread_self ());
}

static void
test_run_in_thread_of_a_spawned_unit (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) disk = test_unit_new ("disk", set->journal);
  Work work = { NULL, NULL, FALSE };
  g_autoptr (GError) error = NULL;

  test_unit_set_answers (disk, TEST_ANSWER_DROPPED);
  test_unit_set_hook (disk, STATE_OPERATION_START, work_in_thread, &work);
  state_unit_builder_spawn (state_units_add (set->units, "disk"), STATE_UNIT (disk), &error);
  g_assert_no_error (error);
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_wait_until (g_atomic_pointer_get (&work.destroyer) != NULL);
  g_assert_true (work.destroyer == test_unit_get_thread (disk));
  g_assert_true (work.destroyer != work.worker);
  g_assert_true (work.destroyer != g_thread_self ());
}

static GMutex crowd_lock;
static GCond crowd_cond;
static guint crowd_size;

static void
wait_for_the_crowd (StateRequest *request, gpointer user_data)
{
  g_mutex_lock (&crowd_lock);
  crowd_size++;
  g_cond_broadcast (&crowd_cond);
  while (crowd_size < GPOINTER_TO_UINT (user_data))
    g_cond_wait (&crowd_cond, &crowd_lock);
  g_mutex_unlock (&crowd_lock);
  test_request_answer (request);
}

static void
join_the_crowd (TestUnit *unit, StateRequest *request, gpointer user_data)
{
  state_request_run_in_thread (request, wait_for_the_crowd, user_data, NULL);
}

static void
test_a_hundred_block_at_once (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *name = g_strdup_printf ("unit%u", i);
      TestUnit *unit = test_set_add (set, name, NULL);

      test_unit_set_hook (unit, STATE_OPERATION_START, join_the_crowd, GUINT_TO_POINTER (100));
      test_unit_set_answer (unit, STATE_OPERATION_START, TEST_ANSWER_DROPPED);
    }
  test_start (set->units, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (crowd_size, ==, 100);
}

/* --- Passing it on --- */

static void
pass_on (TestUnit *unit, StateRequest *request, gpointer inner)
{
  state_request_apply (request, STATE_UNIT (inner));
}

#define TEST_TYPE_PLAIN_UNIT (test_plain_unit_get_type ())
G_DECLARE_FINAL_TYPE (TestPlainUnit, test_plain_unit, TEST, PLAIN_UNIT, GObject)

struct _TestPlainUnit
{
  GObject parent_instance;
  guint n_started;
};

static void
test_plain_unit_start (StateUnit *unit, StateRequest *request)
{
  TEST_PLAIN_UNIT (unit)->n_started++;
  state_request_complete (request);
}

static void
test_plain_unit_iface_init (StateUnitInterface *iface)
{
  iface->start = test_plain_unit_start;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (TestPlainUnit,
                               test_plain_unit,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT, test_plain_unit_iface_init))

static void
test_plain_unit_class_init (TestPlainUnitClass *klass)
{
}

static void
test_plain_unit_init (TestPlainUnit *self)
{
}

static void
test_apply (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestUnit) proxy = test_unit_new_raw ("proxy", set->journal);
  g_autoptr (TestPlainUnit) inner = g_object_new (TEST_TYPE_PLAIN_UNIT, NULL);
  g_autoptr (GError) error = NULL;

  test_unit_set_answers (proxy, TEST_ANSWER_DROPPED);
  for (guint i = STATE_OPERATION_START; i < STATE_OPERATION_INSPECT; i++)
    test_unit_set_hook (proxy, i, pass_on, inner);
  test_set_add_object (set, "proxy", proxy);
  test_start (set->units, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (inner->n_started, ==, 1);
  test_stop (set->units, &error); /* the default */
  g_assert_no_error (error);
  test_assert_states (set, "proxy:stopped");
}

static void
test_strange_progress (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk = test_set_add (set, "disk", NULL);
  const double fractions[] = { -1, 2, G_MAXDOUBLE, -G_MAXDOUBLE, 0.0 / 0.0, 1.0 / 0.0 };
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (StateRequest) request = NULL;

  test_unit_set_answer (disk, STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_begin (set->units, STATE_OPERATION_START, NULL, NULL, &call);
  request = test_unit_take_request (disk);
  for (guint i = 0; i < G_N_ELEMENTS (fractions); i++)
    {
      StateTransition *current = state_units_get_current_transition (set->units);

      test_allow_criticals (TRUE);
      state_request_set_progress (request, fractions[i], "");
      test_settle ();
      test_allow_criticals (FALSE);
      g_assert_cmpfloat (state_transition_get_progress (current), >=, 0);
      g_assert_cmpfloat (state_transition_get_progress (current), <=, 1);
    }
  test_request_answer (request);
  test_call_wait (&call);
}

/* Ways to know of a request that was answered, beyond the unit's function. */
typedef enum
{
  KNOWN_BY_REFERENCE,
  KNOWN_BY_WEAK_REF,
  KNOWN_BY_WEAK_POINTER,
  KNOWN_BY_WEAK_NOTIFY,
  KNOWN_BY_DATA,
  KNOWN_BY_QDATA,
  KNOWN_BY_HANDLER,
  N_WAYS_TO_KNOW
} WayToKnow;

typedef struct
{
  WayToKnow way;
  StateRequest *request;
  GWeakRef weak_ref;
  gpointer weak_pointer;
  gint is_gone; /* atomic */
} Knower;

static GQuark
knower_quark (void)
{
  return g_quark_from_static_string ("knower");
}

static void
note_gone (gpointer knower)
{
  g_atomic_int_inc (&((Knower *) knower)->is_gone);
}

static void
note_closed (gpointer knower, GClosure *closure)
{
  note_gone (knower);
}

static void
on_notify (GObject *request, GParamSpec *property, gpointer knower)
{
}

static void
note_finalized (gpointer knower, GObject *where_it_was)
{
  note_gone (knower);
}

static void
come_to_know (TestUnit *unit, StateRequest *request, gpointer user_data)
{
  Knower *knower = user_data;

  switch (knower->way)
    {
    case KNOWN_BY_REFERENCE:
      knower->request = g_object_ref (request);
      break;
    case KNOWN_BY_WEAK_REF:
      g_weak_ref_set (&knower->weak_ref, request);
      break;
    case KNOWN_BY_WEAK_POINTER:
      g_set_weak_pointer (&knower->weak_pointer, request);
      break;
    case KNOWN_BY_WEAK_NOTIFY:
      knower->request = request;
      g_object_weak_ref (G_OBJECT (request), note_finalized, knower);
      break;
    case KNOWN_BY_DATA:
      g_object_set_data_full (G_OBJECT (request), "knower", knower, note_gone);
      break;
    case KNOWN_BY_QDATA:
      g_object_set_qdata_full (G_OBJECT (request), knower_quark (), knower, note_gone);
      break;
    case KNOWN_BY_HANDLER:
      g_signal_connect_data (request, "notify", G_CALLBACK (on_notify), knower, note_closed, 0);
      break;
    default:
      g_assert_not_reached ();
    }
}

/* What is known is the request of another unit. */
static void
assert_unknown (TestUnit *unit, StateRequest *request, gpointer user_data)
{
  Knower *knower = user_data;
  g_autoptr (StateRequest) weak = g_weak_ref_get (&knower->weak_ref);

  g_assert_true (weak != request);
  g_assert_true (knower->weak_pointer != request);
  /* Another may well come to where it was. */
  g_assert_true (knower->request != request || knower->is_gone);
  g_assert_null (g_object_get_data (G_OBJECT (request), "knower"));
  g_assert_cmpuint (g_signal_handler_find (request, G_SIGNAL_MATCH_DATA, 0, 0, NULL, NULL, knower),
                    ==, 0);
  g_assert_cmpstr (state_request_get_unit_name (request), ==, test_unit_get_name (unit));
}

static void
assert_forgotten (Knower *knower)
{
  g_autoptr (StateRequest) weak = g_weak_ref_get (&knower->weak_ref);

  g_assert_null (weak);
  g_assert_null (knower->weak_pointer);
  if (knower->way != KNOWN_BY_WEAK_REF && knower->way != KNOWN_BY_WEAK_POINTER &&
      knower->way != KNOWN_BY_REFERENCE)
    g_assert_cmpint (knower->is_gone, ==, 1);
}

/* Requests are put to one unit after the other, but for one that somebody knows of. */
static void
known_to (WayToKnow way, TestAnswer answer)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk;
  Knower knower = { .way = way };
  g_autoptr (GError) error = NULL;

  g_weak_ref_init (&knower.weak_ref, NULL);
  test_set_add (set, "clock", NULL);
  disk = test_set_add (set, "disk", "clock", NULL);
  test_set_add (set, "net", "disk", NULL);
  test_set_add (set, "shell", "net", NULL);
  test_set_answer_all (set, answer);
  for (guint i = 0; i < 4; i++)
    {
      const char *names[] = { "clock", "disk", "net", "shell" };
      TestUnit *unit = test_set_get_unit (set, names[i]);

      test_unit_set_hook (unit, STATE_OPERATION_START, unit == disk ? come_to_know : assert_unknown,
                          &knower);
      test_unit_set_hook (unit, STATE_OPERATION_STOP, assert_unknown, &knower);
    }
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_stop (set->units, &error);
  g_assert_no_error (error);

  if (way == KNOWN_BY_REFERENCE)
    {
      g_assert_cmpstr (state_request_get_unit_name (knower.request), ==, "disk");
      g_assert_true (state_request_get_unit (knower.request) == STATE_UNIT (disk));
      g_assert_cmpint (state_request_get_operation (knower.request), ==, STATE_OPERATION_START);
      g_assert_true (state_request_is_answered (knower.request));
      g_assert_finalize_object (knower.request);
    }
  /* A thread that answered may be the last to let go of it. */
  test_wait_until (way < KNOWN_BY_WEAK_NOTIFY || g_atomic_int_get (&knower.is_gone));
  if (answer != TEST_ANSWER_FROM_THREAD)
    assert_forgotten (&knower);
  g_clear_weak_pointer (&knower.weak_pointer);
  g_weak_ref_clear (&knower.weak_ref);
}

static void
test_not_used_again_when_known (void)
{
  const TestAnswer answers[] = { TEST_ANSWER_AT_ONCE, TEST_ANSWER_LATER, TEST_ANSWER_FROM_THREAD };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    for (guint way = 0; way < N_WAYS_TO_KNOW; way++)
      {
        g_test_message ("answer %d, known in way %u", answers[i], way);
        known_to (way, answers[i]);
      }
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/request/is-answered-once", test_answers_once);
  g_test_add_func ("/request/fails-in-three-ways", test_failures);
  g_test_add_func ("/request/fails-when-dropped", test_dropped);
  g_test_add_func ("/request/is-answered-from-another-thread", test_from_another_thread);
  g_test_add_func ("/request/fails-by-a-bad-answer", test_bad_answers);
  g_test_add_func ("/request/takes-any-state-or-none", test_state);
  g_test_add_func ("/request/says-what-is-asked", test_what_it_says);
  g_test_add_func ("/request/keeps-its-unit-alive", test_keeps_its_unit_alive);
  g_test_add_func ("/request/is-cancelled-in-the-context-of-the-set", test_cancellable);
  g_test_add_func ("/request/is-found-cancelled-later", test_cancellable_made_late);
  g_test_add_func ("/request/runs-in-a-thread", test_run_in_thread);
  g_test_add_func ("/request/runs-in-a-thread-of-a-spawned-unit",
                   test_run_in_thread_of_a_spawned_unit);
  g_test_add_func ("/request/a-hundred-block-at-once", test_a_hundred_block_at_once);
  g_test_add_func ("/request/is-passed-on", test_apply);
  g_test_add_func ("/request/bears-strange-progress", test_strange_progress);
  g_test_add_func ("/request/is-not-used-again-while-somebody-knows-of-it",
                   test_not_used_again_when_known);
  return g_test_run ();
}
