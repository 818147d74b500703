/* SPDX-License-Identifier: MIT */

#include "state-inspection-private.h"

#include "state-error.h"
#include "state-name-private.h"
#include "state-request-private.h"
#include "state-transition-private.h"
#include "state-tree-private.h"
#include "state-units-private.h"

#include <string.h>

typedef struct
{
  struct _Inspection *inspection; /* a reference while the request is out */
  StateUnitHandle *handle;
  StateRequest *request; /* while it is out; not owned */
  char *path;            /* relative to the unit */
  guint depth;
  GVariant *answer;
  GError *error;
  gboolean is_deep; /* enough to show more of it than its name */
  gboolean is_asked;
  gboolean is_answered;
} Look;

typedef struct _Inspection
{
  StateMessage message;
  gatomicrefcount ref_count;
  StateUnits *units;
  char *path;
  guint depth;
  guint timeout_ms;
  GVariant *value; /* of an update */
  gboolean rooted; /* the answer is the tree from the top, not that at the path */
  GTask *task;     /* until it has been returned */
  GPtrArray *looks;
  guint n_out;
  GSource *timeout;
  GSource *cancelled;
} Inspection;

static void
look_free (gpointer data)
{
  Look *look = data;

  g_object_unref (look->handle);
  g_free (look->path);
  g_clear_pointer (&look->answer, g_variant_unref);
  g_clear_error (&look->error);
  g_free (look);
}

static void
inspection_unref (Inspection *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_clear_object (&self->units);
  g_free (self->path);
  g_clear_pointer (&self->value, g_variant_unref);
  g_clear_object (&self->task);
  g_ptr_array_unref (self->looks);
  g_free (self);
}

/* Which units are concerned */

/* What of the path is below the name; NULL: the path does not lead to it. */
static const char *
path_below (const char *path, const char *name)
{
  gsize n = strlen (name);

  if (!g_str_has_prefix (path, name) || (path[n] != '\0' && path[n] != '/'))
    return NULL;
  return path[n] == '/' ? path + n + 1 : path + n;
}

static guint
n_parts (const char *path)
{
  guint n = *path != '\0';

  for (; *path != '\0'; path++)
    n += *path == '/';
  return n;
}

/* The level is how far down the path the name ends; 0: it leads to the path. */
static void
add_look (Inspection *self, StateUnitHandle *handle, const char *path, guint level)
{
  Look *look = g_new0 (Look, 1);

  look->inspection = self;
  look->handle = g_object_ref (handle);
  look->path = g_strdup (path);
  look->is_deep = self->depth == 0 || self->depth > level;
  look->depth = self->depth > level ? self->depth - level : 0;
  g_ptr_array_add (self->looks, look);
}

/* The unit with the longest name that leads to the path. */
static StateUnitHandle *
find_owner (Inspection *self, const char **rest)
{
  g_autofree char *name = g_strdup (self->path);

  while (*name != '\0')
    {
      StateUnitHandle *handle = state_units_lookup (self->units, name);
      char *slash = strrchr (name, '/');

      if (handle != NULL)
        {
          *rest = path_below (self->path, name);
          return handle;
        }
      if (slash == NULL)
        break;
      *slash = '\0';
    }
  return NULL;
}

/* Those whose names lie below the path, as deep as is looked. */
static void
add_units_below (Inspection *self)
{
  guint base = n_parts (self->path);

  for (guint i = 0; i < self->units->handles->len; i++)
    {
      StateUnitHandle *handle = g_ptr_array_index (self->units->handles, i);
      const char *below;

      if (handle == NULL)
        continue;
      below = *self->path != '\0' ? path_below (handle->name, self->path) : handle->name;
      if (below == NULL || *below == '\0')
        continue;
      add_look (self, handle, "", n_parts (handle->name) - base);
    }
}

static void
choose_units (Inspection *self)
{
  const char *rest = NULL;
  StateUnitHandle *owner = find_owner (self, &rest);

  if (owner != NULL)
    add_look (self, owner, rest, 0);
  if (self->value == NULL)
    add_units_below (self);
}

/* The answer */

