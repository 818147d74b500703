/* SPDX-License-Identifier: MIT */

#include "state-error.h"

/**
 * SECTION:state-error
 * @title: StateError
 * @short_description: errors of the library
 *
 * The error domain of the library.
 */

/* clang-format off */
G_DEFINE_QUARK (state-error-quark, state_error)
/* clang-format on */

G_DEFINE_ENUM_TYPE (StateError,
                    state_error,
                    G_DEFINE_ENUM_VALUE (STATE_ERROR_NAME_IN_USE, "name-in-use"),
                    G_DEFINE_ENUM_VALUE (STATE_ERROR_UNIT_IN_USE, "unit-in-use"),
                    G_DEFINE_ENUM_VALUE (STATE_ERROR_INVALID_NAME, "invalid-name"),
                    G_DEFINE_ENUM_VALUE (STATE_ERROR_CYCLE, "cycle"),
                    G_DEFINE_ENUM_VALUE (STATE_ERROR_FOREIGN_HANDLE, "foreign-handle"),
                    G_DEFINE_ENUM_VALUE (STATE_ERROR_WRONG_STATE, "wrong-state"),
                    G_DEFINE_ENUM_VALUE (STATE_ERROR_TRANSITION_FAILED, "transition-failed"),
                    G_DEFINE_ENUM_VALUE (STATE_ERROR_DEPENDENCY_FAILED, "dependency-failed"),
                    G_DEFINE_ENUM_VALUE (STATE_ERROR_UNKNOWN_UNIT, "unknown-unit"),
                    G_DEFINE_ENUM_VALUE (STATE_ERROR_DUPLICATE_UNIT, "duplicate-unit"),
                    G_DEFINE_ENUM_VALUE (STATE_ERROR_NO_SAVED_STATE, "no-saved-state"),
                    G_DEFINE_ENUM_VALUE (STATE_ERROR_INVALID_SNAPSHOT, "invalid-snapshot"),
                    G_DEFINE_ENUM_VALUE (STATE_ERROR_VERSION, "version"),
                    G_DEFINE_ENUM_VALUE (STATE_ERROR_LOST, "lost"),
                    G_DEFINE_ENUM_VALUE (STATE_ERROR_DROPPED, "dropped"),
                    G_DEFINE_ENUM_VALUE (STATE_ERROR_TIMED_OUT, "timed-out"),
                    G_DEFINE_ENUM_VALUE (STATE_ERROR_REMOVED, "removed"),
                    G_DEFINE_ENUM_VALUE (STATE_ERROR_INVALID_ANSWER, "invalid-answer"))
