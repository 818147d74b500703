/* SPDX-License-Identifier: MIT */

#include "state-plan.h"

#include "engine/forecast.h"
#include "state-error.h"
#include "state-transition-private.h"
#include "state-units-private.h"

/**
 * SECTION:state-plan
 * @title: StatePlan
 * @short_description: what a transition would do
 *
 * See #StatePlan.
 */

/**
 * StatePlan:
 *
 * What a transition would do, as state_transition_plan() found out without doing
 * it: if it ran now, and every unit did what it is asked.
 *
 * A level is a number of units that are asked at the same time, when all of them
 * take equally long and #StateUnits:max-concurrency does not hold them up: each
 * waits for some unit of the level before. The phases of a transition come one
 * after the other, each with levels of its own, so that a unit may be in several.
 * The units that are in no level are those that are skipped, and those that are
 * where they should be, or have nothing to do.
 *
 * The critical path and the duration come from how long each unit took for the
 * same operation the last time that it succeeded. One that was never seen counts
 * as taking no time, so that the duration is then the least to be expected.
 *
 * A unit that has yet to answer an earlier request, and is to be stopped, is
 * taken to answer that it did what it was asked. A transition that is bound to
 * fail is planned to its end, a roll-back included: what that finds depends on
 * how fast the units are, too.
 *
 * A plan never changes. All functions may be called on any thread.
 *
 * Since: 1.0
 */

typedef struct
{
  const char *phase; /* nullable: there is only one */
  guint number;      /* in the phase */
  char **names;
} PlanLevel;

struct _StatePlan
{
  GObject parent_instance;

  StateOperation operation;
  guint n_units;
  GPtrArray *levels; /* of PlanLevel */
  char **unchanged;
  char **skipped;
  GHashTable *reasons; /* by name of those skipped */
  char **critical_path;
  gint64 expected_duration;
};

G_DEFINE_FINAL_TYPE (StatePlan, state_plan, G_TYPE_OBJECT)

static void
level_free (gpointer data)
{
  PlanLevel *level = data;

  g_strfreev (level->names);
  g_free (level);
}

static void
state_plan_finalize (GObject *object)
{
  StatePlan *self = STATE_PLAN (object);

  g_ptr_array_unref (self->levels);
  g_strfreev (self->unchanged);
  g_strfreev (self->skipped);
  g_hash_table_unref (self->reasons);
  g_strfreev (self->critical_path);
  G_OBJECT_CLASS (state_plan_parent_class)->finalize (object);
}

static void
state_plan_class_init (StatePlanClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = state_plan_finalize;
}

static void
state_plan_init (StatePlan *self)
{
  self->levels = g_ptr_array_new_with_free_func (level_free);
  self->reasons = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

/* Making */

static char **
names_of_slots (StateTransition *trial, const GArray *slots)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();

  for (guint i = 0; i < slots->len; i++)
    g_strv_builder_add (names,
                        state_transition_get_slot_name (trial, g_array_index (slots, guint32, i)));
  return g_strv_builder_end (names);
}

static void
take_level (StatePlan *self, StateTransition *trial, const StateForecastLevel *found)
{
  const GPtrArray *phases = trial->run->phases;
  const PlanLevel *before =
      self->levels->len > 0 ? g_ptr_array_index (self->levels, self->levels->len - 1) : NULL;
  PlanLevel *level = g_new0 (PlanLevel, 1);

  if (phases->len > 1)
    level->phase = state_transition_phase_to_string (g_ptr_array_index (phases, found->phase));
  level->number =
      before != NULL && g_strcmp0 (before->phase, level->phase) == 0 ? before->number + 1 : 1;
  level->names = names_of_slots (trial, found->slots);
  g_ptr_array_add (self->levels, level);
}

/* Why the unit would not be asked in a phase, though it is not where it should be;
 * NULL: it is not skipped. */
