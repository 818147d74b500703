/* SPDX-License-Identifier: MIT */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Names, together with the others to which the same reason applies. */
typedef struct
{
  GPtrArray *reasons; /* of char*, in the order in which they came */
  GHashTable *names;  /* of reason to GPtrArray of char* */
} Reasons;

void reasons_init (Reasons *self);
void reasons_clear (Reasons *self);
void reasons_add (Reasons *self, const char *reason, const char *name);
void reasons_print (Reasons *self, gboolean lone_name_first);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reasons, reasons_clear)

G_END_DECLS
