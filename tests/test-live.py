#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The state-unit command on the set of a running program, as its user sees it.

usage: test-live.py COMMAND MACHINE-PROCESSES SOURCE-ROOT
"""

import contextlib
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree
from pathlib import Path

COMMAND, MACHINE, SOURCE_ROOT = None, None, None

JOBS = ["list", "tree", "status", "start", "stop", "reset", "save", "restore", "inspect", "set",
        "monitor", "explain", "plot"]
NVME = "nvme:vpci-008091f6-9688-497d-9091-af347dc9173c"
TIMEOUT = 60


def environment(**more):
    env = dict(os.environ, G_DEBUG="fatal-criticals", TERM="xterm")
    for name in ["STATE_UNIT_ADDRESS", "NO_COLOR"]:
        env.pop(name, None)
    return {**env, **more}


class Machine:
    """The example, as it runs. It goes when the test does."""

    def __init__(self, *place, latency=2, env=None):
        graph = Path(SOURCE_ROOT, "data", "openvmm-vm-graph.json")
        self.process = subprocess.Popen(
            [MACHINE, f"--latency={latency}", *place, graph], env=env or environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, encoding="utf-8")
        self.children = {}
        for line in self.process.stdout:
            if line.startswith("The machine"):
                return
            name, number = line.strip().split(": process ")
            self.children[name] = int(number)
        raise RuntimeError("the machine did not come up")

    def end(self):
        self.process.terminate()
        status = self.process.wait(TIMEOUT)
        self.process.stdout.close()
        if status not in (0, -signal.SIGKILL):
            raise AssertionError(f"the machine ended with status {status}")


def wait_until(condition):
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("waited too long")
        time.sleep(0.01)


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.address = f"unix:path={self.folder}/machine"

    def machine(self, *place, **kwargs):
        machine = Machine(*(place or ("--address", self.address)), **kwargs)
        self.addCleanup(machine.end)
        return machine

    def run_command(self, *args, address=None, env=None):
        env = env or environment(STATE_UNIT_ADDRESS=address or self.address)
        return subprocess.run([COMMAND, *map(str, args)], env=env, timeout=TIMEOUT,
                              encoding="utf-8", stdin=subprocess.DEVNULL, capture_output=True)

    def begin(self, *args, env=None, **kwargs):
        process = subprocess.Popen([COMMAND, *map(str, args)], stdin=subprocess.DEVNULL,
                                   env=environment(STATE_UNIT_ADDRESS=self.address, **(env or {})),
                                   encoding="utf-8", stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, **kwargs)

        def end():
            if process.poll() is None:
                process.kill()
            process.communicate()

        self.addCleanup(end)
        return process

    def ask(self, *args, **kwargs):
        """What it prints, when all is well."""
        result = self.run_command(*args, **kwargs)
        self.assertEqual((result.returncode, result.stderr), (0, ""), result.stdout)
        return result.stdout

    def ask_json(self, *args):
        return json.loads(self.ask(*args, "--json"))

    def states(self):
        return {unit["name"]: unit["state"] for unit in self.ask_json("list")}

    def assert_error(self, result, status, *words):
        self.assertEqual((result.returncode, result.stdout), (status, ""), result.stderr)
        self.assertRegex(result.stderr, r"\Astate-unit: [^\n]+\n\Z")
        for word in words:
            self.assertIn(word, result.stderr)

    def assert_all(self, state):
        self.assertEqual(set(self.states().values()), {state})


class TestLooking(Case):
    def test_list(self):
        self.machine()
        lines = self.ask("list").splitlines()
        self.assertEqual(len(lines), 42)
        self.assertRegex(lines[0], r"^UNIT +STATE +DEPENDS ON$")
        self.assertRegex(lines[1], r"^vmtime +stopped$")
        self.assertRegex(lines[7], r"^pm +stopped +vmtime, lines/irq$")
        units = self.ask_json("list")
        graph = json.loads(Path(SOURCE_ROOT, "data", "openvmm-vm-graph.json").read_text())
        self.assertEqual([unit["name"] for unit in units], [unit["name"] for unit in graph])
        for unit, entry in zip(units, graph):
            self.assertEqual(set(unit["dependencies"]), set(entry["depends_on"]))
            self.assertIsNone(unit["error"])

    def test_tree(self):
        self.machine()
        self.assertEqual(self.ask("tree", "pm"), "pm  stopped\n├─ vmtime  stopped\n"
                         "└─ lines/irq  stopped\n   └─ ioapic  stopped\n"
                         "      └─ vmtime  stopped\n")
        whole = self.ask("tree")
        self.assertIn("\npartition  stopped\n├─ vmtime  stopped\n└─ chipset  stopped\n", whole)
        self.assertIn("ioapic  stopped  (drawn above)\n", whole)
        for name in self.states():
            self.assertIn(f"{name}  stopped", whole)
        reverse = self.ask("tree", "--reverse", "lines/gpe0")
        self.assertTrue(reverse.startswith("lines/gpe0  stopped\n├─ battery  stopped\n"))
        self.assert_error(self.run_command("tree", "nosuch"), 2, '"nosuch"')

    def test_status(self):
        self.machine()
        self.assertEqual(self.ask("status"), "the set does not run\n41 units: 41 stopped\n"
                         "nothing has been done yet\n")
        self.ask("start")
        self.assertRegex(self.ask("status"), r"\Athe set runs\n41 units: 41 running\n"
                         r"last: start succeeded after [0-9.]+ ms\n\Z")
        status = self.ask_json("status")
        self.assertEqual((status["running"], status["n-units"], status["failed"]), (True, 41, []))
        self.assertIsNone(status["current-transition"])
        self.assertEqual(status["last-transition"]["status"], "succeeded")
        self.assertIn("stop", status["allowed-operations"])

    def test_inspect(self):
        self.machine()
        text = self.ask("inspect", "uefi")
        self.assertIn("unit_state: stopped\n", text)
        self.assertIn("dependencies: vmtime, lines/gpe0\n", text)
        self.assertIn("\nstarts: 0\n", text)
        self.assertIn("dependencies: none\n", self.ask("inspect", "vmbus"))
        tree = self.ask_json("inspect")
        self.assertEqual(tree["lines"]["irq"]["dependencies"], ["ioapic"])
        self.assertEqual(tree[NVME]["latency"], 2)
        self.assertIn("lines\n  irq\n    unit_state: stopped\n", self.ask("inspect"))
        self.assertNotIn("latency", self.ask("inspect", "--depth", 1))
        self.assert_error(self.run_command("inspect", "nosuch"), 1, "nosuch")

    def test_set(self):
        self.machine()
        for unit in ["uefi", NVME]:
            self.assertEqual(self.ask("set", f"{unit}/latency", 5), "5\n")
            self.assertEqual(self.ask("inspect", f"{unit}/latency"), "latency: 5\n")
        self.assertEqual(self.ask("set", "uefi/latency", "uint32 6"), "6\n")
        for value in ["fast", "'7'", "-1", "[1, 2]", "70000"]:
            self.assertEqual(self.run_command("set", "uefi/latency", value).returncode,
                             2 if value == "-1" else 1, value)
        self.assert_error(self.run_command("set", "uefi/starts", 1), 1, "uefi", "starts")
        self.assert_error(self.run_command("set", "uefi/nosuch", 1), 1, "nosuch")
        self.assertEqual(self.ask("inspect", "uefi/latency"), "latency: 6\n")


class TestRunning(Case):
    def test_operations(self):
        self.machine()
        self.assertRegex(self.ask("start"),
                         r"\Astart of 41 units succeeded after [0-9.]+ ms\n\Z")
        self.assert_all("running")
        self.assertRegex(self.ask("stop"), r"\Astop of 41 units succeeded after ")
        self.assert_all("stopped")
        self.assertRegex(self.ask("reset"), r"\Areset of 41 units succeeded after ")
        self.assertEqual(self.ask_json("inspect", "uefi")["contents"], 0)

    def test_some_units(self):
        self.machine()
        self.assertRegex(self.ask("start", "uefi"), "start of 6 units")
        running = {name for name, state in self.states().items() if state == "running"}
        self.assertEqual(running, {"vmtime", "ioapic", "lines/irq", "pm", "lines/gpe0", "uefi"})
        self.ask("stop", "pm")
        running = {name for name, state in self.states().items() if state == "running"}
        self.assertEqual(running, {"vmtime", "ioapic", "lines/irq"})
        self.assert_error(self.run_command("start", "nosuch"), 1, "nosuch")

    def test_save_and_restore(self):
        self.machine()
        snapshot = self.folder / "machine.snapshot"
        self.ask("start")
        self.assert_error(self.run_command("save", snapshot), 1, "save refused", "vmtime",
                          "stop it first", "and more; see")
        self.assertFalse(snapshot.exists())
        self.assertRegex(self.ask("save", "--resume", snapshot), "save of 41 units succeeded")
        self.assert_all("running")
        contents = self.ask_json("inspect", NVME)["contents"]
        self.ask("stop")
        self.ask("reset")
        self.assertNotEqual(self.ask_json("inspect", NVME)["contents"], contents)
        self.ask("restore", snapshot)
        # Saved while it was stopped, before it was started again.
        self.assertEqual(self.ask_json("inspect", NVME)["contents"], 7)

    def test_bad_snapshots(self):
        self.machine()
        bad = self.folder / "bad"
        bad.write_bytes(b"no snapshot at all")
        self.assert_error(self.run_command("restore", bad), 2, "snapshot")
        self.assert_error(self.run_command("restore", self.folder / "nosuch"), 2, "nosuch")
        self.assert_error(self.run_command("save", self.folder / "no" / "such"), 1)

    def test_plot(self):
        self.machine()
        svg, trace, dot = (self.folder / f"start.{end}" for end in ["svg", "json", "dot"])
        self.assert_error(self.run_command("plot", svg), 1, "no transition")
        self.ask("plot", dot)
        self.assertIn("digraph", dot.read_text())
        self.ask("start")
        self.ask("plot", svg)
        xml.etree.ElementTree.parse(svg)
        self.ask("plot", trace)
        self.assertTrue(json.loads(trace.read_text())["traceEvents"])
        self.assert_error(self.run_command("plot", self.folder / "start.gif"), 2, ".svg")

    def test_explain(self):
        self.machine()
        self.assertEqual(self.ask("explain"), "nothing is under way, and nothing has been yet\n")
        self.ask("set", "pm/latency", 60000)
        start = self.begin("start")
        wait_until(lambda: self.states()["pm"] == "starting")
        self.assertRegex(self.ask("explain"), r"\Astart has been under way for [0-9.]+ s, "
                         r"[0-9]+ of 41 units are done\n")
        self.assertRegex(self.ask("explain"), r"\n  pm was asked to start [0-9.]+ s ago and has "
                         "not answered\n")
        self.assertRegex(self.ask("explain", "partition"),
                         r"\Apartition waits for chipset, which waits for pm .*has not answered\n")
        self.assertRegex(self.ask("status"), "start is under way for ")
        self.assertIsNone(start.poll())

    def test_interrupt(self):
        """Ctrl-C cancels; once more, and the program goes on alone."""
        self.machine()
        self.ask("set", "uefi/latency", 60000)
        start = self.begin("start")
        wait_until(lambda: self.states()["uefi"] == "starting")
        start.send_signal(signal.SIGINT)
        self.assertEqual(start.stderr.readline(),
                         "state-unit: cancelling; once more to leave it alone\n")
        start.send_signal(signal.SIGINT)
        self.assertEqual(start.communicate(timeout=TIMEOUT)[1],
                         "state-unit: left alone: it goes on in the program\n")
        self.assertEqual(start.returncode, 130)
        self.assertEqual(self.ask_json("status")["current-transition"]["operation"], "start")

    def test_killed_command(self):
        """What was asked for goes on."""
        self.machine(latency=50)
        start = self.begin("start")
        wait_until(lambda: self.states()["vmtime"] == "running")
        start.kill()
        wait_until(lambda: self.states()["partition"] == "running")

    def test_monitor(self):
        machine = self.machine()
        monitor = self.begin("monitor")
        lines = []
        # It is there when it tells something.
        while not lines:
            self.ask("reset")
            if select.select([monitor.stdout], [], [], 0.2)[0]:
                lines.append(monitor.stdout.readline())
        self.ask("start")
        while not lines or "start succeeded" not in lines[-1]:
            lines.append(monitor.stdout.readline())
        text = "".join(lines)
        for line in lines:
            self.assertRegex(line, r"\A[0-9:]{8}\.[0-9]{3}  ")
        self.assertIn("  start begins, 41 units\n", text)
        self.assertRegex(text, r"  partition: [a-z]+ → running\n")
        self.assertLess(text.index("start begins"), text.index("vmtime: stopped →"))
        machine.end()
        self.assertIn("the set is there no longer", monitor.communicate(timeout=TIMEOUT)[0])
        self.assertEqual(monitor.returncode, 3)

    def test_monitor_as_json(self):
        self.machine()
        monitor = self.begin("monitor", "--json")
        objects = []
        while not objects:
            self.ask("reset")
            if select.select([monitor.stdout], [], [], 0.2)[0]:
                objects.append(json.loads(monitor.stdout.readline()))
        self.ask("start", "vmtime")
        while objects[-1].get("unit", {}).get("state") != "running":
            objects.append(json.loads(monitor.stdout.readline()))
        self.assertEqual((objects[-1]["event"], objects[-1]["unit"]["name"]), ("state", "vmtime"))
        monitor.send_signal(signal.SIGINT)
        self.assertEqual(monitor.wait(TIMEOUT), 0)


class TestDeath(Case):
    def test_a_process_of_devices_is_killed(self):
        machine = self.machine()
        self.ask("start")
        os.kill(machine.children["storage"], signal.SIGKILL)
        wait_until(lambda: self.states()[NVME] == "lost")
        lost = {unit["name"]: unit for unit in self.ask_json("list") if unit["state"] == "lost"}
        self.assertEqual({name.split(":")[0] for name in lost}, {"nvme", "scsi", "pcie"})
        self.assertIn("killed by signal 9", lost[NVME]["error"]["message"])
        text = self.ask("status")
        self.assertIn("38 running", text)
        self.assertRegex(text, rf"\n  {NVME}: lost: .*killed by signal 9")
        self.assertIn("killed by signal 9", self.ask("list"))

        self.ask("stop")
        result = self.run_command("start")
        self.assert_error(result, 1, "start failed", NVME)
        self.assertRegex(self.ask("explain"), rf"\n  {NVME}: lost: ")

    def test_the_machine_is_killed(self):
        machine = self.machine()
        self.ask("set", "pm/latency", 60000)
        start = self.begin("start")
        wait_until(lambda: self.states()["pm"] == "starting")
        machine.process.kill()
        self.assertIn("no longer", start.communicate(timeout=TIMEOUT)[1])
        self.assertEqual(start.returncode, 3)
        self.assert_error(self.run_command("list"), 3, "nobody is there", self.address)


class TestSilence(Case):
    """A program that was stopped takes what it is sent, and says nothing."""

    def stop(self, pid):
        os.kill(pid, signal.SIGSTOP)
        self.addCleanup(self.go_on, pid)

    def go_on(self, pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    def stopped_bus(self):
        bus = subprocess.Popen(["dbus-daemon", "--session", "--nofork", "--print-address=1"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               encoding="utf-8")
        self.addCleanup(bus.stdout.close)
        self.addCleanup(bus.wait)
        self.addCleanup(bus.kill)
        address = bus.stdout.readline().strip()
        self.stop(bus.pid)
        return address

    def begin_and_ask(self, method, *args):
        """Has asked when it returns, and goes on."""
        process = self.begin(*args, env={"G_DBUS_DEBUG": "message"})
        while f"member -> '{method}'" not in process.stdout.readline():
            self.assertIsNone(process.poll())
        return process

    def begin_inspect(self, machine):
        """Not answered yet, since a process of devices does not."""
        self.stop(machine.children["storage"])
        return self.begin_and_ask("Inspect", "inspect", "--timeout", 30000)

    def assert_gives_up(self, process, message):
        self.assertEqual(process.communicate(timeout=TIMEOUT)[1], message)
        self.assertEqual(process.returncode, 3)

    def test_a_stopped_machine(self):
        """Nobody waits for ever, but for an operation that has no time limit."""
        machine = self.machine()
        self.ask("set", "uefi/latency", 60000)
        inspect = self.begin_inspect(machine)
        change = self.begin_and_ask("Inspect", "set", f"{NVME}/latency", 1)
        waits = self.begin("start")
        wait_until(lambda: self.states()["uefi"] == "starting")
        limited = self.begin_and_ask("Stop", "stop", "--timeout", 1)
        self.stop(machine.process.pid)
        jobs = [self.begin("list"), self.begin("start"), self.begin("monitor")]
        on_bus = self.begin("list", "--name", "org.example.Machine",
                            env={"DBUS_SESSION_BUS_ADDRESS": self.stopped_bus()})
        silent = "state-unit: the program does not answer"
        for job in jobs:
            self.assert_gives_up(job, f"state-unit: nobody is there: {self.address}: "
                                      "it does not answer\n")
        self.assert_gives_up(on_bus, "state-unit: nobody is there: session bus: it does not "
                                     "answer\n")
        self.assert_gives_up(inspect, f"{silent}\n")
        self.assert_gives_up(limited, f"{silent}; waiting until it does\n{silent}\n")
        # What it does not know the type of, it does not change.
        messages, errors = change.communicate(timeout=TIMEOUT)
        self.assertEqual(errors, f"{silent}\n")
        self.assertNotIn("member -> 'Update'", messages)
        self.assertEqual(change.returncode, 3)

        self.assertEqual(waits.stderr.readline(), f"{silent}; waiting until it does\n")
        self.assertIsNone(waits.poll())
        self.go_on(machine.process.pid)
        self.assertEqual(waits.stderr.readline(), "state-unit: the program answers again\n")
        waits.send_signal(signal.SIGINT)
        self.assertIn("cancelling", waits.stderr.readline())

    def test_killed_before_it_answers(self):
        machine = self.machine()
        inspect = self.begin_inspect(machine)
        machine.process.kill()
        self.assertRegex(inspect.communicate(timeout=TIMEOUT)[1],
                         r"\Astate-unit: the other end is there no longer[^\n]*\n\Z")
        self.assertEqual(inspect.returncode, 3)


class TestPlaces(Case):
    def bus(self, config="--session"):
        daemon = subprocess.Popen(
            ["dbus-daemon", config, "--nofork", "--print-address=1",
             f"--address=unix:path={self.folder}/bus"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8")

        def end():
            daemon.kill()
            daemon.communicate()

        self.addCleanup(end)
        return environment(DBUS_SESSION_BUS_ADDRESS=daemon.stdout.readline().strip())

    @unittest.skipUnless(shutil.which("dbus-daemon"), "there is no dbus-daemon")
    def test_bus(self):
        env = self.bus()
        name = "org.example.Machine"
        self.assert_error(self.run_command("list", "--name", name, env=env), 3, name)
        machine = self.machine("--name", name, env=env)
        self.assertEqual(len(self.ask("list", "--name", name, env=env).splitlines()), 42)
        self.ask("start", "--bus", "session", "--name", name, env=env)
        self.assertIn("41 running", self.ask("status", "--name", name, env=env))
        address = env["DBUS_SESSION_BUS_ADDRESS"]
        self.assertIn("41 running", self.ask("status", "--address", address, "--name", name))
        self.assert_error(
            self.run_command("status", "--name", name, "--object-path", "/else", env=env), 3,
            "exports no set at /else")
        machine.end()
        self.assert_error(self.run_command("status", "--name", name, env=env), 3, name)

    def as_nobody(self, *args):
        """On a bus that lets everybody in. Counters of coverage go where nobody may write."""
        counters = self.folder / "counters"
        counters.mkdir(exist_ok=True)
        counters.chmod(0o777)
        return subprocess.run(
            [COMMAND, *args, "--address", f"unix:path={self.folder}/bus", "--name",
             "org.example.Machine"], user="nobody", env=environment(GCOV_PREFIX=str(counters)),
            timeout=TIMEOUT, encoding="utf-8", stdin=subprocess.DEVNULL, capture_output=True,
            cwd="/")

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("dbus-daemon"),
                         "only root can be somebody else")
    def test_another_user(self):
        self.folder.chmod(0o755)
        config = self.folder / "bus.conf"
        config.write_text(
            f"<busconfig><listen>unix:path={self.folder}/bus</listen><auth>EXTERNAL</auth>"
            '<policy context="default"><allow user="*"/><allow own="*"/>'
            '<allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>')
        env = self.bus(f"--config-file={config}")
        (self.folder / "bus").chmod(0o777)
        try:
            self.as_nobody("--version")
        except OSError as error:
            self.skipTest(f"nobody can run the command: {error}")
        self.machine("--name", "org.example.Machine", env=env)
        for job in [["list"], ["start"], ["inspect", "uefi"], ["monitor"]]:
            self.assert_error(self.as_nobody(*job), 3, "answers its own user alone")
        self.assertEqual(set(unit["state"] for unit in json.loads(
            self.ask("list", "--json", "--name", "org.example.Machine", env=env))), {"stopped"})

    def test_nobody(self):
        for job, *args in [["list"], ["tree"], ["status"], ["start"], ["save", "x"], ["inspect"],
                           ["set", "a", "1"], ["monitor"], ["explain"], ["plot", "x.svg"]]:
            result = self.run_command(job, *args)
            self.assert_error(result, 3, "nobody is there", self.address)
        self.machine()
        self.assert_error(self.run_command("list", "--object-path", "/else"), 3,
                          "exports no set at /else")

    def test_bad_places(self):
        for place, *words in [
            [["--bus", "school"], "school"],
            [["--bus", "system"], "--name"],
            [["--bus", "system", "--name", "org.x", "--address", "unix:path=/x"], "--address"],
            [["--name", "no name"], "no name"],
            [["--object-path", "else"], "else"],
        ]:
            self.assert_error(self.run_command("list", *place), 2, *words)
        env = environment()
        self.assert_error(self.run_command("list", env=env), 2, "--address or --name")
        self.assertEqual(self.run_command("list", "--address", "nonsense").returncode, 3)

    def test_arguments(self):
        for job, what in [("save", "FILE"), ("restore", "FILE"), ("plot", "FILE"),
                          ("set", "PATH")]:
            self.assert_error(self.run_command(job), 2, what, f"state-unit {job} --help")
        self.assert_error(self.run_command("set", "a"), 2, "VALUE")
        self.assert_error(self.run_command("list", "more"), 2, "more")
        self.assert_error(self.run_command("start", "--timeout", "soon"), 2, "soon")
        self.assert_error(self.run_command("list", "--nosuch"), 2, "--nosuch")


class TestHelp(Case):
    def test_help_and_man_page(self):
        man = Path(SOURCE_ROOT, "tools", "state-unit.1").read_text().replace("\\-", "-")
        overview = self.ask("--help")
        for job in JOBS:
            self.assertRegex(overview, rf"(?m)^  {job} ")
            text = self.ask(job, "--help")
            self.assertLessEqual(max(map(len, text.splitlines())), 100)
            self.assertRegex(man, rf"(?m)^\.SS state-unit .*\b{job}\b")
            for option in re.findall(r"--[a-z-]+", text):
                self.assertRegex(man, rf"(?m)^\.B.*{option}\b", job)

    @unittest.skipUnless(shutil.which("bash"), "there is no bash")
    def test_completion(self):
        self.machine()
        script = Path(SOURCE_ROOT, "tools", "state-unit.bash")

        def complete(*words):
            words = ["state-unit", *words]
            quoted = " ".join(f"'{word}'" for word in words)
            program = (f"source {script}; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; "
                       f"_state_unit state-unit '{words[-1]}' '{words[-2]}'; "
                       "printf '%s\\n' \"${COMPREPLY[@]}\"")
            path = f"{Path(COMMAND).parent}:{os.environ['PATH']}"
            return subprocess.run(
                ["bash", "--norc", "-c", program], check=True, capture_output=True,
                encoding="utf-8",
                env=environment(PATH=path, STATE_UNIT_ADDRESS=self.address)).stdout.split()

        self.assertEqual(complete("mon"), ["monitor"])
        self.assertEqual(set(complete("")) - {"--help", "--version"},
                         {*JOBS, "plan", "simulate", "verify"})
        self.assertEqual(complete("list", "--j"), ["--json"])
        self.assertEqual(complete("list", "--bus", "se"), ["session"])
        self.assertEqual(complete("start", "--policy", "ro"), ["roll-back"])
        self.assertEqual(complete("stop", "lines/g"), ["lines/gpe0"])


class TestTerminal(Case):
    def run_in_terminal(self, *args, **more):
        try:
            leader, follower = pty.openpty()
        except OSError as error:
            self.skipTest(f"no terminal: {error}")
        process = subprocess.Popen([COMMAND, *map(str, args)], stdin=subprocess.DEVNULL,
                                   stdout=follower, stderr=follower,
                                   env=environment(STATE_UNIT_ADDRESS=self.address, **more))
        os.close(follower)
        output = b""
        with contextlib.suppress(OSError):
            while data := os.read(leader, 65536):
                output += data
        os.close(leader)
        self.assertEqual(process.wait(TIMEOUT), 0)
        return output.decode()

    def test_colours(self):
        self.machine()
        self.assertIn("\x1b[2mstopped\x1b[0m", self.run_in_terminal("list"))
        for more in [{"NO_COLOR": "1"}, {"TERM": "dumb"}]:
            self.assertNotIn("\x1b", self.run_in_terminal("list", **more))
        self.assertNotIn("\x1b", self.ask("list"))

    def test_lines_fit(self):
        self.machine()
        for line in self.run_in_terminal("list", NO_COLOR="1").splitlines():
            self.assertLessEqual(len(line), 100)

    def test_progress_bar(self):
        self.machine(latency=40)
        output = self.run_in_terminal("start", NO_COLOR="1")
        self.assertRegex(output, r"start .*█.*%")
        self.assertRegex(output, r"\r\x1b\[Kstart of 41 units succeeded after [0-9.]+ ms\r\n\Z")


if __name__ == "__main__":
    COMMAND, MACHINE, SOURCE_ROOT = sys.argv[1:4]
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
