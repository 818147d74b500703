/* SPDX-License-Identifier: MIT */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* g_task_set_source_tag () for a function: ISO C has no cast from one to gpointer. */
#define state_task_set_tag(task, function) \
  g_task_set_source_tag ((task), G_GNUC_EXTENSION (gpointer) (function))

G_END_DECLS
