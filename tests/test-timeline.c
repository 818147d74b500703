/* SPDX-License-Identifier: MIT */

/* A transition as a picture over time, and as a trace. */

#include "test-set.h"

#include <locale.h>

/* --- Reading a picture --- */

typedef struct
{
  double x;
  double y;
  double size;
  double width; /* at least, for most fonts */
  char *text;
} Text;

typedef struct
{
  double width;
  double height;
  GArray *texts; /* of Text */
  GString *words;
  char *anchor;
  gboolean in_text;
  guint n_titles;
} Picture;

static double
number (const char **names, const char **values, const char *name)
{
  for (guint i = 0; names[i] != NULL; i++)
    if (g_str_equal (names[i], name))
      {
        char *end;
        double value = g_ascii_strtod (values[i], &end);

        g_assert_cmpstr (end, ==, "");
        return value;
      }
  return 0;
}

static void
start_element (GMarkupParseContext *context,
               const char *element,
               const char **names,
               const char **values,
               gpointer data,
               GError **error)
{
  Picture *picture = data;

  picture->n_titles += g_str_equal (element, "title");
  if (g_str_equal (element, "svg"))
    {
      picture->width = number (names, values, "width");
      picture->height = number (names, values, "height");
    }
  else if (g_str_equal (element, "tspan"))
    g_string_append (picture->words, number (names, values, "dx") != 0 ? " " : "");
  else if (g_str_equal (element, "text"))
    {
      Text text = { number (names, values, "x"), number (names, values, "y"),
                    number (names, values, "font-size"), 0, NULL };

      picture->in_text = TRUE;
      g_string_truncate (picture->words, 0);
      g_clear_pointer (&picture->anchor, g_free);
      for (guint i = 0; names[i] != NULL; i++)
        if (g_str_equal (names[i], "text-anchor"))
          picture->anchor = g_strdup (values[i]);
      g_array_append_val (picture->texts, text);
    }
}

static void
end_element (GMarkupParseContext *context, const char *element, gpointer data, GError **error)
{
  Picture *picture = data;
  Text *text;

  if (!g_str_equal (element, "text"))
    return;
  text = &g_array_index (picture->texts, Text, picture->texts->len - 1);
  text->text = g_strdup (picture->words->str);
  text->width = g_utf8_strlen (text->text, -1) * text->size * 0.52;
  if (g_strcmp0 (picture->anchor, "end") == 0)
    text->x -= text->width;
  else if (g_strcmp0 (picture->anchor, "middle") == 0)
    text->x -= text->width / 2;
  picture->in_text = FALSE;
}

static void
text_arrives (GMarkupParseContext *context,
              const char *text,
              gsize length,
              gpointer data,
              GError **error)
{
  Picture *picture = data;

  if (picture->in_text)
    g_string_append_len (picture->words, text, length);
}

static void
text_clear (gpointer text)
{
  g_free (((Text *) text)->text);
}

static void
picture_free (Picture *picture)
{
  g_array_unref (picture->texts);
  g_string_free (picture->words, TRUE);
  g_free (picture->anchor);
  g_free (picture);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Picture, picture_free)

static Picture *
read_picture (const char *svg)
{
  const GMarkupParser parser = { start_element, end_element, text_arrives, NULL, NULL };
  Picture *picture = g_new0 (Picture, 1);
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (&parser, 0, picture, NULL);
  g_autoptr (GError) error = NULL;

  picture->texts = g_array_new (FALSE, FALSE, sizeof (Text));
  g_array_set_clear_func (picture->texts, text_clear);
  picture->words = g_string_new (NULL);
  g_assert_true (g_utf8_validate (svg, -1, NULL));
  g_markup_parse_context_parse (context, svg, -1, &error);
  g_assert_no_error (error);
  g_markup_parse_context_end_parse (context, &error);
  g_assert_no_error (error);
  return picture;
}

static Picture *
draw (StateTransition *transition)
{
  g_autofree char *svg = state_transition_to_svg (transition);

  return read_picture (svg);
}

