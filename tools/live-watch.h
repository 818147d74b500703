/* SPDX-License-Identifier: MIT */

#pragma once

#include <libstate-unit.h>

G_BEGIN_DECLS

/* Whether a running program still answers, while something takes long there. */
typedef struct _LiveWatch LiveWatch;

/* Called when it does not answer any more, and when it does again. */
typedef void (*LiveWatchFunc) (gboolean is_silent, gpointer user_data);

LiveWatch *live_watch_new (StateRemoteUnits *units, LiveWatchFunc func, gpointer user_data);
void live_watch_free (LiveWatch *self);
gboolean live_watch_is_silent (LiveWatch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LiveWatch, live_watch_free)

gboolean live_is_there (StateRemoteUnits *units);

G_END_DECLS
