/* SPDX-License-Identifier: MIT */

#pragma once

#include <libstate-unit.h>

G_BEGIN_DECLS

/* What a transition took; times in microseconds. */
typedef struct
{
  gint64 elapsed;
  gint64 sum;     /* of the units' own times */
  guint at_once;  /* units that had a request at the same time, at most */
  char **path;    /* names; with the phase, where it is not the first */
  gint64 on_path; /* sum of the own times on the path */
} Figures;

Figures *figures_new (StateTransition *transition);
void figures_free (Figures *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Figures, figures_free)

G_END_DECLS
