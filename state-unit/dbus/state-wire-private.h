/* SPDX-License-Identifier: MIT */

#pragma once

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

G_BEGIN_DECLS

/* How values and errors travel; the forms are told in org.stateunit.Unit1.xml. What
 * arrives is untrusted: everything that is wrong with it is an error. */

/* Values of more bytes than this travel by a memfd. */
#define STATE_WIRE_INLINE_MAX (64 * 1024)

/* Floating; NULL with an error. @fds: adds the memfd there, and makes the list when
 * needed; NULL: the connection passes none. */
GVariant *state_wire_pack_value (GVariant *value, GUnixFDList **fds, GError **error);
/* With a reference; maps a memfd, which it does not copy. @fds: nullable. */
GVariant *state_wire_unpack_value (GVariant *packed, GUnixFDList *fds, GError **error);

/* The name of an error reply whose arguments are those of an error. */
#define STATE_WIRE_ERROR "org.stateunit.Error"

/* Floating */
GVariant *state_wire_pack_error (const GError *error);
/* NULL: it is no error. */
GError *state_wire_unpack_error (GVariant *packed);

G_END_DECLS
