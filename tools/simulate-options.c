/* SPDX-License-Identifier: MIT */

#include "simulate-options.h"

#include "command.h"
#include "option-values.h"

#define SUMMARY                                                              \
  "Makes the units of a graph, each of which takes its time for every\n"     \
  "answer; starts and stops them, saves them to a file, restores the file\n" \
  "into new ones, starts and stops those, and reports what each took."

#define MAX_MS (60 * 60 * 1000)
#define MAX_CYCLES 1000000
#define MAX_THREADS 1000

static const char *const policies[] = {
  [STATE_FAILURE_POLICY_SKIP_DEPENDENTS] = "skip-dependents",
  [STATE_FAILURE_POLICY_ROLL_BACK] = "roll-back",
  [STATE_FAILURE_POLICY_KEEP_GOING] = "keep-going",
};

/* As they were typed. */
typedef struct
{
  char *latency;
  char *seed;
  char *cycles;
  char *threads;
  char *policy;
  char *timeout;
  char *max_concurrency;
  char *cancel_after;
  char *abandon_after;
  char **filenames;
} Words;

static void
words_clear (Words *words)
{
  g_free (words->latency);
  g_free (words->seed);
  g_free (words->cycles);
  g_free (words->threads);
  g_free (words->policy);
  g_free (words->timeout);
  g_free (words->max_concurrency);
  g_free (words->cancel_after);
  g_free (words->abandon_after);
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
    { "max-concurrency", 0, 0, G_OPTION_ARG_FILENAME, &words->max_concurrency,
      "Ask so many units at once, at most (default: 0, no limit)", "N" },
    { "fail", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &self->failures,
      "Make an operation of a unit fail; can be repeated", "UNIT:OPERATION" },
    { "hang", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &self->hangs,
      "Make a unit never answer an operation; can be repeated", "UNIT:OPERATION" },
    { "policy", 0, 0, G_OPTION_ARG_FILENAME, &words->policy,
      "After a failure: skip-dependents (default), roll-back or keep-going", "POLICY" },
    { "timeout", 0, 0, G_OPTION_ARG_FILENAME, &words->timeout,
      "Give up on a unit that has not answered (default: 0, never)", "MS" },
    { "cancel-after", 0, 0, G_OPTION_ARG_FILENAME, &words->cancel_after,
      "Cancel each transition that takes longer", "MS" },
    { "abandon-after", 0, 0, G_OPTION_ARG_FILENAME, &words->abandon_after,
      "Abandon each transition that takes longer", "MS" },
    { "live-save", 0, 0, G_OPTION_ARG_FILENAME, &self->live_save,
      "Save the units while they run, too, and keep the file", "FILE" },
    { "dot", 0, 0, G_OPTION_ARG_FILENAME, &self->dot, "Write the graph for Graphviz", "FILE" },
    { "svg", 0, 0, G_OPTION_ARG_FILENAME, &self->svg,
      "Draw what failed, or else the first start, over time", "FILE" },
    { "trace", 0, 0, G_OPTION_ARG_FILENAME, &self->trace,
      "Write what --svg would draw, for Perfetto", "FILE" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &words->filenames, NULL, NULL },
    { NULL },
  };

  return command_parse_options ("simulate", "GRAPH.json", SUMMARY, entries, &argc, &argv, help,
                                error);
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
    return option_fail (error, "--latency: expected MIN:MAX or one number, in milliseconds");
  if (!option_parse_count ("latency", parts[0], 0, MAX_MS, &self->min_latency, error))
    return FALSE;

  self->max_latency = self->min_latency;
  if (!option_parse_count ("latency", parts[1], 0, MAX_MS, &self->max_latency, error))
    return FALSE;
  return self->min_latency <= self->max_latency ||
         option_fail (error, "--latency: %u is more than %u", self->min_latency, self->max_latency);
}

static gboolean
parse_policy (SimulateOptions *self, const char *text, GError **error)
{
  if (text == NULL)
    return TRUE;
  for (guint policy = 0; policy < G_N_ELEMENTS (policies); policy++)
    if (g_str_equal (text, policies[policy]))
      {
        self->policy = policy;
        return TRUE;
      }
  return option_fail (error,
                      "--policy: unknown policy \"%s\" "
                      "(known: skip-dependents, roll-back, keep-going)",
                      text);
}

static gboolean
parse_counts (SimulateOptions *self, Words *words, GError **error)
{
  const struct
  {
    const char *option;
    const char *text;
    guint min;
    guint max;
    guint *count;
  } counts[] = {
    { "cycles", words->cycles, 1, MAX_CYCLES, &self->cycles },
    { "threads", words->threads, 0, MAX_THREADS, &self->threads },
    { "timeout", words->timeout, 0, MAX_MS, &self->timeout },
    { "max-concurrency", words->max_concurrency, 0, G_MAXUINT, &self->max_concurrency },
    { "cancel-after", words->cancel_after, 1, MAX_MS, &self->cancel_after },
    { "abandon-after", words->abandon_after, 1, MAX_MS, &self->abandon_after },
  };

  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    if (!option_parse_count (counts[i].option, counts[i].text, counts[i].min, counts[i].max,
                             counts[i].count, error))
      return FALSE;
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
      !option_parse_number ("seed", words.seed, 0, G_MAXUINT64, &self->seed, error) ||
      !parse_policy (self, words.policy, error) || !parse_counts (self, &words, error) ||
      !command_check_one_graph ("simulate", words.filenames, error))
    return NULL;
  self->filename = g_strdup (words.filenames[0]);
  return g_steal_pointer (&self);
}

void
simulate_options_free (SimulateOptions *self)
{
  g_free (self->filename);
  g_strfreev (self->failures);
  g_strfreev (self->hangs);
  g_free (self->live_save);
  g_free (self->dot);
  g_free (self->svg);
  g_free (self->trace);
  g_free (self);
}

/* The word for it. */
const char *
simulate_options_get_policy (SimulateOptions *self)
{
  return policies[self->policy];
}
