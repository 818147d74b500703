#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sets, transitions, snapshots and the rest, as Python's users expect objects to be."""

import asyncio
import inspect
import threading
import unittest
import xml.etree.ElementTree as ET

import gi

gi.require_version("StateUnit", "1")
from gi.repository import Gio, GLib, GObject, StateUnit


class Disk(StateUnit.BaseUnit):
    speed = GObject.Property(type=int, default=3)

    def save(self):
        return 1

    def restore(self, state):
        pass


class ObjectsTest(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.units = StateUnit.Units()

    def test_empty_is_true(self):
        self.assertTrue(self.units)
        self.assertTrue(StateUnit.Transition(self.units, "start"))
        self.assertTrue(StateUnit.Snapshot())
        self.assertTrue(StateUnit.Transition(self.units, "start").plan())

    def test_set(self):
        clock = self.units.add("clock", Disk())
        disk = self.units.add("disk", Disk(), depends_on=["clock"])
        both = self.units.add("both", depends_on=(clock, "disk"))
        self.assertEqual(len(self.units), 3)
        self.assertEqual(list(self.units), [clock, disk, both])
        self.assertEqual(self.units[0], clock)
        self.assertEqual(self.units[-1], both)
        self.assertEqual(self.units["disk"], disk)
        with self.assertRaises(KeyError):
            self.units["no"]
        self.assertIn("disk", self.units)
        self.assertIn(disk, self.units)
        self.assertNotIn("no", self.units)
        self.assertNotIn(disk, StateUnit.Units())
        self.assertEqual(both.get_dependencies(), ["clock", "disk"])
        with self.assertRaises(KeyError):
            self.units.add("more", Disk(), depends_on=["no"])
        self.assertEqual(len(self.units), 3)

    def test_builder(self):
        builder = self.units.add("disk")
        self.assertIsInstance(builder, StateUnit.UnitBuilder)
        self.assertEqual(builder.set_timeout(StateUnit.Operation.STOP, 5), builder)
        self.assertEqual(builder.build(Disk()).get_name(), "disk")

    async def test_timeouts(self):
        class Hanging(StateUnit.BaseUnit):
            async def start(self):
                await asyncio.Event().wait()

            async def stop(self):
                await asyncio.sleep(0.05)

        self.units.add("disk", Hanging(), timeout={"start": 0.01, StateUnit.Operation.STOP: 60})
        with self.assertRaisesRegex(StateUnit.TransitionError, "disk: timed out after 10 ms"):
            await self.units.start()
        await self.units.stop()
        for wrong in (0, -1, float("nan")):
            with self.assertRaises(ValueError):
                self.units.add("wrong", Disk(), timeout=wrong)
        with self.assertRaises(ValueError):
            self.units.add("wrong", Disk(), timeout={"begin": 1})
        self.units.add("endless", Disk(), timeout=float("inf"))

    async def test_transition(self):
        self.units.add("clock", Disk())
        disk = self.units.add("disk", Disk(), depends_on=["clock"])
        self.units.add("net", Disk())
        plan = StateUnit.Transition(self.units, "start", handles=iter([disk])).plan()
        self.assertEqual(list(plan), [["clock"], ["disk"]])
        self.assertEqual((len(plan), plan[-1], plan[:1]), (2, ["disk"], [["clock"]]))
        with self.assertRaises(IndexError):
            plan[2]
        self.assertIn("critical path: clock", str(plan))

        transition = StateUnit.Transition(self.units, "start", handles=["disk"], timeout=60)
        await transition.run()
        self.assertEqual([step.get_name() for step in transition], ["clock", "disk"])
        ET.fromstring(transition._repr_svg_())
        nothing = StateUnit.Transition(self.units, "stop", handles=[])
        await nothing.run()
        self.assertEqual(len(nothing), 0)

        saved = StateUnit.Transition(self.units, StateUnit.Operation.SAVE, resume=True)
        await saved.run()
        self.assertEqual(list(saved.get_snapshot()), ["clock", "disk", "net"])
        self.assertEqual(disk.get_state(), StateUnit.UnitState.RUNNING)
        restored = StateUnit.Transition(
            self.units,
            "restore",
            snapshot=saved.get_snapshot(),
            resume=True,
            failure_policy=StateUnit.FailurePolicy.ROLL_BACK,
        )
        await restored.run()
        self.assertEqual(disk.get_state(), StateUnit.UnitState.RUNNING)
        with self.assertRaises(ValueError):
            StateUnit.Transition(self.units, "begin")

    async def test_remove(self):
        unit = Disk()
        handle = self.units.add("disk", unit)
        await self.units.start()
        self.assertEqual(await handle.remove(), unit)
        self.assertNotIn("disk", self.units)

    async def test_send(self):
        unit = Disk()
        self.assertEqual(await unit.send("save"), 1)
        await unit.send(StateUnit.Operation.RESTORE, {"any": "value"})
        self.assertEqual(await unit.send("inspect"), {"speed": 3})
        self.units.add("disk", unit)
        with self.assertRaises(GLib.Error) as caught:
            await unit.send("start")
        self.assertTrue(
            caught.exception.matches(StateUnit.error_quark(), StateUnit.Error.UNIT_IN_USE)
        )

    async def test_inspect_and_update(self):
        disk = Disk()
        self.units.add("disk", disk)
        tree = await self.units.inspect()
        self.assertEqual(tree["disk"]["speed"], 3)
        self.assertEqual(await self.units.update("disk/speed", 7), 7)
        self.assertEqual(disk.speed, 7)
        inspector = self.units.get_inspector()
        self.assertEqual((await inspector.inspect("disk", timeout=60))["speed"], 7)

    async def test_inspect_of_its_own(self):
        class Custom(StateUnit.BaseUnit):
            value = 1

            def inspect(self, request):
                if request.get_inspect_value() is not None:
                    self.value = request.get_inspect_value().unpack()
                return {"value": self.value}

        class ReadOnly(StateUnit.BaseUnit):
            async def inspect(self):
                return {"value": 1}

        self.units.add("custom", Custom())
        self.units.add("fixed", ReadOnly())
        self.assertEqual(await self.units.update("custom/value", 5), 5)
        self.assertEqual((await self.units.inspect("fixed"))["value"], 1)
        with self.assertRaisesRegex(GLib.Error, "takes no request"):
            await self.units.update("fixed/value", 5)

    async def test_receiver(self):
        handle, receiver = self.units.add("disk").build_receiver()
        asked = []

        async def serve():
            async for request in receiver:
                asked.append(repr(request))
                request.complete()

        task = asyncio.create_task(serve())
        await self.units.start()
        self.assertEqual(handle.get_state(), StateUnit.UnitState.RUNNING)
        receiver.close()
        await task
        self.assertEqual(asked, ["<StateUnit.Request start of disk, not answered>"])

    async def test_receiver_on_a_thread(self):
        handle, receiver = self.units.add("disk").build_receiver()

        def serve():
            for request in receiver:
                request.complete()

        thread = threading.Thread(target=serve)
        thread.start()
        await self.units.start()
        receiver.close()
        thread.join()

    async def test_request(self):
        class Busy(StateUnit.BaseUnit):
            def start(self, request):
                request.set_progress(0.5, "half way")
                self.operation = request.get_operation()

            async def restore(self, state, request):
                self.name = request.get_unit_name()
                self.state = state

        busy = Busy()
        self.units.add("busy", busy)
        await self.units.restore(StateUnit.Snapshot().with_unit("busy", 0, {"a": 1}))
        await self.units.start()
        self.assertEqual(busy.operation, StateUnit.Operation.START)
        self.assertEqual((busy.name, busy.state), ("busy", {"a": 1}))

    async def test_snapshot(self):
        snapshot = StateUnit.Snapshot().with_unit("disk", 2, {"a": 1}).with_metadata({"b": 2})
        self.assertEqual(dict(snapshot.get_metadata().unpack()), {"b": 2})
        self.assertEqual(snapshot["disk"], {"a": 1})
        self.assertEqual((len(snapshot), list(snapshot)), (1, ["disk"]))
        self.assertIn("disk", snapshot)
        self.assertNotIn("no", snapshot)
        with self.assertRaises(KeyError):
            snapshot["no"]

    def test_repr(self):
        handle = self.units.add("disk", Disk())
        transition = StateUnit.Transition(self.units, "start")
        transition.run_sync()
        for thing, words in (
            (self.units, "<StateUnit.Units of 1 units, running>"),
            (handle, "<StateUnit.UnitHandle disk, running>"),
            (transition, "<StateUnit.Transition start, succeeded, 1 of 1 units>"),
            (transition[0], "<StateUnit.TransitionStep start of disk, succeeded>"),
            (StateUnit.Snapshot(), "<StateUnit.Snapshot of 0 units>"),
            (StateUnit.Transition(self.units, "stop"), "<StateUnit.Transition stop, new, "),
        ):
            self.assertIn(words, repr(thing))
        for cls in vars(StateUnit).values():
            if isinstance(cls, type) and issubclass(cls, GObject.Object):
                self.assertIsNot(cls.__repr__, GObject.Object.__repr__, cls.__name__)

    def test_every_pair_is_a_coroutine(self):
        pairs = 0
        for name in dir(StateUnit):
            cls = getattr(StateUnit, name)
            if not isinstance(cls, type) or not hasattr(cls, "__info__"):
                continue
            # What GIO's own interfaces bring is left as it is.
            names = [begin for begin in dir(cls) if begin.endswith("_async")]
            names = [begin for begin in names if not hasattr(Gio.AsyncInitable, begin)]
            for begin in names:
                pair = begin.removesuffix("_async")
                if hasattr(cls, f"{pair}_finish"):
                    pairs += 1
                    self.assertTrue(inspect.iscoroutinefunction(getattr(cls, pair)), pair)
                    self.assertTrue(callable(getattr(cls, f"{pair}_sync")), pair)
                    self.assertTrue(getattr(cls, pair).__doc__)
        self.assertGreater(pairs, 15)

    async def test_pairs_take_names(self):
        filename = "/nonexistent/file"
        for arguments, names in (((filename,), {}), ((), {"filename": filename})):
            with self.assertRaises(GLib.Error):
                await StateUnit.Snapshot.load_from_file(*arguments, **names)
        with self.assertRaises(TypeError):
            await StateUnit.Snapshot.load_from_file()
        with self.assertRaises(GLib.Error):
            StateUnit.Snapshot.load_from_file_sync(filename)

    async def test_siblings_keep_apart(self):
        """Classes that derive from one another, and siblings, each with functions of their own."""
        calls = []

        class Parent(StateUnit.BaseUnit):
            def start(self):
                calls.append("parent")

            def do_stop(self, request):
                calls.append("parent's stop")
                request.complete()

        class Child(Parent):
            async def start(self):
                super().start()
                calls.append("child")

        class Sibling(Parent):
            def do_start(self, request):
                calls.append("sibling")
                request.complete()

            def do_stop(self, request):
                calls.append("sibling's")
                super().do_stop(request)

            def do_get_state_version(self):
                return 7, 7

        class Raw(Parent):
            def do_handle_request(self, request):
                calls.append("raw")
                request.complete()

        for cls in (Parent, Child, Sibling, Raw):
            self.units.add(cls.__name__, cls())
        await self.units.start()
        self.assertEqual(calls, ["parent", "sibling", "raw", "parent", "child"])
        calls.clear()
        await self.units.stop()
        self.assertEqual(
            sorted(calls), sorted(["parent's stop"] * 3 + ["sibling's", "raw"])
        )


if __name__ == "__main__":
    unittest.main()
