/* SPDX-License-Identifier: MIT */

#include "conformance-private.h"
#include "trial-private.h"

#include <string.h>

/**
 * SECTION:state-unit-conformance
 * @title: StateUnitConformance
 * @short_description: tries whether a unit keeps its promises
 * @include: state-unit-testing.h
 *
 * See #StateUnitConformance.
 */

/**
 * StateUnitConformance:
 *
 * Tries whether a unit keeps the promises of #StateUnit, in a number of cases, for the
 * tests of those who write units. It is in a library of its own, `state-unit-testing-1`.
 *
 * In a test program of GLib's, state_unit_conformance_add() is all there is to do; each
 * case becomes a test.
 *
 * |[<!-- language="C" -->
 * #include <state-unit-testing.h>
 *
 * static StateUnit *
 * make_disk (gpointer user_data)
 * {
 *   return STATE_UNIT (disk_new ());
 * }
 *
 * int
 * main (int argc, char **argv)
 * {
 *   g_test_init (&argc, &argv, NULL);
 *   state_unit_conformance_add ("/disk/conformance", STATE_UNIT_CONFORMANCE_FLAGS_NONE,
 *                               make_disk, NULL, NULL);
 *   return g_test_run ();
 * }
 * ]|
 *
 * Other test programs, and other languages, make an object of this class and run its
 * cases one by one: state_unit_conformance_list_cases(),
 * state_unit_conformance_run_case(). The cases are
 *
 * - `requests-answered-once`: each request is answered, and once
 * - `stop-is-idempotent`: a unit that is stopped can be stopped again
 * - `save-changes-nothing`: a save succeeds, and neither what the unit saves next nor its
 *   inspect tree is another
 * - `restore-gives-saved-state`: it saves, is given other contents, is restored and saves
 *   the same; so does a new unit that is restored
 * - `reset-after-failed-restore`: states that no unit has saved, whether it restores them
 *   or not, leave it so that it can be reset and started
 * - `cancel-start`, `cancel-stop`, `cancel-reset`, `cancel-save`, `cancel-restore`: the
 *   request is cancelled before the unit is called, after the next turn of its main
 *   context, and so on; it is answered, and leaves the unit so that one can go on
 * - `inspect-at-any-time`: it is inspected after each turn of every other request
 *
 * The unit is given other contents by a start and a stop, by an update of each field of
 * its inspect tree that can be changed, and by the function of
 * state_unit_conformance_set_change_func().
 *
 * The unit is called in the thread-default main context of those who run the case, in a
 * set that is on another thread; or, with %STATE_UNIT_CONFORMANCE_FLAGS_THREADED, on a
 * thread of its own, while the caller's context goes on. It has a time limit for each
 * answer, so that every case ends; one that blocks the thread of the caller in its
 * functions beyond that ends the program, with a message that says so.
 *
 * A unit that ends the program, with a critical message or otherwise, ends it in these
 * cases, too; but the critical message about a second answer does not while a case runs,
 * and becomes the failure of the first one.
 *
 * Since: 1.0
 */

struct _StateUnitConformance
{
  GObject parent_instance;

  StateUnitConformanceFlags flags;
  guint time_limit;
  StateUnitConformanceFactory factory;
  gpointer factory_data;
  GDestroyNotify factory_destroy;
  StateUnitConformanceChangeFunc change;
  gpointer change_data;
  GDestroyNotify change_destroy;
};

G_DEFINE_FINAL_TYPE (StateUnitConformance, state_unit_conformance, G_TYPE_OBJECT)

/* clang-format off */
G_DEFINE_QUARK (state-unit-conformance-error-quark, state_unit_conformance_error)
/* clang-format on */

G_DEFINE_ENUM_TYPE (StateUnitConformanceError,
                    state_unit_conformance_error,
                    G_DEFINE_ENUM_VALUE (STATE_UNIT_CONFORMANCE_ERROR_FAILED, "failed"),
                    G_DEFINE_ENUM_VALUE (STATE_UNIT_CONFORMANCE_ERROR_SKIPPED, "skipped"),
                    G_DEFINE_ENUM_VALUE (STATE_UNIT_CONFORMANCE_ERROR_UNKNOWN_CASE, "unknown-case"))

