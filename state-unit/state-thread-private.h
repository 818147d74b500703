/* SPDX-License-Identifier: MIT */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A thread that iterates a main context of its own, for as long as there is a reference:
 * one for the unit, and one for each request, which may wait there for its answer. */
typedef struct _StateThread StateThread;

StateThread *state_thread_new (const char *name, GError **error);
GMainContext *state_thread_get_context (StateThread *self);
StateThread *state_thread_ref (StateThread *self);
void state_thread_unref (StateThread *self);

G_END_DECLS
