/* SPDX-License-Identifier: MIT */

#include "test-unit.h"

/* --- The journal --- */

struct _TestJournal
{
  gatomicrefcount ref_count;
  GMutex lock;
  GPtrArray *entries;
};

TestJournal *
test_journal_new (void)
{
  TestJournal *self = g_new0 (TestJournal, 1);

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  self->entries = g_ptr_array_new_with_free_func (g_free);
  return self;
}

TestJournal *
test_journal_ref (TestJournal *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
test_journal_unref (TestJournal *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_ptr_array_unref (self->entries);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* The units whose journal it is hold it, too. */
gboolean
test_journal_is_unused (TestJournal *self)
{
  return g_atomic_ref_count_compare (&self->ref_count, 1);
}

void
test_journal_add (TestJournal *self, const char *format, ...)
{
  va_list args;
  char *entry;

  va_start (args, format);
  entry = g_strdup_vprintf (format, args);
  va_end (args);

  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->entries, entry);
  g_mutex_unlock (&self->lock);
}

void
test_journal_clear (TestJournal *self)
{
  g_mutex_lock (&self->lock);
  g_ptr_array_set_size (self->entries, 0);
  g_mutex_unlock (&self->lock);
}

guint
test_journal_count (TestJournal *self, const char *entry)
{
  guint count = 0;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->entries->len; i++)
    count += strcmp (self->entries->pdata[i], entry) == 0;
  g_mutex_unlock (&self->lock);
  return count;
}

int
test_journal_find (TestJournal *self, const char *entry)
{
  int found = -1;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->entries->len && found < 0; i++)
    if (strcmp (self->entries->pdata[i], entry) == 0)
      found = i;
  g_mutex_unlock (&self->lock);
  return found;
}

char *
test_journal_to_string (TestJournal *self)
{
  GString *text = g_string_new (NULL);

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->entries->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? " " : "", (char *) self->entries->pdata[i]);
  g_mutex_unlock (&self->lock);
  return g_string_free (text, FALSE);
}

void
test_journal_assert_before (TestJournal *self,
                            const char *first,
                            const char *second,
                            const char *file,
                            int line,
                            const char *function)
{
  int place_of_first = test_journal_find (self, first);
  int place_of_second = test_journal_find (self, second);
  g_autofree char *entries = NULL;
  g_autofree char *message = NULL;

  if (place_of_first >= 0 && place_of_second >= 0 && place_of_first < place_of_second)
    return;
  entries = test_journal_to_string (self);
  message = g_strdup_printf ("\"%s\" does not come before \"%s\" in: %s", first, second, entries);
  g_assertion_message (G_LOG_DOMAIN, file, line, function, message);
}

/* --- The unit --- */

#define N_OPERATIONS (STATE_OPERATION_INSPECT + 1)

typedef struct
{
  TestAnswer answer;
  guint delay;
  char *message;
  TestHook hook;
  gpointer hook_data;
  guint n_asked;
} Script;

typedef struct
{
  char *name;
  TestJournal *journal;

  GMutex lock; /* of all below */
  Script scripts[N_OPERATIONS];
  GVariant *value;
  GQueue held;
  GThread *thread;
} TestUnitPrivate;

static void test_unit_raw_iface_init (StateUnitInterface *iface);
static void test_unit_whole_iface_init (StateUnitInterface *iface);

/* The base takes raw requests; the derived class has all the functions. */
G_DEFINE_TYPE_WITH_CODE (TestUnit,
                         test_unit,
                         G_TYPE_OBJECT,
                         G_ADD_PRIVATE (TestUnit)
                             G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT, test_unit_raw_iface_init))

typedef TestUnit TestWholeUnit;
typedef TestUnitClass TestWholeUnitClass;

static GType test_whole_unit_get_type (void);
G_DEFINE_TYPE_WITH_CODE (TestWholeUnit,
                         test_whole_unit,
                         TEST_TYPE_UNIT,
                         G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT, test_unit_whole_iface_init))

static int n_alive;

static TestUnitPrivate *
get_private (TestUnit *self)
{
  return test_unit_get_instance_private (self);
}

