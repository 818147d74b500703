/* SPDX-License-Identifier: MIT */

/* Inspections and updates of a set with nested names, told by lines of text:
 *
 *   +NAME           adds a unit with properties
 *   *NAME TREE      adds one that answers with this tree (as g_variant_parse() reads it)
 *   -NAME           takes a unit out
 *   ?DEPTH PATH     inspects
 *   =PATH VALUE     updates
 *
 * The answer is a tree or an error in UTF-8, what is told of a path is told of it
 * in the tree of the whole set as well, and a value that was set can be read. */

#include "fuzz.h"

#include <libstate-unit.h>
#include <string.h>

#define MAX_LINES 12
#define MAX_LINE 1000

/* --- Units: one with properties, and one that tells what the input says --- */

#define FUZZ_TYPE_UNIT (fuzz_unit_get_type ())
G_DECLARE_FINAL_TYPE (FuzzUnit, fuzz_unit, FUZZ, UNIT, GObject)

struct _FuzzUnit
{
  GObject parent_instance;

  GVariant *tree; /* NULL: the default, its properties */
  GValue values[9];
};

static GParamSpec *properties[9];

static void
fuzz_unit_inspect (StateUnit *unit, StateRequest *request)
{
  StateUnitInterface *defaults = g_type_default_interface_peek (STATE_TYPE_UNIT);
  FuzzUnit *self = FUZZ_UNIT (unit);

  if (self->tree != NULL)
    state_request_complete_with_state (request, self->tree);
  else
    defaults->inspect (unit, request);
}

static void
fuzz_unit_unit_init (StateUnitInterface *iface)
{
  iface->inspect = fuzz_unit_inspect;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (FuzzUnit,
                               fuzz_unit,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT, fuzz_unit_unit_init))

static void
fuzz_unit_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_copy (&FUZZ_UNIT (object)->values[id], value);
}

static void
fuzz_unit_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  g_value_copy (value, &FUZZ_UNIT (object)->values[id]);
}

static void
fuzz_unit_finalize (GObject *object)
{
  FuzzUnit *self = FUZZ_UNIT (object);

  g_clear_pointer (&self->tree, g_variant_unref);
  for (guint id = 1; id < G_N_ELEMENTS (properties); id++)
    g_value_unset (&self->values[id]);
  G_OBJECT_CLASS (fuzz_unit_parent_class)->finalize (object);
}

