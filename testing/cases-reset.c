/* SPDX-License-Identifier: MIT */

#include "cases-private.h"

/* reset-after-failed-restore */

#define MAX_FIELDS 16

/* A dictionary with the field at @place left out, or of another type. */
static GVariant *
spoil_field (GVariant *state, gsize place, gboolean leave_out)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (gsize i = 0; i < g_variant_n_children (state); i++)
    {
      g_autoptr (GVariant) value = NULL;
      const char *name;

      g_variant_get_child (state, i, "{&sv}", &name, &value);
      if (i != place)
        g_variant_builder_add (&builder, "{sv}", name, value);
      else if (!leave_out)
        g_variant_builder_add (&builder, "{sv}", name,
                               g_variant_is_of_type (value, G_VARIANT_TYPE_STRING)
                                   ? g_variant_new_boolean (TRUE)
                                   : g_variant_new_string ("not what it was"));
    }
  return g_variant_builder_end (&builder);
}

static GVariant *
with_unknown_field (GVariant *state)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (gsize i = 0; i < g_variant_n_children (state); i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (state, i);

      g_variant_builder_add_value (&builder, entry);
    }
  g_variant_builder_add (&builder, "{sv}", "a field from the future", g_variant_new_boolean (TRUE));
  return g_variant_builder_end (&builder);
}

/* The first half of an array, of whatever type. */
static GVariant *
first_half (GVariant *state)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, g_variant_get_type (state));
  for (gsize i = 0; i < g_variant_n_children (state) / 2; i++)
    {
      g_autoptr (GVariant) element = g_variant_get_child_value (state, i);

      g_variant_builder_add_value (&builder, element);
    }
  return g_variant_builder_end (&builder);
}

static void
add (GPtrArray *states, GVariant *state)
{
  g_ptr_array_add (states, g_variant_ref_sink (state));
}

static void
add_of_same_type (GPtrArray *states, GVariant *state)
{
  gsize n;

  if (!g_variant_is_of_type (state, G_VARIANT_TYPE_ARRAY))
    return;
  n = g_variant_n_children (state);
  if (g_variant_is_of_type (state, G_VARIANT_TYPE_VARDICT))
    {
      for (gsize i = 0; i < MIN (n, MAX_FIELDS); i++)
        add (states, spoil_field (state, i, TRUE));
      for (gsize i = 0; i < MIN (n, MAX_FIELDS); i++)
        add (states, spoil_field (state, i, FALSE));
      add (states, with_unknown_field (state));
    }
  if (n > 1)
    add (states, first_half (state));
}

/* What no unit has saved, or another one. */
static GPtrArray *
states_to_refuse (GVariant *state)
{
  GPtrArray *states = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);

  add (states, g_variant_new ("a{sv}", NULL));
  add (states, g_variant_new_int32 (42));
  add (states, g_variant_new_string (""));
  add (states, g_variant_new_tuple (NULL, 0));
  add (states, g_variant_new_variant (state));
  add_of_same_type (states, state);
  return states;
}

static void
expect_use (TrialUnit *unit, const char *when)
{
  if (trial_unit_expect (unit, STATE_OPERATION_RESET, NULL, when) &&
      trial_unit_expect (unit, STATE_OPERATION_START, NULL, when))
    trial_unit_expect (unit, STATE_OPERATION_STOP, NULL, when);
}

static void
restore_and_reset (TrialUnit *unit, StateSnapshot *snapshot, const char *what)
{
  g_auto (TrialAnswer) answer = TRIAL_ANSWER_INIT;
  g_autofree char *when = NULL;

  trial_unit_ask (unit, STATE_OPERATION_RESTORE, snapshot, &answer);
  if (!trial_answer_is_given (&answer))
    {
      trial_fail (unit->trial, "%s when given %s", answer.words, what);
      return;
    }
  when = g_strdup_printf (" after the restore of %s had %s", what,
                          trial_answer_succeeded (&answer) ? "succeeded" : "failed");
  expect_use (unit, when);
}

/* Versions that it says it can read: whether it reads what it now saves as one of them is
 * up to the unit. */
static void
restore_older (TrialUnit *unit, GVariant *state)
{
  for (guint older = unit->oldest; older < unit->version && older < unit->oldest + MAX_FIELDS;
       older++)
    {
      g_autoptr (StateSnapshot) snapshot = trial_saved_with_version (unit, older, state);
      g_autofree char *what = g_strdup_printf ("its state as version %u", older);

      restore_and_reset (unit, snapshot, what);
      if (trial_is_over (unit->trial) || !trial_has_time (unit->trial))
        return;
    }
}

/* A unit that can be reset at all, and runs. FALSE: there is a verdict. */
static gboolean
prepare (TrialUnit *unit)
{
  g_auto (TrialAnswer) answer = TRIAL_ANSWER_INIT;

  if (!trial_unit_prepare (unit, STATE_OPERATION_START, NULL) ||
      !trial_unit_prepare (unit, STATE_OPERATION_STOP, NULL))
    return FALSE;
  trial_unit_ask (unit, STATE_OPERATION_RESET, NULL, &answer);
  if (!trial_answer_is_given (&answer))
    trial_skip (unit->trial, "%s", answer.words);
  else if (!trial_answer_succeeded (&answer))
    trial_fail (unit->trial, "%s", answer.words);
  return trial_answer_succeeded (&answer);
}

void
case_reset_after_failed_restore (Trial *trial)
{
  g_autoptr (TrialUnit) unit = trial_unit_new (trial);
  g_autoptr (StateSnapshot) saved = NULL;
  g_autoptr (GVariant) state = NULL;
  g_autoptr (GPtrArray) states = NULL;

  if (unit == NULL || !prepare (unit))
    return;
  saved = trial_unit_prepare_saved (unit);
  if (saved == NULL)
    trial_skip (trial, "it saves nothing; if that is as it should be, leave the case out");
  if (trial_is_over (trial) || !trial_unit_prepare (unit, STATE_OPERATION_RESTORE, saved))
    return;
  state = trial_saved_dup (saved);
  states = states_to_refuse (state);
  for (guint i = 0; i < states->len && (i == 0 || trial_has_time (trial)); i++)
    {
      g_autofree char *what = trial_print (g_ptr_array_index (states, i));
      g_autoptr (StateSnapshot) snapshot = trial_saved_with (unit, g_ptr_array_index (states, i));

      restore_and_reset (unit, snapshot, what);
      if (trial_is_over (trial))
        return;
    }
  restore_older (unit, state);
  if (!trial_is_over (trial))
    trial_unit_expect (unit, STATE_OPERATION_RESTORE, saved,
                       " with its own state, after others had been tried");
}
