/* SPDX-License-Identifier: MIT */

#include "state-snapshot.h"

#include "state-error.h"
#include "state-snapshot-file.h"
#include "state-snapshot-format.h"
#include "state-snapshot-private.h"
#include "state-snapshot-store.h"
#include "state-task-private.h"

/**
 * SECTION:state-snapshot
 * @title: StateSnapshot
 * @short_description: the saved states of a set
 *
 * See #StateSnapshot.
 */

/**
 * StateSnapshot:
 *
 * The saved states of a set: for each unit that saved one, its name, its state
 * and the version of that state, in the order of the units in the set. Beside
 * them stands the metadata: words of the program's own, which are never compared
 * with units, such as which devices to build before restoring.
 *
 * A state is any #GVariant; `a{sv}` is advised, since it can grow. It cannot be
 * nested deeper than 128 levels, for #GVariant reads nothing deeper. The state of a
 * set that is a unit of another is an `ay`: the bytes of its own snapshot, which
 * state_snapshot_new_from_bytes() reads.
 *
 * A snapshot never changes: state_snapshot_with_unit() and the like return
 * another one, which shares its states with the first. All functions may be
 * called on any thread, also on one snapshot by several threads at a time.
 *
 * state_units_save_finish() and state_transition_get_snapshot() give a
 * snapshot, and state_units_restore_async() takes one. Between the two it can
 * rest in a file:
 *
 * |[<!-- language="C" -->
 * g_autoptr (StateSnapshot) saved = state_units_save_finish (units, result, &error);
 * g_autoptr (StateSnapshot) labelled = NULL;
 *
 * if (saved == NULL)
 *   return FALSE;
 * labelled = state_snapshot_with_metadata (saved, g_variant_new_parsed ("{'disks': <2>}"));
 * return state_snapshot_save_to_file (labelled, "machine.snapshot", &error);
 * ]|
 *
 * As bytes, and in a file, a snapshot is the same on every machine, says which
 * format it is of, and carries a checksum for each state:
 *
 * - a header of 48 bytes: the signature `89 53 54 55 0d 0a 1a 0a`, the number of
 *   the format, which is 1, the size of the header, the size of the whole, the
 *   size and the checksum of the index, and the checksum of the header
 * - the states, serialized, each from a multiple of 8 bytes on: the metadata
 *   first, then those of the units
 * - the index: the size, the checksum, the version, the name and the type of
 *   each state
 *
 * All numbers are little-endian, and the checksums are CRC-64/XZ. Bytes from
 * elsewhere are not trusted: where even one bit is not as it was saved, reading
 * fails with %STATE_ERROR_INVALID_SNAPSHOT and says where. So it does for a newer
 * format. The checksums tell of accidents; they do not prove who wrote a file.
 *
 * Since: 1.0
 */

struct _StateSnapshot
{
  GObject parent_instance;

  StateSnapshotStore *store;
  guint n_units;
  GVariant *metadata;
};

typedef enum
{
  PROP_METADATA = 1,
  PROP_N_UNITS
} StateSnapshotProps;

static GParamSpec *properties[PROP_N_UNITS + 1];

G_DEFINE_FINAL_TYPE (StateSnapshot, state_snapshot, G_TYPE_OBJECT)

static void
state_snapshot_finalize (GObject *object)
{
  StateSnapshot *self = STATE_SNAPSHOT (object);

  if (self->store != NULL)
    state_snapshot_store_leave (self->store, self->n_units);
  g_variant_unref (self->metadata);

  G_OBJECT_CLASS (state_snapshot_parent_class)->finalize (object);
}

