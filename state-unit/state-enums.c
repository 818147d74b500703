/* SPDX-License-Identifier: MIT */

#include "state-enums.h"

/**
 * SECTION:state-enums
 * @title: Enumerations
 * @short_description: operations, states, outcomes, and their words
 *
 * The enumerations that all types share.
 */

G_DEFINE_ENUM_TYPE (StateOperation,
                    state_operation,
                    G_DEFINE_ENUM_VALUE (STATE_OPERATION_START, "start"),
                    G_DEFINE_ENUM_VALUE (STATE_OPERATION_STOP, "stop"),
                    G_DEFINE_ENUM_VALUE (STATE_OPERATION_RESET, "reset"),
                    G_DEFINE_ENUM_VALUE (STATE_OPERATION_SAVE, "save"),
                    G_DEFINE_ENUM_VALUE (STATE_OPERATION_RESTORE, "restore"),
                    G_DEFINE_ENUM_VALUE (STATE_OPERATION_POST_RESTORE, "post-restore"),
                    G_DEFINE_ENUM_VALUE (STATE_OPERATION_INSPECT, "inspect"))

G_DEFINE_FLAGS_TYPE (StateOperationFlags,
                     state_operation_flags,
                     G_DEFINE_ENUM_VALUE (STATE_OPERATION_FLAGS_NONE, "none"),
                     G_DEFINE_ENUM_VALUE (STATE_OPERATION_FLAGS_START, "start"),
                     G_DEFINE_ENUM_VALUE (STATE_OPERATION_FLAGS_STOP, "stop"),
                     G_DEFINE_ENUM_VALUE (STATE_OPERATION_FLAGS_RESET, "reset"),
                     G_DEFINE_ENUM_VALUE (STATE_OPERATION_FLAGS_SAVE, "save"),
                     G_DEFINE_ENUM_VALUE (STATE_OPERATION_FLAGS_RESTORE, "restore"),
                     G_DEFINE_ENUM_VALUE (STATE_OPERATION_FLAGS_POST_RESTORE, "post-restore"),
                     G_DEFINE_ENUM_VALUE (STATE_OPERATION_FLAGS_INSPECT, "inspect"),
                     G_DEFINE_ENUM_VALUE (STATE_OPERATION_FLAGS_ALL, "all"))

G_DEFINE_FLAGS_TYPE (StateDependencyFlags,
                     state_dependency_flags,
                     G_DEFINE_ENUM_VALUE (STATE_DEPENDENCY_REQUIRED, "required"),
                     G_DEFINE_ENUM_VALUE (STATE_DEPENDENCY_ORDER_ONLY, "order-only"))

G_DEFINE_ENUM_TYPE (StateFailurePolicy,
                    state_failure_policy,
                    G_DEFINE_ENUM_VALUE (STATE_FAILURE_POLICY_SKIP_DEPENDENTS, "skip-dependents"),
                    G_DEFINE_ENUM_VALUE (STATE_FAILURE_POLICY_ROLL_BACK, "roll-back"),
                    G_DEFINE_ENUM_VALUE (STATE_FAILURE_POLICY_KEEP_GOING, "keep-going"))

G_DEFINE_ENUM_TYPE (StateUnitState,
                    state_unit_state,
                    G_DEFINE_ENUM_VALUE (STATE_UNIT_STATE_STOPPED, "stopped"),
                    G_DEFINE_ENUM_VALUE (STATE_UNIT_STATE_STARTING, "starting"),
                    G_DEFINE_ENUM_VALUE (STATE_UNIT_STATE_RUNNING, "running"),
                    G_DEFINE_ENUM_VALUE (STATE_UNIT_STATE_STOPPING, "stopping"),
                    G_DEFINE_ENUM_VALUE (STATE_UNIT_STATE_RESETTING, "resetting"),
                    G_DEFINE_ENUM_VALUE (STATE_UNIT_STATE_SAVING, "saving"),
                    G_DEFINE_ENUM_VALUE (STATE_UNIT_STATE_RESTORING, "restoring"),
                    G_DEFINE_ENUM_VALUE (STATE_UNIT_STATE_POST_RESTORING, "post-restoring"),
                    G_DEFINE_ENUM_VALUE (STATE_UNIT_STATE_FAILED, "failed"),
                    G_DEFINE_ENUM_VALUE (STATE_UNIT_STATE_UNCERTAIN, "uncertain"),
                    G_DEFINE_ENUM_VALUE (STATE_UNIT_STATE_LOST, "lost"))

