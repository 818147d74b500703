# SPDX-License-Identifier: MIT
"""How the requests of a set reach the methods of a unit in Python, and how they are answered."""

import asyncio
import functools
import inspect
import types

from gi.module import get_introspection_module
from gi.repository import GLib

from . import errors, loop as loops, values

StateUnit = get_introspection_module("StateUnit")

OPERATIONS = {
    StateUnit.Operation.START: "start",
    StateUnit.Operation.STOP: "stop",
    StateUnit.Operation.RESET: "reset",
    StateUnit.Operation.SAVE: "save",
    StateUnit.Operation.RESTORE: "restore",
    StateUnit.Operation.POST_RESTORE: "post_restore",
    StateUnit.Operation.INSPECT: "inspect",
}

# Those that have a deadline of the unit's own; an inspection brings its own.
TIMED_OPERATIONS = [operation for operation in OPERATIONS if OPERATIONS[operation] != "inspect"]


def fail(request, exception):
    """Answers the request with the exception, unless it has been answered."""
    # The frames of this module are of no interest, and would keep the request.
    traceback = exception.__traceback__
    while traceback is not None and traceback.tb_frame.f_globals.get("__name__") == __name__:
        traceback = traceback.tb_next
    exception.__traceback__ = traceback

    error = errors.to_gerror(exception)
    if not request.is_answered():
        errors.keep(request.get_unit(), exception, error)
        request.fail(error)
    if isinstance(exception, (KeyboardInterrupt, SystemExit)):
        _raise_in_loop(exception)


def _raise_in_loop(exception):
    """These end the program, from its loop: a unit's failure alone would swallow them."""

    def reraise():
        raise exception

    try:
        asyncio.get_running_loop().call_soon(reraise)
    except RuntimeError:
        pass


# Coroutines


@types.coroutine
def _rest(coroutine, waits_for):
    """Goes on with a coroutine that has been started and waits."""
    while True:
        try:
            sent = yield waits_for
        except BaseException as exception:
            step = functools.partial(coroutine.throw, exception)
        else:
            step = functools.partial(coroutine.send, sent)
        try:
            waits_for = step()
        except StopIteration as stop:
            return stop.value


class Carrier:
    """Runs coroutines as a task would, at the cost of a task for those that wait alone.

    One task starts one coroutine after the other. The first that waits keeps the task as its own,
    and another task goes on with the others.
    """

    def __init__(self, loop):
        self.loop = loop
        self.queue = []
        self.tasks = set()
        self.idle = True

    def add(self, coroutine, request, answer):
        self.queue.append((coroutine, request, answer))
        if self.idle:
            self.idle = False
            self._spawn()

    def _spawn(self):
        task = self.loop.create_task(self._carry())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _carry(self):
        while self.queue:
            coroutine, request, answer = self.queue.pop(0)
            try:
                waits_for = coroutine.send(None)
            except StopIteration as stop:
                finish(request, answer, stop.value)
                continue
            except BaseException as exception:
                fail(request, exception)
                continue
            if self.queue:
                self._spawn()
            else:
                self.idle = True
            await self._wait(coroutine, waits_for, request, answer)
            return
        self.idle = True

    async def _wait(self, coroutine, waits_for, request, answer):
        task = asyncio.current_task()
        cancellable = request.get_cancellable()
        handler = cancellable.connect(
            lambda *_: self.loop.call_soon_threadsafe(task.cancel)
        )
        try:
            value = await _rest(coroutine, waits_for)
        except BaseException as exception:
            fail(request, exception)
        else:
            finish(request, answer, value)
        finally:
            cancellable.disconnect(handler)


def _carrier_of(loop):
    carrier = getattr(loop, "_state_unit_carrier", None)
    if carrier is None:
        carrier = loop._state_unit_carrier = Carrier(loop)
    return carrier


def drive(coroutine, request, answer):
    """Has an asyncio loop run the coroutine: that of this thread, or the one that awaits."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        loop = loops.find_awaiting()
    else:
        _carrier_of(loop).add(coroutine, request, answer)
        return
    if loop is None:
        coroutine.close()
        raise RuntimeError(
            "no asyncio event loop runs: await the operation, or use its blocking twin"
        )
    loop.call_soon_threadsafe(lambda: _carrier_of(loop).add(coroutine, request, answer))


# Answers


def answer_done(request, value):
    request.complete()


def answer_state(request, value):
    request.complete_with_state(None if value is None else values.to_variant(value))


def answer_tree(request, value):
    request.complete_with_state(values.to_variant({} if value is None else value))


def answer_raw(request, value):
    """The method answers by itself."""


ANSWERS = {
    StateUnit.Operation.SAVE: answer_state,
    StateUnit.Operation.INSPECT: answer_tree,
}


def finish(request, answer, value):
    try:
        if not request.is_answered():
            answer(request, value)
    except BaseException as exception:
        fail(request, exception)


# Methods


class Method:
    """A unit's method for an operation: how it is called, and what its result means."""

    def __init__(self, operation, function, raw=False):
        self.function = function
        self.answer = answer_raw if raw else ANSWERS.get(operation, answer_done)
        self.raw = raw
        self.takes_state = operation == StateUnit.Operation.RESTORE and not raw
        self.updates = operation == StateUnit.Operation.INSPECT
        self.takes_request = raw or self._count(function) > (2 if self.takes_state else 1)

    @staticmethod
    def _count(function):
        kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        parameters = inspect.signature(function).parameters.values()
        return sum(parameter.kind in kinds for parameter in parameters)

    def __call__(self, unit, request):
        arguments = []
        if self.takes_state:
            arguments.append(values.to_python(request.get_state()))
        if self.takes_request:
            arguments.append(request)
        elif self.updates and request.get_inspect_value() is not None:
            raise NotImplementedError("nothing can be updated: inspect() takes no request")
        return self.function(unit, *arguments)


def methods_of(cls):
    """The methods of a class for the operations, by operation: do_x() before x()."""
    found = {}
    for operation, name in OPERATIONS.items():
        for key, raw in ((f"do_{name}", True), (name, False)):
            function = getattr(cls, key, None)
            if isinstance(function, types.FunctionType):
                found[operation] = Method(operation, function, raw)
                break
    return found


def handle(methods, unit, request):
    """Calls the method of the unit that the request is for."""
    try:
        errors.forget(unit)
        method = methods.get(request.get_operation())
        if method is None:
            request.apply(unit)
            return
        value = method(unit, request)
        if type(value) is types.CoroutineType:
            drive(value, request, method.answer)
        else:
            finish(request, method.answer, value)
    except BaseException as exception:
        fail(request, exception)


def guard(function):
    """A do_x() that fails its request when it raises, and may be a coroutine."""

    @functools.wraps(function)
    def guarded(unit, request):
        try:
            errors.forget(unit)
            value = function(unit, request)
            if type(value) is types.CoroutineType:
                drive(value, request, answer_raw)
        except BaseException as exception:
            fail(request, exception)

    guarded.is_guard = True
    return guarded


def guard_class(cls):
    for name in [f"do_{name}" for name in OPERATIONS.values()] + ["do_handle_request"]:
        function = cls.__dict__.get(name)
        if isinstance(function, types.FunctionType) and not hasattr(function, "is_guard"):
            setattr(cls, name, guard(function))
