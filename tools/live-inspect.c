/* SPDX-License-Identifier: MIT */

/* The jobs inspect and set: looking into the units of a running program. */

#include "live-inspect.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "colours.h"
#include "live-json.h"
#include "live.h"
#include "option-values.h"
#include "text.h"

#define INSPECT_SUMMARY                                                                \
  "Prints what there is to know of a set that a running program exports, and of its\n" \
  "units, as a tree: all of it, or what is at PATH, such as disk/queue."
#define SET_SUMMARY                                                                  \
  "Changes the value at PATH, such as disk/queue/depth, in a running program, and\n" \
  "prints what it is then. VALUE is a word or a number, read as what is there now\n" \
  "is of; or the text of any GVariant."

/* Looking */

static GVariant *
inspect (StateRemoteUnits *units, const char *path, guint depth, guint timeout, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  state_remote_units_inspect_async (units, path, depth, timeout, NULL, live_keep_result, &result);
  if (live_wait_for_answer (units, &result, error) == NULL)
    return NULL;
  return state_remote_units_inspect_finish (units, result, error);
}

/* What is not a tree, on one line. */
static char *
text_of_value (GVariant *value)
{
  g_autofree char *text = NULL;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    text = g_variant_dup_string (value, NULL);
  else
    text = g_variant_print (value, FALSE);
  return text_printable (text);
}

static void print_tree (GVariant *tree, guint indent);

/* On a terminal, in lines that are not broken within a name. */
static void
print_names (const char *key, GVariant *value, guint indent)
{
  g_autofree const char **names = g_variant_get_strv (value, NULL);
  const char *none[] = { "none", NULL };
  g_autofree char *heading = g_strconcat (key, ":", NULL);
  guint columns = isatty (STDOUT_FILENO) ? text_columns (STDOUT_FILENO) - 1 : G_MAXUINT;
  g_autofree char *text = text_wrap (heading, *names != NULL ? names : none, ",", indent, columns);

  printf ("%*s%s%s%s%s", (int) indent, "", colour_dim (), heading, colour_end (),
          text + indent + strlen (heading));
}

static void
print_value (const char *key, GVariant *value, guint indent)
{
  g_autofree char *printable = text_printable (key);
  g_autofree char *text = NULL;
  StateUnitState state = STATE_UNIT_STATE_STOPPED;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT))
    {
      printf ("%*s%s%s%s\n", (int) indent, "", colour_bold (), printable, colour_end ());
      print_tree (value, indent + 2);
      return;
    }
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING_ARRAY))
    {
      print_names (printable, value, indent);
      return;
    }
  text = text_of_value (value);
  while (strcmp (key, "unit_state") == 0 && state < STATE_UNIT_STATE_LOST &&
         strcmp (text, state_unit_state_to_string (state)) != 0)
    state++;
  printf ("%*s%s%s:%s %s%s%s\n", (int) indent, "", colour_dim (), printable, colour_end (),
          strcmp (key, "unit_state") == 0 ? colour_of_state (state) : "", text,
          strcmp (key, "unit_state") == 0 ? colour_end () : "");
}

/* Not as deep as to run out of stack: what is told has come through D-Bus. */
static void
print_tree (GVariant *tree, guint indent)
{
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_iter_init (&iter, tree);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      print_value (key, value, indent);
      g_variant_unref (value);
    }
}

typedef struct
{
  Live live;
  char *depth;
  char *timeout;
} Inspect;

static void
inspect_clear (Inspect *self)
{
  live_clear (&self->live);
  g_free (self->depth);
  g_free (self->timeout);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Inspect, inspect_clear)

