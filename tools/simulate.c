/* SPDX-License-Identifier: MIT */

/* The job: what was given is read and checked, and a simulation is made of it. */

#include "simulate.h"

#include "graph-reader.h"
#include "output-file.h"
#include "simulation.h"

static gboolean
write_dot (StateUnits *units, const char *filename, GError **error)
{
  g_auto (OutputFile) file = { NULL };
  g_autofree char *dot = NULL;

  if (filename == NULL)
    return TRUE;
  dot = state_units_to_dot (units);
  return output_file_open (&file, "dot", filename, error) && output_file_write (&file, dot, error);
}

/* All that can be wrong with what was given is found before anything runs. */
static Simulation *
prepare (SimulateOptions *options, Graph *graph, GError **error)
{
  g_autoptr (StateUnits) units = state_units_new ();
  g_autoptr (Simulation) simulation = NULL;

  if (!graph_build (graph, units, NULL, NULL, error))
    return NULL;
  simulation = simulation_new (options, graph, error);
  if (simulation == NULL || !write_dot (units, options->dot, error))
    return NULL;
  return g_steal_pointer (&simulation);
}

CommandStatus
simulate (int argc, char **argv)
{
  g_autoptr (SimulateOptions) options = NULL;
  g_autoptr (Graph) graph = NULL;
  g_autoptr (Simulation) simulation = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) write_error = NULL;
  CommandStatus status = COMMAND_SUCCEEDED;
  gboolean help;

  options = simulate_options_new (argc, argv, &help, &error);
  if (options == NULL)
    return command_give_up (COMMAND_BAD_INPUT, error);
  if (help)
    return COMMAND_SUCCEEDED;

  graph = graph_read (options->filename, &error);
  if (graph != NULL)
    simulation = prepare (options, graph, &error);
  if (simulation == NULL)
    return command_give_up (COMMAND_BAD_INPUT, error);

  if (!simulation_run (simulation, &error))
    status = command_give_up (COMMAND_FAILED, error);
  if (!simulation_write_files (simulation, &write_error))
    status = command_give_up (COMMAND_FAILED, write_error);
  return status;
}
