#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The trace of a transition, compared with its steps."""

import json
import random
import unittest

import gi

gi.require_version("StateUnit", "1")
from gi.repository import Gio, GLib, GObject, StateUnit


class Unit(GObject.Object, StateUnit.Unit):
    def __init__(self, delay, failing=None):
        super().__init__()
        self.delay = delay
        self.failing = failing

    def do_handle_request(self, request):
        def answer():
            if request.get_operation() == self.failing:
                request.fail(GLib.Error.new_literal(Gio.io_error_quark(), 'no "device"\n', 1))
            elif request.get_operation() == StateUnit.Operation.SAVE:
                request.complete_with_state(GLib.Variant("u", 1))
            else:
                request.complete()
            return GLib.SOURCE_REMOVE

        if self.delay is None:
            answer()
        else:
            GLib.timeout_add(self.delay, answer)


def iterate_until(condition):
    while not condition():
        GLib.MainContext.default().iteration(True)


class TraceTest(unittest.TestCase):
    def setUp(self):
        self.units = StateUnit.Units.new()
        self.random = random.Random(5)

    def add(self, name, depends_on=(), failing=None):
        delay = self.random.choice([None, 0, 1, 5, 12])
        self.units.add_unit(name, Unit(delay, failing), list(depends_on))

    def add_layers(self, n_layers, n_in_layer):
        before = []
        for layer in range(n_layers):
            names = [f"layer{layer}/{i}" for i in range(n_in_layer)]
            for name in names:
                self.add(name, self.random.sample(before, 2) if before else [])
            before = names

    def run_to_end(self, operation, snapshot=None, policy=None):
        transition = StateUnit.Transition.new(self.units, operation)
        if policy is not None:
            transition.set_failure_policy(policy)
        if snapshot is not None:
            transition.set_snapshot(snapshot)
        results = []
        transition.run_async(None, lambda transition, result: results.append(result))
        iterate_until(lambda: results)
        return transition

    def load(self, transition):
        trace = json.loads(transition.to_trace_json())
        self.assertEqual(trace["displayTimeUnit"], "ms")
        return trace["traceEvents"]

    def requests(self, events):
        return [event for event in events if event.get("cat") == "request"]

    def steps(self, transition):
        return [transition.get_item(i) for i in range(transition.get_n_items())]

    def check(self, transition):
        """Every step that was asked is there, when it was and as long as it was."""
        events = self.load(transition)
        steps = self.steps(transition)
        asked = [step for step in steps if step.get_start_time() != 0]
        begin = min(step.get_ready_time() for step in steps)
        requests = self.requests(events)

        expected = sorted(
            (
                step.get_start_time() - begin,
                step.get_finish_time() - step.get_start_time(),
                step.get_name(),
                step.get_phase(),
                StateUnit.step_outcome_to_string(step.get_outcome()),
                step.get_error().message if step.get_error() else None,
            )
            for step in asked
        )
        found = sorted(
            (
                event["ts"],
                event["dur"],
                event["name"],
                event["args"]["phase"],
                event["args"]["outcome"],
                event["args"].get("error"),
            )
            for event in requests
        )
        self.assertEqual(found, expected)
        self.check_tracks(requests)
        self.check_whole(transition, events)
        return events

    def check_tracks(self, requests):
        """No two requests of one track overlap, and there are no more tracks than needed."""
        free_at = {}
        for event in requests:
            self.assertGreaterEqual(event["ts"], free_at.get(event["tid"], 0), event["name"])
            free_at[event["tid"]] = event["ts"] + event["dur"]
        moments = sorted(
            [(event["ts"], 1) for event in requests if event["dur"] > 0]
            + [(event["ts"] + event["dur"], -1) for event in requests if event["dur"] > 0]
        )
        most = now = 0
        for _, change in moments:
            now += change
            most = max(most, now)
        self.assertIn(len(free_at), (most, most + 1))

    def check_whole(self, transition, events):
        (whole,) = [event for event in events if event.get("cat") == "transition"]
        self.assertEqual(whole["name"], StateUnit.operation_to_string(transition.get_operation()))
        self.assertEqual((whole["ts"], whole["dur"]), (0, transition.get_elapsed()))
        for event in events:
            self.assertEqual(event["pid"], 1)
            if event["ph"] != "M":
                self.assertLessEqual(0, event["ts"])
                self.assertLessEqual(event["ts"] + event.get("dur", 0), whole["dur"])
        named = {event["tid"] for event in events if event["name"] == "thread_name"}
        self.assertLessEqual({event["tid"] for event in events}, named | {0})

    def test_success(self):
        self.add_layers(5, 12)
        events = self.check(self.run_to_end(StateUnit.Operation.START))
        self.assertEqual(len(self.requests(events)), 60)
        self.check(self.run_to_end(StateUnit.Operation.STOP))

    def test_critical_path(self):
        self.add_layers(4, 3)
        transition = self.run_to_end(StateUnit.Operation.START)
        events = self.load(transition)
        critical = [e["name"] for e in self.requests(events) if e["args"]["critical"]]
        path = transition.get_critical_path()
        self.assertEqual(sorted(critical), sorted(path))
        starts = {event["id"]: event for event in events if event["ph"] == "s"}
        ends = {event["id"]: event for event in events if event["ph"] == "f"}
        self.assertEqual(len(starts), len(path) - 1)
        self.assertEqual(starts.keys(), ends.keys())
        for key, start in starts.items():
            self.assertLessEqual(start["ts"], ends[key]["ts"])

    def test_failure(self):
        self.add("clock")
        self.add("disk", ["clock"], failing=StateUnit.Operation.START)
        self.add("boot", ["disk"])
        events = self.check(self.run_to_end(StateUnit.Operation.START))
        skipped = [event for event in events if event["ph"] == "i"]
        self.assertEqual([event["name"] for event in skipped], ["boot"])
        self.assertEqual(skipped[0]["cat"], "skipped")
        self.assertEqual(skipped[0]["args"]["error"], "skipped because disk failed")

    def test_roll_back(self):
        self.add("clock")
        self.add("disk", ["clock"], failing=StateUnit.Operation.START)
        events = self.check(
            self.run_to_end(
                StateUnit.Operation.START, policy=StateUnit.FailurePolicy.ROLL_BACK
            )
        )
        self.assertEqual(
            [(event["name"], event["args"]["phase"]) for event in self.requests(events)],
            [("clock", "start"), ("disk", "start"), ("clock", "roll-back")],
        )

    def test_two_phases(self):
        self.add_layers(3, 4)
        saved = self.run_to_end(StateUnit.Operation.SAVE)
        events = self.check(self.run_to_end(StateUnit.Operation.RESTORE, saved.get_snapshot()))
        phases = [event["name"] for event in events if event.get("cat") == "phase"]
        self.assertEqual(phases, ["restore", "post-restore"])
        self.assertEqual(
            [event["args"]["phase"] for event in self.requests(events)],
            ["restore"] * 12 + ["post-restore"] * 12,
        )

    def test_while_it_runs(self):
        class Held(GObject.Object, StateUnit.Unit):
            def do_start(self, request):
                held.append(request)

        held = []
        self.units.add_unit("held", Held(), None)
        self.units.add_unit("after", None, ["held"])
        transition = StateUnit.Transition.new(self.units, StateUnit.Operation.START)
        results = []
        transition.run_async(None, lambda transition, result: results.append(result))
        self.assertEqual(self.requests(self.load(transition)), [])
        iterate_until(lambda: held)

        before = transition.get_elapsed()
        (event,) = self.requests(self.load(transition))
        after = transition.get_elapsed()
        self.assertEqual((event["name"], event["args"]["outcome"]), ("held", "asked"))
        self.assertLessEqual(before, event["ts"] + event["dur"])
        self.assertLessEqual(event["ts"] + event["dur"], after)
        held.pop().complete()
        iterate_until(lambda: results)
        self.check(transition)


if __name__ == "__main__":
    unittest.main()