static gboolean
has_text (Picture *picture, const char *prefix, const char *words)
{
  for (guint i = 0; i < picture->texts->len; i++)
    {
      const Text *text = &g_array_index (picture->texts, Text, i);

      if (g_str_has_prefix (text->text, prefix) && strstr (text->text, words) != NULL)
        return TRUE;
    }
  return FALSE;
}

static void
assert_text (Picture *picture, const char *prefix, const char *words)
{
  if (!has_text (picture, prefix, words))
    g_error ("no text begins with \"%s\" and has \"%s\" in it", prefix, words);
}

static int
compare_lines (gconstpointer a, gconstpointer b)
{
  const Text *one = a;
  const Text *other = b;

  if (one->y != other->y)
    return one->y < other->y ? -1 : 1;
  return one->x < other->x ? -1 : one->x > other->x;
}

/* No text is cut off by the edge, and none is over another. */
static void
assert_readable (Picture *picture)
{
  const double slack = 1;

  g_array_sort (picture->texts, compare_lines);
  for (guint i = 0; i < picture->texts->len; i++)
    {
      const Text *text = &g_array_index (picture->texts, Text, i);
      const Text *before = i > 0 ? text - 1 : NULL;

      if (text->x < 0 || text->x + text->width > picture->width || text->y > picture->height)
        g_error ("\"%s\" is cut off", text->text);
      if (text->size < 9)
        g_error ("\"%s\" is too small", text->text);
      if (before == NULL || text->y - before->y >= text->size)
        continue;
      if (before->y != text->y || before->x + before->width > text->x + slack)
        g_error ("\"%s\" is over \"%s\"", text->text, before->text);
    }
}

/* --- Pictures --- */

static void
test_nothing (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) bare = g_object_new (STATE_TYPE_TRANSITION, NULL);
  g_autoptr (StateTransition) start = state_transition_new (set->units, STATE_OPERATION_START);
  g_autoptr (Picture) of_bare = draw (bare);
  g_autoptr (Picture) before = draw (start);
  g_autoptr (Picture) after = NULL;
  g_autoptr (GError) error = NULL;

  assert_text (before, "start", "has not been run");
  test_run (start, &error);
  g_assert_no_error (error);
  after = draw (start);
  assert_text (after, "start", "succeeded in");
  assert_text (after, "start", ", 0 units");
  g_assert_cmpuint (of_bare->texts->len, ==, 1);
  g_assert_cmpuint (after->texts->len, ==, 1);
}

static void
test_refused (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (Picture) picture = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "a", NULL);
  test_start (set->units, &error);
  g_assert_no_error (error);
  g_assert_null (test_save (set->units, &error));
  picture = draw (state_units_get_last_transition (set->units));
  assert_text (picture, "save refused", "{a: it is running (stop it first)}");
}

static void
test_outcomes (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (Picture) picture = NULL;
  g_autoptr (Picture) again = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  test_unit_fail (test_set_get_unit (set, "b"), STATE_OPERATION_START, "no such device");
  test_set_add (set, "e", "d", NULL);
  g_assert_false (test_start (set->units, &error));

  picture = draw (state_units_get_last_transition (set->units));
  assert_readable (picture);
  assert_text (picture, "start failed after", "5 units");
  assert_text (picture, "start failed: {b", "no such device}");
  assert_text (picture, "2 succeeded", "");
  assert_text (picture, "1 failed", "");
  assert_text (picture, "2 skipped", "");
  assert_text (picture, "a ", "s");
  assert_text (picture, "b ", ", failed: no such device");
  assert_text (picture, "d ", "skipped because b failed");
  assert_text (picture, "e ", "skipped because b failed");

  g_clear_error (&error);
  test_set_answer_all (set, TEST_ANSWER_AT_ONCE);
  g_assert_true (test_start (set->units, &error));
  again = draw (state_units_get_last_transition (set->units));
  assert_text (again, "start ", "not shown: 2 of which nothing was asked");
  g_assert_false (has_text (again, "a ", ""));
  g_assert_cmpuint (again->n_titles, ==, 1 + 3);
}

