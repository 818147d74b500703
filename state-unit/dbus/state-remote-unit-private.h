/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-remote-peer-private.h"
#include "state-remote-unit.h"

G_BEGIN_DECLS

/* One that a process serves, under a name of its own. @version, @oldest: of its state */
StateRemoteUnit *state_remote_unit_new_served (StateRemotePeer *peer,
                                               const char *object_path,
                                               const char *name,
                                               guint version,
                                               guint oldest);

const char *state_remote_unit_get_served_name (StateRemoteUnit *self);

/* Whether what it saved last is kept. */
void state_remote_unit_set_keeps_state (StateRemoteUnit *self, gboolean keeps_state);

/* Takes it up again with another peer: @task, which it takes over, ends with TRUE or an
 * error. What it saved last is restored first, if @restore. */
void state_remote_unit_reopen (StateRemoteUnit *self,
                               StateRemotePeer *peer,
                               const char *object_path,
                               gboolean restore,
                               GTask *task);

/* Gives it back to its process; @func is called in any thread once that has been done,
 * or cannot be. */
void state_remote_unit_close (StateRemoteUnit *self, GDestroyNotify func, gpointer user_data);

/* Its peer, and where it is there; NULL: it is lost. */
StateRemotePeer *state_remote_unit_ref_peer (StateRemoteUnit *self, char **object_path);
GVariant *state_remote_unit_ref_saved (StateRemoteUnit *self, guint *version);
void state_remote_unit_take_up (StateRemoteUnit *self,
                                StateRemotePeer *peer,
                                const char *object_path,
                                guint version,
                                guint oldest);

G_END_DECLS
