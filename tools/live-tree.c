/* SPDX-License-Identifier: MIT */

/* The job tree: what stands on what, in a running program. */

#include "live-tree.h"

#include <stdio.h>

#include "colours.h"
#include "live.h"
#include "option-values.h"
#include "text.h"

#define SUMMARY                                                                      \
  "Draws the units of a set that a running program exports, with their states:\n"    \
  "below each unit those that it depends on, or with --reverse those that depend\n"  \
  "on it. Without UNITs it begins with those that nothing depends on. A unit that\n" \
  "has been drawn with all below it is not drawn so again."
#define MAX_DEPTH 500

typedef struct
{
  StateRemoteUnits *units;
  gboolean reverse;
  GHashTable *drawn; /* of names */
  GString *indent;
} Tree;

static char **
below (Tree *tree, StateRemoteHandle *handle)
{
  return tree->reverse ? state_remote_handle_get_dependents (handle)
                       : state_remote_handle_get_dependencies (handle);
}

static char **
above (Tree *tree, StateRemoteHandle *handle)
{
  return tree->reverse ? state_remote_handle_get_dependencies (handle)
                       : state_remote_handle_get_dependents (handle);
}

static void
print_unit (StateRemoteHandle *handle, gboolean is_repeated)
{
  g_autofree char *name = text_printable (state_remote_handle_get_name (handle));
  const GError *error = state_remote_handle_get_error (handle);
  g_autofree char *message = text_printable (error != NULL ? error->message : "");
  StateUnitState state = state_remote_handle_get_state (handle);

  printf ("%s  %s%s%s%s%s%s%s\n", name, colour_of_state (state), state_unit_state_to_string (state),
          error != NULL ? ": " : "", message, colour_end (), is_repeated ? colour_dim () : "",
          is_repeated ? "  (drawn above)" : "");
  if (is_repeated)
    fputs (colour_end (), stdout);
}

static void
draw (Tree *tree, const char *name, const char *branch, const char *indent, guint depth);

static void
draw_below (Tree *tree, char **names, guint depth)
{
  for (; *names != NULL; names++)
    if (names[1] != NULL)
      draw (tree, *names, "├─ ", "│  ", depth + 1);
    else
      draw (tree, *names, "└─ ", "   ", depth + 1);
}

/* Whatever the names are: each is gone through once. */
static void
draw (Tree *tree, const char *name, const char *branch, const char *indent, guint depth)
{
  StateRemoteHandle *handle = state_remote_units_lookup (tree->units, name);
  g_auto (GStrv) names = handle != NULL ? below (tree, handle) : NULL;
  gsize length = tree->indent->len;
  gboolean is_repeated;

  if (handle == NULL)
    return;
  is_repeated = *names != NULL && g_hash_table_contains (tree->drawn, name);
  g_hash_table_add (tree->drawn, g_strdup (name));
  printf ("%s%s%s%s", colour_dim (), tree->indent->str, branch, colour_end ());
  print_unit (handle, is_repeated);
  if (is_repeated || depth > MAX_DEPTH)
    return;
  g_string_append (tree->indent, indent);
  draw_below (tree, names, depth);
  g_string_truncate (tree->indent, length);
}

static void
draw_roots (Tree *tree)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (tree->units));

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (StateRemoteHandle) handle = g_list_model_get_item (G_LIST_MODEL (tree->units), i);
      g_auto (GStrv) names = above (tree, handle);

      if (*names == NULL)
        draw (tree, state_remote_handle_get_name (handle), "", "", 0);
    }
}

static gboolean
check_names (Tree *tree, char **names, GError **error)
{
  for (; *names != NULL; names++)
    if (state_remote_units_lookup (tree->units, *names) == NULL)
      return option_fail (error, "there is no unit \"%s\" in the set", *names);
  return TRUE;
}

CommandStatus
live_tree (int argc, char **argv)
{
  g_auto (Live) live = { NULL };
  g_autoptr (StateRemoteUnits) units = NULL;
  g_autoptr (GHashTable) drawn = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GString) indent = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  Tree tree = { .drawn = drawn, .indent = indent };
  const GOptionEntry entries[] = {
    { "reverse", 0, 0, G_OPTION_ARG_NONE, &tree.reverse, "Below each unit what depends on it",
      NULL },
    { NULL },
  };
  gboolean help;

  if (!live_parse (&live, "tree", "[UNIT…]", SUMMARY, entries, G_MAXUINT, argc, argv, &help,
                   &error))
    return command_give_up (COMMAND_BAD_INPUT, error);
  if (help)
    return COMMAND_SUCCEEDED;
  tree.units = units = live_connect (&live, &error);
  if (units == NULL)
    return live_give_up (error);
  if (!check_names (&tree, live.words, &error))
    return command_give_up (COMMAND_BAD_INPUT, error);

  for (char **name = live.words; *name != NULL; name++)
    draw (&tree, *name, "", "", 0);
  if (*live.words == NULL)
    draw_roots (&tree);
  return COMMAND_SUCCEEDED;
}
