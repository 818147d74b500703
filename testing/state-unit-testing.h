/* SPDX-License-Identifier: MIT */

#pragma once

#define STATE_UNIT_TESTING_INSIDE

#include "state-unit-conformance.h"

#undef STATE_UNIT_TESTING_INSIDE
