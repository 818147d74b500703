/* SPDX-License-Identifier: MIT */

#include "state-lifetime-private.h"

#include "state-unit-handle-private.h"

struct _StateLifetime
{
  gatomicrefcount ref_count; /* one for the handle, one for the owner */
  gint told;                 /* atomic: the owner is gone, or has been told not to tell */
  GWeakRef owner;
  StateUnitHandle *handle; /* a reference */
};

static void
lifetime_unref (StateLifetime *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_weak_ref_clear (&self->owner);
  g_object_unref (self->handle);
  g_free (self);
}

static void
owner_gone (gpointer data, GObject *where_it_was)
{
  StateLifetime *self = data;

  if (g_atomic_int_compare_and_exchange (&self->told, FALSE, TRUE))
    state_unit_handle_post_event (self->handle, STATE_EVENT_DISCARD, NULL);
  lifetime_unref (self);
}

StateLifetime *
state_lifetime_new (StateUnitHandle *handle, GObject *owner)
{
  StateLifetime *self = g_new0 (StateLifetime, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_atomic_ref_count_inc (&self->ref_count);
  g_weak_ref_init (&self->owner, owner);
  self->handle = g_object_ref (handle);
  g_object_weak_ref (owner, owner_gone, self);
  return self;
}

/* An owner that is there no more has told already, or is about to; one that has
 * been disposed of may be there still. */
void
state_lifetime_free (StateLifetime *self)
{
  g_autoptr (GObject) owner = g_weak_ref_get (&self->owner);

  if (owner != NULL && g_atomic_int_compare_and_exchange (&self->told, FALSE, TRUE))
    {
      g_object_weak_unref (owner, owner_gone, self);
      lifetime_unref (self);
    }
  lifetime_unref (self);
}
