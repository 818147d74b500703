#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Adds up the tests of the logs given, which meson writes as meson-logs/*.json.

usage: totals.py LOG…

What did not pass is shown again, with the end of its output: it is found at the
end of a long log. Fails when there is such a test, or no record of a run.
"""

import json
import sys
from collections import Counter
from pathlib import Path

KINDS = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}
LINES_SHOWN = 60


def show(log, test):
    print(f"== {log}: {test['name']}: {test['result']}, exit status {test['returncode']}")
    for stream in ("stdout", "stderr"):
        lines = test.get(stream, "").splitlines()
        if lines:
            print(f"-- the end of {stream}")
            print("\n".join(lines[-LINES_SHOWN:]))


totals = Counter(passed=0, failed=0)
for log in map(Path, sys.argv[1:]):
    if not log.exists():
        print(f"no tests were run: there is no {log}", file=sys.stderr)
        totals["failed"] += 1
        continue
    for test in map(json.loads, log.read_text().splitlines()):
        kind = KINDS.get(test["result"], "failed")
        totals[kind] += 1
        if kind == "failed":
            show(log, test)

print(", ".join(f"{count} {kind}" for kind, count in totals.items()))
sys.exit(totals["failed"] > 0)
