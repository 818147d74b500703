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
from pathlib import Path

COMMAND, SOURCE_ROOT = None, None

OPERATIONS = ["start", "stop", "reset", "save", "restore", "post-restore"]
ROW = re.compile(r"(start|stop|reset|save|restore) +([0-9.]+ m?s +){2}[0-9]+ +[0-9.]+ m?s$")


def run(*args, **kwargs):
    env = dict(os.environ, G_DEBUG="fatal-criticals", **kwargs.pop("env", {}))
    return subprocess.run([COMMAND, *map(str, args)], env=env, timeout=60, encoding="utf-8",
                          stdin=subprocess.DEVNULL, capture_output=True, **kwargs)


def simulate(*args, latency="0:1", **kwargs):
    return run("simulate", "--latency", latency, *args, **kwargs)


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
            self.assertIn("simulate", result.stdout)

    def test_help_of_simulate(self):
        result = run("simulate", "--cycles", "none", "--help")
        self.assert_succeeded(result)
        self.assertIn("state-unit simulate [OPTION…] GRAPH.json", result.stdout)

    def test_help_and_man_page_agree(self):
        result = run("simulate", "--help")
        man = Path(SOURCE_ROOT, "tools", "state-unit.1").read_text().replace("\\-", "-")
        options = re.findall(r"--[a-z]+", result.stdout)
        self.assertIn("--latency", options)
        for option in options:
            self.assertRegex(man, rf"(?m)^\.B.*{option}\b")

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
        self.assert_bad_input(run("simulate"), "GRAPH.json")

    def test_two_graphs(self):
        self.assert_bad_input(run("simulate", machine(), "more.json"), "more.json")

    def test_unknown_option(self):
        self.assert_bad_input(run("simulate", "--speed", machine()), "--speed")

    def test_bad_numbers(self):
        for option, value in [
            ("--latency", "fast"), ("--latency", "20:5"), ("--latency", ":"), ("--latency", ""),
            ("--latency", "5:"), ("--latency", "1:2:3"), ("--latency", "-1"), ("--latency", "1.5"),
            ("--latency", "99999999999"), ("--seed", "x"), ("--seed", "-1"), ("--cycles", "0"),
            ("--cycles", "many"), ("--threads", "-1"), ("--threads", "100000"), ("--threads", " 2"),
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
            with self.subTest(failure=failure):
                self.assert_bad_input(run("simulate", "--fail", failure, machine()), "--fail",
                                      *words)

    def test_option_without_value(self):
        self.assert_bad_input(run("simulate", machine(), "--dot"), "--dot")

    def test_odd_file_name(self):
        graph = self.graph([{"name": "a"}], "--help")
        result = run("simulate", "--latency=0", "--", graph.name, cwd=self.folder)
        self.assert_succeeded(result)
        self.assertIn("--help: 1 unit,", result.stdout)


class TestBadGraphs(Case):
    def assert_bad_graph(self, content, *words):
        with self.subTest(content=content):
            result = run("simulate", self.graph(content))
            self.assert_bad_input(result, "graph.json", *words)

    def test_no_such_file(self):
        self.assert_bad_input(run("simulate", self.folder / "nosuch.json"), "nosuch.json")

    def test_a_folder(self):
        self.assert_bad_input(run("simulate", self.folder), str(self.folder))

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
        self.assert_bad_graph([{"name": "a", "depends_on": ["a"]}], "cycle: a → a")
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


class TestTerminal(Case):
    def on_terminal(self, *args, columns=80, stdout_too=True):
        """What the terminal received, and what standard output did."""
        ours, theirs = pty.openpty()
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
