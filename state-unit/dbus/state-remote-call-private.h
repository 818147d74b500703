/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-remote-peer-private.h"
#include "state-request-private.h"

G_BEGIN_DECLS

/* What came back for a request. On whatever thread, with no lock held.
 * @lost: nullable: the unit is lost, or the answer makes no sense, and why; @error is
 *   set then as well
 * @error: nullable: the request failed; to be taken over
 * @state: nullable; lent */
typedef void (*StateRemoteCallFunc) (StateRequest *request,
                                     const char *lost,
                                     GError *error,
                                     GVariant *state,
                                     gpointer user_data);

/* Sends a request to a unit of the peer, lets its cancellation follow, and hands its
 * progress on. @func is called once, unless FALSE is returned with an error. */
gboolean state_remote_call_send (StateRemotePeer *peer,
                                 const char *object_path,
                                 gpointer owner,
                                 StateRequest *request,
                                 StateRemoteCallFunc func,
                                 gpointer user_data,
                                 GError **error);

/* Why the reply is an error; NULL: it is none. @lost: (out) whether it says that nobody
 * is there. */
GError *state_remote_call_reply_error (GDBusMessage *reply, gboolean *lost);

G_END_DECLS
