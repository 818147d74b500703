#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The tests that come with OpenVMM's crate, in Python."""

import asyncio
import unittest

import gi

gi.require_version("StateUnit", "1")
from gi.repository import StateUnit


class Unit(StateUnit.BaseUnit):
    """A unit with one value, which is its state if it has any."""

    def __init__(self, name, value=False, has_state=False, restored=None, delay=0):
        super().__init__()
        self.name = name
        self.value = value
        self.has_state = has_state
        self.restored = [] if restored is None else restored
        self.delay = delay

    def save(self):
        return self.value if self.has_state else None

    async def restore(self, state):
        await asyncio.sleep(self.delay)
        self.value = state
        self.restored.append(self.name)


class SeedTest(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.units = StateUnit.Units()

    def states(self):
        return {handle.get_name(): handle.get_state().value_nick for handle in self.units}

    async def test_state_change(self):
        a = Unit("a", value=True, has_state=True)
        self.units.add("a", a)
        self.units.add("b", Unit("b"))
        await self.units.start()
        self.assertTrue(self.units.is_running())

        self.units.add("c", Unit("c"))
        self.assertEqual(self.states(), {"a": "running", "b": "running", "c": "stopped"})
        await self.units.stop()
        self.assertEqual(set(self.states().values()), {"stopped"})
        await self.units.start()
        self.assertEqual(set(self.states().values()), {"running"})
        await self.units.stop()

        snapshot = await self.units.save()
        self.assertEqual(list(snapshot), ["a"])
        a.value = False
        await self.units.restore(snapshot)
        self.assertTrue(a.value)

    async def test_dependencies(self):
        restored = []
        self.units.add("zzz", Unit("zzz", has_state=True, restored=restored))
        self.units.add("aaa", Unit("aaa", has_state=True, restored=restored), depends_on=["zzz"])
        snapshot = await self.units.save()
        await self.units.restore(snapshot)
        self.assertEqual(restored, ["zzz", "aaa"])

    async def test_dependency_without_saved_state(self):
        restored = []
        self.units.add("c", Unit("c", has_state=True, restored=restored, delay=0.1))
        self.units.add("b", Unit("b", restored=restored), depends_on=["c"])
        self.units.add("a", Unit("a", has_state=True, restored=restored), depends_on=["b"])
        snapshot = await self.units.save()
        self.assertEqual(list(snapshot), ["c", "a"])
        await self.units.restore(snapshot)
        self.assertEqual(restored, ["c", "a"])


if __name__ == "__main__":
    unittest.main()
