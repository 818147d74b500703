/* SPDX-License-Identifier: MIT */

#include "trial-log-private.h"

#include <string.h>

/* A second answer is known by the critical message of the library, which is kept from
 * ending the program. One case runs at a time. */

#define LIBRARY "state-unit"

static GMutex lock; /* for what follows */
static GPtrArray *twice;
static guint handler;
static const char *name; /* of the case */

/* The operation, if the message says that a request was answered twice. */
static char *
answered_twice (const char *domain, const char *message)
{
  const char *end = strstr (message, " request of unit ");

  if (g_strcmp0 (domain, LIBRARY) != 0 || !g_str_has_prefix (message, "The ") || end == NULL ||
      strstr (end, " was answered twice") == NULL)
    return NULL;
  return g_strndup (message + strlen ("The "), end - message - strlen ("The "));
}

static void
on_critical (const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
  char *operation = answered_twice (domain, message);

  if (operation == NULL)
    {
      g_log_default_handler (domain, level, message, NULL);
      return;
    }
  g_mutex_lock (&lock);
  g_ptr_array_add (twice, operation);
  g_mutex_unlock (&lock);
}

/* Called when the message has been handled; FALSE: the program goes on. */
static gboolean
is_fatal (const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
  g_autofree char *operation = answered_twice (domain, message);

  if (operation == NULL)
    g_printerr ("The program ends here, in the course of %s: a unit must not log what ends it\n",
                name);
  return operation == NULL;
}

void
trial_log_begin (const char *name_of_case)
{
  g_mutex_lock (&lock);
  twice = g_ptr_array_new_with_free_func (g_free);
  g_mutex_unlock (&lock);
  name = name_of_case;
  handler = g_log_set_handler (LIBRARY, G_LOG_LEVEL_CRITICAL | G_LOG_FLAG_FATAL, on_critical, NULL);
  g_test_log_set_fatal_handler (is_fatal, NULL);
}

void
trial_log_end (void)
{
  g_test_log_set_fatal_handler (NULL, NULL);
  g_log_remove_handler (LIBRARY, handler);
  g_mutex_lock (&lock);
  g_clear_pointer (&twice, g_ptr_array_unref);
  g_mutex_unlock (&lock);
}

char **
trial_log_dup_twice (void)
{
  g_autoptr (GStrvBuilder) operations = g_strv_builder_new ();

  g_mutex_lock (&lock);
  for (guint i = 0; i < twice->len; i++)
    g_strv_builder_add (operations, g_ptr_array_index (twice, i));
  g_mutex_unlock (&lock);
  return g_strv_builder_end (operations);
}
