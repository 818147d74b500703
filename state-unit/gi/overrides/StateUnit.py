# SPDX-License-Identifier: MIT
"""StateUnit, at home in Python: see the chapter "In Python" of the reference."""

from gi.module import get_introspection_module
from gi.overrides import override
from gi.repository import GLib

from ._state_unit import batches, errors, loop, operations, requests, values

StateUnit = get_introspection_module("StateUnit")

operations.add_pairs(StateUnit.Unit)

TransitionError = errors.TransitionError
TimedOut = errors.TimedOut

__all__ = ["TransitionError", "TimedOut", "BaseUnit"]


def _operation(operation):
    """An operation, or its name."""
    if not isinstance(operation, str):
        return operation
    for value, name in requests.OPERATIONS.items():
        if name == operation.replace("-", "_"):
            return value
    raise ValueError(f"there is no operation {operation}")


def _milliseconds(seconds):
    """Of a number of seconds, or a timedelta; None is no limit."""
    if seconds is None:
        return 0
    seconds = seconds.total_seconds() if hasattr(seconds, "total_seconds") else seconds
    if not seconds > 0:
        raise ValueError(f"a timeout of {seconds} seconds")
    return min(max(round(seconds * 1000), 1), GLib.MAXUINT - 1)


class Unit(StateUnit.Unit):
    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        requests.guard_vfuncs(cls)

    async def send(self, operation, state=None):
        variant = None if state is None else values.to_variant(state)
        return values.to_python(await StateUnit.Unit.send(self, _operation(operation), variant))


Unit = override(Unit)
__all__.append("Unit")

operations.add_all_pairs()


class BaseUnit(StateUnit.BatchUnit, Unit):
    """A unit whose start, stop, reset, save, restore, post_restore and inspect are methods, plain
    or async. Those that are not there do what the interface does by default."""

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


class Units(StateUnit.Units):
    def __bool__(self):
        return True

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
        return isinstance(item, StateUnit.UnitHandle) and item.get_units() is self

    def add(self, name, unit=None, *, depends_on=(), timeout=None, **kwargs):
        builder = super().add(name)
        if unit is None and not depends_on and timeout is None:
            return builder
        if isinstance(depends_on, (str, StateUnit.UnitHandle)):
            depends_on = (depends_on,)
        for item in depends_on:
            builder.depends_on(self[item] if isinstance(item, str) else item)
        if isinstance(timeout, dict):
            for operation, seconds in timeout.items():
                builder.set_timeout(_operation(operation), _milliseconds(seconds))
        elif timeout is not None:
            for operation in requests.TIMED_OPERATIONS:
                builder.set_timeout(operation, _milliseconds(timeout))
        return builder.build(unit)

    def run(self, operation, *args):
        """Runs an operation, such as "start", to its end, for programs without a loop."""
        name = requests.OPERATIONS[_operation(operation)]
        return loop.run(getattr(self, name)(*args))

    async def start(self):
        await Transition(self, StateUnit.Operation.START).run()

    async def stop(self):
        await Transition(self, StateUnit.Operation.STOP).run()

    async def reset(self):
        await Transition(self, StateUnit.Operation.RESET).run()

    async def save(self):
        transition = Transition(self, StateUnit.Operation.SAVE)
        await transition.run()
        return transition.get_snapshot()

    async def restore(self, snapshot):
        await Transition(self, StateUnit.Operation.RESTORE, snapshot=snapshot).run()

    async def inspect(self, path=None, *, depth=0, timeout=None):
        inspected = StateUnit.Units.inspect(self, path, depth, _milliseconds(timeout))
        return values.to_python(await inspected)

    async def update(self, path, value):
        updated = StateUnit.Units.update(self, path, values.to_variant(value))
        return values.to_python(await updated)


Units = override(Units)
__all__.append("Units")


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
            found = [units[item] if isinstance(item, str) else item for item in handles]
            self.set_handles(found)
        if snapshot is not None:
            self.set_snapshot(snapshot)
        if failure_policy is not None:
            self.set_failure_policy(failure_policy)
        if timeout is not None:
            self.set_timeout(_milliseconds(timeout))
        self.set_resume(resume)
        return self

    def __init__(self, *args, **kwargs):
        pass

    def __bool__(self):
        return True


Transition = override(Transition)
__all__.append("Transition")
