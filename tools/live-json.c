/* SPDX-License-Identifier: MIT */

/* What scripts read. */

#include "live-json.h"

#include <stdio.h>

static JsonNode *
take_object (JsonObject *object)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (node, object);
  return node;
}

static JsonNode *
take_array (JsonArray *array)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);

  json_node_take_array (node, array);
  return node;
}

static JsonNode *
of_names (char **names)
{
  JsonArray *array = json_array_new ();

  for (; *names != NULL; names++)
    json_array_add_string_element (array, *names);
  return take_array (array);
}

static JsonNode *
of_error (const GError *error)
{
  JsonObject *object;

  if (error == NULL)
    return json_node_new (JSON_NODE_NULL);
  object = json_object_new ();
  json_object_set_string_member (object, "domain", g_quark_to_string (error->domain));
  json_object_set_int_member (object, "code", error->code);
  json_object_set_string_member (object, "message", error->message);
  return take_object (object);
}

JsonNode *
live_json_of_flags (StateOperationFlags flags)
{
  JsonArray *array = json_array_new ();

  for (guint i = STATE_OPERATION_START; i <= STATE_OPERATION_INSPECT; i++)
    if (flags & (1u << i))
      json_array_add_string_element (array, state_operation_to_string (i));
  return take_array (array);
}

JsonNode *
live_json_of_handle (StateRemoteHandle *handle)
{
  g_auto (GStrv) dependencies = state_remote_handle_get_dependencies (handle);
  g_auto (GStrv) dependents = state_remote_handle_get_dependents (handle);
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "name", state_remote_handle_get_name (handle));
  json_object_set_string_member (object, "state",
                                 state_unit_state_to_string (
                                     state_remote_handle_get_state (handle)));
  json_object_set_member (object, "allowed-operations",
                          live_json_of_flags (state_remote_handle_get_allowed_operations (handle)));
  json_object_set_member (object, "dependencies", of_names (dependencies));
  json_object_set_member (object, "dependents", of_names (dependents));
  json_object_set_member (object, "error", of_error (state_remote_handle_get_error (handle)));
  return take_object (object);
}

JsonNode *
live_json_of_transition (StateRemoteTransition *transition)
{
  JsonObject *object;

  if (transition == NULL)
    return json_node_new (JSON_NODE_NULL);
  object = json_object_new ();
  json_object_set_string_member (object, "operation",
                                 state_operation_to_string (
                                     state_remote_transition_get_operation (transition)));
  json_object_set_string_member (object, "status",
                                 state_transition_status_to_string (
                                     state_remote_transition_get_status (transition)));
  json_object_set_double_member (object, "progress",
                                 state_remote_transition_get_progress (transition));
  json_object_set_int_member (object, "n-units", state_remote_transition_get_n_units (transition));
  json_object_set_int_member (object, "n-finished",
                              state_remote_transition_get_n_finished (transition));
  json_object_set_int_member (object, "elapsed", state_remote_transition_get_elapsed (transition));
  json_object_set_member (object, "error",
                          of_error (state_remote_transition_get_error (transition)));
  return take_object (object);
}

/* Takes the node; as one line when it is not to be pretty. */
void
live_json_print (JsonNode *node, gboolean pretty)
{
  g_autofree char *text = json_to_string (node, pretty);

  printf ("%s\n", text);
  fflush (stdout);
  json_node_unref (node);
}
