/* SPDX-License-Identifier: MIT */

/* The interface: its defaults, and one unit driven outside any set. */

#include "test-set.h"

/* --- A unit that implements nothing, with properties --- */

#define TEST_TYPE_LAMP (test_lamp_get_type ())
G_DECLARE_DERIVABLE_TYPE (TestLamp, test_lamp, TEST, LAMP, GObject)

struct _TestLampClass
{
  GObjectClass parent_class;
};

typedef struct
{
  int brightness;
  char *colour;
  gboolean lit;
  StateOperation mode;
} TestLampPrivate;

typedef enum
{
  PROP_BRIGHTNESS = 1,
  PROP_COLOUR,
  PROP_LIT,
  PROP_MODE,
  PROP_SECRET,
  PROP_OBJECT
} LampProps;

static void
test_lamp_iface_init (StateUnitInterface *iface)
{
}

G_DEFINE_TYPE_WITH_CODE (TestLamp,
                         test_lamp,
                         G_TYPE_OBJECT,
                         G_ADD_PRIVATE (TestLamp)
                             G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT, test_lamp_iface_init))

static void
test_lamp_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  TestLampPrivate *priv = test_lamp_get_instance_private (TEST_LAMP (object));

  switch ((LampProps) id)
    {
    case PROP_BRIGHTNESS:
      g_value_set_int (value, priv->brightness);
      break;
    case PROP_COLOUR:
      g_value_set_string (value, priv->colour);
      break;
    case PROP_LIT:
      g_value_set_boolean (value, priv->lit);
      break;
    case PROP_MODE:
      g_value_set_enum (value, priv->mode);
      break;
    case PROP_OBJECT:
      g_value_set_object (value, NULL);
      break;
    case PROP_SECRET:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
test_lamp_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  TestLampPrivate *priv = test_lamp_get_instance_private (TEST_LAMP (object));

  switch ((LampProps) id)
    {
    case PROP_BRIGHTNESS:
      priv->brightness = g_value_get_int (value);
      break;
    case PROP_MODE:
      priv->mode = g_value_get_enum (value);
      break;
    case PROP_SECRET:
      break;
    case PROP_COLOUR:
    case PROP_LIT:
    case PROP_OBJECT:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
test_lamp_finalize (GObject *object)
{
  TestLampPrivate *priv = test_lamp_get_instance_private (TEST_LAMP (object));

  g_free (priv->colour);
  G_OBJECT_CLASS (test_lamp_parent_class)->finalize (object);
}

static void
test_lamp_class_init (TestLampClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = test_lamp_finalize;
  object_class->get_property = test_lamp_get_property;
  object_class->set_property = test_lamp_set_property;

  g_object_class_install_property (object_class, PROP_BRIGHTNESS,
                                   g_param_spec_int ("brightness", NULL, NULL, 0, 100, 50,
                                                     G_PARAM_READWRITE));
  g_object_class_install_property (object_class, PROP_COLOUR,
                                   g_param_spec_string ("colour", NULL, NULL, "warm",
                                                        G_PARAM_READABLE));
  g_object_class_install_property (object_class, PROP_LIT,
                                   g_param_spec_boolean ("lit", NULL, NULL, FALSE,
                                                         G_PARAM_READABLE));
  g_object_class_install_property (object_class, PROP_MODE,
                                   g_param_spec_enum ("mode", NULL, NULL, STATE_TYPE_OPERATION,
                                                      STATE_OPERATION_STOP, G_PARAM_READWRITE));
  g_object_class_install_property (object_class, PROP_SECRET,
                                   g_param_spec_string ("secret", NULL, NULL, NULL,
                                                        G_PARAM_WRITABLE));
  g_object_class_install_property (object_class, PROP_OBJECT,
                                   g_param_spec_object ("object", NULL, NULL, G_TYPE_OBJECT,
                                                        G_PARAM_READABLE));
}

static void
test_lamp_init (TestLamp *self)
{
  TestLampPrivate *priv = test_lamp_get_instance_private (self);

  priv->brightness = 50;
  priv->colour = g_strdup ("warm");
  priv->mode = STATE_OPERATION_STOP;
}

/* --- One that is derived from it, and has a version --- */

typedef TestLamp TestStar;
typedef TestLampClass TestStarClass;

static GType test_star_get_type (void);
static void test_star_iface_init (StateUnitInterface *iface);

G_DEFINE_TYPE_WITH_CODE (TestStar,
                         test_star,
                         TEST_TYPE_LAMP,
                         G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT, test_star_iface_init))

static void
test_star_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_set_uint64 (value, G_GUINT64_CONSTANT (4200000000000));
}

static void
test_star_class_init (TestStarClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = test_star_get_property;
  g_object_class_install_property (object_class, 1,
                                   g_param_spec_uint64 ("distance", NULL, NULL, 0, G_MAXUINT64, 0,
                                                        G_PARAM_READABLE));
}

static void
test_star_init (TestStar *self)
{
}

