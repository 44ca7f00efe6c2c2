"""
What a driver waits for: from the moment at which its request was to leave until Engine has accepted and it is told.

Requests come at a fixed rate, answered or not (`ev-fleet drivers`), at a real Central on SQLite with the embedded broker, whose
points are those of an `ev-fleet`. All of them share this machine, the drivers included: what each of them takes of a core is
told beside the latencies, so that what is at its limit can be named. Latencies are of charges that were granted, but for
`all_p99_ms`: refusals count there too.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import programs
from tests.bench.fleet import QUIETLY_S, fleet, lines
from tests.bench.frame import Run, Say, Scenario, Size
from tests.bench.heartbeats import ROOM
from tests.bench.programs import Program

_POINTS = {Size.TINY: 20, Size.QUICK: 500, Size.FULL: 10_000}
_RATES = {Size.TINY: [10], Size.QUICK: [100], Size.FULL: [100, 500, 1_000]}
_LASTS_S = {Size.TINY: 1.0, Size.QUICK: 3.0, Size.FULL: 15.0}
#: A charge is stopped so soon that points are free again for the next.
_CHARGE_S = {Size.TINY: 0.2, Size.QUICK: 1.0, Size.FULL: 2.0}
#: The heartbeats of 10,000 points never end.
_REST_WITHIN_S = 5.0
_WAYS = ("socket", "kafka")
#: Outcomes that have a column of their own; whatever else there was is `failed`.
_COLUMNS = {
    "granted": "success",
    "overloaded": "overloaded",
    "busy": "cp_busy",
    "engine_timeout": "engine_timeout",
    "unanswered": "no_answer",
}


@dataclass(frozen=True, slots=True)
class Stage:
    """What a load of drivers meets: a Central, its broker, and the fleet whose points they want."""

    central: Program
    broker: Program
    fleet: Program
    points: int

    def cpu(self) -> dict[str, float]:
        """Seconds so far, of each; the drivers count once they have ended."""
        ended = os.times()
        return {
            "central": self.central.cpu,
            "fleet": self.fleet.cpu,
            "broker": self.broker.cpu,
            "drivers": ended.children_user + ended.children_system,
        }

    def rest(self) -> None:
        for one in (self.central, self.fleet):
            one.rest(_REST_WITHIN_S)


@contextmanager
def stage(folder: Path, points: int) -> Iterator[Stage]:
    """All points registered."""
    with (
        programs.broker(folder) as broker,
        programs.central(folder, broker.address, *ROOM, "--kafka-partitions", "1") as central,
        fleet(folder, str(central.address), str(broker.address), points, every_s=QUIETLY_S) as process,
    ):
        _wait_until_registered(process)
        yield Stage(central, broker, Program(process.pid, central.address), points)


def ask(met: Stage, rate: float, lasts_s: float, charge_s: float, way: str) -> dict[str, float]:
    """One load of drivers, and what it came to."""
    where = ["--central", str(met.central.address), "--kafka", str(met.broker.address), "--points", str(met.points)]
    command = [
        *(sys.executable, "-m", "charging_point.fleet", "drivers", "--json", *where),
        *("--rate", str(rate), "--duration", str(lasts_s), "--charge-s", str(charge_s), "--transport", way),
    ]
    cpu, began = met.cpu(), time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"The drivers ended with status {done.returncode}: {done.stderr[-1000:]}")
    report = json.loads(done.stdout.splitlines()[-1])
    passed, after = time.monotonic() - began, met.cpu()
    spent = {name: after[name] - before for name, before in cpu.items()}
    granted = max(1, report["requests"]["outcomes"].get("success", 0))
    return {
        "sent_per_second": report["rate_sent"],
        **_outcomes(report),
        "took_seconds": passed,
        "central_ms_a_charge": 1000 * spent["central"] / granted,
        **{f"{name}_core_percent": 100 * seconds / passed for name, seconds in spent.items()},
    }


def _outcomes(report: dict[str, Any]) -> dict[str, float]:
    requests, stops = report["requests"], report["stops"]
    outcomes, latency = requests["outcomes"], requests["granted_latency_ms"]
    named = {column: outcomes.get(code, 0) for column, code in _COLUMNS.items()}
    return {
        **named,
        "failed": sum(outcomes.values()) - sum(named.values()),
        "stops_failed": stops["sent"] - stops["outcomes"].get("success", 0),
        "p50_ms": latency["p50"],
        "p99_ms": latency["p99"],
        "p99_9_ms": latency["p99.9"],
        "all_p99_ms": requests["latency_ms"]["p99"],
        "stop_p99_ms": stops["latency_ms"]["p99"],
    }


def _wait_until_registered(process: "subprocess.Popen[str]") -> None:
    for line in lines(process):
        if "registered with" in line:
            return


def measure(size: Size, repeats: int, say: Say) -> Iterator[Run]:
    points = _POINTS[size]
    for _ in range(repeats):
        with tempfile.TemporaryDirectory(prefix="ev-bench-") as name, stage(Path(name), points) as met:
            for way in _WAYS:
                for rate in _RATES[size]:
                    say(f"charge: {points:,} points, {rate:,} requests a second over {way}")
                    met.rest()
                    figures = ask(met, rate, _LASTS_S[size], _CHARGE_S[size], way)
                    yield Run("charge", {"points": points, "rate": rate, "transport": way}, figures)


SCENARIO = Scenario(
    "charge",
    "requests at a fixed rate, over TCP and Kafka: time from request to Engine's acceptance to answer",
    measure,
    {"p50_ms": False, "p99_ms": False, "p99_9_ms": False, "central_ms_a_charge": False},
)
