/* SPDX-License-Identifier: MIT */

#include "test-conformance-unit.h"

#include <string.h>

struct _FaultyDevice
{
  GObject parent_instance;

  const char *fault;
  gboolean runs;
  gboolean is_broken;
  gboolean is_busy;
  gboolean was_inspected;
  guint64 starts;
  int mode;
  guint hidden; /* saved, and changed by nothing but faulty_device_set_hidden() */
  guint saves;
  gboolean has_forgotten;
};

static void faulty_device_unit_init (StateUnitInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (FaultyDevice,
                               faulty_device,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT, faulty_device_unit_init))

static GMutex block_lock;
static GCond block_cond;
static gboolean is_unblocked;

static gboolean
has (FaultyDevice *self, const char *fault)
{
  return g_strcmp0 (self->fault, fault) == 0;
}

static void
block (void)
{
  g_mutex_lock (&block_lock);
  while (!is_unblocked)
    g_cond_wait (&block_cond, &block_lock);
  g_mutex_unlock (&block_lock);
}

void
faulty_device_unblock_all (void)
{
  g_mutex_lock (&block_lock);
  is_unblocked = TRUE;
  g_cond_broadcast (&block_cond);
  g_mutex_unlock (&block_lock);
}

/* Requests that no unit will answer. */
static GPtrArray *forgotten;

static void
forget (FaultyDevice *self, StateRequest *request)
{
  g_mutex_lock (&block_lock);
  if (forgotten == NULL)
    forgotten = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (forgotten, g_object_ref (request));
  g_mutex_unlock (&block_lock);
  self->has_forgotten = TRUE;
}

void
faulty_device_drop_forgotten (void)
{
  g_autoptr (GPtrArray) dropped = NULL;

  g_mutex_lock (&block_lock);
  dropped = g_steal_pointer (&forgotten);
  g_mutex_unlock (&block_lock);
}

/* --- Work, which takes some turns of the main context --- */

#define N_TURNS 3

typedef void (*FinishFunc) (FaultyDevice *self, StateRequest *request);

typedef struct
{
  StateRequest *request;
  FinishFunc finish;
  FinishFunc give_up; /* nullable */
  guint turns;
} Work;

static void
work_free (gpointer data)
{
  Work *work = data;

  g_object_unref (work->request);
  g_free (work);
}

static gboolean
work_on (gpointer data)
{
  Work *work = data;
  FaultyDevice *self = FAULTY_DEVICE (state_request_get_unit (work->request));
  GError *error = NULL;

  if (g_cancellable_set_error_if_cancelled (state_request_get_cancellable (work->request), &error))
    {
      self->is_busy = FALSE;
      if (work->give_up != NULL)
        work->give_up (self, work->request);
      if (!state_request_is_answered (work->request) && !self->has_forgotten)
        state_request_fail (work->request, error);
      g_error_free (error);
      return G_SOURCE_REMOVE;
    }
  if (++work->turns < N_TURNS)
    return G_SOURCE_CONTINUE;
  self->is_busy = FALSE;
  work->finish (self, work->request);
  return G_SOURCE_REMOVE;
}

static void
begin_work (FaultyDevice *self, StateRequest *request, FinishFunc finish, FinishFunc give_up)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  g_autoptr (GSource) source = g_idle_source_new ();
  Work *work = g_new0 (Work, 1);

  self->is_busy = TRUE;
  self->was_inspected = FALSE;
  work->request = g_object_ref (request);
  work->finish = finish;
  work->give_up = give_up;
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, work_on, work, work_free);
  g_source_attach (source, context);
}

static void
fail (StateRequest *request, const char *message)
{
  state_request_fail_literal (request, G_IO_ERROR, G_IO_ERROR_FAILED, message);
}

/* --- Start --- */

static gboolean
answer_again (gpointer request)
{
  state_request_complete (request);
  return G_SOURCE_REMOVE;
}

static void
answer_again_later (StateRequest *request)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  g_autoptr (GSource) source = g_timeout_source_new (20);

  g_source_set_callback (source, answer_again, g_object_ref (request), g_object_unref);
  g_source_attach (source, context);
}

