#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each of the event loops with which operations can be awaited."""

import asyncio
import gc
import contextlib
import os
import signal
import socket
import threading
import unittest

import gi

gi.require_version("StateUnit", "1")
from gi.repository import GLib, GObject, StateUnit

try:
    import gbulb
except ImportError:
    gbulb = None
try:
    import gi.events
except ImportError:
    gi.events = None


class Plain(StateUnit.BaseUnit):
    def start(self):
        self.thread = threading.get_ident()


class Async(StateUnit.BaseUnit):
    async def start(self):
        self.thread = threading.get_ident()
        async with asyncio.timeout(60):
            await asyncio.sleep(0.001)

    async def stop(self):
        pass

    async def save(self):
        return {"state": 1}

    async def restore(self, state):
        self.state = state


class Timed(GObject.Object, StateUnit.Unit):
    """Answers from a source of the main context."""

    def do_start(self, request):
        self.thread = threading.get_ident()
        source = GLib.timeout_source_new(1)
        source.set_callback(self.answer, request)
        source.attach(GLib.MainContext.get_thread_default())

    def answer(self, request):
        request.complete()
        return GLib.SOURCE_REMOVE


class Bad(StateUnit.BaseUnit):
    async def start(self):
        await asyncio.sleep(0)
        raise ValueError("no disk")


class Endless(StateUnit.BaseUnit):
    async def start(self):
        await asyncio.Event().wait()


def make_units():
    units = StateUnit.Units()
    units.add("plain", Plain())
    units.add("async", Async(), depends_on=["plain"])
    units.add("timed", Timed(), depends_on=["async"])
    units.add("last", Async(), depends_on=["timed"])
    return units


async def go_through(units):
    """All that is said of loops, by one program."""
    await units.start()
    await units.stop()
    snapshot = await units.save()
    await units.restore(snapshot)
    await units.start_stopped_units()
    await units.start()
    await asyncio.gather(units.stop(), units.inspect())
    await asyncio.wait_for(units.start(), 60)
    await units.stop()
    return snapshot


async def fail(units):
    try:
        await units.start()
    except StateUnit.TransitionError as error:
        return error.failures
    return None


async def cancel(units):
    task = asyncio.create_task(units.start())
    await asyncio.sleep(0.01)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return True
    return False


class LoopTest(unittest.TestCase):
    def check(self, run, units=make_units):
        snapshot = run(go_through(units()))
        self.assertEqual(snapshot["last"], {"state": 1})
        bad = StateUnit.Units()
        bad.add("bad", Bad())
        self.assertIsInstance(run(fail(bad))["bad"], ValueError)
        endless = StateUnit.Units()
        endless.add("endless", Endless())
        self.assertTrue(run(cancel(endless)))

    def test_asyncio_alone(self):
        self.check(asyncio.run)

    def test_asyncio_on_a_thread_with_a_context(self):
        problems = []

        def work():
            context = GLib.MainContext.new()
            context.push_thread_default()
            try:
                self.check(asyncio.run)
            except Exception as problem:
                problems.append(problem)
            finally:
                context.pop_thread_default()

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        self.assertEqual(problems, [])

    @unittest.skipUnless(gbulb, "no gbulb")
    def test_gbulb(self):
        gbulb.install()
        try:
            loop = asyncio.get_event_loop_policy().get_event_loop()
            self.check(loop.run_until_complete)
            loop.close()
            with self.assertRaisesRegex(RuntimeError, "main context of its own"):
                asyncio.run(go_through(make_units()))
        finally:
            asyncio.set_event_loop_policy(None)

    @unittest.skipUnless(gi.events, "no loop of PyGObject's own before 3.50")
    def test_loop_of_pygobject(self):
        asyncio.set_event_loop_policy(gi.events.GLibEventLoopPolicy())
        try:
            loop = asyncio.get_event_loop_policy().get_event_loop()
            self.check(loop.run_until_complete)
            loop.close()
        finally:
            asyncio.set_event_loop_policy(None)

    @unittest.skipUnless(gi.events, "no loop of PyGObject's own before 3.50")
    def test_main_loop_of_pygobject(self):
        """GLib's main loop is run, and PyGObject has it run asyncio's as well."""
        asyncio.set_event_loop_policy(gi.events.GLibEventLoopPolicy())
        loop = asyncio.get_event_loop_policy().get_event_loop()

        def run(coroutine):
            task = loop.create_task(coroutine)
            main_loop = GLib.MainLoop()
            task.add_done_callback(lambda task: main_loop.quit())
            main_loop.run()
            return task.result()

        try:
            self.check(run)
            loop.close()
        finally:
            asyncio.set_event_loop_policy(None)

    @contextlib.contextmanager
    def main_loop_in_thread(self):
        main_loop = GLib.MainLoop()
        running = threading.Event()

        def work():
            GLib.idle_add(running.set)
            main_loop.run()

        thread = threading.Thread(target=work)
        thread.start()
        running.wait()
        try:
            yield thread
        finally:
            main_loop.quit()
            thread.join()

    def test_main_loop_in_a_thread(self):
        """Plain methods are called in the main loop's thread, async ones in asyncio's."""
        units = make_units()
        bad = StateUnit.Units()
        bad.add("bad", Bad())
        endless = StateUnit.Units()
        endless.add("endless", Endless())
        with self.main_loop_in_thread() as thread:
            asyncio.run(go_through(units))
            self.assertIsInstance(asyncio.run(fail(bad))["bad"], ValueError)
            self.assertTrue(asyncio.run(cancel(endless)))
        self.assertEqual(units["plain"].get_unit().thread, thread.ident)
        self.assertEqual(units["timed"].get_unit().thread, thread.ident)
        self.assertEqual(units["async"].get_unit().thread, threading.get_ident())

    def test_interrupt(self):
        """Control-C ends the operation first, and then the program."""
        units = StateUnit.Units()
        handle = units.add("endless", Endless())

        async def main():
            loop = asyncio.get_running_loop()
            loop.call_later(0.05, os.kill, os.getpid(), signal.SIGINT)
            await units.start()

        with self.assertRaises(KeyboardInterrupt):
            asyncio.run(main())
        self.assertEqual(handle.get_state(), StateUnit.UnitState.STOPPED)

        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
        with self.assertRaises(KeyboardInterrupt):
            units.run("start")
        self.assertEqual(handle.get_state(), StateUnit.UnitState.STOPPED)

    def test_tasks_are_not_collected(self):
        """A unit that waits for what nobody else knows of still waits after a collection."""
        units = StateUnit.Units()
        handle = units.add("endless", Endless())

        async def main():
            start = asyncio.create_task(units.start())
            while handle.get_state() != StateUnit.UnitState.STARTING:
                await asyncio.sleep(0)
            for _ in range(3):
                await asyncio.sleep(0)
                gc.collect()
            self.assertEqual(handle.get_state(), StateUnit.UnitState.STARTING)
            start.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await start

        asyncio.run(main())
        self.assertEqual(handle.get_state(), StateUnit.UnitState.STOPPED)

    def test_blocking_twins(self):
        units = make_units()
        units.run("start")
        units.stop_sync()
        snapshot = units.run(StateUnit.Operation.SAVE)
        units.run("restore", snapshot)
        self.assertEqual(units.run("inspect", "plain")["unit_state"], "stopped")
        StateUnit.Transition(units, "start").run_sync()
        units["last"].remove_sync()
        self.assertNotIn("last", units)

        async def wrong():
            units.run("stop")

        with self.assertRaisesRegex(RuntimeError, "await the operation"):
            asyncio.run(wrong())

    def test_blocking_twins_on_a_thread(self):
        """With a main context of the thread's own, or with one that another thread iterates."""
        units = make_units()
        results = []

        def work():
            context = GLib.MainContext.new()
            context.push_thread_default()
            own = make_units()
            own.run("start")
            results.append(own.is_running())
            context.pop_thread_default()

        def work_for_another():
            units.run("start")
            results.append(repr(units).startswith("<StateUnit.Units at "))

        with self.main_loop_in_thread():
            for target in (work, work_for_another):
                thread = threading.Thread(target=target)
                thread.start()
                thread.join()
        self.assertEqual(results, [True, True])

    def test_no_loop_at_all(self):
        units = make_units()
        results = []
        units.start_async(None, lambda units, result: results.append(result))
        while not results:
            GLib.MainContext.default().iteration(True)
        with self.assertRaisesRegex(GLib.Error, "async: RuntimeError: no asyncio loop runs"):
            units.start_finish(results[0])
        self.assertEqual(units["plain"].get_state(), StateUnit.UnitState.RUNNING)


