#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The library exports what its introspection data describes, and no more.

usage: test-symbols.py NM LIBRARY GIR
"""

import subprocess
import sys
import xml.etree.ElementTree as ET

C = "{http://www.gtk.org/introspection/c/1.0}"
GLIB = "{http://www.gtk.org/introspection/glib/1.0}"

nm, library, gir = sys.argv[1:]

listing = subprocess.run(
    [nm, "--dynamic", "--defined-only", "--format=posix", library],
    check=True,
    capture_output=True,
    text=True,
).stdout
exported = {line.split()[0].split("@")[0] for line in listing.splitlines()}

described = set()
for element in ET.parse(gir).iter():
    described.add(element.get(C + "identifier"))
    described.add(element.get(GLIB + "get-type"))
# Values of enumerations and constants carry an identifier as well.
described = {name for name in described if name and name.islower()}

problems = [f"{name} is exported and not described" for name in exported - described]
problems += [f"{name} is described and not exported" for name in described - exported]
if not exported:
    problems.append("nothing is exported")
sys.exit("\n".join(sorted(problems)) or 0)
