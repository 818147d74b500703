/* SPDX-License-Identifier: MIT */

#include "state-dbus-words-private.h"
#include "state-error.h"
#include "state-remote-units-private.h"

/**
 * SECTION:state-remote-transition
 * @title: StateRemoteTransition
 * @short_description: a transition of a set in another process
 *
 * See #StateRemoteTransition.
 */

/**
 * StateRemoteTransition:
 *
 * How a transition of a #StateRemoteUnits goes: the figures of a #StateTransition in
 * the process of the set, as they were told last. It belongs to the main context of
 * the #StateRemoteUnits.
 *
 * Since: 1.0
 */

struct _StateRemoteTransition
{
  GObject parent_instance;

  guint serial;
  StateOperation operation;
  StateTransitionStatus status;
  double progress;
  guint n_units;
  guint n_finished;
  gint64 elapsed; /* µs, when it was told */
  gint64 told;    /* when; monotonic time */
  GError *error;
};

typedef enum
{
  PROP_OPERATION = 1,
  PROP_STATUS,
  PROP_PROGRESS,
  PROP_N_UNITS,
  PROP_N_FINISHED,
  PROP_ELAPSED,
  PROP_ERROR
} StateRemoteTransitionProps;

static GParamSpec *properties[PROP_ERROR + 1];

G_DEFINE_FINAL_TYPE (StateRemoteTransition, state_remote_transition, G_TYPE_OBJECT)

static void
state_remote_transition_finalize (GObject *object)
{
  g_clear_error (&STATE_REMOTE_TRANSITION (object)->error);
  G_OBJECT_CLASS (state_remote_transition_parent_class)->finalize (object);
}

static void
state_remote_transition_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StateRemoteTransition *self = STATE_REMOTE_TRANSITION (object);

  switch ((StateRemoteTransitionProps) id)
    {
    case PROP_OPERATION:
      g_value_set_enum (value, (int) self->operation);
      break;
    case PROP_STATUS:
      g_value_set_enum (value, (int) self->status);
      break;
    case PROP_PROGRESS:
      g_value_set_double (value, self->progress);
      break;
    case PROP_N_UNITS:
      g_value_set_uint (value, self->n_units);
      break;
    case PROP_N_FINISHED:
      g_value_set_uint (value, self->n_finished);
      break;
    case PROP_ELAPSED:
      g_value_set_int64 (value, state_remote_transition_get_elapsed (self));
      break;
    case PROP_ERROR:
      g_value_set_boxed (value, self->error);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
install_figures (GParamFlags flags)
{
  /**
   * StateRemoteTransition:progress:
   *
   * How much is done, from 0 to 1.
   *
   * Since: 1.0
   */
  properties[PROP_PROGRESS] = g_param_spec_double ("progress", NULL, NULL, 0, 1, 0, flags);

  /**
   * StateRemoteTransition:n-units:
   *
   * The number of units that it takes.
   *
   * Since: 1.0
   */
  properties[PROP_N_UNITS] = g_param_spec_uint ("n-units", NULL, NULL, 0, G_MAXUINT, 0, flags);

  /**
   * StateRemoteTransition:n-finished:
   *
   * The number of those that are done.
   *
   * Since: 1.0
   */
  properties[PROP_N_FINISHED] =
      g_param_spec_uint ("n-finished", NULL, NULL, 0, G_MAXUINT, 0, flags);

  /**
   * StateRemoteTransition:elapsed:
   *
   * The time since it began, in µs; when it has ended, how long it took. It does not
   * notify.
   *
   * Since: 1.0
   */
  properties[PROP_ELAPSED] = g_param_spec_int64 ("elapsed", NULL, NULL, 0, G_MAXINT64, 0, flags);
}

static void
state_remote_transition_class_init (StateRemoteTransitionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->finalize = state_remote_transition_finalize;
  object_class->get_property = state_remote_transition_get_property;

  /**
   * StateRemoteTransition:operation:
   *
   * The operation that it is a run of.
   *
   * Since: 1.0
   */
  properties[PROP_OPERATION] = g_param_spec_enum ("operation", NULL, NULL, STATE_TYPE_OPERATION,
                                                  STATE_OPERATION_START, flags);

  /**
   * StateRemoteTransition:status:
   *
   * How far it has got. One of a set that is there no longer has failed, with
   * %STATE_ERROR_LOST.
   *
   * Since: 1.0
   */
  properties[PROP_STATUS] = g_param_spec_enum ("status", NULL, NULL, STATE_TYPE_TRANSITION_STATUS,
                                               STATE_TRANSITION_STATUS_NEW, flags);

  /**
   * StateRemoteTransition:error:
   *
   * Why it did not succeed; %NULL as long as it has not failed.
   *
   * Since: 1.0
   */
  properties[PROP_ERROR] = g_param_spec_boxed ("error", NULL, NULL, G_TYPE_ERROR, flags);

  install_figures (flags);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
state_remote_transition_init (StateRemoteTransition *self)
{
}

/* What is told */

static void
take_words (StateRemoteTransition *self, GVariant *fields)
{
  const char *word;
  int value;

  value = (int) self->operation;
  if (g_variant_lookup (fields, "operation", "&s", &word))
    state_words_parse_enum (STATE_TYPE_OPERATION, word, &value);
  if (self->operation != (StateOperation) value)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_OPERATION]);
  self->operation = (StateOperation) value;

  value = (int) self->status;
  if (g_variant_lookup (fields, "status", "&s", &word))
    state_words_parse_enum (STATE_TYPE_TRANSITION_STATUS, word, &value);
  if (self->status != (StateTransitionStatus) value)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATUS]);
  self->status = (StateTransitionStatus) value;
}

