/* SPDX-License-Identifier: MIT */

#pragma once

#if !defined(STATE_UNIT_INSIDE) && !defined(STATE_UNIT_COMPILATION)
#error "Only <libstate-unit.h> can be included directly."
#endif

#include <gio/gio.h>

#include "state-version-macros.h"

G_BEGIN_DECLS

typedef struct _StateUnit StateUnit;
typedef struct _StateUnitInterface StateUnitInterface;
typedef struct _StateBatchUnit StateBatchUnit;
typedef struct _StateRequest StateRequest;
typedef struct _StateRequestBatch StateRequestBatch;
typedef struct _StateUnits StateUnits;
typedef struct _StateUnitBuilder StateUnitBuilder;
typedef struct _StateUnitHandle StateUnitHandle;
typedef struct _StateUnitReceiver StateUnitReceiver;
typedef struct _StateInspector StateInspector;
typedef struct _StateSnapshot StateSnapshot;
typedef struct _StatePlan StatePlan;
typedef struct _StateTransition StateTransition;
typedef struct _StateTransitionStep StateTransitionStep;
typedef struct _StateRemoteUnit StateRemoteUnit;
typedef struct _StateUnitExporter StateUnitExporter;
typedef struct _StateUnitProcess StateUnitProcess;
typedef struct _StateUnitProcessOptions StateUnitProcessOptions;

G_END_DECLS
