/* SPDX-License-Identifier: MIT */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A thread that runs a main context of its own. */
typedef struct
{
  GThread *thread;
  GMainContext *context;
  GMainLoop *loop;
} Worker;

void worker_init (Worker *self);
void worker_clear (Worker *self);

G_END_DECLS
