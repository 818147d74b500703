/* SPDX-License-Identifier: MIT */

#include "reasons.h"

#include "report-names.h"
#include "report.h"
#include "text.h"

void
reasons_init (Reasons *self)
{
  self->reasons = g_ptr_array_new ();
  self->names =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
}

void
reasons_clear (Reasons *self)
{
  g_clear_pointer (&self->reasons, g_ptr_array_unref);
  g_clear_pointer (&self->names, g_hash_table_unref);
}

void
reasons_add (Reasons *self, const char *reason, const char *name)
{
  GPtrArray *names = g_hash_table_lookup (self->names, reason);

  if (names == NULL)
    {
      char *key = g_strdup (reason);

      names = g_ptr_array_new_null_terminated (1, g_free, TRUE);
      g_ptr_array_add (self->reasons, key);
      g_hash_table_insert (self->names, key, names);
    }
  g_ptr_array_add (names, g_strdup (name));
}

/* Each reason with its names; or, if there is one name alone and it goes first, the
 * name with its reason. */
void
reasons_print (Reasons *self, gboolean lone_name_first)
{
  for (guint i = 0; i < self->reasons->len; i++)
    {
      const char *reason = g_ptr_array_index (self->reasons, i);
      g_autofree char *printable = text_printable (reason);
      g_autofree char *first = g_strconcat (printable, ":", NULL);
      GPtrArray *names = g_hash_table_lookup (self->names, reason);

      if (names->len == 1 && lone_name_first)
        {
          report_line ("  %s: %s", (const char *) g_ptr_array_index (names, 0), reason);
          continue;
        }
      report_names (first, (const char *const *) names->pdata, ", ");
    }
}