static void
fuzz_unit_class_init (FuzzUnitClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = fuzz_unit_get_property;
  object_class->set_property = fuzz_unit_set_property;
  object_class->finalize = fuzz_unit_finalize;
  properties[1] = g_param_spec_string ("label", NULL, NULL, NULL, G_PARAM_READWRITE);
  properties[2] = g_param_spec_int ("level", NULL, NULL, -5, 100, 0, G_PARAM_READWRITE);
  properties[3] = g_param_spec_uint64 ("size", NULL, NULL, 0, G_MAXUINT64, 0, G_PARAM_READWRITE);
  properties[4] = g_param_spec_double ("ratio", NULL, NULL, -1, G_MAXDOUBLE, 0, G_PARAM_READWRITE);
  properties[5] =
      g_param_spec_variant ("irq", NULL, NULL, G_VARIANT_TYPE_ANY, NULL, G_PARAM_READWRITE);
  properties[6] = g_param_spec_boxed ("names", NULL, NULL, G_TYPE_STRV, G_PARAM_READWRITE);
  properties[7] = g_param_spec_enum ("operation", NULL, NULL, STATE_TYPE_OPERATION,
                                     STATE_OPERATION_START, G_PARAM_READWRITE);
  properties[8] =
      g_param_spec_flags ("flags", NULL, NULL, STATE_TYPE_OPERATION_FLAGS, 0, G_PARAM_READWRITE);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
fuzz_unit_init (FuzzUnit *self)
{
  for (guint id = 1; id < G_N_ELEMENTS (properties); id++)
    g_param_value_set_default (properties[id],
                               g_value_init (&self->values[id], properties[id]->value_type));
}

static void
add_unit (StateUnits *units, const char *name, GVariant *tree)
{
  g_autoptr (FuzzUnit) unit = g_object_new (FUZZ_TYPE_UNIT, NULL);
  g_autoptr (GError) error = NULL;

  unit->tree = tree != NULL ? g_variant_ref_sink (tree) : NULL;
  if (state_units_add_unit (units, name, STATE_UNIT (unit), NULL, &error) == NULL)
    g_assert_true (error->domain == STATE_ERROR);
}

/* What every input begins with. */
static StateUnits *
make_set (void)
{
  StateUnits *units = state_units_new ();
  g_autoptr (StateUnits) board = state_units_new ();

  add_unit (units, "lines", NULL);
  add_unit (units, "lines/irq", NULL);
  add_unit (units, "other/deep/down", NULL);
  add_unit (board, "disk", NULL);
  add_unit (board, "disk/queue/0", NULL);
  state_units_add_unit (units, "board", STATE_UNIT (board), NULL, NULL);
  state_units_add_unit (units, "ready", NULL, NULL, NULL);
  return units;
}

/* --- Looking and changing --- */

static void
done (GObject *source, GAsyncResult *result, gpointer place)
{
  *(GAsyncResult **) place = g_object_ref (result);
}

static GAsyncResult *
wait_for (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return *result;
}

static void
assert_error (GError *error)
{
  g_assert_nonnull (error);
  g_assert_true (error->domain == STATE_ERROR || error->domain == G_IO_ERROR);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_error_free (error);
}

/* NULL: it failed. */
static GVariant *
look (StateUnits *units, const char *path, guint depth)
{
  g_autoptr (GAsyncResult) result = NULL;
  GError *error = NULL;
  GVariant *tree;

  state_units_inspect_async (units, path, depth, G_MAXUINT, NULL, done, &result);
  tree = state_units_inspect_finish (units, wait_for (&result), &error);
  if (tree == NULL)
    assert_error (error);
  else
    g_assert_true (g_variant_is_of_type (tree, G_VARIANT_TYPE_VARDICT));
  return tree;
}

/* NULL: it failed. */
static GVariant *
change (StateUnits *units, const char *path, GVariant *value)
{
  g_autoptr (GAsyncResult) result = NULL;
  GError *error = NULL;
  GVariant *changed;

  state_units_update_async (units, path, value, NULL, done, &result);
  changed = state_units_update_finish (units, wait_for (&result), &error);
  if (changed == NULL)
    assert_error (error);
  return changed;
}

/* --- What is told of a path, and of the whole --- */

/* NULL: it is not there. */
static GVariant *
find (GVariant *tree, const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);
  g_autoptr (GVariant) at = g_variant_ref (tree);

  for (gsize i = 0; parts[i] != NULL; i++)
    {
      GVariant *child = NULL;

      if (g_variant_is_of_type (at, G_VARIANT_TYPE_VARDICT))
        child = g_variant_lookup_value (at, parts[i], NULL);
      g_variant_unref (g_steal_pointer (&at));
      if (child == NULL)
        return NULL;
      at = child;
    }
  return g_steal_pointer (&at);
}

/* Every leaf is in the other as well; that may have more. Of two with the same key,
 * the first is the one that counts. */
static void
assert_within (GVariant *part, GVariant *whole)
{
  GVariantIter iter;
  const char *key;

  if (!g_variant_is_of_type (part, G_VARIANT_TYPE_VARDICT))
    {
      g_assert_true (g_variant_equal (part, whole));
      return;
    }

  g_assert_true (g_variant_is_of_type (whole, G_VARIANT_TYPE_VARDICT));
  g_variant_iter_init (&iter, part);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, NULL))
    {
      g_autoptr (GVariant) child = g_variant_lookup_value (part, key, NULL);
      g_autoptr (GVariant) same = g_variant_lookup_value (whole, key, NULL);

      g_assert_nonnull (same);
      assert_within (child, same);
    }
}

