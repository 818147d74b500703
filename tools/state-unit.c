/* SPDX-License-Identifier: MIT */

/* state-unit: the command. Each job has a file of its own. */

#include <libstate-unit.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "live-explain.h"
#include "live-inspect.h"
#include "live-list.h"
#include "live-monitor.h"
#include "live-run.h"
#include "live-tree.h"
#include "plan.h"
#include "simulate.h"
#include "verify.h"

typedef struct
{
  const char *name;
  const char *summary;
  CommandStatus (*run) (int argc, char **argv);
} Job;

/* On a graph in a file. */
static const Job jobs[] = {
  { "plan", "Show what an operation would do with a graph of units", plan },
  { "simulate", "Run a graph of units that take their time", simulate },
  { "verify", "Find all that is wrong with a graph", verify },
};

/* On a set that a running program exports. */
static const Job live_jobs[] = {
  { "list", "List the units", live_list },
  { "tree", "Draw what depends on what", live_tree },
  { "status", "Say how it is with the set", live_status },
  { "start", "Start the units", live_start },
  { "stop", "Stop the units", live_stop },
  { "reset", "Reset the units", live_reset },
  { "save", "Save the units to a file", live_save },
  { "restore", "Restore the units from a file", live_restore },
  { "inspect", "Look into the units", live_inspect },
  { "set", "Change a value of a unit", live_set },
  { "monitor", "Print what changes", live_monitor },
  { "explain", "Say what is waited for", live_explain },
  { "plot", "Draw the last transition to a file", live_plot },
};

static void
print_jobs (const char *heading, const Job *first, guint n)
{
  printf ("\n%s:\n", heading);
  for (guint i = 0; i < n; i++)
    printf ("  %-12s %s\n", first[i].name, first[i].summary);
}

static const Job *
find_job (const char *name, const Job *first, guint n)
{
  for (guint i = 0; i < n; i++)
    if (strcmp (name, first[i].name) == 0)
      return &first[i];
  return NULL;
}

static CommandStatus
print_help (void)
{
  fputs ("Usage:\n"
         "  state-unit JOB [OPTION…] …\n",
         stdout);
  print_jobs ("Jobs on a graph in a file", jobs, G_N_ELEMENTS (jobs));
  print_jobs ("Jobs on the set of a running program", live_jobs, G_N_ELEMENTS (live_jobs));
  fputs ("\n"
         "Options:\n"
         "  -h, --help   Show this help; after a job, that of the job\n"
         "  --version    Show the version\n",
         stdout);
  return COMMAND_SUCCEEDED;
}

static CommandStatus
print_version (void)
{
  printf ("state-unit %d.%d.%d\n", STATE_MAJOR_VERSION, STATE_MINOR_VERSION, STATE_MICRO_VERSION);
  return COMMAND_SUCCEEDED;
}

static CommandStatus
run_job (int argc, char **argv)
{
  const Job *job = find_job (argv[0], jobs, G_N_ELEMENTS (jobs));
  g_autofree char *message = NULL;

  if (job == NULL)
    job = find_job (argv[0], live_jobs, G_N_ELEMENTS (live_jobs));
  if (job != NULL)
    return job->run (argc, argv);

  message = g_strdup_printf ("there is no job \"%s\"; see state-unit --help", argv[0]);
  command_print_error (message);
  return COMMAND_BAD_INPUT;
}

static CommandStatus
run (int argc, char **argv)
{
  if (argc < 2)
    {
      command_print_error ("no job given; see state-unit --help");
      return COMMAND_BAD_INPUT;
    }
  if (strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "-h") == 0)
    return print_help ();
  if (strcmp (argv[1], "--version") == 0)
    return print_version ();
  return run_job (argc - 1, argv + 1);
}

int
main (int argc, char **argv)
{
  return command_finish_output (run (argc, argv));
}
