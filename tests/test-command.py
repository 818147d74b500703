#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The state-unit command, as its user sees it.

usage: test-command.py COMMAND SOURCE-ROOT
"""

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import unittest
import xml.etree.ElementTree
from pathlib import Path

COMMAND, SOURCE_ROOT = None, None

JOBS = ["plan", "simulate", "verify"]
OPERATIONS = ["start", "stop", "reset", "save", "restore", "post-restore"]
ROW = re.compile(r"(start|stop|reset|save|restore) +([0-9.]+ m?s +){2}[0-9]+ +[0-9.]+ m?s$")


def run(*args, **kwargs):
    env = dict(os.environ, G_DEBUG="fatal-criticals", **kwargs.pop("env", {}))
    return subprocess.run([COMMAND, *map(str, args)], env=env, timeout=60, encoding="utf-8",
                          stdin=subprocess.DEVNULL, capture_output=True, **kwargs)


def simulate(*args, latency="0:1", **kwargs):
    return run("simulate", "--latency", latency, *args, **kwargs)


def verify(*args, **kwargs):
    return run("verify", *args, **kwargs)


def plan(*args, **kwargs):
    return run("plan", *args, **kwargs)


def graphs():
    return sorted(Path(SOURCE_ROOT, "data").glob("*-graph.json"))


def machine():
    return Path(SOURCE_ROOT, "data", "openvmm-vm-graph.json")


def edges_of(filename):
    return {unit["name"]: unit["depends_on"] for unit in json.loads(filename.read_text())}


def dependents_of(edges, name):
    """The names that need this one, directly or not."""
    found, look = set(), [name]
    while look:
        below = look.pop()
        for above, depends_on in edges.items():
            if below in depends_on and above not in found:
                found.add(above)
                look.append(above)
    return found


def longest_chain(edges):
    lengths = {}

    def length(name):
        if name not in lengths:
            lengths[name] = 1 + max(map(length, edges[name]), default=0)
        return lengths[name]

    return max(map(length, edges), default=0)


def sections(output):
    """[(operation, [the lines below its row])]"""
    found = []
    for line in output.splitlines():
        if ROW.match(line):
            found.append((line.split()[0], []))
        elif line.startswith("  ") and found and not line.strip().startswith("time "):
            found[-1][1].append(line)
    return found


def operations(output):
    return [operation for operation, _ in sections(output)]


def paragraphs(lines):
    """Lines below a row, with wrapped ones joined."""
    joined = []
    for line in lines:
        if line.startswith("    ") and joined:
            joined[-1] += " " + line.strip()
        else:
            joined.append(line.strip())
    return joined


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def graph(self, content, name="graph.json"):
        filename = self.folder / name
        if not isinstance(content, (str, bytes)):
            content = json.dumps(content)
        filename.write_bytes(content.encode() if isinstance(content, str) else content)
        return filename

    def assert_succeeded(self, result):
        self.assertEqual((result.returncode, result.stderr), (0, ""), result.stdout)

    def assert_one_error(self, result, status, *words):
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        self.assertRegex(result.stderr, r"\Astate-unit: [^\n]+\n\Z")
        for word in words:
            self.assertIn(word, result.stderr)

    def assert_bad_input(self, result, *words):
        self.assert_one_error(result, 2, *words)
        self.assertEqual(result.stdout, "")


class TestArguments(Case):
    def test_help(self):
        for args in (["--help"], ["-h"]):
            result = run(*args)
            self.assert_succeeded(result)
            for job in JOBS:
                self.assertRegex(result.stdout, rf"(?m)^  {job} ")

    def test_help_of_each_job(self):
        for job, *words in [
            ("simulate", "[OPTION…] GRAPH.json", "--policy"),
            ("plan", "[OPTION…] GRAPH.json OPERATION [UNIT…]"),
            ("verify", "[OPTION…] GRAPH.json"),
        ]:
            for option in ("--help", "-h"):
                result = run(job, option)
                self.assert_succeeded(result)
                self.assertIn(f"state-unit {job} {words[0]}", result.stdout)
                for word in words[1:]:
                    self.assertIn(word, result.stdout)
                self.assertLessEqual(max(map(len, result.stdout.splitlines())), 100)

    def test_help_of_simulate(self):
        result = run("simulate", "--cycles", "none", "--help")
        self.assert_succeeded(result)
        self.assertIn("state-unit simulate [OPTION…] GRAPH.json", result.stdout)

    def test_help_and_man_page_agree(self):
        result = run("simulate", "--help")
        man = Path(SOURCE_ROOT, "tools", "state-unit.1").read_text().replace("\\-", "-")
        options = re.findall(r"--[a-z-]+", result.stdout)
        self.assertIn("--latency", options)
        self.assertIn("--max-concurrency", options)
        for option in options:
            self.assertRegex(man, rf"(?m)^\.B.*{option}\b")
        start, end = man.index(".SH OPTIONS OF SIMULATE"), man.index(".SH WHERE THE SET IS")
        documented = set(re.findall(r"(?m)^\.B.*(--[a-z-]+)", man[start:end]))
        self.assertEqual(set(options) - {"--help"}, documented)

    def test_help_and_man_page_name_the_jobs(self):
        man = Path(SOURCE_ROOT, "tools", "state-unit.1").read_text()
        for job in JOBS:
            self.assertRegex(man, rf"(?m)^\.SS state-unit {job} GRAPH\.json")

    def test_version(self):
        result = run("--version")
        self.assert_succeeded(result)
        self.assertRegex(result.stdout, r"\Astate-unit [0-9]+\.[0-9]+\.[0-9]+\n\Z")

    def test_no_job(self):
        self.assert_bad_input(run(), "--help")

    def test_unknown_job(self):
        self.assert_bad_input(run("simulat"), '"simulat"')
        self.assert_bad_input(run("--simulate"), '"--simulate"')

    def test_no_graph(self):
        for job in JOBS:
            self.assert_bad_input(run(job), "GRAPH.json", f"{job} --help")

    def test_two_graphs(self):
        for job in ["simulate", "verify"]:
            self.assert_bad_input(run(job, machine(), "more.json"), "more.json")

    def test_unknown_option(self):
        for job in JOBS:
            self.assert_bad_input(run(job, "--speed", machine()), "--speed")

    def test_bad_numbers(self):
        for option, value in [
            ("--latency", "fast"), ("--latency", "20:5"), ("--latency", ":"), ("--latency", ""),
            ("--latency", "5:"), ("--latency", "1:2:3"), ("--latency", "-1"), ("--latency", "1.5"),
            ("--latency", "99999999999"), ("--seed", "x"), ("--seed", "-1"), ("--cycles", "0"),
            ("--cycles", "many"), ("--threads", "-1"), ("--threads", "100000"), ("--threads", " 2"),
            ("--timeout", "soon"), ("--timeout", "-1"), ("--timeout", ""),
            ("--cancel-after", "0"), ("--cancel-after", "1s"), ("--abandon-after", "0"),
            ("--abandon-after", "99999999999"), ("--max-concurrency", "-1"),
            ("--max-concurrency", "many"), ("--policy", "panic"), ("--policy", ""),
            ("--policy", "roll"),
        ]:
            with self.subTest(option=option, value=value):
                self.assert_bad_input(run("simulate", f"{option}={value}", machine()), option)

    def test_bad_failures(self):
        for failure, *words in [
            ("chipset", "UNIT:OPERATION"),
            ("chipset:halt", '"halt"', *OPERATIONS),
            ("chipset:", '""'),
            ("pcie-root:rc0", '"rc0"'),
            ("nosuch:start", '"nosuch"', "openvmm-vm-graph.json"),
            (":start", '""'),
        ]:
            for option in ["--fail", "--hang"]:
                with self.subTest(option=option, failure=failure):
                    self.assert_bad_input(run("simulate", option, failure, machine()), option,
                                          *words)

    def test_what_fails_cannot_hang(self):
        result = run("simulate", "--fail", "pm:start", "--hang", "pm:start", machine())
        self.assert_bad_input(result, "--hang pm:start")

    def test_option_without_value(self):
        self.assert_bad_input(run("simulate", machine(), "--dot"), "--dot")

    def test_odd_file_name(self):
        graph = self.graph([{"name": "a"}], "--help")
        result = run("simulate", "--latency=0", "--", graph.name, cwd=self.folder)
        self.assert_succeeded(result)
        self.assertIn("--help: 1 unit,", result.stdout)
        self.assert_succeeded(run("verify", "--", graph.name, cwd=self.folder))
        self.assert_succeeded(run("plan", "--", graph.name, "start", "a", cwd=self.folder))


class TestBadGraphs(Case):
    def assert_bad_graph(self, content, *words):
        with self.subTest(content=content):
            graph = self.graph(content)
            result = run("simulate", graph)
            self.assert_bad_input(result, "graph.json: ", *words)
            self.assertEqual(run("plan", graph, "start").stderr, result.stderr)
            # What they say is the first of all the problems.
            problems = verify(graph)
            self.assertEqual((problems.returncode, problems.stderr), (2, ""))
            first, *more, count = problems.stdout.splitlines()
            self.assertEqual(f"state-unit: {first}\n", result.stderr)
            n = 1 + len(more)
            self.assertEqual(count, f"{n} problem" + "s" * (n > 1))

    def test_no_such_file(self):
        filename = self.folder / "nosuch.json"
        for args in [["simulate", filename], ["verify", filename], ["plan", filename, "stop"]]:
            self.assert_bad_input(run(*args), "nosuch.json")

    def test_a_folder(self):
        for args in [["simulate", self.folder], ["verify", self.folder]]:
            self.assert_bad_input(run(*args), str(self.folder))

    def test_not_json(self):
        self.assert_bad_graph("", "empty")
        self.assert_bad_graph(" \n", "empty")
        self.assert_bad_graph("[")
        self.assert_bad_graph('[\n\n{"name" "a"}]', "line 3")
        self.assert_bad_graph('[{"name": "a"},]', "line 1")
        self.assert_bad_graph('[{"name": "a}]', "line 1")
        self.assert_bad_graph("[]\n[]", "line 2")
        self.assert_bad_graph(b'[{"name": "\xff"}]', "UTF-8")
        self.assert_bad_graph(b"[]\0")
        self.assert_bad_graph("[" * 1000000, "deep")

    def test_wrong_types(self):
        self.assert_bad_graph({"name": "a"}, "an array", "an object")
        self.assert_bad_graph("12", "an array", "a number")
        self.assert_bad_graph([{"name": "a"}, "b"], "[1]", "an object", "a string")
        self.assert_bad_graph([None], "[0]", "null")
        self.assert_bad_graph([{"name": 1}], "[0].name", "a string", "a number")
        self.assert_bad_graph([{"name": ["a"]}], "[0].name", "an array")
        self.assert_bad_graph([{"name": "a", "depends_on": "b"}], "[0].depends_on", "a string")
        self.assert_bad_graph([{"name": "a"}, {"name": "b", "depends_on": ["a", True]}],
                              "[1].depends_on[1]", "true")

    def test_members(self):
        self.assert_bad_graph([{"depends_on": []}], "[0]", '"name"')
        self.assert_bad_graph([{"name": "a"}, {"name": "b", "depend_on": []}], "[1]",
                              '"depend_on"')
        self.assert_bad_graph('[{"name": "a", "name": "b"}]', "[0]", "twice")
        self.assert_bad_graph('[{"name": "a"}, {"name": "b", "depends_on": ["a"], '
                              '"depends_on": []}]', "[1]", "twice")

    def test_names(self):
        self.assert_bad_graph([{"name": "a"}, {"name": "b"}, {"name": "a"}], '"a"', "[2]", "[0]")
        self.assert_bad_graph([{"name": "a", "depends_on": ["b"]}], '"a"', '"b"', "[0]")
        self.assert_bad_graph([{"name": "b"}, {"name": "a", "depends_on": ["b", "b"]}], '"a"',
                              '"b"', "[1].depends_on[1]")
        for name in ["", "/", "a//b", "/a", "a/", "a/unit_state"]:
            self.assert_bad_graph([{"name": "fine"}, {"name": name}], "[1]")

    def test_names_cannot_break_the_line(self):
        self.assert_bad_graph([{"name": "a\nb\x1b[2J"}] * 2, r"a\nb\u001b[2J")

    def test_cycles(self):
        self.assert_bad_graph([{"name": "a", "depends_on": ["a"]}], "[0].depends_on[0]", "itself")
        self.assert_bad_graph([{"name": "a", "depends_on": ["b"]},
                               {"name": "b", "depends_on": ["a"]}], "cycle: a → b → a")
        self.assert_bad_graph([{"name": "start", "depends_on": ["z"]},
                               {"name": "x", "depends_on": ["y"]},
                               {"name": "y", "depends_on": ["z"]},
                               {"name": "z", "depends_on": ["x"]}], "cycle: z → x → y → z")


class TestSimulation(Case):
    def test_the_machines(self):
        self.assertEqual(len(graphs()), 4)
        for filename in graphs():
            with self.subTest(graph=filename.name):
                edges = edges_of(filename)
                n_edges = sum(map(len, edges.values()))
                result = simulate(filename)
                self.assert_succeeded(result)
                self.assertTrue(result.stdout.startswith(
                    f"{filename.name}: {len(edges)} units, {n_edges} edges, "
                    f"longest chain {longest_chain(edges)}\n"))
                self.assertEqual(operations(result.stdout),
                                 ["start", "stop", "save", "restore", "start", "stop"])
                self.assertIn(f"  {len(edges)} saved,", result.stdout)
                self.assertIn(f"  {len(edges)} restored,", result.stdout)
                self.assertTrue(result.stdout.endswith(f"\nIn the end: {len(edges)} stopped\n"))

    def test_the_critical_path_is_a_path(self):
        edges = edges_of(machine())
        for operation, lines in sections(simulate(machine()).stdout):
            path = [name.removesuffix(" (post-restore)")
                    for name in paragraphs(lines)[0].split(" → ")]
            self.assertTrue(set(path) <= set(edges), path)
            if operation == "start":
                for before, after in zip(path, path[1:]):
                    self.assertIn(before, edges[after])
            if operation == "stop":
                for before, after in zip(path, path[1:]):
                    self.assertIn(after, edges[before])

    def test_lines_are_wrapped(self):
        for line in simulate(machine()).stdout.splitlines():
            self.assertLessEqual(len(line), 80, line)

    def test_a_pipe_gets_plain_lines(self):
        result = simulate(machine())
        self.assertNotRegex(result.stdout, r"[\r\x1b█░]")

    def test_cycles(self):
        result = simulate("--cycles", 3, machine())
        self.assert_succeeded(result)
        self.assertEqual(len(operations(result.stdout)), 18)
        self.assertIn("\nCycle 3 of 3\n", result.stdout)
        self.assertEqual(result.stdout.count("In the end:"), 1)

    def test_threads(self):
        for n in [1, 3, 64]:
            result = simulate("--threads", n, "--cycles", 3, machine())
            self.assert_succeeded(result)
            self.assertIn(f"on {n} thread", result.stdout)

    def test_settings(self):
        for args, words in [
            ([], "Each answer takes 5 to 20 ms, on the main loop (seed 0)."),
            (["--latency", "3:7", "--threads", "2", "--seed", "18446744073709551615"],
             "Each answer takes 3 to 7 ms, on 2 threads (seed 18446744073709551615)."),
            (["--latency", "0"], "Each answer takes 0 ms, on the main loop (seed 0)."),
            (["--latency", "7", "--threads", "1"],
             "Each answer takes 7 ms, on 1 thread (seed 0)."),
        ]:
            result = run("simulate", *args, self.graph([{"name": "a"}]))
            self.assert_succeeded(result)
            self.assertEqual(result.stdout.splitlines()[1], words)

    def test_a_unit_may_come_before_what_it_depends_on(self):
        graph = self.graph([{"name": "c", "depends_on": ["b", "a"]},
                            {"name": "b", "depends_on": ["a"]}, {"name": "a"}])
        result = simulate(graph, latency="1")
        self.assert_succeeded(result)
        paths = [lines[0].strip() for _, lines in sections(result.stdout)]
        self.assertEqual((paths[0], paths[1]), ("a → b → c", "c → b → a"))

    def test_small_graphs(self):
        result = simulate(self.graph([]))
        self.assert_succeeded(result)
        self.assertIn("graph.json: 0 units, 0 edges, longest chain 0\n", result.stdout)
        result = simulate(self.graph([{"name": "only"}]))
        self.assert_succeeded(result)
        self.assertIn("graph.json: 1 unit, 0 edges, longest chain 1\n", result.stdout)

    def test_odd_names(self):
        graph = self.graph([{"name": "a\nb\x1b[31m"},
                            {"name": "ünï", "depends_on": ["a\nb\x1b[31m"]}])
        result = simulate(graph, latency="1")
        self.assert_succeeded(result)
        self.assertIn("\n  a\\nb\\u001b[31m → ünï\n", result.stdout)

    def test_a_long_chain(self):
        n = 5000
        result = simulate(self.graph(
            [{"name": f"u{i}", "depends_on": [f"u{i + 1}"] if i + 1 < n else []}
             for i in range(n)]), latency="0")
        self.assert_succeeded(result)
        self.assertIn(f"longest chain {n}\n", result.stdout)
        path = paragraphs(sections(result.stdout)[0][1])[0].split(" → ")
        self.assertEqual((path[0], path[25], path[-1]), ("u4999", "(4950 more)", "u0"))

    def test_dot(self):
        dot = self.folder / "graph.dot"
        self.assert_succeeded(simulate("--dot", dot, machine()))
        text = dot.read_text()
        self.assertTrue(text.startswith("digraph"), text)
        for name in edges_of(machine()):
            self.assertIn(f'"{name}"', text)

    def test_dot_that_cannot_be_written(self):
        self.assert_bad_input(simulate("--dot", self.folder / "no" / "graph.dot", machine()),
                              "no/graph.dot")

    def test_nothing_is_left_behind(self):
        for args in [[], ["--fail", "chipset:save"], ["--fail", "chipset:restore"]]:
            simulate(*args, machine(), env={"TMPDIR": str(self.folder)})
            self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_snapshot_that_cannot_be_written(self):
        result = simulate(machine(), env={"TMPDIR": str(self.folder / "no")})
        self.assert_one_error(result, 1, "no/state-unit-")

    def test_a_report_that_cannot_be_written(self):
        with open("/dev/full", "w") as full:
            result = subprocess.run([COMMAND, "simulate", "--latency=0", machine()], stdout=full,
                                    stderr=subprocess.PIPE, encoding="utf-8", timeout=60)
        self.assertEqual((result.returncode, result.stderr),
                         (1, "state-unit: standard output could not be written\n"))


class TestFailures(Case):
    def fail(self, *failures, args=()):
        fails = [arg for failure in failures for arg in ("--fail", failure)]
        result = simulate(*fails, *args, machine())
        self.assert_one_error(result, 1)
        return result

    def names_below(self, lines, heading):
        for paragraph in paragraphs(lines):
            if paragraph.startswith(heading + ": "):
                return set(paragraph[len(heading) + 2:].split(", "))
        raise AssertionError(f"{heading} is not in:\n" + "\n".join(lines))

    def test_start(self):
        result = self.fail("ioapic:start")
        (start, lines), (stop, _) = sections(result.stdout)
        self.assertEqual((start, stop), ("start", "stop"))
        self.assertIn("failed: ioapic: simulated failure of start", paragraphs(lines))
        self.assertEqual(self.names_below(lines, "skipped because ioapic failed"),
                         dependents_of(edges_of(machine()), "ioapic"))
        self.assertIn("start failed: {ioapic: simulated failure of start}", result.stderr)
        self.assertTrue(result.stdout.endswith("\nIn the end: 40 stopped, 1 failed\n"
                                               "  ioapic: simulated failure of start\n"))

    def test_stop(self):
        result = self.fail("chipset:stop")
        self.assertEqual(operations(result.stdout), ["start", "stop"])
        self.assertIn("stop failed: {chipset: simulated failure of stop}", result.stderr)
        self.assertTrue(result.stdout.endswith(" stopped, 1 failed\n"
                                               "  chipset: simulated failure of stop\n"))

    def test_save(self):
        result = self.fail("chipset:save")
        self.assertEqual(operations(result.stdout), ["start", "stop", "save"])
        self.assertIn("save failed: {chipset: simulated failure of save}", result.stderr)
        self.assertTrue(result.stdout.endswith("\nIn the end: 41 stopped\n"))

    def test_restore(self):
        result = self.fail("vmbus:restore")
        self.assertEqual(operations(result.stdout), ["start", "stop", "save", "restore", "reset"])
        lines = sections(result.stdout)[3][1]
        self.assertEqual(self.names_below(lines, "skipped because vmbus failed"),
                         dependents_of(edges_of(machine()), "vmbus"))
        self.assertTrue(result.stdout.endswith("\nIn the end: 41 stopped\n"))

    def test_post_restore(self):
        result = self.fail("tpm:post-restore")
        self.assertEqual(operations(result.stdout), ["start", "stop", "save", "restore", "reset"])
        self.assertIn("post-restore failed: tpm: simulated failure of post-restore",
                      paragraphs(sections(result.stdout)[3][1]))
        self.assertTrue(result.stdout.endswith("\nIn the end: 41 stopped\n"))

    def test_reset(self):
        result = self.fail("tpm:restore", "rtc:reset")
        self.assertIn("restore failed: {tpm: ", result.stderr)
        self.assertIn("  failed: rtc: simulated failure of reset\n", result.stdout)
        self.assertNotIn("never", result.stdout)

    def test_name_with_colons(self):
        result = self.fail("pcie-root:rc0:start")
        self.assertIn("{pcie-root:rc0: simulated failure of start}", result.stderr)

    def test_two_failures(self):
        result = self.fail("vmbus:start", "vmtime:start")
        lines = sections(result.stdout)[0][1]
        edges = edges_of(machine())
        for name in ["vmbus", "vmtime"]:
            self.assertEqual(self.names_below(lines, f"skipped because {name} failed"),
                             dependents_of(edges, name))

    def test_in_threads(self):
        result = self.fail("ioapic:start", "ioapic:stop", args=["--threads", 2])
        self.assertTrue(result.stdout.endswith("\nioapic was never asked to stop.\n"))

    def test_what_never_came_to_pass(self):
        result = simulate("--fail", "chipset:reset", machine())
        self.assert_succeeded(result)
        self.assertIn("chipset was never asked to reset.\n", result.stdout)


class TestVerify(Case):
    def problems(self, content):
        graph = self.graph(content)
        result = verify(graph)
        self.assertEqual((result.returncode, result.stderr), (2, ""))
        *lines, count = result.stdout.splitlines()
        self.assertEqual(count, f"{len(lines)} problem" + "s" * (len(lines) != 1))
        for line in lines:
            self.assertTrue(line.startswith(f"{graph}: "), line)
        return [line.removeprefix(f"{graph}: ") for line in lines]

    def test_the_machines(self):
        for filename in graphs():
            edges = edges_of(filename)
            result = verify(filename)
            self.assert_succeeded(result)
            self.assertEqual(result.stdout, f"{len(edges)} units, {sum(map(len, edges.values()))} "
                             f"edges, longest chain {longest_chain(edges)}: no problems\n")

    def test_small_graphs(self):
        self.assertEqual(verify(self.graph([])).stdout,
                         "0 units, 0 edges, longest chain 0: no problems\n")
        self.assertEqual(verify(self.graph([{"name": "a"},
                                            {"name": "b", "depends_on": ["a"]}])).stdout,
                         "2 units, 1 edge, longest chain 2: no problems\n")

    def test_all_problems(self):
        problems = self.problems(
            [{"name": "a", "depends_on": ["a", "nosuch", 7, "c", "c"]},
             {"name": "b", "depend_on": ["a"]},
             {"name": "c", "depends_on": "a"},
             "d",
             {"name": "a", "depends_on": ["nowhere"]},
             {"name": "x//y"},
             {"depends_on": ["b"]},
             {"name": False}])
        self.assertEqual(problems, [
            '[0].depends_on[0]: "a" depends on itself',
            '[0].depends_on[1]: "a" depends on "nosuch", and there is no such unit',
            "[0].depends_on[2]: expected a name, found a number",
            '[0].depends_on[4]: "a" depends on "c" twice',
            '[1]: unknown member "depend_on" (known: "name", "depends_on")',
            "[2].depends_on: expected an array of names, found a string",
            "[3]: expected an object, found a string",
            '[4].name: "a" is the name of [0] already',
            '[4].depends_on[0]: "a" depends on "nowhere", and there is no such unit',
            "[5].name: invalid unit name x//y: a part between / is empty",
            '[6]: there is no "name"',
            "[7].name: expected a string, found false",
        ])

    def test_each_cycle(self):
        problems = self.problems([
            {"name": "a", "depends_on": ["b"]}, {"name": "b", "depends_on": ["a"]},
            {"name": "c", "depends_on": ["d", "a"]}, {"name": "d", "depends_on": ["e"]},
            {"name": "e", "depends_on": ["c"]}, {"name": "f", "depends_on": ["c"]}])
        self.assertEqual(problems, ["[0].depends_on: dependency cycle: a → b → a",
                                    "[2].depends_on: dependency cycle: c → d → e → c"])

    def test_cycles_that_share_edges(self):
        problems = self.problems([{"name": "a", "depends_on": ["b"]},
                                  {"name": "b", "depends_on": ["a", "c"]},
                                  {"name": "c", "depends_on": ["a"]}])
        self.assertEqual(problems, ["[0].depends_on: dependency cycle: a → b → a",
                                    "[0].depends_on: dependency cycle: a → b → c → a"])

    def test_a_long_cycle(self):
        n = 1000
        [problem] = self.problems([{"name": f"u{i}", "depends_on": [f"u{(i + 1) % n}"]}
                                   for i in range(n)])
        path = problem.removeprefix("[0].depends_on: dependency cycle: ").split(" → ")
        self.assertEqual((path[0], path[24], path[25], path[26], path[-2], path[-1]),
                         ("u0", "u24", "(950 more)", "u975", "u999", "u0"))

    def test_odd_names(self):
        [problem] = self.problems([{"name": "a\nb\x1b[2J"}] * 2)
        self.assertIn(r"a\nb\u001b[2J", problem)

    def test_many_units(self):
        n = 50000
        result = verify(self.graph([{"name": f"u{i}", "depends_on": [f"u{i - 1}"] if i else []}
                                    for i in range(n)]))
        self.assertEqual(result.stdout,
                         f"{n} units, {n - 1} edges, longest chain {n}: no problems\n")


class TestPlan(Case):
    def levels(self, *args):
        """The names on each level."""
        result = plan(*args)
        self.assert_succeeded(result)
        found = re.findall(r"(?m)^  (?:[a-z-]+ )?[0-9]+: (.*)$", result.stdout)
        return [line.split(", ") for line in found]

    def test_start(self):
        edges = edges_of(machine())
        levels = self.levels(machine(), "start")
        self.assertEqual(len(levels), longest_chain(edges))
        level_of = {name: i for i, names in enumerate(levels) for name in names}
        self.assertEqual(set(level_of), set(edges))
        for name, depends_on in edges.items():
            self.assertEqual(level_of[name],
                             max((level_of[below] + 1 for below in depends_on), default=0))

    def test_stop_goes_the_other_way(self):
        edges = edges_of(machine())
        levels = self.levels(machine(), "stop")
        self.assertEqual(len(levels), longest_chain(edges))
        self.assertEqual({name for names in levels for name in names}, set(edges))
        self.assertEqual(levels[0][-1], "partition")
        self.assertIn("vmtime", levels[-1])

    def test_save_and_reset_take_all(self):
        for operation in ["save", "reset"]:
            levels = self.levels(machine(), operation)
            self.assertEqual(sum(map(len, levels)), 41)

    def test_restore_has_two_phases(self):
        result = plan(machine(), "restore")
        self.assert_succeeded(result)
        self.assertIn("\n  restore 1: ", result.stdout)
        self.assertIn("\n  post-restore 1: ", result.stdout)

    def test_some_units(self):
        edges = edges_of(machine())
        names = {name for level in self.levels(machine(), "stop", "ioapic") for name in level}
        self.assertEqual(names, dependents_of(edges, "ioapic") | {"ioapic"})
        self.assertEqual(self.levels(machine(), "start", "rtc"),
                         [["vmtime"], ["ioapic"], ["lines/irq"], ["rtc"]])
        self.assertEqual(self.levels(machine(), "save", "rtc", "pm"), [["pm", "rtc"]])

    def test_the_same_each_time(self):
        for operation in ["start", "stop", "reset", "save", "restore"]:
            self.assertEqual(plan(machine(), operation).stdout, plan(machine(), operation).stdout)

    def test_bad_words(self):
        for words in [[], ["go"], ["post-restore"], ["inspect"], ["Start"], [""]]:
            self.assert_bad_input(plan(machine(), *words), "plan --help" if not words else "known")
        for name in ["nosuch", "", b"\xff".decode(errors="surrogateescape")]:
            self.assert_bad_input(plan(machine(), "start", "pm", name), "there is no unit",
                                  "openvmm-vm-graph.json")

    def test_no_units(self):
        self.assertEqual(self.levels(self.graph([]), "start"), [])

    def test_odd_names(self):
        result = plan(self.graph([{"name": "a\rb\x1b[31m"}]), "start")
        self.assert_succeeded(result)
        self.assertIn(r"a\u000db\u001b[31m", result.stdout)


class TestPolicies(Case):
    def fail(self, policy, *args):
        result = simulate("--policy", policy, *args, machine())
        self.assert_one_error(result, 1)
        self.assertEqual(f"\nPolicy {policy}.\n" in result.stdout, policy != "skip-dependents")
        return result

    def test_skip_dependents(self):
        result = self.fail("skip-dependents", "--fail", "ioapic:start")
        self.assertEqual(operations(result.stdout), ["start", "stop"])
        self.assertIn("skipped because ioapic failed", result.stdout)

    def test_keep_going(self):
        result = self.fail("keep-going", "--fail", "ioapic:start")
        self.assertEqual(operations(result.stdout), ["start", "stop"])
        self.assertNotIn("skipped", result.stdout)
        self.assertIn("start failed: {ioapic: simulated failure of start}", result.stderr)

    def test_roll_back(self):
        result = self.fail("roll-back", "--fail", "uefi:start")
        [(operation, lines)] = sections(result.stdout)
        self.assertEqual(operation, "start")
        self.assertIn("failed: uefi: simulated failure of start", paragraphs(lines))
        [counts] = [line for line in paragraphs(lines) if line.startswith("roll-back: ")]
        self.assertIn(" succeeded", counts)
        [asked] = [line for line in paragraphs(lines) if line.startswith("asked in this order: ")]
        asked = asked.removeprefix("asked in this order: ").split(", ")
        for above, depends_on in edges_of(machine()).items():
            for below in depends_on:
                if above in asked and below in asked:
                    self.assertLess(asked.index(above), asked.index(below))
        self.assertNotIn("chipset", asked)
        self.assertTrue(result.stdout.endswith("\nIn the end: 40 stopped, 1 failed\n"
                                               "  uefi: simulated failure of start\n"))

    def test_a_restore_that_is_rolled_back(self):
        result = self.fail("roll-back", "--fail", "tpm:post-restore")
        self.assertEqual(operations(result.stdout), ["start", "stop", "save", "restore"])
        lines = paragraphs(sections(result.stdout)[3][1])
        self.assertIn("save: 41 succeeded", lines)
        self.assertIn("roll-back: 41 succeeded", lines)
        self.assertIn("roll-back: 40 succeeded, 1 failed", lines)


class TestHangs(Case):
    """Each of these would never end if the command waited for the hung unit."""

    def hang(self, *args):
        result = simulate(*args, machine())
        self.assert_one_error(result, 1)
        return result

    def test_timeout(self):
        for threads in [0, 2]:
            result = self.hang("--hang", "ioapic:start", "--timeout", 500, "--threads", threads)
            (start, lines), (stop, _) = sections(result.stdout)
            self.assertEqual((start, stop), ("start", "stop"))
            self.assertRegex("\n".join(lines), r"\n  timed-out: ioapic: timed out after [0-9]+ ms")
            self.assertIn("skipped because ioapic timed out: ", " ".join(paragraphs(lines)))
            self.assertTrue(result.stdout.endswith("\nIn the end: 40 stopped, 1 uncertain\n"
                                                   "  given up on, and yet to answer: ioapic\n"))
            self.assertIn("start failed: {ioapic: timed out after ", result.stderr)

    def test_timeout_of_each_operation(self):
        for operation in ["stop", "save", "restore", "post-restore"]:
            with self.subTest(operation=operation):
                result = self.hang("--hang", f"vmbus:{operation}", "--timeout", 500)
                self.assertIn("timed-out: vmbus: timed out after ", result.stdout)
                self.assertIn("1 uncertain\n  given up on, and yet to answer: vmbus\n",
                              result.stdout)

    def test_timeout_with_each_policy(self):
        for policy in ["roll-back", "keep-going"]:
            result = self.hang("--hang", "ioapic:start", "--timeout", 500, "--policy", policy)
            self.assertIn(f"\nPolicy {policy}, timeout 500 ms.\n", result.stdout)
            self.assertTrue(result.stdout.endswith("\nIn the end: 40 stopped, 1 uncertain\n"
                                                   "  given up on, and yet to answer: ioapic\n"))
        self.assertNotIn("skipped", result.stdout)

    def test_abandon(self):
        for policy in ["skip-dependents", "roll-back"]:
            result = self.hang("--hang", "ioapic:start", "--abandon-after", 1000,
                               "--policy", policy)
            lines = sections(result.stdout)[0][1]
            text = " ".join(line.strip() for line in lines)
            self.assertIn("timed-out: ioapic: given up on after ", text)
            self.assertIn("when it was abandoned: partition waits for chipset", text)
            self.assertRegex(text, r"which was asked to start [0-9.]+ s ago and has not answered")
            self.assertIn("uncertain\n", result.stdout)
            self.assertIn("start cancelled: {ioapic: ", result.stderr)

    def test_cancel(self):
        # Ten seconds for its answer; then the roll-back waits for it, until that is given up, too.
        processes = [subprocess.Popen(
            [COMMAND, "simulate", "--latency=0:1", "--hang=ioapic:start", "--cancel-after=1000",
             f"--policy={policy}", machine()],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            encoding="utf-8") for policy in ["skip-dependents", "roll-back"]]
        for process, moment in zip(processes, ["cancelled", "abandoned"]):
            output, errors = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 1)
            self.assertIn(f"  when it was {moment}:\n", output)
            self.assertIn("  given up on, and yet to answer: ioapic\n", output)
            self.assertIn("state-unit: start cancelled: {ioapic: timed out after ", errors)

    def test_cancel_what_does_not_hang(self):
        result = simulate("--cancel-after", 1, "--policy", "roll-back", machine(),
                          latency="20:30")
        self.assert_one_error(result, 1, "start cancelled")
        self.assertIn("not asked, since the start was cancelled:", result.stdout)
        self.assertTrue(result.stdout.endswith("\nIn the end: 41 stopped\n"))

    def test_limits_that_are_not_reached(self):
        result = simulate("--cancel-after", 3600000, "--abandon-after", 3600000, "--timeout",
                          3600000, machine())
        self.assert_succeeded(result)
        self.assertIn("In the end: 41 stopped", result.stdout)

    def test_what_never_came_to_pass(self):
        result = simulate("--hang", "chipset:reset", machine())
        self.assert_succeeded(result)
        self.assertIn("chipset was never asked to reset.\n", result.stdout)
        self.assertNotIn("never asked", self.hang("--hang", "pm:stop", "--timeout", 500).stdout)


class TestLiveSave(Case):
    def test_it_is_kept(self):
        for args in [[], ["--threads", 2, "--cycles", 2, "--policy", "roll-back"]]:
            filename = self.folder / "live"
            result = simulate("--live-save", filename, *args, machine())
            self.assert_succeeded(result)
            self.assertEqual(operations(result.stdout)[:6],
                             ["start", "save", "stop", "save", "restore", "start"])
            lines = [line.strip() for line in sections(result.stdout)[1][1]]
            self.assertIn("stop: 41 succeeded", lines)
            self.assertIn("resume: 41 succeeded", lines)
            self.assertIn(f"41 saved, in {filename}, of {filename.stat().st_size} bytes", lines)
            filename.unlink()

    def test_it_fails(self):
        filename = self.folder / "live"
        result = simulate("--live-save", filename, "--fail", "vmbus:save", machine())
        self.assert_one_error(result, 1, "save failed: {vmbus: simulated failure of save}")
        self.assertEqual(operations(result.stdout), ["start", "save", "stop"])
        self.assertIn("  resume: 41 succeeded\n", result.stdout)
        self.assertTrue(result.stdout.endswith("\nIn the end: 41 stopped\n"))
        self.assertFalse(filename.exists())

    def test_it_cannot_be_written(self):
        result = simulate("--live-save", self.folder / "no" / "live", machine())
        self.assert_one_error(result, 1, "no/live")
        self.assertTrue(result.stdout.endswith("\nIn the end: 41 stopped\n"))


class TestTimelines(Case):
    def draw(self, *args, status=0):
        svg, trace = self.folder / "timeline.svg", self.folder / "trace.json"
        result = simulate("--svg", svg, "--trace", trace, *args, machine())
        self.assertEqual(result.returncode, status, result.stderr)
        text = svg.read_text()
        root = xml.etree.ElementTree.fromstring(text)
        self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")
        return "".join(root.itertext()), json.dumps(json.loads(trace.read_text()))

    def test_a_start(self):
        for text in self.draw():
            for name in edges_of(machine()):
                self.assertIn(name, text)
            self.assertIn("start", text)

    def test_what_failed(self):
        for text in self.draw("--fail", "vmbus:stop", status=1):
            self.assertIn("simulated failure of stop", text)

    def test_the_first_that_failed(self):
        for text in self.draw("--fail", "vmbus:start", "--fail", "vmtime:stop", status=1):
            self.assertIn("simulated failure of start", text)

    def test_what_hangs(self):
        for text in self.draw("--hang", "vmbus:start", "--timeout", "500", status=1):
            self.assertIn("vmbus", text)

    def test_that_cannot_be_written(self):
        for option in ["--svg", "--trace"]:
            result = simulate(option, self.folder / "no" / "file", machine())
            self.assert_bad_input(result, option, "no/file")
            result = simulate(option, "/dev/full", machine())
            self.assert_one_error(result, 1, option, "/dev/full")


class TestConcurrency(Case):
    def test_a_limit(self):
        result = simulate("--max-concurrency", 2, machine())
        self.assert_succeeded(result)
        self.assertIn("\nPolicy skip-dependents, 2 at once.\n", result.stdout)
        for line in filter(ROW.match, result.stdout.splitlines()):
            self.assertLessEqual(int(re.split(r"m?s +", line)[2].split()[0]), 2, line)


class TestTerminal(Case):
    def on_terminal(self, *args, columns=80, stdout_too=True):
        """What the terminal received, and what standard output did."""
        try:
            ours, theirs = pty.openpty()
        except OSError as error:
            self.skipTest(f"no terminal to be had: {error}")
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process = subprocess.Popen(
            [COMMAND, "simulate", "--latency=0:1", *map(str, args)], stdin=subprocess.DEVNULL,
            stdout=theirs if stdout_too else subprocess.PIPE, stderr=theirs,
            env=dict(os.environ, TERM="xterm", G_DEBUG="fatal-criticals"))
        os.close(theirs)
        received = b""
        while True:
            try:
                data = os.read(ours, 65536)
            except OSError:  # the other side is closed
                break
            if not data:
                break
            received += data
        os.close(ours)
        output, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        return received.decode().replace("\r\n", "\n"), (output or b"").decode()

    def shown(self, received):
        """What is still to be seen after carriage returns and erasures."""
        lines = []
        for line in received.split("\n"):
            lines.append(re.split(r"\r[^\r]*\x1b\[K(?!.*\x1b\[K)", line)[-1])
        return "\n".join(lines)

    def test_a_bar_comes_and_goes(self):
        received, _ = self.on_terminal(machine())
        for operation in ["start", "stop", "save", "restore"]:
            self.assertRegex(received, rf"\r{operation} +[█░]+ +[0-9]+ %  [0-9.]+ ms")
        shown = self.shown(received)
        self.assertNotRegex(shown, r"[\r\x1b█░]")
        self.assertEqual(operations(shown), ["start", "stop", "save", "restore", "start", "stop"])

    def test_a_bar_on_standard_error(self):
        received, output = self.on_terminal(machine(), stdout_too=False)
        self.assertIn("█" if "█" in received else "░", received)
        self.assertNotIn("critical path", received)
        self.assertNotRegex(output, r"[\r\x1b█░]")
        self.assertIn("critical path", output)

    def test_a_narrow_terminal(self):
        for columns in [1, 10, 20, 30, 40, 50]:
            received, _ = self.on_terminal(machine(), columns=columns)
            for drawn in re.findall(r"\r([^\r\n\x1b]*)\x1b\[K", received):
                self.assertLess(len(drawn), max(columns, 1) + (columns == 0), drawn)

    def test_a_wide_terminal(self):
        received, _ = self.on_terminal(machine(), columns=300)
        for line in self.shown(received).splitlines():
            self.assertLessEqual(len(line), 100, line)


if __name__ == "__main__":
    COMMAND, SOURCE_ROOT = map(os.path.abspath, (sys.argv.pop(1), sys.argv.pop(1)))
    unittest.main()
