/* SPDX-License-Identifier: MIT */

#include "state-name-private.h"

#include "engine/names.h"
#include "state-error.h"

#include <string.h>

static const char *const fields[] = {
  STATE_FIELD_UNIT_STATE, STATE_FIELD_DEPENDENCIES, STATE_FIELD_DEPENDENTS,    STATE_FIELD_ERROR,
  STATE_FIELD_WAITING_ON, STATE_FIELD_UNRESOLVED,   STATE_FIELD_INSPECT_ERROR, NULL,
};

static gboolean
is_field (const char *part, gsize length)
{
  for (guint i = 0; fields[i] != NULL; i++)
    if (strncmp (fields[i], part, length) == 0 && fields[i][length] == '\0')
      return TRUE;
  return FALSE;
}

gboolean
state_name_is_field (const char *part)
{
  return is_field (part, strlen (part));
}

/* A part of a name; the first one may be called as it likes. */
static gboolean
check_part (const char *name, const char *part, gsize length, GError **error)
{
  if (length == 0)
    {
      g_set_error (error, STATE_ERROR, STATE_ERROR_INVALID_NAME,
                   "invalid unit name %s: a part between / is empty", name);
      return FALSE;
    }
  if (part != name && is_field (part, length))
    {
      g_set_error (error, STATE_ERROR, STATE_ERROR_INVALID_NAME,
                   "invalid unit name %s: %.*s is what a set tells of each unit", name,
                   (int) length, part);
      return FALSE;
    }
  return TRUE;
}

StateNameFacts
state_name_read (const char *name)
{
  guint32 hash = STATE_NAMES_HASH;
  gboolean has_parts = FALSE;
  guchar bits = 0;
  const char *c;

  for (c = name; *c != '\0'; c++)
    {
      hash = state_names_hash_next (hash, *c);
      has_parts |= *c == '/';
      bits |= *c;
    }
  return (StateNameFacts){
    state_names_hash_end (hash),
    (guint32) (c - name) + 1,
    c > name && !has_parts && bits < 0x80,
  };
}

gboolean
state_name_check (const char *name, GError **error)
{
  if (!g_utf8_validate (name, -1, NULL))
    {
      g_autofree char *shown = g_utf8_make_valid (name, -1);

      g_set_error (error, STATE_ERROR, STATE_ERROR_INVALID_NAME,
                   "invalid unit name %s: it is not UTF-8", shown);
      return FALSE;
    }
  if (*name == '\0')
    {
      g_set_error_literal (error, STATE_ERROR, STATE_ERROR_INVALID_NAME,
                           "invalid unit name: it is empty");
      return FALSE;
    }
  for (const char *part = name;;)
    {
      gsize length = strcspn (part, "/");

      if (!check_part (name, part, length, error))
        return FALSE;
      if (part[length] == '\0')
        return TRUE;
      part += length + 1;
    }
}
