# SPDX-License-Identifier: MIT
"""asyncio's loops and GLib's main contexts, together.

A loop that iterates the main context itself (that of PyGObject 3.50, gbulb) needs nothing. When
another thread iterates the context, there is nothing to do but to hand results over. A plain
asyncio loop gets a selector that waits for both.
"""

import asyncio
import atexit
import selectors
import threading
import weakref

from gi.repository import GLib


def current_context():
    """The main context in which what this thread asks for is called back."""
    return GLib.MainContext.get_thread_default() or GLib.MainContext.default()


class MainContextSelector:
    """In the place of a loop's selector: waits for the main context as well, and dispatches it.

    While it waits, a source of the context watches the selector's own descriptor, so that one wait
    of the context serves both. Where another thread has the context, that one dispatches.
    """

    def __init__(self, selector, context):
        self._selector = selector
        self._context = context

    def __getattr__(self, name):
        return getattr(self._selector, name)

    def select(self, timeout=None):
        if not self._context.acquire():
            return self._selector.select(timeout)
        try:
            dispatched = self._context.iteration(False)
            if not dispatched and (timeout is None or timeout > 0):
                self._wait(timeout)
        finally:
            self._context.release()
        return self._selector.select(0)

    def _wait(self, timeout):
        source = GLib.unix_fd_source_new(self._selector.fileno(), GLib.IOCondition.IN)
        source.set_callback(lambda *_: GLib.SOURCE_REMOVE)
        if timeout is not None:
            source.set_ready_time(GLib.get_monotonic_time() + int(timeout * 1e6) + 1)
        source.attach(self._context)
        try:
            # A new descriptor wakes the context up: the first iteration does not wait.
            if not self._context.iteration(False):
                self._context.iteration(True)
        finally:
            source.destroy()


def attach(loop):
    """Has the loop iterate the main context of this thread, if nobody else does."""
    context = getattr(loop, "_context", None)
    if isinstance(context, GLib.MainContext) and context != current_context():
        raise RuntimeError(
            "the event loop iterates a main context of its own: with gbulb, run main() by "
            "asyncio.get_event_loop().run_until_complete(main())"
        )
    selector = getattr(loop, "_selector", None)
    if not isinstance(selector, selectors.BaseSelector) or not hasattr(selector, "fileno"):
        return
    # The loops that bring a main loop of GLib run in a way of their own.
    if type(loop).run_forever is asyncio.BaseEventLoop.run_forever:
        loop._selector = MainContextSelector(selector, current_context())


def call_if_here(context, function):
    """Calls the function if this thread may do so for the main context; None if it may not."""
    if not context.acquire():
        return None
    try:
        return function()
    finally:
        context.release()


def call_in(context, function):
    """Calls the function in the main context: at once, if that can be; or when it is iterated."""
    if context.acquire():
        try:
            function()
        finally:
            context.release()
        return

    def call(*_):
        function()
        return GLib.SOURCE_REMOVE

    source = GLib.idle_source_new()
    source.set_priority(GLib.PRIORITY_DEFAULT)
    source.set_callback(call)
    source.attach(context)


# The loops from which operations were awaited, for units that are called in a thread without one.
_loops = weakref.WeakValueDictionary()


def get_running():
    """The loop that runs, which from now on serves the main context of this thread too."""
    loop = asyncio.get_running_loop()
    attach(loop)
    _loops["last"] = loop
    return loop


def find_awaiting():
    """A loop on another thread that waits for an operation, or None."""
    loop = _loops.get("last")
    return loop if loop is not None and loop.is_running() else None


class _Runner:
    """A loop for those who have none, kept from one call to the next."""

    def __init__(self):
        self.runner = asyncio.Runner(loop_factory=asyncio.SelectorEventLoop)
        self.close = weakref.finalize(self, self.runner.close)


_local = threading.local()


def run(coroutine):
    """Runs the coroutine to its end, blocking."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        coroutine.close()
        raise RuntimeError("an event loop runs in this thread: await the operation instead")
    if not hasattr(_local, "runner"):
        _local.runner = _Runner()
    return _local.runner.runner.run(coroutine)


def _close_runner():
    if hasattr(_local, "runner"):
        _local.runner.close()


atexit.register(_close_runner)
