/* SPDX-License-Identifier: MIT */

#pragma once

#include <libstate-unit.h>

G_BEGIN_DECLS

gboolean snapshot_write (StateSnapshot *snapshot, const char *filename, GError **error);
StateSnapshot *snapshot_pass_through_file (StateSnapshot *snapshot, GError **error);

G_END_DECLS
