# SPDX-License-Identifier: MIT
"""Every pair of x_async() and x_finish() as a coroutine x(), and blocking as x_sync()."""

import asyncio
import inspect
import threading

from gi.module import get_introspection_module
from gi.repository import Gio, GLib

from . import errors, loop as loops

StateUnit = get_introspection_module("StateUnit")

_NUMBERS = {"guint32", "gint32", "guint64", "gint64", "guint", "gint"}


def _units_of(source):
    """The set that an object belongs to, or None."""
    if isinstance(source, (StateUnit.Transition, StateUnit.UnitHandle)):
        return source.get_units()
    return source if isinstance(source, StateUnit.Units) else None


def _to_exception(error, source, units):
    """The exception for the GError with which an operation of the object ended; in the main
    context of the set."""
    if units is None:
        return errors.from_gerror(error)
    is_own = isinstance(source, StateUnit.Transition)
    transition = source if is_own else units.get_last_transition()
    own = None if transition is None else transition.get_error()
    if own is not None and (own.message, own.code) == (error.message, error.code):
        return errors.from_transition(transition, error)
    return errors.from_gerror(error)


def _collect(finish, result, source, settle):
    """Has settle() called with what the operation returned, and the exception it ended with."""
    try:
        value = finish(result)
    except GLib.Error as error:
        units = _units_of(source)
        failed = error.with_traceback(None)

        def settle_error():
            settle(None, _to_exception(failed, source, units))

        if units is None:
            settle_error()
        else:
            loops.call_in(units.get_main_context(), settle_error)
    else:
        settle(value, None)


async def _settled(future, cancellable):
    """Waits for the future, whatever comes; returns the cancellation that came meanwhile."""
    cancelled = None
    while not future.done():
        try:
            await asyncio.wait((future,))
        except asyncio.CancelledError as error:
            cancelled = error
            cancellable.cancel()
    return cancelled


async def call(begin, finish, source):
    """Begins an asynchronous operation, and returns its result when it has settled.

    ``begin`` is given a cancellable and a callback. Cancelling the task cancels the operation,
    and the task is cancelled when the operation has settled.
    """
    loop = loops.get_running()
    thread = threading.get_ident()
    future = loop.create_future()
    cancellable = Gio.Cancellable()

    def settle(*outcome):
        if threading.get_ident() == thread:
            future.set_result(outcome)
        else:
            loop.call_soon_threadsafe(future.set_result, outcome)

    begin(cancellable, lambda _source, result: _collect(finish, result, source, settle))
    cancelled = await _settled(future, cancellable)
    value, exception = future.result()
    try:
        if cancelled is not None:
            raise cancelled from exception
        if exception is not None:
            raise exception
        return value
    finally:
        # A frame that an exception's traceback leads to keeps what its variables name.
        del begin, finish, source, settle, future, cancelled, value, exception


def _signature(infos, is_method):
    """The parameters of a pair: those before the cancellable, the callback and its data."""
    parameters = []
    if is_method:
        parameters.append(inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY))
    numbers = [info.get_type().get_tag_as_string() in _NUMBERS for info in infos]
    optional = [number or info.may_be_null() for number, info in zip(numbers, infos)]
    for n, info in enumerate(infos):
        default = 0 if numbers[n] else None
        if not all(optional[n:]):
            default = inspect.Parameter.empty
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters.append(inspect.Parameter(info.get_name(), kind, default=default))
    return inspect.Signature(parameters)


def _describe(function, info, name, container, suffix, signature):
    function.__name__ = name + suffix
    function.__qualname__ = f"{container}.{name}{suffix}"
    function.__module__ = "gi.repository.StateUnit"
    function.__signature__ = signature
    function.__doc__ = f"{info.get_name()}() and {name}_finish() in one."
    return function


def _make(info, name, container, begin, finish):
    is_method = info.is_method()
    signature = _signature(info.get_arguments()[:-3], is_method)

    async def coroutine(*args, **kwargs):
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        values = bound.args
        if not is_method:
            return await call(lambda *rest: begin(*values, *rest), finish, None)
        source = values[0]
        return await call(
            lambda *rest: begin(*values, *rest), lambda result: finish(source, result), source
        )

    def blocking(*args, **kwargs):
        # The class may have a coroutine of its own in the place of this one.
        own = getattr(args[0], name) if is_method else None
        return loops.run(own(*args[1:], **kwargs) if is_method else coroutine(*args, **kwargs))

    twins = (
        _describe(coroutine, info, name, container, "", signature),
        _describe(blocking, info, name, container, "_sync", signature),
    )
    return twins if is_method else tuple(staticmethod(twin) for twin in twins)


def add_pairs(cls):
    """Gives a class of the namespace a coroutine, and a blocking function, for each pair."""
    infos = {info.get_name(): info for info in cls.__info__.get_methods()}
    for begin_name, info in infos.items():
        name = begin_name.removesuffix("_async")
        if name == begin_name or f"{name}_finish" not in infos or f"{name}_sync" in cls.__dict__:
            continue
        begin, finish = getattr(cls, begin_name), getattr(cls, f"{name}_finish")
        coroutine, blocking = _make(info, name, cls.__name__, begin, finish)
        if name in infos:
            # The library's own blocking function, for threads that have no loop.
            blocking = cls.__dict__[name]
        setattr(cls, f"{name}_sync", blocking)
        setattr(cls, name, coroutine)


def add_all_pairs():
    for name in dir(StateUnit):
        cls = getattr(StateUnit, name)
        if isinstance(cls, type) and hasattr(getattr(cls, "__info__", None), "get_methods"):
            add_pairs(cls)
