/* SPDX-License-Identifier: MIT */

#pragma once

#include "graph.h"

G_BEGIN_DECLS

/* Who waited for whom at one moment, in words. */
typedef struct
{
  GPtrArray *chains; /* of char*: the first few */
  guint n_more;      /* units that wait, too */
} Waits;

Waits *waits_new (StateTransition *transition, Graph *graph, const char *slow);
void waits_free (Waits *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Waits, waits_free)

G_END_DECLS
