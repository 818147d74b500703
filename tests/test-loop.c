/* SPDX-License-Identifier: MIT */

#include "test-loop.h"

/* --- Criticals --- */

static GMutex criticals_lock;
static GQueue criticals_expected = G_QUEUE_INIT;
static GLogLevelFlags always_fatal;
static gboolean criticals_allowed;

static const char *
message_of (const GLogField *fields, gsize n_fields)
{
  for (gsize i = 0; i < n_fields; i++)
    if (strcmp (fields[i].key, "MESSAGE") == 0)
      return fields[i].value;
  return "";
}

/* Takes one expectation off the list when the message fits it. */
static gboolean
is_expected (GLogLevelFlags level, const char *message)
{
  gboolean expected = FALSE;
  char *pattern;

  g_mutex_lock (&criticals_lock);
  if (criticals_allowed)
    {
      expected = TRUE;
    }
  else if (level & G_LOG_LEVEL_CRITICAL)
    {
      pattern = g_queue_peek_head (&criticals_expected);
      if (pattern != NULL && g_pattern_match_simple (pattern, message))
        {
          g_free (g_queue_pop_head (&criticals_expected));
          expected = TRUE;
        }
    }
  g_mutex_unlock (&criticals_lock);
  return expected;
}

/* g_test_expect_message() hears nothing of structured messages. */
static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  if (level & (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING))
    {
      if (is_expected (level, message_of (fields, n_fields)))
        return G_LOG_WRITER_HANDLED;

      g_log_writer_standard_streams (level, fields, n_fields, user_data);
      g_error ("not expected: %s", message_of (fields, n_fields));
    }
  return g_log_writer_default (level, fields, n_fields, user_data);
}

/* g_log() aborts after the writer has had its say, unless told not to. */
static void
set_fatal (gboolean fatal)
{
  g_log_set_always_fatal (fatal ? always_fatal : G_LOG_FATAL_MASK);
}

void
test_init (int *argc, char ***argv)
{
  g_test_init (argc, argv, NULL);
  g_log_set_writer_func (write_log, NULL, NULL);
  always_fatal = g_log_set_always_fatal (G_LOG_FATAL_MASK);
  set_fatal (TRUE);
}

void
test_expect_critical (const char *pattern)
{
  g_mutex_lock (&criticals_lock);
  g_queue_push_tail (&criticals_expected, g_strdup (pattern));
  g_mutex_unlock (&criticals_lock);
  set_fatal (FALSE);
}

void
test_assert_expected (void)
{
  g_autofree char *missing = NULL;

  g_mutex_lock (&criticals_lock);
  missing = g_strdup (g_queue_peek_head (&criticals_expected));
  g_mutex_unlock (&criticals_lock);
  g_assert_cmpstr (missing, ==, NULL);
  set_fatal (TRUE);
}

void
test_allow_criticals (gboolean allow)
{
  g_mutex_lock (&criticals_lock);
  criticals_allowed = allow;
  g_mutex_unlock (&criticals_lock);
  set_fatal (!allow);
}

/* --- Waiting --- */

struct _TestWatchdog
{
  GMainContext *context;
  GSource *alarm;
  GSource *tick;
  char *text;
};

static gboolean
on_alarm (gpointer user_data)
{
  TestWatchdog *self = user_data;

  g_error ("%s", self->text);
  return G_SOURCE_REMOVE;
}

static gboolean
on_tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* In valgrind everything takes much longer. */
static guint
patience (void)
{
  return g_test_slow () || g_getenv ("STATE_UNIT_TEST_PATIENCE") != NULL ? 300 : 30;
}

TestWatchdog *
test_watchdog_new (const char *where, const char *what)
{
  TestWatchdog *self = g_new0 (TestWatchdog, 1);

  self->context = g_main_context_ref_thread_default ();
  self->text = g_strdup_printf ("%s: waited too long for: %s", where, what);

  self->alarm = g_timeout_source_new_seconds (patience ());
  g_source_set_callback (self->alarm, on_alarm, self, NULL);
  g_source_attach (self->alarm, self->context);

  /* A condition that another thread makes true wakes nobody. */
  self->tick = g_timeout_source_new (10);
  g_source_set_callback (self->tick, on_tick, NULL, NULL);
  g_source_attach (self->tick, self->context);
  return self;
}

