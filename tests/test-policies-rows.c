/* SPDX-License-Identifier: MIT */

#include "test-policies-model.h"

/* --- Cases --- */

static const char *const hows[] = { "fails",   "hangs", "hangs a while", "drops",
                                    "is lost", "dies",  "is removed",    "is cancelled" };

char *
policy_case_to_string (const PolicyCase *self)
{
  const char *const policies[] = { "skip-dependents", "roll-back", "keep-going" };

  return g_strdup_printf ("%s%s, %s: %s %s at %s; the others %s, edges are %s",
                          self->own_policy ? "own " : "", policies[self->policy],
                          state_operation_to_string (self->operation), self->where, hows[self->how],
                          state_operation_to_string (self->bad_operation),
                          self->gives_up ? "give up" : "go through",
                          self->order_only ? "order-only" : "required");
}

gboolean
policy_case_is_bad (const PolicyCase *self, guint unit)
{
  for (const char *c = self->where; *c != '\0'; c++)
    if ((guint) (*c - 'a') == unit)
      return TRUE;
  return FALSE;
}

/* "A stop goes on past failures, unless its own transition was given ROLL_BACK" */
gboolean
policy_case_rolls_back (const PolicyCase *self)
{
  return self->policy == STATE_FAILURE_POLICY_ROLL_BACK &&
         (self->operation != STATE_OPERATION_STOP || self->own_policy);
}

/* Whether the roll-back's request to a unit that hangs has a deadline, behind which
 * it does not wait. The restore that puts back has that of the restore. */
gboolean
policy_case_roll_back_has_deadline (const PolicyCase *self)
{
  if (self->operation == STATE_OPERATION_START)
    return self->how == POLICY_HANGS;
  return self->bad_operation == STATE_OPERATION_RESTORE;
}

/* --- Rows --- */

/* The most telling cases of the table, written out: what is asked, round by round;
 * how it ends, and whether the set runs then; the states at that time; and the
 * states once those that hang have answered, after what they are asked by then. */

#define SKIP STATE_FAILURE_POLICY_SKIP_DEPENDENTS
#define ROLL_BACK STATE_FAILURE_POLICY_ROLL_BACK
#define KEEP_GOING STATE_FAILURE_POLICY_KEEP_GOING
#define START STATE_OPERATION_START
#define STOP STATE_OPERATION_STOP
#define RESET STATE_OPERATION_RESET
#define SAVE STATE_OPERATION_SAVE
#define RESTORE STATE_OPERATION_RESTORE
#define POST_RESTORE STATE_OPERATION_POST_RESTORE

