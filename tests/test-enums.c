/* SPDX-License-Identifier: MIT */

/* The words for people, and the types that carry them. */

#include "test-loop.h"

typedef struct
{
  int value;
  const char *word;
} Entry;

static const Entry operations[] = {
  { STATE_OPERATION_START, "start" },     { STATE_OPERATION_STOP, "stop" },
  { STATE_OPERATION_RESET, "reset" },     { STATE_OPERATION_SAVE, "save" },
  { STATE_OPERATION_RESTORE, "restore" }, { STATE_OPERATION_POST_RESTORE, "post-restore" },
  { STATE_OPERATION_INSPECT, "inspect" },
};

static const Entry states[] = {
  { STATE_UNIT_STATE_STOPPED, "stopped" },
  { STATE_UNIT_STATE_STARTING, "starting" },
  { STATE_UNIT_STATE_RUNNING, "running" },
  { STATE_UNIT_STATE_STOPPING, "stopping" },
  { STATE_UNIT_STATE_RESETTING, "resetting" },
  { STATE_UNIT_STATE_SAVING, "saving" },
  { STATE_UNIT_STATE_RESTORING, "restoring" },
  { STATE_UNIT_STATE_POST_RESTORING, "post-restoring" },
  { STATE_UNIT_STATE_FAILED, "failed" },
  { STATE_UNIT_STATE_UNCERTAIN, "uncertain" },
  { STATE_UNIT_STATE_LOST, "lost" },
};

static const Entry statuses[] = {
  { STATE_TRANSITION_STATUS_NEW, "new" },
  { STATE_TRANSITION_STATUS_QUEUED, "queued" },
  { STATE_TRANSITION_STATUS_RUNNING, "running" },
  { STATE_TRANSITION_STATUS_SUCCEEDED, "succeeded" },
  { STATE_TRANSITION_STATUS_FAILED, "failed" },
  { STATE_TRANSITION_STATUS_CANCELLED, "cancelled" },
};

static const Entry outcomes[] = {
  { STATE_STEP_OUTCOME_WAITING, "waiting" },     { STATE_STEP_OUTCOME_ASKED, "asked" },
  { STATE_STEP_OUTCOME_SUCCEEDED, "succeeded" }, { STATE_STEP_OUTCOME_UNCHANGED, "unchanged" },
  { STATE_STEP_OUTCOME_FAILED, "failed" },       { STATE_STEP_OUTCOME_SKIPPED, "skipped" },
  { STATE_STEP_OUTCOME_TIMED_OUT, "timed-out" }, { STATE_STEP_OUTCOME_DROPPED, "dropped" },
  { STATE_STEP_OUTCOME_LOST, "lost" },           { STATE_STEP_OUTCOME_CANCELLED, "cancelled" },
  { STATE_STEP_OUTCOME_REMOVED, "removed" },
};

typedef const char *(*ToString) (int value);

static const char *
operation_to_string (int value)
{
  return state_operation_to_string (value);
}

static const char *
state_to_string (int value)
{
  return state_unit_state_to_string (value);
}

static const char *
status_to_string (int value)
{
  return state_transition_status_to_string (value);
}

static const char *
outcome_to_string (int value)
{
  return state_step_outcome_to_string (value);
}

/* Each value has its word, which is its nick, and there are no others. */
static void
check_words (const Entry *entries, guint n_entries, GType type, ToString to_string)
{
  GEnumClass *enum_class = g_type_class_ref (type);

  g_assert_cmpuint (enum_class->n_values, ==, n_entries);
  for (guint i = 0; i < n_entries; i++)
    {
      g_assert_cmpstr (to_string (entries[i].value), ==, entries[i].word);
      g_assert_cmpstr (g_enum_get_value (enum_class, entries[i].value)->value_nick, ==,
                       entries[i].word);
    }
  g_assert_cmpstr (to_string (-1), ==, "unknown");
  g_assert_cmpstr (to_string (n_entries), ==, "unknown");
  g_type_class_unref (enum_class);
}

static void
test_words (void)
{
  check_words (operations, G_N_ELEMENTS (operations), STATE_TYPE_OPERATION, operation_to_string);
  check_words (states, G_N_ELEMENTS (states), STATE_TYPE_UNIT_STATE, state_to_string);
  check_words (statuses, G_N_ELEMENTS (statuses), STATE_TYPE_TRANSITION_STATUS, status_to_string);
  check_words (outcomes, G_N_ELEMENTS (outcomes), STATE_TYPE_STEP_OUTCOME, outcome_to_string);
}

/* Bit n stands for operation n. */
static void
test_operation_flags (void)
{
  GFlagsClass *flags_class = g_type_class_ref (STATE_TYPE_OPERATION_FLAGS);

  for (guint i = 0; i < G_N_ELEMENTS (operations); i++)
    {
      GFlagsValue *value = g_flags_get_first_value (flags_class, 1u << operations[i].value);

      g_assert_nonnull (value);
      g_assert_cmpstr (value->value_nick, ==, operations[i].word);
    }
  g_assert_cmpuint (STATE_OPERATION_FLAGS_ALL, ==, (1u << G_N_ELEMENTS (operations)) - 1);
  g_assert_cmpuint (STATE_OPERATION_FLAGS_NONE, ==, 0);
  g_type_class_unref (flags_class);
}

static void
test_dependency_flags (void)
{
  GFlagsClass *flags_class = g_type_class_ref (STATE_TYPE_DEPENDENCY_FLAGS);

  g_assert_cmpuint (STATE_DEPENDENCY_REQUIRED, ==, 0); /* what depends_on() says */
  g_assert_nonnull (g_flags_get_value_by_nick (flags_class, "order-only"));
  g_type_class_unref (flags_class);
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/enums/have-words", test_words);
  g_test_add_func ("/enums/operation-flags-are-operations", test_operation_flags);
  g_test_add_func ("/enums/dependencies-are-required-by-default", test_dependency_flags);
  return g_test_run ();
}
