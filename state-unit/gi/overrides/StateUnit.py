# SPDX-License-Identifier: MIT
"""StateUnit, at home in Python: see the chapter "In Python" of the reference."""

from gi.module import get_introspection_module
from gi.overrides import override
from gi.repository import GLib

from ._state_unit import batches, errors, loop, operations, requests, values

StateUnit = get_introspection_module("StateUnit")

TransitionError = errors.TransitionError
TimedOut = errors.TimedOut

__all__ = ["BaseUnit", "TimedOut", "TransitionError"]


def _override(cls):
    __all__.append(cls.__name__)
    return override(cls)


def _word(operation):
    """The name of an operation as part of a function's name."""
    if not isinstance(operation, str):
        operation = StateUnit.operation_to_string(operation)
    return operation.replace("-", "_")


def _operation(operation):
    """An operation, or its name."""
    if not isinstance(operation, str):
        return operation
    for value, name in requests.OPERATIONS.items():
        if name == _word(operation):
            return value
    raise ValueError(f"there is no operation {operation}")


def _milliseconds(seconds):
    """Of a number of seconds, or a timedelta; None is 0: the default, or no limit."""
    if seconds is None:
        return 0
    seconds = seconds.total_seconds() if hasattr(seconds, "total_seconds") else seconds
    if not seconds > 0:
        raise ValueError(f"a timeout of {seconds} s")
    # The greatest number stands for no limit.
    return GLib.MAXUINT if seconds * 1000 >= GLib.MAXUINT else max(round(seconds * 1000), 1)


# The interface comes first: the classes of the library that implement it derive from this.

operations.add_pairs(StateUnit.Unit)


class Unit(StateUnit.Unit):
    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        requests.guard_vfuncs(cls)

    async def send(self, operation, state=None):
        """Puts one request to a unit that is in no set, and returns what it answers."""
        variant = None if state is None else values.to_variant(state)
        return values.to_python(await StateUnit.Unit.send(self, _operation(operation), variant))


Unit = _override(Unit)
operations.add_all_pairs()


@_override
class BatchUnit(StateUnit.BatchUnit):
    def __repr__(self):
        return f"<{type(self).__module__}.{type(self).__qualname__} at {hash(self):#x}>"


class BaseUnit(BatchUnit, Unit):
    """A unit whose start, stop, reset, save, restore, post_restore and inspect are methods, plain
    or async. Those that a class does not have do what the interface does by default.

    save() and inspect() return a value, restore() is given the one that was saved. A method that
    takes one parameter more is given the request.
    """

    # PyGObject takes classes in its own modules for those of the library.
    __module__ = "StateUnit"
    __gtype_name__ = "PyStateUnitBaseUnit"

    state_version = 0

    def __init_subclass__(cls, **kwargs):
        requests.hide_vfuncs(cls)
        super().__init_subclass__(**kwargs)
        cls._state_unit_methods = requests.methods_of(cls)

    def do_handle_batch(self, batch):
        batches.handle(batch)

    def do_request_cancelled(self, batch, position):
        batches.cancelled(batch, position)

    def do_get_state_version(self):
        own = type(self).do_get_state_version
        if own is not BaseUnit.do_get_state_version:
            return own(self)
        version = self.state_version
        return version if isinstance(version, tuple) else (version, version)


BaseUnit.__module__ = "gi.repository.StateUnit"
BaseUnit._state_unit_methods = requests.methods_of(BaseUnit)


