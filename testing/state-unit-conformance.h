/* SPDX-License-Identifier: MIT */

#pragma once

#if !defined(STATE_UNIT_TESTING_INSIDE) && !defined(STATE_UNIT_TESTING_COMPILATION)
#error "Only <state-unit-testing.h> can be included directly."
#endif

#include <libstate-unit.h>

#if defined(STATE_UNIT_TESTING_COMPILATION) && defined(__GNUC__)
#define STATE_UNIT_TESTING_AVAILABLE_IN_ALL __attribute__ ((visibility ("default"))) extern
#else
#define STATE_UNIT_TESTING_AVAILABLE_IN_ALL extern
#endif

G_BEGIN_DECLS

/**
 * StateUnitConformanceFlags:
 * @STATE_UNIT_CONFORMANCE_FLAGS_NONE: every case, in the main context of the caller
 * @STATE_UNIT_CONFORMANCE_FLAGS_NO_SAVE: the unit has no state to save: the cases of
 *   saving and restoring are left out
 * @STATE_UNIT_CONFORMANCE_FLAGS_NO_RESTORE: the unit does not restore: the cases of
 *   restoring are left out
 * @STATE_UNIT_CONFORMANCE_FLAGS_NO_RESET: the unit cannot be reset: the cases of
 *   resetting are left out
 * @STATE_UNIT_CONFORMANCE_FLAGS_NO_UPDATE: the fields of the unit's inspect tree are
 *   not changed to give it other contents between a save and a restore
 * @STATE_UNIT_CONFORMANCE_FLAGS_THREADED: the unit is called on a thread of its own,
 *   as by state_unit_builder_spawn(); one that blocks there fails its case
 * @STATE_UNIT_CONFORMANCE_FLAGS_SLOW: the unit has a minute for each answer
 *
 * How a unit is tried, and which cases are left out.
 *
 * Since: 1.0
 */
typedef enum /*< flags >*/
{
  STATE_UNIT_CONFORMANCE_FLAGS_NONE = 0,
  STATE_UNIT_CONFORMANCE_FLAGS_NO_SAVE = 1 << 0,
  STATE_UNIT_CONFORMANCE_FLAGS_NO_RESTORE = 1 << 1,
  STATE_UNIT_CONFORMANCE_FLAGS_NO_RESET = 1 << 2,
  STATE_UNIT_CONFORMANCE_FLAGS_NO_UPDATE = 1 << 3,
  STATE_UNIT_CONFORMANCE_FLAGS_THREADED = 1 << 4,
  STATE_UNIT_CONFORMANCE_FLAGS_SLOW = 1 << 5
} StateUnitConformanceFlags;

#define STATE_UNIT_TYPE_CONFORMANCE_FLAGS (state_unit_conformance_flags_get_type ())
STATE_UNIT_TESTING_AVAILABLE_IN_ALL
GType state_unit_conformance_flags_get_type (void) G_GNUC_CONST;

/**
 * StateUnitConformanceError:
 * @STATE_UNIT_CONFORMANCE_ERROR_FAILED: the unit did not keep its promise
 * @STATE_UNIT_CONFORMANCE_ERROR_SKIPPED: the case could not be tried: the unit saves
 *   nothing, nothing changed what it saves, or what comes before the case itself,
 *   such as a start, failed
 * @STATE_UNIT_CONFORMANCE_ERROR_UNKNOWN_CASE: there is no case of that name
 *
 * Why a case was not passed.
 *
 * Since: 1.0
 */
typedef enum
{
  STATE_UNIT_CONFORMANCE_ERROR_FAILED,
  STATE_UNIT_CONFORMANCE_ERROR_SKIPPED,
  STATE_UNIT_CONFORMANCE_ERROR_UNKNOWN_CASE
} StateUnitConformanceError;

#define STATE_UNIT_TYPE_CONFORMANCE_ERROR (state_unit_conformance_error_get_type ())
STATE_UNIT_TESTING_AVAILABLE_IN_ALL
GType state_unit_conformance_error_get_type (void) G_GNUC_CONST;