static guint
depth_of (GVariant *tree)
{
  GVariantIter iter;
  GVariant *child;
  guint depth = 0;

  if (!g_variant_is_of_type (tree, G_VARIANT_TYPE_VARDICT))
    return 0;
  g_variant_iter_init (&iter, tree);
  while (g_variant_iter_loop (&iter, "{&sv}", NULL, &child))
    depth = MAX (depth, depth_of (child) + 1);
  return depth;
}

static void
inspect (StateUnits *units, const char *path, guint depth)
{
  g_autoptr (GVariant) whole = look (units, NULL, 0);
  g_autoptr (GVariant) part = look (units, path, 0);
  g_autoptr (GVariant) shallow = look (units, path, depth);
  g_autoptr (GVariant) there = NULL;
  g_autoptr (GVariant) leaf = NULL;

  g_assert_nonnull (whole);
  if (part == NULL)
    {
      g_assert_null (shallow);
      return;
    }
  if (shallow != NULL && depth > 0)
    g_assert_cmpuint (depth_of (shallow), <=, depth);
  there = *path != '\0' ? find (whole, path) : g_variant_ref (whole);
  g_assert_nonnull (there);
  if (!g_variant_is_of_type (there, G_VARIANT_TYPE_VARDICT))
    {
      const char *slash = strrchr (path, '/');

      leaf = g_variant_lookup_value (part, slash != NULL ? slash + 1 : path, NULL);
      g_assert_nonnull (leaf);
    }
  assert_within (leaf != NULL ? leaf : part, there);
}

static void
update (StateUnits *units, const char *path, GVariant *value)
{
  g_autoptr (GVariant) changed = change (units, path, value);
  const char *slash = strrchr (path, '/');
  g_autofree char *owner = slash != NULL ? g_strndup (path, slash - path) : NULL;
  StateUnitHandle *handle = owner != NULL ? state_units_lookup (units, owner) : NULL;
  StateUnit *unit = handle != NULL ? state_unit_handle_get_unit (handle) : NULL;
  g_autoptr (GVariant) tree = NULL;
  g_autoptr (GVariant) found = NULL;

  if (changed == NULL || !FUZZ_IS_UNIT (unit) || FUZZ_UNIT (unit)->tree != NULL)
    return;
  tree = look (units, path, 0);
  g_assert_nonnull (tree);
  if (g_variant_is_of_type (changed, G_VARIANT_TYPE_VARDICT))
    return;
  found = g_variant_lookup_value (tree, slash + 1, NULL);
  g_assert_true (found != NULL && g_variant_equal (found, changed));
}

/* --- The lines --- */

static GVariant *
parse (const GVariantType *type, const char *text)
{
  return text != NULL ? g_variant_parse (type, text, NULL, NULL, NULL) : NULL;
}

static void
run_line (StateUnits *units, char *line)
{
  char *argument = line + 1;
  char *space = strchr (argument, ' ');
  char *second = space != NULL ? space + 1 : NULL;
  g_autoptr (GVariant) value = NULL;
  StateUnitHandle *handle;

  if (space != NULL && *line != '+' && *line != '-')
    *space = '\0';
  switch (*line)
    {
    case '+':
      add_unit (units, argument, NULL);
      break;
    case '*':
      value = parse (G_VARIANT_TYPE_VARDICT, second);
      if (value != NULL)
        add_unit (units, argument, value);
      break;
    case '-':
      handle = state_units_lookup (units, argument);
      if (handle != NULL)
        state_unit_handle_discard (handle);
      break;
    case '?':
      if (second != NULL)
        inspect (units, second, (guint) g_ascii_strtoull (argument, NULL, 10));
      break;
    case '=':
      value = parse (NULL, second);
      if (value != NULL)
        update (units, argument, value);
      break;
    default:
      break;
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_auto (GStrv) lines = g_strsplit (text, "\n", MAX_LINES);
  g_autoptr (StateUnits) units = NULL;

  if (!g_utf8_validate (text, -1, NULL))
    return 0;
  units = make_set ();
  for (guint i = 0; lines[i] != NULL; i++)
    if (*lines[i] != '\0' && strlen (lines[i]) < MAX_LINE)
      run_line (units, lines[i]);

  while (g_main_context_iteration (NULL, FALSE))
    ;
  return 0;
}