@_override
class Units(StateUnit.Units):
    def __bool__(self):
        return True

    def __repr__(self):
        # Others threads than that of its main context may not look.
        words = loop.call_if_here(self.get_main_context(), self._describe)
        return f"<StateUnit.Units {words or f'at {hash(self):#x}'}>"

    def _describe(self):
        running = "running" if self.is_running() else "not running"
        return f"of {len(self)} units, {running}"

    def __getitem__(self, key):
        if not isinstance(key, str):
            return super().__getitem__(key)
        handle = self.lookup(key)
        if handle is None:
            raise KeyError(key)
        return handle

    def __contains__(self, item):
        if isinstance(item, str):
            return self.lookup(item) is not None
        return isinstance(item, StateUnit.UnitHandle) and item.get_units() == self

    def add(self, name, unit=None, *, depends_on=(), timeout=None):
        """Adds a unit, and returns its handle; without a unit, begins a builder."""
        builder = super().add(name)
        if unit is None and not depends_on and timeout is None:
            return builder
        for handle in self._handles(depends_on):
            builder.depends_on(handle)
        if timeout is not None:
            if not isinstance(timeout, dict):
                timeout = dict.fromkeys(requests.TIMED_OPERATIONS, timeout)
            for operation, seconds in timeout.items():
                builder.set_timeout(_operation(operation), _milliseconds(seconds))
        return builder.build(unit)

    def _handles(self, items):
        """Handles, of handles or names."""
        items = (items,) if isinstance(items, (str, StateUnit.UnitHandle)) else items
        return [self[item] if isinstance(item, str) else item for item in items]

    def run(self, operation, *args, **kwargs):
        """Runs an operation, such as "start", to its end, for programs without a loop."""
        return getattr(self, f"{_word(operation)}_sync")(*args, **kwargs)

    # As transitions of their own, so that an error belongs to the right one; but another thread
    # may not make these.

    def _transition(self, operation, **kwargs):
        return loop.call_if_here(
            self.get_main_context(), lambda: Transition(self, operation, **kwargs)
        )

    async def start(self):
        """Starts all units."""
        transition = self._transition(StateUnit.Operation.START)
        await (StateUnit.Units.start(self) if transition is None else transition.run())

    async def stop(self):
        """Stops all units."""
        transition = self._transition(StateUnit.Operation.STOP)
        await (StateUnit.Units.stop(self) if transition is None else transition.run())

    async def reset(self):
        """Resets all units."""
        transition = self._transition(StateUnit.Operation.RESET)
        await (StateUnit.Units.reset(self) if transition is None else transition.run())

    async def save(self):
        """Saves all units, and returns the snapshot."""
        transition = self._transition(StateUnit.Operation.SAVE)
        if transition is None:
            return await StateUnit.Units.save(self)
        await transition.run()
        return transition.get_snapshot()

    async def restore(self, snapshot):
        """Restores all units of which the snapshot has a state."""
        transition = self._transition(StateUnit.Operation.RESTORE, snapshot=snapshot)
        await (StateUnit.Units.restore(self, snapshot) if transition is None else transition.run())

    async def inspect(self, path=None, *, depth=0, timeout=None):
        """Returns the tree below the path, as dictionaries; depth 0 is all of it."""
        tree = await StateUnit.Units.inspect(self, path, depth, _milliseconds(timeout))
        return values.to_python(tree)

    async def update(self, path, value):
        """Changes the value at the path, and returns the new one."""
        return values.to_python(
            await StateUnit.Units.update(self, path, values.to_variant(value))
        )


@_override
class Transition(StateUnit.Transition):
    def __new__(
        cls,
        units,
        operation,
        *,
        handles=None,
        snapshot=None,
        failure_policy=None,
        timeout=None,
        resume=False,
    ):
        self = StateUnit.Transition.new(units, _operation(operation))
        if handles is not None:
            self.set_handles(units._handles(handles))
        if snapshot is not None:
            self.set_snapshot(snapshot)
        if failure_policy is not None:
            self.set_failure_policy(failure_policy)
        if timeout is not None:
            self.set_timeout(_milliseconds(timeout))
        if resume:
            self.set_resume(True)
        return self

    def __init__(self, *args, **kwargs):
        """The object is complete."""

    def __bool__(self):
        return True

    def __repr__(self):
        operation = StateUnit.operation_to_string(self.get_operation())
        status = StateUnit.transition_status_to_string(self.get_status())
        done = f"{self.get_n_finished()} of {self.get_n_units()} units"
        return f"<StateUnit.Transition {operation}, {status}, {done}>"

    def _repr_svg_(self):
        return self.to_svg()


