#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a unit saves in Python comes back the same."""

import unittest

import gi

gi.require_version("StateUnit", "1")
from gi.repository import GLib, StateUnit


class Unit(StateUnit.BaseUnit):
    def __init__(self, value=None):
        super().__init__()
        self.value = value

    def save(self):
        return self.value

    def restore(self, value):
        self.restored = value


class ValuesTest(unittest.TestCase):
    def save(self, value):
        self.unit = Unit(value)
        self.units = StateUnit.Units()
        self.units.add("unit", self.unit)
        return self.units.run("save")

    def check(self, value, kind):
        snapshot = StateUnit.Snapshot.new_from_bytes(self.save(value).to_bytes())
        self.assertEqual(snapshot.lookup("unit").get_type_string(), kind)
        self.assertEqual(snapshot["unit"], value)
        self.units.run("restore", snapshot)
        self.assertEqual(self.unit.restored, value)
        self.assertIs(type(self.unit.restored), type(value))

    def test_plain_values(self):
        self.check(True, "b")
        self.check(-(2**63), "x")
        self.check(2**64 - 1, "t")
        self.check(1.5, "d")
        self.check("clock", "s")
        self.check("", "s")
        self.check(b"\0\xff", "ay")
        self.check(b"", "ay")

    def test_collections(self):
        self.check([], "av")
        self.check([1, 2], "ax")
        self.check(["a", "b"], "as")
        self.check([True, False], "ab")
        self.check([0.5], "ad")
        self.check([1, "a", None, [2.5]], "av")
        self.check([2**63, -1], "av")
        self.check((), "()")
        self.check((1, "a", (b"x",)), "(xs(ay))")
        self.check({}, "a{sv}")
        self.check({1: "one", -2: [2]}, "a{xv}")
        self.check({"a": {"b": [{"c": None}]}, "d": (True, 1.0)}, "a{sv}")

    def test_variants_are_left_as_they_are(self):
        snapshot = self.save(GLib.Variant("(uay)", (7, b"x")))
        self.assertEqual(snapshot.lookup("unit").get_type_string(), "(uay)")
        self.assertEqual(snapshot["unit"], (7, b"x"))
        snapshot = self.save({"small": GLib.Variant("y", 7)})
        self.assertEqual(snapshot.lookup("unit").print_(True), "{'small': <byte 0x07>}")

    def test_none_is_no_state(self):
        self.assertEqual(list(self.save(None)), [])

    def test_what_no_variant_holds_is_a_failure(self):
        for value in (object(), {1, 2}, {(1, 2): 3}, {"a": 1, 2: 3}, {"a": object()}, 1j):
            with self.assertRaises(StateUnit.TransitionError) as caught:
                self.save(value)
            self.assertIsInstance(caught.exception.failures["unit"], TypeError)
        with self.assertRaises(StateUnit.TransitionError) as caught:
            self.save(2**64)
        self.assertIsInstance(caught.exception.failures["unit"], OverflowError)

    def test_versions(self):
        class Versioned(Unit):
            state_version = 3, 2

        units = StateUnit.Units()
        units.add("unit", Versioned(1))
        units.add("other", Unit(1))
        snapshot = units.run("save")
        self.assertEqual((snapshot.get_version("unit"), snapshot.get_version("other")), (3, 0))
        with self.assertRaises(GLib.Error) as caught:
            units.run("restore", StateUnit.Snapshot().with_unit("unit", 1, 7))
        self.assertTrue(caught.exception.matches(StateUnit.error_quark(), StateUnit.Error.VERSION))


if __name__ == "__main__":
    unittest.main()
