/* SPDX-License-Identifier: MIT */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* System calls on the files of one directory, which fail when they are told to:
 * see file-faults.c. */

typedef enum
{
  FILE_FAULT_NONE,
  FILE_FAULT_KILLED,   /* the process ends before the call */
  FILE_FAULT_FAILS,    /* that call does, with the code */
  FILE_FAULT_FAILS_ON, /* that one, and those that follow */
} FileFault;

typedef struct
{
  const char *directory;
  FileFault fault;
  guint at;    /* the number of the call, from 1 on */
  int code;    /* errno */
  gsize piece; /* how much is read or written at once; 0: all of it */
} FileFaults;

/* From now on; NULL: no more. Not while files are in use. */
void file_faults_set (const FileFaults *faults);

/* The calls since then, and what they were: "open write fsync". */
guint file_faults_get_n_calls (void);
char *file_faults_dup_calls (void);

G_END_DECLS