class PlainLoopTest(unittest.IsolatedAsyncioTestCase):
    """asyncio's own loop, as it iterates the main context."""

    async def asyncSetUp(self):
        await StateUnit.Units().start()
        self.selector = asyncio.get_running_loop()._selector

    async def test_source_attached_by_a_callback(self):
        done = asyncio.Event()
        GLib.idle_add(done.set)
        await asyncio.wait_for(done.wait(), 60)

    async def test_source_attached_by_a_thread(self):
        done = asyncio.Event()
        await asyncio.sleep(0)
        thread = threading.Thread(target=lambda: GLib.timeout_add(1, done.set))
        thread.start()
        await asyncio.wait_for(done.wait(), 60)
        thread.join()

    async def test_call_from_a_thread(self):
        loop = asyncio.get_running_loop()
        done = asyncio.Event()
        thread = threading.Thread(target=lambda: loop.call_soon_threadsafe(done.set))
        thread.start()
        await asyncio.wait_for(done.wait(), 60)
        thread.join()

    async def test_descriptors(self):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            reader, writer = await asyncio.open_connection(sock=ours)
            theirs.send(b"a line\n")
            self.assertEqual(await asyncio.wait_for(reader.readline(), 60), b"a line\n")
            writer.close()
            await writer.wait_closed()

    async def test_loop_of_another_kind(self):
        """One that cannot iterate the main context says so, and nobody waits for ever."""

        class Foreign:
            pass

        from gi.overrides._state_unit import loop

        with self.assertRaisesRegex(RuntimeError, "cannot iterate GLib's main context"):
            loop.attach(Foreign())

    async def test_waiting_is_not_polling(self):
        turns = 0
        select = self.selector.select

        def count(timeout=None):
            nonlocal turns
            turns += 1
            return select(timeout)

        self.selector.select = count
        await asyncio.sleep(0.1)
        self.assertLess(turns, 10)

    async def test_the_context_stays_free_for_others(self):
        """Nobody owns it between two turns: what belongs to the set's context may be called."""
        units = StateUnit.Units()
        units.add("clock", Plain())
        await units.start()
        context = GLib.MainContext.default()
        self.assertFalse(context.is_owner())
        self.assertEqual(len(units), 1)

    async def test_dispatching_leaves_no_descriptor_behind(self):
        def run_one():
            asyncio.run(StateUnit.Units().start())

        thread = threading.Thread(target=run_one)
        thread.start()
        while thread.is_alive():
            await asyncio.sleep(0.001)
        self.assertEqual(await StateUnit.Units().inspect(), {})


if __name__ == "__main__":
    unittest.main()
