/* SPDX-License-Identifier: MIT */

#include "waits.h"

#include <string.h>

#define MAX_CHAINS 3
#define MAX_TRIED 100
#define MAX_LINKS 10
#define LINK ", which "

/* The steps of the last phase, by the place of their unit. */
typedef struct
{
  Graph *graph;
  StateStepOutcome *outcomes;
  gboolean is_stop; /* what stops waits for its dependents */
} Phase;

static gboolean
is_stop (StateTransition *transition, const char *phase)
{
  StateOperation operation = state_transition_get_operation (transition);

  if (g_str_equal (phase, "roll-back"))
    return operation == STATE_OPERATION_START;
  return g_str_equal (phase, state_operation_to_string (STATE_OPERATION_STOP));
}

static void
read_phase (Phase *self, StateTransition *transition)
{
  GListModel *steps = G_LIST_MODEL (transition);
  guint n_steps = g_list_model_get_n_items (steps);
  guint n_units = state_transition_get_n_units (transition);

  for (guint i = n_steps - n_units; i < n_steps; i++)
    {
      g_autoptr (StateTransitionStep) step = g_list_model_get_item (steps, i);
      guint place;

      if (graph_find (self->graph, state_transition_step_get_name (step), &place))
        self->outcomes[place] = state_transition_step_get_outcome (step);
      self->is_stop = is_stop (transition, state_transition_step_get_phase (step));
    }
}

/* The end of a chain: it waits, and nobody waits for it. */
static gboolean
is_end (Phase *self, guint place)
{
  GraphUnit *unit = graph_get_unit (self->graph, place);
  GArray *next = self->is_stop ? unit->dependencies : unit->dependents;

  if (self->outcomes[place] != STATE_STEP_OUTCOME_WAITING)
    return FALSE;
  for (guint i = 0; i < next->len; i++)
    if (self->outcomes[g_array_index (next, guint, i)] == STATE_STEP_OUTCOME_WAITING)
      return FALSE;
  return TRUE;
}

/* Of a long chain, both ends. */
static char *
shorten (const char *chain)
{
  g_auto (GStrv) links = g_strsplit (chain, LINK, -1);
  guint n = g_strv_length (links);
  guint half = MAX_LINKS / 2;
  g_autofree char *first = NULL;
  g_autofree char *last = NULL;

  if (n <= MAX_LINKS)
    return g_strdup (chain);
  last = g_strjoinv (LINK, links + n - half);
  g_clear_pointer (&links[half], g_free);
  first = g_strjoinv (LINK, links);
  for (guint i = half + 1; i < n; i++)
    g_clear_pointer (&links[i], g_free);
  return g_strdup_printf ("%s (and so on, %u times)" LINK "%s", first, n - 2 * half, last);
}

static char *
explain (StateTransition *transition, Graph *graph, guint place)
{
  g_autofree char *chain =
      state_transition_explain (transition, graph_get_unit (graph, place)->name);

  return shorten (chain);
}

/* Whether it leads down to the unit. */
static gboolean
leads_to (const char *chain, const char *name)
{
  g_autofree char *link = g_strconcat ("waits for ", name, NULL);

  return strstr (chain, link) != NULL;
}

/* From units that nobody waits for down to one that was asked. */
static void
add_chains (Waits *self, Phase *phase, StateTransition *transition, const char *slow)
{
  guint n_tried = 0;

  for (guint place = 0; place < phase->graph->units->len; place++)
    if (is_end (phase, place))
      {
        g_autofree char *chain = explain (transition, phase->graph, place);

        if (slow == NULL || leads_to (chain, slow))
          g_ptr_array_add (self->chains, g_steal_pointer (&chain));
        if (self->chains->len == MAX_CHAINS || ++n_tried == MAX_TRIED)
          break;
      }
}

/* Nobody waits: those that were asked. */
static void
add_asked (Waits *self, Phase *phase, StateTransition *transition, const char *slow)
{
  for (guint place = 0; place < phase->graph->units->len && self->chains->len < MAX_CHAINS; place++)
    if (phase->outcomes[place] == STATE_STEP_OUTCOME_ASKED &&
        (slow == NULL || g_str_equal (graph_get_unit (phase->graph, place)->name, slow)))
      g_ptr_array_add (self->chains, explain (transition, phase->graph, place));
}

static guint
count (Phase *phase, StateStepOutcome outcome)
{
  guint n = 0;

  for (guint place = 0; place < phase->graph->units->len; place++)
    n += phase->outcomes[place] == outcome;
  return n;
}

/* What leads to one slow unit, or all there is. NULL: nobody is waited for. */
Waits *
waits_new (StateTransition *transition, Graph *graph, const char *slow)
{
  g_autofree StateStepOutcome *outcomes = g_new (StateStepOutcome, MAX (graph->units->len, 1));
  g_autoptr (Waits) self = g_new0 (Waits, 1);
  Phase phase = { graph, outcomes, FALSE };

  self->chains = g_ptr_array_new_with_free_func (g_free);
  for (guint place = 0; place < graph->units->len; place++)
    outcomes[place] = STATE_STEP_OUTCOME_UNCHANGED;
  read_phase (&phase, transition);

  add_chains (self, &phase, transition, slow);
  if (self->chains->len > 0)
    self->n_more = count (&phase, STATE_STEP_OUTCOME_WAITING) - self->chains->len;
  else
    add_asked (self, &phase, transition, slow);
  return self->chains->len > 0 ? g_steal_pointer (&self) : NULL;
}

void
waits_free (Waits *self)
{
  g_ptr_array_unref (self->chains);
  g_free (self);
}
