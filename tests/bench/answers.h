/* SPDX-License-Identifier: MIT */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

void answers_attach (void);
void answers_detach (void);
void answers_push (GDestroyNotify answer, gpointer data);

G_END_DECLS
