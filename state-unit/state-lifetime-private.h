/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-types.h"

G_BEGIN_DECLS

/* Discards a unit when another object is finalized, on whatever thread. */
typedef struct _StateLifetime StateLifetime;

StateLifetime *state_lifetime_new (StateUnitHandle *handle, GObject *owner);
void state_lifetime_free (StateLifetime *self);

G_END_DECLS