static void
take_number (StateRemoteTransition *self,
             GVariant *fields,
             const char *key,
             guint *n,
             GParamSpec *pspec)
{
  guint told;

  if (!g_variant_lookup (fields, key, "u", &told) || *n == told)
    return;
  *n = told;
  g_object_notify_by_pspec (G_OBJECT (self), pspec);
}

static void
take_progress (StateRemoteTransition *self, GVariant *fields)
{
  double told;

  if (!g_variant_lookup (fields, "progress", "d", &told) || !(told >= 0 && told <= 1) ||
      (told <= self->progress && told >= self->progress))
    return;
  self->progress = told;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PROGRESS]);
}

static void
take_elapsed (StateRemoteTransition *self, GVariant *fields)
{
  gint64 told;

  if (!g_variant_lookup (fields, "elapsed", "x", &told) || told < 0)
    return;
  self->elapsed = told;
  self->told = g_get_monotonic_time ();
}

static void
take_error (StateRemoteTransition *self, GVariant *fields)
{
  g_autoptr (GVariant) told = g_variant_lookup_value (fields, "error", G_VARIANT_TYPE ("(ssi)"));

  if (told == NULL || self->error != NULL)
    return;
  self->error = state_words_parse_error (told);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ERROR]);
}

/* For the set. Of the fields, those that are there and of their type count. */
void
state_remote_transition_update (StateRemoteTransition *self, GVariant *fields)
{
  g_object_freeze_notify (G_OBJECT (self));
  take_words (self, fields);
  take_number (self, fields, "n-units", &self->n_units, properties[PROP_N_UNITS]);
  take_number (self, fields, "n-finished", &self->n_finished, properties[PROP_N_FINISHED]);
  take_progress (self, fields);
  take_elapsed (self, fields);
  take_error (self, fields);
  g_object_thaw_notify (G_OBJECT (self));
}

/* Nobody is there any more to tell of it. */
void
state_remote_transition_lose (StateRemoteTransition *self)
{
  if (!state_remote_transition_is_current (self))
    return;
  self->elapsed = state_remote_transition_get_elapsed (self);
  self->status = STATE_TRANSITION_STATUS_FAILED;
  if (self->error == NULL)
    self->error =
        g_error_new (STATE_ERROR, STATE_ERROR_LOST, "%s was under way when the set was lost",
                     state_operation_to_string (self->operation));
  g_object_freeze_notify (G_OBJECT (self));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATUS]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ERROR]);
  g_object_thaw_notify (G_OBJECT (self));
}

