/* SPDX-License-Identifier: MIT */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Values in sealed memory that is passed on as a file descriptor. */

/* The serialised value, sealed against being written, shrunk and grown; -1 with an
 * error. The caller closes it. */
int state_memory_store (GVariant *value, GError **error);
/* The memory mapped for reading; NULL with an error unless it is sealed like that, and
 * all of @size is there. The descriptor may be closed then. */
GBytes *state_memory_map (int fd, guint64 size, GError **error);

G_END_DECLS