@_override
class TransitionStep(StateUnit.TransitionStep):
    def __repr__(self):
        outcome = StateUnit.step_outcome_to_string(self.get_outcome())
        return f"<StateUnit.TransitionStep {self.get_phase()} of {self.get_name()}, {outcome}>"


@_override
class UnitHandle(StateUnit.UnitHandle):
    def __repr__(self):
        state = StateUnit.unit_state_to_string(self.get_state())
        return f"<StateUnit.UnitHandle {self.get_name()}, {state}>"


@_override
class UnitBuilder(StateUnit.UnitBuilder):
    def __repr__(self):
        return f"<StateUnit.UnitBuilder at {hash(self):#x}>"


@_override
class Request(StateUnit.Request):
    def __repr__(self):
        operation = StateUnit.operation_to_string(self.get_operation())
        answered = "answered" if self.is_answered() else "not answered"
        return f"<StateUnit.Request {operation} of {self.get_unit_name()}, {answered}>"


@_override
class RequestBatch(StateUnit.RequestBatch):
    def __len__(self):
        return self.get_n_requests()

    def __bool__(self):
        return True

    def __repr__(self):
        operation = StateUnit.operation_to_string(self.get_operation())
        return f"<StateUnit.RequestBatch {operation} of {len(self)} units>"


@_override
class UnitReceiver(StateUnit.UnitReceiver):
    """Iterating over it, with ``async for`` or on a thread with ``for``, ends when it closes."""

    def __repr__(self):
        return f"<StateUnit.UnitReceiver at {hash(self):#x}>"

    def __aiter__(self):
        return self

    async def __anext__(self):
        request = await self.receive()
        if request is None:
            raise StopAsyncIteration
        return request

    def __iter__(self):
        return self

    def __next__(self):
        request = self.receive_sync(None)
        if request is None:
            raise StopIteration
        return request


@_override
class Inspector(StateUnit.Inspector):
    def __repr__(self):
        return f"<StateUnit.Inspector at {hash(self):#x}>"

    async def inspect(self, path=None, *, depth=0, timeout=None):
        """Returns the tree below the path, as dictionaries; depth 0 is all of it."""
        tree = await StateUnit.Inspector.inspect(self, path, depth, _milliseconds(timeout))
        return values.to_python(tree)


@_override
class Snapshot(StateUnit.Snapshot):
    """A mapping of names to the states that the units saved, as Python values."""

    def __bool__(self):
        return True

    def __len__(self):
        return self.get_n_units()

    def __iter__(self):
        return iter(self.list_names())

    def __contains__(self, name):
        return isinstance(name, str) and self.lookup(name) is not None

    def __getitem__(self, name):
        state = self.lookup(name)
        if state is None:
            raise KeyError(name)
        return values.to_python(state)

    def __repr__(self):
        return f"<StateUnit.Snapshot of {len(self)} units>"

    def with_unit(self, name, version, state):
        """A snapshot with another state for a unit: a Python value, or a GLib.Variant."""
        return super().with_unit(name, version, values.to_variant(state))

    def with_metadata(self, metadata):
        """A snapshot with other words of the program's own, a dictionary."""
        return super().with_metadata(values.to_variant(metadata))


@_override
class Plan(StateUnit.Plan):
    """A sequence of levels, each of them a list of names."""

    def __bool__(self):
        return True

    def __len__(self):
        return self.get_n_levels()

    def __getitem__(self, n):
        if isinstance(n, slice):
            return [self.get_level(level) for level in range(*n.indices(len(self)))]
        level = n + len(self) if n < 0 else n
        if not 0 <= level < len(self):
            raise IndexError(n)
        return self.get_level(level)

    def __str__(self):
        return self.to_string()

    def __repr__(self):
        return f"<StateUnit.Plan of {len(self)} levels>"
