#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every operation, by units whose methods are plain, async, raise, hang, are cancelled, or answer
from another thread."""

import asyncio
import threading
import unittest

import gi

gi.require_version("StateUnit", "1")
from gi.repository import GLib, GObject, StateUnit

State = StateUnit.UnitState

# What has to be the case before, what is after success, and after failure.
OPERATIONS = {
    "start": (State.STOPPED, State.RUNNING, State.FAILED),
    "stop": (State.RUNNING, State.STOPPED, State.FAILED),
    "reset": (State.STOPPED, State.STOPPED, State.FAILED),
    "save": (State.STOPPED, State.STOPPED, State.STOPPED),
    "restore": (State.STOPPED, State.STOPPED, State.FAILED),
    "post_restore": (State.STOPPED, State.STOPPED, State.FAILED),
    "inspect": (State.STOPPED, State.STOPPED, State.STOPPED),
}

RESULTS = {"save": 17, "inspect": {"answer": 17}}
VARIANTS = {
    "save": GLib.Variant("x", 17),
    "inspect": GLib.Variant("a{sv}", {"answer": GLib.Variant("x", 17)}),
}


class Trouble(Exception):
    """What these units raise."""


def answer(request, operation):
    if operation in VARIANTS:
        request.complete_with_state(VARIANTS[operation])
    else:
        request.complete()


def make_base(operation, body, is_async):
    """A BaseUnit with a method for the operation, and a save() so that there is something to
    restore."""

    def plain(self, *state):
        self.calls.append(operation)
        return body(self)

    async def waiting(self, *state):
        self.calls.append(operation)
        return await body(self)

    function = waiting if is_async else plain
    members = {"save": lambda self: 17, "restore": lambda self, state: None}
    if operation == "restore":
        members["restore"] = lambda self, state: function(self, state)
        if is_async:

            async def restore(self, state):
                return await waiting(self, state)

            members["restore"] = restore
    else:
        # Methods have no parameters but self, or they would be given the request.
        def method(self):
            return function(self)

        async def async_method(self):
            return await function(self)

        members[operation] = async_method if is_async else method
    cls = type("Base", (StateUnit.BaseUnit,), members)
    unit = cls()
    unit.calls = []
    return unit


def make_raw(operation, do):
    """A unit of GObject's own, with a do_…() for the operation that is given the request."""

    def call(self, request):
        self.calls.append(operation)
        do(self, request)

    members = {
        "do_save": lambda self, request: request.complete_with_state(GLib.Variant("x", 17)),
        "do_restore": lambda self, request: request.complete(),
        f"do_{operation}": call,
    }
    unit = type("Raw", (GObject.Object, StateUnit.Unit), members)()
    unit.calls = []
    return unit


