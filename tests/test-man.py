#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A manual page is formatted without a warning.

usage: test-man.py GROFF PAGE
"""

import subprocess
import sys

groff, page = sys.argv[1:]
complaints = subprocess.run(
    [groff, "-man", "-Tutf8", "-ww", "-z", page],
    check=True,
    stderr=subprocess.PIPE,
    text=True,
).stderr
sys.exit(complaints or 0)
