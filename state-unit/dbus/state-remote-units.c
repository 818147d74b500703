/* SPDX-License-Identifier: MIT */

#include "state-dbus-words-private.h"
#include "state-error.h"
#include "state-remote-units-private.h"
#include "state-task-private.h"

/**
 * SECTION:state-remote-units
 * @title: StateRemoteUnits
 * @short_description: a set of units in another process
 *
 * See #StateRemoteUnits.
 */

/**
 * StateRemoteUnits:
 *
 * A set that another process exports with state_units_export(), to be shown and
 * driven from here: a #GListModel of #StateRemoteHandle, in the order of the set,
 * with the operations as pairs of functions. Made by state_remote_units_new_async().
 *
 * The list and the properties follow the set; when an operation is called back, they
 * tell what came of it. When the other process is there no longer, the list is
 * empty, #StateRemoteUnits:connected is %FALSE, and operations fail with
 * %STATE_ERROR_LOST. On a message bus it all comes back when somebody has the name
 * again.
 *
 * Cancelling the #GCancellable of an operation cancels it in the other process; the
 * callback comes when it has ended there. It goes on there when this process ends. When
 * the other process does not even answer that it has heard, for 10 seconds, since it is
 * stuck or has been stopped, the callback comes all the same, with
 * %G_IO_ERROR_CANCELLED.
 *
 * It belongs to the main context that was thread-default when it was made.
 *
 * What the other process tells is not trusted: it may be wrong, and does no harm.
 *
 * Since: 1.0
 */

typedef enum
{
  PROP_CONNECTION = 1,
  PROP_BUS_NAME,
  PROP_OBJECT_PATH,
  PROP_CONNECTED,
  PROP_RUNNING,
  PROP_ALLOWED_OPERATIONS,
  PROP_FAILURE_POLICY,
  PROP_DEFAULT_TIMEOUT,
  PROP_MAX_CONCURRENCY,
  PROP_CURRENT_TRANSITION,
  PROP_LAST_TRANSITION,
  PROP_ITEM_TYPE,
  PROP_N_ITEMS
} StateRemoteUnitsProps;

static GParamSpec *properties[PROP_N_ITEMS + 1];

static void list_model_iface_init (GListModelInterface *iface);
static void async_initable_iface_init (GAsyncInitableIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (StateRemoteUnits,
                               state_remote_units,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, list_model_iface_init)
                                   G_IMPLEMENT_INTERFACE (G_TYPE_ASYNC_INITABLE,
                                                          async_initable_iface_init))

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
state_remote_units_dispose (GObject *object)
{
  StateRemoteUnits *self = STATE_REMOTE_UNITS (object);

  state_remote_units_disconnect (self);
  clear_source (&self->cancelled);
  G_OBJECT_CLASS (state_remote_units_parent_class)->dispose (object);
}

static void
state_remote_units_finalize (GObject *object)
{
  StateRemoteUnits *self = STATE_REMOTE_UNITS (object);

  g_clear_object (&self->connection);
  g_clear_object (&self->last);
  g_hash_table_unref (self->paths);
  g_ptr_array_unref (self->handles);
  g_main_context_unref (self->context);
  g_free (self->bus_name);
  g_free (self->object_path);
  g_free (self->owner);
  G_OBJECT_CLASS (state_remote_units_parent_class)->finalize (object);
}

