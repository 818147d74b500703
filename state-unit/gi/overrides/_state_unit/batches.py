# SPDX-License-Identifier: MIT
"""Requests that come for many units at once: one call from the library, and one answer."""

import asyncio
import time
import types
import weakref

from . import coroutines, requests

# For how long units are called before the answers so far are given, in seconds.
_SLICE = 0.005

# By the address of the library's object; each as long as something of it is under way.
_under_way = weakref.WeakValueDictionary()


class Batch:
    """A batch that is under way, and owner of its coroutines."""

    def __init__(self, batch):
        self._batch = batch
        self._loop = None
        self._tasks = {}
        self._cancelled = set()
        self._finished = []
        _under_way[hash(batch)] = self

    # What the library says

    def cancel(self, position):
        """In the thread of the set."""
        self._cancelled.add(position)
        task = self._tasks.get(position)
        if task is not None:
            self._loop.call_soon_threadsafe(task.cancel)

    # What the coroutines say, in the thread of the loop

    def waits(self, position, task):
        self._tasks[position] = task
        if position in self._cancelled:
            task.cancel()

    def finish(self, position, value):
        self._tasks.pop(position, None)
        if not self._finished:
            self._loop.call_soon(self._complete_finished)
        self._finished.append(position)

    def fail(self, position, exception):
        self._tasks.pop(position, None)
        request = self._batch.steal(position)
        if request is not None:
            requests.fail(request, exception)

    def _complete_finished(self):
        positions, self._finished = self._finished, []
        self._batch.complete(positions)

    # Calling the units

    def run(self):
        operation = self._batch.get_operation()
        units = self._batch.get_units()
        waiting = self._call(operation, units)
        if waiting:
            self._loop = coroutines.find_loop()
            coroutines.run(self._loop, waiting)

    def _call(self, operation, units):
        """Calls the units, and returns the coroutines that they gave."""
        done, waiting = [], []
        cancelled = self._cancelled
        known = method = function = None
        until = time.monotonic() + _SLICE
        for position, unit in enumerate(units):
            if type(unit) is not known:
                known = type(unit)
                method = known._state_unit_methods[operation]
                function = method.function if method.is_simple else None
            if function is None or cancelled:
                if self._call_alone(method, unit, position):
                    continue
            try:
                value = function(unit)
            except BaseException as exception:
                self.fail(position, exception)
                continue
            if value is None:
                done.append(position)
            elif type(value) is types.CoroutineType:
                waiting.append((self, position, value))
            else:
                done.append(position)
            if position & 15 == 15 and time.monotonic() > until:
                self._batch.complete(done)
                done.clear()
                until = time.monotonic() + _SLICE
        if len(done) == len(units):
            self._batch.complete_rest()
        elif done:
            self._batch.complete(done)
        return waiting

    def _call_alone(self, method, unit, position):
        """A unit that needs the request, or may have left; false if it is one like the others."""
        if not self._batch.is_wanted(position):
            self._batch.steal(position)
            return True
        if method.is_simple:
            return False
        method.call(unit, self._batch.steal(position))
        return True


def handle(batch):
    under_way = Batch(batch)
    try:
        under_way.run()
    except BaseException as exception:
        # Nothing of the units', and yet nobody may wait for ever.
        for position in range(len(batch)):
            under_way.fail(position, exception)


def cancelled(batch, position):
    under_way = _under_way.get(hash(batch))
    if under_way is not None:
        under_way.cancel(position)
