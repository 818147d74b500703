#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Nothing that Python made is left behind when a set has gone."""

import asyncio
import gc
import unittest
import weakref

import gi

gi.require_version("StateUnit", "1")
from gi.repository import GLib, GObject, StateUnit


class LifetimeTest(unittest.TestCase):
    def check(self, cls, run, n=50):
        """Runs with a set of such units, and looks whether any is left."""
        references = []

        def make():
            unit = cls()
            unit.attribute = "kept in the instance"
            references.append(weakref.ref(unit))
            return unit

        async def whole():
            units = StateUnit.Units()
            references.append(weakref.ref(units))
            for i in range(n):
                units.add(f"unit-{i}", make(), depends_on=[f"unit-{i - 1}"] if i % 10 else ())
            await run(units)

        asyncio.run(whole())
        # The last transition of a set goes in an iteration of its own.
        while GLib.MainContext.default().iteration(False):
            pass
        gc.collect()
        self.assertEqual([ref() for ref in references if ref() is not None], [])

    @staticmethod
    async def through(units):
        await units.start()
        await units.stop()
        await units.restore(await units.save())
        await units.inspect()

    @staticmethod
    async def failing(units):
        try:
            await units.start()
        except StateUnit.TransitionError as error:
            assert error.exceptions
        await units.stop()

    @staticmethod
    async def fail_unheard(units):
        # The loop iterates the main context from the first operation that is awaited.
        await units.inspect()
        results = []
        units.start_async(None, lambda units, result: results.append(result))
        while not results:
            await asyncio.sleep(0)

    @staticmethod
    async def cancel(units):
        task = asyncio.create_task(units.start())
        await asyncio.sleep(0.01)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass

    @staticmethod
    async def leave_one_by_one(units):
        await units.start()
        for handle in list(units)[::-1]:
            await handle.remove()

    def test_plain(self):
        class Unit(StateUnit.BaseUnit):
            def start(self):
                pass

            def save(self):
                return 1

            def restore(self, state):
                pass

        self.check(Unit, self.through)
        self.check(Unit, self.leave_one_by_one)

    def test_async(self):
        class Unit(StateUnit.BaseUnit):
            async def start(self):
                await asyncio.sleep(0)

            async def stop(self):
                pass

            async def save(self):
                await asyncio.sleep(0)
                return 1

            async def restore(self, state, request):
                await asyncio.sleep(0)

        self.check(Unit, self.through)

    def test_raw(self):
        class Unit(GObject.Object, StateUnit.Unit):
            def do_start(self, request):
                self.request = request
                GLib.idle_add(self.answer)

            def answer(self):
                self.request.complete()
                del self.request

        self.check(Unit, self.through)

    def test_raising(self):
        class Unit(StateUnit.BaseUnit):
            def start(self):
                raise ValueError("no")

        class Async(StateUnit.BaseUnit):
            async def start(self):
                await asyncio.sleep(0)
                raise ValueError("no")

        class Raw(GObject.Object, StateUnit.Unit):
            def do_start(self, request):
                raise ValueError("no")

        class AsyncRaw(GObject.Object, StateUnit.Unit):
            async def do_start(self, request):
                await asyncio.sleep(0)
                raise ValueError("no")

        for cls in (Unit, Async, Raw, AsyncRaw):
            self.check(cls, self.failing)
            self.check(cls, self.fail_unheard)

    def test_cancelled(self):
        class Unit(StateUnit.BaseUnit):
            async def start(self):
                await asyncio.Event().wait()

        self.check(Unit, self.cancel)

    def test_left_hanging(self):
        """The loop ends while a unit is still at it."""

        class Unit(StateUnit.BaseUnit):
            async def start(self):
                await asyncio.Event().wait()

        async def abandon(units):
            units.set_default_timeout(5)
            try:
                await units.start()
            except StateUnit.TransitionError:
                pass

        self.check(Unit, abandon)

    def test_a_unit_that_knows_its_handle(self):
        class Unit(StateUnit.BaseUnit):
            pass

        async def introduce(units):
            for handle in units:
                handle.get_unit().handle = handle
            await units.start()

        self.check(Unit, introduce)


if __name__ == "__main__":
    unittest.main()
