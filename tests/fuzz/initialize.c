/* SPDX-License-Identifier: MIT */

#include "fuzz.h"

/* No input may lead to a critical: those are for the mistakes of programs. */
int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING);
  return 0;
}
