/* SPDX-License-Identifier: MIT */

#pragma once

#include "test-unit.h"

G_BEGIN_DECLS

/* A set of TestUnits that leaves nothing behind, and its operations from
 * beginning to end. */

/* --- The set --- */

typedef struct
{
  StateUnits *units;
  TestJournal *journal;
  TestJournal *signals; /* see test_set_watch() */
} TestSet;

TestSet *test_set_new (void);
/* Asserts that nothing is left of the set and its units. */
void test_set_free (TestSet *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestSet, test_set_free)

/* Adds a unit that depends on those named; the set owns it. */
TestUnit *test_set_add (TestSet *self, const char *name, ...) G_GNUC_NULL_TERMINATED;
StateUnitHandle *test_set_add_object (TestSet *self, const char *name, gpointer unit);
/* One with a deadline, in ms, for one operation; it depends on @dependency, if any. */
TestUnit *test_set_add_timed (TestSet *self,
                              const char *name,
                              StateOperation operation,
                              guint timeout,
                              const char *dependency);
/* a; b and c, that depend on a; d, that depends on b and c */
void test_set_add_diamond (TestSet *self);
StateUnitHandle *test_set_get (TestSet *self, const char *name);
TestUnit *test_set_get_unit (TestSet *self, const char *name);
StateUnitState test_set_get_state (TestSet *self, const char *name);
void test_set_wait_state (TestSet *self, const char *name, StateUnitState state);
/* How all of them answer, from now on, whatever but inspect they are asked. */
void test_set_answer_all (TestSet *self, TestAnswer answer);
/* Records "started:start", "disk:stopped>starting", "finished:start:failed". */
void test_set_watch (TestSet *self);

/* --- Operations from beginning to end, on the main loop --- */

void test_begin (StateUnits *units,
                 StateOperation operation,
                 StateSnapshot *snapshot,
                 GCancellable *cancellable,
                 TestCall *call);
gboolean test_end (StateUnits *units,
                   StateOperation operation,
                   TestCall *call,
                   StateSnapshot **snapshot,
                   GError **error);

gboolean test_start (StateUnits *units, GError **error);
gboolean test_start_stopped (StateUnits *units, GError **error);
gboolean test_stop (StateUnits *units, GError **error);
gboolean test_reset (StateUnits *units, GError **error);
StateSnapshot *test_save (StateUnits *units, GError **error);
gboolean test_restore (StateUnits *units, StateSnapshot *snapshot, GError **error);
gboolean test_run (StateTransition *transition, GError **error);

StateUnit *test_remove (StateUnitHandle *handle, GError **error);
GVariant *test_send (gpointer unit, StateOperation operation, GVariant *state, GError **error);
GVariant *test_inspect (StateUnits *units, const char *path, guint depth, GError **error);
GVariant *test_update (StateUnits *units, const char *path, GVariant *value, GError **error);

/* A value in a tree by its path, such as "lines/irq/unit_state"; or %NULL. */
GVariant *test_tree_get (GVariant *tree, const char *path);
char *test_tree_print (GVariant *tree, const char *path);

#define test_assert_tree(tree, path, expected)                  \
  G_STMT_START                                                  \
  {                                                             \
    g_autofree char *value_ = test_tree_print ((tree), (path)); \
    g_assert_cmpstr (value_, ==, path ": " expected);           \
  }                                                             \
  G_STMT_END

/* --- What became of it: "a:running b:failed", in any order of the names --- */

char *test_states_like (StateUnits *units, const char *expected);
char *test_outcomes_like (StateTransition *transition, const char *phase, const char *expected);
StateTransitionStep *
test_find_step (StateTransition *transition, const char *phase, const char *name);

#define test_assert_states(set, expected)                                   \
  G_STMT_START                                                              \
  {                                                                         \
    g_autofree char *states_ = test_states_like ((set)->units, (expected)); \
    g_assert_cmpstr (states_, ==, (expected));                              \
  }                                                                         \
  G_STMT_END

/* Of the last transition that began, in its last phase. */
#define test_assert_outcomes(set, expected)                                                    \
  G_STMT_START                                                                                 \
  {                                                                                            \
    g_autofree char *outcomes_ =                                                               \
        test_outcomes_like (state_units_get_last_transition ((set)->units), NULL, (expected)); \
    g_assert_cmpstr (outcomes_, ==, (expected));                                               \
  }                                                                                            \
  G_STMT_END

#define test_assert_phase(set, phase, expected)                                                   \
  G_STMT_START                                                                                    \
  {                                                                                               \
    g_autofree char *outcomes_ =                                                                  \
        test_outcomes_like (state_units_get_last_transition ((set)->units), (phase), (expected)); \
    g_assert_cmpstr (outcomes_, ==, (expected));                                                  \
  }                                                                                               \
  G_STMT_END

G_END_DECLS