static GVariant *
waiting_on (StateUnits *units, guint32 node)
{
  StateTransition *transition = units->current;
  guint32 slot = transition != NULL ? state_run_slot_of (transition->run, node) : STATE_SLOT_NONE;
  g_autoptr (GArray) slots = NULL;
  GVariantBuilder builder;

  if (slot == STATE_SLOT_NONE || transition->run->done ||
      transition->run->phase->steps[slot].outcome != STATE_STEP_OUTCOME_WAITING)
    return NULL;
  slots = state_run_waiting_on (transition->run, slot);
  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint i = 0; i < slots->len; i++)
    g_variant_builder_add (&builder, "s",
                           state_transition_get_slot_name (transition,
                                                           g_array_index (slots, guint32, i)));
  return g_variant_builder_end (&builder);
}

/* Values that are told of many units: each is made once. */
typedef struct
{
  GVariant *state_key;
  GVariant *dependencies_key;
  GVariant *dependents_key;
  GVariant *states[STATE_UNIT_STATE_LOST + 1]; /* nullable */
  GVariant **names;                            /* by node; nullable */
  guint n_names;
  GPtrArray *some; /* scratch */
} Words;

static void
words_init (Words *self, StateUnits *units)
{
  *self = (Words){
    .state_key = g_variant_ref_sink (g_variant_new_string (STATE_FIELD_UNIT_STATE)),
    .dependencies_key = g_variant_ref_sink (g_variant_new_string (STATE_FIELD_DEPENDENCIES)),
    .dependents_key = g_variant_ref_sink (g_variant_new_string (STATE_FIELD_DEPENDENTS)),
    .names = g_new0 (GVariant *, MAX (units->handles->len, 1)),
    .n_names = units->handles->len,
    .some = g_ptr_array_new (),
  };
}

static void
words_clear (Words *self)
{
  g_variant_unref (self->state_key);
  g_variant_unref (self->dependencies_key);
  g_variant_unref (self->dependents_key);
  for (guint i = 0; i < G_N_ELEMENTS (self->states); i++)
    g_clear_pointer (&self->states[i], g_variant_unref);
  for (guint i = 0; i < self->n_names; i++)
    g_clear_pointer (&self->names[i], g_variant_unref);
  g_free (self->names);
  g_ptr_array_unref (self->some);
}

static GVariant *
word_of_state (Words *self, StateUnitState state)
{
  if (self->states[state] == NULL)
    self->states[state] =
        g_variant_ref_sink (g_variant_new_string (state_unit_state_to_string (state)));
  return self->states[state];
}

static GVariant *
word_of_name (Words *self, const StateUnitHandle *handle)
{
  if (self->names[handle->node] == NULL)
    self->names[handle->node] = g_variant_ref_sink (g_variant_new_string (handle->name));
  return self->names[handle->node];
}

/* The names at the other ends of edges, each once: edges to one unit stand side by
 * side. */
static GVariant *
words_of_edges (Words *self, StateUnits *units, const StateEdge *edges, guint n)
{
  g_ptr_array_set_size (self->some, 0);
  for (guint i = 0; i < n; i++)
    {
      StateUnitHandle *handle = state_units_get_handle (units, edges[i].node);

      if (handle != NULL && (i == 0 || edges[i].node != edges[i - 1].node))
        g_ptr_array_add (self->some, word_of_name (self, handle));
    }
  return g_variant_new_array (G_VARIANT_TYPE_STRING, (GVariant *const *) self->some->pdata,
                              self->some->len);
}

/* What the set knows of the unit. */
static void
add_fields (StateTree *tree, StateUnits *units, const StateUnitHandle *handle, Words *words)
{
  const StateNode *node = &units->graph->nodes[handle->node];
  GVariant *waits = waiting_on (units, handle->node);
  const StateEdge *edges;
  guint n;

  state_tree_set_at (tree, words->state_key, word_of_state (words, node->state));
  edges = state_graph_dependencies (units->graph, handle->node, &n);
  state_tree_set_at (tree, words->dependencies_key, words_of_edges (words, units, edges, n));
  edges = state_graph_dependents (units->graph, handle->node, &n);
  state_tree_set_at (tree, words->dependents_key, words_of_edges (words, units, edges, n));
  if (handle->error != NULL)
    {
      g_autofree char *message = g_utf8_make_valid (handle->error->message, -1);

      state_tree_set (tree, STATE_FIELD_ERROR, g_variant_new_string (message));
    }
  if (waits != NULL)
    state_tree_set (tree, STATE_FIELD_WAITING_ON, waits);
}