static gboolean
parse_inspect (Inspect *self,
               guint *depth,
               guint *timeout,
               int argc,
               char **argv,
               gboolean *help,
               GError **error)
{
  const GOptionEntry entries[] = {
    { "depth", 0, 0, G_OPTION_ARG_STRING, &self->depth, "Go down so many levels (all)", "N" },
    { "timeout", 0, 0, G_OPTION_ARG_STRING, &self->timeout,
      "Wait so long for units to answer (1000 ms)", "MS" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &self->live.json, "Print JSON", NULL },
    { NULL },
  };

  if (!live_parse (&self->live, "inspect", "[PATH]", INSPECT_SUMMARY, entries, 1, argc, argv, help,
                   error))
    return FALSE;
  return *help || (option_parse_count ("depth", self->depth, 0, G_MAXUINT, depth, error) &&
                   option_parse_count ("timeout", self->timeout, 0, G_MAXUINT, timeout, error));
}

CommandStatus
live_inspect (int argc, char **argv)
{
  g_auto (Inspect) self = { { NULL } };
  g_autoptr (StateRemoteUnits) units = NULL;
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GError) error = NULL;
  guint depth = 0;
  guint timeout = 0;
  gboolean help;

  if (!parse_inspect (&self, &depth, &timeout, argc, argv, &help, &error))
    return command_give_up (COMMAND_BAD_INPUT, error);
  if (help)
    return COMMAND_SUCCEEDED;
  units = live_connect (&self.live, &error);
  if (units == NULL)
    return live_give_up (error);
  tree = inspect (units, self.live.words[0], depth, timeout, &error);
  if (tree == NULL)
    return live_fail (units, error);
  if (self.live.json)
    live_json_print (json_gvariant_serialize (tree), TRUE);
  else
    print_tree (tree, 0);
  return COMMAND_SUCCEEDED;
}

/* Changing */

/* The value at the path now; NULL: there is none, or it is a tree. */
static GVariant *
current_value (StateRemoteUnits *units, const char *path, GError **error)
{
  g_autoptr (GVariant) tree = inspect (units, path, 1, 0, error);
  const char *slash = strrchr (path, '/');

  return tree != NULL ? g_variant_lookup_value (tree, slash != NULL ? slash + 1 : path, NULL)
                      : NULL;
}

/* Words need no quotes, and numbers no type, where it is known what is there. */
static GVariant *
parse_value (const char *text, GVariant *current)
{
  const GVariantType *type = current != NULL ? g_variant_get_type (current) : NULL;
  gboolean is_quoted = *text == '\'' || *text == '"';
  GVariant *value = NULL;

  if (type != NULL && (!g_variant_type_equal (type, G_VARIANT_TYPE_STRING) || is_quoted))
    value = g_variant_parse (type, text, NULL, NULL, NULL);
  if (value == NULL && (type == NULL || !g_variant_type_equal (type, G_VARIANT_TYPE_STRING)))
    value = g_variant_parse (NULL, text, NULL, NULL, NULL);
  return value != NULL ? value : g_variant_ref_sink (g_variant_new_string (text));
}

CommandStatus
live_set (int argc, char **argv)
{
  g_auto (Live) live = { NULL };
  g_autoptr (StateRemoteUnits) units = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GVariant) current = NULL;
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GVariant) new_value = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  gboolean help;

  if (!live_parse (&live, "set", "PATH VALUE", SET_SUMMARY, NULL, 2, argc, argv, &help, &error))
    return command_give_up (COMMAND_BAD_INPUT, error);
  if (help)
    return COMMAND_SUCCEEDED;
  if (!live_need_words (&live, "set", 1, "PATH", &error) ||
      !live_need_words (&live, "set", 2, "VALUE", &error))
    return command_give_up (COMMAND_BAD_INPUT, error);
  units = live_connect (&live, &error);
  if (units == NULL)
    return live_give_up (error);

  current = current_value (units, live.words[0], &error);
  if (live_is_silent_error (error))
    return live_fail (units, error);
  g_clear_error (&error);
  value = parse_value (live.words[1], current);
  state_remote_units_update_async (units, live.words[0], value, NULL, live_keep_result, &result);
  if (live_wait_for_answer (units, &result, &error) != NULL)
    new_value = state_remote_units_update_finish (units, result, &error);
  if (new_value == NULL)
    return live_fail (units, error);
  text = text_of_value (new_value);
  printf ("%s\n", text);
  return COMMAND_SUCCEEDED;
}