static char *
why_skipped_in (StateTransition *trial, guint index, guint32 slot)
{
  const StateRunPhase *phase = g_ptr_array_index (trial->run->phases, index);
  const StateRunStep *step = &phase->steps[slot];
  const char *name = state_transition_get_slot_name (trial, slot);
  g_autoptr (GError) reason = NULL;

  if (step->outcome == STATE_STEP_OUTCOME_LOST)
    return g_strdup_printf ("%s is lost", name);
  if (step->verdict == STATE_VERDICT_PASS)
    return g_strdup_printf ("%s cannot start", name);
  if (step->outcome == STATE_STEP_OUTCOME_SUCCEEDED ||
      step->outcome == STATE_STEP_OUTCOME_UNCHANGED)
    return NULL;
  reason = state_transition_step_reason (trial, index * phase->n_steps + slot);
  return g_strdup (reason != NULL ? reason->message : name);
}

static char *
why_skipped (StateTransition *trial, guint32 slot)
{
  char *why = NULL;

  for (guint i = 0; i < trial->run->phases->len && why == NULL; i++)
    why = why_skipped_in (trial, i, slot);
  return why;
}

static gboolean
is_asked (StateTransition *trial, guint32 slot)
{
  for (guint i = 0; i < trial->run->phases->len; i++)
    {
      const StateRunPhase *phase = g_ptr_array_index (trial->run->phases, i);

      if (phase->steps[slot].start_time != 0)
        return TRUE;
    }
  return FALSE;
}

static void
take_the_rest (StatePlan *self, StateTransition *trial)
{
  g_autoptr (GStrvBuilder) unchanged = g_strv_builder_new ();
  g_autoptr (GStrvBuilder) skipped = g_strv_builder_new ();

  self->n_units = state_transition_get_n_slots (trial);
  for (guint32 slot = 0; slot < self->n_units; slot++)
    {
      const char *name = state_transition_get_slot_name (trial, slot);
      char *why = why_skipped (trial, slot);

      if (why != NULL)
        {
          g_strv_builder_add (skipped, name);
          g_hash_table_insert (self->reasons, g_strdup (name), why);
        }
      else if (!is_asked (trial, slot))
        g_strv_builder_add (unchanged, name);
    }
  self->unchanged = g_strv_builder_end (unchanged);
  self->skipped = g_strv_builder_end (skipped);
}

/* From a transition that has been prepared on a copy of the graph: the record of
 * the forecast becomes its own, so that it can say why. */
static StatePlan *
make_plan (StateTransition *trial)
{
  StatePlan *self = g_object_new (STATE_TYPE_PLAN, NULL);
  g_autoptr (StateForecast) forecast = state_forecast_new (trial->run);

  state_run_free (trial->run);
  trial->run = g_steal_pointer (&forecast->run);

  self->operation = trial->operation;
  for (guint i = 0; i < forecast->levels->len; i++)
    take_level (self, trial, g_ptr_array_index (forecast->levels, i));
  take_the_rest (self, trial);
  self->critical_path = names_of_slots (trial, forecast->critical_path);
  self->expected_duration = forecast->duration;
  return self;
}

/* What state_transition_run_async() would do at once with a transition that cannot
 * be run. */
static gboolean
can_run (StateTransition *self, StateUnits *units, GError **error)
{
  if (units == NULL)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_INITIALIZED,
                         "the transition has no set: make it with state_transition_new(), "
                         "and keep the set");
  else if (g_atomic_int_get (&self->used))
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PENDING,
                         "the transition has been run before: make another one");
  else if (g_atomic_int_get (&self->cancel_requested))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "%s cancelled before it began",
                 state_operation_to_string (self->operation));
  else
    return TRUE;
  return FALSE;
}

/* Another transition of the same kind, so that this one can still be run. */
static StateTransition *
make_trial (StateTransition *self, StateUnits *units)
{
  StateTransition *trial = state_transition_make (units, self->operation);

  if (self->subset != NULL)
    trial->subset = g_ptr_array_ref (self->subset);
  g_set_object (&trial->snapshot, self->snapshot);
  trial->policy = self->policy;
  trial->has_policy = self->has_policy;
  trial->resume = self->resume;
  return trial;
}