static void
add_look_to_tree (Inspection *self, StateTree *tree, const Look *look, Words *words)
{
  StateTree *branch = state_tree_branch_at (tree, word_of_name (words, look->handle));

  if (!look->is_deep)
    return;
  add_fields (branch, self->units, look->handle, words);
  if (look->is_asked && !look->is_answered)
    state_tree_set (branch, STATE_FIELD_UNRESOLVED, g_variant_new_boolean (TRUE));
  else if (look->error != NULL)
    {
      g_autofree char *message = g_utf8_make_valid (look->error->message, -1);

      state_tree_set (branch, STATE_FIELD_INSPECT_ERROR, g_variant_new_string (message));
    }
}

/* The set's fields first, then units, then what the units themselves tell: what
 * comes first wins. Units that have left meanwhile are left out. */
static StateTree *
gather (Inspection *self)
{
  StateTree *tree = state_tree_new ();
  Words words;

  words_init (&words, self->units);
  for (guint i = 0; i < self->looks->len; i++)
    {
      const Look *look = g_ptr_array_index (self->looks, i);

      if (look->handle->units == self->units)
        add_look_to_tree (self, tree, look, &words);
    }
  for (guint i = 0; i < self->looks->len; i++)
    {
      const Look *look = g_ptr_array_index (self->looks, i);

      if (look->handle->units == self->units && look->answer != NULL &&
          g_variant_n_children (look->answer) > 0)
        state_tree_merge (state_tree_branch_at (tree, word_of_name (&words, look->handle)),
                          look->answer);
    }
  words_clear (&words);
  return tree;
}

static GVariant *
single (const char *path, GVariant *value)
{
  const char *slash = strrchr (path, '/');
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", slash != NULL ? slash + 1 : path, value);
  return g_variant_builder_end (&builder);
}

static GVariant *
tree_at_path (Inspection *self, GError **error)
{
  g_autoptr (StateTree) tree = gather (self);
  StateTree *found = state_tree_find (tree, self->path);
  GVariant *value;

  if (found == NULL && self->looks->len > 0)
    {
      const Look *owner = g_ptr_array_index (self->looks, 0);

      if (owner->handle->units != self->units)
        g_set_error (error, STATE_ERROR, STATE_ERROR_REMOVED, "%s: unit %s left the set",
                     self->path, owner->handle->name);
      else if (owner->error != NULL)
        g_propagate_prefixed_error (error, g_error_copy (owner->error),
                                    "unit %s: ", owner->handle->name);
      else if (owner->is_asked && !owner->is_answered)
        g_set_error (error, STATE_ERROR, STATE_ERROR_TIMED_OUT,
                     "%s: unit %s has not answered in time", self->path, owner->handle->name);
      else
        g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "unit %s has nothing at %s",
                     owner->handle->name, self->path);
      return NULL;
    }
  if (found == NULL)
    {
      g_set_error (error, STATE_ERROR, STATE_ERROR_REMOVED, "%s: the units left the set",
                   self->path);
      return NULL;
    }
  value = state_tree_get_value (found);
  if (value == NULL)
    return state_tree_to_variant (found, self->depth);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT))
    {
      g_autoptr (StateTree) below = state_tree_new ();

      state_tree_merge (below, value);
      return state_tree_to_variant (below, self->depth);
    }
  return single (self->path, value);
}

/* The new value that the unit tells; the one given, if it does not. */
static GVariant *
updated_value (Inspection *self, GError **error)
{
  const Look *look = g_ptr_array_index (self->looks, 0);
  g_autoptr (StateTree) tree = NULL;
  StateTree *found;

  if (look->error != NULL)
    {
      g_propagate_prefixed_error (error, g_error_copy (look->error),
                                  "unit %s: ", look->handle->name);
      return NULL;
    }
  if (look->answer == NULL)
    return self->value;
  tree = state_tree_new ();
  state_tree_merge (tree, look->answer);
  found = state_tree_find (tree, look->path);
  if (found == NULL)
    return self->value;
  return state_tree_get_value (found) != NULL ? state_tree_get_value (found)
                                              : state_tree_to_variant (found, 0);
}

