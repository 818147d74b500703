# SPDX-License-Identifier: MIT
"""What is added to gi.repository.StateUnitTesting in Python."""

import unittest

from gi.repository import GLib

from ..module import get_introspection_module

try:
    # Units whose methods are coroutines need a loop of asyncio's that runs.
    from ._state_unit import loop as loops
except ImportError:
    loops = None

StateUnitTesting = get_introspection_module("StateUnitTesting")

__all__ = ["UnitConformance"]

PREFIX = "test_"


class UnitConformance:
    """Tries whether a unit keeps its promises: a mixin for test classes.

    A class for unittest, which pytest runs as well, says how to make a unit::

        class TestDisk(StateUnitTesting.UnitConformance, unittest.TestCase):
            def create_unit(self):
                return Disk()

    and has a test for each case of StateUnitTesting.Conformance, such as
    test_stop_is_idempotent. For pytest alone, it need not be a TestCase.

    conformance_flags says how the unit is tried, and which cases are left out;
    conformance_time_limit how long it may take for each answer, in seconds (None:
    what the flags say; 0: no limit). change_unit gives a stopped unit other
    contents, where running it and updating its fields does not.
    """

    conformance_flags = StateUnitTesting.ConformanceFlags.NONE
    conformance_time_limit = None

    def create_unit(self):
        """Makes a new unit, which is stopped and has its initial contents."""
        raise NotImplementedError(f"{type(self).__name__} has no create_unit()")

    def change_unit(self, unit):
        """Changes something of all that the unit saves."""

    def run_conformance_case(self, name):
        """Runs one case; raises AssertionError if the unit fails it."""
        raised = []

        def call(function, *args):
            # What is raised in a callback would only be printed.
            try:
                return function(*args)
            except BaseException as error:
                raised.append(error)
                return None

        conformance = StateUnitTesting.Conformance.new(
            self.conformance_flags, lambda *_: call(self.create_unit)
        )
        if self.conformance_time_limit is not None:
            conformance.set_time_limit(round(self.conformance_time_limit * 1000))
        if type(self).change_unit is not UnitConformance.change_unit:
            conformance.set_change_func(lambda unit, *_: call(self.change_unit, unit))
        message = skipped = None
        try:
            _run_case(conformance, name)
        except GLib.Error as error:
            message = error.message
            skipped = error.matches(
                StateUnitTesting.conformance_error_quark(),
                StateUnitTesting.ConformanceError.SKIPPED,
            )
        if raised:
            raise raised[0]
        if skipped:
            raise unittest.SkipTest(message)
        if message is not None:
            raise AssertionError(message)

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "conformance_flags" in cls.__dict__:
            tried = _list_cases(cls.conformance_flags)
            for name in _ALL_CASES:
                # None is no test, and hides the one that would be inherited.
                setattr(cls, _name_of_test(name), _make_test(name) if name in tried else None)


def _run_case(conformance, name):
    if loops is None:
        conformance.run_case(name)
    else:
        loops.run(_run_case_in_loop(conformance, name))


async def _run_case_in_loop(conformance, name):
    done = loops.get_running().create_future()
    conformance.run_case_async(name, None, lambda _, result: done.set_result(result))
    conformance.run_case_finish(await done)


def _list_cases(flags):
    return StateUnitTesting.Conformance.new(flags, lambda *_: None).list_cases()


def _name_of_test(name):
    return PREFIX + name.replace("-", "_")


def _make_test(name):
    def test(self):
        self.run_conformance_case(name)

    test.__name__ = _name_of_test(name)
    test.__qualname__ = f"UnitConformance.{test.__name__}"
    test.__doc__ = f"The unit passes the case {name}."
    return test


_ALL_CASES = _list_cases(StateUnitTesting.ConformanceFlags.NONE)
for _name in _ALL_CASES:
    setattr(UnitConformance, _name_of_test(_name), _make_test(_name))
