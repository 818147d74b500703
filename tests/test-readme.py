#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What README.md shows is what there is.

usage: test-readme.py SOURCE_ROOT
"""

import re
import sys
from pathlib import Path

root = Path(sys.argv[1])
readme = (root / "README.md").read_text()
problems = []

# The programs it shows are the examples, to the letter.
blocks = re.findall(r"^```(\w+)\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
for language, name in ("c", "hello.c"), ("python", "hello.py"):
    text = (root / "examples" / name).read_text()
    shown = [block for found, block in blocks if found == language]
    if shown != [text]:
        problems.append(f"the {language} program in README.md is not examples/{name}")

# Its table of packages lists those that are installed.
script = (root / "scripts" / "install-dependencies").read_text()
lists = re.findall(r"^(?:demo|test|ci)='([^']*)'$", script, re.MULTILINE)
installed = [package for words in lists for package in words.split()]
section = readme.split("\n## Dependencies\n")[1].split("\n## ")[0]
rows = re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)
listed = [package for row in rows for package in re.findall(r"`([^`]+)`", row)]
if sorted(installed) != sorted(listed):
    differing = ", ".join(sorted(set(installed) ^ set(listed))) or "one twice"
    problems.append(f"README.md and scripts/install-dependencies differ: {differing}")

# The files it links to exist.
for target in re.findall(r"\]\(([^)#:]+)\)", readme):
    if not (root / target).exists():
        problems.append(f"README.md links to {target}, which does not exist")

sys.exit("\n".join(problems) or 0)
