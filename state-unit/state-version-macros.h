/* SPDX-License-Identifier: MIT */

#pragma once

#if !defined(STATE_UNIT_INSIDE) && !defined(STATE_UNIT_COMPILATION)
#error "Only <libstate-unit.h> can be included directly."
#endif

#include <glib.h>

#include "state-version.h"

/**
 * STATE_CHECK_VERSION:
 * @major: major version, such as 1
 * @minor: minor version, such as 0
 * @micro: micro version, such as 0
 *
 * Whether the headers being compiled against are of this version or newer.
 *
 * Since: 1.0
 */
#define STATE_CHECK_VERSION(major, minor, micro)                        \
  (STATE_MAJOR_VERSION > (major) ||                                     \
   (STATE_MAJOR_VERSION == (major) && STATE_MINOR_VERSION > (minor)) || \
   (STATE_MAJOR_VERSION == (major) && STATE_MINOR_VERSION == (minor) && \
    STATE_MICRO_VERSION >= (micro)))

#if defined(STATE_UNIT_COMPILATION) && defined(__GNUC__)
#define STATE_AVAILABLE_IN_ALL __attribute__ ((visibility ("default"))) extern
#else
#define STATE_AVAILABLE_IN_ALL extern
#endif
