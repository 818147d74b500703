/* SPDX-License-Identifier: MIT */

#pragma once

#include "shape.h"

G_BEGIN_DECLS

/* A set of the units of a shape. */
typedef struct
{
  StateUnits *set;
  StateSnapshot *saved; /* nullable: by the last save */
} Library;

/* May set up the builder of the unit at a place. */
typedef void (*LibrarySetUp) (StateUnitBuilder *builder, guint32 place, gpointer user_data);

Library *
library_new (const Shape *shape, StateUnit **units, LibrarySetUp set_up, gpointer user_data);
void library_free (Library *self);
void library_run (Library *self, StateOperation operation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Library, library_free)

/* To wait for other calls. */
void library_take_result (GObject *source, GAsyncResult *result, gpointer user_data);
GAsyncResult *library_wait (GAsyncResult **result);
void library_check (gboolean success, GError *error);

G_END_DECLS
