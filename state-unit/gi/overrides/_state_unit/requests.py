# SPDX-License-Identifier: MIT
"""How the requests of a set reach the methods of a unit in Python, and how they are answered."""

import asyncio
import functools
import inspect
import traceback
import types

from gi.module import get_introspection_module
from gi.repository import GObject

from . import coroutines, errors, values

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


def _forget_request(exception):
    """The unit keeps the exception, whose frames would keep the request, and that the unit."""
    traceback.clear_frames(exception.__traceback__)


def _is_ours(frame):
    return frame.f_globals.get("__package__") == __package__


def fail(request, exception):
    """Answers the request with the exception, unless it has been answered."""
    # Our own frames are of no interest, and would keep the request.
    trace = exception.__traceback__
    while trace is not None and _is_ours(trace.tb_frame):
        trace = trace.tb_next
    exception.__traceback__ = trace

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


# Answers


def _answer_done(request, value):
    request.complete()


def _answer_state(request, value):
    request.complete_with_state(None if value is None else values.to_variant(value))


def _answer_tree(request, value):
    request.complete_with_state(values.to_variant({} if value is None else value))


def _answer_itself(request, value):
    """The method answers, now or later."""


_ANSWERS = {
    StateUnit.Operation.SAVE: _answer_state,
    StateUnit.Operation.INSPECT: _answer_tree,
}


class Single:
    """Owner of the coroutine for one request."""

    def __init__(self, loop, request, answer):
        self._loop = loop
        self._request = request
        self._answer = answer
        self._cancellable = None

    def waits(self, position, task):
        loop = self._loop

        def cancel(*_):
            loop.call_soon_threadsafe(task.cancel)

        self._cancellable = self._request.get_cancellable()
        # Its own connect() is that of the library, and calls back at once.
        self._handler = GObject.Object.connect(self._cancellable, "cancelled", cancel)
        if self._cancellable.is_cancelled():
            task.cancel()

    def _ended(self):
        if self._cancellable is not None:
            GObject.Object.disconnect(self._cancellable, self._handler)
            self._cancellable = None

    def finish(self, position, value):
        self._ended()
        finish(self._request, self._answer, value)

    def fail(self, position, exception):
        self._ended()
        fail(self._request, exception)
        self._request = None
        _forget_request(exception)


def finish(request, answer, value):
    try:
        if not request.is_answered():
            answer(request, value)
    except BaseException as exception:
        fail(request, exception)


# Methods


class Method:
    """A unit's method for an operation: how it is called, and what its result means."""

    def __init__(self, operation, function, raw):
        self.function = function
        self._answer = _answer_itself if raw else _ANSWERS.get(operation, _answer_done)
        self._takes_state = operation == StateUnit.Operation.RESTORE and not raw
        self._reads_only = operation == StateUnit.Operation.INSPECT and not raw
        if raw or self._count(function) > (2 if self._takes_state else 1):
            self._takes_request = True
            self._reads_only = False
        else:
            self._takes_request = False
        # It needs no request, and nothing but its end is of interest.
        self.is_simple = self._answer is _answer_done and not (
            self._takes_state or self._takes_request
        )

    @staticmethod
    def _count(function):
        kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        parameters = inspect.signature(function).parameters.values()
        return sum(parameter.kind in kinds for parameter in parameters)

    def call(self, unit, request):
        """Calls the method, and sees to it that the request is answered."""
        try:
            arguments = []
            if self._reads_only and request.get_inspect_value() is not None:
                raise NotImplementedError("nothing can be updated: inspect() takes no request")
            if self._takes_state:
                arguments.append(values.to_python(request.get_state()))
            if self._takes_request:
                arguments.append(request)
            value = self.function(unit, *arguments)
        except BaseException as exception:
            fail(request, exception)
            if self._takes_request:
                _forget_request(exception)
            del request, arguments
            return
        if type(value) is types.CoroutineType:
            loop = coroutines.find_loop()
            coroutines.run(loop, [(Single(loop, request, self._answer), 0, value)])
        else:
            finish(request, self._answer, value)


class Default:
    """In the place of a method that a class does not have."""

    def __init__(self, operation):
        self.is_simple = operation not in _WITH_DEFAULTS

    @staticmethod
    def function(unit):
        """Nothing to do."""

    @staticmethod
    def call(unit, request):
        request.apply(unit)


# Those for which the interface does more by default than to complete.
_WITH_DEFAULTS = (StateUnit.Operation.RESTORE, StateUnit.Operation.INSPECT)


class _Hidden:
    """A function that PyGObject does not see, and so does not put into the table of an interface,
    which a class shares with the classes it derives from."""

    def __init__(self, function):
        self._function = function

    def __get__(self, instance, owner=None):
        return self._function.__get__(instance, owner)


def _find(cls, names):
    """The first of the names that the class has a function of its own for."""
    for name in names:
        function = getattr(cls, name, None)
        if isinstance(function, types.FunctionType):
            return name, function
    return None, None


def methods_of(cls):
    """By operation, what is called for it in the units of a class."""
    found = {}
    for operation, name in OPERATIONS.items():
        raw = f"do_{name}"
        key, function = _find(cls, ("do_handle_request", raw, name))
        if function is None:
            found[operation] = Default(operation)
        else:
            found[operation] = Method(operation, function, key != name)
    return found


VFUNCS = [f"do_{name}" for name in OPERATIONS.values()] + ["do_handle_request"]


def hide_vfuncs(cls):
    for name in (*VFUNCS, "do_get_state_version"):
        function = cls.__dict__.get(name)
        if isinstance(function, types.FunctionType):
            setattr(cls, name, _Hidden(function))


def guard_vfuncs(cls):
    """Has the functions of an interface fail their requests when they raise."""
    for name in VFUNCS:
        function = cls.__dict__.get(name)
        if isinstance(function, types.FunctionType):
            setattr(cls, name, _guard(function))


def _guard(function):
    method = Method(None, function, True)

    @functools.wraps(function)
    def guarded(unit, request):
        try:
            method.call(unit, request)
        finally:
            # The frame may live on in the traceback of an exception.
            del request

    return guarded
