#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The umbrella header includes every public header, and nothing else.

usage: test-umbrella.py UMBRELLA HEADER…
"""

import re
import sys
from pathlib import Path

umbrella = Path(sys.argv[1])
# The version is included by the header of its macros.
public = {Path(name).name for name in sys.argv[2:]} - {umbrella.name}
included = set(re.findall(r'^#include "(.*)"$', umbrella.read_text(), re.MULTILINE))

exporting = {
    path.name
    for path in umbrella.parent.rglob("*.h")
    if re.search(r"^STATE_(UNIT_TESTING_)?AVAILABLE_IN_ALL$", path.read_text(), re.MULTILINE)
}

problems = []
problems += [f"{name} is public and not in {umbrella.name}" for name in public - included]
problems += [f"{name} is in {umbrella.name} and not public" for name in included - public]
problems += [f"{name} exports functions and is not public" for name in exporting - public]
sys.exit("\n".join(sorted(problems)) or 0)