G_DEFINE_FLAGS_TYPE (StateUnitConformanceFlags,
                     state_unit_conformance_flags,
                     G_DEFINE_ENUM_VALUE (STATE_UNIT_CONFORMANCE_FLAGS_NONE, "none"),
                     G_DEFINE_ENUM_VALUE (STATE_UNIT_CONFORMANCE_FLAGS_NO_SAVE, "no-save"),
                     G_DEFINE_ENUM_VALUE (STATE_UNIT_CONFORMANCE_FLAGS_NO_RESTORE, "no-restore"),
                     G_DEFINE_ENUM_VALUE (STATE_UNIT_CONFORMANCE_FLAGS_NO_RESET, "no-reset"),
                     G_DEFINE_ENUM_VALUE (STATE_UNIT_CONFORMANCE_FLAGS_NO_UPDATE, "no-update"),
                     G_DEFINE_ENUM_VALUE (STATE_UNIT_CONFORMANCE_FLAGS_THREADED, "threaded"),
                     G_DEFINE_ENUM_VALUE (STATE_UNIT_CONFORMANCE_FLAGS_SLOW, "slow"))

/* For each answer, in ms. */
#define TIME_LIMIT 5000
#define SLOW_TIME_LIMIT 60000

static void
drop_change_func (StateUnitConformance *self)
{
  GDestroyNotify destroy = self->change_destroy;
  gpointer data = g_steal_pointer (&self->change_data);

  self->change = NULL;
  self->change_destroy = NULL;
  if (destroy != NULL)
    destroy (data);
}

static void
state_unit_conformance_finalize (GObject *object)
{
  StateUnitConformance *self = STATE_UNIT_CONFORMANCE (object);

  drop_change_func (self);
  if (self->factory_destroy != NULL)
    self->factory_destroy (self->factory_data);
  G_OBJECT_CLASS (state_unit_conformance_parent_class)->finalize (object);
}

static void
state_unit_conformance_class_init (StateUnitConformanceClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = state_unit_conformance_finalize;
}

static void
state_unit_conformance_init (StateUnitConformance *self)
{
  self->time_limit = TIME_LIMIT;
}

/* NULL: there is no factory, or it made none. */
StateUnit *
state_unit_conformance_make_unit (StateUnitConformance *self)
{
  StateUnit *unit = self->factory != NULL ? self->factory (self->factory_data) : NULL;

  if (unit != NULL && g_object_is_floating (unit))
    g_object_ref_sink (unit);
  return unit;
}

gboolean
state_unit_conformance_has_change_func (StateUnitConformance *self)
{
  return self->change != NULL;
}

void
state_unit_conformance_change_unit (StateUnitConformance *self, StateUnit *unit)
{
  self->change (unit, self->change_data);
}

/**
 * state_unit_conformance_new:
 * @flags: how the unit is tried
 * @factory: (scope notified) (closure user_data) (destroy destroy): makes the units to
 *   be tried
 * @user_data: data for @factory
 * @destroy: (nullable): called with @user_data when the object is finalized
 *
 * Makes the cases for a kind of unit.
 *
 * Returns: (transfer full): the cases
 *
 * Since: 1.0
 */
StateUnitConformance *
state_unit_conformance_new (StateUnitConformanceFlags flags,
                            StateUnitConformanceFactory factory,
                            gpointer user_data,
                            GDestroyNotify destroy)
{
  StateUnitConformance *self;

  g_return_val_if_fail (factory != NULL, NULL);

  self = g_object_new (STATE_UNIT_TYPE_CONFORMANCE, NULL);
  self->flags = flags;
  self->factory = factory;
  self->factory_data = user_data;
  self->factory_destroy = destroy;
  if ((flags & STATE_UNIT_CONFORMANCE_FLAGS_SLOW) != 0)
    self->time_limit = SLOW_TIME_LIMIT;
  return self;
}

/**
 * state_unit_conformance_get_flags:
 * @self: the cases for a kind of unit
 *
 * Gets how the unit is tried.
 *
 * Returns: the flags
 *
 * Since: 1.0
 */
StateUnitConformanceFlags
state_unit_conformance_get_flags (StateUnitConformance *self)
{
  g_return_val_if_fail (STATE_UNIT_IS_CONFORMANCE (self), STATE_UNIT_CONFORMANCE_FLAGS_NONE);

  return self->flags;
}

/**
 * state_unit_conformance_get_time_limit:
 * @self: the cases for a kind of unit
 *
 * Gets how long the unit may take for each answer.
 *
 * Returns: the time, in ms; 0: there is no limit
 *
 * Since: 1.0
 */
guint
state_unit_conformance_get_time_limit (StateUnitConformance *self)
{
  g_return_val_if_fail (STATE_UNIT_IS_CONFORMANCE (self), 0);

  return self->time_limit;
}

