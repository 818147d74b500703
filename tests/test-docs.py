#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The reference is built without a warning.

usage: test-docs.py NINJA BUILD_ROOT
"""

import subprocess
import sys

ninja, build = sys.argv[1:]
output = subprocess.run(
    [ninja, "-C", build, "state-unit-doc"],
    stdout=subprocess.PIPE,
    stderr=subprocess.STDOUT,
    text=True,
)
warnings = [line for line in output.stdout.splitlines() if "warning" in line.lower()]
if output.returncode != 0 or warnings:
    sys.exit("\n".join(warnings) or output.stdout)