/**
 * STATE_UNIT_CONFORMANCE_ERROR:
 *
 * The error domain of the cases; its codes are those of #StateUnitConformanceError.
 *
 * Since: 1.0
 */
#define STATE_UNIT_CONFORMANCE_ERROR (state_unit_conformance_error_quark ())
STATE_UNIT_TESTING_AVAILABLE_IN_ALL
GQuark state_unit_conformance_error_quark (void);

/**
 * StateUnitConformanceFactory:
 * @user_data: the data given with the function
 *
 * Makes a new unit, which is stopped and has its initial contents. All that it makes
 * are alike. It is called in the main context of those who run the case, several
 * times for one case.
 *
 * Returns: (transfer full): the unit
 *
 * Since: 1.0
 */
typedef StateUnit *(*StateUnitConformanceFactory) (gpointer user_data);

/**
 * StateUnitConformanceChangeFunc:
 * @unit: a unit that the factory made; it is stopped
 * @user_data: the data given with the function
 *
 * Changes something of all that a unit saves: a restore has to bring it back. It is
 * called where the unit is called.
 *
 * Since: 1.0
 */
typedef void (*StateUnitConformanceChangeFunc) (StateUnit *unit, gpointer user_data);

#define STATE_UNIT_TYPE_CONFORMANCE (state_unit_conformance_get_type ())
STATE_UNIT_TESTING_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (StateUnitConformance,
                      state_unit_conformance,
                      STATE_UNIT,
                      CONFORMANCE,
                      GObject)

STATE_UNIT_TESTING_AVAILABLE_IN_ALL
void state_unit_conformance_add (const char *path,
                                 StateUnitConformanceFlags flags,
                                 StateUnitConformanceFactory factory,
                                 gpointer user_data,
                                 GDestroyNotify destroy);

STATE_UNIT_TESTING_AVAILABLE_IN_ALL
StateUnitConformance *state_unit_conformance_new (StateUnitConformanceFlags flags,
                                                  StateUnitConformanceFactory factory,
                                                  gpointer user_data,
                                                  GDestroyNotify destroy);
STATE_UNIT_TESTING_AVAILABLE_IN_ALL
StateUnitConformanceFlags state_unit_conformance_get_flags (StateUnitConformance *self);
STATE_UNIT_TESTING_AVAILABLE_IN_ALL
guint state_unit_conformance_get_time_limit (StateUnitConformance *self);
STATE_UNIT_TESTING_AVAILABLE_IN_ALL
void state_unit_conformance_set_time_limit (StateUnitConformance *self, guint ms);
STATE_UNIT_TESTING_AVAILABLE_IN_ALL
void state_unit_conformance_set_change_func (StateUnitConformance *self,
                                             StateUnitConformanceChangeFunc func,
                                             gpointer user_data,
                                             GDestroyNotify destroy);

STATE_UNIT_TESTING_AVAILABLE_IN_ALL
char **state_unit_conformance_list_cases (StateUnitConformance *self);
STATE_UNIT_TESTING_AVAILABLE_IN_ALL
gboolean
state_unit_conformance_run_case (StateUnitConformance *self, const char *name, GError **error);
STATE_UNIT_TESTING_AVAILABLE_IN_ALL
void state_unit_conformance_run_case_async (StateUnitConformance *self,
                                            const char *name,
                                            GCancellable *cancellable,
                                            GAsyncReadyCallback callback,
                                            gpointer user_data);
STATE_UNIT_TESTING_AVAILABLE_IN_ALL
gboolean state_unit_conformance_run_case_finish (StateUnitConformance *self,
                                                 GAsyncResult *result,
                                                 GError **error);
STATE_UNIT_TESTING_AVAILABLE_IN_ALL
void state_unit_conformance_add_cases (StateUnitConformance *self, const char *path);

G_END_DECLS
