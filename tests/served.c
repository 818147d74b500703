/* SPDX-License-Identifier: MIT */

/* A program that serves the units named on its command line, for the tests of processes.
 * A unit does as its name says: "crash" aborts when it is started, "exit" exits with
 * status 3, "hang" does not answer, "stuck" does not stop, "slow" takes 20 ms for
 * everything, "where" saves what it finds around it, "die" ends by itself, "talk" writes
 * to the standard output. The others count how often they were started. */

#include <libstate-unit.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define SERVED_TYPE_UNIT (served_unit_get_type ())
G_DECLARE_FINAL_TYPE (ServedUnit, served_unit, SERVED, UNIT, GObject)

struct _ServedUnit
{
  GObject parent_instance;

  char *name;
  guint64 starts;
  GVariant *contents;
};

static gboolean
is_called (StateUnit *unit, const char *name)
{
  return g_str_equal (SERVED_UNIT (unit)->name, name);
}

static gboolean
answer_later (gpointer request)
{
  state_request_complete (request);
  return G_SOURCE_REMOVE;
}

static void
complete (StateUnit *unit, StateRequest *request)
{
  if (is_called (unit, "slow"))
    g_timeout_add_full (G_PRIORITY_DEFAULT, 20, answer_later, g_object_ref (request),
                        g_object_unref);
  else
    state_request_complete (request);
}

static gboolean
end_later (gpointer unit)
{
  state_unit_ended (unit, NULL);
  return G_SOURCE_REMOVE;
}

static void
served_unit_start (StateUnit *unit, StateRequest *request)
{
  ServedUnit *self = SERVED_UNIT (unit);

  if (is_called (unit, "crash"))
    {
      signal (SIGABRT, SIG_DFL);
      abort ();
    }
  if (is_called (unit, "exit"))
    _exit (3);
  if (is_called (unit, "hang"))
    {
      g_object_ref (request);
      return;
    }
  if (is_called (unit, "die"))
    g_timeout_add_full (G_PRIORITY_DEFAULT, 20, end_later, g_object_ref (unit), g_object_unref);
  if (is_called (unit, "talk"))
    {
      g_print ("this does not disturb\n");
      g_printerr ("first line\nsecond line\nno end of line");
    }
  self->starts++;
  complete (unit, request);
}

static void
served_unit_stop (StateUnit *unit, StateRequest *request)
{
  if (is_called (unit, "stuck"))
    g_object_ref (request);
  else
    complete (unit, request);
}

static GVariant *
surroundings (void)
{
  g_autofree char *directory = g_get_current_dir ();
  const char *word = g_getenv ("STATE_UNIT_TEST_WORD");
  struct rlimit files;

  getrlimit (RLIMIT_NOFILE, &files);
  return g_variant_new_parsed ("{'directory': <%s>, 'word': <%s>, 'files': <%t>, 'socket': <%b>}",
                               directory, word != NULL ? word : "", (guint64) files.rlim_cur,
                               g_getenv ("STATE_UNIT_SOCKET") != NULL);
}

static void
served_unit_save (StateUnit *unit, StateRequest *request)
{
  ServedUnit *self = SERVED_UNIT (unit);

  if (is_called (unit, "where"))
    state_request_complete_with_state (request, surroundings ());
  else if (self->contents != NULL)
    state_request_complete_with_state (request, self->contents);
  else
    state_request_complete_with_state (request,
                                       g_variant_new_parsed ("{'starts': <%t>}", self->starts));
}

static void
served_unit_restore (StateUnit *unit, StateRequest *request)
{
  ServedUnit *self = SERVED_UNIT (unit);
  GVariant *state = state_request_get_state (request);

  if (g_variant_is_of_type (state, G_VARIANT_TYPE_VARDICT) &&
      g_variant_lookup (state, "starts", "t", &self->starts))
    g_clear_pointer (&self->contents, g_variant_unref);
  else
    {
      g_clear_pointer (&self->contents, g_variant_unref);
      self->contents = g_variant_ref (state);
    }
  complete (unit, request);
}

static guint
served_unit_get_state_version (StateUnit *unit, guint *oldest)
{
  *oldest = 2;
  return 3;
}

static void
served_unit_iface_init (StateUnitInterface *iface)
{
  iface->start = served_unit_start;
  iface->stop = served_unit_stop;
  iface->reset = complete;
  iface->save = served_unit_save;
  iface->restore = served_unit_restore;
  iface->post_restore = complete;
  iface->get_state_version = served_unit_get_state_version;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (ServedUnit,
                               served_unit,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (STATE_TYPE_UNIT, served_unit_iface_init))

static void
served_unit_finalize (GObject *object)
{
  ServedUnit *self = SERVED_UNIT (object);

  g_clear_pointer (&self->contents, g_variant_unref);
  g_free (self->name);
  G_OBJECT_CLASS (served_unit_parent_class)->finalize (object);
}

static void
served_unit_class_init (ServedUnitClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = served_unit_finalize;
}

static void
served_unit_init (ServedUnit *self)
{
}

static gboolean linger, stubborn, mute, garbage;
static int status;

static const GOptionEntry options[] = {
  { "linger", 0, 0, G_OPTION_ARG_NONE, &linger, "stay when the connection is closed" },
  { "stubborn", 0, 0, G_OPTION_ARG_NONE, &stubborn, "stay when told to go as well" },
  { "mute", 0, 0, G_OPTION_ARG_NONE, &mute, "never serve" },
  { "garbage", 0, 0, G_OPTION_ARG_NONE, &garbage, "print before serving" },
  { "status", 0, 0, G_OPTION_ARG_INT, &status, "exit with that status at once" },
  G_OPTION_ENTRY_NULL
};

static gboolean
serve (char **names, GError **error)
{
  g_autoptr (GPtrArray) units = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; names[i] != NULL; i++)
    {
      ServedUnit *unit = g_object_new (SERVED_TYPE_UNIT, NULL);

      unit->name = g_strdup (names[i]);
      g_ptr_array_add (units, unit);
    }
  return state_unit_process_serve ((const char *const *) names, (StateUnit **) units->pdata,
                                   units->len, NULL, error);
}

static void
stay (void)
{
  for (;;)
    pause ();
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("NAME…");
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    g_error ("%s", error->message);
  if (status != 0)
    return status;
  if (stubborn)
    signal (SIGTERM, SIG_IGN);
  if (garbage)
    {
      g_print ("hello\r\nI am not what you think\r\n");
      stay ();
    }
  if (mute)
    stay ();
  if (!serve (argv + 1, &error))
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }
  if (linger || stubborn)
    stay ();
  return 0;
}
