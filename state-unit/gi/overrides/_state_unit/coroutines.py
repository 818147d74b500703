# SPDX-License-Identifier: MIT
"""Coroutines of units, run by an asyncio loop at the cost of a task for those alone that wait."""

import asyncio
from collections import deque
import types

from . import loop as loops


# A loop holds its tasks weakly: one that waits for what nobody else knows of would be collected.
_tasks = set()


def _create_task(loop, coroutine):
    task = loop.create_task(coroutine)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return task


@types.coroutine
def _go_on(coroutine, waits_for):
    """Goes on with a coroutine that has been started and waits."""
    while True:
        try:
            sent = yield waits_for
        except BaseException as exception:
            step, argument = coroutine.throw, exception
        else:
            step, argument = coroutine.send, sent
        try:
            waits_for = step(argument)
        except StopIteration as stop:
            return stop.value


async def _to_the_end(owner, position, awaitable):
    try:
        value = await awaitable
    except BaseException as exception:
        owner.fail(position, exception)
    else:
        owner.finish(position, value)


class Carrier:
    """Starts coroutines one after the other, in a task that belongs to the first that waits.

    Those of the same function are expected to wait as well, and get tasks of their own; another
    task goes on with the rest. So each coroutine sees one task, the same all through, and those
    that never wait cost none.

    Each has an owner, which is told by its ``finish()``, ``fail()`` and ``waits()``.
    """

    def __init__(self, loop):
        self._loop = loop
        self._queue = deque()
        self._task = None

    def add(self, items):
        """Takes coroutines, each with its owner, and its position there."""
        self._queue.extend(items)
        if self._task is None:
            self._spawn()

    def _spawn(self):
        self._task = _create_task(self._loop, self._carry())

    async def _carry(self):
        while self._queue:
            owner, position, coroutine = self._queue.popleft()
            try:
                waits_for = coroutine.send(None)
            except StopIteration as stop:
                owner.finish(position, stop.value)
            except BaseException as exception:
                owner.fail(position, exception)
            else:
                owner.waits(position, self._task)
                self._leave(coroutine.cr_code)
                await _to_the_end(owner, position, _go_on(coroutine, waits_for))
                return
        self._task = None

    def _leave(self, code):
        """The task is no longer the carrier's: others take over what is in the queue."""
        others = deque()
        for owner, position, coroutine in self._queue:
            if coroutine.cr_code is code:
                task = _create_task(self._loop, _to_the_end(owner, position, coroutine))
                owner.waits(position, task)
            else:
                others.append((owner, position, coroutine))
        self._queue = others
        self._task = None
        if others:
            self._spawn()


def _carrier_of(loop):
    try:
        return loop._state_unit_carrier
    except AttributeError:
        loop._state_unit_carrier = Carrier(loop)
        return loop._state_unit_carrier


def find_loop():
    """The loop that is to run a unit's coroutines: that of this thread, or the one that awaits."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return loops.find_awaiting()


def run(loop, items):
    """Has the loop run coroutines, each with its owner, and its position there."""
    if loop is None:
        for owner, position, coroutine in items:
            coroutine.close()
            owner.fail(
                position,
                RuntimeError("no asyncio loop runs: await the operation, or use its blocking twin"),
            )
    elif loop is asyncio._get_running_loop():
        _carrier_of(loop).add(items)
    else:
        loop.call_soon_threadsafe(lambda: _carrier_of(loop).add(items))
