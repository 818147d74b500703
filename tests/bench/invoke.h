/* SPDX-License-Identifier: MIT */

#pragma once

#include "shape.h"

G_BEGIN_DECLS

typedef struct _Invoke Invoke;

Invoke *invoke_new (const Shape *shape, StateUnit **units, GMainContext **contexts);
void invoke_free (Invoke *self);
void invoke_run (Invoke *self, StateOperation operation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Invoke, invoke_free)

G_END_DECLS