static GVariant *
build_tree (TestUnit *self)
{
  TestUnitPrivate *priv = get_private (self);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "kind", g_variant_new_string ("test"));
  g_mutex_lock (&priv->lock);
  if (priv->value != NULL)
    g_variant_builder_add (&builder, "{sv}", "value", priv->value);
  g_mutex_unlock (&priv->lock);
  return g_variant_builder_end (&builder);
}

static void
note_answer (TestUnit *self, StateRequest *request)
{
  TestUnitPrivate *priv = get_private (self);

  if (priv->journal != NULL)
    test_journal_add (priv->journal, "%s:%s!", priv->name,
                      state_operation_to_string (state_request_get_operation (request)));
}

static void
answer_inspect (TestUnit *self, StateRequest *request)
{
  GVariant *update = state_request_get_inspect_value (request);

  if (update == NULL)
    {
      state_request_complete_with_state (request, build_tree (self));
    }
  else if (g_strcmp0 (state_request_get_inspect_path (request), "value") == 0)
    {
      test_unit_set_value (self, update);
      state_request_complete (request);
    }
  else
    {
      state_request_fail_literal (request, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
                                  "only the value can be changed");
    }
}

/* Answers as a good unit does. */
void
test_request_answer (StateRequest *request)
{
  TestUnit *self = TEST_UNIT (state_request_get_unit (request));
  TestUnitPrivate *priv = get_private (self);
  g_autoptr (GVariant) value = NULL;

  note_answer (self, request);
  switch (state_request_get_operation (request))
    {
    case STATE_OPERATION_SAVE:
      g_mutex_lock (&priv->lock);
      value = priv->value != NULL ? g_variant_ref (priv->value) : NULL;
      g_mutex_unlock (&priv->lock);
      state_request_complete_with_state (request, value);
      break;
    case STATE_OPERATION_RESTORE:
      g_assert_nonnull (state_request_get_state (request));
      test_unit_set_value (self, state_request_get_state (request));
      state_request_complete (request);
      break;
    case STATE_OPERATION_INSPECT:
      answer_inspect (self, request);
      break;
    default:
      state_request_complete (request);
      break;
    }
}

static gboolean
answer_from_source (gpointer request)
{
  test_request_answer (request);
  return G_SOURCE_REMOVE;
}

static gpointer
answer_from_thread (gpointer user_data)
{
  g_autoptr (StateRequest) request = user_data;

  test_request_answer (request);
  return NULL;
}

static void
answer_from (GSource *source, StateRequest *request)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();

  g_source_set_callback (source, answer_from_source, g_object_ref (request), g_object_unref);
  g_source_attach (source, context);
  g_source_unref (source);
}

static void
fail_request (TestUnit *self, StateRequest *request, GQuark domain, int code, const char *message)
{
  note_answer (self, request);
  state_request_fail_literal (request, domain, code, message);
}

