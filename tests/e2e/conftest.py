"""The whole network as a user runs it: real programs, real brokers, real signals."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from common import messages as m
from common.clock import SystemClock
from common.ids import random_id
from common.net.address import parse_address
from common.net.dialer import connect
from common.registry import over_tcp
from common.routes import Role
from tests.kafka_server import BROKERS, apache_address, own_prefix
from tests.waiting import wait_until

__all__ = ["up"]

Json = dict[str, Any]
READY_WITHIN_S = 60.0
GONE_WITHIN_S = 15.0


def alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def listening(address: str) -> bool:
    host, port = parse_address(address)
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


class Up:
    """One `ev-up` and what it said of itself."""

    def __init__(self, directory: Path, *arguments: str, prefix: tuple[str, ...] = ()) -> None:
        self.data = directory
        self.out = directory.with_suffix(".out")
        command = [*prefix, sys.executable, "-m", "deploy.up", "--no-console", "--data-dir", str(directory), *arguments]
        with self.out.open("wb") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

    @property
    def words(self) -> str:
        return self.out.read_text()

    def ready(self) -> Json:
        path = self.data / "ready.json"
        wait_until(lambda: path.exists() or self.process.poll() is not None, READY_WITHIN_S, "ready.json")
        assert path.exists(), self.words
        return dict(json.loads(path.read_text()))

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(20)


class Ups:
    """Starts networks and sees to it that none outlives its test."""

    def __init__(self, directory: Path, kafka: str | None) -> None:
        self._directory = directory
        #: Apache Kafka's address; without one, each network starts the embedded broker.
        self.kafka = kafka
        self._started: list[Up] = []

    @property
    def options(self) -> tuple[str, ...]:
        """What `ev-up` must be told of the broker."""
        return ("--kafka", self.kafka) if self.kafka else ()

    def __call__(self, *arguments: str, prefix: tuple[str, ...] = ()) -> Up:
        one = Up(self._directory / f"up{len(self._started)}", *self.options, *arguments, prefix=prefix)
        self._started.append(one)
        return one

    def stop(self) -> None:
        for one in reversed(self._started):
            one.stop()


@pytest.fixture(params=BROKERS)
def kafka(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str | None]:
    """The address of Apache Kafka, then None: the embedded broker. All programs of a test find its topics."""
    if request.param == "embedded":
        yield None
        return
    address = apache_address(request)
    with own_prefix(address) as prefix:
        monkeypatch.setenv("EV_KAFKA_TOPIC_PREFIX", prefix)
        yield address


@pytest.fixture
def up(tmp_path: Path, kafka: str | None) -> Iterator[Ups]:
    made = Ups(tmp_path, kafka)
    yield made
    made.stop()


def run(*command: str, timeout: float = 60.0, prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """One of our programs to its end."""
    return subprocess.run(
        [*prefix, sys.executable, "-m", *command],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@contextmanager
def started(*command: str, says: bytes) -> Iterator[None]:
    """One of our programs beside `ev-up`, from the line that says it is there until the end of the block."""
    with subprocess.Popen(
        [sys.executable, "-m", *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            assert process.stdout is not None
            assert says in process.stdout.readline()
            yield
        finally:
            process.terminate()
            process.wait(20)


def admin(ready: Json, *words: str) -> Json:
    done = run("central.admin", "--central", ready["central"], "--json", *words)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def open_sessions(ready: Json) -> list[Json]:
    return list(admin(ready, "sessions", "--open")["sessions"])


def status_of(ready: Json, cp_id: str) -> str:
    points = admin(ready, "cps")["charging_points"]
    return str(next(point["status"] for point in points if point["cp_id"] == cp_id))


def ask(ready: Json, request: m.Message) -> m.Message:
    """One request over a socket, as any program could send it; its answer."""

    async def talk() -> m.Message:
        link = await connect(
            parse_address(ready["central"]),
            over_tcp(Role.CENTRAL, Role.DRIVER),
            clock=SystemClock(),
            ids=random_id,
        )
        link.send(request)
        async with asyncio.timeout(20):
            async for answer in link:
                if answer.message_id == request.message_id:
                    await link.close()
                    return answer
        raise AssertionError("Central closed the link without an answer")

    return asyncio.run(talk())


def kill(pid: int) -> None:
    """kill -9, and wait until it is gone: its successor will use the same files."""
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not alive(pid), GONE_WITHIN_S, f"the end of process {pid}")
