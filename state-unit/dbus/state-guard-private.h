/* SPDX-License-Identifier: MIT */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* From now on, messages that GDBus takes for whole and is not ready for do not get
 * through. For a connection on which something is exported, or called. */
void state_guard_connection (GDBusConnection *connection);

G_END_DECLS