static void
take_up (TestUnit *self, StateRequest *request, StateOperation operation)
{
  TestUnitPrivate *priv = get_private (self);
  g_autofree char *message = NULL;
  Script script;

  g_assert_true (STATE_UNIT (self) == state_request_get_unit (request));
  g_assert_cmpint (operation, ==, state_request_get_operation (request));

  g_mutex_lock (&priv->lock);
  priv->scripts[operation].n_asked++;
  priv->thread = g_thread_self ();
  script = priv->scripts[operation];
  message = g_strdup (script.message != NULL ? script.message : "broken");
  g_mutex_unlock (&priv->lock);

  if (priv->journal != NULL)
    test_journal_add (priv->journal, "%s:%s", priv->name, state_operation_to_string (operation));
  if (script.hook != NULL)
    script.hook (self, request, script.hook_data);

  switch (script.answer)
    {
    case TEST_ANSWER_AT_ONCE:
      test_request_answer (request);
      break;
    case TEST_ANSWER_LATER:
      answer_from (g_idle_source_new (), request);
      break;
    case TEST_ANSWER_DELAYED:
      answer_from (g_timeout_source_new (script.delay), request);
      break;
    case TEST_ANSWER_FROM_THREAD:
      g_thread_unref (g_thread_new ("answer", answer_from_thread, g_object_ref (request)));
      break;
    case TEST_ANSWER_HELD:
      g_mutex_lock (&priv->lock);
      g_queue_push_tail (&priv->held, g_object_ref (request));
      g_mutex_unlock (&priv->lock);
      g_main_context_wakeup (NULL);
      break;
    case TEST_ANSWER_FAILS:
      fail_request (self, request, G_IO_ERROR, G_IO_ERROR_FAILED, message);
      break;
    case TEST_ANSWER_DROPPED:
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
test_unit_handle_request (StateUnit *unit, StateRequest *request)
{
  take_up (TEST_UNIT (unit), request, state_request_get_operation (request));
}

#define DEFINE_FUNCTION(name, operation)                                \
  static void test_unit_##name (StateUnit *unit, StateRequest *request) \
  {                                                                     \
    take_up (TEST_UNIT (unit), request, operation);                     \
  }

/* clang-format off */
DEFINE_FUNCTION (start, STATE_OPERATION_START)
DEFINE_FUNCTION (stop, STATE_OPERATION_STOP)
DEFINE_FUNCTION (reset, STATE_OPERATION_RESET)
DEFINE_FUNCTION (save, STATE_OPERATION_SAVE)
DEFINE_FUNCTION (restore, STATE_OPERATION_RESTORE)
DEFINE_FUNCTION (post_restore, STATE_OPERATION_POST_RESTORE)
DEFINE_FUNCTION (inspect, STATE_OPERATION_INSPECT)
/* clang-format on */

static void
test_unit_raw_iface_init (StateUnitInterface *iface)
{
  iface->handle_request = test_unit_handle_request;
}

static void
test_unit_whole_iface_init (StateUnitInterface *iface)
{
  StateUnitInterface *defaults = g_type_default_interface_peek (STATE_TYPE_UNIT);

  iface->start = test_unit_start;
  iface->stop = test_unit_stop;
  iface->reset = test_unit_reset;
  iface->save = test_unit_save;
  iface->restore = test_unit_restore;
  iface->post_restore = test_unit_post_restore;
  iface->inspect = test_unit_inspect;
  iface->handle_request = defaults->handle_request;
}

static void
test_unit_finalize (GObject *object)
{
  TestUnitPrivate *priv = get_private (TEST_UNIT (object));

  for (guint i = 0; i < N_OPERATIONS; i++)
    g_free (priv->scripts[i].message);
  g_assert_true (g_queue_is_empty (&priv->held));
  g_clear_pointer (&priv->value, g_variant_unref);
  g_clear_pointer (&priv->journal, test_journal_unref);
  g_mutex_clear (&priv->lock);
  g_free (priv->name);

  G_OBJECT_CLASS (test_unit_parent_class)->finalize (object);
  g_atomic_int_add (&n_alive, -1);
  g_main_context_wakeup (NULL);
}

static void
test_unit_class_init (TestUnitClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = test_unit_finalize;
}

static void
test_unit_init (TestUnit *self)
{
  TestUnitPrivate *priv = get_private (self);

  g_mutex_init (&priv->lock);
  g_queue_init (&priv->held);
  g_atomic_int_inc (&n_alive);
}

static void
test_whole_unit_class_init (TestWholeUnitClass *klass)
{
}

static void
test_whole_unit_init (TestWholeUnit *self)
{
}

static TestUnit *
new_unit (GType type, const char *name, TestJournal *journal)
{
  TestUnit *self = g_object_new (type, NULL);
  TestUnitPrivate *priv = get_private (self);

  priv->name = g_strdup (name);
  priv->journal = journal != NULL ? test_journal_ref (journal) : NULL;
  return self;
}

TestUnit *
test_unit_new (const char *name, TestJournal *journal)
{
  return new_unit (test_whole_unit_get_type (), name, journal);
}

TestUnit *
test_unit_new_raw (const char *name, TestJournal *journal)
{
  return new_unit (TEST_TYPE_UNIT, name, journal);
}

int
test_unit_get_n_alive (void)
{
  return g_atomic_int_get (&n_alive);
}

/* --- What it is told --- */

const char *
test_unit_get_name (TestUnit *self)
{
  return get_private (self)->name;
}

void
test_unit_set_answer (TestUnit *self, StateOperation operation, TestAnswer answer)
{
  TestUnitPrivate *priv = get_private (self);

  g_mutex_lock (&priv->lock);
  priv->scripts[operation].answer = answer;
  g_mutex_unlock (&priv->lock);
}

void
test_unit_set_answers (TestUnit *self, TestAnswer answer)
{
  for (guint i = STATE_OPERATION_START; i < STATE_OPERATION_INSPECT; i++)
    test_unit_set_answer (self, i, answer);
}

void
test_unit_set_delay (TestUnit *self, StateOperation operation, guint ms)
{
  get_private (self)->scripts[operation].delay = ms;
  test_unit_set_answer (self, operation, TEST_ANSWER_DELAYED);
}

void
test_unit_fail (TestUnit *self, StateOperation operation, const char *message)
{
  TestUnitPrivate *priv = get_private (self);

  g_mutex_lock (&priv->lock);
  g_free (priv->scripts[operation].message);
  priv->scripts[operation].message = g_strdup (message);
  priv->scripts[operation].answer = TEST_ANSWER_FAILS;
  g_mutex_unlock (&priv->lock);
}

void
test_unit_set_hook (TestUnit *self, StateOperation operation, TestHook hook, gpointer user_data)
{
  TestUnitPrivate *priv = get_private (self);

  g_mutex_lock (&priv->lock);
  priv->scripts[operation].hook = hook;
  priv->scripts[operation].hook_data = user_data;
  g_mutex_unlock (&priv->lock);
}

void
test_unit_set_value (TestUnit *self, GVariant *value)
{
  TestUnitPrivate *priv = get_private (self);
  g_autoptr (GVariant) old = NULL;

  g_mutex_lock (&priv->lock);
  old = g_steal_pointer (&priv->value);
  priv->value = value != NULL ? g_variant_ref_sink (value) : NULL;
  g_mutex_unlock (&priv->lock);
}

void
test_unit_set_int (TestUnit *self, int value)
{
  test_unit_set_value (self, g_variant_new_int32 (value));
}

int
test_unit_get_int (TestUnit *self)
{
  TestUnitPrivate *priv = get_private (self);
  int value;

  g_mutex_lock (&priv->lock);
  value = priv->value != NULL ? g_variant_get_int32 (priv->value) : -1;
  g_mutex_unlock (&priv->lock);
  return value;
}

/* --- What became of it --- */

guint
test_unit_get_n_asked (TestUnit *self, StateOperation operation)
{
  TestUnitPrivate *priv = get_private (self);
  guint n_asked;

  g_mutex_lock (&priv->lock);
  n_asked = priv->scripts[operation].n_asked;
  g_mutex_unlock (&priv->lock);
  return n_asked;
}

GThread *
test_unit_get_thread (TestUnit *self)
{
  TestUnitPrivate *priv = get_private (self);
  GThread *thread;

  g_mutex_lock (&priv->lock);
  thread = priv->thread;
  g_mutex_unlock (&priv->lock);
  return thread;
}

gboolean
test_unit_has_request (TestUnit *self)
{
  TestUnitPrivate *priv = get_private (self);
  gboolean has_request;

  g_mutex_lock (&priv->lock);
  has_request = !g_queue_is_empty (&priv->held);
  g_mutex_unlock (&priv->lock);
  return has_request;
}

StateRequest *
test_unit_take_request (TestUnit *self)
{
  TestUnitPrivate *priv = get_private (self);
  StateRequest *request;

  test_wait_until (test_unit_has_request (self));
  g_mutex_lock (&priv->lock);
  request = g_queue_pop_head (&priv->held);
  g_mutex_unlock (&priv->lock);
  return request;
}

void
test_unit_answer_held (TestUnit *self)
{
  g_autoptr (StateRequest) request = test_unit_take_request (self);

  test_request_answer (request);
}

void
test_unit_fail_held (TestUnit *self, const char *message)
{
  g_autoptr (StateRequest) request = test_unit_take_request (self);

  fail_request (self, request, G_IO_ERROR, G_IO_ERROR_FAILED, message);
}

/* Answers that it gave up because it was asked to. */
void
test_unit_cancel_held (TestUnit *self)
{
  g_autoptr (StateRequest) request = test_unit_take_request (self);

  fail_request (self, request, G_IO_ERROR, G_IO_ERROR_CANCELLED, "it was cancelled");
}