static void
finish_start (FaultyDevice *self, StateRequest *request)
{
  if (has (self, "inspect-breaks-start") && self->was_inspected)
    {
      fail (request, "somebody looked");
      return;
    }
  if (has (self, "start-fails-after-restore") && self->is_broken)
    {
      fail (request, "it is broken");
      return;
    }
  self->runs = TRUE;
  self->starts += !has (self, "never-changes");
  state_request_complete (request);
  if (has (self, "start-answers-twice"))
    fail (request, "or is it?");
  if (has (self, "start-answers-twice-late"))
    answer_again_later (request);
}

static void
give_up_start (FaultyDevice *self, StateRequest *request)
{
  self->runs = has (self, "cancelled-start-runs");
  if (has (self, "cancelled-start-hangs"))
    forget (self, request);
  if (has (self, "cancelled-start-answers-twice"))
    {
      fail (request, "cancelled");
      fail (request, "cancelled, really");
    }
}

static void
start (StateUnit *unit, StateRequest *request)
{
  FaultyDevice *self = FAULTY_DEVICE (unit);

  if (has (self, "start-drops"))
    return;
  if (has (self, "start-hangs"))
    forget (self, request);
  else if (has (self, "start-blocks"))
    block ();
  else if (has (self, "start-fails"))
    fail (request, "no such device");
  else if (self->runs)
    fail (request, "it runs already");
  else
    begin_work (self, request, finish_start, give_up_start);
}

/* --- Stop --- */

static void
finish_stop (FaultyDevice *self, StateRequest *request)
{
  self->runs = FALSE;
  state_request_complete (request);
}

static void
give_up_stop (FaultyDevice *self, StateRequest *request)
{
  self->is_broken = has (self, "cancelled-stop-breaks");
}

static void
stop (StateUnit *unit, StateRequest *request)
{
  FaultyDevice *self = FAULTY_DEVICE (unit);

  if (!self->runs &&
      (has (self, "stop-fails-when-stopped") || has (self, "stops-once-and-saves-nothing")))
    fail (request, "it does not run");
  else if (has (self, "stop-fails-when-new") && self->starts == 0)
    fail (request, "it has never run");
  else if (has (self, "cancelled-stop-breaks") && self->is_broken)
    fail (request, "it is stuck");
  else
    begin_work (self, request, finish_stop, give_up_stop);
}

/* --- Reset --- */

static void
finish_reset (FaultyDevice *self, StateRequest *request)
{
  self->starts = 0;
  self->mode = 0;
  self->hidden = 0;
  state_request_complete (request);
}

static void
give_up_reset (FaultyDevice *self, StateRequest *request)
{
  self->is_broken = has (self, "cancelled-reset-breaks");
}

static void
reset (StateUnit *unit, StateRequest *request)
{
  FaultyDevice *self = FAULTY_DEVICE (unit);

  if (has (self, "reset-drops"))
    return;
  if (has (self, "reset-fails"))
    fail (request, "it cannot be reset");
  else if (self->is_broken && !has (self, "start-fails-after-restore"))
    fail (request, "it is broken");
  else
    begin_work (self, request, finish_reset, give_up_reset);
}

/* --- Save --- */

static void
finish_save (FaultyDevice *self, StateRequest *request)
{
  self->saves += has (self, "save-shows");
  if (has (self, "saves-nothing") || has (self, "stops-once-and-saves-nothing"))
    {
      state_request_complete (request);
      return;
    }
  state_request_complete_with_state (
      request, g_variant_new_parsed ("{'starts': <%t>, 'mode': <%i>, 'hidden': <%u>}", self->starts,
                                     self->mode, self->hidden));
  self->starts += has (self, "save-changes");
}

static void
give_up_save (FaultyDevice *self, StateRequest *request)
{
  self->starts += has (self, "cancelled-save-changes");
}

static void
save (StateUnit *unit, StateRequest *request)
{
  FaultyDevice *self = FAULTY_DEVICE (unit);

  if (has (self, "save-fails"))
    fail (request, "it is full");
  else if (has (self, "save-fails-when-new") && self->starts == 0)
    fail (request, "there is nothing yet");
  else if (!has (self, "save-drops"))
    begin_work (self, request, finish_save, give_up_save);
}

/* --- Restore --- */

static void
refuse (FaultyDevice *self, StateRequest *request)
{
  self->is_broken =
      has (self, "failed-restore-breaks-reset") || has (self, "start-fails-after-restore");
  if (has (self, "failed-restore-hangs"))
    forget (self, request);
  else if (!has (self, "failed-restore-drops"))
    state_request_fail_literal (request, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "it is no state");
}

