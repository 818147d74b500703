/* SPDX-License-Identifier: MIT */

#include "cases-private.h"

#define NO_SAVE STATE_UNIT_CONFORMANCE_FLAGS_NO_SAVE
#define NO_RESTORE STATE_UNIT_CONFORMANCE_FLAGS_NO_RESTORE
#define NO_RESET STATE_UNIT_CONFORMANCE_FLAGS_NO_RESET

const TrialCase trial_cases[] = {
  { "requests-answered-once", "each request is answered, and once", case_requests_answered_once },
  { "stop-is-idempotent", "it can be stopped when it is stopped already", case_stop_is_idempotent },
  { "save-changes-nothing", "a save succeeds and changes nothing that can be observed",
    case_save_changes_nothing, NO_SAVE },
  { "restore-gives-saved-state", "a restore brings back all that was saved",
    case_restore_gives_saved_state, NO_SAVE | NO_RESTORE },
  { "reset-after-failed-restore",
    "a restore of anything at all is answered, and the unit can be reset and started afterwards",
    case_reset_after_failed_restore, NO_SAVE | NO_RESTORE | NO_RESET },
  { "cancel-start", "a start that is cancelled is answered; if it failed, it is stopped",
    case_cancel_start },
  { "cancel-stop", "a stop that is cancelled is answered, and can be asked for again",
    case_cancel_stop },
  { "cancel-reset", "a reset that is cancelled is answered, and can be asked for again",
    case_cancel_reset, NO_RESET },
  { "cancel-save", "a save that is cancelled is answered, and changes nothing", case_cancel_save,
    NO_SAVE },
  { "cancel-restore", "a restore that is cancelled is answered, and can be asked for again",
    case_cancel_restore, NO_SAVE | NO_RESTORE },
  { "inspect-at-any-time",
    "an inspection is answered at any time, whatever else is asked, and changes nothing",
    case_inspect_at_any_time },
  { NULL }
};
