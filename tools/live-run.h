/* SPDX-License-Identifier: MIT */

#pragma once

#include "command.h"

G_BEGIN_DECLS

CommandStatus live_start (int argc, char **argv);
CommandStatus live_stop (int argc, char **argv);
CommandStatus live_reset (int argc, char **argv);
CommandStatus live_save (int argc, char **argv);
CommandStatus live_restore (int argc, char **argv);

G_END_DECLS
