/* SPDX-License-Identifier: MIT */

#pragma once

#include <libstate-unit.h>

#include "command.h"

G_BEGIN_DECLS

/* Where the set is, and what all jobs on a set of a running program take. */
typedef struct
{
  char *address;
  char *bus;
  char *name;
  char *object_path;
  gboolean json;
  char **words; /* that are no options; not NULL once parsed */
} Live;

void live_clear (Live *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Live, live_clear)

gboolean live_parse (Live *self,
                     const char *job,
                     const char *parameters,
                     const char *summary,
                     const GOptionEntry *entries,
                     guint max_words,
                     int argc,
                     char **argv,
                     gboolean *help,
                     GError **error);
gboolean live_need_words (Live *self, const char *job, guint n, const char *what, GError **error);
StateRemoteUnits *live_connect (Live *self, GError **error);
CommandStatus live_give_up (GError *error);
CommandStatus live_fail (StateRemoteUnits *units, GError *error);

/* For the asynchronous functions: waits for the result. */
void live_keep_result (GObject *source, GAsyncResult *result, gpointer result_out);
GAsyncResult *live_wait (GAsyncResult **result);
GAsyncResult *live_wait_for_answer (StateRemoteUnits *units, GAsyncResult **result, GError **error);
void live_set_silent_error (GError **error);
gboolean live_is_silent_error (const GError *error);

G_END_DECLS
