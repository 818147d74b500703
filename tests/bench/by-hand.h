/* SPDX-License-Identifier: MIT */

#pragma once

#include "unit.h"

G_BEGIN_DECLS

typedef struct _ByHand ByHand;

ByHand *by_hand_new (const Shape *shape, StateUnit **units);
void by_hand_free (ByHand *self);
void by_hand_run (ByHand *self, StateOperation operation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ByHand, by_hand_free)

G_END_DECLS
