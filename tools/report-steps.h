/* SPDX-License-Identifier: MIT */

#pragma once

#include <libstate-unit.h>

G_BEGIN_DECLS

void report_phases (StateTransition *transition);
void report_problems (StateTransition *transition);

G_END_DECLS
