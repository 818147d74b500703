/* SPDX-License-Identifier: MIT */

#include "state-transition-private.h"

/**
 * SECTION:state-transition-step
 * @title: StateTransitionStep
 * @short_description: what became of one unit in one phase of a transition
 *
 * See #StateTransitionStep.
 */

/**
 * StateTransitionStep:
 *
 * What became of one unit in one phase of a #StateTransition. Steps are made
 * when they are asked for; as long as somebody holds one, it is the same object
 * each time, and notifies of its changes. A step keeps its transition alive.
 *
 * Steps belong to the main context of the set.
 *
 * Since: 1.0
 */

struct _StateTransitionStep
{
  GObject parent_instance;

  StateTransition *transition; /* NULL for a step that no transition made */
  guint position;

  /* What was told last. */
  StateStepOutcome outcome;
  double progress;
  char *message;
};

typedef enum
{
  PROP_NAME = 1,
  PROP_PHASE,
  PROP_OUTCOME,
  PROP_READY_TIME,
  PROP_START_TIME,
  PROP_FINISH_TIME,
  PROP_ERROR,
  PROP_PROGRESS,
  PROP_MESSAGE
} StateTransitionStepProps;

static GParamSpec *properties[PROP_MESSAGE + 1];

G_DEFINE_FINAL_TYPE (StateTransitionStep, state_transition_step, G_TYPE_OBJECT)

static void
state_transition_step_finalize (GObject *object)
{
  StateTransitionStep *self = STATE_TRANSITION_STEP (object);

  if (self->transition != NULL)
    state_transition_forget_step (self->transition, self->position);
  g_clear_object (&self->transition);
  g_free (self->message);
  G_OBJECT_CLASS (state_transition_step_parent_class)->finalize (object);
}