static void
test_phases (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateSnapshot) snapshot = NULL;
  g_autoptr (Picture) picture = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  test_unit_set_int (test_set_get_unit (set, "a"), 1);
  snapshot = test_save (set->units, &error);
  g_assert_no_error (error);
  test_restore (set->units, snapshot, &error);
  g_assert_no_error (error);

  picture = draw (state_units_get_last_transition (set->units));
  assert_readable (picture);
  assert_text (picture, "restore ", "succeeded in");
  assert_text (picture, "post-restore ", "s");
  assert_text (picture, "5 succeeded", "");
}

static void
test_while_it_runs (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) start = state_transition_new (set->units, STATE_OPERATION_START);
  g_autoptr (StateTransition) stop = state_transition_new (set->units, STATE_OPERATION_STOP);
  g_auto (TestCall) call = TEST_CALL_INIT;
  g_auto (TestCall) stop_call = TEST_CALL_INIT;
  g_autoptr (Picture) picture = NULL;
  g_autoptr (Picture) queued = NULL;

  test_set_add_diamond (set);
  test_unit_set_answer (test_set_get_unit (set, "b"), STATE_OPERATION_START, TEST_ANSWER_HELD);
  test_unit_set_answer (test_set_get_unit (set, "c"), STATE_OPERATION_START, TEST_ANSWER_HELD);
  state_transition_run_async (start, NULL, test_call_done, &call);
  state_transition_run_async (stop, NULL, test_call_done, &stop_call);
  test_wait_until (test_unit_has_request (test_set_get_unit (set, "c")));

  picture = draw (start);
  assert_readable (picture);
  assert_text (picture, "start has been running for", "4 units");
  assert_text (picture, "b ", "so far");
  assert_text (picture, "d ", "waits for b and 1 more");
  assert_text (picture, "2 asked", "");
  assert_text (picture, "1 waiting", "");
  queued = draw (stop);
  assert_text (queued, "stop waits", "");

  test_unit_answer_held (test_set_get_unit (set, "b"));
  test_unit_answer_held (test_set_get_unit (set, "c"));
  test_call_wait (&call);
  test_call_wait (&stop_call);
}

/* A bar from almost one end to the other, beside which there is no room. */
static void
test_no_room (void)
{
  for (guint length = 30; length < 130; length++)
    {
      g_autoptr (TestSet) set = test_set_new ();
      g_autofree char *fill = g_strnfill (length / 2, 'n');
      g_autofree char *name = g_strconcat (fill, length % 2 == 0 ? "iIiI" : "W_W_", NULL);
      g_autoptr (Picture) picture = NULL;
      g_autoptr (GError) error = NULL;

      test_unit_set_delay (test_set_add (set, name, NULL), STATE_OPERATION_START, 1);
      test_set_add (set, "last", name, NULL);
      test_start (set->units, &error);
      g_assert_no_error (error);
      picture = draw (state_units_get_last_transition (set->units));
      assert_text (picture, name, "s");
      assert_readable (picture);
    }
}

/* Names that would break the XML, or that no line has room for. */
static void
test_names (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autofree char *narrow = g_strnfill (80, 'i');
  g_autofree char *wide = g_strnfill (80, 'W');
  g_autofree char *endless = g_strnfill (5000, 'x');
  g_autoptr (Picture) picture = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add (set, "<a href=\"x\">&amp;]]>'", NULL);
  test_set_add (set, "bell\a and \x7f and \xe2\x80\xae turned \xef\xbf\xbe", NULL);
  test_set_add (set, "磁盘控制器 дисковый 🖥️ قرص", NULL);
  test_set_add (set, narrow, NULL);
  test_set_add (set, wide, narrow, NULL);
  test_set_add (set, endless, wide, NULL);
  test_unit_fail (test_set_get_unit (set, wide), STATE_OPERATION_START, "<b>\n\x01 \xff");
  g_assert_false (test_start (set->units, &error));

  picture = draw (state_units_get_last_transition (set->units));
  assert_text (picture, "<a href=\"x\">&amp;]]>' ", "s");
  assert_text (picture, "bell\xef\xbf\xbd and \xef\xbf\xbd and \xef\xbf\xbd turned \xef\xbf\xbd",
               "");
  assert_text (picture, "磁盘控制器 дисковый 🖥️ قرص ", "s");
  assert_text (picture, narrow, "s");
  assert_text (picture, "xxxxxxxxxx", "… skipped");
  assert_text (picture, "WWWWWWWWWW", "<b> \xef\xbf\xbd \xef\xbf\xbd");
  assert_readable (picture);
}

