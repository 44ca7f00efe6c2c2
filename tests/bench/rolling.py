"""
Centrals replaced one after the other under drivers that charge all the time: `python -m tests.bench.rolling --help`.

As Kubernetes does it: a new Central first, then the old one out of the Service, then SIGTERM. Real processes; the Service is a small
TCP proxy here. Says what became of every charge; needs a Kafka and a PostgreSQL, for Centrals share nothing else.
"""

import argparse
import asyncio
import json
import random
import signal
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tests.orders import Parser, whole

LISTENS_WITHIN_S = 30.0
#: What minReadySeconds and preStop are in the cluster; shorter, as there is no other node that has to hear.
SETTLED_S = 2.0
PRE_STOP_S = 2.0
_READ_BYTES = 65536


class Service:
    """Hands each new connection to any of the backends, and leaves open ones where they are."""

    def __init__(self) -> None:
        self.backends: list[int] = []
        self.address = ""

    async def start(self) -> None:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            onward = await asyncio.open_connection("127.0.0.1", random.choice(self.backends))
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pump(reader, onward[1]), _pump(onward[0], writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(_READ_BYTES):
            writer.write(data)
            await writer.drain()
    writer.close()


class Network:
    """The processes, and what the drivers saw."""

    def __init__(self, told: argparse.Namespace, folder: Path) -> None:
        self._told = told
        self._folder = folder
        self._processes: list[Process] = []
        self._centrals: list[tuple[Process, int]] = []
        self._made = 0
        self.service = Service()
        self.ends: Counter[str] = Counter()
        self.took: list[float] = []
        self.is_over = False

    async def start(self) -> None:
        await self.service.start()
        for _ in range(self._told.centrals):
            await self._add_central()
        for number in range(1, self._told.drivers + 1):
            _, port = await self._listening("ev-engine", "--port", "0", *self._kafka(), "--time-scale", "60")
            monitor = ["--cp-id", f"CP{number}", "--engine", f"127.0.0.1:{port}", "--central", self.service.address]
            await self._listening("ev-monitor", *monitor)

    async def replace_one(self) -> float:
        """One step of a rolling update; how long the old Central took to stop."""
        await self._add_central()
        await asyncio.sleep(SETTLED_S)
        old, port = self._centrals.pop(0)
        self.service.backends.remove(port)
        await asyncio.sleep(PRE_STOP_S)
        began = time.monotonic()
        old.send_signal(signal.SIGTERM)
        await old.wait()
        return time.monotonic() - began

    async def drive(self, number: int) -> None:
        while not self.is_over:
            began = time.monotonic()
            driver = ["--driver-id", f"D{number}", "--central", self.service.address, "--json"]
            charge = ["charge", f"CP{number}", "--energy", "0.2", "--follow"]
            one = await self._run("ev-driver", *driver, *(self._kafka() if self._told.notices else ()), *charge)
            said, complaint = await one.communicate()
            self.took.append(time.monotonic() - began)
            self.ends["charged" if one.returncode == 0 else _why(said, complaint)] += 1

    async def stop(self) -> None:
        running = [one for one in self._processes if one.returncode is None]
        for one in running:
            one.terminate()
        await asyncio.gather(*(one.wait() for one in running))

    def _kafka(self) -> Sequence[str]:
        return ("--kafka", self._told.kafka)

    async def _add_central(self) -> None:
        self._made += 1
        name = ["--instance", f"rolling-{self._made}", "--database", self._told.database]
        central, port = await self._listening(
            "ev-central", "--no-auth", "--port", "0", "--time-scale", "60", *self._kafka(), *name
        )
        self._centrals.append((central, port))
        self.service.backends.append(port)

    async def _listening(self, program: str, *arguments: str) -> tuple[Process, int]:
        """A program, once it has said where it is."""
        process = await self._run(program, *arguments)
        self._processes.append(process)
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), LISTENS_WITHIN_S)
        if not line:
            raise SystemExit(f"{program} did not start; see {self._folder}.")
        return process, int(line.rpartition(b":")[2])

    async def _run(self, program: str, *arguments: str) -> Process:
        path = Path(sys.executable).with_name(program)
        with (self._folder / f"{program}.log").open("ab") as log:
            stderr = PIPE if program == "ev-driver" else log
            return await asyncio.create_subprocess_exec(
                path, *arguments, stdin=DEVNULL, stdout=PIPE, stderr=stderr, cwd=self._folder
            )


def _why(said: bytes, complaint: bytes) -> str:
    told = [json.loads(line).get("error") for line in said.splitlines() if line.startswith(b"{")]
    return next(filter(None, told), complaint.decode().strip().partition(";")[0])


async def bench(told: argparse.Namespace, folder: Path) -> bool:
    network = Network(told, folder)
    try:
        await network.start()
        drivers = [asyncio.create_task(network.drive(number)) for number in range(1, told.drivers + 1)]
        for step in range(1, told.updates + 1):
            took = await network.replace_one()
            sys.stdout.write(f"{step}: a Central stopped within {took:.1f} s; {dict(network.ends)}\n")
        network.is_over = True
        await asyncio.gather(*drivers)
    finally:
        await network.stop()
    longest = max(network.took)
    sys.stdout.write(f"{network.ends.total()} charges: {dict(network.ends)}; the longest took {longest:.1f} s\n")
    return set(network.ends) == {"charged"}


def main() -> int:
    ask = Parser(prog="tests.bench.rolling", description=__doc__)
    ask.add_argument("--kafka", required=True, metavar="HOST:PORT")
    ask.add_argument("--database", required=True, metavar="URL", help="an empty PostgreSQL database")
    ask.add_argument("--updates", type=whole(1), default=6, metavar="N", help="so many Centrals are replaced")
    ask.add_argument("--centrals", type=whole(1), default=2, metavar="N")
    ask.add_argument("--drivers", type=whole(1), default=4, metavar="N", help="each with a point of its own")
    ask.add_argument("--notices", action="store_true", help="drivers hear Kafka too, not their link alone")
    with tempfile.TemporaryDirectory(prefix="ev-rolling-") as folder:
        return 0 if asyncio.run(bench(ask.parse_args(), Path(folder))) else 1


if __name__ == "__main__":
    sys.exit(main())
