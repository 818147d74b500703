/* SPDX-License-Identifier: MIT */

#include "simulate-options.h"

#include <string.h>

#include "command.h"

#define SUMMARY                                                              \
  "Makes the units of a graph, each of which takes its time for every\n"     \
  "answer; starts and stops them, saves them to a file, restores the file\n" \
  "into new ones, starts and stops those, and reports what each took."

#define MAX_LATENCY (60 * 60 * 1000)
#define MAX_CYCLES 1000000
#define MAX_THREADS 1000

/* As they were typed. */
typedef struct
{
  char *latency;
  char *seed;
  char *cycles;
  char *threads;
  char **filenames;
} Words;

static void
words_clear (Words *words)
{
  g_free (words->latency);
  g_free (words->seed);
  g_free (words->cycles);
  g_free (words->threads);
  g_strfreev (words->filenames);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Words, words_clear)

static gboolean
parse_words (int argc,
             char **argv,
             Words *words,
             SimulateOptions *self,
             gboolean *help,
             GError **error)
{
  /* File names are taken as they are; so may be the names of units. */
  const GOptionEntry entries[] = {
    { "latency", 0, 0, G_OPTION_ARG_FILENAME, &words->latency,
      "How long an answer takes, in milliseconds (default: 5:20)", "MIN:MAX" },
    { "seed", 0, 0, G_OPTION_ARG_FILENAME, &words->seed,
      "Where the random numbers begin (default: 0)", "N" },
    { "cycles", 0, 0, G_OPTION_ARG_FILENAME, &words->cycles, "How often to do it all (default: 1)",
      "N" },
    { "threads", 0, 0, G_OPTION_ARG_FILENAME, &words->threads,
      "Spread the units over threads (default: 0, the main one)", "N" },
    { "fail", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &self->failures,
      "Make an operation of a unit fail; can be repeated", "UNIT:OPERATION" },
    { "dot", 0, 0, G_OPTION_ARG_FILENAME, &self->dot, "Write the graph for Graphviz", "FILE" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &words->filenames, NULL, NULL },
    { NULL },
  };

  return command_parse_options ("simulate", "GRAPH.json", SUMMARY, entries, &argc, &argv, help,
                                error);
}

static gboolean G_GNUC_PRINTF (2, 3) fail (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_propagate_error (error,
                     g_error_new_valist (G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, format, args));
  va_end (args);
  return FALSE;
}

static gboolean
parse_number (const char *option,
              const char *text,
              guint64 min,
              guint64 max,
              guint64 *number,
              GError **error)
{
  if (g_ascii_string_to_unsigned (text, 10, min, max, number, NULL))
    return TRUE;
  return fail (error,
               "--%s: \"%s\" is not a number from %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT,
               option, text, min, max);
}

static gboolean
parse_count (const char *option,
             const char *text,
             guint min,
             guint max,
             guint *count,
             GError **error)
{
  guint64 number;

  if (text == NULL)
    return TRUE;
  if (!parse_number (option, text, min, max, &number, error))
    return FALSE;
  *count = (guint) number;
  return TRUE;
}

/* MIN:MAX, or one number for both. */
static gboolean
parse_latency (SimulateOptions *self, const char *text, GError **error)
{
  g_auto (GStrv) parts = NULL;

  if (text == NULL)
    return TRUE;

  parts = g_strsplit (text, ":", 2);
  if (parts[0] == NULL)
    return fail (error, "--latency: expected MIN:MAX or one number, in milliseconds");
  if (!parse_count ("latency", parts[0], 0, MAX_LATENCY, &self->min_latency, error))
    return FALSE;

  self->max_latency = self->min_latency;
  if (!parse_count ("latency", parts[1], 0, MAX_LATENCY, &self->max_latency, error))
    return FALSE;
  return self->min_latency <= self->max_latency ||
         fail (error, "--latency: %u is more than %u", self->min_latency, self->max_latency);
}

static gboolean
take_filename (SimulateOptions *self, char **filenames, GError **error)
{
  if (filenames == NULL)
    return fail (error, "no GRAPH.json given; see state-unit simulate --help");
  if (filenames[1] != NULL)
    return fail (error, "one GRAPH.json at a time: \"%s\" is too much", filenames[1]);
  self->filename = g_strdup (filenames[0]);
  return TRUE;
}

SimulateOptions *
simulate_options_new (int argc, char **argv, gboolean *help, GError **error)
{
  g_autoptr (SimulateOptions) self = g_new0 (SimulateOptions, 1);
  g_auto (Words) words = { NULL };

  self->min_latency = 5;
  self->max_latency = 20;
  self->cycles = 1;

  if (!parse_words (argc, argv, &words, self, help, error))
    return NULL;
  if (*help)
    return g_steal_pointer (&self);

  if (!parse_latency (self, words.latency, error) ||
      (words.seed != NULL &&
       !parse_number ("seed", words.seed, 0, G_MAXUINT64, &self->seed, error)) ||
      !parse_count ("cycles", words.cycles, 1, MAX_CYCLES, &self->cycles, error) ||
      !parse_count ("threads", words.threads, 0, MAX_THREADS, &self->threads, error) ||
      !take_filename (self, words.filenames, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
simulate_options_free (SimulateOptions *self)
{
  g_free (self->filename);
  g_free (self->dot);
  g_strfreev (self->failures);
  g_free (self);
}

/* Failures */

/* An operation that can be made to fail. */
gboolean
simulate_parse_operation (const char *word, StateOperation *operation)
{
  for (*operation = STATE_OPERATION_START; *operation < STATE_OPERATION_INSPECT; (*operation)++)
    if (g_str_equal (word, state_operation_to_string (*operation)))
      return TRUE;
  return FALSE;
}

/* Marks in an array of one entry for each unit of the graph which of its
 * operations are to fail. */
gboolean
simulate_options_get_failing (SimulateOptions *self,
                              Graph *graph,
                              StateOperationFlags *failing,
                              GError **error)
{
  for (char **failure = self->failures; failure != NULL && *failure != NULL; failure++)
    {
      /* Names may contain colons; operations do not. */
      const char *colon = strrchr (*failure, ':');
      g_autofree char *name = NULL;
      StateOperation operation;
      guint place;

      if (colon == NULL)
        return fail (error, "--fail: expected UNIT:OPERATION, found \"%s\"", *failure);
      name = g_strndup (*failure, colon - *failure);
      if (!simulate_parse_operation (colon + 1, &operation))
        return fail (error,
                     "--fail %s: unknown operation \"%s\" "
                     "(known: start, stop, reset, save, restore, post-restore)",
                     *failure, colon + 1);
      if (!graph_find (graph, name, &place))
        return fail (error, "--fail %s: there is no unit \"%s\" in %s", *failure, name,
                     graph->filename);
      failing[place] |= 1 << operation;
    }

  return TRUE;
}
