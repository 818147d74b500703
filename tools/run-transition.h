/* SPDX-License-Identifier: MIT */

#pragma once

#include <libstate-unit.h>

G_BEGIN_DECLS

gboolean run_transition (StateTransition *transition, GError **error);

G_END_DECLS
