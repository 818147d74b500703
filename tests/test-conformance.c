/* SPDX-License-Identifier: MIT */

/* A unit that keeps its promises passes every case of the conformance kit; one that breaks
 * one of them fails the case of that promise, with the reason, and no other. */

#include "test-conformance-unit.h"

#include <string.h>

#define SLOW STATE_UNIT_CONFORMANCE_FLAGS_SLOW
#define THREADED STATE_UNIT_CONFORMANCE_FLAGS_THREADED

/* The time for an answer that never comes, in ms. */
#define SHORT 1000

static StateUnit *
make_device (gpointer fault)
{
  return faulty_device_new (fault);
}

static void
change_hidden (StateUnit *unit, gpointer user_data)
{
  FaultyDevice *device = FAULTY_DEVICE (unit);

  faulty_device_set_hidden (device, faulty_device_get_hidden (device) + 1);
}

static StateUnitConformance *
conformance_of (const char *fault, StateUnitConformanceFlags flags)
{
  StateUnitConformance *conformance =
      state_unit_conformance_new (flags, make_device, (char *) fault, NULL);

  state_unit_conformance_set_change_func (conformance, change_hidden, NULL, NULL);
  return conformance;
}

static void
clean_up (void)
{
  faulty_device_drop_forgotten ();
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* --- Units that keep their promises --- */

static void
test_good (gconstpointer flags)
{
  g_autoptr (StateUnitConformance) conformance =
      conformance_of (NULL, GPOINTER_TO_UINT (flags) | SLOW);
  g_auto (GStrv) names = state_unit_conformance_list_cases (conformance);

  g_assert_cmpuint (g_strv_length (names), ==, 11);
  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autoptr (GError) error = NULL;

      state_unit_conformance_run_case (conformance, names[i], &error);
      g_assert_no_error (error);
    }
}

/* --- Units that break one --- */

typedef struct
{
  const char *fault;
  const char *fails; /* the case */
  const char *words; /* at the end of the message */
  guint limit;       /* 0: as long as it takes */
  gboolean alone;    /* nothing else can be tried */
} Row;