static void
state_remote_units_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StateRemoteUnits *self = STATE_REMOTE_UNITS (object);

  switch ((StateRemoteUnitsProps) id)
    {
    case PROP_CONNECTION:
      g_value_set_object (value, self->connection);
      break;
    case PROP_BUS_NAME:
      g_value_set_string (value, self->bus_name);
      break;
    case PROP_OBJECT_PATH:
      g_value_set_string (value, self->object_path);
      break;
    case PROP_CONNECTED:
      g_value_set_boolean (value, self->connected);
      break;
    case PROP_RUNNING:
      g_value_set_boolean (value, self->running);
      break;
    case PROP_ALLOWED_OPERATIONS:
      g_value_set_flags (value, self->allowed);
      break;
    case PROP_FAILURE_POLICY:
      g_value_set_enum (value, (int) self->policy);
      break;
    case PROP_DEFAULT_TIMEOUT:
      g_value_set_uint (value, self->default_timeout);
      break;
    case PROP_MAX_CONCURRENCY:
      g_value_set_uint (value, self->max_concurrency);
      break;
    case PROP_CURRENT_TRANSITION:
      g_value_set_object (value, state_remote_units_get_current_transition (self));
      break;
    case PROP_LAST_TRANSITION:
      g_value_set_object (value, self->last);
      break;
    case PROP_ITEM_TYPE:
      g_value_set_gtype (value, STATE_TYPE_REMOTE_HANDLE);
      break;
    case PROP_N_ITEMS:
      g_value_set_uint (value, self->handles->len);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
state_remote_units_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  StateRemoteUnits *self = STATE_REMOTE_UNITS (object);

  if (id == PROP_CONNECTION)
    self->connection = g_value_dup_object (value);
  else if (id == PROP_BUS_NAME)
    self->bus_name = g_value_dup_string (value);
  else if (id == PROP_OBJECT_PATH)
    self->object_path = g_value_dup_string (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
install_place (GParamFlags flags)
{
  /**
   * StateRemoteUnits:connection:
   *
   * The connection to the process of the set, or to the message bus.
   *
   * Since: 1.0
   */
  properties[PROP_CONNECTION] =
      g_param_spec_object ("connection", NULL, NULL, G_TYPE_DBUS_CONNECTION, flags);

  /**
   * StateRemoteUnits:bus-name:
   *
   * The name of that process on the message bus; %NULL: the connection leads to it.
   *
   * Since: 1.0
   */
  properties[PROP_BUS_NAME] = g_param_spec_string ("bus-name", NULL, NULL, NULL, flags);

  /**
   * StateRemoteUnits:object-path:
   *
   * Where the set is exported there.
   *
   * Since: 1.0
   */
  properties[PROP_OBJECT_PATH] = g_param_spec_string ("object-path", NULL, NULL, NULL, flags);
}

static void
install_settings (GParamFlags flags)
{
  /**
   * StateRemoteUnits:failure-policy:
   *
   * As #StateUnits:failure-policy.
   *
   * Since: 1.0
   */
  properties[PROP_FAILURE_POLICY] =
      g_param_spec_enum ("failure-policy", NULL, NULL, STATE_TYPE_FAILURE_POLICY,
                         STATE_FAILURE_POLICY_SKIP_DEPENDENTS, flags);

  /**
   * StateRemoteUnits:default-timeout:
   *
   * As #StateUnits:default-timeout, in ms.
   *
   * Since: 1.0
   */
  properties[PROP_DEFAULT_TIMEOUT] =
      g_param_spec_uint ("default-timeout", NULL, NULL, 0, G_MAXUINT, 0, flags);

  /**
   * StateRemoteUnits:max-concurrency:
   *
   * As #StateUnits:max-concurrency.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_CONCURRENCY] =
      g_param_spec_uint ("max-concurrency", NULL, NULL, 0, G_MAXUINT, 0, flags);
}

static void
install_list (GParamFlags flags)
{
  /**
   * StateRemoteUnits:item-type:
   *
   * The type of the items: #StateRemoteHandle.
   *
   * Since: 1.0
   */
  properties[PROP_ITEM_TYPE] = g_param_spec_gtype ("item-type", NULL, NULL, G_TYPE_OBJECT, flags);

  /**
   * StateRemoteUnits:n-items:
   *
   * The number of units. It does not notify: see #GListModel::items-changed.
   *
   * Since: 1.0
   */
  properties[PROP_N_ITEMS] = g_param_spec_uint ("n-items", NULL, NULL, 0, G_MAXUINT, 0, flags);
}

static void
install_condition (GParamFlags flags)
{
  /**
   * StateRemoteUnits:connected:
   *
   * Whether the set is there.
   *
   * Since: 1.0
   */
  properties[PROP_CONNECTED] = g_param_spec_boolean ("connected", NULL, NULL, FALSE, flags);

  /**
   * StateRemoteUnits:running:
   *
   * As #StateUnits:running.
   *
   * Since: 1.0
   */
  properties[PROP_RUNNING] = g_param_spec_boolean ("running", NULL, NULL, FALSE, flags);

  /**
   * StateRemoteUnits:allowed-operations:
   *
   * As #StateUnits:allowed-operations.
   *
   * Since: 1.0
   */
  properties[PROP_ALLOWED_OPERATIONS] =
      g_param_spec_flags ("allowed-operations", NULL, NULL, STATE_TYPE_OPERATION_FLAGS,
                          STATE_OPERATION_FLAGS_NONE, flags);

  /**
   * StateRemoteUnits:current-transition:
   *
   * The transition that is under way; %NULL when the set is at rest.
   *
   * Since: 1.0
   */
  properties[PROP_CURRENT_TRANSITION] =
      g_param_spec_object ("current-transition", NULL, NULL, STATE_TYPE_REMOTE_TRANSITION, flags);

  /**
   * StateRemoteUnits:last-transition:
   *
   * The last transition that began; it stays when it has ended.
   *
   * Since: 1.0
   */
  properties[PROP_LAST_TRANSITION] =
      g_param_spec_object ("last-transition", NULL, NULL, STATE_TYPE_REMOTE_TRANSITION, flags);
}

static void
state_remote_units_class_init (StateRemoteUnitsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->dispose = state_remote_units_dispose;
  object_class->finalize = state_remote_units_finalize;
  object_class->get_property = state_remote_units_get_property;
  object_class->set_property = state_remote_units_set_property;
  install_place (flags | G_PARAM_WRITABLE | G_PARAM_CONSTRUCT_ONLY);
  install_condition (flags);
  install_settings (flags);
  install_list (flags);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
state_remote_units_init (StateRemoteUnits *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->handles = g_ptr_array_new_with_free_func (g_object_unref);
  self->paths = g_hash_table_new (g_str_hash, g_str_equal);
}

/* The list */

static GType
get_item_type (GListModel *list)
{
  return STATE_TYPE_REMOTE_HANDLE;
}

static guint
get_n_items (GListModel *list)
{
  return STATE_REMOTE_UNITS (list)->handles->len;
}

static gpointer
get_item (GListModel *list, guint position)
{
  StateRemoteUnits *self = STATE_REMOTE_UNITS (list);

  if (position >= self->handles->len)
    return NULL;
  return g_object_ref (g_ptr_array_index (self->handles, position));
}

static void
list_model_iface_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

/* What is told of the set */

static void
set_boolean (StateRemoteUnits *self, gboolean *field, gboolean value, guint id)
{
  if (*field == value)
    return;
  *field = value;
  g_object_notify_by_pspec (G_OBJECT (self), properties[id]);
}

static void
set_number (StateRemoteUnits *self, guint *field, guint value, guint id)
{
  if (*field == value)
    return;
  *field = value;
  g_object_notify_by_pspec (G_OBJECT (self), properties[id]);
}

void
state_remote_units_set_connected (StateRemoteUnits *self, gboolean connected)
{
  set_boolean (self, &self->connected, connected, PROP_CONNECTED);
}

static void
set_allowed (StateRemoteUnits *self, StateOperationFlags allowed)
{
  if (self->allowed == allowed)
    return;
  self->allowed = allowed;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ALLOWED_OPERATIONS]);
}

static void
set_policy (StateRemoteUnits *self, const char *word)
{
  int policy = (int) self->policy;

  state_words_parse_enum (STATE_TYPE_FAILURE_POLICY, word, &policy);
  if (self->policy == (StateFailurePolicy) policy)
    return;
  self->policy = (StateFailurePolicy) policy;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FAILURE_POLICY]);
}

