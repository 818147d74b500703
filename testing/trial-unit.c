/* SPDX-License-Identifier: MIT */

#include "trial-unit-private.h"

#include <string.h>

#define NAME "unit"

TrialUnit *
trial_unit_new (Trial *trial)
{
  g_autoptr (GError) error = NULL;
  guint version;
  guint oldest;
  StateUnit *unit = trial_make_unit (trial, &version, &oldest);
  StateUnitBuilder *builder;
  TrialUnit *self;

  if (unit == NULL)
    return NULL;
  self = g_new0 (TrialUnit, 1);
  self->trial = trial;
  self->unit = unit;
  self->version = version;
  self->oldest = oldest;
  self->units = state_units_new ();
  state_units_set_default_timeout (self->units, trial_get_limit (trial));
  builder = state_units_add (self->units, NAME);
  state_unit_builder_set_main_context (builder, trial_get_context (trial));
  state_unit_builder_set_state_version (builder, version, MIN (oldest, version));
  self->handle = state_unit_builder_build (builder, unit, &error);
  if (self->handle != NULL)
    return self;
  trial_skip (trial, "%s", error->message);
  trial_unit_free (self);
  return NULL;
}

/* Out of the set first: the last reference goes where the unit lives. */
void
trial_unit_free (TrialUnit *self)
{
  if (self->handle != NULL)
    state_unit_handle_discard (self->handle);
  trial_settle (self->trial);
  g_object_unref (self->units);
  trial_settle (self->trial);
  trial_release_unit (self->trial, self->unit);
  g_free (self);
}

/* What a unit answered */

void
trial_answer_clear (TrialAnswer *self)
{
  g_clear_pointer (&self->words, g_free);
  g_clear_object (&self->saved);
}

gboolean
trial_answer_succeeded (const TrialAnswer *self)
{
  return self->words == NULL;
}

gboolean
trial_answer_is_given (const TrialAnswer *self)
{
  return self->outcome != STATE_STEP_OUTCOME_TIMED_OUT &&
         self->outcome != STATE_STEP_OUTCOME_DROPPED;
}

static void
set_words (TrialUnit *self, TrialAnswer *answer, const char *phase, const GError *error)
{
  if (answer->outcome == STATE_STEP_OUTCOME_TIMED_OUT)
    answer->words =
        g_strdup_printf ("%s was not answered within %u ms", phase, trial_get_limit (self->trial));
  else if (answer->outcome == STATE_STEP_OUTCOME_DROPPED)
    answer->words = g_strdup_printf ("%s was dropped without an answer", phase);
  else
    answer->words = g_strdup_printf ("%s failed: %s", phase,
                                     error != NULL ? error->message : "it does not say why");
}

static gboolean
is_success (StateStepOutcome outcome)
{
  return outcome == STATE_STEP_OUTCOME_SUCCEEDED || outcome == STATE_STEP_OUTCOME_UNCHANGED;
}

/* Of the first step that did not succeed. */
static void
read_steps (TrialUnit *self, StateTransition *transition, TrialAnswer *answer)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (transition));

  for (guint i = 0; i < n && answer->words == NULL; i++)
    {
      g_autoptr (StateTransitionStep) step = g_list_model_get_item (G_LIST_MODEL (transition), i);

      answer->outcome = state_transition_step_get_outcome (step);
      if (!is_success (answer->outcome))
        set_words (self, answer, state_transition_step_get_phase (step),
                   state_transition_step_get_error (step));
    }
}

/* A state that has gone through a file, as far as the unit can tell. */
static StateSnapshot *
through_bytes (StateSnapshot *snapshot)
{
  g_autoptr (GBytes) bytes = NULL;

  if (snapshot == NULL || state_snapshot_get_n_units (snapshot) == 0)
    return NULL;
  bytes = state_snapshot_to_bytes (snapshot);
  return state_snapshot_new_from_bytes (bytes, NULL);
}

/* Asking */

StateTransition *
trial_unit_begin (TrialUnit *self, StateOperation operation, StateSnapshot *snapshot)
{
  StateTransition *transition = state_transition_new (self->units, operation);

  if (snapshot != NULL)
    state_transition_set_snapshot (transition, snapshot);
  state_transition_run_async (transition, NULL, NULL, NULL);
  trial_settle (self->trial);
  return transition;
}

typedef struct
{
  Trial *trial;
  StateTransition *transition;
} Turning;

static gboolean
is_held_or_ended (gpointer data)
{
  const Turning *turning = data;

  return trial_unit_has_ended (turning->transition) || trial_is_held (turning->trial);
}

