"""Apache Kafka and PostgreSQL for a bench: those that it is told, else its own; and what processes cost. Linux (it reads /proc)."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import make_url

from common.net.address import parse_address
from tests.running import TICKS

_LISTENS = "0A"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_STOPPED_WITHIN_S = 30.0
#: Where /proc/PID/stat has them, counted from behind the name: the parent, and four kinds of time.
_PARENT, _TIMES = 1, slice(11, 15)


@dataclass(frozen=True, slots=True)
class Servers:
    kafka: str
    database: str

    @property
    def kafka_pid(self) -> int | None:
        return listener(*parse_address(self.kafka))

    @property
    def postgres_pid(self) -> int | None:
        url = make_url(self.database)
        return listener(url.host or "", url.port or 5432)


@contextmanager
def servers(kafka: str | None, database: str | None) -> Iterator[Servers]:
    """PostgreSQL of our own syncs to the disk, as in real life."""
    with tempfile.TemporaryDirectory(prefix="ev-bench-") as folder, ExitStack() as stack:
        Path(folder).chmod(0o755)  # PostgreSQL runs as its own user

        def start(name: str, *words: str) -> str:
            return stack.enter_context(_running(f"deploy.{name}", *words, "--data-dir", f"{folder}/{name}"))

        yield Servers(kafka or start("kafka", "run", "127.0.0.1:0"), database or start("postgres", "run"))


@contextmanager
def _running(module: str, *arguments: str) -> Iterator[str]:
    """The address that it says on its first line."""
    process = subprocess.Popen([sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        words = process.stdout.readline().split()
        if not words:
            raise SystemExit(f"{module} did not start; see what it said above.")
        yield words[-1]
    finally:
        process.terminate()
        process.wait(_STOPPED_WITHIN_S)


def listener(host: str, port: int) -> int | None:
    """The process of this machine that listens there; None for another machine's."""
    if host not in _LOOPBACK:
        return None
    sockets: set[str] = set()
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            rows = [line.split() for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]]
            sockets |= {f"socket:[{row[9]}]" for row in rows if row[3] == _LISTENS and row[1].endswith(f":{port:04X}")}
    # Children may have inherited it.
    return min((pid for pid in _processes() if _has_one(pid, sockets)), default=None)


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _has_one(pid: int, sockets: set[str]) -> bool:
    with suppress(OSError):
        return any(str(link.readlink()) in sockets for link in Path(f"/proc/{pid}/fd").iterdir())
    return False


def cpu_of_tree(pid: int) -> float:
    """Seconds of a process and of all that it started: those that ended count with whoever waited for them."""
    stats: dict[int, list[str]] = {}
    for one in _processes():
        with suppress(OSError):
            stats[one] = Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
    tree, ticks = [pid], 0
    for one in tree:
        ticks += sum(map(int, stats[one][_TIMES])) if one in stats else 0
        tree += [child for child, stat in stats.items() if int(stat[_PARENT]) == one]
    return ticks / TICKS


def cpu_of_machine() -> float:
    """Seconds in which its cores did anything."""
    user, nice, system, _, _, *more = map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9])
    return (user + nice + system + sum(more)) / TICKS