static void
test_star_save (StateUnit *unit, StateRequest *request)
{
  g_assert_cmpuint (state_request_get_state_version (request), ==, 4);
  state_request_complete_with_state (request, g_variant_new_string ("light"));
}

static guint
test_star_get_state_version (StateUnit *unit, guint *oldest)
{
  *oldest = 2;
  return 4;
}

static void
test_star_iface_init (StateUnitInterface *iface)
{
  iface->save = test_star_save;
  iface->get_state_version = test_star_get_state_version;
}

/* --- Defaults --- */

static void
test_defaults (void)
{
  g_autoptr (TestLamp) lamp = g_object_new (TEST_TYPE_LAMP, NULL);
  const StateOperation operations[] = { STATE_OPERATION_START, STATE_OPERATION_STOP,
                                        STATE_OPERATION_RESET, STATE_OPERATION_SAVE,
                                        STATE_OPERATION_POST_RESTORE };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (operations); i++)
    {
      g_test_message ("%s", state_operation_to_string (operations[i]));
      g_assert_null (test_send (lamp, operations[i], NULL, &error));
      g_assert_no_error (error);
    }
  g_assert_null (test_send (lamp, STATE_OPERATION_RESTORE, g_variant_new_string ("dark"), &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_NO_SAVED_STATE);
}

static void
test_defaults_in_a_set (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestLamp) lamp = g_object_new (TEST_TYPE_LAMP, NULL);
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (StateSnapshot) unexpected = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add_object (set, "lamp", lamp);
  test_start (set->units, &error);
  g_assert_no_error (error);
  test_stop (set->units, &error);
  g_assert_no_error (error);
  test_reset (set->units, &error);
  g_assert_no_error (error);
  snapshot = test_save (set->units, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (state_snapshot_get_n_units (snapshot), ==, 0);
  test_restore (set->units, snapshot, &error);
  g_assert_no_error (error);

  unexpected = state_snapshot_with_unit (snapshot, "lamp", 0, g_variant_new_string ("dark"));
  g_assert_false (test_restore (set->units, unexpected, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_TRANSITION_FAILED);
  test_assert_contains (error->message, "lamp: unexpected saved state");
}

static void
test_inspect_tells_properties (void)
{
  g_autoptr (TestLamp) lamp = g_object_new (TEST_TYPE_LAMP, NULL);
  g_autoptr (TestLamp) star = g_object_new (test_star_get_type (), NULL);
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GVariant) star_tree = NULL;
  g_autoptr (GError) error = NULL;

  tree = test_send (lamp, STATE_OPERATION_INSPECT, NULL, &error);
  g_assert_no_error (error);
  test_assert_tree (tree, "brightness", "50");
  test_assert_tree (tree, "colour", "'warm'");
  test_assert_tree (tree, "lit", "false");
  test_assert_tree (tree, "mode", "'stop'"); /* an enum by its nick */
  test_assert_tree (tree, "secret", "nothing");
  test_assert_tree (tree, "object", "nothing");

  star_tree = test_send (star, STATE_OPERATION_INSPECT, NULL, &error);
  g_assert_no_error (error);
  test_assert_tree (star_tree, "brightness", "50");
  test_assert_tree (star_tree, "distance", "4200000000000");
}