StateTransition *
trial_unit_begin_held (TrialUnit *self,
                       StateOperation operation,
                       StateSnapshot *snapshot,
                       guint turns)
{
  StateTransition *transition;

  if (!trial_hold (self->trial))
    {
      trial_skip (self->trial, "it blocks the thread that it is called on");
      return NULL;
    }
  transition = trial_unit_begin (self, operation, snapshot);
  trial_turn (self->trial, turns);
  /* The time limit of the set ends it, if nothing else does. */
  trial_wait (self->trial, 0, is_held_or_ended, &(Turning){ self->trial, transition });
  return transition;
}

gboolean
trial_unit_has_ended (StateTransition *transition)
{
  return state_transition_get_status (transition) >= STATE_TRANSITION_STATUS_SUCCEEDED;
}

static gboolean
has_ended (gpointer transition)
{
  return trial_unit_has_ended (transition);
}

/* The set keeps the time limit; a unit that puts its deadline off again and again is
 * given up on as well. */
void
trial_unit_end (TrialUnit *self, StateTransition *transition, TrialAnswer *answer)
{
  StateOperation operation = state_transition_get_operation (transition);

  if (!trial_wait (self->trial, trial_get_limit (self->trial) * 4, has_ended, transition))
    state_transition_abandon (transition);
  trial_wait (self->trial, 0, has_ended, transition);
  read_steps (self, transition, answer);
  if (answer->words == NULL && state_transition_get_error (transition) != NULL)
    {
      answer->outcome = STATE_STEP_OUTCOME_FAILED;
      set_words (self, answer, state_operation_to_string (operation),
                 state_transition_get_error (transition));
    }
  if (operation == STATE_OPERATION_SAVE && answer->words == NULL)
    answer->saved = through_bytes (state_transition_get_snapshot (transition));
}

void
trial_unit_ask (TrialUnit *self,
                StateOperation operation,
                StateSnapshot *snapshot,
                TrialAnswer *answer)
{
  g_autoptr (StateTransition) transition = trial_unit_begin (self, operation, snapshot);

  trial_unit_end (self, transition, answer);
}

gboolean
trial_unit_prepare (TrialUnit *self, StateOperation operation, StateSnapshot *snapshot)
{
  g_auto (TrialAnswer) answer = TRIAL_ANSWER_INIT;

  trial_unit_ask (self, operation, snapshot, &answer);
  if (!trial_answer_succeeded (&answer))
    trial_skip (self->trial, "%s", answer.words);
  return trial_answer_succeeded (&answer);
}

StateSnapshot *
trial_unit_prepare_saved (TrialUnit *self)
{
  g_auto (TrialAnswer) answer = TRIAL_ANSWER_INIT;

  trial_unit_ask (self, STATE_OPERATION_SAVE, NULL, &answer);
  if (!trial_answer_succeeded (&answer))
    trial_skip (self->trial, "%s", answer.words);
  return g_steal_pointer (&answer.saved);
}

gboolean
trial_unit_expect (TrialUnit *self,
                   StateOperation operation,
                   StateSnapshot *snapshot,
                   const char *when)
{
  g_auto (TrialAnswer) answer = TRIAL_ANSWER_INIT;

  trial_unit_ask (self, operation, snapshot, &answer);
  if (!trial_answer_succeeded (&answer))
    trial_fail (self->trial, "%s%s", answer.words, when);
  return trial_answer_succeeded (&answer);
}

/* Looking at it, and changing it */

typedef struct
{
  gatomicrefcount ref_count;
  gboolean is_done;
  GVariant *tree;
  GError *error;
} Look;

static Look *
look_new (void)
{
  Look *self = g_new0 (Look, 1);

  g_atomic_ref_count_init (&self->ref_count);
  return self;
}

static Look *
look_ref (Look *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

static void
look_unref (Look *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_clear_pointer (&self->tree, g_variant_unref);
  g_clear_error (&self->error);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Look, look_unref)

static void
looked (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Look) self = data;

  self->tree = state_unit_send_finish (STATE_UNIT (source), result, &self->error);
  self->is_done = TRUE;
}

static void
updated (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (Look) self = data;

  self->tree = state_units_update_finish (STATE_UNITS (source), result, &self->error);
  self->is_done = TRUE;
}

static gboolean
look_is_done (gpointer look)
{
  return ((Look *) look)->is_done;
}

