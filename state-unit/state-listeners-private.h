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

/* FALSE: nobody has ever connected a handler to the object. */
static inline gboolean
state_listeners_possible (gpointer object)
{
  guint32 mask = state_listeners_mask;

  return mask == 0 || (state_listeners_word (object) & mask) != 0;
}

G_END_DECLS
