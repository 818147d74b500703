/* SPDX-License-Identifier: MIT */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A thread that iterates a main context of its own until it is told to quit. */
typedef struct _StateThread StateThread;

StateThread *state_thread_new (const char *name, GError **error);
GMainContext *state_thread_get_context (StateThread *self);
void state_thread_quit (StateThread *self);

G_END_DECLS
