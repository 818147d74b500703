/* SPDX-License-Identifier: MIT */

/* A set of the units of a shape, and its operations from the call to the
 * callback. */

#include "library.h"

/* An error here means that nothing is measured. */
void
library_check (gboolean success, GError *error)
{
  if (!success)
    g_error ("%s", error->message);
}

static StateUnitHandle *
build_unit (StateUnitBuilder *builder,
            const Shape *shape,
            StateUnitHandle **handles,
            guint32 place,
            StateUnit *unit)
{
  GError *error = NULL;
  StateUnitHandle *handle;

  for (guint32 i = shape->down.offsets[place]; i < shape->down.offsets[place + 1]; i++)
    if (shape->down.targets[i] < place)
      state_unit_builder_depends_on (builder, handles[shape->down.targets[i]]);

  /* A file may have a unit before those that it depends on: the later of the two
   * makes the edge. */
  if (shape->in_any_order)
    for (guint32 i = shape->up.offsets[place]; i < shape->up.offsets[place + 1]; i++)
      if (shape->up.targets[i] < place)
        state_unit_builder_dependency_of (builder, handles[shape->up.targets[i]]);

  handle = state_unit_builder_build (builder, unit, &error);
  library_check (handle != NULL, error);
  return handle;
}

Library *
library_new (const Shape *shape, StateUnit **units, LibrarySetUp set_up, gpointer user_data)
{
  Library *self = g_new0 (Library, 1);
  g_autofree StateUnitHandle **handles = g_new (StateUnitHandle *, MAX (shape->n, 1));

  self->set = state_units_new ();
  for (guint32 i = 0; i < shape->n; i++)
    {
      char name[SHAPE_NAME_SIZE];
      StateUnitBuilder *builder = state_units_add (self->set, shape_get_unit_name (shape, i, name));

      if (set_up != NULL)
        set_up (builder, i, user_data);
      handles[i] = build_unit (builder, shape, handles, i, units[i]);
    }
  return self;
}

void
library_free (Library *self)
{
  g_clear_object (&self->saved);
  g_object_unref (self->set);
  g_free (self);
}

/* A callback: the data is where the result goes. */
void
library_take_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

GAsyncResult *
library_wait (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *result;
}

static void
begin (Library *self, StateOperation operation, GAsyncResult **result)
{
  switch (operation)
    {
    case STATE_OPERATION_START:
      state_units_start_async (self->set, NULL, library_take_result, result);
      break;
    case STATE_OPERATION_STOP:
      state_units_stop_async (self->set, NULL, library_take_result, result);
      break;
    case STATE_OPERATION_RESET:
      state_units_reset_async (self->set, NULL, library_take_result, result);
      break;
    case STATE_OPERATION_SAVE:
      state_units_save_async (self->set, NULL, library_take_result, result);
      break;
    case STATE_OPERATION_RESTORE:
      state_units_restore_async (self->set, self->saved, NULL, library_take_result, result);
      break;
    case STATE_OPERATION_POST_RESTORE:
    case STATE_OPERATION_INSPECT:
    default:
      g_assert_not_reached ();
    }
}

static gboolean
finish (Library *self, StateOperation operation, GAsyncResult *result, GError **error)
{
  switch (operation)
    {
    case STATE_OPERATION_START:
      return state_units_start_finish (self->set, result, error);
    case STATE_OPERATION_STOP:
      return state_units_stop_finish (self->set, result, error);
    case STATE_OPERATION_RESET:
      return state_units_reset_finish (self->set, result, error);
    case STATE_OPERATION_SAVE:
      g_clear_object (&self->saved);
      self->saved = state_units_save_finish (self->set, result, error);
      return self->saved != NULL;
    case STATE_OPERATION_RESTORE:
      return state_units_restore_finish (self->set, result, error);
    case STATE_OPERATION_POST_RESTORE:
    case STATE_OPERATION_INSPECT:
    default:
      g_assert_not_reached ();
    }
}

/* Until the callback. A restore is of what was saved last. */
void
library_run (Library *self, StateOperation operation)
{
  g_autoptr (GAsyncResult) result = NULL;
  GError *error = NULL;
  gboolean success;

  begin (self, operation, &result);
  success = finish (self, operation, library_wait (&result), &error);
  library_check (success, error);
}
