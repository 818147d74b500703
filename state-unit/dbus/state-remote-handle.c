/* SPDX-License-Identifier: MIT */

#include "state-dbus-words-private.h"
#include "state-remote-units-private.h"

/**
 * SECTION:state-remote-handle
 * @title: StateRemoteHandle
 * @short_description: a unit of a set in another process
 *
 * See #StateRemoteHandle.
 */

/**
 * StateRemoteHandle:
 *
 * One unit of a #StateRemoteUnits, with what a #StateUnitHandle tells in the
 * process of the set, as it was told last. It belongs to the main context of the
 * #StateRemoteUnits.
 *
 * A handle of a unit that has left, or of a set that is there no longer, stays as it
 * was.
 *
 * Since: 1.0
 */

struct _StateRemoteHandle
{
  GObject parent_instance;

  char *path;
  char *name;
  StateUnitState state;
  StateOperationFlags allowed;
  char **dependencies;
  char **dependents;
  GError *error;
};

typedef enum
{
  PROP_NAME = 1,
  PROP_STATE,
  PROP_ALLOWED_OPERATIONS,
  PROP_DEPENDENCIES,
  PROP_DEPENDENTS,
  PROP_ERROR
} StateRemoteHandleProps;

static GParamSpec *properties[PROP_ERROR + 1];

G_DEFINE_FINAL_TYPE (StateRemoteHandle, state_remote_handle, G_TYPE_OBJECT)

static void
state_remote_handle_finalize (GObject *object)
{
  StateRemoteHandle *self = STATE_REMOTE_HANDLE (object);

  g_free (self->path);
  g_free (self->name);
  g_strfreev (self->dependencies);
  g_strfreev (self->dependents);
  g_clear_error (&self->error);
  G_OBJECT_CLASS (state_remote_handle_parent_class)->finalize (object);
}

static void
state_remote_handle_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StateRemoteHandle *self = STATE_REMOTE_HANDLE (object);

  switch ((StateRemoteHandleProps) id)
    {
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_STATE:
      g_value_set_enum (value, (int) self->state);
      break;
    case PROP_ALLOWED_OPERATIONS:
      g_value_set_flags (value, self->allowed);
      break;
    case PROP_DEPENDENCIES:
      g_value_set_boxed (value, self->dependencies);
      break;
    case PROP_DEPENDENTS:
      g_value_set_boxed (value, self->dependents);
      break;
    case PROP_ERROR:
      g_value_set_boxed (value, self->error);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
install_edges (GParamFlags flags)
{
  /**
   * StateRemoteHandle:dependencies:
   *
   * The names of the units that this one depends on.
   *
   * Since: 1.0
   */
  properties[PROP_DEPENDENCIES] =
      g_param_spec_boxed ("dependencies", NULL, NULL, G_TYPE_STRV, flags);

  /**
   * StateRemoteHandle:dependents:
   *
   * The names of the units that depend on this one.
   *
   * Since: 1.0
   */
  properties[PROP_DEPENDENTS] = g_param_spec_boxed ("dependents", NULL, NULL, G_TYPE_STRV, flags);
}

static void
state_remote_handle_class_init (StateRemoteHandleClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->finalize = state_remote_handle_finalize;
  object_class->get_property = state_remote_handle_get_property;

  /**
   * StateRemoteHandle:name:
   *
   * The name of the unit in the set; it never changes.
   *
   * Since: 1.0
   */
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, "", flags);

  /**
   * StateRemoteHandle:state:
   *
   * The state of the unit. A state that this library does not know is
   * %STATE_UNIT_STATE_UNCERTAIN.
   *
   * Since: 1.0
   */
  properties[PROP_STATE] = g_param_spec_enum ("state", NULL, NULL, STATE_TYPE_UNIT_STATE,
                                              STATE_UNIT_STATE_STOPPED, flags);

  /**
   * StateRemoteHandle:allowed-operations:
   *
   * The operations that would not be refused now because of this unit.
   *
   * Since: 1.0
   */
  properties[PROP_ALLOWED_OPERATIONS] =
      g_param_spec_flags ("allowed-operations", NULL, NULL, STATE_TYPE_OPERATION_FLAGS,
                          STATE_OPERATION_FLAGS_NONE, flags);

  /**
   * StateRemoteHandle:error:
   *
   * Why the unit is failed or lost; %NULL in the other states.
   *
   * Since: 1.0
   */
  properties[PROP_ERROR] = g_param_spec_boxed ("error", NULL, NULL, G_TYPE_ERROR, flags);

  install_edges (flags);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
state_remote_handle_init (StateRemoteHandle *self)
{
  self->name = g_strdup ("");
  self->dependencies = g_new0 (char *, 1);
  self->dependents = g_new0 (char *, 1);
}

/* What is told */

static void
take_name (StateRemoteHandle *self, GVariant *fields)
{
  const char *name;

  if (!g_variant_lookup (fields, "Name", "&s", &name))
    return;
  g_free (self->name);
  self->name = g_strdup (name);
}

static void
take_state (StateRemoteHandle *self, GVariant *fields)
{
  const char *word;
  int state = STATE_UNIT_STATE_UNCERTAIN;

  if (!g_variant_lookup (fields, "State", "&s", &word))
    return;
  state_words_parse_enum (STATE_TYPE_UNIT_STATE, word, &state);
  if (self->state == (StateUnitState) state)
    return;
  self->state = (StateUnitState) state;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

static void
take_allowed (StateRemoteHandle *self, GVariant *fields)
{
  g_autoptr (GVariant) words =
      g_variant_lookup_value (fields, "AllowedOperations", G_VARIANT_TYPE_STRING_ARRAY);
  StateOperationFlags allowed;

  if (words == NULL)
    return;
  allowed = state_words_parse_flags (STATE_TYPE_OPERATION_FLAGS, words);
  if (self->allowed == allowed)
    return;
  self->allowed = allowed;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ALLOWED_OPERATIONS]);
}

