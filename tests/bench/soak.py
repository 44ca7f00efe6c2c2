"""
Half an hour of everything at once: do memory, latency, open files or the database grow with time?

    python -m tests.bench.soak [--minutes 30] [--rate 100] [--points 2000] [--json FILE]

A real Central on SQLite with the embedded broker, an `ev-fleet` whose points all can be charged at, and drivers who ask, follow and
stop at half of what `charge` was seen to bear. A slope (`..._an_hour`) is what a figure grows by in an hour, by least squares over the
looks after the first sixth, which is warming up; `..._or` is its error: with a chance of 95 % the true slope is no further from it. Zero
within that is no slope that could be told from noise. What each look saw is in the JSON. The database grows with what is stored in
it, which is told a charge; and so does the embedded broker, which keeps everything in memory.
"""

import argparse
import json
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench.charge import Stage, ask, stage
from tests.bench.frame import Run, Say, Scenario, Size

_HOUR_S = 3600.0
_KIB = 1024
_WARMING = 6
#: Fewer looks have no slope.
_LEAST = 4
_CERTAIN = 0.975
#: Figures of which a slope is told.
_SLOPES = ("memory_mib", "fleet_memory_mib", "broker_memory_mib", "files", "database_mib", "p50_ms", "p99_ms")


@dataclass(frozen=True, slots=True)
class Plan:
    points: int
    rate: float
    charge_s: float
    #: Looks, one after each piece of load.
    pieces: int
    piece_s: float

    def lasting(self, minutes: float) -> "Plan":
        """In pieces of a minute, and at the least so many as a slope can be told of."""
        return Plan(self.points, self.rate, self.charge_s, max(_LEAST, round(minutes)), min(60.0, 15.0 * minutes))


_PLANS = {
    Size.TINY: Plan(points=20, rate=5, charge_s=0.2, pieces=4, piece_s=1.0),
    Size.QUICK: Plan(points=200, rate=50, charge_s=1.0, pieces=4, piece_s=2.0),
    Size.FULL: Plan(points=2_000, rate=100, charge_s=5.0, pieces=30, piece_s=60.0),
}


@dataclass(frozen=True, slots=True)
class Look:
    at: float
    memory_mib: float
    fleet_memory_mib: float
    broker_memory_mib: float
    files: int
    database_mib: float
    granted: float
    refused: float
    p50_ms: float
    p99_ms: float
    central_ms_a_charge: float


@dataclass(frozen=True, slots=True)
class Slope:
    """An hour's growth, and how far the true one may be from it."""

    an_hour: float
    error: float


def slope(looks: Sequence[Look], name: str) -> Slope:
    """Of two looks nobody knows the error: it is the slope itself then."""
    times, values = [one.at for one in looks], [float(getattr(one, name)) for one in looks]
    line = statistics.linear_regression(times, values)
    free = len(looks) - 2
    if free < 1:
        return Slope(_HOUR_S * line.slope, abs(_HOUR_S * line.slope))
    left = sum((value - line.intercept - line.slope * at) ** 2 for at, value in zip(times, values, strict=True))
    middle = statistics.fmean(times)
    error = math.sqrt(left / free / sum((at - middle) ** 2 for at in times))
    return Slope(_HOUR_S * line.slope, _HOUR_S * student(free) * error)


def student(free: int) -> float:
    """Student's t for 95 % on both sides, by the expansion about the normal one: a few percent off below 3, exact above 10."""
    z = statistics.NormalDist().inv_cdf(_CERTAIN)
    return z + (z**3 + z) / (4 * free) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * free**2)


def _look(met: Stage, folder: Path, asked: dict[str, float]) -> Look:
    met.rest()  # what waits for its turn is not what grows
    return Look(
        at=time.monotonic(),
        memory_mib=met.central.memory_mib,
        fleet_memory_mib=met.fleet.memory_mib,
        broker_memory_mib=met.broker.memory_mib,
        files=sum(1 for _ in Path(f"/proc/{met.central.pid}/fd").iterdir()),
        database_mib=sum(file.stat().st_size for file in folder.glob("central.db*")) / 2**20,
        granted=asked["granted"],
        refused=asked["overloaded"] + asked["busy"] + asked["engine_timeout"] + asked["unanswered"] + asked["failed"],
        p50_ms=asked["p50_ms"],
        p99_ms=asked["p99_ms"],
        central_ms_a_charge=asked["central_ms_a_charge"],
    )


def figures(looks: Sequence[Look]) -> dict[str, float]:
    """Of the looks after the warming up."""
    warm = looks[max(1, len(looks) // _WARMING) :]
    slopes = {name: slope(warm, name) for name in _SLOPES}
    stored_mib = warm[-1].database_mib - warm[0].database_mib
    return {
        "minutes": (warm[-1].at - warm[0].at) / 60,
        "granted": sum(one.granted for one in looks),
        "refused": sum(one.refused for one in looks),
        "memory_mib": warm[-1].memory_mib,
        "p50_ms": statistics.median(one.p50_ms for one in warm),
        "p99_ms": statistics.median(one.p99_ms for one in warm),
        "central_ms_a_charge": statistics.median(one.central_ms_a_charge for one in warm),
        "database_kib_a_charge": _KIB * stored_mib / max(1, sum(one.granted for one in warm[1:])),
        **{f"{name}_an_hour": found.an_hour for name, found in slopes.items()},
        **{f"{name}_or": found.error for name, found in slopes.items()},
    }


def soak(plan: Plan, say: Say) -> Iterator[Look]:
    with tempfile.TemporaryDirectory(prefix="ev-bench-") as name, stage(Path(name), plan.points) as met:
        for piece in range(plan.pieces):
            say(f"soak: piece {piece + 1} of {plan.pieces}")
            yield _look(met, Path(name), ask(met, plan.rate, plan.piece_s, plan.charge_s, "socket"))


def measure(size: Size, repeats: int, say: Say) -> Iterator[Run]:
    plan = _PLANS[size]
    for _ in range(repeats):
        yield Run("soak", {"points": plan.points, "rate": plan.rate}, figures(list(soak(plan, say))))


SCENARIO = Scenario(
    "soak",
    "half an hour of everything at once: by how much memory, latency, files and database grow in an hour",
    measure,
    {"memory_mib_an_hour": False, "p50_ms_an_hour": False},
)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def main() -> None:
    usual = _PLANS[Size.FULL]
    parser = argparse.ArgumentParser(description="Do memory, latency, files or the database grow with time?")
    parser.add_argument("--minutes", type=float, default=30.0, help="default: %(default)g")
    parser.add_argument("--rate", type=float, default=usual.rate, help="charges a second (default: %(default)g)")
    parser.add_argument("--points", type=int, default=usual.points, help="default: %(default)s")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write each look and the figures there")
    told = parser.parse_args()
    plan = Plan(told.points, told.rate, usual.charge_s, usual.pieces, usual.piece_s).lasting(told.minutes)
    looks = list[Look]()
    try:
        for look in soak(plan, _say):
            looks.append(look)
    finally:  # interrupted after hours, it still tells what it saw
        found = figures(looks) if len(looks) >= _LEAST else {}
        if told.json:
            told.json.write_text(
                json.dumps({"looks": [asdict(one) for one in looks], "figures": found}, indent=2) + "\n"
            )
        for name, value in found.items():
            sys.stdout.write(f"{name:28} {value:,.3f}\n")


if __name__ == "__main__":
    main()
