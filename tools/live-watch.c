/* SPDX-License-Identifier: MIT */

/* What takes long and what hangs look the same from outside. A program whose main loop
 * goes round answers a small question meanwhile; one that was stopped, or is stuck, does
 * not. */

#include "live-watch.h"

#define INTERVAL 2000    /* ms, from one question to the next */
#define ANSWER_TIME 8000 /* ms */
#define PROPERTIES "org.freedesktop.DBus.Properties"

struct _LiveWatch
{
  StateRemoteUnits *units;
  LiveWatchFunc func; /* nullable */
  gpointer user_data;
  guint timer;
  GCancellable *cancellable;
  gint64 asked_at; /* in µs of monotonic time; 0: nothing is being asked */
  gboolean is_silent;
};

static void
set_silent (LiveWatch *self, gboolean is_silent)
{
  if (self->is_silent == is_silent)
    return;
  self->is_silent = is_silent;
  if (self->func != NULL)
    self->func (is_silent, self->user_data);
}

/* An error is an answer, too: who has gone is told of by what is waited for. */
static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  LiveWatch *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self->asked_at = 0;
  set_silent (self, FALSE);
}

static GVariant *
question (void)
{
  return g_variant_new ("(ss)", "org.stateunit.Units1", "Running");
}

static void
ask (LiveWatch *self)
{
  self->asked_at = g_get_monotonic_time ();
  g_dbus_connection_call (state_remote_units_get_connection (self->units),
                          state_remote_units_get_bus_name (self->units),
                          state_remote_units_get_object_path (self->units), PROPERTIES, "Get",
                          question (), NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, G_MAXINT,
                          self->cancellable, on_answer, self);
}

static gboolean
on_tick (gpointer user_data)
{
  LiveWatch *self = user_data;

  if (self->asked_at == 0)
    ask (self);
  else if (g_get_monotonic_time () - self->asked_at >= ANSWER_TIME * (gint64) 1000)
    set_silent (self, TRUE);
  return G_SOURCE_CONTINUE;
}

LiveWatch *
live_watch_new (StateRemoteUnits *units, LiveWatchFunc func, gpointer user_data)
{
  LiveWatch *self = g_new0 (LiveWatch, 1);

  self->units = g_object_ref (units);
  self->func = func;
  self->user_data = user_data;
  self->cancellable = g_cancellable_new ();
  self->timer = g_timeout_add (INTERVAL, on_tick, self);
  return self;
}

void
live_watch_free (LiveWatch *self)
{
  g_source_remove (self->timer);
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  g_object_unref (self->units);
  g_free (self);
}

gboolean
live_watch_is_silent (LiveWatch *self)
{
  return self->is_silent;
}

/* Whether the set can be asked something now. */
gboolean
live_is_there (StateRemoteUnits *units)
{
  g_autoptr (GVariant) answer =
      g_dbus_connection_call_sync (state_remote_units_get_connection (units),
                                   state_remote_units_get_bus_name (units),
                                   state_remote_units_get_object_path (units), PROPERTIES, "Get",
                                   question (), NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, ANSWER_TIME,
                                   NULL, NULL);

  return answer != NULL;
}