static void
state_transition_step_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  StateTransitionStep *self = STATE_TRANSITION_STEP (object);

  switch ((StateTransitionStepProps) id)
    {
    case PROP_NAME:
      g_value_set_string (value, state_transition_step_get_name (self));
      break;
    case PROP_PHASE:
      g_value_set_string (value, state_transition_step_get_phase (self));
      break;
    case PROP_OUTCOME:
      g_value_set_enum (value, state_transition_step_get_outcome (self));
      break;
    case PROP_READY_TIME:
      g_value_set_int64 (value, state_transition_step_get_ready_time (self));
      break;
    case PROP_START_TIME:
      g_value_set_int64 (value, state_transition_step_get_start_time (self));
      break;
    case PROP_FINISH_TIME:
      g_value_set_int64 (value, state_transition_step_get_finish_time (self));
      break;
    case PROP_ERROR:
      g_value_set_boxed (value, state_transition_step_get_error (self));
      break;
    case PROP_PROGRESS:
      g_value_set_double (value, state_transition_step_get_progress (self));
      break;
    case PROP_MESSAGE:
      g_value_set_string (value, state_transition_step_get_message (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
state_transition_step_class_init (StateTransitionStepClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->finalize = state_transition_step_finalize;
  object_class->get_property = state_transition_step_get_property;

  /**
   * StateTransitionStep:name:
   *
   * The name of the unit.
   *
   * Since: 1.0
   */
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags);

  /**
   * StateTransitionStep:phase:
   *
   * What this phase is: the word of the operation that the unit is asked, such as
   * "start" or "post-restore"; "roll-back" where what was done is undone, "resume"
   * where what was in the way is started again.
   *
   * Since: 1.0
   */
  properties[PROP_PHASE] = g_param_spec_string ("phase", NULL, NULL, NULL, flags);

  /**
   * StateTransitionStep:outcome:
   *
   * What became of the unit.
   *
   * Since: 1.0
   */
  properties[PROP_OUTCOME] = g_param_spec_enum ("outcome", NULL, NULL, STATE_TYPE_STEP_OUTCOME,
                                                STATE_STEP_OUTCOME_WAITING, flags);

  /**
   * StateTransitionStep:ready-time:
   *
   * When all that it waited for had finished, in µs of monotonic time; 0: not yet.
   *
   * Since: 1.0
   */
  properties[PROP_READY_TIME] =
      g_param_spec_int64 ("ready-time", NULL, NULL, 0, G_MAXINT64, 0, flags);

  /**
   * StateTransitionStep:start-time:
   *
   * When the unit was asked, in µs of monotonic time; 0: it was not.
   *
   * Since: 1.0
   */
  properties[PROP_START_TIME] =
      g_param_spec_int64 ("start-time", NULL, NULL, 0, G_MAXINT64, 0, flags);

  /**
   * StateTransitionStep:finish-time:
   *
   * When the step ended, in µs of monotonic time; 0: not yet.
   *
   * Since: 1.0
   */
  properties[PROP_FINISH_TIME] =
      g_param_spec_int64 ("finish-time", NULL, NULL, 0, G_MAXINT64, 0, flags);

  /**
   * StateTransitionStep:error:
   *
   * Why the step did not succeed; %NULL when it did, and until it ends.
   *
   * Since: 1.0
   */
  properties[PROP_ERROR] = g_param_spec_boxed ("error", NULL, NULL, G_TYPE_ERROR, flags);

  /**
   * StateTransitionStep:progress:
   *
   * How much of it is done, from 0 to 1, as told by the unit; 1 when the step has
   * ended, however it did.
   *
   * Since: 1.0
   */
  properties[PROP_PROGRESS] = g_param_spec_double ("progress", NULL, NULL, 0, 1, 0, flags);

  /**
   * StateTransitionStep:message:
   *
   * What the unit is doing, as told by itself; %NULL unless it told.
   *
   * Since: 1.0
   */
  properties[PROP_MESSAGE] = g_param_spec_string ("message", NULL, NULL, NULL, flags);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
state_transition_step_init (StateTransitionStep *self)
{
}

/* For the transition */

static const StateRunStep *
get_step (StateTransitionStep *self)
{
  guint32 slot;
  const StateRunPhase *phase = state_transition_get_phase (self->transition, self->position, &slot);

  return &phase->steps[slot];
}

StateTransitionStep *
state_transition_step_new (StateTransition *transition, guint position)
{
  StateTransitionStep *self = g_object_new (STATE_TYPE_TRANSITION_STEP, NULL);
  const char *message;

  self->transition = g_object_ref (transition);
  self->position = position;
  self->outcome = get_step (self)->outcome;
  self->progress = state_transition_get_step_progress (transition, position, &message);
  self->message = g_strdup (message);
  return self;
}

/* Notifies of what has changed since the last time. */
void
state_transition_step_tell (StateTransitionStep *self)
{
  const StateRunStep *step = get_step (self);
  const char *message;
  double progress = state_transition_get_step_progress (self->transition, self->position, &message);
  gboolean outcome_changed = self->outcome != step->outcome;
  gboolean progress_changed = self->progress != progress;
  gboolean message_changed = g_strcmp0 (self->message, message) != 0;

  self->outcome = step->outcome;
  self->progress = progress;
  if (message_changed)
    {
      g_free (self->message);
      self->message = g_strdup (message);
    }

  g_object_freeze_notify (G_OBJECT (self));
  if (outcome_changed)
    for (StateTransitionStepProps id = PROP_OUTCOME; id <= PROP_ERROR; id++)
      g_object_notify_by_pspec (G_OBJECT (self), properties[id]);
  if (progress_changed)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PROGRESS]);
  if (message_changed)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MESSAGE]);
  g_object_thaw_notify (G_OBJECT (self));
}

/* Properties */

/**
 * state_transition_step_get_name:
 * @self: a step
 *
 * Gets #StateTransitionStep:name.
 *
 * Returns: (transfer none) (nullable): the name
 *
 * Since: 1.0
 */
const char *
state_transition_step_get_name (StateTransitionStep *self)
{
  guint32 slot;

  g_return_val_if_fail (STATE_IS_TRANSITION_STEP (self), NULL);

  if (self->transition == NULL)
    return NULL;
  state_return_val_if_not_here (self->transition->home, NULL);

  state_transition_get_phase (self->transition, self->position, &slot);
  return state_transition_get_slot_name (self->transition, slot);
}

/**
 * state_transition_step_get_phase:
 * @self: a step
 *
 * Gets #StateTransitionStep:phase.
 *
 * Returns: (transfer none) (nullable): the word
 *
 * Since: 1.0
 */
