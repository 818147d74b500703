/* SPDX-License-Identifier: MIT */

/* The units that there are keep their promises: that of the example, sets of units, and
 * units behind which there is a queue. */

#include <glib/gprintf.h>
#include <state-unit-testing.h>

/* The example, whose program is not run. */
int hello_main (void);
#define main hello_main
#include "../examples/hello.c"
#undef main

/* What the example prints is no line of a test's. */
static void
print_line (const char *text)
{
  gboolean is_of_example =
      g_str_has_suffix (text, " runs\n") || g_str_has_suffix (text, " is stopped\n");

  g_fprintf (stdout, "%s%s", is_of_example ? "# " : "", text);
  fflush (stdout);
}

static StateUnit *
make_device (gpointer user_data)
{
  return g_object_new (DEVICE_TYPE, NULL);
}

/* A set of two devices, and of another set within it. */
static StateUnit *
make_set (gpointer user_data)
{
  StateUnits *units = state_units_new ();
  g_autoptr (StateUnits) inner = state_units_new ();
  const char *needs[] = { "clock", NULL };
  const char *names[] = { "clock", "disk" };
  GError *error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (StateUnit) device = make_device (NULL);

      state_units_add_unit (units, names[i], device, i > 0 ? needs : NULL, &error);
      g_assert_no_error (error);
    }
  {
    g_autoptr (StateUnit) device = make_device (NULL);

    state_units_add_unit (inner, "port", device, NULL, &error);
    g_assert_no_error (error);
  }
  state_units_add_unit (units, "card", STATE_UNIT (inner), needs, &error);
  g_assert_no_error (error);
  return STATE_UNIT (units);
}

/* A set of one unit, whose requests another thread takes from a queue. */
static gpointer
serve (gpointer data)
{
  g_autoptr (StateUnitReceiver) receiver = data;
  guint64 n_starts = 0;
  StateRequest *request;

  while ((request = state_unit_receiver_receive (receiver, NULL, NULL)) != NULL)
    {
      GVariant *state = state_request_get_state (request);

      n_starts += state_request_get_operation (request) == STATE_OPERATION_START;
      if (state_request_get_operation (request) == STATE_OPERATION_SAVE)
        state_request_complete_with_state (request, g_variant_new_uint64 (n_starts));
      else if (state == NULL)
        state_request_complete (request);
      else if (g_variant_is_of_type (state, G_VARIANT_TYPE_UINT64))
        {
          n_starts = g_variant_get_uint64 (state);
          state_request_complete (request);
        }
      else
        state_request_fail_literal (request, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "no number");
      g_object_unref (request);
    }
  return NULL;
}

static StateUnit *
make_served (gpointer user_data)
{
  StateUnits *units = state_units_new ();
  StateUnitReceiver *receiver;
  GError *error = NULL;

  state_unit_builder_build_receiver (state_units_add (units, "served"), &receiver, &error);
  g_assert_no_error (error);
  g_thread_unref (g_thread_new ("served", serve, receiver));
  return STATE_UNIT (units);
}

int
main (int argc, char *argv[])
{
  const StateUnitConformanceFlags slow = STATE_UNIT_CONFORMANCE_FLAGS_SLOW;
  const StateUnitConformanceFlags threaded = slow | STATE_UNIT_CONFORMANCE_FLAGS_THREADED;

  g_test_init (&argc, &argv, NULL);
  g_set_print_handler (print_line);
  state_unit_conformance_add ("/hello", slow, make_device, NULL, NULL);
  state_unit_conformance_add ("/hello/threaded", threaded, make_device, NULL, NULL);
  state_unit_conformance_add ("/set", slow, make_set, NULL, NULL);
  state_unit_conformance_add ("/served", slow, make_served, NULL, NULL);
  return g_test_run ();
}
