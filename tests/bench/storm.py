"""
All points lose their links in one moment and come back at once: how long until all are registered, and what others feel.

Some witnesses keep their links all the time and beat ten times a second: theirs is the worst delay. The points share the
machine with Central, so what they cost is said beside it. Who is turned away unheard dials anew, as a Monitor does.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench import programs
from tests.bench.frame import Run, Say, Scenario, Size
from tests.bench.heartbeats import ROOM, fitting, milliseconds, run_quickly
from tests.bench.herd import Herd
from tests.bench.programs import Program

_POINTS = {Size.TINY: 20, Size.QUICK: 1_000, Size.FULL: 10_000}
_WITNESSES = 20
_BEAT_S = 0.1
_CALM_S = 1.0


async def _break(central: Program, points: int) -> dict[str, float]:
    witnesses, herd = Herd(central.address, _WITNESSES, "W"), Herd(central.address, points)
    first_s = await herd.come()
    await witnesses.come()
    beating = asyncio.ensure_future(witnesses.beat(_BEAT_S))
    await asyncio.sleep(_CALM_S)
    calm, cpu, own = milliseconds(witnesses.took, 1.0), central.cpu, time.process_time()
    witnesses.took.clear()
    herd.cut()
    await asyncio.sleep(0)
    back_s = await herd.come()
    own = time.process_time() - own
    await asyncio.sleep(_CALM_S)  # the last heartbeats are answered
    beating.cancel()
    return {
        "registered_seconds": back_s,
        "first_registered_seconds": first_s,
        "worst_heartbeat_ms": milliseconds(witnesses.took, 1.0),
        "worst_calm_heartbeat_ms": calm,
        "cpu_seconds": central.cpu - cpu,
        "points_cpu_seconds": own,
        "turned_away": herd.turned_away,
        "memory_peak_mib": central.peak_mib,
    }


def measure(size: Size, repeats: int, say: Say) -> Iterator[Run]:
    for _ in range(repeats):
        points = fitting(_POINTS[size], say)
        say(f"storm: {points:,} points")
        with (
            tempfile.TemporaryDirectory(prefix="ev-bench-") as name,
            programs.broker(Path(name)) as kafka,
            programs.central(Path(name), kafka.address, *ROOM, "--kafka-partitions", "1") as central,
        ):
            central.rest()
            figures = run_quickly(_break(central, points))
        yield Run("storm", {"points": points}, figures)


SCENARIO = Scenario(
    "storm",
    "all points lose their links and come back at once: seconds until all are registered",
    measure,
    {"registered_seconds": False, "worst_heartbeat_ms": False, "memory_peak_mib": False, "cpu_seconds": False},
)
