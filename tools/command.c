/* SPDX-License-Identifier: MIT */

/* What the jobs of the command have in common. */

#include "command.h"

#include <stdio.h>

#include "option-values.h"
#include "text.h"

/* Takes the options out of the arguments. When they ask for help, it is
 * printed, whatever else they say, and *help is set. */
gboolean
command_parse_options (const char *name,
                       const char *parameters,
                       const char *summary,
                       const GOptionEntry *entries,
                       int *argc,
                       char ***argv,
                       gboolean *help,
                       GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (parameters);
  const GOptionEntry help_entries[] = {
    { "help", 'h', 0, G_OPTION_ARG_NONE, help, "Show this help", NULL },
    { NULL },
  };
  g_autoptr (GError) local_error = NULL;

  /* GLib's own help goes through the character set of the locale. */
  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_set_summary (context, summary);
  g_option_context_add_main_entries (context, help_entries, NULL);
  g_option_context_add_main_entries (context, entries, NULL);

  *help = FALSE;
  if (!g_option_context_parse (context, argc, argv, &local_error) && !*help)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }

  if (*help)
    {
      g_autofree char *program = g_strconcat ("state-unit ", name, NULL);
      g_autofree char *text = NULL;

      g_set_prgname (program);
      text = g_option_context_get_help (context, TRUE, NULL);
      fputs (text, stdout);
    }
  return TRUE;
}

/* Of the arguments that are no options, nullable. */
gboolean
command_check_one_graph (const char *name, char **filenames, GError **error)
{
  if (filenames == NULL)
    return option_fail (error, "no GRAPH.json given; see state-unit %s --help", name);
  if (filenames[1] != NULL)
    return option_fail (error, "one GRAPH.json at a time: \"%s\" is too much", filenames[1]);
  return TRUE;
}

/* One line, whatever the names in it contain. */
void
command_print_error (const char *message)
{
  g_autofree char *printable = text_printable (message);

  fflush (stdout);
  fprintf (stderr, "state-unit: %s\n", printable);
}

CommandStatus
command_give_up (CommandStatus status, GError *error)
{
  command_print_error (error->message);
  return status;
}

/* A report that did not reach its reader is a failure. */
CommandStatus
command_finish_output (CommandStatus status)
{
  if (fflush (stdout) == 0 && !ferror (stdout))
    return status;

  command_print_error ("standard output could not be written");
  return status == COMMAND_SUCCEEDED ? COMMAND_FAILED : status;
}