G_DEFINE_ENUM_TYPE (StateTransitionStatus,
                    state_transition_status,
                    G_DEFINE_ENUM_VALUE (STATE_TRANSITION_STATUS_NEW, "new"),
                    G_DEFINE_ENUM_VALUE (STATE_TRANSITION_STATUS_QUEUED, "queued"),
                    G_DEFINE_ENUM_VALUE (STATE_TRANSITION_STATUS_RUNNING, "running"),
                    G_DEFINE_ENUM_VALUE (STATE_TRANSITION_STATUS_SUCCEEDED, "succeeded"),
                    G_DEFINE_ENUM_VALUE (STATE_TRANSITION_STATUS_FAILED, "failed"),
                    G_DEFINE_ENUM_VALUE (STATE_TRANSITION_STATUS_CANCELLED, "cancelled"))

G_DEFINE_ENUM_TYPE (StateStepOutcome,
                    state_step_outcome,
                    G_DEFINE_ENUM_VALUE (STATE_STEP_OUTCOME_WAITING, "waiting"),
                    G_DEFINE_ENUM_VALUE (STATE_STEP_OUTCOME_ASKED, "asked"),
                    G_DEFINE_ENUM_VALUE (STATE_STEP_OUTCOME_SUCCEEDED, "succeeded"),
                    G_DEFINE_ENUM_VALUE (STATE_STEP_OUTCOME_UNCHANGED, "unchanged"),
                    G_DEFINE_ENUM_VALUE (STATE_STEP_OUTCOME_FAILED, "failed"),
                    G_DEFINE_ENUM_VALUE (STATE_STEP_OUTCOME_SKIPPED, "skipped"),
                    G_DEFINE_ENUM_VALUE (STATE_STEP_OUTCOME_TIMED_OUT, "timed-out"),
                    G_DEFINE_ENUM_VALUE (STATE_STEP_OUTCOME_DROPPED, "dropped"),
                    G_DEFINE_ENUM_VALUE (STATE_STEP_OUTCOME_LOST, "lost"),
                    G_DEFINE_ENUM_VALUE (STATE_STEP_OUTCOME_CANCELLED, "cancelled"),
                    G_DEFINE_ENUM_VALUE (STATE_STEP_OUTCOME_REMOVED, "removed"))

/* The nick of the value is its word, so that there is one table of words. */
static const char *
enum_nick (GType type, int value)
{
  GEnumClass *enum_class = g_type_class_peek (type);
  const GEnumValue *entry;

  if (enum_class == NULL)
    enum_class = g_type_class_ref (type);
  entry = g_enum_get_value (enum_class, value);
  return entry != NULL ? entry->value_nick : "unknown";
}

/**
 * state_operation_to_string:
 * @operation: an operation
 *
 * Gets the word for an operation: "start", "stop", "reset", "save", "restore",
 * "post-restore" or "inspect". Any thread.
 *
 * Returns: (transfer none): the word; "unknown" for a value that is none
 *
 * Since: 1.0
 */
const char *
state_operation_to_string (StateOperation operation)
{
  return enum_nick (STATE_TYPE_OPERATION, operation);
}

/**
 * state_unit_state_to_string:
 * @state: a state
 *
 * Gets the word for a state, such as "running" or "post-restoring". Any thread.
 *
 * Returns: (transfer none): the word; "unknown" for a value that is none
 *
 * Since: 1.0
 */
const char *
state_unit_state_to_string (StateUnitState state)
{
  return enum_nick (STATE_TYPE_UNIT_STATE, state);
}

/**
 * state_transition_status_to_string:
 * @status: a status
 *
 * Gets the word for a status, such as "queued" or "succeeded". Any thread.
 *
 * Returns: (transfer none): the word; "unknown" for a value that is none
 *
 * Since: 1.0
 */
const char *
state_transition_status_to_string (StateTransitionStatus status)
{
  return enum_nick (STATE_TYPE_TRANSITION_STATUS, status);
}

/**
 * state_step_outcome_to_string:
 * @outcome: an outcome
 *
 * Gets the word for an outcome, such as "skipped" or "timed-out". Any thread.
 *
 * Returns: (transfer none): the word; "unknown" for a value that is none
 *
 * Since: 1.0
 */
const char *
state_step_outcome_to_string (StateStepOutcome outcome)
{
  return enum_nick (STATE_TYPE_STEP_OUTCOME, outcome);
}
