#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a unit in Python can do with its requests."""

import threading
import unittest

import gi

gi.require_version("StateUnit", "1")
from gi.repository import Gio, GLib, GObject, StateUnit


def wait_for(condition):
    while not condition():
        GLib.MainContext.default().iteration(True)


class UnitTest(unittest.TestCase):
    def setUp(self):
        self.units = StateUnit.Units.new()

    def run_to_end(self, operation, *args):
        results = []
        begin = getattr(self.units, operation + "_async")
        begin(*args, None, lambda units, result: results.append(result))
        wait_for(lambda: results)
        return getattr(self.units, operation + "_finish")(results[0])

    def test_state_version(self):
        class Disk(GObject.Object, StateUnit.Unit):
            def do_get_state_version(self):
                return 3, 2

            def do_save(self, request):
                asked.append(request.get_state_version())
                request.complete_with_state(GLib.Variant("u", 7))

        asked = []
        self.units.add_unit("disk", Disk(), None)
        snapshot = self.run_to_end("save")
        self.assertEqual(asked, [3])
        self.assertEqual(snapshot.get_version("disk"), 3)

        old = StateUnit.Snapshot.new().with_unit("disk", 1, GLib.Variant("u", 7))
        with self.assertRaises(GLib.Error) as caught:
            self.run_to_end("restore", old)
        self.assertTrue(caught.exception.matches(StateUnit.error_quark(), StateUnit.Error.VERSION))

    def test_raw_requests(self):
        class Queue(GObject.Object, StateUnit.Unit):
            def do_handle_request(self, request):
                requests.append(request.get_operation())
                request.complete()

        requests = []
        self.units.add_unit("queue", Queue(), None)
        self.run_to_end("start")
        self.run_to_end("stop")
        self.assertEqual(requests, [StateUnit.Operation.START, StateUnit.Operation.STOP])

    def test_failure(self):
        class Disk(GObject.Object, StateUnit.Unit):
            def do_start(self, request):
                request.fail(GLib.Error.new_literal(Gio.io_error_quark(), "no disk", 1))

        handle = self.units.add_unit("disk", Disk(), None)
        with self.assertRaises(GLib.Error) as caught:
            self.run_to_end("start")
        self.assertEqual(caught.exception.message, "start failed: {disk: no disk}")
        self.assertEqual(handle.get_state(), StateUnit.UnitState.FAILED)
        self.assertEqual(handle.get_error().message, "no disk")

    def test_answer_from_another_thread(self):
        class Disk(GObject.Object, StateUnit.Unit):
            def do_start(self, request):
                threading.Thread(target=request.complete).start()

            def do_stop(self, request):
                request.run_in_thread(self.stop_on_thread)

            def stop_on_thread(self, request):
                threads.append(threading.get_ident())
                request.complete()

        threads = []
        handle = self.units.add_unit("disk", Disk(), None)
        self.run_to_end("start")
        self.assertEqual(handle.get_state(), StateUnit.UnitState.RUNNING)
        self.run_to_end("stop")
        self.assertEqual(len(threads), 1)
        self.assertNotEqual(threads[0], threading.get_ident())

    def test_inspect_and_update(self):
        class Disk(GObject.Object, StateUnit.Unit):
            depth = GObject.Property(type=int, default=8)

        disk = Disk()
        self.units.add_unit("disk", disk, None)
        tree = self.run_to_end("inspect", None, 0, 0)
        self.assertEqual(tree["disk"]["unit_state"], "stopped")
        self.assertEqual(tree["disk"]["depth"], 8)

        value = self.run_to_end("update", "disk/depth", GLib.Variant("i", 16))
        self.assertEqual(value.unpack(), 16)
        self.assertEqual(disk.depth, 16)

    def test_receiver(self):
        handle, receiver = self.units.add("disk").build_receiver()

        def serve():
            request = receiver.receive_sync(None)
            while request is not None:
                request.complete()
                request = receiver.receive_sync(None)

        thread = threading.Thread(target=serve)
        thread.start()
        self.run_to_end("start")
        self.assertEqual(handle.get_state(), StateUnit.UnitState.RUNNING)
        receiver.close()
        thread.join()

    def test_signals_and_steps(self):
        class Disk(GObject.Object, StateUnit.Unit):
            pass

        states = []
        self.units.connect(
            "unit-state-changed",
            lambda units, handle, old, new: states.append((handle.get_name(), new.value_nick)),
        )
        self.units.add_unit("clock", Disk(), None)
        self.units.add_unit("disk", Disk(), ["clock"])
        self.run_to_end("start")
        self.assertEqual(
            states,
            [("clock", "starting"), ("clock", "running"), ("disk", "starting"), ("disk", "running")],
        )

        transition = self.units.get_last_transition()
        outcomes = {step.get_name(): step.get_outcome().value_nick for step in transition}
        self.assertEqual(outcomes, {"clock": "succeeded", "disk": "succeeded"})
        self.assertEqual(transition.get_critical_path(), ["clock", "disk"])


if __name__ == "__main__":
    unittest.main()
