/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-transition.h"
#include "state-units.h"

G_BEGIN_DECLS

/* Graphs in the language of Graphviz. */
char *state_dot_of_units (StateUnits *units);
char *state_dot_of_transition (StateTransition *transition, StateUnits *units);

G_END_DECLS
