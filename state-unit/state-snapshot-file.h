/* SPDX-License-Identifier: MIT */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

GBytes *state_snapshot_file_read (const char *filename, GError **error);
gboolean state_snapshot_file_write (const char *filename, GBytes *bytes, GError **error);
void state_snapshot_file_prefix_error (GError **error, const char *filename);

G_END_DECLS
