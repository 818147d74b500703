#!/usr/bin/env python3
# SPDX-License-Identifier: MIT

"""The tests of a unit: whether a disk keeps the promises that a unit makes."""

import unittest

import gi

gi.require_version("StateUnit", "1")
gi.require_version("StateUnitTesting", "1")
from gi.repository import Gio, GLib, GObject, StateUnit, StateUnitTesting


class Disk(GObject.Object, StateUnit.Unit):
    label = "empty"

    def do_reset(self, request):
        self.label = "empty"
        request.complete()

    def do_save(self, request):
        request.complete_with_state(GLib.Variant("s", self.label))

    def do_restore(self, request):
        state = request.get_state()
        if state.get_type_string() == "s":
            self.label = state.get_string()
            request.complete()
        else:
            domain, code = Gio.io_error_quark(), Gio.IOErrorEnum.INVALID_DATA
            request.fail_literal(domain, code, "no label")


class TestDisk(StateUnitTesting.UnitConformance, unittest.TestCase):
    def create_unit(self):
        return Disk()

    def change_unit(self, unit):
        unit.label += ", no longer"


if __name__ == "__main__":
    unittest.main()