/* clang-format off */
const PolicyRow policy_rows[] = {
  { { SKIP, FALSE, START, START, "a", POLICY_FAILS, FALSE, FALSE },
    "a:start\n"
    "failed: start failed: {a: broken}\n"
    "then: a:failed b:stopped c:stopped d:stopped\n"
    "late: a:failed b:stopped c:stopped d:stopped" },
  { { SKIP, FALSE, START, START, "b", POLICY_FAILS, FALSE, FALSE },
    "a:start | b:start c:start\n"
    "failed: start failed: {b: broken}, runs\n"
    "then: a:running b:failed c:running d:stopped\n"
    "late: a:running b:failed c:running d:stopped" },
  { { SKIP, FALSE, START, START, "b", POLICY_FAILS, FALSE, TRUE },
    "a:start | b:start c:start | d:start\n"
    "failed: start failed: {b: broken}, runs\n"
    "then: a:running b:failed c:running d:running\n"
    "late: a:running b:failed c:running d:running" },
  { { SKIP, FALSE, START, START, "bc", POLICY_HANGS, FALSE, FALSE },
    "a:start | b:start c:start\n"
    "failed: start failed: {b: timed out after 5 ms, c: timed out after 5 ms}, runs\n"
    "then: a:running b:uncertain c:uncertain d:stopped\n"
    "late: a:running b:running c:running d:stopped" },
  { { SKIP, FALSE, START, START, "b", POLICY_IS_REMOVED, FALSE, FALSE },
    "a:start | b:start c:start | d:start\n"
    "succeeded, runs\n"
    "then: a:running c:running d:running\n"
    "late: a:running c:running d:running" },
  { { SKIP, FALSE, START, START, "b", POLICY_IS_CANCELLED, TRUE, FALSE },
    "a:start | b:start c:start\n"
    "cancelled: start cancelled, runs\n"
    "then: a:running b:stopped c:stopped d:stopped\n"
    "late: a:running b:stopped c:stopped d:stopped" },
  { { SKIP, FALSE, START, START, "d", POLICY_IS_CANCELLED, FALSE, FALSE },
    "a:start | b:start c:start | d:start\n"
    "succeeded, runs\n"
    "then: a:running b:running c:running d:running\n"
    "late: a:running b:running c:running d:running" },
  { { SKIP, FALSE, STOP, STOP, "d", POLICY_FAILS, FALSE, FALSE },
    "d:stop | b:stop c:stop | a:stop\n"
    "failed: stop failed: {d: broken}, runs\n"
    "then: a:stopped b:stopped c:stopped d:failed+may-run\n"
    "late: a:stopped b:stopped c:stopped d:failed+may-run" },
  { { SKIP, FALSE, STOP, STOP, "bc", POLICY_DROPS, FALSE, FALSE },
    "d:stop | b:stop c:stop | a:stop\n"
    "failed: stop failed: {b: the stop request was dropped without an answer, c: the stop "
    "request was dropped without an answer}, runs\n"
    "then: a:stopped b:failed+may-run c:failed+may-run d:stopped\n"
    "late: a:stopped b:failed+may-run c:failed+may-run d:stopped" },
  { { SKIP, FALSE, STOP, STOP, "d", POLICY_HANGS, FALSE, FALSE },
    "d:stop | b:stop c:stop | a:stop\n"
    "failed: stop failed: {d: timed out after 5 ms}, runs\n"
    "then: a:stopped b:stopped c:stopped d:uncertain\n"
    "late: a:stopped b:stopped c:stopped d:stopped" },
  { { SKIP, FALSE, STOP, STOP, "b", POLICY_DIES, FALSE, FALSE },
    "d:stop | c:stop | a:stop\n"
    "succeeded\n"
    "then: a:stopped b:failed c:stopped d:stopped\n"
    "late: a:stopped b:failed c:stopped d:stopped" },
  { { SKIP, FALSE, RESET, RESET, "b", POLICY_FAILS, FALSE, FALSE },
    "a:reset | b:reset c:reset\n"
    "failed: reset failed: {b: broken}\n"
    "then: a:stopped b:failed+undefined c:stopped d:failed+undefined\n"
    "late: a:stopped b:failed+undefined c:stopped d:failed+undefined" },
  { { SKIP, FALSE, RESET, RESET, "a", POLICY_IS_LOST, FALSE, FALSE },
    "a:reset\n"
    "failed: reset failed: {a: nobody is left}\n"
    "then: a:lost b:failed+undefined c:failed+undefined d:failed+undefined\n"
    "late: a:lost b:failed+undefined c:failed+undefined d:failed+undefined" },
  { { SKIP, FALSE, SAVE, SAVE, "ad", POLICY_FAILS, FALSE, FALSE },
    "a:save b:save c:save d:save\n"
    "failed: save failed: {a: broken, d: broken}\n"
    "then: a:stopped b:stopped c:stopped d:stopped\n"
    "late: a:stopped b:stopped c:stopped d:stopped" },
  { { SKIP, FALSE, SAVE, SAVE, "b", POLICY_IS_LOST, FALSE, FALSE },
    "a:save b:save c:save d:save\n"
    "failed: save failed: {b: nobody is left}\n"
    "then: a:stopped b:lost c:stopped d:stopped\n"
    "late: a:stopped b:lost c:stopped d:stopped" },
  { { SKIP, FALSE, RESTORE, RESTORE, "b", POLICY_FAILS, FALSE, FALSE },
    "a:restore | b:restore c:restore\n"
    "failed: restore failed: {b: broken}\n"
    "then: a:failed+undefined/new b:failed+undefined/old c:failed+undefined/new "
    "d:failed+undefined/old\n"
    "late: a:failed+undefined/new b:failed+undefined/old c:failed+undefined/new "
    "d:failed+undefined/old" },
  { { SKIP, FALSE, RESTORE, POST_RESTORE, "b", POLICY_FAILS, FALSE, FALSE },
    "a:restore | b:restore c:restore | d:restore | a:post-restore b:post-restore "
    "c:post-restore d:post-restore\n"
    "failed: restore failed: {b: broken}\n"
    "then: a:stopped/new b:failed+undefined/new c:stopped/new d:stopped/new\n"
    "late: a:stopped/new b:failed+undefined/new c:stopped/new d:stopped/new" },
  { { SKIP, FALSE, RESTORE, POST_RESTORE, "b", POLICY_HANGS, FALSE, FALSE },
    "a:restore | b:restore c:restore | d:restore | a:post-restore b:post-restore "
    "c:post-restore d:post-restore\n"
    "failed: restore failed: {b: timed out after 5 ms}\n"
    "then: a:stopped/new b:uncertain/new c:stopped/new d:stopped/new\n"
    "late: a:stopped/new b:failed+undefined/new c:stopped/new d:stopped/new" },
  { { SKIP, FALSE, RESTORE, RESTORE, "b", POLICY_IS_REMOVED, FALSE, FALSE },
    "a:restore | b:restore c:restore | d:restore\n"
    "failed: restore failed: {b: the unit left the set, and its saved state was not restored}\n"
    "then: a:failed+undefined/new c:failed+undefined/new d:failed+undefined/new\n"
    "late: a:failed+undefined/new c:failed+undefined/new d:failed+undefined/new" },
  { { SKIP, FALSE, RESTORE, RESTORE, "a", POLICY_IS_CANCELLED, FALSE, FALSE },
    "a:restore\n"
    "cancelled: restore cancelled\n"
    "then: a:failed+undefined/new b:failed+undefined/old c:failed+undefined/old "
    "d:failed+undefined/old\n"
    "late: a:failed+undefined/new b:failed+undefined/old c:failed+undefined/old "
    "d:failed+undefined/old" },
  { { ROLL_BACK, FALSE, START, START, "d", POLICY_FAILS, FALSE, FALSE },
    "a:start | b:start c:start | d:start | b:stop c:stop | a:stop\n"
    "failed: start failed: {d: broken}\n"
    "then: a:stopped b:stopped c:stopped d:failed\n"
    "late: a:stopped b:stopped c:stopped d:failed" },
  { { ROLL_BACK, FALSE, START, START, "b", POLICY_FAILS, TRUE, FALSE },
    "a:start | b:start c:start | a:stop\n"
    "failed: start failed: {b: broken}\n"
    "then: a:stopped b:failed c:stopped d:stopped\n"
    "late: a:stopped b:failed c:stopped d:stopped" },
  { { ROLL_BACK, FALSE, START, START, "b", POLICY_DROPS, FALSE, FALSE },
    "a:start | b:start c:start | b:stop c:stop | a:stop\n"
    "failed: start failed: {b: the start request was dropped without an answer}\n"
    "then: a:stopped b:stopped c:stopped d:stopped\n"
    "late: a:stopped b:stopped c:stopped d:stopped" },
  { { ROLL_BACK, FALSE, START, START, "b", POLICY_HANGS, FALSE, FALSE },
    "a:start | b:start c:start | c:stop | a:stop\n"
    "failed: start failed: {b: timed out after 5 ms}; roll-back failed: {b: timed out after 5 "
    "ms}, runs\n"
    "then: a:stopped b:uncertain c:stopped d:stopped | b:stop\n"
    "late: a:stopped b:stopped c:stopped d:stopped" },
  { { ROLL_BACK, FALSE, START, START, "b", POLICY_HANGS_A_WHILE, FALSE, FALSE },
    "a:start | b:start c:start | c:stop | b:stop | a:stop\n"
    "failed: start failed: {b: timed out after 5 ms}\n"
    "then: a:stopped b:stopped c:stopped d:stopped\n"
    "late: a:stopped b:stopped c:stopped d:stopped" },
  { { ROLL_BACK, FALSE, START, START, "b", POLICY_DIES, FALSE, FALSE },
    "a:start | b:start c:start | d:start | d:stop | c:stop | a:stop\n"
    "failed: start failed: {b: died}\n"
    "then: a:stopped b:failed c:stopped d:stopped\n"
    "late: a:stopped b:failed c:stopped d:stopped" },
  { { ROLL_BACK, FALSE, START, START, "b", POLICY_IS_CANCELLED, FALSE, FALSE },
    "a:start | b:start c:start | b:stop c:stop | a:stop\n"
    "cancelled: start cancelled\n"
    "then: a:stopped b:stopped c:stopped d:stopped\n"
    "late: a:stopped b:stopped c:stopped d:stopped" },
  { { ROLL_BACK, FALSE, STOP, STOP, "b", POLICY_FAILS, FALSE, FALSE },
    "d:stop | b:stop c:stop | a:stop\n"
    "failed: stop failed: {b: broken}, runs\n"
    "then: a:stopped b:failed+may-run c:stopped d:stopped\n"
    "late: a:stopped b:failed+may-run c:stopped d:stopped" },
  { { ROLL_BACK, TRUE, STOP, STOP, "b", POLICY_FAILS, FALSE, FALSE },
    "d:stop | b:stop c:stop | c:start | d:start\n"
    "failed: stop failed: {b: broken}, runs\n"
    "then: a:running b:failed+may-run c:running d:running\n"
    "late: a:running b:failed+may-run c:running d:running" },
  { { ROLL_BACK, TRUE, STOP, STOP, "b", POLICY_FAILS, TRUE, FALSE },
    "d:stop | b:stop c:stop | d:start\n"
    "failed: stop failed: {b: broken}, runs\n"
    "then: a:running b:failed+may-run c:failed+may-run d:running\n"
    "late: a:running b:failed+may-run c:failed+may-run d:running" },
  { { ROLL_BACK, TRUE, STOP, STOP, "a", POLICY_HANGS, FALSE, FALSE },
    "d:stop | b:stop c:stop | a:stop | b:start c:start | d:start\n"
    "failed: stop failed: {a: timed out after 5 ms}, runs\n"
    "then: a:uncertain b:running c:running d:running\n"
    "late: a:stopped b:running c:running d:running" },
  { { ROLL_BACK, TRUE, STOP, STOP, "b", POLICY_IS_CANCELLED, FALSE, FALSE },
    "d:stop | b:stop c:stop | b:start c:start | d:start\n"
    "cancelled: stop cancelled, runs\n"
    "then: a:running b:running c:running d:running\n"
    "late: a:running b:running c:running d:running" },
  { { ROLL_BACK, FALSE, RESET, RESET, "b", POLICY_FAILS, TRUE, FALSE },
    "a:reset | b:reset c:reset\n"
    "failed: reset failed: {b: broken}\n"
    "then: a:stopped b:failed+undefined c:failed+undefined d:failed+undefined\n"
    "late: a:stopped b:failed+undefined c:failed+undefined d:failed+undefined" },
  { { ROLL_BACK, FALSE, SAVE, SAVE, "b", POLICY_FAILS, TRUE, FALSE },
    "a:save b:save c:save d:save\n"
    "failed: save failed: {b: broken}\n"
    "then: a:stopped b:stopped c:stopped d:stopped\n"
    "late: a:stopped b:stopped c:stopped d:stopped" },
  { { ROLL_BACK, FALSE, RESTORE, SAVE, "b", POLICY_FAILS, FALSE, FALSE },
    "a:save b:save c:save d:save\n"
    "failed: restore failed: {b: broken}\n"
    "then: a:stopped/old b:stopped/old c:stopped/old d:stopped/old\n"
    "late: a:stopped/old b:stopped/old c:stopped/old d:stopped/old" },
  { { ROLL_BACK, FALSE, RESTORE, RESTORE, "b", POLICY_FAILS, TRUE, FALSE },
    "a:save b:save c:save d:save | a:restore | b:restore c:restore | a:restore | b:restore "
    "c:restore | a:post-restore b:post-restore c:post-restore\n"
    "failed: restore failed: {b: broken}\n"
    "then: a:stopped/old b:stopped/old c:stopped/old d:stopped/old\n"
    "late: a:stopped/old b:stopped/old c:stopped/old d:stopped/old" },
  { { ROLL_BACK, FALSE, RESTORE, RESTORE, "b", POLICY_HANGS, FALSE, FALSE },
    "a:save b:save c:save d:save | a:restore | b:restore c:restore | a:restore | c:restore | "
    "a:post-restore c:post-restore\n"
    "failed: restore failed: {b: timed out after 5 ms}; roll-back failed: {b: timed out after "
    "5 ms}\n"
    "then: a:stopped/old b:uncertain/old c:stopped/old d:failed+undefined/old\n"
    "late: a:stopped/old b:failed+undefined/new c:stopped/old d:failed+undefined/old" },
  { { ROLL_BACK, FALSE, RESTORE, RESTORE, "b", POLICY_IS_LOST, FALSE, FALSE },
    "a:save b:save c:save d:save | a:restore | b:restore c:restore | a:restore | c:restore | "
    "a:post-restore c:post-restore\n"
    "failed: restore failed: {b: nobody is left}; roll-back failed: {b: nobody is left}\n"
    "then: a:stopped/old b:lost/old c:stopped/old d:failed+undefined/old\n"
    "late: a:stopped/old b:lost/old c:stopped/old d:failed+undefined/old" },
  { { ROLL_BACK, FALSE, RESTORE, POST_RESTORE, "d", POLICY_FAILS, FALSE, FALSE },
    "a:save b:save c:save d:save | a:restore | b:restore c:restore | d:restore | "
    "a:post-restore b:post-restore c:post-restore d:post-restore | a:restore | b:restore "
    "c:restore | d:restore | a:post-restore b:post-restore c:post-restore d:post-restore\n"
    "failed: restore failed: {d: broken}\n"
    "then: a:stopped/old b:stopped/old c:stopped/old d:stopped/old\n"
    "late: a:stopped/old b:stopped/old c:stopped/old d:stopped/old" },
  { { ROLL_BACK, FALSE, RESTORE, RESTORE, "a", POLICY_IS_CANCELLED, FALSE, FALSE },
    "a:save b:save c:save d:save | a:restore | a:restore | a:post-restore\n"
    "cancelled: restore cancelled\n"
    "then: a:stopped/old b:stopped/old c:stopped/old d:stopped/old\n"
    "late: a:stopped/old b:stopped/old c:stopped/old d:stopped/old" },
  { { KEEP_GOING, FALSE, START, START, "a", POLICY_FAILS, FALSE, FALSE },
    "a:start | b:start c:start | d:start\n"
    "failed: start failed: {a: broken}, runs\n"
    "then: a:failed b:running c:running d:running\n"
    "late: a:failed b:running c:running d:running" },
  { { KEEP_GOING, FALSE, START, START, "ad", POLICY_FAILS, FALSE, FALSE },
    "a:start | b:start c:start | d:start\n"
    "failed: start failed: {a: broken, d: broken}, runs\n"
    "then: a:failed b:running c:running d:failed\n"
    "late: a:failed b:running c:running d:failed" },
  { { KEEP_GOING, FALSE, START, START, "a", POLICY_HANGS, FALSE, FALSE },
    "a:start | b:start c:start | d:start\n"
    "failed: start failed: {a: timed out after 5 ms}, runs\n"
    "then: a:uncertain b:running c:running d:running\n"
    "late: a:running b:running c:running d:running" },
  { { KEEP_GOING, FALSE, RESET, RESET, "b", POLICY_FAILS, FALSE, FALSE },
    "a:reset | b:reset c:reset | d:reset\n"
    "failed: reset failed: {b: broken}\n"
    "then: a:stopped b:failed+undefined c:stopped d:stopped\n"
    "late: a:stopped b:failed+undefined c:stopped d:stopped" },
  { { KEEP_GOING, FALSE, RESTORE, RESTORE, "b", POLICY_FAILS, FALSE, FALSE },
    "a:restore | b:restore c:restore | d:restore\n"
    "failed: restore failed: {b: broken}\n"
    "then: a:failed+undefined/new b:failed+undefined/old c:failed+undefined/new "
    "d:failed+undefined/new\n"
    "late: a:failed+undefined/new b:failed+undefined/old c:failed+undefined/new "
    "d:failed+undefined/new" },
};
/* clang-format on */

const guint policy_n_rows = G_N_ELEMENTS (policy_rows);
