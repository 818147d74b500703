/* SPDX-License-Identifier: MIT */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The process at the other end of a connection, or behind a name of a bus: shared by the
 * units that are there. It takes replies and signals where they arrive, on the thread of
 * the connection, so that it depends on nobody's main loop. All functions may be called
 * from any thread. */
typedef struct _StateRemotePeer StateRemotePeer;

/* One call, until it is answered or the peer is lost. */
typedef struct
{
  /* Once; on whatever thread, with no lock held. @reply: nullable; @lost is set then,
   * and says in words what became of the peer. */
  void (*replied) (GDBusMessage *reply, const char *lost, gpointer user_data);
  /* Nullable; before that. */
  void (*signalled) (const char *signal, GVariant *arguments, gpointer user_data);
} StateRemoteCallFuncs;

/* A unit that is there. */
typedef struct
{
  void (*signalled) (gpointer unit, const char *signal, GVariant *arguments);
  void (*lost) (gpointer unit, StateRemotePeer *peer, const char *why);
} StateRemotePeerFuncs;

/* @bus_name: nullable */
StateRemotePeer *state_remote_peer_get (GDBusConnection *connection, const char *bus_name);
StateRemotePeer *state_remote_peer_ref (StateRemotePeer *self);
void state_remote_peer_unref (StateRemotePeer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StateRemotePeer, state_remote_peer_unref)

GDBusConnection *state_remote_peer_get_connection (StateRemotePeer *self);
gboolean state_remote_peer_passes_fds (StateRemotePeer *self);

/* As long as a unit is attached, it hears of what becomes of the peer. */
void state_remote_peer_attach (StateRemotePeer *self,
                               GObject *unit,
                               const char *object_path,
                               const StateRemotePeerFuncs *funcs);
void state_remote_peer_detach (StateRemotePeer *self, GObject *unit);

/* The caller's own, to be filled in and sent. */
GDBusMessage *
state_remote_peer_make_call (StateRemotePeer *self, const char *object_path, const char *method);

/* FALSE with an error: it was not sent, and funcs are not called. Signals name the call by
 * the serial number of its message. @owner: see state_remote_peer_fail_calls (). */
gboolean state_remote_peer_call (StateRemotePeer *self,
                                 GDBusMessage *message,
                                 gpointer owner,
                                 const StateRemoteCallFuncs *funcs,
                                 gpointer user_data,
                                 GError **error);
/* Nobody waits for an answer. */
void state_remote_peer_tell (StateRemotePeer *self,
                             const char *object_path,
                             const char *method,
                             GVariant *arguments);

/* The calls of one owner end as if the peer were lost. */
void state_remote_peer_fail_calls (StateRemotePeer *self, gpointer owner, const char *why);
/* Nobody is there any more. */
void state_remote_peer_lose (StateRemotePeer *self, const char *why);

/* Somebody else finds out why the connection was closed, and then loses the peer. */
void state_remote_peer_set_deferred (StateRemotePeer *self, gboolean deferred);

G_END_DECLS