GVariant *
trial_unit_inspect (TrialUnit *self, char **words)
{
  guint limit = trial_get_limit (self->trial);
  g_autoptr (Look) look = look_new ();

  state_unit_send_async (self->unit, STATE_OPERATION_INSPECT, NULL, NULL, looked, look_ref (look));
  trial_settle (self->trial);
  trial_let_go (self->trial);
  if (!trial_wait (self->trial, limit, look_is_done, look))
    *words = g_strdup_printf ("inspect was not answered within %u ms", limit);
  else if (g_error_matches (look->error, STATE_ERROR, STATE_ERROR_DROPPED))
    *words = g_strdup ("inspect was dropped without an answer");
  else if (look->error != NULL)
    *words = g_strdup_printf ("inspect failed: %s", look->error->message);
  else if (look->tree == NULL)
    return g_variant_ref_sink (g_variant_new ("a{sv}", NULL));
  else
    return g_variant_ref (look->tree);
  return NULL;
}

/* Another value of the same type; NULL: there is none for it. */
static GVariant *
other_value (GVariant *value)
{
  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_BOOLEAN:
      return g_variant_new_boolean (!g_variant_get_boolean (value));
    case G_VARIANT_CLASS_BYTE:
      return g_variant_new_byte (g_variant_get_byte (value) ^ 1);
    case G_VARIANT_CLASS_INT16:
      return g_variant_new_int16 (g_variant_get_int16 (value) ^ 1);
    case G_VARIANT_CLASS_UINT16:
      return g_variant_new_uint16 (g_variant_get_uint16 (value) ^ 1);
    case G_VARIANT_CLASS_INT32:
      return g_variant_new_int32 (g_variant_get_int32 (value) ^ 1);
    case G_VARIANT_CLASS_UINT32:
      return g_variant_new_uint32 (g_variant_get_uint32 (value) ^ 1);
    case G_VARIANT_CLASS_INT64:
      return g_variant_new_int64 (g_variant_get_int64 (value) ^ 1);
    case G_VARIANT_CLASS_UINT64:
      return g_variant_new_uint64 (g_variant_get_uint64 (value) ^ 1);
    case G_VARIANT_CLASS_DOUBLE:
      return g_variant_new_double (g_variant_get_double (value) > 0.5 ? 0.25 : 0.75);
    case G_VARIANT_CLASS_STRING:
      return g_variant_new_take_string (
          g_strconcat (g_variant_get_string (value, NULL), " changed", NULL));
    default:
      return NULL;
    }
}

/* Whatever comes of it: a field need not be one that can be changed. */
static void
update_field (TrialUnit *self, const char *name, GVariant *value)
{
  g_autofree char *path = g_strconcat (NAME "/", name, NULL);
  GVariant *other = other_value (value);
  g_autoptr (Look) look = look_new ();

  if (other == NULL)
    return;
  state_units_update_async (self->units, path, other, NULL, updated, look_ref (look));
  trial_wait (self->trial, trial_get_limit (self->trial), look_is_done, look);
}

void
trial_unit_update_fields (TrialUnit *self)
{
  g_autofree char *words = NULL;
  g_autoptr (GVariant) tree = trial_unit_inspect (self, &words);
  GVariantIter iter;
  const char *name;
  GVariant *value;

  if (tree == NULL)
    return;
  g_variant_iter_init (&iter, tree);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &value))
    {
      if (*name != '\0' && strchr (name, '/') == NULL)
        update_field (self, name, value);
      g_variant_unref (value);
    }
}

gboolean
trial_unit_change (TrialUnit *self)
{
  StateUnitConformanceFlags flags = trial_get_flags (self->trial);

  if (!trial_unit_prepare (self, STATE_OPERATION_START, NULL) ||
      !trial_unit_prepare (self, STATE_OPERATION_STOP, NULL))
    return FALSE;
  if ((flags & STATE_UNIT_CONFORMANCE_FLAGS_NO_UPDATE) == 0)
    trial_unit_update_fields (self);
  return trial_change_unit (self->trial, self->unit);
}

/* Saved states */

GVariant *
trial_saved_dup (StateSnapshot *snapshot)
{
  GVariant *state = snapshot != NULL ? state_snapshot_lookup (snapshot, NAME) : NULL;

  return state != NULL ? g_variant_ref (state) : NULL;
}

StateSnapshot *
trial_saved_with_version (TrialUnit *self, guint version, GVariant *state)
{
  g_autoptr (GVariant) own = g_variant_ref_sink (state);
  g_autoptr (StateSnapshot) empty = state_snapshot_new ();
  g_autoptr (StateSnapshot) snapshot = state_snapshot_with_unit (empty, NAME, version, own);

  return through_bytes (snapshot);
}

StateSnapshot *
trial_saved_with (TrialUnit *self, GVariant *state)
{
  return trial_saved_with_version (self, self->version, state);
}
