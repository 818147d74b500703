/* SPDX-License-Identifier: MIT */

#include "state-name-private.h"

#include "state-error.h"

static const char *const fields[] = {
  STATE_FIELD_UNIT_STATE, STATE_FIELD_DEPENDENCIES, STATE_FIELD_DEPENDENTS,    STATE_FIELD_ERROR,
  STATE_FIELD_WAITING_ON, STATE_FIELD_UNRESOLVED,   STATE_FIELD_INSPECT_ERROR, NULL,
};

gboolean
state_name_is_field (const char *part)
{
  return g_strv_contains (fields, part);
}

gboolean
state_name_check (const char *name, GError **error)
{
  g_auto (GStrv) parts = NULL;

  if (!g_utf8_validate (name, -1, NULL))
    {
      g_autofree char *shown = g_utf8_make_valid (name, -1);

      g_set_error (error, STATE_ERROR, STATE_ERROR_INVALID_NAME,
                   "invalid unit name %s: it is not UTF-8", shown);
      return FALSE;
    }
  parts = g_strsplit (name, "/", -1);
  if (parts[0] == NULL)
    {
      g_set_error_literal (error, STATE_ERROR, STATE_ERROR_INVALID_NAME,
                           "invalid unit name: it is empty");
      return FALSE;
    }
  for (gsize i = 0; parts[i] != NULL; i++)
    {
      if (*parts[i] == '\0')
        {
          g_set_error (error, STATE_ERROR, STATE_ERROR_INVALID_NAME,
                       "invalid unit name %s: a part between / is empty", name);
          return FALSE;
        }
      if (i > 0 && state_name_is_field (parts[i]))
        {
          g_set_error (error, STATE_ERROR, STATE_ERROR_INVALID_NAME,
                       "invalid unit name %s: %s is what a set tells of each unit", name, parts[i]);
          return FALSE;
        }
    }
  return TRUE;
}
