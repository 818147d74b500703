/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-remote-units-private.h"

#include <gio/gunixfdlist.h>

G_BEGIN_DECLS

/* One thing that is asked of a set in another process: a method call, whose reply comes
 * when it has ended there. It is the task's data. */

/* Makes the result of the reply, which may be anything. */
typedef gpointer (*StateRemoteUnitsTake) (GVariant *reply, GUnixFDList *files, GError **error);

/* ISO C has no cast from a function to gpointer. */
#define STATE_REMOTE_UNITS_TAG(function) (G_GNUC_EXTENSION (gpointer) (function))

GTask *state_remote_units_call_new (StateRemoteUnits *units,
                                    gpointer tag,
                                    StateRemoteUnitsTake take,
                                    GDestroyNotify destroy,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
GVariant *state_remote_units_call_options (GTask *task, GVariant *given);
void state_remote_units_call_send (GTask *task,
                                   const char *method,
                                   GVariant *parameters,
                                   GUnixFDList *files);
void state_remote_units_call_fail (GTask *task, GError *error);

gpointer state_remote_units_take_tree (GVariant *reply, GUnixFDList *files, GError **error);
gpointer state_remote_units_take_value (GVariant *reply, GUnixFDList *files, GError **error);
gpointer state_remote_units_take_snapshot (GVariant *reply, GUnixFDList *files, GError **error);
gpointer state_remote_units_take_text (GVariant *reply, GUnixFDList *files, GError **error);

gboolean state_remote_units_call_finish_done (StateRemoteUnits *units,
                                              GAsyncResult *result,
                                              gpointer tag,
                                              GError **error);
gpointer state_remote_units_call_finish (StateRemoteUnits *units,
                                         GAsyncResult *result,
                                         gpointer tag,
                                         GError **error);

G_END_DECLS
