#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Units in Python on trial: the mixin of the conformance kit.

usage: test-testing.py HELLO_PY
"""

import asyncio
import importlib.util
import subprocess
import sys
import tempfile
import threading
import unittest

import gi

gi.require_version("StateUnit", "1")
gi.require_version("StateUnitTesting", "1")
from gi.repository import Gio, GLib, GObject, StateUnit, StateUnitTesting

Flags = StateUnitTesting.ConformanceFlags

HELLO = sys.argv.pop(1)
spec = importlib.util.spec_from_file_location("hello", HELLO)
hello = importlib.util.module_from_spec(spec)
spec.loader.exec_module(hello)


class TestHello(StateUnitTesting.UnitConformance, unittest.TestCase):
    """The example passes."""

    conformance_flags = Flags.SLOW

    def create_unit(self):
        return hello.Device("disk")


class TestHelloThreaded(StateUnitTesting.UnitConformance, unittest.TestCase):
    """So it does on a thread of its own."""

    conformance_flags = Flags.SLOW | Flags.THREADED

    def create_unit(self):
        return hello.Device("disk")


if hasattr(StateUnit, "BaseUnit"):

    class Drive(StateUnit.BaseUnit):
        starts = 0

        async def start(self):
            await asyncio.sleep(0.01)
            self.starts += 1

        async def stop(self):
            await asyncio.sleep(0)

        def save(self):
            return {"starts": self.starts}

        def restore(self, state):
            self.starts = int(state["starts"])

    class TestDrive(StateUnitTesting.UnitConformance, unittest.TestCase):
        """A unit whose methods are coroutines passes."""

        conformance_flags = Flags.SLOW

        def create_unit(self):
            return Drive()

    class TestDriveThreaded(TestDrive):
        conformance_flags = Flags.SLOW | Flags.THREADED


class Lamp(GObject.Object, StateUnit.Unit):
    """A unit that cannot stop twice, and does not restore its colour."""

    def __init__(self):
        super().__init__()
        self.runs = False
        self.colour = "white"

    def do_start(self, request):
        self.runs = True
        request.complete()

    def do_stop(self, request):
        if self.runs:
            self.runs = False
            request.complete()
        else:
            request.fail_literal(Gio.io_error_quark(), Gio.IOErrorEnum.FAILED, "it is dark")

    def do_save(self, request):
        request.complete_with_state(GLib.Variant("s", self.colour))

    def do_restore(self, request):
        request.complete()


class MixinTest(unittest.TestCase):
    def run_tests(self, unit_type, names, **attributes):
        """Runs tests of a class made for a type of units; returns what became of them."""
        attributes = {"create_unit": lambda self: unit_type(), **attributes}
        tests = type("Test", (StateUnitTesting.UnitConformance, unittest.TestCase), attributes)
        result = unittest.TestResult()
        for name in names:
            tests(name).run(result)
        return result

    def assert_fails(self, result, message):
        self.assertEqual(len(result.failures), 1, result)
        self.assertIn(message, result.failures[0][1])

    def test_failure(self):
        result = self.run_tests(Lamp, ["test_stop_is_idempotent"])
        self.assert_fails(result, "but a second stop failed: it is dark")
        self.assertIn("Lamp fails stop-is-idempotent: ", result.failures[0][1])

    def test_change(self):
        def change_unit(self, unit):
            unit.colour += "ish"

        name = "test_restore_gives_saved_state"
        result = self.run_tests(Lamp, [name])
        self.assertEqual(len(result.skipped), 1)
        self.assertIn("nothing that was tried changed what it saves", result.skipped[0][1])
        result = self.run_tests(Lamp, [name], change_unit=change_unit)
        self.assert_fails(result, "but what it saves went from 'whiteish' to 'whiteishish'")

    def test_cases_left_out(self):
        def tests_of(flags):
            class Test(StateUnitTesting.UnitConformance):
                conformance_flags = flags

            return {name for name in dir(Test) if name.startswith("test") and getattr(Test, name)}

        for flags in Flags.NONE, Flags.NO_SAVE, Flags.NO_RESET | Flags.NO_RESTORE:
            cases = StateUnitTesting.Conformance.new(flags, lambda *_: None).list_cases()
            self.assertEqual(tests_of(flags), {"test_" + name.replace("-", "_") for name in cases})
        self.assertNotIn("test_cancel_reset", tests_of(Flags.NO_RESET))

    def test_create_unit_raises(self):
        def create_unit(self):
            raise OSError("no more units")

        result = self.run_tests(Lamp, ["test_cancel_stop"], create_unit=create_unit)
        self.assertEqual(len(result.errors), 1)
        self.assertIn("OSError: no more units", result.errors[0][1])

    def test_change_unit_raises(self):
        def change_unit(self, unit):
            raise OSError("no other contents")

        name = "test_restore_gives_saved_state"
        result = self.run_tests(Lamp, [name], change_unit=change_unit)
        self.assertEqual(len(result.errors), 1)
        self.assertIn("OSError: no other contents", result.errors[0][1])

    def test_time_limit(self):
        class Waiting(GObject.Object, StateUnit.Unit):
            def do_start(self, request):
                waiting.append(request)

        waiting = []
        name = "test_requests_answered_once"
        result = self.run_tests(Waiting, [name], conformance_time_limit=0.5)
        self.assert_fails(result, "but start was not answered within 500 ms")

    def test_answers_twice(self):
        class Twice(GObject.Object, StateUnit.Unit):
            def do_reset(self, request):
                request.complete()
                request.complete()

        result = self.run_tests(Twice, ["test_requests_answered_once"])
        self.assert_fails(result, "but reset was answered twice")

    def test_drops(self):
        class Dropping(GObject.Object, StateUnit.Unit):
            def do_stop(self, request):
                pass

        result = self.run_tests(Dropping, ["test_requests_answered_once"])
        self.assert_fails(result, "but stop was dropped without an answer")

    def test_blocks(self):
        class Blocking(GObject.Object, StateUnit.Unit):
            def do_start(self, request):
                lock.wait()

        lock = threading.Event()
        result = self.run_tests(
            Blocking,
            ["test_requests_answered_once"],
            conformance_flags=Flags.THREADED,
            conformance_time_limit=0.5,
        )
        lock.set()
        self.assert_fails(result, "but start was not answered within 500 ms")


PYTEST = """
import gi
gi.require_version("StateUnitTesting", "1")
from gi.repository import GObject, StateUnit, StateUnitTesting

class Nothing(GObject.Object, StateUnit.Unit):
    pass

class TestNothing(StateUnitTesting.UnitConformance):
    conformance_flags = StateUnitTesting.ConformanceFlags.NO_RESET
    def create_unit(self):
        return Nothing()
"""


@unittest.skipUnless(importlib.util.find_spec("pytest"), "needs pytest")
class PytestTest(unittest.TestCase):
    def test_plain_class(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(folder + "/test_nothing.py", "w") as file:
                file.write(PYTEST)
            run = subprocess.run(
                [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder],
                stdout=subprocess.PIPE,
                text=True,
            )
        # There is nothing to restore.
        self.assertIn("7 passed, 2 skipped", run.stdout)
        self.assertEqual(run.returncode, 0)


if __name__ == "__main__":
    unittest.main()
