/* SPDX-License-Identifier: MIT */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/*
 * All that is left open in a case: each choice is a number below a limit, and 0 is the
 * dullest. Those given are taken first; then it is 0, or chance if there is a generator.
 * The choices made replay the case.
 */
typedef struct
{
  GArray *made;   /* of guint32 */
  GArray *limits; /* of guint32 */
  guint n_given;
  guint position;
  GRand *rand; /* nullable */
} Choices;

Choices *choices_new (void);
void choices_free (Choices *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Choices, choices_free)

guint choose (Choices *self, guint n);

void choices_again (Choices *self);
gboolean choices_next (Choices *self, guint *changed);
void choices_give (Choices *self, const guint32 *made, guint n);
void
choices_shrink (Choices *self, gboolean (*is_bad) (Choices *self, gpointer data), gpointer data);

char *choices_to_string (const Choices *self);
gboolean choices_from_string (Choices *self, const char *string);

G_END_DECLS
