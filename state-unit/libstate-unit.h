/* SPDX-License-Identifier: MIT */

#pragma once

#define STATE_UNIT_INSIDE

#include "state-batch-unit.h"
#include "state-enums.h"
#include "state-error.h"
#include "state-inspector.h"
#include "state-plan.h"
#include "state-remote-unit.h"
#include "state-request-batch.h"
#include "state-request.h"
#include "state-snapshot.h"
#include "state-transition-step.h"
#include "state-transition.h"
#include "state-types.h"
#include "state-unit-builder.h"
#include "state-unit-exporter.h"
#include "state-unit-handle.h"
#include "state-unit-process-options.h"
#include "state-unit-process.h"
#include "state-unit-receiver.h"
#include "state-unit.h"
#include "state-units.h"
#include "state-version-macros.h"

#undef STATE_UNIT_INSIDE
