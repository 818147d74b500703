# SPDX-License-Identifier: MIT
"""A program of which a checker has nothing to say."""

import asyncio
from typing import Any, assert_type

import gi

gi.require_version("StateUnit", "1")
from gi.repository import GLib, StateUnit


class Disk(StateUnit.BaseUnit):
    state_version = 3, 2

    async def start(self) -> None:
        await asyncio.sleep(0)

    def save(self) -> dict[str, int]:
        return {"sectors": 4096}

    async def restore(self, state: dict[str, int], request: StateUnit.Request) -> None:
        request.set_progress(0.5, None)
        assert_type(request.get_unit_name(), str | None)

    def do_stop(self, request: StateUnit.Request) -> None:
        request.complete()


async def main() -> None:
    units = StateUnit.Units()
    clock = units.add("clock", Disk())
    assert_type(clock, StateUnit.UnitHandle)
    assert_type(units.add("net"), StateUnit.UnitBuilder)
    units.add("disk", Disk(), depends_on=["clock", clock], timeout={"stop": 30})
    units.add("both", depends_on=clock)
    await units.start()
    await asyncio.gather(units.stop(), units.inspect("disk", timeout=0.5))
    snapshot = await units.save()
    assert_type(snapshot, StateUnit.Snapshot)
    assert_type(snapshot["disk"], Any)
    await units.restore(snapshot.with_unit("disk", 3, {"sectors": 2}))
    assert_type(await units.inspect(), dict[str, Any])
    assert_type([handle.get_state() for handle in units], list[StateUnit.UnitState])
    transition = StateUnit.Transition(
        units, StateUnit.Operation.SAVE, handles={"disk", "clock"}, resume=True, timeout=10
    )
    try:
        await transition.run()
    except StateUnit.TransitionError as error:
        assert_type(error.exceptions, tuple[Exception | ExceptionGroup[Exception], ...])
        assert_type(error.failures, dict[str, Exception])
        error.matches(StateUnit.error_quark(), StateUnit.Error.TRANSITION_FAILED)
    except TimeoutError:
        pass
    except GLib.Error as error:
        print(error.message)
    assert_type([step.get_outcome() for step in transition], list[StateUnit.StepOutcome])
    handle, receiver = units.add("queue").build_receiver()
    async for request in receiver:
        assert_type(request, StateUnit.Request)
    assert_type(await handle.remove(), StateUnit.Unit | None)
    assert_type(await StateUnit.Snapshot.load_from_file("file"), StateUnit.Snapshot)
    assert_type(units["disk"].props.state, StateUnit.UnitState)
    assert_type(list(transition.plan()), list[list[str]])


units = StateUnit.Units()
units.run("start")
units.stop_sync()
asyncio.run(main())
