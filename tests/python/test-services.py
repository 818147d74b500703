#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The example with PostgreSQL, Redis and a guest book finds its data again, and leaves nothing.

usage: test-services.py EXAMPLE
"""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

EXAMPLE = sys.argv.pop(1)
SKIPPED = 77
PATIENCE = 100

NOTES = "'notes': ['It was lovely here.', 'The soup was cold.', 'We shall come again.']"


def find_missing():
    if not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")) and not shutil.which("initdb"):
        yield "postgresql"
    if not shutil.which("redis-server"):
        yield "redis-server"
    for module in "psycopg2", "redis":
        if importlib.util.find_spec(module) is None:
            yield f"python3-{module}"


class ServicesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="state-unit-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        # PostgreSQL's own user has to pass.
        self.folder.chmod(0o711)

    def begin(self, **environment):
        environment = {"TMPDIR": str(self.folder), "PYTHONUNBUFFERED": "1", **environment}
        self.process = subprocess.Popen(
            [sys.executable, "-X", "dev", EXAMPLE],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.addCleanup(self.tidy_up)

    def tidy_up(self):
        """After a test that failed: the example is to end its servers."""
        self.process.terminate()
        self.process.communicate()

    def end(self, status):
        printed, complaints = self.process.communicate(timeout=PATIENCE)
        self.assertEqual(self.process.returncode, status, printed + complaints)
        self.assertEqual(list(self.folder.iterdir()), [], "what is left of the folder")
        # That of a server that was killed notices it by itself.
        self.wait_for(lambda: not self.find_processes(""), "the processes left to end")
        return printed, complaints

    def wait_for(self, condition, what):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"waited for {what}")
            time.sleep(0.01)

    def find_processes(self, name):
        """Those that run in the folder and whose command line has the name."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if os.readlink(process / "cwd").startswith(str(self.folder)):
                    if name in (process / "cmdline").read_text(errors="replace"):
                        found.append(int(process.name))
        return found

    def interrupt(self, number):
        os.killpg(self.process.pid, number)
        self.assertIn("asyncio-services.py: interrupted", self.end(1)[1])

    def read_until(self, words):
        for line in self.process.stdout:
            if line.startswith(words):
                return
        self.fail(f"it did not print {words}: {self.process.stderr.read()}")

    def test_finds_its_data_again(self):
        self.begin()
        printed, _ = self.end(0)
        books = [line for line in printed.splitlines() if line.startswith("The guest book")]
        self.assertEqual(
            books,
            [
                f"The guest book: {{'visits': 3, {NOTES}}}",
                "The guest book: {'visits': 1, 'notes': []}",
                f"The guest book: {{'visits': 4, {NOTES}}}",
            ],
        )
        titles = [line.split(":")[0] for line in printed.splitlines() if line.endswith(" s")]
        self.assertEqual(
            titles, ["start", "save and resume", "reset and resume", "restore and resume", "stop"]
        )

    def test_interrupted_before_it_starts(self):
        self.begin()
        self.wait_for(lambda: self.find_processes("initdb"), "initdb")
        self.interrupt(signal.SIGINT)

    def test_interrupted_while_it_starts(self):
        self.begin()
        self.wait_for(lambda: self.find_processes("listen_addresses"), "PostgreSQL")
        self.interrupt(signal.SIGINT)

    def test_interrupted_twice(self):
        self.begin()
        self.read_until("The guest book")
        os.killpg(self.process.pid, signal.SIGINT)
        self.read_until("save and resume")
        self.interrupt(signal.SIGINT)

    def test_terminated_while_it_saves(self):
        self.begin()
        self.read_until("The guest book")
        self.interrupt(signal.SIGTERM)

    def test_a_server_dies(self):
        self.begin()
        self.wait_for(lambda: self.find_processes("redis-server"), "Redis")
        self.wait_for(lambda: list(self.folder.glob("*/redis/socket")), "Redis's socket")
        for process in self.find_processes("redis-server"):
            os.kill(process, signal.SIGKILL)
        _, complaints = self.end(1)
        self.assertIn("start failed: {redis: ", complaints)
        self.assertIn("it ended with status -9", complaints)

    def test_a_package_is_missing(self):
        self.begin(PATH="/nonexistent")
        _, complaints = self.end(1)
        self.assertIn("redis-server is not installed (apt-get install redis-server)", complaints)


if __name__ == "__main__":
    missing = " ".join(find_missing())
    if missing:
        print(f"skipped: not installed: {missing}")
        sys.exit(SKIPPED)
    unittest.main()
