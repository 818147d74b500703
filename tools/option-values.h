/* SPDX-License-Identifier: MIT */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean option_fail (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);
gboolean option_parse_number (const char *option,
                              const char *text,
                              guint64 min,
                              guint64 max,
                              guint64 *number,
                              GError **error);
gboolean option_parse_count (const char *option,
                             const char *text,
                             guint min,
                             guint max,
                             guint *count,
                             GError **error);

G_END_DECLS
