#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The tests in Python, with PyGObject 3.50, which is built into a virtual environment.

Skipped where it cannot be had.

usage: test-newer.py FOLDER TEST…
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

folder, tests = Path(sys.argv[1]), sys.argv[2:]
python = folder / "bin" / "python"
built = folder / "built"

SKIPPED = 77
STEPS = (
    ["-m", "pip", "install", "--quiet", "--upgrade", "pip", "meson-python", "meson", "ninja"],
    [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-build-isolation",
        "--no-deps",
        "-Csetup-args=-Dpycairo=disabled",
        "-Csetup-args=-Dtests=false",
        "pygobject>=3.50,<3.51",
    ],
)


def build():
    """False: it cannot be had here."""
    if built.exists():
        return True
    shutil.rmtree(folder, ignore_errors=True)
    env = {name: value for name, value in os.environ.items() if name in ("HOME", "LANG", "PATH")}
    env |= {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    env |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    env["PATH"] = f"{folder / 'bin'}:{env.get('PATH', '')}"
    try:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, env=env)
        for step in STEPS:
            subprocess.run([python, *step], check=True, env=env)
    except subprocess.CalledProcessError as error:
        print(error)
        return False
    built.touch()
    return True


if not build():
    sys.exit(SKIPPED)

subprocess.run([python, "-c", "import gi; print('PyGObject', gi.__version__)"], check=True)
failed = [
    test
    for test in tests
    if subprocess.run([python, "-X", "dev", test], stdout=sys.stdout, check=False).returncode
]
sys.exit(f"failed: {', '.join(failed)}" if failed else 0)