/* Layers, each unit of which waits for some of the one before. */
static void
add_layers (TestSet *set, guint n_layers, guint n_in_layer)
{
  for (guint i = 0; i < n_layers * n_in_layer; i++)
    {
      g_autofree char *name = g_strdup_printf ("layer-%02u/unit-%03u", i / n_in_layer, i);
      g_autofree char *before =
          g_strdup_printf ("layer-%02u/unit-%03u", i / n_in_layer - 1, i - n_in_layer);
      TestUnit *unit = test_set_add (set, name, i < n_in_layer ? NULL : before, NULL);

      test_unit_set_answer (unit, STATE_OPERATION_START,
                            i % 7 == 0 ? TEST_ANSWER_AT_ONCE : TEST_ANSWER_LATER);
      if (i % 19 == 0)
        test_unit_set_delay (unit, STATE_OPERATION_START, 1 + i % 13);
    }
}

static void
test_large (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (Picture) picture = NULL;
  g_autoptr (GError) error = NULL;
  guint n_axes = 0;

  add_layers (set, 20, 50);
  test_unit_fail (test_set_get_unit (set, "layer-12/unit-600"), STATE_OPERATION_START, "broken");
  g_assert_false (test_start (set->units, &error));

  picture = draw (state_units_get_last_transition (set->units));
  assert_readable (picture);
  g_assert_cmpuint (picture->n_titles, ==, 1 + 1000);
  for (guint i = 0; i < picture->texts->len; i++)
    {
      const Text *text = &g_array_index (picture->texts, Text, i);

      n_axes += g_str_equal (text->text, "0 ms") || g_str_equal (text->text, "0 s");
    }
  g_assert_cmpuint (n_axes, >=, 20);
}

static void
test_many_errors (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (Picture) picture = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 60; i++)
    {
      g_autofree char *name = g_strdup_printf ("disk%u", i);

      test_unit_fail (test_set_add (set, name, NULL), STATE_OPERATION_START,
                      "a long story of what went wrong with the disk that was to be started here");
    }
  g_assert_false (test_start (set->units, &error));
  picture = draw (state_units_get_last_transition (set->units));
  assert_readable (picture);
  assert_text (picture, "60 failed", "");
}

/* --- Traces --- */

/* Goes over one JSON value. */
static const char *scan_value (const char *p);

static const char *
scan_string (const char *p)
{
  g_assert_cmpint (*p, ==, '"');
  for (p++; *p != '"'; p++)
    {
      g_assert_cmpint ((guchar) *p, >=, 0x20);
      if (*p != '\\')
        continue;
      p++;
      g_assert_nonnull (strchr ("\"\\/bfnrtu", *p));
      if (*p == 'u')
        for (guint i = 0; i < 4; i++)
          g_assert_true (g_ascii_isxdigit (*++p));
    }
  return p + 1;
}

static const char *
skip_space (const char *p)
{
  return p + strspn (p, " \n");
}

static const char *
scan_list (const char *p, char end, gboolean has_keys)
{
  p = skip_space (p + 1);
  while (*p != end)
    {
      if (has_keys)
        {
          p = scan_string (p);
          g_assert_cmpint (*p++, ==, ':');
        }
      p = skip_space (scan_value (p));
      g_assert_true (*p == ',' || *p == end);
      if (*p == ',')
        {
          p = skip_space (p + 1);
          g_assert_cmpint (*p, !=, end);
        }
    }
  return p + 1;
}

static const char *
scan_value (const char *p)
{
  char *end;

  if (*p == '{')
    return scan_list (p, '}', TRUE);
  if (*p == '[')
    return scan_list (p, ']', FALSE);
  if (*p == '"')
    return scan_string (p);
  if (g_str_has_prefix (p, "true"))
    return p + 4;
  if (g_str_has_prefix (p, "false"))
    return p + 5;
  g_ascii_strtod (p, &end);
  g_assert_true (end > p);
  return end;
}