const char *
state_transition_step_get_phase (StateTransitionStep *self)
{
  guint32 slot;

  g_return_val_if_fail (STATE_IS_TRANSITION_STEP (self), NULL);

  if (self->transition == NULL)
    return NULL;
  state_return_val_if_not_here (self->transition->home, NULL);

  return state_transition_phase_to_string (
      state_transition_get_phase (self->transition, self->position, &slot));
}

/**
 * state_transition_step_get_outcome:
 * @self: a step
 *
 * Gets #StateTransitionStep:outcome.
 *
 * Returns: the outcome
 *
 * Since: 1.0
 */
StateStepOutcome
state_transition_step_get_outcome (StateTransitionStep *self)
{
  g_return_val_if_fail (STATE_IS_TRANSITION_STEP (self), STATE_STEP_OUTCOME_WAITING);

  if (self->transition == NULL)
    return STATE_STEP_OUTCOME_WAITING;
  state_return_val_if_not_here (self->transition->home, STATE_STEP_OUTCOME_WAITING);

  return get_step (self)->outcome;
}

/**
 * state_transition_step_get_ready_time:
 * @self: a step
 *
 * Gets #StateTransitionStep:ready-time.
 *
 * Returns: the time, in µs
 *
 * Since: 1.0
 */
gint64
state_transition_step_get_ready_time (StateTransitionStep *self)
{
  g_return_val_if_fail (STATE_IS_TRANSITION_STEP (self), 0);

  if (self->transition == NULL)
    return 0;
  state_return_val_if_not_here (self->transition->home, 0);

  return get_step (self)->ready_time;
}

/**
 * state_transition_step_get_start_time:
 * @self: a step
 *
 * Gets #StateTransitionStep:start-time.
 *
 * Returns: the time, in µs
 *
 * Since: 1.0
 */
gint64
state_transition_step_get_start_time (StateTransitionStep *self)
{
  g_return_val_if_fail (STATE_IS_TRANSITION_STEP (self), 0);

  if (self->transition == NULL)
    return 0;
  state_return_val_if_not_here (self->transition->home, 0);

  return get_step (self)->start_time;
}

/**
 * state_transition_step_get_finish_time:
 * @self: a step
 *
 * Gets #StateTransitionStep:finish-time.
 *
 * Returns: the time, in µs
 *
 * Since: 1.0
 */
gint64
state_transition_step_get_finish_time (StateTransitionStep *self)
{
  g_return_val_if_fail (STATE_IS_TRANSITION_STEP (self), 0);

  if (self->transition == NULL)
    return 0;
  state_return_val_if_not_here (self->transition->home, 0);

  return get_step (self)->finish_time;
}

/**
 * state_transition_step_get_error:
 * @self: a step
 *
 * Gets #StateTransitionStep:error.
 *
 * Returns: (transfer none) (nullable): the error
 *
 * Since: 1.0
 */
const GError *
state_transition_step_get_error (StateTransitionStep *self)
{
  g_return_val_if_fail (STATE_IS_TRANSITION_STEP (self), NULL);

  if (self->transition == NULL)
    return NULL;
  state_return_val_if_not_here (self->transition->home, NULL);

  return state_transition_get_step_error (self->transition, self->position);
}

/**
 * state_transition_step_get_progress:
 * @self: a step
 *
 * Gets #StateTransitionStep:progress.
 *
 * Returns: the progress, from 0 to 1
 *
 * Since: 1.0
 */
double
state_transition_step_get_progress (StateTransitionStep *self)
{
  const char *message;

  g_return_val_if_fail (STATE_IS_TRANSITION_STEP (self), 0);

  if (self->transition == NULL)
    return 0;
  state_return_val_if_not_here (self->transition->home, 0);

  return state_transition_get_step_progress (self->transition, self->position, &message);
}

/**
 * state_transition_step_get_message:
 * @self: a step
 *
 * Gets #StateTransitionStep:message.
 *
 * Returns: (transfer none) (nullable): the message
 *
 * Since: 1.0
 */
const char *
state_transition_step_get_message (StateTransitionStep *self)
{
  const char *message;

  g_return_val_if_fail (STATE_IS_TRANSITION_STEP (self), NULL);

  if (self->transition == NULL)
    return NULL;
  state_return_val_if_not_here (self->transition->home, NULL);

  state_transition_get_step_progress (self->transition, self->position, &message);
  return message;
}