static void
state_snapshot_get_property (GObject *object, guint property_id, GValue *value, GParamSpec *pspec)
{
  StateSnapshot *self = STATE_SNAPSHOT (object);

  switch ((StateSnapshotProps) property_id)
    {
    case PROP_METADATA:
      g_value_set_variant (value, self->metadata);
      break;
    case PROP_N_UNITS:
      g_value_set_uint (value, self->n_units);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
state_snapshot_class_init (StateSnapshotClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = state_snapshot_finalize;
  object_class->get_property = state_snapshot_get_property;

  /**
   * StateSnapshot:metadata:
   *
   * The program's own words, an `a{sv}`; empty by default.
   *
   * Since: 1.0
   */
  properties[PROP_METADATA] =
      g_param_spec_variant ("metadata", NULL, NULL, G_VARIANT_TYPE_VARDICT, NULL,
                            G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * StateSnapshot:n-units:
   *
   * The number of units.
   *
   * Since: 1.0
   */
  properties[PROP_N_UNITS] = g_param_spec_uint ("n-units", NULL, NULL, 0, G_MAXUINT, 0,
                                                G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static void
state_snapshot_init (StateSnapshot *self)
{
  self->metadata = g_variant_ref_sink (g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0));
}

/* --- Making snapshots --- */

/* Takes the store with the caller's view of the first @n_units. */
static StateSnapshot *
snapshot_new (StateSnapshotStore *store, guint n_units, GVariant *metadata)
{
  StateSnapshot *self = g_object_new (STATE_TYPE_SNAPSHOT, NULL);

  self->store = store;
  self->n_units = n_units;
  if (metadata != NULL)
    {
      g_variant_unref (self->metadata);
      self->metadata = g_variant_ref (metadata);
    }
  return self;
}

/* Consumes @units. */
static StateSnapshot *
snapshot_new_take (GArray *units, guint n_spare, GVariant *metadata)
{
  guint n_units = units->len;
  StateSnapshotStore *store = state_snapshot_store_new_take (units, n_spare);
  StateSnapshot *self;

  self = snapshot_new (state_snapshot_store_enter (store, n_units), n_units, metadata);
  state_snapshot_store_leave (store, 0);
  return self;
}

/* Consumes @units, from outside: their names may repeat. */
static StateSnapshot *
snapshot_new_take_untrusted (GArray *units, GVariant *metadata, GError **error)
{
  g_autoptr (StateSnapshot) self = snapshot_new_take (units, 0, metadata);
  const char *repeated = state_snapshot_store_find_repeated_name (self->store);

  if (repeated != NULL)
    {
      g_set_error (error, STATE_ERROR, STATE_ERROR_INVALID_SNAPSHOT,
                   "invalid snapshot: there are two units %s", repeated);
      return NULL;
    }
  return g_steal_pointer (&self);
}

static gboolean
find_unit (StateSnapshot *self, const char *name, guint *position)
{
  return self->n_units > 0 &&
         state_snapshot_store_find (self->store, self->n_units, name, position);
}

/* The units but the one at @position, in whose place @replacement stands, if any. */
static GArray *
copy_units_but (StateSnapshot *self, guint position, const StateSnapshotUnit *replacement)
{
  const StateSnapshotUnit *units = state_snapshot_get_units (self);
  GArray *copy = state_snapshot_units_new (self->n_units);

  for (guint i = 0; i < self->n_units; i++)
    if (i != position)
      state_snapshot_units_add_shared (copy, &units[i]);
    else if (replacement != NULL)
      state_snapshot_units_add (copy, replacement->name, replacement->version, replacement->state);
  return copy;
}

static StateSnapshot *
append_unit (StateSnapshot *self, const char *name, guint version, GVariant *state)
{
  GArray *units;

  if (self->store != NULL &&
      state_snapshot_store_append (self->store, self->n_units, name, version, state))
    return snapshot_new (self->store, self->n_units + 1, self->metadata);

  /* With as much room again, so that units added one by one are copied rarely. */
  units = copy_units_but (self, G_MAXUINT, NULL);
  state_snapshot_units_add (units, name, version, state);
  return snapshot_new_take (units, MAX (units->len, 8), self->metadata);
}

/* A snapshot of units that a set has: their names are valid, and differ, and
 * state_snapshot_can_hold() their states. Copies the names and shares the states. */
StateSnapshot *
state_snapshot_new_from_units (const StateSnapshotUnit *units, guint n_units)
{
  GArray *copy = state_snapshot_units_new (n_units);

  for (guint i = 0; i < n_units; i++)
    {
      g_autoptr (GVariant) state = state_snapshot_hold_state (units[i].state);

      state_snapshot_units_add (copy, units[i].name, units[i].version, state);
    }
  return snapshot_new_take (copy, 0, NULL);
}

/* All state_snapshot_get_n_units() of them, in order, owned by the snapshot. */
const StateSnapshotUnit *
state_snapshot_get_units (StateSnapshot *self)
{
  return self->store != NULL ? state_snapshot_store_get_units (self->store) : NULL;
}

/* What state_snapshot_to_variant() returned, from wherever it has been since. */
StateSnapshot *
state_snapshot_new_from_variant (GVariant *saved, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;

  if (!g_variant_is_of_type (saved, G_VARIANT_TYPE_BYTESTRING))
    {
      g_set_error (error, STATE_ERROR, STATE_ERROR_INVALID_SNAPSHOT,
                   "invalid snapshot: it is a value of type %s instead of ay",
                   g_variant_get_type_string (saved));
      return NULL;
    }

  bytes = g_variant_get_data_as_bytes (saved);
  return state_snapshot_new_from_bytes (bytes, error);
}

/* The snapshot as one value, an ay: the state of a set that is a unit. */
GVariant *
state_snapshot_to_variant (StateSnapshot *self)
{
  g_autoptr (GBytes) bytes = state_snapshot_to_bytes (self);

  return g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE));
}

/**
 * state_snapshot_new:
 *
 * Makes a snapshot of no units, to add some with state_snapshot_with_unit().
 * Any thread.
 *
 * Returns: (transfer full): a new snapshot
 *
 * Since: 1.0
 */
StateSnapshot *
state_snapshot_new (void)
{
  return g_object_new (STATE_TYPE_SNAPSHOT, NULL);
}

/**
 * state_snapshot_with_unit:
 * @self: a snapshot
 * @name: the name of a unit
 * @version: the version of the state
 * @state: the state of the unit, of any type; a floating one is consumed
 *
 * Makes a snapshot that is this one, and in which a unit has this state: in its
 * place if it is there already, else behind the others. Any thread.
 *
 * The name must be one that a unit can have: not empty, in UTF-8, and without an
 * empty part between slashes. The state must not be nested deeper than 128 levels.
 *
 * Returns: (transfer full): a new snapshot
 *
 * Since: 1.0
 */
StateSnapshot *
state_snapshot_with_unit (StateSnapshot *self, const char *name, guint version, GVariant *state)
{
  g_autoptr (GVariant) normal = NULL;
  guint position;

  g_return_val_if_fail (STATE_IS_SNAPSHOT (self), NULL);
  g_return_val_if_fail (name != NULL && state_snapshot_name_is_valid (name), NULL);
  g_return_val_if_fail (state != NULL && state_snapshot_can_hold (state), NULL);

  normal = state_snapshot_hold_state (state);
  if (find_unit (self, name, &position))
    {
      StateSnapshotUnit unit = { name, version, normal };

      return snapshot_new_take (copy_units_but (self, position, &unit), 0, self->metadata);
    }
  return append_unit (self, name, version, normal);
}

/**
 * state_snapshot_without_unit:
 * @self: a snapshot
 * @name: the name of a unit
 *
 * Makes a snapshot that is this one without a unit; an equal one if there is no
 * unit of that name. Any thread.
 *
 * Returns: (transfer full): a new snapshot
 *
 * Since: 1.0
 */
StateSnapshot *
state_snapshot_without_unit (StateSnapshot *self, const char *name)
{
  guint position;

  g_return_val_if_fail (STATE_IS_SNAPSHOT (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  if (!find_unit (self, name, &position))
    return state_snapshot_with_metadata (self, self->metadata);
  return snapshot_new_take (copy_units_but (self, position, NULL), 0, self->metadata);
}

/**
 * state_snapshot_with_metadata:
 * @self: a snapshot
 * @metadata: the program's own words, an `a{sv}`; a floating one is consumed
 *
 * Makes a snapshot that has the units of this one, and this metadata instead of
 * its own. Any thread.
 *
 * Returns: (transfer full): a new snapshot
 *
 * Since: 1.0
 */
StateSnapshot *
state_snapshot_with_metadata (StateSnapshot *self, GVariant *metadata)
{
  g_autoptr (GVariant) normal = NULL;

  g_return_val_if_fail (STATE_IS_SNAPSHOT (self), NULL);
  g_return_val_if_fail (metadata != NULL, NULL);
  g_return_val_if_fail (g_variant_is_of_type (metadata, G_VARIANT_TYPE_VARDICT), NULL);
  g_return_val_if_fail (state_snapshot_can_hold (metadata), NULL);

  normal = state_snapshot_hold_state (metadata);
  if (self->store != NULL)
    state_snapshot_store_enter (self->store, self->n_units);
  return snapshot_new (self->store, self->n_units, normal);
}

/* --- Looking into snapshots --- */

/**
 * state_snapshot_get_n_units:
 * @self: a snapshot
 *
 * Gets how many units have a state in the snapshot. Any thread.
 *
 * Returns: the number of units
 *
 * Since: 1.0
 */
guint
state_snapshot_get_n_units (StateSnapshot *self)
{
  g_return_val_if_fail (STATE_IS_SNAPSHOT (self), 0);

  return self->n_units;
}

/**
 * state_snapshot_list_names:
 * @self: a snapshot
 *
 * Gets the names of the units that have a state in the snapshot, in order. Any
 * thread.
 *
 * Returns: (transfer full) (array zero-terminated=1): the names; free with
 *   g_strfreev()
 *
 * Since: 1.0
 */
char **
state_snapshot_list_names (StateSnapshot *self)
{
  const StateSnapshotUnit *units;
  char **names;

  g_return_val_if_fail (STATE_IS_SNAPSHOT (self), NULL);

  units = state_snapshot_get_units (self);
  names = g_new0 (char *, (gsize) self->n_units + 1);
  for (guint i = 0; i < self->n_units; i++)
    names[i] = g_strdup (units[i].name);
  return names;
}

/**
 * state_snapshot_lookup:
 * @self: a snapshot
 * @name: the name of a unit
 *
 * Gets the state of a unit. Any thread.
 *
 * Returns: (transfer none) (nullable): the state, %NULL if there is no unit of
 *   that name
 *
 * Since: 1.0
 */
GVariant *
state_snapshot_lookup (StateSnapshot *self, const char *name)
{
  guint position;

  g_return_val_if_fail (STATE_IS_SNAPSHOT (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  return find_unit (self, name, &position) ? state_snapshot_get_units (self)[position].state : NULL;
}

/**
 * state_snapshot_get_version:
 * @self: a snapshot
 * @name: the name of a unit
 *
 * Gets the version of the state of a unit: the one that it said it writes when it
 * saved, see state_request_get_state_version(). Any thread.
 *
 * Returns: the version, 0 also if there is no unit of that name
 *
 * Since: 1.0
 */
guint
state_snapshot_get_version (StateSnapshot *self, const char *name)
{
  guint position;

  g_return_val_if_fail (STATE_IS_SNAPSHOT (self), 0);
  g_return_val_if_fail (name != NULL, 0);

  return find_unit (self, name, &position) ? state_snapshot_get_units (self)[position].version : 0;
}

/**
 * state_snapshot_get_metadata:
 * @self: a snapshot
 *
 * Gets the program's own words about the snapshot, those that
 * state_snapshot_with_metadata() was given. Any thread.
 *
 * Returns: (transfer none): an `a{sv}`, empty by default
 *
 * Since: 1.0
 */
GVariant *
state_snapshot_get_metadata (StateSnapshot *self)
{
  g_return_val_if_fail (STATE_IS_SNAPSHOT (self), NULL);

  return self->metadata;
}

/* --- Bytes --- */

/**
 * state_snapshot_to_bytes:
 * @self: a snapshot
 *
 * Writes the snapshot into memory, in the format that #StateSnapshot describes.
 * Equal snapshots give equal bytes, on every machine. Any thread.
 *
 * Returns: (transfer full): the bytes
 *
 * Since: 1.0
 */
GBytes *
state_snapshot_to_bytes (StateSnapshot *self)
{
  GBytes *bytes;

  g_return_val_if_fail (STATE_IS_SNAPSHOT (self), NULL);

  bytes =
      state_snapshot_format_write (state_snapshot_get_units (self), self->n_units, self->metadata);
  if (bytes == NULL)
    g_error ("not enough memory for a snapshot of %u units", self->n_units);
  return bytes;
}

/* The states share the bytes, so these have to be where GVariants may be. */
static GBytes *
align_bytes (GBytes *bytes)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);

  return GPOINTER_TO_SIZE (data) % 8 == 0 ? g_bytes_ref (bytes) : g_bytes_new (data, size);
}

/**
 * state_snapshot_new_from_bytes:
 * @bytes: what state_snapshot_to_bytes() returned, from wherever it has been since
 * @error: return location for an error
 *
 * Reads a snapshot from memory. Nothing about the bytes is trusted. The states are
 * not copied: each of them keeps all of @bytes, if these begin at a multiple of 8
 * in memory, and else a copy. Any thread.
 *
 * Fails with %STATE_ERROR_INVALID_SNAPSHOT when the bytes are not a whole and
 * unaltered snapshot of a known format; the message names the unit or the byte.
 *
 * Returns: (transfer full): a new snapshot, %NULL on failure
 *
 * Since: 1.0
 */
StateSnapshot *
state_snapshot_new_from_bytes (GBytes *bytes, GError **error)
{
  g_autoptr (GBytes) aligned = NULL;
  g_autoptr (GVariant) metadata = NULL;
  GArray *units;

  g_return_val_if_fail (bytes != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  aligned = align_bytes (bytes);
  units = state_snapshot_format_read (aligned, &metadata, error);
  return units != NULL ? snapshot_new_take_untrusted (units, metadata, error) : NULL;
}

/* --- Files --- */

/**
 * state_snapshot_save_to_file:
 * @self: a snapshot
 * @filename: (type filename): the file to write
 * @error: return location for an error
 *
 * Writes the snapshot into a file, in the format that #StateSnapshot describes, and
 * waits until it is on disk. Any thread, which it blocks; see
 * state_snapshot_save_to_file_async().
 *
 * The file is replaced as a whole, or not at all: on failure, or if the machine
 * dies meanwhile, it is what it was. A new file takes the place of an old one, so
 * that a symbolic link is replaced, not followed; only its owner may read it.
 *
 * Fails with an error of #GFileError, whose message names the file. If the disk
 * fails when the file has been replaced already, the message says so: the new
 * one is there then, but may be lost when the machine dies.
 *
 * Returns: %TRUE if the snapshot is on disk, %FALSE on failure
 *
 * Since: 1.0
 */
gboolean
state_snapshot_save_to_file (StateSnapshot *self, const char *filename, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;

  g_return_val_if_fail (STATE_IS_SNAPSHOT (self), FALSE);
  g_return_val_if_fail (filename != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  bytes =
      state_snapshot_format_write (state_snapshot_get_units (self), self->n_units, self->metadata);
  return state_snapshot_file_write (filename, bytes, error);
}

/**
 * state_snapshot_load_from_file:
 * @filename: (type filename): the file to read
 * @error: return location for an error
 *
 * Reads a snapshot from a file. Nothing about the file is trusted, and it may be
 * changed afterwards. Any thread, which it blocks; see
 * state_snapshot_load_from_file_async().
 *
 * Fails with an error of #GFileError when the file cannot be read, such as
 * %G_FILE_ERROR_NOENT when there is none, and with %STATE_ERROR_INVALID_SNAPSHOT
 * when it is not a whole and unaltered snapshot of a known format. The message
 * names the file and, for the latter, the unit or the byte.
 *
 * Returns: (transfer full): a new snapshot, %NULL on failure
 *
 * Since: 1.0
 */
StateSnapshot *
state_snapshot_load_from_file (const char *filename, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  StateSnapshot *self;

  g_return_val_if_fail (filename != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  bytes = state_snapshot_file_read (filename, error);
  if (bytes == NULL)
    return NULL;

  self = state_snapshot_new_from_bytes (bytes, error);
  if (self == NULL)
    state_snapshot_file_prefix_error (error, filename);
  return self;
}

static void
save_in_thread (GTask *task, gpointer source, gpointer filename, GCancellable *cancellable)
{
  GError *error = NULL;

  if (g_task_return_error_if_cancelled (task))
    return;

  if (state_snapshot_save_to_file (source, filename, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/**
 * state_snapshot_save_to_file_async:
 * @self: a snapshot
 * @filename: (type filename): the file to write
 * @cancellable: (nullable): a #GCancellable
 * @callback: (scope async) (nullable): called when it is done
 * @user_data: data for @callback
 *
 * Writes the snapshot into a file, as state_snapshot_save_to_file() does, without
 * blocking. Any thread; the callback is called in its thread-default main context.
 *
 * Cancelling it before the writing begins fails it with %G_IO_ERROR_CANCELLED, and
 * leaves the file as it was; after that it has no effect.
 *
 * Since: 1.0
 */
void
state_snapshot_save_to_file_async (StateSnapshot *self,
                                   const char *filename,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (STATE_IS_SNAPSHOT (self));
  g_return_if_fail (filename != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (self, cancellable, callback, user_data);
  state_task_set_tag (task, state_snapshot_save_to_file_async);
  /* Once the writing has begun, what became of it counts. */
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, g_strdup (filename), g_free);
  g_task_run_in_thread (task, save_in_thread);
}

/**
 * state_snapshot_save_to_file_finish:
 * @self: a snapshot
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Gets what became of state_snapshot_save_to_file_async(). Fails as
 * state_snapshot_save_to_file() does, or with %G_IO_ERROR_CANCELLED. Any thread.
 *
 * Returns: %TRUE if the snapshot is on disk, %FALSE on failure
 *
 * Since: 1.0
 */
gboolean
state_snapshot_save_to_file_finish (StateSnapshot *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (STATE_IS_SNAPSHOT (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, state_snapshot_save_to_file_async),
                        FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
load_in_thread (GTask *task, gpointer source, gpointer filename, GCancellable *cancellable)
{
  GError *error = NULL;
  StateSnapshot *snapshot;

  if (g_task_return_error_if_cancelled (task))
    return;

  snapshot = state_snapshot_load_from_file (filename, &error);
  if (snapshot != NULL)
    g_task_return_pointer (task, snapshot, g_object_unref);
  else
    g_task_return_error (task, error);
}

/**
 * state_snapshot_load_from_file_async:
 * @filename: (type filename): the file to read
 * @cancellable: (nullable): a #GCancellable
 * @callback: (scope async) (nullable): called when it is done, with no source object
 * @user_data: data for @callback
 *
 * Reads a snapshot from a file, as state_snapshot_load_from_file() does, without
 * blocking. Any thread; the callback is called in its thread-default main context.
 *
 * Since: 1.0
 */
void
state_snapshot_load_from_file_async (const char *filename,
                                     GCancellable *cancellable,
                                     GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (filename != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (NULL, cancellable, callback, user_data);
  state_task_set_tag (task, state_snapshot_load_from_file_async);
  g_task_set_task_data (task, g_strdup (filename), g_free);
  g_task_run_in_thread (task, load_in_thread);
}

/**
 * state_snapshot_load_from_file_finish:
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Gets what became of state_snapshot_load_from_file_async(). Fails as
 * state_snapshot_load_from_file() does, or with %G_IO_ERROR_CANCELLED. Any thread.
 *
 * Returns: (transfer full): a new snapshot, %NULL on failure
 *
 * Since: 1.0
 */
StateSnapshot *
state_snapshot_load_from_file_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, state_snapshot_load_from_file_async),
                        NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