static const Row rows[] = {
  { "start-drops", "requests-answered-once", "but start was dropped without an answer" },
  { "start-fails", "requests-answered-once",
    "but start failed: no such device; units to be tried have to start and stop" },
  { "start-hangs", "requests-answered-once", "but start was not answered within 1000 ms", SHORT,
    TRUE },
  { "start-answers-twice", "requests-answered-once", "but start was answered twice" },
  { "start-answers-twice-late", "requests-answered-once", "but start was answered twice" },
  { "cancelled-start-answers-twice", "requests-answered-once", "but start was answered twice" },
  { "save-drops", "requests-answered-once", "but save was dropped without an answer" },
  { "reset-drops", "requests-answered-once", "but reset was dropped without an answer" },
  { "stop-fails-when-stopped", "stop-is-idempotent", "but a second stop failed: it does not run" },
  { "stop-fails-when-new", "stop-is-idempotent",
    "but a stop before it was ever started failed: it has never run" },
  { "save-fails", "save-changes-nothing", "but save failed: it is full when it is new" },
  { "save-fails-when-new", "save-changes-nothing",
    "but save failed: there is nothing yet when it is new" },
  { "save-changes", "save-changes-nothing",
    "but what it saves went starts from uint64 0 to uint64 1 by a save when it is "
    "new" },
  { "save-shows", "save-changes-nothing",
    "but what it shows went saves from uint32 2 to uint32 3 by a save when it is new" },
  { "restore-fails", "restore-gives-saved-state", "but restore failed: it cannot be restored" },
  { "restore-loses-mode", "restore-gives-saved-state",
    "but what it saves went mode from 1 to 0 by a restore" },
  { "restore-loses-hidden", "restore-gives-saved-state",
    "but what it saves went hidden from uint32 1 to uint32 2 by a restore" },
  { "restore-into-old-only", "restore-gives-saved-state",
    "but what it saves went starts from uint64 1 to uint64 0 by a restore into a new unit" },
  { "post-restore-fails", "restore-gives-saved-state", "but post-restore failed: it does not fit" },
  { "version-is-too-old", "restore-gives-saved-state",
    "but it saves version 2 and restores none that is older than 3" },
  { "failed-restore-hangs", "reset-after-failed-restore",
    "but restore was not answered within 1000 ms when given @a{sv} {}", SHORT, TRUE },
  { "failed-restore-drops", "reset-after-failed-restore",
    "but restore was dropped without an answer when given @a{sv} {}" },
  { "failed-restore-breaks-reset", "reset-after-failed-restore",
    "but reset failed: it is broken after the restore of @a{sv} {} had failed" },
  { "start-fails-after-restore", "reset-after-failed-restore",
    "but start failed: it is broken after the restore of @a{sv} {} had failed" },
  { "reset-fails", "reset-after-failed-restore", "but reset failed: it cannot be reset" },
  { "old-version-drops", "reset-after-failed-restore",
    "but restore was dropped without an answer when given its state as version 1" },
  { "cancelled-start-hangs", "cancel-start",
    "but start was not answered within 1000 ms when it was cancelled before the unit was asked",
    SHORT, TRUE },
  { "cancelled-start-runs", "cancel-start",
    "but start failed: it runs already after a start that was cancelled had failed" },
  { "cancelled-stop-breaks", "cancel-stop",
    "but stop failed: it is stuck after a stop that was cancelled had failed" },
  { "cancelled-reset-breaks", "cancel-reset",
    "but reset failed: it is broken after a reset that was cancelled had failed" },
  { "cancelled-save-changes", "cancel-save",
    "but what it saves went starts from uint64 1 to uint64 2 after a save that was cancelled "
    "had failed" },
  { "cancelled-restore-breaks", "cancel-restore",
    "but restore failed: it is half restored after a restore that was cancelled had failed" },
  { "inspect-fails", "inspect-at-any-time",
    "but inspect failed: it is secret when it was stopped" },
  { "inspect-has-wrong-type", "inspect-at-any-time",
    "but inspect failed: inspect was answered with type i; answer with a{sv} when it was stopped" },
  { "inspect-hangs-when-busy", "inspect-at-any-time",
    "but inspect was not answered within 1000 ms right behind a start", SHORT, TRUE },
  { "inspect-changes", "inspect-at-any-time",
    "but what it saves went starts from uint64 0 to uint64 1 by an inspection" },
  { "inspect-breaks-start", "inspect-at-any-time",
    "but start failed: somebody looked when it was inspected meanwhile" },
};

static void
assert_fails (StateUnitConformance *conformance, const Row *row, const GError *error)
{
  g_autofree char *begin =
      g_strdup_printf ("FaultyDevice fails %s: a unit promises that ", row->fails);

  g_assert_error (error, STATE_UNIT_CONFORMANCE_ERROR, STATE_UNIT_CONFORMANCE_ERROR_FAILED);
  g_assert_true (g_str_has_prefix (error->message, begin));
  if (!g_str_has_suffix (error->message, row->words))
    g_assert_cmpstr (error->message, ==, row->words);
}

static void
test_broken (gconstpointer data)
{
  const Row *row = data;
  g_autoptr (StateUnitConformance) conformance =
      conformance_of (row->fault, row->limit != 0 ? 0 : SLOW);
  g_auto (GStrv) names = state_unit_conformance_list_cases (conformance);

  if (row->limit != 0)
    state_unit_conformance_set_time_limit (conformance, row->limit);
  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autoptr (GError) error = NULL;
      gboolean is_it = strcmp (names[i], row->fails) == 0;

      if (row->alone && !is_it)
        continue;
      g_test_message ("%s", names[i]);
      state_unit_conformance_run_case (conformance, names[i], &error);
      clean_up ();
      if (is_it)
        assert_fails (conformance, row, error);
      else if (error != NULL)
        g_assert_error (error, STATE_UNIT_CONFORMANCE_ERROR, STATE_UNIT_CONFORMANCE_ERROR_SKIPPED);
    }
}

/* --- In a main loop of the caller's --- */