void
test_watchdog_free (TestWatchdog *self)
{
  g_source_destroy (self->alarm);
  g_source_unref (self->alarm);
  g_source_destroy (self->tick);
  g_source_unref (self->tick);
  g_main_context_unref (self->context);
  g_free (self->text);
  g_free (self);
}

void
test_watchdog_iterate (TestWatchdog *self)
{
  g_main_context_iteration (self->context, TRUE);
}

void
test_settle (void)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();

  while (g_main_context_iteration (context, FALSE))
    ;
}

/* --- One asynchronous call --- */

void
test_call_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  TestCall *call = user_data;

  g_assert_true (G_IS_ASYNC_RESULT (result));
  g_assert_null (call->result); /* a callback runs once */
  call->thread = g_thread_self ();
  call->result = g_object_ref (result);
}

gboolean
test_call_is_done (TestCall *call)
{
  return call->result != NULL;
}

GAsyncResult *
test_call_wait (TestCall *call)
{
  test_wait_until (call->result != NULL);
  return call->result;
}

void
test_call_clear (TestCall *call)
{
  g_clear_object (&call->result);
}

/* --- Other threads --- */

struct _TestThread
{
  GMainContext *context;
  GMainLoop *loop;
  GThread *thread;
};

static gpointer
run_loop (gpointer user_data)
{
  TestThread *self = user_data;

  g_main_context_push_thread_default (self->context);
  g_main_loop_run (self->loop);
  test_settle ();
  g_main_context_pop_thread_default (self->context);
  return NULL;
}

TestThread *
test_thread_new (void)
{
  TestThread *self = g_new0 (TestThread, 1);

  self->context = g_main_context_new ();
  self->loop = g_main_loop_new (self->context, FALSE);
  self->thread = g_thread_new ("test", run_loop, self);
  return self;
}

static void
nothing (gpointer a, gpointer b)
{
}

void
test_thread_free (TestThread *self)
{
  /* Once the loop runs, quitting it is heard. */
  test_thread_call (self, nothing, NULL, NULL);
  g_main_loop_quit (self->loop);
  g_thread_join (self->thread);
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
  g_free (self);
}

GMainContext *
test_thread_get_context (TestThread *self)
{
  return self->context;
}

GThread *
test_thread_get_thread (TestThread *self)
{
  return self->thread;
}

typedef struct
{
  GFunc func;
  gpointer a;
  gpointer b;
  int done;
} Errand;

static gpointer
run_errand (gpointer user_data)
{
  Errand *errand = user_data;

  errand->func (errand->a, errand->b);
  g_atomic_int_set (&errand->done, TRUE);
  g_main_context_wakeup (NULL);
  return NULL;
}

static gboolean
run_errand_in_loop (gpointer user_data)
{
  run_errand (user_data);
  return G_SOURCE_REMOVE;
}

void
test_thread_call (TestThread *self, GFunc func, gpointer a, gpointer b)
{
  g_autoptr (GSource) source = g_idle_source_new ();
  Errand errand = { func, a, b, FALSE };

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, run_errand_in_loop, &errand, NULL);
  g_source_attach (source, self->context);
  test_wait_until (g_atomic_int_get (&errand.done));
}

void
test_in_thread (GFunc func, gpointer a, gpointer b)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  Errand errand = { func, a, b, FALSE };
  GThread *thread;

  /* The context is this thread's all the while, also between iterations. */
  g_assert_true (g_main_context_acquire (context));
  thread = g_thread_new ("test", run_errand, &errand);
  test_wait_until (g_atomic_int_get (&errand.done));
  g_thread_join (thread);
  g_main_context_release (context);
}
