/* SPDX-License-Identifier: MIT */

/* What is told in the log, field by field, to those who want it. */

#include "test-set.h"

static GPtrArray *messages;

static const char *
field (const GLogField *fields, gsize n, const char *key)
{
  for (gsize i = 0; i < n; i++)
    if (g_str_equal (fields[i].key, key))
      return fields[i].value;
  return "-";
}

static GLogWriterOutput
keep (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer data)
{
  if (level != G_LOG_LEVEL_DEBUG || !g_str_equal (field (fields, n, "GLIB_DOMAIN"), "state-unit"))
    return g_log_writer_default (level, fields, n, data);

  /* All but the times, which are numbers. */
  g_assert_true (g_ascii_string_to_unsigned (field (fields, n, "STATE_UNIT_USEC"), 10, 0,
                                             G_MAXUINT64, NULL, NULL));
  g_ptr_array_add (messages, g_strdup_printf ("%s %s %s %s", field (fields, n, "STATE_UNIT_NAME"),
                                              field (fields, n, "STATE_UNIT_OPERATION"),
                                              field (fields, n, "STATE_UNIT_OUTCOME"),
                                              field (fields, n, "STATE_UNIT_STATUS")));
  g_ptr_array_add (messages, g_strdup (field (fields, n, "MESSAGE")));
  return G_LOG_WRITER_HANDLED;
}

static void
assert_message (guint *next, const char *fields, const char *pattern)
{
  g_assert_cmpuint (*next + 1, <, messages->len);
  g_assert_cmpstr (g_ptr_array_index (messages, *next), ==, fields);
  if (!g_pattern_match_simple (pattern, g_ptr_array_index (messages, *next + 1)))
    g_error ("\"%s\" is not like \"%s\"", (char *) g_ptr_array_index (messages, *next + 1),
             pattern);
  *next += 2;
}

static void
test_messages (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  TestUnit *disk = test_set_add (set, "disk", NULL);
  guint next = 0;

  test_unit_fail (disk, STATE_OPERATION_STOP, "no power");
  g_assert_true (test_start (set->units, NULL));
  g_assert_false (test_stop (set->units, NULL));

  assert_message (&next, "- start - running", "start of 1 units begins");
  assert_message (&next, "disk start succeeded -", "unit disk: start succeeded after * us");
  assert_message (&next, "- start - succeeded", "start of 1 units succeeded after * us");
  assert_message (&next, "- stop - running", "stop of 1 units begins");
  assert_message (&next, "disk stop failed -", "unit disk: stop failed after * us: no power");
  assert_message (&next, "- stop - failed",
                  "stop of 1 units failed after * us: stop failed: {disk: no power}");
  g_assert_cmpuint (next, ==, messages->len);
  g_ptr_array_set_size (messages, 0);
}

/* A step of a later phase, and one that is given up on, are told of as well. */
static void
test_phases (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) start = NULL;
  g_autoptr (GError) error = NULL;
  TestUnit *slow;
  guint next = 0;

  test_set_add (set, "clock", NULL);
  slow = test_set_add_timed (set, "slow", STATE_OPERATION_START, 10, "clock");
  test_unit_set_answer (slow, STATE_OPERATION_START, TEST_ANSWER_HELD);
  start = state_transition_new (set->units, STATE_OPERATION_START);
  state_transition_set_failure_policy (start, STATE_FAILURE_POLICY_ROLL_BACK);
  test_unit_set_answer (slow, STATE_OPERATION_STOP, TEST_ANSWER_AT_ONCE);
  {
    g_auto (TestCall) call = TEST_CALL_INIT;

    state_transition_run_async (start, NULL, test_call_done, &call);
    test_wait_until (messages->len >= 6);
    test_unit_answer_held (slow);
    g_assert_false (state_transition_run_finish (start, test_call_wait (&call), &error));
  }

  assert_message (&next, "- start - running", "start of 2 units begins");
  assert_message (&next, "clock start succeeded -", "unit clock: start succeeded after * us");
  assert_message (&next, "slow start timed-out -", "unit slow: start timed-out after * us: *");
  assert_message (&next, "slow stop succeeded -", "unit slow: stop succeeded after * us");
  assert_message (&next, "clock stop succeeded -", "unit clock: stop succeeded after * us");
  assert_message (&next, "- start - failed", "start of 2 units failed after * us: *");
  g_ptr_array_set_size (messages, 0);
}

int
main (int argc, char **argv)
{
  g_setenv ("G_MESSAGES_DEBUG", "state-unit", TRUE);
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (keep, NULL, NULL);
  messages = g_ptr_array_new_with_free_func (g_free);
  g_test_add_func ("/log/steps-and-transitions", test_messages);
  g_test_add_func ("/log/phases", test_phases);
  return g_test_run ();
}
