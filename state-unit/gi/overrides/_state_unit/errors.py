# SPDX-License-Identifier: MIT
"""Exceptions as GErrors, and back."""

import asyncio
import errno
import traceback

from gi.module import get_introspection_module
from gi.repository import Gio, GLib

StateUnit = get_introspection_module("StateUnit")

DOMAIN = GLib.quark_to_string(StateUnit.error_quark())
IO_DOMAIN = GLib.quark_to_string(Gio.io_error_quark())


def is_error(error, code):
    """Whether it is an error of this library with that code."""
    return error.domain == DOMAIN and error.code == code


def is_cancelled(error):
    return error.domain == IO_DOMAIN and error.code == Gio.IOErrorEnum.CANCELLED


class TimedOut(GLib.Error, TimeoutError):
    """An answer that did not come in time: a GLib.Error, and a TimeoutError."""

    def __init__(self, message="timed out", domain=DOMAIN, code=StateUnit.Error.TIMED_OUT):
        GLib.Error.__init__(self, message, domain, int(code))
        self.transition = None

    __str__ = GLib.Error.__str__


class TransitionError(ExceptionGroup, GLib.Error):
    """A transition that did not succeed: the exceptions of the units that failed of themselves.

    ``transition`` is the transition, ``failures`` has the exceptions by the names of the units.
    It is a GLib.Error as well, with the message, domain and code of the whole.
    """

    def __new__(cls, message, exceptions, *args, **kwargs):
        return super().__new__(cls, message, exceptions)

    def __init__(self, message, exceptions, error=None, transition=None, failures=None):
        ExceptionGroup.__init__(self, message, exceptions)
        self.domain = DOMAIN if error is None else error.domain
        self.code = int(StateUnit.Error.TRANSITION_FAILED) if error is None else error.code
        self.transition = transition
        self.failures = {} if failures is None else failures

    def derive(self, exceptions):
        return TransitionError(self.message, exceptions, self, self.transition, self.failures)

    def __str__(self):
        return self.message

    def __repr__(self):
        return f"TransitionError({self.message!r}, {list(self.exceptions)!r})"

    def copy(self):
        return GLib.Error(self.message, self.domain, self.code)


for _cls in (TimedOut, TransitionError):
    _cls.__module__ = "gi.repository.StateUnit"


def to_gerror(exception):
    """What a unit's exception is for those who are not in Python."""
    if isinstance(exception, ExceptionGroup) and isinstance(exception, GLib.Error):
        return exception.copy()
    if isinstance(exception, GLib.Error):
        return exception
    words = traceback.format_exception_only(exception)[-1].strip()
    if isinstance(exception, asyncio.CancelledError):
        code = Gio.IOErrorEnum.CANCELLED
    elif isinstance(exception, TimeoutError):
        code = Gio.IOErrorEnum.TIMED_OUT
    elif isinstance(exception, OSError) and exception.errno in errno.errorcode:
        code = Gio.io_error_from_errno(exception.errno)
    else:
        code = Gio.IOErrorEnum.FAILED
    return GLib.Error.new_literal(Gio.io_error_quark(), words, code)


def from_gerror(error):
    """The exception for a GError: a TimedOut if it is one."""
    if is_error(error, StateUnit.Error.TIMED_OUT):
        return TimedOut(error.message, error.domain, error.code)
    return error


# What failed of itself, apart from the consequences.
_CAUSES = (
    StateUnit.StepOutcome.FAILED,
    StateUnit.StepOutcome.TIMED_OUT,
    StateUnit.StepOutcome.DROPPED,
    StateUnit.StepOutcome.LOST,
    StateUnit.StepOutcome.REMOVED,
)

_EXCEPTION = "_state_unit_exception"


def keep(unit, exception, error):
    """Keeps the exception of a unit until the transition that it fails asks for it."""
    if isinstance(exception, Exception) and unit is not None:
        setattr(unit, _EXCEPTION, (error.message, exception))


def forget(unit):
    if _EXCEPTION in unit.__dict__:
        delattr(unit, _EXCEPTION)


def _exception_of(units, step):
    error = step.get_error()
    handle = None if units is None else units.lookup(step.get_name())
    unit = None if handle is None else handle.get_unit()
    message, exception = getattr(unit, _EXCEPTION, (None, None))
    if exception is not None and message == error.message:
        forget(unit)
        return exception
    if isinstance(unit, StateUnit.Units):
        return _from_set(unit, error)
    return from_gerror(error)


def _from_set(units, error):
    """The exception for a set within a set. What failed there has been stopped since, so that no
    transition tells of it any more."""
    failures = {}
    for n in range(units.get_n_items()):
        handle = units.get_item(n)
        unit = handle.get_unit()
        message, exception = getattr(unit, _EXCEPTION, (None, None))
        if exception is not None and f"{handle.get_name()}: {message}" in error.message:
            forget(unit)
            failures[handle.get_name()] = exception
    if not failures:
        return from_gerror(error)
    return TransitionError(error.message, list(failures.values()), error, None, failures)


def from_transition(transition, error):
    """The exception for a transition that ended with the error."""
    failures = {}
    units = transition.get_units()
    for n in range(transition.get_n_items()):
        step = transition.get_item(n)
        if step.get_error() is not None and step.get_outcome() in _CAUSES:
            failures.setdefault(step.get_name(), []).append(_exception_of(units, step))
    exceptions = [exception for found in failures.values() for exception in found]
    if not exceptions:
        return from_gerror(error)
    by_name = {name: found[0] for name, found in failures.items()}
    whole = TransitionError(error.message, exceptions, error, transition, by_name)
    if not is_error(error, StateUnit.Error.TIMED_OUT):
        return whole
    timed_out = from_gerror(error)
    timed_out.transition = transition
    timed_out.__cause__ = whole
    return timed_out
