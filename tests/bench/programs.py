"""Real programs of a bench: the embedded broker and a Central, and what their processes cost. Linux (it reads /proc)."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from common.kafka.embedded import broker_command, free_port
from common.net.address import Address, parse_address
from tests.running import TICKS, cpu_seconds, peak_mib, resident_mib

__all__ = ["TICKS", "Program", "broker", "central"]

HOST = "127.0.0.1"
_UP_WITHIN_S = 30.0
_STOPPED_WITHIN_S = 30.0
#: A process that used no more than this in a look has come to rest.
_REST_S, _REST_CPU_S = 0.4, 0.03
_REST_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Program:
    pid: int
    address: Address

    @property
    def cpu(self) -> float:
        """User and system seconds so far, all threads."""
        return cpu_seconds(self.pid)

    @property
    def memory_mib(self) -> float:
        return resident_mib(self.pid)

    @property
    def peak_mib(self) -> float:
        return peak_mib(self.pid)

    def rest(self, within_s: float = _REST_WITHIN_S) -> None:
        """Wait until it has nothing to do any more, but no longer than that: what lives has always something."""
        end = time.monotonic() + within_s
        before = self.cpu
        while time.monotonic() < end:
            time.sleep(_REST_S)
            before, last = self.cpu, before
            if before - last <= _REST_CPU_S:
                return


@contextmanager
def broker(folder: Path) -> Iterator[Program]:
    """The embedded broker: in memory, so nothing of the disk is measured with it."""
    port = free_port(HOST)
    with (
        (folder / "broker.log").open("ab") as out,
        subprocess.Popen(broker_command(HOST, port), stdout=out, stderr=out) as process,
    ):
        try:
            _wait_open(process, Address(HOST, port))
            yield Program(process.pid, Address(HOST, port))
        finally:
            process.kill()


@contextmanager
def central(folder: Path, kafka: Address, *arguments: str) -> Iterator[Program]:
    """A Central without authentication, on SQLite, from the moment at which it listens."""
    told = ["--no-auth", "--port", "0", "--data-dir", str(folder), "--kafka", str(kafka), "--instance", "bench"]
    command = [sys.executable, "-m", "central", *told, *arguments]
    log = folder / "central.log"
    with log.open("ab") as words:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=words, text=True)
    try:
        assert process.stdout is not None
        said = process.stdout.readline().split()
        if not said:
            raise SystemExit(f"Central did not start: {log.read_text()[-1000:]}")
        yield Program(process.pid, parse_address(said[-1]))
    finally:
        process.terminate()
        process.wait(_STOPPED_WITHIN_S)


def _wait_open(process: subprocess.Popen[bytes], address: Address) -> None:
    end = time.monotonic() + _UP_WITHIN_S
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(address, timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise SystemExit("The embedded broker did not start.")
