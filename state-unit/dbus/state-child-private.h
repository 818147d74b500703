/* SPDX-License-Identifier: MIT */

#pragma once

#include "state-remote-peer-private.h"
#include "state-unit-process-options-private.h"

G_BEGIN_DECLS

/* One run of a program that serves units: from its start until it has exited. Belongs to
 * the main context that was thread-default when it was started, and lives on there until
 * the process is gone, whoever has let go of it. */
typedef struct _StateChild StateChild;

typedef struct
{
  /* It serves these: a(souu). Once, before ended. */
  void (*serves) (gpointer owner, GVariant *units);
  /* It has exited, and everything it sent has been taken. Once. @why: in words
   * @failed: it was not with the status 0 */
  void (*ended) (gpointer owner, const char *why, gboolean failed);
} StateChildFuncs;

StateChild *state_child_start (const char *const *argv,
                               StateUnitProcessOptions *options,
                               const StateChildFuncs *funcs,
                               gpointer owner,
                               GError **error);
/* The owner hears no more of it. If it has not exited, it is killed. */
void state_child_let_go (StateChild *self);

const char *state_child_get_identifier (StateChild *self);
/* Once it serves. */
StateRemotePeer *state_child_get_peer (StateChild *self);

/* Closes the connection, and goes on from there. */
void state_child_end (StateChild *self);
void state_child_kill (StateChild *self);

/* Where a process tells which units it serves. */
#define STATE_PROCESS_PATH "/org/stateunit/Process"
/* The inode of the socket that a process was started with. */
#define STATE_PROCESS_VARIABLE "STATE_UNIT_SOCKET"

/* Logs what a process writes, line by line, until it ends. */
void state_child_log_lines (GInputStream *stream, const char *name);

G_END_DECLS
