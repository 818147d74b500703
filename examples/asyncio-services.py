#!/usr/bin/env python3
# SPDX-License-Identifier: MIT

"""PostgreSQL, Redis, and a guest book over HTTP that needs both, as the units of one set.

The program starts them, writes in the guest book, takes a snapshot while they run, wipes
everything, restores the snapshot, and finds again what had been written. All of it lives in a
temporary folder, of which nothing is left, also after Ctrl-C. Redis listens on a socket in there,
PostgreSQL and the guest book on free ports of the loopback interface.
"""

import asyncio
import contextlib
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
from pathlib import Path
from subprocess import DEVNULL, PIPE

import gi

gi.require_version("StateUnit", "1")
from gi.repository import GLib, StateUnit


class ServiceError(Exception):
    """A program is missing, failed, or ended when it should not have."""


def find_program(name, package, folders=()):
    for folder in (*folders, *os.get_exec_path()):
        if os.access(Path(folder, name), os.X_OK):
            return Path(folder, name)
    raise ServiceError(f"{name} is not installed (apt-get install {package})")


def find_free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Service(StateUnit.BaseUnit):
    """A unit that is a process of its own. It has started when it answers."""

    # What asks the process to end, and how many seconds it may take over that.
    stop_signal, patience = signal.SIGTERM, 10

    # As whom its programs run: as whoever runs this one.
    identity = {}

    def __init__(self, folder):
        super().__init__()
        self.folder = folder / type(self).__name__.lower()
        self.folder.mkdir(mode=0o700)
        self.log = self.folder / "log"
        self.env = dict(os.environ)
        self.process = None

    def command(self):
        """The program and its arguments."""
        raise NotImplementedError

    async def answers(self):
        """Whether the process does already what it is there for."""
        raise NotImplementedError

    async def start(self):
        await self.launch()
        self.watcher = asyncio.create_task(self.watch(self.process))

    async def stop(self):
        await self.halt()

    async def launch(self):
        """Starts the process, and waits until it answers."""
        command = self.command()
        with self.log.open("wb") as log:
            self.process = await self.spawn(command, stdin=DEVNULL, stdout=log, stderr=log)
        try:
            while not await self.answers():
                if self.process.returncode is not None:
                    raise ServiceError(self.describe_end(self.process))
                await asyncio.sleep(0.02)
        except BaseException:
            # A start that fails, or is cancelled, promises that nothing runs.
            await self.halt()
            raise

    async def halt(self):
        """Ends the process: as it likes, or at once when it takes too long."""
        process, self.process = self.process, None
        if process is None or process.returncode is not None:
            return
        process.send_signal(self.stop_signal)
        try:
            await asyncio.wait_for(process.wait(), self.patience)
        except TimeoutError:
            raise ServiceError(f"it did not end within {self.patience} s, and was killed") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def watch(self, process):
        """Tells the set when the process ends without having been asked to."""
        await process.wait()
        if process is self.process:
            self.process = None
            self.ended(GLib.Error(self.describe_end(process)))

    def describe_end(self, process):
        lines = self.log.read_text(errors="replace").splitlines()
        last_words = next((line for line in reversed(lines) if line.strip()), "without a word")
        return f"it ended with status {process.returncode}: {last_words.strip()}"

    async def spawn(self, command, **streams):
        """Starts a program in a session of its own, out of reach of the terminal's Ctrl-C."""
        return await asyncio.create_subprocess_exec(
            *command,
            cwd=self.folder,
            env=self.env,
            start_new_session=True,
            **self.identity,
            **streams,
        )

    async def run(self, *command, given=None):
        """Runs a program to its end, and returns what it printed."""
        process = await self.spawn(command, stdin=PIPE, stdout=PIPE, stderr=PIPE)
        try:
            printed, complaints = await process.communicate(given)
        except asyncio.CancelledError:
            process.terminate()
            await process.communicate()
            raise
        if process.returncode != 0:
            raise ServiceError(f"{Path(command[0]).name}: {complaints.decode().strip()}")
        return printed