static void
finish_restore (FaultyDevice *self, StateRequest *request)
{
  GVariant *state = state_request_get_state (request);
  guint64 starts;
  guint hidden;
  int mode;

  if (!has (self, "restore-looks-into-anything") &&
      !g_variant_is_of_type (state, G_VARIANT_TYPE_VARDICT))
    {
      refuse (self, request);
      return;
    }
  if (!g_variant_lookup (state, "starts", "t", &starts) ||
      !g_variant_lookup (state, "mode", "i", &mode) ||
      !g_variant_lookup (state, "hidden", "u", &hidden))
    {
      refuse (self, request);
      return;
    }
  self->starts = has (self, "restore-into-old-only") && self->starts == 0 ? 0 : starts;
  self->mode = has (self, "restore-loses-mode") ? self->mode : mode;
  self->hidden = has (self, "restore-loses-hidden") ? self->hidden : hidden;
  state_request_complete (request);
}

static void
give_up_restore (FaultyDevice *self, StateRequest *request)
{
  self->is_broken = has (self, "cancelled-restore-breaks");
}

static void
restore (StateUnit *unit, StateRequest *request)
{
  FaultyDevice *self = FAULTY_DEVICE (unit);

  if (has (self, "old-version-drops") && state_request_get_state_version (request) == 1)
    return;
  if (has (self, "restore-fails"))
    fail (request, "it cannot be restored");
  else if (has (self, "cancelled-restore-breaks") && self->is_broken)
    fail (request, "it is half restored");
  else
    begin_work (self, request, finish_restore, give_up_restore);
}

static void
post_restore (StateUnit *unit, StateRequest *request)
{
  if (has (FAULTY_DEVICE (unit), "post-restore-fails"))
    fail (request, "it does not fit");
  else
    state_request_complete (request);
}

/* --- Inspect --- */

static GVariant *
tree_of (FaultyDevice *self)
{
  return g_variant_new_parsed ("{'mode': <%i>, 'saves': <%u>, 'now': <%x>}", self->mode,
                               self->saves, g_get_monotonic_time ());
}

static void
inspect (StateUnit *unit, StateRequest *request)
{
  FaultyDevice *self = FAULTY_DEVICE (unit);
  GVariant *value = state_request_get_inspect_value (request);

  self->was_inspected = TRUE;
  self->starts += has (self, "inspect-changes");
  if (has (self, "inspect-fails"))
    fail (request, "it is secret");
  else if (has (self, "inspect-has-wrong-type"))
    state_request_complete_with_state (request, g_variant_new_int32 (42));
  else if (has (self, "inspect-hangs-when-busy") && self->is_busy)
    forget (self, request);
  else if (value == NULL)
    state_request_complete_with_state (request, tree_of (self));
  else if (g_strcmp0 (state_request_get_inspect_path (request), "mode") == 0 &&
           g_variant_is_of_type (value, G_VARIANT_TYPE_INT32))
    {
      self->mode = has (self, "never-changes") ? 0 : g_variant_get_int32 (value);
      state_request_complete (request);
    }
  else
    fail (request, "it cannot be changed");
}

static guint
get_state_version (StateUnit *unit, guint *oldest)
{
  *oldest = has (FAULTY_DEVICE (unit), "version-is-too-old") ? 3 : 1;
  return 2;
}

static void
faulty_device_unit_init (StateUnitInterface *iface)
{
  iface->start = start;
  iface->stop = stop;
  iface->reset = reset;
  iface->save = save;
  iface->restore = restore;
  iface->post_restore = post_restore;
  iface->inspect = inspect;
  iface->get_state_version = get_state_version;
}

/* --- The object --- */

static void
faulty_device_class_init (FaultyDeviceClass *klass)
{
}

static void
faulty_device_init (FaultyDevice *self)
{
}

StateUnit *
faulty_device_new (const char *fault)
{
  FaultyDevice *self = g_object_new (FAULTY_TYPE_DEVICE, NULL);

  self->fault = fault;
  return STATE_UNIT (self);
}

void
faulty_device_set_hidden (FaultyDevice *self, guint hidden)
{
  self->hidden = hidden;
}

guint
faulty_device_get_hidden (FaultyDevice *self)
{
  return self->hidden;
}
