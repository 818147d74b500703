/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-transition.h"

G_BEGIN_DECLS

/* Structured messages at debug level: G_MESSAGES_DEBUG=state-unit shows them. */
gboolean state_log_is_heard (void);
void state_log_step (const char *name,
                     StateOperation operation,
                     StateStepOutcome outcome,
                     gint64 usec,
                     const GError *error);
void state_log_transition (StateOperation operation,
                           StateTransitionStatus status,
                           guint n_units,
                           gint64 usec,
                           const GError *error);

G_END_DECLS
