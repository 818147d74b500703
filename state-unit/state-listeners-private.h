/* SPDX-License-Identifier: MIT */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define STATE_LISTENERS_OFFSET (G_STRUCT_OFFSET (GObject, ref_count) + sizeof (guint))

/* What is set in the word once something has been connected to an object; 0: it cannot
 * be told by the word. */
extern guint32 state_listeners_mask;

void state_listeners_learn (void);

static inline guint32
state_listeners_word (gpointer object)
{
  return g_atomic_int_get ((gint *) ((char *) object + STATE_LISTENERS_OFFSET));
}

/* FALSE: nobody has ever connected a handler to a signal of the object's classes. */
static inline gboolean
state_listeners_possible (gpointer object)
{
  guint32 mask = state_listeners_mask;

  return mask == 0 || (state_listeners_word (object) & mask) != 0;
}

/* Whether nobody but the caller knows of the object: neither by a reference nor by a
 * handler, nor by anything that GObject keeps in its data, such as a weak reference. */
static inline gboolean
state_listeners_is_ours_alone (gpointer object)
{
  GObject *self = (GObject *) object;

  return g_atomic_int_get (&self->ref_count) == 1 &&
         ((gsize) g_atomic_pointer_get (&self->qdata) & ~(gsize) G_DATALIST_FLAGS_MASK) == 0 &&
         !(state_listeners_mask != 0 && state_listeners_possible (self));
}

static inline void
state_listeners_notify (gpointer object, GParamSpec *pspec)
{
  if (state_listeners_possible (object))
    g_object_notify_by_pspec ((GObject *) object, pspec);
}

void state_listeners_items_changed (gpointer model, guint position, guint n_removed, guint n_added);

G_END_DECLS
