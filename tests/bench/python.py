#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What units in Python cost, beside the same written by hand with graphlib and asyncio's tasks.

Each unit of a layer depends on some of the layer before. All are started and stopped a few times,
once by the library, and once by a program of the kind that one writes without it. Then the set is
dropped, and what is left of it is counted.

usage: python.py [--units N] [--width N] [--edges N] [--rounds N] [--check]
"""

import argparse
import asyncio
import gc
import graphlib
import statistics
import sys
import time
import tracemalloc
import weakref

import gi

gi.require_version("StateUnit", "1")
from gi.repository import StateUnit

# How many times faster the library has to be, by the kind of the units' methods.
WANTED = {"plain": 10, "async": 4, "one turn": 1}


def make_graph(n, width, n_edges):
    """The names of each unit's dependencies, by its name."""
    graph = {}
    for i in range(n):
        layer, column = divmod(i, width)
        above = (layer - 1) * width
        places = {(column * 7 + edge * 13) % width for edge in range(n_edges)}
        graph[f"unit-{i}"] = [f"unit-{above + place}" for place in places] if layer else []
    return graph


# The units, once for the library and once without


def methods(kind):
    """The methods of units of a kind."""

    def start(self):
        self.runs = True

    def stop(self):
        self.runs = False

    async def async_start(self):
        self.runs = True

    async def async_stop(self):
        self.runs = False

    async def waiting_start(self):
        await asyncio.sleep(0)
        self.runs = True

    async def waiting_stop(self):
        await asyncio.sleep(0)
        self.runs = False

    def init(self):
        super(type(self), self).__init__()
        self.runs = False

    start, stop = {
        "plain": (start, stop),
        "async": (async_start, async_stop),
        "one turn": (waiting_start, waiting_stop),
    }[kind]
    return {"__init__": init, "start": start, "stop": stop}


def make_class(kind, base):
    return type("Unit", (base,), methods(kind))


# By hand


def reverse(graph):
    turned = {name: [] for name in graph}
    for name, needs in graph.items():
        for need in needs:
            turned[need].append(name)
    return turned


async def run_by_hand(graph, units, method, is_plain):
    """Calls the method of each unit in a task, once those that it waits for are done."""
    sorter = graphlib.TopologicalSorter(graph)
    sorter.prepare()
    done = asyncio.Queue()
    tasks = set()

    async def run(name):
        result = getattr(units[name], method)()
        if not is_plain:
            await result
        done.put_nowait(name)

    while sorter.is_active():
        for name in sorter.get_ready():
            task = asyncio.create_task(run(name))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        sorter.done(await done.get())


# Measuring


class Clock:
    """Seconds on the processor and on the wall, of several runs."""

    def __init__(self):
        self.cpu, self.wall = [], []

    async def measure(self, awaitable):
        gc.collect()
        wall, cpu = time.perf_counter(), time.process_time()
        await awaitable
        self.cpu.append(time.process_time() - cpu)
        self.wall.append(time.perf_counter() - wall)

    def words(self, n):
        first, median = self.cpu[0] * 1e6 / n, statistics.median(self.cpu) * 1e6 / n
        wall = statistics.median(self.wall) * 1e6 / n
        return f"{median:7.2f} µs of the processor a unit ({wall:.2f} elapsed, first {first:.2f})"

    def median(self):
        return statistics.median(self.cpu)


async def measure_by_hand(graph, kind, rounds):
    cls = make_class(kind, object)
    units = {name: cls() for name in graph}
    backwards = reverse(graph)
    clock = Clock()
    for _ in range(rounds):
        for method, edges in (("start", graph), ("stop", backwards)):
            await clock.measure(run_by_hand(edges, units, method, kind == "plain"))
            assert all(unit.runs == (method == "start") for unit in units.values())
    return clock


async def measure_library(graph, kind, rounds):
    cls = make_class(kind, StateUnit.BaseUnit)
    units = StateUnit.Units()
    objects = []
    for name, needs in graph.items():
        objects.append(cls())
        units.add_unit(name, objects[-1], needs)
    clock = Clock()
    for _ in range(rounds):
        for operation in ("start", "stop"):
            await clock.measure(getattr(units, operation)())
            assert all(unit.runs == (operation == "start") for unit in objects)
    return clock


async def measure_memory(graph, kind):
    """Bytes while the set is there, bytes afterwards, and units that are still alive."""
    cls = make_class(kind, StateUnit.BaseUnit)
    await asyncio.sleep(0)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]

    async def run():
        units = StateUnit.Units()
        references = []
        for name, needs in graph.items():
            unit = cls()
            references.append(weakref.ref(unit))
            units.add_unit(name, unit, needs)
        await units.start()
        await units.stop()
        return tracemalloc.get_traced_memory()[0] - before, references

    during, references = await run()
    # The set goes in an iteration of its own.
    for _ in range(3):
        await asyncio.sleep(0)
        gc.collect()
    alive = sum(reference() is not None for reference in references)
    del references
    gc.collect()
    after = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return during, after, alive


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--units", type=int, default=100_000)
    parser.add_argument("--width", type=int, default=1000)
    parser.add_argument("--edges", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--check", action="store_true", help="fail when it is not fast enough")
    options = parser.parse_args()
    graph = make_graph(options.units, options.width, options.edges)
    n_edges = sum(map(len, graph.values()))
    print(f"{len(graph)} units, {n_edges} edges, PyGObject {gi.__version__}")

    problems = []
    for kind, wanted in WANTED.items():
        by_hand = asyncio.run(measure_by_hand(graph, kind, options.rounds))
        library = asyncio.run(measure_library(graph, kind, options.rounds))
        ratio = by_hand.median() / library.median()
        print(f"{kind}:")
        print(f"  by hand {by_hand.words(len(graph))}")
        print(f"  library {library.words(len(graph))}")
        print(f"  {ratio:.1f} times faster (at least {wanted} is wanted)", flush=True)
        if ratio < wanted:
            problems.append(f"{kind} units are {ratio:.1f} times faster, and not {wanted}")

        during, after, alive = asyncio.run(measure_memory(graph, kind))
        print(
            f"  {during / len(graph):.0f} bytes of Python a unit while the set is there, "
            f"{after / len(graph):.1f} afterwards; {alive} units alive",
            flush=True,
        )
        if alive:
            problems.append(f"{alive} {kind} units are still alive")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