static void
test_update_sets_properties (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestLamp) lamp = g_object_new (TEST_TYPE_LAMP, NULL);
  TestLampPrivate *priv = test_lamp_get_instance_private (lamp);
  g_autoptr (GVariant) brightness = NULL;
  g_autoptr (GVariant) mode = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add_object (set, "lamp", lamp);
  brightness = test_update (set->units, "lamp/brightness", g_variant_new_int32 (80), &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_variant_get_int32 (brightness), ==, 80);
  g_assert_cmpint (priv->brightness, ==, 80);
  mode = test_update (set->units, "lamp/mode", g_variant_new_string ("save"), &error);
  g_assert_no_error (error);
  g_assert_cmpint (priv->mode, ==, STATE_OPERATION_SAVE);

  /* Read-only, of another type, no such word, no such property. */
  g_assert_null (test_update (set->units, "lamp/colour", g_variant_new_string ("red"), &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_null (test_update (set->units, "lamp/brightness", g_variant_new ("()"), &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_null (test_update (set->units, "lamp/mode", g_variant_new_string ("fly"), &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_null (test_update (set->units, "lamp/smell", g_variant_new_int32 (1), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_cmpint (priv->brightness, ==, 80);
  g_assert_cmpint (priv->mode, ==, STATE_OPERATION_SAVE);
}

static void
test_version_of_its_own (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (TestLamp) star = g_object_new (test_star_get_type (), NULL);
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (StateSnapshot) ancient = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add_object (set, "star", star);
  snapshot = test_save (set->units, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (state_snapshot_get_version (snapshot, "star"), ==, 4);

  ancient = state_snapshot_with_unit (snapshot, "star", 1, g_variant_new_string ("dust"));
  g_assert_false (test_restore (set->units, ancient, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_VERSION);
}

/* --- Driven outside any set --- */

static void
send_each_operation (TestUnit *unit)
{
  g_autoptr (GVariant) state = NULL;
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GError) error = NULL;

  g_test_message ("the unit %s", test_unit_get_name (unit));
  test_unit_set_int (unit, 5);
  g_assert_null (test_send (unit, STATE_OPERATION_START, NULL, &error));
  g_assert_no_error (error);
  g_assert_null (test_send (unit, STATE_OPERATION_STOP, NULL, &error));
  g_assert_no_error (error);
  state = test_send (unit, STATE_OPERATION_SAVE, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_variant_get_int32 (state), ==, 5);
  test_unit_set_int (unit, 6);
  g_assert_null (test_send (unit, STATE_OPERATION_RESTORE, state, &error));
  g_assert_no_error (error);
  g_assert_null (test_send (unit, STATE_OPERATION_POST_RESTORE, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (test_unit_get_int (unit), ==, 5);
  tree = test_send (unit, STATE_OPERATION_INSPECT, NULL, &error);
  g_assert_no_error (error);
  test_assert_tree (tree, "value", "5");
  g_assert_null (test_send (unit, STATE_OPERATION_RESET, NULL, &error));
  g_assert_no_error (error);
}

static void
test_send_each_operation (void)
{
  g_autoptr (TestUnit) whole = test_unit_new ("whole", NULL);
  g_autoptr (TestUnit) raw = test_unit_new_raw ("raw", NULL);

  send_each_operation (whole);
  send_each_operation (raw);
}

static void
test_send_queues (void)
{
  g_autoptr (TestJournal) journal = test_journal_new ();
  g_autoptr (TestUnit) unit = test_unit_new ("unit", journal);
  g_auto (TestCall) start = TEST_CALL_INIT;
  g_auto (TestCall) stop = TEST_CALL_INIT;
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GError) error = NULL;

  test_unit_set_answer (unit, STATE_OPERATION_START, TEST_ANSWER_HELD);
  state_unit_send_async (STATE_UNIT (unit), STATE_OPERATION_START, NULL, NULL, test_call_done,
                         &start);
  state_unit_send_async (STATE_UNIT (unit), STATE_OPERATION_STOP, NULL, NULL, test_call_done,
                         &stop);
  test_wait_until (test_unit_has_request (unit));
  test_settle ();
  test_assert_journal (journal, "unit:start");

  /* Inspect does not wait. */
  tree = test_send (unit, STATE_OPERATION_INSPECT, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (tree);

  test_unit_answer_held (unit);
  test_call_wait (&stop);
  g_assert_true (test_call_is_done (&start));
  test_assert_before (journal, "unit:start!", "unit:stop");
}

static void
test_send_follows_its_cancellable (void)
{
  g_autoptr (TestUnit) unit = test_unit_new ("unit", NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (StateRequest) request = NULL;
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_autoptr (GError) error = NULL;

  test_unit_set_answer (unit, STATE_OPERATION_START, TEST_ANSWER_HELD);
  state_unit_send_async (STATE_UNIT (unit), STATE_OPERATION_START, NULL, cancellable,
                         test_call_done, &call);
  request = test_unit_take_request (unit);
  g_cancellable_cancel (cancellable);
  test_wait_until (g_cancellable_is_cancelled (state_request_get_cancellable (request)));
  state_request_fail_literal (request, G_IO_ERROR, G_IO_ERROR_CANCELLED, "gave up");
  g_assert_null (state_unit_send_finish (STATE_UNIT (unit), test_call_wait (&call), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_send_to_one_in_a_set (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *unit = test_set_add (set, "unit", NULL);
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (test_send (unit, STATE_OPERATION_START, NULL, &error));
  g_assert_error (error, STATE_ERROR, STATE_ERROR_UNIT_IN_USE);
  g_clear_error (&error);
  g_assert_cmpuint (test_unit_get_n_asked (unit, STATE_OPERATION_START), ==, 0);

  tree = test_send (unit, STATE_OPERATION_INSPECT, NULL, &error);
  g_assert_no_error (error);
  test_assert_tree (tree, "kind", "'test'");
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/unit/defaults", test_defaults);
  g_test_add_func ("/unit/defaults-in-a-set", test_defaults_in_a_set);
  g_test_add_func ("/unit/inspect-tells-properties", test_inspect_tells_properties);
  g_test_add_func ("/unit/update-sets-properties", test_update_sets_properties);
  g_test_add_func ("/unit/has-a-state-version", test_version_of_its_own);
  g_test_add_func ("/unit/is-sent-each-operation", test_send_each_operation);
  g_test_add_func ("/unit/requests-to-one-unit-queue", test_send_queues);
  g_test_add_func ("/unit/a-request-follows-its-cancellable", test_send_follows_its_cancellable);
  g_test_add_func ("/unit/in-a-set-is-driven-by-the-set", test_send_to_one_in_a_set);
  return g_test_run ();
}
