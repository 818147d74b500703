/* SPDX-License-Identifier: MIT */

/* state-unit: the command. Each job has a file of its own. */

#include <libstate-unit.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "plan.h"
#include "simulate.h"
#include "verify.h"

typedef struct
{
  const char *name;
  const char *summary;
  CommandStatus (*run) (int argc, char **argv);
} Job;

static const Job jobs[] = {
  { "plan", "Show what an operation would do with a graph of units", plan },
  { "simulate", "Run a graph of units that take their time", simulate },
  { "verify", "Find all that is wrong with a graph", verify },
};

static CommandStatus
print_help (void)
{
  fputs ("Usage:\n"
         "  state-unit JOB [OPTION…] …\n"
         "\n"
         "Jobs:\n",
         stdout);
  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    printf ("  %-12s %s\n", jobs[i].name, jobs[i].summary);
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
  g_autofree char *message = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (jobs); i++)
    if (strcmp (argv[0], jobs[i].name) == 0)
      return jobs[i].run (argc, argv);

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