static GVariant *
result_of (Inspection *self, GError **error)
{
  g_autoptr (StateTree) tree = NULL;
  GVariant *value;

  if (self->value != NULL)
    value = updated_value (self, error);
  else if (self->rooted)
    {
      tree = gather (self);
      value = state_tree_to_variant (tree, 0);
    }
  else
    value = tree_at_path (self, error);
  return value != NULL ? g_variant_ref_sink (value) : NULL;
}

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
finish (Inspection *self)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->task);
  GError *error = NULL;
  GVariant *value;

  if (task == NULL)
    return;
  clear_source (&self->timeout);
  clear_source (&self->cancelled);
  value = result_of (self, &error);
  g_clear_object (&self->units);
  if (value != NULL)
    g_task_return_pointer (task, value, (GDestroyNotify) g_variant_unref);
  else
    g_task_return_error (task, error);
}

/* Asking */

static void
look_answered (StateRequest *request)
{
  g_autoptr (StateRequest) own = request;
  Look *look = state_request_get_owner (request);
  Inspection *self = look->inspection;
  GVariant *answer = state_request_get_answer (request);
  const GError *error = state_request_get_error (request);

  look->request = NULL;
  look->is_answered = TRUE;
  look->answer = answer != NULL ? g_variant_ref (answer) : NULL;
  look->error = error != NULL ? g_error_copy (error) : NULL;
  if (--self->n_out == 0)
    finish (self);
  inspection_unref (self);
}

/* The set has gone before the answer came, and nobody waits for it. */
static void
look_discarded (StateRequest *request)
{
  Look *look = state_request_get_owner (request);

  inspection_unref (look->inspection);
  g_object_unref (request);
}

static void
ask (Inspection *self, Look *look)
{
  StateUnitHandle *handle = look->handle;
  g_autoptr (StateRequest) request = NULL;

  if (handle->units != self->units)
    return;
  request = state_request_new (&(StateRequestParameters){
      .operation = STATE_OPERATION_INSPECT,
      .unit = handle->unit,
      .handle = handle,
      .context = state_unit_handle_get_context (handle),
      .thread = handle->extras->thread,
      .home = self->units->dispatcher,
      .inspect_path = look->path,
      .inspect_depth = look->depth,
      .inspect_value = self->value,
      .inspect_timeout_ms = self->timeout_ms,
      .answered = look_answered,
      .discarded = look_discarded,
      .owner = look,
  });
  look->is_asked = TRUE;
  look->request = request;
  self->n_out++;
  g_atomic_ref_count_inc (&self->ref_count);
  if (handle->dispatcher != self->units->dispatcher)
    state_request_post_call (request, handle->dispatcher);
  else if (state_request_call (request))
    look_answered (g_object_ref (request));
}

/* Those who are late are told of as unresolved; what they answer is too late. */
static void
give_up (Inspection *self)
{
  g_autoptr (GPtrArray) requests = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < self->looks->len; i++)
    {
      const Look *look = g_ptr_array_index (self->looks, i);

      if (look->request != NULL)
        g_ptr_array_add (requests, g_object_ref (look->request));
    }
  finish (self);
  for (guint i = 0; i < requests->len; i++)
    {
      state_request_revoke (g_ptr_array_index (requests, i));
      state_request_cancel (g_ptr_array_index (requests, i));
    }
}

static gboolean
timed_out (gpointer data)
{
  Inspection *self = data;

  g_atomic_ref_count_inc (&self->ref_count);
  give_up (self);
  inspection_unref (self);
  return G_SOURCE_REMOVE;
}

static gboolean
cancelled (GCancellable *cancellable, gpointer data)
{
  return timed_out (data);
}

