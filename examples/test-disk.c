/* SPDX-License-Identifier: MIT */

/* The tests of a unit: whether a disk keeps the promises that a unit makes. */

#include <state-unit-testing.h>

#define DISK_TYPE (disk_get_type ())
G_DECLARE_FINAL_TYPE (Disk, disk, EXAMPLE, DISK, GObject)

struct _Disk
{
  GObject parent_instance;

  gboolean runs;
  char *label;
};

static void
disk_write_label (Disk *self, const char *label)
{
  g_free (self->label);
  self->label = g_strdup (label);
}

static void
disk_start (StateUnit *unit, StateRequest *request)
{
  EXAMPLE_DISK (unit)->runs = TRUE;
  state_request_complete (request);
}

static void
disk_stop (StateUnit *unit, StateRequest *request)
{
  EXAMPLE_DISK (unit)->runs = FALSE;
  state_request_complete (request);
}

static void
disk_reset (StateUnit *unit, StateRequest *request)
{
  disk_write_label (EXAMPLE_DISK (unit), "empty");
  state_request_complete (request);
}

static void
disk_save (StateUnit *unit, StateRequest *request)
{
  state_request_complete_with_state (request, g_variant_new_parsed ("{'label': <%s>}",
                                                                    EXAMPLE_DISK (unit)->label));
}

static void
disk_restore (StateUnit *unit, StateRequest *request)
{
  GVariant *state = state_request_get_state (request);
  const char *label;

  if (g_variant_is_of_type (state, G_VARIANT_TYPE_VARDICT) &&
      g_variant_lookup (state, "label", "&s", &label))
    {
      disk_write_label (EXAMPLE_DISK (unit), label);
      state_request_complete (request);
    }
  else
    state_request_fail_literal (request, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "no label");
}

static void
disk_unit_init (StateUnitInterface *iface)
{
  iface->start = disk_start;
  iface->stop = disk_stop;
  iface->reset = disk_reset;
  iface->save = disk_save;
  iface->restore = disk_restore;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (Disk,
                               disk,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT, disk_unit_init))

static void
disk_finalize (GObject *object)
{
  g_free (EXAMPLE_DISK (object)->label);
  G_OBJECT_CLASS (disk_parent_class)->finalize (object);
}

static void
disk_class_init (DiskClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = disk_finalize;
}

static void
disk_init (Disk *self)
{
  self->label = g_strdup ("empty");
}

/* The tests */

static StateUnit *
make_disk (gpointer user_data)
{
  return g_object_new (DISK_TYPE, NULL);
}

static void
change_disk (StateUnit *unit, gpointer user_data)
{
  g_autofree char *label = g_strconcat (EXAMPLE_DISK (unit)->label, ", no longer", NULL);

  disk_write_label (EXAMPLE_DISK (unit), label);
}

int
main (int argc, char *argv[])
{
  g_autoptr (StateUnitConformance) conformance = NULL;

  g_test_init (&argc, &argv, NULL);
  conformance =
      state_unit_conformance_new (STATE_UNIT_CONFORMANCE_FLAGS_NONE, make_disk, NULL, NULL);
  state_unit_conformance_set_change_func (conformance, change_disk, NULL, NULL);
  state_unit_conformance_add_cases (conformance, "/disk/conformance");

  return g_test_run ();
}
