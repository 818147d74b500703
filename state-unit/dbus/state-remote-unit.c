/* SPDX-License-Identifier: MIT */

#include "state-remote-unit-private.h"

#include "state-context-private.h"
#include "state-error.h"
#include "state-remote-call-private.h"
#include "state-task-private.h"
#include "state-unit-handle-private.h"
#include "state-unit.h"
#include "state-wire-private.h"

/**
 * SECTION:state-remote-unit
 * @title: StateRemoteUnit
 * @short_description: a unit in another process
 *
 * See #StateRemoteUnit.
 */

/**
 * StateRemoteUnit:
 *
 * A unit in another process, which exports it with a #StateUnitExporter or serves it
 * with state_unit_process_serve(). Added to a set it looks like any other unit: every
 * request is put to the unit there, with its deadline and its cancellation.
 *
 * When the other process exits, crashes, closes the connection or leaves the bus, or
 * answers with what is no answer, the unit is lost: a request that is with it fails with
 * %STATE_ERROR_LOST, which says what happened, and its handle becomes
 * %STATE_UNIT_STATE_LOST. No other unit of the set is touched, but for those that the
 * failure policy names. A process that hangs is met by the deadlines of the set.
 * state_remote_unit_reconnect_async() takes up a unit that is there again.
 *
 * What the other process sends is never trusted: neither to be of the right type, nor to
 * come at all.
 *
 * Its saved states may be of any type and size. Those over 64 KiB travel by memory that
 * is passed on and not copied, if the connection can pass file descriptors; else they
 * must be smaller than 64 MiB.
 *
 * The version of its states is known once state_remote_unit_reconnect_async() has been
 * through, or when a #StateUnitProcess made the unit; it is 0 before. The set asks for it
 * when the unit is added; state_unit_builder_set_state_version() tells it otherwise.
 *
 * The set may live in any main context: nothing depends on the one in which the unit was
 * made, but for the signal #GObject::notify.
 *
 * Since: 1.0
 */

struct _StateRemoteUnit
{
  GObject parent_instance;

  char *bus_name; /* nullable */
  char *name;     /* nullable: that it is served by */
  GMainContext *context;

  GMutex lock; /* for all below */
  StateRemotePeer *peer;
  GDBusConnection *connection;
  char *object_path;
  gboolean is_lost;
  gboolean is_used; /* somebody there may know of this one */
  char *why;        /* nullable: it is lost */
  guint version;
  guint oldest;
  gboolean keeps_state;
  GVariant *saved; /* nullable */
  guint saved_version;
};

typedef enum
{
  PROP_BUS_NAME = 1,
  PROP_CONNECTION,
  PROP_LOST,
  PROP_OBJECT_PATH
} StateRemoteUnitProps;

static GParamSpec *properties[PROP_OBJECT_PATH + 1];

static void state_remote_unit_iface_init (StateUnitInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (StateRemoteUnit,
                               state_remote_unit,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT,
                                                      state_remote_unit_iface_init))

static void
state_remote_unit_finalize (GObject *object)
{
  StateRemoteUnit *self = STATE_REMOTE_UNIT (object);

  if (self->peer != NULL)
    {
      state_remote_peer_detach (self->peer, object);
      if (self->is_used && !self->is_lost)
        state_remote_peer_tell (self->peer, self->object_path, "Close", NULL);
      state_remote_peer_unref (self->peer);
    }
  g_clear_object (&self->connection);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_pointer (&self->saved, g_variant_unref);
  g_mutex_clear (&self->lock);
  g_free (self->bus_name);
  g_free (self->object_path);
  g_free (self->name);
  g_free (self->why);
  G_OBJECT_CLASS (state_remote_unit_parent_class)->finalize (object);
}

