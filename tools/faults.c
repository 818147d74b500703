/* SPDX-License-Identifier: MIT */

#include "faults.h"

#include <string.h>

#include "option-values.h"

/* Inspecting never goes wrong. */
static gboolean
parse_operation (const char *word, StateOperation *operation)
{
  for (*operation = STATE_OPERATION_START; *operation < STATE_OPERATION_INSPECT; (*operation)++)
    if (g_str_equal (word, state_operation_to_string (*operation)))
      return TRUE;
  return FALSE;
}

/* UNIT:OPERATION: names may contain colons, operations do not. */
static gboolean
parse (Faults *self,
       const char *option,
       const char *text,
       guint *place,
       StateOperation *operation,
       GError **error)
{
  const char *colon = strrchr (text, ':');
  g_autofree char *name = NULL;

  if (colon == NULL)
    return option_fail (error, "--%s: expected UNIT:OPERATION, found \"%s\"", option, text);
  name = g_strndup (text, colon - text);
  if (!parse_operation (colon + 1, operation))
    return option_fail (error,
                        "--%s %s: unknown operation \"%s\" "
                        "(known: start, stop, reset, save, restore, post-restore)",
                        option, text, colon + 1);
  if (!graph_find (self->graph, name, place))
    return option_fail (error, "--%s %s: there is no unit \"%s\" in %s", option, text, name,
                        self->graph->filename);
  return TRUE;
}

static gboolean
add_failures (Faults *self, char **failures, GError **error)
{
  for (char **failure = failures; failure != NULL && *failure != NULL; failure++)
    {
      StateOperation operation;
      guint place;

      if (!parse (self, "fail", *failure, &place, &operation, error))
        return FALSE;
      self->units[place].failing |= 1 << operation;
    }
  return TRUE;
}

static gboolean
add_hangs (Faults *self, char **hangs, GError **error)
{
  for (char **hang = hangs; hang != NULL && *hang != NULL; hang++)
    {
      StateOperation operation;
      guint place;

      if (!parse (self, "hang", *hang, &place, &operation, error))
        return FALSE;
      if (self->units[place].failing & (1 << operation))
        return option_fail (error, "--hang %s: it is to fail, so that it cannot hang", *hang);
      self->units[place].hanging |= 1 << operation;
    }
  return TRUE;
}

/* From lists of UNIT:OPERATION, both nullable. The graph outlives it. */
Faults *
faults_new (Graph *graph, char **failures, char **hangs, GError **error)
{
  g_autoptr (Faults) self = g_new0 (Faults, 1);

  self->graph = graph;
  self->units = g_new0 (Fault, MAX (graph->units->len, 1));
  if (!add_failures (self, failures, error) || !add_hangs (self, hangs, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
faults_free (Faults *self)
{
  g_free (self->units);
  g_free (self);
}

/* What was to go wrong and did not get that far, one sentence each. */
char **
faults_list_untried (Faults *self)
{
  g_autoptr (GStrvBuilder) sentences = g_strv_builder_new ();

  for (guint place = 0; place < self->graph->units->len; place++)
    {
      Fault *fault = &self->units[place];
      guint untried = (fault->failing | fault->hanging) & ~g_atomic_int_get (&fault->tried);

      for (guint operation = 0; operation < STATE_OPERATION_INSPECT; operation++)
        if (untried & (1 << operation))
          {
            g_autofree char *sentence = NULL;

            sentence = g_strdup_printf ("%s was never asked to %s.",
                                        graph_get_unit (self->graph, place)->name,
                                        state_operation_to_string (operation));
            g_strv_builder_add (sentences, sentence);
          }
    }
  return g_strv_builder_end (sentences);
}