class PostgreSQL(Service):
    """Its state is what pg_dump says; for saving and restoring, the server runs a while."""

    # This ends the sessions that there are; SIGTERM would wait for them.
    stop_signal = signal.SIGINT

    def __init__(self, folder):
        super().__init__(folder)
        self.data = self.folder / "data"
        self.password = self.folder / "password"
        self.password.write_text(secrets.token_urlsafe())
        self.env |= {
            "PGHOST": str(self.folder),
            "PGUSER": "postgres",
            "PGDATABASE": "postgres",
            "PGPASSWORD": self.password.read_text(),
        }
        if os.geteuid() == 0:
            # The server refuses to run as root. Debian's package has made a user for it.
            self.identity = {"user": "postgres", "group": "postgres", "extra_groups": ()}
            folder.chmod(0o711)

    def tool(self, name):
        versions = Path("/usr/lib/postgresql").glob("*/bin")
        newest_first = sorted(versions, key=lambda path: float(path.parent.name), reverse=True)
        return find_program(name, "postgresql", newest_first)

    def command(self):
        self.env["PGPORT"] = str(find_free_port())
        settings = {
            "port": self.env["PGPORT"],
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            # A temporary folder need not survive a power failure.
            "fsync": "off",
        }
        options = (f"--{name}={value}" for name, value in settings.items())
        return self.tool("postgres"), "-D", self.data, *options

    async def answers(self):
        psql = self.tool("psql")
        with contextlib.suppress(ServiceError):
            await self.run(psql, "--no-psqlrc", "--command=SELECT 1")
            return True

    async def start(self):
        if not self.data.exists():
            await self.create()
        await super().start()

    async def reset(self):
        await asyncio.to_thread(shutil.rmtree, self.data, ignore_errors=True)

    async def save(self):
        async with self.running():
            return {"sql": await self.run(self.tool("pg_dump"))}

    async def restore(self, state):
        await self.reset()
        await self.create()
        async with self.running():
            options = "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction"
            await self.run(self.tool("psql"), *options, given=state["sql"])

    async def create(self):
        """An empty cluster. Over the network, it asks for the password."""
        initdb = self.tool("initdb")
        if self.identity:
            shutil.chown(self.folder, self.identity["user"], self.identity["group"])
        access = "--username=postgres", "--auth-local=trust", "--auth-host=scram-sha-256"
        options = f"--pwfile={self.password}", "--no-locale", "--encoding=UTF8", "--no-sync"
        try:
            await self.run(initdb, "-D", self.data, *access, *options)
        except BaseException:
            await self.reset()
            raise

    @contextlib.asynccontextmanager
    async def running(self):
        await self.launch()
        try:
            yield
        finally:
            await self.halt()


class Redis(Service):
    """Its state is the file that it writes when it stops, and reads when it starts."""

    def __init__(self, folder):
        super().__init__(folder)
        self.socket = self.folder / "socket"
        self.file = self.folder / "dump.rdb"

    def command(self):
        server = find_program("redis-server", "redis-server")
        network = "--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700"
        return server, *network, "--save", "3600 1", "--dbfilename", self.file.name

    async def answers(self):
        client = find_program("redis-cli", "redis-tools")
        with contextlib.suppress(ServiceError):
            return b"PONG" in await self.run(client, "-s", self.socket, "ping")

    def reset(self):
        self.file.unlink(missing_ok=True)

    def save(self):
        return {"rdb": self.file.read_bytes()} if self.file.exists() else None

    def restore(self, state):
        self.file.write_bytes(state["rdb"])


