/* SPDX-License-Identifier: MIT */

/* The error domain. */

#include "test-loop.h"

static void
test_quark (void)
{
  g_assert_cmpstr (g_quark_to_string (STATE_ERROR), ==, "state-error-quark");
  g_assert_cmpuint (STATE_ERROR, ==, state_error_quark ());
}

static void
test_codes (void)
{
  const char *const nicks[] = {
    "name-in-use",    "unit-in-use",       "invalid-name",      "cycle",        "foreign-handle",
    "wrong-state",    "transition-failed", "dependency-failed", "unknown-unit", "duplicate-unit",
    "no-saved-state", "invalid-snapshot",  "version",           "lost",         "dropped",
    "timed-out",      "removed",           "invalid-answer",
  };
  GEnumClass *enum_class = g_type_class_ref (STATE_TYPE_ERROR);

  g_assert_cmpuint (enum_class->n_values, ==, G_N_ELEMENTS (nicks));
  for (guint i = 0; i < G_N_ELEMENTS (nicks); i++)
    g_assert_cmpstr (g_enum_get_value (enum_class, i)->value_nick, ==, nicks[i]);
  g_assert_cmpint (STATE_ERROR_INVALID_ANSWER, ==, G_N_ELEMENTS (nicks) - 1);
  g_type_class_unref (enum_class);
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/error/has-a-domain", test_quark);
  g_test_add_func ("/error/has-codes", test_codes);
  return g_test_run ();
}
