/* SPDX-License-Identifier: MIT */

#pragma once

#include "test-loop.h"

G_BEGIN_DECLS

/* Two ends of D-Bus within this process: peer to peer, or over a message bus. */

typedef struct
{
  GTestDBus *bus; /* NULL: peer to peer */
  GDBusConnection *near_end;
  GDBusConnection *far_end;
  char *far_name; /* of the far end on the bus; NULL: peer to peer */
} TestConnection;

TestConnection *test_connection_new (gboolean on_bus);
void test_connection_free (TestConnection *self);
/* Closes the far end, and waits until that is done. */
void test_connection_close_far_end (TestConnection *self);
/* Another connection to the same bus. */
GDBusConnection *test_connection_connect (TestConnection *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestConnection, test_connection_free)

G_END_DECLS
