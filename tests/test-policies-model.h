/* SPDX-License-Identifier: MIT */

#pragma once

#include <libstate-unit.h>

G_BEGIN_DECLS

/* One case of the table of policies, and what has to become of it. */

#define POLICY_N_UNITS 4
#define POLICY_DEADLINE 5 /* ms, of those that hang */

/* What goes wrong while a unit is asked. */
typedef enum
{
  POLICY_FAILS,
  POLICY_HANGS,         /* past its deadline; a roll-back has a deadline, too */
  POLICY_HANGS_A_WHILE, /* past its deadline, and answers once a roll-back waits for it */
  POLICY_DROPS,
  POLICY_IS_LOST,
  POLICY_DIES,         /* state_unit_ended(), when it runs: after its start, before its stop */
  POLICY_IS_REMOVED,   /* discarded */
  POLICY_IS_CANCELLED, /* not the unit: the transition */
  POLICY_N_HOWS
} PolicyHow;

/* a; b and c, that depend on a; d, that depends on b and c: operation by operation,
 * with one or two of them that misbehave once, at a request of bad_operation. */
typedef struct
{
  StateFailurePolicy policy;
  gboolean own_policy; /* the transition's own, not the set's */
  StateOperation operation;
  StateOperation bad_operation;
  const char *where; /* "a", "bc" */
  PolicyHow how;
  gboolean gives_up;   /* a good unit, once its request is cancelled */
  gboolean order_only; /* the edges */
} PolicyCase;

/* A case, and what has to become of it in so many words. */
typedef struct
{
  PolicyCase scene;
  const char *expected;
} PolicyRow;

extern const PolicyRow policy_rows[];
extern const guint policy_n_rows;

char *policy_case_to_string (const PolicyCase *self);
gboolean policy_case_is_bad (const PolicyCase *self, guint unit);
gboolean policy_case_rolls_back (const PolicyCase *self);
gboolean policy_case_roll_back_has_deadline (const PolicyCase *self);

char *policy_model_run (const PolicyCase *self);

G_END_DECLS
