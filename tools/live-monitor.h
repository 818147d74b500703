/* SPDX-License-Identifier: MIT */

#pragma once

#include "command.h"

G_BEGIN_DECLS

CommandStatus live_monitor (int argc, char **argv);

G_END_DECLS