class Guestbook(Service):
    """The program guestbook.py beside this one. It has nothing of its own to save."""

    def __init__(self, folder, postgresql, redis):
        super().__init__(folder)
        self.postgresql, self.redis = postgresql, redis

    def command(self):
        self.port = find_free_port()
        self.env = self.postgresql.env | {"PGHOST": "127.0.0.1"}
        program = Path(__file__).absolute().with_name("guestbook.py")
        return sys.executable, program, str(self.port), self.redis.socket

    async def answers(self):
        with contextlib.suppress(OSError):
            await self.ask("GET", "/health")
            return True

    async def ask(self, method, path="/", body=None):
        return await asyncio.to_thread(self.ask_blocking, method, path, body)

    def ask_blocking(self, method, path, body):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, 10)) as server:
            server.request(method, path, body)
            return json.load(server.getresponse())


def show(transition, title):
    """What each unit did in a transition, and when, as bars over time."""
    print(f"\n{title}: {transition.get_elapsed() / 1e6:.2f} s")
    steps = [step for step in transition if step.get_start_time() > 0]
    begin = min((step.get_start_time() for step in steps), default=0)
    scale = 40 / max((step.get_finish_time() - begin for step in steps), default=1)
    for step in sorted(steps, key=lambda step: step.get_start_time()):
        took = step.get_finish_time() - step.get_start_time()
        bar = " " * int((step.get_start_time() - begin) * scale) + "█" * max(1, round(took * scale))
        name = f"{step.get_phase():12} {step.get_name():10}"
        print(f"  {name} {step.get_outcome().value_nick:9} {took / 1e6:6.2f} s  {bar}")


async def run(units, operation, title, **options):
    """Runs a transition, and shows what became of it."""
    transition = StateUnit.Transition(units, operation, **options)
    try:
        await transition.run()
    finally:
        show(transition, title)
    return transition


async def tell_story(units, guestbook, file):
    await run(units, "start", "start")
    for words in "It was lovely here.", "The soup was cold.", "We shall come again.":
        await guestbook.ask("POST", body=words.encode())
        before = await guestbook.ask("GET")
    print("\nThe guest book:", before)

    saved = await run(units, "save", "save and resume", resume=True)
    await saved.get_snapshot().save_to_file(str(file))
    print(f"\nThe snapshot has {file.stat().st_size} bytes.")

    await run(units, "reset", "reset and resume", resume=True)
    print("\nThe guest book:", await guestbook.ask("GET"))

    snapshot = await StateUnit.Snapshot.load_from_file(str(file))
    await run(units, "restore", "restore and resume", snapshot=snapshot, resume=True)
    after = await guestbook.ask("GET")
    print("\nThe guest book:", after)
    if after != {"visits": before["visits"] + 1, "notes": before["notes"]}:
        raise ServiceError("the guest book is not what it was")


def tell_end(_units, handle, old, new):
    if old == StateUnit.UnitState.RUNNING and new == StateUnit.UnitState.FAILED:
        print(f"\n{handle.get_name()}: {handle.get_error().message}", file=sys.stderr)


async def main():
    with tempfile.TemporaryDirectory(prefix="state-unit-services-") as name:
        folder = Path(name)
        postgresql, redis = PostgreSQL(folder), Redis(folder)
        guestbook = Guestbook(folder, postgresql, redis)

        units = StateUnit.Units(failure_policy=StateUnit.FailurePolicy.ROLL_BACK)
        units.connect("unit-state-changed", tell_end)
        units.add("postgresql", postgresql, timeout=60)
        units.add("redis", redis, timeout=30)
        units.add("guestbook", guestbook, depends_on=["postgresql", "redis"], timeout=30)

        # A signal ends the story, and nothing but the story: the stop always follows.
        story = asyncio.create_task(tell_story(units, guestbook, folder / "snapshot"))
        for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
            asyncio.get_running_loop().add_signal_handler(number, story.cancel)
        try:
            await story
        finally:
            await run(units, "stop", "stop")


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except (ServiceError, GLib.Error, OSError) as error:
        sys.exit(f"{Path(__file__).name}: {error}")
    except asyncio.CancelledError:
        sys.exit(f"{Path(__file__).name}: interrupted")
