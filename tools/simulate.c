/* SPDX-License-Identifier: MIT */

/* The job: what was given is read and checked, and a simulation is made of it. */

#include "simulate.h"

#include <errno.h>
#include <stdio.h>

#include "simulation.h"

static StateUnit *
make_point_of_order (StateUnitBuilder *builder, guint place, gpointer user_data)
{
  return NULL;
}

static gboolean
write_dot (StateUnits *units, const char *filename, GError **error)
{
  g_autofree char *dot = state_units_to_dot (units);
  FILE *file = fopen (filename, "w");
  gboolean written = file != NULL && fputs (dot, file) >= 0;

  /* Not g_file_set_contents(): the file may be a pipe or a terminal. */
  if (file != NULL)
    written = fclose (file) == 0 && written;
  if (!written)
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "--dot %s: %s", filename,
                 g_strerror (errno));
  return written;
}

/* All that can be wrong with what was given is found before anything runs. */
static Simulation *
prepare (SimulateOptions *options, Graph *graph, GError **error)
{
  g_autoptr (StateUnits) units = state_units_new ();
  g_autoptr (Simulation) simulation = NULL;

  if (!graph_build (graph, units, make_point_of_order, NULL, error))
    return NULL;
  simulation = simulation_new (options, graph, error);
  if (simulation == NULL || (options->dot != NULL && !write_dot (units, options->dot, error)))
    return NULL;
  return g_steal_pointer (&simulation);
}

static CommandStatus
give_up (CommandStatus status, GError *error)
{
  command_print_error (error->message);
  return status;
}

CommandStatus
simulate (int argc, char **argv)
{
  g_autoptr (SimulateOptions) options = NULL;
  g_autoptr (Graph) graph = NULL;
  g_autoptr (Simulation) simulation = NULL;
  g_autoptr (GError) error = NULL;
  gboolean help;

  options = simulate_options_new (argc, argv, &help, &error);
  if (options == NULL)
    return give_up (COMMAND_BAD_INPUT, error);
  if (help)
    return COMMAND_SUCCEEDED;

  graph = graph_read (options->filename, &error);
  if (graph != NULL)
    simulation = prepare (options, graph, &error);
  if (simulation == NULL)
    return give_up (COMMAND_BAD_INPUT, error);

  if (!simulation_run (simulation, &error))
    return give_up (COMMAND_FAILED, error);
  return COMMAND_SUCCEEDED;
}
