#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The reference is built without a warning.

usage: test-docs.py NINJA BUILD_ROOT GLIB_DOCS
"""

import re
import subprocess
import sys
from pathlib import Path

ninja, build, glib_docs = sys.argv[1:]
output = subprocess.run(
    [ninja, "-C", build, "state-unit-doc"],
    stdout=subprocess.PIPE,
    stderr=subprocess.STDOUT,
    text=True,
)
warnings = [line for line in output.stdout.splitlines() if "warning" in line.lower()]

# Where GLib's reference is missing, or is not of gtk-doc's making, only the
# links to the library's own names can be checked.
if not Path(glib_docs, "glib", "glib.devhelp2").exists():
    foreign = re.compile(r'no link for: "(?!state)', re.IGNORECASE)
    warnings = [line for line in warnings if not foreign.search(line)]

if output.returncode != 0 or warnings:
    sys.exit("\n".join(warnings) or output.stdout)
