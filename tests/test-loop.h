/* SPDX-License-Identifier: MIT */

#pragma once

#include <libstate-unit.h>
#include <string.h>

G_BEGIN_DECLS

/* What every test needs: the main loop, other threads, and criticals that are
 * expected. */

/* --- The program, and the criticals it expects --- */

void test_init (int *argc, char ***argv);

void test_expect_critical (const char *pattern);
void test_assert_expected (void);
void test_allow_criticals (gboolean allow);

/* --- Waiting: never by sleeping, and never for ever --- */

typedef struct _TestWatchdog TestWatchdog;

TestWatchdog *test_watchdog_new (const char *where, const char *what);
void test_watchdog_free (TestWatchdog *self);
void test_watchdog_iterate (TestWatchdog *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestWatchdog, test_watchdog_free)

#define test_wait_until(condition)                                                 \
  G_STMT_START                                                                     \
  {                                                                                \
    g_autoptr (TestWatchdog) watchdog_ = test_watchdog_new (G_STRLOC, #condition); \
    while (!(condition))                                                           \
      test_watchdog_iterate (watchdog_);                                           \
  }                                                                                \
  G_STMT_END

/* Does everything that can be done now. */
void test_settle (void);

/* --- One asynchronous call --- */

typedef struct
{
  GAsyncResult *result;
  GThread *thread; /* where the callback ran */
} TestCall;

#define TEST_CALL_INIT \
  {                    \
    NULL, NULL         \
  }

void test_call_done (GObject *source, GAsyncResult *result, gpointer call);
gboolean test_call_is_done (TestCall *call);
GAsyncResult *test_call_wait (TestCall *call);
void test_call_clear (TestCall *call);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TestCall, test_call_clear)

/* --- Other threads --- */

typedef struct _TestThread TestThread;

/* A thread that runs a main context of its own. */
TestThread *test_thread_new (void);
void test_thread_free (TestThread *self);
GMainContext *test_thread_get_context (TestThread *self);
GThread *test_thread_get_thread (TestThread *self);
void test_thread_call (TestThread *self, GFunc func, gpointer a, gpointer b);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestThread, test_thread_free)

/* Runs @func on a thread without a main context, with the main loop going on. */
void test_in_thread (GFunc func, gpointer a, gpointer b);

/* --- Texts --- */

/* The message has the words in it, whatever is around them. */
#define test_assert_contains(text, words)                                                   \
  G_STMT_START                                                                              \
  {                                                                                         \
    const char *text_ = (text);                                                             \
    if (text_ == NULL || strstr (text_, (words)) == NULL)                                   \
      {                                                                                     \
        g_autofree char *message_ =                                                         \
            g_strdup_printf ("\"%s\" is not in \"%s\"", (words), text_ ? text_ : "(null)"); \
        g_assertion_message (G_LOG_DOMAIN, __FILE__, __LINE__, G_STRFUNC, message_);        \
      }                                                                                     \
  }                                                                                         \
  G_STMT_END

/* An error of the library, word for word; clears it. */
#define test_assert_error(error, code, text)        \
  G_STMT_START                                      \
  {                                                 \
    g_assert_error ((error), STATE_ERROR, (code));  \
    g_assert_cmpstr ((error)->message, ==, (text)); \
    g_clear_error (&(error));                       \
  }                                                 \
  G_STMT_END

#define test_assert_strv(strv, expected)                \
  G_STMT_START                                          \
  {                                                     \
    g_auto (GStrv) strv_ = (strv);                      \
    g_autofree char *joined_ = g_strjoinv (" ", strv_); \
    g_assert_cmpstr (joined_, ==, (expected));          \
  }                                                     \
  G_STMT_END

G_END_DECLS
