#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A process that saves a snapshot is killed at each of its system calls.

usage: test-snapshot-killed.py STRACE PROGRAM

PROGRAM is test-snapshot-faults, which kills itself at those calls that it knows;
here it is the kernel that counts, and every call is one.
"""

import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

STRACE, PROGRAM = sys.argv[1:]
SKIP = 77
NEVER = "0"


def run(*options, filename, generation):
    """Saves in a process under strace; returns its status."""
    command = [PROGRAM, "--killed", filename, NEVER, "0", "sync", generation]
    return subprocess.run([STRACE, *options, *command], stderr=subprocess.DEVNULL).returncode


def list_calls(folder, filename):
    """What is called from just before the folder is opened on: names, and which
    of the calls of that name it is."""
    trace = Path(folder, "trace")
    if run("-o", trace, filename=filename, generation="1") != 0:
        print("a process cannot be traced here")
        sys.exit(SKIP)

    calls = []
    counts = Counter()
    first = None
    for line in trace.read_text().splitlines():
        if call := re.match(r"(\w+)\(", line):
            name = call[1]
            counts[name] += 1
            calls.append((name, counts[name]))
            if first is None and str(folder) in line and name != "execve":
                first = len(calls)
    trace.unlink()
    return calls[first - 3 :]


with tempfile.TemporaryDirectory() as folder:
    saved = Path(folder, "saved")
    saved.mkdir()
    filename = saved / "machine.snapshot"
    calls = list_calls(saved, filename)
    new = filename.read_bytes()
    run("-o", "/dev/null", filename=filename, generation="0")
    old = filename.read_bytes()
    assert old != new

    kills = Counter()
    for name, nth in calls:
        for file in saved.iterdir():
            file.unlink()
        filename.write_bytes(old)
        status = run("-o", "/dev/null", "-e", f"inject={name}:signal=KILL:when={nth}",
                     filename=filename, generation="1")
        contents = filename.read_bytes()
        where = f"{name} {nth}"
        if status == 0:
            assert contents == new, f"{where}: not killed, and not the new one"
        else:
            assert status in (-9, 137), f"{where}: status {status}"
            assert contents in (old, new), f"{where}: neither old nor new"
            kills[name] += 1

    print(f"{kills.total()} kills survived: {dict(kills)}")
    assert {"openat", "write", "fsync", "close", "rename"} <= kills.keys()
