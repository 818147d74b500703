/* SPDX-License-Identifier: MIT */

#pragma once

#include <libstate-unit.h>

G_BEGIN_DECLS

const char *colour_of_state (StateUnitState state);
const char *colour_dim (void);
const char *colour_bold (void);
const char *colour_bad (void);
const char *colour_good (void);
const char *colour_end (void);

G_END_DECLS