static void
state_remote_unit_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StateRemoteUnit *self = STATE_REMOTE_UNIT (object);

  switch ((StateRemoteUnitProps) id)
    {
    case PROP_BUS_NAME:
      g_value_set_string (value, self->bus_name);
      break;
    case PROP_CONNECTION:
      g_value_set_object (value, state_remote_unit_get_connection (self));
      break;
    case PROP_LOST:
      g_value_set_boolean (value, state_remote_unit_is_lost (self));
      break;
    case PROP_OBJECT_PATH:
      g_value_set_string (value, state_remote_unit_get_object_path (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
state_remote_unit_class_init (StateRemoteUnitClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->finalize = state_remote_unit_finalize;
  object_class->get_property = state_remote_unit_get_property;

  /**
   * StateRemoteUnit:bus-name:
   *
   * The name of the other process on a message bus; %NULL peer to peer.
   *
   * Since: 1.0
   */
  properties[PROP_BUS_NAME] = g_param_spec_string ("bus-name", NULL, NULL, NULL, flags);

  /**
   * StateRemoteUnit:connection:
   *
   * The connection to the other process, or to the bus.
   *
   * Since: 1.0
   */
  properties[PROP_CONNECTION] =
      g_param_spec_object ("connection", NULL, NULL, G_TYPE_DBUS_CONNECTION, flags);

  /**
   * StateRemoteUnit:lost:
   *
   * Whether nobody is there to answer for the unit. Notified in the main context that
   * was thread-default when the unit was made.
   *
   * Since: 1.0
   */
  properties[PROP_LOST] = g_param_spec_boolean ("lost", NULL, NULL, FALSE, flags);

  /**
   * StateRemoteUnit:object-path:
   *
   * Where the unit is exported.
   *
   * Since: 1.0
   */
  properties[PROP_OBJECT_PATH] = g_param_spec_string ("object-path", NULL, NULL, NULL, flags);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
state_remote_unit_init (StateRemoteUnit *self)
{
  g_mutex_init (&self->lock);
  self->context = g_main_context_ref_thread_default ();
}

/* Loss */

static const char *
name_of (StateRemoteUnit *self, StateRequest *request)
{
  const char *name = request != NULL ? state_request_get_unit_name (request) : NULL;

  if (name != NULL)
    return name;
  return self->name != NULL ? self->name : self->object_path;
}

static GError *
lost_error (StateRemoteUnit *self, StateRequest *request, const char *why)
{
  return g_error_new (STATE_ERROR, STATE_ERROR_LOST, "unit %s is lost: %s", name_of (self, request),
                      why);
}

static gboolean
notify_lost (gpointer self)
{
  g_object_notify_by_pspec (self, properties[PROP_LOST]);
  return G_SOURCE_REMOVE;
}

/* The set hears of it behind the answers that have been given. */
static void
post_event (StateRemoteUnit *self, StateEvent event, const char *why)
{
  g_autoptr (StateUnitHandle) handle = state_unit_handle_of_unit (STATE_UNIT (self));
  g_autoptr (GError) error = NULL;

  if (why != NULL)
    error =
        g_error_new (STATE_ERROR, STATE_ERROR_LOST, "unit %s is lost: %s",
                     handle != NULL ? state_unit_handle_get_name (handle) : name_of (self, NULL),
                     why);
  if (handle != NULL)
    state_unit_handle_post_event (handle, event, error);
  state_context_call (self->context, notify_lost, g_object_ref (self), g_object_unref);
}

/* FALSE: it is another's by now, or was lost before. */
static gboolean
set_lost (StateRemoteUnit *self, StateRemotePeer *peer, const char *why)
{
  gboolean changes;

  g_mutex_lock (&self->lock);
  changes = self->peer == peer && !self->is_lost;
  if (changes)
    {
      self->is_lost = TRUE;
      g_free (self->why);
      self->why = g_strdup (why);
    }
  g_mutex_unlock (&self->lock);
  return changes;
}

/* Of this one alone: the peer may be well otherwise. */
static void
lose (StateRemoteUnit *self, StateRemotePeer *peer, const char *why)
{
  g_autoptr (StateRemoteUnit) alive = g_object_ref (self);

  if (!set_lost (self, peer, why))
    return;
  state_remote_peer_fail_calls (peer, self, why);
  post_event (self, STATE_EVENT_LOST, why);
}

static void
peer_lost (gpointer unit, StateRemotePeer *peer, const char *why)
{
  lose (unit, peer, why);
}

/* A running unit that ended by itself */
static void
peer_signalled (gpointer unit, const char *signal, GVariant *arguments)
{
  g_autoptr (GVariant) details = NULL;
  g_autoptr (GVariant) packed = NULL;
  g_autoptr (GError) error = NULL;

  if (arguments == NULL || !g_variant_is_of_type (arguments, G_VARIANT_TYPE ("(a{sv})")))
    return;
  details = g_variant_get_child_value (arguments, 0);
  packed = g_variant_lookup_value (details, "error", NULL);
  if (packed != NULL)
    error = state_wire_unpack_error (packed);
  state_unit_ended (unit, error);
}

static const StateRemotePeerFuncs peer_funcs = { peer_signalled, peer_lost };

/* Requests */

static StateRemotePeer *
ref_peer (StateRemoteUnit *self, char **object_path, char **why)
{
  StateRemotePeer *peer = NULL;

  g_mutex_lock (&self->lock);
  if (self->peer != NULL && !self->is_lost)
    {
      peer = state_remote_peer_ref (self->peer);
      self->is_used = TRUE;
      *object_path = g_strdup (self->object_path);
    }
  else
    *why = g_strdup (self->why != NULL ? self->why : "it was made without a connection");
  g_mutex_unlock (&self->lock);
  return peer;
}

static void
keep_state (StateRemoteUnit *self, StateRequest *request, GVariant *state)
{
  g_mutex_lock (&self->lock);
  if (self->keeps_state && state != NULL)
    {
      g_clear_pointer (&self->saved, g_variant_unref);
      self->saved = g_variant_ref (state);
      self->saved_version = state_request_get_state_version (request);
    }
  g_mutex_unlock (&self->lock);
}

typedef struct
{
  StateRemoteUnit *unit;
  StateRemotePeer *peer;
} Asked;

static void
asked_free (Asked *asked)
{
  g_object_unref (asked->unit);
  state_remote_peer_unref (asked->peer);
  g_free (asked);
}

/* One that answers nonsense may run all the same. */
static void
give_back (StateRemoteUnit *self, StateRemotePeer *peer)
{
  g_autofree char *object_path = NULL;

  g_mutex_lock (&self->lock);
  object_path = g_strdup (self->object_path);
  g_mutex_unlock (&self->lock);
  state_remote_peer_tell (peer, object_path, "Close", NULL);
}

static void
answered (StateRequest *request,
          const char *lost,
          GError *error,
          GVariant *state,
          gpointer user_data)
{
  Asked *asked = user_data;
  StateRemoteUnit *self = asked->unit;

  if (lost != NULL)
    {
      state_request_take_error (request, lost_error (self, request, lost));
      lose (self, asked->peer, lost);
      give_back (self, asked->peer);
    }
  else if (error != NULL)
    state_request_take_error (request, error);
  else
    {
      if (state_request_get_operation (request) == STATE_OPERATION_SAVE)
        keep_state (self, request, state);
      else if (state_request_get_operation (request) == STATE_OPERATION_RESTORE)
        keep_state (self, request, state_request_get_state (request));
      state_request_complete_with_state (request, state);
    }
  asked_free (asked);
}

static void
state_remote_unit_handle_request (StateUnit *unit, StateRequest *request)
{
  StateRemoteUnit *self = STATE_REMOTE_UNIT (unit);
  g_autofree char *object_path = NULL;
  g_autofree char *why = NULL;
  StateRemotePeer *peer = ref_peer (self, &object_path, &why);
  GError *error = NULL;
  Asked *asked;

  if (peer == NULL)
    {
      state_request_take_error (request, lost_error (self, request, why));
      return;
    }
  asked = g_new (Asked, 1);
  *asked = (Asked){ g_object_ref (self), peer };
  if (state_remote_call_send (peer, object_path, self, request, answered, asked, &error))
    return;
  if (g_error_matches (error, STATE_ERROR, STATE_ERROR_LOST))
    {
      state_request_take_error (request, lost_error (self, request, error->message));
      g_error_free (error);
    }
  else
    state_request_take_error (request, error);
  asked_free (asked);
}

static guint
state_remote_unit_get_state_version (StateUnit *unit, guint *oldest)
{
  StateRemoteUnit *self = STATE_REMOTE_UNIT (unit);
  guint version;

  g_mutex_lock (&self->lock);
  version = self->version;
  *oldest = self->oldest;
  g_mutex_unlock (&self->lock);
  return version;
}

static void
state_remote_unit_iface_init (StateUnitInterface *iface)
{
  iface->start = state_remote_unit_handle_request;
  iface->stop = state_remote_unit_handle_request;
  iface->reset = state_remote_unit_handle_request;
  iface->save = state_remote_unit_handle_request;
  iface->restore = state_remote_unit_handle_request;
  iface->post_restore = state_remote_unit_handle_request;
  iface->inspect = state_remote_unit_handle_request;
  iface->handle_request = state_remote_unit_handle_request;
  iface->get_state_version = state_remote_unit_get_state_version;
}

/* Making */

/* Takes over the peer. */
static StateRemoteUnit *
unit_new (StateRemotePeer *peer, const char *bus_name, const char *object_path, const char *name)
{
  StateRemoteUnit *self = g_object_new (STATE_TYPE_REMOTE_UNIT, NULL);

  self->bus_name = g_strdup (bus_name);
  self->object_path = g_strdup (object_path);
  self->name = g_strdup (name);
  self->peer = peer;
  self->connection = g_object_ref (state_remote_peer_get_connection (peer));
  return self;
}

/**
 * state_remote_unit_new:
 * @connection: a connection to a message bus or to a peer
 * @bus_name: (nullable): the name of the other process on the bus; %NULL peer to peer
 * @object_path: where it exports the unit
 *
 * Makes a unit that stands for one in another process. Nothing is asked of that process
 * yet: whether the unit is there shows with the first request.
 *
 * Returns: (transfer full): a new unit
 *
 * Since: 1.0
 */
StateRemoteUnit *
state_remote_unit_new (GDBusConnection *connection, const char *bus_name, const char *object_path)
{
  StateRemoteUnit *self;

  g_return_val_if_fail (G_IS_DBUS_CONNECTION (connection), NULL);
  g_return_val_if_fail (bus_name == NULL || g_dbus_is_name (bus_name), NULL);
  g_return_val_if_fail (object_path != NULL && g_variant_is_object_path (object_path), NULL);

  self = unit_new (state_remote_peer_get (connection, bus_name), bus_name, object_path, NULL);
  state_remote_peer_attach (self->peer, G_OBJECT (self), object_path, &peer_funcs);
  return self;
}

StateRemoteUnit *
state_remote_unit_new_served (StateRemotePeer *peer,
                              const char *object_path,
                              const char *name,
                              guint version,
                              guint oldest)
{
  StateRemoteUnit *self = unit_new (state_remote_peer_ref (peer), NULL, object_path, name);

  self->version = version;
  self->oldest = oldest;
  state_remote_peer_attach (peer, G_OBJECT (self), object_path, &peer_funcs);
  return self;
}

const char *
state_remote_unit_get_served_name (StateRemoteUnit *self)
{
  return self->name;
}

void
state_remote_unit_set_keeps_state (StateRemoteUnit *self, gboolean keeps_state)
{
  g_mutex_lock (&self->lock);
  self->keeps_state = keeps_state;
  g_mutex_unlock (&self->lock);
}

/* For reconnecting */

GVariant *
state_remote_unit_ref_saved (StateRemoteUnit *self, guint *version)
{
  GVariant *saved;

  g_mutex_lock (&self->lock);
  saved = self->saved != NULL ? g_variant_ref (self->saved) : NULL;
  *version = self->saved_version;
  g_mutex_unlock (&self->lock);
  return saved;
}

/* Somebody answers for it, over there. */
void
state_remote_unit_take_up (StateRemoteUnit *self,
                           StateRemotePeer *peer,
                           const char *object_path,
                           guint version,
                           guint oldest)
{
  g_autoptr (StateRemotePeer) old_peer = NULL;
  g_autoptr (GDBusConnection) old_connection = NULL;
  gboolean was_lost;

  g_mutex_lock (&self->lock);
  old_peer = self->peer != NULL ? state_remote_peer_ref (self->peer) : NULL;
  g_mutex_unlock (&self->lock);
  if (old_peer != NULL && old_peer != peer)
    lose (self, old_peer, "it was connected anew");
  if (old_peer != NULL)
    state_remote_peer_detach (old_peer, G_OBJECT (self));

  g_mutex_lock (&self->lock);
  if (self->peer != NULL)
    state_remote_peer_unref (self->peer);
  self->peer = state_remote_peer_ref (peer);
  old_connection = self->connection;
  self->connection = g_object_ref (state_remote_peer_get_connection (peer));
  g_free (self->object_path);
  self->object_path = g_strdup (object_path);
  was_lost = self->is_lost;
  self->is_lost = FALSE;
  self->is_used = TRUE;
  self->version = version;
  self->oldest = oldest;
  g_mutex_unlock (&self->lock);

  if (was_lost)
    post_event (self, STATE_EVENT_FOUND, NULL);
  state_remote_peer_attach (peer, G_OBJECT (self), object_path, &peer_funcs);
}

StateRemotePeer *
state_remote_unit_ref_peer (StateRemoteUnit *self, char **object_path)
{
  g_autofree char *why = NULL;

  return ref_peer (self, object_path, &why);
}

/* Properties */

/**
 * state_remote_unit_get_connection:
 * @self: a remote unit
 *
 * Gets #StateRemoteUnit:connection.
 *
 * Returns: (transfer none) (nullable): the connection; %NULL for a unit that
 *   state_remote_unit_new() did not make
 *
 * Since: 1.0
 */
GDBusConnection *
state_remote_unit_get_connection (StateRemoteUnit *self)
{
  GDBusConnection *connection;

  g_return_val_if_fail (STATE_IS_REMOTE_UNIT (self), NULL);

  g_mutex_lock (&self->lock);
  connection = self->connection;
  g_mutex_unlock (&self->lock);
  return connection;
}

/**
 * state_remote_unit_get_bus_name:
 * @self: a remote unit
 *
 * Gets #StateRemoteUnit:bus-name.
 *
 * Returns: (transfer none) (nullable): the name; %NULL peer to peer
 *
 * Since: 1.0
 */
const char *
state_remote_unit_get_bus_name (StateRemoteUnit *self)
{
  g_return_val_if_fail (STATE_IS_REMOTE_UNIT (self), NULL);

  return self->bus_name;
}

/**
 * state_remote_unit_get_object_path:
 * @self: a remote unit
 *
 * Gets #StateRemoteUnit:object-path.
 *
 * Returns: (transfer none) (nullable): the path; %NULL for a unit that
 *   state_remote_unit_new() did not make
 *
 * Since: 1.0
 */
const char *
state_remote_unit_get_object_path (StateRemoteUnit *self)
{
  g_return_val_if_fail (STATE_IS_REMOTE_UNIT (self), NULL);

  return self->object_path;
}

/**
 * state_remote_unit_is_lost:
 * @self: a remote unit
 *
 * Gets #StateRemoteUnit:lost. Any thread.
 *
 * Returns: whether it is lost
 *
 * Since: 1.0
 */
gboolean
state_remote_unit_is_lost (StateRemoteUnit *self)
{
  gboolean lost;

  g_return_val_if_fail (STATE_IS_REMOTE_UNIT (self), FALSE);

  g_mutex_lock (&self->lock);
  lost = self->is_lost;
  g_mutex_unlock (&self->lock);
  return lost;
}
