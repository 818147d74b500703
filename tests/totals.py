#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Adds up the tests that meson ran last in the build folders given.

usage: totals.py BUILD_ROOT…

Fails when one of them did not pass, or when there is no record of a run.
"""

import json
import sys
from collections import Counter
from pathlib import Path

KINDS = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}

totals = Counter(passed=0, failed=0)
for build in sys.argv[1:]:
    log = Path(build, "meson-logs", "testlog.json")
    if not log.exists():
        print(f"no tests were run in {build}", file=sys.stderr)
        totals["failed"] += 1
        continue
    for line in log.read_text().splitlines():
        totals[KINDS.get(json.loads(line)["result"], "failed")] += 1

print(", ".join(f"{count} {kind}" for kind, count in totals.items()))
sys.exit(totals["failed"] > 0)
