/* SPDX-License-Identifier: MIT */

#include "device.h"

struct _Device
{
  GObject parent_instance;

  guint latency; /* ms */
  guint starts;
  guint contents;
};

/* The properties are what there is to inspect; those that can be written, to change. */
enum
{
  PROP_LATENCY = 1,
  PROP_STARTS,
  PROP_CONTENTS,
  N_PROPERTIES
};

static void device_unit_init (StateUnitInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (Device,
                               device,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT, device_unit_init))

static gboolean
answer (gpointer user_data)
{
  StateRequest *request = user_data;
  Device *self = EXAMPLE_DEVICE (state_request_get_unit (request));

  if (state_request_get_operation (request) == STATE_OPERATION_START)
    {
      self->starts++;
      self->contents = self->contents * 31 + 7;
    }
  state_request_complete (request);
  return G_SOURCE_REMOVE;
}

/* Starting and stopping take a while. */
static void
device_work (StateUnit *unit, StateRequest *request)
{
  g_timeout_add_full (G_PRIORITY_DEFAULT, EXAMPLE_DEVICE (unit)->latency, answer,
                      g_object_ref (request), g_object_unref);
}

static void
device_reset (StateUnit *unit, StateRequest *request)
{
  EXAMPLE_DEVICE (unit)->contents = 0;
  state_request_complete (request);
}

static void
device_save (StateUnit *unit, StateRequest *request)
{
  state_request_complete_with_state (request,
                                     g_variant_new_parsed ("{'contents': <%u>}",
                                                           EXAMPLE_DEVICE (unit)->contents));
}

static void
device_restore (StateUnit *unit, StateRequest *request)
{
  if (g_variant_lookup (state_request_get_state (request), "contents", "u",
                        &EXAMPLE_DEVICE (unit)->contents))
    state_request_complete (request);
  else
    state_request_fail_literal (request, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "no contents");
}

static void
device_unit_init (StateUnitInterface *iface)
{
  iface->start = device_work;
  iface->stop = device_work;
  iface->reset = device_reset;
  iface->save = device_save;
  iface->restore = device_restore;
}

static void
device_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  Device *self = EXAMPLE_DEVICE (object);

  g_value_set_uint (value, id == PROP_LATENCY  ? self->latency
                           : id == PROP_STARTS ? self->starts
                                               : self->contents);
}

static void
device_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  EXAMPLE_DEVICE (object)->latency = g_value_get_uint (value);
}

static void
device_class_init (DeviceClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = device_get_property;
  object_class->set_property = device_set_property;
  g_object_class_install_property (object_class, PROP_LATENCY,
                                   g_param_spec_uint ("latency", NULL, NULL, 0, 60000, 0,
                                                      G_PARAM_READWRITE));
  g_object_class_install_property (object_class, PROP_STARTS,
                                   g_param_spec_uint ("starts", NULL, NULL, 0, G_MAXUINT, 0,
                                                      G_PARAM_READABLE));
  g_object_class_install_property (object_class, PROP_CONTENTS,
                                   g_param_spec_uint ("contents", NULL, NULL, 0, G_MAXUINT, 0,
                                                      G_PARAM_READABLE));
}

static void
device_init (Device *self)
{
}

StateUnit *
device_new (guint latency)
{
  return g_object_new (DEVICE_TYPE, "latency", latency, NULL);
}