static void
case_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  state_unit_conformance_run_case_finish (STATE_UNIT_CONFORMANCE (source), result, &error);
  g_assert_error (error, STATE_UNIT_CONFORMANCE_ERROR, STATE_UNIT_CONFORMANCE_ERROR_FAILED);
  g_main_loop_quit (user_data);
}

static void
test_async (void)
{
  g_autoptr (StateUnitConformance) conformance = conformance_of ("cancelled-stop-breaks", SLOW);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  state_unit_conformance_run_case_async (conformance, "cancel-stop", NULL, case_done, loop);
  g_main_loop_run (loop);
}

static void
case_cancelled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  state_unit_conformance_run_case_finish (STATE_UNIT_CONFORMANCE (source), result, &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_main_loop_quit (user_data);
}

static void
test_async_cancelled (void)
{
  g_autoptr (StateUnitConformance) conformance = conformance_of (NULL, SLOW);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  state_unit_conformance_run_case_async (conformance, "cancel-stop", cancellable, case_cancelled,
                                         loop);
  g_cancellable_cancel (cancellable);
  g_main_loop_run (loop);
}

/* Nobody iterates the context, as far as this thread is concerned. */
static gpointer
run_elsewhere (gpointer conformance)
{
  g_autoptr (GError) error = NULL;

  state_unit_conformance_run_case (conformance, "cancel-stop", &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  return NULL;
}

static void
test_foreign_context (void)
{
  g_autoptr (StateUnitConformance) conformance = conformance_of (NULL, SLOW);

  g_assert_true (g_main_context_acquire (NULL));
  g_thread_join (g_thread_new ("elsewhere", run_elsewhere, conformance));
  g_main_context_release (NULL);
}

/* --- Units that cannot be tried --- */

static StateUnit *
make_nothing (gpointer n_made)
{
  ++*(guint *) n_made;
  return NULL;
}

static void
count (gpointer n)
{
  ++*(guint *) n;
}

static void
test_no_unit (void)
{
  guint n_made = 0;
  StateUnitConformance *conformance =
      state_unit_conformance_new (STATE_UNIT_CONFORMANCE_FLAGS_NONE, make_nothing, &n_made, count);
  g_auto (GStrv) names = state_unit_conformance_list_cases (conformance);

  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autoptr (GError) error = NULL;

      state_unit_conformance_run_case (conformance, names[i], &error);
      g_assert_error (error, STATE_UNIT_CONFORMANCE_ERROR, STATE_UNIT_CONFORMANCE_ERROR_FAILED);
      g_assert_true (g_str_has_suffix (error->message, "but the factory made no unit"));
      g_assert_cmpuint (n_made, ==, i + 1);
    }
  g_object_unref (conformance);
  g_assert_cmpuint (n_made, ==, 12); /* destroyed */
}

static void
test_bare (void)
{
  g_autoptr (StateUnitConformance) conformance = g_object_new (STATE_UNIT_TYPE_CONFORMANCE, NULL);
  g_autoptr (GError) error = NULL;

  state_unit_conformance_run_case (conformance, "cancel-stop", &error);
  g_assert_error (error, STATE_UNIT_CONFORMANCE_ERROR, STATE_UNIT_CONFORMANCE_ERROR_FAILED);
}

static void
test_unknown_case (void)
{
  g_autoptr (StateUnitConformance) conformance = conformance_of (NULL, 0);
  g_autoptr (GError) error = NULL;

  state_unit_conformance_run_case (conformance, "start-is-idempotent", &error);
  g_assert_error (error, STATE_UNIT_CONFORMANCE_ERROR, STATE_UNIT_CONFORMANCE_ERROR_UNKNOWN_CASE);
  g_assert_nonnull (strstr (error->message, "start-is-idempotent"));
}

/* A case that a unit runs in the course of another. */
static StateUnit *
make_reentrant (gpointer conformance)
{
  g_autoptr (GError) error = NULL;

  state_unit_conformance_run_case (*(StateUnitConformance **) conformance, "cancel-stop", &error);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  return faulty_device_new (NULL);
}

