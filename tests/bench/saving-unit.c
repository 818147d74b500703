/* SPDX-License-Identifier: MIT */

/* A unit that has something to save and restore: some bytes. */

#include "unit.h"

struct _BenchSavingUnit
{
  BenchUnit parent_instance;

  guint8 bytes[BENCH_SAVED_SIZE];
};

static void bench_saving_unit_iface_init (StateUnitInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BenchSavingUnit,
                               bench_saving_unit,
                               BENCH_TYPE_UNIT,
                               G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT,
                                                      bench_saving_unit_iface_init))

static void
bench_saving_unit_answer_save (StateUnit *unit, StateRequest *request)
{
  state_request_complete_with_state (request, bench_saving_unit_save ((BenchSavingUnit *) unit));
}

static void
bench_saving_unit_answer_restore (StateUnit *unit, StateRequest *request)
{
  bench_saving_unit_restore ((BenchSavingUnit *) unit, state_request_get_state (request));
  state_request_complete (request);
}

static void
bench_saving_unit_iface_init (StateUnitInterface *iface)
{
  iface->save = bench_saving_unit_answer_save;
  iface->restore = bench_saving_unit_answer_restore;
}

static void
bench_saving_unit_class_init (BenchSavingUnitClass *klass)
{
}

static void
bench_saving_unit_init (BenchSavingUnit *self)
{
  static guint8 n_made;

  memset (self->bytes, n_made++, sizeof self->bytes);
}

/* Floating. */
GVariant *
bench_saving_unit_save (BenchSavingUnit *self)
{
  return g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, self->bytes, sizeof self->bytes, 1);
}

void
bench_saving_unit_restore (BenchSavingUnit *self, GVariant *state)
{
  gsize n;
  gconstpointer bytes = g_variant_get_fixed_array (state, &n, 1);

  g_assert (n == sizeof self->bytes);
  memcpy (self->bytes, bytes, n);
}
