#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The tests that come with OpenVMM's crate, in Python."""

import unittest

import gi

gi.require_version("StateUnit", "1")
from gi.repository import GLib, GObject, StateUnit


class Unit(GObject.Object, StateUnit.Unit):
    """A unit with one value, which is its state if it has any."""

    def __init__(self, value=False, has_state=False, restored=None, delay=0):
        super().__init__()
        self.value = value
        self.has_state = has_state
        self.restored = [] if restored is None else restored
        self.delay = delay

    def do_save(self, request):
        state = GLib.Variant("b", self.value) if self.has_state else None
        request.complete_with_state(state)

    def do_restore(self, request):
        GLib.timeout_add(self.delay, self.restore, request)

    def restore(self, request):
        self.value = request.get_state().get_boolean()
        self.restored.append(request.get_unit_name())
        request.complete()
        return GLib.SOURCE_REMOVE


class SeedTest(unittest.TestCase):
    def setUp(self):
        self.units = StateUnit.Units.new()

    def run_to_end(self, operation, *args):
        results = []
        begin = getattr(self.units, operation + "_async")
        begin(*args, None, lambda units, result: results.append(result))
        self.assertEqual(results, [], f"{operation} called back before it returned")
        while not results:
            GLib.MainContext.default().iteration(True)
        return getattr(self.units, operation + "_finish")(results[0])

    def states(self):
        return {
            handle.get_name(): handle.get_state().value_nick
            for handle in self.units
        }

    def test_state_change(self):
        a = Unit(value=True, has_state=True)
        self.units.add_unit("a", a, None)
        self.units.add_unit("b", Unit(), None)
        self.run_to_end("start")
        self.assertTrue(self.units.is_running())

        self.units.add_unit("c", Unit(), None)
        self.assertEqual(self.states(), {"a": "running", "b": "running", "c": "stopped"})
        self.run_to_end("stop")
        self.run_to_end("start")
        self.assertEqual(self.states(), {"a": "running", "b": "running", "c": "running"})
        self.run_to_end("stop")
        self.assertFalse(self.units.is_running())

        snapshot = self.run_to_end("save")
        self.assertEqual(snapshot.list_names(), ["a"])
        a.value = False
        self.run_to_end("restore", snapshot)
        self.assertTrue(a.value, "a has its saved value again")

    def test_dependencies(self):
        restored = []
        zzz = Unit(value=True, has_state=True, restored=restored, delay=20)
        aaa = Unit(has_state=True, restored=restored)
        handle = self.units.add_unit("zzz", zzz, None)
        self.units.add("aaa").depends_on(handle).build(aaa)
        self.run_to_end("start")
        self.run_to_end("stop")

        snapshot = self.run_to_end("save")
        zzz.value = False
        self.run_to_end("restore", snapshot)
        self.assertEqual(restored, ["zzz", "aaa"])
        self.assertTrue(zzz.value, "zzz has its saved value again")

    def test_dependency_without_saved_state(self):
        restored = []
        a = self.units.add_unit("a", Unit(has_state=True, restored=restored), None)
        b = self.units.add("b").dependency_of(a).build(Unit(restored=restored))
        c = Unit(value=True, has_state=True, restored=restored, delay=100)
        self.units.add("c").dependency_of(b).build(c)

        snapshot = self.run_to_end("save")
        self.assertEqual(snapshot.list_names(), ["a", "c"])
        c.value = False
        self.run_to_end("restore", snapshot)
        self.assertEqual(restored, ["c", "a"], "a waits for c through b, which is not asked")
        self.assertTrue(c.value, "c has its saved value again")


if __name__ == "__main__":
    unittest.main()
