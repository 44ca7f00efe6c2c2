"""
What points cost a Central that do nothing but live: each on a link of its own, with a heartbeat every 30 s as Central asks for.

A real Central on SQLite with the embedded broker, and no authentication. Delays are felt by the points, which share the machine.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

from uvloop import new_event_loop

from tests.bench import programs
from tests.bench.frame import Run, Say, Scenario, Size
from tests.bench.herd import Herd, room_for
from tests.bench.programs import Program

T = TypeVar("T")
_POINTS = {Size.TINY: [20], Size.QUICK: [1_000], Size.FULL: [1_000, 5_000, 10_000]}
_EVERY_S = {Size.TINY: 0.5, Size.QUICK: 30.0, Size.FULL: 30.0}
_WATCHED_S = {Size.TINY: 1.0, Size.QUICK: 8.0, Size.FULL: 30.0}
#: All of them come from one address.
ROOM = ("--max-links", "30000", "--max-links-per-address", "30000")


def run_quickly(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(work)


def milliseconds(took: list[float], share: float) -> float:
    return 1000 * sorted(took)[int(share * (len(took) - 1))] if took else 0.0


def fitting(points: int, say: Say) -> int:
    """As many as the limit of open files allows; said where that is fewer."""
    fit = room_for(points)
    if fit < points:
        say(f"This machine allows {fit:,} open files a process (ulimit -Hn): {fit:,} points instead of {points:,}.")
    return fit


async def _watch(central: Program, points: int, every_s: float, watched_s: float) -> dict[str, float]:
    empty = central.memory_mib
    herd = Herd(central.address, points)
    registered_s = await herd.come()
    beating = asyncio.ensure_future(herd.beat(every_s))
    await asyncio.sleep(watched_s / 2)
    herd.took.clear()
    began, cpu = time.monotonic(), central.cpu
    await asyncio.sleep(watched_s)
    seconds, cpu = time.monotonic() - began, central.cpu - cpu
    beating.cancel()
    memory = central.memory_mib
    return {
        "core_percent": 100 * cpu / seconds,
        "memory_mib": memory,
        "memory_kib_a_point": 1024 * (memory - empty) / points,
        "heartbeats": len(herd.took),
        "cpu_us_a_heartbeat": 1e6 * cpu / max(1, len(herd.took)),
        "median_ms": 1000 * statistics.median(herd.took) if herd.took else 0.0,
        "p99_ms": milliseconds(herd.took, 0.99),
        "registered_seconds": registered_s,
    }


def measure(size: Size, repeats: int, say: Say) -> Iterator[Run]:
    for asked in _POINTS[size] * repeats:
        points = fitting(asked, say)
        say(f"heartbeats: {points:,} points")
        with (
            tempfile.TemporaryDirectory(prefix="ev-bench-") as name,
            programs.broker(Path(name)) as kafka,
            programs.central(Path(name), kafka.address, *ROOM, "--kafka-partitions", "1") as central,
        ):
            central.rest()
            figures = run_quickly(_watch(central, points, _EVERY_S[size], _WATCHED_S[size]))
        yield Run("heartbeats", {"points": points, "every_s": _EVERY_S[size]}, figures)


SCENARIO = Scenario(
    "heartbeats",
    "registered points that do nothing else, each on its own link: CPU and memory of Central",
    measure,
    {"core_percent": False, "memory_mib": False, "p99_ms": False},
)