static void
test_busy (void)
{
  StateUnitConformance *conformance;
  g_autoptr (GError) error = NULL;

  conformance = state_unit_conformance_new (SLOW, make_reentrant, &conformance, NULL);
  state_unit_conformance_run_case (conformance, "cancel-stop", &error);
  g_assert_no_error (error);
  g_object_unref (conformance);
}

static void
assert_skipped (StateUnitConformance *conformance, const char *name, const char *words)
{
  g_autoptr (GError) error = NULL;

  state_unit_conformance_run_case (conformance, name, &error);
  clean_up ();
  g_assert_error (error, STATE_UNIT_CONFORMANCE_ERROR, STATE_UNIT_CONFORMANCE_ERROR_SKIPPED);
  if (!g_str_has_suffix (error->message, words))
    g_assert_cmpstr (error->message, ==, words);
}

/* A restore that does nothing would pass as well. */
static void
test_nothing_changes (void)
{
  g_autoptr (StateUnitConformance) conformance =
      state_unit_conformance_new (SLOW, make_device, (char *) "never-changes", NULL);

  assert_skipped (conformance, "restore-gives-saved-state",
                  "FaultyDevice could not be tried for restore-gives-saved-state: nothing that was "
                  "tried changed what it saves, so that a restore that does nothing would pass; "
                  "give a function that changes it");
}

static void
test_nothing_saved (void)
{
  g_autoptr (StateUnitConformance) conformance = conformance_of ("saves-nothing", SLOW);
  g_autoptr (GError) error = NULL;

  state_unit_conformance_run_case (conformance, "save-changes-nothing", &error);
  g_assert_no_error (error);
  assert_skipped (conformance, "restore-gives-saved-state",
                  "it saves nothing; if that is as it should be, leave the case out");
  assert_skipped (conformance, "reset-after-failed-restore",
                  "it saves nothing; if that is as it should be, leave the case out");
}

static void
assert_cases (StateUnitConformanceFlags flags, const char *expected)
{
  g_autoptr (StateUnitConformance) conformance = conformance_of (NULL, flags);
  g_auto (GStrv) names = state_unit_conformance_list_cases (conformance);
  g_autofree char *joined = g_strjoinv (" ", names);

  g_assert_cmpstr (joined, ==, expected);
}

static void
test_left_out (void)
{
  assert_cases (STATE_UNIT_CONFORMANCE_FLAGS_NO_SAVE,
                "requests-answered-once stop-is-idempotent cancel-start cancel-stop cancel-reset "
                "inspect-at-any-time");
  assert_cases (STATE_UNIT_CONFORMANCE_FLAGS_NO_RESTORE,
                "requests-answered-once stop-is-idempotent save-changes-nothing cancel-start "
                "cancel-stop cancel-reset cancel-save inspect-at-any-time");
  assert_cases (STATE_UNIT_CONFORMANCE_FLAGS_NO_RESET,
                "requests-answered-once stop-is-idempotent save-changes-nothing "
                "restore-gives-saved-state cancel-start cancel-stop cancel-save cancel-restore "
                "inspect-at-any-time");
}