static void
attach_sources (Inspection *self)
{
  GMainContext *context = state_units_get_main_context (self->units);
  GCancellable *cancellable = g_task_get_cancellable (self->task);

  if (self->timeout_ms != G_MAXUINT)
    {
      self->timeout = g_timeout_source_new (self->timeout_ms);
      g_source_set_static_name (self->timeout, "state-unit: inspection");
      g_source_set_callback (self->timeout, timed_out, self, NULL);
      g_source_attach (self->timeout, context);
    }
  if (cancellable != NULL)
    {
      self->cancelled = g_cancellable_source_new (cancellable);
      g_source_set_callback (self->cancelled, G_SOURCE_FUNC (cancelled), self, NULL);
      g_source_attach (self->cancelled, context);
    }
}

static GError *
check (Inspection *self)
{
  const Look *look;

  if (self->looks->len == 0 && *self->path != '\0')
    return g_error_new (STATE_ERROR, STATE_ERROR_UNKNOWN_UNIT, "%s: unknown unit name", self->path);
  if (self->value == NULL)
    return NULL;
  if (self->looks->len == 0)
    return g_error_new_literal (STATE_ERROR, STATE_ERROR_UNKNOWN_UNIT,
                                "the path is empty: name a unit, and what of it to change");
  look = g_ptr_array_index (self->looks, 0);
  if (state_name_is_field (look->path))
    return g_error_new (G_IO_ERROR, G_IO_ERROR_READ_ONLY, "%s is told by the set: read-only",
                        self->path);
  if (look->handle->unit == NULL)
    return g_error_new (G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "unit %s has nothing at %s",
                        look->handle->name, self->path);
  return NULL;
}

/* In the set's context. */
static void
arrive (StateMessage *message)
{
  Inspection *self = (Inspection *) message;
  GError *error;

  choose_units (self);
  error = check (self);
  if (error != NULL)
    {
      g_task_return_error (self->task, error);
      inspection_unref (self);
      return;
    }
  attach_sources (self);
  self->n_out++;
  for (guint i = 0; i < self->looks->len; i++)
    {
      Look *look = g_ptr_array_index (self->looks, i);

      if (look->is_deep && look->handle->unit != NULL && !state_name_is_field (look->path))
        ask (self, look);
    }
  if (--self->n_out == 0)
    finish (self);
  inspection_unref (self);
}

static void
throw_away (StateMessage *message)
{
  inspection_unref ((Inspection *) message);
}

static void
launch (StateUnits *units,
        const char *path,
        guint depth,
        guint timeout_ms,
        GVariant *value,
        gboolean rooted,
        GTask *task)
{
  Inspection *self = g_new0 (Inspection, 1);

  self->message.handle = arrive;
  self->message.discard = throw_away;
  g_atomic_ref_count_init (&self->ref_count);
  self->units = g_object_ref (units);
  self->path = g_strdup (path != NULL ? path : "");
  self->depth = depth != G_MAXUINT ? depth : 0;
  self->timeout_ms = timeout_ms != 0 ? timeout_ms : STATE_INSPECTION_TIMEOUT;
  self->value = value != NULL ? g_variant_ref (value) : NULL;
  self->rooted = rooted;
  self->task = g_object_ref (task);
  self->looks = g_ptr_array_new_with_free_func (look_free);
  state_dispatcher_post (units->dispatcher, &self->message);
}

void
state_inspection_launch (StateUnits *units,
                         const char *path,
                         guint depth,
                         guint timeout_ms,
                         GVariant *value,
                         GTask *task)
{
  launch (units, path, depth, timeout_ms, value, FALSE, task);
}

/* For a set that is itself inspected as a unit: the tree from the top. */
void
state_inspection_launch_rooted (StateUnits *units,
                                const char *path,
                                guint depth,
                                guint timeout_ms,
                                GTask *task)
{
  launch (units, path, depth, timeout_ms, NULL, TRUE, task);
}

/* A tree with that value alone, at the path. */
GVariant *
state_inspection_tree_of (const char *path, GVariant *value)
{
  g_autoptr (StateTree) tree = state_tree_new ();
  g_autofree char *parent = g_path_get_dirname (path);
  const char *slash = strrchr (path, '/');
  StateTree *branch = slash != NULL ? state_tree_branch (tree, parent) : tree;

  state_tree_set (branch, slash != NULL ? slash + 1 : path, value);
  return g_variant_ref_sink (state_tree_to_variant (tree, 0));
}
