/* SPDX-License-Identifier: MIT */

/* Whether anybody listens to an object, as the library finds it out: whoever connects, by
 * whatever way, is never taken for nobody. */

#include "state-listeners-private.h"

#include <gio/gio.h>

static void
on_anything (void)
{
}

/* Each leaves something connected to the object. */
typedef void (*Connect) (GObject *object);

static void
connect_plainly (GObject *object)
{
  g_signal_connect (object, "cancelled", G_CALLBACK (on_anything), NULL);
}

static void
connect_after_and_swapped (GObject *object)
{
  g_signal_connect_data (object, "cancelled", G_CALLBACK (on_anything), NULL, NULL,
                         G_CONNECT_AFTER | G_CONNECT_SWAPPED);
}

static void
connect_object (GObject *object)
{
  g_signal_connect_object (object, "cancelled", G_CALLBACK (on_anything), object, 0);
}

static void
connect_closure (GObject *object)
{
  g_signal_connect_closure (object, "cancelled",
                            g_cclosure_new (G_CALLBACK (on_anything), NULL, NULL), FALSE);
}

/* As PyGObject and GJS do. */
static void
connect_closure_by_id (GObject *object)
{
  g_signal_connect_closure_by_id (object, g_signal_lookup ("cancelled", G_OBJECT_TYPE (object)), 0,
                                  g_cclosure_new (G_CALLBACK (on_anything), NULL, NULL), TRUE);
}

static void
connect_many (GObject *object)
{
  g_object_connect (object, "signal::cancelled", on_anything, NULL, NULL);
}

static void
connect_in_a_group (GObject *object)
{
  GSignalGroup *group = g_signal_group_new (G_TYPE_CANCELLABLE);

  g_signal_group_connect (group, "cancelled", G_CALLBACK (on_anything), NULL);
  g_signal_group_set_target (group, object);
  g_object_unref (group);
}

static void
connect_notify (GObject *object)
{
  g_signal_connect (object, "notify::whatever", G_CALLBACK (on_anything), NULL);
}

static void
connect_blocked (GObject *object)
{
  gulong id = g_signal_connect (object, "notify", G_CALLBACK (on_anything), NULL);

  g_signal_handler_block (object, id);
}

static const struct
{
  const char *name;
  Connect connect;
} ways[] = {
  { "plainly", connect_plainly },
  { "after-and-swapped", connect_after_and_swapped },
  { "to-an-object", connect_object },
  { "closure", connect_closure },
  { "closure-by-id", connect_closure_by_id },
  { "many", connect_many },
  { "group", connect_in_a_group },
  { "notify", connect_notify },
  { "blocked", connect_blocked },
};

static void
test_is_heard (gconstpointer number)
{
  Connect connect = ways[GPOINTER_TO_SIZE (number)].connect;
  g_autoptr (GObject) object = G_OBJECT (g_cancellable_new ());
  g_autoptr (GObject) other = G_OBJECT (g_cancellable_new ());

  state_listeners_learn ();
  connect (object);
  g_assert_true (state_listeners_possible (object));
  g_assert_true (state_listeners_mask == 0 || !state_listeners_possible (other));
}

/* What else becomes of an object does not look like a handler. */
static void
test_is_not_heard (void)
{
  g_autoptr (GObject) object = G_OBJECT (g_simple_action_new ("some", NULL));
  g_autofree char *name = NULL;

  state_listeners_learn ();
  if (state_listeners_mask == 0)
    {
      g_test_skip ("this GLib keeps no note of handlers");
      return;
    }
  g_object_set_data (object, "some", object);
  g_object_freeze_notify (object);
  g_object_set (object, "enabled", FALSE, NULL);
  g_object_thaw_notify (object);
  g_object_get (object, "name", &name, NULL);
  for (guint i = 0; i < 1000; i++)
    g_object_ref (object);
  g_assert_false (state_listeners_possible (object));
  for (guint i = 0; i < 1000; i++)
    g_object_unref (object);
  g_assert_false (state_listeners_possible (object));
}

/* Where GObject's note cannot be read, everybody may be listened to. */
static void
test_without_a_note (void)
{
  g_autoptr (GObject) object = G_OBJECT (g_cancellable_new ());
  guint32 mask;

  state_listeners_learn ();
  mask = state_listeners_mask;
  state_listeners_mask = 0;
  g_assert_true (state_listeners_possible (object));
  state_listeners_mask = mask;
}

/* The signal of an interface is in no note. */
static void
on_items_changed (GListModel *model, guint position, guint removed, guint added, guint *sum)
{
  *sum = 100 * position + 10 * removed + added;
}

static void
test_items_changed (void)
{
  g_autoptr (GListStore) store = g_list_store_new (G_TYPE_OBJECT);
  guint sum = 0;

  state_listeners_learn ();
  g_signal_connect (store, "items-changed", G_CALLBACK (on_items_changed), &sum);
  state_listeners_items_changed (store, 1, 2, 3);
  g_assert_cmpuint (sum, ==, 123);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_autofree char *path = g_strconcat ("/listeners/hears/", ways[i].name, NULL);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_is_heard);
    }
  g_test_add_func ("/listeners/nobody", test_is_not_heard);
  g_test_add_func ("/listeners/without-a-note", test_without_a_note);
  g_test_add_func ("/listeners/signal-of-an-interface", test_items_changed);
  return g_test_run ();
}