/* What is left out is not asked of the unit either. */
static void
test_flags (void)
{
  static const struct
  {
    const char *fault;
    StateUnitConformanceFlags flags;
  } kinds[] = {
    { "save-drops", STATE_UNIT_CONFORMANCE_FLAGS_NO_SAVE },
    { "restore-fails", STATE_UNIT_CONFORMANCE_FLAGS_NO_RESTORE },
    { "reset-drops", STATE_UNIT_CONFORMANCE_FLAGS_NO_RESET },
    { "restore-loses-mode", STATE_UNIT_CONFORMANCE_FLAGS_NO_UPDATE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autoptr (StateUnitConformance) conformance =
          conformance_of (kinds[i].fault, kinds[i].flags | SLOW);
      g_auto (GStrv) names = state_unit_conformance_list_cases (conformance);

      for (guint k = 0; names[k] != NULL; k++)
        {
          g_autoptr (GError) error = NULL;

          state_unit_conformance_run_case (conformance, names[k], &error);
          g_assert_no_error (error);
        }
    }
}

/* --- Units that block --- */

static void
test_blocks_own_thread (void)
{
  g_autoptr (StateUnitConformance) conformance = conformance_of ("start-blocks", THREADED);
  g_autoptr (GError) error = NULL;

  state_unit_conformance_set_time_limit (conformance, SHORT);
  state_unit_conformance_run_case (conformance, "requests-answered-once", &error);
  g_assert_error (error, STATE_UNIT_CONFORMANCE_ERROR, STATE_UNIT_CONFORMANCE_ERROR_FAILED);
  g_assert_true (g_str_has_suffix (error->message, "but start was not answered within 1000 ms"));
  faulty_device_unblock_all ();
}

static void
test_blocks_caller (void)
{
  if (g_test_subprocess ())
    {
      g_autoptr (StateUnitConformance) conformance = conformance_of ("start-blocks", 0);

      state_unit_conformance_set_time_limit (conformance, SHORT);
      state_unit_conformance_run_case (conformance, "requests-answered-once", NULL);
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*FaultyDevice fails requests-answered-once: *but start was not "
                             "answered within 1000 ms; it still blocks the thread that it was "
                             "called on, so that the program ends here*");
}

/* --- In a test program --- */

/* This program again, as the tests of a unit that stops only once and saves nothing. */
static void
test_in_test_program (gconstpointer program)
{
  const char *argv[] = { program, "--tap", "--unit", "-k", NULL };
  g_autofree char *output = NULL;
  g_autoptr (GError) error = NULL;
  int status;

  g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &output, NULL, &status,
                &error);
  g_assert_no_error (error);
  g_assert_false (g_spawn_check_wait_status (status, NULL));
  g_assert_nonnull (strstr (output, "1..11\n"));
  g_assert_nonnull (strstr (output, "\nok 1 /device/conformance/requests-answered-once"));
  g_assert_nonnull (strstr (output, "\nnot ok 2 /device/conformance/stop-is-idempotent"));
  g_assert_nonnull (strstr (output, "\nok 3 /device/conformance/save-changes-nothing"));
  g_assert_nonnull (
      strstr (output, "\nok 4 /device/conformance/restore-gives-saved-state # SKIP "));
  g_assert_nonnull (strstr (output, "FaultyDevice fails stop-is-idempotent: "));
  g_assert_nonnull (strstr (output, "\nok 11 /device/conformance/inspect-at-any-time"));
}

int
main (int argc, char *argv[])
{
  gboolean is_of_unit = argc == 4 && strcmp (argv[2], "--unit") == 0;

  g_test_init (&argc, &argv, NULL);
  if (is_of_unit)
    {
      state_unit_conformance_add ("/device/conformance", SLOW, make_device,
                                  (char *) "stops-once-and-saves-nothing", NULL);
      return g_test_run ();
    }

  g_test_add_data_func ("/conformance/good", GUINT_TO_POINTER (0), test_good);
  g_test_add_data_func ("/conformance/good/threaded", GUINT_TO_POINTER (THREADED), test_good);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/conformance/broken/%s", rows[i].fault);

      g_test_add_data_func (path, &rows[i], test_broken);
    }
  g_test_add_func ("/conformance/async", test_async);
  g_test_add_func ("/conformance/async/cancelled", test_async_cancelled);
  g_test_add_func ("/conformance/foreign-context", test_foreign_context);
  g_test_add_func ("/conformance/no-unit", test_no_unit);
  g_test_add_func ("/conformance/bare", test_bare);
  g_test_add_func ("/conformance/unknown-case", test_unknown_case);
  g_test_add_func ("/conformance/busy", test_busy);
  g_test_add_func ("/conformance/nothing-changes", test_nothing_changes);
  g_test_add_func ("/conformance/nothing-saved", test_nothing_saved);
  g_test_add_func ("/conformance/left-out", test_left_out);
  g_test_add_func ("/conformance/flags", test_flags);
  g_test_add_func ("/conformance/blocks/own-thread", test_blocks_own_thread);
  g_test_add_func ("/conformance/blocks/caller", test_blocks_caller);
  g_test_add_data_func ("/conformance/in-test-program", argv[0], test_in_test_program);
  return g_test_run ();
}
