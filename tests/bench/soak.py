"""
Half an hour of everything at once: do memory, latency, open files or the database grow with time?

A real Central on SQLite with the embedded broker, an `ev-fleet` whose points all can be charged at, and drivers who ask, follow and
stop at half of what `charge` was seen to bear. A slope is what a figure grows by in an hour, by least squares.
"""

import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench import programs
from tests.bench.charge import ask, wait_until_registered
from tests.bench.fleet import QUIETLY_S, fleet
from tests.bench.frame import Run, Say, Scenario, Size
from tests.bench.heartbeats import ROOM
from tests.bench.programs import Program

_POINTS = {Size.TINY: 20, Size.QUICK: 200, Size.FULL: 2_000}
_RATE = {Size.TINY: 5, Size.QUICK: 50, Size.FULL: 100}
_LASTS_S = {Size.TINY: 1.0, Size.QUICK: 3.0, Size.FULL: 60.0}
#: Looks, one after each piece of load. The first is warming up, and does not count.
_PIECES = {Size.TINY: 3, Size.QUICK: 3, Size.FULL: 31}
_CHARGE_S = {Size.TINY: 0.2, Size.QUICK: 1.0, Size.FULL: 5.0}
_HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Look:
    at: float
    memory_mib: float
    fleet_memory_mib: float
    files: int
    database_mib: float
    p50_ms: float
    p99_ms: float


def slope(looks: Sequence[Look], name: str) -> float:
    """By how much it grows in an hour."""
    return (
        _HOUR_S * statistics.linear_regression([one.at for one in looks], [getattr(one, name) for one in looks]).slope
    )


def _look(central: Program, process: "subprocess.Popen[str]", folder: Path, asked: dict[str, float]) -> Look:
    database = sum(file.stat().st_size for file in folder.glob("central.db*"))
    return Look(
        at=time.monotonic(),
        memory_mib=central.memory_mib,
        fleet_memory_mib=Program(process.pid, central.address).memory_mib,
        files=sum(1 for _ in Path(f"/proc/{central.pid}/fd").iterdir()),
        database_mib=database / 2**20,
        p50_ms=asked["p50_ms"],
        p99_ms=asked["p99_ms"],
    )


def _figures(looks: Sequence[Look], granted: float) -> dict[str, float]:
    return {
        "minutes": (looks[-1].at - looks[0].at) / 60,
        "granted": granted,
        "memory_mib": looks[-1].memory_mib,
        "memory_mib_an_hour": slope(looks, "memory_mib"),
        "fleet_memory_mib_an_hour": slope(looks, "fleet_memory_mib"),
        "files_an_hour": slope(looks, "files"),
        "database_mib_an_hour": slope(looks, "database_mib"),
        "p50_ms": statistics.median(one.p50_ms for one in looks),
        "p50_ms_an_hour": slope(looks, "p50_ms"),
        "p99_ms": statistics.median(one.p99_ms for one in looks),
        "p99_ms_an_hour": slope(looks, "p99_ms"),
    }


def measure(size: Size, repeats: int, say: Say) -> Iterator[Run]:
    points, rate = _POINTS[size], _RATE[size]
    for _ in range(repeats):
        with (
            tempfile.TemporaryDirectory(prefix="ev-bench-") as name,
            programs.broker(Path(name)) as broker,
            programs.central(Path(name), broker.address, *ROOM, "--kafka-partitions", "1") as central,
        ):
            kafka, looks, granted = str(broker.address), list[Look](), 0.0
            with fleet(Path(name), str(central.address), kafka, points, every_s=QUIETLY_S) as process:
                wait_until_registered(process)
                for piece in range(_PIECES[size]):
                    say(f"soak: piece {piece + 1} of {_PIECES[size]}")
                    asked = ask(central, kafka, points, rate, _LASTS_S[size], _CHARGE_S[size], "socket")
                    granted += asked["granted"]
                    looks.append(_look(central, process, Path(name), asked))
        yield Run("soak", {"points": points, "rate": rate}, _figures(looks[1:], granted))


SCENARIO = Scenario(
    "soak",
    "half an hour of everything at once: by how much memory, latency, files and database grow in an hour",
    measure,
    {"memory_mib_an_hour": False, "p50_ms_an_hour": False},
)
