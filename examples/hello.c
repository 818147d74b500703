/* SPDX-License-Identifier: MIT */

/* A clock, and a disk that needs it: started, stopped, saved and restored. */

#include <libstate-unit.h>
#include <stdlib.h>

#define DEVICE_TYPE (device_get_type ())
G_DECLARE_FINAL_TYPE (Device, device, HELLO, DEVICE, GObject)

struct _Device
{
  GObject parent_instance;

  guint64 starts;
};

static gboolean
device_started (gpointer user_data)
{
  StateRequest *request = user_data;

  HELLO_DEVICE (state_request_get_unit (request))->starts++;
  g_print ("%s runs\n", state_request_get_unit_name (request));
  state_request_complete (request);

  return G_SOURCE_REMOVE;
}

static void
device_start (StateUnit *unit, StateRequest *request)
{
  /* This takes a while: keep the request, return, and answer it later. */
  g_timeout_add_full (G_PRIORITY_DEFAULT, 50, device_started, g_object_ref (request),
                      g_object_unref);
}

static void
device_stop (StateUnit *unit, StateRequest *request)
{
  g_print ("%s is stopped\n", state_request_get_unit_name (request));
  state_request_complete (request);
}

static void
device_save (StateUnit *unit, StateRequest *request)
{
  Device *self = HELLO_DEVICE (unit);

  state_request_complete_with_state (request,
                                     g_variant_new_parsed ("{'starts': <%t>}", self->starts));
}

static void
device_restore (StateUnit *unit, StateRequest *request)
{
  Device *self = HELLO_DEVICE (unit);
  GVariant *state = state_request_get_state (request);

  /* It may come from anywhere, and be anything. */
  if (g_variant_is_of_type (state, G_VARIANT_TYPE_VARDICT) &&
      g_variant_lookup (state, "starts", "t", &self->starts))
    state_request_complete (request);
  else
    state_request_fail_literal (request, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "no starts");
}

static void
device_unit_init (StateUnitInterface *iface)
{
  iface->start = device_start;
  iface->stop = device_stop;
  iface->save = device_save;
  iface->restore = device_restore;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (Device,
                               device,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT, device_unit_init))

static void
device_class_init (DeviceClass *klass)
{
}

static void
device_init (Device *self)
{
}

static void
check (gboolean success, GError *error)
{
  if (success)
    return;

  g_printerr ("%s\n", error->message);
  exit (1);
}

static void
on_restored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;

  check (state_units_restore_finish (STATE_UNITS (source), result, &error), error);
  g_print ("restored\n");
  g_main_loop_quit (user_data);
}

static void
on_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (StateSnapshot) snapshot = NULL;
  GError *error = NULL;

  snapshot = state_units_save_finish (STATE_UNITS (source), result, &error);
  check (snapshot != NULL, error);
  g_print ("saved %u units\n", state_snapshot_get_n_units (snapshot));
  state_units_restore_async (STATE_UNITS (source), snapshot, NULL, on_restored, user_data);
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;

  check (state_units_stop_finish (STATE_UNITS (source), result, &error), error);
  state_units_save_async (STATE_UNITS (source), NULL, on_saved, user_data);
}

static void
on_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;

  check (state_units_start_finish (STATE_UNITS (source), result, &error), error);
  state_units_stop_async (STATE_UNITS (source), NULL, on_stopped, user_data);
}

int
main (void)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (StateUnits) units = state_units_new ();
  g_autoptr (StateUnit) clock = g_object_new (DEVICE_TYPE, NULL);
  g_autoptr (StateUnit) disk = g_object_new (DEVICE_TYPE, NULL);
  const char *needs[] = { "clock", NULL };
  GError *error = NULL;

  check (state_units_add_unit (units, "clock", clock, NULL, &error) != NULL, error);
  check (state_units_add_unit (units, "disk", disk, needs, &error) != NULL, error);

  state_units_start_async (units, NULL, on_started, loop);
  g_main_loop_run (loop);

  return 0;
}
