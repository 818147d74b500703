/* SPDX-License-Identifier: MIT */

#pragma once

#include <json-glib/json-glib.h>
#include <libstate-unit.h>

G_BEGIN_DECLS

JsonNode *live_json_of_handle (StateRemoteHandle *handle);
JsonNode *live_json_of_transition (StateRemoteTransition *transition);
JsonNode *live_json_of_flags (StateOperationFlags flags);
void live_json_print (JsonNode *node, gboolean pretty);

G_END_DECLS
