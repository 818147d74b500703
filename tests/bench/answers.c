/* SPDX-License-Identifier: MIT */

/* Answers that come from a later iteration of the main loop, by one source for
 * all of them: the same for the library's requests and for tasks by hand. */

#include "answers.h"

typedef struct
{
  GDestroyNotify answer;
  gpointer data;
} Answer;

static GArray *waiting; /* of Answer */
static GArray *given;   /* those being given */
static GSource *source;

static gboolean
prepare (GSource *self, int *timeout)
{
  *timeout = -1;
  return waiting->len > 0;
}

static gboolean
check (GSource *self)
{
  return waiting->len > 0;
}

static gboolean
dispatch (GSource *self, GSourceFunc callback, gpointer user_data)
{
  GArray *answers = waiting;

  waiting = given;
  given = answers;
  for (guint i = 0; i < answers->len; i++)
    {
      Answer *answer = &g_array_index (answers, Answer, i);

      answer->answer (answer->data);
    }
  g_array_set_size (answers, 0);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs funcs = { prepare, check, dispatch, NULL, NULL, NULL };

void
answers_attach (void)
{
  waiting = g_array_new (FALSE, FALSE, sizeof (Answer));
  given = g_array_new (FALSE, FALSE, sizeof (Answer));
  source = g_source_new (&funcs, sizeof (GSource));
  g_source_attach (source, NULL);
}

void
answers_detach (void)
{
  g_source_destroy (source);
  g_clear_pointer (&source, g_source_unref);
  g_clear_pointer (&waiting, g_array_unref);
  g_clear_pointer (&given, g_array_unref);
}

void
answers_push (GDestroyNotify answer, gpointer data)
{
  Answer one = { answer, data };

  g_array_append_val (waiting, one);
}