StateRemoteTransition *
state_remote_transition_new (guint serial)
{
  StateRemoteTransition *self = g_object_new (STATE_TYPE_REMOTE_TRANSITION, NULL);

  self->serial = serial;
  return self;
}

guint
state_remote_transition_get_serial (StateRemoteTransition *self)
{
  return self->serial;
}

gboolean
state_remote_transition_is_current (StateRemoteTransition *self)
{
  return self->status == STATE_TRANSITION_STATUS_RUNNING;
}

/* Properties */

/**
 * state_remote_transition_get_operation:
 * @self: a remote transition
 *
 * Gets #StateRemoteTransition:operation.
 *
 * Returns: the operation
 *
 * Since: 1.0
 */
StateOperation
state_remote_transition_get_operation (StateRemoteTransition *self)
{
  g_return_val_if_fail (STATE_IS_REMOTE_TRANSITION (self), STATE_OPERATION_START);

  return self->operation;
}

/**
 * state_remote_transition_get_status:
 * @self: a remote transition
 *
 * Gets #StateRemoteTransition:status.
 *
 * Returns: the status
 *
 * Since: 1.0
 */
StateTransitionStatus
state_remote_transition_get_status (StateRemoteTransition *self)
{
  g_return_val_if_fail (STATE_IS_REMOTE_TRANSITION (self), STATE_TRANSITION_STATUS_NEW);

  return self->status;
}

/**
 * state_remote_transition_get_progress:
 * @self: a remote transition
 *
 * Gets #StateRemoteTransition:progress.
 *
 * Returns: how much is done, from 0 to 1
 *
 * Since: 1.0
 */
double
state_remote_transition_get_progress (StateRemoteTransition *self)
{
  g_return_val_if_fail (STATE_IS_REMOTE_TRANSITION (self), 0);

  return self->progress;
}

/**
 * state_remote_transition_get_n_units:
 * @self: a remote transition
 *
 * Gets #StateRemoteTransition:n-units.
 *
 * Returns: the number of units that it takes
 *
 * Since: 1.0
 */
guint
state_remote_transition_get_n_units (StateRemoteTransition *self)
{
  g_return_val_if_fail (STATE_IS_REMOTE_TRANSITION (self), 0);

  return self->n_units;
}

/**
 * state_remote_transition_get_n_finished:
 * @self: a remote transition
 *
 * Gets #StateRemoteTransition:n-finished.
 *
 * Returns: the number of units that are done
 *
 * Since: 1.0
 */
guint
state_remote_transition_get_n_finished (StateRemoteTransition *self)
{
  g_return_val_if_fail (STATE_IS_REMOTE_TRANSITION (self), 0);

  return self->n_finished;
}

/**
 * state_remote_transition_get_elapsed:
 * @self: a remote transition
 *
 * Gets #StateRemoteTransition:elapsed.
 *
 * Returns: the time since it began, or how long it took, in µs
 *
 * Since: 1.0
 */
gint64
state_remote_transition_get_elapsed (StateRemoteTransition *self)
{
  g_return_val_if_fail (STATE_IS_REMOTE_TRANSITION (self), 0);

  if (!state_remote_transition_is_current (self) || self->told == 0)
    return self->elapsed;
  return self->elapsed + (g_get_monotonic_time () - self->told);
}

/**
 * state_remote_transition_get_error:
 * @self: a remote transition
 *
 * Gets #StateRemoteTransition:error.
 *
 * Returns: (transfer none) (nullable): the error; %NULL: none
 *
 * Since: 1.0
 */
const GError *
state_remote_transition_get_error (StateRemoteTransition *self)
{
  g_return_val_if_fail (STATE_IS_REMOTE_TRANSITION (self), NULL);

  return self->error;
}
