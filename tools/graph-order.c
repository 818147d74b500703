/* SPDX-License-Identifier: MIT */

/* The longest chain of a graph, and its cycles. */

#include "graph-order.h"

#define MAX_NAMES 50

typedef struct
{
  guint place;
  guint next; /* the dependency to look at next */
} Visit;

enum
{
  UNSEEN = 0,
  ON_PATH = G_MAXUINT /* anything else: the length of the longest chain that ends there */
};

typedef struct
{
  Graph *graph;
  GPtrArray *problems;
  guint *chains; /* by place */
  GArray *path;  /* of Visit */
} Walk;

/* From the place, which is on the path, back to it. */
static void
add_cycle (Walk *self, guint place)
{
  GString *names = g_string_new (NULL);
  guint last = self->path->len - 1;
  guint first = last;

  while (g_array_index (self->path, Visit, first).place != place)
    first--;
  for (guint i = first; i <= last; i++)
    if (last - first < MAX_NAMES || i - first < MAX_NAMES / 2 || last - i < MAX_NAMES / 2)
      g_string_append_printf (names, "%s → ",
                              graph_get_unit (self->graph,
                                              g_array_index (self->path, Visit, i).place)
                                  ->name);
    else if (i - first == MAX_NAMES / 2)
      g_string_append_printf (names, "(%u more) → ", last - first + 1 - MAX_NAMES / 2 * 2);

  g_ptr_array_add (self->problems,
                   g_strdup_printf ("[%u].depends_on: dependency cycle: %s%s", place, names->str,
                                    graph_get_unit (self->graph, place)->name));
  g_string_free (names, TRUE);
}

static void
enter (Walk *self, guint place)
{
  Visit visit = { place, 0 };

  g_array_append_val (self->path, visit);
  self->chains[place] = ON_PATH;
}

/* The dependencies that are still on the path are those that close a cycle. */
static void
leave (Walk *self, guint place)
{
  GArray *dependencies = graph_get_unit (self->graph, place)->dependencies;
  guint longest = 0;

  for (guint i = 0; i < dependencies->len; i++)
    {
      guint chain = self->chains[g_array_index (dependencies, guint, i)];

      if (chain != ON_PATH)
        longest = MAX (longest, chain);
    }
  self->chains[place] = longest + 1;
  self->graph->longest_chain = MAX (self->graph->longest_chain, longest + 1);
  g_array_set_size (self->path, self->path->len - 1);
}

/* Goes down the dependencies of one unit, without recursion. */
static void
walk (Walk *self, guint place)
{
  enter (self, place);
  while (self->path->len > 0)
    {
      Visit *visit = &g_array_index (self->path, Visit, self->path->len - 1);
      GArray *dependencies = graph_get_unit (self->graph, visit->place)->dependencies;

      if (visit->next == dependencies->len)
        leave (self, visit->place);
      else
        {
          guint below = g_array_index (dependencies, guint, visit->next++);

          if (self->chains[below] == ON_PATH)
            add_cycle (self, below);
          else if (self->chains[below] == UNSEEN)
            enter (self, below);
        }
    }
}

/* Finds the longest chain. Each edge that leads back to where the walk came from
 * is a problem: without these, the graph has no cycle. */
void
graph_measure (Graph *graph, GPtrArray *problems)
{
  g_autofree guint *chains = g_new0 (guint, MAX (graph->units->len, 1));
  g_autoptr (GArray) path = g_array_new (FALSE, FALSE, sizeof (Visit));
  Walk self = { graph, problems, chains, path };

  for (guint place = 0; place < graph->units->len; place++)
    if (chains[place] == UNSEEN)
      walk (&self, place);
}
