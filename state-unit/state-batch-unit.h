/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-request-batch.h"

G_BEGIN_DECLS

#define STATE_TYPE_BATCH_UNIT (state_batch_unit_get_type ())
STATE_AVAILABLE_IN_ALL
G_DECLARE_DERIVABLE_TYPE (StateBatchUnit, state_batch_unit, STATE, BATCH_UNIT, GObject)

/**
 * StateBatchUnitClass:
 * @parent_class: the parent class
 * @handle_batch: takes requests for @self and other units, in the main context of
 *   all of them
 * @request_cancelled: the request at @position of the batch, which has been neither
 *   answered nor stolen, has been cancelled
 *
 * The functions of a #StateBatchUnit. Units whose classes have the same
 * @handle_batch share batches.
 *
 * The default @handle_batch calls the functions of #StateUnitInterface, one request
 * after the other; the default @request_cancelled does nothing. The latter is called
 * in the main context of the set.
 *
 * Since: 1.0
 */
struct _StateBatchUnitClass
{
  GObjectClass parent_class;

  void (*handle_batch) (StateBatchUnit *self, StateRequestBatch *batch);
  void (*request_cancelled) (StateBatchUnit *self, StateRequestBatch *batch, guint position);

  /*< private >*/
  gpointer padding[8];
};

G_END_DECLS
