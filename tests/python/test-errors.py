#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a unit raises arrives where the operation was awaited."""

import asyncio
import gc
import sys
import threading
import traceback
import unittest

import gi

gi.require_version("StateUnit", "1")
from gi.repository import Gio, GLib, GObject, StateUnit


def make(error, is_async=False):
    """A unit whose start raises."""

    class Bad(StateUnit.BaseUnit):
        if is_async:

            async def start(self):
                await asyncio.sleep(0)
                raise error

        else:

            def start(self):
                raise error

    return Bad()


class ErrorsTest(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.units = StateUnit.Units()

    async def failure(self, operation="start"):
        with self.assertRaises(StateUnit.TransitionError) as caught:
            await getattr(self.units, operation)()
        return caught.exception

    async def test_transition_error(self):
        device, value = OSError(19, "no such device"), ValueError("bad value")
        self.units.add("disk", make(device))
        self.units.add("net", make(value, is_async=True))
        self.units.add("boot", StateUnit.BaseUnit(), depends_on=["disk"])
        error = await self.failure()
        self.assertEqual(
            error.message,
            "start failed: {disk: OSError: [Errno 19] no such device, net: ValueError: bad value}",
        )
        self.assertEqual(str(error), error.message)
        self.assertEqual(error.exceptions, (device, value))
        self.assertEqual(error.failures, {"disk": device, "net": value})
        self.assertIsInstance(error, ExceptionGroup)
        self.assertIsInstance(error, GLib.Error)
        self.assertTrue(
            error.matches(StateUnit.error_quark(), StateUnit.Error.TRANSITION_FAILED)
        )
        self.assertEqual(error.transition, self.units.get_last_transition())
        self.assertEqual(error.transition.get_status(), StateUnit.TransitionStatus.FAILED)
        self.assertEqual(self.units["disk"].get_error().message, "OSError: [Errno 19] no such device")

    async def test_caught_in_each_way(self):
        self.units.add("disk", make(ValueError("bad value")))
        caught = []
        try:
            await self.units.start()
        except* ValueError as group:
            caught.append(group)
            self.assertEqual(group.transition, self.units.get_last_transition())
        try:
            await self.units.start()
        except GLib.Error as error:
            caught.append(error)
        try:
            self.units["disk"]
            await StateUnit.Transition(self.units, "start").run()
        except ExceptionGroup as error:
            caught.append(error)
        self.assertEqual([type(error) for error in caught], [StateUnit.TransitionError] * 3)

    async def test_traceback_is_the_units(self):
        self.units.add("disk", make(ValueError("bad value")))
        error = (await self.failure()).failures["disk"]
        (frame,) = traceback.extract_tb(error.__traceback__)
        self.assertEqual((frame.name, frame.line), ("start", "raise error"))

    async def test_glib_errors_stay_as_they_are(self):
        original = GLib.Error.new_literal(Gio.io_error_quark(), "no disk", Gio.IOErrorEnum.NOT_FOUND)
        self.units.add("disk", make(original))

        class Old(GObject.Object, StateUnit.Unit):
            def do_start(self, request):
                request.fail(original)

        self.units.add("old", Old())
        error = await self.failure()
        self.assertEqual(error.message, "start failed: {disk: no disk, old: no disk}")
        self.assertIs(error.failures["disk"], original)
        self.assertTrue(
            error.failures["old"].matches(Gio.io_error_quark(), Gio.IOErrorEnum.NOT_FOUND)
        )

    async def test_codes(self):
        for error, code in (
            (FileNotFoundError(2, "no file"), Gio.IOErrorEnum.NOT_FOUND),
            (TimeoutError("too late"), Gio.IOErrorEnum.TIMED_OUT),
            (KeyError("x"), Gio.IOErrorEnum.FAILED),
            (asyncio.CancelledError(), Gio.IOErrorEnum.CANCELLED),
        ):
            units = StateUnit.Units()
            handle = units.add("disk", make(error))
            with self.assertRaises(StateUnit.TransitionError):
                await units.start()
            self.assertTrue(handle.get_error().matches(Gio.io_error_quark(), code), error)

    async def test_exceptions_that_end_the_program(self):
        """They are the unit's failure, and come out of the loop as well."""

        class Ending(StateUnit.BaseUnit):
            def start(self):
                raise SystemExit(7)

        def run_there():
            context = GLib.MainContext.new()
            context.push_thread_default()
            units = StateUnit.Units()
            units.add("disk", Ending())
            try:
                asyncio.run(units.start())
            except SystemExit as error:
                ended.append((error.code, units["disk"].get_error().message))
            finally:
                context.pop_thread_default()

        ended = []
        thread = threading.Thread(target=run_there)
        thread.start()
        thread.join()
        self.assertEqual(ended, [(7, "SystemExit: 7")])

    async def test_refusals_and_other_errors_are_plain(self):
        self.units.add("disk", StateUnit.BaseUnit())
        await self.units.start()
        with self.assertRaises(GLib.Error) as caught:
            await self.units.save()
        self.assertNotIsInstance(caught.exception, ExceptionGroup)
        self.assertTrue(
            caught.exception.matches(StateUnit.error_quark(), StateUnit.Error.WRONG_STATE)
        )
        with self.assertRaises(GLib.Error) as caught:
            self.units.add("disk", StateUnit.BaseUnit())
        self.assertTrue(
            caught.exception.matches(StateUnit.error_quark(), StateUnit.Error.NAME_IN_USE)
        )

    async def test_timed_out(self):
        class Hanging(StateUnit.BaseUnit):
            async def start(self):
                await asyncio.Event().wait()

        self.units.add("disk", Hanging(), timeout=0.01)
        error = await self.failure()
        self.assertIsInstance(error.failures["disk"], StateUnit.TimedOut)
        try:
            await self.units.stop()
            await self.units.start()
        except* TimeoutError as group:
            self.assertEqual(len(group.exceptions), 1)

        units = StateUnit.Units()
        units.add("disk", Hanging())
        transition = StateUnit.Transition(units, "start", timeout=0.01)
        with self.assertRaises(TimeoutError) as caught:
            await transition.run()
        self.assertIsInstance(caught.exception, StateUnit.TimedOut)
        self.assertEqual(caught.exception.transition, transition)
        self.assertIsInstance(caught.exception.__cause__, StateUnit.TransitionError)
        self.assertIn("disk", caught.exception.__cause__.failures)

    async def test_cancelled_by_the_transition(self):
        begun = asyncio.Event()

        class Hanging(StateUnit.BaseUnit):
            async def start(self):
                begun.set()
                await asyncio.Event().wait()

        handle = self.units.add("disk", Hanging())
        task = asyncio.create_task(self.units.start())
        await begun.wait()
        self.units.get_current_transition().cancel()
        with self.assertRaises(GLib.Error) as caught:
            await task
        self.assertTrue(
            caught.exception.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED)
        )
        self.assertEqual(handle.get_state(), StateUnit.UnitState.STOPPED)

    async def test_cancelled_before_it_was_called(self):
        """A unit that leaves, or whose request is cancelled, before the batch has its turn."""
        calls = []

        class Unit(StateUnit.BaseUnit):
            async def start(self):
                calls.append(self)
                await asyncio.Event().wait()

        class First(GObject.Object, StateUnit.Unit):
            def do_start(self, request):
                units["leaving"].discard()
                transition.cancel()
                request.complete()

        units = self.units
        staying = Unit()
        units.add("leaving", Unit())
        units.add("staying", staying)
        units.add("first", First())
        transition = StateUnit.Transition(units, "start")
        with self.assertRaises(GLib.Error):
            await transition.run()
        self.assertEqual(calls, [staying])

    async def test_left_while_others_are_called(self):
        calls = []

        class Unit(StateUnit.BaseUnit):
            def start(self):
                calls.append(self)
                if "last" in units:
                    units["last"].discard()

        units = self.units
        first, last = Unit(), Unit()
        units.add("first", first)
        units.add("last", last)
        await units.start()
        self.assertEqual(calls, [first])

    async def test_nested_sets(self):
        inner = StateUnit.Units()
        trouble = ValueError("bad value")
        inner.add("disk", make(trouble))
        self.units.add("machine", inner)
        error = await self.failure()
        self.assertIsInstance(error.failures["machine"], StateUnit.TransitionError)
        self.assertEqual(error.failures["machine"].exceptions, (trouble,))

    async def test_remove_that_fails(self):
        class Unwilling(StateUnit.BaseUnit):
            def stop(self):
                raise ValueError("not now")

        handle = self.units.add("disk", Unwilling())
        await self.units.start()
        with self.assertRaises(StateUnit.TransitionError) as caught:
            await handle.remove()
        self.assertIsInstance(caught.exception.failures["disk"], ValueError)
        self.assertIn("disk", self.units)

    async def test_raising_after_the_answer(self):
        """What has been answered is answered."""

        class Late(GObject.Object, StateUnit.Unit):
            def do_start(self, request):
                request.complete()
                raise ValueError("too late")

        handle = self.units.add("disk", Late())
        await self.units.start()
        self.assertEqual(handle.get_state(), StateUnit.UnitState.RUNNING)

    async def test_dropped(self):
        class Forgetful(StateUnit.BaseUnit):
            def do_start(self, request):
                pass

            async def do_stop(self, request):
                await asyncio.sleep(0)

        self.units.add("disk", Forgetful())
        error = await self.failure()
        self.assertTrue(
            error.failures["disk"].matches(StateUnit.error_quark(), StateUnit.Error.DROPPED)
        )

    async def test_nothing_is_printed(self):
        self.units.add("disk", make(ValueError("bad value")))
        self.units.add("net", make(ValueError("bad value"), is_async=True))
        if hasattr(sys, "last_traceback"):
            del sys.last_traceback
        unraisable = []
        sys.unraisablehook, hook = unraisable.append, sys.unraisablehook
        try:
            await self.failure()
            gc.collect()
        finally:
            sys.unraisablehook = hook
        self.assertFalse(hasattr(sys, "last_traceback"))
        self.assertEqual(unraisable, [])


if __name__ == "__main__":
    unittest.main()
