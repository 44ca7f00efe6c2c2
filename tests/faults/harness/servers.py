"""The broker and the database of a run: which kinds there are, how each is started, broken and found."""

import asyncio
import os
import signal
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from common.kafka.embedded import broker_command
from common.net.address import Address
from deploy.postgres.server import CannotRun, Server
from tests.faults.harness.disks import SmallDisk
from tests.faults.harness.ports import own_port
from tests.faults.harness.programs import Program
from tests.kafka_server import answers
from tests.waiting import until

_UP_WITHIN_S = 120.0
#: A new cluster takes 40 MiB and its log twice 16 to 32.
_DISK_MIB = 256
HOST = "127.0.0.1"
#: Where clients find the broker: the proxy in front of it, on the same port, as a broker can only advertise its own.
ENTRANCE = "127.0.0.2"


class Breakable(Protocol):
    """What faults do to a program or a server."""

    @property
    def is_running(self) -> bool: ...
    async def start(self) -> None: ...
    async def ready(self) -> None: ...
    async def kill(self) -> None: ...
    async def stop(self) -> None: ...
    def signal(self, number: signal.Signals) -> None: ...
    def fill_disk(self) -> None: ...
    def free_disk(self) -> None: ...


def embedded(port: int, entrance: Address, folder: Path, env: Mapping[str, str]) -> Program:
    """The broker of the laptop. It keeps everything in memory, so it is paused but never killed."""
    command = broker_command(HOST, port)
    at = command.index("--advertised-listener-url") + 1
    command[at] = f"tcp://{entrance}"
    return Program("broker", command, folder, env)


def apache(port: int, entrance: Address, folder: Path, env: Mapping[str, str]) -> Program:
    """A single node, found by clients at the harness's proxy."""
    command = Program.ours(
        "deploy.kafka", "run", f"{HOST}:{port}", "--data-dir", str(folder / "kafka"),
        "--advertise", entrance.host,
    )  # fmt: skip
    return Program("broker", command, folder, env, says="kafka listening on", excuse="did not start within")


async def until_answers(port: int) -> None:
    await until(lambda: answers(f"{HOST}:{port}"), _UP_WITHIN_S)


class Postgres:
    """A server of the run's own. What it reported as committed is in the kernel's hands, which no kill reaches."""

    def __init__(self) -> None:
        self._disk = SmallDisk(Path(tempfile.mkdtemp(prefix="faults-postgres-")), _DISK_MIB)
        # What is quick and loses no commit to a kill; and small, for a small disk.
        more = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "64MB", "min_wal_size": "32MB"}
        try:
            self._server = Server(self._disk.folder, port=own_port(HOST), more=more)
        except CannotRun:
            self._disk.remove()
            raise
        self.ended_alone: list[str] = []

    @property
    def address(self) -> str:
        return self._server.address

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def is_running(self) -> bool:
        return not self._server.has_ended

    async def start(self) -> None:
        # The processes of a server that was killed take a moment to notice.
        for attempt in range(10):
            try:
                await asyncio.to_thread(self._server.start)
            except CannotRun:
                if attempt == 9:
                    raise
                await asyncio.sleep(1)
            else:
                return

    async def ready(self) -> None:
        """It answers when `start` returns."""

    async def kill(self) -> None:
        process = self._server._process
        if process is not None:
            process.kill()
            await asyncio.to_thread(process.wait)

    async def stop(self) -> None:
        self.signal(signal.SIGCONT)
        await asyncio.to_thread(self._server.stop)

    def signal(self, number: signal.Signals) -> None:
        """To its postmaster and everyone it started."""
        process = self._server._process
        if process is None or process.poll() is not None:
            return
        with suppress(OSError):
            started = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            for pid in (process.pid, *map(int, started)):
                os.kill(pid, number)

    def fill_disk(self) -> None:
        """Raises OSError where it has no disk of its own."""
        self._disk.fill()

    def free_disk(self) -> None:
        self._disk.free()

    def remove(self) -> None:
        self._disk.remove()
