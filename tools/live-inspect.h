/* SPDX-License-Identifier: MIT */

#pragma once

#include "command.h"

G_BEGIN_DECLS

CommandStatus live_inspect (int argc, char **argv);
CommandStatus live_set (int argc, char **argv);

G_END_DECLS
