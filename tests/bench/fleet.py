"""
What a fleet costs whose points all charge, one reading a second each. Linux only (it reads /proc).

Against a bare embedded broker and a Central that stores nothing (sink.py), so that only the fleet is measured.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench import programs
from tests.bench.frame import Run, Say, Scenario, Size
from tests.running import cpu_seconds, peak_mib, resident_mib

#: How many points, and whether their accounts are in a file or in memory.
_FLEETS = {
    Size.TINY: [(20, False), (20, True)],
    Size.QUICK: [(1_000, False)],
    Size.FULL: [(1_000, False), (10_000, False), (10_000, True)],
}
_WATCHED_S = {Size.TINY: 2.0, Size.QUICK: 8.0, Size.FULL: 20.0}
_READY_WITHIN_S = 120.0
_STOPPED_WITHIN_S = 60.0
#: None ends for hours.
_SPEC = """\
vehicles:
  - {{name: bus, battery_kwh: 5000, max_kw: 100}}
points:
  - {{id: "F{{n:05}}", count: {points}, on_command: true, soc_percent: 10}}
"""
#: For a fleet to which nobody listens any more once it is registered: its lines must not fill the pipe.
QUIETLY_S = 3600.0
_LINE = re.compile(r"charging (\d+), .* (\d+) readings/s")


@contextmanager
def running(command: list[str], log: Path) -> Iterator["subprocess.Popen[str]"]:
    """A program with its standard input and output in our hands, stopped in good order at the end."""
    with log.open("a", encoding="utf-8") as words:
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe, stderr=words)
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=_STOPPED_WITHIN_S)


@contextmanager
def fleet(
    folder: Path, central: str, kafka: str, points: int, every_s: float = 1.0, *, journal: bool = False
) -> Iterator["subprocess.Popen[str]"]:
    """`ev-fleet` with so many points that charge as they are told to; it says how it stands every so many seconds."""
    spec = folder / "fleet.yaml"
    spec.write_text(_SPEC.format(points=points))
    where = ["--file", str(spec), "--central", central, "--kafka", kafka, "--seed", "1"]
    command = [sys.executable, "-m", "charging_point.fleet", *where, "--progress-s", str(every_s)]
    command += ["--journal", str(folder / "fleet.journal")] if journal else []
    with running(command, folder / "fleet.log") as process:
        yield process


@contextmanager
def sink(folder: Path, kafka: str) -> Iterator[str]:
    """A Central that has every point charge; its address."""
    with running([sys.executable, "-m", "tests.bench.sink"], folder / "sink.log") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{kafka}\n")
        process.stdin.flush()
        yield str(json.loads(process.stdout.readline()))


def lines(process: "subprocess.Popen[str]") -> Iterator[str]:
    """What a fleet says; it must say something for as long as one listens."""
    assert process.stdout is not None
    yield from process.stdout
    raise SystemExit(f"The fleet ended with status {process.wait()}.")


def progress(process: "subprocess.Popen[str]") -> Iterator[tuple[int, int]]:
    """How many points charge and how many readings a second there are, each time that the fleet says so."""
    for line in lines(process):
        found = _LINE.search(line)
        if found:
            yield int(found[1]), int(found[2])


def wait_until_all_charge(said: Iterator[tuple[int, int]], points: int) -> None:
    end = time.monotonic() + _READY_WITHIN_S
    for charging, _ in said:
        if charging == points:
            return
        if time.monotonic() > end:
            raise SystemExit(f"Of {points} points {charging} charge.")


def _watch(process: "subprocess.Popen[str]", points: int, seconds: float) -> dict[str, float]:
    said = progress(process)
    wait_until_all_charge(said, points)
    next(said)  # of a whole while in which all charged
    cpu, began, rates = cpu_seconds(process.pid), time.monotonic(), list[int]()
    while time.monotonic() - began < seconds:
        rates.append(next(said)[1])
    used, passed = cpu_seconds(process.pid) - cpu, time.monotonic() - began
    rate = sum(rates) / len(rates)
    return {
        "readings_per_second": rate,
        "core_percent": 100 * used / passed,
        "cpu_us_a_reading": 1e6 * used / passed / max(1.0, rate),
        # As many as one core bears whose every reading comes in its second.
        "points_a_core": rate * passed / max(used, 0.01),
        "memory_mib": resident_mib(process.pid),
        "memory_peak_mib": peak_mib(process.pid),
        "memory_kib_a_point": 1024 * resident_mib(process.pid) / points,
    }


def measure(size: Size, repeats: int, say: Say) -> Iterator[Run]:
    for points, journal in _FLEETS[size] * repeats:
        say(f"fleet: {points:,} points that charge{', with a journal' if journal else ''}")
        with tempfile.TemporaryDirectory(prefix="ev-bench-") as name, programs.broker(Path(name)) as broker:
            folder, kafka = Path(name), str(broker.address)
            with sink(folder, kafka) as central, fleet(folder, central, kafka, points, journal=journal) as process:
                figures = _watch(process, points, _WATCHED_S[size])
        yield Run("fleet", {"points": points, "journal": "file" if journal else "memory"}, figures)


SCENARIO = Scenario(
    "fleet",
    "points of ev-fleet that all charge, one reading a second each: CPU and memory of the fleet",
    measure,
    {"cpu_us_a_reading": False, "points_a_core": True, "memory_mib": False},
)
