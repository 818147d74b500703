/* SPDX-License-Identifier: MIT */

#include "choices.h"

Choices *
choices_new (void)
{
  Choices *self = g_new0 (Choices, 1);

  self->made = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->limits = g_array_new (FALSE, FALSE, sizeof (guint32));
  return self;
}

void
choices_free (Choices *self)
{
  g_array_unref (self->made);
  g_array_unref (self->limits);
  g_clear_pointer (&self->rand, g_rand_free);
  g_free (self);
}

guint
choose (Choices *self, guint n)
{
  guint32 choice = 0;

  g_assert (n > 0);
  if (self->position < self->n_given)
    choice = MIN (g_array_index (self->made, guint32, self->position), n - 1);
  else if (self->rand != NULL)
    choice = (guint32) g_rand_int_range (self->rand, 0, (gint32) n);

  if (self->position >= self->made->len)
    {
      g_array_set_size (self->made, self->position + 1);
      g_array_set_size (self->limits, self->position + 1);
    }
  g_array_index (self->made, guint32, self->position) = choice;
  g_array_index (self->limits, guint32, self->position) = n;
  self->position++;

  return choice;
}

/* The same case once more. */
void
choices_again (Choices *self)
{
  self->n_given = self->made->len;
  self->position = 0;
}

/* The next case after one that has been gone through; FALSE: that was the last. Tells which
 * choice is the first that differs. */
gboolean
choices_next (Choices *self, guint *changed)
{
  guint n = self->position;

  while (n > 0 && g_array_index (self->made, guint32, n - 1) + 1 >=
                      g_array_index (self->limits, guint32, n - 1))
    n--;
  if (n == 0)
    return FALSE;

  g_array_index (self->made, guint32, n - 1)++;
  g_array_set_size (self->made, n);
  g_array_set_size (self->limits, n);
  self->n_given = n;
  self->position = 0;
  *changed = n - 1;
  return TRUE;
}

void
choices_give (Choices *self, const guint32 *made, guint n)
{
  g_array_set_size (self->made, 0);
  g_array_append_vals (self->made, made, n);
  g_array_set_size (self->limits, n);
  self->n_given = n;
  self->position = 0;
}

/* Tries to do with fewer choices, and duller ones, as long as the case stays a bad one. It
 * goes on for half a minute at most. */
void
choices_shrink (Choices *self, gboolean (*is_bad) (Choices *self, gpointer data), gpointer data)
{
  g_autoptr (GArray) best = g_array_copy (self->made);
  gint64 end = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;
  gboolean again = TRUE;

  g_clear_pointer (&self->rand, g_rand_free);
  for (guint round = 0; again && round < 20; round++)
    {
      again = FALSE;
      for (guint size = 512; size > 0; size /= 2)
        for (guint i = 0; i + size <= best->len && g_get_monotonic_time () < end;
             i += MAX (size / 4, 1))
          for (guint dull = 0; dull < 2; dull++)
            {
              g_autoptr (GArray) less = g_array_copy (best);
              gboolean changes = !dull;

              for (guint j = i; dull && j < i + size; j++)
                {
                  changes = changes || g_array_index (less, guint32, j) != 0;
                  g_array_index (less, guint32, j) /= size == 1 ? 2 : G_MAXUINT32;
                }
              if (!dull)
                g_array_remove_range (less, i, size);
              choices_give (self, (guint32 *) (gpointer) less->data, less->len);
              if (!changes || !is_bad (self, data))
                continue;
              g_array_set_size (best, 0);
              g_array_append_vals (best, self->made->data, self->position);
              again = TRUE;
              if (i + size > best->len)
                break;
            }
    }
  choices_give (self, (guint32 *) (gpointer) best->data, best->len);
}

char *
choices_to_string (const Choices *self)
{
  GString *string = g_string_new (NULL);

  for (guint i = 0; i < self->position; i++)
    g_string_append_printf (string, "%s%u", i > 0 ? "." : "",
                            g_array_index (self->made, guint32, i));
  return g_string_free (string, FALSE);
}

gboolean
choices_from_string (Choices *self, const char *string)
{
  g_auto (GStrv) parts = g_strsplit (string, ".", -1);
  g_autoptr (GArray) made = g_array_new (FALSE, FALSE, sizeof (guint32));

  for (guint i = 0; parts[i] != NULL; i++)
    {
      guint64 number;
      guint32 choice;

      if (!g_ascii_string_to_unsigned (parts[i], 10, 0, G_MAXUINT32, &number, NULL))
        return FALSE;
      choice = (guint32) number;
      g_array_append_val (made, choice);
    }
  choices_give (self, (guint32 *) (gpointer) made->data, made->len);
  return TRUE;
}
