/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-types.h"

G_BEGIN_DECLS

/**
 * StateOperation:
 * @STATE_OPERATION_START: begin to run
 * @STATE_OPERATION_STOP: cease to run
 * @STATE_OPERATION_RESET: return to the initial contents
 * @STATE_OPERATION_SAVE: hand out the contents, changing nothing
 * @STATE_OPERATION_RESTORE: take on saved contents
 * @STATE_OPERATION_POST_RESTORE: finish restoring, now that every unit has
 *   been restored; a part of restore, not an operation of its own
 * @STATE_OPERATION_INSPECT: tell about itself, or have one value changed
 *
 * What is asked of a unit, or of a set of units.
 *
 * Since: 1.0
 */
typedef enum
{
  STATE_OPERATION_START,
  STATE_OPERATION_STOP,
  STATE_OPERATION_RESET,
  STATE_OPERATION_SAVE,
  STATE_OPERATION_RESTORE,
  STATE_OPERATION_POST_RESTORE,
  STATE_OPERATION_INSPECT
} StateOperation;

#define STATE_TYPE_OPERATION (state_operation_get_type ())
STATE_AVAILABLE_IN_ALL
GType state_operation_get_type (void) G_GNUC_CONST;

STATE_AVAILABLE_IN_ALL
const char *state_operation_to_string (StateOperation operation);

/**
 * StateOperationFlags:
 * @STATE_OPERATION_FLAGS_NONE: no operation
 * @STATE_OPERATION_FLAGS_START: %STATE_OPERATION_START
 * @STATE_OPERATION_FLAGS_STOP: %STATE_OPERATION_STOP
 * @STATE_OPERATION_FLAGS_RESET: %STATE_OPERATION_RESET
 * @STATE_OPERATION_FLAGS_SAVE: %STATE_OPERATION_SAVE
 * @STATE_OPERATION_FLAGS_RESTORE: %STATE_OPERATION_RESTORE
 * @STATE_OPERATION_FLAGS_POST_RESTORE: %STATE_OPERATION_POST_RESTORE
 * @STATE_OPERATION_FLAGS_INSPECT: %STATE_OPERATION_INSPECT
 * @STATE_OPERATION_FLAGS_ALL: every operation
 *
 * Several operations at once: bit `n` stands for the #StateOperation of
 * value `n`.
 *
 * Since: 1.0
 */
typedef enum /*< flags >*/
{
  STATE_OPERATION_FLAGS_NONE = 0,
  STATE_OPERATION_FLAGS_START = 1 << 0,
  STATE_OPERATION_FLAGS_STOP = 1 << 1,
  STATE_OPERATION_FLAGS_RESET = 1 << 2,
  STATE_OPERATION_FLAGS_SAVE = 1 << 3,
  STATE_OPERATION_FLAGS_RESTORE = 1 << 4,
  STATE_OPERATION_FLAGS_POST_RESTORE = 1 << 5,
  STATE_OPERATION_FLAGS_INSPECT = 1 << 6,
  STATE_OPERATION_FLAGS_ALL = 0x7f
} StateOperationFlags;

#define STATE_TYPE_OPERATION_FLAGS (state_operation_flags_get_type ())
STATE_AVAILABLE_IN_ALL
GType state_operation_flags_get_type (void) G_GNUC_CONST;

/**
 * StateDependencyFlags:
 * @STATE_DEPENDENCY_REQUIRED: the dependent needs the dependency: when an
 *   operation fails for the dependency, the dependent is skipped
 * @STATE_DEPENDENCY_ORDER_ONLY: the dependent waits for its turn, and then
 *   goes on whatever became of the dependency
 *
 * What a dependency means for the dependent.
 *
 * Since: 1.0
 */
typedef enum /*< flags >*/
{
  STATE_DEPENDENCY_REQUIRED = 0,
  STATE_DEPENDENCY_ORDER_ONLY = 1 << 0
} StateDependencyFlags;

#define STATE_TYPE_DEPENDENCY_FLAGS (state_dependency_flags_get_type ())
STATE_AVAILABLE_IN_ALL
GType state_dependency_flags_get_type (void) G_GNUC_CONST;

/**
 * StateFailurePolicy:
 * @STATE_FAILURE_POLICY_SKIP_DEPENDENTS: what requires a unit that failed is
 *   skipped, and the rest goes on
 * @STATE_FAILURE_POLICY_ROLL_BACK: nothing new begins, what is under way is
 *   cancelled, and then what was done is undone (save and reset have nothing
 *   to undo; a stop only if its own transition says so; a restore saves first)
 * @STATE_FAILURE_POLICY_KEEP_GOING: dependents go on all the same
 *
 * What an operation does when a unit fails.
 *
 * Since: 1.0
 */
typedef enum
{
  STATE_FAILURE_POLICY_SKIP_DEPENDENTS,
  STATE_FAILURE_POLICY_ROLL_BACK,
  STATE_FAILURE_POLICY_KEEP_GOING
} StateFailurePolicy;

#define STATE_TYPE_FAILURE_POLICY (state_failure_policy_get_type ())
STATE_AVAILABLE_IN_ALL
GType state_failure_policy_get_type (void) G_GNUC_CONST;

