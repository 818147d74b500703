/* SPDX-License-Identifier: MIT */

#include "cases-private.h"

/* save-changes-nothing */

/* What an observer sees: a tree for each moment. Fields that change by themselves do not
 * count. */
typedef struct
{
  GVariant *trees[4]; /* two before a save, two after it */
} Observation;

static void
observation_clear (Observation *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->trees); i++)
    g_clear_pointer (&self->trees[i], g_variant_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Observation, observation_clear)

static void
look_twice (TrialUnit *unit, GVariant **trees)
{
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *words = NULL;

      trees[i] = trial_unit_inspect (unit, &words);
    }
}

static gboolean
field_is_same (GVariant *one, GVariant *other, const char *name)
{
  g_autoptr (GVariant) a = g_variant_lookup_value (one, name, NULL);
  g_autoptr (GVariant) b = g_variant_lookup_value (other, name, NULL);
  g_autofree char *difference = trial_difference (a, b);

  return difference == NULL;
}

/* It is the same whenever nothing has been saved in between. */
static gboolean
is_steady (const Observation *self, const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->trees); i += 2)
    if (!field_is_same (self->trees[i], self->trees[i + 1], name))
      return FALSE;
  return TRUE;
}

/* NULL: nothing but what changes by itself. */
static char *
first_change (const Observation *self)
{
  g_autoptr (GVariantIter) iter = NULL;
  const char *name;

  for (guint i = 0; i < G_N_ELEMENTS (self->trees); i++)
    if (self->trees[i] == NULL)
      return NULL;
  iter = g_variant_iter_new (self->trees[1]);
  while (g_variant_iter_next (iter, "{&sv}", &name, NULL))
    if (is_steady (self, name) && !field_is_same (self->trees[1], self->trees[2], name))
      {
        g_autoptr (GVariant) before = g_variant_lookup_value (self->trees[1], name, NULL);
        g_autoptr (GVariant) after = g_variant_lookup_value (self->trees[2], name, NULL);
        g_autofree char *difference = trial_difference (before, after);

        return g_strdup_printf ("%s %s", name, difference);
      }
  return NULL;
}

static StateSnapshot *
save (TrialUnit *unit, const char *when)
{
  g_auto (TrialAnswer) answer = TRIAL_ANSWER_INIT;

  trial_unit_ask (unit, STATE_OPERATION_SAVE, NULL, &answer);
  if (!trial_answer_is_given (&answer))
    trial_skip (unit->trial, "%s", answer.words);
  else if (!trial_answer_succeeded (&answer))
    trial_fail (unit->trial, "%s %s", answer.words, when);
  return g_steal_pointer (&answer.saved);
}

/* Without an inspection between the two, which is for another case. */
static void
save_twice (TrialUnit *unit, const char *when)
{
  g_autoptr (StateSnapshot) first = save (unit, when);
  g_autoptr (StateSnapshot) second = trial_is_over (unit->trial) ? NULL : save (unit, when);
  g_autoptr (GVariant) before = trial_saved_dup (first);
  g_autoptr (GVariant) after = trial_saved_dup (second);
  g_autofree char *difference = NULL;

  if (trial_is_over (unit->trial))
    return;
  difference = trial_difference (before, after);
  if (difference != NULL)
    trial_fail (unit->trial, "what it saves went %s by a save %s", difference, when);
}

static void
look_at_save (TrialUnit *unit, const char *when)
{
  g_auto (Observation) seen = { { NULL } };
  g_autoptr (StateSnapshot) saved = NULL;
  g_autofree char *change = NULL;

  look_twice (unit, seen.trees);
  saved = save (unit, when);
  look_twice (unit, seen.trees + 2);
  change = first_change (&seen);
  if (change != NULL)
    trial_fail (unit->trial, "what it shows went %s by a save %s", change, when);
}

/* FALSE: there is a verdict. */
static gboolean
save_changes_nothing (TrialUnit *unit, const char *when)
{
  save_twice (unit, when);
  if (!trial_is_over (unit->trial))
    look_at_save (unit, when);
  return !trial_is_over (unit->trial);
}

void
case_save_changes_nothing (Trial *trial)
{
  g_autoptr (TrialUnit) unit = trial_unit_new (trial);

  if (unit == NULL || !save_changes_nothing (unit, "when it is new") ||
      !trial_unit_prepare (unit, STATE_OPERATION_START, NULL) ||
      !trial_unit_prepare (unit, STATE_OPERATION_STOP, NULL) ||
      !save_changes_nothing (unit, "after it has run"))
    return;
  trial_unit_expect (unit, STATE_OPERATION_START, NULL, " after it was saved");
}

/* restore-gives-saved-state */

/* FALSE: there is a verdict. */
static gboolean
restore_brings_back (TrialUnit *unit, StateSnapshot *saved, const char *where)
{
  g_autoptr (StateSnapshot) again = NULL;
  g_autoptr (GVariant) before = trial_saved_dup (saved);
  g_autoptr (GVariant) after = NULL;
  g_autofree char *difference = NULL;

  if (!trial_unit_expect (unit, STATE_OPERATION_RESTORE, saved, where))
    return FALSE;
  again = trial_unit_prepare_saved (unit);
  if (trial_is_over (unit->trial))
    return FALSE;
  after = trial_saved_dup (again);
  difference = trial_difference (before, after);
  if (difference != NULL)
    trial_fail (unit->trial, "what it saves went %s by a restore%s", difference, where);
  return difference == NULL;
}

static gboolean
check_versions (TrialUnit *unit)
{
  if (unit->oldest > unit->version)
    trial_fail (unit->trial, "it saves version %u and restores none that is older than %u",
                unit->version, unit->oldest);
  return unit->oldest <= unit->version;
}

/* Whether it saves something else now: if not, a restore could as well do nothing. */
static gboolean
has_changed (TrialUnit *unit, StateSnapshot *saved)
{
  g_autoptr (StateSnapshot) now = trial_unit_prepare_saved (unit);
  g_autoptr (GVariant) before = trial_saved_dup (saved);
  g_autoptr (GVariant) after = trial_saved_dup (now);
  g_autofree char *difference = trial_difference (before, after);

  return difference != NULL;
}

static void
restore_into_new_unit (Trial *trial, StateSnapshot *saved)
{
  g_autoptr (TrialUnit) unit = trial_unit_new (trial);

  if (unit == NULL || !restore_brings_back (unit, saved, " into a new unit"))
    return;
  if (trial_unit_expect (unit, STATE_OPERATION_START, NULL, " after a restore into a new unit"))
    trial_unit_expect (unit, STATE_OPERATION_STOP, NULL, " after a restore into a new unit");
}

void
case_restore_gives_saved_state (Trial *trial)
{
  g_autoptr (TrialUnit) unit = trial_unit_new (trial);
  g_autoptr (StateSnapshot) saved = NULL;
  gboolean changed;

  if (unit == NULL || !check_versions (unit) || !trial_unit_change (unit))
    return;
  saved = trial_unit_prepare_saved (unit);
  if (saved == NULL)
    trial_skip (trial, "it saves nothing; if that is as it should be, leave the case out");
  if (trial_is_over (trial) || !trial_unit_change (unit))
    return;
  changed = has_changed (unit, saved);
  if (trial_is_over (trial) || !restore_brings_back (unit, saved, ""))
    return;
  restore_into_new_unit (trial, saved);
  if (!trial_is_over (trial) && !changed)
    trial_skip (trial, "nothing that was tried changed what it saves, so that a restore that "
                       "does nothing would pass; give a function that changes it");
}
