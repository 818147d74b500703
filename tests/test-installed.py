#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Programs are compiled against the installed libraries with pkg-config, and run; another in Python.

usage: test-installed.py MESON BUILD_ROOT PYTHON CONSUMER_C CONSUMER_TEST_C COMPILER…
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

meson, build, python, source, test_source = sys.argv[1:6]
compiler = sys.argv[6:]


def run(*command, **kwargs):
    return subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, **kwargs
    ).stdout


with tempfile.TemporaryDirectory(prefix="state-unit-") as folder:
    root = Path(folder)
    # The reference is built anew by each installation, and not needed here.
    tags = "runtime,devel,typelib,man,python-runtime"
    run(meson, "install", "-C", build, "--no-rebuild", "--destdir", folder, "--tags", tags)

    (config,) = root.rglob("state-unit-1.pc")
    libdir = config.parent.parent
    (prefix,) = (
        line.removeprefix("prefix=")
        for line in config.read_text().splitlines()
        if line.startswith("prefix=")
    )
    # The files stand below a folder for staging, as in a package's build.
    for config in config.parent.glob("state-unit*.pc"):
        staged = config.read_text().replace(f"prefix={prefix}", f"prefix={folder}{prefix}", 1)
        config.write_text(staged)

    def compile_and_run(package, program_source):
        env = dict(os.environ, PKG_CONFIG_PATH=str(config.parent))
        flags = run("pkg-config", "--cflags", "--libs", package, env=env).split()
        program = root / "program"
        run(*compiler, "-Wall", "-Werror", program_source, "-o", str(program), *flags)
        return run(str(program), env=dict(os.environ, LD_LIBRARY_PATH=str(libdir)))

    answer = compile_and_run("state-unit-1", source)
    assert answer == "power is running\n", answer
    answer = compile_and_run("state-unit-testing-1", test_source)
    assert "ok 2 /fan/conformance/stop-is-idempotent" in answer, answer

    installed = {path.name for path in root.rglob("*") if not path.is_dir()}
    for name in (
        "StateUnit-1.gir",
        "StateUnit-1.typelib",
        "StateUnitTesting-1.gir",
        "StateUnitTesting-1.typelib",
        "state-unit",
        "state-unit.1",
        "openvmm-vm-graph.json",
        "StateUnit.py",
        "StateUnit.pyi",
    ):
        assert name in installed, f"{name} is not installed"
    # PyGObject finds the overrides below a folder of Python's path.
    (overrides,) = root.rglob("gi/overrides/StateUnit.py")
    (typelib,) = root.rglob("StateUnit-1.typelib")
    hello = run(
        python,
        "-c",
        "from gi.repository import StateUnit; print(StateUnit.Units().run('inspect'))",
        env=dict(
            os.environ,
            GI_TYPELIB_PATH=str(typelib.parent),
            LD_LIBRARY_PATH=str(libdir),
            PYTHONPATH=str(overrides.parents[2]),
        ),
    )
    assert hello == "{}\n", hello

    private = [name for name in installed if name.endswith("-private.h")]
    assert not private, f"{private} are installed"
