#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Stands in for a test that cannot be run here, and says why.
#
# usage: skipped.sh REASON

echo "skipped: $1"
exit 77
