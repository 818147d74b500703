/* SPDX-License-Identifier: MIT */

#pragma once

#include "shape.h"

G_BEGIN_DECLS

gboolean shape_file_read (Shape *shape, GArray *dependents, GArray *dependencies, GError **error);

G_END_DECLS
