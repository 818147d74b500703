#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A meson project that has this one as a subproject is built, and run.

usage: test-subproject.py MESON SOURCE_ROOT
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

meson, source = sys.argv[1:]


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


with tempfile.TemporaryDirectory(prefix="state-unit-") as folder:
    project = Path(folder, "consumer")
    shutil.copytree(Path(source, "tests", "consumer"), project)
    (project / "subprojects").mkdir()
    (project / "subprojects" / "state-unit").symlink_to(source)

    build = project / "_build"
    run(
        meson,
        "setup",
        str(build),
        str(project),
        "--wrap-mode=forcefallback",
        "-Dstate-unit:introspection=false",
        "-Dstate-unit:vapi=false",
    )
    run(meson, "compile", "-C", str(build))
    answer = run(str(build / "consumer"))
    assert answer == "power is running\n", answer
