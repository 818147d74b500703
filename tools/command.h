/* SPDX-License-Identifier: MIT */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What the process exits with. */
typedef enum
{
  COMMAND_SUCCEEDED = 0,
  COMMAND_FAILED = 1,
  COMMAND_BAD_INPUT = 2,
  COMMAND_NOBODY = 3 /* no set of a running program could be reached */
} CommandStatus;

gboolean command_parse_options (const char *name,
                                const char *parameters,
                                const char *summary,
                                const GOptionEntry *entries,
                                int *argc,
                                char ***argv,
                                gboolean *help,
                                GError **error);
gboolean command_check_one_graph (const char *name, char **filenames, GError **error);
void command_print_error (const char *message);
CommandStatus command_give_up (CommandStatus status, GError *error);
CommandStatus command_finish_output (CommandStatus status);

G_END_DECLS
