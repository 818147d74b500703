/* SPDX-License-Identifier: MIT */

#pragma once

#include <libstate-unit.h>

G_BEGIN_DECLS

typedef struct _ProgressBar ProgressBar;

ProgressBar *progress_bar_new (void);
void progress_bar_free (ProgressBar *self);
/* Of any object with the figures of a transition as properties. */
void progress_bar_show (ProgressBar *self, GObject *transition);
void progress_bar_hide (ProgressBar *self);
void progress_bar_clear (ProgressBar *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ProgressBar, progress_bar_free)

G_END_DECLS