static void
tell_current (StateRemoteUnits *self, gboolean is_new)
{
  gboolean is_current = self->last != NULL && state_remote_transition_is_current (self->last);
  gboolean has_changed = self->is_current != is_current || (is_new && is_current);

  self->is_current = is_current;
  if (is_new)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LAST_TRANSITION]);
  if (has_changed)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CURRENT_TRANSITION]);
}

static void
take_transition (StateRemoteUnits *self, GVariant *fields)
{
  guint serial;
  gboolean is_new;

  if (!g_variant_lookup (fields, "serial", "u", &serial))
    return;
  is_new = self->last == NULL || state_remote_transition_get_serial (self->last) != serial;
  if (is_new)
    {
      g_clear_object (&self->last);
      self->last = state_remote_transition_new (serial);
    }
  state_remote_transition_update (self->last, fields);
  tell_current (self, is_new);
}

/* Of the fields, those that are there and of their type count. */
void
state_remote_units_take_fields (StateRemoteUnits *self, GVariant *fields)
{
  g_autoptr (GVariant) words =
      g_variant_lookup_value (fields, "AllowedOperations", G_VARIANT_TYPE_STRING_ARRAY);
  g_autoptr (GVariant) transition =
      g_variant_lookup_value (fields, "Transition", G_VARIANT_TYPE_VARDICT);
  gboolean running;
  const char *word;
  guint number;

  g_object_freeze_notify (G_OBJECT (self));
  if (g_variant_lookup (fields, "Running", "b", &running))
    set_boolean (self, &self->running, running, PROP_RUNNING);
  if (words != NULL)
    set_allowed (self, state_words_parse_flags (STATE_TYPE_OPERATION_FLAGS, words));
  if (g_variant_lookup (fields, "FailurePolicy", "&s", &word))
    set_policy (self, word);
  if (g_variant_lookup (fields, "DefaultTimeout", "u", &number))
    set_number (self, &self->default_timeout, number, PROP_DEFAULT_TIMEOUT);
  if (g_variant_lookup (fields, "MaxConcurrency", "u", &number))
    set_number (self, &self->max_concurrency, number, PROP_MAX_CONCURRENCY);
  if (transition != NULL)
    take_transition (self, transition);
  g_object_thaw_notify (G_OBJECT (self));
}