/**
 * state_unit_conformance_set_time_limit:
 * @self: the cases for a kind of unit
 * @ms: the time, in ms; 0: there is no limit
 *
 * Sets how long the unit may take for each answer, the factory for each unit and the
 * function that changes it for each change: 5 s, unless set, and a minute with
 * %STATE_UNIT_CONFORMANCE_FLAGS_SLOW. What is tried again and again within one case, such
 * as a cancellation after one more turn, is not begun again after this time.
 *
 * Without a limit one can look at a unit in a debugger, and a case with a unit that hangs
 * does not end.
 *
 * Since: 1.0
 */
void
state_unit_conformance_set_time_limit (StateUnitConformance *self, guint ms)
{
  g_return_if_fail (STATE_UNIT_IS_CONFORMANCE (self));

  self->time_limit = ms;
}

/**
 * state_unit_conformance_set_change_func:
 * @self: the cases for a kind of unit
 * @func: (nullable) (scope notified) (closure user_data) (destroy destroy): changes a
 *   unit; %NULL: there is none
 * @user_data: data for @func
 * @destroy: (nullable): called with @user_data when the function is replaced, or the
 *   object finalized
 *
 * Sets what gives a unit other contents between a save and a restore, beside running it
 * and changing the fields of its inspect tree. Without it, the restore of a unit whose
 * contents these do not change cannot be tried, and the case is skipped.
 *
 * Since: 1.0
 */
void
state_unit_conformance_set_change_func (StateUnitConformance *self,
                                        StateUnitConformanceChangeFunc func,
                                        gpointer user_data,
                                        GDestroyNotify destroy)
{
  g_return_if_fail (STATE_UNIT_IS_CONFORMANCE (self));

  drop_change_func (self);
  self->change = func;
  self->change_data = user_data;
  self->change_destroy = destroy;
}

/**
 * state_unit_conformance_list_cases:
 * @self: the cases for a kind of unit
 *
 * Lists the names of the cases, such as `stop-is-idempotent`, without those that the
 * flags leave out.
 *
 * Returns: (transfer full) (array zero-terminated=1): the names
 *
 * Since: 1.0
 */
char **
state_unit_conformance_list_cases (StateUnitConformance *self)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();

  g_return_val_if_fail (STATE_UNIT_IS_CONFORMANCE (self), NULL);

  for (const TrialCase *kind = trial_cases; kind->name != NULL; kind++)
    if ((kind->left_out_by & self->flags) == 0)
      g_strv_builder_add (names, kind->name);
  return g_strv_builder_end (names);
}

/**
 * state_unit_conformance_run_case_async:
 * @self: the cases for a kind of unit
 * @name: the name of a case
 * @cancellable: (nullable): a cancellable; the case goes on to its end all the same
 * @callback: (scope async) (closure user_data): called in the thread-default main context
 *   of the caller when the case is done
 * @user_data: data for @callback
 *
 * Runs one case, with new units, for programs whose main loop is not GLib's: the
 * thread-default main context of the caller has to be iterated by somebody. One case at
 * a time runs in a process.
 *
 * Since: 1.0
 */
void
state_unit_conformance_run_case_async (StateUnitConformance *self,
                                       const char *name,
                                       GCancellable *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data)
{
  GTask *task;

  g_return_if_fail (STATE_UNIT_IS_CONFORMANCE (self));
  g_return_if_fail (name != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, G_GNUC_EXTENSION (gpointer) state_unit_conformance_run_case_async);
  for (const TrialCase *kind = trial_cases; kind->name != NULL; kind++)
    if (strcmp (kind->name, name) == 0)
      {
        trial_run (self, kind, task);
        return;
      }
  g_task_return_new_error (
      task, STATE_UNIT_CONFORMANCE_ERROR, STATE_UNIT_CONFORMANCE_ERROR_UNKNOWN_CASE,
      "there is no case %s: state_unit_conformance_list_cases() lists those there are", name);
  g_object_unref (task);
}

/**
 * state_unit_conformance_run_case_finish:
 * @self: the cases for a kind of unit
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_unit_conformance_run_case_async().
 *
 * Errors: those of state_unit_conformance_run_case(); %G_IO_ERROR_CANCELLED.
 *
 * Returns: whether the unit passed
 *
 * Since: 1.0
 */
