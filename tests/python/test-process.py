#!/usr/bin/env python3
# SPDX-License-Identifier: MIT

"""Units in a process of their own, which is this program again: the seed's tests, with
every unit at the other end of a socket."""

import os
import signal
import sys
import unittest

import gi

gi.require_version("StateUnit", "1")
from gi.repository import GLib, GObject, StateUnit


class Served(GObject.Object, StateUnit.Unit):
    """Has a value, or nothing to save; one of them takes its time to restore."""

    def __init__(self, name):
        super().__init__()
        self.name = name
        self.value = None if name.startswith("empty") else 1
        self.restored = []

    def do_start(self, request):
        if self.value is not None:
            self.value += 1
        request.complete()

    def do_save(self, request):
        state = None if self.value is None else GLib.Variant("i", self.value)
        request.complete_with_state(state)

    def do_restore(self, request):
        self.value = request.get_state().unpack()
        order.append(self.name)
        if self.name == "c":
            GLib.timeout_add(100, self.answer, request)
        else:
            request.complete()

    def answer(self, request):
        request.complete()
        return GLib.SOURCE_REMOVE

    def do_inspect(self, request):
        tree = GLib.Variant("a{sv}", {"order": GLib.Variant("as", order)})
        request.complete_with_state(tree)

    def do_get_state_version(self):
        return 1, 1


order = []


def wait(begin, *args):
    """Runs an operation to its end, and returns its result."""
    results = []
    begin(*args, lambda source, result: results.append(result))
    while not results:
        GLib.MainContext.default().iteration(True)
    return results[0]


def run(units, operation, *args):
    result = wait(getattr(units, operation + "_async"), *args, None)
    return getattr(units, operation + "_finish")(result)


def spawn(*names):
    argv = [sys.executable, os.path.abspath(__file__), "--serve", *names]
    result = wait(StateUnit.UnitProcess.spawn_async, argv, None, None)
    return StateUnit.UnitProcess.spawn_finish(result)


class Processes(unittest.TestCase):
    def make(self, *names, **needs):
        process = spawn(*names)
        units = StateUnit.Units.new()
        for name in names:
            units.add_unit(name, process.get_unit(name), needs.get(name))
        self.assertEqual(process.list_units(), list(names))
        return process, units

    def end(self, process):
        self.assertTrue(process.end_finish(wait(process.end_async, None)))
        self.assertFalse(process.is_running())

    def test_state_change(self):
        process, units = self.make("a", "empty")
        run(units, "start")
        run(units, "stop")
        snapshot = run(units, "save")
        self.assertEqual(snapshot.list_names(), ["a"])
        self.assertEqual(snapshot.lookup("a").unpack(), 2)
        run(units, "start")
        run(units, "stop")
        run(units, "restore", snapshot)
        self.assertEqual(run(units, "save").lookup("a").unpack(), 2)
        self.end(process)

    def restored(self, units, name):
        result = wait(units.inspect_async, "", 0, 10000, None)
        return units.inspect_finish(result)[name]["order"]

    def test_dependencies(self):
        process, units = self.make("zzz", "aaa", aaa=["zzz"])
        run(units, "restore", run(units, "save"))
        self.assertEqual(self.restored(units, "aaa"), ["zzz", "aaa"])
        self.end(process)

    def test_dependency_without_saved_state(self):
        process, units = self.make("c", "empty", "a", empty=["c"], a=["empty"])
        run(units, "restore", run(units, "save"))
        self.assertEqual(self.restored(units, "a"), ["c", "a"])
        self.end(process)

    def test_killed(self):
        process, units = self.make("a")
        run(units, "start")
        os.kill(int(process.get_identifier()), signal.SIGKILL)
        while units.lookup("a").get_state() != StateUnit.UnitState.LOST:
            GLib.MainContext.default().iteration(True)
        with self.assertRaises(GLib.Error) as caught:
            run(units, "start")
        self.assertIn("was killed by signal 9 (Killed)", caught.exception.message)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        names = sys.argv[2:]
        StateUnit.UnitProcess.serve(names, [Served(name) for name in names])
    else:
        unittest.main()
