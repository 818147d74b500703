/* SPDX-License-Identifier: MIT */

#pragma once

#include "trial-unit-private.h"

G_BEGIN_DECLS

void case_requests_answered_once (Trial *trial);
void case_stop_is_idempotent (Trial *trial);
void case_save_changes_nothing (Trial *trial);
void case_restore_gives_saved_state (Trial *trial);
void case_reset_after_failed_restore (Trial *trial);
void case_cancel_start (Trial *trial);
void case_cancel_stop (Trial *trial);
void case_cancel_reset (Trial *trial);
void case_cancel_save (Trial *trial);
void case_cancel_restore (Trial *trial);
void case_inspect_at_any_time (Trial *trial);

G_END_DECLS
