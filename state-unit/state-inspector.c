/* SPDX-License-Identifier: MIT */

#include "state-inspector.h"

#include "state-inspection-private.h"
#include "state-task-private.h"

/**
 * SECTION:state-inspector
 * @title: StateInspector
 * @short_description: looks at a set without keeping it alive
 *
 * See #StateInspector.
 */

/**
 * StateInspector:
 *
 * Looks at a #StateUnits, from any thread, at any time, also while an operation
 * is under way, without keeping the set alive. Made by
 * state_units_get_inspector().
 *
 * Since: 1.0
 */

struct _StateInspector
{
  GObject parent_instance;

  GWeakRef units;
};

G_DEFINE_FINAL_TYPE (StateInspector, state_inspector, G_TYPE_OBJECT)

static void
state_inspector_finalize (GObject *object)
{
  g_weak_ref_clear (&STATE_INSPECTOR (object)->units);
  G_OBJECT_CLASS (state_inspector_parent_class)->finalize (object);
}

static void
state_inspector_class_init (StateInspectorClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = state_inspector_finalize;
}

static void
state_inspector_init (StateInspector *self)
{
  g_weak_ref_init (&self->units, NULL);
}

StateInspector *
state_inspector_new (StateUnits *units)
{
  StateInspector *self = g_object_new (STATE_TYPE_INSPECTOR, NULL);

  g_weak_ref_set (&self->units, units);
  return self;
}

/**
 * state_inspector_inspect_async:
 * @self: an inspector
 * @path: (nullable): what to look at; "" or %NULL = everything
 * @depth: how many levels of the tree to go down from there; 0 = no limit
 * @timeout_ms: how long to wait for the units' own answers, in ms; 0 = 1,000,
 *   %G_MAXUINT = for ever
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called in the thread-default
 *   main context of the caller with the tree
 * @user_data: data for @callback
 *
 * Looks at the set, as state_units_inspect_async() does. Any thread.
 *
 * Since: 1.0
 */
void
state_inspector_inspect_async (StateInspector *self,
                               const char *path,
                               guint depth,
                               guint timeout_ms,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (StateUnits) units = NULL;

  g_return_if_fail (STATE_IS_INSPECTOR (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  state_task_set_tag (task, state_inspector_inspect_async);
  units = g_weak_ref_get (&self->units);
  if (units != NULL)
    state_inspection_launch (units, path, depth, timeout_ms, NULL, task);
  else
    g_task_return_pointer (task,
                           g_variant_ref_sink (
                               g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0)),
                           (GDestroyNotify) g_variant_unref);
}

/**
 * state_inspector_inspect_finish:
 * @self: an inspector
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_inspector_inspect_async().
 *
 * Errors: those of state_units_inspect_finish().
 *
 * Returns: (transfer full): the tree, of type `a{sv}`; an empty one when the set
 *   is gone; %NULL with an error
 *
 * Since: 1.0
 */
GVariant *
state_inspector_inspect_finish (StateInspector *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (STATE_IS_INSPECTOR (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, state_inspector_inspect_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
