/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-types.h"

G_BEGIN_DECLS

/**
 * StateError:
 * @STATE_ERROR_NAME_IN_USE: the set has a unit, or an alias, of that name
 * @STATE_ERROR_UNIT_IN_USE: the unit is in a set already
 * @STATE_ERROR_INVALID_NAME: the name is empty, has an empty part between `/`,
 *   is not UTF-8, or a part of it is the name of a field of the set's
 * @STATE_ERROR_CYCLE: the dependencies would form a circle
 * @STATE_ERROR_FOREIGN_HANDLE: the handle is of another set, or has left it
 * @STATE_ERROR_WRONG_STATE: some unit is in a state that does not allow the
 *   operation; nothing was touched
 * @STATE_ERROR_TRANSITION_FAILED: an operation on a set did not bring every
 *   unit where it should be
 * @STATE_ERROR_DEPENDENCY_FAILED: the unit was skipped because one that it
 *   requires failed
 * @STATE_ERROR_UNKNOWN_UNIT: there is no unit of that name
 * @STATE_ERROR_DUPLICATE_UNIT: a snapshot names a unit twice
 * @STATE_ERROR_NO_SAVED_STATE: the unit has a saved state and cannot restore, or
 *   no snapshot was given
 * @STATE_ERROR_INVALID_SNAPSHOT: the bytes or the file are not a whole,
 *   unaltered snapshot
 * @STATE_ERROR_VERSION: a saved state is of a version that cannot be read
 * @STATE_ERROR_LOST: nobody is there to answer for the unit
 * @STATE_ERROR_DROPPED: the request was dropped without an answer
 * @STATE_ERROR_TIMED_OUT: there was no answer in time, or the time of the
 *   transition was over
 * @STATE_ERROR_REMOVED: the unit left the set
 * @STATE_ERROR_INVALID_ANSWER: the unit answered with something that is no
 *   answer to the request
 *
 * Errors of this library, in the domain #STATE_ERROR. Cancellation is
 * %G_IO_ERROR_CANCELLED in the domain #G_IO_ERROR.
 *
 * Since: 1.0
 */
typedef enum
{
  STATE_ERROR_NAME_IN_USE,
  STATE_ERROR_UNIT_IN_USE,
  STATE_ERROR_INVALID_NAME,
  STATE_ERROR_CYCLE,
  STATE_ERROR_FOREIGN_HANDLE,
  STATE_ERROR_WRONG_STATE,
  STATE_ERROR_TRANSITION_FAILED,
  STATE_ERROR_DEPENDENCY_FAILED,
  STATE_ERROR_UNKNOWN_UNIT,
  STATE_ERROR_DUPLICATE_UNIT,
  STATE_ERROR_NO_SAVED_STATE,
  STATE_ERROR_INVALID_SNAPSHOT,
  STATE_ERROR_VERSION,
  STATE_ERROR_LOST,
  STATE_ERROR_DROPPED,
  STATE_ERROR_TIMED_OUT,
  STATE_ERROR_REMOVED,
  STATE_ERROR_INVALID_ANSWER
} StateError;

/**
 * STATE_ERROR:
 *
 * The error domain of this library; its codes are those of #StateError.
 *
 * Since: 1.0
 */
#define STATE_ERROR (state_error_quark ())
STATE_AVAILABLE_IN_ALL
GQuark state_error_quark (void);

#define STATE_TYPE_ERROR (state_error_get_type ())
STATE_AVAILABLE_IN_ALL
GType state_error_get_type (void) G_GNUC_CONST;

G_END_DECLS
