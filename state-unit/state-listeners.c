/* SPDX-License-Identifier: MIT */

#include "state-listeners-private.h"

#include <gio/gio.h>

/* GObject notes in each object whether a handler was ever connected to it, and passes
 * over emissions and notifications at once where there never was. To ask it costs more
 * than all the rest that is done for a unit: it takes the lock of all signals, and looks
 * the object up. So the note itself is read. Signals of interfaces are not in it.
 *
 * It is GObject's own affair where that is, in the word behind the count of references,
 * and what it looks like. That is not taken on trust: it is found by trying what becomes of the
 * word when something is connected. Where nothing comes of it there is no note to go by,
 * and GObject is asked each time. */

guint32 state_listeners_mask;

static guint items_changed; /* GListModel's own */

static gboolean
has_word (void)
{
  return sizeof (GObject) >= STATE_LISTENERS_OFFSET + sizeof (guint32) + sizeof (GData *);
}

static guint32
bits_left_by (gulong (*connect) (GObject *object))
{
  g_autoptr (GObject) object = G_OBJECT (g_cancellable_new ());
  guint32 before = state_listeners_word (object);
  gulong handler = connect (object);
  guint32 after = state_listeners_word (object);

  g_signal_handler_disconnect (object, handler);
  return after & ~before;
}

static void
nothing (void)
{
}

static gulong
connect_notify (GObject *object)
{
  return g_signal_connect (object, "notify::some-property", G_CALLBACK (nothing), NULL);
}

static gulong
connect_signal (GObject *object)
{
  return g_signal_connect (object, "cancelled", G_CALLBACK (nothing), NULL);
}

static gulong
connect_closure (GObject *object)
{
  return g_signal_connect_closure (object, "cancelled",
                                   g_cclosure_new (G_CALLBACK (nothing), NULL, NULL), TRUE);
}

/* The model's signal is one of an interface. */
void
state_listeners_items_changed (gpointer model, guint position, guint n_removed, guint n_added)
{
  if (g_signal_handler_find (model, G_SIGNAL_MATCH_ID, items_changed, 0, NULL, NULL, NULL) != 0)
    g_list_model_items_changed (model, position, n_removed, n_added);
}

/* Before the first use; in any thread. */
void
state_listeners_learn (void)
{
  static gsize learnt = 0;

  if (!g_once_init_enter (&learnt))
    return;
  g_type_default_interface_ref (G_TYPE_LIST_MODEL);
  items_changed = g_signal_lookup ("items-changed", G_TYPE_LIST_MODEL);
  if (has_word ())
    state_listeners_mask = bits_left_by (connect_notify) & bits_left_by (connect_signal) &
                           bits_left_by (connect_closure);
  g_once_init_leave (&learnt, 1);
}
