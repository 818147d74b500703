/* SPDX-License-Identifier: MIT */

#pragma once

#include "test-set.h"

G_BEGIN_DECLS

/* Two ends of a connection, and a unit at the far one that is in a set at the near one. */

typedef struct
{
  GDBusConnection *near;
  GDBusConnection *far;
} TestPeers;

/* Over a socket pair; @passes_fds: over pipes, if not. */
TestPeers *test_peers_new (gboolean passes_fds);
void test_peers_free (TestPeers *self);
void test_connection_close (GDBusConnection *connection);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestPeers, test_peers_free)

typedef struct
{
  TestPeers *peers;
  TestJournal *journal; /* of the far unit */
  TestUnit *unit;       /* the far one */
  StateUnitExporter *exporter;
  StateRemoteUnit *remote; /* the near one */
  TestSet *set;            /* with the near one, called "disk" */
} TestRemote;

#define TEST_REMOTE_PATH "/org/example/disk"

TestRemote *test_remote_new (void);
TestRemote *test_remote_new_with (gboolean passes_fds);
/* Asserts that nothing is left of any of it. */
void test_remote_free (TestRemote *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestRemote, test_remote_free)

gboolean test_reconnect (StateRemoteUnit *unit, GDBusConnection *connection, GError **error);

G_END_DECLS
