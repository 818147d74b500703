/* SPDX-License-Identifier: MIT */

#pragma once

#include "command.h"

G_BEGIN_DECLS

CommandStatus live_explain (int argc, char **argv);
CommandStatus live_plot (int argc, char **argv);

G_END_DECLS
