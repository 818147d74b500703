#!/usr/bin/env python3
# SPDX-License-Identifier: MIT

"""A clock, and a disk that needs it: started, stopped, saved and restored."""

import gi

gi.require_version("StateUnit", "1")
from gi.repository import Gio, GLib, GObject, StateUnit


class Device(GObject.Object, StateUnit.Unit):
    starts = 0

    def do_start(self, request):
        # This takes a while: keep the request, return, and answer it later.
        GLib.timeout_add(50, self.started, request)

    def started(self, request):
        self.starts += 1
        print(request.get_unit_name(), "runs")
        request.complete()
        return GLib.SOURCE_REMOVE

    def do_stop(self, request):
        print(request.get_unit_name(), "is stopped")
        request.complete()

    def do_save(self, request):
        starts = GLib.Variant("t", self.starts)
        request.complete_with_state(GLib.Variant("a{sv}", {"starts": starts}))

    def do_restore(self, request):
        try:
            # It may come from anywhere, and be anything.
            self.starts = int(request.get_state()["starts"])
            request.complete()
        except (LookupError, TypeError, ValueError):
            domain, code = Gio.io_error_quark(), Gio.IOErrorEnum.INVALID_DATA
            request.fail_literal(domain, code, "no starts")


def run(units, operation, *args):
    """Runs an operation of the set to its end; raises GLib.Error if it fails."""
    results = []
    begin = getattr(units, operation + "_async")
    begin(*args, None, lambda units, result: results.append(result))
    while not results:
        GLib.MainContext.default().iteration(True)
    return getattr(units, operation + "_finish")(results[0])


units = StateUnit.Units.new()
units.add_unit("clock", Device(), None)
units.add_unit("disk", Device(), ["clock"])

run(units, "start")
run(units, "stop")
snapshot = run(units, "save")
print("saved", snapshot.get_n_units(), "units")
run(units, "restore", snapshot)
print("restored")