/**
 * state_transition_plan:
 * @self: a transition that has not been run
 * @error: return location for an error
 *
 * Finds out what the transition would do if it ran now, and does none of it: no
 * unit is asked, nothing changes, and the transition can be run afterwards. While
 * another transition runs, that means by the states in which its units are now.
 *
 * Errors: those with which state_transition_run_finish() would refuse it, such as
 * %STATE_ERROR_WRONG_STATE, %STATE_ERROR_FOREIGN_HANDLE or
 * %STATE_ERROR_UNKNOWN_UNIT; %G_IO_ERROR_CANCELLED when it was cancelled before it
 * ran; %G_IO_ERROR_NOT_INITIALIZED without a set; %G_IO_ERROR_PENDING when it has
 * been run. That a transition is bound to fail is no error: what fails, and what
 * is skipped for it, is in the plan.
 *
 * The main context of the set.
 *
 * Returns: (transfer full): the plan
 *
 * Since: 1.0
 */
StatePlan *
state_transition_plan (StateTransition *self, GError **error)
{
  g_autoptr (StateUnits) units = NULL;
  g_autoptr (StateGraph) graph = NULL;
  g_autoptr (StateTransition) trial = NULL;

  g_return_val_if_fail (STATE_IS_TRANSITION (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);
  state_return_val_if_not_here (self->home, NULL);

  units = g_weak_ref_get (&self->units);
  if (!can_run (self, units, error))
    return NULL;
  graph = state_graph_copy (units->graph);
  trial = make_trial (self, units);
  state_transition_prepare (trial, units, graph);
  if (trial->error == NULL)
    return make_plan (trial);
  g_propagate_error (error, g_steal_pointer (&trial->error));
  return NULL;
}

/* Reading */

/**
 * state_plan_get_n_levels:
 * @self: a plan
 *
 * Gets the number of levels, of all phases together.
 *
 * Returns: the number of levels
 *
 * Since: 1.0
 */
guint
state_plan_get_n_levels (StatePlan *self)
{
  g_return_val_if_fail (STATE_IS_PLAN (self), 0);

  return self->levels->len;
}

/**
 * state_plan_get_level:
 * @self: a plan
 * @n: a level, from 0 on; less than state_plan_get_n_levels()
 *
 * Gets the units that are asked at the same time, after those of the level before.
 *
 * Returns: (transfer full) (array zero-terminated=1): the names, in the order in
 *   which the units were added; free with g_strfreev()
 *
 * Since: 1.0
 */
char **
state_plan_get_level (StatePlan *self, guint n)
{
  const PlanLevel *level;

  g_return_val_if_fail (STATE_IS_PLAN (self), NULL);
  g_return_val_if_fail (n < self->levels->len, NULL);

  level = g_ptr_array_index (self->levels, n);
  return g_strdupv (level->names);
}

static char **
dup_names (char **names)
{
  return names != NULL ? g_strdupv (names) : g_new0 (char *, 1);
}

/**
 * state_plan_get_skipped:
 * @self: a plan
 *
 * Gets the units that would not be asked, though they are not where they should
 * be: those that are lost, and those that are skipped because of them. A unit that
 * is stopped for a restart, and would then be skipped, is here as well as in a
 * level.
 *
 * Returns: (transfer full) (array zero-terminated=1): the names, in the order in
 *   which the units were added; free with g_strfreev()
 *
 * Since: 1.0
 */
char **
state_plan_get_skipped (StatePlan *self)
{
  g_return_val_if_fail (STATE_IS_PLAN (self), NULL);

  return dup_names (self->skipped);
}

/**
 * state_plan_get_skip_reason:
 * @self: a plan
 * @name: the name of a unit
 *
 * Gets why a unit would be skipped, in words: `nas is lost`, `skipped because nas
 * is lost`.
 *
 * Returns: (transfer none) (nullable): the reason; %NULL for a unit that would not
 *   be skipped
 *
 * Since: 1.0
 */
const char *
state_plan_get_skip_reason (StatePlan *self, const char *name)
{
  g_return_val_if_fail (STATE_IS_PLAN (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return g_hash_table_lookup (self->reasons, name);
}

/**
 * state_plan_get_critical_path:
 * @self: a plan
 *
 * Gets the chain of units that the time is expected to go into, each of which
 * waits for the one before: what state_transition_get_critical_path() would then
 * say. As long as no duration is known, it is one of the longest chains.
 *
 * Returns: (transfer full) (array zero-terminated=1): the names, first to last;
 *   free with g_strfreev()
 *
 * Since: 1.0
 */
char **
state_plan_get_critical_path (StatePlan *self)
{
  g_return_val_if_fail (STATE_IS_PLAN (self), NULL);

  return dup_names (self->critical_path);
}

/**
 * state_plan_get_expected_duration:
 * @self: a plan
 *
 * Gets how long the transition is expected to take, with no more units at a time
 * than #StateUnits:max-concurrency allows.
 *
 * Returns: the time, in µs; 0 when nothing is known
 *
 * Since: 1.0
 */
gint64
state_plan_get_expected_duration (StatePlan *self)
{
  g_return_val_if_fail (STATE_IS_PLAN (self), 0);

  return self->expected_duration;
}

/* Words */

static void
append_level (GString *text, const PlanLevel *level)
{
  g_autofree char *names = g_strjoinv (", ", level->names);

  g_string_append (text, "  ");
  if (level->phase != NULL)
    g_string_append_printf (text, "%s ", level->phase);
  g_string_append_printf (text, "%u: %s\n", level->number, names);
}

static void
append_unchanged (GString *text, StatePlan *self)
{
  g_autofree char *names = g_strjoinv (", ", self->unchanged);

  if (*names != '\0')
    g_string_append_printf (text, "  unchanged: %s\n", names);
}

static void
append_skipped (GString *text, StatePlan *self)
{
  for (guint i = 0; self->skipped[i] != NULL; i++)
    g_string_append_printf (text, "%s%s (%s)", i > 0 ? ", " : "  skipped: ", self->skipped[i],
                            state_plan_get_skip_reason (self, self->skipped[i]));
  if (self->skipped[0] != NULL)
    g_string_append_c (text, '\n');
}

/* The same in every locale. */
static void
append_critical_path (GString *text, StatePlan *self)
{
  g_autofree char *names = g_strjoinv (" → ", self->critical_path);
  char ms[G_ASCII_DTOSTR_BUF_SIZE];

  if (*names == '\0')
    return;
  g_string_append_printf (text, "  critical path: %s", names);
  if (self->expected_duration >= 1000)
    g_string_append_printf (text, ", %s ms expected",
                            g_ascii_formatd (ms, sizeof ms, "%.1f",
                                             self->expected_duration / 1000.0));
  else if (self->expected_duration > 0)
    g_string_append_printf (text, ", %d µs expected", (int) self->expected_duration);
  g_string_append_c (text, '\n');
}

/**
 * state_plan_to_string:
 * @self: a plan
 *
 * Tells the plan in words, a line for each level, the units in the order in which
 * they were added. Two plans that are the same have the same text.
 *
 * |[
 * plan: start, 6 units, 3 levels
 *   1: clock, bus
 *   2: disk
 *   3: net
 *   skipped: nas (nas is lost), fs (skipped because nas is lost)
 *   critical path: bus → disk → net, 12.3 ms expected
 * ]|
 *
 * The levels of a transition with several phases are called after them: `restore
 * 1`, `post-restore 1`.
 *
 * Returns: (transfer full): the text, whose last line ends as the others do; free
 *   with g_free()
 *
 * Since: 1.0
 */
char *
state_plan_to_string (StatePlan *self)
{
  g_autoptr (GString) text = g_string_new (NULL);
  guint n_levels;

  g_return_val_if_fail (STATE_IS_PLAN (self), NULL);

  n_levels = self->levels->len;
  g_string_append_printf (text, "plan: %s, %u unit%s, %u level%s\n",
                          state_operation_to_string (self->operation), self->n_units,
                          self->n_units == 1 ? "" : "s", n_levels, n_levels == 1 ? "" : "s");
  for (guint i = 0; i < n_levels; i++)
    append_level (text, g_ptr_array_index (self->levels, i));
  if (self->unchanged != NULL)
    {
      append_unchanged (text, self);
      append_skipped (text, self);
      append_critical_path (text, self);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}
