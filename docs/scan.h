/* SPDX-License-Identifier: MIT */

/* Read before the program that gtk-doc writes to scan the types. It would warn
 * of each property without a blurb, although their documentation stands in the
 * sources: whether all have one is seen there. */

#pragma once

#include <glib-object.h>

#define g_param_spec_get_blurb(pspec) ""