static void
take_names (StateRemoteHandle *self,
            GVariant *fields,
            const char *key,
            char ***names,
            GParamSpec *pspec)
{
  g_auto (GStrv) told = NULL;

  if (!g_variant_lookup (fields, key, "^as", &told) ||
      g_strv_equal ((const char *const *) *names, (const char *const *) told))
    return;
  g_strfreev (*names);
  *names = g_steal_pointer (&told);
  g_object_notify_by_pspec (G_OBJECT (self), pspec);
}

static gboolean
is_same_error (const GError *one, const GError *other)
{
  if (one == NULL || other == NULL)
    return one == other;
  return g_error_matches (one, other->domain, other->code) &&
         g_str_equal (one->message, other->message);
}

static void
take_error (StateRemoteHandle *self, GVariant *fields)
{
  g_autoptr (GVariant) told = g_variant_lookup_value (fields, "Error", G_VARIANT_TYPE ("(ssi)"));
  g_autoptr (GError) error = told != NULL ? state_words_parse_error (told) : NULL;

  if (told == NULL || is_same_error (self->error, error))
    return;
  g_clear_error (&self->error);
  self->error = g_steal_pointer (&error);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ERROR]);
}

/* For the set. Of the fields, those that are there and of their type count. */
void
state_remote_handle_update (StateRemoteHandle *self, GVariant *fields)
{
  g_object_freeze_notify (G_OBJECT (self));
  take_state (self, fields);
  take_allowed (self, fields);
  take_names (self, fields, "Dependencies", &self->dependencies, properties[PROP_DEPENDENCIES]);
  take_names (self, fields, "Dependents", &self->dependents, properties[PROP_DEPENDENTS]);
  take_error (self, fields);
  g_object_thaw_notify (G_OBJECT (self));
}

StateRemoteHandle *
state_remote_handle_new (const char *path, GVariant *fields)
{
  StateRemoteHandle *self = g_object_new (STATE_TYPE_REMOTE_HANDLE, NULL);

  self->path = g_strdup (path);
  take_name (self, fields);
  state_remote_handle_update (self, fields);
  return self;
}

const char *
state_remote_handle_get_path (StateRemoteHandle *self)
{
  return self->path;
}

/* Properties */

/**
 * state_remote_handle_get_name:
 * @self: a remote handle
 *
 * Gets #StateRemoteHandle:name.
 *
 * Returns: (transfer none): the name
 *
 * Since: 1.0
 */
const char *
state_remote_handle_get_name (StateRemoteHandle *self)
{
  g_return_val_if_fail (STATE_IS_REMOTE_HANDLE (self), NULL);

  return self->name;
}

/**
 * state_remote_handle_get_state:
 * @self: a remote handle
 *
 * Gets #StateRemoteHandle:state.
 *
 * Returns: the state
 *
 * Since: 1.0
 */
StateUnitState
state_remote_handle_get_state (StateRemoteHandle *self)
{
  g_return_val_if_fail (STATE_IS_REMOTE_HANDLE (self), STATE_UNIT_STATE_STOPPED);

  return self->state;
}

/**
 * state_remote_handle_get_allowed_operations:
 * @self: a remote handle
 *
 * Gets #StateRemoteHandle:allowed-operations.
 *
 * Returns: the operations
 *
 * Since: 1.0
 */
StateOperationFlags
state_remote_handle_get_allowed_operations (StateRemoteHandle *self)
{
  g_return_val_if_fail (STATE_IS_REMOTE_HANDLE (self), STATE_OPERATION_FLAGS_NONE);

  return self->allowed;
}

/**
 * state_remote_handle_get_dependencies:
 * @self: a remote handle
 *
 * Gets #StateRemoteHandle:dependencies.
 *
 * Returns: (transfer full) (array zero-terminated=1): the names
 *
 * Since: 1.0
 */
char **
state_remote_handle_get_dependencies (StateRemoteHandle *self)
{
  g_return_val_if_fail (STATE_IS_REMOTE_HANDLE (self), NULL);

  return g_strdupv (self->dependencies);
}

/**
 * state_remote_handle_get_dependents:
 * @self: a remote handle
 *
 * Gets #StateRemoteHandle:dependents.
 *
 * Returns: (transfer full) (array zero-terminated=1): the names
 *
 * Since: 1.0
 */
char **
state_remote_handle_get_dependents (StateRemoteHandle *self)
{
  g_return_val_if_fail (STATE_IS_REMOTE_HANDLE (self), NULL);

  return g_strdupv (self->dependents);
}

/**
 * state_remote_handle_get_error:
 * @self: a remote handle
 *
 * Gets #StateRemoteHandle:error.
 *
 * Returns: (transfer none) (nullable): the error; %NULL: none
 *
 * Since: 1.0
 */
const GError *
state_remote_handle_get_error (StateRemoteHandle *self)
{
  g_return_val_if_fail (STATE_IS_REMOTE_HANDLE (self), NULL);

  return self->error;
}
