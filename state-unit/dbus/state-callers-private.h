/* SPDX-License-Identifier: MIT */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Who calls the objects that are exported on a connection: asked of the bus once for
 * each caller, and forgotten when it leaves. Peer to peer there is one caller, whose
 * credentials are those of the socket. Belongs to the main context that was
 * thread-default when it was got, and is shared by all who get it there. */
typedef struct _StateCallers StateCallers;

/* @credentials is NULL when nothing is known of the caller. */
typedef void (*StateCallerFunc) (GDBusMethodInvocation *invocation,
                                 GCredentials *credentials,
                                 gpointer user_data);
/* @sender: its unique name; NULL: the peer, since the connection was closed */
typedef void (*StateCallerGoneFunc) (const char *sender, gpointer user_data);

StateCallers *state_callers_get (GDBusConnection *connection);
void state_callers_unref (StateCallers *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StateCallers, state_callers_unref)

/* Calls @func at once if the caller is known, else when it is: what one caller sends
 * keeps its order. Takes the invocation over, which is answered with an error when the
 * caller leaves before; @func is then not called, nor after
 * state_callers_forget (). */
void state_callers_identify (StateCallers *self,
                             GDBusMethodInvocation *invocation,
                             StateCallerFunc func,
                             gpointer user_data);

/* Until state_callers_forget () with the same data, @gone is called for each caller
 * that leaves. */
void state_callers_follow (StateCallers *self, StateCallerGoneFunc gone, gpointer user_data);
void state_callers_forget (StateCallers *self, gpointer user_data);

/* Whether they are this process's own user's; NULL is nobody's. */
gboolean state_credentials_are_own (GCredentials *credentials);

G_END_DECLS
