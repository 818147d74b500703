# SPDX-License-Identifier: MIT
"""A program with a mistake on each line that says so."""

import gi

gi.require_version("StateUnit", "1")
from gi.repository import StateUnit

units = StateUnit.Units()
units.add(7)  # wrong
units.add("disk", object())  # wrong
units.add("disk", StateUnit.BaseUnit(), depends=["clock"])  # wrong
units["disk"].get_states()  # wrong
StateUnit.Transition(units)  # wrong
StateUnit.Operation.BEGIN  # wrong


async def main() -> None:
    number: int = await units.save()  # wrong
    await units.restore(number)  # wrong
    await units.inspect("disk", 1)  # wrong