/* Of a set that is there no longer nothing can be asked, and nothing runs. */
void
state_remote_units_forget_fields (StateRemoteUnits *self)
{
  g_object_freeze_notify (G_OBJECT (self));
  set_boolean (self, &self->running, FALSE, PROP_RUNNING);
  set_allowed (self, STATE_OPERATION_FLAGS_NONE);
  if (self->last != NULL)
    state_remote_transition_lose (self->last);
  tell_current (self, FALSE);
  g_object_thaw_notify (G_OBJECT (self));
}

/* Making */

static gboolean
check_place (StateRemoteUnits *self, GError **error)
{
  if (self->connection == NULL)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                         "a set in another process needs a connection to it");
  else if (self->object_path == NULL || !g_variant_is_object_path (self->object_path))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%s is not an object path",
                 self->object_path != NULL ? self->object_path : "nothing");
  else if (self->bus_name != NULL && !g_dbus_is_name (self->bus_name))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%s is not a name on a bus",
                 self->bus_name);
  else if (self->watch != 0 || self->closed_id != 0)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_EXISTS,
                         "the set in another process is made already");
  else
    return TRUE;
  return FALSE;
}

static gboolean
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  g_autoptr (StateRemoteUnits) self = g_object_ref (user_data);

  clear_source (&self->cancelled);
  state_remote_units_cancel_connect (self);
  return G_SOURCE_REMOVE;
}

static void
watch_cancellable (StateRemoteUnits *self, GCancellable *cancellable)
{
  if (cancellable == NULL)
    return;
  self->cancelled = g_cancellable_source_new (cancellable);
  g_source_set_callback (self->cancelled, G_SOURCE_FUNC (on_cancelled), self, NULL);
  g_source_attach (self->cancelled, self->context);
}

static void
init_async (GAsyncInitable *initable,
            int io_priority,
            GCancellable *cancellable,
            GAsyncReadyCallback callback,
            gpointer user_data)
{
  StateRemoteUnits *self = STATE_REMOTE_UNITS (initable);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  GError *error = NULL;

  state_task_set_tag (task, init_async);
  g_task_set_check_cancellable (task, FALSE);
  if (g_task_return_error_if_cancelled (task))
    return;
  if (!check_place (self, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  watch_cancellable (self, cancellable);
  state_remote_units_connect (self, g_steal_pointer (&task));
}

static gboolean
init_finish (GAsyncInitable *initable, GAsyncResult *result, GError **error)
{
  clear_source (&STATE_REMOTE_UNITS (initable)->cancelled);
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
async_initable_iface_init (GAsyncInitableIface *iface)
{
  iface->init_async = init_async;
  iface->init_finish = init_finish;
}

/**
 * state_remote_units_new_async:
 * @connection: a connection to the process of the set, or to a message bus
 * @bus_name: (nullable): the name of that process on the message bus; %NULL: the
 *   connection leads to it
 * @object_path: where the set is exported there
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async) (closure user_data): called in the thread-default main
 *   context of the caller, which the result belongs to
 * @user_data: data for @callback
 *
 * Looks for a set that another process exports, and finds out what there is to know
 * of it. A process that the bus can start, it starts.
 *
 * Since: 1.0
 */
void
state_remote_units_new_async (GDBusConnection *connection,
                              const char *bus_name,
                              const char *object_path,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_return_if_fail (G_IS_DBUS_CONNECTION (connection));
  g_return_if_fail (object_path != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  g_async_initable_new_async (STATE_TYPE_REMOTE_UNITS, G_PRIORITY_DEFAULT, cancellable, callback,
                              user_data, "connection", connection, "bus-name", bus_name,
                              "object-path", object_path, NULL);
}

/**
 * state_remote_units_new_finish:
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Finishes state_remote_units_new_async().
 *
 * Errors: %STATE_ERROR_LOST when nobody is there, %G_IO_ERROR_NOT_FOUND when whoever
 * is there exports no set at the path, %G_IO_ERROR_PERMISSION_DENIED when it does not
 * let this process in, %G_IO_ERROR_TIMED_OUT when it does not answer,
 * %G_IO_ERROR_INVALID_ARGUMENT when the name or the path is none.
 *
 * Returns: (transfer full): the set; %NULL with an error
 *
 * Since: 1.0
 */
StateRemoteUnits *
state_remote_units_new_finish (GAsyncResult *result, GError **error)
{
  g_autoptr (GObject) source = NULL;
  GObject *object;

  g_return_val_if_fail (G_IS_ASYNC_RESULT (result), NULL);
  source = g_async_result_get_source_object (result);
  g_return_val_if_fail (STATE_IS_REMOTE_UNITS (source), NULL);

  object = g_async_initable_new_finish (G_ASYNC_INITABLE (source), result, error);
  return object != NULL ? STATE_REMOTE_UNITS (object) : NULL;
}
