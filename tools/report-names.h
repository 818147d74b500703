/* SPDX-License-Identifier: MIT */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define REPORT_INDENT 2

guint report_columns (void);
void report_names (const char *first, const char *const *names, const char *separator);

G_END_DECLS