static void
assert_trace (const char *json)
{
  g_assert_true (g_utf8_validate (json, -1, NULL));
  g_assert_cmpstr (skip_space (scan_value (json)), ==, "");
  test_assert_contains (json, "\"traceEvents\":[");
  test_assert_contains (json, "\"displayTimeUnit\":\"ms\"");
}

static guint
count (const char *text, const char *words)
{
  guint n = 0;

  for (const char *p = strstr (text, words); p != NULL; p = strstr (p + 1, words))
    n++;
  return n;
}

static void
test_trace (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) bare = g_object_new (STATE_TYPE_TRANSITION, NULL);
  g_autofree char *of_bare = state_transition_to_trace_json (bare);
  g_autofree char *json = NULL;
  g_autoptr (GError) error = NULL;

  assert_trace (of_bare);
  test_set_add_diamond (set);
  test_set_add (set, "say \"\\\a\" \xe7\xa3\x81", "d", NULL);
  test_unit_fail (test_set_get_unit (set, "b"), STATE_OPERATION_START, "a\tb\nc\xff");
  g_assert_false (test_start (set->units, &error));

  json = state_transition_to_trace_json (state_units_get_last_transition (set->units));
  assert_trace (json);
  g_assert_cmpuint (count (json, "\"cat\":\"request\""), ==, 3);
  g_assert_cmpuint (count (json, "\"cat\":\"skipped\""), ==, 2);
  g_assert_cmpuint (count (json, "\"cat\":\"transition\""), ==, 1);
  test_assert_contains (json, "\"say \\\"\\\\\\u0007\\\" \xe7\xa3\x81\"");
  test_assert_contains (json, "\"a\\u0009b\\u000ac\xef\xbf\xbd\"");
}

static void
test_locale (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (Picture) picture = NULL;
  g_autofree char *json = NULL;
  g_autoptr (GError) error = NULL;

  test_set_add_diamond (set);
  test_start (set->units, &error);
  g_assert_no_error (error);
  if (setlocale (LC_NUMERIC, "de_DE.UTF-8") == NULL)
    {
      g_test_skip ("there is no locale with another decimal point");
      return;
    }
  picture = draw (state_units_get_last_transition (set->units));
  json = state_transition_to_trace_json (state_units_get_last_transition (set->units));
  setlocale (LC_NUMERIC, "C");
  assert_readable (picture);
  assert_trace (json);
}

static void
draw_elsewhere (gpointer transition, gpointer user_data)
{
  test_expect_critical ("*state_transition_to_svg: called outside the main context of the set*");
  g_assert_null (state_transition_to_svg (transition));
  test_assert_expected ();
  test_expect_critical (
      "*state_transition_to_trace_json: called outside the main context of the set*");
  g_assert_null (state_transition_to_trace_json (transition));
  test_assert_expected ();
}

static void
test_belongs_to_the_set (void)
{
  g_autoptr (TestSet) set = test_set_new ();
  g_autoptr (StateTransition) start = state_transition_new (set->units, STATE_OPERATION_START);

  test_in_thread (draw_elsewhere, start, NULL);
}

int
main (int argc, char *argv[])
{
  test_init (&argc, &argv);
  g_test_add_func ("/timeline/of-nothing", test_nothing);
  g_test_add_func ("/timeline/of-a-refusal", test_refused);
  g_test_add_func ("/timeline/says-what-became-of-each", test_outcomes);
  g_test_add_func ("/timeline/has-phases", test_phases);
  g_test_add_func ("/timeline/while-it-runs", test_while_it_runs);
  g_test_add_func ("/timeline/no-room-beside-the-bar", test_no_room);
  g_test_add_func ("/timeline/any-name", test_names);
  g_test_add_func ("/timeline/of-a-thousand-is-readable", test_large);
  g_test_add_func ("/timeline/many-errors", test_many_errors);
  g_test_add_func ("/timeline/trace", test_trace);
  g_test_add_func ("/timeline/any-locale", test_locale);
  g_test_add_func ("/timeline/belongs-to-the-main-context", test_belongs_to_the_set);
  return g_test_run ();
}
