/* SPDX-License-Identifier: MIT */

#pragma once

#include "test-loop.h"

G_BEGIN_DECLS

/* A unit that does as it is told, and a record of who was asked. */

/* --- Who was asked, and who answered: "disk:start", "disk:start!" --- */

typedef struct _TestJournal TestJournal;

TestJournal *test_journal_new (void);
TestJournal *test_journal_ref (TestJournal *self);
void test_journal_unref (TestJournal *self);
gboolean test_journal_is_unused (TestJournal *self);
void test_journal_add (TestJournal *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
void test_journal_clear (TestJournal *self);
guint test_journal_count (TestJournal *self, const char *entry);
int test_journal_find (TestJournal *self, const char *entry);
char *test_journal_to_string (TestJournal *self);
void test_journal_assert_before (TestJournal *self,
                                 const char *first,
                                 const char *second,
                                 const char *file,
                                 int line,
                                 const char *function);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestJournal, test_journal_unref)

#define test_assert_journal(journal, expected)                    \
  G_STMT_START                                                    \
  {                                                               \
    g_autofree char *entries_ = test_journal_to_string (journal); \
    g_assert_cmpstr (entries_, ==, (expected));                   \
  }                                                               \
  G_STMT_END

#define test_assert_before(journal, first, second) \
  test_journal_assert_before ((journal), (first), (second), __FILE__, __LINE__, G_STRFUNC)

/* --- The unit --- */

typedef enum
{
  TEST_ANSWER_AT_ONCE,     /* in the unit's function */
  TEST_ANSWER_LATER,       /* from an idle source of the unit's main context */
  TEST_ANSWER_DELAYED,     /* from a timeout source, see test_unit_set_delay() */
  TEST_ANSWER_FROM_THREAD, /* from a thread of its own */
  TEST_ANSWER_HELD,        /* by the test, see test_unit_take_request() */
  TEST_ANSWER_FAILS,       /* with an error at once, see test_unit_fail() */
  TEST_ANSWER_DROPPED,     /* never: lets go of the request */
} TestAnswer;

#define TEST_TYPE_UNIT (test_unit_get_type ())
G_DECLARE_DERIVABLE_TYPE (TestUnit, test_unit, TEST, UNIT, GObject)

struct _TestUnitClass
{
  GObjectClass parent_class;
};

typedef void (*TestHook) (TestUnit *unit, StateRequest *request, gpointer user_data);

/* One that implements each virtual function, and one that takes raw requests. */
TestUnit *test_unit_new (const char *name, TestJournal *journal);
TestUnit *test_unit_new_raw (const char *name, TestJournal *journal);

const char *test_unit_get_name (TestUnit *self);
void test_unit_set_answer (TestUnit *self, StateOperation operation, TestAnswer answer);
void test_unit_set_answers (TestUnit *self, TestAnswer answer);
void test_unit_set_delay (TestUnit *self, StateOperation operation, guint ms);
void test_unit_fail (TestUnit *self, StateOperation operation, const char *message);
void
test_unit_set_hook (TestUnit *self, StateOperation operation, TestHook hook, gpointer user_data);

/* What is saved and restored: nothing at all as long as there is no value. */
void test_unit_set_value (TestUnit *self, GVariant *value);
void test_unit_set_int (TestUnit *self, int value);
int test_unit_get_int (TestUnit *self);

/* How often it was asked, and by which thread it was asked last. */
guint test_unit_get_n_asked (TestUnit *self, StateOperation operation);
GThread *test_unit_get_thread (TestUnit *self);

/* The requests that are held: each waits until there is one. */
gboolean test_unit_has_request (TestUnit *self);
StateRequest *test_unit_take_request (TestUnit *self);
void test_unit_answer_held (TestUnit *self);
void test_unit_fail_held (TestUnit *self, const char *message);
void test_unit_cancel_held (TestUnit *self);
void test_request_answer (StateRequest *request);

/* The units that exist. */
int test_unit_get_n_alive (void);

G_END_DECLS
