/* SPDX-License-Identifier: MIT */

/* The values of options, read strictly. */

#include "option-values.h"

/* Always FALSE, for the caller to return. */
gboolean
option_fail (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_propagate_error (error,
                     g_error_new_valist (G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, format, args));
  va_end (args);
  return FALSE;
}

/* An option that was not given has no text, and leaves the number as it is. */
gboolean
option_parse_number (const char *option,
                     const char *text,
                     guint64 min,
                     guint64 max,
                     guint64 *number,
                     GError **error)
{
  if (text == NULL || g_ascii_string_to_unsigned (text, 10, min, max, number, NULL))
    return TRUE;
  return option_fail (error,
                      "--%s: \"%s\" is not a number from %" G_GUINT64_FORMAT
                      " to %" G_GUINT64_FORMAT,
                      option, text, min, max);
}

gboolean
option_parse_count (const char *option,
                    const char *text,
                    guint min,
                    guint max,
                    guint *count,
                    GError **error)
{
  guint64 number = *count;

  if (!option_parse_number (option, text, min, max, &number, error))
    return FALSE;
  *count = (guint) number;
  return TRUE;
}
