#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the folder below PREFIX in which this Python's PyGObject looks for overrides.

usage: find-overrides-dir.py PREFIX
"""

import sys
import sysconfig
from pathlib import Path

import gi

prefix = Path(sys.argv[1])
own = Path(gi._overridesdir)
# PyGObject looks in gi/overrides below each folder of the path.
folders = [own] + [Path(folder) / "gi" / "overrides" for folder in sys.path if folder]
below = [folder for folder in folders if folder.is_relative_to(prefix)]
if below:
    print(below[0])
else:
    purelib = sysconfig.get_path("purelib", "posix_prefix", vars={"base": str(prefix)})
    print(Path(purelib) / "gi" / "overrides")
