/* SPDX-License-Identifier: MIT */

/* A set of the units of a shape, and its operations from the call to the
 * callback. */

#include "library.h"

static StateUnitHandle *
build_unit (StateUnits *set,
            const Shape *shape,
            StateUnitHandle **handles,
            guint32 place,
            StateUnit *unit)
{
  g_autofree char *name = shape_dup_unit_name (shape, place);
  StateUnitBuilder *builder = state_units_add (set, name);
  g_autoptr (GError) error = NULL;
  StateUnitHandle *handle;

  /* A file may have a unit before those that it depends on: the later of the two
   * makes the edge. */
  for (guint32 i = shape->down.offsets[place]; i < shape->down.offsets[place + 1]; i++)
    if (shape->down.targets[i] < place)
      state_unit_builder_depends_on (builder, handles[shape->down.targets[i]]);
  if (shape->names != NULL)
    for (guint32 i = shape->up.offsets[place]; i < shape->up.offsets[place + 1]; i++)
      if (shape->up.targets[i] < place)
        state_unit_builder_dependency_of (builder, handles[shape->up.targets[i]]);

  handle = state_unit_builder_build (builder, unit, &error);
  if (handle == NULL)
    g_error ("%s", error->message);
  return handle;
}

StateUnits *
library_build (const Shape *shape, StateUnit **units)
{
  StateUnits *set = state_units_new ();
  g_autofree StateUnitHandle **handles = g_new (StateUnitHandle *, shape->n);

  for (guint32 i = 0; i < shape->n; i++)
    handles[i] = build_unit (set, shape, handles, i, units[i]);
  return set;
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static GAsyncResult *
begin_and_wait (StateUnits *set, StateOperation operation)
{
  GAsyncResult *result = NULL;

  if (operation == STATE_OPERATION_START)
    state_units_start_async (set, NULL, on_done, &result);
  else if (operation == STATE_OPERATION_STOP)
    state_units_stop_async (set, NULL, on_done, &result);
  else
    state_units_reset_async (set, NULL, on_done, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return result;
}

/* Until the callback. */
void
library_run (StateUnits *set, StateOperation operation)
{
  g_autoptr (GAsyncResult) result = begin_and_wait (set, operation);
  g_autoptr (GError) error = NULL;
  gboolean success;

  if (operation == STATE_OPERATION_START)
    success = state_units_start_finish (set, result, &error);
  else if (operation == STATE_OPERATION_STOP)
    success = state_units_stop_finish (set, result, &error);
  else
    success = state_units_reset_finish (set, result, &error);
  if (!success)
    g_error ("%s", error->message);
}
