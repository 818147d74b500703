#!/usr/bin/env python3
# SPDX-License-Identifier: MIT

"""A clock, and a disk that needs it: started, stopped, saved and restored."""

import asyncio

import gi

gi.require_version("StateUnit", "1")
from gi.repository import StateUnit


class Device(StateUnit.BaseUnit):
    def __init__(self, name):
        super().__init__()
        self.name = name
        self.starts = 0

    async def start(self):
        await asyncio.sleep(0.05)  # This takes a while.
        self.starts += 1
        print(self.name, "runs")

    def stop(self):
        print(self.name, "is stopped")

    def save(self):
        return {"starts": self.starts}

    def restore(self, state):
        self.starts = int(state["starts"])


async def main():
    units = StateUnit.Units()
    units.add("clock", Device("clock"))
    units.add("disk", Device("disk"), depends_on=["clock"], timeout=5)

    await units.start()
    await units.stop()
    snapshot = await units.save()
    print("saved", len(snapshot), "units")
    await units.restore(snapshot)
    print("restored")


if __name__ == "__main__":
    asyncio.run(main())
