/* SPDX-License-Identifier: MIT */

#include "figures.h"

/* How many at once */

/* One request begins or ends. */
typedef struct
{
  gint64 time;
  int change;
} Moment;

static int
compare_moments (gconstpointer a, gconstpointer b)
{
  const Moment *first = a;
  const Moment *second = b;

  if (first->time != second->time)
    return first->time < second->time ? -1 : 1;
  /* What ends makes room for what begins. */
  return first->change - second->change;
}

static guint
most_at_once (GArray *moments)
{
  int now = 0;
  int most = 0;

  g_array_sort (moments, compare_moments);
  for (guint i = 0; i < moments->len; i++)
    {
      now += g_array_index (moments, Moment, i).change;
      most = MAX (most, now);
    }
  return most;
}

/* The critical path */

/* The steps of one unit that were asked and answered: one for each phase. */
static void
note_step (GHashTable *asked, StateTransitionStep *step)
{
  const char *name = state_transition_step_get_name (step);
  GPtrArray *steps = g_hash_table_lookup (asked, name);

  if (steps == NULL)
    {
      steps = g_ptr_array_new_with_free_func (g_object_unref);
      g_hash_table_insert (asked, g_strdup (name), steps);
    }
  g_ptr_array_add (steps, g_object_ref (step));
}

static gint64
step_duration (StateTransitionStep *step)
{
  return state_transition_step_get_finish_time (step) - state_transition_step_get_start_time (step);
}

/* A unit may be on the path in each phase: the step meant is the one that began
 * when the step before it on the path had ended. */
static StateTransitionStep *
step_on_path (GHashTable *asked, const char *name, gint64 since)
{
  GPtrArray *steps = g_hash_table_lookup (asked, name);

  for (guint i = 0; steps != NULL && i < steps->len; i++)
    if (state_transition_step_get_start_time (g_ptr_array_index (steps, i)) >= since)
      return g_ptr_array_index (steps, i);
  return NULL;
}

static char *
path_label (StateTransitionStep *step, const char *first_phase)
{
  const char *name = state_transition_step_get_name (step);
  const char *phase = state_transition_step_get_phase (step);

  if (g_str_equal (phase, first_phase))
    return g_strdup (name);
  return g_strdup_printf ("%s (%s)", name, phase);
}

static void
follow_path (Figures *self, StateTransition *transition, GHashTable *asked)
{
  StateOperation operation = state_transition_get_operation (transition);
  g_auto (GStrv) names = state_transition_get_critical_path (transition);
  g_autoptr (GStrvBuilder) labels = g_strv_builder_new ();
  gint64 since = 0;

  for (guint i = 0; names[i] != NULL; i++)
    {
      StateTransitionStep *step = step_on_path (asked, names[i], since);
      g_autofree char *label = NULL;

      if (step == NULL)
        continue;
      label = path_label (step, state_operation_to_string (operation));
      g_strv_builder_add (labels, label);
      self->on_path += step_duration (step);
      since = state_transition_step_get_finish_time (step);
    }
  self->path = g_strv_builder_end (labels);
}

/* The figures */

static void
add_step (Figures *self, GArray *moments, StateTransitionStep *step)
{
  gint64 start = state_transition_step_get_start_time (step);
  /* What takes no time takes place all the same. */
  Moment begin = { start, 1 };
  Moment end = { start + MAX (step_duration (step), 1), -1 };

  self->sum += step_duration (step);
  g_array_append_val (moments, begin);
  g_array_append_val (moments, end);
}

Figures *
figures_new (StateTransition *transition)
{
  GListModel *steps = G_LIST_MODEL (transition);
  Figures *self = g_new0 (Figures, 1);
  g_autoptr (GArray) moments = g_array_new (FALSE, FALSE, sizeof (Moment));
  g_autoptr (GHashTable) asked = NULL;

  asked =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);

  for (guint i = 0; i < g_list_model_get_n_items (steps); i++)
    {
      g_autoptr (StateTransitionStep) step = g_list_model_get_item (steps, i);

      if (state_transition_step_get_start_time (step) == 0 ||
          state_transition_step_get_finish_time (step) == 0)
        continue;
      add_step (self, moments, step);
      note_step (asked, step);
    }

  self->elapsed = state_transition_get_elapsed (transition);
  self->at_once = most_at_once (moments);
  follow_path (self, transition, asked);
  return self;
}

void
figures_free (Figures *self)
{
  g_strfreev (self->path);
  g_free (self);
}
