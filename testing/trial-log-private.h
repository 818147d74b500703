/* SPDX-License-Identifier: MIT */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What is logged in the course of a case. */

void trial_log_begin (const char *name_of_case);
void trial_log_end (void);

/* The operations whose requests were answered twice. */
char **trial_log_dup_twice (void);

G_END_DECLS
