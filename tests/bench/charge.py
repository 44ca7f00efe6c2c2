"""
What a driver waits for: from the moment at which its request was to leave until Engine has accepted and it is told.

Requests come at a fixed rate, answered or not (`ev-fleet drivers`), at a real Central on SQLite with the embedded broker, whose
points are those of an `ev-fleet`. All of them share this machine, the drivers included.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench import programs
from tests.bench.fleet import QUIETLY_S, fleet, lines
from tests.bench.frame import Run, Say, Scenario, Size
from tests.bench.heartbeats import ROOM
from tests.bench.programs import Program

_POINTS = {Size.TINY: 20, Size.QUICK: 500, Size.FULL: 10_000}
_RATES = {Size.TINY: [10], Size.QUICK: [100], Size.FULL: [100, 500, 1_000]}
_LASTS_S = {Size.TINY: 1.0, Size.QUICK: 3.0, Size.FULL: 20.0}
#: A charge is stopped so soon that points are free again for the next.
_CHARGE_S = {Size.TINY: 0.2, Size.QUICK: 1.0, Size.FULL: 2.0}
_WAYS = ("socket", "kafka")


def ask(
    central: Program, kafka: str, points: int, rate: float, lasts_s: float, charge_s: float, way: str
) -> dict[str, float]:
    """One load of drivers, and what it came to."""
    command = [
        *(sys.executable, "-m", "charging_point.fleet", "drivers", "--json", "--central", str(central.address)),
        *("--kafka", kafka, "--points", str(points), "--rate", str(rate), "--duration", str(lasts_s)),
        *("--charge-s", str(charge_s), "--transport", way),
    ]
    cpu, began = central.cpu, time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"The drivers ended with status {done.returncode}: {done.stderr[-1000:]}")
    report = json.loads(done.stdout.splitlines()[-1])
    requests = report["requests"]
    latency, outcomes = requests["latency_ms"], requests["outcomes"]
    return {
        "sent_per_second": report["rate_sent"],
        "granted": outcomes.get("success", 0),
        "refused": sum(outcomes.values()) - outcomes.get("success", 0) - outcomes.get("no_answer", 0),
        "unanswered": outcomes.get("no_answer", 0),
        "p50_ms": latency["p50"],
        "p99_ms": latency["p99"],
        "p99_9_ms": latency["p99.9"],
        "core_percent": 100 * (central.cpu - cpu) / (time.monotonic() - began),
    }


def wait_until_registered(process: "subprocess.Popen[str]") -> None:
    for line in lines(process):
        if "registered with" in line:
            return


def measure(size: Size, repeats: int, say: Say) -> Iterator[Run]:
    points = _POINTS[size]
    for _ in range(repeats):
        with (
            tempfile.TemporaryDirectory(prefix="ev-bench-") as name,
            programs.broker(Path(name)) as broker,
            programs.central(Path(name), broker.address, *ROOM, "--kafka-partitions", "1") as central,
        ):
            kafka = str(broker.address)
            with fleet(Path(name), str(central.address), kafka, points, every_s=QUIETLY_S) as process:
                wait_until_registered(process)
                for way in _WAYS:
                    for rate in _RATES[size]:
                        say(f"charge: {points:,} points, {rate:,} requests a second over {way}")
                        central.rest()
                        figures = ask(central, kafka, points, rate, _LASTS_S[size], _CHARGE_S[size], way)
                        yield Run("charge", {"points": points, "rate": rate, "transport": way}, figures)


SCENARIO = Scenario(
    "charge",
    "requests at a fixed rate, over TCP and Kafka: time from request to Engine's acceptance to answer",
    measure,
    {"p50_ms": False, "p99_ms": False, "p99_9_ms": False, "core_percent": False},
)
