/* SPDX-License-Identifier: MIT */

/* Colours on standard output, when it is a terminal and nobody said NO_COLOR. */

#include "colours.h"

#include <unistd.h>

static gboolean
has_colours (void)
{
  static int answer = -1;
  const char *no_color = g_getenv ("NO_COLOR");

  if (answer < 0)
    answer = isatty (STDOUT_FILENO) && (no_color == NULL || *no_color == '\0') &&
             g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;
  return answer;
}

static const char *
colour (const char *sequence)
{
  return has_colours () ? sequence : "";
}

const char *
colour_dim (void)
{
  return colour ("\033[2m");
}

const char *
colour_bold (void)
{
  return colour ("\033[1m");
}

const char *
colour_bad (void)
{
  return colour ("\033[31m");
}

const char *
colour_good (void)
{
  return colour ("\033[32m");
}

const char *
colour_end (void)
{
  return colour ("\033[0m");
}

const char *
colour_of_state (StateUnitState state)
{
  switch (state)
    {
    case STATE_UNIT_STATE_RUNNING:
      return colour_good ();
    case STATE_UNIT_STATE_STOPPED:
      return colour_dim ();
    case STATE_UNIT_STATE_FAILED:
    case STATE_UNIT_STATE_UNCERTAIN:
    case STATE_UNIT_STATE_LOST:
      return colour_bad ();
    case STATE_UNIT_STATE_STARTING:
    case STATE_UNIT_STATE_STOPPING:
    case STATE_UNIT_STATE_RESETTING:
    case STATE_UNIT_STATE_SAVING:
    case STATE_UNIT_STATE_RESTORING:
    case STATE_UNIT_STATE_POST_RESTORING:
    default:
      return colour ("\033[33m");
    }
}