gboolean
state_unit_conformance_run_case_finish (StateUnitConformance *self,
                                        GAsyncResult *result,
                                        GError **error)
{
  g_return_val_if_fail (STATE_UNIT_IS_CONFORMANCE (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, state_unit_conformance_run_case_async),
                        FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
case_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

/**
 * state_unit_conformance_run_case:
 * @self: the cases for a kind of unit
 * @name: the name of a case
 * @error: return location for an error
 *
 * Runs one case, with new units. It iterates the thread-default main context of the
 * caller, and returns when the case is done; one case at a time runs in a process.
 *
 * Errors: %STATE_UNIT_CONFORMANCE_ERROR_FAILED, with a message that names the type of the
 * unit and the case, and says what a unit promises and what this one did;
 * %STATE_UNIT_CONFORMANCE_ERROR_SKIPPED when there was nothing to try;
 * %STATE_UNIT_CONFORMANCE_ERROR_UNKNOWN_CASE; %G_IO_ERROR_BUSY while another case runs, or
 * when another thread iterates the context.
 *
 * Returns: whether the unit passed
 *
 * Since: 1.0
 */
gboolean
state_unit_conformance_run_case (StateUnitConformance *self, const char *name, GError **error)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  g_autoptr (GAsyncResult) result = NULL;

  g_return_val_if_fail (STATE_UNIT_IS_CONFORMANCE (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);

  /* The context is this thread's all the while, also between iterations. */
  if (!g_main_context_acquire (context))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY,
                           "another thread iterates the main context: run the case there");
      return FALSE;
    }
  state_unit_conformance_run_case_async (self, name, NULL, case_done, &result);
  while (result == NULL)
    g_main_context_iteration (context, TRUE);
  g_main_context_release (context);
  return state_unit_conformance_run_case_finish (self, result, error);
}

/* GTest */

typedef struct
{
  StateUnitConformance *conformance;
  char *name;
} TestOfCase;

static void
test_of_case_free (gpointer data)
{
  TestOfCase *test = data;

  g_object_unref (test->conformance);
  g_free (test->name);
  g_free (test);
}

static void
run_test (gconstpointer data)
{
  const TestOfCase *test = data;
  g_autoptr (GError) error = NULL;

  if (state_unit_conformance_run_case (test->conformance, test->name, &error))
    return;
  if (g_error_matches (error, STATE_UNIT_CONFORMANCE_ERROR, STATE_UNIT_CONFORMANCE_ERROR_SKIPPED))
    g_test_skip (error->message);
  else
    g_test_fail_printf ("%s", error->message);
}

/**
 * state_unit_conformance_add_cases:
 * @self: the cases for a kind of unit
 * @path: where to add them, such as `/disk/conformance`
 *
 * Adds a test of GLib's for each case: `/disk/conformance/stop-is-idempotent`. As ever, the
 * first test that fails ends the program, unless it is told to go on with `-k` or
 * g_test_set_nonfatal_assertions(). g_test_init() has to have been called.
 *
 * Since: 1.0
 */
void
state_unit_conformance_add_cases (StateUnitConformance *self, const char *path)
{
  g_auto (GStrv) names = NULL;

  g_return_if_fail (STATE_UNIT_IS_CONFORMANCE (self));
  g_return_if_fail (path != NULL && *path == '/');

  names = state_unit_conformance_list_cases (self);
  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autofree char *path_of_case =
          g_strconcat (path, g_str_has_suffix (path, "/") ? "" : "/", names[i], NULL);
      TestOfCase *test = g_new (TestOfCase, 1);

      *test = (TestOfCase){ g_object_ref (self), g_strdup (names[i]) };
      g_test_add_data_func_full (path_of_case, test, run_test, test_of_case_free);
    }
}

/**
 * state_unit_conformance_add:
 * @path: where to add the tests, such as `/disk/conformance`
 * @flags: how the unit is tried
 * @factory: (scope notified) (closure user_data) (destroy destroy): makes the units to
 *   be tried
 * @user_data: data for @factory
 * @destroy: (nullable): called with @user_data when the tests are over
 *
 * Adds a test of GLib's for each case that the flags do not leave out. It is
 * state_unit_conformance_new() and state_unit_conformance_add_cases() in one call.
 *
 * Since: 1.0
 */
void
state_unit_conformance_add (const char *path,
                            StateUnitConformanceFlags flags,
                            StateUnitConformanceFactory factory,
                            gpointer user_data,
                            GDestroyNotify destroy)
{
  g_autoptr (StateUnitConformance) self = NULL;

  g_return_if_fail (path != NULL && *path == '/');
  g_return_if_fail (factory != NULL);

  self = state_unit_conformance_new (flags, factory, user_data, destroy);
  state_unit_conformance_add_cases (self, path);
}
