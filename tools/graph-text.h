/* SPDX-License-Identifier: MIT */

#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* A file as JSON. */
typedef struct
{
  JsonParser *parser;
  GHashTable *repeating; /* set of JsonObject that have a member twice */
  GArray *n_members;     /* of the objects that are being parsed */
} GraphText;

GraphText *graph_text_new (const char *text, gsize length, GError **error);
void graph_text_free (GraphText *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GraphText, graph_text_free)

G_END_DECLS
