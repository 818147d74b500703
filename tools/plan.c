/* SPDX-License-Identifier: MIT */

/* The job: what an operation would do with a set made of a graph. */

#include "plan.h"

#include "graph-reader.h"
#include "option-values.h"
#include "report.h"
#include "run-transition.h"
#include "simulated-unit.h"

#define SUMMARY                                                                   \
  "Prints what an operation would do with the units of a graph: who is asked\n"   \
  "when, who is left alone or skipped, and why. OPERATION is start, stop,\n"      \
  "reset, save or restore. With UNITs, it is asked of these alone: start takes\n" \
  "what they depend on along, stop what depends on them.\n"                       \
  "\n"                                                                            \
  "The units are stopped; for a plan of stop they have been started, and for\n"   \
  "one of restore they have been saved."

typedef struct
{
  char **words;
  const char *filename;
  StateOperation operation;
  char **names; /* of the units; none: all of them */
} PlanOptions;

static void
plan_options_clear (PlanOptions *options)
{
  g_strfreev (options->words);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PlanOptions, plan_options_clear)

static gboolean
parse_operation (const char *word, StateOperation *operation, GError **error)
{
  for (*operation = STATE_OPERATION_START; *operation <= STATE_OPERATION_RESTORE; (*operation)++)
    if (g_str_equal (word, state_operation_to_string (*operation)))
      return TRUE;
  return option_fail (error, "unknown operation \"%s\" (known: start, stop, reset, save, restore)",
                      word);
}

static gboolean
parse (int argc, char **argv, PlanOptions *options, gboolean *help, GError **error)
{
  const GOptionEntry entries[] = {
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->words, NULL, NULL },
    { NULL },
  };

  if (!command_parse_options ("plan", "GRAPH.json OPERATION [UNIT…]", SUMMARY, entries, &argc,
                              &argv, help, error))
    return FALSE;
  if (*help)
    return TRUE;
  if (options->words == NULL)
    return option_fail (error, "no GRAPH.json given; see state-unit plan --help");
  if (options->words[1] == NULL)
    return option_fail (error, "no OPERATION given; see state-unit plan --help");
  options->filename = options->words[0];
  options->names = options->words + 2;
  return parse_operation (options->words[1], &options->operation, error);
}

/* Sets */

static StateUnit *
make_unit (StateUnitBuilder *builder, guint place, gpointer user_data)
{
  return STATE_UNIT (simulated_unit_new (0, 0, place));
}

static gboolean
run_before (StateUnits *units, StateOperation operation, GError **error)
{
  g_autoptr (StateTransition) transition = state_transition_new (units, operation);

  return run_transition (transition, error);
}

static StateSnapshot *
take_snapshot (StateUnits *units, GError **error)
{
  g_autoptr (StateTransition) transition = state_transition_new (units, STATE_OPERATION_SAVE);

  if (!run_transition (transition, error))
    return NULL;
  return g_object_ref (state_transition_get_snapshot (transition));
}

/* What is to be planned, over units that are ready for it. */
static StateTransition *
make_transition (StateUnits *units, StateOperation operation, GError **error)
{
  g_autoptr (StateSnapshot) snapshot = NULL;
  StateTransition *transition;

  if (operation == STATE_OPERATION_STOP && !run_before (units, STATE_OPERATION_START, error))
    return NULL;
  if (operation == STATE_OPERATION_RESTORE && (snapshot = take_snapshot (units, error)) == NULL)
    return NULL;

  transition = state_transition_new (units, operation);
  if (snapshot != NULL)
    state_transition_set_snapshot (transition, snapshot);
  return transition;
}

static gboolean
take_units (StateTransition *transition, StateUnits *units, PlanOptions *options, GError **error)
{
  g_autoptr (GPtrArray) handles = g_ptr_array_new ();

  for (char **name = options->names; *name != NULL; name++)
    {
      StateUnitHandle *handle =
          g_utf8_validate (*name, -1, NULL) ? state_units_lookup (units, *name) : NULL;

      if (handle == NULL)
        return option_fail (error, "there is no unit \"%s\" in %s", *name, options->filename);
      g_ptr_array_add (handles, handle);
    }
  if (handles->len > 0)
    state_transition_set_handles (transition, (StateUnitHandle **) handles->pdata, handles->len);
  return TRUE;
}

static StatePlan *
make_plan (PlanOptions *options, GError **error)
{
  g_autoptr (Graph) graph = graph_read (options->filename, error);
  g_autoptr (StateUnits) units = state_units_new ();
  g_autoptr (StateTransition) transition = NULL;

  if (graph == NULL || !graph_build (graph, units, make_unit, NULL, error))
    return NULL;
  transition = make_transition (units, options->operation, error);
  if (transition == NULL || !take_units (transition, units, options, error))
    return NULL;
  return state_transition_plan (transition, error);
}

/* Line by line, since the names in it may contain anything. */
static void
print_plan (StatePlan *state_plan)
{
  g_autofree char *text = state_plan_to_string (state_plan);
  g_auto (GStrv) lines = g_strsplit (g_strchomp (text), "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    report_line ("%s", *line);
}

CommandStatus
plan (int argc, char **argv)
{
  g_auto (PlanOptions) options = { NULL };
  g_autoptr (StatePlan) state_plan = NULL;
  g_autoptr (GError) error = NULL;
  gboolean help;

  if (!parse (argc, argv, &options, &help, &error))
    return command_give_up (COMMAND_BAD_INPUT, error);
  if (help)
    return COMMAND_SUCCEEDED;

  state_plan = make_plan (&options, &error);
  if (state_plan == NULL)
    return command_give_up (COMMAND_BAD_INPUT, error);
  print_plan (state_plan);
  return COMMAND_SUCCEEDED;
}