/**
 * StateUnitState:
 * @STATE_UNIT_STATE_STOPPED: it does not run
 * @STATE_UNIT_STATE_STARTING: it has been asked to start
 * @STATE_UNIT_STATE_RUNNING: it runs
 * @STATE_UNIT_STATE_STOPPING: it has been asked to stop
 * @STATE_UNIT_STATE_RESETTING: it has been asked to reset
 * @STATE_UNIT_STATE_SAVING: it has been asked to save
 * @STATE_UNIT_STATE_RESTORING: it has been asked to restore
 * @STATE_UNIT_STATE_POST_RESTORING: it has been asked to finish restoring
 * @STATE_UNIT_STATE_FAILED: an operation on it failed: it did not start, it
 *   may still run, or its contents are undefined
 * @STATE_UNIT_STATE_UNCERTAIN: it was given up on while a request was with
 *   it; the late answer settles it
 * @STATE_UNIT_STATE_LOST: nobody is there to answer, and it does not run
 *
 * The state of a unit in a set. It changes when the unit is asked, not while
 * it waits for its turn.
 *
 * Since: 1.0
 */
typedef enum
{
  STATE_UNIT_STATE_STOPPED,
  STATE_UNIT_STATE_STARTING,
  STATE_UNIT_STATE_RUNNING,
  STATE_UNIT_STATE_STOPPING,
  STATE_UNIT_STATE_RESETTING,
  STATE_UNIT_STATE_SAVING,
  STATE_UNIT_STATE_RESTORING,
  STATE_UNIT_STATE_POST_RESTORING,
  STATE_UNIT_STATE_FAILED,
  STATE_UNIT_STATE_UNCERTAIN,
  STATE_UNIT_STATE_LOST
} StateUnitState;

#define STATE_TYPE_UNIT_STATE (state_unit_state_get_type ())
STATE_AVAILABLE_IN_ALL
GType state_unit_state_get_type (void) G_GNUC_CONST;

STATE_AVAILABLE_IN_ALL
const char *state_unit_state_to_string (StateUnitState state);

/**
 * StateTransitionStatus:
 * @STATE_TRANSITION_STATUS_NEW: it has not been asked for
 * @STATE_TRANSITION_STATUS_QUEUED: it waits for those before it
 * @STATE_TRANSITION_STATUS_RUNNING: it has begun
 * @STATE_TRANSITION_STATUS_SUCCEEDED: every unit is where it should be
 * @STATE_TRANSITION_STATUS_FAILED: some unit is not where it should be, or the
 *   operation was refused
 * @STATE_TRANSITION_STATUS_CANCELLED: it was cancelled, and some unit is not
 *   where it should be
 *
 * How far a #StateTransition has come.
 *
 * Since: 1.0
 */
typedef enum
{
  STATE_TRANSITION_STATUS_NEW,
  STATE_TRANSITION_STATUS_QUEUED,
  STATE_TRANSITION_STATUS_RUNNING,
  STATE_TRANSITION_STATUS_SUCCEEDED,
  STATE_TRANSITION_STATUS_FAILED,
  STATE_TRANSITION_STATUS_CANCELLED
} StateTransitionStatus;

#define STATE_TYPE_TRANSITION_STATUS (state_transition_status_get_type ())
STATE_AVAILABLE_IN_ALL
GType state_transition_status_get_type (void) G_GNUC_CONST;

STATE_AVAILABLE_IN_ALL
const char *state_transition_status_to_string (StateTransitionStatus status);

/**
 * StateStepOutcome:
 * @STATE_STEP_OUTCOME_WAITING: it is not its turn yet
 * @STATE_STEP_OUTCOME_ASKED: the request is with the unit
 * @STATE_STEP_OUTCOME_SUCCEEDED: the unit did what was asked
 * @STATE_STEP_OUTCOME_UNCHANGED: there was nothing to ask of the unit
 * @STATE_STEP_OUTCOME_FAILED: the unit answered with an error, or died
 * @STATE_STEP_OUTCOME_SKIPPED: the unit was not asked, because one that it
 *   requires failed
 * @STATE_STEP_OUTCOME_TIMED_OUT: the unit did not answer in time, or the
 *   transition was abandoned
 * @STATE_STEP_OUTCOME_DROPPED: the unit dropped the request without an answer
 * @STATE_STEP_OUTCOME_LOST: nobody was there to answer
 * @STATE_STEP_OUTCOME_CANCELLED: the unit was not asked, or it gave up, because
 *   the transition was cancelled, or is rolled back
 * @STATE_STEP_OUTCOME_REMOVED: the unit left the set
 *
 * What became of one unit in one phase of a #StateTransition.
 *
 * Since: 1.0
 */
typedef enum
{
  STATE_STEP_OUTCOME_WAITING,
  STATE_STEP_OUTCOME_ASKED,
  STATE_STEP_OUTCOME_SUCCEEDED,
  STATE_STEP_OUTCOME_UNCHANGED,
  STATE_STEP_OUTCOME_FAILED,
  STATE_STEP_OUTCOME_SKIPPED,
  STATE_STEP_OUTCOME_TIMED_OUT,
  STATE_STEP_OUTCOME_DROPPED,
  STATE_STEP_OUTCOME_LOST,
  STATE_STEP_OUTCOME_CANCELLED,
  STATE_STEP_OUTCOME_REMOVED
} StateStepOutcome;

#define STATE_TYPE_STEP_OUTCOME (state_step_outcome_get_type ())
STATE_AVAILABLE_IN_ALL
GType state_step_outcome_get_type (void) G_GNUC_CONST;

STATE_AVAILABLE_IN_ALL
const char *state_step_outcome_to_string (StateStepOutcome outcome);

G_END_DECLS