class ConformanceTest(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.units = StateUnit.Units()

    async def prepare(self, operation, unit):
        """A set with the unit, in which the operation can be asked for."""
        self.units = StateUnit.Units()
        handle = self.units.add("disk", unit)
        if OPERATIONS[operation][0] == State.RUNNING:
            await self.units.start()
        self.assertEqual(handle.get_state(), OPERATIONS[operation][0], operation)
        self.snapshot = StateUnit.Snapshot().with_unit("disk", 0, 17)
        unit.calls.clear()
        return handle

    async def perform(self, operation):
        if operation in ("restore", "post_restore"):
            return await self.units.restore(self.snapshot)
        return await getattr(self.units, operation)()

    async def check_success(self, operation, unit):
        handle = await self.prepare(operation, unit)
        result = await self.perform(operation)
        self.assertEqual(unit.calls, [operation])
        self.assertEqual(handle.get_state(), OPERATIONS[operation][1])
        if operation == "save":
            self.assertEqual(result["disk"], 17)
        if operation == "inspect":
            self.assertEqual(result["disk"]["answer"], 17)

    async def check_failure(self, operation, unit, message):
        handle = await self.prepare(operation, unit)
        if operation == "inspect":
            tree = await self.perform(operation)
            self.assertEqual(tree["disk"]["inspect_error"], message)
            return None
        with self.assertRaises(StateUnit.TransitionError) as caught:
            await self.perform(operation)
        self.assertEqual(unit.calls, [operation])
        self.assertEqual(handle.get_state(), OPERATIONS[operation][2])
        self.assertIn(f"{{disk: {message}}}", caught.exception.message)
        return caught.exception.failures["disk"]

    async def each(self, check):
        for operation in OPERATIONS:
            with self.subTest(operation):
                await check(operation)

    async def test_plain(self):
        async def check(operation):
            unit = make_base(operation, lambda self: RESULTS.get(operation), False)
            await self.check_success(operation, unit)

        await self.each(check)

    async def test_async_that_does_not_wait(self):
        async def check(operation):
            async def body(self):
                return RESULTS.get(operation)

            await self.check_success(operation, make_base(operation, body, True))

        await self.each(check)

    async def test_async_that_waits(self):
        async def check(operation):
            async def body(self):
                async with asyncio.timeout(60):
                    await asyncio.sleep(0)
                    await asyncio.sleep(0.001)
                return RESULTS.get(operation)

            await self.check_success(operation, make_base(operation, body, True))

        await self.each(check)

    async def test_raw(self):
        async def check(operation):
            unit = make_raw(operation, lambda self, request: answer(request, operation))
            await self.check_success(operation, unit)

        await self.each(check)

    async def test_raising(self):
        async def check(operation):
            def body(self):
                raise Trouble("no disk")

            error = await self.check_failure(
                operation, make_base(operation, body, False), "Trouble: no disk"
            )
            if operation != "inspect":
                self.assertIsInstance(error, Trouble)

        await self.each(check)

    async def test_async_raising(self):
        for turns in (0, 1):

            async def check(operation):
                async def body(self):
                    for _ in range(turns):
                        await asyncio.sleep(0)
                    raise Trouble("no disk")

                error = await self.check_failure(
                    operation, make_base(operation, body, True), "Trouble: no disk"
                )
                if operation != "inspect":
                    self.assertIsInstance(error, Trouble)

            await self.each(check)

    async def test_raw_raising(self):
        async def check(operation):
            def do(self, request):
                raise Trouble("no disk")

            error = await self.check_failure(
                operation, make_raw(operation, do), "Trouble: no disk"
            )
            if operation != "inspect":
                self.assertIsInstance(error, Trouble)

        await self.each(check)

    async def test_hanging(self):
        """A deadline ends the wait, cancels the coroutine, and hears its end."""

        async def check(operation):
            ended = asyncio.Event()

            async def body(self):
                try:
                    await asyncio.Event().wait()
                finally:
                    ended.set()

            unit = make_base(operation, body, True)
            handle = await self.prepare(operation, unit)
            if operation == "inspect":
                tree = await self.units.inspect(timeout=0.02)
                self.assertTrue(tree["disk"]["unresolved"])
                return
            self.units.set_default_timeout(20)
            with self.assertRaises(StateUnit.TransitionError) as caught:
                await self.perform(operation)
            self.assertIsInstance(caught.exception.failures["disk"], StateUnit.TimedOut)
            self.assertIsInstance(caught.exception.failures["disk"], TimeoutError)
            await ended.wait()
            while handle.get_state() == State.UNCERTAIN:
                await asyncio.sleep(0)

        await self.each(check)

    async def test_cancelled(self):
        """Cancelling the task cancels the coroutine, and ends when that has ended."""

        async def check(operation):
            begun = asyncio.Event()
            ended = []

            async def body(self):
                begun.set()
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    await asyncio.sleep(0.01)
                    ended.append(operation)
                    raise

            unit = make_base(operation, body, True)
            await self.prepare(operation, unit)
            task = asyncio.create_task(self.perform(operation))
            await begun.wait()
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task
            if operation != "inspect":
                self.assertEqual(ended, [operation])
            self.assertIsNone(self.units.get_current_transition())

        await self.each(check)

    async def test_answered_from_another_thread(self):
        async def check(operation):
            def do(self, request):
                threading.Thread(target=answer, args=(request, operation)).start()

            await self.check_success(operation, make_raw(operation, do))

            async def body(self):
                return await asyncio.to_thread(lambda: RESULTS.get(operation))

            await self.check_success(operation, make_base(operation, body, True))

        await self.each(check)


if __name__ == "__main__":
    unittest.main()
