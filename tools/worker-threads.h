/* SPDX-License-Identifier: MIT */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _WorkerThreads WorkerThreads;

WorkerThreads *worker_threads_new (guint n);
void worker_threads_free (WorkerThreads *self);
GMainContext *worker_threads_get_context (WorkerThreads *self, guint place);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (WorkerThreads, worker_threads_free)

G_END_DECLS
